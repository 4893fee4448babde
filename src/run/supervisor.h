/* supervisor: the process that owns signals, listening sockets and certificates. It starts a
 * catalog writer for each update and the workers that answer; it reads nothing that a stranger
 * wrote. */
#ifndef RUN_SUPERVISOR_H
#define RUN_SUPERVISOR_H

#include "base/err.h"
#include "catalog/schema.h"
#include "net/server.h"
#include "run/ports.h"
#include "run/sandbox.h"

/* What one run of the server needs to know; made anew for a reload. Texts are borrowed until the
 * supervisor returns. */
struct plan {
	const char *capsule;
	const char *certs, *catalog;             /* folders */
	const char *ticket_keys, *log, *metrics; /* files, or NULL */
	struct entries hosts;
	struct wanted *wanted; /* addresses to listen on */
	size_t wanted_n;
	unsigned *reader_ports;
	size_t reader_ports_n;
	size_t workers;
	struct identity id;     /* who workers and writer become */
	struct str gopher_host; /* see struct site */
	unsigned gopher_port;
	bool ascii;
	struct limits limits;
	size_t cache;         /* bytes of replies that a worker keeps */
	bool signer;          /* private keys are held by processes of their own */
	uint64_t bundle_most; /* bytes of one bundle */
	bool open;            /* others than this machine may connect */
};

/* Reads settings again: fills *plan, or says why not and gives false (the old plan then stays). */
typedef bool plan_fn(void *context, struct plan *plan);

/* Once, at the start of the program, with the arguments of main(): what was started, and how, so
 * that its successor can be. */
void supervisor_begin(char **argv);

/* Serves until SIGTERM or SIGINT; SIGHUP makes a new plan, updates the catalog and replaces the
 * workers; where the program's file is another by then, that takes over in this process. The exit
 * status. */
int supervise(plan_fn *make_plan, void *context);

#endif
