/* manifest: pure functions from rows to bytes and back. */
#include "mirror/manifest.h"

size_t
manifest_parts(uint64_t files)
{
	size_t parts = 2;

	if (files <= MANIFEST_PART)
		return 0;
	while (parts < MANIFEST_PARTS_MOST && files / parts >= MANIFEST_PART)
		parts *= 2;
	return parts;
}

size_t
manifest_part(struct str path, size_t parts)
{
	return parts ? (size_t)(hash_bits(path) >> 40) & (parts - 1) : 0;
}

struct str
manifest_part_name(struct arena *a, size_t part)
{
	return arena_printf(a, "manifest-%zx.txt", part);
}

void
manifest_put(struct buf *out, const struct row *row)
{
	buf_printf(out, "%.*s %llu %.*s", STR_ARG(row->sum), (unsigned long long)row->size,
		STR_ARG(row->path));
	if (row->url.n)
		buf_printf(out, "\t%.*s", STR_ARG(row->url));
	buf_char(out, '\n');
}

void
manifest_put_head(struct buf *out, const struct manifest *m)
{
	buf_printf(out, "almagest-manifest 1\nfiles %llu\nbytes %llu\nparts %zu\n\n",
		(unsigned long long)m->files, (unsigned long long)m->bytes, m->parts);
}

/* "files 52" */
static bool
read_count(struct str *rest, struct str name, uint64_t *n)
{
	struct str line, word, count;

	return str_cut(rest, '\n', &line) && str_word(&line, &word) && str_eq(word, name) &&
		str_word(&line, &count) && str_count(count, INT64_MAX, n);
}

bool
manifest_read(struct str bytes, struct manifest *m, struct err *e)
{
	struct str rest = bytes, line;
	uint64_t parts = 0;

	*m = (struct manifest){ 0 };
	if (!str_cut(&rest, '\n', &line) || !str_starts(line, STR("almagest-manifest ")))
		return err_set(e, "is no manifest of a directory");
	if (!str_eq(line, STR("almagest-manifest 1")))
		return err_set(e, "is a manifest of another version; a newer almagest may read it");
	if (!read_count(&rest, STR("files"), &m->files) ||
		!read_count(&rest, STR("bytes"), &m->bytes) ||
		!read_count(&rest, STR("parts"), &parts) || !str_cut(&rest, '\n', &line) ||
		line.n || parts > MANIFEST_PARTS_MOST || parts != manifest_parts(m->files))
		return err_set(e, "is a manifest with a head that is wrong");
	m->parts = (size_t)parts;
	m->rows = rest.p ? rest : STR("");
	return true;
}

static bool
is_sum(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n == 2 * (size_t)HASH_SIZE;
}

bool
manifest_next(struct str *rows, struct row *row, struct err *e)
{
	struct str line, size;

	if (rows->n == 0 || !str_cut(rows, '\n', &line))
		return false;
	if (!rows->p) /* no newline behind it */
		return err_set(e, "ends within a line");
	row->sum = str_sub(line, 0, str_find(line, ' '));
	line = str_sub(line, row->sum.n + 1, line.n);
	size = str_sub(line, 0, str_find(line, ' '));
	line = str_sub(line, size.n + 1, line.n);
	row->path = str_sub(line, 0, str_find(line, '\t'));
	row->url = str_sub(line, row->path.n + 1, line.n);
	if (!is_sum(row->sum) || !str_count(size, INT64_MAX, &row->size) || row->path.n == 0)
		return err_set(e, "has a line that is none of a manifest");
	return true;
}
