/* Records of the plain form are read without libyaml, and just as libyaml reads them. */
#include "rows.h"

#include <stdio.h>

#include "catalog/plain.h"

/* libyaml is asked where a line has a TAB, and a comment changes but the number of the lines. */
#define TO_LIBYAML "#\t\n"

static void
compare(const struct node *plain, const struct node *other, struct str text)
{
	for (; plain && other; plain = plain->next, other = other->next) {
		if (plain->kind != other->kind || plain->literal != other->literal ||
			plain->line + 1 != other->line || plain->column != other->column ||
			!str_eq(plain->text, other->text))
			fail_msg("\"%.*s\" at %d:%d, and \"%.*s\" at %d:%d for libyaml, in:\n%.*s",
				STR_ARG(plain->text), plain->line, plain->column,
				STR_ARG(other->text), other->line - 1, other->column,
				STR_ARG(text));
		compare(plain->kids, other->kids, text);
	}
	if (plain || other)
		fail_msg("one reading has more than the other:\n%.*s", STR_ARG(text));
}

/* Whether text is of the plain form; if so, libyaml reads the same and finds no mistake. */
static bool
is_plain(struct str text)
{
	struct arena a = { 0 };
	struct problems none = { .arena = &a };
	struct reader r = { &a, &none, STR("x.yaml"), STR("2026-01-01") };
	struct str copy = exact_copy(text);
	const struct str parts[] = { STR(TO_LIBYAML), text };

	if (!reader_characters(&r, copy)) {
		free_exact(copy);
		arena_end(&a);
		return false;
	}
	const struct node *in_place = plain_parse(&a, copy, true),
			  *node = plain_parse(&a, copy, false);

	assert_int_equal(!in_place, !node);
	if (node) {
		const struct node *other = yaml_parse(&r, arena_join(&a, parts, COUNT(parts)));

		if (!other || none.n)
			fail_msg("%s in:\n%.*s", none.n ? none.v[0].text.p : "nothing",
				STR_ARG(text));
		compare(node, other, text);
		compare(in_place, other, text);
	}
	free_exact(copy);
	arena_end(&a);
	return node;
}

static const struct form_row {
	const char *what;
	struct str text;
	bool plain;
} FORMS[] = {
	{ "a key and a text", STR_INIT("name: Ada Lovelace\n"), true },
	{ "no newline at the end", STR_INIT("name: Ada"), true },
	{ "an accent", STR_INIT("name: Ren\xc3\xa9 X\ntagline: y\n"), true },
	{ "blanks and empty lines about", STR_INIT("\n\nname:   Ada  \n\n\ntagline: x\n\n"), true },
	{ "comments on lines of their own",
		STR_INIT("# a\nname: Ada\n   # b\ntopics:\n# c\n  - x\n    # d\n  - y\n#"), true },
	{ "a comment behind a text", STR_INIT("name: Ada # b\n"), false },
	{ "a number sign within a text", STR_INIT("name: C#\n"), true },
	{ "keys without a text", STR_INIT("name:\ntagline:  \nlinks:\n"), true },
	{ "colons within a text", STR_INIT("name: a:b ::c\n"), true },
	{ "a colon and a blank within a text", STR_INIT("name: a: b\n"), false },
	{ "a colon at the end of a text", STR_INIT("name: a:\n"), false },
	{ "texts in quotes", STR_INIT("name: \"a: 'b' # c \"\ntagline: ' \"x\"'  \nrole: \"\"\n"),
		true },
	{ "an escape in quotes", STR_INIT("name: \"a\\tb\"\n"), false },
	{ "an apostrophe written twice", STR_INIT("name: 'a''b'\n"), false },
	{ "text behind a quote", STR_INIT("name: \"a\" b\n"), false },
	{ "a quote that is never closed", STR_INIT("name: \"a\ntagline: b\n"), false },
	{ "a text on several lines", STR_INIT("name: a\n  b  \n   c\ntagline: d\n"), true },
	{ "an empty line within a text", STR_INIT("name: a\n\n  b\n"), false },
	{ "a comment within a text", STR_INIT("name: a\n# x\n  b\n"), false },
	{ "a text that goes on like a list", STR_INIT("name: a\n  - b\n"), false },
	{ "quotes on several lines", STR_INIT("name: \" a \n  b\n   c \"\ntagline: d\n"), true },
	{ "quotes that close on a line of their own", STR_INIT("name: \"a\n  \"\n"), false },
	{ "quotes with an empty line", STR_INIT("name: \"a\n\n  b\"\n"), false },
	{ "quotes that go on at the margin", STR_INIT("name: \"a\nb\"\n"), false },
	{ "a block", STR_INIT("summary: |\n  a: b # c\n    d \n\n  - e\n\n\nname: x\n"), true },
	{ "a block with blanks in empty lines", STR_INIT("summary: |\n  a\n \n     \n  b\n   \n"),
		true },
	{ "a block without a newline at its end", STR_INIT("summary: |\n  a\n  b"), true },
	{ "a block that begins with an empty line", STR_INIT("summary: |\n\n  a\n"), false },
	{ "a block of nothing", STR_INIT("summary: |\nname: x\n"), false },
	{ "a block that keeps its end", STR_INIT("summary: |+\n  a\n\n"), false },
	{ "a block that folds", STR_INIT("summary: >\n  a\n  b\n"), false },
	{ "a block that falls back half", STR_INIT("a:\n  b: |\n      x\n    y\n"), false },
	{ "a list", STR_INIT("topics:\n  - a\n  -   b\n  - \"c\"\nname: x\n"), true },
	{ "a list at the margin of its key", STR_INIT("topics:\n- a\n- b\nname: x\n"), true },
	{ "maps in a list", STR_INIT("start_here:\n  - title: a\n    why: b\n      c\n  - id: d\n"),
		true },
	{ "lists in maps in a list",
		STR_INIT(
			"start_here:\n  - title: a\n    authors:\n    - b\n    - c\n    year: 1\n"),
		true },
	{ "blocks in a list", STR_INIT("topics:\n  - |\n    a\n    b\n  - c\n"), true },
	{ "a list in a list", STR_INIT("topics:\n  - - a\n"), false },
	{ "an item without a text", STR_INIT("topics:\n  - a\n  -\n  - b\n"), false },
	{ "items that stand askew", STR_INIT("topics:\n  - a\n   - b\n"), false },
	{ "items further left than the first", STR_INIT("topics:\n    - a\n  - b\n"), false },
	{ "a map in a map", STR_INIT("links:\n  homepage: https://a.example/\n  My page: b\n"),
		true },
	{ "a key that stands askew", STR_INIT("links:\n  a: b\n c: d\n"), false },
	{ "four levels", STR_INIT("a:\n  b:\n    c:\n      d: e\nf: g\n"), true },
	{ "five levels", STR_INIT("a:\n  b:\n    c:\n      d:\n        e: f\n"), false },
	{ "a key twice", STR_INIT("name: a\ntagline: c\nname: b\n"), false },
	{ "a key twice in different maps", STR_INIT("a:\n  b: c\nb:\n  a: c\n"), true },
	{ "a key in quotes", STR_INIT("\"name\": a\n"), false },
	{ "flow", STR_INIT("topics: [a, b]\n"), false },
	{ "an anchor", STR_INIT("name: &a b\n"), false },
	{ "a tag", STR_INIT("name: !!str b\n"), false },
	{ "a mark before the record", STR_INIT("---\nname: a\n"), false },
	{ "a mark behind the record", STR_INIT("name: a\n...\n"), false },
	{ "a first key that is indented", STR_INIT("  name: a\n"), false },
	{ "a TAB", STR_INIT("name:\ta\n"), false },
	{ "a character that libyaml refuses", STR_INIT("name: \xef\xbf\xbf\n"), false },
	{ "a text alone", STR_INIT("Ada\n"), false },
	{ "nothing", STR_INIT(""), false },
	{ "a comment alone", STR_INIT("# a\n"), false },
};

static void
a_form_is_plain_or_not(void **state)
{
	const struct form_row *row = *state;

	assert_int_equal(is_plain(row->text), row->plain);
}

/* What a slip of the hand puts into a file. */
static const char *const SLIPS[] = { " ", "  ", "\n", "\n\n", "\n  ", "-", "- ", "\n- ", "\n  - ",
	":", ": ", "#", " # ", "\"", "'", "\\", "|", "|\n", ">\n", "a: b\n", "x", "?", "[", "{a",
	"%", "---\n", "\t" };

static const struct str WHOLE = STR_INIT("# Ada\nname: Ada Lovelace\ntagline: \"One: two\n"
					 "  three\"\nsummary: |\n  She 'saw'.\n\n    More.\n\n"
					 "topics:\n- a b\n  c\n- d\nstart_here:\n  - title: 'T'\n"
					 "    authors:\n      - B\n  - id: e\nlinks:\n  x-y: z\n");

/* Every text that is a slip away from a record: put in, left out, or broken off. */
static void
no_slip_tells_them_apart(void **state)
{
	char text[512];
	size_t plain = 0, all = 0;

	(void)state;
	for (size_t at = 0; at <= WHOLE.n; at++) {
		for (size_t i = 0; i < COUNT(SLIPS); i++, all++) {
			int n = snprintf(text, sizeof text, "%.*s%s%.*s", (int)at, WHOLE.p,
				SLIPS[i], (int)(WHOLE.n - at), WHOLE.p + at);

			plain += is_plain((struct str){ text, (size_t)n });
		}
		for (size_t gone = 1; gone < 8 && at + gone <= WHOLE.n; gone++, all++) {
			int n = snprintf(text, sizeof text, "%.*s%.*s", (int)at, WHOLE.p,
				(int)(WHOLE.n - at - gone), WHOLE.p + at + gone);

			plain += is_plain((struct str){ text, (size_t)n });
		}
		is_plain(str_sub(WHOLE, 0, at));
	}
	assert_true(plain > all / 4 && plain < all);
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, FORMS, a_form_is_plain_or_not);
	add_row(&s, "no slip of the hand tells the two readings apart", no_slip_tells_them_apart);
	return run_suite(&s, "yaml", NULL, NULL);
}
