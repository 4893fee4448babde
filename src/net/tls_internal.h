/* tls_internal: what connections need of tls.c. */
#ifndef NET_TLS_INTERNAL_H
#define NET_TLS_INTERNAL_H

#include <openssl/ssl.h>

#include "net/tls.h"

enum { SNI_MOST = 255 }; /* bytes of a host name, RFC 1035 */

/* The context of the default host. An SSL made from it must have as app data a struct str with room
 * for SNI_MOST bytes and n == 0: the name the client asks for is put there. */
SSL_CTX *tls_default(const struct tls *tls);

/* The certificate of host i; NULL past the last. */
X509 *tls_certificate(const struct tls *tls, size_t i);

#endif
