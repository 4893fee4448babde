/* view: the pieces that several pages are made of. */
#include "page/view.h"

#include "base/uri.h"

struct page *
view_page(const struct view *v, struct answer *answer)
{
	answer->kind = ANSWER_PAGE;
	answer->page = (struct page){ .arena = v->arena,
		.path = v->path,
		.directory = v->settings.title.text.n ? v->settings.title.text
						      : view_word(v, WORD_DIRECTORY),
		.language = v->settings.language.text.n ? v->settings.language.text : STR("en") };
	return &answer->page;
}

struct str
view_word(const struct view *v, enum word id)
{
	return word(&v->settings, id);
}

struct str
view_say(const struct view *v, enum word id, struct str first)
{
	return word_fill(v->arena, view_word(v, id), &first, 1);
}

struct str
view_say_two(const struct view *v, enum word id, struct str first, struct str second)
{
	const struct str values[] = { first, second };

	return word_fill(v->arena, view_word(v, id), values, 2);
}

struct str
view_count(const struct view *v, size_t n, enum word one, enum word many)
{
	bool single = n == 1 || (n == 0 && language_of(v->settings.language.text)->one_is_none);

	return view_say(v, single ? one : many, arena_number(v->arena, n));
}

struct range
view_range(const struct view *v)
{
	return (struct range){ (v->part - 1) * LIST_MOST, LIST_MOST };
}

/* v->path with another part: "/names/sm.gmi" and 2 make "/names/sm--2.gmi". */
static struct str
part_path(const struct view *v, size_t part)
{
	size_t dot = str_find_last(v->path, '.'), from = str_find_last(v->path, '/');
	size_t mark = str_find_last(str_sub(v->path, from, dot), '-') + from;
	/* letters may stand behind two dashes, too, but begin with no digit */
	bool parted = mark + 1 < dot && v->path.p[mark - 1] == '-' && v->path.p[mark + 1] <= '9';
	struct str stem = str_sub(v->path, 0, parted ? mark - 1 : dot),
		   ending = str_sub(v->path, dot, v->path.n);

	return part == 1
		? arena_printf(v->arena, "%.*s%.*s", STR_ARG(stem), STR_ARG(ending))
		: arena_printf(v->arena, "%.*s--%zu%.*s", STR_ARG(stem), part, STR_ARG(ending));
}

static void
link_part(const struct view *v, struct page *p, size_t part, size_t parts, enum word word)
{
	struct str at = arena_printf(v->arena, "%zu / %zu", part, parts);

	page_link(p, part_path(v, part),
		word == WORD_COUNT ? at : view_say_two(v, WORD_LABEL, view_word(v, word), at));
}

void
view_parts(const struct view *v, struct page *p, size_t total)
{
	size_t parts = (total + LIST_MOST - 1) / LIST_MOST;

	page_space(p);
	if (v->part < parts)
		link_part(v, p, v->part + 1, parts, WORD_NEXT);
	if (v->part > 1)
		link_part(v, p, v->part - 1, parts, WORD_PREVIOUS);
	/* nobody has to turn every page of a long list: ten on, a hundred on, ..., the last */
	for (size_t step = 10; v->part + step < parts; step *= 10)
		link_part(v, p, v->part + step, parts, WORD_COUNT);
	if (v->part + 1 < parts)
		link_part(v, p, parts, parts, WORD_COUNT);
	if (v->part > 2)
		link_part(v, p, 1, parts, WORD_COUNT);
}

void
view_foot(const struct view *v, struct page *p)
{
	page_space(p);
	page_link(p, STR("/index.gmi"),
		view_say_two(v, WORD_LABEL, view_word(v, WORD_HOME),
			v->settings.title.text.n ? v->settings.title.text
						 : view_word(v, WORD_DIRECTORY)));
}

struct str
view_person_path(const struct view *v, struct str slug)
{
	return arena_concat(v->arena, STR("/people/"), slug, STR(".gmi"));
}

struct str
view_thing_path(const struct view *v, enum shared_kind kind, struct str slug)
{
	static const struct str FOLDERS[SHARED_KINDS] = { [SHARED_SOURCE] = STR_INIT("/sources/"),
		[SHARED_TOPIC] = STR_INIT("/topics/"),
		[SHARED_ORGANIZATION] = STR_INIT("/organizations/") };

	return arena_concat(v->arena, FOLDERS[kind], slug, STR(".gmi"));
}

void
view_link_person(const struct view *v, struct page *p, const struct card *card)
{
	page_link(p, view_person_path(v, card->slug),
		view_say_two(v, WORD_LABEL, card->name, card->tagline));
}

void
view_link_thing(const struct view *v, struct page *p, const struct thing *thing)
{
	struct str people = view_count(v, thing->people, WORD_ONE_PERSON, WORD_MANY_PEOPLE);

	page_link(p, view_thing_path(v, thing->kind, thing->slug),
		arena_concat(v->arena, thing->name, STR(" ("), people, STR(")")));
}

void
view_old(const struct view *v, struct answer *answer, const char *folder, const char *ending)
{
	struct str target, gone;

	answer->kind = ANSWER_NOT_FOUND;
	if (!query_old(v->store, v->arena, folder, v->name, &target, &gone))
		return;
	answer->kind = target.n ? ANSWER_MOVED : ANSWER_GONE;
	answer->target = arena_printf(v->arena, "/%s/%.*s%s", folder, STR_ARG(target), ending);
	answer->words = gone;
}

struct str
view_source_facts(const struct view *v, const struct citation *source, struct str url)
{
	static const enum word KINDS[] = { WORD_KIND_PAPER, WORD_KIND_PROJECT, WORD_KIND_REPOSITORY,
		WORD_KIND_BOOK, WORD_KIND_COURSE, WORD_KIND_TALK, WORD_KIND_DATASET,
		WORD_KIND_PAGE };
	struct str kind = source->kind.text, host = uri_host(url), year = source->year.text;

	for (size_t i = 0; SOURCE_KINDS[i]; i++)
		if (str_eq(kind, str_of(SOURCE_KINDS[i])))
			kind = view_word(v, KINDS[i]);
	return arena_concat(v->arena, kind, year.n ? STR(", ") : STR(""), year,
		host.n ? STR(", ") : STR(""), host);
}
