// Attention over packed rows, forward and backward: float32, or with products of bfloat16 into float32.
//
// In float32 every sum is one chain in an order that does not depend on the instruction set, so that all sets agree to
// the last bit, as in `ck_kernels.h`.
#ifndef CK_PACKED_H
#define CK_PACKED_H

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
// [feature / 32][position][32], `panel_stride` elements from panel to panel. What is beyond a run's or a head's end in
// them is 0. In bfloat16, two features of a column and two positions of a row are neighbours: [feature / 2][32][2] and
// [position / 2][32][2], the number of features rounded up to 2.
typedef struct {
  size_t rows;  // 1...CK_PACKED_QUERIES
  size_t head_dim;
  float scale;  // of the scores, before the softmax
  const ck_packed_run *runs;
  size_t run_count;
  const float *queries;  // [rows, head_dim], query_stride floats apart
  size_t query_stride;
  const void *key_columns;
  size_t panel_stride;
} ck_packed_call;

typedef struct {
  ck_packed_call call;
  const void *value_rows;
  float *out;  // [rows, head_dim], out_stride floats apart; overwritten
  size_t out_stride;
  float *log_sum_exp;  // [rows]; overwritten
} ck_packed_forward_call;

typedef struct {
  ck_packed_call call;
  const void *value_columns;
  const void *key_rows;
  const float *out;  // [rows, head_dim], out_stride floats apart, as is its gradient
  const float *out_gradient;
  size_t out_stride;
  const float *log_sum_exp;
  float *query_gradient;  // [rows, head_dim], query_gradient_stride floats apart; overwritten
  size_t query_gradient_stride;
  float *key_gradient;  // [positions, head_dim] from position `first_position` on; added to
  float *value_gradient;
  size_t first_position;
  float *scratch;  // CK_PACKED_SCRATCH(head_dim) floats, aligned to 4 bytes
} ck_packed_backward_call;

#define CK_PACKED_SCRATCH(head_dim) (2 * CK_PACKED_QUERIES * (CK_PACKED_KEYS + CK_PACKED_WIDTH(head_dim)))

typedef struct {
  const char *name;

  // Lays `count` (1...32) rows of `width` floats, `stride` apart, out as one panel [width, 32]; other columns are 0.
  void (*pack_columns)(const float *rows, size_t stride, size_t count, size_t width, void *panel);
  // Lays `count` rows out as panels of 32 features, followed by rows of 0 up to `padded` rows: in bfloat16 an even
  // number.
  void (*pack_rows)(const float *rows, size_t stride, size_t count, size_t padded, size_t width, void *panels,
                    size_t panel_stride);
  void (*attend)(const ck_packed_forward_call *call);
  void (*attend_backward)(const ck_packed_backward_call *call);
} ck_packed_table;

// The float32 kernels of an instruction set, or NULL where this machine lacks it.
const ck_packed_table *ck_packed_kernels(ck_isa isa);
// The bfloat16 kernels for heads of up to CK_PACKED_BF16_WIDTH features, or NULL where this machine has none.
const ck_packed_table *ck_packed_bf16_kernels(void);
#define CK_PACKED_BF16_WIDTH 256

extern const ck_packed_table ck_packed_table_portable;
#if defined(__x86_64__)
extern const ck_packed_table ck_packed_table_avx2;
extern const ck_packed_table ck_packed_table_avx512;
extern const ck_packed_table ck_packed_table_bf16;
#endif

#endif
