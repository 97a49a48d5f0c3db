// The row-wise operations of training, in float32: what forward keeps for backward, and the gradients.
//
// As in `ck_kernels.h`, every sum is one chain in an order that does not depend on the instruction set, so that all
// sets agree to the last bit.
#ifndef CK_TRAINING_H
#define CK_TRAINING_H

#include "ck_kernels.h"

#include <stddef.h>
#include <stdint.h>

typedef struct {
  const char *name;

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
