/* manual: the manual pages as mdoc, so that fields, settings and commands stand in them as they are
 * in the program. `make docs` writes them to docs/. */
#include <stdio.h>

#include "command.h"

/* A piece of a page: prose as it is, or the rows of a table. */
struct piece {
	const char *prose;
	const struct kind *fields;
	void (*rows)(struct buf *out);
};

struct manual {
	const char *name; /* "almagest-record" */
	int section;
	const char *about;
	const struct piece *pieces;
	size_t n;
};

/* Text in mdoc: a backslash is spelt out, and a line must not begin with a macro's dot. */
static void
put_text(struct buf *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		buf_put(out, STR("\\&"));
	for (; *text; text++)
		if (*text == '\\')
			buf_put(out, STR("\\e"));
		else
			buf_char(out, *text);
}

static void
put_limits(struct buf *out, const struct field *field)
{
	static const char *const KINDS[] = { [FIELD_TEXT] = "text",
		[FIELD_PROSE] = "paragraphs",
		[FIELD_DATE] = "date",
		[FIELD_YEAR] = "year",
		[FIELD_FLAG] = "true or false",
		[FIELD_NUMBER] = "number",
		[FIELD_KIND] = "word",
		[FIELD_SLUG] = "slug",
		[FIELD_URL] = "URL",
		[FIELD_DOI] = "DOI",
		[FIELD_ARXIV] = "arXiv id",
		[FIELD_ROR] = "ROR id",
		[FIELD_LANGUAGE] = "language tag",
		[FIELD_CHOICE] = "one of these",
		[FIELD_LIST] = "list of texts",
		[FIELD_SLUGS] = "list of slugs",
		[FIELD_PINS] = "list of slugs with reasons",
		[FIELD_LINKS] = "map",
		[FIELD_WORDS] = "map",
		[FIELD_CITATIONS] = "list of sources" };

	buf_printf(out, "(%s", KINDS[field->type]);
	if (field->most > 1)
		buf_printf(out, ", at most %zu", field->most);
	if (field->type == FIELD_NUMBER)
		buf_printf(out, " up to %zu", field->longest);
	else if (field->longest &&
		(field->type == FIELD_TEXT || field->type == FIELD_PROSE ||
			field->type == FIELD_LIST || field->type == FIELD_PINS))
		buf_printf(out, "%s %zu characters", field->most > 1 ? " of" : ", at most",
			field->longest);
	buf_printf(out, "%s)", field->required ? "; required" : "");
}

static void
put_fields(struct buf *out, const struct kind *kind)
{
	buf_put(out, STR(".Bl -tag -width Ds\n"));
	for (size_t i = 0; i < kind->n; i++) {
		const struct field *field = &kind->fields[i];

		buf_printf(out, ".It Cm %s\n", field->key);
		put_limits(out, field);
		buf_char(out, '\n');
		put_text(out, field->help);
		buf_put(out, STR(".\nExample:\n.Ql "));
		put_text(out, field->example);
		buf_char(out, '\n');
	}
	buf_put(out, STR(".El\n"));
}

static void
put_commands(struct buf *out)
{
	buf_put(out, STR(".Bl -tag -width Ds\n"));
	for (size_t i = 0; i < COMMANDS_N; i++) {
		buf_printf(out, ".It Cm %s", COMMANDS[i].name);
		if (*COMMANDS[i].words)
			buf_printf(out, " Ar %s", COMMANDS[i].words);
		buf_char(out, '\n');
		put_text(out, COMMANDS[i].help);
		buf_put(out, STR(".\n"));
	}
	buf_put(out, STR(".El\n"));
}

static void
put_options(struct buf *out)
{
	struct option list[OPTIONS_MOST];
	struct arena a = { 0 };
	size_t n = config_option_list(&a, list);

	buf_put(out,
		STR(".Bl -tag -width Ds\n.It Fl c , Fl Fl capsule Ar FOLDER\nThe directory's "
		    "folder; without it\n"
		    ".Pa capsule\nwhere there is one, else the folder it is started in.\n"));
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, ".It Fl Fl %s Ar VALUE\n", list[i].name.p);
		put_text(out, list[i].field->help);
		buf_put(out, STR(".\n"));
	}
	buf_put(out, STR(".El\n"));
	arena_end(&a);
}

/* ---- the pages ---- */

static const struct piece PROGRAM[] = {
	{ .prose = ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Fl c Ar FOLDER\n.Op Ar options\n.Op Ar "
		   "words\n"
		   ".Sh DESCRIPTION\n"
		   ".Nm\nserves a directory of researchers as plain text.\nEditors write one small "
		   "YAML record a person,\n"
		   ".Xr almagest-record 5 ;\n"
		   "readers meet the same pages in a Gemini client or as text.\n"
		   "A profile says why somebody matters, what they are known for, where to start "
		   "reading, and whom to explore "
		   "next, with the reason for each relation.\n"
		   ".Pp\nThe commands are:\n" },
	{ .rows = put_commands },
	{ .prose = ".Ss Serving\n"
		   ".Cm serve\nreads the records into a catalog, makes what certificates are "
		   "missing, says the address to open and "
		   "the certificate's fingerprint, and prints a line\n.Ql ready\non standard error "
		   "when it answers.\n"
		   "With no host set it serves this machine alone.\n"
		   "A record that holds an error is left out, or keeps its last good version, and "
		   "is named in the log.\n"
		   ".Pp\nThe server runs as a supervisor, a writer of the catalog, and "
		   "workers.\nSignals to the supervisor:\n"
		   ".Bl -tag -width Ds\n"
		   ".It Dv SIGHUP\nreads settings, certificates and records again; workers are "
		   "replaced, and no request is lost.\n"
		   ".It Dv SIGTERM , SIGINT\nfinishes what is being answered, for at most 10 "
		   "seconds, and ends.\n"
		   ".El\n"
		   ".Ss Checking\n"
		   ".Cm check\nprints every problem of every file as\n"
		   ".Ql path:line:column: error|warning: field: what is wrong; what was expected "
		   ",\n"
		   "a form that editors and CI systems read.\nIt prints nothing when all is well.\n"
		   ".Sh OPTIONS\n"
		   "Every setting of\n.Xr almagest-capsule 5\nis an option too, and an option "
		   "wins.\n"
		   "The option of a list may be given several times.\n" },
	{ .rows = put_options },
	{ .prose = ".Sh FILES\n"
		   ".Bl -tag -width Ds\n"
		   ".It Pa capsule/people/SLUG.yaml\na record\n"
		   ".It Pa capsule/organizations , capsule/topics , capsule/sources\nrecords of "
		   "what people share\n"
		   ".It Pa capsule/pages/NAME.gmi\nthe capsule's own pages\n"
		   ".It Pa capsule/files\nfiles served as they are, below\n.Pa /files/\n"
		   ".It Pa capsule/capsule.yaml\npublic settings\n"
		   ".It Pa capsule/local.yaml\nsettings of this machine, never served\n"
		   ".It Pa capsule/.catalog\nthe derived catalog; it may be deleted at any time\n"
		   ".It Pa certs\nkeys and certificates\n"
		   ".El\n"
		   ".Sh EXIT STATUS\n"
		   "0 when all went well, 1 when problems were found, 2 when the command line was "
		   "wrong.\n"
		   ".Sh EXAMPLES\n"
		   "Serve the directory in\n.Pa capsule\nto this machine:\n"
		   ".Dl $ almagest serve\n"
		   ".Pp\nServe it to others:\n"
		   ".Dl $ almagest serve -c /srv/capsule --host directory.example.org\n"
		   ".Pp\nRead a page without a server:\n"
		   ".Dl $ almagest show /people/tri-dao --as text\n"
		   ".Sh SEE ALSO\n.Xr almagest-capsule 5 ,\n.Xr almagest-record 5\n" },
};

static const struct piece RECORD[] = {
	{ .prose = ".Sh DESCRIPTION\n"
		   "A record is a YAML file.\nThe record of a person is\n.Pa people/SLUG.yaml ,\n"
		   "and the file's name without its ending is the slug: lower-case letters, digits "
		   "and single\n.Ql - .\n"
		   "Folders below\n.Pa people\nmay be used; the slug stays unique over all of "
		   "them.\n"
		   "Only a name and a tagline are needed:\n"
		   ".Bd -literal -offset indent\n"
		   "name: Ada Lovelace\n"
		   "tagline: Wrote the first program for a machine that was never built\n"
		   "topics:\n"
		   "  - history of computing\n"
		   "known_for:\n"
		   "  - The notes on the Analytical Engine\n"
		   "start_here:\n"
		   "  - title: Sketch of the Analytical Engine\n"
		   "    year: 1843\n"
		   "    why: Note G holds the program\n"
		   ".Ed\n"
		   ".Pp\n"
		   "All values are text: a date, a year or an arXiv id comes out as it was "
		   "written.\n"
		   "One item may stand where a list is expected, and an empty value is an absent "
		   "one.\n"
		   "In a block after\n.Ql |\na newline is a blank and an empty line parts "
		   "paragraphs.\n"
		   "A file holds one document of at most 64 KiB and four levels, without tags, "
		   "anchors and aliases, in UTF-8 "
		   "without control characters.\n"
		   ".Pp\n"
		   "The record is served as it is written, comments and\n.Ql x-\nkeys included: "
		   "write nothing in it that is not "
		   "for the public.\n"
		   ".Sh PEOPLE\n" },
	{ .fields = &KIND_PERSON },
	{ .prose = ".Sh SOURCES\n"
		   "An item of\n.Cm start_here\nis a reference to a source that is described "
		   "elsewhere\n"
		   ".Pq Ql arxiv:2205.14135 , Ql doi:10.1145/3180143 , No a URL, or the slug of a "
		   "file in Pa sources/ ,\n"
		   "or a map with these keys.\n"
		   "Two items that share an identifier are one source, and people who have it are "
		   "related by it.\n" },
	{ .fields = &KIND_CITATION },
	{ .prose = ".Pp\nA source may have a record of its own,\n.Pa sources/SLUG.yaml ,\n"
		   "whose fields win over those in people's records; its slug is its id.\n"
		   "It has the keys above but\n.Cm why ,\nand these:\n"
		   ".Bl -tag -width Ds\n.It Cm name , aliases , summary\nas for topics "
		   "below.\n.El\n"
		   ".Sh TOPICS AND ORGANIZATIONS\n"
		   "They exist by being named in a record.\nA file\n.Pa topics/SLUG.yaml\nor\n.Pa "
		   "organizations/SLUG.yaml\n"
		   "may say more.\n"
		   ".Ss Topics\n" },
	{ .fields = &KIND_TOPIC },
	{ .prose = ".Ss Organizations\n" },
	{ .fields = &KIND_ORGANIZATION },
	{ .prose = ".Sh SEE ALSO\n.Xr almagest 1 ,\n.Xr almagest-capsule 5\n" },
};

static const struct piece CAPSULE[] = {
	{ .prose = ".Sh DESCRIPTION\n"
		   "A capsule is a folder of records, see\n.Xr almagest-record 5 .\n"
		   "Its settings stand in two files.\n"
		   ".Pa capsule.yaml\nis public: it belongs to the directory and goes where its "
		   "records go.\n"
		   ".Pa local.yaml ,\nor the file named by\n.Fl Fl settings ,\n"
		   "belongs to the machine and is never served.\n"
		   "Both are optional, and every setting is an option of\n.Xr almagest 1\ntoo, but "
		   "for\n.Cm headings .\n"
		   ".Sh capsule.yaml\n" },
	{ .fields = &KIND_CAPSULE },
	{ .prose = ".Sh local.yaml\n" },
	{ .fields = &KIND_LOCAL },
	{ .prose = ".Sh SEE ALSO\n.Xr almagest 1 ,\n.Xr almagest-record 5\n" },
};

static const struct manual MANUALS[] = {
	{ "almagest", 1, "researcher directory over Gemini", PROGRAM, COUNT(PROGRAM) },
	{ "almagest-record", 5, "records of a researcher directory", RECORD, COUNT(RECORD) },
	{ "almagest-capsule", 5, "settings of a researcher directory", CAPSULE, COUNT(CAPSULE) },
};

static void
put_manual(struct buf *out, const struct manual *manual)
{
	char title[64];
	size_t n = 0;

	for (; manual->name[n]; n++)
		title[n] = (char)(manual->name[n] >= 'a' && manual->name[n] <= 'z'
				? manual->name[n] - 32
				: manual->name[n]);
	title[n] = '\0';
	buf_printf(out, ".Dd $Mdocdate$\n.Dt %s %d\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", title,
		manual->section, manual->name, manual->about);
	for (size_t i = 0; i < manual->n; i++) {
		const struct piece *piece = &manual->pieces[i];

		if (piece->prose)
			buf_put(out, str_of(piece->prose));
		if (piece->fields)
			put_fields(out, piece->fields);
		if (piece->rows)
			piece->rows(out);
	}
}

int
cmd_manual(struct config *c)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < COUNT(MANUALS) && c->argc < 2; i++)
		printf("%s(%d)  %s\n", MANUALS[i].name, MANUALS[i].section, MANUALS[i].about);
	if (c->argc < 2)
		return EXIT_OK;
	for (size_t i = 0; i < COUNT(MANUALS); i++)
		if (strcmp(c->argv[1], MANUALS[i].name) == 0) {
			put_manual(&out, &MANUALS[i]);
			fwrite(out.p, 1, out.n, stdout);
			buf_end(&out);
			return EXIT_OK;
		}
	return complain(EXIT_USAGE,
		"%s: no such page; expected almagest, almagest-record or almagest-capsule",
		c->argv[1]);
}
