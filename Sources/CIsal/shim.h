#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

// The library's state has arrays of a size that Swift does not import; behind this name it is only a pointer.
struct cisal_inflater;

// A decoder of what lies between a gzip header and the end of the trailer; NULL where there is no memory.
static inline struct cisal_inflater *cisal_create(void) {
  return (struct cisal_inflater *)malloc(sizeof(struct inflate_state));
}

static inline void cisal_destroy(struct cisal_inflater *inflater) { free(inflater); }

// Begins a member: CRC32 and length of the trailer are checked, a header is not expected.
static inline void cisal_reset(struct cisal_inflater *inflater) {
  struct inflate_state *state = (struct inflate_state *)inflater;
  isal_inflate_init(state);
  state->crc_flag = ISAL_GZIP_NO_HDR_VER;
}

// Begins DEFLATE without a header, or zlib, whose header is expected and whose Adler-32 is checked.
static inline void cisal_reset_bare(struct cisal_inflater *inflater, bool is_zlib) {
  struct inflate_state *state = (struct inflate_state *)inflater;
  isal_inflate_init(state);
  state->crc_flag = is_zlib ? ISAL_ZLIB : ISAL_DEFLATE;
}

// Decodes; both counts are what there is, and afterwards what was used of it. Returns the library's status.
static inline int cisal_inflate(
    struct cisal_inflater *inflater, const uint8_t *input, uint32_t *input_count, uint8_t *output,
    uint32_t *output_count, bool *is_end) {
  struct inflate_state *state = (struct inflate_state *)inflater;
  // The library only reads what it was given.
  state->next_in = (uint8_t *)(uintptr_t)input;
  state->avail_in = *input_count;
  state->next_out = output;
  state->avail_out = *output_count;
  int status = isal_inflate(state);
  *input_count -= state->avail_in;
  *output_count -= state->avail_out;
  *is_end = status == ISAL_DECOMP_OK && state->block_state == ISAL_BLOCK_FINISH;
  return status;
}
