/* The Gemini request line: whatever comes, the verdict is one of three, and what it names lies in
 * memory of ours. */
#include <stdint.h>
#include <stdlib.h>

#include "proto/gemini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = { 0 };
	struct request r;
	size_t given = n < GEMINI_URL_MOST + 2 ? n : GEMINI_URL_MOST + 2;
	enum parse verdict = gemini_parse(&a, (struct str){ (const char *)data, given }, &r);

	if (verdict == PARSE_DONE &&
		(r.path.n == 0 || r.path.p[0] != '/' ||
			str_find_str(r.path, STR("/../")) < r.path.n))
		abort();
	if (verdict == PARSE_BAD && (!r.wrong || (r.status != 59 && r.status != 53)))
		abort();
	if (verdict == PARSE_MORE && given == GEMINI_URL_MOST + 2)
		abort();
	arena_end(&a);
	return 0;
}
