/* cert: what a client will see of our certificates. */
#include <stdio.h>

#include "command.h"
#include "net/cert.h"
#include "net/tls.h"

static bool
show_cert(struct config *c, struct str host)
{
	struct cert_facts facts;
	struct err e = { 0 };
	bool made;

	if (!cert_ensure(c->arena, c->certs.p, host, &made, &e) ||
		!cert_read(c->arena, c->certs.p, host, &facts, &e) ||
		!tls_takes(c->certs.p, host, &e)) {
		complain(EXIT_FOUND, "%s", e.text);
		return false;
	}
	printf("%.*s\n  certificate  %s%s\n  names host   %s\n  valid        %.*s to %.*s%s\n  "
	       "SHA-256      %.*s\n"
	       "  key SHA-256  %.*s\n",
		STR_ARG(host), cert_path(c->arena, c->certs.p, host, ".crt").p,
		made ? " (made now)" : "", facts.names_host ? "yes" : "NO: clients will refuse it",
		STR_ARG(facts.from), STR_ARG(facts.until), facts.ended ? " NOT VALID NOW" : "",
		STR_ARG(facts.fingerprint), STR_ARG(facts.key_fingerprint));
	return facts.names_host && !facts.ended;
}

int
cmd_cert(struct config *c)
{
	bool good = true;

	if (c->argc > 1)
		return complain(EXIT_USAGE, "cert takes no words; name hosts with --host NAME");
	if (!command_settings(c))
		return EXIT_FOUND;
	for (size_t i = 0; i < c->hosts.n; i++)
		good = show_cert(c, c->hosts.v[i].name.text) && good;
	return good ? EXIT_OK : EXIT_FOUND;
}
