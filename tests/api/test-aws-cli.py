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
        lambda_template = json.dumps({"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {}}}})
        text = refused(cloud, "cloudformation", "create-stack", "--stack-name", "L", "--template-body",
                       lambda_template)
        assert "AWS::Lambda::Function" in text and "AWS::ECS::Service" in text, text
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


main()
