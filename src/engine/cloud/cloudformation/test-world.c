#include "engine/cloud/cloudformation/test-stack.h"

#include <string.h>

/* ---- made-up resources ------------------------------------------------------------------------
 */

static bool mode_is(const struct resource *r, const char *mode)
{
	return str_eq(json_str(r->properties, "Mode"), mode);
}

static void describe(struct resource *r)
{
	OWN(str) char *arn = str_printf("arn:test:%s", r->physical);

	json_set_str(r->attributes, "Arn", arn);
	json_set_str(r->attributes, "Size", json_str_or(r->properties, "Size", "0"));
}

static void put_thing(struct hub *hub, struct resource *r)
{
	OWN(json) json_t *thing = json_object();

	json_set_str(thing, "Size", json_str_or(r->properties, "Size", "0"));
	json_object_set(thing, "Tags",
			r->stack_tags ? (json_t *)(uintptr_t)r->stack_tags : json_null());
	hub_put(hub, "fake:thing", r->physical, thing);
	describe(r);
}

static int settle(struct hub *hub, struct resource *r, struct err *err)
{
	const char *gate_of = json_string_value(hub_get(hub, "fake:gate", r->logical));

	if (r->previous == r->properties) { /* being deleted */
		if (!gate_of)
			return RESOURCE_WAIT;
		hub_remove(hub, "fake:thing", r->physical);
		return RESOURCE_DONE;
	}
	if (str_eq(gate_of, "fail"))
		return err_set(err, ERR_REMOTE, "gate of %s failed", r->logical);
	return gate_of ? RESOURCE_DONE : RESOURCE_WAIT;
}

static int create_thing(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *count = hub_get(hub, "fake:count", r->logical);
	OWN(json) json_t *next = json_integer(json_integer_value(count) + 1);

	if (mode_is(r, "fail"))
		return err_set(err, ERR_REMOTE, "no %s today, %s", r->logical,
			       json_str_or(r->properties, "Text", "sorry"));
	hub_put(hub, "fake:count", r->logical, next);
	r->physical = str_printf("%s-%d", r->logical, (int)json_integer_value(next));
	put_thing(hub, r);
	if (mode_is(r, "half"))
		return err_set(err, ERR_REMOTE, "half-way");
	return mode_is(r, "wait") ? settle(hub, r, err) : RESOURCE_DONE;
}

static int update_thing(struct hub *hub, struct resource *r, struct err *err)
{
	CHECK(r->previous != NULL);
	CHECK(r->physical && hub_get(hub, "fake:thing", r->physical));
	if (mode_is(r, "fail-update")) {
		strcpy(r->error_code, "NotUpdatable");
		return err_set(err, ERR_REMOTE, "cannot change");
	}
	put_thing(hub, r);
	return mode_is(r, "stuck-update") ? settle(hub, r, err) : RESOURCE_DONE;
}

static int remove_thing(struct hub *hub, struct resource *r, struct err *err)
{
	if (mode_is(r, "fail-delete") && !hub_get(hub, "fake:gate", r->logical))
		return err_set(err, ERR_REMOTE, "still in use");
	if (mode_is(r, "wait-delete"))
		return RESOURCE_WAIT;
	hub_remove(hub, "fake:thing", r->physical);
	return RESOURCE_DONE;
}

static int create_named(struct hub *hub, struct resource *r, struct err *err)
{
	const char *name = json_str(r->properties, "Name");

	(void)err;
	r->physical = name ? str_dup(name) : hub_physical_name(hub, r, 64, false);
	put_thing(hub, r);
	return RESOURCE_DONE;
}

static const char *const thing_allowed[] = {
	"Size", "Tags", "Text", "Mode", "Fixed", "Part", NULL
};
static const char *const thing_replace[] = { "Fixed", "Part.Inner", NULL };
static const char *const named_allowed[] = { "Name", "Kind", NULL };
static const char *const named_replace[] = { "Name", "Kind", NULL };
static const char *const named_required[] = { "Kind", NULL };

static const struct resource_kind thing = {
	.type = "AWS::Test::Thing",
	.create = create_thing,
	.update = update_thing,
	.remove = remove_thing,
	.settle = settle,
	.allowed = thing_allowed,
	.replace_on = thing_replace,
};
static const struct resource_kind named = {
	.type = "AWS::Test::Named",
	.create = create_named,
	.remove = remove_thing,
	.allowed = named_allowed,
	.replace_on = named_replace,
	.required = named_required,
};
static const struct resource_kind *const kinds[] = { &thing, &named, NULL };
static const struct service fake = { .name = "fake", .kinds = kinds };

/* The types of the test templates, with every attribute that they ask for. */
static int create_any(struct hub *hub, struct resource *r, struct err *err)
{
	static const char *const names[] = { "AllocationId", "GroupId", "Name", "Arn", "Id" };

	(void)err;
	r->physical = hub_physical_name(hub, r, 64, true);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		OWN(str) char *value = str_printf("%s/%s", r->physical, names[i]);

		json_set_str(r->attributes, names[i], value);
	}
	put_thing(hub, r);
	return RESOURCE_DONE;
}

#define ANY .create = create_any, .remove = remove_thing
static const char *const stream_allowed[] = { "LogGroupName", NULL };
static const struct resource_kind any[] = {
	{ .type = "AWS::EC2::VPC", ANY },
	{ .type = "AWS::EC2::Subnet", ANY },
	{ .type = "AWS::EC2::RouteTable", ANY },
	{ .type = "AWS::EC2::SubnetRouteTableAssociation", ANY },
	{ .type = "AWS::EC2::Route", ANY },
	{ .type = "AWS::EC2::SecurityGroup", ANY },
	{ .type = "AWS::EC2::SecurityGroupIngress", ANY },
	{ .type = "AWS::EC2::EIP", ANY },
	{ .type = "AWS::EC2::NatGateway", ANY },
	{ .type = "AWS::EC2::InternetGateway", ANY },
	{ .type = "AWS::EC2::VPCGatewayAttachment", ANY },
	{ .type = "AWS::EFS::FileSystem", ANY },
	{ .type = "AWS::EFS::MountTarget", ANY },
	{ .type = "AWS::EFS::AccessPoint", ANY },
	{ .type = "AWS::ECS::Cluster", ANY },
	{ .type = "AWS::ECS::Service", ANY },
	{ .type = "AWS::ECS::TaskDefinition", ANY },
	{ .type = "AWS::SecretsManager::Secret", ANY },
	{ .type = "AWS::Logs::LogGroup", ANY },
	{ .type = "AWS::ServiceDiscovery::Service", ANY },
	{ .type = "AWS::ServiceDiscovery::PrivateDnsNamespace", ANY },
	{ .type = "AWS::IAM::Role", ANY },
	{ .type = "AWS::IAM::Policy", ANY },
	{ .type = "AWS::IAM::ManagedPolicy", ANY },
	{ .type = "AWS::Logs::LogStream", .allowed = stream_allowed, ANY },
};
static const struct resource_kind *const any_kinds[] = {
	&any[0],  &any[1],  &any[2],  &any[3],	&any[4],  &any[5],  &any[6],  &any[7],	&any[8],
	&any[9],  &any[10], &any[11], &any[12], &any[13], &any[14], &any[15], &any[16], &any[17],
	&any[18], &any[19], &any[20], &any[21], &any[22], &any[23], &any[24], NULL
};
static const struct service templates = { .name = "templates", .kinds = any_kinds };

/* ---- made-up services -------------------------------------------------------------------------
 */

static int get_parameter(struct hub *hub, struct call *c)
{
	json_t *parameter;

	(void)hub;
	if (!str_eq(json_str(c->in, "Name"), "/size") &&
	    !str_eq(json_str(c->in, "Name"), "/cdk-bootstrap/hnb659fds/version"))
		return call_fail(c, 400, "ParameterNotFound", "%s", "");
	parameter = json_object();
	json_set_str(parameter, "Value", "44");
	json_object_set_new(c->out, "Parameter", parameter);
	return 0;
}

static int get_secret(struct hub *hub, struct call *c)
{
	(void)hub;
	if (!str_eq(json_str(c->in, "SecretId"),
		    "arn:aws:secretsmanager:us-east-1:000000000000:secret:db-abcdef"))
		return call_fail(c, 400, "ResourceNotFoundException",
				 "Secrets Manager can't find the specified secret.");
	json_set_str(c->out, "SecretString", "{\"user\":\"admin\",\"password\":\"hunter22\"}");
	return 0;
}

static int get_object(struct hub *hub, struct call *c)
{
	const char *bucket = json_str_or(c->in, "Bucket", ""), *key = json_str_or(c->in, "Key", "");
	json_t *object = hub_get(hub, "fake:object", key);

	if (!strcmp(bucket, "objects") && object) {
		json_object_set(c->out, "Body", object);
		return 0;
	}
	if (!strcmp(bucket, "files")) {
		OWN(str) char *path = str_printf("tests/templates/%s", key);
		OWN(str) char *text = test_read_file(path, NULL);

		json_set_str(c->out, "Body", text);
		return 0;
	}
	if (strcmp(bucket, "templates") != 0 || strcmp(key, "dir/a b.json") != 0)
		return call_fail(c, 404, "NoSuchKey", "The specified key does not exist.");
	json_set_str(c->out, "Body",
		     "{\"Resources\":{\"FromS3\":{\"Type\":\"AWS::Test::Thing\"}}}");
	return 0;
}

static const struct action ssm_actions[] = { { .name = "GetParameter", .run = get_parameter },
					     { 0 } };
static const struct action secret_actions[] = { { .name = "GetSecretValue", .run = get_secret },
						{ 0 } };
static const struct action s3_actions[] = { { .name = "GetObject", .run = get_object }, { 0 } };
static const struct service ssm = { .name = "ssm", .actions = ssm_actions };
static const struct service secretsmanager = { .name = "secretsmanager",
					       .actions = secret_actions };
static const struct service s3 = { .name = "s3", .actions = s3_actions };
static const struct service *const services[] = { &service_cloudformation, &fake, &templates, &ssm,
						  &secretsmanager,	   &s3,	  NULL };

/* ---- the world ---------------------------------------------------------------------------------
 */

static void start(struct world *w)
{
	struct hub_options o = { .services = services, .state_dir = w->dir };
	struct err err = { 0 };

	w->events = event_base_new();
	o.events = w->events;
	CHECK_OK(hub_new(&o, &w->hub, &err), err);
	CHECK_OK(hub_start(w->hub, &err), err);
}

static void end(struct world *w)
{
	hub_free(w->hub);
	event_base_free(w->events);
}

void world_open(struct world *w, const char *dir)
{
	w->dir = str_dup(dir);
	start(w);
}

void world_close(struct world *w)
{
	OWN(str) char *clean = w->dir ? str_printf("rm -rf '%s'", w->dir) : NULL;

	end(w);
	if (clean)
		CHECK_INT(system(clean), 0);
	free(w->dir);
}

void world_restart(struct world *w)
{
	end(w);
	start(w);
}

void gate(struct world *w, const char *logical, const char *what)
{
	OWN(json) json_t *value = json_string(what);

	hub_put(w->hub, "fake:gate", logical, value);
}

void object(struct world *w, const char *key, const char *text)
{
	OWN(json) json_t *value = json_string(text);

	hub_put(w->hub, "fake:object", key, value);
}

size_t things(struct world *w)
{
	return json_object_size(hub_all(w->hub, "fake:thing"));
}

char *call(struct world *w, const char *action, json_t *in, json_t **ret_out)
{
	OWN(json) json_t *owned = in;
	struct err err = { 0 };

	if (hub_call(w->hub, NULL, "cloudformation", action, owned, ret_out, NULL, &err) == 0)
		return NULL;
	return str_dup(err.text);
}

static void with_template(struct world *w, const char *action, const char *stack,
			  const char *template)
{
	OWN(str)
	char *error =
		call(w, action,
		     json_pack("{s:s,s:s}", "StackName", stack, "TemplateBody", template), NULL);

	CHECK_STR(error, NULL);
}

void create(struct world *w, const char *stack, const char *template)
{
	with_template(w, "CreateStack", stack, template);
}

void update(struct world *w, const char *stack, const char *template)
{
	with_template(w, "UpdateStack", stack, template);
}

void delete (struct world *w, const char *stack)
{
	OWN(str) char *error = call(w, "DeleteStack", json_pack("{s:s}", "StackName", stack), NULL);

	CHECK_STR(error, NULL);
}

char *status(struct world *w, const char *stack)
{
	OWN(json) json_t *out = NULL;
	OWN(str)
	char *error = call(w, "DescribeStacks", json_pack("{s:s}", "StackName", stack), &out);

	return str_dup(error ? "none" : json_str(json_path(out, "Stacks.0"), "StackStatus"));
}

/* Longer than the engine puts off a round of asking: what can go on has gone on. */
void turn(struct world *w)
{
	const struct timeval while_ = { .tv_usec = 100000 };

	event_base_loopexit(w->events, &while_);
	event_base_dispatch(w->events);
}

void until(struct world *w, const char *stack, const char *wanted)
{
	int64_t end_ms = hub_now_ms(w->hub) + 60000;
	OWN(str) char *last = NULL;

	do {
		event_base_loop(w->events, EVLOOP_ONCE);
		free(last);
		last = status(w, stack);
	} while (strcmp(last, wanted) != 0 && hub_now_ms(w->hub) < end_ms);
	CHECK_STR(last, wanted);
	if (strcmp(last, wanted) != 0) {
		OWN(str) char *what = history(w, stack, 0);

		test_fail(__FILE__, __LINE__, "history:\n%s", what);
	}
}

/* All pages, oldest first. */
static json_t *all_events(struct world *w, const char *stack)
{
	json_t *list = json_array();
	OWN(str) char *token = str_dup("");

	while (token) {
		OWN(json) json_t *out = NULL;
		OWN(str)
		char *error =
			call(w, "DescribeStackEvents",
			     json_pack("{s:s,s:s}", "StackName", stack, "NextToken", token), &out);
		json_t *page = json_object_get(out, "StackEvents"), *event;
		size_t i;

		CHECK_STR(error, NULL);
		json_array_foreach(page, i, event) json_array_insert(list, 0, event);
		free(token);
		token = str_dup(json_str(out, "NextToken"));
	}
	return list;
}

size_t event_count(struct world *w, const char *stack)
{
	OWN(json) json_t *list = all_events(w, stack);

	return json_array_size(list);
}

char *history(struct world *w, const char *stack, size_t from)
{
	OWN(json) json_t *list = all_events(w, stack);
	OWN(buf) struct buf text = { 0 };
	OWN(str) char *last = NULL;

	buf_str(&text, "");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *event = json_array_get(list, i);
		const char *physical = json_str_or(event, "PhysicalResourceId", "");
		const char *reason = json_str(event, "ResourceStatusReason");
		const char *time = json_str_or(event, "Timestamp", "");

		CHECK(!last || strcmp(last, time) < 0);
		free(last);
		last = str_dup(time);
		if (i < from)
			continue;
		buf_printf(&text, "%s %s %s%s%s\n", json_str(event, "LogicalResourceId"),
			   json_str(event, "ResourceStatus"),
			   str_starts(physical, "arn:aws:cloudformation") ? "@"
			   : *physical					  ? physical
									  : "-",
			   reason ? " " : "", reason ? reason : "");
	}
	return buf_take(&text);
}

char *plain_history(struct world *w, const char *stack, size_t from)
{
	static const char token[] = "RequestToken: 00000000-0000-0000-0000-000000000000, ";
	OWN(str) char *text = history(w, stack, from);
	OWN(buf) struct buf out = { 0 };
	const char *at = text, *hit;

	while ((hit = strstr(at, "RequestToken: "))) {
		buf_add(&out, at, (size_t)(hit - at));
		at = hit + strlen(token);
	}
	buf_str(&out, at);
	return buf_take(&out);
}

char *resources(struct world *w, const char *stack)
{
	OWN(json) json_t *out = NULL;
	OWN(str)
	char *error = call(w, "ListStackResources", json_pack("{s:s}", "StackName", stack), &out);
	OWN(buf) struct buf text = { 0 };
	const json_t *resource;
	size_t i;

	CHECK_STR(error, NULL);
	buf_str(&text, "");
	json_array_foreach(json_object_get(out, "StackResourceSummaries"), i, resource)
		buf_printf(&text, "%s%s=%s", i ? " " : "", json_str(resource, "LogicalResourceId"),
			   json_str(resource, "ResourceStatus"));
	return buf_take(&text);
}

char *arn_of(struct world *w, const char *stack)
{
	OWN(json) json_t *out = NULL;
	OWN(str)
	char *error = call(w, "DescribeStacks", json_pack("{s:s}", "StackName", stack), &out);

	CHECK_STR(error, NULL);
	return str_dup(json_str(json_path(out, "Stacks.0"), "StackId"));
}
