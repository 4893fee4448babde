/* config: the command line and the settings files as one: what stands on the command line wins. */
#ifndef CONFIG_H
#define CONFIG_H

#include "base/err.h"
#include "catalog/directory.h"

/* Where packages and the units of docs/deploy have capsule and state: a server's own folders are
 * found there without being named. */
#define CONFIG_PLACE_CAPSULE "/srv/almagest"
#define CONFIG_PLACE_STATE "/var/lib/almagest"

struct config {
	struct arena *arena;
	const char *capsule;       /* -c, default "capsule" when there is one here, else "."; see
				      find_capsule() */
	struct settings options;   /* of the command line alone */
	struct settings settings;  /* files, then options */
	struct str certs, catalog; /* folders, defaults filled in */
	struct entries hosts;      /* in lower case; defaults filled in */
	bool open;                 /* hosts were set: others may connect */
	int argc;                  /* what is left: the command's own words */
	char **argv;
	struct own_options { /* of single commands; NULL where not given, "" for a flag */
		const char *accept_key, *advice, *as, *base, *check, *deadline, *diff, *every,
			*format, *gempub, *install, *max_size, *merge, *name, *only, *parallel,
			*slug, *suggest, *tar, *try, *verbose, *watch, *width, *write;
	} own;
};

/* An option that only some commands take. */
struct own_option {
	const char *name;  /* "as" */
	const char *value; /* what follows it: "FILE", or words to choose from, "text|json"; NULL: a
			      flag */
	const char *commands; /* " check show " */
	const char *help;
	size_t offset; /* in struct own_options */
};

extern const struct own_option OWN_OPTIONS[];
extern const size_t OWN_OPTIONS_N;

/* Whether the command takes it. */
bool config_takes(const struct own_option *option, const char *command);

/* Reads the options in argv (argv[0] is the command's name). False with what is wrong and the
 * nearest known option in *e. Settings files are not read yet. */
bool config_options(struct config *c, int argc, char **argv, struct err *e);

/* Reads the settings files and puts the options above them. Problems go to ps; false when there was
 * an error. May be called again to see what changed; everything it finds is in c->arena. */
bool config_load(struct config *c, struct problems *ps);

/* An option that is a setting: its name without the dashes ("reader-ports"). */
struct option {
	struct str name;
	const struct field *field;
};

/* All of them in the order of the settings' tables; how many there are. */
enum { OPTIONS_MOST = 64 };
size_t config_option_list(struct arena *a, struct option list[OPTIONS_MOST]);

/* Writes a line for each option that the command takes: its own first; the settings for `serve`
 * alone, elsewhere they are named in a sentence. */
void config_help(struct arena *a, const char *command, struct buf *out);

#endif
