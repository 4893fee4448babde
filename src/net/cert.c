/* cert: X.509 by OpenSSL. A key is written once and never replaced; certificates come and go with
 * the same key, so that clients that pin the key notice nothing. */
#include "net/cert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "base/hash.h"

enum { PEM_MOST = 64 * 1024, DAYS = 20 * 365 + 5 };

struct str
cert_path(struct arena *a, const char *dir, struct str host, const char *ending)
{
	struct str path = arena_printf(a, "%s/%.*s%s", dir, STR_ARG(host), ending);

	for (size_t i = strlen(dir) + 1; i < path.n; i++)
		if (path.p[i] == ':' || path.p[i] == '/')
			((char *)path.p)[i] = '_';
	return path;
}

static bool
failed(struct err *e, const char *path, const char *what)
{
	unsigned long why = ERR_peek_last_error();

	return err_set(e, "%s: %s%s%s", path, what, why ? ": " : "",
		why ? ERR_reason_error_string(why) : "");
}

static bool
is_address(struct str host)
{
	unsigned char any[16];
	char text[64];

	if (host.n >= sizeof text)
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	return inet_pton(AF_INET, text, any) == 1 || inet_pton(AF_INET6, text, any) == 1;
}

/* Whether anything has the name: a link that leads nowhere and a file that we may not read do. */
static bool
is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || errno != ENOENT;
}

/* ---- files in PEM form ---- */

#define REMEDY "put the right file there, or move it away to have one made"

/* What people put where a certificate or a key belongs, by what stands in it; the first that does
 * tells. What OpenSSL says of such files ("no start line", "unsupported") helps nobody. */
static const struct pem_fault {
	bool key; /* where one belongs */
	const char *mark, *words;
} PEM_FAULTS[] = {
	{ false, "BEGIN CERTIFICATE-----", "it is damaged" },
	{ false, "CERTIFICATE REQUEST-----",
		"it is a request for one, of which an authority makes it" },
	{ false, "PRIVATE KEY-----", "it is a key" },
	{ false, "BEGIN PKCS7-----",
		"it is PKCS 7, of which `openssl pkcs7 -print_certs -in OLD -out NEW` makes PEM" },
	{ true, "ENCRYPTED",
		"it is locked, and `openssl pkey -in OLD -out NEW` takes the lock off" },
	{ true, "OPENSSH PRIVATE KEY-----", "it is a key of SSH" },
	{ true, "PRIVATE KEY-----", "it is damaged" },
	{ true, "PUBLIC KEY-----", "it is the public half" },
	{ true, "BEGIN CERTIFICATE-----", "it is a certificate" },
};

static const char *
pem_fault(struct str bytes, bool key)
{
	enum { DER_SEQUENCE = 0x30 };

	if (bytes.n == 0)
		return "it is empty";
	for (size_t i = 0; i < COUNT(PEM_FAULTS); i++)
		if (PEM_FAULTS[i].key == key &&
			str_find_str(bytes, str_of(PEM_FAULTS[i].mark)) < bytes.n)
			return PEM_FAULTS[i].words;
	if (bytes.p[0] != DER_SEQUENCE)
		return "it is something else";
	return key ? "it is DER, of which `openssl pkey -in OLD -out NEW` makes PEM"
		   : "it is DER, of which `openssl x509 -in OLD -out NEW` makes PEM";
}

/* What stands in the file, and it as OpenSSL reads it. NULL and *e when it cannot be read. */
static BIO *
open_pem(struct arena *a, const char *path, struct str *bytes, struct err *e)
{
	struct err why = { 0 };

	if (!file_read(a, path, PEM_MOST, bytes, NULL, &why)) {
		bool closed = access(path, R_OK) != 0 && errno == EACCES;

		err_set(e, "%s: %s; %s", path, why.text,
			closed ? "let the user read it that almagest is started as" : REMEDY);
		return NULL;
	}
	return BIO_new_mem_buf(bytes->p, (int)bytes->n);
}

/* ---- keys ---- */

EVP_PKEY *
cert_load_key(struct arena *a, const char *path, struct err *e)
{
	struct str bytes = STR("");
	BIO *bio = open_pem(a, path, &bytes, e);
	/* a passphrase, the empty one, so that nobody is asked for it on the terminal */
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"") : NULL;

	if (bio && !key)
		err_set(e, "%s: not a private key in PEM form without a passphrase: %s; " REMEDY,
			path, pem_fault(bytes, true));
	BIO_free(bio);
	/* children to come shall not find it in memory that was given back */
	OPENSSL_cleanse((char *)bytes.p, bytes.n);
	return key;
}

static bool
write_bio(BIO *bio, const char *path, unsigned mode, struct err *e)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);

	return n > 0 && file_write(path, (struct str){ p, (size_t)n }, mode, e);
}

/* Gives the key at `made` its name, unless somebody has just put another there: that one stays. */
static bool
name_key(const char *made, const char *path, struct err *e)
{
	bool good = link(made, path) == 0 || errno == EEXIST;

	if (!good && (errno == EPERM || errno == EOPNOTSUPP)) /* no hard links on this disk */
		return rename(made, path) == 0 ||
			err_set(e, "%s: cannot be written: %s", path, strerror(errno));
	if (!good)
		err_set(e, "%s: cannot be written: %s", path, strerror(errno));
	unlink(made);
	return good;
}

/* Makes a key and reads back what is there then. */
static EVP_PKEY *
make_key(struct arena *a, const char *path, struct err *e)
{
	struct str made = arena_printf(a, "%s.made-%ld", path, (long)getpid());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	bool good = key && bio &&
		PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1 &&
		write_bio(bio, made.p, 0600, e) && name_key(made.p, path, e);

	BIO_free(bio);
	EVP_PKEY_free(key);
	if (good)
		return cert_load_key(a, path, e);
	failed(e, path, "the key cannot be made");
	return NULL;
}

/* ---- certificates ---- */

static bool
add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool good = extension && X509_add_ext(cert, extension, -1) == 1;

	X509_EXTENSION_free(extension);
	return good;
}

/* SAN as dNSName, and for an address as iPAddress too: some clients look at names only. */
static bool
add_names(X509 *cert, struct str host)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *dns = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	bool good = names && dns && text && ASN1_STRING_set(text, host.p, (int)host.n) == 1;

	if (good) {
		GENERAL_NAME_set0_value(dns, GEN_DNS, text);
		good = sk_GENERAL_NAME_push(names, dns) > 0;
	}
	if (good && is_address(host)) {
		char address[64];
		GENERAL_NAME *ip = GENERAL_NAME_new();

		snprintf(address, sizeof address, "%.*s", STR_ARG(host));
		ASN1_OCTET_STRING *bytes = a2i_IPADDRESS(address);

		good = ip && bytes;
		if (good) {
			GENERAL_NAME_set0_value(ip, GEN_IPADD, bytes);
			good = sk_GENERAL_NAME_push(names, ip) > 0;
		}
	}
	good = good && X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) == 1;
	GENERAL_NAMES_free(names);
	return good;
}

static bool
fill(X509 *cert, EVP_PKEY *key, struct str host)
{
	X509_NAME *name = X509_get_subject_name(cert);
	unsigned char serial[8];
	struct str shown = str_sub(host, 0, 64); /* ub-common-name */

	if (RAND_bytes(serial, sizeof serial) != 1)
		return false;
	serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40);
	BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
	bool good = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) &&
		X509_set_version(cert, X509_VERSION_3) == 1 &&
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
			(const unsigned char *)shown.p, (int)shown.n, -1, 0) == 1 &&
		X509_set_issuer_name(cert, name) == 1 &&
		X509_time_adj_ex(X509_getm_notBefore(cert), -1, 0, NULL) &&
		X509_time_adj_ex(X509_getm_notAfter(cert), DAYS, 0, NULL) &&
		X509_set_pubkey(cert, key) == 1 &&
		add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
		add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
		add_names(cert, host);

	BN_free(number);
	return good && X509_sign(cert, key, EVP_sha256()) > 0;
}

static bool
make_cert(const char *path, EVP_PKEY *key, struct str host, struct err *e)
{
	X509 *cert = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	bool good = cert && bio && fill(cert, key, host) && PEM_write_bio_X509(bio, cert) == 1 &&
		write_bio(bio, path, 0644, e);

	BIO_free(bio);
	X509_free(cert);
	return good || failed(e, path, "the certificate cannot be made");
}

static X509 *
load_cert(struct arena *a, const char *path, struct err *e)
{
	struct str bytes;
	BIO *bio = open_pem(a, path, &bytes, e);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	if (bio && !cert)
		err_set(e, "%s: not a certificate in PEM form: %s; " REMEDY, path,
			pem_fault(bytes, false));
	BIO_free(bio);
	return cert;
}

static bool
names_host(X509 *cert, struct str host)
{
	return X509_check_host(cert, host.p, host.n, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) ==
		1;
}

static bool
self_signed(X509 *cert)
{
	return X509_self_signed(cert, 1) == 1;
}

static bool
valid_now(const X509 *cert)
{
	return X509_cmp_current_time(X509_get0_notBefore(cert)) < 0 &&
		X509_cmp_current_time(X509_get0_notAfter(cert)) > 0;
}

/* Ours to renew when it has ended or names another host; a certificate that somebody else signed is
 * not. */
static bool
is_stale(X509 *cert, struct str host)
{
	return self_signed(cert) && (!valid_now(cert) || !names_host(cert, host));
}

bool
cert_stands(const char *dir, struct str host, X509 *cert)
{
	struct arena a = { 0 };
	bool stands = cert && is_there(cert_path(&a, dir, host, ".key").p) && !is_stale(cert, host);

	arena_end(&a);
	return stands;
}

/* What clients take of elliptic curves (RFC 8446 4.2.3); a key of another makes a server that
 * nobody can visit. */
static const char *const CURVES[] = { "prime256v1", "secp384r1", "secp521r1" };

static bool
has_known_curve(const char *path, EVP_PKEY *key, struct err *e)
{
	char name[64];
	bool known = !EVP_PKEY_is_a(key, "EC") ||
		EVP_PKEY_get_group_name(key, name, sizeof name, NULL) != 1;

	for (size_t i = 0; !known && i < COUNT(CURVES); i++)
		known = strcmp(name, CURVES[i]) == 0;
	return known ||
		err_set(e,
			"%s: its key is of the curve %s, and no client can visit; put a "
			"certificate and a key of P-256 there, or move both away to have them made",
			path, name);
}

bool
cert_ensure(struct arena *a, const char *dir, struct str host, bool *made, struct err *e)
{
	struct str key_path = cert_path(a, dir, host, ".key"),
		   path = cert_path(a, dir, host, ".crt");
	bool has_key = is_there(key_path.p), has_cert = is_there(path.p), good = false;
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;

	*made = false;
	ERR_clear_error();
	if (!file_make_dirs(dir, 0700, e))
		return false;
	if (has_cert && !has_key)
		return err_set(e,
			"%s is there, but not its key %s; put the key there, or move the "
			"certificate away",
			path.p, key_path.p);
	key = has_key ? cert_load_key(a, key_path.p, e) : make_key(a, key_path.p, e);
	if (!key || (has_cert && !(cert = load_cert(a, path.p, e))))
		goto out;
	if (cert && X509_check_private_key(cert, key) != 1) {
		err_set(e, "%s does not fit its key %s; put the pair there that belongs together",
			path.p, key_path.p);
		goto out;
	}
	if (!has_known_curve(key_path.p, key, e))
		goto out;
	*made = !cert || is_stale(cert, host);
	good = !*made || make_cert(path.p, key, host, e);
out:
	X509_free(cert);
	EVP_PKEY_free(key);
	return good;
}

/* ---- facts ---- */

static struct str
day_of(struct arena *a, const ASN1_TIME *when)
{
	struct tm tm = { 0 };
	char *p = arena_alloc(a, 16);

	if (ASN1_TIME_to_tm(when, &tm) != 1)
		return STR("?");
	return (struct str){ p, strftime(p, 16, "%Y-%m-%d", &tm) };
}

static struct str
der_sum(struct arena *a, unsigned char *der, int n)
{
	struct str sum = n > 0
		? hash_hex(a, (struct str){ (const char *)der, (size_t)n }, HASH_SIZE * 2)
		: STR("?");

	OPENSSL_free(der);
	return sum;
}

bool
cert_read(
	struct arena *a, const char *dir, struct str host, struct cert_facts *facts, struct err *e)
{
	X509 *cert = load_cert(a, cert_path(a, dir, host, ".crt").p, e);
	unsigned char *der = NULL;
	char name[128] = "";

	if (!cert)
		return false;
	X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof name);
	*facts = (struct cert_facts){ .subject = arena_str(a, str_of(name)),
		.from = day_of(a, X509_get0_notBefore(cert)),
		.until = day_of(a, X509_get0_notAfter(cert)),
		.ended = !valid_now(cert),
		.self_signed = self_signed(cert),
		.names_host = names_host(cert, host) };
	int n = i2d_X509(cert, &der);

	facts->fingerprint = der_sum(a, der, n);
	der = NULL;
	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	facts->key_fingerprint = der_sum(a, der, n);
	X509_free(cert);
	return true;
}
