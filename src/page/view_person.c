/* view_person: the profile, and its forms as a record, as text and as BibTeX. */
#include "base/text.h"
#include "base/uri.h"
#include "catalog/common.h"
#include "catalog/ident.h"
#include "page/view.h"

static void
head(const struct view *v, struct page *p, const struct person *person)
{
	bool reviewed = person->reviewed.text.n > 0;

	page_add(p, LINE_TITLE, person->name.text);
	page_add(p, LINE_TEXT,
		arena_concat(v->arena, view_word(v, WORD_PROFILE), STR(" · "),
			reviewed ? view_say(v, WORD_REVIEWED, person->reviewed.text)
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
things(const struct view *v, struct page *p, struct str slugs, enum shared_kind kind,
	enum word heading, struct own *own)
{
	struct things *all = &own->things;
	size_t first = all->n;
	struct thing thing;
	struct str slug;

	while (unpack_slug(&slugs, &slug))
		if (common_thing(v->store, v->arena, kind, slug, &thing))
			*vec_add(v->arena, all) = thing;
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
		page_add(p, LINE_ITEM,
			arena_concat(v->arena, i < 9 ? STR("0") : STR(""),
				arena_number(v->arena, i + 1), STR(" "),
				person->known_for.v[i].name.text));
}

/* The next of the sources kept beside the record, or, where it is not kept there, from its own row.
 */
static bool
next_source(const struct view *v, struct str *kept, struct str slug, struct shown_source *source)
{
	return (shown_next_source(kept, source) && source->people) ||
		common_source(v->store, v->arena, slug, source);
}

static void
start_here(const struct view *v, struct page *p, const struct person *person, struct str kept,
	struct own *own)
{
	if (person->start_here.n)
		page_add(p, LINE_HEAD, view_word(v, WORD_START_HERE));
	for (size_t i = 0; i < person->start_here.n; i++) {
		const struct citation *item = &person->start_here.v[i];
		struct shown_source source;

		if (!next_source(v, &kept, item->id.text, &source))
			continue;
		const struct citation *facts = &source.facts;
		struct str page = view_thing_path(v, SHARED_SOURCE, item->id.text);
		struct str url = source_url(v->arena, facts);

		*vec_add(v->arena, &own->things) = (struct thing){ SHARED_SOURCE, item->id.text,
			facts->title.text, source.people };
		*vec_add(v->arena, &own->starts) =
			(struct entry){ { .text = item->id.text }, { .text = url.n ? url : page } };

		if (i)
			page_space(p);
		page_link(p, url.n ? url : page,
			arena_concat(v->arena, facts->title.text, STR(" ("),
				view_source_facts(v, facts, url), STR(")")));
		page_add(p, LINE_TEXT, item->why.text);
		if (source.people > 1)
			page_link(p, page,
				view_say_two(v, WORD_LABEL, view_word(v, WORD_STARTS_HERE_TOO),
					view_count(v, source.people - 1, WORD_ONE_PERSON,
						WORD_MANY_PEOPLE)));
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

/* Where a card leads to; empty: nowhere. */
static struct str
start_of(const struct view *v, const struct own *own, const struct shown_card *card)
{
	struct shown_source source;
	struct str url;

	if (card->leads == START_NOWHERE || card->leads == START_ADDRESS)
		return card->start;
	if (card->leads == START_PAGE)
		return view_thing_path(v, SHARED_SOURCE, card->start);
	for (size_t i = 0; i < own->starts.n; i++)
		if (str_eq(own->starts.v[i].name.text, card->start))
			return own->starts.v[i].note.text;
	if (!common_source(v->store, v->arena, card->start, &source))
		return STR("");
	url = source_url(v->arena, &source.facts);
	return url.n ? url : view_thing_path(v, SHARED_SOURCE, card->start);
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
shared(const struct view *v, struct page *p, const struct shown_line *line, const struct own *own)
{
	for (size_t i = 0; i < line->shown; i++) {
		struct thing thing;

		if (shown_by_title(line->reason))
			page_add(p, LINE_ITEM, line->shared[i]);
		else if (thing_of(v, own, reason_shares(line->reason), line->shared[i], &thing))
			page_add(p, LINE_ITEM, thing.name);
	}
	if (line->count > line->shown)
		page_add(p, LINE_ITEM,
			view_say(v, WORD_AND_MORE,
				arena_number(v->arena, line->count - line->shown)));
}

static void
related_one(const struct view *v, struct page *p, const struct shown_line *line,
	const struct shown_card *other, const struct own *own)
{
	const struct card card = {
		.slug = line->slug, .name = other->name, .tagline = other->tagline
	};
	struct str start = start_of(v, own, other);

	view_link_person(v, p, &card);
	if (line->count)
		page_add(p, LINE_TEXT,
			arena_concat(v->arena, view_word(v, REASON[line->reason].reason),
				STR(" · "),
				view_count(v, line->count, REASON[line->reason].one,
					REASON[line->reason].many)));
	else
		page_add(p, LINE_TEXT, view_word(v, REASON[line->reason].reason));
	page_add(p, LINE_TEXT, line->why);
	shared(v, p, line, own);
	page_add(p, LINE_TEXT, other->sentence);
	if (start.n)
		page_link(p, start,
			view_say_two(v, WORD_LABEL, view_word(v, WORD_START_HERE), other->name));
}

/* What the line keeps of the other, or their own row has. */
static bool
card_of(const struct view *v, const struct shown_line *line, struct shown_card *card)
{
	if (line->card.n == 0)
		return common_card(v->store, v->arena, line->slug, card);
	*card = shown_unpack_card(line->card);
	return true;
}

static void
related(const struct view *v, struct page *p, struct str packed, const struct own *own)
{
	struct shown_line lines[RELATED_MOST];
	struct shown_card card;
	size_t n = shown_lines(packed, lines);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (!card_of(v, &lines[i], &card))
			continue;
		if (any)
			page_space(p);
		else
			page_add(p, LINE_HEAD, view_word(v, WORD_RELATED));
		any = true;
		related_one(v, p, &lines[i], &card, own);
	}
}

static void
links(const struct view *v, struct page *p, const struct person *person)
{
	if (person->links.n)
		page_add(p, LINE_HEAD, view_word(v, WORD_LINKS));
	for (size_t i = 0; i < person->links.n; i++) {
		const struct entry *link = &person->links.v[i];

		page_link(p, link->note.text,
			arena_concat(v->arena,
				str_eq(link->name.text, STR("homepage"))
					? view_word(v, WORD_HOMEPAGE)
					: ident_link_label(link->name.text),
				STR(" ("), uri_host(link->note.text), STR(")")));
	}
}

static void
form(const struct view *v, struct page *p, const struct person *person, struct str ending,
	enum word what)
{
	page_link(p, arena_concat(v->arena, STR("/people/"), person->slug, ending),
		view_word(v, what));
}

static void
foot(const struct view *v, struct page *p, const struct person *person)
{
	page_space(p);
	form(v, p, person, STR(".yaml"), WORD_RECORD);
	form(v, p, person, STR(".txt"), WORD_PLAIN_TEXT);
	if (person->start_here.n)
		form(v, p, person, STR(".bib"), WORD_BIBTEX);
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

enum { LINES = 128 }; /* few profiles have more */

void
view_person(const struct view *v, struct answer *answer)
{
	struct shown_row shown;
	struct person *person = query_profile(v->store, v->arena, v->name, &shown);

	if (!person) {
		view_old(v, answer, "people", ".gmi");
		return;
	}
	struct page *p = view_page(v, answer);
	struct own own = { 0 };

	vec_reserve(v->arena, p, LINES); /* grown step by step they would be moved four times */
	head(v, p, person);
	names(v, p, person);
	page_paragraphs(p, person->summary.text);
	things(v, p, shown.organizations, SHARED_ORGANIZATION, WORD_ORGANIZATIONS, &own);
	things(v, p, shown.topics, SHARED_TOPIC, WORD_TOPICS, &own);
	about(v, p, person);
	known_for(v, p, person);
	start_here(v, p, person, shown.sources, &own);
	related(v, p, shown.lines, &own);
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
