/* ports: opening, keeping and closing listening sockets. */
#include "run/ports.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "net/server.h"
#include "run/systemd.h"

static struct port *
port_at(struct ports *ports, const struct proto *proto, struct str address)
{
	for (size_t i = 0; i < ports->n; i++)
		if (ports->v[i].proto == proto && str_eq(ports->v[i].address, address))
			return &ports->v[i];
	if (ports->n == PORTS_MOST)
		return NULL;
	struct port *port = &ports->v[ports->n++];

	*port = (struct port){ .proto = proto, .address = arena_str(&ports->arena, address) };
	for (size_t i = 0; i < WORKERS_MOST; i++)
		port->fds[i] = -1;
	return port;
}

/* A descriptor for each worker on the address; with port 0 the first one chooses. */
static bool
open_port(struct ports *ports, struct port *port, size_t workers, struct err *e)
{
	struct str address = port->address;

	if (port->fds[0] < 0) {
		/* sockets that share a port would share it with another server, too: see that
		 * nobody is there */
		int alone = listen_on(address, false, &port->number, e);

		if (alone < 0)
			return false;
		close(alone);
	}
	for (size_t i = 0; i < workers; i++) {
		if (port->fds[i] < 0)
			port->fds[i] = i ? listen_beside(port->fds[0], address, &port->number, e)
					 : listen_on(address, true, &port->number, e);
		if (port->fds[i] < 0)
			return false;
		address = arena_printf(&ports->arena, "%.*s:%u", (int)str_find_last(address, ':'),
			address.p, port->number);
	}
	return true;
}

static void
close_port(struct port *port)
{
	for (size_t i = 0; i < WORKERS_MOST; i++)
		if (port->fds[i] >= 0) {
			close(port->fds[i]);
			port->fds[i] = -1;
		}
	port->wanted = false;
}

/* One wanted address, or the one instead; a default that cannot be had at all is told of and done
 * without. */
static bool
open_wanted(struct ports *ports, const struct wanted *wanted, size_t workers, struct err *e)
{
	struct str addresses[2] = { wanted->address, wanted->otherwise };
	struct err why = { 0 };

	for (size_t i = 0; i < ports->n; i++)
		if (ports->v[i].handed && ports->v[i].proto == wanted->proto)
			return true;
	for (size_t i = 0; i < COUNT(addresses) && addresses[i].n; i++) {
		struct port *port = port_at(ports, wanted->proto, addresses[i]);
		struct err again = { 0 };

		if (!port)
			return err_set(e, "more than %d addresses to listen on", PORTS_MOST);
		if (open_port(ports, port, workers, &again)) {
			port->wanted = true;
			port->proxied = wanted->proxied;
			if (i)
				log_line("%s: %.*s cannot be had; serving on %.*s",
					wanted->proto->name, STR_ARG(addresses[0]),
					STR_ARG(addresses[1]));
			return true;
		}
		close_port(port);
		err_set(&why, "%s", again.text);
	}
	if (!wanted->otherwise.n)
		return err_set(e, "%s: %s", wanted->proto->name, why.text);
	log_line("%s is not served: %s", wanted->proto->name, why.text);
	return true;
}

/* Opens what the plan wants. On failure nothing that was open is lost. */
bool
ports_open(
	struct ports *ports, const struct wanted *wanted, size_t n, size_t workers, struct err *e)
{
	bool before[PORTS_MOST] = { false }, good = true;

	for (size_t i = 0; i < ports->n; i++) {
		before[i] = ports->v[i].wanted;
		ports->v[i].wanted = ports->v[i].handed;
	}
	size_t were = ports->n;

	for (size_t i = 0; good && i < n; i++)
		good = open_wanted(ports, &wanted[i], workers, e);
	for (size_t i = 0; !good && i < were; i++)
		ports->v[i].wanted = before[i];
	return good;
}

void
ports_close_unwanted(struct ports *ports)
{
	for (size_t i = 0; i < ports->n; i++)
		if (!ports->v[i].wanted)
			close_port(&ports->v[i]);
}

/* Sockets that systemd holds for us stand in for the addresses of their protocol. */
void
ports_take(struct ports *ports)
{
	size_t handed = systemd_sockets();

	for (size_t i = 0; i < handed && ports->n < PORTS_MOST; i++) {
		int fd = SYSTEMD_FIRST_FD + (int)i;
		unsigned number = listen_port(fd);
		struct port *port = NULL;

		for (const struct proto *const *proto = PROTOS; *proto && !port; proto++)
			if (strcmp(systemd_socket_name(i), (*proto)->name) == 0 ||
				number == (unsigned)atoi((*proto)->port))
				port = port_at(ports, *proto, listen_address(&ports->arena, fd));
		if (!port) {
			log_line("a socket from systemd on port %u is for no protocol; name it "
				 "gemini, gopher or finger",
				number);
			continue;
		}
		fcntl(fd, F_SETFL, O_NONBLOCK);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		port->number = number;
		port->handed = port->wanted = true;
		for (size_t w = 0; w < WORKERS_MOST; w++)
			port->fds[w] = fd;
	}
}

void
ports_inherit(struct ports *ports, struct str name, struct str address, bool handed, const int *fds,
	size_t n)
{
	struct port *port = NULL;

	for (const struct proto *const *proto = PROTOS; *proto && n && !port; proto++)
		if (str_eq(name, str_of((*proto)->name)))
			port = port_at(ports, *proto, address);
	for (size_t i = 0; i < n; i++) {
		if (!port) { /* a protocol that is spoken no more */
			close(fds[i]);
			continue;
		}
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
		port->fds[i] = fds[i];
	}
	if (!port)
		return;
	port->number = listen_port(fds[0]);
	port->handed = port->wanted = handed;
	for (size_t i = n; handed && i < WORKERS_MOST; i++)
		port->fds[i] = fds[0];
}

void
ports_close(struct ports *ports)
{
	for (size_t i = 0; i < ports->n; i++)
		close_port(&ports->v[i]);
	arena_end(&ports->arena);
}

const struct port *
ports_find(const struct ports *ports, const struct proto *proto)
{
	for (size_t i = 0; i < ports->n; i++)
		if (ports->v[i].wanted && ports->v[i].proto == proto)
			return &ports->v[i];
	return NULL;
}
