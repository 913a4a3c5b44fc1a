/* Which capacity a cluster's tasks may run on. Both providers are this machine; who may use which is AWS's rule. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <stdio.h>
#include <string.h>

static int invalid(struct call *c, const char *text)
{
	return call_fail(c, 400, "InvalidParameterException", "%s", text);
}

static int check_known(struct call *c, const json_t *providers)
{
	json_t *one;
	size_t i;

	json_array_foreach(providers, i, one)
	{
		const char *name = ecs_last(json_string_value(one));

		if (!str_eq(name, "FARGATE") && !str_eq(name, "FARGATE_SPOT"))
			return invalid(c, "The specified capacity provider was not found. Specify a "
					  "valid capacity provider and try again.");
	}
	return 0;
}

/* Does each provider of the strategy belong to `providers`? */
static int check_strategy(struct call *c, const json_t *strategy, const json_t *providers)
{
	json_t *one;
	size_t i;

	json_array_foreach(strategy, i, one)
	{
		json_int_t weight = json_int_or(one, "weight", 0), base = json_int_or(one, "base", 0);

		if (!json_has_text(providers, json_str_or(one, "capacityProvider", "")))
			return invalid(c, "The specified capacity provider strategy cannot contain a "
					  "capacity provider that is not associated with the "
					  "cluster. Associate the capacity provider with the "
					  "cluster or specify a valid capacity provider and try "
					  "again.");
		if (weight < 0 || weight > 1000 || base < 0 || base > 100000)
			return invalid(c, "A capacity provider strategy has weights from 0 to 1000 "
					  "and a base from 0 to 100000.");
	}
	return 0;
}

int ecs_capacity_check(struct call *c, const json_t *cluster, const json_t *in)
{
	const json_t *strategy = json_list(in, "capacityProviderStrategy");

	if (!json_array_size(strategy))
		return 0;
	if (json_str(in, "launchType"))
		return invalid(c, "Specifying both a launch type and capacity provider strategy is not "
				  "supported. Remove one and try again.");
	return check_strategy(c, strategy, json_list(cluster, "capacityProviders"));
}

const json_t *ecs_capacity_strategy(const json_t *cluster, const json_t *in)
{
	const json_t *given = json_list(in, "capacityProviderStrategy");
	const json_t *standard = json_list(cluster, "defaultCapacityProviderStrategy");

	if (json_array_size(given))
		return given;
	return !json_str(in, "launchType") && json_array_size(standard) ? standard : NULL;
}

int ecs_capacity_set(struct call *c, json_t *cluster, const json_t *in)
{
	OWN(json) json_t *normal = ecs_normal(in);
	const json_t *providers = json_list(normal, "capacityProviders");
	const json_t *strategy = json_list(normal, "defaultCapacityProviderStrategy");

	if (check_known(c, providers) < 0 || check_strategy(c, strategy, providers) < 0)
		return -1;
	json_object_set_new(cluster, "capacityProviders",
			    providers ? json_deep_copy(providers) : json_array());
	json_object_set_new(cluster, "defaultCapacityProviderStrategy",
			    strategy ? json_deep_copy(strategy) : json_array());
	return 0;
}

/* A provider that a service runs on stays with its cluster. */
static int check_unused(struct hub *hub, struct call *c, const json_t *cluster, const json_t *left)
{
	json_t *service, *one;
	const char *key;
	size_t i;

	json_object_foreach(hub_all(hub, ECS_SERVICE), key, service)
	{
		if (!str_eq(json_str(service, "clusterArn"), json_str(cluster, "clusterArn")) ||
		    str_eq(json_str(service, "status"), "INACTIVE"))
			continue;
		json_array_foreach(json_list(service, "capacityProviderStrategy"), i, one)
			if (!json_has_text(left, json_str_or(one, "capacityProvider", "")))
				return call_fail(c, 400, "ResourceInUseException",
						 "The specified capacity provider is in use and "
						 "cannot be removed.");
	}
	return 0;
}

int ecs_put_capacity_providers(struct hub *hub, struct call *c)
{
	json_t *cluster = ecs_cluster(hub, c);

	if (!cluster)
		return -1;
	if (!json_list(c->in, "capacityProviders") ||
	    !json_list(c->in, "defaultCapacityProviderStrategy"))
		return invalid(c, "capacityProviders and defaultCapacityProviderStrategy must be "
				  "given; they may be empty.");
	if (check_unused(hub, c, cluster, json_list(c->in, "capacityProviders")) < 0 ||
	    ecs_capacity_set(c, cluster, c->in) < 0)
		return -1;
	hub_put(hub, ECS_CLUSTER, json_str(cluster, "clusterName"), cluster);
	json_object_set_new(c->out, "cluster", ecs_shown(cluster));
	return 0;
}

int ecs_update_cluster(struct hub *hub, struct call *c)
{
	json_t *cluster = ecs_cluster(hub, c);

	if (!cluster)
		return -1;
	ecs_copy(cluster, c->in,
		 (const char *const[]){ "settings", "configuration", "serviceConnectDefaults", NULL });
	hub_put(hub, ECS_CLUSTER, json_str(cluster, "clusterName"), cluster);
	json_object_set_new(c->out, "cluster", ecs_shown(cluster));
	return 0;
}

/* ---- AWS::ECS::ClusterCapacityProviderAssociations --------------------------------------------- */

static int put(struct hub *hub, struct resource *r, const json_t *in, char code[96], struct err *err)
{
	struct err inner = { 0 };

	if (hub_call(hub, NULL, "ecs", "PutClusterCapacityProviders", in, NULL, code, &inner) == 0)
		return RESOURCE_DONE;
	if (strstr(code, "NotFound"))
		(void)snprintf(r->error_code, sizeof(r->error_code), "NotFound");
	return err_set(err, ERR_REMOTE, "Invalid request provided: PutClusterCapacityProviders: %s",
		       ecs_message(inner.text));
}

static int association_put(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = ecs_from_properties(r->properties);
	char code[96] = "";

	if (!r->physical)
		r->physical = str_dup(json_str_or(r->properties, "Cluster", ""));
	return put(hub, r, in, code, err);
}

/* Services of the same stack may still be going: they need not name the association. */
static int association_remove(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json)
	json_t *in = json_pack("{s:s, s:[], s:[]}", "cluster", r->physical ? r->physical : "",
			       "capacityProviders", "defaultCapacityProviderStrategy");
	char code[96] = "";

	if (!r->physical || put(hub, r, in, code, err) == RESOURCE_DONE ||
	    !strcmp(code, "ClusterNotFoundException"))
		return RESOURCE_DONE;
	return !strcmp(code, "ResourceInUseException") ? RESOURCE_WAIT : -1;
}

const struct resource_kind ecs_capacity_kind = {
	.type = "AWS::ECS::ClusterCapacityProviderAssociations",
	.replace_on = (const char *const[]){ "Cluster", NULL },
	.create = association_put,
	.update = association_put,
	.remove = association_remove,
	.settle = association_remove,
	.allowed = (const char *const[]){ "CapacityProviders", "Cluster",
					  "DefaultCapacityProviderStrategy", NULL },
	.required = (const char *const[]){ "CapacityProviders", "Cluster",
					   "DefaultCapacityProviderStrategy", NULL },
};
