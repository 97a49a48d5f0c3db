// The loader of OpenBLAS; the header says why.
#include "cob_openblas.h"

#include <dlfcn.h>
#include <stdlib.h>

typedef void (*sgemm_function)(int, int, int, int, int, int, float, const float *, int, const float *, int, float,
                               float *, int);

static struct {
  int tried;
  cob_status status;
  const char *error;
  sgemm_function sgemm;
  void (*set_threads)(int);
  char *(*core_name)(void);
} library = {0, COB_NO_LIBRARY, "", NULL, NULL, NULL};

cob_status cob_load(int has_avx512) {
  if (library.tried) return library.status;
  library.tried = 1;
  if (has_avx512) setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
  void *handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) handle = dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) {
    const char *reason = dlerror();
    library.error = reason ? reason : "cannot be opened";
    return library.status = COB_NO_LIBRARY;
  }
  library.sgemm = (sgemm_function)dlsym(handle, "cblas_sgemm");
  library.set_threads = (void (*)(int))dlsym(handle, "openblas_set_num_threads");
  library.core_name = (char *(*)(void))dlsym(handle, "openblas_get_corename");
  if (!library.sgemm || !library.set_threads || !library.core_name) {
    library.error = "not an OpenBLAS: cblas_sgemm, openblas_set_num_threads or openblas_get_corename is missing";
    return library.status = COB_NO_SYMBOL;
  }
  return library.status = COB_OK;
}

const char *cob_error(void) { return library.error; }

const char *cob_core_name(void) { return library.status == COB_OK ? library.core_name() : ""; }

void cob_set_threads(int threads) {
  if (library.status == COB_OK) library.set_threads(threads);
}

void cob_sgemm(int transpose_a, int transpose_b, size_t m, size_t n, size_t k, float alpha, const float *a,
               size_t a_stride, const float *b, size_t b_stride, float beta, float *c, size_t c_stride) {
  const int row_major = 101, no_transpose = 111, transpose = 112;
  library.sgemm(row_major, transpose_a ? transpose : no_transpose, transpose_b ? transpose : no_transpose, (int)m,
                (int)n, (int)k, alpha, a, (int)a_stride, b, (int)b_stride, beta, c, (int)c_stride);
}
