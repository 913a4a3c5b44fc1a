#include <string.h>

#include "base/test.h"
#include "core/schema/schema.h"

TEST(schema, a_type_tells_its_properties_attributes_and_what_replaces_it)
{
	const struct schema_type *t = schema_type("AWS::EFS::MountTarget");
	const struct schema_object *o = t ? schema_type_object(t) : NULL;

	CHECK(t && o);
	if (!o)
		return;
	CHECK(schema_property(o, "SubnetId")->required);
	CHECK(schema_property(o, "SubnetId")->create_only);
	CHECK_INT(schema_property(o, "SecurityGroups")->shape, SCHEMA_LIST);
	CHECK(!schema_property(o, "subnetid"));
	CHECK(schema_attribute(t, "IpAddress"));
	CHECK(!schema_attribute(t, "IpAdress"));
	CHECK(!schema_type("AWS::EFS::MountTargets"));
	CHECK(strlen(schema_version()) >= 5);
}

TEST(schema, a_path_goes_through_lists_and_nested_objects)
{
	const struct schema_type *t = schema_type("AWS::ECS::TaskDefinition");
	const struct schema_property *p =
		schema_property_path(t, "Volumes/0/EFSVolumeConfiguration/TransitEncryption");

	CHECK(p && schema_allows(p, "ENABLED") && !schema_allows(p, "enabled"));
	CHECK(!schema_property_path(t, "Volumes/0/EfsVolumeConfiguration"));
	CHECK(!schema_property_path(t, "Family/More"));
	CHECK(schema_property_path(t, "ContainerDefinitions/2/Secrets/0/ValueFrom")->required);
}

TEST(schema, suggestions_are_near_and_only_near)
{
	const struct schema_object *o = schema_nested(schema_property_path(
		schema_type("AWS::ECS::TaskDefinition"), "Volumes/0/EFSVolumeConfiguration"));
	const struct schema_property *launch =
		schema_property_path(schema_type("AWS::ECS::Service"), "LaunchType");
	size_t len = 0;

	CHECK_STR(schema_suggest_property(o, "fileSystemId"), "FilesystemId");
	CHECK_STR(schema_suggest_property(o, "TransitEncrypton"), "TransitEncryption");
	CHECK(!schema_suggest_property(o, "Colour"));
	CHECK(!strncmp(schema_suggest_value(launch, "FARGAT", &len), "FARGATE", 7));
	CHECK_INT(len, 7);
	CHECK_STR(schema_suggest_type("AWS::EC2::SecurityGroupIngres"),
		  "AWS::EC2::SecurityGroupIngress");
	CHECK_INT(schema_type_exists("AWS::EC2::Vpc"), SCHEMA_TYPE_ABSENT);
	CHECK_INT(schema_type_exists("AWS::EC2::VPC"), SCHEMA_TYPE_EXISTS);
	CHECK_INT(schema_type_exists("AWS::CDK::Metadata"), SCHEMA_NOT_LISTED);
	CHECK_INT(schema_type_exists("Custom::Thing"), SCHEMA_NOT_LISTED);
}

TEST(schema, an_output_of_a_nested_stack_is_an_attribute)
{
	const struct schema_type *t = schema_type("AWS::CloudFormation::Stack");

	CHECK(schema_attribute(t, "Outputs.Url"));
	CHECK(!schema_attribute(t, "Output.Url"));
}
