// Puts up the barrier around the process that writes, and tries from a thread that was there before what it must
// leave and what it must refuse. Each attempt fails harmlessly, or does nothing, where there is no barrier.
#define _GNU_SOURCE
#include "writer.h"

#include <CLinuxBlock.h>
#include <WriterConfinement.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOWHERE "/nonexistent/file"

static int program, scratch, child, ends[2];
static pthread_mutex_t is_up = PTHREAD_MUTEX_INITIALIZER;

static void tell(const char *kind, const char *what, long outcome) {
  int error = outcome < 0 ? errno : 0;
  char line[64];
  int length = snprintf(line, sizeof line, "%s/%s %d\n", kind, what, error);
  if (write(1, line, (size_t)length) < 0) _exit(9);
}

static void refused(const char *what, long outcome) { tell("refused", what, outcome); }
static void unknown(const char *what, long outcome) { tell("unknown", what, outcome); }
static void left(const char *what, long outcome) { tell("left", what, outcome); }

static void *later(void *result) {
  *(int *)result = open("/dev/null", O_WRONLY | O_CLOEXEC) < 0 ? errno : 0;
  return NULL;
}

static void try_what_is_left(void) {
  char byte = 0;
  left("read", pread(program, &byte, 1, 0));
  left("write", pwrite(scratch, &byte, 1, 0));
  left("synchronize", fdatasync(scratch));
  left("look", open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  left("list", opendir("/proc") == NULL ? -1 : 0);
  left("find", access("/proc/self/stat", R_OK));
  struct rlimit limit;
  left("limits", getrlimit(RLIMIT_NOFILE, &limit));
  // A file is no disk and no terminal: the request reaches it all the same.
  uint64_t size;
  left("size", ioctl(program, BLKGETSIZE64, &size));
  left("flush", ioctl(program, BLKFLSBUF, 0));
  left("table", ioctl(program, BLKRRPART, 0));
  left("width", ioctl(program, TIOCGWINSZ, &size));
  left("own-signal", kill(getpid(), 0));
  left("raise", pthread_kill(pthread_self(), 0));
  left("own-priority", setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0)));
  struct sched_param parameters = {0};
  left("own-scheduling", sched_setscheduler(0, SCHED_OTHER, &parameters));
  pthread_t thread;
  int opened = 0;
  int status = pthread_create(&thread, NULL, later, &opened);
  errno = status;
  left("thread", status != 0 ? -1 : 0);
  if (status == 0) pthread_join(thread, NULL);
  errno = opened;
  refused("open-in-later-thread", opened != 0 ? -1 : 0);
}

static void try_openings(void) {
  refused("open-to-write", open("/dev/null", O_WRONLY | O_CLOEXEC));
  refused("open-for-both", open("/dev/null", O_RDWR | O_CLOEXEC));
  refused("open-for-neither", open("/dev/null", O_ACCMODE | O_CLOEXEC));
  refused("open-to-truncate", open("/dev/null", O_RDONLY | O_TRUNC | O_CLOEXEC));
  refused("open-to-create", open("/dev/null", O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
  refused("open-without-name", open("/tmp", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600));
#ifdef SYS_open
  refused("old-open", syscall(SYS_open, "/dev/null", O_WRONLY | O_CLOEXEC, 0));
  refused("old-create", syscall(SYS_creat, "/dev/null", 0600));
#endif
  struct {
    uint64_t flags, mode, resolve;
  } how = {.flags = O_WRONLY | O_CLOEXEC};
  unknown("openat2", syscall(437, AT_FDCWD, "/dev/null", &how, sizeof how));
  refused("open-by-handle", syscall(SYS_open_by_handle_at, -1, NULL, 0));
}

static void try_files(void) {
  refused("rename", renameat2(AT_FDCWD, NOWHERE, AT_FDCWD, NOWHERE, 0));
  refused("remove", unlinkat(AT_FDCWD, NOWHERE, 0));
  refused("make-node", mknodat(AT_FDCWD, NOWHERE, S_IFBLK | 0600, 0));
  refused("make-directory", mkdirat(AT_FDCWD, NOWHERE, 0700));
  refused("link", linkat(AT_FDCWD, NOWHERE, AT_FDCWD, NOWHERE, 0));
  refused("symbolic-link", symlinkat(NOWHERE, AT_FDCWD, NOWHERE));
  refused("truncate", truncate(NOWHERE, 0));
  refused("mode", fchmodat(AT_FDCWD, NOWHERE, 0600, 0));
  refused("mode-of-descriptor", fchmod(scratch, 0600));
  refused("owner", fchownat(AT_FDCWD, NOWHERE, (uid_t)-1, (gid_t)-1, 0));
  refused("owner-of-descriptor", fchown(scratch, (uid_t)-1, (gid_t)-1));
  refused("attribute", syscall(SYS_fsetxattr, -1, "user.x", "", 0, 0));
}

static void try_requests(void) {
  char letter = 'x';
  refused("type-at-terminal", ioctl(program, TIOCSTI, &letter));
  refused("discard", ioctl(program, BLKDISCARD, NULL));
  refused("zero", ioctl(program, BLKZEROOUT, NULL));
  refused("protect", ioctl(program, BLKROSET, NULL));
  refused("partition", ioctl(program, BLKPG, NULL));
  refused("attach", ioctl(program, LOOP_SET_FD, -1));
  refused("signal-owner", fcntl(ends[0], F_SETOWN, getpid()));
}

static void try_processes(void) {
  refused("execute", execl(NOWHERE, NOWHERE, (char *)NULL));
  refused("execute-descriptor", syscall(SYS_execveat, -1, "", NULL, NULL, 0));
  pid_t forked = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
  if (forked == 0) _exit(0);
  refused("fork", forked);
  unknown("clone3", syscall(435, NULL, 0));
  refused("trace", ptrace(PTRACE_DETACH, getppid(), NULL, NULL));
  refused("foreign-memory", process_vm_writev(getppid(), NULL, 0, NULL, 0, 0));
  refused("foreign-signal", kill(getppid(), 0));
  refused("group-signal", kill(0, 0));
  refused("queued-signal", syscall(SYS_rt_sigqueueinfo, getppid(), 0, NULL));
  struct rlimit limit;
  refused("foreign-limits", prlimit(getppid(), RLIMIT_CORE, NULL, &limit));
  unknown("process-descriptor", syscall(434, getppid(), 0));
  unknown("foreign-descriptor", syscall(438, -1, 0, 0));
  refused("shared-memory", syscall(SYS_shmat, -1, NULL, 0));
  // Only the end of a child is allowed, and nothing milder.
  refused("child-signal", kill(child, SIGSTOP));
  left("child-end", kill(child, SIGKILL));
  left("child-wait", waitpid(child, NULL, 0));
}

// What the kernel would forbid anyway, so that no thread comes of it without the barrier.
static void try_threads(void) {
  long thread = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_FS;
  refused("thread-in-user-namespace", syscall(SYS_clone, thread | CLONE_NEWUSER, NULL, NULL, NULL, NULL));
  refused("thread-in-mount-namespace", syscall(SYS_clone, thread | CLONE_NEWNS, NULL, NULL, NULL, NULL));
}

static void try_priorities(void) {
  enum { one_process = 1 };
  struct sched_param parameters = {0};
  cpu_set_t processors;
  sched_getaffinity(0, sizeof processors, &processors);
  refused("foreign-priority", setpriority(PRIO_PROCESS, (id_t)child, 0));
  // No group has this number.
  refused("group-priority", setpriority(PRIO_PGRP, (id_t)child, 0));
  refused("foreign-input-priority", syscall(SYS_ioprio_set, one_process, child, 0));
  refused("foreign-scheduling", sched_setscheduler(child, SCHED_OTHER, &parameters));
  refused("foreign-parameters", sched_setparam(child, &parameters));
  refused("foreign-attributes", syscall(SYS_sched_setattr, child, NULL, 0));
  refused("foreign-processors", sched_setaffinity(child, sizeof processors, &processors));
}

static void try_machine(void) {
  refused("mount", mount(NOWHERE, NOWHERE, "none", 0, NULL));
  refused("unmount", umount2(NOWHERE, 0));
  unknown("open-tree", syscall(428, -1, NOWHERE, 0));
  unknown("move-mount", syscall(429, -1, NOWHERE, -1, NOWHERE, 0));
  unknown("file-system", syscall(430, NULL, 0));
  refused("swap-on", swapon(NOWHERE, 0));
  refused("swap-off", swapoff(NOWHERE));
  refused("restart", syscall(SYS_reboot, 0, 0, 0, NULL));
  refused("module", syscall(SYS_finit_module, -1, "", 0));
  refused("bpf", syscall(SYS_bpf, -1, NULL, 0));
  refused("performance", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
  refused("key", syscall(SYS_keyctl, -1));
  refused("namespace", setns(-1, 0));
  refused("unshare", unshare(0));
  refused("root-directory", chroot(NOWHERE));
  refused("pivot", syscall(SYS_pivot_root, NOWHERE, NOWHERE));
  refused("watch-openings", syscall(SYS_fanotify_init, -1, 0));
  refused("page-faults", syscall(SYS_userfaultfd, -1));
  unknown("ring", syscall(425, 0, NULL));
  refused("identity", syscall(SYS_setresuid, -1, -1, -1));
#ifdef SYS_iopl
  refused("ports", syscall(SYS_iopl, 4));
#endif
}

static void *try_everything(void *unused) {
  (void)unused;
  pthread_mutex_lock(&is_up);
  try_what_is_left();
  try_openings();
  try_files();
  try_requests();
  try_threads();
  try_priorities();
  try_processes();
  try_machine();
  int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  tell("connection", "socket", made);
  tell("connection", "connect", connect(-1, NULL, 0));
  return NULL;
}

int probe_writer(const char *self, const char *barrier) {
  program = open(self, O_RDONLY | O_CLOEXEC);
  scratch = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
  if (program < 0 || scratch < 0 || pipe2(ends, O_CLOEXEC) < 0) return 1;
  child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  pthread_t thread;
  pthread_mutex_lock(&is_up);
  if (child < 0 || pthread_create(&thread, NULL, try_everything, NULL) != 0) return 1;
  int status = 0;
  if (strcmp(barrier, "writer") == 0) status = clb_confine_writer(&child, 1, false);
  if (strcmp(barrier, "connected-writer") == 0) status = clb_confine_writer(&child, 1, true);
  if (status != 0) return 1;
  pthread_mutex_unlock(&is_up);
  pthread_join(thread, NULL);
  return 0;
}
