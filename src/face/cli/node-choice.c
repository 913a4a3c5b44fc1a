#include "face/cli/node-choice.h"

#include "base/str.h"

enum { NAME_FORMS = 3, TYPING_ERRORS_MOST = 2, LISTED_MOST = 10 };

static void name_forms(const json_t *service, const char *ret[NAME_FORMS])
{
	ret[0] = json_str(service, "name");
	ret[1] = json_str(service, "logicalResourceId");
	ret[2] = json_str(json_map(service, "environment"), "MPC_ACCOUNT_ID");
}

static bool is_called(const json_t *service, const char *name)
{
	const char *forms[NAME_FORMS];

	name_forms(service, forms);
	for (size_t i = 0; i < NAME_FORMS; i++)
		if (str_eq(forms[i], name))
			return true;
	return false;
}

static bool is_node(const json_t *service)
{
	return str_eq(json_str(service, "kind"), "node");
}

static const char *nearest(const json_t *services, const char *typed)
{
	unsigned distance = TYPING_ERRORS_MOST + 1;
	const char *best = NULL;
	json_t *service;
	size_t i;

	json_array_foreach(services, i, service) {
		const char *forms[NAME_FORMS];

		name_forms(service, forms);
		for (size_t k = 0; k < NAME_FORMS; k++) {
			unsigned d = forms[k] ? str_distance(forms[k], typed, TYPING_ERRORS_MOST) : distance;

			if (d < distance) {
				distance = d;
				best = forms[k];
			}
		}
	}
	return best;
}

/* "node-0, node-1, chain"; the caller's. */
static char *list_names(const json_t *services)
{
	OWN(buf) struct buf names = { 0 };
	json_t *service;
	size_t i, count = json_array_size(services);

	json_array_foreach(services, i, service)
		if (i < LISTED_MOST)
			buf_printf(&names, "%s%s", i ? ", " : "", json_str_or(service, "name", "?"));
	if (count > LISTED_MOST)
		buf_printf(&names, " and %zu more", count - LISTED_MOST);
	return count ? buf_take(&names) : str_dup("nothing that runs on ECS");
}

static int unknown(const json_t *services, const char *stack, const char *name, struct err *err)
{
	const char *near = nearest(services, name);
	OWN(str) char *names = near ? NULL : list_names(services);

	return err_set(err, ERR_INPUT, "stack %s has no node %s; %s%s%s", stack, name,
		       near ? "did you mean " : "it has ", near ? near : names, near ? "?" : "");
}

static void add_once(json_t *list, json_t *service)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (one == service)
			return;
	json_array_append(list, service);
}

static size_t add_called(const json_t *services, const char *name, json_t *list)
{
	json_t *service;
	size_t i, count = 0;

	json_array_foreach(services, i, service)
		if (is_called(service, name)) {
			add_once(list, service);
			count++;
		}
	return count;
}

static int choose_all(const json_t *services, const struct node_choice *c, json_t *list, struct err *err)
{
	json_t *service;
	size_t i;

	if (c->count)
		return err_set(err, ERR_INPUT, "--all and %s: name nodes or take all, not both", c->names[0]);
	json_array_foreach(services, i, service)
		if (is_node(service))
			json_array_append(list, service);
	return json_array_size(list) ? 0 : err_set(err, ERR_SYS, "stack %s has no MPC nodes", c->stack);
}

int node_choice(const json_t *services, const struct node_choice *c, json_t **ret, struct err *err)
{
	OWN(json) json_t *list = json_array();
	OWN(str) char *names = NULL;

	if (c->all && choose_all(services, c, list, err) < 0)
		return -1;
	for (size_t i = 0; i < c->count; i++)
		if (!add_called(services, c->names[i], list))
			return unknown(services, c->stack, c->names[i], err);
	if (!json_array_size(list)) {
		names = list_names(services);
		return err_set(err, ERR_INPUT, "which node? Stack %s has %s; --all takes every MPC node", c->stack,
			       names);
	}
	*ret = GIVE(list);
	return 0;
}
