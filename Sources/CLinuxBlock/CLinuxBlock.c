#define _GNU_SOURCE
#include "CLinuxBlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

// Missing from the headers of kernels before 5.15, although the running kernel may know it.
#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, uint64_t)
#endif

const int clb_O_DIRECT = O_DIRECT;
const int clb_O_PATH = O_PATH;
const int clb_SEEK_DATA = SEEK_DATA;
const int clb_SEEK_HOLE = SEEK_HOLE;

int clb_rename_new(int folder, const char *old_name, const char *new_name) {
  if (renameat2(folder, old_name, folder, new_name, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL) return -errno;
  if (linkat(folder, old_name, folder, new_name, 0) != 0) return -errno;
  return unlinkat(folder, old_name, 0) == 0 ? 0 : -errno;
}

uint32_t clb_major(uint64_t device) { return major(device); }
uint32_t clb_minor(uint64_t device) { return minor(device); }
uint64_t clb_makedev(uint32_t major_number, uint32_t minor_number) {
  return makedev(major_number, minor_number);
}

static int result(int value) { return value < 0 ? -errno : 0; }

int clb_size_bytes(int fd, uint64_t *bytes) { return result(ioctl(fd, BLKGETSIZE64, bytes)); }

int clb_logical_block_size(int fd, uint32_t *bytes) {
  int value = 0;
  int status = result(ioctl(fd, BLKSSZGET, &value));
  *bytes = (uint32_t)value;
  return status;
}

int clb_physical_block_size(int fd, uint32_t *bytes) {
  unsigned int value = 0;
  int status = result(ioctl(fd, BLKPBSZGET, &value));
  *bytes = value;
  return status;
}

int clb_read_only(int fd, bool *read_only) {
  int value = 0;
  int status = result(ioctl(fd, BLKROGET, &value));
  *read_only = value != 0;
  return status;
}

int clb_disk_sequence(int fd, uint64_t *sequence) {
  return result(ioctl(fd, BLKGETDISKSEQ, sequence));
}

int clb_reread_partitions(int fd) { return result(ioctl(fd, BLKRRPART, 0)); }

int clb_flush_buffers(int fd) { return result(ioctl(fd, BLKFLSBUF, 0)); }

static int partition_request(int fd, int operation, int number, int64_t start, int64_t length) {
  struct blkpg_partition partition;
  memset(&partition, 0, sizeof partition);
  partition.pno = number;
  partition.start = start;
  partition.length = length;
  struct blkpg_ioctl_arg argument;
  memset(&argument, 0, sizeof argument);
  argument.op = operation;
  argument.datalen = sizeof partition;
  argument.data = &partition;
  return result(ioctl(fd, BLKPG, &argument));
}

int clb_delete_partition(int fd, int number) {
  return partition_request(fd, BLKPG_DEL_PARTITION, number, 0, 0);
}

int clb_add_partition(int fd, int number, int64_t start, int64_t length) {
  return partition_request(fd, BLKPG_ADD_PARTITION, number, start, length);
}

int clb_is_sysfs(int fd, bool *is_sysfs) {
  struct statfs info;
  memset(&info, 0, sizeof info);
  int status = result(fstatfs(fd, &info));
  *is_sysfs = info.f_type == SYSFS_MAGIC;
  return status;
}

static struct flock whole_file(void) {
  struct flock lock;
  memset(&lock, 0, sizeof lock);
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

int clb_lock_whole(int fd) {
  struct flock lock = whole_file();
  return result(fcntl(fd, F_OFD_SETLK, &lock));
}

int clb_lock_holder(int fd, bool *locked) {
  struct flock lock = whole_file();
  int status = result(fcntl(fd, F_OFD_GETLK, &lock));
  *locked = lock.l_type != F_UNLCK;
  return status;
}

int clb_loop_backing(int fd, uint64_t *file_system, uint64_t *backing_node) {
  struct loop_info64 info;
  memset(&info, 0, sizeof info);
  int status = result(ioctl(fd, LOOP_GET_STATUS64, &info));
  *file_system = info.lo_device;
  *backing_node = info.lo_rdevice;
  return status;
}

int clb_loop_inode(int fd, uint64_t *inode) {
  struct loop_info64 info;
  memset(&info, 0, sizeof info);
  int status = result(ioctl(fd, LOOP_GET_STATUS64, &info));
  *inode = info.lo_inode;
  return status;
}

int clb_btrfs_uuid(int fd, uint8_t uuid[16]) {
  struct btrfs_ioctl_fs_info_args info;
  memset(&info, 0, sizeof info);
  int status = result(ioctl(fd, BTRFS_IOC_FS_INFO, &info));
  memcpy(uuid, info.fsid, 16);
  return status;
}

// Sends a command that moves no data.
static int send_command(int fd, uint8_t *command, uint8_t length, uint32_t timeout_ms, uint8_t *sense_key) {
  uint8_t sense[32] = {0};
  sg_io_hdr_t request;
  memset(&request, 0, sizeof request);
  request.interface_id = 'S';
  request.dxfer_direction = SG_DXFER_NONE;
  request.cmd_len = length;
  request.cmdp = command;
  request.mx_sb_len = sizeof sense;
  request.sbp = sense;
  request.timeout = timeout_ms;
  *sense_key = 0;
  if (ioctl(fd, SG_IO, &request) < 0)
    // Loop, virtio, MMC and NVMe disks take no SCSI commands; fsync has flushed them.
    return errno == ENOTTY || errno == EINVAL || errno == ENOSYS ? -EOPNOTSUPP : -errno;
  if ((request.info & SG_INFO_OK_MASK) == SG_INFO_OK) return 0;
  // Fixed format (0x70, 0x71) has the key in byte 2, descriptor format (0x72, 0x73) in byte 1.
  if (request.sb_len_wr > 2) *sense_key = (sense[0] & 0x7f) >= 0x72 ? sense[1] & 0x0f : sense[2] & 0x0f;
  switch (*sense_key) {
  case 0x1: return 0;            // recovered error: done, with help
  case 0x5: return -EOPNOTSUPP;  // illegal request: a stick without the command
  default: return request.host_status == 1 ? -ENODEV : -EIO;  // 1 = DID_NO_CONNECT
  }
}

int clb_synchronize_cache(int fd, uint32_t timeout_ms, uint8_t *sense_key) {
  uint8_t command[10] = {0x35};
  return send_command(fd, command, sizeof command, timeout_ms, sense_key);
}

int clb_allow_removal(int fd, uint32_t timeout_ms, uint8_t *sense_key) {
  uint8_t command[6] = {0x1e};
  return send_command(fd, command, sizeof command, timeout_ms, sense_key);
}

int clb_eject(int fd, uint32_t timeout_ms, uint8_t *sense_key) {
  uint8_t command[6] = {0x1b, 0, 0, 0, 0x02 /* LoEj, and no Start */};
  return send_command(fd, command, sizeof command, timeout_ms, sense_key);
}

static void describe(const struct stat *info, struct clb_file_state *state) {
  state->mode = info->st_mode;
  state->owner = info->st_uid;
  state->device = info->st_dev;
  state->inode = info->st_ino;
  state->node_device = info->st_rdev;
  state->size = (uint64_t)info->st_size;
  state->modified_seconds = info->st_mtim.tv_sec;
  state->modified_nanoseconds = (uint32_t)info->st_mtim.tv_nsec;
  state->changed_seconds = info->st_ctim.tv_sec;
  state->changed_nanoseconds = (uint32_t)info->st_ctim.tv_nsec;
}

int clb_file_state(int fd, struct clb_file_state *state) {
  struct stat info;
  if (fstat(fd, &info) < 0) return -errno;
  describe(&info, state);
  return 0;
}

int clb_path_state(const char *path, struct clb_file_state *state) {
  struct stat info;
  if (stat(path, &info) < 0) return -errno;
  describe(&info, state);
  return 0;
}

int clb_link_state(const char *path, struct clb_file_state *state) {
  struct stat info;
  if (lstat(path, &info) < 0) return -errno;
  describe(&info, state);
  return 0;
}

int clb_path_state_cached(const char *path, struct clb_file_state *state) {
  struct statx info;
  int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
  if (statx(AT_FDCWD, path, flags, STATX_BASIC_STATS, &info) < 0) return -errno;
  memset(state, 0, sizeof *state);
  state->mode = info.stx_mode;
  state->owner = info.stx_uid;
  state->device = makedev(info.stx_dev_major, info.stx_dev_minor);
  state->inode = info.stx_ino;
  state->node_device = makedev(info.stx_rdev_major, info.stx_rdev_minor);
  state->size = info.stx_size;
  return 0;
}

int clb_drop_cached(int fd, uint64_t offset, uint64_t length) {
  return -posix_fadvise(fd, (off_t)offset, (off_t)length, POSIX_FADV_DONTNEED);
}

int clb_will_read(int fd, uint64_t offset, uint64_t length) {
  return -posix_fadvise(fd, (off_t)offset, (off_t)length, POSIX_FADV_WILLNEED);
}

int clb_will_read_sequentially(int fd) { return -posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); }
