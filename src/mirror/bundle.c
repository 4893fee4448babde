/* bundle: first manifest and addresses, which are quick and which mirrors wait for; then, when
 * nothing else came, the archives. */
#include "mirror/bundle.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "base/uri.h"
#include "catalog/list.h"
#include "mirror/copy.h"
#include "mirror/manifest.h"
#include "mirror/names.h"
#include "page/every.h"

enum {
	GROUP_BYTES = 32 << 20, /* of manifest parts made in one walk over the rows */
	ROW_BYTES = 160,        /* of a row, about */
	URLS_PART = 20000,      /* addresses in a part of urls.txt, on average at most */
	URLS_PART_BYTES = 64 << 20,
	URLS_GATHERED = 8 << 20 /* bytes of parts in memory */
};

struct maker {
	const struct bundle *b;
	struct arena arena;
	struct err *e;
	struct buf facts;
	struct names made; /* files of this run */
};

/* ---- files ---- */

static struct str
place_of(struct maker *m, struct str name)
{
	return arena_printf(&m->arena, "%s/%.*s", m->b->folder, STR_ARG(name));
}

/* A file of the folder, unless it is there as it is to be. */
static bool
put(struct maker *m, struct str name, struct str bytes)
{
	struct arena a = { 0 };
	struct str path = place_of(m, name), before;
	struct err none = { 0 };
	bool good = true;

	if (name.p[0] != '.')
		*vec_add(&m->arena, &m->made) = arena_str(&m->arena, name);
	if (!file_read(&a, path.p, bytes.n, &before, NULL, &none) || !str_eq(before, bytes))
		good = file_write(path.p, bytes, 0644, m->e);
	arena_end(&a);
	return good;
}

static bool
sum_of_fd(int fd, char hex[2 * HASH_SIZE + 1], uint64_t *size)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char sum[HASH_SIZE];
	char piece[65536];
	ssize_t n = 0;
	bool good = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1;

	*size = 0;
	while (good && (n = read(fd, piece, sizeof piece)) > 0) {
		good = EVP_DigestUpdate(md, piece, (size_t)n) == 1;
		*size += (uint64_t)n;
	}
	good = good && n == 0 && EVP_DigestFinal_ex(md, sum, NULL) == 1;
	EVP_MD_CTX_free(md);
	for (size_t i = 0; good && i < sizeof sum; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return good;
}

/* ---- rows ---- */

typedef void row_visit(struct maker *m, const struct row *row, void *context);

static void
each_record(struct maker *m, row_visit *visit, void *context)
{
	struct buf after = { 0 };
	struct arena a = { 0 };
	struct str last;

	do {
		struct kept_files files = { 0 };

		list_files(m->b->store, &a, buf_str(&after), &files, &last);
		for (size_t i = 0; i < files.n; i++) {
			const struct kept_file *file = &files.v[i];
			struct row row = {
				.path = file->path, .size = file->size, .sum = file->sum
			};

			if (file->withdrawn)
				row.url = arena_printf(
					&a, "/mirror/withdrawn/%.*s", STR_ARG(file->path));
			if (names_fit(row.path))
				visit(m, &row, context);
		}
		buf_drop(&after, after.n);
		buf_put(&after, last);
		arena_end(&a);
	} while (after.n);
	buf_end(&after);
}

/* What stands in files/ is hashed once a run. */
struct row_list {
	struct row *v;
	size_t n, room;
};

struct listing {
	struct maker *m;
	struct row_list rows;
};

static bool
add_file(void *context, struct str path, enum every_kind kind)
{
	struct listing *l = context;
	struct arena *a = &l->m->arena;
	struct answer answer = { .fd = -1 };
	char hex[2 * HASH_SIZE + 1];
	uint64_t size;

	if (kind != EVERY_FILE || !names_fit(path))
		return true;
	view_open(a, arena_printf(a, "%s/files", l->m->b->capsule).p,
		str_sub(path, STR("/files/").n, path.n), &answer);
	if (answer.kind == ANSWER_FILE && sum_of_fd(answer.fd, hex, &size))
		*vec_add(a, &l->rows) = (struct row){ arena_str(a, str_sub(path, 1, path.n)),
			STR(""), size, arena_str(a, str_of(hex)) };
	if (answer.fd >= 0)
		close(answer.fd);
	return true;
}

/* All rows: files/ stands where its name does among the records' folders. */
struct all_rows {
	struct row_list files;
	size_t next;
	row_visit *visit;
	void *context;
};

static void
merge(struct maker *m, const struct row *row, void *context)
{
	struct all_rows *all = context;

	while (all->next < all->files.n && str_cmp(all->files.v[all->next].path, row->path) < 0)
		all->visit(m, &all->files.v[all->next++], all->context);
	all->visit(m, row, all->context);
}

static void
each_row(struct maker *m, const struct row_list *files, row_visit *visit, void *context)
{
	struct all_rows all = { *files, 0, visit, context };

	each_record(m, merge, &all);
	while (all.next < all.files.n)
		visit(m, &all.files.v[all.next++], context);
}

/* ---- manifest ---- */

static void
count(struct maker *m, const struct row *row, void *context)
{
	struct manifest *manifest = context;

	(void)m;
	manifest->files++;
	manifest->bytes += row->size;
}

static void
put_row(struct maker *m, const struct row *row, void *context)
{
	(void)m;
	manifest_put(context, row);
}

/* Parts first to first + n, filled in one walk. */
struct group {
	size_t first, n, parts;
	struct buf *rows;
};

static void
put_in_part(struct maker *m, const struct row *row, void *context)
{
	struct group *g = context;
	size_t part = manifest_part(row->path, g->parts);

	(void)m;
	if (part >= g->first && part < g->first + g->n)
		manifest_put(&g->rows[part - g->first], row);
}

static bool
put_parts(struct maker *m, const struct row_list *files, size_t parts, struct buf *root)
{
	size_t most = GROUP_BYTES / (MANIFEST_PART * ROW_BYTES), step = most < parts ? most : parts;
	bool good = true;

	for (size_t first = 0; good && first < parts; first += step) {
		struct group g = { first, parts - first < step ? parts - first : step, parts,
			calloc(step, sizeof *g.rows) };

		if (!g.rows)
			abort();
		each_row(m, files, put_in_part, &g);
		for (size_t i = 0; i < g.n; i++) {
			struct str bytes = buf_str(&g.rows[i]);
			struct arena a = { 0 };
			struct row row = { .path = manifest_part_name(&a, first + i),
				.size = bytes.n,
				.sum = hash_hex(&a, bytes, 2 * (size_t)HASH_SIZE) };

			manifest_put(root, &row);
			good = good && put(m, row.path, bytes);
			buf_end(&g.rows[i]);
			arena_end(&a);
		}
		free(g.rows);
	}
	return good;
}

static bool
put_manifest(struct maker *m, const struct view *v, struct manifest *manifest)
{
	struct listing l = { .m = m };
	struct buf root = { 0 };
	bool good = every_file(v, add_file, &l, m->e);

	if (!good)
		return false;
	each_row(m, &l.rows, count, manifest);
	manifest->parts = manifest_parts(manifest->files);
	manifest_put_head(&root, manifest);
	if (manifest->parts)
		good = put_parts(m, &l.rows, manifest->parts, &root);
	else
		each_row(m, &l.rows, put_row, &root);
	good = good && put(m, STR("manifest.txt"), buf_str(&root));
	buf_printf(&m->facts, "generation %.*s\nfiles %llu\nbytes %llu\n",
		STR_ARG(hash_hex(&m->arena, buf_str(&root), 2 * (size_t)HASH_SIZE)),
		(unsigned long long)manifest->files, (unsigned long long)manifest->bytes);
	struct str day = list_newest_day(m->b->store, &m->arena);

	if (day.n)
		buf_printf(&m->facts, "day %.*s\n", STR_ARG(day));
	buf_end(&root);
	return good;
}

/* ---- addresses ---- */

/* Parts are filled in one walk: what each has gathered goes to a file of its own now and then. */
struct urls {
	struct maker *m;
	size_t n, parts, room; /* addresses; parts; bytes that one part gathers */
	struct buf *gathered;  /* of each part */
	bool good;
};

/* The forms of a page ("/people/ada-lovelace" and its endings) belong together. */
static size_t
url_part(struct str path, size_t parts)
{
	size_t slash = str_find_last(path, '/');

	return manifest_part(
		str_sub(path, 0, slash + str_find_last(str_sub(path, slash, path.n), '.')), parts);
}

static bool
is_listed(enum every_kind kind)
{
	return kind != EVERY_LIVE && kind != EVERY_OLD;
}

static bool
count_url(void *context, struct str path, enum every_kind kind)
{
	struct urls *u = context;

	(void)path;
	u->n += is_listed(kind);
	return true;
}

static struct str
gathered_name(struct urls *u, struct arena *a, size_t part)
{
	return arena_printf(a, "%s/.urls-%zx", u->m->b->folder, part);
}

/* Puts aside what a part has gathered. */
static bool
put_aside(struct urls *u, size_t part)
{
	struct arena a = { 0 };
	struct buf *gathered = &u->gathered[part];
	const char *name = gathered_name(u, &a, part).p;
	FILE *f = fopen(name, "ae");
	bool good = f && fwrite(gathered->p, 1, gathered->n, f) == gathered->n;

	if (f && fclose(f) != 0)
		good = false;
	if (!good)
		err_set(u->m->e, "%s: cannot be written: %s", name, strerror(errno));
	buf_drop(gathered, gathered->n);
	arena_end(&a);
	return good;
}

static bool
add_url(void *context, struct str path, enum every_kind kind)
{
	struct urls *u = context;
	size_t part = url_part(path, u->parts);
	struct arena a = { 0 };

	if (!is_listed(kind))
		return true;
	encode_address(&u->m->b->place, uri_encode_path(&a, path), &u->gathered[part]);
	buf_char(&u->gathered[part], '\n');
	arena_end(&a);
	if (u->parts && u->gathered[part].n >= u->room)
		u->good = put_aside(u, part);
	return u->good;
}

/* What a run that was killed has put aside is no part of these. */
static void
forget_aside(struct urls *u)
{
	for (size_t i = 0; i < u->parts; i++) {
		struct arena a = { 0 };

		unlink(gathered_name(u, &a, i).p);
		arena_end(&a);
	}
}

static bool
put_url_part(struct urls *u, size_t part, struct buf *root)
{
	struct arena a = { 0 };
	struct str name = arena_printf(&a, "urls-%zx.txt", part), bytes;
	const char *aside = gathered_name(u, &a, part).p;
	bool good = put_aside(u, part) &&
		file_read(&a, aside, URLS_PART_BYTES, &bytes, NULL, u->m->e) &&
		put(u->m, name, bytes);

	encode_address(&u->m->b->place, arena_printf(&a, "/mirror/%.*s", STR_ARG(name)), root);
	buf_char(root, '\n');
	arena_end(&a);
	return good;
}

static bool
put_url_parts(struct urls *u)
{
	struct buf root = { 0 };
	bool good = true;

	buf_printf(&root, "# %zu lists of addresses\n", u->parts);
	for (size_t i = 0; good && i < u->parts; i++)
		good = put_url_part(u, i, &root);
	good = good && put(u->m, STR("urls.txt"), buf_str(&root));
	buf_end(&root);
	return good;
}

/* Up to URLS_PART addresses stand in urls.txt itself; more, in parts that it names: a power of two,
 * and an address belongs to one by the SHA-256 of its path, so that a new page changes one part. */
static bool
put_urls(struct maker *m, const struct view *v)
{
	struct urls u = { .m = m, .good = true };
	bool good = every_path(v, count_url, &u, m->e);

	if (u.n > URLS_PART)
		for (u.parts = 2; u.n / u.parts >= URLS_PART;)
			u.parts *= 2;
	size_t buffers = u.parts ? u.parts : 1;

	u.room = URLS_GATHERED / buffers;
	u.gathered = calloc(buffers, sizeof *u.gathered);
	if (!u.gathered)
		abort();
	forget_aside(&u);
	good = good && every_path(v, add_url, &u, m->e) &&
		(u.parts ? put_url_parts(&u) : put(m, STR("urls.txt"), buf_str(&u.gathered[0])));
	forget_aside(&u);
	for (size_t i = 0; i < buffers; i++)
		buf_end(&u.gathered[i]);
	free(u.gathered);
	return good;
}

/* ---- archives ---- */

/* The part of a path, when a bundle is parted: by the first letter of what it is about. */
static size_t
part_of(struct str path)
{
	static const struct str FOLDERS[] = { STR_INIT("/people/"), STR_INIT("/names/"),
		STR_INIT("/topics/"), STR_INIT("/organizations/"), STR_INIT("/sources/") };
	struct str name = str_sub(path, str_find_last(path, '/') + 1, path.n);

	if (str_starts(name, STR("index.")) || name.n == 0)
		return 0;
	if (str_starts(name, STR("index--")))
		name = str_sub(name, STR("index--").n, name.n);
	for (size_t i = 0; i < COUNT(FOLDERS); i++)
		if (str_starts(path, FOLDERS[i])) {
			char c = name.p[0];

			return c >= 'a' && c <= 'z'    ? (size_t)(c - 'a') + 2
				: c >= '0' && c <= '9' ? 1
						       : 0;
		}
	return 0;
}

struct parting {
	size_t part;
	bool any;
};

static bool
in_part(void *context, struct str path)
{
	struct parting *p = context;
	bool in = part_of(path) == p->part;

	p->any = p->any || in;
	return in;
}

static bool
damaged(struct err *e)
{
	return err_set(e, "parts of the catalog cannot be read");
}

static struct view
view_of(const struct bundle *b, struct arena *a)
{
	struct view v = { .store = b->store,
		.arena = a,
		.capsule = b->capsule,
		.base = { b->place.host, b->place.port } };

	query_settings(b->store, a, &v.settings);
	return v;
}

static bool
archive(const struct bundle *b, const char *path, enum archive_form form, struct parting *parting,
	bool *too_large, struct err *e)
{
	struct arena a = { 0 };
	struct copy copy = { .view = view_of(b, &a),
		.place = b->place,
		.gemini = true,
		.book = form == ARCHIVE_GPUB,
		.files = form == ARCHIVE_TAR,
		.withdrawn_in_place = true,
		.about_mirror = true,
		.wanted = parting ? in_part : NULL,
		.context = parting };
	struct tree *tree = archive_open(path, form, b->most, too_large, e);

	store_begin(b->store);
	bool good = tree && copy_make(&copy, tree, e) && archive_commit(tree, e);

	good = (store_end(b->store) || damaged(e)) && good;
	archive_close(tree);
	arena_end(&a);
	return good;
}

bool
bundle_gempub(const struct bundle *b, const char *path, struct err *e)
{
	return archive(b, path, ARCHIVE_GPUB, NULL, NULL, e);
}

bool
bundle_tar(const struct bundle *b, const char *path, struct err *e)
{
	return archive(b, path, ARCHIVE_TAR, NULL, NULL, e);
}

/* The archive that was written beside takes its place, and is told of. */
static bool
place_archive(struct maker *m, const char *beside, struct str name)
{
	char hex[2 * HASH_SIZE + 1];
	uint64_t size;
	int fd = open(beside, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && sum_of_fd(fd, hex, &size) && fsync(fd) == 0 && fchmod(fd, 0644) == 0;

	if (fd >= 0)
		close(fd);
	if (!good || rename(beside, place_of(m, name).p) != 0)
		return err_set(m->e, "%s: cannot be written: %s", beside, strerror(errno));
	*vec_add(&m->arena, &m->made) = name;
	buf_printf(
		&m->facts, "bundle %.*s %llu %s\n", STR_ARG(name), (unsigned long long)size, hex);
	return true;
}

static const struct {
	enum archive_form form;
	const char *ending;
} FORMS[] = { { ARCHIVE_GPUB, ".gpub" }, { ARCHIVE_TAR, BUNDLE_TAR } };

/* One archive of each form; *too_large when one of them would be. */
static bool
put_whole(struct maker *m, const char *beside, bool *too_large)
{
	bool good = true;

	for (size_t i = 0; good && i < COUNT(FORMS); i++) {
		struct err e = { 0 };

		good = archive(m->b, beside, FORMS[i].form, NULL, too_large, &e);
		if (!good && !*too_large)
			err_set(m->e, "%s", e.text);
		good = good &&
			place_archive(m, beside,
				arena_printf(&m->arena, BUNDLE_NAME "%s", FORMS[i].ending));
	}
	return good;
}

static bool
put_parted(struct maker *m, const char *beside)
{
	struct bundle whatever = *m->b;
	bool good = true;

	whatever.most = 0; /* a letter is what it is */
	for (size_t i = 0; i < COUNT(FORMS); i++)
		for (size_t part = 0; good && part < BUNDLE_PARTS; part++) {
			struct parting parting = { .part = part };

			good = archive(&whatever, beside, FORMS[i].form, &parting, NULL, m->e);
			if (good && parting.any)
				good = place_archive(m, beside,
					arena_printf(&m->arena, BUNDLE_NAME "-%.*s%s",
						STR_ARG(names_bundle_part(&m->arena, part)),
						FORMS[i].ending));
		}
	return good;
}

static bool
put_archives(struct maker *m, uint64_t bytes)
{
	const char *beside = place_of(m, STR(".new")).p;
	size_t facts = m->facts.n;
	bool too_large = m->b->most && bytes > m->b->most, good = false;

	if (!too_large)
		good = put_whole(m, beside, &too_large);
	if (too_large) {
		m->facts.n = facts;
		buf_put(&m->facts, STR("parted yes\n"));
		good = put_parted(m, beside);
	}
	unlink(beside);
	return good;
}

/* ---- the whole ---- */

/* Bundles of before stay on offer while new ones are made; what nobody made in the end goes. */
static void
remove_others(struct maker *m)
{
	DIR *d = opendir(m->b->folder);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		struct str name = str_of(entry->d_name);
		bool made = str_eq(name, STR(".")) || str_eq(name, STR("..")) ||
			str_eq(name, STR(".facts"));

		for (size_t i = 0; !made && i < m->made.n; i++)
			made = str_eq(m->made.v[i], name);
		if (!made)
			unlink(place_of(m, name).p);
	}
	if (d)
		closedir(d);
}

bool
bundle_make(const struct bundle *b, struct err *e)
{
	struct maker m = { .b = b, .e = e };
	struct view v = view_of(b, &m.arena);
	struct arena scratch = { 0 };
	struct manifest manifest = { 0 };

	v.arena = &scratch;
	store_begin(b->store);
	bool good = put_manifest(&m, &v, &manifest) && put_urls(&m, &v);

	good = (store_end(b->store) || damaged(e)) && good;
	if (good && b->settle_ms)
		poll(NULL, 0, b->settle_ms);
	good = good && put_archives(&m, manifest.bytes) &&
		put(&m, STR(".facts"), buf_str(&m.facts));
	if (good)
		remove_others(&m);
	buf_end(&m.facts);
	arena_end(&scratch);
	arena_end(&m.arena);
	return good;
}
