/* segment: leaf pages in order, beside them (FTS5's b-tree) which term each begins with, and for
 * each list that fills many pages which row each of those begins with. */
#include "catalog/segment.h"

#include <stdlib.h>

#include "base/bytes.h"

enum {
	ROW_OF_TOTALS = 1,     /* in the table of pages: how many rows and words there are */
	ROW_OF_STRUCTURE = 10, /* and which segments */
	SEGMENT = 1,           /* its number, there being one */
	PAGE = 4050,           /* bytes, FTS5's own choice: two fill one of SQLite */
	HEADER = 4,
	FEW_PAGES = 4, /* of a list that needs no index */
	HEIGHT_MOST = 8,
	NUMBERS_MOST = 64 /* in a record */
};

/* Where pages stand: bits of a row's number. */
enum { PAGE_BITS = 31, HEIGHT_BITS = 5 };

/* A level of the index of one list's pages; 0 is its leaves. */
struct level {
	char *p;
	size_t n;
	int64_t page;
	int64_t first, before; /* rows */
};

struct kept_page {
	int64_t at;
	struct str bytes;
};

struct segment {
	struct rows *rows;
	const struct sql *sql;
	struct arena arena;
	char *p; /* the page that is being filled */
	size_t n, room;
	char footer[PAGE]; /* where its terms begin */
	size_t footer_n, last_term;
	int64_t page;
	bool has_term, has_row;
	char *term; /* the last */
	size_t term_n, term_room;
	int64_t before; /* the row before in this list */
	bool list_begun;
	char *begins; /* what the last page with a term begins with, for the b-tree */
	size_t begins_n, begins_room;
	int64_t begins_page; /* 0: none yet */
	size_t termless;     /* pages since */
	struct level levels[HEIGHT_MOST];
	struct {
		struct kept_page *v;
		size_t n, room;
	} kept; /* they stand behind all leaves */
};

static const struct sql {
	const char *page, *replace, *begin;
} SQL[ROW_TABLES] = {
	[TABLE_NAME_TEXT] = { "INSERT INTO name_text_data VALUES(?, ?)",
		"REPLACE INTO name_text_data VALUES(?, ?)",
		"INSERT INTO name_text_idx VALUES(?, ?, ?)" },
	[TABLE_FULL_TEXT] = { "INSERT INTO full_text_data VALUES(?, ?)",
		"REPLACE INTO full_text_data VALUES(?, ?)",
		"INSERT INTO full_text_idx VALUES(?, ?, ?)" },
	[TABLE_THING_TEXT] = { "INSERT INTO thing_text_data VALUES(?, ?)",
		"REPLACE INTO thing_text_data VALUES(?, ?)",
		"INSERT INTO thing_text_idx VALUES(?, ?, ?)" },
};

/* ---- numbers ---- */

/* Seven bits of the number to a byte, the first byte lowest. */
static uint64_t
spread(uint64_t v)
{
	v = (v & 0xfffffff) | (v & 0xfffffff0000000) << 4;
	v = (v & 0x3fff00003fff) | (v & 0xfffc0000fffc000) << 2;
	return (v & 0x7f007f007f007f) | (v & 0x3f803f803f803f80) << 1;
}

/* The same number where SEGMENT_VARINT bytes may be written, whatever stands there. */
static size_t
store_varint(char *p, uint64_t v)
{
	size_t n = segment_varint(v);
	/* where there are nine, the last has all its bits */
	uint64_t bytes = n == SEGMENT_VARINT ? spread(v >> 8) | 0x8080808080808080
					     : (spread(v) | 0x8080808080808000) << (64 - 8 * n);

	bytes_put(p, bytes);
	if (n == SEGMENT_VARINT)
		p[8] = (char)v;
	return n;
}

size_t
segment_put_long_varint(char *p, uint64_t v)
{
	char bytes[SEGMENT_VARINT];
	size_t n = store_varint(bytes, v);

	memcpy(p, bytes, n);
	return n;
}

uint64_t
segment_take_varint(const char **p)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++) {
		unsigned char c = (unsigned char)*(*p)++;

		v = v << 7 | (c & 0x7f);
		if (c < 0x80)
			return v;
	}
	return v << 8 | (unsigned char)*(*p)++;
}

/* ---- memory ---- */

static void
need(char **p, size_t *room, size_t n)
{
	if (n <= *room)
		return;
	*room = n;
	*p = realloc(*p, n);
	if (!*p)
		abort();
}

static void
set(char **p, size_t *room, size_t *n, struct str s)
{
	need(p, room, s.n + 1);
	memcpy(*p, s.p, s.n);
	*n = s.n;
}

struct segment *
segment_begin(struct rows *r, enum row_table index)
{
	struct segment *s = calloc(1, sizeof *s);

	if (!s)
		abort();
	s->rows = r;
	s->sql = &SQL[index];
	need(&s->p, &s->room, 2 * PAGE);
	memset(s->p, 0, HEADER);
	s->n = HEADER;
	s->page = s->begins_page = 1;
	return s;
}

/* ---- the index of a list's pages ---- */

static int64_t
place(bool index, size_t height, int64_t page)
{
	return ((int64_t)SEGMENT << (PAGE_BITS + HEIGHT_BITS + 1)) +
		((int64_t)index << (PAGE_BITS + HEIGHT_BITS)) + ((int64_t)height << PAGE_BITS) +
		page;
}

static void
keep_level(struct segment *s, size_t height)
{
	const struct level *l = &s->levels[height];

	*vec_add(&s->arena, &s->kept) = (struct kept_page){ place(true, height, l->page),
		arena_str(&s->arena, (struct str){ l->p, l->n }) };
}

/* A page more below this level, the row that it begins with. What fills up leads to a level above,
 * whose first entry is for the page that was full. */
static void
index_page(struct segment *s, size_t height, int64_t page, int64_t row)
{
	struct level *l = &s->levels[height];
	bool follows = l->n >= PAGE;

	/* a page and one entry; and a zero for each page of the longest list that one row may have
	 */
	if (!l->p)
		l->p = arena_alloc(&s->arena, 2 * PAGE);
	if (follows) {
		if (height + 1 == HEIGHT_MOST)
			abort(); /* more pages than numbers */
		l->p[0] = 1;     /* not the highest */
		keep_level(s, height);
		if (s->levels[height + 1].n == 0) {
			s->levels[height + 1].page = l->page;
			index_page(s, height + 1, l->page, l->first);
		}
		l->page++;
		l->n = 0;
		index_page(s, height + 1, l->page, row);
	}
	if (l->n == 0) {
		l->p[l->n++] = follows;
		l->n += segment_put_varint(l->p + l->n, (uint64_t)page);
		l->n += segment_put_varint(l->p + l->n, (uint64_t)row);
		l->first = row;
	} else
		l->n += segment_put_varint(l->p + l->n, (uint64_t)row - (uint64_t)l->before);
	l->before = row;
}

/* The list that began last ends. Whether its pages have an index. */
static bool
end_list(struct segment *s)
{
	bool long_one = s->levels[0].n && s->termless >= FEW_PAGES;

	for (size_t i = 0; i < HEIGHT_MOST && s->levels[i].n; i++) {
		if (long_one)
			keep_level(s, i);
		s->levels[i].n = 0;
	}
	s->termless = 0;
	return long_one;
}

/* ---- pages ---- */

static void
put_varint(struct segment *s, uint64_t v)
{
	if (v < 0x80)
		s->p[s->n++] = (char)v;
	else
		s->n += store_varint(s->p + s->n, v);
}

static void
put_bytes(struct segment *s, struct str bytes)
{
	enum { BRIEF = 8 };
	char *to = s->p + s->n;

	s->n += bytes.n;
	if (bytes.n > BRIEF)
		memcpy(to, bytes.p, bytes.n);
	else
		for (size_t i = 0; i < bytes.n; i++)
			to[i] = bytes.p[i];
}

static void
end_page(struct segment *s)
{
	bytes_put_low(s->p + 2, s->n, 2);
	if (!s->has_term) {
		if (!s->has_row && s->levels[0].n)
			s->levels[0].p[s->levels[0].n++] = 0;
		s->termless++;
	}
	need(&s->p, &s->room, s->n + s->footer_n);
	put_bytes(s, (struct str){ s->footer, s->footer_n });
	rows_run(s->rows, s->sql->page, "ib", place(false, 0, s->page), (struct str){ s->p, s->n });
	memset(s->p, 0, HEADER);
	s->n = HEADER;
	s->footer_n = s->last_term = 0;
	s->page++;
	s->has_term = s->has_row = false;
}

static bool
fits(const struct segment *s, size_t n)
{
	return s->n + s->footer_n + n <= PAGE;
}

/* ---- terms ---- */

/* The last page that has a term, into the b-tree. */
static void
put_beginning(struct segment *s)
{
	bool long_one = end_list(s);

	rows_run(s->rows, s->sql->begin, "ibi", (int64_t)SEGMENT,
		(struct str){ s->begins, s->begins_n }, s->begins_page << 1 | long_one);
}

void
segment_term(struct segment *s, char mark, struct str text)
{
	enum { NUMBERS = 2 + 2 + 3 }; /* two lengths, and the place in the footer */
	size_t n = text.n + 1, same = 0;
	char *term;

	if (s->n > HEADER && !fits(s, n + NUMBERS + 2 * SEGMENT_VARINT))
		end_page(s);
	need(&s->p, &s->room, s->n + n + 2 * PAGE);
	/* its bytes take the place of the last term's, once those have been compared */
	if (s->term_n && s->term[0] == mark)
		for (same = 1; same < s->term_n && same < n && s->term[same] == text.p[same - 1];)
			same++;
	need(&s->term, &s->term_room, n);
	term = s->term;
	term[0] = mark;
	memcpy(term + 1, text.p, text.n);
	s->footer_n += segment_put_varint(s->footer + s->footer_n, s->n - s->last_term);
	s->last_term = s->n;
	if (!s->has_term) {
		if (s->page > 1) {
			put_beginning(s);
			set(&s->begins, &s->begins_room, &s->begins_n,
				(struct str){ term, s->term_n ? same + 1 : n });
			s->begins_page = s->page;
		}
		same = 0;
	} else
		put_varint(s, same);
	s->term_n = n;
	put_varint(s, n - same);
	put_bytes(s, (struct str){ term + same, n - same });
	s->has_term = s->has_row = true;
	s->list_begun = false;
	s->levels[0].page = s->page;
}

/* As many bytes of the list as fit, without tearing a number apart. */
static size_t
fitting(const struct segment *s, struct str places)
{
	size_t n = PAGE - s->n - s->footer_n;

	if (s->n + s->footer_n >= PAGE)
		return 0;
	while (n && (unsigned char)places.p[n - 1] >= 0x80)
		n--;
	return n;
}

void
segment_row(struct segment *s, int64_t id, struct str places)
{
	if (!fits(s, 2 * SEGMENT_VARINT))
		end_page(s);
	if (!s->has_row) {
		bytes_put_low(s->p, s->n, 2);
		index_page(s, 0, s->page, id);
	}
	put_varint(
		s, s->list_begun && s->has_row ? (uint64_t)id - (uint64_t)s->before : (uint64_t)id);
	s->before = id;
	s->list_begun = s->has_row = true;
	put_varint(s, 2 * places.n);
	while (!fits(s, places.n)) {
		size_t n = fitting(s, places);

		put_bytes(s, str_sub(places, 0, n));
		places = str_sub(places, n, places.n);
		end_page(s);
	}
	put_bytes(s, places);
}

/* ---- the whole ---- */

static void
put_record(struct segment *s, int64_t at, const uint64_t *numbers, size_t n, size_t zeros)
{
	char bytes[NUMBERS_MOST * SEGMENT_VARINT] = { 0 };
	size_t put = zeros;

	for (size_t i = 0; i < n; i++)
		put += segment_put_varint(bytes + put, numbers[i]);
	rows_run(s->rows, s->sql->replace, "ib", at, (struct str){ bytes, put });
}

/* The level that updates, which write a page or so each, would have brought so many pages to. On
 * one further down, they would all be merged again for the sake of a few edits. */
static size_t
level_of(uint64_t pages)
{
	size_t level = 1;

	for (; pages > WORDS_MERGED; pages /= WORDS_MERGED)
		level++;
	return level;
}

/* The one segment there is, on its level. */
static void
put_structure(struct segment *s, uint64_t pages)
{
	enum { COOKIE = 4 };
	size_t level = level_of(pages), n = 0;
	uint64_t numbers[NUMBERS_MOST];

	/* levels, segments, pages written; of each level: being merged, segments */
	numbers[n++] = level + 1;
	numbers[n++] = 1;
	numbers[n++] = pages;
	for (size_t i = 0; i < level; i++) {
		numbers[n++] = 0;
		numbers[n++] = 0;
	}
	numbers[n++] = 0;
	numbers[n++] = 1;
	/* its number, its first page and its last */
	numbers[n++] = SEGMENT;
	numbers[n++] = 1;
	numbers[n++] = pages;
	put_record(s, ROW_OF_STRUCTURE, numbers, n, COOKIE);
}

void
segment_end(struct segment *s, uint64_t rows, uint64_t words)
{
	uint64_t totals[] = { rows, words };

	if (rows)
		put_record(s, ROW_OF_TOTALS, totals, COUNT(totals), 0);
	if (s->n > HEADER)
		end_page(s);
	if (s->page > 1) {
		put_beginning(s);
		put_structure(s, (uint64_t)s->page - 1);
	}
	for (size_t i = 0; i < s->kept.n; i++)
		rows_run(s->rows, s->sql->page, "ib", s->kept.v[i].at, s->kept.v[i].bytes);
	arena_end(&s->arena);
	free(s->p);
	free(s->term);
	free(s->begins);
	free(s);
}
