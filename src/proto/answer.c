/* answer: Gemini 0.24.1, sections "Responses" and "Redirection". What comes from a server is
 * a stranger's word: a header has a bound, and a redirect stays within the host. */
#include "proto/answer.h"

#include "base/uri.h"

static bool
is_digit(char c, char from, char to)
{
	return c >= from && c <= to;
}

enum parse
answer_parse(struct str in, struct answer *answer)
{
	struct str line = str_sub(in, 0, str_find_str(in, STR("\r\n")));

	if (line.n == in.n)
		return in.n >= ANSWER_MOST ? PARSE_BAD : PARSE_MORE;
	if (line.n + 2 > ANSWER_MOST || line.n < 3 || !is_digit(line.p[0], '1', '6') ||
		!is_digit(line.p[1], '0', '9') || line.p[2] != ' ')
		return PARSE_BAD;
	*answer = (struct answer){
		.status = (unsigned)(line.p[0] - '0') * 10 + (unsigned)(line.p[1] - '0'),
		.meta = str_sub(line, 3, line.n),
		.size = line.n + 2,
	};
	return PARSE_DONE;
}

/* An address on this server without what all of them begin with; any other is as it was. */
static struct str
own_path(struct str authority, struct str to)
{
	struct str path = str_starts(to, authority) ? str_sub(to, authority.n, to.n) : to;

	if (path.n == 0)
		return STR("/");
	return path.p[0] == '/' ? path : to; /* "host" is not the beginning of "host.evil" */
}

bool
answer_follow(
	struct arena *a, struct str authority, struct str from, struct str to, struct str *path)
{
	struct str decoded, folder;
	struct uri u;

	if (to.n == 0)
		return false;
	to = own_path(authority, to);
	if (!uri_parse(to, &u) || u.scheme.n || u.has_authority || u.has_fragment)
		return false;
	folder = str_sub(from, 0, str_find(from, '?'));
	folder = str_sub(folder, 0, str_find_last(folder, '/') + 1);
	if (u.path.n == 0 || u.path.p[0] == '/')
		folder = STR("");
	if (!uri_decode(
		    a, arena_printf(a, "%.*s%.*s", STR_ARG(folder), STR_ARG(u.path)), &decoded) ||
		!uri_resolve_path(a, decoded, path))
		return false;
	*path = uri_encode_path(a, *path);
	return path->n < ANSWER_META - authority.n;
}
