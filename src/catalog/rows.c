/* rows: one statement a table, each text found again by its address (store_statement). */
#include "catalog/rows.h"

#include <stdarg.h>

#include "base/hash.h"
#include "base/text.h"
#include "catalog/record.h"

static void
failed(struct rows *r)
{
	r->good = false;
	err_set(r->e, "the catalog cannot be written: %s", sqlite3_errmsg(store_db(r->store)));
}

static void
bind_text(sqlite3_stmt *st, int at, struct str s)
{
	sqlite3_bind_text64(st, at, s.n ? s.p : "", s.n, SQLITE_STATIC, SQLITE_UTF8);
}

static void
step(struct rows *r, sqlite3_stmt *st)
{
	int got = SQLITE_OK;

	while (r->good && (got = sqlite3_step(st)) == SQLITE_ROW)
		;
	if (r->good && got != SQLITE_DONE)
		failed(r);
	sqlite3_reset(st);
}

void
rows_run(struct rows *r, const char *sql, const char *form, ...)
{
	sqlite3_stmt *st;
	va_list args;

	if (!r->good)
		return;
	st = store_statement(r->store, sql);
	va_start(args, form);
	for (int at = 1; form[at - 1]; at++)
		if (form[at - 1] == 'i')
			sqlite3_bind_int64(st, at, va_arg(args, int64_t));
		else
			bind_text(st, at, va_arg(args, struct str));
	va_end(args);
	step(r, st);
}

/* INSERT INTO a kind's table: `first` places, then one for each field. The text is made once. */
static sqlite3_stmt *
insertion(struct rows *r, const struct kind *kind, const char *table, size_t first)
{
	static struct {
		const struct kind *kind;
		char sql[256];
	} texts[8];
	size_t i = 0;

	while (texts[i].kind && texts[i].kind != kind)
		i++;
	if (!texts[i].kind) {
		struct buf sql = { 0 };

		buf_printf(&sql, "INSERT INTO %s VALUES(?", table);
		for (size_t k = 1; k < first + kind->n; k++)
			buf_put(&sql, STR(",?"));
		buf_put(&sql, STR(")"));
		buf_char(&sql, '\0');
		memcpy(texts[i].sql, sql.p, sql.n < sizeof texts[i].sql ? sql.n : 0);
		buf_end(&sql);
		texts[i].kind = kind;
	}
	return store_statement(r->store, texts[i].sql);
}

static void
bind_fields(
	struct rows *r, sqlite3_stmt *st, size_t first, const struct kind *kind, const void *record)
{
	for (size_t i = 0; i < kind->n; i++)
		bind_text(st, (int)(first + i) + 1,
			record_pack(&r->scratch, &kind->fields[i], record));
}

void
rows_tally(struct rows *r, int kind, struct str key, int64_t more)
{
	if (more == 0)
		return;
	rows_run(r,
		"INSERT INTO tally VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
		"iti", (int64_t)kind, key, more);
	if (more < 0)
		rows_run(r, "DELETE FROM tally WHERE kind = ? AND key = ? AND n = 0", "it",
			(int64_t)kind, key);
}

/* ---- people ---- */

static struct str
default_sort_name(struct arena *a, struct str name)
{
	size_t blank = str_find_last(name, ' ');

	if (blank == name.n)
		return name;
	return arena_printf(
		a, "%.*s, %.*s", STR_ARG(str_sub(name, blank + 1, name.n)), (int)blank, name.p);
}

/* The ASCII letters and digits of a folded name, by which A to Z is split. */
struct str
rows_letters(struct arena *a, const struct person *person, struct str *sort)
{
	struct str name = person->sort_name.text.n ? person->sort_name.text
						   : default_sort_name(a, person->name.text);
	struct str folded = text_fold(a, name);
	char *p = arena_alloc(a, folded.n + 1);
	size_t n = 0;

	*sort = folded;
	for (size_t i = 0; i < folded.n; i++)
		if ((folded.p[i] >= 'a' && folded.p[i] <= 'z') ||
			(folded.p[i] >= '0' && folded.p[i] <= '9'))
			p[n++] = folded.p[i];
	return n && p[0] >= 'a' ? (struct str){ p, n } : STR("");
}

void
rows_person(struct rows *r, int64_t id, const struct person *person)
{
	enum { FIRST = 6 };
	struct person row = *person;
	struct str sort, letters;

	if (!r->good)
		return;
	letters = rows_letters(&r->scratch, person, &sort);
	if (row.sort_name.text.n == 0)
		row.sort_name.text = default_sort_name(&r->scratch, person->name.text);
	sqlite3_stmt *st = insertion(r, &KIND_PERSON, "person", FIRST);

	sqlite3_bind_int64(st, 1, id);
	bind_text(st, 2, row.slug);
	bind_text(st, 3, sort);
	bind_text(st, 4, letters);
	bind_text(st, 5, row.updated.text.n ? row.updated.text : row.reviewed.text);
	bind_text(st, 6, row.path);
	bind_fields(r, st, FIRST, &KIND_PERSON, &row);
	step(r, st);
}

static void
name(struct rows *r, int64_t id, struct str name, bool author)
{
	struct str folded = text_fold(&r->scratch, name);

	if (folded.n)
		rows_run(
			r, "INSERT INTO exact VALUES(?, ?, ?)", "tii", folded, id, (int64_t)author);
}

void
rows_claim(struct rows *r, const struct claim *claim)
{
	rows_run(r, "INSERT INTO claim VALUES(?, ?, ?, ?, ?)", "ttitt", str_of(claim->folder),
		claim->slug, (int64_t)claim->rank, claim->owner, claim->note);
}

void
rows_person_sayings(struct rows *r, int64_t id, const struct person *person)
{
	struct claims claims = { 0 };

	name(r, id, person->name.text, true);
	name(r, id, person->native_name.text, false);
	for (size_t i = 0; i < person->aliases.n; i++)
		name(r, id, person->aliases.v[i].name.text, true);
	person_claims(&r->scratch, person, &claims);
	for (size_t i = 0; i < claims.n; i++)
		rows_claim(r, &claims.v[i]);
	for (size_t i = 0; i < person->related.n; i++)
		rows_run(r, "INSERT INTO pin VALUES(?, ?, ?, ?)", "titt", person->slug, (int64_t)i,
			person->related.v[i].name.text, person->related.v[i].note.text);
	for (size_t i = 0; i < person->unrelated.n; i++)
		rows_run(r, "INSERT INTO apart VALUES(?, ?)", "tt", person->slug,
			person->unrelated.v[i].name.text);
}

void
rows_share(struct rows *r, int64_t person, enum shared_kind kind, size_t place, struct str item)
{
	rows_run(r, "INSERT INTO shares VALUES(?, ?, ?, ?)", "iiit", person, (int64_t)kind,
		(int64_t)place, item);
}

void
rows_posting(struct rows *r, enum shared_kind kind, struct str item, int64_t person)
{
	rows_run(r, "INSERT INTO posting VALUES(?, ?, ?)", "iti", (int64_t)kind, item, person);
}

void
rows_citing(struct rows *r, struct str key, struct str who)
{
	rows_run(r, "INSERT INTO citing VALUES(?, ?)", "tt", key, who);
}

struct str
pack_slugs(struct arena *a, const struct str *slugs, size_t n)
{
	struct buf packed = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_char(&packed, 0x1e);
		buf_put(&packed, slugs[i]);
	}
	struct str text = arena_str(a, buf_str(&packed));

	buf_end(&packed);
	return text;
}

void
rows_relation(struct rows *r, int64_t person, size_t place, int64_t other,
	const struct relation *relation, struct str shared)
{
	rows_run(r, "INSERT INTO related VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "iiiiittiii",
		person, (int64_t)place, other, (int64_t)relation->reason, (int64_t)relation->count,
		shared, relation->why, (int64_t)relation->score, (int64_t)relation->common,
		(int64_t)relation->position);
}

/* ---- words ---- */

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

static void
put_names(struct arena *a, struct buf *out, const struct person *p)
{
	put_folded(a, out, p->name.text);
	put_folded(a, out, p->native_name.text);
	for (size_t i = 0; i < p->aliases.n; i++)
		put_folded(a, out, p->aliases.v[i].name.text);
}

/* Names first, then topics, organizations, source titles, known_for, role, tagline, summary. */
static void
put_all(struct arena *a, struct buf *out, const struct person_words *words)
{
	const struct person *p = words->person;
	const struct named_things *things[] = { &words->topics, &words->organizations,
		&words->works };

	put_names(a, out, p);
	for (size_t k = 0; k < COUNT(things); k++)
		for (size_t i = 0; i < things[k]->n; i++)
			put_folded(a, out, things[k]->v[i]);
	for (size_t i = 0; i < p->known_for.n; i++)
		put_folded(a, out, p->known_for.v[i].name.text);
	put_folded(a, out, p->role.text);
	put_folded(a, out, p->tagline.text);
	put_folded(a, out, p->summary.text);
}

struct vocabulary_words
rows_texts(struct arena *a, const struct person_words *words)
{
	struct buf names = { 0 }, all = { 0 };

	put_names(a, &names, words->person);
	put_all(a, &all, words);
	struct vocabulary_words texts = { arena_str(a, buf_str(&names)),
		arena_str(a, buf_str(&all)) };

	buf_end(&names);
	buf_end(&all);
	return texts;
}

void
rows_words(struct rows *r, int64_t id, const struct vocabulary_words *texts)
{
	rows_run(r, "INSERT INTO name_text(rowid, text) VALUES(?, ?)", "it", id, texts->names);
	rows_run(r, "INSERT INTO full_text(rowid, text) VALUES(?, ?)", "it", id, texts->all);
}

/* The index keeps no texts, so what leaves it must be said again word for word. */
void
rows_words_drop(struct rows *r, int64_t id, const struct vocabulary_words *texts)
{
	rows_run(r, "INSERT INTO name_text(name_text, rowid, text) VALUES('delete', ?, ?)", "it",
		id, texts->names);
	rows_run(r, "INSERT INTO full_text(full_text, rowid, text) VALUES('delete', ?, ?)", "it",
		id, texts->all);
}

/* ---- things ---- */

int64_t
thing_id(enum shared_kind kind, struct str slug, size_t people)
{
	enum { CLASS_BITS = 56 };
	uint64_t class = 31;

	while (people >>= 1)
		class --;
	return (int64_t)((class * SHARED_KINDS + kind) << CLASS_BITS |
		hash_bits(slug) >> (64 - CLASS_BITS));
}

static struct str
thing_words(struct rows *r, struct str name, struct str other, const struct entries *aliases)
{
	struct buf words = { 0 };

	put_folded(&r->scratch, &words, name);
	put_folded(&r->scratch, &words, other);
	for (size_t i = 0; i < aliases->n; i++)
		put_folded(&r->scratch, &words, aliases->v[i].name.text);
	struct str all = arena_str(&r->scratch, buf_str(&words));

	buf_end(&words);
	return all;
}

static void
thing(struct rows *r, int64_t id, enum shared_kind kind, struct str slug, struct str words)
{
	rows_run(r, "INSERT INTO thing VALUES(?, ?, ?)", "iit", id, (int64_t)kind, slug);
	rows_run(r, "INSERT INTO thing_text(rowid, text) VALUES(?, ?)", "it", id, words);
}

static void
thing_drop(struct rows *r, int64_t id, struct str words)
{
	rows_run(r, "DELETE FROM thing WHERE id = ?", "i", id);
	rows_run(r, "INSERT INTO thing_text(thing_text, rowid, text) VALUES('delete', ?, ?)", "it",
		id, words);
}

void
rows_item(struct rows *r, int64_t id, enum shared_kind kind, struct str slug, size_t people,
	const struct subject *subject)
{
	enum { FIRST = 4 };
	const struct kind *fields = kind == SHARED_TOPIC ? &KIND_TOPIC : &KIND_ORGANIZATION;
	sqlite3_stmt *st;

	if (!r->good)
		return;
	st = insertion(r, fields, kind == SHARED_TOPIC ? "topic" : "organization", FIRST);
	sqlite3_bind_int64(st, 1, id);
	bind_text(st, 2, slug);
	bind_text(st, 3, text_fold(&r->scratch, subject->name.text));
	sqlite3_bind_int64(st, 4, (int64_t)people);
	bind_fields(r, st, FIRST, fields, subject);
	step(r, st);
	thing(r, id, kind, slug, thing_words(r, subject->name.text, STR(""), &subject->aliases));
}

void
rows_item_drop(struct rows *r, int64_t id, enum shared_kind kind, struct str slug,
	const struct subject *subject)
{
	if (kind == SHARED_TOPIC)
		rows_run(r, "DELETE FROM topic WHERE slug = ?", "t", slug);
	else
		rows_run(r, "DELETE FROM organization WHERE slug = ?", "t", slug);
	thing_drop(r, id, thing_words(r, subject->name.text, STR(""), &subject->aliases));
}

void
rows_spelling(
	struct rows *r, enum shared_kind kind, struct str item, struct str label, int64_t more)
{
	if (subject_label_is_slug(item, label))
		return;
	rows_run(r,
		"INSERT INTO spelling VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + "
		"excluded.n",
		"itti", (int64_t)kind, item, label, more);
	if (more < 0)
		rows_run(r,
			"DELETE FROM spelling WHERE kind = ? AND item = ? AND label = ? AND n = 0",
			"itt", (int64_t)kind, item, label);
}

static struct str
work_words(struct rows *r, const struct source_file *source)
{
	return thing_words(r, source->source.title.text, source->name.text, &source->aliases);
}

/* By whom a new person may be found to have written it; of sources that somebody has. */
static void
put_author_names(struct rows *r, struct str source, const struct entries *authors)
{
	for (size_t i = 0; i < authors->n; i++)
		rows_run(r, "INSERT INTO authored VALUES(?, ?)", "tt",
			text_fold(&r->scratch, authors->v[i].name.text), source);
}

static void
drop_author_names(struct rows *r, struct str source, const struct entries *authors)
{
	for (size_t i = 0; i < authors->n; i++)
		rows_run(r, "DELETE FROM authored WHERE folded = ? AND source = ?", "tt",
			text_fold(&r->scratch, authors->v[i].name.text), source);
}

void
rows_work(struct rows *r, int64_t id, const struct work *work, size_t people)
{
	enum { FIRST = 6 };
	struct source_file file = work->file ? *work->file : (struct source_file){ 0 };
	struct claims claims = { 0 };
	sqlite3_stmt *st;

	if (!r->good)
		return;
	file.source = work->facts;
	st = insertion(r, &KIND_SOURCE, "source", FIRST);
	sqlite3_bind_int64(st, 1, id);
	bind_text(st, 2, work->slug);
	bind_text(st, 3, text_fold(&r->scratch, work->facts.title.text));
	sqlite3_bind_int64(st, 4, (int64_t)people);
	bind_text(st, 5, work->key);
	bind_text(st, 6, source_key_slug(&r->scratch, work->key));
	bind_fields(r, st, FIRST, &KIND_SOURCE, &file);
	step(r, st);
	thing(r, id, SHARED_SOURCE, work->slug, work_words(r, &file));
	for (size_t i = 0; i < work->keys.n; i++)
		rows_run(r, "INSERT INTO ident VALUES(?, ?)", "tt", work->keys.v[i], work->slug);
	if (people)
		put_author_names(r, work->slug, &work->facts.authors);
	work_claims(&r->scratch, work, &claims);
	for (size_t i = 0; i < claims.n; i++)
		rows_claim(r, &claims.v[i]);
}

void
rows_work_drop(struct rows *r, int64_t id, const struct source_file *source)
{
	rows_run(r, "DELETE FROM source WHERE slug = ?", "t", source->slug);
	thing_drop(r, id, work_words(r, source));
	rows_run(r, "DELETE FROM ident WHERE source = ?", "t", source->slug);
	drop_author_names(r, source->slug, &source->source.authors);
	rows_run(r, "DELETE FROM author WHERE source = ?", "t", source->slug);
	rows_run(r, "DELETE FROM claim WHERE owner = ? AND folder = 'sources'", "t", source->slug);
}

void
rows_work_recount(struct rows *r, int64_t from, int64_t to, const struct source_file *source,
	size_t before, size_t now)
{
	rows_run(r, "UPDATE source SET rank = ?, people = ? WHERE rank = ?", "iii", to,
		(int64_t)now, from);
	if (before == 0 || now == 0)
		drop_author_names(r, source->slug, &source->source.authors);
	if (before == 0)
		put_author_names(r, source->slug, &source->source.authors);
	if (from == to)
		return;
	thing_drop(r, from, work_words(r, source));
	thing(r, to, SHARED_SOURCE, source->slug, work_words(r, source));
}

void
rows_author(struct rows *r, struct str source, size_t position, int64_t person)
{
	rows_run(r, "INSERT INTO author VALUES(?, ?, ?)", "tii", source, (int64_t)position, person);
}

/* ---- files ---- */

void
rows_file(struct rows *r, const struct source_text *text)
{
	sqlite3_stmt *st;

	if (!r->good)
		return;
	st = store_statement(
		r->store, "INSERT OR REPLACE INTO file VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
	bind_text(st, 1, text->path);
	sqlite3_bind_int64(st, 2, text->size);
	sqlite3_bind_int64(st, 3, text->mtime_ns);
	bind_text(st, 4, text->sum);
	sqlite3_bind_int64(st, 5, text->good);
	bind_text(st, 6, text->folder);
	bind_text(st, 7, text->slug);
	if (text->serves)
		sqlite3_bind_blob64(
			st, 8, text->bytes.n ? text->bytes.p : "", text->bytes.n, SQLITE_STATIC);
	else
		sqlite3_bind_null(st, 8);
	step(r, st);
}

void
rows_problem(struct rows *r, const struct problem *problem)
{
	rows_run(r, "INSERT INTO problem VALUES(?, ?, ?, ?, ?, ?)", "tiiitt", problem->path,
		(int64_t)problem->line, (int64_t)problem->column, (int64_t)problem->severity,
		problem->field, problem->text);
}

void
rows_settings(struct rows *r, const struct settings *settings)
{
	rows_run(r, "DELETE FROM meta", "");
	for (size_t i = 0; i < KIND_CAPSULE.n; i++) {
		const struct field *field = &KIND_CAPSULE.fields[i];

		rows_run(r, "INSERT INTO meta VALUES(?, ?)", "tt", str_of(field->key),
			record_pack(&r->scratch, field, settings));
	}
	rows_run(r, "INSERT INTO meta VALUES('format', ?)", "i", (int64_t)STORE_FORMAT);
}
