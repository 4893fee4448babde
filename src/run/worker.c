/* worker: what a worker does from its start to its end, and the signer that holds its keys. */
#include "run/supervisor_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

#include "base/log.h"
#include "catalog/build.h"
#include "catalog/query.h"
#include "catalog/whole.h"
#include "net/signer.h"
#include "proto/cache.h"
#include "proto/site.h"

static struct server *serving;

static void
on_stop(int number)
{
	(void)number;
	if (serving)
		server_stop(serving);
}

static void
on_hand_over(int number)
{
	(void)number;
	if (serving)
		server_hand_over(serving);
}

static struct store *
open_catalog(const struct supervisor *s, struct err *e)
{
	struct directory d = { 0 };
	int held;

	if (!s->in_memory)
		return store_open(s->plan.catalog, STORE_LIVE, e);
	whole_enter(s->plan.capsule, &held); /* half a mirror is better than none here */
	struct store *store =
		directory_load(&d, s->plan.capsule, NULL, NULL, e) ? build_in_memory(&d, e) : NULL;

	if (store) { /* no writer has counted them */
		s->facts->people = (long)query_people_count(store);
		s->facts->rejected = (long)d.rejected;
	}
	whole_leave(held);
	directory_end(&d);
	return store;
}

enum { HOSTS_MOST = 64 };

static size_t
plan_hosts(const struct plan *plan, struct str hosts[HOSTS_MOST])
{
	size_t n = 0;

	for (; n < plan->hosts.n && n < HOSTS_MOST; n++)
		hosts[n] = plan->hosts.v[n].name.text;
	return n;
}

struct tls *
worker_tls(const struct supervisor *s, const struct plan *plan, struct err *e)
{
	struct str hosts[HOSTS_MOST];
	size_t n = plan_hosts(plan, hosts);

	return tls_open(plan->certs, hosts, n, s->keys, e);
}

/* Signs for one worker until that is gone. It reads the keys first, then gives up all else. */
int
worker_sign(struct supervisor *s, size_t slot)
{
	const struct sandbox sandbox = { .id = s->plan.id, .parent = s->pid };
	struct str hosts[HOSTS_MOST];
	size_t n = plan_hosts(&s->plan, hosts);
	struct err e = { 0 };
	struct signer *signer = signer_open(s->plan.certs, hosts, n, &e);

	(void)slot;
	signal(SIGTERM, SIG_IGN); /* it ends with its worker */
#ifdef __linux__
	prctl(PR_SET_DUMPABLE, 0);
#endif
	if (!signer || !signer_fits(signer, s->tls, &e) || !sandbox_enter(&sandbox, &e)) {
		log_line("keys: %s", e.text);
		return EXIT_FAILURE;
	}
	signer_serve(signer, s->signer);
	signer_close(signer);
	return EXIT_SUCCESS;
}

struct listeners {
	struct listener *v;
	size_t n, room;
};

/* A worker's own sockets, and its share of those of workers that are no more: what waits there is
 * served, too. */
static struct listeners
listeners_of(struct supervisor *s, size_t slot)
{
	struct listeners listeners = { 0 };

	for (size_t i = 0; i < s->ports.n; i++) {
		const struct port *port = &s->ports.v[i];

		for (size_t w = slot; port->wanted && w < WORKERS_MOST && port->fds[w] >= 0;
			w += s->plan.workers) {
			*vec_add(&s->arena, &listeners) = (struct listener){ port->proto,
				port->fds[w], port->number, port->proxied };
			if (port->handed)
				break;
		}
	}
	return listeners;
}

/* Connections come to this worker from now on. */
static bool
listen_to_all(const struct listeners *listeners, struct err *e)
{
	for (size_t i = 0; i < listeners->n; i++)
		if (!listen_begin(listeners->v[i].fd))
			return err_set(e, "port %u: cannot listen: %s", listeners->v[i].port,
				strerror(errno));
	return true;
}

/* Answers until told to stop. The exit status. */
int
worker_run(struct supervisor *s, size_t slot)
{
	struct listeners listeners = listeners_of(s, slot);
	const pid_t self = getpid();
	struct err e = { 0 };
	struct site site = { .store = open_catalog(s, &e),
		.cache = cache_open(s->plan.cache, s->in_memory ? NULL : s->pulse),
		.pulse = s->pulse,
		.capsule = s->plan.capsule,
		.mirror = child_mirror_folder(s, &s->arena).p,
		.hosts = s->plan.hosts,
		.reader_ports = s->plan.reader_ports,
		.reader_ports_n = s->plan.reader_ports_n,
		.port = child_public_port(s),
		.gopher_host = s->plan.gopher_host,
		.gopher_port = s->plan.gopher_port,
		.ascii = s->plan.ascii };

	serving = site.store && tls_use_keys(s->tls, s->signer, &e)
		? server_open(&site, listeners.v, listeners.n, s->tls, &s->plan.limits, &e)
		: NULL;
	if (serving && (!listen_to_all(&listeners, &e) || !child_confine(s, false, &e))) {
		server_close(serving);
		serving = NULL;
	}
	if (serving) {
		server_beat(serving, &s->beats[slot]);
		server_count(serving, &s->counters[slot]);
		signal(SIGTERM, on_stop);
		signal(SIGUSR1, on_hand_over);
		if (write(s->ready[1], &self, sizeof self) == sizeof self)
			server_run(serving);
		server_close(serving);
	} else
		log_line("worker: %s", e.text);
	tls_close(s->tls);
	cache_close(site.cache);
	store_close(site.store);
	return serving ? EXIT_SUCCESS : EXIT_FAILURE;
}
