/* command: a subcommand is a row: its words, its help, its function. */
#ifndef COMMAND_H
#define COMMAND_H

#include "config.h"

enum { EXIT_OK = 0, EXIT_FOUND = 1, EXIT_USAGE = 2 };

struct command {
	const char *name, *words, *help;
	int (*run)(struct config *c); /* c->argv[0] is the command's name; gives the exit status */
};

extern const struct command COMMANDS[];
extern const size_t COMMANDS_N;

int cmd_serve(struct config *c), cmd_check(struct config *c), cmd_show(struct config *c),
	cmd_search(struct config *c), cmd_new(struct config *c), cmd_schema(struct config *c),
	cmd_cert(struct config *c), cmd_manual(struct config *c);

/* Writes "almagest: " and the text to standard error, and gives `status`. */
int complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads the settings; prints what is wrong with them on standard error. */
bool command_settings(struct config *c);

/* The catalog of the capsule as its files are now, in memory; NULL (and said) when the capsule
 * cannot be read. */
struct store;
struct store *command_store(struct config *c);

/* A page as a protocol would send it: the view of the path, on the catalog. */
struct view;
struct answer;
void command_answer(struct config *c, struct store *store, struct str path_and_query,
	struct view *v, struct answer *answer);

#endif
