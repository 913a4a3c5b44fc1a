/* Task definitions: families and revisions. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

static bool is_active(const json_t *definition)
{
	return str_eq(json_str(definition, "status"), "ACTIVE");
}

/* Highest revision of a family; only_active: of those that can be used. 0: none. */
static json_int_t newest(struct hub *hub, const char *family, bool only_active)
{
	json_t *definition;
	const char *id;
	json_int_t most = 0;

	json_object_foreach(hub_all(hub, ECS_DEFINITION), id, definition)
	{
		json_int_t revision = json_int_or(definition, "revision", 0);

		if (str_eq(json_str(definition, "family"), family) && revision > most &&
		    (!only_active || is_active(definition)))
			most = revision;
	}
	return most;
}

json_t *ecs_definition(struct hub *hub, const char *name)
{
	OWN(str) char *id = NULL;
	const char *last = ecs_last(name);

	if (!last)
		return NULL;
	if (strchr(last, ':'))
		return hub_get(hub, ECS_DEFINITION, last);
	id = str_printf("%s:%lld", last, (long long)newest(hub, last, true));
	return hub_get(hub, ECS_DEFINITION, id);
}

static void complete(struct hub *hub, json_t *d)
{
	static const char *const lists[] = { "volumes",
					     "placementConstraints",
					     "requiresAttributes",
					     "requiresCompatibilities",
					     "tags",
					     NULL };
	const char *family = json_str(d, "family");
	json_int_t revision = newest(hub, family, false) + 1;
	OWN(str)
	char *resource = str_printf("task-definition/%s:%lld", family, (long long)revision);
	OWN(str) char *arn = hub_arn(hub, "ecs", resource);
	json_t *container;
	size_t i;

	json_set_str(d, "taskDefinitionArn", arn);
	json_set_int(d, "revision", revision);
	json_set_str(d, "status", "ACTIVE");
	for (size_t n = 0; lists[n]; n++)
		if (!json_list(d, lists[n]))
			json_object_set_new(d, lists[n], json_array());
	json_object_set_new(d, "compatibilities", json_pack("[s, s]", "EC2", "FARGATE"));
	json_object_set_new(d, "registeredAt", ecs_time(hub));
	json_array_foreach(json_list(d, "containerDefinitions"), i, container)
	{
		static const char *const parts[] = { "environment",    "mountPoints",
						     "portMappings",   "volumesFrom",
						     "systemControls", NULL };
		json_t *port;
		size_t p;

		for (size_t n = 0; parts[n]; n++)
			if (!json_list(container, parts[n]))
				json_object_set_new(container, parts[n], json_array());
		if (!json_object_get(container, "cpu"))
			json_set_int(container, "cpu", 0);
		if (!json_object_get(container, "essential"))
			json_set_bool(container, "essential", true);
		json_array_foreach(json_list(container, "portMappings"), p, port)
		{
			if (!json_object_get(port, "hostPort") || !json_int_or(port, "hostPort", 0))
				json_set_int(port, "hostPort",
					     json_int_or(port, "containerPort", 0));
			if (!json_str(port, "protocol"))
				json_set_str(port, "protocol", "tcp");
		}
	}
}

/* Answers with the definition; its tags stand beside it. */
static void answer(struct call *c, const json_t *definition)
{
	json_t *shown = ecs_shown(definition);

	json_object_del(shown, "tags");
	json_object_set_new(c->out, "taskDefinition", shown);
}

int ecs_register_definition(struct hub *hub, struct call *c)
{
	OWN(json) json_t *d = ecs_normal(c->in);
	OWN(str) char *id = NULL;

	if (ecs_definition_check(hub, c, d) < 0)
		return -1;
	complete(hub, d);
	json_set_str(d, "registeredBy", c->principal);
	id = str_dup(ecs_last(json_str(d, "taskDefinitionArn")));
	answer(c, d);
	json_object_set_new(c->out, "tags", json_deep_copy(json_list(d, "tags")));
	hub_put(hub, ECS_DEFINITION, id, d);
	return 0;
}

int ecs_deregister_definition(struct hub *hub, struct call *c)
{
	const char *name = json_str(c->in, "taskDefinition");
	json_t *definition = name && strchr(ecs_last(name), ':') ? ecs_definition(hub, name) : NULL;
	OWN(str) char *id = NULL;

	if (!definition)
		return call_fail(c, 400, "ClientException",
				 "The specified task definition does not exist. Specify a valid "
				 "account, family, revision and try again.");
	id = str_dup(ecs_last(name));
	json_set_str(definition, "status", "INACTIVE");
	json_object_set_new(definition, "deregisteredAt", ecs_time(hub));
	answer(c, definition);
	hub_put(hub, ECS_DEFINITION, id, definition);
	return 0;
}

int ecs_describe_definition(struct hub *hub, struct call *c)
{
	const json_t *definition = ecs_definition(hub, json_str(c->in, "taskDefinition"));
	OWN(json) json_t *with_tags = NULL;

	if (!definition)
		return call_fail(c, 400, "ClientException", "Unable to describe task definition.");
	answer(c, definition);
	with_tags = ecs_shown_tags(definition, c);
	json_object_set(c->out, "tags", json_object_get(with_tags, "tags"));
	return 0;
}

int ecs_list_definitions(struct hub *hub, struct call *c)
{
	const char *status = json_str_or(c->in, "status", "ACTIVE"), *id;
	const char *prefix = json_str(c->in, "familyPrefix");
	json_t *arns = json_array(), *definition;

	json_object_foreach(
		hub_all(hub, ECS_DEFINITION), id,
		definition) if (str_eq(json_str(definition, "status"), status) &&
				(!prefix || str_eq(json_str(definition, "family"), prefix)))
		json_add_str(arns, json_str(definition, "taskDefinitionArn"));
	if (str_eq(json_str(c->in, "sort"), "DESC")) {
		json_t *turned = json_array();

		for (size_t i = json_array_size(arns); i-- > 0;)
			json_array_append(turned, json_array_get(arns, i));
		json_decref(arns);
		arns = turned;
	}
	return ecs_page(c, "taskDefinitionArns", arns, 100);
}

int ecs_list_families(struct hub *hub, struct call *c)
{
	const char *status = json_str_or(c->in, "status", "ACTIVE"), *id;
	const char *prefix = json_str_or(c->in, "familyPrefix", "");
	OWN(json) json_t *seen = json_object();
	json_t *families = json_array(), *definition;

	json_object_foreach(hub_all(hub, ECS_DEFINITION), id, definition)
	{
		const char *family = json_str_or(definition, "family", "");
		bool wanted = !strcmp(status, "ALL") ||
			      (!strcmp(status, "ACTIVE") ? is_active(definition)
							 : !newest(hub, family, true));

		if (!wanted || !str_starts(family, prefix) || json_object_get(seen, family))
			continue;
		json_object_set_new(seen, family, json_true());
		json_add_str(families, family);
	}
	return ecs_page(c, "families", families, 100);
}
