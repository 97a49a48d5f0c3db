// The kernels of training of one instruction set, which includes this file as `ck_vector.inc.h` explains.
#include "ck_vector.inc.h"

#include "ck_packed_attention.inc.h"

const ck_training_table CK(ck_training_table) = {
    .name = CK_NAME,
    .pack_columns = CK(pack_columns),
    .pack_rows = CK(pack_rows),
    .attend = CK(attend),
    .attend_backward = CK(attend_backward),
};
