/* What the engine must know of resource types: how Ref relates to attributes, which attributes
 * repeat a property, which types need a capability. Source: aws-wire.md section 8. */
#include <string.h>

#include "core/template/template-internal.h"

struct type_ref {
	const char *type, *attribute;
	const char *other; /* a second attribute with the same value, or NULL */
};

/* Sorted by type. */
/* clang-format off */
static const struct type_ref refs[] = {
	{ "AWS::ApplicationAutoScaling::ScalableTarget", "Id", NULL },
	{ "AWS::ApplicationAutoScaling::ScalingPolicy", "Arn", NULL },
	{ "AWS::CloudFormation::Stack", "StackId", NULL },
	{ "AWS::CloudFormation::WaitCondition", "Id", NULL },
	{ "AWS::CloudFormation::WaitConditionHandle", "Id", NULL },
	{ "AWS::EC2::EIP", "PublicIp", NULL },
	{ "AWS::EC2::EIPAssociation", "Id", NULL },
	{ "AWS::EC2::FlowLog", "Id", NULL },
	{ "AWS::EC2::Instance", "InstanceId", NULL },
	{ "AWS::EC2::InternetGateway", "InternetGatewayId", NULL },
	{ "AWS::EC2::LaunchTemplate", "LaunchTemplateId", NULL },
	{ "AWS::EC2::NatGateway", "NatGatewayId", NULL },
	{ "AWS::EC2::NetworkAcl", "Id", NULL },
	{ "AWS::EC2::NetworkAclEntry", "Id", NULL },
	{ "AWS::EC2::NetworkInterface", "Id", NULL },
	{ "AWS::EC2::RouteTable", "RouteTableId", NULL },
	{ "AWS::EC2::SecurityGroup", "GroupId", "Id" },
	{ "AWS::EC2::SecurityGroupEgress", "Id", NULL },
	{ "AWS::EC2::SecurityGroupIngress", "Id", NULL },
	{ "AWS::EC2::Subnet", "SubnetId", NULL },
	{ "AWS::EC2::SubnetNetworkAclAssociation", "AssociationId", NULL },
	{ "AWS::EC2::SubnetRouteTableAssociation", "Id", NULL },
	{ "AWS::EC2::VPC", "VpcId", NULL },
	{ "AWS::EC2::VPCEndpoint", "Id", NULL },
	{ "AWS::EC2::Volume", "VolumeId", NULL },
	{ "AWS::ECS::Service", "ServiceArn", NULL },
	{ "AWS::ECS::TaskDefinition", "TaskDefinitionArn", NULL },
	{ "AWS::EFS::AccessPoint", "AccessPointId", NULL },
	{ "AWS::EFS::FileSystem", "FileSystemId", NULL },
	{ "AWS::EFS::MountTarget", "Id", NULL },
	{ "AWS::ElasticLoadBalancingV2::Listener", "ListenerArn", NULL },
	{ "AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerArn", NULL },
	{ "AWS::ElasticLoadBalancingV2::TargetGroup", "TargetGroupArn", NULL },
	{ "AWS::IAM::AccessKey", "Id", NULL },
	{ "AWS::IAM::ManagedPolicy", "PolicyArn", NULL },
	{ "AWS::IAM::Policy", "Id", NULL },
	{ "AWS::KMS::Key", "KeyId", NULL },
	{ "AWS::Route53::HostedZone", "Id", NULL },
	{ "AWS::SNS::Topic", "TopicArn", NULL },
	{ "AWS::SecretsManager::ResourcePolicy", "Id", NULL },
	{ "AWS::SecretsManager::RotationSchedule", "Id", NULL },
	{ "AWS::SecretsManager::Secret", "Id", NULL },
	{ "AWS::SecretsManager::SecretTargetAttachment", "Id", NULL },
	{ "AWS::ServiceDiscovery::HttpNamespace", "Id", NULL },
	{ "AWS::ServiceDiscovery::PrivateDnsNamespace", "Id", NULL },
	{ "AWS::ServiceDiscovery::PublicDnsNamespace", "Id", NULL },
	{ "AWS::ServiceDiscovery::Service", "Id", NULL },
};

static const struct {
	const char *type, *attribute, *property;
} repeats[] = {
	{ "AWS::EC2::VPC", "CidrBlock", "CidrBlock" },
	{ "AWS::EC2::Subnet", "CidrBlock", "CidrBlock" },
	{ "AWS::EC2::Subnet", "VpcId", "VpcId" },
	{ "AWS::EC2::Subnet", "AvailabilityZone", "AvailabilityZone" },
	{ "AWS::EC2::Route", "CidrBlock", "DestinationCidrBlock" },
	{ "AWS::EC2::SecurityGroup", "VpcId", "VpcId" },
	{ "AWS::EC2::Instance", "PrivateIp", "PrivateIpAddress" },
	{ "AWS::EC2::NetworkInterface", "PrimaryPrivateIpAddress", "PrivateIpAddress" },
	{ "AWS::EFS::MountTarget", "IpAddress", "IpAddress" },
	{ "AWS::ECS::Service", "Name", "ServiceName" },
	{ "AWS::ServiceDiscovery::Service", "Name", "Name" },
	{ "AWS::SSM::Parameter", "Value", "Value" },
	{ "AWS::SSM::Parameter", "Type", "Type" },
};

/* name: the property that gives the resource a name of the user's choice */
static const struct {
	const char *type, *name;
} iam_types[] = {
	{ "AWS::IAM::AccessKey", NULL },
	{ "AWS::IAM::Group", "GroupName" },
	{ "AWS::IAM::GroupPolicy", NULL },
	{ "AWS::IAM::InstanceProfile", "InstanceProfileName" },
	{ "AWS::IAM::ManagedPolicy", "ManagedPolicyName" },
	{ "AWS::IAM::Policy", NULL },
	{ "AWS::IAM::Role", "RoleName" },
	{ "AWS::IAM::RolePolicy", NULL },
	{ "AWS::IAM::User", "UserName" },
	{ "AWS::IAM::UserPolicy", NULL },
	{ "AWS::IAM::UserToGroupAddition", NULL },
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int ref_compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct type_ref *)row)->type);
}

static const struct type_ref *ref_find(const char *type)
{
	return type ? bsearch(type, refs, COUNT(refs), sizeof(refs[0]), ref_compare) : NULL;
}

const char *template_ref_attribute(const char *type)
{
	const struct type_ref *row = ref_find(type);

	return row ? row->attribute : NULL;
}

bool type_attribute_is_ref(const char *type, const char *attribute)
{
	const struct type_ref *row = ref_find(type);

	return row && (!strcmp(attribute, row->attribute) ||
		       (row->other && !strcmp(attribute, row->other)));
}

const char *type_attribute_property(const char *type, const char *attribute)
{
	for (size_t i = 0; type && i < COUNT(repeats); i++)
		if (!strcmp(repeats[i].attribute, attribute) && !strcmp(repeats[i].type, type))
			return repeats[i].property;
	return NULL;
}

bool type_is_iam(const char *type)
{
	for (size_t i = 0; type && i < COUNT(iam_types); i++)
		if (!strcmp(iam_types[i].type, type))
			return true;
	return false;
}

const char *type_iam_name_property(const char *type)
{
	for (size_t i = 0; type && i < COUNT(iam_types); i++)
		if (!strcmp(iam_types[i].type, type))
			return iam_types[i].name;
	return NULL;
}

bool type_has_snapshot(const char *type)
{
	static const char *const types[] = {
		"AWS::DocDB::DBCluster",	  "AWS::EC2::Volume",
		"AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup",
		"AWS::Neptune::DBCluster",	  "AWS::RDS::DBCluster",
		"AWS::RDS::DBInstance",		  "AWS::Redshift::Cluster",
	};

	for (size_t i = 0; i < COUNT(types); i++)
		if (!strcmp(types[i], type))
			return true;
	return false;
}
