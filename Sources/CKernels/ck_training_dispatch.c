// Which of the kernels of training this machine has.
#include "ck_packed.h"
#include "ck_training.h"

const ck_training_table *ck_training_kernels(ck_isa isa) {
  if (isa > ck_best_isa()) return NULL;
  switch (isa) {
#if defined(__x86_64__)
  case CK_ISA_AVX512: return &ck_training_table_avx512;
  case CK_ISA_AVX2: return &ck_training_table_avx2;
#endif
  default: return &ck_training_table_portable;
  }
}

const ck_packed_table *ck_packed_kernels(ck_isa isa) {
  if (isa > ck_best_isa()) return NULL;
  switch (isa) {
#if defined(__x86_64__)
  case CK_ISA_AVX512: return &ck_packed_table_avx512;
  case CK_ISA_AVX2: return &ck_packed_table_avx2;
#endif
  default: return &ck_packed_table_portable;
  }
}

const ck_packed_table *ck_packed_bf16_kernels(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (ck_best_isa() == CK_ISA_AVX512 && __builtin_cpu_supports("avx512bf16")) return &ck_packed_table_bf16;
#endif
  return NULL;
}
