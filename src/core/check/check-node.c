/* What rules about the node's contract ask of a container. */
#include "core/check/check-internal.h"
#include "core/check/check-topology.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { DEPTH_MAX = 32 };

/* Containers around a node share some of its variables (the chain of a local world knows the
 * contract). One that has none of a node's own is no node. */
bool check_has_node_variables(const json_t *container)
{
	static const char *const own[] = { "MPC_HOME_DIR",	   "MPC_ACCOUNT_ID",
					   "MPC_ACCOUNT_SK",	   "MPC_P2P_PRIVATE_KEY",
					   "MPC_SECRET_STORE_KEY", "MPC_ENV" };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (deployment_environment(container, own[i], NULL) ||
		    deployment_secret(container, own[i], NULL))
			return true;
	return false;
}

bool node_next(const struct check *c, size_t *i, struct node *ret)
{
	size_t count;
	const struct deployment_service *const *all =
		deployment_services(check_deployment(c), &count);

	for (; *i < count; (*i)++) {
		const struct deployment_service *s = all[*i];

		if (s->mpc_container < 0 || !s->task || !s->task->resource)
			continue;
		*ret = (struct node){ .service = s,
				      .task = s->task->resource,
				      .index = (size_t)s->mpc_container };
		ret->container = json_array_get(s->task->containers, ret->index);
		if (!ret->container || !check_has_node_variables(ret->container))
			continue;
		(*i)++;
		return true;
	}
	return false;
}

long node_desired(const struct node *n)
{
	const json_t *value =
		n->service->resource
			? json_object_get(n->service->resource->properties, "DesiredCount")
			: NULL;

	if (!value)
		return 1;
	if (template_is_symbol(value))
		return -1;
	return (long)json_int_or(n->service->resource->properties, "DesiredCount", -1);
}

/* {{resolve:...}} is known to nobody before it is deployed. */
static void add_literal(struct buf *to, const char *text)
{
	const char *open, *close;

	while ((open = strstr(text, "{{resolve:")) && (close = strstr(open, "}}"))) {
		buf_add(to, text, (size_t)(open - text));
		buf_str(to, NODE_UNKNOWN);
		text = close + 2;
	}
	buf_str(to, text);
}

static void flatten(const struct deployment *d, const json_t *value, struct buf *to, unsigned depth)
{
	const char *text = deployment_text(d, value);
	const json_t *parts = json_list(value, "$parts");
	json_t *one;
	size_t i;

	if (text) {
		add_literal(to, text);
	} else if (json_is_integer(value) || json_is_boolean(value) || json_is_real(value)) {
		OWN(str) char *scalar = json_text(value);

		buf_str(to, scalar);
	} else if (parts && depth < DEPTH_MAX) {
		json_array_foreach(parts, i, one)
			flatten(d, one, to, depth + 1);
	} else {
		buf_str(to, NODE_UNKNOWN);
	}
}

char *node_flatten(const struct deployment *d, const json_t *value)
{
	OWN(buf) struct buf b = { 0 };

	flatten(d, value, &b, 0);
	return buf_take(&b);
}

bool node_has_open_entries(const struct node *n)
{
	static const char *const lists[] = { "Environment", "Secrets" };
	json_t *one;
	size_t k;

	for (size_t i = 0; i < 2; i++) {
		const json_t *list = json_object_get(n->container, lists[i]);

		if (template_is_symbol(list))
			return true;
		json_array_foreach(list, k, one)
			if (template_is_symbol(one) || template_is_symbol(json_object_get(one, "Name")))
				return true;
	}
	return json_object_get(n->container, "EnvironmentFiles") != NULL;
}

bool node_has_unknown(const char *flat)
{
	return strstr(flat, NODE_UNKNOWN) != NULL;
}

void node_variable(const struct check *c, const struct node *n, const char *name,
		   struct variable *ret)
{
	size_t index = 0;

	*ret = (struct variable){ 0 };
	if ((ret->value = deployment_secret(n->container, name, &index))) {
		ret->place = VARIABLE_SECRET;
		(void)snprintf(ret->property, sizeof(ret->property),
			       "ContainerDefinitions/%zu/Secrets/%zu/ValueFrom", n->index, index);
	} else if ((ret->value = deployment_environment(n->container, name, &index))) {
		ret->place = VARIABLE_ENVIRONMENT;
		ret->flat = node_flatten(check_deployment(c), ret->value);
		(void)snprintf(ret->property, sizeof(ret->property),
			       "ContainerDefinitions/%zu/Environment/%zu/Value", n->index, index);
	} else {
		(void)snprintf(ret->property, sizeof(ret->property), "ContainerDefinitions/%zu",
			       n->index);
	}
}

const char *variable_text(const struct variable *v)
{
	return v->flat && !node_has_unknown(v->flat) ? v->flat : NULL;
}

const char *node_shown(const char *text)
{
	return strstr(text, "ed25519:") ? "(a key)" : text;
}

const char *node_chain(const char *mpc_env)
{
	if (!mpc_env)
		return NULL;
	return !strcmp(mpc_env, "mpc-localnet") ? "local"
	       : !strcmp(mpc_env, "testnet")	? "testnet"
	       : !strcmp(mpc_env, "mainnet")	? "mainnet"
						: NULL;
}

struct check_finding node_finding(enum check_severity severity, const struct node *n,
				  const struct variable *v)
{
	return (struct check_finding){ .severity = severity,
				       .resource = n->task,
				       .property = v->property,
				       .service = n->service };
}
