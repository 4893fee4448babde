/* writer: brings the catalog up to date with the capsule's files, in a process of its own. */
#ifndef RUN_WRITER_H
#define RUN_WRITER_H

#include "base/err.h"

/* Reads the capsule and writes the catalog; logs how many records there are, and each problem. In
 * the calling process. */
bool writer_update(const char *capsule, const char *catalog, struct err *e);

#endif
