#include "process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/str.h"
#include "base/test.h"

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void test_pause(int ms)
{
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&pause, NULL);
}

static _Noreturn void child(int (*run)(int argc, char **argv), char **argv,
			    const char *const *environment, int output)
{
	int argc = 0;

	dup2(output, 1);
	dup2(output, 2);
	clearenv();
	for (size_t i = 0; environment[i]; i++)
		putenv(str_dup(environment[i]));
	while (argv[argc])
		argc++;
	argc = run(argc, argv);
	fflush(NULL);
	_exit(argc);
}

void process_start(struct process *p, int (*run)(int argc, char **argv), char **argv,
		   const char *const *environment)
{
	int ends[2];

	*p = (struct process){ .output = -1, .code = -1 };
	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	p->pid = fork();
	if (p->pid == 0)
		child(run, argv, environment, ends[1]);
	close(ends[1]);
	p->output = ends[0];
}

/* false: the output has ended or nothing came in time. */
static bool read_more(struct process *p, int timeout_ms)
{
	struct pollfd ready = { p->output, POLLIN, 0 };
	char chunk[4096];
	ssize_t got;

	if (poll(&ready, 1, timeout_ms) <= 0)
		return false;
	got = read(p->output, chunk, sizeof(chunk));
	if (got <= 0)
		return false;
	p->text = mem_grow(p->text, p->len + (size_t)got + 1, 1);
	memcpy(p->text + p->len, chunk, (size_t)got);
	p->len += (size_t)got;
	p->text[p->len] = 0;
	return true;
}

bool process_says(struct process *p, const char *words, int timeout_ms)
{
	int64_t until = now_ms() + timeout_ms;

	while (!p->text || !strstr(p->text, words)) {
		int64_t left = until - now_ms();

		if (left <= 0 || !read_more(p, (int)left))
			return p->text && strstr(p->text, words);
	}
	return true;
}

void process_drain(struct process *p)
{
	while (p->output >= 0 && read_more(p, 0))
		;
}

int process_wait(struct process *p, int timeout_ms)
{
	int64_t until = now_ms() + timeout_ms;
	int status;

	while (now_ms() < until) {
		read_more(p, 0);
		if (waitpid(p->pid, &status, WNOHANG) == p->pid) {
			while (read_more(p, 0))
				;
			p->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
			return p->code;
		}
		test_pause(2);
	}
	return -1;
}

int process_stop(struct process *p, int signal)
{
	kill(p->pid, signal);
	return process_wait(p, PATIENCE_MS);
}

void process_free(struct process *p)
{
	if (p->pid > 0 && p->code < 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	if (p->output >= 0)
		close(p->output);
	free(p->text);
	*p = (struct process){ .output = -1, .code = 0 };
}

char *test_directory(void)
{
	char *path = str_dup("/tmp/mpcup-test-nodes-XXXXXX");

	CHECK(mkdtemp(path) != NULL);
	return path;
}

void test_remove_directory(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		OWN(str) char *below = str_printf("%s/%s", path, entry->d_name);

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (unlink(below) < 0)
			test_remove_directory(below);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

static char *exchange(uint16_t port, const char *request, size_t len)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	struct timeval patience = { .tv_sec = 20 };
	OWN(fd) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	OWN(buf) struct buf b = { 0 };
	char chunk[4096];
	ssize_t got;

	at.sin_port = htons(port);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return NULL;
	if (write(fd, request, len) != (ssize_t)len)
		return NULL;
	while ((got = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(&b, chunk, (size_t)got);
	return b.len ? buf_take(&b) : NULL;
}

static char *body_of(char *answer, int *ret_status)
{
	const char *body = answer ? strstr(answer, "\r\n\r\n") : NULL;

	if (ret_status)
		*ret_status = answer && str_starts(answer, "HTTP/1.1 ") ? atoi(answer + 9) : 0;
	return body ? str_dup(body + 4) : NULL;
}

char *test_get(uint16_t port, const char *path, int *ret_status)
{
	OWN(str)
	char *request =
		str_printf("GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
	OWN(str) char *answer = exchange(port, request, strlen(request));

	return body_of(answer, ret_status);
}

json_t *test_post_json(uint16_t port, const json_t *body)
{
	OWN(str) char *text = json_text(body);
	OWN(str)
	char *request = str_printf("POST / HTTP/1.1\r\nHost: localhost\r\nConnection: "
				   "close\r\nContent-Type: application/json\r\n"
				   "Content-Length: %zu\r\n\r\n%s",
				   strlen(text), text);
	OWN(str) char *answer = exchange(port, request, strlen(request));
	OWN(str) char *answer_body = body_of(answer, NULL);

	return answer_body ? json_loads(answer_body, 0, NULL) : NULL;
}
