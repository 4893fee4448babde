/* gopher: selectors to menus and texts (RFC 1436, RFC 4266). Gopher has no redirects and no
 * prompts: what Gemini would send elsewhere is followed here, and a question becomes a search item.
 */
#include "proto/gopher.h"

#include <unistd.h>

#include "base/uri.h"
#include "base/utf8.h"
#include "catalog/common.h"
#include "encode/ascii.h"
#include "encode/encode.h"
#include "encode/wrap.h"
#include "page/route.h"
#include "proto/cache.h"
#include "proto/site.h"

enum {
	HOPS = 3,
	NAME_COLUMNS = 66,
	INFO_COLUMNS = 67,
	SHOWN_COLUMNS = 55, /* what a stranger sent, behind "Not found: " */
	PROMPT_SELECTOR_MOST = 200
};

/* For the log: Gopher has no statuses, so these are Gemini's for the same thing. */
enum {
	STATUS_FOUND = 20,
	STATUS_TEMPORARY_FAILURE = 40,
	STATUS_SLOW_DOWN = 44,
	STATUS_NOT_FOUND = 51,
	STATUS_GONE = 52,
	STATUS_BAD = 59
};

enum parse
gopher_parse(struct arena *a, struct str in, struct request *r)
{
	size_t end = str_find(in, '\n');
	struct str line, selector, words, rest;

	(void)a;
	*r = (struct request){ 0 };
	if (end == in.n && in.n < GOPHER_LINE_MOST + 2)
		return PARSE_MORE;
	if (end == in.n) {
		r->status = STATUS_BAD;
		r->wrong = "The selector is longer than 1024 bytes";
		return PARSE_BAD;
	}
	line = str_sub(in, 0, end > 0 && in.p[end - 1] == '\r' ? end - 1 : end);
	rest = line;
	str_cut(&rest, '\t', &selector);
	r->path = selector;
	if (!rest.p)
		return PARSE_DONE;
	/* Gopher+: a field that is a mark and nothing else. Words may begin with one (+flash,
	 * $100), and may have one behind them. */
	str_cut(&rest, '\t', &words);
	if (words.n == 1 && strchr("+!$", words.p[0]))
		r->mark = words.p[0];
	else {
		r->has_query = true;
		r->query = r->raw_query = words;
	}
	return PARSE_DONE;
}

/* ---- pieces of menus ---- */

static struct place
place_of(const struct site *site, const struct session *s)
{
	struct str host = site->hosts.v[0].name.text;

	return (struct place){ host, site->port, site->gopher_host.n ? site->gopher_host : host,
		site->gopher_port ? site->gopher_port : s->port, site->ascii, 0, STR("") };
}

static void
put_item(struct buf *out, const struct place *place, char type, struct str name,
	const char *selector)
{
	buf_printf(out, "%c%.*s\t%s\t%.*s\t%u\r\n", type, STR_ARG(name), selector,
		STR_ARG(place->gopher_host), place->gopher_port);
}

/* What a stranger sent, fit to be shown: one line, without control characters, shortened. */
static struct str
shown(struct arena *a, const struct place *place, struct str s)
{
	struct buf out = { 0 }, ascii = { 0 };
	struct str piece;

	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		int32_t c = utf8_next(s, &i);

		if (c == UTF8_BAD || utf8_is_control(c) || utf8_is_hidden(c))
			buf_char(&out, '_');
		else
			buf_put(&out, str_sub(s, from, i));
	}
	if (place->ascii)
		encode_ascii(&ascii, buf_str(&out));
	struct str text = arena_str(a, buf_str(place->ascii ? &ascii : &out));

	buf_end(&out);
	buf_end(&ascii);
	return wrap_cut(&text, SHOWN_COLUMNS, &piece) ? piece : STR("");
}

/* Words as info lines. */
static void
put_words(struct arena *a, struct buf *out, struct str words)
{
	struct str line;

	while (wrap_line(a, &words, INFO_COLUMNS, &line))
		encode_info(out, line);
}

/* The one place for a line of type 3: what is wrong, then ways on. */
static void
put_error(struct view *v, const struct place *place, struct reply *reply, unsigned status,
	struct str what)
{
	struct buf *out = &reply->out;

	struct str first = STR("");

	reply->status = status;
	wrap_line(v->arena, &what, NAME_COLUMNS, &first);
	buf_printf(out, "3%.*s\t\tnull.host\t1\r\n", STR_ARG(first));
	put_words(v->arena, out, what);
	if (status == STATUS_NOT_FOUND) {
		if (str_starts(v->path, STR("/people/")) || str_starts(v->path, STR("/names/")))
			put_item(out, place, '1', view_word(v, WORD_EVERYONE), "/people");
		if (str_starts(v->path, STR("/topics/")))
			put_item(out, place, '1', view_word(v, WORD_ALL_TOPICS), "/topics");
		if (str_starts(v->path, STR("/organizations/")))
			put_item(out, place, '1', view_word(v, WORD_ALL_ORGANIZATIONS),
				"/organizations");
		if (str_starts(v->path, STR("/sources/")))
			put_item(out, place, '1', view_word(v, WORD_ALL_SOURCES), "/sources");
		put_item(out, place, '7', view_word(v, WORD_SEARCH), "/search");
	}
	put_item(out, place, '1', view_word(v, WORD_HOME), "");
	encode_menu_end(out);
}

/* ---- texts ---- */

/* Without the control characters that a terminal would obey. */
static void
put_clean(struct buf *out, struct str line)
{
	size_t clean = 0;

	for (size_t i = 0; i < line.n;) {
		size_t from = i;
		int32_t c = utf8_next(line, &i);

		if (c == '\t' || !utf8_is_control(c))
			continue;
		buf_put(out, str_sub(line, clean, from));
		clean = i;
	}
	buf_put(out, str_sub(line, clean, line.n));
}

/* Lines end with CRLF; the last one, too, when `last`. */
static void
put_lines(struct buf *out, struct str text, bool last)
{
	for (size_t from = 0; from < text.n;) {
		struct str rest = str_sub(text, from, text.n);
		size_t end = str_find(rest, '\n');

		put_clean(out, str_sub(rest, 0, end));
		if (end < rest.n || last)
			buf_put(out, STR("\r\n"));
		from += end + 1;
	}
}

static void
put_ascii_lines(struct buf *out, struct str text, bool last)
{
	struct buf plain = { 0 };

	encode_ascii(&plain, text);
	put_lines(out, buf_str(&plain), last);
	buf_end(&plain);
}

static void
put_text(struct buf *out, struct str text, bool ascii)
{
	(ascii ? put_ascii_lines : put_lines)(out, text, true);
}

/* A file goes as it is; a text with the line ends and the letters of the wire. */
static void
put_file(const struct place *place, const struct answer *answer, struct reply *reply)
{
	reply->fd = answer->fd;
	reply->left = answer->size;
	if (str_starts(str_of(answer->mime), STR("text/")) &&
		!str_eq(str_of(answer->mime), STR("text/html")))
		reply->convert = place->ascii ? put_ascii_lines : put_lines;
}

static void
put_page(
	const struct view *v, const struct place *place, struct answer *answer, struct reply *reply)
{
	struct buf text = { 0 };

	if (place->ascii)
		encode_ascii_page(&answer->page);
	if (!answer->mime) {
		encode_menu(&answer->page, place, &reply->out);
		return;
	}
	(void)v;
	encode_for(answer->mime)(&answer->page, place, &text);
	put_text(&reply->out, buf_str(&text), place->ascii);
	buf_end(&text);
}

/* A question to the reader: an item that asks it. */
static void
put_question(const struct view *v, const struct place *place, const struct answer *answer,
	struct reply *reply)
{
	struct str selector = str_sub(encode_selector(v->arena, v->path), 0, PROMPT_SELECTOR_MOST);

	put_words(v->arena, &reply->out, answer->words);
	buf_printf(&reply->out, "7%.*s\t%.*s\t%.*s\t%u\r\n",
		STR_ARG(view_word(
			v, str_starts(v->path, STR("/connect")) ? WORD_CONNECT : WORD_SEARCH)),
		STR_ARG(selector), STR_ARG(place->gopher_host), place->gopher_port);
	put_item(&reply->out, place, '1', view_word(v, WORD_HOME), "");
	encode_menu_end(&reply->out);
}

static bool
put_answer(struct view *v, const struct place *place, struct answer *answer, struct reply *reply)
{
	reply->status = STATUS_FOUND;
	switch (answer->kind) {
	case ANSWER_PAGE:
		put_page(v, place, answer, reply);
		return true;
	case ANSWER_BYTES:
		put_text(&reply->out, answer->bytes, place->ascii);
		return true;
	case ANSWER_FILE:
		put_file(place, answer, reply);
		return true;
	case ANSWER_INPUT:
		put_question(v, place, answer, reply);
		return true;
	case ANSWER_GONE:
		put_error(v, place, reply, STATUS_GONE, answer->words);
		return true;
	default:
		return false;
	}
}

/* ---- what is not a page ---- */

static void
put_escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '&':
			buf_put(out, STR("&amp;"));
			break;
		case '<':
			buf_put(out, STR("&lt;"));
			break;
		case '>':
			buf_put(out, STR("&gt;"));
			break;
		case '"':
			buf_put(out, STR("&quot;"));
			break;
		case '\'':
			buf_put(out, STR("&#39;"));
			break;
		default:
			buf_char(out, s.p[i]);
		}
}

/* URL:X is asked for by clients that know no such links: a page that leads there. Only schemes that
 * a reader can mean. */
static bool
put_url(const struct view *v, struct str selector, struct reply *reply)
{
	static const struct str SCHEMES[] = { STR_INIT("http"), STR_INIT("https"),
		STR_INIT("gemini"), STR_INIT("gopher"), STR_INIT("mailto") };
	struct str url = selector;
	struct uri u;
	bool known = false;

	if (str_starts(url, STR("/")))
		url = str_sub(url, 1, url.n);
	url = str_sub(url, 4, url.n);
	if (!uri_parse(url, &u) || !uri_is_link(url))
		return false;
	for (size_t i = 0; i < COUNT(SCHEMES); i++)
		known = known || str_eq_nocase(u.scheme, SCHEMES[i]);
	if (!known)
		return false;
	reply->status = STATUS_FOUND;
	struct str phrase = view_word(v, WORD_LEAVES_GOPHER);
	size_t place = str_find_str(phrase, STR("{1}"));

	buf_put(&reply->out,
		STR("<!DOCTYPE html>\r\n<html><head><meta "
		    "charset=\"utf-8\"><title>Gopher</title></head>\r\n<body><p>"));
	put_escaped(&reply->out, str_sub(phrase, 0, place));
	buf_put(&reply->out, STR("<a href=\""));
	put_escaped(&reply->out, url);
	buf_put(&reply->out, STR("\">"));
	put_escaped(&reply->out, url);
	buf_put(&reply->out, STR("</a>"));
	put_escaped(&reply->out, str_sub(phrase, place + 3, phrase.n));
	buf_put(&reply->out, STR("</p></body></html>\r\n"));
	return true;
}

static bool
is_http(struct str selector)
{
	static const struct str METHODS[] = { STR_INIT("GET "), STR_INIT("HEAD "),
		STR_INIT("POST "), STR_INIT("PUT "), STR_INIT("DELETE "), STR_INIT("OPTIONS "),
		STR_INIT("CONNECT "), STR_INIT("TRACE "), STR_INIT("PATCH ") };

	for (size_t i = 0; i < COUNT(METHODS); i++)
		if (str_starts(selector, METHODS[i]) &&
			str_find_str(selector, STR(" HTTP/")) < selector.n)
			return true;
	return false;
}

static void
put_http(struct str selector, const struct place *place, struct reply *reply)
{
	struct buf page = { 0 };

	buf_put(&page,
		STR("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>A Gopher "
		    "server</title></head>\n"
		    "<body><h1>This is a Gopher server</h1>\n<p>It serves a directory of "
		    "researchers. Read it with a "
		    "Gopher client, such as lynx, at <code>gopher://"));
	put_escaped(&page, place->gopher_host);
	buf_printf(&page, ":%u/</code>, or with a Gemini client at <code>gemini://",
		place->gopher_port);
	put_escaped(&page, place->host);
	buf_put(&page, STR("/</code>.</p></body></html>\n"));
	reply->status = STATUS_FOUND;
	buf_printf(&reply->out,
		"HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: "
		"%zu\r\n"
		"Connection: close\r\n\r\n",
		page.n);
	if (!str_starts(selector, STR("HEAD ")))
		buf_put(&reply->out, buf_str(&page));
	buf_end(&page);
}

/* What gopher(1) needs to hear before it asks plainly. */
static void
put_attributes(const struct view *v, const struct place *place, struct reply *reply)
{
	struct str title =
		v->settings.title.text.n ? v->settings.title.text : view_word(v, WORD_DIRECTORY);
	struct buf ascii = { 0 };

	if (place->ascii)
		encode_ascii(&ascii, title);
	reply->status = STATUS_FOUND;
	buf_printf(&reply->out,
		"+-1\r\n+INFO: 1%.*s\t\t%.*s\t%u\r\n+VIEWS:\r\n application/gopher+-menu: "
		"<512b>\r\n.\r\n",
		STR_ARG(ascii.n ? buf_str(&ascii) : title), STR_ARG(place->gopher_host),
		place->gopher_port);
	buf_end(&ascii);
}

static void
put_caps(const struct site *site, const struct place *place, struct reply *reply)
{
	reply->status = STATUS_FOUND;
	(void)site;
	buf_printf(&reply->out,
		"CAPS\r\nCapsVersion=1\r\nExpireCapsAfter=3600\r\nPathDelimeter=/"
		"\r\nPathIdentity=.\r\nPathParent=..\r\n"
		"PathParentDouble=FALSE\r\nPathKeepPreDelimeter=FALSE\r\nServerSoftware="
		"almagest\r\n"
		"ServerSoftwareVersion=" ALMAGEST_VERSION
		"\r\nServerDescription=A directory of researchers\r\n"
		"ServerDefaultEncoding=%s\r\nServerTLSPort=%u\r\n",
		place->ascii ? "US-ASCII" : "UTF-8", place->gopher_port);
}

/* ---- selectors ---- */

/* The path that a selector means: with a slash in front, without dot segments. A '?' in it parts
 * off a query. */
static bool
take_selector(struct view *v, struct str selector)
{
	size_t question = str_find(selector, '?');
	struct str path = str_sub(selector, 0, question),
		   query = str_sub(selector, question + 1, selector.n);

	if (str_find(path, '\0') < path.n) /* it is part of a name, and none has one */
		return false;
	if (path.n == 0 || path.p[0] != '/')
		path = arena_printf(v->arena, "/%.*s", STR_ARG(path));
	if (question < selector.n && !v->has_query) {
		v->has_query = true;
		if (!uri_decode(v->arena, query, &v->query))
			return false;
	}
	return utf8_bad(path) == path.n && uri_resolve_path(v->arena, path, &v->path);
}

/* Follows what Gemini would redirect. */
static bool
find(struct view *v, struct str selector, struct answer *answer)
{
	struct str query = v->query;
	bool has_query = v->has_query;

	*answer = (struct answer){ .fd = -1 };
	if (!take_selector(v, selector)) {
		v->path = STR("");
		v->query = query;
		v->has_query = has_query;
		return false;
	}
	for (int hop = 0; hop < HOPS; hop++) {
		route_answer(v, answer);
		v->by_chance = v->by_chance || answer->passing;
		if (answer->kind != ANSWER_MOVED && answer->kind != ANSWER_SEE)
			break;
		v->by_chance = v->by_chance || answer->kind == ANSWER_SEE;
		v->path = answer->target;
	}
	return answer->kind != ANSWER_NOT_FOUND && answer->kind != ANSWER_MOVED &&
		answer->kind != ANSWER_SEE;
}

static void
answer_selector(
	struct view *v, const struct place *place, const struct request *r, struct reply *reply)
{
	struct answer answer;
	struct str decoded;
	bool found = find(v, r->path, &answer);

	/* some clients send a link's selector still percent-encoded */
	if (!found && str_find(r->path, '%') < r->path.n && uri_decode(v->arena, r->path, &decoded))
		found = find(v, decoded, &answer);
	if (!found || !put_answer(v, place, &answer, reply))
		put_error(v, place, reply, STATUS_NOT_FOUND,
			view_say(v, WORD_NOT_FOUND, shown(v->arena, place, r->path)));
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
	struct place place = place_of(site, s);
	struct view v = { .store = site->store,
		.arena = a,
		.capsule = site->capsule,
		.mirror = site->mirror,
		.has_query = r->has_query,
		.query = r->query,
		.base = { place.host, place.port } };
	struct str bare = str_sub(r->path, str_starts(r->path, STR("/")), r->path.n);

	reply->fd = -1;
	if (verdict == PARSE_DONE && cache_find(site->cache, &proto_gopher, s, r, reply))
		return;
	store_begin(site->store);
	common_settings(site->store, a, &v.settings);
	if (utf8_bad(v.query) < v.query.n)
		v.query = STR("");
	if (verdict == PARSE_BAD)
		put_error(&v, &place, reply, STATUS_BAD, str_of(r->wrong));
	else if (r->mark == '$')
		put_attributes(&v, &place, reply);
	else if (is_http(r->path))
		put_http(r->path, &place, reply);
	else if (str_eq(bare, STR("caps.txt")))
		put_caps(site, &place, reply);
	else if (!str_starts(bare, STR("URL:")) || !put_url(&v, r->path, reply))
		answer_selector(&v, &place, r, reply);
	if (!site_end(site, reply)) {
		put_error(&v, &place, reply, STATUS_TEMPORARY_FAILURE,
			view_word(&v, WORD_UNREADABLE));
		return;
	}
	if (place.ascii && reply->fd < 0)
		transliterate(&reply->out);
	if (verdict == PARSE_DONE && v.path.n && !v.by_chance && !v.has_query)
		cache_keep(site->cache, &proto_gopher, s, r, reply);
}

static void
refuse(struct arena *a, unsigned seconds, struct reply *reply)
{
	(void)a;
	reply->fd = -1;
	reply->status = STATUS_SLOW_DOWN;
	buf_printf(&reply->out, "3Too many requests: wait %u seconds\t\tnull.host\t1\r\n", seconds);
	encode_menu_end(&reply->out);
}

const struct proto proto_gopher = {
	.name = "gopher",
	.port = "70",
	.otherwise = "7070",
	.longest = GOPHER_LINE_MOST + 2,
	.tls_too = true,
	.parse = gopher_parse,
	.answer = answer,
	.refuse = refuse,
};
