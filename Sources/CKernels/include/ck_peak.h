// What this machine can do at best: loops that only multiply and add in registers, and one that only reads.
//
// They compute nothing of use. Benchmarks time them, so that a kernel's speed can be said as a share of a limit that
// was measured on the same machine in the same minute, not of a number from a data sheet.
#ifndef CK_PEAK_H
#define CK_PEAK_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
  CK_PEAK_F32 = 0,   // fused multiply-adds of float32
  CK_PEAK_BF16 = 1,  // dot products of bfloat16 into float32; where there are none, the loop of CK_PEAK_F32
  CK_PEAK_INT8 = 2,  // dot products of unsigned with signed bytes into 32 bits, by whatever instructions there are
} ck_peak_kind;

// Runs `rounds` rounds and returns how many operations that were, multiplications and additions counted singly. What
// was computed goes to `result`, so that no compiler can leave it out.
double ck_peak_run(ck_peak_kind kind, size_t rounds, double *result);

// The instructions the loop of a kind uses on this machine, such as "avx512vnni".
const char *ck_peak_name(ck_peak_kind kind);

// Reads `count` 64-bit words front to back; returns their sum modulo 2^64.
uint64_t ck_peak_read(const uint64_t *words, size_t count);
// The same, one word at a time: the twin that tests hold it to.
uint64_t ck_peak_read_portable(const uint64_t *words, size_t count);

#endif
