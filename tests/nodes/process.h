/* Runs node_main and localnet_main as processes of a test: own environment, captured output, ports
 * and home of their own. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/json.h"

struct process {
	pid_t pid;
	int output; /* stdout and stderr */
	char *text; /* what was read so far */
	size_t len;
	int code; /* exit code, or 128 + signal; -1: runs */
};
/* environment: "NAME=value" texts, NULL-terminated; nothing else is set. */
void process_start(struct process *p, int (*run)(int argc, char **argv), char **argv,
		   const char *const *environment);
/* Waits until the output has `words`; false after timeout_ms or at the end of the output. */
bool process_says(struct process *p, const char *words, int timeout_ms);
/* Reads what is there: a process whose pipe is full stands still. */
void process_drain(struct process *p);
/* Waits for the end. */
int process_wait(struct process *p, int timeout_ms);
int process_stop(struct process *p, int signal); /* sends it, then waits; exit code */
void process_free(struct process *p);		 /* kills what still runs */

char *test_directory(void);		      /* new, below /tmp; caller frees */
void test_remove_directory(const char *path);
void test_pause(int ms);
/* How long something that must happen may take: only a failure waits for it. */
enum { PATIENCE_MS = 60000 };
/* Waits until the condition holds, and fails the test when it never does. */
#define SOON(cond)                                                                                 \
	do {                                                                                       \
		for (int waited_ = 0; waited_ < PATIENCE_MS && !(cond); waited_ += 10)            \
			test_pause(10);                                                            \
		CHECK(cond);                                                                       \
	} while (0)
/* Body of an answer on 127.0.0.1, NULL when none came; *ret_status may be NULL. */
char *test_get(uint16_t port, const char *path, int *ret_status);
json_t *test_post_json(uint16_t port, const json_t *body);
