/* rows: one statement a table, each text found again by its address (store_statement). */
#include "catalog/rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "catalog/ask.h"
#include "catalog/bulk.h"
#include "catalog/letters.h"
#include "catalog/pack.h"
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
bind_blob(sqlite3_stmt *st, int at, struct str s)
{
	sqlite3_bind_blob64(st, at, s.n ? s.p : "", s.n, SQLITE_STATIC);
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
		else if (form[at - 1] == 'b')
			bind_blob(st, at, va_arg(args, struct str));
		else
			bind_text(st, at, va_arg(args, struct str));
	va_end(args);
	step(r, st);
}

/* ---- tables ---- */

static const struct {
	const char *put; /* how rows are put one by one; NULL: it is written as pages alone */
	const char *name;
	const char *named; /* which columns, where not all */
	size_t columns;
	const struct kind *kind; /* whose fields are columns more, or NULL */
	enum bulk_way way;
} TABLES[ROW_TABLES] = {
	[TABLE_FILE] = { "INSERT OR REPLACE INTO", "file", "", 9, NULL, BULK_COUNTED },
	[TABLE_PERSON] = { "INSERT INTO", "person", "", 5, &KIND_PERSON, BULK_BY_ID },
	[TABLE_PIN] = { "INSERT INTO", "pin", "", 4, NULL, BULK_BY_ID },
	[TABLE_APART] = { "INSERT INTO", "apart", "", 2, NULL, BULK_BY_ID },
	[TABLE_EXACT] = { "INSERT OR IGNORE INTO", "exact", "", 3, NULL, BULK_BY_KEY },
	[TABLE_CLAIM] = { "INSERT OR IGNORE INTO", "claim", "", 5, NULL, BULK_BY_KEY },
	[TABLE_SHARES] = { "INSERT INTO", "shares", "", 5, NULL, BULK_BY_ID },
	[TABLE_SHOWN] = { "INSERT OR REPLACE INTO", "shown", "", 5, NULL, BULK_BY_ID },
	[TABLE_RELATED] = { "INSERT INTO", "related", "", 2, NULL, BULK_BY_ID },
	[TABLE_LISTED] = { "INSERT INTO", "listed", "", 2, NULL, BULK_BY_ID },
	[TABLE_SOURCE] = { "INSERT INTO", "source", "", 9, &KIND_SOURCE, BULK_BY_ID },
	[TABLE_TOPIC] = { "INSERT INTO", "topic", "", 4, &KIND_TOPIC, BULK_BY_ID },
	[TABLE_ORGANIZATION] = { "INSERT INTO", "organization", "", 4, &KIND_ORGANIZATION,
		BULK_BY_ID },
	[TABLE_POSTING] = { "INSERT INTO", "posting", "", 4, NULL, BULK_BY_KEY },
	[TABLE_CITING] = { "INSERT OR IGNORE INTO", "citing", "", 2, NULL, BULK_BY_KEY },
	[TABLE_IDENT] = { "INSERT INTO", "ident", "", 2, NULL, BULK_BY_KEY },
	[TABLE_AUTHORED] = { "INSERT OR REPLACE INTO", "authored", "", 2, NULL, BULK_BY_ID },
	[TABLE_NAME_TEXT] = { "INSERT INTO", "name_text", "(rowid, text)", 2, NULL, BULK_BY_ID },
	[TABLE_FULL_TEXT] = { "INSERT INTO", "full_text", "(rowid, text)", 2, NULL, BULK_BY_ID },
	[TABLE_WORD] = { "INSERT INTO", "word", "", 3, NULL, BULK_BY_KEY },
	[TABLE_THING_TEXT] = { "INSERT INTO", "thing_text", "(rowid, text)", 2, NULL, BULK_BY_ID },
	[INDEX_PERSON_SLUG] = { NULL, "person_slug", "", 2, NULL, BULK_BY_KEY },
	[INDEX_FILE_PATH] = { NULL, "sqlite_autoindex_file_1", "", 2, NULL, BULK_BY_KEY },
	[INDEX_FILE_SLUG] = { NULL, "file_slug", "", 5, NULL, BULK_BY_KEY },
	[INDEX_FILE_BAD] = { NULL, "file_bad", "", 2, NULL, BULK_BY_KEY },
	[INDEX_WORD_OF_NAMES] = { NULL, "word_of_names", "", 2, NULL, BULK_BY_KEY },
	[INDEX_SOURCE_RANK] = { NULL, "source_rank", "", 2, NULL, BULK_BY_KEY },
};

static size_t
columns_of(enum row_table table)
{
	return TABLES[table].columns + (TABLES[table].kind ? TABLES[table].kind->n : 0);
}

/* INSERT INTO the table; the text is made once. */
static const char *
into(enum row_table table)
{
	static char texts[ROW_TABLES][64];

	if (!*texts[table])
		snprintf(texts[table], sizeof texts[table], "%s %s%s", TABLES[table].put,
			TABLES[table].name, TABLES[table].named);
	return texts[table];
}

/* The same with VALUES(?, ...). */
static const char *
insertion(enum row_table table)
{
	static char texts[ROW_TABLES][64 + 2 * ROW_MOST];
	char *text = texts[table];
	int n;

	if (*text)
		return text;
	n = snprintf(text, sizeof texts[table], "%s VALUES(?", into(table));
	for (size_t i = 1; i < columns_of(table); i++)
		n += snprintf(text + n, sizeof texts[table] - (size_t)n, ",?");
	snprintf(text + n, sizeof texts[table] - (size_t)n, ")");
	return text;
}

static void
bind_cell(sqlite3_stmt *st, int at, const struct cell *cell)
{
	switch (cell->type) {
	case CELL_NUMBER:
		sqlite3_bind_int64(st, at, cell->number);
		break;
	case CELL_TEXT:
		bind_text(st, at, cell->text);
		break;
	case CELL_BLOB:
		bind_blob(st, at, cell->text);
		break;
	case CELL_NULL:
		sqlite3_bind_null(st, at);
	}
}

void
rows_put(struct rows *r, enum row_table table, const struct row *row)
{
	sqlite3_stmt *st;

	if (!r->good)
		return;
	st = store_statement(r->store, insertion(table));
	for (size_t i = 0; i < row->n; i++)
		bind_cell(st, (int)i + 1, &row->v[i]);
	step(r, st);
}

/* A file whose tables are fed as pages. */
struct pages {
	struct bulk *bulk;
	char *path;
	uint32_t roots[ROW_TABLES];
};

/* Where the tables begin. */
static void
find_roots(struct rows *r, uint32_t roots[ROW_TABLES])
{
	for (size_t i = 0; i < ROW_TABLES; i++)
		roots[i] = (uint32_t)ask_number(r->store, 0,
			"SELECT rootpage FROM sqlite_schema WHERE name = ?", "t",
			str_of(TABLES[i].name));
}

void
rows_pages_begin(struct rows *r)
{
	const char *path = r->good ? sqlite3_db_filename(store_db(r->store), "main") : NULL;
	struct pages *pages;

	if (!path || !*path)
		return;
	pages = calloc(1, sizeof *pages);
	if (!pages || !(pages->path = strdup(path)))
		abort();
	find_roots(r, pages->roots);
	rows_run(r, "COMMIT", "");
	store_leave(r->store);
	r->pages = pages;
	pages->bulk = r->good ? bulk_open(pages->path, r->e) : NULL;
	r->good = pages->bulk != NULL;
}

void
rows_pages_end(struct rows *r)
{
	struct pages *pages = r->pages;

	if (!pages)
		return;
	r->pages = NULL;
	if (pages->bulk)
		r->good = bulk_close(pages->bulk, r->e) && r->good;
	r->good = r->good && store_return(r->store, pages->path, r->e);
	free(pages->path);
	free(pages);
	rows_run(r, "BEGIN", "");
}

void
rows_feed(struct rows *r, enum row_table table, feed_next *next, void *context)
{
	if (r->good && r->pages)
		bulk_feed(r->pages->bulk, r->pages->roots[table], TABLES[table].way, next, context);
	else if (TABLES[table].put)
		r->good = r->good &&
			feed_run(store_db(r->store), into(table), columns_of(table), next, context,
				r->e);
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

void
rows_person(struct rows *r, int64_t id, const struct person *person)
{
	struct row row = { .n = 0 };

	row_person(&row, &r->scratch, id, person);
	rows_put(r, TABLE_PERSON, &row);
	for (size_t i = 0; i < person->related.n; i++) {
		row.n = 0;
		row_pin(&row, person, i);
		rows_put(r, TABLE_PIN, &row);
	}
	for (size_t i = 0; i < person->unrelated.n; i++) {
		row.n = 0;
		row_apart(&row, person, i);
		rows_put(r, TABLE_APART, &row);
	}
}

void
rows_person_drop(struct rows *r, int64_t id, const struct person *person)
{
	rows_run(r, "DELETE FROM person WHERE id = ?", "i", id);
	rows_run(r, "DELETE FROM pin WHERE slug = ?", "t", person->slug);
	rows_run(r, "DELETE FROM apart WHERE slug = ?", "t", person->slug);
	rows_run(r, "DELETE FROM shares WHERE person = ?", "i", id);
	rows_run(r, "DELETE FROM shown WHERE person = ?", "i", id);
}

/* ---- names ---- */

void
rows_name(struct rows *r, const struct exact_name *name)
{
	struct row row = { .n = 0 };

	row_exact(&row, name);
	rows_put(r, TABLE_EXACT, &row);
}

void
rows_name_drop(struct rows *r, const struct exact_name *name)
{
	rows_run(r, "DELETE FROM exact WHERE folded = ? AND person = ?", "ti", name->folded,
		name->person);
}

/* ---- addresses ---- */

void
rows_claim(struct rows *r, const struct claim *claim)
{
	struct row row = { .n = 0 };

	row_claim(&row, claim);
	rows_put(r, TABLE_CLAIM, &row);
}

void
rows_claim_drop(struct rows *r, const struct claim *claim)
{
	rows_run(r, "DELETE FROM claim WHERE folder = ? AND slug = ? AND rank = ? AND owner = ?",
		"ttit", str_of(claim->folder), claim->slug, (int64_t)claim->rank, claim->owner);
}

void
rows_claims(
	struct rows *r, const struct claims *claims, void row(struct rows *, const struct claim *))
{
	for (size_t i = 0; i < claims->n; i++)
		row(r, &claims->v[i]);
}

/* ---- what people have ---- */

void
rows_shares(struct rows *r, int64_t person, const struct shares *shares)
{
	struct row row = { .n = 0 };

	row_shares(&row, person, shares);
	rows_put(r, TABLE_SHARES, &row);
}

void
rows_share(struct rows *r, int64_t person, enum shared_kind kind, struct str packed)
{
	rows_run(r,
		kind == SHARED_SOURCE ? "UPDATE shares SET sources = ? WHERE person = ?"
			: kind == SHARED_TOPIC
			? "UPDATE shares SET topics = ? WHERE person = ?"
			: "UPDATE shares SET organizations = ? WHERE person = ?",
		"ti", packed, person);
}

void
rows_wrote(struct rows *r, int64_t person, struct str packed)
{
	rows_run(r, "UPDATE shares SET wrote = ? WHERE person = ?", "ti", packed, person);
}

void
rows_shown(struct rows *r, int64_t person, const struct shown_row *shown)
{
	struct row row = { .n = 0 };

	row_shown(&row, person, shown);
	rows_put(r, TABLE_SHOWN, &row);
}

/* Two columns: a number and a text or blob. */
static void
put_numbered(struct rows *r, enum row_table table, int64_t number, struct str text, bool blob)
{
	struct row row = { .n = 0 };

	row_number(&row, number);
	(blob ? row_blob : row_text)(&row, text);
	rows_put(r, table, &row);
}

/* Two columns of text. */
static void
put_texts(struct rows *r, enum row_table table, struct str first, struct str second)
{
	struct row row = { .n = 0 };

	row_text(&row, first);
	row_text(&row, second);
	rows_put(r, table, &row);
}

void
rows_citing(struct rows *r, struct str key, struct str who)
{
	put_texts(r, TABLE_CITING, key, who);
}

void
rows_related(struct rows *r, int64_t person, struct str lines)
{
	put_numbered(r, TABLE_RELATED, person, lines, false);
}

void
rows_listed(struct rows *r, int64_t person, struct str lists)
{
	put_numbered(r, TABLE_LISTED, person, lists, true);
}

/* ---- words ---- */

void
rows_words(struct rows *r, enum row_table index, int64_t id, struct str text)
{
	put_numbered(r, index, id, text, false);
}

/* The index keeps no texts, so what leaves it must be said again word for word. */
void
rows_words_drop(struct rows *r, enum row_table index, int64_t id, struct str text)
{
	rows_run(r,
		index == TABLE_NAME_TEXT
			? "INSERT INTO name_text(name_text, rowid, text) VALUES('delete', ?, ?)"
			: index == TABLE_FULL_TEXT
			? "INSERT INTO full_text(full_text, rowid, text) VALUES('delete', ?, ?)"
			: "INSERT INTO thing_text(thing_text, rowid, text) VALUES('delete', ?, ?)",
		"it", id, text);
}

void
rows_tell_words(struct rows *r, const char *command, int64_t number)
{
	static const char *const INDEXES[] = {
		"INSERT INTO name_text(name_text, rank) VALUES(?, ?)",
		"INSERT INTO full_text(full_text, rank) VALUES(?, ?)",
		"INSERT INTO thing_text(thing_text, rank) VALUES(?, ?)",
	};

	for (size_t i = 0; i < COUNT(INDEXES); i++)
		rows_run(r, INDEXES[i], "ti", str_of(command), number);
}

void
rows_settle_words(struct rows *r)
{
	enum { GATHERED = 1 << 20 };

	rows_tell_words(r, "hashsize", GATHERED);
	rows_tell_words(r, "automerge", 0);
	rows_tell_words(r, "usermerge", WORDS_MERGED);
	rows_tell_words(r, "crisismerge", 1000);
}

void
rows_merge_words(struct rows *r)
{
	enum { PAGES = 64 }; /* some 2 ms */

	rows_tell_words(r, "merge", PAGES);
}

/* ---- things ---- */

static void
count_letters(struct rows *r, enum shared_kind kind, struct str name, struct str slug, int64_t more)
{
	letters_change(r, (enum lettered)kind, row_letters(&r->scratch, name), slug, more);
}

void
rows_item(struct rows *r, int64_t id, enum shared_kind kind, struct str slug, size_t people,
	const struct subject *subject)
{
	struct row row = { .n = 0 };

	row_item(&row, &r->scratch, id, kind, slug, people, subject);
	rows_put(r, kind == SHARED_TOPIC ? TABLE_TOPIC : TABLE_ORGANIZATION, &row);
	rows_words(r, TABLE_THING_TEXT, id, item_words(&r->scratch, subject));
	count_letters(r, kind, subject->name.text, slug, 1);
}

void
rows_item_drop(struct rows *r, int64_t id, enum shared_kind kind, struct str slug,
	const struct subject *subject)
{
	if (kind == SHARED_TOPIC)
		rows_run(r, "DELETE FROM topic WHERE slug = ?", "t", slug);
	else
		rows_run(r, "DELETE FROM organization WHERE slug = ?", "t", slug);
	rows_words_drop(r, TABLE_THING_TEXT, id, item_words(&r->scratch, subject));
	count_letters(r, kind, subject->name.text, slug, -1);
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

/* ---- sources ---- */

/* Adds a source to those by its authors' names, or takes it away. */
static void
change_authored(struct rows *r, struct str source, const struct entries *authors,
	struct str change(struct arena *, struct str, struct str))
{
	for (size_t i = 0; i < authors->n; i++) {
		int64_t name = author_hash(text_fold(&r->scratch, authors->v[i].name.text));
		struct str sources = change(&r->scratch,
			ask_text(r->store, &r->scratch,
				"SELECT sources FROM authored WHERE name = ?", "i", name),
			source);

		if (sources.n)
			put_numbered(r, TABLE_AUTHORED, name, sources, false);
		else
			rows_run(r, "DELETE FROM authored WHERE name = ?", "i", name);
	}
}

static int64_t
free_place(struct rows *r, struct str slug)
{
	int64_t place = store_place(slug);

	while (ask_number(r->store, 0, "SELECT 1 FROM source WHERE place = ?", "i", place))
		place++;
	return place;
}

void
rows_work(struct rows *r, int64_t id, const struct work *work)
{
	struct source_file file = work_file(work);
	struct claims claims = { 0 };
	struct row row = { .n = 0 };

	row_source(&row, &r->scratch, free_place(r, work->slug), id, work, STR(""));
	rows_put(r, TABLE_SOURCE, &row);
	rows_words(r, TABLE_THING_TEXT, id, work_words(&r->scratch, &file));
	count_letters(r, SHARED_SOURCE, file.source.title.text, work->slug, 1);
	for (size_t i = 0; i < work->keys.n; i++)
		put_texts(r, TABLE_IDENT, work->keys.v[i], work->slug);
	if (work->people.n)
		change_authored(r, work->slug, &work->facts.authors, pack_slug_in);
	work_claims(&r->scratch, work, &claims);
	rows_claims(r, &claims, rows_claim);
}

void
rows_work_drop(struct rows *r, int64_t id, const struct source_file *source, size_t people,
	struct str keys)
{
	struct texts said = { 0 };
	struct claims claims = { 0 };
	struct str key;

	rows_run(r, "DELETE FROM " SOURCE_NAMED("?1"), "t", source->slug);
	rows_words_drop(r, TABLE_THING_TEXT, id, work_words(&r->scratch, source));
	count_letters(r, SHARED_SOURCE, source->source.title.text, source->slug, -1);
	while (unpack_text(&keys, &key)) {
		rows_run(r, "DELETE FROM ident WHERE key = ?", "t", key);
		*vec_add(&r->scratch, &said) = key;
	}
	if (people)
		change_authored(r, source->slug, &source->source.authors, pack_slug_out);
	const struct work work = {
		.slug = source->slug, .file = source, .keys = { said.v, said.n }
	};

	work_claims(&r->scratch, &work, &claims);
	rows_claims(r, &claims, rows_claim_drop);
}

void
rows_work_recount(struct rows *r, int64_t from, int64_t to, const struct source_file *source,
	size_t before, size_t now)
{
	rows_run(r, "UPDATE source SET rank = ?, people = ? WHERE rank = ?", "iii", to,
		(int64_t)now, from);
	if (before && !now)
		change_authored(r, source->slug, &source->source.authors, pack_slug_out);
	if (!before && now)
		change_authored(r, source->slug, &source->source.authors, pack_slug_in);
	if (from == to)
		return;
	rows_words_drop(r, TABLE_THING_TEXT, from, work_words(&r->scratch, source));
	rows_words(r, TABLE_THING_TEXT, to, work_words(&r->scratch, source));
}

/* ---- files ---- */

void
rows_file(struct rows *r, const struct source_text *text)
{
	struct row row = { .n = 0 };

	row_file(&row, text);
	rows_put(r, TABLE_FILE, &row);
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
