// What Landlock is told, and by which calls; for the sources of this room only.
#ifndef CLINUXBLOCK_LANDLOCK_LAYOUT_H
#define CLINUXBLOCK_LANDLOCK_LAYOUT_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// <linux/landlock.h> describes only what the kernel of the headers knew; this is the newest layout. The kernel takes
// fields that it does not know as long as they are zero.
struct landlock_rules {
  uint64_t files;
  uint64_t network;
  uint64_t scopes;
};

struct landlock_path {
  uint64_t allowed;
  int32_t parent;
} __attribute__((packed));

enum { create_ruleset = 444, add_rule = 445, restrict_self = 446, query_version = 1, rule_path = 1 };
enum { read_file = 1 << 2, read_directory = 1 << 3, bind_tcp = 1 << 0 };

// The version that the kernel knows; 0 where it has no Landlock or does not use it, which is no error.
static inline long landlock_version(void) {
  long version = syscall(create_ruleset, NULL, 0, query_version);
  if (version >= 0) return version;
  return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
}

// How many rights each version knows: 13 on files at first, then REFER, TRUNCATE and IOCTL_DEV; two on the network
// from 4 on; two scopes, for abstract sockets and signals, from 6 on.
static inline struct landlock_rules landlock_everything(long version) {
  int file_rights = version < 2 ? 13 : version < 3 ? 14 : version < 5 ? 15 : 16;
  return (struct landlock_rules){
      .files = (UINT64_C(1) << file_rights) - 1,
      .network = version < 4 ? 0 : 3,
      .scopes = version < 6 ? 0 : 3,
  };
}

#endif
