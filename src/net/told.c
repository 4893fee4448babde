/* told: one line a request. */
#include "net/told.h"

#include "base/clock.h"
#include "base/log.h"

/* A JSON text. */
static void
put_json(struct buf *out, const char *name, struct str text)
{
	struct buf plain = { .most = 4096 };

	log_escape(&plain, text); /* no control character, no bad byte is left */
	buf_printf(out, "\"%s\":\"", name);
	for (size_t i = 0; i < plain.n; i++) {
		if (plain.p[i] == '"' || plain.p[i] == '\\')
			buf_char(out, '\\');
		buf_char(out, plain.p[i]);
	}
	buf_put(out, STR("\","));
	buf_end(&plain);
}

static void
log_as_json(const struct told *r)
{
	struct buf out = { .most = 16384 };
	char when[32];

	buf_put(&out, STR("{"));
	put_json(&out, "time", clock_now(when));
	put_json(&out, "protocol", r->proto);
	put_json(&out, "host", r->host);
	put_json(&out, "path", r->path);
	if (r->from.n)
		put_json(&out, "address", r->from);
	if (r->tls.n)
		put_json(&out, "tls", r->tls);
	buf_printf(&out, "\"resumed\":%s,\"status\":%u,\"bytes\":%llu,\"ms\":%lld}\n",
		r->resumed ? "true" : "false", r->status, r->bytes, r->ms);
	log_raw(buf_str(&out));
	buf_end(&out);
}

static void
log_as_text(const struct told *r)
{
	struct buf path = { .most = 2048 };

	log_escape(&path, r->path);
	log_line("%.*s %u %.*s%s%.*s %llu bytes %lld ms%s%.*s%s%s%.*s", STR_ARG(r->proto),
		r->status, STR_ARG(r->host), r->host.n ? " " : "", STR_ARG(buf_str(&path)),
		r->bytes, r->ms, r->tls.n ? " " : "", STR_ARG(r->tls), r->resumed ? " resumed" : "",
		r->from.n ? " " : "", STR_ARG(r->from));
	buf_end(&path);
}

void
told_log(const struct told *r, bool json)
{
	(json ? log_as_json : log_as_text)(r);
}
