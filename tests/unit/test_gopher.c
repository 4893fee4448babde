/* The request line of Gopher: what stands in it, and that no byte behind what was given is read. */
#include "rows.h"

#include <string.h>

#include "base/arena.h"
#include "proto/gopher.h"

#define TEXT(literal) \
	{ \
		literal, sizeof literal - 1 \
	}

static const struct row {
	const char *what;
	struct str in;
	enum parse verdict;
	struct str path;
	bool has_query;
	struct str query;
	char mark;
} ROWS[] = {
	{ "nothing yet", TEXT(""), PARSE_MORE, TEXT(""), false, TEXT(""), 0 },
	{ "no line end yet", TEXT("/people"), PARSE_MORE, TEXT(""), false, TEXT(""), 0 },
	{ "CR alone ends nothing", TEXT("/people\r"), PARSE_MORE, TEXT(""), false, TEXT(""), 0 },
	{ "the root", TEXT("\r\n"), PARSE_DONE, TEXT(""), false, TEXT(""), 0 },
	{ "the root by LF", TEXT("\n"), PARSE_DONE, TEXT(""), false, TEXT(""), 0 },
	{ "CRLF", TEXT("/people\r\n"), PARSE_DONE, TEXT("/people"), false, TEXT(""), 0 },
	{ "LF", TEXT("/people\n"), PARSE_DONE, TEXT("/people"), false, TEXT(""), 0 },
	{ "one CR belongs to the end", TEXT("/a\r\r\n"), PARSE_DONE, TEXT("/a\r"), false, TEXT(""),
		0 },
	{ "what follows is not read", TEXT("/a\r\n/b\r\n"), PARSE_DONE, TEXT("/a"), false, TEXT(""),
		0 },
	{ "a blank is part of the name", TEXT(" a \n"), PARSE_DONE, TEXT(" a "), false, TEXT(""),
		0 },
	{ "a NUL is part of the name", TEXT("a\0b\n"), PARSE_DONE, TEXT("a\0b"), false, TEXT(""),
		0 },
	{ "bytes that are no UTF-8", TEXT("\xff\n"), PARSE_DONE, TEXT("\xff"), false, TEXT(""), 0 },
	{ "words", TEXT("/search\ttri dao\r\n"), PARSE_DONE, TEXT("/search"), true, TEXT("tri dao"),
		0 },
	{ "words beyond ASCII", TEXT("/search\tr\xc3\xa9\n"), PARSE_DONE, TEXT("/search"), true,
		TEXT("r\xc3\xa9"), 0 },
	{ "no words", TEXT("/search\t\r\n"), PARSE_DONE, TEXT("/search"), true, TEXT(""), 0 },
	{ "words and a mark", TEXT("/search\tdao\t+\r\n"), PARSE_DONE, TEXT("/search"), true,
		TEXT("dao"), 0 },
	{ "plus", TEXT("/a\t+\r\n"), PARSE_DONE, TEXT("/a"), false, TEXT(""), '+' },
	{ "words that begin with a plus", TEXT("/search\t+flash\r\n"), PARSE_DONE, TEXT("/search"),
		true, TEXT("+flash"), 0 },
	{ "words that begin with a dollar", TEXT("/search\t$100\r\n"), PARSE_DONE, TEXT("/search"),
		true, TEXT("$100"), 0 },
	{ "words that begin with an exclamation mark", TEXT("/search\t!kung\t+\r\n"), PARSE_DONE,
		TEXT("/search"), true, TEXT("!kung"), 0 },
	{ "plus with data", TEXT("/a\t+\t1\r\n"), PARSE_DONE, TEXT("/a"), false, TEXT(""), '+' },
	{ "exclamation mark", TEXT("/a\t!\r\n"), PARSE_DONE, TEXT("/a"), false, TEXT(""), '!' },
	{ "dollar on the root", TEXT("\t$\r\n"), PARSE_DONE, TEXT(""), false, TEXT(""), '$' },
	{ "many tabs", TEXT("/a\t\t\t\t\r\n"), PARSE_DONE, TEXT("/a"), true, TEXT(""), 0 },
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
assert_text(struct str got, struct str expected)
{
	assert_int_equal(got.n, expected.n);
	if (got.n)
		assert_memory_equal(got.p, expected.p, got.n);
}

static void
a_line_is_taken_apart(void **state)
{
	const struct row *row = *state;
	struct arena a = { 0 };
	struct request r;
	char *in = exact(row->in.p, row->in.n);

	assert_int_equal(gopher_parse(&a, (struct str){ in, row->in.n }, &r), row->verdict);
	if (row->verdict == PARSE_DONE) {
		assert_text(r.path, row->path);
		assert_int_equal(r.has_query, row->has_query);
		assert_text(r.query, row->query);
		assert_int_equal(r.mark, row->mark);
	}
	free(in);
	arena_end(&a);
}

/* Chopped at each byte a line asks for more, and never decides otherwise later. */
static void
every_beginning_of_a_line_asks_for_more(void **state)
{
	const struct row *row = *state;
	size_t end = str_find(row->in, '\n');

	for (size_t n = 0; n <= end && n < row->in.n; n++) {
		struct arena a = { 0 };
		struct request r;
		char *in = exact(row->in.p, n);

		assert_int_equal(gopher_parse(&a, (struct str){ in, n }, &r), PARSE_MORE);
		free(in);
		arena_end(&a);
	}
}

static void
a_line_of_1024_bytes_is_the_longest(void **state)
{
	static char in[GOPHER_LINE_MOST + 2];
	struct arena a = { 0 };
	struct request r;

	(void)state;
	memset(in, 'x', sizeof in);
	assert_int_equal(gopher_parse(&a, (struct str){ in, sizeof in - 1 }, &r), PARSE_MORE);
	assert_int_equal(gopher_parse(&a, (struct str){ in, sizeof in }, &r), PARSE_BAD);
	assert_int_equal(r.status, 59);
	assert_non_null(strstr(r.wrong, "1024"));
	in[sizeof in - 2] = '\r';
	in[sizeof in - 1] = '\n';
	assert_int_equal(gopher_parse(&a, (struct str){ in, sizeof in }, &r), PARSE_DONE);
	assert_int_equal(r.path.n, GOPHER_LINE_MOST);
	arena_end(&a);
}

int
main(void)
{
	static const char *const LONGEST = "a line of 1024 bytes is the longest";
	struct suite s = { 0 };

	add_rows(&s, ROWS, a_line_is_taken_apart);
	add_rows(&s, ROWS, every_beginning_of_a_line_asks_for_more);
	add_rows_of(&s, &LONGEST, sizeof LONGEST, 1, a_line_of_1024_bytes_is_the_longest);
	return run_suite(&s, "gopher", NULL, NULL);
}
