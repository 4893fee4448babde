/* The request line of Gemini: what stands in it, why it is refused, and that no byte behind what
 * was given is read. */
#include "rows.h"

#include <ctype.h>

#include "proto/gemini.h"

/* ---- requests that are whole ---- */

static const struct good_row {
	const char *what;
	struct str in, host;
	unsigned port;
	struct str path;
	bool has_query;
	struct str query, raw_query;
} GOOD[] = {
	{ "a page", STR_INIT("gemini://host.org/people/tri-dao.gmi\r\n"), STR_INIT("host.org"),
		1965, STR_INIT("/people/tri-dao.gmi"), false, STR_INIT(""), STR_INIT("") },
	{ "the root", STR_INIT("gemini://host/\r\n"), STR_INIT("host"), 1965, STR_INIT("/"), false,
		STR_INIT(""), STR_INIT("") },
	{ "an empty path is the root", STR_INIT("gemini://host\r\n"), STR_INIT("host"), 1965,
		STR_INIT("/"), false, STR_INIT(""), STR_INIT("") },
	{ "an empty path before a query", STR_INIT("gemini://host?a\r\n"), STR_INIT("host"), 1965,
		STR_INIT("/"), true, STR_INIT("a"), STR_INIT("a") },
	{ "scheme and host in capitals", STR_INIT("GEMINI://HOST.Org/A\r\n"), STR_INIT("host.org"),
		1965, STR_INIT("/A"), false, STR_INIT(""), STR_INIT("") },
	{ "a port written out", STR_INIT("gemini://host:1965/\r\n"), STR_INIT("host"), 1965,
		STR_INIT("/"), false, STR_INIT(""), STR_INIT("") },
	{ "another port", STR_INIT("gemini://host:65535/\r\n"), STR_INIT("host"), 65535,
		STR_INIT("/"), false, STR_INIT(""), STR_INIT("") },
	{ "an empty port is the default one", STR_INIT("gemini://host:/a\r\n"), STR_INIT("host"),
		1965, STR_INIT("/a"), false, STR_INIT(""), STR_INIT("") },
	{ "an address of version 6 loses its brackets", STR_INIT("gemini://[::1]:7/a\r\n"),
		STR_INIT("::1"), 7, STR_INIT("/a"), false, STR_INIT(""), STR_INIT("") },
	{ "an address in capitals", STR_INIT("gemini://[2001:DB8::A]/\r\n"),
		STR_INIT("2001:db8::a"), 1965, STR_INIT("/"), false, STR_INIT(""), STR_INIT("") },
	{ "the dot at the end of a name goes", STR_INIT("gemini://host.org./\r\n"),
		STR_INIT("host.org"), 1965, STR_INIT("/"), false, STR_INIT(""), STR_INIT("") },
	{ "an escaped letter of the host", STR_INIT("gemini://h%6Fst%2eORG/\r\n"),
		STR_INIT("host.org"), 1965, STR_INIT("/"), false, STR_INIT(""), STR_INIT("") },
	{ "an escaped accent in the host", STR_INIT("gemini://r%C3%A9.org/\r\n"),
		STR_INIT("r\xc3\xa9.org"), 1965, STR_INIT("/"), false, STR_INIT(""), STR_INIT("") },
	{ "escaped unreserved characters", STR_INIT("gemini://host/%70eople/tri%2Ddao\r\n"),
		STR_INIT("host"), 1965, STR_INIT("/people/tri-dao"), false, STR_INIT(""),
		STR_INIT("") },
	{ "an accent in the path", STR_INIT("gemini://host/r%c3%a9\r\n"), STR_INIT("host"), 1965,
		STR_INIT("/r\xc3\xa9"), false, STR_INIT(""), STR_INIT("") },
	{ "an escaped percent sign is decoded once", STR_INIT("gemini://host/%252e%252e\r\n"),
		STR_INIT("host"), 1965, STR_INIT("/%2e%2e"), false, STR_INIT(""), STR_INIT("") },
	{ "dot segments inside the root", STR_INIT("gemini://host/a/./b/../c\r\n"),
		STR_INIT("host"), 1965, STR_INIT("/a/c"), false, STR_INIT(""), STR_INIT("") },
	{ "escaped dot segments inside the root", STR_INIT("gemini://host/a/%2e%2E/c\r\n"),
		STR_INIT("host"), 1965, STR_INIT("/c"), false, STR_INIT(""), STR_INIT("") },
	{ "an escaped slash parts segments", STR_INIT("gemini://host/a%2F..%2fb\r\n"),
		STR_INIT("host"), 1965, STR_INIT("/b"), false, STR_INIT(""), STR_INIT("") },
	{ "slashes in a row stay", STR_INIT("gemini://host//a//b\r\n"), STR_INIT("host"), 1965,
		STR_INIT("//a//b"), false, STR_INIT(""), STR_INIT("") },
	{ "a question mark in the path by its escape", STR_INIT("gemini://host/a%3Fb\r\n"),
		STR_INIT("host"), 1965, STR_INIT("/a?b"), false, STR_INIT(""), STR_INIT("") },
	{ "an empty query", STR_INIT("gemini://host/a?\r\n"), STR_INIT("host"), 1965,
		STR_INIT("/a"), true, STR_INIT(""), STR_INIT("") },
	{ "words with a blank", STR_INIT("gemini://host/search.gmi?tri%20dao\r\n"),
		STR_INIT("host"), 1965, STR_INIT("/search.gmi"), true, STR_INIT("tri dao"),
		STR_INIT("tri%20dao") },
	{ "a plus in a query stays a plus", STR_INIT("gemini://host/s?c++\r\n"), STR_INIT("host"),
		1965, STR_INIT("/s"), true, STR_INIT("c++"), STR_INIT("c++") },
	{ "an accent in a query", STR_INIT("gemini://host/s?r%C3%A9\r\n"), STR_INIT("host"), 1965,
		STR_INIT("/s"), true, STR_INIT("r\xc3\xa9"), STR_INIT("r%C3%A9") },
	{ "an answer of two lines", STR_INIT("gemini://host/s?a%0Ab%09c\r\n"), STR_INIT("host"),
		1965, STR_INIT("/s"), true, STR_INIT("a\nb\tc"), STR_INIT("a%0Ab%09c") },
	{ "an answer of two lines from another system", STR_INIT("gemini://host/s?a%0D%0Ab\r\n"),
		STR_INIT("host"), 1965, STR_INIT("/s"), true, STR_INIT("a\r\nb"),
		STR_INIT("a%0D%0Ab") },
	{ "a question mark and slashes in a query", STR_INIT("gemini://host/s?a?b/../c\r\n"),
		STR_INIT("host"), 1965, STR_INIT("/s"), true, STR_INIT("a?b/../c"),
		STR_INIT("a?b/../c") },
	{ "what follows is not read", STR_INIT("gemini://host/a\r\ngemini://host/b\r\n"),
		STR_INIT("host"), 1965, STR_INIT("/a"), false, STR_INIT(""), STR_INIT("") },
	{ "bytes of any kind may follow", STR_INIT("gemini://host/a\r\n\0\xff\n"), STR_INIT("host"),
		1965, STR_INIT("/a"), false, STR_INIT(""), STR_INIT("") },
};

static void
a_request_is_taken_apart(void **state)
{
	const struct good_row *row = *state;
	struct str in = exact_copy(row->in);
	struct arena a = { 0 };
	struct request r;

	assert_int_equal(gemini_parse(&a, in, &r), PARSE_DONE);
	assert_str(r.host, row->host);
	assert_int_equal(r.port, row->port);
	assert_str(r.path, row->path);
	assert_int_equal(r.has_query, row->has_query);
	assert_str(r.query, row->query);
	assert_str(r.raw_query, row->raw_query);
	arena_end(&a);
	free_exact(in);
}

/* ---- requests that are refused ---- */

static const struct bad_row {
	const char *what;
	struct str in;
	unsigned status;
	const char *word; /* stands in the answer */
} BAD[] = {
	{ "an empty line", STR_INIT("\r\n"), 59, "empty" },
	{ "user information", STR_INIT("gemini://me@host/\r\n"), 59, "user" },
	{ "empty user information", STR_INIT("gemini://@host/\r\n"), 59, "user" },
	{ "a fragment", STR_INIT("gemini://host/#a\r\n"), 59, "fragment" },
	{ "an empty fragment", STR_INIT("gemini://host/#\r\n"), 59, "fragment" },
	{ "a path without a host", STR_INIT("/people\r\n"), 59, "absolute" },
	{ "a name alone", STR_INIT("people\r\n"), 59, "absolute" },
	{ "a scheme without slashes", STR_INIT("gemini:host/people\r\n"), 59, "absolute" },
	{ "a host without a scheme", STR_INIT("//host/people\r\n"), 59, "scheme" },
	{ "an empty host", STR_INIT("gemini:///people\r\n"), 59, "host" },
	{ "a port without a host", STR_INIT("gemini://:1965/\r\n"), 59, "host" },
	{ "port nought", STR_INIT("gemini://host:0/\r\n"), 59, "port" },
	{ "a port beyond the last", STR_INIT("gemini://host:65536/\r\n"), 59, "port" },
	{ "a port of many digits", STR_INIT("gemini://host:99999999999999999999/\r\n"), 59,
		"port" },
	{ "a port of letters", STR_INIT("gemini://host:abc/\r\n"), 59, "RFC 3986" },
	{ "brackets in the path", STR_INIT("gemini://host/[a]\r\n"), 59, "RFC 3986" },
	{ "an address that is not closed", STR_INIT("gemini://[::1/\r\n"), 59, "RFC 3986" },
	{ "a half escape", STR_INIT("gemini://host/%4\r\n"), 59, "two hex digits" },
	{ "an escape of no hex digits", STR_INIT("gemini://host/%zz\r\n"), 59, "two hex digits" },
	{ "a percent sign at the end", STR_INIT("gemini://host/?a%\r\n"), 59, "two hex digits" },
	{ "an escaped NUL in the path", STR_INIT("gemini://host/%00\r\n"), 59, "%00" },
	{ "an escaped NUL in the query", STR_INIT("gemini://host/?%00\r\n"), 59, "%00" },
	{ "an escaped NUL in the host", STR_INIT("gemini://ho%00st/\r\n"), 59, "%00" },
	{ "a raw NUL", STR_INIT("gemini://host/\0\r\n"), 59, "control" },
	{ "a raw TAB", STR_INIT("gemini://host/a\tb\r\n"), 59, "control" },
	{ "a raw LF before CRLF", STR_INIT("gemini://host/a\nb\r\n"), 59, "control" },
	{ "a CR before CRLF", STR_INIT("gemini://host/a\r\r\n"), 59, "control" },
	{ "a raw DEL", STR_INIT("gemini://host/\x7f\r\n"), 59, "control" },
	{ "a raw blank", STR_INIT("gemini://host/tri dao\r\n"), 59, "%20" },
	{ "a byte order mark",
		STR_INIT("\xef\xbb\xbf"
			 "gemini://host/\r\n"),
		59, "byte order mark" },
	{ "a raw accent", STR_INIT("gemini://host/r\xc3\xa9\r\n"), 59, "beyond ASCII" },
	{ "raw bytes that are no UTF-8", STR_INIT("gemini://host/r\xe9\r\n"), 59, "not UTF-8" },
	{ "a path that is no UTF-8", STR_INIT("gemini://host/r%e9\r\n"), 59, "path" },
	{ "a path with an escaped surrogate", STR_INIT("gemini://host/%ed%a0%80\r\n"), 59, "path" },
	{ "a path with an escaped newline", STR_INIT("gemini://host/a%0Ab\r\n"), 59, "path" },
	{ "a path with an escaped C1 control", STR_INIT("gemini://host/%C2%9B\r\n"), 59, "path" },
	{ "a query that is no UTF-8", STR_INIT("gemini://host/?r%e9\r\n"), 59, "query" },
	{ "a query with an escape character", STR_INIT("gemini://host/?%1B[31m\r\n"), 59,
		"RFC 3986" },
	{ "a query with an escaped escape character", STR_INIT("gemini://host/?%1B\r\n"), 59,
		"query" },
	{ "a host that is no UTF-8", STR_INIT("gemini://h%ffst/\r\n"), 59, "host" },
	{ "a host with an escaped newline", STR_INIT("gemini://h%0Ast/\r\n"), 59, "host" },
	{ "above the root", STR_INIT("gemini://host/..\r\n"), 59, "root" },
	{ "above the root and back", STR_INIT("gemini://host/../../etc/passwd\r\n"), 59, "root" },
	{ "above the root by escaped dots", STR_INIT("gemini://host/%2e%2e/a\r\n"), 59, "root" },
	{ "above the root by an escaped slash", STR_INIT("gemini://host/..%2f..%2fa\r\n"), 59,
		"root" },
	{ "above the root from inside", STR_INIT("gemini://host/a%2f../../b\r\n"), 59, "root" },
	{ "the web", STR_INIT("https://host/\r\n"), 53, "gemini://" },
	{ "a scheme that begins alike", STR_INIT("geminis://host/\r\n"), 53, "gemini://" },
	{ "another scheme without slashes", STR_INIT("mailto:a@host\r\n"), 53, "gemini://" },
	{ "another scheme comes before user and fragment", STR_INIT("http://a@host/#b\r\n"), 53,
		"gemini://" },
	{ "an upload", STR_INIT("titan://host/a;mime=text/gemini;size=5\r\n"), 53, "titan" },
	{ "an upload with its body", STR_INIT("TITAN://host/a;size=5\r\nhello"), 53, "titan" },
};

/* The words are one line that fits a header, and nothing of the request stands in them. */
static void
assert_header_words(const char *words)
{
	assert_non_null(words);
	assert_true(strlen(words) > 0 && strlen(words) <= 1024);
	for (const char *c = words; *c; c++)
		assert_true(isprint((unsigned char)*c));
}

static void
a_request_is_refused(void **state)
{
	const struct bad_row *row = *state;
	struct str in = exact_copy(row->in);
	struct arena a = { 0 };
	struct request r;

	assert_int_equal(gemini_parse(&a, in, &r), PARSE_BAD);
	assert_int_equal(r.status, row->status);
	assert_header_words(r.wrong);
	if (!strstr(r.wrong, row->word))
		fail_msg("\"%s\" does not say \"%s\"", r.wrong, row->word);
	arena_end(&a);
	free_exact(in);
}

/* ---- requests that are cut ---- */

/* Each beginning, in memory of its own size, up to the byte before the LF. */
static void
every_beginning_asks_for_more(struct str in)
{
	size_t whole = str_find_str(in, STR("\r\n")) + 2;

	for (size_t n = 0; n < whole && n <= in.n; n++) {
		struct str cut = exact_copy(str_sub(in, 0, n));
		struct arena a = { 0 };
		struct request r;

		if (gemini_parse(&a, cut, &r) != PARSE_MORE)
			fail_msg("not after %zu bytes", n);
		arena_end(&a);
		free_exact(cut);
	}
}

static void
a_good_request_is_awaited(void **state)
{
	every_beginning_asks_for_more(((const struct good_row *)*state)->in);
}

static void
a_bad_request_is_awaited(void **state)
{
	every_beginning_asks_for_more(((const struct bad_row *)*state)->in);
}

static const struct open_row {
	const char *what;
	struct str in;
} OPEN[] = {
	{ "nothing has come", STR_INIT("") },
	{ "a bare LF ends no line", STR_INIT("gemini://host/\n") },
	{ "LF CR ends no line", STR_INIT("gemini://host/\n\r") },
	{ "a bare CR ends no line", STR_INIT("gemini://host/\r") },
	{ "a CR and then something else", STR_INIT("gemini://host/\rx") },
};

static void
a_line_without_crlf_goes_on(void **state)
{
	every_beginning_asks_for_more(((const struct open_row *)*state)->in);
}

/* ---- long requests ---- */

static enum parse
parse_long(size_t url, struct str end, struct request *r)
{
	char text[GEMINI_URL_MOST + 100];
	struct arena a = { 0 };

	memset(text, 'x', sizeof text);
	memcpy(text, "gemini://host/", 14);
	memcpy(text + url, end.p, end.n);
	struct str in = exact_copy((struct str){ text, url + end.n });
	enum parse verdict = gemini_parse(&a, in, r);

	arena_end(&a);
	free_exact(in);
	return verdict;
}

static const struct long_row {
	const char *what;
	size_t url;
	struct str end;
	enum parse verdict;
} LONG[] = {
	{ "1024 bytes are a URL", 1024, STR_INIT("\r\n"), PARSE_DONE },
	{ "1024 bytes are a URL, whatever follows", 1024, STR_INIT("\r\nmore"), PARSE_DONE },
	{ "1025 bytes are too many", 1025, STR_INIT("\r\n"), PARSE_BAD },
	{ "1025 bytes and a CR are too many", 1025, STR_INIT("\r"), PARSE_BAD },
	{ "1024 bytes and a CR may become a URL", 1024, STR_INIT("\r"), PARSE_MORE },
	{ "1024 bytes and CR CR are too many", 1024, STR_INIT("\r\r"), PARSE_BAD },
	{ "1024 bytes and LF CR are too many", 1024, STR_INIT("\n\r"), PARSE_BAD },
	{ "1026 bytes without an end are too many", 1026, STR_INIT(""), PARSE_BAD },
};

static void
a_long_request_is_measured(void **state)
{
	const struct long_row *row = *state;
	struct request r;

	assert_int_equal(parse_long(row->url, row->end, &r), row->verdict);
	if (row->verdict == PARSE_BAD) {
		assert_int_equal(r.status, 59);
		assert_non_null(strstr(r.wrong, "1024"));
		assert_header_words(r.wrong);
	}
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, GOOD, a_request_is_taken_apart);
	add_rows(&s, GOOD, a_good_request_is_awaited);
	add_rows(&s, BAD, a_request_is_refused);
	add_rows(&s, BAD, a_bad_request_is_awaited);
	add_rows(&s, OPEN, a_line_without_crlf_goes_on);
	add_rows(&s, LONG, a_long_request_is_measured);
	return run_suite(&s, "gemini_parse", NULL, NULL);
}
