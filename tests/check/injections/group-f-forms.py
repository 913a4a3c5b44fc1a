"""Group F again: in other forms, by parameters and mappings, on one node or in the stand-in chain node only."""
from rights import *


def last(path, value):
    def change(t):
        target = containers(t)[-1]
        for key in path[:-1]:
            target = target.setdefault(key, {}) if isinstance(key, str) else target[key]
        target[path[-1]] = clone(value)
    return change


def last_task(**values):
    return lambda t: nodes(t)[-1].update(clone(values))


def near(t):
    mine = [id(p) for p in nodes(t)]
    return next(p for _, p in resources(t, "AWS::ECS::TaskDefinition") if id(p) not in mine)


def parameter(name, default, kind="String", **more):
    return lambda t: t.setdefault("Parameters", {}).update({name: {"Type": kind, "Default": default, **more}})


def mapping(cpu, memory):
    def change(t):
        t["Mappings"] = {**t.get("Mappings", {}), "Sizes": {"small": {"Cpu": cpu, "Memory": memory}}}
        for p in nodes(t):
            p["Cpu"], p["Memory"] = {"Fn::FindInMap": ["Sizes", "small", "Cpu"]}, {"Fn::FindInMap": ["Sizes", "small", "Memory"]}
    return change


def size_by_parameter(cpu, memory, kind="String"):
    return together(parameter("NodeCpu", cpu, kind), parameter("NodeMemory", memory, kind),
                    lambda t: [p.update(Cpu={"Ref": "NodeCpu"}, Memory={"Ref": "NodeMemory"}) for p in nodes(t)])


def tag_by_parameter(default):
    return together(parameter("Tag", default), lambda t: [c.update(Image=sub("public.ecr.aws/near/mpc-node:${Tag}")) for c in containers(t)])


def every_container(change):
    return lambda t: [change(c) for c in containers(t)]


def health(line, kind="CMD-SHELL"):
    return lambda t: [c.update(HealthCheck={"Command": [kind, line], "StartPeriod": 300, "Interval": 30, "Retries": 5}) for c in containers(t)]


def switched(value):
    """Architecture by a condition."""
    def change(t):
        t.setdefault("Parameters", {})["Graviton"] = {"Type": "String", "Default": value, "AllowedValues": ["true", "false"]}
        t["Conditions"] = {**t.get("Conditions", {}), "OnGraviton": {"Fn::Equals": [{"Ref": "Graviton"}, "true"]}}
        for p in nodes(t):
            p["RuntimePlatform"] = {"CpuArchitecture": {"Fn::If": ["OnGraviton", "ARM64", "X86_64"]}, "OperatingSystemFamily": "LINUX"}
    return change


CASES = [
    fault("F08", "by parameters", STANDALONE, size_by_parameter("512", "8192")),
    fault("F08", "by number parameters", COMPOSED, size_by_parameter(1024, 1024, "Number")),
    fault("F08", "by parameters that are given", STANDALONE, size_by_parameter("1024", "4096"), params={"NodeCpu": "256"}),
    fault("F08", "by a mapping", STANDALONE, mapping("2048", "2048")),
    fault("F08", "the last node only", IMPORT, last_task(Cpu="4096", Memory="4096")),
    fault("F08", "the chain node", COMPOSED, lambda t: near(t).update(Cpu="256", Memory="4096")),
    benign("F08", "by parameters", STANDALONE, size_by_parameter("2048", "8192")),
    benign("F08", "by number parameters", COMPOSED, size_by_parameter(4096, 8192, "Number")),
    benign("F08", "by a mapping", STANDALONE, mapping("1024", "8192")),
    benign("F08", "32 GB on 8 vCPU", COMPACT, replace("Cpu: 1024", "Cpu: 8 vCPU", "Memory: 4096", "Memory: 32 GB")),
    benign("F08", "120 GB on 16 vCPU", COMPACT, replace("Cpu: 1024", 'Cpu: "16vCPU"', "Memory: 4096", 'Memory: "120GB"')),
    fault("F13", "the chain node's container", COMPOSED, lambda t: near(t)["ContainerDefinitions"][0].update(Memory=1024)),
    fault("F13", "the last node's container", STANDALONE, last(["Cpu"], 4096)),
    fault("F09", "the last node only", STANDALONE, last_task(NetworkMode="bridge")),
    fault("F09", "the chain node", COMPOSED, lambda t: near(t).pop("NetworkMode")),
    fault("F10", "the chain node is privileged", COMPOSED, lambda t: near(t)["ContainerDefinitions"][0].update(Privileged=True)),
    fault("F10", "all capabilities", STANDALONE, lambda t: [c["LinuxParameters"].update(Capabilities={"Add": ["ALL"]}) for c in containers(t)]),
    fault("F10", "a ulimit", STANDALONE, lambda t: [c["Ulimits"].append({"Name": "memlock", "SoftLimit": -1, "HardLimit": -1}) for c in containers(t)]),
    fault("F11", "the chain node", COMPOSED, lambda t: near(t).pop("RequiresCompatibilities")),
    fault("F12", "the chain node", COMPOSED, lambda t: near(t)["ContainerDefinitions"][0]["PortMappings"][0].update(HostPort=13030)),
    fault("F12", "the last node only", IMPORT, last(["PortMappings", 1, "HostPort"], 13030)),

    # --- images -----------------------------------------------------------------------------------------------------------------
    fault("F06", "latest by a parameter", STANDALONE, tag_by_parameter("latest"), verdict="WARN"),
    benign("F06", "a version by a parameter", STANDALONE, tag_by_parameter("3.2.0")),
    fault("F06", "latest given", STANDALONE, tag_by_parameter("3.2.0"), params={"Tag": "latest"}, verdict="WARN"),
    fault("F04", "ARM64 by a condition", STANDALONE, switched("true")),
    benign("F04", "x86 by a condition", STANDALONE, switched("true"), params={"Graviton": "false"}),
    fault("F04", "ARM64 by a condition that is given", STANDALONE, switched("false"), params={"Graviton": "true"}),
    fault("F04", "the last node only", STANDALONE, last_task(RuntimePlatform={"CpuArchitecture": "ARM64"})),
    fault("F04", "arm64 in the repository's name", STANDALONE, lambda t: [c.update(Image="public.ecr.aws/near/mpc-node-arm64:3.2.0") for c in containers(t)]),
    benign("F04", "only the system", STANDALONE, lambda t: [p.update(RuntimePlatform={"OperatingSystemFamily": "LINUX"}) for p in nodes(t)]),
    benign("F04", "a charm in the name", STANDALONE, lambda t: [c.update(Image="public.ecr.aws/charm64/mpc:3.2.0") for c in containers(t)]),

    # --- health checks ------------------------------------------------------------------------------------------------------------
    *[fault("F15", line, base, health(line)) for line, base in zip([
        'test "$(curl -s -o /dev/null -w %{http_code} localhost:8080/debug)" = 200',
        "if curl -sf localhost:8080; then exit 0; else exit 1; fi",
        "timeout 5 curl -f http://localhost:8080/debug",
        "bash -c 'curl -f localhost:8080/debug'",
        "! wget -q --spider http://localhost:8080/ && exit 1",
        "exit $(curl -sf localhost:8080 > /dev/null; echo $?)",
        "HOST=localhost curl -sf $HOST:8080"], [STANDALONE, COMPOSED, IMPORT] * 3)],
    fault("F15", "exec form with a path", STANDALONE, health("/usr/bin/wget", "CMD")),
    *[fault("F15", "exec form, " + " ".join(words), STANDALONE, every_container(lambda c, w=words: c.update(HealthCheck={"Command": ["CMD", *w], "StartPeriod": 300}))) for words in [
        ["bash", "-c", "curl -f http://localhost:8080/debug"], ["/bin/sh", "-ec", "true && wget -q localhost"], ["timeout", "5", "curl", "localhost"]]],
    benign("F15", "exec form, a shell with python3", STANDALONE, every_container(lambda c: c.update(HealthCheck={"Command": ["CMD", "sh", "-c", "python3 -c 'curl = 1'"], "StartPeriod": 300}))),
    *[benign("F15", line, STANDALONE, health(line)) for line in [
        "python3 -c \"import urllib.request; urllib.request.urlopen('http://localhost:8080/debug')\"",
        "python3 -c 'import http.client; http.client.HTTPConnection(\"localhost\", 8080).request(\"GET\", \"/\")' || exit 1",
        "test -s /data/config.json # no curl here",
        "grep -q curl /etc/hostname || true",
        "openssl version"]],

    # --- logs -------------------------------------------------------------------------------------------------------------------------
    fault("F26", "the chain node has no prefix", COMPOSED, lambda t: near(t)["ContainerDefinitions"][0]["LogConfiguration"]["Options"].pop("awslogs-stream-prefix")),
    fault("F26", "a region spelt out, the stack's is open", STANDALONE, every_container(lambda c: c["LogConfiguration"]["Options"].update({"awslogs-region": "us-east-1"})), verdict="WARN"),
    benign("F26", "a region spelt out everywhere", COMPACT, lambda text: text.replace("${AWS::Region}", "eu-west-1").replace('!Ref "AWS::Region"', "eu-west-1")),
    fault("F26", "an empty region", STANDALONE, every_container(lambda c: c["LogConfiguration"]["Options"].update({"awslogs-region": ""}))),
    fault("F26", "another region than the subnets'", COMPACT, replace('AvailabilityZone: !Select [0, !GetAZs ""]', "AvailabilityZone: eu-west-1a",
          'AvailabilityZone: !Select [1, !GetAZs ""]', "AvailabilityZone: eu-west-1b", 'awslogs-region: !Ref "AWS::Region"', "awslogs-region: us-east-1")),
    benign("F26", "the region of the subnets", COMPACT, replace('AvailabilityZone: !Select [0, !GetAZs ""]', "AvailabilityZone: eu-west-1a",
           'AvailabilityZone: !Select [1, !GetAZs ""]', "AvailabilityZone: eu-west-1b", 'awslogs-region: !Ref "AWS::Region"', "awslogs-region: eu-west-1")),
    fault("F27", "the last node only", STANDALONE, last(["LogConfiguration", "Options", "awslogs-group"], "/ecs/three")),
    benign("F27", "a name made of the stack's in both places", STANDALONE, lambda t: [(
           t["Resources"][c["LogConfiguration"]["Options"]["awslogs-group"]["Ref"]]["Properties"].update(LogGroupName=sub("/mpc/${AWS::StackName}/%d" % i)),
           c["LogConfiguration"]["Options"].update({"awslogs-group": sub("/mpc/${AWS::StackName}/%d" % i)})) for i, c in enumerate(containers(t))]),
    benign("F27", "a group of a parameter", STANDALONE, together(lambda t: t.setdefault("Parameters", {}).update(Group={"Type": "String"}), lambda t: [
           c["LogConfiguration"]["Options"].update({"awslogs-group": {"Ref": "Group"}}) for c in containers(t)]), verdict="UNKNOWN"),
    benign("F27", "a group of a parameter with a default", STANDALONE, together(lambda t: t.setdefault("Parameters", {}).update(
           Group={"Type": "String", "Default": "mpc"}), lambda t: [
           c["LogConfiguration"]["Options"].update({"awslogs-group": sub("/ecs/${Group}")}) for c in containers(t)]), verdict="UNKNOWN"),
    fault("F28", "no mode", STANDALONE, lambda t: [c["LogConfiguration"]["Options"].pop("mode") for c in containers(t)], verdict="WARN"),
    benign("F28", "no mode at the chain node", COMPOSED),

    # --- capacity, platform, repositories ----------------------------------------------------------------------------------------------
    fault("F14", "the last node only", STANDALONE, lambda t: (services(t)[-1].pop("LaunchType"), services(t)[-1].update(
          CapacityProviderStrategy=[{"CapacityProvider": "FARGATE_SPOT", "Weight": "1"}])), verdict="WARN"),
    fault("F30", "8 vCPU on an old platform", COMPACT, replace("LaunchType: FARGATE", "LaunchType: FARGATE\n      PlatformVersion: '1.3.0'")),
    benign("F30", "the chain node needs nothing new", COMPOSED, lambda t: [p.update(PlatformVersion="1.4.0") for _, p in resources(t, "AWS::ECS::Service")]),
    fault("F23", "a custom resource that is about something else", STANDALONE, lambda t: (
          t["Resources"].update(Images={"Type": "AWS::ECR::Repository", "Properties": {}},
                                Seed={"Type": "Custom::Seed", "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:seed"}}),
          [c.update(Image={"Fn::Join": ["", [get_att("Images", "RepositoryUri"), ":3.2.0"]]}) for c in containers(t)])),
    fault("F24", "clients of version 2", STANDALONE, lambda t: t["Resources"].update(Builder={"Type": "AWS::Lambda::Function", "Properties": {
          "Handler": "index.handler", "Runtime": "nodejs22.x", "Role": "arn:aws:iam::123456789012:role/x",
          "Code": {"ZipFile": {"Fn::Join": ["\n", ["const S3 = require('aws-sdk/clients/s3');", "exports.handler = async () => {};"]]}}}})),
    benign("F24", "Python", STANDALONE, lambda t: t["Resources"].update(Builder={"Type": "AWS::Lambda::Function", "Properties": {
           "Handler": "index.handler", "Runtime": "python3.12", "Role": "arn:aws:iam::123456789012:role/x",
           "Code": {"ZipFile": "# not 'aws-sdk'\ndef handler(event, context): pass"}}})),
]
