/* What is checked before anything is created, and what clients are shown. */
#include "engine/cloud/cloudformation/test-stack.h"

#include <string.h>

#define THING(name, properties)                                                                    \
	"\"" name "\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{" properties "}}"
#define TEMPLATE(resources) "{\"Resources\":{" resources "}}"

static char *try_create(struct world *w, const char *template)
{
	return call(w, "CreateStack",
		    json_pack("{s:s,s:s}", "StackName", "s", "TemplateBody", template), NULL);
}

static void refused(struct world *w, const char *template, const char *want)
{
	OWN(str) char *error = try_create(w, template);
	OWN(str) char *left = status(w, "s");

	CHECK(error && strstr(error, want));
	if (!error || !strstr(error, want))
		CHECK_STR(error, want);
	CHECK_STR(left, "none");
}

TEST(request, unknown_types_are_refused_with_those_that_are_known)
{
	struct world w;

	world_open(&w, NULL);
	refused(&w, TEMPLATE("\"A\":{\"Type\":\"AWS::Lambda::Function\"}"),
		"ValidationError: Template format error: Unrecognized resource types: "
		"[AWS::Lambda::Function]. The local cloud supports: AWS::CDK::Metadata, "
		"AWS::CloudFormation::Stack, AWS::CloudFormation::WaitCondition, "
		"AWS::CloudFormation::WaitConditionHandle, AWS::EC2::EIP");
	CHECK_INT(json_object_size(hub_all(w.hub, "cloudformation:template")), 0);
	world_close(&w);
}

TEST(request, an_unknown_type_that_a_condition_removes_does_no_harm)
{
	struct world w;

	world_open(&w, NULL);
	create(&w, "s",
	       "{\"Conditions\":{\"No\":{\"Fn::Equals\":[\"a\",\"b\"]}},\"Resources\":{"
	       "\"L\":{\"Type\":\"AWS::Lambda::Function\",\"Condition\":\"No\"}," THING("A",
											"") "}}");
	until(&w, "s", "CREATE_COMPLETE");
	CHECK_INT(things(&w), 1);
	world_close(&w);
}

TEST(request, properties_are_checked_by_name)
{
	struct world w;

	world_open(&w, NULL);
	refused(&w, TEMPLATE(THING("A", "\"Colour\":\"red\"")),
		"ValidationError: Properties validation failed for resource A with message: #: "
		"extraneous key [Colour] is not permitted");
	refused(&w,
		TEMPLATE("\"A\":{\"Type\":\"AWS::Test::Named\",\"Properties\":{\"Nam\":\"x\"}}"),
		"#: extraneous key [Nam] is not permitted\n#: required key [Kind] not found");
	world_close(&w);
}

TEST(request, what_aws_has_and_the_local_cloud_has_not_is_said_to_be_so)
{
	struct world w;

	world_open(&w, NULL);
	refused(&w,
		TEMPLATE("\"A\":{\"Type\":\"AWS::Logs::LogStream\",\"Properties\":{"
			 "\"LogGroupName\":\"g\",\"LogStreamName\":\"s\"}}"),
		"ValidationError: Resource A: the local cloud does not emulate LogStreamName of "
		"AWS::Logs::LogStream. Leave it out for a local deployment");
	refused(&w,
		TEMPLATE("\"A\":{\"Type\":\"AWS::Logs::LogStream\",\"Properties\":{"
			 "\"LogStreamName\":\"s\",\"Nonsense\":1}}"),
		"message: #: extraneous key [Nonsense] is not permitted");
	world_close(&w);
}

TEST(request, a_required_property_that_evaluates_to_nothing_fails_the_resource)
{
	struct world w;
	OWN(str) char *seen = NULL;

	world_open(&w, NULL);
	create(&w, "s",
	       TEMPLATE("\"A\":{\"Type\":\"AWS::Test::Named\",\"Properties\":{\"Kind\":{\"Ref\":"
			"\"AWS::NoValue\"}}}"));
	until(&w, "s", "ROLLBACK_COMPLETE");
	seen = history(&w, "s", 2);
	CHECK(str_starts(seen,
			 "A CREATE_FAILED - Property validation failure: [The property {/Kind} "
			 "is required]\n"));
	world_close(&w);
}

TEST(request, an_attribute_that_a_type_has_not_is_named)
{
	struct world w;
	OWN(str) char *seen = NULL;

	world_open(&w, NULL);
	create(&w, "s",
	       "{\"Resources\":{" THING("A", "") "},\"Outputs\":{\"O\":{\"Value\":{\"Fn::GetAtt\":"
						 "[\"A\",\"Nope\"]}}}}");
	until(&w, "s", "ROLLBACK_COMPLETE");
	seen = history(&w, "s", 4);
	CHECK(strstr(seen, "s ROLLBACK_IN_PROGRESS @ ") &&
	      strstr(seen, "Resource type AWS::Test::Thing does not support attribute {Nope}. "
			   "Rollback requested by user.\n"));
	world_close(&w);
}

TEST(request, names_and_sizes_are_checked)
{
	struct world w;
	OWN(str) char *bad = NULL;
	OWN(str) char *none = NULL;
	OWN(str) char *big = mem_new(52000, 1);

	world_open(&w, NULL);
	bad = call(
		&w, "CreateStack",
		json_pack("{s:s,s:s}", "StackName", "1s", "TemplateBody", TEMPLATE(THING("A", ""))),
		NULL);
	CHECK_STR(bad,
		  "ValidationError: 1 validation error detected: Value '1s' at 'stackName' failed "
		  "to satisfy constraint: Member must satisfy regular expression pattern: "
		  "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*");
	none = call(&w, "CreateStack", json_pack("{s:s}", "StackName", "s"), NULL);
	CHECK_STR(none, "ValidationError: Either Template URL or Template Body must be specified.");
	memset(big, ' ', 51999);
	refused(&w, big, "Member must have length less than or equal to 51200");
	refused(&w, "{\"Resources\":", "ValidationError: Template format error: ");
	refused(&w, TEMPLATE(THING("A", "\"Text\":{\"Ref\":\"B\"}")),
		"ValidationError: Template format error: Unresolved resource dependencies [B] in "
		"the "
		"Resources block of the template");
	world_close(&w);
}

TEST(request, iam_resources_need_capabilities)
{
	struct world w;
	static const char role[] =
		TEMPLATE("\"R\":{\"Type\":\"AWS::IAM::Role\",\"Properties\":{\"RoleName\":\"n\","
			 "\"AssumeRolePolicyDocument\":{}}}");
	OWN(str) char *plain = NULL;
	OWN(str) char *good = NULL;

	world_open(&w, NULL);
	refused(&w, role,
		"InsufficientCapabilitiesException: Requires capabilities : "
		"[CAPABILITY_NAMED_IAM]");
	plain = call(&w, "CreateStack",
		     json_pack("{s:s,s:s,s:[s]}", "StackName", "s", "TemplateBody", role,
			       "Capabilities", "CAPABILITY_IAM"),
		     NULL);
	CHECK_STR(plain, "InsufficientCapabilitiesException: Requires capabilities : "
			 "[CAPABILITY_NAMED_IAM]");
	good = call(&w, "CreateStack",
		    json_pack("{s:s,s:s,s:[s]}", "StackName", "s", "TemplateBody", role,
			      "Capabilities", "CAPABILITY_NAMED_IAM"),
		    NULL);
	CHECK_STR(good, NULL);
	until(&w, "s", "CREATE_COMPLETE");
	world_close(&w);
}

static void from_url(struct world *w, const char *url, const char *want)
{
	OWN(str)
	char *error = call(w, "ValidateTemplate", json_pack("{s:s}", "TemplateURL", url), NULL);

	if (want)
		CHECK(error && strstr(error, want));
	else
		CHECK_STR(error, NULL);
}

TEST(request, templates_come_from_any_form_of_s3_url)
{
	struct world w;

	world_open(&w, NULL);
	from_url(&w, "http://127.0.0.1:4566/templates/dir/a%20b.json", NULL);
	from_url(&w, "https://templates.s3.us-east-1.amazonaws.com/dir/a%20b.json", NULL);
	from_url(&w, "https://templates.s3-us-west-2.amazonaws.com/dir/a%20b.json?versionId=1",
		 NULL);
	from_url(&w, "https://s3.us-east-1.amazonaws.com/templates/dir/a%20b.json", NULL);
	from_url(&w, "http://templates.localhost:4566/dir/a%20b.json", NULL);
	from_url(&w, "http://127.0.0.1:4566/templates/missing",
		 "ValidationError: S3 error: NoSuchKey");
	from_url(&w, "file:///etc/passwd", "TemplateURL must be a supported URL.");
	from_url(&w, "http://host", "TemplateURL must be a supported URL.");
	from_url(&w, "http://host/bucket", "TemplateURL must be a supported URL.");
	from_url(&w, "http://host/bucket/%zz", "TemplateURL must be a supported URL.");
	world_close(&w);
}

#define PARAMETERS                                                                                 \
	"{\"Parameters\":{\"Size\":{\"Type\":\"AWS::SSM::Parameter::Value<String>\",\"Default\":"  \
	"\"/size\"},\"Key\":{\"Type\":\"String\",\"NoEcho\":true},\"Many\":{\"Type\":"             \
	"\"CommaDelimitedList\",\"Default\":\"a, b\"}},\"Resources\":{" THING(                     \
		"A", "\"Size\":{\"Ref\":\"Size\"},\"Text\":{\"Ref\":\"Key\"},\"Mode\":"            \
		     "{\"Fn::Select\":[1,{\"Ref\":\"Many\"}]}") "}}"

static json_t *with_key(const char *key)
{
	return json_pack("{s:s,s:s,s:[{s:s,s:s}]}", "StackName", "s", "TemplateBody", PARAMETERS,
			 "Parameters", "ParameterKey", "Key", "ParameterValue", key);
}

TEST(request, parameters_are_shown_without_their_secrets)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(json) json_t *out = NULL;
	OWN(str) char *shown = NULL;

	world_open(&w, NULL);
	error = call(&w, "CreateStack", with_key("very-secret"), NULL);
	CHECK_STR(error, NULL);
	until(&w, "s", "CREATE_COMPLETE");
	CHECK_STR(json_str(hub_get(w.hub, "fake:thing", "A-1"), "Size"), "44");
	CHECK(!call(&w, "DescribeStacks", json_pack("{s:s}", "StackName", "s"), &out));
	shown = json_text(json_path(out, "Stacks.0.Parameters"));
	CHECK_STR(shown,
		  "[{\"ParameterKey\":\"Size\",\"ParameterValue\":\"/size\",\"ResolvedValue\":"
		  "\"44\"},{\"ParameterKey\":\"Key\",\"ParameterValue\":\"****\"},"
		  "{\"ParameterKey\":\"Many\",\"ParameterValue\":\"a,b\"}]");
	world_close(&w);
}

TEST(request, a_service_that_quotes_a_secret_is_not_quoted)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(str) char *seen = NULL;
	static const char template[] =
		"{\"Parameters\":{\"Key\":{\"Type\":\"String\",\"NoEcho\":true}},\"Resources\":"
		"{" THING("A", "\"Mode\":\"fail\",\"Text\":{\"Ref\":\"Key\"}") "}}";

	world_open(&w, NULL);
	error = call(&w, "CreateStack",
		     json_pack("{s:s,s:s,s:[{s:s,s:s}]}", "StackName", "s", "TemplateBody",
			       template, "Parameters", "ParameterKey", "Key", "ParameterValue",
			       "very-secret"),
		     NULL);
	CHECK_STR(error, NULL);
	until(&w, "s", "ROLLBACK_COMPLETE");
	seen = history(&w, "s", 0);
	CHECK(strstr(seen, "\"no A today, ****\"") != NULL);
	CHECK(!strstr(seen, "very-secret"));
	world_close(&w);
}

TEST(request, previous_values_are_kept_and_others_return_to_the_default)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(str) char *same = NULL;
	OWN(str) char *missing = NULL;
	OWN(str) char *unknown = NULL;

	world_open(&w, NULL);
	error = call(&w, "CreateStack", with_key("very-secret"), NULL);
	CHECK_STR(error, NULL);
	until(&w, "s", "CREATE_COMPLETE");
	same = call(&w, "UpdateStack",
		    json_pack("{s:s,s:s,s:[{s:s,s:s}]}", "StackName", "s", "UsePreviousTemplate",
			      "true", "Parameters", "ParameterKey", "Key", "UsePreviousValue",
			      "true"),
		    NULL);
	CHECK_STR(same, "ValidationError: No updates are to be performed.");
	missing = call(&w, "UpdateStack",
		       json_pack("{s:s,s:s,s:s}", "StackName", "s", "UsePreviousTemplate", "true",
				 "Parameters", ""),
		       NULL);
	CHECK_STR(missing, "ValidationError: Parameters: [Key] must have values");
	unknown = call(&w, "CreateStack",
		       json_pack("{s:s,s:s,s:[{s:s,s:s}]}", "StackName", "t", "TemplateBody",
				 TEMPLATE(THING("A", "")), "Parameters", "ParameterKey", "Nope",
				 "UsePreviousValue", "true"),
		       NULL);
	CHECK(unknown && strstr(unknown, "Invalid input for parameter key Nope."));
	world_close(&w);
}

TEST(request, a_parameter_that_the_store_has_not_is_named)
{
	struct world w;

	world_open(&w, NULL);
	refused(&w,
		"{\"Parameters\":{\"S\":{\"Type\":\"AWS::SSM::Parameter::Value<String>\","
		"\"Default\":"
		"\"/none\"}},\"Resources\":{" THING("A", "") "}}",
		"ValidationError: Unable to fetch parameters [/none] from parameter store for this "
		"account.");
	world_close(&w);
}

TEST(request, dynamic_references_are_resolved_and_not_shown)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(json) json_t *out = NULL;
	OWN(str) char *text = NULL;
	static const char template[] = TEMPLATE(
		THING("A", "\"Size\":\"{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:"
			   "000000000000:secret:db-abcdef:SecretString:password}}\",\"Text\":"
			   "\"{{resolve:ssm:/size}}\""));

	world_open(&w, NULL);
	error = call(&w, "CreateChangeSet",
		     json_pack("{s:s,s:s,s:s,s:s}", "StackName", "s", "ChangeSetName", "c",
			       "ChangeSetType", "CREATE", "TemplateBody", template),
		     NULL);
	CHECK_STR(error, NULL);
	CHECK(!call(&w, "DescribeChangeSet",
		    json_pack("{s:s,s:s,s:b}", "StackName", "s", "ChangeSetName", "c",
			      "IncludePropertyValues", 1),
		    &out));
	text = json_text(out);
	CHECK(!strstr(text, "hunter22"));
	error = call(&w, "ExecuteChangeSet",
		     json_pack("{s:s,s:s}", "StackName", "s", "ChangeSetName", "c"), NULL);
	CHECK_STR(error, NULL);
	until(&w, "s", "CREATE_COMPLETE");
	CHECK_STR(json_str(hub_get(w.hub, "fake:thing", "A-1"), "Size"), "hunter22");
	world_close(&w);
}

/* ---- exports -----------------------------------------------------------------------------------
 */

#define EXPORTER(value)                                                                            \
	"{\"Resources\":{" THING(                                                                  \
		"A", "") "},\"Outputs\":{\"Vpc\":{\"Description\":\"d\",\"Value\":" value          \
			 ",\"Export\":{\"Name\":{\"Fn::Sub\":"                                     \
			 "\"${AWS::StackName}-Vpc\"}}}}}"
#define IMPORTER TEMPLATE(THING("B", "\"Size\":{\"Fn::ImportValue\":\"base-Vpc\"}"))

TEST(export, values_travel_between_stacks_and_are_kept_while_used)
{
	struct world w;
	OWN(json) json_t *exports = NULL;
	OWN(json) json_t *imports = NULL;
	OWN(str) char *text = NULL;
	OWN(str) char *seen = NULL;
	OWN(str) char *arn = NULL;
	OWN(str) char *unused = NULL;
	size_t before;

	world_open(&w, NULL);
	create(&w, "base", EXPORTER("\"vpc-1\""));
	until(&w, "base", "CREATE_COMPLETE");
	CHECK(!call(&w, "ListExports", json_object(), &exports));
	CHECK_STR(json_str(json_path(exports, "Exports.0"), "Name"), "base-Vpc");
	CHECK_STR(json_str(json_path(exports, "Exports.0"), "Value"), "vpc-1");
	unused = call(&w, "ListImports", json_pack("{s:s}", "ExportName", "base-Vpc"), NULL);
	CHECK_STR(unused, "ValidationError: Export 'base-Vpc' is not imported by any stack.");
	create(&w, "user", IMPORTER);
	until(&w, "user", "CREATE_COMPLETE");
	CHECK_STR(json_str(hub_get(w.hub, "fake:thing", "B-1"), "Size"), "vpc-1");
	CHECK(!call(&w, "ListImports", json_pack("{s:s}", "ExportName", "base-Vpc"), &imports));
	text = json_text(imports);
	CHECK_STR(text, "{\"Imports\":[\"user\"]}");

	before = event_count(&w, "base");
	delete (&w, "base");
	turn(&w);
	seen = history(&w, "base", before);
	CHECK_STR(seen,
		  "base CREATE_COMPLETE @ Delete canceled. Cannot delete export base-Vpc as it is "
		  "in use by user.\n");
	update(&w, "base", EXPORTER("\"vpc-2\""));
	until(&w, "base", "UPDATE_ROLLBACK_COMPLETE");
	free(seen);
	seen = history(&w, "base", before + 2);
	CHECK(str_starts(seen,
			 "base UPDATE_ROLLBACK_IN_PROGRESS @ Cannot update export base-Vpc as it "
			 "is in use by user\n"));
	arn = arn_of(&w, "user");
	delete (&w, "user");
	until(&w, arn, "DELETE_COMPLETE");
	delete (&w, "base");
	turn(&w);
	CHECK_INT(json_object_size(hub_all(w.hub, "cloudformation:export")), 0);
	CHECK_INT(things(&w), 0);
	world_close(&w);
}

TEST(export, a_name_cannot_be_exported_twice_by_one_template)
{
	struct world w;

	world_open(&w, NULL);
	refused(&w,
		"{\"Resources\":{" THING("A",
					 "") "},\"Outputs\":{\"X\":{\"Value\":{\"Ref\":\"A\"},"
					     "\"Export\":{\"Name\":\"n\"}},\"Y\":{\"Value\":\"y\","
					     "\"Export\":{\"Name\":\"n\"}}}}",
		"ValidationError: Template format error: The Outputs section contains duplicate "
		"Export "
		"names: [n].");
	world_close(&w);
}

TEST(export, imports_must_exist_and_exports_be_unique)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(str) char *taken = NULL;
	OWN(str) char *seen = NULL;

	world_open(&w, NULL);
	error = call(&w, "CreateStack",
		     json_pack("{s:s,s:s}", "StackName", "user", "TemplateBody", IMPORTER), NULL);
	CHECK_STR(error, "ValidationError: No export named base-Vpc found");
	free(error);
	/* a change set is only told so when it runs */
	error = call(&w, "CreateChangeSet",
		     json_pack("{s:s,s:s,s:s,s:s}", "StackName", "user", "ChangeSetName", "c",
			       "ChangeSetType", "CREATE", "TemplateBody", IMPORTER),
		     NULL);
	CHECK_STR(error, NULL);
	CHECK(!call(&w, "ExecuteChangeSet",
		    json_pack("{s:s,s:s}", "StackName", "user", "ChangeSetName", "c"), NULL));
	until(&w, "user", "ROLLBACK_COMPLETE");
	seen = history(&w, "user", 0);
	CHECK_STR(seen,
		  "user REVIEW_IN_PROGRESS @ User Initiated\n"
		  "user CREATE_IN_PROGRESS @ User Initiated\n"
		  "user ROLLBACK_IN_PROGRESS @ No export named base-Vpc found. Rollback requested "
		  "by user.\n"
		  "user ROLLBACK_COMPLETE @\n");
	create(&w, "base", EXPORTER("\"vpc-1\""));
	until(&w, "base", "CREATE_COMPLETE");
	taken = call(&w, "CreateStack",
		     json_pack("{s:s,s:s}", "StackName", "other", "TemplateBody",
			       "{\"Resources\":{" THING(
				       "A", "") "},\"Outputs\":{\"V\":{\"Value\":\"x\","
						"\"Export\":{\"Name\":\"base-Vpc\"}}}}"),
		     NULL);
	CHECK_STR(taken,
		  "ValidationError: Export with name base-Vpc is already exported by stack base");
	world_close(&w);
}

/* ---- what is shown
 * ------------------------------------------------------------------------------- */

TEST(describe, missing_stacks_are_named_as_each_operation_does)
{
	static const struct {
		const char *action, *want;
	} cases[] = {
		{ "DescribeStacks", "ValidationError: Stack with id gone does not exist" },
		{ "GetTemplate", "ValidationError: Stack with id gone does not exist" },
		{ "ListStackResources", "ValidationError: Stack with id gone does not exist" },
		{ "DescribeStackResources", "ValidationError: Stack with id gone does not exist" },
		{ "DescribeStackResource", "ValidationError: Stack 'gone' does not exist" },
		{ "DescribeStackEvents", "ValidationError: Stack [gone] does not exist" },
		{ "UpdateStack", "ValidationError: Stack [gone] does not exist" },
		{ "ListChangeSets", "ValidationError: Stack [gone] does not exist" },
		{ "DeleteStack", NULL },
	};
	struct world w;

	world_open(&w, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWN(str)
		char *error =
			call(&w, cases[i].action, json_pack("{s:s}", "StackName", "gone"), NULL);

		CHECK_STR(error, cases[i].want);
	}
	world_close(&w);
}

TEST(describe, a_stack_has_all_members_that_clients_read)
{
	struct world w;
	OWN(json) json_t *out = NULL;
	OWN(json) json_t *template = NULL;
	OWN(str) char *error = NULL;
	const json_t *stack;
	static const char body[] =
		"Description: hello\nResources:\n  A:\n    Type: AWS::Test::Thing\nOutputs:\n  O:\n"
		"    Value: !GetAtt A.Arn\n";

	world_open(&w, NULL);
	create(&w, "s", body);
	until(&w, "s", "CREATE_COMPLETE");
	CHECK(!call(&w, "DescribeStacks", json_object(), &out));
	stack = json_path(out, "Stacks.0");
	CHECK_STR(json_str(stack, "StackName"), "s");
	CHECK_STR(json_str(stack, "Description"), "hello");
	CHECK(aws_time_parse(json_str(stack, "CreationTime")) > 0);
	CHECK_STR(json_str(json_path(stack, "Outputs.0"), "OutputValue"), "arn:test:A-1");
	CHECK_STR(json_str(json_object_get(stack, "DriftInformation"), "StackDriftStatus"),
		  "NOT_CHECKED");
	CHECK(json_is_array(json_object_get(stack, "Tags")));
	CHECK(json_is_array(json_object_get(stack, "NotificationARNs")));
	CHECK(json_is_false(json_object_get(stack, "DisableRollback")));
	CHECK(!json_object_get(stack, "Parameters") && !json_object_get(stack, "Capabilities"));
	error = call(&w, "GetTemplate", json_pack("{s:s}", "StackName", "s"), &template);
	CHECK_STR(error, NULL);
	CHECK_STR(json_str(template, "TemplateBody"), body);
	world_close(&w);
}

TEST(describe, resources_are_found_by_logical_and_physical_id)
{
	struct world w;
	OWN(json) json_t *one = NULL;
	OWN(json) json_t *found = NULL;
	OWN(str) char *missing = NULL;

	world_open(&w, NULL);
	create(&w, "s",
	       TEMPLATE("\"A\":{\"Type\":\"AWS::Test::Thing\",\"Metadata\":{\"a\":1}}," THING("B",
											      "")));
	until(&w, "s", "CREATE_COMPLETE");
	CHECK(!call(&w, "DescribeStackResource",
		    json_pack("{s:s,s:s}", "StackName", "s", "LogicalResourceId", "A"), &one));
	CHECK_STR(json_str(json_object_get(one, "StackResourceDetail"), "Metadata"), "{\"a\":1}");
	CHECK(!call(&w, "DescribeStackResources", json_pack("{s:s}", "PhysicalResourceId", "B-1"),
		    &found));
	CHECK_INT(json_array_size(json_object_get(found, "StackResources")), 2);
	missing = call(&w, "DescribeStackResource",
		       json_pack("{s:s,s:s}", "StackName", "s", "LogicalResourceId", "X"), NULL);
	CHECK_STR(missing, "ValidationError: Resource X does not exist for stack s");
	world_close(&w);
}

TEST(describe, protected_stacks_are_not_deleted)
{
	struct world w;
	OWN(str) char *error = NULL;

	world_open(&w, NULL);
	create(&w, "s", TEMPLATE(THING("A", "")));
	until(&w, "s", "CREATE_COMPLETE");
	CHECK(!call(&w, "UpdateTerminationProtection",
		    json_pack("{s:s,s:s}", "StackName", "s", "EnableTerminationProtection", "true"),
		    NULL));
	error = call(&w, "DeleteStack", json_pack("{s:s}", "StackName", "s"), NULL);
	CHECK_STR(error,
		  "ValidationError: Stack [s] cannot be deleted while TerminationProtection is "
		  "enabled");
	world_close(&w);
}

TEST(describe, lists_come_in_pages_of_a_hundred)
{
	struct world w;
	OWN(buf) struct buf t = { 0 };
	OWN(json) json_t *first = NULL;
	OWN(json) json_t *second = NULL;
	OWN(str) char *bad = NULL;

	buf_str(&t, "{\"Resources\":{");
	for (int i = 0; i < 130; i++)
		buf_printf(&t, "%s\"R%d\":{\"Type\":\"AWS::Test::Thing\"}", i ? "," : "", i);
	buf_str(&t, "}}");
	world_open(&w, NULL);
	create(&w, "s", t.data);
	until(&w, "s", "CREATE_COMPLETE");
	CHECK(!call(&w, "ListStackResources", json_pack("{s:s}", "StackName", "s"), &first));
	CHECK_INT(json_array_size(json_object_get(first, "StackResourceSummaries")), 100);
	CHECK(!call(
		&w, "ListStackResources",
		json_pack("{s:s,s:s}", "StackName", "s", "NextToken", json_str(first, "NextToken")),
		&second));
	CHECK_INT(json_array_size(json_object_get(second, "StackResourceSummaries")), 30);
	CHECK(!json_object_get(second, "NextToken"));
	bad = call(&w, "ListStackResources",
		   json_pack("{s:s,s:s}", "StackName", "s", "NextToken", "x"), NULL);
	CHECK_STR(bad, "ValidationError: Invalid NextToken");
	world_close(&w);
}

TEST(describe, the_summary_names_parameters_types_and_capabilities)
{
	struct world w;
	OWN(json) json_t *out = NULL;
	OWN(str) char *text = NULL;

	world_open(&w, NULL);
	CHECK(!call(&w, "GetTemplateSummary",
		    json_pack("{s:s}", "TemplateBody",
			      "{\"Parameters\":{\"P\":{\"Type\":\"String\"}},\"Resources\":{\"R\":{"
			      "\"Type\":"
			      "\"AWS::IAM::Role\"},\"S\":{\"Type\":\"AWS::IAM::Role\"}}}"),
		    &out));
	CHECK_STR(json_str(json_path(out, "Parameters.0"), "ParameterKey"), "P");
	text = json_text(json_object_get(out, "ResourceTypes"));
	CHECK_STR(text, "[\"AWS::IAM::Role\"]");
	CHECK_STR(json_str(out, "CapabilitiesReason"),
		  "The following resource(s) require capabilities: [AWS::IAM::Role]");
	world_close(&w);
}

/* ---- the test templates
 * -------------------------------------------------------------------------- */

static json_t *parameters_of(const char *file, const char *template)
{
	size_t len;
	OWN(str) char *text = test_read_file(file, &len);
	OWN(str) char *body = test_read_file(template, NULL);
	OWN(json) json_t *all = NULL;
	json_t *used = json_array();
	struct err err = { 0 };

	CHECK_OK(json_parse_text(file, text, len, &all, &err), err);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const char *key = json_str(json_array_get(all, i), "ParameterKey");
		OWN(str) char *quoted = str_printf("\"%s\"", key);

		if (body && strstr(body, quoted))
			json_array_append(used, json_array_get(all, i));
	}
	return used;
}

static void launch(struct world *w, const char *stack, const char *file, const char *params)
{
	OWN(str) char *path = str_printf("tests/templates/%s", file);
	OWN(str) char *url = str_printf("http://localhost:4566/files/%s", file);
	OWN(str)
	char *error = call(w, "CreateStack",
			   json_pack("{s:s,s:s,s:o,s:[s,s]}", "StackName", stack, "TemplateURL",
				     url, "Parameters", parameters_of(params, path), "Capabilities",
				     "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"),
			   NULL);

	CHECK_STR(error, NULL);
	if (!error)
		until(w, stack, "CREATE_COMPLETE");
}

TEST(templates, the_cdk_templates_come_up_and_go)
{
	struct world w;
	OWN(str) char *first = NULL;
	OWN(str) char *second = NULL;

	world_open(&w, NULL);
	launch(&w, "standalone", "good/standalone.json", "tests/templates/params/cdk-3.json");
	launch(&w, "near-runner", "good/import.near-runner.json",
	       "tests/templates/params/cdk-3.json");
	launch(&w, "import", "good/import.json", "tests/templates/params/cdk-3.json");
	launch(&w, "composed", "good/composed.json", "tests/templates/params/cdk-3.json");
	first = arn_of(&w, "import");
	second = arn_of(&w, "near-runner");
	delete (&w, "import");
	until(&w, first, "DELETE_COMPLETE");
	delete (&w, "near-runner");
	until(&w, second, "DELETE_COMPLETE");
	world_close(&w);
}

TEST(templates, fifty_seven_nodes_come_and_go)
{
	struct world w;
	OWN(str) char *arn = NULL;
	int64_t start;

	world_open(&w, NULL);
	start = hub_now_ms(w.hub);
	launch(&w, "big", "scale/standalone-57.json", "tests/templates/params/cdk-57.json");
	arn = arn_of(&w, "big");
	delete (&w, "big");
	until(&w, arn, "DELETE_COMPLETE");
	printf("# 57 nodes: %lld ms\n", (long long)(hub_now_ms(w.hub) - start));
	world_close(&w);
}

static bool phase_running(struct world *w, const char *arn)
{
	OWN(str) char *now = status(w, arn);

	return str_ends(now, "_IN_PROGRESS");
}

static void answer(struct world *w, const char *file)
{
	OWN(str) char *path = str_printf("tests/templates/%s", file);
	OWN(str) char *url = str_printf("http://localhost:4566/files/%s", file);
	OWN(json)
	json_t *in =
		json_pack("{s:s,s:s,s:o,s:[s,s]}", "StackName", "x", "TemplateURL", url,
			  "Parameters", parameters_of("tests/templates/params/cdk-3.json", path),
			  "Capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM");
	OWN(str) char *error = call(w, "CreateStack", json_incref(in), NULL);
	OWN(str) char *arn = error ? NULL : arn_of(w, "x");

	/* a sentence for the client, or a stack that comes to an end */
	if (error) {
		CHECK(strstr(error, ": ") != NULL);
		return;
	}
	for (int i = 0; i < 200 && phase_running(w, arn); i++)
		turn(w);
	CHECK(!phase_running(w, arn));
	delete (w, arn);
	until(w, arn, "DELETE_COMPLETE");
}

TEST(templates, every_faulty_and_benign_template_is_answered)
{
	struct world w;
	OWN(str) char *text = test_read_file("tests/templates/manifest.json", NULL);
	OWN(json) json_t *manifest = NULL;
	struct err err = { 0 };
	const json_t *one;
	size_t i;

	CHECK_OK(json_parse_text("manifest", text, strlen(text), &manifest, &err), err);
	world_open(&w, NULL);
	json_array_foreach(json_object_get(manifest, "cases"), i, one)
		answer(&w, json_str(one, "file"));
	world_close(&w);
}
