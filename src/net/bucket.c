/* bucket: SETS sets of WAYS entries; an address has its set by hash, and the entry longest unused
 * gives way. */
#include "net/bucket.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

enum { SETS = 8192, WAYS = 4, MILLI = 1000 };

struct bucket {
	uint64_t key;    /* hash of the address; 0: empty */
	int64_t seen;    /* ms */
	uint64_t tokens; /* thousandths */
};

struct buckets {
	unsigned rate, burst;
	uint64_t salt;
	struct bucket v[SETS][WAYS];
};

struct buckets *
buckets_open(unsigned rate, unsigned burst)
{
	struct buckets *b = calloc(1, sizeof *b);

	if (!b) {
		fputs("almagest: out of memory\n", stderr);
		abort();
	}
	b->rate = rate;
	b->burst = burst;
	/* an address of the heap is enough to keep strangers from choosing their set */
	b->salt = (uint64_t)(uintptr_t)b * 0x9e3779b97f4a7c15u;
	return b;
}

void
buckets_close(struct buckets *b)
{
	free(b);
}

/* The bytes that tell readers apart: an IPv4 address, or the first 64 bits of an IPv6 one. */
static struct str
address_bytes(const struct sockaddr *from)
{
	const struct sockaddr_in6 *v6 = (const void *)from;

	if (from->sa_family == AF_INET)
		return (struct str){
			(const char *)&((const struct sockaddr_in *)(const void *)from)->sin_addr, 4
		};
	if (from->sa_family != AF_INET6)
		return STR("");
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return (struct str){ (const char *)v6->sin6_addr.s6_addr + 12, 4 };
	return (struct str){ (const char *)v6->sin6_addr.s6_addr, 8 };
}

static struct bucket *
bucket_of(struct buckets *b, uint64_t key, int64_t now)
{
	struct bucket *set = b->v[key % SETS], *oldest = set;

	for (int i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].seen < oldest->seen || !set[i].key)
			oldest = &set[i];
	}
	*oldest = (struct bucket){ key, now, (uint64_t)b->burst * MILLI };
	return oldest;
}

unsigned
buckets_take(struct buckets *b, const struct sockaddr *from, int64_t now)
{
	uint64_t key = (hash_fast(address_bytes(from)) ^ b->salt) * 0x9e3779b97f4a7c15u | 1;
	struct bucket *bucket = bucket_of(b, key, now);
	uint64_t most = (uint64_t)b->burst * MILLI;

	/* a thousandth of a token for each ms and request a second */
	bucket->tokens += (uint64_t)(now - bucket->seen) * b->rate;
	if (bucket->tokens > most)
		bucket->tokens = most;
	bucket->seen = now;
	if (bucket->tokens >= MILLI) {
		bucket->tokens -= MILLI;
		return 0;
	}
	return (unsigned)((MILLI - bucket->tokens) / ((uint64_t)b->rate * MILLI) + 1);
}

bool
address_is_loopback(const struct sockaddr *from)
{
	const struct sockaddr_in6 *v6 = (const void *)from;
	struct str bytes = address_bytes(from);

	if (from->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr))
		return true;
	return bytes.n == 4 && bytes.p[0] == 127;
}
