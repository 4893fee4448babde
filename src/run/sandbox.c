/* sandbox: POSIX identities everywhere; capabilities, Landlock and seccomp on Linux. Constants that
 * older headers lack are defined here, and the kernel is asked which of them it knows. */
#include "run/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#ifdef __linux__
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/* ---- identity ---- */

/* Whether the identity could list the capsule and reach the catalog; asked by becoming it for a
 * moment. */
static bool
could_work(const struct identity *id, const char *capsule, const char *catalog)
{
	bool can = setegid(id->gid) == 0 && seteuid(id->uid) == 0 &&
		faccessat(AT_FDCWD, capsule, R_OK | X_OK, AT_EACCESS) == 0 &&
		(faccessat(AT_FDCWD, catalog, X_OK, AT_EACCESS) == 0 || errno == ENOENT);

	if (seteuid(0) != 0 || setegid(0) != 0)
		_exit(1); /* half an identity is worse than none */
	return can;
}

bool
identity_find(const char *user, const char *capsule, const char *catalog, struct identity *id,
	struct err *e)
{
	const struct passwd *named = user ? getpwnam(user) : NULL, *nobody;
	struct stat st;

	*id = (struct identity){ 0 };
	if (user && !named)
		return err_set(e, "user: there is no user \"%s\" on this machine", user);
	if (geteuid() != 0)
		return true;
	if (named)
		*id = (struct identity){ named->pw_uid, named->pw_gid, true };
	else if (stat(capsule, &st) == 0 && st.st_uid != 0)
		*id = (struct identity){ st.st_uid, st.st_gid, true };
	else if ((nobody = getpwnam("nobody")))
		*id = (struct identity){ nobody->pw_uid, nobody->pw_gid, true };
	if (id->uid == 0)
		id->change = false;
	if (!id->change || could_work(id, capsule, catalog))
		return true;
	id->change = false;
	return !named ||
		err_set(e, "user: %s may not read %s, or not reach %s", user, capsule, catalog);
}

static bool
become(const struct identity *id, struct err *e)
{
	if (id->change && (setgroups(0, NULL) != 0 || setgid(id->gid) != 0 || setuid(id->uid) != 0))
		return err_set(e, "cannot become user %u: %s", (unsigned)id->uid, strerror(errno));
	return true;
}

#ifdef __linux__

static bool
drop_capabilities(struct err *e)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* nobody works on for a supervisor that is dead */
	if (syscall(SYS_capset, &header, none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_set(e, "cannot give up privileges: %s", strerror(errno));
	return true;
}

/* ---- Landlock ---- */

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

enum {
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_REG = 1 << 8,
	FS_TRUNCATE = 1 << 14
};

/* What each version of the kernel's interface can deny: file system, network, scopes. */
static const struct {
	uint64_t fs, net, scoped;
} ABIS[] = {
	{ 0, 0, 0 },
	{ (1 << 13) - 1, 0, 0 },
	{ (1 << 14) - 1, 0, 0 },
	{ (1 << 15) - 1, 0, 0 },
	{ (1 << 15) - 1, 3, 0 },
	{ (1 << 16) - 1, 3, 0 },
	{ (1 << 16) - 1, 3, 3 },
};

struct ruleset {
	uint64_t fs, net, scoped;
};

struct path_rule {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

static int
landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	int most = (int)COUNT(ABIS) - 1;

	return abi < 1 ? 0 : abi > most ? most : (int)abi;
}

static bool
allow(int rules, const char *path, uint64_t what)
{
	struct path_rule rule = { what, open(path, O_PATH | O_CLOEXEC) };

	if (rule.fd < 0)
		return errno == ENOENT; /* what is not there needs no rule */
	bool good = syscall(SYS_landlock_add_rule, rules, 1, &rule, 0) == 0;

	close(rule.fd);
	return good;
}

/* The rules, made while the paths can still be opened; a descriptor, or -1 where the kernel has no
 * Landlock. */
static bool
make_rules(const struct sandbox *sandbox, int *rules, struct err *e)
{
	int abi = landlock_abi();
	struct ruleset handled = { ABIS[abi].fs, ABIS[abi].net, ABIS[abi].scoped };
	size_t size = abi < 4 ? 8 : abi < 6 ? 16 : 24;
	uint64_t reading = FS_READ_FILE | (sandbox->lists ? FS_READ_DIR : 0);
	uint64_t writing = FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE | FS_REMOVE_FILE |
		FS_MAKE_REG | FS_TRUNCATE;

	*rules = -1;
	if (abi == 0)
		return true;
	*rules = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
	bool good = *rules >= 0;

	for (size_t i = 0; good && i < COUNT(sandbox->read) && sandbox->read[i]; i++)
		good = allow(*rules, sandbox->read[i], reading & handled.fs);
	if (good && sandbox->write)
		good = allow(*rules, sandbox->write, writing & handled.fs);
	return good || err_set(e, "Landlock: %s", strerror(errno));
}

static bool
confine(int rules, struct err *e)
{
	if (rules < 0)
		return true;
	bool good = syscall(SYS_landlock_restrict_self, rules, 0) == 0;

	close(rules);
	return good || err_set(e, "Landlock: %s", strerror(errno));
}

/* ---- seccomp ---- */

/* Where the C library's calls are the kernel's of the same names: 32 bits have others beside them
 * (mmap2, fstat64, clock_gettime64), and on s390 mmap() takes one address of all that it is told.
 */
#if defined(HAVE_SECCOMP) && defined(__LP64__) && !defined(__s390__) && !defined(ALMAGEST_SANITIZED)
#define FILTERS
#include <seccomp.h>

/* All that answering takes, with what other versions of libc and other processors call the same
 * things. Nothing starts, opens to others, signals or looks at another process. */
static const int ANSWERING[] = {
	/* connections */
	SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(sendto), SCMP_SYS(shutdown),
	SCMP_SYS(getsockname), SCMP_SYS(setsockopt), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(restart_syscall),
	/* files, the catalog among them */
	SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(close), SCMP_SYS(read), SCMP_SYS(pread64),
	SCMP_SYS(write), SCMP_SYS(lseek), SCMP_SYS(fcntl), SCMP_SYS(fstat), SCMP_SYS(stat),
	SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(getcwd),
	/* memory */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex),
	SCMP_SYS(sysinfo) /* qsort() */,
	/* time and chance */
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep) /* SQLite, when a lock is held */, SCMP_SYS(getrandom),
	/* itself */
	SCMP_SYS(getpid), SCMP_SYS(geteuid), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(exit_group)
};

/* What the writer of the catalog does besides. */
static const int WRITING[] = { SCMP_SYS(getdents64), SCMP_SYS(pwrite64), SCMP_SYS(fadvise64),
	SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(fchmod), SCMP_SYS(fchown),
	SCMP_SYS(umask), SCMP_SYS(utimensat), SCMP_SYS(getuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(statx), SCMP_SYS(flock),
	/* threads that read files */
	SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(exit), SCMP_SYS(gettid), SCMP_SYS(sched_yield),
	/* waiting for edits */
	SCMP_SYS(inotify_init1), SCMP_SYS(inotify_add_watch), SCMP_SYS(inotify_rm_watch),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep) };

static bool
allow_calls(scmp_filter_ctx filter, const int *calls, size_t n)
{
	bool good = true;

	for (size_t i = 0; i < n && good; i++)
		good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) == 0;
	return good;
}

/* Memory may be mapped, but never to be run. */
static bool
allow_memory(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
		       SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
		seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
}

static bool
allow_ioctls(scmp_filter_ctx filter)
{
	static const unsigned REQUESTS[] = { FIONREAD, 0x5411 /* SIOCOUTQ */,
		0x5401 /* TCGETS: is it a terminal? */ };
	bool good = true;

	for (size_t i = 0; i < COUNT(REQUESTS) && good; i++)
		good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			       SCMP_A1(SCMP_CMP_EQ, REQUESTS[i], 0)) == 0;
	return good;
}

/* A filter as the kernel reads it (seccomp(2)). */
struct filter {
	struct sock_filter code[1024];
	size_t n; /* instructions; 0: not made */
};

/* Of who only answers, and of who writes, too. Making one takes longer than all else here, so that
 * of answering is made once, and children have it. */
static struct filter filters[2];

static bool
export_filter(scmp_filter_ctx rules, struct filter *filter)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t n = fd >= 0 && seccomp_export_bpf(rules, fd) == 0
		? pread(fd, filter->code, sizeof filter->code, 0)
		: -1;

	if (fd >= 0)
		close(fd);
	filter->n = n > 0 && (size_t)n < sizeof filter->code ? (size_t)n / sizeof *filter->code : 0;
	return filter->n;
}

static bool
make_filter(bool writes)
{
	scmp_filter_ctx rules = seccomp_init(SCMP_ACT_KILL_PROCESS);
	bool good = rules && allow_calls(rules, ANSWERING, COUNT(ANSWERING)) &&
		allow_memory(rules) && allow_ioctls(rules) &&
		(!writes || allow_calls(rules, WRITING, COUNT(WRITING))) &&
		export_filter(rules, &filters[writes]);

	seccomp_release(rules);
	return good;
}

static bool
filter_calls(const struct sandbox *sandbox, struct err *e)
{
	bool writes = sandbox->write;
	struct filter *filter = &filters[writes];

	return ((filter->n || make_filter(writes)) &&
		       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0,
			       &(struct sock_fprog){ (unsigned short)filter->n, filter->code }) ==
			       0) ||
		err_set(e, "seccomp: the filter cannot be set");
}

#else

static bool
filter_calls(const struct sandbox *sandbox, struct err *e)
{
	(void)sandbox;
	(void)e;
	return true;
}

#endif

bool
sandbox_enter(const struct sandbox *sandbox, struct err *e)
{
	int rules;

	bool good = make_rules(sandbox, &rules, e) && become(&sandbox->id, e) &&
		drop_capabilities(e) && confine(rules, e);

	/* it may have ended before its end was to be told of */
	if (sandbox->parent && getppid() != sandbox->parent)
		_exit(EXIT_FAILURE);
	return good && filter_calls(sandbox, e);
}

const char *
sandbox_describe(void)
{
	static char text[160];

#ifdef FILTERS
	const char *seccomp = "seccomp";
#else
	const char *seccomp = "no seccomp in this build";
#endif
	if (landlock_abi())
		snprintf(text, sizeof text, "no capabilities, Landlock (ABI %d), %s",
			landlock_abi(), seccomp);
	else
		snprintf(text, sizeof text, "no capabilities, no Landlock in this kernel, %s",
			seccomp);
	return text;
}

#else

bool
sandbox_enter(const struct sandbox *sandbox, struct err *e)
{
	return become(&sandbox->id, e);
}

const char *
sandbox_describe(void)
{
	return "another user where started as root; no more on this system";
}

#endif

void
sandbox_prepare(void)
{
#ifdef FILTERS
	/* whoever enters tries again, and tells of it */
	if (!filters[false].n)
		make_filter(false);
#endif
}
