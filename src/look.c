/* look: a setup as somebody sees it who has run servers for years, before readers find out. Nothing
 * is changed; what needs another user is asked by a child that becomes it. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "catalog/load.h"
#include "command.h"
#include "net/cert.h"
#include "run/status.h"
#include "run/supervisor.h"

enum { SOON_DAYS = 30, SPARE_FILES = 64 };

/* No clock is right that shows an earlier day. */
static const char RELEASED[] = "2026-11-01";

enum verdict { FINE, WARNING, WRONG, VERDICTS };
static const char *const VERDICT_NAMES[VERDICTS] = { "ok", "warning", "wrong" };

struct finding {
	const char *about;
	enum verdict verdict;
	struct str text;
};

struct look {
	struct config *c;
	struct plan plan;
	const char *about; /* the question being asked */
	struct str report; /* of the server that runs here; empty: none does */
	struct {
		struct finding *v;
		size_t n, room;
	} findings;
};

__attribute__((format(printf, 3, 4))) static void
say(struct look *l, enum verdict verdict, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	*vec_add(l->c->arena, &l->findings) =
		(struct finding){ l->about, verdict, arena_str(l->c->arena, str_of(text)) };
}

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

static void
ports(struct look *l)
{
	for (size_t i = 0; i < l->plan.wanted_n; i++) {
		const struct wanted *w = &l->plan.wanted[i];
		struct err e = { 0 }, unheard = { 0 };
		struct str ours =
			arena_printf(l->c->arena, "\"address\": \"%.*s\"", STR_ARG(w->address));

		if (str_find_str(l->report, ours) < l->report.n)
			say(l, FINE, "%s on %.*s is served by almagest", w->proto->name,
				STR_ARG(w->address));
		else if (can_listen(w->address, &e))
			say(l, FINE, "%s on %.*s is free", w->proto->name, STR_ARG(w->address));
		else if (w->otherwise.n && can_listen(w->otherwise, &unheard))
			say(l, WARNING,
				"%s: %s; %.*s will stand in. Start as root or by systemd's "
				"sockets to have the usual port",
				w->proto->name, e.text, STR_ARG(w->otherwise));
		else
			say(l, WRONG,
				"%s: %s; end the program that has it, or name another address "
				"with --%s ADDRESS:PORT",
				w->proto->name, e.text, w->proto->name);
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
		say(l, WARNING,
			"%.*s does not resolve (%s): readers elsewhere will not find it; add a DNS "
			"record for it",
			STR_ARG(host), gai_strerror(failed));
		return;
	}
	getnameinfo(
		found->ai_addr, found->ai_addrlen, shown, sizeof shown, NULL, 0, NI_NUMERICHOST);
	if (is_of_this_machine(found))
		say(l, FINE, "%.*s is %s, this machine", STR_ARG(host), shown);
	else
		say(l, WARNING,
			"%.*s is %s, no address of this machine: right behind a proxy or address "
			"translation, else mend its DNS record",
			STR_ARG(host), shown);
	freeaddrinfo(found);
}

static void
names(struct look *l)
{
	if (!l->c->open) {
		say(l, FINE,
			"no host is named, so that only this machine can connect; --host NAME "
			"opens it");
		return;
	}
	for (size_t i = 0; i < l->plan.hosts.n; i++)
		one_name(l, l->plan.hosts.v[i].name.text);
}

/* ---- certificates, keys, clock ---- */

static void
one_certificate(struct look *l, struct str host)
{
	struct arena *a = l->c->arena;
	struct str path = cert_path(a, l->plan.certs, host, ".crt");
	struct cert_facts facts;
	struct err e = { 0 };
	struct str today = clock_day(a, 0), soon = clock_day(a, 24 * SOON_DAYS);

	if (!file_exists(path.p))
		say(l, FINE, "%.*s has none yet; it is made at the start", STR_ARG(host));
	else if (!cert_read(a, l->plan.certs, host, &facts, &e))
		say(l, WRONG, "%s; move it away to have one made", e.text);
	else if (facts.ended || str_cmp(facts.until, today) < 0)
		say(l, WRONG, "%s is valid from %.*s to %.*s, and not now: %s", path.p,
			STR_ARG(facts.from), STR_ARG(facts.until),
			facts.self_signed ? "almagest cert renews it with the same key"
					  : "renew it where it came from");
	else if (!facts.names_host)
		say(l, WRONG, "%s does not name %.*s: clients will refuse it", path.p,
			STR_ARG(host));
	else if (str_cmp(facts.until, soon) < 0)
		say(l, WARNING, "%s ends on %.*s; renew it in time", path.p, STR_ARG(facts.until));
	else
		say(l, FINE, "%.*s until %.*s", STR_ARG(host), STR_ARG(facts.until));
}

static void
certificates(struct look *l)
{
	for (size_t i = 0; i < l->plan.hosts.n; i++)
		one_certificate(l, l->plan.hosts.v[i].name.text);
}

static void
keys(struct look *l)
{
	size_t there = 0, open = 0;

	for (size_t i = 0; i < l->plan.hosts.n; i++) {
		struct str path =
			cert_path(l->c->arena, l->plan.certs, l->plan.hosts.v[i].name.text, ".key");
		struct stat st;

		if (stat(path.p, &st) != 0)
			continue;
		there++;
		if (!(st.st_mode & 077))
			continue;
		open++;
		say(l, WRONG,
			"others than its owner may read %s: chmod 600 it, and have a new "
			"key made if somebody did",
			path.p);
	}
	if (!open)
		say(l, FINE, there ? "their owner alone may read them" : "there are none yet");
}

static void
clock_of(struct look *l)
{
	struct arena *a = l->c->arena;
	struct str today = clock_day(a, 0);
	bool right = str_cmp(today, str_of(RELEASED)) >= 0;

	for (size_t i = 0; right && i < l->plan.hosts.n; i++) {
		struct cert_facts facts;
		struct err unheard = { 0 };

		if (cert_read(a, l->plan.certs, l->plan.hosts.v[i].name.text, &facts, &unheard) &&
			str_cmp(facts.from, today) > 0)
			right = false;
	}
	say(l, right ? FINE : WRONG, "it is %.*s%s", STR_ARG(today),
		right ? ""
		      : ", which is before this program or a certificate was made: set the "
			"clock, and keep it right by NTP");
}

/* ---- files ---- */

static void
catalog(struct look *l)
{
	struct arena *a = l->c->arena;
	struct str folder = str_of(l->plan.catalog), at = folder;

	while (at.n > 1 && !file_exists(arena_str(a, at).p))
		at = str_sub(at, 0, str_find_last(at, '/') < at.n ? str_find_last(at, '/') : 0);
	if (access(at.n ? arena_str(a, at).p : ".", W_OK | X_OK) != 0)
		say(l, WRONG,
			"%.*s cannot be written: %s. It is served from memory, which is slower to "
			"start; give it to the user that serves, or name another with --catalog",
			STR_ARG(folder), strerror(errno));
	else
		say(l, FINE, "%.*s can be written", STR_ARG(folder));
}

/* How many of the capsule's files cannot be read, and the first of them; as whoever we are. */
static size_t
unreadable(struct look *l, struct str *first)
{
	struct arena *a = l->c->arena;
	size_t n = 0;

	for (size_t f = 0; f < FOLDERS_N; f++) {
		struct str folder = arena_printf(a, "%s/%s", l->plan.capsule, FOLDERS[f].name);
		struct names names = { 0 };
		struct err e = { 0 };

		if (file_exists(folder.p) && !file_tree(a, folder.p, &names, &e) && n++ == 0)
			*first = folder;
		for (size_t i = 0; i < names.n; i++) {
			struct str path =
				arena_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(names.v[i]));
			int fd = open(path.p, O_RDONLY | O_CLOEXEC);

			if (fd >= 0)
				close(fd);
			else if (n++ == 0)
				*first = path;
		}
	}
	return n;
}

static bool
become(const struct identity *id)
{
	return !id->change ||
		(setgroups(0, NULL) == 0 && setgid(id->gid) == 0 && setuid(id->uid) == 0);
}

/* By a child that is the user who will serve. */
static void
records(struct look *l)
{
	char line[512] = "";
	int fds[2];
	ssize_t n;

	fflush(NULL);
	if (pipe(fds) != 0)
		return;
	pid_t pid = fork();

	if (pid == 0) {
		struct str first = STR("");
		size_t bad = become(&l->plan.id) ? unreadable(l, &first) : 0;

		n = snprintf(line, sizeof line, "%zu %.*s", bad, STR_ARG(first));
		_exit(bad && write(fds[1], line, (size_t)n) != n);
	}
	close(fds[1]);
	n = read(fds[0], line, sizeof line - 1);
	close(fds[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (n <= 0)
		say(l, FINE, "all files can be read by user %u",
			(unsigned)(l->plan.id.change ? l->plan.id.uid : getuid()));
	else
		say(l, WRONG,
			"user %u cannot read some, and readers will not see them (how many, and "
			"the first: %.*s); chmod a+r them, or name another user with --user",
			(unsigned)(l->plan.id.change ? l->plan.id.uid : getuid()), (int)n, line);
}

static void
open_files(struct look *l)
{
	struct rlimit limit;
	size_t wished = l->plan.limits.connections;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < 2 * wished + SPARE_FILES)
		say(l, WARNING,
			"%llu files may be open, enough for %llu connections at once of %zu: raise "
			"LimitNOFILE= in the unit, or ulimit -n",
			(unsigned long long)limit.rlim_max,
			(unsigned long long)(limit.rlim_max > SPARE_FILES
					? (limit.rlim_max - SPARE_FILES) / 2
					: 0),
			wished);
	else
		say(l, FINE, "enough for %zu connections at once", wished);
}

/* ---- all questions ---- */

static const struct {
	const char *about;
	void (*ask)(struct look *l);
} QUESTIONS[] = { { "ports", ports }, { "names", names }, { "certificates", certificates },
	{ "keys", keys }, { "clock", clock_of }, { "catalog", catalog }, { "records", records },
	{ "open files", open_files } };

static void
put_text(struct buf *out, const struct look *l)
{
	size_t n[VERDICTS] = { 0 };

	for (size_t i = 0; i < l->findings.n; i++) {
		const struct finding *f = &l->findings.v[i];

		n[f->verdict]++;
		buf_printf(out, "%-8s %-13s %.*s\n", VERDICT_NAMES[f->verdict], f->about,
			STR_ARG(f->text));
	}
	buf_printf(out, "%zu fine, %zu warning%s, %zu wrong\n", n[FINE], n[WARNING],
		n[WARNING] == 1 ? "" : "s", n[WRONG]);
}

static void
put_json(struct buf *out, const struct look *l)
{
	buf_char(out, '[');
	for (size_t i = 0; i < l->findings.n; i++) {
		const struct finding *f = &l->findings.v[i];

		buf_printf(out,
			"%s\n  {\"about\": \"%s\", \"verdict\": \"%s\", \"text\": ", i ? "," : "",
			f->about, VERDICT_NAMES[f->verdict]);
		json_text(out, f->text);
		buf_char(out, '}');
	}
	buf_put(out, STR("\n]\n"));
}

int
look_at_install(struct config *c)
{
	struct look l = { .c = c };
	struct err unheard = { 0 };
	struct buf out = { 0 };
	bool wrong = false;

	if (!serve_plan(c, &l.plan))
		return EXIT_FOUND;
	if (!status_ask(c->arena, l.plan.catalog, &l.report, &unheard))
		l.report = STR("");
	for (size_t i = 0; i < COUNT(QUESTIONS); i++) {
		l.about = QUESTIONS[i].about;
		QUESTIONS[i].ask(&l);
	}
	for (size_t i = 0; i < l.findings.n; i++)
		wrong = wrong || l.findings.v[i].verdict == WRONG;
	if (c->own.format && strcmp(c->own.format, "json") == 0)
		put_json(&out, &l);
	else
		put_text(&out, &l);
	fwrite(out.p, 1, out.n, stdout);
	buf_end(&out);
	return wrong ? EXIT_FOUND : EXIT_OK;
}
