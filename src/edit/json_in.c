/* json_in: one parser's errors, one way through a tree. */
#include "edit/json_in.h"

json_t *
json_read(struct reader *r, struct str bytes)
{
	json_error_t error;
	json_t *root;

	if (bytes.n >= 3 && memcmp(bytes.p, "\xef\xbb\xbf", 3) == 0)
		bytes = str_sub(bytes, 3, bytes.n);
	root = json_loadb(bytes.n ? bytes.p : "", bytes.n, JSON_ALLOW_NUL, &error);
	if (root)
		return root;
	reader_problem(
		r, PROBLEM_ERROR, error.line, error.column, STR(""), "not JSON: %s", error.text);
	return NULL;
}

json_t *
json_at(json_t *from, const char *path)
{
	struct str rest = str_of(path), step;

	while (from && rest.p && str_cut(&rest, '/', &step)) {
		char key[64];
		unsigned long index;

		if (step.n >= sizeof key)
			return NULL;
		memcpy(key, step.p, step.n);
		key[step.n] = '\0';
		from = json_is_array(from) && str_number(step, 1000000, &index)
			? json_array_get(from, index)
			: json_object_get(from, key);
	}
	return from;
}

struct str
json_text_at(struct arena *a, json_t *from, const char *path)
{
	json_t *at = *path ? json_at(from, path) : from;

	if (json_is_string(at))
		return arena_str(a, (struct str){ json_string_value(at), json_string_length(at) });
	if (json_is_integer(at))
		return arena_printf(a, "%lld", (long long)json_integer_value(at));
	return STR("");
}
