/* bulk: a B-tree is filled from its lower right. What is under way is one page of each level; a
 * page that is full goes to the file and leaves its number, with what divides it from the next, to
 * the level above. Where a page is the only one of its level it is the root. */
#include "catalog/bulk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "catalog/segment.h"

enum {
	PAGE = 8192,
	WRITTEN_AT_ONCE = 128 * PAGE,
	HEIGHT_MOST = 12,
	LEAF_HEADER = 8,
	INNER_HEADER = 12,
	NUMBER = 4 /* bytes of a page's */
};

uint32_t bulk_locked_byte = 1 << 30;

/* Where they stand in the header of the file. */
enum {
	HEADER = 100,
	AT_PAGE_SIZE = 16,
	AT_RESERVED = 20,
	AT_COUNTER = 24,
	AT_PAGES = 28,
	AT_SCHEMA = 44,
	AT_VACUUM = 52,
	AT_ENCODING = 56,
	AT_VALID_FOR = 92
};

enum page_kind { INNER_INDEX = 2, INNER_TABLE = 5, LEAF_INDEX = 10, LEAF_TABLE = 13 };

/* What divides a page from the next: the cell that stands above it, without the page's number. */
struct divider {
	size_t n;
	char p[PAGE / 4 + 2 * SEGMENT_VARINT + NUMBER];
};

/* The page that is being filled; cells grow from its end down. */
struct level {
	char p[PAGE];
	size_t cells, free; /* where the lowest cell begins */
	uint32_t last;      /* of an inner page: the child behind its last cell */
	bool parted;        /* pages of this level are in the file already */
	bool waits; /* these did not fit, and divide the page from the next, if one comes: */
	uint32_t child;
	struct divider divider;
};

struct bulk {
	int fd;
	uint32_t pages; /* of the file, with those that wait to be written */
	int why;        /* errno of what could not be written; 0: all was */
	char *written;
	size_t written_n;
	uint32_t written_from;
	/* the table at hand */
	enum page_kind leaf, inner;
	uint32_t root;
	struct level *levels;
	int64_t before; /* the row that was put last */
	char *record;
	size_t record_room;
};

/* ---- the file ---- */

static void
put_four(char *p, uint32_t v)
{
	bytes_put_low(p, v, 4);
}

static uint32_t
take_four(const char *p)
{
	return (uint32_t)bytes_take_low(p, 4);
}

static void
put_two(char *p, size_t v)
{
	bytes_put_low(p, v, 2);
}

static size_t
take_two(const char *p)
{
	return (size_t)bytes_take_low(p, 2);
}

static void
write_at(struct bulk *b, const char *p, size_t n, off_t at)
{
	while (n && !b->why) {
		ssize_t put = pwrite(b->fd, p, n, at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			b->why = put ? errno : ENOSPC;
			return;
		}
		p += put;
		n -= (size_t)put;
		at += put;
	}
}

static void
flush(struct bulk *b)
{
	write_at(b, b->written, b->written_n, (off_t)(b->written_from - 1) * PAGE);
	b->written_n = 0;
}

/* The number of the page that comes behind another. */
static uint32_t
page_behind(uint32_t page)
{
	return page == bulk_locked_byte / PAGE ? page + 2 : page + 1;
}

/* A page more at the end of the file. Its number. */
static uint32_t
append(struct bulk *b, const char *page)
{
	uint32_t at = page_behind(b->pages);

	if (b->written_n == WRITTEN_AT_ONCE || at != b->pages + 1)
		flush(b);
	b->pages = at;
	if (b->written_n == 0)
		b->written_from = b->pages;
	memcpy(b->written + b->written_n, page, PAGE);
	b->written_n += PAGE;
	return b->pages;
}

/* What stands in the header of a file that can be written here. */
static const struct {
	unsigned char at, bytes;
	uint32_t value;
	const char *otherwise;
} FORM[] = {
	{ AT_PAGE_SIZE, 2, PAGE, "its pages are not of 8192 bytes" },
	{ AT_RESERVED, 1, 0, "its pages have reserved bytes" },
	{ AT_SCHEMA, 4, 4, "its schema has not the form 4" },
	{ AT_VACUUM, 4, 0, "it is set to shrink by itself" },
	{ AT_ENCODING, 4, 1, "its texts are not in UTF-8" },
};

static const char *
wrong_form(const char header[HEADER])
{
	for (size_t i = 0; i < COUNT(FORM); i++)
		if (bytes_take_low(header + FORM[i].at, FORM[i].bytes) != FORM[i].value)
			return FORM[i].otherwise;
	return NULL;
}

struct bulk *
bulk_open(const char *path, struct err *e)
{
	struct bulk *b = calloc(1, sizeof *b);
	char header[HEADER];
	const char *why;

	if (!b)
		abort();
	errno = 0;
	b->fd = open(path, O_RDWR | O_CLOEXEC);
	if (b->fd < 0 || pread(b->fd, header, sizeof header, 0) != sizeof header)
		why = errno ? strerror(errno) : "it is no database";
	else
		why = wrong_form(header);
	if (why) {
		err_set(e, "%s: cannot be written: %s", path, why);
		if (b->fd >= 0)
			close(b->fd);
		free(b);
		return NULL;
	}
	b->pages = take_four(header + AT_PAGES);
	b->written = malloc(WRITTEN_AT_ONCE);
	b->levels = calloc(HEIGHT_MOST, sizeof *b->levels);
	if (!b->written || !b->levels)
		abort();
	return b;
}

bool
bulk_close(struct bulk *b, struct err *e)
{
	char header[HEADER];

	flush(b);
	errno = 0;
	if (pread(b->fd, header, sizeof header, 0) != sizeof header && !b->why)
		b->why = errno ? errno : EIO;
	/* the number of pages counts where it is of the last change */
	put_four(header + AT_PAGES, b->pages);
	put_four(header + AT_COUNTER, take_four(header + AT_COUNTER) + 1);
	memcpy(header + AT_VALID_FOR, header + AT_COUNTER, 4);
	write_at(b, header, sizeof header, 0);
	if (close(b->fd) != 0 && !b->why)
		b->why = errno;
	bool good = !b->why || err_set(e, "the catalog cannot be written: %s", strerror(b->why));

	free(b->record);
	free(b->written);
	free(b->levels);
	free(b);
	return good;
}

/* ---- pages ---- */

static size_t
header_of(size_t height)
{
	return height ? INNER_HEADER : LEAF_HEADER;
}

static void
begin_page(struct level *l)
{
	l->cells = 0;
	l->free = PAGE;
}

static bool
fits(const struct level *l, size_t height, size_t n)
{
	return header_of(height) + 2 * (l->cells + 1) + n <= l->free;
}

/* Room for a cell of n bytes, which fits. */
static char *
put_cell(struct level *l, size_t height, size_t n)
{
	l->free -= n;
	put_two(l->p + header_of(height) + 2 * l->cells++, l->free);
	return l->p + l->free;
}

/* The last cell of a page, which goes. */
static void
take_cell(struct level *l, size_t height, uint32_t *child, struct divider *d)
{
	size_t begin = l->free, end = PAGE;

	l->cells--;
	if (l->cells)
		end = take_two(l->p + header_of(height) + 2 * (l->cells - 1));
	l->free = end;
	*child = 0;
	if (height) {
		*child = take_four(l->p + begin);
		begin += NUMBER;
	}
	d->n = end - begin;
	memcpy(d->p, l->p + begin, d->n);
}

/* The page into the file, as the root or where the file ends. Its number. */
static uint32_t
end_page(struct bulk *b, size_t height, bool root)
{
	struct level *l = &b->levels[height];
	size_t cells_end = header_of(height) + 2 * l->cells;

	l->p[0] = (char)(height ? b->inner : b->leaf);
	put_two(l->p + 1, 0); /* nothing is free between cells */
	put_two(l->p + 3, l->cells);
	put_two(l->p + 5, l->free);
	l->p[7] = 0;
	if (height)
		put_four(l->p + LEAF_HEADER, l->last);
	memset(l->p + cells_end, 0, l->free - cells_end);
	if (!root)
		return append(b, l->p);
	write_at(b, l->p, PAGE, (off_t)(b->root - 1) * PAGE);
	return b->root;
}

/* ---- levels ---- */

static void add(struct bulk *b, size_t height, uint32_t child, const struct divider *d);

/* The page ends, its last child given; it goes up with what divides it from the next. */
static void
part(struct bulk *b, size_t height, uint32_t child, const struct divider *d)
{
	struct level *l = &b->levels[height];

	if (height + 1 == HEIGHT_MOST)
		abort(); /* more pages than numbers */
	if (!l->parted)
		begin_page(&b->levels[height + 1]);
	l->parted = true;
	l->last = child;
	add(b, height + 1, end_page(b, height, false), d);
	begin_page(l);
}

/* A divider with the child before it; in an index leaf a row, without one. One that has no place
 * any more waits: there must be something behind it, or the next page would be empty. */
static void
add(struct bulk *b, size_t height, uint32_t child, const struct divider *d)
{
	struct level *l = &b->levels[height];
	size_t number = height ? NUMBER : 0;

	if (l->waits) {
		l->waits = false;
		part(b, height, l->child, &l->divider);
	}
	if (!fits(l, height, number + d->n)) {
		l->waits = true;
		l->child = child;
		l->divider.n = d->n;
		memcpy(l->divider.p, d->p, d->n);
		return;
	}
	char *p = put_cell(l, height, number + d->n);

	if (height)
		put_four(p, child);
	memcpy(p + number, d->p, d->n);
}

/* No more comes to this level but, to an inner one, its last child. */
static void
end_level(struct bulk *b, size_t height, uint32_t child)
{
	struct level *l = &b->levels[height];

	if (l->waits) {
		/* the last that has a place divides instead */
		struct divider last;
		uint32_t before;

		take_cell(l, height, &before, &last);
		l->waits = false;
		part(b, height, before, &last);
		add(b, height, l->child, &l->divider);
	}
	l->last = child;
	if (l->parted)
		end_level(b, height + 1, end_page(b, height, false));
	else
		end_page(b, height, true);
	l->parted = false;
}

/* ---- rows ---- */

static unsigned
bytes_of_number(int64_t v)
{
	uint64_t magnitude = (uint64_t)(v < 0 ? ~v : v);

	if (v == 0 || v == 1)
		return 0;
	return magnitude < 1u << 7              ? 1
		: magnitude < 1u << 15          ? 2
		: magnitude < 1u << 23          ? 3
		: magnitude < UINT64_C(1) << 31 ? 4
		: magnitude < UINT64_C(1) << 47 ? 6
						: 8;
}

/* What the header of a record says of a cell, and how many bytes it has. */
static uint64_t
type_of(const struct cell *cell, size_t *bytes)
{
	static const unsigned char OF_NUMBER[] = { 0, 1, 2, 3, 4, 0, 5, 0, 6 };

	*bytes = 0;
	switch (cell->type) {
	case CELL_NUMBER:
		*bytes = bytes_of_number(cell->number);
		return *bytes ? OF_NUMBER[*bytes] : 8 + (uint64_t)cell->number;
	case CELL_TEXT:
		*bytes = cell->text.n;
		return 13 + 2 * (uint64_t)cell->text.n;
	case CELL_BLOB:
		*bytes = cell->text.n;
		return 12 + 2 * (uint64_t)cell->text.n;
	case CELL_NULL:
		break;
	}
	return 0;
}

static char *
put_cell_bytes(char *to, const struct cell *cell, size_t n)
{
	if (cell->type == CELL_NUMBER)
		bytes_put_low(to, (uint64_t)cell->number, n);
	else if (n)
		memcpy(to, cell->text.p, n);
	return to + n;
}

/* The record of a row, good until the next. */
static struct str
record_of(struct bulk *b, const struct row *row)
{
	uint64_t types[ROW_MOST];
	size_t sizes[ROW_MOST], header = 1, all = 0;
	char *to;

	for (size_t i = 0; i < row->n; i++) {
		types[i] = type_of(&row->v[i], &sizes[i]);
		header += segment_varint(types[i]);
		all += sizes[i];
	}
	header += header >= 0x80;
	all += header;
	if (all > b->record_room) {
		b->record_room = 2 * all;
		free(b->record);
		b->record = malloc(b->record_room);
		if (!b->record)
			abort();
	}
	to = b->record + segment_put_varint(b->record, header);
	for (size_t i = 0; i < row->n; i++)
		to += segment_put_varint(to, types[i]);
	for (size_t i = 0; i < row->n; i++)
		to = put_cell_bytes(to, &row->v[i], sizes[i]);
	return (struct str){ b->record, all };
}

/* How much of a record stands in its page; the rest goes to pages of its own. */
static size_t
local_part(const struct bulk *b, size_t n)
{
	enum {
		LEAST = (PAGE - 12) * 32 / 255 - 23,
		MOST_TABLE = PAGE - 35,
		MOST_INDEX = (PAGE - 12) * 64 / 255 - 23
	};
	size_t most = b->leaf == LEAF_TABLE ? MOST_TABLE : MOST_INDEX, part;

	if (n <= most)
		return n;
	part = LEAST + (n - LEAST) % (PAGE - NUMBER);
	return part <= most ? part : LEAST;
}

/* The rest of a record in pages that each name the next. The first. */
static uint32_t
put_rest(struct bulk *b, struct str rest)
{
	uint32_t first = 0;

	while (rest.n) {
		char page[PAGE] = { 0 };
		size_t n = rest.n < PAGE - NUMBER ? rest.n : PAGE - NUMBER;

		if (rest.n > n)
			put_four(page, page_behind(page_behind(b->pages)));
		memcpy(page + NUMBER, rest.p, n);
		rest = str_sub(rest, n, rest.n);
		uint32_t at = append(b, page);

		first = first ? first : at;
	}
	return first;
}

/* What a cell holds behind its numbers. */
static void
put_record(char *to, struct str record, size_t local, uint32_t rest)
{
	memcpy(to, record.p, local);
	if (rest)
		put_four(to + local, rest);
}

static void
add_to_table(struct bulk *b, const struct row *row, int64_t id)
{
	struct level *l = &b->levels[0];
	struct str record = record_of(b, row);
	size_t local = local_part(b, record.n);
	uint32_t rest = put_rest(b, str_sub(record, local, record.n));
	size_t n = segment_varint(record.n) + segment_varint((uint64_t)id) + local +
		(rest ? NUMBER : 0);

	if (!fits(l, 0, n)) {
		struct divider before;

		before.n = segment_put_varint(before.p, (uint64_t)b->before);
		part(b, 0, 0, &before);
	}
	char *to = put_cell(l, 0, n);

	to += segment_put_varint(to, record.n);
	to += segment_put_varint(to, (uint64_t)id);
	put_record(to, record, local, rest);
	b->before = id;
}

static void
add_to_index(struct bulk *b, const struct row *row)
{
	struct str record = record_of(b, row);
	size_t local = local_part(b, record.n);
	uint32_t rest = put_rest(b, str_sub(record, local, record.n));
	struct divider cell;

	cell.n = segment_put_varint(cell.p, record.n);
	put_record(cell.p + cell.n, record, local, rest);
	cell.n += local + (rest ? NUMBER : 0);
	add(b, 0, 0, &cell);
}

void
bulk_feed(struct bulk *b, uint32_t root, enum bulk_way way, feed_next *next, void *context)
{
	struct row row = { .n = 0 };

	if (root == 0) { /* there is no such table */
		b->why = b->why ? b->why : EINVAL;
		return;
	}
	b->leaf = way == BULK_BY_KEY ? LEAF_INDEX : LEAF_TABLE;
	b->inner = way == BULK_BY_KEY ? INNER_INDEX : INNER_TABLE;
	b->root = root;
	begin_page(&b->levels[0]);
	for (int64_t id = 1; next(context, &row); row.n = 0, id++) {
		if (way == BULK_BY_KEY)
			add_to_index(b, &row);
		else if (way == BULK_COUNTED)
			add_to_table(b, &row, id);
		else {
			row.v[0].type = CELL_NULL; /* it stands beside the record */
			add_to_table(b, &row, row.v[0].number);
		}
	}
	end_level(b, 0, 0);
}
