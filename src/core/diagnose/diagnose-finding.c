/* What is held against the symptoms: findings over the templates, and what the evidence shows without them. */
#include <string.h>

#include "base/str.h"
#include "core/check/check.h"
#include "core/diagnose/diagnose-internal.h"
#include "core/template/template.h"

/* ---- secrets -------------------------------------------------------------------------------------------- */

static const char *logical_of(const json_t *evidence, const char *physical)
{
	json_t *stack, *resource;
	size_t i, k;

	json_array_foreach(json_list(evidence, "stacks"), i, stack)
		json_array_foreach(json_list(stack, "resources"), k, resource)
			if (str_eq(json_str(resource, "PhysicalResourceId"), physical))
				return json_str_or(resource, "LogicalResourceId", physical);
	return physical;
}

/* A verdict on a secret's value is a finding at the secret. */
static json_t *finding_of_secret(const json_t *evidence, const json_t *secret, const char *fault)
{
	const struct check_rule *rule = check_rule(fault);
	const char *arn = json_str_or(secret, "arn", "");
	const char *resource = logical_of(evidence, arn);
	const char *variable = json_str(secret, "variable");
	OWN(str) char *path = str_printf("/Resources/%s", resource);
	OWN(str) char *message = str_printf("secret %s%s%s%s %s", json_str_or(secret, "name", arn),
					    variable ? ", read as " : "", variable ? variable : "",
					    variable ? "," : "",
					    json_str_or(secret, "why", "has a value that cannot be used"));

	if (!rule)
		return NULL;
	return json_pack("{s:b,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s*}", "live", 1, "verdict", "FAIL", "fault", rule->id,
			 "rule", rule->name, "step", rule->step, "resource", resource, "path", path, "message",
			 message, "remedy", rule->remedy, "service", json_str(secret, "service"));
}

/* ---- services without tasks -------------------------------------------------------------------------------- */

static const json_t *parameter_of(const json_t *stack, const char *name)
{
	return json_object_get(json_find(json_list(stack, "parameters"), "ParameterKey", name), "ParameterValue");
}

/* Whether the template has its service without tasks, as a number or by a parameter. */
static bool is_meant(const json_t *stack, const char *service)
{
	OWN(template) struct template *t = NULL;
	const char *text = json_str_or(stack, "template", "");
	const json_t *count;

	if (template_parse("template", text, strlen(text), &t, NULL) < 0)
		return false;
	count = json_object_get(json_map(json_map(template_resources(t), service), "Properties"), "DesiredCount");
	if (json_str(count, "Ref"))
		count = parameter_of(stack, json_str(count, "Ref"));
	return json_is_integer(count) ? json_integer_value(count) == 0 : str_eq(json_string_value(count), "0");
}

/* Somebody took the tasks of a service away: its node is one that the others miss. */
static json_t *finding_of_count(const json_t *evidence, const json_t *entry)
{
	const char *service = json_str(entry, "logicalResourceId");
	OWN(str) char *path = str_printf("/Resources/%s/Properties/DesiredCount", service ? service : "");
	OWN(str) char *message = str_printf("service %s wants no task: its desired count is 0, and the template "
					    "has another one", service ? service : "");
	OWN(str) char *remedy = str_printf("mpcup restart %s --stack %s, when nobody keeps it stopped for a drill",
					   service ? service : "", json_str_or(entry, "stack", ""));
	json_t *stack;
	size_t i;

	if (!service || json_int_or(json_map(entry, "service"), "desiredCount", 1) != 0)
		return NULL;
	json_array_foreach(json_list(evidence, "stacks"), i, stack)
		if (str_eq(json_str(json_map(stack, "stack"), "StackName"), json_str(entry, "stack")) &&
		    is_meant(stack, service))
			return NULL;
	return json_pack("{s:b,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "live", 1, "verdict", "FAIL", "fault", "H12",
			 "step", "quorum", "resource", service, "path", path, "message", message, "remedy",
			 remedy, "service", service);
}

/* ---- all of them ------------------------------------------------------------------------------------------- */

/* The template has the place, and says it already. */
static bool is_known(const json_t *all, const json_t *finding)
{
	json_t *one;
	size_t i;

	json_array_foreach(all, i, one)
		if (str_eq(json_str(one, "fault"), json_str(finding, "fault")) &&
		    str_eq(json_str(one, "service"), json_str(finding, "service")))
			return true;
	return false;
}

json_t *causes_findings(const json_t *evidence, const json_t *findings)
{
	json_t *all = json_array(), *one;
	size_t i;

	json_array_foreach(findings, i, one)
		if (json_is_object(one) && json_str(one, "fault") && !json_object_get(one, "suppressed") &&
		    !str_eq(json_str(one, "verdict"), "UNKNOWN"))
			json_array_append(all, one);
	json_array_foreach(json_list(evidence, "secrets"), i, one) {
		const char *fault = json_str_or(one, "verdict", "");
		OWN(json) json_t *finding = *fault ? finding_of_secret(evidence, one, fault) : NULL;

		if (finding && !is_known(all, finding))
			json_array_append(all, finding);
	}
	json_array_foreach(json_list(evidence, "services"), i, one) {
		OWN(json) json_t *finding = finding_of_count(evidence, one);

		if (finding)
			json_array_append(all, finding);
	}
	return all;
}

/* What a template that is in order has at run time all the same: policies of the organisation, races, what was on
 * the volume before, what a machine has room for. */
static const char *const at_run_time[] = { "E10", "E11", "D07", "D16", "D17", "A18", "C21", "D24", "F13", "D15",
					   "G11", "G10", "G12", NULL };

bool causes_rule_out(const json_t *findings, const char *fault)
{
	json_t *one;
	size_t i;

	if (!findings || !check_is_static(fault))
		return false;
	for (const char *const *id = at_run_time; *id; id++)
		if (!strcmp(*id, fault))
			return false;
	json_array_foreach((json_t *)(uintptr_t)findings, i, one)
		if (str_eq(json_str(one, "fault"), fault))
			return false;
	return true;
}
