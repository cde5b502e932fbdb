#define _GNU_SOURCE
#include "Confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : 0; }

int clb_unnamed_file(int *file) {
  *file = memfd_create("burin", MFD_CLOEXEC);
  return result(*file);
}

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

// As in Confinement.c: <linux/landlock.h> describes only what the kernel of the headers knew.
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
  long version = syscall(create_ruleset, NULL, 0, query_version);
  if (version < 0) return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
  int file_rights = version < 2 ? 13 : version < 3 ? 14 : version < 5 ? 15 : 16;
  struct landlock_rules rules = {
      .files = (UINT64_C(1) << file_rights) - 1,
      .network = version < 4 ? 0 : bind_tcp,
      .scopes = version < 6 ? 0 : 3,
  };
  long ruleset = syscall(create_ruleset, &rules, sizeof rules, 0);
  if (ruleset < 0) return -errno;
  for (size_t index = 0; index < sizeof readable / sizeof readable[0]; index++)
    allow_reading((int)ruleset, readable[index]);
  int status = result(syscall(restrict_self, (int)ruleset, 0));
  close((int)ruleset);
  if (status == 0) *abi = (int)version;
  return status;
}

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

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

// What makes a new process or a namespace of it.
enum {
  beyond_the_process = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                       CLONE_NEWNET | CLONE_VFORK | CLONE_PARENT | CLONE_PTRACE,
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

struct program {
  struct sock_filter steps[512];
  unsigned short length;
};

static void add(struct program *program, uint16_t code, uint8_t when, uint8_t otherwise, uint32_t value) {
  // One that does not fit is counted all the same: the kernel refuses the length, and nothing is left out silently.
  if (program->length < COUNT(program->steps))
    program->steps[program->length] = (struct sock_filter){code, when, otherwise, value};
  program->length++;
}

static void load(struct program *program, size_t offset) {
  add(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

// Both processors are little-endian, and the kernel looks at no more of these arguments than their lower half.
static void load_argument(struct program *program, size_t index) {
  load(program, offsetof(struct seccomp_data, args) + 8 * index);
}

static void answer(struct program *program, uint32_t what) { add(program, BPF_RET | BPF_K, 0, 0, what); }

static void answer_if(struct program *program, uint32_t value, uint32_t what) {
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
  answer(program, what);
}

enum { refused = SECCOMP_RET_ERRNO | EPERM };

// Opening to read, and nothing else.
static void look_at_opening(struct program *program, uint32_t number, size_t flags) {
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, number);
  load_argument(program, flags);
  add(program, BPF_JMP | BPF_JSET | BPF_K, 0, 1, O_ACCMODE | O_CREAT | O_TRUNC);
  answer(program, refused);
  answer(program, SECCOMP_RET_ALLOW);
}

// A call whose argument is one of a list.
static void look_at_choice(
    struct program *program, uint32_t number, size_t index, const uint32_t *list, size_t count) {
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, (uint8_t)(2 * count + 2), number);
  load_argument(program, index);
  for (size_t choice = 0; choice < count; choice++) answer_if(program, list[choice], SECCOMP_RET_ALLOW);
  answer(program, refused);
}

static void look_at_clone(struct program *program) {
  add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 5, SYS_clone);
  load_argument(program, 0);
  add(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, CLONE_THREAD | beyond_the_process);
  answer_if(program, CLONE_THREAD, SECCOMP_RET_ALLOW);
  answer(program, refused);
}

int clb_filter_fetching(void) {
  struct program program = {.length = 0};
  load(&program, offsetof(struct seccomp_data, arch));
  add(&program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, NATIVE_ARCHITECTURE);
  answer(&program, SECCOMP_RET_KILL_PROCESS);
  load(&program, offsetof(struct seccomp_data, nr));
  for (size_t index = 0; index < COUNT(allowed); index++) answer_if(&program, allowed[index], SECCOMP_RET_ALLOW);
  // Its flags lie in memory, where a filter cannot see them; as if it did not exist, clone is used instead.
  answer_if(&program, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
  look_at_clone(&program);
  look_at_opening(&program, SYS_openat, 2);
#ifdef SYS_open
  look_at_opening(&program, SYS_open, 1);
#endif
  look_at_choice(&program, SYS_socket, 0, families, COUNT(families));
  look_at_choice(&program, SYS_ioctl, 1, requests, COUNT(requests));
  answer(&program, refused);
  struct sock_fprog filter = {.len = program.length, .filter = program.steps};
  int status = result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter));
  // -EINVAL is how a kernel answers that was built without filters.
  return status == -EINVAL ? -ENOSYS : status;
}
#else
int clb_filter_fetching(void) { return -ENOSYS; }
#endif
