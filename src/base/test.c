#include "base/test.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

struct test {
	const char *group, *name;
	void (*run)(void);
};

static struct test tests[4096];
static size_t test_count;
static unsigned failures;
static const char *skipped;

void test_register(const char *group, const char *name, void (*run)(void))
{
	if (test_count == sizeof(tests) / sizeof(tests[0]))
		abort();
	tests[test_count++] = (struct test){ group, name, run };
}

void test_skip(const char *why)
{
	skipped = why;
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	char *text = NULL;

	failures++;
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	/* TAP: each line of a comment begins with a hash, or the reader drops it */
	printf("# %s:%d: ", file, line);
	for (const char *c = text; *c; c++)
		*c == '\n' ? (void)fputs("\n#   ", stdout) : (void)putchar(*c);
	putchar('\n');
	free(text);
}

void test_check_str(const char *file, int line, const char *what, const char *got, const char *want)
{
	if (got == want || (got && want && !strcmp(got, want)))
		return;
	test_fail(file, line, "%s\ngot  %s\nwant %s", what, got ? got : "(null)",
		  want ? want : "(null)");
}

void test_check_int(const char *file, int line, const char *what, long long got, long long want)
{
	if (got != want)
		test_fail(file, line, "%s: got %lld, want %lld", what, got, want);
}

uint16_t test_free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	const int yes = 1;

	for (;;) {
		uint16_t port = 0;
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		bool free_now;

		if (fd < 0 || getrandom(&port, sizeof(port), 0) != sizeof(port))
			abort();
		port = (uint16_t)(12000 + port % 20000);
		at.sin_port = htons(port);
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
		free_now = bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
		(void)close(fd);
		if (free_now)
			return port;
	}
}

const char *test_source_root(void)
{
	const char *root = getenv("MPCUP_SOURCE_ROOT");

	return root ? root : ".";
}

char *test_read_file(const char *path, size_t *ret_len)
{
	char full[4096];
	char *data = NULL;
	size_t len = 0, got;
	FILE *file;

	(void)snprintf(full, sizeof(full), "%s/%s", test_source_root(), path);
	file = fopen(full, "re");
	if (!file) {
		test_fail(path, 0, "cannot open %s", full);
		return NULL;
	}
	do {
		char *more = realloc(data, len + 65537);

		if (!more)
			abort();
		data = more;
		got = fread(data + len, 1, 65536, file);
		len += got;
	} while (got);
	(void)fclose(file);
	data[len] = '\0';
	if (ret_len)
		*ret_len = len;
	return data;
}

/* One argument: only tests whose "group.name" contains it. */
int main(int argc, char **argv)
{
	unsigned bad = 0, run = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < test_count; i++) {
		char name[512];

		(void)snprintf(name, sizeof(name), "%s.%s", tests[i].group, tests[i].name);
		if (argc > 1 && !strstr(name, argv[1]))
			continue;
		failures = 0;
		skipped = NULL;
		tests[i].run();
		run++;
		if (failures)
			bad++;
		printf("%sok %u - %s%s%s\n", failures ? "not " : "", run, name,
		       skipped ? " # SKIP " : "", skipped ? skipped : "");
	}
	printf("1..%u\n", run);
	return bad ? 1 : 0;
}
