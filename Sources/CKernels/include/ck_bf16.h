// Products of float32 activations with frozen weights, both rounded to bfloat16, summed in float32.
//
// Weights lie in panels of 32 columns, [pairs of inner][32][2], so that one 512-bit load holds 16 columns of a pair;
// activations are rounded once a product and lie in tiles of 12 rows, [pairs of inner][12][2], so that a tile of a
// product reads both front to back. Where the inner dimension is odd the last pair ends in a zero.
//
// Within an instruction set an element of the result is one chain over the pairs, in order, whatever the tile, the
// block of inner or the thread. Between sets results differ by rounding: the hardware's dot product takes a pair's two
// products one after the other, and reads subnormal numbers as zeros.
#ifndef CK_BF16_H
#define CK_BF16_H

#include <stddef.h>
#include <stdint.h>

// Columns of one panel, and rows of one tile.
#define CK_BF16_COLUMNS 32
#define CK_BF16_ROWS 12
// Bfloat16 elements of one panel, or of one tile, of an inner dimension.
#define CK_BF16_PAIRS(inner) (((size_t)(inner) + 1) / 2)
#define CK_BF16_PANEL_ELEMENTS(inner) (CK_BF16_PAIRS(inner) * CK_BF16_COLUMNS * 2)
#define CK_BF16_TILE_ELEMENTS(inner) (CK_BF16_PAIRS(inner) * CK_BF16_ROWS * 2)

// Rounds to the nearest bfloat16, ties to even. No number stays none; subnormal numbers become zeros, as the hardware
// has it.
uint16_t ck_bf16_round(float value);

typedef struct {
  const char *name;

  // Rounds `rows` rows of `inner` floats, `stride` floats apart, into ceil(rows / 12) tiles. Rows that a last tile
  // lacks become 0.
  void (*pack_rows)(const float *x, size_t stride, size_t rows, size_t inner, uint16_t *tiles);

  // The same of rows that are stored as columns: row r is x[r], x[stride + r], ...
  void (*pack_rows_transposed)(const float *x, size_t stride, size_t rows, size_t inner, uint16_t *tiles);

  // Lays out a panel whose columns are given: column c is weights[c * stride ..< c * stride + inner], c in 0..<columns.
  // Other columns become 0.
  void (*pack_columns)(const float *weights, size_t stride, size_t columns, size_t inner, uint16_t *panel);

  // Lays out `rows` rows of the inner dimension of a panel, from an even one on, which is where `pairs` points: row r
  // is weights[r * stride ..< r * stride + columns]. Other columns, and what a last row lacks for a pair, become 0.
  void (*pack_inner)(const float *weights, size_t stride, size_t rows, size_t columns, uint16_t *pairs);

  // y[r, panel * 32 + c] = sum over the pairs of row r of the tiles and column c of the panel, for r in 0..<rows and
  // panels panel_first..<panel_last; added to what y holds where `accumulate`. Columns from `columns` on are not
  // written. inner: of the tiles; panel p has as many pairs or more from panels + p * panel_stride on.
  void (*gemm)(const uint16_t *tiles, size_t rows, const uint16_t *panels, size_t panel_stride, size_t inner,
               size_t columns, size_t panel_first, size_t panel_last, float *y, size_t y_stride, int accumulate);
} ck_bf16_table;

typedef enum { CK_BF16_PORTABLE = 0, CK_BF16_AVX2 = 1, CK_BF16_AVX512 = 2 } ck_bf16_isa;

// The kernels of an instruction set, or NULL where this machine lacks it.
const ck_bf16_table *ck_bf16_kernels(ck_bf16_isa isa);

extern const ck_bf16_table ck_bf16_table_portable;
#if defined(__x86_64__)
extern const ck_bf16_table ck_bf16_table_avx2;
extern const ck_bf16_table ck_bf16_table_avx512;
#endif

#endif
