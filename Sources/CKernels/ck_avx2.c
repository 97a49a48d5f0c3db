// AVX2 with FMA: 16 registers of 8 floats, so tiles of 6 rows by 16 columns.
#include "ck_kernels.h"
#if defined(__x86_64__)
#define CK(name) name##_avx2
#define CK_NAME "avx2"
#define CK_ROWS_MAX 6
#define CK_VECTORS_MAX 1
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "ck_f32.inc.h"
#pragma clang attribute pop
#endif
