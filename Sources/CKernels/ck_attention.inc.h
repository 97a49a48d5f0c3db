// Attention over bfloat16 keys and values in plain C: bfloat16 widened to float32, fused multiply-adds, loops over 16
// positions or features that a compiler makes vectors of. The twin with the hardware's dot product is
// ck_attention_bf16.c.
//
// CK(name): the suffixed name.
#include "ck_attention_store.inc.h"

static inline __attribute__((always_inline)) float CK(wide)(uint16_t value) {
  const uint32_t bits = (uint32_t)value << 16;
  float out;
  memcpy(&out, &bits, sizeof out);
  return out;
}

// 2^x for x <= 0: x = n + r with |r| <= 1/2, 2^r by its Taylor polynomial; 0 from -126 down.
static inline __attribute__((always_inline)) float CK(power)(float x) {
  const float clamped = x > -126.0f ? x : -126.0f;
  const float n = __builtin_rintf(clamped), r = clamped - n;
  float p = 1.5403530e-4f;
  p = __builtin_fmaf(p, r, 1.3333558e-3f);
  p = __builtin_fmaf(p, r, 9.6181291e-3f);
  p = __builtin_fmaf(p, r, 5.5504109e-2f);
  p = __builtin_fmaf(p, r, 2.4022651e-1f);
  p = __builtin_fmaf(p, r, 6.9314718e-1f);
  p = __builtin_fmaf(p, r, 1.0f);
  const int32_t exponent = ((int32_t)n + 127) << 23;
  float factor;
  memcpy(&factor, &exponent, sizeof factor);
  return x > -126.0f ? p * factor : 0.0f;
}

enum { CK(CHUNK) = CK_KV_BLOCK * CK_KV_CHUNK_BLOCKS };

// Scores of one row against the blocks of a chunk; minus infinity where the row sees nothing.
static inline __attribute__((always_inline)) void CK(scores)(const ck_attention_call *c, const uint16_t *q,
                                                             int32_t length, size_t block, size_t count,
                                                             float out[CK(CHUNK)]) {
  for (size_t b = 0; b < CK_KV_CHUNK_BLOCKS; b++) {
    float sum[16] = {0};
    if (b < count) {
      const uint16_t *key = c->pool + (size_t)c->blocks[block + b] * c->block_stride + c->key_at;
      for (size_t d = 0; d < c->head_dim; d++)
        for (size_t i = 0; i < 16; i++)
          sum[i] = __builtin_fmaf(CK(wide)(q[d]), CK(wide)(key[d / 2 * 32 + i * 2 + d % 2]), sum[i]);
    }
    for (size_t i = 0; i < 16; i++)
      out[b * 16 + i] = b < count && (int32_t)((block + b) * 16 + i) < length ? sum[i] : -__builtin_inff();
  }
}

// A row's state, fresh where a walk begins.
static inline __attribute__((always_inline)) float *CK(begin)(const ck_attention_call *c, size_t r) {
  float *state = c->states + c->state_at[r];
  if (c->begins) {
    state[0] = -__builtin_inff();
    memset(state + 16, 0, (16 + CK_KV_VALUE_WIDTH(c->head_dim)) * sizeof(float));
  }
  return state;
}

// A row's result where a walk ends: values over the sum of weights.
static inline __attribute__((always_inline)) void CK(end)(const ck_attention_call *c, size_t r) {
  if (!c->ends) return;
  const float *sums = c->states + c->state_at[r] + 16, *values = sums + 16;
  float total = 0;
  for (size_t i = 0; i < 16; i++) total += sums[i];
  const float inverse = 1.0f / total;
  float *out = c->out + c->out_at[r];
  for (size_t d = 0; d < c->head_dim; d++) out[d] = values[d] * inverse;
}

static void CK(attend)(const ck_attention_call *c) {
  const size_t width = CK_KV_VALUE_WIDTH(c->head_dim);
  for (size_t r = 0; r < c->rows; r++) {
    float *state = CK(begin)(c, r), *sums = state + 16, *values = state + 32;
    for (size_t block = c->first_block; block < c->last_block; block += CK_KV_CHUNK_BLOCKS) {
      if ((int32_t)(block * 16) >= c->lengths[r]) break;
      const size_t left = c->last_block - block;
      const size_t count = left < CK_KV_CHUNK_BLOCKS ? left : CK_KV_CHUNK_BLOCKS;
      float p[CK(CHUNK)];
      CK(scores)(c, c->queries + c->query_at[r], c->lengths[r], block, count, p);
      float top = state[0];
      for (size_t i = 0; i < CK(CHUNK); i++) top = p[i] > top ? p[i] : top;
      const float factor = CK(power)(state[0] - top);
      state[0] = top;
      for (size_t i = 0; i < 16; i++) sums[i] *= factor;
      for (size_t i = 0; i < CK(CHUNK); i++) {
        p[i] = CK(power)(p[i] - top);
        sums[i % 16] += p[i];
        p[i] = CK(wide)(CK(brain)(p[i]));
      }
      for (size_t i = 0; i < width; i++) values[i] *= factor;
      for (size_t i = 0; i < count * 16; i++) {
        const uint16_t *pair = c->pool + (size_t)c->blocks[block + i / 16] * c->block_stride + c->value_at;
        const uint16_t *value = pair + i % 16 / 2 * width * 2 + i % 2;
        for (size_t d = 0; d < width; d++) values[d] = __builtin_fmaf(p[i], CK(wide)(value[d * 2]), values[d]);
      }
    }
    CK(end)(c, r);
  }
}

const ck_attention_table CK(ck_attention_table) = {
    .name = CK_NAME, .attend = CK(attend), .rotate_store = CK(rotate_store)};
