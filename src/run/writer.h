/* writer: the process that keeps the catalog up to date with the capsule's files, for as long as
 * the server runs: it looks at all once, and then at what the kernel says has changed. */
#ifndef RUN_WRITER_H
#define RUN_WRITER_H

#include "catalog/pulse.h"
#include "run/metrics.h"

struct writer {
	const char *capsule, *catalog; /* folders */
	struct pulse *pulse;           /* shared with the workers */
	struct metrics_facts *facts;   /* shared with the supervisor */
	int tell;                      /* a pipe to the supervisor */
	bool damaged;                  /* the catalog that is there: it is set aside */
	bool first;                    /* nobody answers before it has told what there is */
};

/* What it tells, a byte each. */
enum writer_word {
	WRITER_OPENED = 'o',  /* the catalog that is there can be read */
	WRITER_BUILT = 'b',   /* a new catalog stands in its place: open it */
	WRITER_CURRENT = 'c', /* it is up to date with the files */
	WRITER_MEMORY = 'm' /* it cannot be written, or the files have changed since it could not */
};

/* Runs until SIGTERM. However it ends, the catalog is whole. */
void writer_run(const struct writer *w);

#endif
