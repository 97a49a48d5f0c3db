// Attention over 8-bit keys and values with the integer dot product of AVX-512: vpdpbusd multiplies 16 groups of 4
// bytes and adds each group's products into its 32-bit lane. Scores have positions in the lanes and features in the
// groups, weighted values have features in the lanes and positions in the groups. Queries and weights have two digits
// each: the first runs through the accumulators, which are then shifted left by 8, and the second follows.
#include "ck_attention.h"
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define CK(name) name##_vnni
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"), \
                                            min_vector_width(512))),                                          \
                             apply_to = function)
#pragma clang fp contract(off)
#include "ck_attention_store8.inc.h"
#include "ck_attention_avx512.inc.h"

CK_INLINE __m512i four(const uint8_t *at) {
  int32_t bytes;
  memcpy(&bytes, at, 4);
  return _mm512_set1_epi32(bytes);
}

// Products of one digit of the queries with the keys of a chunk. `ahead` is null, or what to fetch.
CK_INLINE void key_products(const int rows, const ck_attention_call *c, size_t digit, const uint8_t *const *keys,
                            const uint8_t *const *ahead, __m512i acc[6][VECTORS]) {
  const uint8_t *query[6];
  CK_UNROLL for (int r = 0; r < rows; r++)
    query[r] = (const uint8_t *)(c->queries + c->query_at[r]) + digit * c->head_dim;
  for (size_t d = 0; d < c->head_dim; d += 4) {
    __m512i key[VECTORS];
    CK_UNROLL for (int v = 0; v < VECTORS; v++) {
      key[v] = _mm512_loadu_si512(keys[v] + d * 16);
      if (ahead) __builtin_prefetch(ahead[v] + d * 16, 0, 2);
    }
    CK_UNROLL for (int r = 0; r < rows; r++) {
      const __m512i q = four(query[r] + d);
      CK_UNROLL for (int v = 0; v < VECTORS; v++) acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], key[v], q);
    }
  }
}

// The weights of a chunk as two digits, and what one step of them is worth.
typedef struct {
  uint8_t digits[2][6][VECTORS * 16];
  float step[6];
} chunk_weights;

// Scores of a chunk to weights; float32 sums into the state.
CK_INLINE void soften(const int rows, __m512 score[6][VECTORS], const ck_attention_call *c, size_t position,
                      const float *const *scales, chunk_weights *weights) {
  CK_UNROLL for (int r = 0; r < rows; r++) {
    float *state = c->states + c->state_at[r];
    const int32_t seen = c->lengths[r] - (int32_t)position;
    if (__builtin_expect(seen < VECTORS * 16, 0)) hide(score[r], seen);
    const __m512 m = reference(state, CK_KV_VALUE_WIDTH(c->head_dim), score[r]);
    __m512 sum = _mm512_loadu_ps(state + 16), heavy = _mm512_setzero_ps(), p[VECTORS];
    CK_UNROLL for (int v = 0; v < VECTORS; v++) {
      p[v] = power(_mm512_sub_ps(score[r][v], m));
      sum = _mm512_add_ps(sum, p[v]);
      p[v] = _mm512_mul_ps(p[v], _mm512_loadu_ps(scales[v] + 16));
      heavy = _mm512_max_ps(heavy, p[v]);
    }
    _mm512_storeu_ps(state + 16, sum);
    float heaviest = _mm512_reduce_max_ps(heavy);
    if (!(heaviest > 1e-30f)) heaviest = 0;
    weights->step[r] = heaviest / CK_KV8_WEIGHT_STEPS;
    const __m512 inverse = _mm512_set1_ps(heaviest > 0 ? CK_KV8_WEIGHT_STEPS / heaviest : 0);
    CK_UNROLL for (int v = 0; v < VECTORS; v++) {
      const __m512i steps = _mm512_cvtps_epi32(_mm512_mul_ps(p[v], inverse));
      _mm_storeu_si128((__m128i *)(weights->digits[0][r] + v * 16), _mm512_cvtepi32_epi8(_mm512_srli_epi32(steps, 8)));
      _mm_storeu_si128((__m128i *)(weights->digits[1][r] + v * 16), _mm512_cvtepi32_epi8(steps));
    }
  }
}

// Products of one digit of the weights with the values of a chunk, `vectors` times 16 features from `feature` on.
CK_INLINE void value_products(const int rows, const int vectors, const uint8_t digits[6][VECTORS * 16], size_t width,
                              const uint8_t *const *values, const uint8_t *const *ahead, size_t count, size_t feature,
                              __m512i acc[6][4]) {
  for (size_t b = 0; b < count; b++)
    for (size_t quad = 0; quad < 4; quad++) {
      const size_t at = (quad * width + feature) * 4;
      __m512i value[4];
      CK_UNROLL for (int v = 0; v < vectors; v++) {
        value[v] = _mm512_loadu_si512(values[b] + at + (size_t)v * 64);
        if (ahead) __builtin_prefetch(ahead[b] + at + (size_t)v * 64, 0, 2);
      }
      CK_UNROLL for (int r = 0; r < rows; r++) {
        const __m512i weight = four(digits[r] + b * 16 + quad * 4);
        CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm512_dpbusd_epi32(acc[r][v], weight, value[v]);
      }
    }
}

CK_INLINE void gather(const int rows, const int vectors, const ck_attention_call *c, const chunk_weights *weights,
                      const uint8_t *const *values, const uint8_t *const *ahead, size_t count, size_t feature) {
  const size_t width = CK_KV_VALUE_WIDTH(c->head_dim);
  __m512i acc[6][4];
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm512_setzero_si512();
  value_products(rows, vectors, weights->digits[0], width, values, ahead, count, feature, acc);
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm512_slli_epi32(acc[r][v], 8);
  value_products(rows, vectors, weights->digits[1], width, values, 0, count, feature, acc);
  CK_UNROLL for (int r = 0; r < rows; r++) {
    const __m512 step = _mm512_set1_ps(weights->step[r]);
    CK_UNROLL for (int v = 0; v < vectors; v++) {
      float *value = c->states + c->state_at[r] + 32 + feature + (size_t)v * 16;
      _mm512_storeu_ps(value, _mm512_fmadd_ps(_mm512_cvtepi32_ps(acc[r][v]), step, _mm512_loadu_ps(value)));
    }
  }
}

CK_INLINE void chunk(const int rows, const ck_attention_call *c, size_t block) {
  const uint16_t *blocks[VECTORS], *later[VECTORS];
  const size_t count = chunk_blocks(c, block, blocks, later);
  const uint8_t *keys[VECTORS], *values[VECTORS], *keys_ahead[VECTORS], *values_ahead[VECTORS];
  const float *scales[VECTORS];
  CK_UNROLL for (int v = 0; v < VECTORS; v++) {
    keys[v] = (const uint8_t *)(blocks[v] + c->key_at);
    values[v] = (const uint8_t *)(blocks[v] + c->value_at);
    keys_ahead[v] = (const uint8_t *)(later[v] + c->key_at);
    values_ahead[v] = (const uint8_t *)(later[v] + c->value_at);
    scales[v] = (const float *)(values[v] + CK_KV8_VALUE_BYTES(c->head_dim));
    __builtin_prefetch(values_ahead[v] + CK_KV8_VALUE_BYTES(c->head_dim), 0, 2);
    __builtin_prefetch(values_ahead[v] + CK_KV8_VALUE_BYTES(c->head_dim) + 64, 0, 2);
  }
  __m512i acc[6][VECTORS];
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int v = 0; v < VECTORS; v++) acc[r][v] = _mm512_setzero_si512();
  key_products(rows, c, 0, keys, keys_ahead, acc);
  __m512 scale[6];
  CK_UNROLL for (int r = 0; r < rows; r++) {
    const uint8_t *facts = (const uint8_t *)(c->queries + c->query_at[r]) + 2 * c->head_dim;
    float step;
    int32_t sum;
    memcpy(&step, facts, 4);
    memcpy(&sum, facts + 4, 4);
    scale[r] = _mm512_set1_ps(step);
    // Keys have an offset of 128.
    const __m512i start = _mm512_set1_epi32(-128 * sum);
    CK_UNROLL for (int v = 0; v < VECTORS; v++) acc[r][v] = _mm512_add_epi32(_mm512_slli_epi32(acc[r][v], 8), start);
  }
  key_products(rows, c, 1, keys, 0, acc);
  __m512 score[6][VECTORS];
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int v = 0; v < VECTORS; v++)
      score[r][v] = _mm512_mul_ps(_mm512_cvtepi32_ps(acc[r][v]), _mm512_mul_ps(scale[r], _mm512_loadu_ps(scales[v])));
  chunk_weights weights;
  soften(rows, score, c, block * 16, scales, &weights);
  size_t feature = 0;
  for (; feature + 64 <= CK_KV_VALUE_WIDTH(c->head_dim); feature += 64)
    gather(rows, 4, c, &weights, values, values_ahead, count, feature);
  for (; feature < CK_KV_VALUE_WIDTH(c->head_dim); feature += 16)
    gather(rows, 1, c, &weights, values, values_ahead, count, feature);
}

CK_ATTEND

const ck_attention_table ck_attention8_table_avx512 = {
    .name = "avx512vnni", .attend = attend, .rotate_store = rotate_store8_vnni};
#pragma clang attribute pop
#endif
