// Attention of packed rows, forward and backward, in tiles: some rows of queries against CK_PACKED_KEYS keys at a
// time, so that nothing grows with the square of a sequence's length.
//
// Forward keeps a running maximum and sum for each row (Milakov and Gimelshein 2018, arXiv:1805.02867) and rescales
// what it has gathered when the maximum grows. Backward computes the probabilities again from the logarithm of the sum
// that forward left (Dao et al. 2022, arXiv:2205.14135, algorithm 4).
//
// Rows that see a prefix of a tile's keys are taken in groups of a product tile's height, and every product of a group
// stops at the last key the group sees: what the causal mask hides is not computed, but for the corners of groups.
#include "ck_packed_rows.inc.h"

static void CK(pack_columns)(const float *rows, size_t stride, size_t count, size_t width, void *to) {
  float *panel = to;
  if (count < CK_PANEL_COLUMNS) memset(panel, 0, width * CK_PANEL_COLUMNS * sizeof(float));
  for (size_t k0 = 0; k0 < width; k0 += 16) {
    const size_t k1 = k0 + 16 < width ? k0 + 16 : width;
    for (size_t r = 0; r < count; r++)
      for (size_t k = k0; k < k1; k++) panel[k * CK_PANEL_COLUMNS + r] = rows[r * stride + k];
  }
}

static void CK(pack_rows)(const float *rows, size_t stride, size_t count, size_t padded, size_t width, void *to,
                          size_t panel_stride) {
  float *panels = to;
  for (size_t first = 0; first < width; first += CK_PANEL_COLUMNS, panels += panel_stride) {
    const size_t here = width - first < CK_PANEL_COLUMNS ? width - first : CK_PANEL_COLUMNS;
    for (size_t r = 0; r < count; r++) {
      float *row = panels + r * CK_PANEL_COLUMNS;
      memcpy(row, rows + r * stride + first, here * sizeof(float));
      if (here < CK_PANEL_COLUMNS) memset(row + here, 0, (CK_PANEL_COLUMNS - here) * sizeof(float));
    }
    memset(panels + count * CK_PANEL_COLUMNS, 0, (padded - count) * CK_PANEL_COLUMNS * sizeof(float));
  }
}

// x [rows, inner] times the columns of some keys: scores [rows, CK_KEYS] of the first `count` keys, rounded up to 32.
CK_INLINE void CK(scores)(const int rows, const float *x, size_t x_stride, const float *columns, size_t inner,
                          size_t count, float *scores) {
  for (size_t key = 0; key < count; key += CK_PANEL_COLUMNS)
    CK(gemm_tile)(rows, x, x_stride, columns + key * inner, inner, CK_PANEL_COLUMNS, scores + key, CK_KEYS, 0);
}

// y += weights [rows, CK_KEYS] times the first `count` rows of some panels of features.
CK_INLINE void CK(gather)(const int rows, const float *weights, size_t count, const float *panels,
                          size_t panel_stride, size_t width, float *y, size_t y_stride) {
  for (size_t first = 0; first < width; first += CK_PANEL_COLUMNS, panels += panel_stride)
    CK(gemm_tile)(rows, weights, CK_KEYS, panels, count, width - first, y + first, y_stride, 1);
}

CK_INLINE void CK(attend_rows)(const int rows, const ck_packed_forward_call *f, const CK(key_tile) *tile, size_t row,
                               float *tops, v16 *sums) {
  const ck_packed_call *c = &f->call;
  const size_t count = CK(visible)(tile, row + (size_t)rows - 1);
  const float *key_columns = c->key_columns, *value_rows = f->value_rows;
  float scores[12 * CK_KEYS], *out = f->out + row * f->out_stride;
  CK(scores)(rows, c->queries + row * c->query_stride, c->query_stride, key_columns + tile->position * c->head_dim,
             c->head_dim, count, scores);
  for (size_t r = 0; r < (size_t)rows; r++)
    CK(soften_row)(scores + r * CK_KEYS, CK(visible)(tile, row + r), count, c->scale * CK_LOG2_E, tops + row + r,
                   sums + row + r, out + r * f->out_stride, c->head_dim);
  CK(gather)(rows, scores, count, value_rows + tile->position * CK_PANEL_COLUMNS, c->panel_stride, c->head_dim, out,
             f->out_stride);
}

static void CK(attend_tile)(const ck_packed_forward_call *f, const CK(key_tile) *tile, float *tops, v16 *sums) {
  const size_t rows = f->call.rows;
  for (size_t row = CK(first_row)(tile, 0); row < rows;) {
    const size_t count = rows - row < CK_ROWS_MAX ? rows - row : CK_ROWS_MAX;
    switch (count) {
#define CK_ATTEND_CASE(R) \
  case R: CK(attend_rows)(R, f, tile, row, tops, sums); break;
      CK_CASES(CK_ATTEND_CASE)
    }
    row += count;
  }
}

static void CK(attend)(const ck_packed_forward_call *f) {
  const ck_packed_call *c = &f->call;
  float tops[CK_PACKED_QUERIES];
  v16 sums[CK_PACKED_QUERIES];
  for (size_t r = 0; r < c->rows; r++) {
    tops[r] = -__builtin_inff();
    sums[r] = CK(splat)(0.0f);
    memset(f->out + r * f->out_stride, 0, c->head_dim * sizeof(float));
  }
  for (const ck_packed_run *run = c->runs; run < c->runs + c->run_count; run++)
    for (size_t key = 0; key < run->count; key += CK_KEYS) {
      const size_t left = run->count - key;
      const CK(key_tile) tile = {run->first + key, left < CK_KEYS ? left : CK_KEYS,
                                 (ptrdiff_t)run->seen - (ptrdiff_t)key};
      CK(attend_tile)(f, &tile, tops, sums);
    }
  for (size_t r = 0; r < c->rows; r++)
    f->log_sum_exp[r] = CK(finish_row)(f->out + r * f->out_stride, c->head_dim, tops[r], sums[r]);
}

// What backward keeps for its rows.
typedef struct {
  float *probabilities, *gradients;           // [rows, CK_KEYS]
  float *query_rows, *out_gradient_rows;      // panels of 32 features, rows * 32 floats each
  float deltas[CK_PACKED_QUERIES];            // sum over features of out times its gradient
} CK(backward_rows);

// P and dS of some rows, and what the keys add to the gradient of the queries.
CK_INLINE void CK(score_rows)(const int rows, const ck_packed_backward_call *b, const CK(key_tile) *tile, size_t row,
                              const CK(backward_rows) *kept) {
  const ck_packed_call *c = &b->call;
  const size_t count = CK(visible)(tile, row + (size_t)rows - 1), at = tile->position * c->head_dim;
  const float *key_columns = c->key_columns, *value_columns = b->value_columns, *key_rows = b->key_rows;
  float *scores = kept->probabilities + row * CK_KEYS, *gradients = kept->gradients + row * CK_KEYS;
  CK(scores)(rows, c->queries + row * c->query_stride, c->query_stride, key_columns + at, c->head_dim, count, scores);
  CK(scores)(rows, b->out_gradient + row * b->out_stride, b->out_stride, value_columns + at, c->head_dim, count,
             gradients);
  // A group of keys reads from the first row that sees its first key, so up to a group's height beyond what that row
  // sees: beyond `count` only where rows do not begin at a multiple of the height, which is left to the caller.
  const size_t filled = count + CK_ROWS_MAX < CK_KEYS ? count + CK_ROWS_MAX : CK_KEYS;
  for (size_t r = 0; r < (size_t)rows; r++) {
    const CK(hardening) h = CK(harden)(c->scale, b->log_sum_exp[row + r], kept->deltas[row + r]);
    CK(harden_row)(scores + r * CK_KEYS, gradients + r * CK_KEYS, CK(visible)(tile, row + r), filled, &h);
  }
  CK(gather)(rows, gradients, count, key_rows + tile->position * CK_PANEL_COLUMNS, c->panel_stride, c->head_dim,
             b->query_gradient + row * b->query_gradient_stride, b->query_gradient_stride);
}

// One tile of a product with a transposed left factor: y [rows, width] += a^T b over `inner` rows of both.
CK_INLINE void CK(transposed_tile)(const int rows, const float *a, size_t a_stride, const float *panel, size_t inner,
                                   size_t width, float *y, size_t y_stride) {
  for (size_t column = 0; column < CK_PANEL_COLUMNS && column < width; column += 16 * CK_VECTORS_MAX) {
    v16 acc[12][4];
    CK_UNROLL for (int r = 0; r < rows; r++)
      CK_UNROLL for (int v = 0; v < CK_VECTORS_MAX; v++) acc[r][v] = CK(splat)(0.0f);
    for (size_t k = 0; k < inner; k++) {
      v16 right[4];
      CK_UNROLL for (int v = 0; v < CK_VECTORS_MAX; v++)
        right[v] = CK(load)(panel + k * CK_PANEL_COLUMNS + column + (size_t)v * 16);
      CK_UNROLL for (int r = 0; r < rows; r++) {
        const v16 left = CK(splat)(a[k * a_stride + (size_t)r]);
        CK_UNROLL for (int v = 0; v < CK_VECTORS_MAX; v++) acc[r][v] = CK(fma)(left, right[v], acc[r][v]);
      }
    }
    CK_UNROLL for (int r = 0; r < rows; r++)
      CK_UNROLL for (int v = 0; v < CK_VECTORS_MAX; v++) {
        const size_t first = column + (size_t)v * 16;
        if (first < width) CK(store_partial)(y + (size_t)r * y_stride + first, acc[r][v], width - first, 1);
      }
  }
}

// What the rows add to the gradients of some keys and values.
CK_INLINE void CK(key_group)(const int keys, const ck_packed_backward_call *b, const CK(key_tile) *tile, size_t key,
                             const CK(backward_rows) *kept) {
  const size_t width = b->call.head_dim, row = CK(first_row)(tile, key), inner = b->call.rows - row;
  const size_t to = (tile->position + key - b->first_position) * width, panel = b->call.rows * CK_PANEL_COLUMNS;
  for (size_t first = 0; first < width; first += CK_PANEL_COLUMNS) {
    const size_t from = first / CK_PANEL_COLUMNS * panel + row * CK_PANEL_COLUMNS;
    CK(transposed_tile)(keys, kept->probabilities + row * CK_KEYS + key, CK_KEYS, kept->out_gradient_rows + from,
                        inner, width - first, b->value_gradient + to + first, width);
    CK(transposed_tile)(keys, kept->gradients + row * CK_KEYS + key, CK_KEYS, kept->query_rows + from, inner,
                        width - first, b->key_gradient + to + first, width);
  }
}

static void CK(attend_backward_tile)(const ck_packed_backward_call *b, const CK(key_tile) *tile,
                                     const CK(backward_rows) *kept) {
  const size_t rows = b->call.rows;
  for (size_t row = CK(first_row)(tile, 0); row < rows;) {
    const size_t count = rows - row < CK_ROWS_MAX ? rows - row : CK_ROWS_MAX;
    switch (count) {
#define CK_SCORE_CASE(R) \
  case R: CK(score_rows)(R, b, tile, row, kept); break;
      CK_CASES(CK_SCORE_CASE)
    }
    row += count;
  }
  const size_t keys = rows > CK(first_row)(tile, 0) ? CK(visible)(tile, rows - 1) : 0;
  for (size_t key = 0; key < keys;) {
    const size_t count = keys - key < CK_ROWS_MAX ? keys - key : CK_ROWS_MAX;
    switch (count) {
#define CK_KEY_CASE(R) \
  case R: CK(key_group)(R, b, tile, key, kept); break;
      CK_CASES(CK_KEY_CASE)
    }
    key += count;
  }
}

static void CK(attend_backward)(const ck_packed_backward_call *b) {
  const ck_packed_call *c = &b->call;
  const size_t tile_floats = CK_PACKED_QUERIES * CK_KEYS, panel_floats = c->rows * CK_PANEL_COLUMNS;
  CK(backward_rows) kept;
  kept.probabilities = b->scratch;
  kept.gradients = kept.probabilities + tile_floats;
  kept.query_rows = kept.gradients + tile_floats;
  kept.out_gradient_rows = kept.query_rows + CK_PACKED_QUERIES * CK_PACKED_WIDTH(c->head_dim);
  CK(pack_rows)(c->queries, c->query_stride, c->rows, c->rows, c->head_dim, kept.query_rows, panel_floats);
  CK(pack_rows)(b->out_gradient, b->out_stride, c->rows, c->rows, c->head_dim, kept.out_gradient_rows, panel_floats);
  for (size_t r = 0; r < c->rows; r++) {
    kept.deltas[r] = CK(delta)(b->out + r * b->out_stride, b->out_gradient + r * b->out_stride, c->head_dim);
    memset(b->query_gradient + r * b->query_gradient_stride, 0, c->head_dim * sizeof(float));
  }
  for (const ck_packed_run *run = c->runs; run < c->runs + c->run_count; run++)
    for (size_t key = 0; key < run->count; key += CK_KEYS) {
      const size_t left = run->count - key;
      const CK(key_tile) tile = {run->first + key, left < CK_KEYS ? left : CK_KEYS,
                                 (ptrdiff_t)run->seen - (ptrdiff_t)key};
      CK(attend_backward_tile)(b, &tile, &kept);
    }
}

const ck_packed_table CK(ck_packed_table) = {
    .name = CK_NAME,
    .pack_columns = CK(pack_columns),
    .pack_rows = CK(pack_rows),
    .attend = CK(attend),
    .attend_backward = CK(attend_backward),
};
