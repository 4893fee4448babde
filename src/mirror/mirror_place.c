/* mirror_place: what was fetched and verified goes into place, what is no longer of the directory
 * goes, and the mark is written. Nobody reads meanwhile (catalog/whole.h). */
#include "mirror/mirror_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/whole.h"
#include "mirror/names.h"

static bool
note_paths(struct mirror *m, struct str rows, void *context)
{
	struct hashes *paths = context;
	struct row row;

	while (manifest_next(&rows, &row, m->e))
		*vec_add(&m->arena, paths) = hash_fast(row.path);
	return true;
}

static bool
place_rows(struct mirror *m, struct str rows, void *context)
{
	struct row row;
	bool good = true;

	(void)context;
	while (good && manifest_next(&rows, &row, m->e)) {
		struct arena a = { 0 };
		const char *name;

		if (mirror_is_waiting(m, &row, false)) {
			int at = mirror_open_place(m, arena_str(&a, row.path), true, &name);

			good = at >= 0 &&
				renameat(m->incoming, mirror_waiting_name(&a, row.path, row.sum).p,
					at, name) == 0;
			if (!good)
				err_set(m->e, "%.*s: cannot be placed: %s", STR_ARG(row.path),
					strerror(errno));
			m->report->written += good;
			if (at >= 0)
				close(at);
		}
		arena_end(&a);
	}
	return good;
}

/* ---- what is not of the directory ---- */

struct sweep {
	const struct hashes *keep; /* paths that belong; NULL: files are counted and left alone */
	uint64_t files;            /* counted, or removed */
};

static void
sweep_file(struct sweep *s, int at, const char *name, struct str path)
{
	if (!s->keep)
		s->files++;
	else if (!hashes_have(s->keep, path))
		s->files += unlinkat(at, name, 0) == 0;
}

static void
sweep_folder(struct sweep *s, int at, const char *name, struct str path)
{
	int folder = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = folder >= 0 ? fdopendir(folder) : NULL;
	struct dirent *entry;
	struct stat st;

	while (d && (entry = readdir(d))) {
		struct arena a = { 0 };
		struct str below = arena_printf(&a, "%.*s/%s", STR_ARG(path), entry->d_name);

		if (entry->d_name[0] != '.' &&
			fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			if (S_ISDIR(st.st_mode))
				sweep_folder(s, folder, entry->d_name, below);
			else
				sweep_file(s, folder, entry->d_name, below);
		}
		arena_end(&a);
	}
	if (d)
		closedir(d);
	else if (folder >= 0)
		close(folder);
	if (s->keep)
		unlinkat(at, name, AT_REMOVEDIR); /* when empty */
}

static void
sweep_all(struct mirror *m, struct sweep *s)
{
	static const char SETTINGS[] = "capsule.yaml";
	struct stat st;

	for (size_t i = 0; NAMES_FOLDERS[i]; i++) {
		const char *name = NAMES_FOLDERS[i];

		if (fstatat(m->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			sweep_folder(s, m->dir, name, str_of(name));
		else
			sweep_file(s, m->dir, name, str_of(name));
	}
	if (fstatat(m->dir, SETTINGS, &st, AT_SYMLINK_NOFOLLOW) == 0)
		sweep_file(s, m->dir, SETTINGS, str_of(SETTINGS));
}

bool
mirror_has_others(struct mirror *m)
{
	struct sweep s = { 0 };

	sweep_all(m, &s);
	return s.files > m->manifest.files;
}

/* ---- the whole ---- */

/* The parts of the manifest in place become the new ones. */
static bool
keep_manifest(struct mirror *m)
{
	bool good = true;

	for (size_t i = 0; good && i < m->manifest.parts; i++) {
		struct arena a = { 0 };
		const char *name = manifest_part_name(&a, i).p;

		good = renameat(m->next, name, m->state, name) == 0 || errno == ENOENT ||
			mirror_write_failed(m, name);
		arena_end(&a);
	}
	return good && mirror_write(m, m->state, "manifest.txt", m->root);
}

static void
sync_all(const struct mirror *m)
{
#ifdef __linux__
	syncfs(m->dir);
#else
	(void)m;
	sync();
#endif
}

/* What goes, goes first: a folder may take the place of a file, and a file that of a folder. */
static bool
place_all(struct mirror *m)
{
	struct hashes paths = { 0 };
	struct sweep s = { .keep = &paths };

	if (!mirror_each_part(m, note_paths, &paths))
		return false;
	hashes_sort(&paths);
	sweep_all(m, &s);
	m->report->removed = s.files;
	return mirror_each_part(m, place_rows, NULL);
}

bool
mirror_place(struct mirror *m)
{
	struct arena a = { 0 };
	int alone;
	bool good;

	sync_all(m); /* what waits is on the disk before anything is placed */
	alone = whole_change(m->state);
	good = (alone >= 0 || mirror_write_failed(m, WHOLE_LOCK)) &&
		mirror_write(m, m->state, WHOLE_PLACING, STR("")) && place_all(m);
	if (good) {
		sync_all(m);
		good = keep_manifest(m) &&
			mirror_write(m, m->state, WHOLE_GENERATION,
				arena_printf(&a, "%s\n", m->report->generation)) &&
			unlinkat(m->state, WHOLE_PLACING, 0) == 0;
	}
	whole_leave(alone);
	if (good) {
		mirror_empty(m->incoming, NULL);
		mirror_empty(m->next, NULL);
	}
	arena_end(&a);
	return good;
}
