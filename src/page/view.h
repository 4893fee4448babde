/* view: what a page kind gets and gives. One file view_<kind>.c per kind, one row in ROUTES
 * (route.c). */
#ifndef PAGE_VIEW_H
#define PAGE_VIEW_H

#include <stdint.h>

#include "catalog/query.h"
#include "catalog/words.h"
#include "page/page.h"

enum answer_kind {
	ANSWER_NOT_FOUND,
	ANSWER_PAGE,  /* lines */
	ANSWER_BYTES, /* text in one go */
	ANSWER_FILE,  /* a file, open */
	ANSWER_INPUT, /* a question to the reader */
	ANSWER_MOVED, /* for ever, to target */
	ANSWER_SEE,   /* just now, to target */
	ANSWER_GONE
};

struct answer {
	enum answer_kind kind;
	struct page page;
	struct str bytes;
	const char *mime;  /* of bytes and files */
	struct str target; /* a path of ours */
	struct str words;  /* the prompt, or why it is gone */
	int fd;            /* ANSWER_FILE: yours to close */
	bool passing;      /* it may be otherwise in a moment: no answer to keep */
	uint64_t size;
};

/* The addresses that absolute URLs use. */
struct base {
	struct str host;
	unsigned port; /* of Gemini */
};

struct view {
	struct store *store;
	struct arena *arena;
	struct settings settings; /* the public ones of this catalog */
	struct base base;
	const char *capsule; /* its folder, for files/ */
	const char *mirror;  /* folder of manifest and bundles (src/mirror/), or NULL */
	struct str path;     /* asked for: "/names/sm--2.gmi" */
	struct str name;     /* what stands for the pattern's '*', without the part: "sm" */
	size_t part;         /* which page of a long list, from 1 */
	bool has_query;
	struct str query; /* decoded */
	bool by_chance;   /* it was led here by /random, or to what passes: the next reader may get
			     something else */
};

typedef void view_fn(const struct view *v, struct answer *answer);

view_fn view_home, view_people, view_names, view_person, view_topics, view_topic_names,
	view_organizations, view_organization_names, view_sources, view_source_names, view_topic,
	view_organization, view_source, view_search, view_connect, view_changes, view_atom,
	view_random, view_own_page, view_person_text, view_person_record, view_person_bibtex,
	view_robots, view_favicon, view_file, view_mirror, view_mirror_file, view_withdrawn,
	view_capsule_file;

/* ---- what views share (view.c) ---- */

/* An empty page at v->path, as the answer. */
struct page *view_page(const struct view *v, struct answer *answer);

struct str view_word(const struct view *v, enum word id);
/* The phrase with one value, or two, in its places. */
struct str view_say(const struct view *v, enum word id, struct str first);
struct str view_say_two(const struct view *v, enum word id, struct str first, struct str second);

/* "4 sources": the phrase that goes with n in this language. */
struct str view_count(const struct view *v, size_t n, enum word one, enum word many);

/* The parts of v->part of a list. */
struct range view_range(const struct view *v);

/* Links to other parts of the list at v->path, as far as there are any: the next and the previous,
 * some further on, the last and the first. */
void view_parts(const struct view *v, struct page *p, size_t total);

/* The path of the page of an index of those that begin so (letters.h; empty: all). */
struct str view_letters_path(const struct view *v, enum lettered of, struct str begin);
/* How many that page lists itself, in parts, of `total` that begin so: all, or where these are too
 * many those that go on with no other letter. The others are on pages for what next letters they
 * have. */
size_t view_letters(const struct view *v, enum lettered of, struct str begin, size_t total,
	struct begins *next);

/* Home, and a space before it. */
void view_foot(const struct view *v, struct page *p);

/* The path of a person, topic, organization or source page. */
struct str view_person_path(const struct view *v, struct str slug);
struct str view_thing_path(const struct view *v, enum shared_kind kind, struct str slug);

/* A link to a person: name and tagline. */
void view_link_person(const struct view *v, struct page *p, const struct card *card);
/* A link to a thing: name, and how many people share it. */
void view_link_thing(const struct view *v, struct page *p, const struct thing *thing);

/* Moved or gone, when the folder has a former address of that name; else not found. `ending` is
 * what stands behind the slug in paths of this kind. */
void view_old(const struct view *v, struct answer *answer, const char *folder, const char *ending);

/* Kind, year and host: "paper, 2022, arxiv.org". */
struct str view_source_facts(const struct view *v, const struct citation *source, struct str url);

/* The type of a file by its name's ending: as Gopher's items and as MIME say it. */
char view_file_type(struct str path);
const char *view_file_mime(struct str path);

/* Answers with the file at path below the folder, when there is one: no links, no dot names,
 * nothing outside. */
void view_open(struct arena *a, const char *folder, struct str path, struct answer *answer);

#endif
