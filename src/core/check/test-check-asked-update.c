/* The rules about updates: what differs from the deployed template. */
#include "core/check/test-check-asked.h"

#include <string.h>

#include "base/test.h"

#define DENIED "{\"error\":\"AccessDenied\",\"message\":\"not authorized\"}"

/* ---- refusals
 * --------------------------------------------------------------------------------------- */

TEST(check_asked_update, a_template_that_may_not_be_read_leaves_every_rule_of_it_unknown)
{
	static const char *const faults[] = {
		"A20", "B16", "B20", "D16", "G29", "G30", "I16", "D17"
	};
	const struct canned rows[] = { { "cloudformation", "GetTemplate", NULL, DENIED }, { 0 } };
	OWN(json) json_t *document = asked_document();

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		CHECK_STR(asked_of(document, document, rows, faults[i]), "UNKNOWN");
}

TEST(check_asked_update, rules_that_wondered_before_still_do_when_the_template_is_refused)
{
	const struct canned rows[] = { { "cloudformation", "GetTemplate", NULL, DENIED }, { 0 } };
	OWN(json) json_t *document = asked_document();

	CHECK_STR(asked_of(document, document, rows, "G07"), "UNKNOWN");
	CHECK_STR(asked_of(document, document, rows, "G25"), "UNKNOWN");
}

TEST(check_asked_update, a_deployed_template_that_cannot_be_evaluated_is_unknown)
{
	const struct canned rows[] = { { "cloudformation", "GetTemplate", NULL,
					 "{\"answer\":{\"TemplateBody\":\"{ ]\"}}" },
				       { 0 } };
	OWN(json) json_t *document = asked_document();

	CHECK_STR(asked_of(document, document, rows, "A20"), "UNKNOWN");
}

/* ---- G03, G29
 * ------------------------------------------------------------------------------------------ */

static const char *in_state(const char *status, const char *fault)
{
	OWN(json) json_t *document = asked_document();
	OWN(str)
	char *answer = str_printf("{\"answer\":{\"Stacks\":[{\"StackStatus\":\"%s\","
				  "\"DriftInformation\":{\"StackDriftStatus\":\"%s\"}}]}}",
				  str_eq(status, "DRIFTED") ? "UPDATE_COMPLETE" : status,
				  str_eq(status, "DRIFTED") ? "DRIFTED" : "NOT_CHECKED");
	const struct canned rows[] = { { "cloudformation", "DescribeStacks", NULL, answer },
				       { 0 } };

	return asked_of(document, document, rows, fault);
}

TEST(check_asked_update, a_stack_that_takes_no_update_is_g03)
{
	OWN(json) json_t *document = asked_document();
	const struct canned rows[] = { { "cloudformation", "DescribeStacks", NULL, DENIED },
				       { 0 } };

	CHECK_STR(in_state("ROLLBACK_COMPLETE", "G03"), "FAIL");
	CHECK_STR(in_state("UPDATE_ROLLBACK_FAILED", "G03"), "FAIL");
	CHECK_STR(in_state("UPDATE_IN_PROGRESS", "G03"), "WARN");
	CHECK_STR(in_state("UPDATE_ROLLBACK_COMPLETE", "G03"), "");
	CHECK_STR(asked_of(document, NULL, NULL, "G03"), "");
	CHECK_STR(asked_of(document, NULL, rows, "G03"), "UNKNOWN");
}

TEST(check_asked_update, a_stack_that_was_changed_by_hand_is_g29)
{
	CHECK_STR(in_state("DRIFTED", "G29"), "WARN");
	CHECK_STR(in_state("UPDATE_COMPLETE", "G29"), "");
}

/* ---- nodes
 * -----------------------------------------------------------------------------------------------
 */

TEST(check_asked_update, a_new_image_on_the_old_volume_is_a20)
{
	OWN(json) json_t *new = asked_document(), *old = asked_document();

	json_set_str(json_path(asked_properties(old, "AWS::ECS::TaskDefinition", 0),
			       "ContainerDefinitions.0"),
		     "Image", "docker.io/nearone/mpc-node:3.1.0");
	CHECK_STR(asked_of(new, old, NULL, "A20"), "WARN");
	CHECK_STR(asked_of(new, old, NULL, "D16"), "");
	json_object_set_new(asked_properties(old, "AWS::EFS::AccessPoint", 0), "RootDirectory",
			    json_pack("{s:s}", "Path", "/elsewhere"));
	CHECK_STR(asked_of(new, old, NULL, "A20"), "");
}

TEST(check_asked_update, a_variable_of_the_first_start_is_d16)
{
	OWN(json) json_t *new = asked_document(), *old = asked_document();
	OWN(json) json_t *other = asked_document();

	asked_set(old, 0, "MPC_CONTRACT_ID", "v2.signer.node0");
	CHECK_STR(asked_of(new, old, NULL, "D16"), "WARN");
	asked_set(other, 0, "RUST_LOG", "warn");
	CHECK_STR(asked_of(new, other, NULL, "D16"), "");
}

TEST(check_asked_update, a_parameter_that_is_not_given_keeps_its_value)
{
	OWN(json) json_t *new = asked_document(), *old = NULL;
	OWN(str) char *then = NULL;
	static const char given[] =
		"{\"answer\":{\"Stacks\":[{\"StackStatus\":\"CREATE_COMPLETE\",\"Parameters\":[{"
		"\"ParameterKey\":\"Contract\",\"ParameterValue\":\"%s\"}]}]}}";
	struct canned rows[] = { { "cloudformation", "DescribeStacks", NULL, NULL }, { 0 } };
	json_t *list;

	json_object_set_new(json_map(new, "Parameters"), "Contract",
			    json_pack("{s:s,s:s}", "Type", "String", "Default", "v1.signer.node0"));
	list = json_path(asked_properties(new, "AWS::ECS::TaskDefinition", 0),
			 "ContainerDefinitions.0.Environment.3");
	CHECK_STR(json_str(list, "Name"), "MPC_CONTRACT_ID");
	json_object_set_new(list, "Value", json_pack("{s:s}", "Ref", "Contract"));
	old = json_deep_copy(new);
	then = str_printf(given, "v7.signer.node0");
	rows[0].answer = then;
	CHECK_STR(asked_of(new, old, rows, "D16"), "");
	json_object_set_new(list, "Value", json_string("v1.signer.node0"));
	CHECK_STR(asked_of(new, old, rows, "D16"), "WARN");
}

static json_t *with_secret(const char *text)
{
	json_t *document = asked_document();
	json_t *secret = asked_properties(document, "AWS::SecretsManager::Secret", 0);

	json_set_str(secret, "SecretString", text);
	return document;
}

#define KEY_A                                                                                      \
	"{\"key\":\"ed25519:"                                                                      \
	"4jxDVvXmZqBk3QKMv6oNWWLPuP3xNvoyFVKdQVpvtHYqJGKy3eFvKAaDj1Vr4JzBGTHW37"                   \
	"fr3QvVHxWQKPyJdXKm\"}"

TEST(check_asked_update, another_key_in_the_secret_is_b16_g30_and_b20)
{
	OWN(json) json_t *new = with_secret("{\"key\":\"REPLACE_ME\"}");
	OWN(json) json_t *old = with_secret(KEY_A), *busy = with_secret(KEY_A);

	CHECK_STR(asked_of(new, old, NULL, "B16"), "WARN");
	CHECK_STR(asked_of(new, old, NULL, "G30"), "WARN");
	CHECK_STR(asked_of(new, old, NULL, "B20"), "FAIL");
	CHECK_STR(asked_of(old, old, NULL, "B16"), "");
	CHECK_STR(asked_of(old, old, NULL, "B20"), "");
	asked_set(busy, 0, "RUST_LOG", "warn"); /* the task definition changes with it */
	CHECK_STR(asked_of(new, busy, NULL, "G30"), "");
	CHECK_STR(asked_of(new, busy, NULL, "B16"), "WARN");
}

TEST(check_asked_update, a_good_key_for_another_is_a_rotation)
{
	OWN(json) json_t *new = asked_document(), *old = with_secret(KEY_A);

	CHECK_STR(asked_of(new, old, NULL, "B20"), "WARN");
}

TEST(check_asked_update, a_registry_that_comes_later_is_i16)
{
	OWN(json) json_t *new = asked_document(), *old = asked_document();

	json_object_del(asked_properties(old, "AWS::ECS::Service", 0), "ServiceRegistries");
	CHECK_STR(asked_of(new, old, NULL, "I16"), "WARN");
	json_object_del(json_map(old, "Resources"), asked_logical(old, "AWS::ECS::Service", 0));
	json_object_del(json_map(old, "Outputs"), "Node0ServiceName");
	CHECK_STR(asked_of(new, old, NULL, "I16"), "");
}

/* ---- rules of other groups
 * -------------------------------------------------------------------------------- */

TEST(check_asked_update, what_makes_a_resource_anew_is_g25)
{
	OWN(json) json_t *new = asked_document(), *old = asked_document();
	OWN(json) json_t *tagged = asked_document();

	json_set_str(asked_properties(old, "AWS::EC2::VPC", 0), "CidrBlock", "10.9.0.0/16");
	CHECK_STR(asked_of(new, old, NULL, "G25"), "FAIL");
	json_object_set_new(asked_properties(tagged, "AWS::EC2::VPC", 0), "Tags", json_array());
	CHECK_STR(asked_of(new, tagged, NULL, "G25"), "");
	CHECK_STR(asked_of(new, NULL, NULL, "G25"), "");
}

TEST(check_asked_update, a_named_service_that_would_be_replaced_is_g13)
{
	OWN(json) json_t *new = asked_document(), *old = NULL;

	json_set_str(asked_properties(new, "AWS::ECS::Service", 0), "ServiceName", "node-0");
	old = json_deep_copy(new);
	CHECK_STR(asked_of(new, old, NULL, "G13"), "");
	json_set_str(asked_properties(old, "AWS::ECS::Service", 0), "LaunchType", "EC2");
	CHECK_STR(asked_of(new, old, NULL, "G13"), "FAIL");
	json_set_str(asked_properties(old, "AWS::ECS::Service", 0), "ServiceName", "other");
	CHECK_STR(asked_of(new, old, NULL, "G13"), "");
}

TEST(check_asked_update, an_export_that_goes_while_it_is_imported_is_g07)
{
	OWN(json) json_t *new = asked_document(), *old = asked_document();
	struct canned rows[] = {
		{ "cloudformation", "ListImports", "MpcStandaloneStack-VpcId",
		  "{\"answer\":{\"Imports\":[\"other\"]}}" },
		{ 0 },
	};

	json_object_del(json_map(new, "Outputs"), "VpcId");
	CHECK_STR(asked_of(new, old, rows, "G07"), "FAIL");
	rows[0].answer = "{\"error\":\"ValidationError\",\"message\":\"Export "
			 "'MpcStandaloneStack-VpcId' is not imported by any stack.\"}";
	CHECK_STR(asked_of(new, old, rows, "G07"), "");
	rows[0].answer = DENIED;
	CHECK_STR(asked_of(new, old, rows, "G07"), "UNKNOWN");
	CHECK_STR(asked_of(old, old, NULL, "G07"), "");
}
