// Products of quantised activations with packed quantised weights.
//
// A weight matrix [N, K] keeps the small integers it was stored with: w[n, k] = d[n, b] * (q[n, k] - offset) + m[n, b]
// with one scale d, and where the format has one a minimum m, for each block b of 32 inputs. An activation row is
// quantised by blocks of 32 inputs too: x[k] = s[b] * v[k], where v has one signed 8-bit digit, or two (v = 256 high
// + low, 16 bits in effect). For each block the sum over k of (q - offset) * v is exact in 32-bit integers, so only
//
//   y[n] += (d[n, b] * s[b]) * sum,  then  y[n] += m[n, b] * (s[b] * sum of v)
//
// is rounded: two fused multiply-adds a block, in order of b. So a result depends neither on the tile nor on the
// batch nor on the instruction set, to the last bit.
#ifndef CK_INT8_H
#define CK_INT8_H

#include <stddef.h>
#include <stdint.h>

// Inputs that share a scale.
#define CK_Q_BLOCK 32
// Output features of one panel.
#define CK_Q_PANEL 32

// How the weights of one matrix are kept.
typedef enum {
  CK_Q_U4 = 0,           // 0...15, offset 8, float16 scales: 4.5 bits a weight
  CK_Q_U4_MIN = 1,       // 0...15, float16 scales and minima: 5 bits
  CK_Q_U4_MIN_WIDE = 2,  // 0...15, float32 scales and minima: 6 bits
  CK_Q_U5 = 3,           // 0...31, offset 16, float16 scales: 5.5 bits
  CK_Q_U5_MIN = 4,       // 0...31, float16 scales and minima: 6 bits
  CK_Q_U5_MIN_WIDE = 5,  // 0...31, float32 scales and minima: 7 bits
  CK_Q_U8 = 6,           // 0...255, offset 128, float16 scales: 8.5 bits
} ck_q_format;
#define CK_Q_FORMATS 7

// Bytes of one block of 32 inputs of one panel of 32 features: integers, then 32 scales, then 32 minima.
//
// Integers lie as [quad][half][16 features][4 inputs] bytes, quad = input / 4, half = feature / 16. Formats of 4 bits
// keep quads 0...3 in the low nibbles and 4...7 in the high nibbles of the same bytes; formats of 5 bits add the
// fifth bits as [quad][half] words of 64.
size_t ck_q_block_bytes(ck_q_format format);

// Stored weight types a panel can be packed from, beside plain float32.
typedef enum { CK_SRC_Q4_0, CK_SRC_Q4_1, CK_SRC_Q5_0, CK_SRC_Q5_1, CK_SRC_Q8_0, CK_SRC_Q4_K, CK_SRC_Q5_K } ck_q_source;

// The format that keeps a source's integers, scales and minima as they are.
ck_q_format ck_q_format_of(ck_q_source source);

// Writes feature `feature` (0...31) of a panel from its stored bytes: `inner` weights, a multiple of 32, at any
// alignment. Returns 0 where a scale or minimum is not finite, else 1.
int ck_q_pack_stored(ck_q_source source, const uint8_t *row, size_t inner, size_t feature, uint8_t *panel);

// Writes feature `feature` of a CK_Q_U8 panel from float32 weights: each block's largest magnitude becomes 127 steps
// of its scale. Inputs from `inner` up to the next multiple of 32 become 0. Returns 0 where a weight or its scale is
// not finite, else 1.
int ck_q_pack_floats(const float *row, size_t inner, size_t feature, uint8_t *panel);

// Reads one feature of a panel back: d * (q - offset) + m, `inner` float32.
void ck_q_unpack(ck_q_format format, const uint8_t *panel, size_t inner, size_t feature, float *row);

// Bytes of one quantised activation row of `blocks` blocks: [blocks][digits][32] int8, then float32 s [blocks],
// float32 s * sum of v [blocks], int32 sum of v [blocks]. A multiple of 4.
#define CK_Q_ROW_BYTES(blocks, digits) ((size_t)(blocks) * (32 * (size_t)(digits) + 12))

typedef struct {
  const char *name;

  // Quantises `count` floats with 1 or 2 digits into one row of ceil(count / 32) blocks.
  void (*quantise)(const float *x, size_t count, int digits, uint8_t *row);

  // y[r, panel * 32 + c] = the product of row r with that feature, for r in 0..<rows and panels
  // panel_first..<panel_last; added to what y holds where `accumulate`. Features beyond `features` are not written.
  void (*gemm)(ck_q_format format, int digits, const uint8_t *rows, size_t row_count, const uint8_t *panels,
               size_t blocks, size_t features, size_t panel_first, size_t panel_last, float *y, size_t y_stride,
               int accumulate);

  // Reads one block of a panel back, d * (q - offset) + m: input k of feature c goes to out[k * stride + c], k and c in
  // 0..<32. The same bits as ck_q_unpack, in the order that needs no transposition.
  void (*unpack)(ck_q_format format, const uint8_t *block, float *out, size_t stride);
} ck_q_table;

// What runs the integer products.
typedef enum { CK_Q_PORTABLE = 0, CK_Q_AVX2 = 1, CK_Q_AVX512_VNNI = 2 } ck_q_isa;

// The kernels of an instruction set, or NULL where this machine lacks it.
const ck_q_table *ck_q_kernels(ck_q_isa isa);

extern const ck_q_table ck_q_table_portable;
#if defined(__x86_64__)
extern const ck_q_table ck_q_table_avx2;
extern const ck_q_table ck_q_table_avx512_vnni;
#endif

#endif
