/* source: which citations mean the same source. Every citation says some identifiers; those that
 * share one, directly or through others, are one work (union-find over identifiers). */
#include <stdlib.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/uri.h"
#include "catalog/directory.h"
#include "catalog/ident.h"

/* A citation and who made it. */
struct said {
	struct citation *citation;
	const struct source_file *file; /* a source's own record, or NULL */
	uint32_t person;                /* else whose Start Here it stands in */
	uint32_t first_key;             /* one of its identifiers */
};

/* Identifiers that belong together: what becomes a work, once it is known how much there is of it
 * and where it stands. */
struct group {
	struct str key; /* the first in key_order() */
	struct str slug;
	uint32_t keys, people; /* how many */
	bool titled;
};

enum { NOWHERE = UINT32_MAX };

/* Identifiers, each with its parent in the forest; a root stands for a group, and then for its
 * work. */
struct forest {
	struct directory *d;
	struct arena arena;   /* of all this, which ends with the step */
	struct arena scratch; /* of one citation */
	struct map by_key;
	struct tree_node {
		struct str key;
		uint32_t parent, work;
	} * v;
	size_t n, room;
	struct {
		struct said *v;
		size_t n, room;
	} said;
	struct {
		struct group *v;
		size_t n, room;
	} groups;
	const struct said **first; /* who said each field of ONCE first, for each work */
};

static uint32_t
root_of(struct forest *f, uint32_t i)
{
	while (f->v[i].parent != i)
		i = f->v[i].parent = f->v[f->v[i].parent].parent;
	return i;
}

/* What the identifier's root stands for. */
static uint32_t
work_of(struct forest *f, uint32_t key)
{
	return f->v[root_of(f, key)].work;
}

/* The identifier's tree; `key` is copied when it is new. */
static uint32_t
key_at(struct forest *f, struct str key)
{
	size_t at = map_find(&f->by_key, key);

	if (at == (size_t)MAP_NONE) {
		key = arena_str(&f->d->arena, key);
		at = f->n;
		*map_at(&f->arena, &f->by_key, key) = at;
		*vec_add(&f->arena, f) = (struct tree_node){ key, (uint32_t)at, NOWHERE };
	}
	return (uint32_t)at;
}

static struct str
path_of(const struct forest *f, const struct said *said)
{
	return said->file ? said->file->path : f->d->people.v[said->person].record->path;
}

static struct str
url_key(struct arena *a, struct str url)
{
	struct str key;

	if (ident_of_url(a, url, &key))
		return key;
	return ident_key(a, STR("url:"), uri_normal(a, url, &key) ? key : url);
}

/* The identifier that a bare reference spells; empty when it spells none. */
static struct str
ref_key(struct arena *a, struct str ref)
{
	struct str id;

	if (str_starts(ref, STR("arxiv:")) || str_starts(ref, STR("arXiv:")))
		return ident_arxiv(a, str_sub(ref, 6, ref.n), &id)
			? STR("")
			: ident_key(a, STR("arxiv:"), id);
	if (str_starts(ref, STR("doi:")) || str_starts(ref, STR("DOI:")))
		return ident_doi(a, str_sub(ref, 4, ref.n), &id) ? STR("") : ident_doi_key(a, id);
	if (str_find_str(ref, STR("://")) < ref.n)
		return uri_is_link(ref) ? url_key(a, ref) : STR("");
	return text_is_slug(ref) ? ident_key(a, STR("id:"), ref) : STR("");
}

/* What is wrong with a reference that spells no identifier. */
static const char *
ref_wrong(struct arena *a, struct str ref)
{
	struct str id;

	if (str_starts(ref, STR("arxiv:")) || str_starts(ref, STR("arXiv:")))
		return ident_arxiv(a, str_sub(ref, 6, ref.n), &id);
	if (str_starts(ref, STR("doi:")) || str_starts(ref, STR("DOI:")))
		return ident_doi(a, str_sub(ref, 4, ref.n), &id);
	if (str_find_str(ref, STR("://")) < ref.n)
		return ident_url(a, ref, &id);
	return "no reference; expected arxiv:ID, doi:ID, a URL, or the slug of a source record";
}

size_t
source_keys(struct arena *a, const struct citation *c, struct str keys[SOURCE_KEYS])
{
	size_t n = 0;

	if (c->ref.text.n) {
		keys[0] = ref_key(a, c->ref.text);
		return keys[0].n > 0;
	}
	if (c->id.text.n)
		keys[n++] = ident_key(a, STR("id:"), c->id.text);
	if (c->doi.text.n)
		keys[n++] = ident_doi_key(a, c->doi.text);
	if (c->arxiv.text.n)
		keys[n++] = ident_key(a, STR("arxiv:"), c->arxiv.text);
	if (c->url.text.n)
		keys[n++] = url_key(a, c->url.text);
	if (n == 0 && c->title.text.n) {
		struct str slug = text_slug(a, c->title.text);

		const struct str parts[] = { STR("title:"), slug, STR("-"), c->year.text };

		keys[n++] = arena_join(a, parts, c->year.text.n ? 4 : 2);
	}
	return n;
}

static void
say_no_reference(struct forest *f, struct str path, const struct citation *c)
{
	problem_add(&f->d->problems, PROBLEM_ERROR, path, c->ref.line, c->ref.column,
		STR("start_here"), "\"%.*s\": %s",
		STR_ARG(text_short(&f->d->arena, c->ref.text, 60)),
		ref_wrong(&f->d->arena, c->ref.text));
}

static void
hear(struct forest *f, struct said said, struct str who)
{
	struct str keys[SOURCE_KEYS];
	size_t n = source_keys(&f->scratch, said.citation, keys);

	if (n == 0 && said.citation->ref.text.n) /* a map that says nothing was told of already */
		say_no_reference(f, path_of(f, &said), said.citation);
	for (size_t i = 0; i < n; i++) {
		uint32_t key = key_at(f, keys[i]);

		*vec_add(&f->d->arena, &f->d->sayings) = (struct saying){ f->v[key].key, who };
		if (i == 0)
			said.first_key = key;
		else
			f->v[root_of(f, key)].parent = root_of(f, said.first_key);
	}
	if (n)
		*vec_add(&f->arena, &f->said) = said;
	arena_clear(&f->scratch);
}

struct str
source_url(struct arena *a, const struct citation *source)
{
	if (source->url.text.n)
		return source->url.text;
	if (source->arxiv.text.n)
		return arena_printf(a, "https://arxiv.org/abs/%.*s", STR_ARG(source->arxiv.text));
	if (source->doi.text.n)
		return arena_printf(
			a, "https://doi.org/%.*s", STR_ARG(uri_encode_path(a, source->doi.text)));
	return STR("");
}

/* How many citations there are, at most. */
static size_t
count_citations(const struct directory *d)
{
	size_t n = d->source_files.n;

	for (size_t p = 0; p < d->people.n; p++)
		n += d->people.v[p].record->start_here.n;
	return n;
}

static struct str
who_of(struct arena *a, struct str folder, struct str slug)
{
	return arena_join(a, (const struct str[]){ folder, STR("/"), slug }, 3);
}

/* In the order in which fields are taken: source records, then people by slug, then place in the
 * list. */
static void
hear_all(struct forest *f)
{
	struct directory *d = f->d;
	size_t most = count_citations(d);

	vec_reserve(&f->arena, &f->said, most + 1);
	vec_reserve(&f->arena, f, most + 1);
	map_reserve(&f->arena, &f->by_key, most / 2); /* the others say what was said */
	vec_reserve(&d->arena, &d->sayings, most * 2 + 1);
	for (size_t i = 0; i < d->source_files.n; i++) {
		struct source_file *file = d->source_files.v[i];

		hear(f, (struct said){ .citation = &file->source, .file = file },
			who_of(&d->arena, STR("sources"), file->slug));
	}
	for (size_t p = 0; p < d->people.n; p++) {
		const struct member *m = &d->people.v[p];
		struct str who;

		if (m->standing != STANDING_PUBLISHED || m->record->start_here.n == 0)
			continue;
		who = who_of(&d->arena, STR("people"), m->record->slug);
		for (size_t i = 0; i < m->record->start_here.n; i++)
			hear(f,
				(struct said){ .citation = &m->record->start_here.v[i],
					.person = (uint32_t)p },
				who);
	}
}

/* ---- from identifiers to works ---- */

static int
class_of(struct str key)
{
	static const struct str CLASSES[] = { STR_INIT("id:"), STR_INIT("doi:"), STR_INIT("arxiv:"),
		STR_INIT("url:"), STR_INIT("title:") };

	for (size_t i = 0; i < COUNT(CLASSES); i++)
		if (key.n && key.p[0] == CLASSES[i].p[0])
			return (int)i;
	return (int)COUNT(CLASSES);
}

/* The order in which identifiers name a work: by class, then bytewise. */
static int
key_order(struct str a, struct str b)
{
	int order = class_of(a) - class_of(b);

	return order ? order : str_cmp(a, b);
}

struct str
source_key_slug(struct arena *a, struct str key)
{
	size_t colon = str_find(key, ':');
	struct str rest = str_sub(key, colon + 1, key.n);

	switch (class_of(key)) {
	case 0:
	case 4:
		return text_slug(a, rest);
	case 3:
		return text_slug(a, str_sub(rest, str_find_str(rest, STR("://")), rest.n));
	default:
		return text_slug(a, key);
	}
}

/* Roots and the groups they stand for, and how much there is of each. */
static void
make_groups(struct forest *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		uint32_t root = root_of(f, i);

		if (f->v[root].work == NOWHERE) {
			f->v[root].work = (uint32_t)f->groups.n;
			vec_add(&f->arena, &f->groups)->key = f->v[root].key;
		}
		struct group *group = &f->groups.v[f->v[root].work];

		if (key_order(f->v[i].key, group->key) < 0)
			group->key = f->v[i].key;
		group->keys++;
	}
	for (size_t i = 0; i < f->said.n; i++) {
		const struct said *said = &f->said.v[i];
		struct group *group = &f->groups.v[work_of(f, said->first_key)];

		group->people += !said->file;
		group->titled = group->titled || said->citation->title.text.n;
	}
}

/* A group being sorted by a text, whose first bytes settle most. */
struct sorted_group {
	uint64_t head;
	struct group *group;
};

static uint64_t
head_of(struct str s)
{
	uint64_t head = 0;

	for (size_t i = 0; i < sizeof head; i++)
		head = head << 8 | (i < s.n ? (unsigned char)s.p[i] : 0);
	return head;
}

static int
by_head(const struct sorted_group *a, const struct sorted_group *b)
{
	return (a->head > b->head) - (a->head < b->head);
}

static int
by_key(const void *a, const void *b)
{
	const struct sorted_group *x = a, *y = b;
	int order = by_head(x, y);

	return order ? order : str_cmp(x->group->key, y->group->key);
}

static int
by_slug(const void *a, const void *b)
{
	const struct sorted_group *x = a, *y = b;
	int order = by_head(x, y);

	return order ? order : str_cmp(x->group->slug, y->group->slug);
}

static int
by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The slug that a work would like to have, or where another has it, that with a sum of its key. */
static struct str
free_slug(struct forest *f, const struct map *taken, struct str key)
{
	struct str slug = source_key_slug(&f->scratch, key);

	if (map_find(taken, slug) != (size_t)MAP_NONE) {
		struct str cut = str_sub(slug, 0, SLUG_MOST - 11);

		while (cut.n && cut.p[cut.n - 1] == '-')
			cut.n--;
		slug = arena_printf(&f->scratch, "%.*s-%.*s", STR_ARG(cut),
			STR_ARG(hash_hex(&f->scratch, key, 10)));
	}
	slug = arena_str(&f->d->arena, slug);
	arena_clear(&f->scratch);
	return slug;
}

/* Those with a title in byte order of slug; a slug that two would have goes to the smaller key. The
 * others are nobody's and have none. How many have a title. */
static size_t
name_groups(struct forest *f, struct sorted_group *titled)
{
	struct map taken = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < f->groups.n; i++) {
		struct group *group = &f->groups.v[i];
		struct str key = group->key;

		if (group->titled)
			titled[n++] = (struct sorted_group){ (uint64_t)class_of(key) << 56 |
					head_of(str_sub(key, str_find(key, ':') + 1, key.n)) >> 8,
				group };
	}
	qsort(titled, n, sizeof *titled, by_key);
	map_reserve(&f->arena, &taken, n + 1);
	*map_at(&f->arena, &taken, STR("index")) = 0;
	for (size_t i = 0; i < n; i++) {
		struct group *group = titled[i].group;

		group->slug = free_slug(f, &taken, group->key);
		*map_at(&f->arena, &taken, group->slug) = i;
		titled[i].head = head_of(group->slug);
	}
	qsort(titled, n, sizeof *titled, by_slug);
	return n;
}

static void
make_work(struct forest *f, const struct group *group)
{
	struct work *work = vec_add(&f->d->arena, &f->d->works);

	work->key = group->key;
	work->slug = work->facts.id.text = group->slug;
	work->keys.v =
		group->keys == 1 ? &work->key : arena_array(&f->d->arena, struct str, group->keys);
	if (group->people)
		vec_reserve(&f->d->arena, &work->people, group->people);
}

/* A work of each group, as large as it needs to be: in byte order of slug, and behind them those
 * without a title. How many have one. */
static size_t
make_works(struct forest *f)
{
	size_t n = f->groups.n, titled;
	struct sorted_group *order = arena_array(&f->arena, struct sorted_group, n + 1);
	uint32_t *now = arena_array(&f->arena, uint32_t, n + 1);
	struct works *works = &f->d->works;

	titled = name_groups(f, order);
	vec_reserve(&f->d->arena, works, n + 1);
	for (size_t i = 0; i < titled; i++) {
		now[order[i].group - f->groups.v] = (uint32_t)works->n;
		make_work(f, order[i].group);
	}
	for (size_t i = 0; i < n; i++)
		if (!f->groups.v[i].titled) {
			now[i] = (uint32_t)works->n;
			make_work(f, &f->groups.v[i]);
		}
	for (uint32_t i = 0; i < f->n; i++)
		if (f->v[i].parent == i)
			f->v[i].work = now[f->v[i].work];
	for (uint32_t i = 0; i < f->n; i++) {
		struct work *work = &works->v[work_of(f, i)];

		work->keys.v[work->keys.n++] = f->v[i].key;
	}
	for (size_t i = 0; i < works->n; i++)
		if (works->v[i].keys.n > 1)
			qsort(works->v[i].keys.v, works->v[i].keys.n, sizeof *works->v[i].keys.v,
				by_bytes);
	return titled;
}

/* ---- facts ---- */

/* What a source has one of. */
static const struct {
	const char *field;
	size_t offset;
} ONCE[] = { { "title", offsetof(struct citation, title) },
	{ "year", offsetof(struct citation, year) } };

static const struct value *
field_of(const struct citation *citation, size_t offset)
{
	return (const struct value *)((const char *)citation + offset);
}

static void
say_two(struct forest *f, const struct said *said, const struct said *first, size_t once,
	struct str key)
{
	const struct value *here = field_of(said->citation, ONCE[once].offset),
			   *there = field_of(first->citation, ONCE[once].offset);

	problem_add(&f->d->problems, PROBLEM_WARNING, path_of(f, said), here->line, here->column,
		str_of(ONCE[once].field),
		"\"%.*s\" here, \"%.*s\" in %.*s:%d for the same source (%.*s); the latter is "
		"shown, mend one of the two",
		STR_ARG(text_short(&f->d->arena, here->text, 80)),
		STR_ARG(text_short(&f->d->arena, there->text, 80)), STR_ARG(path_of(f, first)),
		there->line, STR_ARG(key));
}

static bool
says_the_same(struct forest *f, struct str a, struct str b)
{
	bool same = str_eq(a, b) || str_eq(text_fold(&f->scratch, a), text_fold(&f->scratch, b));

	arena_clear(&f->scratch);
	return same;
}

/* Two titles or years for one work are worth a word. */
static void
compare(struct forest *f, size_t w, const struct said *said)
{
	for (size_t i = 0; i < COUNT(ONCE); i++) {
		const struct said **first = &f->first[w * COUNT(ONCE) + i];
		struct str here = field_of(said->citation, ONCE[i].offset)->text;

		if (here.n && !*first)
			*first = said;
		else if (here.n &&
			!says_the_same(f, here, field_of((*first)->citation, ONCE[i].offset)->text))
			say_two(f, said, *first, i, f->d->works.v[w].key);
	}
}

/* Takes each field that nobody gave before. */
static void
merge(struct work *work, const struct said *said)
{
	struct citation *facts = &work->facts;
	const struct citation *c = said->citation;

	if (said->file)
		work->file = said->file;
	if (facts->authors.n == 0 && c->authors.n) {
		facts->authors = c->authors;
		facts->et_al = c->et_al;
	}
	static const size_t FIELDS[] = { offsetof(struct citation, title),
		offsetof(struct citation, kind), offsetof(struct citation, url),
		offsetof(struct citation, year), offsetof(struct citation, doi),
		offsetof(struct citation, arxiv), offsetof(struct citation, venue) };

	for (size_t i = 0; i < COUNT(FIELDS); i++) {
		struct value *to = (struct value *)((char *)facts + FIELDS[i]);
		const struct value *from = field_of(c, FIELDS[i]);

		if (to->text.n == 0)
			to->text = from->text;
	}
}

/* What follows from identifiers: a DOI, an arXiv id or a URL that only a reference spelt; the kind.
 */
static void
complete(struct work *work)
{
	for (size_t i = 0; i < work->keys.n; i++) {
		struct str key = work->keys.v[i],
			   rest = str_sub(key, str_find(key, ':') + 1, key.n);

		if (class_of(key) == 1 && work->facts.doi.text.n == 0)
			work->facts.doi.text = rest;
		if (class_of(key) == 2 && work->facts.arxiv.text.n == 0)
			work->facts.arxiv.text = rest;
		if (class_of(key) == 3 && work->facts.url.text.n == 0)
			work->facts.url.text = rest;
	}
	if (work->facts.kind.text.n == 0)
		work->facts.kind.text =
			ident_is_forge(work->facts.url.text) ? STR("repository") : STR("paper");
}

static void
gather_facts(struct forest *f)
{
	struct works *works = &f->d->works;

	f->first = arena_array(&f->arena, const struct said *, works->n *COUNT(ONCE) + 1);
	for (size_t i = 0; i < f->said.n; i++) {
		uint32_t w = work_of(f, f->said.v[i].first_key);

		compare(f, w, &f->said.v[i]);
		merge(&works->v[w], &f->said.v[i]);
	}
	for (size_t i = 0; i < works->n; i++)
		complete(&works->v[i]);
}

/* Nobody says what the source of that identifier is. */
static void
say_undefined(struct forest *f, struct str path, const struct citation *c, struct str key)
{
	struct arena *a = &f->d->arena;
	struct str shown = text_short(a, c->ref.text.n ? c->ref.text : key, 80);
	struct str rejected = class_of(key) == 0
		? directory_rejected(f->d, "sources", str_sub(key, str_find(key, ':') + 1, key.n))
		: STR("");

	if (rejected.n)
		problem_add(&f->d->problems, PROBLEM_ERROR, path, c->ref.line, c->ref.column,
			STR("start_here"),
			"\"%.*s\" is not in service; first mend the errors in %.*s", STR_ARG(shown),
			STR_ARG(rejected));
	else
		problem_add(&f->d->problems, PROBLEM_ERROR, path, c->ref.line, c->ref.column,
			STR("start_here"),
			"no record says what \"%.*s\" is; give it a title here, or describe it in "
			"sources/",
			STR_ARG(shown));
}

/* A draft defines nothing for others, but what it refers to must be there when it is published. */
static void
check_draft(struct forest *f, const struct person *draft)
{
	for (size_t i = 0; i < draft->start_here.n; i++) {
		const struct citation *c = &draft->start_here.v[i];
		struct str keys[SOURCE_KEYS];
		size_t n = source_keys(&f->scratch, c, keys);
		bool defined = c->title.text.n > 0;

		for (size_t k = 0; k < n && !defined; k++) {
			size_t at = map_find(&f->by_key, keys[k]);

			defined = at != (size_t)MAP_NONE &&
				f->d->works.v[work_of(f, (uint32_t)at)].facts.title.text.n > 0;
		}
		if (n == 0 &&
			c->ref.text.n) /* a map that says nothing was told of when it was read */
			say_no_reference(f, draft->path, c);
		else if (n && !defined)
			say_undefined(f, draft->path, c, keys[0]);
		arena_clear(&f->scratch);
	}
}

/* A citation that says a work's person has it; false when it must be left out. */
static bool
cite(struct forest *f, const struct said *said, size_t w)
{
	struct work *work = &f->d->works.v[w];
	const struct citation *c = said->citation;

	if (work->facts.title.text.n == 0 && said->file) {
		problem_add(&f->d->problems, PROBLEM_ERROR, said->file->path, 1, 1, STR("title"),
			"missing; add \"title: the title\": no record says what this source is");
		return false;
	}
	if (work->facts.title.text.n == 0) {
		say_undefined(f, path_of(f, said), c, work->key);
		return false;
	}
	if (said->file)
		return false;
	if (work->people.n && work->people.v[work->people.n - 1] == said->person) {
		problem_add(&f->d->problems, PROBLEM_ERROR, path_of(f, said), c->ref.line,
			c->ref.column, STR("start_here"),
			"\"%.*s\" is listed twice (%.*s); keep one",
			STR_ARG(text_short(&f->d->arena, work->facts.title.text, 60)),
			STR_ARG(work->key));
		return false;
	}
	*vec_add(&f->d->arena, &work->people) = said->person;
	return true;
}

/* Gives each member the works it cites, and drops citations that mean none. */
static void
settle_citations(struct forest *f)
{
	struct members *people = &f->d->people;
	uint32_t *kept = arena_array(&f->arena, uint32_t, people->n + 1);

	for (size_t i = 0; i < f->said.n; i++) {
		const struct said *said = &f->said.v[i];
		uint32_t w = work_of(f, said->first_key);

		if (!cite(f, said, w))
			continue;
		struct member *m = &people->v[said->person];
		struct citation *to = &m->record->start_here.v[kept[said->person]++];

		if (to != said->citation)
			*to = *said->citation;
		to->id.text = f->d->works.v[w].slug;
		if (m->works.n == 0)
			vec_reserve(&f->d->arena, &m->works, m->record->start_here.n);
		*vec_add(&f->d->arena, &m->works) = w;
	}
	for (size_t p = 0; p < people->n; p++)
		people->v[p].record->start_here.n = kept[p];
}

/* Who of the directory is among the authors; a person counts once, where it stands first. */
static void
match_authors_of(struct directory *d, struct arena *scratch, struct work *work)
{
	const struct entries *authors = &work->facts.authors;
	uint32_t *people = arena_array(scratch, uint32_t, authors->n + 1),
		 *places = arena_array(scratch, uint32_t, authors->n + 1);
	struct ids found = { .v = people };

	for (size_t i = 0; i < authors->n; i++) {
		size_t p = directory_author(d, scratch, authors->v[i].name.text), at = found.n;

		if (p == (size_t)MAP_NONE || ids_has(&found, (uint32_t)p))
			continue;
		/* positions stand beside authors, which are ascending */
		for (; at > 0 && people[at - 1] > p; at--) {
			people[at] = people[at - 1];
			places[at] = places[at - 1];
		}
		people[at] = (uint32_t)p;
		places[at] = (uint32_t)i;
		found.n++;
	}
	if (found.n == 0)
		return;
	vec_reserve(&d->arena, &work->authors, found.n);
	work->positions.v = arena_array(&d->arena, uint32_t, found.n);
	for (size_t k = 0; k < found.n; k++) {
		*vec_add(&d->arena, &work->authors) = people[k];
		work->positions.v[k] = places[k];
		d->people.v[people[k]].authored.n++;
	}
}

/* What was counted gets its room, and then its works. */
static void
list_authored(struct directory *d)
{
	for (size_t p = 0; p < d->people.n; p++) {
		struct ids *authored = &d->people.v[p].authored;

		if (authored->n)
			vec_reserve(&d->arena, authored, authored->n);
		authored->n = 0;
	}
	for (size_t w = 0; w < d->works.n; w++) {
		const struct ids *authors = &d->works.v[w].authors;

		for (size_t i = 0; i < authors->n; i++)
			*vec_add(&d->arena, &d->people.v[authors->v[i]].authored) = (uint32_t)w;
	}
}

/* Only for works that somebody has. */
static void
match_authors(struct directory *d)
{
	struct arena scratch = { 0 };

	for (size_t w = 0; w < d->works.n; w++)
		if (d->works.v[w].people.n) {
			match_authors_of(d, &scratch, &d->works.v[w]);
			arena_clear(&scratch);
		}
	arena_end(&scratch);
	list_authored(d);
}

void
work_claims(struct arena *a, const struct work *work, struct claims *claims)
{
	for (size_t i = 0; i < work->keys.n; i++)
		*vec_add(a, claims) = (struct claim){ "sources",
			source_key_slug(a, work->keys.v[i]), CLAIM_ALIAS, work->slug, STR("") };
	if (work->file && work->file->name.text.n)
		*vec_add(a, claims) = (struct claim){ "sources",
			text_slug(a, work->file->name.text), CLAIM_ALIAS, work->slug, STR("") };
	for (size_t i = 0; work->file && i < work->file->aliases.n; i++)
		*vec_add(a, claims) =
			(struct claim){ "sources", text_slug(a, work->file->aliases.v[i].name.text),
				CLAIM_ALIAS, work->slug, STR("") };
}

void
directory_settle_works(struct directory *d)
{
	struct forest f = { .d = d };
	size_t titled;

	hear_all(&f);
	make_groups(&f);
	titled = make_works(&f);
	gather_facts(&f);
	for (size_t p = 0; p < d->people.n; p++)
		if (d->people.v[p].standing == STANDING_DRAFT ||
			d->people.v[p].standing == STANDING_REJECTED)
			check_draft(&f, d->people.v[p].record);
	settle_citations(&f);
	d->works.n = titled; /* the others are nobody's */
	arena_end(&f.scratch);
	arena_end(&f.arena);
}

void
directory_find_works(struct directory *d)
{
	directory_settle_works(d);
	match_authors(d);
}
