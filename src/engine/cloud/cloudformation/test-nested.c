/* Nested stacks: their life with the parent, and the way back through the tree. */
#include "engine/cloud/cloudformation/test-stack.h"

#include <string.h>

#define THING(name, properties)                                                                    \
	"\"" name "\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{" properties "}}"
#define CHILD(name, key, rest)                                                                     \
	"\"" name "\":{\"Type\":\"AWS::CloudFormation::Stack\",\"Properties\":{\"TemplateURL\":"   \
	"\"https://objects.s3.us-east-1.amazonaws.com/" key "\"" rest "}}"
#define TEMPLATE(resources) "{\"Resources\":{" resources "}}"
/* Size comes from the parent and goes back to it. */
#define SIZED(more)                                                                                \
	"{\"Parameters\":{\"Size\":{\"Type\":\"String\",\"Default\":\"1\"}},\"Resources\":{"       \
	"\"A\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{\"Size\":{\"Ref\":\"Size\"}" more    \
	"}}},\"Outputs\":{\"Made\":{\"Value\":{\"Fn::GetAtt\":[\"A\",\"Size\"]}}}}"
#define WITH_SIZE(size) ",\"Parameters\":{\"Size\":\"" size "\"}"
#define TAKES_OUTPUT THING("B", "\"Size\":{\"Fn::GetAtt\":[\"Inner\",\"Outputs.Made\"]}")

/* ARN of a nested stack; caller's. */
static char *child_of(struct world *w, const char *stack, const char *logical)
{
	OWN(json) json_t *out = NULL;
	OWN(str)
	char *error = call(w, "DescribeStackResource",
			   json_pack("{s:s,s:s}", "StackName", stack, "LogicalResourceId", logical),
			   &out);

	CHECK_STR(error, NULL);
	return str_dup(json_str(json_map(out, "StackResourceDetail"), "PhysicalResourceId"));
}

static void check_status(struct world *w, const char *stack, const char *wanted)
{
	OWN(str) char *now = status(w, stack);

	CHECK_STR(now, wanted);
}

static const char *size_of(struct world *w, const char *physical)
{
	return json_str_or(hub_get(w->hub, "fake:thing", physical), "Size", "none");
}

static void fails(struct world *w, const char *template, const char *reason)
{
	OWN(str) char *seen = NULL;

	update(w, "p", template);
	until(w, "p", "UPDATE_ROLLBACK_COMPLETE");
	seen = history(w, "p", 0);
	if (!strstr(seen, reason))
		test_fail(__FILE__, __LINE__, "no \"%s\" in:\n%s", reason, seen);
}

static void check_ids(struct world *w, const char *child)
{
	OWN(json) json_t *out = NULL;
	OWN(str) char *error = call(w, "DescribeStacks", json_pack("{s:s}", "StackName", child), &out);
	OWN(str) char *parent = arn_of(w, "p");
	const json_t *shown = json_path(out, "Stacks.0");

	CHECK_STR(error, NULL);
	CHECK_STR(json_str(shown, "ParentId"), parent);
	CHECK_STR(json_str(shown, "RootId"), parent);
	CHECK(str_starts(json_str(shown, "StackName"), "p-Inner-"));
	CHECK_STR(json_str(json_path(shown, "Tags.0"), "Key"), "team");
}

TEST(nested, child_lives_with_its_parent)
{
	struct world w;
	OWN(str) char *child = NULL, *seen = NULL, *inner = NULL, *error = NULL;

	world_open(&w, NULL);
	object(&w, "sized", SIZED(""));
	error = call(&w, "CreateStack",
		     json_pack("{s:s,s:s,s:[{s:s,s:s}]}", "StackName", "p", "TemplateBody",
			       TEMPLATE(TAKES_OUTPUT "," CHILD("Inner", "sized", WITH_SIZE("7"))),
			       "Tags", "Key", "team", "Value", "x"),
		     NULL);
	CHECK_STR(error, NULL);
	until(&w, "p", "CREATE_COMPLETE");
	child = child_of(&w, "p", "Inner");
	check_ids(&w, child);
	CHECK_STR(size_of(&w, "B-1"), "7");
	seen = history(&w, "p", 0);
	CHECK_STR(seen, "p CREATE_IN_PROGRESS @ User Initiated\n"
			"Inner CREATE_IN_PROGRESS -\n"
			"Inner CREATE_IN_PROGRESS @ Resource creation Initiated\n"
			"Inner CREATE_COMPLETE @\n"
			"B CREATE_IN_PROGRESS -\n"
			"B CREATE_IN_PROGRESS B-1 Resource creation Initiated\n"
			"B CREATE_COMPLETE B-1\n"
			"p CREATE_COMPLETE @\n");
	inner = history(&w, child, 1);
	CHECK(str_starts(inner, "A CREATE_IN_PROGRESS -\n"));
	delete (&w, "p");
	until(&w, "p", "none");
	check_status(&w, child, "DELETE_COMPLETE");
	CHECK_INT(things(&w), 0);
	world_close(&w);
}

TEST(nested, failing_child_takes_all_back)
{
	struct world w;
	OWN(str) char *seen = NULL, *child = NULL, *wanted = NULL;

	world_open(&w, NULL);
	object(&w, "fails", TEMPLATE(THING("X", "\"Mode\":\"fail\"")));
	create(&w, "p", TEMPLATE(THING("B", "") "," CHILD("Inner", "fails", "")));
	until(&w, "p", "ROLLBACK_COMPLETE");
	child = child_of(&w, "p", "Inner");
	check_status(&w, child, "DELETE_COMPLETE");
	seen = history(&w, "p", 0);
	wanted = str_printf("Inner CREATE_FAILED @ Embedded stack %s was not successfully created: "
			    "The following resource(s) failed to create: [X]. \n",
			    child);
	CHECK(strstr(seen, wanted) != NULL);
	CHECK(strstr(seen, "p ROLLBACK_IN_PROGRESS @ The following resource(s) failed to create: "
			   "[Inner]. Rollback requested by user.\n") != NULL);
	CHECK_INT(things(&w), 0);
	world_close(&w);
}

TEST(nested, only_changed_children_are_updated)
{
	struct world w;
	OWN(str) char *first = NULL, *second = NULL, *last = NULL;
	size_t before_first, before_second;

	world_open(&w, NULL);
	object(&w, "one", SIZED(""));
	object(&w, "two", SIZED(""));
	create(&w, "p", TEMPLATE(CHILD("One", "one", "") "," CHILD("Two", "two", "")));
	until(&w, "p", "CREATE_COMPLETE");
	first = child_of(&w, "p", "One");
	second = child_of(&w, "p", "Two");
	before_first = event_count(&w, first);
	before_second = event_count(&w, second);
	/* the parent's template is the same, the child's behind the URL is not */
	object(&w, "two", SIZED(",\"Fixed\":\"2\""));
	update(&w, "p", TEMPLATE(CHILD("One", "one", "") "," CHILD("Two", "two", "")));
	until(&w, "p", "UPDATE_COMPLETE");
	CHECK_INT(event_count(&w, first), before_first);
	check_status(&w, second, "UPDATE_COMPLETE");
	last = history(&w, second, before_second);
	CHECK(strstr(last, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS @\nA DELETE_IN_PROGRESS A-") != NULL);
	CHECK_INT(things(&w), 2);
	world_close(&w);
}

/* The child is updated well, with a replacement; what fails comes after it. */
TEST(nested, updated_child_goes_back_with_its_parent)
{
	struct world w;
	OWN(str) char *child = NULL, *records = NULL;

	world_open(&w, NULL);
	object(&w, "sized", SIZED(""));
	object(&w, "fixed", SIZED(",\"Fixed\":\"2\""));
	create(&w, "p", TEMPLATE(TAKES_OUTPUT "," CHILD("Inner", "sized", WITH_SIZE("1"))));
	until(&w, "p", "CREATE_COMPLETE");
	child = child_of(&w, "p", "Inner");
	fails(&w,
	      TEMPLATE(THING("B", "\"Mode\":\"fail-update\",\"Size\":{\"Fn::GetAtt\":[\"Inner\","
				  "\"Outputs.Made\"]}") "," CHILD("Inner", "fixed", WITH_SIZE("2"))),
	      "B UPDATE_FAILED B-1");
	check_status(&w, child, "UPDATE_ROLLBACK_COMPLETE");
	CHECK_STR(size_of(&w, "A-1"), "1");
	CHECK_STR(size_of(&w, "A-2"), "none");
	CHECK_STR(size_of(&w, "B-1"), "1");
	records = resources(&w, child);
	CHECK_STR(records, "A=UPDATE_COMPLETE");
	/* and forward again */
	update(&w, "p", TEMPLATE(TAKES_OUTPUT "," CHILD("Inner", "fixed", WITH_SIZE("3"))));
	until(&w, "p", "UPDATE_COMPLETE");
	check_status(&w, child, "UPDATE_COMPLETE");
	CHECK_STR(size_of(&w, "B-1"), "3");
	CHECK_INT(things(&w), 2);
	world_close(&w);
}

TEST(nested, failing_update_of_a_child_names_its_reason)
{
	struct world w;
	OWN(str) char *child = NULL, *wanted = NULL;

	world_open(&w, NULL);
	object(&w, "sized", SIZED(""));
	object(&w, "stuck", SIZED(",\"Mode\":\"fail-update\""));
	create(&w, "p", TEMPLATE(CHILD("Inner", "sized", "")));
	until(&w, "p", "CREATE_COMPLETE");
	child = child_of(&w, "p", "Inner");
	wanted = str_printf("Embedded stack %s was not successfully updated. Currently in "
			    "UPDATE_ROLLBACK_IN_PROGRESS with reason: The following resource(s) "
			    "failed to update: [A].",
			    child);
	fails(&w, TEMPLATE(CHILD("Inner", "stuck", "")), wanted);
	check_status(&w, child, "UPDATE_ROLLBACK_COMPLETE");
	world_close(&w);
}

/* A tree of three: the innermost is held until the root is done. */
TEST(nested, the_root_decides_for_the_whole_tree)
{
	struct world w;
	OWN(str) char *middle = NULL, *inner = NULL;

	world_open(&w, NULL);
	object(&w, "inner", SIZED(""));
	object(&w, "middle", TEMPLATE(CHILD("Inner", "inner", "")));
	create(&w, "p", TEMPLATE(THING("Z", "") "," CHILD("Middle", "middle", "")));
	until(&w, "p", "CREATE_COMPLETE");
	middle = child_of(&w, "p", "Middle");
	inner = child_of(&w, middle, "Inner");
	object(&w, "inner", SIZED(",\"Fixed\":\"2\""));
	update(&w, "p", TEMPLATE(THING("Z", "\"Mode\":\"stuck-update\"") "," CHILD("Middle", "middle", "")));
	until(&w, inner, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
	until(&w, middle, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
	turn(&w);
	check_status(&w, inner, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
	CHECK_INT(things(&w), 3); /* the replaced one is still there */
	gate(&w, "Z", "fail");
	until(&w, "p", "UPDATE_ROLLBACK_COMPLETE");
	check_status(&w, middle, "UPDATE_ROLLBACK_COMPLETE");
	check_status(&w, inner, "UPDATE_ROLLBACK_COMPLETE");
	CHECK_STR(size_of(&w, "A-1"), "1");
	CHECK_INT(things(&w), 2);
	delete (&w, "p");
	until(&w, "p", "none");
	check_status(&w, inner, "DELETE_COMPLETE");
	CHECK_INT(things(&w), 0);
	world_close(&w);
}

TEST(nested, an_update_may_bring_an_output)
{
	struct world w;

	world_open(&w, NULL);
	object(&w, "inner", TEMPLATE(THING("A", "")));
	create(&w, "p", TEMPLATE(CHILD("Inner", "inner", "")));
	until(&w, "p", "CREATE_COMPLETE");
	object(&w, "inner", SIZED(""));
	update(&w, "p",
	       "{\"Resources\":{" TAKES_OUTPUT "," CHILD("Inner", "inner", "") "},\"Outputs\":{\"O\":{"
	       "\"Value\":{\"Fn::GetAtt\":[\"Inner\",\"Outputs.Made\"]},\"Export\":{\"Name\":\"made\"}}}}");
	until(&w, "p", "UPDATE_COMPLETE");
	CHECK_STR(size_of(&w, "B-1"), "1");
	CHECK_STR(json_str(hub_get(w.hub, "cloudformation:export", "made"), "Value"), "1");
	world_close(&w);
}

static void restart_in_the_middle(struct world *w, const char *inner)
{
	object(w, "sized", SIZED(",\"Fixed\":\"2\""));
	update(w, "p", TEMPLATE(THING("Z", "\"Mode\":\"stuck-update\"") "," CHILD("Inner", "sized", "")));
	until(w, inner, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
	world_restart(w);
	turn(w);
	check_status(w, inner, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
	gate(w, "Z", "open");
	until(w, "p", "UPDATE_COMPLETE");
	check_status(w, inner, "UPDATE_COMPLETE");
	CHECK_INT(things(w), 2);
	CHECK_STR(size_of(w, "A-2"), "1");
}

TEST(nested, a_restart_changes_nothing)
{
	char template[] = "/tmp/mpcup-nested-XXXXXX";
	struct world w;
	OWN(str) char *inner = NULL;

	CHECK(mkdtemp(template) != NULL);
	world_open(&w, template);
	object(&w, "sized", SIZED(""));
	create(&w, "p", TEMPLATE(THING("Z", "") "," CHILD("Inner", "sized", "")));
	until(&w, "p", "CREATE_COMPLETE");
	inner = child_of(&w, "p", "Inner");
	restart_in_the_middle(&w, inner);
	world_close(&w);
}

static void refused(struct world *w, const char *template, const char *reason)
{
	OWN(str) char *seen = NULL;

	create(w, "bad", template);
	until(w, "bad", "ROLLBACK_COMPLETE");
	seen = history(w, "bad", 0);
	if (!strstr(seen, reason))
		test_fail(__FILE__, __LINE__, "no \"%s\" in:\n%s", reason, seen);
	delete (w, "bad");
	until(w, "bad", "none");
}

TEST(nested, what_cannot_be_is_refused_with_its_reason)
{
	struct world w;

	world_open(&w, NULL);
	object(&w, "sized", SIZED(""));
	object(&w, "self", TEMPLATE(CHILD("Self", "self", "")));
	refused(&w, TEMPLATE(CHILD("Inner", "absent", "")), "Inner CREATE_FAILED - S3 error: ");
	refused(&w, TEMPLATE(CHILD("Inner", "sized", ",\"Parameters\":{\"Other\":\"1\"}")),
		"Inner CREATE_FAILED - Parameters: [Other] do not exist in the template");
	refused(&w, TEMPLATE(CHILD("Inner", "sized", ",\"Parameters\":{\"Size\":[\"1\"]}")),
		"Inner CREATE_FAILED - Value of property Parameters must be an object with String");
	refused(&w,
		TEMPLATE(CHILD("Inner", "sized", "") "," THING(
			"B", "\"Size\":{\"Fn::GetAtt\":[\"Inner\",\"Outputs.Other\"]}")),
		"Output 'Other' not found in stack 'arn:aws:cloudformation:");
	refused(&w, TEMPLATE(CHILD("Self", "self", "")), "Self CREATE_FAILED @ Embedded stack ");
	world_close(&w);
}

TEST(nested, a_child_may_be_asked_itself)
{
	struct world w;
	OWN(str) char *child = NULL, *protect = NULL;

	world_open(&w, NULL);
	object(&w, "sized", SIZED(""));
	create(&w, "p", TEMPLATE(CHILD("Inner", "sized", "")));
	until(&w, "p", "CREATE_COMPLETE");
	child = child_of(&w, "p", "Inner");
	update(&w, child, SIZED(",\"Fixed\":\"2\""));
	until(&w, child, "UPDATE_COMPLETE"); /* nobody holds it */
	protect = call(&w, "UpdateTerminationProtection",
		       json_pack("{s:s,s:b}", "StackName", child, "EnableTerminationProtection", 1),
		       NULL);
	CHECK(str_starts(protect, "ValidationError: Termination protection of nested stack ["));
	delete (&w, child);
	until(&w, child, "DELETE_COMPLETE");
	fails(&w, TEMPLATE(CHILD("Inner", "sized", WITH_SIZE("2"))), "] does not exist");
	delete (&w, "p");
	until(&w, "p", "none");
	CHECK_INT(things(&w), 0);
	world_close(&w);
}
