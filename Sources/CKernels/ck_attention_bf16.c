// Attention with the bfloat16 dot product of AVX-512: vdpbf16ps multiplies 16 pairs and adds each pair's products into
// its 32-bit lane. Scores have positions in the lanes and pairs of features in the products; weighted values have
// features in the lanes and pairs of positions in the products. Both are tiles of up to 6 rows by 4 vectors whose 24
// accumulators stay in registers. While a chunk is worked on, the next one is fetched.
#include "ck_attention.h"
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define CK(name) name##_bf16
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"), \
                                            min_vector_width(512))),                                          \
                             apply_to = function)
#include "ck_attention_store.inc.h"
#include "ck_attention_avx512.inc.h"

CK_INLINE __m512bh pair(const uint16_t *at) {
  int32_t two;
  memcpy(&two, at, 4);
  return (__m512bh)_mm512_set1_epi32(two);
}

CK_INLINE __m512bh vector(const uint16_t *at) { return (__m512bh)_mm512_loadu_si512(at); }

// Scores of a chunk to weights: bfloat16 into `weights`, float32 sums into the state.
CK_INLINE void soften(const int rows, __m512 score[6][VECTORS], const ck_attention_call *c, size_t position,
                      uint16_t weights[6][VECTORS * 16]) {
  CK_UNROLL for (int r = 0; r < rows; r++) {
    float *state = c->states + c->state_at[r];
    const int32_t seen = c->lengths[r] - (int32_t)position;
    if (__builtin_expect(seen < VECTORS * 16, 0)) hide(score[r], seen);
    const __m512 m = reference(state, CK_KV_VALUE_WIDTH(c->head_dim), score[r]);
    __m512 sum = _mm512_loadu_ps(state + 16);
    CK_UNROLL for (int v = 0; v < VECTORS; v += 2) {
      const __m512 p = power(_mm512_sub_ps(score[r][v], m));
      const __m512 q = power(_mm512_sub_ps(score[r][v + 1], m));
      sum = _mm512_add_ps(_mm512_add_ps(sum, p), q);
      _mm512_storeu_si512(weights[r] + v * 16, (__m512i)_mm512_cvtne2ps_pbh(q, p));
    }
    _mm512_storeu_ps(state + 16, sum);
  }
}

// values = values + weights * V for `vectors` times 16 features from `feature` on.
CK_INLINE void gather(const int rows, const int vectors, const ck_attention_call *c,
                      uint16_t weights[6][VECTORS * 16], const uint16_t *const *blocks,
                      const uint16_t *const *ahead, size_t count, size_t feature) {
  const size_t width = CK_KV_VALUE_WIDTH(c->head_dim);
  __m512 acc[6][4];
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int v = 0; v < vectors; v++)
      acc[r][v] = _mm512_loadu_ps(c->states + c->state_at[r] + 32 + feature + (size_t)v * 16);
  for (size_t b = 0; b < count; b++) {
    const uint16_t *value = blocks[b] + c->value_at + feature * 2, *later = ahead[b] + c->value_at + feature * 2;
    for (size_t i = 0; i < 8; i++) {
      __m512bh right[4];
      CK_UNROLL for (int v = 0; v < vectors; v++) {
        right[v] = vector(value + i * width * 2 + (size_t)v * 32);
        __builtin_prefetch(later + i * width * 2 + (size_t)v * 32, 0, 2);
      }
      CK_UNROLL for (int r = 0; r < rows; r++) {
        const __m512bh left = pair(weights[r] + b * 16 + i * 2);
        CK_UNROLL for (int v = 0; v < vectors; v++) acc[r][v] = _mm512_dpbf16_ps(acc[r][v], left, right[v]);
      }
    }
  }
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int v = 0; v < vectors; v++)
      _mm512_storeu_ps(c->states + c->state_at[r] + 32 + feature + (size_t)v * 16, acc[r][v]);
}

CK_INLINE void chunk(const int rows, const ck_attention_call *c, size_t block) {
  const uint16_t *blocks[VECTORS], *ahead[VECTORS];
  const size_t count = chunk_blocks(c, block, blocks, ahead);
  __m512 score[6][VECTORS];
  CK_UNROLL for (int r = 0; r < rows; r++)
    CK_UNROLL for (int v = 0; v < VECTORS; v++) score[r][v] = _mm512_setzero_ps();
  for (size_t d = 0; d < c->head_dim; d += 2) {
    __m512bh key[VECTORS];
    CK_UNROLL for (int v = 0; v < VECTORS; v++) {
      key[v] = vector(blocks[v] + c->key_at + d * 16);
      __builtin_prefetch(ahead[v] + c->key_at + d * 16, 0, 2);
    }
    CK_UNROLL for (int r = 0; r < rows; r++) {
      const __m512bh query = pair(c->queries + c->query_at[r] + d);
      CK_UNROLL for (int v = 0; v < VECTORS; v++) score[r][v] = _mm512_dpbf16_ps(score[r][v], query, key[v]);
    }
  }
  uint16_t weights[6][VECTORS * 16];
  soften(rows, score, c, block * 16, weights);
  size_t feature = 0;
  for (; feature + 64 <= CK_KV_VALUE_WIDTH(c->head_dim); feature += 64)
    gather(rows, 4, c, weights, blocks, ahead, count, feature);
  for (; feature < CK_KV_VALUE_WIDTH(c->head_dim); feature += 16)
    gather(rows, 1, c, weights, blocks, ahead, count, feature);
}

CK_ATTEND

const ck_attention_table ck_attention_table_avx512_bf16 = {
    .name = "avx512bf16", .attend = attend, .rotate_store = rotate_store_bf16};
#pragma clang attribute pop
#endif
