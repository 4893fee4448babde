/* import: texts and works from outside, brought to the form that a record has. */
#include "edit/import.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "base/uri.h"
#include "base/utf8.h"
#include "catalog/ident.h"

const struct import IMPORTS[] = {
	{ "bibtex", "a bibliography", import_bibtex, true },
	{ "csl-json", "references of Zotero, Mendeley or a DOI's resolver", import_csl, true },
	{ "orcid", "a public record of ORCID as JSON", import_orcid, false },
	{ "openalex", "an author object of OpenAlex, and its works", import_openalex, true },
};
const size_t IMPORTS_N = COUNT(IMPORTS);

/* ---- texts ---- */

static const struct {
	const char *entity, *text;
} ENTITIES[] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" }, { "&quot;", "\"" },
	{ "&#39;", "'" }, { "&apos;", "'" }, { "&nbsp;", " " } };

/* "<i>", "</sub>", "<mml:math xmlns=...>": what titles from databases carry. */
static size_t
tag_length(struct str s)
{
	size_t end = str_find(s, '>');
	size_t at = s.n > 1 && s.p[1] == '/' ? 2 : 1;

	if (end == s.n || end > 200 || at >= end || (s.p[at] | 32) < 'a' || (s.p[at] | 32) > 'z')
		return 0;
	return end + 1;
}

struct str
import_text(struct arena *a, struct str text, size_t most)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < text.n;) {
		struct str rest = str_sub(text, i, text.n);
		size_t tag = rest.p[0] == '<' ? tag_length(rest) : 0;
		size_t from = i;

		if (tag) {
			i += tag;
			continue;
		}
		for (size_t k = 0; rest.p[0] == '&' && k < COUNT(ENTITIES) && from == i; k++)
			if (str_starts(rest, str_of(ENTITIES[k].entity))) {
				buf_put(&out, str_of(ENTITIES[k].text));
				i += strlen(ENTITIES[k].entity);
			}
		if (i > from)
			continue;
		int32_t c = utf8_next(text, &i);

		if (c == UTF8_BAD || utf8_is_hidden(c) || c == 0xfffe || c == 0xffff)
			continue;
		if (utf8_is_control(c) || c == 0x2028 || c == 0x2029 || c == 0xa0)
			buf_char(&out, ' ');
		else
			buf_put(&out, str_sub(text, from, i));
	}
	struct str line = text_line(a, text_nfc(a, arena_str(a, buf_str(&out))));

	buf_end(&out);
	return text_short(a, line, most);
}

struct str
import_name(struct arena *a, struct str given, struct str family)
{
	given = str_trim(given);
	family = str_trim(family);
	if (text_has_no_blanks(given) && text_has_no_blanks(family))
		return arena_printf(a, "%.*s%.*s", STR_ARG(family), STR_ARG(given));
	return arena_printf(
		a, "%.*s%s%.*s", STR_ARG(given), given.n && family.n ? " " : "", STR_ARG(family));
}

void
import_once(struct arena *a, struct texts *texts, struct str text, size_t most)
{
	struct str folded = text_fold(a, text);

	if (text.n == 0 || folded.n == 0 || texts->n >= most)
		return;
	for (size_t i = 0; i < texts->n; i++)
		if (str_eq(text_fold(a, texts->v[i]), folded))
			return;
	*vec_add(a, texts) = text;
}

/* ---- works ---- */

static struct str
with_limit(const char *key, struct arena *a, struct str text)
{
	return import_text(a, text, kind_field(&KIND_CITATION, str_of(key))->longest);
}

static struct str
identifier(struct arena *a, const char *(*grammar)(struct arena *, struct str, struct str *),
	struct str text)
{
	struct str canonical;

	text = str_trim(text);
	return text.n && !grammar(a, text, &canonical) ? canonical : STR("");
}

/* A DOI of arXiv's, or a URL of either, is the identifier itself. */
static void
settle_identifiers(struct arena *a, struct reference *work)
{
	struct str key;

	work->doi = identifier(a, ident_doi, work->doi);
	work->arxiv = identifier(a, ident_arxiv, work->arxiv);
	work->url = identifier(a, ident_url, work->url);
	if (work->url.n > URL_MOST)
		work->url = STR("");
	if (work->doi.n > kind_field(&KIND_CITATION, STR("doi"))->longest)
		work->doi = STR("");
	if (work->url.n && ident_of_url(a, work->url, &key)) {
		size_t colon = str_find(key, ':');
		struct str id = str_sub(key, colon + 1, key.n);

		if (str_starts(key, STR("arxiv:")) && work->arxiv.n == 0)
			work->arxiv = id;
		else if (str_starts(key, STR("doi:")) && work->doi.n == 0)
			work->doi = id;
		work->url = STR("");
	}
	if (str_starts(work->doi, STR("10.48550/arxiv."))) {
		if (work->arxiv.n == 0)
			work->arxiv = identifier(a, ident_arxiv, work->doi);
		work->doi = STR("");
	}
}

static bool
is_same(struct arena *a, const struct reference *x, const struct reference *y)
{
	if (x->doi.n && y->doi.n)
		return str_eq(x->doi, y->doi);
	if (x->arxiv.n && y->arxiv.n)
		return str_eq(x->arxiv, y->arxiv);
	return x->title.n && str_eq(text_fold(a, x->title), text_fold(a, y->title)) &&
		(x->year.n == 0 || y->year.n == 0 || str_eq(x->year, y->year) ||
			/* a preprint and the paper that came of it */
			(x->arxiv.n > 0) != (y->arxiv.n > 0));
}

static void
learn(struct str *known, struct str more)
{
	if (known->n == 0)
		*known = more;
}

void
import_add(struct reader *r, struct imported *into, struct reference work)
{
	struct arena *a = r->arena;
	struct texts authors = work.authors;
	unsigned long year, last;
	const struct field *author = kind_field(&KIND_CITATION, STR("authors"));

	settle_identifiers(a, &work);
	work.title = with_limit("title", a, work.title);
	work.venue = with_limit("venue", a, work.venue);
	work.year = str_sub(str_trim(work.year), 0, 4);
	str_number(str_sub(r->tomorrow, 0, 4), 9999, &last);
	if (!str_number(work.year, last + 1, &year) || year < 1000)
		work.year = STR("");
	work.authors = (struct texts){ 0 };
	for (size_t i = 0; i < authors.n; i++)
		import_once(a, &work.authors, import_text(a, authors.v[i], author->longest),
			author->most);
	work.et_al = work.et_al || authors.n > author->most;
	if (work.title.n == 0 && work.doi.n == 0 && work.arxiv.n == 0 && work.url.n == 0) {
		into->left_out++;
		return;
	}
	for (size_t i = 0; i < into->works.n; i++) {
		struct reference *known = &into->works.v[i];

		if (!is_same(a, known, &work))
			continue;
		learn(&known->doi, work.doi);
		learn(&known->arxiv, work.arxiv);
		learn(&known->url, work.url);
		learn(&known->venue, work.venue);
		learn(&known->title, work.title);
		if (known->year.n == 0 || (work.year.n && str_cmp(work.year, known->year) < 0))
			known->year = work.year; /* the year it became public */
		if (known->authors.n == 0)
			known->authors = work.authors;
		known->cited = known->cited > work.cited ? known->cited : work.cited;
		return;
	}
	*vec_add(a, &into->works) = work;
}

void
import_find_name(struct arena *a, struct imported *im)
{
	size_t most = 0;
	struct map counts = { 0 };

	for (size_t i = 0; i < im->works.n; i++)
		for (size_t k = 0; k < im->works.v[i].authors.n; k++) {
			size_t *count =
				map_at(a, &counts, text_fold(a, im->works.v[i].authors.v[k]));

			*count = *count == (size_t)MAP_NONE ? 1 : *count + 1;
		}
	/* the first to reach the most, in the order of the file */
	for (size_t i = 0; i < im->works.n && im->name.n == 0; i++)
		for (size_t k = 0; k < im->works.v[i].authors.n; k++) {
			size_t count = map_find(&counts, text_fold(a, im->works.v[i].authors.v[k]));

			most = count > most ? count : most;
		}
	for (size_t i = 0; i < im->works.n && im->name.n == 0; i++)
		for (size_t k = 0; k < im->works.v[i].authors.n && im->name.n == 0; k++)
			if (map_find(&counts, text_fold(a, im->works.v[i].authors.v[k])) == most)
				im->name = im->works.v[i].authors.v[k];
}

/* ---- sources that the directory has ---- */

static void
know(struct arena *a, struct known *known, const char *kind, struct str id, size_t slug)
{
	if (id.n) {
		size_t *at = map_at(a, &known->keys, arena_printf(a, "%s:%.*s", kind, STR_ARG(id)));

		if (*at == (size_t)MAP_NONE)
			*at = slug;
	}
}

void
known_sources(struct arena *a, const char *capsule, struct known *known)
{
	struct names names = { 0 };
	struct err e = { 0 };

	file_tree(a, arena_printf(a, "%s/sources", capsule).p, &names, &e);
	for (size_t i = 0; i < names.n; i++) {
		struct problems unheard = { .arena = a };
		struct reader r = { a, &unheard, names.v[i], clock_day(a, 24) };
		struct source_file file = { 0 };
		size_t slash = str_find_last(names.v[i], '/');
		const struct node *node;
		struct str bytes, normal;

		if (!str_ends(names.v[i], STR(".yaml")) ||
			!file_read(a,
				arena_printf(a, "%s/sources/%.*s", capsule, STR_ARG(names.v[i])).p,
				YAML_MOST, &bytes, NULL, &e) ||
			!(node = yaml_parse(&r, bytes)) ||
			!record_parse(&r, &KIND_SOURCE, node, &file))
			continue;
		*vec_add(a, &known->slugs) =
			str_sub(names.v[i], slash < names.v[i].n ? slash + 1 : 0, names.v[i].n - 5);
		know(a, known, "doi", file.source.doi.text, known->slugs.n - 1);
		know(a, known, "arxiv", file.source.arxiv.text, known->slugs.n - 1);
		if (uri_normal(a, file.source.url.text, &normal))
			know(a, known, "url", normal, known->slugs.n - 1);
		know(a, known, "title", text_fold(a, file.source.title.text), known->slugs.n - 1);
	}
}

struct str
known_slug(struct arena *a, const struct known *known, const struct reference *work)
{
	struct str normal = STR("");
	size_t at = (size_t)MAP_NONE;
	const struct {
		const char *kind;
		struct str id;
	} keys[] = { { "doi", work->doi }, { "arxiv", work->arxiv },
		{ "url", uri_normal(a, work->url, &normal) ? normal : STR("") },
		{ "title", text_fold(a, work->title) } };

	for (size_t i = 0; i < COUNT(keys) && at == (size_t)MAP_NONE; i++)
		if (keys[i].id.n)
			at = map_find(&known->keys,
				arena_printf(a, "%s:%.*s", keys[i].kind, STR_ARG(keys[i].id)));
	return at == (size_t)MAP_NONE ? STR("") : known->slugs.v[at];
}

void
import_settle(struct arena *a, struct imported *im, const struct known *known)
{
	size_t kept = 0;

	for (size_t i = 0; i < im->works.n; i++)
		if (im->works.v[i].title.n || known_slug(a, known, &im->works.v[i]).n)
			im->works.v[kept++] = im->works.v[i];
	im->left_out += im->works.n - kept;
	im->works.n = kept;
}
