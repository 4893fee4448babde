/* schema: every file an editor writes, as tables. One row makes the struct member, the parser, the
 * check, the catalog column, the JSON Schema property and the line of almagest-record(5), so they
 * cannot disagree. */
#ifndef CATALOG_SCHEMA_H
#define CATALOG_SCHEMA_H

#include "base/arena.h"

/* A text as the editor wrote it, and where (line and column count from 1; line 0: it was not
 * written). */
struct value {
	struct str text; /* n == 0: absent */
	int line, column;
};

/* An item of a list: a name, and for pins and links what goes with it (the reason, the URL). */
struct entry {
	struct value name, note;
};

struct entries {
	struct entry *v;
	size_t n, room;
};

struct citation;
struct citations {
	struct citation *v;
	size_t n, room;
};

enum field_type {
	FIELD_TEXT,     /* one line */
	FIELD_PROSE,    /* paragraphs, joined by '\n' */
	FIELD_DATE,     /* YYYY-MM-DD, not in the future */
	FIELD_YEAR,     /* YYYY */
	FIELD_FLAG,     /* true or false */
	FIELD_NUMBER,   /* a whole number, at most `longest` */
	FIELD_KIND,     /* one of SOURCE_KINDS */
	FIELD_SLUG,     /* a slug */
	FIELD_URL,      /* an absolute URL */
	FIELD_DOI,      /* 10.N/X, or a doi.org URL */
	FIELD_ARXIV,    /* 2205.14135 or cs/0511072, or an arxiv.org URL */
	FIELD_ROR,      /* 0abcdef12, or a ror.org URL */
	FIELD_LANGUAGE, /* BCP 47 */
	FIELD_CHOICE,   /* one of the words in `example`, '|' between them */
	FIELD_LIST,     /* texts */
	FIELD_SLUGS,    /* slugs */
	FIELD_PINS,     /* slug, or slug: why */
	FIELD_LINKS,    /* label: URL or id */
	FIELD_WORDS,    /* word: other word (headings) */
	FIELD_CITATIONS /* references and sources */
};

/* The C type of a member of each field type. */
#define FIELD_C_TEXT struct value
#define FIELD_C_PROSE struct value
#define FIELD_C_DATE struct value
#define FIELD_C_YEAR struct value
#define FIELD_C_FLAG struct value
#define FIELD_C_NUMBER struct value
#define FIELD_C_KIND struct value
#define FIELD_C_SLUG struct value
#define FIELD_C_URL struct value
#define FIELD_C_DOI struct value
#define FIELD_C_ARXIV struct value
#define FIELD_C_ROR struct value
#define FIELD_C_LANGUAGE struct value
#define FIELD_C_CHOICE struct value
#define FIELD_C_LIST struct entries
#define FIELD_C_SLUGS struct entries
#define FIELD_C_PINS struct entries
#define FIELD_C_LINKS struct entries
#define FIELD_C_WORDS struct entries
#define FIELD_C_CITATIONS struct citations

struct field {
	const char *key;
	enum field_type type;
	bool required;
	size_t longest; /* characters of one text; 0: what a slug or URL may have */
	size_t most;    /* items of a list */
	size_t offset;  /* of the member in its struct */
	const char *help;
	const char *example;
};

enum { OPTIONAL = false, REQUIRED = true };
enum { URL_MOST = 1000 }; /* characters of a URL; a link line must fit a request */

// clang-format off

/*      member         key              type       need      longest  most  what an editor should write; example */
#define PERSON_FIELDS(X) \
	X(name,          "name",          TEXT,      REQUIRED, 120,   1, "the name as displayed", "Tri Dao") \
	X(tagline,       "tagline",       TEXT,      REQUIRED, 160,   1, "one line that says what makes this person worth reading", "Makes exact attention fast by counting memory traffic") \
	X(role,          "role",          TEXT,      OPTIONAL, 200,   1, "position and place", "Assistant professor at Princeton University") \
	X(summary,       "summary",       PROSE,     OPTIONAL, 2000,  1, "why this person matters; a newline folds to a blank, an empty line starts a paragraph", "Works on fast sequence models.") \
	X(organizations, "organizations", LIST,      OPTIONAL, 120,   8, "labels, or slugs of organization records", "Princeton University") \
	X(topics,        "topics",        LIST,      OPTIONAL, 80,   12, "labels, or slugs of topic records", "state space models") \
	X(known_for,     "known_for",     LIST,      OPTIONAL, 200,  12, "what this person is known for, most important first", "FlashAttention, exact attention without the quadratic memory") \
	X(start_here,    "start_here",    CITATIONS, OPTIONAL, 0,    40, "what to read first, in order: a reference (arxiv:ID, doi:ID, a URL, the slug of a source record) or a map that describes the source", "arxiv:2205.14135") \
	X(related,       "related",       PINS,      OPTIONAL, 200,   8, "slugs of people to show first under Related Researchers, each with an optional reason", "albert-gu: wrote Mamba together") \
	X(unrelated,     "unrelated",     SLUGS,     OPTIONAL, 0,   100, "slugs of people never to be shown as related, in both directions", "john-doe") \
	X(aliases,       "aliases",       LIST,      OPTIONAL, 120,  30, "other spellings of the name; they match authors, are searched, and redirect", "Dan Fu") \
	X(former_slugs,  "former_slugs",  SLUGS,     OPTIONAL, 0,    30, "slugs this record had before; they redirect for ever", "daniel-fu") \
	X(native_name,   "native_name",   TEXT,      OPTIONAL, 120,   1, "the name in its own script and order", "何恺明") \
	X(pronunciation, "pronunciation", TEXT,      OPTIONAL, 120,   1, "how to say the name", "tree dow") \
	X(pronouns,      "pronouns",      TEXT,      OPTIONAL, 120,   1, "pronouns", "she/her") \
	X(sort_name,     "sort_name",     TEXT,      OPTIONAL, 120,   1, "the name for A to Z; without it \"last token, rest\"", "De Sa, Christopher") \
	X(links,         "links",         LINKS,     OPTIONAL, URL_MOST, 16, "homepage orcid scholar dblp github fediverse wikidata openalex semanticscholar gemini gopher, or any label: an id or a URL", "homepage: https://tridao.me") \
	X(reviewed,      "reviewed",      DATE,      OPTIONAL, 10,    1, "the day an editor last checked the whole record", "2026-05-04") \
	X(reviewed_by,   "reviewed_by",   TEXT,      OPTIONAL, 80,    1, "who checked it", "AK") \
	X(updated,       "updated",       DATE,      OPTIONAL, 10,    1, "the day of the last change worth telling; without it the day of review", "2026-06-01") \
	X(draft,         "draft",         FLAG,      OPTIONAL, 5,     1, "true: checked, but not published", "true") \
	X(withdrawn,     "withdrawn",     TEXT,      OPTIONAL, 200,   1, "why the profile is gone; its address answers with this sentence", "Withdrawn at the person's wish.") \
	/* end */

/* A source: an item of start_here, and what a file in sources/ begins with. */
#define SOURCE_FIELDS(X) \
	X(title,    "title",    TEXT,  OPTIONAL, 300,      1, "the title, needed where the source is first described", "Mamba: Linear-Time Sequence Modeling") \
	X(kind,     "kind",     KIND,  OPTIONAL, 0,        1, "paper project repository book course talk dataset page; without it repository for known forges, else paper", "paper") \
	X(url,      "url",      URL,   OPTIONAL, URL_MOST, 1, "where it can be read", "https://github.com/state-spaces/mamba") \
	X(year,     "year",     YEAR,  OPTIONAL, 4,        1, "the year it became public", "2023") \
	X(authors,  "authors",  LIST,  OPTIONAL, 120,     60, "authors in order, as printed", "Albert Gu") \
	X(et_al,    "et_al",    FLAG,  OPTIONAL, 5,        1, "true: there are more authors", "true") \
	X(doi,      "doi",      DOI,   OPTIONAL, 250,      1, "digital object identifier", "10.1145/3180143") \
	X(arxiv,    "arxiv",    ARXIV, OPTIONAL, 60,       1, "arXiv identifier", "2312.00752") \
	X(venue,    "venue",    TEXT,  OPTIONAL, 120,      1, "journal or conference", "COLM 2024") \
	X(why,      "why",      TEXT,  OPTIONAL, 300,      1, "why to read it, for this person's readers", "Read section 3 first.") \
	X(id,       "id",       SLUG,  OPTIONAL, 0,        1, "a short name for the source, unique in the directory", "mamba") \
	/* end */

/* What a file in sources/ may have besides (its file name is its id; it has no why). */
#define SOURCE_FILE_FIELDS(X) \
	X(name,     "name",     TEXT,  OPTIONAL, 120,      1, "what people call it, if not its title", "FlashAttention") \
	X(aliases,  "aliases",  LIST,  OPTIONAL, 120,     30, "other names; they redirect", "flash attention") \
	X(summary,  "summary",  PROSE, OPTIONAL, 2000,     1, "what it says, for everybody's readers", "Shows that attention is bound by memory traffic.") \
	/* end */

/* A topic or an organization. */
#define SUBJECT_FIELDS(X) \
	X(name,     "name",     TEXT,  OPTIONAL, 120,      1, "the label as displayed; without it the label most records use", "Stanford University") \
	X(aliases,  "aliases",  LIST,  OPTIONAL, 120,     30, "other labels that mean the same; they redirect", "Stanford") \
	X(summary,  "summary",  PROSE, OPTIONAL, 2000,     1, "one or two sentences", "A university in California.") \
	X(url,      "url",      URL,   OPTIONAL, URL_MOST, 1, "its page", "https://www.stanford.edu/") \
	/* end */
#define ORGANIZATION_FIELDS(X) \
	X(ror,      "ror",      ROR,   OPTIONAL, 40,       1, "Research Organization Registry id", "00f54p054") \
	/* end */
#define TOPIC_FIELDS(X) \
	X(broader,  "broader",  TEXT,  OPTIONAL, 80,       1, "label or slug of the topic that contains this one", "deep learning") \
	/* end */

/* capsule.yaml: public and mirrored. */
#define CAPSULE_FIELDS(X) \
	X(title,    "title",    TEXT,     OPTIONAL, 120,      1, "the directory's name", "A Directory of Researchers") \
	X(intro,    "intro",    PROSE,    OPTIONAL, 500,      1, "what it holds and for whom, on the home page", "Who to read, and where to start.") \
	X(language, "language", LANGUAGE, OPTIONAL, 35,       1, "language of the texts (BCP 47); pages speak en, de, fr, es, zh and ja", "en") \
	X(headings, "headings", WORDS,    OPTIONAL, 400,    200, "other words for fixed English ones on pages, with the same places {1} for what is filled in", "Start Here: Read First") \
	X(hosts,    "hosts",    LIST,     OPTIONAL, 253,     20, "host names served, the first is the default", "directory.example.org") \
	X(contact,  "contact",  TEXT,     OPTIONAL, 200,      1, "where corrections go: mailto: or another URL", "mailto:editors@example.org") \
	X(licence,  "licence",  TEXT,     OPTIONAL, 120,      1, "licence of the texts", "CC BY 4.0") \
	/* end */

/* local.yaml, or the file named by --settings: of this machine, never served or mirrored. Each is an option too. */
#define LOCAL_FIELDS(X) \
	X(gemini,       "gemini",       LIST,   OPTIONAL, 120, 20, "ADDRESS:PORT to listen on for Gemini, or off; without it port 1965, on loopback unless hosts are set", "0.0.0.0:1965") \
	X(gopher,       "gopher",       LIST,   OPTIONAL, 120, 20, "the same for Gopher; without it port 70, or 7070 where 70 cannot be had", "0.0.0.0:70") \
	X(finger,       "finger",       LIST,   OPTIONAL, 120, 20, "the same for finger; without it port 79, or 7979 where 79 cannot be had", "0.0.0.0:79") \
	X(gopher_host,  "gopher_host",  TEXT,   OPTIONAL, 253, 1, "host that Gopher menus name; without it the first of hosts", "gopher.example.org") \
	X(gopher_port,  "gopher_port",  NUMBER, OPTIONAL, 65535, 1, "port that Gopher menus name, where another is forwarded; without it the port listened on", "70") \
	X(gopher_charset, "gopher_charset", CHOICE, OPTIONAL, 0, 1, "us-ascii for old terminals: Gopher and finger in ASCII alone; without it utf-8", "utf-8|us-ascii") \
	X(reader_ports, "reader_ports", LIST,   OPTIONAL, 5,    8, "ports that readers' addresses name where a proxy or forwarding stands in front", "1965") \
	X(settings,     "settings",     TEXT,   OPTIONAL, 1000, 1, "file to read instead of local.yaml (option only)", "/etc/almagest.yaml") \
	X(certs,        "certs",        TEXT,   OPTIONAL, 1000, 1, "folder of keys and certificates; without it certs beside the capsule", "/var/lib/almagest/certs") \
	X(catalog,      "catalog",      TEXT,   OPTIONAL, 1000, 1, "folder of the derived catalog; without it .catalog in the capsule", "/var/lib/almagest/catalog") \
	X(proxies,      "proxies",      LIST,   OPTIONAL, 64, 50, "addresses or networks of proxies that may speak on listeners marked so: \"proxy ADDRESS:PORT\"", "10.0.0.0/8") \
	X(log,          "log",          TEXT,   OPTIONAL, 1000, 1, "file to log to, opened again at SIGUSR1; without it standard error", "/var/log/almagest.log") \
	X(log_form,     "log_form",     CHOICE, OPTIONAL, 0,   1, "form of the lines about requests; without it text", "text|json") \
	X(log_addresses, "log_addresses", CHOICE, OPTIONAL, 0, 1, "what is logged of clients' addresses; without it nothing", "off|network|full") \
	X(metrics,      "metrics",      TEXT,   OPTIONAL, 1000, 1, "file to write counters to in Prometheus' text form, every 5 seconds", "/run/almagest/metrics.prom") \
	X(user,         "user",         TEXT,   OPTIONAL, 64,  1, "user to become when started as root; without it the capsule's owner, else nobody", "almagest") \
	X(signer,       "signer",       CHOICE, OPTIONAL, 0,    1, "off: workers hold the private keys themselves, and a new visitor costs a little less; without it processes of their own hold them, and workers ask for signatures", "on|off") \
	X(ticket_keys,  "ticket_keys",  TEXT,   OPTIONAL, 1000, 1, "file with the secret that TLS session tickets are sealed with, shared by replicas; made when it is not there; without it tickets end with the server", "/var/lib/almagest/ticket.secret") \
	X(workers,      "workers",      NUMBER, OPTIONAL, 256,  1, "worker processes; without it one per core", "2") \
	X(bundle_mib,   "bundle_mib",   NUMBER, OPTIONAL, 1048576, 1, "MiB that a bundle at /mirror/ may have; past that there is one for each letter; without it 256", "256") \
	X(cache_mib,    "cache_mib",    NUMBER, OPTIONAL, 4096, 1, "MiB of replies that each worker keeps; without it 16", "16") \
	X(connections,  "connections",  NUMBER, OPTIONAL, 1000000, 1, "connections at once in each worker; without it 10000", "10000") \
	X(request_seconds, "request_seconds", NUMBER, OPTIONAL, 3600, 1, "from connecting to the end of the request; without it 10", "10") \
	X(write_seconds,   "write_seconds",   NUMBER, OPTIONAL, 3600, 1, "without 16 KiB of progress while answering; without it 60", "60") \
	X(connections_per_address, "connections_per_address", NUMBER, OPTIONAL, 1000000, 1, "connections at once from one address, in each worker; without it 100", "100") \
	X(request_rate,    "request_rate",    NUMBER, OPTIONAL, 100000, 1, "requests a second that one address may make in the long run; without it 20", "20") \
	X(request_burst,   "request_burst",   NUMBER, OPTIONAL, 100000, 1, "requests that one address may make at once; without it 500", "500") \
	X(limit_loopback,  "limit_loopback",  FLAG,   OPTIONAL, 5,    1, "true: this machine's own addresses are counted like others", "true") \
	/* end */

// clang-format on

#define FIELD_MEMBER(member, key, type, ...) FIELD_C_##type member;

struct citation {
	SOURCE_FIELDS(FIELD_MEMBER)
	struct value ref; /* where it stands; its text, when the item is a bare reference */
};

struct person {
	struct str slug, path; /* path: within the capsule, "people/tri-dao.yaml" */
	PERSON_FIELDS(FIELD_MEMBER)
};

struct source_file {
	struct str slug, path;
	struct citation source; /* id is the file's name */
	SOURCE_FILE_FIELDS(FIELD_MEMBER)
};

/* A topic or an organization record. */
struct subject {
	struct str slug, path;
	SUBJECT_FIELDS(FIELD_MEMBER)
	ORGANIZATION_FIELDS(FIELD_MEMBER)
	TOPIC_FIELDS(FIELD_MEMBER)
};

struct settings {
	CAPSULE_FIELDS(FIELD_MEMBER)
	LOCAL_FIELDS(FIELD_MEMBER)
};

/* A kind of file: its name for people, its fields, where it lies, the size of its struct. */
struct kind {
	const char *name;   /* "person" */
	const char *folder; /* "people"; NULL for settings */
	const struct field *fields;
	size_t n, size;
	const char *title; /* of its JSON Schema */
};

extern const struct kind KIND_PERSON, KIND_SOURCE, KIND_TOPIC, KIND_ORGANIZATION, KIND_CITATION,
	KIND_CAPSULE, KIND_LOCAL;

/* The field with that key, or NULL. */
const struct field *kind_field(const struct kind *kind, struct str key);

/* Settings that have changed their name; the old one is understood, with a warning. */
struct former {
	const struct kind *kind;
	const char *was, *is;
};
extern const struct former FORMER[];
extern const size_t FORMER_N;

/* A setting by a name that it had before, or NULL. */
const struct field *kind_former(const struct kind *kind, struct str key);

extern const char *const SOURCE_KINDS[]; /* "paper", ...; ends with NULL */

#endif
