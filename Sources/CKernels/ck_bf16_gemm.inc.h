// The bfloat16 products in C that a compiler turns into vectors of any width: the twin of ck_bf16_avx512.c.
//
// A pair is two float32 numbers but for a shift: its first one lies in the high half once shifted left by 16, its
// second one does as it is. A step is up to 4 rows by 16 columns, what 16 registers of 256 bits hold.
#include "ck_bf16_round.inc.h"

#pragma clang fp contract(fast)

#define CK_INLINE static inline __attribute__((always_inline))
#define CK_UNROLL _Pragma("clang loop unroll(full)")
#define LANES 16
#define STEP_ROWS 4

typedef float v16 __attribute__((vector_size(64)));
typedef uint32_t u16 __attribute__((vector_size(64)));

// Rows to [pairs of inner][width][2], the rows that are missing and the last half of an odd pair as 0.
CK_INLINE void pack(const size_t width, const float *x, size_t stride, size_t rows, size_t inner, uint16_t *out) {
  memset(out, 0, CK_BF16_PAIRS(inner) * width * 2 * sizeof *out);
  // By 16 of inner, so that the lines that are written stay in the cache.
  for (size_t first = 0; first < inner; first += 16) {
    const size_t last = first + 16 < inner ? first + 16 : inner;
    for (size_t r = 0; r < rows; r++)
      for (size_t k = first; k < last; k++) out[(k / 2 * width + r) * 2 + k % 2] = brain(x[r * stride + k]);
  }
}

static void pack_rows(const float *x, size_t stride, size_t rows, size_t inner, uint16_t *tiles) {
  for (size_t row = 0; row < rows; row += CK_BF16_ROWS, tiles += CK_BF16_TILE_ELEMENTS(inner))
    pack(CK_BF16_ROWS, x + row * stride, stride, rows - row < CK_BF16_ROWS ? rows - row : CK_BF16_ROWS, inner, tiles);
}

static void pack_columns(const float *weights, size_t stride, size_t columns, size_t inner, uint16_t *panel) {
  pack(CK_BF16_COLUMNS, weights, stride, columns, inner, panel);
}

// Rows of the inner dimension, each `count` floats, to [pairs of rows][width][2].
CK_INLINE void pack_pairs(const size_t width, const float *x, size_t stride, size_t rows, size_t count, uint16_t *out) {
  for (size_t r = 0; r < rows; r += 2, out += width * 2) {
    const float *even = x + r * stride, *odd = even + stride;
    memset(out, 0, width * 2 * sizeof *out);
    for (size_t c = 0; c < count; c++) out[c * 2] = brain(even[c]);
    if (r + 1 < rows)
      for (size_t c = 0; c < count; c++) out[c * 2 + 1] = brain(odd[c]);
  }
}

static void pack_inner(const float *weights, size_t stride, size_t rows, size_t columns, uint16_t *pairs) {
  pack_pairs(CK_BF16_COLUMNS, weights, stride, rows, columns, pairs);
}

static void pack_rows_transposed(const float *x, size_t stride, size_t rows, size_t inner, uint16_t *tiles) {
  for (size_t row = 0; row < rows; row += CK_BF16_ROWS, tiles += CK_BF16_TILE_ELEMENTS(inner))
    pack_pairs(CK_BF16_ROWS, x + row, stride, inner, rows - row < CK_BF16_ROWS ? rows - row : CK_BF16_ROWS, tiles);
}

// Some rows of a tile by 16 columns.
CK_INLINE void step(const int rows, const uint16_t *x, const uint16_t *w, size_t pairs, size_t columns, float *y,
                    size_t y_stride, int accumulate) {
  float sums[STEP_ROWS][LANES] = {{0}};
  if (accumulate)
    for (int r = 0; r < rows; r++) memcpy(sums[r], y + (size_t)r * y_stride, columns * sizeof(float));
  v16 acc[STEP_ROWS];
  CK_UNROLL for (int r = 0; r < rows; r++) memcpy(&acc[r], sums[r], sizeof acc[r]);
  for (size_t pair = 0; pair < pairs; pair++) {
    u16 both;
    memcpy(&both, w + pair * CK_BF16_COLUMNS * 2, sizeof both);
    const u16 shifted = both << 16, kept = both & 0xFFFF0000;
    const v16 first = (v16)shifted, second = (v16)kept;
    CK_UNROLL for (int r = 0; r < rows; r++) {
      uint32_t two;
      memcpy(&two, x + (pair * CK_BF16_ROWS + (size_t)r) * 2, sizeof two);
      const uint32_t low = two << 16, high = two & 0xFFFF0000;
      float a, b;
      memcpy(&a, &low, sizeof a);
      memcpy(&b, &high, sizeof b);
      acc[r] += first * a;
      acc[r] += second * b;
    }
  }
  CK_UNROLL for (int r = 0; r < rows; r++) memcpy(sums[r], &acc[r], sizeof acc[r]);
  for (int r = 0; r < rows; r++) memcpy(y + (size_t)r * y_stride, sums[r], columns * sizeof(float));
}

static void gemm(const uint16_t *tiles, size_t rows, const uint16_t *panels, size_t panel_stride, size_t inner,
                 size_t columns, size_t panel_first, size_t panel_last, float *y, size_t y_stride, int accumulate) {
  const size_t pairs = CK_BF16_PAIRS(inner);
  for (size_t p = panel_first; p < panel_last; p++)
    for (size_t row = 0; row < rows; row += STEP_ROWS)
      for (size_t half = 0; half < CK_BF16_COLUMNS; half += LANES) {
        const size_t column = p * CK_BF16_COLUMNS + half;
        if (column >= columns) break;
        const uint16_t *x =
            tiles + row / CK_BF16_ROWS * CK_BF16_TILE_ELEMENTS(inner) + row % CK_BF16_ROWS * 2;
        const uint16_t *w = panels + p * panel_stride + half * 2;
        const size_t here = columns - column < LANES ? columns - column : LANES;
        switch (rows - row) {
#define CK_STEP(R) step(R, x, w, pairs, here, y + row * y_stride + column, y_stride, accumulate)
          case 1: CK_STEP(1); break;
          case 2: CK_STEP(2); break;
          case 3: CK_STEP(3); break;
          default: CK_STEP(4); break;
        }
      }
}
