/* Records: any bytes give problems or a record, a record survives being packed and unpacked, and
 * what is read without libyaml is what libyaml reads. */
#include <stdint.h>
#include <stdlib.h>

#include "catalog/plain.h"
#include "catalog/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
parse_as(struct arena *a, const struct kind *kind, struct str bytes)
{
	struct problems ps = { .arena = a };
	struct reader r = { a, &ps, STR("x.yaml"), STR("2026-01-01") };
	struct node *node = yaml_parse_in_place(&r, bytes);
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

static void
must_be_alike(const struct node *plain, const struct node *other)
{
	for (; plain && other; plain = plain->next, other = other->next) {
		if (plain->kind != other->kind || plain->literal != other->literal ||
			plain->line + 1 != other->line || plain->column != other->column ||
			!str_eq(plain->text, other->text))
			abort();
		must_be_alike(plain->kids, other->kids);
	}
	if (plain || other)
		abort();
}

/* A TAB in a comment before all else sends a file to libyaml. */
static void
read_both_ways(struct arena *a, struct str bytes)
{
	const struct str parts[] = { STR("#\t\n"), bytes };
	struct problems ps = { .arena = a };
	struct reader r = { a, &ps, STR("x.yaml"), STR("2026-01-01") };
	struct node *node;

	if (bytes.n + parts[0].n > YAML_MOST || !reader_characters(&r, bytes) ||
		!(node = plain_parse(a, bytes, true)))
		return;
	must_be_alike(node, yaml_parse(&r, arena_join(a, parts, COUNT(parts))));
	if (ps.n)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct kind *const KINDS[] = { &KIND_PERSON, &KIND_SOURCE, &KIND_TOPIC,
		&KIND_ORGANIZATION, &KIND_CAPSULE, &KIND_LOCAL };
	struct arena a = { 0 };

	for (size_t i = 0; i < COUNT(KINDS); i++)
		parse_as(&a, KINDS[i], (struct str){ (const char *)data, n });
	read_both_ways(&a, (struct str){ (const char *)data, n });
	arena_end(&a);
	return 0;
}
