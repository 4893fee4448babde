/* renew: an update from the inside. Each step looks at what changed, says what that touches, and
 * writes what touched things are now; `before` is the catalog as readers still see it. The steps
 * are those of directory.h, and share its rules. */
#ifndef CATALOG_RENEW_H
#define CATALOG_RENEW_H

#include "catalog/ask.h"
#include "catalog/rows.h"

/* A record that is another than before: one of the two is NULL when it came or went. Of people:
 * NULL, too, while it is not published. */
struct change {
	struct str slug;
	void *before, *now;
	struct str withdrawn;  /* of a person: why it is gone now */
	int64_t id_before, id; /* of people */
};

struct changes {
	struct change *v;
	size_t n, room;
};

struct renewal {
	struct rows rows; /* its store is what is being written */
	struct store *before, *now;
	struct arena arena;
	struct str tomorrow;
	struct changes people, sources;
	struct changes subjects[SHARED_KINDS]; /* of topics and organizations */

	/* what the changes touch, as the steps find out */
	struct set changed;             /* slugs of people whose records are others */
	struct set relabelled;          /* slugs of people whose topics and organizations are to be
					   found again */
	struct set items[SHARED_KINDS]; /* slugs of topics and organizations to be written again, */
	struct numbers more[SHARED_KINDS]; /* and how many more people have each */
	struct set works;                  /* slugs of works, of before or now, that are others than
					      before */
	struct set people_of_works;        /* slugs of people who cite one of those */
	struct set reworded;               /* slugs of people whose words may have changed */
	size_t works_settled;              /* how many of `works` are so by what is said of them */
	struct set related;                /* slugs of people whose relations may have changed */
	struct set relisted;               /* ids (their bytes) of people whose lists have */
	struct set listed;                 /* the same of those on more or fewer lists */
};

/* The record in service with that slug, or NULL: of a folder ("people"), now or before. */
void *renew_record(struct renewal *r, struct store *s, const char *folder, struct str slug);

int64_t person_id(struct store *s, struct str slug); /* 0: not published */
struct str person_slug(struct store *s, struct arena *a, int64_t id);

/* An id of a person or thing that nobody has: `id`, or the next free one. */
int64_t free_person_id(struct store *s, int64_t id);
int64_t free_thing_id(struct store *s, int64_t id);

/* Whether a changed person goes by the same names as an author. */
bool same_author(const struct change *c);

void renew_people(struct renewal *r);   /* people's own rows; who is relabelled */
void renew_subjects(struct renewal *r); /* topics and organizations, and who has them */
void renew_works(struct renewal *r);    /* sources, who cites them */
void renew_authors(struct renewal *r);  /* who wrote them */
void renew_touched(struct renewal *r);  /* whose relations may be others */
void renew_related(struct renewal *r);
void renew_shown(struct renewal *r); /* what profiles show of others */
void renew_words(struct renewal *r);

/* An identifier that `who` says or, no longer, said. */
void renew_citing(struct renewal *r, const struct citation *citation, struct str who, bool says);

/* The directory people who wrote a work, in a catalog. */
void renew_writers_of(struct renewal *r, struct store *s, struct str work, struct set *slugs);
/* The published people with that item, now or before. */
void renew_people_of(struct renewal *r, enum shared_kind kind, struct str item, struct set *slugs);

/* An id as the key of a map or set (borrowed). */
static inline struct str
id_bytes(const int64_t *id)
{
	return (struct str){ (const char *)id, sizeof *id };
}

#endif
