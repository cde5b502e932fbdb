#define _GNU_SOURCE
#include "Confinement.h"
#include "FilterProgram.h"
#include "LandlockLayout.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : 0; }

int clb_limit_fetching(uint64_t address_space) {
  const struct {
    int resource;
    rlim_t value;
  } limits[] = {{RLIMIT_AS, address_space}, {RLIMIT_CORE, 0}, {RLIMIT_FSIZE, 0}, {RLIMIT_NOFILE, 64}};
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

static const char *const readable[] = {
    "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/crypto-policies", "/etc/gnutls", "/usr/share/pki",
    "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/etc/resolv.conf", "/etc/hosts",
    "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols", "/etc/localtime",
    "/etc/ld.so.cache", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/usr/lib", "/usr/lib64",
    "/lib", "/lib64", "/usr/share/publicsuffix", "/dev/urandom", "/dev/null",
};

// A rule that cannot be added is one exception less.
static void allow_reading(int ruleset, const char *path) {
  int file = open(path, O_PATH | O_CLOEXEC);
  if (file < 0) return;
  struct landlock_path rule = {.allowed = read_file | read_directory, .parent = file};
  if (syscall(add_rule, ruleset, rule_path, &rule, 0) < 0) {
    // A file has no entries to read.
    rule.allowed = read_file;
    syscall(add_rule, ruleset, rule_path, &rule, 0);
  }
  close(file);
}

int clb_landlock_fetching(int *abi) {
  *abi = 0;
  long version = landlock_version();
  if (version <= 0) return (int)version;
  struct landlock_rules rules = landlock_everything(version);
  // Connecting is what it is for.
  rules.network &= bind_tcp;
  long ruleset = syscall(create_ruleset, &rules, sizeof rules, 0);
  if (ruleset < 0) return -errno;
  for (size_t index = 0; index < sizeof readable / sizeof readable[0]; index++)
    allow_reading((int)ruleset, readable[index]);
  int status = result(syscall(restrict_self, (int)ruleset, 0));
  close((int)ruleset);
  if (status == 0) *abi = (int)version;
  return status;
}

#ifdef NATIVE_ARCHITECTURE
// What reading, memory, threads, clocks and an end need; what names and certificates are read with; sockets. Sending
// to a socket that is open, and to no process.
static const uint32_t allowed[] = {
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_lseek, SYS_close, SYS_fstat, SYS_newfstatat, SYS_statx,
    SYS_readlinkat, SYS_faccessat, 439 /* faccessat2 */, SYS_getdents64, SYS_getcwd, SYS_uname, SYS_sysinfo,
    SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_futex, SYS_sched_yield,
    SYS_sched_getaffinity, SYS_sched_getparam, SYS_sched_getscheduler,
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_getrandom,
    SYS_getpid, SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_rt_sigaction, SYS_rt_sigprocmask,
    SYS_rt_sigreturn, SYS_sigaltstack, SYS_restart_syscall, SYS_exit, SYS_exit_group, SYS_set_robust_list, SYS_rseq,
    SYS_fcntl, SYS_dup, SYS_pipe2, SYS_eventfd2, SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl,
    SYS_epoll_pwait, SYS_socketpair, SYS_connect, SYS_bind, SYS_getsockname, SYS_getpeername, SYS_getsockopt,
    SYS_setsockopt, SYS_sendto, SYS_sendmsg, SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg, SYS_shutdown,
#ifdef __x86_64__
    SYS_poll, SYS_select, SYS_epoll_wait, SYS_pipe, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_time,
#endif
};

// Names over the network, names from a service of this machine, and the kernel's list of its addresses.
static const uint32_t families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

static const uint32_t requests[] = {FIONREAD, FIONBIO, FIOCLEX};

// A call whose argument is one of a list.
static void look_at_choice(
    struct program *program, uint32_t number, size_t index, const uint32_t *list, size_t count) {
  size_t begin = begin_call(program, number);
  load_argument(program, index);
  answer_each(program, list, count, allow);
  answer(program, refuse);
  end_call(program, begin);
}

int clb_filter_fetching(void) {
  struct program program = {.length = 0};
  begin_filter(&program);
  answer_each(&program, allowed, COUNT(allowed), allow);
  look_at_threads(&program);
  look_at_opening(&program, SYS_openat, 2);
#ifdef SYS_open
  look_at_opening(&program, SYS_open, 1);
#endif
  look_at_choice(&program, SYS_socket, 0, families, COUNT(families));
  look_at_choice(&program, SYS_ioctl, 1, requests, COUNT(requests));
  answer(&program, refuse);
  return put_up(&program);
}
#else
int clb_filter_fetching(void) { return -ENOSYS; }
#endif
