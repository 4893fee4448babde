/* uri: RFC 3986 references, checked by uriparser, and what this program does with them. */
#ifndef BASE_URI_H
#define BASE_URI_H

#include "base/arena.h"

struct uri {
	struct str scheme;  /* as written; empty in a relative reference */
	bool has_authority; /* "//" was there */
	bool has_user;      /* user info, "user@" */
	struct str host;    /* as written, without the brackets of an IP literal */
	bool is_literal;    /* the host was in brackets */
	struct str port;    /* digits as written, or empty */
	struct str path;    /* as written, still percent-encoded */
	bool has_query;     /* a '?' was there */
	struct str query;   /* as written, still percent-encoded */
	bool has_fragment;
};

/* Splits s, whose pieces are borrowed from it. False when s is not a URI reference of RFC 3986
 * section 4.1 (raw blanks, controls and non-ASCII included). */
bool uri_parse(struct str s, struct uri *u);

/* Percent-decodes s (section 2.1). False when an escape is malformed or spells NUL. '+' stays. */
bool uri_decode(struct arena *a, struct str s, struct str *out);

/* Percent-encodes every byte that may not stand raw in a path segment ('/' is kept). */
struct str uri_encode_path(struct arena *a, struct str s);

/* Percent-encodes all but unreserved characters, for a query. */
struct str uri_encode_query(struct arena *a, struct str s);

/* Dot segments resolved (section 5.2.4) in a decoded absolute path; an empty path is "/". False
 * when it climbs above the root. */
bool uri_resolve_path(struct arena *a, struct str path, struct str *out);

/* The reference that leads from the page at absolute path `from` to the one at absolute path `to`
 * ("/people/a.gmi" to "/topics/b.gmi" is "../topics/b.gmi"). Neither holds dot segments. */
struct str uri_relative(struct arena *a, struct str from, struct str to);

/* The form in which two URLs of one source are equal: scheme and host in lower case, http as https,
 * no default port, no fragment, no final slash, percent escapes in upper case and unreserved ones
 * decoded. s must be an absolute http or https URL; false for anything else. */
bool uri_normal(struct arena *a, struct str s, struct str *out);

/* An absolute URL of a scheme that a page may link to (http https gemini gopher gophers finger
 * mailto ftp titan spartan), with a host where the scheme needs one. */
bool uri_is_link(struct str s);

/* The host of an absolute URL, borrowed, without "www."; empty when it has none. */
struct str uri_host(struct str s);

#endif
