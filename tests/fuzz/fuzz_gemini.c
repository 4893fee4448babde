/* The Gemini request line: a verdict for every beginning of any input, and none that changes with
 * what follows the line. */
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "proto/gemini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool
is_sound(const struct request *r)
{
	return r->path.n > 0 && r->path.p[0] == '/' && !str_ends(r->path, STR("/..")) &&
		str_find_str(r->path, STR("/../")) == r->path.n && r->host.n > 0 && r->port > 0 &&
		utf8_bad(r->path) == r->path.n && utf8_bad(r->query) == r->query.n &&
		str_find(r->raw_query, '\r') == r->raw_query.n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = { 0 };
	struct str in = str_sub((struct str){ (const char *)data, n }, 0, GEMINI_URL_MOST + 2);
	struct request r, again;
	enum parse verdict = gemini_parse(&a, in, &r);
	size_t end = str_find_str(in, STR("\r\n"));

	if (verdict == PARSE_DONE && !is_sound(&r))
		abort();
	if (verdict == PARSE_BAD && (!r.wrong || (r.status != 59 && r.status != 53)))
		abort();
	if ((verdict == PARSE_MORE) != (end == in.n && in.n < GEMINI_URL_MOST + 2))
		abort();
	if (end < in.n && gemini_parse(&a, str_sub(in, 0, end + 2), &again) != verdict)
		abort();
	if (verdict == PARSE_DONE && !(str_eq(r.path, again.path) && str_eq(r.host, again.host)))
		abort();
	arena_end(&a);
	return 0;
}
