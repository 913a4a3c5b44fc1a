/* The fabric as a whole, its VPCs (router and outside) and the interfaces that the daemon serves.
 */
#include "engine/fabric/fabric.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/fabric/fabric-internal.h"

enum {
	OUTSIDE_API = 0xcb00710a, /* 203.0.113.10 (TEST-NET-3) */
	OUTSIDE_S3 = 0xcb00710b,
	LINK_LOCAL_RESOLVER = 0xa9fea9fd, /* 169.254.169.253 */
	LEAST_BITS = 8,
	MOST_BITS = 29,
	FIRST_INDEX = 16,
	LINK_POLLS = 250, /* of 200 us */
};

/* Where a listener of an interface passes its connections. */
struct pass {
	struct pass *next;
	void (*fn)(void *ctx, int fd);
	void *ctx;
};

struct served {
	struct served *next;
	struct vpc *vpc;
	char *eni;
	uint32_t address, index;
	int net;
	struct listener *listeners;
	struct pass *passes;
	struct nfs_connection *nfs;
};

uint32_t fabric_outside_api(void)
{
	return OUTSIDE_API;
}

uint32_t fabric_outside_s3(void)
{
	return OUTSIDE_S3;
}

void fabric_log(const struct fabric *f, const char *fmt, ...)
{
	char line[1200];
	va_list args;

	if (!f->o.log)
		return;
	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	f->o.log(f->o.ctx, line);
}

/* ---- the namespace the process is in
 * -------------------------------------------------------------- */

int fabric_net_enter(const struct fabric *f, int net_fd, struct err *err)
{
	(void)f;
	return sys_net_enter(net_fd, err);
}

void fabric_net_leave(const struct fabric *f)
{
	struct err err;

	/* Going on in a VPC's namespace would open the daemon's next socket there. */
	if (sys_net_enter(f->home, &err) < 0)
		abort();
}

int fabric_interface_prepare(struct err *err)
{
	static const char *const settings[][2] = {
		{ "ipv6/conf/all/disable_ipv6", "1" },
		{ "ipv6/conf/default/disable_ipv6", "1" },
		{ "ipv4/ip_unprivileged_port_start", "0" },
		{ "ipv4/ping_group_range", "0 0" },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		/* a kernel without IPv6 has nothing to switch off */
		if (sys_net_sysctl(settings[i][0], settings[i][1], err) < 0 && i > 1)
			return -1;
	return 0;
}

static void mac_of(uint32_t address, uint8_t mac[6])
{
	const uint8_t bytes[6] = { 0x0a,
				   0x58,
				   (uint8_t)(address >> 24),
				   (uint8_t)(address >> 16),
				   (uint8_t)(address >> 8),
				   (uint8_t)address };

	memcpy(mac, bytes, sizeof(bytes));
}

static const uint8_t router_mac[6] = { 0x0a, 0x57, 0, 0, 0, 1 };

int fabric_interface_configure(const uint32_t *addresses, size_t count, unsigned bits,
			       uint32_t gateway, struct err *err)
{
	struct sys_netlink *links = NULL;
	int result;

	if (sys_netlink_open(&links, err) < 0)
		return -1;
	sys_netlink_up(links, SYS_LOOPBACK);
	for (size_t i = 0; i < count; i++)
		sys_netlink_address(links, ETHERNET_INDEX, addresses[i], bits);
	sys_netlink_up(links, ETHERNET_INDEX);
	sys_netlink_neighbour(links, ETHERNET_INDEX, gateway, router_mac);
	sys_netlink_route(links, gateway, 32, ETHERNET_INDEX, 0, 0);
	sys_netlink_route(links, 0, 0, ETHERNET_INDEX, gateway, 0);
	result = sys_netlink_commit(links, err);
	sys_netlink_close(links);
	return result;
}

int fabric_vpc_connect(struct vpc *v, uint32_t address, const char *name, int net_fd, pid_t pid,
		       uint32_t *ret_index, struct err *err)
{
	struct sys_veth veth = { .name = name,
				 .peer_name = "eth0",
				 .index = v->next_index++,
				 .peer_index = ETHERNET_INDEX,
				 .peer_net_fd = net_fd,
				 .peer_pid = pid };

	memcpy(veth.mac, router_mac, sizeof(router_mac));
	mac_of(address, veth.peer_mac);
	sys_netlink_veth(v->links, &veth);
	sys_netlink_neighbour(v->links, veth.index, address, veth.peer_mac);
	sys_netlink_route(v->links, address, 32, veth.index, 0, vpc_gateway(v->base));
	if (sys_netlink_commit(v->links, err) < 0)
		return err_in(err, "interface %s", name);
	*ret_index = veth.index;
	return 0;
}

/* A packet sent before the link is operational is lost and costs its sender a second. */
static void wait_operational(struct sys_netlink *links, uint32_t index)
{
	const struct timespec moment = { .tv_nsec = 200000 };

	for (int i = 0; i < LINK_POLLS && !sys_netlink_operational(links, index); i++)
		(void)nanosleep(&moment, NULL);
}

/* ---- VPC: the outside
 * -------------------------------------------------------------------------------- */

static void on_outside_https(void *ctx, int fd, uint32_t peer)
{
	struct fabric *f = ctx;

	(void)peer;
	f->o.outside(f->o.ctx, fd, 443);
}

static void on_outside_http(void *ctx, int fd, uint32_t peer)
{
	struct fabric *f = ctx;

	(void)peer;
	f->o.outside(f->o.ctx, fd, 80);
}

static int outside_listen(struct vpc *v, struct err *err)
{
	static const struct {
		uint16_t port;
		accept_fn fn;
	} ports[] = { { 443, on_outside_https }, { 80, on_outside_http } };

	for (size_t i = 0; i < 2; i++) {
		int fd = fabric_listener_open(0, ports[i].port, err);

		if (fd < 0)
			return -1;
		fabric_listener_add(&v->outside_listeners, v->fabric->o.events, fd, ports[i].fn,
				    v->fabric);
	}
	return 0;
}

/* Runs in the outside's namespace. */
static int outside_inside(struct vpc *v, struct err *err)
{
	const uint32_t addresses[] = { OUTSIDE_API, OUTSIDE_S3 };
	uint8_t mac[6];
	uint32_t index;

	v->outside = sys_net_current(err);
	if (v->outside < 0 || fabric_interface_prepare(err) < 0 ||
	    fabric_vpc_connect(v, OUTSIDE_API, "outside", v->outside, 0, &index, err) < 0)
		return -1;
	mac_of(OUTSIDE_API, mac);
	sys_netlink_neighbour(v->links, index, OUTSIDE_S3, mac);
	sys_netlink_route(v->links, OUTSIDE_S3, 32, index, 0, vpc_gateway(v->base));
	if (sys_netlink_commit(v->links, err) < 0 ||
	    fabric_interface_configure(addresses, 2, 32, vpc_gateway(v->base), err) < 0)
		return -1;
	wait_operational(v->links, index);
	return outside_listen(v, err);
}

static int outside_make(struct vpc *v, struct err *err)
{
	int result;

	if (sys_net_new(err) < 0)
		return -1;
	result = outside_inside(v, err);
	fabric_net_leave(v->fabric);
	return result < 0 ? err_in(err, "outside of %s", v->id) : 0;
}

/* ---- VPC: the router
 * ------------------------------------------------------------------------------------ */

static int router_settings(struct err *err)
{
	static const char *const settings[][2] = {
		{ "ipv6/conf/all/disable_ipv6", "1" },
		{ "ipv6/conf/default/disable_ipv6", "1" },
		{ "ipv4/ip_forward", "1" },
		{ "ipv4/conf/all/rp_filter", "1" },
		{ "ipv4/conf/default/rp_filter", "1" },
		{ "ipv4/conf/all/send_redirects", "0" },
		{ "ipv4/conf/default/send_redirects", "0" },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (sys_net_sysctl(settings[i][0], settings[i][1], err) < 0 && i > 1)
			return -1;
	return 0;
}

/* What no interface has stays unanswered, as in AWS. */
static int router_addresses(struct vpc *v, struct err *err)
{
	sys_netlink_up(v->links, SYS_LOOPBACK);
	sys_netlink_address(v->links, SYS_LOOPBACK, vpc_gateway(v->base), 32);
	sys_netlink_address(v->links, SYS_LOOPBACK, vpc_resolver(v->base), 32);
	sys_netlink_address(v->links, SYS_LOOPBACK, LINK_LOCAL_RESOLVER, 32);
	sys_netlink_blackhole(v->links, v->base, v->bits);
	sys_netlink_blackhole(v->links, 0, 0);
	return sys_netlink_commit(v->links, err);
}

/* Runs in the router's namespace. */
static int router_inside(struct vpc *v, struct err *err)
{
	v->router = sys_net_current(err);
	if (v->router < 0 || router_settings(err) < 0 || sys_netlink_open(&v->links, err) < 0 ||
	    sys_nft_open(&v->filter, err) < 0)
		return -1;
	/* closed before anything can be connected */
	if (fabric_rules_close(v, err) < 0 || router_addresses(v, err) < 0)
		return -1;
	return fabric_resolver_new(v, &v->resolver, err);
}

static int router_make(struct vpc *v, struct err *err)
{
	int result;

	if (sys_net_new(err) < 0)
		return -1;
	result = router_inside(v, err);
	fabric_net_leave(v->fabric);
	return result < 0 ? err_in(err, "router of %s", v->id) : 0;
}

struct vpc *fabric_vpc_find(const struct fabric *f, const char *id)
{
	for (struct vpc *v = f->vpcs; v; v = v->next)
		if (!strcmp(v->id, id))
			return v;
	return NULL;
}

static void vpc_free(struct vpc *v)
{
	fabric_resolver_free(v->resolver);
	fabric_listeners_free(&v->outside_listeners);
	sys_netlink_close(v->links);
	sys_nft_close(v->filter);
	if (v->router >= 0)
		close(v->router);
	if (v->outside >= 0)
		close(v->outside);
	json_decref(v->dropped);
	json_decref(v->chains);
	json_decref(v->passed);
	free(v->id);
	free(v);
}

int fabric_vpc_add(struct fabric *f, const char *vpc, uint32_t base, unsigned bits, struct err *err)
{
	struct vpc *v;

	if (fabric_vpc_find(f, vpc))
		return err_set(err, ERR_INPUT, "%s exists", vpc);
	if (bits < LEAST_BITS || bits > MOST_BITS || base << bits)
		return err_set(err, ERR_INPUT, "%s: not a usable address range", vpc);
	v = NEW(struct vpc);
	v->fabric = f;
	v->id = str_dup(vpc);
	v->base = base;
	v->bits = bits;
	v->router = v->outside = -1;
	v->next_index = FIRST_INDEX;
	v->dropped = json_object();
	v->chains = json_object();
	v->passed = json_object();
	if (router_make(v, err) < 0 || outside_make(v, err) < 0) {
		vpc_free(v);
		return -1;
	}
	v->next = f->vpcs;
	f->vpcs = v;
	return 0;
}

/* ---- interfaces served by the daemon
 * --------------------------------------------------------------------- */

static struct served *served_find(const struct fabric *f, const char *eni)
{
	for (struct served *s = f->served; s; s = s->next)
		if (!strcmp(s->eni, eni))
			return s;
	return NULL;
}

static void served_free(struct served *s)
{
	fabric_listeners_free(&s->listeners);
	fabric_nfs_free_all(&s->nfs);
	while (s->passes) {
		struct pass *p = s->passes;

		s->passes = p->next;
		free(p);
	}
	if (s->net >= 0)
		close(s->net);
	free(s->eni);
	free(s);
}

static int served_inside(struct served *s, struct err *err)
{
	struct vpc *v = s->vpc;
	char name[16];

	s->net = sys_net_current(err);
	if (s->net < 0 || fabric_interface_prepare(err) < 0)
		return -1;
	(void)snprintf(name, sizeof(name), "eni%u", v->next_index);
	if (fabric_vpc_connect(v, s->address, name, s->net, 0, &s->index, err) < 0 ||
	    fabric_interface_configure(&s->address, 1, v->bits, vpc_gateway(v->base), err) < 0)
		return -1;
	wait_operational(v->links, s->index);
	return 0;
}

int fabric_interface_add(struct fabric *f, const char *vpc, const char *eni, uint32_t address,
			 struct err *err)
{
	struct vpc *v = fabric_vpc_find(f, vpc);
	struct served *s;
	int result;

	if (!v)
		return err_set(err, ERR_INPUT, "no VPC %s", vpc);
	if (served_find(f, eni))
		return err_set(err, ERR_INPUT, "interface %s exists", eni);
	if (!ip_in_cidr(address, v->base, v->bits))
		return err_set(err, ERR_INPUT, "the address of %s is not in %s", eni, vpc);
	s = NEW(struct served);
	s->vpc = v;
	s->eni = str_dup(eni);
	s->address = address;
	s->net = -1;
	result = sys_net_new(err);
	if (result == 0) {
		result = served_inside(s, err);
		fabric_net_leave(f);
	}
	if (result < 0) {
		served_free(s);
		return err_in(err, "interface %s", eni);
	}
	s->next = f->served;
	f->served = s;
	return 0;
}

/* The namespace lives on while somebody holds an accepted connection: cut its route as well. */
static void served_drop(struct served **at)
{
	struct served *s = *at;

	*at = s->next;
	sys_netlink_route_remove(s->vpc->links, s->address, 32, s->index);
	(void)sys_netlink_commit(s->vpc->links, NULL); /* an interface that took the address over */
	served_free(s);
}

void fabric_interface_remove(struct fabric *f, const char *eni)
{
	for (struct served **at = &f->served; *at; at = &(*at)->next)
		if (!strcmp((*at)->eni, eni)) {
			served_drop(at);
			return;
		}
}

static int served_listen(struct fabric *f, struct served *s, uint16_t port, accept_fn fn, void *ctx,
			 struct err *err)
{
	int fd;

	if (fabric_net_enter(f, s->net, err) < 0)
		return -1;
	fd = fabric_listener_open(0, port, err);
	fabric_net_leave(f);
	if (fd < 0)
		return err_in(err, "interface %s", s->eni);
	fabric_listener_add(&s->listeners, f->o.events, fd, fn, ctx);
	return 0;
}

static void on_pass(void *ctx, int fd, uint32_t peer)
{
	struct pass *p = ctx;

	(void)peer;
	p->fn(p->ctx, fd);
}

int fabric_interface_listen(struct fabric *f, const char *eni, uint16_t port,
			    void (*fn)(void *ctx, int fd), void *ctx, struct err *err)
{
	struct served *s = served_find(f, eni);
	struct pass *p;

	if (!s)
		return err_set(err, ERR_INPUT, "no interface %s", eni);
	p = NEW(struct pass);
	p->fn = fn;
	p->ctx = ctx;
	if (served_listen(f, s, port, on_pass, p, err) < 0) {
		free(p);
		return -1;
	}
	p->next = s->passes;
	s->passes = p;
	return 0;
}

static void on_nfs(void *ctx, int fd, uint32_t peer)
{
	struct served *s = ctx;

	(void)peer;
	fabric_nfs_serve(&s->nfs, s->vpc->fabric->o.events, fd);
}

int fabric_interface_serve_nfs(struct fabric *f, const char *eni, struct err *err)
{
	struct served *s = served_find(f, eni);

	if (!s)
		return err_set(err, ERR_INPUT, "no interface %s", eni);
	return served_listen(f, s, 2049, on_nfs, s, err);
}

void fabric_vpc_remove(struct fabric *f, const char *vpc)
{
	for (struct vpc **at = &f->vpcs; *at; at = &(*at)->next) {
		struct vpc *v = *at;

		if (strcmp(v->id, vpc) != 0)
			continue;
		*at = v->next;
		fabric_tasks_leave_vpc(f, v);
		fabric_forwards_free(f, v);
		for (struct served **s = &f->served; *s;)
			if ((*s)->vpc == v)
				served_drop(s);
			else
				s = &(*s)->next;
		vpc_free(v);
		return;
	}
}

/* ---- the fabric
 * ---------------------------------------------------------------------------------------------- */

static int fabric_start(struct fabric *f, struct err *err)
{
	OWN(str) char *root = str_printf("%s/root", f->state_dir);

	/* the place where each container mounts its root, in a mount namespace of its own */
	if (sys_mkdir_all(root, 0700, err) < 0)
		return -1;
	f->home = sys_net_current(err);
	if (f->home < 0)
		return -1;
	f->cgroup = fabric_host_cgroup(f->o.host_fd);
	return fabric_spawner_new(f, &f->spawner, err);
}

int fabric_new(const struct fabric_options *o, struct fabric **ret, struct err *err)
{
	struct fabric *f;

	if (o->state_dir[0] != '/')
		return err_set(err, ERR_BUG, "state_dir must be absolute");
	f = NEW(struct fabric);
	f->o = *o;
	f->state_dir = str_dup(o->state_dir);
	f->o.state_dir = f->state_dir;
	f->home = f->cgroup = -1;
	f->next_task = 1;
	if (fabric_start(f, err) < 0) {
		fabric_free(f);
		return err_in(err, "local network");
	}
	*ret = f;
	return 0;
}

void fabric_free(struct fabric *f)
{
	if (!f)
		return;
	fabric_tasks_free(f);
	while (f->vpcs)
		fabric_vpc_remove(f, f->vpcs->id);
	fabric_spawner_free(f->spawner);
	if (f->home >= 0)
		close(f->home);
	if (f->cgroup >= 0)
		close(f->cgroup);
	free(f->state_dir);
	free(f);
}

json_t *fabric_limits(struct fabric *f)
{
	return json_pack("{s:s, s:s}", "memory", f->cgroup >= 0 ? "cgroup" : "watchdog", "cpu",
			 f->cgroup >= 0 ? "cgroup" : "none");
}

int fabric_command(struct fabric *f, const char *const *settings, const char *const *arguments, int *ret_output,
	       int *ret_errors, struct err *err)
{
	int fds[2] = { -1, -1 };

	if (fabric_host_run(f->o.host_fd, settings, arguments, fds, err) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		(void)evutil_make_socket_nonblocking(fds[i]);
	*ret_output = fds[0];
	*ret_errors = fds[1];
	return 0;
}
