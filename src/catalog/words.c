/* words: the English of the table, and what a capsule says instead. */
#include "catalog/words.h"

const char *const WORDS_ENGLISH[WORD_COUNT] = {
#define WORD_TEXT(id, english) english,
	WORDS(WORD_TEXT)
#undef WORD_TEXT
};

struct str
word(const struct settings *settings, enum word id)
{
	struct str english = str_of(WORDS_ENGLISH[id]);

	for (size_t i = 0; i < settings->headings.n; i++)
		if (str_eq(settings->headings.v[i].name.text, english))
			return settings->headings.v[i].note.text;
	return english;
}
