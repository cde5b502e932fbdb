#define _GNU_SOURCE
#include "CCurl.h"

#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "LoadedLibrary.h"

// The types are those of <curl/multi.h>.
typedef void easy;
typedef void multi;
struct message {
  int kind;
  easy *transfer;
  union {
    void *pointer;
    int code;
  } data;
};
struct wait_descriptor {
  int fd;
  short events, revents;
};
struct list;
struct blob {
  const void *data;
  size_t size;
  unsigned flags;
};

enum { global_ssl = 1, message_done = 1, poll_in = 1, blob_copy = 1, net_rc_ignored = 0 };

// The kind of a value, in ten thousands, and a number (<curl/curl.h>, CURLOPTTYPE).
enum {
  option_error_buffer = 10010,
  option_write_data = 10001,
  option_write_function = 20011,
  option_url = 10002,
  option_no_progress = 43,
  option_user_agent = 10018,
  option_http_headers = 10023,
  option_header_data = 10029,
  option_header_function = 20079,
  option_netrc = 51,
  option_follow = 52,
  option_verify_peer = 64,
  option_verify_host = 81,
  option_connect_timeout = 78,
  option_buffer_size = 98,
  option_no_signal = 99,
  option_http_auth = 107,
  option_user = 10173,
  option_password = 10174,
  option_protocols = 181,
  option_keep_alive = 213,
  option_http09 = 285,
  option_certificates = 40309,
  option_suppress_connect_headers = 265,
};
enum { info_redirect_url = 0x100000 + 31, info_proxy_status = 0x200000 + 22 };
enum { auth_basic = 1, protocol_http = 1, protocol_https = 2 };

static struct {
  int (*global_init)(long flags);
  easy *(*easy_init)(void);
  void (*easy_cleanup)(easy *);
  int (*set)(easy *, int option, ...);
  int (*info)(easy *, int what, ...);
  const char *(*describe)(int code);
  struct list *(*append)(struct list *, const char *);
  void (*free_list)(struct list *);
  multi *(*multi_init)(void);
  int (*add)(multi *, easy *);
  int (*remove)(multi *, easy *);
  int (*perform)(multi *, int *running);
  int (*wait)(multi *, struct wait_descriptor *, unsigned count, int milliseconds, int *ready);
  struct message *(*read)(multi *, int *left);
  multi *shared;
} curl;

// As long as libcurl's own texts, and longer than the longest URL that is taken: what is cut off must not be one.
static char error_text[256];
static char redirect_text[8194];

CLB_LOADS("\"libcurl.so.4\",\"libcurl-gnutls.so.4\"", "urls", "Images from servers", "recommended")

static bool resolve(void *library) {
  const struct {
    void *place;
    const char *name;
  } symbols[] = {
      {&curl.global_init, "curl_global_init"},     {&curl.easy_init, "curl_easy_init"},
      {&curl.easy_cleanup, "curl_easy_cleanup"},   {&curl.set, "curl_easy_setopt"},
      {&curl.info, "curl_easy_getinfo"},           {&curl.describe, "curl_easy_strerror"},
      {&curl.append, "curl_slist_append"},         {&curl.free_list, "curl_slist_free_all"},
      {&curl.multi_init, "curl_multi_init"},       {&curl.add, "curl_multi_add_handle"},
      {&curl.remove, "curl_multi_remove_handle"},  {&curl.perform, "curl_multi_perform"},
      {&curl.wait, "curl_multi_poll"},             {&curl.read, "curl_multi_info_read"},
  };
  for (size_t index = 0; index < sizeof symbols / sizeof symbols[0]; index++) {
    void *symbol = dlsym(library, symbols[index].name);
    if (symbol == NULL) return false;
    // ISO C has no conversion between pointers to data and to functions; POSIX promises the same form.
    memcpy(symbols[index].place, &symbol, sizeof symbol);
  }
  return true;
}

bool ccurl_load(void) {
  static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
  for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
    void *library = dlopen(names[index], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) continue;
    if (!resolve(library) || curl.global_init(global_ssl) != 0) return false;
    // One for all transfers: it keeps connections.
    curl.shared = curl.multi_init();
    return curl.shared != NULL;
  }
  return false;
}

struct transfer {
  const struct ccurl_request *request;
  struct timespec last;
  bool is_stopped;
};

static void touch(struct transfer *transfer) { clock_gettime(CLOCK_MONOTONIC, &transfer->last); }

static bool is_stalled(const struct transfer *transfer) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t passed = (int64_t)(now.tv_sec - transfer->last.tv_sec) * 1000 +
                   (now.tv_nsec - transfer->last.tv_nsec) / 1000000;
  return passed >= transfer->request->stall;
}

static size_t take(
    struct transfer *transfer, bool (*to)(void *, const char *, size_t), const char *bytes, size_t size) {
  bool is_wanted = to(transfer->request->context, bytes, size);
  // What the reader takes its time for is not the server's fault.
  touch(transfer);
  if (!is_wanted) transfer->is_stopped = true;
  // Anything but the size ends the transfer.
  return is_wanted ? size : size + 1;
}

static size_t take_header(char *line, size_t one, size_t size, void *context) {
  (void)one;
  struct transfer *transfer = context;
  return take(transfer, transfer->request->header, line, size);
}

static size_t take_body(char *bytes, size_t one, size_t size, void *context) {
  (void)one;
  struct transfer *transfer = context;
  return take(transfer, transfer->request->body, bytes, size);
}

static struct list *headers_of(const struct ccurl_request *request) {
  struct list *headers = NULL;
  if (request->range != NULL) headers = curl.append(headers, request->range);
  if (request->condition != NULL) headers = curl.append(headers, request->condition);
  return headers;
}

// What must not fail is counted: a transfer without it is not begun.
static int prepare(easy *handle, struct transfer *transfer, struct list *headers) {
  const struct ccurl_request *request = transfer->request;
  int failures = 0;
  failures += curl.set(handle, option_error_buffer, error_text) != 0;
  failures += curl.set(handle, option_url, request->url) != 0;
  failures += curl.set(handle, option_protocols, (long)(protocol_http | protocol_https)) != 0;
  failures += curl.set(handle, option_follow, 0L) != 0;
  failures += curl.set(handle, option_verify_peer, 1L) != 0;
  failures += curl.set(handle, option_verify_host, 2L) != 0;
  failures += curl.set(handle, option_netrc, (long)net_rc_ignored) != 0;
  failures += curl.set(handle, option_no_signal, 1L) != 0;
  failures += curl.set(handle, option_no_progress, 1L) != 0;
  failures += curl.set(handle, option_http09, 0L) != 0;
  failures += curl.set(handle, option_connect_timeout, (long)(request->stall / 1000 + 1)) != 0;
  failures += curl.set(handle, option_user_agent, "burin") != 0;
  failures += curl.set(handle, option_http_headers, headers) != 0;
  failures += curl.set(handle, option_suppress_connect_headers, 1L) != 0;
  failures += curl.set(handle, option_header_function, take_header) != 0;
  failures += curl.set(handle, option_header_data, transfer) != 0;
  failures += curl.set(handle, option_write_function, take_body) != 0;
  failures += curl.set(handle, option_write_data, transfer) != 0;
  if (request->user != NULL) {
    failures += curl.set(handle, option_http_auth, (long)auth_basic) != 0;
    failures += curl.set(handle, option_user, request->user) != 0;
    failures += curl.set(handle, option_password, request->password) != 0;
  }
  if (request->certificates != NULL) {
    struct blob blob = {request->certificates, request->certificates_size, blob_copy};
    failures += curl.set(handle, option_certificates, &blob) != 0;
  }
  // Only for speed.
  curl.set(handle, option_buffer_size, 256L << 10);
  curl.set(handle, option_keep_alive, 1L);
  return failures;
}

static int carry_out(easy *handle, struct transfer *transfer) {
  struct wait_descriptor control = {transfer->request->control, poll_in, 0};
  touch(transfer);
  for (;;) {
    int running = 0, ready = 0, left = 0;
    if (curl.perform(curl.shared, &running) != 0) return ccurl_stopped;
    struct message *message = curl.read(curl.shared, &left);
    if (message != NULL && message->kind == message_done && message->transfer == handle)
      return transfer->is_stopped ? ccurl_stopped : message->data.code;
    if (is_stalled(transfer)) return ccurl_stalled;
    control.revents = 0;
    if (curl.wait(curl.shared, &control, 1, 200, &ready) != 0) return ccurl_stopped;
    // Nothing is said on it after the request: it has ended, and so has whoever wanted this. A thread that asks for a
    // name is not waited for, as libcurl would when it cleans up.
    struct pollfd end = {transfer->request->control, POLLIN, 0};
    if (poll(&end, 1, 0) != 0) _exit(1);
  }
}

void ccurl_fetch(const struct ccurl_request *request, struct ccurl_result *result) {
  error_text[0] = redirect_text[0] = 0;
  *result = (struct ccurl_result){.code = ccurl_stopped, .text = error_text, .redirect = redirect_text};
  easy *handle = curl.easy_init();
  if (handle == NULL) return;
  struct transfer transfer = {.request = request};
  struct list *headers = headers_of(request);
  if (prepare(handle, &transfer, headers) == 0 && curl.add(curl.shared, handle) == 0) {
    result->code = carry_out(handle, &transfer);
    curl.info(handle, info_proxy_status, &result->proxy_status);
    char *redirect = NULL;
    if (curl.info(handle, info_redirect_url, &redirect) == 0 && redirect != NULL)
      snprintf(redirect_text, sizeof redirect_text, "%s", redirect);
    curl.remove(curl.shared, handle);
  }
  if (error_text[0] == 0 && result->code > 0)
    snprintf(error_text, sizeof error_text, "%s", curl.describe(result->code));
  curl.free_list(headers);
  curl.easy_cleanup(handle);
}
