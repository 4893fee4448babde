/* writer: open what is there, tell, catch up, tell, wait. A catalog that cannot be used is set
 * aside and built anew; where none can be written, the workers make their own in memory. What is
 * wrong with records is the operator's to know and nobody's to suffer. */
#include "run/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "catalog/build.h"
#include "catalog/update.h"
#include "catalog/whole.h"
#include "run/follow.h"

enum { PROBLEMS_LOGGED = 50, TRY_AGAIN_MS = 60000, HEAD_START_MS = 50 };

/* Whether a catalog can be written was last tried then, ms. */
static int64_t tried;

static void
tell(const struct writer *w, enum writer_word word)
{
	char byte = (char)word;

	if (write(w->tell, &byte, 1) != 1)
		_exit(EXIT_FAILURE); /* nobody is there to hear it */
}

/* ---- the end ---- */

/* A build is thrown away, and so is a look at all files, which takes long where there are a
 * million; an update is finished. Either way the catalog is whole. */
static volatile sig_atomic_t ending, interruptible;

static void
on_end(int number)
{
	(void)number;
	if (interruptible)
		_exit(EXIT_SUCCESS);
	ending = 1;
}

/* From here on nothing is done that must be finished, until end_interruptible(). */
static void
begin_interruptible(void)
{
	interruptible = 1;
	if (ending)
		_exit(EXIT_SUCCESS);
}

static void
end_interruptible(void)
{
	interruptible = 0;
}

static void
end_when_told(void)
{
	struct sigaction action = { .sa_handler = on_end }; /* no restart: waiting ends */

	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
}

/* ---- words for the operator ---- */

/* How far long work has come: a line that is written over on a terminal, else one each ten
 * seconds. */
static struct {
	const char *what;
	int64_t began, told;
	bool shown;
} work;

static void
begin_work(const char *what)
{
	work.what = what;
	work.began = work.told = clock_ms();
	work.shown = false;
}

static void
progress(size_t done, size_t all)
{
	bool terminal = isatty(STDERR_FILENO);
	int64_t now = clock_ms(), passed = now - work.began;

	if (now - work.told < (terminal ? 200 : 10000) || passed < 1000 || done == 0)
		return;
	work.told = now;
	work.shown = terminal;
	double rate = (double)done * 1000 / (double)passed;

	if (terminal)
		fprintf(stderr, "\r%s: %zu of %zu, %.0f a second, %.0f s left \033[K", work.what,
			done, all, rate, (double)(all - done) / rate);
	else
		log_line("%s: %zu of %zu, %.0f a second, %.0f s left", work.what, done, all, rate,
			(double)(all - done) / rate);
}

static void
end_work(void)
{
	if (work.shown)
		fputs("\r\033[K", stderr);
}

static void
log_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->n && i < PROBLEMS_LOGGED; i++) {
		struct buf line = { 0 };

		problem_put(&line, &problems->v[i]);
		log_line("%.*s", (int)line.n - 1, line.p);
		buf_end(&line);
	}
	if (problems->n > PROBLEMS_LOGGED)
		log_line("%zu more problems; almagest check tells them all",
			problems->n - PROBLEMS_LOGGED);
}

static void
log_bad(struct str path, bool serves)
{
	log_line("%.*s: has errors; %s", STR_ARG(path),
		serves ? "its last good version stays in service" : "it is left out");
}

static void
note(const struct writer *w, long people, long rejected)
{
	w->facts->people = people;
	w->facts->rejected = rejected;
	w->facts->generation++;
	w->facts->updated = (long long)time(NULL);
}

/* Of a catalog that was there: it was last updated when its file was. */
static void
note_opened(const struct writer *w, struct updater *u, const char *path)
{
	struct stat st;

	note(w, (long)updater_people(u), (long)updater_rejected(u));
	if (stat(path, &st) == 0)
		w->facts->updated = (long long)st.st_mtime;
}

/* ---- a mirror is read whole ---- */

static void
log_half(const struct writer *w)
{
	log_line("%s: a mirror is half in place, and waited for; to serve it as it is, remove "
		 "its folder " WHOLE_FOLDER,
		w->capsule);
}

/* Where nothing is served yet: waits for as long as it takes. False when told to end. */
static bool
wait_for_whole(const struct writer *w, int *held)
{
	enum { LOOK_AGAIN_MS = 200 };
	bool told = false;

	while (!whole_enter(w->capsule, held)) {
		if (ending)
			return false;
		if (!told)
			log_half(w);
		told = true;
		poll(NULL, 0, LOOK_AGAIN_MS);
	}
	return true;
}

/* ---- a new catalog ---- */

static bool
one_file(const struct writer *w, struct arena *a, struct str *path)
{
	*path = arena_printf(a, "%s/" STORE_FILE, w->catalog);
	return file_exists(path->p);
}

/* What cannot be opened is kept under another name, for whoever wants to know why. */
static void
set_aside(const struct writer *w, const struct err *why)
{
	static const char *const ENDINGS[] = { "", "-wal" };
	struct arena a = { 0 };
	struct str path;

	if (one_file(w, &a, &path)) {
		for (size_t i = 0; i < COUNT(ENDINGS); i++)
			rename(arena_printf(&a, "%s%s", path.p, ENDINGS[i]).p,
				arena_printf(&a, "%s.aside%s", path.p, ENDINGS[i]).p);
		unlink(arena_printf(&a, "%s-shm", path.p).p);
		log_line("%s; it is kept as " STORE_FILE ".aside, and a new one is built",
			why->text);
	}
	arena_end(&a);
}

static size_t
published(const struct directory *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->people.n; i++)
		n += d->people.v[i].standing == STANDING_PUBLISHED;
	return n;
}

static bool
build(const struct writer *w, struct err *e)
{
	struct directory d = { 0 };
	struct last_good last_good = store_last_good(w->catalog);
	int64_t began = clock_ms();

	begin_interruptible();
	begin_work("reading files");
	bool good = directory_load(&d, w->capsule, &last_good, progress, e);

	end_work();
	store_last_good_end(&last_good);
	if (good) {
		log_problems(&d.problems);
		for (size_t i = 0; i < d.texts.n; i++)
			if (!d.texts.v[i].good)
				log_bad(d.texts.v[i].path, d.texts.v[i].serves);
		begin_work("writing the catalog");
		good = build_catalog(w->catalog, &d, progress, e);
		end_work();
	}
	if (good) {
		note(w, (long)published(&d), (long)d.rejected);
		log_line("catalog of %zu people, %zu topics, %zu organizations, %zu sources in "
			 "%lld ms",
			published(&d), d.topics.n, d.organizations.n, d.works.n,
			(long long)(clock_ms() - began));
	}
	directory_end(&d);
	end_interruptible();
	return good;
}

/* Builds, opens, and tells. NULL when a catalog cannot be written. */
static struct updater *
build_and_open(const struct writer *w, struct err *e)
{
	struct updater *u = NULL;
	int held;

	if (!wait_for_whole(w, &held))
		return NULL;
	if (build(w, e))
		u = updater_open(w->catalog, w->capsule, w->pulse, e);
	whole_leave(held);
	if (u)
		tell(w, WRITER_BUILT);
	return u;
}

/* ---- changes ---- */

static void
log_update(const struct writer *w, struct updater *u, const struct update_told *told, int64_t began)
{
	log_problems(&told->problems);
	for (size_t i = 0; i < told->bad_n; i++)
		log_bad(told->bad[i].path, told->bad[i].serves);
	if (told->files == 0)
		return;
	note(w, (long)updater_people(u), (long)updater_rejected(u));
	log_line("%zu file%s changed; catalog of %ld people updated in %lld ms", told->files,
		told->files == 1 ? "" : "s", w->facts->people, (long long)(clock_ms() - began));
}

/* The catalog after some files changed (NULL: look at all); another one where an update failed, or
 * so much changed that building is the shorter way. NULL when that failed, too. */
static struct updater *
bring_up_to_date(const struct writer *w, struct updater *u, const struct names *paths)
{
	struct arena a = { 0 };
	struct update_told told;
	struct names changed = { 0 };
	struct err e = { 0 };
	int64_t began = clock_ms();
	bool many = false;

	if (!paths) {
		begin_interruptible();
		many = updater_many(u, &a, &changed, &e);
		end_interruptible();
	}
	if (!many && !e.text[0] && updater_update(u, &a, paths ? paths : &changed, &told, &e))
		log_update(w, u, &told, began);
	else {
		if (!many)
			log_line("the catalog cannot be updated: %s; it is built anew", e.text);
		updater_close(u);
		if (!many && store_damaged())
			set_aside(w, &e);
		e = (struct err){ 0 };
		u = build_and_open(w, &e);
		if (!u && e.text[0])
			log_line("%s; serving from memory", e.text);
	}
	arena_end(&a);
	if (!paths)
		arena_give_back();
	return u;
}

/* ---- the life of the writer ---- */

/* One writer for a catalog: whoever comes second serves from memory. The lock is the process's. */
static bool
take_lock(const struct writer *w, struct err *e)
{
	static int held = -1;

	if (held >= 0)
		return true;
	struct arena a = { 0 };
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct str path = arena_printf(&a, "%s/lock", w->catalog);

	if (!file_make_dirs(w->catalog, 0755, e))
		;
	else if ((held = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC, 0644)) < 0)
		errno == EACCES
			? err_set(e, "%s: may not be written; chown it, or its folder, to user %u",
				  path.p, (unsigned)geteuid())
			: err_set(e, "%s: %s", path.p, strerror(errno));
	else if (fcntl(held, F_SETLK, &lock) != 0) {
		err_set(e, "%s: another process writes this catalog", path.p);
		close(held);
		held = -1;
	}
	arena_end(&a);
	return e->text[0] == '\0';
}

/* What may be read and not written is served, and the first edit builds it anew, which may take
 * minutes: that is told before. */
static void
log_unwritable(const char *path)
{
	static const char *const ENDINGS[] = { "", "-wal", "-shm" };
	const unsigned self = (unsigned)geteuid();
	struct arena a = { 0 };
	struct stat st;

	for (size_t i = 0; i < COUNT(ENDINGS); i++) {
		const char *file = arena_printf(&a, "%s%s", path, ENDINGS[i]).p;

		if (access(file, W_OK) == 0 || errno != EACCES || stat(file, &st) != 0)
			continue;
		log_line("%s may not be written by user %u, who serves: at an edit the whole "
			 "directory is read anew; to spare that, stop the server and %s %s",
			file, self,
			st.st_uid == self ? "chmod u+w" : arena_printf(&a, "chown %u", self).p,
			file);
	}
	arena_end(&a);
}

static struct updater *
open_or_build(const struct writer *w, bool damaged, struct err *e)
{
	tried = clock_ms();
	if (!take_lock(w, e))
		return NULL;

	struct arena a = { 0 };
	struct str path;
	struct err unusable = { 0 };
	struct updater *u = NULL;

	if (!one_file(w, &a, &path))
		u = build_and_open(w, e);
	else if (damaged)
		err_set(&unusable, "%s: parts of it cannot be read", path.p);
	else if ((u = updater_open(w->catalog, w->capsule, w->pulse, &unusable))) {
		note_opened(w, u, path.p);
		tell(w, WRITER_OPENED);
		log_unwritable(path.p);
	}
	if (unusable.text[0]) {
		set_aside(w, &unusable);
		u = build_and_open(w, e);
	}
	arena_end(&a);
	return u;
}

/* Waits for changes; NULL in *paths' place means all. */
static bool
wait_for_changes(struct follow *watch, struct arena *a, struct names *paths)
{
	if (watch)
		return follow_wait(watch, a, paths);
	sleep(FOLLOW_LOOK_S);
	return false;
}

/* Takes up what changed, and tells; of a mirror nothing before a generation is whole. */
static struct updater *
take_up(const struct writer *w, struct updater *u, struct follow *watch, struct arena *a,
	struct names *paths)
{
	static bool behind;            /* changes were passed over: look at all */
	static long long told_of = -1; /* the generation that is known to be current */
	const bool had = u;
	int held;

	if (!whole_enter(w->capsule, &held)) {
		behind = true;
		if (!ending)
			log_half(w);
		if (u && !paths)
			tell(w, WRITER_CURRENT); /* with the last whole one */
		return u;
	}
	if (paths && watch && !follow_rest(watch, a, paths))
		paths = NULL;
	if (u)
		u = bring_up_to_date(w, u, behind ? NULL : paths);
	behind = false;
	whole_leave(held);
	/* without a catalog and without word of changes, once */
	if (!u && (had || watch))
		tell(w, WRITER_MEMORY);
	/* where files are only looked at now and then, mostly nothing is new */
	if (u && told_of != w->facts->generation)
		tell(w, WRITER_CURRENT);
	if (u)
		updater_rest(u);
	told_of = u ? w->facts->generation : -1;
	return u;
}

/* What is served at first, opened or built, as the files are now; else from memory. */
static struct updater *
catch_up(const struct writer *w, struct updater *u, const struct err *e)
{
	int held;

	if (u)
		return take_up(w, u, NULL, NULL, NULL);
	if (wait_for_whole(w, &held)) {
		whole_leave(held);
		log_line("%s; serving from memory", e->text);
		tell(w, WRITER_MEMORY);
	}
	return NULL;
}

void
writer_run(const struct writer *w)
{
	struct err e = { 0 }, unwatched = { 0 };

	end_when_told();
	/* readers first; what changes before it is watched for is found by looking at all */
	struct updater *u = open_or_build(w, w->damaged, &e);

	begin_interruptible();
	if (u && w->first) /* those who answer begin now: let them */
		poll(NULL, 0, HEAD_START_MS);
	struct follow *watch = follow_open(w->capsule, &unwatched);

	end_interruptible();
	if (!watch)
		log_line("%s; files are looked at every %d s", unwatched.text, FOLLOW_LOOK_S);
	u = catch_up(w, u, &e);
	while (!ending) {
		struct arena a = { 0 };
		struct names paths = { 0 };
		bool known = wait_for_changes(watch, &a, &paths);

		if (!u && !ending && clock_ms() - tried > TRY_AGAIN_MS) {
			struct err again = { 0 };

			u = open_or_build(w, false, &again);
			known = false;
		}
		if (!ending)
			u = take_up(w, u, watch, &a, known ? &paths : NULL);
		arena_end(&a);
	}
	updater_close(u);
}
