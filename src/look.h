/* look: what the questions of `check --install` share. A question looks and says what it found; it
 * changes nothing. */
#ifndef LOOK_H
#define LOOK_H

#include <jansson.h>

#include "command.h"
#include "run/supervisor.h"

enum verdict { FINE, WARNING, WRONG, VERDICTS };

struct finding {
	const char *about;
	enum verdict verdict;
	struct str text;
};

struct look {
	struct config *c;
	struct plan plan;
	const char *about; /* the question being asked */
	json_t *report;    /* of the server that runs here; NULL: none does */
	bool unasked;      /* there may be one, but we may not ask it */
	struct {
		struct finding *v;
		size_t n, room;
	} findings;
};

/* A finding of the question being asked: what is so, and, unless it is fine, what to do. */
void look_say(struct look *l, enum verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- the questions ---- */

void look_at_ports(struct look *l), look_at_names(struct look *l),
	look_at_open_files(struct look *l);
void look_at_certificates(struct look *l), look_at_keys(struct look *l),
	look_at_clock(struct look *l), look_at_catalog(struct look *l),
	look_at_records(struct look *l);

#endif
