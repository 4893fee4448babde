/* doc: an editor's YAML file with everything that a reader of it would miss: where each value
 * stands in the bytes, its comments, its empty lines. Made of libyaml's events and their marks over
 * the original bytes. */
#ifndef EDIT_DOC_H
#define EDIT_DOC_H

#include "catalog/yaml.h"

/* A comment on a line of its own. */
struct remark {
	struct str text; /* from the '#' on, no blanks behind */
	bool spaced;     /* an empty line stood before it */
};

struct remarks {
	struct remark *v;
	size_t n, room;
};

struct part {
	enum node_kind kind;
	struct str text;       /* NODE_TEXT: its value */
	bool literal;          /* written as a block with '|' */
	bool quoted;           /* with quotes */
	bool flow;             /* a list in [], a map in {} */
	bool spaced;           /* an empty line stood before it (an item, a key) */
	size_t from, to;       /* in the bytes; from == to: an empty value, which stands nowhere */
	int line, column;      /* from 1; of a block collection its indentation is column - 1 */
	struct remarks before; /* above it (an item, a key) */
	struct str beside;     /* the comment on its line, or empty */
	struct remarks tail;   /* of a collection: below its last child */
	struct part *parent;
	struct part *kids; /* of a map key, value, key, value, ... */
	struct part *next;
};

struct doc {
	struct str bytes;
	struct part *root;   /* always a map; of an empty file without kids */
	struct remarks head; /* about the file as a whole: they stay above whatever comes first */
	bool head_apart;     /* an empty line stood behind them */
	struct remarks all;  /* every comment, wherever it went, in the order of the file */
};

/* False when the file is not YAML as records have it; then the reader's problems say why. */
bool doc_parse(struct reader *r, struct str bytes, struct doc *doc);

/* Where the line that holds byte `at` begins. */
size_t doc_line_begin(struct str bytes, size_t at);

/* The value of that key of a map, its key part in *key (may be NULL); NULL when it is not there. */
struct part *doc_value(const struct part *map, const char *name, struct part **key);

#endif
