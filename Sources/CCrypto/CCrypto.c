#include "CCrypto.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "LoadedLibrary.h"

// Every function of the library that is called.
#define FUNCTIONS(with)                                                                                                \
  with(EVP_MD_CTX_new) with(EVP_MD_CTX_free) with(EVP_DigestInit_ex) with(EVP_DigestUpdate) with(EVP_DigestFinal_ex)   \
  with(EVP_DigestVerifyInit) with(EVP_DigestVerify) with(EVP_PKEY_free) with(d2i_PUBKEY) METHODS(with)
#define METHODS(with)                                                                                                  \
  with(EVP_md5) with(EVP_sha1) with(EVP_sha224) with(EVP_sha256) with(EVP_sha384) with(EVP_sha512) with(EVP_sha3_224)  \
  with(EVP_sha3_256) with(EVP_sha3_384) with(EVP_sha3_512) with(EVP_blake2b512)

#define MEMBER(name) __typeof__(name) *name;
static struct { FUNCTIONS(MEMBER) } library;

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
static const char file_name[] = "libcrypto.so." TEXT(OPENSSL_SHLIB_VERSION);

CLB_LOADS("\"libcrypto.so." TEXT(OPENSSL_SHLIB_VERSION) "\"", "digests", "Digests and signatures", "required")

// As the dynamic linker ends a program whose library is missing, in its words and with its number.
static void end(void) {
  const char *reason = dlerror();
  fprintf(stderr, "burin: error while loading shared libraries: %s\n", reason != NULL ? reason : file_name);
  _exit(127);
}

static void *symbol(void *opened, const char *name) {
  void *found = dlsym(opened, name);
  if (found == NULL) end();
  return found;
}

static void load(void) {
  void *opened = dlopen(file_name, RTLD_NOW | RTLD_LOCAL);
  if (opened == NULL) end();
  void *found;
  // ISO C has no conversion between pointers to data and to functions; POSIX promises the same form.
#define RESOLVE(name)                                                                                                  \
  found = symbol(opened, #name);                                                                                       \
  memcpy(&library.name, &found, sizeof found);
  FUNCTIONS(RESOLVE)
}

static pthread_once_t is_loaded = PTHREAD_ONCE_INIT;

// Hidden: another library that brings libcrypto in means that one.
#define HERE __attribute__((visibility("hidden")))
#define CALL(name) (pthread_once(&is_loaded, load), library.name)

HERE EVP_MD_CTX *EVP_MD_CTX_new(void) { return CALL(EVP_MD_CTX_new)(); }

HERE void EVP_MD_CTX_free(EVP_MD_CTX *context) { CALL(EVP_MD_CTX_free)(context); }

HERE int EVP_DigestInit_ex(EVP_MD_CTX *context, const EVP_MD *method, ENGINE *engine) {
  return CALL(EVP_DigestInit_ex)(context, method, engine);
}

HERE int EVP_DigestUpdate(EVP_MD_CTX *context, const void *bytes, size_t count) {
  return CALL(EVP_DigestUpdate)(context, bytes, count);
}

HERE int EVP_DigestFinal_ex(EVP_MD_CTX *context, unsigned char *digest, unsigned *count) {
  return CALL(EVP_DigestFinal_ex)(context, digest, count);
}

HERE int EVP_DigestVerifyInit(
    EVP_MD_CTX *context, EVP_PKEY_CTX **key_context, const EVP_MD *method, ENGINE *engine, EVP_PKEY *key) {
  return CALL(EVP_DigestVerifyInit)(context, key_context, method, engine, key);
}

HERE int EVP_DigestVerify(
    EVP_MD_CTX *context, const unsigned char *signature, size_t signature_count, const unsigned char *bytes,
    size_t count) {
  return CALL(EVP_DigestVerify)(context, signature, signature_count, bytes, count);
}

HERE void EVP_PKEY_free(EVP_PKEY *key) { CALL(EVP_PKEY_free)(key); }

HERE EVP_PKEY *d2i_PUBKEY(EVP_PKEY **key, const unsigned char **bytes, long count) {
  return CALL(d2i_PUBKEY)(key, bytes, count);
}

#define METHOD(name) \
  HERE const EVP_MD *name(void) { return CALL(name)(); }
METHODS(METHOD)
