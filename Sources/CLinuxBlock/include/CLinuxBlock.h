// The only C of burin: what Swift cannot see of the kernel; here its block layer, in Confinement.h its sandboxes.
//
// Swift does not import function-like macros (every ioctl number built with _IO, _IOR and _IOW),
// constants that need _GNU_SOURCE before the C library is first imported (O_DIRECT), nor variadic
// calls. Each function below makes one system call, returns 0 or a negative errno value and
// decides nothing.
#ifndef CLINUXBLOCK_H
#define CLINUXBLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "Confinement.h"
#include "LoadedLibrary.h"
#include "Tool.h"
#include "WriterConfinement.h"

// O_DIRECT and O_PATH exist only with _GNU_SOURCE, and their values differ by architecture.
extern const int clb_O_DIRECT;
extern const int clb_O_PATH;

// SEEK_DATA and SEEK_HOLE exist only with _GNU_SOURCE.
extern const int clb_SEEK_DATA;
extern const int clb_SEEK_HOLE;

// renameat2 with RENAME_NOREPLACE needs _GNU_SOURCE; -EEXIST where the new name is taken. Both names are in one folder.
// File systems that do not know the flag (NFS) know links, which never replace anything either.
int clb_rename_new(int folder, const char *old_name, const char *new_name);

// makedev, major and minor are macros over functions that Swift does not import.
uint32_t clb_major(uint64_t device);
uint32_t clb_minor(uint64_t device);
uint64_t clb_makedev(uint32_t major_number, uint32_t minor_number);

// ioctl requests of <linux/fs.h>, all of them _IO macros.
int clb_size_bytes(int fd, uint64_t *bytes);              // BLKGETSIZE64
int clb_logical_block_size(int fd, uint32_t *bytes);      // BLKSSZGET
int clb_physical_block_size(int fd, uint32_t *bytes);     // BLKPBSZGET
int clb_read_only(int fd, bool *read_only);               // BLKROGET
int clb_disk_sequence(int fd, uint64_t *sequence);        // BLKGETDISKSEQ, Linux 5.15
int clb_reread_partitions(int fd);                        // BLKRRPART, CAP_SYS_ADMIN
int clb_flush_buffers(int fd);                            // BLKFLSBUF, CAP_SYS_ADMIN

// BLKPG_DEL_PARTITION and BLKPG_ADD_PARTITION take a struct that holds a pointer to another struct.
// Start and length are in bytes.
int clb_delete_partition(int fd, int number);
int clb_add_partition(int fd, int number, int64_t start, int64_t length);

// fstatfs fills a struct whose fields differ by architecture: whether an open file is the kernel's own, in sysfs.
int clb_is_sysfs(int fd, bool *is_sysfs);

// Open-file-description locks (F_OFD_SETLK, F_OFD_GETLK) need _GNU_SOURCE and a variadic fcntl.
// The lock covers the whole file. clb_lock_holder sets *locked, without locking.
int clb_lock_whole(int fd);
int clb_lock_holder(int fd, bool *locked);

// LOOP_GET_STATUS64: the device numbers that a loop device reads from.
// file_system: where its backing file lives; backing_node: the device if it is backed by one, else 0.
int clb_loop_backing(int fd, uint64_t *file_system, uint64_t *backing_node);
// The same request: the inode of the backing file on that file system.
int clb_loop_inode(int fd, uint64_t *inode);

// BTRFS_IOC_FS_INFO is an _IOR macro: the UUID of the btrfs that an open file lies on.
int clb_btrfs_uuid(int fd, uint8_t uuid[16]);

// SG_IO with SYNCHRONIZE CACHE (10), SBC-4 section 5.29. The kernel skips its own flush when it
// believes that a stick has no write cache, so it is sent to the device itself.
// Returns 0, a negative errno, or -EOPNOTSUPP where the device does not know the command.
// sense_key gets the SCSI sense key of a failed command (SPC-5 table 49), else 0.
int clb_synchronize_cache(int fd, uint32_t timeout_ms, uint8_t *sense_key);

// SG_IO with PREVENT ALLOW MEDIUM REMOVAL that allows it, SPC-5 section 6.14: the kernel locks the medium of a drive
// that is open, and has a request to unlock it that the process that writes does not need otherwise. Returns what
// clb_synchronize_cache returns.
int clb_allow_removal(int fd, uint32_t timeout_ms, uint8_t *sense_key);

// SG_IO with START STOP UNIT that stops the drive and has it give its medium out, SBC-4 section 5.31: the kernel has
// such a request for optical drives only. Returns what clb_synchronize_cache returns.
int clb_eject(int fd, uint32_t timeout_ms, uint8_t *sense_key);

// struct stat spells its times as macros. The identity of an open file and what tells a change.
struct clb_file_state {
  uint32_t mode;
  uint32_t owner;
  uint64_t device;
  uint64_t inode;
  uint64_t node_device;  // st_rdev, for device nodes
  uint64_t size;
  int64_t modified_seconds;
  uint32_t modified_nanoseconds;
  int64_t changed_seconds;
  uint32_t changed_nanoseconds;
};
int clb_file_state(int fd, struct clb_file_state *state);
int clb_path_state(const char *path, struct clb_file_state *state);
int clb_link_state(const char *path, struct clb_file_state *state);
// statx with AT_STATX_DONT_SYNC, which needs _GNU_SOURCE: no server of a network or FUSE file system is asked, so
// that one which never answers holds up nobody. Sizes and times may be old.
int clb_path_state_cached(const char *path, struct clb_file_state *state);

// Page cache advice: POSIX_FADV constants differ by architecture (s390).
int clb_drop_cached(int fd, uint64_t offset, uint64_t length);
int clb_will_read_sequentially(int fd);
int clb_will_read(int fd, uint64_t offset, uint64_t length);

#endif
