/* signer: private keys in a process of their own. A worker has the certificates and asks, over a
 * socket, for each signature; a fault in what faces strangers may then misuse a key while it lasts,
 * but never take it along. */
#ifndef NET_SIGNER_H
#define NET_SIGNER_H

#include <openssl/x509.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/tls.h"

struct signer;

/* Reads the keys of all n hosts from dir (cert.h). NULL and *e on failure. */
struct signer *signer_open(const char *dir, const struct str *hosts, size_t n, struct err *e);
void signer_close(struct signer *s);

/* Whether each key is that of the host's certificate, as others have read it: either may have been
 * replaced meanwhile. False and *e. */
bool signer_fits(const struct signer *s, const struct tls *tls, struct err *e);

/* Answers the one worker at the other end of fd until it is gone. Each question is of a fixed size
 * and gets an answer of a fixed size; one that is not understood gets an empty signature. */
void signer_serve(struct signer *s, int fd);

/* For the worker: a key without its private half, for the certificate of the i-th host: signatures
 * come from the signer at the other end of fd, and the process ends when there is none any more.
 * NULL where the certificate's key is not ECDSA (those stay with who uses them). Yours to free. */
EVP_PKEY *signer_key(int fd, size_t i, X509 *cert);

#endif
