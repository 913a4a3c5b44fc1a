/* Conditions: which assignments of parameters to look at, and one result out of their runs. */
#include "core/check/check-internal.h"

#include <string.h>

#include "base/str.h"

enum { DEPTH_MAX = 64 };

/* ---- assignments
 * ----------------------------------------------------------------------------------- */

/* Names of everything a condition refers to. Conditions referring to conditions are covered,
 * because all conditions are walked. */
static void collect_refs(const json_t *node, json_t *ret, unsigned depth)
{
	const char *key;
	json_t *value;
	size_t i;

	if (depth > DEPTH_MAX)
		return;
	json_array_foreach(node, i, value)
		collect_refs(value, ret, depth + 1);
	json_object_foreach((json_t *)(uintptr_t)node, key, value) {
		if (!strcmp(key, "Ref") && json_is_string(value))
			json_set_bool(ret, json_string_value(value), true);
		collect_refs(value, ret, depth + 1);
	}
}

/* list: assignments so far; each becomes one per value. */
static json_t *times(json_t *list, const char *name, const json_t *values)
{
	json_t *more = json_array(), *old, *value;
	size_t i, k;

	json_array_foreach(list, i, old)
		json_array_foreach(values, k, value) {
			json_t *one = json_copy(old);
			OWN(str)
			char *text = json_is_string(value) ? str_dup(json_string_value(value))
							   : json_text(value);

			json_set_str(one, name, text);
			json_array_append_new(more, one);
		}
	json_decref(list);
	return more;
}

json_t *check_assignments(struct template *const *templates, size_t count, const json_t *given)
{
	json_t *list = json_pack("[{}]");
	OWN(json) json_t *done = json_object();

	for (size_t t = 0; t < count; t++) {
		OWN(json) json_t *refs = json_object();
		const json_t *declared = json_map(template_body(templates[t]), "Parameters");
		const char *name;
		json_t *parameter;

		collect_refs(json_map(template_body(templates[t]), "Conditions"), refs, 0);
		json_object_foreach((json_t *)(uintptr_t)declared, name, parameter) {
			const json_t *values = json_list(parameter, "AllowedValues");

			if (!json_object_get(refs, name) || json_object_get(given, name) ||
			    json_object_get(done, name) || template_fixes(templates[t], name) ||
			    !json_array_size(values) ||
			    json_array_size(list) * json_array_size(values) > CHECK_ASSIGNMENTS_MAX)
				continue;
			json_set_bool(done, name, true);
			list = times(list, name, values);
		}
	}
	return list;
}

/* ---- merging
 * ------------------------------------------------------------------------------------------ */

/* The runs a finding occurs in, as a mask: there are at most 64. */
static void merge_findings(const json_t *const *results, const char *const *names, size_t count,
			   json_t *ret)
{
	OWN(json) json_t *where = json_object(), *first = json_object();
	const char *key;
	json_t *one, *runs;
	size_t i;

	for (size_t r = 0; r < count; r++)
		json_array_foreach(json_list(results[r], "findings"), i, one) {
			OWN(str) char *text = json_canonical(one);

			if (!json_object_get(where, text)) {
				json_object_set_new(where, text, json_array());
				json_object_set(first, text, one);
			}
			json_array_append_new(json_object_get(where, text),
					      json_integer((json_int_t)r));
		}
	json_object_foreach(where, key, runs) {
		json_t *copy = json_copy(json_object_get(first, key));

		if (json_array_size(runs) < count)
			json_set_str(copy, "assignment",
				     names[json_integer_value(json_array_get(runs, 0))]);
		json_array_append_new(ret, copy);
	}
}

static int severity(const char *verdict)
{
	return !strcmp(verdict, "FAIL") ? 2 : !strcmp(verdict, "UNKNOWN") ? 1 : 0;
}

/* into, from: steps of the same task. */
static void worsen(json_t *into, const json_t *from)
{
	json_t *step, *fault, *have;
	size_t i, k, n;

	json_array_foreach(from, i, step) {
		json_t *mine = json_array_get(into, i), *faults = json_list(mine, "faults");

		if (severity(json_str_or(step, "verdict", "")) >
		    severity(json_str_or(mine, "verdict", "")))
			json_set_str(mine, "verdict", json_str(step, "verdict"));
		json_array_foreach(json_list(step, "faults"), k, fault) {
			bool there = false;

			json_array_foreach(faults, n, have)
				there = there || json_equal(have, fault);
			if (!there)
				json_array_append(faults, fault);
		}
	}
}

static json_t *task_of(const json_t *tasks, const char *service)
{
	json_t *one;
	size_t i;

	json_array_foreach(tasks, i, one)
		if (str_eq(json_str(one, "service"), service))
			return one;
	return NULL;
}

/* Each question once. */
static json_t *merge_questions(const json_t *const *results, size_t count)
{
	json_t *list = json_array(), *one;
	OWN(json) json_t *seen = json_object();
	size_t i;

	for (size_t r = 0; r < count; r++)
		json_array_foreach(json_list(results[r], "questions"), i, one) {
			OWN(str) char *key = json_canonical(one);

			if (!json_object_get(seen, key))
				json_array_append(list, one);
			json_set_bool(seen, key, true);
		}
	return list;
}

json_t *check_merge(const json_t *const *results, const char *const *names, size_t count)
{
	json_t *findings = json_array(), *tasks = json_array(), *task;
	json_t *questions = merge_questions(results, count);
	size_t i;

	merge_findings(results, names, count, findings);
	for (size_t r = 0; r < count; r++)
		json_array_foreach(json_list(results[r], "tasks"), i, task) {
			json_t *mine = task_of(tasks, json_str_or(task, "service", ""));

			if (mine)
				worsen(json_list(mine, "steps"), json_list(task, "steps"));
			else
				json_array_append_new(tasks, json_deep_copy(task));
		}
	check_sort(&findings);
	return json_pack("{s:o,s:o,s:o}", "findings", findings, "tasks", tasks, "questions",
			 questions);
}
