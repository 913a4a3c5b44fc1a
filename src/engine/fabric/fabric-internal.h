/* What the files of this room share. Never leaves the room. */
#pragma once
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/json.h"
#include "base/own.h"
#include "base/str.h"
#include "engine/fabric/fabric.h"
#include "engine/sys/sys.h"

static inline void own_drop_event(struct event **e)
{
	if (*e)
		event_free(*e);
}

/* ---- host side (fabric-enter.c)
 * ------------------------------------------------------------------ */
/* Listener on 127.0.0.1 of the host: `want` if free, else any. Descriptor, or -1. */
int fabric_host_listen(int host_fd, uint16_t want, uint16_t *ret_port, struct err *err);
/* fabric_command(); output and errors in ret_fds, blocking. */
int fabric_host_run(int host_fd, const char *const *settings, const char *const *arguments, int ret_fds[2],
		    struct err *err);
/* Directory of the delegated cgroup, or -1: there is none. */
int fabric_host_cgroup(int host_fd);

/* ---- listeners (fabric-listen.c)
 * ------------------------------------------------------------------ */
/* Accepts on a loop; chain of them hangs on what they serve. */
struct listener;
typedef void (*accept_fn)(void *ctx, int fd, uint32_t peer);
/* fd becomes the listener's. Puts it in front of *list. */
void fabric_listener_add(struct listener **list, struct event_base *events, int fd, accept_fn fn,
			 void *ctx);
void fabric_listeners_free(struct listener **list);
/* TCP listener at address:port in the namespace the caller is in; address 0: any. */
int fabric_listener_open(uint32_t address, uint16_t port, struct err *err);

/* ---- VPCs (fabric.c)
 * -------------------------------------------------------------------------------- */
struct vpc {
	struct vpc *next;
	struct fabric *fabric;
	char *id;
	uint32_t base;
	unsigned bits;
	int router;		   /* its network namespace */
	struct sys_netlink *links; /* sockets of the router's namespace */
	struct sys_nft *filter;
	uint32_t next_index;
	int outside; /* network namespace of the outside world */
	struct listener *outside_listeners;
	struct resolver *resolver;
	json_t *dropped; /* packets of earlier tables: group -> {ingress, egress} */
	json_t *chains;	 /* of the loaded table: counter -> [groups] */
	json_t *passed;	 /* new connections let through under earlier tables: rule -> packets, of rules that are loaded */
};

struct served; /* an interface that the daemon serves */

struct fabric {
	struct fabric_options o;
	char *state_dir;
	int home; /* the daemon's network namespace */
	int cgroup;
	struct vpc *vpcs;
	struct served *served;
	struct forward *forwards;
	struct spawner *spawner;
	struct fabric_task *tasks;
	uint32_t next_task;
};

struct vpc *fabric_vpc_find(const struct fabric *f, const char *id);
void fabric_log(const struct fabric *f, const char *fmt, ...) ERR_FMT(2, 3);
/* Between the two the process is in another network namespace; nothing may wait there. */
int fabric_net_enter(const struct fabric *f, int net_fd, struct err *err);
void fabric_net_leave(const struct fabric *f);

enum { ETHERNET_INDEX = 2 }; /* eth0 in every namespace that we make */
static inline uint32_t vpc_gateway(uint32_t base)
{
	return base + 1;
}
static inline uint32_t vpc_resolver(uint32_t base)
{
	return base + 2;
}
/* veth to a namespace (net_fd, or that of pid): router end up, routed, with neighbour. *ret_index
 * is the router's end. */
int fabric_vpc_connect(struct vpc *v, uint32_t address, const char *name, int net_fd, pid_t pid,
		       uint32_t *ret_index, struct err *err);
/* The other end, called inside the namespace: lo, eth0, its addresses, default route. */
int fabric_interface_configure(const uint32_t *addresses, size_t count, unsigned bits,
			       uint32_t gateway, struct err *err);
/* Settings of a namespace, before an interface comes in. */
int fabric_interface_prepare(struct err *err);

/* ---- packet filter (fabric-rules.c)
 * ------------------------------------------------------------------ */
/* A table that lets nothing through. */
int fabric_rules_close(struct vpc *v, struct err *err);

/* ---- resolver (fabric-resolver.c)
 * -------------------------------------------------------------------- */
struct resolver;
int fabric_resolver_new(struct vpc *v, struct resolver **ret,
			struct err *err); /* in the router's namespace */
void fabric_resolver_free(struct resolver *r);

/* ---- NFS (fabric-nfs.c)
 * -------------------------------------------------------------------------------- */
/* Answers RPC on an accepted connection until it ends. The connections of an interface hang on
 * list. */
struct nfs_connection;
void fabric_nfs_serve(struct nfs_connection **list, struct event_base *events, int fd);
void fabric_nfs_free_all(struct nfs_connection **list);

/* ---- forwards (fabric-forward.c)
 * --------------------------------------------------------------------------- */
void fabric_forwards_free(struct fabric *f, const struct vpc *of); /* NULL: all */

/* ---- spawner (fabric-spawner.c)
 * ----------------------------------------------------------------------- */
struct spawner;
int fabric_spawner_new(struct fabric *f, struct spawner **ret, struct err *err);
void fabric_spawner_free(struct spawner *s);
/* Starts an agent on `sock` (borrowed). fabric_spawner_done() in fabric-task.c gets the answer. */
int fabric_spawner_request(struct spawner *s, uint32_t task, int sock);
void fabric_spawner_done(struct fabric *f, uint32_t task, pid_t pid, int pidfd, int problem);
void fabric_spawner_lost(struct fabric *f);

/* ---- tasks (fabric-task.c, fabric-container-log.c)
 * ------------------------------------------------------ */
void fabric_tasks_free(struct fabric *f);
void fabric_tasks_leave_vpc(struct fabric *f, const struct vpc *v);

/* ---- agent: runs in the task's namespaces (agent*.c)
 * ------------------------------------------------- */
void fabric_agent_main(int sock) __attribute__((noreturn));
