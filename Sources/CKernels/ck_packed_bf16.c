// Attention over packed rows with the bfloat16 dot product of AVX-512: the walk of `ck_packed_attention.inc.h`, with
// products of pairs. Queries, keys, values, probabilities and the gradients of scores and results are rounded to
// bfloat16 before they are multiplied; sums, the softmax and everything that is handed out are float32.
//
// A product's left factor is broadcast two neighbours at a time: two features of a query, two keys of a row of weights,
// or, where rows are summed over, two rows of one key, for which probabilities are kept as [row / 2][key][2].
#include "ck_packed.h"
#if defined(__x86_64__)
#include <immintrin.h>

#define CK(name) name##_bf16
#define CK_ROWS_MAX 12
#define CK_VECTORS_MAX 2
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"), \
                                            min_vector_width(512))),                                          \
                             apply_to = function)
#include "ck_vector.inc.h"

#include "ck_packed_rows.inc.h"

#define CK_WIDTH_MAX CK_PACKED_BF16_WIDTH

CK_INLINE size_t round_up(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

CK_INLINE __m512bh pair(const uint16_t *at) {
  int32_t two;
  memcpy(&two, at, 4);
  return (__m512bh)_mm512_set1_epi32(two);
}

CK_INLINE void store_pairs(uint16_t *to, __m512bh pairs) { _mm512_storeu_si512(to, (__m512i)pairs); }

// Sixteen lanes of two rows as pairs.
CK_INLINE __m512bh zip(v16 first, v16 second) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21,
                                         5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return (__m512bh)_mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first));
}

// Up to 16 floats from `first` on of a row of `width`, and zeros.
CK_INLINE v16 piece(const float *row, size_t first, size_t width) {
  return first < width ? load_some_bf16(row + first, width - first) : splat_bf16(0.0f);
}

// Rounds a row; what is written is filled up with zeros to a multiple of 32.
CK_INLINE void narrow(const float *row, size_t width, uint16_t *to) {
  for (size_t i = 0; i < width; i += 32)
    store_pairs(to + i, _mm512_cvtne2ps_pbh((__m512)piece(row, i + 16, width), (__m512)piece(row, i, width)));
}

static void pack_columns(const float *rows, size_t stride, size_t count, size_t width, void *to) {
  const size_t pairs = (width + 1) / 2;
  char *panel = to;
  uint16_t row[CK_WIDTH_MAX];
  if (count < CK_PANEL_COLUMNS) memset(panel, 0, pairs * CK_PANEL_COLUMNS * 4);
  for (size_t r = 0; r < count; r++) {
    narrow(rows + r * stride, width, row);
    for (size_t d = 0; d < pairs; d++) memcpy(panel + (d * CK_PANEL_COLUMNS + r) * 4, row + 2 * d, 4);
  }
}

static void pack_rows(const float *rows, size_t stride, size_t count, size_t padded, size_t width, void *to,
                      size_t panel_stride) {
  uint16_t *panels = to;
  for (size_t first = 0; first < width; first += CK_PANEL_COLUMNS, panels += panel_stride) {
    for (size_t r = 0; r < count; r += 2) {
      const float *row = rows + r * stride, *next = row + stride;
      const size_t limit = r + 1 < count ? width : 0;
      uint16_t *pairs = panels + r * CK_PANEL_COLUMNS;
      store_pairs(pairs, zip(piece(row, first, width), piece(next, first, limit)));
      store_pairs(pairs + 32, zip(piece(row, first + 16, width), piece(next, first + 16, limit)));
    }
    const size_t written = round_up(count, 2);
    memset(panels + written * CK_PANEL_COLUMNS, 0, (padded - written) * CK_PANEL_COLUMNS * sizeof(uint16_t));
  }
}

// One tile of a product: y [rows, columns] = or += the sum over pairs k of the pair at a + r * a_row + k * a_step times
// the panel's [k][32][2].
CK_INLINE void product(const int rows, const uint16_t *a, size_t a_row, size_t a_step, const uint16_t *panel,
                       size_t pairs, float *y, size_t y_stride, size_t columns, int accumulate) {
  __m512 acc[12][2];
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int v = 0; v < 2; v++) acc[r][v] = _mm512_setzero_ps();
  for (size_t k = 0; k < pairs; k++) {
    __m512bh right[2];
    CK_UNROLL for (int v = 0; v < 2; v++)
      right[v] = (__m512bh)_mm512_loadu_si512(panel + k * 2 * CK_PANEL_COLUMNS + (size_t)v * 32);
    CK_UNROLL for (int r = 0; r < rows; r++) {
      const __m512bh left = pair(a + (size_t)r * a_row + k * a_step);
      CK_UNROLL for (int v = 0; v < 2; v++) acc[r][v] = _mm512_dpbf16_ps(acc[r][v], left, right[v]);
    }
  }
  CK_UNROLL for (int v = 0; v < 2; v++) {
    const size_t first = (size_t)v * 16;
    if (first >= columns) return;
    const __mmask16 kept = columns - first >= 16 ? 0xFFFF : (__mmask16)((1u << (columns - first)) - 1);
    CK_UNROLL for (int r = 0; r < rows; r++) {
      float *to = y + (size_t)r * y_stride + first;
      const __m512 before = accumulate ? _mm512_maskz_loadu_ps(kept, to) : _mm512_setzero_ps();
      _mm512_mask_storeu_ps(to, kept, _mm512_add_ps(before, acc[r][v]));
    }
  }
}

// Rows of `stride` features times the columns of some keys: scores [rows, CK_KEYS] of the first `count` keys.
CK_INLINE void score(const int rows, const uint16_t *x, size_t stride, const uint16_t *columns, size_t width,
                     size_t count, float *scores) {
  const size_t pairs = (width + 1) / 2;
  for (size_t key = 0; key < count; key += CK_PANEL_COLUMNS)
    product(rows, x, stride, 2, columns + key * 2 * pairs, pairs, scores + key, CK_KEYS, CK_PANEL_COLUMNS, 0);
}

// y += weights [rows, CK_KEYS] times the first `count` rows of some panels of features.
CK_INLINE void gather(const int rows, const uint16_t *weights, size_t count, const uint16_t *panels,
                      size_t panel_stride, size_t width, float *y, size_t y_stride) {
  for (size_t first = 0; first < width; first += CK_PANEL_COLUMNS, panels += panel_stride)
    product(rows, weights, CK_KEYS, 2, panels, (count + 1) / 2, y + first, y_stride, width - first, 1);
}

// What forward keeps for its rows.
typedef struct {
  uint16_t queries[CK_PACKED_QUERIES * CK_WIDTH_MAX];  // [rows, width rounded up to 32]
  float tops[CK_PACKED_QUERIES];
  v16 sums[CK_PACKED_QUERIES];
} forward_rows;

// Scores of one row to weights, rounded: its maximum, its sum and what it has gathered follow. `filled`: a multiple of
// 32.
CK_INLINE void soften(const float *scores, size_t count, size_t filled, float scale, float *top, v16 *sums, float *out,
                      size_t width, uint16_t *weights) {
  raise_top_bf16(scores, count, scale, top, sums, out, width);
  const v16 shift = splat_bf16(-*top), factor = splat_bf16(scale);
  v16 sum = *sums;
  for (size_t i = 0; i < filled; i += 32) {
    const v16 first = weights_bf16(scores, i, count, factor, shift);
    const v16 second = weights_bf16(scores, i + 16, count, factor, shift);
    store_pairs(weights + i, _mm512_cvtne2ps_pbh((__m512)second, (__m512)first));
    sum += first + second;
  }
  *sums = sum;
}

CK_INLINE void attend_rows(const int rows, const ck_packed_forward_call *f, const key_tile_bf16 *tile, size_t row,
                           forward_rows *kept) {
  const ck_packed_call *c = &f->call;
  const size_t count = visible_bf16(tile, row + (size_t)rows - 1), filled = round_up(count, 32);
  const size_t stride = CK_PACKED_WIDTH(c->head_dim);
  const uint16_t *key_columns = c->key_columns, *value_rows = f->value_rows;
  float scores[12 * CK_KEYS], *out = f->out + row * f->out_stride;
  uint16_t weights[12 * CK_KEYS];
  score(rows, kept->queries + row * stride, stride, key_columns + tile->position * round_up(c->head_dim, 2),
        c->head_dim, count, scores);
  for (size_t r = 0; r < (size_t)rows; r++)
    soften(scores + r * CK_KEYS, visible_bf16(tile, row + r), filled, c->scale * CK_LOG2_E, kept->tops + row + r,
           kept->sums + row + r, out + r * f->out_stride, c->head_dim, weights + r * CK_KEYS);
  gather(rows, weights, count, value_rows + tile->position * CK_PANEL_COLUMNS, c->panel_stride, c->head_dim, out,
         f->out_stride);
}

static void attend_tile(const ck_packed_forward_call *f, const key_tile_bf16 *tile, forward_rows *kept) {
  const size_t rows = f->call.rows;
  for (size_t row = first_row_bf16(tile, 0); row < rows;) {
    const size_t count = rows - row < CK_ROWS_MAX ? rows - row : CK_ROWS_MAX;
    switch (count) {
#define CK_ATTEND_CASE(R) \
  case R: attend_rows(R, f, tile, row, kept); break;
      CK_CASES(CK_ATTEND_CASE)
    }
    row += count;
  }
}

static void attend(const ck_packed_forward_call *f) {
  const ck_packed_call *c = &f->call;
  forward_rows kept;
  for (size_t r = 0; r < c->rows; r++) {
    narrow(c->queries + r * c->query_stride, c->head_dim, kept.queries + r * CK_PACKED_WIDTH(c->head_dim));
    kept.tops[r] = -__builtin_inff();
    kept.sums[r] = splat_bf16(0.0f);
    memset(f->out + r * f->out_stride, 0, c->head_dim * sizeof(float));
  }
  for (const ck_packed_run *run = c->runs; run < c->runs + c->run_count; run++)
    for (size_t key = 0; key < run->count; key += CK_KEYS) {
      const size_t left = run->count - key;
      const key_tile_bf16 tile = {run->first + key, left < CK_KEYS ? left : CK_KEYS,
                                  (ptrdiff_t)run->seen - (ptrdiff_t)key};
      attend_tile(f, &tile, &kept);
    }
  for (size_t r = 0; r < c->rows; r++)
    f->log_sum_exp[r] = finish_row_bf16(f->out + r * f->out_stride, c->head_dim, kept.tops[r], kept.sums[r]);
}

// What backward keeps for its rows.
typedef struct {
  uint16_t queries[CK_PACKED_QUERIES * CK_WIDTH_MAX];  // [rows, width rounded up to 32], as gradients of results
  uint16_t out_gradients[CK_PACKED_QUERIES * CK_WIDTH_MAX];
  float deltas[CK_PACKED_QUERIES];
  uint16_t *probabilities, *gradients;      // [rows / 2][CK_KEYS][2]
  uint16_t *query_rows, *out_gradient_rows;  // panels of 32 features, an even number of rows
} backward_rows;

// P and dS of two rows, the second of which may see nothing: as pairs of rows, and dS of each row as pairs of keys.
// `filled`: a multiple of 32.
CK_INLINE void harden_rows(const float *scores, const float *gradients, const size_t counts[2], size_t filled,
                           const hardening_bf16 h[2], uint16_t *probability_pairs, uint16_t *gradient_pairs,
                           uint16_t *narrowed) {
  for (size_t i = 0; i < filled; i += 32) {
    v16 p[2][2], slope[2][2];
    CK_UNROLL for (int r = 0; r < 2; r++)
      CK_UNROLL for (int v = 0; v < 2; v++) {
        const size_t at = i + (size_t)v * 16, row = (size_t)r * CK_KEYS;
        p[r][v] = weights_bf16(scores + row, at, counts[r], h[r].factor, h[r].shift);
        slope[r][v] = slopes_bf16(gradients + row, at, counts[r], p[r][v], &h[r]);
      }
    CK_UNROLL for (int v = 0; v < 2; v++) {
      const size_t to = 2 * i + (size_t)v * 32;
      store_pairs(probability_pairs + to, zip(p[0][v], p[1][v]));
      store_pairs(gradient_pairs + to, zip(slope[0][v], slope[1][v]));
    }
    CK_UNROLL for (int r = 0; r < 2; r++)
      store_pairs(narrowed + (size_t)r * CK_KEYS + i,
                  _mm512_cvtne2ps_pbh((__m512)slope[r][1], (__m512)slope[r][0]));
  }
}

// P and dS of some rows, the first of which is even, and what the keys add to the gradient of the queries.
CK_INLINE void score_rows(const int rows, const ck_packed_backward_call *b, const key_tile_bf16 *tile, size_t row,
                          const backward_rows *kept) {
  const ck_packed_call *c = &b->call;
  const size_t count = visible_bf16(tile, row + (size_t)rows - 1), stride = CK_PACKED_WIDTH(c->head_dim);
  const size_t at = tile->position * round_up(c->head_dim, 2);
  const uint16_t *key_columns = c->key_columns, *value_columns = b->value_columns, *key_rows = b->key_rows;
  float scores[12 * CK_KEYS], gradients[12 * CK_KEYS];
  uint16_t narrowed[12 * CK_KEYS];
  score(rows, kept->queries + row * stride, stride, key_columns + at, c->head_dim, count, scores);
  score(rows, kept->out_gradients + row * stride, stride, value_columns + at, c->head_dim, count, gradients);
  // A group of keys reads from the first row that sees its first key, so up to a group's height beyond what that row
  // sees: beyond `count` only where rows do not begin at a multiple of the height, which is left to the caller.
  const size_t wanted = round_up(count + CK_ROWS_MAX, 32), filled = wanted < CK_KEYS ? wanted : CK_KEYS;
  for (size_t r = 0; r < (size_t)rows; r += 2) {
    const int has_second = r + 1 < (size_t)rows;
    const size_t first = row + r, second = has_second ? first + 1 : first;
    if (!has_second) {
      memset(scores + (r + 1) * CK_KEYS, 0, filled * sizeof(float));
      memset(gradients + (r + 1) * CK_KEYS, 0, filled * sizeof(float));
    }
    const size_t counts[2] = {visible_bf16(tile, first), has_second ? visible_bf16(tile, second) : 0};
    const hardening_bf16 h[2] = {harden_bf16(c->scale, b->log_sum_exp[first], kept->deltas[first]),
                                 harden_bf16(c->scale, b->log_sum_exp[second], kept->deltas[second])};
    harden_rows(scores + r * CK_KEYS, gradients + r * CK_KEYS, counts, filled, h,
                kept->probabilities + first * CK_KEYS, kept->gradients + first * CK_KEYS, narrowed + r * CK_KEYS);
  }
  gather(rows, narrowed, count, key_rows + tile->position * CK_PANEL_COLUMNS, c->panel_stride, c->head_dim,
         b->query_gradient + row * b->query_gradient_stride, b->query_gradient_stride);
}

// What the rows add to the gradients of some keys and values.
CK_INLINE void key_group(const int keys, const ck_packed_backward_call *b, const key_tile_bf16 *tile, size_t key,
                         const backward_rows *kept) {
  const size_t width = b->call.head_dim, row = first_row_bf16(tile, key) / 2 * 2;
  const size_t pairs = (b->call.rows - row + 1) / 2, panel = round_up(b->call.rows, 2) * CK_PANEL_COLUMNS;
  const size_t to = (tile->position + key - b->first_position) * width, at = row * CK_KEYS + key * 2;
  for (size_t first = 0; first < width; first += CK_PANEL_COLUMNS) {
    const size_t from = first / CK_PANEL_COLUMNS * panel + row * CK_PANEL_COLUMNS;
    product(keys, kept->probabilities + at, 2, 2 * CK_KEYS, kept->out_gradient_rows + from, pairs,
            b->value_gradient + to + first, width, width - first, 1);
    product(keys, kept->gradients + at, 2, 2 * CK_KEYS, kept->query_rows + from, pairs,
            b->key_gradient + to + first, width, width - first, 1);
  }
}

static void attend_backward_tile(const ck_packed_backward_call *b, const key_tile_bf16 *tile,
                                 const backward_rows *kept) {
  const size_t rows = b->call.rows, start = first_row_bf16(tile, 0);
  if (start >= rows) return;
  for (size_t row = start / 2 * 2; row < rows;) {
    const size_t count = rows - row < CK_ROWS_MAX ? rows - row : CK_ROWS_MAX;
    switch (count) {
#define CK_SCORE_CASE(R) \
  case R: score_rows(R, b, tile, row, kept); break;
      CK_CASES(CK_SCORE_CASE)
    }
    row += count;
  }
  const size_t keys = visible_bf16(tile, rows - 1);
  for (size_t key = 0; key < keys;) {
    const size_t count = keys - key < CK_ROWS_MAX ? keys - key : CK_ROWS_MAX;
    switch (count) {
#define CK_KEY_CASE(R) \
  case R: key_group(R, b, tile, key, kept); break;
      CK_CASES(CK_KEY_CASE)
    }
    key += count;
  }
}

static void attend_backward(const ck_packed_backward_call *b) {
  const ck_packed_call *c = &b->call;
  const size_t even = round_up(c->rows, 2), stride = CK_PACKED_WIDTH(c->head_dim);
  backward_rows kept;
  // SAFETY: the scratch is uninitialised memory of float's alignment, used as 16-bit units only during this call.
  kept.probabilities = (uint16_t *)(void *)b->scratch;
  kept.gradients = kept.probabilities + CK_PACKED_QUERIES * CK_KEYS;
  kept.query_rows = kept.gradients + CK_PACKED_QUERIES * CK_KEYS;
  kept.out_gradient_rows = kept.query_rows + CK_PACKED_QUERIES * stride;
  pack_rows(c->queries, c->query_stride, c->rows, even, c->head_dim, kept.query_rows, even * CK_PANEL_COLUMNS);
  pack_rows(b->out_gradient, b->out_stride, c->rows, even, c->head_dim, kept.out_gradient_rows,
            even * CK_PANEL_COLUMNS);
  for (size_t r = 0; r < c->rows; r++) {
    const float *slope = b->out_gradient + r * b->out_stride;
    narrow(c->queries + r * c->query_stride, c->head_dim, kept.queries + r * stride);
    narrow(slope, c->head_dim, kept.out_gradients + r * stride);
    kept.deltas[r] = delta_bf16(b->out + r * b->out_stride, slope, c->head_dim);
    memset(b->query_gradient + r * b->query_gradient_stride, 0, c->head_dim * sizeof(float));
  }
  for (const ck_packed_run *run = c->runs; run < c->runs + c->run_count; run++)
    for (size_t key = 0; key < run->count; key += CK_KEYS) {
      const size_t left = run->count - key;
      const key_tile_bf16 tile = {run->first + key, left < CK_KEYS ? left : CK_KEYS,
                                  (ptrdiff_t)run->seen - (ptrdiff_t)key};
      attend_backward_tile(b, &tile, &kept);
    }
}

const ck_packed_table ck_packed_table_bf16 = {
    .name = "avx512bf16",
    .pack_columns = pack_columns,
    .pack_rows = pack_rows,
    .attend = attend,
    .attend_backward = attend_backward,
};
#pragma clang attribute pop
#endif
