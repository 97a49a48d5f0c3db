// Which instruction set this machine has.
#include "ck_kernels.h"

ck_isa ck_best_isa(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    return CK_ISA_AVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return CK_ISA_AVX2;
#endif
  return CK_ISA_PORTABLE;
}

const ck_kernel_table *ck_kernels(ck_isa isa) {
  if (isa > ck_best_isa()) return NULL;
  switch (isa) {
#if defined(__x86_64__)
  case CK_ISA_AVX512: return &ck_table_avx512;
  case CK_ISA_AVX2: return &ck_table_avx2;
#endif
  default: return &ck_table_portable;
  }
}
