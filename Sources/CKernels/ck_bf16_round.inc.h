// Rounding to bfloat16 as the hardware does it, in plain C.
#include <stdint.h>
#include <string.h>

static inline __attribute__((always_inline)) uint16_t brain(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t magnitude = bits & 0x7FFFFFFF;
  const uint32_t nearest = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  const uint32_t quiet = bits >> 16 | 0x40;
  const uint32_t zero = bits >> 16 & 0x8000;
  return (uint16_t)(magnitude > 0x7F800000 ? quiet : magnitude < 0x00800000 ? zero : nearest);
}
