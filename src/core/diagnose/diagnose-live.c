/* What runs, as a template: services and task definitions as ECS describes them, every value literal. */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "core/diagnose/diagnose-internal.h"
#include "core/diagnose/diagnose.h"

#define TASK_DEFINITION "AWS::ECS::TaskDefinition"

/* ---- names of members ------------------------------------------------------------------------------------ */

/* Where a template's name is more than the API's with a capital. */
static const struct {
	const char *api, *template;
} names[] = {
	{ "efsVolumeConfiguration", "EFSVolumeConfiguration" },
	{ "fileSystemId", "FilesystemId" },
	{ "iam", "IAM" },
};

/* Their members are names of the user. */
static bool is_map(const char *name)
{
	return !strcmp(name, "options") || !strcmp(name, "dockerLabels") || !strcmp(name, "driverOpts") ||
	       !strcmp(name, "labels");
}

static char *template_name_of(const char *api)
{
	char *name;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i].api, api))
			return str_dup(names[i].template);
	name = str_dup(api);
	*name = (char)toupper((unsigned char)*name);
	return name;
}

static json_t *renamed(const json_t *value)
{
	json_t *whole = (json_t *)(uintptr_t)value, *one, *out; /* only read */
	const char *key;
	size_t i;

	if (json_is_array(value)) {
		out = json_array();
		json_array_foreach(whole, i, one)
			json_array_append_new(out, renamed(one));
		return out;
	}
	if (!json_is_object(value))
		return json_incref(whole);
	out = json_object();
	json_object_foreach(whole, key, one) {
		OWN(str) char *name = template_name_of(key);

		json_object_set_new(out, name, is_map(key) ? json_incref(one) : renamed(one));
	}
	return out;
}

static json_t *properties_of(const json_t *described, const char *const *members)
{
	OWN(json) json_t *kept = json_object();
	json_t *value;

	for (; *members; members++) {
		value = json_object_get(described, *members);
		if (value && !json_is_null(value))
			json_object_set(kept, *members, value);
	}
	return renamed(kept);
}

/* ---- resources ------------------------------------------------------------------------------------------- */

struct live {
	const json_t *evidence;
	json_t *resources;
	json_t *definitions; /* ARN -> logical id */
};

static const char *logical_of(const json_t *evidence, const char *physical)
{
	json_t *stack, *resource;
	size_t i, k;

	json_array_foreach(json_list(evidence, "stacks"), i, stack)
		json_array_foreach(json_list(stack, "resources"), k, resource)
			if (str_eq(json_str(resource, "PhysicalResourceId"), physical))
				return json_str(resource, "LogicalResourceId");
	return NULL;
}

/* Stacks may use a name twice. The caller's. */
static char *free_name(const struct live *l, const char *wanted)
{
	char *name = str_dup(wanted);

	for (unsigned n = 2; json_object_get(l->resources, name); n++) {
		free(name);
		name = str_printf("%s%u", wanted, n);
	}
	return name;
}

static const char *add_definition(struct live *l, const char *arn)
{
	static const char *const members[] = { "family", "taskRoleArn", "executionRoleArn", "networkMode",
					       "containerDefinitions", "volumes", "requiresCompatibilities", "cpu",
					       "memory", "runtimePlatform", "ephemeralStorage", NULL };
	const char *logical = logical_of(l->evidence, arn);
	OWN(str) char *name = NULL;
	json_t *one;
	size_t i;

	if (json_str(l->definitions, arn))
		return json_str(l->definitions, arn);
	json_array_foreach(json_list(l->evidence, "taskDefinitions"), i, one) {
		if (!str_eq(json_str(one, "taskDefinitionArn"), arn))
			continue;
		name = free_name(l, logical ? logical : "TaskDefinition");
		json_object_set_new(l->resources, name, json_pack("{s:s,s:o}", "Type", TASK_DEFINITION,
								  "Properties", properties_of(one, members)));
		json_set_str(l->definitions, arn, name);
		break;
	}
	return json_str(l->definitions, arn);
}

/* A stack that is neither on its way nor left half-way has what it says. */
static bool is_settled(const json_t *evidence, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(evidence, "stacks"), i, one) {
		const json_t *stack = json_map(one, "stack");

		if (str_eq(json_str(stack, "StackName"), name))
			return str_ends(json_str_or(stack, "StackStatus", ""), "_COMPLETE");
	}
	return false;
}

static void add_service(struct live *l, const json_t *entry)
{
	static const char *const members[] = { "desiredCount", "launchType", "capacityProviderStrategy",
					       "platformVersion", "networkConfiguration", "deploymentConfiguration",
					       "serviceRegistries", "healthCheckGracePeriodSeconds",
					       "availabilityZoneRebalancing", "enableExecuteCommand", NULL };
	const json_t *service = json_map(entry, "service");
	const char *definition;
	OWN(str) char *name = NULL;
	json_t *properties;

	if (!is_settled(l->evidence, json_str_or(entry, "stack", "")) || !json_str(service, "taskDefinition"))
		return;
	definition = add_definition(l, json_str(service, "taskDefinition"));
	if (!definition)
		return;
	name = free_name(l, json_str_or(entry, "logicalResourceId", "Service"));
	properties = properties_of(service, members);
	json_set_str(properties, "Cluster", json_str(service, "clusterArn"));
	json_object_set_new(properties, "TaskDefinition", json_pack("{s:s}", "Ref", definition));
	json_object_set_new(l->resources, name,
			    json_pack("{s:s,s:o}", "Type", "AWS::ECS::Service", "Properties", properties));
}

char *diagnose_live(const json_t *evidence)
{
	OWN(json) json_t *resources = json_object(), *definitions = json_object(), *body = NULL;
	struct live l = { evidence, resources, definitions };
	json_t *one;
	size_t i;

	json_array_foreach(json_list(evidence, "services"), i, one)
		add_service(&l, one);
	if (!json_object_size(resources))
		return NULL;
	body = json_pack("{s:O}", "Resources", resources);
	return body ? json_text(body) : NULL;
}
