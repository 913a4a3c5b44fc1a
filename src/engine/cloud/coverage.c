#include "engine/cloud/cloud.h"
#include "engine/cloud/hub/hub.h"

static json_t *actions_of(const struct service *s)
{
	json_t *names = s->raw_names ? s->raw_names() : json_array();

	/* "mpcup:..." are ours, between services only */
	for (const struct action *a = s->raw_names ? NULL : s->actions; a && a->name; a++)
		if (!str_starts(a->name, "mpcup:"))
			json_add_str(names, a->name);
	return names;
}

static json_t *types_of(const struct service *s)
{
	json_t *names = json_array();

	for (size_t i = 0; s->kinds && s->kinds[i]; i++)
		json_add_str(names, s->kinds[i]->type);
	return names;
}

static json_t *texts(const char *const *list)
{
	json_t *all = json_array();

	for (; list && *list; list++)
		json_add_str(all, *list);
	return all;
}

/* What a template may say of each type. */
static json_t *properties_of(const struct service *s)
{
	json_t *types = json_object();

	for (size_t i = 0; s->kinds && s->kinds[i]; i++)
		json_object_set_new(types, s->kinds[i]->type,
				    json_pack("{s:o,s:o,s:o}", "allowed", texts(s->kinds[i]->allowed), "required",
					      texts(s->kinds[i]->required), "replacing",
					      texts(s->kinds[i]->replace_on)));
	return types;
}

json_t *cloud_coverage(void)
{
	json_t *all = json_array();

	for (size_t i = 0; cloud_services[i]; i++) {
		const struct service *s = cloud_services[i];
		const struct aws_service *wire = aws_service_by_name(s->name);

		json_array_append_new(all, json_pack("{s:s,s:s,s:o,s:o,s:o,s:s}", "service", s->name,
						     "signingName", wire ? wire->signing_name : s->name,
						     "actions", actions_of(s), "types", types_of(s), "properties",
						     properties_of(s), "covers",
						     s->covers ? s->covers : ""));
	}
	return all;
}
