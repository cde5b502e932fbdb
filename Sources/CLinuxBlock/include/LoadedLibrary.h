// What packagers' tools read of a program: the libraries that it loads while it runs.
#ifndef CLINUXBLOCK_LOADED_LIBRARY_H
#define CLINUXBLOCK_LOADED_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

// A note in the program's file (https://systemd.io/ELF_DLOPEN_METADATA), once in a source file. All are string literals:
// the names of files that do, each in double quotes, with commas between; what the library is for; and "required",
// "recommended" or "suggested".
#define CLB_LOADS(names, feature, description, priority)                                                               \
  CLB_NOTE(                                                                                                            \
      "[{\"soname\":[" names "],\"feature\":\"" feature "\",\"description\":\"" description "\",\"priority\":\"" priority \
      "\"}]")
#define CLB_NOTE(text)                                                                                                 \
  __attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {                                     \
    uint32_t owner_size, size, type;                                                                                   \
    char owner[4];                                                                                                     \
    char json[(sizeof text + 3) & ~(size_t)3];                                                                         \
  } loaded_library = {4, (sizeof text + 3) & ~(size_t)3, 0x407c0c0a, "FDO", text};

#endif
