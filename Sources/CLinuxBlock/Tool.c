#define _GNU_SOURCE
#include "Tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "Confinement.h"

enum { nobody = 65534 };

int clb_memory_file(int *file) {
  *file = memfd_create("burin", MFD_CLOEXEC);
  return *file < 0 ? -errno : 0;
}

static int limit(int resource, rlim_t value) {
  struct rlimit limits;
  if (getrlimit(resource, &limits) < 0) return -1;
  if (limits.rlim_max > value) limits.rlim_max = value;
  limits.rlim_cur = limits.rlim_max;
  return setrlimit(resource, &limits);
}

// All copies are made above the numbers that the program gets, so that none is overwritten before it is copied.
static int place(const int *descriptors, int count) {
  int copies[clb_most_descriptors];
  for (int index = 0; index < count; index++) {
    copies[index] = fcntl(descriptors[index], F_DUPFD_CLOEXEC, clb_most_descriptors);
    if (copies[index] < 0) return -1;
  }
  for (int index = 0; index < count; index++)
    if (dup2(copies[index], index) < 0) return -1;
  closefrom(count);
  return 0;
}

// As clb_become, but of this process alone: what the C library has for it would look for the threads of the parent.
static int become_nobody(void) {
  if (syscall(SYS_setresgid, nobody, nobody, nobody) < 0) return errno == EINVAL ? 0 : -1;
  if (syscall(SYS_setgroups, 0, NULL) < 0) return -1;
  return (int)syscall(SYS_setresuid, nobody, nobody, nobody);
}

static int renounce(bool becomes_nobody, rlim_t address_space) {
  if (clb_no_new_privileges() < 0) return -1;
  if (becomes_nobody && become_nobody() < 0) return -1;
  if (clb_drop_capabilities() < 0) return -1;
  // Processes come after the identity: an identity that has too many already could not execute anything.
  if (limit(RLIMIT_AS, address_space) < 0 || limit(RLIMIT_CORE, 0) < 0 || limit(RLIMIT_FSIZE, 0) < 0) return -1;
  return limit(RLIMIT_NPROC, 0);
}

static void forget_signals(void) {
  sigset_t none;
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

int clb_start_tool(const char *path, const char *arguments, int argument_count, const int *descriptors,
                   int descriptor_count, bool becomes_nobody, unsigned long address_space, int *process) {
  char *list[clb_most_arguments + 1] = {0};
  char *environment[] = {NULL};
  sigset_t all, before;
  if (argument_count > clb_most_arguments || descriptor_count > clb_most_descriptors) return -E2BIG;
  for (int index = 0; index < argument_count; index++) {
    // exec does not write to what these point to (POSIX.1-2017, RATIONALE of exec).
    list[index] = (char *)(uintptr_t)arguments;
    arguments += strlen(arguments) + 1;
  }
  // No handler of this program may run in the copy of it.
  sigfillset(&all);
  int status = pthread_sigmask(SIG_SETMASK, &all, &before);
  if (status != 0) return -status;
  // Not fork: it copies the tables of all this process's memory, to throw them away at once.
  pid_t started = vfork();
  int error = errno;
  if (started == 0) {
    // The memory is the parent's, which waits: nothing but system calls until the program begins.
    setsid();
    if (place(descriptors, descriptor_count) == 0 && renounce(becomes_nobody, address_space) == 0) {
      forget_signals();
      execve(path, list, environment);
    }
    _exit(clb_not_executed);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  *process = started;
  return started < 0 ? -error : 0;
}
