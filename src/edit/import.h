/* import: what other catalogues know of a person, as one struct, whatever form it came in; and a
 * record made of it. Each form is a file of its own and a row in IMPORTS. */
#ifndef EDIT_IMPORT_H
#define EDIT_IMPORT_H

#include "base/map.h"
#include "catalog/record.h"

enum { IMPORT_MOST = 32 << 20 }; /* bytes of a file */

struct texts {
	struct str *v;
	size_t n, room;
};

struct reference {
	struct str title, kind, url, year, doi, arxiv, venue;
	struct texts authors;
	bool et_al;
	unsigned long cited; /* how often, where the file says */
};

struct imported {
	struct str name, native_name, summary, role;
	struct texts aliases, organizations, topics;
	struct entries links; /* label, id or URL */
	struct {
		struct reference *v;
		size_t n, room;
	} works;
	size_t left_out; /* works of which nobody says what they are */
};

/* A file being imported: problems (with positions) go to the reader. */
typedef bool importer(struct reader *r, struct str bytes, struct imported *into);
importer import_bibtex, import_csl, import_orcid, import_openalex;

struct import {
	const char *name, *what;
	importer *read;
	bool several; /* files may be given, and make one record */
};

extern const struct import IMPORTS[];
extern const size_t IMPORTS_N;

/* A text from outside as a record may hold it: one line, NFC, no controls, no markup, at most so
 * many characters. */
struct str import_text(struct arena *a, struct str text, size_t most);

/* A name from its parts, as it is printed: 李 and 明 are 李明, Ada and Lovelace are Ada Lovelace.
 */
struct str import_name(struct arena *a, struct str given, struct str family);

/* Adds a work after bringing its parts to the form of a record; what is not right is left out. One
 * that is there already (by an identifier, or title and year) only adds what it knows. */
void import_add(struct reader *r, struct imported *into, struct reference work);

/* Adds a text unless it, or one that folds to the same, is there. */
void import_once(struct arena *a, struct texts *texts, struct str text, size_t most);

/* Whose record it is, when no file said: the author of most works. */
void import_find_name(struct arena *a, struct imported *im);

/* TeX as people write it in bibliographies, as plain text. */
struct str tex_plain(struct arena *a, struct str tex);

/* Where the sources of a directory can be found: "doi:X", "arxiv:X" and "url:X" to the slug of the
 * file in sources/. */
struct known {
	struct map keys; /* to an index */
	struct texts slugs;
};
void known_sources(struct arena *a, const char *capsule, struct known *known);

/* The slug of a work that is among them; empty for any other. */
struct str known_slug(struct arena *a, const struct known *known, const struct reference *work);

/* Leaves out works without a title that are not among the known: a record must say what they are.
 */
void import_settle(struct arena *a, struct imported *im, const struct known *known);

/* A whole record: what is known as values, every other field as a comment that says what to write.
 * A `schema` goes in the line that tells editors where it is; a `remark` above the name. */
void compose_record(struct buf *out, struct arena *a, const struct imported *im,
	const struct known *known, const char *schema, const char *remark);

/* The record with the works added that it does not have yet, in *after; how many in *added. False
 * (and said) when the record holds an error. */
bool compose_merged(struct reader *r, struct str before, const struct imported *im,
	const struct known *known, struct str *after, size_t *added);

#endif
