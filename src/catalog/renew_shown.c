/* renew_shown: what profiles show of others (shown.h) after a change. Which rows show something
 * that is otherwise than before follows from what the other steps found; of such a row only those
 * parts are made anew. */
#include "catalog/posting.h"
#include "catalog/query.h"
#include "catalog/renew.h"

/* What of somebody's row is made anew. */
enum part { PART_THINGS = 1, PART_SOURCES = 2, PART_LINES = 4 };

struct showings {
	struct renewal *r;
	struct map changes; /* ids of changed people, to their places in r->people */
	struct map by_id;   /* of people whose rows are written */
	struct {
		struct renewed {
			int64_t id;
			unsigned parts;
		} * v;
		size_t n, room;
	} rows;
	struct set looked_at; /* slugs of people whose cards may be others than before, */
	struct set recarded;  /* and of those whose are */
};

static void
renew_row(struct showings *s, int64_t id, unsigned parts)
{
	struct arena *a = &s->r->arena;
	size_t at = map_find(&s->by_id, id_bytes(&id));

	if (at == (size_t)MAP_NONE) {
		at = s->rows.n;
		*map_at(a, &s->by_id, arena_str(a, id_bytes(&id))) = at;
		*vec_add(a, &s->rows) = (struct renewed){ id, 0 };
	}
	s->rows.v[at].parts |= parts;
}

/* The change of whoever has the id now, or NULL. */
static const struct change *
change_of(const struct showings *s, int64_t id)
{
	size_t at = map_find(&s->changes, id_bytes(&id));

	return at == (size_t)MAP_NONE ? NULL : &s->r->people.v[at];
}

static int64_t
id_before(const struct showings *s, int64_t id)
{
	const struct change *change = change_of(s, id);

	return !change ? id : change->before ? change->id_before : 0;
}

static void
find_changes(struct showings *s)
{
	struct changes *people = &s->r->people;

	for (size_t i = 0; i < people->n; i++)
		if (people->v[i].now)
			*map_at(&s->r->arena, &s->changes, id_bytes(&people->v[i].id)) = i;
}

/* ---- cards ---- */

static bool
is_on_many_lists(struct store *s, int64_t id)
{
	return ask_number(s, 0, "SELECT length(lists) FROM listed WHERE person = ?", "i", id) >
		SHOWN_LISTS * PACKED_ID;
}

/* The card that profiles keep of somebody, packed; empty when they keep none. */
static struct str
card_of(struct store *s, struct arena *a, int64_t id)
{
	const struct person *person =
		id && !is_on_many_lists(s, id) ? query_introduction(s, a, id) : NULL;
	const struct source_file *source;
	struct shown_card card;
	size_t people;

	if (!person)
		return STR("");
	card = shown_card(person);
	if (card.leads == START_LOOKED_UP && (source = query_source(s, a, card.start, &people)))
		shown_settle(a, &card, &source->source, people);
	return shown_pack_card(a, &card);
}

/* Where a card is another than before, those who show it are written. */
static void
look_at_card(struct showings *s, struct str slug)
{
	struct renewal *r = s->r;
	int64_t id = person_id(r->now, slug), before = person_id(r->before, slug);

	if (!id || !set_add(&r->arena, &s->looked_at, slug) ||
		str_eq(card_of(r->before, &r->arena, before), card_of(r->now, &r->arena, id)))
		return;
	struct str lists = query_listed(r->now, &r->arena, id);

	set_add(&r->arena, &s->recarded, slug);
	for (size_t i = 0; i < unpack_count(lists); i++)
		renew_row(s, unpack_id(lists, i), PART_LINES);
}

/* ---- what is touched ---- */

static void
look_at_people(struct showings *s, const struct set *slugs, unsigned parts, bool cards)
{
	for (size_t i = 0; i < slugs->in.n; i++) {
		int64_t id = person_id(s->r->now, slugs->in.v[i]);

		if (id)
			renew_row(s, id, parts);
		if (cards)
			look_at_card(s, slugs->in.v[i]);
	}
}

/* A source as profiles show it, and its title, which may be shown to others, too. */
struct said {
	struct shown_source shown;
	struct str title;
};

static struct said
said_of(struct store *s, struct arena *a, struct str slug)
{
	struct said said = { 0 };
	size_t people;
	const struct source_file *source = query_source(s, a, slug, &people);

	if (!source)
		return said;
	said.title = source->source.title.text;
	if (people <= SHOWN_PEOPLE)
		said.shown = (struct shown_source){ .facts = source->source, .people = people };
	return said;
}

static bool
same_source(struct arena *a, const struct shown_source *x, const struct shown_source *y)
{
	struct buf packed[2] = { { 0 }, { 0 } };

	shown_put_source(&packed[0], a, &x->facts, x->people);
	shown_put_source(&packed[1], a, &y->facts, y->people);
	bool same = str_eq(buf_str(&packed[0]), buf_str(&packed[1]));

	buf_end(&packed[0]);
	buf_end(&packed[1]);
	return same;
}

/* Those who start with it, and whoever wrote it. */
static void
look_at_source(struct showings *s, struct str slug)
{
	struct renewal *r = s->r;
	struct arena *a = &r->arena;
	struct said before = said_of(r->before, a, slug), now = said_of(r->now, a, slug);
	bool leads_elsewhere = !before.shown.people != !now.shown.people ||
		!str_eq(source_url(a, &before.shown.facts), source_url(a, &now.shown.facts));
	struct str writers =
		str_eq(before.title, now.title) ? STR("") : query_writers(r->now, a, slug);
	struct numbers ids = { 0 };

	for (size_t i = 0; i + 1 < unpack_count(writers); i += 2)
		renew_row(s, unpack_id(writers, i + 1), PART_LINES);
	if (same_source(a, &before.shown, &now.shown))
		return;
	posting_read(r->now, a, SHARED_SOURCE, slug, 0, SIZE_MAX, &ids);
	for (size_t i = 0; i < ids.n; i++) {
		renew_row(s, ids.v[i], PART_SOURCES);
		if (leads_elsewhere)
			look_at_card(s, person_slug(r->now, a, ids.v[i]));
	}
}

/* Who is on many lists, or no longer is, is looked up, or no longer. */
static void
look_at_listed(struct showings *s, int64_t id)
{
	struct renewal *r = s->r;
	int64_t before = id_before(s, id);
	bool was_on_many = before && is_on_many_lists(r->before, before);
	struct str slug;

	if (is_on_many_lists(r->now, id) == was_on_many)
		return;
	slug = person_slug(r->now, &r->arena, id);
	if (slug.n)
		look_at_card(s, slug);
}

/* The id that stands in a set by its bytes. */
static int64_t
id_in(const struct set *ids, size_t at)
{
	int64_t id;

	memcpy(&id, ids->in.v[at].p, sizeof id);
	return id;
}

static void
find_rows(struct showings *s)
{
	struct renewal *r = s->r;

	look_at_people(s, &r->changed, 0, true);
	look_at_people(s, &r->relabelled, PART_THINGS, false);
	look_at_people(s, &r->people_of_works, PART_SOURCES, true);
	for (size_t i = 0; i < r->works_settled; i++)
		look_at_source(s, r->works.in.v[i]);
	for (size_t i = 0; i < r->relisted.in.n; i++)
		if (person_slug(r->now, &r->arena, id_in(&r->relisted, i)).n)
			renew_row(s, id_in(&r->relisted, i), PART_LINES);
	for (size_t i = 0; i < r->listed.in.n; i++)
		look_at_listed(s, id_in(&r->listed, i));
}

/* ---- rows ---- */

static struct str
sources_of(struct renewal *r, int64_t id)
{
	struct str slugs = query_shares(r->now, &r->arena, id, SHARED_SOURCE), slug;
	struct buf out = { 0 };

	while (unpack_slug(&slugs, &slug)) {
		struct shown_source source = said_of(r->now, &r->arena, slug).shown;

		shown_put_source(&out, &r->arena, &source.facts, source.people);
	}
	struct str packed = arena_str(&r->arena, buf_str(&out));

	buf_end(&out);
	return packed;
}

/* The card that a line shows: the one it had, where it is as before. */
static struct str
card_on(struct showings *s, const struct related_line *line, const struct shown_line *were,
	size_t were_n)
{
	for (size_t i = 0; i < were_n; i++)
		if (str_eq(were[i].slug, line->slug) && !set_has(&s->recarded, line->slug))
			return were[i].card;
	return card_of(s->r->now, &s->r->arena, line->other);
}

static struct str
lines_of(struct showings *s, int64_t id, struct str before)
{
	struct renewal *r = s->r;
	struct related_line lines[RELATED_MOST];
	struct shown_line were[RELATED_MOST];
	size_t n = unpack_related(query_related_list(r->now, &r->arena, id), lines),
	       were_n = shown_lines(before, were);
	struct buf out = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct relation *relation = &lines[i].relation;

		for (size_t k = 0; shown_by_title(relation->reason) && k < relation->shown; k++)
			lines[i].shared[k] = said_of(r->now, &r->arena, lines[i].shared[k]).title;
		shown_put_line(&out, &lines[i], card_on(s, &lines[i], were, were_n));
	}
	struct str packed = arena_str(&r->arena, buf_str(&out));

	buf_end(&out);
	return packed;
}

static bool
same_showing(const struct shown_row *x, const struct shown_row *y)
{
	return str_eq(x->organizations, y->organizations) && str_eq(x->topics, y->topics) &&
		str_eq(x->sources, y->sources) && str_eq(x->lines, y->lines);
}

static void
write_row(struct showings *s, int64_t id, unsigned parts)
{
	struct renewal *r = s->r;
	struct arena *a = &r->arena;
	int64_t was = id_before(s, id);
	struct shown_row before = { 0 }, now;

	if (was)
		before = query_shown(r->before, a, was);
	else
		parts = PART_THINGS | PART_SOURCES;
	if (was != id) /* lists go by ids */
		parts |= PART_LINES;
	now = before;
	if (parts & PART_THINGS) {
		now.organizations = query_shares(r->now, a, id, SHARED_ORGANIZATION);
		now.topics = query_shares(r->now, a, id, SHARED_TOPIC);
	}
	if (parts & PART_SOURCES)
		now.sources = sources_of(r, id);
	if (parts & PART_LINES)
		now.lines = lines_of(s, id, before.lines);
	/* the row of who changed went with the record's */
	if (change_of(s, id) || !same_showing(&before, &now))
		rows_shown(&r->rows, id, &now);
}

void
renew_shown(struct renewal *r)
{
	struct showings s = { .r = r };

	find_changes(&s);
	find_rows(&s);
	for (size_t i = 0; r->rows.good && i < s.rows.n; i++)
		write_row(&s, s.rows.v[i].id, s.rows.v[i].parts);
}
