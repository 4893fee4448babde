/* cache: a map in an arena, thrown away with it. */
#include "proto/cache.h"

#include <stdlib.h>

#include "base/map.h"

struct kept {
	unsigned status;
	struct str out;
};

struct cache {
	size_t most, held; /* bytes */
	const struct pulse *pulse;
	uint64_t beat; /* of all that is held */
	struct arena arena;
	struct map map;
	struct {
		struct kept *v;
		size_t n, room;
	} kept;
};

enum { KEY_MOST = 1200 };

struct cache *
cache_open(size_t most, const struct pulse *pulse)
{
	struct cache *cache = calloc(1, sizeof *cache);

	if (!cache)
		abort();
	cache->most = most;
	cache->pulse = pulse;
	return cache;
}

void
cache_close(struct cache *cache)
{
	if (!cache)
		return;
	arena_end(&cache->arena);
	free(cache);
}

/* Protocol, port, host and path; n == 0 when the reply is not for keeping. */
static struct str
key_of(const struct proto *proto, const struct session *s, const struct request *r,
	char key[KEY_MOST])
{
	size_t name = strlen(proto->name);

	if (r->has_query || r->mark || name + 8 + r->host.n + r->path.n > KEY_MOST)
		return (struct str){ key, 0 };
	char *at = key;

	memcpy(at, proto->name, name);
	at += name;
	memcpy(at, &s->port, sizeof s->port);
	at += sizeof s->port;
	if (r->host.n)
		memcpy(at, r->host.p, r->host.n);
	at += r->host.n;
	*at++ = '\0';
	if (r->path.n)
		memcpy(at, r->path.p, r->path.n);
	at += r->path.n;
	return (struct str){ key, (size_t)(at - key) };
}

static void
let_go(struct cache *cache, uint64_t beat)
{
	arena_end(&cache->arena);
	*cache = (struct cache){ .most = cache->most, .pulse = cache->pulse, .beat = beat };
}

bool
cache_find(struct cache *cache, const struct proto *proto, const struct session *s,
	const struct request *r, struct reply *reply)
{
	char room[KEY_MOST];
	struct str key = key_of(proto, s, r, room);
	uint64_t beat;
	size_t at;

	if (!cache || key.n == 0)
		return false;
	if ((beat = pulse_read(cache->pulse)) != cache->beat)
		let_go(cache, beat);
	at = pulse_steady(beat) ? map_find(&cache->map, key) : (size_t)MAP_NONE;
	if (at == (size_t)MAP_NONE)
		return false;
	reply->status = cache->kept.v[at].status;
	reply->fd = -1;
	buf_put(&reply->out, cache->kept.v[at].out);
	return true;
}

void
cache_keep(struct cache *cache, const struct proto *proto, const struct session *s,
	const struct request *r, const struct reply *reply)
{
	char room[KEY_MOST];
	struct str key = key_of(proto, s, r, room);
	size_t size = key.n + reply->out.n + sizeof(struct kept) + 2 * sizeof(struct map_slot);

	/* only what was found: what is not there has more names than memory has bytes */
	if (!cache || key.n == 0 || reply->fd >= 0 || reply->status != 20 || size > cache->most / 8)
		return;
	/* read while the catalog changed: it may be of before */
	if (!pulse_steady(cache->beat) || pulse_read(cache->pulse) != cache->beat)
		return;
	if (cache->held + size > cache->most)
		let_go(cache, cache->beat);
	cache->held += size;
	*map_at(&cache->arena, &cache->map, arena_str(&cache->arena, key)) = cache->kept.n;
	*vec_add(&cache->arena, &cache->kept) =
		(struct kept){ reply->status, arena_str(&cache->arena, buf_str(&reply->out)) };
}
