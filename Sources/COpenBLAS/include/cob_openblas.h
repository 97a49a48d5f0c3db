// OpenBLAS, loaded at run time.
//
// The library picks its kernels when it is loaded, and Debian's 0.3.21 takes recent AMD processors for Haswell, at
// half their speed. Only the environment variable OPENBLAS_CORETYPE changes its mind, and only before it is loaded:
// so it is not linked but opened here, after the variable is set.
#ifndef COB_OPENBLAS_H
#define COB_OPENBLAS_H

#include <stddef.h>

typedef enum {
  COB_OK = 0,
  COB_NO_LIBRARY = 1,  // libopenblas.so.0 cannot be opened
  COB_NO_SYMBOL = 2,   // the library lacks a function
} cob_status;

// Opens the library with AVX-512 kernels where `has_avx512`; an OPENBLAS_CORETYPE set by the user is kept. Later calls
// return the first one's result. Not safe beside threads that read the environment: call it early.
cob_status cob_load(int has_avx512);

// Why loading failed, or "".
const char *cob_error(void);

// The name of the kernels in use, such as "SkylakeX"; "" before a successful load.
const char *cob_core_name(void);

// Threads of one call. 1 inside a parallel region.
void cob_set_threads(int threads);

// C[m, n] = alpha * op(A) op(B) + beta * C, all row-major with the given strides; op transposes where its flag is not
// 0: op(A) is [m, k], so a transposed A is stored as [k, m]. Requires a successful load.
void cob_sgemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, float alpha, const float *a,
               size_t a_stride, const float *b, size_t b_stride, float beta, float *c, size_t c_stride);

#endif
