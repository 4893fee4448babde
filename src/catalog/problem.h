/* problem: what is wrong with an editor's files, collected rather than printed, so that every
 * mistake of every file is told in one run, in the order of path, line, column. */
#ifndef CATALOG_PROBLEM_H
#define CATALOG_PROBLEM_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"

enum severity { PROBLEM_ERROR, PROBLEM_WARNING, PROBLEM_NOTE };

/* "error", "warning", "note" */
extern const char *const SEVERITY_NAMES[];

struct problem {
	struct str path, field, text; /* field may be empty */
	int line, column;             /* from 1 */
	enum severity severity;
	bool within; /* the file alone shows it; else it stands between files */
};

struct problems {
	struct arena *arena; /* holds the problems and their texts */
	struct problem *v;
	size_t n, room;
	size_t errors;
};

/* `path` and `field` are borrowed for as long as the problems last. */
void problem_add(struct problems *ps, enum severity severity, struct str path, int line, int column,
	struct str field, const char *format, ...) __attribute__((format(printf, 7, 8)));

/* By path, line, column, then text. */
void problem_sort(struct problems *ps);

/* "path:line:column: error: field: text" and a newline. */
void problem_put(struct buf *out, const struct problem *p);

#endif
