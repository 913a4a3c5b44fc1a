/* Templates with the transform AWS::LanguageExtensions. */
#include "engine/cloud/cloudformation/test-stack.h"

#include <string.h>

#define LOOPS(more)                                                                                \
	"{\"Transform\":[\"AWS::LanguageExtensions\"],\"Parameters\":{\"Names\":{\"Type\":\"CommaDelimitedList\"" \
	"}},\"Resources\":{\"Fn::ForEach::Things\":[\"Name\",{\"Ref\":\"Names\"},{\"A${Name}\":{\"Type\":\"AWS::"  \
	"Test::Thing\",\"Properties\":{\"Text\":\"${Name} in ${AWS::Region}\"" more "}}}]}}"
#define PROCESSED(name)                                                                            \
	"\"A" name "\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{\"Text\":\"" name " in ${AWS::Region}\"}}"
#define HEAD "{\"Parameters\":{\"Names\":{\"Type\":\"CommaDelimitedList\"}},\"Resources\":{"

static json_t *asked(const char *names, const char *capability)
{
	json_t *in = json_pack("{s:s,s:s}", "StackName", "s", "TemplateBody", LOOPS(""));

	if (names)
		json_object_set_new(in, "Parameters",
				    json_pack("[{s:s,s:s}]", "ParameterKey", "Names", "ParameterValue", names));
	if (capability)
		json_object_set_new(in, "Capabilities", json_pack("[s]", capability));
	return in;
}

static void check_template(struct world *w, json_t *in, const char *stage, const char *want)
{
	OWN(json) json_t *out = NULL;
	OWN(str) char *error = NULL;

	json_set_str(in, "StackName", "s");
	json_set_str(in, "TemplateStage", stage);
	error = call(w, "GetTemplate", in, &out);
	CHECK_STR(error, NULL);
	CHECK_STR(json_str(out, "TemplateBody"), want);
}

TEST(transform, a_stack_is_made_of_what_loops_make)
{
	struct world w;
	OWN(str) char *lacks = NULL, *valueless = NULL, *made = NULL, *updated = NULL, *seen = NULL;

	world_open(&w, NULL);
	lacks = call(&w, "CreateStack", asked("x,y", NULL), NULL);
	CHECK_STR(lacks, "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_AUTO_EXPAND]");
	valueless = call(&w, "CreateStack", asked(NULL, "CAPABILITY_AUTO_EXPAND"), NULL);
	CHECK_STR(valueless, "ValidationError: Parameters: [Names] must have values");
	made = call(&w, "CreateStack", asked("x,y", "CAPABILITY_AUTO_EXPAND"), NULL);
	CHECK_STR(made, NULL);
	until(&w, "s", "CREATE_COMPLETE");
	check_template(&w, json_object(), "Original", LOOPS(""));
	check_template(&w, json_object(), "Processed", HEAD PROCESSED("x") "," PROCESSED("y") "}}");
	updated = call(&w, "UpdateStack", asked("y,z", "CAPABILITY_AUTO_EXPAND"), NULL);
	CHECK_STR(updated, NULL);
	until(&w, "s", "UPDATE_COMPLETE");
	check_template(&w, json_object(), "Processed", HEAD PROCESSED("y") "," PROCESSED("z") "}}");
	seen = history(&w, "s", 0);
	CHECK(strstr(seen, "Az CREATE_COMPLETE Az-") && strstr(seen, "Ax DELETE_COMPLETE Ax-") &&
	      !strstr(seen, "Ay UPDATE") && !strstr(seen, "Ay DELETE"));
	world_close(&w);
}

TEST(transform, a_change_set_shows_it_before)
{
	struct world w;
	json_t *in = asked("x", NULL);
	OWN(json) json_t *out = NULL;
	OWN(str) char *error = NULL, *described = NULL, *executed = NULL;

	json_set_str(in, "ChangeSetName", "c");
	json_set_str(in, "ChangeSetType", "CREATE");
	world_open(&w, NULL);
	error = call(&w, "CreateChangeSet", in, NULL);
	CHECK_STR(error, NULL);
	described = call(&w, "DescribeChangeSet", json_pack("{s:s,s:s}", "StackName", "s", "ChangeSetName", "c"), &out);
	CHECK_STR(described, NULL);
	CHECK_INT(json_array_size(json_list(out, "Changes")), 1);
	CHECK_STR(json_str(json_path(out, "Changes.0.ResourceChange"), "LogicalResourceId"), "Ax");
	check_template(&w, json_pack("{s:s}", "ChangeSetName", "c"), "Processed", HEAD PROCESSED("x") "}}");
	executed = call(&w, "ExecuteChangeSet", json_pack("{s:s,s:s}", "StackName", "s", "ChangeSetName", "c"), NULL);
	CHECK_STR(executed, NULL);
	until(&w, "s", "CREATE_COMPLETE");
	world_close(&w);
}

TEST(transform, it_is_declared_without_values)
{
	struct world w;
	OWN(json) json_t *out = NULL, *summary = NULL;
	OWN(str) char *text = NULL, *error = NULL, *stage = NULL;

	world_open(&w, NULL);
	error = call(&w, "ValidateTemplate", json_pack("{s:s}", "TemplateBody", LOOPS("")), &out);
	CHECK_STR(error, NULL);
	text = json_text(json_object_get(out, "DeclaredTransforms"));
	CHECK_STR(text, "[\"AWS::LanguageExtensions\"]");
	CHECK(json_has_text(json_list(out, "Capabilities"), "CAPABILITY_AUTO_EXPAND"));
	CHECK_STR(json_str(json_path(out, "Parameters.0"), "ParameterKey"), "Names");
	CHECK(!call(&w, "GetTemplateSummary", json_pack("{s:s}", "TemplateBody", LOOPS("")), &summary));
	CHECK(json_has_text(json_list(summary, "DeclaredTransforms"), "AWS::LanguageExtensions"));
	stage = call(&w, "GetTemplate", json_pack("{s:s,s:s}", "StackName", "none", "TemplateStage", "Processed"), NULL);
	CHECK_STR(stage, "ValidationError: Stack with id none does not exist");
	world_close(&w);
}
