/* site: what answers requests: the settings of this machine and an open catalog. One a worker. */
#ifndef PROTO_SITE_H
#define PROTO_SITE_H

#include "catalog/pulse.h"
#include "catalog/store.h"
#include "proto/proto.h"

struct site {
	struct store *store;
	struct cache *cache;    /* of replies, or NULL */
	struct pulse *pulse;    /* told of damage in the catalog; or NULL */
	const char *capsule;    /* its folder */
	const char *mirror;     /* folder of manifest and bundles, or NULL */
	struct entries hosts;   /* served, lower case, the first is the default; at least one */
	unsigned *reader_ports; /* accepted in URLs besides the one listened on */
	size_t reader_ports_n;
	unsigned port;          /* of Gemini, in absolute addresses */
	struct str gopher_host; /* as menus name it; empty: the default host */
	unsigned gopher_port;   /* as menus name it; 0: the port listened on */
	bool ascii;             /* Gopher and finger in ASCII alone */
};

/* Ends what store_begin() began. False when the catalog could not be read: the writer is told, the
 * reply is empty again, and WORD_UNREADABLE is what there is to say. */
bool site_end(struct site *site, struct reply *reply);

#endif
