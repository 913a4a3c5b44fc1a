#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/check/check.h"

enum { TEMPLATES_MAX = 3 };

static json_t *load(const char *path)
{
	size_t len;
	OWN(str) char *whole = str_printf("tests/templates/%s", path);
	OWN(str) char *text = test_read_file(whole, &len);
	json_t *body = NULL;
	struct err err = { 0 };

	if (text)
		CHECK_OK(json_parse_text(path, text, len, &body, &err), err);
	return body;
}

/* One template on its way to findings. */
struct stage {
	struct template *t;
	json_t *values;
	struct template_eval *eval;
};

static void stage_free(struct stage *s)
{
	template_eval_free(s->eval);
	json_decref(s->values);
	template_free(s->t);
}

static int stage_up(const char *name, const json_t *body, struct stage *s, struct err *err)
{
	static const struct template_world world = { .partition = "aws" };
	OWN(str) char *text = json_text(body);

	if (template_parse(name, text, strlen(text), &s->t, err) < 0 ||
	    template_parameters(s->t, NULL, NULL, 0, &world, &s->values, err) < 0)
		return -1;
	return template_eval_new(s->t, s->values, &world, &s->eval, err);
}

/* Findings of one call; a template that is refused gives its one finding. */
static json_t *findings(json_t *const *bodies, size_t count)
{
	static const char *const names[TEMPLATES_MAX] = { "a.json", "b.json", "c.json" };
	struct stage stages[TEMPLATES_MAX] = { 0 };
	struct deployment_template list[TEMPLATES_MAX];
	OWN(deployment) struct deployment *d = NULL;
	OWN(json) json_t *result = NULL;
	struct err err = { 0 };
	json_t *found = NULL;

	for (size_t i = 0; i < count && !found; i++) {
		if (stage_up(names[i], bodies[i], &stages[i], &err) < 0)
			found = json_pack("[o]", check_template_error(names[i], &err));
		list[i] = (struct deployment_template){ stages[i].t, stages[i].eval };
	}
	if (!found && deployment_read(list, count, &d, &err) < 0)
		found = json_pack("[o]", check_template_error(names[0], &err));
	if (!found) {
		result = check_run(d, list, count, NULL);
		found = json_incref(json_list(result, "findings"));
	}
	deployment_free(GIVE(d));
	for (size_t i = 0; i < count; i++)
		stage_free(&stages[i]);
	return found;
}

static json_t *findings_of(json_t *body)
{
	return findings(&body, 1);
}

static const json_t *find(const json_t *list, const char *fault, const char *verdict)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (!strcmp(json_str_or(one, "fault", ""), fault) &&
		    (!verdict || !strcmp(json_str_or(one, "verdict", ""), verdict)))
			return one;
	}
	return NULL;
}

static bool ours(const char *fault)
{
	return strchr("GJS", *fault) || !strcmp(fault, "D23") || !strcmp(fault, "T00");
}

static void show(const char *file, const json_t *f)
{
	test_fail(file, 0, "%s %s %s: %s", json_str(f, "verdict"), json_str(f, "fault"),
		  json_str(f, "path"), json_str(f, "message"));
}

/* Fails for each FAIL and WARN of the rules of this file. */
static void expect_quiet(const char *file, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (strcmp(json_str(one, "verdict"), "UNKNOWN") != 0 &&
		    ours(json_str(one, "fault")))
			show(file, one);
	}
}

/* ---- the corpus ------------------------------------------------------------------------------ */

static json_t *findings_of_case(const json_t *one)
{
	const char *file = json_str(one, "file");
	const char *exporter = json_str(json_map(one, "exporter"), "file");
	OWN(json) json_t *body = load(file), *other = exporter ? load(exporter) : NULL;
	json_t *bodies[] = { body, other };

	return findings(bodies, other ? 2 : 1);
}

static bool is_kind(const json_t *one, const char *kind)
{
	return !strcmp(json_str_or(one, "kind", ""), kind) &&
	       str_ends(json_str_or(one, "file", ""), ".json");
}

TEST(check_gj, good_and_benign_templates_have_no_fault_of_these_groups)
{
	OWN(json) json_t *manifest = load("manifest.json");
	json_t *one;
	size_t i;

	json_array_foreach(json_list(manifest, "cases"), i, one) {
		OWN(json) json_t *list = NULL;

		if (!is_kind(one, "good") && !is_kind(one, "benign"))
			continue;
		list = findings_of_case(one);
		expect_quiet(json_str(one, "file"), list);
	}
}

/* A faulty template may have UNKNOWNs and the fault it is made for, nothing else of ours. */
TEST(check_gj, faulty_templates_show_their_fault_of_these_groups_first_and_no_other)
{
	OWN(json) json_t *manifest = load("manifest.json");
	json_t *one;
	size_t i, k;

	json_array_foreach(json_list(manifest, "cases"), i, one) {
		OWN(json) json_t *list = NULL;
		const json_t *ids = json_list(one, "ids");
		const char *first, *id0 = json_string_value(json_array_get(ids, 0));
		json_t *f;

		if (!is_kind(one, "faulty") || !id0)
			continue;
		list = findings_of_case(one);
		first = json_str_or(json_array_get(list, 0), "fault", "none");
		if (strchr("GJ", *id0) && strcmp(first, id0) != 0)
			test_fail(json_str(one, "file"), 0, "first finding is %s", first);
		json_array_foreach(list, k, f) {
			const char *id = json_str(f, "fault");
			bool wanted = false;

			for (size_t n = 0; n < json_array_size(ids); n++)
				wanted = wanted ||
					 !strcmp(id, json_string_value(json_array_get(ids, n)));
			if (!wanted && ours(id) && strcmp(json_str(f, "verdict"), "UNKNOWN") != 0)
				show(json_str(one, "file"), f);
		}
	}
}

TEST(check_gj, a_template_above_the_limits_gives_exactly_that_finding)
{
	OWN(json) json_t *large = load("scale/standalone-100.json");
	OWN(json) json_t *small = load("scale/standalone-10.json");
	OWN(json) json_t *one = findings_of(large), *none = findings_of(small);

	CHECK_INT(json_array_size(one), 1);
	CHECK_STR(json_str(json_array_get(one, 0), "fault"), "G16");
	CHECK(json_int_or(json_map(json_array_get(one, 0), "location"), "line", 0) > 0);
	expect_quiet("scale/standalone-10.json", none);
}
