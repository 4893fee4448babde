/* directory: a whole capsule in memory, in five steps, each a file of its own: load (files to
 * records), subject (labels to topics and organizations), source (references to sources), check
 * (what stands between files), related (who is close to whom). What it holds afterwards is a
 * function of the files alone; store.c writes it down.
 *
 * Everything lives in the directory's arena. Numbers below are indices into its arrays. */
#ifndef CATALOG_DIRECTORY_H
#define CATALOG_DIRECTORY_H

#include "base/err.h"
#include "base/map.h"
#include "catalog/problem.h"
#include "catalog/schema.h"

struct ids {
	uint32_t *v;
	size_t n, room;
};

/* A file that was read, for finding out later whether it changed. */
struct source_text {
	struct str path;         /* within the capsule */
	struct str folder, slug; /* of capsule.yaml: empty */
	struct str bytes;        /* what serves: the file's, or those of its last good version */
	struct str
		sum; /* 64 hex digits of the SHA-256 of the file as it is now; empty: unreadable */
	int64_t size, mtime_ns;
	bool good;   /* the file as it is now holds no error of its own */
	bool serves; /* it, or its last good version, is in service */
};

struct source_texts {
	struct source_text *v;
	size_t n, room;
};

/* Things that people share: a topic, an organization or a source. */
enum shared_kind { SHARED_SOURCE, SHARED_TOPIC, SHARED_ORGANIZATION, SHARED_KINDS };

/* A topic or organization that somebody names. */
struct item {
	struct str slug, name;
	const struct subject *record; /* or NULL */
	struct ids people;            /* published, ascending */
	struct spelling *spellings;   /* of its label, how many people use each */
	const struct spelling *most;  /* the one most people use, or NULL; where that is its name */
	bool named_broader;           /* its name is what a narrower topic calls it */
};

/* How many records spell a label so. */
struct spelling {
	struct str label;
	size_t n;
	struct spelling *next;
};

struct items {
	struct item *v;
	size_t n, room;
};

/* A source of the directory: all citations that share an identifier, directly or through others. */
struct work {
	struct str key;  /* its first identifier: "id:X", "doi:X", "arxiv:X", "url:X", "title:X" */
	struct str slug; /* of its page */
	struct citation facts; /* each field from the first that gives it; id.text is the slug */
	const struct source_file *file; /* or NULL */
	struct {
		struct str *v;
		size_t n;
	} keys;             /* all identifiers, in byte order */
	struct ids people;  /* who has it in Start Here, ascending */
	struct ids authors; /* directory people among its authors, once each, ascending */
	struct {
		uint32_t *v;
	} positions; /* of each of them in the author list, from 0 */
};

struct works {
	struct work *v;
	size_t n, room;
};

enum reason {
	REASON_PICK,
	REASON_SOURCE,
	REASON_COAUTHOR,
	REASON_TOPIC,
	REASON_ORGANIZATION,
	REASONS
};

/* What a reason's shared things are. */
static inline enum shared_kind
reason_shares(enum reason reason)
{
	return reason == REASON_TOPIC           ? SHARED_TOPIC
		: reason == REASON_ORGANIZATION ? SHARED_ORGANIZATION
						: SHARED_SOURCE;
}

enum { RELATED_MOST = 8, SHARED_SHOWN = 3 };

/* Small, as there are eight for each person. */
struct relation {
	uint32_t other;
	uint32_t score;
	uint32_t position;             /* the other's, in author lists: relation_place() */
	uint32_t count;                /* how many things of the reason's kind are shared */
	uint32_t shared[SHARED_SHOWN]; /* the first of them: works, topics or organizations */
	uint16_t common;               /* how many sources are shared */
	uint8_t shown;                 /* how many are in `shared` */
	uint8_t reason;                /* enum reason */
	struct str why;                /* of a pin, may be empty */
};

enum standing { STANDING_PUBLISHED, STANDING_DRAFT, STANDING_WITHDRAWN, STANDING_REJECTED };

/* Somebody whom a record wants shown first. */
struct pin {
	uint32_t person;
	const struct entry *entry; /* of the record */
};

struct pins {
	struct pin *v;
	size_t n, room;
};

/* A person's record in service. */
struct member {
	struct person *record;
	int64_t id;  /* store_person_id() of the record as written */
	size_t text; /* its file among the texts */
	enum standing standing;
	struct ids works, topics,
		organizations; /* in the record's order; works beside record->start_here.v */
	struct pins pins;
	struct ids unrelated;
	struct ids apart;         /* the same, and who has this person there */
	struct ids authored;      /* works it is a matched author of, ascending */
	struct relation *related; /* at most RELATED_MOST */
	size_t related_n;
};

struct members {
	struct member *v;
	size_t n, room;
};

/* Why a slug that nothing has any more leads somewhere, strongest first. */
enum claim_rank { CLAIM_FORMER, CLAIM_WITHDRAWN, CLAIM_ALIAS };

/* A former or other address of a person, topic, organization or source. Who wins is decided when
 * somebody asks (query_old): the strongest rank, if one alone claims it. */
struct claim {
	const char *folder; /* "people" */
	struct str slug;
	enum claim_rank rank;
	struct str owner; /* the slug it leads to */
	struct str note;  /* of a withdrawn profile: why */
};

struct claims {
	struct claim *v;
	size_t n, room;
};

/* A page of the capsule's own, or any file of it. */
struct own_page {
	struct str slug;
	size_t text;
};

struct own_pages {
	struct own_page *v;
	size_t n, room;
};

/* Who says an identifier of a source: "people/SLUG" or "sources/SLUG". */
struct saying {
	struct str key, who;
};

enum { DIRECTORY_HANDS = 64 }; /* threads that read files, at most */

struct directory {
	struct arena arena;
	struct arena hands[DIRECTORY_HANDS]; /* what each thread read */
	struct problems problems;
	struct str tomorrow;
	struct str preview; /* the slug of a draft that is to be seen as if it were published; or
			       empty; set before loading */
	struct settings settings;
	struct source_texts texts; /* in byte order of path */
	struct members people;     /* in byte order of slug; drafts and withdrawn included */
	struct map people_by_slug;
	struct map people_by_name; /* folded names and aliases of the published; NAME_SHARED where
				      two have it */
	struct {
		struct source_file **v;
		size_t n, room;
	} source_files;
	struct {
		struct subject **v;
		size_t n, room;
	} topic_records, organization_records;
	struct items topics, organizations; /* in byte order of slug */
	struct works works;                 /* in byte order of slug */
	struct own_pages pages;
	struct claims claims; /* of subjects' records and withdrawn profiles */
	struct {
		struct saying *v;
		size_t n, room;
	} sayings;
	size_t rejected; /* records that hold errors (in service or not) */
	struct map
		rejected_paths; /* those not in service, as "people/ada-lovelace", to their text */
};

enum { NAME_SHARED = -2 };

/* Where the last good version of a file is kept, when there is one: false, or its bytes. */
struct last_good {
	bool (*find)(void *context, struct arena *a, struct str path, struct str *bytes);
	void *context;
};

/* Told now and then how many files of how many have been read; may be NULL. */
typedef void load_progress(size_t done, size_t all);

/* Reads the capsule and takes all steps. False only when the capsule itself cannot be read; what is
 * wrong in its files is in d->problems, sorted. */
bool directory_load(struct directory *d, const char *capsule, const struct last_good *last_good,
	load_progress *progress, struct err *e);
void directory_end(struct directory *d);

/* Reads capsule.yaml and the local settings (file, or NULL: CAPSULE/local.yaml if it is there) into
 * *settings. Problems go to ps; false when there was an error. */
bool settings_load(
	struct problems *ps, const char *capsule, const char *file, struct settings *settings);

/* The steps, in order. */
void directory_load_files(struct directory *d, const char *capsule,
	const struct last_good *last_good, load_progress *progress, struct err *e);
void directory_find_subjects(struct directory *d);
void directory_settle_works(struct directory *d); /* which works there are, and who has them */
void directory_find_works(struct directory *d);   /* the same, and who wrote them */
void directory_check(struct directory *d);
void directory_relate(struct directory *d);

/* The identifiers that a citation says: "doi:X", ... How many; 0: it says none. */
enum { SOURCE_KEYS = 5 };
size_t source_keys(struct arena *a, const struct citation *c, struct str keys[SOURCE_KEYS]);

/* Where a source is to be read: its URL, else its arXiv or DOI address; empty when it says none. */
struct str source_url(struct arena *a, const struct citation *source);

/* The slug that a work with that first identifier would like to have. */
struct str source_key_slug(struct arena *a, struct str key);

/* The other identifiers of a work, and the names of its record, as addresses. */
void work_claims(struct arena *a, const struct work *work, struct claims *claims);

/* The addresses besides its own that a published person's record claims. */
void person_claims(struct arena *a, const struct person *person, struct claims *claims);

/* Whether a label is but the slug written out, which is no spelling to show. */
bool subject_label_is_slug(struct str slug, struct str label);

/* The path of the file of that folder and slug that holds errors and is not in service; empty when
 * there is none. */
struct str directory_rejected(struct directory *d, const char *folder, struct str slug);

/* The published person that an author's name means, or (size_t)MAP_NONE. */
size_t directory_author(const struct directory *d, struct arena *a, struct str name);

/* The list of things of that kind that a member has. */
static inline const struct ids *
member_shares(const struct member *m, enum shared_kind kind)
{
	return kind == SHARED_SOURCE   ? &m->works
		: kind == SHARED_TOPIC ? &m->topics
				       : &m->organizations;
}

/* Adds id to an ascending list unless it is there. */
void ids_insert(struct arena *a, struct ids *ids, uint32_t id);
bool ids_has(const struct ids *ids, uint32_t id); /* in an ascending list */

#endif
