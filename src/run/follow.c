/* follow: inotify names the folder and the file; folders that come are watched in their turn. A
 * burst is over when nothing came for a moment, and the longer the burst, the longer the moment; of
 * a mirror, when the mark of a whole generation is renamed into place. */
#include "run/follow.h"

#include "catalog/load.h"
#include "catalog/whole.h"

#ifdef __linux__

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"

enum {
	QUIET_MS = 5,        /* after a single change */
	QUIET_BURST_MS = 60, /* after many */
	BURST = 16,          /* many */
	BURST_MOST_MS = 2000,
	PATHS_MOST = 100000
};

struct follow {
	int fd;
	const char *capsule;
	struct arena arena;
	struct {
		struct str *v; /* by watch descriptor: the folder within the capsule; "" is the
				  capsule */
		size_t n, room;
	} folders;
	bool mirror; /* changes wait for the mark */
	bool marked;
	bool lost;  /* something was not told: look at all */
	bool blind; /* of some folder nothing is told: look at all now and then */
};

/* A file that may now be read (IN_ATTRIB) is one that changed. */
enum {
	EVENTS = IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_CREATE | IN_ATTRIB |
		IN_ONLYDIR
};

static void
go_blind(struct follow *w)
{
	if (!w->blind)
		log_line("changes cannot be watched for in every folder: %s%s; all files are "
			 "looked at every %d s, too",
			strerror(errno),
			errno == ENOSPC ? " (raise fs.inotify.max_user_watches)" : "",
			FOLLOW_LOOK_S);
	w->blind = true;
}

static bool
add(struct follow *w, struct str folder)
{
	struct str full = arena_printf(&w->arena, "%s/%.*s", w->capsule, STR_ARG(folder));
	int id = inotify_add_watch(w->fd, full.p, EVENTS);

	if (id < 0) {
		/* that it may be read later is told of the folder above */
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			go_blind(w);
		return false;
	}
	while (w->folders.n <= (size_t)id)
		*vec_add(&w->arena, &w->folders) = STR("");
	w->folders.v[id] = folder;
	w->mirror = w->mirror || str_eq(folder, STR(WHOLE_FOLDER));
	return true;
}

/* Whether an entry is a folder; a link is none. False when it is gone since it was listed. Most
 * file systems say it with the name: a look at each of a million files takes seconds. */
static bool
look_at(DIR *d, const struct dirent *entry, bool *is_folder)
{
	struct stat st;

	*is_folder = entry->d_type == DT_DIR;
	if (entry->d_type != DT_UNKNOWN)
		return true;
	if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	*is_folder = S_ISDIR(st.st_mode);
	return true;
}

/* A folder and all below it; what is in it already goes to *paths, if given. */
static void
add_tree(struct follow *w, struct arena *a, struct str folder, struct names *paths)
{
	add(w, folder);

	DIR *d = opendir(arena_printf(&w->arena, "%s/%.*s", w->capsule, STR_ARG(folder)).p);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		bool is_folder;

		if (entry->d_name[0] == '.' || !look_at(d, entry, &is_folder))
			continue;
		if (is_folder)
			add_tree(w, a,
				arena_printf(&w->arena, "%.*s/%s", STR_ARG(folder), entry->d_name),
				paths);
		else if (paths)
			*vec_add(a, paths) =
				arena_printf(a, "%.*s/%s", STR_ARG(folder), entry->d_name);
	}
	if (d)
		closedir(d);
}

struct follow *
follow_open(const char *capsule, struct err *e)
{
	struct follow *w = calloc(1, sizeof *w);

	if (!w)
		abort();
	w->capsule = capsule;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd < 0) {
		err_set(e, "changes cannot be watched for: %s", strerror(errno));
		follow_close(w);
		return NULL;
	}
	add(w, STR(""));
	add(w, STR(WHOLE_FOLDER));
	for (size_t i = 0; i < FOLDERS_N; i++)
		add_tree(w, NULL, str_of(FOLDERS[i].name), NULL);
	return w;
}

void
follow_close(struct follow *w)
{
	if (w->fd >= 0)
		close(w->fd);
	arena_end(&w->arena);
	free(w);
}

/* Whether a path is one that the directory is made of. */
static bool
concerns(struct str path, struct str name)
{
	return name.n && name.p[0] != '.' && (folder_of(path) || str_eq(path, STR("capsule.yaml")));
}

/* A file that is made is read when it is closed after writing; one that came by a link is there. */
static bool
is_linked(const struct follow *w, struct arena *a, struct str path)
{
	struct stat st;

	return lstat(arena_printf(a, "%s/%.*s", w->capsule, STR_ARG(path)).p, &st) == 0 &&
		(S_ISLNK(st.st_mode) || st.st_nlink > 1);
}

static void
hear(struct follow *w, struct arena *a, const struct inotify_event *event, struct names *paths)
{
	struct str name = str_of(event->len ? event->name : ""), folder, path;

	if (event->mask & IN_Q_OVERFLOW) {
		w->lost = w->marked = true; /* the mark may be among what was not told */
		return;
	}
	if ((size_t)event->wd >= w->folders.n || (event->mask & IN_IGNORED))
		return;
	folder = w->folders.v[event->wd];
	if (str_eq(folder, STR(WHOLE_FOLDER))) {
		w->marked = w->marked ||
			((event->mask & IN_MOVED_TO) && str_eq(name, STR(WHOLE_GENERATION)));
		return;
	}
	if (paths->n >= PATHS_MOST) {
		w->lost = true;
		return;
	}
	path = folder.n ? arena_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name))
			: arena_str(a, name);
	if (event->mask & IN_ISDIR) {
		if (str_eq(path, STR(WHOLE_FOLDER)) && (event->mask & IN_CREATE))
			if (add(w, STR(WHOLE_FOLDER)))
				w->lost = w->marked = true;
		if (name.n == 0 || name.p[0] == '.' ||
			!folder_of(arena_printf(a, "%.*s/", STR_ARG(path))))
			return;
		if (event->mask & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB))
			add_tree(w, a, arena_str(&w->arena, path), paths);
		if (!(event->mask & (IN_CREATE | IN_MOVED_TO)))
			w->lost = true; /* what was in it is gone, or was not seen */
	} else if (concerns(path, name) && (!(event->mask & IN_CREATE) || is_linked(w, a, path)))
		*vec_add(a, paths) = path;
}

static void
hear_all(struct follow *w, struct arena *a, struct names *paths)
{
	_Alignas(struct inotify_event) char bytes[16 * 1024];
	ssize_t n;

	while ((n = read(w->fd, bytes, sizeof bytes)) > 0)
		for (char *at = bytes; at < bytes + n;) {
			const struct inotify_event *event = (const void *)at;

			hear(w, a, event, paths);
			at += sizeof *event + event->len;
		}
}

static int
by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void
drop_doubles(struct names *paths)
{
	size_t kept = 0;

	if (paths->n)
		qsort(paths->v, paths->n, sizeof *paths->v, by_bytes);
	for (size_t i = 0; i < paths->n; i++)
		if (i == 0 || !str_eq(paths->v[i], paths->v[kept - 1]))
			paths->v[kept++] = paths->v[i];
	paths->n = kept;
}

/* Whether there is something to be read. */
static bool
has_come(const struct follow *w, const struct names *paths)
{
	return w->mirror ? w->marked : paths->n > 0 || w->lost;
}

bool
follow_wait(struct follow *w, struct arena *a, struct names *paths)
{
	struct pollfd fd = { .fd = w->fd, .events = POLLIN };
	int64_t began;

	w->lost = w->marked = false;
	while (!has_come(w, paths)) {
		int n = poll(&fd, 1, w->blind ? FOLLOW_LOOK_S * 1000 : -1);

		if (n <= 0)
			return n < 0; /* a signal; or nothing was heard for a while */
		hear_all(w, a, paths);
	}
	began = clock_ms();
	while (!w->mirror && clock_ms() - began < BURST_MOST_MS && paths->n < PATHS_MOST &&
		poll(&fd, 1, paths->n < BURST && !w->lost ? QUIET_MS : QUIET_BURST_MS) > 0)
		hear_all(w, a, paths);
	return follow_rest(w, a, paths);
}

bool
follow_rest(struct follow *w, struct arena *a, struct names *paths)
{
	hear_all(w, a, paths);
	drop_doubles(paths);
	return !w->lost && paths->n < PATHS_MOST;
}

#else

struct follow *
follow_open(const char *capsule, struct err *e)
{
	(void)capsule;
	err_set(e, "this system does not tell of changed files");
	return NULL;
}

void
follow_close(struct follow *w)
{
	(void)w;
}

bool
follow_wait(struct follow *w, struct arena *a, struct names *paths)
{
	(void)w;
	(void)a;
	(void)paths;
	return false;
}

bool
follow_rest(struct follow *w, struct arena *a, struct names *paths)
{
	return follow_wait(w, a, paths);
}

#endif
