// What attention of packed rows does with the scores of a row, in float32: to weights, to probabilities, and to their
// gradients. The products between are those of `ck_packed_attention.inc.h` or of `ck_packed_bf16.c`.
#include <math.h>

#define CK_KEYS CK_PACKED_KEYS

// The largest lane; any order gives the same.
CK_INLINE float CK(top_lane)(v16 v) {
  v = CK(maximum_of)(v, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  v = CK(maximum_of)(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3));
  v = CK(maximum_of)(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1));
  return v[0] > v[1] ? v[0] : v[1];
}

// Lanes of the 16 from `first` on that are among the first `count`.
CK_INLINE i16 CK(among)(size_t first, size_t count) {
  const i16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return lanes < (i16)(((int32_t)count - (int32_t)first) - (i16){0});
}

// 2^x for x of 2 or less, to 2 units in the last place: x = n + r with |r| <= 1/2, and 2^r by the polynomial of degree
// 5 whose largest relative error is least (9e-8), the constant term held at 1. Below -125 the result stays what it is
// there, which is nothing beside a row's largest weight of 1; what is no number stays none.
CK_INLINE v16 CK(power)(v16 x) {
  x = CK(maximum_of)(CK(splat)(-125.0f), x);
  const v16 shifter = CK(splat)(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number
  const v16 shifted = x + shifter;
  const v16 r = x - (shifted - shifter);
  v16 p = CK(splat)(1.326462625e-3f);
  p = CK(fma)(p, r, CK(splat)(9.671504140e-3f));
  p = CK(fma)(p, r, CK(splat)(5.550733912e-2f));
  p = CK(fma)(p, r, CK(splat)(2.402224223e-1f));
  p = CK(fma)(p, r, CK(splat)(6.931469776e-1f));
  p = CK(fma)(p, r, CK(splat)(1.0f));
  // The lowest bits of `shifted` are n: moved up, they are added to the exponent.
  return (v16)((i16)p + ((i16)shifted << 23));
}

#define CK_LOG2_E 1.44269504088896341f
#define CK_LN_2 0.693147180559945309f

// A part of a run: `keys` positions from `position` on, the first seen + r of which row r sees.
typedef struct {
  size_t position, keys;
  ptrdiff_t seen;
} CK(key_tile);

CK_INLINE size_t CK(visible)(const CK(key_tile) *tile, size_t row) {
  const ptrdiff_t count = tile->seen + (ptrdiff_t)row;
  return (size_t)count < tile->keys ? (size_t)count : tile->keys;
}

// The first row that sees the key `key` of a tile.
CK_INLINE size_t CK(first_row)(const CK(key_tile) *tile, size_t key) {
  const ptrdiff_t row = (ptrdiff_t)key + 1 - tile->seen;
  return row > 0 ? (size_t)row : 0;
}

// A row's largest score so far, times `scale`; what the row has gathered is scaled to it.
CK_INLINE void CK(raise_top)(const float *scores, size_t count, float scale, float *top, v16 *sums, float *out,
                             size_t width) {
  v16 largest = CK(splat)(-__builtin_inff());
  size_t i = 0;
  for (; i + 16 <= count; i += 16) largest = CK(maximum_of)(CK(load)(scores + i), largest);
  if (i < count)
    largest = CK(maximum_of)(
        CK(select)(CK(among)(i, count), CK(load)(scores + i), CK(splat)(-__builtin_inff())), largest);
  const float here = CK(top_lane)(largest) * scale;
  if (here > *top) {
    const v16 factor = CK(power)(CK(splat)(*top - here));
    *sums = *sums * factor;
    for (size_t d = 0; d < width; d++) out[d] *= factor[0];
    *top = here;
  }
}

// Sixteen weights of a row from score `i` on: powers of 2, nothing beyond the first `count`.
CK_INLINE v16 CK(weights)(const float *scores, size_t i, size_t count, v16 scale, v16 shift) {
  const v16 weight = CK(power)(CK(fma)(CK(load)(scores + i), scale, shift));
  return i + 16 <= count ? weight : CK(select)(CK(among)(i, count), weight, CK(splat)(0.0f));
}

// Scores of one row to weights: its maximum, its sum and what it has gathered follow.
CK_INLINE void CK(soften_row)(float *scores, size_t count, size_t filled, float scale, float *top, v16 *sums,
                              float *out, size_t width) {
  CK(raise_top)(scores, count, scale, top, sums, out, width);
  const v16 shift = CK(splat)(-*top), factor = CK(splat)(scale);
  v16 sum = *sums;
  for (size_t i = 0; i < filled; i += 16) {
    const v16 weight = CK(weights)(scores, i, count, factor, shift);
    CK(store)(scores + i, weight);
    sum += weight;
  }
  *sums = sum;
}

// How a row's scores become probabilities P, and the gradient of P that of the scores: scale * P * (dP - delta).
typedef struct {
  v16 factor, shift, scale, mean;
} CK(hardening);

CK_INLINE CK(hardening) CK(harden)(float scale, float log_sum_exp, float delta) {
  return (CK(hardening)){CK(splat)(scale * CK_LOG2_E), CK(splat)(-log_sum_exp * CK_LOG2_E), CK(splat)(scale),
                         CK(splat)(-delta * scale)};
}

// Sixteen gradients of scores from those of P; nothing beyond the first `count`.
CK_INLINE v16 CK(slopes)(const float *gradients, size_t i, size_t count, v16 p, const CK(hardening) *h) {
  const v16 slope = p * CK(fma)(CK(load)(gradients + i), h->scale, h->mean);
  return i + 16 <= count ? slope : CK(select)(CK(among)(i, count), slope, CK(splat)(0.0f));
}

CK_INLINE void CK(harden_row)(float *scores, float *gradients, size_t count, size_t filled,
                              const CK(hardening) *h) {
  for (size_t i = 0; i < filled; i += 16) {
    const v16 p = CK(weights)(scores, i, count, h->factor, h->shift);
    CK(store)(scores + i, p);
    CK(store)(gradients + i, CK(slopes)(gradients, i, count, p, h));
  }
}

// The sum over features of a row of results times its gradient.
CK_INLINE float CK(delta)(const float *out, const float *gradient, size_t width) {
  v16 products = CK(splat)(0.0f);
  for (size_t d = 0; d < width; d += 16)
    products = CK(fma)(CK(load_some)(out + d, width - d), CK(load_some)(gradient + d, width - d), products);
  return CK(sum_lanes)(products);
}

// The end of a row's forward pass: what it has gathered is divided by the sum of its weights.
CK_INLINE float CK(finish_row)(float *out, size_t width, float top, v16 sums) {
  const float sum = CK(sum_lanes)(sums), inverse = 1.0f / sum;
  for (size_t d = 0; d < width; d++) out[d] *= inverse;
  return top * CK_LN_2 + logf(sum);
}
