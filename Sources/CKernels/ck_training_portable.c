// The slow twin of the kernels of training: any processor.
#include "ck_packed.h"
#include "ck_training.h"
#define CK(name) name##_portable
#define CK_NAME "portable"
#define CK_ROWS_MAX 4
#define CK_VECTORS_MAX 2
#include "ck_training.inc.h"
