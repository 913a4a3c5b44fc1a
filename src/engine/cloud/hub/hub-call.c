/* Calls between services, the tables of services, kinds and resolvers, and who may do what. */
#include "engine/cloud/hub/hub-internal.h"

#include <stdio.h>
#include <string.h>

int call_fail(struct call *c, int status, const char *code, const char *fmt, ...)
{
	va_list args;

	c->status = status;
	(void)snprintf(c->code, sizeof(c->code), "%s", code);
	va_start(args, fmt);
	(void)vsnprintf(c->message, sizeof(c->message), fmt, args);
	va_end(args);
	return -1;
}

const struct service *hub_service(struct hub *hub, const char *name)
{
	for (size_t i = 0; name && hub->services[i]; i++)
		if (!strcmp(hub->services[i]->name, name))
			return hub->services[i];
	return NULL;
}

const struct action *hub_action(const struct service *s, const char *name)
{
	for (const struct action *a = s->actions; name && a && a->name; a++)
		if (!strcmp(a->name, name))
			return a;
	return NULL;
}

const struct resource_kind *hub_kind(struct hub *hub, const char *type)
{
	for (size_t i = 0; hub->services[i]; i++) {
		const struct resource_kind *const *kinds = hub->services[i]->kinds;

		for (size_t k = 0; kinds && kinds[k]; k++)
			if (!strcmp(kinds[k]->type, type))
				return kinds[k];
	}
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *hub_kinds(struct hub *hub)
{
	json_t *sorted = json_array();
	const char **names = NULL;
	size_t count = 0;

	for (size_t i = 0; hub->services[i]; i++) {
		const struct resource_kind *const *kinds = hub->services[i]->kinds;

		for (size_t k = 0; kinds && kinds[k]; k++) {
			names = mem_grow(names, count + 1, sizeof(*names));
			names[count++] = kinds[k]->type;
		}
	}
	if (count)
		qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++)
		json_add_str(sorted, names[i]);
	free(names);
	return sorted;
}

int hub_authorize(struct hub *hub, const struct action *a, struct call *c)
{
	const struct aws_service *wire = aws_service_by_name(c->service);
	OWN(str) char *resource = a->resource ? a->resource(hub, c) : str_dup("*");
	OWN(str) char *action =
		str_printf("%s:%s", wire ? wire->signing_name : c->service, c->action);
	struct hub_question q = { .principal = c->principal,
				  .action = action,
				  .resource = resource ? resource : "*",
				  .resource_policy = a->policy ? a->policy(hub, c) : NULL };
	struct err why = { 0 };

	if (hub_authorized(hub, &q, &why))
		return 0;
	return call_fail(c, 400, "AccessDeniedException", "%s", why.text);
}

bool hub_verifies(struct hub *hub)
{
	return json_bool_or(hub_get(hub, "hub:setting", "signatures"), "Verify", false);
}

void hub_set_verifies(struct hub *hub, bool on)
{
	OWN(json) json_t *setting = json_pack("{s:b}", "Verify", on);

	hub_put(hub, "hub:setting", "signatures", setting);
}

static int run_call(struct hub *hub, struct call *c, bool by_service)
{
	const struct service *s = hub_service(hub, c->service);
	const struct action *a = s ? hub_action(s, c->action) : NULL;

	if (!a)
		return call_fail(c, 400, "UnknownOperationException",
				 "%s %s is not part of the local cloud", c->service, c->action);
	if (!by_service && hub_authorize(hub, a, c) < 0)
		return -1;
	return a->run(hub, c);
}

int hub_call(struct hub *hub, const char *principal, const char *service, const char *action,
	     const json_t *in, json_t **ret_out, char *ret_code, struct err *err)
{
	OWN(json) json_t *empty = json_object();
	OWN(json) json_t *out = json_object();
	OWN(str) char *root = str_printf("arn:aws:iam::%s:root", hub->account);
	struct call c = { .service = service,
			  .action = action,
			  .principal = principal ? principal : root,
			  .in = in ? in : empty,
			  .out = out };

	if (run_call(hub, &c, !principal) < 0) {
		if (ret_code)
			(void)snprintf(ret_code, 96, "%s", c.code);
		return err_set(err, ERR_REMOTE, "%s: %s", c.code, c.message);
	}
	if (ret_out)
		*ret_out = GIVE(out);
	return 0;
}

void hub_set_authorizer(struct hub *hub, hub_authorizer fn)
{
	hub->authorizer = fn;
}

bool hub_authorized(struct hub *hub, const struct hub_question *q, struct err *why)
{
	if (hub->authorizer)
		return hub->authorizer(hub, q, why);
	(void)err_set(why, ERR_REMOTE, "no service decides about rights here");
	return false;
}

void hub_set_trust(struct hub *hub, hub_trust fn)
{
	hub->trust = fn;
}

bool hub_trusted(struct hub *hub, const char *role_arn, const char *service)
{
	return hub->trust && hub->trust(hub, role_arn, service);
}

void hub_add_resolver(struct hub *hub, hub_resolver fn)
{
	hub->resolvers =
		mem_grow(hub->resolvers, hub->resolver_count + 1, sizeof(*hub->resolvers));
	hub->resolvers[hub->resolver_count++] = fn;
}

int hub_resolve(struct hub *hub, const char *vpc, uint32_t asker, const char *name, json_t **ret,
		unsigned *ret_ttl)
{
	for (size_t i = 0; i < hub->resolver_count; i++) {
		int rc = hub->resolvers[i](hub, vpc, asker, name, ret, ret_ttl);

		if (rc != HUB_NAME_UNKNOWN)
			return rc;
	}
	return HUB_NAME_UNKNOWN;
}
