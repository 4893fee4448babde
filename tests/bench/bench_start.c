/* From exec to the first answer, with a catalog that is there: usage: bench_start PROGRAM CAPSULE
 * CATALOG CERTS [TIMES]. A client of each protocol that tries again every tenth of a millisecond,
 * so many times. Then the private memory of each process, idle. */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <openssl/ssl.h>

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A port that is free now. */
static unsigned
free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&at, n) != 0 ||
		getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		abort();
	close(fd);
	return ntohs(at.sin_port);
}

static SSL_CTX *tls;

/* The whole of it: a handshake, too, where the protocol has one. */
static bool
answers(bool gemini, unsigned port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((unsigned short)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), n;
	char byte, url[64];
	bool good = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;

	if (good && gemini) {
		SSL *ssl = SSL_new(tls);

		n = snprintf(url, sizeof url, "gemini://localhost:%u/\r\n", port);
		SSL_set_fd(ssl, fd);
		good = SSL_set_tlsext_host_name(ssl, "localhost") == 1 && SSL_connect(ssl) == 1 &&
			SSL_write(ssl, url, n) == n && SSL_read(ssl, &byte, 1) == 1;
		SSL_free(ssl);
	} else if (good)
		good = write(fd, "/\r\n", 3) == 3 && read(fd, &byte, 1) == 1;
	close(fd);
	return good;
}

static void
print_memory(pid_t pid, const char *what)
{
	char path[64], line[128];
	long kib = 0, n;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	if (!(file = fopen(path, "r")))
		return;
	while (fgets(line, sizeof line, file))
		if (sscanf(line, "Private_Clean: %ld", &n) == 1 ||
			sscanf(line, "Private_Dirty: %ld", &n) == 1)
			kib += n;
	fclose(file);
	printf("  %-18s %6ld KiB private\n", what, kib);
}

static void
print_family(pid_t pid)
{
	char path[64], name[64] = "";
	int child;
	FILE *file;

	print_memory(pid, "supervisor");
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
	if (!(file = fopen(path, "r")))
		return;
	while (fscanf(file, "%d", &child) == 1) {
		FILE *comm;

		snprintf(path, sizeof path, "/proc/%d/comm", child);
		if ((comm = fopen(path, "r"))) {
			if (fscanf(comm, "%63s", name) == 1)
				print_memory(child, name);
			fclose(comm);
		}
	}
	fclose(file);
}

/* A server's number, once it has answered; *ms: how long that took. */
static pid_t
start(char **argv, bool gemini, double *ms)
{
	unsigned ports[2] = { free_port(), free_port() };
	char addresses[2][32];
	double began = now_ms();

	for (int i = 0; i < 2; i++)
		snprintf(addresses[i], sizeof addresses[i], "127.0.0.1:%u", ports[i]);
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 2);
		execl(argv[1], argv[1], "serve", "-c", argv[2], "--catalog", argv[3], "--certs",
			argv[4], "--finger", "off", "--workers", "2", "--gemini", addresses[0],
			"--gopher", addresses[1], (char *)NULL);
		_exit(127);
	}
	while (!answers(gemini, ports[!gemini]) && now_ms() - began < 20000)
		nanosleep(&(struct timespec){ 0, 100000 }, NULL);
	*ms = now_ms() - began;
	return pid;
}

int
main(int argc, char **argv)
{
	int times = argc > 5 ? atoi(argv[5]) : 5;

	if (argc < 5)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	tls = SSL_CTX_new(TLS_client_method());
	for (int gemini = 0; gemini < 2; gemini++) {
		double best = 1e9, sum = 0, ms;

		for (int i = 0; i < times; i++) {
			pid_t pid = start(argv, gemini, &ms);

			best = ms < best ? ms : best;
			sum += ms;
			if (gemini && i == times - 1) {
				sleep(1);
				print_family(pid);
			}
			kill(pid, SIGTERM);
			waitpid(pid, NULL, 0);
		}
		printf("from exec to the first answer over %s: %.1f ms at best, %.1f on average "
		       "(50)\n",
			gemini ? "Gemini" : "Gopher", best, sum / times);
	}
	SSL_CTX_free(tls);
	return 0;
}
