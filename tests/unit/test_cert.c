/* Keys and certificates on disk, each row in a folder of its own. */
#include "rows.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/file.h"
#include "net/cert.h"

static struct arena arena;
static char top[] = "/tmp/almagest-cert-XXXXXX";
static unsigned folders;

static struct str
text(const char *path)
{
	struct str bytes = { 0 };
	struct err e = { 0 };

	return file_read(&arena, path, 1 << 20, &bytes, NULL, &e) ? bytes : STR("");
}

static const char *
new_folder(void)
{
	return arena_printf(&arena, "%s/%u/certs", top, folders++).p;
}

static unsigned
mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

/* ---- hosts ---- */

#define LONG_HOST \
	"a-host-name-longer-than-a-common-name-may-be." \
	"a-host-name-longer-than-a-common-name-may-be.example.org"

static const struct host_row {
	const char *what, *host, *file;
} HOSTS[] = {
	{ "a name has a pair", "example.org", "example.org" },
	{ "localhost has a pair", "localhost", "localhost" },
	{ "an IPv4 address has a pair", "127.0.0.1", "127.0.0.1" },
	{ "an IPv6 address has a pair, no colon in its files", "::1", "__1" },
	{ "a name longer than a common name has a pair", LONG_HOST, LONG_HOST },
	{ "a name that would leave the folder stays in it", "../up", ".._up" },
};

static void
test_host(void **state)
{
	const struct host_row *row = *state;
	const char *dir = new_folder();
	struct str host = str_of(row->host);
	struct cert_facts facts, again;
	struct err e = { 0 };
	bool made;

	assert_true(cert_ensure(&arena, dir, host, &made, &e));
	assert_true(made);
	assert_true(cert_read(&arena, dir, host, &facts, &e));
	assert_true(facts.names_host && facts.self_signed && !facts.ended);
	assert_true(facts.fingerprint.n == 64 && facts.key_fingerprint.n == 64);
	assert_true(facts.from.n == 10 && facts.until.n == 10);
	assert_in_range(atoi(facts.until.p) - atoi(facts.from.p), 19, 21);

	struct str crt = arena_printf(&arena, "%s/%s.crt", dir, row->file);
	struct str key = arena_printf(&arena, "%s/%s.key", dir, row->file);

	assert_int_equal(mode_of(dir), 0700);
	assert_int_equal(mode_of(crt.p), 0644);
	assert_int_equal(mode_of(key.p), 0600);

	/* the next start finds everything as it is */
	struct str was = text(key.p);

	assert_true(was.n > 0);
	assert_true(cert_ensure(&arena, dir, host, &made, &e));
	assert_false(made);
	assert_true(cert_read(&arena, dir, host, &again, &e));
	assert_true(str_eq(again.fingerprint, facts.fingerprint));
	assert_true(str_eq(text(key.p), was));
}

/* ---- certificates from elsewhere ---- */

static const struct renew_row {
	const char *what, *name;
	int from, until; /* days from now */
	bool by_other;   /* signed with another key */
	bool made;
} RENEWALS[] = {
	{ "one of ours that has ended is renewed", "example.org", -10, -1, false, true },
	{ "one of ours that has not begun is renewed", "example.org", 1, 10, false, true },
	{ "one of ours with another name is renewed", "example.com", -1, 10, false, true },
	{ "a self-signed one of somebody's that is good stays", "example.org", -1, 10, false,
		false },
	{ "an authority's that is good stays", "example.org", -1, 10, true, false },
	{ "an authority's that has ended stays", "example.org", -10, -1, true, false },
	{ "an authority's with another name stays", "example.com", -1, 10, true, false },
};

/* Signs a certificate for the row's name and the key at DIR/HOST.key. An authority that gives
 * itself the subject's name does not make it one of ours. */
static void
sign(const char *dir, struct str host, const struct renew_row *row)
{
	BIO *bio = BIO_new_file(cert_path(&arena, dir, host, ".key").p, "r");
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	EVP_PKEY *other = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);

	BIO_free(bio);
	X509_NAME_add_entry_by_txt(
		subject, "CN", MBSTRING_UTF8, (const unsigned char *)row->name, -1, -1, 0);
	X509_set_version(cert, X509_VERSION_3);
	X509_set_issuer_name(cert, subject);
	X509_time_adj_ex(X509_getm_notBefore(cert), row->from, 0, NULL);
	X509_time_adj_ex(X509_getm_notAfter(cert), row->until, 0, NULL);
	X509_set_pubkey(cert, key);
	assert_true(X509_sign(cert, row->by_other ? other : key, EVP_sha256()) > 0);
	bio = BIO_new_file(cert_path(&arena, dir, host, ".crt").p, "w");
	assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
	BIO_free(bio);
	X509_free(cert);
	EVP_PKEY_free(other);
	EVP_PKEY_free(key);
}

static void
test_renewal(void **state)
{
	const struct renew_row *row = *state;
	const char *dir = new_folder();
	struct str host = STR("example.org");
	struct cert_facts before, put, after;
	struct err e = { 0 };
	bool made;

	assert_true(cert_ensure(&arena, dir, host, &made, &e));
	assert_true(cert_read(&arena, dir, host, &before, &e));
	sign(dir, host, row);
	assert_true(cert_read(&arena, dir, host, &put, &e));
	assert_int_equal(put.self_signed, !row->by_other);
	assert_true(cert_ensure(&arena, dir, host, &made, &e));
	assert_int_equal(made, row->made);
	assert_true(cert_read(&arena, dir, host, &after, &e));
	assert_true(str_eq(before.key_fingerprint, after.key_fingerprint));
	assert_int_equal(str_eq(put.fingerprint, after.fingerprint), !row->made);
	if (row->made)
		assert_true(after.names_host && !after.ended);
}

/* ---- what is refused ---- */

struct pair {
	const char *dir, *crt, *key;
};

/* Each puts into a folder what a person might; the file that must stay as it is. */
static const char *
no_key(const struct pair *p)
{
	unlink(p->key);
	return p->crt;
}

static const char *
bad_key(const struct pair *p)
{
	struct err e = { 0 };

	assert_true(file_write(p->key, STR("not a key\n"), 0600, &e));
	return p->key;
}

static const char *
locked_key(const struct pair *p)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	BIO *bio = BIO_new_file(p->key, "w");

	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(
				 bio, pair, EVP_aes_128_cbc(), "secret", 6, NULL, NULL),
		1);
	BIO_free(bio);
	EVP_PKEY_free(pair);
	return p->key;
}

static const char *
other_key(const struct pair *p)
{
	struct str other = STR("other.example");
	struct err e = { 0 };
	bool made;

	assert_true(cert_ensure(&arena, p->dir, other, &made, &e));
	assert_int_equal(rename(cert_path(&arena, p->dir, other, ".key").p, p->key), 0);
	return p->key;
}

static const char *
bad_cert(const struct pair *p)
{
	struct err e = { 0 };

	assert_true(file_write(p->crt, STR("not a certificate\n"), 0644, &e));
	return p->crt;
}

static const char *
lost_link(const struct pair *p)
{
	unlink(p->crt);
	unlink(p->key);
	assert_int_equal(symlink("/nowhere/at/all.key", p->key), 0);
	return p->key;
}

static const char *
strange_curve(const struct pair *p)
{
	EVP_PKEY *pair = EVP_EC_gen("secp256k1");
	BIO *bio = BIO_new_file(p->key, "w");

	unlink(p->crt);
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pair, NULL, NULL, 0, NULL, NULL), 1);
	BIO_free(bio);
	EVP_PKEY_free(pair);
	return p->key;
}

static const char *
folder_for_cert(const struct pair *p)
{
	unlink(p->crt);
	assert_int_equal(mkdir(p->crt, 0755), 0);
	return p->crt;
}

static const struct refused_row {
	const char *what;
	const char *(*put)(const struct pair *p);
	const char *names, *says; /* in the error */
} REFUSED[] = {
	{ "a certificate without its key", no_key, "example.org.key", "put the key there" },
	{ "a key that is none", bad_key, "example.org.key", "put the right file there" },
	{ "a key with a passphrase is an error, no question on the terminal", locked_key,
		"example.org.key", "without a passphrase" },
	{ "a key of another certificate", other_key, "example.org.key", "does not fit" },
	{ "a certificate that is none", bad_cert, "example.org.crt", "put the right file there" },
	{ "a key that is a link to a disk not mounted is not replaced", lost_link,
		"example.org.key",
		"cannot be read: No such file or directory; put the right file there, or move it "
		"away" },
	{ "a folder where a certificate belongs", folder_for_cert, "example.org.crt",
		"is not a regular file; put the right file there, or move it away" },
	{ "a key of a curve with which nobody could visit", strange_curve, "example.org.key",
		"secp256k1, and no client can visit; put a certificate and a key of P-256 there" },
};

static void
test_refused(void **state)
{
	const struct refused_row *row = *state;
	struct str host = STR("example.org");
	struct pair p = { .dir = new_folder() };
	struct stat before, after;
	struct err e = { 0 };
	bool made;

	p.crt = cert_path(&arena, p.dir, host, ".crt").p;
	p.key = cert_path(&arena, p.dir, host, ".key").p;
	assert_true(cert_ensure(&arena, p.dir, host, &made, &e));
	const char *stays = row->put(&p);

	assert_int_equal(lstat(stays, &before), 0);
	assert_false(cert_ensure(&arena, p.dir, host, &made, &e));
	assert_non_null(strstr(e.text, row->names));
	assert_non_null(strstr(e.text, row->says));
	assert_int_equal(lstat(stays, &after), 0);
	assert_true(before.st_ino == after.st_ino && before.st_size == after.st_size);
}

/* ---- what stands in them ---- */

#define PEM(kind) "-----BEGIN " kind "-----\nMIIB\n-----END " kind "-----\n"

static const struct content_row {
	const char *what, *ending, *text, *says;
} CONTENTS[] = {
	{ "an empty certificate", ".crt", "", "it is empty" },
	{ "an empty key", ".key", "", "it is empty" },
	{ "a certificate in DER", ".crt", "0\202\001\012", "`openssl x509 -in OLD -out NEW`" },
	{ "a key in DER", ".key", "0\201\207", "`openssl pkey -in OLD -out NEW`" },
	{ "a certificate in PKCS 7", ".crt", PEM("PKCS7"), "`openssl pkcs7 -print_certs" },
	{ "a request for a certificate", ".crt", PEM("CERTIFICATE REQUEST"), "it is a request" },
	{ "a key where its certificate belongs", ".crt", PEM("PRIVATE KEY"), "it is a key" },
	{ "a certificate where its key belongs", ".key", PEM("CERTIFICATE"),
		"it is a certificate" },
	{ "a public key", ".key", PEM("PUBLIC KEY"), "it is the public half" },
	{ "a key of SSH", ".key", PEM("OPENSSH PRIVATE KEY"), "it is a key of SSH" },
	{ "a key with a passphrase", ".key", PEM("ENCRYPTED PRIVATE KEY"), "takes the lock off" },
	{ "half a certificate", ".crt", PEM("CERTIFICATE"), "it is damaged" },
	{ "half a key", ".key", PEM("EC PRIVATE KEY"), "it is damaged" },
	{ "a letter", ".crt", "Dear all\n", "it is something else" },
};

static void
test_content(void **state)
{
	const struct content_row *row = *state;
	const char *dir = new_folder();
	struct str host = STR("example.org");
	struct err e = { 0 };
	bool made;

	assert_true(cert_ensure(&arena, dir, host, &made, &e));
	const char *path = cert_path(&arena, dir, host, row->ending).p;

	assert_true(file_write(path, str_of(row->text), 0600, &e));
	assert_false(cert_ensure(&arena, dir, host, &made, &e));
	assert_true(str_starts(str_of(e.text), str_of(path)));
	assert_non_null(strstr(e.text, row->says));
	assert_non_null(strstr(e.text, "; put the right file there, or move it away to have one"));
}

static int
begin(void **state)
{
	(void)state;
	return mkdtemp(top) ? 0 : -1;
}

static int
end(void **state)
{
	char command[128];

	(void)state;
	arena_end(&arena);
	snprintf(command, sizeof command, "rm -rf %s", top);
	return system(command);
}

int
main(void)
{
	static struct suite s;

	add_rows(&s, HOSTS, test_host);
	add_rows(&s, RENEWALS, test_renewal);
	add_rows(&s, REFUSED, test_refused);
	add_rows(&s, CONTENTS, test_content);
	return run_suite(&s, "cert", begin, end);
}
