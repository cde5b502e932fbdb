// The least that an honest writer does, which is what caligula does: writes an image past the page cache, reads it back
// past the page cache, and compares the memory. One thread, two buffers, no digest, no look at the disk beforehand.
//
//     leanest IMAGE DEVICE

#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 4 << 20, SECTOR = 512 };

static size_t fill(int file, char *buffer) {
    size_t length = 0;
    while (length < CHUNK) {
        ssize_t count = read(file, buffer + length, CHUNK - length);
        if (count < 0) err(1, "read");
        if (count == 0) break;
        length += (size_t)count;
    }
    return length;
}

int main(int count, char **arguments) {
    if (count != 3) errx(64, "usage: leanest IMAGE DEVICE");
    int image = open(arguments[1], O_RDONLY | O_CLOEXEC);
    if (image < 0) err(1, "%s", arguments[1]);
    int device = open(arguments[2], O_RDWR | O_DIRECT | O_CLOEXEC);
    if (device < 0) err(1, "%s", arguments[2]);
    char *expected, *found;
    if (posix_memalign((void **)&expected, 4096, CHUNK) || posix_memalign((void **)&found, 4096, CHUNK))
        errx(1, "no memory");

    size_t length;
    while ((length = fill(image, expected)) > 0) {
        if (length % SECTOR != 0) errx(1, "the image is no whole number of sectors");
        for (size_t done = 0; done < length;) {
            ssize_t written = write(device, expected + done, length - done);
            if (written <= 0) err(1, "write");
            done += (size_t)written;
        }
    }
    if (fsync(device) != 0) err(1, "fsync");

    if (lseek(image, 0, SEEK_SET) != 0 || lseek(device, 0, SEEK_SET) != 0) err(1, "lseek");
    while ((length = fill(image, expected)) > 0) {
        for (size_t done = 0; done < length;) {
            ssize_t there = read(device, found + done, length - done);
            if (there <= 0) err(1, "read back");
            done += (size_t)there;
        }
        if (memcmp(expected, found, length) != 0) errx(2, "the device differs");
    }
    return 0;
}
