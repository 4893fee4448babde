/* URLs: their parts lie within them, the normal form of a normal form is itself, a resolved path
 * never climbs, and what is encoded comes back. */
#include <stdint.h>
#include <stdlib.h>

#include "base/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool
is_inside(struct str piece, struct str s)
{
	return piece.n == 0 || (piece.p >= s.p && piece.p + piece.n <= s.p + s.n);
}

static void
check_parts(struct str s)
{
	struct uri u;

	if (uri_parse(s, &u) &&
		!(is_inside(u.scheme, s) && is_inside(u.host, s) && is_inside(u.port, s) &&
			is_inside(u.path, s) && is_inside(u.query, s)))
		abort();
	if (uri_is_link(s) && u.scheme.n == 0)
		abort();
	if (!is_inside(uri_host(s), s))
		abort();
}

static void
check_paths(struct arena *a, struct str s)
{
	struct str path, back;

	if (uri_resolve_path(a, s, &path)) {
		if (path.p[0] != '/' || str_find_str(path, STR("/../")) < path.n ||
			str_ends(path, STR("/..")))
			abort();
		uri_relative(a, STR("/people/a.gmi"), path);
		uri_relative(a, path, STR("/people/a.gmi"));
	}
	if (str_find(s, '\0') == s.n &&
		(!uri_decode(a, uri_encode_query(a, s), &back) || !str_eq(back, s) ||
			!uri_decode(a, uri_encode_path(a, s), &back) || !str_eq(back, s)))
		abort();
	uri_decode(a, s, &back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = { 0 };
	struct str s = { (const char *)data, n }, once, twice;

	check_parts(s);
	check_paths(&a, s);
	if (uri_normal(&a, s, &once) && (!uri_normal(&a, once, &twice) || !str_eq(once, twice)))
		abort();
	arena_end(&a);
	return 0;
}
