/* ticket: keys of TLS session tickets (RFC 5077, RFC 8446 section 4.6.1), made from one secret and
 * the time: whoever has the secret, another worker, the server after a restart, a replica, has the
 * same keys at the same time. */
#ifndef NET_TICKET_H
#define NET_TICKET_H

#include <openssl/ssl.h>

#include "base/str.h"

enum {
	TICKET_SECRET = 32, /* bytes */
	TICKET_HOURS = 12,  /* a key seals for so long, and opens for as long again */
};

struct tickets;

/* The secret is copied. NULL when OpenSSL lacks what it needs. */
struct tickets *tickets_open(const unsigned char secret[TICKET_SECRET]);
void tickets_close(struct tickets *t);

/* Lets ctx seal and open its tickets by t, which must outlive it. One t a process and its contexts:
 * the callback finds it by the context. */
bool tickets_use(struct tickets *t, SSL_CTX *ctx);

#endif
