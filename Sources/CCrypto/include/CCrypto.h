// libcrypto, loaded with the first digest or key: linking it costs every start a millisecond, for four thousand names
// of its own that the dynamic linker looks up.
//
// What is used of it is declared by its own headers and defined here; nothing else of it can be called.
#ifndef CCRYPTO_H
#define CCRYPTO_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#endif
