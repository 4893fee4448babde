/* mirror: plan, fetch, place. A plan is the remote manifest, part by part; a file whose bytes are
 *in place is left alone. What is missing is fetched into .mirror/incoming under a name made of
 *hashes, so no name from the network is used before every byte of the generation is there and
 *verified. Then files are renamed into place, what is no longer in the directory goes, and the
 *generation mark is written last. Ended at any moment, the next run goes on from what lies there.
 *
 *	.mirror/origin        the address
 *	.mirror/key           SHA-256 of the server's public key
 *	.mirror/manifest.txt  of what is in place, with its parts beside it
 *	.mirror/next/         the manifest that is being worked on
 *	.mirror/incoming/     files by SHA-256 of path and content
 *	.mirror/placing       there while files are being placed
 *	.mirror/generation    the mark: what a server on the folder waits for */
#include "mirror/mirror_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/uri.h"
#include "catalog/whole.h"

enum {
	ROUNDS = 5,       /* manifests looked at in one run */
	BUNDLE_FILES = 24 /* a directory smaller than this is fetched file by file */
};

static bool
is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	bool empty = true;

	while (d && empty && (entry = readdir(d)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (d)
		closedir(d);
	return empty;
}

static int
open_folder(int at, const char *name)
{
	if (mkdirat(at, name, 0755) != 0 && errno != EEXIST)
		return -1;
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The folder mirrors one address; another may take its place until a server was met there. */
static bool
open_origin(struct mirror *m, struct str address)
{
	struct str origin = STR("");
	struct stat st;

	if (mirror_read(&m->arena, m->state, "origin", 4096, &origin) &&
		str_eq(str_trim(origin), address))
		return true;
	if (origin.n && fstatat(m->state, "key", &st, AT_SYMLINK_NOFOLLOW) == 0)
		return mirror_refuse(
			m, "is what this folder mirrors; name another folder", str_trim(origin));
	return mirror_write(
		m, m->state, "origin", arena_printf(&m->arena, "%.*s\n", STR_ARG(address)));
}

/* The folder, ours alone while this runs. */
static bool
open_all(struct mirror *m, struct str address)
{
	struct stat st;
	const char *dir = m->wish->dir;
	char *marks = (char *)arena_printf(&m->arena, "%s/" WHOLE_FOLDER, dir).p;

	if (lstat(marks, &st) != 0 && !is_empty(dir))
		return mirror_refuse(m,
			"is no mirror; name a new or empty folder (what is not of the directory "
			"would be removed from it)",
			STR(""));
	if (!file_make_dirs(dir, 0755, m->e))
		return false;
	m->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dir < 0 || (m->state = open_folder(m->dir, WHOLE_FOLDER)) < 0 ||
		(m->next = open_folder(m->state, "next")) < 0 ||
		(m->incoming = open_folder(m->state, "incoming")) < 0)
		return mirror_write_failed(m, WHOLE_FOLDER);
	m->lock = openat(m->state, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (m->lock < 0 || flock(m->lock, LOCK_EX | LOCK_NB) != 0)
		return err_set(m->e, "another almagest mirror is at work here");
	if (fstatat(m->state, WHOLE_PLACING, &st, AT_SYMLINK_NOFOLLOW) != 0 &&
		fstatat(m->state, "manifest.txt", &st, AT_SYMLINK_NOFOLLOW) == 0)
		m->placed = file_time(&st);
	return open_origin(m, address);
}

/* gemini://host[:port]/ */
static bool
parse_address(struct mirror *m, struct str *host, unsigned *port, struct str *address)
{
	unsigned long number = 1965;
	struct uri u;

	if (!uri_parse(m->wish->url, &u) || !str_eq_nocase(u.scheme, STR("gemini")) ||
		u.host.n == 0 || u.has_user || u.has_query || u.has_fragment || u.path.n > 1 ||
		(u.port.n && (!str_number(u.port, 65535, &number) || number == 0)))
		return mirror_refuse(m,
			"expected an address such as gemini://directory.example.org/",
			m->wish->url);
	*host = arena_str(&m->arena, u.host);
	for (size_t i = 0; i < host->n; i++)
		if (host->p[i] >= 'A' && host->p[i] <= 'Z')
			((char *)host->p)[i] |= 32;
	*port = (unsigned)number;
	*address = arena_printf(&m->arena, "gemini://%s%.*s%s:%u/", u.is_literal ? "[" : "",
		STR_ARG(*host), u.is_literal ? "]" : "", *port);
	return true;
}

/* Gets everything of the remote generation into place or into incoming. *stale: the remote has
 * moved on, or says one thing and sends another. */
static bool
fetch_all(struct mirror *m, bool *stale, uint64_t *missing)
{
	*missing = 0;
	if (!mirror_fetch_parts(m, stale) || !mirror_count_missing(m, missing))
		return false;
	if (*missing == 0)
		return true;
	mirror_give_time(m, *missing, m->manifest.bytes);
	if (m->manifest.files >= BUNDLE_FILES && *missing > m->manifest.files / 3 &&
		!m->report->bundle && !mirror_fetch_bundle(m))
		return false;
	return mirror_fetch_missing(m, *missing, stale);
}

static bool
is_changed(struct mirror *m)
{
	struct arena a = { 0 };
	struct str before;
	bool changed = m->wanted.n || m->placed == 0 ||
		!mirror_read(&a, m->state, "manifest.txt", MANIFEST_ROOT_MOST, &before) ||
		!str_eq(before, m->root) || mirror_has_others(m);

	arena_end(&a);
	return changed;
}

static enum mirror_end
work(struct mirror *m)
{
	uint64_t missing = 0;
	bool stale = false;

	for (int round = 0; round < ROUNDS; round++) {
		stale = false;
		if (round) {
			/* a change is being published: look again, after a while */
			poll(NULL, 0, 250 << round);
			*m->e = (struct err){ 0 };
		}
		if (!mirror_fetch_root(m))
			return MIRROR_FAILED;
		if (fetch_all(m, &stale, &missing))
			break;
		if (!stale || m->refused || round + 1 == ROUNDS)
			return MIRROR_FAILED;
	}
	m->report->files = m->manifest.files;
	m->report->bytes = m->manifest.bytes;
	snprintf(m->report->generation, sizeof m->report->generation, "%s",
		hash_hex(&m->arena, m->root, SUM).p);
	if (!is_changed(m))
		return MIRROR_UNCHANGED;
	return mirror_place(m) ? MIRROR_CHANGED : MIRROR_FAILED;
}

enum mirror_end
mirror_run(const struct mirror_wish *wish, struct mirror_report *report, struct err *e)
{
	struct mirror m = { .wish = wish,
		.report = report,
		.e = e,
		.dir = -1,
		.state = -1,
		.next = -1,
		.incoming = -1,
		.lock = -1,
		.began = clock_ms() };
	enum mirror_end end = MIRROR_FAILED;
	struct str host, address, pin = STR("");
	unsigned port = 0;

	*report = (struct mirror_report){ 0 };
	if (!parse_address(&m, &host, &port, &address) || !open_all(&m, address))
		goto out;
	if (wish->accept.n)
		pin = wish->accept;
	else if (mirror_read(&m.arena, m.state, "key", 256, &pin))
		pin = str_trim(pin);
	m.client = client_open(host, port, pin, wish->connections, e);
	if (m.client) {
		mirror_give_time(&m, 0, 0);
		end = work(&m);
	}
out:
	if (m.client) {
		report->requests = client_requests(m.client);
		report->received = client_bytes(m.client);
		report->resumed = client_resumed(m.client);
	}
	client_close(m.client);
	int *const folders[] = { &m.dir, &m.state, &m.next, &m.incoming, &m.lock };

	for (size_t i = 0; i < COUNT(folders); i++)
		if (*folders[i] >= 0)
			close(*folders[i]);
	arena_end(&m.arena);
	return end == MIRROR_FAILED && m.refused ? MIRROR_REFUSED : end;
}
