// Training on AVX-512: tiles as in `ck_avx512.c`.
#include "ck_packed.h"
#include "ck_training.h"
#if defined(__x86_64__)
#define CK(name) name##_avx512
#define CK_NAME "avx512"
#define CK_ROWS_MAX 12
#define CK_VECTORS_MAX 2
// Without the width attribute the compiler splits 512-bit vectors in two, at half the speed.
#define CK_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"), min_vector_width(512)))
#pragma clang attribute push(CK_TARGET, apply_to = function)
#include "ck_training.inc.h"
#pragma clang attribute pop
#endif
