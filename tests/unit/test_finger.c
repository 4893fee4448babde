/* The query of finger: what stands in it, and that no byte behind what was given is read. */
#include "rows.h"

#include <string.h>

#include "base/arena.h"
#include "proto/finger.h"

#define TEXT(literal) \
	{ \
		literal, sizeof literal - 1 \
	}

static const struct row {
	const char *what;
	struct str in;
	enum parse verdict;
	struct str path;
	char mark;
} ROWS[] = {
	{ "nothing yet", TEXT(""), PARSE_MORE, TEXT(""), 0 },
	{ "no line end yet", TEXT("dao"), PARSE_MORE, TEXT(""), 0 },
	{ "the list", TEXT("\r\n"), PARSE_DONE, TEXT(""), 0 },
	{ "the list by LF", TEXT("\n"), PARSE_DONE, TEXT(""), 0 },
	{ "blanks are the list", TEXT("   \r\n"), PARSE_DONE, TEXT(""), 0 },
	{ "a name", TEXT("tri-dao\r\n"), PARSE_DONE, TEXT("tri-dao"), 0 },
	{ "a name by LF", TEXT("tri-dao\n"), PARSE_DONE, TEXT("tri-dao"), 0 },
	{ "a name with its blank", TEXT("tri dao\r\n"), PARSE_DONE, TEXT("tri dao"), 0 },
	{ "blanks around a name", TEXT("\t tri \r\n"), PARSE_DONE, TEXT("tri"), 0 },
	{ "what follows is not read", TEXT("tri\r\ndao\r\n"), PARSE_DONE, TEXT("tri"), 0 },
	{ "a NUL is part of the name", TEXT("a\0b\r\n"), PARSE_DONE, TEXT("a\0b"), 0 },
	{ "long form", TEXT("/W tri-dao\r\n"), PARSE_DONE, TEXT("tri-dao"), 'W' },
	{ "long form, more blanks", TEXT("/W   tri-dao\r\n"), PARSE_DONE, TEXT("tri-dao"), 'W' },
	{ "long form of the list", TEXT("/W\r\n"), PARSE_DONE, TEXT(""), 'W' },
	{ "long form of the list with a blank", TEXT("/W \r\n"), PARSE_DONE, TEXT(""), 'W' },
	{ "a name that begins so", TEXT("/Wx\r\n"), PARSE_DONE, TEXT("/Wx"), 0 },
	{ "forwarding", TEXT("a@b\r\n"), PARSE_BAD, TEXT(""), 0 },
	{ "forwarding of the list", TEXT("@b\r\n"), PARSE_BAD, TEXT(""), 0 },
	{ "forwarding in long form", TEXT("/W a@b@c\r\n"), PARSE_BAD, TEXT(""), 0 },
};

/* A copy of exactly as many bytes, so that a sanitizer sees one read too many. */
static char *
exact(const char *p, size_t n)
{
	char *copy = malloc(n ? n : 1);

	assert_non_null(copy);
	if (n)
		memcpy(copy, p, n);
	return copy;
}

static void
a_query_is_taken_apart(void **state)
{
	const struct row *row = *state;
	struct request r;
	char *in = exact(row->in.p, row->in.n);

	assert_int_equal(finger_parse(NULL, (struct str){ in, row->in.n }, &r), row->verdict);
	if (row->verdict == PARSE_DONE) {
		assert_int_equal(r.path.n, row->path.n);
		if (r.path.n)
			assert_memory_equal(r.path.p, row->path.p, r.path.n);
		assert_int_equal(r.mark, row->mark);
	}
	if (row->verdict == PARSE_BAD)
		assert_non_null(r.wrong);
	free(in);
}

static void
every_beginning_of_a_query_asks_for_more(void **state)
{
	const struct row *row = *state;
	size_t end = str_find(row->in, '\n');

	for (size_t n = 0; n <= end && n < row->in.n; n++) {
		struct request r;
		char *in = exact(row->in.p, n);

		assert_int_equal(finger_parse(NULL, (struct str){ in, n }, &r), PARSE_MORE);
		free(in);
	}
}

static void
a_query_of_512_bytes_is_the_longest(void **state)
{
	static char in[FINGER_LINE_MOST];
	struct request r;

	(void)state;
	memset(in, 'x', sizeof in);
	assert_int_equal(finger_parse(NULL, (struct str){ in, sizeof in - 1 }, &r), PARSE_MORE);
	assert_int_equal(finger_parse(NULL, (struct str){ in, sizeof in }, &r), PARSE_BAD);
	assert_non_null(strstr(r.wrong, "512"));
	in[sizeof in - 1] = '\n';
	assert_int_equal(finger_parse(NULL, (struct str){ in, sizeof in }, &r), PARSE_DONE);
	assert_int_equal(r.path.n, sizeof in - 1);
}

int
main(void)
{
	static const char *const LONGEST = "a query of 512 bytes is the longest";
	struct suite s = { 0 };

	add_rows(&s, ROWS, a_query_is_taken_apart);
	add_rows(&s, ROWS, every_beginning_of_a_query_asks_for_more);
	add_rows_of(&s, &LONGEST, sizeof LONGEST, 1, a_query_of_512_bytes_is_the_longest);
	return run_suite(&s, "finger", NULL, NULL);
}
