/* Gopher selectors and finger queries. */
#include <stdint.h>
#include <stdlib.h>

#include "proto/finger.h"
#include "proto/gopher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
try(const struct proto *proto, struct str in)
{
	struct arena a = { 0 };
	struct request r;

	in = str_sub(in, 0, proto->longest);
	enum parse verdict = proto->parse(&a, in, &r);

	if ((verdict == PARSE_BAD && !r.wrong) || (verdict == PARSE_MORE && in.n == proto->longest))
		abort();
	arena_end(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	try(&proto_gopher, (struct str){ (const char *)data, n });
	try(&proto_finger, (struct str){ (const char *)data, n });
	return 0;
}
