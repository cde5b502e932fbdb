// Steps of a seccomp filter, put together one by one; for the sources of this room only.
#ifndef CLINUXBLOCK_FILTER_PROGRAM_H
#define CLINUXBLOCK_FILTER_PROGRAM_H

#include "NativeArchitecture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { allow = SECCOMP_RET_ALLOW, refuse = SECCOMP_RET_ERRNO | EPERM, unknown = SECCOMP_RET_ERRNO | ENOSYS };

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

struct program {
  struct sock_filter steps[1024];
  unsigned short length;
};

static inline void add(struct program *program, struct sock_filter step) {
  // One that does not fit is counted all the same: the kernel refuses the length, and nothing is left out silently.
  if (program->length < COUNT(program->steps)) program->steps[program->length] = step;
  program->length++;
}

static inline void load(struct program *program, size_t offset) {
  add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

// Both processors are little-endian, and the kernel looks at no more of these arguments than their lower half.
static inline void load_argument(struct program *program, size_t index) {
  load(program, offsetof(struct seccomp_data, args) + 8 * index);
}

static inline void answer(struct program *program, uint32_t what) {
  add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what));
}

// Answers where the number loaded is this one.
static inline void answer_if(struct program *program, uint32_t value, uint32_t what) {
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
  answer(program, what);
}

// Keeps these bits of the number loaded.
static inline void keep_bits(struct program *program, uint32_t bits) {
  add(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits));
}

// Answers where any of these bits is set in the number loaded.
static inline void answer_if_any(struct program *program, uint32_t bits, uint32_t what) {
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
  answer(program, what);
}

static inline void answer_each(struct program *program, const uint32_t *list, size_t count, uint32_t what) {
  for (size_t index = 0; index < count; index++) answer_if(program, list[index], what);
}

// The steps that follow, up to `end_call`, are for one call and come to an answer.
static inline size_t begin_call(struct program *program, uint32_t number) {
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 0));
  return program->length;
}

static inline void end_call(struct program *program, size_t begin) {
  if (program->length <= COUNT(program->steps)) program->steps[begin - 1].jf = (uint8_t)(program->length - begin);
}

#ifdef NATIVE_ARCHITECTURE
// Ends a process that calls by another table of numbers, and loads the number of the call. Numbers of another table
// of the same architecture (x32) are larger than all that are allowed anywhere.
static inline void begin_filter(struct program *program) {
  load(program, offsetof(struct seccomp_data, arch));
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCHITECTURE, 1, 0));
  answer(program, SECCOMP_RET_KILL_PROCESS);
  load(program, offsetof(struct seccomp_data, nr));
}

// Opening to read, and nothing else.
static inline void look_at_opening(struct program *program, uint32_t number, size_t flags) {
  size_t begin = begin_call(program, number);
  load_argument(program, flags);
  answer_if_any(program, O_ACCMODE | O_CREAT | O_TRUNC, refuse);
  answer(program, allow);
  end_call(program, begin);
}

// Threads of the same process.
static inline void look_at_clone(struct program *program) {
  size_t begin = begin_call(program, SYS_clone);
  load_argument(program, 0);
  keep_bits(program, CLONE_THREAD | beyond_the_process);
  answer_if(program, CLONE_THREAD, allow);
  answer(program, refuse);
  end_call(program, begin);
}

// The same where it may be asked for in two ways.
static inline void look_at_threads(struct program *program) {
  // Its flags lie in memory, where a filter cannot see them; as if it did not exist, clone is used instead.
  answer_if(program, SYS_clone3, unknown);
  look_at_clone(program);
}

// Puts the filter up for the calling thread. -ENOSYS where the kernel was built without filters.
static inline int put_up(struct program *program) {
  struct sock_fprog filter = {.len = program->length, .filter = program->steps};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0) return 0;
  return errno == EINVAL && program->length <= COUNT(program->steps) ? -ENOSYS : -errno;
}
#endif

#endif
