/* shown: as in record_pack(), items end at U+001E and parts of an item at U+001F. */
#include "catalog/shown.h"

#include "base/text.h"
#include "catalog/record.h"

static struct str
part(struct str *rest)
{
	struct str piece = STR("");

	str_cut(rest, PART_END, &piece);
	return piece;
}

static bool
next_item(struct str *packed, struct str *item)
{
	return packed->n > 0 && str_cut(packed, ITEM_END, item);
}

static size_t
count_of(struct str digits)
{
	uint64_t count = 0;

	return str_count(digits, UINT32_MAX, &count) ? (size_t)count : 0;
}

/* ---- sources ---- */

void
shown_put_source(struct buf *out, struct arena *a, const struct citation *facts, size_t people)
{
	if (people && people <= SHOWN_PEOPLE) {
		const struct str parts[] = { facts->kind.text, facts->year.text,
			source_url(a, facts), facts->title.text };

		buf_number(out, people);
		for (size_t i = 0; i < COUNT(parts); i++) {
			buf_char(out, PART_END);
			buf_put(out, parts[i]);
		}
	}
	buf_char(out, ITEM_END);
}

bool
shown_next_source(struct str *packed, struct shown_source *source)
{
	struct str item;

	if (!next_item(packed, &item))
		return false;
	*source = (struct shown_source){ .people = count_of(part(&item)) };
	source->facts.kind.text = part(&item);
	source->facts.year.text = part(&item);
	source->facts.url.text = part(&item);
	source->facts.title.text = part(&item);
	return true;
}

/* ---- people ---- */

struct shown_card
shown_card(const struct person *person)
{
	struct shown_card card = { .name = person->name.text,
		.tagline = person->tagline.text,
		.sentence = text_sentence(person->summary.text),
		.start = STR(""),
		.leads = START_NOWHERE };

	for (size_t i = 0; i < person->links.n; i++)
		if (str_eq(person->links.v[i].name.text, STR("homepage"))) {
			card.start = person->links.v[i].note.text;
			card.leads = START_ADDRESS;
			return card;
		}
	if (person->start_here.n) {
		card.start = person->start_here.v[0].id.text;
		card.leads = START_LOOKED_UP;
	}
	return card;
}

void
shown_settle(struct arena *a, struct shown_card *card, const struct citation *facts, size_t people)
{
	struct str url;

	if (card->leads != START_LOOKED_UP || people > SHOWN_PEOPLE)
		return;
	url = source_url(a, facts);
	card->leads = url.n ? START_ADDRESS : START_PAGE;
	if (url.n)
		card->start = url;
}

struct str
shown_pack_card(struct arena *a, const struct shown_card *card)
{
	static const char END[] = { PART_END };
	static const struct str LEADS[] = { [START_NOWHERE] = STR_INIT("0"),
		[START_ADDRESS] = STR_INIT("1"),
		[START_PAGE] = STR_INIT("2"),
		[START_LOOKED_UP] = STR_INIT("3") };
	const struct str end = { END, 1 };
	const struct str parts[] = { LEADS[card->leads], end, card->name, end, card->tagline, end,
		card->sentence, end, card->start };

	return arena_join(a, parts, COUNT(parts));
}

struct shown_card
shown_unpack_card(struct str packed)
{
	struct str leads = part(&packed);
	struct shown_card card = { .name = part(&packed) };

	card.tagline = part(&packed);
	card.sentence = part(&packed);
	card.start = part(&packed);
	if (leads.n == 1 && leads.p[0] >= '0' && leads.p[0] <= '0' + START_LOOKED_UP)
		card.leads = (enum shown_start)(leads.p[0] - '0');
	return card;
}

/* Reason and number of things as digits, how many things are shared, then slug, why, the things,
 * and the card. */
void
shown_put_line(struct buf *out, const struct related_line *line, struct str card)
{
	const struct relation *relation = &line->relation;

	buf_char(out, (char)('0' + relation->reason));
	buf_char(out, (char)('0' + relation->shown));
	buf_number(out, relation->count);
	buf_char(out, PART_END);
	buf_put(out, line->slug);
	buf_char(out, PART_END);
	buf_put(out, relation->why);
	for (size_t i = 0; i < relation->shown; i++) {
		buf_char(out, PART_END);
		buf_put(out, line->shared[i]);
	}
	if (card.n) {
		buf_char(out, PART_END);
		buf_put(out, card);
	}
	buf_char(out, ITEM_END);
}

size_t
shown_lines(struct str packed, struct shown_line lines[RELATED_MOST])
{
	struct str item;
	size_t n = 0;

	while (n < RELATED_MOST && next_item(&packed, &item)) {
		struct str numbers = part(&item);
		struct shown_line *line = &lines[n];

		if (numbers.n < 3 || numbers.p[0] < '0' || numbers.p[0] >= '0' + REASONS ||
			numbers.p[1] < '0' || numbers.p[1] > '0' + SHARED_SHOWN)
			continue;
		*line = (struct shown_line){ .reason = (enum reason)(numbers.p[0] - '0'),
			.count = count_of(str_sub(numbers, 2, numbers.n)) };
		line->slug = part(&item);
		line->why = part(&item);
		for (size_t shared = (size_t)(numbers.p[1] - '0'); line->shown < shared;)
			line->shared[line->shown++] = part(&item);
		line->card = item.p ? item : STR("");
		n += line->slug.n <= SLUG_MOST;
	}
	return n;
}
