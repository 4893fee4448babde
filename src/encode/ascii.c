/* ascii: Unicode's own compatibility forms first, then tables of what people type instead. */
#include "encode/ascii.h"

#include <stdlib.h>
#include <unictype.h>
#include <uninorm.h>

#include "base/utf8.h"

static const struct {
	uint32_t from, to;
	const char *typed; /* one for the whole range; NULL: nothing */
} TYPED[] = {
	{ 0xa0, 0xa0, " " },
	{ 0xa1, 0xa1, "!" },
	{ 0xa9, 0xa9, "(c)" },
	{ 0xab, 0xab, "\"" },
	{ 0xae, 0xae, "(R)" },
	{ 0xad, 0xad, NULL },
	{ 0xb0, 0xb0, " deg" },
	{ 0xb1, 0xb1, "+/-" },
	{ 0xb7, 0xb7, "-" },
	{ 0xbb, 0xbb, "\"" },
	{ 0xbf, 0xbf, "?" },
	{ 0xc6, 0xc6, "AE" },
	{ 0xd0, 0xd0, "D" },
	{ 0xd7, 0xd7, "x" },
	{ 0xd8, 0xd8, "O" },
	{ 0xde, 0xde, "Th" },
	{ 0xdf, 0xdf, "ss" },
	{ 0xe6, 0xe6, "ae" },
	{ 0xf0, 0xf0, "d" },
	{ 0xf7, 0xf7, "/" },
	{ 0xf8, 0xf8, "o" },
	{ 0xfe, 0xfe, "th" },
	{ 0x110, 0x110, "D" },
	{ 0x111, 0x111, "d" },
	{ 0x126, 0x126, "H" },
	{ 0x127, 0x127, "h" },
	{ 0x131, 0x131, "i" },
	{ 0x141, 0x141, "L" },
	{ 0x142, 0x142, "l" },
	{ 0x14a, 0x14a, "Ng" },
	{ 0x14b, 0x14b, "ng" },
	{ 0x152, 0x152, "OE" },
	{ 0x153, 0x153, "oe" },
	{ 0x166, 0x166, "T" },
	{ 0x167, 0x167, "t" },
	{ 0x1e9e, 0x1e9e, "SS" },
	{ 0x2bc, 0x2bc, "'" },
	{ 0x2002, 0x200a, " " },
	{ 0x200b, 0x200f, NULL },
	{ 0x2010, 0x2013, "-" },
	{ 0x2014, 0x2015, "--" },
	{ 0x2018, 0x201b, "'" },
	{ 0x201c, 0x201f, "\"" },
	{ 0x2022, 0x2022, "*" },
	{ 0x2026, 0x2026, "..." },
	{ 0x2032, 0x2032, "'" },
	{ 0x2033, 0x2033, "\"" },
	{ 0x2039, 0x2039, "<" },
	{ 0x203a, 0x203a, ">" },
	{ 0x2044, 0x2044, "/" },
	{ 0x20ac, 0x20ac, "EUR" },
	{ 0x2190, 0x2190, "<-" },
	{ 0x2192, 0x2192, "->" },
	{ 0x2212, 0x2212, "-" },
	{ 0x2248, 0x2248, "~" },
	{ 0x2260, 0x2260, "!=" },
	{ 0x2264, 0x2264, "<=" },
	{ 0x2265, 0x2265, ">=" },
	{ 0x221e, 0x221e, "infinity" },
	{ 0x3000, 0x3000, " " },
	{ 0x3001, 0x3001, "," },
	{ 0x3002, 0x3002, "." },
	{ 0xfe0f, 0xfe0f, NULL },
};

static const char *const GREEK[] = { "A", "B", "G", "D", "E", "Z", "E", "Th", "I", "K", "L", "M",
	"N", "X", "O", "P", "R", NULL, "S", "T", "Y", "Ph", "Ch", "Ps",
	"O" }; /* U+0391 to U+03A9 */

static const char *const CYRILLIC[] = { "A", "B", "V", "G", "D", "E", "Zh", "Z", "I", "Y", "K", "L",
	"M", "N", "O", "P", "R", "S", "T", "U", "F", "Kh", "Ts", "Ch", "Sh", "Shch", "", "Y", "",
	"E", "Yu", "Ya" }; /* U+0410 to U+042F */

static const struct {
	uint32_t first;
	const char *const *sounds;
	size_t n;
	bool capital;
} ALPHABETS[] = {
	{ 0x391, GREEK, COUNT(GREEK), true },
	{ 0x3b1, GREEK, COUNT(GREEK), false },
	{ 0x410, CYRILLIC, COUNT(CYRILLIC), true },
	{ 0x430, CYRILLIC, COUNT(CYRILLIC), false },
};

static bool
put_typed(struct buf *out, uint32_t c)
{
	for (size_t i = 0; i < COUNT(TYPED); i++)
		if (c >= TYPED[i].from && c <= TYPED[i].to) {
			buf_put(out, str_of(TYPED[i].typed));
			return true;
		}
	return false;
}

static bool
put_sound(struct buf *out, uint32_t c)
{
	if (c == 0x3c2) /* final sigma */
		c = 0x3c3;
	for (size_t i = 0; i < COUNT(ALPHABETS); i++) {
		if (c < ALPHABETS[i].first || c - ALPHABETS[i].first >= ALPHABETS[i].n)
			continue;
		struct str sound = str_of(ALPHABETS[i].sounds[c - ALPHABETS[i].first]);

		for (size_t k = 0; k < sound.n; k++)
			buf_char(out, (char)(ALPHABETS[i].capital ? sound.p[k] : sound.p[k] | 32));
		return true;
	}
	return false;
}

static bool
put_known(struct buf *out, uint32_t c)
{
	if (c < 0x80)
		buf_char(out, (char)c);
	return c < 0x80 || put_typed(out, c) || put_sound(out, c);
}

/* A letter with marks, or a form of others: what it is made of. */
static void
put_parts(struct buf *out, uint32_t c)
{
	ucs4_t one = c, parts[UC_DECOMPOSITION_MAX_LENGTH * 4];
	size_t n = COUNT(parts);
	ucs4_t *decomposed = u32_normalize(UNINORM_NFKD, &one, 1, parts, &n);
	struct buf made = { 0 };
	bool known = decomposed && n > 0;

	for (size_t i = 0; known && i < n; i++)
		known = uc_is_general_category_withtable(decomposed[i], UC_CATEGORY_MASK_M) ||
			put_known(&made, decomposed[i]);
	if (known)
		buf_put(out, buf_str(&made));
	else
		buf_printf(out, "[U+%04X]", (unsigned)c);
	buf_end(&made);
	if (decomposed != parts)
		free(decomposed);
}

void
encode_ascii(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		int32_t c = utf8_next(s, &i);

		if (c == UTF8_BAD)
			buf_put(out, STR("[?]"));
		else if (!put_known(out, (uint32_t)c))
			put_parts(out, (uint32_t)c);
	}
}

void
encode_ascii_page(struct page *page)
{
	for (size_t i = 0; i < page->n; i++) {
		struct line *line = &page->v[i];
		struct buf out = { 0 };

		encode_ascii(&out, line->ascii.n ? line->ascii : line->text);
		line->text = arena_str(page->arena, buf_str(&out));
		buf_end(&out);
	}
}
