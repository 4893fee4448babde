/* rows: each row of a table is a test of its own, named by its sentence. */
#ifndef ROWS_H
#define ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/str.h"

/* A row begins with its sentence; `test` finds the row at *state. At most ROWS_MOST in a suite. */
enum { ROWS_MOST = 256 };

struct suite {
	struct CMUnitTest tests[ROWS_MOST];
	size_t n;
};

#define add_rows(suite, rows, test) \
	add_rows_of((suite), (rows), sizeof *(rows), sizeof(rows) / sizeof *(rows), (test))

static inline void
add_rows_of(struct suite *s, const void *rows, size_t size, size_t n, CMUnitTestFunction test)
{
	for (size_t i = 0; i < n; i++) {
		const void *row = (const char *)rows + i * size;

		if (s->n == ROWS_MOST)
			abort();
		s->tests[s->n++] = (struct CMUnitTest){ .name = *(const char *const *)row,
			.test_func = test,
			.initial_state = (void *)(uintptr_t)row };
	}
}

/* One row that has no table. */
#define add_row(suite, what, test) \
	add_rows_of((suite), &(const char *const){ (what) }, sizeof(char *), 1, (test))

/* The same bytes, as many as there are. */
#define assert_str(got, expected) assert_str_at((got), (expected), __FILE__, __LINE__)

static inline void
assert_str_at(struct str got, struct str expected, const char *file, int line)
{
	if (str_eq(got, expected))
		return;
	print_error("\"%.*s\" (%zu bytes), not \"%.*s\" (%zu bytes)\n", STR_ARG(got), got.n,
		STR_ARG(expected), expected.n);
	_fail(file, line);
}

/* A copy of exactly the bytes of s, so that a sanitizer sees one read too many. Ends with
 * free_exact(). */
static inline struct str
exact_copy(struct str s)
{
	char *p = malloc(s.n ? s.n : 1);

	if (!p)
		abort();
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct str){ p, s.n };
}

static inline void
free_exact(struct str s)
{
	free((void *)(uintptr_t)s.p);
}

static inline int
run_suite(struct suite *s, const char *name, CMFixtureFunction setup, CMFixtureFunction teardown)
{
	return _cmocka_run_group_tests(name, s->tests, s->n, setup, teardown);
}

#endif
