/* show: a page as a protocol would send it, without a server. Gopher and finger speak for
 * themselves; Gemini's page and the text are printed without a header. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "encode/encode.h"
#include "page/route.h"
#include "proto/site.h"

static const struct form {
	const char *name, *mime;
	const struct proto *proto; /* asked itself; NULL: the page is encoded here */
} FORMS[] = {
	{ "gemini", "text/gemini", NULL },
	{ "gopher", NULL, &proto_gopher },
	{ "text", "text/plain", NULL },
	{ "finger", NULL, &proto_finger },
};

enum { HOPS = 3 };

static const struct form *
find_form(const char *name)
{
	for (size_t i = 0; i < COUNT(FORMS); i++)
		if (!name || strcmp(name, FORMS[i].name) == 0)
			return &FORMS[i];
	return NULL;
}

static void
copy_file(int fd)
{
	char piece[16384];
	ssize_t n;

	while ((n = read(fd, piece, sizeof piece)) > 0)
		fwrite(piece, 1, (size_t)n, stdout);
	close(fd);
}

/* The name in a path, as finger is asked: "/people/tri-dao.gmi" is "tri-dao". */
static struct str
name_in(struct str path)
{
	struct str name = str_sub(
		path, str_find_last(path, '/') < path.n ? str_find_last(path, '/') + 1 : 0, path.n);

	return str_eq(name, STR("index.gmi")) ? STR("")
					      : str_sub(name, 0, str_find_last(name, '.'));
}

/* What the protocol itself answers on this machine. */
static int
ask(struct config *c, const struct form *form, struct store *store)
{
	const struct settings *set = &c->settings;
	unsigned long port = (unsigned long)atoi(form->proto->port);
	struct site site = { .store = store,
		.capsule = c->capsule,
		.hosts = c->hosts,
		.port = 1965,
		.gopher_host = set->gopher_host.text,
		.ascii = str_eq(set->gopher_charset.text, STR("us-ascii")) };
	struct session session = { .port = (unsigned)port };
	struct request request = { .path = str_of(c->argv[1]) };
	struct reply reply = { .fd = -1 };

	if (str_number(set->gopher_port.text, 65535, &port))
		site.gopher_port = (unsigned)port;
	if (form->proto == &proto_finger)
		request.path = name_in(request.path);
	form->proto->answer(&site, c->arena, &session, PARSE_DONE, &request, &reply);
	fwrite(reply.out.n ? reply.out.p : "", 1, reply.out.n, stdout);
	if (reply.fd >= 0)
		copy_file(reply.fd);
	buf_end(&reply.out);
	return reply.status < 40 ? EXIT_OK : EXIT_FOUND;
}

static int
show(struct config *c, const struct form *form, const struct view *v, const struct answer *answer)
{
	struct place place = { .host = v->base.host, .port = v->base.port };
	struct buf out = { 0 };

	switch (answer->kind) {
	case ANSWER_PAGE:
		encode_for(answer->mime ? answer->mime : form->mime)(&answer->page, &place, &out);
		fwrite(out.p, 1, out.n, stdout);
		buf_end(&out);
		return EXIT_OK;
	case ANSWER_BYTES:
		fwrite(answer->bytes.p, 1, answer->bytes.n, stdout);
		return EXIT_OK;
	case ANSWER_FILE:
		copy_file(answer->fd);
		return EXIT_OK;
	case ANSWER_INPUT:
		printf("%.*s\n", STR_ARG(answer->words));
		return EXIT_OK;
	case ANSWER_MOVED:
	case ANSWER_SEE:
		printf("%.*s\n", STR_ARG(answer->target));
		return EXIT_OK;
	case ANSWER_GONE:
		return complain(EXIT_FOUND, "%s: gone: %.*s", c->argv[1], STR_ARG(answer->words));
	default:
		return complain(EXIT_FOUND,
			"%s: nothing is at this address; see almagest show /index.gmi, or almagest "
			"check if its record may hold an error",
			c->argv[1]);
	}
}

int
cmd_show(struct config *c)
{
	const struct form *form = find_form(c->own.as);
	struct answer answer;
	struct view v;

	if (c->argc != 2)
		return complain(
			EXIT_USAGE, "usage: almagest show PATH, such as /people/tri-dao.gmi");
	if (!form)
		return complain(EXIT_USAGE,
			"--as %s: unknown form; expected gemini, gopher, text or finger",
			c->own.as);
	if (!command_settings(c))
		return EXIT_FOUND;
	struct store *store = command_store(c);

	if (!store)
		return EXIT_FOUND;
	int status;

	if (form->proto)
		status = ask(c, form, store);
	else {
		command_answer(c, store, str_of(c->argv[1]), &v, &answer);
		/* a preview goes where a reader's client would */
		for (int hop = 0; hop < HOPS && answer.kind == ANSWER_MOVED; hop++)
			command_answer(c, store, answer.target, &v, &answer);
		status = show(c, form, &v, &answer);
	}
	store_close(store);
	return status;
}
