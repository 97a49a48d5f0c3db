/* The system's libcrypto, for the module Digests and no other. */
#include <openssl/evp.h>
