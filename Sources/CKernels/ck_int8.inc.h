// The integer products, written once in plain C; the portable and AVX2 kernels include this file under their own
// target, and a compiler makes vectors of the loops over features. The AVX-512 twin is ck_int8_vnni.c.
//
// CK(name): the suffixed name.
#include <string.h>

// A product and a sum become one rounding only where this file says so, or the twins would differ.
#pragma clang fp contract(off)

#define CK_INLINE static inline __attribute__((always_inline))

static void CK(q_quantise)(const float *x, size_t count, int digits, uint8_t *row) {
  const size_t blocks = (count + 31) / 32;
  int8_t *codes = (int8_t *)row;
  float *scales = (float *)(row + blocks * 32 * (size_t)digits);
  float *scaled_sums = scales + blocks;
  int32_t *sums = (int32_t *)(scaled_sums + blocks);
  const float top = digits == 2 ? 32639.0f : 127.0f;  // 127 * 256 + 127
  for (size_t b = 0; b < blocks; b++) {
    float values[32] = {0};
    const size_t here = count - b * 32 < 32 ? count - b * 32 : 32;
    memcpy(values, x + b * 32, here * sizeof(float));
    float largest = 0;
    for (int j = 0; j < 32; j++) {
      const float magnitude = __builtin_fabsf(values[j]);
      largest = magnitude > largest ? magnitude : largest;
    }
    // Below this the inverse would overflow, and nothing such a block adds is seen.
    if (!(largest > 1e-30f)) largest = 0;
    const float scale = largest / top;
    const float inverse = largest > 0 ? top / largest : 0;
    int32_t sum = 0;
    int8_t *high = codes + b * 32 * (size_t)digits, *low = high + 32;
    for (int j = 0; j < 32; j++) {
      float steps = __builtin_rintf(values[j] * inverse);
      steps = !(steps > -top) ? -top : steps > top ? top : steps;
      const int32_t v = (int32_t)steps;
      sum += v;
      if (digits == 2) {
        const int32_t upper = (v + 128) >> 8;
        high[j] = (int8_t)upper;
        low[j] = (int8_t)(v - upper * 256);
      } else {
        high[j] = (int8_t)v;
      }
    }
    scales[b] = scale;
    scaled_sums[b] = scale * (float)sum;
    sums[b] = sum;
  }
}

CK_INLINE float CK(q_half)(uint16_t bits) {
  const uint32_t magnitude = (uint32_t)(bits & 0x7FFF) << 13;
  float value;
  memcpy(&value, &magnitude, sizeof value);
  value *= 0x1p112f;
  uint32_t out;
  memcpy(&out, &value, sizeof out);
  out |= (uint32_t)(bits & 0x8000) << 16;
  memcpy(&value, &out, sizeof value);
  return value;
}

// The integers of one block as 16-bit numbers, [k][32 features].
CK_INLINE void CK(q_integers)(const int bits, const uint8_t *block, int16_t out[32][32]) {
  for (size_t quad = 0; quad < 8; quad++)
    for (size_t half = 0; half < 2; half++) {
      const uint8_t *bytes = block + ((bits == 8 ? quad : quad % 4) * 2 + half) * 64;
      uint64_t fifths = 0;
      if (bits == 5) memcpy(&fifths, block + 512 + (quad * 2 + half) * 8, 8);
      const int shift = bits != 8 && quad >= 4 ? 4 : 0;
      for (size_t c = 0; c < 16; c++)
        for (size_t j = 0; j < 4; j++) {
          int code = bits == 8 ? bytes[c * 4 + j] : bytes[c * 4 + j] >> shift & 15;
          if (bits == 5) code |= (int)(fifths >> (c * 4 + j) & 1) << 4;
          out[quad * 4 + j][half * 16 + c] = (int16_t)code;
        }
    }
}

// The scales and minima of one block.
CK_INLINE void CK(q_scales)(const int has_minimum, const int is_wide, const uint8_t *at, float d[32], float m[32]) {
  for (size_t c = 0; c < 32; c++) {
    if (is_wide) {
      memcpy(&d[c], at + c * 4, 4);
      if (has_minimum) memcpy(&m[c], at + 128 + c * 4, 4);
    } else {
      uint16_t half;
      memcpy(&half, at + c * 2, 2);
      d[c] = CK(q_half)(half);
      if (has_minimum) {
        memcpy(&half, at + 64 + c * 2, 2);
        m[c] = CK(q_half)(half);
      }
    }
  }
}

// The weights of one block, input k of feature c at out[k * stride + c].
CK_INLINE void CK(q_block)(const int bits, const int offset, const int has_minimum, const int is_wide,
                           const uint8_t *block, float *out, size_t stride) {
  int16_t q[32][32];
  float d[32], m[32] = {0};
  CK(q_integers)(bits, block, q);
  CK(q_scales)(has_minimum, is_wide, block + (bits == 4 ? 512 : bits == 5 ? 640 : 1024), d, m);
  for (size_t k = 0; k < 32; k++)
    for (size_t c = 0; c < 32; c++) {
      const float product = d[c] * (float)(q[k][c] - offset);
      out[k * stride + c] = has_minimum ? product + m[c] : product;
    }
}

static void CK(q_unpack)(ck_q_format format, const uint8_t *block, float *out, size_t stride) {
  switch (format) {
#define CK_Q_BLOCK_CASE(FORMAT, BITS, OFFSET, MINIMUM, WIDE)            \
  case FORMAT:                                                          \
    CK(q_block)(BITS, OFFSET, MINIMUM, WIDE, block, out, stride);       \
    break;
    CK_Q_BLOCK_CASE(CK_Q_U4, 4, 8, 0, 0)
    CK_Q_BLOCK_CASE(CK_Q_U4_MIN, 4, 0, 1, 0)
    CK_Q_BLOCK_CASE(CK_Q_U4_MIN_WIDE, 4, 0, 1, 1)
    CK_Q_BLOCK_CASE(CK_Q_U5, 5, 16, 0, 0)
    CK_Q_BLOCK_CASE(CK_Q_U5_MIN, 5, 0, 1, 0)
    CK_Q_BLOCK_CASE(CK_Q_U5_MIN_WIDE, 5, 0, 1, 1)
    CK_Q_BLOCK_CASE(CK_Q_U8, 8, 128, 0, 0)
  }
}

CK_INLINE void CK(q_panel)(const int bits, const int offset, const int has_minimum, const int is_wide,
                           const int digits, const uint8_t *rows, size_t row_count, const uint8_t *panel,
                           size_t blocks, size_t block_bytes, size_t columns, float *y, size_t y_stride,
                           int accumulate) {
  const size_t row_bytes = CK_Q_ROW_BYTES(blocks, digits);
  const size_t code_bytes = bits == 4 ? 512 : bits == 5 ? 640 : 1024;
  enum { STRIP = 16 };
  for (size_t first = 0; first < row_count; first += STRIP) {
    const size_t count = row_count - first < STRIP ? row_count - first : STRIP;
    float acc[STRIP][32];
    memset(acc, 0, sizeof acc);
    for (size_t b = 0; b < blocks; b++) {
      const uint8_t *block = panel + b * block_bytes;
      int16_t q[32][32];
      float d[32], m[32] = {0};
      CK(q_integers)(bits, block, q);
      CK(q_scales)(has_minimum, is_wide, block + code_bytes, d, m);
      for (size_t r = 0; r < count; r++) {
        const uint8_t *row = rows + (first + r) * row_bytes;
        const int8_t *high = (const int8_t *)row + b * 32 * (size_t)digits, *low = high + 32;
        const float *scales = (const float *)(row + blocks * 32 * (size_t)digits);
        const int32_t *sums = (const int32_t *)(scales + 2 * blocks);
        int32_t total[32];
        for (size_t c = 0; c < 32; c++) total[c] = -offset * sums[b];
        for (size_t k = 0; k < 32; k++) {
          const int32_t v = digits == 2 ? high[k] * 256 + low[k] : high[k];
          for (size_t c = 0; c < 32; c++) total[c] += v * q[k][c];
        }
        const float s = scales[b], scaled_sum = scales[blocks + b];
        for (size_t c = 0; c < 32; c++) {
          acc[r][c] = __builtin_fmaf((float)total[c], d[c] * s, acc[r][c]);
          if (has_minimum) acc[r][c] = __builtin_fmaf(m[c], scaled_sum, acc[r][c]);
        }
      }
    }
    for (size_t r = 0; r < count; r++)
      for (size_t c = 0; c < 32 && c < columns; c++) {
        float *target = y + (first + r) * y_stride + c;
        *target = accumulate ? *target + acc[r][c] : acc[r][c];
      }
  }
}

static void CK(q_gemm)(ck_q_format format, int digits, const uint8_t *rows, size_t row_count, const uint8_t *panels,
                       size_t blocks, size_t features, size_t panel_first, size_t panel_last, float *y,
                       size_t y_stride, int accumulate) {
  const size_t block_bytes = ck_q_block_bytes(format);
  for (size_t p = panel_first; p < panel_last; p++) {
    const uint8_t *panel = panels + p * blocks * block_bytes;
    const size_t columns = features - p * 32;
    float *out = y + p * 32;
#define CK_Q_PANEL_CASE(FORMAT, BITS, OFFSET, MINIMUM, WIDE)                                                      \
  case FORMAT:                                                                                                    \
    if (digits == 2)                                                                                              \
      CK(q_panel)(BITS, OFFSET, MINIMUM, WIDE, 2, rows, row_count, panel, blocks, block_bytes, columns, out,      \
                  y_stride, accumulate);                                                                          \
    else                                                                                                          \
      CK(q_panel)(BITS, OFFSET, MINIMUM, WIDE, 1, rows, row_count, panel, blocks, block_bytes, columns, out,      \
                  y_stride, accumulate);                                                                          \
    break;
    switch (format) {
      CK_Q_PANEL_CASE(CK_Q_U4, 4, 8, 0, 0)
      CK_Q_PANEL_CASE(CK_Q_U4_MIN, 4, 0, 1, 0)
      CK_Q_PANEL_CASE(CK_Q_U4_MIN_WIDE, 4, 0, 1, 1)
      CK_Q_PANEL_CASE(CK_Q_U5, 5, 16, 0, 0)
      CK_Q_PANEL_CASE(CK_Q_U5_MIN, 5, 0, 1, 0)
      CK_Q_PANEL_CASE(CK_Q_U5_MIN_WIDE, 5, 0, 1, 1)
      CK_Q_PANEL_CASE(CK_Q_U8, 8, 128, 0, 0)
    }
  }
}

const ck_q_table CK(ck_q_table) = {
    .name = CK_NAME, .quantise = CK(q_quantise), .gemm = CK(q_gemm), .unpack = CK(q_unpack)};
