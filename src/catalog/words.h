/* words: every fixed phrase that readers see, in one table; words_*.c hold the same in other
 * languages. {1} and {2} are places for what a page fills in. A capsule may say any of them
 * otherwise: `headings` in capsule.yaml maps the phrase as it stands here to another. */
#ifndef CATALOG_WORDS_H
#define CATALOG_WORDS_H

#include "catalog/schema.h"

// clang-format off
#define WORDS(X) \
	X(DIRECTORY,        "A Directory of Researchers") \
	X(PROFILE,          "Researcher profile") \
	X(REVIEWED,         "Editor reviewed {1}") \
	X(REVIEWED_BY,      "Editor reviewed {1} by {2}") \
	X(NOT_REVIEWED,     "Not yet reviewed") \
	X(NATIVE_NAME,      "In its own script") \
	X(PRONUNCIATION,    "Pronounced") \
	X(PRONOUNS,         "Pronouns") \
	X(ALSO_KNOWN_AS,    "Also known as {1}") \
	X(ORGANIZATIONS,    "Organizations") \
	X(TOPICS,           "Topics") \
	X(SOURCES,          "Sources") \
	X(PEOPLE,           "People") \
	X(ABOUT_THIS_PAGE,  "About This Page") \
	X(ABOUT_PROFILE,    "This page says what the person is known for, where to start reading, and whom to explore next, with the reason for each relation.") \
	X(ABOUT_REVIEWED,   "An editor has checked the whole record.") \
	X(ABOUT_UNREVIEWED, "No editor has checked it as a whole yet: rely on the sources it names.") \
	X(KNOWN_FOR,        "Known For") \
	X(START_HERE,       "Start Here") \
	X(RELATED,          "Related Researchers") \
	X(LINKS,            "Links") \
	X(REASON_PICK,      "Editor's pick") \
	X(REASON_SOURCE,    "Shared canonical source") \
	X(REASON_COAUTHOR,  "Co-author") \
	X(REASON_TOPIC,     "Shared topic") \
	X(REASON_ORGANIZATION, "Shared organization") \
	X(ONE_SOURCE_SHARED, "{1} source in common") \
	X(MANY_SOURCES_SHARED, "{1} sources in common") \
	X(ONE_TOPIC_SHARED, "{1} topic in common") \
	X(MANY_TOPICS_SHARED, "{1} topics in common") \
	X(ONE_ORGANIZATION_SHARED, "{1} organization in common") \
	X(MANY_ORGANIZATIONS_SHARED, "{1} organizations in common") \
	X(AND_MORE,         "and {1} more") \
	X(LABEL,            "{1}: {2}") \
	X(SENTENCES,        "{1} {2}") \
	X(ONE_PERSON,       "{1} person") \
	X(MANY_PEOPLE,      "{1} people") \
	X(ONE_SOURCE,       "{1} source") \
	X(MANY_SOURCES,     "{1} sources") \
	X(ONE_TOPIC,        "{1} topic") \
	X(MANY_TOPICS,      "{1} topics") \
	X(ONE_ORGANIZATION, "{1} organization") \
	X(MANY_ORGANIZATIONS, "{1} organizations") \
	X(STARTS_HERE_TOO,  "Who else starts here") \
	X(RECORD,           "This record as the editor wrote it (YAML)") \
	X(PLAIN_TEXT,       "This page as plain text") \
	X(BIBTEX,           "Its sources as BibTeX") \
	X(UPDATED,          "Updated {1}") \
	X(HOME,             "Home") \
	X(SEARCH,           "Search") \
	X(SEARCH_PROMPT,    "Search: a name, a topic, an organization, words of a title") \
	X(SEARCH_AGAIN,     "Search again") \
	X(RESULTS_FOR,      "Results for \"{1}\"") \
	X(BY_NAME,          "By Name") \
	X(IN_PROFILES,      "In Profiles") \
	X(NOTHING_FOUND,    "Nothing was found. Fewer or shorter words find more: each word may be the beginning of one, accents do not matter, and all words must be there.") \
	X(NEAREST_NAMES,    "Nearest Names") \
	X(NEAREST_FOUND,    "Nothing was found. These names are spelt nearly so:") \
	X(SEARCH_CUT,       "The search was ended before it had looked everywhere; there may be others. More words, or longer ones, are found sooner.") \
	X(EVERYONE,         "Everyone, A to Z") \
	X(BEST_KNOWN,       "Best Known") \
	X(A_TO_Z,           "A to Z") \
	X(ALL_TOPICS,       "All topics") \
	X(ALL_ORGANIZATIONS,"All organizations") \
	X(ALL_SOURCES,      "All sources") \
	X(CHANGES,          "Recent Reviews and Additions") \
	X(ALL_CHANGES,      "All changes (a page to subscribe to)") \
	X(ATOM,             "Changes as an Atom feed") \
	X(NO_CHANGES,       "No record has a date yet.") \
	X(RANDOM,           "Somebody at random") \
	X(CONNECT,          "How two people connect") \
	X(CONNECT_PROMPT,   "Two names with a comma between") \
	X(CONNECT_AGAIN,    "Two other people") \
	X(CONNECT_WHICH,    "Whom do you mean?") \
	X(CONNECT_NOBODY,   "Nobody in the directory has this name: {1}") \
	X(CONNECT_NONE,     "No chain of shared sources or co-authors leads from one to the other.") \
	X(CONNECT_CUT,      "No chain was found among the people nearest to both; a longer one may exist.") \
	X(CONNECT_SAME,     "Both names mean the same person.") \
	X(CONNECT_SHARED,   "both start with") \
	X(CONNECT_WROTE,    "both wrote") \
	X(AUTHORS,          "Authors") \
	X(AND_OTHERS,       "and others") \
	X(READ_IT,          "Read It") \
	X(IN_START_HERE_OF, "In Start Here Of") \
	X(NOBODY_YET,       "Nobody yet.") \
	X(PART_OF,          "Part Of") \
	X(NARROWER,         "Narrower Topics") \
	X(OTHER_LETTERS,    "Other letters") \
	X(NEXT,             "Next page") \
	X(PREVIOUS,         "Previous page") \
	X(MORE,             "More") \
	X(CONTACT,          "Corrections go to {1}") \
	X(LICENCE,          "The texts are under {1}") \
	X(EMPTY,            "This directory is empty.") \
	X(EMPTY_HOW,        "An editor writes one small file for each person. Save this as people/ada-lovelace.yaml in the capsule's folder, or let \"almagest new\" write the beginning:") \
	X(OFFLINE,          "Offline copy") \
	X(OFFLINE_ABOUT,    "The whole directory, to read without a network and to serve again.") \
	X(OFFLINE_MAKING,   "The copies are being made. They will be here in a moment.") \
	X(OFFLINE_BOOK,     "a book for Gemini clients (Gempub)") \
	X(OFFLINE_ARCHIVE,  "all pages and records") \
	X(OFFLINE_PARTED,   "The directory is too large for one bundle: there is one for each first letter. Unpacked into one folder they make the whole.") \
	X(OFFLINE_MANIFEST, "Manifest: SHA-256 and size of each file") \
	X(OFFLINE_URLS,     "Addresses of all pages, one a line") \
	X(OFFLINE_KEEP,     "A copy that stays current, and for which only what changed travels:") \
	X(OFFLINE_SUMS,     "SHA-256 of what is to be downloaded:") \
	X(OFFLINE_STATE,    "{1}, {2}. Generation {3}") \
	X(OFFLINE_STATE_DAY, "{1}, {2}. Updated {3}. Generation {4}") \
	X(BYTES,            "{1} bytes") \
	X(ONE_FILE,         "{1} file") \
	X(MANY_FILES,       "{1} files") \
	X(COPY_LIVE,        "This page is made anew for each reader and is in no copy. The live directory has it:") \
	X(COPY_MOVED,       "This page has moved:") \
	X(NOTHING_HERE,     "Nothing is at this address. The home page is / and the search /search.gmi") \
	X(NOT_FOUND,        "Not found: {1}") \
	X(NOBODY,           "Nobody.") \
	X(NOBODY_NAMED,     "Nobody in the directory has this name; an empty query lists people.") \
	X(ASK_FOR_MORE,     "{1} more; ask for a name or the beginning of one.") \
	X(UNREADABLE,       "This cannot be read at the moment. Please try again in a minute.") \
	X(LEAVES_GOPHER,    "This item leads out of Gopher, to {1}.") \
	X(HOMEPAGE,         "Homepage") \
	X(KIND_PAPER,       "paper") \
	X(KIND_PROJECT,     "project") \
	X(KIND_REPOSITORY,  "repository") \
	X(KIND_BOOK,        "book") \
	X(KIND_COURSE,      "course") \
	X(KIND_TALK,        "talk") \
	X(KIND_DATASET,     "dataset") \
	X(KIND_PAGE,        "page") \
	/* end */
// clang-format on

enum word {
#define WORD_ID(id, english) WORD_##id,
	WORDS(WORD_ID)
#undef WORD_ID
		WORD_COUNT
};

extern const char *const WORDS_ENGLISH[WORD_COUNT];
extern const char *const WORDS_GERMAN[WORD_COUNT];
extern const char *const WORDS_FRENCH[WORD_COUNT];
extern const char *const WORDS_SPANISH[WORD_COUNT];
extern const char *const WORDS_CHINESE[WORD_COUNT];
extern const char *const WORDS_JAPANESE[WORD_COUNT];

/* A language that pages can be in. */
struct language {
	const char *tag; /* its primary subtag (BCP 47) */
	const char *const *words;
	bool one_is_none; /* "0" takes the singular */
};
extern const struct language LANGUAGES[]; /* English first; ends with a NULL tag */

/* The one whose primary subtag the tag begins with; English for others. */
const struct language *language_of(struct str tag);

/* The phrase, as the settings have it: by `headings`, else in their language. */
struct str word(const struct settings *settings, enum word id);

/* The phrase with the values in its places, {1} the first; a place without a value stays. */
struct str word_fill(struct arena *a, struct str phrase, const struct str *values, size_t n);

enum { WORD_PLACES = 4 };
/* Whether both phrases have the same places. */
bool word_same_places(struct str x, struct str y);

#endif
