/* address: bytes and bits; the words are inet_ntop's. */
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

struct address
address_of(const struct sockaddr *from)
{
	const struct sockaddr_in6 *v6 = (const void *)from;
	struct address a = { .n = 0 };

	if (from->sa_family == AF_INET) {
		a.n = 4;
		memcpy(a.bytes, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
	} else if (from->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		a.n = 4;
		memcpy(a.bytes, v6->sin6_addr.s6_addr + 12, 4);
	} else if (from->sa_family == AF_INET6) {
		a.n = 16;
		memcpy(a.bytes, v6->sin6_addr.s6_addr, 16);
	}
	return a;
}

bool
address_is_loopback(const struct address *a)
{
	static const unsigned char ONE[16] = { [15] = 1 };

	return a->n == 4 ? a->bytes[0] == 127 : a->n == 16 && memcmp(a->bytes, ONE, 16) == 0;
}

struct str
address_key(const struct address *a)
{
	return (struct str){ (const char *)a->bytes, a->n == 16 ? 8 : a->n };
}

struct str
address_put(const struct address *a, bool whole, char text[ADDRESS_TEXT])
{
	unsigned char bytes[16];
	size_t kept = whole ? a->n : a->n == 4 ? 3 : 6;

	if (a->n == 0)
		return STR("-");
	memcpy(bytes, a->bytes, sizeof bytes);
	memset(bytes + kept, 0, sizeof bytes - kept);
	if (!inet_ntop(a->n == 4 ? AF_INET : AF_INET6, bytes, text, ADDRESS_TEXT - 8))
		return STR("-");
	if (!whole)
		strcat(text, a->n == 4 ? "/24" : "/48");
	return str_of(text);
}

bool
network_parse(struct str s, struct network *network)
{
	size_t slash = str_find(s, '/');
	struct str bits = str_sub(s, slash + 1, s.n);
	char text[ADDRESS_TEXT];
	unsigned long number;

	*network = (struct network){ 0 };
	if (slash >= sizeof text)
		return false;
	memcpy(text, s.p, slash);
	text[slash] = '\0';
	network->from.n = inet_pton(AF_INET, text, network->from.bytes) == 1 ? 4
		: inet_pton(AF_INET6, text, network->from.bytes) == 1        ? 16
									     : 0;
	if (network->from.n == 0)
		return false;
	network->bits = network->from.n * 8u;
	if (slash == s.n)
		return true;
	if (!str_number(bits, network->bits, &number))
		return false;
	network->bits = (unsigned)number;
	return true;
}

bool
network_has(const struct network *network, const struct address *a)
{
	size_t bytes = network->bits / 8;
	unsigned char mask = (unsigned char)(0xff << (8 - network->bits % 8));

	if (network->from.n != a->n || memcmp(network->from.bytes, a->bytes, bytes) != 0)
		return false;
	return network->bits % 8 == 0 ||
		((network->from.bytes[bytes] ^ a->bytes[bytes]) & mask) == 0;
}
