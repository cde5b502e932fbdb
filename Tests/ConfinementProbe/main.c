// Puts up one barrier of those that the confined inspection has, or that around the process that writes, then tries
// what it forbids.
// Prints a line with the errno of each attempt, 0 for one that succeeded.
#define _GNU_SOURCE
#include "writer.h"

#include <CLinuxBlock.h>
#include <Confinement.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char *what, long outcome) {
  char line[64];
  int length = snprintf(line, sizeof line, "%s %d\n", what, outcome < 0 ? errno : 0);
  if (write(1, line, (size_t)length) < 0) _exit(9);
}

static int put_up(const char *barrier) {
  int version = 0;
  if (strcmp(barrier, "nothing") == 0) return 0;
  if (clb_no_new_privileges() != 0) return -1;
  if (strcmp(barrier, "landlock") == 0) return clb_landlock_nothing(&version) != 0 ? -1 : version > 0 ? 0 : -1;
  if (strcmp(barrier, "landlock-for-fetching") == 0)
    return clb_landlock_fetching(&version) != 0 ? -1 : version > 0 ? 0 : -1;
  if (strcmp(barrier, "calls-for-fetching") == 0) return clb_filter_fetching();
  if (strcmp(barrier, "limits") == 0) return clb_limit(UINT64_C(1) << 30, 60, false);
  if (strcmp(barrier, "calls") == 0) return clb_filter_calls(false);
  if (strcmp(barrier, "calls-but-threads") == 0) return clb_filter_calls(true);
  if (strcmp(barrier, "identity") == 0) return clb_become(65534, 65534) != 0 ? -1 : clb_drop_capabilities();
  return -1;
}

static void *nothing(void *argument) { return argument; }

// As tell: pthread_create returns the error itself.
static long start_thread(void) {
  pthread_t thread;
  errno = pthread_create(&thread, NULL, nothing, NULL);
  if (errno != 0) return -1;
  errno = pthread_join(thread, NULL);
  return errno == 0 ? 0 : -1;
}

int main(int count, char **arguments) {
  if (count != 2) return 64;
  if (strstr(arguments[1], "writer") != NULL) return probe_writer(arguments[0], arguments[1]);
  // What the confined process has open already stays readable.
  int held = open(arguments[0], O_RDONLY | O_CLOEXEC);
  char byte;
  if (put_up(arguments[1]) != 0) return 1;
  tell("read", pread(held, &byte, 1, 0));
  tell("open", open(arguments[0], O_RDONLY | O_CLOEXEC));
  tell("create", open("/tmp", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600));
  tell("shadow", open("/etc/shadow", O_RDONLY | O_CLOEXEC));
  tell("socket", socket(AF_UNIX, SOCK_STREAM, 0));
  tell("packet-socket", socket(AF_PACKET, SOCK_DGRAM, 0));
  tell("name-service", open("/etc/nsswitch.conf", O_RDONLY | O_CLOEXEC));
  tell("root", setuid(0));
  tell("groups", setgroups(0, NULL));
  tell("kill", kill(getppid(), 0));
  tell("exec", execl("/nonexistent", "/nonexistent", (char *)NULL));
  tell("thread", start_thread());
  pid_t child = fork();
  if (child == 0) _exit(0);
  tell("fork", child);
  if (child > 0) waitpid(child, NULL, 0);
  // The last one: from here on any signal, such as that of a child's end, would stop the process.
  tell("ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
  return 0;
}
