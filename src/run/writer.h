/* writer: brings the catalog up to date with the capsule's files, in a process of its own. */
#ifndef RUN_WRITER_H
#define RUN_WRITER_H

#include "run/metrics.h"

/* Reads the capsule and writes the catalog, in the calling process. How many records there are and
 * each problem go to the log, the numbers into *facts, too. */
bool
writer_update(const char *capsule, const char *catalog, struct metrics_facts *facts, struct err *e);

#endif
