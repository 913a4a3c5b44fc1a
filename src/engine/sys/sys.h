/* Danger has an address: all calls that make namespaces, mounts, links, packet filter rules,
 * cgroups and processes, and the file helpers that need care. Primitives without policy and without
 * an event loop: each call does one thing, blocks for microseconds to milliseconds, returns 0 or -1
 * with err. File descriptors that come out are the caller's and close-on-exec. Addresses: host byte
 * order. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/own.h"

/* ---- files ---------------------------------------------------------------------------------- */
/* Makes `path` and its parents; what exists already is fine. */
int sys_mkdir_all(const char *path, mode_t mode, struct err *err);
/* Readers see the old content or the new, never a part; the data is on disk when it returns. */
int sys_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct err *err);
/* Whole file of at most `most` bytes, NUL behind it; *ret is the caller's. ret_len may be NULL. */
int sys_read_file(const char *path, size_t most, char **ret, size_t *ret_len, struct err *err);
/* One write() to an existing file of /proc or a cgroup. */
int sys_write_control(const char *path, const char *text, struct err *err);
/* Opens a path below the directory `root`. beneath: a link or ".." that leads out is EXDEV; in_root:
 * it starts at root again, as for a process whose root this is. -1 with errno. */
int sys_open_beneath(int root, const char *path, int flags);
int sys_open_in_root(int root, const char *path, int flags);
/* $XDG_STATE_HOME/mpcup, else $HOME/.local/state/mpcup: made with mode 0700; caller frees. */
int sys_state_dir(char **ret, struct err *err);

/* ---- libraries ------------------------------------------------------------------------------ */
/* Where a function of the library goes: at is the address of a pointer to it. */
struct sys_symbol {
	const char *name;
	void *at;
};
/* Opens a shared library for good (its threads would not survive a dlclose()) and fills the pointers, all
 * or none. package: what to install when it is missing. */
int sys_library(const char *file, const char *package, const struct sys_symbol *symbols, size_t count,
		struct err *err);

/* ---- descriptors ------------------------------------------------------------------------------
 */
int sys_nonblocking(int fd);
/* Raises the soft limit of open files to the hard one. */
void sys_raise_files(void);
/* One message with at most 4 descriptors (borrowed). 0, or -1 with errno. */
int sys_send_fds(int sock, const void *data, size_t len, const int *fds, size_t count);
/* Bytes received (0: end), or -1 with errno. *count: room in, number out; the fds are the caller's.
 */
ssize_t sys_recv_fds(int sock, void *data, size_t len, int *fds, size_t *count);
/* Closes every descriptor above 2 except the `count` ones in keep. */
void sys_close_others(const int *keep, size_t count);

/* ---- processes --------------------------------------------------------------------------------
 */
enum {
	SYS_NEW_NET = 1,
	SYS_NEW_PID = 2,
	SYS_NEW_MOUNT = 4,
	SYS_NEW_IPC = 8,
	SYS_NEW_UTS = 16,
	SYS_SIBLING = 32, /* the child's parent is the caller's parent */
};
/* As fork() with new namespaces. Pid in the parent (and *ret_pidfd), 0 in the child, -1 with errno.
 * cgroup_fd: directory of the cgroup v2 that the child is born in; -1: the caller's. */
pid_t sys_clone(unsigned flags, int cgroup_fd, int *ret_pidfd);
int sys_pidfd_open(pid_t pid);
int sys_pidfd_signal(int pidfd, int signal);
/* Exit code as a shell says it: status or 128+signal. Blocks. */
int sys_pidfd_wait(int pidfd);
int sys_exit_code(int wait_status); /* of waitpid() */
/* SIGKILL to the caller when its parent ends (set it, then check that the parent still lives). */
void sys_die_with_parent(void);
/* Orphans below the caller become its children. */
void sys_adopt_orphans(void);
/* Not traceable, not readable through /proc by equals. */
void sys_hide_memory(void);

/* ---- namespaces -------------------------------------------------------------------------------
 */
/* New user, network, mount and (for the next child) pid namespaces; the caller's uid and gid become
 * 0. -1: err is one sentence with the cause and the switch to look at. */
int sys_isolate(struct err *err);
/* What `problem` (errno of a failed sys_isolate() step) means on this machine; static-free text. */
void sys_isolate_explain(const char *step, int problem, struct err *err);
/* First act of pid 1 behind sys_isolate(): mounts stay inside, own /proc. */
int sys_isolate_mounts(struct err *err);
/* Descriptor of the caller's network namespace. */
int sys_net_current(struct err *err);
/* Makes a network namespace and leaves the caller in it. */
int sys_net_new(struct err *err);
int sys_net_enter(int net_fd, struct err *err);
/* Joins pid, mount, ipc and uts namespaces of a process; pid counts for the next child. */
int sys_join(int pidfd, struct err *err);
int sys_hostname(const char *name, struct err *err);
/* Sets /proc/sys/net/<name> of the caller's network namespace. */
int sys_net_sysctl(const char *name, const char *value, struct err *err);

/* ---- network links (rtnetlink)
 * ------------------------------------------------------------------- */
/* A socket of the network namespace in which it was opened, for ever. Calls queue messages;
 * sys_netlink_commit() sends them in one write and reads all answers. */
struct sys_netlink;
struct sys_veth {
	const char *name, *peer_name; /* at most 15 bytes */
	uint32_t index, peer_index;
	uint8_t mac[6], peer_mac[6];
	int peer_net_fd; /* the peer's namespace, or -1: that of peer_pid */
	pid_t peer_pid;
};
enum { SYS_LOOPBACK = 1 }; /* index of lo in every namespace */
int sys_netlink_open(struct sys_netlink **ret, struct err *err);
void sys_netlink_close(struct sys_netlink *n);
/* This end is up at once; one queue each. */
void sys_netlink_veth(struct sys_netlink *n, const struct sys_veth *v);
void sys_netlink_up(struct sys_netlink *n, uint32_t index);
/* Without the route to its prefix. */
void sys_netlink_address(struct sys_netlink *n, uint32_t index, uint32_t address, unsigned bits);
/* gateway 0: on the link; source 0: the kernel's choice. An existing route is replaced. */
void sys_netlink_route(struct sys_netlink *n, uint32_t base, unsigned bits, uint32_t index,
		       uint32_t gateway, uint32_t source);
void sys_netlink_route_remove(struct sys_netlink *n, uint32_t base, unsigned bits, uint32_t index);
void sys_netlink_blackhole(struct sys_netlink *n, uint32_t base, unsigned bits);
/* Permanent: no ARP for it. */
void sys_netlink_neighbour(struct sys_netlink *n, uint32_t index, uint32_t address,
			   const uint8_t mac[6]);
int sys_netlink_commit(struct sys_netlink *n, struct err *err);
/* 1: operational (packets pass), 0: not yet or no such link. */
int sys_netlink_operational(struct sys_netlink *n, uint32_t index);

/* ---- packet filter (nf_tables, family ip) -------------------------------------------------------
 */
/* One table, replaced as a whole. Order: sys_nft_begin(); chains, counters, sets, rules; then
 * elements; sys_nft_commit(). One transaction while it fits the socket; behind that only elements
 * are spread over further ones (a table without its elements must be closed: policy drop). */
struct sys_nft;
enum sys_nft_verdict { SYS_NFT_ACCEPT, SYS_NFT_DROP, SYS_NFT_RETURN, SYS_NFT_JUMP, SYS_NFT_GOTO };
enum sys_nft_hook { SYS_NFT_INPUT, SYS_NFT_FORWARD };
int sys_nft_open(struct sys_nft **ret, struct err *err); /* in the caller's network namespace */
void sys_nft_close(struct sys_nft *n);
void sys_nft_begin(struct sys_nft *n, const char *table);
void sys_nft_chain(struct sys_nft *n, const char *name);
void sys_nft_base_chain(struct sys_nft *n, const char *name, enum sys_nft_hook hook); /* drops */
void sys_nft_counter(struct sys_nft *n, const char *name);
void sys_nft_set(struct sys_nft *n, const char *name); /* of addresses */
void sys_nft_map(struct sys_nft *n, const char *name); /* address -> verdict */
void sys_nft_element(struct sys_nft *n, const char *set, uint32_t address);
void sys_nft_element_goto(struct sys_nft *n, const char *map, uint32_t address, const char *chain);
/* A rule: its conditions, then what it does, in order. */
void sys_nft_rule(struct sys_nft *n, const char *chain);
void sys_nft_match_address(struct sys_nft *n, bool source, uint32_t base, unsigned bits, bool is);
void sys_nft_match_set(struct sys_nft *n, bool source, const char *set);
void sys_nft_match_protocol(struct sys_nft *n, uint8_t protocol);
void sys_nft_match_ports(struct sys_nft *n, uint16_t from, uint16_t to); /* destination */
void sys_nft_match_established(struct sys_nft *n);			 /* or related */
void sys_nft_count(struct sys_nft *n, const char *counter);
void sys_nft_do(struct sys_nft *n, enum sys_nft_verdict verdict, const char *chain);
void sys_nft_do_map(struct sys_nft *n, bool source, const char *map);
int sys_nft_commit(struct sys_nft *n, struct err *err);
/* Calls fn for each counter of the table. */
int sys_nft_counters(struct sys_nft *n, const char *table,
		     void (*fn)(void *ctx, const char *name, uint64_t packets), void *ctx,
		     struct err *err);

/* ---- a container's view of the machine
 * ----------------------------------------------------------- */
/* All of it in the container's own mount namespace, before sys_confine(). `root` descriptors name
 * directories of the root under construction; paths in them are resolved inside it (openat2). */
struct sys_mount_source {
	const char *path;
	const char *below; /* path starts with it: what follows must not pass a symbolic link */
	bool read_only;
};
/* A fresh tmpfs of at most `size_bytes` mounted at `at` (a directory of the caller's tree). */
int sys_mount_tmpfs(const char *at, uint64_t size_bytes, const char *mode, struct err *err);
/* Image directory with a private writable layer in `scratch` (on a tmpfs), mounted at `at`. */
int sys_mount_overlay(const char *image, const char *scratch, const char *at, struct err *err);
/* Makes a directory (with parents) or an empty file inside root. */
int sys_root_mkdir(int root, const char *path, mode_t mode, struct err *err);
int sys_root_file(int root, const char *path, const void *data, size_t len, mode_t mode,
		  struct err *err);
/* Copies the file `source` (any path of the caller) into root. */
int sys_root_copy(int root, const char *path, const char *source, mode_t mode, struct err *err);
/* Binds source onto path of root, which is made as needed. No set-id, no devices (unless device).
 */
int sys_root_bind(int root, const char *path, const struct sys_mount_source *source, bool device,
		  struct err *err);
/* New /proc of the caller's pid namespace with the dangerous parts read-only or hidden, /dev with
 * null zero full random urandom and shm. */
int sys_root_kernel(int root, struct err *err);
/* Becomes the root of the caller; the old tree is gone. */
int sys_root_enter(const char *at, bool read_only, struct err *err);
/* A /proc of the caller's pid namespace that is mounted nowhere: a directory descriptor, or -1. */
int sys_proc_open(struct err *err);

/* The caller, mapped to uid 0, becomes the only user uid:gid of a user namespace of its own: what
 * belongs to uid 0 belongs to that user now. Needs a /proc; before sys_confine(). */
int sys_user(uint32_t uid, uint32_t gid, struct err *err);
/* No capabilities now or after exec, no_new_privs, no core files, and a system call filter that
 * refuses namespaces, mounts, tracing, keys, kernel programs and modules with EPERM. */
int sys_confine(struct err *err);

/* ---- cgroup v2 --------------------------------------------------------------------------------
 */
/* If the caller sits alone in a delegated cgroup v2 with memory and cpu controllers: moves it into
 * a leaf, switches the controllers on, returns a directory descriptor of the delegated one. -1: not
 * delegated (no error: limits are then watched or not enforced). */
int sys_cgroup_delegated(void);
/* Makes `name` below and sets limits (0: none; cpu_units: 1024 = one CPU). Directory descriptor. */
int sys_cgroup_make(int delegated, const char *name, uint64_t memory_bytes, uint64_t cpu_units,
		    struct err *err);
bool sys_cgroup_was_oom(int cgroup);
void sys_cgroup_remove(int delegated, const char *name);
