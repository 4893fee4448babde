/* look_files: what the server reads and writes: certificates, keys, the catalog, records; and the
 * clock that certificates are held against. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "catalog/load.h"
#include "catalog/store.h"
#include "look.h"
#include "mirror/bundle.h"
#include "net/cert.h"
#include "net/tls.h"

enum { SOON_DAYS = 30 };

/* No clock is right that shows an earlier day. */
static const char RELEASED[] = "2026-11-01";

/* ---- certificates, keys, clock ---- */

/* Whether what lies in the folder is hidden from us. */
static bool
closed(const char *folder)
{
	return access(folder, X_OK) != 0 && errno == EACCES;
}

static void
one_certificate(struct look *l, struct str host)
{
	struct arena *a = l->c->arena;
	struct str path = cert_path(a, l->plan.certs, host, ".crt");
	struct cert_facts facts;
	struct err e = { 0 };
	struct str today = clock_day(a, 0), soon = clock_day(a, 24 * SOON_DAYS);

	if (!file_exists(path.p))
		look_say(l, FINE, "%.*s has none yet; it is made at the start", STR_ARG(host));
	else if (!cert_read(a, l->plan.certs, host, &facts, &e) ||
		!tls_takes(l->plan.certs, host, &e))
		look_say(l, WRONG, "%s", e.text);
	else if (facts.ended || str_cmp(facts.until, today) < 0)
		look_say(l, WRONG, "%s is valid from %.*s to %.*s, and not now: %s", path.p,
			STR_ARG(facts.from), STR_ARG(facts.until),
			facts.self_signed ? "almagest cert renews it with the same key"
					  : "renew it where it came from");
	else if (!facts.names_host)
		look_say(l, WRONG, "%s does not name %.*s: clients will refuse it", path.p,
			STR_ARG(host));
	else if (str_cmp(facts.until, soon) < 0)
		look_say(l, WARNING, "%s ends on %.*s; renew it in time", path.p,
			STR_ARG(facts.until));
	else
		look_say(l, FINE, "%.*s until %.*s", STR_ARG(host), STR_ARG(facts.until));
}

void
look_at_certificates(struct look *l)
{
	if (closed(l->plan.certs)) {
		look_say(l, WARNING, "%s is closed to you: look again as root", l->plan.certs);
		return;
	}
	for (size_t i = 0; i < l->plan.hosts.n; i++)
		one_certificate(l, l->plan.hosts.v[i].name.text);
}

/* What is wrong with a key's file; "" when nothing is. */
static struct str
wrong_key(struct look *l, const char *path, const struct stat *key, const struct stat *folder)
{
	struct arena *a = l->c->arena;

	if (key->st_mode & 077)
		return arena_printf(a,
			"others than its owner may read %s: chmod 600 it, and have a new key made "
			"if somebody did",
			path);
	if (access(path, R_OK) != 0)
		return arena_printf(a, "%s: %s: chown it to the user who starts the server", path,
			strerror(errno));
	if (folder->st_uid != 0 && key->st_uid != folder->st_uid)
		return arena_printf(a,
			"%s belongs to user %u, and its folder to user %u, who cannot read it: "
			"chown it to the user who starts the server",
			path, (unsigned)key->st_uid, (unsigned)folder->st_uid);
	return STR("");
}

void
look_at_keys(struct look *l)
{
	size_t there = 0, bad = 0;
	struct stat folder, key;

	if (closed(l->plan.certs)) {
		look_say(l, WARNING, "%s is closed to you: look again as root", l->plan.certs);
		return;
	}
	if (stat(l->plan.certs, &folder) != 0) {
		look_say(l, FINE, "there are none yet");
		return;
	}
	if (folder.st_mode & 022 && ++bad)
		look_say(l, WRONG, "others may put keys into %s: chmod go-w it", l->plan.certs);
	for (size_t i = 0; i < l->plan.hosts.n; i++) {
		const char *path =
			cert_path(l->c->arena, l->plan.certs, l->plan.hosts.v[i].name.text, ".key")
				.p;
		struct str wrong =
			stat(path, &key) == 0 ? wrong_key(l, path, &key, &folder) : STR("");

		there += file_exists(path);
		if (wrong.n && ++bad)
			look_say(l, WRONG, "%.*s", STR_ARG(wrong));
	}
	if (!bad)
		look_say(l, FINE, there ? "their owner alone may read them" : "there are none yet");
}

void
look_at_clock(struct look *l)
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
	look_say(l, right ? FINE : WRONG, "it is %.*s%s", STR_ARG(today),
		right ? ""
		      : ", which is before this program or a certificate was made: set the "
			"clock, and keep it right by NTP");
}

/* ---- as the server will be ---- */

static unsigned
server_user(const struct look *l)
{
	return (unsigned)(l->plan.id.change ? l->plan.id.uid : geteuid());
}

static bool
become(const struct identity *id)
{
	return !id->change ||
		(setgroups(0, NULL) == 0 && setgid(id->gid) == 0 && setuid(id->uid) == 0);
}

/* What `ask` finds in a child that is the user who will serve: a text, or "" where all is well. */
static struct str
as_server(struct look *l, void (*ask)(struct look *l, struct buf *found))
{
	char text[1024];
	int fds[2];
	ssize_t n = 0;

	fflush(NULL);
	if (pipe(fds) != 0)
		return str_of(strerror(errno));
	pid_t pid = fork();

	if (pid == 0) {
		struct buf found = { .most = sizeof text };

		if (become(&l->plan.id))
			ask(l, &found);
		else
			buf_printf(&found, "user %u cannot be asked: %s", server_user(l),
				strerror(errno));
		_exit(found.n && write(fds[1], found.p, found.n) != (ssize_t)found.n);
	}
	close(fds[1]);
	if (pid > 0) {
		n = read(fds[0], text, sizeof text);
		waitpid(pid, NULL, 0);
	}
	close(fds[0]);
	if (pid < 0 || n < 0)
		return STR("no process could be started to look");
	return arena_str(l->c->arena, (struct str){ text, (size_t)n });
}

/* ---- files ---- */

/* The folder of the catalog, or where it would be made, and what is in it. */
static void
unwritable(struct look *l, struct buf *found)
{
	static const char *const PARTS[] = { "lock", STORE_FILE, STORE_FILE "-wal", BUNDLE_FOLDER };
	struct arena *a = l->c->arena;
	struct str at = str_of(l->plan.catalog);

	while (at.n > 1 && !file_exists(arena_str(a, at).p))
		at = str_sub(at, 0, str_find_last(at, '/') < at.n ? str_find_last(at, '/') : 0);
	const char *folder = at.n ? arena_str(a, at).p : ".";

	/* started as root, the server makes the folder over to this user */
	if (access(folder, W_OK | X_OK) != 0 && !(l->plan.id.change && errno == EACCES))
		buf_printf(found, "%s: %s", folder, strerror(errno));
	for (size_t i = 0; i < COUNT(PARTS) && !found->n; i++) {
		const char *path = arena_printf(a, "%s/%s", l->plan.catalog, PARTS[i]).p;

		if (access(path, W_OK) != 0 && errno != ENOENT)
			buf_printf(found, "%s: %s", path, strerror(errno));
	}
}

void
look_at_catalog(struct look *l)
{
	struct str found = as_server(l, unwritable);

	if (found.n)
		look_say(l, WRONG,
			"user %u cannot write it (%.*s): the directory will be served from memory, "
			"which is slower to start; chown the folder, or name another with "
			"--catalog",
			server_user(l), STR_ARG(found));
	else
		look_say(l, FINE, "%s can be written by user %u", l->plan.catalog, server_user(l));
}

struct unread {
	size_t n;
	struct str first; /* with the reason */
};

static void
try_reading(struct look *l, struct unread *u, struct str path)
{
	int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		close(fd);
	else if (u->n++ == 0)
		u->first = arena_printf(l->c->arena, "%s: %s", path.p, strerror(errno));
}

/* All files of the capsule that it is made of. */
static void
unreadable(struct look *l, struct buf *found)
{
	static const char *const SETTINGS[] = { "capsule.yaml", "local.yaml" };
	struct arena *a = l->c->arena;
	struct unread u = { 0 };

	for (size_t i = 0; i < COUNT(SETTINGS); i++) {
		struct str path = arena_printf(a, "%s/%s", l->plan.capsule, SETTINGS[i]);

		if (file_exists(path.p))
			try_reading(l, &u, path);
	}
	for (size_t f = 0; f < FOLDERS_N; f++) {
		struct str folder = arena_printf(a, "%s/%s", l->plan.capsule, FOLDERS[f].name);
		struct names names = { 0 };
		struct err e = { 0 };

		if (file_exists(folder.p) && !file_tree(a, folder.p, &names, &e) && u.n++ == 0)
			u.first = arena_printf(a, "%s", e.text);
		for (size_t i = 0; i < names.n; i++)
			try_reading(l, &u,
				arena_printf(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(names.v[i])));
	}
	if (u.n)
		buf_printf(found, "%zu file%s (the first is %.*s)", u.n, u.n == 1 ? "" : "s",
			STR_ARG(u.first));
}

void
look_at_records(struct look *l)
{
	struct str found = as_server(l, unreadable);

	if (found.n)
		look_say(l, WRONG,
			"user %u cannot read %.*s; readers will not see them: chmod a+r them, or "
			"name another user with --user",
			server_user(l), STR_ARG(found));
	else
		look_say(l, FINE, "all files can be read by user %u", server_user(l));
}
