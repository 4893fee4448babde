/* mirror_place: what was fetched and verified goes into place, what is no longer of the directory
 * goes, and the mark is written. Nobody reads meanwhile (catalog/whole.h). */
#include "mirror/mirror_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/whole.h"
#include "mirror/names.h"

struct placing {
	struct {
		uint64_t *v;
		size_t n, room;
	} paths; /* hashes of all that belong */
};

static bool
place_rows(struct mirror *m, struct str rows, void *context)
{
	struct placing *p = context;
	struct row row;
	bool good = true;

	while (good && manifest_next(&rows, &row, m->e)) {
		struct arena a = { 0 };
		const char *name;

		*vec_add(&m->arena, &p->paths) = hash_fast(row.path);
		if (mirror_is_waiting(m, &row)) {
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

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Removes what is not of the directory below one of its folders. */
static void
sweep(struct mirror *m, const struct placing *p, int at, struct str path)
{
	int copy = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		struct arena a = { 0 };
		struct str below = arena_printf(&a, "%.*s/%s", STR_ARG(path), entry->d_name);
		uint64_t hash = hash_fast(below);
		struct stat st;

		if (entry->d_name[0] != '.' &&
			fstatat(at, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			if (S_ISDIR(st.st_mode)) {
				int in = openat(at, entry->d_name,
					O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

				if (in >= 0) {
					sweep(m, p, in, below);
					close(in);
				}
				unlinkat(at, entry->d_name, AT_REMOVEDIR); /* when empty */
			} else if (!p->paths.n ||
				!bsearch(&hash, p->paths.v, p->paths.n, sizeof hash, by_value))
				m->report->removed += unlinkat(at, entry->d_name, 0) == 0;
		}
		arena_end(&a);
	}
	if (d)
		closedir(d);
}

static void
sweep_all(struct mirror *m, struct placing *p)
{
	uint64_t settings = hash_fast(STR("capsule.yaml"));

	if (p->paths.n)
		qsort(p->paths.v, p->paths.n, sizeof *p->paths.v, by_value);
	for (size_t i = 0; NAMES_FOLDERS[i]; i++) {
		int at = openat(
			m->dir, NAMES_FOLDERS[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (at >= 0) {
			sweep(m, p, at, str_of(NAMES_FOLDERS[i]));
			close(at);
			unlinkat(m->dir, NAMES_FOLDERS[i], AT_REMOVEDIR);
		}
	}
	if (!p->paths.n || !bsearch(&settings, p->paths.v, p->paths.n, sizeof settings, by_value))
		m->report->removed += unlinkat(m->dir, "capsule.yaml", 0) == 0;
}

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

bool
mirror_place(struct mirror *m)
{
	struct placing p = { 0 };
	struct arena a = { 0 };
	int alone;
	bool good;

	sync_all(m); /* what waits is on the disk before anything is placed */
	alone = whole_change(m->state);
	good = (alone >= 0 || mirror_write_failed(m, WHOLE_LOCK)) &&
		mirror_write(m, m->state, WHOLE_PLACING, STR("")) &&
		mirror_each_part(m, place_rows, &p);
	if (good) {
		sweep_all(m, &p);
		sync_all(m);
		good = keep_manifest(m) &&
			mirror_write(m, m->state, WHOLE_GENERATION,
				arena_printf(&a, "%s\n", m->report->generation)) &&
			unlinkat(m->state, WHOLE_PLACING, 0) == 0;
	}
	whole_leave(alone);
	if (good) {
		mirror_empty(m->incoming);
		mirror_empty(m->next);
	}
	arena_end(&a);
	return good;
}
