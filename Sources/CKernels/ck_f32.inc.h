// The kernels of the forward pass, written once; each instruction set includes this file under its own target, tile
// size and name suffix, which `ck_vector.inc.h` explains.
#include "ck_vector.inc.h"

static void CK(gemm)(const float *x, size_t x_stride, size_t rows, const float *panels, size_t inner, size_t columns,
                     size_t panel_first, size_t panel_last, float *y, size_t y_stride, int accumulate) {
  for (size_t panel = panel_first; panel < panel_last; panel++) {
    const float *b = panels + panel * inner * CK_PANEL_COLUMNS;
    const size_t column = panel * CK_PANEL_COLUMNS;
    const size_t left = columns - column;
    size_t row = 0;
    while (row < rows) {
      size_t count = rows - row < CK_ROWS_MAX ? rows - row : CK_ROWS_MAX;
      const float *a = x + row * x_stride;
      float *c = y + row * y_stride + column;
      switch (count) {
#define CK_GEMM_CASE(R) \
  case R: CK(gemm_tile)(R, a, x_stride, b, inner, left, c, y_stride, accumulate); break;
        CK_CASES(CK_GEMM_CASE)
      }
      row += count;
    }
  }
}

// Scores of `rows` queries against some blocks of 16 keys; `ahead` is fetched for later.
CK_INLINE void CK(score_tile)(const int rows, const int blocks, const float *const *q, const float *const *keys,
                              const float *const *ahead, size_t head_dim, float *scores, size_t scores_stride) {
  v16 acc[12][4];
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int v = 0; v < blocks; v++) acc[r][v] = CK(splat)(0.0f);
  for (size_t d = 0; d < head_dim; d++) {
    v16 key[4];
    CK_UNROLL for (int v = 0; v < blocks; v++) {
      key[v] = CK(load)(keys[v] + d * 16);
      __builtin_prefetch(ahead[v] + d * 16, 0, 2);
    }
    CK_UNROLL for (int r = 0; r < rows; r++) {
      const v16 left = CK(splat)(q[r][d]);
      CK_UNROLL for (int v = 0; v < blocks; v++) acc[r][v] = CK(fma)(left, key[v], acc[r][v]);
    }
  }
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int v = 0; v < blocks; v++)
      CK(store)(scores + (size_t)r * scores_stride + (size_t)v * 16, acc[r][v]);
}

// Scores to weights: exp(scale * (score - max)) for the positions a row sees, 0 for the others; returns their sum.
CK_INLINE float CK(soften)(float *scores, size_t width, size_t length, float scale) {
  const i16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const v16 lowest = CK(splat)(-__builtin_inff());
  v16 top = lowest;
  for (size_t i = 0; i < width; i += 16) {
    const i16 seen = lanes < (i16)(((int32_t)length - (int32_t)i) - (i16){0});
    const v16 masked = CK(select)(seen, CK(load)(scores + i) * CK(splat)(scale), lowest);
    CK(store)(scores + i, masked);
    top = CK(maximum_of)(top, masked);
  }
  const v16 shift = CK(splat)(CK(max_lanes)(top));
  v16 sum = CK(splat)(0.0f);
  for (size_t i = 0; i < width; i += 16) {
    const v16 weight = CK(exponential)(CK(load)(scores + i) - shift);
    CK(store)(scores + i, weight);
    sum += weight;
  }
  return CK(sum_lanes)(sum);
}

// Weighted sums of values for `rows` rows and 16 * vectors columns, a chain over positions.
CK_INLINE void CK(value_tile)(const int rows, const int vectors, const float *weights, size_t weights_stride,
                              size_t length, const float *pool, const int32_t *blocks, size_t block_stride,
                              size_t value_offset, size_t value_stride, size_t columns, const float *inverse,
                              float *out, const size_t *out_offsets) {
  v16 acc[12][4];
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = CK(splat)(0.0f);
  for (size_t position = 0; position < length; position += CK_BLOCK_TOKENS) {
    const float *values = pool + (size_t)blocks[position / CK_BLOCK_TOKENS] * block_stride + value_offset;
    const size_t here = length - position < CK_BLOCK_TOKENS ? length - position : CK_BLOCK_TOKENS;
    const float *a[12];
    CK_UNROLL for (int r = 0; r < rows; r++) a[r] = weights + (size_t)r * weights_stride + position;
    if (position + 4 * CK_BLOCK_TOKENS < length) {
      const float *ahead = pool + (size_t)blocks[position / CK_BLOCK_TOKENS + 4] * block_stride + value_offset;
      CK_UNROLL for (int i = 0; i < CK_BLOCK_TOKENS; i++)
        CK_UNROLL for (int v = 0; v < vectors; v++)
          __builtin_prefetch(ahead + (size_t)i * value_stride + (size_t)v * 16, 0, 2);
    }
    CK(tile)(rows, vectors, a, values, value_stride, here, acc);
  }
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int v = 0; v < vectors; v++)
      CK(store_partial)(out + out_offsets[r] + (size_t)v * 16, acc[r][v] * CK(splat)(inverse[r]),
                        columns - (size_t)v * 16, 0);
}

// Scores against as many whole groups of blocks as there are from block `b` on; returns the first block left. Keys are
// fetched two groups ahead: a block is a page, where the processor's own prefetching stops.
CK_INLINE size_t CK(score_blocks)(const int rows, const int group, const float *const *queries, const float *pool,
                                  const int32_t *blocks, size_t block_stride, size_t key_offset, size_t b,
                                  size_t count, size_t head_dim, float *scores, size_t scores_stride) {
  for (; b + (size_t)group <= count; b += (size_t)group) {
    const float *keys[4], *ahead[4];
    CK_UNROLL for (int v = 0; v < group; v++) {
      const size_t later = b + (size_t)(2 * group + v) < count ? b + (size_t)(2 * group + v) : count - 1;
      keys[v] = pool + (size_t)blocks[b + (size_t)v] * block_stride + key_offset;
      ahead[v] = pool + (size_t)blocks[later] * block_stride + key_offset;
    }
    CK(score_tile)(rows, group, queries, keys, ahead, head_dim, scores + b * 16, scores_stride);
  }
  return b;
}

CK_INLINE void CK(attention_rows)(const int rows, const float *q, const size_t *q_offsets, const int32_t *lengths,
                                  const float *pool, const int32_t *blocks, size_t block_stride, size_t key_offset,
                                  size_t value_offset, size_t head_dim, float scale, float *out,
                                  const size_t *out_offsets, float *scratch) {
  size_t length = 0;
  const float *queries[12];
  CK_UNROLL for (int r = 0; r < rows; r++) {
    queries[r] = q + q_offsets[r];
    if ((size_t)lengths[r] > length) length = (size_t)lengths[r];
  }
  const size_t count = (length + CK_BLOCK_TOKENS - 1) / CK_BLOCK_TOKENS;
  const size_t width = count * CK_BLOCK_TOKENS;
  size_t b = 0;
#define CK_SCORES(GROUP)                                                                                          \
  b = CK(score_blocks)(rows, GROUP, queries, pool, blocks, block_stride, key_offset, b, count, head_dim, scratch, \
                       width)
  if (rows * 4 <= CK_ROWS_MAX * CK_VECTORS_MAX) CK_SCORES(4);
  if (rows * 2 <= CK_ROWS_MAX * CK_VECTORS_MAX) CK_SCORES(2);
  CK_SCORES(1);
  float inverse[12];
  CK_UNROLL for (int r = 0; r < rows; r++)
    inverse[r] = 1.0f / CK(soften)(scratch + (size_t)r * width, width, (size_t)lengths[r], scale);
  const size_t stride = CK_VALUE_STRIDE(head_dim);
  size_t column = 0;
  if (rows * 4 <= CK_ROWS_MAX * CK_VECTORS_MAX)
    for (; column + 64 <= head_dim; column += 64)
      CK(value_tile)(rows, 4, scratch, width, length, pool, blocks, block_stride, value_offset + column, stride,
                     head_dim - column, inverse, out + column, out_offsets);
  if (rows * 2 <= CK_ROWS_MAX * CK_VECTORS_MAX)
    for (; column + 32 <= head_dim; column += 32)
      CK(value_tile)(rows, 2, scratch, width, length, pool, blocks, block_stride, value_offset + column, stride,
                     head_dim - column, inverse, out + column, out_offsets);
  for (; column < head_dim; column += 16)
    CK(value_tile)(rows, 1, scratch, width, length, pool, blocks, block_stride, value_offset + column, stride,
                   head_dim - column, inverse, out + column, out_offsets);
}

static void CK(attention)(const float *q, const size_t *q_offsets, const int32_t *lengths, size_t rows,
                          const float *pool, const int32_t *blocks, size_t block_stride, size_t key_offset,
                          size_t value_offset, size_t head_dim, float scale, float *out, const size_t *out_offsets,
                          float *scratch) {
  size_t row = 0;
  while (row < rows) {
    const size_t count = rows - row < CK_ROWS_MAX ? rows - row : CK_ROWS_MAX;
    switch (count) {
#define CK_ATTENTION_CASE(R)                                                                                   \
  case R:                                                                                                      \
    CK(attention_rows)(R, q, q_offsets + row, lengths + row, pool, blocks, block_stride, key_offset,           \
                       value_offset, head_dim, scale, out, out_offsets + row, scratch);                        \
    break;
      CK_CASES(CK_ATTENTION_CASE)
    }
    row += count;
  }
}

static void CK(rms_norm)(const float *x, const float *weight, size_t n, float epsilon, float *y) {
  v16 squares = CK(splat)(0.0f);
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const v16 v = CK(load)(x + i);
    squares = CK(fma)(v, v, squares);
  }
  float total = CK(sum_lanes)(squares);
  for (; i < n; i++) total = __builtin_fmaf(x[i], x[i], total);
  const float factor = 1.0f / __builtin_sqrtf(total / (float)n + epsilon);
  for (i = 0; i + 16 <= n; i += 16) CK(store)(y + i, CK(load)(x + i) * CK(splat)(factor) * CK(load)(weight + i));
  for (; i < n; i++) y[i] = x[i] * factor * weight[i];
}

static void CK(rope)(float *x, const float *cosines, const float *sines, size_t head_dim) {
  const size_t half = head_dim / 2;
  for (size_t i = 0; i < half; i++) {
    const float first = x[i], second = x[i + half];
    x[i] = __builtin_fmaf(first, cosines[i], -(second * sines[i]));
    x[i + half] = __builtin_fmaf(second, cosines[i], first * sines[i]);
  }
}

static void CK(silu_multiply)(const float *gate, const float *up, size_t n, float *out) {
  const v16 one = CK(splat)(1.0f);
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const v16 g = CK(load)(gate + i);
    CK(store)(out + i, g / (one + CK(exponential)(-g)) * CK(load)(up + i));
  }
  if (i < n) {
    float g[16] = {0}, u[16] = {0};
    memcpy(g, gate + i, (n - i) * sizeof(float));
    memcpy(u, up + i, (n - i) * sizeof(float));
    const v16 v = CK(load)(g);
    CK(store)(g, v / (one + CK(exponential)(-v)) * CK(load)(u));
    memcpy(out + i, g, (n - i) * sizeof(float));
  }
}

static int CK(pack)(const float *rows, size_t count, size_t inner, float *panel) {
  const uint32_t exponent = 0x7F800000;
  uint32_t infinite = 0;
  for (size_t k0 = 0; k0 < inner; k0 += 16) {
    const size_t k1 = k0 + 16 < inner ? k0 + 16 : inner;
    for (size_t r = 0; r < count; r++)
      for (size_t k = k0; k < k1; k++) {
        const float weight = rows[r * inner + k];
        uint32_t bits;
        memcpy(&bits, &weight, sizeof bits);
        infinite |= (bits & exponent) == exponent;
        panel[k * CK_PANEL_COLUMNS + r] = weight;
      }
  }
  return infinite == 0;
}

static void CK(add)(float *y, const float *x, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] += x[i];
}

static float CK(maximum)(const float *x, size_t n) {
  v16 top = CK(splat)(-__builtin_inff());
  size_t i = 0;
  for (; i + 16 <= n; i += 16) top = CK(maximum_of)(top, CK(load)(x + i));
  float best = CK(max_lanes)(top);
  for (; i < n; i++) best = x[i] > best ? x[i] : best;
  return best;
}

static void CK(mask)(float *x, const uint64_t *words, size_t n) {
  const i16 bit = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
  const v16 lowest = CK(splat)(-__builtin_inff());
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const int32_t bits = (int32_t)(words[i / 64] >> (i % 64) & 0xFFFF);
    const i16 allowed = ((bits - (i16){0}) & bit) != 0;
    CK(store)(x + i, CK(select)(allowed, CK(load)(x + i), lowest));
  }
  for (; i < n; i++)
    if (!(words[i / 64] >> (i % 64) & 1)) x[i] = -__builtin_inff();
}

static float CK(exp_sum)(const float *x, size_t n, float shift, float scale, float *out) {
  v16 sum = CK(splat)(0.0f);
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const v16 e = CK(exponential)((CK(load)(x + i) - CK(splat)(shift)) * CK(splat)(scale));
    CK(store)(out + i, e);
    sum += e;
  }
  if (i < n) {
    float lanes[16];
    for (int lane = 0; lane < 16; lane++) lanes[lane] = -__builtin_inff();
    for (size_t j = i; j < n; j++) lanes[j - i] = (x[j] - shift) * scale;
    const v16 e = CK(exponential)(CK(load)(lanes));
    sum += e;
    CK(store)(lanes, e);
    memcpy(out + i, lanes, (n - i) * sizeof(float));
  }
  return CK(sum_lanes)(sum);
}

const ck_kernel_table CK(ck_table) = {
    .name = CK_NAME,
    .gemm = CK(gemm),
    .attention = CK(attention),
    .rms_norm = CK(rms_norm),
    .rope = CK(rope),
    .silu_multiply = CK(silu_multiply),
    .pack = CK(pack),
    .add = CK(add),
    .maximum = CK(maximum),
    .mask = CK(mask),
    .exp_sum = CK(exp_sum),
};
