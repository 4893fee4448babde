/* A manifest: what is taken from it has a bound and names nothing outside of a mirror, and what is
 * written of it reads the same. */
#include <stdint.h>
#include <stdlib.h>

#include "mirror/manifest.h"
#include "mirror/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool
is_sum(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n == 64;
}

static void
check_path(struct str path)
{
	if (path.n == 0 || path.n > MANIFEST_PATH_MOST || path.p[0] == '/' || path.p[0] == '.' ||
		path.p[path.n - 1] == '/' || str_find_str(path, STR("/.")) < path.n ||
		str_find_str(path, STR("//")) < path.n || str_find(path, '\\') < path.n ||
		str_find(path, '\n') < path.n || str_find(path, '\0') < path.n)
		abort();
}

static void
check_row(const struct row *row)
{
	struct buf out = { 0 };
	struct err e = { 0 };
	struct row again;

	if (!is_sum(row->sum) || row->path.n == 0)
		abort();
	if (names_wrong(row->path) || str_find(row->url, '\0') < row->url.n)
		return; /* nobody writes such a row */
	check_path(row->path);
	manifest_put(&out, row);
	struct str rows = buf_str(&out);

	if (!manifest_next(&rows, &again, &e) || !str_eq(again.path, row->path) ||
		!str_eq(again.url, row->url) || again.size != row->size ||
		!str_eq(again.sum, row->sum))
		abort();
	buf_end(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str bytes = { (const char *)data, n };
	struct manifest m;
	struct err e = { 0 };
	struct row row;

	if (!manifest_read(bytes, &m, &e)) {
		if (!e.text[0])
			abort();
		return 0;
	}
	if (m.parts > MANIFEST_PARTS_MOST || (m.parts & (m.parts - 1)))
		abort();
	while (manifest_next(&m.rows, &row, &e)) {
		check_row(&row);
		if (m.parts && manifest_part(row.path, m.parts) >= m.parts)
			abort();
	}
	return 0;
}
