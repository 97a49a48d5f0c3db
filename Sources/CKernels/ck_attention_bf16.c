// Attention with the bfloat16 dot product of AVX-512: vdpbf16ps multiplies 16 pairs and adds each pair's products into
// its 32-bit lane. Scores have positions in the lanes and pairs of features in the products; weighted values have
// features in the lanes and pairs of positions in the products. Both are tiles of up to 6 rows by 4 vectors whose 24
// accumulators stay in registers. While a chunk is worked on, the next one is fetched: blocks are pages, where the
// processor's own prefetching stops.
#include "ck_attention.h"
#if defined(__x86_64__)
#include <immintrin.h>

#define CK(name) name##_bf16
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"), \
                                            min_vector_width(512))),                                          \
                             apply_to = function)
#include "ck_attention_store.inc.h"

#define CK_INLINE static inline __attribute__((always_inline))
#define CK_UNROLL _Pragma("clang loop unroll(full)")
#define VECTORS CK_KV_CHUNK_BLOCKS

// 2^x for x <= 9, to 3e-6, a thousandth of a bfloat16's step: x = n + r with |r| <= 1/2, 2^r by the polynomial of
// degree 4 with the smallest relative error, n added to its exponent. Exactly 1 at 0, 0 from -126 down.
CK_INLINE __m512 power(__m512 x) {
  // Adding 1.5 * 2^23 leaves n in the lowest bits.
  const __m512 shift = _mm512_set1_ps(12582912.0f);
  const __mmask16 counts = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-126.0f), _CMP_GT_OQ);
  const __m512 shifted = _mm512_add_ps(x, shift);
  const __m512 r = _mm512_sub_ps(x, _mm512_sub_ps(shifted, shift));
  __m512 p = _mm512_set1_ps(9.5828529e-3f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.5906425e-2f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(2.4024099e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(6.9312419e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
  const __m512i exponent = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
  return _mm512_castsi512_ps(_mm512_maskz_add_epi32(counts, _mm512_castps_si512(p), exponent));
}

CK_INLINE __m512bh pair(const uint16_t *at) {
  int32_t two;
  memcpy(&two, at, 4);
  return (__m512bh)_mm512_set1_epi32(two);
}

CK_INLINE __m512bh vector(const uint16_t *at) { return (__m512bh)_mm512_loadu_si512(at); }

// How far scores may rise above a row's reference before the reference follows: weights stay below 2^8.
#define RISE_MAX 8.0f

// Moves a row's reference up to the highest score of a chunk and shrinks what it has summed accordingly.
static __attribute__((noinline)) void raise(float *state, size_t width, __m512 highest) {
  const float now = _mm512_reduce_max_ps(highest);
  // A first chunk begins at minus infinity, which shrinks to 0 what is 0 already.
  const __m512 factor = power(_mm512_set1_ps(state[0] - now));
  state[0] = now;
  for (size_t i = 16; i < 32 + width; i += 16)
    _mm512_storeu_ps(state + i, _mm512_mul_ps(_mm512_loadu_ps(state + i), factor));
}

// Scores of a chunk to weights: bfloat16 into `weights`, float32 sums into the state.
CK_INLINE void soften(const int rows, __m512 score[6][VECTORS], const ck_attention_call *c, size_t position,
                      uint16_t weights[6][VECTORS * 16]) {
  const __m512 lowest = _mm512_set1_ps(-__builtin_inff());
  CK_UNROLL for (int r = 0; r < rows; r++) {
    float *state = c->states + c->state_at[r];
    const int32_t seen = c->lengths[r] - (int32_t)position;
    if (__builtin_expect(seen < VECTORS * 16, 0)) {
      CK_UNROLL for (int v = 0; v < VECTORS; v++) {
        const int32_t here = seen - v * 16;
        const __mmask16 mask = here >= 16 ? 0xFFFF : here <= 0 ? 0 : (__mmask16)((1u << here) - 1);
        score[r][v] = _mm512_mask_mov_ps(lowest, mask, score[r][v]);
      }
    }
    const __m512 top = _mm512_max_ps(_mm512_max_ps(score[r][0], score[r][1]), _mm512_max_ps(score[r][2], score[r][3]));
    if (__builtin_expect(_mm512_cmp_ps_mask(top, _mm512_set1_ps(state[0] + RISE_MAX), _CMP_GT_OQ) != 0, 0))
      raise(state, CK_KV_VALUE_WIDTH(c->head_dim), top);
    const __m512 reference = _mm512_set1_ps(state[0]);
    __m512 sum = _mm512_loadu_ps(state + 16);
    CK_UNROLL for (int v = 0; v < VECTORS; v += 2) {
      const __m512 p = power(_mm512_sub_ps(score[r][v], reference));
      const __m512 q = power(_mm512_sub_ps(score[r][v + 1], reference));
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
  const size_t left = c->last_block - block;
  const size_t count = left < VECTORS ? left : VECTORS;
  const uint16_t *blocks[VECTORS], *ahead[VECTORS];
  CK_UNROLL for (size_t b = 0; b < VECTORS; b++) {
    // Behind the end the first block stands in: its scores are masked, its weights 0.
    const size_t here = b < count ? block + b : block;
    const size_t later = here + VECTORS < c->last_block ? here + VECTORS : here;
    blocks[b] = c->pool + (size_t)c->blocks[here] * c->block_stride;
    ahead[b] = c->pool + (size_t)c->blocks[later] * c->block_stride;
  }
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

CK_INLINE void attend_rows(const int rows, const ck_attention_call *c) {
  const size_t width = CK_KV_VALUE_WIDTH(c->head_dim);
  int32_t longest = 0;
  CK_UNROLL for (int r = 0; r < rows; r++) {
    if (c->lengths[r] > longest) longest = c->lengths[r];
    if (c->begins) {
      float *state = c->states + c->state_at[r];
      state[0] = -__builtin_inff();
      memset(state + 16, 0, (16 + width) * sizeof(float));
    }
  }
  for (size_t block = c->first_block; block < c->last_block && (int32_t)(block * 16) < longest; block += VECTORS)
    chunk(rows, c, block);
  if (!c->ends) return;
  CK_UNROLL for (int r = 0; r < rows; r++) {
    const float *state = c->states + c->state_at[r];
    float *out = c->out + c->out_at[r];
    const __m512 inverse = _mm512_set1_ps(1.0f / _mm512_reduce_add_ps(_mm512_loadu_ps(state + 16)));
    for (size_t d = 0; d < c->head_dim; d += 16) {
      const __mmask16 mask = c->head_dim - d >= 16 ? 0xFFFF : (__mmask16)((1u << (c->head_dim - d)) - 1);
      _mm512_mask_storeu_ps(out + d, mask, _mm512_mul_ps(_mm512_loadu_ps(state + 32 + d), inverse));
    }
  }
}

#define CK_ROWS_FUNCTION(R) \
  static __attribute__((noinline)) void attend_##R(const ck_attention_call *c) { attend_rows(R, c); }
CK_ROWS_FUNCTION(1)
CK_ROWS_FUNCTION(2)
CK_ROWS_FUNCTION(3)
CK_ROWS_FUNCTION(4)
CK_ROWS_FUNCTION(5)
CK_ROWS_FUNCTION(6)

static void attend(const ck_attention_call *c) {
  switch (c->rows) {
    case 1: attend_1(c); break;
    case 2: attend_2(c); break;
    case 3: attend_3(c); break;
    case 4: attend_4(c); break;
    case 5: attend_5(c); break;
    case 6: attend_6(c); break;
  }
}

const ck_attention_table ck_attention_table_avx512_bf16 = {
    .name = "avx512bf16", .attend = attend, .rotate_store = rotate_store_bf16};
#pragma clang attribute pop
#endif
