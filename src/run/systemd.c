/* systemd: environment variables and one datagram socket. */
#include "run/systemd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/system.h"

static char names[512];

size_t
systemd_sockets(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS"),
		   *given = getenv("LISTEN_FDNAMES");
	size_t n =
		pid && fds && strtol(pid, NULL, 10) == (long)getpid() ? strtoul(fds, NULL, 10) : 0;

	snprintf(names, sizeof names, "%s", given ? given : "");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return n;
}

const char *
systemd_socket_name(size_t i)
{
	static char name[64];
	const char *at = names;

	for (; i > 0 && at; i--)
		at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL;
	if (!at)
		return "";
	snprintf(name, sizeof name, "%.*s", (int)strcspn(at, ":"), at);
	return name;
}

void
systemd_notify(const char *state)
{
	const char *where = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timespec now;
	char text[128];

	if (!where || (where[0] != '/' && where[0] != '@') || strlen(where) >= sizeof to.sun_path)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (strcmp(state, "RELOADING=1") == 0)
		snprintf(text, sizeof text, "%s\nMONOTONIC_USEC=%lld", state,
			(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	else
		snprintf(text, sizeof text, "%s", state);
	memcpy(to.sun_path, where, strlen(where));
	if (where[0] == '@') /* an abstract name */
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (fd < 0)
		return;
	socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(where));

	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to, n) < 0)
		fputs("almagest: systemd does not hear\n", stderr);
	close(fd);
}

int64_t
systemd_watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	return strtoll(usec, NULL, 10) / 2000;
}
