/* Group D: each rule with its fault in a good template, and with what looks like it but is right.
 */
#include <string.h>

#include "core/check/test-check-cdi.h"

#define GOOD "good/standalone.plain.json"
#define TASK "AWS::ECS::TaskDefinition"
#define SERVICE "AWS::ECS::Service"
#define POINT "AWS::EFS::AccessPoint"

static json_t *efs(json_t *t, const char *node)
{
	return json_path(cdi_props(t, TASK, node), "Volumes.0.EFSVolumeConfiguration");
}

static json_t *container(json_t *t, const char *node)
{
	return json_path(cdi_props(t, TASK, node), "ContainerDefinitions.0");
}

TEST(check_d, an_access_point_without_encryption_in_transit_is_d01)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "D01", "FAIL", false);
	json_object_del(efs(t, "Node0Task"), "TransitEncryption");
	cdi_expect(t, "D01", "FAIL", true);
	json_object_del(efs(t, "Node0Task"), "AuthorizationConfig");
	cdi_expect(t, "D01", "FAIL", false);
}

TEST(check_d, a_root_directory_beside_an_access_point_is_d02)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_set(efs(t, "Node0Task"), "RootDirectory", "\"/\"");
	cdi_expect(t, "D02", "FAIL", false);
	cdi_set(efs(t, "Node0Task"), "RootDirectory", "\"/node-0\"");
	cdi_expect(t, "D02", "FAIL", true);
	json_object_del(efs(t, "Node0Task"), "AuthorizationConfig");
	cdi_expect(t, "D02", "FAIL", false);
	cdi_expect(t, "D03", "FAIL", true);
}

TEST(check_d, an_access_point_that_may_not_make_its_directory_is_d04)
{
	OWN(json) json_t *t = cdi_load(GOOD);
	json_t *root = json_object_get(cdi_props(t, POINT, "Node0"), "RootDirectory");

	cdi_expect(t, "D04", "FAIL", false);
	json_object_del(root, "CreationInfo");
	cdi_expect(t, "D04", "FAIL", true);
	cdi_set(root, "Path", "\"/\"");
	cdi_expect(t, "D04", "FAIL", false);
	cdi_set(root, "Path", "\"/a/b/c/d/e\"");
	cdi_expect(t, "D04", "FAIL", true);
}

TEST(check_d, an_owner_other_than_the_user_is_d05_unless_the_mode_admits_it)
{
	OWN(json) json_t *t = cdi_load(GOOD);
	json_t *info = json_path(cdi_props(t, POINT, "Node0"), "RootDirectory.CreationInfo");

	cdi_expect(t, "D05", "FAIL", false);
	cdi_set(info, "OwnerUid", "0");
	cdi_set(info, "OwnerGid", "0");
	cdi_expect(t, "D05", "FAIL", true);
	cdi_set(info, "OwnerGid", "1000");
	cdi_set(info, "Permissions", "\"0775\"");
	cdi_expect(t, "D05", "FAIL", false);
}

TEST(check_d, a_zone_without_mount_target_is_d06_and_says_what_to_add)
{
	OWN(json) json_t *t = cdi_load(GOOD), *findings = NULL;
	const json_t *f;

	cdi_drop(t, "AWS::EFS::MountTarget", "Subnet2");
	findings = cdi_findings(t, NULL);
	f = cdi_finding(findings, "D06", "FAIL");
	CHECK(f && strstr(json_str(f, "remedy"), "VpcprivateSubnet2Subnet2DE7549C"));
	CHECK(!cdi_finding(findings, "C01", "FAIL"));
}

TEST(check_d, a_mount_target_in_another_subnet_of_the_zone_is_enough)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_set(cdi_props(t, "AWS::EFS::MountTarget", "Subnet2"), "SubnetId",
		"{\"Ref\":\"VpcpublicSubnet2SubnetE34B022A\"}");
	cdi_expect(t, "D06", "FAIL", false);
	cdi_expect(t, "D22", "FAIL", false);
	cdi_set(cdi_props(t, "AWS::EFS::MountTarget", "Subnet2"), "SubnetId",
		"{\"Ref\":\"VpcpublicSubnet1Subnet2BB74ED7\"}");
	cdi_expect(t, "D06", "FAIL", true);
	cdi_expect(t, "D22", "FAIL", true);
}

TEST(check_d, a_service_that_does_not_wait_is_d07_and_one_that_waits_indirectly_is_not)
{
	OWN(json) json_t *t = cdi_load(GOOD);
	json_t *service = cdi_find(t, SERVICE, "Node0Service");

	json_object_del(service, "DependsOn");
	json_object_del(cdi_find(t, "AWS::ServiceDiscovery::Service", "Node0Service"), "DependsOn");
	cdi_expect(t, "D07", "WARN", true);
	cdi_set(cdi_find(t, TASK, "Node0Task"), "DependsOn",
		"[\"MpcFileSystemEfsMountTargetprivateSubnet1EA817754\","
		"\"MpcFileSystemEfsMountTargetprivateSubnet2570802A3\"]");
	cdi_expect(t, "D07", "WARN", false);
}

TEST(check_d, host_names_off_is_d08)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "D08", "FAIL", false);
	json_object_del(cdi_props(t, "AWS::EC2::VPC", ""), "EnableDnsSupport");
	cdi_expect(t, "D08", "FAIL", false);
	json_object_del(cdi_props(t, "AWS::EC2::VPC", ""), "EnableDnsHostnames");
	cdi_expect(t, "D08", "FAIL", true);
}

TEST(check_d, no_right_to_mount_is_d09)
{
	OWN(json) json_t *t = cdi_load(GOOD);
	json_t *policy = cdi_props(t, "AWS::IAM::Policy", "TaskRoleDefaultPolicy");
	json_t *statement = json_path(policy, "PolicyDocument.Statement.0");

	cdi_set(statement, "Action", "\"elasticfilesystem:ClientWrite\"");
	cdi_expect(t, "D09", "FAIL", true);
	cdi_set(statement, "Action", "\"elasticfilesystem:Client*\"");
	cdi_set(statement, "Resource",
		"{\"Fn::Sub\":\"arn:${AWS::Partition}:elasticfilesystem:${AWS::Region}:${AWS::"
		"AccountId}:"
		"file-system/${MpcFileSystem69FC1F4C}\"}");
	cdi_expect(t, "D09", "FAIL", false);
	cdi_expect(t, "D09", "UNKNOWN", false);
	cdi_expect(t, "D10", "FAIL", false);
	cdi_set(statement, "Resource", "{\"Fn::ImportValue\":\"FileSystemArn\"}");
	cdi_expect(t, "D09", "UNKNOWN", true);
}

TEST(check_d, the_policy_of_the_file_system_may_name_the_role_itself)
{
	OWN(json) json_t *t = cdi_load(GOOD);
	json_t *policy = cdi_props(t, "AWS::IAM::Policy", "TaskRoleDefaultPolicy");

	cdi_set(json_path(policy, "PolicyDocument.Statement.0"), "Action", "\"s3:GetObject\"");
	cdi_set(json_path(cdi_props(t, "AWS::EFS::FileSystem", ""), "FileSystemPolicy.Statement.0"),
		"Principal", "{\"AWS\":{\"Fn::GetAtt\":[\"MpcTaskRoleBF7E3635\",\"Arn\"]}}");
	cdi_set(json_path(cdi_props(t, "AWS::EFS::FileSystem", ""), "FileSystemPolicy.Statement.0"),
		"Action", "\"elasticfilesystem:*\"");
	cdi_expect(t, "D09", "FAIL", false);
	cdi_expect(t, "D10", "FAIL", false);
}

TEST(check_d, no_right_to_write_is_d10_unless_the_mount_is_read_only)
{
	OWN(json) json_t *t = cdi_load("faulty/clientwrite-missing.json");

	cdi_expect(t, "D10", "FAIL", true);
	cdi_expect(t, "D09", "FAIL", false);
	for (int i = 0; i < 3; i++)
		cdi_set(json_path(container(t, i == 0	? "Node0Task"
					       : i == 1 ? "Node1Task"
							: "Node2Task"),
				  "MountPoints.0"),
			"ReadOnly", "true");
	cdi_expect(t, "D10", "FAIL", false);
	cdi_expect(t, "D19", "FAIL", true);
}

TEST(check_d, iam_without_task_role_is_d11)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "D11", "FAIL", false);
	json_object_del(cdi_props(t, TASK, "Node0Task"), "TaskRoleArn");
	cdi_expect(t, "D11", "FAIL", true);
}

TEST(check_d, an_access_point_of_another_file_system_is_d12)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "D12", "FAIL", false);
	cdi_add(t, "{\"Fs2\":{\"Type\":\"AWS::EFS::FileSystem\",\"Properties\":{}}}");
	cdi_set(cdi_props(t, POINT, "Node1"), "FileSystemId", "{\"Ref\":\"Fs2\"}");
	cdi_expect(t, "D12", "FAIL", true);
	cdi_set(cdi_props(t, POINT, "Node1"), "FileSystemId", "\"fs-0123456789abcdef0\"");
	cdi_expect(t, "D12", "FAIL", false);
	cdi_expect(t, "D12", "UNKNOWN", true);
}

TEST(check_d, another_name_of_the_volume_is_d13)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "D13", "FAIL", false);
	cdi_set(json_path(cdi_props(t, TASK, "Node0Task"), "Volumes.0"), "Name", "\"other\"");
	cdi_expect(t, "D13", "FAIL", true);
	cdi_expect(t, "D13", "WARN", true);
}

TEST(check_d, nodes_of_one_directory_are_d14)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "D14", "FAIL", false);
	cdi_set(json_object_get(cdi_props(t, POINT, "Node1"), "RootDirectory"), "Path",
		"\"/node-0/below\"");
	cdi_expect(t, "D14", "FAIL", true);
	cdi_set(json_object_get(cdi_props(t, POINT, "Node1"), "RootDirectory"), "Path",
		"\"/node-00\"");
	cdi_expect(t, "D14", "FAIL", false);
	cdi_set(cdi_props(t, SERVICE, "Node0Service"), "DesiredCount", "2");
	cdi_expect(t, "D14", "FAIL", true);
}

TEST(check_d, overlap_in_a_deployment_is_d15)
{
	OWN(json) json_t *t = cdi_load(GOOD);
	json_t *p = cdi_props(t, SERVICE, "Node0Service");

	cdi_expect(t, "D15", "WARN", false);
	cdi_set(json_object_get(p, "DeploymentConfiguration"), "MaximumPercent", "199");
	cdi_expect(t, "D15", "WARN", false);
	json_object_del(p, "DeploymentConfiguration");
	cdi_expect(t, "D15", "WARN", true);
}

TEST(check_d, a_read_only_root_is_d20_and_no_volume_d25)
{
	OWN(json) json_t *t = cdi_load(GOOD);
	json_t *p = cdi_props(t, TASK, "Node0Task");

	cdi_expect(t, "D20", "WARN", false);
	cdi_expect(t, "D25", "WARN", false);
	cdi_set(container(t, "Node0Task"), "ReadonlyRootFilesystem", "true");
	cdi_expect(t, "D20", "WARN", true);
	cdi_set(p, "EphemeralStorage", "{\"SizeInGiB\":200}");
	cdi_expect(t, "D25", "FAIL", false);
	cdi_set(p, "EphemeralStorage", "{\"SizeInGiB\":20}");
	cdi_expect(t, "D25", "FAIL", true);
	json_object_del(p, "Volumes");
	json_object_del(container(t, "Node0Task"), "MountPoints");
	cdi_expect(t, "D25", "WARN", true);
}

TEST(check_d, a_one_zone_file_system_with_targets_in_two_zones_is_d21)
{
	OWN(json) json_t *t = cdi_load(GOOD);

	cdi_expect(t, "D21", "FAIL", false);
	cdi_set(cdi_props(t, "AWS::EFS::FileSystem", ""), "AvailabilityZoneName",
		"{\"Fn::Select\":[0,{\"Fn::GetAZs\":\"\"}]}");
	cdi_expect(t, "D21", "FAIL", true);
	cdi_drop(t, "AWS::EFS::MountTarget", "Subnet2");
	cdi_expect(t, "D21", "FAIL", false);
}

TEST(check_d, the_spelling_of_the_api_is_d23)
{
	OWN(json) json_t *t = cdi_load(GOOD), *findings = NULL;
	json_t *config = efs(t, "Node0Task");
	const json_t *f;

	cdi_expect(t, "D23", "FAIL", false);
	json_object_set(config, "fileSystemId", json_object_get(config, "FilesystemId"));
	json_object_del(config, "FilesystemId");
	findings = cdi_findings(t, NULL);
	f = cdi_finding(findings, "D23", "FAIL");
	CHECK(f != NULL);
	CHECK(strstr(json_str_or(f, "remedy", ""), "FilesystemId") != NULL);
}

TEST(check_d, rebalancing_is_d29_when_absent_and_refused_when_enabled_without_overlap)
{
	OWN(json) json_t *t = cdi_load(GOOD);
	json_t *p = cdi_props(t, SERVICE, "Node0Service");

	cdi_expect(t, "D29", "WARN", false);
	json_object_del(p, "AvailabilityZoneRebalancing");
	cdi_expect(t, "D29", "WARN", true);
	cdi_set(p, "AvailabilityZoneRebalancing", "\"ENABLED\"");
	cdi_expect(t, "D29", "FAIL", true);
}
