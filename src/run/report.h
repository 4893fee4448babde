/* report: how a server does, as JSON: what `almagest status` is told. */
#ifndef RUN_REPORT_H
#define RUN_REPORT_H

#include <sys/types.h>

#include "catalog/store.h"
#include "run/metrics.h"
#include "run/ports.h"

struct report_process {
	const char *name;
	pid_t pid;
};

/* All borrowed for the length of the call. */
struct report {
	bool well;         /* it answers readers */
	const char *state; /* "starting", "serving", "stopping" */
	int64_t up_ms;     /* since it was started */
	const char *capsule, *catalog, *certs;
	bool in_memory; /* the catalog cannot be written */
	const struct metrics_facts *facts;
	const struct counters *counters;
	size_t counters_n;
	const struct ports *ports;
	const struct entries *hosts;
	const struct report_process *processes;
	size_t processes_n;
};

/* Appends all of it but what the catalog holds: an object that is still open. Reads certificates
 * and /proc. */
void report_begin(struct buf *out, const struct report *r);
/* Appends the files that hold errors, with their reasons (at most PROBLEMS_TOLD), and ends the
 * object. A NULL store: none are known. */
enum { PROBLEMS_TOLD = 100 };
void report_end(struct buf *out, struct store *store);

#endif
