/* manual: the manual pages as mdoc, so that fields, settings and commands stand in them as they are
 * in the program. `make docs` writes them to docs/; `almagest help TOPIC` shows them. */
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "edit/mdoc.h"
#include "edit/screen.h"

/* A piece of a page: prose as it is, or the rows of a table. */
struct piece {
	const char *prose;
	const struct kind *fields;
	void (*rows)(struct buf *out);
};

struct manual {
	const char *name; /* "almagest-record" */
	int section;
	const char *topics; /* what it is asked for by: "record" */
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
		bool options = false;

		buf_printf(out, ".It Cm %s", COMMANDS[i].name);
		if (*COMMANDS[i].words)
			buf_printf(out, " Ar %s", COMMANDS[i].words);
		buf_char(out, '\n');
		put_text(out, COMMANDS[i].help);
		buf_put(out, STR(".\n"));
		for (size_t k = 0; k < OWN_OPTIONS_N; k++) {
			const struct own_option *own = &OWN_OPTIONS[k];

			if (!config_takes(own, COMMANDS[i].name))
				continue;
			buf_put(out, options ? STR("") : STR(".Bl -tag -width Ds\n"));
			options = true;
			buf_printf(out, ".It Fl Fl %s%s%s\n", own->name, own->value ? " Ar " : "",
				own->value ? own->value : "");
			put_text(out, own->help);
			buf_put(out, STR(".\n"));
		}
		buf_put(out, options ? STR(".El\n") : STR(""));
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
		   ".Pp\nEdits are followed as they are made: a record that is saved is served a "
		   "moment later, and a burst of changes is one.\n"
		   "The catalog can be deleted at any time while the server is stopped; one that "
		   "cannot be used is kept beside as\n.Pa catalog.db.aside .\n"
		   ".Pp\nThe server runs as a supervisor, a writer of the catalog, workers, and a "
		   "process beside each worker that holds the private keys.\nSignals to the "
		   "supervisor:\n"
		   ".Bl -tag -width Ds\n"
		   ".It Dv SIGHUP\nreads settings, certificates and records again; workers are "
		   "replaced, and no request is lost.\n"
		   "Where another version of the program has been installed meanwhile, that takes "
		   "over: the old workers answer from the old catalog until the new one is "
		   "built, and no request is lost either.\n"
		   "A program that does not run, or refuses the settings, is not let in: the "
		   "log says why, and the old one goes on.\n"
		   ".It Dv SIGUSR1\nopens the log file again, for who has moved it away.\n"
		   ".It Dv SIGTERM , SIGINT\nfinishes what is being answered, for at most 10 "
		   "seconds, and ends.\n"
		   ".El\n"
		   ".Ss Looking after a server\n"
		   ".Cm status\nasks the server that runs on a catalog, through a socket in its "
		   "folder, and tells what it serves, which files it rejects and why, its "
		   "addresses, certificates with their dates and fingerprints, connections, "
		   "answers, and the memory of each process.\n"
		   "The user who started the server, and root, may ask.\n"
		   ".Pp\n.Cm check Fl Fl install\nlooks at the machine in place of the "
		   "records: whether ports are free or the server's own, names lead to this "
		   "machine, certificates name their hosts and are valid, keys are closed to "
		   "others, the catalog can be written and the records read by the user who "
		   "serves, the clock is right, and enough files may be open.\n"
		   "Each line says what is so, and what to do where it is wrong; nothing is "
		   "changed.\n"
		   "Give it the options of the server itself, and run it as root, who may look "
		   "everywhere.\n"
		   "Both find the folders of a packaged server,\n.Pa /srv/almagest\nand\n.Pa "
		   "/var/lib/almagest ,\nwhere no capsule is named and none is here.\n"
		   ".Ss Checking\n"
		   ".Cm check\nprints every problem of every file as\n"
		   ".Ql path:line:column: error|warning|note: field: what is wrong; what was "
		   "expected ,\n"
		   "a form that editors and CI systems read,\nand ends with a line that counts "
		   "records, errors and warnings.\n"
		   "With\n.Fl Fl watch\nit goes on, and checks again whenever a file of the "
		   "capsule "
		   "changes.\n"
		   "With\n.Fl Fl advice\nit adds notes on what is not wrong: a profile without a "
		   "source to start with, a source that another of its authors lacks, people who "
		   "share a source but no topic, a review of more than a year ago, two records "
		   "that "
		   "may be one person, a topic that is a letter away from a common one.\n"
		   ".Ss Writing\n"
		   ".Cm new ,\n.Cm import ,\n.Cm fmt\nand\n.Cm rename\n"
		   "write files of the capsule; each file is written whole or not at all, and none "
		   "is written over but by\n.Cm fmt ,\n.Cm rename\nand\n.Cm import Fl Fl merge Fl "
		   "Fl write .\n"
		   "A\n.Ar RECORD\nis a path or the slug of a person;\n.Ql -\nis standard input, "
		   "formatted to standard output.\n"
		   ".Pp\nThe forms of\n.Cm import\nare\n.Cm bibtex ;\n.Cm csl-json\n"
		   "(Zotero, or a DOI with\n.Ql Accept: application/vnd.citationstyles.csl+json ) "
		   ";\n"
		   ".Cm orcid\n(the JSON of\n.Pa https://pub.orcid.org/v3.0/ID/record ) ;\nand\n"
		   ".Cm openalex\n(the JSON of\n.Pa https://api.openalex.org/authors/ID ,\n"
		   "and of the works_api_url in it, as further files).\n"
		   ".Ss Looking\n"
		   ".Cm show\ntakes the path of a page, the file of a record, or a slug.\n"
		   "On a terminal headings are bold, links can be clicked, and what is long goes "
		   "through\n.Ev PAGER ;\n"
		   "elsewhere it prints what the protocol sends.\n"
		   "With\n.Fl Fl watch\nthe page follows the record as it is written.\n"
		   ".Ss Taking the directory offline\n"
		   ".Cm export\nwrites the directory into a folder as files: gemtext,\n"
		   ".Pa gophermap\nand\n.Pa index.gph ,\ntexts, records, Atom, manifest.\n"
		   "Any Gemini or Gopher server serves the folder as it is, and Gemini clients "
		   "open it from the disk.\n"
		   "A folder that was exported before is brought up to date: only files that "
		   "differ are written, and what is no longer in the directory is removed.\n"
		   "The addresses of all pages are in\n.Pa mirror/urls.txt ;\npast 20,000 it names "
		   "lists that have them, and a page stays in its list until twice as many are "
		   "needed.\n"
		   "Set the addresses that the copy names with\n.Fl Fl host , Fl Fl gopher-host "
		   ", Fl Fl base .\n"
		   ".Pp\n"
		   ".Cm mirror\nmakes a folder equal to a directory that is served elsewhere, and "
		   "at each further run fetches only what changed.\n"
		   "The server's public key is known from the first visit on; another key stops "
		   "the mirror, and the message names both.\n"
		   "Nothing is placed before all of it is there and is what the manifest says; a "
		   "run that was ended is taken up by the next.\n"
		   "However slow the server, a run ends: after ten times\n.Fl Fl deadline\nand a "
		   "second more for each file that is missing and each 64 KiB of the directory.\n"
		   "The folder is a capsule: it can be served, exported and mirrored on.\n"
		   "Its own state lies in\n.Pa .mirror .\n"
		   ".Sh OPTIONS\n"
		   "Every setting of\n.Xr almagest-capsule 5\nis an option too, and an option "
		   "wins.\n"
		   "The option of a list may be given several times.\n" },
	{ .rows = put_options },
	{ .prose = ".Sh ENVIRONMENT\n"
		   ".Bl -tag -width Ds\n"
		   ".It Ev PAGER\nwhat shows long texts; without it\n.Ql less\n"
		   ".It Ev NO_COLOR\nset: no colours, no bold, no links to click\n"
		   ".It Ev SOURCE_DATE_EPOCH\nseconds since 1970 to take for now\n"
		   ".El\n"
		   ".Sh FILES\n"
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
		   ".It Pa /srv/almagest , /var/lib/almagest\nthe capsule, and certificates and "
		   "catalog, where a package has them; found there without being named\n"
		   ".It Pa CATALOG/status\nthe socket on which\n.Cm status\nasks; the user who "
		   "started the server, and root, may connect\n"
		   ".El\n"
		   ".Sh EXIT STATUS\n"
		   "0 when all went well, 1 when problems were found, 2 when the command line was "
		   "wrong.\n"
		   "Of\n.Cm mirror :\n"
		   "0 when the copy is current, whether or not something changed (the output says "
		   "which), 1 when it failed and may go better later, 3 when it refused and "
		   "somebody must decide: another key, a name or a size that a mirror does not "
		   "take.\nOf\n.Cm status :\n"
		   "0 when the server is well, 1 when it answers no readers, 3 when none runs.\n"
		   ".Sh EXAMPLES\n"
		   "Serve the directory in\n.Pa capsule\nto this machine:\n"
		   ".Dl $ almagest serve\n"
		   ".Pp\nServe it to others:\n"
		   ".Dl $ almagest serve -c /srv/capsule --host directory.example.org\n"
		   ".Pp\nRead a page without a server:\n"
		   ".Dl $ almagest show /people/tri-dao --as text\n"
		   ".Pp\nSee how the server does, and whether the machine is in order:\n"
		   ".Bd -literal -offset indent\n"
		   "$ almagest status\n"
		   "$ almagest check --install\n"
		   ".Ed\n"
		   ".Pp\nComplete commands in this bash:\n"
		   ".Dl $ . <(almagest completion bash)\n"
		   ".Sh SEE ALSO\n.Xr almagest-capsule 5 ,\n.Xr almagest-record 5 ,\n.Xr almagest "
		   "7\n" },
};

static const struct piece TOUR[] = {
	{ .prose = ".Sh DESCRIPTION\n"
		   "A tour for editors: from a name to a profile that others can read.\n"
		   "It takes a folder, the capsule, with one small file for each person;\n"
		   ".Xr almagest-record 5\nnames every field of it.\n"
		   ".Ss A first record\n"
		   ".Dl $ almagest new \\(dqAda Lovelace\\(dq\n"
		   ".Pp\nwrites\n.Pa capsule/people/ada-lovelace.yaml :\n"
		   "the name, a line to be written, and every other field as a comment with an "
		   "example.\n"
		   "Take away the\n.Ql #\nin front of what you know, and delete the rest.\n"
		   "The file's name is the profile's address for ever; where somebody has it "
		   "already, "
		   "the command offers another, to be given with\n.Fl Fl slug .\n"
		   ".Ss While you write\n"
		   "The first line of a new record names its JSON Schema, so that editors with the "
		   "common YAML language server (VS Code with the YAML extension, Neovim, Emacs, "
		   "Helix, Kate) complete keys, explain them, and mark mistakes at once.\n"
		   "To have the topics, organizations, people and sources of your directory "
		   "proposed too, write them into the schema now and then:\n"
		   ".Dl $ almagest schema record --suggest >docs/schema/record.json\n"
		   ".Pp\nIn a second terminal, see the page while it grows:\n"
		   ".Dl $ almagest show --watch ada-lovelace\n"
		   ".Pp\nand in a third, what is wrong anywhere:\n"
		   ".Dl $ almagest check --watch\n"
		   ".Ss What is wrong\n"
		   ".Cm check\ntells the place of a mistake, what is wrong there, and what was "
		   "expected.\n"
		   "A record with an error never stops the server: it keeps its last good "
		   "version, or is left out.\n"
		   ".Pp\nIn vim,\n.Ql :make\ngoes to the place of each, with these lines in\n"
		   ".Pa .vimrc :\n"
		   ".Bd -literal -offset indent\n"
		   "set makeprg=almagest\\e check\n"
		   "set errorformat=%f:%l:%c:\\e %trror:\\e %m,%f:%l:%c:\\e %tarning:\\e "
		   "%m,%f:%l:%c:\\e %tote:\\e %m\n"
		   ".Ed\n"
		   ".Pp\nVS Code lists them under Problems: the task\n.Ql almagest check\nin\n"
		   ".Pa .vscode/tasks.json\nruns in the background; its pattern is\n"
		   ".Bd -literal -offset indent\n"
		   "\"regexp\": \"^([^:]+):(\\e\\ed+):(\\e\\ed+): (error|warning|note): (.*)$\"\n"
		   ".Ed\n"
		   ".Pp\nOn GitHub, a step of a workflow puts them beside the lines of a pull "
		   "request:\n"
		   ".Dl run: almagest check --format github && almagest fmt --check\n"
		   ".Ss Sources from elsewhere\n"
		   "Who has a bibliography, an ORCID or an entry in OpenAlex need not be typed.\n"
		   "This prints a whole record to go over; with\n.Fl Fl write\nit becomes a "
		   "file:\n"
		   ".Bd -literal -offset indent\n"
		   "$ curl -H 'Accept: application/json' \\e\n"
		   "    https://pub.orcid.org/v3.0/0000-0002-1825-0097/record >ada.json\n"
		   "$ almagest import orcid ada.json\n"
		   ".Ed\n"
		   ".Pp\nThis shows which sources of a bibliography a record lacks; with\n.Fl Fl "
		   "write\nit gets them:\n"
		   ".Dl $ almagest import bibtex ada.bib --merge ada-lovelace\n"
		   ".Pp\nSources that the directory describes already are named by their id.\n"
		   "Choose: a profile says what to read first, and why, not all that there is.\n"
		   ".Ss Whom to explore next\n"
		   "The program relates people by what they have in common: sources to start with "
		   "first, then papers written together, topics, organizations.\n"
		   "Where it is wrong, mend topics and sources; a pin under\n.Cm related\nputs "
		   "somebody first, with your reason, and\n.Cm unrelated\nkeeps two people "
		   "apart.\n"
		   "What would make the directory better though nothing is wrong:\n"
		   ".Dl $ almagest check --advice\n"
		   ".Ss One form\n"
		   ".Cm fmt\ngives every record the same order of keys, lines of at most 100 "
		   "columns and no needless quotes, so that a diff shows what changed and nothing "
		   "else.\n"
		   "Comments stay, and what a record says never changes.\n"
		   "Look first, then do it:\n"
		   ".Bd -literal -offset indent\n"
		   "$ almagest fmt --diff ada-lovelace\n"
		   "$ almagest fmt\n"
		   ".Ed\n"
		   ".Pp\nIn vim,\n.Ql :%!almagest fmt -\nformats the record being edited.\n"
		   ".Ss A name that changes\n"
		   ".Dl $ almagest rename ada-lovelace ada-king\n"
		   ".Pp\nmoves the file, keeps the old address as one that leads on, and mends the "
		   "pins of others; cut off midway, it is completed by being run again.\n"
		   ".Ss Review and publish\n"
		   "When the whole record has been checked against its sources, give the day "
		   "under\n"
		   ".Cm reviewed\nand yourself under\n.Cm reviewed_by .\n"
		   "A record with\n.Ql draft: true\nis checked, and shown by\n.Cm show\nalone.\n"
		   "The server reads records again when their files change, or at\n.Dv SIGHUP .\n"
		   ".Sh SEE ALSO\n.Xr almagest 1 ,\n.Xr almagest-capsule 5 ,\n.Xr almagest-record "
		   "5\n" },
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
	{ "almagest", 1, " almagest commands ",
		"researcher directory over Gemini, Gopher and finger", PROGRAM, COUNT(PROGRAM) },
	{ "almagest", 7, " editors tour ", "a tour for editors of a researcher directory", TOUR,
		COUNT(TOUR) },
	{ "almagest-record", 5, " record records ", "records of a researcher directory", RECORD,
		COUNT(RECORD) },
	{ "almagest-capsule", 5, " capsule settings ", "settings of a researcher directory",
		CAPSULE, COUNT(CAPSULE) },
};

enum { COLUMNS_MOST = 90 };

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

/* By its topic, its name ("almagest-record"), or its name and section ("almagest.7"). */
static const struct manual *
find_manual(const char *asked)
{
	char topic[64], full[64];

	snprintf(topic, sizeof topic, " %s ", asked);
	for (int by = 0; by < 3; by++)
		for (size_t i = 0; i < COUNT(MANUALS); i++) {
			const struct manual *m = &MANUALS[i];

			snprintf(full, sizeof full, "%s.%d", m->name, m->section);
			if ((by == 0 && strcmp(asked, full) == 0) ||
				(by == 1 && strcmp(asked, m->name) == 0) ||
				(by == 2 && strstr(m->topics, topic)))
				return m;
		}
	return NULL;
}

bool
manual_show(const char *topic)
{
	const struct manual *manual = find_manual(topic);
	struct buf page = { 0 }, text = { 0 };
	size_t rows, columns;

	if (!manual)
		return false;
	put_manual(&page, manual);
	screen_size(&rows, &columns);
	if (!isatty(STDOUT_FILENO) || columns > COLUMNS_MOST)
		columns = isatty(STDOUT_FILENO) ? COLUMNS_MOST : 80;
	mdoc_text(&text, buf_str(&page), columns, command_colours());
	screen_show(buf_str(&text));
	buf_end(&page);
	buf_end(&text);
	return true;
}

void
manual_list(FILE *to)
{
	for (size_t i = 0; i < COUNT(MANUALS); i++) {
		struct str topics = str_of(MANUALS[i].topics), first = STR("");

		str_word(&topics, &first);
		fprintf(to, "  almagest help %-9.*s %s\n", STR_ARG(first), MANUALS[i].about);
	}
}

int
cmd_manual(struct config *c)
{
	struct buf out = { 0 };
	const struct manual *manual = c->argc > 1 ? find_manual(c->argv[1]) : NULL;

	for (size_t i = 0; i < COUNT(MANUALS) && c->argc < 2; i++)
		printf("%s.%d  %s\n", MANUALS[i].name, MANUALS[i].section, MANUALS[i].about);
	if (c->argc < 2)
		return EXIT_OK;
	if (!manual)
		return complain(EXIT_USAGE,
			"%s: no such page; expected almagest.1, almagest.7, almagest-record.5 or "
			"almagest-capsule.5",
			c->argv[1]);
	put_manual(&out, manual);
	fwrite(out.p, 1, out.n, stdout);
	buf_end(&out);
	return EXIT_OK;
}
