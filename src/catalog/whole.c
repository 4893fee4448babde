/* whole: flock() on a file that the mirror makes and nobody writes. */
#include "catalog/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOTHING_HELD = -1 };

static bool
is_there(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Opens a folder of a folder; links are not followed. */
static int
open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
open_marks(const char *capsule)
{
	int at = open(capsule, O_RDONLY | O_DIRECTORY | O_CLOEXEC), marks;

	if (at < 0)
		return -1;
	marks = open_folder(at, WHOLE_FOLDER);
	close(at);
	return marks;
}

bool
whole_enter(const char *capsule, int *held)
{
	int marks = open_marks(capsule), fd;
	bool good;

	*held = NOTHING_HELD;
	if (marks < 0)
		return true; /* no mirror */
	fd = openat(marks, WHOLE_LOCK, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	/* no lock: a copy of a mirror, which none has worked on */
	good = (fd >= 0 ? flock(fd, LOCK_SH) == 0 : errno == ENOENT) &&
		is_there(marks, WHOLE_GENERATION) && !is_there(marks, WHOLE_PLACING);
	close(marks);
	if (good)
		*held = fd;
	else if (fd >= 0)
		close(fd);
	return good;
}

void
whole_leave(int held)
{
	if (held != NOTHING_HELD)
		close(held);
}

int
whole_change(int folder)
{
	int fd = openat(folder, WHOLE_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644), got;

	if (fd < 0)
		return -1;
	while ((got = flock(fd, LOCK_EX)) != 0 && errno == EINTR)
		;
	if (got != 0) {
		close(fd);
		return -1;
	}
	return fd;
}
