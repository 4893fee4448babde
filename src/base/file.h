/* file: reading whole files, listing folders, and writing so that a file is old or new, never half.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"

/* The bytes of a regular file of at most `most` bytes; yours until the arena ends. A larger file
 * is an error that says so. What the system says of the file goes to *facts, if given; nothing
 * when it cannot be opened. */
bool file_read(struct arena *a, const char *path, size_t most, struct str *bytes,
	struct stat *facts, struct err *e);

/* Opens a file that is read soon, and asks the system to bring its first `most` bytes meanwhile: of
 * many that are asked for at once the disk brings several together, and nobody sleeps for each. The
 * descriptor, for file_read_fetched(); -1: it cannot be had now. */
int file_fetch(const char *path, size_t most);

/* file_read() of what file_fetch() gave, which it closes; where that is -1, of `path`. */
bool file_read_fetched(struct arena *a, int fd, const char *path, size_t most, struct str *bytes,
	struct stat *facts, struct err *e);

/* When a file was written last, ns since 1970. */
static inline int64_t
file_time(const struct stat *facts)
{
	return (int64_t)facts->st_mtim.tv_sec * 1000000000 + facts->st_mtim.tv_nsec;
}

struct names {
	struct str *v;
	size_t n, room;
};

/* Paths below dir, relative to it, of all that is no folder, subfolders included, in byte order. A
 * link is no folder; what is no readable file either is said by file_read(). Names that begin with
 * a dot are passed over, and so is a dir that is not there. A subfolder that may not be listed
 * stands there itself, with a '/' at its end. */
bool file_tree(struct arena *a, const char *dir, struct names *names, struct err *e);

/* Makes dir and its parents. */
bool file_make_dirs(const char *dir, unsigned mode, struct err *e);

/* A file as it is to be. */
struct fresh {
	const char *path;
	struct str bytes;
	unsigned mode;
	bool again; /* the mode as it is, whatever the umask; and for root the owner */
	uid_t owner;
	gid_t group;
};

/* A file that is there, to be written anew: its mode stays, for root its owner, too, and a link
 * stays one. */
struct fresh file_again(struct arena *a, const char *path, struct str bytes);

/* Writes whole files: all beside their places and synced, then each renamed into its own, so that
 * a full disk leaves everything as it was. */
bool file_write_all(const struct fresh *files, size_t n, struct err *e);

/* The same for one. */
bool file_write(const char *path, struct str bytes, unsigned mode, struct err *e);

bool file_exists(const char *path);

#endif
