/* Runs the built-in localnet of an instance: a task of the fabric, started again when it exits. */
#include "engine/cloud/ec2/ec2-machine.h"
#include "engine/cloud/ec2/ec2-internal.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { RETRY_FIRST_MS = 500, RETRY_MOST_MS = 30000, LOG_BATCH = 500, LOG_DELAY_MS = 20 };
#define LOG_STREAM "localnet"
#define CONTAINER "localnet"

static const uint16_t forward_ports[] = { 3030, 24567 };
enum { FORWARDS = sizeof(forward_ports) / sizeof(forward_ports[0]) };

struct ec2_machine {
	struct hub *hub; /* NULL: nobody wants it any more, only its end is awaited */
	char *id, *log_group;
	struct fabric_task *task;
	bool container_started;
	unsigned retry_ms;
	struct hub_timer *retry, *flush;
	json_t *lines; /* log events that wait for the next batch */
	bool log_ready;
	uint16_t forwards[FORWARDS];
	char *doomed; /* directory to remove when the last process is gone */
	struct ec2_machine *next;
};

static void begin(struct ec2_machine *m);

/* ---- state as the API shows it ------------------------------------------------------------------
 */

static json_t *instance_of(const struct ec2_machine *m)
{
	return m->hub ? hub_get(m->hub, ec2_instance.kind, m->id) : NULL;
}

static void show_state(struct ec2_machine *m, int code, const char *name, const char *failure)
{
	json_t *o = instance_of(m);

	if (!o)
		return;
	json_object_set_new(o, "instanceState",
			    json_pack("{s:i, s:s}", "code", code, "name", name));
	json_object_del(o, "stateReason");
	json_object_del(o, "_failure");
	if (failure) {
		json_object_set_new(o, "stateReason",
				    json_pack("{s:s, s:s}", "code", "Server.InternalError",
					      "message", failure));
		json_set_str(o, "_failure", failure);
	}
	hub_put(m->hub, ec2_instance.kind, m->id, o);
}

/* ---- log lines
 * ------------------------------------------------------------------------------------ */

static int log_call(struct ec2_machine *m, const char *action, const json_t *in, struct err *err)
{
	return hub_call(m->hub, NULL, "logs", action, in, NULL, NULL, err);
}

static void prepare_log(struct ec2_machine *m)
{
	OWN(json) json_t *group = json_pack("{s:s}", "logGroupName", m->log_group);
	OWN(json)
	json_t *stream =
		json_pack("{s:s, s:s}", "logGroupName", m->log_group, "logStreamName", LOG_STREAM);

	/* both may exist since an earlier life of the daemon */
	(void)log_call(m, "CreateLogGroup", group, NULL);
	(void)log_call(m, "CreateLogStream", stream, NULL);
	m->log_ready = true;
}

static void flush_lines(struct hub *hub, void *ctx)
{
	struct ec2_machine *m = ctx;
	OWN(json) json_t *in = NULL;
	struct err err = { 0 };

	m->flush = NULL;
	if (!json_array_size(m->lines))
		return;
	if (!m->log_ready)
		prepare_log(m);
	in = json_pack("{s:s, s:s, s:o}", "logGroupName", m->log_group, "logStreamName", LOG_STREAM,
		       "logEvents", m->lines);
	m->lines = json_array();
	if (log_call(m, "PutLogEvents", in, &err) < 0)
		hub_log(hub, "log lines of %s are lost: %s", m->id, err.text);
}

static void on_line(void *ctx, const char *container, const char *text, size_t len)
{
	struct ec2_machine *m = ctx;
	json_t *message;

	(void)container;
	if (!m->hub || !len)
		return;
	message = json_stringn(text, len);
	if (!message)
		message = json_string("(a line that is not UTF-8)");
	json_array_append_new(m->lines,
			      json_pack("{s:I, s:o}", "timestamp", (json_int_t)hub_now_ms(m->hub),
					"message", message));
	if (json_array_size(m->lines) >= LOG_BATCH) {
		hub_cancel(m->hub, m->flush);
		flush_lines(m->hub, m);
	} else if (!m->flush) {
		m->flush = hub_timer(m->hub, LOG_DELAY_MS, flush_lines, m);
	}
}

/* ---- forwards
 * ------------------------------------------------------------------------------------- */

static void remove_forwards(struct ec2_machine *m)
{
	for (size_t i = 0; i < FORWARDS; i++) {
		if (m->forwards[i])
			fabric_forward_remove(hub_fabric(m->hub), m->forwards[i]);
		m->forwards[i] = 0;
	}
}

static void tag_forward(struct ec2_machine *m, uint16_t port, uint16_t host_port)
{
	OWN(str) char *key = str_printf("mpcup:forward:%u", port);
	OWN(str) char *value = str_printf("127.0.0.1:%u", host_port);
	OWN(json)
	json_t *in = json_pack("{s:[s], s:[{s:s, s:s}]}", "ResourceId", m->id, "Tag", "Key", key,
			       "Value", value);

	(void)hub_call(m->hub, NULL, "ec2", "CreateTags", in, NULL, NULL, NULL);
}

static void add_forwards(struct ec2_machine *m, const json_t *o, uint32_t address)
{
	for (size_t i = 0; i < FORWARDS; i++) {
		struct err err = { 0 };

		if (m->forwards[i])
			continue;
		if (fabric_forward_add(hub_fabric(m->hub), json_str(o, "vpcId"), address,
				       forward_ports[i], forward_ports[i], &m->forwards[i],
				       &err) < 0)
			hub_log(m->hub, "no forward to %s port %u: %s", m->id, forward_ports[i],
				err.text);
		else
			tag_forward(m, forward_ports[i], m->forwards[i]);
	}
}

/* ---- the container
 * --------------------------------------------------------------------------------- */

static char *data_directory(const struct ec2_machine *m)
{
	return str_printf("%s/ec2/%s", hub_state_dir(m->hub), m->id);
}

static int make_directory(const struct ec2_machine *m, struct err *err)
{
	OWN(str) char *parent = str_printf("%s/ec2", hub_state_dir(m->hub));
	OWN(str) char *path = data_directory(m);

	if ((mkdir(parent, 0700) < 0 && errno != EEXIST) ||
	    (mkdir(path, 0755) < 0 && errno != EEXIST))
		return err_sys(err, "mkdir %s", path);
	return 0;
}

/* The secret is {"public_key", "secret_key"}, or the secret key itself. */
static int read_key(struct ec2_machine *m, const json_t *data, json_t *environment, struct err *err)
{
	const char *arn = json_str(data, "KeySecretArn"), *text;
	OWN(json) json_t *in = json_pack("{s:s}", "SecretId", arn), *out = NULL, *pair = NULL;

	if (hub_call(m->hub, NULL, "secretsmanager", "GetSecretValue", in, &out, NULL, err) < 0)
		return err_in(err, "node key of %s", m->id);
	text = json_str_or(out, "SecretString", "");
	if (text[0] == '{') {
		if (json_parse_text("secret", text, strlen(text), &pair, NULL) < 0 ||
		    !json_str(pair, "secret_key"))
			return err_set(err, ERR_INPUT,
				       "secret %s is not {\"public_key\", \"secret_key\"}", arn);
		text = json_str(pair, "secret_key");
	}
	json_set_str(environment, "NEAR_NODE_KEY", text);
	return 0;
}

static int describe_container(struct ec2_machine *m, const json_t *o, json_t **ret, struct err *err)
{
	OWN(json) json_t *environment = json_object();
	const json_t *data = json_map(o, "_data");
	OWN(str) char *path = data_directory(m);
	OWN(str) char *host = str_dup(json_str_or(o, "privateDnsName", "localnet"));

	host[strcspn(host, ".")] = 0;
	if (read_key(m, data, environment, err) < 0 || make_directory(m, err) < 0)
		return -1;
	json_set_str(environment, "MPC_CONTRACT_ID", json_str(data, "ContractId"));
	json_set_str(environment, "MPC_CHAIN_ID", json_str(data, "ChainId"));
	*ret = json_pack("{s:s, s:{s:s, s:s, s:[s, s], s:O, s:s, s:s, s:[{s:s, s:s, s:b}], s:b, "
			 "s:b, s:i, s:i}}",
			 "op", "start", "container", "name", CONTAINER, "root", "minimal", "argv",
			 "mpcup", "localnet", "environment", environment, "directory", "/",
			 "hostname", host, "mounts", "source", path, "target", "/var/lib/near",
			 "read_only", 0, "read_only_root", 0, "init", 1, "nofile_soft", 65536,
			 "nofile_hard", 65536);
	return 0;
}

static void give_up(struct ec2_machine *m, const char *why)
{
	hub_log(m->hub, "instance %s: %s", m->id, why);
	show_state(m, 0, "pending", why);
	if (m->task)
		fabric_task_kill(m->task);
}

static void on_started(void *ctx, const json_t *body)
{
	struct ec2_machine *m = ctx;
	json_t *o = instance_of(m);
	uint32_t address;

	if (!o)
		return;
	if (!json_bool_or(body, "started", false)) {
		give_up(m, json_str_or(body, "error", "the process did not start"));
		return;
	}
	m->container_started = true;
	if (ip_parse(json_str(o, "privateIpAddress"), &address) == 0)
		add_forwards(m, o, address);
	show_state(m, 16, "running", NULL);
}

static void on_ready(void *ctx)
{
	struct ec2_machine *m = ctx;
	json_t *o = instance_of(m);
	OWN(json) json_t *request = NULL;
	struct err err = { 0 };

	if (!o)
		return;
	if (describe_container(m, o, &request, &err) < 0) {
		give_up(m, err.text);
		return;
	}
	fabric_task_request(m->task, request, on_started, m);
}

static void on_failed(void *ctx, const char *why)
{
	struct ec2_machine *m = ctx;

	if (m->hub)
		show_state(m, 0, "pending", why);
}

static void on_exited(void *ctx, const char *container, int code, bool oom)
{
	struct ec2_machine *m = ctx;

	(void)container;
	if (!m->hub)
		return;
	hub_log(m->hub, "instance %s: localnet exited with %d%s", m->id, code,
		oom ? " (out of memory)" : "");
	fabric_task_kill(m->task);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void machine_free(struct ec2_machine *m)
{
	if (m->doomed)
		(void)nftw(m->doomed, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(m->doomed);
	free(m->id);
	free(m->log_group);
	json_decref(m->lines);
	free(m);
}

static void retry(struct hub *hub, void *ctx)
{
	struct ec2_machine *m = ctx;

	(void)hub;
	m->retry = NULL;
	begin(m);
}

static void plan_retry(struct ec2_machine *m)
{
	if (m->container_started)
		m->retry_ms = 0;
	m->retry_ms = m->retry_ms ? m->retry_ms * 2 : RETRY_FIRST_MS;
	if (m->retry_ms > RETRY_MOST_MS)
		m->retry_ms = RETRY_MOST_MS;
	m->container_started = false;
	m->retry = hub_timer(m->hub, m->retry_ms, retry, m);
}

static void on_gone(void *ctx)
{
	struct ec2_machine *m = ctx;

	m->task = NULL;
	if (!m->hub) {
		machine_free(m);
		return;
	}
	plan_retry(m);
}

static void begin(struct ec2_machine *m)
{
	json_t *o = instance_of(m);
	const json_t *subnet = hub_get(m->hub, ec2_subnet.kind, json_str(o, "subnetId"));
	struct fabric_task_events events = { .ready = on_ready,
					     .failed = on_failed,
					     .line = on_line,
					     .exited = on_exited,
					     .gone = on_gone,
					     .ctx = m };
	struct err err = { 0 };
	uint32_t address, base;
	unsigned bits;

	if (!o || ip_parse(json_str(o, "privateIpAddress"), &address) < 0 ||
	    ip_parse_cidr(json_str(subnet, "cidrBlock"), &base, &bits) < 0)
		return;
	if (ec2_sync(m->hub, json_str(o, "vpcId"), &err) < 0 ||
	    fabric_task_start(hub_fabric(m->hub), json_str(o, "vpcId"), json_str(o, "_interface"),
			      address, bits, &events, &m->task, &err) < 0) {
		m->task = NULL;
		give_up(m, err.text);
		plan_retry(m);
	}
}

/* ---- life
 * ------------------------------------------------------------------------------------------- */

static void begin_later(struct hub *hub, void *ctx)
{
	retry(hub, ctx);
}

void ec2_machine_start(struct hub *hub, const char *instance)
{
	struct ec2_state *s = ec2_state(hub);
	struct ec2_machine *m;

	if (!hub_fabric(hub)) {
		json_t *o = hub_get(hub, ec2_instance.kind, instance);

		json_object_set_new(o, "instanceState",
				    json_pack("{s:i, s:s}", "code", 16, "name", "running"));
		hub_put(hub, ec2_instance.kind, instance, o);
		return;
	}
	m = NEW(struct ec2_machine);
	m->hub = hub;
	m->id = str_dup(instance);
	m->log_group = str_printf("/mpcup/instance/%s", instance);
	m->lines = json_array();
	m->next = s->machines;
	s->machines = m;
	/* the other services, of which it needs logs and secrets, may still be starting */
	m->retry = hub_timer(hub, 0, begin_later, m);
}

void ec2_machines_start(struct hub *hub)
{
	const char *id;
	json_t *o;

	json_object_foreach(hub_all(hub, ec2_instance.kind), id, o)
		ec2_machine_start(hub, id);
}

/* Leaves the machine to its end: freed at once, or by on_gone() when its task still lives. */
static void let_go(struct ec2_machine *m)
{
	remove_forwards(m);
	hub_cancel(m->hub, m->retry);
	hub_cancel(m->hub, m->flush);
	m->retry = m->flush = NULL;
	m->hub = NULL;
	if (m->task)
		fabric_task_kill(m->task);
	else
		machine_free(m);
}

void ec2_machine_end(struct hub *hub, const char *instance)
{
	for (struct ec2_machine **link = &ec2_state(hub)->machines; *link; link = &(*link)->next) {
		struct ec2_machine *m = *link;
		OWN(json) json_t *group = NULL;

		if (strcmp(m->id, instance) != 0)
			continue;
		*link = m->next;
		group = json_pack("{s:s}", "logGroupName", m->log_group);
		(void)log_call(m, "DeleteLogGroup", group, NULL);
		m->doomed = data_directory(m);
		let_go(m);
		return;
	}
}

void ec2_machines_stop(struct hub *hub)
{
	struct ec2_state *s = ec2_state(hub);

	while (s->machines) {
		struct ec2_machine *m = s->machines;

		s->machines = m->next;
		let_go(m);
	}
}
