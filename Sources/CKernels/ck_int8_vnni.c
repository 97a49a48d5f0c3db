// Integer products with AVX-512 VNNI: vpdpbusd multiplies 64 unsigned weights by 4 signed digits broadcast to every
// feature and adds each feature's 4 products into its 32-bit lane.
//
// A tile is up to 6 rows by 32 features: 12 integer accumulators of the block under way and 12 float accumulators. The
// second digit of an activation runs through the same integer accumulators, shifted left by 8 in between.
#include "ck_int8.h"
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#pragma clang fp contract(off)
#pragma clang attribute push(                                                                             \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"), min_vector_width(512))), \
    apply_to = function)

#define CK_INLINE static inline __attribute__((always_inline))
#define CK_UNROLL _Pragma("clang loop unroll(full)")
// Tiles of rows up to which a product waits for memory rather than for arithmetic.
#define AHEAD_TILES_MAX 10

// Vectors reduced together.
#define QUADS 4

// The largest of each of four vectors, in lanes 0...3.
CK_INLINE __m128 largest_of_four(const __m512 v[QUADS]) {
  const __m512 a = _mm512_max_ps(_mm512_unpacklo_ps(v[0], v[1]), _mm512_unpackhi_ps(v[0], v[1]));
  const __m512 b = _mm512_max_ps(_mm512_unpacklo_ps(v[2], v[3]), _mm512_unpackhi_ps(v[2], v[3]));
  const __m512 c = _mm512_max_ps(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xEE));
  const __m256 d = _mm256_max_ps(_mm512_castps512_ps256(c), _mm512_extractf32x8_ps(c, 1));
  return _mm_max_ps(_mm256_castps256_ps128(d), _mm256_extractf128_ps(d, 1));
}

// The sum of each of four vectors, in lanes 0...3.
CK_INLINE __m128i sum_of_four(const __m512i v[QUADS]) {
  const __m512i a = _mm512_add_epi32(_mm512_unpacklo_epi32(v[0], v[1]), _mm512_unpackhi_epi32(v[0], v[1]));
  const __m512i b = _mm512_add_epi32(_mm512_unpacklo_epi32(v[2], v[3]), _mm512_unpackhi_epi32(v[2], v[3]));
  const __m512i c = _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
  const __m256i d = _mm256_add_epi32(_mm512_castsi512_si256(c), _mm512_extracti64x4_epi64(c, 1));
  return _mm_add_epi32(_mm256_castsi256_si128(d), _mm256_extracti128_si256(d, 1));
}

// Four blocks at a time, so that their four largest magnitudes and sums are found with one tree of shuffles, and their
// scales with one division.
CK_INLINE void quantise_blocks(const int digits, const float *x, size_t count, uint8_t *row) {
  const size_t blocks = (count + 31) / 32;
  float *scales = (float *)(row + blocks * 32 * (size_t)digits);
  float *scaled_sums = scales + blocks;
  int32_t *sums = (int32_t *)(scaled_sums + blocks);
  const float top = digits == 2 ? 32639.0f : 127.0f;
  const __m512 high = _mm512_set1_ps(top), low = _mm512_set1_ps(-top);
  for (size_t b = 0; b < blocks; b += QUADS) {
    const size_t here = blocks - b < QUADS ? blocks - b : QUADS;
    __m512 value[QUADS][2], magnitude[QUADS];
    CK_UNROLL for (size_t i = 0; i < QUADS; i++) {
      CK_UNROLL for (size_t h = 0; h < 2; h++) {
        const size_t at = (b + i) * 32 + h * 16;
        const __mmask16 mask = at + 16 <= count ? 0xFFFF : at >= count ? 0 : (__mmask16)((1u << (count - at)) - 1);
        value[i][h] = _mm512_maskz_loadu_ps(mask, x + at);
      }
      magnitude[i] = _mm512_max_ps(_mm512_abs_ps(value[i][0]), _mm512_abs_ps(value[i][1]));
    }
    __m128 largest = largest_of_four(magnitude);
    largest = _mm_maskz_mov_ps(_mm_cmp_ps_mask(largest, _mm_set1_ps(1e-30f), _CMP_GT_OQ), largest);
    const __m128 scale = _mm_div_ps(largest, _mm_set1_ps(top));
    const __m128 inverse = _mm_maskz_div_ps(_mm_cmp_ps_mask(largest, _mm_setzero_ps(), _CMP_GT_OQ), _mm_set1_ps(top),
                                            largest);
    float inverses[QUADS];
    _mm_storeu_ps(inverses, inverse);
    __m512i total[QUADS];
    CK_UNROLL for (size_t i = 0; i < QUADS; i++) {
      total[i] = _mm512_setzero_si512();
      if (i >= here) continue;
      uint8_t *codes = row + (b + i) * 32 * (size_t)digits;
      CK_UNROLL for (size_t h = 0; h < 2; h++) {
        const __m512 steps = _mm512_mul_ps(value[i][h], _mm512_set1_ps(inverses[i]));
        const __m512i v = _mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(steps, low), high));
        total[i] = _mm512_add_epi32(total[i], v);
        __m512i upper = v;
        if (digits == 2) {
          upper = _mm512_srai_epi32(_mm512_add_epi32(v, _mm512_set1_epi32(128)), 8);
          _mm_storeu_si128((__m128i *)(codes + 32 + h * 16),
                           _mm512_cvtepi32_epi8(_mm512_sub_epi32(v, _mm512_slli_epi32(upper, 8))));
        }
        _mm_storeu_si128((__m128i *)(codes + h * 16), _mm512_cvtepi32_epi8(upper));
      }
    }
    const __m128i sum = sum_of_four(total);
    const __mmask8 kept = (__mmask8)((1u << here) - 1);
    _mm_mask_storeu_ps(scales + b, kept, scale);
    _mm_mask_storeu_ps(scaled_sums + b, kept, _mm_mul_ps(scale, _mm_cvtepi32_ps(sum)));
    _mm_mask_storeu_epi32(sums + b, kept, sum);
  }
}

static void quantise(const float *x, size_t count, int digits, uint8_t *row) {
  if (digits == 2)
    quantise_blocks(2, x, count, row);
  else
    quantise_blocks(1, x, count, row);
}

// The weights of one quad and half as unsigned bytes.
CK_INLINE __m512i weights(const int bits, const uint8_t *block, size_t quad, size_t half) {
  if (bits == 8) return _mm512_loadu_si512(block + (quad * 2 + half) * 64);
  const __m512i mask = _mm512_set1_epi8(15);
  const __m512i pair = _mm512_loadu_si512(block + (quad % 4 * 2 + half) * 64);
  const __m512i nibbles = _mm512_and_si512(quad < 4 ? pair : _mm512_srli_epi16(pair, 4), mask);
  if (bits == 4) return nibbles;
  uint64_t fifths;
  memcpy(&fifths, block + 512 + (quad * 2 + half) * 8, 8);
  return _mm512_mask_add_epi8(nibbles, (__mmask64)fifths, nibbles, _mm512_set1_epi8(16));
}

CK_INLINE __m512 scales16(const int is_wide, const uint8_t *at, size_t half) {
  if (is_wide) return _mm512_loadu_ps(at + half * 64);
  return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(at + half * 32)));
}

// Sums of products of `count` quads from `quad` on with one digit.
CK_INLINE void quads(const int bits, const int rows, const int lanes, const uint8_t *block, const uint8_t *const *codes,
                     __m512i acc[][2][2]) {
  CK_UNROLL for (size_t quad = 0; quad < 8; quad++) {
    const __m512i w0 = weights(bits, block, quad, 0), w1 = weights(bits, block, quad, 1);
    const size_t lane = quad % (size_t)lanes;
    CK_UNROLL for (int r = 0; r < rows; r++) {
      int32_t four;
      memcpy(&four, codes[r] + quad * 4, 4);
      const __m512i v = _mm512_set1_epi32(four);
      acc[r][0][lane] = _mm512_dpbusd_epi32(acc[r][0][lane], w0, v);
      acc[r][1][lane] = _mm512_dpbusd_epi32(acc[r][1][lane], w1, v);
    }
  }
}

// `ahead`: memory the next panel lies in, of which `ahead_bytes` are fetched in each block.
CK_INLINE void tile(const int bits, const int offset, const int has_minimum, const int is_wide, const int digits,
                    const int rows, const uint8_t *first, size_t row_bytes, const uint8_t *panel, size_t blocks,
                    size_t columns, const uint8_t *ahead, size_t ahead_bytes, float *y, size_t y_stride,
                    int accumulate) {
  // Few rows leave registers for two chains each, which hide the latency of a product.
  const int lanes = rows <= 3 ? 2 : 1;
  const size_t code_bytes = bits == 4 ? 512 : bits == 5 ? 640 : 1024;
  const size_t scale_bytes = is_wide ? 128 : 64;
  const size_t block_bytes = code_bytes + scale_bytes * (has_minimum ? 2 : 1);
  const size_t scales_at = blocks * 32 * (size_t)digits;
  __m512 sum[6][2];
  CK_UNROLL for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = _mm512_setzero_ps();
  for (size_t b = 0; b < blocks; b++) {
    const uint8_t *block = panel + b * block_bytes;
    for (size_t i = 0; i < ahead_bytes; i += 64) __builtin_prefetch(ahead + b * ahead_bytes + i, 0, 2);
    const uint8_t *codes[6];
    __m512i acc[6][2][2];
    CK_UNROLL for (int r = 0; r < rows; r++) {
      codes[r] = first + (size_t)r * row_bytes + b * 32 * (size_t)digits;
      int32_t total;
      memcpy(&total, first + (size_t)r * row_bytes + scales_at + 8 * blocks + b * 4, 4);
      const __m512i start = digits == 1 && offset ? _mm512_set1_epi32(-offset * total) : _mm512_setzero_si512();
      acc[r][0][0] = acc[r][1][0] = start;
      if (lanes == 2) acc[r][0][1] = acc[r][1][1] = _mm512_setzero_si512();
    }
    quads(bits, rows, lanes, block, codes, acc);
    if (digits == 2) {
      CK_UNROLL for (int r = 0; r < rows; r++) {
        int32_t total;
        memcpy(&total, first + (size_t)r * row_bytes + scales_at + 8 * blocks + b * 4, 4);
        const __m512i start = _mm512_set1_epi32(-offset * total);
        CK_UNROLL for (int h = 0; h < 2; h++) {
          acc[r][h][0] = _mm512_slli_epi32(acc[r][h][0], 8);
          if (offset) acc[r][h][0] = _mm512_add_epi32(acc[r][h][0], start);
          if (lanes == 2) acc[r][h][1] = _mm512_slli_epi32(acc[r][h][1], 8);
        }
        codes[r] += 32;
      }
      quads(bits, rows, lanes, block, codes, acc);
    }
    CK_UNROLL for (int h = 0; h < 2; h++) {
      const __m512 d = scales16(is_wide, block + code_bytes, (size_t)h);
      const __m512 m =
          has_minimum ? scales16(is_wide, block + code_bytes + scale_bytes, (size_t)h) : _mm512_setzero_ps();
      CK_UNROLL for (int r = 0; r < rows; r++) {
        const float *facts = (const float *)(first + (size_t)r * row_bytes + scales_at);
        const __m512i whole = lanes == 2 ? _mm512_add_epi32(acc[r][h][0], acc[r][h][1]) : acc[r][h][0];
        const __m512 step = _mm512_mul_ps(d, _mm512_set1_ps(facts[b]));
        sum[r][h] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), step, sum[r][h]);
        if (has_minimum) sum[r][h] = _mm512_fmadd_ps(m, _mm512_set1_ps(facts[blocks + b]), sum[r][h]);
      }
    }
  }
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int h = 0; h < 2; h++) {
      if (columns <= (size_t)h * 16) continue;
      const size_t left = columns - (size_t)h * 16;
      const __mmask16 mask = left >= 16 ? 0xFFFF : (__mmask16)((1u << left) - 1);
      float *target = y + (size_t)r * y_stride + h * 16;
      const __m512 before = accumulate ? _mm512_maskz_loadu_ps(mask, target) : _mm512_setzero_ps();
      _mm512_mask_storeu_ps(target, mask, accumulate ? _mm512_add_ps(before, sum[r][h]) : sum[r][h]);
    }
}

// All rows against one panel: tiles of 6, and at the end two of about half of what is left.
//
// A few rows take no longer than the memory needs to deliver the panel. So their tiles share in fetching the next one,
// and the memory is as busy during the last of them as during the first.
CK_INLINE void panel_rows(const int bits, const int offset, const int has_minimum, const int is_wide, const int digits,
                          const uint8_t *rows, size_t row_count, const uint8_t *panel, const uint8_t *next,
                          size_t blocks, size_t columns, float *y, size_t y_stride, int accumulate) {
  const size_t row_bytes = CK_Q_ROW_BYTES(blocks, digits);
  const size_t block_bytes = (bits == 4 ? 512 : bits == 5 ? 640 : 1024) + (is_wide ? 128 : 64) * (has_minimum ? 2 : 1);
  const size_t tiles = row_count < 12 ? (row_count + 5) / 6 : row_count / 6;
  const size_t share = next && tiles <= AHEAD_TILES_MAX ? (block_bytes / 64 + tiles - 1) / tiles * 64 : 0;
  size_t row = 0;
  while (row < row_count) {
    const size_t left = row_count - row;
    const size_t count = left >= 12 || left == 6 ? 6 : left > 6 ? (left + 1) / 2 : left;
    const uint8_t *x = rows + row * row_bytes;
    float *out = y + row * y_stride;
#define CK_TILE(R)                                                                                                \
  case R:                                                                                                         \
    tile(bits, offset, has_minimum, is_wide, digits, R, x, row_bytes, panel, blocks, columns, next, share, out,   \
         y_stride, accumulate);                                                                                   \
    break;
    switch (count) { CK_TILE(1) CK_TILE(2) CK_TILE(3) CK_TILE(4) CK_TILE(5) CK_TILE(6) }
    row += count;
    next += share * blocks;
  }
}

// One function for each format and number of digits, so that each is compiled for itself.
#define CK_PANEL_FUNCTION(NAME, BITS, OFFSET, MINIMUM, WIDE, DIGITS)                                              \
  static __attribute__((noinline)) void NAME(const uint8_t *rows, size_t row_count, const uint8_t *panel,         \
                                             const uint8_t *next, size_t blocks, size_t columns, float *y,        \
                                             size_t y_stride, int accumulate) {                                   \
    panel_rows(BITS, OFFSET, MINIMUM, WIDE, DIGITS, rows, row_count, panel, next, blocks, columns, y, y_stride,   \
               accumulate);                                                                                       \
  }
#define CK_PANEL_FUNCTIONS(NAME, BITS, OFFSET, MINIMUM, WIDE) \
  CK_PANEL_FUNCTION(NAME##_1, BITS, OFFSET, MINIMUM, WIDE, 1)  \
  CK_PANEL_FUNCTION(NAME##_2, BITS, OFFSET, MINIMUM, WIDE, 2)
CK_PANEL_FUNCTIONS(u4, 4, 8, 0, 0)
CK_PANEL_FUNCTIONS(u4_min, 4, 0, 1, 0)
CK_PANEL_FUNCTIONS(u4_min_wide, 4, 0, 1, 1)
CK_PANEL_FUNCTIONS(u5, 5, 16, 0, 0)
CK_PANEL_FUNCTIONS(u5_min, 5, 0, 1, 0)
CK_PANEL_FUNCTIONS(u5_min_wide, 5, 0, 1, 1)
CK_PANEL_FUNCTIONS(u8, 8, 128, 0, 0)

static void gemm(ck_q_format format, int digits, const uint8_t *rows, size_t row_count, const uint8_t *panels,
                 size_t blocks, size_t features, size_t panel_first, size_t panel_last, float *y, size_t y_stride,
                 int accumulate) {
  const size_t panel_bytes = blocks * ck_q_block_bytes(format);
  for (size_t p = panel_first; p < panel_last; p++) {
    const uint8_t *panel = panels + p * panel_bytes;
    const uint8_t *next = p + 1 < panel_last ? panel + panel_bytes : 0;
    const size_t columns = features - p * 32;
    float *out = y + p * 32;
#define CK_PANEL_CASE(FORMAT, NAME)                                                                              \
  case FORMAT:                                                                                                   \
    if (digits == 2)                                                                                             \
      NAME##_2(rows, row_count, panel, next, blocks, columns, out, y_stride, accumulate);                        \
    else                                                                                                         \
      NAME##_1(rows, row_count, panel, next, blocks, columns, out, y_stride, accumulate);                        \
    break;
    switch (format) {
      CK_PANEL_CASE(CK_Q_U4, u4)
      CK_PANEL_CASE(CK_Q_U4_MIN, u4_min)
      CK_PANEL_CASE(CK_Q_U4_MIN_WIDE, u4_min_wide)
      CK_PANEL_CASE(CK_Q_U5, u5)
      CK_PANEL_CASE(CK_Q_U5_MIN, u5_min)
      CK_PANEL_CASE(CK_Q_U5_MIN_WIDE, u5_min_wide)
      CK_PANEL_CASE(CK_Q_U8, u8)
    }
  }
}

// The weights of one block: a byte of each double word is one input of 16 features.
CK_INLINE void block_weights(const int bits, const int offset, const int has_minimum, const int is_wide,
                             const uint8_t *block, float *out, size_t stride) {
  const uint8_t *scales = block + (bits == 4 ? 512 : bits == 5 ? 640 : 1024), *minima = scales + (is_wide ? 128 : 64);
  const __m512i byte = _mm512_set1_epi32(255), origin = _mm512_set1_epi32(offset);
  for (size_t half = 0; half < 2; half++) {
    const __m512 d = scales16(is_wide, scales, half);
    const __m512 m = has_minimum ? scales16(is_wide, minima, half) : _mm512_setzero_ps();
    CK_UNROLL for (size_t quad = 0; quad < 8; quad++) {
      const __m512i four = weights(bits, block, quad, half);
      CK_UNROLL for (unsigned j = 0; j < 4; j++) {
        const __m512i code = _mm512_and_si512(_mm512_srli_epi32(four, 8 * j), byte);
        const __m512 product = _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_sub_epi32(code, origin)));
        _mm512_storeu_ps(out + (quad * 4 + j) * stride + half * 16, has_minimum ? _mm512_add_ps(product, m) : product);
      }
    }
  }
}

static void unpack(ck_q_format format, const uint8_t *block, float *out, size_t stride) {
  switch (format) {
#define CK_BLOCK_CASE(FORMAT, BITS, OFFSET, MINIMUM, WIDE)              \
  case FORMAT:                                                          \
    block_weights(BITS, OFFSET, MINIMUM, WIDE, block, out, stride);     \
    break;
    CK_BLOCK_CASE(CK_Q_U4, 4, 8, 0, 0)
    CK_BLOCK_CASE(CK_Q_U4_MIN, 4, 0, 1, 0)
    CK_BLOCK_CASE(CK_Q_U4_MIN_WIDE, 4, 0, 1, 1)
    CK_BLOCK_CASE(CK_Q_U5, 5, 16, 0, 0)
    CK_BLOCK_CASE(CK_Q_U5_MIN, 5, 0, 1, 0)
    CK_BLOCK_CASE(CK_Q_U5_MIN_WIDE, 5, 0, 1, 1)
    CK_BLOCK_CASE(CK_Q_U8, 8, 128, 0, 0)
  }
}

const ck_q_table ck_q_table_avx512_vnni = {
    .name = "avx512vnni", .quantise = quantise, .gemm = gemm, .unpack = unpack};
#pragma clang attribute pop
#endif
