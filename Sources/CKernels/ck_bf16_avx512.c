// Bfloat16 products with AVX-512: vdpbf16ps multiplies 16 pairs and adds each pair's products into its 32-bit lane.
//
// A tile is 12 rows by 32 columns, 24 accumulators that stay in registers: for each pair two loads of weights, 12
// broadcasts and 24 dot products, which the two pipes of a Zen 5 take 12 cycles for. Inner is cut into blocks, so that
// a panel's block stays in the first-level cache while the tiles of a strip pass by, and the strip's block in the
// second-level one.
#include "ck_bf16.h"
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"), \
                                            min_vector_width(512))),                                          \
                             apply_to = function)

#define CK_INLINE static inline __attribute__((always_inline))
#define CK_UNROLL _Pragma("clang loop unroll(full)")
// Pairs of a block of inner: 32 KiB of a panel.
#define BLOCK_PAIRS 256

// A matrix of 16 x 16 double words to its transpose.
CK_INLINE void transpose(__m512i m[16]) {
  __m512i t[16];
  CK_UNROLL for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(m[i], m[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(m[i], m[i + 1]);
  }
  CK_UNROLL for (int i = 0; i < 16; i += 4) {
    m[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    m[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    m[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    m[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  // Quarter q of m[4 a + c] is column 4 q + c of rows 4 a ... 4 a + 3.
  CK_UNROLL for (int c = 0; c < 4; c++) {
    const __m512i even0 = _mm512_shuffle_i32x4(m[c], m[4 + c], 0x88), odd0 = _mm512_shuffle_i32x4(m[c], m[4 + c], 0xDD);
    const __m512i even1 = _mm512_shuffle_i32x4(m[8 + c], m[12 + c], 0x88);
    const __m512i odd1 = _mm512_shuffle_i32x4(m[8 + c], m[12 + c], 0xDD);
    t[c] = _mm512_shuffle_i32x4(even0, even1, 0x88);
    t[8 + c] = _mm512_shuffle_i32x4(even0, even1, 0xDD);
    t[4 + c] = _mm512_shuffle_i32x4(odd0, odd1, 0x88);
    t[12 + c] = _mm512_shuffle_i32x4(odd0, odd1, 0xDD);
  }
  CK_UNROLL for (int i = 0; i < 16; i++) m[i] = t[i];
}

// Lanes of 16 that lie before `count`.
CK_INLINE __mmask16 lanes(size_t count) { return count >= 16 ? 0xFFFF : (__mmask16)((1u << count) - 1); }


// Rows, up to 16 of them, to `at` and the places behind it in [pairs of inner][width][2], those in the mask; missing
// rows and the last half of an odd pair as 0.
CK_INLINE void pack(const size_t width, __mmask16 kept, const float *x, size_t stride, size_t rows, size_t inner,
                    uint16_t *at) {
  const size_t pairs = CK_BF16_PAIRS(inner);
  for (size_t pair = 0; pair < pairs; pair += 16) {
    const size_t left = inner - pair * 2;
    const __mmask16 low = lanes(left), high = left > 16 ? lanes(left - 16) : 0;
    __m512i m[16];
    CK_UNROLL for (size_t r = 0; r < 16; r++) {
      m[r] = _mm512_setzero_si512();
      if (r >= rows) continue;
      const float *from = x + r * stride + pair * 2;
      m[r] = (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, from + 16), _mm512_maskz_loadu_ps(low, from));
    }
    transpose(m);
    uint16_t *out = at + pair * width * 2;
    const size_t count = pairs - pair;
    CK_UNROLL for (size_t i = 0; i < 16; i++) {
      if (i < count) _mm512_mask_storeu_epi32(out + i * width * 2, kept, m[i]);
    }
  }
}

static void pack_rows(const float *x, size_t stride, size_t rows, size_t inner, uint16_t *tiles) {
  for (size_t row = 0; row < rows; row += CK_BF16_ROWS, tiles += CK_BF16_TILE_ELEMENTS(inner))
    pack(CK_BF16_ROWS, (1 << CK_BF16_ROWS) - 1, x + row * stride, stride,
         rows - row < CK_BF16_ROWS ? rows - row : CK_BF16_ROWS, inner, tiles);
}

static void pack_columns(const float *weights, size_t stride, size_t columns, size_t inner, uint16_t *panel) {
  for (size_t c = 0; c < CK_BF16_COLUMNS; c += 16)
    pack(CK_BF16_COLUMNS, 0xFFFF, weights + c * stride, stride, c < columns ? columns - c : 0, inner, panel + c * 2);
}

// 16 columns of two rows, one pair each.
CK_INLINE __m512i pair16(__m512 even, __m512 odd) {
  const __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(even));
  const __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(odd));
  return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}

static void pack_inner(const float *weights, size_t stride, size_t rows, size_t columns, uint16_t *pairs) {
  const __mmask16 left = lanes(columns), right = columns > 16 ? lanes(columns - 16) : 0;
  for (size_t r = 0; r < rows; r += 2, pairs += CK_BF16_COLUMNS * 2) {
    const float *even = weights + r * stride;
    const int has_odd = r + 1 < rows;
    const float *odd = has_odd ? even + stride : even;
    const __m512i first = pair16(_mm512_maskz_loadu_ps(left, even), _mm512_maskz_loadu_ps(has_odd ? left : 0, odd));
    const __m512i second =
        pair16(_mm512_maskz_loadu_ps(right, even + 16), _mm512_maskz_loadu_ps(has_odd ? right : 0, odd + 16));
    _mm512_storeu_si512(pairs, first);
    _mm512_storeu_si512(pairs + 32, second);
  }
}

static void pack_rows_transposed(const float *x, size_t stride, size_t rows, size_t inner, uint16_t *tiles) {
  for (size_t row = 0; row < rows; row += CK_BF16_ROWS, tiles += CK_BF16_TILE_ELEMENTS(inner)) {
    const __mmask16 here = lanes(rows - row < CK_BF16_ROWS ? rows - row : CK_BF16_ROWS);
    for (size_t k = 0; k < inner; k += 2) {
      const float *even = x + k * stride + row;
      const int has_odd = k + 1 < inner;
      const __m512i pairs = pair16(_mm512_maskz_loadu_ps(here, even),
                                   _mm512_maskz_loadu_ps(has_odd ? here : 0, has_odd ? even + stride : even));
      _mm512_mask_storeu_epi32(tiles + k * CK_BF16_ROWS, (1 << CK_BF16_ROWS) - 1, pairs);
    }
  }
}

// `rows` rows of a tile by the 32 columns of a panel, those in the masks.
CK_INLINE void tile(const int rows, const uint16_t *x, const uint16_t *w, size_t pairs, __mmask16 left,
                    __mmask16 right, float *y, size_t y_stride, int accumulate) {
  __m512 acc[CK_BF16_ROWS][2];
  CK_UNROLL for (int r = 0; r < rows; r++) {
    acc[r][0] = acc[r][1] = _mm512_setzero_ps();
    __builtin_prefetch(y + (size_t)r * y_stride, 1);
    __builtin_prefetch(y + (size_t)r * y_stride + 16, 1);
  }
  if (accumulate) {
    CK_UNROLL for (int r = 0; r < rows; r++) {
      acc[r][0] = _mm512_maskz_loadu_ps(left, y + (size_t)r * y_stride);
      acc[r][1] = _mm512_maskz_loadu_ps(right, y + (size_t)r * y_stride + 16);
    }
  }
  for (size_t pair = 0; pair < pairs; pair++) {
    const __m512bh w0 = (__m512bh)_mm512_loadu_si512(w + pair * CK_BF16_COLUMNS * 2);
    const __m512bh w1 = (__m512bh)_mm512_loadu_si512(w + pair * CK_BF16_COLUMNS * 2 + 32);
    CK_UNROLL for (int r = 0; r < rows; r++) {
      int32_t two;
      memcpy(&two, x + (pair * CK_BF16_ROWS + (size_t)r) * 2, sizeof two);
      const __m512bh v = (__m512bh)_mm512_set1_epi32(two);
      acc[r][0] = _mm512_dpbf16_ps(acc[r][0], v, w0);
      acc[r][1] = _mm512_dpbf16_ps(acc[r][1], v, w1);
    }
  }
  CK_UNROLL for (int r = 0; r < rows; r++) {
    _mm512_mask_storeu_ps(y + (size_t)r * y_stride, left, acc[r][0]);
    _mm512_mask_storeu_ps(y + (size_t)r * y_stride + 16, right, acc[r][1]);
  }
}

// One function for each number of rows, so that each is compiled for itself.
#define CK_TILE_FUNCTION(R)                                                                                         \
  static __attribute__((noinline)) void tile_##R(const uint16_t *x, const uint16_t *w, size_t pairs, __mmask16 left, \
                                                 __mmask16 right, float *y, size_t y_stride, int accumulate) {      \
    tile(R, x, w, pairs, left, right, y, y_stride, accumulate);                                                     \
  }
CK_TILE_FUNCTION(1) CK_TILE_FUNCTION(2) CK_TILE_FUNCTION(3) CK_TILE_FUNCTION(4) CK_TILE_FUNCTION(5)
CK_TILE_FUNCTION(6) CK_TILE_FUNCTION(7) CK_TILE_FUNCTION(8) CK_TILE_FUNCTION(9) CK_TILE_FUNCTION(10)
CK_TILE_FUNCTION(11) CK_TILE_FUNCTION(12)

typedef void (*tile_function)(const uint16_t *, const uint16_t *, size_t, __mmask16, __mmask16, float *, size_t, int);
static const tile_function tile_functions[CK_BF16_ROWS] = {tile_1, tile_2, tile_3, tile_4,  tile_5,  tile_6,
                                                           tile_7, tile_8, tile_9, tile_10, tile_11, tile_12};

static void gemm(const uint16_t *tiles, size_t rows, const uint16_t *panels, size_t panel_stride, size_t inner,
                 size_t columns, size_t panel_first, size_t panel_last, float *y, size_t y_stride, int accumulate) {
  const size_t pairs = CK_BF16_PAIRS(inner);
  const size_t blocks = (pairs + BLOCK_PAIRS - 1) / BLOCK_PAIRS;
  for (size_t block = 0; block < blocks; block++) {
    const size_t first = pairs * block / blocks, last = pairs * (block + 1) / blocks;
    for (size_t p = panel_first; p < panel_last; p++) {
      const uint16_t *w = panels + p * panel_stride + first * CK_BF16_COLUMNS * 2;
      const size_t column = p * CK_BF16_COLUMNS, here = columns - column;
      const __mmask16 left = lanes(here), right = here > 16 ? lanes(here - 16) : 0;
      for (size_t row = 0; row < rows; row += CK_BF16_ROWS) {
        const uint16_t *x =
            tiles + row / CK_BF16_ROWS * CK_BF16_TILE_ELEMENTS(inner) + first * CK_BF16_ROWS * 2;
        const size_t count = rows - row < CK_BF16_ROWS ? rows - row : CK_BF16_ROWS;
        tile_functions[count - 1](x, w, last - first, left, right, y + row * y_stride + column, y_stride,
                                  accumulate || block > 0);
      }
    }
  }
}

const ck_bf16_table ck_bf16_table_avx512 = {
    .name = "avx512bf16",
    .pack_rows = pack_rows,
    .pack_rows_transposed = pack_rows_transposed,
    .pack_columns = pack_columns,
    .pack_inner = pack_inner,
    .gemm = gemm,
};
#pragma clang attribute pop
#endif
