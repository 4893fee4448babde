/* text: Unicode work on whole texts, by libunistring, on top of one idea: a text is folded once,
 * and slugs, comparison and search all start from the folded form. */
#include "base/text.h"

#include <stdlib.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "base/hash.h"
#include "base/utf8.h"

/* What libunistring made, which is ours to let go, in the arena. */
static struct str
taken(struct arena *a, uint8_t *made, size_t n)
{
	if (!made)
		abort();
	struct str out = arena_str(a, (struct str){ (const char *)made, n });

	free(made);
	return out;
}

/* Whether all characters come before U+0300, the first that joins with one before it or has another
 * composed form; no byte of theirs is 0xcc or more. */
static bool
is_composed(struct str s)
{
	size_t i = utf8_find_special(s, 0);

	while (i < s.n && (unsigned char)s.p[i] < 0xcc)
		i++;
	return i == s.n;
}

struct str
text_nfc(struct arena *a, struct str s)
{
	size_t n = 0;

	if (is_composed(s))
		return s;
	uint8_t *made = u8_normalize(UNINORM_NFC, (const uint8_t *)s.p, s.n, NULL, &n);

	return taken(a, made, n);
}

struct str
text_caseless(struct arena *a, struct str s)
{
	size_t n = 0;
	uint8_t *made = u8_casefold((const uint8_t *)s.p, s.n, NULL, UNINORM_NFC, NULL, &n);

	return taken(a, made, n);
}

/* Letters that NFKD leaves whole and readers type otherwise. */
static const struct spelling {
	ucs4_t letter;
	const char *spelt;
} SPELLINGS[] = {
	{ 0xdf, "ss" },   /* ß */
	{ 0xe6, "ae" },   /* æ */
	{ 0xf8, "o" },    /* ø */
	{ 0x142, "l" },   /* ł */
	{ 0x111, "d" },   /* đ */
	{ 0x131, "i" },   /* ı */
	{ 0xfe, "th" },   /* þ */
	{ 0xf0, "d" },    /* ð */
	{ 0x153, "oe" },  /* œ */
	{ 0x127, "h" },   /* ħ */
	{ 0x167, "t" },   /* ŧ */
	{ 0x14b, "ng" },  /* ŋ */
	{ 0x138, "k" },   /* ĸ */
	{ 0x1e9e, "ss" }, /* ẞ */
};

static const char *
spelt(ucs4_t c)
{
	for (size_t i = 0; i < COUNT(SPELLINGS); i++)
		if (SPELLINGS[i].letter == c)
			return SPELLINGS[i].spelt;
	return NULL;
}

/* Scripts written without blanks between words, one character at a time. */
static bool
stands_alone(ucs4_t c)
{
	return (c >= 0x2e80 && c <= 0x2fdf) || (c >= 0x3040 && c <= 0x30ff) ||
		(c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) ||
		(c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
		(c >= 0x20000 && c <= 0x3ffff);
}

bool
text_has_no_blanks(struct str s)
{
	for (size_t i = 0; i < s.n;)
		if (!stands_alone((ucs4_t)utf8_next(s, &i)))
			return false;
	return s.n > 0;
}

/* Text being folded: blanks are owed, and paid only when a letter follows. */
struct folding {
	struct buf out;
	bool blank_owed;
	ucs4_t syllable; /* Hangul being put together again; 0: none */
};

static void
fold_char(struct folding *f, ucs4_t c)
{
	bool alone = stands_alone(c);

	if (f->out.n && (f->blank_owed || alone))
		buf_char(&f->out, ' ');
	utf8_put(&f->out, c);
	f->blank_owed = alone;
}

/* NFKD takes Hangul syllables apart as if their letters were marks (Unicode 3.12): back together
 * they go, so that the parts of a name are found. False when c belongs to no syllable. */
static bool
fold_hangul(struct folding *f, ucs4_t c)
{
	enum { S = 0xac00, L = 0x1100, V = 0x1161, T = 0x11a7, LS = 19, VS = 21, TS = 28 };
	ucs4_t begun = f->syllable;

	f->syllable = 0;
	if (begun >= L && begun < L + LS && c >= V && c < V + VS) {
		f->syllable = S + ((begun - L) * VS + (c - V)) * TS;
		return true;
	}
	if (begun >= S && c > T && c < T + TS) {
		fold_char(f, begun + (c - T));
		return true;
	}
	if (begun)
		fold_char(f, begun);
	if (c < L || c >= L + LS)
		return false;
	f->syllable = c;
	return true;
}

static void
fold_one(struct folding *f, ucs4_t c)
{
	const char *spelling;

	if ((f->syllable || (c >= 0x1100 && c <= 0x1112)) && fold_hangul(f, c))
		return;
	if (c < 0x80) {
		if (c >= 'A' && c <= 'Z')
			fold_char(f, c - 'A' + 'a');
		else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			fold_char(f, c);
		else
			f->blank_owed = true;
		return;
	}
	/* marks vanish (Mn, Me; the joiners too), but not the vowel signs that are letters (Mc) */
	if (uc_is_general_category_withtable(
		    c, UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Me | UC_CATEGORY_MASK_Cf))
		return;
	c = uc_tolower(c);
	if (c == 0x3c2) /* the sigma that ends a word */
		c = 0x3c3;
	if ((spelling = spelt(c)))
		for (; *spelling; spelling++)
			fold_char(f, (ucs4_t)*spelling);
	else if (uc_is_general_category_withtable(
			 c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_Mc))
		fold_char(f, c);
	else
		f->blank_owed = true;
}

// clang-format off

/* How letters from U+00C0 to U+017F are folded; "": they are not letters, or more than that. */
enum { LATIN_FROM = 0xc0, LATIN_END = 0x180 };
static const char LATIN[LATIN_END - LATIN_FROM][3] = {
	"a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
	"d", "n", "o", "o", "o", "o", "o", "", "o", "u", "u", "u", "u", "y", "th", "ss",
	"a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",
	"d", "n", "o", "o", "o", "o", "o", "", "o", "u", "u", "u", "u", "y", "th", "y",
	"a", "a", "a", "a", "a", "a", "c", "c", "c", "c", "c", "c", "c", "c", "d", "d",
	"d", "d", "e", "e", "e", "e", "e", "e", "e", "e", "e", "e", "g", "g", "g", "g",
	"g", "g", "g", "g", "h", "h", "h", "h", "i", "i", "i", "i", "i", "i", "i", "i",
	"i", "i", "ij", "ij", "j", "j", "k", "k", "k", "l", "l", "l", "l", "l", "l", "",
	"", "l", "l", "n", "n", "n", "n", "n", "n", "", "ng", "ng", "o", "o", "o", "o",
	"o", "o", "oe", "oe", "r", "r", "r", "r", "r", "r", "s", "s", "s", "s", "s", "s",
	"s", "s", "t", "t", "t", "t", "t", "t", "u", "u", "u", "u", "u", "u", "u", "u",
	"u", "u", "u", "u", "w", "w", "y", "y", "y", "z", "z", "z", "z", "z", "z", "s",
};

// clang-format on

/* The spelling of the letter of two bytes at *at, which moves to its second; NULL: another one. */
static const char *
latin_at(struct str s, size_t *at)
{
	unsigned char lead = (unsigned char)s.p[*at];
	size_t c;

	if (lead < 0xc3 || lead > 0xc5 || *at + 1 == s.n)
		return NULL;
	(*at)++;
	c = (size_t)(lead & 0x1f) << 6 | ((unsigned char)s.p[*at] & 0x3f);
	return LATIN[c - LATIN_FROM][0] ? LATIN[c - LATIN_FROM] : NULL;
}

// clang-format off

/* How ASCII is folded: ' ' stands between words. */
static const char ASCII[] =
	"                                "
	"                0123456789      "
	" abcdefghijklmnopqrstuvwxyz     "
	" abcdefghijklmnopqrstuvwxyz     ";

// clang-format on

/* As fold_one() does it, for the texts that are most: Latin letters and ASCII. False when there is
 * something else. */
static bool
fold_latin(struct arena *a, struct str s, struct str *folded)
{
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	bool blank = true; /* stands last, or nothing does */

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		const char *spelling;

		if (c < 0x80) {
			char plain = ASCII[c];

			p[n] = plain;
			n += plain != ' ' || !blank;
			blank = plain == ' ';
			continue;
		}
		if (!(spelling = latin_at(s, &i)))
			return false;
		for (; *spelling; spelling++)
			p[n++] = *spelling;
		blank = false;
	}
	n -= n > 0 && blank;
	p[n] = '\0';
	*folded = (struct str){ p, n };
	return true;
}

struct str
text_fold(struct arena *a, struct str s)
{
	struct str out;

	if (fold_latin(a, s, &out))
		return out;
	struct folding f = { 0 };
	size_t n = 0;
	uint8_t *nfkd = u8_normalize(UNINORM_NFKD, (const uint8_t *)s.p, s.n, NULL, &n);

	if (!nfkd)
		abort();
	struct str wide = { (const char *)nfkd, n };

	for (size_t i = 0; i < wide.n;) {
		int32_t c = utf8_next(wide, &i);

		if (c != UTF8_BAD)
			fold_one(&f, (ucs4_t)c);
	}
	if (f.syllable)
		fold_char(&f, f.syllable);
	free(nfkd);
	out = arena_str(a, buf_str(&f.out));
	buf_end(&f.out);
	return out;
}

bool
text_is_sign(struct str word)
{
	size_t at = 0;
	int32_t c = word.n ? utf8_next(word, &at) : UTF8_BAD;

	return at == word.n && c != UTF8_BAD && stands_alone((ucs4_t)c);
}

/* ---- distance ---- */

void
text_letters(struct str word, struct text_letters *letters)
{
	letters->n = 0;
	letters->which = 0;
	for (size_t at = 0; at < word.n && letters->n < TEXT_LETTERS; letters->n++) {
		int32_t c = utf8_next(word, &at);

		letters->v[letters->n] = c;
		letters->which |= (uint64_t)1 << (c & 63);
	}
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t
count_bits(uint64_t bits)
{
	size_t n = 0;

	for (; bits; bits &= bits - 1)
		n++;
	return n;
}

/* Optimal string alignment, rows kept for the last two positions. */
size_t
text_distance(const struct text_letters *a, const struct text_letters *b, size_t most)
{
	size_t rows[3][TEXT_LETTERS + 1];

	if (a->n > b->n + most || b->n > a->n + most || count_bits(a->which & ~b->which) > most ||
		count_bits(b->which & ~a->which) > most)
		return most + 1;
	for (size_t j = 0; j <= b->n; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a->n; i++) {
		size_t *now = rows[i % 3], *before = rows[(i + 2) % 3],
		       *earlier = rows[(i + 1) % 3];
		size_t fewest = now[0] = i;

		for (size_t j = 1; j <= b->n; j++) {
			bool same = a->v[i - 1] == b->v[j - 1];

			now[j] = least(least(before[j], now[j - 1]) + 1, before[j - 1] + !same);
			if (i > 1 && j > 1 && a->v[i - 1] == b->v[j - 2] &&
				a->v[i - 2] == b->v[j - 1])
				now[j] = least(now[j], earlier[j - 2] + 1);
			fewest = least(fewest, now[j]);
		}
		/* a swap may still save one of two */
		if (fewest > most + 1)
			return most + 1;
	}
	return least(rows[a->n % 3][b->n], most + 1);
}

/* The slug's letters, without regard to length; *all says whether every letter could be kept. */
static struct str
ascii_runs(struct arena *a, struct str folded)
{
	char *p = arena_alloc(a, folded.n + 1);
	size_t n = 0;
	bool dash = false;

	for (size_t i = 0; i < folded.n; i++) {
		char c = folded.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
			dash = n > 0;
			continue;
		}
		if (dash)
			p[n++] = '-';
		dash = false;
		p[n++] = c;
	}
	return (struct str){ p, n };
}

struct str
text_slug(struct arena *a, struct str s)
{
	enum { DIGITS = 10, KEPT = SLUG_MOST - DIGITS - 1 };
	struct str folded = text_fold(a, s), slug = ascii_runs(a, folded);

	if (slug.n > 0 && slug.n <= SLUG_MOST)
		return slug;
	struct str sum = hash_hex(a, folded, DIGITS), kept = str_sub(slug, 0, KEPT);

	while (kept.n && kept.p[kept.n - 1] == '-')
		kept.n--;
	return kept.n ? arena_printf(a, "%.*s-%.*s", STR_ARG(kept), STR_ARG(sum)) : sum;
}

bool
text_is_slug(struct str s)
{
	if (s.n == 0 || s.n > SLUG_MOST || s.p[0] == '-' || s.p[s.n - 1] == '-')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!letter && !(c == '-' && s.p[i - 1] != '-'))
			return false;
	}
	return true;
}

/* Whether eight bytes hold no control character and no two blanks side by side. */
static bool
are_spaced(const char *p)
{
	const uint64_t each = 0x0101010101010101u, top = each << 7;
	uint64_t v;

	memcpy(&v, p, sizeof v);
	/* in each byte of ASCII no sum goes past its top bit */
	uint64_t low = v & ~top, blanks = ~(v | ((low ^ each * ' ') + each * 0x7f)) & top,
		 controls = ~(v | (low + each * (0x80 - ' '))) & top;

	return (controls | (blanks & blanks << 8)) == 0;
}

/* Whether s is surely as text_line() would leave it. */
static bool
is_line(struct str s)
{
	bool blank = true; /* before it */
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8) {
		if ((blank && s.p[i] == ' ') || !are_spaced(s.p + i))
			return false;
		blank = s.p[i + 7] == ' ';
	}
	for (; i < s.n; i++) {
		if ((unsigned char)s.p[i] < ' ' || (blank && s.p[i] == ' '))
			return false;
		blank = s.p[i] == ' ';
	}
	return !blank || s.n == 0;
}

struct str
text_line(struct arena *a, struct str s)
{
	if (is_line(s))
		return s;
	char *p = arena_alloc(a, s.n + 1);
	size_t n = 0;
	struct str word;

	while (str_word(&s, &word)) {
		if (n)
			p[n++] = ' ';
		memcpy(p + n, word.p, word.n);
		n += word.n;
	}
	return (struct str){ p, n };
}

/* Whether the word before a full stop at `at` is one that stands inside sentences. */
static bool
is_abbreviation(struct str s, size_t at)
{
	static const char *const KNOWN[] = { "al", "cf", "dr", "eg", "etc", "ie", "jr", "no",
		"prof", "sr", "st", "vs", "e.g", "i.e", "approx", "fig", "inc", "ltd", "mr", "mrs",
		"ms" };
	size_t from = at;

	while (from > 0 && s.p[from - 1] != ' ' && s.p[from - 1] != '(')
		from--;
	struct str word = str_sub(s, from, at);

	if (word.n == 1 && word.p[0] >= 'A' && word.p[0] <= 'Z')
		return true;
	for (size_t i = 0; i < COUNT(KNOWN); i++)
		if (str_eq_nocase(word, str_of(KNOWN[i])))
			return true;
	return false;
}

struct str
text_sentence(struct str s)
{
	static const struct str WIDE[] = { STR_INIT("。"), STR_INIT("！"), STR_INIT("？") };

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '\n')
			return str_sub(s, 0, i);
		if ((c == '.' || c == '!' || c == '?') && i + 1 < s.n && s.p[i + 1] == ' ' &&
			!(c == '.' && is_abbreviation(s, i)))
			return str_sub(s, 0, i + 1);
		for (size_t w = 0; (unsigned char)c >= 0x80 && w < COUNT(WIDE); w++)
			if (str_starts(str_sub(s, i, s.n), WIDE[w]))
				return str_sub(s, 0, i + WIDE[w].n);
	}
	return s;
}

struct str
text_short(struct arena *a, struct str s, size_t most)
{
	if (utf8_count(s) <= most || most == 0)
		return s;
	size_t cut = 0, word = 0, n = 0;

	while (n + 1 < most) {
		if (s.p[cut] == ' ')
			word = cut;
		utf8_next(s, &cut);
		n++;
	}
	if (s.p[cut] == ' ')
		word = cut;
	if (word > cut / 2)
		cut = word;
	return arena_printf(a, "%.*s…", (int)cut, s.p);
}
