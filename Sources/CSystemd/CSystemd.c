#include "CSystemd.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "LoadedLibrary.h"

// Every function of the library that is called.
#define FUNCTIONS(with)                                                                                                \
  with(sd_bus_open_system) with(sd_bus_new) with(sd_bus_set_address) with(sd_bus_set_fd) with(sd_bus_set_bus_client)   \
  with(sd_bus_negotiate_fds) with(sd_bus_start) with(sd_bus_close_unref) with(sd_bus_send) with(sd_bus_process)        \
  with(sd_bus_wait) with(sd_bus_message_new_method_call) with(sd_bus_message_unref)                                    \
  with(sd_bus_message_get_reply_cookie) with(sd_bus_message_get_error) with(sd_bus_message_is_method_error)            \
  with(sd_bus_message_set_allow_interactive_authorization) with(sd_bus_message_append_basic)                           \
  with(sd_bus_message_open_container) with(sd_bus_message_close_container) with(sd_bus_message_read_basic)             \
  with(sd_bus_message_read_array) with(sd_bus_message_enter_container) with(sd_pid_get_session)

#define MEMBER(name) __typeof__(name) *name;
static struct { FUNCTIONS(MEMBER) } library;
static bool is_complete;

CLB_LOADS("\"libsystemd.so.0\"", "bus", "Calls to logind, UDisks2 and desktops", "required")

static void load(void) {
  void *opened = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
  if (opened == NULL) return;
  void *found;
  // ISO C has no conversion between pointers to data and to functions; POSIX promises the same form.
#define RESOLVE(name)                                                                                                  \
  if ((found = dlsym(opened, #name)) == NULL) return;                                                                  \
  memcpy(&library.name, &found, sizeof found);
  FUNCTIONS(RESOLVE)
  is_complete = true;
}

static bool is_there(void) {
  static pthread_once_t is_loaded = PTHREAD_ONCE_INIT;
  pthread_once(&is_loaded, load);
  return is_complete;
}

// Hidden: another library that brings libsystemd in means that one.
#define HERE __attribute__((visibility("hidden")))
#define CALL(name, ...) return is_there() ? library.name(__VA_ARGS__) : -ENOPKG
// What has a connection or a message has the library.
#define OBJECT(name, ...) return is_there() ? library.name(__VA_ARGS__) : NULL

HERE int sd_bus_open_system(sd_bus **bus) { CALL(sd_bus_open_system, bus); }

HERE int sd_bus_new(sd_bus **bus) { CALL(sd_bus_new, bus); }

HERE int sd_bus_set_address(sd_bus *bus, const char *address) { CALL(sd_bus_set_address, bus, address); }

HERE int sd_bus_set_fd(sd_bus *bus, int input, int output) { CALL(sd_bus_set_fd, bus, input, output); }

HERE int sd_bus_set_bus_client(sd_bus *bus, int is_client) { CALL(sd_bus_set_bus_client, bus, is_client); }

HERE int sd_bus_negotiate_fds(sd_bus *bus, int wanted) { CALL(sd_bus_negotiate_fds, bus, wanted); }

HERE int sd_bus_start(sd_bus *bus) { CALL(sd_bus_start, bus); }

HERE sd_bus *sd_bus_close_unref(sd_bus *bus) { OBJECT(sd_bus_close_unref, bus); }

HERE int sd_bus_send(sd_bus *bus, sd_bus_message *message, uint64_t *cookie) {
  CALL(sd_bus_send, bus, message, cookie);
}

HERE int sd_bus_process(sd_bus *bus, sd_bus_message **message) { CALL(sd_bus_process, bus, message); }

HERE int sd_bus_wait(sd_bus *bus, uint64_t microseconds) { CALL(sd_bus_wait, bus, microseconds); }

HERE int sd_bus_message_new_method_call(
    sd_bus *bus, sd_bus_message **message, const char *destination, const char *path, const char *interface,
    const char *member) {
  CALL(sd_bus_message_new_method_call, bus, message, destination, path, interface, member);
}

HERE sd_bus_message *sd_bus_message_unref(sd_bus_message *message) { OBJECT(sd_bus_message_unref, message); }

HERE int sd_bus_message_get_reply_cookie(sd_bus_message *message, uint64_t *cookie) {
  CALL(sd_bus_message_get_reply_cookie, message, cookie);
}

HERE const sd_bus_error *sd_bus_message_get_error(sd_bus_message *message) {
  OBJECT(sd_bus_message_get_error, message);
}

HERE int sd_bus_message_is_method_error(sd_bus_message *message, const char *name) {
  CALL(sd_bus_message_is_method_error, message, name);
}

HERE int sd_bus_message_set_allow_interactive_authorization(sd_bus_message *message, int allowed) {
  CALL(sd_bus_message_set_allow_interactive_authorization, message, allowed);
}

HERE int sd_bus_message_append_basic(sd_bus_message *message, char type, const void *value) {
  CALL(sd_bus_message_append_basic, message, type, value);
}

HERE int sd_bus_message_open_container(sd_bus_message *message, char type, const char *contents) {
  CALL(sd_bus_message_open_container, message, type, contents);
}

HERE int sd_bus_message_close_container(sd_bus_message *message) { CALL(sd_bus_message_close_container, message); }

HERE int sd_bus_message_read_basic(sd_bus_message *message, char type, void *value) {
  CALL(sd_bus_message_read_basic, message, type, value);
}

HERE int sd_bus_message_read_array(sd_bus_message *message, char type, const void **bytes, size_t *count) {
  CALL(sd_bus_message_read_array, message, type, bytes, count);
}

HERE int sd_bus_message_enter_container(sd_bus_message *message, char type, const char *contents) {
  CALL(sd_bus_message_enter_container, message, type, contents);
}

HERE int sd_pid_get_session(pid_t process, char **session) { CALL(sd_pid_get_session, process, session); }
