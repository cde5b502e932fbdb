#define _GNU_SOURCE
#include "Confinement.h"
#include "FilterProgram.h"
#include "LandlockLayout.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : 0; }

int clb_no_new_privileges(void) { return result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); }

int clb_become(uint32_t user, uint32_t group) {
  // The group first: it is the last moment at which it can be changed, and an unknown one changes nothing.
  if (setresgid(group, group, group) < 0) return -errno;
  if (setgroups(0, NULL) < 0) return -errno;
  return result(setresuid(user, user, user));
}

int clb_drop_capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  memset(sets, 0, sizeof sets);
  return result(syscall(SYS_capset, &header, sets));
}

int clb_landlock_nothing(int *abi) {
  *abi = 0;
  long version = landlock_version();
  if (version <= 0) return (int)version;
  struct landlock_rules rules = landlock_everything(version);
  long ruleset = syscall(create_ruleset, &rules, sizeof rules, 0);
  if (ruleset < 0) return -errno;
  int status = result(syscall(restrict_self, (int)ruleset, 0));
  close((int)ruleset);
  if (status == 0) *abi = (int)version;
  return status;
}

int clb_limit(uint64_t address_space, uint64_t seconds, bool allows_threads) {
  const struct {
    int resource;
    rlim_t value;
  } limits[] = {
      {RLIMIT_AS, address_space}, {RLIMIT_CPU, seconds}, {RLIMIT_CORE, 0},
      {RLIMIT_FSIZE, 0},          {RLIMIT_NOFILE, 0},    {RLIMIT_NPROC, allows_threads ? RLIM_INFINITY : 0},
  };
  for (size_t index = 0; index < sizeof limits / sizeof limits[0]; index++) {
    struct rlimit limit;
    if (getrlimit(limits[index].resource, &limit) < 0) return -errno;
    // Never more than there is already.
    if (limit.rlim_max > limits[index].value) limit.rlim_max = limits[index].value;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(limits[index].resource, &limit) < 0) return -errno;
  }
  return 0;
}

int clb_die_with_parent(void) { return result(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)); }

#ifdef NATIVE_ARCHITECTURE
// What an allocator, a lock, a clock, a read and an end call for.
static const uint32_t allowed[] = {
    SYS_pread64, SYS_read, SYS_write, SYS_lseek, SYS_fstat, SYS_close, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect,
    SYS_madvise, SYS_brk, SYS_futex, SYS_sched_yield, SYS_clock_gettime, SYS_getrandom, SYS_getpid, SYS_gettid,
    // What abort and a crash need: without them the process would go on or hang.
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_restart_syscall, SYS_exit, SYS_exit_group,
};

// The C library ends a process whose threads cannot have the second one.
static const uint32_t for_threads[] = {SYS_set_robust_list, SYS_rseq};

int clb_filter_calls(bool allows_threads) {
  struct program program = {.length = 0};
  begin_filter(&program);
  answer_each(&program, allowed, COUNT(allowed), allow);
  if (allows_threads) {
    answer_each(&program, for_threads, COUNT(for_threads), allow);
    look_at_threads(&program);
  }
  answer(&program, refuse);
  return put_up(&program);
}
#else
int clb_filter_calls(bool allows_threads) {
  (void)allows_threads;
  return -ENOSYS;
}
#endif

int clb_pipe(int *read_end, int *write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  *read_end = ends[0];
  *write_end = ends[1];
  return 0;
}

void clb_keep_memory(void) {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

void clb_share_heaps(void) { mallopt(M_ARENA_MAX, 2); }

int clb_set_pipe_size(int pipe, int byte_count) { return result(fcntl(pipe, F_SETPIPE_SZ, byte_count)); }

// Missing from the headers of kernels before 6.3.
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

int clb_shared_memory(int64_t byte_count, int *file) {
  // Some systems give no other kind, and older kernels do not know this one.
  *file = memfd_create("burin", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
  if (*file < 0 && errno == EINVAL) *file = memfd_create("burin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (*file < 0) return -errno;
  if (ftruncate(*file, byte_count) == 0 &&
      fcntl(*file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
    return 0;
  int status = -errno;
  close(*file);
  return status;
}

int clb_signal_pair(int *own, int *other) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
  *own = ends[0];
  *other = ends[1];
  return 0;
}

int clb_signal(int own) {
  const char byte = 1;
  return result(send(own, &byte, sizeof byte, MSG_DONTWAIT | MSG_NOSIGNAL));
}

static int prepare(posix_spawn_file_actions_t *actions, const int *given, int count) {
  int status = 0;
  for (int standard = 0; standard <= 2 && status == 0; standard++)
    status = posix_spawn_file_actions_addopen(actions, standard, "/dev/null", O_RDWR, 0);
  for (int index = 0; index < count && status == 0; index++)
    status = posix_spawn_file_actions_adddup2(actions, given[index], clb_input + index);
  if (status == 0) status = posix_spawn_file_actions_addclosefrom_np(actions, clb_input + count);
  return status;
}

static int describe_signals(posix_spawnattr_t *attributes, short session) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  int status = posix_spawnattr_setsigmask(attributes, &none);
  if (status == 0) status = posix_spawnattr_setsigdefault(attributes, &all);
  if (status == 0)
    status = posix_spawnattr_setflags(
        attributes, (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | session));
  return status;
}

// All copies have numbers above those that the program gets, so that none is overwritten before it is copied.
static int start_with_copies(
    const char *path, const char *name, const char *argument, const int *given, int count, int *process) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int status = posix_spawn_file_actions_init(&actions);
  if (status != 0) return -status;
  status = posix_spawnattr_init(&attributes);
  if (status == 0) {
    status = prepare(&actions, given, count);
    if (status == 0) status = describe_signals(&attributes, POSIX_SPAWN_SETSID);
    // posix_spawn does not write to what these point to (POSIX.1-2017, RATIONALE of exec).
    char *arguments[] = {(char *)(uintptr_t)name, (char *)(uintptr_t)argument, NULL};
    char *environment[] = {NULL};
    pid_t started = 0;
    if (status == 0) status = posix_spawn(&started, path, &actions, &attributes, arguments, environment);
    *process = started;
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return -status;
}

int clb_start(
    const char *path, const char *name, const char *argument, const int *given, int count, int *process) {
  int copies[clb_memory - clb_input + 1];
  if (count > (int)COUNT(copies)) return -E2BIG;
  int status = 0, made = 0;
  for (; made < count && status == 0; made++) {
    copies[made] = fcntl(given[made], F_DUPFD_CLOEXEC, clb_memory + 1);
    if (copies[made] < 0) status = -errno;
  }
  if (status == 0) status = start_with_copies(path, name, argument, copies, count, process);
  while (made-- > 0)
    if (copies[made] >= 0) close(copies[made]);
  return status;
}

int clb_start_agent(const char *path, int for_process, bool defers, int notification, int *process) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  char number[16];
  snprintf(number, sizeof number, "%d", for_process);
  int status = posix_spawn_file_actions_init(&actions);
  if (status != 0) return -status;
  status = posix_spawnattr_init(&attributes);
  if (status == 0) {
    status = posix_spawn_file_actions_adddup2(&actions, notification, 3);
    if (status == 0) status = posix_spawn_file_actions_addclosefrom_np(&actions, 4);
    if (status == 0) status = describe_signals(&attributes, 0);
    char *arguments[] = {"pkttyagent", "--process", number, "--notify-fd", "3", defers ? "--fallback" : NULL, NULL};
    char *environment[] = {NULL};
    pid_t started = 0;
    if (status == 0) status = posix_spawn(&started, path, &actions, &attributes, arguments, environment);
    *process = started;
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return -status;
}
