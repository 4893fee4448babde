/* Files: read whole, listed in order, written so that they are old or new, never half. */
#include "rows.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* A folder of its own for each test; gone afterwards. */
struct place {
	struct arena a;
	char dir[64];
};

static struct place here;

static const char *
at(const char *name)
{
	return arena_printf(&here.a, "%s/%s", here.dir, name).p;
}

static void
put(const char *name, struct str bytes)
{
	FILE *f = fopen(at(name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	assert_int_equal(fclose(f), 0);
}

static void
begin(void)
{
	strcpy(here.dir, "/tmp/almagest-file-XXXXXX");
	assert_non_null(mkdtemp(here.dir));
}

static void
remove_all(const char *path)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf -- '%s'", path);
	assert_int_equal(system(command), 0);
}

static void
end(void)
{
	remove_all(here.dir);
	arena_end(&here.a);
}

/* ---- reading ---- */

static const struct read_row {
	const char *what;
	struct str bytes;
	size_t most;
	bool good;
} READS[] = {
	{ "an empty file", STR_INIT(""), 10, true },
	{ "a small file", STR_INIT("abc"), 10, true },
	{ "a file with a NUL", STR_INIT("a\0b"), 10, true },
	{ "a file of just the most", STR_INIT("0123456789"), 10, true },
	{ "a file of one byte more", STR_INIT("0123456789a"), 10, false },
};

static void
a_file_is_read(void **state)
{
	const struct read_row *row = *state;
	struct str bytes = STR("before");
	struct stat facts = { 0 };
	struct err e = { "" };

	begin();
	put("f", row->bytes);
	assert_int_equal(file_read(&here.a, at("f"), row->most, &bytes, &facts, &e), row->good);
	assert_int_equal(facts.st_size, row->bytes.n);
	if (row->good)
		assert_str(bytes, row->bytes);
	else
		assert_non_null(strstr(e.text, "10 bytes"));
	e.text[0] = '\0';
	assert_int_equal(file_read(&here.a, at("f"), row->most, &bytes, NULL, &e), row->good);

	/* the same of one that the system was told to fetch */
	int fd = file_fetch(at("f"), 10);

	bytes = STR("before");
	facts = (struct stat){ 0 };
	e.text[0] = '\0';
	assert_int_equal(
		file_read_fetched(&here.a, fd, at("f"), row->most, &bytes, &facts, &e), row->good);
	if (row->good)
		assert_str(bytes, row->bytes);
	else
		assert_non_null(strstr(e.text, "10 bytes"));
	assert_int_equal(facts.st_size, row->bytes.n);
	assert_int_equal(fcntl(fd, F_GETFD), -1); /* it is closed */
	end();
}

static void
a_file_that_comes_after_it_was_to_be_fetched_is_read(void **state)
{
	struct str bytes;
	struct err e = { "" };

	(void)state;
	begin();
	int fd = file_fetch(at("f"), 10);

	assert_int_equal(fd, -1);
	put("f", STR("abc"));
	assert_true(file_read_fetched(&here.a, fd, at("f"), 10, &bytes, NULL, &e));
	assert_str(bytes, STR("abc"));
	end();
}

static void
make_folder(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void
make_fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void
make_dangling(const char *path)
{
	assert_int_equal(symlink("nowhere", path), 0);
}

static void
make_nothing(const char *path)
{
	(void)path;
}

static const struct odd_row {
	const char *what;
	void (*make)(const char *path);
	const char *says;
} ODD[] = {
	{ "a folder is no file", make_folder, "regular file" },
	{ "a pipe is no file, and nobody waits for it", make_fifo, "regular file" },
	{ "a link to nowhere", make_dangling, "No such file" },
	{ "a file that is not there", make_nothing, "No such file" },
};

static void
what_is_no_file_is_not_read(void **state)
{
	const struct odd_row *row = *state;
	struct str bytes;
	struct err e = { "" };

	begin();
	row->make(at("f"));
	assert_false(file_read(&here.a, at("f"), 10, &bytes, NULL, &e));
	if (!strstr(e.text, row->says))
		fail_msg("\"%s\" does not say \"%s\"", e.text, row->says);
	e.text[0] = '\0';
	assert_false(
		file_read_fetched(&here.a, file_fetch(at("f"), 10), at("f"), 10, &bytes, NULL, &e));
	if (!strstr(e.text, row->says))
		fail_msg("fetched before, \"%s\" does not say \"%s\"", e.text, row->says);
	end();
}

/* ---- listing ---- */

static void
a_folder_is_listed_in_byte_order(void **state)
{
	static const char *const EXPECTED[] = { "B.yaml", "a-b.yaml", "a.yaml", "a/c.yaml",
		"a/deep/d.yaml", "link.yaml", "to-folder", "to-nowhere", "\xc3\xa9.yaml" };
	struct names names = { 0 };
	struct err e = { "" };

	(void)state;
	begin();
	assert_true(file_make_dirs(at("a/deep"), 0700, &e));
	assert_true(file_make_dirs(at(".hidden"), 0700, &e));
	assert_true(file_make_dirs(at("empty"), 0700, &e));
	put("a.yaml", STR("a"));
	put("a-b.yaml", STR("a"));
	put("B.yaml", STR("a"));
	put("\xc3\xa9.yaml", STR("a"));
	put("a/c.yaml", STR("a"));
	put("a/deep/d.yaml", STR("a"));
	put(".dot.yaml", STR("a"));
	put("a/.dot.yaml", STR("a"));
	put(".hidden/e.yaml", STR("a"));
	assert_int_equal(symlink("a.yaml", at("link.yaml")), 0);
	assert_int_equal(symlink("nowhere", at("to-nowhere")), 0);
	assert_int_equal(symlink(".", at("to-folder")), 0);
	assert_true(file_tree(&here.a, here.dir, &names, &e));
	assert_int_equal(names.n, COUNT(EXPECTED));
	for (size_t i = 0; i < names.n; i++)
		assert_str(names.v[i], str_of(EXPECTED[i]));
	end();
}

static void
a_folder_that_is_not_there_is_empty(void **state)
{
	struct names names = { 0 };
	struct err e = { "" };

	(void)state;
	begin();
	assert_true(file_tree(&here.a, at("nowhere"), &names, &e));
	assert_int_equal(names.n, 0);
	put("f", STR("a"));
	assert_false(file_tree(&here.a, at("f"), &names, &e));
	assert_non_null(strstr(e.text, "cannot be listed"));
	end();
}

/* ---- writing ---- */

static void
a_file_is_written_whole(void **state)
{
	struct str bytes;
	struct err e = { "" };
	struct names names = { 0 };
	struct stat st;

	(void)state;
	begin();
	umask(022);
	assert_true(file_write(at("f"), STR("one"), 0600, &e));
	assert_true(file_exists(at("f")));
	assert_int_equal(stat(at("f"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(file_write(at("f"), STR("a\0b"), 0644, &e));
	assert_true(file_read(&here.a, at("f"), 10, &bytes, NULL, &e));
	assert_str(bytes, STR("a\0b"));
	assert_int_equal(stat(at("f"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_true(file_write(at("f"), STR(""), 0644, &e));
	assert_true(file_read(&here.a, at("f"), 10, &bytes, NULL, &e));
	assert_int_equal(bytes.n, 0);
	assert_true(file_tree(&here.a, here.dir, &names, &e));
	assert_int_equal(names.n, 1); /* nothing is left beside it */
	end();
}

static void
a_file_that_cannot_be_written_leaves_nothing(void **state)
{
	struct err e = { "" };
	struct names names = { 0 };

	(void)state;
	begin();
	assert_false(file_write(at("nowhere/f"), STR("a"), 0644, &e));
	assert_non_null(strstr(e.text, "nowhere/f"));
	assert_non_null(strstr(e.text, "No such file"));
	assert_false(file_exists(at("nowhere/f")));
	make_folder(at("d"));
	put("d/x", STR("a"));
	e.text[0] = '\0';
	assert_false(file_write(at("d"), STR("a"), 0644, &e));
	assert_true(file_tree(&here.a, here.dir, &names, &e));
	assert_int_equal(names.n, 1);
	assert_str(names.v[0], STR("d/x"));
	end();
}

static void
of_several_files_all_are_written_or_none(void **state)
{
	struct err e = { "" };
	struct str bytes;
	struct names names = { 0 };

	(void)state;
	begin();
	put("f", STR("old"));
	const struct fresh good[] = { file_again(&here.a, at("f"), STR("new")),
		file_again(&here.a, at("g"), STR("g")) };
	const struct fresh bad[] = { { .path = at("f"), .bytes = STR("newer"), .mode = 0644 },
		{ .path = at("nowhere/h"), .bytes = STR("h"), .mode = 0644 } };

	assert_false(file_write_all(bad, 2, &e));
	assert_non_null(strstr(e.text, "nowhere/h"));
	assert_true(file_read(&here.a, at("f"), 10, &bytes, NULL, &e));
	assert_str(bytes, STR("old"));
	assert_true(file_write_all(good, 2, &e));
	assert_true(file_read(&here.a, at("f"), 10, &bytes, NULL, &e));
	assert_str(bytes, STR("new"));
	assert_true(file_tree(&here.a, here.dir, &names, &e));
	assert_int_equal(names.n, 2);
	end();
}

/* An editor with a narrow umask takes nothing from the others; root takes nothing for itself. */
static void
a_file_written_again_keeps_its_rights(void **state)
{
	struct err e = { "" };
	struct stat st;
	mode_t before = umask(077);

	(void)state;
	begin();
	put("f", STR("old"));
	assert_int_equal(chmod(at("f"), 0664), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(at("f"), 65534, 65533), 0);
	const struct fresh again = file_again(&here.a, at("f"), STR("new"));

	assert_true(file_write_all(&again, 1, &e));
	assert_int_equal(stat(at("f"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0664);
	assert_int_equal(st.st_uid, geteuid() == 0 ? 65534 : geteuid());
	umask(before);
	end();
}

static const struct dirs_row {
	const char *what, *path;
	bool good;
} DIRS[] = {
	{ "a folder", "a", true },
	{ "a folder and its parents", "a/b/c", true },
	{ "a slash at the end", "a/b/", true },
	{ "slashes in a row", "a//b", true },
	{ "a file in the way of a parent", "file/b", false },
	{ "a file in the way of the folder itself", "file", false },
	{ "a link to nowhere in the way", "dangling/b", false },
};

static void
folders_are_made(void **state)
{
	const struct dirs_row *row = *state;
	struct err e = { "" };
	struct stat st;

	begin();
	put("file", STR("a"));
	make_dangling(at("dangling"));
	for (int twice = 0; twice < 2; twice++) {
		e.text[0] = '\0';
		assert_int_equal(file_make_dirs(at(row->path), 0700, &e), row->good);
		assert_int_equal(e.text[0] == '\0', row->good);
		if (!row->good)
			assert_non_null(strstr(e.text, here.dir));
	}
	if (row->good) {
		assert_int_equal(stat(at(row->path), &st), 0);
		assert_true(S_ISDIR(st.st_mode));
	}
	end();
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, READS, a_file_is_read);
	add_rows(&s, ODD, what_is_no_file_is_not_read);
	add_row(&s, "a folder is listed in byte order", a_folder_is_listed_in_byte_order);
	add_row(&s, "a folder that is not there is empty", a_folder_that_is_not_there_is_empty);
	add_row(&s, "a file that was not there to be fetched, and comes, is read",
		a_file_that_comes_after_it_was_to_be_fetched_is_read);
	add_row(&s, "a file is written whole", a_file_is_written_whole);
	add_row(&s, "a file that cannot be written leaves nothing",
		a_file_that_cannot_be_written_leaves_nothing);
	add_row(&s, "of several files all are written or none",
		of_several_files_all_are_written_or_none);
	add_row(&s, "a file written again keeps its mode and its owner",
		a_file_written_again_keeps_its_rights);
	add_rows(&s, DIRS, folders_are_made);
	return run_suite(&s, "file", NULL, NULL);
}
