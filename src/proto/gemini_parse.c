/* gemini_parse: bytes to a request. What is wrong with a URL is told in words that its author can
 * use. */
#include "proto/gemini.h"

#include <ctype.h>

#include "base/uri.h"
#include "base/utf8.h"

enum { STATUS_PROXY_REFUSED = 53, STATUS_BAD = 59, PORT = 1965, PORT_MOST = 65535 };

static enum parse
bad(struct request *r, unsigned status, const char *wrong)
{
	r->status = status;
	r->wrong = wrong;
	return PARSE_BAD;
}

#define BAD(wrong) bad(r, STATUS_BAD, wrong)

/* What is wrong with the percent escape that s begins with; NULL when nothing is. */
static const char *
wrong_escape(struct str s)
{
	struct str digits = str_sub(s, 1, 3);

	for (size_t i = 0; i < 2; i++)
		if (i >= digits.n || !isxdigit((unsigned char)digits.p[i]))
			return "The URL holds a % without two hex digits; write a plain % as %25";
	if (str_eq(digits, STR("00")))
		return "The URL holds %00, which is part of no address";
	return NULL;
}

/* What makes a line no URL at all before its grammar is asked; NULL when nothing does. */
static const char *
wrong_bytes(struct str line)
{
	const char *wrong;

	if (line.n == 0)
		return "The request is empty; send an absolute gemini:// URL";
	if (str_starts(line, STR("\xef\xbb\xbf")))
		return "The request begins with a byte order mark; send the URL alone";
	if (utf8_bad(line) < line.n)
		return "The URL holds bytes that are not UTF-8; percent-encode UTF-8";
	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if (c < 0x20 || c == 0x7f)
			return "The URL holds a control character; percent-encode it";
		if (c == ' ')
			return "The URL holds a blank; write it as %20";
		if (c >= 0x80)
			return "The URL holds characters beyond ASCII; percent-encode their UTF-8 "
			       "bytes";
		if (c == '%' && (wrong = wrong_escape(str_sub(line, i, line.n))))
			return wrong;
	}
	return NULL;
}

static bool
has_control(struct str s, const char *but)
{
	for (size_t i = 0; i < s.n;) {
		int32_t c = utf8_next(s, &i);

		if (utf8_is_control(c) && !(c > 0 && c < 0x80 && strchr(but, c)))
			return true;
	}
	return false;
}

static bool
take_host(struct arena *a, const struct uri *u, struct request *r)
{
	struct str host;

	if (!uri_decode(a, u->host, &host) || utf8_bad(host) < host.n || has_control(host, ""))
		return false;
	char *p = arena_alloc(a, host.n + 1);

	for (size_t i = 0; i < host.n; i++)
		p[i] = (char)(host.p[i] >= 'A' && host.p[i] <= 'Z' ? host.p[i] + 32 : host.p[i]);
	r->host = (struct str){ p, host.n };
	if (r->host.n > 1 && p[r->host.n - 1] == '.')
		r->host.n--;
	return true;
}

static enum parse
take_url(struct arena *a, const struct uri *u, struct request *r)
{
	unsigned long port = PORT;
	struct str path;

	if (u->has_user)
		return BAD("The URL holds user information; leave out what stands before the @");
	if (u->has_fragment)
		return BAD("The URL holds a fragment; leave out # and what follows");
	if (u->host.n == 0)
		return BAD("The URL names no host");
	if (u->port.n && (!str_number(u->port, PORT_MOST, &port) || port == 0))
		return BAD("The port is not a number from 1 to 65535");
	r->port = (unsigned)port;
	if (!take_host(a, u, r))
		return BAD("The host is not a name");
	if (!uri_decode(a, u->path, &path) || utf8_bad(path) < path.n || has_control(path, ""))
		return BAD("The path is not UTF-8 text without control characters");
	if (!uri_resolve_path(a, path, &r->path))
		return BAD("The path leads above the root");
	r->has_query = u->has_query;
	r->raw_query = u->query;
	if (!uri_decode(a, u->query, &r->query) || utf8_bad(r->query) < r->query.n ||
		has_control(r->query, "\t\r\n"))
		return BAD("The query is not UTF-8 text without control characters");
	return PARSE_DONE;
}

enum parse
gemini_parse(struct arena *a, struct str in, struct request *r)
{
	size_t end = str_find_str(in, STR("\r\n"));
	const char *wrong;
	struct uri u;

	*r = (struct request){ 0 };
	if (end > GEMINI_URL_MOST && in.n > GEMINI_URL_MOST + 1)
		return BAD("The URL is longer than 1024 bytes");
	if (end == in.n)
		return PARSE_MORE;
	struct str line = str_sub(in, 0, end);

	if ((wrong = wrong_bytes(line)))
		return BAD(wrong);
	if (!uri_parse(line, &u))
		return BAD("This is not a URL (RFC 3986)");
	if (u.scheme.n && !str_eq_nocase(u.scheme, STR("gemini")))
		return bad(r, STATUS_PROXY_REFUSED,
			str_eq_nocase(u.scheme, STR("titan"))
				? "This server takes no uploads (titan)"
				: "This server answers gemini:// URLs only");
	if (u.scheme.n == 0 && u.has_authority)
		return BAD("The URL has no scheme; write gemini: in front of the //");
	if (!u.has_authority)
		return BAD("This is not an absolute URL; send gemini://host/path");
	return take_url(a, &u, r);
}
