/* cache: whole replies that a worker has given, to be given again. What is served is a function of
 * the catalog: when that changes, and past the bound, everything is let go at once. */
#ifndef PROTO_CACHE_H
#define PROTO_CACHE_H

#include "catalog/pulse.h"
#include "proto/proto.h"

struct cache;

/* `most` bytes of replies and keys; 0: nothing is kept. The catalog changes with the pulse. */
struct cache *cache_open(size_t most, const struct pulse *pulse);
void cache_close(struct cache *cache);

/* The reply to the same request of the same protocol on the same port, copied; false when it is not
 * there, or the request is one whose reply is not kept. A NULL cache keeps nothing. */
bool cache_find(struct cache *cache, const struct proto *proto, const struct session *s,
	const struct request *r, struct reply *reply);

/* Keeps the reply to the request that was looked for last, unless the catalog has changed since, or
 * it is a file, or its request has words in it: those are a stranger's to choose. */
void cache_keep(struct cache *cache, const struct proto *proto, const struct session *s,
	const struct request *r, const struct reply *reply);

#endif
