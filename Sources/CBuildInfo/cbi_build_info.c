#include "cbi_build_info.h"

#ifndef PERSRM_COMMIT
#define PERSRM_COMMIT "unknown"
#endif

const char *cbi_commit(void) { return PERSRM_COMMIT; }
