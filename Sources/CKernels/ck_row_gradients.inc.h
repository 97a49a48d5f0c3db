// Row-wise operations of training: what forward must keep, and the gradients. Rows have any length.

// As `rms_norm` of `ck_f32.inc.h`, to the bit.
static float CK(rms_norm_keep)(const float *x, const float *weight, size_t n, float epsilon, float *y) {
  v16 squares = CK(splat)(0.0f);
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const v16 v = CK(load)(x + i);
    squares = CK(fma)(v, v, squares);
  }
  float total = CK(sum_lanes)(squares);
  for (; i < n; i++) total = __builtin_fmaf(x[i], x[i], total);
  const float factor = 1.0f / __builtin_sqrtf(total / (float)n + epsilon);
  for (i = 0; i < n; i += 16)
    CK(store_some)(y + i, CK(load_some)(x + i, n - i) * CK(splat)(factor) * CK(load_some)(weight + i, n - i), n - i);
  return factor;
}

// With f = 1/rms and g = weight * dy: dx = f g - x f^3 mean(g x), and the weight's gradient gets f x dy.
static void CK(rms_norm_gradient)(const float *x, const float *weight, float factor, const float *dy, size_t n,
                                  int accumulate, float *dx, float *weight_gradient) {
  v16 products = CK(splat)(0.0f);
  for (size_t i = 0; i < n; i += 16) {
    const v16 v = CK(load_some)(x + i, n - i), slope = CK(load_some)(dy + i, n - i);
    products = CK(fma)(slope * CK(load_some)(weight + i, n - i), v, products);
    if (weight_gradient != NULL) {
      const v16 sum = CK(fma)(slope, v * CK(splat)(factor), CK(load_some)(weight_gradient + i, n - i));
      CK(store_some)(weight_gradient + i, sum, n - i);
    }
  }
  const float pull = factor * factor * (CK(sum_lanes)(products) / (float)n) * factor;
  for (size_t i = 0; i < n; i += 16) {
    const v16 own = CK(load_some)(dy + i, n - i) * CK(load_some)(weight + i, n - i) * CK(splat)(factor);
    const v16 gradient = CK(fma)(CK(load_some)(x + i, n - i), CK(splat)(-pull), own);
    CK(store_some)(dx + i, accumulate ? CK(load_some)(dx + i, n - i) + gradient : gradient, n - i);
  }
}

// A rotation by the negative angle: the inverse of `rope`, and its gradient.
static void CK(rope_gradient)(float *heads, size_t count, const float *cosines, const float *sines, size_t head_dim) {
  const size_t half = head_dim / 2;
  for (float *x = heads; x < heads + count * head_dim; x += head_dim)
    for (size_t i = 0; i < half; i += 16) {
      const size_t left = half - i;
      const v16 cosine = CK(load_some)(cosines + i, left), sine = CK(load_some)(sines + i, left);
      const v16 first = CK(load_some)(x + i, left), second = CK(load_some)(x + half + i, left);
      CK(store_some)(x + i, CK(fma)(first, cosine, second * sine), left);
      CK(store_some)(x + half + i, CK(fma)(second, cosine, -(first * sine)), left);
    }
}

// With s the logistic function of the gate g: d silu / dg = s (1 + g (1 - s)).
static void CK(silu_multiply_gradient)(const float *gate, const float *up, const float *slope, size_t n,
                                       float *gate_gradient, float *up_gradient) {
  const v16 one = CK(splat)(1.0f);
  for (size_t i = 0; i < n; i += 16) {
    const v16 g = CK(load_some)(gate + i, n - i), u = CK(load_some)(up + i, n - i);
    const v16 d = CK(load_some)(slope + i, n - i);
    const v16 power = CK(exponential)(-g);
    const v16 s = one / (one + power);
    // 1 - s, without the cancellation.
    const v16 rest = power * s;
    CK(store_some)(gate_gradient + i, d * u * s * CK(fma)(g, rest, one), n - i);
    CK(store_some)(up_gradient + i, d * (g * s), n - i);
  }
}

static void CK(add_scaled)(float *y, const float *x, float scale, size_t n) {
  for (size_t i = 0; i < n; i += 16)
    CK(store_some)(
        y + i, CK(fma)(CK(load_some)(x + i, n - i), CK(splat)(scale), CK(load_some)(y + i, n - i)), n - i);
}

// Values whose sum is one chain in float32; these sums are then added in double precision, since a vocabulary has more
// entries than float32 has digits to spare.
#define CK_SOFTMAX_CHUNK 1024

static void CK(softmax_sums)(const float *x, size_t n, float top, double *sum, double *weighted) {
  *sum = 0, *weighted = 0;
  for (size_t first = 0; first < n; first += CK_SOFTMAX_CHUNK) {
    const size_t end = first + CK_SOFTMAX_CHUNK < n ? first + CK_SOFTMAX_CHUNK : n;
    v16 powers = CK(splat)(0.0f), products = CK(splat)(0.0f);
    for (size_t i = first; i < end; i += 16) {
      v16 distance = CK(load_some)(x + i, end - i) - CK(splat)(top);
      // Nothing is added where the power is 0: minus infinity times it would be no number. What is none already stays.
      distance = CK(maximum_of)(CK(splat)(-100.0f), distance);
      if (end - i < 16) distance = CK(select)(CK(among)(i, end), distance, CK(splat)(-100.0f));
      const v16 power = CK(exponential)(distance);
      powers += power;
      products = CK(fma)(power, distance, products);
    }
    *sum += (double)CK(sum_lanes)(powers);
    *weighted += (double)CK(sum_lanes)(products);
  }
}

static void CK(softmax_gradient)(float *x, size_t n, float top, float log_sum, float scale) {
  for (size_t i = 0; i < n; i += 16) {
    const v16 power = CK(exponential)(CK(load_some)(x + i, n - i) - CK(splat)(top) - CK(splat)(log_sum));
    CK(store_some)(x + i, power * CK(splat)(-scale), n - i);
  }
}
