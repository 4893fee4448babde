/* URLs: how they fall into parts, and the arithmetic of their paths and forms. */
#include "rows.h"

#include "base/uri.h"

/* ---- parts ---- */

static const struct parts_row {
	const char *what;
	struct str s;
	struct uri u;
} PARTS[] = {
	{ "all parts", STR_INIT("gemini://me@Host.org:1965/a/b?c#d"),
		{ .scheme = STR_INIT("gemini"),
			.has_authority = true,
			.has_user = true,
			.host = STR_INIT("Host.org"),
			.port = STR_INIT("1965"),
			.path = STR_INIT("/a/b"),
			.has_query = true,
			.query = STR_INIT("c"),
			.has_fragment = true } },
	{ "the usual, with every mark that needs no escape",
		STR_INIT("https://Www.a-b_c~d.org/~ada//x_1-2./.."),
		{ .scheme = STR_INIT("https"),
			.has_authority = true,
			.host = STR_INIT("Www.a-b_c~d.org"),
			.path = STR_INIT("/~ada//x_1-2./..") } },
	{ "no path", STR_INIT("gemini://host"),
		{ .scheme = STR_INIT("gemini"), .has_authority = true, .host = STR_INIT("host") } },
	{ "a query right behind the host", STR_INIT("gemini://host?a?b/c"),
		{ .scheme = STR_INIT("gemini"),
			.has_authority = true,
			.host = STR_INIT("host"),
			.has_query = true,
			.query = STR_INIT("a?b/c") } },
	{ "an empty query is a query", STR_INIT("gemini://host/?"),
		{ .scheme = STR_INIT("gemini"),
			.has_authority = true,
			.host = STR_INIT("host"),
			.path = STR_INIT("/"),
			.has_query = true } },
	{ "an empty fragment is a fragment", STR_INIT("gemini://host/#"),
		{ .scheme = STR_INIT("gemini"),
			.has_authority = true,
			.host = STR_INIT("host"),
			.path = STR_INIT("/"),
			.has_fragment = true } },
	{ "an empty user is a user", STR_INIT("gemini://@host/"),
		{ .scheme = STR_INIT("gemini"),
			.has_authority = true,
			.has_user = true,
			.host = STR_INIT("host"),
			.path = STR_INIT("/") } },
	{ "an empty port", STR_INIT("gemini://host:/"),
		{ .scheme = STR_INIT("gemini"),
			.has_authority = true,
			.host = STR_INIT("host"),
			.path = STR_INIT("/") } },
	{ "an empty host", STR_INIT("gemini:///a"),
		{ .scheme = STR_INIT("gemini"), .has_authority = true, .path = STR_INIT("/a") } },
	{ "an empty host with a port", STR_INIT("gemini://:1965/a"),
		{ .scheme = STR_INIT("gemini"),
			.has_authority = true,
			.port = STR_INIT("1965"),
			.path = STR_INIT("/a") } },
	{ "an address of version 6", STR_INIT("gemini://[::1]:1965/"),
		{ .scheme = STR_INIT("gemini"),
			.has_authority = true,
			.host = STR_INIT("::1"),
			.is_literal = true,
			.port = STR_INIT("1965"),
			.path = STR_INIT("/") } },
	{ "an address of a later version", STR_INIT("gemini://[v7.a:b]/"),
		{ .scheme = STR_INIT("gemini"),
			.has_authority = true,
			.host = STR_INIT("v7.a:b"),
			.is_literal = true,
			.path = STR_INIT("/") } },
	{ "an address of version 4", STR_INIT("gemini://127.0.0.1/"),
		{ .scheme = STR_INIT("gemini"),
			.has_authority = true,
			.host = STR_INIT("127.0.0.1"),
			.path = STR_INIT("/") } },
	{ "slashes in a row", STR_INIT("gemini://host//a//"),
		{ .scheme = STR_INIT("gemini"),
			.has_authority = true,
			.host = STR_INIT("host"),
			.path = STR_INIT("//a//") } },
	{ "escapes stay as they are", STR_INIT("gemini://h%6Fst/%2F?%20"),
		{ .scheme = STR_INIT("gemini"),
			.has_authority = true,
			.host = STR_INIT("h%6Fst"),
			.path = STR_INIT("/%2F"),
			.has_query = true,
			.query = STR_INIT("%20") } },
	{ "no authority", STR_INIT("mailto:a@b.org"),
		{ .scheme = STR_INIT("mailto"), .path = STR_INIT("a@b.org") } },
	{ "no scheme", STR_INIT("//host/a"),
		{ .has_authority = true, .host = STR_INIT("host"), .path = STR_INIT("/a") } },
	{ "a path alone", STR_INIT("../a/b"), { .path = STR_INIT("../a/b") } },
	{ "an absolute path alone", STR_INIT("/a"), { .path = STR_INIT("/a") } },
	{ "a query alone", STR_INIT("?a"), { .has_query = true, .query = STR_INIT("a") } },
	{ "a fragment alone", STR_INIT("#a"), { .has_fragment = true } },
	{ "an empty reference", STR_INIT(""), { .path = STR_INIT("") } },
};

static void
assert_inside(struct str piece, struct str s)
{
	if (piece.n)
		assert_true(piece.p >= s.p && piece.p + piece.n <= s.p + s.n);
}

static void
a_reference_falls_into_parts(void **state)
{
	const struct parts_row *row = *state;
	struct str s = exact_copy(row->s);
	const struct uri *expected = &row->u;
	struct uri u;

	assert_true(uri_parse(s, &u));
	assert_str(u.scheme, expected->scheme);
	assert_int_equal(u.has_authority, expected->has_authority);
	assert_int_equal(u.has_user, expected->has_user);
	assert_str(u.host, expected->host);
	assert_int_equal(u.is_literal, expected->is_literal);
	assert_str(u.port, expected->port);
	assert_str(u.path, expected->path);
	assert_int_equal(u.has_query, expected->has_query);
	assert_str(u.query, expected->query);
	assert_int_equal(u.has_fragment, expected->has_fragment);
	assert_inside(u.scheme, s);
	assert_inside(u.host, s);
	assert_inside(u.port, s);
	assert_inside(u.path, s);
	assert_inside(u.query, s);
	free_exact(s);
}

static const struct text_row {
	const char *what;
	struct str s;
} NO_REFERENCES[] = {
	{ "a blank", STR_INIT("gemini://host/a b") },
	{ "a control character", STR_INIT("gemini://host/a\tb") },
	{ "a NUL", STR_INIT("gemini://host/a\0b") },
	{ "a raw accent", STR_INIT("gemini://host/r\xc3\xa9") },
	{ "a half escape", STR_INIT("gemini://host/%4") },
	{ "an escape of no hex digits", STR_INIT("gemini://host/%zz") },
	{ "a bracket in the path", STR_INIT("gemini://host/[a]") },
	{ "a brace", STR_INIT("gemini://host/{a}") },
	{ "a stroke", STR_INIT("gemini://host/a|b") },
	{ "a backslash", STR_INIT("gemini://host\\a") },
	{ "quotes", STR_INIT("gemini://host/\"a\"") },
	{ "an address that is not closed", STR_INIT("gemini://[::1/") },
	{ "an address that is none", STR_INIT("gemini://[::1::2]/") },
	{ "a port of letters", STR_INIT("gemini://host:abc/") },
	{ "a scheme that begins with a digit", STR_INIT("1a://host/") },
	{ "an empty scheme", STR_INIT("://host/") },
	{ "two users", STR_INIT("gemini://a@b@host/") },
	{ "two fragments", STR_INIT("gemini://host/#a#b") },
};

static void
this_is_no_reference(void **state)
{
	const struct text_row *row = *state;
	struct str s = exact_copy(row->s);
	struct uri u;

	assert_false(uri_parse(s, &u));
	free_exact(s);
}

/* ---- percent encoding ---- */

static const struct code_row {
	const char *what;
	struct str s, decoded;
	bool good;
} CODES[] = {
	{ "nothing to decode", STR_INIT("abc"), STR_INIT("abc"), true },
	{ "an empty text", STR_INIT(""), STR_INIT(""), true },
	{ "a blank", STR_INIT("a%20b"), STR_INIT("a b"), true },
	{ "an accent in capitals and small digits", STR_INIT("%C3%a9"), STR_INIT("\xc3\xa9"),
		true },
	{ "a plus stays a plus", STR_INIT("a+b"), STR_INIT("a+b"), true },
	{ "a percent sign is decoded once", STR_INIT("%2541"), STR_INIT("%41"), true },
	{ "bytes that are no UTF-8 are decoded all the same", STR_INIT("%ff"), STR_INIT("\xff"),
		true },
	{ "an escape of NUL", STR_INIT("a%00"), STR_INIT(""), false },
	{ "a percent sign alone", STR_INIT("%"), STR_INIT(""), false },
	{ "one digit at the end", STR_INIT("a%4"), STR_INIT(""), false },
	{ "one digit and a letter", STR_INIT("%4g"), STR_INIT(""), false },
	{ "a sign for a digit", STR_INIT("%+1"), STR_INIT(""), false },
	{ "a blank for a digit", STR_INIT("% 1"), STR_INIT(""), false },
};

static void
escapes_are_decoded(void **state)
{
	const struct code_row *row = *state;
	struct str s = exact_copy(row->s), decoded;
	struct arena a = { 0 };

	assert_int_equal(uri_decode(&a, s, &decoded), row->good);
	if (row->good)
		assert_str(decoded, row->decoded);
	arena_end(&a);
	free_exact(s);
}

static const struct encode_row {
	const char *what;
	struct str s, path, query;
} ENCODED[] = {
	{ "nothing to encode", STR_INIT("aZ09-._~"), STR_INIT("aZ09-._~"), STR_INIT("aZ09-._~") },
	{ "an empty text to encode", STR_INIT(""), STR_INIT(""), STR_INIT("") },
	{ "a slash stays in a path", STR_INIT("/a/b"), STR_INIT("/a/b"), STR_INIT("%2Fa%2Fb") },
	{ "a blank and a plus", STR_INIT("a b+c"), STR_INIT("a%20b+c"), STR_INIT("a%20b%2Bc") },
	{ "what would end a path", STR_INIT("a?b#c%"), STR_INIT("a%3Fb%23c%25"),
		STR_INIT("a%3Fb%23c%25") },
	{ "an accent", STR_INIT("r\xc3\xa9"), STR_INIT("r%C3%A9"), STR_INIT("r%C3%A9") },
	{ "a NUL and a newline", STR_INIT("\0\n"), STR_INIT("%00%0A"), STR_INIT("%00%0A") },
	{ "marks that may stand in a segment", STR_INIT(":@!$&'()*,;="), STR_INIT(":@!$&'()*,;="),
		STR_INIT("%3A%40%21%24%26%27%28%29%2A%2C%3B%3D") },
};

static void
texts_are_encoded(void **state)
{
	const struct encode_row *row = *state;
	struct str s = exact_copy(row->s), back;
	struct arena a = { 0 };

	assert_str(uri_encode_path(&a, s), row->path);
	assert_str(uri_encode_query(&a, s), row->query);
	if (str_find(s, '\0') == s.n) {
		assert_true(uri_decode(&a, row->path, &back));
		assert_str(back, s);
	}
	arena_end(&a);
	free_exact(s);
}

/* ---- paths ---- */

static const struct path_row {
	const char *what;
	struct str path;
	bool good;
	struct str expected;
} PATHS[] = {
	{ "an empty path is the root", STR_INIT(""), true, STR_INIT("/") },
	{ "the root", STR_INIT("/"), true, STR_INIT("/") },
	{ "no dot segments", STR_INIT("/a/b.gmi"), true, STR_INIT("/a/b.gmi") },
	{ "one dot", STR_INIT("/a/./b"), true, STR_INIT("/a/b") },
	{ "one dot at the end", STR_INIT("/a/."), true, STR_INIT("/a/") },
	{ "a dot alone", STR_INIT("/."), true, STR_INIT("/") },
	{ "two dots", STR_INIT("/a/../b"), true, STR_INIT("/b") },
	{ "two dots at the end", STR_INIT("/a/b/.."), true, STR_INIT("/a/") },
	{ "two dots down to the root", STR_INIT("/a/.."), true, STR_INIT("/") },
	{ "the example of RFC 3986", STR_INIT("/a/b/c/./../../g"), true, STR_INIT("/a/g") },
	{ "above the root", STR_INIT("/.."), false, STR_INIT("") },
	{ "above the root and back", STR_INIT("/../a"), false, STR_INIT("") },
	{ "above the root later", STR_INIT("/a/../../b"), false, STR_INIT("") },
	{ "three dots are a name", STR_INIT("/.../a"), true, STR_INIT("/.../a") },
	{ "dots in a name are a name", STR_INIT("/..a/b../.c"), true, STR_INIT("/..a/b../.c") },
	{ "slashes in a row stay", STR_INIT("//a//b/"), true, STR_INIT("//a//b/") },
	{ "two dots take one empty segment", STR_INIT("/a//../b"), true, STR_INIT("/a/b") },
	{ "two dots take an empty first segment", STR_INIT("//.."), true, STR_INIT("/") },
	{ "a path without its slash gets it", STR_INIT("a/b"), true, STR_INIT("/a/b") },
};

static void
dot_segments_are_resolved(void **state)
{
	const struct path_row *row = *state;
	struct str path = exact_copy(row->path), resolved, again;
	struct arena a = { 0 };

	assert_int_equal(uri_resolve_path(&a, path, &resolved), row->good);
	if (row->good) {
		assert_str(resolved, row->expected);
		assert_true(uri_resolve_path(&a, resolved, &again));
		assert_str(again, resolved);
	}
	arena_end(&a);
	free_exact(path);
}

static const struct relative_row {
	const char *what;
	struct str from, to, expected;
} RELATIVES[] = {
	{ "a page beside", STR_INIT("/people/a.gmi"), STR_INIT("/people/b.gmi"),
		STR_INIT("b.gmi") },
	{ "a page in another folder", STR_INIT("/people/a.gmi"), STR_INIT("/topics/b.gmi"),
		STR_INIT("../topics/b.gmi") },
	{ "a page below", STR_INIT("/index.gmi"), STR_INIT("/people/a.gmi"),
		STR_INIT("people/a.gmi") },
	{ "a page above", STR_INIT("/people/a.gmi"), STR_INIT("/index.gmi"),
		STR_INIT("../index.gmi") },
	{ "the page itself", STR_INIT("/people/a.gmi"), STR_INIT("/people/a.gmi"),
		STR_INIT("a.gmi") },
	{ "two folders up", STR_INIT("/a/b/c.gmi"), STR_INIT("/d.gmi"), STR_INIT("../../d.gmi") },
	{ "folders that begin alike", STR_INIT("/people/a"), STR_INIT("/peoples/a"),
		STR_INIT("../peoples/a") },
	{ "the folder itself", STR_INIT("/people/a.gmi"), STR_INIT("/people/"), STR_INIT("./") },
	{ "from the root to the root", STR_INIT("/"), STR_INIT("/"), STR_INIT("./") },
};

/* What a client does with the reference, it comes to the page meant. */
static void
a_reference_leads_to_its_page(void **state)
{
	const struct relative_row *row = *state;
	struct arena a = { 0 };
	struct str relative = uri_relative(&a, row->from, row->to), back;
	struct str folder = str_sub(row->from, 0, str_find_last(row->from, '/') + 1);

	assert_str(relative, row->expected);
	assert_true(
		uri_resolve_path(&a, arena_join(&a, (struct str[]){ folder, relative }, 2), &back));
	assert_str(back, row->to);
	arena_end(&a);
}

/* ---- URLs ---- */

static const struct normal_row {
	const char *what;
	struct str s, expected; /* empty: no absolute http or https URL */
} NORMALS[] = {
	{ "https stays as it is", STR_INIT("https://a.org/b"), STR_INIT("https://a.org/b") },
	{ "http is https", STR_INIT("http://a.org/b"), STR_INIT("https://a.org/b") },
	{ "scheme and host in lower case, the path not", STR_INIT("HTTPS://A.Org/B"),
		STR_INIT("https://a.org/B") },
	{ "no default port", STR_INIT("https://a.org:443/b"), STR_INIT("https://a.org/b") },
	{ "no default port of http", STR_INIT("http://a.org:80/b"), STR_INIT("https://a.org/b") },
	{ "no empty port", STR_INIT("https://a.org:/b"), STR_INIT("https://a.org/b") },
	{ "another port stays", STR_INIT("https://a.org:8443/b"),
		STR_INIT("https://a.org:8443/b") },
	{ "no fragment", STR_INIT("https://a.org/b#c"), STR_INIT("https://a.org/b") },
	{ "no final slash", STR_INIT("https://a.org/b/"), STR_INIT("https://a.org/b") },
	{ "no slash alone", STR_INIT("https://a.org/"), STR_INIT("https://a.org") },
	{ "a query stays", STR_INIT("https://a.org/b/?c=d"), STR_INIT("https://a.org/b?c=d") },
	{ "escapes in capitals", STR_INIT("https://a.org/%c3%a9"),
		STR_INIT("https://a.org/%C3%A9") },
	{ "unreserved escapes are decoded", STR_INIT("https://a.org/%7Eb/%2D?%41"),
		STR_INIT("https://a.org/~b/-?A") },
	{ "reserved escapes stay", STR_INIT("https://a.org/a%2fb"),
		STR_INIT("https://a.org/a%2Fb") },
	{ "an escape of an escape is not decoded twice", STR_INIT("https://a.org/%25%34%31"),
		STR_INIT("https://a.org/%2541") },
	{ "dot segments are resolved", STR_INIT("https://a.org/b/../c"),
		STR_INIT("https://a.org/c") },
	{ "escaped dot segments, too", STR_INIT("https://a.org/b/%2e%2E/c"),
		STR_INIT("https://a.org/c") },
	{ "an address keeps its brackets", STR_INIT("https://[2001:DB8::1]/b"),
		STR_INIT("https://[2001:db8::1]/b") },
	{ "another scheme has no such form", STR_INIT("gemini://a.org/"), STR_INIT("") },
	{ "a relative reference has none", STR_INIT("/b"), STR_INIT("") },
	{ "a URL without a host has none", STR_INIT("https:///b"), STR_INIT("") },
	{ "what is no URL has none", STR_INIT("https://a.org/ b"), STR_INIT("") },
};

static void
a_url_has_its_normal_form(void **state)
{
	const struct normal_row *row = *state;
	struct str s = exact_copy(row->s), normal, again;
	struct arena a = { 0 };

	assert_int_equal(uri_normal(&a, s, &normal), row->expected.n > 0);
	if (row->expected.n) {
		assert_str(normal, row->expected);
		assert_true(uri_normal(&a, normal, &again));
		assert_str(again, normal);
	}
	arena_end(&a);
	free_exact(s);
}

static const struct link_row {
	const char *what;
	struct str s;
	bool is_link;
	struct str host;
} LINKS[] = {
	{ "a web page", STR_INIT("https://www.a.org/b"), true, STR_INIT("a.org") },
	{ "www in capitals", STR_INIT("https://WWW.A.org/"), true, STR_INIT("A.org") },
	{ "www alone is a host", STR_INIT("https://www./"), true, STR_INIT("www.") },
	{ "a Gemini page", STR_INIT("gemini://a.org/"), true, STR_INIT("a.org") },
	{ "a Gopher page", STR_INIT("gopher://a.org:70/1/b"), true, STR_INIT("a.org") },
	{ "a scheme in capitals", STR_INIT("HTTPS://a.org"), true, STR_INIT("a.org") },
	{ "an address of mail", STR_INIT("mailto:a@b.org"), true, STR_INIT("") },
	{ "an address of nobody", STR_INIT("mailto:"), false, STR_INIT("") },
	{ "a script", STR_INIT("javascript:alert(1)"), false, STR_INIT("") },
	{ "data", STR_INIT("data:text/plain,a"), false, STR_INIT("") },
	{ "a file", STR_INIT("file:///etc/passwd"), false, STR_INIT("") },
	{ "a file of a host", STR_INIT("file://a.org/b"), false, STR_INIT("a.org") },
	{ "no host", STR_INIT("https:///a"), false, STR_INIT("") },
	{ "no scheme", STR_INIT("//a.org/"), false, STR_INIT("a.org") },
	{ "a path", STR_INIT("/a"), false, STR_INIT("") },
	{ "an empty reference is no link", STR_INIT(""), false, STR_INIT("") },
	{ "a newline hidden in it", STR_INIT("https://a.org/\nb"), false, STR_INIT("") },
};

static void
a_link_and_its_host_are_known(void **state)
{
	const struct link_row *row = *state;
	struct str s = exact_copy(row->s);

	assert_int_equal(uri_is_link(s), row->is_link);
	assert_str(uri_host(s), row->host);
	free_exact(s);
}

int
main(void)
{
	struct suite s = { 0 };

	add_rows(&s, PARTS, a_reference_falls_into_parts);
	add_rows(&s, NO_REFERENCES, this_is_no_reference);
	add_rows(&s, CODES, escapes_are_decoded);
	add_rows(&s, ENCODED, texts_are_encoded);
	add_rows(&s, PATHS, dot_segments_are_resolved);
	add_rows(&s, RELATIVES, a_reference_leads_to_its_page);
	add_rows(&s, NORMALS, a_url_has_its_normal_form);
	add_rows(&s, LINKS, a_link_and_its_host_are_known);
	return run_suite(&s, "uri", NULL, NULL);
}
