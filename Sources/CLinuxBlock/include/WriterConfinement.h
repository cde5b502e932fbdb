// How the process that writes keeps what it has open, and gets nothing else.
//
// As in Confinement.h: Swift does not import syscall, and the C library knows neither the filters nor the calls that
// take capabilities away. Each function returns 0 or a negative errno value and decides nothing.
#ifndef CLINUXBLOCK_WRITER_CONFINEMENT_H
#define CLINUXBLOCK_WRITER_CONFINEMENT_H

#include <stdbool.h>
#include <stddef.h>

// capset: keeps of what the calling thread has only what a run of burin uses: to see other processes' descriptors and
// every file (SYS_PTRACE, DAC_READ_SEARCH, DAC_OVERRIDE, FOWNER), to have what it starts become nobody, also where no
// program may get new rights (SETUID, SETGID), and to end it (KILL), to unmount and to handle partitions (SYS_ADMIN),
// the buffer in which udev's library keeps events (NET_ADMIN), and the priorities that Swift's tasks give their threads
// (SYS_NICE). Gone for good is above all SYS_RAWIO: with it SG_IO writes through a
// descriptor that was opened for reading only. Threads inherit, so it comes before there is a second one.
int clb_keep_needed_capabilities(void);

// seccomp for all threads of the process (SECCOMP_FILTER_FLAG_TSYNC), with PR_SET_NO_NEW_PRIVS, for good. What is open
// stays usable. Refused with EPERM is everything that opens for writing, creates, renames, removes or changes a file
// by its name or its attributes, starts a program or a process, a thread in a namespace of its own, reaches into
// another process, changes how often another one runs, mounts, and whatever else changes the machine; of ioctl all but a list of requests. Refused with ENOSYS are calls whose arguments no
// filter can see (clone3, openat2: the C library has another way) and those that this source does not know.
// children: processes to which SIGKILL may be sent; others only to the process itself.
// keeps_sockets: whether connections may be made.
// -ENOSYS where the kernel has no filters, refuses this one, or its numbers for this processor are not known here.
int clb_confine_writer(const int *children, size_t count, bool keeps_sockets);

#endif
