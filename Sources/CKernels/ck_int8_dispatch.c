// Which integer kernels this machine has.
#include "ck_int8.h"

static int has(ck_q_isa isa) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (isa) {
    case CK_Q_AVX512_VNNI:
      return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case CK_Q_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    default: return 1;
  }
#else
  return isa == CK_Q_PORTABLE;
#endif
}

const ck_q_table *ck_q_kernels(ck_q_isa isa) {
  if (!has(isa)) return 0;
  switch (isa) {
#if defined(__x86_64__)
    case CK_Q_AVX512_VNNI: return &ck_q_table_avx512_vnni;
    case CK_Q_AVX2: return &ck_q_table_avx2;
#endif
    default: return &ck_q_table_portable;
  }
}
