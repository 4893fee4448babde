/* export: the directory as a folder, as a book, or as an archive. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "command.h"
#include "mirror/export.h"

/* ---- progress, on a terminal ---- */

struct shown {
	int64_t next; /* ms */
	bool any;
};

static void
show_progress(void *context, size_t files)
{
	struct shown *shown = context;

	if (clock_ms() < shown->next)
		return;
	shown->next = clock_ms() + 500;
	shown->any = true;
	fprintf(stderr, "\r%zu files ", files);
}

static int
write_folder(const struct config *c, const struct copy *wanted, const struct bundle *bundle)
{
	struct copy copy = *wanted;
	struct shown shown = { .next = clock_ms() + 1000 };
	struct exported done;
	struct err e = { 0 };

	if (isatty(STDERR_FILENO)) {
		copy.progress = show_progress;
		copy.context = &shown;
	}
	bool good = export_make(c->argv[1], &copy, bundle, &done, &e);

	if (shown.any)
		fputs("\r\033[K", stderr);
	if (!good)
		return complain(EXIT_FOUND, "%s", e.text);
	printf("%s: %zu files, %zu written, %zu removed\n", c->argv[1], done.files, done.changed,
		done.removed);
	return EXIT_OK;
}

static bool
is_synced(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

/* A file appears whole or not at all; what a run that was killed has left beside it is written
 * anew. */
static bool
write_archive(const struct bundle *bundle, const char *path,
	bool (*make)(const struct bundle *, const char *, struct err *))
{
	struct arena a = { 0 };
	struct str beside = arena_printf(&a, "%s.almagest-new", path);
	struct err e = { 0 };
	bool good = make(bundle, beside.p, &e);

	if (good && !(is_synced(beside.p) && rename(beside.p, path) == 0))
		good = err_set(&e, "%s: cannot be written: %s", path, strerror(errno));
	if (!good) {
		unlink(beside.p);
		complain(EXIT_FOUND, "%s", e.text);
	}
	arena_end(&a);
	return good;
}

static int export(struct config *c, struct store *store)
{
	struct place place = command_place(c);
	struct copy copy = { .view = { .store = store,
				     .capsule = c->capsule,
				     .base = { place.host, place.port } },
		.place = place,
		.gemini = !c->own.only || strcmp(c->own.only, "gemini") == 0,
		.gopher = !c->own.only || strcmp(c->own.only, "gopher") == 0,
		.text = c->own.only && strcmp(c->own.only, "text") == 0 };
	unsigned long mib = BUNDLE_MIB;

	str_number(c->settings.bundle_mib.text, 1 << 20, &mib);
	struct bundle bundle = {
		.store = store, .capsule = c->capsule, .place = place, .most = (uint64_t)mib << 20
	};

	copy.files = !copy.text;
	copy.about_mirror = copy.text;
	query_settings(store, c->arena, &copy.view.settings);
	if (c->own.gempub || c->own.tar) {
		bundle.most = 0; /* asked for as one, whatever its size */
		if ((c->own.gempub && !write_archive(&bundle, c->own.gempub, bundle_gempub)) ||
			(c->own.tar && !write_archive(&bundle, c->own.tar, bundle_tar)))
			return EXIT_FOUND;
	}
	return c->argc > 1 ? write_folder(c, &copy, &bundle) : EXIT_OK;
}

int
cmd_export(struct config *c)
{
	static const char *const FORMS[] = { "gemini", "gopher", "text" };
	bool known = !c->own.only;

	for (size_t i = 0; c->own.only && i < COUNT(FORMS); i++)
		known = known || strcmp(c->own.only, FORMS[i]) == 0;
	if (!known)
		return complain(EXIT_USAGE,
			"--only %s: unknown form; expected gemini, gopher or text", c->own.only);
	if (c->own.base && (c->own.base[0] != '/' || strpbrk(c->own.base, "\t\r\n")))
		return complain(
			EXIT_USAGE, "--base %s: expected a path, such as /~ada", c->own.base);
	if (c->argc > 2 || (c->argc < 2 && !c->own.gempub && !c->own.tar))
		return complain(
			EXIT_USAGE, "usage: almagest export DIR; or --gempub FILE, --tar FILE");
	if (!command_settings(c))
		return EXIT_FOUND;
	struct store *store = command_store(c, STR(""));
	int status = store ? export(c, store) : EXIT_FOUND;

	return store && command_store_close(c, store) ? status : EXIT_FOUND;
}
