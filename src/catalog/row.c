/* row: the columns of store.c's tables, in their order. */
#include "catalog/row.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/text.h"
#include "catalog/pack.h"
#include "catalog/record.h"
#include "catalog/shown.h"

/* ---- a row ---- */

static void
add(struct row *row, struct cell cell)
{
	if (row->n == ROW_MOST)
		abort(); /* a table has more columns than that: a mistake of ours */
	row->v[row->n++] = cell;
}

void
row_number(struct row *row, int64_t number)
{
	add(row, (struct cell){ .type = CELL_NUMBER, .number = number });
}

void
row_text(struct row *row, struct str text)
{
	add(row, (struct cell){ .type = CELL_TEXT, .text = text });
}

void
row_blob(struct row *row, struct str blob)
{
	add(row, (struct cell){ .type = CELL_BLOB, .text = blob });
}

void
row_null(struct row *row)
{
	add(row, (struct cell){ .type = CELL_NULL });
}

static void
row_fields(struct row *row, struct arena *a, const struct kind *kind, const void *record)
{
	for (size_t i = 0; i < kind->n; i++)
		row_text(row, record_pack(a, &kind->fields[i], record));
}

/* ---- A to Z ---- */

struct str
row_letters(struct arena *a, struct str name)
{
	struct str folded = text_fold(a, name);
	char *p = arena_alloc(a, folded.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < folded.n; i++)
		if ((folded.p[i] >= 'a' && folded.p[i] <= 'z') ||
			(folded.p[i] >= '0' && folded.p[i] <= '9'))
			p[n++] = folded.p[i];
	return n && p[0] >= 'a' ? (struct str){ p, n } : arena_concat(a, STR(LETTERS_END), folded);
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

static struct str
sort_name(struct arena *a, const struct person *person)
{
	return person->sort_name.text.n ? person->sort_name.text
					: default_sort_name(a, person->name.text);
}

struct str
person_letters(struct arena *a, const struct person *person)
{
	return row_letters(a, sort_name(a, person));
}

void
row_person(struct row *row, struct arena *a, int64_t id, const struct person *person)
{
	struct person shown = *person;

	shown.sort_name.text = sort_name(a, person);
	row_number(row, id);
	row_text(row, person->slug);
	row_text(row, row_letters(a, shown.sort_name.text));
	row_text(row, person->updated.text.n ? person->updated.text : person->reviewed.text);
	row_text(row, person->path);
	row_fields(row, a, &KIND_PERSON, &shown);
}

void
row_pin(struct row *row, const struct person *person, size_t place)
{
	row_text(row, person->slug);
	row_number(row, (int64_t)place);
	row_text(row, person->related.v[place].name.text);
	row_text(row, person->related.v[place].note.text);
}

void
row_apart(struct row *row, const struct person *person, size_t place)
{
	row_text(row, person->slug);
	row_text(row, person->unrelated.v[place].name.text);
}

static void
add_name(struct arena *a, struct exact_names *names, int64_t id, struct str name, bool author)
{
	struct str folded = text_fold(a, name);

	if (folded.n)
		*vec_add(a, names) = (struct exact_name){ folded, id, author };
}

void
person_names(struct arena *a, int64_t id, const struct person *person, struct exact_names *names)
{
	add_name(a, names, id, person->name.text, true);
	add_name(a, names, id, person->native_name.text, false);
	for (size_t i = 0; i < person->aliases.n; i++)
		add_name(a, names, id, person->aliases.v[i].name.text, true);
}

void
row_exact(struct row *row, const struct exact_name *name)
{
	row_text(row, name->folded);
	row_number(row, name->person);
	row_number(row, name->author);
}

void
row_shares(struct row *row, int64_t person, const struct shares *shares)
{
	row_number(row, person);
	row_text(row, shares->of[SHARED_SOURCE]);
	row_text(row, shares->of[SHARED_TOPIC]);
	row_text(row, shares->of[SHARED_ORGANIZATION]);
	row_text(row, shares->wrote);
}

void
row_shown(struct row *row, int64_t person, const struct shown_row *shown)
{
	row_number(row, person);
	row_text(row, shown->organizations);
	row_text(row, shown->topics);
	row_text(row, shown->sources);
	row_text(row, shown->lines);
}

void
row_claim(struct row *row, const struct claim *claim)
{
	row_text(row, str_of(claim->folder));
	row_text(row, claim->slug);
	row_number(row, claim->rank);
	row_text(row, claim->owner);
	row_text(row, claim->note);
}

/* ---- words ---- */

void
person_each_name(const struct person *p, text_put *put, void *context)
{
	put(context, p->name.text);
	put(context, p->native_name.text);
	for (size_t i = 0; i < p->aliases.n; i++)
		put(context, p->aliases.v[i].name.text);
}

void
person_each_saying(const struct person *p, text_put *put, void *context)
{
	for (size_t i = 0; i < p->known_for.n; i++)
		put(context, p->known_for.v[i].name.text);
	put(context, p->role.text);
	put(context, p->tagline.text);
	put(context, p->summary.text);
}

void
thing_each_name(struct str name, struct str other, const struct entries *aliases, text_put *put,
	void *context)
{
	put(context, name);
	put(context, other);
	for (size_t i = 0; i < aliases->n; i++)
		put(context, aliases->v[i].name.text);
}

/* Folded texts in a row. */
struct folded {
	struct arena *arena;
	struct buf out;
};

static void
put_folded(void *context, struct str text)
{
	struct folded *to = context;
	struct str folded = text_fold(to->arena, text);

	if (folded.n == 0)
		return;
	if (to->out.n)
		buf_char(&to->out, ' ');
	buf_put(&to->out, folded);
}

static struct str
text_of(struct folded *folded)
{
	struct str text = arena_str(folded->arena, buf_str(&folded->out));

	buf_end(&folded->out);
	return text;
}

struct str
person_name_text(struct arena *a, const struct person *person)
{
	struct folded text = { .arena = a };

	person_each_name(person, put_folded, &text);
	return text_of(&text);
}

struct str
person_full_text(struct arena *a, const struct person_words *words)
{
	const struct named_things *things[] = { &words->topics, &words->organizations,
		&words->works };
	struct folded text = { .arena = a };

	person_each_name(words->person, put_folded, &text);
	for (size_t k = 0; k < COUNT(things); k++)
		for (size_t i = 0; i < things[k]->n; i++)
			put_folded(&text, things[k]->v[i]);
	person_each_saying(words->person, put_folded, &text);
	return text_of(&text);
}

void
row_words(struct row *row, int64_t id, struct str text)
{
	row_number(row, id);
	row_text(row, text);
}

/* ---- things ---- */

int64_t
thing_id(enum shared_kind kind, int64_t place, size_t people)
{
	uint64_t class = 31;

	while (people >>= 1)
		class --;
	return (int64_t)((class * SHARED_KINDS + kind) << STORE_CLASS_BITS) |
		place >> (STORE_PLACE_BITS - STORE_CLASS_BITS);
}

static struct str
thing_words(struct arena *a, struct str name, struct str other, const struct entries *aliases)
{
	struct folded text = { .arena = a };

	thing_each_name(name, other, aliases, put_folded, &text);
	return text_of(&text);
}

struct str
item_words(struct arena *a, const struct subject *subject)
{
	return thing_words(a, subject->name.text, STR(""), &subject->aliases);
}

void
row_item(struct row *row, struct arena *a, int64_t id, enum shared_kind kind, struct str slug,
	size_t people, const struct subject *subject)
{
	row_number(row, id);
	row_text(row, slug);
	row_text(row, row_letters(a, subject->name.text));
	row_number(row, (int64_t)people);
	row_fields(row, a, kind == SHARED_TOPIC ? &KIND_TOPIC : &KIND_ORGANIZATION, subject);
}

struct source_file
work_file(const struct work *work)
{
	struct source_file file = work->file ? *work->file : (struct source_file){ 0 };

	file.source = work->facts;
	return file;
}

void
row_source(struct row *row, struct arena *a, int64_t place, int64_t id, const struct work *work,
	struct str writers)
{
	struct source_file file = work_file(work);

	row_number(row, place);
	row_text(row, work->slug);
	row_number(row, id);
	row_text(row, row_letters(a, work->facts.title.text));
	row_number(row, (int64_t)work->people.n);
	row_text(row, work->key);
	row_text(row, source_key_slug(a, work->key));
	row_text(row, pack_texts(a, work->keys.v, work->keys.n));
	row_blob(row, writers);
	row_fields(row, a, &KIND_SOURCE, &file);
}

struct str
work_words(struct arena *a, const struct source_file *source)
{
	return thing_words(a, source->source.title.text, source->name.text, &source->aliases);
}

int64_t
author_hash(struct str folded)
{
	return (int64_t)(hash_fast(folded) >> 1);
}

/* ---- files ---- */

void
row_file(struct row *row, const struct source_text *text)
{
	row_text(row, text->path);
	row_number(row, text->size);
	row_number(row, text->mtime_ns);
	row_text(row, text->sum);
	row_number(row, text->good);
	row_text(row, text->folder);
	row_text(row, text->slug);
	row_number(row, text->serves);
	if (text->serves)
		row_blob(row, text->bytes);
	else
		row_null(row);
}
