/* A TAP runner: TEST() registers through a constructor, CHECK_* report file:line and go on. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void test_register(const char *group, const char *name, void (*run)(void));
/* Says that the current test cannot run here; CI counts it as a failure. */
void test_skip(const char *why);
void test_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void test_check_str(const char *file, int line, const char *what, const char *got,
		    const char *want);
void test_check_int(const char *file, int line, const char *what, long long got, long long want);
/* Directory of the sources (from the environment variable MPCUP_SOURCE_ROOT, else "."). */
const char *test_source_root(void);
/* Whole file below the source root, NUL-terminated; caller frees; fails the test and returns NULL
 * when it is not there. */
char *test_read_file(const char *path, size_t *ret_len);

/* A TCP port of the loopback that nobody has; below those that the kernel gives to clients, none of
 * whose connections can take it before its user binds it. */
uint16_t test_free_port(void);

/* clang-format off */
#define TEST(group, name)                                                                         \
	static void test_##group##_##name(void);                                                  \
	__attribute__((constructor)) static void test_reg_##group##_##name(void)                  \
	{ test_register(#group, #name, test_##group##_##name); }                                  \
	static void test_##group##_##name(void)
#define CHECK(cond) do { if (!(cond)) test_fail(__FILE__, __LINE__, "%s", #cond); } while (0)
#define CHECK_STR(got, want) test_check_str(__FILE__, __LINE__, #got, got, want)
#define CHECK_INT(got, want) test_check_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
/* Checks that a call returned 0 and prints the error text when it did not. */
#define CHECK_OK(call, e) do { if ((call) != 0) test_fail(__FILE__, __LINE__, "%s: %s", #call, (e).text); } while (0)
/* clang-format on */
