// Rotary embedding and the bfloat16 store, in plain C that a compiler vectorises; shared by all instruction sets.
#include <string.h>

#pragma clang fp contract(off)

// Rounds to the nearest bfloat16, ties to even; for finite values.
static inline __attribute__((always_inline)) uint16_t CK(brain)(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static void CK(rotate_store)(const float *heads, size_t query_heads, size_t kv_heads, size_t head_dim,
                             const float *cosines, const float *sines, float scale, uint16_t *queries,
                             uint16_t *block, size_t head_stride, size_t slot) {
  enum { HALF_MAX = 256 };
  float first[HALF_MAX], second[HALF_MAX];
  const size_t half = head_dim / 2;
  for (size_t h = 0; h < query_heads + kv_heads; h++) {
    const float *x = heads + h * head_dim;
    for (size_t i = 0; i < half; i++) {
      first[i] = __builtin_fmaf(x[i], cosines[i], -(x[i + half] * sines[i]));
      second[i] = __builtin_fmaf(x[i + half], cosines[i], x[i] * sines[i]);
    }
    if (h < query_heads) {
      uint16_t *q = queries + h * head_dim;
      for (size_t i = 0; i < half; i++) q[i] = CK(brain)(first[i] * scale);
      for (size_t i = 0; i < half; i++) q[i + half] = CK(brain)(second[i] * scale);
    } else {
      uint16_t *key = block + (h - query_heads) * head_stride + slot * 2;
      for (size_t i = 0; i < half; i++) key[i / 2 * 32 + i % 2] = CK(brain)(first[i]);
      for (size_t i = half; i < head_dim; i++) key[i / 2 * 32 + i % 2] = CK(brain)(second[i - half]);
    }
  }
  const size_t width = CK_KV_VALUE_WIDTH(head_dim);
  for (size_t h = 0; h < kv_heads; h++) {
    const float *x = heads + (query_heads + kv_heads + h) * head_dim;
    uint16_t *value = block + h * head_stride + CK_KV_KEY_ELEMENTS(head_dim) + slot / 2 * width * 2 + slot % 2;
    for (size_t i = 0; i < head_dim; i++) value[i * 2] = CK(brain)(x[i]);
  }
}
