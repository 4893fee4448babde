/* listen: an address in words to a listening socket. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/server.h"

enum { BACKLOG = 4096 };

/* Linux spreads connections over sockets that share a port; elsewhere all of them may come to one,
 * or there is no such option. */
#if defined(__linux__) && defined(SO_REUSEPORT)
#define SPREADS
#endif

static bool
option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

bool
listen_begin(int fd)
{
	int listens = 0;
	socklen_t n = sizeof listens;

	/* a backlog that somebody else chose stays */
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 && listens)
		return true;
	return listen(fd, BACKLOG) == 0;
}

unsigned
listen_port(int fd)
{
	struct sockaddr_storage at = { 0 };
	socklen_t n = sizeof at;

	if (getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		return 0;
	return ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&at)->sin6_port
					      : ((struct sockaddr_in *)(void *)&at)->sin_port);
}

struct str
listen_address(struct arena *a, int fd)
{
	struct sockaddr_storage at = { 0 };
	socklen_t n = sizeof at;
	char host[NI_MAXHOST] = "", number[NI_MAXSERV] = "";

	if (getsockname(fd, (struct sockaddr *)&at, &n) != 0 ||
		getnameinfo((struct sockaddr *)&at, n, host, sizeof host, number, sizeof number,
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return arena_printf(a, "socket-%d", fd);
	return arena_printf(a, at.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, number);
}

enum how {
	ALONE,  /* it listens, and nobody else may */
	SHARED, /* others may, too */
	BESIDE  /* it is such another one, and is bound only */
};

/* A socket on one resolved address, or -1 with errno. */
static int
socket_at(const struct addrinfo *at, enum how how, bool dual)
{
	int fd = socket(at->ai_family, SOCK_STREAM, 0), saved;

	if (fd < 0)
		return -1;
	bool good = option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
#ifdef SPREADS
	good = good && (how == ALONE || option(fd, SOL_SOCKET, SO_REUSEPORT, 1));
#else
#endif
	if (at->ai_family == AF_INET6)
		good = good && option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual);
	good = good && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
		bind(fd, at->ai_addr, at->ai_addrlen) == 0 && (how == BESIDE || listen_begin(fd));
	if (good)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* "ADDR:PORT", "[V6]:PORT" or ":PORT" into its two parts. */
static bool
split(struct str address, char host[128], char port[8])
{
	size_t colon = str_find_last(address, ':');
	struct str name = str_sub(address, 0, colon),
		   number = str_sub(address, colon + 1, address.n);
	unsigned long n;

	if (colon == address.n || !str_number(number, 65535, &n) || number.n > 5)
		return false;
	if (name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']')
		name = str_sub(name, 1, name.n - 1);
	else if (str_find(name, ':') < name.n)
		return false;
	if (name.n >= 128)
		return false;
	memcpy(host, name.p, name.n);
	host[name.n] = '\0';
	memcpy(port, number.p, number.n);
	port[number.n] = '\0';
	return true;
}

static int
socket_on(struct str address, enum how how, unsigned *port, struct err *e)
{
	char host[128], number[8];
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	struct addrinfo *found = NULL;
	int fd = -1;

	if (!split(address, host, number)) {
		err_set(e, "%.*s: expected ADDRESS:PORT, [IPv6 ADDRESS]:PORT or :PORT",
			STR_ARG(address));
		return -1;
	}
	bool all = host[0] == '\0';

	if (getaddrinfo(all ? "::" : host, number, &hints, &found) == 0)
		fd = socket_at(found, how, all);
	int why = errno;

	if (found)
		freeaddrinfo(found);
	else {
		err_set(e, "%.*s: not an address; write it in numbers, such as 127.0.0.1:1965",
			STR_ARG(address));
		return -1;
	}
	if (fd < 0 && all && (why == EAFNOSUPPORT || why == EADDRNOTAVAIL) &&
		getaddrinfo("0.0.0.0", number, &hints, &found) == 0) { /* no IPv6 here */
		fd = socket_at(found, how, false);
		why = errno;
		freeaddrinfo(found);
	}
	if (fd >= 0)
		*port = listen_port(fd);
	else
		err_set(e, "%.*s: cannot listen: %s%s", STR_ARG(address), strerror(why),
			why == EADDRINUSE
				? "; another server is there: stop it, or choose another port"
				: why == EACCES ? "; ports below 1024 need root: choose another"
						: "");
	return fd;
}

int
listen_on(struct str address, bool shared, unsigned *port, struct err *e)
{
	return socket_on(address, shared ? SHARED : ALONE, port, e);
}

int
listen_beside(int first, struct str address, unsigned *port, struct err *e)
{
#ifdef SPREADS
	(void)first;
	return socket_on(address, BESIDE, port, e);
#else
	int fd = fcntl(first, F_DUPFD_CLOEXEC, 0);

	(void)port;
	if (fd < 0)
		err_set(e, "%.*s: cannot listen: %s", STR_ARG(address), strerror(errno));
	return fd;
#endif
}
