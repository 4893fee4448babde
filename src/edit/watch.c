/* watch: inotify says that something happened; what the files look like says whether it matters. */
#include "edit/watch.h"

#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

#include "base/file.h"
#include "base/hash.h"
#include "base/system.h"

enum { QUIET_MS = 60, LOOK_MS = 500 };

static uint64_t
signature_of(const char *folder)
{
	struct arena a = { 0 };
	struct names names = { 0 };
	struct err e = { 0 };
	uint64_t sum = 0;

	file_tree(&a, folder, &names, &e);
	for (size_t i = 0; i < names.n; i++) {
		struct str path = arena_printf(&a, "%s/%.*s", folder, STR_ARG(names.v[i]));
		struct stat st = { 0 };

		if (stat(path.p, &st) == 0)
			path = arena_printf(&a, "%.*s %lld %lld.%09ld %llu", STR_ARG(path),
				(long long)st.st_size, (long long)st.st_mtim.tv_sec,
				(long)st.st_mtim.tv_nsec, (unsigned long long)st.st_ino);
		sum = sum * 1099511628211u + hash_fast(path);
	}
	arena_end(&a);
	return sum;
}

#ifdef __linux__
/* The folder and all below it; one that is watched already stays so. */
static void
watch_folders(struct watch *w)
{
	struct arena a = { 0 };
	struct names names = { 0 };
	struct err e = { 0 };
	struct str last = STR("");
	const uint32_t what = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE;

	inotify_add_watch(w->fd, w->folder, what);
	file_tree(&a, w->folder, &names, &e);
	for (size_t i = 0; i < names.n; i++)
		/* every folder on the way to a file */
		for (size_t at = 0; at < names.v[i].n; at++) {
			struct str folder = str_sub(names.v[i], 0, at);

			if (names.v[i].p[at] != '/' || str_eq(folder, last))
				continue;
			last = folder;
			inotify_add_watch(w->fd,
				arena_printf(&a, "%s/%.*s", w->folder, STR_ARG(folder)).p, what);
		}
	arena_end(&a);
}

static int
open_notifier(void)
{
	return inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}
#else
static void
watch_folders(struct watch *w)
{
	(void)w;
}

static int
open_notifier(void)
{
	return -1;
}
#endif

void
watch_open(struct watch *w, const char *folder)
{
	*w = (struct watch){ .folder = folder, .fd = open_notifier() };
	if (w->fd >= 0)
		watch_folders(w);
	w->signature = signature_of(folder);
}

static bool
has_changed(struct watch *w)
{
	uint64_t now = signature_of(w->folder);
	bool changed = now != w->signature;

	w->signature = now;
	return changed;
}

bool
watch_wait(struct watch *w, int input)
{
	struct pollfd fds[2] = { { .fd = w->fd, .events = POLLIN },
		{ .fd = input, .events = POLLIN } };
	char events[8192];

	for (;;) {
		if (poll(fds, 2, w->fd >= 0 ? -1 : LOOK_MS) < 0 || fds[1].revents)
			return false;
		/* until nothing more comes */
		while (w->fd >= 0 && read(w->fd, events, sizeof events) > 0)
			poll(fds, 1, QUIET_MS);
		if (w->fd >= 0)
			watch_folders(w);
		if (has_changed(w))
			return true;
	}
}

void
watch_close(struct watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
}
