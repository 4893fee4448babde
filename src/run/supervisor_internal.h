/* supervisor_internal: what the files that the supervisor is made of share: its state, and who does
 * what with it. */
#ifndef RUN_SUPERVISOR_INTERNAL_H
#define RUN_SUPERVISOR_INTERNAL_H

#include <sys/types.h>

#include "catalog/pulse.h"
#include "net/counters.h"
#include "net/tls.h"
#include "run/metrics.h"
#include "run/supervisor.h"

/* A place for a worker. */
struct slot {
	pid_t pid;        /* 0: nobody */
	pid_t signer;     /* who holds its keys; 0: itself */
	int64_t started;  /* ms */
	int64_t start_at; /* when to try again after a death, ms; 0: now */
	int64_t pause;    /* before the next try */
	bool told;        /* to end */
	bool answers;     /* as it has said */
	bool waits;       /* for the first to answer */
};

struct supervisor {
	struct arena arena; /* addresses */
	struct plan plan;
	struct ports ports;
	struct slot slots[WORKERS_MOST];
	struct {
		pid_t *v;
		size_t n, room;
	} leaving; /* workers told to finish */
	struct {
		pid_t *v;
		size_t n, room;
	} elders; /* workers of the program before this one, who answer until ours do */
	unsigned char keys[TLS_TICKET_KEYS];
	struct tls *tls;         /* for the workers that are started next; NULL: to be read again */
	int64_t tls_read;        /* when it was, ms */
	volatile int64_t *beats; /* shared with the workers: when each was last seen alive, ms */
	struct counters *counters;   /* shared with the workers, one a slot */
	struct metrics_facts *facts; /* shared with the writer */
	int64_t metrics_at;          /* when they are next written */
	int64_t watchdog_at;         /* when systemd is next told that we are */
	int ready[2];                /* pipe: each worker writes its number when it answers */
	bool said_ready;
	bool taken_over;     /* from the program before us, whose workers answer */
	struct pulse *pulse; /* of the catalog, shared with writer and workers */
	pid_t pid;           /* ours */
	int signer;          /* the starting child's end of the pair of worker and signer; or -1 */
	int other_end;       /* the other, which it closes; or -1 */
	struct slot writer;  /* it runs for as long as we do */
	int told[2];         /* pipe: the writer's words */
	bool serving;        /* workers have been started */
	ino_t files;         /* the folder files/ that they may read; 0: none */
	bool replace;        /* a reload waits for the writer to be up to date */
	bool refused;        /* it was: workers stay with what they have */
	bool in_memory;      /* the catalog cannot be written */
	bool damaged;        /* it cannot be read: the next writer makes another */
	bool unchecked;      /* nobody has looked at the certificates */
	int64_t others_at;   /* when to start those who waited for the first to answer, ms; 0: no */
	int certs;           /* where the verdict on them comes from; or -1 */
	bool failed;         /* to start: the exit status */
	pid_t bundler;       /* who makes what /mirror/ offers; 0: nobody */
	bool bundle_again;   /* the directory has changed meanwhile */
	int64_t stop_at;     /* when to stop waiting for children; 0: running */
	int64_t began;       /* when we were started */
	int asked;           /* the local socket of who asks how we do; or -1 */
	const char *asked_in; /* its folder */
	int answer_to;        /* the starting child's end of a connection to it; or -1 */
	pid_t reporter;       /* who answers there; 0: nobody */
};

/* ---- child ---- */

/* A process that does one thing and exits with its status; its signals are the default ones. As
 * fork(2): its number, or -1 (said). `name` is what ps(1) shows. */
pid_t child_start(struct supervisor *s, const char *name, int (*run)(struct supervisor *, size_t),
	size_t slot);
/* A worker reads the catalog and files/; the writer reads the capsule and writes the catalog. */
bool child_confine(const struct supervisor *s, bool writer, struct err *e);
/* The folder of what /mirror/ offers. */
struct str child_mirror_folder(const struct supervisor *s, struct arena *a);
/* The port of Gemini that readers' addresses name. */
unsigned child_public_port(const struct supervisor *s);

/* ---- worker: what runs in one; the exit status ---- */

/* What workers have of hosts and certificates by the plan, read by the process that makes them;
 * NULL and *e. */
struct tls *worker_tls(const struct supervisor *s, const struct plan *plan, struct err *e);
int worker_run(struct supervisor *s, size_t slot);
int worker_sign(struct supervisor *s, size_t slot);

/* ---- crew ---- */

void crew_start_writer(struct supervisor *s);
/* Reads the certificates for the workers that come next, unless that has just been done. False and
 * *e: it cannot be. */
bool crew_read_certs(struct supervisor *s, struct err *e);
/* Has them read again. */
void crew_forget_certs(struct supervisor *s);
/* Notes which workers answer now: *pids of n. */
void crew_hear(struct supervisor *s, const pid_t *pids, size_t n);
/* Whether all there should be do. */
bool crew_answers(const struct supervisor *s);
/* New workers in every slot; who was there finishes what it has. */
void crew_replace_workers(struct supervisor *s);
/* Those who waited for the first to answer, once it does. */
void crew_start_others(struct supervisor *s);
/* Another one looks at all files, wherever they are now. */
void crew_replace_writer(struct supervisor *s);
/* Takes leave of who has ended; who should not have is started again, now or by
 * crew_restart_dead(). */
void crew_reap(struct supervisor *s);
void crew_restart_dead(struct supervisor *s);
/* Ends a worker whose loop stands still. */
void crew_end_hung(struct supervisor *s);
/* Has a damaged catalog made anew. */
void crew_mend_catalog(struct supervisor *s);
/* Has other workers where files/ is a new folder, which the old ones may not read. */
void crew_look_at_files(struct supervisor *s);
void crew_signal(struct supervisor *s, int number);
/* Tells those again who were told to end and have not: a process that has just begun does not hear
 * yet. */
void crew_urge(struct supervisor *s);
/* Whether any child is left. */
bool crew_left(const struct supervisor *s);

/* Ends the writer and who makes bundles, and waits for it. */
void crew_end_writer(struct supervisor *s);

/* ---- upgrade: another program in this process ---- */

/* Whether another program stands there since. */
bool upgrade_due(void);
/* Lets it take our place: the listening sockets stay open, and the workers answer from the catalog
 * that they have until the next ones do. Returns only where that fails (said) or we were
 * told to stop; writer and status socket may then be gone. */
void upgrade_now(struct supervisor *s);
/* Whether we took a place ourselves: then the sockets are in s->ports, the workers in s->elders.
 */
bool upgrade_take(struct supervisor *s);

/* ---- bundler ---- */

/* When the directory has changed: now, or after those that are being made. */
void bundler_start(struct supervisor *s);
void bundler_ended(struct supervisor *s);

/* ---- prepare: what must be there before anybody serves ---- */

/* Standard error becomes the log's file, now and for every child started later. */
bool prepare_log(const char *path, struct err *e);
/* The secret that tickets are sealed with: of the file that the settings name, made when it is not
 * there; else of this run alone. */
bool prepare_secret(struct supervisor *s, struct err *e);
/* Looks at every host's key and certificate, makes what is missing and renews what has ended; in a
 * child, so that no byte of a key was ever in the memory that workers are made from. */
bool prepare_certs(const struct plan *plan, struct err *e);
/* The same in two steps: to have a descriptor from which the verdict can be read, and to wait for
 * it and close the descriptor. The child is the caller's to reap. */
bool prepare_certs_begin(const struct plan *plan, int *fd, struct err *e);
bool prepare_certs_end(int fd, struct err *e);
/* The folders of catalog and bundles, made ready for who writes them. */
void prepare_catalog(const struct supervisor *s);

/* ---- asked: how we do ---- */

/* Listens in the folder of the catalog, wherever the plan has that now. */
void asked_open(struct supervisor *s);
void asked_answer(struct supervisor *s);
void asked_close(struct supervisor *s);

#endif
