/* metrics: sums and lines. */
#include "run/metrics.h"

#include "base/buf.h"
#include "base/file.h"
#include "proto/proto.h"

static const char *const REFUSAL_NAMES[REFUSALS] = { [REFUSAL_RATE] = "rate",
	[REFUSAL_ADDRESS] = "address",
	[REFUSAL_LATE] = "late",
	[REFUSAL_NOT_TLS] = "not_tls",
	[REFUSAL_HANDSHAKE] = "handshake",
	[REFUSAL_PROXY] = "proxy" };

static void
add(struct counters *sum, const struct counters *c)
{
	for (size_t i = 0; i < COUNTED_PROTOS; i++)
		for (size_t k = 0; k < COUNTED_CLASSES; k++)
			sum->requests[i][k] += c->requests[i][k];
	for (size_t i = 0; i < 2; i++)
		sum->handshakes[i] += c->handshakes[i];
	for (size_t i = 0; i < REFUSALS; i++)
		sum->refused[i] += c->refused[i];
	for (size_t i = 0; i <= COUNTED_TIMES; i++)
		sum->times[i] += c->times[i];
	sum->bytes += c->bytes;
	sum->milliseconds += c->milliseconds;
	sum->open += c->open;
}

static void
head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP almagest_%s %s\n# TYPE almagest_%s %s\n", name, help, name, type);
}

static void
put_times(struct buf *out, const struct counters *sum)
{
	uint64_t so_far = 0;

	head(out, "request_seconds", "histogram", "from connecting to the end of the answer");
	for (size_t i = 0; i < COUNTED_TIMES; i++) {
		so_far += sum->times[i];
		buf_printf(out, "almagest_request_seconds_bucket{le=\"%g\"} %llu\n",
			COUNTED_MS[i] / 1000.0, (unsigned long long)so_far);
	}
	so_far += sum->times[COUNTED_TIMES];
	buf_printf(out,
		"almagest_request_seconds_bucket{le=\"+Inf\"} %llu\nalmagest_request_seconds_sum "
		"%g\n"
		"almagest_request_seconds_count %llu\n",
		(unsigned long long)so_far, (double)sum->milliseconds / 1000.0,
		(unsigned long long)so_far);
}

static void
put_counters(struct buf *out, const struct counters *sum)
{
	head(out, "requests_total", "counter",
		"answers by protocol and first digit of the status (Gemini's, for all)");
	for (size_t i = 0; i < COUNTED_PROTOS && PROTOS[i]; i++)
		for (size_t k = 1; k < COUNTED_CLASSES; k++)
			buf_printf(out,
				"almagest_requests_total{protocol=\"%s\",status=\"%zux\"} %llu\n",
				PROTOS[i]->name, k, (unsigned long long)sum->requests[i][k]);
	head(out, "handshakes_total", "counter", "TLS handshakes that were finished");
	buf_printf(out,
		"almagest_handshakes_total{kind=\"full\"} "
		"%llu\nalmagest_handshakes_total{kind=\"resumed\"} %llu\n",
		(unsigned long long)sum->handshakes[0], (unsigned long long)sum->handshakes[1]);
	head(out, "refused_total", "counter",
		"connections that ended without the answer they came for");
	for (size_t i = 0; i < REFUSALS; i++)
		buf_printf(out, "almagest_refused_total{kind=\"%s\"} %llu\n", REFUSAL_NAMES[i],
			(unsigned long long)sum->refused[i]);
	head(out, "sent_bytes_total", "counter", "bytes sent");
	buf_printf(out, "almagest_sent_bytes_total %llu\n", (unsigned long long)sum->bytes);
	put_times(out, sum);
	head(out, "connections", "gauge", "open connections");
	buf_printf(out, "almagest_connections %lld\n", (long long)sum->open);
}

static void
put_facts(struct buf *out, const struct metrics_facts *facts)
{
	head(out, "catalog_generation", "counter", "updates of the catalog since the start");
	buf_printf(out, "almagest_catalog_generation %lld\n", facts->generation);
	head(out, "catalog_updated_seconds", "gauge",
		"when the catalog was last updated, since 1970");
	buf_printf(out, "almagest_catalog_updated_seconds %lld\n", facts->updated);
	if (facts->people >= 0) {
		head(out, "records", "gauge", "people in service");
		buf_printf(out, "almagest_records %ld\n", facts->people);
		head(out, "rejected_records", "gauge", "files that hold errors");
		buf_printf(out, "almagest_rejected_records %ld\n", facts->rejected);
	}
}

static struct counters
sum_of(const struct counters *counters, size_t n)
{
	struct counters sum = { 0 };

	for (size_t i = 0; i < n; i++)
		add(&sum, &counters[i]);
	return sum;
}

void
metrics_put_json(struct buf *out, const struct counters *counters, size_t n)
{
	struct counters sum = sum_of(counters, n);

	buf_put(out, STR(",\n  \"requests\": {"));
	for (size_t i = 0; i < COUNTED_PROTOS && PROTOS[i]; i++) {
		buf_printf(out, "%s\n    \"%s\": {", i ? "," : "", PROTOS[i]->name);
		for (size_t k = 1; k < COUNTED_CLASSES; k++)
			buf_printf(out, "%s\"%zux\": %llu", k > 1 ? ", " : "", k,
				(unsigned long long)sum.requests[i][k]);
		buf_char(out, '}');
	}
	buf_printf(out, "\n  },\n  \"handshakes\": {\"full\": %llu, \"resumed\": %llu}",
		(unsigned long long)sum.handshakes[0], (unsigned long long)sum.handshakes[1]);
	buf_put(out, STR(",\n  \"refused\": {"));
	for (size_t i = 0; i < REFUSALS; i++)
		buf_printf(out, "%s\"%s\": %llu", i ? ", " : "", REFUSAL_NAMES[i],
			(unsigned long long)sum.refused[i]);
	buf_printf(out, "},\n  \"sent_bytes\": %llu,\n  \"connections\": %lld",
		(unsigned long long)sum.bytes, (long long)sum.open);
}

bool
metrics_write(const char *path, const struct counters *counters, size_t n,
	const struct metrics_facts *facts, struct err *e)
{
	struct counters sum = sum_of(counters, n);
	struct buf out = { 0 };

	put_counters(&out, &sum);
	put_facts(&out, facts);
	bool good = file_write(path, buf_str(&out), 0644, e);

	buf_end(&out);
	return good;
}
