/* advice: the records say where things stand in their files, the catalog what they share. */
#include "edit/advice.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "base/uri.h"
#include "catalog/record.h"

enum { SHARED_MOST = 64, NAMED_MOST = 5, COMMON_LEAST = 2 };

struct somebody {
	struct str path;
	struct person *record;
	int64_t id;
	struct things sources, topics;
};

struct advising {
	struct arena *a;
	struct problems *ps;
	struct store *store;
	const char *capsule;
	struct {
		struct somebody *v;
		size_t n, room;
	} people;
	struct map by_slug;
};

#define note_at(w, one, value, field, ...) \
	problem_add((w)->ps, PROBLEM_NOTE, (one)->path, (value)->line, (value)->column, \
		STR(field), __VA_ARGS__)

/* Every published person, as the files and as the catalog have them. */
static void
read_people(struct advising *w)
{
	struct names names = { 0 };
	struct err e = { 0 };

	file_tree(w->a, arena_printf(w->a, "%s/people", w->capsule).p, &names, &e);
	for (size_t i = 0; i < names.n; i++) {
		struct problems unheard = { .arena = w->a };
		struct str path = arena_printf(w->a, "people/%.*s", STR_ARG(names.v[i])), bytes;
		struct reader r = { w->a, &unheard, path, clock_day(w->a, 24) };
		size_t slash = str_find_last(path, '/');
		struct str slug = str_sub(path, slash + 1, str_find_last(path, '.'));
		struct somebody one = { .path = path, .record = arena_new(w->a, struct person) };
		const struct node *node;

		if (!str_ends(path, STR(".yaml")) ||
			!file_read(w->a, arena_printf(w->a, "%s/%.*s", w->capsule, STR_ARG(path)).p,
				YAML_MOST, &bytes, NULL, &e) ||
			!(node = yaml_parse(&r, bytes)) ||
			!record_parse(&r, &KIND_PERSON, node, one.record) ||
			!query_person(w->store, w->a, slug, &one.id))
			continue;
		query_things_of(w->store, w->a, one.id, SHARED_SOURCE, &one.sources);
		query_things_of(w->store, w->a, one.id, SHARED_TOPIC, &one.topics);
		*map_at(w->a, &w->by_slug, slug) = w->people.n;
		*vec_add(w->a, &w->people) = one;
	}
}

static const struct value *
place_of_sources(const struct somebody *one)
{
	return one->record->start_here.n ? &one->record->start_here.v[0].ref : &one->record->name;
}

static const struct value *
place_of_topics(const struct somebody *one)
{
	return one->record->topics.n ? &one->record->topics.v[0].name : &one->record->name;
}

/* ---- each for itself ---- */

static void
advise_start(struct advising *w, const struct somebody *one)
{
	if (one->record->start_here.n == 0)
		note_at(w, one, &one->record->name, "start_here",
			"nothing to start with; add the one source that a newcomer should read "
			"first");
}

static void
advise_review(struct advising *w, const struct somebody *one, struct str year_ago)
{
	const struct value *reviewed = &one->record->reviewed;

	if (reviewed->text.n && str_cmp(reviewed->text, year_ago) < 0)
		note_at(w, one, reviewed, "reviewed",
			"the last review is more than a year old; look the record through again, "
			"and give the new date");
}

/* ---- sources ---- */

/* How a record names the source. */
static struct str
reference_to(struct advising *w, const struct thing *source)
{
	struct str own =
		arena_printf(w->a, "%s/sources/%.*s.yaml", w->capsule, STR_ARG(source->slug));
	size_t people;
	const struct source_file *facts = query_source(w->store, w->a, source->slug, &people);

	if (file_exists(own.p) || !facts)
		return source->slug;
	if (facts->source.arxiv.text.n)
		return arena_printf(w->a, "arxiv:%.*s", STR_ARG(facts->source.arxiv.text));
	if (facts->source.doi.text.n)
		return arena_printf(w->a, "doi:%.*s", STR_ARG(facts->source.doi.text));
	return facts->source.url.text.n ? facts->source.url.text : source->slug;
}

/* A source that only one person has, though others in the directory wrote it, too. */
static void
advise_authors(struct advising *w, const struct somebody *one)
{
	for (size_t i = 0; i < one->sources.n; i++) {
		const struct thing *source = &one->sources.v[i];
		struct cards authors = { 0 };
		struct ids positions = { 0 };

		if (source->people != 1)
			continue;
		query_authors(w->store, w->a, source->slug, &authors, &positions);
		for (size_t k = 0; k < authors.n; k++) {
			size_t q = map_find(&w->by_slug, authors.v[k].slug);

			if (authors.v[k].id == one->id || q == (size_t)MAP_NONE)
				continue;
			const struct somebody *other = &w->people.v[q];

			note_at(w, other, place_of_sources(other), "start_here",
				"\"%.*s\" stands in %.*s alone, though %.*s is among its authors; "
				"if it is a place to start here too, add \"- %.*s\"",
				STR_ARG(text_short(w->a, source->name, 80)), STR_ARG(one->path),
				STR_ARG(other->record->name.text),
				STR_ARG(reference_to(w, source)));
		}
	}
}

static bool
share_a_topic(const struct somebody *one, const struct somebody *other)
{
	for (size_t i = 0; i < one->topics.n; i++)
		for (size_t k = 0; k < other->topics.n; k++)
			if (str_eq(one->topics.v[i].slug, other->topics.v[k].slug))
				return true;
	return false;
}

/* Those behind this one in the list who share a source with it, but no topic. */
static void
advise_topics(struct advising *w, size_t p)
{
	const struct somebody *one = &w->people.v[p];
	struct map told = { 0 };
	struct buf list = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < one->sources.n; i++) {
		struct cards sharers = { 0 };
		const struct thing *source = &one->sources.v[i];

		if (source->people < 2 || source->people > SHARED_MOST)
			continue;
		query_people_of(w->store, w->a, SHARED_SOURCE, source->slug,
			(struct range){ 0, SHARED_MOST }, &sharers);
		for (size_t k = 0; k < sharers.n; k++) {
			size_t q = map_find(&w->by_slug, sharers.v[k].slug);

			if (q == (size_t)MAP_NONE || q <= p ||
				*map_at(w->a, &told, sharers.v[k].slug) != (size_t)MAP_NONE ||
				share_a_topic(one, &w->people.v[q]))
				continue;
			*map_at(w->a, &told, sharers.v[k].slug) = q;
			if (n++ < NAMED_MOST)
				buf_printf(&list, "%s%.*s", n > 1 ? ", " : "",
					STR_ARG(w->people.v[q].path));
		}
	}
	if (n > NAMED_MOST)
		buf_printf(&list, " and %zu more", n - NAMED_MOST);
	if (n)
		note_at(w, one, place_of_topics(one), "topics",
			"no topic in common with %.*s, though they share a source; name what they "
			"both work on",
			STR_ARG(buf_str(&list)));
	buf_end(&list);
}

/* ---- one person twice ---- */

static void
compare(struct advising *w, struct map *seen, size_t p, struct str key, const struct value *at,
	const char *what)
{
	if (key.n == 0)
		return;
	size_t *first = map_at(w->a, seen, arena_str(w->a, key));

	if (*first == (size_t)MAP_NONE)
		*first = p;
	else if (*first != p)
		problem_add(w->ps, PROBLEM_NOTE, w->people.v[p].path, at->line, at->column,
			str_of(what),
			"the same stands in %.*s; if both are one person, keep one record and list "
			"the other's slug under its former_slugs",
			STR_ARG(w->people.v[*first].path));
}

static void
advise_twins(struct advising *w)
{
	struct map orcids = { 0 }, homepages = { 0 }, names = { 0 };

	for (size_t p = 0; p < w->people.n; p++) {
		const struct person *person = w->people.v[p].record;

		for (size_t i = 0; i < person->links.n; i++) {
			const struct entry *link = &person->links.v[i];
			struct str normal;

			if (str_eq_nocase(link->name.text, STR("orcid")))
				compare(w, &orcids, p, link->note.text, &link->name, "orcid");
			else if (str_eq_nocase(link->name.text, STR("homepage")) &&
				uri_normal(w->a, link->note.text, &normal))
				compare(w, &homepages, p, normal, &link->name, "homepage");
		}
		compare(w, &names, p, text_fold(w->a, person->name.text), &person->name, "name");
		for (size_t i = 0; i < person->aliases.n; i++) {
			const struct value *alias = &person->aliases.v[i].name;

			compare(w, &names, p, text_fold(w->a, alias->text), alias, "aliases");
		}
	}
}

/* ---- topics that are nearly others ---- */

/* One letter put in, taken out, replaced, or swapped with the next. */
static bool
is_one_letter_away(struct str a, struct str b)
{
	size_t head = 0, tail = 0;

	while (head < a.n && head < b.n && a.p[head] == b.p[head])
		head++;
	while (tail < a.n - head && tail < b.n - head && a.p[a.n - 1 - tail] == b.p[b.n - 1 - tail])
		tail++;
	size_t m = a.n - head - tail, n = b.n - head - tail;

	return (m == 1 && n == 0) || (m == 0 && n == 1) || (m == 1 && n == 1) ||
		(m == 2 && n == 2 && a.p[head] == b.p[head + 1] && a.p[head + 1] == b.p[head]);
}

static void
advise_spelling(struct advising *w, const struct somebody *one, const struct things *all)
{
	for (size_t i = 0; i < one->record->topics.n; i++) {
		const struct value *topic = &one->record->topics.v[i].name;
		struct str slug = text_slug(w->a, topic->text);
		const struct thing *own = NULL, *near = NULL;

		for (size_t k = 0; k < one->topics.n && !own; k++)
			if (str_eq(one->topics.v[k].slug, slug))
				own = &one->topics.v[k];
		for (size_t k = 0; own && own->people == 1 && k < all->n && !near; k++)
			if (all->v[k].people >= COMMON_LEAST && slug.n > 3 &&
				is_one_letter_away(slug, all->v[k].slug))
				near = &all->v[k];
		if (near)
			note_at(w, one, topic, "topics",
				"nobody else has \"%.*s\"; did you mean \"%.*s\", which %zu people "
				"have?",
				STR_ARG(topic->text), STR_ARG(near->name), near->people);
	}
}

void
advice_add(struct problems *ps, const char *capsule, struct store *store)
{
	struct advising w = { .a = ps->arena, .ps = ps, .store = store, .capsule = capsule };
	struct str year_ago = clock_day(ps->arena, -365 * 24);
	struct things topics = { 0 };

	read_people(&w);
	query_best_known(
		store, w.a, SHARED_TOPIC, query_things_count(store, SHARED_TOPIC), &topics);
	for (size_t p = 0; p < w.people.n; p++) {
		advise_start(&w, &w.people.v[p]);
		advise_review(&w, &w.people.v[p], year_ago);
		advise_authors(&w, &w.people.v[p]);
		advise_topics(&w, p);
		advise_spelling(&w, &w.people.v[p], &topics);
	}
	advise_twins(&w);
}
