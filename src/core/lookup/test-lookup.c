/* Questions that a deployment raises, and what its answers make of it. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/check/check.h"
#include "core/lookup/lookup.h"

/* ---- a deployment that stands on what the account has ----------------------------------------- */

#define TASK_ROLE "arn:aws:iam::123456789012:role/service/node-task"
#define EXECUTION_ROLE "arn:aws:iam::123456789012:role/node-execution"
#define SECRET "arn:aws:secretsmanager:us-east-1:123456789012:secret:node-key-AbCdEf"

static const char deployment_text_[] =
	"{'Resources':{"
	"'Task':{'Type':'AWS::ECS::TaskDefinition','Properties':{'Family':'node','Cpu':'1024',"
	"'Memory':'2048','NetworkMode':'awsvpc','RequiresCompatibilities':['FARGATE'],"
	"'ExecutionRoleArn':'" EXECUTION_ROLE "','TaskRoleArn':'" TASK_ROLE "',"
	"'Volumes':[{'Name':'data','EFSVolumeConfiguration':{'FilesystemId':'fs-0001',"
	"'TransitEncryption':'ENABLED'}}],"
	"'ContainerDefinitions':[{'Name':'node','Image':'example.org/mpc-node:1','Essential':true,"
	"'Environment':[{'Name':'MPC_HOME_DIR','Value':'/data'}],"
	"'Secrets':[{'Name':'MPC_ACCOUNT_SK','ValueFrom':'" SECRET "'}],"
	"'MountPoints':[{'SourceVolume':'data','ContainerPath':'/data'}]}]}},"
	"'Service':{'Type':'AWS::ECS::Service','Properties':{'Cluster':'mpc','LaunchType':'FARGATE',"
	"'DesiredCount':1,'TaskDefinition':{'Ref':'Task'},'NetworkConfiguration':"
	"{'AwsvpcConfiguration':{'AssignPublicIp':'ENABLED','Subnets':['subnet-0001'],"
	"'SecurityGroups':['sg-0001']}}}}}}";

/* [service, action, input, answer] */
static const char *const network[] = {
	"['ec2','DescribeSubnets',{'SubnetIds':['subnet-0001']},{'Subnets':[{'SubnetId':'subnet-0001',"
	"'VpcId':'vpc-0001','CidrBlock':'10.0.0.0/24','AvailabilityZone':'us-east-1a'}]}]",
	"['ec2','DescribeVpcs',{'VpcIds':['vpc-0001']},{'Vpcs':[{'VpcId':'vpc-0001',"
	"'CidrBlock':'10.0.0.0/16'}]}]",
	"['ec2','DescribeVpcAttribute',{'Attribute':'enableDnsSupport','VpcId':'vpc-0001'},"
	"{'EnableDnsSupport':{'Value':'true'}}]",
	"['ec2','DescribeVpcAttribute',{'Attribute':'enableDnsHostnames','VpcId':'vpc-0001'},"
	"{'EnableDnsHostnames':{'Value':'true'}}]",
	"['ec2','DescribeSubnets',{'Filters':[{'Name':'vpc-id','Values':['vpc-0001']}]},"
	"{'Subnets':[{'SubnetId':'subnet-0001','VpcId':'vpc-0001','CidrBlock':'10.0.0.0/24',"
	"'AvailabilityZone':'us-east-1a'}]}]",
	"['ec2','DescribeRouteTables',{'Filters':[{'Name':'vpc-id','Values':['vpc-0001']}]},"
	"{'RouteTables':[{'RouteTableId':'rtb-0001','Associations':[{'Main':'true'}],'Routes':["
	"{'DestinationCidrBlock':'10.0.0.0/16','GatewayId':'local'},"
	"{'DestinationCidrBlock':'0.0.0.0/0','GatewayId':'igw-0001','State':'active'}]}]}]",
	"['ec2','DescribeNetworkAcls',{'Filters':[{'Name':'vpc-id','Values':['vpc-0001']}]},"
	"{'NetworkAcls':[{'NetworkAclId':'acl-0001','IsDefault':'true','Associations':"
	"[{'SubnetId':'subnet-0001'}],'Entries':["
	"{'RuleNumber':'100','Protocol':'-1','RuleAction':'allow','Egress':'false','CidrBlock':"
	"'0.0.0.0/0'},{'RuleNumber':'100','Protocol':'-1','RuleAction':'allow','Egress':'true',"
	"'CidrBlock':'0.0.0.0/0'}]}]}]",
	"['ec2','DescribeInternetGateways',{'Filters':[{'Name':'attachment.vpc-id','Values':"
	"['vpc-0001']}]},{'InternetGateways':[{'InternetGatewayId':'igw-0001'}]}]",
	"['ec2','DescribeNatGateways',{'Filter':[{'Name':'vpc-id','Values':['vpc-0001']}]},"
	"{'NatGateways':[]}]",
	"['ec2','DescribeVpcEndpoints',{'Filters':[{'Name':'vpc-id','Values':['vpc-0001']}]},"
	"{'VpcEndpoints':[]}]",
	NULL,
};
static const char *const node_group[] = {
	"['ec2','DescribeSecurityGroups',{'GroupIds':['sg-0001']},{'SecurityGroups':[{'GroupId':"
	"'sg-0001','VpcId':'vpc-0001','IpPermissions':[],'IpPermissionsEgress':[{'IpProtocol':'-1',"
	"'IpRanges':[{'CidrIp':'0.0.0.0/0'}]}]}]}]",
	NULL,
};
static const char *const storage[] = {
	"['efs','DescribeFileSystems',{'FileSystemId':'fs-0001'},{'FileSystems':[{'FileSystemId':"
	"'fs-0001','Encrypted':true}]}]",
	"['efs','DescribeMountTargets',{'FileSystemId':'fs-0001'},{'MountTargets':[{'MountTargetId':"
	"'fsmt-0001','FileSystemId':'fs-0001','SubnetId':'subnet-0001'}]}]",
	"['efs','DescribeMountTargetSecurityGroups',{'MountTargetId':'fsmt-0001'},"
	"{'SecurityGroups':['sg-0002']}]",
	"['efs','DescribeFileSystemPolicy',{'FileSystemId':'fs-0001'},null,'PolicyNotFound']",
	NULL,
};
#define GROUP_2(rules)                                                                              \
	"['ec2','DescribeSecurityGroups',{'GroupIds':['sg-0002']},{'SecurityGroups':[{'GroupId':"   \
	"'sg-0002','VpcId':'vpc-0001','IpPermissions':[" rules "],'IpPermissionsEgress':[]}]}]"
static const char *const target_group_good[] = {
	GROUP_2("{'IpProtocol':'tcp','FromPort':'2049','ToPort':'2049','UserIdGroupPairs':"
		"[{'GroupId':'sg-0001'}]}"),
	NULL,
};
static const char *const target_group_shut[] = { GROUP_2(""), NULL };

#define TRUST                                                                                       \
	"%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service"   \
	"%22%3A%22ecs-tasks.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D"
#define ROLE(name, arn)                                                                             \
	"['iam','GetRole',{'RoleName':'" name "'},{'Role':{'RoleName':'" name "','Path':'/',"       \
	"'Arn':'" arn "','AssumeRolePolicyDocument':'" TRUST "'}}]",                                \
		"['iam','ListAttachedRolePolicies',{'RoleName':'" name                              \
		"'},{'AttachedPolicies':[]}]"
static const char *const roles[] = {
	ROLE("node-task", TASK_ROLE),
	"['iam','ListRolePolicies',{'RoleName':'node-task'},{'PolicyNames':[]}]",
	ROLE("node-execution", EXECUTION_ROLE),
	"['iam','ListRolePolicies',{'RoleName':'node-execution'},{'PolicyNames':['rights']}]",
	NULL,
};
/* {"Statement":[{"Effect":"Allow","Action":"<action>","Resource":"*"}]}, as IAM writes it */
#define RIGHTS(action)                                                                              \
	"['iam','GetRolePolicy',{'RoleName':'node-execution','PolicyName':'rights'},"               \
	"{'PolicyDocument':'%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A" \
	"%22" action "%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D'}]"
static const char *const rights_to_secrets[] = {
	RIGHTS("secretsmanager%3AGetSecretValue"), NULL,
};
static const char *const rights_to_logs[] = { RIGHTS("logs%3A%2A"), NULL };

#define KEYED(value)                                                                                \
	"['secretsmanager','DescribeSecret',{'SecretId':'" SECRET "'},{'ARN':'" SECRET              \
	"','Name':'node-key'}]",                                                                    \
		"['secretsmanager','GetSecretValue',{'SecretId':'" SECRET "'},{'SecretString':'"    \
		value "'}]",                                                                        \
		"['secretsmanager','GetResourcePolicy',{'SecretId':'" SECRET "'},{}]"
#define PLACEHOLDER "REPLACE-ME-hunter2"
static const char *const secret_placeholder[] = { KEYED(PLACEHOLDER), NULL };
static const char *const secret_refused[] = {
	"['secretsmanager','DescribeSecret',{'SecretId':'" SECRET "'},{'ARN':'" SECRET
	"','Name':'node-key'}]",
	"['secretsmanager','GetSecretValue',{'SecretId':'" SECRET "'},null,'AccessDenied']",
	NULL,
};

/* ---- doing it -------------------------------------------------------------------------------- */

static json_t *read_quoted(const char *text)
{
	OWN(str) char *plain = str_dup(text);
	json_t *value;

	for (char *c = plain; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	value = json_loads(plain, 0, NULL);
	if (!value)
		test_fail(__FILE__, __LINE__, "no JSON: %s", text);
	return value;
}

static void learn(json_t *facts, const char *const *list)
{
	for (; *list; list++) {
		OWN(json) json_t *one = read_quoted(*list);
		OWN(str) char *key = check_question_key(
			json_string_value(json_array_get(one, 0)),
			json_string_value(json_array_get(one, 1)), json_array_get(one, 2));
		const char *error = json_string_value(json_array_get(one, 4));

		json_object_set_new(facts, key,
				    error ? json_pack("{s:s,s:s}", "error", error, "message", "no")
					  : json_pack("{s:O}", "answer", json_array_get(one, 3)));
	}
}

static json_t *known(const char *const *a, const char *const *b)
{
	json_t *facts = json_object();

	learn(facts, a);
	if (b)
		learn(facts, b);
	return facts;
}

struct subject {
	struct template *t[2];
	json_t *parameters[2];
	struct template_eval *eval[2];
	struct deployment_template list[2];
	struct deployment *d;
	size_t count;
};

static void own_drop_subject(struct subject *s)
{
	deployment_free(s->d);
	for (size_t i = 0; i < 2; i++) {
		template_eval_free(s->eval[i]);
		json_decref(s->parameters[i]);
		template_free(s->t[i]);
	}
}
#define SUBJECT __attribute__((cleanup(own_drop_subject))) struct subject

/* The account is known when anything is. */
static void add(struct subject *s, const char *name, const char *text, bool known_account)
{
	static const struct template_world nothing = { 0 };
	static const struct template_world account = { .account = "123456789012",
						       .region = "us-east-1",
						       .partition = "aws",
						       .url_suffix = "amazonaws.com" };
	const struct template_world *world = known_account ? &account : &nothing;
	struct err err = { 0 };
	size_t i = s->count++;

	CHECK_OK(template_parse(name, text, strlen(text), &s->t[i], &err), err);
	CHECK_OK(template_parameters(s->t[i], NULL, NULL, 0, world, &s->parameters[i], &err), err);
	CHECK_OK(template_eval_new(s->t[i], s->parameters[i], world, &s->eval[i], &err), err);
	s->list[i] = (struct deployment_template){ s->t[i], s->eval[i] };
}

static void read_subject(struct subject *s, const char *text, const json_t *facts)
{
	OWN(json) json_t *plain = read_quoted(text);
	OWN(str) char *own = json_text(plain), *picture = lookup_picture(facts);
	struct err err = { 0 };

	add(s, "own.json", own, picture != NULL);
	if (picture)
		add(s, "AWS account 123456789012, us-east-1", picture, false);
	CHECK_OK(deployment_read(s->list, s->count, &s->d, &err), err);
}

static json_t *judge(const char *text, const json_t *facts)
{
	SUBJECT s = { 0 };
	struct check_options o = { .facts = facts };

	read_subject(&s, text, facts);
	return s.d ? check_run(s.d, s.list, s.count, &o) : NULL;
}

static const json_t *finding(const json_t *result, const char *fault, const char *verdict)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(result, "findings"), i, one)
		if (str_eq(json_str(one, "fault"), fault) &&
		    str_eq(json_str(one, "verdict"), verdict))
			return one;
	return NULL;
}

static size_t count_wanted(const json_t *wanted, const char *service, const char *action)
{
	size_t n = 0, i;
	json_t *one;

	json_array_foreach((json_t *)(uintptr_t)wanted, i, one)
		n += str_eq(json_str(one, "service"), service) &&
		     str_eq(json_str(one, "action"), action);
	return n;
}

/* ---- questions ------------------------------------------------------------------------------- */

TEST(lookup, what_a_template_names_and_does_not_hold_is_asked_for_once)
{
	SUBJECT s = { 0 };
	OWN(json) json_t *wanted = NULL;

	read_subject(&s, deployment_text_, NULL);
	wanted = lookup_wanted(s.d, s.list, 1, NULL);
	CHECK_INT(count_wanted(wanted, "ec2", "DescribeSubnets"), 1);
	CHECK_INT(count_wanted(wanted, "ec2", "DescribeSecurityGroups"), 1);
	CHECK_INT(count_wanted(wanted, "efs", "DescribeFileSystems"), 1);
	CHECK_INT(count_wanted(wanted, "iam", "GetRole"), 2);
	CHECK_INT(count_wanted(wanted, "secretsmanager", "DescribeSecret"), 1);
	CHECK_INT(json_array_size(wanted), 6);
}

TEST(lookup, answers_lead_to_further_questions_and_refusals_to_none)
{
	SUBJECT s = { 0 };
	OWN(json) json_t *facts = known(network, storage), *wanted = NULL;

	learn(facts, (const char *const[]){
			     "['iam','GetRole',{'RoleName':'node-task'},null,'AccessDenied']", NULL });
	read_subject(&s, deployment_text_, facts);
	wanted = lookup_wanted(s.d, s.list, 1, facts);
	/* the node's group and that of the mount target */
	CHECK_INT(count_wanted(wanted, "ec2", "DescribeSecurityGroups"), 2);
	CHECK_INT(count_wanted(wanted, "ec2", "DescribeVpcs"), 0);
	CHECK_INT(count_wanted(wanted, "iam", "GetRole"), 1);
	CHECK_INT(count_wanted(wanted, "iam", "ListRolePolicies"), 0);
}

TEST(lookup, an_import_asks_for_the_exports_and_is_resolved_by_them)
{
	static const char text[] =
		"{'Resources':{'G':{'Type':'AWS::EC2::SecurityGroup','Properties':{"
		"'GroupDescription':'g','VpcId':{'Fn::ImportValue':'Base-Vpc'}}}}}";
	static const char *const exports[] = {
		"['cloudformation','ListExports',{},{'Exports':[{'Name':'Base-Vpc','Value':'vpc-0001'}]}]",
		NULL,
	};
	OWN(json) json_t *facts = known(network, exports), *none = json_object(), *wanted = NULL;
	OWN(json) json_t *missing = NULL;
	SUBJECT before = { 0 };
	SUBJECT after = { 0 };
	const struct deployment_resource *group, *vpc;

	read_subject(&before, text, none);
	wanted = lookup_wanted(before.d, before.list, 1, none);
	CHECK_INT(count_wanted(wanted, "cloudformation", "ListExports"), 1);
	read_subject(&after, text, facts);
	group = deployment_find(after.d, 0, "G");
	vpc = deployment_target(after.d, json_object_get(group->properties, "VpcId"), NULL);
	CHECK(vpc != NULL);
	CHECK_STR(vpc ? vpc->physical_id : NULL, "vpc-0001");
	CHECK_STR(vpc ? vpc->type : NULL, "AWS::EC2::VPC");
	learn(none, (const char *const[]){ "['cloudformation','ListExports',{},{'Exports':[]}]", NULL });
	missing = judge(text, none);
	CHECK(finding(missing, "G08", "FAIL") != NULL);
}

TEST(lookup, parameters_of_the_store_become_values_but_never_encrypted_ones)
{
	OWN(json) json_t *asked = json_array(), *value = NULL, *facts = json_object();
	struct lookup_world w = { .facts = facts, .asked = asked };
	struct template_world world = { 0 };

	learn(facts, (const char *const[]){
			     "['ssm','GetParameter',{'Name':'/plain'},{'Parameter':{'Name':'/plain',"
			     "'Type':'String','Value':'v1'}}]",
			     "['ssm','GetParameter',{'Name':'/hidden'},{'Parameter':{'Name':'/hidden',"
			     "'Type':'SecureString','Value':'v2'}}]",
			     NULL });
	lookup_world_set(&w, "us-east-1", &world);
	CHECK_INT(world.ssm(world.ctx, "/plain", &value, NULL), 0);
	CHECK_STR(json_string_value(value), "v1");
	CHECK_INT(world.ssm(world.ctx, "/hidden", &value, NULL), TEMPLATE_UNKNOWN);
	CHECK_INT(world.dynamic(world.ctx, "secretsmanager", "x", &value, NULL), TEMPLATE_UNKNOWN);
	CHECK_INT(json_array_size(asked), 0);
	CHECK_INT(world.ssm(world.ctx, "/else", &value, NULL), TEMPLATE_UNKNOWN);
	CHECK_INT(count_wanted(asked, "ssm", "GetParameter"), 1);
	CHECK(world.account == NULL);
}

/* ---- what comes of the answers --------------------------------------------------------------- */

TEST(lookup, groups_of_the_account_that_let_nfs_through_leave_nothing_to_say)
{
	OWN(json) json_t *facts = known(network, node_group), *result = NULL;

	learn(facts, storage);
	learn(facts, target_group_good);
	result = judge(deployment_text_, facts);
	CHECK(!finding(result, "C01", "FAIL"));
	CHECK(!finding(result, "C01", "UNKNOWN"));
	CHECK(!finding(result, "C02", "FAIL"));
	CHECK(!finding(result, "C05", "UNKNOWN"));
	CHECK(!finding(result, "C05", "FAIL"));
}

TEST(lookup, a_group_of_the_account_without_the_nfs_rule_stops_the_task)
{
	OWN(json) json_t *facts = known(network, node_group), *result = NULL;
	OWN(str) char *text = NULL;
	const json_t *f;

	learn(facts, storage);
	learn(facts, target_group_shut);
	result = judge(deployment_text_, facts);
	f = finding(result, "C01", "FAIL");
	CHECK(f != NULL);
	CHECK_STR(json_str(f, "service"), "Service");
	/* what is in the account has its id, and not the name in the picture */
	text = json_text(f);
	CHECK(text && strstr(text, "sg-0002") && strstr(text, "AWS account 123456789012"));
	CHECK(text && !strstr(text, "\"Account") && !strstr(text, "/Account"));
}

TEST(lookup, a_route_table_that_may_not_be_read_is_not_one_without_routes)
{
	OWN(json) json_t *facts = known(network, node_group), *result = NULL;

	learn(facts, (const char *const[]){
			     "['ec2','DescribeRouteTables',{'Filters':[{'Name':'vpc-id','Values':"
			     "['vpc-0001']}]},null,'AccessDenied']",
			     NULL });
	result = judge(deployment_text_, facts);
	CHECK(!finding(result, "C05", "FAIL"));
	CHECK(finding(result, "C05", "UNKNOWN") != NULL);
}

TEST(lookup, endpoints_that_may_not_be_read_are_not_none)
{
	OWN(json) json_t *facts = known(network, node_group), *result = NULL;

	learn(facts, (const char *const[]){
			     "['ec2','DescribeRouteTables',{'Filters':[{'Name':'vpc-id','Values':"
			     "['vpc-0001']}]},{'RouteTables':[{'RouteTableId':'rtb-0001',"
			     "'Associations':[{'Main':'true'}],'Routes':[]}]}]",
			     NULL });
	result = judge(deployment_text_, facts);
	CHECK(finding(result, "C06", "FAIL") != NULL);
	json_decref(result);
	learn(facts, (const char *const[]){
			     "['ec2','DescribeVpcEndpoints',{'Filters':[{'Name':'vpc-id','Values':"
			     "['vpc-0001']}]},null,'AccessDenied']",
			     NULL });
	result = judge(deployment_text_, facts);
	CHECK(!finding(result, "C06", "FAIL"));
}

TEST(lookup, a_role_by_its_arn_has_the_rights_that_the_account_says)
{
	OWN(json) json_t *with = known(roles, rights_to_secrets), *good = NULL;
	OWN(json) json_t *without = known(roles, rights_to_logs), *bad = NULL;
	OWN(json) json_t *nothing = json_object(), *unknown = NULL;

	good = judge(deployment_text_, with);
	CHECK(!finding(good, "E02", "FAIL"));
	bad = judge(deployment_text_, without);
	CHECK(finding(bad, "E02", "FAIL") != NULL);
	CHECK_STR(json_str(finding(bad, "E02", "FAIL"), "service"), "Service");
	unknown = judge(deployment_text_, nothing);
	CHECK(!finding(unknown, "E02", "FAIL"));
}

TEST(lookup, an_arn_of_the_account_is_the_same_written_out_or_put_together)
{
	static const char put_together[] =
		"{'Resources':{'Role':{'Type':'AWS::IAM::Role','Properties':{"
		"'AssumeRolePolicyDocument':{'Statement':[{'Effect':'Allow','Action':'sts:AssumeRole',"
		"'Principal':{'Service':'ecs-tasks.amazonaws.com'}}]},'Policies':[{'PolicyName':'p',"
		"'PolicyDocument':{'Statement':[{'Effect':'Allow','Action':'secretsmanager:GetSecretValue',"
		"'Resource':{'Fn::Sub':'arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
		"own-*'}}]}}]}},"
		"'Secret':{'Type':'AWS::SecretsManager::Secret','Properties':{'Name':'own-key',"
		"'GenerateSecretString':{}}},"
		"'Task':{'Type':'AWS::ECS::TaskDefinition','Properties':{'ExecutionRoleArn':{'Fn::GetAtt':"
		"['Role','Arn']},'RequiresCompatibilities':['FARGATE'],'ContainerDefinitions':[{'Name':"
		"'node','Image':'mpc-node','Secrets':[{'Name':'A','ValueFrom':{'Ref':'Secret'}}]}]}},"
		"'Service':{'Type':'AWS::ECS::Service','Properties':{'LaunchType':'FARGATE',"
		"'TaskDefinition':{'Ref':'Task'},'NetworkConfiguration':{'AwsvpcConfiguration':{'Subnets':"
		"['subnet-0001']}}}}}}";
	static const char *const exact[] = {
		"['iam','GetRolePolicy',{'RoleName':'node-execution','PolicyName':'rights'},"
		"{'PolicyDocument':'%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22"
		"%3A%22secretsmanager%3AGetSecretValue%22%2C%22Resource%22%3A%22" SECRET
		"%22%7D%5D%7D'}]",
		NULL,
	};
	OWN(json) json_t *facts = known(network, NULL), *here = judge(put_together, facts);
	OWN(json) json_t *there = NULL;

	CHECK(here && !finding(here, "E02", "FAIL") && !finding(here, "E02", "UNKNOWN"));
	learn(facts, roles);
	learn(facts, exact);
	learn(facts, secret_placeholder);
	there = judge(deployment_text_, facts);
	CHECK(there && !finding(there, "E02", "FAIL") && !finding(there, "E02", "UNKNOWN"));
}

TEST(lookup, a_policy_that_may_not_be_read_leaves_the_right_open)
{
	OWN(json) json_t *facts = known(roles, NULL), *result = NULL;

	learn(facts, (const char *const[]){ "['iam','GetRolePolicy',{'RoleName':'node-execution',"
					    "'PolicyName':'rights'},null,'AccessDenied']",
					    NULL });
	result = judge(deployment_text_, facts);
	CHECK(!finding(result, "E02", "FAIL"));
}

TEST(lookup, a_secret_of_the_account_is_judged_and_never_shown)
{
	OWN(json) json_t *facts = known(secret_placeholder, NULL), *result = NULL;
	OWN(str) char *text = NULL;

	result = judge(deployment_text_, facts);
	CHECK(finding(result, "B01", "FAIL") != NULL);
	text = json_text(result);
	CHECK(text && !strstr(text, "hunter2"));
}

TEST(lookup, a_secret_that_may_not_be_read_is_not_an_empty_one)
{
	OWN(json) json_t *facts = known(secret_refused, NULL), *result = NULL;

	result = judge(deployment_text_, facts);
	CHECK(!finding(result, "B01", "FAIL"));
	CHECK(!finding(result, "B02", "FAIL"));
	CHECK(finding(result, "B01", "UNKNOWN") != NULL);
}

TEST(lookup, two_values_that_may_not_be_read_are_not_one)
{
	static const char *const two[] = {
		"['secretsmanager','DescribeSecret',{'SecretId':'arn:aws:secretsmanager:us-east-1:1:secret:a-abcdef'},"
		"{'ARN':'arn:aws:secretsmanager:us-east-1:1:secret:a-abcdef'}]",
		"['secretsmanager','DescribeSecret',{'SecretId':'arn:aws:secretsmanager:us-east-1:1:secret:b-abcdef'},"
		"{'ARN':'arn:aws:secretsmanager:us-east-1:1:secret:b-abcdef'}]",
		NULL,
	};
	OWN(json) json_t *facts = known(two, NULL), *body = NULL;
	OWN(str) char *picture = lookup_picture(facts);
	const json_t *one, *other;

	body = json_loads(picture, 0, NULL);
	one = json_path(body, "Resources.Account0.Properties.SecretString");
	other = json_path(body, "Resources.Account1.Properties.SecretString");
	CHECK(one && other && !json_equal(one, other));
	CHECK(json_object_get(json_map(body, "Parameters"), json_str(one, "Ref")) != NULL);
}

TEST(lookup, what_the_account_says_is_never_evaluated)
{
	static const char *const odd[] = {
		KEYED("{{resolve:ssm:other}} {{resolve:secretsmanager}}"),
		"['ssm','GetParameter',{'Name':'x','WithDecryption':true},{'Parameter':{'Name':'x',"
		"'Type':'String','Value':'y'}}]",
		NULL,
	};
	OWN(json) json_t *facts = known(odd, NULL);
	OWN(str) char *picture = lookup_picture(facts);
	SUBJECT s = { 0 };

	CHECK(picture && !strstr(picture, "{{resolve"));
	read_subject(&s, deployment_text_, facts);
	CHECK(s.d != NULL);
}

TEST(lookup, a_member_that_is_null_is_not_there)
{
	static const char *const nulls[] = {
		"['secretsmanager','DescribeSecret',{'SecretId':'" SECRET "'},{'ARN':'" SECRET
		"','Name':'node-key','KmsKeyId':null}]",
		"['secretsmanager','GetSecretValue',{'SecretId':'" SECRET "'},{'SecretString':'x'}]",
		"['secretsmanager','GetResourcePolicy',{'SecretId':'" SECRET "'},{}]",
		NULL,
	};
	OWN(json) json_t *facts = known(nulls, NULL);
	OWN(str) char *picture = lookup_picture(facts);
	SUBJECT s = { 0 };

	CHECK(picture && !strstr(picture, "null"));
	read_subject(&s, deployment_text_, facts);
	CHECK(s.d != NULL);
}

TEST(lookup, nothing_known_is_no_picture)
{
	OWN(json) json_t *facts = json_object();

	CHECK(lookup_picture(NULL) == NULL);
	CHECK(lookup_picture(facts) == NULL);
}

TEST(lookup, hygiene_of_what_exists_already_is_not_judged)
{
	OWN(json) json_t *facts = known(network, node_group), *result = NULL;
	json_t *one;
	size_t i;

	learn(facts, storage);
	learn(facts, target_group_good);
	learn(facts, roles);
	result = judge(deployment_text_, facts);
	json_array_foreach(json_list(result, "findings"), i, one)
		if (str_starts(json_str_or(json_map(one, "location"), "file", ""), "AWS account"))
			CHECK(json_str(one, "service") && !str_eq(json_str(one, "verdict"), "WARN"));
}
