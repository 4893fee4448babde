/* mirror_rows: the remote manifest, part by part. All of it is looked at before anything else is
 * asked for, and refused when it says one thing here and another there. */
#include "mirror/mirror_internal.h"

#include "base/uri.h"
#include "mirror/names.h"

enum {
	FILES_MOST = 4000000,    /* of a directory */
	OWN_FILES_MOST = 200000, /* in files/ */
	ADDRESS_MOST = 800,      /* bytes, so that it fits a request */
	PART_MOST = 1 << 20      /* bytes */
};

bool
mirror_fetch_root(struct mirror *m)
{
	struct str bytes;
	bool gone;

	if (!mirror_get(
		    m, &m->arena, STR("/mirror/manifest.txt"), MANIFEST_ROOT_MOST, &bytes, &gone)) {
		if (gone) {
			m->e->text[0] = '\0';
			err_set(m->e,
				"there is no manifest at this server; is it one of "
				"almagest, and has it been up for a minute?");
		}
		return false;
	}
	m->root = bytes;
	if (!manifest_read(bytes, &m->manifest, m->e)) {
		m->refused = true;
		return err_in(m->e, "/mirror/manifest.txt");
	}
	if (m->manifest.files > FILES_MOST)
		return mirror_refuse(
			m, "the directory has more files than a mirror takes", STR(""));
	if (m->manifest.bytes > m->wish->most)
		return mirror_refuse(m, "the directory is larger than --max-size allows", STR(""));
	return true;
}

/* An address of this server as the manifest has it: a path, percent-encoded. */
static bool
is_own_address(struct str url)
{
	struct uri u;

	return url.n <= ADDRESS_MOST && uri_parse(url, &u) && !u.scheme.n && !u.has_authority &&
		!u.has_fragment && u.path.n && u.path.p[0] == '/';
}

/* A row whose path and address are such as a mirror takes. */
static bool
check_row(struct mirror *m, const struct row *row)
{
	const char *wrong = names_wrong(row->path);

	if (wrong)
		return mirror_refuse(m, wrong, row->path);
	if (row->url.n && !is_own_address(row->url))
		return mirror_refuse(m, "has an address that is none of this server", row->path);
	if (row->size > m->wish->most)
		return mirror_refuse(m, "is larger than --max-size allows", row->path);
	return true;
}

/* What the rows that were looked at come to. */
struct seen {
	struct names_met own; /* of files/ */
	size_t own_n;
	uint64_t files, bytes;
	uint64_t parts; /* bytes of the manifest */
};

/* Two names that differ in case alone, or of which one is the other's folder, are one file on some
 * disks. Records are in lower case: this is about files/. */
static bool
note_own(struct mirror *m, struct seen *seen, struct str path)
{
	if (!str_starts(path, STR("files/")))
		return true;
	if (seen->own_n++ > OWN_FILES_MOST)
		return mirror_refuse(m, "there are too many files beside this one", path);
	return !names_meet(&seen->own, path).p ||
		mirror_refuse(m, "is the name of another file, too, but for case", path);
}

/* The rows of a part, when they are here already: fetched in this run, or as they were before. */
static bool
read_part(struct mirror *m, struct arena *a, const struct row *part, struct str *rows)
{
	const int folders[] = { m->next, m->state };

	for (size_t i = 0; i < COUNT(folders); i++)
		if (mirror_read(a, folders[i], part->path.p, MANIFEST_ROOT_MOST, rows) &&
			str_eq(hash_hex(a, *rows, SUM), part->sum))
			return true;
	return false;
}

/* Where a part of the remote manifest is: of before, or fetched. */
static bool
need_part(struct mirror *m, struct arena *a, const struct row *part, struct str *rows, bool *stale)
{
	bool gone, good;

	if (read_part(m, a, part, rows))
		return true;
	good = mirror_get(m, a, arena_printf(a, "/mirror/%.*s", STR_ARG(part->path)),
		(size_t)part->size, rows, &gone);
	if (!good && gone)
		*stale = true;
	if (good && !str_eq(hash_hex(a, *rows, SUM), part->sum)) {
		*stale = true;
		good = err_set(m->e, "%.*s: is not what the manifest says", STR_ARG(part->path));
	}
	return good && mirror_write(m, m->next, part->path.p, *rows);
}

static bool
check_part(struct mirror *m, struct seen *seen, struct str rows, size_t part)
{
	struct str last = STR("");
	struct row row;

	while (manifest_next(&rows, &row, m->e)) {
		if (!check_row(m, &row) || !note_own(m, seen, row.path))
			return false;
		if (str_cmp(last, row.path) >= 0 && last.n)
			return mirror_refuse(m, "stands in the manifest out of order", row.path);
		if (m->manifest.parts && manifest_part(row.path, m->manifest.parts) != part)
			return mirror_refuse(
				m, "stands in another part of the manifest than its own", row.path);
		last = row.path;
		seen->files++;
		seen->bytes += row.size;
		if (seen->files > m->manifest.files || seen->bytes > m->manifest.bytes)
			return mirror_refuse(
				m, "the manifest holds more than its head says", STR(""));
	}
	if (m->e->text[0])
		m->refused = true;
	return m->e->text[0] == '\0';
}

static bool
part_row(struct mirror *m, struct arena *a, struct str *roots, size_t i, struct row *row)
{
	if (!manifest_next(roots, row, m->e) || !str_eq(row->path, manifest_part_name(a, i)) ||
		row->size > PART_MOST) {
		m->refused = true;
		return err_set(m->e, "/mirror/manifest.txt: names a part that is none");
	}
	row->path = arena_str(a, row->path);
	return true;
}

bool
mirror_fetch_parts(struct mirror *m, bool *stale)
{
	struct str roots = m->manifest.rows;
	struct seen seen = { 0 };
	bool good = m->manifest.parts || check_part(m, &seen, roots, 0);

	mirror_give_time(m, m->manifest.parts, 0);
	for (size_t i = 0; good && i < m->manifest.parts; i++) {
		struct arena a = { 0 };
		struct row part;
		struct str rows;

		good = part_row(m, &a, &roots, i, &part);
		seen.parts += good ? part.size : 0;
		if (seen.parts > m->wish->most)
			good = mirror_refuse(
				m, "the manifest is larger than --max-size allows", STR(""));
		good = good && need_part(m, &a, &part, &rows, stale) &&
			check_part(m, &seen, rows, i);
		arena_end(&a);
	}
	if (good && (seen.files != m->manifest.files || seen.bytes != m->manifest.bytes))
		good = mirror_refuse(m, "the manifest holds less than its head says", STR(""));
	arena_end(&seen.own.arena);
	return good;
}

bool
mirror_each_part(struct mirror *m, part_visit *visit, void *context)
{
	struct str roots = m->manifest.rows;
	bool good = true;

	if (m->manifest.parts == 0)
		return visit(m, roots, context);
	for (size_t i = 0; good && i < m->manifest.parts; i++) {
		struct arena a = { 0 };
		struct row part;
		struct str rows;

		good = part_row(m, &a, &roots, i, &part) &&
			(read_part(m, &a, &part, &rows) ||
				err_set(m->e, ".mirror/next/%s: has changed", part.path.p)) &&
			visit(m, rows, context);
		arena_end(&a);
	}
	return good;
}
