/* load: the files of a capsule into records. A file with an error of its own is set aside, its last
 * good version serving where the catalog has one; no file's error touches another file. */
#include "catalog/load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/system.h"
#include "base/text.h"
#include "base/utf8.h"
#include "catalog/record.h"
#include "catalog/store.h"
#include "catalog/words.h"

enum { PAGE_MOST = 256 * 1024 };

const struct folder FOLDERS[] = {
	{ "organizations", STR_INIT(".yaml"), YAML_MOST, &KIND_ORGANIZATION },
	{ "pages", STR_INIT(".gmi"), PAGE_MOST, NULL },
	{ "people", STR_INIT(".yaml"), YAML_MOST, &KIND_PERSON },
	{ "sources", STR_INIT(".yaml"), YAML_MOST, &KIND_SOURCE },
	{ "topics", STR_INIT(".yaml"), YAML_MOST, &KIND_TOPIC },
};
const size_t FOLDERS_N = COUNT(FOLDERS);

const struct folder *
folder_of(struct str path)
{
	struct str first = str_sub(path, 0, str_find(path, '/'));

	for (size_t i = 0; first.n < path.n && i < FOLDERS_N; i++)
		if (str_eq(first, str_of(FOLDERS[i].name)))
			return &FOLDERS[i];
	return NULL;
}

static void
say(struct reading *r, const char *what)
{
	problem_add(&r->problems, PROBLEM_ERROR, r->path, 1, 1, STR(""), "%s", what);
}

/* ---- names ---- */

struct str
slug_of_path(struct str path)
{
	size_t slash = str_find_last(path, '/'), from = slash < path.n ? slash + 1 : 0;
	struct str name = str_sub(path, from, path.n);

	return str_sub(name, 0, str_find_last(name, '.'));
}

bool
reading_named(struct reading *r, struct arena *a)
{
	struct str ending = r->folder->ending;

	r->problems.arena = a;
	if (str_ends(r->path, STR("/"))) {
		say(r,
			"this folder may not be listed, and what is in it is left out; give the "
			"server's user the right to read it");
		return false;
	}
	if (!str_ends(r->path, ending)) {
		problem_add(&r->problems, PROBLEM_WARNING, r->path, 1, 1, STR(""),
			"not read: files in this folder end in %.*s", STR_ARG(ending));
		return false;
	}
	if (text_is_slug(r->slug) && !str_eq(r->slug, STR("index")))
		return true;
	if (str_eq(r->slug, STR("index")))
		say(r, "the name \"index\" is reserved; choose another file name");
	else
		problem_add(&r->problems, PROBLEM_ERROR, r->path, 1, 1, STR(""),
			"the file name is not a slug (lower-case letters, digits and single '-', "
			"at most %d bytes); "
			"rename it to \"%.*s%.*s\"",
			SLUG_MOST, STR_ARG(text_slug(a, r->slug)), STR_ARG(ending));
	return false;
}

void
reading_shadowed(struct reading *r, struct arena *a, struct str first)
{
	r->problems.arena = a;
	r->shadowed = true;
	problem_add(&r->problems, PROBLEM_ERROR, r->path, 1, 1, STR(""),
		"the slug \"%.*s\" belongs to %.*s already; rename one of the two files",
		STR_ARG(r->slug), STR_ARG(first));
}

/* ---- one file ---- */

enum standing
standing_of(const struct person *person)
{
	return str_eq(person->draft.text, STR("true")) ? STANDING_DRAFT
		: person->withdrawn.text.n             ? STANDING_WITHDRAWN
						       : STANDING_PUBLISHED;
}

/* A path below a folder. */
static struct str
below(struct arena *a, const char *folder, struct str path)
{
	const struct str parts[] = { str_of(folder), STR("/"), path };

	return arena_join(a, parts, COUNT(parts));
}

static size_t
most_of(const struct reading *r)
{
	return r->folder ? r->folder->most : YAML_MOST;
}

/* The size and time are those of the bytes: of a file that is replaced meanwhile the new ones would
 * hide, from who looks for changes afterwards, that its bytes are the old ones. */
static void
read_text(struct reading *r, struct arena *a, struct arena *scratch, const char *capsule, int fd)
{
	struct source_text *text = &r->text;
	struct str full = below(scratch, capsule, r->path);
	size_t most = most_of(r);
	struct err e = { 0 };
	struct stat st = { 0 };

	text->path = r->path;
	text->folder = str_of(r->folder ? r->folder->name : "");
	text->slug = r->slug;
	text->good = file_read_fetched(a, fd, full.p, most, &text->bytes, &st, &e);
	if (st.st_mode || stat(full.p, &st) == 0) {
		text->size = st.st_size;
		text->mtime_ns = file_time(&st);
	}
	if (!text->good && text->size > (int64_t)most) {
		e = (struct err){ 0 };
		err_set(&e, "the file has %lld bytes, at most %zu are allowed; shorten it",
			(long long)text->size, most);
	}
	if (text->good)
		text->sum = hash_hex(a, text->bytes, HASH_SIZE * 2);
	else
		say(r, e.text);
}

static void
place_source(struct reading *r, struct source_file *file)
{
	if (file->source.why.text.n)
		problem_add(&r->problems, PROBLEM_WARNING, r->path, file->source.why.line,
			file->source.why.column, STR("why"),
			"not shown: the reason to read a source stands in a person's record; use "
			"summary");
	if (file->source.id.text.n && !str_eq(file->source.id.text, r->slug))
		problem_add(&r->problems, PROBLEM_WARNING, r->path, file->source.id.line,
			file->source.id.column, STR("id"),
			"not used: the id of this source is its file name, \"%.*s\"",
			STR_ARG(r->slug));
	file->slug = r->slug;
	file->path = r->path;
	file->source.id.text = r->slug;
}

/* Tells a record where it stands. */
static void
place(struct reading *r, const struct kind *kind, void *record)
{
	if (kind == &KIND_PERSON) {
		((struct person *)record)->slug = r->slug;
		((struct person *)record)->path = r->path;
	} else if (kind == &KIND_SOURCE)
		place_source(r, record);
	else if (kind != &KIND_CAPSULE) {
		((struct subject *)record)->slug = r->slug;
		((struct subject *)record)->path = r->path;
	}
}

/* A heading that no page has changes nothing: the editor meant another. */
static void
check_headings(struct problems *ps, struct str path, const struct settings *settings)
{
	for (size_t i = 0; i < settings->headings.n; i++) {
		const struct value *heading = &settings->headings.v[i].name;
		const char *nearest = str_nearest(heading->text, WORDS_ENGLISH, WORD_COUNT);
		const struct value *said = &settings->headings.v[i].note;
		bool known = false;

		for (size_t w = 0; w < WORD_COUNT; w++)
			known = known || str_eq(heading->text, str_of(WORDS_ENGLISH[w]));
		if (known && !word_same_places(heading->text, said->text))
			problem_add(ps, PROBLEM_ERROR, path, said->line, said->column,
				STR("headings"),
				"\"%.*s\" needs the same places for what is filled in as \"%.*s\" "
				"({1}, {2})",
				STR_ARG(said->text), STR_ARG(heading->text));
		else if (!known)
			problem_add(ps, PROBLEM_ERROR, path, heading->line, heading->column,
				STR("headings"), "no page says \"%.*s\"%s%s%s",
				STR_ARG(heading->text), nearest ? "; did you mean \"" : "",
				nearest ? nearest : "",
				nearest ? "\"?" : "; expected words as they stand on pages");
	}
}

/* Names that section 5's table of paths has taken at the root. */
static const char *const TAKEN[] = { "index", "people", "names", "topics", "organizations",
	"sources", "search", "changes", "random", "connect", "mirror", "files", "robots", "caps",
	"favicon", "atom" };

static bool
good_page(struct reading *r, struct reader *reader)
{
	for (size_t i = 0; i < COUNT(TAKEN); i++)
		if (str_eq(r->slug, str_of(TAKEN[i]))) {
			problem_add(&r->problems, PROBLEM_ERROR, r->path, 1, 1, STR(""),
				"the directory has a page /%s of its own; choose another file name",
				TAKEN[i]);
			return false;
		}
	return reader_characters(reader, r->text.bytes);
}

void
reading_parse(struct reading *r, struct arena *a, struct str tomorrow)
{
	const struct kind *kind = r->folder ? r->folder->kind : &KIND_CAPSULE;
	struct reader reader = { a, &r->problems, r->path, tomorrow };
	size_t errors;

	r->problems.arena = a;
	errors = r->problems.errors;
	if (!kind) {
		r->record = good_page(r, &reader) ? &r->text : NULL;
		return;
	}
	/* settings are handed to the system, which wants a NUL behind a text */
	struct node *node = r->folder ? yaml_parse_in_place(&reader, r->text.bytes)
				      : yaml_parse(&reader, r->text.bytes);

	r->broken = arena_alloc(a, kind->size);
	if (node)
		record_parse(&reader, kind, node, r->broken);
	place(r, kind, r->broken);
	if (r->problems.errors == errors)
		r->record = r->broken;
	if (kind == &KIND_CAPSULE && r->record)
		check_headings(&r->problems, r->path, r->record);
}

/* Most of what parsing makes is thrown away at once; a file that has problems keeps it, as they
 * point to it. */
static void
parse_thriftily(struct reading *r, struct arena *a, struct arena *scratch, struct str tomorrow)
{
	struct reading trial = *r;

	trial.problems = (struct problems){ 0 };
	reading_parse(&trial, scratch, tomorrow);
	if (trial.problems.n)
		reading_parse(r, a, tomorrow);
	else if (trial.record == &trial.text)
		r->record = &r->text;
	else {
		const struct kind *kind = r->folder ? r->folder->kind : &KIND_CAPSULE;

		r->record = r->broken = arena_alloc(a, kind->size);
		memcpy(r->record, trial.record, kind->size);
		record_move(a, r->text.bytes, kind, r->record);
	}
}

int
reading_fetch(const struct reading *r, struct arena *scratch, const char *capsule)
{
	int fd = file_fetch(below(scratch, capsule, r->path).p, most_of(r));

	arena_clear(scratch);
	return fd;
}

void
reading_read(struct reading *r, struct arena *a, struct arena *scratch, const char *capsule, int fd,
	struct str tomorrow)
{
	r->problems.arena = a;
	read_text(r, a, scratch, capsule, fd);
	if (r->shadowed)
		r->text.bytes = STR("");
	else if (r->text.good)
		parse_thriftily(r, a, scratch, tomorrow);
	arena_clear(scratch);
	r->text.good = r->text.serves = r->record != NULL;
}

/* ---- all files ---- */

struct readings {
	struct reading *v;
	size_t n, room;
};

static void
take_problems(struct directory *d, const struct reading *r)
{
	for (size_t i = 0; i < r->problems.n; i++)
		*vec_add(&d->arena, &d->problems) = r->problems.v[i];
	d->problems.errors += r->problems.errors;
}

/* Those of a folder's files that are to be read. */
static void
add_readings(struct directory *d, struct arena *a, const struct folder *folder,
	const struct names *names, struct readings *readings)
{
	struct map seen = { 0 }; /* which of the names has a slug */

	map_reserve(a, &seen, names->n);
	for (size_t i = 0; i < names->n; i++) {
		struct reading r = { .folder = folder };

		r.path = below(&d->arena, folder->name, names->v[i]);
		r.slug = slug_of_path(r.path);
		if (!reading_named(&r, &d->arena)) {
			d->rejected += str_ends(r.path, folder->ending);
			take_problems(d, &r);
			continue;
		}
		size_t *first = map_at(a, &seen, r.slug);

		if (*first == (size_t)MAP_NONE)
			*first = i;
		else
			reading_shadowed(
				&r, &d->arena, below(&d->arena, folder->name, names->v[*first]));
		*vec_add(&d->arena, readings) = r;
	}
}

/* All files that are to be read; the array lies in `brief`. */
static void
list_files(struct directory *d, struct arena *brief, const char *capsule, struct readings *readings,
	struct err *e)
{
	struct arena a = { 0 };
	struct names names[COUNT(FOLDERS)] = { 0 };
	struct str settings = below(&a, capsule, STR("capsule.yaml"));
	size_t n = 1;

	for (size_t i = 0; i < COUNT(FOLDERS); i++) {
		file_tree(&a, below(&a, capsule, str_of(FOLDERS[i].name)).p, &names[i], e);
		n += names[i].n;
	}
	vec_reserve(brief, readings, n);
	if (file_exists(settings.p))
		*vec_add(&d->arena, readings) = (struct reading){ .path = STR("capsule.yaml") };
	for (size_t i = 0; i < COUNT(FOLDERS); i++)
		add_readings(d, &a, &FOLDERS[i], &names[i], readings);
	arena_end(&a);
}

/* Threads take runs of files off a common list; all of a run are fetched, and then each is read.
 * Each thread has an arena of its own. */
struct crew {
	struct readings readings;
	const char *capsule;
	struct str tomorrow;
	size_t run; /* files */
	atomic_size_t next;
	load_progress *progress;
};

struct hand {
	struct crew *crew;
	struct arena *arena;
	pthread_t thread;
	bool first; /* the one that tells of progress */
};

enum {
	RUN_MOST = 32,
	OPEN_MOST = 64, /* by all together, as a process may open few; many threads need no runs */
	FILES_A_HAND = 500
};

static void
read_run(struct hand *hand, struct arena *scratch, size_t from, size_t end)
{
	struct crew *crew = hand->crew;
	struct reading *v = crew->readings.v;
	int fds[RUN_MOST], fd = 0;

	/* behind one that cannot be had none is tried: all may be open that may be */
	for (size_t i = from; i < end; i++)
		fds[i - from] = fd = fd < 0 ? -1 : reading_fetch(&v[i], scratch, crew->capsule);
	for (size_t i = from; i < end; i++)
		reading_read(
			&v[i], hand->arena, scratch, crew->capsule, fds[i - from], crew->tomorrow);
}

static void *
work(void *context)
{
	struct hand *hand = context;
	struct crew *crew = hand->crew;
	struct readings *all = &crew->readings;
	struct arena scratch = { 0 };

	for (size_t from; (from = atomic_fetch_add(&crew->next, crew->run)) < all->n;) {
		if (hand->first && crew->progress)
			crew->progress(from, all->n);
		read_run(hand, &scratch, from,
			all->n - from < crew->run ? all->n : from + crew->run);
	}
	arena_end(&scratch);
	return NULL;
}

static void
read_all(struct directory *d, struct crew *crew)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct hand hands[DIRECTORY_HANDS] = { 0 };
	size_t n = crew->readings.n / FILES_A_HAND + 1;

	if (cores > 0 && n > (size_t)cores)
		n = (size_t)cores;
	if (n > DIRECTORY_HANDS)
		n = DIRECTORY_HANDS;
	crew->run = OPEN_MOST / n < RUN_MOST ? OPEN_MOST / n : RUN_MOST;
	for (size_t i = 0; i < n; i++)
		hands[i] = (struct hand){ .crew = crew, .arena = &d->hands[i], .first = i == 0 };
	for (size_t i = 1; i < n; i++)
		if (pthread_create(&hands[i].thread, NULL, work, &hands[i]) != 0)
			n = i; /* the others take what it would have read */
	work(&hands[0]);
	for (size_t i = 1; i < n; i++)
		pthread_join(hands[i].thread, NULL);
}

static enum standing
standing_in(const struct directory *d, const struct person *person)
{
	enum standing standing = standing_of(person);

	return standing == STANDING_DRAFT && str_eq(person->slug, d->preview) ? STANDING_PUBLISHED
									      : standing;
}

static void
keep_record(struct directory *d, const struct reading *r, size_t text)
{
	void *record = r->record ? r->record : r->broken;

	if (!r->record && (!r->folder || r->folder->kind != &KIND_PERSON))
		return;
	if (!r->folder)
		d->settings = *(const struct settings *)record;
	else if (!r->folder->kind)
		*vec_add(&d->arena, &d->pages) = (struct own_page){ r->slug, text };
	else if (r->folder->kind == &KIND_PERSON)
		/* a rejected record serves nobody, but its entries are looked at all the same */
		*vec_add(&d->arena, &d->people) = (struct member){ .record = record,
			.id = store_person_id(record),
			.text = text,
			.standing = r->record ? standing_in(d, record) : STANDING_REJECTED };
	else if (r->folder->kind == &KIND_SOURCE)
		*vec_add(&d->arena, &d->source_files) = record;
	else if (r->folder->kind == &KIND_TOPIC)
		*vec_add(&d->arena, &d->topic_records) = record;
	else
		*vec_add(&d->arena, &d->organization_records) = record;
}

/* A file's reading into the directory; where it holds an error, its last good version. */
static void
take(struct directory *d, struct reading *r, const struct last_good *last_good)
{
	size_t text = d->texts.n;

	take_problems(d, r);
	if (!r->record) {
		struct reading before = *r;

		d->rejected++;
		before.problems = (struct problems){ 0 };
		if (!r->shadowed && last_good && last_good->context &&
			last_good->find(
				last_good->context, &d->arena, r->path, &before.text.bytes)) {
			reading_parse(&before, &d->arena, d->tomorrow);
			if (before.record) {
				r->record = before.record;
				r->text.bytes = before.text.bytes;
				r->text.serves = true;
			}
		}
	}
	*vec_add(&d->arena, &d->texts) = r->text;
	if (r->record || r->broken)
		keep_record(d, r, text);
}

static int
people_by_slug(const void *a, const void *b)
{
	return str_cmp(
		((const struct member *)a)->record->slug, ((const struct member *)b)->record->slug);
}

static int
subjects_by_slug(const void *a, const void *b)
{
	return str_cmp((*(struct subject *const *)a)->slug, (*(struct subject *const *)b)->slug);
}

static int
files_by_slug(const void *a, const void *b)
{
	return str_cmp(
		(*(struct source_file *const *)a)->slug, (*(struct source_file *const *)b)->slug);
}

static void
sort_records(struct directory *d)
{
	if (d->people.n)
		qsort(d->people.v, d->people.n, sizeof *d->people.v, people_by_slug);
	if (d->source_files.n)
		qsort(d->source_files.v, d->source_files.n, sizeof *d->source_files.v,
			files_by_slug);
	if (d->topic_records.n)
		qsort(d->topic_records.v, d->topic_records.n, sizeof *d->topic_records.v,
			subjects_by_slug);
	if (d->organization_records.n)
		qsort(d->organization_records.v, d->organization_records.n,
			sizeof *d->organization_records.v, subjects_by_slug);
	map_reserve(&d->arena, &d->people_by_slug, d->people.n);
	for (size_t i = 0; i < d->people.n; i++)
		*map_at(&d->arena, &d->people_by_slug, d->people.v[i].record->slug) = i;
}

void
directory_load_files(struct directory *d, const char *capsule, const struct last_good *last_good,
	load_progress *progress, struct err *e)
{
	struct crew crew = { .capsule = capsule, .tomorrow = d->tomorrow, .progress = progress };
	struct arena brief = { 0 }; /* until the readings are taken */

	list_files(d, &brief, capsule, &crew.readings, e);
	if (e->text[0])
		goto out;
	read_all(d, &crew);
	vec_reserve(&d->arena, &d->texts, crew.readings.n);
	vec_reserve(&d->arena, &d->people, crew.readings.n);
	for (size_t i = 0; i < crew.readings.n; i++)
		take(d, &crew.readings.v[i], last_good);
	sort_records(d);
	for (size_t i = 0; i < d->problems.n; i++)
		d->problems.v[i].within = true;
out:
	arena_end(&brief);
}

/* ---- the whole ---- */

bool
directory_load(struct directory *d, const char *capsule, const struct last_good *last_good,
	load_progress *progress, struct err *e)
{
	struct stat st;

	d->problems.arena = &d->arena;
	d->tomorrow = clock_day(&d->arena, 24);
	if (stat(capsule, &st) != 0 || !S_ISDIR(st.st_mode))
		return err_set(e, "%s: no such folder; name the capsule with -c FOLDER", capsule);
	directory_load_files(d, capsule, last_good, progress, e);
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

	for (size_t i = 0; i < DIRECTORY_HANDS; i++)
		arena_end(&d->hands[i]);
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
