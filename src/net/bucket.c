/* bucket: SETS sets of WAYS entries; an address has its set by hash, and of the entries without
 * connections the one longest unused gives way. */
#include "net/bucket.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/system.h"

enum { SETS = 8192, WAYS = 4, MILLI = 1000 };

struct bucket {
	uint64_t key;    /* hash of the address; 0: empty */
	int64_t seen;    /* ms */
	uint32_t tokens; /* thousandths */
	uint32_t connections;
};

struct buckets {
	unsigned rate, burst, connections;
	uint64_t salt; /* so that strangers cannot choose their set */
	struct bucket v[SETS][WAYS];
};

struct buckets *
buckets_open(unsigned rate, unsigned burst, unsigned connections)
{
	struct buckets *b = calloc(1, sizeof *b);

	if (!b || getentropy(&b->salt, sizeof b->salt) != 0) {
		fputs("almagest: no memory or no randomness\n", stderr);
		abort();
	}
	b->rate = rate;
	b->burst = burst;
	b->connections = connections;
	return b;
}

void
buckets_close(struct buckets *b)
{
	free(b);
}

static struct bucket *
bucket_of(struct buckets *b, uint64_t key, int64_t now)
{
	struct bucket *set = b->v[key % SETS], *oldest = NULL;

	for (int i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].connections == 0 &&
			(!oldest || set[i].seen < oldest->seen || !set[i].key))
			oldest = &set[i];
	}
	if (oldest)
		*oldest = (struct bucket){ key, now, b->burst * MILLI, 0 };
	return oldest;
}

struct bucket *
buckets_enter(struct buckets *b, const struct address *from, int64_t now, bool *refused)
{
	struct str bytes = address_key(from);
	char salted[sizeof b->salt + 16];

	memcpy(salted, &b->salt, sizeof b->salt);
	memcpy(salted + sizeof b->salt, bytes.p, bytes.n);
	struct bucket *bucket =
		bucket_of(b, hash_fast((struct str){ salted, sizeof b->salt + bytes.n }) | 1, now);

	*refused = bucket && bucket->connections >= b->connections;
	if (*refused)
		return NULL;
	if (bucket)
		bucket->connections++;
	return bucket;
}

void
buckets_leave(struct bucket *bucket)
{
	if (bucket)
		bucket->connections--;
}

unsigned
buckets_take(const struct buckets *b, struct bucket *bucket, int64_t now)
{
	uint64_t most = (uint64_t)b->burst * MILLI;

	/* a thousandth of a token for each ms and request a second */
	uint64_t tokens = bucket->tokens + (uint64_t)(now - bucket->seen) * b->rate;

	bucket->seen = now;
	bucket->tokens = (uint32_t)(tokens < most ? tokens : most);
	if (bucket->tokens >= MILLI) {
		bucket->tokens -= MILLI;
		return 0;
	}
	return (unsigned)((MILLI - bucket->tokens) / ((uint64_t)b->rate * MILLI) + 1);
}
