/* address: where a client connects from, an IPv4 address mapped into IPv6 being the IPv4 one. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <sys/socket.h>

#include "base/str.h"

struct address {
	unsigned char bytes[16];
	unsigned char n; /* 4, 16, or 0: unknown */
};

/* A range of addresses: those that agree with `from` in the first `bits` bits. */
struct network {
	struct address from;
	unsigned bits;
};

enum { ADDRESS_TEXT = 64 };

struct address address_of(const struct sockaddr *from);
bool address_is_loopback(const struct address *a);

/* What readers are told apart by: the IPv4 address, or the first 64 bits of the IPv6 one; borrowed.
 */
struct str address_key(const struct address *a);

/* The address in words, or (whole false) its network: 192.0.2.0/24, 2001:db8:1::/48. "-" when
 * unknown. */
struct str address_put(const struct address *a, bool whole, char text[ADDRESS_TEXT]);

/* "10.0.0.0/8", "2001:db8::/32", or one address. */
bool network_parse(struct str s, struct network *network);
bool network_has(const struct network *network, const struct address *a);

#endif
