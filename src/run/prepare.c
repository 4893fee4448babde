/* prepare: what must be there before anybody serves: the log, the secret of tickets, certificates,
 * folders. */
#include "run/supervisor_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "net/cert.h"

bool
prepare_log(const char *path, struct err *e)
{
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640) : -1;

	if (path && (fd < 0 || dup2(fd, STDERR_FILENO) < 0))
		err_set(e, "log: %s: %s", path, strerror(errno));
	if (fd > STDERR_FILENO)
		close(fd);
	log_with_time(fd >= 0);
	return e->text[0] == '\0';
}

bool
prepare_secret(struct supervisor *s, struct err *e)
{
	const char *path = s->plan.ticket_keys;
	struct arena a = { 0 };
	struct str bytes = { 0 };

	/* its settings and modules are read before any process that it is used in is confined */
	OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	if (getentropy(s->keys, sizeof s->keys) != 0)
		return err_set(e, "there is no randomness: %s", strerror(errno));
	bool good = !path || file_exists(path) ||
		file_write(path, (struct str){ (const char *)s->keys, sizeof s->keys }, 0600, e);

	if (good && path &&
		(!file_read(&a, path, 4096, &bytes, NULL, e) || bytes.n < sizeof s->keys))
		good = err_set(e, "is shorter than %zu random bytes; move it away to have one made",
			       sizeof s->keys) ||
			err_in(e, "ticket_keys: %s", path);
	if (good && path)
		hash_sha256(bytes, s->keys);
	arena_end(&a);
	return good;
}

/* Looks at every host's key and certificate, and makes what is missing. */
static bool
look_at_certs(const struct plan *plan, struct err *e)
{
	struct arena a = { 0 };
	bool good = true;

	for (size_t i = 0; good && i < plan->hosts.n; i++) {
		struct str host = plan->hosts.v[i].name.text;
		struct cert_facts facts;
		bool made = false;

		good = cert_ensure(&a, plan->certs, host, &made, e) &&
			cert_read(&a, plan->certs, host, &facts, e);
		if (good && (made || i == 0))
			log_line("certificate for %.*s%s, until %.*s, SHA-256 %.*s", STR_ARG(host),
				made ? " made" : "", STR_ARG(facts.until),
				STR_ARG(facts.fingerprint));
		if (good && facts.ended)
			log_line(
				"the certificate for %.*s is valid from %.*s to %.*s, and not now: "
				"clients will refuse it; put a renewed one to %s",
				STR_ARG(host), STR_ARG(facts.from), STR_ARG(facts.until),
				cert_path(&a, plan->certs, host, ".crt").p);
		if (good && !facts.names_host)
			log_line("the certificate for %.*s does not name it: clients will refuse "
				 "it; "
				 "put one that does to %s",
				STR_ARG(host), cert_path(&a, plan->certs, host, ".crt").p);
	}
	arena_end(&a);
	return good;
}

bool
prepare_certs_begin(const struct plan *plan, int *fd, struct err *e)
{
	int fds[2];

	if (pipe(fds) != 0)
		return err_set(e, "certificates: %s", strerror(errno));
	pid_t pid = fork();

	if (pid == 0) {
		struct err why = { 0 };

		look_at_certs(plan, &why);
		_exit(write(fds[1], why.text, strlen(why.text) + 1) < 0);
	}
	if (pid < 0)
		err_set(e, "certificates: %s", strerror(errno));
	close(fds[1]);
	if (pid < 0)
		close(fds[0]);
	else
		fcntl(*fd = fds[0], F_SETFD, FD_CLOEXEC);
	return pid > 0;
}

bool
prepare_certs_end(int fd, struct err *e)
{
	char text[sizeof e->text] = "";
	ssize_t n;

	while ((n = read(fd, text, sizeof text - 1)) < 0 && errno == EINTR)
		;
	close(fd);
	if (n <= 0)
		return err_set(e, "certificates: who looks at them ended before a verdict");
	return !text[0] || err_set(e, "%s", text);
}

bool
prepare_certs(const struct plan *plan, struct err *e)
{
	int fd;

	return prepare_certs_begin(plan, &fd, e) && prepare_certs_end(fd, e);
}

static void
prepare_folder(const struct supervisor *s, const char *folder)
{
	struct err e = { 0 };

	if (!file_make_dirs(folder, 0755, &e))
		log_line("%s", e.text);
	else if (s->plan.id.change && chown(folder, s->plan.id.uid, s->plan.id.gid) != 0)
		log_line("%s: cannot be given to user %u: %s", folder, (unsigned)s->plan.id.uid,
			strerror(errno));
}

void
prepare_catalog(const struct supervisor *s)
{
	struct arena a = { 0 };

	prepare_folder(s, s->plan.catalog);
	prepare_folder(s, child_mirror_folder(s, &a).p);
	arena_end(&a);
}
