/* Two names in, a chain of people out: how names are read, which chain it is, and that it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/file.h"
#include "catalog/build.h"
#include "catalog/connect.h"
#include "catalog/search.h"
#include "encode/encode.h"
#include "page/route.h"
#include "folder.h"
#include "rows.h"

enum { MANY = 3000 };

static struct store *store, *many;

static void
put(const char *folder, const char *path, const char *text)
{
	struct arena a = { 0 };
	struct err e = { 0 };

	assert_true(file_write(
		arena_printf(&a, "%s/people/%s.yaml", folder, path).p, str_of(text), 0644, &e));
	arena_end(&a);
}

static void
make_folder(char *folder)
{
	struct arena a = { 0 };
	struct err e = { 0 };

	assert_non_null(mkdtemp(folder));
	assert_true(file_make_dirs(arena_printf(&a, "%s/people", folder).p, 0755, &e));
	arena_end(&a);
}

/* Ada - Charles - Luigi by what they read; Mary wrote with Luigi; Pierre is alone. */
static const struct file {
	const char *slug, *text;
} FILES[] = {
	{ "ada-lovelace",
		"name: Ada Lovelace\ntagline: t\nstart_here: [{title: Notes, id: notes},"
		" {title: Common, id: common}]\n" },
	{ "charles-babbage",
		"name: Charles Babbage\ntagline: t\nstart_here: [notes, {title: Engines, id: "
		"engines},"
		" common]\n" },
	{ "luigi-menabrea", "name: Luigi Menabrea\ntagline: t\nstart_here: [engines]\n" },
	{ "mary-somerville",
		"name: Mary Somerville\ntagline: t\n"
		"start_here: [{title: Letters, id: letters, authors: [Luigi Menabrea, Mary "
		"Somerville]}]\n" },
	{ "pierre-simon-laplace", "name: Pierre-Simon Laplace\ntagline: t\n" },
	{ "ada-king", "name: Ada King\ntagline: t\nstart_here: [common]\n" },
	{ "kaiming-he",
		"name: Kaiming He\nnative_name: 何恺明\ntagline: t\nstart_here: [common]\n" },
};

static int
open_both(void **state)
{
	char folder[] = "/tmp/almagest-connect-XXXXXX", large[] = "/tmp/almagest-connect-XXXXXX";
	struct arena a = { 0 };

	(void)state;
	search_us = 60000000; /* what is found is no matter of how fast the machine is */
	make_folder(folder);
	for (size_t i = 0; i < COUNT(FILES); i++)
		put(folder, FILES[i].slug, FILES[i].text);
	store = open_folder(folder);
	/* everybody reads one thing, but for the two ends; neighbours read another */
	make_folder(large);
	for (size_t i = 0; i < MANY; i++)
		put(large, arena_printf(&a, "p%zu", i).p,
			arena_printf(&a,
				"name: P%zu\ntagline: t\nstart_here: [%s{title: W%zu, id: w%zu},"
				" {title: W%zu, id: w%zu}]\n",
				i, i && i < MANY - 1 ? "{title: All, id: all}, " : "", i, i, i + 1,
				i + 1)
				.p);
	many = open_folder(large);
	arena_end(&a);
	return 0;
}

static int
close_both(void **state)
{
	(void)state;
	store_close(store);
	store_close(many);
	return 0;
}

static struct str
page_of(struct store *s, struct arena *a, struct str query)
{
	struct view v = { .store = s,
		.arena = a,
		.path = STR("/connect.gmi"),
		.has_query = true,
		.query = query };
	struct answer answer;
	struct buf out = { 0 };

	route_answer(&v, &answer);
	if (answer.kind == ANSWER_INPUT)
		return STR("?");
	assert_int_equal(answer.kind, ANSWER_PAGE);
	encode_gemtext(&answer.page, NULL, &out);
	struct str text = arena_str(a, buf_str(&out));

	buf_end(&out);
	return text;
}

/* Of a page: where its links lead, and the lines between them; without its title and its end. */
static struct str
gist_of(struct arena *a, struct str page)
{
	struct buf out = { 0 };
	struct str line, word;

	str_cut(&page, '\n', &line);
	while (str_cut(&page, '\n', &line)) {
		struct str rest = line, shown = line;

		if (line.n == 0 || str_starts(line, STR("=> connect.gmi ")) ||
			str_starts(line, STR("=> index.gmi ")))
			continue;
		if (str_word(&rest, &word) && str_eq(word, STR("=>")))
			str_word(&rest, &shown);
		buf_printf(&out, "%s%.*s", out.n ? " | " : "", STR_ARG(shown));
	}
	struct str gist = arena_str(a, buf_str(&out));

	buf_end(&out);
	return gist;
}

#define CHAIN_ADA_LUIGI \
	"people/ada-lovelace.gmi | both start with | sources/notes.gmi |" \
	" people/charles-babbage.gmi | both start with | sources/engines.gmi |" \
	" people/luigi-menabrea.gmi"
#define CHAIN_ADA_CHARLES \
	"people/ada-lovelace.gmi | both start with | sources/notes.gmi |" \
	" people/charles-babbage.gmi"

static const struct row {
	const char *what, *words, *expected;
} ROWS[] = {
	{ "two names that share a source: what fewer people share is told", "ada lovelace, charles",
		CHAIN_ADA_CHARLES },
	{ "two slugs", "ada-lovelace,charles-babbage", CHAIN_ADA_CHARLES },
	{ "a chain of three", "Ada Lovelace, Luigi Menabrea", CHAIN_ADA_LUIGI },
	{ "a chain that ends with co-authors", "charles, mary",
		"people/charles-babbage.gmi | both start with | sources/engines.gmi |"
		" people/luigi-menabrea.gmi | both wrote | sources/letters.gmi |"
		" people/mary-somerville.gmi" },
	{ "the last name first, twice", "Lovelace, Ada, Babbage, Charles", CHAIN_ADA_CHARLES },
	{ "the last name first, once", "Lovelace, A., Babbage", CHAIN_ADA_CHARLES },
	{ "a comma too many", ", ada lovelace, charles ,", CHAIN_ADA_CHARLES },
	{ "a semicolon between", "ada lovelace; charles", CHAIN_ADA_CHARLES },
	{ "a wide comma between", "ada lovelace，charles", CHAIN_ADA_CHARLES },
	{ "a native name and an ideographic comma", "何恺明、Ada King",
		"people/kaiming-he.gmi | both start with | sources/common.gmi | "
		"people/ada-king.gmi" },
	{ "the same person twice", "ada lovelace, ada-lovelace",
		"Both names mean the same person. | people/ada-lovelace.gmi" },
	{ "no chain", "ada lovelace, laplace",
		"No chain of shared sources or co-authors leads from one to the other." },
	{ "a name that two people have", "ada, charles",
		"## Whom do you mean? | ada | connect.gmi?ada-lovelace%2Ccharles-babbage |"
		" connect.gmi?ada-king%2Ccharles-babbage" },
	{ "a name that is spelt wrong", "charles, mary sommerville",
		"Nobody in the directory has this name: mary sommerville | ## Nearest Names |"
		" connect.gmi?charles-babbage%2Cmary-somerville" },
	{ "nobody", "charles, xyzzy", "Nobody in the directory has this name: xyzzy" },
	{ "signs for a name", "charles, \"*\"", "Nobody in the directory has this name: \"*\"" },
	{ "one name", "ada lovelace", "?" },
	{ "commas alone", " , ,, ", "?" },
	{ "a name and a comma", "ada lovelace,", "?" },
};

static void
names_lead_to(void **state)
{
	const struct row *row = *state;
	struct arena a = { 0 };
	struct str page = page_of(store, &a, str_of(row->words));

	assert_string_equal(str_eq(page, STR("?")) ? "?" : gist_of(&a, page).p, row->expected);
	arena_end(&a);
}

/* ---- a larger directory ---- */

static int
count(unsigned what, void *n, void *statement, void *text)
{
	(void)what;
	(void)statement;
	(void)text;
	++*(size_t *)n;
	return 0;
}

static void
what_everybody_reads_is_not_gone_through(void **state)
{
	struct arena a = { 0 };
	size_t statements = 0;

	(void)state;
	/* each of them costs one at least: what is done is counted, whatever time it took */
	sqlite3_trace_v2(store_db(many), SQLITE_TRACE_STMT, count, &statements);
	struct str page = page_of(many, &a, STR("p0, p2999"));

	sqlite3_trace_v2(store_db(many), 0, NULL, NULL);
	assert_in_range(statements, 1, MANY / 10);
	assert_string_equal(gist_of(&a, page).p,
		"people/p0.gmi | both start with | sources/w1.gmi | people/p1.gmi |"
		" both start with | sources/all.gmi | people/p2998.gmi |"
		" both start with | sources/w2999.gmi | people/p2999.gmi");
	arena_end(&a);
}

static void
it_ends_in_its_time_and_says_so(void **state)
{
	struct arena a = { 0 };
	int64_t usual = search_us;

	(void)state;
	search_us = 0;
	struct str chain = page_of(many, &a, STR("p0,p2999")),
		   names = page_of(many, &a, STR("pppppp, nobody at all"));

	search_us = usual;
	assert_string_equal(gist_of(&a, chain).p,
		"No chain was found among the people nearest to both; a longer one may exist.");
	assert_non_null(strstr(names.p, "The search was ended before"));
	assert_null(strstr(names.p, "Nobody in the directory"));
	/* and the next one has all its time again */
	assert_non_null(strstr(page_of(store, &a, STR("ada lovelace, charles")).p, "notes"));
	arena_end(&a);
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, ROWS, names_lead_to);
	add_row(&s, "what everybody reads leads on, and is not gone through",
		what_everybody_reads_is_not_gone_through);
	add_row(&s, "it ends in its time, and says so", it_ends_in_its_time_and_says_so);
	return run_suite(&s, "connect", open_both, close_both);
}
