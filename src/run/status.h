/* status: a local socket on which a running server says how it does. Whoever connects is told, as
 * JSON, and let go; nothing that they send is read. */
#ifndef RUN_STATUS_H
#define RUN_STATUS_H

#include "base/arena.h"
#include "base/err.h"

#define STATUS_SOCKET "status"

/* Listens at FOLDER/status, for this user alone (mode 0600); what a server that is gone has left
 * there makes way, another server's does not. -1 and *e when it cannot be. */
int status_open(const char *folder, struct err *e);
/* Takes the socket away; -1 does nothing. */
void status_close(int listener, const char *folder);

/* The next who asks, as a descriptor to write to within STATUS_MS; -1: nobody. Never waits. */
enum { STATUS_MS = 2000 };
int status_next(int listener);

/* Asks the server of that folder. False and *e when none answers within STATUS_MS. */
bool status_ask(struct arena *a, const char *folder, struct str *report, struct err *e);

#endif
