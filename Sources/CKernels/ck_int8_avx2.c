// Integer products on AVX2: the plain loops, vectorised over 8 features.
#include "ck_int8.h"
#if defined(__x86_64__)
#define CK(name) name##_avx2
#define CK_NAME "avx2"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "ck_int8.inc.h"
#pragma clang attribute pop
#endif
