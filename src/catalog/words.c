/* words: the English of the table, the languages there are, and what a capsule says instead. */
#include "catalog/words.h"

const char *const WORDS_ENGLISH[WORD_COUNT] = {
#define WORD_TEXT(id, english) english,
	WORDS(WORD_TEXT)
#undef WORD_TEXT
};

const struct language LANGUAGES[] = { { "en", WORDS_ENGLISH, false }, { "de", WORDS_GERMAN, false },
	{ "fr", WORDS_FRENCH, true }, { "es", WORDS_SPANISH, false },
	{ "zh", WORDS_CHINESE, false }, { "ja", WORDS_JAPANESE, false }, { NULL, NULL, false } };

const struct language *
language_of(struct str tag)
{
	/* the primary subtags of all of them have two letters */
	if (tag.n >= 2 && (tag.n == 2 || tag.p[2] == '-'))
		for (const struct language *l = LANGUAGES; l->tag; l++)
			if ((tag.p[0] | 32) == l->tag[0] && (tag.p[1] | 32) == l->tag[1])
				return l;
	return LANGUAGES;
}

struct str
word(const struct settings *settings, enum word id)
{
	for (size_t i = 0; i < settings->headings.n; i++)
		if (str_eq(settings->headings.v[i].name.text, str_of(WORDS_ENGLISH[id])))
			return settings->headings.v[i].note.text;
	return str_of(language_of(settings->language.text)->words[id]);
}

/* ---- places ---- */

/* The number of the place that begins at `at`; 0: none does. */
static size_t
place_at(struct str phrase, size_t at)
{
	if (at + 2 >= phrase.n || phrase.p[at] != '{' || phrase.p[at + 2] != '}' ||
		phrase.p[at + 1] < '1' || phrase.p[at + 1] > '0' + WORD_PLACES)
		return 0;
	return (size_t)(phrase.p[at + 1] - '0');
}

struct str
word_fill(struct arena *a, struct str phrase, const struct str *values, size_t n)
{
	struct str parts[4 * WORD_PLACES + 1];
	size_t parts_n = 0, from = 0;

	for (size_t i = 0; parts_n + 2 < COUNT(parts); i++) {
		i += str_find(str_sub(phrase, i, phrase.n), '{');
		if (i >= phrase.n)
			break;
		size_t place = place_at(phrase, i);

		if (place == 0 || place > n)
			continue;
		parts[parts_n++] = str_sub(phrase, from, i);
		parts[parts_n++] = values[place - 1];
		from = i + 3;
	}
	parts[parts_n++] = str_sub(phrase, from, phrase.n);
	return arena_join(a, parts, parts_n);
}

bool
word_same_places(struct str x, struct str y)
{
	unsigned seen[2] = { 0 };
	const struct str phrases[2] = { x, y };

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < phrases[k].n; i++)
			seen[k] |= 1u << place_at(phrases[k], i);
	return (seen[0] | 1) == (seen[1] | 1);
}
