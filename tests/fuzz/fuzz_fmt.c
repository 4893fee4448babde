/* The canonical form: of any file without an error it says the same (fmt itself compares), and its
 * own canonical form is itself. */
#include <stdint.h>
#include <stdlib.h>

#include "edit/fmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
format_as(struct arena *a, const struct kind *kind, struct str bytes)
{
	struct problems ps = { .arena = a };
	struct reader r = { a, &ps, STR("x.yaml"), STR("2026-01-01") };
	struct buf once = { 0 }, twice = { 0 };

	if (fmt_record(&r, kind, bytes, &once)) {
		if (!fmt_record(&r, kind, buf_str(&once), &twice) ||
			!str_eq(buf_str(&once), buf_str(&twice)))
			abort();
	} else
		for (size_t i = 0; i < ps.n; i++)
			if (ps.v[i].field.n == 0 && ps.v[i].column == 1 &&
				str_starts(ps.v[i].text, STR("its canonical form would not")))
				abort();
	buf_end(&once);
	buf_end(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct kind *const KINDS[] = { &KIND_PERSON, &KIND_TOPIC, &KIND_CAPSULE };
	struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(KINDS); i++)
		format_as(&a, KINDS[i], (struct str){ (const char *)data, n });
	arena_end(&a);
	return 0;
}
