// Rotary embedding and the 8-bit store, in plain C that a compiler vectorises; shared by all instruction sets. Included
// after ck_attention_store.inc.h.

// What one of `top` steps to either side of 0 is worth, and its inverse; a row of zeros has 0 for both.
static inline __attribute__((always_inline)) float CK(steps)(const float *x, size_t count, float top, float *inverse) {
  float largest = 0;
  for (size_t i = 0; i < count; i++) {
    const float magnitude = __builtin_fabsf(x[i]);
    largest = magnitude > largest ? magnitude : largest;
  }
  if (!(largest > 1e-30f)) largest = 0;
  *inverse = largest > 0 ? top / largest : 0;
  return largest / top;
}

// heads, queries and so on as in ck_attention_store.inc.h; a query row is its high digits, its low digits, a float32
// scale and the int32 sum of its steps.
static void CK(rotate_store8)(const float *heads, size_t query_heads, size_t kv_heads, size_t head_dim,
                              const float *cosines, const float *sines, float scale, uint16_t *queries, uint16_t *block,
                              size_t head_stride, size_t slot) {
  enum { DIM_MAX = 256 };
  float x[DIM_MAX];
  const size_t half = head_dim / 2, width = CK_KV_VALUE_WIDTH(head_dim);
  for (size_t h = 0; h < query_heads + 2 * kv_heads; h++) {
    const float *source = heads + h * head_dim;
    if (h < query_heads + kv_heads) {
      for (size_t i = 0; i < half; i++) {
        x[i] = __builtin_fmaf(source[i], cosines[i], -(source[i + half] * sines[i]));
        x[i + half] = __builtin_fmaf(source[i + half], cosines[i], source[i] * sines[i]);
      }
    } else {
      memcpy(x, source, head_dim * sizeof(float));
    }
    float inverse;
    if (h < query_heads) {
      uint8_t *query = (uint8_t *)(queries + h * CK_KV8_QUERY_ELEMENTS(head_dim));
      const float step = CK(steps)(x, head_dim, CK_KV8_STEPS, &inverse) * scale;
      int32_t sum = 0;
      for (size_t i = 0; i < head_dim; i++) {
        const int32_t v = (int32_t)__builtin_rintf(x[i] * inverse), high = (v + 128) >> 8;
        sum += v;
        query[i] = (uint8_t)high;
        query[head_dim + i] = (uint8_t)(v - high * 256);
      }
      memcpy(query + 2 * head_dim, &step, 4);
      memcpy(query + 2 * head_dim + 4, &sum, 4);
      continue;
    }
    const int is_value = h >= query_heads + kv_heads;
    uint16_t *base = block + (h - query_heads - (is_value ? kv_heads : 0)) * head_stride;
    uint8_t *codes = (uint8_t *)base + (is_value ? CK_KV8_KEY_BYTES(head_dim) : 0);
    float *scales = (float *)((uint8_t *)base + CK_KV8_KEY_BYTES(head_dim) + CK_KV8_VALUE_BYTES(head_dim));
    scales[(is_value ? 16 : 0) + slot] = CK(steps)(x, head_dim, 127.0f, &inverse);
    uint8_t steps[DIM_MAX];
    for (size_t i = 0; i < head_dim; i++)
      steps[i] = (uint8_t)((int32_t)__builtin_rintf(x[i] * inverse) + (is_value ? 0 : 128));
    if (is_value) {
      uint8_t *value = codes + slot / 4 * width * 4 + slot % 4;
      for (size_t i = 0; i < head_dim; i++) value[i * 4] = steps[i];
    } else {
      uint8_t *key = codes + slot * 4;
      for (size_t i = 0; i < head_dim; i += 4) memcpy(key + i / 4 * 64, steps + i, 4);
    }
  }
}
