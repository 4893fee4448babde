/* What a worker keeps of its replies, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "proto/cache.h"

static const struct session HERE = { .port = 70 };

static struct reply
reply_of(unsigned status, const char *text)
{
	struct reply reply = { .status = status, .fd = -1 };

	buf_put(&reply.out, str_of(text));
	return reply;
}

static bool
keeps(struct cache *cache, struct request asked, unsigned status, const char *text)
{
	struct reply given = reply_of(status, text), again = { 0 };

	cache_keep(cache, &proto_gopher, &HERE, &asked, &given);
	bool kept = cache_find(cache, &proto_gopher, &HERE, &asked, &again) &&
		str_eq(buf_str(&again.out), str_of(text)) && again.status == status &&
		again.fd == -1;

	buf_end(&given.out);
	buf_end(&again.out);
	return kept;
}

static void
a_page_is_kept_and_what_a_stranger_may_vary_is_not(void **state)
{
	struct cache *cache = cache_open(64 * 1024, NULL);

	(void)state;
	assert_true(keeps(cache, (struct request){ .path = STR("/people") }, 20, "menu"));
	assert_true(keeps(cache, (struct request){ .path = STR("") }, 20, "home"));
	assert_false(keeps(cache, (struct request){ .path = STR("/nobody") }, 51, "not found"));
	assert_false(keeps(cache,
		(struct request){ .path = STR("/search"), .has_query = true, .query = STR("x") },
		20, "x"));
	assert_false(keeps(
		cache, (struct request){ .path = STR("/people"), .mark = '$' }, 20, "attributes"));
	assert_false(keeps(NULL, (struct request){ .path = STR("/people") }, 20, "menu"));
	cache_close(cache);
}

static void
protocol_port_and_host_are_told_apart(void **state)
{
	struct cache *cache = cache_open(64 * 1024, NULL);
	struct request asked = { .path = STR("/people"), .host = STR("a") }, other = asked;
	struct session elsewhere = { .port = 7070 };
	struct reply again = { 0 };

	(void)state;
	other.host = STR("b");
	assert_true(keeps(cache, asked, 20, "menu"));
	assert_false(cache_find(cache, &proto_gemini, &HERE, &asked, &again));
	assert_false(cache_find(cache, &proto_gopher, &elsewhere, &asked, &again));
	assert_false(cache_find(cache, &proto_gopher, &HERE, &other, &again));
	cache_close(cache);
}

static void
it_never_holds_more_than_its_bound(void **state)
{
	struct cache *cache = cache_open(8 * 1024, NULL);
	char path[16], text[900];
	struct request first = { .path = STR("0") };
	struct reply again = { 0 };

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (int i = 0; i < 100; i++) {
		struct request asked = { .path = { path,
						 (size_t)snprintf(path, sizeof path, "%d", i) } };

		assert_true(keeps(cache, asked, 20, text));
	}
	assert_false(cache_find(cache, &proto_gopher, &HERE, &first, &again));
	cache_close(cache);
	cache = cache_open(
		64, NULL); /* a reply that is large for the bound would push out all others */
	assert_false(keeps(cache, first, 20, text));
	cache_close(cache);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_kept_and_what_a_stranger_may_vary_is_not),
		cmocka_unit_test(protocol_port_and_host_are_told_apart),
		cmocka_unit_test(it_never_holds_more_than_its_bound),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
