/* What terminals that know ASCII alone get to see. */
#include "rows.h"

#include <string.h>

#include "encode/ascii.h"

static const struct row {
	const char *what, *text, *expected;
} ROWS[] = {
	{ "nothing", "", "" },
	{ "ASCII is left alone", "~ Tri Dao, 2022!\t{}\n", "~ Tri Dao, 2022!\t{}\n" },
	{ "a letter with its mark", "Ré", "Re" },
	{ "a mark of its own", "Re\xcc\x81", "Re" },
	{ "many marks", "Nguyễn Việt Đức", "Nguyen Viet Duc" },
	{ "letters that are no others with marks", "Łódź Straße Ørsted æ þ ı Œ",
		"Lodz Strasse Orsted ae th i OE" },
	{ "quotes", "“a” ‘b’ „c“ «d» ‹e›", "\"a\" 'b' \"c\" \"d\" <e>" },
	{ "dots", "a…", "a..." },
	{ "dashes", "a–b—c‐d", "a-b--c-d" },
	{ "a no-break blank",
		"a\xc2\xa0"
		"b",
		"a b" },
	{ "a soft hyphen is nothing",
		"a\xc2\xad"
		"b",
		"ab" },
	{ "zero-width joiners are nothing",
		"a\xe2\x80\x8d"
		"b",
		"ab" },
	{ "signs", "10 € × 2 ≤ 20 ± 1 → ∞", "10 EUR x 2 <= 20 +/- 1 -> infinity" },
	{ "a middle dot", "a · b", "a - b" },
	{ "ligatures", "ﬁn", "fin" },
	{ "full width", "Ｔｒｉ", "Tri" },
	{ "superscripts", "x²", "x2" },
	{ "fractions", "½", "1/2" },
	{ "forms made of signs", "ŉ ㎝", "'n cm" },
	{ "Greek", "Ελλάδα, λόγος", "Ellada, logos" },
	{ "Cyrillic", "Москва, Щука", "Moskva, Shchuka" },
	{ "Cyrillic with a mark", "й ё", "y e" },
	{ "Han by number", "何", "[U+4F55]" },
	{ "Hangul by number", "한", "[U+D55C]" },
	{ "an emoji by number", "🔭", "[U+1F52D]" },
	{ "bytes that are no UTF-8",
		"a\xff"
		"b",
		"a[?]b" },
	{ "a character cut short", "a\xe4\xbd", "a[?][?]" },
};

static void
a_text_is_written_in_ascii(void **state)
{
	const struct row *row = *state;
	size_t n = strlen(row->text);
	char *in = malloc(n ? n : 1);
	struct buf out = { 0 };

	assert_non_null(in);
	memcpy(in, row->text, n);
	encode_ascii(&out, (struct str){ in, n });
	buf_char(&out, '\0');
	assert_string_equal(out.p, row->expected);
	buf_end(&out);
	free(in);
}

static void
assert_ascii(const struct buf *out, unsigned from)
{
	for (size_t i = 0; i < out->n; i++)
		if ((unsigned char)out->p[i] >= 0x80 ||
			(from >= 0xa0 && (unsigned char)out->p[i] < 0x20))
			fail_msg("U+%04X", from);
}

/* No character gives a byte beyond ASCII, a control character, or a mere question mark. */
static void
every_character_gives_ascii(void **state)
{
	(void)state;
	for (unsigned c = 0x80; c < 0x30000; c++) {
		char text[4];
		size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		struct buf out = { 0 };

		if (c >= 0xd800 && c < 0xe000)
			continue;
		for (size_t i = n; i-- > 1;)
			text[i] = (char)(0x80 | ((c >> (6 * (n - 1 - i))) & 0x3f));
		text[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | (c >> (6 * (n - 1))));
		encode_ascii(&out, (struct str){ text, n });
		assert_ascii(&out, c);
		buf_end(&out);
	}
}

/* Each text, cut at each byte. */
static void
every_beginning_gives_ascii(void **state)
{
	const struct row *row = *state;

	for (size_t n = 0; n < strlen(row->text); n++) {
		char *in = malloc(n ? n : 1);
		struct buf out = { 0 };

		assert_non_null(in);
		memcpy(in, row->text, n);
		encode_ascii(&out, (struct str){ in, n });
		assert_ascii(&out, 0);
		buf_end(&out);
		free(in);
	}
}

int
main(void)
{
	static const char *const EVERY = "every character gives ASCII";
	struct suite s = { 0 };

	add_rows(&s, ROWS, a_text_is_written_in_ascii);
	add_rows(&s, ROWS, every_beginning_gives_ascii);
	add_rows_of(&s, &EVERY, sizeof EVERY, 1, every_character_gives_ascii);
	return run_suite(&s, "ascii", NULL, NULL);
}
