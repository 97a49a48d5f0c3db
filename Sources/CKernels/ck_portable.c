// The slow twin: any processor. Its fused multiply-add is the C library's where the processor has none.
#include "ck_kernels.h"
#define CK(name) name##_portable
#define CK_NAME "portable"
#define CK_ROWS_MAX 4
#define CK_VECTORS_MAX 2
#include "ck_f32.inc.h"
