// Attention on AVX2: the plain loops, vectorised over 8 lanes.
#include "ck_attention.h"
#if defined(__x86_64__)
#define CK(name) name##_avx2
#define CK_NAME "avx2"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "ck_attention.inc.h"
#include "ck_attention_int8.inc.h"
#pragma clang attribute pop
#endif
