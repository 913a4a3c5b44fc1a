#!/usr/bin/env python3
"""Debian's stock aws CLI against the local cloud: the flows of the main job without mpcup's own commands."""
import json, os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *


def parameters(path):
    return "file://" + template(path)


@test
def a_stack_is_created_described_and_deleted():
    with Cloud() as cloud:
        cloud.ok("cloud", "start")
        assert cloud.aws("sts", "get-caller-identity")["Account"] == "000000000000"
        created = cloud.aws("cloudformation", "create-stack", "--stack-name", "Mpc", "--template-body",
                            "file://" + template("good/standalone.plain.json"), "--parameters",
                            parameters("params/cdk-3.json"), "--capabilities", "CAPABILITY_IAM")
        assert ":stack/Mpc/" in created["StackId"]
        cloud.aws("cloudformation", "wait", "stack-create-complete", "--stack-name", "Mpc")
        stack = cloud.aws("cloudformation", "describe-stacks", "--stack-name", "Mpc")["Stacks"][0]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack
        hidden = {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}
        assert hidden["Node0P2pKey"] == "****"
        outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
        cluster = next(v for k, v in outputs.items() if "Cluster" in k)
        arns = cloud.aws("ecs", "list-services", "--cluster", cluster)["serviceArns"]
        assert len(arns) == 3
        cloud.aws("ecs", "wait", "services-stable", "--cluster", cluster, "--services", *arns)
        tasks = cloud.aws("ecs", "list-tasks", "--cluster", cluster)["taskArns"]
        described = cloud.aws("ecs", "describe-tasks", "--cluster", cluster, "--tasks", *tasks)["tasks"]
        assert [t["lastStatus"] for t in described] == ["RUNNING"] * 3
        assert all(t["containers"][0]["networkBindings"][0]["bindIP"] == "127.0.0.1" for t in described)
        groups = cloud.aws("logs", "describe-log-groups")["logGroups"]
        assert len(groups) == 3
        lines = cloud.aws("logs", "filter-log-events", "--log-group-name", groups[0]["logGroupName"])["events"]
        assert any("Starting mpc node" in e["message"] for e in lines)
        events = cloud.aws("cloudformation", "describe-stack-events", "--stack-name", "Mpc")["StackEvents"]
        assert events[0]["ResourceStatus"] == "CREATE_COMPLETE" and events[0]["LogicalResourceId"] == "Mpc"
        assert len({e["EventId"] for e in events}) == len(events)
        cloud.aws("cloudformation", "delete-stack", "--stack-name", "Mpc")
        cloud.aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", created["StackId"])
        assert cloud.aws("ec2", "describe-vpcs")["Vpcs"] == []


def refused(cloud, *arguments):
    try:
        cloud.aws(*arguments)
    except AssertionError as error:
        return str(error)
    raise AssertionError("was not refused: " + " ".join(arguments))


@test
def refusals_have_the_codes_and_words_of_aws():
    with Cloud() as cloud:
        cloud.ok("cloud", "start")
        assert "ValidationError" in refused(cloud, "cloudformation", "describe-stacks", "--stack-name", "Nope")
        assert "Stack with id Nope does not exist" in refused(cloud, "cloudformation", "describe-stacks",
                                                              "--stack-name", "Nope")
        def refusal_of(kind):
            body = json.dumps({"Resources": {"F": {"Type": kind, "Properties": {}}}})
            return refused(cloud, "cloudformation", "create-stack", "--stack-name", "L", "--template-body", body)
        text = refusal_of("AWS::SNS::Topic")
        assert "AWS::SNS::Topic" in text and "AWS::ECS::Service" in text, text
        assert "runs no Lambda functions" in refusal_of("AWS::Lambda::Function")
        assert "InsufficientCapabilities" in refused(
            cloud, "cloudformation", "create-stack", "--stack-name", "Mpc", "--template-body",
            "file://" + template("good/standalone.plain.json"), "--parameters", parameters("params/cdk-3.json"))
        assert "must have values" in refused(
            cloud, "cloudformation", "create-stack", "--stack-name", "Mpc", "--template-body",
            "file://" + template("good/standalone.plain.json"), "--capabilities", "CAPABILITY_IAM")
        assert "ClusterNotFoundException" in refused(cloud, "ecs", "list-tasks", "--cluster", "nope")
        assert "ResourceNotFoundException" in refused(cloud, "secretsmanager", "get-secret-value", "--secret-id", "x")


@test
def faulty_templates_that_aws_refuses_at_create_are_refused_here():
    with Cloud() as cloud:
        cloud.ok("cloud", "start")
        for name in ("dangling-ref", "too-many-resources", "duplicate-export", "fargate-bad-size",
                     "fargate-bridge-network", "host-port-differs", "privileged"):
            result = cloud.run("up", template(f"faulty/{name}.json"), "--force", "--stack", "Mpc", "--params",
                               template("params/" + ("cdk-60.json" if name == "too-many-resources" else "cdk-3.json")),
                               "--chain-key", template("chain.json"))
            assert result.code in (1, 2, 3) and result.err.strip(), (name, result)
        assert all(s["StackStatus"] in ("ROLLBACK_COMPLETE", "DELETE_COMPLETE") for s in
                   cloud.aws("cloudformation", "list-stacks")["StackSummaries"])


@test
def a_foreign_host_or_origin_is_refused():
    import urllib.error
    with Cloud() as cloud:
        cloud.ok("cloud", "start")
        for header in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            request = urllib.request.Request(f"http://127.0.0.1:{cloud.port}/_mpcup/health", headers=header)
            try:
                urllib.request.urlopen(request, timeout=5)
                raise AssertionError(f"served in spite of {header}")
            except urllib.error.HTTPError as error:
                assert error.code == 403, error


@test
def secrets_and_parameters_work_from_the_stock_client():
    with Cloud() as cloud:
        cloud.ok("cloud", "start")
        made = cloud.aws("secretsmanager", "create-secret", "--name", "a", "--secret-string", "one")
        cloud.aws("secretsmanager", "put-secret-value", "--secret-id", "a", "--secret-string", "two")
        assert cloud.aws("secretsmanager", "get-secret-value", "--secret-id", made["ARN"])["SecretString"] == "two"
        previous = cloud.aws("secretsmanager", "get-secret-value", "--secret-id", "a", "--version-stage", "AWSPREVIOUS")
        assert previous["SecretString"] == "one"
        cloud.aws("ssm", "put-parameter", "--name", "/a/b", "--type", "String", "--value", "c")
        assert cloud.aws("ssm", "get-parameter", "--name", "/a/b")["Parameter"]["Value"] == "c"
        cloud.ok("cloud", "stop")
        cloud.ok("cloud", "start")
        assert cloud.aws("secretsmanager", "get-secret-value", "--secret-id", "a")["SecretString"] == "two"


INNER = """
Parameters: {Size: {Type: String}, Secret: {Type: String, NoEcho: true}}
Resources:
  Group: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Size}}
  Kept: {Type: AWS::SecretsManager::Secret, Properties: {SecretString: !Ref Secret}}
Outputs: {Name: {Value: !Ref Group, Export: {Name: !Sub "${AWS::StackName}-name"}}}
"""
BROKEN = """
Parameters: {Size: {Type: String}, Secret: {Type: String, NoEcho: true}}
Resources:
  Fine: {Type: AWS::Logs::LogGroup}
  Wrong: {Type: AWS::EC2::Subnet, DependsOn: Fine, Properties: {VpcId: vpc-00000000, CidrBlock: 10.0.0.0/24}}
"""


def outer(url, first, second):
    nested = "  {0}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: '{1}', Parameters: {{Size: '{2}', Secret: hidden-thing}}}}}}"
    return "\n".join(["Resources:", nested.format("One", url(first[0]), first[1]),
                      nested.format("Two", url(second[0]), second[1]),
                      "Outputs: {Name: {Value: !GetAtt Two.Outputs.Name}}"])


def put_templates(cloud):
    cloud.aws("s3api", "create-bucket", "--bucket", "templates")
    for key, text in (("inner.yaml", INNER), ("broken.yaml", BROKEN)):
        path = os.path.join(cloud.work, key)
        with open(path, "w") as file:
            file.write(text)
        cloud.aws("s3api", "put-object", "--bucket", "templates", "--key", key, "--body", path)


def until(cloud, stack, status):
    """The CLI's own waiters look every 30 seconds."""
    wait_for(lambda: cloud.aws("cloudformation", "describe-stacks", "--stack-name", stack)["Stacks"][0]["StackStatus"]
             == status, f"{stack} is {status}")


def children(cloud):
    return {s["StackName"].split("-")[1]: s for s in cloud.aws("cloudformation", "describe-stacks")["Stacks"]
            if "ParentId" in s}


def group_days(cloud):
    return sorted(g["retentionInDays"] for g in cloud.aws("logs", "describe-log-groups")["logGroups"])


@test
def nested_stacks_live_and_go_with_their_parent():
    with Cloud() as cloud:
        cloud.ok("cloud", "start")
        put_templates(cloud)
        path = lambda key: f"http://127.0.0.1:{cloud.port}/templates/{key}"
        virtual = lambda key: f"https://templates.s3.us-east-1.amazonaws.com/{key}"
        regional = lambda key: f"https://s3.us-east-1.amazonaws.com/templates/{key}"
        made = cloud.aws("cloudformation", "create-stack", "--stack-name", "P", "--template-body",
                         outer(path, ("inner.yaml", 1), ("inner.yaml", 3)), "--tags", "Key=team,Value=x")["StackId"]
        until(cloud, "P", "CREATE_COMPLETE")
        there = children(cloud)
        assert set(there) == {"One", "Two"} and all(s["ParentId"] == s["RootId"] == made for s in there.values())
        assert there["One"]["Tags"] == [{"Key": "team", "Value": "x"}]
        assert {p["ParameterKey"]: p["ParameterValue"] for p in there["One"]["Parameters"]} == {"Size": "1", "Secret": "****"}
        output = cloud.aws("cloudformation", "describe-stacks", "--stack-name", "P")["Stacks"][0]["Outputs"][0]
        assert output["OutputValue"] == there["Two"]["Outputs"][0]["OutputValue"]
        assert [e["ExportingStackId"] for e in cloud.aws("cloudformation", "list-exports")["Exports"]].count(
            there["One"]["StackId"]) == 1

        before = len(cloud.aws("cloudformation", "describe-stack-events", "--stack-name",
                               there["One"]["StackId"])["StackEvents"])
        # other forms of the URL are a change of the parent's resource, none of the child
        cloud.aws("cloudformation", "update-stack", "--stack-name", "P", "--template-body",
                  outer(virtual, ("inner.yaml", 1), ("inner.yaml", 5)))
        until(cloud, "P", "UPDATE_COMPLETE")
        after = children(cloud)
        assert (after["One"]["StackStatus"], after["Two"]["StackStatus"]) == ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        assert len(cloud.aws("cloudformation", "describe-stack-events", "--stack-name",
                             there["One"]["StackId"])["StackEvents"]) == before
        assert group_days(cloud) == [1, 5]

        cloud.aws("cloudformation", "update-stack", "--stack-name", "P", "--template-body",
                  outer(regional, ("inner.yaml", 7), ("broken.yaml", 5)))
        until(cloud, "P", "UPDATE_ROLLBACK_COMPLETE")
        assert {s["StackStatus"] for s in children(cloud).values()} <= {"UPDATE_ROLLBACK_COMPLETE", "CREATE_COMPLETE"}
        assert group_days(cloud) == [1, 5]
        reasons = [e.get("ResourceStatusReason", "") for e in
                   cloud.aws("cloudformation", "describe-stack-events", "--stack-name", "P")["StackEvents"]]
        assert any(r.startswith(f"Embedded stack {there['Two']['StackId']} was not successfully updated. Currently in "
                                "UPDATE_ROLLBACK_IN_PROGRESS with reason: The following resource(s) failed to create: "
                                "[Wrong]") for r in reasons), reasons
        assert "hidden-thing" not in json.dumps(reasons)

        cloud.aws("cloudformation", "delete-stack", "--stack-name", "P")
        until(cloud, made, "DELETE_COMPLETE")
        assert cloud.aws("cloudformation", "describe-stacks")["Stacks"] == [] and group_days(cloud) == []
        gone = cloud.aws("cloudformation", "describe-stacks", "--stack-name", there["One"]["StackId"])["Stacks"][0]
        assert gone["StackStatus"] == "DELETE_COMPLETE"


@test
def a_failing_nested_stack_takes_the_whole_creation_back():
    with Cloud() as cloud:
        cloud.ok("cloud", "start")
        put_templates(cloud)
        path = lambda key: f"http://127.0.0.1:{cloud.port}/templates/{key}"
        cloud.aws("cloudformation", "create-stack", "--stack-name", "P", "--template-body",
                  outer(path, ("inner.yaml", 1), ("broken.yaml", 3)))
        until(cloud, "P", "ROLLBACK_COMPLETE")
        assert children(cloud) == {} and group_days(cloud) == []
        events = cloud.aws("cloudformation", "describe-stack-events", "--stack-name", "P")["StackEvents"]
        failed = next(e for e in events if e["LogicalResourceId"] == "Two" and e["ResourceStatus"] == "CREATE_FAILED")
        assert failed["ResourceStatusReason"] == (f"Embedded stack {failed['PhysicalResourceId']} was not successfully "
                                                  "created: The following resource(s) failed to create: [Wrong]. "), failed
        own = cloud.aws("cloudformation", "describe-stack-events", "--stack-name",
                        failed["PhysicalResourceId"])["StackEvents"]
        assert own[0]["ResourceStatus"] == "DELETE_COMPLETE" and own[-1]["ResourceStatus"] == "CREATE_IN_PROGRESS"


@test
def a_change_set_shows_nested_stacks_at_the_top():
    with Cloud() as cloud:
        cloud.ok("cloud", "start")
        put_templates(cloud)
        path = lambda key: f"http://127.0.0.1:{cloud.port}/templates/{key}"
        text = outer(path, ("inner.yaml", 1), ("inner.yaml", 3))
        cloud.aws("cloudformation", "create-stack", "--stack-name", "P", "--template-body", text)
        until(cloud, "P", "CREATE_COMPLETE")
        cloud.aws("cloudformation", "create-change-set", "--stack-name", "P", "--change-set-name", "c",
                  "--template-body", text, "--include-nested-stacks")
        shown = cloud.aws("cloudformation", "describe-change-set", "--stack-name", "P", "--change-set-name", "c")
        assert shown["IncludeNestedStacks"] is True
        for change in (c["ResourceChange"] for c in shown["Changes"]):
            assert change["Action"] == "Modify" and change["Replacement"] == "False", change
            assert change["Details"][0]["ChangeSource"] == "Automatic", change
        assert [c["ResourceChange"]["LogicalResourceId"] for c in shown["Changes"]] == ["One", "Two"]
        cloud.aws("cloudformation", "execute-change-set", "--stack-name", "P", "--change-set-name", "c")
        until(cloud, "P", "UPDATE_COMPLETE")


main()
