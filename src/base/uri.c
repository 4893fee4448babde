/* uri: uriparser says whether a text is a reference and where its parts are; the rest is the
 * arithmetic of RFC 3986. */
#include "base/uri.h"

#include <uriparser/Uri.h>

#include "base/utf8.h"

static struct str
range(const UriTextRangeA *r)
{
	return r->first ? (struct str){ r->first, (size_t)(r->afterLast - r->first) }
			: (struct str){ "", 0 };
}

/* The path as it stands in s: from behind the authority up to '?', '#' or the end. */
static struct str
path_of(struct str s, const struct uri *u)
{
	size_t from = u->scheme.n ? u->scheme.n + 1 : 0;

	if (u->has_authority) {
		from += 2;
		while (from < s.n && s.p[from] != '/' && s.p[from] != '?' && s.p[from] != '#')
			from++;
	}
	struct str rest = str_sub(s, from, s.n);
	size_t end = str_find(rest, '?'), fragment = str_find(rest, '#');

	return str_sub(rest, 0, end < fragment ? end : fragment);
}

static bool unreserved(char c);

/* scheme://host/path of letters, digits and "-._~" alone, as most are: they need no grammar. */
static bool
parse_plain(struct str s, struct uri *u)
{
	size_t scheme = 0, host, path;

	while (scheme < s.n && (s.p[scheme] | 32) >= 'a' && (s.p[scheme] | 32) <= 'z')
		scheme++;
	if (scheme == 0 || !str_starts(str_sub(s, scheme, s.n), STR("://")))
		return false;
	host = path = scheme + 3;
	while (path < s.n && unreserved(s.p[path]))
		path++;
	for (size_t i = path; i < s.n; i++)
		if (s.p[i] != '/' && (i == path || !unreserved(s.p[i])))
			return false;
	if (path == host)
		return false;
	*u = (struct uri){ .scheme = str_sub(s, 0, scheme),
		.has_authority = true,
		.host = str_sub(s, host, path),
		.port = STR(""),
		.path = str_sub(s, path, s.n),
		.query = STR("") };
	return true;
}

bool
uri_parse(struct str s, struct uri *u)
{
	UriUriA parsed;
	const char *end;

	if (parse_plain(s, u))
		return true;
	*u = (struct uri){ 0 };
	if (uriParseSingleUriExA(&parsed, s.n ? s.p : "", (s.n ? s.p : "") + s.n, &end) !=
		URI_SUCCESS)
		return false;
	u->scheme = range(&parsed.scheme);
	u->has_user = parsed.userInfo.first != NULL;
	u->host = range(&parsed.hostText);
	u->is_literal = parsed.hostData.ip6 || parsed.hostData.ipFuture.first;
	u->port = range(&parsed.portText);
	u->query = range(&parsed.query);
	u->has_query = parsed.query.first != NULL;
	u->has_fragment = parsed.fragment.first != NULL;
	struct str behind = str_sub(s, u->scheme.n ? u->scheme.n + 1 : 0, s.n);

	u->has_authority = str_starts(behind, STR("//"));
	u->path = path_of(s, u);
	uriFreeUriMembersA(&parsed);
	return true;
}

/* ---- percent encoding ---- */

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the escape at s.p[i] spells, or -1. */
static int
escaped(struct str s, size_t i)
{
	if (i + 2 >= s.n || hex(s.p[i + 1]) < 0 || hex(s.p[i + 2]) < 0)
		return -1;
	return hex(s.p[i + 1]) * 16 + hex(s.p[i + 2]);
}

bool
uri_decode(struct arena *a, struct str s, struct str *out)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int byte = (unsigned char)s.p[i];

		if (s.p[i] == '%') {
			byte = escaped(s, i);
			if (byte <= 0)
				return false;
			i += 2;
		}
		p[n++] = (char)byte;
	}
	*out = (struct str){ p, n };
	return true;
}

static bool
unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '.' || c == '_' || c == '~';
}

static struct str
encode(struct arena *a, struct str s, const char *raw)
{
	static const char DIGITS[] = "0123456789ABCDEF";
	char *p = arena_alloc(a, s.n * 3 + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (unreserved((char)c) || (c && strchr(raw, c))) {
			p[n++] = (char)c;
			continue;
		}
		p[n++] = '%';
		p[n++] = DIGITS[c >> 4];
		p[n++] = DIGITS[c & 15];
	}
	return (struct str){ p, n };
}

struct str
uri_encode_path(struct arena *a, struct str s)
{
	return encode(a, s, "/:@!$&'()*+,;=");
}

struct str
uri_encode_query(struct arena *a, struct str s)
{
	return encode(a, s, "");
}

/* ---- paths ---- */

bool
uri_resolve_path(struct arena *a, struct str path, struct str *out)
{
	char *p = arena_alloc(a, path.n + 2);
	struct str rest = path.n ? str_sub(path, path.p[0] == '/', path.n) : STR(""), segment;
	size_t n = 0;

	p[n++] = '/';
	while (str_cut(&rest, '/', &segment)) {
		if (str_eq(segment, STR(".")))
			continue;
		if (str_eq(segment, STR(".."))) {
			if (n == 1)
				return false;
			for (n--; p[n - 1] != '/'; n--)
				;
			continue;
		}
		if (segment.n)
			memcpy(p + n, segment.p, segment.n);
		n += segment.n;
		if (rest.p)
			p[n++] = '/';
	}
	*out = (struct str){ p, n };
	return true;
}

struct str
uri_relative(struct arena *a, struct str from, struct str to)
{
	size_t common = 0, up = 0;

	/* the folders that both have */
	for (size_t i = 0; i < from.n && i < to.n && from.p[i] == to.p[i]; i++)
		if (from.p[i] == '/')
			common = i + 1;
	for (size_t i = common; i < from.n; i++)
		up += from.p[i] == '/';
	struct str rest = str_sub(to, common, to.n);
	char *p = arena_alloc(a, 3 * up + rest.n + 1);

	for (size_t i = 0; i < up; i++)
		memcpy(p + 3 * i, "../", 3);
	if (rest.n)
		memcpy(p + 3 * up, rest.p, rest.n);
	return up + rest.n ? (struct str){ p, 3 * up + rest.n } : STR("./");
}

/* ---- URLs ---- */

static struct str
lower(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);
	return (struct str){ p, s.n };
}

/* Escapes in upper case, unreserved characters decoded (RFC 3986 section 6.2.2). */
static struct str
normal_escapes(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int byte = s.p[i] == '%' ? escaped(s, i) : -1;

		if (byte < 0)
			p[n++] = s.p[i];
		else if (unreserved((char)byte)) {
			p[n++] = (char)byte;
			i += 2;
		} else {
			for (int k = 0; k < 3; k++) {
				char c = s.p[i + (size_t)k];

				p[n++] = (char)(c >= 'a' && c <= 'f' ? c - 32 : c);
			}
			i += 2;
		}
	}
	return (struct str){ p, n };
}

static bool
is_web(struct str scheme)
{
	return str_eq_nocase(scheme, STR("http")) || str_eq_nocase(scheme, STR("https"));
}

bool
uri_normal(struct arena *a, struct str s, struct str *out)
{
	struct uri u;

	if (!uri_parse(s, &u) || !is_web(u.scheme) || u.host.n == 0)
		return false;
	bool default_port =
		u.port.n == 0 || str_eq(u.port, STR("80")) || str_eq(u.port, STR("443"));
	struct str path, host = lower(a, normal_escapes(a, u.host));

	if (!uri_resolve_path(a, normal_escapes(a, u.path), &path))
		return false;
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	const struct str parts[] = { STR("https://"), u.is_literal ? STR("[") : STR(""), host,
		u.is_literal ? STR("]") : STR(""), default_port ? STR("") : STR(":"),
		default_port ? STR("") : u.port, path, u.has_query ? STR("?") : STR(""),
		normal_escapes(a, u.query) };

	*out = arena_join(a, parts, COUNT(parts));
	return true;
}

bool
uri_is_link(struct str s)
{
	static const struct {
		const char *scheme;
		bool host;
	} SCHEMES[] = { { "http", true }, { "https", true }, { "gemini", true }, { "gopher", true },
		{ "gophers", true }, { "finger", true }, { "mailto", false }, { "ftp", true },
		{ "titan", true }, { "spartan", true } };
	struct uri u;

	if (!uri_parse(s, &u))
		return false;
	for (size_t i = 0; i < COUNT(SCHEMES); i++)
		if (str_eq_nocase(u.scheme, str_of(SCHEMES[i].scheme)))
			return SCHEMES[i].host ? u.host.n > 0 : u.path.n > 0;
	return false;
}

struct str
uri_host(struct str s)
{
	struct uri u;

	if (s.n == 0 || !uri_parse(s, &u))
		return STR("");
	return u.host.n > 4 && str_eq_nocase(str_sub(u.host, 0, 4), STR("www."))
		? str_sub(u.host, 4, u.host.n)
		: u.host;
}
