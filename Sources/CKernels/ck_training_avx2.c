// Training on AVX2 with FMA: tiles as in `ck_avx2.c`.
#include "ck_packed.h"
#include "ck_training.h"
#if defined(__x86_64__)
#define CK(name) name##_avx2
#define CK_NAME "avx2"
#define CK_ROWS_MAX 6
#define CK_VECTORS_MAX 1
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "ck_training.inc.h"
#pragma clang attribute pop
#endif
