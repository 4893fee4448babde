/* serve: settings into a plan for the supervisor, again at each reload. */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "catalog/record.h"
#include "command.h"
#include "mirror/bundle.h"
#include "run/supervisor.h"

enum {
	PORT_MOST = 65535,
	CONNECTIONS = 10000,
	REQUEST_SECONDS = 10,
	WRITE_SECONDS = 60,
	REQUEST_RATE = 20,
	REQUEST_BURST = 500,
	EACH = 100,
	CACHE_MIB = 16,
	WANTED_MOST = 64
};

static unsigned
number(const struct value *v, unsigned otherwise)
{
	unsigned long n;

	return str_number(v->text, 1000000000, &n) ? (unsigned)n : otherwise;
}

/* The setting that says where a protocol is listened for: the one of its name. */
static const struct entries *
addresses_set(const struct settings *s, const struct proto *proto)
{
	return field_at(kind_field(&KIND_LOCAL, str_of(proto->name)), s);
}

static bool
has_ipv6(void)
{
	struct err none = { 0 };
	unsigned port;
	int fd = listen_on(STR("[::1]:0"), false, &port, &none);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void
want(struct plan *plan, const struct proto *proto, struct str address, struct str otherwise)
{
	struct str mark = STR("proxy ");
	bool proxied = str_starts(address, mark);

	if (proxied)
		address = str_trim(str_sub(address, mark.n, address.n));
	if (plan->wanted_n < WANTED_MOST)
		plan->wanted[plan->wanted_n++] =
			(struct wanted){ proto, address, otherwise, proxied };
}

/* Where to listen when nobody said: on loopback while no host is set, else everywhere. */
static void
want_default(struct config *c, struct plan *plan, const struct proto *proto)
{
	static const char *const LOOPBACK[] = { "127.0.0.1", "[::1]" };
	size_t n = c->open ? 1 : has_ipv6() ? 2 : 1;

	for (size_t i = 0; i < n; i++) {
		const char *host = c->open ? "" : LOOPBACK[i];

		want(plan, proto, arena_printf(c->arena, "%s:%s", host, proto->port),
			proto->otherwise ? arena_printf(c->arena, "%s:%s", host, proto->otherwise)
					 : STR(""));
	}
}

static void
want_addresses(struct config *c, struct plan *plan)
{
	plan->wanted = arena_array(c->arena, struct wanted, WANTED_MOST);
	for (const struct proto *const *proto = PROTOS; *proto; proto++) {
		const struct entries *set = addresses_set(&c->settings, *proto);

		for (size_t i = 0; i < set->n; i++)
			if (!str_eq(set->v[i].name.text, STR("off")))
				want(plan, *proto, set->v[i].name.text, STR(""));
		if (set->n == 0)
			want_default(c, plan, *proto);
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
find_proxies(struct config *c, struct plan *plan)
{
	const struct entries *set = &c->settings.proxies;
	struct network *networks = arena_array(c->arena, struct network, set->n + 1);

	for (size_t i = 0; i < set->n; i++)
		if (!network_parse(set->v[i].name.text, &networks[i])) {
			log_line("proxies: \"%.*s\" is not an address or network; expected "
				 "192.0.2.1 or 10.0.0.0/8",
				STR_ARG(set->v[i].name.text));
			return false;
		}
	plan->limits.proxies = networks;
	plan->limits.proxies_n = set->n;
	return true;
}

/* A file's name as C wants it, or NULL. */
static const char *
path_of(struct config *c, const struct value *v)
{
	return v->text.n ? arena_str(c->arena, v->text).p : NULL;
}

bool
serve_plan(struct config *c, struct plan *plan)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (!command_settings(c))
		return false;
	const struct settings *s = &c->settings;

	*plan = (struct plan){ .capsule = c->capsule,
		.certs = c->certs.p,
		.catalog = c->catalog.p,
		.ticket_keys = path_of(c, &s->ticket_keys),
		.log = path_of(c, &s->log),
		.metrics = path_of(c, &s->metrics),
		.hosts = c->hosts,
		.workers = number(&s->workers, cores > 0 ? (unsigned)cores : 1),
		.open = c->open,
		.signer = !str_eq(s->signer.text, STR("off")),
		.bundle_most = (uint64_t)number(&s->bundle_mib, BUNDLE_MIB) << 20,
		.cache = (size_t)number(&s->cache_mib, CACHE_MIB) << 20,
		.gopher_host = s->gopher_host.text,
		.gopher_port = number(&s->gopher_port, 0),
		.ascii = str_eq(s->gopher_charset.text, STR("us-ascii")),
		.limits = { .request_seconds = number(&s->request_seconds, REQUEST_SECONDS),
			.write_seconds = number(&s->write_seconds, WRITE_SECONDS),
			.drain_seconds = 2,
			.drain_bytes = 256 * 1024,
			.connections = number(&s->connections, CONNECTIONS),
			.rate = number(&s->request_rate, REQUEST_RATE),
			.burst = number(&s->request_burst, REQUEST_BURST),
			.each = number(&s->connections_per_address, EACH),
			.log_json = str_eq(s->log_form.text, STR("json")),
			.log_addresses = str_eq(s->log_addresses.text, STR("full")) ? LOG_ADDRESS
				: str_eq(s->log_addresses.text, STR("network"))     ? LOG_NETWORK
										: LOG_NO_ADDRESS,
			.loopback = str_eq(s->limit_loopback.text, STR("true")) } };
	struct err e = { 0 };

	if (!identity_find(s->user.text.n ? arena_str(c->arena, s->user.text).p : NULL, c->capsule,
		    c->catalog.p, &plan->id, &e)) {
		log_line("%s", e.text);
		return false;
	}
	want_addresses(c, plan);
	if (plan->wanted_n == 0) {
		log_line("nothing to listen on; name an address with --gemini ADDRESS:PORT");
		return false;
	}
	return find_proxies(c, plan) && reader_ports(c, plan);
}

static bool
make_plan(void *context, struct plan *plan)
{
	return serve_plan(context, plan);
}

int
cmd_serve(struct config *c)
{
	if (c->argc > 1)
		return complain(
			EXIT_USAGE, "serve takes no words; name the capsule with -c FOLDER");
	if (c->own.try) {
		struct plan plan = { 0 };

		return serve_plan(c, &plan) ? EXIT_OK : EXIT_FOUND;
	}
	return supervise(make_plan, c);
}
