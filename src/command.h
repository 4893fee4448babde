/* command: a subcommand is a row: its words, its help, its function. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdio.h>

#include "config.h"

enum { EXIT_OK = 0, EXIT_FOUND = 1, EXIT_USAGE = 2, EXIT_NOT_RUNNING = 3 };

struct command {
	const char *name;
	const char *words; /* what follows: "FILE", words to choose from, "[a|b]" */
	const char *help;
	int (*run)(struct config *c); /* c->argv[0] is the command's name; gives the exit status */
};

extern const struct command COMMANDS[];
extern const size_t COMMANDS_N;

int cmd_serve(struct config *c), cmd_check(struct config *c), cmd_show(struct config *c),
	cmd_search(struct config *c), cmd_new(struct config *c), cmd_schema(struct config *c),
	cmd_cert(struct config *c), cmd_manual(struct config *c), cmd_fmt(struct config *c),
	cmd_rename(struct config *c), cmd_import(struct config *c), cmd_export(struct config *c),
	cmd_mirror(struct config *c), cmd_status(struct config *c),
	cmd_completion(struct config *c);

/* What `serve` would do with these settings; false when that was said to be impossible. */
struct plan;
bool serve_plan(struct config *c, struct plan *plan);
/* check --install: looks at the machine as it is set up. The exit status. */
int look_at_install(struct config *c);

/* Writes "almagest: " and the text to standard error, and gives `status`. */
int complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Shows the manual page of that topic as text; false when there is none. And a line for each. */
bool manual_show(const char *topic);
void manual_list(FILE *to);

/* Reads the settings; prints what is wrong with them on standard error. */
bool command_settings(struct config *c);

/* Whether standard output is a terminal that shows colours, and the user has not asked for none. */
bool command_colours(void);

/* What to put before a path of the capsule to open it from here: "capsule/", or "". */
const char *command_prefix(const struct config *c);

/* What a copy, or an address, says of where the directory is: hosts and ports as the settings or
 * options have them. */
struct place;
struct place command_place(const struct config *c);

/* All of standard input, at most in->most bytes. */
bool command_stdin(struct buf *in, struct err *e);

/* A line for each problem, in their order. */
void command_problems(const struct problems *ps, FILE *to);

/* The path within the capsule of a file that is there ("people/ada.yaml"); empty when it lies
 * elsewhere. */
struct str command_in_capsule(const struct config *c, struct str path);

/* The file of a person's record by its slug; empty when there is none. And the slug that is nearest
 * to what was typed, or NULL. */
struct str command_person_file(const struct config *c, struct str slug);
const char *command_nearest_person(const struct config *c, struct str slug);

/* A record as somebody names it on the command line: a path from here, a path within the capsule,
 * or a slug. .p is NULL, and *e says why, when there is none. */
struct str command_record(const struct config *c, const char *word, struct err *e);

/* The catalog of the capsule as its files are now, with the draft of that slug as if it were
 * published (empty: none): the server's where it is of now, else made in memory. All that is read
 * of it is of one moment, until command_store_close(), which is false (and says so) where parts
 * could not be read. NULL (and said) when the capsule cannot be read. */
struct store;
struct store *command_store(struct config *c, struct str draft);
bool command_store_close(const struct config *c, struct store *store);

/* A page as a protocol would send it: the view of the path, on the catalog. */
struct view;
struct answer;
void command_answer(struct config *c, struct store *store, struct str path_and_query,
	struct view *v, struct answer *answer);

/* Where a record of a person finds its schema, as its first line names it: the repository's, or one
 * of the capsule's own, which is written if asked for and not there; NULL when there is none. */
const char *command_schema_line(struct config *c, bool write);

/* Complains of a word that is no slug, with one that is. */
int command_no_slug(const struct config *c, struct str word);

/* Writes a new record under --slug, or the slug of the name, and prints its path; complains, and
 * writes nothing, when that slug is taken or leads to another record. Without a record it only
 * looks. */
int command_new_record(struct config *c, struct str name, const struct buf *record);

/* The JSON Schema of a kind of file; with a store, the values that its directory has are proposed.
 */
void schema_put(struct buf *out, struct arena *a, const struct kind *kind, struct store *store);

#endif
