/* Any bytes as a template: read, located, given parameters, evaluated with known and with unknown
 * surroundings, ordered. Built by `make fuzz` with clang's libFuzzer, and into test-core-template,
 * which runs it over tests/fuzz/corpus/template. */
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "core/template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int known_text(void *ctx, const char *name, json_t **ret, struct err *err)
{
	(void)ctx;
	(void)name;
	(void)err;
	*ret = json_string("{{resolve:ssm:a}},b");
	return 0;
}

static int known_attribute(void *ctx, const char *logical, const char *attribute, json_t **ret,
			   struct err *err)
{
	(void)attribute;
	return known_text(ctx, logical, ret, err);
}

static int some_attribute(void *ctx, const char *logical, const char *attribute, json_t **ret,
			  struct err *err)
{
	(void)ctx;
	(void)err;
	if (logical[0] & 1)
		return TEMPLATE_UNKNOWN;
	*ret = json_pack("[s,s]", attribute, "x");
	return 0;
}

static const char *const zones[] = { "a", "b", NULL };
static const struct template_world worlds[] = {
	{ 0 },
	{ .account = "1",
	  .region = "r",
	  .partition = "aws",
	  .url_suffix = "u",
	  .stack_name = "s",
	  .stack_id = "i",
	  .zones = zones,
	  .ref = known_text,
	  .att = known_attribute,
	  .import = known_text,
	  .ssm = known_text,
	  .dynamic = known_attribute },
	{ .region = "r", .att = some_attribute, .value_of = known_attribute },
};

/* Every parameter gets a text, so that constraints and patterns run. */
static json_t *give(const struct template *t)
{
	json_t *given = json_object();
	OWN(json) json_t *summary = template_parameter_summary(t);

	for (size_t i = 0; i < json_array_size(summary); i++)
		json_set_str(given, json_str(json_array_get(summary, i), "ParameterKey"),
			     "1,aB-2 c");
	return given;
}

static void evaluate(struct template *t, const struct template_eval *e)
{
	json_t *order = NULL, *outputs = NULL, *imports = NULL;
	struct err err = { 0 };

	if (template_order(e, &order, &err) == 0) {
		for (size_t i = 0; i < json_array_size(order); i++) {
			const char *logical = json_string_value(json_array_get(order, i));
			json_t *properties = NULL, *needs = NULL;

			if (template_properties(e, logical, &properties, &err) == 0)
				json_decref(properties);
			if (template_dependencies(e, logical, &needs, &err) == 0)
				json_decref(needs);
			template_deletion_policy(t, logical);
		}
		json_decref(order);
	}
	if (template_outputs(e, &outputs, &err) == 0)
		json_decref(outputs);
	if (template_imports(e, &imports, &err) == 0)
		json_decref(imports);
}

static void run(struct template *t, const json_t *given, const struct template_world *world)
{
	OWN(json) json_t *parameters = NULL;
	OWN(template_eval) struct template_eval *e = NULL;
	struct err err = { 0 };

	if (template_parameters(t, given, NULL, 0, world, &parameters, &err) == 0 &&
	    template_eval_new(t, parameters, world, &e, &err) == 0)
		evaluate(t, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWN(template) struct template *t = NULL, *declared = NULL;
	OWN(json) json_t *given = NULL, *processed = NULL;
	struct template_inputs inputs = { .world = &worlds[1], .declarations = true };
	struct err err = { 0 };

	if (template_parse_with("fuzz", (const char *)data, size, &inputs, &declared, &err) < 0)
		return 0;
	given = give(declared);
	inputs.given = given;
	if (template_parse_with("fuzz", (const char *)data, size, &inputs, &t, &err) < 0)
		return 0;
	processed = template_processed(t);
	(void)template_locate(t, "/Resources/A/Properties/x/0");
	json_decref(template_capabilities(t));
	for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
		run(t, given, &worlds[i]);
		run(t, NULL, &worlds[i]);
	}
	return 0;
}
