/* build: rows in the order of their keys, indexes when all stand there. The file is written without
 * a journal beside the old one, synced, and renamed over it. */
#include "catalog/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/uri.h"
#include "catalog/rows.h"
#include "catalog/vocabulary.h"

/* SQLite's own size, and one for a build */
enum { WORDS_OF_UPDATE = 1 << 20, WORDS_OF_BUILD = 64 << 20 };

struct build {
	struct rows rows;
	const struct directory *d;
	struct arena arena;
	int64_t *ids;            /* of people, beside d->people */
	struct numbered *people; /* the published, by id */
	size_t n;
	load_progress *progress;
};

/* ---- ids ---- */

/* Anything with an id, to be put in its order. */
struct numbered {
	int64_t id;
	uint32_t at; /* among its kind */
	enum shared_kind kind;
};

static int
by_id(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	return x->id != y->id ? (x->id > y->id) - (x->id < y->id)
			      : (x->at > y->at) - (x->at < y->at);
}

/* In order of id, each its own: the rare second holder of an id takes the next. */
static void
number(struct numbered *v, size_t n)
{
	if (n)
		qsort(v, n, sizeof *v, by_id);
	for (size_t i = 1; i < n; i++)
		if (v[i].id <= v[i - 1].id)
			v[i].id = v[i - 1].id + 1;
}

static void
give_ids(struct build *b)
{
	const struct members *people = &b->d->people;

	b->ids = arena_array(&b->arena, int64_t, people->n + 1);
	b->people = arena_array(&b->arena, struct numbered, people->n + 1);
	for (size_t p = 0; p < people->n; p++)
		if (people->v[p].standing == STANDING_PUBLISHED)
			b->people[b->n++] =
				(struct numbered){ .id = people->v[p].id, .at = (uint32_t)p };
	number(b->people, b->n);
	for (size_t i = 0; i < b->n; i++)
		b->ids[b->people[i].at] = b->people[i].id;
}

/* ---- people ---- */

static struct str
shared_slug(const struct directory *d, enum shared_kind kind, uint32_t id)
{
	return kind == SHARED_SOURCE   ? d->works.v[id].slug
		: kind == SHARED_TOPIC ? d->topics.v[id].slug
				       : d->organizations.v[id].slug;
}

static void
write_words(struct build *b, const struct member *m, int64_t id)
{
	struct arena *a = &b->rows.scratch;
	struct person_words words = { .person = m->record };

	for (size_t i = 0; i < m->topics.n; i++)
		*vec_add(a, &words.topics) = b->d->topics.v[m->topics.v[i]].name;
	for (size_t i = 0; i < m->organizations.n; i++) {
		const struct item *item = &b->d->organizations.v[m->organizations.v[i]];

		*vec_add(a, &words.organizations) = item->name;
		for (size_t k = 0; item->record && k < item->record->aliases.n; k++)
			*vec_add(a, &words.organizations) = item->record->aliases.v[k].name.text;
	}
	for (size_t i = 0; i < m->works.n; i++)
		*vec_add(a, &words.works) = b->d->works.v[m->works.v[i]].facts.title.text;
	struct vocabulary_words texts = rows_texts(a, &words);

	rows_words(&b->rows, id, &texts);
}

static void
write_related(struct build *b, const struct member *m, int64_t id)
{
	for (size_t i = 0; i < m->related_n; i++) {
		const struct relation *relation = &m->related[i];
		struct str shared[SHARED_SHOWN];

		for (size_t k = 0; k < relation->shown; k++)
			shared[k] = shared_slug(
				b->d, reason_shares(relation->reason), relation->shared[k]);
		rows_relation(&b->rows, id, i, b->ids[relation->other], relation,
			pack_slugs(&b->rows.scratch, shared, relation->shown));
	}
}

static void
write_person(struct build *b, const struct member *m, int64_t id)
{
	rows_person(&b->rows, id, m->record);
	rows_person_sayings(&b->rows, id, m->record);
	for (enum shared_kind kind = 0; kind < SHARED_KINDS; kind++) {
		const struct ids *ids = member_shares(m, kind);

		for (size_t i = 0; i < ids->n; i++)
			rows_share(&b->rows, id, kind, i, shared_slug(b->d, kind, ids->v[i]));
	}
	write_related(b, m, id);
	write_words(b, m, id);
	arena_clear(&b->rows.scratch);
}

enum { TOLD_EVERY = 4096 };

static void
write_people(struct build *b)
{
	for (size_t i = 0; b->rows.good && i < b->n; i++) {
		write_person(b, &b->d->people.v[b->people[i].at], b->people[i].id);
		if (b->progress && i % TOLD_EVERY == 0)
			b->progress(i, b->n);
	}
}

/* ---- tallies ---- */

static int
by_text(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* One row for each run of names that begin alike. */
static void
tally_letters(struct build *b, const struct str *sorted, size_t length)
{
	for (size_t i = 0, n; i < b->n; i += n) {
		struct str prefix = str_sub(sorted[i], 0, length);

		n = 1;
		while (i + n < b->n && str_eq(str_sub(sorted[i + n], 0, length), prefix))
			n++;
		if (prefix.n == length)
			rows_tally(&b->rows, (int)length, prefix, (int64_t)n);
	}
}

static void
write_tallies(struct build *b)
{
	struct str *letters = arena_array(&b->arena, struct str, b->n + 1), unused;
	size_t classes[256] = { 0 };

	for (size_t i = 0; i < b->n; i++) {
		const struct person *person = b->d->people.v[b->people[i].at].record;

		letters[i] = arena_str(&b->arena,
			str_sub(rows_letters(&b->rows.scratch, person, &unused), 0, TALLY_LETTERS));
		classes[store_class(b->people[i].id)]++;
		arena_clear(&b->rows.scratch);
	}
	qsort(letters, b->n, sizeof *letters, by_text);
	for (size_t length = 0; length <= TALLY_LETTERS; length++)
		tally_letters(b, letters, length);
	for (size_t i = 0; i < COUNT(classes); i++)
		if (classes[i])
			rows_tally(&b->rows, TALLY_CLASS, arena_printf(&b->arena, "%03zu", i),
				(int64_t)classes[i]);
	rows_tally(&b->rows, TALLY_THINGS + SHARED_SOURCE, STR(""), (int64_t)b->d->works.n);
	rows_tally(&b->rows, TALLY_THINGS + SHARED_TOPIC, STR(""), (int64_t)b->d->topics.n);
	rows_tally(&b->rows, TALLY_THINGS + SHARED_ORGANIZATION, STR(""),
		(int64_t)b->d->organizations.n);
}

/* ---- things ---- */

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
write_postings(struct build *b, enum shared_kind kind, struct str item, const struct ids *people)
{
	int64_t *ids = arena_array(&b->rows.scratch, int64_t, people->n + 1);

	for (size_t i = 0; i < people->n; i++)
		ids[i] = b->ids[people->v[i]];
	qsort(ids, people->n, sizeof *ids, by_number);
	for (size_t i = 0; i < people->n; i++)
		rows_posting(&b->rows, kind, item, ids[i]);
}

static void
write_item(struct build *b, int64_t id, enum shared_kind kind, const struct item *item)
{
	struct subject subject = item->record ? *item->record : (struct subject){ 0 };

	subject.name.text = item->name;
	rows_item(&b->rows, id, kind, item->slug, item->people.n, &subject);
}

/* The things themselves in order of id, so that the index of their words grows at its end. */
static void
write_things(struct build *b)
{
	const struct directory *d = b->d;
	size_t n = d->works.n + d->topics.n + d->organizations.n, at = 0;
	struct numbered *things = arena_array(&b->arena, struct numbered, n + 1);

	for (size_t i = 0; i < d->works.n; i++)
		things[at++] = (struct numbered){ thing_id(SHARED_SOURCE, d->works.v[i].slug,
							  d->works.v[i].people.n),
			(uint32_t)i, SHARED_SOURCE };
	for (size_t i = 0; i < d->topics.n; i++)
		things[at++] = (struct numbered){ thing_id(SHARED_TOPIC, d->topics.v[i].slug,
							  d->topics.v[i].people.n),
			(uint32_t)i, SHARED_TOPIC };
	for (size_t i = 0; i < d->organizations.n; i++)
		things[at++] =
			(struct numbered){ thing_id(SHARED_ORGANIZATION, d->organizations.v[i].slug,
						   d->organizations.v[i].people.n),
				(uint32_t)i, SHARED_ORGANIZATION };
	number(things, n);
	for (size_t i = 0; b->rows.good && i < n; i++) {
		uint32_t k = things[i].at;

		if (things[i].kind == SHARED_SOURCE)
			rows_work(&b->rows, things[i].id, &d->works.v[k], d->works.v[k].people.n);
		else
			write_item(b, things[i].id, things[i].kind,
				things[i].kind == SHARED_TOPIC ? &d->topics.v[k]
							       : &d->organizations.v[k]);
		arena_clear(&b->rows.scratch);
	}
}

static void
write_item_lists(struct build *b, enum shared_kind kind, const struct items *items)
{
	for (size_t i = 0; b->rows.good && i < items->n; i++) {
		const struct item *item = &items->v[i];

		write_postings(b, kind, item->slug, &item->people);
		for (const struct spelling *s = item->spellings; s; s = s->next)
			rows_spelling(&b->rows, kind, item->slug, s->label, (int64_t)s->n);
		arena_clear(&b->rows.scratch);
	}
}

/* In the order of their tables' keys. */
static void
write_lists(struct build *b)
{
	for (size_t i = 0; b->rows.good && i < b->d->works.n; i++) {
		const struct work *work = &b->d->works.v[i];

		write_postings(b, SHARED_SOURCE, work->slug, &work->people);
		for (size_t k = 0; k < work->authors.n; k++)
			rows_author(&b->rows, work->slug, work->positions.v[k],
				b->ids[work->authors.v[k]]);
		arena_clear(&b->rows.scratch);
	}
	write_item_lists(b, SHARED_TOPIC, &b->d->topics);
	write_item_lists(b, SHARED_ORGANIZATION, &b->d->organizations);
}

/* Who says which identifier. */
static void
write_citing(struct build *b)
{
	for (size_t i = 0; i < b->d->sayings.n; i++)
		rows_citing(&b->rows, b->d->sayings.v[i].key, b->d->sayings.v[i].who);
}

/* ---- the rest ---- */

static void
write_files(struct build *b)
{
	for (size_t i = 0; b->rows.good && i < b->d->texts.n; i++)
		rows_file(&b->rows, &b->d->texts.v[i]);
	for (size_t i = 0; i < b->d->problems.n; i++)
		if (b->d->problems.v[i].within)
			rows_problem(&b->rows, &b->d->problems.v[i]);
}

/* What people and works claim is written with them. */
static void
write_claims(struct build *b)
{
	for (size_t i = 0; i < b->d->claims.n; i++)
		rows_claim(&b->rows, &b->d->claims.v[i]);
}

/* How many bytes of words are gathered before they go to the file, in each index of words: more is
 * less merging. */
static void
gather_words(struct build *b, int64_t bytes)
{
	static const char *const INDEXES[] = {
		"INSERT INTO name_text(name_text, rank) VALUES('hashsize', ?)",
		"INSERT INTO full_text(full_text, rank) VALUES('hashsize', ?)",
		"INSERT INTO thing_text(thing_text, rank) VALUES('hashsize', ?)"
	};

	for (size_t i = 0; i < COUNT(INDEXES); i++)
		rows_run(&b->rows, INDEXES[i], "i", bytes);
}

/* What was gathered becomes one: searches read one, and updates do not come to merge it. */
static void
merge_words(struct build *b)
{
	rows_run(&b->rows, "INSERT INTO name_text(name_text) VALUES('optimize')", "");
	rows_run(&b->rows, "INSERT INTO full_text(full_text) VALUES('optimize')", "");
	rows_run(&b->rows, "INSERT INTO thing_text(thing_text) VALUES('optimize')", "");
}

static bool
write_all(struct build *b)
{
	struct rows *rows = &b->rows;
	sqlite3 *db = store_db(rows->store);

	give_ids(b);
	rows_run(rows, "BEGIN", "");
	rows->good = rows->good && store_make(db, STORE_TABLES, rows->e);
	gather_words(b, WORDS_OF_BUILD);
	rows_settings(rows, &b->d->settings);
	write_people(b);
	write_things(b);
	write_lists(b);
	write_citing(b);
	write_claims(b);
	write_files(b);
	write_tallies(b);
	merge_words(b);
	gather_words(b, WORDS_OF_UPDATE);
	rows->good = rows->good && vocabulary_fill(db, rows->e);
	rows->good = rows->good && store_make(db, STORE_INDEXES, rows->e);
	rows_run(rows, "COMMIT", "");
	arena_end(&rows->scratch);
	arena_end(&b->arena);
	return rows->good;
}

/* ---- files ---- */

static bool
sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

/* What SQLite holds at once while that many files are written. */
static void
expect_much(size_t files)
{
	enum { BYTES_A_FILE = 12 << 10, FEW = 1000, BYTES_MOST = 256 << 20 };

	if (files > FEW)
		arena_expect(files < BYTES_MOST / BYTES_A_FILE ? files * BYTES_A_FILE : BYTES_MOST);
}

bool
build_catalog(const char *folder, const struct directory *d, load_progress *progress, struct err *e)
{
	struct arena a = { 0 };
	struct str path = arena_printf(&a, "%s/" STORE_FILE, folder);
	struct str beside = arena_printf(&a, "%s/" STORE_FILE ".new", folder);
	struct build b = { .rows = { .e = e, .good = true }, .d = d, .progress = progress };
	struct store *store = NULL;
	bool good = false;

	if (!file_make_dirs(folder, 0755, e))
		goto out;
	unlink(beside.p);
	store = store_open_new(beside.p, e);
	if (!store)
		goto out;
	b.rows.store = store;
	expect_much(d->texts.n);
	if (!write_all(&b))
		goto out;
	if (sqlite3_exec(store_db(store), "PRAGMA journal_mode=WAL", NULL, NULL, NULL) !=
		SQLITE_OK) {
		err_set(e, "%s: %s", beside.p, sqlite3_errmsg(store_db(store)));
		goto out;
	}
	store_close(store);
	store = NULL;
	/* the log of the file that goes must not be taken for the new one's: store_settle() has
	 * emptied it, or there was none that could be used */
	good = sync_path(beside.p, O_RDWR) && store_settle(folder) &&
		rename(beside.p, path.p) == 0 && sync_path(folder, O_RDONLY);
	if (!good)
		err_set(e, "%s: cannot be written: %s", path.p, strerror(errno));
out:
	store_close(store);
	if (!good)
		unlink(beside.p);
	arena_end(&a);
	return good;
}

struct store *
build_in_memory(const struct directory *d, struct err *e)
{
	struct store *store = store_open_new(":memory:", e);
	struct build b = { .rows = { .store = store, .e = e, .good = true }, .d = d };

	if (store && !write_all(&b)) {
		store_close(store);
		store = NULL;
	}
	return store;
}
