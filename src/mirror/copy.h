/* copy: the directory as files: every page as it is served, and beside it what static servers need.
 */
#ifndef MIRROR_COPY_H
#define MIRROR_COPY_H

#include "encode/encode.h"
#include "mirror/tree.h"
#include "page/view.h"

struct copy {
	struct view view;        /* store, settings, base, capsule; its arena is the copy's own */
	struct place place;      /* addresses in texts and menus */
	bool gemini;             /* gemtext, and all that is no page of lines */
	bool gopher;             /* gophermap and index.gph */
	bool text;               /* every page as text */
	bool book;               /* a Gempub: metadata.txt and contents.gmi */
	bool files;              /* the capsule's own files, for building the directory again */
	bool withdrawn_in_place; /* of these, withdrawn records, too, at their own path */
	bool about_mirror;       /* /mirror/index.gmi says where the live one is */
	/* Whether a path is in this part of a copy that is parted; NULL: all are. */
	bool (*wanted)(void *context, struct str path);
	/* Called now and then, for a terminal; or NULL. */
	void (*progress)(void *context, size_t files);
	void *context;
};

/* Puts all of it into the tree. */
bool copy_make(struct copy *c, struct tree *tree, struct err *e);

#endif
