/* schema: JSON Schema (draft 2020-12) of each kind of file, from the same rows as parser and check.
 */
#include <stdio.h>

#include "command.h"

static const struct kind *const KINDS[] = { &KIND_PERSON, &KIND_ORGANIZATION, &KIND_TOPIC,
	&KIND_SOURCE, &KIND_CAPSULE, &KIND_LOCAL };

#define SLUG "^[a-z0-9]+(-[a-z0-9]+)*$"

static void
put_string(struct buf *out, const char *text)
{
	buf_char(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_char(out, '\\');
		buf_char(out, *text);
	}
	buf_char(out, '"');
}

/* What the text of a type looks like, beyond its length. */
static const char *
text_rules(enum field_type type)
{
	switch (type) {
	case FIELD_DATE:
		return "\"type\": \"string\", \"format\": \"date\", \"pattern\": "
		       "\"^[0-9]{4}-[0-9]{2}-[0-9]{2}$\"";
	case FIELD_YEAR:
		return "\"type\": [\"string\", \"integer\"], \"pattern\": \"^[1-9][0-9]{3}$\", "
		       "\"minimum\": 1000";
	case FIELD_FLAG:
		return "\"enum\": [true, false, \"true\", \"false\"]";
	case FIELD_NUMBER:
		return "\"type\": [\"string\", \"integer\"], \"pattern\": \"^[0-9]+$\", "
		       "\"minimum\": 1";
	case FIELD_KIND:
		return "\"enum\": [\"paper\", \"project\", \"repository\", \"book\", \"course\", "
		       "\"talk\", \"dataset\", "
		       "\"page\"]";
	case FIELD_SLUG:
	case FIELD_SLUGS:
		return "\"type\": \"string\", \"maxLength\": 80, \"pattern\": \"" SLUG "\"";
	case FIELD_URL:
		return "\"type\": \"string\", \"format\": \"uri\", \"pattern\": "
		       "\"^[A-Za-z][A-Za-z0-9+.-]*:\"";
	case FIELD_ARXIV:
		return "\"type\": [\"string\", \"number\"]";
	default:
		return "\"type\": [\"string\", \"number\", \"boolean\"]";
	}
}

static void put_object(struct buf *out, const struct kind *kind, int depth);

static void
indent(struct buf *out, int depth)
{
	buf_char(out, '\n');
	for (int i = 0; i < depth; i++)
		buf_put(out, STR("  "));
}

/* The words of a choice, or the one example of any other field. */
static void
put_examples(struct buf *out, const struct field *field)
{
	struct str rest = str_of(field->example), choice;

	if (field->type != FIELD_CHOICE) {
		put_string(out, field->example);
		return;
	}
	for (bool first = true; str_cut(&rest, '|', &choice); first = false)
		buf_printf(out, "%s\"%.*s\"", first ? "" : ", ", STR_ARG(choice));
}

static void
put_one(struct buf *out, const struct field *field)
{
	if (field->type == FIELD_CHOICE) {
		buf_put(out, STR("{ \"enum\": ["));
		put_examples(out, field);
		buf_put(out, STR("] }"));
		return;
	}
	buf_printf(out, "{ %s", text_rules(field->type));
	if (field->longest && field->type != FIELD_NUMBER && field->type != FIELD_FLAG)
		buf_printf(out, ", \"maxLength\": %zu", field->longest);
	if (field->longest && field->type == FIELD_NUMBER)
		buf_printf(out, ", \"maximum\": %zu", field->longest);
	buf_put(out, STR(" }"));
}

static void
put_map(struct buf *out, const struct field *field, size_t least)
{
	buf_printf(out,
		"{ \"type\": \"object\", \"minProperties\": %zu, \"maxProperties\": %zu, "
		"\"additionalProperties\": ",
		least, field->type == FIELD_PINS ? 1 : field->most);
	buf_printf(out, "{ \"type\": \"string\", \"maxLength\": %zu } }", field->longest);
}

static void
put_item(struct buf *out, const struct field *field, int depth)
{
	if (field->type == FIELD_CITATIONS) {
		buf_put(out, STR("{ \"anyOf\": [{ \"type\": \"string\" }, "));
		put_object(out, &KIND_CITATION, depth);
		buf_put(out, STR("] }"));
	} else if (field->type == FIELD_PINS) {
		buf_put(out,
			STR("{ \"anyOf\": [{ \"type\": \"string\", \"pattern\": "
			    "\"^[a-z0-9]+(-[a-z0-9]+)*( *:.*)?$\" }, "
			    "{ \"propertyNames\": { \"pattern\": \"" SLUG "\" }, \"allOf\": ["));
		put_map(out, field, 1);
		buf_put(out, STR("] }] }"));
	} else
		put_one(out, field);
}

/* Empty values are absent ones, and one item may stand for a list. */
static void
put_value(struct buf *out, const struct field *field, int depth)
{
	bool map = field->type == FIELD_LINKS || field->type == FIELD_WORDS;
	bool list = field->type == FIELD_LIST || field->type == FIELD_SLUGS ||
		field->type == FIELD_PINS || field->type == FIELD_CITATIONS;

	buf_put(out, STR("\"anyOf\": ["));
	if (map)
		put_map(out, field, 0);
	else if (list) {
		buf_printf(
			out, "{ \"type\": \"array\", \"maxItems\": %zu, \"items\": ", field->most);
		put_item(out, field, depth + 1);
		buf_put(out, STR(" }, "));
		put_item(out, field, depth + 1);
	} else
		put_one(out, field);
	if (!field->required)
		buf_put(out, STR(", { \"type\": \"null\" }"));
	buf_char(out, ']');
}

static void
put_object(struct buf *out, const struct kind *kind, int depth)
{
	bool first = true;

	buf_printf(out, "{");
	indent(out, depth + 1);
	buf_put(out,
		STR("\"type\": \"object\", \"additionalProperties\": false, \"patternProperties\": "
		    "{ \"^x-\": true },"));
	indent(out, depth + 1);
	buf_put(out, STR("\"required\": ["));
	for (size_t i = 0; i < kind->n; i++)
		if (kind->fields[i].required) {
			buf_put(out, first ? STR("") : STR(", "));
			put_string(out, kind->fields[i].key);
			first = false;
		}
	buf_put(out, STR("],"));
	indent(out, depth + 1);
	buf_put(out, STR("\"properties\": {"));
	for (size_t i = 0; i < kind->n; i++) {
		const struct field *field = &kind->fields[i];

		buf_put(out, i ? STR(",") : STR(""));
		indent(out, depth + 2);
		put_string(out, field->key);
		buf_put(out, STR(": { \"description\": "));
		put_string(out, field->help);
		buf_put(out, STR(", \"examples\": ["));
		put_examples(out, field);
		buf_put(out, STR("], "));
		put_value(out, field, depth + 2);
		buf_put(out, STR(" }"));
	}
	indent(out, depth + 1);
	buf_put(out, STR("}"));
	indent(out, depth);
	buf_put(out, STR("}"));
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
	struct buf object = { 0 };

	if (c->argc > 2)
		return complain(EXIT_USAGE,
			"usage: almagest schema [record|organization|topic|source|settings|local]");
	if (!kind)
		return complain(EXIT_USAGE,
			"%s: no such kind of file; expected record, organization, topic, source, "
			"settings or local",
			name);
	put_object(&object, kind, 0);
	printf("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n  \"title\": "
	       "\"%s\",%.*s\n",
		kind->title, STR_ARG(str_sub(buf_str(&object), 1, object.n)));
	buf_end(&object);
	return EXIT_OK;
}
