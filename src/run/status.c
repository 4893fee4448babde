/* status: a Unix socket is named through its folder's descriptor where the system allows it, as its
 * address has room for some hundred bytes. */
#include "run/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"

enum { WAITING = 8, REPORT_MOST = 1 << 20 };

/* Opens the folder for as long as the address is in use: *held. */
static bool
address_in(const char *folder, struct sockaddr_un *at, int *held)
{
	int n;

	memset(at, 0, sizeof *at);
	at->sun_family = AF_UNIX;
	*held = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
#ifdef __linux__
	n = snprintf(at->sun_path, sizeof at->sun_path, "/proc/self/fd/%d/" STATUS_SOCKET, *held);
#else
	n = snprintf(at->sun_path, sizeof at->sun_path, "%s/" STATUS_SOCKET, folder);
#endif
	return *held >= 0 && n > 0 && (size_t)n < sizeof at->sun_path;
}

static void
let_go(int fd)
{
	if (fd >= 0)
		close(fd);
}

static int
open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

/* A connected socket, or -1. */
static int
reach(const char *folder)
{
	const struct timeval patience = { .tv_sec = STATUS_MS / 1000 };
	struct sockaddr_un at;
	int held = -1, fd = open_socket();

	if (fd >= 0 &&
		(!address_in(folder, &at, &held) ||
			setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
			setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
			connect(fd, (const struct sockaddr *)&at, sizeof at) != 0)) {
		int why = errno;

		close(fd);
		let_go(held);
		errno = why;
		return -1;
	}
	let_go(held);
	return fd;
}

int
status_open(const char *folder, struct err *e)
{
	struct sockaddr_un at;
	int other = reach(folder), held = -1, fd;

	if (other >= 0) {
		close(other);
		err_set(e, "%s/" STATUS_SOCKET ": another server answers there", folder);
		return -1;
	}
	fd = open_socket();
	bool good =
		address_in(folder, &at, &held) && fd >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;

	if (good) {
		mode_t mask = umask(0177);

		unlink(at.sun_path);
		good = bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
		umask(mask);
		good = good && listen(fd, WAITING) == 0;
	}
	if (!good) {
		err_set(e, "%s/" STATUS_SOCKET ": %s", folder, strerror(errno));
		let_go(fd);
		fd = -1;
	}
	let_go(held);
	return fd;
}

void
status_close(int listener, const char *folder)
{
	struct sockaddr_un at;
	int held;

	if (listener < 0)
		return;
	if (address_in(folder, &at, &held))
		unlink(at.sun_path);
	let_go(held);
	close(listener);
}

int
status_next(int listener)
{
	const struct timeval patience = { .tv_sec = STATUS_MS / 1000 };
	int fd = listener < 0 ? -1 : accept(listener, NULL, NULL);

	if (fd >= 0) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	}
	return fd;
}

bool
status_ask(struct arena *a, const char *folder, struct str *report, struct err *e)
{
	struct buf out = { .most = REPORT_MOST };
	int fd = reach(folder), why = errno;
	char piece[4096];
	ssize_t n = -1;

	if (fd < 0)
		return err_set(e, "no server answers at %s/" STATUS_SOCKET "%s", folder,
			why == EACCES || why == EPERM
				? ": you may not ask; ask as the user who started it, or as root"
				: "");
	while (!out.over && (n = read(fd, piece, sizeof piece)) > 0)
		buf_put(&out, (struct str){ piece, (size_t)n });
	*report = arena_str(a, buf_str(&out));
	buf_end(&out);
	close(fd);
	return (n == 0 && report->n) ||
		err_set(e,
			"the server at %s/" STATUS_SOCKET " does not say how it does within %d s",
			folder, STATUS_MS / 1000);
}
