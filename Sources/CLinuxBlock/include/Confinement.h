// How a process gives up what it could do, and how this program is started once more to be confined.
//
// Swift does not import variadic calls (prctl, syscall), and the C library declares setresuid and its kin only
// with _GNU_SOURCE and has no function for Landlock and seccomp at all. As in CLinuxBlock.h, each function
// returns 0 or a negative errno value and decides nothing. All of them concern the calling thread, or the
// whole process before it has other threads.
#ifndef CLINUXBLOCK_CONFINEMENT_H
#define CLINUXBLOCK_CONFINEMENT_H

#include <stdbool.h>
#include <stdint.h>

// PR_SET_NO_NEW_PRIVS: no program that is executed later gets more rights.
int clb_no_new_privileges(void);

// Makes a user and group of nobody's this process's only identity: setresgid, setgroups, setresuid.
// -EINVAL, with nothing changed, where the user namespace does not know them.
int clb_become(uint32_t user, uint32_t group);

// capset: an empty permitted, effective and inheritable set.
int clb_drop_capabilities(void);

// Landlock: every access to files and to the network that this kernel's version can forbid, and no exception.
// *abi gets that version, 0 where the kernel has no Landlock or does not use it; that is no error.
int clb_landlock_nothing(int *abi);

// Resource limits, soft and hard: no further descriptor (RLIMIT_NOFILE 0), no core, no byte in a file; address
// space in bytes, processor time in seconds, UINT64_MAX for as much as there is. No further process either, unless
// threads are allowed: the kernel counts them as processes of the user, of whom there may be others.
int clb_limit(uint64_t address_space, uint64_t seconds, bool allows_threads);

// Landlock for a process that fetches: every access to files but reading certificates, how names are looked up, and
// libraries; and no listening on the network. *abi as above.
int clb_landlock_fetching(int *abi);

// Resource limits for a process that fetches: as above, but for descriptors, of which it may have some, for sockets.
int clb_limit_fetching(uint64_t address_space);

// seccomp for a process that fetches: what clb_filter_calls allows, opening for reading, and what sockets need.
int clb_filter_fetching(void);

// PR_SET_PDEATHSIG: SIGKILL when the thread that started this process ends. The kernel forgets it when the
// identity changes, so it comes after clb_become.
int clb_die_with_parent(void);

// seccomp: only the calls that reading open descriptors, memory and an end need, and if they are allowed, threads of
// the same process; all others fail with EPERM.
// -ENOSYS where the kernel has no filters or this architecture's numbers are not known here.
int clb_filter_calls(bool allows_threads);

// mallopt: memory that is given back stays in the process, in one heap for all threads. Decoders take and give tens of
// MiB for every block, and fresh pages cost a fault and a zeroing each. Buffers above 32 MiB, the most that is possible,
// still come and go.
void clb_keep_memory(void);

// mallopt: all threads share two heaps. One of its own takes 64 MiB of the address space for each, used or not.
void clb_share_heaps(void);

// How many threads clb_startable_threads tries at most; libdispatch has no more in its pool (255).
enum { clb_most_threads = 256 };

// How many of some threads can exist at once: starts them with small stacks, ends them and waits for their ends.
// pthread_create fails with EAGAIN where RLIMIT_NPROC, a cgroup's pids.max or the kernel's own bound is reached.
int clb_startable_threads(int count);

// A pipe, both ends closed in programs that are executed (pipe2 with O_CLOEXEC).
int clb_pipe(int *read_end, int *write_end);

// F_SETPIPE_SZ: how many bytes a pipe holds before its writer waits.
int clb_set_pipe_size(int pipe, int byte_count);

// Starts a program with no argument but the one given, an empty environment, a session of its own, no signal
// blocked or ignored, and these descriptors: 0 to 2 /dev/null, then those that are given. No shell is involved.
int clb_start(
    const char *path, const char *name, const char *argument, const int *given, int count, int *process);

// The numbers of the descriptors that a program gets from clb_start, as far as so many are given.
enum { clb_input = 3, clb_output = 4, clb_room = 5, clb_memory = 6 };

// memfd_create: memory to be shared, whose length nobody can change any more (F_SEAL_SHRINK, F_SEAL_GROW): what is
// mapped of it stays there. MFD_CLOEXEC.
int clb_shared_memory(int64_t byte_count, int *file);

// Two ends, one to signal with and the other one to read from (socketpair); both closed in programs that are executed.
int clb_signal_pair(int *own, int *other);

// One byte to the other end. It never waits (-EAGAIN where too many were not read), and ends no process whose other
// end has gone.
int clb_signal(int own);

// Starts polkit's agent for terminals on behalf of a process; one that defers leaves the question to the agent
// of the desktop session. It keeps 0 to 2 and the session, gets an empty environment, and closes descriptor 3, a
// copy of `notification`, when it is ready.
int clb_start_agent(const char *path, int for_process, bool defers, int notification, int *process);

#endif
