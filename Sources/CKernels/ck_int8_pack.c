// Packing: from stored weights to the panels that the integer products read, and back.
#include <string.h>

#include "ck_int8.h"

typedef struct {
  int bits;        // of an integer
  int offset;      // subtracted from it
  int has_minimum;
  int is_wide;     // scales and minima are float32, not float16
} format_facts;

static const format_facts facts[CK_Q_FORMATS] = {
    {4, 8, 0, 0}, {4, 0, 1, 0}, {4, 0, 1, 1}, {5, 16, 0, 0}, {5, 0, 1, 0}, {5, 0, 1, 1}, {8, 128, 0, 0},
};

static size_t code_bytes(const format_facts *f) {
  return f->bits == 4 ? 512 : f->bits == 5 ? 512 + 128 : 1024;
}

static size_t scale_bytes(const format_facts *f) { return f->is_wide ? 128 : 64; }

size_t ck_q_block_bytes(ck_q_format format) {
  const format_facts *f = &facts[format];
  return code_bytes(f) + scale_bytes(f) * (f->has_minimum ? 2 : 1);
}

ck_q_format ck_q_format_of(ck_q_source source) {
  switch (source) {
    case CK_SRC_Q4_0: return CK_Q_U4;
    case CK_SRC_Q4_1: return CK_Q_U4_MIN;
    case CK_SRC_Q5_0: return CK_Q_U5;
    case CK_SRC_Q5_1: return CK_Q_U5_MIN;
    case CK_SRC_Q8_0: return CK_Q_U8;
    case CK_SRC_Q4_K: return CK_Q_U4_MIN_WIDE;
    case CK_SRC_Q5_K: return CK_Q_U5_MIN_WIDE;
  }
  return CK_Q_U8;
}

static float half_to_float(uint16_t bits) {
  const uint32_t magnitude = (uint32_t)(bits & 0x7FFF) << 13;
  float value;
  memcpy(&value, &magnitude, sizeof value);
  value *= 0x1p112f;
  uint32_t out;
  memcpy(&out, &value, sizeof out);
  if ((bits & 0x7C00) == 0x7C00) out |= 0x7F800000;
  out |= (uint32_t)(bits & 0x8000) << 16;
  memcpy(&value, &out, sizeof value);
  return value;
}

// Rounds to the nearest half, ties to even; for magnitudes a half can hold.
static uint16_t float_to_half(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  bits &= 0x7FFFFFFF;
  if (bits < 0x38800000) {  // below the smallest normal half: a multiple of 2^-24
    float magnitude;
    memcpy(&magnitude, &bits, sizeof magnitude);
    return sign | (uint16_t)__builtin_rintf(magnitude * 0x1p24f);
  }
  const uint32_t rounded = bits + 0xFFF + (bits >> 13 & 1);
  return sign | (uint16_t)((rounded - 0x38000000) >> 13);
}

static uint16_t load16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t load32(const uint8_t *p) { return load16(p) | (uint32_t)load16(p + 2) << 16; }

// Where the bytes of quad `quad` (0...7; 0...3 where nibbles share a byte) of a feature lie in a block.
static size_t quad_offset(size_t quad, size_t feature) { return (quad * 2 + feature / 16) * 64 + feature % 16 * 4; }

static void store_scale(const format_facts *f, uint8_t *block, int which, size_t feature, float value, uint16_t half) {
  uint8_t *at = block + code_bytes(f) + (size_t)which * scale_bytes(f);
  if (f->is_wide)
    memcpy(at + feature * 4, &value, 4);
  else
    memcpy(at + feature * 2, &half, 2);
}

// Nibbles of elements j (low) and j + 16 (high) of a block, j = 0...15: just the order of Q4_0 and Q5_0.
static void store_nibbles(const uint8_t *nibbles, size_t feature, uint8_t *block) {
  for (size_t quad = 0; quad < 4; quad++) memcpy(block + quad_offset(quad, feature), nibbles + quad * 4, 4);
}

// Fifth bits of the 32 elements of a block.
static void store_fifths(uint32_t fifths, size_t feature, uint8_t *block) {
  for (size_t quad = 0; quad < 8; quad++) {
    uint8_t *word = block + 512 + (quad * 2 + feature / 16) * 8 + feature % 16 / 2;
    const int shift = feature % 2 ? 4 : 0;
    *word = (uint8_t)((*word & ~(15 << shift)) | (int)(fifths >> (quad * 4) & 15) << shift);
  }
}

static void store_bytes(const uint8_t *codes, size_t feature, uint8_t *block) {
  for (size_t quad = 0; quad < 8; quad++) memcpy(block + quad_offset(quad, feature), codes + quad * 4, 4);
}

static int is_finite_half(uint16_t bits) { return (bits & 0x7C00) != 0x7C00; }

// The 6-bit scale and minimum of one of the eight sub-blocks of a K-quant block.
static void scale_and_minimum(const uint8_t *packed, int index, int *scale, int *minimum) {
  if (index < 4) {
    *scale = packed[index] & 63;
    *minimum = packed[index + 4] & 63;
  } else {
    *scale = (packed[index + 4] & 15) | (packed[index - 4] >> 6) << 4;
    *minimum = packed[index + 4] >> 4 | (packed[index] >> 6) << 4;
  }
}

// Q4_K and Q5_K: eight sub-blocks of 32 in a stored block of 256.
static int pack_k(const format_facts *f, const uint8_t *stored, size_t feature, uint8_t *blocks, size_t stride) {
  const uint16_t d = load16(stored), m = load16(stored + 2);
  const uint8_t *fifths = stored + 16, *runs = stored + (f->bits == 5 ? 48 : 16);
  for (int sub = 0; sub < 8; sub++) {
    uint8_t *block = blocks + (size_t)sub * stride;
    int scale, minimum;
    scale_and_minimum(stored + 4, sub, &scale, &minimum);
    const uint8_t *run = runs + 32 * (sub / 2);
    const int shift = sub % 2 * 4;
    uint8_t nibbles[16];
    for (int j = 0; j < 16; j++)
      nibbles[j] = (uint8_t)((run[j] >> shift & 15) | (run[j + 16] >> shift & 15) << 4);
    store_nibbles(nibbles, feature, block);
    if (f->bits == 5) {
      uint32_t bits = 0;
      for (int j = 0; j < 32; j++) bits |= (uint32_t)(fifths[j] >> sub & 1) << j;
      store_fifths(bits, feature, block);
    }
    store_scale(f, block, 0, feature, half_to_float(d) * (float)scale, 0);
    store_scale(f, block, 1, feature, -(half_to_float(m) * (float)minimum), 0);
  }
  return is_finite_half(d) && is_finite_half(m);
}

int ck_q_pack_stored(ck_q_source source, const uint8_t *row, size_t inner, size_t feature, uint8_t *panel) {
  const ck_q_format format = ck_q_format_of(source);
  const format_facts *f = &facts[format];
  const size_t stride = ck_q_block_bytes(format);
  int finite = 1;
  for (size_t b = 0; b < inner / 32; b++) {
    uint8_t *block = panel + b * stride;
    switch (source) {
      case CK_SRC_Q4_0:
        store_nibbles(row + b * 18 + 2, feature, block);
        store_scale(f, block, 0, feature, 0, load16(row + b * 18));
        finite &= is_finite_half(load16(row + b * 18));
        break;
      case CK_SRC_Q4_1:
        store_nibbles(row + b * 20 + 4, feature, block);
        store_scale(f, block, 0, feature, 0, load16(row + b * 20));
        store_scale(f, block, 1, feature, 0, load16(row + b * 20 + 2));
        finite &= is_finite_half(load16(row + b * 20)) & is_finite_half(load16(row + b * 20 + 2));
        break;
      case CK_SRC_Q5_0:
        store_nibbles(row + b * 22 + 6, feature, block);
        store_fifths(load32(row + b * 22 + 2), feature, block);
        store_scale(f, block, 0, feature, 0, load16(row + b * 22));
        finite &= is_finite_half(load16(row + b * 22));
        break;
      case CK_SRC_Q5_1:
        store_nibbles(row + b * 24 + 8, feature, block);
        store_fifths(load32(row + b * 24 + 4), feature, block);
        store_scale(f, block, 0, feature, 0, load16(row + b * 24));
        store_scale(f, block, 1, feature, 0, load16(row + b * 24 + 2));
        finite &= is_finite_half(load16(row + b * 24)) & is_finite_half(load16(row + b * 24 + 2));
        break;
      case CK_SRC_Q8_0: {
        uint8_t codes[32];
        for (int j = 0; j < 32; j++) codes[j] = row[b * 34 + 2 + (size_t)j] ^ 0x80;
        store_bytes(codes, feature, block);
        store_scale(f, block, 0, feature, 0, load16(row + b * 34));
        finite &= is_finite_half(load16(row + b * 34));
        break;
      }
      case CK_SRC_Q4_K:
      case CK_SRC_Q5_K:
        if (b % 8 == 0)
          finite &= pack_k(f, row + b / 8 * (source == CK_SRC_Q4_K ? 144 : 176), feature, block, stride);
        break;
    }
  }
  return finite;
}

// The nearest of the integers -127...127 to x / scale, ties to even, plus 128. Written so that compilers compute
// several at once: adding and subtracting 1.5 * 2^23 rounds, as a float that large has no fraction.
static void quantise_block(const float *x, float scale, uint8_t *codes) {
  int32_t steps[32];
  for (int j = 0; j < 32; j++) {
    const float rounded = x[j] / scale + 12582912.0f - 12582912.0f;
    const float low = rounded < -127 ? -127 : rounded;
    steps[j] = (int32_t)(low > 127 ? 127 : low) + 128;
  }
  for (int j = 0; j < 32; j++) codes[j] = (uint8_t)steps[j];
}

// The bits of the largest magnitude: integers in the order of the floats, infinity and what is no number on top.
static int32_t largest_magnitude(const float *x) {
  int32_t largest = 0;
  for (int j = 0; j < 32; j++) {
    int32_t bits;
    memcpy(&bits, x + j, sizeof bits);
    bits &= 0x7FFFFFFF;
    largest = bits > largest ? bits : largest;
  }
  return largest;
}

int ck_q_pack_floats(const float *row, size_t inner, size_t feature, uint8_t *panel) {
  const format_facts *f = &facts[CK_Q_U8];
  const size_t stride = ck_q_block_bytes(CK_Q_U8);
  int finite = 1;
  for (size_t first = 0; first < inner; first += 32, panel += stride) {
    float padded[32] = {0};
    const float *block = row + first;
    if (inner - first < 32) {
      memcpy(padded, block, (inner - first) * sizeof *row);
      block = padded;
    }
    const int32_t bits = largest_magnitude(block);
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    // The scale is rounded first, so that the integers fit the one that is stored.
    const uint16_t half = largest / 127 < 65504 ? float_to_half(largest / 127) : 0x7C00;
    const float scale = half_to_float(half);
    finite &= bits < 0x7F800000 && is_finite_half(half);
    uint8_t codes[32];
    if (finite && scale > 0)
      quantise_block(block, scale, codes);
    else
      memset(codes, 128, sizeof codes);
    store_bytes(codes, feature, panel);
    store_scale(f, panel, 0, feature, 0, half);
  }
  return finite;
}

void ck_q_unpack(ck_q_format format, const uint8_t *panel, size_t inner, size_t feature, float *row) {
  const format_facts *f = &facts[format];
  const size_t stride = ck_q_block_bytes(format);
  for (size_t k = 0; k < inner; k++) {
    const uint8_t *block = panel + k / 32 * stride;
    const size_t quad = k % 32 / 4;
    int code;
    if (f->bits == 8) {
      code = block[quad_offset(quad, feature) + k % 4];
    } else {
      code = block[quad_offset(quad % 4, feature) + k % 4] >> (quad / 4 * 4) & 15;
      if (f->bits == 5) {
        const uint8_t word = block[512 + (quad * 2 + feature / 16) * 8 + feature % 16 / 2];
        code |= (word >> ((feature % 2 ? 4 : 0) + k % 4) & 1) << 4;
      }
    }
    const uint8_t *scales = block + code_bytes(f), *minima = scales + scale_bytes(f);
    float scale, minimum = 0;
    if (f->is_wide) {
      memcpy(&scale, scales + feature * 4, 4);
      if (f->has_minimum) memcpy(&minimum, minima + feature * 4, 4);
    } else {
      scale = half_to_float(load16(scales + feature * 2));
      if (f->has_minimum) minimum = half_to_float(load16(minima + feature * 2));
    }
    // As the stored formats are defined: a product, then a sum, each rounded.
    const float product = scale * (float)(code - f->offset);
    row[k] = f->has_minimum ? product + minimum : product;
  }
}
