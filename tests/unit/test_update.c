/* After any sequence of edits the catalog equals a full rebuild: the same rows in every table, the
 * same words in every index. Made directories, random edits from small pools, so that names,
 * labels, identifiers and addresses collide all the time. Every page and a set of
 * searches are compared, too. ALMAGEST_SEED and ALMAGEST_DIRECTORIES choose another run or a longer
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "catalog/build.h"
#include "catalog/related.h"
#include "catalog/search.h"
#include "catalog/update.h"
#include "page/every.h"
#include "proto/site.h"

static uint64_t state;

static unsigned
any(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((state >> 33) % n);
}

#define ONE_OF(list) list[any(COUNT(list))]

static const char *const SLUGS[] = { "ada", "bob", "cyd", "dan", "eve", "fay", "gil", "hal", "ida",
	"joe", "kim", "leo", "mia", "ned", "ola", "pia", "quy", "ray", "sue", "tom" };
static const char *const PINS[] = { "ada: reads her", "bob: wrote with him", "cyd", "eve: why not",
	"fay: again", "gil" };
static const char *const NAMES[] = { "Ada Lee", "Bob Ray", "Cyd Roe", "Dan Fu", "Eve Li", "Fay Om",
	"Gil Su", "Hal Xu", "Ida Bo", "Joe Ek", "Ada  lee", "Bób Ray", "Kim", "Kim Leo",
	"Ned Ola" };
static const char *const TOPICS[] = { "graphs", "Graphs", "Graph theory", "graph-theory", "C",
	"C++", "logic", "Logic", "sets", "proofs", "index", "deep graphs" };
static const char *const PLACES[] = { "MIT", "M.I.T.", "Yale", "yale", "Institute", "Kiel" };
/* An identifier longer than any slug. */
#define LONG_URL \
	"https://example.org/a/page/whose/address/is/longer/than/any/slug/may/be/as/most/" \
	"addresses/" \
	"of/talks/and/data/sets/are"
static const char *const KEYS[] = { "arxiv: '2205.14135'", "arxiv: '2312.00752'",
	"arxiv: '1706.03762'", "doi: 10.1145/1", "doi: 10.1145/2", "doi: 10.48550/arXiv.1706.03762",
	"url: https://example.org/a", "url: http://EXAMPLE.org/a/", "url: https://github.com/a/b",
	"url: https://arxiv.org/abs/2205.14135", "url: " LONG_URL, "id: one", "id: two",
	"id: mamba" };
static const char *const REFS[] = { LONG_URL, "arxiv:2205.14135", "arxiv:2312.00752",
	"arxiv:1706.03762", "doi:10.1145/1", "doi:10.1145/2", "https://example.org/a",
	"https://github.com/a/b", "one", "two", "mamba", "three" };
static const char *const TITLES[] = { "Mamba", "mamba", "Attention", "Graphs", "A proof" };
static const char *const DATES[] = { "2024-01-01", "2024-05-06", "2025-02-03" };

struct world {
	char folder[64], capsule[80], incremental[80], full[80];
	struct store *reader; /* of the incremental one: what it keeps must not outlive an update */
};

static void
put_list(struct buf *out, const char *key, const char *const *pool, size_t pool_n, unsigned most)
{
	unsigned n = any(most + 1);
	bool used[64] = { false };

	for (unsigned i = 0, put = 0; i < n; i++) {
		unsigned at = any((unsigned)pool_n);

		if (used[at])
			continue;
		used[at] = true;
		buf_printf(out, "%s", put++ ? "" : key);
		buf_printf(out, put == 1 ? ":\n  - \"%s\"\n" : "  - \"%s\"\n", pool[at]);
	}
}

#define PUT_LIST(out, key, pool, most) put_list(out, key, pool, COUNT(pool), most)

static void
put_source(struct buf *out, const char *indent, bool titled)
{
	bool used[3] = { false };
	unsigned keys = any(3);

	if (titled)
		buf_printf(out, "title: %s\n", ONE_OF(TITLES));
	else
		buf_printf(out, "venue: V\n");
	if (any(2))
		buf_printf(out, "%syear: 20%02u\n", indent, 10 + any(3));
	for (unsigned i = 0; i < keys; i++) {
		const char *key = ONE_OF(KEYS);
		unsigned kind = key[0] == 'a' ? 0 : key[0] == 'd' ? 1 : 2;

		if (used[kind])
			continue;
		used[kind] = true;
		buf_printf(out, "%s%s\n", indent, key);
	}
	if (any(2)) {
		buf_printf(out, "%sauthors: [", indent);
		for (unsigned i = 0, n = 1 + any(4); i < n; i++)
			buf_printf(out, "%s%s", i ? ", " : "", ONE_OF(NAMES));
		buf_printf(out, "]\n");
		if (any(4) == 0)
			buf_printf(out, "%set_al: true\n", indent);
	}
	if (any(6) == 0)
		buf_printf(out, "%skind: book\n", indent);
}

static void
put_citations(struct buf *out)
{
	unsigned n = any(5);

	if (n)
		buf_printf(out, "start_here:\n");
	for (unsigned i = 0; i < n; i++) {
		if (any(2)) {
			buf_printf(out, "  - %s\n", ONE_OF(REFS));
			continue;
		}
		buf_printf(out, "  - ");
		put_source(out, "    ", any(4) > 0);
		if (any(3) == 0)
			buf_printf(out, "    why: Read it %u.\n", any(3));
	}
}

static void
write_text(const struct world *w, const char *path, struct buf *text)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct str full = arena_printf(&a, "%s/%s", w->capsule, path);
	size_t folder = str_find_last(full, '/');

	assert_true(file_make_dirs(
		arena_str(&a, str_sub(full, 0, folder)).p, 0755, &e)); /* it may have gone */
	assert_true(file_write(full.p, buf_str(text), 0644, &e));
	buf_end(text);
	arena_end(&a);
}

static void
remove_file(const struct world *w, const char *path)
{
	struct arena a = { 0 };

	unlink(arena_printf(&a, "%s/%s", w->capsule, path).p);
	arena_end(&a);
}

static void
move(const struct world *w, const char *from, const char *to)
{
	struct arena a = { 0 };

	rename(arena_printf(&a, "%s/%s", w->capsule, from).p,
		arena_printf(&a, "%s/%s", w->capsule, to).p);
	arena_end(&a);
}

/* Broken: the version before stays, if there was one. */
static bool
broke(const struct world *w, const char *path)
{
	struct buf out = { 0 };

	if (any(40))
		return false;
	buf_printf(&out, "name: [\n");
	write_text(w, path, &out);
	return true;
}

static void
edit_person(const struct world *w, const char *path)
{
	struct buf out = { 0 };

	if (broke(w, path))
		return;
	buf_printf(&out, "name: %s\ntagline: t%u\n", ONE_OF(NAMES), any(3));
	if (any(2))
		buf_printf(&out, "summary: Works on %s.\n", ONE_OF(TOPICS));
	if (any(8) == 0)
		buf_printf(&out, "draft: true\n");
	else if (any(10) == 0)
		buf_printf(&out, "withdrawn: gone %u\n", any(2));
	if (any(4) == 0)
		buf_printf(&out, "reviewed: %s\n", ONE_OF(DATES));
	if (any(6) == 0)
		buf_printf(&out, "native_name: 何恺明\n");
	if (any(6) == 0)
		buf_printf(&out, "sort_name: \"%s\"\n", ONE_OF(NAMES));
	if (any(6) == 0)
		buf_printf(&out, "role: At %s\nupdated: %s\n", ONE_OF(PLACES), ONE_OF(DATES));
	if (any(6) == 0)
		buf_printf(&out, "links: {homepage: https://example.org/%u}\nx-note: %u\n", any(3),
			any(3));
	PUT_LIST(&out, "known_for", TITLES, 2);
	PUT_LIST(&out, "topics", TOPICS, 4);
	PUT_LIST(&out, "organizations", PLACES, 2);
	PUT_LIST(&out, "aliases", NAMES, 2);
	PUT_LIST(&out, "former_slugs", SLUGS, 1);
	if (any(3))
		PUT_LIST(&out, "related", SLUGS, 2);
	else
		PUT_LIST(&out, "related", PINS, 2);
	if (any(4) == 0)
		PUT_LIST(&out, "unrelated", SLUGS, 2);
	put_citations(&out);
	write_text(w, path, &out);
}

static void
edit_subject(const struct world *w, const char *folder, const char *const *pool, size_t n)
{
	struct arena a = { 0 };
	struct buf out = { 0 };
	static const char *const AT[] = { "graphs", "graph-theory", "logic", "c", "mit", "yale",
		"sets" };
	struct str path = arena_printf(&a, "%s/%s%s.yaml", folder, any(8) ? "" : "ab/", ONE_OF(AT));

	if (any(4) == 0)
		remove_file(w, path.p);
	else if (!broke(w, path.p)) {
		buf_printf(&out, "summary: s%u\n", any(4));
		if (any(2))
			buf_printf(&out, "name: \"%s\"\n", pool[any((unsigned)n)]);
		if (folder[0] == 't' && any(2))
			buf_printf(&out, "broader: \"%s\"\n", ONE_OF(TOPICS));
		put_list(&out, "aliases", pool, n, 2);
		write_text(w, path.p, &out);
	}
	arena_end(&a);
}

static void
edit_source(const struct world *w)
{
	static const char *const AT[] = { "one", "two", "mamba", "three" };
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct str path = arena_printf(&a, "sources/%s.yaml", ONE_OF(AT));

	if (any(3) == 0)
		remove_file(w, path.p);
	else if (!broke(w, path.p)) {
		struct buf body = { 0 };

		put_source(&body, "", any(5) > 0);
		/* an id is the file's name alone */
		if (any(4) == 0)
			buf_printf(&body, "name: %s\nsummary: s%u\n", ONE_OF(TITLES), any(3));
		struct str rest = buf_str(&body), line;

		while (str_cut(&rest, '\n', &line))
			if (line.n && !str_starts(line, STR("id:")))
				buf_printf(&out, "%.*s\n", STR_ARG(line));
		buf_end(&body);
		PUT_LIST(&out, "aliases", TITLES, 1);
		write_text(w, path.p, &out);
	}
	arena_end(&a);
}

static void
edit_any_person(const struct world *w)
{
	struct arena a = { 0 };
	const char *sub = any(6) == 0 ? "people/ab/" : "people/"; /* a second file of the slug */
	struct str path = arena_printf(&a, "%s%s.yaml", sub, ONE_OF(SLUGS));

	if (any(5) == 0)
		remove_file(w, path.p);
	else if (any(8) == 0)
		move(w, path.p,
			arena_printf(&a, "people/%s%s.yaml", any(4) ? "" : "ab/", ONE_OF(SLUGS)).p);
	else
		edit_person(w, path.p);
	arena_end(&a);
}

/* Pages, one that has no address, and files whose names are none. */
static void
edit_page(const struct world *w)
{
	static const char *const PAGES[] = { "pages/about.gmi", "pages/colophon.gmi",
		"pages/people.gmi", "pages/Bad Name.gmi", "people/Bad Name.yaml" };
	const char *path = ONE_OF(PAGES);
	struct buf out = { 0 };

	if (any(4) == 0) {
		remove_file(w, path);
		return;
	}
	buf_printf(&out, "# page %u\n%s", any(3), any(8) ? "" : "\a");
	write_text(w, path, &out);
}

static void
edit_settings(const struct world *w)
{
	static const char *const TONGUES[] = { "en", "de", "ja", "xx" };
	struct buf out = { 0 };

	if (any(8) == 0)
		remove_file(w, "capsule.yaml");
	else if (!broke(w, "capsule.yaml")) {
		buf_printf(&out, "title: T%u\n", any(3));
		if (any(2))
			buf_printf(&out, "language: %s\n", ONE_OF(TONGUES));
		if (any(3) == 0)
			buf_printf(&out, "headings: {Topics: Fields %u}\n", any(2));
		if (any(3) == 0)
			buf_printf(&out, "intro: I%u\ncontact: mailto:a%u@example.org\n", any(2),
				any(2));
		write_text(w, "capsule.yaml", &out);
	}
}

static void
edit(const struct world *w)
{
	switch (any(24)) {
	case 0:
	case 1:
		edit_subject(w, "topics", TOPICS, COUNT(TOPICS));
		break;
	case 2:
	case 3:
		edit_subject(w, "organizations", PLACES, COUNT(PLACES));
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		edit_source(w);
		break;
	case 8:
	case 9:
		edit_page(w);
		break;
	case 10:
	case 11:
		edit_settings(w);
		break;
	case 12: /* a folder goes, or comes */
		if (any(2))
			move(w, "people/ab", "elsewhere");
		else
			move(w, "elsewhere", "people/ab");
		break;
	default:
		edit_any_person(w);
	}
}

/* ---- a crowd ---- */

/* So many that lists have several pages, and things have about as many people as are still walked.
 */
enum { CROWD = 300, SURE = 250, UNSURE = 10, WALKED_MOST = RELATED_WIDEST };

/* Of the first all have what everybody has; of the next some, by chance; of the others none. */
static bool
has(unsigned i)
{
	return i < SURE || (i < SURE + UNSURE && any(2));
}

static void
edit_one_of_crowd(const struct world *w, unsigned i)
{
	struct arena a = { 0 };
	struct buf out = { 0 };

	buf_printf(&out, "name: %s %u\ntagline: t\ntopics: [%s%s]\norganizations: [%s%s]\n",
		NAMES[i % COUNT(NAMES)], i, has(i) ? "common, " : "", TOPICS[i % 4],
		has(i) ? "Everywhere, " : "", PLACES[i % 3]);
	buf_printf(&out, "start_here:\n  - {title: W%u, id: w%u, authors: [%s %u, %s %u]}\n", i / 2,
		i / 2, NAMES[i % COUNT(NAMES)], i, NAMES[(i + 1) % COUNT(NAMES)], i + 1);
	if (has(i))
		buf_printf(&out, "  - {title: Famous, id: famous}\n");
	if (any(4) == 0)
		buf_printf(&out, "  - w%u\n", any(CROWD / 2));
	if (any(10) == 0)
		buf_printf(&out, "related: p%u\nunrelated: p%u\n", any(CROWD), any(CROWD));
	write_text(w, arena_printf(&a, "people/p%u.yaml", i).p, &out);
	arena_end(&a);
}

static void
edit_crowd(const struct world *w)
{
	for (unsigned n = 1 + any(4); n > 0; n--)
		edit_one_of_crowd(w, SURE + any(UNSURE));
	for (unsigned n = any(3); n > 0; n--)
		edit_one_of_crowd(w, any(CROWD));
}

/* ---- a circle ---- */

/* Few who share much: lists are full and people fall off them, and much of what is shared is too
 * wide to be walked. */
enum { CIRCLE = 28, CIRCLE_WALKED = 10, CIRCLE_WORKS = 8 };

static const struct held {
	const char *field, *item;
	unsigned n, often; /* of how many; how often one more or less of it */
} HELD[] = { { "topics", "Topic %u", 6, 4 }, { "organizations", "Place %u", 3, 2 },
	{ "start_here", "w%u", CIRCLE_WORKS, 5 }, { "related", "p%u", CIRCLE, 2 },
	{ "unrelated", "p%u", CIRCLE, 1 } };

struct circle {
	struct {
		uint32_t held[COUNT(HELD)]; /* a bit for each item */
		bool draft, summary;
	} people[CIRCLE];
	uint32_t authors[CIRCLE_WORKS];
};

static void
write_held(struct buf *out, const char *field, const char *item, uint32_t held)
{
	const char *before = "";

	buf_printf(out, "%s: [", field);
	for (unsigned i = 0; i < 32; i++)
		if (held >> i & 1) {
			buf_printf(out, "%s", before);
			buf_printf(out, item, i);
			before = ", ";
		}
	buf_printf(out, "]\n");
}

static void
write_one_of_circle(const struct world *w, const struct circle *c, unsigned i)
{
	struct arena a = { 0 };
	struct buf out = { 0 };

	buf_printf(&out, "name: One %u\ntagline: t\n%s%s", i,
		c->people[i].draft ? "draft: true\n" : "",
		c->people[i].summary ? "summary: s\n" : "");
	for (size_t k = 0; k < COUNT(HELD); k++)
		write_held(&out, HELD[k].field, HELD[k].item, c->people[i].held[k]);
	write_text(w, arena_printf(&a, "people/p%u.yaml", i).p, &out);
	arena_end(&a);
}

static void
write_work_of_circle(const struct world *w, const struct circle *c, unsigned i)
{
	struct arena a = { 0 };
	struct buf out = { 0 };

	buf_printf(&out, "title: Work %u\n", i);
	write_held(&out, "authors", "One %u", c->authors[i]);
	write_text(w, arena_printf(&a, "sources/w%u.yaml", i).p, &out);
	arena_end(&a);
}

/* What is to change, by weight. */
static size_t
any_held(void)
{
	unsigned all = 0, at;
	size_t k = 0;

	for (size_t i = 0; i < COUNT(HELD); i++)
		all += HELD[i].often;
	for (at = any(all); at >= HELD[k].often; k++)
		at -= HELD[k].often;
	return k;
}

static void
edit_circle(const struct world *w, struct circle *c)
{
	unsigned i = any(CIRCLE), work = any(CIRCLE_WORKS), what = any(20);
	size_t k = any_held();

	if (what < 2) {
		c->authors[work] ^= UINT32_C(1) << i;
		write_work_of_circle(w, c, work);
		return;
	}
	if (what == 2)
		c->people[i].draft = !c->people[i].draft;
	else if (what == 3)
		c->people[i].summary = !c->people[i].summary;
	else
		c->people[i].held[k] ^= UINT32_C(1) << any(HELD[k].n);
	write_one_of_circle(w, c, i);
}

static void
make_circle(const struct world *w, struct circle *c)
{
	*c = (struct circle){ 0 };
	for (unsigned i = 0; i < CIRCLE_WORKS; i++) {
		for (unsigned n = any(4); n > 0; n--)
			c->authors[i] |= UINT32_C(1) << any(CIRCLE);
		write_work_of_circle(w, c, i);
	}
	for (unsigned i = 0; i < CIRCLE; i++) {
		for (unsigned n = any(8); n > 0; n--) {
			size_t k = any_held();

			c->people[i].held[k] |= UINT32_C(1) << any(HELD[k].n);
		}
		write_one_of_circle(w, c, i);
	}
}

/* ---- comparing ---- */

/* Every table, in an order of its own; the words of the indexes through fts5vocab. */
static const char *const DUMPS[] = {
	"SELECT * FROM meta ORDER BY 1",
	"SELECT path, size, sum, good, folder, slug, serves, bytes FROM file ORDER BY 1",
	"SELECT * FROM problem ORDER BY 1, 2, 3, 4, 5, 6",
	"SELECT * FROM tally ORDER BY 1, 2",
	"SELECT * FROM person ORDER BY 1",
	"SELECT * FROM source ORDER BY 1",
	"SELECT * FROM topic ORDER BY 1",
	"SELECT * FROM organization ORDER BY 1",
	/* chunks begin and end elsewhere after updates: what counts is the list */
	"SELECT kind, item, group_concat(hex(people), '') FROM (SELECT * FROM posting ORDER BY "
	"kind, item, first) GROUP BY kind, item ORDER BY 1, 2",
	"SELECT * FROM shares ORDER BY 1",
	"SELECT * FROM shown ORDER BY 1",
	"SELECT * FROM spelling ORDER BY 1, 2, 3",
	"SELECT * FROM citing ORDER BY 1, 2",
	"SELECT * FROM ident ORDER BY 1",
	"SELECT slug, hex(writers) FROM source ORDER BY 1",
	"SELECT * FROM authored ORDER BY 1",
	"SELECT * FROM related ORDER BY 1",
	"SELECT person, hex(lists) FROM listed ORDER BY 1",
	"SELECT * FROM pin ORDER BY 1, 2",
	"SELECT * FROM apart ORDER BY 1, 2",
	"SELECT * FROM claim ORDER BY 1, 2, 3, 4, 5",
	"SELECT * FROM exact ORDER BY 1, 2, 3",
	"SELECT * FROM word ORDER BY 1",
	"SELECT * FROM temp.name_places ORDER BY 1, 2, 3, 4",
	"SELECT * FROM temp.full_places ORDER BY 1, 2, 3, 4",
	"SELECT * FROM temp.thing_places ORDER BY 1, 2, 3, 4",
};

static void
dump(const char *folder, const char *sql, struct buf *out)
{
	struct arena a = { 0 };
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;

	assert_int_equal(sqlite3_open_v2(arena_printf(&a, "%s/catalog.db", folder).p, &db,
				 SQLITE_OPEN_READWRITE, NULL),
		SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db,
			"CREATE VIRTUAL TABLE temp.name_places USING fts5vocab(main, name_text, "
			"instance);"
			"CREATE VIRTUAL TABLE temp.full_places USING fts5vocab(main, full_text, "
			"instance);"
			"CREATE VIRTUAL TABLE temp.thing_places USING fts5vocab(main, thing_text, "
			"instance);",
			NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			const char *text = (const char *)sqlite3_column_text(st, i);

			for (; text && *text; text++)
				buf_char(out, *text == '\n' ? '~' : *text);
			buf_char(out, '|');
		}
		buf_char(out, '\n');
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
	arena_end(&a);
}

/* ---- what readers get ---- */

static const char *const SEARCHED[] = { "ada", "Ada Lee", "bob ray", "gra", "k", "graphs logic",
	"\"graph theory\"", "mamba", "m.i.t.", "adda leo", "graps", "c++", "nobody has this",
	"何恺明", "恺", "a", "works on", "t1", "everywhere", "famous w7", "common", "nde leo 7",
	"p.a" };

struct reader {
	struct site site;
	struct buf *out;
};

/* One line: the address, and all that a Gemini client gets for it. */
static void
ask(struct reader *r, struct str path, struct str query)
{
	struct arena a = { 0 };
	const struct session session = { .local = STR("127.0.0.1"), .port = 1965 };
	struct request request = { .host = STR("localhost"),
		.port = 1965,
		.path = path,
		.has_query = query.n > 0,
		.query = query };
	struct reply reply = { .fd = -1 };

	proto_gemini.answer(&r->site, &a, &session, PARSE_DONE, &request, &reply);
	buf_printf(r->out, "%.*s?%.*s ", STR_ARG(path), STR_ARG(query));
	for (size_t i = 0; i < reply.out.n; i++)
		buf_char(r->out, reply.out.p[i] == '\n' ? '~' : reply.out.p[i]);
	buf_char(r->out, '\n');
	buf_end(&reply.out);
	arena_end(&a);
}

/* How many pages were read of things that begin with some letters. */
static size_t letters_read;

static bool
visit(void *context, struct str path, enum every_kind kind)
{
	letters_read += str_find_str(path, STR("/index--")) < path.n;
	if (kind == EVERY_PAGE || kind == EVERY_OLD)
		ask(context, path, STR(""));
	return true;
}

/* Whether a line of a plan reads a whole table that grows with the directory. */
static bool
is_whole_table(struct str plan)
{
	static const char *const GROW[] = { "person", "source", "topic", "organization", "shares",
		"shown", "related", "listed", "posting", "citing", "ident", "authored", "claim",
		"exact", "file", "word" };

	if (!str_starts(plan, STR("SCAN ")) || str_find_str(plan, STR("USING")) < plan.n)
		return false;
	for (size_t i = 0; i < COUNT(GROW); i++)
		if (str_eq(str_sub(plan, 5, plan.n), str_of(GROW[i])))
			return true;
	return false;
}

/* No page and no search asked for a whole table. */
static void
assert_searched(struct store *store)
{
	sqlite3_stmt *st = NULL;

	while ((st = sqlite3_next_stmt(store_db(store), st))) {
		struct arena a = { 0 };
		sqlite3_stmt *plan = NULL;

		if (sqlite3_stmt_isexplain(st) ||
			sqlite3_prepare_v2(store_db(store),
				arena_printf(&a, "EXPLAIN QUERY PLAN %s", sqlite3_sql(st)).p, -1,
				&plan, NULL) != SQLITE_OK)
			continue;
		while (sqlite3_step(plan) == SQLITE_ROW)
			if (is_whole_table(str_of((const char *)sqlite3_column_text(plan, 3))))
				fail_msg("%s reads a whole table", sqlite3_sql(st));
		sqlite3_finalize(plan);
		arena_end(&a);
	}
}

static void
read_all(struct store *store, const char *capsule, struct buf *out)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct entry host = { .name.text = STR("localhost") };
	struct reader r = { .site = { .store = store,
				    .capsule = capsule,
				    .hosts = { &host, 1, 1 },
				    .port = 1965 },
		.out = out };
	struct view v = { .store = r.site.store, .arena = &a, .capsule = capsule };

	search_us = INT64_MAX / 2; /* how far a search comes in its time is not what is compared */
	query_settings(r.site.store, &a, &v.settings);
	assert_true(every_path(&v, visit, &r, &e));
	for (size_t i = 0; i < COUNT(SEARCHED); i++)
		ask(&r, STR("/search.gmi"), str_of(SEARCHED[i]));
	ask(&r, STR("/search--2.gmi"), STR("common"));
	for (size_t i = 1; i < COUNT(NAMES); i++)
		ask(&r, STR("/connect.gmi"), arena_printf(&a, "%s, %s", NAMES[i - 1], NAMES[i]));
	assert_searched(r.site.store);
	arena_end(&a);
}

/* ---- comparing ---- */

static bool
equal(const char *what, struct buf *grown, struct buf *built)
{
	struct str x = buf_str(grown), y = buf_str(built), lx = { 0 }, ly = { 0 };
	bool equal = str_eq(x, y);

	if (!equal) {
		for (bool more = true; more && str_eq(lx, ly);) {
			bool left = str_cut(&x, '\n', &lx);

			more = str_cut(&y, '\n', &ly) || left;
		}
		print_error(
			"%s\n  updated: %.*s\n  rebuilt: %.*s\n", what, STR_ARG(lx), STR_ARG(ly));
	}
	buf_end(grown);
	buf_end(built);
	return equal;
}

static bool
same(const struct world *w, const char *sql)
{
	struct buf grown = { 0 }, built = { 0 };

	dump(w->incremental, sql, &grown);
	dump(w->full, sql, &built);
	return equal(sql, &grown, &built);
}

static bool
same_to_readers(const struct world *w)
{
	struct buf grown = { 0 }, built = { 0 };
	struct err e = { 0 };
	struct store *full = store_open(w->full, STORE_LIVE, &e);

	assert_non_null(full);
	read_all(w->reader, w->capsule, &grown);
	read_all(full, w->capsule, &built);
	store_close(full);
	return equal("pages and searches", &grown, &built);
}

/* The slugs of those that begin so, in the range. */
static void
read_slugs(struct store *s, struct arena *a, enum lettered of, struct str begin, struct range range,
	struct texts *slugs)
{
	struct cards cards = { 0 };
	struct things things = { 0 };

	if (of == LETTERED_PERSON)
		query_people(s, a, begin, range, &cards);
	else
		query_things(s, a, (enum shared_kind)of, begin, range, &things);
	for (size_t i = 0; i < cards.n; i++)
		*vec_add(a, slugs) = cards.v[i].slug;
	for (size_t i = 0; i < things.n; i++)
		*vec_add(a, slugs) = things.v[i].slug;
}

/* A run of those that begin so is the same from wherever on the list it begins; what next letters
 * they have are all of them, and none are others. */
static void
list_has_no_seam(struct store *s, enum lettered of, struct str begin, const struct texts *all)
{
	enum { RUN = 20 };
	struct arena a = { 0 };
	struct begins next = { 0 };
	struct texts below = { 0 };

	assert_int_equal(letters_count(s, of, begin), all->n);
	for (size_t from = 0; from <= all->n; from++) {
		struct texts run = { 0 };

		read_slugs(s, &a, of, begin, (struct range){ from, RUN }, &run);
		assert_int_equal(run.n, all->n - from < RUN ? all->n - from : RUN);
		for (size_t i = 0; i < run.n; i++)
			assert_true(str_eq(run.v[i], all->v[from + i]));
	}
	letters_next(s, &a, of, begin, &next);
	assert_true(next.n == 0 || all->n > letters_most);
	for (size_t i = 0; i < next.n; i++) {
		struct texts theirs = { 0 };

		read_slugs(s, &a, of, next.v[i].begin, (struct range){ 0, SIZE_MAX / 2 }, &theirs);
		for (size_t k = 0; k < theirs.n; k++)
			*vec_add(&a, &below) = theirs.v[k];
		list_has_no_seam(s, of, next.v[i].begin, &theirs);
	}
	assert_true(next.n == 0 || below.n == all->n);
	for (size_t i = 0; i < below.n; i++)
		assert_true(str_eq(below.v[i], all->v[i]));
	arena_end(&a);
}

static void
lists_have_no_seam(const struct world *w)
{
	static const char *const SQL[LETTERED_KINDS] = {
		[LETTERED_SOURCE] = "SELECT slug FROM source ORDER BY letters, slug",
		[LETTERED_TOPIC] = "SELECT slug FROM topic ORDER BY letters, slug",
		[LETTERED_ORGANIZATION] = "SELECT slug FROM organization ORDER BY letters, slug",
		[LETTERED_PERSON] = "SELECT slug FROM person ORDER BY letters, slug"
	};
	struct arena a = { 0 };
	struct err e = { 0 };
	struct store *s = store_open(w->incremental, STORE_LIVE, &e);

	assert_non_null(s);
	for (enum lettered of = 0; of < LETTERED_KINDS; of++) {
		struct texts all = { 0 };

		ask_texts(s, &a, &all, SQL[of], "");
		list_has_no_seam(s, of, STR(""), &all);
	}
	store_close(s);
	arena_end(&a);
}

static void
rebuild(const struct world *w, const char *into)
{
	struct last_good last_good = store_last_good(w->incremental);
	struct directory d = { 0 };
	struct err e = { 0 };

	if (!directory_load(&d, w->capsule, &last_good, NULL, &e) ||
		!build_catalog(into, &d, NULL, &e))
		fail_msg("%s", e.text);
	store_last_good_end(&last_good);
	directory_end(&d);
}

static void
update(struct updater *u)
{
	struct arena a = { 0 };
	struct update_told told;
	struct err e = { 0 };

	updater_rest(u);
	if (!updater_update(u, &a, NULL, &told, &e))
		fail_msg("%s", e.text);
	arena_end(&a);
}

static void
world_make(struct world *w)
{
	static const char *const FOLDERS_MADE[] = { "people/ab", "topics", "organizations",
		"sources", "pages", "topics/ab", "organizations/ab" };
	struct arena a = { 0 };
	struct err e = { 0 };

	snprintf(w->folder, sizeof w->folder, "/tmp/almagest-update-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->capsule, sizeof w->capsule, "%s/capsule", w->folder);
	snprintf(w->incremental, sizeof w->incremental, "%s/grown", w->folder);
	snprintf(w->full, sizeof w->full, "%s/built", w->folder);
	for (size_t i = 0; i < COUNT(FOLDERS_MADE); i++)
		assert_true(file_make_dirs(
			arena_printf(&a, "%s/%s", w->capsule, FOLDERS_MADE[i]).p, 0755, &e));
	arena_end(&a);
}

static void
world_end(struct world *w)
{
	struct arena a = { 0 };

	assert_int_equal(system(arena_printf(&a, "rm -rf %s", w->folder).p), 0);
	arena_end(&a);
}

static unsigned long
setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : otherwise;
}

/* Pages are a function of the rows, and cost more to compare. */
enum { READ_EVERY = 6 };

static void
follow(const struct world *w, struct updater *u, unsigned long seed, unsigned batch, bool read)
{
	bool equal = true;

	update(u);
	rebuild(w, w->full);
	for (size_t i = 0; i < COUNT(DUMPS); i++)
		equal = same(w, DUMPS[i]) && equal;
	if (read) {
		equal = same_to_readers(w) && equal;
		lists_have_no_seam(w);
	}
	if (!equal)
		fail_msg("seed %lu, batch %u: %s", seed, batch, w->folder);
}

static struct updater *
begin_with(struct world *w)
{
	struct err e = { 0 };
	struct updater *u = updater_open(w->incremental, w->capsule, NULL, &e);

	w->reader = store_open(w->incremental, STORE_LIVE, &e);
	assert_true(u && w->reader);
	return u;
}

static struct updater *
begin(struct world *w)
{
	rebuild(w, w->incremental);
	return begin_with(w);
}

static void
one_directory(unsigned long seed, unsigned batches)
{
	struct world w;

	letters_most = 3; /* among its few things, some letters are parted and joined */
	related_widest = WALKED_MOST;
	state = seed;
	world_make(&w);
	for (unsigned i = 0, n = any(40); i < n; i++)
		edit(&w);
	struct updater *u = begin(&w);

	for (unsigned batch = 0; batch < batches; batch++) {
		for (unsigned i = 0, n = 1 + any(4); i < n; i++)
			edit(&w);
		follow(&w, u, seed, batch, batch % READ_EVERY == 0);
	}
	store_close(w.reader);
	updater_close(u);
	world_end(&w);
}

static void
one_circle(unsigned long seed, unsigned batches)
{
	struct world w;
	struct circle c;

	letters_most = 40;
	related_widest = CIRCLE_WALKED;
	state = seed;
	world_make(&w);
	make_circle(&w, &c);
	struct updater *u = begin(&w);

	for (unsigned batch = 0; batch < batches; batch++) {
		for (unsigned n = 1 + any(4); n > 0; n--)
			edit_circle(&w, &c);
		follow(&w, u, seed, batch, batch + 1 == batches);
	}
	store_close(w.reader);
	updater_close(u);
	world_end(&w);
}

/* How many have the thing that everybody has, as the catalog counts them. */
static unsigned
common_to(const struct world *w)
{
	struct buf n = { 0 };

	dump(w->incremental, "SELECT people FROM topic WHERE slug = 'common'", &n);
	unsigned people = (unsigned)strtoul(n.p, NULL, 10);

	buf_end(&n);
	return people;
}

/* How often it came to be walked, or no longer. */
static unsigned
one_crowd(unsigned long seed, unsigned batches)
{
	struct world w;
	unsigned crossed = 0;

	letters_most = 40;
	related_widest = WALKED_MOST;
	state = seed;
	world_make(&w);
	for (unsigned i = 0; i < CROWD; i++)
		edit_one_of_crowd(&w, i);
	struct updater *u = begin(&w);

	for (unsigned batch = 0; batch < batches; batch++) {
		bool walked = common_to(&w) <= WALKED_MOST;

		edit_crowd(&w);
		follow(&w, u, seed, batch, batch + 1 == batches);
		crossed += walked != (common_to(&w) <= WALKED_MOST);
	}
	store_close(w.reader);
	updater_close(u);
	world_end(&w);
	return crossed;
}

static void
an_updated_catalog_equals_a_full_rebuild(void **unused)
{
	unsigned long seed = setting("ALMAGEST_SEED", 1),
		      directories = setting("ALMAGEST_DIRECTORIES", 12);

	(void)unused;
	for (unsigned long i = 0; i < directories; i++)
		one_directory(seed + i, 25);
	assert_true(letters_read > 0);
}

static void
so_it_does_where_much_is_shared_by_many(void **unused)
{
	unsigned long seed = setting("ALMAGEST_SEED", 1),
		      crowds = (setting("ALMAGEST_DIRECTORIES", 12) + 11) / 12;
	unsigned crossed = 0;

	(void)unused;
	for (unsigned long i = 0; i < crowds; i++)
		crossed += one_crowd(seed + i, 12);
	assert_true(seed != 1 || crossed > 0); /* chance may have it that others do not */
}

static void
so_it_does_where_few_share_much(void **unused)
{
	unsigned long seed = setting("ALMAGEST_SEED", 1),
		      circles = (setting("ALMAGEST_DIRECTORIES", 12) + 1) / 2;

	(void)unused;
	for (unsigned long i = 0; i < circles; i++)
		one_circle(seed + i, 25);
}

/* As where slugs wish for one place: no two short ones are known that do. */
static void
sources_that_stand_one_place_on_are_found(void **unused)
{
	struct world w;
	struct buf none = { 0 };

	(void)unused;
	state = 7;
	world_make(&w);
	for (unsigned i = 0; i < 40; i++)
		edit(&w);
	rebuild(&w, w.incremental);
	dump(w.incremental, "UPDATE source SET place = place + 1", &none);
	struct updater *u = begin_with(&w);

	for (unsigned batch = 0; batch < 12; batch++) {
		edit(&w);
		update(u);
		rebuild(&w, w.full);
		assert_true(same_to_readers(&w));
	}
	store_close(w.reader);
	updater_close(u);
	world_end(&w);
}

/* 1022: two of a person's citations became one work, by a record elsewhere */
static const unsigned long ONCE_WRONG[] = { 1022 };

static void
edits_that_were_followed_wrongly_once_are_followed(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(ONCE_WRONG); i++)
		one_directory(ONCE_WRONG[i], 25);
}

/* ---- what came to light by itself ---- */

static void
write_person(const struct world *w, const char *slug, const char *rest)
{
	struct arena a = { 0 };
	struct buf out = { 0 };

	buf_printf(&out, "name: %s\ntagline: t\n%s", slug, rest);
	write_text(w, arena_printf(&a, "people/%s.yaml", slug).p, &out);
	arena_end(&a);
}

static void
write_people(const struct world *w, const char *const *slugs, size_t n, const char *rest)
{
	for (size_t i = 0; i < n; i++)
		write_person(w, slugs[i], rest);
}

/* One edit, begun and followed. */
static void
follow_edit(struct world *w, void edit_it(const struct world *))
{
	struct updater *u = begin(w);

	edit_it(w);
	follow(w, u, 0, 0, true);
	store_close(w->reader);
	updater_close(u);
	world_end(w);
}

static void
leave_what_everybody_has(const struct world *w)
{
	write_person(w, "ada", "topics: [rare]\n");
}

/* A topic that too many have to be walked is named among what two share. */
static void
what_is_shared_with_everybody_is_shown_no_longer(void **unused)
{
	struct world w;

	(void)unused;
	related_widest = WALKED_MOST;
	world_make(&w);
	for (unsigned i = 0; i <= WALKED_MOST; i++) {
		struct arena a = { 0 };

		write_person(&w, arena_printf(&a, "p%u", i).p, "topics: [common]\n");
		arena_end(&a);
	}
	write_person(&w, "ada", "topics: [common, rare]\n");
	write_person(&w, "bob", "topics: [common, rare]\n");
	follow_edit(&w, leave_what_everybody_has);
}

static const char W[] = "start_here: [w]\n", V[] = "start_here: [v]\n",
		  BOTH[] = "start_here: [w, v]\n";

static void
take_w_for_v(const struct world *w)
{
	static const char *const COME[] = { "s1", "s2" }, *const GO[] = { "u1", "u2" };

	write_people(w, COME, COUNT(COME), W);
	write_people(w, GO, COUNT(GO), "");
}

/* w has six people and then eight, v seven and then five: which of the two says where authors
 * stand is another, though each passed by where the other is not now. */
static void
works_that_pass_each_other_from_both_sides_change_places(void **unused)
{
	static const char *const SHARE[] = { "bob", "cyd" },
				 *const HAVE_W[] = { "dan", "eve", "fay" },
				 *const HAVE_V[] = { "gil", "hal", "u1", "u2" },
				 *const NONE[] = { "s1", "s2" };
	struct world w;
	struct buf first = { 0 }, second = { 0 };

	(void)unused;
	world_make(&w);
	buf_printf(&first, "title: W\nauthors: [cyd, bob]\n");
	write_text(&w, "sources/w.yaml", &first);
	buf_printf(&second, "title: V\nauthors: [bob, cyd]\n");
	write_text(&w, "sources/v.yaml", &second);
	write_person(&w, "ada", "topics: [a, b, c, d]\nstart_here: [w, v]\n");
	write_person(&w, "kim", "topics: [a, b]\n");
	write_person(&w, "leo", "topics: [c, d]\n");
	write_people(&w, SHARE, COUNT(SHARE), BOTH);
	write_people(&w, HAVE_W, COUNT(HAVE_W), W);
	write_people(&w, HAVE_V, COUNT(HAVE_V), V);
	write_people(&w, NONE, COUNT(NONE), "");
	follow_edit(&w, take_w_for_v);
}

static void
begin_with_what_everybody_has(const struct world *w)
{
	write_person(w, "zoe", "topics: [rare]\nstart_here: [w]\n");
}

/* A source that no walk goes over adds no score, but of two with the same score who shares it comes
 * first: onto a list that had no place for them. */
static void
a_source_that_everybody_has_decides_between_equals(void **unused)
{
	static const char *const EQUALS[] = { "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8",
		"zoe" },
				 *const HAVE_W[] = { "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8",
					 "w9", "w10", "w11", "w12" };
	struct world w;
	struct buf source = { 0 };

	(void)unused;
	related_widest = COUNT(EQUALS) + 1;
	world_make(&w);
	buf_printf(&source, "title: W\n");
	write_text(&w, "sources/w.yaml", &source);
	write_people(&w, EQUALS, COUNT(EQUALS), "topics: [rare]\n");
	write_people(&w, HAVE_W, COUNT(HAVE_W), W);
	write_person(&w, "bob", "topics: [rare]\nstart_here: [w]\n");
	follow_edit(&w, begin_with_what_everybody_has);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(
						    an_updated_catalog_equals_a_full_rebuild),
		cmocka_unit_test(so_it_does_where_much_is_shared_by_many),
		cmocka_unit_test(so_it_does_where_few_share_much),
		cmocka_unit_test(sources_that_stand_one_place_on_are_found),
		cmocka_unit_test(edits_that_were_followed_wrongly_once_are_followed),
		cmocka_unit_test(what_is_shared_with_everybody_is_shown_no_longer),
		cmocka_unit_test(works_that_pass_each_other_from_both_sides_change_places),
		cmocka_unit_test(a_source_that_everybody_has_decides_between_equals) };

	return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
