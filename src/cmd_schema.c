/* schema: JSON Schema (draft 2020-12) of each kind of file, from the same rows as parser and check.
 * It refuses only what check refuses: what lies between files, or in a checksum, only check can
 * see. */
#include <stdio.h>

#include "base/json.h"
#include "catalog/ident.h"
#include "catalog/query.h"
#include "catalog/words.h"
#include "command.h"

static const struct kind *const KINDS[] = { &KIND_PERSON, &KIND_ORGANIZATION, &KIND_TOPIC,
	&KIND_SOURCE, &KIND_CAPSULE, &KIND_LOCAL };

#define SLUG "[a-z0-9]+(-[a-z0-9]+)*"
#define BLANKS "[ \\\\t\\\\r\\\\n]*" /* no other: check counts only these */
#define URL "([A-Za-z]+://[^/?#\\\\s]\\\\S*|[Mm][Aa][Ii][Ll][Tt][Oo]:\\\\S+)"
#define REFERENCE "^" BLANKS "(" SLUG "|(arxiv|arXiv|doi|DOI):\\\\S.*|\\\\S+://\\\\S+)" BLANKS "$"
#define EMPTY "{ \"type\": [\"string\", \"null\"], \"pattern\": \"^" BLANKS "$\" }"

/* April 2007 and later; four digits up to 2014 and five since */
#define NEW_ARXIV \
	"(07(0[4-9]|1[0-2])|(0[89]|1[0-4])(0[1-9]|1[0-2]))\\\\.[0-9]{4}|" \
	"(1[5-9]|[2-9][0-9])(0[1-9]|1[0-2])\\\\.[0-9]{5}"

struct writing {
	struct buf *out;
	struct arena *arena;
	struct store *store; /* whose names are proposed; or NULL */
};

static void
put(struct writing *w, const char *text)
{
	buf_put(w->out, str_of(text));
}

static void
put_string(struct writing *w, const char *text)
{
	json_text(w->out, str_of(text));
}

static void
indent(struct writing *w, int depth)
{
	buf_char(w->out, '\n');
	for (int i = 0; i < depth; i++)
		put(w, "  ");
}

/* What the text of a type looks like, beyond its length. */
static const char *
text_rules(enum field_type type)
{
	switch (type) {
	case FIELD_DATE:
		return "\"type\": \"string\", \"format\": \"date\", \"pattern\": "
		       "\"^" BLANKS "[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])" BLANKS
		       "$\"";
	case FIELD_YEAR:
		return "\"type\": [\"string\", \"integer\"], \"pattern\": \"^" BLANKS
		       "[1-9][0-9]{3}" BLANKS "$\", \"minimum\": 1000, \"maximum\": 9999";
	case FIELD_FLAG:
		return "\"enum\": [true, false, \"true\", \"false\"]";
	case FIELD_NUMBER:
		return "\"type\": [\"string\", \"integer\"], \"pattern\": \"^" BLANKS
		       "[0-9]*[1-9][0-9]*" BLANKS "$\", \"minimum\": 1";
	case FIELD_SLUG:
	case FIELD_SLUGS:
		return "\"type\": \"string\", \"maxLength\": 80, \"pattern\": \"^" BLANKS SLUG
			BLANKS "$\"";
	case FIELD_URL:
		return "\"type\": \"string\", \"format\": \"uri\", \"pattern\": \"^" BLANKS URL
			BLANKS "$\"";
	case FIELD_DOI:
		return "\"type\": \"string\", \"pattern\": \"^" BLANKS
		       "([Hh][Tt][Tt][Pp]\\\\S*/|[Dd][Oo][Ii]:" BLANKS
		       ")?10\\\\.[0-9.]{4,}(/|%2[Ff])\\\\S+" BLANKS "$\"";
	case FIELD_ARXIV:
		return "\"type\": [\"string\", \"number\"], \"minimum\": 704, \"maximum\": 9999, "
		       "\"pattern\": \"^" BLANKS
		       "([Hh][Tt][Tt][Pp]\\\\S*/|[Aa][Rr][Xx][Ii][Vv]:|10\\\\.48550/"
		       "[Aa][Rr][Xx][Ii][Vv]\\\\.)?(" NEW_ARXIV "|"
		       "[a-z.-]+[A-Z]{0,2}/[0-9]{2}(0[1-9]|1[0-2])[0-9]{3})(v[0-9]+)?"
		       "(\\\\.pdf)?" BLANKS "$\"";
	case FIELD_ROR:
		return "\"type\": \"string\", \"pattern\": \"^" BLANKS
		       "(\\\\S*/|[Rr][Oo][Rr]:)?0[0-9a-hjkmnp-tv-zA-HJKMNP-TV-Z]{6}[0-9]{2}" BLANKS
		       "$\"";
	case FIELD_LANGUAGE:
		return "\"type\": \"string\", \"pattern\": \"^" BLANKS
		       "[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]" BLANKS "$\"";
	default:
		return "\"type\": [\"string\", \"number\", \"boolean\"]";
	}
}

/* What the value of a link of each label looks like; any other label has a URL. */
static const struct link_rule {
	const char *key, *pattern, *help;
} LINK_RULES[] = {
	{ "orcid", "(\\\\S*/|[Oo][Rr][Cc][Ii][Dd]:)?([0-9]{4}-){3}[0-9]{3}[0-9Xx]",
		"0000-0002-1825-0097; its checksum must fit" },
	{ "scholar", "[A-Za-z0-9._-]+|" URL, "the user of the profile's URL, or the URL" },
	{ "dblp", "[A-Za-z0-9:.-]*/[A-Za-z0-9/:.-]*|" URL, "the pid, 90/1234-1, or the URL" },
	{ "github", "[A-Za-z0-9._-]+|" URL, "the user, or the URL" },
	{ "fediverse", "@?[A-Za-z0-9._-]+@[A-Za-z0-9_-]*\\\\.[A-Za-z0-9._-]+|" URL,
		"@user@host, or the URL" },
	{ "wikidata", "Q[0-9]+|" URL, "Q92614, or the URL" },
	{ "openalex", "A[0-9]+|" URL, "A5023888391, or the URL" },
	{ "semanticscholar", "[0-9]+|" URL, "1741101, or the URL" },
};

/* ---- names of the directory ---- */

static void
put_names(struct writing *w, enum shared_kind kind, bool slugs)
{
	struct things things = { 0 };

	query_things(w->store, w->arena, kind, STR(""),
		(struct range){ 0, query_things_count(w->store, kind) }, &things);
	for (size_t i = 0; i < things.n; i++) {
		put(w, i ? ", " : "");
		json_text(w->out, slugs ? things.v[i].slug : things.v[i].name);
	}
}

static void
put_people(struct writing *w)
{
	struct cards people = { 0 };

	query_people(w->store, w->arena, STR(""), (struct range){ 0, query_people_count(w->store) },
		&people);
	for (size_t i = 0; i < people.n; i++) {
		put(w, i ? ", " : "");
		json_text(w->out, people.v[i].slug);
	}
}

/* An alternative of the values that the directory has already; editors complete them. */
static bool
put_proposals(struct writing *w, const struct field *field)
{
	struct str key = str_of(field->key);
	bool people = str_eq(key, STR("related")) || str_eq(key, STR("unrelated"));
	bool topics = str_eq(key, STR("topics")) || str_eq(key, STR("broader"));
	bool organizations = str_eq(key, STR("organizations"));
	bool sources = str_eq(key, STR("start_here")) || str_eq(key, STR("id"));

	if (!w->store || !(people || topics || organizations || sources))
		return false;
	put(w, "{ \"enum\": [");
	if (people)
		put_people(w);
	else
		put_names(w,
			topics                  ? SHARED_TOPIC
				: organizations ? SHARED_ORGANIZATION
						: SHARED_SOURCE,
			sources);
	put(w, "] }, ");
	return true;
}

/* ---- values ---- */

static void put_object(struct writing *w, const struct kind *kind, int depth);

/* The words of a choice, or the one example of any other field. */
static void
put_examples(struct writing *w, const struct field *field)
{
	struct str rest = str_of(field->example), choice;

	if (field->type != FIELD_CHOICE) {
		put_string(w, field->example);
		return;
	}
	for (bool first = true; str_cut(&rest, '|', &choice); first = false)
		buf_printf(w->out, "%s\"%.*s\"", first ? "" : ", ", STR_ARG(choice));
}

static void
put_one(struct writing *w, const struct field *field)
{
	if (field->type == FIELD_CHOICE || field->type == FIELD_KIND) {
		put(w, "{ \"enum\": [");
		if (field->type == FIELD_CHOICE)
			put_examples(w, field);
		for (const char *const *kind = SOURCE_KINDS; field->type == FIELD_KIND && *kind;
			kind++)
			buf_printf(w->out, "%s\"%s\"", kind == SOURCE_KINDS ? "" : ", ", *kind);
		put(w, "] }");
		return;
	}
	buf_printf(w->out, "{ %s", text_rules(field->type));
	if (field->required)
		put(w, ", \"pattern\": \"[^ \\\\t\\\\r\\\\n]\"");
	/* blank lines and the last newline of a block do not count; here they would */
	if (field->longest && field->type == FIELD_PROSE)
		buf_printf(w->out, ", \"maxLength\": %zu", field->longest + field->longest / 10);
	else if (field->longest && field->type == FIELD_NUMBER)
		buf_printf(w->out, ", \"maximum\": %zu", field->longest);
	else if (field->longest && field->type != FIELD_FLAG && field->type != FIELD_DATE &&
		field->type != FIELD_YEAR)
		buf_printf(w->out, ", \"maxLength\": %zu", field->longest);
	put(w, " }");
}

static const struct link_rule *
link_rule(const char *key)
{
	for (size_t i = 0; i < COUNT(LINK_RULES); i++)
		if (strcmp(key, LINK_RULES[i].key) == 0)
			return &LINK_RULES[i];
	return NULL;
}

static void
put_link_value(struct writing *w, const struct field *field, const char *pattern)
{
	buf_printf(w->out,
		"\"type\": [\"string\", \"integer\", \"null\"], \"maxLength\": %zu, \"pattern\": "
		"\"^" BLANKS "(%s)?" BLANKS "$\" }",
		field->longest, pattern);
}

/* Every fixed text of pages, which settings can say otherwise. */
static void
put_word_names(struct writing *w)
{
	put(w, "\"propertyNames\": { \"enum\": [");
	for (size_t i = 0; i < WORD_COUNT; i++) {
		put(w, i ? ", " : "");
		put_string(w, WORDS_ENGLISH[i]);
	}
	put(w, "] }, ");
}

static void
put_map(struct writing *w, const struct field *field, size_t least)
{
	buf_printf(w->out,
		"{ \"type\": \"object\", \"minProperties\": %zu, \"maxProperties\": %zu, ", least,
		field->type == FIELD_PINS ? 1 : field->most);
	if (field->type != FIELD_LINKS) {
		if (field->type == FIELD_WORDS)
			put_word_names(w);
		buf_printf(w->out,
			"\"additionalProperties\": { \"type\": [\"string\", \"null\"], "
			"\"maxLength\": %zu } }",
			field->longest);
		return;
	}
	put(w, "\"properties\": { ");
	for (size_t i = 0; ident_link_key(i); i++) {
		const char *key = ident_link_key(i);
		const struct link_rule *rule = link_rule(key);

		put(w, i ? ", " : "");
		put_string(w, key);
		put(w, ": { \"description\": ");
		put_string(w, rule ? rule->help : "a URL");
		put(w, ", ");
		put_link_value(w, field, rule ? rule->pattern : URL);
	}
	put(w, " }, \"additionalProperties\": { ");
	put_link_value(w, field, URL);
	put(w, " }");
}

static void
put_item(struct writing *w, const struct field *field, int depth)
{
	if (field->type == FIELD_CITATIONS) {
		put(w, "{ \"anyOf\": [");
		put_proposals(w, field);
		buf_printf(w->out,
			"{ \"type\": \"string\", \"maxLength\": %d, \"pattern\": \"" REFERENCE
			"\" }, " EMPTY ", ",
			URL_MOST);
		put_object(w, &KIND_CITATION, depth);
		put(w, "] }");
	} else if (field->type == FIELD_PINS) {
		put(w, "{ \"anyOf\": [");
		put_proposals(w, field);
		put(w,
			"{ \"type\": \"string\", \"pattern\": \"^[a-z0-9]+(-[a-z0-9]+)*( *:.*)?$\" "
			"}, "
			"{ \"propertyNames\": { \"pattern\": \"^" SLUG "$\" }, \"allOf\": [");
		put_map(w, field, 1);
		put(w, "] }, " EMPTY "] }");
	} else {
		put(w, "{ \"anyOf\": [");
		put_proposals(w, field);
		put_one(w, field);
		put(w, ", " EMPTY "] }");
	}
}

/* Empty values are absent ones, and one item may stand for a list. */
static void
put_value(struct writing *w, const struct field *field, int depth)
{
	bool map = field->type == FIELD_LINKS || field->type == FIELD_WORDS;
	bool list = field->type == FIELD_LIST || field->type == FIELD_SLUGS ||
		field->type == FIELD_PINS || field->type == FIELD_CITATIONS;

	put(w, "\"anyOf\": [");
	if (map)
		put_map(w, field, 0);
	else if (list) {
		buf_printf(w->out,
			"{ \"type\": \"array\", \"maxItems\": %zu, \"items\": ", field->most);
		put_item(w, field, depth + 1);
		put(w, field->type == FIELD_CITATIONS ? " }, " : ", \"uniqueItems\": true }, ");
		put_item(w, field, depth + 1);
	} else {
		put_proposals(w, field);
		put_one(w, field);
	}
	if (!field->required)
		put(w, ", " EMPTY);
	buf_char(w->out, ']');
}

/* What an editor's completion writes in one step. */
static void
put_snippets(struct writing *w, const struct kind *kind, int depth)
{
	if (kind == &KIND_CITATION) {
		indent(w, depth);
		put(w,
			"\"defaultSnippets\": [{ \"label\": \"source\", \"description\": \"a "
			"source, "
			"described\", "
			"\"body\": { \"title\": \"$1\", \"year\": \"$2\", \"why\": \"$3\" } }],");
		/* a source says what it is, or where */
		indent(w, depth);
		put(w,
			"\"anyOf\": [{ \"required\": [\"title\"] }, { \"required\": [\"id\"] }, "
			"{ \"required\": [\"doi\"] }, { \"required\": [\"arxiv\"] }, "
			"{ \"required\": [\"url\"] }],");
	} else if (kind == &KIND_PERSON) {
		indent(w, depth);
		put(w,
			"\"defaultSnippets\": [{ \"label\": \"profile\", \"description\": \"the "
			"beginning of a profile\", \"body\": { \"name\": \"$1\", \"tagline\": "
			"\"$2\", "
			"\"summary\": \"$3\", \"topics\": [\"$4\"], \"known_for\": [\"$5\"], "
			"\"start_here\": [\"$6\"] } }],");
	}
}

/* Names that settings had before: good still, and struck out by text editors. */
static void
put_former(struct writing *w, const struct kind *kind, int depth)
{
	for (size_t i = 0; i < FORMER_N; i++) {
		if (FORMER[i].kind != kind)
			continue;
		put(w, ",");
		indent(w, depth);
		put_string(w, FORMER[i].was);
		put(w, ": { \"deprecated\": true, \"description\": ");
		put_string(w, arena_printf(w->arena, "%s now", FORMER[i].is).p);
		put(w, ", \"examples\": [");
		put_examples(w, kind_field(kind, str_of(FORMER[i].is)));
		put(w, "], ");
		put_value(w, kind_field(kind, str_of(FORMER[i].is)), depth);
		put(w, " }");
	}
}

static void
put_object(struct writing *w, const struct kind *kind, int depth)
{
	bool first = true;

	put(w, "{");
	indent(w, depth + 1);
	put(w,
		"\"type\": \"object\", \"additionalProperties\": false, \"patternProperties\": "
		"{ \"^x-\": true },");
	put_snippets(w, kind, depth + 1);
	indent(w, depth + 1);
	put(w, "\"required\": [");
	for (size_t i = 0; i < kind->n; i++)
		if (kind->fields[i].required) {
			put(w, first ? "" : ", ");
			put_string(w, kind->fields[i].key);
			first = false;
		}
	put(w, "],");
	indent(w, depth + 1);
	put(w, "\"properties\": {");
	for (size_t i = 0; i < kind->n; i++) {
		const struct field *field = &kind->fields[i];

		put(w, i ? "," : "");
		indent(w, depth + 2);
		put_string(w, field->key);
		put(w, ": { \"description\": ");
		put_string(w, field->help);
		put(w, ", \"examples\": [");
		put_examples(w, field);
		put(w, "], ");
		put_value(w, field, depth + 2);
		put(w, " }");
	}
	put_former(w, kind, depth + 2);
	indent(w, depth + 1);
	put(w, "}");
	indent(w, depth);
	put(w, "}");
}

void
schema_put(struct buf *out, struct arena *a, const struct kind *kind, struct store *store)
{
	struct buf object = { 0 };
	struct writing w = { &object, a, store };

	put_object(&w, kind, 0);
	buf_put(out,
		STR("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  "
		    "\"title\": "));
	json_text(out, str_of(kind->title));
	buf_char(out, ',');
	buf_put(out, str_sub(buf_str(&object), 1, object.n));
	buf_char(out, '\n');
	buf_end(&object);
}

static const struct kind *
find_kind(const char *name)
{
	for (size_t i = 0; i < COUNT(KINDS); i++)
		if (strcmp(name, KINDS[i]->name) == 0)
			return KINDS[i];
	return NULL;
}

int
cmd_schema(struct config *c)
{
	const char *name = c->argc > 1 ? c->argv[1] : "record";
	const struct kind *kind = find_kind(name);
	struct store *store = NULL;
	struct buf out = { 0 };

	if (c->argc > 2)
		return complain(EXIT_USAGE,
			"usage: almagest schema [record|organization|topic|source|settings|local]");
	if (!kind)
		return complain(EXIT_USAGE,
			"%s: no such kind of file; expected record, organization, topic, source, "
			"settings or local",
			name);
	if (c->own.suggest && (!command_settings(c) || !(store = command_store(c, STR("")))))
		return EXIT_FOUND;
	schema_put(&out, c->arena, kind, store);
	bool whole = !store || command_store_close(c, store);

	if (whole)
		fwrite(out.p, 1, out.n, stdout);
	buf_end(&out);
	return whole ? EXIT_OK : EXIT_FOUND;
}
