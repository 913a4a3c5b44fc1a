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
	uint64_t nofile_soft, nofile_hard, memory_bytes;
	pid_t pid;
	int pidfd;
	bool oom;
};
/* 0: *ret is the caller's; -1: err says what is wrong with the description. */
int fabric_agent_container_parse(const json_t *description, const struct agent_settings *s,
				 struct agent_container **ret, struct err *err);
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
