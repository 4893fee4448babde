/* view_mirror: the page about offline copies, the copies themselves, and the files of the capsule
 * that a mirror needs. What there is to have says .facts, which src/mirror/bundle.c writes last. */
#include "base/file.h"
#include "catalog/list.h"
#include "page/view.h"

enum { FACTS_MOST = 64 * 1024, GENERATION_SHOWN = 16 };

static struct str
size_text(const struct view *v, uint64_t bytes)
{
	static const char *const UNITS[] = { "bytes", "KiB", "MiB", "GiB" };
	size_t unit = 0;
	double n = (double)bytes;

	for (; n >= 1024 && unit + 1 < COUNT(UNITS); unit++)
		n /= 1024;
	return unit == 0
		? view_say(v, WORD_BYTES, arena_printf(v->arena, "%llu", (unsigned long long)bytes))
		: arena_printf(v->arena, n < 10 ? "%.1f %s" : "%.0f %s", n, UNITS[unit]);
}

/* A line of .facts: a word, and what it says. */
static struct str
fact(struct str facts, struct str name)
{
	struct str line, word;

	while (facts.n && str_cut(&facts, '\n', &line))
		if (str_word(&line, &word) && str_eq(word, name))
			return str_trim(line);
	return STR("");
}

static void
state(const struct view *v, struct page *p, struct str facts)
{
	uint64_t files = 0, bytes = 0;
	struct str day = fact(facts, STR("day")), generation = fact(facts, STR("generation"));

	str_count(fact(facts, STR("files")), SIZE_MAX, &files);
	str_count(fact(facts, STR("bytes")), UINT64_MAX, &bytes);
	generation = str_sub(generation, 0, GENERATION_SHOWN);
	const struct str values[] = { view_count(v, (size_t)files, WORD_ONE_FILE, WORD_MANY_FILES),
		size_text(v, bytes), day.n ? day : generation, generation };

	page_add(p, LINE_TEXT,
		word_fill(v->arena,
			view_word(v, day.n ? WORD_OFFLINE_STATE_DAY : WORD_OFFLINE_STATE), values,
			COUNT(values)));
}

/* "bundle NAME SIZE SUM" */
static void
bundles(const struct view *v, struct page *p, struct str facts, bool sums)
{
	struct str line, word, name, size, sum;
	uint64_t bytes;

	while (facts.n && str_cut(&facts, '\n', &line)) {
		if (!str_word(&line, &word) || !str_eq(word, STR("bundle")) ||
			!str_word(&line, &name) || !str_word(&line, &size) ||
			!str_word(&line, &sum) || !str_count(size, UINT64_MAX, &bytes))
			continue;
		enum word what =
			str_ends(name, STR(".gpub")) ? WORD_OFFLINE_BOOK : WORD_OFFLINE_ARCHIVE;

		if (sums) {
			page_add(p, LINE_PRE, name);
			page_add(p, LINE_PRE, sum);
		} else
			page_linkf(p, arena_printf(v->arena, "/mirror/%.*s", STR_ARG(name)),
				"%.*s, %.*s: %.*s", STR_ARG(name), STR_ARG(size_text(v, bytes)),
				STR_ARG(view_word(v, what)));
	}
}

/* The address of this directory, as almagest mirror takes it. */
static void
command(const struct view *v, struct page *p)
{
	bool literal = str_find(v->base.host, ':') < v->base.host.n;
	struct str port =
		v->base.port == 1965 ? STR("") : arena_printf(v->arena, ":%u", v->base.port);

	page_space(p);
	page_add(p, LINE_TEXT, view_word(v, WORD_OFFLINE_KEEP));
	page_add(p, LINE_PRE,
		arena_printf(v->arena, "almagest mirror gemini://%s%.*s%s%.*s/ FOLDER",
			literal ? "[" : "", STR_ARG(v->base.host), literal ? "]" : "",
			STR_ARG(port)));
}

void
view_mirror(const struct view *v, struct answer *answer)
{
	struct page *p = view_page(v, answer);
	struct str facts = STR("");
	struct err unheard = { 0 };

	answer->passing = true;
	page_add(p, LINE_TITLE, view_word(v, WORD_OFFLINE));
	page_add(p, LINE_TEXT, view_word(v, WORD_OFFLINE_ABOUT));
	if (!v->mirror ||
		!file_read(v->arena, arena_printf(v->arena, "%s/.facts", v->mirror).p, FACTS_MOST,
			&facts, NULL, &unheard)) {
		page_space(p);
		page_add(p, LINE_TEXT, view_word(v, WORD_OFFLINE_MAKING));
		view_foot(v, p);
		return;
	}
	state(v, p, facts);
	page_space(p);
	bundles(v, p, facts, false);
	if (fact(facts, STR("parted")).n)
		page_add(p, LINE_TEXT, view_word(v, WORD_OFFLINE_PARTED));
	page_link(p, STR("/mirror/manifest.txt"), view_word(v, WORD_OFFLINE_MANIFEST));
	page_link(p, STR("/mirror/urls.txt"), view_word(v, WORD_OFFLINE_URLS));
	command(v, p);
	if (fact(facts, STR("bundle")).n) {
		page_space(p);
		page_add(p, LINE_TEXT, view_word(v, WORD_OFFLINE_SUMS));
		bundles(v, p, facts, true);
	}
	view_foot(v, p);
}

void
view_mirror_file(const struct view *v, struct answer *answer)
{
	if (v->mirror && str_find(v->name, '/') == v->name.n)
		view_open(v->arena, v->mirror, v->name, answer);
}

/* ---- files of the capsule ---- */

static void
capsule_file(const struct view *v, struct answer *answer, struct str path, bool withdrawn)
{
	struct kept_file file;
	struct str bytes;

	if (!list_file(v->store, v->arena, path, &file, &bytes) || file.withdrawn != withdrawn)
		return;
	answer->kind = ANSWER_BYTES;
	answer->mime = "text/plain";
	answer->bytes = bytes;
}

void
view_capsule_file(const struct view *v, struct answer *answer)
{
	capsule_file(v, answer, str_sub(v->path, 1, v->path.n), false);
}

/* A record that its own address no longer gives: whoever copies the directory must withdraw it,
 * too.
 */
void
view_withdrawn(const struct view *v, struct answer *answer)
{
	capsule_file(v, answer, arena_printf(v->arena, "%.*s.yaml", STR_ARG(v->name)), true);
}
