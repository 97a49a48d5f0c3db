// The bfloat16 products with AVX2 and FMA, for processors without a bfloat16 dot product.
#include "ck_bf16.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "ck_bf16_gemm.inc.h"

const ck_bf16_table ck_bf16_table_avx2 = {
    .name = "avx2",
    .pack_rows = pack_rows,
    .pack_rows_transposed = pack_rows_transposed,
    .pack_columns = pack_columns,
    .pack_inner = pack_inner,
    .gemm = gemm,
};
#pragma clang attribute pop
#endif
