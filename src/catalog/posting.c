/* posting: a chunk is known by its first id. */
#include "catalog/posting.h"

#include "catalog/pack.h"

void
posting_read(struct store *s, struct arena *a, enum shared_kind kind, struct str item, size_t from,
	size_t most, struct numbers *ids)
{
	sqlite3_stmt *st = store_statement(
		s, "SELECT people FROM posting WHERE kind = ? AND item = ? ORDER BY first");

	sqlite3_bind_int(st, 1, (int)kind);
	sqlite3_bind_text64(st, 2, item.p, item.n, SQLITE_STATIC, SQLITE_UTF8);
	while (most && sqlite3_step(st) == SQLITE_ROW) {
		struct str chunk = { sqlite3_column_blob(st, 0),
			(size_t)sqlite3_column_bytes(st, 0) };
		size_t n = unpack_count(chunk);

		for (size_t i = from; i < n && most; i++, most--)
			*vec_add(a, ids) = unpack_id(chunk, i);
		from -= from < n ? from : n;
	}
	sqlite3_reset(st);
}

static void
row_chunk(struct row *row, enum shared_kind kind, struct str item, struct str people)
{
	row_number(row, kind);
	row_text(row, item);
	row_number(row, unpack_id(people, 0));
	row_blob(row, people);
}

void
row_posting(struct row *row, struct arena *a, enum shared_kind kind, struct str item,
	const int64_t *ids, size_t n)
{
	row_chunk(row, kind, item, pack_ids(a, ids, n));
}

static void
put_chunk(struct rows *r, enum shared_kind kind, struct str item, struct str people)
{
	struct row row = { .n = 0 };

	row_chunk(&row, kind, item, people);
	rows_put(r, TABLE_POSTING, &row);
}

void
posting_put(struct rows *r, enum shared_kind kind, struct str item, const int64_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i += POSTING_CHUNK)
		put_chunk(r, kind, item,
			pack_ids(&r->scratch, ids + i,
				n - i < POSTING_CHUNK ? n - i : POSTING_CHUNK));
}

/* The chunk that an id belongs into: the last that does not begin behind it, else the first. */
static struct str
chunk_of(struct rows *r, enum shared_kind kind, struct str item, int64_t id)
{
	struct str chunk = ask_text(r->store, &r->scratch,
		"SELECT people FROM posting WHERE kind = ? AND item = ? AND first <= ?"
		" ORDER BY first DESC LIMIT 1",
		"iti", (int64_t)kind, item, id);

	return chunk.n ? chunk
		       : ask_text(r->store, &r->scratch,
				 "SELECT people FROM posting WHERE kind = ? AND item = ?"
				 " ORDER BY first LIMIT 1",
				 "it", (int64_t)kind, item);
}

static void
drop_chunk(struct rows *r, enum shared_kind kind, struct str item, struct str chunk)
{
	if (chunk.n)
		rows_run(r, "DELETE FROM posting WHERE kind = ? AND item = ? AND first = ?", "iti",
			(int64_t)kind, item, unpack_id(chunk, 0));
}

void
posting_add(struct rows *r, enum shared_kind kind, struct str item, int64_t id)
{
	enum { HALF = POSTING_CHUNK / 2 * PACKED_ID };
	struct str chunk = chunk_of(r, kind, item, id), more = pack_id_in(&r->scratch, chunk, id);

	drop_chunk(r, kind, item, chunk);
	if (unpack_count(more) > POSTING_CHUNK) {
		put_chunk(r, kind, item, str_sub(more, HALF, more.n));
		more = str_sub(more, 0, HALF);
	}
	put_chunk(r, kind, item, more);
}

void
posting_remove(struct rows *r, enum shared_kind kind, struct str item, int64_t id)
{
	struct str chunk = chunk_of(r, kind, item, id), less = pack_id_out(&r->scratch, chunk, id);

	drop_chunk(r, kind, item, chunk);
	if (less.n)
		put_chunk(r, kind, item, less);
}

void
posting_drop(struct rows *r, enum shared_kind kind, struct str item)
{
	rows_run(r, "DELETE FROM posting WHERE kind = ? AND item = ?", "it", (int64_t)kind, item);
}
