// Attention over a key-value cache of bfloat16, or of 8-bit integers with a scale for each token and head.
//
// A query row walks its context in chunks of 64 positions and keeps a reference m, a running sum l and an unnormalised
// weighted sum of values, both relative to 2^m (online softmax, Milakov and Gimelshein 2018, arXiv:1805.02867). The
// reference is the running maximum, or follows it once it has fallen far behind, which spares most chunks the
// rescaling. What a chunk does to a row's state depends on the row and the chunk alone, and chunks come in order of
// position. So a walk can stop after any chunk and go on in another call, with other rows beside it: rows of several
// sequences that share a prefix walk it together, each then its own rest, to the same bits as alone. A chunk of which a
// row sees nothing leaves its state as it is, to the bit.
//
// Within an instruction set results are reproducible to the bit; between them they differ by rounding, as the
// hardware's bfloat16 dot product rounds differently from fused multiply-adds.
#ifndef CK_ATTENTION_H
#define CK_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

// Positions of one block of the cache, and of one chunk.
#define CK_KV_BLOCK 16
#define CK_KV_CHUNK_BLOCKS 4
// Rows of one call at most.
#define CK_KV_ROWS_MAX 6
// Bfloat16 elements of one head's keys in a block: [head_dim / 2][16 positions][2]. Values are
// [8 pairs of positions][head_dim rounded up to 16][2].
#define CK_KV_KEY_ELEMENTS(head_dim) ((size_t)(head_dim) * 16)
#define CK_KV_VALUE_WIDTH(head_dim) (((size_t)(head_dim) + 15) / 16 * 16)
#define CK_KV_VALUE_ELEMENTS(head_dim) (CK_KV_VALUE_WIDTH(head_dim) * 16)
// The 8-bit cache. A head's part of a block is its keys as [head_dim / 4][16 positions][4] bytes, its values as [4
// quads of positions][head_dim rounded up to 16][4] bytes, then float32 scales of 16 keys and of 16 values; keys have
// an offset of 128. Queries are 16-bit integers with one scale, kept as two 8-bit digits; so a score is an exact
// integer times two scales. Weights of a chunk, each times its value's scale, become 16-bit integers relative to their
// largest, and their products with the values are exact integers too. The head's width is a multiple of 4, at most 256.
#define CK_KV8_KEY_BYTES(head_dim) ((size_t)(head_dim) * 16)
#define CK_KV8_VALUE_BYTES(head_dim) (CK_KV_VALUE_WIDTH(head_dim) * 16)
#define CK_KV8_HEAD_BYTES(head_dim) (CK_KV8_KEY_BYTES(head_dim) + CK_KV8_VALUE_BYTES(head_dim) + 128)
// 16-bit elements of one query row: two digits a feature, a float32 scale and the int32 sum of its steps.
#define CK_KV8_QUERY_ELEMENTS(head_dim) ((size_t)(head_dim) + 4)
// Steps of two digits to either side of 0.
#define CK_KV8_STEPS 32639.0f
// Steps of a weight: two digits from 0 up.
#define CK_KV8_WEIGHT_STEPS 65535.0f

// Floats of one row's state: m in the first of 16, then 16 partial sums of l, then the values.
#define CK_KV_STATE_FLOATS(head_dim) (32 + CK_KV_VALUE_WIDTH(head_dim))

typedef struct {
  const uint16_t *queries;   // scaled by log2(e) / sqrt(head_dim), row r at query_at[r]; or as the 8-bit cache has them
  const size_t *query_at;
  const int32_t *lengths;    // positions row r sees
  size_t rows;               // 1...6
  const uint16_t *pool;      // the cache
  const int32_t *blocks;     // the sequence's block numbers, from position 0 on
  size_t block_stride, key_at, value_at;  // in elements
  size_t head_dim;           // even
  size_t first_block, last_block;         // the part to walk; starts at a chunk
  int begins, ends;          // whether the state is fresh, and whether to write the result
  float *states;             // row r at state_at[r]
  const size_t *state_at;
  float *out;                // row r at out_at[r], head_dim floats
  const size_t *out_at;
} ck_attention_call;

typedef struct {
  const char *name;
  void (*attend)(const ck_attention_call *call);

  // Rotates one token's queries and keys, writes the queries as bfloat16, scaled, and stores keys and values.
  // heads: [query_heads + 2 * kv_heads, head_dim] floats; cosines, sines: [head_dim / 2]; block: the token's block of
  // this layer, heads head_stride elements apart; slot: 0...15.
  void (*rotate_store)(const float *heads, size_t query_heads, size_t kv_heads, size_t head_dim, const float *cosines,
                       const float *sines, float scale, uint16_t *queries, uint16_t *block, size_t head_stride,
                       size_t slot);
} ck_attention_table;

typedef enum { CK_ATTENTION_PORTABLE = 0, CK_ATTENTION_AVX2 = 1, CK_ATTENTION_AVX512_BF16 = 2 } ck_attention_isa;

// The kernels of an instruction set, or NULL where this machine lacks it; `is_8bit` for the 8-bit cache.
const ck_attention_table *ck_attention_kernels(ck_attention_isa isa, int is_8bit);

extern const ck_attention_table ck_attention_table_portable, ck_attention8_table_portable;
#if defined(__x86_64__)
extern const ck_attention_table ck_attention8_table_avx2, ck_attention8_table_avx512;
extern const ck_attention_table ck_attention_table_avx2;
extern const ck_attention_table ck_attention_table_avx512_bf16;
#endif

#endif
