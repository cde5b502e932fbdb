// How a program of the system is started to judge what nobody vouches for.
//
// It cannot be confined as this program confines itself, since it has its libraries to open; so what can be taken
// from it beforehand is taken between fork and exec, which posix_spawn has no words for. As in CLinuxBlock.h, each
// function returns 0 or a negative errno value and decides nothing.
#ifndef CLINUXBLOCK_TOOL_H
#define CLINUXBLOCK_TOOL_H

#include <stdbool.h>

enum {
  // How many arguments and descriptors a program can be given.
  clb_most_arguments = 16,
  clb_most_descriptors = 8,
  // The exit status of a program that could not be executed; no program that is started here has it of its own.
  clb_not_executed = 127,
};

// Starts a program with an empty environment, a session of its own, no signal blocked or ignored and PR_SET_NO_NEW_PRIVS.
// arguments: the program's name and what follows it, each ended by a zero byte; count of them.
// descriptors: what it gets as 0, 1, 2 and so on; everything else is closed.
// becomes_nobody: whether there is an identity of root's to give up, as far as the user namespace knows a nobody.
// It cannot write to files, leave a core, or start a process; its memory is limited to address_space, in bytes.
int clb_start_tool(const char *path, const char *arguments, int argument_count, const int *descriptors,
                   int descriptor_count, bool becomes_nobody, unsigned long address_space, int *process);

// memfd_create: a file without a name that everybody may read who has its descriptor. MFD_CLOEXEC.
int clb_memory_file(int *file);

#endif
