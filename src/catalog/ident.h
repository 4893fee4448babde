/* ident: identifiers as people write them, brought to the one form they are compared and linked in.
 * Pure. */
#ifndef CATALOG_IDENT_H
#define CATALOG_IDENT_H

#include "base/arena.h"

/* Each returns what is wrong with s and what was expected, or NULL and the canonical form in *out.
 */
const char *ident_doi(struct arena *a, struct str s, struct str *out); /* 10.1145/x, lower case */
const char *ident_arxiv(
	struct arena *a, struct str s, struct str *out); /* 2205.14135, cs/0511072; no version */
const char *ident_orcid(struct arena *a, struct str s, struct str *out); /* 0000-0002-1825-0097 */
const char *ident_ror(struct arena *a, struct str s, struct str *out);   /* 00f54p054 */
const char *ident_url(struct arena *a, struct str s, struct str *out);   /* as written */

/* A class ("url:") and what it holds, as sources are identified by. */
struct str ident_key(struct arena *a, struct str class, struct str id);

/* The identifier that a DOI in its canonical form is: "doi:X", or "arxiv:X" of 10.48550/arXiv.X. */
struct str ident_doi_key(struct arena *a, struct str doi);

/* The identifier that a URL of arxiv.org, doi.org or dx.doi.org spells: "arxiv:X" or "doi:X"; a DOI
 * 10.48550/arXiv.X is "arxiv:X". False for any other URL. */
bool ident_of_url(struct arena *a, struct str url, struct str *key);

/* A link of a record: label "github" and value "tridao" make https://github.com/tridao; any other
 * label needs a URL. What is wrong, or NULL and the URL. */
const char *ident_link(struct arena *a, struct str label, struct str value, struct str *url);

/* The labels that mean something, in their order; NULL behind the last. */
const char *ident_link_key(size_t i);

/* How a link's label is shown ("orcid" is "ORCID"); a label that is no known word stays as it is.
 */
struct str ident_link_label(struct str label);

/* Whether the URL lies on a site that holds repositories. */
bool ident_is_forge(struct str url);

#endif
