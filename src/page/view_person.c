/* view_person: the profile, and its forms as a record, as text and as BibTeX. */
#include "base/text.h"
#include "base/uri.h"
#include "catalog/ident.h"
#include "page/view.h"

static void
head(const struct view *v, struct page *p, const struct person *person)
{
	bool reviewed = person->reviewed.text.n > 0;

	page_add(p, LINE_TITLE, person->name.text);
	page_addf(p, LINE_TEXT, "%.*s · %.*s", STR_ARG(view_word(v, WORD_PROFILE)),
		STR_ARG(reviewed ? view_say(v, WORD_REVIEWED, person->reviewed.text)
				 : view_word(v, WORD_NOT_REVIEWED)));
	page_space(p);
	page_add(p, LINE_TEXT, person->tagline.text);
	page_space(p);
	page_add(p, LINE_TEXT, person->role.text);
}

static void
says(const struct view *v, struct page *p, enum word what, struct str text)
{
	if (text.n)
		page_add(p, LINE_ITEM, view_say_two(v, WORD_LABEL, view_word(v, what), text));
}

static void
names(const struct view *v, struct page *p, const struct person *person)
{
	page_space(p);
	says(v, p, WORD_NATIVE_NAME, person->native_name.text);
	if (person->native_name.text.n && person->pronunciation.text.n)
		page_ascii(p,
			view_say_two(v, WORD_LABEL, view_word(v, WORD_NATIVE_NAME),
				person->pronunciation.text));
	says(v, p, WORD_PRONUNCIATION, person->pronunciation.text);
	says(v, p, WORD_PRONOUNS, person->pronouns.text);
}

/* What the person has, and where each of the sources can be read: others mostly share some of it.
 */
struct own {
	struct things things;
	struct entries starts; /* slug and address */
};

static void
things(const struct view *v, struct page *p, int64_t id, enum shared_kind kind, enum word heading,
	struct own *own)
{
	struct things *all = &own->things;
	size_t first = all->n;

	query_things_of(v->store, v->arena, id, kind, all);
	if (all->n > first)
		page_add(p, LINE_HEAD, view_word(v, heading));
	for (size_t i = first; i < all->n; i++)
		view_link_thing(v, p, &all->v[i]);
}

static void
about(const struct view *v, struct page *p, const struct person *person)
{
	page_add(p, LINE_HEAD, view_word(v, WORD_ABOUT_THIS_PAGE));
	page_add(p, LINE_TEXT,
		view_say_two(v, WORD_SENTENCES, view_word(v, WORD_ABOUT_PROFILE),
			view_word(v,
				person->reviewed.text.n ? WORD_ABOUT_REVIEWED
							: WORD_ABOUT_UNREVIEWED)));
}

static void
known_for(const struct view *v, struct page *p, const struct person *person)
{
	if (person->known_for.n)
		page_add(p, LINE_HEAD, view_word(v, WORD_KNOWN_FOR));
	for (size_t i = 0; i < person->known_for.n; i++)
		page_addf(p, LINE_ITEM, "%02zu %.*s", i + 1,
			STR_ARG(person->known_for.v[i].name.text));
}

static void
start_here(const struct view *v, struct page *p, const struct person *person, struct own *own)
{
	if (person->start_here.n)
		page_add(p, LINE_HEAD, view_word(v, WORD_START_HERE));
	for (size_t i = 0; i < person->start_here.n; i++) {
		const struct citation *item = &person->start_here.v[i];
		size_t people;
		struct source_file *source =
			query_source(v->store, v->arena, item->id.text, &people);

		if (!source)
			continue;
		struct str page = view_thing_path(v, SHARED_SOURCE, item->id.text);
		struct str url = view_source_url(v->arena, &source->source);

		*vec_add(v->arena, &own->things) = (struct thing){ SHARED_SOURCE, item->id.text,
			source->source.title.text, people };
		*vec_add(v->arena, &own->starts) =
			(struct entry){ { .text = item->id.text }, { .text = url.n ? url : page } };

		if (i)
			page_space(p);
		page_linkf(p, url.n ? url : page, "%.*s (%.*s)", STR_ARG(source->source.title.text),
			STR_ARG(view_source_facts(v, &source->source, url)));
		page_add(p, LINE_TEXT, item->why.text);
		if (people > 1)
			page_link(p, page,
				view_say_two(v, WORD_LABEL, view_word(v, WORD_STARTS_HERE_TOO),
					view_count(
						v, people - 1, WORD_ONE_PERSON, WORD_MANY_PEOPLE)));
	}
}

/* ---- related ---- */

static const struct {
	enum word reason, one, many;
} REASON[REASONS] = {
	[REASON_PICK] = { WORD_REASON_PICK, WORD_ONE_SOURCE_SHARED, WORD_MANY_SOURCES_SHARED },
	[REASON_SOURCE] = { WORD_REASON_SOURCE, WORD_ONE_SOURCE_SHARED, WORD_MANY_SOURCES_SHARED },
	[REASON_COAUTHOR] = { WORD_REASON_COAUTHOR, WORD_ONE_SOURCE_SHARED,
		WORD_MANY_SOURCES_SHARED },
	[REASON_TOPIC] = { WORD_REASON_TOPIC, WORD_ONE_TOPIC_SHARED, WORD_MANY_TOPICS_SHARED },
	[REASON_ORGANIZATION] = { WORD_REASON_ORGANIZATION, WORD_ONE_ORGANIZATION_SHARED,
		WORD_MANY_ORGANIZATIONS_SHARED },
};

/* Where to start with somebody: the homepage, else the first source. */
static struct str
start_of(const struct view *v, const struct own *own, const struct person *person)
{
	struct citation source = { 0 };

	for (size_t i = 0; i < person->links.n; i++)
		if (str_eq(person->links.v[i].name.text, STR("homepage")))
			return person->links.v[i].note.text;
	if (person->start_here.n == 0)
		return STR("");
	struct str slug = person->start_here.v[0].id.text;

	for (size_t i = 0; i < own->starts.n; i++)
		if (str_eq(own->starts.v[i].name.text, slug))
			return own->starts.v[i].note.text;
	if (!query_source_links(v->store, v->arena, slug, &source))
		return STR("");
	struct str url = view_source_url(v->arena, &source);

	return url.n ? url : view_thing_path(v, SHARED_SOURCE, slug);
}

static bool
thing_of(const struct view *v, const struct own *own, enum shared_kind kind, struct str slug,
	struct thing *thing)
{
	for (size_t i = 0; i < own->things.n; i++)
		if (own->things.v[i].kind == kind && str_eq(own->things.v[i].slug, slug)) {
			*thing = own->things.v[i];
			return true;
		}
	return query_thing(v->store, v->arena, kind, slug, thing);
}

static void
shared(const struct view *v, struct page *p, const struct related_row *row, const struct own *own)
{
	for (size_t i = 0; i < row->shared.n; i++) {
		struct thing thing;

		if (thing_of(
			    v, own, reason_shares(row->reason), row->shared.v[i].name.text, &thing))
			page_add(p, LINE_ITEM, thing.name);
	}
	if (row->count > row->shared.n)
		page_add(p, LINE_ITEM,
			view_say(v, WORD_AND_MORE,
				arena_printf(v->arena, "%zu", row->count - row->shared.n)));
}

static void
related_one(
	const struct view *v, struct page *p, const struct related_row *row, const struct own *own)
{
	const struct person *other = row->introduction;
	struct card card = {
		.slug = other->slug, .name = other->name.text, .tagline = other->tagline.text
	};
	struct str start = start_of(v, own, other);

	view_link_person(v, p, &card);
	if (row->count)
		page_addf(p, LINE_TEXT, "%.*s · %.*s",
			STR_ARG(view_word(v, REASON[row->reason].reason)),
			STR_ARG(view_count(
				v, row->count, REASON[row->reason].one, REASON[row->reason].many)));
	else
		page_add(p, LINE_TEXT, view_word(v, REASON[row->reason].reason));
	page_add(p, LINE_TEXT, row->why);
	shared(v, p, row, own);
	page_add(p, LINE_TEXT, text_sentence(other->summary.text));
	if (start.n)
		page_link(p, start,
			view_say_two(
				v, WORD_LABEL, view_word(v, WORD_START_HERE), other->name.text));
}

static void
related(const struct view *v, struct page *p, int64_t id, const struct own *own)
{
	struct related_row rows[RELATED_MOST];
	size_t n = query_related(v->store, v->arena, id, rows);

	if (n)
		page_add(p, LINE_HEAD, view_word(v, WORD_RELATED));
	for (size_t i = 0; i < n; i++) {
		if (i)
			page_space(p);
		related_one(v, p, &rows[i], own);
	}
}

static void
links(const struct view *v, struct page *p, const struct person *person)
{
	if (person->links.n)
		page_add(p, LINE_HEAD, view_word(v, WORD_LINKS));
	for (size_t i = 0; i < person->links.n; i++) {
		const struct entry *link = &person->links.v[i];

		page_linkf(p, link->note.text, "%.*s (%.*s)",
			STR_ARG(str_eq(link->name.text, STR("homepage"))
					? view_word(v, WORD_HOMEPAGE)
					: ident_link_label(link->name.text)),
			STR_ARG(uri_host(link->note.text)));
	}
}

static void
foot(const struct view *v, struct page *p, const struct person *person)
{
	page_space(p);
	page_linkf(p, arena_printf(v->arena, "/people/%.*s.yaml", STR_ARG(person->slug)), "%.*s",
		STR_ARG(view_word(v, WORD_RECORD)));
	page_linkf(p, arena_printf(v->arena, "/people/%.*s.txt", STR_ARG(person->slug)), "%.*s",
		STR_ARG(view_word(v, WORD_PLAIN_TEXT)));
	if (person->start_here.n)
		page_linkf(p, arena_printf(v->arena, "/people/%.*s.bib", STR_ARG(person->slug)),
			"%.*s", STR_ARG(view_word(v, WORD_BIBTEX)));
	page_link(p, STR("/connect.gmi"), view_word(v, WORD_CONNECT));
	view_foot(v, p);
	page_space(p);
	if (person->reviewed.text.n)
		page_add(p, LINE_TEXT,
			person->reviewed_by.text.n
				? view_say_two(v, WORD_REVIEWED_BY, person->reviewed.text,
					  person->reviewed_by.text)
				: view_say(v, WORD_REVIEWED, person->reviewed.text));
	if (person->updated.text.n)
		page_add(p, LINE_TEXT, view_say(v, WORD_UPDATED, person->updated.text));
}

void
view_person(const struct view *v, struct answer *answer)
{
	int64_t id;
	struct person *person = query_person(v->store, v->arena, v->name, &id);

	if (!person) {
		view_old(v, answer, "people", ".gmi");
		return;
	}
	struct page *p = view_page(v, answer);
	struct own own = { 0 };

	head(v, p, person);
	names(v, p, person);
	page_paragraphs(p, person->summary.text);
	things(v, p, id, SHARED_ORGANIZATION, WORD_ORGANIZATIONS, &own);
	things(v, p, id, SHARED_TOPIC, WORD_TOPICS, &own);
	about(v, p, person);
	known_for(v, p, person);
	start_here(v, p, person, &own);
	related(v, p, id, &own);
	links(v, p, person);
	foot(v, p, person);
}

/* The profile's lines; whoever serves text wraps them (ANSWER_PAGE with a text type). */
void
view_person_text(const struct view *v, struct answer *answer)
{
	view_person(v, answer);
	if (answer->kind == ANSWER_PAGE)
		answer->mime = "text/plain";
	else
		view_old(v, answer, "people", ".txt");
}

void
view_person_record(const struct view *v, struct answer *answer)
{
	int64_t id;
	struct person *person = query_person(v->store, v->arena, v->name, &id);

	if (!person || !query_file(v->store, v->arena, person->path, &answer->bytes)) {
		view_old(v, answer, "people", ".yaml");
		return;
	}
	answer->kind = ANSWER_BYTES;
	answer->mime = "text/plain";
}
