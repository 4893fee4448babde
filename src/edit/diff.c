/* diff: the longest common subsequence of lines by a table, between the equal lines at both ends;
 * records are short. */
#include "edit/diff.h"

#include <stdint.h>

enum { CONTEXT = 3, TABLE_MOST = 16 << 20 };

struct lines {
	struct str *v;
	size_t n, room;
};

/* A line of the script: kept, taken away or put in. */
struct step {
	char mark; /* ' ', '-' or '+' */
	struct str line;
};

struct steps {
	struct step *v;
	size_t n, room;
};

static void
split(struct arena *a, struct str s, struct lines *lines)
{
	struct str line;

	while (s.n && str_cut(&s, '\n', &line))
		*vec_add(a, lines) = line;
}

static void
add(struct arena *a, struct steps *steps, char mark, struct str line)
{
	*vec_add(a, steps) = (struct step){ mark, line };
}

static void
compare(struct arena *a, const struct lines *x, const struct lines *y, struct steps *steps)
{
	size_t head = 0, tail = 0;

	while (head < x->n && head < y->n && str_eq(x->v[head], y->v[head]))
		head++;
	while (tail < x->n - head && tail < y->n - head &&
		str_eq(x->v[x->n - 1 - tail], y->v[y->n - 1 - tail]))
		tail++;
	size_t n = x->n - head - tail, m = y->n - head - tail, i = 0, j = 0;
	bool fits = (n + 1) * (m + 1) <= TABLE_MOST;
	/* longest[i][j]: of what is left of both from i and j on */
	uint16_t *longest = fits ? arena_array(a, uint16_t, (n + 1) * (m + 1)) : NULL;

	for (i = n; fits && i-- > 0;)
		for (j = m; j-- > 0;) {
			uint16_t *at = &longest[i * (m + 1) + j];

			*at = str_eq(x->v[head + i], y->v[head + j]) ? (uint16_t)(at[m + 2] + 1)
				: at[m + 1] > at[1]                  ? at[m + 1]
								     : at[1];
		}
	for (i = 0; i < head; i++)
		add(a, steps, ' ', x->v[i]);
	for (i = j = 0; i < n || j < m;) {
		const uint16_t *at = fits ? &longest[i * (m + 1) + j] : NULL;

		if (fits && i < n && j < m && str_eq(x->v[head + i], y->v[head + j])) {
			add(a, steps, ' ', x->v[head + i++]);
			j++;
		} else if (i < n && (!fits || j == m || at[m + 1] >= at[1]))
			add(a, steps, '-', x->v[head + i++]);
		else
			add(a, steps, '+', y->v[head + j++]);
	}
	for (i = x->n - tail; i < x->n; i++)
		add(a, steps, ' ', x->v[i]);
}

static void
put_step(struct buf *out, const struct step *step, bool colour)
{
	const char *paint = !colour || step->mark == ' ' ? ""
		: step->mark == '-'                      ? "\033[31m"
							 : "\033[32m";

	buf_printf(out, "%s%c", paint, step->mark);
	buf_put(out, step->line);
	buf_printf(out, "%s\n", *paint ? "\033[m" : "");
}

/* The steps from..to as a hunk; x and y are the lines of both texts before it. */
static void
put_hunk(struct buf *out, const struct steps *steps, size_t from, size_t to, size_t x, size_t y,
	bool colour)
{
	size_t in_x = 0, in_y = 0;

	for (size_t i = from; i < to; i++) {
		in_x += steps->v[i].mark != '+';
		in_y += steps->v[i].mark != '-';
	}
	buf_printf(out, "%s@@ -%zu,%zu +%zu,%zu @@%s\n", colour ? "\033[36m" : "", x + (in_x > 0),
		in_x, y + (in_y > 0), in_y, colour ? "\033[m" : "");
	for (size_t i = from; i < to; i++)
		put_step(out, &steps->v[i], colour);
}

void
diff_put(struct buf *out, struct str path, struct str before, struct str after, bool colour)
{
	struct arena a = { 0 };
	struct lines x = { 0 }, y = { 0 };
	struct steps steps = { 0 };
	size_t at_x = 0, at_y = 0, done = 0;

	if (str_eq(before, after))
		return;
	split(&a, before, &x);
	split(&a, after, &y);
	compare(&a, &x, &y, &steps);
	buf_printf(out, "%s--- %.*s\n+++ %.*s%s\n", colour ? "\033[1m" : "",
		before.p ? (int)path.n : 9, before.p ? path.p : "/dev/null", STR_ARG(path),
		colour ? "\033[m" : "");
	for (size_t i = 0; i < steps.n; i++) {
		if (steps.v[i].mark == ' ')
			continue;
		size_t from = i > done + CONTEXT ? i - CONTEXT : done, last = i, to;

		for (to = i + 1; to < steps.n && to - last <= 2 * CONTEXT; to++)
			if (steps.v[to].mark != ' ')
				last = to;
		to = last + 1 + CONTEXT < steps.n ? last + 1 + CONTEXT : steps.n;
		for (size_t k = done; k < from; k++) {
			at_x++;
			at_y++;
		}
		put_hunk(out, &steps, from, to, at_x, at_y, colour);
		for (size_t k = from; k < to; k++) {
			at_x += steps.v[k].mark != '+';
			at_y += steps.v[k].mark != '-';
		}
		done = to;
		i = to - 1;
	}
	arena_end(&a);
}
