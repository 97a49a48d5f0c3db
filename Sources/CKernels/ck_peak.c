// The loops that measure a machine; the header says what for.
//
// Sixteen chains of 512 bits (twelve of 256) hide the latency of four cycles at two instructions a cycle and leave
// registers for the operands.
#include "ck_peak.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define CK_UNROLL _Pragma("clang loop unroll(full)")

typedef struct {
  const char *name;
  double (*run)(size_t rounds, double *result);
} loop;

static double portable_f32(size_t rounds, double *result) {
  float sums[32], x = 0.5f, y = 1e-6f;
  for (int i = 0; i < 32; i++) sums[i] = (float)i;
  for (size_t round = 0; round < rounds; round++) {
    __asm__ volatile("" : "+m"(x), "+m"(y));
    for (int i = 0; i < 32; i++) sums[i] = sums[i] * x + y;
  }
  double total = 0;
  for (int i = 0; i < 32; i++) total += (double)sums[i];
  *result = total;
  return (double)rounds * 32 * 2;
}

static double portable_int8(size_t rounds, double *result) {
  int32_t sums[32] = {0};
  uint8_t x[32];
  int8_t y[32];
  for (int i = 0; i < 32; i++) x[i] = (uint8_t)i, y[i] = (int8_t)(i - 16);
  for (size_t round = 0; round < rounds; round++) {
    __asm__ volatile("" : "+m"(x), "+m"(y));
    for (int i = 0; i < 32; i++) sums[i] = (int32_t)((uint32_t)sums[i] + (uint32_t)(x[i] * y[i]));
  }
  double total = 0;
  for (int i = 0; i < 32; i++) total += sums[i];
  *result = total;
  return (double)rounds * 32 * 2;
}

uint64_t ck_peak_read_portable(const uint64_t *words, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) sum += words[i];
  return sum;
}

#if defined(__x86_64__)
#define CK_AVX2 __attribute__((target("avx2,fma")))
#define CK_AVX512 __attribute__((target("avx512f,avx512bw"), min_vector_width(512)))
#define CK_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni"), min_vector_width(512)))
#define CK_BF16 __attribute__((target("avx512f,avx512bw,avx512bf16"), min_vector_width(512)))

CK_AVX2 static double avx2_f32(size_t rounds, double *result) {
  __m256 sums[12], x = _mm256_set1_ps(0.5f), y = _mm256_set1_ps(1e-6f);
  CK_UNROLL for (int i = 0; i < 12; i++) sums[i] = _mm256_set1_ps((float)i);
  for (size_t round = 0; round < rounds; round++) {
    CK_UNROLL for (int i = 0; i < 12; i++) sums[i] = _mm256_fmadd_ps(sums[i], x, y);
  }
  float lanes[8];
  CK_UNROLL for (int i = 1; i < 12; i++) sums[0] = _mm256_add_ps(sums[0], sums[i]);
  _mm256_storeu_ps(lanes, sums[0]);
  *result = (double)lanes[0];
  return (double)rounds * 12 * 8 * 2;
}

// Without VNNI: bytes to words, words to double words, and an addition.
CK_AVX2 static double avx2_int8(size_t rounds, double *result) {
  __m256i sums[8], x = _mm256_set1_epi8(3), y = _mm256_set1_epi8(1);
  const __m256i ones = _mm256_set1_epi16(1);
  CK_UNROLL for (int i = 0; i < 8; i++) sums[i] = _mm256_set1_epi32(i);
  for (size_t round = 0; round < rounds; round++) {
    __asm__ volatile("" : "+x"(x), "+x"(y));
    CK_UNROLL for (int i = 0; i < 8; i++) {
      __m256i left = x;
      __asm__ volatile("" : "+x"(left));
      sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(_mm256_maddubs_epi16(left, y), ones));
    }
  }
  int32_t lanes[8];
  CK_UNROLL for (int i = 1; i < 8; i++) sums[0] = _mm256_add_epi32(sums[0], sums[i]);
  _mm256_storeu_si256((__m256i *)lanes, sums[0]);
  *result = lanes[0];
  return (double)rounds * 8 * 32 * 2;
}

CK_AVX2 static uint64_t read_avx2(const uint64_t *words, size_t count) {
  __m256i sums[4];
  CK_UNROLL for (int i = 0; i < 4; i++) sums[i] = _mm256_setzero_si256();
  size_t at = 0;
  for (; at + 16 <= count; at += 16) {
    CK_UNROLL for (int i = 0; i < 4; i++)
      sums[i] = _mm256_add_epi64(sums[i], _mm256_loadu_si256((const __m256i *)(words + at + 4 * i)));
  }
  uint64_t lanes[4];
  CK_UNROLL for (int i = 1; i < 4; i++) sums[0] = _mm256_add_epi64(sums[0], sums[i]);
  _mm256_storeu_si256((__m256i *)lanes, sums[0]);
  return lanes[0] + lanes[1] + lanes[2] + lanes[3] + ck_peak_read_portable(words + at, count - at);
}

CK_AVX512 static double avx512_f32(size_t rounds, double *result) {
  __m512 sums[16], x = _mm512_set1_ps(0.5f), y = _mm512_set1_ps(1e-6f);
  CK_UNROLL for (int i = 0; i < 16; i++) sums[i] = _mm512_set1_ps((float)i);
  for (size_t round = 0; round < rounds; round++) {
    CK_UNROLL for (int i = 0; i < 16; i++) sums[i] = _mm512_fmadd_ps(sums[i], x, y);
  }
  CK_UNROLL for (int i = 1; i < 16; i++) sums[0] = _mm512_add_ps(sums[0], sums[i]);
  *result = (double)_mm512_reduce_add_ps(sums[0]);
  return (double)rounds * 16 * 16 * 2;
}

CK_BF16 static double avx512_bf16(size_t rounds, double *result) {
  __m512 sums[16];
  __m512i x = _mm512_set1_epi32(0x3F003F00), y = _mm512_set1_epi32(0x3A803A80);
  CK_UNROLL for (int i = 0; i < 16; i++) sums[i] = _mm512_set1_ps((float)i);
  for (size_t round = 0; round < rounds; round++) {
    CK_UNROLL for (int i = 0; i < 16; i++) sums[i] = _mm512_dpbf16_ps(sums[i], (__m512bh)x, (__m512bh)y);
  }
  CK_UNROLL for (int i = 1; i < 16; i++) sums[0] = _mm512_add_ps(sums[0], sums[i]);
  *result = (double)_mm512_reduce_add_ps(sums[0]);
  return (double)rounds * 16 * 32 * 2;
}

CK_VNNI static double avx512_int8(size_t rounds, double *result) {
  __m512i sums[16], x = _mm512_set1_epi8(3), y = _mm512_set1_epi8(1);
  CK_UNROLL for (int i = 0; i < 16; i++) sums[i] = _mm512_set1_epi32(i);
  for (size_t round = 0; round < rounds; round++) {
    CK_UNROLL for (int i = 0; i < 16; i++) sums[i] = _mm512_dpbusd_epi32(sums[i], x, y);
  }
  CK_UNROLL for (int i = 1; i < 16; i++) sums[0] = _mm512_add_epi32(sums[0], sums[i]);
  *result = _mm512_reduce_add_epi32(sums[0]);
  return (double)rounds * 16 * 64 * 2;
}

CK_AVX512 static uint64_t read_avx512(const uint64_t *words, size_t count) {
  __m512i sums[4];
  CK_UNROLL for (int i = 0; i < 4; i++) sums[i] = _mm512_setzero_si512();
  size_t at = 0;
  for (; at + 32 <= count; at += 32) {
    CK_UNROLL for (int i = 0; i < 4; i++)
      sums[i] = _mm512_add_epi64(sums[i], _mm512_loadu_si512(words + at + 8 * i));
  }
  CK_UNROLL for (int i = 1; i < 4; i++) sums[0] = _mm512_add_epi64(sums[0], sums[i]);
  return (uint64_t)_mm512_reduce_add_epi64(sums[0]) + ck_peak_read_portable(words + at, count - at);
}
#endif

// The best loop of a kind on this machine.
static loop pick(ck_peak_kind kind) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const int has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
  const int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (kind == CK_PEAK_INT8) {
    if (has_avx512 && __builtin_cpu_supports("avx512vnni")) return (loop){"avx512vnni", avx512_int8};
    if (has_avx2) return (loop){"avx2", avx2_int8};
    return (loop){"portable", portable_int8};
  }
  if (kind == CK_PEAK_BF16 && has_avx512 && __builtin_cpu_supports("avx512bf16"))
    return (loop){"avx512bf16", avx512_bf16};
  if (has_avx512) return (loop){"avx512", avx512_f32};
  if (has_avx2) return (loop){"avx2", avx2_f32};
#endif
  if (kind == CK_PEAK_INT8) return (loop){"portable", portable_int8};
  return (loop){"portable", portable_f32};
}

double ck_peak_run(ck_peak_kind kind, size_t rounds, double *result) { return pick(kind).run(rounds, result); }

const char *ck_peak_name(ck_peak_kind kind) { return pick(kind).name; }

uint64_t ck_peak_read(const uint64_t *words, size_t count) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) return read_avx512(words, count);
  if (__builtin_cpu_supports("avx2")) return read_avx2(words, count);
#endif
  return ck_peak_read_portable(words, count);
}
