/* store: the tables of the catalog and how a directory is written into them. The columns of people,
 * topics, organizations and sources are the fields of schema.h, packed (record.h). */
#include "catalog/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/uri.h"
#include "catalog/record.h"

/* {KIND} stands for the columns of a kind. A person's or thing's id orders it by prominence. */
static const char SCHEMA[] =
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
	"CREATE TABLE file(path TEXT PRIMARY KEY, size INT, mtime INT, sum TEXT, good INT, bytes "
	"BLOB);"
	"CREATE TABLE problem(path TEXT, line INT, column INT, severity INT, field TEXT, text "
	"TEXT);"
	"CREATE TABLE person(id INTEGER PRIMARY KEY, slug TEXT UNIQUE, sort TEXT, letters TEXT, "
	"day TEXT, path TEXT{P});"
	"CREATE INDEX person_letters ON person(letters, sort, slug);"
	"CREATE INDEX person_day ON person(day DESC, slug) WHERE day <> '';"
	"CREATE TABLE source(rank INTEGER PRIMARY KEY, slug TEXT UNIQUE, sort TEXT, people INT, "
	"key TEXT{S});"
	"CREATE TABLE topic(rank INTEGER PRIMARY KEY, slug TEXT UNIQUE, sort TEXT, people INT{T});"
	"CREATE TABLE organization(rank INTEGER PRIMARY KEY, slug TEXT UNIQUE, sort TEXT, people "
	"INT{O});"
	"CREATE INDEX source_people ON source(people DESC, sort, slug);"
	"CREATE INDEX topic_people ON topic(people DESC, sort, slug);"
	"CREATE INDEX organization_people ON organization(people DESC, sort, slug);"
	"CREATE INDEX source_sort ON source(sort, slug);"
	"CREATE INDEX topic_sort ON topic(sort, slug);"
	"CREATE INDEX topic_broader ON topic(broader, sort) WHERE broader <> '';"
	"CREATE INDEX organization_sort ON organization(sort, slug);"
	"CREATE TABLE posting(kind INT, item TEXT, person INT, PRIMARY KEY(kind, item, person)) "
	"WITHOUT ROWID;"
	"CREATE TABLE shares(person INT, kind INT, place INT, item TEXT, PRIMARY KEY(person, kind, "
	"place)) WITHOUT ROWID;"
	"CREATE TABLE author(source TEXT, position INT, person INT, PRIMARY KEY(source, position)) "
	"WITHOUT ROWID;"
	"CREATE INDEX author_person ON author(person, source);"
	"CREATE TABLE related(person INT, place INT, other INT, reason INT, count INT, shared "
	"TEXT, why TEXT,"
	" PRIMARY KEY(person, place)) WITHOUT ROWID;"
	"CREATE TABLE old(folder TEXT, slug TEXT, target TEXT, gone TEXT, PRIMARY KEY(folder, "
	"slug)) WITHOUT ROWID;"
	"CREATE TABLE page(slug TEXT PRIMARY KEY, bytes TEXT);"
	"CREATE TABLE exact(folded TEXT, person INT, PRIMARY KEY(folded, person)) WITHOUT ROWID;"
	"CREATE VIRTUAL TABLE name_text USING fts5(text, content='', columnsize=0, prefix='1 2 3');"
	"CREATE VIRTUAL TABLE full_text USING fts5(text, content='', columnsize=0, prefix='2 3');"
	"CREATE TABLE thing(id INTEGER PRIMARY KEY, kind INT, slug TEXT);"
	"CREATE VIRTUAL TABLE thing_text USING fts5(text, content='', columnsize=0, prefix='2 3');";

static const struct {
	char mark;
	const struct kind *kind;
} COLUMNS[] = { { 'P', &KIND_PERSON }, { 'S', &KIND_SOURCE }, { 'T', &KIND_TOPIC },
	{ 'O', &KIND_ORGANIZATION } };

static void
put_schema(struct buf *out)
{
	for (const char *at = SCHEMA; *at; at++) {
		if (*at != '{') {
			buf_char(out, *at);
			continue;
		}
		for (size_t i = 0; i < COUNT(COLUMNS); i++)
			for (size_t f = 0; COLUMNS[i].mark == at[1] && f < COLUMNS[i].kind->n; f++)
				buf_printf(out, ", %s TEXT", COLUMNS[i].kind->fields[f].key);
		at += 2;
	}
	buf_char(out, '\0');
}

/* ---- writing ---- */

struct writer {
	sqlite3 *db;
	const struct directory *d;
	struct arena scratch;
	int64_t *ids; /* of people, beside d->people */
	struct err *e;
	bool good;
};

static bool
failed(struct writer *w, const char *what)
{
	w->good = false;
	return err_set(w->e, "the catalog cannot be written (%s): %s", what, sqlite3_errmsg(w->db));
}

static bool
run(struct writer *w, const char *sql)
{
	return sqlite3_exec(w->db, sql, NULL, NULL, NULL) == SQLITE_OK || failed(w, "statement");
}

static sqlite3_stmt *
prepare(struct writer *w, const char *sql)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(w->db, sql, -1, &st, NULL) != SQLITE_OK)
		failed(w, sql);
	return st;
}

static void
bind_text(sqlite3_stmt *st, int at, struct str s)
{
	sqlite3_bind_text64(st, at, s.n ? s.p : "", s.n, SQLITE_STATIC, SQLITE_UTF8);
}

/* Runs a prepared insertion; a statement that could not be prepared has been told of. */
static void
insert(struct writer *w, sqlite3_stmt *st)
{
	if (!st || !w->good)
		return;
	if (sqlite3_step(st) != SQLITE_DONE)
		failed(w, "insertion");
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

/* INSERT INTO table VALUES(?, ...): `first` places, then one for each field of the kind. */
static sqlite3_stmt *
insertion(struct writer *w, const char *table, int first, const struct kind *kind)
{
	struct buf sql = { 0 };

	buf_printf(&sql, "INSERT INTO %s VALUES(?", table);
	for (size_t i = 1; i < (size_t)first + (kind ? kind->n : 0); i++)
		buf_put(&sql, STR(",?"));
	buf_put(&sql, STR(")"));
	buf_char(&sql, '\0');
	sqlite3_stmt *st = prepare(w, sql.p);

	buf_end(&sql);
	return st;
}

static void
bind_fields(
	struct writer *w, sqlite3_stmt *st, int first, const struct kind *kind, const void *record)
{
	for (size_t i = 0; i < kind->n; i++)
		bind_text(st, first + (int)i, record_pack(&w->scratch, &kind->fields[i], record));
}

int64_t
store_person_id(const struct person *person)
{
	enum { CLASSES = 64, CLASS_BITS = 56 };
	size_t points = 3 * (person->start_here.n < 12 ? person->start_here.n : 12) +
		(person->known_for.n < 8 ? person->known_for.n : 8) +
		(person->summary.text.n ? 4 : 0) + (person->reviewed.text.n ? 6 : 0);
	uint64_t class = CLASSES - 1 - (points < CLASSES ? points : CLASSES - 1);

	return (int64_t)(class << CLASS_BITS | hash_bits(person->slug) >> (64 - CLASS_BITS));
}

/* Likewise for what people share: by the order of magnitude of how many do. */
static int64_t
thing_id(enum shared_kind kind, struct str slug, size_t people)
{
	enum { CLASS_BITS = 50 };
	uint64_t class = 31;

	while (people >>= 1)
		class --;
	return (int64_t)((class * SHARED_KINDS + kind) << CLASS_BITS |
		hash_bits(slug) >> (64 - CLASS_BITS));
}

/* The ASCII letters and digits of a folded name, by which A to Z is split. */
static struct str
letters_of(struct arena *a, struct str folded)
{
	char *p = arena_alloc(a, folded.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < folded.n; i++)
		if ((folded.p[i] >= 'a' && folded.p[i] <= 'z') ||
			(folded.p[i] >= '0' && folded.p[i] <= '9'))
			p[n++] = folded.p[i];
	return n && p[0] >= 'a' ? (struct str){ p, n } : STR("");
}

static struct str
default_sort_name(struct arena *a, struct str name)
{
	size_t blank = str_find_last(name, ' ');

	if (blank == name.n)
		return name;
	return arena_printf(
		a, "%.*s, %.*s", STR_ARG(str_sub(name, blank + 1, name.n)), (int)blank, name.p);
}

static void
write_person(struct writer *w, sqlite3_stmt *st, const struct member *m, int64_t id)
{
	struct person person = *m->record;
	struct str sort;

	if (person.sort_name.text.n == 0)
		person.sort_name.text = default_sort_name(&w->scratch, person.name.text);
	sort = text_fold(&w->scratch, person.sort_name.text);
	sqlite3_bind_int64(st, 1, id);
	bind_text(st, 2, person.slug);
	bind_text(st, 3, sort);
	bind_text(st, 4, letters_of(&w->scratch, sort));
	bind_text(st, 5, person.updated.text.n ? person.updated.text : person.reviewed.text);
	bind_text(st, 6, person.path);
	bind_fields(w, st, 7, &KIND_PERSON, &person);
	insert(w, st);
}

static struct str
shared_slug(const struct directory *d, enum shared_kind kind, uint32_t id)
{
	return kind == SHARED_SOURCE   ? d->works.v[id].slug
		: kind == SHARED_TOPIC ? d->topics.v[id].slug
				       : d->organizations.v[id].slug;
}

/* What a person has of one kind, in the record's order. */
static void
write_shares(struct writer *w, sqlite3_stmt *st, const struct member *m, enum shared_kind kind,
	int64_t person)
{
	const struct ids *ids = member_shares(m, kind);

	for (size_t i = 0; i < ids->n; i++) {
		sqlite3_bind_int64(st, 1, person);
		sqlite3_bind_int(st, 2, (int)kind);
		sqlite3_bind_int64(st, 3, (int64_t)i);
		bind_text(st, 4, shared_slug(w->d, kind, ids->v[i]));
		insert(w, st);
	}
}

static void
write_people(struct writer *w)
{
	sqlite3_stmt *person = insertion(w, "person", 6, &KIND_PERSON);
	sqlite3_stmt *shares = insertion(w, "shares", 4, NULL);

	for (size_t p = 0; person && shares && p < w->d->people.n; p++) {
		const struct member *m = &w->d->people.v[p];

		if (m->standing != STANDING_PUBLISHED)
			continue;
		write_person(w, person, m, w->ids[p]);
		for (enum shared_kind kind = 0; kind < SHARED_KINDS; kind++)
			write_shares(w, shares, m, kind, w->ids[p]);
		arena_end(&w->scratch);
	}
	sqlite3_finalize(person);
	sqlite3_finalize(shares);
}

static void
write_postings(struct writer *w, sqlite3_stmt *st, enum shared_kind kind, struct str item,
	const struct ids *people)
{
	for (size_t i = 0; i < people->n; i++) {
		sqlite3_bind_int(st, 1, (int)kind);
		bind_text(st, 2, item);
		sqlite3_bind_int64(st, 3, w->ids[people->v[i]]);
		insert(w, st);
	}
}

static void
write_search(struct writer *w, sqlite3_stmt *st, int64_t id, struct str text)
{
	sqlite3_bind_int64(st, 1, id);
	bind_text(st, 2, text);
	insert(w, st);
}

static void
put_folded(struct arena *a, struct buf *out, struct str text)
{
	struct str folded = text_fold(a, text);

	if (folded.n == 0)
		return;
	if (out->n)
		buf_char(out, ' ');
	buf_put(out, folded);
}

/* A thing: its row, its posting list, its words. */
struct thing_writer {
	sqlite3_stmt *posting, *thing, *text;
};

static void
write_thing(struct writer *w, const struct thing_writer *t, enum shared_kind kind, struct str slug,
	const struct ids *people, struct str name, const struct entries *aliases)
{
	int64_t id = thing_id(kind, slug, people->n);
	struct buf words = { 0 };

	write_postings(w, t->posting, kind, slug, people);
	sqlite3_bind_int64(t->thing, 1, id);
	sqlite3_bind_int(t->thing, 2, (int)kind);
	bind_text(t->thing, 3, slug);
	insert(w, t->thing);
	put_folded(&w->scratch, &words, name);
	for (size_t i = 0; aliases && i < aliases->n; i++)
		put_folded(&w->scratch, &words, aliases->v[i].name.text);
	write_search(w, t->text, id, buf_str(&words));
	buf_end(&words);
}

static void
write_items(struct writer *w, const struct thing_writer *t, const char *table,
	const struct kind *fields, enum shared_kind kind, const struct items *items)
{
	sqlite3_stmt *st = insertion(w, table, 4, fields);

	for (size_t i = 0; st && i < items->n; i++) {
		const struct item *item = &items->v[i];
		struct subject subject = item->record ? *item->record : (struct subject){ 0 };

		subject.name.text = item->name;
		sqlite3_bind_int64(st, 1, thing_id(kind, item->slug, item->people.n));
		bind_text(st, 2, item->slug);
		bind_text(st, 3, text_fold(&w->scratch, item->name));
		sqlite3_bind_int64(st, 4, (int64_t)item->people.n);
		bind_fields(w, st, 5, fields, &subject);
		insert(w, st);
		write_thing(w, t, kind, item->slug, &item->people, item->name, &subject.aliases);
		arena_end(&w->scratch);
	}
	sqlite3_finalize(st);
}

static void
write_works(struct writer *w, const struct thing_writer *t)
{
	sqlite3_stmt *st = insertion(w, "source", 5, &KIND_SOURCE);
	sqlite3_stmt *author = insertion(w, "author", 3, NULL);

	for (size_t i = 0; st && author && i < w->d->works.n; i++) {
		const struct work *work = &w->d->works.v[i];
		struct source_file file = work->file ? *work->file : (struct source_file){ 0 };
		struct str title = work->facts.title.text;

		file.source = work->facts;
		sqlite3_bind_int64(st, 1, thing_id(SHARED_SOURCE, work->slug, work->people.n));
		bind_text(st, 2, work->slug);
		bind_text(st, 3, text_fold(&w->scratch, title));
		sqlite3_bind_int64(st, 4, (int64_t)work->people.n);
		bind_text(st, 5, work->key);
		bind_fields(w, st, 6, &KIND_SOURCE, &file);
		insert(w, st);
		for (size_t k = 0; k < work->authors.n; k++) {
			bind_text(author, 1, work->slug);
			sqlite3_bind_int64(author, 2, work->positions.v[k]);
			sqlite3_bind_int64(author, 3, w->ids[work->authors.v[k]]);
			insert(w, author);
		}
		if (file.name.text.n)
			title = arena_printf(
				&w->scratch, "%.*s %.*s", STR_ARG(title), STR_ARG(file.name.text));
		write_thing(w, t, SHARED_SOURCE, work->slug, &work->people, title, &file.aliases);
		arena_end(&w->scratch);
	}
	sqlite3_finalize(st);
	sqlite3_finalize(author);
}

static void
write_things(struct writer *w)
{
	struct thing_writer t = { insertion(w, "posting", 3, NULL), insertion(w, "thing", 3, NULL),
		prepare(w, "INSERT INTO thing_text(rowid, text) VALUES(?, ?)") };

	if (w->good) {
		write_items(w, &t, "topic", &KIND_TOPIC, SHARED_TOPIC, &w->d->topics);
		write_items(w, &t, "organization", &KIND_ORGANIZATION, SHARED_ORGANIZATION,
			&w->d->organizations);
		write_works(w, &t);
	}
	sqlite3_finalize(t.posting);
	sqlite3_finalize(t.thing);
	sqlite3_finalize(t.text);
}

/* The slugs that a relation shows, in the form of a packed list. */
static struct str
pack_shared(struct writer *w, const struct relation *r)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < r->shown; i++) {
		if (i)
			buf_char(&out, 0x1e);
		buf_put(&out, shared_slug(w->d, reason_shares(r->reason), r->shared[i]));
	}
	struct str packed = arena_str(&w->scratch, buf_str(&out));

	buf_end(&out);
	return packed;
}

static void
write_related(struct writer *w)
{
	sqlite3_stmt *st = insertion(w, "related", 7, NULL);

	for (size_t p = 0; st && p < w->d->people.n; p++) {
		const struct member *m = &w->d->people.v[p];

		for (size_t i = 0; i < m->related_n; i++) {
			const struct relation *r = &m->related[i];

			sqlite3_bind_int64(st, 1, w->ids[p]);
			sqlite3_bind_int64(st, 2, (int64_t)i);
			sqlite3_bind_int64(st, 3, w->ids[r->other]);
			sqlite3_bind_int(st, 4, (int)r->reason);
			sqlite3_bind_int64(st, 5, r->count);
			bind_text(st, 6, pack_shared(w, r));
			bind_text(st, 7, r->why);
			insert(w, st);
		}
		arena_end(&w->scratch);
	}
	sqlite3_finalize(st);
}

/* ---- search ---- */

/* All that a person is found by: names first, then topics, organizations, source titles, known_for,
 * tagline, summary. */
static void
put_all_words(struct writer *w, const struct member *m, struct buf *out)
{
	struct arena *a = &w->scratch;
	const struct person *p = m->record;

	for (size_t i = 0; i < m->topics.n; i++)
		put_folded(a, out, w->d->topics.v[m->topics.v[i]].name);
	for (size_t i = 0; i < m->organizations.n; i++) {
		const struct item *item = &w->d->organizations.v[m->organizations.v[i]];

		put_folded(a, out, item->name);
		for (size_t k = 0; item->record && k < item->record->aliases.n; k++)
			put_folded(a, out, item->record->aliases.v[k].name.text);
	}
	for (size_t i = 0; i < m->works.n; i++)
		put_folded(a, out, w->d->works.v[m->works.v[i]].facts.title.text);
	for (size_t i = 0; i < p->known_for.n; i++)
		put_folded(a, out, p->known_for.v[i].name.text);
	put_folded(a, out, p->role.text);
	put_folded(a, out, p->tagline.text);
	put_folded(a, out, p->summary.text);
}

static void
write_name(struct writer *w, sqlite3_stmt *exact, int64_t id, struct str name, struct buf *words)
{
	struct str folded = text_fold(&w->scratch, name);

	if (folded.n == 0)
		return;
	put_folded(&w->scratch, words, name);
	bind_text(exact, 1, folded);
	sqlite3_bind_int64(exact, 2, id);
	insert(w, exact);
}

static void
write_words(struct writer *w)
{
	sqlite3_stmt *exact = prepare(w, "INSERT OR IGNORE INTO exact VALUES(?, ?)");
	sqlite3_stmt *names = prepare(w, "INSERT INTO name_text(rowid, text) VALUES(?, ?)");
	sqlite3_stmt *all = prepare(w, "INSERT INTO full_text(rowid, text) VALUES(?, ?)");

	for (size_t p = 0; w->good && p < w->d->people.n; p++) {
		const struct member *m = &w->d->people.v[p];
		struct buf words = { 0 };

		if (m->standing != STANDING_PUBLISHED)
			continue;
		write_name(w, exact, w->ids[p], m->record->name.text, &words);
		write_name(w, exact, w->ids[p], m->record->native_name.text, &words);
		for (size_t i = 0; i < m->record->aliases.n; i++)
			write_name(w, exact, w->ids[p], m->record->aliases.v[i].name.text, &words);
		write_search(w, names, w->ids[p], buf_str(&words));
		put_all_words(w, m, &words);
		write_search(w, all, w->ids[p], buf_str(&words));
		buf_end(&words);
		arena_end(&w->scratch);
	}
	sqlite3_finalize(exact);
	sqlite3_finalize(names);
	sqlite3_finalize(all);
}

/* ---- the rest ---- */

static void
write_files(struct writer *w)
{
	sqlite3_stmt *st = insertion(w, "file", 6, NULL);

	for (size_t i = 0; st && i < w->d->texts.n; i++) {
		const struct source_text *t = &w->d->texts.v[i];

		bind_text(st, 1, t->path);
		sqlite3_bind_int64(st, 2, t->size);
		sqlite3_bind_int64(st, 3, t->mtime_ns);
		bind_text(st, 4, t->sum);
		sqlite3_bind_int(st, 5, t->good);
		if (t->serves)
			sqlite3_bind_blob64(
				st, 6, t->bytes.n ? t->bytes.p : "", t->bytes.n, SQLITE_STATIC);
		insert(w, st);
	}
	sqlite3_finalize(st);
}

static void
write_problems(struct writer *w)
{
	sqlite3_stmt *st = insertion(w, "problem", 6, NULL);

	for (size_t i = 0; st && i < w->d->problems.n; i++) {
		const struct problem *p = &w->d->problems.v[i];

		bind_text(st, 1, p->path);
		sqlite3_bind_int(st, 2, p->line);
		sqlite3_bind_int(st, 3, p->column);
		sqlite3_bind_int(st, 4, (int)p->severity);
		bind_text(st, 5, p->field);
		bind_text(st, 6, p->text);
		insert(w, st);
	}
	sqlite3_finalize(st);
}

static void
write_addresses(struct writer *w)
{
	sqlite3_stmt *old = insertion(w, "old", 4, NULL), *page = insertion(w, "page", 2, NULL);

	for (size_t i = 0; old && i < w->d->old.n; i++) {
		const struct old_address *o = &w->d->old.v[i];

		bind_text(old, 1, str_of(o->folder));
		bind_text(old, 2, o->slug);
		bind_text(old, 3, o->target);
		bind_text(old, 4, o->gone);
		insert(w, old);
	}
	for (size_t i = 0; page && i < w->d->pages.n; i++) {
		bind_text(page, 1, w->d->pages.v[i].slug);
		bind_text(page, 2, w->d->texts.v[w->d->pages.v[i].text].bytes);
		insert(w, page);
	}
	sqlite3_finalize(old);
	sqlite3_finalize(page);
}

static void
write_meta(struct writer *w)
{
	sqlite3_stmt *st = insertion(w, "meta", 2, NULL);

	for (size_t i = 0; st && i < KIND_CAPSULE.n; i++) {
		const struct field *field = &KIND_CAPSULE.fields[i];

		bind_text(st, 1, str_of(field->key));
		bind_text(st, 2, record_pack(&w->scratch, field, &w->d->settings));
		insert(w, st);
	}
	bind_text(st, 1, STR("format"));
	bind_text(st, 2, arena_printf(&w->scratch, "%d", STORE_FORMAT));
	insert(w, st);
	sqlite3_finalize(st);
	arena_end(&w->scratch);
}

/* Ids of the published, each its own: the rare second holder of an id takes the next free one, in
 * order of slug. */
static void
give_ids(struct writer *w, struct arena *a)
{
	const struct members *people = &w->d->people;
	struct map taken = { 0 };

	w->ids = arena_array(a, int64_t, people->n + 1);
	for (size_t p = 0; p < people->n; p++) {
		if (people->v[p].standing != STANDING_PUBLISHED)
			continue;
		for (w->ids[p] = store_person_id(people->v[p].record);; w->ids[p]++) {
			size_t *at = map_at(a, &taken,
				arena_str(a,
					(struct str){
						(const char *)&w->ids[p], sizeof w->ids[p] }));

			if (*at == (size_t)MAP_NONE) {
				*at = p;
				break;
			}
		}
	}
}

static bool
write_all(sqlite3 *db, const struct directory *d, struct err *e)
{
	struct arena ids = { 0 };
	struct writer w = { .db = db, .d = d, .e = e, .good = true };
	struct buf schema = { 0 };

	give_ids(&w, &ids);
	put_schema(&schema);
	if (run(&w, "BEGIN") && run(&w, schema.p)) {
		write_people(&w);
		write_things(&w);
		write_related(&w);
		write_words(&w);
		write_files(&w);
		write_problems(&w);
		write_addresses(&w);
		write_meta(&w);
		if (w.good)
			run(&w, "COMMIT");
	}
	buf_end(&schema);
	arena_end(&w.scratch);
	arena_end(&ids);
	return w.good;
}

static bool
sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

bool
store_build(const char *folder, const struct directory *d, struct err *e)
{
	struct arena a = { 0 };
	struct str path = arena_printf(&a, "%s/" STORE_FILE, folder);
	struct str beside = arena_printf(&a, "%s/" STORE_FILE ".new", folder);
	sqlite3 *db = NULL;
	bool good = false;

	if (!file_make_dirs(folder, 0755, e))
		goto out;
	unlink(beside.p);
	if (sqlite3_open_v2(beside.p, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
			SQLITE_OK ||
		sqlite3_exec(db,
			"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA "
			"locking_mode=EXCLUSIVE;"
			"PRAGMA page_size=8192; PRAGMA cache_size=-65536",
			NULL, NULL, NULL) != SQLITE_OK) {
		err_set(e, "%s: cannot be written: %s", beside.p,
			db ? sqlite3_errmsg(db) : "no memory");
		goto out;
	}
	if (!write_all(db, d, e))
		goto out;
	sqlite3_close(db);
	db = NULL;
	good = sync_path(beside.p, O_RDWR) && rename(beside.p, path.p) == 0 &&
		sync_path(folder, O_RDONLY);
	if (!good)
		err_set(e, "%s: cannot be written: %s", path.p, strerror(errno));
out:
	sqlite3_close(db);
	if (!good)
		unlink(beside.p);
	arena_end(&a);
	return good;
}

/* ---- opening ---- */

enum { STATEMENTS = 64 };

struct store {
	sqlite3 *db;
	struct statement {
		const char *sql;
		sqlite3_stmt *st;
	} statements[STATEMENTS];
};

sqlite3_stmt *
store_statement(struct store *s, const char *sql)
{
	size_t i = 0;

	while (i < STATEMENTS && s->statements[i].sql && s->statements[i].sql != sql)
		i++;
	if (i < STATEMENTS && s->statements[i].sql) {
		sqlite3_reset(s->statements[i].st);
		return s->statements[i].st;
	}
	sqlite3_stmt *st = NULL;

	if (i == STATEMENTS ||
		sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) !=
			SQLITE_OK) {
		fprintf(stderr, "almagest: %s: %s\n", sql, sqlite3_errmsg(s->db));
		abort();
	}
	s->statements[i] = (struct statement){ sql, st };
	return st;
}

sqlite3 *
store_db(struct store *s)
{
	return s->db;
}

static bool
right_format(sqlite3 *db)
{
	sqlite3_stmt *st = NULL;
	bool right = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name = 'format'", -1, &st,
			     NULL) == SQLITE_OK &&
		sqlite3_step(st) == SQLITE_ROW && sqlite3_column_int(st, 0) == STORE_FORMAT;

	sqlite3_finalize(st);
	return right;
}

struct store *
store_open(const char *folder, struct err *e)
{
	struct arena a = { 0 };
	struct str path = arena_printf(&a, "%s/" STORE_FILE, folder);
	/* the file is replaced, never changed: no locks, and no looking for changes at each
	 * question */
	struct str uri = arena_printf(&a, "file:%s?immutable=1", uri_encode_path(&a, path).p);
	struct store *s = calloc(1, sizeof *s);

	if (!s)
		abort();
	if (sqlite3_open_v2(uri.p, &s->db,
		    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
		    NULL) != SQLITE_OK ||
		!right_format(s->db)) {
		err_set(e, "%s: not a catalog of this version: %s", path.p, sqlite3_errmsg(s->db));
		store_close(s);
		s = NULL;
	} else
		sqlite3_exec(s->db,
			"PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA "
			"mmap_size=268435456; PRAGMA cache_size=-2048",
			NULL, NULL, NULL);
	arena_end(&a);
	return s;
}

struct store *
store_open_memory(const struct directory *d, struct err *e)
{
	struct store *s = calloc(1, sizeof *s);

	if (!s)
		abort();
	if (sqlite3_open_v2(":memory:", &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
			SQLITE_OK ||
		!write_all(s->db, d, e)) {
		err_set(e, "the catalog cannot be made in memory");
		store_close(s);
		return NULL;
	}
	return s;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->statements[i].st);
	sqlite3_close(s->db);
	free(s);
}

/* ---- last good versions ---- */

static bool
find_last_good(void *context, struct arena *a, struct str path, struct str *bytes)
{
	sqlite3_stmt *st = NULL;
	bool found = false;

	if (sqlite3_prepare_v2(store_db(context),
		    "SELECT bytes FROM file WHERE path = ? AND bytes IS NOT NULL", -1, &st,
		    NULL) == SQLITE_OK) {
		bind_text(st, 1, path);
		if (sqlite3_step(st) == SQLITE_ROW) {
			struct str blob = { sqlite3_column_blob(st, 0),
				(size_t)sqlite3_column_bytes(st, 0) };

			*bytes = arena_str(a, blob);
			found = true;
		}
	}
	sqlite3_finalize(st);
	return found;
}

struct last_good
store_last_good(const char *folder)
{
	struct err unheard = { 0 };

	return (struct last_good){ find_last_good, store_open(folder, &unheard) };
}

void
store_last_good_end(struct last_good *last_good)
{
	store_close(last_good->context);
	last_good->context = NULL;
}
