/* Parent and nested templates as one deployment. */
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/deployment/deployment.h"

struct pair {
	struct deployment_template list[2];
	json_t *parameters[2];
	struct template_eval *eval[2];
	struct template_world world;
	struct deployment *d;
};

static void add(struct pair *p, size_t i, const char *name, const char *text)
{
	struct err err = { 0 };

	CHECK_OK(template_parse(name, text, strlen(text), &p->list[i].t, &err), err);
	CHECK_OK(template_parameters(p->list[i].t, NULL, NULL, 0, &p->world, &p->parameters[i], &err),
		 err);
	CHECK_OK(template_eval_new(p->list[i].t, p->parameters[i], &p->world, &p->eval[i], &err), err);
	p->list[i].eval = p->eval[i];
}

static void open_pair(struct pair *p, const char *child_name, const char *parent, const char *child)
{
	struct err err = { 0 };

	*p = (struct pair){ 0 };
	add(p, 0, "dir/parent.json", parent);
	add(p, 1, child_name, child);
	CHECK_OK(deployment_read(p->list, 2, &p->d, &err), err);
}

static void close_pair(struct pair *p)
{
	deployment_free(p->d);
	for (size_t i = 0; i < 2; i++) {
		template_eval_free(p->eval[i]);
		json_decref(p->parameters[i]);
		template_free(p->list[i].t);
	}
}

static const char parent[] =
	"{\"Parameters\":{\"Where\":{\"Type\":\"String\"}},\"Resources\":{"
	"\"Vpc\":{\"Type\":\"AWS::EC2::VPC\",\"Properties\":{\"CidrBlock\":\"10.0.0.0/16\"}},"
	"\"A\":{\"Type\":\"AWS::EC2::Subnet\",\"Properties\":{\"VpcId\":{\"Ref\":\"Vpc\"},\"CidrBlock\":"
	"\"10.0.1.0/24\"}},"
	"\"B\":{\"Type\":\"AWS::EC2::Subnet\",\"Properties\":{\"VpcId\":{\"Ref\":\"Vpc\"},\"CidrBlock\":"
	"\"10.0.2.0/24\"}},"
	"\"Inner\":{\"Type\":\"AWS::CloudFormation::Stack\",\"Properties\":{\"TemplateURL\":{\"Fn::Sub\":"
	"\"${Where}/child.json\"},\"Parameters\":{\"Network\":{\"Ref\":\"Vpc\"},\"Subnets\":{\"Fn::Join\":"
	"[\",\",[{\"Ref\":\"A\"},{\"Ref\":\"B\"}]]},\"Name\":\"group\"}}},"
	"\"Rule\":{\"Type\":\"AWS::EC2::SecurityGroupIngress\",\"Properties\":{\"GroupId\":{\"Fn::GetAtt\":"
	"[\"Inner\",\"Outputs.Group\"]},\"IpProtocol\":\"tcp\",\"FromPort\":80,\"ToPort\":80,\"CidrIp\":"
	"\"10.0.0.0/8\"}}}}";
static const char child[] =
	"{\"Parameters\":{\"Network\":{\"Type\":\"String\"},\"Subnets\":{\"Type\":\"List<AWS::EC2::Subnet::Id>\"},"
	"\"Name\":{\"Type\":\"String\"}},\"Resources\":{"
	"\"Group\":{\"Type\":\"AWS::EC2::SecurityGroup\",\"Properties\":{\"GroupDescription\":{\"Fn::Sub\":"
	"\"the ${Name} of ${Network}\"},\"VpcId\":{\"Ref\":\"Network\"}}},"
	"\"Service\":{\"Type\":\"AWS::ECS::Service\",\"Properties\":{\"LaunchType\":\"FARGATE\","
	"\"NetworkConfiguration\":{\"AwsvpcConfiguration\":{\"Subnets\":{\"Ref\":\"Subnets\"},"
	"\"SecurityGroups\":[{\"Ref\":\"Group\"}]}}}}},"
	"\"Outputs\":{\"Group\":{\"Value\":{\"Fn::GetAtt\":[\"Group\",\"GroupId\"]}}}}";

TEST(nested, parameters_and_outputs_are_linked)
{
	struct pair p;
	const struct deployment_group *const *groups;
	const struct deployment_service *const *services;
	const struct deployment_resource *inner;
	size_t group_count, service_count;

	open_pair(&p, "child.json", parent, child);
	groups = deployment_groups(p.d, &group_count);
	services = deployment_services(p.d, &service_count);
	CHECK_INT(group_count, 1);
	CHECK_INT(service_count, 1);
	/* the child's group is in the parent's VPC, and the parent's rule is on the child's group */
	CHECK_STR(groups[0]->vpc ? groups[0]->vpc->resource->logical : "none", "Vpc");
	CHECK_INT(groups[0]->ingress_count, 1);
	CHECK_STR(groups[0]->ingress[0].resource->logical, "Rule");
	CHECK_INT(services[0]->subnet_count, 2);
	CHECK_STR(services[0]->subnets[0]->resource->logical, "A");
	CHECK_STR(services[0]->subnets[1]->resource->logical, "B");
	inner = deployment_find(p.d, 0, "Inner");
	CHECK(inner && deployment_nested_given(p.d, inner));
	close_pair(&p);
}

TEST(nested, a_template_of_another_name_is_not_taken)
{
	struct pair p;
	const struct deployment_group *const *groups;
	const struct deployment_resource *inner;
	size_t count;

	open_pair(&p, "other.json", parent, child);
	inner = deployment_find(p.d, 0, "Inner");
	CHECK(inner && !deployment_nested_given(p.d, inner));
	groups = deployment_groups(p.d, &count);
	CHECK_INT(count, 2); /* the child's, and one that nobody knows */
	CHECK(groups[0]->resource == NULL || groups[1]->resource == NULL);
	close_pair(&p);
}

static const char by_name[] =
	"{\"Parameters\":{\"Name\":{\"Type\":\"AWS::SSM::Parameter::Value<String>\"}},\"Resources\":{"
	"\"Group\":{\"Type\":\"AWS::EC2::SecurityGroup\",\"Properties\":{\"GroupDescription\":"
	"{\"Ref\":\"Name\"}}}},"
	"\"Outputs\":{\"Group\":{\"Value\":{\"Fn::GetAtt\":[\"Group\",\"GroupId\"]}}}}";

TEST(nested, the_name_of_an_ssm_parameter_is_not_its_value)
{
	struct pair p;
	const struct deployment_resource *group;

	open_pair(&p, "child.json", parent, by_name);
	group = deployment_find(p.d, 1, "Group");
	CHECK(group && template_is_symbol(json_object_get(group->properties, "GroupDescription")));
	close_pair(&p);
}

TEST(nested, an_output_is_read_by_a_dotted_name)
{
	struct pair p;
	OWN(str) char *dotted = str_dup(parent);
	char *at = strstr(dotted, "[\"Inner\",\"Outputs.Group\"]");
	const struct deployment_group *const *groups;
	size_t count;

	memcpy(at, "\"Inner.Outputs.Group\"    ", strlen("[\"Inner\",\"Outputs.Group\"]"));
	open_pair(&p, "child.json", dotted, child);
	groups = deployment_groups(p.d, &count);
	CHECK_INT(count, 1);
	CHECK_INT(groups[0]->ingress_count, 1);
	close_pair(&p);
}

/* The same file twice in the list: each of two stacks has its own. */
TEST(nested, a_file_in_the_list_is_taken_once)
{
	OWN(json) json_t *body = json_loads(
		"{\"Type\":\"AWS::CloudFormation::Stack\",\"Properties\":{\"TemplateURL\":\"b/child.json\"}}",
		0, NULL);
	struct pair p;
	const struct template *list[3];
	bool taken[3] = { false, true, false };

	open_pair(&p, "child.json", parent, child);
	list[0] = p.list[0].t;
	list[1] = list[2] = p.list[1].t;
	CHECK_INT(deployment_nested_template(list, 3, 0, body, NULL), 1);
	CHECK_INT(deployment_nested_template(list, 3, 0, body, taken), 2);
	taken[2] = true;
	CHECK_INT(deployment_nested_template(list, 3, 0, body, taken), 3);
	close_pair(&p);
}

static void check_file(const char *resource, const char *want)
{
	OWN(json) json_t *body = json_loads(resource, 0, NULL);
	OWN(str) char *file = deployment_nested_file(body);

	CHECK(body != NULL);
	CHECK_STR(file, want);
}

TEST(nested, the_file_is_told_by_url_function_and_asset)
{
#define STACK "{\"Type\":\"AWS::CloudFormation::Stack\",\"Properties\":{\"TemplateURL\":"
	check_file(STACK "\"https://s3.eu-west-1.amazonaws.com/b/dir/c.yaml?versionId=1\"}}", "c.yaml");
	check_file(STACK "\"./c.yaml\"}}", "c.yaml");
	check_file(STACK "{\"Fn::Sub\":[\"${A}/x/c.json\",{\"A\":\"b\"}]}}}", "c.json");
	check_file(STACK "{\"Fn::Join\":[\"\",[\"https://\",{\"Ref\":\"B\"},\"/1234.json\"]]}}}", "1234.json");
	check_file(STACK "{\"Fn::Join\":[\"\",[\"https://\",\"/1234.json\"]]}},\"Metadata\":{\"aws:asset:path\":"
			 "\"App.nested.template.json\"}}",
		   "App.nested.template.json");
	check_file(STACK "{\"Ref\":\"Url\"}}}", NULL);
	check_file(STACK "{\"Fn::Sub\":\"https://${A}${B}\"}}}", NULL);
	check_file("{\"Type\":\"AWS::S3::Bucket\",\"Properties\":{\"TemplateURL\":\"a/b\"}}", NULL);
}

static const char leaving_out[] =
	"{\"Parameters\":{\"Network\":{\"Type\":\"String\"},\"Subnets\":{\"Type\":\"List<AWS::EC2::Subnet::Id>\"},"
	"\"Name\":{\"Type\":\"String\"}},\"Conditions\":{\"Never\":{\"Fn::Equals\":[\"a\",\"b\"]}},\"Resources\":{"
	"\"There\":{\"Type\":\"AWS::EC2::RouteTable\",\"Properties\":{\"VpcId\":{\"Ref\":\"Network\"}}},"
	"\"Gone\":{\"Type\":\"AWS::EC2::RouteTable\",\"Condition\":\"Never\",\"Properties\":{\"VpcId\":"
	"{\"Ref\":\"Network\"}}}}}";

TEST(nested, what_a_condition_leaves_out_has_the_values_of_the_parent_too)
{
	struct pair p;
	const struct deployment_resource *network;

	open_pair(&p, "child.json", parent, leaving_out);
	network = deployment_target(p.d, json_object_get(deployment_absent(p.d, 1, "Gone"), "VpcId"), NULL);
	CHECK(network);
	CHECK_STR(network ? network->logical : NULL, "Vpc");
	CHECK(!deployment_absent(p.d, 1, "There"));
	CHECK(!deployment_absent(p.d, 0, "Gone"));
	CHECK(!deployment_find(p.d, 1, "Gone"));
	close_pair(&p);
}

#define CHOOSING(condition)                                                                        \
	"{\"Conditions\":{\"C\":" condition "},\"Resources\":{\"Vpc\":{\"Type\":\"AWS::EC2::VPC\"},"       \
	"\"Inner\":{\"Type\":\"AWS::CloudFormation::Stack\",\"Properties\":{\"TemplateURL\":\"child.json\","  \
	"\"Parameters\":{\"Fn::If\":[\"C\",{\"Network\":{\"Ref\":\"Vpc\"}},{\"Ref\":\"AWS::NoValue\"}]}}}}}"

/* The network of the child's group. */
static const struct deployment_resource *network_of(struct pair *p)
{
	const struct deployment_resource *group = deployment_find(p->d, 1, "Group");

	return deployment_target(p->d, json_object_get(group->properties, "VpcId"), NULL);
}

TEST(nested, parameters_behind_a_condition_are_those_that_it_leaves)
{
	struct pair p;

	open_pair(&p, "child.json", CHOOSING("{\"Fn::Equals\":[\"a\",\"a\"]}"), child);
	CHECK(network_of(&p) && network_of(&p) == deployment_find(p.d, 0, "Vpc"));
	close_pair(&p);
	open_pair(&p, "child.json", CHOOSING("{\"Fn::Equals\":[\"a\",\"b\"]}"), child);
	CHECK(!network_of(&p));
	close_pair(&p);
}
