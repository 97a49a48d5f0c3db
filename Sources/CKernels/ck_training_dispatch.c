// Which of the kernels of training this machine has.
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
