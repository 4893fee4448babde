/* The header of a Gemini answer, and where a redirect leads, as a mirror takes them. */
#include "rows.h"

#include "proto/answer.h"

/* ---- headers ---- */

static const struct header_row {
	const char *what;
	struct str in;
	unsigned status; /* 0: it is none */
	struct str meta;
} HEADERS[] = {
	{ "a page", STR_INIT("20 text/gemini; lang=en\r\n"), 20, STR_INIT("text/gemini; lang=en") },
	{ "nothing behind the status", STR_INIT("51 \r\n"), 51, STR_INIT("") },
	{ "a return in the middle", STR_INIT("51 a\rb\r\n"), 51, STR_INIT("a\rb") },
	{ "no blank", STR_INIT("20\r\n"), 0, STR_INIT("") },
	{ "a letter in the status", STR_INIT("2x text/plain\r\n"), 0, STR_INIT("") },
	{ "a status below all", STR_INIT("09 a\r\n"), 0, STR_INIT("") },
	{ "a status above all", STR_INIT("70 a\r\n"), 0, STR_INIT("") },
	{ "no header", STR_INIT("hello\r\n"), 0, STR_INIT("") },
	{ "nothing but the end of a line", STR_INIT("\r\n"), 0, STR_INIT("") },
};

static void
a_header_is_read(void **state)
{
	const struct header_row *row = *state;
	struct answer answer;
	struct str in = exact_copy(row->in);

	assert_int_equal(answer_parse(in, &answer), row->status ? PARSE_DONE : PARSE_BAD);
	if (row->status) {
		assert_int_equal(answer.status, row->status);
		assert_str(answer.meta, row->meta);
		assert_int_equal(answer.size, in.n);
	}
	free_exact(in);
}

static void
a_header_is_awaited(void **state)
{
	const struct header_row *row = *state;
	struct answer answer;

	for (size_t n = 0; n < row->in.n; n++) {
		struct str in = exact_copy(str_sub(row->in, 0, n));

		assert_int_equal(answer_parse(in, &answer), PARSE_MORE);
		free_exact(in);
	}
}

static const struct long_row {
	const char *what;
	size_t meta;
	const char *end;
	enum parse verdict;
} LONG[] = {
	{ "the longest header", ANSWER_META, "\r\n", PARSE_DONE },
	{ "the longest header but for its last byte", ANSWER_META, "\r", PARSE_MORE },
	{ "a header that is a byte too long", ANSWER_META + 1, "\r\n", PARSE_BAD },
	{ "a header without end", ANSWER_META + 2, "", PARSE_BAD },
	{ "the longest header with its body", ANSWER_META, "\r\nbody", PARSE_DONE },
};

static void
a_long_header_is_measured(void **state)
{
	const struct long_row *row = *state;
	char bytes[ANSWER_MOST + 64] = "20 ";
	struct answer answer;

	memset(bytes + 3, 'x', row->meta);
	memcpy(bytes + 3 + row->meta, row->end, strlen(row->end));
	struct str in = exact_copy((struct str){ bytes, 3 + row->meta + strlen(row->end) });

	assert_int_equal(answer_parse(in, &answer), row->verdict);
	if (row->verdict == PARSE_DONE)
		assert_int_equal(answer.size, ANSWER_MOST);
	free_exact(in);
}

/* ---- redirects from /people/a.gmi?x of gemini://host ---- */

static const struct redirect_row {
	const char *what;
	struct str to, path; /* path empty: it leads elsewhere */
} REDIRECTS[] = {
	{ "a path", STR_INIT("/b.gmi"), STR_INIT("/b.gmi") },
	{ "a page beside it", STR_INIT("b.gmi"), STR_INIT("/people/b.gmi") },
	{ "a page above it", STR_INIT("../b.gmi"), STR_INIT("/b.gmi") },
	{ "the server by name", STR_INIT("gemini://host"), STR_INIT("/") },
	{ "a page of the server by name", STR_INIT("gemini://host/b%20c.gmi"),
		STR_INIT("/b%20c.gmi") },
	{ "the root by another road", STR_INIT("gemini://host/x/../y"), STR_INIT("/y") },
	{ "nothing", STR_INIT(""), STR_INIT("") },
	{ "above the root", STR_INIT("../../b.gmi"), STR_INIT("") },
	{ "another host", STR_INIT("gemini://other/b.gmi"), STR_INIT("") },
	{ "a host that begins like it", STR_INIT("gemini://host.evil/b.gmi"), STR_INIT("") },
	{ "another port", STR_INIT("gemini://host:1966/b.gmi"), STR_INIT("") },
	{ "the name behind a user", STR_INIT("gemini://host@evil/b.gmi"), STR_INIT("") },
	{ "another host without a scheme", STR_INIT("//evil/b.gmi"), STR_INIT("") },
	{ "another scheme", STR_INIT("https://host/b.gmi"), STR_INIT("") },
	{ "a place in a page", STR_INIT("/b.gmi#c"), STR_INIT("") },
	{ "a blank", STR_INIT("/b c.gmi"), STR_INIT("") },
	{ "a NUL in disguise", STR_INIT("/b%00.gmi"), STR_INIT("") },
};

static void
a_redirect_stays_within_the_server(void **state)
{
	const struct redirect_row *row = *state;
	struct arena a = { 0 };
	struct str path = STR("");

	assert_int_equal(
		answer_follow(&a, STR("gemini://host"), STR("/people/a.gmi?x"), row->to, &path),
		row->path.n > 0);
	if (row->path.n)
		assert_str(path, row->path);
	arena_end(&a);
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, HEADERS, a_header_is_read);
	add_rows(&s, HEADERS, a_header_is_awaited);
	add_rows(&s, LONG, a_long_header_is_measured);
	add_rows(&s, REDIRECTS, a_redirect_stays_within_the_server);
	return run_suite(&s, "answer", NULL, NULL);
}
