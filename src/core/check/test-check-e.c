/* Groups E and F: each fault injected into good input, and its nearest benign variant. */
#include "core/check/check-rights.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/test.h"

#define GOOD "tests/templates/good/standalone.json"
#define TASK "Resources.MpcNode0Task5798F214.Properties"
#define CONTAINER TASK ".ContainerDefinitions.0"
#define SERVICE "Resources.MpcNode0Service7281AAF3.Properties"
#define EXECUTION "Resources.MpcExecutionRole2A2A8F34.Properties"
#define EXECUTION_POLICY                                                                           \
	"Resources.MpcExecutionRoleDefaultPolicyBF1D9E69.Properties.PolicyDocument.Statement"
#define TASK_POLICY "Resources.MpcTaskRoleDefaultPolicyF9E88AA4.Properties.PolicyDocument.Statement"
#define FS "{\"Fn::GetAtt\":[\"MpcFileSystem69FC1F4C\",\"Arn\"]}"

/* Sets the member or index at a path to a JSON text; NULL removes it. */
static void set(json_t *root, const char *path, const char *text)
{
	const char *dot = strrchr(path, '.');
	OWN(str) char *parent = str_dup_n(path, (size_t)(dot - path));
	json_t *at = json_path(root, parent);
	json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	CHECK(at && (value || !text));
	if (json_is_array(at) && !strcmp(dot + 1, "+"))
		json_array_append_new(at, value);
	else if (json_is_array(at) && value)
		json_array_set_new(at, (size_t)atoi(dot + 1), value);
	else if (json_is_array(at))
		json_array_remove(at, (size_t)atoi(dot + 1));
	else if (value)
		json_object_set_new(at, dot + 1, value);
	else
		json_object_del(at, dot + 1);
}

static json_t *run(const json_t *root)
{
	OWN(str) char *text = json_text(root);
	OWN(template) struct template *t = NULL;
	OWN(template_eval) struct template_eval *eval = NULL;
	OWN(deployment) struct deployment *d = NULL;
	OWN(json) json_t *parameters = NULL;
	struct template_world world = { 0 };
	struct err err = { 0 };
	struct deployment_template one;

	CHECK_OK(template_parse("t.json", text, strlen(text), &t, &err), err);
	CHECK_OK(template_parameters(t, NULL, NULL, 0, &world, &parameters, &err), err);
	CHECK_OK(template_eval_new(t, parameters, &world, &eval, &err), err);
	one = (struct deployment_template){ .t = t, .eval = eval };
	CHECK_OK(deployment_read(&one, 1, &d, &err), err);
	return check_run(d, &one, 1, NULL);
}

/* The verdict of the first finding of a fault, or "". */
static const char *verdict_of(const json_t *result, const char *fault)
{
	const json_t *list = json_list(result, "findings");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (str_eq(json_str(json_array_get(list, i), "fault"), fault))
			return json_str(json_array_get(list, i), "verdict");
	return "";
}

struct change {
	const char *path, *text;
};

static void expect(const char *fault, const char *verdict, const struct change *changes, size_t count)
{
	size_t len;
	OWN(str) char *text = test_read_file(GOOD, &len);
	OWN(json) json_t *root = json_loads(text ? text : "", 0, NULL);
	OWN(json) json_t *result = NULL;

	for (size_t i = 0; i < count; i++)
		set(root, changes[i].path, changes[i].text);
	result = run(root);
	CHECK_STR(verdict_of(result, fault), verdict);
}

/* clang-format off */
#define WITH(fault, verdict, ...) do { const struct change list[] = { __VA_ARGS__ };               \
	expect(fault, verdict, list, sizeof(list) / sizeof(list[0])); } while (0)

TEST(check_e, mount_rights_belong_to_the_task_role)
{
	WITH("E01", "FAIL", { TASK_POLICY ".0.Action", "\"ecs:Poll\"" },
	     { EXECUTION_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":\"elasticfilesystem:Client*\",\"Resource\":" FS "}" });
	WITH("E01", "", { EXECUTION_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":\"elasticfilesystem:Client*\",\"Resource\":" FS "}" });
}

TEST(check_e, secrets_need_a_right_of_the_execution_role)
{
	WITH("E02", "FAIL", { EXECUTION_POLICY ".2", NULL });
	WITH("E02", "", { EXECUTION_POLICY ".2.Resource", "{\"Fn::Sub\":\"arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*\"}" });
	/* named without the six characters that IAM sees at its end */
	WITH("E02", "", { CONTAINER ".Secrets.0.ValueFrom", "{\"Fn::Sub\":\"arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:mpc/a:key::\"}" },
	     { EXECUTION_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":\"secretsmanager:GetSecretValue\",\"Resource\":{\"Fn::Sub\":\"arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:mpc/a-??????\"}}" });
	WITH("E02", "FAIL", { CONTAINER ".Secrets.0.ValueFrom", "{\"Fn::Sub\":\"arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:mpc/a:key::\"}" },
	     { EXECUTION_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":\"secretsmanager:GetSecretValue\",\"Resource\":{\"Fn::Sub\":\"arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:mpc/a\"}}" });
	WITH("E02", "UNKNOWN", { EXECUTION_POLICY ".2.Resource", "\"arn:aws:secretsmanager:eu-west-1:111122223333:secret:*\"" });
}

TEST(check_e, a_task_with_secrets_needs_an_execution_role)
{
	WITH("E03", "FAIL", { TASK ".ExecutionRoleArn", NULL });
	WITH("E03", "FAIL", { TASK ".ExecutionRoleArn", "\"\"" });
	WITH("E03", "", { TASK ".TaskRoleArn", NULL });
	WITH("E03", "", { TASK ".ExecutionRoleArn", "\"arn:aws:iam::111122223333:role/starter\"" });
}

TEST(check_e, a_task_definition_of_elsewhere_is_asked_for)
{
	WITH("T05", "UNKNOWN", { SERVICE ".TaskDefinition", "\"node-0:3\"" });
	WITH("T05", "UNKNOWN", { SERVICE ".TaskDefinition", "{\"Ref\":\"Node0AccountSk\"}" });
	WITH("T05", "", { SERVICE ".DesiredCount", "1" });
}

TEST(check_e, creating_the_log_group_is_a_right_of_its_own)
{
	WITH("E04", "FAIL", { CONTAINER ".LogConfiguration.Options.awslogs-create-group", "\"true\"" });
	WITH("E04", "", { CONTAINER ".LogConfiguration.Options.awslogs-create-group", "\"true\"" },
	     { EXECUTION_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":\"logs:*\",\"Resource\":\"*\"}" });
}

TEST(check_e, log_streams_are_below_the_group)
{
	WITH("E05", "FAIL", { EXECUTION ".ManagedPolicyArns", "[]" });
	WITH("E05", "FAIL", { EXECUTION ".ManagedPolicyArns", "[]" },
	     { EXECUTION_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":[\"logs:CreateLogStream\",\"logs:PutLogEvents\"],\"Resource\":{\"Fn::Sub\":\"arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:${MpcNode0Log514B2568}\"}}" });
	WITH("E05", "FAIL", { EXECUTION ".ManagedPolicyArns", "[]" },
	     { EXECUTION_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":[\"logs:CreateLogStream\",\"logs:PutLogEvents\"],\"Resource\":{\"Fn::GetAtt\":[\"MpcNode0Log514B2568\",\"Arn\"]}}" });
	WITH("E05", "", { EXECUTION ".ManagedPolicyArns", "[]" },
	     { EXECUTION_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":[\"logs:CreateLogStream\",\"logs:PutLogEvents\"],\"Resource\":\"*\"}" });
}

TEST(check_e, only_ecs_tasks_may_be_trusted)
{
	WITH("E06", "FAIL", { EXECUTION ".AssumeRolePolicyDocument.Statement.0.Principal.Service", "\"ec2.amazonaws.com\"" });
	WITH("E06", "", { EXECUTION ".AssumeRolePolicyDocument.Statement.0.Principal.Service", "[\"ec2.amazonaws.com\",\"ecs-tasks.amazonaws.com\"]" });
	WITH("E06", "", { EXECUTION ".AssumeRolePolicyDocument.Statement.0.Condition", "{\"StringEquals\":{\"aws:SourceAccount\":{\"Ref\":\"AWS::AccountId\"}}}" });
}

TEST(check_e, the_registry_token_is_for_all_repositories)
{
	WITH("E08", "FAIL", { EXECUTION ".ManagedPolicyArns", "[]" }, { EXECUTION_POLICY ".1.Resource", "\"arn:aws:ecr:us-east-1:111122223333:repository/x\"" });
	WITH("E08", "", { EXECUTION ".ManagedPolicyArns", "[]" });
}

TEST(check_e, a_deny_and_a_boundary_win)
{
	WITH("E10", "FAIL", { EXECUTION_POLICY ".+", "{\"Effect\":\"Deny\",\"Action\":\"secretsmanager:*\",\"Resource\":\"*\"}" });
	WITH("E10", "", { EXECUTION_POLICY ".+", "{\"Effect\":\"Deny\",\"Action\":\"s3:*\",\"Resource\":\"*\"}" });
}

TEST(check_e, services_wait_for_separate_policies)
{
	WITH("E11", "WARN", { "Resources.MpcNode0Service7281AAF3.DependsOn", "[]" },
	     { "Resources.MpcNode0ServiceCloudmapService6E85EB5D.DependsOn", "[]" });
	WITH("E11", "", { "Resources.MpcNode0Service7281AAF3.DependsOn", "[]" });
}

TEST(check_e, a_mount_condition_names_the_volumes_access_point)
{
	WITH("E12", "FAIL", { TASK_POLICY ".0.Condition", "{\"StringEquals\":{\"elasticfilesystem:AccessPointArn\":{\"Fn::GetAtt\":[\"MpcNode0AccessPoint4524D238\",\"Arn\"]}}}" });
	WITH("E12", "", { TASK_POLICY ".0.Condition", "{\"StringLike\":{\"elasticfilesystem:AccessPointArn\":\"*\"}}" });
}

TEST(check_e, exec_needs_message_channels)
{
	WITH("E16", "WARN", { SERVICE ".EnableExecuteCommand", "true" });
	WITH("E16", "", { SERVICE ".EnableExecuteCommand", "true" }, { TASK_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":\"ssmmessages:*\",\"Resource\":\"*\"}" });
}

TEST(check_e, registry_credentials_are_read_by_the_execution_role)
{
	WITH("E19", "FAIL", { CONTAINER ".RepositoryCredentials", "{\"CredentialsParameter\":\"arn:aws:secretsmanager:us-east-1:111122223333:secret:hub-abcdef\"}" });
	/* readable, but no login */
	WITH("E19", "FAIL", { CONTAINER ".RepositoryCredentials", "{\"CredentialsParameter\":{\"Ref\":\"MpcNode0MPCACCOUNTSKF0553A72\"}}" });
}

TEST(check_f, images)
{
	WITH("F04", "FAIL", { TASK ".RuntimePlatform.CpuArchitecture", "\"ARM64\"" });
	WITH("F04", "", { CONTAINER ".Image", "\"example.com/mpc-node:1.0\"" });
	WITH("F06", "WARN", { CONTAINER ".Image", "\"nearone/mpc-node\"" });
	WITH("F06", "", { CONTAINER ".Image", "\"nearone/mpc-node:3.2.0\"" });
	WITH("F07", "WARN", { CONTAINER ".Image", "\"nearone/mpc-node-gcp:3.2.0\"" });
}

TEST(check_f, sizes)
{
	WITH("F08", "FAIL", { TASK ".Cpu", "\"512\"" }, { TASK ".Memory", "\"512\"" });
	WITH("F08", "", { TASK ".Cpu", "\"1 vCPU\"" }, { TASK ".Memory", "\"3 GB\"" });
	WITH("F13", "FAIL", { CONTAINER ".Memory", "8192" });
	WITH("F13", "", { CONTAINER ".Memory", "4096" });
}

TEST(check_f, what_fargate_does_not_take)
{
	WITH("F09", "FAIL", { TASK ".NetworkMode", NULL });
	WITH("F10", "FAIL", { CONTAINER ".Privileged", "true" });
	WITH("F10", "", { CONTAINER ".Privileged", "false" });
	WITH("F10", "FAIL", { TASK ".Volumes.+", "{\"Name\":\"h\",\"Host\":{\"SourcePath\":\"/x\"}}" });
	WITH("F10", "", { TASK ".Volumes.+", "{\"Name\":\"h\",\"Host\":{}}" });
	WITH("F11", "FAIL", { TASK ".RequiresCompatibilities", NULL });
	WITH("F11", "", { TASK ".RequiresCompatibilities", "[\"EC2\",\"FARGATE\"]" });
	WITH("F12", "FAIL", { CONTAINER ".PortMappings.0.HostPort", "18080" });
	WITH("F12", "", { CONTAINER ".PortMappings.0.HostPort", "80" });
	WITH("F30", "FAIL", { SERVICE ".PlatformVersion", "\"1.3.0\"" });
	WITH("F30", "", { SERVICE ".PlatformVersion", "\"1.4.0\"" });
}

TEST(check_f, health_checks)
{
	WITH("F15", "FAIL", { CONTAINER ".HealthCheck", "{\"Command\":[\"CMD-SHELL\",\"curl -f http://localhost:8080/health\"]}" });
	WITH("F15", "", { CONTAINER ".HealthCheck", "{\"Command\":[\"CMD-SHELL\",\"python3 -c 'curl'\"]}" });
	WITH("F16", "FAIL", { CONTAINER ".HealthCheck", "{\"Command\":[\"CMD\",\"test\",\"-e\",\"/data/x\"],\"Interval\":5,\"Retries\":1}" });
	WITH("F16", "WARN", { CONTAINER ".HealthCheck", "{\"Command\":[\"CMD\",\"test\",\"-e\",\"/data/x\"],\"Interval\":5,\"Retries\":5}" });
	WITH("F16", "", { CONTAINER ".HealthCheck", "{\"Command\":[\"CMD\",\"true\"],\"Interval\":5,\"Retries\":1}" });
	WITH("F16", "", { CONTAINER ".HealthCheck", "{\"Command\":[\"CMD\",\"true\"],\"StartPeriod\":300}" });
}

TEST(check_f, logs)
{
	WITH("F26", "FAIL", { CONTAINER ".LogConfiguration.Options.awslogs-region", NULL });
	WITH("F27", "FAIL", { CONTAINER ".LogConfiguration.Options.awslogs-group", "\"/none\"" });
	WITH("F27", "", { CONTAINER ".LogConfiguration.Options.awslogs-group", "\"/mpc\"" }, { "Resources.MpcNode0Log514B2568.Properties.LogGroupName", "\"/mpc\"" });
	WITH("F28", "WARN", { CONTAINER ".LogConfiguration.Options.mode", NULL });
}

TEST(check_f, containers_that_wait_for_ever)
{
	WITH("F31", "FAIL", { TASK ".ContainerDefinitions.+", "{\"Name\":\"seed\",\"Image\":\"x:1\"}" }, { CONTAINER ".DependsOn", "[{\"ContainerName\":\"seed\",\"Condition\":\"SUCCESS\"}]" });
	WITH("F31", "", { TASK ".ContainerDefinitions.+", "{\"Name\":\"seed\",\"Image\":\"x:1\",\"Essential\":false}" }, { CONTAINER ".DependsOn", "[{\"ContainerName\":\"seed\",\"Condition\":\"SUCCESS\"}]" });
}

TEST(check_rights, unknown_parts_of_a_pattern_leave_it_open)
{
	CHECK_INT(check_rights_match("arn:aws:x:\x03" "AR\x03:*", "arn:aws:x:\x03" "AR\x03:y", true), VERDICT_PASS);
	CHECK_INT(check_rights_match("arn:aws:x:eu-west-1:*", "arn:aws:x:\x03" "AR\x03:y", true), VERDICT_UNKNOWN);
	CHECK_INT(check_rights_match("arn:aws:x:\x03" "U0.A\x03", "arn:aws:x:\x03" "U0.B\x03", true), VERDICT_FAIL);
	CHECK_INT(check_rights_match("secret:a-??????", "secret:a-\x04\x04\x04\x04\x04\x04", true), VERDICT_PASS);
	CHECK_INT(check_rights_match("secret:a", "secret:a-\x04\x04\x04\x04\x04\x04", true), VERDICT_FAIL);
}

TEST(check_e, a_customer_key_needs_decrypt)
{
	WITH("E07", "FAIL", { "Resources.K", "{\"Type\":\"AWS::KMS::Key\",\"Properties\":{}}" }, { "Resources.MpcNode0MPCACCOUNTSKF0553A72.Properties.KmsKeyId", "{\"Ref\":\"K\"}" });
	WITH("E07", "", { "Resources.K", "{\"Type\":\"AWS::KMS::Key\",\"Properties\":{}}" }, { "Resources.MpcNode0MPCACCOUNTSKF0553A72.Properties.KmsKeyId", "{\"Ref\":\"K\"}" },
	     { EXECUTION_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":\"kms:Decrypt\",\"Resource\":{\"Fn::GetAtt\":[\"K\",\"Arn\"]}}" });
}

TEST(check_e, a_secret_can_refuse_the_role)
{
	WITH("E20", "FAIL", { "Resources.P", "{\"Type\":\"AWS::SecretsManager::ResourcePolicy\",\"Properties\":{\"SecretId\":{\"Ref\":\"MpcNode0MPCACCOUNTSKF0553A72\"},\"ResourcePolicy\":{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"secretsmanager:GetSecretValue\",\"Resource\":\"*\"}]}}}" });
	WITH("E20", "", { "Resources.P", "{\"Type\":\"AWS::SecretsManager::ResourcePolicy\",\"Properties\":{\"SecretId\":{\"Ref\":\"MpcNode0MPCACCOUNTSKF0553A72\"},\"ResourcePolicy\":{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"secretsmanager:DeleteSecret\",\"Resource\":\"*\"}]}}}" });
}

TEST(check_e, rights_on_buckets_and_names)
{
	WITH("E17", "WARN", { TASK_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":\"servicediscovery:RegisterInstance\",\"Resource\":\"arn:aws:servicediscovery:us-east-1:111122223333:namespace/ns-1\"}" });
	WITH("E17", "", { TASK_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":\"servicediscovery:RegisterInstance\",\"Resource\":\"*\"}" });
	WITH("E18", "WARN", { CONTAINER ".Environment.+", "{\"Name\":\"G\",\"Value\":\"s3://genesis/g.json\"}" }, { TASK_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::cdk-*\"}" });
	WITH("E18", "", { CONTAINER ".Environment.+", "{\"Name\":\"G\",\"Value\":\"s3://genesis/g.json\"}" }, { TASK_POLICY ".+", "{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::genesis/*\"}" });
}

TEST(check_e, a_literal_region_contradicts_the_subnets)
{
	WITH("E09", "FAIL", { "Resources.VpcprivateSubnet1SubnetCEAD3716.Properties.AvailabilityZone", "\"eu-central-1a\"" },
	     { CONTAINER ".Secrets.0.ValueFrom", "\"arn:aws:secretsmanager:us-east-1:111122223333:secret:a-abcdef\"" });
	WITH("E09", "", { "Resources.VpcprivateSubnet1SubnetCEAD3716.Properties.AvailabilityZone", "\"us-east-1a\"" },
	     { CONTAINER ".Secrets.0.ValueFrom", "\"arn:aws:secretsmanager:us-east-1:111122223333:secret:a-abcdef\"" });
}

TEST(check_f, capacity_repositories_and_custom_resources)
{
	WITH("F14", "WARN", { SERVICE ".LaunchType", NULL }, { SERVICE ".CapacityProviderStrategy", "[{\"CapacityProvider\":\"FARGATE_SPOT\",\"Weight\":1}]" });
	WITH("F14", "", { SERVICE ".LaunchType", NULL }, { SERVICE ".CapacityProviderStrategy", "[{\"CapacityProvider\":\"FARGATE\",\"Weight\":1}]" });
	WITH("F23", "FAIL", { "Resources.R", "{\"Type\":\"AWS::ECR::Repository\"}" }, { CONTAINER ".Image", "{\"Fn::Sub\":\"${R.RepositoryUri}:1\"}" });
	WITH("F23", "", { "Resources.R", "{\"Type\":\"AWS::ECR::Repository\"}" });
	WITH("F24", "FAIL", { "Resources.L", "{\"Type\":\"AWS::Lambda::Function\",\"Properties\":{\"Runtime\":\"nodejs20.x\",\"Code\":{\"ZipFile\":\"require('aws-sdk')\"}}}" });
	WITH("F24", "", { "Resources.L", "{\"Type\":\"AWS::Lambda::Function\",\"Properties\":{\"Runtime\":\"nodejs20.x\",\"Code\":{\"ZipFile\":\"require('@aws-sdk/client-s3')\"}}}" });
	WITH("F25", "WARN", { "Resources.C", "{\"Type\":\"Custom::Build\",\"Properties\":{\"ServiceToken\":\"arn:aws:lambda:us-east-1:111122223333:function:f\"}}" });
	WITH("F25", "", { "Resources.C", "{\"Type\":\"Custom::VpcRestrictDefaultSG\",\"Properties\":{\"ServiceToken\":{\"Fn::GetAtt\":[\"L\",\"Arn\"]}}}" },
	     { "Resources.L", "{\"Type\":\"AWS::Lambda::Function\",\"Properties\":{\"Handler\":\"__entrypoint__.handler\"}}" });
}

TEST(check_f, task_definitions_end_at_64_kib)
{
	OWN(buf) struct buf b = { 0 };

	buf_str(&b, "{\"Name\":\"G\",\"Value\":\"");
	for (int i = 0; i < 70000; i++)
		buf_char(&b, 'x');
	buf_str(&b, "\"}");
	WITH("F29", "FAIL", { CONTAINER ".Environment.+", b.data });
	WITH("F29", "", { CONTAINER ".Environment.+", "{\"Name\":\"G\",\"Value\":\"x\"}" });
}

/* Nothing of these groups that is certain is said about good input. */
TEST(check_e, good_and_benign_templates_have_no_failure)
{
	static const char *const files[] = { "good/standalone", "good/composed", "benign/secrets-cmk", "benign/arm64-multiarch",
		"benign/explicit-names", "benign/sidecar", "benign/secrets-plain", "benign/efs-open-policy", "benign/efs-per-node" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		OWN(str) char *path = str_printf("tests/templates/%s.json", files[i]);
		size_t len;
		OWN(str) char *text = test_read_file(path, &len);
		OWN(json) json_t *root = json_loads(text ? text : "", 0, NULL);
		OWN(json) json_t *result = run(root);
		const json_t *list = json_list(result, "findings");

		for (size_t k = 0; k < json_array_size(list); k++) {
			const json_t *f = json_array_get(list, k);
			const char *id = json_str_or(f, "fault", "");

			if ((*id == 'E' || *id == 'F') && str_eq(json_str(f, "verdict"), "FAIL"))
				test_fail(__FILE__, __LINE__, "%s: %s %s", path, id, json_str(f, "message"));
		}
	}
}
