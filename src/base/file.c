/* file: POSIX files; every failure says the path and the system's reason. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
read_all(struct arena *a, int fd, size_t most, struct str *bytes, struct stat *facts, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set(e, "cannot be read: %s", strerror(errno));
	if (facts)
		*facts = st;
	if (!S_ISREG(st.st_mode))
		return err_set(e, "is not a regular file");
	if (st.st_size < 0 || (size_t)st.st_size > most)
		return err_set(e, "is larger than %zu bytes", most);
	size_t room = (size_t)st.st_size, n = 0;
	char *p = arena_alloc(a, room + 1);

	while (n < room) {
		ssize_t got = read(fd, p + n, room - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, "cannot be read: %s", strerror(errno));
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*bytes = (struct str){ p, n };
	return true;
}

/* Nobody waits for a pipe. */
static int
open_to_read(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

int
file_fetch(const char *path, size_t most)
{
#ifdef POSIX_FADV_WILLNEED /* macOS and OpenBSD have no such call */
	int fd = open_to_read(path);

	if (fd >= 0)
		posix_fadvise(fd, 0, (off_t)most, POSIX_FADV_WILLNEED);
	return fd;
#else
	(void)path;
	(void)most;
	return -1;
#endif
}

bool
file_read_fetched(struct arena *a, int fd, const char *path, size_t most, struct str *bytes,
	struct stat *facts, struct err *e)
{
	if (fd < 0)
		fd = open_to_read(path);
	if (fd < 0)
		return err_set(e, "cannot be read: %s", strerror(errno));
	bool good = read_all(a, fd, most, bytes, facts, e);

	close(fd);
	return good;
}

bool
file_read(struct arena *a, const char *path, size_t most, struct str *bytes, struct stat *facts,
	struct err *e)
{
	return file_read_fetched(a, -1, path, most, bytes, facts, e);
}

/* Whether an entry is a folder; a link is none. False when it is gone since it was listed. */
static bool
look_at(DIR *d, const struct dirent *entry, bool *is_folder)
{
	struct stat st;

#ifdef DT_DIR
	*is_folder = entry->d_type == DT_DIR;
	if (entry->d_type != DT_UNKNOWN)
		return true;
#endif
	if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	*is_folder = S_ISDIR(st.st_mode);
	return true;
}

static bool
tree_below(struct arena *a, const char *top, struct str below, struct names *names, struct err *e)
{
	struct str dir = below.n ? arena_printf(a, "%s/%.*s", top, STR_ARG(below)) : str_of(top);
	DIR *d = opendir(dir.p);
	struct dirent *entry;
	bool good = true;

	if (!d && errno == EACCES && below.n) {
		*vec_add(a, names) = arena_printf(a, "%.*s/", STR_ARG(below));
		return true;
	}
	if (!d)
		return errno == ENOENT ||
			err_set(e, "%s: cannot be listed: %s", dir.p, strerror(errno));
	while (good && (entry = readdir(d))) {
		bool is_folder;

		if (entry->d_name[0] == '.' || !look_at(d, entry, &is_folder))
			continue;
		struct str name = below.n
			? arena_printf(a, "%.*s/%s", STR_ARG(below), entry->d_name)
			: arena_str(a, str_of(entry->d_name));

		if (is_folder)
			good = tree_below(a, top, name, names, e);
		else
			*vec_add(a, names) = name;
	}
	closedir(d);
	return good;
}

static int
by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

bool
file_tree(struct arena *a, const char *dir, struct names *names, struct err *e)
{
	if (!tree_below(a, dir, (struct str){ "", 0 }, names, e))
		return false;
	if (names->n)
		qsort(names->v, names->n, sizeof *names->v, by_bytes);
	return true;
}

/* Makes one folder, unless it is there; errno says why it is not. */
static bool
make_dir(const char *path, unsigned mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return true;
	int why = errno;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	errno = why;
	return false;
}

bool
file_make_dirs(const char *dir, unsigned mode, struct err *e)
{
	char path[4096];
	size_t n = strlen(dir);

	if (n == 0 || n >= sizeof path)
		return err_set(e, "%s: not a folder's name", dir);
	memcpy(path, dir, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		path[i] = '\0';
		if (!make_dir(path, mode))
			return err_set(e, "%s: cannot be made: %s", path, strerror(errno));
		path[i] = i < n ? '/' : '\0';
	}
	return true;
}

static bool
write_all(int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t put = write(fd, bytes.p, bytes.n);

		if (put < 0 && errno != EINTR)
			return false;
		if (put > 0)
			bytes = str_sub(bytes, (size_t)put, bytes.n);
	}
	return true;
}

struct fresh
file_again(struct arena *a, const char *path, struct str bytes)
{
	struct fresh file = { .path = path, .bytes = bytes, .mode = 0644 };
	char *real = realpath(path, NULL);
	struct stat st;

	if (real && stat(real, &st) == 0) {
		file.path = arena_str(a, str_of(real)).p;
		file.mode = st.st_mode & 0777;
		file.again = true;
		file.owner = st.st_uid;
		file.group = st.st_gid;
	}
	free(real);
	return file;
}

/* Where a file is written before it takes its place. */
struct beside {
	char path[4096];
};

static bool
name_beside(const char *path, struct beside *beside)
{
	return snprintf(beside->path, sizeof beside->path, "%s.new-%ld", path, (long)getpid()) <
		(int)sizeof beside->path;
}

static bool
not_written(const char *path, struct err *e)
{
	return err_set(e, "%s: cannot be written: %s", path, strerror(errno));
}

/* What was there keeps who may read and write it. */
static bool
keep_rights(int fd, const struct fresh *file)
{
	return !file->again ||
		((geteuid() != 0 || fchown(fd, file->owner, file->group) == 0) &&
			fchmod(fd, file->mode) == 0);
}

static bool
write_beside(const struct fresh *file, struct err *e)
{
	struct beside beside = { "" };

	if (!name_beside(file->path, &beside))
		return err_set(e, "%s: too long a path", file->path);
	unlink(beside.path);
	int fd = open(beside.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->mode);
	bool good = (fd >= 0 && keep_rights(fd, file) && write_all(fd, file->bytes) &&
			    fsync(fd) == 0) ||
		not_written(file->path, e);

	if (fd >= 0 && close(fd) != 0)
		good = not_written(file->path, e);
	return good;
}

bool
file_write_all(const struct fresh *files, size_t n, struct err *e)
{
	struct beside beside = { "" };
	bool good = true;

	for (size_t i = 0; good && i < n; i++)
		good = write_beside(&files[i], e);
	for (size_t i = 0; i < n; i++) {
		if (!name_beside(files[i].path, &beside))
			continue;
		if (good && rename(beside.path, files[i].path) != 0)
			good = not_written(files[i].path, e);
		if (!good)
			unlink(beside.path);
	}
	return good;
}

bool
file_write(const char *path, struct str bytes, unsigned mode, struct err *e)
{
	return file_write_all(&(struct fresh){ .path = path, .bytes = bytes, .mode = mode }, 1, e);
}

bool
file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}
