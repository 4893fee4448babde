/* gather: texts are numbered from 0 as they come, so that what a list says of one takes few bytes:
 * how many texts were skipped, and where the word stands. The bytes of a list lie in its own struct
 * first, as most words are rare, and then in blocks that grow with it. */
#include "catalog/gather.h"

#include "base/hash.h"
#include "base/sort.h"
#include "base/utf8.h"
#include "catalog/segment.h"

/* ---- words ---- */

enum { SLOTS_FIRST = 1024 };

void
lexicon_end(struct lexicon *lexicon)
{
	arena_end(&lexicon->arena);
	*lexicon = (struct lexicon){ 0 };
}

static void
grow(struct lexicon *l)
{
	struct lexicon_slot *old = l->slots;
	size_t room = l->room;

	l->room = room ? 2 * room : SLOTS_FIRST;
	l->slots = arena_array(&l->arena, struct lexicon_slot, l->room);
	for (size_t i = 0; i < room; i++) {
		size_t at = old[i].hash & (l->room - 1);

		if (!old[i].word)
			continue;
		while (l->slots[at].word)
			at = (at + 1) & (l->room - 1);
		l->slots[at] = old[i];
	}
}

static uint32_t
number_of(struct lexicon *l, struct str word, uint32_t hash)
{
	size_t at;

	if (l->words.n == 0)
		vec_add(&l->arena, &l->words);
	if (2 * l->words.n >= l->room)
		grow(l);
	for (at = hash & (l->room - 1); l->slots[at].word; at = (at + 1) & (l->room - 1))
		if (l->slots[at].hash == hash && str_eq(l->words.v[l->slots[at].word], word))
			return l->slots[at].word;
	l->slots[at] = (struct lexicon_slot){ hash, (uint32_t)l->words.n };
	*vec_add(&l->arena, &l->words) = arena_str(&l->arena, word);
	return l->slots[at].word;
}

void
lexicon_read(struct lexicon *lexicon, struct arena *a, struct str folded, struct ids *words)
{
	for (size_t from = 0, to; from < folded.n; from = to + 1) {
		uint64_t hash = HASH_BEGUN;

		for (to = from; to < folded.n && folded.p[to] != ' '; to++)
			hash = hash_on(hash, folded.p[to]);
		*vec_add(a, words) = number_of(lexicon, str_sub(folded, from, to), (uint32_t)hash);
	}
}

/* ---- lists ---- */

enum { BRIEF = 20, BLOCK_FIRST = 32, BLOCK_MOST = 4096 };

struct gather_block {
	struct gather_block *next;
	uint32_t n, room;
	char bytes[];
};

struct gather_list {
	uint32_t word;        /* that is it, or begins with it */
	uint16_t length;      /* of the term, which a field of a record bounds */
	char mark;            /* FTS5's, of the list it belongs to */
	uint8_t n;            /* bytes in brief */
	uint32_t texts;       /* that have it */
	uint32_t last;        /* of them */
	uint32_t hit, newest; /* in the text at hand, from 1; 0: none */
	char brief[BRIEF];
	struct gather_block *first, *block; /* first and last */
};

/* A place in the text at hand. */
struct gather_hit {
	uint32_t at, next;
};

static struct str
term_of(const struct gather *g, const struct gather_list *list)
{
	return str_sub(lexicon_word(g->lexicon, list->word), 0, list->length);
}

static uint32_t
new_list(struct gather *g, uint32_t word, size_t length, size_t which)
{
	if (g->lists.n == 0)
		vec_add(&g->arena, &g->lists); /* none has the number 0 */
	*vec_add(&g->arena, &g->lists) = (struct gather_list){
		.word = word, .length = (uint16_t)length, .mark = (char)('0' + which)
	};
	return (uint32_t)(g->lists.n - 1);
}

/* The bytes of the first letters of a word; 0: it has fewer. */
static size_t
beginning(struct str word, size_t letters)
{
	size_t at = 0;

	while (letters && at < word.n) {
		utf8_next(word, &at);
		letters--;
	}
	return letters ? 0 : at;
}

/* The lists that a word belongs to, made when it is met first. */
static const uint32_t *
lists_of(struct gather *g, uint32_t word)
{
	while (g->of_words.n <= word)
		vec_add(&g->arena, &g->of_words);
	uint32_t *lists = g->of_words.v[word];

	if (lists[0])
		return lists;
	struct str text = lexicon_word(g->lexicon, word);

	lists[0] = new_list(g, word, text.n, 0);
	for (size_t i = 0; i < GATHER_PREFIXES && g->prefixes[i]; i++) {
		size_t n = beginning(text, g->prefixes[i]);

		if (n == 0)
			continue;
		size_t *list = map_at(&g->arena, &g->beginnings[i], str_sub(text, 0, n));

		if (*list == (size_t)MAP_NONE)
			*list = new_list(g, word, n, i + 1);
		lists[i + 1] = (uint32_t)*list;
	}
	return lists;
}

/* Room for n bytes more that stand together. */
static char *
room_for(struct gather *g, struct gather_list *list, size_t n)
{
	struct gather_block *block = list->block;
	size_t size;

	if (!block && list->n + n <= BRIEF) {
		list->n += (uint8_t)n;
		return list->brief + list->n - n;
	}
	if (!block || block->room - block->n < n) {
		size = block ? 2 * (sizeof *block + block->room) : BLOCK_FIRST;
		if (size > BLOCK_MOST)
			size = BLOCK_MOST;
		if (size < sizeof *block + n)
			size = sizeof *block + n;
		block = arena_alloc(&g->bytes, size);
		block->room = (uint32_t)(size - sizeof *block);
		if (list->block)
			list->block->next = block;
		else
			list->first = block;
		list->block = block;
	}
	block->n += (uint32_t)n;
	return block->bytes + block->n - n;
}

/* ---- texts ---- */

void
gather_begin(struct gather *g, int64_t id)
{
	*vec_add(&g->arena, &g->ids) = id;
	g->hits.n = g->met.n = g->at = 0;
	vec_add(&g->arena, &g->hits); /* none has the number 0 */
}

static void
hit(struct gather *g, uint32_t number)
{
	struct gather_list *list = &g->lists.v[number];
	uint32_t place = (uint32_t)g->hits.n;

	vec_add(&g->arena, &g->hits)->at = g->at;
	g->hits.v[place].next = 0;
	if (list->hit)
		g->hits.v[list->newest].next = place;
	else {
		list->hit = place;
		*vec_add(&g->arena, &g->met) = number;
	}
	list->newest = place;
}

void
gather_add(struct gather *g, const struct ids *words)
{
	for (size_t i = 0; i < words->n; i++, g->at++) {
		const uint32_t *lists = lists_of(g, words->v[i]);

		for (size_t k = 0; k <= GATHER_PREFIXES; k++)
			if (lists[k])
				hit(g, lists[k]);
	}
}

/* What FTS5 makes of a place, by the one before. */
static uint64_t
distance(uint32_t at, uint32_t before)
{
	return (uint64_t)at - before + 2;
}

/* What a list says of the text at hand: how many texts were skipped, how many bytes its places
 * take, and those. Most stand there once. */
static void
put_text(struct gather *g, struct gather_list *list, uint32_t text)
{
	const struct gather_hit *hits = g->hits.v;
	uint32_t skipped = text - list->last, before = 0;
	size_t n = segment_varint(distance(hits[list->hit].at, 0));
	char *to;

	for (uint32_t i = list->hit, next; (next = hits[i].next); i = next)
		n += segment_varint(distance(hits[next].at, hits[i].at));
	to = room_for(g, list, segment_varint(skipped) + segment_varint(n) + n);
	to += segment_put_varint(to, skipped);
	to += segment_put_varint(to, n);
	for (uint32_t i = list->hit; i; before = hits[i].at, i = hits[i].next)
		to += segment_put_varint(to, distance(hits[i].at, before));
	list->last = text;
	list->texts++;
	list->hit = 0;
}

void
gather_end(struct gather *g)
{
	for (size_t i = 0; i < g->met.n; i++)
		put_text(g, &g->lists.v[g->met.v[i]], (uint32_t)(g->ids.n - 1));
	g->words += g->at;
}

size_t
gather_count(const struct gather *g, uint32_t word)
{
	uint32_t list = word < g->of_words.n ? g->of_words.v[word][0] : 0;

	return list ? g->lists.v[list].texts : 0;
}

/* ---- writing ---- */

/* A list being sorted. */
struct ordered {
	const struct gather *g;
	const struct gather_list *list;
};

static void
key_of(const void *element, char key[SORT_KEY])
{
	const struct ordered *ordered = element;

	key[0] = ordered->list->mark;
	sort_key_text(key, 1, term_of(ordered->g, ordered->list));
}

static int
by_term(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	if (x->list->mark != y->list->mark)
		return x->list->mark - y->list->mark;
	return str_cmp(term_of(x->g, x->list), term_of(y->g, y->list));
}

/* A run of what was put, from text *last on. */
static void
write_bytes(const struct gather *g, struct segment *s, const char *p, size_t n, uint64_t *last)
{
	for (const char *end = p + n; p < end;) {
		*last += segment_take_varint(&p);
		size_t places = (size_t)segment_take_varint(&p);

		segment_row(s, g->ids.v[*last], (struct str){ p, places });
		p += places;
	}
}

static void
write_list(const struct gather *g, struct segment *s, const struct gather_list *list)
{
	uint64_t last = 0;

	segment_term(s, list->mark, term_of(g, list));
	write_bytes(g, s, list->brief, list->n, &last);
	for (const struct gather_block *block = list->first; block; block = block->next)
		write_bytes(g, s, block->bytes, block->n, &last);
}

void
gather_write(struct gather *g, struct rows *r, enum row_table index, struct arena *a,
	struct counted_words *words)
{
	size_t n = g->lists.n ? g->lists.n - 1 : 0;
	struct ordered *order = arena_array(&g->arena, struct ordered, n + 1);
	struct segment *s = segment_begin(r, index);

	for (size_t i = 0; i < n; i++)
		order[i] = (struct ordered){ g, &g->lists.v[i + 1] };
	sort_by_key(order, n, sizeof *order, key_of, by_term);
	for (size_t i = 0; i < n; i++) {
		const struct gather_list *list = order[i].list;

		write_list(g, s, list);
		if (words && list->mark == '0')
			*vec_add(a, words) = (struct counted_word){ list->word, list->texts };
	}
	segment_end(s, g->ids.n, g->words);
	arena_end(&g->bytes);
	arena_end(&g->arena);
}
