/* tls: the TLS side of a listener: one SSL_CTX per host, chosen by SNI, with common ticket keys. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/arena.h"
#include "base/err.h"

struct tls;

enum { TLS_TICKET_KEYS = 32 }; /* bytes of the secret that ticket keys are made from */

/* Reads the certificates of all n hosts (n >= 1, the first is the default) from dir; `keys` are the
 * ticket keys that every worker and every reload shares. NULL and *e on failure. TLS 1.2
 * and 1.3 only, X25519 first, one ticket, no 0-RTT, no renegotiation, no compression, AEAD suites
 * only (DESIGN section 6). A process may open it for those that it makes, and close its own. */
struct tls *tls_open(const char *dir, const struct str *hosts, size_t n,
	const unsigned char keys[TLS_TICKET_KEYS], struct err *e);

/* Whether the host's certificate in dir could be opened so. *e, with what to do, when not. */
bool tls_takes(const char *dir, struct str host, struct err *e);

/* Whether no key is missing and no certificate is to be renewed. */
bool tls_stands(const struct tls *tls);

/* Before a connection: `signer` is the socket to who holds the private keys (signer.h), borrowed;
 * -1: they are read from the files. False and *e on failure. */
bool tls_use_keys(struct tls *tls, int signer, struct err *e);

/* NULL is nothing. */
void tls_close(struct tls *tls);

#endif
