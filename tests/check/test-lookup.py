#!/usr/bin/env python3
"""`mpcup check --lookup`: what templates alone cannot tell is asked from the account (here the local cloud), read-only."""
import atexit, functools, json, os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

CHAIN = template("chain.json")
BUSYBOX = ("--image", "*busybox*=localnet")
PLACEHOLDER = "REPLACE-ME-3f9c1d"


def params(name="cdk-3.json"):
    with open(template(f"params/{name}")) as file:
        return {one["ParameterKey"]: one["ParameterValue"] for one in json.load(file)}


def lookup(cloud, *arguments):
    return cloud.run("check", "--lookup", "--endpoint-url", f"http://127.0.0.1:{cloud.port}", "--region", "us-east-1",
                     "--json", *arguments)


def judged(cloud, *arguments):
    result = lookup(cloud, *arguments)
    assert result.code in (0, 1), result
    return result.json()


def faults(result, verdict):
    return {one["fault"] for one in result["findings"] if one["verdict"] == verdict}


def written(cloud, name, content):
    path = os.path.join(cloud.work, name)
    with open(path, "w") as file:
        json.dump(content, file)
    return path


class Account:
    """A network and a file system that the aws CLI made, with the NFS rule in its place."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.vpc = self.ec2("create-vpc", "--cidr-block", "10.9.0.0/16")["Vpc"]["VpcId"]
        for attribute in ("--enable-dns-support", "--enable-dns-hostnames"):
            self.ec2("modify-vpc-attribute", "--vpc-id", self.vpc, attribute, '{"Value":true}')
        self.subnet = self.ec2("create-subnet", "--vpc-id", self.vpc, "--cidr-block", "10.9.1.0/24",
                               "--availability-zone", "us-east-1a")["Subnet"]["SubnetId"]
        gateway = self.ec2("create-internet-gateway")["InternetGateway"]["InternetGatewayId"]
        self.ec2("attach-internet-gateway", "--vpc-id", self.vpc, "--internet-gateway-id", gateway)
        tables = self.ec2("describe-route-tables", "--filters", f"Name=vpc-id,Values={self.vpc}")["RouteTables"]
        self.ec2("create-route", "--route-table-id", tables[0]["RouteTableId"], "--destination-cidr-block", "0.0.0.0/0",
                 "--gateway-id", gateway)
        self.node, self.storage = self.group("node"), self.group("storage")
        self.rule = ("--group-id", self.storage, "--ip-permissions", json.dumps(
            [{"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "UserIdGroupPairs": [{"GroupId": self.node}]}]))
        self.ec2("authorize-security-group-ingress", *self.rule)
        self.system = cloud.aws("efs", "create-file-system", "--encrypted")["FileSystemId"]
        wait_for(lambda: self.state("file-systems", "FileSystems") == "available", "file system")
        cloud.aws("efs", "create-mount-target", "--file-system-id", self.system, "--subnet-id", self.subnet,
                  "--security-groups", self.storage)
        wait_for(lambda: self.state("mount-targets", "MountTargets") == "available", "mount target")

    def ec2(self, *arguments):
        return self.cloud.aws("ec2", *arguments)

    def group(self, name):
        return self.ec2("create-security-group", "--group-name", name, "--description", name, "--vpc-id",
                        self.vpc)["GroupId"]

    def state(self, what, member):
        return self.cloud.aws("efs", f"describe-{what}", "--file-system-id", self.system)[member][0]["LifeCycleState"]

    def template(self, secret=None, role=None):
        container = {"Name": "node", "Image": "example.org/mpc-node:1", "Essential": True,
                     "Environment": [{"Name": "MPC_HOME_DIR", "Value": "/data"}],
                     "MountPoints": [{"SourceVolume": "data", "ContainerPath": "/data"}]}
        if secret:
            container["Secrets"] = [{"Name": "MPC_ACCOUNT_SK", "ValueFrom": secret}]
        return written(self.cloud, "literal.json", {"Resources": {
            "Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": {
                **({"ExecutionRoleArn": role} if role else {}),
                "Family": "node", "Cpu": "1024", "Memory": "2048", "NetworkMode": "awsvpc",
                "RequiresCompatibilities": ["FARGATE"], "ContainerDefinitions": [container],
                "Volumes": [{"Name": "data", "EFSVolumeConfiguration": {
                    "FilesystemId": self.system, "TransitEncryption": "ENABLED"}}]}},
            "Service": {"Type": "AWS::ECS::Service", "Properties": {
                "Cluster": "mpc", "LaunchType": "FARGATE", "DesiredCount": 1, "TaskDefinition": {"Ref": "Task"},
                "NetworkConfiguration": {"AwsvpcConfiguration": {
                    "AssignPublicIp": "ENABLED", "Subnets": [self.subnet], "SecurityGroups": [self.node]}}}}}})


@functools.cache
def shared():
    """One account for the tests that only change it and change it back."""
    cloud = Cloud()
    atexit.register(cloud.__exit__, None, None, None)
    cloud.__enter__().ok("cloud", "start")
    return cloud, Account(cloud)


@test
def an_importing_template_is_judged_whole_against_its_deployed_exporter():
    with Cloud() as cloud:
        cloud.ok("up", template("good/import.near-runner.json"), "--stack", "AWSNodeRunnerStack", "--chain-key",
                 CHAIN, *BUSYBOX)
        importer = (template("good/import.json"), "--params", template("params/cdk-3.json"))
        before = cloud.run("check", *importer, "--json").json()
        assert {"G08", "C05", "A01", "A04", "A09", "I14", "D08"} <= faults(before, "UNKNOWN"), before["findings"]
        assert {"GetParameter", "ListExports"} <= {one["action"] for one in before["questions"]}, before["questions"]
        after = judged(cloud, *importer)
        assert not faults(after, "FAIL"), after["findings"]
        settled = {"G08", "A01", "A04", "A09", "C01", "C02", "C03", "C05", "C06", "D08", "I14"}
        assert not settled & faults(after, "UNKNOWN"), after["findings"]
        assert not after["questions"], after["questions"]
        refused = [one["command"] for one in after["lookups"] if one["outcome"] != "answered"]
        # no registry of the account and no quotas on the local cloud
        assert all(one.startswith(("registry ", "aws service-quotas ")) for one in refused), refused
        text = cloud.run("check", *importer, timeout=60)
        assert " look-ups would settle more: mpcup check --lookup" in text.out, text
        local = cloud.ok("check", "--lookup", "--target", "local", *importer)
        assert f"{len(after['lookups'])} look-ups: {len(after['lookups']) - len(refused)} answered" in local.out, local


@test
def an_export_that_the_account_does_not_have_is_a_fault():
    with Cloud() as cloud:
        cloud.ok("cloud", "start")
        result = judged(cloud, template("good/import.json"), "--params", template("params/cdk-3.json"))
        assert "G08" in faults(result, "FAIL"), result["findings"]


@test
def ids_of_what_exists_are_followed_and_a_revoked_rule_is_found():
    cloud, account = shared()
    path = account.template()
    before = cloud.run("check", path, "--json").json()
    assert {"C05", "D06", "D08"} <= faults(before, "UNKNOWN"), [(one["fault"], one["message"]) for one in before["findings"]]
    good = judged(cloud, path)
    for one in good["findings"]:
        assert not one["fault"].startswith("C") and one["fault"] not in ("D06", "D08"), one
    account.ec2("revoke-security-group-ingress", *account.rule)
    bad = judged(cloud, path)
    text = cloud.run("check", "--lookup", "--target", "local", path)
    account.ec2("authorize-security-group-ingress", *account.rule)
    found = next(one for one in bad["findings"] if one["fault"] == "C01" and one["verdict"] == "FAIL")
    assert found["service"] == "Service" and account.storage in json.dumps(found), found
    places = [found, found.get("second") or {}]
    assert any(place.get("location", {}).get("file", "").startswith("AWS account 000000000000, us-east-1")
               and place["location"]["line"] == 0 for place in places), found
    assert text.code == 1 and "AWS account 000000000000, us-east-1  " in text.out, text


@test
def a_secret_by_its_arn_is_judged_and_never_shown():
    cloud, account = shared()
    arn = cloud.aws("secretsmanager", "create-secret", "--name", "node-key", "--secret-string",
                    json.dumps({"account": PLACEHOLDER}))["ARN"]
    path = account.template(f"{arn}:account::")
    assert "B01" in faults(cloud.run("check", path, "--json").json(), "UNKNOWN")
    result = lookup(cloud, path)
    assert "B01" in faults(result.json(), "FAIL"), result
    text = cloud.run("check", "--lookup", "--target", "local", path)
    for one in (result, text):
        assert PLACEHOLDER not in one.out + one.err, one
    key = params()["Node0AccountSk"]
    cloud.aws("secretsmanager", "put-secret-value", "--secret-id", arn, "--secret-string",
              json.dumps({"account": key}))
    good = lookup(cloud, path)
    assert "B01" not in faults(good.json(), "FAIL") | faults(good.json(), "UNKNOWN"), good
    assert key not in good.out + good.err, "a key is shown"
    cloud.aws("secretsmanager", "put-secret-value", "--secret-id", arn, "--secret-string",
              json.dumps({"else": key}))
    assert "B09" in faults(judged(cloud, path), "FAIL")
    # nothing of it is left in files
    for directory, _, names in os.walk(cloud.work):
        for name in names:
            if "/state" not in directory:
                assert PLACEHOLDER not in open(os.path.join(directory, name), errors="replace").read(), name


@test
def a_role_by_its_arn_has_the_rights_that_it_has_there():
    cloud, account = shared()
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                     "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}
    role = cloud.aws("iam", "create-role", "--role-name", "node-execution", "--assume-role-policy-document",
                     json.dumps(trust))["Role"]["Arn"]
    arn = cloud.aws("secretsmanager", "create-secret", "--name", "role-key", "--secret-string", PLACEHOLDER)["ARN"]
    path = account.template(arn, role)
    assert "E02" in faults(cloud.run("check", path, "--json").json(), "UNKNOWN")
    found = [one for one in judged(cloud, path)["findings"] if one["fault"] == "E02"]
    assert [one["verdict"] for one in found] == ["FAIL"] and found[0]["resource"] == role, found
    assert found[0]["location"] == {"file": "AWS account 000000000000, us-east-1", "line": 0, "column": 0}, found
    cloud.aws("iam", "put-role-policy", "--role-name", "node-execution", "--policy-name", "read", "--policy-document",
              json.dumps({"Version": "2012-10-17", "Statement": [
                  {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn}]}))
    found = [one for one in judged(cloud, path)["findings"] if one["fault"] == "E02"]
    assert not found, found


@test
def what_cannot_be_asked_stays_unknown_and_says_why():
    cloud, account = shared()
    path = account.template()
    refused = cloud.run("check", "--lookup", "--endpoint-url", f"http://127.0.0.1:{free_port()}", "--json", path)
    result = refused.json()
    assert refused.code == cloud.run("check", path).code, refused
    assert {"C05", "D06", "D08"} <= faults(result, "UNKNOWN"), result["findings"]
    assert all(one["outcome"] == "Unreachable" for one in result["lookups"]), result["lookups"]
    assert any(one.get("refused", "").startswith("Unreachable: ") for one in result["findings"]), result["findings"]
    gone = written(cloud, "gone.json", json.loads(open(path).read().replace(account.node, "sg-0123456789abcdef0")))
    result = judged(cloud, gone)
    assert any(one["outcome"] == "InvalidGroup.NotFound" for one in result["lookups"]), result["lookups"]


@test
def without_credentials_nothing_is_asked_from_aws():
    with Cloud() as cloud:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
            cloud.environment.pop(name, None)
        cloud.environment.update(HOME=cloud.directory, AWS_EC2_METADATA_DISABLED="true")
        result = cloud.run("check", "--lookup", template("good/import.json"))
        assert result.code != 0 and "credentials" in result.err, result
        result = cloud.run("check", "--lookup", "--target", "moon", template("good/import.json"))
        assert result.code == 2 and "--target moon" in result.err, result


main()
