// What was built: set by the package manifest from the checkout, so that only this file is compiled anew.
#ifndef CBI_BUILD_INFO_H
#define CBI_BUILD_INFO_H

// The commit, abbreviated, with "+" where the checkout had changes; "unknown" outside a checkout.
const char *cbi_commit(void);

#endif
