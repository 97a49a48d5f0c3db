// Integer products without any instruction set in particular: the twin the fast ones are held to.
#include "ck_int8.h"
#define CK(name) name##_portable
#define CK_NAME "portable"
#include "ck_int8.inc.h"
