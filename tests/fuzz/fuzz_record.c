/* Records: any bytes give problems or a record, and a record survives being packed and unpacked. */
#include <stdint.h>
#include <stdlib.h>

#include "catalog/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
parse_as(struct arena *a, const struct kind *kind, struct str bytes)
{
	struct problems ps = { .arena = a };
	struct reader r = { a, &ps, STR("x.yaml"), STR("2026-01-01") };
	struct node *node = yaml_parse(&r, bytes);
	void *record = arena_alloc(a, kind->size), *again = arena_alloc(a, kind->size);

	if (!node && ps.errors == 0)
		abort();
	if (!node || !record_parse(&r, kind, node, record))
		return;
	for (size_t i = 0; i < kind->n; i++) {
		struct str packed = record_pack(a, &kind->fields[i], record);

		record_unpack(a, &kind->fields[i], packed, again);
		if (!str_eq(packed, record_pack(a, &kind->fields[i], again)))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct kind *const KINDS[] = { &KIND_PERSON, &KIND_SOURCE, &KIND_TOPIC,
		&KIND_ORGANIZATION, &KIND_CAPSULE, &KIND_LOCAL };
	struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(KINDS); i++)
		parse_as(&a, KINDS[i], (struct str){ (const char *)data, n });
	arena_end(&a);
	return 0;
}
