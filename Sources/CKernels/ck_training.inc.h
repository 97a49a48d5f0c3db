// The kernels of training of one instruction set, which includes this file as `ck_vector.inc.h` explains.
#include "ck_vector.inc.h"

#include "ck_packed_attention.inc.h"
#include "ck_row_gradients.inc.h"

const ck_training_table CK(ck_training_table) = {
    .name = CK_NAME,
    .rms_norm_keep = CK(rms_norm_keep),
    .rms_norm_gradient = CK(rms_norm_gradient),
    .rope_gradient = CK(rope_gradient),
    .silu_multiply_gradient = CK(silu_multiply_gradient),
    .add_scaled = CK(add_scaled),
    .softmax_sums = CK(softmax_sums),
    .softmax_gradient = CK(softmax_gradient),
};
