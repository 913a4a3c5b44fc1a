/* The network of the local AWS, rootless (shared fabric.md): a router namespace per VPC, a namespace
 * per interface, security groups and ACLs as nf_tables rules, a resolver at base+2, an "outside"
 * that answers for registries and AWS APIs, tasks in namespaces of their own.
 * Runs inside the fabric's own user, mount, pid and network namespaces; single-threaded on the
 * event loop. Nothing here ever leaves the machine. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/json.h"
#include "core/topology/topology.h"

struct fabric;
struct event_base;

/* Forks the processes of fabric.md section 11. In the child (pid 1 of its namespaces) `body` runs and
 * its return value is the exit code. The parent (host side) stays in the host's network namespace,
 * owns listeners on the host's loopback and serves requests to open more of them. Returns the exit
 * code of the body. -1 with err when namespaces cannot be made: err names the cause and next step
 * (sysctl, AppArmor, seccomp). Must be called before any thread exists.
 * host_fd (argument of body): channel to the host side for fabric_new(). */
int fabric_enter(int (*body)(void *ctx, int host_fd), void *ctx, struct err *err);

struct fabric_options {
	struct event_base *events;
	int host_fd; /* from fabric_enter() */
	const char *state_dir; /* file systems below <state_dir>/efs are reached from tasks through it */
	/* Answers DNS of a VPC; rcode as DNS: 0 with addresses (may be empty: NODATA), 3 NXDOMAIN,
	 * 5 REFUSED. addresses: host byte order, room for 64. */
	int (*resolve)(void *ctx, const char *vpc, uint32_t asker, const char *name,
		       uint32_t addresses[64], size_t *ret_count, unsigned *ret_ttl);
	/* A connection accepted in the outside namespace or at a VPC endpoint (fd is the callee's).
	 * port: 443 or 80. */
	void (*outside)(void *ctx, int fd, uint16_t port);
	void (*log)(void *ctx, const char *line);
	void *ctx;
};
int fabric_new(const struct fabric_options *o, struct fabric **ret, struct err *err);
/* Ends all tasks without their events. Not from within a callback of the fabric. */
void fabric_free(struct fabric *f);

/* Addresses of the outside world as tasks see them (host byte order). */
uint32_t fabric_outside_api(void);	/* every AWS API and registry name resolves to it */
uint32_t fabric_outside_s3(void);	/* S3 names: also reachable through an S3 gateway; what S3
					 * prefix lists in group rules mean */

/* ---- VPCs ------------------------------------------------------------------------------------- */
int fabric_vpc_add(struct fabric *f, const char *vpc, uint32_t base, unsigned bits,
		   struct err *err);
/* Its interfaces and forwards go too; its tasks are killed (`gone` follows for each). */
void fabric_vpc_remove(struct fabric *f, const char *vpc);
/* Replaces all rules (groups, members, ACLs, ways out, S3 gateways) of the VPC in one transaction.
 * Established connections stay, new ones follow the new rules. Interfaces named in it need not exist
 * in the fabric yet. */
int fabric_vpc_rules(struct fabric *f, const struct topology_vpc *vpc, struct err *err);
/* Packet counters of drops: object group id -> {"ingress": n, "egress": n}; caller's. */
json_t *fabric_vpc_counters(struct fabric *f, const char *vpc);
/* Packet counters of the rules that let through (those with an id): object rule id -> packets. What
 * belongs to a connection passes before the rules are asked, so this counts the packets that open one; caller's. */
json_t *fabric_vpc_passed(struct fabric *f, const char *vpc);

/* ---- interfaces that the daemon itself serves (mount targets, endpoints) ------------------------- */
int fabric_interface_add(struct fabric *f, const char *vpc, const char *eni, uint32_t address,
			 struct err *err);
void fabric_interface_remove(struct fabric *f, const char *eni);
/* Listens inside the interface's namespace; each accepted fd goes to fn (callee's). All accepted
 * descriptors of this header are non-blocking and close-on-exec. */
int fabric_interface_listen(struct fabric *f, const char *eni, uint16_t port,
			    void (*fn)(void *ctx, int fd), void *ctx, struct err *err);
/* Answers ONC-RPC NULL on TCP 2049 (the mount helper's first question). */
int fabric_interface_serve_nfs(struct fabric *f, const char *eni, struct err *err);

/* ---- loopback forwards --------------------------------------------------------------------------- */
/* Listens on 127.0.0.1 of the host (port 0: any; want is tried first, else any) and forwards each
 * connection to address:port inside the VPC (from the router: security groups do not apply).
 * 0: *ret_port. The forward ends with fabric_forward_remove(). */
int fabric_forward_add(struct fabric *f, const char *vpc, uint32_t address, uint16_t port,
		       uint16_t want, uint16_t *ret_port, struct err *err);
void fabric_forward_remove(struct fabric *f, uint16_t host_port);

/* ---- this program, where the user is ---------------------------------------------------------------- */
/* Starts this very program with arguments (NULL-terminated) outside of the fabric's namespaces, where the
 * endpoint and the forwards are reached like by any command. settings: NAME=VALUE for its environment,
 * NULL-terminated. 0: *ret_output and *ret_errors are the caller's, non-blocking; their end is the
 * program's. It ends with the daemon. */
int fabric_command(struct fabric *f, const char *const *settings, const char *const *arguments, int *ret_output,
	       int *ret_errors, struct err *err);

/* ---- tasks ------------------------------------------------------------------------------------------ */
/* A task is a namespace set with the interface `eni` and an agent process as its init. The agent
 * carries out requests one at a time in order, each answered once through `reply` (body borrowed):
 *   {"op":"resolve","name":N,"timeout_ms":T}  -> {"addresses":["10.0.2.5"]} | {"error":"nxdomain"|"timeout"|"refused"}
 *   {"op":"connect","address":A,"port":P,"timeout_ms":T} -> {"result":"ok"|"refused"|"timeout"|"unreachable"|"reset"}
 *   {"op":"nfs","address":A,"timeout_ms":T}   -> {"result": as connect}  (TCP 2049 and RPC NULL)
 *   {"op":"start","container":{
 *       "name", "root":"minimal"|"<absolute path of an unpacked image>", "argv":[..] (argv[0]
 *       "mpcup" runs this very program), "environment":{..}, "directory":"/app", "hostname",
 *       "mounts":[{"source":"<host path>","target":"/data","read_only":bool}],
 *       "read_only_root":bool, "init":bool (an init that forwards signals and reaps),
 *       "uid":n, "gid":n (the only user that there is in the container; 0),
 *       "nofile_soft":n, "nofile_hard":n, "memory_bytes":n (0: none), "cpu_units":n }}
 *                                              -> {"started":true} | {"error":"text"}
 *   {"op":"exec","container":name,"argv":[..],"timeout_ms":T} -> {"exit":code} | {"error":"timeout"|text}
 *   {"op":"signal","container":name,"signal":15} -> {}
 * `signal` and `exec` do not wait behind other requests (a slow health check does not hold up a stop).
 * Requests may be made before `ready`; those open when the task ends are answered with {"error":..}.
 * Containers share the network namespace; each has its own pid, mount, ipc and uts namespaces, no
 * capabilities, no_new_privs. Secrets in "environment" travel over the socket only and are wiped. */
struct fabric_task;
struct fabric_task_events {
	void (*ready)(void *ctx);	/* interface up, the agent takes requests */
	void (*failed)(void *ctx, const char *why); /* never became ready */
	/* A line of stdout/stderr without its newline. */
	void (*line)(void *ctx, const char *container, const char *text, size_t len);
	/* code: exit status, or 128+signal. oom: killed for memory. */
	void (*exited)(void *ctx, const char *container, int code, bool oom);
	/* Comes exactly once, last; before it `exited` (137) for containers that still ran, and
	 * `failed` if the task never was ready. After `failed` no call is needed: it ends itself. */
	void (*gone)(void *ctx); /* the agent and all its processes are gone; the handle is invalid after */
	void *ctx;
};
int fabric_task_start(struct fabric *f, const char *vpc, const char *eni, uint32_t address,
		      unsigned prefix_bits, const struct fabric_task_events *events,
		      struct fabric_task **ret, struct err *err);
void fabric_task_request(struct fabric_task *t, const json_t *request,
			 void (*reply)(void *ctx, const json_t *body), void *ctx);
/* SIGKILL to everything in the task; `gone` follows. */
void fabric_task_kill(struct fabric_task *t);
/* What this machine enforces: {"memory":"cgroup"|"watchdog"|"none","cpu":"cgroup"|"none"}; caller's. */
json_t *fabric_limits(struct fabric *f);

/* The container's init: `mpcup container-init PROGRAM ARGUMENT...` runs this with argv of the program.
 * Returns the exit code. */
#define FABRIC_INIT_WORD "container-init"
int fabric_container_init(char **argv);
