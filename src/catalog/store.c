/* store: the tables of the catalog, and opening it. The columns of people, topics, organizations
 * and sources are the fields of schema.h, packed (record.h); rows.c writes them, query.c reads. */
#include "catalog/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/uri.h"

/* Texts come folded (text_fold): words are what stands between blanks, in any script. */
#define FOLDED_WORDS "tokenize = 'ascii'"

/* {KIND} stands for the columns of a kind. A person's or thing's id orders it by prominence. */
static const char TABLES[] =
	"CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
	"CREATE TABLE file(path TEXT PRIMARY KEY, size INT, mtime INT, sum TEXT, good INT, folder "
	"TEXT, slug TEXT, serves INT, bytes BLOB);"
	"CREATE INDEX file_slug ON file(folder, slug, serves, path);"
	"CREATE INDEX file_bad ON file(path) WHERE good = 0;"
	"CREATE TABLE problem(path TEXT, line INT, column INT, severity INT, field TEXT, text "
	"TEXT);"
	"CREATE TABLE tally(kind INT, key TEXT, n INT, PRIMARY KEY(kind, key)) WITHOUT ROWID;"
	"CREATE TABLE person(id INTEGER PRIMARY KEY, slug TEXT, letters TEXT, day TEXT, "
	"path TEXT{P});"
	/* what a profile shows of others (shown.h) */
	"CREATE TABLE shown(person INTEGER PRIMARY KEY, organizations TEXT, topics TEXT, sources "
	"TEXT, lines TEXT);"
	"CREATE TABLE source(place INTEGER PRIMARY KEY, slug TEXT, rank INT, letters TEXT, "
	"people INT, key TEXT, "
	"wanted TEXT, keys TEXT, writers BLOB{S});"
	/* a build has these in order */
	"CREATE UNIQUE INDEX person_slug ON person(slug);"
	"CREATE UNIQUE INDEX source_rank ON source(rank);"
	"CREATE TABLE topic(rank INTEGER PRIMARY KEY, slug TEXT, letters TEXT, people INT{T});"
	"CREATE TABLE organization(rank INTEGER PRIMARY KEY, slug TEXT, letters TEXT, people "
	"INT{O});"
	/* what a person has, in the record's order, and the sources that they are an author of */
	"CREATE TABLE shares(person INTEGER PRIMARY KEY, sources TEXT, topics TEXT, organizations "
	"TEXT, wrote TEXT);"
	/* who has a thing, in chunks (posting.h) */
	"CREATE TABLE posting(kind INT, item TEXT, first INT, people BLOB, PRIMARY KEY(kind, item, "
	"first)) WITHOUT ROWID;"
	/* the labels of a topic or organization, and how many people use each */
	"CREATE TABLE spelling(kind INT, item TEXT, label TEXT, n INT, PRIMARY KEY(kind, item, "
	"label)) WITHOUT ROWID;"
	/* who says an identifier ("people/SLUG", "sources/SLUG"), and the source it means */
	"CREATE TABLE citing(key TEXT, who TEXT, PRIMARY KEY(key, who)) WITHOUT ROWID;"
	"CREATE TABLE ident(key TEXT PRIMARY KEY, source TEXT) WITHOUT ROWID;"
	/* the sources that name such an author, by a hash of the folded name */
	"CREATE TABLE authored(name INTEGER PRIMARY KEY, sources TEXT);"
	/* a person's list, and on whose lists somebody is */
	"CREATE TABLE related(person INTEGER PRIMARY KEY, list TEXT);"
	"CREATE TABLE listed(person INTEGER PRIMARY KEY, lists BLOB);"
	"CREATE TABLE pin(slug TEXT, place INT, other TEXT, why TEXT);"
	"CREATE TABLE apart(slug TEXT, other TEXT);"
	"CREATE TABLE claim(folder TEXT, slug TEXT, rank INT, owner TEXT, note TEXT, PRIMARY "
	"KEY(folder, slug, rank, owner)) WITHOUT ROWID;"
	/* whose name or alias it is; author: one that a list of authors may have */
	"CREATE TABLE exact(folded TEXT, person INT, author INT, PRIMARY KEY(folded, person, "
	"author)) WITHOUT ROWID;"
	"CREATE VIRTUAL TABLE name_text USING fts5(text, content='', columnsize=0, prefix='1 2 "
	"3', " FOLDED_WORDS ");"
	"CREATE VIRTUAL TABLE full_text USING fts5(text, content='', columnsize=0, " FOLDED_WORDS
	");"
	/* of things, by their ids */
	"CREATE VIRTUAL TABLE thing_text USING fts5(text, content='', columnsize=0, prefix='2 "
	"3', " FOLDED_WORDS ");"
	/* every word of full_text, and of name_text (vocabulary.h) */
	"CREATE TABLE word(word TEXT PRIMARY KEY, people INT, named INT) WITHOUT ROWID;"
	"CREATE INDEX word_of_names ON word(word, named) WHERE named > 0;";

/* Made after a full build's rows of people and things: sorting once is cheaper than keeping in
 * order. */
static const char SUBJECT_INDEXES[] =
	"CREATE UNIQUE INDEX topic_slug ON topic(slug);"
	"CREATE UNIQUE INDEX organization_slug ON organization(slug);"
	"CREATE INDEX topic_letters ON topic(letters, slug);"
	"CREATE INDEX organization_letters ON organization(letters, slug);"
	"CREATE INDEX topic_people ON topic(people DESC, letters, slug) WHERE people > 1;"
	"CREATE INDEX organization_people ON organization(people DESC, letters, slug) WHERE people "
	"> 1;"
	"CREATE INDEX topic_broader ON topic(broader, letters, slug) WHERE broader <> '';";

static const char INDEXES[] = "CREATE INDEX problem_path ON problem(path);"
			      "CREATE INDEX person_letters ON person(letters, slug);"
			      "CREATE INDEX person_day ON person(day DESC, slug) WHERE day <> '';"
			      "CREATE INDEX pin_slug ON pin(slug, place);"
			      "CREATE INDEX pin_other ON pin(other);"
			      "CREATE INDEX apart_slug ON apart(slug, other);"
			      "CREATE INDEX apart_other ON apart(other);";

static const char SOURCE_INDEXES[] =
	/* posting has the others in order */
	"CREATE INDEX source_unread ON source(slug) WHERE people = 0;"
	/* sources that did not get the slug they would like to have */
	"CREATE INDEX source_wanted ON source(wanted) WHERE wanted <> slug;"
	"CREATE INDEX source_letters ON source(letters, slug);"
	"CREATE INDEX source_people ON source(people DESC, letters, slug) WHERE people > 1;";

static const struct {
	char mark;
	const struct kind *kind;
} COLUMNS[] = { { 'P', &KIND_PERSON }, { 'S', &KIND_SOURCE }, { 'T', &KIND_TOPIC },
	{ 'O', &KIND_ORGANIZATION } };

static const char *const PARTS[] = {
	[STORE_TABLES] = TABLES,
	[STORE_SUBJECT_INDEXES] = SUBJECT_INDEXES,
	[STORE_INDEXES] = INDEXES,
	[STORE_SOURCE_INDEXES] = SOURCE_INDEXES,
};

bool
store_make(sqlite3 *db, enum store_part part, struct err *e)
{
	struct buf sql = { 0 };

	for (const char *at = PARTS[part]; *at; at++) {
		if (*at != '{') {
			buf_char(&sql, *at);
			continue;
		}
		for (size_t i = 0; i < COUNT(COLUMNS); i++)
			for (size_t f = 0; COLUMNS[i].mark == at[1] && f < COLUMNS[i].kind->n; f++)
				buf_printf(&sql, ", %s TEXT", COLUMNS[i].kind->fields[f].key);
		at += 2;
	}
	buf_char(&sql, '\0');
	bool good = sqlite3_exec(db, sql.p, NULL, NULL, NULL) == SQLITE_OK ||
		err_set(e, "the catalog cannot be written: %s", sqlite3_errmsg(db));

	buf_end(&sql);
	return good;
}

/* ---- prominence ---- */

enum { CLASSES = 64, CLASS_BITS = STORE_CLASS_BITS };

int64_t
store_person_id(const struct person *person)
{
	size_t points = 3 * (person->start_here.n < 12 ? person->start_here.n : 12) +
		(person->known_for.n < 8 ? person->known_for.n : 8) +
		(person->summary.text.n ? 4 : 0) + (person->reviewed.text.n ? 6 : 0);
	uint64_t class = CLASSES - 1 - (points < CLASSES ? points : CLASSES - 1);

	return (int64_t)(class << CLASS_BITS | hash_bits(person->slug) >> (64 - CLASS_BITS));
}

unsigned
store_class(int64_t id)
{
	return (unsigned)((uint64_t)id >> CLASS_BITS);
}

enum shared_kind
store_thing_kind(int64_t id)
{
	return (enum shared_kind)(store_class(id) % SHARED_KINDS);
}

int64_t
store_place(struct str slug)
{
	return (int64_t)(hash_bits(slug) >> (64 - STORE_PLACE_BITS));
}

/* ---- opening ---- */

enum { STATEMENTS = 512 }; /* a power of two, well above how many texts there are */

struct store {
	sqlite3 *db;
	struct {
		struct str slug;
		char bytes[80];
		int64_t place;
	} placed; /* the last place_of(): a statement asks for the same one twice */
	struct statement {
		const char *sql;
		sqlite3_stmt *st;
		bool refused;
	} statements[STATEMENTS];
	size_t n;
	int log_pages; /* of updates, as the last commit left it */
	struct kept {  /* what store_keep() was given */
		struct arena arena;
		struct map map; /* from keys to places among the values */
		struct {
			const void **v;
			size_t n, room;
		} values;
		size_t bytes;
		unsigned version; /* of the catalog, as SQLite counts them */
	} kept;
	size_t begun;    /* how many store_begin() have no store_end() yet */
	bool one_moment; /* the file never changes, so nothing is begun or ended */
};

static void
place_of(sqlite3_context *context, int n, sqlite3_value **value)
{
	struct store *s = sqlite3_user_data(context);
	const void *p = sqlite3_value_blob(value[0]);
	const struct str slug = { p, p ? (size_t)sqlite3_value_bytes(value[0]) : 0 };

	(void)n;
	if (!s->placed.slug.p || !str_eq(slug, s->placed.slug)) {
		s->placed.slug = (struct str){ NULL, 0 };
		s->placed.place = store_place(slug);
		if (slug.n && slug.n <= sizeof s->placed.bytes) {
			memcpy(s->placed.bytes, slug.p, slug.n);
			s->placed.slug = (struct str){ s->placed.bytes, slug.n };
		}
	}
	sqlite3_result_int64(context, s->placed.place);
}

static bool
teach_places(struct store *s)
{
	return sqlite3_create_function(s->db, "place_of", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, s,
		       place_of, NULL, NULL) == SQLITE_OK;
}

/* Queries take an error for the end of their rows; SQLite tells its log of it. */
static bool damaged;

static void
hear_sqlite(void *context, int code, const char *message)
{
	int kind = code & 0xff;

	(void)context;
	(void)message;
	damaged =
		damaged || kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_IOERR;
}

static sqlite3_stmt *
prepare(struct store *s, const char *sql, bool *refused)
{
	static const char NOTHING[] = "SELECT 1 WHERE 0";
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) == SQLITE_OK)
		return st;
	fprintf(stderr, "almagest: the catalog is damaged: %s: %s\n", sql, sqlite3_errmsg(s->db));
	*refused = damaged = true;
	if (sqlite3_prepare_v2(s->db, NOTHING, -1, &st, NULL) != SQLITE_OK)
		abort();
	return st;
}

sqlite3_stmt *
store_prepare(struct store *s, const char *sql)
{
	bool refused;

	return prepare(s, sql, &refused);
}

sqlite3_stmt *
store_statement(struct store *s, const char *sql)
{
	size_t i = ((uintptr_t)sql >> 3) % STATEMENTS;

	while (s->statements[i].sql && s->statements[i].sql != sql)
		i = (i + 1) % STATEMENTS;
	if (s->statements[i].sql) {
		damaged = damaged || s->statements[i].refused;
		sqlite3_reset(s->statements[i].st);
		return s->statements[i].st;
	}
	if (++s->n == STATEMENTS)
		abort();
	bool refused = false;
	sqlite3_stmt *st = prepare(s, sql, &refused);

	s->statements[i] = (struct statement){ sql, st, refused };
	return st;
}

sqlite3 *
store_db(struct store *s)
{
	return s->db;
}

static void
run(struct store *s, const char *sql)
{
	sqlite3_stmt *st = store_statement(s, sql);

	sqlite3_step(st);
	sqlite3_reset(st);
}

bool
store_damaged(void)
{
	return damaged;
}

/* The number that SQLite gives what is read from now on: it changes with the catalog. */
static bool
version_of(struct store *s, unsigned *version)
{
	sqlite3_stmt *st = store_statement(s, "SELECT 1 FROM meta");
	bool good = sqlite3_step(st) == SQLITE_ROW; /* before, nothing is read */

	sqlite3_reset(st);
	return good &&
		sqlite3_file_control(s->db, "main", SQLITE_FCNTL_DATA_VERSION, version) ==
		SQLITE_OK;
}

static void
let_go(struct kept *kept)
{
	arena_end(&kept->arena);
	*kept = (struct kept){ .version = kept->version };
}

enum { KEPT_MOST = 1 << 20 }; /* bytes */

/* Lets go of what was kept of another moment, or is too much. */
static void
begin_keeping(struct store *s)
{
	unsigned version = 0;

	if (version_of(s, &version) && version == s->kept.version && s->kept.bytes <= KEPT_MOST)
		return;
	let_go(&s->kept);
	s->kept.version = version;
}

void
store_begin(struct store *s)
{
	if (s->begun++)
		return;
	damaged = false;
	if (!s->one_moment)
		run(s, "BEGIN");
	begin_keeping(s);
}

const void *
store_kept(struct store *s, struct str key)
{
	size_t at = s->begun ? map_find(&s->kept.map, key) : (size_t)MAP_NONE;

	return at == (size_t)MAP_NONE ? NULL : s->kept.values.v[at];
}

struct arena *
store_keeper(struct store *s)
{
	return s->begun && s->kept.bytes <= KEPT_MOST ? &s->kept.arena : NULL;
}

void
store_keep(struct store *s, struct str key, const void *value, size_t bytes)
{
	struct kept *kept = &s->kept;

	*map_at(&kept->arena, &kept->map, arena_str(&kept->arena, key)) = kept->values.n;
	*vec_add(&kept->arena, &kept->values) = value;
	kept->bytes += key.n + bytes + 3 * sizeof(struct map_slot);
}

bool
store_end(struct store *s)
{
	if (--s->begun == 0 && !s->one_moment)
		run(s, "COMMIT");
	if (damaged) /* what was kept may be of the same kind */
		s->kept.bytes = SIZE_MAX;
	return !damaged;
}

static bool
right_format(sqlite3 *db)
{
	sqlite3_stmt *st = NULL;
	bool right = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name = 'format'", -1, &st,
			     NULL) == SQLITE_OK &&
		sqlite3_step(st) == SQLITE_ROW && sqlite3_column_int(st, 0) == STORE_FORMAT;

	sqlite3_finalize(st);
	return right;
}

/* How a file is opened for each use. Who may not write beside it cannot make what SQLite shares
 * between readers and a writer, and takes a file without a log for one that never changes. Others
 * do not, though no server runs: one may start while they read. They open it as if to write, though
 * they never do: the last who closes it so takes away what was shared. */
static struct str
address_of(struct arena *a, const char *folder, struct str path, enum store_use use, int *flags,
	bool *one_moment)
{
	struct str log = arena_printf(a, "%.*s-wal", STR_ARG(path));
	bool writable = access(folder, W_OK | X_OK) == 0 && access(path.p, W_OK) == 0;

	*one_moment = use == STORE_ALONE && !writable && access(log.p, F_OK) != 0;
	*flags = use == STORE_WRITE || (use == STORE_ALONE && writable) ? SQLITE_OPEN_READWRITE
									: SQLITE_OPEN_READONLY;
	return arena_printf(
		a, "file:%s%s", uri_encode_path(a, path).p, *one_moment ? "?immutable=1" : "");
}

static struct store *
store_new(void)
{
	struct store *s = calloc(1, sizeof *s);

	/* memory is not counted: counting takes a lock at each allocation. Refused, and done
	 * already, after the first time. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	/* twenty pages at each opening are more than who maps the file needs */
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
	sqlite3_config(SQLITE_CONFIG_LOG, hear_sqlite, NULL);
	if (!s)
		abort();
	return s;
}

static const char *const SETTINGS[] = {
	[STORE_ALONE] = "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-2048",
	[STORE_LIVE] = "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-2048",
	[STORE_BEFORE] = "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; "
			 "PRAGMA cache_size=-16384",
	[STORE_WRITE] = "PRAGMA temp_store=MEMORY; PRAGMA synchronous=NORMAL; "
			"PRAGMA journal_size_limit=16777216; "
			"PRAGMA cache_size=-32768",
};

/* Readers map a small file, and of a large one the beginning, where topics and organizations are.
 * After each update a mapping is made anew, and what is read faults in again: among a million
 * people that is each page, as nobody reads it twice, and a fault costs more than a read. */
static void
map(struct store *s, struct str path)
{
	enum { SMALL = 256 << 20 };
	struct stat st;
	bool small = stat(path.p, &st) == 0 && st.st_size <= SMALL;

	sqlite3_exec(s->db, small ? "PRAGMA mmap_size=536870912" : "PRAGMA mmap_size=67108864",
		NULL, NULL, NULL);
}

static int
note_log(void *context, sqlite3 *db, const char *name, int pages)
{
	struct store *s = context;

	(void)db;
	(void)name;
	s->log_pages = pages;
	return SQLITE_OK;
}

void
store_shorten_log(struct store *s)
{
	enum { LONG = 1000 }; /* pages */

	if (s->log_pages < LONG)
		return;
	s->log_pages = 0;
	/* what readers still need, and what cannot be written, stays for the next time */
	sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

struct store *
store_open(const char *folder, enum store_use use, struct err *e)
{
	struct arena a = { 0 };
	struct str path = arena_printf(&a, "%s/" STORE_FILE, folder);
	struct store *s = store_new();

	int flags;
	struct str uri = address_of(&a, folder, path, use, &flags, &s->one_moment);

	if (sqlite3_open_v2(uri.p, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL) !=
			SQLITE_OK ||
		sqlite3_busy_timeout(s->db, 5000) != SQLITE_OK || !right_format(s->db) ||
		!teach_places(s)) {
		err_set(e, "%s: not a catalog of this version: %s", path.p, sqlite3_errmsg(s->db));
		store_close(s);
		s = NULL;
	} else {
		sqlite3_exec(s->db, SETTINGS[use], NULL, NULL, NULL);
		if (use == STORE_ALONE || use == STORE_LIVE)
			map(s, path);
		if (use == STORE_WRITE) /* in place of writing it into the file at a commit */
			sqlite3_wal_hook(s->db, note_log, s);
	}
	arena_end(&a);
	return s;
}

bool
store_return(struct store *s, const char *path, struct err *e)
{
	return (sqlite3_open_v2(path, &s->db,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			NULL) == SQLITE_OK &&
		       teach_places(s) &&
		       sqlite3_exec(s->db,
			       "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA "
			       "locking_mode=EXCLUSIVE; PRAGMA auto_vacuum=NONE; PRAGMA "
			       "page_size=8192; PRAGMA "
			       "cache_size=-65536; PRAGMA temp_store=MEMORY",
			       NULL, NULL, NULL) == SQLITE_OK) ||
		err_set(e, "%s: cannot be written: %s", path, sqlite3_errmsg(s->db));
}

void
store_leave(struct store *s)
{
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->statements[i].st);
	memset(s->statements, 0, sizeof s->statements);
	s->n = 0;
	sqlite3_close(s->db);
	s->db = NULL;
}

struct store *
store_open_new(const char *path, struct err *e)
{
	struct store *s = store_new();

	s->one_moment = true;
	if (!store_return(s, path, e)) {
		store_close(s);
		return NULL;
	}
	return s;
}

bool
store_settle(const char *folder, struct err *e)
{
	struct arena a = { 0 };
	struct err unheard = { 0 };
	struct store *s = store_open(folder, STORE_WRITE, &unheard);
	bool good = !s ||
		sqlite3_exec(s->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL) ==
			SQLITE_OK ||
		err_set(e,
			"%s/" STORE_FILE
			": the log beside it cannot be emptied: %s; who serves must be "
			"allowed to write " STORE_FILE "-wal and -shm",
			folder, sqlite3_errmsg(s->db));
	static const char *const BESIDE[] = { "-wal", "-shm" };

	store_close(s);
	for (size_t i = 0; good && i < COUNT(BESIDE); i++)
		unlink(arena_printf(&a, "%s/" STORE_FILE "%s", folder, BESIDE[i]).p);
	arena_end(&a);
	return good;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	let_go(&s->kept);
	store_leave(s);
	free(s);
}

/* ---- last good versions ---- */
static bool
find_last_good(void *context, struct arena *a, struct str path, struct str *bytes)
{
	sqlite3_stmt *st = NULL;
	bool found = false;

	if (sqlite3_prepare_v2(store_db(context),
		    "SELECT bytes FROM file WHERE path = ? AND serves = 1", -1, &st,
		    NULL) == SQLITE_OK) {
		sqlite3_bind_text64(st, 1, path.p, path.n, SQLITE_STATIC, SQLITE_UTF8);
		if (sqlite3_step(st) == SQLITE_ROW) {
			struct str blob = { sqlite3_column_blob(st, 0),
				(size_t)sqlite3_column_bytes(st, 0) };

			*bytes = arena_str(a, blob);
			found = true;
		}
	}
	sqlite3_finalize(st);
	return found;
}

struct last_good
store_last_good(const char *folder)
{
	struct err unheard = { 0 };

	return (struct last_good){ find_last_good, store_open(folder, STORE_ALONE, &unheard) };
}

void
store_last_good_end(struct last_good *last_good)
{
	store_close(last_good->context);
	last_good->context = NULL;
}
