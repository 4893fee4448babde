/* query: one SQL text per question, kept prepared by the store; rows are copied into the caller's
 * arena. */
#include "catalog/query.h"

#include <stdlib.h>

#include "catalog/ask.h"
#include "catalog/posting.h"
#include "catalog/record.h"

static void
bind_text(sqlite3_stmt *st, int at, struct str s)
{
	sqlite3_bind_text64(st, at, s.n ? s.p : "", s.n, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static struct str
text(struct arena *a, sqlite3_stmt *st, int at)
{
	/* texts are stored as UTF-8; asked for as such, each would be copied to end in NUL */
	const void *p = sqlite3_column_blob(st, at);

	return arena_str(a, (struct str){ p, p ? (size_t)sqlite3_column_bytes(st, at) : 0 });
}

static bool
next(sqlite3_stmt *st)
{
	if (sqlite3_step(st) == SQLITE_ROW)
		return true;
	sqlite3_reset(st);
	return false;
}

/* Takes the columns of a kind, from `first` on, into a zeroed record. */
static void
unpack(struct arena *a, sqlite3_stmt *st, int first, const struct kind *kind, void *record)
{
	for (size_t i = 0; i < kind->n; i++)
		if (sqlite3_column_bytes(st, first + (int)i) > 0)
			record_unpack(a, &kind->fields[i], text(a, st, first + (int)i), record);
}

void
query_settings(struct store *s, struct arena *a, struct settings *settings)
{
	sqlite3_stmt *st = store_statement(s, "SELECT name, value FROM meta");

	while (next(st)) {
		const struct field *field = kind_field(&KIND_CAPSULE, text(a, st, 0));

		if (field && sqlite3_column_bytes(st, 1) > 0)
			record_unpack(a, field, text(a, st, 1), settings);
	}
}

/* ---- people ---- */

/* person.* is id, slug, letters, day, path, and the fields. */
static struct person *
person_row(struct arena *a, sqlite3_stmt *st, int64_t *id)
{
	if (!next(st))
		return NULL;
	struct person *person = arena_new(a, struct person);

	*id = sqlite3_column_int64(st, 0);
	person->slug = text(a, st, 1);
	person->path = text(a, st, 4);
	unpack(a, st, 5, &KIND_PERSON, person);
	return person;
}

struct person *
query_person(struct store *s, struct arena *a, struct str slug, int64_t *id)
{
	sqlite3_stmt *st = store_statement(s, "SELECT * FROM person WHERE slug = ?");

	bind_text(st, 1, slug);
	struct person *person = person_row(a, st, id);

	sqlite3_reset(st);
	return person;
}

#define SHOWN "shown.organizations, shown.topics, shown.sources, shown.lines"

static struct shown_row
shown_row(struct arena *a, sqlite3_stmt *st, int first)
{
	return (struct shown_row){ .organizations = text(a, st, first),
		.topics = text(a, st, first + 1),
		.sources = text(a, st, first + 2),
		.lines = text(a, st, first + 3) };
}

struct person *
query_profile(struct store *s, struct arena *a, struct str slug, struct shown_row *shown)
{
	sqlite3_stmt *st = store_statement(s,
		"SELECT person.*, " SHOWN " FROM person JOIN shown ON shown.person = id WHERE slug "
		"= ?");
	int64_t id;

	bind_text(st, 1, slug);
	struct person *person = person_row(a, st, &id);

	if (person)
		*shown = shown_row(a, st, 5 + (int)KIND_PERSON.n);
	sqlite3_reset(st);
	return person;
}

struct shown_row
query_shown(struct store *s, struct arena *a, int64_t person)
{
	sqlite3_stmt *st = store_statement(s, "SELECT " SHOWN " FROM shown WHERE person = ?");
	struct shown_row shown = { 0 };

	sqlite3_bind_int64(st, 1, person);
	if (next(st))
		shown = shown_row(a, st, 0);
	sqlite3_reset(st);
	return shown;
}

struct person *
query_person_by_id(struct store *s, struct arena *a, int64_t id)
{
	sqlite3_stmt *st = store_statement(s, "SELECT * FROM person WHERE id = ?");

	sqlite3_bind_int64(st, 1, id);
	struct person *person = person_row(a, st, &id);

	sqlite3_reset(st);
	return person;
}

#define INTRODUCTION "slug, name, tagline, summary, links, start_here"

static struct person *
introduction_row(struct arena *a, sqlite3_stmt *st)
{
	static const struct str LISTS[] = { STR_INIT("links"), STR_INIT("start_here") };

	if (!next(st))
		return NULL;
	struct person *person = arena_new(a, struct person);

	person->slug = text(a, st, 0);
	person->name.text = text(a, st, 1);
	person->tagline.text = text(a, st, 2);
	person->summary.text = text(a, st, 3);
	for (size_t i = 0; i < COUNT(LISTS); i++)
		record_unpack(
			a, kind_field(&KIND_PERSON, LISTS[i]), text(a, st, 4 + (int)i), person);
	sqlite3_reset(st);
	return person;
}

struct person *
query_introduction(struct store *s, struct arena *a, int64_t id)
{
	sqlite3_stmt *st = store_statement(s, "SELECT " INTRODUCTION " FROM person WHERE id = ?");

	sqlite3_bind_int64(st, 1, id);
	return introduction_row(a, st);
}

struct person *
query_introduction_of(struct store *s, struct arena *a, struct str slug)
{
	sqlite3_stmt *st = store_statement(s, "SELECT " INTRODUCTION " FROM person WHERE slug = ?");

	bind_text(st, 1, slug);
	return introduction_row(a, st);
}

#define CARD "id, slug, name, tagline, day, reviewed"

static void
card_row(struct arena *a, sqlite3_stmt *st, struct card *card)
{
	card->id = sqlite3_column_int64(st, 0);
	card->slug = text(a, st, 1);
	card->name = text(a, st, 2);
	card->tagline = text(a, st, 3);
	card->day = text(a, st, 4);
	card->reviewed = text(a, st, 5);
}

static void
card_rows(struct arena *a, sqlite3_stmt *st, struct cards *cards)
{
	while (next(st))
		card_row(a, st, vec_add(a, cards));
}

static void
bind_range(sqlite3_stmt *st, int at, struct range range)
{
	sqlite3_bind_int64(st, at, (int64_t)range.most);
	sqlite3_bind_int64(st, at + 1, (int64_t)range.from);
}

bool
query_card(struct store *s, struct arena *a, int64_t id, struct card *card)
{
	sqlite3_stmt *st = store_statement(s, "SELECT " CARD " FROM person WHERE id = ?");

	sqlite3_bind_int64(st, 1, id);
	if (!next(st))
		return false;
	card_row(a, st, card);
	sqlite3_reset(st);
	return true;
}

size_t
query_people_count(struct store *s)
{
	return letters_count(s, LETTERED_PERSON, STR(""));
}

/* The first of those that begin so and stand in the range, and how many rows lead to it and are
 * wanted; false when there is none. For statements that end in FROM_LETTERS. */
static bool
bind_letters(struct store *s, struct arena *a, sqlite3_stmt *st, enum lettered of, struct str begin,
	struct range range)
{
	size_t all = letters_count(s, of, begin);

	if (range.from >= all)
		return false;
	if (range.most > all - range.from)
		range.most = all - range.from;
	struct letters_place place = letters_find(s, a, of, begin, range.from);

	bind_text(st, 1, place.letters);
	bind_text(st, 2, place.slug);
	bind_range(st, 3, (struct range){ place.skip, range.most });
	return true;
}
#define FROM_LETTERS " WHERE (letters, slug) >= (?1, ?2) ORDER BY letters, slug LIMIT ?3 OFFSET ?4"

void
query_people(
	struct store *s, struct arena *a, struct str begin, struct range range, struct cards *cards)
{
	sqlite3_stmt *st = store_statement(
		s, "SELECT " CARD ", substr(letters, 1, 1) FROM person" FROM_LETTERS);

	if (!bind_letters(s, a, st, LETTERED_PERSON, begin, range))
		return;
	while (next(st)) {
		struct card *card = vec_add(a, cards);

		card_row(a, st, card);
		card->letter = text(a, st, 6);
	}
}

void
query_people_of(struct store *s, struct arena *a, enum shared_kind kind, struct str slug,
	struct range range, struct cards *cards)
{
	struct numbers ids = { 0 };

	posting_read(s, a, kind, slug, range.from, range.most, &ids);
	for (size_t i = 0; i < ids.n; i++) {
		struct card card;

		if (query_card(s, a, ids.v[i], &card))
			*vec_add(a, cards) = card;
	}
}

void
query_newest(struct store *s, struct arena *a, struct range range, struct cards *cards)
{
	sqlite3_stmt *st = store_statement(s,
		"SELECT " CARD " FROM person WHERE day <> '' ORDER BY day DESC, slug"
		" LIMIT ? OFFSET ?");

	bind_range(st, 1, range);
	card_rows(a, st, cards);
}

/* The class of prominence that holds the place `at`, and how many people are in it. */
static bool
class_at(struct store *s, size_t at, int64_t *class, size_t *in_class)
{
	sqlite3_stmt *st = store_statement(
		s, "SELECT key, n FROM tally WHERE kind = ? AND n > 0 ORDER BY key");
	bool found = false;

	sqlite3_bind_int(st, 1, TALLY_CLASS);
	while (!found && next(st)) {
		*class = sqlite3_column_int64(st, 0);
		*in_class = (size_t)sqlite3_column_int64(st, 1);
		found = at < *in_class;
		at -= found ? 0 : *in_class;
	}
	sqlite3_reset(st);
	return found;
}

bool
query_nth_person(struct store *s, struct arena *a, uint64_t at, struct card *card)
{
	size_t n = query_people_count(s), in_class;
	int64_t class;
	struct cards one = { 0 };

	if (n == 0 || !class_at(s, at % n, &class, &in_class))
		return false;
	/* within a class ids are spread evenly: the first from a place on, else the class's first
	 */
	sqlite3_stmt *st = store_statement(
		s, "SELECT " CARD " FROM person WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1");
	int64_t first = class << STORE_CLASS_BITS, end = (class + 1) << STORE_CLASS_BITS;

	for (int64_t from = first + (int64_t)(at >> (64 - STORE_CLASS_BITS));; from = first) {
		sqlite3_bind_int64(st, 1, from);
		sqlite3_bind_int64(st, 2, end);
		card_rows(a, st, &one);
		if (one.n || from == first)
			break;
	}
	if (one.n)
		*card = one.v[0];
	return one.n > 0;
}

void
query_by_name(struct store *s, struct arena *a, struct str folded, struct cards *cards)
{
	sqlite3_stmt *st = store_statement(s,
		"SELECT DISTINCT " CARD " FROM exact JOIN person ON person.id = exact.person"
		" WHERE folded = ? ORDER BY id LIMIT 50");

	bind_text(st, 1, folded);
	card_rows(a, st, cards);
}

/* ---- things ---- */

size_t
query_things_count(struct store *s, enum shared_kind kind)
{
	return letters_count(s, (enum lettered)kind, STR(""));
}

static void
thing_rows(struct arena *a, sqlite3_stmt *st, enum shared_kind kind, struct things *things)
{
	while (next(st))
		*vec_add(a, things) = (struct thing){ kind, text(a, st, 0), text(a, st, 1),
			(size_t)sqlite3_column_int64(st, 2) };
}

/* A source is called by its title, the others by their name. */
#define NAMED_BY_KIND(s, kind, after) \
	((kind) == SHARED_SOURCE \
			? store_statement((s), "SELECT slug, title, people FROM source " after) \
			: (kind) == SHARED_TOPIC \
			? store_statement((s), "SELECT slug, name, people FROM topic " after) \
			: store_statement( \
				  (s), "SELECT slug, name, people FROM organization " after))

void
query_things(struct store *s, struct arena *a, enum shared_kind kind, struct str begin,
	struct range range, struct things *things)
{
	sqlite3_stmt *st = NAMED_BY_KIND(s, kind, FROM_LETTERS);

	if (bind_letters(s, a, st, (enum lettered)kind, begin, range))
		thing_rows(a, st, kind, things);
}

void
query_best_known(
	struct store *s, struct arena *a, enum shared_kind kind, size_t most, struct things *things)
{
	sqlite3_stmt *st = NAMED_BY_KIND(
		s, kind, "WHERE people > 1 ORDER BY people DESC, letters, slug LIMIT ?");

	sqlite3_bind_int64(st, 1, (int64_t)most);
	thing_rows(a, st, kind, things);
}

/* As many as a page lists are looked at: there may be millions. */
#define LESS_KNOWN(table, name) \
	"SELECT slug, " name ", people FROM (SELECT slug, " name ", people, letters FROM " table \
	" WHERE people <= 1 ORDER BY letters, slug LIMIT ?2)" \
	" ORDER BY people DESC, letters, slug LIMIT ?1"

void
query_less_known(
	struct store *s, struct arena *a, enum shared_kind kind, size_t most, struct things *things)
{
	static const char *const SQL[SHARED_KINDS] = { [SHARED_SOURCE] =
							       LESS_KNOWN("source", "title"),
		[SHARED_TOPIC] = LESS_KNOWN("topic", "name"),
		[SHARED_ORGANIZATION] = LESS_KNOWN("organization", "name") };
	sqlite3_stmt *st = store_statement(s, SQL[kind]);

	bind_range(st, 1, (struct range){ LIST_MOST, most });
	thing_rows(a, st, kind, things);
}

static bool
one_thing(struct arena *a, sqlite3_stmt *st, enum shared_kind kind, struct thing *thing)
{
	struct things one = { 0 };

	thing_rows(a, st, kind, &one);
	if (one.n)
		*thing = one.v[0];
	return one.n > 0;
}

bool
query_thing(struct store *s, struct arena *a, enum shared_kind kind, struct str slug,
	struct thing *thing)
{
	sqlite3_stmt *st = kind == SHARED_SOURCE
		? store_statement(s, "SELECT slug, title, people FROM " SOURCE_NAMED("?1"))
		: kind == SHARED_TOPIC
		? store_statement(s, "SELECT slug, name, people FROM topic WHERE slug = ?")
		: store_statement(s, "SELECT slug, name, people FROM organization WHERE slug = ?");

	bind_text(st, 1, slug);
	return one_thing(a, st, kind, thing);
}

bool
query_thing_by_id(struct store *s, struct arena *a, int64_t id, struct thing *thing)
{
	enum shared_kind kind = store_thing_kind(id);
	sqlite3_stmt *st = NAMED_BY_KIND(s, kind, "WHERE rank = ?");

	sqlite3_bind_int64(st, 1, id);
	return one_thing(a, st, kind, thing);
}

struct str
query_shares(struct store *s, struct arena *a, int64_t person, enum shared_kind kind)
{
	return ask_text(s, a,
		kind == SHARED_SOURCE ? "SELECT sources FROM shares WHERE person = ?"
			: kind == SHARED_TOPIC
			? "SELECT topics FROM shares WHERE person = ?"
			: "SELECT organizations FROM shares WHERE person = ?",
		"i", person);
}

struct str
query_wrote(struct store *s, struct arena *a, int64_t person)
{
	return ask_text(s, a, "SELECT wrote FROM shares WHERE person = ?", "i", person);
}

void
query_things_of(struct store *s, struct arena *a, int64_t person, enum shared_kind kind,
	struct things *things)
{
	struct str slugs = query_shares(s, a, person, kind), slug;
	struct thing thing;

	while (unpack_slug(&slugs, &slug))
		if (query_thing(s, a, kind, slug, &thing))
			*vec_add(a, things) = thing;
}

void
query_narrower(struct store *s, struct arena *a, struct str topic, struct things *things)
{
	sqlite3_stmt *st = store_statement(s,
		"SELECT slug, name, people FROM topic WHERE broader = ? AND broader <> ''"
		" ORDER BY letters, slug LIMIT 100");

	bind_text(st, 1, topic);
	thing_rows(a, st, SHARED_TOPIC, things);
}

struct subject *
query_subject(
	struct store *s, struct arena *a, enum shared_kind kind, struct str slug, size_t *people)
{
	sqlite3_stmt *st = kind == SHARED_TOPIC
		? store_statement(s, "SELECT * FROM topic WHERE slug = ?")
		: store_statement(s, "SELECT * FROM organization WHERE slug = ?");

	bind_text(st, 1, slug);
	if (!next(st))
		return NULL;
	struct subject *subject = arena_new(a, struct subject);

	subject->slug = text(a, st, 1);
	*people = (size_t)sqlite3_column_int64(st, 3);
	unpack(a, st, 4, kind == SHARED_TOPIC ? &KIND_TOPIC : &KIND_ORGANIZATION, subject);
	sqlite3_reset(st);
	return subject;
}

struct source_file *
query_source(struct store *s, struct arena *a, struct str slug, size_t *people)
{
	sqlite3_stmt *st = store_statement(s, "SELECT * FROM " SOURCE_NAMED("?1"));

	bind_text(st, 1, slug);
	if (!next(st))
		return NULL;
	struct source_file *source = arena_new(a, struct source_file);

	source->slug = text(a, st, 1);
	*people = (size_t)sqlite3_column_int64(st, 4);
	unpack(a, st, 9, &KIND_SOURCE, source);
	sqlite3_reset(st);
	return source;
}

struct str
query_writers(struct store *s, struct arena *a, struct str source)
{
	return ask_text(s, a, "SELECT writers FROM " SOURCE_NAMED("?1"), "t", source);
}

void
query_authors(struct store *s, struct arena *a, struct str source, struct cards *cards,
	struct ids *positions)
{
	struct str writers = query_writers(s, a, source);

	for (size_t i = 0; i + 1 < unpack_count(writers); i += 2) {
		struct card card;

		if (!query_card(s, a, unpack_id(writers, i + 1), &card))
			continue;
		*vec_add(a, cards) = card;
		*vec_add(a, positions) = (uint32_t)unpack_id(writers, i);
	}
}

/* ---- files ---- */

void
query_errors(struct store *s, struct problems *problems, size_t most)
{
	struct arena *a = problems->arena;
	sqlite3_stmt *st = store_statement(s,
		"SELECT path, line, column, field, text FROM problem WHERE severity = ?"
		" ORDER BY path, line, column LIMIT ?");

	sqlite3_bind_int(st, 1, PROBLEM_ERROR);
	sqlite3_bind_int64(st, 2, (int64_t)most);
	while (next(st)) {
		struct str said = text(a, st, 4);

		problem_add(problems, PROBLEM_ERROR, text(a, st, 0), sqlite3_column_int(st, 1),
			sqlite3_column_int(st, 2), text(a, st, 3), "%.*s", STR_ARG(said));
	}
}

/* ---- relations and addresses ---- */

struct str
query_related_list(struct store *s, struct arena *a, int64_t person)
{
	return ask_text(s, a, "SELECT list FROM related WHERE person = ?", "i", person);
}

struct str
query_listed(struct store *s, struct arena *a, int64_t person)
{
	return ask_text(s, a, "SELECT lists FROM listed WHERE person = ?", "i", person);
}

bool
query_old(struct store *s, struct arena *a, const char *folder, struct str slug, struct str *target,
	struct str *gone)
{
	sqlite3_stmt *st = store_statement(s,
		"SELECT rank, owner, note FROM claim WHERE folder = ? AND slug = ?"
		" ORDER BY rank, owner");
	int rank;
	bool alone = true;

	bind_text(st, 1, str_of(folder));
	bind_text(st, 2, slug);
	if (!next(st))
		return false;
	rank = sqlite3_column_int(st, 0);
	*target = rank == CLAIM_WITHDRAWN ? STR("") : text(a, st, 1);
	*gone = text(a, st, 2);
	while (alone && next(st) && sqlite3_column_int(st, 0) == rank)
		alone = str_eq(*target, text(a, st, 1));
	sqlite3_reset(st);
	return alone;
}

bool
query_page(struct store *s, struct arena *a, struct str slug, struct str *bytes)
{
	sqlite3_stmt *st = store_statement(
		s, "SELECT bytes FROM file WHERE folder = 'pages' AND slug = ? AND serves = 1");

	bind_text(st, 1, slug);
	if (!next(st))
		return false;
	*bytes = text(a, st, 0);
	sqlite3_reset(st);
	return true;
}

void
query_pages(struct store *s, struct arena *a, struct entries *slugs)
{
	sqlite3_stmt *st = store_statement(s,
		"SELECT slug, bytes FROM file WHERE folder = 'pages' AND serves = 1"
		" ORDER BY slug");

	while (next(st)) {
		struct entry *entry = vec_add(a, slugs);

		entry->name.text = text(a, st, 0);
		entry->note.text = text(a, st, 1);
	}
}

bool
query_file(struct store *s, struct arena *a, struct str path, struct str *bytes)
{
	sqlite3_stmt *st =
		store_statement(s, "SELECT bytes FROM file WHERE path = ? AND serves = 1");

	bind_text(st, 1, path);
	if (!next(st))
		return false;
	*bytes = text(a, st, 0);
	sqlite3_reset(st);
	return true;
}
