/* sandbox: what a process that faces strangers' bytes gives up, before the first of them arrives.
 * Each step uses what the kernel has and says what it lacks. */
#ifndef RUN_SANDBOX_H
#define RUN_SANDBOX_H

#include <sys/types.h>

#include "base/err.h"

/* Who a child becomes when the supervisor is root. */
struct identity {
	uid_t uid;
	gid_t gid;
	bool change; /* false: stay, but without capabilities */
};

/* The identity for a capsule: `user` by name, else the owner of the folder, else nobody; none of
 * them where it could not read the capsule and reach the catalog's folder. Only root may become
 * another. False and *e when the user that was named is none, or could not work. */
bool identity_find(const char *user, const char *capsule, const char *catalog, struct identity *id,
	struct err *e);

struct sandbox {
	struct identity id;
	const char *read[4]; /* files below these may be read; NULL ends */
	const char *write;   /* files below this folder may be made, changed and removed; or NULL */
	bool lists;          /* folders may be listed */
	pid_t parent;        /* without whom the process ends; 0: nobody */
};

/* Makes ready, once for all children to come, what takes most of entering. It may be left out. */
void sandbox_prepare(void);

/* No way back: identity, capabilities, no new privileges, Landlock, seccomp. False when a step that
 * the kernel has failed. */
bool sandbox_enter(const struct sandbox *sandbox, struct err *e);

/* One line for the log: what of it this kernel and this build have. */
const char *sandbox_describe(void);

#endif
