/* Manifests, the names that a mirror takes, and menus as files. */
#include "rows.h"

#include <stdio.h>

#include "encode/encode.h"
#include "mirror/manifest.h"
#include "mirror/names.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

/* ---- parts ---- */

static const struct parts_row {
	const char *what;
	uint64_t files;
	size_t parts;
} PARTS[] = {
	{ "no file needs no part", 0, 0 },
	{ "1024 files stand in the root", 1024, 0 },
	{ "1025 files are two parts", 1025, 2 },
	{ "2047 files are two parts", 2047, 2 },
	{ "2048 files are four parts of 512", 2048, 4 },
	{ "a million files are 1024 parts", 1000000, 1024 },
	{ "there is an end to parts", (uint64_t)1 << 60, MANIFEST_PARTS_MOST },
};

static void
test_parts(void **state)
{
	const struct parts_row *row = *state;

	assert_int_equal(manifest_parts(row->files), row->parts);
}

/* A million paths: what a mirror pays for one change. */
static void
test_a_million(void **state)
{
	enum { FILES = 1000000, RECORD = 4096, BUDGET = 256 * 1024 };
	size_t parts = manifest_parts(FILES), largest = 0;
	uint64_t *bytes = calloc(parts, sizeof *bytes);
	struct buf root = { 0 };

	(void)state;
	for (int i = 0; i < FILES; i++) {
		char path[64];
		int n = snprintf(path, sizeof path, "people/researcher-%07d-name.yaml", i);

		bytes[manifest_part((struct str){ path, (size_t)n }, parts)] +=
			(uint64_t)n + STR(ZEROS " 1500 \n").n;
	}
	for (size_t i = 0; i < parts; i++) {
		struct arena a = { 0 };
		struct row row = {
			.path = manifest_part_name(&a, i), .size = bytes[i], .sum = STR(ZEROS)
		};

		largest = bytes[i] > largest ? (size_t)bytes[i] : largest;
		manifest_put(&root, &row);
		arena_end(&a);
	}
	assert_true(root.n + largest + RECORD < BUDGET);
	buf_end(&root);
	free(bytes);
}

/* ---- bytes in ---- */

#define HEAD "almagest-manifest 1\nfiles 1\nbytes 7\nparts 0\n\n"
#define LINE ZEROS " 7 people/a.yaml\n"

static const struct read_row {
	const char *what, *bytes;
	size_t rows; /* read before the end, or before what is wrong */
	bool head, good;
} READS[] = {
	{ "a manifest of one file", HEAD LINE, 1, true, true },
	{ "an address behind a TAB", HEAD ZEROS " 7 people/a.yaml\t/mirror/withdrawn/a.yaml\n", 1,
		true, true },
	{ "blanks in a name", HEAD ZEROS " 7 files/my notes.txt\n", 1, true, true },
	{ "a directory and a file of more bytes than 32 bits count",
		"almagest-manifest 1\nfiles 1\nbytes 5000000000\nparts 0\n\n" ZEROS
		" 5000000000 files/scans.tar\n",
		1, true, true },
	{ "nothing", "", 0, false, false },
	{ "no manifest", "# Home\n", 0, false, false },
	{ "a later format", "almagest-manifest 2\nfiles 1\nbytes 7\nparts 0\n\n", 0, false, false },
	{ "counts in another order", "almagest-manifest 1\nbytes 7\nfiles 1\nparts 0\n\n", 0, false,
		false },
	{ "a count that is none", "almagest-manifest 1\nfiles x\nbytes 7\nparts 0\n\n", 0, false,
		false },
	{ "a negative count", "almagest-manifest 1\nfiles -1\nbytes 7\nparts 0\n\n", 0, false,
		false },
	{ "parts that so few files do not have",
		"almagest-manifest 1\nfiles 1\nbytes 7\nparts 2\n\n", 0, false, false },
	{ "no line between head and rows", "almagest-manifest 1\nfiles 1\nbytes 7\nparts 0\n" LINE,
		0, false, false },
	{ "a head alone", HEAD, 0, true, true },
	{ "a line without its end", HEAD LINE ZEROS " 7 people/b.yaml", 1, true, false },
	{ "a short sum", HEAD "00 7 people/a.yaml\n", 0, true, false },
	{ "a sum in capitals", HEAD "A" ZEROS " 7 people/a.yaml\n", 0, true, false },
	{ "no size", HEAD ZEROS " people/a.yaml\n", 0, true, false },
	{ "no path", HEAD ZEROS " 7 \n", 0, true, false },
	{ "an empty line", HEAD "\n", 0, true, false },
};

static void
test_read(void **state)
{
	const struct read_row *row = *state;
	struct manifest m;
	struct err e = { 0 };
	struct row found;
	size_t n = 0;

	assert_int_equal(manifest_read(str_of(row->bytes), &m, &e), row->head);
	while (row->head && manifest_next(&m.rows, &found, &e))
		n++;
	assert_int_equal(n, row->rows);
	assert_int_equal(e.text[0] == '\0', row->good);
}

static void
test_what_is_put_is_read(void **state)
{
	struct row in = { STR("files/a b"), STR("/x%20y"), 12, STR(ZEROS) }, out;
	struct str rest;
	struct buf bytes = { 0 };
	struct err e = { 0 };

	(void)state;
	manifest_put(&bytes, &in);
	rest = buf_str(&bytes);
	assert_true(manifest_next(&rest, &out, &e));
	assert_true(str_eq(in.path, out.path) && str_eq(in.url, out.url) && in.size == out.size &&
		str_eq(in.sum, out.sum));
	assert_false(manifest_next(&rest, &out, &e));
	assert_int_equal(e.text[0], '\0');
	buf_end(&bytes);
}

/* ---- names ---- */

static const struct name_row {
	const char *what, *path;
	bool good;
} NAMES[] = {
	{ "a record", "people/tri-dao.yaml", true },
	{ "a record in a folder", "people/ab/tri-dao.yaml", true },
	{ "public settings", "capsule.yaml", true },
	{ "a page", "pages/about.gmi", true },
	{ "a file in a folder", "files/talks/2024 (Ré).pdf", true },
	{ "settings of the machine", "local.yaml", false },
	{ "an empty path", "", false },
	{ "an absolute path", "/people/a.yaml", false },
	{ "a step up", "people/../../a.yaml", false },
	{ "a step up at the end", "files/..", false },
	{ "a step that stays", "people/./a.yaml", false },
	{ "an empty step", "files//a", false },
	{ "a dot name", "files/.a", false },
	{ "a dot folder", "files/.a/b", false },
	{ "another folder", "certs/key.pem", false },
	{ "a folder alone", "people", false },
	{ "a folder with its slash", "people/", false },
	{ "capitals in a slug", "people/Ada.yaml", false },
	{ "another ending", "people/ada.yml", false },
	{ "an ending alone", "people/.yaml", false },
	{ "a page's name on a record", "people/ada.gmi", false },
	{ "a control character", "files/a\nb", false },
	{ "a TAB", "files/a\tb", false },
	{ "a backslash", "files/a\\b", false },
	{ "bytes that are no UTF-8", "files/\xff", false },
	{ "writing that turns round",
		"files/\xe2\x80\xae"
		"fdp.exe",
		false },
};

static void
test_name(void **state)
{
	const struct name_row *row = *state;

	assert_int_equal(names_wrong(str_of(row->path)) == NULL, row->good);
}

/* ---- menus as files ---- */

static const struct place HERE = { .host = STR_INIT("me.example"),
	.port = 1965,
	.gopher_host = STR_INIT("me.example"),
	.gopher_port = 70 };

static const struct map_row {
	const char *what, *menu, *gophermap, *gph;
} MAPS[] = {
	{ "an info line has a TAB, so that it is no command",
		"i# not a comment\t\tnull.host\t1\r\n", "i# not a comment\t/\tnull.host\t1\n",
		"# not a comment\n" },
	{ "an empty line", "i\t\tnull.host\t1\r\n", "i\t/\tnull.host\t1\n", "\n" },
	{ "a file beside it leaves the host to the server", "0Text\t/a.txt\tme.example\t70\r\n",
		"0Text\t/a.txt\n", "[0|Text|/a.txt|server|port]\n" },
	{ "home is a slash", "1Home\t\tme.example\t70\r\n", "1Home\t/\n",
		"[1|Home|/|server|port]\n" },
	{ "another server is named", "1Other\t/x\tother.example\t7070\r\n",
		"1Other\t/x\tother.example\t7070\n", "[1|Other|/x|other.example|7070]\n" },
	{ "another port is another server", "1Other\t/x\tme.example\t71\r\n",
		"1Other\t/x\tme.example\t71\n", "[1|Other|/x|me.example|71]\n" },
	{ "a search is the live server's", "7Search\t/search\tme.example\t70\r\n",
		"7Search\t/search\tme.example\t70\n", "[7|Search|/search|me.example|70]\n" },
	{ "chance is the live server's", "1Somebody\t/random\tme.example\t70\r\n",
		"1Somebody\t/random\tme.example\t70\n", "[1|Somebody|/random|me.example|70]\n" },
	{ "a way out", "hPaper\tURL:https://a.example/?x=1\tme.example\t70\r\n",
		"hPaper\tURL:https://a.example/?x=1\n",
		"[h|Paper|URL:https://a.example/?x=1|server|port]\n" },
	{ "a bar in a name", "1A|B\t/x\tme.example\t70\r\n", "1A|B\t/x\n",
		"[1|A\\|B|/x|server|port]\n" },
	{ "a text that begins like a link", "i[1|x\t\tnull.host\t1\r\n", "i[1|x\t/\tnull.host\t1\n",
		"t[1|x\n" },
	{ "a text that begins with a t", "itea\t\tnull.host\t1\r\n", "itea\t/\tnull.host\t1\n",
		"ttea\n" },
	{ "the closing dot goes", "ia\t\tnull.host\t1\r\n.\r\n", "ia\t/\tnull.host\t1\n", "a\n" },
};

static void
test_map(void **state)
{
	const struct map_row *row = *state;
	struct buf map = { 0 }, gph = { 0 };

	encode_gophermap(str_of(row->menu), &HERE, &map);
	encode_gph(str_of(row->menu), &HERE, &gph);
	buf_char(&map, '\0');
	buf_char(&gph, '\0');
	assert_string_equal(map.p, row->gophermap);
	assert_string_equal(gph.p, row->gph);
	buf_end(&map);
	buf_end(&gph);
}

int
main(void)
{
	static struct suite s;

	add_rows(&s, PARTS, test_parts);
	add_row(&s, "one change among a million costs less than 256 KiB", test_a_million);
	add_rows(&s, READS, test_read);
	add_row(&s, "what is put is read", test_what_is_put_is_read);
	add_rows(&s, NAMES, test_name);
	add_rows(&s, MAPS, test_map);
	return run_suite(&s, "manifest", NULL, NULL);
}
