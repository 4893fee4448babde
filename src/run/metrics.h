/* metrics: the counters of all workers in Prometheus' text form, in a file that is replaced as a
 * whole. */
#ifndef RUN_METRICS_H
#define RUN_METRICS_H

#include <stddef.h>

#include "base/err.h"
#include "net/counters.h"

/* What is true of the whole server. */
struct metrics_facts {
	long people, rejected; /* records in service; files with errors; -1: unknown */
	long long generation;  /* updates of the catalog since the start */
	long long updated;     /* when it was last updated, seconds since 1970; 0: never */
};

bool metrics_write(const char *path, const struct counters *counters, size_t n,
	const struct metrics_facts *facts, struct err *e);

struct buf;
/* Appends the sums as further members of a JSON object: requests by protocol and first digit of the
 * status, handshakes, refused by kind, sent_bytes, connections. */
void metrics_put_json(struct buf *out, const struct counters *counters, size_t n);

#endif
