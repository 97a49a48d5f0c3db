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
  enum { DIM_MAX = 512 };
  float x[DIM_MAX];
  uint16_t rounded[DIM_MAX];
  const size_t half = head_dim / 2;
  for (size_t h = 0; h < query_heads + kv_heads; h++) {
    const float *source = heads + h * head_dim;
    for (size_t i = 0; i < half; i++) {
      x[i] = __builtin_fmaf(source[i], cosines[i], -(source[i + half] * sines[i]));
      x[i + half] = __builtin_fmaf(source[i + half], cosines[i], source[i] * sines[i]);
    }
    if (h < query_heads) {
      uint16_t *q = queries + h * head_dim;
      for (size_t i = 0; i < head_dim; i++) q[i] = CK(brain)(x[i] * scale);
    } else {
      // Pairs of features lie side by side.
      for (size_t i = 0; i < head_dim; i++) rounded[i] = CK(brain)(x[i]);
      uint16_t *key = block + (h - query_heads) * head_stride + slot * 2;
      for (size_t i = 0; i < head_dim; i += 2) memcpy(key + i * 16, rounded + i, 4);
    }
  }
  const size_t width = CK_KV_VALUE_WIDTH(head_dim);
  for (size_t h = 0; h < kv_heads; h++) {
    const float *source = heads + (query_heads + kv_heads + h) * head_dim;
    uint16_t *value = block + h * head_stride + CK_KV_KEY_ELEMENTS(head_dim) + slot / 2 * width * 2 + slot % 2;
    for (size_t i = 0; i < head_dim; i++) value[i * 2] = CK(brain)(source[i]);
  }
}
