/* show: a page as a protocol would send it, without a server. Gopher and finger speak for
 * themselves; Gemini's page and the text are printed without a header. On a terminal it is shown
 * for reading. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "catalog/record.h"
#include "command.h"
#include "edit/screen.h"
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

enum { HOPS = 3, COLUMNS_MOST = 100, WIDTH_LEAST = 20, WIDTH_MOST = 400 };

static const struct form *
find_form(const char *name)
{
	for (size_t i = 0; i < COUNT(FORMS); i++)
		if (!name || strcmp(name, FORMS[i].name) == 0)
			return &FORMS[i];
	return NULL;
}

static int
unknown_form(const char *name)
{
	struct buf names = { 0 };

	for (size_t i = 0; i < COUNT(FORMS); i++)
		buf_printf(&names, "%s%s",
			!i                             ? ""
				: i + 1 < COUNT(FORMS) ? ", "
						       : " or ",
			FORMS[i].name);
	int status = complain(
		EXIT_USAGE, "--as %s: unknown form; expected %.*s", name, STR_ARG(buf_str(&names)));

	buf_end(&names);
	return status;
}

struct showing {
	struct config *c;
	const struct form *form;
	struct str path; /* and query */
	bool terminal;   /* escape sequences may be added */
	size_t columns;  /* of text; 0: the form's own */
};

static void
copy_file(int fd, struct buf *out)
{
	char piece[16384];
	ssize_t n;

	while ((n = read(fd, piece, sizeof piece)) > 0)
		buf_put(out, (struct str){ piece, (size_t)n });
	close(fd);
}

/* The file behind a reply, as the protocol would send it. */
static void
read_file(struct reply *reply)
{
	struct buf rest = { 0 };

	while (reply->left && reply_read(reply, &rest))
		;
	buf_put(&reply->out, buf_str(&rest));
	buf_end(&rest);
	if (reply->fd >= 0)
		close(reply->fd);
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

/* The slug of the profile at a path; empty: it is none. */
static struct str
person_in(struct str path)
{
	struct str slug = name_in(str_sub(path, 0, str_find(path, '?')));

	return str_starts(path, STR("/people/")) && text_is_slug(slug) ? slug : STR("");
}

/* What the protocol itself answers on this machine. */
static int
ask(const struct showing *s, struct store *store, struct buf *out)
{
	struct config *c = s->c;
	const struct settings *set = &c->settings;
	unsigned long port = (unsigned long)atoi(s->form->proto->port);
	struct site site = { .store = store,
		.capsule = c->capsule,
		.mirror = arena_printf(c->arena, "%s/mirror", c->catalog.p).p,
		.hosts = c->hosts,
		.port = 1965,
		.gopher_host = set->gopher_host.text,
		.ascii = str_eq(set->gopher_charset.text, STR("us-ascii")) };
	struct session session = { .port = (unsigned)port };
	struct request request = { .path = s->path };
	struct reply reply = { .fd = -1 };

	if (str_number(set->gopher_port.text, 65535, &port))
		site.gopher_port = (unsigned)port;
	if (s->form->proto == &proto_finger)
		request.path = name_in(request.path);
	s->form->proto->answer(&site, c->arena, &session, PARSE_DONE, &request, &reply);
	read_file(&reply);
	bool menu = str_find(buf_str(&reply.out), '\t') < reply.out.n;

	if (s->terminal && s->form->proto == &proto_gopher && menu)
		screen_menu(buf_str(&reply.out), out);
	else if (s->terminal)
		screen_text(buf_str(&reply.out), out);
	else
		buf_put(out, buf_str(&reply.out));
	buf_end(&reply.out);
	return reply.status < 40 ? EXIT_OK : EXIT_FOUND;
}

/* ---- a path that leads nowhere ---- */

static void
say_where(struct buf *out, const char *format, struct str path)
{
	buf_put(out, STR("almagest: "));
	buf_printf(out, format, STR_ARG(path));
	buf_char(out, '\n');
}

/* Of a profile, or a name alone: who has nearly this one. */
static const char *
nearest_to(const struct showing *s)
{
	struct str path = str_sub(s->path, 0, str_find(s->path, '?')), name = name_in(path);
	bool person = person_in(path).n > 0 || str_find_last(path, '/') == 0;

	return person && text_is_slug(name) ? command_nearest_person(s->c, name) : NULL;
}

/* Why the record that should be there is not: its mistakes. */
static int
explain(const struct showing *s, struct buf *complaint)
{
	struct config *c = s->c;
	struct problems ps = { .arena = c->arena };
	struct str path = str_sub(s->path, 0, str_find(s->path, '?'));
	struct str slug = person_in(path), file = { 0 }, bytes;
	struct person person = { 0 };
	const char *nearest;
	struct err e = { 0 };

	if (slug.n)
		file = command_person_file(c, slug);
	struct reader r = { c->arena, &ps, file, clock_day(c->arena, 24) };
	const struct node *node = NULL;

	if (file.n && file_read(c->arena, file.p, YAML_MOST, &bytes, NULL, &e) &&
		(node = yaml_parse(&r, bytes)))
		record_parse(&r, &KIND_PERSON, node, &person);
	problem_sort(&ps);
	for (size_t i = 0; i < ps.n; i++)
		problem_put(complaint, &ps.v[i]);
	if (ps.errors)
		say_where(complaint, "%.*s: nothing is shown before the errors above are mended",
			path);
	else if ((nearest = nearest_to(s)))
		buf_printf(complaint,
			"almagest: %.*s: nothing is at this address; did you mean %s?\n",
			STR_ARG(path), nearest);
	else
		say_where(complaint,
			"%.*s: nothing is at this address; see almagest show /index.gmi, or "
			"almagest "
			"check if its record may hold an error",
			path);
	return EXIT_FOUND;
}

/* ---- pages ---- */

static void
put_page(
	const struct showing *s, const struct view *v, const struct answer *answer, struct buf *out)
{
	struct place place = { .host = v->base.host, .port = v->base.port, .columns = s->columns };
	const char *mime = answer->mime ? answer->mime : s->form->mime;
	struct buf plain = { 0 }, address = { 0 };

	if (s->terminal && !s->c->own.as && !answer->mime) {
		screen_page(&answer->page, &place, out);
		return;
	}
	encode_for(mime)(&answer->page, &place, &plain);
	encode_address(&place, v->path, &address);
	if (s->terminal && mime && strcmp(mime, "text/gemini") == 0)
		screen_gemtext(buf_str(&plain), buf_str(&address), out);
	else if (s->terminal && mime && strcmp(mime, "text/plain") == 0)
		screen_text(buf_str(&plain), out);
	else
		buf_put(out, buf_str(&plain));
	buf_end(&plain);
	buf_end(&address);
}

static int
put_answer(const struct showing *s, const struct view *v, const struct answer *answer,
	struct buf *out, struct buf *complaint)
{
	switch (answer->kind) {
	case ANSWER_PAGE:
		put_page(s, v, answer, out);
		return EXIT_OK;
	case ANSWER_BYTES:
		buf_put(out, answer->bytes);
		return EXIT_OK;
	case ANSWER_FILE:
		copy_file(answer->fd, out);
		return EXIT_OK;
	case ANSWER_INPUT:
		buf_printf(out, "%.*s\n", STR_ARG(answer->words));
		return EXIT_OK;
	case ANSWER_MOVED:
	case ANSWER_SEE:
		buf_printf(out, "%.*s\n", STR_ARG(answer->target));
		return EXIT_OK;
	case ANSWER_GONE:
		buf_printf(complaint, "almagest: %.*s: gone: %.*s\n", STR_ARG(s->path),
			STR_ARG(answer->words));
		return EXIT_FOUND;
	default:
		return explain(s, complaint);
	}
}

/* The page as the files are now: to show in `out`, and what is to be said of it in `complaint`. */
static int
make(const struct showing *s, struct buf *out, struct buf *complaint)
{
	struct answer answer;
	struct view v;
	struct str slug = person_in(s->path);
	struct store *store = command_store(s->c, slug);
	const struct person *person;
	int64_t id;
	int status;

	if (!store)
		return EXIT_FOUND;
	if (s->form->proto)
		status = ask(s, store, out);
	else {
		command_answer(s->c, store, s->path, &v, &answer);
		/* a preview goes where a reader's client would */
		for (int hop = 0; hop < HOPS && answer.kind == ANSWER_MOVED; hop++)
			command_answer(s->c, store, answer.target, &v, &answer);
		status = put_answer(s, &v, &answer, out, complaint);
	}
	if (slug.n && (person = query_person(store, s->c->arena, slug, &id)) &&
		person->draft.text.n)
		say_where(complaint, "%.*s: a draft, which readers do not see yet", s->path);
	if (command_store_close(s->c, store))
		return status;
	buf_end(out);
	buf_end(complaint);
	return EXIT_FOUND;
}

/* One more time, in memory of its own; what is wrong is shown in place of the page. */
static void
make_again(void *context, struct buf *out)
{
	const struct showing *s = context;
	struct config c = *s->c;
	struct showing now = *s;
	struct arena arena = { 0 };
	struct buf complaint = { 0 };

	c.arena = &arena;
	now.c = &c;
	if (s->terminal && !s->c->own.width) {
		size_t rows;

		screen_size(&rows, &now.columns);
		now.columns = now.columns < COLUMNS_MOST ? now.columns : COLUMNS_MOST;
	}
	make(&now, out, &complaint);
	buf_put(out, buf_str(&complaint));
	buf_end(&complaint);
	arena_end(&arena);
}

static int
follow(struct showing *s)
{
	struct watch w;

	if (s->terminal) {
		screen_follow(s->c->capsule, s->path.p, make_again, s);
		return EXIT_OK;
	}
	watch_open(&w, s->c->capsule);
	do { /* a form feed parts what comes again */
		struct buf out = { 0 };

		make_again(s, &out);
		fwrite(out.n ? out.p : "", 1, out.n, stdout);
		puts("\f");
		buf_end(&out);
		if (fflush(stdout) != 0)
			break;
		while (!watch_wait(&w, -1))
			;
	} while (true);
	watch_close(&w);
	return EXIT_FOUND;
}

/* ---- what the words mean ---- */

/* A file of the capsule stands for its page; a slug or a name for a profile. */
static struct str
path_of(const struct config *c, const char *word)
{
	struct str given = str_of(word), slug = text_slug(c->arena, given), inside;

	if (file_exists(word) && (inside = command_in_capsule(c, given)).n) {
		size_t slash = str_find(inside, '/'), last = str_find_last(inside, '/');
		struct str folder = str_sub(inside, 0, slash);
		struct str name = str_sub(inside, last < inside.n ? last + 1 : 0, inside.n);

		if (str_eq(folder, STR("pages")))
			return arena_printf(c->arena, "/%.*s", STR_ARG(name));
		if (str_ends(inside, STR(".yaml")) && slash < inside.n)
			return arena_printf(c->arena, "/%.*s/%.*s.gmi", STR_ARG(folder),
				(int)name.n - 5, name.p);
		return arena_printf(c->arena, "/%.*s", STR_ARG(inside));
	}
	if (str_find(given, '/') == given.n && str_find(given, '.') == given.n &&
		str_find(given, '?') == given.n && text_is_slug(slug) &&
		command_person_file(c, slug).n)
		return arena_printf(c->arena, "/people/%.*s.gmi", STR_ARG(slug));
	return word[0] == '/' ? given : arena_printf(c->arena, "/%s", word);
}

static bool
columns_of(struct showing *s, struct err *e)
{
	const char *width = s->c->own.width;
	bool own = s->form->proto ||
		(s->c->own.as && !s->terminal && strcmp(s->form->name, "text") != 0);
	unsigned long columns;
	size_t rows;

	if (!width) {
		screen_size(&rows, &s->columns);
		if (!s->terminal || s->c->own.as)
			s->columns = 0;
		else if (s->columns > COLUMNS_MOST)
			s->columns = COLUMNS_MOST;
		return true;
	}
	if (own)
		return err_set(e,
			"--width: for text; what gemini, gopher and finger send is as wide as it "
			"is");
	if (!str_number(str_of(width), WIDTH_MOST, &columns) || columns < WIDTH_LEAST)
		return err_set(e, "--width %s: expected a number from %d to %d", width, WIDTH_LEAST,
			WIDTH_MOST);
	s->columns = columns;
	return true;
}

int
cmd_show(struct config *c)
{
	struct showing s = { .c = c, .form = find_form(c->own.as) };
	struct buf out = { 0 }, complaint = { 0 };
	struct err e = { 0 };

	if (c->argc != 2)
		return complain(
			EXIT_USAGE, "usage: almagest show PATH, such as /people/tri-dao.gmi");
	if (!s.form)
		return unknown_form(c->own.as);
	s.terminal = command_colours();
	if (c->own.width && !c->own.as)
		s.form = s.terminal ? s.form : find_form("text");
	if (!columns_of(&s, &e))
		return complain(EXIT_USAGE, "%s", e.text);
	if (!command_settings(c))
		return EXIT_FOUND;
	s.path = path_of(c, c->argv[1]);
	if (c->own.watch)
		return follow(&s);
	int status = make(&s, &out, &complaint);

	screen_show(buf_str(&out));
	fwrite(complaint.n ? complaint.p : "", 1, complaint.n, stderr);
	buf_end(&out);
	buf_end(&complaint);
	return status;
}
