/* common: a question is asked once, its answer copied to where it is kept. */
#include "catalog/common.h"

enum { KEY_MOST = 1 + 100 };

/* What is asked for, and of whom; empty for what is no slug. */
static struct str
key_of(char room[KEY_MOST], char what, struct str slug)
{
	if (slug.n >= KEY_MOST)
		return (struct str){ room, 0 };
	room[0] = what;
	if (slug.n)
		memcpy(room + 1, slug.p, slug.n);
	return (struct str){ room, 1 + slug.n };
}

static void *
keep(struct store *s, struct str key, const void *value, size_t size, size_t texts)
{
	void *kept = memcpy(arena_alloc(store_keeper(s), size), value, size);

	store_keep(s, key, kept, size + texts);
	return kept;
}

void
common_settings(struct store *s, struct arena *a, struct settings *settings)
{
	static const struct str KEY = STR_INIT("=");
	struct arena *keeper = store_keeper(s);
	const struct settings *kept = store_kept(s, KEY);

	if (kept)
		*settings = *kept;
	else if (!keeper)
		query_settings(s, a, settings);
	else {
		query_settings(s, keeper, settings);
		keep(s, KEY, settings, sizeof *settings, 0);
	}
}

bool
common_thing(struct store *s, struct arena *a, enum shared_kind kind, struct str slug,
	struct thing *thing)
{
	char room[KEY_MOST];
	struct str key = key_of(room, (char)('0' + kind), slug);
	struct arena *keeper = key.n ? store_keeper(s) : NULL;
	const struct thing *kept = key.n ? store_kept(s, key) : NULL;

	if (kept)
		*thing = *kept;
	else if (!query_thing(s, keeper ? keeper : a, kind, slug, thing))
		return false;
	else if (keeper)
		keep(s, key, thing, sizeof *thing, thing->slug.n + thing->name.n);
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
	char room[KEY_MOST];
	struct str key = key_of(room, 's', slug);
	struct arena *keeper = key.n ? store_keeper(s) : NULL;
	const struct shown_source *kept = key.n ? store_kept(s, key) : NULL;

	if (kept) {
		*source = *kept;
		return true;
	}
	if (!ask_source(s, a, slug, source))
		return false;
	if (!keeper)
		return true;
	struct value *const texts[] = { &source->facts.title, &source->facts.kind,
		&source->facts.year, &source->facts.url };
	size_t bytes = 0;

	for (size_t i = 0; i < COUNT(texts); i++) {
		texts[i]->text = arena_str(keeper, texts[i]->text);
		bytes += texts[i]->text.n;
	}
	keep(s, key, source, sizeof *source, bytes);
	return true;
}

bool
common_card(struct store *s, struct arena *a, struct str slug, struct shown_card *card)
{
	char room[KEY_MOST];
	struct str key = key_of(room, 'c', slug);
	struct arena *keeper = key.n ? store_keeper(s) : NULL;
	const struct shown_card *kept = key.n ? store_kept(s, key) : NULL;

	if (kept) {
		*card = *kept;
		return true;
	}
	const struct person *person = query_introduction_of(s, a, slug);

	if (!person)
		return false;
	*card = shown_card(person);
	if (!keeper)
		return true;
	struct str packed = shown_pack_card(keeper, card);

	*card = shown_unpack_card(packed);
	keep(s, key, card, sizeof *card, packed.n);
	return true;
}
