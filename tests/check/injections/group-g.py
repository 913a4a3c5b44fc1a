"""Group G: what CloudFormation refuses or does with a stack, from creation to deletion."""
from network import *

ESTATE, COMPACT, YAML = "gij-estate.yaml", "ef-compact.yaml", "good/standalone.yaml"
BREAKER = "DeploymentCircuitBreaker: {Enable: true, Rollback: false}"
PERCENT = "MinimumHealthyPercent: 0, MaximumPercent: 100"


def breaker(value):
    def change(t):
        for p in nodes(t):
            p["DeploymentConfiguration"].pop("DeploymentCircuitBreaker")
            if value is not None:
                p["DeploymentConfiguration"]["DeploymentCircuitBreaker"] = value
    return change


def percentages(least, most, desired=1):
    def change(t):
        for p in nodes(t):
            p["DeploymentConfiguration"].update(MinimumHealthyPercent=least, MaximumPercent=most)
            p["DesiredCount"] = desired
    return change


def output(name, value, export=None):
    def change(t):
        t.setdefault("Outputs", {})[name] = {"Value": value, **({"Export": {"Name": export}} if export else {})}
    return change


def parameter(name, **values):
    return lambda t: t.setdefault("Parameters", {}).update({name: {"Type": "String", **values}})


def ref_of_nothing(t):
    nodes(t)[0]["Cluster"] = {"Ref": "MpcClutser"}


def attribute_of_nothing(t):
    network(nodes(t)[0])["SecurityGroups"] = [att("MpcNodesSg")]


def wrong_attribute(t):
    network(nodes(t)[1])["SecurityGroups"] = [att(name_of(t, "AWS::EC2::SecurityGroup", "Node"), "Groupid")]


def variable(entry_name, value):
    def change(t):
        environment(node_container(t, 1), entry_name)["Value"] = value
    return change


def depends_on(name):
    def change(t):
        service = name_of(t, "AWS::ECS::Service", "Node1")
        t["Resources"][service]["DependsOn"] = [*t["Resources"][service]["DependsOn"], name]
    return change


def condition_on(type_name, condition, matching=""):
    """Each resource of a type gets a condition."""
    def change(t):
        for name, r in t["Resources"].items():
            if r["Type"] == type_name and matching.lower() in name.lower():
                r["Condition"] = condition
    return change


def stage(default="dev", value="prod"):
    """A parameter and the condition that it has a value; the default has another one."""
    def change(t):
        parameter("Stage", Default=default, AllowedValues=["dev", "prod"])(t)
        t.setdefault("Conditions", {})["Prod"] = {"Fn::Equals": [{"Ref": "Stage"}, value]}
    return change


def groups_in_a_circle(t):
    """Each of two groups admits the other in a rule of its own body."""
    node, efs = name_of(t, "AWS::EC2::SecurityGroup", "Node"), name_of(t, "AWS::EC2::SecurityGroup", "Efs")
    for mine, other, port in ((node, efs, 9000), (efs, node, 9001)):
        t["Resources"][mine]["Properties"]["SecurityGroupIngress"] = [
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "SourceSecurityGroupId": att(other)}]


def groups_one_way(t):
    efs = group_properties(t, "Efs")
    efs["SecurityGroupIngress"] = [{"IpProtocol": "tcp", "FromPort": 9001, "ToPort": 9001, "SourceSecurityGroupId": group(t, "Node")}]


def depends_in_a_circle(t):
    service = name_of(t, "AWS::ECS::Service", "Node0")
    t["Resources"][name_of(t, "AWS::ECS::Cluster")]["DependsOn"] = service


def circle_of_three(t):
    names = [n for n, _ in resources(t, "AWS::Logs::LogGroup")]
    for mine, other in zip(names, names[1:] + names[:1]):
        t["Resources"][mine]["Properties"]["Tags"] = [{"Key": "next", "Value": {"Fn::Sub": "${%s.Arn}" % other}}]


def itself(t):
    group_properties(t, "Node")["SecurityGroupIngress"] = [
        {"IpProtocol": "-1", "SourceSecurityGroupId": group(t, "Node")}]


def itself_without(t):
    """A group that admits itself in a rule of its own, as it should."""
    add(t, "Inside", "AWS::EC2::SecurityGroupIngress", {"GroupId": group(t, "Node"), "IpProtocol": "-1", "SourceSecurityGroupId": group(t, "Node")})


def many_resources(count):
    def change(t):
        for i in range(count - len(t["Resources"])):
            add(t, f"Extra{i}", "AWS::SNS::Topic", {})
    return change


def used_parameters(total):
    """That many parameters, each used."""
    def change(t):
        extra = total - len(t["Parameters"])
        for i in range(extra):
            t["Parameters"][f"Extra{i}"] = {"Type": "String", "Default": "x"}
        add(t, "Listing", "AWS::SSM::Parameter", {"Type": "StringList", "Value": {"Fn::Join": [",", [{"Ref": f"Extra{i}"} for i in range(extra)]]}})
    return change


def outputs_up_to(total):
    def change(t):
        for i in range(total - len(t["Outputs"])):
            t["Outputs"][f"Extra{i}"] = {"Value": "x"}
    return change


def mappings_up_to(total):
    def change(t):
        t["Mappings"] = {f"Map{i}": {"a": {"b": "x"}} for i in range(total)}
        add(t, "Listing", "AWS::SSM::Parameter", {"Type": "StringList", "Value": {"Fn::Join": [",", [{"Fn::FindInMap": [f"Map{i}", "a", "b"]} for i in range(total)]]}})
    return change


def ballast(size):
    """The template grows by that many bytes, in a place CloudFormation does not read."""
    return lambda t: t.setdefault("Metadata", {}).update(Ballast=["x" * 1000] * (size // 1000))


def user_data(value):
    def change(t):
        add(t, "Box", "AWS::EC2::Instance", {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small", "UserData": value})
    return change


def launch_template(value):
    def change(t):
        add(t, "Box", "AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"UserData": value}})
    return change


def sub_data(size):
    return {"Fn::Base64": {"Fn::Sub": "#!/bin/sh\n# ${AWS::Region}\n" + "g" * size}}


def join_data(size):
    return {"Fn::Base64": {"Fn::Join": ["\n", ["#!/bin/sh", "g" * (size // 2), "g" * (size // 2)]]}}


def addresses(count):
    def change(t):
        for i in range(count):
            add(t, f"Extra{i}", "AWS::EC2::EIP", {"Domain": "vpc"}, DependsOn=name_of(t, "AWS::EC2::VPCGatewayAttachment"))
    return change


def networks(count):
    def change(t):
        for i in range(count):
            add(t, f"ExtraNet{i}", "AWS::EC2::VPC", {"CidrBlock": f"10.{100 + i}.0.0/16"})
    return change


def no_wait_for_routes(t):
    for r in t["Resources"].values():
        if "DependsOn" in r and r["Type"] in ("AWS::ECS::Service", "AWS::ServiceDiscovery::Service"):
            r["DependsOn"] = [d for d in r["DependsOn"] if "DefaultRoute" not in d]


def no_wait_for_attachment(t):
    for r in t["Resources"].values():
        if r["Type"] == "AWS::EC2::Route" and "GatewayId" in r["Properties"]:
            r.pop("DependsOn", None)


def explicit(type_name, key, value, matching="Node", retain=None):
    """A physical name for the first resource of a type."""
    def change(t):
        name = name_of(t, type_name, matching)
        r = t["Resources"][name]
        r.setdefault("Properties", {})[key] = value
        if retain is not None:
            r["DeletionPolicy"] = r["UpdateReplacePolicy"] = retain
    return change


def same_name(type_name, key, value):
    """Two resources of a type get one physical name."""
    def change(t):
        for name, p in resources(t, type_name)[:2]:
            p[key] = value
            t["Resources"][name]["DeletionPolicy"] = "Delete"
    return change


def repository(retain, **properties):
    return lambda t: add(t, "Images", "AWS::ECR::Repository", properties, DeletionPolicy=retain, UpdateReplacePolicy=retain)


def imported(old, new):
    """An import of the second template under another name: the change sees the network that exports."""
    def change(t):
        found = [o for o in t["Outputs"].values() if o.get("Export", {}).get("Name") == old]
        assert found, old
        for o in found:
            o["Export"]["Name"] = new
    return change


def no_export(t):
    for o in t["Outputs"].values():
        if o.get("Export", {}).get("Name") == "AWSNodeRunnerStack-VpcId":
            del o["Export"]


def mount_target_when(condition):
    return condition_on("AWS::EFS::MountTarget", condition)


def ref_to_conditional(t):
    stage()(t)
    condition_on("AWS::ECS::Cluster", "Prod")(t)


def both_conditional(t):
    """What refers and what is referred to have the same condition; nothing of it is made by default."""
    stage()(t)
    add(t, "Topic", "AWS::SNS::Topic", {}, Condition="Prod")
    add(t, "Listener", "AWS::SNS::Subscription", {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": "arn:aws:sqs:eu-west-1:123456789012:q"}, Condition="Prod")
    t["Outputs"]["TopicArn"] = {"Condition": "Prod", "Value": {"Ref": "Topic"}}


def guarded_reference(t):
    """A reference in the branch of Fn::If that holds exactly when the resource is there."""
    stage()(t)
    add(t, "Topic", "AWS::SNS::Topic", {}, Condition="Prod")
    t["Outputs"]["TopicArn"] = {"Value": {"Fn::If": ["Prod", {"Ref": "Topic"}, "none"]}}


def wrong_branch(t):
    guarded_reference(t)
    t["Outputs"]["TopicArn"] = {"Value": {"Fn::If": ["Prod", "none", {"Ref": "Topic"}]}}


def without_targets(name, default="no"):
    """The resource hangs on a parameter that any value may be given to."""
    return then(edit("  Retention:", '  Targets: {Type: String, Default: "%s"}\n  Retention:' % default,
                     "Conditions:\n", 'Conditions:\n  WithTargets: !Equals [!Ref Targets, "yes"]\n'),
                within(name, "    Type:", "    Condition: WithTargets\n    Type:"))


def second_export(t):
    output("Again", "x", {"Fn::Sub": "${AWS::StackName}-Again"})(t)
    output("AgainToo", "y", {"Fn::Join": ["-", [{"Ref": "AWS::StackName"}, "Again"]]})(t)


CASES = [
    # what ECS does with a deployment
    fault("G02", "no breaker", STANDALONE, breaker(None), "WARN", also=("G01", "J04")),
    fault("G02", "no breaker, and the pulls without end that follow", STANDALONE, lambda t: (breaker(None)(t), [c.update(Image="nearone/mpc-node:3.2.0") for _, p in resources(t, "AWS::ECS::TaskDefinition") for c in p["ContainerDefinitions"]]), "WARN"),
    fault("G02", "breaker off", COMPOSED, breaker({"Enable": False, "Rollback": False}), "WARN", also=("G01", "J04")),
    fault("G02", "no deployment configuration but percentages", COMPACT, edit(", " + BREAKER, ""), "WARN", also=("G01", "J04")),
    fault("G02", "one service without", ESTATE, within("Member2", ", " + BREAKER, ""), "WARN", also=("G01", "J04")),
    fault("G02", "a breaker off by text", YAML, edit("Enable: true", 'Enable: "false"'), "WARN", also=("G01", "J04")),
    fault("G02", "rollback at first creation", STANDALONE, breaker({"Enable": True, "Rollback": True}), "WARN"),
    fault("G02", "rollback by condition", ESTATE, edit("Rollback: false", "Rollback: !If [Development, true, false]"), "WARN"),
    benign("G02", "a breaker on by text", YAML, edit("Enable: true", 'Enable: "true"')),
    fault("G20", "all at once, none may stop", STANDALONE, percentages(100, 100), also=("D15",)),
    fault("G20", "one per cent of one is one", COMPACT, edit(PERCENT, "MinimumHealthyPercent: 1, MaximumPercent: 100")),
    fault("G20", "half of one more is none", ESTATE, edit(PERCENT, "MinimumHealthyPercent: 50, MaximumPercent: 150")),
    fault("G20", "percentages by a parameter's default", YAML, edit("MinimumHealthyPercent: 0", "MinimumHealthyPercent: !Ref Least",
          "Parameters:\n", "Parameters:\n  Least: {Type: Number, Default: 100}\n")),
    benign("G20", "none need stay", ESTATE, edit("MinimumHealthyPercent: 0", 'MinimumHealthyPercent: "0"')),

    # exports and imports
    fault("G08", "another prefix", ["good/import.near-runner.json", "good/import.json"], imported("AWSNodeRunnerStack-VpcId", "NodeRunner-VpcId")),
    fault("G08", "another case", ["good/import.near-runner.json", "good/import.json"], imported("AWSNodeRunnerStack-NearRpcUrl", "AWSNodeRunnerStack-nearRpcUrl")),
    fault("G08", "the output has no export", ["good/import.near-runner.json", "good/import.json"], no_export),
    benign("G08", "all names agree", ["good/import.near-runner.json", "good/import.json"]),
    benign("G08", "the other template is not at hand", "good/import.json", verdict="UNKNOWN"),
    fault("G09", "twice in one template", STANDALONE, output("Again", "x", "MpcStandaloneStack-VpcId")),
    fault("G09", "twice, written in two ways", COMPOSED, second_export),
    fault("G09", "twice by hand", ESTATE, edit("Outputs:\n", 'Outputs:\n  Store: {Value: !Ref Store, Export: {Name: !Join [":", [!Ref "AWS::StackName", Park]]}}\n')),
    fault("G09", "in both templates", ["good/import.near-runner.json", "good/import.json"], output("Again", "x", "MpcImportStack-VpcId")),
    benign("G09", "one more name", STANDALONE, output("Again", "x", {"Fn::Sub": "${AWS::StackName}-Again"})),
    benign("G09", "names differ by case", STANDALONE, output("Again", "x", "MpcStandaloneStack-vpcid")),
    benign("G07", "exports are no question about this template", ESTATE),

    # names
    fault("G10", "two groups of logs with one name", STANDALONE, same_name("AWS::Logs::LogGroup", "LogGroupName", "/mpc/node")),
    fault("G10", "two secrets with one name", COMPACT, edit("Name: signers/2/account", "Name: signers/1/account")),
    fault("G10", "two services with one name", STANDALONE, same_name("AWS::ECS::Service", "ServiceName", "node")),
    fault("G10", "two roles with one name", STANDALONE, same_name("AWS::IAM::Role", "RoleName", "mpc-role")),
    benign("G10", "names of their own", "benign/explicit-names.json"),
    benign("G10", "one name in two clusters", COMPOSED, lambda t: [
        add(t, "OtherCluster", "AWS::ECS::Cluster", {}), nodes(t)[0].update(ServiceName="node"),
        nodes(t)[1].update(ServiceName="node", Cluster={"Ref": "OtherCluster"})]),
    fault("G12", "a kept repository with a name", STANDALONE, repository("Retain", RepositoryName="mpc-tools"), "WARN"),
    fault("G12", "a kept role with a name", COMPOSED, explicit("AWS::IAM::Role", "RoleName", "mpc-tasks", "TaskRole", retain="Retain"), "WARN"),
    fault("G12", "a kept secret with a name", COMPACT, edit("  AccountSecret1:\n    Type: AWS::SecretsManager::Secret\n", "  AccountSecret1:\n    Type: AWS::SecretsManager::Secret\n    DeletionPolicy: Retain\n"), "WARN", also=("G11",)),
    benign("G12", "a kept repository without a name", STANDALONE, repository("Retain")),
    benign("G12", "a named repository that goes", STANDALONE, repository("Delete", RepositoryName="mpc-tools", EmptyOnDelete=True)),
    benign("G13", "a service with a name", STANDALONE, explicit("AWS::ECS::Service", "ServiceName", "node-0")),

    # the graph of the template
    fault("G14", "groups that admit each other inside", STANDALONE, groups_in_a_circle),
    fault("G14", "cluster waits for its service", COMPOSED, depends_in_a_circle),
    fault("G14", "three by Fn::Sub", STANDALONE, circle_of_three),
    fault("G14", "a group that admits itself inside", STANDALONE, itself),
    fault("G14", "by hand", ESTATE, within("Store", "Properties: {Encrypted: true}", "DependsOn: StoreLeft\n    Properties: {Encrypted: true}")),
    fault("G14", "waits for itself", COMPACT, within("Zone", "    Properties:", "    DependsOn: Zone\n    Properties:")),
    benign("G14", "one admits the other", STANDALONE, groups_one_way),
    benign("G14", "a group that admits itself outside", STANDALONE, itself_without),
    fault("G15", "Ref", STANDALONE, ref_of_nothing),
    fault("G15", "GetAtt", COMPOSED, attribute_of_nothing),
    fault("G15", "attribute", STANDALONE, wrong_attribute),
    fault("G15", "Sub", STANDALONE, variable("RUST_LOG", {"Fn::Sub": "${LogLevel},info"})),
    fault("G15", "Sub of an attribute", COMPOSED, variable("RUST_LOG", {"Fn::Sub": "${Nobody.Arn}"})),
    fault("G15", "DependsOn", STANDALONE, depends_on("MpcMigration")),
    fault("G15", "condition of a resource", STANDALONE, condition_on("AWS::ECS::Service", "InProduction"), also=("G31",)),
    fault("G15", "condition of Fn::If", COMPOSED, variable("RUST_LOG", {"Fn::If": ["Verbose", "debug", "info"]}), also=("G31",)),
    fault("G15", "condition within a condition", ESTATE, edit("Condition: Production]", "Condition: Produktion]"), also=("G31",)),
    fault("G15", "parameter in a condition", ESTATE, edit("!Equals [!Ref Stage, prod]", "!Equals [!Ref Level, prod]")),
    fault("G15", "mapping", ESTATE, within("Plan1", "!FindInMap [Sizes, !Ref Stage, Cpu]", "!FindInMap [Size, !Ref Stage, Cpu]")),
    fault("G15", "key of a mapping", YAML, edit("!FindInMap [Size, Node, Cpu]", "!FindInMap [Size, Node, CPU]")),
    fault("G15", "output", ESTATE, edit("Value: !Ref Park, Export", "Value: !Ref Parc, Export")),
    fault("G15", "output's condition", ESTATE, edit("Park: {Value:", "Park: {Condition: Live, Value:"), also=("G31",)),
    benign("G15", "pseudo parameters", STANDALONE, variable("RUST_LOG", {"Fn::Sub": "${AWS::StackId}${AWS::NotificationARNs}${AWS::Partition}"})),
    benign("G15", "dollar in text", STANDALONE, variable("RUST_LOG", {"Fn::Sub": "${!LogLevel},info"})),
    benign("G15", "variable of Sub", STANDALONE, variable("RUST_LOG", {"Fn::Sub": ["${Level},info", {"Level": "debug"}]})),
    benign("G15", "attribute with dots of a type not known", COMPOSED, lambda t: [
        add(t, "Own", "AWS::CloudFormation::Stack", {"TemplateURL": "https://s3.amazonaws.com/b/t.json"}),
        output("Own", att("Own", "Outputs.Thing"))(t)]),

    # sizes
    fault("G16", "501 resources", STANDALONE, many_resources(501)),
    benign("G16", "500 resources", STANDALONE, many_resources(500)),
    fault("G16", "201 parameters", STANDALONE, used_parameters(201)),
    benign("G16", "200 parameters", STANDALONE, used_parameters(200)),
    fault("G16", "201 outputs", COMPOSED, outputs_up_to(201)),
    benign("G16", "200 outputs", COMPOSED, outputs_up_to(200)),
    fault("G16", "201 mappings", STANDALONE, mappings_up_to(201)),
    benign("G16", "200 mappings", STANDALONE, mappings_up_to(200)),
    fault("G16", "more than a megabyte", STANDALONE, ballast(1100000)),
    benign("G16", "60 KB go by way of S3", STANDALONE, ballast(20000)),
    fault("G16", "description of 1025 bytes", STANDALONE, lambda t: t.update(Description="d" * 1025)),
    benign("G16", "description of 1024 bytes", STANDALONE, lambda t: t.update(Description="d" * 1024)),
    fault("G26", "an instance's text", STANDALONE, user_data({"Fn::Base64": "#!/bin/sh\n" + "g" * 20000}), also=("H21",)),
    fault("G26", "with Fn::Sub", COMPOSED, user_data(sub_data(16400)), also=("H21",)),
    fault("G26", "a launch template with Fn::Join", STANDALONE, launch_template(join_data(17000)), also=("H21",)),
    benign("G26", "16000 bytes", STANDALONE, user_data(sub_data(16000))),
    benign("G26", "a launch template of 16384 bytes", COMPOSED, launch_template({"Fn::Base64": "g" * 16384})),
    fault("G28", "seven addresses", STANDALONE, addresses(6), "WARN"),
    fault("G28", "six networks", STANDALONE, networks(5), "WARN"),
    benign("G28", "five addresses", STANDALONE, addresses(4)),
    benign("G28", "five networks", STANDALONE, networks(4)),

    # order of creation
    fault("G21", "services do not wait for their route", STANDALONE, no_wait_for_routes, "WARN"),
    fault("G21", "by hand", ESTATE, edit("StoreRight, Outward, LeftPaths", "StoreRight, LeftPaths"), "WARN"),
    fault("G21", "one of three", COMPACT, within("Signer2", "DiskB, InnerOut, InnerABound", "DiskB, InnerABound"), "WARN"),
    fault("G21", "a route before the gateway is attached", STANDALONE, no_wait_for_attachment, "WARN"),
    fault("G21", "address and NAT before the gateway is attached", COMPACT, then(within("NatAddress", "    DependsOn: EdgeAttached\n", ""),
          within("OuterOut", "    DependsOn: EdgeAttached\n", "")), "WARN"),
    fault("G21", "a route by hand", ESTATE, within("Outward", "    DependsOn: ExitAttachment\n", ""), "WARN"),
    benign("G21", "the address waits by way of the NAT's route", COMPACT, within("NatAddress", "    DependsOn: EdgeAttached\n", "")),

    # what is declared and not used
    fault("G22", "parameter", STANDALONE, parameter("VpcId", Default="vpc-0123456789abcdef0"), "WARN"),
    fault("G22", "mapping", COMPOSED, lambda t: t.update(Mappings={"Addresses": {"a": {"b": "c"}}}), "WARN"),
    fault("G22", "condition", STANDALONE, stage(), "WARN"),
    fault("G22", "by hand", ESTATE, edit("  Retention:", "  RpcUrl: {Type: String, Default: here}\n  Retention:"), "WARN"),
    fault("G22", "an empty default hides the import", "good/import.json", parameter("VpcId", Default=""), "WARN"),
    benign("G22", "a mapping that a parameter chooses", ESTATE, edit("!FindInMap [Sizes, !Ref Stage, Cpu]", "!FindInMap [!Ref Book, !Ref Stage, Cpu]",
           "  Retention:", "  Book: {Type: String, Default: Sizes}\n  Retention:",
           "Mappings:\n", 'Mappings:\n  Larger:\n    dev: {Cpu: "2048"}\n    prod: {Cpu: "4096"}\n')),
    benign("G22", "used in a rule only", STANDALONE, lambda t: [parameter("Owner", Default="me")(t), t["Rules"].update(
        Owned={"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Owner"}, ""]}]}}]})]),
    benign("G22", "used in a condition that is used", STANDALONE, lambda t: [stage()(t), output("Where", {"Fn::If": ["Prod", "there", "here"]})(t)]),
    benign("G22", "used in Fn::Sub", COMPOSED, lambda t: [parameter("Owner", Default="me")(t), output("Owner", {"Fn::Sub": "by ${Owner}"})(t)]),
    benign("G22", "used in an output's name only", STANDALONE, lambda t: [parameter("Owner", Default="me")(t), output("Owner", "x", {"Fn::Sub": "${Owner}-o"})(t)]),

    # conditions
    fault("G31", "mount targets when in production", STANDALONE, lambda t: [stage()(t), mount_target_when("Prod")(t)], also=("D06",)),
    fault("G31", "cluster when in production", COMPOSED, ref_to_conditional),
    fault("G31", "an output of what is not there", STANDALONE, wrong_branch),
    fault("G31", "rule for NFS when in production", STANDALONE, lambda t: [stage()(t), [
        t["Resources"][n].update(Condition="Prod") for n, _ in ingress(t, 2049)]], also=("C01",)),
    fault("G31", "role when in production", ESTATE, edit("  Run:\n    Type: AWS::IAM::Role\n", "  Run:\n    Type: AWS::IAM::Role\n    Condition: Production\n")),
    fault("G31", "mount target by hand", ESTATE, edit("  StoreRight:\n    Type: AWS::EFS::MountTarget\n", "  StoreRight:\n    Type: AWS::EFS::MountTarget\n    Condition: Production\n"), also=("D06",)),
    fault("G31", "only in the other stage", ESTATE, edit("  Run:\n    Type: AWS::IAM::Role\n", "  Run:\n    Type: AWS::IAM::Role\n    Condition: Development\n")),
    fault("G31", "log group when in production", ESTATE, edit("  Journal:\n    Type: AWS::Logs::LogGroup\n", "  Journal:\n    Type: AWS::Logs::LogGroup\n    Condition: Production\n")),
    fault("G31", "a route by a default without a list of values", ESTATE, without_targets("Outward")),
    fault("G31", "an association", ESTATE, without_targets("LeftPaths")),
    fault("G31", "the rule between the nodes", ESTATE, without_targets("MembersTalk")),
    fault("G31", "a mount target", ESTATE, without_targets("StoreRight")),
    fault("G31", "a secret", ESTATE, without_targets("Keys1")),
    benign("G31", "the default makes it, without a list of values", ESTATE, without_targets("StoreRight", "yes")),
    benign("G31", "a whole node", ESTATE, then(*(without_targets(n) if n == "Member3" else within(n, "    Type:", "    Condition: WithTargets\n    Type:")
           for n in ("Member3", "Plan3", "Entry3", "Drawer3")))),
    benign("G31", "both have the condition", STANDALONE, both_conditional),
    benign("G31", "the branch has the condition", STANDALONE, guarded_reference),
    benign("G31", "the default makes it", STANDALONE, lambda t: [stage("prod")(t), mount_target_when("Prod")(t)], params={
        **{p["ParameterKey"]: p["ParameterValue"] for p in load(PARAMS)}, "Stage": "prod"}),
    benign("G25", "a plain template", ESTATE),
    benign("G25", "a plain CDK template", STANDALONE),
]
