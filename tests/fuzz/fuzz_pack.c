/* Packed lists as a damaged catalog may hold them: what is unpacked lies within them, and packed
 * again it is the same. */
#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"
#include "catalog/pack.h"
#include "catalog/shown.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_slugs(struct arena *a, struct str s)
{
	struct str rest = s, slug;

	while (unpack_slug(&rest, &slug)) {
		if (slug.n > SLUG_MOST || slug.p < s.p || slug.p + slug.n > s.p + s.n)
			abort();
		pack_slug_out(a, pack_slug_in(a, s, slug), slug);
	}
}

static void
check_ids(struct arena *a, struct str s)
{
	for (size_t i = 0; i < unpack_count(s); i++) {
		int64_t id = unpack_id(s, i);

		if (unpack_place(s, id) > unpack_count(s))
			abort();
		pack_id_in(a, s, id);
		pack_id_out(a, s, id);
	}
}

static void
check_related(struct arena *a, struct str s)
{
	struct related_line lines[RELATED_MOST], again[RELATED_MOST];
	size_t n = unpack_related(s, lines);

	for (size_t i = 0; i < n; i++)
		if (lines[i].relation.reason >= REASONS || lines[i].relation.shown > SHARED_SHOWN)
			abort();
	struct str packed = pack_related(a, lines, n);

	if (unpack_related(packed, again) != n || !str_eq(pack_related(a, again, n), packed))
		abort();
}

static bool
within(struct str s, struct str part)
{
	return part.n == 0 || (part.p >= s.p && part.p + part.n <= s.p + s.n);
}

static void
check_shown(struct arena *a, struct str s)
{
	struct str sources = s;
	struct shown_source source;
	struct shown_line lines[RELATED_MOST];
	size_t n = shown_lines(s, lines);

	while (shown_next_source(&sources, &source))
		if (!within(s, source.facts.title.text) || !within(s, source.facts.url.text))
			abort();
	for (size_t i = 0; i < n; i++) {
		struct shown_card card = shown_unpack_card(lines[i].card);

		if (lines[i].reason >= REASONS || lines[i].shown > SHARED_SHOWN ||
			!within(s, lines[i].slug) || !within(s, card.name) ||
			card.leads > START_LOOKED_UP)
			abort();
		shown_unpack_card(shown_pack_card(a, &card));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = { 0 };
	struct str s = { (const char *)data, n };

	check_slugs(&a, s);
	check_ids(&a, s);
	check_related(&a, s);
	check_shown(&a, s);
	arena_end(&a);
	return 0;
}
