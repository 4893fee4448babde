/* tex: accents become letters, marks become signs, commands go and their arguments stay. */
#include "base/text.h"
#include "base/utf8.h"
#include "edit/import.h"

/* Accents: the combining character that follows the letter. */
static uint32_t
accent_of(char c, bool is_word)
{
	switch (c) {
	case 'c':
		return is_word ? 0x327 : 0;
	case 'v':
		return is_word ? 0x30c : 0;
	case 'u':
		return is_word ? 0x306 : 0;
	case 'H':
		return is_word ? 0x30b : 0;
	case 'k':
		return is_word ? 0x328 : 0;
	case 'r':
		return is_word ? 0x30a : 0;
	case 'b':
		return is_word ? 0x331 : 0;
	case 'd':
		return is_word ? 0x323 : 0;
	case '`':
		return 0x300;
	case '\'':
		return 0x301;
	case '^':
		return 0x302;
	case '~':
		return 0x303;
	case '"':
		return 0x308;
	case '=':
		return 0x304;
	case '.':
		return 0x307;
	default:
		return 0;
	}
}

static const struct {
	const char *name, *text;
} COMMANDS_OF_TEX[] = { { "ss", "ß" }, { "o", "ø" }, { "O", "Ø" }, { "l", "ł" }, { "L", "Ł" },
	{ "aa", "å" }, { "AA", "Å" }, { "ae", "æ" }, { "AE", "Æ" }, { "oe", "œ" }, { "OE", "Œ" },
	{ "i", "ı" }, { "j", "ȷ" }, { "dh", "ð" }, { "DH", "Ð" }, { "th", "þ" }, { "TH", "Þ" },
	{ "dj", "đ" }, { "DJ", "Đ" }, { "ng", "ŋ" }, { "NG", "Ŋ" }, { "SS", "SS" },
	{ "textendash", "–" }, { "textemdash", "—" }, { "ldots", "…" }, { "dots", "…" },
	{ "textellipsis", "…" }, { "textquoteright", "’" }, { "textquoteleft", "‘" },
	{ "textquotedblleft", "“" }, { "textquotedblright", "”" }, { "textquotesingle", "'" },
	{ "S", "§" }, { "P", "¶" }, { "pounds", "£" }, { "copyright", "©" },
	{ "textregistered", "®" }, { "texttrademark", "™" }, { "textdegree", "°" },
	{ "TeX", "TeX" }, { "LaTeX", "LaTeX" }, { "textbackslash", "\\" },
	{ "textasciitilde", "~" }, { "textunderscore", "_" }, { "slash", "/" }, { "alpha", "α" },
	{ "beta", "β" }, { "gamma", "γ" }, { "delta", "δ" }, { "epsilon", "ε" },
	{ "varepsilon", "ε" }, { "zeta", "ζ" }, { "eta", "η" }, { "theta", "θ" }, { "iota", "ι" },
	{ "kappa", "κ" }, { "lambda", "λ" }, { "mu", "μ" }, { "nu", "ν" }, { "xi", "ξ" },
	{ "pi", "π" }, { "rho", "ρ" }, { "sigma", "σ" }, { "tau", "τ" }, { "phi", "φ" },
	{ "varphi", "φ" }, { "chi", "χ" }, { "psi", "ψ" }, { "omega", "ω" }, { "Gamma", "Γ" },
	{ "Delta", "Δ" }, { "Theta", "Θ" }, { "Lambda", "Λ" }, { "Pi", "Π" }, { "Sigma", "Σ" },
	{ "Phi", "Φ" }, { "Psi", "Ψ" }, { "Omega", "Ω" }, { "infty", "∞" }, { "times", "×" },
	{ "leq", "≤" }, { "le", "≤" }, { "geq", "≥" }, { "ge", "≥" }, { "neq", "≠" },
	{ "approx", "≈" }, { "to", "→" }, { "rightarrow", "→" }, { "ell", "ℓ" }, { "sim", "∼" },
	{ "cdot", "·" }, { "pm", "±" }, { "log", "log" }, { "exp", "exp" }, { "min", "min" },
	{ "max", "max" }, { "sqrt", "√" } };

enum { DEPTH_MOST = 20 };

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_accent(int32_t c)
{
	return c >= 0x300 && c <= 0x36f;
}

static void put_tex(struct arena *a, struct buf *out, struct str tex, int depth);

/* Takes an argument off the front: a group without its braces, a command, or one character. */
static struct str
take_argument(struct str *rest)
{
	while (rest->n && (*rest->p == ' ' || *rest->p == '\n'))
		*rest = str_sub(*rest, 1, rest->n);
	size_t end = 0;

	if (rest->n == 0)
		return STR("");
	if (rest->p[0] == '{') {
		int open = 0;

		for (end = 0; end < rest->n; end++) {
			if (rest->p[end] == '\\' && end + 1 < rest->n) {
				end++;
				continue;
			}
			open += rest->p[end] == '{' ? 1 : rest->p[end] == '}' ? -1 : 0;
			if (open == 0)
				break;
		}
		struct str inside = str_sub(*rest, 1, end);

		*rest = str_sub(*rest, end < rest->n ? end + 1 : end, rest->n);
		return inside;
	}
	if (rest->p[0] == '\\') {
		for (end = 1; end < rest->n && is_letter(rest->p[end]);)
			end++;
		end = end == 1 && rest->n > 1 ? 2 : end;
	} else
		utf8_next(*rest, &end);
	struct str one = str_sub(*rest, 0, end);

	*rest = str_sub(*rest, end, rest->n);
	return one;
}

/* The accent goes behind the first letter of what it is over and the accents that this has; an
 * accented i has no dot. */
static void
put_accented(struct arena *a, struct buf *out, struct str argument, uint32_t accent, int depth)
{
	struct buf under = { 0 };
	size_t end = 0;

	put_tex(a, &under, argument, depth + 1);
	struct str text = buf_str(&under);

	if (text.n == 0) {
		buf_end(&under);
		return;
	}
	int32_t first = utf8_next(text, &end);

	utf8_put(out,
		first == 0x131           ? 'i'
			: first == 0x237 ? 'j'
					 : (uint32_t)(first < 0 ? '?' : first));
	size_t accents = end;

	for (size_t at = end; at < text.n && is_accent(utf8_next(text, &at));)
		accents = at;
	buf_put(out, str_sub(text, end, accents));
	utf8_put(out, accent);
	buf_put(out, str_sub(text, accents, text.n));
	buf_end(&under);
}

/* What stands behind a backslash. */
static void
put_command(struct arena *a, struct buf *out, struct str *rest, int depth)
{
	size_t n = 0;
	uint32_t accent;

	while (n < rest->n && is_letter(rest->p[n]))
		n++;
	if (n == 0) {
		char c = rest->p[0];
		size_t end = 0;

		utf8_next(*rest, &end);
		struct str sign = str_sub(*rest, 0, end);

		*rest = str_sub(*rest, end, rest->n);
		if ((accent = accent_of(c, false)))
			put_accented(a, out, take_argument(rest), accent, depth);
		else if (c == '\\' || c == ',' || c == ';' || c == ':' || c == '\n')
			buf_char(out, ' ');
		else if (strchr("&%$#_{} ", c))
			buf_put(out, sign);
		return; /* \-, \/, \! and others show nothing */
	}
	struct str name = str_sub(*rest, 0, n);

	*rest = str_sub(*rest, n, rest->n);
	if (n == 1 && (accent = accent_of(name.p[0], true))) {
		put_accented(a, out, take_argument(rest), accent, depth);
		return;
	}
	if (str_eq(name, STR("href"))) { /* the address; what it is called follows */
		take_argument(rest);
		return;
	}
	/* blanks end a command's name; behind a word such as \log they are meant */
	bool blank = rest->n && *rest->p == ' ';

	while (rest->n && *rest->p == ' ')
		*rest = str_sub(*rest, 1, rest->n);
	for (size_t i = 0; i < COUNT(COMMANDS_OF_TEX); i++)
		if (str_eq(name, str_of(COMMANDS_OF_TEX[i].name))) {
			const char *text = COMMANDS_OF_TEX[i].text;

			buf_put(out, str_of(text));
			if (blank && is_letter(text[0]) && text[1])
				buf_char(out, ' ');
			return;
		}
}

static void
put_tex(struct arena *a, struct buf *out, struct str tex, int depth)
{
	static const struct {
		const char *tex, *text;
	} LIGATURES[] = { { "---", "—" }, { "--", "–" }, { "``", "“" }, { "''", "”" } };

	if (depth > DEPTH_MOST)
		return;
	while (tex.n) {
		bool done = false;

		for (size_t i = 0; i < COUNT(LIGATURES) && !done; i++)
			if (str_starts(tex, str_of(LIGATURES[i].tex))) {
				buf_put(out, str_of(LIGATURES[i].text));
				tex = str_sub(tex, strlen(LIGATURES[i].tex), tex.n);
				done = true;
			}
		if (done)
			continue;
		char c = tex.p[0];

		tex = str_sub(tex, 1, tex.n);
		if (c == '\\' && tex.n)
			put_command(a, out, &tex, depth);
		else if (c == '~')
			buf_char(out, ' ');
		else if (c != '{' && c != '}' && c != '$' && c != '\\')
			buf_char(out, c);
	}
}

struct str
tex_plain(struct arena *a, struct str tex)
{
	struct buf out = { 0 };

	put_tex(a, &out, tex, 0);
	struct str text = arena_str(a, buf_str(&out));

	buf_end(&out);
	return text_nfc(a, text);
}
