/* A Gopher selector: a verdict for every beginning of any input, and none that changes with more.
 */
#include <stdint.h>
#include <stdlib.h>

#include "proto/gopher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = { 0 };
	struct str in = str_sub((struct str){ (const char *)data, n }, 0, proto_gopher.longest);
	struct request r, again;
	enum parse verdict = gopher_parse(&a, in, &r);

	if ((verdict == PARSE_BAD && !r.wrong) ||
		(verdict == PARSE_MORE && in.n == proto_gopher.longest))
		abort();
	if (verdict == PARSE_DONE &&
		(str_find(r.path, '\t') < r.path.n || str_find(r.path, '\n') < r.path.n))
		abort();
	in.n = str_find(in, '\n') + (str_find(in, '\n') < in.n);
	if (verdict == PARSE_DONE &&
		(gopher_parse(&a, in, &again) != verdict || !str_eq(r.path, again.path)))
		abort();
	arena_end(&a);
	return 0;
}
