/* mdoc: lines of macros become words with a style; words fill lines. */
#include "edit/mdoc.h"

#include "base/utf8.h"

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_UNDERLINE };

struct word {
	struct str text;
	enum style style;
	bool glued; /* no blank before it */
};

struct setting {
	struct arena arena;
	struct buf *out;
	struct {
		struct word *v;
		size_t n, room;
	} words; /* of the paragraph being gathered */
	size_t columns, indent;
	bool styled, glue; /* the next word has no blank before it */
	bool literal;
	bool spaced; /* an empty line is owed */
	struct str name;
};

static const char *const STYLES[] = { "", "\033[1m", "\033[4m" };

/* "\&" is nothing, "\e" a backslash, "\-" a hyphen, "\(dq" a double quote. */
static struct str
unescaped(struct arena *a, struct str s)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\\' || i + 1 == s.n) {
			buf_char(&out, s.p[i]);
			continue;
		}
		i++;
		if (s.p[i] == 'e')
			buf_char(&out, '\\');
		else if (str_starts(str_sub(s, i, s.n), STR("(dq"))) {
			buf_char(&out, '"');
			i += 2;
		} else if (s.p[i] != '&')
			buf_char(&out, s.p[i]);
	}
	struct str plain = arena_str(a, buf_str(&out));

	buf_end(&out);
	return plain;
}

static void
put_indent(struct setting *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_char(s->out, ' ');
}

static void
put_word(struct setting *s, const struct word *word)
{
	bool styled = s->styled && word->style != STYLE_PLAIN;

	buf_printf(s->out, "%s%.*s%s", styled ? STYLES[word->style] : "", STR_ARG(word->text),
		styled ? "\033[m" : "");
}

/* Writes the words gathered as a paragraph; the first line stands at `first`. */
static void
flush(struct setting *s, size_t first)
{
	size_t column = first;

	if (s->words.n == 0)
		return;
	if (s->spaced)
		buf_char(s->out, '\n');
	s->spaced = false;
	put_indent(s, first);
	for (size_t i = 0; i < s->words.n; i++) {
		size_t width = 0, end = i;

		/* glued words stay together */
		do
			width += utf8_width(s->words.v[end].text);
		while (++end < s->words.n && s->words.v[end].glued);
		if (i > 0 && column + 1 + width > s->columns) {
			buf_char(s->out, '\n');
			put_indent(s, s->indent);
			column = s->indent;
		} else if (i > 0) {
			buf_char(s->out, ' ');
			column++;
		}
		for (; i < end; i++)
			put_word(s, &s->words.v[i]);
		i--;
		column += width;
	}
	buf_char(s->out, '\n');
	s->words.n = 0;
	s->glue = false;
}

static bool
is_closing(struct str word)
{
	return word.n == 1 && strchr(".,;:)]?!", word.p[0]);
}

static void
add(struct setting *s, struct str text, enum style style, bool glued)
{
	*vec_add(&s->arena, &s->words) = (struct word){ unescaped(&s->arena, text), style,
		s->words.n > 0 &&
			(glued || s->glue || (style == STYLE_PLAIN && is_closing(text))) };
	s->glue = false;
}

static void
add_text(struct setting *s, struct str line)
{
	struct str word;

	while (str_word(&line, &word))
		add(s, word, STYLE_PLAIN, false);
}

/* A word of a macro line: between quotes it may hold blanks. */
static bool
take_word(struct str *rest, struct str *word)
{
	*rest = str_trim(*rest);
	if (rest->n && rest->p[0] == '"') {
		size_t end = str_find(str_sub(*rest, 1, rest->n), '"');

		*word = str_sub(*rest, 1, end + 1);
		*rest = str_sub(*rest, end + 2, rest->n);
		return true;
	}
	return str_word(rest, word);
}

/* The macros that stand in a line, and how their words look. */
static const struct inline_macro {
	const char *name;
	enum style style;
	const char *before, *after;
} INLINES[] = { { "Cm", STYLE_BOLD, "", "" }, { "Fl", STYLE_BOLD, "-", "" },
	{ "Ar", STYLE_UNDERLINE, "", "" }, { "Pa", STYLE_UNDERLINE, "", "" },
	{ "Ql", STYLE_PLAIN, "‘", "’" }, { "Sy", STYLE_BOLD, "", "" },
	{ "Em", STYLE_UNDERLINE, "", "" }, { "Dv", STYLE_PLAIN, "", "" },
	{ "Ev", STYLE_PLAIN, "", "" }, { "No", STYLE_PLAIN, "", "" }, { "Nm", STYLE_BOLD, "", "" },
	{ "Xr", STYLE_PLAIN, "", "" }, { "Li", STYLE_PLAIN, "", "" } };

static const struct inline_macro *
find_inline(struct str word)
{
	for (size_t i = 0; i < COUNT(INLINES); i++)
		if (str_eq(word, str_of(INLINES[i].name)))
			return &INLINES[i];
	return NULL;
}

static void
add_macros(struct setting *s, struct str line)
{
	const struct inline_macro *now = NULL;
	struct str word;
	const char *close = NULL;
	size_t fresh = 0; /* words since the macro began */

	while (take_word(&line, &word)) {
		const struct inline_macro *next = find_inline(word);

		if (str_eq(word, STR("Op")) || str_eq(word, STR("Pq"))) {
			add(s, str_of(word.p[0] == 'O' ? "[" : "("), STYLE_PLAIN, false);
			s->glue = true;
			close = word.p[0] == 'O' ? "]" : ")";
			continue;
		}
		if (str_eq(word, STR("Ns"))) {
			s->glue = true;
			continue;
		}
		if (next && now && strcmp(next->name, "Fl") == 0 && strcmp(now->name, "Fl") == 0 &&
			fresh == 0) { /* Fl Fl: two dashes */
			add(s, STR("-"), STYLE_BOLD, false);
			s->glue = true;
			continue;
		}
		if (next) {
			if (strcmp(next->name, "Nm") == 0 && str_trim(line).n == 0)
				add(s, s->name, STYLE_BOLD, false);
			now = next;
			fresh = 0;
			continue;
		}
		if (is_closing(word) || !now)
			add(s, word, STYLE_PLAIN, false);
		else if (strcmp(now->name, "Xr") == 0 && fresh == 1)
			add(s, arena_printf(&s->arena, "(%.*s)", STR_ARG(word)), STYLE_PLAIN, true);
		else
			add(s,
				arena_printf(&s->arena, "%s%.*s%s", fresh ? "" : now->before,
					STR_ARG(word),
					strcmp(now->name, "Ql") == 0 && str_trim(line).n &&
							!is_closing(str_trim(line)) && fresh == 0
						? ""
						: now->after),
				now->style, false);
		fresh++;
	}
	/* punctuation at the end stands behind what closes */
	struct word *last = s->words.n ? &s->words.v[s->words.n - 1] : NULL;

	if (close && last && is_closing(last->text)) {
		struct str mark = last->text;

		last->text = str_of(close);
		add(s, mark, STYLE_PLAIN, true);
	} else if (close)
		add(s, str_of(close), STYLE_PLAIN, true);
}

/* ".Ql" with several words is one quotation. */
static void
add_quotation(struct setting *s, struct str rest)
{
	struct str trimmed = str_trim(rest), last = STR("");
	size_t blank;

	while ((blank = str_find_last(trimmed, ' ')) < trimmed.n &&
		is_closing(str_sub(trimmed, blank + 1, trimmed.n))) {
		last = arena_printf(&s->arena, "%.*s%.*s",
			STR_ARG(str_sub(trimmed, blank + 1, trimmed.n)), STR_ARG(last));
		trimmed = str_trim(str_sub(trimmed, 0, blank));
	}
	add(s, arena_printf(&s->arena, "‘%.*s’", STR_ARG(trimmed)), STYLE_PLAIN, false);
	if (last.n)
		add(s, last, STYLE_PLAIN, true);
}

enum { BODY = 5, DEEPER = 6 };

static void
heading(struct setting *s, struct str text, size_t indent)
{
	flush(s, s->indent);
	s->indent = BODY;
	s->spaced = true;
	add(s, text, STYLE_BOLD, false);
	flush(s, indent);
}

static void
put_literal(struct setting *s, struct str line)
{
	flush(s, s->indent);
	if (s->spaced)
		buf_char(s->out, '\n');
	s->spaced = false;
	if (line.n) {
		put_indent(s, s->indent + DEEPER);
		buf_put(s->out, unescaped(&s->arena, line));
	}
	buf_char(s->out, '\n');
}

static void
take_macro(struct setting *s, struct str line)
{
	struct str rest = line, macro;

	if (!str_word(&rest, &macro))
		return;
	rest = str_trim(rest);
	if (str_eq(macro, STR("Dd")) || str_eq(macro, STR("Os")))
		return;
	if (str_eq(macro, STR("Dt"))) {
		struct str title = STR(""), section = STR("");

		take_word(&rest, &title);
		take_word(&rest, &section);
		buf_printf(s->out, "%.*s(%.*s)\n", STR_ARG(title), STR_ARG(section));
	} else if (str_eq(macro, STR("Sh")) || str_eq(macro, STR("Ss")))
		heading(s, rest, macro.p[1] == 'h' ? 0 : 3);
	else if (str_eq(macro, STR("Pp"))) {
		flush(s, s->indent);
		s->spaced = true;
	} else if (str_eq(macro, STR("Nm")) && rest.n && s->name.n == 0) {
		s->name = rest;
		add(s, rest, STYLE_BOLD, false);
	} else if (str_eq(macro, STR("Nd"))) {
		add(s, STR("–"), STYLE_PLAIN, false);
		add_text(s, rest);
	} else if (str_eq(macro, STR("Bl"))) {
		flush(s, s->indent);
		s->indent += DEEPER;
		s->spaced = true;
	} else if (str_eq(macro, STR("It"))) {
		flush(s, s->indent);
		add_macros(s, rest);
		flush(s, s->indent - DEEPER);
	} else if (str_eq(macro, STR("El"))) {
		flush(s, s->indent);
		s->indent -= DEEPER;
		s->spaced = true;
	} else if (str_eq(macro, STR("Bd"))) {
		flush(s, s->indent);
		s->spaced = true;
		s->literal = true;
	} else if (str_eq(macro, STR("Dl"))) {
		put_literal(s, rest);
	} else if (str_eq(macro, STR("Ql")))
		add_quotation(s, rest);
	else
		add_macros(s, line);
}

void
mdoc_text(struct buf *out, struct str page, size_t columns, bool styled)
{
	struct setting s = { .out = out, .columns = columns, .indent = BODY, .styled = styled };
	struct str line;

	while (page.n && str_cut(&page, '\n', &line)) {
		if (s.literal && !str_eq(str_trim(line), STR(".Ed")))
			put_literal(&s, line);
		else if (s.literal) {
			s.literal = false;
			s.spaced = true;
		} else if (str_starts(line, STR(".")))
			take_macro(&s, str_sub(line, 1, line.n));
		else
			add_text(&s, line);
	}
	flush(&s, s.indent);
	arena_end(&s.arena);
}
