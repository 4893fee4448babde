/* Lines of a page as lines of a menu, and the wrapping beneath. */
#include "rows.h"

#include <string.h>

#include "base/utf8.h"
#include "encode/encode.h"
#include "encode/wrap.h"

#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN
#define INFO(text) "i" text "\t\tnull.host\t1\r\n"
#define OUT(name, url) "h" name "\tURL:" url "\tme.example\t7070\r\n"

static const struct place PLACE = { .host = STR_INIT("me.example"),
	.port = 1965,
	.gopher_host = STR_INIT("me.example"),
	.gopher_port = 7070 };

/* ---- one line each ---- */

static const struct line_row {
	const char *what;
	enum line_kind kind;
	const char *text, *target, *date, *expected;
} LINES[] = {
	{ "a title is underlined", LINE_TITLE, "Tri Dao", NULL, NULL,
		INFO("Tri Dao") INFO("=======") },
	{ "a line under a wide title is as wide", LINE_TITLE, "陈天奇", NULL, NULL,
		INFO("陈天奇") INFO("======") },
	{ "a heading", LINE_HEAD, "Topics", NULL, NULL, INFO("--- Topics") },
	{ "a smaller heading", LINE_SUBHEAD, "More", NULL, NULL, INFO("-- More") },
	{ "an item", LINE_ITEM, "one", NULL, NULL, INFO("* one") },
	{ "a quotation", LINE_QUOTE, "one", NULL, NULL, INFO("> one") },
	{ "text of 67 columns", LINE_TEXT, SIXTY "1234567", NULL, NULL, INFO(SIXTY "1234567") },
	{ "a word of 68 columns", LINE_TEXT, SIXTY "12345678", NULL, NULL,
		INFO(SIXTY "1234567") INFO("8") },
	{ "a blank at column 68 takes no room", LINE_TEXT, SIXTY " 123456 8", NULL, NULL,
		INFO(SIXTY " 123456") INFO("8") },
	{ "an item goes on beneath its text", LINE_ITEM, SIXTY " 12345", NULL, NULL,
		INFO("* " SIXTY) INFO("  12345") },
	{ "a preformatted line keeps its blanks", LINE_PRE, "  a   b", NULL, NULL,
		INFO("  a   b") },
	{ "an empty preformatted line", LINE_PRE, "", NULL, NULL, INFO("") },
	{ "a preformatted line of 68 columns", LINE_PRE, "  " SIXTY "123456", NULL, NULL,
		INFO("  " SIXTY "12345") INFO("6") },
	{ "a dot is no end", LINE_TEXT, ".", NULL, NULL, INFO(".") },
	{ "a page", LINE_LINK, "Tri Dao", "/people/tri-dao.gmi", NULL,
		"1Tri Dao\t/people/tri-dao\tme.example\t7070\r\n" },
	{ "home", LINE_LINK, "Home", "/index.gmi", NULL, "1Home\t\tme.example\t7070\r\n" },
	{ "an index", LINE_LINK, "All", "/topics/index.gmi", NULL,
		"1All\t/topics\tme.example\t7070\r\n" },
	{ "a text", LINE_LINK, "Text", "/people/tri-dao.txt", NULL,
		"0Text\t/people/tri-dao.txt\tme.example\t7070\r\n" },
	{ "a search", LINE_LINK, "Search", "/search.gmi", NULL,
		"7Search\t/search\tme.example\t7070\r\n" },
	{ "a search with its words", LINE_LINK, "Next", "/search--2.gmi?a%20b", NULL,
		"1Next\t/search--2?a%20b\tme.example\t7070\r\n" },
	{ "a date before a name", LINE_LINK, "Tri Dao", "/people/tri-dao.gmi", "2026-05-04",
		"12026-05-04 Tri Dao\t/people/tri-dao\tme.example\t7070\r\n" },
	{ "a picture", LINE_LINK, "Map", "/files/map.PNG", NULL,
		"IMap\t/files/map.PNG\tme.example\t7070\r\n" },
	{ "a packed file", LINE_LINK, "All", "/files/all.tar.gz", NULL,
		"9All\t/files/all.tar.gz\tme.example\t7070\r\n" },
	{ "the web", LINE_LINK, "Web", "https://a.example/?b#c", NULL,
		OUT("Web", "https://a.example/?b#c") },
	{ "Gemini", LINE_LINK, "Gemini", "gemini://a.example/", NULL,
		OUT("Gemini", "gemini://a.example/") },
	{ "mail", LINE_LINK, "Mail", "mailto:a@b.example", NULL,
		OUT("Mail", "mailto:a@b.example") },
	{ "Gopher inside TLS", LINE_LINK, "Safe", "gophers://a.example/1/x", NULL,
		OUT("Safe", "gophers://a.example/1/x") },
	{ "another Gopher", LINE_LINK, "There", "gopher://a.example/0/b%20c", NULL,
		"0There\t/b c\ta.example\t70\r\n" },
	{ "another Gopher's root", LINE_LINK, "There", "gopher://a.example:71", NULL,
		"1There\t\ta.example\t71\r\n" },
	{ "a question mark in a selector", LINE_LINK, "There", "gopher://a.example/7/x?y", NULL,
		"7There\t/x?y\ta.example\t70\r\n" },
	{ "a line end in a selector", LINE_LINK, "There", "gopher://a.example/1a%0d%0ab", NULL,
		OUT("There", "gopher://a.example/1a%0d%0ab") },
	{ "a tab in a selector", LINE_LINK, "There", "gopher://a.example/1a%09b", NULL,
		OUT("There", "gopher://a.example/1a%09b") },
	{ "an error elsewhere is no error here", LINE_LINK, "There", "gopher://a.example/3x", NULL,
		OUT("There", "gopher://a.example/3x") },
	{ "an info line elsewhere is none here", LINE_LINK, "There", "gopher://a.example/ix", NULL,
		OUT("There", "gopher://a.example/ix") },
	{ "a dot elsewhere ends nothing", LINE_LINK, "", "gopher://a.example/.", NULL,
		OUT("", "gopher://a.example/.") },
	{ "a name of 66 columns", LINE_LINK, SIXTY "123456", "/index.gmi", NULL,
		"1" SIXTY "123456\t\tme.example\t7070\r\n" },
	{ "a name of 67 columns", LINE_LINK, "a " SIXTY "12345", "/index.gmi", NULL,
		"1a…\t\tme.example\t7070\r\n" INFO("    a") INFO("    " SIXTY "123")
			INFO("    45") },
};

static struct line
line_of(const struct line_row *row)
{
	return (struct line){ .kind = row->kind,
		.text = str_of(row->text),
		.target = str_of(row->target),
		.date = str_of(row->date) };
}

static void
a_line_becomes_lines_of_a_menu(void **state)
{
	const struct line_row *row = *state;
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct line line = line_of(row);
	struct page page = { .arena = &a, .v = &line, .n = 1 };

	encode_menu(&page, &PLACE, &out);
	buf_char(&out, '\0');
	assert_true(out.n > 4 && strcmp(out.p + out.n - 4, ".\r\n") == 0);
	out.p[out.n - 4] = '\0';
	assert_string_equal(out.p, row->expected);
	buf_end(&out);
	arena_end(&a);
}

static void
dots_are_three_where_only_ascii_is_known(void **state)
{
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct place place = PLACE;
	struct line line = { .kind = LINE_LINK,
		.text = STR("a " SIXTY "12345"),
		.target = STR("gopher://b.example/1%c3%a9") };
	struct page page = { .arena = &a, .v = &line, .n = 1 };

	(void)state;
	place.ascii = true;
	encode_menu(&page, &place, &out);
	assert_true(str_starts(
		buf_str(&out), STR("ha...\tURL:gopher://b.example/1%c3%a9\tme.example\t7070\r\n")));
	buf_end(&out);
	arena_end(&a);
}

/* ---- selectors ---- */

static const struct selector_row {
	const char *what, *path, *selector;
} SELECTORS[] = {
	{ "the home page is empty", "/index.gmi", "" },
	{ "an index is its folder", "/people/index.gmi", "/people" },
	{ "a page loses its ending", "/people/tri-dao.gmi", "/people/tri-dao" },
	{ "a continuation", "/names/sm--2.gmi", "/names/sm--2" },
	{ "a query stays", "/search.gmi?a.gmi", "/search?a.gmi" },
	{ "other endings stay", "/people/tri-dao.txt", "/people/tri-dao.txt" },
	{ "only the last ending goes", "/a.gmi.gmi", "/a.gmi" },
};

static void
a_path_has_its_selector(void **state)
{
	const struct selector_row *row = *state;
	struct arena a = { 0 };
	struct str selector = encode_selector(&a, str_of(row->path));

	assert_true(str_eq(selector, str_of(row->selector)));
	arena_end(&a);
}

/* ---- wrapping ---- */

enum { LINES_MOST = 8 };

static const struct wrap_row {
	const char *what, *text;
	size_t columns;
	const char *lines[LINES_MOST];
} WRAPS[] = {
	{ "nothing", "", 10, { NULL } },
	{ "blanks alone", "   ", 10, { NULL } },
	{ "what fits", "aa bb", 5, { "aa bb" } },
	{ "what fits but for its blank", "aa bb cc", 5, { "aa bb", "cc" } },
	{ "many blanks at a break", "aa    bb", 4, { "aa", "bb" } },
	{ "blanks at both ends", "  aa bb  ", 2, { "aa", "bb" } },
	{ "a long word is cut", "abcdefgh", 3, { "abc", "def", "gh" } },
	{ "a long word behind a short one", "a bcdefgh", 4, { "a", "bcde", "fgh" } },
	{ "behind a hyphen", "well-known", 6, { "well-", "known" } },
	{ "an address breaks behind a slash", "http://a.example/bcd", 18,
		{ "http://a.example/", "bcd" } },
	{ "no break behind a full stop inside a name", "see example.org", 12,
		{ "see", "example.org" } },
	{ "nor inside an abbreviation", "so e.g. this", 5, { "so", "e.g.", "this" } },
	{ "nor at a number's comma", "in 10,000", 6, { "in", "10,000" } },
	{ "no break at a no-break blank",
		"a b\xc2\xa0"
		"c",
		4,
		{ "a",
			"b\xc2\xa0"
			"c" } },
	{ "wide characters count two", "数学は不完全", 5, { "数学", "は不", "完全" } },
	{ "no stop begins a line", "数学は。", 6, { "数学", "は。" } },
	{ "marks stay with their letter",
		"e\xcc\x81"
		"e\xcc\x81"
		"e\xcc\x81",
		2,
		{ "e\xcc\x81"
		  "e\xcc\x81",
			"e\xcc\x81" } },
	{ "one that is too wide goes alone", "数a", 1, { "数", "a" } },
	{ "a joined emoji stays whole", "👩\xe2\x80\x8d🔬", 1, { "👩\xe2\x80\x8d🔬" } },
};

static void
a_text_is_wrapped(void **state)
{
	const struct wrap_row *row = *state;
	struct arena a = { 0 };
	size_t n = strlen(row->text), i = 0;
	char *in = malloc(n ? n : 1);
	struct str rest = { in, n }, line;

	assert_non_null(in);
	memcpy(in, row->text, n);
	for (; wrap_line(&a, &rest, row->columns, &line); i++) {
		assert_true(i < LINES_MOST && row->lines[i]);
		assert_string_equal(arena_str(&a, line).p, row->lines[i]);
	}
	assert_null(row->lines[i]);
	free(in);
	arena_end(&a);
}

/* Every beginning of a text, cut at each byte, at each width: the lines fit, and but for blanks
 * nothing is lost. */
static void
nothing_is_lost_at_any_width(void **state)
{
	const struct wrap_row *row = *state;

	for (size_t n = 0; n <= strlen(row->text); n++)
		for (size_t columns = 4; columns < 14; columns++) {
			struct arena a = { 0 };
			char *in = malloc(n ? n : 1);
			struct str rest = { in, n }, line;
			size_t kept = 0, bytes = 0;

			assert_non_null(in);
			memcpy(in, row->text, n);
			for (size_t i = 0; i < n; i++)
				bytes += in[i] != ' ';
			while (wrap_line(&a, &rest, columns, &line)) {
				assert_true(utf8_width(line) <= columns || utf8_bad(line) < line.n);
				for (size_t i = 0; i < line.n; i++)
					kept += line.p[i] != ' ';
			}
			assert_int_equal(kept, bytes);
			free(in);
			arena_end(&a);
		}
}

/* A paragraph of 256 KiB takes time and memory in proportion to it. */
static void
a_very_long_text_is_wrapped_soon(void **state)
{
	enum { WORDS = 64 * 1024 };
	struct arena a = { 0 };
	struct buf text = { 0 };
	struct str rest, line;
	size_t words = 0;

	(void)state;
	for (int i = 0; i < WORDS; i++)
		buf_put(&text, STR("abc "));
	rest = buf_str(&text);
	while (wrap_line(&a, &rest, 67, &line))
		words += (line.n + 1) / 4;
	assert_int_equal(words, WORDS);
	buf_end(&text);
	arena_end(&a);
}

int
main(void)
{
	static const char *const DOTS = "dots are three where only ASCII is known";
	static const char *const LONG = "a very long text is wrapped soon";
	struct suite s = { 0 };

	add_rows(&s, LINES, a_line_becomes_lines_of_a_menu);
	add_rows_of(&s, &DOTS, sizeof DOTS, 1, dots_are_three_where_only_ascii_is_known);
	add_rows(&s, SELECTORS, a_path_has_its_selector);
	add_rows(&s, WRAPS, a_text_is_wrapped);
	add_rows(&s, WRAPS, nothing_is_lost_at_any_width);
	add_rows_of(&s, &LONG, sizeof LONG, 1, a_very_long_text_is_wrapped_soon);
	return run_suite(&s, "menu", NULL, NULL);
}
