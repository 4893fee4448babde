/* words: every fixed word that stands on a page, in one table, so that a capsule may say it
 * otherwise: `headings` in capsule.yaml maps the word as it stands here to another. */
#ifndef CATALOG_WORDS_H
#define CATALOG_WORDS_H

#include "catalog/schema.h"

// clang-format off
#define WORDS(X) \
	X(DIRECTORY,        "A Directory of Researchers") \
	X(PROFILE,          "Researcher profile") \
	X(REVIEWED,         "Editor reviewed") \
	X(NOT_REVIEWED,     "Not yet reviewed") \
	X(NATIVE_NAME,      "In its own script") \
	X(PRONUNCIATION,    "Pronounced") \
	X(PRONOUNS,         "Pronouns") \
	X(ALSO_KNOWN_AS,    "Also known as") \
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
	X(IN_COMMON,        "in common") \
	X(AND_MORE,         "more") \
	X(ONE_PERSON,       "person") \
	X(MANY_PEOPLE,      "people") \
	X(ONE_SOURCE,       "source") \
	X(MANY_SOURCES,     "sources") \
	X(ONE_TOPIC,        "topic") \
	X(MANY_TOPICS,      "topics") \
	X(ONE_ORGANIZATION, "organization") \
	X(MANY_ORGANIZATIONS, "organizations") \
	X(STARTS_HERE_TOO,  "Who else starts here") \
	X(RECORD,           "This record as the editor wrote it (YAML)") \
	X(PLAIN_TEXT,       "This page as plain text") \
	X(BIBTEX,           "Its sources as BibTeX") \
	X(UPDATED,          "Updated") \
	X(BY,               "by") \
	X(HOME,             "Home") \
	X(SEARCH,           "Search") \
	X(SEARCH_PROMPT,    "Search: a name, a topic, an organization, words of a title") \
	X(SEARCH_AGAIN,     "Search again") \
	X(RESULTS_FOR,      "Results for") \
	X(BY_NAME,          "By Name") \
	X(IN_PROFILES,      "In Profiles") \
	X(NOTHING_FOUND,    "Nothing was found. Fewer or shorter words find more: each word may be the beginning of one, accents do not matter, and all words must be there.") \
	X(NEAREST_NAMES,    "Nearest Names") \
	X(NEAREST_FOUND,    "Nothing was found. These names are spelt nearly so:") \
	X(SEARCH_CUT,       "The search was ended before it had looked everywhere; there may be others. More words, or longer ones, are found sooner.") \
	X(EVERYONE,         "Everyone, A to Z") \
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
	X(CONNECT_NOBODY,   "Nobody in the directory has this name:") \
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
	X(CONTACT,          "Corrections go to") \
	X(LICENCE,          "The texts are under") \
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
	X(GENERATION,       "Generation") \
	X(ONE_FILE,         "file") \
	X(MANY_FILES,       "files") \
	X(COPY_LIVE,        "This page is made anew for each reader and is in no copy. The live directory has it:") \
	X(COPY_MOVED,       "This page has moved:") \
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

/* The word, as the settings have it. */
struct str word(const struct settings *settings, enum word id);

#endif
