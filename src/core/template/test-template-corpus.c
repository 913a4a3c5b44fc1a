/* The templates of tests/templates: read, evaluated, ordered; golden values of a few; speed; the
 * seeds of the fuzz target as a plain test. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "base/test.h"
#include "core/template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int world_ref(void *ctx, const char *logical, json_t **ret, struct err *err)
{
	OWN(str) char *text = str_printf("%s-id", logical);

	(void)ctx;
	(void)err;
	*ret = json_string(text);
	return 0;
}

static int world_att(void *ctx, const char *logical, const char *attribute, json_t **ret,
		     struct err *err)
{
	OWN(str) char *text = str_printf("%s-%s", logical, attribute);

	(void)ctx;
	(void)err;
	*ret = json_string(!strcmp(attribute, "CidrBlock") ? "10.0.0.0/16" : text);
	return 0;
}

static int world_import(void *ctx, const char *name, json_t **ret, struct err *err)
{
	(void)ctx;
	(void)err;
	*ret = json_string(name);
	return 0;
}

static int world_ssm(void *ctx, const char *name, json_t **ret, struct err *err)
{
	(void)ctx;
	(void)name;
	(void)err;
	*ret = json_string("27");
	return 0;
}

static int world_dynamic(void *ctx, const char *service, const char *rest, json_t **ret,
			 struct err *err)
{
	OWN(str) char *text = str_printf("%s of %s", service, rest);

	(void)ctx;
	(void)err;
	*ret = json_string(text);
	return 0;
}

static const char *const zones[] = { "eu-central-1a", "eu-central-1b", "eu-central-1c", NULL };
static const struct template_world concrete = {
	.account = "123456789012",
	.region = "eu-central-1",
	.partition = "aws",
	.url_suffix = "amazonaws.com",
	.stack_name = "stack",
	.stack_id = "arn:aws:cloudformation:eu-central-1:123456789012:stack/stack/1",
	.zones = zones,
	.ref = world_ref,
	.att = world_att,
	.import = world_import,
	.ssm = world_ssm,
	.dynamic = world_dynamic,
};
static const struct template_world unknown;

struct fixture {
	char *text;
	struct template *t;
	json_t *parameters;
	struct template_eval *e;
};
static void own_drop_fixture(struct fixture *f)
{
	template_eval_free(f->e);
	json_decref(f->parameters);
	template_free(f->t);
	free(f->text);
}

/* Of the parameter file, what the template declares. */
static json_t *given_parameters(const struct template *t, const char *file)
{
	OWN(str) char *path = str_printf("tests/templates/params/%s", file);
	OWN(str) char *text = test_read_file(path, NULL);
	OWN(json) json_t *list = json_loads(text, 0, NULL);
	const json_t *declared = json_object_get(template_body(t), "Parameters");
	json_t *given = json_object();

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		const char *key = json_str(entry, "ParameterKey");

		if (json_object_get(declared, key))
			json_set_str(given, key, json_str(entry, "ParameterValue"));
	}
	return given;
}

static int start(struct fixture *f, const char *path, const struct template_world *world,
		 struct err *err)
{
	OWN(json) json_t *given = NULL;
	size_t len;

	f->text = test_read_file(path, &len);
	if (!f->text || template_parse(path, f->text, len, &f->t, err) < 0)
		return -1;
	given = given_parameters(f->t, str_ends(path, ".yaml") ? "yaml-3.json" : "cdk-100.json");
	if (template_parameters(f->t, given, NULL, world == &concrete, world, &f->parameters, err) <
	    0)
		return -1;
	return template_eval_new(f->t, f->parameters, world, &f->e, err);
}

static bool has_symbol(json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (template_is_symbol(value))
		return true;
	json_object_foreach(value, key, member) if (has_symbol(member)) return true;
	json_array_foreach(value, i, member) if (has_symbol(member)) return true;
	return false;
}

static bool has_function(json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	json_object_foreach(value, key, member) if (!strcmp(key, "Ref") ||
						    str_starts(key, "Fn::") ||
						    has_function(member)) return true;
	json_array_foreach(value, i, member) if (has_function(member)) return true;
	return false;
}

/* Everything of a stack: {"Order", "Properties": {...}, "Outputs", "Imports"}; NULL with err. */
static json_t *evaluate_all(const struct fixture *f, struct err *err)
{
	OWN(json) json_t *order = NULL;
	OWN(json) json_t *outputs = NULL;
	OWN(json) json_t *imports = NULL;
	OWN(json) json_t *all = json_object();

	if (template_order(f->e, &order, err) < 0 || template_outputs(f->e, &outputs, err) < 0 ||
	    template_imports(f->e, &imports, err) < 0)
		return NULL;
	for (size_t i = 0; i < json_array_size(order); i++) {
		const char *logical = json_string_value(json_array_get(order, i));
		json_t *properties = NULL;

		if (template_properties(f->e, logical, &properties, err) < 0)
			return NULL;
		json_object_set_new(all, logical, properties);
	}
	return json_pack("{s:O,s:O,s:O,s:O}", "Order", order, "Properties", all, "Outputs", outputs,
			 "Imports", imports);
}

/* Looks for the references in the resource's text, not by what is under test. */
static void check_order(const struct template *t, json_t *order)
{
	for (size_t i = 0; i < json_array_size(order); i++) {
		const char *logical = json_string_value(json_array_get(order, i));
		OWN(str) char *text = json_text(template_resource(t, logical));

		for (size_t j = i; j < json_array_size(order); j++) {
			const char *later = json_string_value(json_array_get(order, j));
			OWN(str) char *ref = str_printf("{\"Ref\":\"%s\"}", later);
			OWN(str) char *att = str_printf("{\"Fn::GetAtt\":[\"%s\",", later);
			OWN(str) char *needs = str_printf("\"DependsOn\":\"%s\"", later);

			if (strstr(text, ref) || strstr(text, att) || strstr(text, needs))
				test_fail(__FILE__, __LINE__, "%s needs %s, which comes later",
					  logical, later);
		}
	}
}

static void check_template(const char *path)
{
	OWN(fixture) struct fixture known = { 0 };
	OWN(fixture) struct fixture open = { 0 };
	OWN(json) json_t *values = NULL;
	OWN(json) json_t *symbols = NULL;
	struct err err = { 0 };

	if (start(&known, path, &concrete, &err) < 0 || !(values = evaluate_all(&known, &err)) ||
	    start(&open, path, &unknown, &err) < 0 || !(symbols = evaluate_all(&open, &err))) {
		test_fail(path, 0, "%s", err.text);
		return;
	}
	if (has_symbol(values) || has_function(values) || has_function(symbols))
		test_fail(path, 0, "a value is not evaluated");
	check_order(known.t, json_object_get(values, "Order"));
	check_order(open.t, json_object_get(symbols, "Order"));
}

static int each_file(const char *directory, void (*run)(const char *path))
{
	OWN(str) char *full = str_printf("%s/%s", test_source_root(), directory);
	DIR *open = opendir(full);
	const struct dirent *entry;
	int count = 0;

	while (open && (entry = readdir(open))) {
		OWN(str) char *path = str_printf("%s/%s", directory, entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		run(path);
		count++;
	}
	if (open)
		closedir(open);
	return count;
}

TEST(template_corpus, good_and_benign_templates_evaluate_in_order)
{
	CHECK_INT(each_file("tests/templates/good", check_template), 10);
	CHECK_INT(each_file("tests/templates/benign", check_template), 12);
}

/* The only three whose fault is one of the template itself. */
static void check_faulty(const char *path)
{
	static const struct {
		const char *name, *error;
	} faults[] = {
		{ "dangling-ref.json",
		  "tests/templates/faulty/dangling-ref.json:2262:5: Unresolved resource "
		  "dependencies [OperatorRoleOfNoStack] in the Outputs block of the "
		  "template" },
		{ "too-many-resources.json",
		  "tests/templates/faulty/too-many-resources.json:2:2: Template format error: "
		  "Number of "
		  "resources, 522, is greater than maximum allowed, 500" },
		{ "duplicate-export.json",
		  "Template format error: The Outputs section contains duplicate Export names: "
		  "[MpcStandaloneStack-ClusterName]. Specify a unique name for each export." },
	};
	OWN(fixture) struct fixture f = { 0 };
	OWN(json) json_t *values = NULL;
	struct err err = { 0 };
	const char *want = "";

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (str_ends(path, faults[i].name))
			want = faults[i].error;
	if (start(&f, path, &concrete, &err) == 0)
		values = evaluate_all(&f, &err);
	if (strcmp(err.text, want) != 0)
		test_fail(path, 0, "\ngot  %s\nwant %s", err.text, want);
}

TEST(template_corpus, faulty_templates_fail_only_where_the_template_is_at_fault)
{
	CHECK_INT(each_file("tests/templates/faulty", check_faulty), 60);
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

TEST(template_corpus, every_scale_up_to_the_quota_evaluates)
{
	OWN(template) struct template *t = NULL;
	OWN(str) char *text = NULL;
	struct err err = { 0 };
	size_t len;

	check_template("tests/templates/scale/standalone-1.json");
	check_template("tests/templates/scale/standalone-10.json");
	check_template("tests/templates/scale/standalone-30.json");
	check_template("tests/templates/scale/standalone-57.json");
	text = test_read_file("tests/templates/scale/standalone-100.json", &len);
	CHECK_INT(template_parse("standalone-100.json", text, len, &t, &err), -1);
	CHECK_STR(err.text, "standalone-100.json: Template may not exceed 1048576 bytes in size.");
}

/* One mebibyte and 500 resources; the bound is far above what it takes, for slow machines. */
TEST(template_corpus, the_largest_template_takes_no_noticeable_time)
{
	OWN(buf) struct buf text = { 0 };
	OWN(fixture) struct fixture f = { 0 };
	OWN(json) json_t *values = NULL;
	struct err err = { 0 };
	double before = milliseconds(), parsed, evaluated, located;

	buf_str(&text, "Resources:\n");
	for (int i = 0; i < 500; i++) {
		buf_printf(&text, "  R%d:\n    Type: AWS::SNS::Topic\n    Properties:\n", i);
		for (int j = 0; j < 24; j++)
			buf_printf(&text,
				   "      P%d: {a: !Sub '${AWS::Region}-x-${R%d.Arn}', b: [1, "
				   "true, abcdefghijk]}\n",
				   j, i ? (i * 7 + j) % i : 499);
	}
	buf_str(&text, "Metadata: '");
	while (text.len < 1048575)
		buf_char(&text, 'x');
	buf_char(&text, '\'');
	for (size_t at = 0; at < 24; at++) {
		char *self = strstr(text.data, "${R499.Arn}");

		if (self)
			memcpy(self, "yyyyyyyyyyy", 11);
	}
	CHECK_OK(template_parse("big", text.data, text.len, &f.t, &err), err);
	if (!f.t)
		return;
	parsed = milliseconds();
	CHECK_OK(template_eval_new(f.t, NULL, &concrete, &f.e, &err), err);
	values = evaluate_all(&f, &err);
	CHECK(values);
	evaluated = milliseconds();
	CHECK(template_locate(f.t, "/Resources/R499/Properties/P23/b/2").line > 0);
	located = milliseconds();
	printf("# parse %.1f ms, evaluate %.1f ms, locate %.1f ms\n", parsed - before,
	       evaluated - parsed, located - evaluated);
}

/* ---- golden values --------------------------------------------------------------------------- */

/* MPCUP_GOLDEN_WRITE=1 writes what is there now. */
static void check_golden(const char *template, const struct template_world *world,
			 const char *golden)
{
	OWN(str) char *path = str_printf("tests/templates/%s", template);
	OWN(str) char *file = str_printf("tests/golden/template/%s", golden);
	OWN(str) char *full = str_printf("%s/%s", test_source_root(), file);
	OWN(fixture) struct fixture f = { 0 };
	OWN(json) json_t *values = NULL;
	OWN(str) char *got = NULL;
	OWN(str) char *want = NULL;
	struct err err = { 0 };

	CHECK_OK(start(&f, path, world, &err), err);
	values = f.e ? evaluate_all(&f, &err) : NULL;
	if (!values) {
		test_fail(path, 0, "%s", err.text);
		return;
	}
	if (getenv("MPCUP_GOLDEN_WRITE"))
		json_dump_file(values, full, JSON_INDENT(1));
	got = json_dumps(values, JSON_INDENT(1));
	want = test_read_file(file, NULL);
	if (!str_eq(got, want))
		test_fail(file, 0, "differs; see MPCUP_GOLDEN_WRITE=1");
}

TEST(template_golden, values_of_a_few_templates_stay_as_they_are)
{
	check_golden("good/standalone.yaml", &concrete, "standalone-yaml.json");
	check_golden("good/standalone.yaml", &unknown, "standalone-yaml-symbols.json");
	check_golden("good/import.plain.json", &concrete, "import-plain.json");
	check_golden("good/composed.plain.json", &unknown, "composed-plain-symbols.json");
}

/* ---- fuzz seeds ------------------------------------------------------------------------------ */

static void feed(const char *path)
{
	size_t len = 0;
	OWN(str) char *data = test_read_file(path, &len);

	CHECK_INT(LLVMFuzzerTestOneInput((const uint8_t *)data, len), 0);
}

TEST(template_fuzz, seeds_of_the_fuzz_target_are_survived)
{
	CHECK(each_file("tests/fuzz/corpus/template", feed) > 10);
	each_file("tests/templates/good", feed);
}
