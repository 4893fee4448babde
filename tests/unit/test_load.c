/* A file of a capsule is read as it was at one moment, though somebody writes meanwhile. */
#include "folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog/load.h"

static const struct version {
	struct str bytes;
	time_t written;
} OLD = { STR_INIT("name: Ada Lovelace\ntagline: The old line\n"), 1000 },
  NEW = { STR_INIT("name: Ada Lovelace\ntagline: Another line, the new one\n"), 2000 };

static void
write_version(const char *path, const struct version *version)
{
	const struct timespec times[2] = { { version->written, 0 }, { version->written, 0 } };
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(version->bytes.p, 1, version->bytes.n, f), version->bytes.n);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
rename_over(const char *path, const char *beside)
{
	write_version(beside, &NEW);
	assert_int_equal(rename(beside, path), 0);
}

static void
write_again(const char *path, const char *beside)
{
	(void)beside;
	assert_int_equal(unlink(path), 0);
	write_version(path, &NEW);
}

static void
leave(const char *path, const char *beside)
{
	(void)path;
	(void)beside;
}

static const struct meanwhile_row {
	const char *what;
	void (*change)(const char *path, const char *beside);
} MEANWHILE[] = {
	{ "a record that nobody writes to", leave },
	{ "a record that an editor replaces while it is read has one version's text and time",
		rename_over },
	{ "a record that is removed and written anew while it is read, too", write_again },
};

/* Else the next look for changes would take the new version for what was read. */
static void
text_and_time_are_of_one_version(void **state)
{
	const struct meanwhile_row *row = *state;
	char folder[] = "/tmp/almagest-load-XXXXXX";
	struct arena a = { 0 }, scratch = { 0 };
	struct reading r = { .path = STR("people/ada-lovelace.yaml"), .slug = STR("ada-lovelace") };

	r.folder = folder_of(r.path);
	assert_non_null(mkdtemp(folder));
	const char *people = arena_printf(&a, "%s/people", folder).p;
	const char *path = arena_printf(&a, "%s/ada-lovelace.yaml", people).p;

	assert_int_equal(mkdir(people, 0700), 0);
	write_version(path, &OLD);
	int fd = reading_fetch(&r, &scratch, folder);

	row->change(path, arena_printf(&a, "%s/.beside", people).p);
	reading_read(&r, &a, &scratch, folder, fd, STR("2026-01-01"));
	const struct version *read = str_eq(r.text.bytes, NEW.bytes) ? &NEW : &OLD;

	assert_str(r.text.bytes, read->bytes);
	assert_int_equal(r.text.size, read->bytes.n);
	assert_int_equal(r.text.mtime_ns, (int64_t)read->written * 1000000000);
	assert_non_null(r.record);
	arena_end(&scratch);
	arena_end(&a);
	remove_folder(folder);
}

int
main(void)
{
	static struct suite s;

	add_rows(&s, MEANWHILE, text_and_time_are_of_one_version);
	return run_suite(&s, "load", NULL, NULL);
}
