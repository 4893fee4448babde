/* proxy: the header that a proxy puts in front of a connection to say whose it is (PROXY protocol,
 * versions 1 and 2). */
#ifndef PROTO_PROXY_H
#define PROTO_PROXY_H

#include "proto/proto.h"

enum { PROXY_MOST = 2048 }; /* bytes; the longest header that is looked at */

struct proxy_header {
	size_t size;               /* bytes of the header, to be read away */
	unsigned char address[16]; /* of the client */
	size_t n; /* 4 or 16; 0: the proxy itself, or a kind of address that is none of ours */
};

/* Reads the header at the beginning of `in`: more is needed, it is whole, or it is none. */
enum parse proxy_parse(struct str in, struct proxy_header *h);

#endif
