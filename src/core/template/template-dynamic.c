/* Dynamic references: {{resolve:service:rest}} inside texts, after everything else is evaluated.
 * What a reference gives is not looked at again. */
#include <string.h>

#include "core/template/template-internal.h"

#define OPEN "{{resolve:"

static bool service_known(const char *service)
{
	return !strcmp(service, "ssm") || !strcmp(service, "ssm-secure") ||
	       !strcmp(service, "secretsmanager");
}

/* One reference, from its "{{" to behind its "}}". */
static int resolve_one(struct run *run, const char *at, size_t len, json_t **ret)
{
	const struct template_world *world = run->e->world;
	OWN(str) char *whole = str_dup_n(at, len);
	OWN(str) char *service = str_dup_n(at + strlen(OPEN), len - strlen(OPEN) - 2);
	char *rest = strchr(service, ':');
	int known = TEMPLATE_UNKNOWN;

	if (rest)
		*rest++ = '\0';
	if (!service_known(service)) {
		*ret = json_string(whole); /* plain text that only looks like one */
		return 0;
	}
	if (!rest || !*rest)
		return err_set(run->err, ERR_INPUT,
			       "Incorrect format is used in the following %s reference: [%s]",
			       service[1] == 's' ? "SSM" : "Secrets Manager", whole);
	if (run->block == BLOCK_OUTPUTS && strcmp(service, "ssm") != 0)
		return err_set(
			run->err, ERR_INPUT,
			"Template error: the dynamic reference [%s] cannot be used in Outputs",
			whole);
	if (world && world->dynamic)
		known = world->dynamic(world->ctx, service, rest, ret, run->err);
	if (known == TEMPLATE_UNKNOWN)
		*ret = symbol_new(whole);
	return known < 0 ? -1 : 0;
}

static int resolve_text(struct run *run, const char *text, json_t **ret)
{
	OWN(concat) struct concat result = { 0 };
	const char *open, *close;

	while ((open = strstr(text, OPEN)) && (close = strstr(open, "}}"))) {
		OWN(json) json_t *value = NULL;

		concat_text(&result, text, (size_t)(open - text));
		if (resolve_one(run, open, (size_t)(close - open) + 2, &value) < 0)
			return -1;
		if (concat_value(&result, value) < 0)
			return err_set(run->err, ERR_INPUT,
				       "Template error: a dynamic reference does not give a text");
		if (run_spend(run, json_string_length(value)) < 0)
			return -1;
		text = close + 2;
	}
	concat_text(&result, text, strlen(text));
	*ret = concat_take(&result);
	return 0;
}

static int resolve_members(struct run *run, json_t *container)
{
	const char *key;
	json_t *member;
	void *next;
	size_t i;

	json_object_foreach_safe(container, next, key, member)
	{
		json_t *value = json_incref(member);

		if (dynamic_resolve(run, &value) < 0) {
			json_decref(value);
			return -1;
		}
		if (value == member)
			json_decref(value);
		else
			json_object_set_new(container, key, value);
	}
	json_array_foreach(container, i, member)
	{
		json_t *value = json_incref(member);

		if (dynamic_resolve(run, &value) < 0) {
			json_decref(value);
			return -1;
		}
		if (value == member)
			json_decref(value);
		else
			json_array_set_new(container, i, value);
	}
	return 0;
}

int dynamic_resolve(struct run *run, json_t **value)
{
	json_t *resolved = NULL;

	/* The identity of a symbol may show a reference; it is no value. */
	if (template_is_symbol(*value))
		return 0;
	if (!json_is_string(*value))
		return resolve_members(run, *value);
	if (!strstr(json_string_value(*value), OPEN))
		return 0;
	if (resolve_text(run, json_string_value(*value), &resolved) < 0)
		return -1;
	json_decref(*value);
	*value = resolved;
	return 0;
}
