/* renew_touched: whose relations an update may have changed by what they have themselves, or by
 * what things are now that they have. */
#include "catalog/posting.h"
#include "catalog/query.h"
#include "catalog/related.h"
#include "catalog/renew.h"

/* All of a person that a walk looks at, in one text. */
static struct str
things_of(struct store *s, struct arena *a, struct str slug)
{
	int64_t id = person_id(s, slug);
	struct texts all = { 0 };
	struct buf out = { 0 };

	buf_printf(&out, "%lld", (long long)id);
	for (enum shared_kind kind = 0; kind < SHARED_KINDS; kind++)
		*vec_add(a, &all) = query_shares(s, a, id, kind);
	*vec_add(a, &all) = query_wrote(s, a, id);
	ask_texts(s, a, &all,
		"SELECT 'pin ' || other || ' ' || why FROM pin WHERE slug = ? ORDER BY place", "t",
		slug);
	ask_texts(s, a, &all, "SELECT 'apart ' || other FROM apart WHERE slug = ? ORDER BY other",
		"t", slug);
	for (size_t i = 0; i < all.n; i++) {
		buf_char(&out, '\n');
		buf_put(&out, all.v[i]);
	}
	struct str text = arena_str(a, buf_str(&out));

	buf_end(&out);
	return text;
}

static void
add_if_changed(struct renewal *r, const struct set *slugs)
{
	struct arena a = { 0 };

	for (size_t i = 0; i < slugs->in.n; i++) {
		struct str slug = slugs->in.v[i];

		if (!set_has(&r->related, slug) &&
			!str_eq(things_of(r->before, &a, slug), things_of(r->now, &a, slug)))
			set_add(&r->arena, &r->related, slug);
		arena_end(&a);
	}
}

static int64_t
people_of(struct store *s, struct str work)
{
	return ask_number(s, 0, "SELECT people FROM " SOURCE_NAMED("?1"), "t", work);
}

static void
add_related(struct renewal *r, int64_t id)
{
	set_add(&r->arena, &r->related, person_slug(r->now, &r->arena, id));
}

static bool
is_between(int64_t people, int64_t least, int64_t most)
{
	return people >= least && people <= most;
}

/* Whether one of a person's sources but this has so many people, or had. */
static bool
has_between(struct renewal *r, int64_t id, struct str work, int64_t least, int64_t most)
{
	struct str works = query_shares(r->now, &r->arena, id, SHARED_SOURCE), other;

	while (unpack_slug(&works, &other)) {
		if (!str_eq(other, work) &&
			(is_between(people_of(r->now, other), least, most) ||
				(set_has(&r->works, other) &&
					is_between(people_of(r->before, other), least, most))))
			return true;
	}
	return false;
}

static bool
stands_in(const struct numbers *ascending, int64_t id)
{
	size_t from = 0, to = ascending->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (ascending->v[middle] < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from < ascending->n && ascending->v[from] == id;
}

/* Where a work has got more or fewer people than another that somebody has, too, the two change
 * places in finding the work that decides between equals. */
static void
add_overtaken(struct renewal *r, struct str work, int64_t before, int64_t now)
{
	/* of large works there are few, of small ones few people: begin with the few */
	static const int64_t LARGE = 64;
	int64_t least = before < now ? before : now, most = before < now ? now : before;
	struct store *const stores[] = { r->before, r->now };
	struct numbers ids = { 0 };
	struct texts others = { 0 };

	posting_read(r->now, &r->arena, SHARED_SOURCE, work, 0, SIZE_MAX, &ids);
	for (size_t i = 0; least <= LARGE && i < ids.n; i++)
		if (has_between(r, ids.v[i], work, least, most))
			add_related(r, ids.v[i]);
	for (size_t i = 0; least > LARGE && i < COUNT(stores); i++)
		ask_texts(stores[i], &r->arena, &others,
			"SELECT slug FROM source WHERE people > 1 AND people BETWEEN ? AND ? AND "
			"slug <> ?",
			"iit", least, most, work);
	for (size_t i = 0; i < others.n; i++) {
		struct numbers theirs = { 0 };

		posting_read(r->now, &r->arena, SHARED_SOURCE, others.v[i], 0, SIZE_MAX, &theirs);
		for (size_t k = 0; k < theirs.n; k++)
			if (stands_in(&ids, theirs.v[k]))
				add_related(r, theirs.v[k]);
	}
}

/* Who wrote a work, and where they stand, as texts that can be compared. */
static struct str
author_places(struct store *s, struct arena *a, struct str work)
{
	struct str writers = query_writers(s, a, work);
	struct buf out = { 0 };

	for (size_t i = 0; i + 1 < unpack_count(writers); i += 2)
		buf_printf(&out, "%lld %.*s,", (long long)unpack_id(writers, i),
			STR_ARG(person_slug(s, a, unpack_id(writers, i + 1))));
	struct str places = arena_str(a, buf_str(&out));

	buf_end(&out);
	return places;
}

static void
look_at_work(struct renewal *r, struct str work, struct set *candidates)
{
	static const char KEY[] = "SELECT key FROM " SOURCE_NAMED("?1");
	struct arena *a = &r->arena;
	int64_t before = people_of(r->before, work), now = people_of(r->now, work);
	bool reweighed = related_weight(unpack_count(query_writers(r->before, a, work)) / 2) !=
		related_weight(unpack_count(query_writers(r->now, a, work)) / 2);

	renew_writers_of(r, r->before, work, reweighed ? &r->related : candidates);
	renew_writers_of(r, r->now, work, reweighed ? &r->related : candidates);
	if (related_weight((size_t)before) != related_weight((size_t)now) ||
		!str_eq(ask_text(r->before, a, KEY, "t", work),
			ask_text(r->now, a, KEY, "t", work)) ||
		!str_eq(author_places(r->before, a, work), author_places(r->now, a, work)))
		renew_people_of(r, SHARED_SOURCE, work, &r->related);
	else if (before != now)
		add_overtaken(r, work, before, now);
}

void
renew_touched(struct renewal *r)
{
	struct set candidates = { 0 };

	for (size_t i = 0; i < r->works.in.n; i++)
		look_at_work(r, r->works.in.v[i], &candidates);
	add_if_changed(r, &candidates);
	add_if_changed(r, &r->changed);
	add_if_changed(r, &r->relabelled);
	add_if_changed(r, &r->people_of_works);
}
