/* What a worker that was taken over could not do: each forbidden act, tried by a process that
 * entered the sandbox as a worker does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "run/sandbox.h"

static char folder[] = "/tmp/almagest-sandbox-XXXXXX";
static char allowed[64], secret[64];

/* Each gives true when the act was done. */
static bool
open_passwd(void)
{
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool
read_the_key(void)
{
	return open(secret, O_RDONLY) >= 0;
}

static bool
run_a_program(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return false;
}

static bool
connect_out(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
}

static bool
write_into_the_capsule(void)
{
	char path[96];

	snprintf(path, sizeof path, "%s/new", allowed);
	return open(path, O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool
trace_the_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

static bool
mount_something(void)
{
	return mount("none", folder, "tmpfs", 0, NULL) == 0;
}

static bool
listen_somewhere(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd >= 0 && listen(fd, 1) == 0;
}

static bool
start_a_process(void)
{
	return fork() >= 0;
}

static bool
end_the_supervisor(void)
{
	return kill(getppid(), 0) == 0;
}

static bool
map_memory_to_be_run(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
		MAP_FAILED;
}

static bool
make_memory_runnable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED || mprotect(p, 4096, PROT_EXEC) == 0;
}

static bool
make_it_nonblocking(void)
{
	int on = 1;

	ioctl(STDERR_FILENO, FIONBIO, &on);
	return true; /* whatever came of it: the request was let through */
}

#ifdef __x86_64__
/* Calls have other numbers there: 3 is read(), and by the numbers of 64 bits close(), which is
 * allowed. A kernel without such calls ends the process by itself. */
static bool
call_as_32_bits(void)
{
	long got;

	signal(SIGSEGV, SIG_DFL);
	__asm__ volatile("int $0x80" : "=a"(got) : "0"(3L), "b"(-1L) : "memory");
	return got < 0;
}
#endif

static bool
list_a_folder(void)
{
	char names[1024];
	int fd = open(allowed, O_RDONLY | O_DIRECTORY);

	return fd >= 0 && read(fd, names, 0) >= 0;
}

static const struct {
	const char *what;
	bool (*act)(void);
	bool by_filter; /* only the filter of system calls stands before it; a build without one is
			   spared */
} ACTS[] = {
	{ "open /etc/passwd", open_passwd, false },
	{ "read a key file", read_the_key, false },
	{ "run a program", run_a_program, false },
	{ "connect out", connect_out, false },
	{ "write into the capsule", write_into_the_capsule, false },
	{ "trace the parent", trace_the_parent, true },
	{ "mount", mount_something, false },
	{ "listen", listen_somewhere, true },
	{ "start a process", start_a_process, true },
	{ "end the supervisor", end_the_supervisor, true },
	{ "list a folder", list_a_folder, false },
	{ "map memory to be run", map_memory_to_be_run, true },
	{ "make memory runnable", make_memory_runnable, true },
	{ "a request to a device", make_it_nonblocking, true },
#ifdef __x86_64__
	{ "a call of 32 bits", call_as_32_bits, true },
#endif
};

enum { DONE = 7, NOT_DONE = 0, NO_SANDBOX = 9 };

/* How a child that enters the sandbox and tries the act ends: its status, or 0 when the kernel
 * ended it. */
static int
try_act(bool (*act)(void))
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct sandbox sandbox = { .read = { allowed } };
		struct err e = { 0 };

		if (!sandbox_enter(&sandbox, &e))
			_exit(NO_SANDBOX);
		_exit(act && act() ? DONE : NOT_DONE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : NOT_DONE;
}

static bool
read_what_is_allowed(void)
{
	char path[96], byte;
	int fd;

	snprintf(path, sizeof path, "%s/page", allowed);
	fd = open(path, O_RDONLY);
	return fd >= 0 && read(fd, &byte, 1) == 1;
}

static void
put_file(const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT, mode);

	assert_true(fd >= 0 && write(fd, "x", 1) == 1);
	close(fd);
}

static int
make_folders(void **state)
{
	char path[96];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(allowed, sizeof allowed, "%s/files", folder);
	snprintf(secret, sizeof secret, "%s/key", folder);
	assert_int_equal(mkdir(allowed, 0755), 0);
	snprintf(path, sizeof path, "%s/page", allowed);
	put_file(path, 0644);
	put_file(secret, 0600);
	return 0;
}

static void
a_worker_can_do_nothing_but_answer(void **state)
{
	bool filtered = strstr(sandbox_describe(), "no seccomp") == NULL;
	bool confined = strstr(sandbox_describe(), "no Landlock") == NULL;

	(void)state;
	for (size_t i = 0; i < sizeof ACTS / sizeof *ACTS; i++) {
		if (!filtered && (ACTS[i].by_filter || !confined))
			continue;
		int how = try_act(ACTS[i].act);

		if (how != NOT_DONE)
			print_message("%s: %d\n", ACTS[i].what, how);
		assert_int_equal(how, NOT_DONE);
	}
}

static void
a_worker_reads_what_it_serves(void **state)
{
	(void)state;
	assert_int_equal(try_act(read_what_is_allowed), DONE);
}

/* Whether the filter lets a call through: one that it does not ends the process by SIGSYS. Made
 * with arguments that are all zero, none of them does anything. */
static bool
passes(int number)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct sandbox sandbox = { .read = { allowed } };
		struct err e = { 0 };

		for (int n = 1; n < NSIG; n++) /* cmocka has handlers */
			signal(n, SIG_DFL);
		close(0);
		ualarm(200000, 0); /* what waits was let through */
		if (!sandbox_enter(&sandbox, &e))
			_exit(NO_SANDBOX);
		syscall(number, 0L, 0L, 0L, 0L, 0L, 0L);
		_exit(NOT_DONE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == NO_SANDBOX);
	return !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static void
a_worker_may_make_sixty_calls_at_most(void **state)
{
	enum { CALLS = 470, MOST = 60, WITH_ARGUMENTS = 1 /* ioctl(), for two requests alone */ };
	int n = WITH_ARGUMENTS;

	(void)state;
	if (strstr(sandbox_describe(), "no seccomp"))
		return;
	for (int number = 0; number < CALLS; number++)
		n += passes(number);
	print_message("%d calls\n", n);
	assert_in_range(n, 20, MOST);
	assert_true(passes(SYS_read));
	assert_false(passes(SYS_socket) || passes(SYS_execve) || passes(SYS_clone) ||
		passes(SYS_kill) || passes(SYS_ptrace) || passes(SYS_bind));
#ifdef __x86_64__
	assert_false(passes(0x40000000 | SYS_read)); /* by its name of x32 */
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_worker_can_do_nothing_but_answer),
		cmocka_unit_test(a_worker_reads_what_it_serves),
		cmocka_unit_test(a_worker_may_make_sixty_calls_at_most),
	};

	return cmocka_run_group_tests_name("sandbox", tests, make_folders, NULL);
}
