/* load: the files of a capsule into records. A file with an error of its own is set aside, its last
 * good version serving where the catalog has one; no file's error touches another file. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/utf8.h"
#include "catalog/directory.h"
#include "catalog/record.h"
#include "catalog/words.h"

enum { PAGE_MOST = 256 * 1024 };

static struct reader
reader_of(struct directory *d, struct problems *ps, struct str path)
{
	return (struct reader){ &d->arena, ps, path, d->tomorrow };
}

static void
say(struct directory *d, struct str path, const char *what)
{
	problem_add(&d->problems, PROBLEM_ERROR, path, 1, 1, STR(""), "%s", what);
}

/* Reads the file at capsule/path into a new text; its bytes are empty when it could not be read
 * (and that was said). */
static struct source_text *
read_text(struct directory *d, const char *capsule, struct str path, size_t most)
{
	struct source_text *text = vec_add(&d->arena, &d->texts);
	struct str full = arena_printf(&d->arena, "%s/%.*s", capsule, STR_ARG(path));
	struct err e = { 0 };
	struct stat st;

	text->path = path;
	if (stat(full.p, &st) == 0) {
		text->size = st.st_size;
		text->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	}
	if (text->size > (int64_t)most)
		err_set(&e, "the file has %lld bytes, at most %zu are allowed; shorten it",
			(long long)text->size, most);
	else
		text->good = file_read(&d->arena, full.p, most, &text->bytes, NULL, &e);
	if (text->good)
		text->sum = hash_hex(&d->arena, text->bytes, HASH_SIZE * 2);
	else
		say(d, path, e.text);
	return text;
}

/* Parses bytes as a record of that kind; NULL when it holds an error. */
static void *
parse_record(struct directory *d, struct problems *ps, const struct kind *kind, struct str path,
	struct str bytes, void **broken)
{
	struct reader r = reader_of(d, ps, path);
	size_t errors = ps->errors;
	struct node *node = yaml_parse(&r, bytes);
	void *record = arena_alloc(&d->arena, kind->size);

	if (node)
		record_parse(&r, kind, node, record);
	if (broken)
		*broken = record;
	return ps->errors == errors ? record : NULL;
}

/* The record in service for a file: as it is now, else its last good version, else NULL. What could
 * be read of a file with errors goes to *broken, if given. */
static void *
serving_record(struct directory *d, const struct kind *kind, struct source_text *text,
	const struct last_good *last_good, void **broken)
{
	void *record = NULL;

	if (text->good)
		record = parse_record(d, &d->problems, kind, text->path, text->bytes, broken);
	text->good = record != NULL;
	if (!record) {
		struct problems unheard = { .arena = &d->arena };
		struct str bytes;

		d->rejected++;
		if (last_good && last_good->context &&
			last_good->find(last_good->context, &d->arena, text->path, &bytes) &&
			(record = parse_record(d, &unheard, kind, text->path, bytes, NULL)))
			text->bytes = bytes;
	}
	text->serves = record != NULL;
	return record;
}

/* "people/ab/ada-lovelace.yaml" is "ada-lovelace". */
static struct str
slug_of_path(struct str path)
{
	size_t slash = str_find_last(path, '/'), from = slash < path.n ? slash + 1 : 0;
	struct str name = str_sub(path, from, path.n);

	return str_sub(name, 0, str_find_last(name, '.'));
}

static bool
good_file_name(struct directory *d, struct str path, struct str slug, struct str ending)
{
	if (!str_ends(path, ending)) {
		problem_add(&d->problems, PROBLEM_WARNING, path, 1, 1, STR(""),
			"not read: files in this folder end in %.*s", STR_ARG(ending));
		return false;
	}
	if (text_is_slug(slug) && !str_eq(slug, STR("index")))
		return true;
	if (str_eq(slug, STR("index")))
		say(d, path, "the name \"index\" is reserved; choose another file name");
	else
		problem_add(&d->problems, PROBLEM_ERROR, path, 1, 1, STR(""),
			"the file name is not a slug (lower-case letters, digits and single '-', "
			"at most %d bytes); "
			"rename it to \"%.*s%.*s\"",
			SLUG_MOST, STR_ARG(text_slug(&d->arena, slug)), STR_ARG(ending));
	return false;
}

/* One file of one of the folders; each adder keeps what it made. */
typedef void
adder(struct directory *d, struct str slug, size_t text, const struct last_good *last_good);

static void
add_person(struct directory *d, struct str slug, size_t text, const struct last_good *last_good)
{
	void *broken = NULL;
	struct person *person =
		serving_record(d, &KIND_PERSON, &d->texts.v[text], last_good, &broken);
	bool rejected = !person;

	/* a rejected record serves nobody, but its entries are looked at all the same */
	if (rejected && !(person = broken))
		return;
	person->slug = slug;
	person->path = d->texts.v[text].path;
	*vec_add(&d->arena, &d->people) = (struct member){ .record = person,
		.text = text,
		.standing = rejected                              ? STANDING_REJECTED
			: str_eq(person->draft.text, STR("true")) ? STANDING_DRAFT
			: person->withdrawn.text.n                ? STANDING_WITHDRAWN
								  : STANDING_PUBLISHED };
}

static void
add_source(struct directory *d, struct str slug, size_t text, const struct last_good *last_good)
{
	struct source_file *file =
		serving_record(d, &KIND_SOURCE, &d->texts.v[text], last_good, NULL);

	if (!file)
		return;
	if (file->source.why.text.n)
		problem_add(&d->problems, PROBLEM_WARNING, d->texts.v[text].path,
			file->source.why.line, file->source.why.column, STR("why"),
			"not shown: the reason to read a source stands in a person's record; use "
			"summary");
	if (file->source.id.text.n && !str_eq(file->source.id.text, slug))
		problem_add(&d->problems, PROBLEM_WARNING, d->texts.v[text].path,
			file->source.id.line, file->source.id.column, STR("id"),
			"not used: the id of this source is its file name, \"%.*s\"",
			STR_ARG(slug));
	file->slug = slug;
	file->path = d->texts.v[text].path;
	file->source.id.text = slug;
	*vec_add(&d->arena, &d->source_files) = file;
}

static void
add_topic(struct directory *d, struct str slug, size_t text, const struct last_good *last_good)
{
	struct subject *subject =
		serving_record(d, &KIND_TOPIC, &d->texts.v[text], last_good, NULL);

	if (!subject)
		return;
	subject->slug = slug;
	subject->path = d->texts.v[text].path;
	*vec_add(&d->arena, &d->topic_records) = subject;
}

static void
add_organization(
	struct directory *d, struct str slug, size_t text, const struct last_good *last_good)
{
	struct subject *subject =
		serving_record(d, &KIND_ORGANIZATION, &d->texts.v[text], last_good, NULL);

	if (!subject)
		return;
	subject->slug = slug;
	subject->path = d->texts.v[text].path;
	*vec_add(&d->arena, &d->organization_records) = subject;
}

/* Names that section 5's table of paths has taken at the root. */
static const char *const TAKEN[] = { "index", "people", "names", "topics", "organizations",
	"sources", "search", "changes", "random", "connect", "mirror", "files", "robots", "caps",
	"favicon", "atom" };

static void
add_page(struct directory *d, struct str slug, size_t at, const struct last_good *last_good)
{
	struct source_text *text = &d->texts.v[at];
	struct reader r = reader_of(d, &d->problems, text->path);

	(void)last_good;
	for (size_t i = 0; i < COUNT(TAKEN); i++)
		if (str_eq(slug, str_of(TAKEN[i]))) {
			problem_add(&d->problems, PROBLEM_ERROR, text->path, 1, 1, STR(""),
				"the directory has a page /%s of its own; choose another file name",
				TAKEN[i]);
			text->good = false;
		}
	if (text->good && !reader_characters(&r, text->bytes))
		text->good = false;
	if ((text->serves = text->good))
		*vec_add(&d->arena, &d->pages) = (struct own_page){ slug, at };
	else
		d->rejected++;
}

static const struct folder {
	const char *name;
	struct str ending;
	size_t most;
	adder *add;
} FOLDERS[] = {
	{ "organizations", STR_INIT(".yaml"), YAML_MOST, add_organization },
	{ "pages", STR_INIT(".gmi"), PAGE_MOST, add_page },
	{ "people", STR_INIT(".yaml"), YAML_MOST, add_person },
	{ "sources", STR_INIT(".yaml"), YAML_MOST, add_source },
	{ "topics", STR_INIT(".yaml"), YAML_MOST, add_topic },
};

static void
load_folder(struct directory *d, const char *capsule, const struct folder *folder,
	const struct last_good *last_good, struct err *e)
{
	struct names names = { 0 };
	struct map seen = { 0 };

	if (!file_tree(&d->arena, arena_printf(&d->arena, "%s/%s", capsule, folder->name).p, &names,
		    e))
		return;
	for (size_t i = 0; i < names.n; i++) {
		struct str path =
			arena_printf(&d->arena, "%s/%.*s", folder->name, STR_ARG(names.v[i]));
		struct str slug = slug_of_path(path);

		if (!good_file_name(d, path, slug, folder->ending)) {
			d->rejected += str_ends(path, folder->ending);
			continue;
		}
		size_t *first = map_at(&d->arena, &seen, slug);

		if (*first != (size_t)MAP_NONE) {
			problem_add(&d->problems, PROBLEM_ERROR, path, 1, 1, STR(""),
				"the slug \"%.*s\" belongs to %s/%.*s already; rename one of the "
				"two files",
				STR_ARG(slug), folder->name, STR_ARG(names.v[*first]));
			d->rejected++;
			continue;
		}
		*first = i;
		read_text(d, capsule, path, folder->most);
		folder->add(d, slug, d->texts.n - 1, last_good);
	}
}

static int
by_slug(const void *a, const void *b)
{
	return str_cmp(
		((const struct member *)a)->record->slug, ((const struct member *)b)->record->slug);
}

/* A heading that no page has changes nothing: the editor meant another. */
static void
check_headings(struct problems *ps, struct str path, const struct settings *settings)
{
	for (size_t i = 0; i < settings->headings.n; i++) {
		const struct value *heading = &settings->headings.v[i].name;
		const char *nearest = str_nearest(heading->text, WORDS_ENGLISH, WORD_COUNT);
		bool known = false;

		for (size_t w = 0; w < WORD_COUNT; w++)
			known = known || str_eq(heading->text, str_of(WORDS_ENGLISH[w]));
		if (!known)
			problem_add(ps, PROBLEM_ERROR, path, heading->line, heading->column,
				STR("headings"), "no page says \"%.*s\"%s%s%s",
				STR_ARG(heading->text), nearest ? "; did you mean \"" : "",
				nearest ? nearest : "",
				nearest ? "\"?" : "; expected words as they stand on pages");
	}
}

void
directory_load_files(
	struct directory *d, const char *capsule, const struct last_good *last_good, struct err *e)
{
	struct settings settings = { 0 };
	struct str settings_path = arena_printf(&d->arena, "%s/capsule.yaml", capsule);

	if (file_exists(settings_path.p)) {
		read_text(d, capsule, STR("capsule.yaml"), YAML_MOST);
		struct source_text *text = &d->texts.v[0];
		struct settings *serving = serving_record(d, &KIND_CAPSULE, text, last_good, NULL);

		if (serving)
			settings = *serving;
	}
	check_headings(&d->problems, STR("capsule.yaml"), &settings);
	d->settings = settings;
	for (size_t i = 0; i < COUNT(FOLDERS); i++)
		load_folder(d, capsule, &FOLDERS[i], last_good, e);
	if (d->people.n)
		qsort(d->people.v, d->people.n, sizeof *d->people.v, by_slug);
	for (size_t i = 0; i < d->people.n; i++)
		*map_at(&d->arena, &d->people_by_slug, d->people.v[i].record->slug) = i;
}

/* ---- the whole ---- */

bool
directory_load(
	struct directory *d, const char *capsule, const struct last_good *last_good, struct err *e)
{
	struct stat st;

	d->problems.arena = &d->arena;
	d->tomorrow = clock_day(&d->arena, 24);
	if (stat(capsule, &st) != 0 || !S_ISDIR(st.st_mode))
		return err_set(e, "%s: no such folder; name the capsule with -c FOLDER", capsule);
	directory_load_files(d, capsule, last_good, e);
	if (e->text[0])
		return false;
	directory_check(d);
	directory_find_subjects(d);
	directory_find_works(d);
	directory_relate(d);
	problem_sort(&d->problems);
	return true;
}

void
directory_end(struct directory *d)
{
	struct arena arena = d->arena;

	*d = (struct directory){ 0 };
	arena_end(&arena);
}

static bool
load_settings_file(struct problems *ps, const struct kind *kind, const char *path, struct str shown,
	struct settings *settings)
{
	struct reader r = { ps->arena, ps, shown, clock_day(ps->arena, 24) };
	size_t errors = ps->errors;
	struct err e = { 0 };
	struct str bytes;

	if (!file_read(ps->arena, path, YAML_MOST + 1, &bytes, NULL, &e)) {
		problem_add(ps, PROBLEM_ERROR, shown, 1, 1, STR(""), "%s", e.text);
		return false;
	}
	struct node *node = str_trim(bytes).n ? yaml_parse(&r, bytes) : NULL;

	if (node)
		record_parse(&r, kind, node, settings);
	return ps->errors == errors;
}

bool
settings_load(struct problems *ps, const char *capsule, const char *file, struct settings *settings)
{
	struct str public_path = arena_printf(ps->arena, "%s/capsule.yaml", capsule);
	struct str local = file ? str_of(file) : arena_printf(ps->arena, "%s/local.yaml", capsule);
	bool good = true;

	if (file_exists(public_path.p))
		good = load_settings_file(
			ps, &KIND_CAPSULE, public_path.p, STR("capsule.yaml"), settings);
	if (file || file_exists(local.p))
		good = load_settings_file(ps, &KIND_LOCAL, local.p,
			       file ? local : STR("local.yaml"), settings) &&
			good;
	return good;
}
