// What both caches' attention has in common on AVX-512: powers of two, and a softmax whose reference lags.
//
// Included after immintrin.h and string.h, inside the pragma that sets the target.

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

// Minus infinity for the positions of a chunk that a row does not see; `seen` is how many it does.
CK_INLINE void hide(__m512 score[VECTORS], int32_t seen) {
  const __m512 lowest = _mm512_set1_ps(-__builtin_inff());
  CK_UNROLL for (int v = 0; v < VECTORS; v++) {
    const int32_t here = seen - v * 16;
    const __mmask16 mask = here >= 16 ? 0xFFFF : here <= 0 ? 0 : (__mmask16)((1u << here) - 1);
    score[v] = _mm512_mask_mov_ps(lowest, mask, score[v]);
  }
}

// The reference of a row for a chunk of scores, moved up where they have risen too far above it.
CK_INLINE __m512 reference(float *state, size_t width, const __m512 score[VECTORS]) {
  const __m512 top = _mm512_max_ps(_mm512_max_ps(score[0], score[1]), _mm512_max_ps(score[2], score[3]));
  if (__builtin_expect(_mm512_cmp_ps_mask(top, _mm512_set1_ps(state[0] + RISE_MAX), _CMP_GT_OQ) != 0, 0))
    raise(state, width, top);
  return _mm512_set1_ps(state[0]);
}

// Fresh states where a walk begins; the longest row.
CK_INLINE int32_t begin(const int rows, const ck_attention_call *c) {
  int32_t longest = 0;
  CK_UNROLL for (int r = 0; r < rows; r++) {
    if (c->lengths[r] > longest) longest = c->lengths[r];
    if (c->begins) {
      float *state = c->states + c->state_at[r];
      state[0] = -__builtin_inff();
      memset(state + 16, 0, (16 + CK_KV_VALUE_WIDTH(c->head_dim)) * sizeof(float));
    }
  }
  return longest;
}

// The results where a walk ends: values over the sum of weights.
CK_INLINE void end(const int rows, const ck_attention_call *c) {
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

// The blocks of a chunk, and those of the next, which are fetched meanwhile: blocks are pages, where the processor's
// own prefetching stops. Behind the end the first block stands in: its scores are hidden, its weights 0.
CK_INLINE size_t chunk_blocks(const ck_attention_call *c, size_t block, const uint16_t *blocks[VECTORS],
                              const uint16_t *ahead[VECTORS]) {
  const size_t left = c->last_block - block;
  const size_t count = left < VECTORS ? left : VECTORS;
  CK_UNROLL for (size_t b = 0; b < VECTORS; b++) {
    const size_t here = b < count ? block + b : block;
    const size_t later = here + VECTORS < c->last_block ? here + VECTORS : here;
    blocks[b] = c->pool + (size_t)c->blocks[here] * c->block_stride;
    ahead[b] = c->pool + (size_t)c->blocks[later] * c->block_stride;
  }
  return count;
}

// Defines one function for each number of rows, and `attend`, which picks; `chunk` does one chunk.
#define CK_ATTEND_ROWS(R)                                                                                         \
  static __attribute__((noinline)) void attend_##R(const ck_attention_call *c) {                                  \
    const int32_t longest = begin(R, c);                                                                          \
    for (size_t b = c->first_block; b < c->last_block && (int32_t)(b * 16) < longest; b += VECTORS) chunk(R, c, b); \
    end(R, c);                                                                                                    \
  }
#define CK_ATTEND                                                                                                 \
  CK_ATTEND_ROWS(1)                                                                                               \
  CK_ATTEND_ROWS(2)                                                                                               \
  CK_ATTEND_ROWS(3)                                                                                               \
  CK_ATTEND_ROWS(4)                                                                                               \
  CK_ATTEND_ROWS(5)                                                                                               \
  CK_ATTEND_ROWS(6)                                                                                               \
  static void attend(const ck_attention_call *c) {                                                                \
    switch (c->rows) {                                                                                            \
      case 1: attend_1(c); break;                                                                                 \
      case 2: attend_2(c); break;                                                                                 \
      case 3: attend_3(c); break;                                                                                 \
      case 4: attend_4(c); break;                                                                                 \
      case 5: attend_5(c); break;                                                                                 \
      case 6: attend_6(c); break;                                                                                 \
    }                                                                                                             \
  }
