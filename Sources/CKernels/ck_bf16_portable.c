// The bfloat16 products for any processor.
#include "ck_bf16.h"
#include "ck_bf16_gemm.inc.h"

const ck_bf16_table ck_bf16_table_portable = {
    .name = "portable",
    .pack_rows = pack_rows,
    .pack_rows_transposed = pack_rows_transposed,
    .pack_columns = pack_columns,
    .pack_inner = pack_inner,
    .gemm = gemm,
};
