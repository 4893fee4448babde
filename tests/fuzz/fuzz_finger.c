/* A finger query: a verdict for every beginning of any input, and none that changes with more. */
#include <stdint.h>
#include <stdlib.h>

#include "proto/finger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str in = str_sub((struct str){ (const char *)data, n }, 0, proto_finger.longest);
	struct request r, again;
	enum parse verdict = finger_parse(NULL, in, &r);

	if ((verdict == PARSE_BAD && !r.wrong) ||
		(verdict == PARSE_MORE && in.n == proto_finger.longest))
		abort();
	if (verdict == PARSE_DONE && str_find(r.path, '@') < r.path.n)
		abort();
	in.n = str_find(in, '\n') + (str_find(in, '\n') < in.n);
	if (verdict == PARSE_DONE &&
		(finger_parse(NULL, in, &again) != verdict || !str_eq(r.path, again.path)))
		abort();
	return 0;
}
