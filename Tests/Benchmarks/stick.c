// A file as slow as a USB stick, to be put under a loop device. It serves one request at a time, each taking the time
// that its bytes need at a given rate. Time in which nobody asks for anything is lost, as it is on a real stick, except
// for a given credit: a token bucket, as control groups have, forgives every gap in which a program hashes or decodes.
//
//     stick STORE PLACE READ_RATE WRITE_RATE CREDIT     (a file, a file to mount on, bytes/s twice, microseconds)
//
// Speaks to the kernel as a file system in user space whose root is one regular file, which needs no library. Says
// "ready" when the file is there, and ends when it is unmounted.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST = 1 << 20, PAGE = 4096 };

static int kernel;
static char *store;
static uint64_t size;
static int64_t read_rate, write_rate, credit;
static int64_t finished;  // when the last request was done, in nanoseconds

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Waits for the next request. Where none was waiting when the last one was answered, the time since is lost.
static void await(void) {
    struct pollfd requests = {kernel, POLLIN, 0};
    if (poll(&requests, 1, 0) > 0) return;
    if (poll(&requests, 1, -1) < 0) err(1, "poll");
    int64_t earliest = now() - credit;
    if (finished < earliest) finished = earliest;
}

// Takes the time that so many bytes need after the request before.
static void take(uint64_t bytes, int64_t rate) {
    finished += (int64_t)(bytes * 1000000000 / (uint64_t)rate);
    struct timespec end = {finished / 1000000000, finished % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR) {}
}

static void answer(uint64_t request, int error, const void *data, size_t length) {
    struct fuse_out_header header = {(uint32_t)(sizeof header + length), -error, request};
    struct iovec parts[] = {{&header, sizeof header}, {(void *)(uintptr_t)data, length}};
    if (writev(kernel, parts, 2) < 0 && errno != ENOENT) err(1, "answer");
}

static void begin(uint64_t request, const struct fuse_init_in *asked) {
    struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION};
    out.flags = asked->flags & (FUSE_BIG_WRITES | FUSE_MAX_PAGES | FUSE_ASYNC_DIO);
    out.max_write = LARGEST;
    out.max_pages = LARGEST / PAGE;
    out.max_background = 64;
    out.time_gran = 1;
    answer(request, 0, &out, sizeof out);
}

static void describe(uint64_t request) {
    struct fuse_attr_out out = {.attr_valid = 3600};
    out.attr.ino = FUSE_ROOT_ID;
    out.attr.size = size;
    out.attr.blocks = size / 512;
    out.attr.mode = S_IFREG | 0600;
    out.attr.nlink = 1;
    out.attr.blksize = PAGE;
    answer(request, 0, &out, sizeof out);
}

static void give(uint64_t request, const struct fuse_read_in *asked) {
    uint64_t left = asked->offset < size ? size - asked->offset : 0;
    uint64_t length = asked->size < left ? asked->size : left;
    take(length, read_rate);
    answer(request, 0, store + asked->offset, length);
}

static void keep(uint64_t request, const struct fuse_write_in *asked) {
    if (asked->offset > size || asked->size > size - asked->offset) {
        answer(request, ENOSPC, NULL, 0);
        return;
    }
    memcpy(store + asked->offset, asked + 1, asked->size);
    take(asked->size, write_rate);
    struct fuse_write_out out = {.size = asked->size};
    answer(request, 0, &out, sizeof out);
}

static void serve(const struct fuse_in_header *request) {
    const void *body = request + 1;
    // Nothing is kept back by the page cache of the file, or the device would seem as fast as memory.
    struct fuse_open_out opened = {.open_flags = FOPEN_DIRECT_IO};
    switch (request->opcode) {
    case FUSE_INIT: begin(request->unique, body); break;
    case FUSE_GETATTR: describe(request->unique); break;
    case FUSE_OPEN: answer(request->unique, 0, &opened, sizeof opened); break;
    case FUSE_READ: give(request->unique, body); break;
    case FUSE_WRITE: keep(request->unique, body); break;
    case FUSE_FLUSH:
    case FUSE_FSYNC:
    case FUSE_RELEASE: answer(request->unique, 0, NULL, 0); break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET: break;
    default: answer(request->unique, ENOSYS, NULL, 0); break;
    }
}

static void open_store(const char *path) {
    int file = open(path, O_RDWR | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) err(1, "%s", path);
    size = (uint64_t)status.st_size;
    store = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
    if (store == MAP_FAILED) err(1, "%s", path);
}

int main(int count, char **arguments) {
    if (count != 6) errx(64, "usage: stick STORE PLACE READ_RATE WRITE_RATE CREDIT");
    open_store(arguments[1]);
    read_rate = atoll(arguments[3]);
    write_rate = atoll(arguments[4]);
    credit = atoll(arguments[5]) * 1000;
    if (read_rate <= 0 || write_rate <= 0 || credit < 0) errx(64, "rates are more than 0");
    kernel = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (kernel < 0) err(1, "/dev/fuse");
    char options[120];
    snprintf(options, sizeof options, "fd=%d,rootmode=%o,user_id=0,group_id=0,max_read=%d", kernel, S_IFREG, LARGEST);
    if (mount("stick", arguments[2], "fuse", MS_NOSUID | MS_NODEV, options) != 0) err(1, "%s", arguments[2]);
    // A stick waits for no processor; where that is not permitted, as in some containers, the measured has to yield.
    sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
    prctl(PR_SET_TIMERSLACK, 1);
    puts("ready");
    fflush(stdout);

    char *buffer = malloc(LARGEST + PAGE);
    if (!buffer) errx(1, "no memory");
    for (;;) {
        await();
        ssize_t length = read(kernel, buffer, LARGEST + PAGE);
        if (length < 0 && errno == ENODEV) return 0;
        if (length < 0 && errno != ENOENT && errno != EINTR && errno != EAGAIN) err(1, "read");
        if (length >= (ssize_t)sizeof(struct fuse_in_header)) serve((struct fuse_in_header *)(void *)buffer);
    }
}
