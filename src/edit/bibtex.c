/* bibtex: btparse reads the bibliography, in a process of its own: it ends its process at input it
 * did not expect, and it keeps its state in globals. What it understood comes back through a pipe,
 * what it complained of through another. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_BTPARSE
#include <btparse.h>
#endif

#include "base/text.h"
#include "base/utf8.h"
#include "edit/import.h"

/* Between entries, fields, a field's name and value, authors. */
enum { ENTRY_END = 0x1e, FIELD_END = 0x1f, NAME_END = 0x1d, AUTHOR_END = 0x1c };
#define KEY "@" /* stands for a field's name, which it cannot be */
enum { CPU_SECONDS = 20, SAID_MOST = 1 << 20 };

/* ---- an entry that came back ---- */

static struct str
field_of(struct str entry, const char *name)
{
	struct str field, key;

	while (str_cut(&entry, FIELD_END, &field)) {
		str_cut(&field, NAME_END, &key);
		if (field.p && str_eq_nocase(key, str_of(name)))
			return str_trim(field);
	}
	return STR("");
}

static struct str
first_of(struct str entry, const char *const *names)
{
	struct str value = STR("");

	for (; *names && value.n == 0; names++)
		value = field_of(entry, *names);
	return value;
}

static struct str
either(struct str first, struct str second)
{
	return first.n ? first : second;
}

static struct str
kind_of(struct str type)
{
	static const struct {
		const char *type, *kind;
	} TYPES[] = { { "book", "book" }, { "booklet", "book" }, { "proceedings", "book" },
		{ "collection", "book" }, { "dataset", "dataset" }, { "software", "repository" },
		{ "online", "page" }, { "electronic", "page" }, { "www", "page" },
		{ "video", "talk" }, { "audio", "talk" } };

	for (size_t i = 0; i < COUNT(TYPES); i++)
		if (str_eq_nocase(type, str_of(TYPES[i].type)))
			return str_of(TYPES[i].kind);
	return STR("paper");
}

/* "\url{https://...}" or the address itself. */
static struct str
url_in(struct str text)
{
	size_t at = str_find_str(text, STR("http"));
	struct str url = str_sub(text, at, text.n);
	size_t end = 0;

	while (end < url.n && url.p[end] != '}' && url.p[end] != ' ' && url.p[end] != '>')
		end++;
	return str_sub(url, 0, end);
}

/* "arXiv preprint arXiv:2205.14135" */
static struct str
arxiv_in(struct str text)
{
	for (size_t i = 0; i + 6 < text.n; i++)
		if (str_eq_nocase(str_sub(text, i, i + 6), STR("arxiv:"))) {
			struct str rest = str_sub(text, i + 6, text.n), id;

			return str_word(&rest, &id) ? str_sub(id, 0, str_find(id, ',')) : rest;
		}
	return STR("");
}

/* TeX inside an address is only what protects its marks. */
static struct str
unprotected(struct arena *a, struct str url)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < url.n; i++)
		if (!(url.p[i] == '\\' && i + 1 < url.n && strchr("_%&#~$", url.p[i + 1])) &&
			url.p[i] != '{' && url.p[i] != '}')
			buf_char(&out, url.p[i]);
	struct str plain = arena_str(a, buf_str(&out));

	buf_end(&out);
	return plain;
}

/* The entries of a file. What one does not say, the one that its crossref names says for it. */
struct entries_read {
	struct str *v;
	size_t n, room;
	struct map by_key;
	bool *lends; /* by index: others refer to it */
};

static size_t
lender_of(const struct entries_read *entries, struct str entry)
{
	struct str key = field_of(entry, "crossref");

	return key.n ? map_find(&entries->by_key, key) : (size_t)MAP_NONE;
}

/* `lender`: the entry it refers to, or nothing. A volume lends its title as booktitle, its year and
 * its authors, but not its address: that is of the volume. */
static void
add_entry(struct reader *r, struct str entry, struct str lender, struct imported *into)
{
	static const char *const VENUES[] = { "journal", "journaltitle", "booktitle", "venue",
		NULL };
	static const char *const VOLUMES[] = { "booktitle", "title", "journal", NULL };
	static const char *const HOUSES[] = { "publisher", "school", "institution", NULL };
	static const char *const YEARS[] = { "year", "date", NULL };
	static const char *const ADDRESSES[] = { "url", "howpublished", NULL };
	static const char *const PREFIXES[] = { "archiveprefix", "eprinttype", NULL };
	struct arena *a = r->arena;
	struct str type, author;
	struct str venue = either(first_of(entry, VENUES), first_of(lender, VOLUMES));
	struct str people = either(field_of(entry, "author"), field_of(lender, "author"));
	struct reference work = { .title = tex_plain(a, field_of(entry, "title")),
		.year = either(first_of(entry, YEARS), first_of(lender, YEARS)),
		.doi = unprotected(a, field_of(entry, "doi")),
		.url = unprotected(a, url_in(first_of(entry, ADDRESSES))) };

	venue = either(venue, either(first_of(entry, HOUSES), first_of(lender, HOUSES)));
	people = either(people, field_of(entry, "editor"));
	str_cut(&entry, FIELD_END, &type);
	work.kind = kind_of(type);
	if (str_eq_nocase(first_of(entry, PREFIXES), STR("arxiv")))
		work.arxiv = field_of(entry, "eprint");
	if (work.arxiv.n == 0)
		work.arxiv = arxiv_in(venue);
	if (work.arxiv.n == 0)
		work.arxiv = arxiv_in(field_of(entry, "note"));
	if (!str_eq_nocase(str_sub(venue, 0, 5), STR("arxiv")) &&
		!str_eq_nocase(venue, STR("CoRR")))
		work.venue = tex_plain(a, venue);
	while (people.n && str_cut(&people, AUTHOR_END, &author)) {
		author = str_trim(author);
		if (str_eq(author, STR("others")))
			work.et_al = true;
		else if (author.n)
			*vec_add(a, &work.authors) = tex_plain(a, author);
	}
	import_add(r, into, work);
}

#ifdef HAVE_BTPARSE

/* ---- the process that parses ---- */

/* One line, so that no text can look like an end of a field. */
static void
say(FILE *to, const char *text)
{
	for (; text && *text; text++)
		putc((unsigned char)*text < 0x20 ? ' ' : *text, to);
}

static void
say_part(FILE *to, const bt_name *name, bt_namepart part, const char *before)
{
	for (int i = 0; i < name->part_len[part]; i++) {
		if (!name->parts[part] || !name->parts[part][i])
			continue;
		fputs(i ? " " : before, to);
		say(to, name->parts[part][i]);
	}
}

/* As import_name() has it. */
static bool
is_family_first(const bt_name *name)
{
	return name->part_len[BTN_FIRST] == 1 && name->part_len[BTN_LAST] == 1 &&
		name->part_len[BTN_VON] == 0 &&
		text_has_no_blanks(str_of(name->parts[BTN_FIRST][0])) &&
		text_has_no_blanks(str_of(name->parts[BTN_LAST][0]));
}

/* "Vall{\'e}e Poussin, Charles de la" as it is printed on a paper. */
static void
say_authors(FILE *to, char *text, int line)
{
	bt_stringlist *list = bt_split_list(text, (char *)"and", (char *)"x", line, (char *)"name");

	for (int i = 0; list && i < list->num_items; i++) {
		bt_name *name =
			list->items[i] ? bt_split_name(list->items[i], (char *)"x", line, i) : NULL;

		if (!name)
			continue;
		if (i)
			putc(AUTHOR_END, to);
		if (is_family_first(name)) {
			say_part(to, name, BTN_LAST, "");
			say_part(to, name, BTN_FIRST, "");
			bt_free_name(name);
			continue;
		}
		say_part(to, name, BTN_FIRST, "");
		say_part(to, name, BTN_VON, " ");
		say_part(to, name, BTN_LAST, " ");
		say_part(to, name, BTN_JR, " ");
		bt_free_name(name);
	}
	if (list)
		bt_free_list(list);
}

static void
say_entry(FILE *to, AST *entry)
{
	char *name = NULL;

	say(to, bt_entry_type(entry));
	fprintf(to, "%c" KEY "%c", FIELD_END, NAME_END);
	say(to, bt_entry_key(entry));
	for (AST *field = NULL; (field = bt_next_field(entry, field, &name));) {
		char *text = bt_get_text(field);

		putc(FIELD_END, to);
		say(to, name);
		putc(NAME_END, to);
		if (text && (strcmp(name, "author") == 0 || strcmp(name, "editor") == 0))
			say_authors(to, text, field->line);
		else
			say(to, text);
		free(text);
	}
	putc(ENTRY_END, to);
}

static void
parse_and_say(struct str bytes, int out, int complaints)
{
	static const char *const MONTHS[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
		"aug", "sep", "oct", "nov", "dec" };
	struct rlimit cpu = { CPU_SECONDS, CPU_SECONDS },
		      memory = { (rlim_t)2 << 30, (rlim_t)2 << 30 };
	FILE *in = fmemopen((void *)(uintptr_t)bytes.p, bytes.n, "r"), *to = fdopen(out, "w");
	boolean good = TRUE;

	setrlimit(RLIMIT_CPU, &cpu);
#ifndef ALMAGEST_SANITIZED
	setrlimit(RLIMIT_AS, &memory);
#endif
	(void)memory;
	dup2(complaints, STDERR_FILENO);
	setvbuf(stderr, NULL, _IOLBF, 4096);
	if (!in || !to)
		_exit(3);
	bt_initialize();
	bt_set_stringopts(BTE_REGULAR, BTO_FULL);
	for (size_t i = 0; i < COUNT(MONTHS); i++)
		bt_add_macro_text(
			(char *)(uintptr_t)MONTHS[i], (char *)(uintptr_t)MONTHS[i], NULL, 0);
	for (;;) {
		AST *entry = bt_parse_entry(in, (char *)"x", 0, &good);

		if (!entry)
			break;
		if (good && bt_entry_metatype(entry) == BTE_REGULAR)
			say_entry(to, entry);
		bt_free_ast(entry);
	}
	fflush(to);
	fflush(stderr);
	_exit(0);
}

/* ---- the process that asks ---- */

/* Reads both pipes to their ends. */
static void
listen_to(int out, int complaints, struct buf *understood, struct buf *said)
{
	struct pollfd fds[2] = { { out, POLLIN, 0 }, { complaints, POLLIN, 0 } };
	char piece[65536];

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			ssize_t n = read(fds[i].fd, piece, sizeof piece);

			if (n <= 0)
				fds[i].fd = -1;
			else
				buf_put(i ? said : understood, (struct str){ piece, (size_t)n });
		}
	}
}

/* btparse says "x, line 12, syntax error: ..."; warnings are not told. True when there was an
 * error.
 */
static bool
tell(struct reader *r, struct str said)
{
	struct str line;
	size_t told = 0;

	while (said.n && str_cut(&said, '\n', &line)) {
		struct str rest = line, number;
		unsigned long at = 1;

		if (str_find_str(line, STR("error")) == line.n)
			continue;
		if (str_starts(rest, STR("x, line "))) {
			rest = str_sub(rest, 8, rest.n);
			str_cut(&rest, ',', &number);
			str_number(number, 1000000000, &at);
		}
		rest = str_trim(str_sub(rest, 0, str_find_str(rest, STR("(skipping to"))));
		if (str_starts(rest, STR("error: ")))
			rest = str_sub(rest, 7, rest.n);
		if (str_starts(rest, STR("fatal error: ")) && told)
			continue;
		if (told++ < 20)
			reader_problem(r, PROBLEM_ERROR, (int)at, 1, STR(""), "%.*s",
				STR_ARG(import_text(r->arena, rest, 300)));
	}
	return told > 0;
}

static bool
run_parser(struct reader *r, struct str bytes, struct buf *understood)
{
	struct buf said = { .most = SAID_MOST };
	int out[2], complaints[2], status = 0;
	pid_t child;

	if (pipe(out) != 0 || pipe(complaints) != 0)
		return false;
	fflush(NULL);
	if ((child = fork()) == 0) {
		close(out[0]);
		close(complaints[0]);
		parse_and_say(bytes, out[1], complaints[1]);
	}
	close(out[1]);
	close(complaints[1]);
	if (child > 0) {
		listen_to(out[0], complaints[0], understood, &said);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(out[0]);
	close(complaints[0]);
	bool told = tell(r, buf_str(&said));
	bool good = child > 0 && !told && WIFEXITED(status) && WEXITSTATUS(status) == 0;

	if (!good && !told)
		reader_problem(r, PROBLEM_ERROR, 1, 1, STR(""),
			"btparse cannot read this bibliography, and does not say where it ends");
	buf_end(&said);
	return good;
}

#else

static bool
run_parser(struct reader *r, struct str bytes, struct buf *understood)
{
	(void)bytes;
	(void)understood;
	reader_problem(r, PROBLEM_ERROR, 1, 1, STR(""),
		"this almagest was built without btparse, and reads no BibTeX; convert the file to "
		"CSL-JSON");
	return false;
}

#endif

static void
say_no_entries(struct reader *r)
{
	reader_problem(r, PROBLEM_ERROR, 1, 1, STR(""),
		"no entries here; expected some such as @article{key, title = {...}}");
}

/* An entry that begins and never ends, which btparse takes for the end of the file. */
static bool
is_whole(struct reader *r, struct str bytes)
{
	int line = 1, opened = 0, depth = 0;
	bool entry = false;

	for (size_t i = 0; i < bytes.n; i++) {
		char c = bytes.p[i];

		if (c == '\n')
			line++;
		else if (c == '\\' && i + 1 < bytes.n && bytes.p[i + 1] != '\n')
			i++;
		else if (c == '@' && depth == 0) {
			entry = true;
			opened = line;
		} else if (c == '{' && (entry || depth)) {
			depth++;
			entry = false;
		} else if (c == '}' && depth)
			depth--;
		else if (c == '(' && entry && depth == 0)
			entry = false; /* closed by ')': left to btparse */
	}
	if (opened == 0) {
		say_no_entries(r);
		return false;
	}
	if (depth == 0)
		return true;
	reader_problem(r, PROBLEM_ERROR, opened, 1, STR(""),
		"the entry that begins here has no end: a '}' is missing, or the file was cut off");
	return false;
}

static void
add_entries(struct reader *r, struct str understood, struct imported *into)
{
	struct entries_read entries = { 0 };
	struct arena *a = r->arena;
	struct str entry;

	while (understood.n && str_cut(&understood, ENTRY_END, &entry)) {
		size_t *at = map_at(a, &entries.by_key, field_of(entry, KEY));

		if (*at == (size_t)MAP_NONE)
			*at = entries.n;
		*vec_add(a, &entries) = entry;
	}
	entries.lends = arena_array(a, bool, entries.n);
	for (size_t i = 0; i < entries.n; i++) {
		size_t lender = lender_of(&entries, entries.v[i]);

		if (lender < entries.n)
			entries.lends[lender] = true;
	}
	for (size_t i = 0; i < entries.n; i++) {
		size_t lender = lender_of(&entries, entries.v[i]);

		/* a volume that only lends is nobody's work */
		if (!entries.lends[i] || field_of(entries.v[i], "author").n)
			add_entry(r, entries.v[i], lender < entries.n ? entries.v[lender] : STR(""),
				into);
	}
}

bool
import_bibtex(struct reader *r, struct str bytes, struct imported *into)
{
	struct buf understood = { 0 };
	size_t before = into->works.n + into->left_out;
	int line = 1;

	for (size_t i = 0; i < bytes.n; i++) {
		line += bytes.p[i] == '\n';
		if (bytes.p[i] == '\0') {
			reader_problem(r, PROBLEM_ERROR, line, 1, STR(""),
				"a NUL byte; this is no bibliography");
			return false;
		}
	}
	if (bytes.n == 0 || !is_whole(r, bytes) || !run_parser(r, bytes, &understood)) {
		if (bytes.n == 0)
			reader_problem(r, PROBLEM_ERROR, 1, 1, STR(""), "the file is empty");
		buf_end(&understood);
		return false;
	}
	add_entries(r, arena_str(r->arena, buf_str(&understood)), into);
	buf_end(&understood);
	if (into->works.n + into->left_out > before)
		return true;
	say_no_entries(r);
	return false;
}
