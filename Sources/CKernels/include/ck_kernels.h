// The arithmetic of the forward pass in float32, one implementation for each instruction set.
//
// One property makes serving reproducible: every output element is one chain of fused multiply-adds in a fixed order
// (over the inner dimension of a product, over positions in attention), whatever the tile, the batch, the thread or
// the instruction set. So a row's result does not depend on what else is in the batch, and the portable twin agrees
// with the AVX-512 one to the last bit.
#ifndef CK_KERNELS_H
#define CK_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Columns of one packed panel: a weight matrix [N, K] is stored as ceil(N / 32) panels, each [K, 32], zero-padded.
#define CK_PANEL_COLUMNS 32
// Tokens of one block of the key-value cache: keys are stored [headDim, 16], values [16, headDim rounded up to 16].
#define CK_BLOCK_TOKENS 16
#define CK_VALUE_STRIDE(head_dim) (((head_dim) + 15) / 16 * 16)
// Rows of queries that one attention call may hold.
#define CK_ATTENTION_ROWS_MAX 12

typedef enum { CK_ISA_PORTABLE = 0, CK_ISA_AVX2 = 1, CK_ISA_AVX512 = 2 } ck_isa;

typedef struct {
  const char *name;

  // y[r, panel * 32 + c] = sum over k of x[r, k] * panels[panel][k, c], for r in 0..<rows and panels
  // panel_first..<panel_last; added to what y holds where `accumulate`. Columns beyond `columns` are not written.
  void (*gemm)(const float *x, size_t x_stride, size_t rows, const float *panels, size_t inner, size_t columns,
               size_t panel_first, size_t panel_last, float *y, size_t y_stride, int accumulate);

  // Causal attention of `rows` queries (1...12) that share a block table, for one key-value head.
  // q: row r at q + q_offsets[r], headDim floats; out likewise at out_offsets. lengths[r]: positions row r sees.
  // keys of block b at pool + blocks[b] * block_stride + key_offset, values at + value_offset.
  // scratch: rows * ceil(max length / 16) * 16 floats.
  void (*attention)(const float *q, const size_t *q_offsets, const int32_t *lengths, size_t rows, const float *pool,
                    const int32_t *blocks, size_t block_stride, size_t key_offset, size_t value_offset,
                    size_t head_dim, float scale, float *out, const size_t *out_offsets, float *scratch);

  // y = x / sqrt(mean(x^2) + epsilon) * weight, one row of n.
  void (*rms_norm)(const float *x, const float *weight, size_t n, float epsilon, float *y);

  // Rotates pairs (i, i + head_dim / 2) of one head: cosines and sines are [head_dim / 2].
  void (*rope)(float *x, const float *cosines, const float *sines, size_t head_dim);

  // out[i] = silu(gate[i]) * up[i], n floats.
  void (*silu_multiply)(const float *gate, const float *up, size_t n, float *out);

  // Lays `count` (1...32) rows of `inner` weights out as one panel [inner, 32]; other columns stay as they are.
  // Returns 1 where all weights are finite, else 0.
  int (*pack)(const float *rows, size_t count, size_t inner, float *panel);

  // y += x, n floats.
  void (*add)(float *y, const float *x, size_t n);

  // The largest of n floats.
  float (*maximum)(const float *x, size_t n);

  // x[i] = minus infinity where bit i % 64 of words[i / 64] is 0, n floats.
  void (*mask)(float *x, const uint64_t *words, size_t n);

  // out[i] = exp((x[i] - shift) * scale), n floats; returns their sum. out may be x.
  float (*exp_sum)(const float *x, size_t n, float shift, float scale, float *out);
} ck_kernel_table;

// The kernels of an instruction set, or NULL where this machine lacks it.
const ck_kernel_table *ck_kernels(ck_isa isa);

// The best instruction set of this machine.
ck_isa ck_best_isa(void);

extern const ck_kernel_table ck_table_portable;
// Tells the processor that this thread is only waiting.
static inline void ck_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

#if defined(__x86_64__)
extern const ck_kernel_table ck_table_avx2;
extern const ck_kernel_table ck_table_avx512;
#endif

#endif
