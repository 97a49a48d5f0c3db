// Which bfloat16 kernels this machine has, and their rounding.
#include "ck_bf16.h"
#include "ck_bf16_round.inc.h"

uint16_t ck_bf16_round(float value) { return brain(value); }

static int has(ck_bf16_isa isa) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (isa) {
    case CK_BF16_AVX512:
      return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case CK_BF16_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    default: return 1;
  }
#else
  return isa == CK_BF16_PORTABLE;
#endif
}

const ck_bf16_table *ck_bf16_kernels(ck_bf16_isa isa) {
  if (!has(isa)) return 0;
  switch (isa) {
#if defined(__x86_64__)
    case CK_BF16_AVX512: return &ck_bf16_table_avx512;
    case CK_BF16_AVX2: return &ck_bf16_table_avx2;
#endif
    default: return &ck_bf16_table_portable;
  }
}
