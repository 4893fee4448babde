/* look_net: how readers reach the server: ports, names, how many at once. */
#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/resource.h>
#include <unistd.h>

#include "look.h"

enum { SPARE_FILES = 64 };

/* ---- ports ---- */

static bool
can_listen(struct str address, struct err *e)
{
	unsigned port;
	int fd = listen_on(address, false, &port, e);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Whether the server that runs here answers the protocol on the port of that address. */
static bool
is_ours(const struct look *l, const struct proto *proto, struct str address)
{
	const json_t *at;
	struct str number = str_sub(address, str_find_last(address, ':') + 1, address.n);
	unsigned long port = 0;
	size_t i;

	if (!str_number(number, 65535, &port))
		return false;
	json_array_foreach(json_object_get(l->report, "listening"), i, at)
	{
		const char *name = json_string_value(json_object_get(at, "protocol"));

		if (name && strcmp(name, proto->name) == 0 &&
			json_integer_value(json_object_get(at, "port")) == (json_int_t)port)
			return true;
	}
	return false;
}

/* What can be done about an address that cannot be had. */
static void
not_had(struct look *l, const struct wanted *w, const struct err *why)
{
	static const char USUAL[] =
		"start as root, or by systemd's sockets, to have the usual port";
	struct err unheard = { 0 };

	if (w->otherwise.n && is_ours(l, w->proto, w->otherwise))
		look_say(l, WARNING, "%s: %s; almagest serves it on %.*s: %s", w->proto->name,
			why->text, STR_ARG(w->otherwise), USUAL);
	else if (l->unasked)
		look_say(l, WARNING,
			"%s: %s; it may be almagest's own: look again as the user who started it, "
			"or as root",
			w->proto->name, why->text);
	else if (w->otherwise.n && can_listen(w->otherwise, &unheard))
		look_say(l, WARNING, "%s: %s; %.*s will stand in: %s", w->proto->name, why->text,
			STR_ARG(w->otherwise), USUAL);
	else
		look_say(l, WRONG,
			"%s: %s; end the program that has it, or name another address "
			"with --%s ADDRESS:PORT",
			w->proto->name, why->text, w->proto->name);
}

void
look_at_ports(struct look *l)
{
	for (size_t i = 0; i < l->plan.wanted_n; i++) {
		const struct wanted *w = &l->plan.wanted[i];
		struct err e = { 0 };

		if (can_listen(w->address, &e))
			look_say(
				l, FINE, "%s on %.*s is free", w->proto->name, STR_ARG(w->address));
		else if (is_ours(l, w->proto, w->address))
			look_say(l, FINE, "%s on %.*s is served by almagest", w->proto->name,
				STR_ARG(w->address));
		else
			not_had(l, w, &e);
	}
}

/* ---- names ---- */

static bool
same_address(const struct sockaddr *x, const struct sockaddr *y)
{
	if (!y || x->sa_family != y->sa_family)
		return false;
	if (x->sa_family == AF_INET)
		return ((const struct sockaddr_in *)x)->sin_addr.s_addr ==
			((const struct sockaddr_in *)y)->sin_addr.s_addr;
	return x->sa_family == AF_INET6 &&
		memcmp(&((const struct sockaddr_in6 *)x)->sin6_addr,
			&((const struct sockaddr_in6 *)y)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

static bool
is_of_this_machine(const struct addrinfo *found)
{
	struct ifaddrs *all = NULL;
	bool ours = false;

	if (getifaddrs(&all) != 0)
		return false;
	for (const struct addrinfo *at = found; at; at = at->ai_next)
		for (const struct ifaddrs *i = all; i; i = i->ifa_next)
			ours = ours || same_address(at->ai_addr, i->ifa_addr);
	freeifaddrs(all);
	return ours;
}

static void
one_name(struct look *l, struct str host)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	char shown[INET6_ADDRSTRLEN] = "";
	int failed = getaddrinfo(arena_str(l->c->arena, host).p, NULL, &hints, &found);

	if (failed) {
		look_say(l, WARNING,
			"%.*s does not resolve (%s): readers elsewhere will not find it; add a DNS "
			"record for it",
			STR_ARG(host), gai_strerror(failed));
		return;
	}
	getnameinfo(
		found->ai_addr, found->ai_addrlen, shown, sizeof shown, NULL, 0, NI_NUMERICHOST);
	if (is_of_this_machine(found))
		look_say(l, FINE, "%.*s is %s, this machine", STR_ARG(host), shown);
	else
		look_say(l, WARNING,
			"%.*s is %s, no address of this machine: right behind a proxy or address "
			"translation, else mend its DNS record",
			STR_ARG(host), shown);
	freeaddrinfo(found);
}

void
look_at_names(struct look *l)
{
	if (!l->c->open) {
		look_say(l, FINE,
			"no host is named, so that only this machine can connect; --host NAME "
			"opens it");
		return;
	}
	for (size_t i = 0; i < l->plan.hosts.n; i++)
		one_name(l, l->plan.hosts.v[i].name.text);
}

/* ---- open files ---- */

/* Of the server that runs, else of what is started from here. */
static bool
limit_of_files(const struct look *l, struct rlimit *limit)
{
#ifdef __linux__
	const json_t *first = json_array_get(json_object_get(l->report, "processes"), 0);
	json_int_t pid = json_integer_value(json_object_get(first, "pid"));

	if (pid > 0 && prlimit((pid_t)pid, RLIMIT_NOFILE, NULL, limit) == 0)
		return true;
#else
	(void)l;
#endif
	return getrlimit(RLIMIT_NOFILE, limit) == 0;
}

void
look_at_open_files(struct look *l)
{
	struct rlimit limit;
	size_t wished = l->plan.limits.connections;

	if (!limit_of_files(l, &limit))
		return;
	if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < 2 * wished + SPARE_FILES)
		look_say(l, WARNING,
			"%llu files may be open, enough for %llu connections at once of %zu: raise "
			"LimitNOFILE= in the unit, or ulimit -n",
			(unsigned long long)limit.rlim_max,
			(unsigned long long)(limit.rlim_max > SPARE_FILES
					? (limit.rlim_max - SPARE_FILES) / 2
					: 0),
			wished);
	else
		look_say(l, FINE, "enough for %zu connections at once", wished);
}
