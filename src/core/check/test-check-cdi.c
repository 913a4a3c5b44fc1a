/* Every template of the corpus against groups C, D and I; helpers of their tests. */
#include "core/check/test-check-cdi.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/check/check.h"

json_t *cdi_load(const char *path)
{
	OWN(str) char *full = str_printf("tests/templates/%s", path);
	size_t len = 0;
	OWN(str) char *text = test_read_file(full, &len);
	struct err err = { 0 };
	json_t *t = NULL;

	if (text)
		CHECK_OK(json_parse_text(path, text, len, &t, &err), err);
	return t;
}

json_t *cdi_find(json_t *t, const char *type, const char *part)
{
	const char *key;
	json_t *r;

	json_object_foreach(json_object_get(t, "Resources"), key, r)
		if (!strcmp(json_str_or(r, "Type", ""), type) && strstr(key, part))
			return r;
	test_fail(__FILE__, __LINE__, "no %s with %s in its name", type, part);
	return NULL;
}

json_t *cdi_props(json_t *t, const char *type, const char *part)
{
	return json_object_get(cdi_find(t, type, part), "Properties");
}

static void drop_dependency(json_t *t, const char *name)
{
	const char *key;
	json_t *r;

	json_object_foreach(json_object_get(t, "Resources"), key, r) {
		json_t *on = json_object_get(r, "DependsOn");
		for (size_t i = json_array_size(on); i-- > 0;)
			if (!strcmp(json_string_value(json_array_get(on, i)), name))
				json_array_remove(on, i);
	}
}

void cdi_drop(json_t *t, const char *type, const char *part)
{
	json_t *all = json_object_get(t, "Resources"), *r;
	const char *key;
	void *next;

	json_object_foreach_safe(all, next, key, r)
		if (!strcmp(json_str_or(r, "Type", ""), type) && strstr(key, part)) {
			OWN(str) char *name = str_dup(key);
			json_object_del(all, name);
			drop_dependency(t, name);
		}
}

void cdi_add(json_t *t, const char *text)
{
	OWN(json) json_t *more = json_loads(text, 0, NULL);

	CHECK(more != NULL);
	json_object_update(json_object_get(t, "Resources"), more);
}

void cdi_set(json_t *object, const char *key, const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	CHECK(value != NULL);
	CHECK(object != NULL);
	json_object_set_new(object, key, value);
}

struct loaded {
	struct template *t;
	struct template_eval *e;
	json_t *parameters;
};

static int load(const json_t *json, struct loaded *ret, struct err *err)
{
	OWN(str) char *text = json_text(json);

	if (template_parse("t.json", text, strlen(text), &ret->t, err) < 0 ||
	    template_parameters(ret->t, NULL, NULL, 0, NULL, &ret->parameters, err) < 0)
		return -1;
	return template_eval_new(ret->t, ret->parameters, NULL, &ret->e, err);
}

static void unload(struct loaded *l)
{
	template_eval_free(l->e);
	json_decref(l->parameters);
	template_free(l->t);
}

/* NULL when a template is none: other rules say that. */
static json_t *findings_of(const json_t *t, const json_t *exporter, struct err *err)
{
	struct loaded one = { 0 }, other = { 0 };
	struct deployment_template list[2];
	OWN(deployment) struct deployment *d = NULL;
	OWN(json) json_t *result = NULL;
	json_t *findings = NULL;

	if (load(t, &one, err) == 0 && (!exporter || load(exporter, &other, err) == 0)) {
		list[0] = (struct deployment_template){ one.t, one.e };
		list[1] = (struct deployment_template){ other.t, other.e };
		if (deployment_read(list, exporter ? 2 : 1, &d, err) == 0) {
			result = check_run(d, list, exporter ? 2 : 1, NULL);
			findings = json_incref(json_object_get(result, "findings"));
		}
	}
	deployment_free(GIVE(d));
	unload(&one);
	unload(&other);
	return findings;
}

json_t *cdi_findings(const json_t *t, const json_t *exporter)
{
	struct err err = { 0 };
	json_t *findings = findings_of(t, exporter, &err);

	if (!findings)
		test_fail(__FILE__, __LINE__, "%s", err.text);
	return findings;
}

const json_t *cdi_finding(const json_t *findings, const char *fault, const char *verdict)
{
	const json_t *f;
	size_t i;

	json_array_foreach(findings, i, f)
		if (!strcmp(json_str_or(f, "fault", ""), fault) &&
		    !strcmp(json_str_or(f, "verdict", ""), verdict))
			return f;
	return NULL;
}

void cdi_expect(json_t *t, const char *fault, const char *verdict, bool there)
{
	OWN(json) json_t *findings = cdi_findings(t, NULL);
	const json_t *f = cdi_finding(findings, fault, verdict);

	if (there && !f) {
		OWN(str) char *all = json_text(findings);
		test_fail(__FILE__, __LINE__, "no %s %s in %.3000s", verdict, fault, all);
	} else if (!there && f) {
		test_fail(__FILE__, __LINE__, "%s %s: %s", verdict, fault, json_str(f, "message"));
	}
}

static bool ours(const char *fault)
{
	return *fault == 'C' || *fault == 'D' || *fault == 'I';
}

static void report(const char *name, const json_t *f)
{
	test_fail(__FILE__, __LINE__, "%s: %s %s at %s: %s", name, json_str_or(f, "verdict", ""),
		  json_str_or(f, "fault", ""), json_str_or(f, "path", ""),
		  json_str_or(f, "message", ""));
}

static json_t *case_findings(const json_t *one)
{
	const char *file = json_str(json_path(one, "exporter"), "file");
	OWN(json) json_t *t = cdi_load(json_str(one, "file"));
	OWN(json) json_t *exporter = file ? cdi_load(file) : NULL;

	return findings_of(t, exporter, NULL);
}

TEST(check_cdi, good_benign_and_large_templates_give_no_fail_and_no_warning)
{
	OWN(json) json_t *manifest = cdi_load("manifest.json");
	json_t *one, *f;
	size_t i, k;

	json_array_foreach(json_list(manifest, "cases"), i, one) {
		OWN(json) json_t *findings = NULL;
		if (!strcmp(json_str(one, "kind"), "faulty") || json_int_or(one, "nodes", 0) > 30)
			continue;
		findings = case_findings(one);
		CHECK(findings != NULL);
		/* of what the templates hold in full, only the chain's host is not known */
		json_array_foreach(findings, k, f)
			if (ours(json_str(f, "fault")) &&
			    (strcmp(json_str(f, "verdict"), "UNKNOWN") ||
			     strcmp(json_str(f, "fault"), "C12")))
				report(json_str(one, "name"), f);
	}
}

static bool expected(const json_t *one, const char *fault)
{
	const json_t *id;
	size_t i;

	json_array_foreach(json_list(one, "ids"), i, id)
		if (!strcmp(json_string_value(id), fault))
			return true;
	return false;
}

TEST(check_cdi, each_faulty_template_shows_its_own_fault_first)
{
	OWN(json) json_t *manifest = cdi_load("manifest.json");
	json_t *one, *f, *id;
	size_t i, k;

	json_array_foreach(json_list(manifest, "cases"), i, one) {
		OWN(json) json_t *findings = NULL;
		bool mine = false;
		if (strcmp(json_str(one, "kind"), "faulty"))
			continue;
		json_array_foreach(json_list(one, "ids"), k, id)
			mine |= ours(json_string_value(id));
		findings = case_findings(one);
		if (mine && !json_array_size(findings))
			test_fail(__FILE__, __LINE__, "%s: nothing found", json_str(one, "name"));
		json_array_foreach(findings, k, f) {
			const char *fault = json_str(f, "fault");
			bool unknown = !strcmp(json_str(f, "verdict"), "UNKNOWN");
			if (mine && k == 0 && (!expected(one, fault) || unknown))
				report(json_str(one, "name"), f);
			else if (!mine && json_array_size(json_list(one, "ids")) && ours(fault) &&
				 !unknown)
				report(json_str(one, "name"), f);
		}
	}
}
