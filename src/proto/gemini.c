/* gemini: what goes back for a request: the verdict on the request, the page, the header in front
 * of it. */
#include "proto/gemini.h"

#include "base/uri.h"
#include "catalog/common.h"
#include "encode/encode.h"
#include "page/route.h"
#include "proto/cache.h"
#include "proto/site.h"

enum status {
	STATUS_INPUT = 10,
	STATUS_SUCCESS = 20,
	STATUS_SEE = 30,
	STATUS_MOVED = 31,
	STATUS_TEMPORARY_FAILURE = 40,
	STATUS_SLOW_DOWN = 44,
	STATUS_NOT_FOUND = 51,
	STATUS_GONE = 52,
	STATUS_PROXY_REFUSED = 53
};

static void
header(struct reply *reply, enum status status, struct str meta)
{
	reply->status = status;
	buf_printf(&reply->out, "%u %.*s\r\n", (unsigned)status, STR_ARG(meta));
}

/* ---- host and port ---- */

static bool
serves_host(const struct site *site, const struct session *s, struct str host)
{
	if (str_eq(host, s->local))
		return true;
	for (size_t i = 0; i < site->hosts.n; i++)
		if (str_eq(host, site->hosts.v[i].name.text))
			return true;
	return false;
}

static bool
serves_port(const struct site *site, const struct session *s, unsigned port)
{
	if (port == s->port)
		return true;
	for (size_t i = 0; i < site->reader_ports_n; i++)
		if (port == site->reader_ports[i])
			return true;
	return false;
}

static struct str
hosts_served(const struct site *site, struct arena *a)
{
	struct buf names = { .most = 700 };

	for (size_t i = 0; i < site->hosts.n; i++)
		buf_printf(&names, "%s%.*s", i ? ", " : "", STR_ARG(site->hosts.v[i].name.text));
	struct str text = arena_str(a, buf_str(&names));

	buf_end(&names);
	return text;
}

/* Why the request is for somebody else; empty when it is for us. */
static struct str
foreign(const struct site *site, struct arena *a, const struct session *s, const struct request *r)
{
	if (!serves_host(site, s, r->host))
		return arena_printf(a, "This server does not serve that host. It serves %.*s",
			STR_ARG(hosts_served(site, a)));
	if (!serves_port(site, s, r->port))
		return arena_printf(a,
			"This server does not serve that port. It serves %.*s on port %u",
			STR_ARG(hosts_served(site, a)), s->port);
	if (s->sni.n && !str_eq(s->sni, r->host))
		return STR(
			"The host in the URL is not the host that was named when TLS began (SNI)");
	return STR("");
}

/* ---- answers ---- */

static void
put_page(const struct view *v, const struct answer *answer, struct reply *reply)
{
	struct place place = { .host = v->base.host, .port = v->base.port };

	if (answer->mime)
		header(reply, STATUS_SUCCESS,
			arena_printf(v->arena, "%s; charset=utf-8", answer->mime));
	else
		header(reply, STATUS_SUCCESS,
			arena_printf(v->arena, "text/gemini; lang=%.*s",
				STR_ARG(answer->page.language)));
	encode_for(answer->mime)(&answer->page, &place, &reply->out);
}

static void
put_answer(const struct view *v, const struct request *r, const struct answer *answer,
	struct reply *reply)
{
	bool is_text = answer->mime && strncmp(answer->mime, "text/", 5) == 0;

	switch (answer->kind) {
	case ANSWER_PAGE:
		put_page(v, answer, reply);
		break;
	case ANSWER_BYTES:
	case ANSWER_FILE:
		header(reply, STATUS_SUCCESS,
			arena_printf(
				v->arena, "%s%s", answer->mime, is_text ? "; charset=utf-8" : ""));
		buf_put(&reply->out, answer->bytes);
		reply->fd = answer->fd;
		reply->left = answer->size;
		break;
	case ANSWER_INPUT:
		header(reply, STATUS_INPUT, answer->words);
		break;
	case ANSWER_MOVED:
	case ANSWER_SEE:
		header(reply, answer->kind == ANSWER_MOVED ? STATUS_MOVED : STATUS_SEE,
			arena_printf(v->arena, "%.*s%s%.*s",
				STR_ARG(uri_encode_path(v->arena, answer->target)),
				r->has_query ? "?" : "", STR_ARG(r->raw_query)));
		break;
	case ANSWER_GONE:
		header(reply, STATUS_GONE, answer->words);
		break;
	case ANSWER_NOT_FOUND:
		header(reply, STATUS_NOT_FOUND, view_word(v, WORD_NOTHING_HERE));
		break;
	}
}

static void
answer(struct site *site, struct arena *a, const struct session *s, enum parse verdict,
	const struct request *r, struct reply *reply)
{
	struct str wrong = verdict == PARSE_DONE ? foreign(site, a, s, r) : str_of(r->wrong);
	struct view v = { .store = site->store,
		.arena = a,
		.capsule = site->capsule,
		.mirror = site->mirror,
		.path = r->path,
		.has_query = r->has_query,
		.query = r->query,
		.base = { site->hosts.v[0].name.text, site->port } };
	struct answer found;

	reply->fd = -1;
	if (verdict != PARSE_DONE && r->status == STATUS_PROXY_REFUSED)
		wrong = arena_printf(
			a, "%.*s. It serves %.*s", STR_ARG(wrong), STR_ARG(hosts_served(site, a)));
	if (wrong.n) {
		header(reply, verdict == PARSE_DONE ? STATUS_PROXY_REFUSED : r->status, wrong);
		return;
	}
	if (cache_find(site->cache, &proto_gemini, s, r, reply))
		return;
	store_begin(site->store);
	common_settings(site->store, a, &v.settings);
	route_answer(&v, &found);
	put_answer(&v, r, &found, reply);
	if (!site_end(site, reply))
		header(reply, STATUS_TEMPORARY_FAILURE, view_word(&v, WORD_UNREADABLE));
	else if (!found.passing)
		cache_keep(site->cache, &proto_gemini, s, r, reply);
}

static void
refuse(struct arena *a, unsigned seconds, struct reply *reply)
{
	reply->fd = -1;
	header(reply, STATUS_SLOW_DOWN, arena_printf(a, "%u", seconds));
}

const struct proto proto_gemini = {
	.name = "gemini",
	.port = "1965",
	.longest = GEMINI_URL_MOST + 2,
	.tls = true,
	.parse = gemini_parse,
	.answer = answer,
	.refuse = refuse,
};
