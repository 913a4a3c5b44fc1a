/* A fabric for one test: built in namespaces of its own, driven from the test's code. */
#pragma once
#include <event2/event.h>

#include "base/json.h"
#include "base/str.h"
#include "base/test.h"
#include "core/topology/topology.h"
#include "engine/fabric/fabric.h"

struct world {
	struct event_base *events;
	struct fabric *fabric;
	char *state_dir;
	int host_fd;
	int failed;
	unsigned outside_443, outside_80; /* accepted connections */
};
extern struct world world; /* of the process inside the fabric */

#define EXPECT(cond)                                                                               \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			world.failed = 1;                                                          \
			test_fail(__FILE__, __LINE__, "%s", #cond);                                \
		}                                                                                  \
	} while (0)
#define EXPECT_STR(got, want)                                                                      \
	do {                                                                                       \
		const char *got_ = (got), *want_ = (want);                                         \
		if (!str_eq(got_, want_)) {                                                        \
			world.failed = 1;                                                          \
			test_check_str(__FILE__, __LINE__, #got, got_, want_);                     \
		}                                                                                  \
	} while (0)
#define EXPECT_INT(got, want)                                                                      \
	do {                                                                                       \
		long long got_ = (got), want_ = (want);                                            \
		if (got_ != want_) {                                                               \
			world.failed = 1;                                                          \
			test_check_int(__FILE__, __LINE__, #got, got_, want_);                     \
		}                                                                                  \
	} while (0)
#define EXPECT_OK(call, e)                                                                         \
	do {                                                                                       \
		if ((call) != 0) {                                                                 \
			world.failed = 1;                                                          \
			test_fail(__FILE__, __LINE__, "%s: %s", #call, (e).text);                  \
		}                                                                                  \
	} while (0)

/* Runs the loop until the condition holds; long enough for any machine, so only a failure waits. */
#define EXPECT_SOON(cond)                                                                          \
	do {                                                                                       \
		double end_ = now_ms() + TEST_PATIENCE_MS;                                         \
		while (!(cond) && now_ms() < end_)                                                 \
			run_for(2);                                                                \
		EXPECT(cond);                                                                      \
	} while (0)
enum { TEST_PATIENCE_MS = 30000 };

#define FABRIC_TEST_DIR "/tmp/mpcup-fabric-test-" /* followed by the pid of the test */

/* Runs scenario() inside a new fabric; the current test fails when an EXPECT in it failed. */
void in_fabric(void (*scenario)(void));
/* Runs the loop until *flag or the time is over; whether it is set. */
bool wait_for(const bool *flag, int ms);
void run_for(int ms);
double now_ms(void);

struct test_task {
	struct fabric_task *task;
	bool ready, failed, gone, exited, oom;
	int code;
	char *why;
	struct buf lines; /* each followed by a newline */
	size_t line_count;
};
void task_start(struct test_task *t, const char *vpc, const char *eni, const char *address);
/* The answer; caller's. request is consumed. */
json_t *task_ask(struct test_task *t, json_t *request);
/* "result" of a connect; short: a time-out is what the test expects. */
const char *task_connect(struct test_task *t, const char *address, int port, bool short_patience);
#define EXPECT_CONNECT(t, address, port, want)                                                     \
	EXPECT_STR(task_connect(t, address, port, str_eq(want, "timeout")), want)
/* "10.0.0.1 10.0.0.2" or the error. */
const char *task_resolve(struct test_task *t, const char *name, bool short_patience);
#define EXPECT_RESOLVE(t, name, want)                                                              \
	EXPECT_STR(task_resolve(t, name, str_eq(want, "timeout")), want)
/* Kills it and waits until it is gone. */
void task_end(struct test_task *t);
/* Starts a container that runs a shell command; more: further members, consumed, may be NULL. */
json_t *task_shell(struct test_task *t, const char *name, const char *command, json_t *more);

/* Topologies step by step. */
struct topology_vpc *topology_new(const char *id, const char *cidr);
struct topology_subnet *add_subnet(struct topology_vpc *v, const char *id, const char *cidr);
struct topology_group *add_group(struct topology_vpc *v, const char *id);
/* peer: CIDR, sg-..., or "s3" */
void allow(struct topology_vpc *v, const char *group, bool ingress, int protocol, int from, int to,
	   const char *peer);
void revoke_all(struct topology_vpc *v, const char *group, bool ingress);
/* groups: separated by commas */
struct topology_interface *add_interface(struct topology_vpc *v, const char *id, const char *subnet,
					 const char *address, const char *groups);
void add_acl_entry(struct topology_vpc *v, const char *acl, bool egress, bool pass, int protocol,
		   int from, int to, const char *cidr);
void load(struct topology_vpc *v);
uint32_t ip(const char *text);
