/* yaml: one YAML file as a tree of texts, lists and maps that know where they stand. Strict on
 * purpose: one document, no tags, anchors, aliases or duplicate keys, at most YAML_DEPTH levels,
 * YAML_MOST bytes. */
#ifndef CATALOG_YAML_H
#define CATALOG_YAML_H

#include "catalog/problem.h"

enum { YAML_MOST = 64 * 1024, YAML_DEPTH = 4 };

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	bool literal;     /* a text written as a block with '|': its newlines fold, blank lines part
			     paragraphs */
	int line, column; /* from 1 */
	struct str text;  /* NODE_TEXT */
	struct node *kids; /* first child; of a map key, value, key, value, ... */
	struct node *next; /* next child of the same parent */
};

/* A file being read: where its problems go and what it is called. */
struct reader {
	struct arena *arena; /* nodes and texts */
	struct problems *problems;
	struct str path;
	struct str tomorrow; /* the last date that is not in the future, YYYY-MM-DD */
};

/* The tree, or NULL when the file cannot be read as YAML at all (then an error says so). An error
 * that leaves a usable tree is added all the same, so that the caller finds what else is wrong. An
 * empty file is an empty map. */
struct node *yaml_parse(struct reader *r, struct str bytes);

/* The same where the bytes outlive what is made of them: texts may lie in them, with no NUL behind.
 */
struct node *yaml_parse_in_place(struct reader *r, struct str bytes);

/* Reports every byte that is not UTF-8 and every forbidden character of a text file; true when
 * there is none. */
bool reader_characters(struct reader *r, struct str bytes);

void reader_problem(struct reader *r, enum severity severity, int line, int column,
	struct str field, const char *format, ...) __attribute__((format(printf, 6, 7)));

#endif
