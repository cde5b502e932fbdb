// On x86 the library picks the widest vectors of the processor at run time, where it was built to;
// the header then renames the functions, which Swift does not see.
#if __has_include(<xxh_x86dispatch.h>) && defined(__x86_64__)
#include <xxh_x86dispatch.h>
static inline XXH128_hash_t cxxhash_128bits(const void *bytes, size_t count) {
  return XXH3_128bits_dispatch(bytes, count);
}
#else
#include <xxhash.h>
static inline XXH128_hash_t cxxhash_128bits(const void *bytes, size_t count) {
  return XXH3_128bits(bytes, count);
}
#endif
