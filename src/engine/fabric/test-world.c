#include "engine/fabric/test-world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/sys/sys.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

struct world world;

uint32_t ip(const char *text)
{
	uint32_t address = 0;

	if (ip_parse(text, &address) < 0)
		abort();
	return address;
}

double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int resolve(void *ctx, const char *vpc, uint32_t asker, const char *name,
		   uint32_t addresses[64], size_t *ret_count, unsigned *ret_ttl)
{
	(void)ctx;
	*ret_ttl = 10;
	*ret_count = 1;
	addresses[0] = ip("10.0.1.5");
	if (str_eq(name, "node.mpc.local"))
		return 0;
	addresses[0] = asker;
	if (str_eq(name, "whoami.test"))
		return 0;
	addresses[0] = str_eq(vpc, "vpc-a") ? ip("10.0.0.1") : ip("10.0.0.2");
	if (str_eq(name, "vpc.test"))
		return 0;
	*ret_count = 0;
	if (str_eq(name, "empty.test"))
		return 0;
	if (str_eq(name, "forbidden.test"))
		return 5;
	if (!str_eq(name, "many.test"))
		return 3;
	*ret_count = 60;
	for (uint32_t i = 0; i < 60; i++)
		addresses[i] = ip("10.9.0.1") + i;
	return 0;
}

static void outside(void *ctx, int fd, uint16_t port)
{
	(void)ctx;
	*(port == 443 ? &world.outside_443 : &world.outside_80) += 1;
	close(fd);
}

static void log_line(void *ctx, const char *line)
{
	(void)ctx;
	printf("# fabric: %s\n", line);
}

static int body(void *ctx, int host_fd)
{
	void (*const *scenario)(void) = ctx;
	struct fabric_options o = {
		.host_fd = host_fd, .resolve = resolve, .outside = outside, .log = log_line
	};
	struct err err = { 0 };

	world.failed = 0;
	world.host_fd = host_fd;
	world.events = event_base_new();
	o.events = world.events;
	o.state_dir = world.state_dir;
	EXPECT_OK(fabric_new(&o, &world.fabric, &err), err);
	if (world.fabric) {
		(*scenario)();
		fabric_free(world.fabric);
	}
	event_base_free(world.events);
#ifdef __SANITIZE_ADDRESS__
	/* the process ends by _exit(): ask now */
	world.failed |= __lsan_do_recoverable_leak_check();
#endif
	return world.failed;
}

void in_fabric(void (*scenario)(void))
{
	OWN(str) char *path = str_printf("%s%d-XXXXXX", FABRIC_TEST_DIR, (int)getpid());
	OWN(str) char *remove = NULL;
	struct err err = { 0 };
	int code;

	world.state_dir = mkdtemp(path);
	code = fabric_enter(body, &scenario, &err);
	if (code != 0)
		test_fail(__FILE__, __LINE__, "the fabric's process ended with %d %s", code,
			  err.text);
	remove = str_printf("rm -rf %s", path);
	CHECK_INT(system(remove), 0);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

bool wait_for(const bool *flag, int ms)
{
	const struct timeval patience = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	bool over = false;
	struct event *timer = evtimer_new(world.events, on_time, &over);

	(void)event_add(timer, &patience);
	while (!*flag && !over)
		(void)event_base_loop(world.events, EVLOOP_ONCE);
	event_free(timer);
	return *flag;
}

void run_for(int ms)
{
	const bool never = false;

	(void)wait_for(&never, ms);
}

/* ---- tasks ------------------------------------------------------------------------------------
 */

static void on_ready(void *ctx)
{
	((struct test_task *)ctx)->ready = true;
}

static void on_failed(void *ctx, const char *why)
{
	struct test_task *t = ctx;

	t->failed = true;
	t->why = str_dup(why);
}

static void on_line(void *ctx, const char *container, const char *text, size_t len)
{
	struct test_task *t = ctx;

	(void)container;
	buf_add(&t->lines, text, len);
	buf_char(&t->lines, '\n');
	t->line_count++;
}

static void on_exited(void *ctx, const char *container, int code, bool oom)
{
	struct test_task *t = ctx;

	(void)container;
	t->exited = true;
	t->code = code;
	t->oom = oom;
}

static void on_gone(void *ctx)
{
	((struct test_task *)ctx)->gone = true;
}

void task_start(struct test_task *t, const char *vpc, const char *eni, const char *address)
{
	struct fabric_task_events events = { .ready = on_ready,
					     .failed = on_failed,
					     .line = on_line,
					     .exited = on_exited,
					     .gone = on_gone,
					     .ctx = t };
	struct err err = { 0 };

	memset(t, 0, sizeof(*t));
	EXPECT_OK(
		fabric_task_start(world.fabric, vpc, eni, ip(address), 24, &events, &t->task, &err),
		err);
}

struct answer {
	bool there;
	json_t *body;
};

static void on_reply(void *ctx, const json_t *reply)
{
	struct answer *a = ctx;

	a->there = true;
	a->body = json_deep_copy(reply);
}

json_t *task_ask(struct test_task *t, json_t *request)
{
	struct answer a = { 0 };

	EXPECT(t->ready || wait_for(&t->ready, TEST_PATIENCE_MS));
	fabric_task_request(t->task, request, on_reply, &a);
	json_decref(request);
	EXPECT(wait_for(&a.there, TEST_PATIENCE_MS));
	return a.body;
}

const char *task_connect(struct test_task *t, const char *address, int port, bool short_patience)
{
	static char result[64];
	OWN(json)
	json_t *a = task_ask(t, json_pack("{s:s, s:s, s:i, s:i}", "op", "connect", "address",
					  address, "port", port, "timeout_ms",
					  short_patience ? 250 : TEST_PATIENCE_MS / 2));

	(void)snprintf(result, sizeof(result), "%s", json_str_or(a, "result", "no result"));
	return result;
}

const char *task_resolve(struct test_task *t, const char *name, bool short_patience)
{
	static char result[2048];
	OWN(json)
	json_t *a =
		task_ask(t, json_pack("{s:s, s:s, s:i}", "op", "resolve", "name", name,
				      "timeout_ms", short_patience ? 400 : TEST_PATIENCE_MS / 2));
	size_t i, len = 0;
	json_t *one;

	(void)snprintf(result, sizeof(result), "%s", json_str_or(a, "error", ""));
	json_array_foreach(json_list(a, "addresses"), i, one)
		len += (size_t)snprintf(result + len, sizeof(result) - len, "%s%s", i ? " " : "",
					json_string_value(one));
	return result;
}

json_t *task_shell(struct test_task *t, const char *name, const char *command, json_t *more)
{
	json_t *c = json_pack("{s:s, s:s, s:[s, s, s], s:{s:s}}", "name", name, "root", "minimal",
			      "argv", "/bin/sh", "-c", command, "environment", "GREETING", "hello");

	t->exited = false;
	if (more)
		(void)json_object_update(c, more);
	json_decref(more);
	return task_ask(t, json_pack("{s:s, s:o}", "op", "start", "container", c));
}

void task_end(struct test_task *t)
{
	if (!t->gone) {
		fabric_task_kill(t->task);
		EXPECT(wait_for(&t->gone, TEST_PATIENCE_MS));
	}
	buf_free(&t->lines);
	free(t->why);
}

/* ---- topologies
 * ----------------------------------------------------------------------------------- */

struct topology_vpc *topology_new(const char *id, const char *cidr)
{
	struct topology_vpc *v = NEW(struct topology_vpc);

	v->id = str_dup(id);
	v->dns_support = true;
	if (ip_parse_cidr(cidr, &v->base, &v->bits) < 0)
		abort();
	return v;
}

struct topology_subnet *add_subnet(struct topology_vpc *v, const char *id, const char *cidr)
{
	struct topology_subnet *s;

	v->subnets = mem_grow(v->subnets, v->subnet_count + 1, sizeof(*s));
	s = &v->subnets[v->subnet_count++];
	*s = (struct topology_subnet){ .id = str_dup(id), .zone = str_dup("zone-a") };
	if (ip_parse_cidr(cidr, &s->base, &s->bits) < 0)
		abort();
	return s;
}

struct topology_group *add_group(struct topology_vpc *v, const char *id)
{
	struct topology_group *g;

	v->groups = mem_grow(v->groups, v->group_count + 1, sizeof(*g));
	g = &v->groups[v->group_count++];
	*g = (struct topology_group){ .id = str_dup(id) };
	return g;
}

static struct topology_group *group_of(struct topology_vpc *v, const char *id)
{
	for (size_t i = 0; i < v->group_count; i++)
		if (!strcmp(v->groups[i].id, id))
			return &v->groups[i];
	abort();
}

void allow(struct topology_vpc *v, const char *group, bool ingress, int protocol, int from, int to,
	   const char *peer)
{
	struct topology_group *g = group_of(v, group);
	struct topology_rule **rules = ingress ? &g->ingress : &g->egress;
	size_t *count = ingress ? &g->ingress_count : &g->egress_count;
	struct topology_rule r = { .protocol = protocol,
				   .from = (uint16_t)from,
				   .to = (uint16_t)to };

	if (str_starts(peer, "sg-")) {
		r.peer = TOPOLOGY_PEER_GROUP;
		r.group = str_dup(peer);
	} else if (str_eq(peer, "s3")) {
		r.peer = TOPOLOGY_PEER_S3;
	} else if (ip_parse_cidr(peer, &r.base, &r.bits) < 0) {
		abort();
	}
	*rules = mem_grow(*rules, *count + 1, sizeof(r));
	(*rules)[(*count)++] = r;
}

void revoke_all(struct topology_vpc *v, const char *group, bool ingress)
{
	struct topology_group *g = group_of(v, group);
	struct topology_rule *rules = ingress ? g->ingress : g->egress;
	size_t *count = ingress ? &g->ingress_count : &g->egress_count;

	while (*count) {
		free(rules[--*count].group);
		free(rules[*count].id);
	}
}

struct topology_interface *add_interface(struct topology_vpc *v, const char *id, const char *subnet,
					 const char *address, const char *groups)
{
	OWN(str) char *copy = str_dup(groups);
	struct topology_interface *i;
	char *save = NULL;

	v->interfaces = mem_grow(v->interfaces, v->interface_count + 1, sizeof(*i));
	i = &v->interfaces[v->interface_count++];
	*i = (struct topology_interface){ .id = str_dup(id), .subnet = str_dup(subnet) };
	i->address = ip(address);
	for (char *g = strtok_r(copy, ",", &save); g; g = strtok_r(NULL, ",", &save)) {
		i->groups = mem_grow(i->groups, i->group_count + 1, sizeof(char *));
		i->groups[i->group_count++] = str_dup(g);
	}
	return i;
}

void add_acl_entry(struct topology_vpc *v, const char *acl, bool egress, bool pass, int protocol,
		   int from, int to, const char *cidr)
{
	struct topology_acl_entry e = { .protocol = protocol,
					.from = (uint16_t)from,
					.to = (uint16_t)to,
					.egress = egress,
					.allow = pass };
	struct topology_acl *a = NULL;

	if (ip_parse_cidr(cidr, &e.base, &e.bits) < 0)
		abort();
	for (size_t i = 0; i < v->acl_count; i++)
		if (!strcmp(v->acls[i].id, acl))
			a = &v->acls[i];
	if (!a) {
		v->acls = mem_grow(v->acls, v->acl_count + 1, sizeof(*a));
		a = &v->acls[v->acl_count++];
		*a = (struct topology_acl){ .id = str_dup(acl) };
	}
	a->entries = mem_grow(a->entries, a->count + 1, sizeof(e));
	a->entries[a->count++] = e;
}

void load(struct topology_vpc *v)
{
	struct err err = { 0 };

	EXPECT_OK(fabric_vpc_rules(world.fabric, v, &err), err);
}

/* Containers with an init run this very program again, as mpcup does in main(). */
__attribute__((constructor)) static void become_init(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], FABRIC_INIT_WORD))
		_exit(fabric_container_init(argv + 2));
}
