#include "engine/cloud/servicediscovery/servicediscovery.h"

#include <event2/event.h>
#include <string.h>

#include "base/test.h"

/* A VPC service of the test: vpc-1 and vpc-2 exist. */
static int describe_vpcs(struct hub *hub, struct call *c)
{
	const char *id = json_string_value(json_array_get(json_list(c->in, "VpcId"), 0));

	(void)hub;
	return str_eq(id, "vpc-1") || str_eq(id, "vpc-2")
		       ? 0
		       : call_fail(c, 400, "InvalidVpcID.NotFound", "no");
}
static const struct action vpc_actions[] = { { .name = "DescribeVpcs", .run = describe_vpcs },
					     { 0 } };
static const struct service vpcs = { .name = "ec2", .actions = vpc_actions };
static const struct service *const services[] = { &vpcs, &service_servicediscovery, NULL };

struct world {
	struct event_base *base;
	struct hub *hub;
};

static struct world make(void)
{
	struct world w = { .base = event_base_new() };
	struct hub_options o = { .services = services, .events = w.base };
	struct err err = { 0 };

	CHECK_OK(hub_new(&o, &w.hub, &err), err);
	CHECK_OK(hub_start(w.hub, &err), err);
	return w;
}

static void end(struct world w)
{
	hub_free(w.hub);
	event_base_free(w.base);
}

/* Runs an action with arguments as JSON text; the reply, or NULL and the code. */
static json_t *call(struct world w, const char *action, char code[96], const char *arguments)
{
	OWN(json) json_t *in = NULL;
	json_t *out = NULL;
	struct err err = { 0 };

	CHECK_OK(json_parse_text("in", arguments, strlen(arguments), &in, &err), err);
	code[0] = '\0';
	(void)hub_call(w.hub, NULL, "servicediscovery", action, in, &out, code, &err);
	return out;
}

static char *id_of_namespace(struct world w, const char *name)
{
	char code[96];
	OWN(str) char *arguments = str_printf("{\"Name\":\"%s\",\"Vpc\":\"vpc-1\"}", name);
	OWN(json) json_t *made = call(w, "CreatePrivateDnsNamespace", code, arguments);
	OWN(str)
	char *get = str_printf("{\"OperationId\":\"%s\"}", json_str_or(made, "OperationId", ""));
	OWN(json) json_t *operation = call(w, "GetOperation", code, get);

	return str_dup(json_str(json_path(operation, "Operation.Targets"), "NAMESPACE"));
}

static char *id_of_service(struct world w, const char *space, const char *name)
{
	char code[96];
	OWN(str)
	char *arguments = str_printf(
		"{\"Name\":\"%s\",\"NamespaceId\":\"%s\",\"DnsConfig\":{\"DnsRecords\":[{\"Type\":"
		"\"A\","
		"\"TTL\":\"30\"}]},\"HealthCheckCustomConfig\":{\"FailureThreshold\":1}}",
		name, space);
	OWN(json) json_t *made = call(w, "CreateService", code, arguments);

	return str_dup(json_str(json_map(made, "Service"), "Id"));
}

static void add_instance(struct world w, const char *service, const char *id, const char *address)
{
	char code[96];
	OWN(str)
	char *arguments = str_printf("{\"ServiceId\":\"%s\",\"InstanceId\":\"%s\",\"Attributes\":{"
				     "\"AWS_INSTANCE_IPV4\":\"%s\"}}",
				     service, id, address);
	OWN(json) json_t *made = call(w, "RegisterInstance", code, arguments);

	CHECK(made != NULL);
}

static void check_name(struct world w, const char *vpc, const char *name, int want,
		       const char *addresses)
{
	OWN(json) json_t *found = NULL;
	OWN(str) char *text = NULL;
	unsigned ttl = 0;

	CHECK_INT(hub_resolve(w.hub, vpc, 0, name, &found, &ttl), want);
	text = found ? json_text(found) : NULL;
	CHECK_STR(text, addresses);
	if (found)
		CHECK_INT(ttl, 30);
}

TEST(servicediscovery, names_exist_while_healthy_instances_are_registered)
{
	struct world w = make();
	OWN(str)
	char *space = id_of_namespace(w, "mpc.local"),
	     *service = id_of_service(w, space, "node-0");
	OWN(str) char *drop = str_printf("{\"ServiceId\":\"%s\",\"InstanceId\":\"b\"}", service);
	OWN(str)
	char *sick = str_printf(
		"{\"ServiceId\":\"%s\",\"InstanceId\":\"a\",\"Status\":\"UNHEALTHY\"}", service);
	char code[96];

	check_name(w, "vpc-1", "node-0.mpc.local", HUB_NAME_ABSENT, NULL);
	add_instance(w, service, "a", "10.0.0.5");
	add_instance(w, service, "b", "10.0.0.6");
	check_name(w, "vpc-1", "NODE-0.mpc.LOCAL.", HUB_NAME_FOUND, "[\"10.0.0.5\",\"10.0.0.6\"]");
	json_decref(call(w, "DeregisterInstance", code, drop));
	check_name(w, "vpc-1", "node-0.mpc.local", HUB_NAME_FOUND, "[\"10.0.0.5\"]");
	json_decref(call(w, "UpdateInstanceCustomHealthStatus", code, sick));
	check_name(w, "vpc-1", "node-0.mpc.local", HUB_NAME_ABSENT, NULL);
	end(w);
}

TEST(servicediscovery, a_name_is_only_known_in_its_own_vpc_and_zone)
{
	struct world w = make();
	OWN(str)
	char *space = id_of_namespace(w, "mpc.local"),
	     *service = id_of_service(w, space, "node-0");

	add_instance(w, service, "a", "10.0.0.5");
	check_name(w, "vpc-2", "node-0.mpc.local", HUB_NAME_UNKNOWN, NULL);
	check_name(w, "vpc-1", "node-0.xmpc.local", HUB_NAME_UNKNOWN, NULL);
	check_name(w, "vpc-1", "mpc.local", HUB_NAME_EMPTY, NULL);
	check_name(w, "vpc-1", "node-1.mpc.local", HUB_NAME_ABSENT, NULL);
	end(w);
}

static void refused(struct world w, const char *action, const char *arguments, const char *want)
{
	char code[96];
	OWN(json) json_t *out = call(w, action, code, arguments);

	CHECK(!out);
	CHECK_STR(code, want);
}

TEST(servicediscovery, what_is_in_use_or_wrong_is_refused_with_awss_codes)
{
	struct world w = make();
	OWN(str)
	char *space = id_of_namespace(w, "mpc.local"),
	     *service = id_of_service(w, space, "node-0");
	OWN(str) char *by_space = str_printf("{\"Id\":\"%s\"}", space);
	OWN(str) char *by_service = str_printf("{\"Id\":\"%s\"}", service);
	OWN(str) char *twin = str_printf("{\"Name\":\"NODE-0\",\"NamespaceId\":\"%s\"}", space);
	OWN(str)
	char *no_address = str_printf("{\"ServiceId\":\"%s\",\"InstanceId\":\"x\"}", service);

	refused(w, "CreatePrivateDnsNamespace", "{\"Name\":\"mpc.local\",\"Vpc\":\"vpc-1\"}",
		"ConflictingDomainExists");
	refused(w, "CreatePrivateDnsNamespace", "{\"Name\":\"a.b\",\"Vpc\":\"vpc-9\"}",
		"InvalidInput");
	refused(w, "CreatePrivateDnsNamespace", "{\"Name\":\"-a.b\",\"Vpc\":\"vpc-1\"}",
		"InvalidInput");
	refused(w, "CreateService", twin, "ServiceAlreadyExists");
	refused(w, "RegisterInstance", no_address, "InvalidInput");
	refused(w, "DeleteNamespace", by_space, "ResourceInUse");
	add_instance(w, service, "a", "10.0.0.5");
	refused(w, "DeleteService", by_service, "ResourceInUse");
	refused(w, "GetNamespace", "{\"Id\":\"ns-nope\"}", "NamespaceNotFound");
	end(w);
}

TEST(servicediscovery, the_kinds_give_ids_and_arns_and_go_away)
{
	struct world w = make();
	const struct resource_kind *space =
		hub_kind(w.hub, "AWS::ServiceDiscovery::PrivateDnsNamespace");
	OWN(json) json_t *properties = json_pack("{s:s,s:s}", "Name", "x.local", "Vpc", "vpc-1");
	struct resource r = { .stack_name = "s",
			      .logical = "N",
			      .properties = properties,
			      .attributes = json_object() };
	struct resource again = r;
	struct err err = { 0 };

	CHECK_INT(space->create(w.hub, &r, &err), RESOURCE_DONE);
	CHECK(str_starts(r.physical, "ns-") && strlen(r.physical) == 19);
	CHECK(strstr(json_str_or(r.attributes, "Arn", ""), ":namespace/ns-") != NULL);
	CHECK_INT(space->create(w.hub, &again, &err), -1);
	CHECK_STR(again.error_code, "AlreadyExists");
	CHECK_INT(space->remove(w.hub, &r, &err), RESOURCE_DONE);
	CHECK_INT(space->remove(w.hub, &r, &err), RESOURCE_DONE);
	free(r.physical);
	json_decref(r.attributes);
	end(w);
}
