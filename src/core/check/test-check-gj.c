#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/check/check.h"

enum { TEMPLATES_MAX = 3 };

static json_t *load(const char *path)
{
	size_t len;
	OWN(str) char *whole = str_printf("tests/templates/%s", path);
	OWN(str) char *text = test_read_file(whole, &len);
	json_t *body = NULL;
	struct err err = { 0 };

	if (text)
		CHECK_OK(json_parse_text(path, text, len, &body, &err), err);
	return body;
}

/* One template on its way to findings. */
struct stage {
	struct template *t;
	json_t *values;
	struct template_eval *eval;
};

static void stage_free(struct stage *s)
{
	template_eval_free(s->eval);
	json_decref(s->values);
	template_free(s->t);
}

static int stage_up(const char *name, const json_t *body, struct stage *s, struct err *err)
{
	static const struct template_world world = { .partition = "aws" };
	OWN(str) char *text = json_text(body);

	if (template_parse(name, text, strlen(text), &s->t, err) < 0 ||
	    template_parameters(s->t, NULL, NULL, 0, &world, &s->values, err) < 0)
		return -1;
	return template_eval_new(s->t, s->values, &world, &s->eval, err);
}

/* Findings of one call; a template that is refused gives its one finding. */
static json_t *findings(json_t *const *bodies, size_t count)
{
	static const char *const names[TEMPLATES_MAX] = { "a.json", "b.json", "c.json" };
	struct stage stages[TEMPLATES_MAX] = { 0 };
	struct deployment_template list[TEMPLATES_MAX];
	OWN(deployment) struct deployment *d = NULL;
	OWN(json) json_t *result = NULL;
	struct err err = { 0 };
	json_t *found = NULL;

	for (size_t i = 0; i < count && !found; i++) {
		if (stage_up(names[i], bodies[i], &stages[i], &err) < 0)
			found = json_pack("[o]", check_template_error(names[i], &err));
		list[i] = (struct deployment_template){ stages[i].t, stages[i].eval };
	}
	if (!found && deployment_read(list, count, &d, &err) < 0)
		found = json_pack("[o]", check_template_error(names[0], &err));
	if (!found) {
		result = check_run(d, list, count, NULL);
		found = json_incref(json_list(result, "findings"));
	}
	deployment_free(GIVE(d));
	for (size_t i = 0; i < count; i++)
		stage_free(&stages[i]);
	return found;
}

static json_t *findings_of(json_t *body)
{
	return findings(&body, 1);
}

static const json_t *find(const json_t *list, const char *fault, const char *verdict)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (!strcmp(json_str_or(one, "fault", ""), fault) &&
		    (!verdict || !strcmp(json_str_or(one, "verdict", ""), verdict)))
			return one;
	}
	return NULL;
}

static bool ours(const char *fault)
{
	return strchr("GJS", *fault) || !strcmp(fault, "D23") || !strcmp(fault, "T00");
}

static void show(const char *file, const json_t *f)
{
	test_fail(file, 0, "%s %s %s: %s", json_str(f, "verdict"), json_str(f, "fault"),
		  json_str(f, "path"), json_str(f, "message"));
}

/* Fails for each FAIL and WARN of the rules of this file. */
static void expect_quiet(const char *file, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		if (strcmp(json_str(one, "verdict"), "UNKNOWN") != 0 &&
		    ours(json_str(one, "fault")))
			show(file, one);
	}
}

/* ---- the corpus ------------------------------------------------------------------------------ */

static bool among(const json_t *ids, const char *fault)
{
	size_t i;
	json_t *id;

	json_array_foreach(ids, i, id)
		if (!strcmp(json_string_value(id), fault))
			return true;
	return false;
}

static json_t *findings_of_case(const json_t *one)
{
	const char *file = json_str(one, "file");
	const char *exporter = json_str(json_map(one, "exporter"), "file");
	OWN(json) json_t *body = load(file), *other = exporter ? load(exporter) : NULL;
	json_t *bodies[] = { body, other };

	return findings(bodies, other ? 2 : 1);
}

static bool is_kind(const json_t *one, const char *kind)
{
	return !strcmp(json_str_or(one, "kind", ""), kind) &&
	       str_ends(json_str_or(one, "file", ""), ".json");
}

TEST(check_gj, good_and_benign_templates_have_no_fault_of_these_groups)
{
	OWN(json) json_t *manifest = load("manifest.json");
	json_t *one;
	size_t i;

	json_array_foreach(json_list(manifest, "cases"), i, one) {
		OWN(json) json_t *list = NULL;

		if (!is_kind(one, "good") && !is_kind(one, "benign"))
			continue;
		list = findings_of_case(one);
		expect_quiet(json_str(one, "file"), list);
	}
}

/* A faulty template may have UNKNOWNs and the fault it is made for, nothing else of ours. */
TEST(check_gj, faulty_templates_show_their_fault_of_these_groups_first_and_no_other)
{
	OWN(json) json_t *manifest = load("manifest.json");
	json_t *one;
	size_t i, k;

	json_array_foreach(json_list(manifest, "cases"), i, one) {
		OWN(json) json_t *list = NULL;
		const json_t *ids = json_list(one, "ids");
		const char *first, *id0 = json_string_value(json_array_get(ids, 0));
		json_t *f;

		if (!is_kind(one, "faulty") || !id0)
			continue;
		list = findings_of_case(one);
		first = json_str_or(json_array_get(list, 0), "fault", "none");
		if (strchr("GJ", *id0) && !among(ids, first))
			test_fail(json_str(one, "file"), 0, "first finding is %s", first);
		json_array_foreach(list, k, f) {
			const char *id = json_str(f, "fault");
			bool wanted = false;

			for (size_t n = 0; n < json_array_size(ids); n++)
				wanted = wanted ||
					 !strcmp(id, json_string_value(json_array_get(ids, n)));
			if (!wanted && ours(id) && strcmp(json_str(f, "verdict"), "UNKNOWN") != 0)
				show(json_str(one, "file"), f);
		}
	}
}

TEST(check_gj, a_template_above_the_limits_gives_exactly_that_finding)
{
	OWN(json) json_t *large = load("scale/standalone-100.json");
	OWN(json) json_t *small = load("scale/standalone-10.json");
	OWN(json) json_t *one = findings_of(large), *none = findings_of(small);

	CHECK_INT(json_array_size(one), 1);
	CHECK_STR(json_str(json_array_get(one, 0), "fault"), "G16");
	CHECK(json_int_or(json_map(json_array_get(one, 0), "location"), "line", 0) > 0);
	expect_quiet("scale/standalone-10.json", none);
}

/* ---- each rule: the fault, and its nearest benign variant ------------------------------------ */

#define R(text) "{'Resources':{" text "}}"
#define LOG(more) "'L':{'Type':'AWS::Logs::LogGroup'," more "}"
#define SERVICE(more)                                                                              \
	R("'C':{'Type':'AWS::ECS::Cluster'},'S':{'Type':'AWS::ECS::Service','Properties':{"        \
	  "'Cluster':{'Ref':'C'},'TaskDefinition':'t:1'" more "}}")
#define DEPLOY(text) SERVICE(",'DeploymentConfiguration':{" text "}")
#define BREAKER "'DeploymentCircuitBreaker':{'Enable':true,'Rollback':false}"
#define VPC "'V':{'Type':'AWS::EC2::VPC','Properties':{'CidrBlock':'10.0.0.0/16'}}"
#define NAT(more)                                                                                  \
	R(VPC ",'U':{'Type':'AWS::EC2::Subnet','Properties':{'VpcId':{'Ref':'V'},"                 \
	      "'CidrBlock':'10.0.0.0/24'}},'I':{'Type':'AWS::EC2::InternetGateway'},"              \
	      "'A':{'Type':'AWS::EC2::VPCGatewayAttachment','Properties':{'VpcId':{'Ref':'V'},"    \
	      "'InternetGatewayId':{'Ref':'I'}}},'N':{'Type':'AWS::EC2::NatGateway'," more         \
	      "'Properties':{'SubnetId':{'Ref':'U'},'AllocationId':'eipalloc-1'}}")
#define TASK(id, prefix)                                                                           \
	"'T" id "':{'Type':'AWS::ECS::TaskDefinition','Properties':{'Family':'f" id                \
	"','ContainerDefinitions':[{'Name':'n','Image':'i','LogConfiguration':{'LogDriver':"       \
	"'awslogs','Options':{'awslogs-group':'g','awslogs-stream-prefix':'" prefix                \
	"'}}}]}},'S" id                                                                            \
	"':{'Type':'AWS::ECS::Service','Properties':{'TaskDefinition':{'Ref':'T" id                \
	"'},'DeploymentConfiguration':{" BREAKER "}}}"
#define VOLUME(key)                                                                                \
	R("'T':{'Type':'AWS::ECS::TaskDefinition','Properties':{'Volumes':[{'Name':'v',"           \
	  "'EFSVolumeConfiguration':{'" key "':'fs-1'}}]}}")
#define OUTPUTS(text)                                                                              \
	"{'Resources':{" LOG("'Properties':{'RetentionInDays':7}") "},'Outputs':{" text "}}"

static const struct {
	const char *fault, *verdict, *bad, *good, *path;
} pairs[] = {
	{ "T00", "FAIL", "{'Resources':{}}", R(VPC), NULL },
	{ "G02", "WARN", DEPLOY("'MaximumPercent':150"), DEPLOY(BREAKER),
	  "/Resources/S/Properties/DeploymentConfiguration" },
	{ "G02", "WARN", SERVICE(""), SERVICE(",'DeploymentController':{'Type':'EXTERNAL'}"),
	  "/Resources/S" },
	{ "G02", "WARN",
	  DEPLOY("'DeploymentCircuitBreaker':{'Enable':true,'Rollback':true},"
		 "'MinimumHealthyPercent':0,'MaximumPercent':100"),
	  DEPLOY(BREAKER ",'MinimumHealthyPercent':0,'MaximumPercent':100"), NULL },
	{ "G14", "FAIL",
	  R("'A':{'Type':'AWS::ECS::Cluster','DependsOn':'B'},'B':{'Type':'AWS::ECS::Cluster',"
	    "'DependsOn':'A'}"),
	  R("'A':{'Type':'AWS::ECS::Cluster','DependsOn':'B'},'B':{'Type':'AWS::ECS::Cluster'}"),
	  "/Resources/A" },
	{ "G15", "FAIL", OUTPUTS("'O':{'Value':{'Ref':'Gone'}}"),
	  OUTPUTS("'O':{'Value':{'Ref':'L'}}"), "/Outputs" },
	{ "G15", "FAIL", OUTPUTS("'O':{'Value':{'Fn::GetAtt':['L','Arm']}}"),
	  OUTPUTS("'O':{'Value':{'Fn::GetAtt':['L','Arn']}}"), "/Outputs/O/Value" },
	{ "D23", "FAIL", VOLUME("fileSystemId"), VOLUME("FilesystemId"),
	  "/Resources/T/Properties/Volumes/0/EFSVolumeConfiguration/fileSystemId" },
	{ "S01", "FAIL", VOLUME("RootDirectory"), VOLUME("FilesystemId"),
	  "/Resources/T/Properties/Volumes/0/EFSVolumeConfiguration" },
	{ "S02", "FAIL", SERVICE(",'DesiredCount':'three'"), SERVICE(",'DesiredCount':'3'"),
	  "/Resources/S/Properties/DesiredCount" },
	{ "S02", "FAIL", SERVICE(",'ServiceRegistries':'x'"), SERVICE(",'ServiceRegistries':[]"),
	  "/Resources/S/Properties/ServiceRegistries" },
	{ "S03", "FAIL", SERVICE(",'LaunchType':'fargate'"), SERVICE(",'LaunchType':'FARGATE'"),
	  "/Resources/S/Properties/LaunchType" },
	{ "S04", "FAIL", R("'V':{'Type':'AWS::EC2::Vpc'}"),
	  R("'V':{'Type':'Custom::Vpc','Properties':"
	    "{'ServiceToken':'t'}}"),
	  "/Resources/V" },
	{ "G09", "FAIL",
	  OUTPUTS("'O':{'Value':'1','Export':{'Name':'n'}},'P':{'Value':'1','Export':{'Name':'n'}"
		  "}"),
	  OUTPUTS("'O':{'Value':'1','Export':{'Name':'n'}},'P':{'Value':'1','Export':{'Name':'m'}"
		  "}"),
	  NULL },
	{ "G09", "UNKNOWN", OUTPUTS("'O':{'Value':'1','Export':{'Name':'n'}}"),
	  OUTPUTS("'O':{'Value':'1','Export':{'Name':{'Fn::Sub':'${AWS::StackName}-n'}}}"),
	  "/Outputs/O/Export/Name" },
	{ "G08", "UNKNOWN", OUTPUTS("'O':{'Value':{'Fn::ImportValue':'x'}}"),
	  OUTPUTS("'O':{'Value':'x'}"), "/Outputs/O/Value" },
	{ "G10", "FAIL",
	  R("'A':{'Type':'AWS::ECS::Cluster','Properties':{'ClusterName':'c'}},"
	    "'B':{'Type':'AWS::ECS::Cluster','Properties':{'ClusterName':'c'}}"),
	  R("'A':{'Type':'AWS::ECS::Cluster','Properties':{'ClusterName':'c'}},"
	    "'B':{'Type':'AWS::ECS::Cluster','Properties':{'ClusterName':'d'}}"),
	  "/Resources/B/Properties/ClusterName" },
	{ "G11", "UNKNOWN",
	  R("'A':{'Type':'AWS::SecretsManager::Secret','Properties':{'Name':'s'}}"),
	  R("'A':{'Type':'AWS::SecretsManager::Secret','Properties':{'Name':{'Fn::Sub':"
	    "'${AWS::StackName}/s'}}}"),
	  "/Resources/A/Properties/Name" },
	{ "G09", "FAIL",
	  OUTPUTS("'O':{'Value':'1','Export':{'Name':{'Fn::Sub':'${AWS::StackName}-n'}}},"
		  "'P':{'Value':'1','Export':{'Name':{'Fn::Join':['-',[{'Ref':'AWS::StackName'},"
		  "'n']]}}}"),
	  OUTPUTS("'O':{'Value':'1','Export':{'Name':{'Fn::Sub':'${AWS::StackName}-n'}}},"
		  "'P':{'Value':'1','Export':{'Name':{'Fn::Sub':'${AWS::StackName}-m'}}}"),
	  NULL },
	{ "G12", "WARN",
	  R("'A':{'Type':'AWS::ECR::Repository','DeletionPolicy':'Retain','Properties':"
	    "{'RepositoryName':'n'}}"),
	  R("'A':{'Type':'AWS::ECR::Repository','Properties':{'RepositoryName':'n'}}"),
	  "/Resources/A/Properties/RepositoryName" },
	{ "G12", "UNKNOWN", R(LOG("'DeletionPolicy':'Retain','Properties':{'LogGroupName':'n'}")),
	  R(LOG("'DeletionPolicy':'Retain'")), "/Resources/L/Properties/LogGroupName" },
	{ "G13", "UNKNOWN", SERVICE(",'ServiceName':'n'"), SERVICE(""), NULL },
	{ "G27", "UNKNOWN", SERVICE(",'ServiceName':'n'"), SERVICE(""), NULL },
	{ "G20", "FAIL", DEPLOY(BREAKER ",'MinimumHealthyPercent':100,'MaximumPercent':100"),
	  DEPLOY(BREAKER ",'MinimumHealthyPercent':100,'MaximumPercent':200"), NULL },
	{ "G20", "FAIL", DEPLOY(BREAKER ",'MinimumHealthyPercent':1,'MaximumPercent':199"),
	  DEPLOY(BREAKER ",'MinimumHealthyPercent':0,'MaximumPercent':100"), NULL },
	{ "G21", "WARN", NAT(""), NAT("'DependsOn':'A',"), "/Resources/N" },
	{ "G22", "WARN", "{'Parameters':{'P':{'Type':'String'}},'Resources':{" VPC "}}",
	  "{'Parameters':{'P':{'Type':'String'}},'Resources':{" VPC "},'Outputs':{'O':{'Value':"
	  "{'Fn::Sub':'a${P}'}}}}",
	  "/Parameters/P" },
	{ "J09", "WARN", R(LOG("'Properties':{}")), R(LOG("'Properties':{'RetentionInDays':7}")),
	  "/Resources/L" },
	{ "J10", "WARN", R(TASK("1", "p") "," TASK("2", "p")), R(TASK("1", "p") "," TASK("2", "q")),
	  NULL },
};

/* Single quotes spare the backslashes. */
static json_t *body_of(const char *quoted)
{
	OWN(str) char *text = str_dup(quoted);
	json_t *body = NULL;
	struct err err = { 0 };

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	CHECK_OK(json_parse_text("test", text, strlen(text), &body, &err), err);
	return body;
}

TEST(check_gj, each_rule_finds_its_fault_and_passes_the_nearest_benign_variant)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		OWN(json) json_t *bad = body_of(pairs[i].bad), *good = body_of(pairs[i].good);
		OWN(json) json_t *found = findings_of(bad), *none = findings_of(good);
		const json_t *one = find(found, pairs[i].fault, pairs[i].verdict);
		const json_t *wrong = find(none, pairs[i].fault, pairs[i].verdict);

		if (!one)
			test_fail(pairs[i].fault, (int)i, "not found in %s", pairs[i].bad);
		if (one && pairs[i].path)
			CHECK_STR(json_str(one, "path"), pairs[i].path);
		if (one && !strcmp(pairs[i].verdict, "UNKNOWN"))
			CHECK(json_str(one, "lookup"));
		if (wrong)
			show(pairs[i].good, wrong);
	}
}

TEST(check_gj, user_data_is_measured_before_it_is_encoded)
{
	for (size_t bytes = 16384; bytes <= 16385; bytes++) {
		OWN(str) char *text = mem_new(bytes + 1, 1);
		OWN(json) json_t *body = NULL, *list = NULL;

		memset(text, 'x', bytes);
		body = json_pack("{s:{s:{s:s,s:{s:s,s:{s:s}}}}}", "Resources", "I", "Type",
				 "AWS::EC2::Instance", "Properties", "ImageId", "ami-1", "UserData",
				 "Fn::Base64", text);
		list = findings_of(body);
		CHECK_INT(find(list, "G26", "FAIL") != NULL, bytes > 16384);
	}
}

TEST(check_gj, the_sixth_address_is_more_than_the_usual_quota)
{
	OWN(json) json_t *resources = json_object(), *body = NULL, *five = NULL, *six = NULL;

	for (int i = 0; i < 5; i++) {
		OWN(str) char *name = str_printf("E%d", i);

		json_object_set_new(resources, name, json_pack("{s:s}", "Type", "AWS::EC2::EIP"));
	}
	body = json_pack("{s:O}", "Resources", resources);
	five = findings_of(body);
	json_object_set_new(resources, "E5", json_pack("{s:s}", "Type", "AWS::EC2::EIP"));
	six = findings_of(body);
	CHECK(!find(five, "G28", NULL));
	CHECK(find(six, "G28", "WARN"));
}

/* The rule for NFS of the good template, under a condition that is false or true. */
TEST(check_gj, a_condition_that_takes_the_nfs_rule_away_is_named)
{
	for (int holds = 0; holds < 2; holds++) {
		OWN(json) json_t *body = load("good/standalone.json"), *list = NULL;
		const char *logical;
		json_t *r;

		json_object_set_new(json_map(body, "Conditions"), "Off",
				    json_pack("{s:[s,s]}", "Fn::Equals", "a", holds ? "a" : "b"));
		json_object_foreach(json_map(body, "Resources"), logical, r)
			if (!strcmp(json_str_or(r, "Type", ""), "AWS::EC2::SecurityGroupIngress") &&
			    json_int_or(json_map(r, "Properties"), "FromPort", 0) == 2049)
				json_set_str(r, "Condition", "Off");
		list = findings_of(body);
		CHECK_INT(find(list, "G31", "FAIL") != NULL, !holds);
	}
}

/* CloudFormation refuses a reference to what its condition removed. */
TEST(check_gj, a_reference_to_a_resource_that_its_condition_removes_is_a_finding)
{
	OWN(json)
	json_t *body =
		body_of("{'Conditions':{'No':{'Fn::Equals':['a','b']}},'Resources':{'C':{'Type':"
			"'AWS::ECS::Cluster','Condition':'No'},'S':{'Type':'AWS::ECS::Service',"
			"'Properties':{'Cluster':{'Ref':'C'}}}}}");
	OWN(json) json_t *list = findings_of(body);

	CHECK_STR(json_str(json_array_get(list, 0), "fault"), "G31");
	CHECK_STR(json_str(json_array_get(list, 0), "path"), "/Resources/C");
}
