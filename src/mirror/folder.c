/* folder: a file is written only when its bytes differ. In an export that is there, many are
 * written aside and synced together, then each is renamed into its place. What an export has put is
 * known by hashes of paths; all else in the folder goes at the end. */
#include "mirror/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

#define MARK ".almagest-export"

enum { WAITING_MOST = 4096 };

struct folder {
	struct tree tree;
	struct arena arena;
	struct str dir;   /* where it is to be */
	struct str work;  /* where it is written: dir, or a new folder beside it */
	struct str last;  /* the folder that was made or seen last */
	struct str aside; /* folder of files that wait to be placed: named by their index below */
	struct str shop;  /* of folder_workshop() */
	struct {
		struct arena arena;
		struct str *v; /* their places */
		size_t n, room;
	} waiting;
	struct {
		uint64_t *v;
		size_t n, room;
	} put;
	bool sorted;
};

static bool
is_new(const struct folder *f)
{
	return !str_eq(f->dir, f->work);
}

/* ---- removing ---- */

static bool
remove_tree(const char *path)
{
	struct stat st;
	DIR *d;
	struct dirent *entry;
	bool good = true;

	if (lstat(path, &st) != 0)
		return errno == ENOENT;
	if (!S_ISDIR(st.st_mode))
		return unlink(path) == 0;
	if (!(d = opendir(path)))
		return false;
	while (good && (entry = readdir(d))) {
		char below[4096];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		good = snprintf(below, sizeof below, "%s/%s", path, entry->d_name) <
				(int)sizeof below &&
			remove_tree(below);
	}
	closedir(d);
	return good && rmdir(path) == 0;
}

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool
was_put(struct folder *f, struct str path)
{
	uint64_t hash = hash_fast(path);

	if (!f->sorted && f->put.n)
		qsort(f->put.v, f->put.n, sizeof *f->put.v, by_value);
	f->sorted = true;
	return f->put.n && bsearch(&hash, f->put.v, f->put.n, sizeof hash, by_value);
}

/* Removes what was not put below a folder of the export; *empty when nothing is left in it. */
static bool
sweep(struct folder *f, struct str below, size_t *removed, bool *empty)
{
	struct arena a = { 0 };
	struct str dir =
		below.n ? arena_printf(&a, "%.*s/%.*s", STR_ARG(f->work), STR_ARG(below)) : f->work;
	DIR *d = opendir(dir.p);
	struct dirent *entry;
	bool good = d != NULL;

	*empty = true;
	while (good && (entry = readdir(d))) {
		struct str name = str_of(entry->d_name),
			   path = below.n
			? arena_printf(&a, "%.*s/%.*s", STR_ARG(below), STR_ARG(name))
			: arena_str(&a, name),
			   full = arena_printf(&a, "%.*s/%.*s", STR_ARG(f->work), STR_ARG(path));
		struct stat st;
		bool gone = false;

		if (str_eq(name, STR(".")) || str_eq(name, STR("..")))
			continue;
		/* other dot names at the top are somebody's: .git, and our mark */
		if (lstat(full.p, &st) != 0 || (below.n == 0 && name.p[0] == '.')) {
			*empty = false;
			continue;
		}
		if (S_ISDIR(st.st_mode)) {
			good = sweep(f, path, removed, &gone);
			if (good && gone)
				good = rmdir(full.p) == 0;
		} else if (!was_put(f, path)) {
			gone = true;
			(*removed)++;
			good = unlink(full.p) == 0;
		}
		*empty = *empty && gone;
	}
	if (d)
		closedir(d);
	arena_end(&a);
	return good;
}

/* ---- putting ---- */

static bool
failed(struct err *e, const char *path)
{
	return err_set(e, "%s: cannot be written: %s", path, strerror(errno));
}

/* Makes the folder that a path lies in; a file that is in the way was of an older export. */
static bool
make_place(struct folder *f, struct str full, struct err *e)
{
	struct str dir = str_sub(full, 0, str_find_last(full, '/'));
	char name[4096];
	struct stat st;

	if (str_eq(dir, f->last))
		return true;
	if (dir.n >= sizeof name)
		return err_set(e, "%.*s: too long a path", STR_ARG(dir));
	for (size_t i = f->work.n + 1; i <= dir.n; i++)
		if (i == dir.n || dir.p[i] == '/') {
			memcpy(name, dir.p, i);
			name[i] = '\0';
			if (lstat(name, &st) == 0 && !S_ISDIR(st.st_mode) && unlink(name) != 0)
				return failed(e, name);
		}
	memcpy(name, dir.p, dir.n);
	name[dir.n] = '\0';
	f->last = STR("");
	if (!file_make_dirs(name, 0755, e))
		return false;
	f->last = arena_str(&f->arena, dir);
	return true;
}

/* Whether the file at path holds just what `with` gives from where it stands, or these bytes. */
static bool
same(const char *path, struct str bytes, int with, uint64_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	char here[16384], there[16384];
	bool equal = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		(uint64_t)st.st_size == size && (st.st_mode & 0111) == 0;

	for (uint64_t at = 0; equal && at < size;) {
		size_t most = size - at < sizeof here ? (size_t)(size - at) : sizeof here;
		ssize_t n = read(fd, here, most);

		if (n <= 0)
			equal = false;
		else if (with < 0)
			equal = memcmp(here, bytes.p + at, (size_t)n) == 0;
		else
			equal = pread(with, there, (size_t)n, (off_t)at) == n &&
				memcmp(here, there, (size_t)n) == 0;
		at += n > 0 ? (uint64_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
	return equal;
}

static bool
write_bytes(int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			bytes = str_sub(bytes, (size_t)n, bytes.n);
	}
	return true;
}

static bool
write_fd(int fd, int from, uint64_t size)
{
	char piece[65536];

	for (uint64_t at = 0; at < size;) {
		ssize_t n = pread(from, piece, sizeof piece, (off_t)at);

		if (n <= 0 || !write_bytes(fd, (struct str){ piece, (size_t)n }))
			return false;
		at += (uint64_t)n;
	}
	return true;
}

static bool
sync_whole(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
#ifdef __linux__
	bool good = fd >= 0 && syncfs(fd) == 0;
#else
	bool good = fd >= 0;

	sync();
#endif
	if (fd >= 0)
		close(fd);
	return good;
}

/* Synced, then renamed one by one. */
static bool
place_waiting(struct folder *f, struct err *e)
{
	struct arena a = { 0 };
	bool good = f->waiting.n == 0 || sync_whole(f->work.p) || failed(e, f->work.p);

	for (size_t i = 0; good && i < f->waiting.n; i++) {
		const char *name = arena_printf(&a, "%.*s/%zu", STR_ARG(f->aside), i).p,
			   *place = f->waiting.v[i].p;

		if (rename(name, place) != 0)
			/* a folder of an older export is in the way */
			good = ((errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST) &&
				       remove_tree(place) && rename(name, place) == 0) ||
				failed(e, place);
	}
	arena_end(&a);
	arena_end(&f->waiting.arena);
	f->waiting.v = NULL;
	f->waiting.n = f->waiting.room = 0;
	return good;
}

static bool
put_either(
	struct folder *f, struct str path, struct str bytes, int from, uint64_t size, struct err *e)
{
	struct arena a = { 0 };
	struct str full = arena_printf(&a, "%.*s/%.*s", STR_ARG(f->work), STR_ARG(path));
	bool good = true;

	*vec_add(&f->arena, &f->put) = hash_fast(path);
	f->sorted = false;
	f->tree.files++;
	if (!is_new(f) && same(full.p, bytes, from, size))
		goto out;
	f->tree.changed++;
	if (!(good = make_place(f, full, e)))
		goto out;
	struct str name =
		is_new(f) ? full : arena_printf(&a, "%.*s/%zu", STR_ARG(f->aside), f->waiting.n);
	int fd = open(name.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	good = fd >= 0 && (from < 0 ? write_bytes(fd, bytes) : write_fd(fd, from, size));
	if (fd >= 0 && close(fd) != 0)
		good = false;
	if (!good)
		failed(e, full.p);
	if (good && !is_new(f)) {
		*vec_add(&f->waiting.arena, &f->waiting) = arena_str(&f->waiting.arena, full);
		good = f->waiting.n < WAITING_MOST || place_waiting(f, e);
	}
out:
	arena_end(&a);
	return good;
}

static bool
put(struct tree *t, struct str path, struct str bytes, struct err *e)
{
	return put_either((struct folder *)t, path, bytes, -1, bytes.n, e);
}

static bool
put_fd(struct tree *t, struct str path, int fd, uint64_t size, struct err *e)
{
	return put_either((struct folder *)t, path, STR(""), fd, size, e);
}

/* ---- the whole ---- */

static bool
is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	bool empty = d != NULL;

	while (empty && (entry = readdir(d)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (d)
		closedir(d);
	return empty;
}

/* Whether it is the folder that the command runs in. */
static bool
is_here(const struct stat *folder)
{
	struct stat here;

	return stat(".", &here) == 0 && here.st_dev == folder->st_dev &&
		here.st_ino == folder->st_ino;
}

/* Without the slashes at its end. */
static struct str
plain(struct arena *a, const char *dir)
{
	struct str s = str_of(dir);

	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	return arena_str(a, s);
}

struct tree *
folder_open(const char *dir, struct err *e)
{
	struct folder *f = calloc(1, sizeof *f);
	struct stat st;

	if (!f)
		abort();
	f->tree.put = put;
	f->tree.put_fd = put_fd;
	f->dir = f->work = plain(&f->arena, dir);
	bool there = lstat(f->dir.p, &st) == 0;
	struct str mark = arena_printf(&f->arena, "%s/" MARK, f->dir.p);

	if (there && !file_exists(mark.p) && !is_empty(f->dir.p)) {
		err_set(e,
			"%s: is not an export; name a new or empty folder (files that are not the "
			"directory's would be removed from it)",
			f->dir.p);
		goto bad;
	}
	if (there && !file_exists(mark.p) && is_here(&st)) {
		err_set(e,
			"%s: is the folder you stand in, which a first export replaces whole; "
			"name a new folder, or this one from outside",
			f->dir.p);
		goto bad;
	}
	struct str beside = arena_printf(&f->arena, "%s.almagest-new", f->dir.p);

	if (!there || !file_exists(mark.p))
		f->work = beside;
	f->aside = arena_printf(&f->arena, "%s/.almagest-new", f->work.p);
	f->shop = arena_printf(&f->arena, "%s/.almagest-work", f->work.p);
	if (!remove_tree(beside.p) || !remove_tree(f->aside.p)) {
		failed(e, beside.p);
		goto bad;
	}
	if (!file_make_dirs(is_new(f) ? f->work.p : f->aside.p, 0755, e))
		goto bad;
	return &f->tree;
bad:
	arena_end(&f->arena);
	free(f);
	return NULL;
}

struct str
folder_workshop(struct tree *t, struct err *e)
{
	struct folder *f = (struct folder *)t;

	if (remove_tree(f->shop.p) && mkdir(f->shop.p, 0755) == 0)
		return f->shop;
	failed(e, f->shop.p);
	return (struct str){ 0 };
}

bool
folder_commit(struct tree *t, size_t *removed, struct err *e)
{
	static const char WHY[] = "almagest export writes this folder; at the next export, files "
				  "that are not the directory's are removed.\n";
	struct folder *f = (struct folder *)t;
	struct arena a = { 0 };
	struct str mark = arena_printf(&a, "%.*s/" MARK, STR_ARG(f->work));
	bool empty, good = true;

	*removed = 0;
	good = place_waiting(f, e);
	if (good && !(remove_tree(f->shop.p) && remove_tree(f->aside.p)))
		good = failed(e, f->work.p);
	if (good && !is_new(f) && !sweep(f, STR(""), removed, &empty))
		good = failed(e, f->work.p);
	if (good && is_new(f))
		good = file_write(mark.p, str_of(WHY), 0644, e);
	if (good && (is_new(f) || t->changed) && !sync_whole(f->work.p))
		good = failed(e, f->work.p);
	/* an empty folder may be in the place: rename() takes it over */
	if (good && is_new(f) && rename(f->work.p, f->dir.p) != 0)
		good = failed(e, f->dir.p);
	if (good)
		f->work = f->dir;
	arena_end(&a);
	return good;
}

void
folder_close(struct tree *t)
{
	struct folder *f = (struct folder *)t;

	if (!f)
		return;
	remove_tree(f->aside.p);
	remove_tree(is_new(f) ? f->work.p : f->shop.p);
	arena_end(&f->waiting.arena);
	arena_end(&f->arena);
	free(f);
}
