// Attention without any instruction set in particular, and the choice between them.
#include "ck_attention.h"
#define CK(name) name##_portable
#define CK_NAME "portable"
#include "ck_attention.inc.h"
#include "ck_attention_int8.inc.h"

static int has(ck_attention_isa isa) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (isa) {
    case CK_ATTENTION_AVX512_BF16:
      return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512vnni");
    case CK_ATTENTION_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    default: return 1;
  }
#else
  return isa == CK_ATTENTION_PORTABLE;
#endif
}

const ck_attention_table *ck_attention_kernels(ck_attention_isa isa, int is_8bit) {
  if (!has(isa)) return 0;
  switch (isa) {
#if defined(__x86_64__)
    case CK_ATTENTION_AVX512_BF16: return is_8bit ? &ck_attention8_table_avx512 : &ck_attention_table_avx512_bf16;
    case CK_ATTENTION_AVX2: return is_8bit ? &ck_attention8_table_avx2 : &ck_attention_table_avx2;
#endif
    default: return is_8bit ? &ck_attention8_table_portable : &ck_attention_table_portable;
  }
}
