/* The evidence looked over, diagnosed, and what can be done. */
#include "core/diagnose/diagnose.h"

#include <string.h>

#include "base/str.h"
#include "core/aws/aws.h"
#include "core/diagnose/diagnose-internal.h"

/* Members whose type matters: what is not there is no evidence, what is there must be what it
 * says. */
static const struct {
	const char *of, *name; /* of: the list whose elements have it; NULL: the evidence itself */
	json_type type;
} members[] = {
	{ NULL, "stacks", JSON_ARRAY },
	{ NULL, "services", JSON_ARRAY },
	{ NULL, "taskDefinitions", JSON_ARRAY },
	{ NULL, "logs", JSON_ARRAY },
	{ NULL, "secrets", JSON_ARRAY },
	{ NULL, "unread", JSON_ARRAY },
	{ NULL, "facts", JSON_OBJECT },
	{ "stacks", "stack", JSON_OBJECT },
	{ "stacks", "template", JSON_STRING },
	{ "stacks", "parameters", JSON_ARRAY },
	{ "stacks", "events", JSON_ARRAY },
	{ "stacks", "resources", JSON_ARRAY },
	{ "services", "service", JSON_OBJECT },
	{ "services", "tasks", JSON_ARRAY },
	{ "services", "logicalResourceId", JSON_STRING },
	{ "logs", "group", JSON_STRING },
	{ "logs", "streams", JSON_ARRAY },
};

static const char *type_name(json_type type)
{
	return type == JSON_ARRAY ? "a list" : type == JSON_OBJECT ? "an object" : "text";
}

static int check_member(const json_t *holder, const char *where, size_t row, struct err *err)
{
	const json_t *value = json_object_get(holder, members[row].name);

	if (value && json_typeof(value) != members[row].type)
		return err_set(err, ERR_INPUT, "%s%s: expected %s", where, members[row].name,
			       type_name(members[row].type));
	return 0;
}

static int check_members(const json_t *evidence, size_t row, struct err *err)
{
	json_t *one;
	size_t i;

	if (!members[row].of)
		return check_member(evidence, "", row, err);
	json_array_foreach(json_list(evidence, members[row].of), i, one) {
		OWN(str) char *where = str_printf("%s[%zu].", members[row].of, i);

		if (!json_is_object(one))
			return err_set(err, ERR_INPUT, "%s[%zu]: expected an object",
				       members[row].of, i);
		if (check_member(one, where, row, err) < 0)
			return -1;
	}
	return 0;
}

int diagnose_validate(const json_t *evidence, struct err *err)
{
	if (!json_is_object(evidence))
		return err_set(err, ERR_INPUT,
			       "not an object: evidence is what 'mpcup events --save' writes");
	if (json_int_or(evidence, "version", 0) != 1)
		return err_set(err, ERR_INPUT,
			       "version: this program reads evidence of version 1, as 'mpcup "
			       "events --save' "
			       "writes it");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (check_members(evidence, i, err) < 0)
			return -1;
	if (!json_array_size(json_list(evidence, "stacks")))
		return err_set(err, ERR_INPUT, "stacks: there is none");
	return 0;
}

/* The stack that was asked for is the first. */
static const json_t *stack_of(const json_t *evidence)
{
	return json_map(json_array_get(json_list(evidence, "stacks"), 0), "stack");
}

static void put_since(json_t *causes, const char *now)
{
	int64_t now_ms = now ? aws_time_parse(now) : -1;
	json_t *one;
	size_t i;

	json_array_foreach(causes, i, one) {
		const char *since = json_str(one, "since");
		int64_t since_ms = since ? aws_time_parse(since) : -1;

		if (now_ms >= 0 && since_ms >= 0 && now_ms >= since_ms)
			json_set_int(one, "sinceMs", now_ms - since_ms);
	}
}

static enum diagnose_state state_of(const json_t *causes, const json_t *unexplained)
{
	if (json_bool_or(json_array_get(causes, 0), "live", false))
		return DIAGNOSE_CHANGED;
	return json_array_size(causes) || json_array_size(unexplained) ? DIAGNOSE_ILL
								       : DIAGNOSE_WELL;
}

static json_t *stopped_services(const json_t *evidence)
{
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(json_list(evidence, "services"), i, one)
		if (evidence_is_stopped(one))
			json_add_str(list, json_str(one, "logicalResourceId"));
	return list;
}

int diagnose(const json_t *evidence, const json_t *findings, const char *now, json_t **ret,
	     struct err *err)
{
	struct symptoms symptoms __attribute__((cleanup(own_drop_symptoms))) = { 0 };
	OWN(json) json_t *all = NULL, *causes = NULL, *advice = NULL;
	const char *name, *status;

	if (diagnose_validate(evidence, err) < 0)
		return -1;
	name = json_str_or(stack_of(evidence), "StackName", "");
	status = json_str_or(stack_of(evidence), "StackStatus", "");
	all = causes_findings(evidence, findings);
	symptoms_read(evidence, &symptoms);
	causes = causes_make(&symptoms, all, findings, evidence);
	put_since(causes, now);
	advice = diagnose_advice(name, status, evidence, state_of(causes, symptoms.unexplained));
	*ret = json_pack("{s:s,s:s,s:b,s:o,s:O,s:O,s:O}", "stack", name, "status", status,
			 "inProgress", (int)str_ends(status, "_IN_PROGRESS"), "stopped",
			 stopped_services(evidence), "causes", causes, "unexplained",
			 symptoms.unexplained, "advice", advice);
	return *ret ? 0 : err_set(err, ERR_INPUT, "the evidence has text that is not UTF-8");
}
