/* yardstick_tcp [--size N]: accepts, reads a line, writes N bytes, closes. */
#include <errno.h>
#include <stdbool.h>

#include "yardstick.h"

struct conn {
	int fd;
	size_t out; /* sent */
};

static char *body;
static size_t size;

static void
end(struct conn *c)
{
	close(c->fd);
	free(c);
}

/* Reads up to the end of the line; false when the connection has ended. */
static bool
read_line(struct conn *c, bool *whole)
{
	char in[LINE_ROOM];
	ssize_t n = recv(c->fd, in, sizeof in, 0);

	*whole = n > 0 && memchr(in, '\n', (size_t)n);
	return n > 0 || (n < 0 && errno == EAGAIN);
}

static void
go(struct conn *c, int epoll)
{
	bool whole = c->out > 0;

	if (!whole && !read_line(c, &whole)) {
		end(c);
		return;
	}
	while (whole && c->out < size) {
		ssize_t n = send(c->fd, body + c->out, size - c->out, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			watch(epoll, EPOLL_CTL_MOD, c->fd, EPOLLOUT, c);
			return;
		}
		if (n < 0)
			break;
		c->out += (size_t)n;
	}
	if (whole)
		end(c);
}

static void
welcome(int listening, int epoll)
{
	for (int fd; (fd = accept_here(listening)) >= 0;) {
		struct conn *c = calloc(1, sizeof *c);

		if (!c)
			die("calloc");
		c->fd = fd;
		watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, c);
	}
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	int listening = listen_here(), epoll = epoll_create1(0);

	(void)argc;
	size = strtoul(option_of(argv, "--size", "4096"), NULL, 10);
	body = body_of("i\r\n", size);
	watch(epoll, EPOLL_CTL_ADD, listening, EPOLLIN, NULL);
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++)
			if (events[i].data.ptr)
				go(events[i].data.ptr, epoll);
			else
				welcome(listening, epoll);
	}
}
