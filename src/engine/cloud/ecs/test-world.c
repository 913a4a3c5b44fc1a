#include "engine/cloud/ecs/test-world.h"

#include <stdio.h>
#include <string.h>

struct fake fake;

/* ---- other services
 * ------------------------------------------------------------------------------------ */

static int note(struct hub *hub, struct call *c)
{
	OWN(str) char *key = str_printf("%s %s", c->service, c->action);
	OWN(str) char *line = str_printf("%s %s", key, ecs_last(c->principal));
	const char *refusal = json_str(fake.codes, key);

	(void)hub;
	json_add_str(fake.calls, line);
	if (refusal) {
		size_t len = strcspn(refusal, ":");
		OWN(str) char *code = str_dup_n(refusal, len);

		return call_fail(c, 400, code, "%s", refusal + len + 2);
	}
	return 0;
}

static int describe_subnets(struct hub *hub, struct call *c)
{
	json_t *set = json_array(), *id;
	size_t i;

	json_object_set_new(c->out, "subnetSet", set);
	if (note(hub, c) < 0)
		return -1;
	json_array_foreach(json_list(c->in, "SubnetId"), i, id)
	{
		const char *name = json_string_value(id);

		if (!str_starts(name, "subnet-"))
			return call_fail(c, 400, "InvalidSubnetID.NotFound",
					 "The subnet ID '%s' does not exist", name);
		json_array_append_new(
			set, json_pack("{s:s, s:s, s:s, s:s}", "subnetId", name, "vpcId", "vpc-1",
				       "availabilityZone",
				       str_eq(name, "subnet-b") ? "us-east-1b" : "us-east-1a",
				       "cidrBlock", "10.0.0.0/16"));
	}
	return 0;
}

static int describe_groups(struct hub *hub, struct call *c)
{
	json_t *set = json_array(), *id;
	size_t i;

	json_object_set_new(c->out, "securityGroupInfo", set);
	json_array_foreach(json_list(c->in, "GroupId"), i, id) json_array_append_new(
		set, json_pack("{s:s, s:s}", "groupId", json_string_value(id), "vpcId",
			       str_eq(json_string_value(id), "sg-other") ? "vpc-2" : "vpc-1"));
	return note(hub, c);
}

static int create_interface(struct hub *hub, struct call *c)
{
	OWN(str) char *address = str_printf("10.0.1.%u", ++fake.next_address);
	OWN(str) char *id = str_printf("eni-%u", fake.next_address);

	if (note(hub, c) < 0)
		return -1;
	json_object_set_new(fake.interfaces, id, json_true());
	json_object_set_new(c->out, "networkInterface",
			    json_pack("{s:s, s:s, s:s, s:s}", "networkInterfaceId", id,
				      "privateIpAddress", address, "macAddress",
				      "0a:58:0a:00:01:01", "vpcId", "vpc-1"));
	return 0;
}

static int delete_interface(struct hub *hub, struct call *c)
{
	json_object_del(fake.interfaces, json_str(c->in, "NetworkInterfaceId"));
	return note(hub, c);
}

static int get_secret(struct hub *hub, struct call *c)
{
	if (str_starts(json_str(c->in, "SecretId"), "mpcup/"))
		json_set_str(c->out, "SecretString", "{\"secret_key\":\"ed25519:chain\"}");
	else
		json_set_str(c->out, "SecretString",
			     fake.secret ? fake.secret : "{\"key\":\"value\"}");
	return note(hub, c);
}

static int get_parameter(struct hub *hub, struct call *c)
{
	const char *value = json_str(fake.parameters, json_str(c->in, "Name"));

	if (!value)
		return call_fail(c, 400, "ParameterNotFound", "%s", "");
	json_object_set_new(c->out, "Parameter", json_pack("{s:s}", "Value", value));
	return note(hub, c);
}

static int get_parameters(struct hub *hub, struct call *c)
{
	const char *name = json_string_value(json_path(c->in, "Names.0"));
	const char *value = json_str(fake.parameters, name);

	json_object_set_new(c->out, "Parameters",
			    value ? json_pack("[{s:s, s:s}]", "Name", name, "Value", value)
				  : json_array());
	return note(hub, c);
}

static int put_events(struct hub *hub, struct call *c)
{
	json_t *event;
	size_t i;

	json_array_foreach(json_list(c->in, "logEvents"), i, event)
		json_array_append(fake.logged, json_object_get(event, "message"));
	return note(hub, c);
}

static int register_instance(struct hub *hub, struct call *c)
{
	json_object_set(fake.instances, json_str(c->in, "InstanceId"),
			json_object_get(c->in, "Attributes"));
	return note(hub, c);
}

static int deregister_instance(struct hub *hub, struct call *c)
{
	json_object_del(fake.instances, json_str(c->in, "InstanceId"));
	return note(hub, c);
}

static int mount_volume(struct hub *hub, struct call *c)
{
	json_set_str(c->out, "Source", "/state/efs/fs-1/node");
	json_set_bool(c->out, "ReadOnly", false);
	return note(hub, c);
}

/* clang-format off */
static const struct action ec2_actions[] = {
	{ .name = "DescribeSubnets", .run = describe_subnets },
	{ .name = "DescribeSecurityGroups", .run = describe_groups },
	{ .name = "CreateNetworkInterface", .run = create_interface },
	{ .name = "DeleteNetworkInterface", .run = delete_interface },
	{ .name = "mpcup:SyncRules", .run = note }, { 0 },
};
static const struct action secret_actions[] = { { .name = "GetSecretValue", .run = get_secret }, { 0 } };
static const struct action ssm_actions[] = {
	{ .name = "GetParameter", .run = get_parameter },
	{ .name = "GetParameters", .run = get_parameters }, { 0 },
};
static const struct action logs_actions[] = {
	{ .name = "CreateLogGroup", .run = note }, { .name = "CreateLogStream", .run = note },
	{ .name = "PutLogEvents", .run = put_events }, { 0 },
};
static const struct action discovery_actions[] = {
	{ .name = "GetService", .run = note },
	{ .name = "RegisterInstance", .run = register_instance },
	{ .name = "DeregisterInstance", .run = deregister_instance }, { 0 },
};
static const struct action efs_actions[] = { { .name = "mpcup:Mount", .run = mount_volume }, { 0 } };
static const struct service fake_ec2 = { .name = "ec2", .actions = ec2_actions };
static const struct service fake_secrets = { .name = "secretsmanager", .actions = secret_actions };
static const struct service fake_ssm = { .name = "ssm", .actions = ssm_actions };
static const struct service fake_logs = { .name = "logs", .actions = logs_actions };
static const struct service fake_discovery = { .name = "servicediscovery", .actions = discovery_actions };
static const struct service fake_efs = { .name = "efs", .actions = efs_actions };
static const struct service *const services[] = { &service_ecs, &fake_ec2, &fake_secrets, &fake_ssm,
						  &fake_logs, &fake_discovery, &fake_efs, NULL };
/* clang-format on */

/* ---- the fake agent
 * ---------------------------------------------------------------------------------------- */

struct fabric_task {
	struct fabric_task_events events;
	json_t *running;  /* container names */
	unsigned pending; /* timers that point here */
	bool killed, gone;
};

struct happening {
	struct fabric_task *task;
	struct happening *next; /* of all that have not come */
	void (*reply)(void *, const json_t *);
	void *ctx;
	json_t *body;
	char *exited;
	int code;
	bool ready, gone;
};

static struct happening *happenings;

static void release(struct fabric_task *t)
{
	if (--t->pending == 0 && t->gone) {
		json_decref(t->running);
		free(t);
	}
}

static void end_container(struct fabric_task *t, const char *name, int code)
{
	OWN(str) char *copy = str_dup(name);

	if (json_object_del(t->running, copy) == 0)
		t->events.exited(t->events.ctx, copy, code, false);
}

static void end_task(struct fabric_task *t)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(t->running, next, name, value) end_container(t, name, 137);
	t->gone = true;
	fake.live--;
	t->events.gone(t->events.ctx);
}

static void happening_free(struct happening *h)
{
	struct happening **link = &happenings;

	while (*link != h)
		link = &(*link)->next;
	*link = h->next;
	release(h->task);
	json_decref(h->body);
	free(h->exited);
	free(h);
}

/* What was to come when the hub ended never comes, and all tasks are gone with it. */
static void forget_happenings(void)
{
	for (struct happening *h = happenings; h; h = h->next)
		h->task->gone = true;
	while (happenings)
		happening_free(happenings);
}

static void happen(struct hub *hub, void *ctx)
{
	struct happening *h = ctx;
	struct fabric_task *t = h->task;

	(void)hub;
	if (!t->gone) {
		if (h->ready && !t->killed)
			t->events.ready(t->events.ctx);
		if (h->reply)
			h->reply(h->ctx, h->body);
		if (h->exited)
			end_container(t, h->exited, h->code);
		if (h->gone)
			end_task(t);
	}
	happening_free(h);
}

static struct happening *later(struct fabric_task *t, unsigned ms)
{
	struct happening *h = NEW(struct happening);

	h->task = t;
	h->next = happenings;
	happenings = h;
	t->pending++;
	(void)hub_timer(fake.hub, ms, happen, h);
	return h;
}

static int world_start(struct hub *hub, const char *vpc, const char *eni, uint32_t address,
		       unsigned bits, const struct fabric_task_events *events,
		       struct fabric_task **ret, struct err *err)
{
	struct fabric_task *t = NEW(struct fabric_task);

	(void)hub;
	(void)err;
	CHECK_STR(vpc, "vpc-1");
	CHECK(str_starts(eni, "eni-"));
	CHECK_INT(bits, 16);
	CHECK_INT(address >> 8, 0x0a0001);
	t->events = *events;
	t->running = json_object();
	later(t, 0)->ready = true;
	fake.live++;
	if (fake.live > fake.most_live)
		fake.most_live = fake.live;
	*ret = t;
	return 0;
}

static json_t *resolve(const json_t *request)
{
	const char *name = json_str(request, "name");
	json_t *absent;
	size_t i;

	json_array_foreach(fake.absent, i,
			   absent) if (str_eq(json_string_value(absent),
					      name)) return json_pack("{s:s}", "error", "nxdomain");
	/* one address for each service, so that a test can close one of them */
	return json_pack("{s:[s]}", "addresses",
			 str_starts(name, "secretsmanager.") ? "198.51.100.2"
			 : str_starts(name, "logs.")	     ? "198.51.100.3"
			 : str_starts(name, "ssm.")	     ? "198.51.100.4"
			 : str_starts(name, "api.ecr.")	     ? "198.51.100.5"
			 : strstr(name, ".s3.")		     ? "198.51.100.6"
			 : str_starts(name, "fs-")	     ? "10.0.1.250"
							     : "198.51.100.1");
}

static void start_container(struct fabric_task *t, const json_t *container)
{
	const char *name = json_str(container, "name");

	json_array_append_new(fake.starts, json_deep_copy(container));
	json_object_set_new(t->running, name, json_true());
	t->events.line(t->events.ctx, name, "hello", 5);
	if (fake.exit_at_start && (!fake.exits || str_eq(fake.exits, name))) {
		struct happening *h = later(t, 2);

		h->exited = str_dup(name);
		h->code = fake.exit_at_start > 0 ? fake.exit_at_start : 0;
	}
}

static json_t *answer(struct fabric_task *t, const json_t *request)
{
	const char *op = json_str(request, "op");

	if (!strcmp(op, "resolve"))
		return resolve(request);
	if (!strcmp(op, "connect"))
		return json_pack("{s:s}", "result",
				 json_str_or(fake.connects, json_str(request, "address"), "ok"));
	if (!strcmp(op, "nfs"))
		return json_pack("{s:s}", "result", fake.nfs ? fake.nfs : "ok");
	if (!strcmp(op, "exec"))
		return json_pack("{s:i}", "exit", fake.exec_exit);
	if (!strcmp(op, "start")) {
		if (fake.start_error)
			return json_pack("{s:s}", "error", fake.start_error);
		start_container(t, json_map(request, "container"));
		return json_pack("{s:b}", "started", 1);
	}
	if (!strcmp(op, "signal") && !fake.deaf)
		later(t, 3)->exited = str_dup(json_str(request, "container"));
	return json_object();
}

static void world_request(struct fabric_task *t, const json_t *request,
			  void (*reply)(void *, const json_t *), void *ctx)
{
	struct happening *h;

	if (fake.never_answers)
		return;
	h = later(t, 0);
	h->body = answer(t, request);
	h->reply = reply;
	h->ctx = ctx;
}

static void world_kill(struct fabric_task *t)
{
	if (!t->killed)
		later(t, 1)->gone = true;
	t->killed = true;
}

static int world_forward_add(struct hub *hub, const char *vpc, uint32_t address, uint16_t port,
			     uint16_t want, uint16_t *ret_port, struct err *err)
{
	OWN(str) char *key = NULL;

	(void)hub;
	(void)vpc;
	(void)address;
	(void)port;
	(void)err;
	key = str_printf("%u", want);
	*ret_port = want;
	if (!want || json_object_get(fake.forwards, key)) {
		free(key);
		*ret_port = (uint16_t)(40000 + fake.next_port++);
		key = str_printf("%u", *ret_port);
	}
	json_object_set_new(fake.forwards, key, json_true());
	return 0;
}

static void world_forward_remove(struct hub *hub, uint16_t port)
{
	OWN(str) char *key = str_printf("%u", port);

	(void)hub;
	CHECK_INT(json_object_del(fake.forwards, key), 0);
}

static const struct ecs_world world = {
	.start = world_start,
	.request = world_request,
	.kill = world_kill,
	.forward_add = world_forward_add,
	.forward_remove = world_forward_remove,
};

/* ---- rights
 * ----------------------------------------------------------------------------------------------------
 */

static bool authorize(struct hub *hub, const struct hub_question *q, struct err *why)
{
	json_t *denied;
	size_t i;

	(void)hub;
	json_array_foreach(fake.denied, i, denied)
	{
		if (!str_eq(json_string_value(denied), q->action))
			continue;
		(void)err_set(
			why, ERR_REMOTE,
			"User: %s is not authorized to perform: %s on resource: %s because no "
			"identity-based policy allows the %s action",
			q->principal, q->action, q->resource, q->action);
		return false;
	}
	return true;
}

static bool trust(struct hub *hub, const char *role, const char *service)
{
	(void)hub;
	(void)role;
	CHECK_STR(service, "ecs-tasks.amazonaws.com");
	return !fake.untrusted;
}

/* ---- life
 * ------------------------------------------------------------------------------------------------------
 */

static void make_hub(const char *state_dir)
{
	struct hub_options o = { .services = services,
				 .events = fake.events,
				 .state_dir = state_dir };
	struct err err = { 0 };

	CHECK_OK(hub_new(&o, &fake.hub, &err), err);
	CHECK_OK(hub_start(fake.hub, &err), err);
	hub_set_authorizer(fake.hub, authorize);
	hub_set_trust(fake.hub, trust);
	ecs_set_world(fake.hub, &world);
}

void fake_begin(const char *state_dir)
{
	fake = (struct fake){ .events = event_base_new() };
	fake.absent = json_array();
	fake.connects = json_object();
	fake.denied = json_array();
	fake.codes = json_object();
	fake.calls = json_array();
	fake.starts = json_array();
	fake.logged = json_array();
	fake.instances = json_object();
	fake.interfaces = json_object();
	fake.parameters = json_object();
	fake.forwards = json_object();
	make_hub(state_dir);
}

void fake_restart(const char *state_dir)
{
	hub_free(fake.hub);
	forget_happenings();
	json_object_clear(fake.forwards);
	fake.live = 0;
	make_hub(state_dir);
}

void fake_end(void)
{
	json_t *all[] = { fake.absent,	   fake.connects,   fake.denied,  fake.codes,
			  fake.calls,	   fake.starts,	    fake.logged,  fake.instances,
			  fake.interfaces, fake.parameters, fake.forwards };

	hub_free(fake.hub);
	forget_happenings();
	event_base_free(fake.events);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		json_decref(all[i]);
}

static void stop_waiting(struct hub *hub, void *ctx)
{
	(void)hub;
	*(bool *)ctx = true;
}

bool fake_until(bool (*cond)(void))
{
	bool over = false;
	struct hub_timer *limit = hub_timer(fake.hub, 60000, stop_waiting, &over);

	while (!over && !cond())
		(void)event_base_loop(fake.events, EVLOOP_ONCE);
	if (!over)
		hub_cancel(fake.hub, limit);
	return !over;
}

void fake_run_ms(unsigned ms)
{
	bool over = false;

	(void)hub_timer(fake.hub, ms, stop_waiting, &over);
	while (!over)
		(void)event_base_loop(fake.events, EVLOOP_ONCE);
}

json_t *fake_call(const char *action, json_t *in)
{
	OWN(json) json_t *given = in;
	struct err err = { 0 };
	json_t *out = NULL;

	CHECK_OK(hub_call(fake.hub, NULL, "ecs", action, given, &out, NULL, &err), err);
	return out;
}

char *fake_refused(const char *action, json_t *in, char *code)
{
	OWN(json) json_t *given = in;
	struct err err = { 0 };

	CHECK_INT(hub_call(fake.hub, NULL, "ecs", action, given, NULL, code, &err), -1);
	return str_dup(ecs_message(err.text));
}

/* ---- a node and its service
 * --------------------------------------------------------------------------------------- */

json_t *fake_definition(void)
{
	static const char text[] =
		"{'family':'node','cpu':'1024','memory':'4096','networkMode':'awsvpc',"
		"'requiresCompatibilities':['FARGATE'],'executionRoleArn':'" EXECUTION_ROLE "',"
		"'taskRoleArn':'" TASK_ROLE "','mpcup:stack':'st',"
		"'volumes':[{'name':'data','efsVolumeConfiguration':{'fileSystemId':'fs-1',"
		"'transitEncryption':'ENABLED','authorizationConfig':{'accessPointId':'fsap-1',"
		"'iam':'ENABLED'}}}],"
		"'containerDefinitions':[{'name':'mpc','image':'" ECR "/mpc-node:localnet-amd64',"
		"'environment':[{'name':'MPC_ENV','value':'mpc-localnet'}],"
		"'secrets':[{'name':'MPC_ACCOUNT_SK','valueFrom':'" SECRET ":key::'}],"
		"'portMappings':[{'containerPort':8080},{'containerPort':80}],"
		"'mountPoints':[{'sourceVolume':'data','containerPath':'/data'}],"
		"'linuxParameters':{'initProcessEnabled':true},'stopTimeout':2,"
		"'logConfiguration':{'logDriver':'awslogs','options':{'awslogs-group':'g',"
		"'awslogs-region':'us-east-1','awslogs-stream-prefix':'node-0'}}}]}";
	OWN(str) char *copy = str_dup(text);

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	return json_loads(copy, 0, NULL);
}

json_t *fake_service(void)
{
	return json_pack(
		"{s:s, s:s, s:s, s:i, s:s, s:{s:i, s:i, s:{s:b, s:b}}, s:{s:{s:[s, s], s:[s], "
		"s:s}}, "
		"s:[{s:s}], s:s}",
		"cluster", "c", "serviceName", "s", "taskDefinition", "node", "desiredCount", 1,
		"launchType", "FARGATE", "deploymentConfiguration", "maximumPercent", 100,
		"minimumHealthyPercent", 0, "deploymentCircuitBreaker", "enable", 1, "rollback", 0,
		"networkConfiguration", "awsvpcConfiguration", "subnets", "subnet-a", "subnet-b",
		"securityGroups", "sg-1", "assignPublicIp", "DISABLED", "serviceRegistries",
		"registryArn", "arn:aws:servicediscovery:us-east-1:000000000000:service/srv-1",
		"mpcup:stack", "st");
}

void fake_deploy(json_t *definition, json_t *service)
{
	json_decref(fake_call("CreateCluster", json_pack("{s:s}", "clusterName", "c")));
	json_decref(fake_call("RegisterTaskDefinition", definition));
	json_decref(fake_call("CreateService", service));
}

const json_t *fake_the_service(void)
{
	return hub_get(fake.hub, ECS_SERVICE, "c/s");
}

json_t *fake_last_task(void)
{
	json_t *task, *last = NULL;
	const char *id;

	json_object_foreach(hub_all(fake.hub, ECS_TASK), id, task) last = task;
	return last;
}

bool fake_is_steady(void)
{
	return json_bool_or(fake_the_service(), "mpcup:steady", false);
}

static const json_t *first_stopped(void)
{
	json_t *task;
	const char *id;

	json_object_foreach(hub_all(fake.hub, ECS_TASK), id,
			    task) if (ecs_task_stopped(task)) return task;
	return NULL;
}

bool fake_has_stopped(void)
{
	return first_stopped() != NULL;
}

bool fake_has_failed(void)
{
	return json_str(fake_the_service(), "mpcup:failed") != NULL;
}

const char *fake_stopped_reason(void)
{
	return json_str(first_stopped(), "stoppedReason");
}

bool fake_has_event(const char *part)
{
	json_t *event;
	size_t i;

	json_array_foreach(json_list(fake_the_service(), "events"), i,
			   event) if (strstr(json_str(event, "message"), part)) return true;
	return false;
}

bool fake_called(const char *what)
{
	json_t *call;
	size_t i;

	json_array_foreach(fake.calls, i,
			   call) if (!strcmp(json_string_value(call), what)) return true;
	return false;
}
