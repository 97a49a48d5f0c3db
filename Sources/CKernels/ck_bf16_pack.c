// Packing weights for the bfloat16 products, and which of these this machine has.
#include "ck_bf16.h"
#include "ck_bf16_round.inc.h"

uint16_t ck_bf16_round(float value) { return brain(value); }

void ck_bf16_pack_columns(const float *weights, size_t stride, size_t columns, size_t inner, uint16_t *panel) {
  memset(panel, 0, CK_BF16_PANEL_ELEMENTS(inner) * sizeof *panel);
  // By 16 inputs, so that the lines of the panel that are under way stay in the cache.
  for (size_t first = 0; first < inner; first += 16) {
    const size_t last = first + 16 < inner ? first + 16 : inner;
    for (size_t c = 0; c < columns; c++)
      for (size_t k = first; k < last; k++)
        panel[(k / 2 * CK_BF16_COLUMNS + c) * 2 + k % 2] = brain(weights[c * stride + k]);
  }
}

void ck_bf16_pack_inner(const float *weights, size_t first, size_t rows, size_t columns, size_t inner,
                        uint16_t *panels) {
  for (size_t column = 0; column < columns; column += CK_BF16_COLUMNS) {
    uint16_t *panel = panels + column / CK_BF16_COLUMNS * CK_BF16_PANEL_ELEMENTS(inner);
    const size_t count = columns - column < CK_BF16_COLUMNS ? columns - column : CK_BF16_COLUMNS;
    for (size_t r = 0; r < rows; r += 2) {
      uint16_t *pair = panel + (first + r) * CK_BF16_COLUMNS;
      const float *even = weights + r * columns + column, *odd = even + columns;
      memset(pair, 0, CK_BF16_COLUMNS * 2 * sizeof *pair);
      for (size_t c = 0; c < count; c++) pair[c * 2] = brain(even[c]);
      if (r + 1 < rows)
        for (size_t c = 0; c < count; c++) pair[c * 2 + 1] = brain(odd[c]);
    }
  }
}

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
