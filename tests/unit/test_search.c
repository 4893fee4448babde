/* Words of readers on a small made directory: what is found, in which order, and that it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "catalog/build.h"
#include "catalog/search.h"
#include "catalog/vocabulary.h"
#include "encode/encode.h"
#include "page/route.h"
#include "folder.h"
#include "rows.h"

static struct store *store;

static void
put(const char *folder, const char *path, const char *text)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct str full = arena_printf(&a, "%s/%s", folder, path);
	struct str parent = arena_printf(&a, "%.*s", (int)str_find_last(full, '/'), full.p);

	assert_true(file_make_dirs(parent.p, 0755, &e));
	assert_true(file_write(full.p, str_of(text), 0644, &e));
	arena_end(&a);
}

/* Who is best known has the most to start with, then as the slug's sum falls. */
static const struct file {
	const char *path, *text;
} FILES[] = {
	{ "people/christopher-re.yaml",
		"name: Christopher Ré\ntagline: Asks whether it is a data problem\n"
		"topics: [data systems]\norganizations: Stanford University\n"
		"aliases: Chris Ré\nstart_here: [{title: Snorkel, id: snorkel}, monarch]\n"
		"reviewed: 2026-01-01\n" },
	{ "people/tri-dao.yaml",
		"name: Tri Dao\ntagline: Attention that counts memory traffic\n"
		"topics: [efficient attention, state space models]\n"
		"organizations: Princeton University\n"
		"start_here: [{title: 'Monarch: Expressive Structured Matrices', id: monarch}]\n" },
	{ "people/erwin-schrodinger.yaml",
		"name: Erwin Schrödinger\ntagline: A wave equation\ntopics: [waves]\n" },
	{ "people/kaiming-he.yaml",
		"name: Kaiming He\nnative_name: 何恺明\ntagline: Residual connections\n"
		"topics: [computer vision]\n" },
	{ "people/souta-sato.yaml",
		"name: Sota Sato\nnative_name: 佐藤 颯太\ntagline: Machine translation\n" },
	{ "people/kyunghyun-cho.yaml",
		"name: Kyunghyun Cho\nnative_name: 조경현\ntagline: Neural translation\n" },
	{ "people/ying-wang.yaml", "name: Ying Wang\nnative_name: 王英\ntagline: Graphs\n" },
	{ "people/wang-ying.yaml", "name: Wei Ying\nnative_name: 英王\ntagline: Trees\n" },
	{ "people/conor-obrien.yaml", "name: Conor O'Brien\ntagline: Type theory, and state\n" },
	{ "people/ada-lovelace.yaml",
		"name: Ada Lovelace\ntagline: The first program\n"
		"summary: Read the notes on the engine; models of space came later, state too.\n" },
	{ "people/ada-palmer.yaml", "name: Ada Palmer\ntagline: History\n" },
	{ "topics/state-space-models.yaml",
		"name: state space models\naliases: [SSM]\nsummary: Recurrences.\n" },
};

static int
open_directory(void **state)
{
	char folder[] = "/tmp/almagest-search-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < COUNT(FILES); i++)
		put(folder, FILES[i].path, FILES[i].text);
	store = open_folder(folder);
	return 0;
}

static int
close_directory(void **state)
{
	(void)state;
	store_close(store);
	return 0;
}

/* ---- what is found ---- */

/* Expected: things, then '|' people by name, then '|' people by their fields, then '~' the nearest;
 * each part only if it is there, slugs with a blank between. */
static const struct row {
	const char *what;
	const char *words, *expected;
} ROWS[] = {
	{ "a whole name", "christopher ré", "|christopher-re" },
	{ "a name without its accent", "Christopher Re", "|christopher-re" },
	{ "the last name first", "Ré, C.", "|christopher-re" },
	{ "capitals", "RE", "|christopher-re|ada-lovelace kaiming-he" },
	{ "letters of full width", "ＲＥ", "|christopher-re|ada-lovelace kaiming-he" },
	{ "an accent as a mark of its own", "re\xcc\x81",
		"|christopher-re|ada-lovelace kaiming-he" },
	{ "an alias", "chris ré", "|christopher-re" },
	{ "an umlaut", "schrödinger", "|erwin-schrodinger" },
	{ "without its dots", "schrodinger", "|erwin-schrodinger" },
	{ "the beginning of a name", "schrö", "|erwin-schrodinger" },
	{ "signs between words", "(tri)/dao!", "|tri-dao" },
	{ "an apostrophe is a blank", "O’Brien", "|conor-obrien" },
	{ "an initial", "a. lovelace", "|ada-lovelace" },
	{ "a topic leads to people and stands on top", "efficient attention",
		"efficient-attention||tri-dao" },
	{ "the alias of a topic", "ssm", "state-space-models" },
	{ "the beginning of a topic", "effic att", "efficient-attention||tri-dao" },
	{ "an organization", "Stanford", "stanford-university||christopher-re" },
	{ "the title of a source", "structured matrices", "monarch||christopher-re tri-dao" },
	{ "all words must be there", "dao waves", "~tri-dao" },
	{ "words in any order and any field", "traffic tri", "||tri-dao" },
	{ "words that stand apart", "state models", "state-space-models||ada-lovelace tri-dao" },
	{ "a phrase stands together", "\"space models\"", "state-space-models||tri-dao" },
	{ "a phrase is of whole words", "\"space model\"", "~state-space-models" },
	{ "marks of a phone make a phrase too", "“space models”", "state-space-models||tri-dao" },
	{ "a mark that nothing closes is no phrase", "space\" model",
		"state-space-models||ada-lovelace tri-dao" },
	{ "one letter begins names, and is a word elsewhere", "k", "|kaiming-he kyunghyun-cho" },
	{ "the whole native name", "何恺明", "|kaiming-he" },
	{ "the family name of it", "何", "|kaiming-he" },
	{ "the given name of it", "恺明", "|kaiming-he" },
	{ "signs stand together in their order", "王英", "|ying-wang" },
	{ "a Japanese name without its blank", "佐藤颯太", "|souta-sato" },
	{ "a Japanese name with a wide blank", "颯太　佐藤", "|souta-sato" },
	{ "a Korean given name", "경현", "|kyunghyun-cho" },
	{ "a Korean name with a blank", "조 경현", "|kyunghyun-cho" },
	{ "signs and letters", "何 kaiming", "|kaiming-he" },
	{ "a letter is wrong", "schrodinjer", "~erwin-schrodinger" },
	{ "a letter is missing", "schrodiger", "~erwin-schrodinger" },
	{ "the first letter is wrong", "zovelace", "~ada-lovelace" },
	{ "letters are swapped", "ada lovealce", "~ada-lovelace" },
	{ "two words are wrong", "christofer reh", "~christopher-re" },
	{ "a sign is wrong", "何恺朋", "~kaiming-he" },
	{ "two words are written as one", "tridao", "~tri-dao" },
	{ "one word is written as two", "ada love lace", "~ada-lovelace" },
	{ "a topic is spelt wrong", "stat spcae modles", "~state-space-models" },
	{ "an organization is spelt wrong", "Stanfrod", "~stanford-university" },
	{ "the title of a source is spelt wrong", "structured matrixes", "~monarch" },
	{ "nothing is near", "zzzzzzzz", "~" },
};

static void
put_cards(struct buf *out, const char *mark, const struct cards *cards)
{
	buf_put(out, str_of(mark));
	for (size_t i = 0; i < cards->n; i++)
		buf_printf(out, "%s%.*s", i ? " " : "", STR_ARG(cards->v[i].slug));
}

static struct str
shown(struct arena *a, const struct found *found)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < found->things.n; i++)
		buf_printf(&out, "%s%.*s", i ? " " : "", STR_ARG(found->things.v[i].slug));
	if (found->named.n + found->mentioned.n)
		put_cards(&out, "|", &found->named);
	if (found->mentioned.n)
		put_cards(&out, "|", &found->mentioned);
	if (out.n == 0)
		put_cards(&out, "~", &found->nearest);
	for (size_t i = 0; i < found->nearest_things.n; i++)
		buf_printf(&out, "%s%.*s", i ? " " : "", STR_ARG(found->nearest_things.v[i].slug));
	struct str text = arena_str(a, buf_str(&out));

	buf_end(&out);
	return text;
}

static void
words_find(void **state)
{
	const struct row *row = *state;
	struct arena a = { 0 };
	struct found found;

	assert_true(search(store, &a, str_of(row->words), 1, &found));
	assert_false(found.cut);
	assert_false(found.refused);
	assert_string_equal(shown(&a, &found).p, row->expected);
	arena_end(&a);
}

/* ---- any input is words ---- */

static const struct any_row {
	const char *what;
	struct str words;
	bool asks; /* holds something to look for */
} ANY[] = {
	{ "nothing", STR_INIT(""), false },
	{ "blanks", STR_INIT(" \t "), false },
	{ "signs", STR_INIT("*\"(){}^:-+,;&|"), false },
	{ "an emoji", STR_INIT("🔭"), false },
	{ "an empty phrase", STR_INIT("\"\""), false },
	{ "words of the index's language", STR_INIT("a AND b OR NOT c NEAR(d e, 3)"), true },
	{ "a column filter", STR_INIT("text : x"), true },
	{ "a column filter in braces", STR_INIT("- {text} : x"), true },
	{ "a caret", STR_INIT("^tri"), true },
	{ "a star", STR_INIT("tri*"), true },
	{ "a plus between", STR_INIT("tri + dao"), true },
	{ "parentheses that do not close", STR_INIT("((tri OR"), true },
	{ "quotation marks all over", STR_INIT("\"a\" \"\"b\"\" \"c"), true },
	{ "an apostrophe", STR_INIT("'; DROP TABLE person; --"), true },
	{ "a NUL", STR_INIT("tri\0dao"), true },
	{ "a question mark and a dollar", STR_INIT("?1 $x :y @z"), true },
	{ "a lone letter of Hangul", STR_INIT("ㄱ"), true },
	{ "vowel signs alone", STR_INIT("\xe0\xa4\xbe"), true },
	{ "a sign no index of today knows", STR_INIT("\xf0\xab\xa0\xa0"), true },
};

static void
any_input_is_words(void **state)
{
	const struct any_row *row = *state;
	struct arena a = { 0 };
	struct found found;

	assert_int_equal(search(store, &a, row->words, 1, &found), row->asks);
	assert_false(found.refused);
	arena_end(&a);
}

static void
a_thousand_words_are_answered(void **state)
{
	struct arena a = { 0 };
	struct buf words = { 0 };
	struct found found;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		buf_printf(&words, "w%zu \"p %zu\" 何%c ", i, i, (int)('a' + i % 26));
	assert_true(search(store, &a, buf_str(&words), 1, &found));
	assert_false(found.refused);
	assert_int_equal(found.named.n + found.mentioned.n, 0);
	buf_end(&words);
	arena_end(&a);
}

/* ---- a larger directory ---- */

enum { MANY = 3000, MANY_OF_A_NAME = 90 };

static struct store *many;

/* Every text says the common words, half of it the one and half the other of two that never meet;
 * rare words that begin alike are everybody's own, or two people's; one word of three letters is
 * rarer than most that begin so. */
static int
open_many(void **state)
{
	char folder[] = "/tmp/almagest-search-XXXXXX";
	struct arena a = { 0 };

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < MANY; i++) {
		struct buf text = { 0 };

		buf_printf(&text, "name: %s Number%zu\ntagline: common to all, %s\nsummary: |\n",
			i < MANY_OF_A_NAME ? "Hedwig" : "Anna", i, i % 2 ? "uneven" : "even");
		for (size_t k = 0; k < 20; k++)
			buf_printf(&text, "  rare%zux%zu\n", i, k);
		buf_printf(&text, "  rarp%zu%s\n", i / 2, i == MANY - 1 ? " rar" : "");
		buf_char(&text, '\0');
		put(folder, arena_printf(&a, "people/p%zu.yaml", i).p, text.p);
		buf_end(&text);
	}
	arena_end(&a);
	many = open_folder(folder);
	return 0;
}

static int
close_many(void **state)
{
	(void)state;
	store_close(many);
	return 0;
}

/* Everybody a query finds, page by page: each once, and as many as there are. */
static size_t
leaf_through(const char *words, size_t *named)
{
	struct arena a = { 0 };
	struct map seen = { 0 };
	size_t people = 0;
	struct found found = { .more = true };

	*named = 0;
	for (size_t page = 1; found.more && page <= SEARCH_PAGES; page++) {
		assert_true(search_within(many, &a, str_of(words), page, 60000000, &found));
		assert_false(found.cut);
		if (found.more)
			assert_int_equal(found.named.n + found.mentioned.n, SEARCH_PAGE);
		for (size_t i = 0; i < found.named.n + found.mentioned.n; i++) {
			const struct card *card = i < found.named.n
				? &found.named.v[i]
				: &found.mentioned.v[i - found.named.n];
			size_t *at = map_at(&a, &seen, card->slug);

			assert_int_equal(*at, (size_t)MAP_NONE);
			*at = page;
		}
		*named += found.named.n;
		people += found.named.n + found.mentioned.n;
	}
	arena_end(&a);
	return people;
}

static void
pages_hold_everybody_once(void **state)
{
	size_t named;

	(void)state;
	assert_int_equal(leaf_through("hedwig", &named), MANY_OF_A_NAME);
	assert_int_equal(named, MANY_OF_A_NAME);
	assert_int_equal(leaf_through("hedwig even", &named), MANY_OF_A_NAME / 2);
	assert_int_equal(named, 0);
	assert_int_equal(leaf_through("common", &named), SEARCH_PAGE * SEARCH_PAGES);
	/* more words begin so than are asked for at first: of number 10, 100 to 109, 1000 to 1099
	 */
	assert_int_equal(leaf_through("rare10", &named), 1 + 10 + 100);
	/* of two people each the 256 commonest words that begin so, and who has the word itself */
	assert_int_equal(leaf_through("rar", &named), 2 * 256 + 1);
}

/* The least time of five such searches: a machine may be busy once. */
static int64_t
least_time(struct arena *a, const char *words, int64_t us, bool cut)
{
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < 5; i++) {
		struct found found;
		int64_t began = clock_us();

		assert_true(search_within(many, a, str_of(words), 1, us, &found));
		if (clock_us() - began < least)
			least = clock_us() - began;
		assert_int_equal(found.cut, cut);
	}
	return least;
}

static void
a_search_ends_in_its_time_and_says_so(void **state)
{
	static const char *const LONG[] = { "even uneven", "rare", "rare1 rare2 rare3" };
	struct arena a = { 0 };
	struct found found;

	(void)state;
	for (size_t i = 0; i < COUNT(LONG); i++) {
		int64_t whole = least_time(&a, LONG[i], 60000000, false);

		assert_true(least_time(&a, LONG[i], whole / 8, true) < whole);
	}
	/* what stands in a table of its own is found at once */
	assert_true(search_within(many, &a, STR("hedwig number7"), 1, 0, &found));
	assert_true(found.cut);
	assert_int_equal(found.named.n, 1);
	/* and the next search has all its time again */
	assert_true(search(many, &a, STR("hedwig number7"), 1, &found));
	assert_false(found.cut);
	arena_end(&a);
}

/* ---- the page ---- */

static struct str
page_of(struct arena *a, const char *words)
{
	struct view v = { .store = many,
		.arena = a,
		.path = STR("/search.gmi"),
		.has_query = true,
		.query = str_of(words) };
	struct answer answer;
	struct buf out = { 0 };

	route_answer(&v, &answer);
	assert_int_equal(answer.kind, ANSWER_PAGE);
	encode_gemtext(&answer.page, NULL, &out);
	struct str text = arena_str(a, buf_str(&out));

	buf_end(&out);
	return text;
}

static void
a_page_says_that_it_was_cut(void **state)
{
	static const char *const CUT = "The search was ended before it had looked everywhere";
	struct arena a = { 0 };
	int64_t usual = search_us;

	(void)state;
	assert_null(strstr(page_of(&a, "hedwig number7").p, CUT));
	search_us = 0;
	struct str cut = page_of(&a, "hedwig number7"), none = page_of(&a, "common");

	search_us = usual;
	assert_non_null(strstr(cut.p, CUT));
	assert_non_null(strstr(cut.p, "=> people/p7.gmi Hedwig Number7"));
	assert_non_null(strstr(none.p, CUT));
	/* what was not looked for to the end is not said to be missing */
	assert_null(strstr(none.p, "Nothing was found"));
	arena_end(&a);
}

/* ---- the words of the directory ---- */

static size_t
count_of(struct store *s, const char *word, const char *column)
{
	struct arena a = { 0 };
	struct str sql = arena_printf(
		&a, "SELECT ifnull(sum(%s), 0) FROM word WHERE word = '%s'", column, word);
	sqlite3_stmt *st = NULL;

	assert_int_equal(sqlite3_prepare_v2(store_db(s), sql.p, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	size_t n = (size_t)sqlite3_column_int64(st, 0);

	sqlite3_finalize(st);
	arena_end(&a);
	return n;
}

static void
words_are_counted(void **state)
{
	struct err e = { 0 };
	struct vocabulary_words before = { STR("ada palmer"), STR("ada palmer history") };
	struct vocabulary_words after = { STR("ada palmer reads"),
		STR("ada palmer reads reads state") };

	(void)state;
	assert_int_equal(count_of(store, "ada", "people"), 2);
	assert_int_equal(count_of(store, "ada", "named"), 2);
	assert_int_equal(count_of(store, "translation", "named"), 0);
	assert_true(vocabulary_change(store_db(store), before, after, &e));
	assert_int_equal(count_of(store, "reads", "people"), 1);
	assert_int_equal(count_of(store, "reads", "named"), 1);
	assert_int_equal(count_of(store, "history", "1"), 0);
	assert_int_equal(count_of(store, "ada", "people"), 2);
	assert_int_equal(count_of(store, "state", "people"), 4);
	assert_true(vocabulary_change(store_db(store), after, before, &e));
	assert_int_equal(count_of(store, "reads", "1"), 0);
	assert_int_equal(count_of(store, "history", "people"), 1);
	assert_int_equal(count_of(store, "state", "people"), 3);
}

static int
open_both(void **state)
{
	search_us = 60000000; /* what is found is no matter of how fast the machine is */
	return open_directory(state) || open_many(state);
}

static int
close_both(void **state)
{
	return close_directory(state) || close_many(state);
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, ROWS, words_find);
	add_rows(&s, ANY, any_input_is_words);
	add_row(&s, "a thousand words are answered", a_thousand_words_are_answered);
	add_row(&s, "words are counted, and kept so by changes", words_are_counted);
	add_row(&s, "pages hold everybody once", pages_hold_everybody_once);
	add_row(&s, "a search ends in its time, and says so",
		a_search_ends_in_its_time_and_says_so);
	add_row(&s, "a page says that it was cut", a_page_says_that_it_was_cut);
	return run_suite(&s, "search", open_both, close_both);
}
