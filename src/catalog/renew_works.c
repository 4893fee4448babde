/* renew_works: sources after a change. Identifiers that a changed citation says lead to all
 * citations that share one with it, directly or through others: the matter. These few are settled
 * as a full build would settle all (source.c), and the works that come out replace those that were.
 * A citation that says nothing new of its work is of no matter: it is one person more or less. */
#include <stdlib.h>

#include "base/sort.h"
#include "base/text.h"
#include "catalog/posting.h"
#include "catalog/query.h"
#include "catalog/record.h"
#include "catalog/renew.h"

/* Somebody who cites: a person or a source's own record. */
struct citer {
	struct str who;              /* "people/SLUG" */
	const struct person *person; /* or NULL */
	struct source_file *file;    /* or NULL */
	const struct citation *said; /* what they cite, */
	size_t n;
	struct citation_keys *keys; /* and its identifiers */
	bool changed;               /* the person's record is another than before */
};

struct citation_keys {
	struct str v[SOURCE_KEYS];
	size_t n;
};

struct closure {
	struct renewal *r;
	struct set keys;
	struct map by_who;
	struct {
		struct citer *v;
		size_t n, room;
	} citers;
	struct directory mini; /* just those citations */
	struct {
		struct recount *v;
		size_t n, room;
	} recounts;
	struct map by_work;
};

/* How many people more a work has that is not of the matter. */
struct recount {
	struct str slug;
	int64_t more;
};

/* ---- which citations ---- */

/* Whether two citations say the same of their work: `why` is said for the person. */
static bool
same_citation(const struct citation *x, const struct citation *y)
{
	struct arena scratch = { 0 };
	bool same = str_eq(x->ref.text, y->ref.text);

	for (size_t i = 0; same && i < KIND_CITATION.n; i++) {
		const struct field *field = &KIND_CITATION.fields[i];

		same = field->offset == offsetof(struct citation, why) ||
			str_eq(record_pack(&scratch, field, x), record_pack(&scratch, field, y));
	}
	arena_end(&scratch);
	return same;
}

/* A bare reference to a work that is there, and stays for others who say the same. */
static bool
is_of_no_matter(struct renewal *r, const struct citation *citation)
{
	struct str keys[SOURCE_KEYS];

	return citation->ref.text.n && source_keys(&r->arena, citation, keys) &&
		ask_number(r->before, 0, "SELECT 1 FROM ident WHERE key = ?", "t", keys[0]) &&
		ask_number(r->now, 0, "SELECT 1 FROM citing WHERE key = ? LIMIT 1", "t", keys[0]);
}

static void
add_keys(struct closure *c, const struct citation *citation)
{
	struct str keys[SOURCE_KEYS];
	size_t n = source_keys(&c->r->arena, citation, keys);

	for (size_t i = 0; i < n; i++)
		set_add(&c->r->arena, &c->keys, keys[i]);
}

/* What stands between the citations that begin and those that end both lists: the order of the
 * others is as it was. */
static void
add_changed_citations(struct closure *c, const struct person *before, const struct person *now)
{
	const struct person *sides[] = { before, now };
	size_t first = 0, last = 0;

	if (before && now) {
		size_t n = before->start_here.n, m = now->start_here.n;

		while (first < n && first < m &&
			same_citation(&before->start_here.v[first], &now->start_here.v[first]))
			first++;
		while (last < n - first && last < m - first &&
			same_citation(&before->start_here.v[n - 1 - last],
				&now->start_here.v[m - 1 - last]))
			last++;
	}
	for (size_t k = 0; k < COUNT(sides); k++)
		for (size_t i = first; sides[k] && i < sides[k]->start_here.n - last; i++)
			if (!is_of_no_matter(c->r, &sides[k]->start_here.v[i]))
				add_keys(c, &sides[k]->start_here.v[i]);
}

static void
add_changed(struct closure *c)
{
	struct renewal *r = c->r;

	for (size_t i = 0; i < r->people.n; i++)
		add_changed_citations(c, r->people.v[i].before, r->people.v[i].now);
	for (size_t i = 0; i < r->sources.n; i++) {
		const struct source_file *sides[] = { r->sources.v[i].before, r->sources.v[i].now };

		for (size_t k = 0; k < COUNT(sides); k++)
			if (sides[k])
				add_keys(c, &sides[k]->source);
	}
}

void
renew_citing(struct renewal *r, const struct citation *citation, struct str who, bool says)
{
	struct str keys[SOURCE_KEYS];
	size_t n = source_keys(&r->arena, citation, keys);

	for (size_t i = 0; i < n; i++)
		if (says)
			rows_citing(&r->rows, keys[i], who);
		else
			rows_run(&r->rows, "DELETE FROM citing WHERE key = ? AND who = ?", "tt",
				keys[i], who);
}

/* A source record's identifiers, as it says them now. */
static void
cite_sources(struct renewal *r)
{
	for (size_t i = 0; i < r->sources.n; i++) {
		const struct source_file *before = r->sources.v[i].before,
					 *now = r->sources.v[i].now;
		struct str who =
			arena_printf(&r->arena, "sources/%.*s", STR_ARG(r->sources.v[i].slug));

		if (before)
			renew_citing(r, &before->source, who, false);
		if (now)
			renew_citing(r, &now->source, who, true);
	}
}

static struct citer *
citer_of(struct closure *c, struct str who)
{
	struct renewal *r = c->r;
	size_t *at = map_at(&r->arena, &c->by_who, who), slash = str_find(who, '/');
	struct str slug = str_sub(who, slash + 1, who.n);

	if (*at != (size_t)MAP_NONE)
		return &c->citers.v[*at];
	*at = c->citers.n;
	struct citer *citer = vec_add(&r->arena, &c->citers);

	citer->who = who;
	if (str_starts(who, STR("people/"))) {
		citer->person = renew_record(r, r->now, "people", slug);
		citer->said = citer->person ? citer->person->start_here.v : NULL;
		citer->n = citer->person ? citer->person->start_here.n : 0;
	} else {
		citer->file = renew_record(r, r->now, "sources", slug);
		citer->said = citer->file ? &citer->file->source : NULL;
		citer->n = citer->file ? 1 : 0;
	}
	citer->keys = arena_array(&r->arena, struct citation_keys, citer->n + 1);
	for (size_t i = 0; i < citer->n; i++)
		citer->keys[i].n = source_keys(&r->arena, &citer->said[i], citer->keys[i].v);
	return citer;
}

static bool
says(const struct citation_keys *keys, struct str key)
{
	for (size_t i = 0; i < keys->n; i++)
		if (str_eq(keys->v[i], key))
			return true;
	return false;
}

/* Everybody who says one of the keys, and whatever else they say of the same source. */
static void
close_over(struct closure *c, size_t *done)
{
	struct renewal *r = c->r;

	for (; *done < c->keys.in.n; (*done)++) {
		struct str key = c->keys.in.v[*done];
		struct texts who = { 0 };

		ask_texts(
			r->now, &r->arena, &who, "SELECT who FROM citing WHERE key = ?", "t", key);
		for (size_t i = 0; i < who.n; i++) {
			const struct citer *citer = citer_of(c, who.v[i]);

			for (size_t k = 0; k < citer->n; k++)
				for (size_t n = 0;
					says(&citer->keys[k], key) && n < citer->keys[k].n; n++)
					set_add(&r->arena, &c->keys, citer->keys[k].v[n]);
		}
	}
}

/* The identifiers of a work, packed. */
static struct str
keys_of(struct renewal *r, struct store *s, struct str slug)
{
	return ask_text(s, &r->arena, "SELECT keys FROM " SOURCE_NAMED("?1"), "t", slug);
}

/* The works that those identifiers meant before; all of their identifiers belong to the matter. */
static void
add_works_before(struct closure *c, size_t *done)
{
	struct renewal *r = c->r;

	for (; *done < c->keys.in.n; (*done)++) {
		struct str keys, key;
		struct str slug = ask_text(r->before, &r->arena,
			"SELECT source FROM ident WHERE key = ?", "t", c->keys.in.v[*done]);

		if (!slug.n || !set_add(&r->arena, &r->works, slug))
			continue;
		keys = keys_of(r, r->before, slug);
		while (unpack_text(&keys, &key))
			set_add(&r->arena, &c->keys, key);
	}
}

/* ---- what they come to ---- */

/* A person's or source's citations, those that are not of the matter left blank. Each knows its
 * place in the record by the line of its reference. */
static void
hear(struct closure *c, const struct citer *citer)
{
	struct arena *a = &c->mini.arena;
	struct citation *said = arena_array(a, struct citation, citer->n + 1);
	bool any = false;

	for (size_t i = 0; i < citer->n; i++)
		if (citer->keys[i].n && set_has(&c->keys, citer->keys[i].v[0])) {
			said[i] = citer->said[i];
			said[i].ref.line = (int)i;
			any = true;
		}
	if (!any)
		return;
	if (citer->file) {
		struct source_file *file = arena_new(a, struct source_file);

		*file = *citer->file;
		file->source = said[0];
		*vec_add(a, &c->mini.source_files) = file;
		return;
	}
	struct person *person = arena_new(a, struct person);

	*person = *citer->person;
	person->start_here.v = said;
	person->start_here.n = person->start_here.room = citer->n;
	*vec_add(a, &c->mini.people) =
		(struct member){ .record = person, .standing = STANDING_PUBLISHED };
}

static int
people_by_slug(const void *a, const void *b)
{
	return str_cmp(
		((const struct member *)a)->record->slug, ((const struct member *)b)->record->slug);
}

static int
files_by_slug(const void *a, const void *b)
{
	return str_cmp(
		(*(struct source_file *const *)a)->slug, (*(struct source_file *const *)b)->slug);
}

static void
settle(struct closure *c)
{
	struct directory *d = &c->mini;

	directory_end(d);
	d->problems.arena = &d->arena;
	for (size_t i = 0; i < c->citers.n; i++)
		if (c->citers.v[i].n)
			hear(c, &c->citers.v[i]);
	if (d->people.n)
		qsort(d->people.v, d->people.n, sizeof *d->people.v, people_by_slug);
	if (d->source_files.n)
		qsort(d->source_files.v, d->source_files.n, sizeof *d->source_files.v,
			files_by_slug);
	directory_settle_works(d);
}

/* Works outside that would like a slug that one of these has, had or gets belong to the matter,
 * too: which of them gets it depends on all. Whether there were any. */
static bool
add_rivals(struct closure *c)
{
	struct renewal *r = c->r;
	struct set wanted = { 0 };
	size_t keys = c->keys.in.n;

	for (size_t i = 0; i < r->works.in.n; i++)
		set_add(&r->arena, &wanted,
			ask_text(r->before, &r->arena, "SELECT wanted FROM " SOURCE_NAMED("?1"),
				"t", r->works.in.v[i]));
	for (size_t i = 0; i < c->mini.works.n; i++)
		set_add(&r->arena, &wanted, source_key_slug(&r->arena, c->mini.works.v[i].key));
	for (size_t i = 0; i < wanted.in.n; i++) {
		struct texts rivals = { 0 };

		ask_texts(r->before, &r->arena, &rivals,
			"SELECT key FROM " SOURCE_NAMED(
				"?1") " AND wanted = ?1 UNION ALL "
				      "SELECT key FROM source WHERE wanted = ?1 AND wanted <> slug",
			"t", wanted.in.v[i]);
		for (size_t k = 0; k < rivals.n; k++)
			set_add(&r->arena, &c->keys, rivals.v[k]);
	}
	return c->keys.in.n > keys;
}

/* ---- writing ---- */

static void
drop_work(struct renewal *r, struct str slug)
{
	size_t people;
	const struct source_file *source = query_source(r->now, &r->arena, slug, &people);
	int64_t id = ask_number(r->now, 0, "SELECT rank FROM " SOURCE_NAMED("?1"), "t", slug);

	if (!source)
		return;
	rows_work_drop(&r->rows, id, source, people, keys_of(r, r->now, slug));
	posting_drop(&r->rows, SHARED_SOURCE, slug);
}

static void
put_work(struct closure *c, const struct work *work)
{
	struct renewal *r = c->r;
	int64_t id = free_thing_id(
		r->now, thing_id(SHARED_SOURCE, store_place(work->slug), work->people.n));
	int64_t *people = arena_array(&r->arena, int64_t, work->people.n + 1);

	rows_work(&r->rows, id, work);
	for (size_t i = 0; i < work->people.n; i++)
		people[i] = person_id(r->now, c->mini.people.v[work->people.v[i]].record->slug);
	qsort(people, work->people.n, sizeof *people, sort_by_number);
	posting_put(&r->rows, SHARED_SOURCE, work->slug, people, work->people.n);
	set_add(&r->arena, &r->works, arena_str(&r->arena, work->slug));
}

/* What a person's citation came to: the slug of its work, or nothing. */
static struct str
work_of(struct closure *c, const struct citer *citer, size_t i, const struct person *settled)
{
	const struct citation_keys *keys = &citer->keys[i];

	if (keys->n == 0)
		return STR("");
	if (!set_has(&c->keys, keys->v[0])) /* as before */
		return ask_text(c->r->now, &c->r->arena, "SELECT source FROM ident WHERE key = ?",
			"t", keys->v[0]);
	for (size_t k = 0; settled && k < settled->start_here.n; k++)
		if (settled->start_here.v[k].ref.line == (int)i)
			return settled->start_here.v[k].id.text;
	return STR("");
}

static void
recount(struct closure *c, struct str slug, int64_t more)
{
	struct arena *a = &c->r->arena;
	size_t *at = map_at(a, &c->by_work, slug);

	if (*at == (size_t)MAP_NONE) {
		*at = c->recounts.n;
		vec_add(a, &c->recounts)->slug = slug;
	}
	c->recounts.v[*at].more += more;
}

/* A person's sources: the shares, and start_here of the row. */
static void
put_citations(struct closure *c, const struct citer *citer, const struct person *settled)
{
	struct renewal *r = c->r;
	int64_t id = person_id(r->now, citer->person->slug);
	struct person row = { 0 };
	struct set has = { 0 };
	struct str start_here;

	for (size_t i = 0; i < citer->n; i++) {
		struct str slug = work_of(c, citer, i, settled);
		struct citation citation = citer->said[i];

		if (!slug.n || !set_add(&r->arena, &has, slug))
			continue;
		citation.id.text = slug;
		*vec_add(&r->arena, &row.start_here) = citation;
	}
	start_here = record_pack(&r->arena, kind_field(&KIND_PERSON, STR("start_here")), &row);
	if (!set_has(&r->changed, citer->person->slug) &&
		str_eq(start_here,
			ask_text(r->now, &r->arena, "SELECT start_here FROM person WHERE id = ?",
				"i", id)))
		return;
	rows_share(&r->rows, id, SHARED_SOURCE, pack_texts(&r->arena, has.in.v, has.in.n));
	for (size_t i = 0; i < has.in.n; i++)
		if (citer->changed && !set_has(&r->works, has.in.v[i])) {
			posting_add(&r->rows, SHARED_SOURCE, has.in.v[i], id);
			recount(c, has.in.v[i], 1);
		}
	rows_run(&r->rows, "UPDATE person SET start_here = ? WHERE id = ?", "ti", start_here, id);
	set_add(&r->arena, &r->people_of_works, citer->person->slug);
	set_add(&r->arena, &r->reworded, citer->person->slug);
}

static const struct person *
settled_person(const struct closure *c, struct str slug)
{
	for (size_t i = 0; i < c->mini.people.n; i++)
		if (str_eq(c->mini.people.v[i].record->slug, slug))
			return c->mini.people.v[i].record;
	return NULL;
}

/* What somebody had before; works of the matter have been written. */
static void
drop_shares(struct closure *c, int64_t id)
{
	struct renewal *r = c->r;
	struct str works = query_shares(r->before, &r->arena, id, SHARED_SOURCE), work;

	while (unpack_slug(&works, &work))
		if (!set_has(&r->works, work)) {
			posting_remove(&r->rows, SHARED_SOURCE, work, id);
			recount(c, work, -1);
		}
}

/* Who changed writes all their citations again: their row is new. */
static void
add_changed_people(struct closure *c)
{
	for (size_t i = 0; i < c->r->people.n; i++) {
		const struct change *change = &c->r->people.v[i];

		if (change->before)
			drop_shares(c, change->id_before);
		if (change->now)
			citer_of(
				c, arena_printf(&c->r->arena, "people/%.*s", STR_ARG(change->slug)))
				->changed = true;
	}
}

static void
put_recounts(struct closure *c)
{
	static const char RANK[] = "SELECT rank FROM " SOURCE_NAMED("?1");
	struct renewal *r = c->r;

	for (size_t i = 0; i < c->recounts.n; i++) {
		struct recount *it = &c->recounts.v[i];
		size_t people = 0, more;
		const struct source_file *source =
			it->more ? query_source(r->now, &r->arena, it->slug, &people) : NULL;

		if (!source)
			continue;
		more = (size_t)((int64_t)people + it->more);
		int64_t from = ask_number(r->now, 0, RANK, "t", it->slug), to = from,
			place = store_place(it->slug), wish = thing_id(SHARED_SOURCE, place, more);

		if (wish != thing_id(SHARED_SOURCE, place, people))
			to = free_thing_id(r->now, wish);
		rows_work_recount(&r->rows, from, to, source, people, more);
		set_add(&r->arena, &r->works, it->slug);
	}
}

/* People are found by the titles of their sources. */
static bool
same_title(struct renewal *r, struct str slug)
{
	static const char TITLE[] = "SELECT title FROM " SOURCE_NAMED("?1");

	return str_eq(ask_text(r->before, &r->arena, TITLE, "t", slug),
		ask_text(r->now, &r->arena, TITLE, "t", slug));
}

void
renew_works(struct renewal *r)
{
	struct closure c = { .r = r };
	size_t closed = 0, looked = 0;

	cite_sources(r);
	add_changed(&c);
	do {
		while (closed < c.keys.in.n || looked < c.keys.in.n) {
			add_works_before(&c, &looked);
			close_over(&c, &closed);
		}
		settle(&c);
	} while (add_rivals(&c));
	for (size_t i = 0, n = r->works.in.n; i < n; i++)
		drop_work(r, r->works.in.v[i]);
	for (size_t i = 0; i < c.mini.works.n; i++)
		put_work(&c, &c.mini.works.v[i]);
	add_changed_people(&c);
	for (size_t i = 0; i < c.citers.n; i++)
		if (c.citers.v[i].person)
			put_citations(
				&c, &c.citers.v[i], settled_person(&c, c.citers.v[i].person->slug));
	put_recounts(&c);
	for (size_t i = 0; i < r->works.in.n; i++)
		if (!same_title(r, r->works.in.v[i]))
			renew_people_of(r, SHARED_SOURCE, r->works.in.v[i], &r->reworded);
	r->works_settled = r->works.in.n;
	directory_end(&c.mini);
}

/* ---- who wrote them ---- */

static void
add_author_names(struct renewal *r, struct set *names, const struct person *person)
{
	if (!person)
		return;
	set_add(&r->arena, names, text_fold(&r->arena, person->name.text));
	for (size_t i = 0; i < person->aliases.n; i++)
		set_add(&r->arena, names, text_fold(&r->arena, person->aliases.v[i].name.text));
}

/* The published person that an author's name means (check.c); 0 for none. */
static int64_t
author_of(struct renewal *r, struct str name)
{
	struct numbers people = { 0 };

	ask_numbers(r->now, &r->arena, &people,
		"SELECT DISTINCT person FROM exact WHERE folded = ? AND author = 1 LIMIT 2", "t",
		text_fold(&r->arena, name));
	return people.n == 1 ? people.v[0] : 0;
}

/* Adds the work to what somebody wrote, or takes it away; nothing for who is gone. */
static void
change_wrote(struct renewal *r, int64_t person, struct str work,
	struct str change(struct arena *, struct str, struct str))
{
	struct str wrote = query_wrote(r->now, &r->arena, person);
	struct str changed = change(&r->arena, wrote, work);

	if (!str_eq(wrote, changed))
		rows_wrote(&r->rows, person, changed);
}

static bool
has_writer(struct str writers, int64_t person)
{
	for (size_t i = 0; i + 1 < unpack_count(writers); i += 2)
		if (unpack_id(writers, i + 1) == person)
			return true;
	return false;
}

static void
match_authors(struct renewal *r, struct str slug)
{
	size_t people = 0;
	const struct source_file *source = query_source(r->now, &r->arena, slug, &people);
	struct str before = query_writers(r->before, &r->arena, slug), now;
	struct numbers matched = { 0 };

	for (size_t i = 0; source && people && i < source->source.authors.n; i++) {
		int64_t id = author_of(r, source->source.authors.v[i].name.text);
		bool again = false;

		for (size_t k = 1; k < matched.n; k += 2)
			again = again || matched.v[k] == id;
		if (!id || again)
			continue;
		*vec_add(&r->arena, &matched) = (int64_t)i;
		*vec_add(&r->arena, &matched) = id;
	}
	now = pack_ids(&r->arena, matched.v, matched.n);
	if (source)
		rows_run(&r->rows,
			"UPDATE source SET writers = ?2 WHERE place = (SELECT place "
			"FROM " SOURCE_NAMED("?1") ")",
			"tb", slug, now);
	for (size_t i = 0; i + 1 < unpack_count(before); i += 2)
		if (!has_writer(now, unpack_id(before, i + 1)))
			change_wrote(r, unpack_id(before, i + 1), slug, pack_slug_out);
	for (size_t i = 0; i + 1 < matched.n; i += 2)
		change_wrote(r, matched.v[i + 1], slug, pack_slug_in);
}

void
renew_authors(struct renewal *r)
{
	struct set names = { 0 };

	for (size_t i = 0; i < r->people.n; i++)
		if (!same_author(&r->people.v[i])) {
			add_author_names(r, &names, r->people.v[i].before);
			add_author_names(r, &names, r->people.v[i].now);
		}
	for (size_t i = 0; i < names.in.n; i++) {
		struct str works = ask_text(r->now, &r->arena,
				   "SELECT sources FROM authored WHERE name = ?", "i",
				   author_hash(names.in.v[i])),
			   work;

		while (unpack_slug(&works, &work))
			set_add(&r->arena, &r->works, work);
	}
	for (size_t i = 0; i < r->works.in.n; i++)
		match_authors(r, r->works.in.v[i]);
}
