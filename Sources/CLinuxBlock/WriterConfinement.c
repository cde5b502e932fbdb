#define _GNU_SOURCE
#include "WriterConfinement.h"

#include "Confinement.h"
#include "FilterProgram.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/capability.h>
#include <linux/cdrom.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/ioprio.h>
#include <scsi/sg.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Missing from the headers of kernels before 5.15, although the running kernel may know it.
#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, uint64_t)
#endif

int clb_keep_needed_capabilities(void) {
  static const int needed[] = {
      CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_KILL,     CAP_NET_ADMIN,
      CAP_SETGID,       CAP_SETUID,          CAP_SYS_ADMIN, CAP_SYS_NICE, CAP_SYS_PTRACE,
  };
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, sets) < 0) return -errno;
  uint32_t mask[_LINUX_CAPABILITY_U32S_3] = {0};
  for (size_t index = 0; index < sizeof needed / sizeof needed[0]; index++)
    mask[CAP_TO_INDEX(needed[index])] |= CAP_TO_MASK(needed[index]);
  for (size_t word = 0; word < _LINUX_CAPABILITY_U32S_3; word++) {
    sets[word].effective &= mask[word];
    sets[word].permitted &= mask[word];
    sets[word].inheritable &= mask[word];
  }
  return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

#ifdef NATIVE_ARCHITECTURE
// From here on all architectures count alike, and the numbers of later kernels follow: what is not listed as harmless
// is unknown. Numbers of another table of the same architecture (x32) are larger still.
enum { first_common = 424 };
static const uint32_t harmless[] = {
    436,            // close_range
    439,            // faccessat2
    441,            // epoll_pwait2
    444, 445, 446,  // landlock_create_ruleset, landlock_add_rule, landlock_restrict_self
    449,            // futex_waitv
    451,            // cachestat
    454, 455, 456,  // futex_wake, futex_wait, futex_requeue
    457, 458,       // statmount, listmount
    462,            // mseal
};

static const uint32_t refused[] = {
    // Programs and processes; clone is looked at below.
    SYS_execve, SYS_execveat, SYS_unshare, SYS_setns, SYS_personality,
    // Other processes, their memory and their signals; kill and tgkill are looked at below.
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_tkill, SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo, SYS_migrate_pages, SYS_move_pages, SYS_shmget, SYS_shmat, SYS_shmctl, SYS_msgget, SYS_msgsnd,
    SYS_msgrcv, SYS_msgctl, SYS_semget, SYS_semop, SYS_semtimedop, SYS_semctl, SYS_mq_open, SYS_mq_unlink,
    // Files by their names.
    SYS_truncate, SYS_mkdirat, SYS_mknodat, SYS_unlinkat, SYS_symlinkat, SYS_linkat, SYS_renameat2, SYS_fchmodat,
    SYS_fchownat, SYS_utimensat, SYS_setxattr, SYS_lsetxattr, SYS_removexattr, SYS_lremovexattr, SYS_open_by_handle_at,
    // A descriptor for reading is enough to change whose file it is, or who may write to it.
    SYS_fchmod, SYS_fchown, SYS_fsetxattr, SYS_fremovexattr,
    // The machine.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_swapon, SYS_swapoff, SYS_reboot, SYS_kexec_load,
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_acct,
    SYS_quotactl, SYS_syslog, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_sethostname,
    SYS_setdomainname, SYS_vhangup, SYS_fanotify_init, SYS_fanotify_mark, SYS_add_key, SYS_request_key, SYS_keyctl,
    // Another identity.
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setgroups, SYS_setfsuid,
    SYS_setfsgid,
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef __x86_64__
    SYS_fork, SYS_vfork, SYS_creat, SYS_rename, SYS_mkdir, SYS_rmdir, SYS_link, SYS_symlink, SYS_unlink, SYS_mknod,
    SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat, SYS_uselib, SYS_iopl, SYS_ioperm,
    SYS_modify_ldt, SYS__sysctl,
#endif
};

static const uint32_t connecting[] = {
    SYS_socket, SYS_socketpair, SYS_bind, SYS_connect, SYS_listen, SYS_accept, SYS_accept4,
};

// What the run asks of the disk, of other block devices and of the files that the rules look at, the C library of
// what it prints on, and libblkid of what it reads. TIOCSTI, which types at a terminal, is one of the many others.
static const uint32_t requests[] = {
    BLKFLSBUF, BLKRRPART, SG_IO, BLKGETSIZE64, BLKGETSIZE, BLKSSZGET, BLKPBSZGET, BLKBSZGET, BLKROGET, BLKGETDISKSEQ,
    BLKIOMIN, BLKIOOPT, BLKALIGNOFF, BLKROTATIONAL, LOOP_GET_STATUS64, BTRFS_IOC_FS_INFO, CDROM_GET_CAPABILITY,
    CDROM_DRIVE_STATUS, CDROM_DISC_STATUS, TCGETS, 0x802c542a /* TCGETS2 */, TIOCGWINSZ, FIONREAD, FIOCLEX, FIONCLEX,
    FIONBIO,
};

// How the kernel divides the processors among processes; each names one in its first argument.
static const uint32_t scheduling[] = {
    SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr, SYS_sched_setaffinity,
};

// By these a descriptor sends signals to other processes.
static const uint32_t ownership[] = {F_SETOWN, F_SETOWN_EX, F_SETSIG};

// Calls that name a process in their first argument.
static void look_at_process(struct program *program, uint32_t number, uint32_t process) {
  size_t begin = begin_call(program, number);
  load_argument(program, 0);
  answer_if(program, process, allow);
  answer(program, refuse);
  end_call(program, begin);
}

// Calls that take a kind of target and then its number: only those of the caller itself, which is 0.
static void look_at_priority(struct program *program, uint32_t number, uint32_t one_process) {
  size_t begin = begin_call(program, number);
  load_argument(program, 0);
  size_t one = begin_call(program, one_process);
  load_argument(program, 1);
  answer_if(program, 0, allow);
  answer(program, refuse);
  end_call(program, one);
  answer(program, refuse);
  end_call(program, begin);
}

static void look_at_kill(struct program *program, uint32_t own, const int *children, size_t count) {
  size_t begin = begin_call(program, SYS_kill);
  load_argument(program, 0);
  answer_if(program, own, allow);
  for (size_t index = 0; index < count; index++) {
    size_t child = begin_call(program, (uint32_t)children[index]);
    load_argument(program, 1);
    answer_if(program, SIGKILL, allow);
    answer(program, refuse);
    end_call(program, child);
  }
  answer(program, refuse);
  end_call(program, begin);
}

static void look_at_calls(struct program *program, const int *children, size_t count) {
  uint32_t own = (uint32_t)getpid();
#ifdef SYS_open
  look_at_opening(program, SYS_open, 1);
#endif
  look_at_opening(program, SYS_openat, 2);
  look_at_clone(program);
  size_t control = begin_call(program, SYS_ioctl);
  load_argument(program, 1);
  answer_each(program, requests, COUNT(requests), allow);
  answer(program, refuse);
  end_call(program, control);
  size_t descriptor = begin_call(program, SYS_fcntl);
  load_argument(program, 1);
  answer_each(program, ownership, COUNT(ownership), refuse);
  answer(program, allow);
  end_call(program, descriptor);
  // The C library asks for the limits of process 0, which is the caller.
  look_at_process(program, SYS_prlimit64, 0);
  // So does Swift for the thread that sets its own priority.
  look_at_priority(program, SYS_setpriority, PRIO_PROCESS);
  look_at_priority(program, SYS_ioprio_set, IOPRIO_WHO_PROCESS);
  for (size_t index = 0; index < COUNT(scheduling); index++) look_at_process(program, scheduling[index], 0);
  look_at_process(program, SYS_tgkill, own);
  look_at_kill(program, own, children, count);
}

int clb_confine_writer(const int *children, size_t count, bool keeps_sockets) {
  // Each takes four steps, and a jump is no longer than 255.
  if (count > 60) return -E2BIG;
  struct program program = {.length = 0};
  load(&program, offsetof(struct seccomp_data, arch));
  add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0));
  answer(&program, refuse);
  load(&program, offsetof(struct seccomp_data, nr));
  add(&program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first_common, 0, 0));
  size_t common = program.length;
  answer_each(&program, harmless, COUNT(harmless), allow);
  answer(&program, unknown);
  end_call(&program, common);
  answer_each(&program, refused, COUNT(refused), refuse);
  if (!keeps_sockets) answer_each(&program, connecting, COUNT(connecting), refuse);
  look_at_calls(&program, children, count);
  answer(&program, allow);
  if (program.length > COUNT(program.steps)) return -E2BIG;

  int status = clb_no_new_privileges();
  if (status < 0) return status == -EINVAL ? -ENOSYS : status;
  struct sock_fprog filter = {.len = program.length, .filter = program.steps};
  // Speculation is not held back: the filter keeps out what was made to do something else, not another tenant.
  long tried = syscall(
      SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter);
  // Before Linux 4.17 there was no such flag.
  if (tried < 0 && errno == EINVAL)
    tried = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
  if (tried == 0) return 0;
  // A positive answer is the thread that has a filter of its own; nothing was put up then.
  return tried > 0 || errno == EINVAL || errno == EPERM || errno == EACCES ? -ENOSYS : -errno;
}
#else
int clb_confine_writer(const int *children, size_t count, bool keeps_sockets) {
  (void)children, (void)count, (void)keeps_sockets;
  return -ENOSYS;
}
#endif
