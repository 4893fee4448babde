/* finger: a name in, a profile out, as text (RFC 1288). */
#include "proto/finger.h"

#include "base/text.h"
#include "base/utf8.h"
#include "catalog/common.h"
#include "catalog/search.h"
#include "encode/ascii.h"
#include "encode/encode.h"
#include "page/route.h"
#include "proto/site.h"

enum {
	STATUS_FOUND = 20,
	STATUS_TEMPORARY_FAILURE = 40,
	STATUS_SLOW_DOWN = 44,
	STATUS_NOT_FOUND = 51,
	STATUS_BAD = 59,
	LIST_SHOWN = 17 /* with title, count, the line of finger(1) and a prompt: 24 rows */
};

enum parse
finger_parse(struct arena *a, struct str in, struct request *r)
{
	size_t end = str_find(in, '\n');
	struct str line = str_trim(str_sub(in, 0, end));

	(void)a;
	*r = (struct request){ 0 };
	r->status = STATUS_BAD;
	if (end == in.n && in.n < FINGER_LINE_MOST)
		return PARSE_MORE;
	if (end == in.n) {
		r->wrong = "The query is longer than 512 bytes.";
		return PARSE_BAD;
	}
	if (str_starts(line, STR("/W")) && (line.n == 2 || line.p[2] == ' ')) {
		r->mark = 'W';
		line = str_trim(str_sub(line, 2, line.n));
	}
	if (str_find(line, '@') < line.n) { /* section 3.2.1: forwarding may be refused, and is */
		r->wrong = "This server forwards no queries; ask that host itself.";
		return PARSE_BAD;
	}
	r->path = line;
	return PARSE_DONE;
}

/* Sends text as it is: CRLF line ends, no control characters (section 3.3). */
static void
put_text(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n;) {
		size_t from = i;
		int32_t c = utf8_next(text, &i);

		if (c == '\n')
			buf_put(out, STR("\r\n"));
		else if (c != UTF8_BAD && !utf8_is_control(c))
			buf_put(out, str_sub(text, from, i));
	}
}

static void
put_page(const struct site *site, struct page *page, struct reply *reply)
{
	struct place place = { site->hosts.v[0].name.text, site->port, site->gopher_host,
		site->gopher_port, site->ascii, 0, STR("") };
	struct buf text = { 0 };

	if (site->ascii)
		encode_ascii_page(page);
	encode_text(page, &place, &text);
	put_text(&reply->out, buf_str(&text));
	buf_end(&text);
}

static void
put_line(struct view *v, struct reply *reply, unsigned status, struct str text)
{
	(void)v;
	reply->status = status;
	put_text(&reply->out, text);
	buf_put(&reply->out, STR("\r\n"));
}

/* The short form of a profile ends before the related researchers. */
static void
shorten(const struct view *v, struct page *page, struct str slug)
{
	struct str related = view_word(v, WORD_RELATED);

	for (size_t i = 0; i < page->n; i++)
		if (page->v[i].kind == LINE_HEAD && str_eq(page->v[i].text, related)) {
			page->n = i;
			page_space(page);
			page_add(page, LINE_TEXT,
				view_say_two(v, WORD_LABEL, related,
					arena_printf(v->arena, "finger -l %.*s", STR_ARG(slug))));
			return;
		}
}

static void
put_profile(
	const struct site *site, struct view *v, struct str slug, bool whole, struct reply *reply)
{
	struct answer answer;

	v->path = view_person_path(v, slug);
	route_answer(v, &answer);
	if (answer.kind == ANSWER_MOVED) {
		v->path = answer.target;
		route_answer(v, &answer);
	}
	if (answer.kind != ANSWER_PAGE) {
		put_line(v, reply, STATUS_NOT_FOUND,
			answer.kind == ANSWER_GONE ? answer.words : view_word(v, WORD_NOBODY));
		return;
	}
	if (!whole)
		shorten(v, &answer.page, v->name);
	reply->status = STATUS_FOUND;
	put_page(site, &answer.page, reply);
}

/* Names with the words to ask for them. */
static void
put_choices(const struct site *site, struct view *v, struct str title, const struct cards *cards,
	size_t total, struct reply *reply)
{
	struct answer answer = { .fd = -1 };
	struct page *p;

	v->path = STR("/people/index.gmi");
	p = view_page(v, &answer);
	page_add(p, LINE_TITLE, title);
	for (size_t i = 0; i < cards->n; i++)
		page_addf(p, LINE_ITEM, "%.*s: %.*s", STR_ARG(cards->v[i].slug),
			STR_ARG(cards->v[i].name));
	if (total > cards->n) {
		page_space(p);
		page_add(p, LINE_TEXT,
			view_say(v, WORD_ASK_FOR_MORE,
				arena_printf(v->arena, "%zu", total - cards->n)));
	}
	reply->status = STATUS_FOUND;
	put_page(site, p, reply);
}

static void
put_list(const struct site *site, struct view *v, struct reply *reply)
{
	struct cards cards = { 0 };
	size_t total = query_people_count(v->store);

	query_people(v->store, v->arena, STR(""), (struct range){ 0, LIST_SHOWN }, &cards);
	put_choices(site, v,
		arena_printf(v->arena, "%.*s (%.*s)",
			STR_ARG(v->settings.title.text.n ? v->settings.title.text
							 : view_word(v, WORD_DIRECTORY)),
			STR_ARG(view_count(v, total, WORD_ONE_PERSON, WORD_MANY_PEOPLE))),
		&cards, total, reply);
}

/* Whose last name it is, when that is one person. */
static bool
last_name(struct str name, struct str folded)
{
	return str_eq(
		str_sub(name, str_find_last(name, ' ') < name.n ? str_find_last(name, ' ') + 1 : 0,
			name.n),
		folded);
}

static void
prefer_last_names(struct view *v, struct cards *cards, struct str query)
{
	struct str folded = text_fold(v->arena, query);
	struct cards kept = { 0 };

	for (size_t i = 0; i < cards->n; i++)
		if (last_name(text_fold(v->arena, cards->v[i].name), folded))
			*vec_add(v->arena, &kept) = cards->v[i];
	if (kept.n)
		*cards = kept;
}

static void
find(const struct site *site, struct view *v, const struct request *r, struct reply *reply)
{
	struct str target, gone, slug = text_slug(v->arena, r->path);
	struct limit limit;
	struct meant meant;

	match_begin(v->store, &limit, search_us);
	search_person(v->store, v->arena, r->path, &limit, &meant);
	match_end(v->store);

	struct cards cards = meant.people;

	if (cards.n > 1)
		prefer_last_names(v, &cards, r->path);
	if (cards.n == 1 && !meant.more)
		put_profile(site, v, cards.v[0].slug, r->mark == 'W', reply);
	else if (cards.n)
		put_choices(site, v, view_word(v, WORD_CONNECT_WHICH), &cards, cards.n, reply);
	else if (query_old(v->store, v->arena, "people", slug, &target, &gone))
		put_profile(site, v, slug, r->mark == 'W', reply);
	else
		put_line(v, reply, STATUS_NOT_FOUND, view_word(v, WORD_NOBODY_NAMED));
}

/* What the words of a capsule may still hold beyond ASCII, outside of its pages. */
static void
transliterate(struct buf *out)
{
	struct buf ascii = { 0 };

	encode_ascii(&ascii, buf_str(out));
	buf_end(out);
	*out = ascii;
}

static void
answer(struct site *site, struct arena *a, const struct session *s, enum parse verdict,
	const struct request *r, struct reply *reply)
{
	struct view v = { .store = site->store,
		.arena = a,
		.capsule = site->capsule,
		.base = { site->hosts.v[0].name.text, site->port } };

	(void)s;
	reply->fd = -1;
	store_begin(site->store);
	common_settings(site->store, a, &v.settings);
	if (verdict == PARSE_BAD)
		put_line(&v, reply, r->status, str_of(r->wrong));
	else if (r->path.n == 0)
		put_list(site, &v, reply);
	else if (utf8_bad(r->path) < r->path.n)
		put_line(&v, reply, STATUS_BAD, STR("The query is not UTF-8."));
	else
		find(site, &v, r, reply);
	if (!site_end(site, reply))
		put_line(&v, reply, STATUS_TEMPORARY_FAILURE, view_word(&v, WORD_UNREADABLE));
	if (site->ascii)
		transliterate(&reply->out);
}

static void
refuse(struct arena *a, unsigned seconds, struct reply *reply)
{
	(void)a;
	reply->fd = -1;
	reply->status = STATUS_SLOW_DOWN;
	buf_printf(&reply->out, "Too many requests: wait %u seconds.\r\n", seconds);
}

const struct proto proto_finger = {
	.name = "finger",
	.port = "79",
	.otherwise = "7979",
	.longest = FINGER_LINE_MOST,
	.parse = finger_parse,
	.answer = answer,
	.refuse = refuse,
};
