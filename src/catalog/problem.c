/* problem: the list, its order, its one form for people, editors and CI systems. */
#include "catalog/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

const char *const SEVERITY_NAMES[] = { "error", "warning", "note" };

void
problem_add(struct problems *ps, enum severity severity, struct str path, int line, int column,
	struct str field, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	*vec_add(ps->arena, ps) = (struct problem){ path, field, arena_str(ps->arena, str_of(text)),
		line > 0 ? line : 1, column > 0 ? column : 1, severity, false };
	ps->errors += severity == PROBLEM_ERROR;
}

static int
in_order(const void *a, const void *b)
{
	const struct problem *p = a, *q = b;
	int order = str_cmp(p->path, q->path);

	if (!order)
		order = p->line - q->line;
	if (!order)
		order = p->column - q->column;
	return order ? order : str_cmp(p->text, q->text);
}

void
problem_sort(struct problems *ps)
{
	if (ps->n)
		qsort(ps->v, ps->n, sizeof *ps->v, in_order);
}

void
problem_put(struct buf *out, const struct problem *p)
{
	log_escape(out, p->path);
	buf_printf(out, ":%d:%d: %s: ", p->line, p->column, SEVERITY_NAMES[p->severity]);
	if (p->field.n) {
		log_escape(out, p->field);
		buf_put(out, STR(": "));
	}
	log_escape(out, p->text);
	buf_char(out, '\n');
}
