/* rows: each row of a table is a test of its own, named by its sentence. */
#ifndef ROWS_H
#define ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

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

static inline int
run_suite(struct suite *s, const char *name, CMFixtureFunction setup, CMFixtureFunction teardown)
{
	return _cmocka_run_group_tests(name, s->tests, s->n, setup, teardown);
}

#endif
