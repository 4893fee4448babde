/* tls: the TLS side of a listener: one SSL_CTX per host, chosen by SNI, with common ticket keys. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/arena.h"
#include "base/err.h"

struct tls;

enum { TLS_TICKET_KEYS = 32 }; /* bytes of the secret that ticket keys are made from */

/* Reads the certificates of all n hosts (n >= 1, the first is the default) from dir; `keys` are the
 * ticket keys that every worker and every reload shares. `signer` is the socket to who holds the
 * private keys (signer.h), borrowed; -1: they are read, too. NULL and *e on failure. TLS 1.2
 * and 1.3 only, X25519 first, one ticket, no 0-RTT, no renegotiation, no compression, AEAD suites
 * only (DESIGN section 6). */
struct tls *tls_open(const char *dir, const struct str *hosts, size_t n,
	const unsigned char keys[TLS_TICKET_KEYS], int signer, struct err *e);
void tls_close(struct tls *tls);

/* Has the library find its algorithms now, which it does at the first use in a process, so that
 * processes made from this one have them. */
void tls_warm(void);

#endif
