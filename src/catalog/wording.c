/* wording: the titles of sources, and the names of topics and organizations, stand in the texts of
 * all who have them: they are kept as numbers of words. */
#include "catalog/wording.h"

#include <stdlib.h>

#include "base/text.h"
#include "catalog/gather.h"

struct wording {
	struct rows *rows;
	const struct directory *d;
	struct lexicon lexicon;
	struct gather names, all, things;
	struct arena arena;
	struct arena text;                   /* of the person or thing at hand */
	struct ids *of_things[SHARED_KINDS]; /* words, beside works, topics and organizations */
	/* of people's texts, in order; how many people have each in a name, by its number */
	struct counted_words words;
	uint32_t *named;
	size_t at;
};

struct wording *
wording_begin(struct rows *r, const struct directory *d)
{
	struct wording *w = calloc(1, sizeof *w);

	if (!w)
		abort();
	w->rows = r;
	w->d = d;
	/* as the tables have them (store.c) */
	w->names = (struct gather){ .lexicon = &w->lexicon, .prefixes = { 1, 2, 3 } };
	w->things = (struct gather){ .lexicon = &w->lexicon, .prefixes = { 2, 3 } };
	w->all = (struct gather){ .lexicon = &w->lexicon };
	w->of_things[SHARED_SOURCE] = arena_array(&w->arena, struct ids, d->works.n + 1);
	w->of_things[SHARED_TOPIC] = arena_array(&w->arena, struct ids, d->topics.n + 1);
	w->of_things[SHARED_ORGANIZATION] =
		arena_array(&w->arena, struct ids, d->organizations.n + 1);
	return w;
}

/* Words of one text after the other. */
struct taken {
	struct wording *w;
	struct ids words;
};

static void
take(void *context, struct str text)
{
	struct taken *taken = context;
	struct arena *a = &taken->w->text;

	lexicon_read(&taken->w->lexicon, a, text_fold(a, text), &taken->words);
}

static void
keep(struct arena *a, struct ids *kept, const struct ids *words, size_t n)
{
	if (n == 0)
		return;
	vec_reserve(a, kept, n);
	memcpy(kept->v, words->v, n * sizeof *words->v);
	kept->n = n;
}

/* The names of a thing: the first is shown. */
struct called {
	struct str name, other;
	const struct entries *aliases;
};

static struct called
called_of_item(const struct item *item)
{
	static const struct entries NONE = { 0 };

	return (struct called){ item->name, STR(""),
		item->record ? &item->record->aliases : &NONE };
}

static struct called
called_of(const struct directory *d, enum shared_kind kind, size_t at)
{
	if (kind == SHARED_TOPIC)
		return called_of_item(&d->topics.v[at]);
	if (kind == SHARED_ORGANIZATION)
		return called_of_item(&d->organizations.v[at]);
	static const struct source_file NONE = { 0 };
	const struct work *work = &d->works.v[at];
	const struct source_file *file = work->file ? work->file : &NONE;

	return (struct called){ work->facts.title.text, file->name.text, &file->aliases };
}

/* People's texts have a source's title, a topic's name, an organization's name and aliases. */
void
wording_thing(struct wording *w, int64_t id, enum shared_kind kind, size_t at)
{
	struct called called = called_of(w->d, kind, at);
	struct taken taken = { .w = w };
	size_t first;

	arena_clear(&w->text);
	take(&taken, called.name);
	first = taken.words.n;
	thing_each_name(STR(""), called.other, called.aliases, take, &taken);
	gather_begin(&w->things, id);
	gather_add(&w->things, &taken.words);
	gather_end(&w->things);
	keep(&w->arena, &w->of_things[kind][at], &taken.words,
		kind == SHARED_ORGANIZATION ? taken.words.n : first);
}

void
wording_person(struct wording *w, int64_t id, const struct member *member)
{
	static const enum shared_kind ORDER[] = { SHARED_TOPIC, SHARED_ORGANIZATION,
		SHARED_SOURCE };
	struct taken names = { .w = w }, sayings = { .w = w };

	arena_clear(&w->text);
	person_each_name(member->record, take, &names);
	gather_begin(&w->names, id);
	gather_add(&w->names, &names.words);
	gather_end(&w->names);
	gather_begin(&w->all, id);
	gather_add(&w->all, &names.words);
	for (size_t k = 0; k < COUNT(ORDER); k++) {
		const struct ids *things = member_shares(member, ORDER[k]);

		for (size_t i = 0; i < things->n; i++)
			gather_add(&w->all, &w->of_things[ORDER[k]][things->v[i]]);
	}
	person_each_saying(member->record, take, &sayings);
	gather_add(&w->all, &sayings.words);
	gather_end(&w->all);
}

/* Steps through the words of people's texts: how many people have each, and how many in a name. */
static bool
next_word(void *context, struct row *row)
{
	struct wording *w = context;

	if (w->at == w->words.n)
		return false;
	const struct counted_word *word = &w->words.v[w->at++];

	row_text(row, lexicon_word(&w->lexicon, word->word));
	row_number(row, word->texts);
	row_number(row, w->named[word->word]);
	return true;
}

static bool
next_name(void *context, struct row *row)
{
	struct wording *w = context;

	while (w->at < w->words.n && !w->named[w->words.v[w->at].word])
		w->at++;
	if (w->at == w->words.n)
		return false;
	uint32_t word = w->words.v[w->at++].word;

	row_text(row, lexicon_word(&w->lexicon, word));
	row_number(row, w->named[word]);
	return true;
}

void
wording_write(struct wording *w)
{
	size_t n = w->lexicon.words.n;

	arena_end(&w->text);
	w->named = arena_array(&w->arena, uint32_t, n + 1);
	for (uint32_t i = 0; i < n; i++)
		w->named[i] = (uint32_t)gather_count(&w->names, i);
	gather_write(&w->names, w->rows, TABLE_NAME_TEXT, NULL, NULL);
	gather_write(&w->things, w->rows, TABLE_THING_TEXT, NULL, NULL);
	gather_write(&w->all, w->rows, TABLE_FULL_TEXT, &w->arena, &w->words);
}

void
wording_end(struct wording *w)
{
	w->at = 0;
	rows_feed(w->rows, TABLE_WORD, next_word, w);
	w->at = 0;
	rows_feed(w->rows, INDEX_WORD_OF_NAMES, next_name, w);
	arena_end(&w->arena);
	lexicon_end(&w->lexicon);
	free(w);
}
