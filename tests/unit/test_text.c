/* What Unicode says of whole texts: folding, slugs, lines, sentences, shortening. */
#include "rows.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/utf8.h"

/* ---- normal form ---- */

static const struct pair_row {
	const char *what;
	struct str s, expected;
} NORMAL[] = {
	{ "nothing has its normal form", STR_INIT(""), STR_INIT("") },
	{ "ASCII has its normal form", STR_INIT("Tri Dao"), STR_INIT("Tri Dao") },
	{ "a letter and its mark become one", STR_INIT("Re\xcc\x81"), STR_INIT("R\xc3\xa9") },
	{ "what is one stays one", STR_INIT("R\xc3\xa9"), STR_INIT("R\xc3\xa9") },
	{ "the first of the marks joins, far behind", STR_INIT("R\xc3\xa9mi of Sevilla\xcc\x80"),
		STR_INIT("R\xc3\xa9mi of Sevill\xc3\xa0") },
	{ "the last letter before the marks stays", STR_INIT("a\xcb\xbf"), STR_INIT("a\xcb\xbf") },
	{ "marks are put in order", STR_INIT("a\xcc\x81\xcc\xa3"), STR_INIT("ạ\xcc\x81") },
	{ "the Angstrom sign is a letter with a ring", STR_INIT("\xe2\x84\xab"), STR_INIT("Å") },
	{ "a ligature is left alone", STR_INIT("ﬁ"), STR_INIT("ﬁ") },
	{ "Hangul is put together", STR_INIT("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"),
		STR_INIT("한") },
};

static void
a_text_gets_its_normal_form(void **state)
{
	const struct pair_row *row = *state;
	struct arena a = { 0 };
	struct str s = exact_copy(row->s), nfc = text_nfc(&a, s);

	assert_str(nfc, row->expected);
	assert_str(text_nfc(&a, nfc), row->expected);
	arena_end(&a);
	free_exact(s);
}

/* ---- folding and slugs ---- */

static const struct fold_row {
	const char *what;
	struct str s, folded, slug; /* an empty slug: made of digits of the sum */
} FOLDS[] = {
	{ "small letters and blanks", STR_INIT("tri dao"), STR_INIT("tri dao"),
		STR_INIT("tri-dao") },
	{ "capitals become small", STR_INIT("Tri DAO"), STR_INIT("tri dao"), STR_INIT("tri-dao") },
	{ "blanks at the ends go, runs become one", STR_INIT("  Tri \t\n Dao "),
		STR_INIT("tri dao"), STR_INIT("tri-dao") },
	{ "signs are as good as blanks", STR_INIT("Hung Q. Ngo, Ph.D."),
		STR_INIT("hung q ngo ph d"), STR_INIT("hung-q-ngo-ph-d") },
	{ "digits are kept", STR_INIT("S4: 2022"), STR_INIT("s4 2022"), STR_INIT("s4-2022") },
	{ "an acute accent", STR_INIT("Christopher Ré"), STR_INIT("christopher re"),
		STR_INIT("christopher-re") },
	{ "an accent as a mark of its own", STR_INIT("Christopher Re\xcc\x81"),
		STR_INIT("christopher re"), STR_INIT("christopher-re") },
	{ "several marks on one letter", STR_INIT("a\xcc\x81\xcc\xa3\xcc\x88"), STR_INIT("a"),
		STR_INIT("a") },
	{ "a sharp s is two letters", STR_INIT("Straße"), STR_INIT("strasse"),
		STR_INIT("strasse") },
	{ "a capital sharp s", STR_INIT("STRAẞE"), STR_INIT("strasse"), STR_INIT("strasse") },
	{ "Polish L", STR_INIT("Łukasz Kaiser"), STR_INIT("lukasz kaiser"),
		STR_INIT("lukasz-kaiser") },
	{ "Vietnamese D", STR_INIT("Đỗ Trí Đức"), STR_INIT("do tri duc"), STR_INIT("do-tri-duc") },
	{ "Turkish I with a dot", STR_INIT("İstanbul"), STR_INIT("istanbul"),
		STR_INIT("istanbul") },
	{ "Turkish i without a dot", STR_INIT("Işık"), STR_INIT("isik"), STR_INIT("isik") },
	{ "letters spelt out", STR_INIT("Ærøskøbing, Þór, Œuvre, Ħal, Eŋ"),
		STR_INIT("aeroskobing thor oeuvre hal eng"),
		STR_INIT("aeroskobing-thor-oeuvre-hal-eng") },
	{ "an umlaut loses its dots", STR_INIT("Jürgen Schmidhuber"),
		STR_INIT("jurgen schmidhuber"), STR_INIT("jurgen-schmidhuber") },
	{ "ligatures come apart", STR_INIT("ﬁnal"), STR_INIT("final"), STR_INIT("final") },
	{ "full width letters and digits", STR_INIT("ＡＢ１"), STR_INIT("ab1"), STR_INIT("ab1") },
	{ "each Han character is a word", STR_INIT("何恺明"), STR_INIT("何 恺 明"), STR_INIT("") },
	{ "Han characters beside letters", STR_INIT("He何恺Ming"), STR_INIT("he 何 恺 ming"),
		STR_INIT("he-ming") },
	{ "each Hangul syllable is a word", STR_INIT("조경현"), STR_INIT("조 경 현"),
		STR_INIT("") },
	{ "Hangul taken apart comes together again",
		STR_INIT("\xe1\x84\x8c\xe1\x85\xa9\xe1\x84\x80\xe1\x85\xa7\xe1\x86\xbc"),
		STR_INIT("조 경"), STR_INIT("") },
	{ "Hangul beside letters and letters of Hangul alone", STR_INIT("Kim김ᄀ, ㄱ"),
		STR_INIT("kim 김 \xe1\x84\x80 \xe1\x84\x80"), STR_INIT("kim") },
	{ "Katakana of half and full width", STR_INIT("ｱｷﾗ・アキラ"), STR_INIT("ア キ ラ ア キ ラ"),
		STR_INIT("") },
	{ "the sigma at the end is the one within", STR_INIT("Σωκράτης ΣΩΚΡΑΤΗΣ"),
		STR_INIT("σωκρατησ σωκρατησ"), STR_INIT("") },
	{ "Greek is folded", STR_INIT("Χρήστος"), STR_INIT("χρηστοσ"), STR_INIT("") },
	{ "Cyrillic is folded", STR_INIT("Юрий"), STR_INIT("юрии"), STR_INIT("") },
	{ "vowel signs of Devanagari that stand alone are kept",
		STR_INIT("\xe0\xa4\x95\xe0\xa4\xbe"), STR_INIT("\xe0\xa4\x95\xe0\xa4\xbe"),
		STR_INIT("") },
	{ "joiners vanish without a gap",
		STR_INIT("a\xe2\x80\x8d"
			 "b"),
		STR_INIT("ab"), STR_INIT("ab") },
	{ "a soft hyphen vanishes",
		STR_INIT("data\xc2\xad"
			 "base"),
		STR_INIT("database"), STR_INIT("database") },
	{ "a no-break blank is a blank",
		STR_INIT("a\xc2\xa0"
			 "b"),
		STR_INIT("a b"), STR_INIT("a-b") },
	{ "a dash beyond ASCII", STR_INIT("Sohl–Dickstein"), STR_INIT("sohl dickstein"),
		STR_INIT("sohl-dickstein") },
	{ "a superscript is its digit", STR_INIT("x²"), STR_INIT("x2"), STR_INIT("x2") },
	{ "signs alone leave nothing", STR_INIT("+-*/"), STR_INIT(""), STR_INIT("") },
	{ "an emoji leaves nothing", STR_INIT("🔭"), STR_INIT(""), STR_INIT("") },
	{ "nothing leaves nothing", STR_INIT(""), STR_INIT(""), STR_INIT("") },
};

static void
a_text_is_folded(void **state)
{
	const struct fold_row *row = *state;
	struct arena a = { 0 };
	struct str s = exact_copy(row->s), folded = text_fold(&a, s);

	assert_str(folded, row->folded);
	assert_str(text_fold(&a, folded), row->folded);
	arena_end(&a);
	free_exact(s);
}

/* A sign of another script behind them makes all of a text go the long way. */
static void
latin_letters_are_folded_alike_by_table_and_by_unicode(void **state)
{
	struct arena a = { 0 };

	(void)state;
	for (int32_t c = 0xa0; c < 0x250; c++) {
		struct buf out = { 0 };

		buf_put(&out, STR("x"));
		utf8_put(&out, c);
		buf_put(&out, STR("y"));
		struct str by_table = text_fold(&a, arena_str(&a, buf_str(&out)));

		buf_put(&out, STR(" 中"));
		assert_str(text_fold(&a, arena_str(&a, buf_str(&out))),
			arena_printf(&a, "%.*s 中", STR_ARG(by_table)));
		buf_end(&out);
	}
	arena_end(&a);
}

static void
a_text_has_its_slug(void **state)
{
	const struct fold_row *row = *state;
	struct arena a = { 0 };
	struct str slug = text_slug(&a, row->s);

	assert_str(slug, row->slug.n ? row->slug : hash_hex(&a, row->folded, 10));
	assert_true(text_is_slug(slug));
	arena_end(&a);
}

/* Eighty bytes are a slug; of more, what fits stays in front of ten digits that tell them apart. */
static void
a_long_text_has_a_slug_of_its_own(void **state)
{
	char text[SLUG_MOST + 2];
	struct arena a = { 0 };

	(void)state;
	memset(text, 'x', sizeof text);
	for (size_t n = SLUG_MOST - 1; n <= sizeof text; n++) {
		struct str s = { text, n }, slug = text_slug(&a, s);

		assert_true(text_is_slug(slug));
		assert_int_equal(slug.n, n <= SLUG_MOST ? n : SLUG_MOST);
		if (n > SLUG_MOST) {
			assert_str(str_sub(slug, 0, 69), str_sub(s, 0, 69));
			assert_str(str_sub(slug, 69, 70), STR("-"));
			assert_str(str_sub(slug, 70, 80), hash_hex(&a, s, 10));
		}
	}
	text[68] = '!'; /* the cut falls behind a dash: no two dashes */
	struct str slug = text_slug(&a, (struct str){ text, sizeof text });

	assert_true(text_is_slug(slug));
	assert_int_equal(slug.n, SLUG_MOST - 1);
	arena_end(&a);
}

/* A label that cannot be kept whole in ASCII still has a slug that another label has not. */
static void
different_texts_have_different_slugs(void **state)
{
	static const char *const PAIRS[][2] = { { "何恺明", "何" }, { "何", "恺" },
		{ "Χρήστος", "Юрий" } };
	struct arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(PAIRS); i++)
		assert_false(str_eq(
			text_slug(&a, str_of(PAIRS[i][0])), text_slug(&a, str_of(PAIRS[i][1]))));
	arena_end(&a);
}

static const struct slug_row {
	const char *what;
	struct str s;
	bool is;
} SLUGS[] = {
	{ "letters and a dash are a slug", STR_INIT("tri-dao"), true },
	{ "one letter is a slug", STR_INIT("a"), true },
	{ "digits are a slug", STR_INIT("2021"), true },
	{ "nothing is no slug", STR_INIT(""), false },
	{ "a dash is no slug", STR_INIT("-"), false },
	{ "a dash in front is no slug", STR_INIT("-a"), false },
	{ "a dash at the end is no slug", STR_INIT("a-"), false },
	{ "two dashes are no slug", STR_INIT("a--b"), false },
	{ "a capital is no slug", STR_INIT("Tri"), false },
	{ "a dot is no slug", STR_INIT("a.b"), false },
	{ "a slash is no slug", STR_INIT("a/b"), false },
	{ "a blank is no slug", STR_INIT("a b"), false },
	{ "a letter beyond ASCII is no slug", STR_INIT("r\xc3\xa9"), false },
	{ "a NUL is no slug", STR_INIT("a\0"), false },
	{ "eighty bytes are a slug",
		STR_INIT("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			 "xxxxxxx"),
		true },
	{ "eighty-one bytes are no slug",
		STR_INIT("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			 "xxxxxxxx"),
		false },
};

static void
a_slug_is_known(void **state)
{
	const struct slug_row *row = *state;
	struct str s = exact_copy(row->s);

	assert_int_equal(text_is_slug(s), row->is);
	free_exact(s);
}

/* ---- lines and sentences ---- */

static const struct pair_row LINES[] = {
	{ "an empty line", STR_INIT(""), STR_INIT("") },
	{ "a line of blanks", STR_INIT(" \t\r\n "), STR_INIT("") },
	{ "runs of blanks become one", STR_INIT("  a \t\n  b\r\n"), STR_INIT("a b") },
	{ "a line that is one already", STR_INIT("a b"), STR_INIT("a b") },
	{ "a long line that is one already", STR_INIT("eight by\xc3\xa9tes and eight of them"),
		STR_INIT("eight by\xc3\xa9tes and eight of them") },
	{ "two blanks far behind", STR_INIT("eight bytes and  more"),
		STR_INIT("eight bytes and more") },
	{ "two blanks on both sides of the eighth byte", STR_INIT("1234567  0"),
		STR_INIT("1234567 0") },
	{ "blanks at the ends of eight bytes", STR_INIT("1 34567 9 1 3 5 "),
		STR_INIT("1 34567 9 1 3 5") },
	{ "a blank before eight bytes", STR_INIT(" 2345678"), STR_INIT("2345678") },
	{ "a TAB among eight bytes", STR_INIT("123\t5678"), STR_INIT("123 5678") },
	{ "a newline behind eight bytes", STR_INIT("12345678\n"), STR_INIT("12345678") },
};

static void
a_text_becomes_a_line(void **state)
{
	const struct pair_row *row = *state;
	struct arena a = { 0 };
	struct str s = exact_copy(row->s);

	assert_str(text_line(&a, s), row->expected);
	arena_end(&a);
	free_exact(s);
}

static const struct pair_row SENTENCES[] = {
	{ "no sentence", STR_INIT(""), STR_INIT("") },
	{ "one sentence is the whole", STR_INIT("He works on attention."),
		STR_INIT("He works on attention.") },
	{ "a sentence without a stop is the whole", STR_INIT("works on attention"),
		STR_INIT("works on attention") },
	{ "the first of two sentences", STR_INIT("One. Two."), STR_INIT("One.") },
	{ "a question ends a sentence", STR_INIT("Why? Because."), STR_INIT("Why?") },
	{ "an exclamation ends a sentence", STR_INIT("Ah! So."), STR_INIT("Ah!") },
	{ "an initial ends none", STR_INIT("Daniel Y. Fu works. He does."),
		STR_INIT("Daniel Y. Fu works.") },
	{ "an initial at the start ends none", STR_INIT("Y. Fu works. He does."),
		STR_INIT("Y. Fu works.") },
	{ "an abbreviation ends none", STR_INIT("Vaswani et al. wrote it. He read it."),
		STR_INIT("Vaswani et al. wrote it.") },
	{ "an abbreviation behind a bracket ends none", STR_INIT("Attention (cf. Bahdanau). So."),
		STR_INIT("Attention (cf. Bahdanau).") },
	{ "an abbreviation with stops inside ends none", STR_INIT("Models, e.g. S4, work. So."),
		STR_INIT("Models, e.g. S4, work.") },
	{ "a number with a point ends none", STR_INIT("Version 2.1 is out. So."),
		STR_INIT("Version 2.1 is out.") },
	{ "a name with a point ends none", STR_INIT("He wrote llm.c in C. So."),
		STR_INIT("He wrote llm.c in C. So.") },
	{ "a stop at the very end ends it", STR_INIT("One. "), STR_INIT("One.") },
	{ "a wide stop needs no blank", STR_INIT("他工作。他也写。"), STR_INIT("他工作。") },
	{ "a paragraph's end is a sentence's end", STR_INIT("One\nTwo."), STR_INIT("One") },
};

static void
the_first_sentence_is_found(void **state)
{
	const struct pair_row *row = *state;
	struct str s = exact_copy(row->s);

	assert_str(text_sentence(s), row->expected);
	free_exact(s);
}

static const struct short_row {
	const char *what;
	struct str s;
	size_t most;
	struct str expected;
} SHORTS[] = {
	{ "what fits is left alone", STR_INIT("abc"), 3, STR_INIT("abc") },
	{ "one character too many", STR_INIT("abcd"), 3, STR_INIT("ab…") },
	{ "characters count, not bytes", STR_INIT("é何ü"), 3, STR_INIT("é何ü") },
	{ "a character is never cut", STR_INIT("é何üa"), 3, STR_INIT("é何…") },
	{ "the cut falls between words", STR_INIT("fast attention everywhere"), 20,
		STR_INIT("fast attention…") },
	{ "the cut falls behind a whole word", STR_INIT("fast attention now"), 15,
		STR_INIT("fast attention…") },
	{ "a word too long is cut inside", STR_INIT("a pneumonoultramicroscopic"), 10,
		STR_INIT("a pneumon…") },
	{ "one character is all there is room for", STR_INIT("abc"), 1, STR_INIT("…") },
	{ "no limit", STR_INIT("abc"), 0, STR_INIT("abc") },
	{ "nothing to shorten", STR_INIT(""), 3, STR_INIT("") },
};

static void
a_text_is_shortened(void **state)
{
	const struct short_row *row = *state;
	struct arena a = { 0 };
	struct str s = exact_copy(row->s), shorter = text_short(&a, s, row->most);

	assert_str(shorter, row->expected);
	assert_true(row->most == 0 || utf8_count(shorter) <= row->most);
	arena_end(&a);
	free_exact(s);
}

/* ---- distance ---- */

static const struct distance_row {
	const char *what;
	struct str a, b;
	size_t most, expected;
} DISTANCES[] = {
	{ "equal words", STR_INIT("gu"), STR_INIT("gu"), 3, 0 },
	{ "a letter more", STR_INIT("schmidhuber"), STR_INIT("schmidthuber"), 3, 1 },
	{ "a letter less at the beginning", STR_INIT("hopper"), STR_INIT("opper"), 3, 1 },
	{ "another letter", STR_INIT("schrodinger"), STR_INIT("schrodinjer"), 3, 1 },
	{ "neighbours swapped count once", STR_INIT("lovelace"), STR_INIT("lovelcae"), 3, 1 },
	{ "two swaps", STR_INIT("abcd"), STR_INIT("badc"), 3, 2 },
	{ "letters count, not bytes", STR_INIT("σωκρ"), STR_INIT("σακρ"), 3, 1 },
	{ "nothing and something", STR_INIT(""), STR_INIT("abc"), 3, 3 },
	{ "more than asked for is one more than that", STR_INIT("abcdef"), STR_INIT("uvwxyz"), 2,
		3 },
	{ "much longer", STR_INIT("a"), STR_INIT("aaaaaaa"), 2, 3 },
	{ "none allowed", STR_INIT("ab"), STR_INIT("ba"), 0, 1 },
};

static void
words_are_so_far_apart(void **state)
{
	const struct distance_row *row = *state;
	struct text_letters a, b;

	text_letters(row->a, &a);
	text_letters(row->b, &b);
	assert_int_equal(text_distance(&a, &b, row->most), row->expected);
	assert_int_equal(text_distance(&b, &a, row->most), row->expected);
}

static void
a_long_word_is_compared_by_its_beginning(void **state)
{
	char text[3 * TEXT_LETTERS];
	struct text_letters a, b;

	(void)state;
	memset(text, 'a', sizeof text);
	text_letters((struct str){ text, sizeof text }, &a);
	text_letters((struct str){ text, TEXT_LETTERS }, &b);
	assert_int_equal(a.n, TEXT_LETTERS);
	assert_int_equal(text_distance(&a, &b, 5), 0);
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, NORMAL, a_text_gets_its_normal_form);
	add_rows(&s, FOLDS, a_text_is_folded);
	add_row(&s, "Latin letters are folded alike by table and by Unicode",
		latin_letters_are_folded_alike_by_table_and_by_unicode);
	add_rows(&s, FOLDS, a_text_has_its_slug);
	add_row(&s, "a long text has a slug of its own", a_long_text_has_a_slug_of_its_own);
	add_row(&s, "different texts have different slugs", different_texts_have_different_slugs);
	add_rows(&s, SLUGS, a_slug_is_known);
	add_rows(&s, LINES, a_text_becomes_a_line);
	add_rows(&s, SENTENCES, the_first_sentence_is_found);
	add_rows(&s, SHORTS, a_text_is_shortened);
	add_rows(&s, DISTANCES, words_are_so_far_apart);
	add_row(&s, "a long word is compared by its beginning",
		a_long_word_is_compared_by_its_beginning);
	return run_suite(&s, "text", NULL, NULL);
}
