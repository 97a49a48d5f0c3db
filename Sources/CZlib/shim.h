/* The system's zlib, for the module Compression and no other. */
#include <zlib.h>
