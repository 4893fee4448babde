/* ident: the grammar of each identifier, its checksum where it has one, and the table of link
 * labels. */
#include "catalog/ident.h"

#include "base/uri.h"
#include "base/utf8.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
all_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

static struct str
lower(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] - 'A' + 'a' : s.p[i]);
	return (struct str){ p, s.n };
}

/* s without the first of the prefixes (ASCII case aside) that it begins with. */
static struct str
without(struct str s, const char *const *prefixes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str prefix = str_of(prefixes[i]);

		if (s.n >= prefix.n && str_eq_nocase(str_sub(s, 0, prefix.n), prefix))
			return str_sub(s, prefix.n, s.n);
	}
	return s;
}

static const char *const DOI_PREFIXES[] = { "https://doi.org/", "http://doi.org/",
	"https://dx.doi.org/", "http://dx.doi.org/", "https://www.doi.org/", "doi:" };
static const char *const ARXIV_PREFIXES[] = { "https://arxiv.org/abs/", "http://arxiv.org/abs/",
	"https://www.arxiv.org/abs/", "https://arxiv.org/pdf/", "http://arxiv.org/pdf/",
	"https://arxiv.org/html/", "http://www.arxiv.org/abs/", "arxiv:", "10.48550/arxiv." };
static const char *const ROR_PREFIXES[] = { "https://ror.org/", "http://ror.org/", "ror:" };
static const char *const ORCID_PREFIXES[] = { "https://orcid.org/", "http://orcid.org/", "orcid:" };

const char *
ident_doi(struct arena *a, struct str s, struct str *out)
{
	static const char WRONG[] = "not a DOI; expected 10.NUMBER/SUFFIX, such as 10.1145/3180143";
	struct str rest = without(s, DOI_PREFIXES, COUNT(DOI_PREFIXES)), plain;

	if (rest.n != s.n && !uri_decode(a, rest, &plain))
		return WRONG;
	if (rest.n != s.n)
		rest = plain;
	size_t slash = str_find(rest, '/');
	struct str registrant = str_sub(rest, 0, slash);

	if (!str_starts(registrant, STR("10.")) || registrant.n < 7 || slash + 1 >= rest.n)
		return WRONG;
	for (size_t i = 3; i < registrant.n; i++)
		if (!is_digit(registrant.p[i]) && registrant.p[i] != '.')
			return WRONG;
	for (size_t i = slash; i < rest.n;) {
		int32_t c = utf8_next(rest, &i);

		if (c == ' ' || c == UTF8_BAD || utf8_is_control(c))
			return "a DOI holds no blanks; expected 10.NUMBER/SUFFIX";
	}
	*out = lower(a, rest);
	return NULL;
}

/* YYMM.NNNNN, month 01 to 12, four digits up to 1412 and five since. */
static bool
new_arxiv(struct str s)
{
	unsigned long month, day_one;

	if (s.n < 9 || s.n > 10 || s.p[4] != '.' || !all_digits(str_sub(s, 5, s.n)) ||
		!str_number(str_sub(s, 2, 4), 12, &month) || month == 0 ||
		!str_number(str_sub(s, 0, 4), 9999, &day_one))
		return false;
	return day_one >= 704 && s.n == (day_one < 1501 ? 9u : 10u);
}

/* archive/YYMMNNN or archive.XX/YYMMNNN, 1991 to March 2007. */
static bool
old_arxiv(struct str s)
{
	size_t slash = str_find(s, '/');
	struct str archive = str_sub(s, 0, slash), number = str_sub(s, slash + 1, s.n);
	unsigned long month;

	if (archive.n < 2 || number.n != 7 || !all_digits(number) ||
		!str_number(str_sub(number, 2, 4), 12, &month) || month == 0)
		return false;
	for (size_t i = 0; i < archive.n; i++) {
		char c = archive.p[i];

		if (!((c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
			    (c >= 'A' && c <= 'Z' && i + 2 >= archive.n)))
			return false;
	}
	return true;
}

const char *
ident_arxiv(struct arena *a, struct str s, struct str *out)
{
	struct str id = without(s, ARXIV_PREFIXES, COUNT(ARXIV_PREFIXES));

	if (id.n != s.n && str_ends(id, STR(".pdf")))
		id.n -= 4;
	size_t v = str_find_last(id, 'v');

	if (v > 4 && v < id.n && all_digits(str_sub(id, v + 1, id.n)))
		id.n = v;
	if (!new_arxiv(id) && !old_arxiv(id))
		return "not an arXiv id; expected YYMM.NNNNN, such as 2205.14135, or an old one, "
		       "such as cs/0511072";
	/* a subject class is no part of the identity: math.CO/0211159 is math/0211159 */
	size_t dot = str_find(id, '.'), slash = str_find(id, '/');

	if (slash < id.n && dot < slash)
		*out = arena_printf(
			a, "%.*s%.*s", (int)dot, id.p, (int)(id.n - slash), id.p + slash);
	else
		*out = id;
	return NULL;
}

/* ISO 7064 mod 11-2 over 16 digits, the last of which may be X. */
const char *
ident_orcid(struct arena *a, struct str s, struct str *out)
{
	struct str id = without(s, ORCID_PREFIXES, COUNT(ORCID_PREFIXES));
	unsigned sum = 0, digits = 0;
	bool all_zero = true;

	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];

		if (i % 5 == 4) {
			if (c != '-' || i > 14)
				break;
			continue;
		}
		bool last = digits == 15;

		if (!is_digit(c) && !(last && (c == 'X' || c == 'x')))
			break;
		unsigned digit = is_digit(c) ? (unsigned)(c - '0') : 10;

		all_zero = all_zero && digit == 0;
		sum = last ? sum + digit : (sum + digit) * 2;
		digits++;
	}
	if (id.n != 19 || digits != 16)
		return "not an ORCID; expected four groups of four digits, such as "
		       "0000-0002-1825-0097";
	if (all_zero)
		return "an ORCID of zeros belongs to nobody; give the person's own or leave it out";
	if (sum % 11 != 1)
		return "the ORCID's last digit does not fit the others (ISO 7064 checksum); one "
		       "digit is mistyped";
	*out = arena_printf(a, "%.*s%c", 18, id.p, id.p[18] == 'x' ? 'X' : id.p[18]);
	return NULL;
}

/* 0, six characters of Crockford's base 32, two digits (ISO 7064 mod 97-10). */
const char *
ident_ror(struct arena *a, struct str s, struct str *out)
{
	static const char ALPHABET[] = "0123456789abcdefghjkmnpqrstvwxyz";
	struct str id = lower(a, without(s, ROR_PREFIXES, COUNT(ROR_PREFIXES)));
	unsigned long long value = 0;
	unsigned long check;

	if (id.n != 9 || id.p[0] != '0' || !str_number(str_sub(id, 7, 9), 99, &check))
		return "not a ROR id; expected nine characters that begin with 0, such as "
		       "00f54p054";
	for (size_t i = 0; i < 7; i++) {
		const char *at = strchr(ALPHABET, id.p[i]);

		if (!at || !*at)
			return "not a ROR id; expected nine characters that begin with 0, such as "
			       "00f54p054";
		value = value * 32 + (unsigned long long)(at - ALPHABET);
	}
	if (98 - value * 100 % 97 != check)
		return "the ROR id's last two digits do not fit the others (ISO 7064 checksum); "
		       "one character is mistyped";
	*out = id;
	return NULL;
}

const char *
ident_url(struct arena *a, struct str s, struct str *out)
{
	(void)a;
	if (!uri_is_link(s))
		return "not a URL that a page can link to; expected scheme://host/path without "
		       "blanks, other characters "
		       "percent-encoded";
	*out = s;
	return NULL;
}

struct str
ident_doi_key(struct arena *a, struct str doi)
{
	struct str arxiv;

	if (str_starts(doi, STR("10.48550/arxiv.")) && !ident_arxiv(a, doi, &arxiv))
		return ident_key(a, STR("arxiv:"), arxiv);
	return ident_key(a, STR("doi:"), doi);
}

struct str
ident_key(struct arena *a, struct str class, struct str id)
{
	return arena_join(a, (const struct str[]){ class, id }, 2);
}

bool
ident_of_url(struct arena *a, struct str url, struct str *key)
{
	struct str host = uri_host(url), id;

	if (str_eq_nocase(host, STR("arxiv.org")) && !ident_arxiv(a, url, &id))
		*key = ident_key(a, STR("arxiv:"), id);
	else if ((str_eq_nocase(host, STR("doi.org")) || str_eq_nocase(host, STR("dx.doi.org"))) &&
		!ident_doi(a, url, &id))
		*key = ident_doi_key(a, id);
	else
		return false;
	return true;
}

/* ---- links ---- */

static const char *
is_user(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!is_digit(c) && !((c | 32) >= 'a' && (c | 32) <= 'z') && c != '-' && c != '_' &&
			c != '.')
			return "not a name on that site; expected letters, digits, '-', '_' or "
			       "'.', or the whole URL";
	}
	return s.n ? NULL : "empty";
}

static const char *
is_dblp(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_digit(s.p[i]) && !((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z') &&
			!strchr("/-:.", s.p[i]))
			return "not a DBLP id; expected its pid, such as 90/1234-1, or the whole "
			       "URL";
	return str_find(s, '/') < s.n
		? NULL
		: "not a DBLP id; expected its pid, such as 90/1234-1, or the whole URL";
}

static const char *
is_wikidata(struct str s)
{
	return s.n > 1 && s.p[0] == 'Q' && all_digits(str_sub(s, 1, s.n))
		? NULL
		: "not a Wikidata id; expected Q and digits, such as Q92614, or the whole URL";
}

static const char *
is_openalex(struct str s)
{
	return s.n > 1 && s.p[0] == 'A' && all_digits(str_sub(s, 1, s.n))
		? NULL
		: "not an OpenAlex id; expected A and digits, such as A5023888391, or the whole "
		  "URL";
}

static const char *
is_number(struct str s)
{
	return all_digits(s)
		? NULL
		: "not a Semantic Scholar id; expected digits, such as 1741101, or the whole URL";
}

static const struct link_kind {
	const char *key, *label;
	const char *prefix; /* put before an id; NULL: only a URL will do */
	const char *(*wrong)(struct str id);
} LINK_KINDS[] = {
	{ "homepage", "Homepage", NULL, NULL },
	{ "orcid", "ORCID", "https://orcid.org/", NULL },
	{ "scholar", "Google Scholar", "https://scholar.google.com/citations?user=", is_user },
	{ "dblp", "DBLP", "https://dblp.org/pid/", is_dblp },
	{ "github", "GitHub", "https://github.com/", is_user },
	{ "fediverse", "Fediverse", "https://", NULL },
	{ "wikidata", "Wikidata", "https://www.wikidata.org/wiki/", is_wikidata },
	{ "openalex", "OpenAlex", "https://openalex.org/", is_openalex },
	{ "semanticscholar", "Semantic Scholar", "https://www.semanticscholar.org/author/",
		is_number },
	{ "gemini", "Gemini", NULL, NULL },
	{ "gopher", "Gopher", NULL, NULL },
};

static const struct link_kind *
link_kind(struct str label)
{
	for (size_t i = 0; i < COUNT(LINK_KINDS); i++)
		if (str_eq(label, str_of(LINK_KINDS[i].key)))
			return &LINK_KINDS[i];
	return NULL;
}

const char *
ident_link_key(size_t i)
{
	return i < COUNT(LINK_KINDS) ? LINK_KINDS[i].key : NULL;
}

/* @user@host or user@host */
static const char *
fediverse(struct arena *a, struct str s, struct str *url)
{
	if (s.n && s.p[0] == '@')
		s = str_sub(s, 1, s.n);
	size_t at = str_find(s, '@');
	struct str user = str_sub(s, 0, at), host = str_sub(s, at + 1, s.n);

	*url = arena_printf(a, "https://%.*s/@%.*s", STR_ARG(host), STR_ARG(user));
	return is_user(user) || is_user(host) || str_find(host, '.') == host.n
		? "not a fediverse address; expected @user@host, or the whole URL"
		: NULL;
}

const char *
ident_link(struct arena *a, struct str label, struct str value, struct str *url)
{
	const struct link_kind *kind = link_kind(label);
	bool is_url =
		str_find_str(value, STR("://")) < value.n || str_starts(value, STR("mailto:"));
	struct str id;
	const char *wrong;

	if (str_eq(label, STR("orcid"))) {
		if ((wrong = ident_orcid(a, value, &id)))
			return wrong;
		*url = arena_printf(a, "https://orcid.org/%.*s", STR_ARG(id));
		return NULL;
	}
	if (is_url || !kind || !kind->prefix)
		return ident_url(a, value, url);
	if (!kind->wrong)
		return fediverse(a, value, url);
	if ((wrong = kind->wrong(value)))
		return wrong;
	*url = arena_printf(a, "%s%.*s", kind->prefix, STR_ARG(value));
	return NULL;
}

struct str
ident_link_label(struct str label)
{
	const struct link_kind *kind = link_kind(label);

	return kind ? str_of(kind->label) : label;
}

bool
ident_is_forge(struct str url)
{
	static const char *const FORGES[] = { "github.com", "gitlab.com", "codeberg.org", "sr.ht",
		"git.sr.ht", "bitbucket.org", "sourceforge.net" };
	struct str host = uri_host(url);

	for (size_t i = 0; i < COUNT(FORGES); i++)
		if (str_eq_nocase(host, str_of(FORGES[i])))
			return true;
	return false;
}
