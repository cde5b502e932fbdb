// What SHA-256 and the read-back cost when nothing else is done: the digest of an image, and after it all of a device
// read past the page cache.
//
//     hashing IMAGE DEVICE

#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

enum { CHUNK = 4 << 20 };

int main(int count, char **arguments) {
    if (count != 3) errx(64, "usage: hashing IMAGE DEVICE");
    int image = open(arguments[1], O_RDONLY | O_CLOEXEC);
    if (image < 0) err(1, "%s", arguments[1]);
    int device = open(arguments[2], O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (device < 0) err(1, "%s", arguments[2]);
    char *buffer;
    if (posix_memalign((void **)&buffer, 4096, CHUNK)) errx(1, "no memory");

    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    if (!context || !EVP_DigestInit_ex(context, EVP_sha256(), NULL)) errx(1, "no SHA-256");
    ssize_t length;
    while ((length = read(image, buffer, CHUNK)) > 0) EVP_DigestUpdate(context, buffer, (size_t)length);
    if (length < 0 || !EVP_DigestFinal_ex(context, digest, NULL)) err(1, "%s", arguments[1]);

    while ((length = read(device, buffer, CHUNK)) > 0) {}
    if (length < 0) err(1, "%s", arguments[2]);
    return 0;
}
