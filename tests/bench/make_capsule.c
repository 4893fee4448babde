/* make_capsule FOLDER N SEED: a directory of N researchers for measuring, the same bytes for the
 * same N and SEED. Everything is a function of the seed and a number, so a source says the same
 * wherever it is cited, and nothing but the names is kept in memory. The skew is that of a real
 * directory: a few topics with 10,000 people (from 100,000 on), a handful of sources that everybody
 * reads, most with 1 to 5 people, labs that write together, many names that share their parts. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/text.h"

enum {
	OWN_MOST = 4, /* sources that one person brings */
	LAB = 5,      /* people who write together */
	CITED_MOST = 12,
	BROAD = 4,     /* topics that very many work on */
	INITIALS = 16, /* A to P; Q and beyond are for authors from elsewhere */
	RECORDS = 300, /* topics, organizations with a record of their own, at most */
	FIRST_YEAR = 2015,
	YEARS = 11
};

struct researcher {
	struct str name, slug, native, alias;
	bool hidden; /* a draft or withdrawn: others do not name it */
};

/* A number stream; each thing has its own. */
struct dice {
	uint64_t at;
};

static uint64_t seed;
static size_t people_n, topics_n, organizations_n, famous_n;
static struct researcher *people;
static struct arena keep;
static double topic_sum, organization_sum, famous_sum;

/* ---- numbers ---- */

static uint64_t
roll(struct dice *d)
{
	uint64_t x = d->at += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static struct dice
dice_of(unsigned what, uint64_t id)
{
	struct dice d = { seed ^ (uint64_t)what << 56 ^ id * 0xd1342543de82ef95 };

	roll(&d);
	return (struct dice){ roll(&d) };
}

static size_t
below(struct dice *d, size_t n)
{
	return (size_t)((roll(d) >> 32) * (uint64_t)n >> 32);
}

static bool
chance(struct dice *d, size_t percent)
{
	return below(d, 100) < percent;
}

/* Small numbers much more often: the square of an even draw. */
static size_t
skewed(struct dice *d, size_t n)
{
	double u = (double)(roll(d) >> 11) / (double)(1ULL << 53);

	return (size_t)(u * u * (double)n);
}

/* The rank of a thing whose share falls with the power `s` of its rank; `sum` is zipf_sum(). */
static double
zipf_sum(size_t n, double s)
{
	return pow((double)n, 1 - s) / (1 - s);
}

static size_t
zipf(struct dice *d, size_t n, double s, double sum)
{
	double u = (double)(roll(d) >> 11) / (double)(1ULL << 53);
	size_t rank = (size_t)pow(u * sum * (1 - s), 1 / (1 - s));

	return rank < n ? rank : n - 1;
}

/* ---- words ---- */

#define WORDS(name, ...) static const char *const name[] = { __VA_ARGS__ }
#define ANY(d, list) list[below((d), COUNT(list))]
#define COMMON(d, list) list[skewed((d), COUNT(list))]

struct pair {
	const char *roman, *native;
};

WORDS(FIRST, "James", "Maria", "David", "Anna", "Michael", "Sarah", "Thomas", "Laura", "Daniel",
	"Emma", "Christopher", "Julia", "Peter", "Sophie", "Martin", "Elena", "Andreas", "Clara",
	"Robert", "Alice", "Paul", "Eva", "Stefan", "Hannah", "Lukas", "Nina", "Simon", "Ines",
	"Björn", "Zoë", "José", "Renée", "André", "Chloë", "Jürgen", "Søren", "Łukasz", "Óscar",
	"François", "Agnès", "Mikołaj", "Håkon", "Élodie", "Márton", "Noémie", "Tomáš", "Řehoř",
	"Albert", "Barbara", "Carl", "Dorothea", "Edgar", "Fiona", "Grace", "Henrik", "Iris",
	"Jakob", "Katrin", "Leon", "Mona", "Noah", "Olivia", "Philip", "Quentin", "Rosa", "Samuel",
	"Theresa", "Ulrich", "Vera", "William", "Xavier", "Yvonne", "Ada", "Ben", "Chelsea", "Dora",
	"Emil", "Frieda", "Gustav", "Helen", "Isaac", "Joan", "Kurt", "Lise", "Max", "Nora");
WORDS(LAST, "Smith", "Johnson", "Müller", "Brown", "Garcia", "Schmidt", "Jones", "Rossi", "Martin",
	"Andersson", "Williams", "Fischer", "Dubois", "Silva", "Weber", "Nguyen", "Miller",
	"Jansen", "Hansen", "Novák", "Kowalski", "Schneider", "Davis", "Moreau", "López", "Ré",
	"Schrödinger", "Gödel", "Poincaré", "Noether", "Turing", "Lovelace", "Hopper", "Curie",
	"Sørensen", "Øster", "Strauß", "Weiß", "Ångström", "Čapek", "Dvořák", "Škoda", "Žižek",
	"Łukasiewicz", "Erdős", "Çelik", "Özdemir", "Yılmaz", "Popescu", "Ionescu", "Costa",
	"Ferreira", "Almeida", "van den Berg", "de Vries", "O'Brien", "MacLeod", "Virtanen",
	"Korhonen", "Nagy", "Szabó", "Horvat", "Papadopoulos", "Clark", "Lewis", "Walker", "Hall",
	"Young", "King", "Wright", "Scott", "Green", "Baker", "Adams", "Nelson", "Carter",
	"Mitchell", "Roberts", "Turner", "Phillips", "Campbell", "Parker", "Evans", "Edwards",
	"Collins", "Stewart", "Morris", "Rogers", "Reed", "Cook", "Morgan", "Bell", "Murphy",
	"Bailey", "Cooper");
WORDS(INDIAN_FIRST, "Aarav", "Priya", "Rohan", "Ananya", "Arjun", "Divya", "Karthik", "Lakshmi",
	"Nikhil", "Pooja", "Rahul", "Sanjay", "Shreya", "Suresh", "Tanvi", "Varun", "Vikram",
	"Meera", "Deepak", "Kavya", "Aditya", "Ishaan", "Neha", "Ravi");
WORDS(INDIAN_LAST, "Sharma", "Patel", "Gupta", "Singh", "Kumar", "Iyer", "Reddy", "Nair", "Rao",
	"Mehta", "Banerjee", "Chatterjee", "Mukherjee", "Joshi", "Desai", "Agarwal", "Krishnan",
	"Subramanian", "Venkataraman", "Kapoor", "Bose", "Das", "Menon", "Pillai");
WORDS(SYLLABLE_HEAD, "Al", "Bar", "Cor", "Dan", "El", "Fal", "Gar", "Hol", "Is", "Jor", "Kal",
	"Lan", "Mar", "Nor", "Ost", "Pel", "Quin", "Ros", "Sand", "Tor", "Ul", "Var", "Wes", "Yar",
	"Zel", "Brand", "Char", "Dres", "Frei", "Grun", "Hart", "Kirsch", "Lind", "Mon", "Pfei",
	"Rich", "Stein", "Thor", "Vogel", "Wald");
WORDS(SYLLABLE_BODY, "an", "be", "chi", "do", "en", "fi", "ger", "hau", "in", "ko", "le", "mi",
	"no", "o", "per", "ra", "se", "ti", "u", "va", "wi", "ze", "ba", "der", "gar");
WORDS(SYLLABLE_TAIL, "berg", "dale", "er", "feld", "gren", "hof", "ini", "jev", "kin", "ley",
	"mann", "nen", "ov", "ra", "sen", "ton", "uchi", "vic", "witz", "zky", "ard", "bach",
	"court", "dottir", "escu", "ford", "gaard", "heim", "ić", "ková", "lund", "mayer", "nyi",
	"ois", "poulos", "quist", "rup", "ström", "thal", "worth");
static const struct pair CHINESE_LAST[] = { { "Wang", "王" }, { "Li", "李" }, { "Zhang", "张" },
	{ "Liu", "刘" }, { "Chen", "陈" }, { "Yang", "杨" }, { "Huang", "黄" }, { "Zhao", "赵" },
	{ "Wu", "吴" }, { "Zhou", "周" }, { "Xu", "徐" }, { "Sun", "孙" }, { "Ma", "马" },
	{ "Zhu", "朱" }, { "Hu", "胡" }, { "Guo", "郭" }, { "He", "何" }, { "Lin", "林" },
	{ "Gao", "高" }, { "Luo", "罗" }, { "Zheng", "郑" }, { "Liang", "梁" }, { "Xie", "谢" },
	{ "Song", "宋" }, { "Tang", "唐" }, { "Feng", "冯" }, { "Deng", "邓" }, { "Cao", "曹" },
	{ "Peng", "彭" }, { "Ouyang", "欧阳" } };
static const struct pair CHINESE_GIVEN[] = { { "wei", "伟" }, { "ming", "明" }, { "jing", "静" },
	{ "yu", "宇" }, { "hao", "浩" }, { "xin", "欣" }, { "jun", "军" }, { "li", "丽" },
	{ "kai", "恺" }, { "yi", "怡" }, { "chen", "晨" }, { "rui", "睿" }, { "ze", "泽" },
	{ "han", "涵" }, { "xiao", "晓" }, { "ling", "玲" }, { "bo", "博" }, { "fei", "飞" },
	{ "hua", "华" }, { "qing", "清" }, { "shan", "山" }, { "tian", "天" }, { "yan", "妍" },
	{ "zhi", "志" }, { "lei", "磊" }, { "peng", "鹏" }, { "na", "娜" }, { "guo", "国" },
	{ "ting", "婷" }, { "cheng", "成" } };
static const struct pair JAPANESE_LAST[] = { { "Sato", "佐藤" }, { "Suzuki", "鈴木" },
	{ "Takahashi", "高橋" }, { "Tanaka", "田中" }, { "Watanabe", "渡辺" }, { "Ito", "伊藤" },
	{ "Yamamoto", "山本" }, { "Nakamura", "中村" }, { "Kobayashi", "小林" }, { "Kato", "加藤" },
	{ "Yoshida", "吉田" }, { "Yamada", "山田" }, { "Sasaki", "佐々木" },
	{ "Matsumoto", "松本" }, { "Inoue", "井上" }, { "Kimura", "木村" }, { "Hayashi", "林" },
	{ "Shimizu", "清水" } };
static const struct pair JAPANESE_FIRST[] = { { "Haruto", "陽翔" }, { "Yui", "結衣" },
	{ "Sota", "颯太" }, { "Hina", "ひな" }, { "Yuto", "悠人" }, { "Sakura", "さくら" },
	{ "Ren", "蓮" }, { "Aoi", "葵" }, { "Kenji", "健二" }, { "Naoko", "直子" },
	{ "Takashi", "隆" }, { "Yoko", "洋子" }, { "Akira", "アキラ" }, { "Emi", "エミ" },
	{ "Hiroshi", "浩" }, { "Keiko", "恵子" }, { "Daisuke", "大輔" }, { "Mai", "舞" } };
static const struct pair KOREAN_LAST[] = { { "Kim", "김" }, { "Lee", "이" }, { "Park", "박" },
	{ "Choi", "최" }, { "Jung", "정" }, { "Kang", "강" }, { "Cho", "조" }, { "Yoon", "윤" },
	{ "Jang", "장" }, { "Lim", "임" } };
static const struct pair KOREAN_GIVEN[] = { { "min", "민" }, { "jun", "준" }, { "seo", "서" },
	{ "yeon", "연" }, { "ji", "지" }, { "ho", "호" }, { "hyun", "현" }, { "woo", "우" },
	{ "soo", "수" }, { "young", "영" }, { "jin", "진" }, { "hee", "희" }, { "eun", "은" },
	{ "sung", "성" } };
static const struct pair SLAVIC_FIRST[] = { { "Sergey", "Сергей" }, { "Olga", "Ольга" },
	{ "Dmitry", "Дмитрий" }, { "Natalia", "Наталья" }, { "Alexei", "Алексей" },
	{ "Tatiana", "Татьяна" }, { "Ivan", "Иван" }, { "Irina", "Ирина" }, { "Pavel", "Павел" },
	{ "Andrey", "Андрей" }, { "Nikolai", "Николай" }, { "Yuri", "Юрий" } };
static const struct pair SLAVIC_LAST[] = { { "Petrenko", "Петренко" }, { "Kovalenko", "Коваленко" },
	{ "Shevchenko", "Шевченко" }, { "Bondarenko", "Бондаренко" }, { "Tkachenko", "Ткаченко" },
	{ "Lysenko", "Лысенко" }, { "Savchenko", "Савченко" }, { "Moroz", "Мороз" },
	{ "Marchuk", "Марчук" }, { "Polishchuk", "Полищук" }, { "Kolmogor", "Колмогор" },
	{ "Chernyak", "Черняк" } };

WORDS(ADJECTIVE, "sparse", "efficient", "robust", "causal", "probabilistic", "neural", "structured",
	"distributed", "interpretable", "adaptive", "symbolic", "quantum", "federated", "private",
	"discrete", "continuous", "stochastic", "convex", "geometric", "hierarchical", "modular",
	"recurrent", "linear", "algebraic", "parallel", "randomized", "streaming", "verified",
	"incremental", "multilingual", "embodied", "collective", "nonlinear", "spectral",
	"bayesian", "generative", "invariant", "reversible", "approximate", "temporal", "spatial",
	"clinical", "molecular", "acoustic", "visual");
WORDS(NOUN, "learning", "models", "inference", "attention", "graphs", "memory", "optimization",
	"retrieval", "reasoning", "languages", "sequences", "data", "systems", "representations",
	"networks", "kernels", "programs", "proofs", "signals", "images", "agents", "planning",
	"control", "sampling", "compilers", "databases", "hardware", "evaluation", "alignment",
	"compression", "codes", "embeddings", "translation", "speech", "vision", "robots",
	"proteins", "climate", "markets", "games", "privacy", "security", "logic", "types",
	"queries", "indexes", "caches", "protocols", "sensors", "genomes");
WORDS(FIELD, "theory", "methods", "applications", "benchmarks", "software", "education", "policy",
	"medicine", "physics", "biology", "chemistry", "astronomy", "linguistics", "economics",
	"engineering", "design", "analysis", "verification", "simulation", "visualization",
	"governance", "history", "pedagogy", "curation", "measurement");
WORDS(VERB, "learned", "compressed", "verified", "scaled", "aligned", "measured", "approximated",
	"explained", "scheduled", "indexed", "simulated", "composed", "trained", "distilled",
	"sampled", "certified");
WORDS(QUANTITY, "memory traffic", "labelled data", "training time", "human effort", "energy",
	"communication", "assumptions", "parameters", "supervision", "variance", "hand tuning",
	"storage");
WORDS(ROLE, "Assistant professor", "Associate professor", "Professor", "Research scientist",
	"Postdoctoral fellow", "Doctoral student", "Lecturer", "Principal investigator");
WORDS(VENUE, "NeurIPS", "ICML", "ICLR", "ACL", "CVPR", "STOC", "FOCS", "SIGMOD", "VLDB", "OSDI",
	"Nature", "JMLR");
WORDS(ORGANIZATION, "University of %s", "%s University", "%s Institute of Technology", "%s Labs",
	"Technical University of %s", "%s Research", "%s State University", "College of %s");

/* A made-up word: a name of a place, a system, a family. */
static struct str
coined(struct arena *a, struct dice *d, bool tail)
{
	const char *head = ANY(d, SYLLABLE_HEAD),
		   *body = chance(d, 60) ? ANY(d, SYLLABLE_BODY) : "";

	return arena_printf(a, "%s%s%s", head, body,
		tail            ? ANY(d, SYLLABLE_TAIL)
			: *body ? ANY(d, SYLLABLE_BODY)
				: "a");
}

/* ---- names ---- */

static struct str
capital(struct arena *a, const char *first, const char *second)
{
	struct str s = arena_printf(a, "%s%s", first, second);

	((char *)s.p)[0] = (char)(s.p[0] - 'a' + 'A');
	return s;
}

/* Two given syllables, or one, before a family name; in its own script behind it. */
static void
name_east(struct arena *a, struct dice *d, const struct pair *last, const struct pair *given,
	size_t given_n, struct str *first, struct str *family, struct str *native)
{
	static const struct pair NONE = { "", "" };
	const struct pair *one = &given[below(d, given_n)],
			  *two = chance(d, 75) ? &given[below(d, given_n)] : &NONE;

	*first = capital(a, one->roman, two->roman);
	*family = str_of(last->roman);
	*native = arena_printf(a, "%s%s%s", last->native, one->native, two->native);
}

static void
draw_name(struct arena *a, struct dice *d, struct str *first, struct str *last, struct str *native)
{
	size_t culture = below(d, 100);

	*native = STR("");
	if (culture < 22) {
		name_east(a, d, &COMMON(d, CHINESE_LAST), CHINESE_GIVEN, COUNT(CHINESE_GIVEN),
			first, last, native);
	} else if (culture < 28) {
		name_east(a, d, &COMMON(d, KOREAN_LAST), KOREAN_GIVEN, COUNT(KOREAN_GIVEN), first,
			last, native);
	} else if (culture < 35) {
		const struct pair *f = &COMMON(d, JAPANESE_FIRST), *l = &COMMON(d, JAPANESE_LAST);

		*first = str_of(f->roman), *last = str_of(l->roman);
		*native = arena_printf(a, "%s %s", l->native, f->native);
	} else if (culture < 40) {
		const struct pair *f = &COMMON(d, SLAVIC_FIRST), *l = &COMMON(d, SLAVIC_LAST);

		*first = str_of(f->roman), *last = str_of(l->roman);
		*native = arena_printf(a, "%s %s", f->native, l->native);
	} else if (culture < 52) {
		*first = str_of(COMMON(d, INDIAN_FIRST));
		*last = str_of(COMMON(d, INDIAN_LAST));
	} else {
		*first = str_of(COMMON(d, FIRST));
		*last = chance(d, 40) ? str_of(COMMON(d, LAST)) : coined(a, d, true);
	}
}

/* Folded names and slugs that are taken: a set of their hashes. */
static struct {
	uint64_t *v;
	size_t room;
} taken;

static bool
take(struct str s)
{
	uint64_t hash = hash_fast(s) | 1;
	size_t at = hash * 0x9e3779b97f4a7c15 % taken.room;

	for (; taken.v[at]; at = (at + 1) % taken.room)
		if (taken.v[at] == hash)
			return false;
	taken.v[at] = hash;
	return true;
}

/* A name nobody has yet, by middle initials when need be; 1 in 1000 is somebody's namesake. */
static void
name_person(struct arena *a, size_t p)
{
	struct researcher *r = &people[p];
	struct dice d = dice_of('n', p);
	struct str first, last, native, name, slug;
	bool namesake = below(&d, 1000) == 0;

	for (size_t attempt = 0;; attempt++) {
		draw_name(a, &d, &first, &last, &native);
		if (attempt == 0 && chance(&d, 75))
			name = arena_printf(a, "%.*s %.*s", STR_ARG(first), STR_ARG(last));
		else if (attempt < 4)
			name = arena_printf(a, "%.*s %c. %.*s", STR_ARG(first),
				(char)('A' + below(&d, INITIALS)), STR_ARG(last));
		else
			name = arena_printf(a, "%.*s %c. %c. %.*s", STR_ARG(first),
				(char)('A' + below(&d, INITIALS)),
				(char)('A' + below(&d, INITIALS)), STR_ARG(last));
		slug = text_slug(a, name);
		if (take(slug))
			break;
		if (namesake) {
			for (size_t n = 2; !take(slug); n++)
				slug = arena_printf(a, "%.*s-%zu", STR_ARG(text_slug(a, name)), n);
			break;
		}
	}
	r->name = arena_str(&keep, name);
	r->slug = arena_str(&keep, slug);
	if (native.n && chance(&d, 70))
		r->native = arena_str(&keep, native);
	if (chance(&d, 20)) {
		struct str alias = chance(&d, 50)
			? arena_printf(a, "%.*s. %.*s", (int)(first.p[0] > 0 ? 1 : 2), first.p,
				  STR_ARG(last))
			: arena_printf(
				  a, "%.*s %s %.*s", STR_ARG(first), ANY(&d, FIRST), STR_ARG(last));

		if (take(text_slug(a, alias)))
			r->alias = arena_str(&keep, alias);
	}
	r->hidden = below(&d, 400) == 0;
}

/* ---- topics and organizations: numbered from the best known ---- */

enum { NOUNS = COUNT(NOUN), ADJECTIVES = COUNT(ADJECTIVE), FIELDS = COUNT(FIELD) + 1 };

static struct str
topic_label(struct arena *a, size_t t)
{
	/* a full cycle through all of them: odd and not a factor */
	size_t x = (t * 7919 + seed % 1000) % (NOUNS * ADJECTIVES * FIELDS);
	size_t field = x / (NOUNS * ADJECTIVES);
	const char *noun = NOUN[x % NOUNS], *adjective = ADJECTIVE[x / NOUNS % ADJECTIVES];

	return field ? arena_printf(a, "%s %s %s", adjective, noun, FIELD[field - 1])
		     : arena_printf(a, "%s %s", adjective, noun);
}

static struct str
topic_alias(struct arena *a, size_t t)
{
	struct str label = topic_label(a, t);

	return arena_printf(a, "topic %.*s", STR_ARG(label));
}

static struct str
organization_label(struct arena *a, size_t o)
{
	struct dice d = dice_of('o', o);
	struct str place = coined(a, &d, true);
	size_t form = below(&d, COUNT(ORGANIZATION));
	char at[128];

	/* coined names repeat; the number of the campus keeps them apart */
	snprintf(at, sizeof at, ORGANIZATION[form], place.p);
	return o < COUNT(SYLLABLE_HEAD) ? arena_printf(a, "%s %s", at, SYLLABLE_HEAD[o])
					: arena_printf(a, "%s, campus %zu", at, o);
}

/* ---- sources ---- */

static size_t
owned(size_t p)
{
	struct dice d = dice_of('k', p);
	size_t x = below(&d, 10);

	return x < 4 ? 1 : x < 7 ? 2 : x < 9 ? 3 : 4;
}

static struct str
title_of(struct arena *a, struct dice *d)
{
	struct str system = coined(a, d, false);

	switch (below(d, 4)) {
	case 0:
		return arena_printf(a, "%.*s: %s %s with less %s", STR_ARG(system),
			COMMON(d, ADJECTIVE), COMMON(d, NOUN), ANY(d, QUANTITY));
	case 1:
		return arena_printf(a, "On the %s of %s %s: the %.*s approach", ANY(d, FIELD),
			COMMON(d, ADJECTIVE), COMMON(d, NOUN), STR_ARG(system));
	case 2:
		return arena_printf(a, "How %s %s can be %s without %s", COMMON(d, ADJECTIVE),
			COMMON(d, NOUN), ANY(d, VERB), ANY(d, QUANTITY));
	default:
		return arena_printf(a, "%.*s, a library of %s %s for %s", STR_ARG(system),
			COMMON(d, ADJECTIVE), COMMON(d, NOUN), ANY(d, FIELD));
	}
}

/* What a source is known by: an identifier of its own in one of three forms. */
static void
put_identifier(struct buf *out, size_t source, bool reference)
{
	struct dice d = dice_of('i', source);
	size_t form = below(&d, 100), month = source % (YEARS * 12);

	if (form < 60)
		buf_printf(out, reference ? "arxiv:%02zu%02zu.%05zu" : "arxiv: %02zu%02zu.%05zu",
			FIRST_YEAR - 2000 + month / 12, month % 12 + 1, source / (YEARS * 12) + 1);
	else if (form < 85)
		buf_printf(out, reference ? "doi:10.%zu/bench.%zu" : "doi: 10.%zu/bench.%zu",
			1000 + source % 9000, source);
	else
		buf_printf(out, "%shttps://github.com/lab%zu/project-%zu",
			reference ? "" : "url: ", source % 977, source);
}

static void
put_author(struct buf *out, const char *in, const struct researcher *r, struct dice *d)
{
	bool by_alias = r->alias.n && chance(d, 40);

	buf_printf(out, "%s  - %.*s\n", in, STR_ARG(by_alias ? r->alias : r->name));
}

/* Title, identifier, year, authors; `in` stands before each line but the first. */
static void
put_source(struct arena *a, struct buf *out, const char *in, size_t source, size_t owner)
{
	struct dice d = dice_of('s', source);
	size_t outsiders = below(&d, 3), lab = owner - owner % LAB;

	buf_printf(out, "title: \"%s\"\n%s", title_of(a, &d).p, in);
	put_identifier(out, source, false);
	buf_printf(out, "\n%syear: %zu\n", in, FIRST_YEAR + source % (YEARS * 12) / 12);
	if (chance(&d, 50))
		buf_printf(out, "%svenue: %s\n", in, ANY(&d, VENUE));
	buf_printf(out, "%sauthors:\n", in);
	for (size_t p = lab; p < lab + LAB && p < people_n; p++)
		if (p == owner || chance(&d, 30))
			put_author(out, in, &people[p], &d);
	for (size_t i = 0; i < outsiders; i++) {
		struct str first, last, native;

		draw_name(a, &d, &first, &last, &native);
		buf_printf(out, "%s  - %.*s %c. %.*s\n", in, STR_ARG(first), (char)('Q' + i),
			STR_ARG(last));
	}
}

static size_t
source_number(size_t owner, size_t k)
{
	return famous_n + owner * OWN_MOST + k;
}

static struct str
famous_slug(struct arena *a, size_t f)
{
	struct dice d = dice_of('f', f);
	struct str name = text_slug(a, coined(a, &d, false));

	return arena_printf(a, "%.*s-%zu", STR_ARG(name), f + 1);
}

/* ---- people ---- */

static void
put_text(struct arena *a, struct buf *out, struct dice *d)
{
	switch (below(d, 5)) {
	case 0:
		buf_printf(out, "Works on how %s %s can be %s without %s.", COMMON(d, ADJECTIVE),
			COMMON(d, NOUN), ANY(d, VERB), ANY(d, QUANTITY));
		break;
	case 1:
		buf_printf(out, "The early papers on %s %s showed that %s matters more than %s.",
			COMMON(d, ADJECTIVE), COMMON(d, NOUN), ANY(d, QUANTITY), ANY(d, QUANTITY));
		break;
	case 2:
		buf_printf(out, "Wrote %s, a system for %s %s that is used in %s and %s.",
			coined(a, d, false).p, COMMON(d, ADJECTIVE), COMMON(d, NOUN), ANY(d, FIELD),
			ANY(d, FIELD));
		break;
	case 3:
		buf_printf(out, "Is read for the %s of %s, clear, short, and with the %s counted.",
			ANY(d, FIELD), COMMON(d, NOUN), ANY(d, QUANTITY));
		break;
	default:
		buf_printf(out, "With colleagues at %s, brought %s %s to the study of %s.",
			coined(a, d, true).p, COMMON(d, ADJECTIVE), COMMON(d, NOUN),
			COMMON(d, NOUN));
	}
}

static size_t
draw_topic(struct dice *d)
{
	size_t broad = people_n > 100000 ? 1500000 / (people_n / 1000) : 15000;

	if (below(d, 100000) < broad)
		return below(d, topics_n < BROAD ? topics_n : BROAD);
	return zipf(d, topics_n, 0.7, topic_sum);
}

/* Adds to a short list what it does not hold yet. */
static void
note(size_t *list, size_t *n, size_t most, size_t what)
{
	for (size_t i = 0; i < *n; i++)
		if (list[i] == what)
			return;
	if (*n < most)
		list[(*n)++] = what;
}

static void
put_topics(struct arena *a, struct buf *out, struct dice *d)
{
	size_t list[6], n = 0, wanted = 1 + below(d, COUNT(list) - 1);

	for (size_t i = 0; i < wanted; i++)
		note(list, &n, COUNT(list), draw_topic(d));
	buf_put(out, STR("topics:\n"));
	for (size_t i = 0; i < n; i++) {
		bool by_alias = list[i] < RECORDS && chance(d, 10);

		buf_printf(out, "  - %s\n",
			by_alias ? topic_alias(a, list[i]).p : topic_label(a, list[i]).p);
	}
}

static void
put_organizations(struct arena *a, struct buf *out, struct dice *d, size_t p)
{
	struct dice lab = dice_of('l', p / LAB);
	size_t list[3], n = 0;

	/* a lab has one home, and some of its people another */
	note(list, &n, COUNT(list), zipf(&lab, organizations_n, 0.8, organization_sum));
	if (chance(d, 30))
		note(list, &n, COUNT(list), zipf(d, organizations_n, 0.8, organization_sum));
	buf_printf(out, "role: %s at %.*s\norganizations:\n", ANY(d, ROLE),
		STR_ARG(organization_label(a, list[0])));
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "  - %.*s\n", STR_ARG(organization_label(a, list[i])));
}

/* A source of somebody else: by reference, or in full where its owner's record is not in service.
 */
static void
put_cited(struct arena *a, struct buf *out, struct dice *d, size_t owner, size_t k)
{
	size_t source = source_number(owner, k);

	buf_put(out, STR("  - "));
	if (people[owner].hidden || chance(d, 30))
		put_source(a, out, "    ", source, owner);
	else {
		put_identifier(out, source, true);
		buf_char(out, '\n');
	}
}

static void
put_start_here(struct arena *a, struct buf *out, struct dice *d, size_t p)
{
	size_t cited[CITED_MOST], n = 0, lab = p - p % LAB, own = owned(p);

	buf_put(out, STR("start_here:\n"));
	for (size_t k = 0; k < own; k++) {
		buf_put(out, STR("  - "));
		put_source(a, out, "    ", source_number(p, k), p);
		buf_put(out, STR("    why: "));
		put_text(a, out, d);
		buf_char(out, '\n');
	}
	for (size_t q = lab; q < lab + LAB && q < people_n; q++)
		for (size_t k = 0; q != p && k < owned(q); k++)
			if (chance(d, 15))
				note(cited, &n, CITED_MOST, q * OWN_MOST + k);
	if (chance(d, 15)) {
		size_t q = below(d, people_n);

		if (q != p)
			note(cited, &n, CITED_MOST, q * OWN_MOST + below(d, owned(q)));
	}
	for (size_t i = 0; i < n; i++)
		put_cited(a, out, d, cited[i] / OWN_MOST, cited[i] % OWN_MOST);
	if (chance(d, 35)) {
		size_t f = zipf(d, famous_n, 0.6, famous_sum);

		buf_printf(out, "  - id: %.*s\n    why: ", STR_ARG(famous_slug(a, f)));
		put_text(a, out, d);
		buf_char(out, '\n');
	}
}

static void
put_pins(struct arena *a, struct buf *out, struct dice *d, size_t p)
{
	size_t list[3], n = 0;

	for (size_t i = chance(d, 5) ? 1 + below(d, 3) : 0; i > 0; i--) {
		size_t q = chance(d, 70) ? p - p % LAB + below(d, LAB) : below(d, people_n);

		if (q != p && q < people_n && !people[q].hidden)
			note(list, &n, COUNT(list), q);
	}
	if (n)
		buf_put(out, STR("related:\n"));
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "  - %.*s", STR_ARG(people[list[i]].slug));
		if (chance(d, 60))
			buf_printf(out, ": wrote %s together", coined(a, d, false).p);
		buf_char(out, '\n');
	}
}

static void
put_dates(struct buf *out, struct dice *d)
{
	if (chance(d, 60))
		buf_printf(out, "reviewed: %zu-%02zu-%02zu\nreviewed_by: E%zu\n",
			2022 + below(d, 4), 1 + below(d, 12), 1 + below(d, 28), 1 + below(d, 40));
	if (chance(d, 30))
		buf_printf(out, "updated: %zu-%02zu-%02zu\n", 2022 + below(d, 4), 1 + below(d, 12),
			1 + below(d, 28));
}

static void
put_person(struct arena *a, struct buf *out, size_t p)
{
	const struct researcher *r = &people[p];
	struct dice d = dice_of('p', p);

	buf_printf(out, "name: %.*s\ntagline: Brings %s %s to %s, with less %s\n", STR_ARG(r->name),
		COMMON(&d, ADJECTIVE), COMMON(&d, NOUN), ANY(&d, FIELD), ANY(&d, QUANTITY));
	put_organizations(a, out, &d, p);
	if (r->native.n)
		buf_printf(out, "native_name: %.*s\n", STR_ARG(r->native));
	if (r->alias.n)
		buf_printf(out, "aliases:\n  - %.*s\n", STR_ARG(r->alias));
	if (chance(&d, 85)) {
		buf_put(out, STR("summary: |\n"));
		for (size_t n = 1 + below(&d, 4); n > 0; n--) {
			buf_put(out, STR("  "));
			put_text(a, out, &d);
			buf_char(out, '\n');
		}
	}
	put_topics(a, out, &d);
	if (chance(&d, 70)) {
		size_t field = below(&d, COUNT(FIELD));

		buf_put(out, STR("known_for:\n"));
		for (size_t n = 1 + below(&d, 4); n > 0; n--)
			buf_printf(out, "  - %s, %s %s for %s\n", coined(a, &d, false).p,
				COMMON(&d, ADJECTIVE), COMMON(&d, NOUN),
				FIELD[field++ % COUNT(FIELD)]);
	}
	put_start_here(a, out, &d, p);
	put_pins(a, out, &d, p);
	if (chance(&d, 3))
		buf_printf(out, "former_slugs: before-%zu\n", p);
	if (chance(&d, 50))
		buf_printf(out, "links:\n  homepage: https://people.example.org/~%.*s\n",
			STR_ARG(r->slug));
	put_dates(out, &d);
	if (r->hidden)
		buf_put(out,
			chance(&d, 50) ? STR("draft: true\n")
				       : STR("withdrawn: Withdrawn at the person's wish.\n"));
}

/* ---- files ---- */

static void
fail(const char *what)
{
	fprintf(stderr, "make_capsule: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
make_folder(int at, const char *name)
{
	if (mkdirat(at, name, 0755) != 0 && errno != EEXIST)
		fail(name);
}

static void
write_file(int at, const char *path, struct buf *out)
{
	int fd = openat(at, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || !buf_ok(out) || write(fd, out->p, out->n) != (ssize_t)out->n ||
		close(fd) != 0)
		fail(path);
	out->n = 0;
}

static void
write_people(int folder)
{
	struct arena a = { 0 };
	struct buf out = { 0 };
	char last[3] = "";

	for (size_t p = 0; p < people_n; p++) {
		char shard[32], path[128];

		snprintf(shard, sizeof shard, "people/%.2s", people[p].slug.p);
		if (strcmp(shard + 7, last) != 0)
			make_folder(folder, shard);
		memcpy(last, shard + 7, 3);
		snprintf(path, sizeof path, "%s/%.*s.yaml", shard, STR_ARG(people[p].slug));
		put_person(&a, &out, p);
		write_file(folder, path, &out);
		arena_end(&a);
	}
	buf_end(&out);
}

static void
write_topics(int folder)
{
	struct arena a = { 0 };
	struct buf out = { 0 };

	for (size_t t = 0; t < RECORDS && t < topics_n; t++) {
		struct str label = topic_label(&a, t);
		struct str path =
			arena_printf(&a, "topics/%.*s.yaml", STR_ARG(text_slug(&a, label)));
		struct dice d = dice_of('t', t);

		buf_printf(&out, "name: %.*s\naliases:\n  - %.*s\nsummary: ", STR_ARG(label),
			STR_ARG(topic_alias(&a, t)));
		put_text(&a, &out, &d);
		buf_char(&out, '\n');
		if (t >= 10 && chance(&d, 40))
			buf_printf(&out, "broader: %.*s\n",
				STR_ARG(text_slug(&a, topic_label(&a, t / 10))));
		write_file(folder, path.p, &out);
		arena_end(&a);
	}
	buf_end(&out);
}

static void
write_organizations(int folder)
{
	struct arena a = { 0 };
	struct buf out = { 0 };

	for (size_t o = 0; o < RECORDS && o < organizations_n; o++) {
		struct str label = organization_label(&a, o), slug = text_slug(&a, label);
		struct str path = arena_printf(&a, "organizations/%.*s.yaml", STR_ARG(slug));
		struct dice d = dice_of('r', o);

		buf_printf(&out, "name: %.*s\naliases:\n  - ORG%zu\nurl: https://%.*s.example/\n",
			STR_ARG(label), o, STR_ARG(slug));
		if (chance(&d, 50)) {
			buf_put(&out, STR("summary: "));
			put_text(&a, &out, &d);
			buf_char(&out, '\n');
		}
		write_file(folder, path.p, &out);
		arena_end(&a);
	}
	buf_end(&out);
}

static void
write_sources(int folder)
{
	struct arena a = { 0 };
	struct buf out = { 0 };

	for (size_t f = 0; f < famous_n; f++) {
		struct dice d = dice_of('w', f);
		struct str slug = famous_slug(&a, f);
		struct str path = arena_printf(&a, "sources/%.*s.yaml", STR_ARG(slug));

		put_source(&a, &out, "", f, below(&d, people_n));
		buf_printf(&out, "name: %.*s\n", STR_ARG(slug));
		write_file(folder, path.p, &out);
		arena_end(&a);
	}
	buf_end(&out);
}

static size_t
at_least(size_t n, size_t least)
{
	return n > least ? n : least;
}

static void
draw_people(void)
{
	struct arena a = { 0 };

	people = arena_array(&keep, struct researcher, people_n);
	taken.room = people_n * 4 + 64;
	taken.v = arena_array(&keep, uint64_t, taken.room);
	for (size_t p = 0; p < people_n; p++) {
		name_person(&a, p);
		if (p % 1024 == 0)
			arena_end(&a);
	}
	arena_end(&a);
}

int
main(int argc, char **argv)
{
	static const char *const FOLDERS[] = { "people", "topics", "organizations", "sources" };
	unsigned long n = 0, given = 0;
	struct buf out = { 0 };
	int folder;

	if (argc != 4 || !str_number(str_of(argv[2]), 10000000, &n) || n == 0 ||
		!str_number(str_of(argv[3]), 1UL << 40, &given)) {
		fprintf(stderr, "usage: make_capsule FOLDER N SEED\n");
		return 2;
	}
	seed = given * 0x9e3779b97f4a7c15;
	people_n = n;
	topics_n = at_least(n / 20, 12);
	if (topics_n > NOUNS * ADJECTIVES * FIELDS)
		topics_n = NOUNS * ADJECTIVES * FIELDS;
	organizations_n = at_least(n / 50, 6);
	famous_n = at_least(n / 1000, 8);
	topic_sum = zipf_sum(topics_n, 0.7);
	organization_sum = zipf_sum(organizations_n, 0.8);
	famous_sum = zipf_sum(famous_n, 0.6);
	make_folder(AT_FDCWD, argv[1]);
	folder = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		fail(argv[1]);
	for (size_t i = 0; i < COUNT(FOLDERS); i++)
		make_folder(folder, FOLDERS[i]);
	draw_people();
	write_people(folder);
	write_topics(folder);
	write_organizations(folder);
	write_sources(folder);
	buf_put(&out,
		STR("title: A Directory for Measuring\nintro: Made by a program.\n"
		    "licence: CC0\n"));
	write_file(folder, "capsule.yaml", &out);
	buf_end(&out);
	close(folder);
	return 0;
}
