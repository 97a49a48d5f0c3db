// Attention over 8-bit keys and values in plain C; the twin with the hardware's dot product is ck_attention_vnni.c.
// `ck_attention.h` says what is computed. The integers are the same in all sets; exponentials and sums of floats differ
// by rounding. Included after ck_attention.inc.h.
//
// CK(name): the suffixed name.
#include "ck_attention_store8.inc.h"

static inline __attribute__((always_inline)) void CK(scores8)(const ck_attention_call *c, const uint8_t *query,
                                                              int32_t length, size_t block, size_t count,
                                                              float out[CK(CHUNK)]) {
  const int8_t *high = (const int8_t *)query, *low = high + c->head_dim;
  float scale;
  memcpy(&scale, query + 2 * c->head_dim, 4);
  for (size_t b = 0; b < CK_KV_CHUNK_BLOCKS; b++) {
    int32_t sum[16] = {0};
    const float *scales = 0;
    if (b < count) {
      const uint16_t *base = c->pool + (size_t)c->blocks[block + b] * c->block_stride;
      const uint8_t *key = (const uint8_t *)(base + c->key_at);
      scales = (const float *)(base + c->value_at) + CK_KV8_VALUE_BYTES(c->head_dim) / 4;
      for (size_t d = 0; d < c->head_dim; d++) {
        const int32_t q = high[d] * 256 + low[d];
        for (size_t i = 0; i < 16; i++) sum[i] += q * ((int32_t)key[d / 4 * 64 + i * 4 + d % 4] - 128);
      }
    }
    for (size_t i = 0; i < 16; i++)
      out[b * 16 + i] = b < count && (int32_t)((block + b) * 16 + i) < length ? (float)sum[i] * (scale * scales[i])
                                                                              : -__builtin_inff();
  }
}

static void CK(attend8)(const ck_attention_call *c) {
  const size_t width = CK_KV_VALUE_WIDTH(c->head_dim);
  for (size_t r = 0; r < c->rows; r++) {
    float *state = CK(begin)(c, r), *sums = state + 16, *values = state + 32;
    for (size_t block = c->first_block; block < c->last_block; block += CK_KV_CHUNK_BLOCKS) {
      if ((int32_t)(block * 16) >= c->lengths[r]) break;
      const size_t left = c->last_block - block;
      const size_t count = left < CK_KV_CHUNK_BLOCKS ? left : CK_KV_CHUNK_BLOCKS;
      float p[CK(CHUNK)];
      CK(scores8)(c, (const uint8_t *)(c->queries + c->query_at[r]), c->lengths[r], block, count, p);
      float top = state[0];
      for (size_t i = 0; i < CK(CHUNK); i++) top = p[i] > top ? p[i] : top;
      const float factor = CK(power)(state[0] - top);
      state[0] = top;
      for (size_t i = 0; i < 16; i++) sums[i] *= factor;
      float heaviest = 0;
      for (size_t i = 0; i < CK(CHUNK); i++) {
        p[i] = CK(power)(p[i] - top);
        sums[i % 16] += p[i];
        if (i / 16 >= count) continue;
        const uint16_t *base = c->pool + (size_t)c->blocks[block + i / 16] * c->block_stride;
        p[i] *= ((const float *)(base + c->value_at))[CK_KV8_VALUE_BYTES(c->head_dim) / 4 + 16 + i % 16];
        heaviest = p[i] > heaviest ? p[i] : heaviest;
      }
      for (size_t i = 0; i < width; i++) values[i] *= factor;
      if (!(heaviest > 1e-30f)) continue;
      const float inverse = CK_KV8_WEIGHT_STEPS / heaviest, step = heaviest / CK_KV8_WEIGHT_STEPS;
      int32_t weights[CK(CHUNK)];
      for (size_t i = 0; i < CK(CHUNK); i++) weights[i] = i / 16 < count ? (int32_t)__builtin_rintf(p[i] * inverse) : 0;
      for (size_t d = 0; d < width; d++) {
        int32_t sum = 0;
        for (size_t i = 0; i < count * 16; i++) {
          const uint16_t *base = c->pool + (size_t)c->blocks[block + i / 16] * c->block_stride;
          const int8_t *value = (const int8_t *)(base + c->value_at);
          sum += weights[i] * value[i % 16 / 4 * width * 4 + d * 4 + i % 4];
        }
        values[d] = __builtin_fmaf((float)sum, step, values[d]);
      }
    }
    CK(end)(c, r);
  }
}

const ck_attention_table CK(ck_attention8_table) = {
    .name = CK_NAME, .attend = CK(attend8), .rotate_store = CK(rotate_store8)};
