/* Ways to the internet and to AWS APIs, in templates with one fault each. */
#include "core/reach/reach.h"

#include <string.h>

#include "base/str.h"
#include "base/test.h"

static const char good[] =
	"{'Resources': {"
	"'Vpc': {'Type': 'AWS::EC2::VPC', 'Properties': {'CidrBlock': '10.0.0.0/16',"
	"  'EnableDnsSupport': true, 'EnableDnsHostnames': true}},"
	"'OtherVpc': {'Type': 'AWS::EC2::VPC', 'Properties': {'CidrBlock': '10.1.0.0/16'}},"
	"'Gateway': {'Type': 'AWS::EC2::InternetGateway'},"
	"'Attachment': {'Type': 'AWS::EC2::VPCGatewayAttachment', 'Properties': {"
	"  'VpcId': {'Ref': 'Vpc'}, 'InternetGatewayId': {'Ref': 'Gateway'}}},"
	"'Public': {'Type': 'AWS::EC2::Subnet', 'Properties': {'VpcId': {'Ref': 'Vpc'},"
	"  'CidrBlock': '10.0.0.0/24'}},"
	"'Private': {'Type': 'AWS::EC2::Subnet', 'Properties': {'VpcId': {'Ref': 'Vpc'},"
	"  'CidrBlock': '10.0.1.0/24'}},"
	"'PublicRoutes': {'Type': 'AWS::EC2::RouteTable', 'Properties': {'VpcId': {'Ref': 'Vpc'}}},"
	"'PrivateRoutes': {'Type': 'AWS::EC2::RouteTable', 'Properties': {'VpcId': {'Ref': "
	"'Vpc'}}},"
	"'PublicIn': {'Type': 'AWS::EC2::SubnetRouteTableAssociation', 'Properties': {"
	"  'SubnetId': {'Ref': 'Public'}, 'RouteTableId': {'Ref': 'PublicRoutes'}}},"
	"'PrivateIn': {'Type': 'AWS::EC2::SubnetRouteTableAssociation', 'Properties': {"
	"  'SubnetId': {'Ref': 'Private'}, 'RouteTableId': {'Ref': 'PrivateRoutes'}}},"
	"'PublicDefault': {'Type': 'AWS::EC2::Route', 'Properties': {"
	"  'RouteTableId': {'Ref': 'PublicRoutes'}, 'DestinationCidrBlock': '0.0.0.0/0',"
	"  'GatewayId': {'Ref': 'Gateway'}}},"
	"'PrivateDefault': {'Type': 'AWS::EC2::Route', 'Properties': {"
	"  'RouteTableId': {'Ref': 'PrivateRoutes'}, 'DestinationCidrBlock': '0.0.0.0/0',"
	"  'NatGatewayId': {'Ref': 'Nat'}}},"
	"'Address': {'Type': 'AWS::EC2::EIP', 'Properties': {'Domain': 'vpc'}},"
	"'Nat': {'Type': 'AWS::EC2::NatGateway', 'Properties': {'SubnetId': {'Ref': 'Public'},"
	"  'AllocationId': {'Fn::GetAtt': ['Address', 'AllocationId']}}},"
	"'TaskGroup': {'Type': 'AWS::EC2::SecurityGroup', 'Properties': {"
	"  'GroupDescription': 'tasks', 'VpcId': {'Ref': 'Vpc'}}},"
	"'EndpointGroup': {'Type': 'AWS::EC2::SecurityGroup', 'Properties': {"
	"  'GroupDescription': 'endpoints', 'VpcId': {'Ref': 'Vpc'}, 'SecurityGroupIngress': ["
	"  {'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443,"
	"   'SourceSecurityGroupId': {'Fn::GetAtt': ['TaskGroup', 'GroupId']}}]}},"
	"'Secrets': {'Type': 'AWS::EC2::VPCEndpoint', 'Properties': {'VpcId': {'Ref': 'Vpc'},"
	"  'VpcEndpointType': 'Interface', 'PrivateDnsEnabled': true,"
	"  'ServiceName': 'com.amazonaws.eu-central-1.secretsmanager',"
	"  'SubnetIds': [{'Ref': 'Private'}], 'SecurityGroupIds': [{'Ref': 'EndpointGroup'}]}},"
	"'S3': {'Type': 'AWS::EC2::VPCEndpoint', 'Properties': {'VpcId': {'Ref': 'Vpc'},"
	"  'VpcEndpointType': 'Gateway', 'ServiceName': 'com.amazonaws.eu-central-1.s3',"
	"  'RouteTableIds': [{'Ref': 'PrivateRoutes'}]}}"
	"}}";

/* The network read from the template after changes. */
struct net {
	json_t *body, *parameters;
	struct template *t;
	struct template_eval *eval;
	struct deployment *d;
	const struct deployment_subnet *subnet;
	const struct deployment_group *group;
	struct reach_end from;
	struct reach_edge edge;
	const struct deployment_endpoint *endpoint;
};

static json_t *value(const char *text)
{
	OWN(str) char *copy = str_dup(text);
	struct err err = { 0 };
	json_t *v = NULL;

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	v = json_loads(copy, JSON_DECODE_ANY, NULL);
	CHECK_OK(v ? 0 : err_set(&err, ERR_INPUT, "%s", copy), err);
	return v;
}

static void begin(struct net *n)
{
	memset(n, 0, sizeof(*n));
	n->body = value(good);
}

static json_t *properties(struct net *n, const char *logical)
{
	return json_object_get(json_object_get(json_object_get(n->body, "Resources"), logical),
			       "Properties");
}

static void set(struct net *n, const char *logical, const char *property, const char *text)
{
	(void)json_object_set_new(properties(n, logical), property, value(text));
}

static void unset(struct net *n, const char *logical, const char *property)
{
	CHECK_INT(json_object_del(properties(n, logical), property), 0);
}

static void drop(struct net *n, const char *logical)
{
	CHECK_INT(json_object_del(json_object_get(n->body, "Resources"), logical), 0);
}

static void add(struct net *n, const char *logical, const char *text)
{
	(void)json_object_set_new(json_object_get(n->body, "Resources"), logical, value(text));
}

static void read_net(struct net *n)
{
	static const struct template_world world = { 0 };
	OWN(str) char *text = json_text(n->body);
	struct deployment_template list = { 0 };
	struct err err = { 0 };

	CHECK_OK(template_parse("net.json", text, strlen(text), &n->t, &err), err);
	CHECK_OK(template_parameters(n->t, NULL, NULL, 0, &world, &n->parameters, &err), err);
	CHECK_OK(template_eval_new(n->t, n->parameters, &world, &n->eval, &err), err);
	list = (struct deployment_template){ n->t, n->eval };
	CHECK_OK(deployment_read(&list, 1, &n->d, &err), err);
}

/* Where connections come from: a subnet by its logical id, the task group. */
static void from(struct net *n, const char *subnet, enum verdict public_address)
{
	size_t count = 0;
	const struct deployment_subnet *const *subnets;
	const struct deployment_group *const *groups;

	if (!n->d)
		read_net(n);
	subnets = deployment_subnets(n->d, &count);
	for (size_t i = 0; i < count; i++)
		if (subnets[i]->resource && str_eq(subnets[i]->resource->logical, subnet))
			n->subnet = subnets[i];
	groups = deployment_groups(n->d, &count);
	for (size_t i = 0; i < count; i++)
		if (groups[i]->resource && str_eq(groups[i]->resource->logical, "TaskGroup"))
			n->group = groups[i];
	CHECK(n->subnet != NULL && n->group != NULL);
	n->from = (struct reach_end){ &n->subnet, 1, &n->group, 1, public_address };
}

static enum verdict internet(struct net *n, const char *subnet, enum verdict public_address)
{
	from(n, subnet, public_address);
	reach_internet(n->d, &n->from, 443, &n->edge);
	return n->edge.verdict;
}

static enum verdict api(struct net *n, const char *service)
{
	from(n, "Private", VERDICT_FAIL);
	reach_api(n->d, &n->from, service, &n->edge, &n->endpoint);
	return n->edge.verdict;
}

static const char *place(const struct reach_evidence *e)
{
	return e->resource ? e->resource->logical : "nowhere";
}

static void end(struct net *n)
{
	deployment_free(n->d);
	template_eval_free(n->eval);
	template_free(n->t);
	json_decref(n->parameters);
	json_decref(n->body);
}

/* ---- internet
 * ------------------------------------------------------------------------------------ */

TEST(reach_internet, leads_through_a_nat_gateway_or_with_an_address_through_the_gateway)
{
	struct net n;

	begin(&n);
	CHECK_INT(internet(&n, "Private", VERDICT_FAIL), VERDICT_PASS);
	CHECK_INT(internet(&n, "Public", VERDICT_PASS), VERDICT_PASS);
	CHECK_INT(internet(&n, "Public", VERDICT_FAIL), VERDICT_FAIL);
	CHECK_STR(place(&n.edge.in), "PublicDefault");
	CHECK_INT(internet(&n, "Public", VERDICT_UNKNOWN), VERDICT_UNKNOWN);
	end(&n);
}

/* One change, the subnet, the verdict, and where the evidence points. */
static void faulty(void (*change)(struct net *), const char *subnet, enum verdict want,
		   const char *where)
{
	struct net n;

	begin(&n);
	change(&n);
	CHECK_INT(internet(&n, subnet, VERDICT_PASS), want);
	CHECK_STR(place(&n.edge.in), where);
	if (want == VERDICT_UNKNOWN)
		CHECK(n.edge.in.unknown[0] != '\0');
	end(&n);
}

static void no_attachment(struct net *n)
{
	drop(n, "Attachment");
}
static void other_vpc(struct net *n)
{
	set(n, "Attachment", "VpcId", "{'Ref': 'OtherVpc'}");
}
TEST(reach_internet, needs_the_gateway_attached_to_the_same_vpc)
{
	faulty(no_attachment, "Public", VERDICT_FAIL, "Gateway");
	faulty(no_attachment, "Private", VERDICT_FAIL, "Gateway");
	faulty(other_vpc, "Public", VERDICT_FAIL, "Attachment");
}

static void no_association(struct net *n)
{
	drop(n, "PrivateIn");
}
static void no_default(struct net *n)
{
	drop(n, "PrivateDefault");
}
TEST(reach_internet, needs_an_associated_table_with_a_default_route)
{
	faulty(no_association, "Private", VERDICT_FAIL, "Private");
	faulty(no_default, "Private", VERDICT_FAIL, "PrivateRoutes");
}

static void private_nat(struct net *n)
{
	set(n, "Nat", "SubnetId", "{'Ref': 'Private'}");
}
static void no_address(struct net *n)
{
	unset(n, "Nat", "AllocationId");
}
static void lost_nat(struct net *n)
{
	drop(n, "PublicIn");
}
TEST(reach_internet, needs_a_nat_gateway_with_an_address_in_a_public_subnet)
{
	faulty(private_nat, "Private", VERDICT_FAIL, "Nat");
	faulty(no_address, "Private", VERDICT_FAIL, "Nat");
	faulty(lost_nat, "Private", VERDICT_FAIL, "Nat");
}

static void transit(struct net *n)
{
	unset(n, "PrivateDefault", "NatGatewayId");
	set(n, "PrivateDefault", "TransitGatewayId", "'tgw-0123'");
}
static void foreign_nat(struct net *n)
{
	set(n, "PrivateDefault", "NatGatewayId", "'nat-0123'");
}
TEST(reach_internet, is_unknown_behind_what_the_templates_do_not_show)
{
	faulty(transit, "Private", VERDICT_UNKNOWN, "PrivateDefault");
	faulty(foreign_nat, "Private", VERDICT_UNKNOWN, "PrivateDefault");
}

static enum verdict with_egress(const char *rules)
{
	enum verdict v;
	struct net n;

	begin(&n);
	set(&n, "TaskGroup", "SecurityGroupEgress", rules);
	v = internet(&n, "Private", VERDICT_FAIL);
	CHECK_INT(n.edge.out.verdict, v);
	end(&n);
	return v;
}
TEST(reach_internet, needs_egress_to_the_world)
{
	CHECK_INT(with_egress("[{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443,"
			      "  'CidrIp': '0.0.0.0/0'}]"),
		  VERDICT_PASS);
	CHECK_INT(with_egress("[{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443,"
			      "  'CidrIp': '10.0.0.0/16'}]"),
		  VERDICT_FAIL);
	CHECK_INT(with_egress("[{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443,"
			      "  'CidrIp': '52.0.0.0/8'}]"),
		  VERDICT_UNKNOWN);
	CHECK_INT(with_egress("[{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443,"
			      "  'DestinationPrefixListId': 'pl-0123'}]"),
		  VERDICT_UNKNOWN);
	CHECK_INT(with_egress("[{'IpProtocol': 'tcp', 'FromPort': 2049, 'ToPort': 2049,"
			      "  'CidrIp': '0.0.0.0/0'}]"),
		  VERDICT_FAIL);
	CHECK_INT(with_egress("[{'IpProtocol': 'icmp', 'FromPort': 252, 'ToPort': 86,"
			      "  'CidrIp': '255.255.255.255/32'}]"),
		  VERDICT_FAIL);
}

/* An ACL on a subnet that lets 443 out and, with back, the answers in. */
static enum verdict with_acl(const char *subnet, bool back)
{
	OWN(str) char *association = NULL;
	enum verdict v;
	struct net n;

	begin(&n);
	association = str_printf("{'Type': 'AWS::EC2::SubnetNetworkAclAssociation', 'Properties': {"
				 "'SubnetId': {'Ref': '%s'}, 'NetworkAclId': {'Ref': 'Acl'}}}",
				 subnet);
	add(&n, "Acl", "{'Type': 'AWS::EC2::NetworkAcl', 'Properties': {'VpcId': {'Ref': 'Vpc'}}}");
	add(&n, "AclIn", association);
	add(&n, "Out",
	    "{'Type': 'AWS::EC2::NetworkAclEntry', 'Properties': {'NetworkAclId': {'Ref': 'Acl'},"
	    "'Egress': true, 'RuleNumber': 100, 'RuleAction': 'allow', 'Protocol': -1,"
	    "'CidrBlock': '0.0.0.0/0'}}");
	add(&n, "Out443",
	    "{'Type': 'AWS::EC2::NetworkAclEntry', 'Properties': {'NetworkAclId': {'Ref': 'Acl'},"
	    "'Egress': false, 'RuleNumber': 90, 'RuleAction': 'allow', 'Protocol': 6,"
	    "'PortRange': {'From': 443, 'To': 443}, 'CidrBlock': '0.0.0.0/0'}}");
	if (back)
		add(&n, "Back",
		    "{'Type': 'AWS::EC2::NetworkAclEntry', 'Properties': {"
		    "'NetworkAclId': {'Ref': 'Acl'}, 'RuleNumber': 110, 'RuleAction': 'allow',"
		    "'Protocol': 6, 'PortRange': {'From': 1024, 'To': 65535},"
		    "'CidrBlock': '0.0.0.0/0'}}");
	v = internet(&n, "Private", VERDICT_FAIL);
	if (!back)
		CHECK_INT(n.edge.acl_back.verdict, VERDICT_FAIL);
	end(&n);
	return v;
}
TEST(reach_internet, passes_the_acl_of_the_subnet_and_of_the_nat_gateway_both_ways)
{
	CHECK_INT(with_acl("Private", true), VERDICT_PASS);
	CHECK_INT(with_acl("Private", false), VERDICT_FAIL);
	CHECK_INT(with_acl("Public", true), VERDICT_PASS);
	CHECK_INT(with_acl("Public", false), VERDICT_FAIL);
}

/* ---- APIs
 * -------------------------------------------------------------------------------------------- */

TEST(reach_api, is_reached_by_its_endpoint_without_any_way_out)
{
	struct net n;

	begin(&n);
	drop(&n, "PrivateDefault");
	CHECK_INT(api(&n, "secretsmanager"), VERDICT_PASS);
	CHECK_STR(n.endpoint->resource->logical, "Secrets");
	CHECK_STR(place(&n.edge.in), "EndpointGroup");
	CHECK_INT(api(&n, "logs"), VERDICT_FAIL);
	CHECK(n.endpoint == NULL);
	CHECK_STR(place(&n.edge.in), "PrivateRoutes");
	end(&n);
}

TEST(reach_api, is_spoiled_by_the_endpoint_that_its_names_resolve_to)
{
	struct net n;

	begin(&n);
	unset(&n, "EndpointGroup", "SecurityGroupIngress");
	CHECK_INT(api(&n, "secretsmanager"), VERDICT_FAIL);
	CHECK_STR(n.endpoint->resource->logical, "Secrets");
	CHECK_STR(n.edge.in.group->resource->logical, "EndpointGroup");
	CHECK_INT(api(&n, "logs"), VERDICT_PASS); /* by the NAT gateway */
	end(&n);
}

/* Names that don't resolve to the endpoint: the internet has to do. */
static void without_names(const char *logical, const char *property, const char *text)
{
	struct net n;

	begin(&n);
	set(&n, logical, property, text);
	unset(&n, "EndpointGroup", "SecurityGroupIngress");
	CHECK_INT(api(&n, "secretsmanager"), VERDICT_PASS);
	end(&n);
	begin(&n);
	set(&n, logical, property, text);
	drop(&n, "PrivateDefault");
	CHECK_INT(api(&n, "secretsmanager"), VERDICT_FAIL);
	CHECK_STR(place(&n.edge.in), logical);
	CHECK_STR(n.endpoint->resource->logical, "Secrets");
	end(&n);
}
TEST(reach_api, by_endpoint_needs_private_dns_and_the_attributes_of_the_vpc)
{
	struct net n;

	without_names("Secrets", "PrivateDnsEnabled", "false");
	without_names("Vpc", "EnableDnsHostnames", "false");
	begin(&n);
	set(&n, "Vpc", "EnableDnsSupport", "false");
	CHECK_INT(api(&n, "secretsmanager"), VERDICT_FAIL); /* no name resolves at all */
	CHECK_STR(place(&n.edge.in), "Vpc");
	end(&n);
}

TEST(reach_api, of_s3_goes_by_the_gateway_of_the_route_table)
{
	struct net n;

	begin(&n);
	drop(&n, "PrivateDefault");
	CHECK_INT(api(&n, "s3"), VERDICT_PASS);
	CHECK_STR(n.endpoint->resource->logical, "S3");
	end(&n);
	begin(&n);
	drop(&n, "PrivateDefault");
	set(&n, "S3", "RouteTableIds", "[{'Ref': 'PublicRoutes'}]");
	CHECK_INT(api(&n, "s3"), VERDICT_FAIL);
	CHECK_STR(place(&n.edge.in), "S3");
	end(&n);
}

static enum verdict s3_with_egress(const char *rules)
{
	enum verdict v;
	struct net n;

	begin(&n);
	set(&n, "TaskGroup", "SecurityGroupEgress", rules);
	v = api(&n, "s3");
	end(&n);
	return v;
}
TEST(reach_api, of_s3_needs_egress_to_its_prefix_list_or_the_world)
{
	CHECK_INT(s3_with_egress("[{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443,"
				 "  'DestinationPrefixListId': 'pl-0123'}]"),
		  VERDICT_PASS);
	CHECK_INT(s3_with_egress("[{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443,"
				 "  'CidrIp': '0.0.0.0/0'}]"),
		  VERDICT_PASS);
	CHECK_INT(s3_with_egress("[{'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443,"
				 "  'CidrIp': '10.0.0.0/16'}]"),
		  VERDICT_FAIL);
}

/* Every VpcId becomes the id of a VPC that is not in the template. */
static void import_vpc(struct net *n)
{
	const char *logical;
	json_t *resource;

	json_object_foreach(json_object_get(n->body, "Resources"), logical, resource) {
		json_t *p = json_object_get(resource, "Properties");

		if (json_object_get(p, "VpcId"))
			(void)json_object_set_new(p, "VpcId", json_string("vpc-0123"));
	}
	drop(n, "Vpc");
}
TEST(reach_api, of_a_vpc_outside_is_unknown_unless_nothing_may_leave)
{
	struct net n;

	begin(&n);
	import_vpc(&n);
	drop(&n, "PrivateDefault");
	CHECK_INT(api(&n, "logs"), VERDICT_UNKNOWN);
	CHECK(strstr(n.edge.in.unknown, "describe-vpc-endpoints") != NULL);
	end(&n);
	begin(&n);
	import_vpc(&n);
	set(&n, "TaskGroup", "SecurityGroupEgress",
	    "[{'IpProtocol': 'tcp', 'FromPort': 2049, 'ToPort': 2049, 'CidrIp': '0.0.0.0/0'}]");
	CHECK_INT(api(&n, "logs"), VERDICT_FAIL);
	CHECK_INT(n.edge.out.verdict, VERDICT_FAIL);
	end(&n);
}
