/* Runs of bytes: searching, cutting, comparing, and nothing read behind their end. */
#include "rows.h"

#include <stdio.h>

/* ---- order and equality ---- */

static const struct order_row {
	const char *what;
	struct str a, b;
	int order;
	bool equal, nocase;
} ORDERS[] = {
	{ "nothing equals nothing", STR_INIT(""), STR_INIT(""), 0, true, true },
	{ "a text equals itself", STR_INIT("dao"), STR_INIT("dao"), 0, true, true },
	{ "a beginning comes first", STR_INIT("da"), STR_INIT("dao"), -1, false, false },
	{ "nothing comes first", STR_INIT(""), STR_INIT("a"), -1, false, false },
	{ "capitals come before small letters", STR_INIT("Dao"), STR_INIT("dao"), -1, false, true },
	{ "bytes beyond ASCII come last", STR_INIT("\xc3\xa9"), STR_INIT("z"), 1, false, false },
	{ "a NUL is a byte like others", STR_INIT("a\0b"), STR_INIT("a\0c"), -1, false, false },
	{ "only ASCII letters have a case", STR_INIT("\xc3\x89"), STR_INIT("\xc3\xa9"), -1, false,
		false },
	{ "signs beside the letters have none", STR_INIT("[@"), STR_INIT("{`"), -1, false, false },
};

static void
two_texts_are_compared(void **state)
{
	const struct order_row *row = *state;
	struct str a = exact_copy(row->a), b = exact_copy(row->b);
	int order = str_cmp(a, b), back = str_cmp(b, a);

	assert_int_equal((order > 0) - (order < 0), row->order);
	assert_int_equal((back > 0) - (back < 0), -row->order);
	assert_int_equal(str_eq(a, b), row->equal);
	assert_int_equal(str_eq_nocase(a, b), row->nocase);
	free_exact(a);
	free_exact(b);
}

static void
a_text_without_memory_is_empty(void **state)
{
	const struct str none = { NULL, 0 };

	(void)state;
	assert_true(str_eq(none, STR("")));
	assert_int_equal(str_cmp(none, STR("")), 0);
	assert_true(str_eq_nocase(none, STR("")));
	assert_int_equal(str_of(NULL).n, 0);
	assert_int_equal(str_find(none, 'a'), 0);
	assert_int_equal(str_find_last(none, 'a'), 0);
	assert_int_equal(str_find_str(none, STR("a")), 0);
	assert_int_equal(str_sub(none, 1, 2).n, 0);
	assert_int_equal(str_trim(none).n, 0);
	assert_true(str_starts(none, STR("")));
}

/* ---- searching ---- */

static const struct part_row {
	const char *what;
	struct str s, part;
	size_t at;
	bool starts, ends;
} PARTS[] = {
	{ "an empty part is found at the start", STR_INIT("abc"), STR_INIT(""), 0, true, true },
	{ "an empty part of nothing", STR_INIT(""), STR_INIT(""), 0, true, true },
	{ "no part in nothing", STR_INIT(""), STR_INIT("a"), 0, false, false },
	{ "a part at the start", STR_INIT("abcab"), STR_INIT("abc"), 0, true, false },
	{ "the first of two parts", STR_INIT("xabab"), STR_INIT("ab"), 1, false, true },
	{ "a part at the end", STR_INIT("a.yaml"), STR_INIT(".yaml"), 1, false, true },
	{ "the whole text", STR_INIT("abc"), STR_INIT("abc"), 0, true, true },
	{ "a longer part", STR_INIT("ab"), STR_INIT("abc"), 2, false, false },
	{ "a part cut off by the end", STR_INIT("aab"), STR_INIT("abc"), 3, false, false },
	{ "a part that begins twice", STR_INIT("aaab"), STR_INIT("aab"), 1, false, true },
};

static void
a_part_is_found(void **state)
{
	const struct part_row *row = *state;
	struct str s = exact_copy(row->s), part = exact_copy(row->part);

	assert_int_equal(str_find_str(s, part), row->at);
	assert_int_equal(str_starts(s, part), row->starts);
	assert_int_equal(str_ends(s, part), row->ends);
	free_exact(s);
	free_exact(part);
}

static const struct byte_row {
	const char *what;
	struct str s;
	char c;
	size_t first, last;
} BYTES[] = {
	{ "no byte in nothing", STR_INIT(""), 'a', 0, 0 },
	{ "a byte that is not there", STR_INIT("abc"), 'x', 3, 3 },
	{ "a byte that is there once", STR_INIT("abc"), 'b', 1, 1 },
	{ "the first and the last of three", STR_INIT("/a/b/"), '/', 0, 4 },
	{ "a NUL", STR_INIT("a\0b\0c"), '\0', 1, 3 },
	{ "a byte beyond ASCII", STR_INIT("a\xff"), '\xff', 1, 1 },
};

static void
a_byte_is_found(void **state)
{
	const struct byte_row *row = *state;
	struct str s = exact_copy(row->s);

	assert_int_equal(str_find(s, row->c), row->first);
	assert_int_equal(str_find_last(s, row->c), row->last);
	free_exact(s);
}

/* ---- cutting ---- */

static const struct sub_row {
	const char *what;
	struct str s;
	size_t from, to;
	struct str expected;
} SUBS[] = {
	{ "the middle", STR_INIT("abcde"), 1, 3, STR_INIT("bc") },
	{ "all of it", STR_INIT("abc"), 0, 3, STR_INIT("abc") },
	{ "the end is cut to the length", STR_INIT("abc"), 1, 99, STR_INIT("bc") },
	{ "both are cut to the length", STR_INIT("abc"), 98, 99, STR_INIT("") },
	{ "an end before the start", STR_INIT("abc"), 2, 1, STR_INIT("") },
	{ "a piece of nothing", STR_INIT(""), 0, 5, STR_INIT("") },
};

static void
a_piece_is_taken(void **state)
{
	const struct sub_row *row = *state;

	assert_str(str_sub(row->s, row->from, row->to), row->expected);
}

static const struct trim_row {
	const char *what;
	struct str s, expected;
} TRIMS[] = {
	{ "blanks at both ends go", STR_INIT(" \t a b \r\n"), STR_INIT("a b") },
	{ "nothing is left of blanks", STR_INIT(" \t\r\n"), STR_INIT("") },
	{ "nothing to trim", STR_INIT("ab"), STR_INIT("ab") },
	{ "nothing at all", STR_INIT(""), STR_INIT("") },
	{ "a no-break blank stays", STR_INIT("\xc2\xa0"), STR_INIT("\xc2\xa0") },
};

static void
blanks_are_trimmed(void **state)
{
	const struct trim_row *row = *state;
	struct str s = exact_copy(row->s);

	assert_str(str_trim(s), row->expected);
	free_exact(s);
}

enum { PIECES_MOST = 4 };

static const struct pieces_row {
	const char *what;
	struct str s;
	size_t n;
	struct str piece[PIECES_MOST];
} CUTS[] = {
	{ "one piece", STR_INIT("ab"), 1, { STR_INIT("ab") } },
	{ "nothing is one empty piece", STR_INIT(""), 1, { STR_INIT("") } },
	{ "two pieces", STR_INIT("a,b"), 2, { STR_INIT("a"), STR_INIT("b") } },
	{ "a separator at the end leaves an empty piece", STR_INIT("a,"), 2,
		{ STR_INIT("a"), STR_INIT("") } },
	{ "a lone separator parts two empty pieces", STR_INIT(","), 2,
		{ STR_INIT(""), STR_INIT("") } },
	{ "two separators leave an empty piece between", STR_INIT("a,,b"), 3,
		{ STR_INIT("a"), STR_INIT(""), STR_INIT("b") } },
};

static void
a_text_is_cut_at_separators(void **state)
{
	const struct pieces_row *row = *state;
	struct str whole = exact_copy(row->s), rest = whole, piece;
	size_t n = 0;

	for (; str_cut(&rest, ',', &piece); n++) {
		assert_true(n < row->n);
		assert_str(piece, row->piece[n]);
	}
	assert_int_equal(n, row->n);
	assert_null(rest.p);
	free_exact(whole);
}

static const struct pieces_row WORDS[] = {
	{ "no word in nothing", STR_INIT(""), 0, { { 0 } } },
	{ "no word in blanks", STR_INIT(" \t\r\n"), 0, { { 0 } } },
	{ "one word", STR_INIT("dao"), 1, { STR_INIT("dao") } },
	{ "words between blanks", STR_INIT("  tri\t \ndao  "), 2,
		{ STR_INIT("tri"), STR_INIT("dao") } },
};

static void
a_text_gives_its_words(void **state)
{
	const struct pieces_row *row = *state;
	struct str whole = exact_copy(row->s), rest = whole, word;
	size_t n = 0;

	for (; str_word(&rest, &word); n++) {
		assert_true(n < row->n);
		assert_str(word, row->piece[n]);
	}
	assert_int_equal(n, row->n);
	free_exact(whole);
}

/* ---- numbers ---- */

static const struct number_row {
	const char *what;
	struct str s;
	unsigned long most;
	bool good;
	unsigned long number;
} NUMBERS[] = {
	{ "nought", STR_INIT("0"), 65535, true, 0 },
	{ "the most", STR_INIT("65535"), 65535, true, 65535 },
	{ "one more than the most", STR_INIT("65536"), 65535, false, 0 },
	{ "ten times the most", STR_INIT("655350"), 65535, false, 0 },
	{ "noughts in front", STR_INIT("0001965"), 65535, true, 1965 },
	{ "more than any number holds", STR_INIT("99999999999999999999999999"), 65535, false, 0 },
	{ "the largest of all", STR_INIT("4294967295"), 4294967295u, true, 4294967295u },
	{ "a digit above a most of one digit", STR_INIT("7"), 5, false, 0 },
	{ "nothing", STR_INIT(""), 65535, false, 0 },
	{ "a sign", STR_INIT("-1"), 65535, false, 0 },
	{ "a plus", STR_INIT("+1"), 65535, false, 0 },
	{ "a blank", STR_INIT(" 1"), 65535, false, 0 },
	{ "a letter", STR_INIT("1a"), 65535, false, 0 },
	{ "hex digits", STR_INIT("0x1"), 65535, false, 0 },
	{ "a NUL behind a digit", STR_INIT("1\0"), 65535, false, 0 },
	{ "digits of another script", STR_INIT("\xd9\xa1"), 65535, false, 0 },
};

static void
digits_spell_a_number(void **state)
{
	const struct number_row *row = *state;
	struct str s = exact_copy(row->s);
	unsigned long number = 0;

	assert_int_equal(str_number(s, row->most, &number), row->good);
	if (row->good)
		assert_int_equal(number, row->number);
	free_exact(s);
}

/* Every number around a most: exactly those up to it are numbers. */
static void
the_most_is_kept_exactly(void **state)
{
	(void)state;
	for (unsigned long most = 0; most < 130; most++)
		for (unsigned long i = 0; i < 1400; i++) {
			char text[8];
			int n = snprintf(text, sizeof text, "%lu", i);
			unsigned long number;
			bool good = str_number((struct str){ text, (size_t)n }, most, &number);

			if (good != (i <= most) || (good && number != i))
				fail_msg("%lu with at most %lu", i, most);
		}
}

/* ---- the nearest name ---- */

static const char *const KEYS[] = { "name", "tagline", "topics", "organizations", "url", "doi" };

static const struct nearest_row {
	const char *what;
	struct str s;
	const char *expected; /* NULL: none */
} NEAREST[] = {
	{ "a missing letter", STR_INIT("tagine"), "tagline" },
	{ "a letter too many", STR_INIT("topicss"), "topics" },
	{ "a wrong letter", STR_INIT("organisations"), "organizations" },
	{ "two letters swapped", STR_INIT("nmae"), "name" },
	{ "another case", STR_INIT("Name"), "name" },
	{ "the name itself", STR_INIT("url"), "url" },
	{ "one letter of a short name", STR_INIT("uri"), "url" },
	{ "nothing is near to nothing", STR_INIT(""), NULL },
	{ "something else altogether", STR_INIT("affiliation"), NULL },
	{ "a single letter means no name", STR_INIT("x"), NULL },
	{ "a text too long to be meant",
		STR_INIT("organizationsorganizationsorganizationsorganizations"), NULL },
};

static void
the_nearest_name_is_what_was_meant(void **state)
{
	const struct nearest_row *row = *state;
	struct str s = exact_copy(row->s);
	const char *nearest = str_nearest(s, KEYS, COUNT(KEYS));

	assert_str(str_of(nearest), str_of(row->expected));
	free_exact(s);
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, ORDERS, two_texts_are_compared);
	add_row(&s, "a text without memory is an empty text", a_text_without_memory_is_empty);
	add_rows(&s, PARTS, a_part_is_found);
	add_rows(&s, BYTES, a_byte_is_found);
	add_rows(&s, SUBS, a_piece_is_taken);
	add_rows(&s, TRIMS, blanks_are_trimmed);
	add_rows(&s, CUTS, a_text_is_cut_at_separators);
	add_rows(&s, WORDS, a_text_gives_its_words);
	add_rows(&s, NUMBERS, digits_spell_a_number);
	add_row(&s, "exactly the numbers up to the most are taken", the_most_is_kept_exactly);
	add_rows(&s, NEAREST, the_nearest_name_is_what_was_meant);
	return run_suite(&s, "str", NULL, NULL);
}
