/* serve: settings into a plan for the supervisor, again at each reload. */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "command.h"
#include "run/supervisor.h"

enum {
	PORT_MOST = 65535,
	CONNECTIONS = 10000,
	REQUEST_SECONDS = 10,
	WRITE_SECONDS = 60,
	REQUEST_RATE = 20,
	REQUEST_BURST = 500
};

static unsigned
number(const struct value *v, unsigned otherwise)
{
	unsigned long n;

	return str_number(v->text, 1000000000, &n) ? (unsigned)n : otherwise;
}

static void
add_address(struct arena *a, struct entries *list, const char *address)
{
	vec_add(a, list)->name.text = str_of(address);
}

/* Where to listen when nobody said: on loopback while no host is set, else everywhere. */
static void
default_addresses(struct config *c, struct entries *list)
{
	struct err none = { 0 };
	unsigned port;
	int fd;

	if (c->open) {
		add_address(c->arena, list, ":1965");
		return;
	}
	add_address(c->arena, list, "127.0.0.1:1965");
	if ((fd = listen_on(STR("[::1]:0"), false, &port, &none)) >= 0) { /* is there IPv6? */
		close(fd);
		add_address(c->arena, list, "[::1]:1965");
	}
}

static bool
reader_ports(struct config *c, struct plan *plan)
{
	const struct entries *ports = &c->settings.reader_ports;

	plan->reader_ports = arena_array(c->arena, unsigned, ports->n + 1);
	plan->reader_ports_n = 0;
	for (size_t i = 0; i < ports->n; i++) {
		unsigned long port;

		if (!str_number(ports->v[i].name.text, PORT_MOST, &port) || port == 0) {
			log_line("reader_ports: \"%.*s\" is not a port; expected 1 to 65535",
				STR_ARG(ports->v[i].name.text));
			return false;
		}
		plan->reader_ports[plan->reader_ports_n++] = (unsigned)port;
	}
	return true;
}

static bool
make_plan(void *context, struct plan *plan)
{
	struct config *c = context;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (!command_settings(c))
		return false;
	const struct settings *s = &c->settings;

	*plan = (struct plan){ .capsule = c->capsule,
		.certs = c->certs.p,
		.catalog = c->catalog.p,
		.hosts = c->hosts,
		.workers = number(&s->workers, cores > 0 ? (unsigned)cores : 1),
		.open = c->open,
		.limits = { .request_seconds = number(&s->request_seconds, REQUEST_SECONDS),
			.write_seconds = number(&s->write_seconds, WRITE_SECONDS),
			.drain_seconds = 2,
			.drain_bytes = 256 * 1024,
			.connections = number(&s->connections, CONNECTIONS),
			.rate = number(&s->request_rate, REQUEST_RATE),
			.burst = number(&s->request_burst, REQUEST_BURST),
			.loopback = str_eq(s->limit_loopback.text, STR("true")) } };
	for (size_t i = 0; i < s->gemini.n; i++)
		if (!str_eq(s->gemini.v[i].name.text, STR("off")))
			*vec_add(c->arena, &plan->gemini) = s->gemini.v[i];
	if (s->gemini.n == 0)
		default_addresses(c, &plan->gemini);
	if (plan->gemini.n == 0) {
		log_line("nothing to listen on; name an address with --gemini ADDRESS:PORT");
		return false;
	}
	return reader_ports(c, plan);
}

int
cmd_serve(struct config *c)
{
	if (c->argc > 1)
		return complain(
			EXIT_USAGE, "serve takes no words; name the capsule with -c FOLDER");
	return supervise(make_plan, c);
}
