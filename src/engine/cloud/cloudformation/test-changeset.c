/* Change sets. */
#include "engine/cloud/cloudformation/test-stack.h"

#include <string.h>

#define THING(name, properties)                                                                    \
	"\"" name "\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{" properties "}}"
#define TEMPLATE(resources) "{\"Resources\":{" resources "}}"

static char *plan(struct world *w, const char *name, const char *type, const char *template)
{
	return call(w, "CreateChangeSet",
		    json_pack("{s:s,s:s,s:s,s:s}", "StackName", "s", "ChangeSetName", name,
			      "ChangeSetType", type, "TemplateBody", template),
		    NULL);
}

static json_t *about(const char *name)
{
	return json_pack("{s:s,s:s}", "StackName", "s", "ChangeSetName", name);
}

static json_t *described(struct world *w, const char *name)
{
	json_t *out = NULL;
	OWN(str) char *error = call(w, "DescribeChangeSet", about(name), &out);

	CHECK_STR(error, NULL);
	return out;
}

static char *changes(struct world *w, const char *name)
{
	OWN(json) json_t *out = described(w, name);

	return json_text(json_object_get(out, "Changes"));
}

TEST(changeset, a_new_stack_is_reviewed_first)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(str) char *review = NULL;
	OWN(str) char *seen = NULL;
	OWN(str) char *list = NULL;
	OWN(json) json_t *before = NULL;
	OWN(json) json_t *after = NULL;
	OWN(json) json_t *events = NULL;

	world_open(&w, NULL);
	error = plan(&w, "c", "CREATE", TEMPLATE(THING("A", "")));
	CHECK_STR(error, NULL);
	before = described(&w, "c");
	CHECK_STR(json_str(before, "Status"), "CREATE_COMPLETE");
	CHECK_STR(json_str(before, "ExecutionStatus"), "AVAILABLE");
	CHECK(json_is_array(json_object_get(before, "Capabilities")));
	review = status(&w, "s");
	CHECK_STR(review, "REVIEW_IN_PROGRESS");
	list = changes(&w, "c");
	CHECK_STR(list,
		  "[{\"Type\":\"Resource\",\"ResourceChange\":{\"Action\":\"Add\","
		  "\"LogicalResourceId\":\"A\",\"ResourceType\":\"AWS::Test::Thing\",\"Scope\":[],"
		  "\"Details\":[]}}]");
	error = call(&w, "ExecuteChangeSet", about("c"), NULL);
	CHECK_STR(error, NULL);
	until(&w, "s", "CREATE_COMPLETE");
	seen = history(&w, "s", 0);
	CHECK_STR(seen, "s REVIEW_IN_PROGRESS @ User Initiated\n"
			"s CREATE_IN_PROGRESS @ User Initiated\n"
			"A CREATE_IN_PROGRESS -\n"
			"A CREATE_IN_PROGRESS A-1 Resource creation Initiated\n"
			"A CREATE_COMPLETE A-1\n"
			"s CREATE_COMPLETE @\n");
	after = described(&w, "c");
	CHECK_STR(json_str(after, "ExecutionStatus"), "EXECUTE_COMPLETE");
	CHECK(!call(&w, "DescribeStackEvents", json_pack("{s:s}", "StackName", "s"), &events));
	/* clients drop what is older than the change set */
	CHECK(strcmp(json_str(json_path(events, "StackEvents.5"), "Timestamp"),
		     json_str(before, "CreationTime")) > 0);
	world_close(&w);
}

static void deployed(struct world *w, const char *template)
{
	create(w, "s", template);
	until(w, "s", "CREATE_COMPLETE");
}

TEST(changeset, without_changes_it_fails_and_cannot_be_executed)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(str) char *refused = NULL;
	OWN(str) char *want = NULL;
	OWN(json) json_t *out = NULL;

	world_open(&w, NULL);
	deployed(&w, TEMPLATE(THING("A", "")));
	error = plan(&w, "c", "UPDATE", TEMPLATE(THING("A", "")));
	CHECK_STR(error, NULL);
	out = described(&w, "c");
	CHECK_STR(json_str(out, "Status"), "FAILED");
	CHECK_STR(json_str(out, "ExecutionStatus"), "UNAVAILABLE");
	CHECK_STR(
		json_str(out, "StatusReason"),
		"The submitted information didn't contain changes. Submit different information to "
		"create a change set.");
	refused = call(&w, "ExecuteChangeSet", about("c"), NULL);
	want = str_printf(
		"InvalidChangeSetStatus: ChangeSet [%s] cannot be executed in its current "
		"status of [FAILED]",
		json_str(out, "ChangeSetId"));
	CHECK_STR(refused, want);
	world_close(&w);
}

TEST(changeset, modifications_are_told_from_replacements)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(json) json_t *out = NULL;
	const json_t *change;

	world_open(&w, NULL);
	deployed(&w,
		 TEMPLATE(THING("A", "\"Size\":\"1\"") "," THING("R", "\"Fixed\":\"1\"") "," THING(
			 "D", "\"Fixed\":{\"Ref\":\"R\"}") "," THING("Old", "")));
	error = plan(
		&w, "c", "UPDATE",
		TEMPLATE(THING("A", "\"Size\":\"2\"") "," THING("R", "\"Fixed\":\"2\"") "," THING(
			"D", "\"Fixed\":{\"Ref\":\"R\"}") "," THING("New", "")));
	CHECK_STR(error, NULL);
	CHECK(!call(&w, "DescribeChangeSet",
		    json_pack("{s:s,s:s,s:s}", "StackName", "s", "ChangeSetName", "c",
			      "IncludePropertyValues", "true"),
		    &out));
	CHECK_INT(json_array_size(json_object_get(out, "Changes")), 5);
	change = json_path(out, "Changes.0.ResourceChange");
	CHECK_STR(json_str(change, "Action"), "Modify");
	CHECK_STR(json_str(change, "Replacement"), "False");
	CHECK_STR(json_str(change, "PhysicalResourceId"), "A-1");
	CHECK_STR(json_str(json_path(change, "Details.0.Target"), "RequiresRecreation"), "Never");
	CHECK_STR(json_str(json_path(change, "Details.0.Target"), "BeforeValue"), "1");
	CHECK_STR(json_str(json_path(change, "Details.0.Target"), "AfterValue"), "2");
	CHECK_STR(json_str(json_path(change, "Details.0.Target"), "Path"), "/Properties/Size");
	CHECK_STR(json_str(json_path(change, "Details.0"), "ChangeSource"), "DirectModification");
	CHECK_STR(json_str(json_path(change, "Details.0"), "Evaluation"), "Static");
	CHECK_STR(json_str(change, "AfterContext"), "{\"Properties\":{\"Size\":\"2\"}}");
	change = json_path(out, "Changes.1.ResourceChange");
	CHECK_STR(json_str(change, "LogicalResourceId"), "R");
	CHECK_STR(json_str(change, "Replacement"), "True");
	CHECK_STR(json_str(change, "PolicyAction"), "ReplaceAndDelete");
	change = json_path(out, "Changes.2.ResourceChange");
	CHECK_STR(json_str(change, "LogicalResourceId"), "D");
	CHECK_STR(json_str(change, "Replacement"), "Conditional");
	CHECK_STR(json_str(json_path(change, "Details.0"), "ChangeSource"), "ResourceReference");
	CHECK_STR(json_str(json_path(change, "Details.0"), "CausingEntity"), "R");
	CHECK_STR(json_str(json_path(change, "Details.0"), "Evaluation"), "Dynamic");
	CHECK_STR(json_str(change, "AfterContext"),
		  "{\"Properties\":{\"Fixed\":\"{{changeSet:KNOWN_AFTER_APPLY}}\"}}");
	CHECK_STR(json_str(json_path(out, "Changes.3.ResourceChange"), "Action"), "Add");
	change = json_path(out, "Changes.4.ResourceChange");
	CHECK_STR(json_str(change, "Action"), "Remove");
	CHECK_STR(json_str(change, "PolicyAction"), "Delete");
	CHECK(!call(&w, "ExecuteChangeSet", about("c"), NULL));
	until(&w, "s", "UPDATE_COMPLETE");
	CHECK_INT(things(&w), 4);
	world_close(&w);
}

TEST(changeset, a_changed_parameter_is_the_cause_and_a_secret_one_is_not_shown)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(json) json_t *out = NULL;
	OWN(str) char *text = NULL;
	const json_t *details;
	static const char template[] =
		"{\"Parameters\":{\"P\":{\"Type\":\"String\",\"NoEcho\":true}},\"Resources\":"
		"{" THING("A", "\"Text\":{\"Fn::Sub\":\"x-${P}\"}") "}}";

	world_open(&w, NULL);
	error = call(&w, "CreateStack",
		     json_pack("{s:s,s:s,s:[{s:s,s:s}]}", "StackName", "s", "TemplateBody",
			       template, "Parameters", "ParameterKey", "P", "ParameterValue",
			       "first-secret"),
		     NULL);
	CHECK_STR(error, NULL);
	until(&w, "s", "CREATE_COMPLETE");
	error = call(&w, "CreateChangeSet",
		     json_pack("{s:s,s:s,s:s,s:[{s:s,s:s}]}", "StackName", "s", "ChangeSetName",
			       "c", "TemplateBody", template, "Parameters", "ParameterKey", "P",
			       "ParameterValue", "second-secret"),
		     NULL);
	CHECK_STR(error, NULL);
	CHECK(!call(&w, "DescribeChangeSet",
		    json_pack("{s:s,s:s,s:b}", "StackName", "s", "ChangeSetName", "c",
			      "IncludePropertyValues", 1),
		    &out));
	details = json_path(out, "Changes.0.ResourceChange.Details");
	CHECK_INT(json_array_size(details), 2);
	CHECK_STR(json_str(json_array_get(details, 0), "ChangeSource"), "ParameterReference");
	CHECK_STR(json_str(json_array_get(details, 0), "CausingEntity"), "P");
	CHECK_STR(json_str(json_array_get(details, 1), "ChangeSource"), "DirectModification");
	CHECK_STR(json_str(json_array_get(details, 1), "Evaluation"), "Dynamic");
	text = json_text(out);
	CHECK(!strstr(text, "-secret"));
	world_close(&w);
}

TEST(changeset, types_are_checked_against_the_stack)
{
	struct world w;
	OWN(str) char *missing = NULL;
	OWN(str) char *exists = NULL;
	OWN(str) char *import = NULL;

	world_open(&w, NULL);
	missing = plan(&w, "c", "UPDATE", TEMPLATE(THING("A", "")));
	CHECK_STR(missing, "ValidationError: Stack [s] does not exist");
	deployed(&w, TEMPLATE(THING("A", "")));
	exists = plan(&w, "c", "CREATE", TEMPLATE(THING("A", "")));
	CHECK_STR(exists,
		  "ValidationError: Stack [s] already exists and cannot be created again with "
		  "the changeSet [c].");
	import = plan(&w, "c", "IMPORT", TEMPLATE(THING("A", "")));
	CHECK(import && strstr(import, "supports change sets of type CREATE and UPDATE"));
	world_close(&w);
}

TEST(changeset, missing_ones_are_told_as_clients_expect)
{
	struct world w;
	OWN(str) char *missing = NULL;
	OWN(str) char *unnamed = NULL;
	OWN(str) char *deleted = NULL;

	world_open(&w, NULL);
	deployed(&w, TEMPLATE(THING("A", "")));
	missing = call(&w, "DescribeChangeSet", about("c"), NULL);
	CHECK_STR(missing, "ChangeSetNotFound: ChangeSet [c] does not exist");
	unnamed = call(&w, "ExecuteChangeSet", json_pack("{s:s}", "ChangeSetName", "c"), NULL);
	CHECK_STR(unnamed, "ValidationError: StackName must be specified if ChangeSetName is not "
			   "specified as an ARN.");
	deleted = call(&w, "DeleteChangeSet", about("c"), NULL);
	CHECK_STR(deleted, NULL);
	world_close(&w);
}

TEST(changeset, executing_one_removes_the_others)
{
	struct world w;
	OWN(json) json_t *two = NULL;
	OWN(json) json_t *none = NULL;
	OWN(str) char *gone = NULL;
	OWN(str) char *again = NULL;

	world_open(&w, NULL);
	deployed(&w, TEMPLATE(THING("A", "")));
	for (int i = 0; i < 2; i++) {
		OWN(str) char *name = str_printf("c%d", i);
		OWN(str)
		char *error = plan(&w, name, "UPDATE", TEMPLATE(THING("A", "\"Size\":\"2\"")));

		CHECK_STR(error, NULL);
	}
	CHECK(!call(&w, "ListChangeSets", json_pack("{s:s}", "StackName", "s"), &two));
	CHECK_INT(json_array_size(json_object_get(two, "Summaries")), 2);
	CHECK(!call(&w, "ExecuteChangeSet", about("c0"), NULL));
	until(&w, "s", "UPDATE_COMPLETE");
	CHECK(!call(&w, "ListChangeSets", json_pack("{s:s}", "StackName", "s"), &none));
	CHECK_INT(json_array_size(json_object_get(none, "Summaries")), 0);
	gone = call(&w, "DescribeChangeSet", about("c1"), NULL);
	CHECK_STR(gone, "ChangeSetNotFound: ChangeSet [c1] does not exist");
	again = call(&w, "ExecuteChangeSet", about("c0"), NULL);
	CHECK(again && str_starts(again, "InvalidChangeSetStatus: "));
	/* the stack's template and no other is kept */
	CHECK_INT(json_object_size(hub_all(w.hub, "cloudformation:template")), 1);
	world_close(&w);
}

TEST(changeset, a_new_output_alone_is_a_change)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(json) json_t *out = NULL;
	OWN(json) json_t *stack = NULL;

	world_open(&w, NULL);
	deployed(&w, TEMPLATE(THING("A", "")));
	error = plan(&w, "c", "UPDATE",
		     "{\"Resources\":{" THING(
			     "A", "") "},\"Outputs\":{\"O\":{\"Value\":{\"Ref\":\"A\"}}}}");
	CHECK_STR(error, NULL);
	out = described(&w, "c");
	CHECK_STR(json_str(out, "Status"), "CREATE_COMPLETE");
	CHECK_INT(json_array_size(json_object_get(out, "Changes")), 0);
	CHECK(!call(&w, "ExecuteChangeSet", about("c"), NULL));
	until(&w, "s", "UPDATE_COMPLETE");
	CHECK(!call(&w, "DescribeStacks", json_pack("{s:s}", "StackName", "s"), &stack));
	CHECK_STR(json_str(json_path(stack, "Stacks.0.Outputs.0"), "OutputValue"), "A-1");
	world_close(&w);
}

TEST(changeset, a_reviewed_stack_can_be_deleted)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(str) char *arn = NULL;

	world_open(&w, NULL);
	error = plan(&w, "c", "CREATE", TEMPLATE(THING("A", "")));
	CHECK_STR(error, NULL);
	arn = arn_of(&w, "s");
	delete (&w, "s");
	until(&w, arn, "DELETE_COMPLETE");
	CHECK_INT(json_object_size(hub_all(w.hub, "cloudformation:template")), 0);
	CHECK_INT(json_object_size(hub_all(w.hub, "cloudformation:changeset")), 0);
	world_close(&w);
}
