/* bundle: what /mirror/ offers, as files in a folder: manifest.txt and its parts, urls.txt and its
 * parts, the bundles, and .facts, from which /mirror/index.gmi is made (page/view_mirror.c). All
 * are functions of the directory and its address, and a page that comes changes one part of each. A
 * file is replaced whole, so who is downloading the old one keeps it; one that is the same is left
 * alone. */
#ifndef MIRROR_BUNDLE_H
#define MIRROR_BUNDLE_H

#include "base/err.h"
#include "encode/encode.h"
#include "page/view.h"

#define BUNDLE_FOLDER "mirror" /* in the catalog's folder */

enum { BUNDLE_MIB = 256 };

struct bundle {
	const char *folder;  /* where to; it is there */
	struct store *store; /* the directory */
	const char *capsule; /* for files/ */
	struct place place;  /* its address */
	uint64_t most;       /* bytes of one bundle, past which there is one for each letter */
	int settle_ms;       /* between manifest and bundles: time for more to change */
};

/* Makes all of it; memory is bounded whatever the directory's size. The lists are of one moment,
 * and so is each bundle, but nothing is read longer: what changes meanwhile could not leave the
 * catalog's log, and where bundles take an hour the log would grow for as long. What a bundle and
 * the manifest do not agree on, a mirror fetches by itself. */
bool bundle_make(const struct bundle *b, struct err *e);

/* The same for one archive alone, whatever its size. */
bool bundle_gempub(const struct bundle *b, const char *path, struct err *e);
bool bundle_tar(const struct bundle *b, const char *path, struct err *e);

#endif
