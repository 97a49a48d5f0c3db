// Vectors of 16 floats, and the tiles of products made of them: what every float32 kernel is written in. Each
// instruction set includes this file under its own target, tile size and name suffix. A compiler splits the vectors
// where registers are narrower: the lanes, and so the order of every sum, stay the same.
//
// CK(name): the suffixed name. CK_ROWS_MAX x CK_VECTORS_MAX: accumulators of a tile, chosen so that they fit the
// registers.
#include <string.h>

// Vectors cross no function boundary: everything below is inlined into its caller.
#pragma clang diagnostic ignored "-Wpsabi"
// A product and a sum become one rounding only where this file says so, or the twins would differ.
#pragma clang fp contract(off)

typedef float v16 __attribute__((vector_size(64)));
typedef int32_t i16 __attribute__((vector_size(64)));

#define CK_INLINE static inline __attribute__((always_inline))
#define CK_UNROLL _Pragma("clang loop unroll(full)")

CK_INLINE v16 CK(load)(const float *p) {
  v16 v;
  memcpy(&v, p, sizeof v);
  return v;
}
CK_INLINE void CK(store)(float *p, v16 v) { memcpy(p, &v, sizeof v); }
CK_INLINE v16 CK(splat)(float x) { return (v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
CK_INLINE v16 CK(fma)(v16 a, v16 b, v16 c) { return __builtin_elementwise_fma(a, b, c); }
CK_INLINE v16 CK(select)(i16 mask, v16 yes, v16 no) { return (v16)((mask & (i16)yes) | (~mask & (i16)no)); }

// The last lanes of a row of any length: a vector filled up with zeros.
CK_INLINE v16 CK(load_some)(const float *p, size_t count) {
  if (count >= 16) return CK(load)(p);
  float lanes[16] = {0};
  memcpy(lanes, p, count * sizeof(float));
  return CK(load)(lanes);
}

CK_INLINE void CK(store_some)(float *p, v16 v, size_t count) {
  if (count >= 16) {
    CK(store)(p, v);
    return;
  }
  float lanes[16];
  CK(store)(lanes, v);
  memcpy(p, lanes, count * sizeof(float));
}

// Sums and maxima across lanes as a fixed tree.
CK_INLINE float CK(sum_lanes)(v16 v) {
  float lanes[16];
  memcpy(lanes, &v, sizeof lanes);
  for (int width = 8; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
}
CK_INLINE float CK(max_lanes)(v16 v) {
  float lanes[16];
  memcpy(lanes, &v, sizeof lanes);
  for (int width = 8; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] = lanes[i] > lanes[i + width] ? lanes[i] : lanes[i + width];
  return lanes[0];
}
CK_INLINE v16 CK(maximum_of)(v16 a, v16 b) { return CK(select)(a > b, a, b); }

// e^x to 2 units in the last place: x = n ln 2 + r with |r| <= ln 2 / 2, e^r by its Taylor polynomial to r^7.
// Below -87 the result is 0, so that a masked score of minus infinity adds exactly nothing.
CK_INLINE v16 CK(exponential)(v16 x) {
  const i16 tiny = x < CK(splat)(-87.0f);
  x = CK(select)(tiny, CK(splat)(-87.0f), x);
  x = CK(select)(x > CK(splat)(88.0f), CK(splat)(88.0f), x);
  const v16 shifter = CK(splat)(12582912.0f);  // 1.5 * 2^23: adding it rounds to a whole number
  const v16 shifted = CK(fma)(x, CK(splat)(1.44269504088896341f), shifter);
  const v16 n = shifted - shifter;
  v16 r = CK(fma)(n, CK(splat)(-0.693145751953125f), x);
  r = CK(fma)(n, CK(splat)(-1.42860682030941723e-6f), r);
  v16 p = CK(splat)(1.0f / 5040.0f);
  p = CK(fma)(p, r, CK(splat)(1.0f / 720.0f));
  p = CK(fma)(p, r, CK(splat)(1.0f / 120.0f));
  p = CK(fma)(p, r, CK(splat)(1.0f / 24.0f));
  p = CK(fma)(p, r, CK(splat)(1.0f / 6.0f));
  p = CK(fma)(p, r, CK(splat)(0.5f));
  p = CK(fma)(p, r, CK(splat)(1.0f));
  p = CK(fma)(p, r, CK(splat)(1.0f));
  const i16 exponent = ((i16)shifted - (i16)shifter + 127) << 23;
  return CK(select)(tiny, CK(splat)(0.0f), p * (v16)exponent);
}

// One tile of a product: `rows` x (16 * vectors) accumulators, each a chain over `inner`.
// a: row r at a[r]; b: inner rows of b_stride floats.
CK_INLINE void CK(tile)(const int rows, const int vectors, const float *const *a, const float *b, size_t b_stride,
                        size_t inner, v16 acc[][4]) {
  for (size_t k = 0; k < inner; k++) {
    v16 right[4];
    CK_UNROLL for (int v = 0; v < vectors; v++) right[v] = CK(load)(b + k * b_stride + (size_t)v * 16);
    CK_UNROLL for (int r = 0; r < rows; r++) {
      const v16 left = CK(splat)(a[r][k]);
      CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = CK(fma)(left, right[v], acc[r][v]);
    }
  }
}

// What is left of a row: not inlined, since every accumulator of every tile would have a loop of its own.
static __attribute__((noinline)) void CK(store_lanes)(float *y, const float *lanes, size_t columns, int accumulate) {
  for (size_t i = 0; i < columns; i++) y[i] = accumulate ? y[i] + lanes[i] : lanes[i];
}

CK_INLINE void CK(store_partial)(float *y, v16 value, size_t columns, int accumulate) {
  if (columns >= 16) {
    CK(store)(y, accumulate ? CK(load)(y) + value : value);
    return;
  }
  float lanes[16];
  memcpy(lanes, &value, sizeof lanes);
  CK(store_lanes)(y, lanes, columns, accumulate);
}

CK_INLINE void CK(gemm_tile)(const int rows, const float *x, size_t x_stride, const float *panel, size_t inner,
                             size_t columns, float *y, size_t y_stride, int accumulate) {
  const float *a[12];
  CK_UNROLL for (int r = 0; r < rows; r++) a[r] = x + (size_t)r * x_stride;
  for (size_t column = 0; column < CK_PANEL_COLUMNS && column < columns; column += 16 * CK_VECTORS_MAX) {
    v16 acc[12][4];
    CK_UNROLL for (int r = 0; r < rows; r++)
      CK_UNROLL for (int v = 0; v < CK_VECTORS_MAX; v++) acc[r][v] = CK(splat)(0.0f);
    CK(tile)(rows, CK_VECTORS_MAX, a, panel + column, CK_PANEL_COLUMNS, inner, acc);
    CK_UNROLL for (int r = 0; r < rows; r++)
      CK_UNROLL for (int v = 0; v < CK_VECTORS_MAX; v++) {
        const size_t first = column + (size_t)v * 16;
        if (first < columns)
          CK(store_partial)(y + (size_t)r * y_stride + first, acc[r][v], columns - first, accumulate);
      }
  }
}

#define CK_CASES(CALL) \
  CALL(1) CALL(2) CALL(3) CALL(4) CK_CASES_6(CALL) CK_CASES_12(CALL)
#if CK_ROWS_MAX >= 6
#define CK_CASES_6(CALL) CALL(5) CALL(6)
#else
#define CK_CASES_6(CALL)
#endif
#if CK_ROWS_MAX >= 12
#define CK_CASES_12(CALL) CALL(7) CALL(8) CALL(9) CALL(10) CALL(11) CALL(12)
#else
#define CK_CASES_12(CALL)
#endif
