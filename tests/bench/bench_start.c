/* From exec to the first answer, with a catalog that is there: usage: bench_start PROGRAM CAPSULE
 * CATALOG CERTS [TIMES]. A Gopher client that tries again every tenth of a millisecond. Then the
 * private memory of each process, idle. */
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

static bool
answers(unsigned port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((unsigned short)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char byte;
	bool good = connect(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
		write(fd, "/\r\n", 3) == 3 && read(fd, &byte, 1) == 1;

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

int
main(int argc, char **argv)
{
	double best = 1e9, sum = 0;
	int times = argc > 5 ? atoi(argv[5]) : 5;

	if (argc < 5)
		return 2;
	for (int i = 0; i < times; i++) {
		char address[32];
		unsigned port = free_port();
		double began = now_ms();

		snprintf(address, sizeof address, "127.0.0.1:%u", port);
		pid_t pid = fork();

		if (pid == 0) {
			int null = open("/dev/null", O_RDWR);

			dup2(null, 2);
			execl(argv[1], argv[1], "serve", "-c", argv[2], "--catalog", argv[3],
				"--certs", argv[4], "--gemini", "off", "--finger", "off",
				"--workers", "2", "--gopher", address, (char *)NULL);
			_exit(127);
		}
		while (!answers(port) && now_ms() - began < 20000)
			nanosleep(&(struct timespec){ 0, 100000 }, NULL);
		double took = now_ms() - began;

		best = took < best ? took : best;
		sum += took;
		if (i == times - 1) {
			printf("from exec to the first answer: %.1f ms at best, %.1f on average "
			       "(50)\n",
				best, sum / times);
			sleep(1);
			print_family(pid);
		}
		kill(pid, SIGTERM);
		waitpid(pid, NULL, 0);
	}
	return 0;
}
