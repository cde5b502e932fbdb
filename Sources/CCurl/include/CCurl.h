// libcurl, loaded when something is fetched: linking it would load thirty libraries at every start.
//
// Its calls are variadic, which Swift does not import, and its numbers are part of its binary interface, which has
// not changed since libcurl.so.4: so no header of it is needed. One transfer at a time, on the calling thread.
#ifndef CCURL_H
#define CCURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Loads the library and makes it ready; false where there is none that has all that is used here.
bool ccurl_load(void);

// What a transfer asks for. Texts may be NULL where nothing is meant.
struct ccurl_request {
  const char *url;
  const char *user;
  const char *password;
  const char *range;                       // a header line
  const char *condition;                   // a header line
  const void *certificates;                // PEM, in the place of the system's
  size_t certificates_size;
  int control;                             // a descriptor whose end ends the process
  uint32_t stall;                          // milliseconds without a byte that end it
  void *context;
  bool (*header)(void *context, const char *line, size_t size);
  bool (*body)(void *context, const char *bytes, size_t size);
};

// Why a transfer ended, besides libcurl's own numbers.
enum { ccurl_stalled = -1, ccurl_stopped = -2 };

struct ccurl_result {
  int code;                                // 0, a CURLcode, or one of the above
  long proxy_status;                       // of a proxy that was asked for a tunnel, 0 where there was none
  // Both belong to this library, until the next transfer.
  const char *text;                        // what went wrong, or empty
  const char *redirect;                    // where the response sends it on to, or empty
};

// Carries one transfer out. No redirect is followed, and no response but that of the server asked is given.
void ccurl_fetch(const struct ccurl_request *request, struct ccurl_result *result);

#endif
