/* ports: the listening sockets, one a worker for each address, that stay open through reloads so
 * that nothing which waits in a backlog is lost. */
#ifndef RUN_PORTS_H
#define RUN_PORTS_H

#include "base/arena.h"
#include "base/err.h"
#include "proto/proto.h"

enum { PORTS_MOST = 64, WORKERS_MOST = 256 };

/* An address to listen on for a protocol, and where to go instead when it cannot be had and nobody
 * asked for it in so many words (n == 0: nowhere, that is an error). */
struct wanted {
	const struct proto *proto;
	struct str address, otherwise;
	bool proxied;
};

/* An address with a socket for each worker. */
struct port {
	const struct proto *proto;
	struct str address;
	unsigned number;
	bool wanted;
	bool proxied;
	bool handed;           /* by systemd: one socket for all, kept as long as we live */
	int fds[WORKERS_MOST]; /* -1 beyond the workers there are */
};

struct ports {
	struct arena arena; /* addresses */
	struct port v[PORTS_MOST];
	size_t n;
};

/* Sockets that systemd holds for us stand in for the addresses of their protocol. Once, at the
 * start. */
void ports_take(struct ports *ports);

/* Sockets that the program before us had in this process; the fds are ours from now on. */
void ports_inherit(struct ports *ports, struct str proto, struct str address, bool handed,
	const int *fds, size_t n);

/* Opens what is wanted, a socket for each of the workers, of which the first listens and the others
 * wait for listen_begin() where the system spreads connections; what is not wanted any more stays
 * open until ports_close_unwanted(). On failure (*e) nothing that was open is lost. */
bool ports_open(
	struct ports *ports, const struct wanted *wanted, size_t n, size_t workers, struct err *e);
void ports_close_unwanted(struct ports *ports);
void ports_close(struct ports *ports);

/* The first wanted port of a protocol, or NULL. */
const struct port *ports_find(const struct ports *ports, const struct proto *proto);

#endif
