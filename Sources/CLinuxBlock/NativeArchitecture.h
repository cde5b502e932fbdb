// The processors whose numbers of calls the filters know, and what a call may not make on any of them.
#ifndef CLINUXBLOCK_NATIVE_ARCHITECTURE_H
#define CLINUXBLOCK_NATIVE_ARCHITECTURE_H

#include <linux/audit.h>
#include <linux/sched.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

// What makes a new process or a namespace of it; the kernel itself forbids some of it together with CLONE_THREAD.
enum {
  beyond_the_process = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                       CLONE_NEWNET | CLONE_VFORK | CLONE_PARENT | CLONE_PTRACE,
};

#endif
