/* The agent inside a task: probes of the network and containers. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/json.h"

struct agent_settings {
	uint32_t address, gateway, resolver;
	unsigned bits;
	char *state_dir;
};

/* ---- probes (agent-probe.c): block up to their timeout; run in processes of their own
 * ------------- */
/* Answer of the operations resolve, connect and nfs; caller's. */
json_t *fabric_agent_probe(const struct agent_settings *s, const json_t *request);

/* ---- containers (agent-container.c)
 * ------------------------------------------------------------------ */
struct agent_mount {
	char *source, *target;
	bool read_only;
};
struct agent_container {
	uint32_t id; /* of the request that started it */
	char *name, *root, *directory, *hostname;
	char **argv, **environment; /* NULL-terminated */
	struct agent_mount *mounts;
	size_t mount_count;
	bool read_only_root, init;
	uint32_t uid, gid;
	uint64_t nofile_soft, nofile_hard, memory_bytes;
	pid_t pid;
	int pidfd;
	bool oom;
};
/* 0: *ret is the caller's; -1: err says what is wrong with the description. */
int fabric_agent_container_parse(const json_t *description, const struct agent_settings *s,
				 struct agent_container **ret, struct err *err);
/* The other way: what an init needs to run it in `root`. The caller's. */
json_t *fabric_agent_container_describe(const struct agent_container *c, const char *root);
void fabric_agent_container_free(struct agent_container *c); /* wipes the environment */
/* Starts it: output goes to the pipe `output`, it is born in the cgroup (-1: none). */
int fabric_agent_container_start(struct agent_container *c, const struct agent_settings *s,
				 int output, int cgroup, struct err *err);
/* Runs argv inside a running container and waits: exit code, or -1 with err ("timeout"). */
int fabric_agent_container_exec(const struct agent_container *c, char *const *argv, int timeout_ms,
				struct err *err);
/* Resident anonymous and shared memory of all its processes. proc: sys_proc_open(). */
uint64_t fabric_agent_container_memory(int proc, const struct agent_container *c);
/* Array of text as a NULL-terminated list (caller's, strings_free), NULL: it is something else. */
char **fabric_agent_strings(const json_t *array);
void fabric_agent_strings_free(char **strings);

/* ---- processes of a container (container-process.c, container-init.c): in the child
 * ------------------------------------------------------------------------------------------ */
enum { FABRIC_EXEC_FAILED = 255 };
#define FABRIC_INIT_ENTER "--enter" /* first argument of an init that goes into its root itself */
void fabric_default_signals(void);
/* SIG_BLOCK: SIGTERM and SIGINT wait. Process 1 without a handler never sees them otherwise, and a task that
 * is stopped while it starts would take its whole stopTimeout. The built-in programs and the init let them
 * through (SIG_UNBLOCK) once they listen. */
void fabric_hold_signals(int how);
/* No input; output to the descriptor, or nowhere (-1). */
int fabric_standard_files(int output);
/* Descriptors (but `keep`) and rights go; the user and the directory are those of the container. */
int fabric_confine(const struct agent_container *c, int keep, struct err *err);
/* The program that argv[0] means, inside the root; the caller's. NULL: err is the engines' text. */
char *fabric_program_find(const struct agent_container *c, const char *program, struct err *err);
/* Only returns when there is no such program; errors closes when there is one. */
int fabric_run(const struct agent_container *c, char *const *argv, int errors, struct err *err);
