/* site: what answers requests: the settings of this machine and an open catalog. One a worker. */
#ifndef PROTO_SITE_H
#define PROTO_SITE_H

#include "catalog/store.h"
#include "proto/proto.h"

struct site {
	struct store *store;
	const char *capsule;    /* its folder */
	struct entries hosts;   /* served, lower case, the first is the default; at least one */
	unsigned *reader_ports; /* accepted in URLs besides the one listened on */
	size_t reader_ports_n;
	unsigned port; /* of Gemini, in absolute addresses */
};

#endif
