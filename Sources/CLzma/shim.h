#include <lzma.h>

// Swift does not see macros that call other macros.
static const uint32_t clzma_flags = LZMA_TELL_NO_CHECK | LZMA_TELL_UNSUPPORTED_CHECK;
