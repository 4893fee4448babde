/* yardstick: what both yardsticks share: a listening socket on loopback, an epoll, the command
 * line.
 */
#ifndef BENCH_YARDSTICK_H
#define BENCH_YARDSTICK_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, EVENTS = 256, LINE_ROOM = 2048 };

static inline void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* The word behind an option, or `otherwise`. */
static inline const char *
option_of(char **argv, const char *name, const char *otherwise)
{
	for (; *argv; argv++)
		if (strcmp(*argv, name) == 0 && argv[1])
			return argv[1];
	return otherwise;
}

/* An answer of n bytes, CR and LF behind its first line. */
static inline char *
body_of(const char *first, size_t n)
{
	size_t head = strlen(first);
	char *body = malloc(n + head + 1);

	if (!body)
		die("malloc");
	memset(body, 'x', n + head);
	memcpy(body, first, head);
	return body;
}

static inline void
files_most(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

/* Listens on a free port of loopback, and prints it. */
static inline int
listen_here(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	files_most();
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
		listen(fd, BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		die("listen");
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

static inline void
watch(int epoll, int how, int fd, unsigned events, void *whose)
{
	struct epoll_event event = { .events = events, .data.ptr = whose };

	if (epoll_ctl(epoll, how, fd, &event) != 0)
		die("epoll_ctl");
}

static inline int
accept_here(int listening)
{
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK), one = 1;

	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

#endif
