/* common: a question is asked once, its answer copied to where it is kept. */
#include "catalog/common.h"

enum { KEY_MOST = 1 + 100 };

/* A question: its key, what is kept under it, or where to keep the answer; NULL: not at all. */
struct asked {
	char room[KEY_MOST];
	struct str key;
	const void *kept;
	struct arena *keeper;
};

/* What is asked for, and of whom. What is no slug is never kept. */
static void
look(struct store *s, char what, struct str slug, struct asked *asked)
{
	asked->kept = NULL;
	asked->keeper = NULL;
	if (slug.n >= KEY_MOST)
		return;
	asked->room[0] = what;
	if (slug.n)
		memcpy(asked->room + 1, slug.p, slug.n);
	asked->key = (struct str){ asked->room, 1 + slug.n };
	asked->kept = store_kept(s, asked->key);
	asked->keeper = store_keeper(s);
}

/* The answer and how many bytes its texts have, which lie in the keeper's arena. */
static void
keep(struct store *s, const struct asked *asked, const void *answer, size_t size, size_t texts)
{
	store_keep(s, asked->key, memcpy(arena_alloc(asked->keeper, size), answer, size),
		size + texts);
}

void
common_settings(struct store *s, struct arena *a, struct settings *settings)
{
	struct asked asked;

	look(s, '=', STR(""), &asked);
	if (asked.kept) {
		memcpy(settings, asked.kept, sizeof *settings);
		return;
	}
	query_settings(s, asked.keeper ? asked.keeper : a, settings);
	if (asked.keeper)
		keep(s, &asked, settings, sizeof *settings, 0);
}

bool
common_thing(struct store *s, struct arena *a, enum shared_kind kind, struct str slug,
	struct thing *thing)
{
	struct asked asked;

	look(s, (char)('0' + kind), slug, &asked);
	if (asked.kept) {
		memcpy(thing, asked.kept, sizeof *thing);
		return true;
	}
	if (!query_thing(s, asked.keeper ? asked.keeper : a, kind, slug, thing))
		return false;
	if (asked.keeper)
		keep(s, &asked, thing, sizeof *thing, thing->slug.n + thing->name.n);
	return true;
}

static bool
ask_source(struct store *s, struct arena *a, struct str slug, struct shown_source *source)
{
	const struct source_file *file = query_source(s, a, slug, &source->people);

	if (!file)
		return false;
	const struct citation *from = &file->source;

	source->facts = (struct citation){ .title = from->title,
		.kind = from->kind,
		.year = from->year,
		.url.text = source_url(a, from) };
	return true;
}

bool
common_source(struct store *s, struct arena *a, struct str slug, struct shown_source *source)
{
	struct asked asked;

	look(s, 's', slug, &asked);
	if (asked.kept) {
		memcpy(source, asked.kept, sizeof *source);
		return true;
	}
	if (!ask_source(s, a, slug, source))
		return false;
	if (!asked.keeper)
		return true;
	struct value *const texts[] = { &source->facts.title, &source->facts.kind,
		&source->facts.year, &source->facts.url };
	size_t bytes = 0;

	for (size_t i = 0; i < COUNT(texts); i++) {
		texts[i]->text = arena_str(asked.keeper, texts[i]->text);
		bytes += texts[i]->text.n;
	}
	keep(s, &asked, source, sizeof *source, bytes);
	return true;
}

bool
common_card(struct store *s, struct arena *a, struct str slug, struct shown_card *card)
{
	struct asked asked;

	look(s, 'c', slug, &asked);
	if (asked.kept) {
		memcpy(card, asked.kept, sizeof *card);
		return true;
	}
	const struct person *person = query_introduction_of(s, a, slug);

	if (!person)
		return false;
	*card = shown_card(person);
	if (!asked.keeper)
		return true;
	struct str packed = shown_pack_card(asked.keeper, card);

	*card = shown_unpack_card(packed);
	keep(s, &asked, card, sizeof *card, packed.n);
	return true;
}
