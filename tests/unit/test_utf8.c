/* UTF-8: what is a character, what is not, and how wide it stands. */
#include "rows.h"

#include "base/utf8.h"

/* ---- one character ---- */

static const struct char_row {
	const char *what;
	struct str s;
	int32_t c;
	size_t n; /* bytes passed */
} CHARS[] = {
	{ "a letter of ASCII", STR_INIT("ab"), 'a', 1 },
	{ "NUL is a character", STR_INIT("\0"), 0, 1 },
	{ "DEL is a character", STR_INIT("\x7f"), 0x7f, 1 },
	{ "the first of two bytes", STR_INIT("\xc2\x80"), 0x80, 2 },
	{ "the last of two bytes", STR_INIT("\xdf\xbf"), 0x7ff, 2 },
	{ "the first of three bytes", STR_INIT("\xe0\xa0\x80"), 0x800, 3 },
	{ "the last before the surrogates", STR_INIT("\xed\x9f\xbf"), 0xd7ff, 3 },
	{ "the last of three bytes", STR_INIT("\xef\xbf\xbf"), 0xffff, 3 },
	{ "the first of four bytes", STR_INIT("\xf0\x90\x80\x80"), 0x10000, 4 },
	{ "the last of all", STR_INIT("\xf4\x8f\xbf\xbf"), 0x10ffff, 4 },
	{ "beyond the last of all", STR_INIT("\xf4\x90\x80\x80"), UTF8_BAD, 1 },
	{ "a surrogate", STR_INIT("\xed\xa0\x80"), UTF8_BAD, 1 },
	{ "overlong by two bytes", STR_INIT("\xc0\xaf"), UTF8_BAD, 1 },
	{ "overlong by three bytes", STR_INIT("\xe0\x80\xaf"), UTF8_BAD, 1 },
	{ "overlong by four bytes", STR_INIT("\xf0\x80\x80\xaf"), UTF8_BAD, 1 },
	{ "five bytes", STR_INIT("\xf8\x88\x80\x80\x80"), UTF8_BAD, 1 },
	{ "a byte that only goes on", STR_INIT("\x80"), UTF8_BAD, 1 },
	{ "a byte that never is", STR_INIT("\xff"), UTF8_BAD, 1 },
	{ "one of two bytes", STR_INIT("\xc3"), UTF8_BAD, 1 },
	{ "two of three bytes", STR_INIT("\xe4\xbd"), UTF8_BAD, 1 },
	{ "three of four bytes", STR_INIT("\xf0\x9f\x94"), UTF8_BAD, 1 },
	{ "a character interrupted by a letter",
		STR_INIT("\xe4\xbd"
			 "a"),
		UTF8_BAD, 1 },
};

static void
the_first_character_is_read(void **state)
{
	const struct char_row *row = *state;
	struct str s = exact_copy(row->s);
	size_t at = 0;

	assert_int_equal(utf8_next(s, &at), row->c);
	assert_int_equal(at, row->n);
	assert_int_equal(utf8_bad(s) == 0, row->c == UTF8_BAD);
	free_exact(s);
}

/* Every character there is comes back from its bytes, and no surrogate does. */
static void
every_character_comes_back(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x110000; c++) {
		struct buf b = { 0 };
		size_t at = 0;

		utf8_put(&b, c);
		if ((c >= 0xd800 && c < 0xe000) || c > 0x10ffff) {
			if (b.n)
				fail_msg("U+%04X was written", c);
		} else if (utf8_next(buf_str(&b), &at) != (int32_t)c || at != b.n)
			fail_msg("U+%04X did not come back", c);
		buf_end(&b);
	}
}

/* Each byte, at each place of texts of each length: a look at eight at once sees what one by one
 * sees. */
static void
special_bytes_are_found(void **state)
{
	enum { LONGEST = 20 };
	char text[LONGEST];

	(void)state;
	for (unsigned c = 0; c < 256; c++)
		for (size_t n = 1; n <= LONGEST; n++)
			for (size_t i = 0; i < n; i++) {
				bool special = (c < ' ' && c != '\n') || c >= 0x7f;

				memset(text, i % 2 ? '~' : '\n', n);
				text[i] = (char)c;
				struct str s = exact_copy((struct str){ text, n });
				size_t at = utf8_find_special(s, 0);

				if (at != (special ? i : n) || utf8_find_special(s, n) != n)
					fail_msg("byte 0x%02x at %zu of %zu: %zu", c, i, n, at);
				free_exact(s);
			}
}

/* ---- whole texts ---- */

static const struct text_row {
	const char *what;
	struct str s;
	size_t bad, count, width;
} TEXTS[] = {
	{ "an empty text", STR_INIT(""), 0, 0, 0 },
	{ "a text of ASCII", STR_INIT("Tri Dao"), 7, 7, 7 },
	{ "a letter with an accent is one column", STR_INIT("Ré"), 3, 2, 2 },
	{ "a mark of its own takes no column", STR_INIT("Re\xcc\x81"), 4, 3, 2 },
	{ "Han characters take two columns", STR_INIT("何恺明"), 9, 3, 6 },
	{ "Hangul takes two columns", STR_INIT("한"), 3, 1, 2 },
	{ "full width letters take two columns", STR_INIT("Ａ"), 3, 1, 2 },
	{ "an emoji takes two columns", STR_INIT("🔭"), 4, 1, 2 },
	{ "a zero-width joiner takes no column",
		STR_INIT("a\xe2\x80\x8d"
			 "b"),
		5, 3, 2 },
	{ "a NUL takes no column, and what follows it does", STR_INIT("\0a\0\0b"), 5, 5, 2 },
	{ "a bad byte is found where it stands",
		STR_INIT("ab\xff"
			 "c"),
		2, 4, 3 },
	{ "a character cut short is found where it begins", STR_INIT("ab\xe4\xbd"), 2, 3, 2 },
	{ "a bad byte behind a good character", STR_INIT("é\xa9"), 2, 1, 1 },
};

static void
a_text_is_measured(void **state)
{
	const struct text_row *row = *state;
	struct str s = exact_copy(row->s);

	assert_int_equal(utf8_bad(s), row->bad);
	if (row->bad == s.n) {
		assert_int_equal(utf8_count(s), row->count);
		assert_int_equal(utf8_width(s), row->width);
	}
	free_exact(s);
}

/* Reading on to the end takes every byte once, however bad the text is. */
static void
a_text_is_read_to_its_end(void **state)
{
	const struct text_row *row = *state;
	struct str s = exact_copy(row->s);
	size_t at = 0, n = 0;

	while (at < s.n) {
		size_t from = at;

		utf8_next(s, &at);
		assert_true(at > from && at <= s.n);
		n++;
	}
	assert_true(n >= row->count);
	free_exact(s);
}

/* ---- kinds of characters ---- */

static const struct kind_row {
	const char *what;
	int32_t from, to;
	bool control, hidden;
} KINDS[] = {
	{ "C0 is control", 0x00, 0x1f, true, false },
	{ "ASCII is shown", 0x20, 0x7e, false, false },
	{ "DEL and C1 are control", 0x7f, 0x9f, true, false },
	{ "Latin letters are shown", 0xa0, 0x2ff, false, false },
	{ "the Arabic letter mark is hidden", 0x61c, 0x61c, false, true },
	{ "zero-width characters and marks are hidden", 0x200b, 0x200f, false, true },
	{ "dashes are shown", 0x2010, 0x2027, false, false },
	{ "embeddings and overrides are hidden", 0x202a, 0x202e, false, true },
	{ "word joiner and isolates are hidden", 0x2060, 0x206f, false, true },
	{ "Han characters are shown", 0x4e00, 0x9fff, false, false },
	{ "the byte order mark is hidden", 0xfeff, 0xfeff, false, true },
	{ "no character is neither", UTF8_BAD, UTF8_BAD, false, false },
};

static void
characters_are_told_apart(void **state)
{
	const struct kind_row *row = *state;

	for (int32_t c = row->from; c <= row->to; c++)
		if (utf8_is_control(c) != row->control || utf8_is_hidden(c) != row->hidden)
			fail_msg("U+%04X", (unsigned)c);
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, CHARS, the_first_character_is_read);
	add_row(&s, "every character comes back from its bytes", every_character_comes_back);
	add_row(&s, "special bytes are found at every place", special_bytes_are_found);
	add_rows(&s, TEXTS, a_text_is_measured);
	add_rows(&s, TEXTS, a_text_is_read_to_its_end);
	add_rows(&s, KINDS, characters_are_told_apart);
	return run_suite(&s, "utf8", NULL, NULL);
}
