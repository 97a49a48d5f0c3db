// What training computes beside matrix products, in float32: attention over packed rows and its gradients, and the
// gradients of the row-wise operations.
//
// As in `ck_kernels.h`, every sum is one chain in an order that does not depend on the instruction set, so that all
// sets agree to the last bit.
#ifndef CK_TRAINING_H
#define CK_TRAINING_H

#include "ck_kernels.h"

#include <stddef.h>
#include <stdint.h>

// Rows of queries of one call at most: a multiple of every tile's height.
#define CK_PACKED_QUERIES 96
// Keys that are worked on at a time: a multiple of every tile's height and of a panel's width.
#define CK_PACKED_KEYS 192
// Width of a head in panels of 32 features.
#define CK_PACKED_WIDTH(head_dim) (((head_dim) + 31) / 32 * 32)

// Consecutive keys that queries see. Positions of keys count the packed rows, where every run starts at a multiple of
// 32; row r of the call sees the first min(count, seen + r) of them.
typedef struct {
  size_t first;
  size_t count;
  size_t seen;
} ck_packed_run;

// Some rows of queries of one head, and the keys they see.
//
// "Columns" are panels of 32 positions, [position / 32][feature][32]; "rows" are panels of 32 features,
// [feature / 32][position][32], `panel_stride` floats from panel to panel. What is beyond a run's or a head's end in
// them is 0.
typedef struct {
  size_t rows;  // 1...CK_PACKED_QUERIES
  size_t head_dim;
  float scale;  // of the scores, before the softmax
  const ck_packed_run *runs;
  size_t run_count;
  const float *queries;  // [rows, head_dim], query_stride floats apart
  size_t query_stride;
  const float *key_columns;
  size_t panel_stride;
} ck_packed_call;

typedef struct {
  ck_packed_call call;
  const float *value_rows;
  float *out;  // [rows, head_dim], out_stride floats apart; overwritten
  size_t out_stride;
  float *log_sum_exp;  // [rows]; overwritten
} ck_packed_forward_call;

typedef struct {
  ck_packed_call call;
  const float *value_columns;
  const float *key_rows;
  const float *out;  // [rows, head_dim], out_stride floats apart, as is its gradient
  const float *out_gradient;
  size_t out_stride;
  const float *log_sum_exp;
  float *query_gradient;  // [rows, head_dim], query_gradient_stride floats apart; overwritten
  size_t query_gradient_stride;
  float *key_gradient;  // [positions, head_dim] from position `first_position` on; added to
  float *value_gradient;
  size_t first_position;
  float *scratch;  // CK_PACKED_SCRATCH(head_dim) floats
} ck_packed_backward_call;

#define CK_PACKED_SCRATCH(head_dim) (2 * CK_PACKED_QUERIES * (CK_PACKED_KEYS + CK_PACKED_WIDTH(head_dim)))

typedef struct {
  const char *name;

  // Lays `count` (1...32) rows of `width` floats, `stride` apart, out as one panel [width, 32]; other columns are 0.
  void (*pack_columns)(const float *rows, size_t stride, size_t count, size_t width, float *panel);
  // Lays `count` rows out as panels of 32 features, followed by rows of 0 up to `padded` rows.
  void (*pack_rows)(const float *rows, size_t stride, size_t count, size_t padded, size_t width, float *panels,
                    size_t panel_stride);
  void (*attend)(const ck_packed_forward_call *call);
  void (*attend_backward)(const ck_packed_backward_call *call);

  // `rms_norm` of `ck_kernels.h`, to the bit; returns 1 / sqrt(mean(x^2) + epsilon).
  float (*rms_norm_keep)(const float *x, const float *weight, size_t n, float epsilon, float *y);
  // The gradient of x, written to dx or added to it, and of the weights, added, unless NULL. `factor` as
  // `rms_norm_keep` returned it. dx may be dy.
  void (*rms_norm_gradient)(const float *x, const float *weight, float factor, const float *dy, size_t n,
                            int accumulate, float *dx, float *weight_gradient);
  // Rotates pairs (i, i + head_dim / 2) of `count` heads back: cosines and sines are [head_dim / 2].
  void (*rope_gradient)(float *heads, size_t count, const float *cosines, const float *sines, size_t head_dim);
  // Gradients of gate and up of silu(gate) * up, n floats each; they may be written over gate and up.
  void (*silu_multiply_gradient)(const float *gate, const float *up, const float *slope, size_t n,
                                 float *gate_gradient, float *up_gradient);
  // y += scale * x, n floats.
  void (*add_scaled)(float *y, const float *x, float scale, size_t n);
  // The sums over i of exp(x[i] - top), and of that times x[i] - top. `top` is the largest of x, finite.
  void (*softmax_sums)(const float *x, size_t n, float top, double *sum, double *weighted);
  // x[i] = -scale * exp(x[i] - top - log_sum), n floats.
  void (*softmax_gradient)(float *x, size_t n, float top, float log_sum, float scale);
} ck_training_table;

// The kernels of an instruction set, or NULL where this machine lacks it.
const ck_training_table *ck_training_kernels(ck_isa isa);

extern const ck_training_table ck_training_table_portable;
#if defined(__x86_64__)
extern const ck_training_table ck_training_table_avx2;
extern const ck_training_table ck_training_table_avx512;
#endif

#endif
