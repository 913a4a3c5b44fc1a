#include "face/cli/deployed.h"

#include <string.h>

#include "core/deployment/deployment.h"
#include "face/cli/deploy.h"
#include "face/cli/deployed-internal.h"
#include "face/cli/ecs-view.h"

/* Stacks in the order in which they are checked. */
struct collection {
	struct target *target;
	struct plan *plan;
	json_t *physical; /* "ids" of deployed_plan() */
	json_t *seen;	  /* ids of stacks */
};

json_t *deployed_parameters(const json_t *parameters)
{
	json_t *known = json_array(), *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)parameters, i, one) {
		const char *value = json_str(one, "ParameterValue");

		if (value && json_str(one, "ParameterKey") && strcmp(value, "****") != 0)
			json_array_append_new(known, json_pack("{s:s,s:s}", "ParameterKey",
							       json_str(one, "ParameterKey"),
							       "ParameterValue", value));
	}
	return known;
}

static int template_of(struct target *t, const char *stack, char **ret, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s,s:s}", "StackName", stack, "TemplateStage", "Processed");
	OWN(json) json_t *out = NULL;
	json_t *body;

	if (awsclient_call(t->aws, "cloudformation", "GetTemplate", in, &out, NULL, err) < 0)
		return -1;
	body = json_object_get(out, "TemplateBody");
	if (!json_is_string(body) && !json_is_object(body))
		return err_set(err, ERR_REMOTE, "%s: CloudFormation keeps no template of it", stack);
	*ret = json_is_string(body) ? str_dup(json_string_value(body)) : json_text(body);
	return 0;
}

static int physical_of(struct target *t, const char *stack, json_t **ret, struct err *err)
{
	OWN(json) json_t *resources = NULL;
	json_t *map = json_object(), *one;
	size_t i;

	if (ecs_view_own_resources(t, stack, &resources, err) < 0) {
		json_decref(map);
		return -1;
	}
	json_array_foreach(resources, i, one)
		if (json_str(one, "PhysicalResourceId") &&
		    !str_eq(json_str(one, "ResourceStatus"), "DELETE_COMPLETE"))
			json_set_str(map, json_str_or(one, "LogicalResourceId", ""),
				     json_str(one, "PhysicalResourceId"));
	*ret = map;
	return 0;
}

static int add_stack(struct collection *c, const json_t *described, const char *file, struct err *err);

static int add_named(struct collection *c, const char *name, const char *file, struct err *err)
{
	OWN(json) json_t *described = NULL;
	int rc = deploy_describe(c->target, name, &described, err);

	return rc ? rc : add_stack(c, described, file, err);
}

static int add_nested(struct collection *c, const struct template *t, const json_t *physical,
		      struct err *err)
{
	json_t *resources = (json_t *)(uintptr_t)template_resources(t), *body; /* only read */
	const char *logical;

	json_object_foreach(resources, logical, body) {
		OWN(str) char *file = deployment_nested_file(body);
		const char *id = json_str(physical, logical);

		if (file && id && add_named(c, id, file, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_imported(struct collection *c, const char *export, const char *stack)
{
	OWN(json) json_t *in = json_pack("{s:s}", "ExportName", export), *out = NULL;

	/* an export that nobody imports is an error there */
	if (awsclient_call(c->target->aws, "cloudformation", "ListImports", in, &out, NULL, NULL) < 0)
		return false;
	return json_has_text(json_list(out, "Imports"), stack);
}

static int add_exporters(struct collection *c, const char *stack, struct err *err)
{
	OWN(json) json_t *in = json_object(), *out = NULL;
	json_t *one;
	size_t i;

	if (awsclient_call(c->target->aws, "cloudformation", "ListExports", in, &out, NULL, err) < 0)
		return -1;
	json_array_foreach(json_list(out, "Exports"), i, one) {
		const char *from = json_str_or(one, "ExportingStackId", "");

		if (!json_object_get(c->seen, from) && is_imported(c, json_str_or(one, "Name", ""), stack) &&
		    add_named(c, from, NULL, err) < 0)
			return -1;
	}
	return 0;
}

/* What it needs comes before it. */
static int add_stack(struct collection *c, const json_t *described, const char *file, struct err *err)
{
	const char *id = json_str_or(described, "StackId", ""), *name = json_str_or(described, "StackName", "");
	OWN(template) struct template *parsed = NULL;
	OWN(json) json_t *physical = NULL;
	OWN(str) char *text = NULL;
	struct plan *p = c->plan;

	if (json_object_get(c->seen, id))
		return 0;
	json_set_bool(c->seen, id, true);
	if (template_of(c->target, id, &text, err) < 0 || physical_of(c->target, id, &physical, err) < 0 ||
	    template_parse(file ? file : name, text, strlen(text), &parsed, err) < 0 ||
	    add_nested(c, parsed, physical, err) < 0 || (!file && add_exporters(c, name, err) < 0))
		return -1;
	p->stacks = mem_grow(p->stacks, p->count + 1, sizeof(*p->stacks));
	p->stacks[p->count++] = (struct plan_stack){
		.name = str_dup(name),
		.source = file ? str_dup(file) : NULL,
		.nested = file ? str_dup(file) : NULL,
		.role = file ? "nested" : "network",
		.parameters = deployed_parameters(json_list(described, "Parameters")),
		.parsed = GIVE(parsed),
	};
	json_array_append(c->physical, physical);
	return 0;
}

int deployed_plan(struct target *t, const char *stack, struct plan *ret, json_t **ret_names, struct err *err)
{
	json_t *physical = json_array(), *gone = json_array();
	OWN(json) json_t *names = json_pack("{s:o,s:o}", "ids", physical, "gone", gone), *seen = json_object();
	struct collection c = { .target = t, .plan = ret, .physical = physical, .seen = seen };
	int rc = add_named(&c, stack, NULL, err);

	ret->preview = ret->deployed = true;
	if (rc == 0)
		rc = deployed_rules(t, ret, physical, gone, err);
	if (rc == 0)
		*ret_names = GIVE(names);
	return rc;
}

/* ---- names for what is drawn ---------------------------------------------------------------------- */

static const char *id_of(const json_t *physical, json_int_t template, const char *logical)
{
	return json_str(json_array_get(physical, (size_t)template), logical);
}

/* Ids of objects that stand for a resource are "kind:template/logical". */
static void name_object(json_t *object, const json_t *physical)
{
	const char *id = json_str_or(object, "id", ""), *colon = strchr(id, ':');
	const char *slash = colon ? strchr(colon, '/') : NULL;
	OWN(str) char *number = slash ? str_dup_n(colon + 1, (size_t)(slash - colon - 1)) : NULL;
	uint64_t template;

	if (number && num_parse_u64(number, 0, 10000, &template) == 0)
		json_set_str(object, "physicalId", id_of(physical, (json_int_t)template, slash + 1));
}

static void name_flow(json_t *flow, const json_t *physical)
{
	json_t *missing = json_map(flow, "missing"), *rule;
	size_t i;

	json_set_str(missing, "groupId",
		     missing ? id_of(physical, json_int_or(missing, "template", 0), json_str_or(missing, "group", ""))
			     : NULL);
	json_array_foreach(json_list(flow, "let"), i, rule) {
		json_set_str(rule, "ruleId",
			     id_of(physical, json_int_or(rule, "template", 0), json_str_or(rule, "resource", "")));
		json_object_del(rule, "template");
		json_object_del(rule, "resource");
	}
}

void deployed_name(json_t *model, const json_t *names)
{
	const json_t *physical = json_list(names, "ids");
	json_t *one;
	size_t i;

	json_array_foreach(json_list(model, "objects"), i, one)
		name_object(one, physical);
	json_array_foreach(json_list(model, "flows"), i, one)
		name_flow(one, physical);
	json_object_set(model, "gone", json_list(names, "gone"));
}

static const char *const own_members[] = { "id", "from", "to" };

json_t *deployed_compact(const json_t *model)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)model), *proofs = json_array(), *flow;
	OWN(json) json_t *index = json_object();
	size_t i;

	json_array_foreach(json_list(model, "flows"), i, flow) {
		OWN(json) json_t *proof = json_copy(flow);
		OWN(str) char *key = NULL;
		json_t *pair = json_array(), *known;

		for (size_t k = 0; k < 3; k++) {
			json_array_append(pair, json_object_get(flow, own_members[k]));
			json_object_del(proof, own_members[k]);
		}
		key = json_text(proof);
		known = json_object_get(index, key);
		if (!known) {
			known = proof;
			json_object_set_new(proof, "pairs", json_array());
			json_object_set(index, key, proof);
			json_array_append(proofs, proof);
		}
		json_array_append_new(json_list(known, "pairs"), pair);
	}
	json_object_del(copy, "flows");
	json_object_set_new(copy, "proofs", proofs);
	return copy;
}
