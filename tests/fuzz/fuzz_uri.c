/* URLs: the normal form of a normal form is itself, and a resolved path never climbs. */
#include <stdint.h>
#include <stdlib.h>

#include "base/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = { 0 };
	struct str s = { (const char *)data, n }, once, twice;

	if (uri_normal(&a, s, &once) && (!uri_normal(&a, once, &twice) || !str_eq(once, twice)))
		abort();
	if (uri_resolve_path(&a, s, &once)) {
		if (once.p[0] != '/' || str_find_str(once, STR("/../")) < once.n ||
			str_ends(once, STR("/..")))
			abort();
		uri_relative(&a, STR("/people/a.gmi"), once);
	}
	uri_is_link(s);
	uri_host(s);
	uri_decode(&a, s, &once);
	arena_end(&a);
	return 0;
}
