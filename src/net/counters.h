/* counters: what a worker has done, in memory that the supervisor shares; one struct a place for
 * workers, added to by whoever works there, read while it is written. */
#ifndef NET_COUNTERS_H
#define NET_COUNTERS_H

#include <stdint.h>

enum { COUNTED_PROTOS = 4, COUNTED_CLASSES = 7, COUNTED_TIMES = 8 };

/* Why a connection ended without an answer, or with a refusal. */
enum refusal {
	REFUSAL_RATE,
	REFUSAL_ADDRESS,
	REFUSAL_LATE,
	REFUSAL_NOT_TLS,
	REFUSAL_HANDSHAKE,
	REFUSAL_PROXY,
	REFUSALS
};

struct counters {
	uint64_t requests[COUNTED_PROTOS]
			 [COUNTED_CLASSES]; /* by place in PROTOS and first digit of the status */
	uint64_t handshakes[2];             /* full, resumed */
	uint64_t refused[REFUSALS];
	uint64_t bytes;
	uint64_t times[COUNTED_TIMES +
		1]; /* requests that took at most COUNTED_MS[i]; the last: longer */
	uint64_t milliseconds;
	int64_t open; /* connections now */
};

static const unsigned COUNTED_MS[COUNTED_TIMES] = { 1, 5, 10, 50, 100, 500, 1000, 10000 };

/* Two workers may share a place while one hands over to the other. */
static inline void
count(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static inline void
count_open(int64_t *counter, int64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

#endif
