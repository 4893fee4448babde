/* pack: as in record_pack(), items end at U+001E and parts of an item at U+001F. */
#include "catalog/pack.h"

#include "base/bytes.h"
#include "base/text.h"
#include "catalog/record.h"

/* ---- texts ---- */

struct str
pack_texts(struct arena *a, const struct str *texts, size_t n)
{
	size_t bytes = 0;

	for (size_t i = 0; i < n; i++)
		bytes += texts[i].n + (i > 0);
	char *p = arena_alloc(a, bytes + 1), *to = p;

	for (size_t i = 0; i < n; i++) {
		if (i)
			*to++ = ITEM_END;
		memcpy(to, texts[i].p, texts[i].n);
		to += texts[i].n;
	}
	return (struct str){ p, bytes };
}

bool
unpack_text(struct str *packed, struct str *text)
{
	return packed->n > 0 && str_cut(packed, ITEM_END, text);
}

bool
unpack_slug(struct str *packed, struct str *slug)
{
	while (unpack_text(packed, slug))
		if (slug->n <= SLUG_MOST)
			return true;
	return false;
}

static struct str
with_slug(struct arena *a, struct str packed, struct str slug, bool put)
{
	struct buf out = { 0 };
	struct str other;

	while (unpack_slug(&packed, &other)) {
		int order = str_cmp(slug, other);

		if (put && order <= 0) {
			buf_put(&out, slug);
			buf_char(&out, ITEM_END);
			put = false;
		}
		if (order != 0) {
			buf_put(&out, other);
			buf_char(&out, ITEM_END);
		}
	}
	if (put) {
		buf_put(&out, slug);
		buf_char(&out, ITEM_END);
	}
	struct str list = arena_str(a, str_sub(buf_str(&out), 0, out.n ? out.n - 1 : 0));

	buf_end(&out);
	return list;
}

struct str
pack_slug_in(struct arena *a, struct str packed, struct str slug)
{
	return with_slug(a, packed, slug, true);
}

struct str
pack_slug_out(struct arena *a, struct str packed, struct str slug)
{
	return with_slug(a, packed, slug, false);
}

/* ---- ids ---- */

struct str
pack_ids(struct arena *a, const int64_t *ids, size_t n)
{
	char *p = arena_alloc(a, n * PACKED_ID + 1);

	for (size_t i = 0; i < n; i++)
		bytes_put(p + i * PACKED_ID, (uint64_t)ids[i]);
	return (struct str){ p, n * PACKED_ID };
}

size_t
unpack_count(struct str packed)
{
	return packed.n / PACKED_ID;
}

int64_t
unpack_id(struct str packed, size_t at)
{
	return (int64_t)bytes_take(packed.p + at * PACKED_ID);
}

size_t
unpack_place(struct str packed, int64_t id)
{
	size_t from = 0, to = unpack_count(packed);

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (unpack_id(packed, middle) < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* The list with `put` ids in place of the `taken` at that place. */
static struct str
spliced(struct arena *a, struct str packed, size_t at, size_t taken, int64_t id, size_t put)
{
	size_t before = at * PACKED_ID, after = (at + taken) * PACKED_ID;
	char *p = arena_alloc(a, packed.n + PACKED_ID);

	if (before)
		memcpy(p, packed.p, before);
	if (put)
		bytes_put(p + before, (uint64_t)id);
	if (after < packed.n)
		memcpy(p + before + put * PACKED_ID, packed.p + after, packed.n - after);
	return (struct str){ p, packed.n + put * PACKED_ID - taken * PACKED_ID };
}

static bool
stands_at(struct str packed, size_t at, int64_t id)
{
	return at < unpack_count(packed) && unpack_id(packed, at) == id;
}

struct str
pack_id_in(struct arena *a, struct str packed, int64_t id)
{
	size_t at = unpack_place(packed, id);

	return spliced(a, packed, at, stands_at(packed, at, id), id, 1);
}

struct str
pack_id_out(struct arena *a, struct str packed, int64_t id)
{
	size_t at = unpack_place(packed, id);

	return spliced(a, packed, at, stands_at(packed, at, id), id, 0);
}

/* ---- relations ---- */

enum { DIGITS = 20, NUMBERS = 6 };

static char *
put_text(char *to, struct str text)
{
	if (text.n)
		memcpy(to, text.p, text.n);
	return to + text.n;
}

static char *
put_number(char *to, uint64_t number)
{
	char digits[DIGITS];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + number % 10);
	while (number /= 10);
	to = put_text(to, (struct str){ digits + at, sizeof digits - at });
	*to = ' ';
	return to + 1;
}

static uint64_t
take_number(struct str *rest)
{
	uint64_t number = 0;
	struct str digits;

	if (str_word(rest, &digits))
		for (size_t i = 0; i < digits.n; i++)
			number = number * 10 + (uint64_t)(digits.p[i] - '0');
	return number;
}

static size_t
bytes_of(const struct related_line *line)
{
	size_t n = 1 + NUMBERS * (DIGITS + 1) + 1 + line->slug.n + 1 + line->relation.why.n;

	for (size_t i = 0; i < line->relation.shown; i++)
		n += 1 + line->shared[i].n;
	return n;
}

/* Numbers, then slug, why, and a part for each thing shared. */
struct str
pack_related(struct arena *a, const struct related_line *lines, size_t n)
{
	size_t most = 1;

	for (size_t i = 0; i < n; i++)
		most += bytes_of(&lines[i]);
	char *p = arena_alloc(a, most), *to = p;

	for (size_t i = 0; i < n; i++) {
		const struct relation *relation = &lines[i].relation;

		if (i)
			*to++ = ITEM_END;
		to = put_number(to, (uint64_t)lines[i].other);
		to = put_number(to, relation->reason);
		to = put_number(to, relation->count);
		to = put_number(to, relation->score);
		to = put_number(to, relation->common);
		to = put_number(to, relation->position);
		*to++ = PART_END;
		to = put_text(to, lines[i].slug);
		*to++ = PART_END;
		to = put_text(to, relation->why);
		for (size_t k = 0; k < relation->shown; k++) {
			*to++ = PART_END;
			to = put_text(to, lines[i].shared[k]);
		}
	}
	return (struct str){ p, (size_t)(to - p) };
}

size_t
unpack_related(struct str packed, struct related_line lines[RELATED_MOST])
{
	struct str item, numbers;
	size_t n = 0;

	while (n < RELATED_MOST && packed.n && str_cut(&packed, ITEM_END, &item)) {
		struct related_line *line = &lines[n];
		struct relation *relation = &line->relation;

		*line = (struct related_line){ 0 };
		str_cut(&item, PART_END, &numbers);
		line->other = (int64_t)take_number(&numbers);
		uint64_t reason = take_number(&numbers);
		relation->count = (uint32_t)take_number(&numbers);
		relation->score = (uint32_t)take_number(&numbers);
		relation->common = (uint32_t)take_number(&numbers);
		relation->position = (uint32_t)take_number(&numbers);
		str_cut(&item, PART_END, &line->slug);
		str_cut(&item, PART_END, &relation->why);
		while (relation->shown < SHARED_SHOWN &&
			str_cut(&item, PART_END, &line->shared[relation->shown]))
			relation->shown++;
		if (reason < REASONS) {
			relation->reason = (uint8_t)reason;
			n++;
		}
	}
	return n;
}
