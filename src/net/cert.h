/* cert: keys and certificates on disk: DIR/HOST.key (PEM, mode 0600) and DIR/HOST.crt. */
#ifndef NET_CERT_H
#define NET_CERT_H

#include <openssl/x509.h>

#include "base/arena.h"
#include "base/err.h"

/* A name for HOST's files: an IPv6 address has its ':' as '_'. */
struct str cert_path(struct arena *a, const char *dir, struct str host, const char *ending);

/* Makes what is missing for host: an ECDSA P-256 key (PKCS 8), and a self-signed X.509 v3
 * certificate with CN = host and SAN DNS:host (and IP:host where host is an address), for 20 years.
 * A certificate that has ended or that does not name the host is renewed with the same key; one
 * that was not made here (not self-signed) is left alone. *made says whether anything was written.
 */
bool cert_ensure(struct arena *a, const char *dir, struct str host, bool *made, struct err *e);
/* Whether cert_ensure() would leave the host's certificate, read by others, as it is, if it fits
 * its key: of that only whether it is there is asked. */
bool cert_stands(const char *dir, struct str host, X509 *cert);

/* The key in a file. NULL and *e, with what to do, when that is none without a passphrase. */
EVP_PKEY *cert_load_key(struct arena *a, const char *path, struct err *e);

struct cert_facts {
	struct str subject;         /* common name */
	struct str fingerprint;     /* SHA-256 of the certificate, 64 hex digits in lower case */
	struct str key_fingerprint; /* SHA-256 of its public key (SubjectPublicKeyInfo) */
	struct str from, until;     /* YYYY-MM-DD */
	bool ended;                 /* not valid now */
	bool self_signed;
	bool names_host; /* a client that asked for `host` would accept the name */
};

/* Reads DIR/HOST.crt. False and *e, with what to do, when that is no certificate. */
bool cert_read(
	struct arena *a, const char *dir, struct str host, struct cert_facts *facts, struct err *e);

#endif
