#!/usr/bin/env python3
"""Debian's boto3: what the services list, in pages, and what they say about things that are not there."""
import json, os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clients import *

SLEEPER = {"family": "sleeper", "cpu": "256", "memory": "512", "networkMode": "awsvpc",
           "requiresCompatibilities": ["FARGATE"],
           "containerDefinitions": [{"name": "c", "image": "busybox", "command": ["sh", "-c", "sleep 300"]}]}


def paged(client, operation, member, size, **arguments):
    """All of a list, read in pages of `size`; there has to be more than one."""
    pages = list(client.get_paginator(operation).paginate(PaginationConfig={"PageSize": size}, **arguments))
    assert len(pages) > 1, f"{operation}: {len(pages)} page"
    return [one for page in pages for one in page[member]]


@test
def lists_come_in_pages_without_gaps_or_repetitions():
    with ClientCloud() as cloud:
        for i in range(5):
            cloud.logs.create_log_group(logGroupName=f"/g/{i}")
            cloud.logs.create_log_stream(logGroupName="/g/0", logStreamName=f"s{i}")
            cloud.ecs.create_cluster(clusterName=f"c{i}")
            cloud.ecs.register_task_definition(**{**SLEEPER, "family": f"f{i}"})
            cloud.secretsmanager.create_secret(Name=f"s{i}", SecretString="x")
            cloud.ssm.put_parameter(Name=f"/p/{i}", Type="String", Value="x")
            cloud.efs.create_file_system(CreationToken=f"t{i}", Tags=[{"Key": "Name", "Value": f"n{i}"}])
            cloud.s3.put_object(Bucket="cdk-hnb659fds-assets-000000000000-us-east-1", Key=f"k{i}", Body=b"x")
        vpc = cloud.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        for i in range(5):
            cloud.ec2.create_security_group(GroupName=f"sg{i}", Description="x", VpcId=vpc)
            cloud.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24")
        names = [f"/g/{i}" for i in range(5)]
        expect([g["logGroupName"] for g in paged(cloud.logs, "describe_log_groups", "logGroups", 2)], names)
        expect(len(paged(cloud.logs, "describe_log_streams", "logStreams", 2, logGroupName="/g/0")), 5)
        expect(len(set(paged(cloud.ecs, "list_clusters", "clusterArns", 2))), 5)
        expect(len(set(paged(cloud.ecs, "list_task_definitions", "taskDefinitionArns", 2))), 5)
        expect(len({s["ARN"] for s in paged(cloud.secretsmanager, "list_secrets", "SecretList", 2)}), 5)
        expect(len(paged(cloud.ssm, "get_parameters_by_path", "Parameters", 2, Path="/p")), 5)
        expect([f["Name"] for f in paged(cloud.efs, "describe_file_systems", "FileSystems", 2)],
               [f"n{i}" for i in range(5)])
        expect([o["Key"] for o in paged(cloud.s3, "list_objects_v2", "Contents", 2, Prefix="k",
                                        Bucket="cdk-hnb659fds-assets-000000000000-us-east-1")],
               [f"k{i}" for i in range(5)])
        groups = paged(cloud.ec2, "describe_security_groups", "SecurityGroups", 5, Filters=[
            {"Name": "vpc-id", "Values": [vpc]}])
        expect(len({g["GroupId"] for g in groups}), 6)  # and the default one
        expect(len(cloud.ec2.describe_subnets(Filters=[{"Name": "cidr-block", "Values": ["10.0.3.0/24"]}])["Subnets"]), 1)


@test
def tags_are_kept_by_every_service_that_has_them():
    with ClientCloud() as cloud:
        system = cloud.efs.create_file_system(CreationToken="t", Tags=[{"Key": "Name", "Value": "old"}])["FileSystemId"]
        cloud.efs.tag_resource(ResourceId=system, Tags=[{"Key": "Name", "Value": "new"}, {"Key": "team", "Value": "mpc"}])
        expect(cloud.efs.describe_file_systems(FileSystemId=system)["FileSystems"][0]["Name"], "new")
        cloud.efs.untag_resource(ResourceId=system, TagKeys=["Name"])
        expect(cloud.efs.list_tags_for_resource(ResourceId=system)["Tags"], [{"Key": "team", "Value": "mpc"}])
        expect(refusal(cloud.efs.tag_resource, ResourceId="fs-00000000000000000", Tags=[])[0:2],
               ("FileSystemNotFound", 404))
        secret = cloud.secretsmanager.create_secret(Name="s", SecretString="x", Tags=[{"Key": "a", "Value": "b"}])["ARN"]
        cloud.secretsmanager.untag_resource(SecretId=secret, TagKeys=["a"])
        expect(cloud.secretsmanager.describe_secret(SecretId="s").get("Tags", []), [])
        arn = cloud.ecs.create_cluster(clusterName="c", tags=[{"key": "a", "value": "b"}])["cluster"]["clusterArn"]
        expect(cloud.ecs.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "a", "value": "b"}])


@test
def commands_in_tasks_are_refused_as_AWS_does_without_its_agent():
    with ClientCloud() as cloud:
        vpc = cloud.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = cloud.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        cloud.ecs.create_cluster(clusterName="c")
        cloud.ecs.register_task_definition(**SLEEPER)
        # without a way to a registry the task would not start, as on AWS
        gateway = cloud.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        cloud.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        table = cloud.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]
        cloud.ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        network = {"awsvpcConfiguration": {"subnets": [subnet], "assignPublicIp": "ENABLED"}}
        command = {"cluster": "c", "command": "sh", "interactive": True}
        for enabled, code in ((False, "InvalidParameterException"), (True, "TargetNotConnectedException")):
            run = cloud.ecs.run_task(cluster="c", taskDefinition="sleeper", launchType="FARGATE",
                                     networkConfiguration=network, enableExecuteCommand=enabled)
            task = run["tasks"][0]["taskArn"]
            cloud.ecs.get_waiter("tasks_running").wait(cluster="c", tasks=[task], WaiterConfig={"Delay": 1})
            expect(refusal(cloud.ecs.execute_command, task=task, **command)[0:2], (code, 400))
        expect(refusal(cloud.ecs.execute_command, task="0" * 32, **command)[0], "InvalidParameterException")
        expect(refusal(cloud.ecs.execute_command, task=task, **{**command, "cluster": "no"})[0],
               "ClusterNotFoundException")


@test
def what_is_not_there_has_the_code_of_its_service():
    role = "arn:aws:iam::000000000000:role/none"
    with ClientCloud() as cloud:
        for function, arguments, code, status in (
                (cloud.iam.get_role, {"RoleName": "none"}, "NoSuchEntity", 404),
                (cloud.iam.simulate_principal_policy, {"PolicySourceArn": role, "ActionNames": ["s3:GetObject"]},
                 "NoSuchEntity", 404),
                (cloud.kms.describe_key, {"KeyId": "none"}, "NotFoundException", 400),
                (cloud.ssm.get_parameter, {"Name": "/none"}, "ParameterNotFound", 400),
                (cloud.servicediscovery.get_namespace, {"Id": "ns-none"}, "NamespaceNotFound", 400),
                (cloud.efs.describe_access_points, {"AccessPointId": "fsap-00000000000000000"}, "AccessPointNotFound",
                 404),
                (cloud.efs.describe_mount_targets, {"MountTargetId": "fsmt-00000000000000000"}, "MountTargetNotFound",
                 404),
                (cloud.logs.get_log_events, {"logGroupName": "/none", "logStreamName": "s"}, "ResourceNotFoundException",
                 400),
                (cloud.ecs.describe_task_definition, {"taskDefinition": "none"}, "ClientException", 400),
                (cloud.ec2.describe_subnets, {"SubnetIds": ["subnet-00000000000000000"]}, "InvalidSubnetID.NotFound", 400),
                (cloud.ec2.describe_security_groups, {"GroupIds": ["sg-00000000000000000"]}, "InvalidGroup.NotFound", 400),
                (cloud.ecr.describe_images, {"repositoryName": "none"}, "RepositoryNotFoundException", 400),
                (cloud.s3.get_object, {"Bucket": "none-such", "Key": "k"}, "NoSuchBucket", 404),
                (cloud.cloudformation.describe_stack_resource, {"StackName": "s", "LogicalResourceId": "R"},
                 "ValidationError", 400)):
            expect(refusal(function, **arguments)[0:2], (code, status))


main()
