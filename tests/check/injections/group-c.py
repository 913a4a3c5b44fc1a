import json

from network import *

ANYWHERE = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
VPC_RANGE = "10.0.0.0/16"


def no_nfs(t):
    for name, _ in ingress(t, 2049):
        del t["Resources"][name]
    for _, p in resources(t, "AWS::EC2::SecurityGroup"):
        if "SecurityGroupIngress" in p:
            p["SecurityGroupIngress"] = [r for r in p["SecurityGroupIngress"] if not r.get("FromPort", 0) <= 2049 <= r.get("ToPort", 65535)]


def inline_nfs(rule):
    def change(t):
        no_nfs(t)
        group_properties(t, "Efs")["SecurityGroupIngress"] = [rule(t)]
    return change


def nfs_from_nodes(t):
    return {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "SourceSecurityGroupId": group(t, "MpcNode")}


def changed_source(matching):
    return lambda t: [p.update(SourceSecurityGroupId=group(t, matching)) for _, p in ingress(t, 2049)]


def conditional_nfs(value):
    """The rule has a condition that holds or not."""
    def change(t):
        t.setdefault("Conditions", {})["Opened"] = {"Fn::Equals": [value, "yes"]}
        for name, _ in ingress(t, 2049):
            t["Resources"][name]["Condition"] = "Opened"
    return change


def targets(t):
    return [p for _, p in resources(t, "AWS::EFS::MountTarget")]


def own_vpc(t):
    add(t, "OtherVpc", "AWS::EC2::VPC", {"CidrBlock": "10.9.0.0/16", "EnableDnsHostnames": True, "EnableDnsSupport": True})


# --- C03..C06, C24: the way out ---
def isolated(t):
    for name in [n for n, p in resources(t, "AWS::EC2::Route") if "NatGatewayId" in p]:
        drop(t, name)


def isolated_one(t):
    drop(t, name_of(t, "AWS::EC2::Route", "privateSubnet2DefaultRoute"))


def gateway_unattached(t):
    drop(t, name_of(t, "AWS::EC2::VPCGatewayAttachment"))


def nat_in_private(t):
    for _, p in resources(t, "AWS::EC2::NatGateway"):
        p["SubnetId"] = subnets(t, "private")[0]


def unassociated(matching):
    def change(t):
        for name in [n for n, _ in resources(t, "AWS::EC2::SubnetRouteTableAssociation") if matching in n]:
            drop(t, name)
    return change


def swapped_association(t):
    """One private subnet is associated with a table without routes."""
    add(t, "EmptyTable", "AWS::EC2::RouteTable", {"VpcId": first(t, "AWS::EC2::Subnet")["VpcId"]})
    first(t, "AWS::EC2::SubnetRouteTableAssociation", "privateSubnet1")["RouteTableId"] = {"Ref": "EmptyTable"}


def one_table_for_all(t):
    """Both private subnets share the first one's table: as good as two tables."""
    table = first(t, "AWS::EC2::SubnetRouteTableAssociation", "privateSubnet1")["RouteTableId"]
    first(t, "AWS::EC2::SubnetRouteTableAssociation", "privateSubnet2")["RouteTableId"] = table


def transit(t):
    for _, p in resources(t, "AWS::EC2::Route"):
        if p.pop("NatGatewayId", None):
            p["TransitGatewayId"] = "tgw-0123456789abcdef0"


def half_routes(t):
    """The two halves of the address space in place of the default route."""
    for name, p in resources(t, "AWS::EC2::Route"):
        if "NatGatewayId" in p:
            other = clone(t["Resources"][name])
            p["DestinationCidrBlock"] = "0.0.0.0/1"
            other["Properties"]["DestinationCidrBlock"] = "128.0.0.0/1"
            t["Resources"][name + "Upper"] = other


def moved_out(t):
    """Nodes in the public subnets, with public addresses, started after the routes are there."""
    routes = [n for kind in ("Route", "SubnetRouteTableAssociation") for n, _ in resources(t, "AWS::EC2::" + kind) if "public" in n]
    for r in t["Resources"].values():
        if r["Type"] == "AWS::ECS::Service":
            network(r["Properties"]).update(Subnets=subnets(t, "public"), AssignPublicIp="ENABLED")
            r["DependsOn"] = r["DependsOn"] + routes


def public_ip(value):
    return each(nodes, lambda s: network(s).update(AssignPublicIp=value))


def no_public_ip(t):
    for s in nodes(t):
        network(s).pop("AssignPublicIp", None)


# --- endpoints in CDK's output ---
def sealed(t, services=("ecr.api", "ecr.dkr", "logs", "secretsmanager"), private_dns=True, gateway=True):
    """Takes the default routes of the private subnets away and puts endpoints in."""
    isolated(t)
    vpc = first(t, "AWS::EC2::Subnet")["VpcId"]
    add(t, "DoorGroup", "AWS::EC2::SecurityGroup", {"GroupDescription": "endpoints", "VpcId": vpc, "SecurityGroupIngress": [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "SourceSecurityGroupId": group(t, "MpcNode")}]})
    for service in services:
        add(t, "Door" + service.replace(".", ""), "AWS::EC2::VPCEndpoint", {
            "VpcId": vpc, "ServiceName": {"Fn::Join": ["", ["com.amazonaws.", {"Ref": "AWS::Region"}, "." + service]]},
            "VpcEndpointType": "Interface", "PrivateDnsEnabled": private_dns, "SubnetIds": subnets(t, "private"),
            "SecurityGroupIds": [att("DoorGroup")]})
    if gateway:
        add(t, "Buckets", "AWS::EC2::VPCEndpoint", {
            "VpcId": vpc, "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"}, "VpcEndpointType": "Gateway",
            "RouteTableIds": [{"Ref": n} for n, _ in resources(t, "AWS::EC2::RouteTable") if "private" in n]})


def sealed_but(*services):
    kept = [s for s in ("ecr.api", "ecr.dkr", "logs", "secretsmanager") if s not in services]
    return lambda t: sealed(t, kept, gateway="s3" not in services)


def sealed_with(change):
    def run(t):
        sealed(t)
        change(t)
    return run


def shared_table_only(t):
    first(t, "AWS::EC2::VPCEndpoint", "Buckets")["RouteTableIds"] = [{"Ref": name_of(t, "AWS::EC2::RouteTable", "privateSubnet1")}]


def images(value):
    return each(lambda t: [c for _, p in resources(t, "AWS::ECS::TaskDefinition") for c in p["ContainerDefinitions"]],
                lambda c: c.update(Image=value))


# --- ACLs ---
ALLOW_ALL = [(False, 100, "allow", "0.0.0.0/0", -1, None, None), (True, 100, "allow", "0.0.0.0/0", -1, None, None)]


def node_acl(*entries):
    return lambda t: acl(t, subnets(t, "private"), entries)


def storage_acl(**values):
    """Changes the entries of the storage subnets' ACL."""
    def change(t):
        for name, p in resources(t, "AWS::EC2::NetworkAclEntry"):
            if name.startswith("StorageAcl" + values["entry"]):
                p.update({k: v for k, v in values.items() if k != "entry"})
    return change


def acl_deny_first(t):
    add(t, "Deny", "AWS::EC2::NetworkAclEntry", {
        "NetworkAclId": {"Ref": name_of(t, "AWS::EC2::NetworkAcl", "StorageAcl")}, "RuleNumber": 90, "Protocol": 6,
        "RuleAction": "deny", "Egress": False, "CidrBlock": "10.0.0.0/8", "PortRange": {"From": 2000, "To": 2100}})


def acl_deny_later(t):
    acl_deny_first(t)
    t["Resources"]["Deny"]["Properties"]["RuleNumber"] = 110


# --- groups and subnets ---
def empty_group_attached(t):
    add(t, "SpareGroup", "AWS::EC2::SecurityGroup", {"GroupDescription": "spare", "VpcId": group_properties(t, "MpcNode")["VpcId"]})
    for s in nodes(t):
        network(s)["SecurityGroups"] = [att("SpareGroup")]


def tight_and_targets_elsewhere(t):
    """The nodes may send to the EFS group alone, which the mount targets do not have."""
    add(t, "SpareGroup", "AWS::EC2::SecurityGroup", {"GroupDescription": "spare", "VpcId": group_properties(t, "MpcNode")["VpcId"]})
    group_properties(t, "MpcNode")["SecurityGroupEgress"] = [
        *[{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "0.0.0.0/0"} for port in (80, 443, 3030, 24567)],
        {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "DestinationSecurityGroupId": group(t, "Efs")}]
    for p in targets(t):
        p["SecurityGroups"] = [att("SpareGroup")]


def second_group_attached(t):
    add(t, "SpareGroup", "AWS::EC2::SecurityGroup", {"GroupDescription": "spare", "VpcId": group_properties(t, "MpcNode")["VpcId"]})
    for s in nodes(t):
        network(s)["SecurityGroups"].append(att("SpareGroup"))


def targets_without_groups(t):
    for _, p in resources(t, "AWS::EFS::MountTarget"):
        p.pop("SecurityGroups")


def no_groups(t):
    for s in nodes(t):
        network(s).pop("SecurityGroups")


def many_groups(count):
    def change(t):
        vpc = group_properties(t, "MpcNode")["VpcId"]
        for i in range(count - 1):
            add(t, f"Spare{i}", "AWS::EC2::SecurityGroup", {"GroupDescription": "spare", "VpcId": vpc})
        for s in nodes(t):
            network(s)["SecurityGroups"] += [att(f"Spare{i}") for i in range(count - 1)]
    return change


def many_target_groups(t):
    vpc = group_properties(t, "Efs")["VpcId"]
    for i in range(5):
        add(t, f"Spare{i}", "AWS::EC2::SecurityGroup", {"GroupDescription": "spare", "VpcId": vpc})
    for _, p in resources(t, "AWS::EFS::MountTarget"):
        p["SecurityGroups"] += [att(f"Spare{i}") for i in range(5)]


def many_subnets(t):
    vpc = first(t, "AWS::EC2::Subnet")["VpcId"]
    table = first(t, "AWS::EC2::SubnetRouteTableAssociation", "privateSubnet1")["RouteTableId"]
    for i in range(15):
        add(t, f"Extra{i}", "AWS::EC2::Subnet", {"VpcId": vpc, "CidrBlock": f"10.0.{20 + i}.0/24",
                                                 "AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}})
        add(t, f"ExtraTable{i}", "AWS::EC2::SubnetRouteTableAssociation", {"SubnetId": {"Ref": f"Extra{i}"}, "RouteTableId": table})
    for s in nodes(t):
        network(s)["Subnets"] += [{"Ref": f"Extra{i}"} for i in range(15)]


def group_of_other_vpc(matching):
    def change(t):
        own_vpc(t)
        group_properties(t, matching)["VpcId"] = {"Ref": "OtherVpc"}
    return change


def target_in_other_vpc(t):
    own_vpc(t)
    add(t, "OtherSubnet", "AWS::EC2::Subnet", {"VpcId": {"Ref": "OtherVpc"}, "CidrBlock": "10.9.0.0/24",
                                               "AvailabilityZone": {"Fn::Select": [1, {"Fn::GetAZs": ""}]}})
    first(t, "AWS::EFS::MountTarget", "Subnet2")["SubnetId"] = {"Ref": "OtherSubnet"}


def boot_node(host):
    def change(t):
        for _, p in resources(t, "AWS::ECS::TaskDefinition"):
            for c in p["ContainerDefinitions"]:
                for e in c.get("Environment", []):
                    if e["Name"] == "NEAR_BOOT_NODES":
                        e["Value"] = f"ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@{host}:24567"
    return change


def peered(t):
    """A route to the chain's own network in both private tables."""
    boot_node("192.168.7.20")(t)
    for n, _ in resources(t, "AWS::EC2::RouteTable"):
        if "private" in n:
            add(t, n + "Peering", "AWS::EC2::Route", {"RouteTableId": {"Ref": n}, "DestinationCidrBlock": "192.168.0.0/16",
                                                      "VpcPeeringConnectionId": "pcx-0123456789abcdef0"})


def private_ranges(first_range, second_range):
    def change(t):
        first(t, "AWS::EC2::Subnet", "privateSubnet1")["CidrBlock"] = first_range
        first(t, "AWS::EC2::Subnet", "privateSubnet2")["CidrBlock"] = second_range
    return change


def near_rule(port, **values):
    def change(t):
        for name, p in ingress(t, port, "NearSg"):
            p.update(values)
    return change


def no_self_source(t):
    for _, p in resources(t, "AWS::EC2::SecurityGroupIngress"):
        if "MpcNode" in json.dumps(p["GroupId"]):
            p["SourceSecurityGroupId"] = group(t, "Efs")


def peers_by_range(cidr):
    return set_rule(80, "MpcNode", ["SourceSecurityGroupId"], CidrIp=cidr)


def doubled_endpoint(private_dns):
    def change(t):
        sealed(t)
        twin = clone(t["Resources"]["Doorlogs"])
        twin["Properties"]["PrivateDnsEnabled"] = private_dns
        t["Resources"]["DoorlogsAgain"] = twin
    return change


def protocol_50(t):
    set_rule(2049, without=["FromPort", "ToPort"], IpProtocol="50")(t)


def default_group(t):
    """No groups of its own: the VPC's default one holds tasks and mount targets."""
    own = att(name_of(t, "AWS::EC2::VPC"), "DefaultSecurityGroup")
    for s in nodes(t):
        network(s)["SecurityGroups"] = [own]
    for p in targets(t):
        p["SecurityGroups"] = [own]
    for name in [n for n, r in t["Resources"].items() if r["Type"].startswith("AWS::EC2::SecurityGroup")]:
        drop(t, name)


def default_group_of_targets(t):
    for p in targets(t):
        p["SecurityGroups"] = [att(name_of(t, "AWS::EC2::VPC"), "DefaultSecurityGroup")]


def group_for_others(t):
    """A group that tools of another stack get: nothing here has it."""
    add(t, "ToolsGroup", "AWS::EC2::SecurityGroup", {"GroupDescription": "tools", "VpcId": group_properties(t, "Efs")["VpcId"]})
    add(t, "ToolsIn", "AWS::EC2::SecurityGroupIngress", {"GroupId": group(t, "MpcNode"), "IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080,
                                                         "SourceSecurityGroupId": att("ToolsGroup")})
    t["Outputs"]["ToolsGroupId"] = {"Value": att("ToolsGroup"), "Export": {"Name": "tools-group"}}


def absent_tools(t):
    """A tools service with a group of its own, left out by its condition."""
    group_for_others(t)
    t["Outputs"].pop("ToolsGroupId")
    t.setdefault("Conditions", {})["Tools"] = {"Fn::Equals": ["a", "b"]}
    t["Parameters"]["ToolsImage"] = {"Type": "AWS::EC2::Image::Id", "Default": "ami-0123456789abcdef0"}
    add(t, "ToolsHost", "AWS::EC2::Instance", {"ImageId": {"Ref": "ToolsImage"}, "InstanceType": "t3.micro", "SubnetId": subnets(t, "private")[0],
                                               "SecurityGroupIds": [att("ToolsGroup")]}, Condition="Tools")


def conditional(type_name, matching, value):
    def change(t):
        t.setdefault("Conditions", {})["Opened"] = {"Fn::Equals": [value, "yes"]}
        for name, r in t["Resources"].items():
            if r["Type"] == type_name and matching in name:
                r["Condition"] = "Opened"
    return change


def chain_host(port, interface=False):
    """The chain runs on an instance that admits the nodes at one port; they dial its private address."""
    def change(t):
        t["Parameters"]["HostImage"] = {"Type": "AWS::EC2::Image::Id"}
        rules = [{**tcp(port), "CidrIp": VPC_RANGE}] if port else []
        add(t, "HostGroup", "AWS::EC2::SecurityGroup", {"GroupDescription": "chain", "VpcId": group_properties(t, "Efs")["VpcId"], "SecurityGroupIngress": rules})
        host = {"ImageId": {"Ref": "HostImage"}, "InstanceType": "t3.large"}
        place = {"SubnetId": subnets(t, "private")[0]}
        if interface:
            host["NetworkInterfaces"] = [{**place, "GroupSet": [att("HostGroup")], "DeviceIndex": "0"}]
        else:
            host.update(place, SecurityGroupIds=[att("HostGroup")])
        add(t, "ChainHost", "AWS::EC2::Instance", host)
        boot_node("X")(t)
        for _, p in resources(t, "AWS::ECS::TaskDefinition"):
            for c in p["ContainerDefinitions"]:
                for e in c.get("Environment", []):
                    if e["Name"] == "NEAR_BOOT_NODES":
                        e["Value"] = {"Fn::Sub": e["Value"].replace("@X:", "@${ChainHost.PrivateIp}:")}
    return change


def user_data(text):
    return lambda t: t["Resources"]["ChainHost"]["Properties"].update(UserData={"Fn::Base64": {"Fn::Sub": "#!/bin/sh\nexport REGION=${AWS::Region}\n" + text}})


def near_command(text):
    return lambda t: first(t, "AWS::ECS::TaskDefinition", "NearTask")["ContainerDefinitions"][0].update(Command=["sh", "-c", text])


def chain_acl(port):
    """The chain's host stands in a subnet of its own whose ACL lets one port in."""
    def change(t):
        add(t, "ChainSubnet", "AWS::EC2::Subnet", {"VpcId": first(t, "AWS::EC2::Subnet")["VpcId"], "CidrBlock": "10.0.9.0/24",
                                                   "AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}})
        t["Resources"]["ChainHost"]["Properties"]["SubnetId"] = {"Ref": "ChainSubnet"}
        acl(t, [{"Ref": "ChainSubnet"}], [(False, 100, "allow", "0.0.0.0/0", 6, port, port), (True, 100, "allow", "0.0.0.0/0", -1, None, None)])
    return change


def rpc_of_host(t):
    for _, p in resources(t, "AWS::ECS::TaskDefinition"):
        for c in p["ContainerDefinitions"]:
            for e in c.get("Environment", []):
                if e["Name"] == "NEAR_RPC_URL":
                    e["Value"] = {"Fn::Sub": "http://${ChainHost.PrivateIp}:3030"}


def exported_host(port):
    """The exporting template has the chain on an instance and exports its boot node."""
    def change(t):
        t["Parameters"] = {"HostImage": {"Type": "AWS::EC2::Image::Id"}, **t.get("Parameters", {})}
        add(t, "HostGroup", "AWS::EC2::SecurityGroup", {"GroupDescription": "chain", "VpcId": group_properties(t, "NearSg")["VpcId"],
                                                        "SecurityGroupIngress": [tcp(port, cidr=VPC_RANGE)]})
        add(t, "ChainHost", "AWS::EC2::Instance", {"ImageId": {"Ref": "HostImage"}, "InstanceType": "t3.large", "SubnetId": subnets(t, "private")[0],
                                                   "SecurityGroupIds": [att("HostGroup")]})
        t["Outputs"]["NearBootNodes"]["Value"] = {"Fn::Join": ["", [
            "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@", att("ChainHost", "PrivateIp"), ":24567"]]}
    return change


CDK_ENDPOINTS = "faulty/endpoint-sg-closed.json"
RUNNER_LIST = ["good/import.near-runner.json", "cd-import-list.json"]


def endpoint_group(t):
    return next(p for _, p in resources(t, "AWS::EC2::VPCEndpoint") if "SecurityGroupIds" in p)["SecurityGroupIds"][0]


def opened(t):
    add(t, "OpenDoor", "AWS::EC2::SecurityGroupIngress", {"GroupId": endpoint_group(t), "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
                                                          "SourceSecurityGroupId": group(t, "MpcNode")})


def opened_to_network(t):
    opened(t)
    del t["Resources"]["OpenDoor"]["Properties"]["SourceSecurityGroupId"]
    t["Resources"]["OpenDoor"]["Properties"]["CidrIp"] = att(name_of(t, "AWS::EC2::VPC"), "CidrBlock")


def without_endpoint(service):
    def change(t):
        for name in [n for n, p in resources(t, "AWS::EC2::VPCEndpoint") if json.dumps(p["ServiceName"]).rstrip('"]}').endswith("." + service)]:
            drop(t, name)
    return change


def subnet_list(t):
    t["Outputs"]["PrivateSubnets"] = {"Value": {"Fn::Join": [",", subnets(t, "private")]}, "Export": {"Name": "AWSNodeRunnerStack-PrivateSubnets"}}


CASES = [
    benign("C01", "the template as it is", STANDALONE),
    benign("C01", "public subnets by hand", PUBLIC),
    benign("C01", "private subnets by hand", PRIVATE),
    benign("C01", "sealed network by hand", SEALED),

    # C01 ingress of the mount targets
    *[fault("C01", f"no rule for 2049 in {b}", b, no_nfs) for b in (STANDALONE, COMPOSED, IMPORT, "benign/sg-inline.json", PUBLIC_CDK)],
    fault("C01", "rule for another port", STANDALONE, set_rule(2049, FromPort=2048, ToPort=2048)),
    fault("C01", "rule for udp", STANDALONE, set_rule(2049, IpProtocol="udp")),
    fault("C01", "rule for protocol 17", STANDALONE, set_rule(2049, IpProtocol="17")),
    fault("C01", "rule for ESP is none for TCP", STANDALONE, protocol_50),
    fault("C01", "source is the EFS group", STANDALONE, changed_source("Efs")),
    fault("C01", "source is the chain's group", COMPOSED, changed_source("NearSg")),
    fault("C01", "source is a range elsewhere", STANDALONE, set_rule(2049, "", ["SourceSecurityGroupId"], CidrIp="192.168.0.0/16")),
    fault("C01", "the rule's condition is false", STANDALONE, conditional_nfs("no"), also=["G31"]),
    fault("C01", "inline rule for another port", STANDALONE, inline_nfs(lambda t: {**nfs_from_nodes(t), "FromPort": 111, "ToPort": 111})),
    fault("C01", "the rule sits on the node's group", STANDALONE,
          lambda t: [p.update(GroupId=group(t, "MpcNode")) for _, p in ingress(t, 2049)]),
    fault("C01", "by hand: no rule", PUBLIC, within("DiskSg", "2049", "2050")),
    fault("C01", "by hand: rule dropped", PRIVATE, without("DiskIn")),
    fault("C01", "by hand: range of other networks", PUBLIC, within("DiskSg", "!GetAtt Net.CidrBlock", "10.43.0.0/16")),
    benign("C01", "the rule's condition is true", STANDALONE, conditional_nfs("yes")),
    benign("C01", "inline rule", STANDALONE, inline_nfs(nfs_from_nodes)),
    benign("C01", "inline rule for a range of ports", STANDALONE, inline_nfs(lambda t: {**nfs_from_nodes(t), "FromPort": 0, "ToPort": 65535})),
    benign("C01", "inline rule for all protocols", STANDALONE, inline_nfs(lambda t: {"IpProtocol": "-1", "SourceSecurityGroupId": group(t, "MpcNode")})),
    benign("C01", "all protocols as a number", STANDALONE, inline_nfs(lambda t: {"IpProtocol": -1, "SourceSecurityGroupId": group(t, "MpcNode")})),
    benign("C01", "by the VPC's range", STANDALONE, set_rule(2049, "", ["SourceSecurityGroupId"], CidrIp=VPC_RANGE)),
    benign("C01", "by the VPC's CidrBlock attribute", STANDALONE,
           lambda t: set_rule(2049, "", ["SourceSecurityGroupId"], CidrIp=att(name_of(t, "AWS::EC2::VPC"), "CidrBlock"))(t)),
    benign("C01", "from anywhere", STANDALONE, set_rule(2049, "", ["SourceSecurityGroupId"], CidrIp="0.0.0.0/0")),
    benign("C01", "a rule for each private subnet", STANDALONE, lambda t: (
        no_nfs(t), group_properties(t, "Efs").update(SecurityGroupIngress=[tcp(2049, cidr="10.0.2.0/24"), tcp(2049, cidr="10.0.3.0/24")]))),
    benign("C01", "a prefix list", STANDALONE, set_rule(2049, "", ["SourceSecurityGroupId"], SourcePrefixListId="pl-0123456789abcdef0"), "UNKNOWN"),
    benign("C01", "Ref in place of GetAtt", STANDALONE, lambda t: [
        p.update(GroupId={"Ref": p["GroupId"]["Fn::GetAtt"][0]}, SourceSecurityGroupId={"Ref": p["SourceSecurityGroupId"]["Fn::GetAtt"][0]})
        for _, p in ingress(t, 2049)]),

    # C02 egress of the tasks
    fault("C02", "egress 443 only", STANDALONE, egress("MpcNode", tcp(443))),
    fault("C02", "egress 443, chain and peers", STANDALONE, egress("MpcNode", tcp(443), tcp(80), tcp(24567), tcp(3030))),
    fault("C02", "all UDP", STANDALONE, egress("MpcNode", tcp(0, 2048), tcp(2050, 65535), {"IpProtocol": "udp", "FromPort": 0, "ToPort": 65535, "CidrIp": "0.0.0.0/0"})),
    fault("C02", "2049 to one subnet's range only", STANDALONE, egress("MpcNode", tcp(0, 2048), tcp(2050, 65535), tcp(2049, cidr="10.0.2.0/24")), also=["C19"]),
    fault("C02", "2049 to the chain's group", COMPOSED, egress("MpcNode", tcp(0, 2048), tcp(2050, 65535), to_group(2049, "NearSg"))),
    fault("C02", "by hand: no egress to the disk", PRIVATE, within("NodeSg", "2049", "2050")),
    fault("C02", "by hand: egress to the wrong group", PRIVATE, within("NodeSg", "!GetAtt DiskSg", "!GetAtt PeerSg")),
    fault("C02", "by hand: sealed, no 2049", SEALED, within("Nodes", "FromPort: 2049, ToPort: 2049", "FromPort: 2047, ToPort: 2048")),
    benign("C02", "egress to the EFS group", STANDALONE, egress("MpcNode", tcp(0, 2048), tcp(2050, 65535), to_group(2049, "Efs"))),
    benign("C02", "egress 2049 to the VPC", STANDALONE, egress("MpcNode", tcp(0, 2048), tcp(2050, 65535), tcp(2049, cidr=VPC_RANGE))),
    benign("C02", "no egress list: everything", STANDALONE, lambda t: group_properties(t, "MpcNode").pop("SecurityGroupEgress")),
    benign("C02", "egress as resources of their own", STANDALONE, lambda t: (
        egress("MpcNode", {"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "255.255.255.255/32"})(t),
        add(t, "OutAll", "AWS::EC2::SecurityGroupEgress", {"GroupId": group(t, "MpcNode"), "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}))),
    benign("C02", "a second group gives what the first lacks", STANDALONE, lambda t: (
        egress("MpcNode", tcp(443))(t), second_group_attached(t))),

    # C03 egress 443
    fault("C03", "egress 2049 only", STANDALONE, egress("MpcNode", tcp(2049))),
    fault("C03", "everything but 443", STANDALONE, egress("MpcNode", tcp(0, 442), tcp(444, 65535))),
    fault("C03", "443 within the VPC, ways by NAT", STANDALONE, egress("MpcNode", tcp(0, 65535, VPC_RANGE)), also=["C25"]),
    fault("C03", "the CDK marker for no egress", STANDALONE, egress("MpcNode", {"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "255.255.255.255/32"}), also=["C02"]),
    fault("C03", "by hand: no 443", PRIVATE, within("NodeSg", "443, ToPort: 443", "444, ToPort: 444")),
    fault("C03", "by hand: no 443, public", PUBLIC, within("NodeSg", "VpcId: !Ref Net}", "VpcId: !Ref Net, SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 444, ToPort: 65535, CidrIp: 0.0.0.0/0}, {IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}]}")),
    benign("C03", "443 anywhere, the rest within the VPC", STANDALONE, egress("MpcNode", tcp(443), tcp(0, 65535, VPC_RANGE))),

    # C04
    fault("C04", "public subnets, address off", PUBLIC_CDK, public_ip("DISABLED")),
    fault("C04", "public subnets, address not said", PUBLIC_CDK, no_public_ip),
    fault("C04", "by hand", PUBLIC, edit("AssignPublicIp: ENABLED", "AssignPublicIp: DISABLED")),
    fault("C04", "by hand: MapPublicIpOnLaunch is none for tasks", PUBLIC, then(edit("AssignPublicIp: ENABLED", "AssignPublicIp: DISABLED"),
          edit("CidrBlock: 10.42.1.0/24", "CidrBlock: 10.42.1.0/24, MapPublicIpOnLaunch: true"))),
    fault("C04", "tasks put into the public subnets", STANDALONE, lambda t: [network(s).update(Subnets=subnets(t, "public")) for s in nodes(t)]),
    benign("C04", "tasks in the public subnets with addresses", STANDALONE, moved_out),

    # C05
    fault("C05", "no route out", STANDALONE, isolated),
    fault("C05", "no route out in one zone", STANDALONE, isolated_one),
    fault("C05", "route for another range", STANDALONE, lambda t: [p.update(DestinationCidrBlock="10.200.0.0/16") for _, p in resources(t, "AWS::EC2::Route") if "NatGatewayId" in p]),
    fault("C05", "by hand: one zone's route is missing", PRIVATE, without("InnerBDefault")),
    fault("C05", "composed", COMPOSED, isolated),
    fault("C05", "exporting template without routes", RUNNER, isolated),
    benign("C05", "one table for both subnets", STANDALONE, one_table_for_all),
    benign("C05", "transit gateway", STANDALONE, transit, "UNKNOWN"),
    benign("C05", "two halves of the address space", STANDALONE, half_routes),

    # C06
    fault("C06", "NAT gateway in a private subnet", STANDALONE, nat_in_private, also=["C05"]),
    fault("C06", "NAT gateway in a private subnet, addresses on", STANDALONE, all_of(nat_in_private, public_ip("ENABLED")), also=["C05"]),
    fault("C06", "gateway not attached", STANDALONE, gateway_unattached, also=["C05"]),
    fault("C06", "by hand: NAT gateway inside", PRIVATE, within("NatB", "!Ref OuterB", "!Ref InnerB"), also=["C05"]),
    fault("C06", "public addresses in subnets without a way out", STANDALONE, all_of(isolated, public_ip("ENABLED")), also=["C05"]),
    benign("C06", "public address behind a NAT gateway is only useless", STANDALONE, public_ip("ENABLED")),

    # C07
    benign("C07", "all endpoints", STANDALONE, sealed),
    *[fault("C07", f"no endpoint for {s}", STANDALONE, sealed_but(s), also=["C05"]) for s in ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "s3")],
    fault("C07", "S3 in one route table only", STANDALONE, sealed_with(shared_table_only)),
    *[fault("C07", f"by hand: no {n}", SEALED, without(n)) for n in ("Registry", "Layers", "Secrets", "Logging")],
    fault("C07", "by hand: no Buckets", SEALED, without("Buckets"), also=["C25"]),
    fault("C07", "by hand: endpoint of another service", SEALED, within("Logging", "}.logs", "}.monitoring")),
    fault("C07", "by hand: S3 in another table", SEALED, then(within("Buckets", "[!Ref Table]", "[!Ref Spare]"), plus("""
  Spare:
    Type: AWS::EC2::RouteTable
    Properties: {VpcId: !Ref Net}
"""))),
    benign("C07", "by hand: S3 through an interface endpoint", SEALED, within("Buckets", "RouteTableIds: [!Ref Table]",
           "VpcEndpointType: Interface\n      PrivateDnsEnabled: true\n      SubnetIds: [!Ref CellA, !Ref CellB]\n      SecurityGroupIds: [!Ref Doors]")),
    benign("C07", "an endpoint for one thing, NAT for the rest", STANDALONE, lambda t: add(t, "Buckets", "AWS::EC2::VPCEndpoint", {
        "VpcId": first(t, "AWS::EC2::Subnet")["VpcId"], "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"},
        "RouteTableIds": [{"Ref": name_of(t, "AWS::EC2::RouteTable", "private")}]})),

    # C08
    fault("C08", "no ingress on the endpoints", STANDALONE, sealed_with(lambda t: t["Resources"]["DoorGroup"]["Properties"].pop("SecurityGroupIngress"))),
    fault("C08", "wrong port on the endpoints", STANDALONE, sealed_with(lambda t: t["Resources"]["DoorGroup"]["Properties"]["SecurityGroupIngress"][0].update(FromPort=80, ToPort=80))),
    fault("C08", "wrong source on the endpoints", STANDALONE, sealed_with(lambda t: t["Resources"]["DoorGroup"]["Properties"]["SecurityGroupIngress"][0].update(SourceSecurityGroupId=group(t, "Efs")))),
    fault("C08", "by hand: range elsewhere", SEALED, within("Doors", "172.20.0.0/20", "10.0.0.0/8")),
    fault("C08", "by hand: half the range", SEALED, within("Doors", "172.20.0.0/20", "172.20.0.0/22"), also=["C19"]),
    fault("C08", "by hand: an empty group on one endpoint", SEALED, then(within("Logging", "[!Ref Doors]", "[!Ref Closed]"), plus("""
  Closed:
    Type: AWS::EC2::SecurityGroup
    Properties: {GroupDescription: nothing, VpcId: !Ref Net}
"""))),
    fault("C08", "by hand: no groups, so the VPC's default one", SEALED, within("Secrets", "      SecurityGroupIds: [!Ref Doors]\n", ""), also=["C22"]),

    # C09
    fault("C09", "private DNS off", STANDALONE, lambda t: sealed(t, private_dns=False)),
    fault("C09", "private DNS not said", STANDALONE, sealed_with(lambda t: first(t, "AWS::EC2::VPCEndpoint", "Doorlogs").pop("PrivateDnsEnabled"))),
    fault("C09", "by hand: off for one", SEALED, within("Registry", "PrivateDnsEnabled: true", "PrivateDnsEnabled: false")),
    fault("C09", "by hand: VPC without host names", SEALED, edit(", EnableDnsHostnames: true", ""), also=["D08"]),

    # C10
    fault("C10", "Docker Hub image", STANDALONE, sealed_with(images("docker.io/nearone/mpc-node:3.2.0"))),
    fault("C10", "by hand: short name", SEALED, edit("!Sub '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/mpc-node:3.2.0'", "nearone/mpc-node:3.2.0")),
    fault("C10", "by hand: public ECR has no endpoint", SEALED, edit("!Sub '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/mpc-node:3.2.0'", "public.ecr.aws/near/mpc-node:3.2.0")),
    benign("C10", "Docker Hub image with a NAT gateway", STANDALONE, images("docker.io/nearone/mpc-node:3.2.0")),

    # C11
    fault("C11", "storage: NFS denied before it is allowed", ACL_CDK, acl_deny_first),
    fault("C11", "storage: no ephemeral ports back", ACL_CDK, storage_acl(entry="Out", PortRange={"From": 2049, "To": 2049})),
    fault("C11", "storage: another protocol", ACL_CDK, storage_acl(entry="In", Protocol=17)),
    fault("C11", "storage: only one subnet's range in", ACL_CDK, storage_acl(entry="In", CidrBlock="10.0.2.0/24"), also=["C19"]),
    fault("C11", "storage: deny", ACL_CDK, storage_acl(entry="In", RuleAction="deny")),
    fault("C11", "nodes: 443 both ways only", STANDALONE, node_acl((False, 100, "allow", "0.0.0.0/0", 6, 443, 443), (True, 100, "allow", "0.0.0.0/0", 6, 443, 443)), also=["C03"]),
    fault("C11", "nodes: no ephemeral ports in", STANDALONE, node_acl((False, 100, "allow", VPC_RANGE, -1, None, None), (True, 100, "allow", "0.0.0.0/0", -1, None, None)), also=["C03"]),
    fault("C11", "nodes: an ACL without entries", STANDALONE, node_acl(), also=["C03"]),
    fault("C11", "by hand: ACL of one zone is closed", PRIVATE, plus("""
  Wall:
    Type: AWS::EC2::NetworkAcl
    Properties: {VpcId: !Ref Net}
  WallB:
    Type: AWS::EC2::SubnetNetworkAclAssociation
    Properties: {NetworkAclId: !Ref Wall, SubnetId: !Ref InnerB}
"""), also=["C03"]),
    benign("C11", "nodes: an ACL that allows all", STANDALONE, node_acl(*ALLOW_ALL)),
    benign("C11", "nodes: an ACL with a list that is enough", STANDALONE, node_acl(
        (False, 100, "allow", VPC_RANGE, -1, None, None), (False, 110, "allow", "0.0.0.0/0", 6, 1024, 65535), (False, 120, "allow", "0.0.0.0/0", 17, 1024, 65535),
        (True, 100, "allow", VPC_RANGE, -1, None, None), (True, 110, "allow", "0.0.0.0/0", 6, 443, 443), (True, 120, "allow", "0.0.0.0/0", 6, 1024, 65535))),
    benign("C11", "storage: a deny that comes later", ACL_CDK, acl_deny_later),
    benign("C11", "storage: protocol all", ACL_CDK, lambda t: [(p.update(Protocol=-1), p.pop("PortRange")) for _, p in resources(t, "AWS::EC2::NetworkAclEntry")]),
    benign("C11", "an ACL that no subnet has", STANDALONE, lambda t: acl(t, [], [])),

    # C12
    fault("C12", "no rule for 24567", COMPOSED, drop_rules(24567, "NearSg")),
    fault("C12", "rule for another port", COMPOSED, near_rule(24567, FromPort=24566, ToPort=24566)),
    fault("C12", "rule from the EFS group", COMPOSED, lambda t: near_rule(24567, SourceSecurityGroupId=group(t, "Efs"))(t)),
    fault("C12", "rule for UDP", COMPOSED, near_rule(24567, IpProtocol="udp")),
    fault("C12", "exporting template: another range", RUNNER, lambda t: [r.update(CidrIp="172.16.0.0/16") for r in group_properties(t, "NearSg")["SecurityGroupIngress"] if r["FromPort"] == 24567]),
    fault("C12", "exporting template: no rule", RUNNER, lambda t: group_properties(t, "NearSg").update(SecurityGroupIngress=[r for r in group_properties(t, "NearSg")["SecurityGroupIngress"] if r["FromPort"] != 24567])),
    benign("C12", "by the VPC's range", COMPOSED, set_rule(24567, "NearSg", ["SourceSecurityGroupId"], CidrIp=VPC_RANGE)),
    benign("C12", "a range of ports", COMPOSED, near_rule(24567, FromPort=24000, ToPort=25000)),

    # C13
    fault("C13", "no rule for the RPC port", COMPOSED, drop_rules(3030, "NearSg")),
    fault("C13", "no rule for the RPC port, an image that does not ask it", COMPOSED, drop_rules(3030, "NearSg"), verdict="WARN", options=["--node-profile", "current"]),

    # C15
    fault("C15", "rule without a source", STANDALONE, set_rule(2049, "", ["SourceSecurityGroupId"]), also=["C01"]),
    fault("C15", "source taken away by NoValue", STANDALONE, set_rule(2049, SourceSecurityGroupId={"Ref": "AWS::NoValue"}), also=["C01"]),
    fault("C15", "source taken away by a condition", STANDALONE, lambda t: (
        t.setdefault("Conditions", {}).update(Never={"Fn::Equals": ["a", "b"]}),
        [p.update(SourceSecurityGroupId={"Fn::If": ["Never", p["SourceSecurityGroupId"], {"Ref": "AWS::NoValue"}]}) for _, p in ingress(t, 2049)]), also=["C01"]),
    fault("C15", "inline rule without a source", STANDALONE, inline_nfs(lambda t: {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049}), also=["C01"]),
    fault("C15", "egress rule without a destination", STANDALONE, egress("MpcNode", {"IpProtocol": "-1"}), also=["C02", "C03"]),
    fault("C15", "by hand", PRIVATE, within("DiskIn", ", SourceSecurityGroupId: !GetAtt NodeSg.GroupId", ""), also=["C01"]),
    benign("C15", "source chosen by a condition", STANDALONE, lambda t: (
        t.setdefault("Conditions", {}).update(Always={"Fn::Equals": ["a", "a"]}),
        [p.update(SourceSecurityGroupId={"Fn::If": ["Always", p["SourceSecurityGroupId"], {"Ref": "AWS::NoValue"}]}) for _, p in ingress(t, 2049)])),

    # C16
    fault("C16", "nodes have an empty group", STANDALONE, empty_group_attached, also=["C01"]),
    fault("C16", "nodes have the EFS group", STANDALONE, lambda t: [network(s).update(SecurityGroups=[group(t, "Efs")]) for s in nodes(t)], also=["C01", "C02", "C03"]),
    fault("C16", "mount targets have the node's group", STANDALONE, lambda t: [p.update(SecurityGroups=[group(t, "MpcNode")]) for _, p in resources(t, "AWS::EFS::MountTarget")], also=["C01"]),
    fault("C16", "mount targets have the default group", STANDALONE, targets_without_groups),
    fault("C16", "mount targets have an empty list", STANDALONE, each(targets, lambda p: p.update(SecurityGroups=[])), also=["C22", "C01"]),
    fault("C16", "by hand: only the peers' group", PRIVATE, edit("[!GetAtt NodeSg.GroupId, !GetAtt PeerSg.GroupId]", "[!GetAtt PeerSg.GroupId]"), also=["C02", "C03", "C01"]),
    fault("C16", "by hand: targets with the nodes' group", PUBLIC, within("TargetA", "!Ref DiskSg", "!Ref NodeSg"), also=["C01"]),
    fault("C16", "tight nodes, mount targets have an empty group", STANDALONE, tight_and_targets_elsewhere),
    benign("C16", "a second group", STANDALONE, second_group_attached),

    # C17
    fault("C17", "by hand: the endpoints' group is of another VPC", SEALED, lambda s: within("Doors", "VpcId: !Ref Net", "VpcId: !Ref OtherNet")(s.replace("Resources:\n", "Resources:\n  OtherNet:\n    Type: AWS::EC2::VPC\n    Properties: {CidrBlock: 10.77.0.0/16}\n", 1))),
    fault("C17", "the node's group is in another VPC", STANDALONE, group_of_other_vpc("MpcNode")),
    fault("C17", "the EFS group is in another VPC", STANDALONE, group_of_other_vpc("Efs")),
    fault("C17", "a mount target is in another VPC", STANDALONE, target_in_other_vpc, also=["D06"]),
    fault("C17", "by hand: group of another VPC", PUBLIC, then(within("NodeSg", "VpcId: !Ref Net", "VpcId: !Ref Else"), plus("""
  Else:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.50.0.0/16}
"""))),
    benign("C17", "a second VPC that nothing uses", STANDALONE, own_vpc),

    # C18
    fault("C18", "no rules for the nodes among themselves", STANDALONE, drop_rules(80, "MpcNode"), also=["A09"]),
    fault("C18", "the rules' source is another group", STANDALONE, no_self_source, also=["A09"]),
    fault("C18", "another port", STANDALONE, set_rule(80, "MpcNode", FromPort=8000, ToPort=8000), also=["A09"]),
    fault("C18", "by hand: no rule", PUBLIC, without("NodePeers"), also=["A09"]),
    fault("C18", "by hand: another port", PUBLIC, within("NodePeers", "80, ToPort: 80", "8080, ToPort: 8080"), also=["A09"]),
    fault("C18", "by hand: no rule in", PRIVATE, without("PeerIn"), also=["A09"]),
    fault("C18", "by hand: no rule out", PRIVATE, without("PeerOut"), also=["A09", "C26"]),
    fault("C18", "by hand: sealed, no 80 in", SEALED, within("Nodes", "- {IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 172.20.0.0/20}\n      SecurityGroupEgress", "- {IpProtocol: tcp, FromPort: 81, ToPort: 81, CidrIp: 172.20.0.0/20}\n      SecurityGroupEgress"), also=["A09"]),
    benign("C18", "one rule for everything within the group", STANDALONE, lambda t: (
        [drop(t, n) for n, p in resources(t, "AWS::EC2::SecurityGroupIngress") if "MpcNode" in json.dumps(p["GroupId"])],
        add(t, "Among", "AWS::EC2::SecurityGroupIngress", {"GroupId": group(t, "MpcNode"), "IpProtocol": "-1", "SourceSecurityGroupId": group(t, "MpcNode")}))),
    benign("C18", "peers by the VPC's range", STANDALONE, peers_by_range(VPC_RANGE)),

    # C19
    fault("C19", "NFS from one subnet", STANDALONE, set_rule(2049, "", ["SourceSecurityGroupId"], CidrIp="10.0.2.0/24"), also=["C01"]),
    fault("C19", "peers from one subnet", STANDALONE, peers_by_range("10.0.3.0/24")),
    fault("C19", "NFS from the public subnets", STANDALONE, set_rule(2049, "", ["SourceSecurityGroupId"], CidrIp="10.0.0.0/23"), also=["C01"]),
    fault("C19", "by hand: half the network", PUBLIC, within("DiskSg", "!GetAtt Net.CidrBlock", "10.42.1.0/24"), also=["C01"]),
    fault("C19", "by hand: sealed, half the network out", SEALED, within("Nodes", "2049, CidrIp: 172.20.0.0/20", "2049, CidrIp: 172.20.0.0/22"), also=["C02"]),
    fault("C19", "by hand: a subnet computed by Fn::Cidr", PRIVATE, within("DiskIn", "SourceSecurityGroupId: !GetAtt NodeSg.GroupId", "CidrIp: !Select [2, !Cidr [!Ref NetRange, 6, 10]]"), also=["C01"]),
    benign("C19", "the smallest range with both subnets", STANDALONE, set_rule(2049, "", ["SourceSecurityGroupId"], CidrIp="10.0.2.0/23")),

    # C20
    fault("C20", "boot node outside the VPC", STANDALONE, boot_node("192.168.7.20")),
    fault("C20", "by hand", PUBLIC, edit("@10.42.1.50:", "@10.43.1.50:")),
    fault("C20", "by hand: private", PRIVATE, edit("@10.77.0.20:", "@172.16.0.20:"), also=["C26"]),
    benign("C20", "boot node behind a peering", STANDALONE, peered),
    benign("C20", "boot node in the internet", STANDALONE, boot_node("34.120.5.6")),

    # C21
    fault("C21", "subnets of 16 addresses", STANDALONE, lambda t: (private_ranges("10.0.2.0/28", "10.0.2.16/28")(t), [s.update(DesiredCount=1) for s in nodes(t)], sealed(t), [add(t, f"More{i}", "AWS::EC2::VPCEndpoint", {**clone(t["Resources"]["Doorlogs"]["Properties"]), "ServiceName": f"com.amazonaws.eu-central-1.{s}"}) for i, s in enumerate(("ssm", "kms", "sts", "monitoring", "ecs"))])),
    benign("C21", "subnets of 32 addresses", STANDALONE, private_ranges("10.0.2.0/27", "10.0.2.32/27")),
    benign("C21", "subnets of 16 addresses, few things in them", STANDALONE, private_ranges("10.0.2.0/28", "10.0.2.16/28")),

    # C22
    fault("C22", "services without groups", STANDALONE, no_groups, also=["C01"]),
    fault("C22", "services with an empty list", STANDALONE, each(nodes, lambda s: network(s).update(SecurityGroups=[])), also=["C01"]),
    fault("C22", "by hand", PRIVATE, edit("          SecurityGroups: [!GetAtt NodeSg.GroupId, !GetAtt PeerSg.GroupId]\n", ""), also=["C01"]),

    # C23
    fault("C23", "six groups", STANDALONE, many_groups(6)),
    fault("C23", "six groups on a mount target", STANDALONE, many_target_groups),
    fault("C23", "seventeen subnets", STANDALONE, many_subnets),
    benign("C23", "five groups", STANDALONE, many_groups(5)),

    # C24
    fault("C24", "private subnets have no association", STANDALONE, unassociated("private")),
    fault("C24", "one has none", STANDALONE, unassociated("privateSubnet2")),
    fault("C24", "one has a table without routes", STANDALONE, swapped_association, also=["C05"]),
    fault("C24", "the NAT gateway's subnet has none", STANDALONE, unassociated("publicSubnet1"), also=["C06"]),
    fault("C24", "by hand", PUBLIC, without("WebBRoutes")),
    fault("C24", "by hand: private", PRIVATE, without("InnerARoutes")),
    fault("C24", "exporting template", RUNNER, unassociated("private")),
    fault("C24", "by hand: sealed, S3 table not of the subnet", SEALED, without("CellBTable"), also=["C07"]),

    # C25
    fault("C25", "443 within the VPC, S3 by gateway", STANDALONE, sealed_with(egress("MpcNode", tcp(0, 65535, VPC_RANGE)))),
    fault("C25", "by hand: no prefix list", SEALED, edit("        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, DestinationPrefixListId: !Ref BucketList}\n", "",
          "  BucketList: {Type: String, Default: pl-6ea54007}\n", "")),
    benign("C25", "prefix list", STANDALONE, sealed_with(egress("MpcNode", tcp(0, 65535, VPC_RANGE), {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "DestinationPrefixListId": "pl-6ea54007"}))),
    benign("C25", "443 anywhere", STANDALONE, sealed_with(egress("MpcNode", tcp(0, 65535, VPC_RANGE), tcp(443)))),

    # C26
    fault("C26", "egress 443 and 2049", STANDALONE, egress("MpcNode", tcp(443), tcp(2049), tcp(80)), also=["C18"]),
    fault("C26", "egress to the chain's RPC only", COMPOSED, egress("MpcNode", tcp(443), tcp(2049), tcp(80), to_group(3030, "NearSg"))),
    fault("C26", "by hand", PRIVATE, within("NodeSg", "24567, ToPort: 24567", "24566, ToPort: 24566")),
    fault("C26", "by hand: sealed", SEALED, within("Nodes", "24567, ToPort: 24567", "24566, ToPort: 24566")),
    benign("C26", "egress to the chain's group", COMPOSED, egress("MpcNode", tcp(443), tcp(2049), tcp(80), to_group(3030, "NearSg"), to_group(24567, "NearSg"))),

    # C27
    fault("C27", "a VPC that is too large", STANDALONE, lambda t: first(t, "AWS::EC2::VPC").update(CidrBlock="10.0.0.0/15")),
    fault("C27", "two subnets with one range", STANDALONE, private_ranges("10.0.2.0/24", "10.0.2.0/24")),
    fault("C27", "overlapping ranges", STANDALONE, private_ranges("10.0.2.0/23", "10.0.3.0/24")),
    fault("C27", "a range outside the VPC", STANDALONE, private_ranges("10.0.2.0/24", "10.1.3.0/24")),
    fault("C27", "a range that is too small", STANDALONE, private_ranges("10.0.2.0/29", "10.0.3.0/24")),
    fault("C27", "by hand", PUBLIC, edit("10.42.2.0/24", "10.42.1.128/25")),
    fault("C27", "by hand: same index", PRIVATE, within("InnerB", "!Select [3", "!Select [2")),
    benign("C27", "ranges side by side", STANDALONE, private_ranges("10.0.2.0/25", "10.0.2.128/25")),
    benign("C27", "a second range of the VPC", STANDALONE, lambda t: (
        add(t, "MoreRange", "AWS::EC2::VPCCidrBlock", {"VpcId": first(t, "AWS::EC2::Subnet")["VpcId"], "CidrBlock": "10.1.0.0/16"}),
        private_ranges("10.1.2.0/24", "10.1.3.0/24")(t))),

    # C28
    fault("C28", "two endpoints for logs", STANDALONE, doubled_endpoint(True)),
    fault("C28", "by hand", SEALED, plus("""
  Registry2:
    Type: AWS::EC2::VPCEndpoint
    Properties:
      VpcEndpointType: Interface
      VpcId: !Ref Net
      ServiceName: !Join ['.', [com.amazonaws, !Ref 'AWS::Region', ecr.api]]
      PrivateDnsEnabled: true
      SubnetIds: [!Ref CellA]
      SecurityGroupIds: [!Ref Doors]
""")),
    benign("C28", "the second one without private DNS", STANDALONE, doubled_endpoint(False)),

    # more ways, with networks that are given or wired differently
    benign("C01", "network by parameters", GIVEN),
    benign("C01", "network by parameters with ids", GIVEN, params=GIVEN_IDS),
    benign("C01", "network by parameters, other branches", GIVEN, params={**GIVEN_IDS, "PublicAddresses": "yes", "MoreSg": "sg-0123456789abcdef0"}),
    benign("C05", "routes of a given network", GIVEN, None, "UNKNOWN", params=GIVEN_IDS),
    fault("C01", "given network: no rule", GIVEN, within("DiskSg", "2049", "2050"), params=GIVEN_IDS),
    fault("C01", "given network, no ids: no rule", GIVEN, within("DiskSg", "2049", "2050")),
    fault("C01", "given network: rule from another group", GIVEN, then(within("DiskSg", "SourceSecurityGroupId: !Ref NodeSg", "SourceSecurityGroupId: !Ref ToolSg"),
          plus("\n  ToolSg: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: tools, VpcId: !Ref Net}}\n"))),
    benign("C01", "given network: rule from a given group", GIVEN, within("DiskSg", "SourceSecurityGroupId: !Ref NodeSg", "SourceSecurityGroupId: !Ref MoreSg"),
           params={**GIVEN_IDS, "MoreSg": "sg-0123456789abcdef0"}),
    fault("C01", "given network: rule from another given group", GIVEN, within("DiskSg", "SourceSecurityGroupId: !Ref NodeSg", "SourceSecurityGroupId: sg-0fedcba9876543210"), params=GIVEN_IDS),
    benign("C01", "given network: range of the network by parameter", GIVEN, within("DiskSg", "SourceSecurityGroupId: !Ref NodeSg", "CidrIp: !Ref NetRange"), "UNKNOWN"),
    fault("C15", "given network: source by a condition that is false", GIVEN, within("DiskSg", "SourceSecurityGroupId: !Ref NodeSg", "SourceSecurityGroupId: !If [HasMore, !Ref MoreSg, !Ref AWS::NoValue]"), also=["C01"]),
    fault("C18", "given network: peers only when public", GIVEN, without("NodePeers"), also=["A09"]),
    benign("C18", "given network: peers when public", GIVEN, without("NodePeers"), params={**GIVEN_IDS, "PublicAddresses": "yes"}),
    benign("C16", "given groups on the mount targets", GIVEN, edit("SecurityGroups: [!Ref DiskSg]", "SecurityGroups: [!Ref MoreSg]"), "NONE", params={**GIVEN_IDS, "MoreSg": "sg-0123456789abcdef0"}),
    fault("C02", "given network: egress without 2049", GIVEN, within("NodeSg", "      SecurityGroupIngress:", "      SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}, {IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}, {IpProtocol: tcp, FromPort: 24567, ToPort: 24567, CidrIp: 0.0.0.0/0}]\n      SecurityGroupIngress:"), params=GIVEN_IDS),
    fault("C03", "given network: egress without 443", GIVEN, within("NodeSg", "      SecurityGroupIngress:", "      SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}, {IpProtocol: tcp, FromPort: 2049, ToPort: 2049, CidrIp: 0.0.0.0/0}, {IpProtocol: tcp, FromPort: 24567, ToPort: 24567, CidrIp: 0.0.0.0/0}]\n      SecurityGroupIngress:"), params=GIVEN_IDS),
    fault("C23", "given network: six groups", GIVEN, edit("[!Ref NodeSg]]", "[!Ref NodeSg, sg-1, sg-2, sg-3, sg-4, sg-5]]"), params=GIVEN_IDS),

    fault("C01", "IPv6 only", STANDALONE, set_rule(2049, "", ["SourceSecurityGroupId"], CidrIpv6="::/0")),
    fault("C01", "ports the wrong way round", STANDALONE, set_rule(2049, FromPort=2050, ToPort=2048), also=["S01", "S02"]),
    fault("C01", "a single host", STANDALONE, set_rule(2049, "", ["SourceSecurityGroupId"], CidrIp="10.0.2.17/32"), also=["C19"]),
    benign("C01", "IPv4 and IPv6", STANDALONE, lambda t: (no_nfs(t), group_properties(t, "Efs").update(SecurityGroupIngress=[
        {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}, {"IpProtocol": "-1", "CidrIpv6": "::/0"}]))),
    benign("C01", "a list member that is taken away", STANDALONE, lambda t: (no_nfs(t), t.setdefault("Conditions", {}).update(Never={"Fn::Equals": ["a", "b"]}),
        group_properties(t, "Efs").update(SecurityGroupIngress=[{"Fn::If": ["Never", tcp(22), {"Ref": "AWS::NoValue"}]}, nfs_from_nodes(t)]))),
    benign("C01", "the list chosen by a condition", STANDALONE, lambda t: (no_nfs(t), t.setdefault("Conditions", {}).update(Never={"Fn::Equals": ["a", "b"]}),
        group_properties(t, "Efs").update(SecurityGroupIngress={"Fn::If": ["Never", [tcp(22)], [nfs_from_nodes(t)]]}))),
    fault("C01", "the list chosen by a condition, the wrong one", STANDALONE, lambda t: (no_nfs(t), t.setdefault("Conditions", {}).update(Never={"Fn::Equals": ["a", "b"]}),
        group_properties(t, "Efs").update(SecurityGroupIngress={"Fn::If": ["Never", [nfs_from_nodes(t)], [tcp(22)]]})), also=["G31"]),
    benign("C16", "everything in the VPC's default group", STANDALONE, default_group),
    fault("C16", "mount targets in the VPC's default group, nodes not", STANDALONE, default_group_of_targets, also=["C01", "C22"]),
    benign("C16", "default group of the targets with a rule", STANDALONE, lambda t: (default_group_of_targets(t), [p.update(GroupId=att(name_of(t, "AWS::EC2::VPC"), "DefaultSecurityGroup")) for _, p in ingress(t, 2049)])),
    benign("C16", "a group for others, its id is an output", STANDALONE, group_for_others),

    fault("C05", "NAT route's condition is false", STANDALONE, conditional("AWS::EC2::Route", "private", "no"), also=["G31"]),
    fault("C24", "associations' condition is false", STANDALONE, conditional("AWS::EC2::SubnetRouteTableAssociation", "private", "no"), also=["G31", "C05"]),
    benign("C05", "NAT route's condition is true", STANDALONE, conditional("AWS::EC2::Route", "private", "yes")),
    benign("C05", "NAT instance", STANDALONE, lambda t: [p.update(InstanceId="i-0123456789abcdef0") for _, p in resources(t, "AWS::EC2::Route") if p.pop("NatGatewayId", None)], "UNKNOWN"),
    fault("C06", "private NAT gateway", STANDALONE, lambda t: [(p.pop("AllocationId"), p.update(ConnectivityType="private")) for _, p in resources(t, "AWS::EC2::NatGateway")], also=["C05"]),
    fault("C06", "gateway attached to another VPC", STANDALONE, lambda t: (own_vpc(t), first(t, "AWS::EC2::VPCGatewayAttachment").update(VpcId={"Ref": "OtherVpc"})), also=["C05", "C17"]),
    fault("C06", "public addresses, no route to the gateway", PUBLIC, without("Out"), also=["C05"]),
    fault("C06", "NAT gateway's subnet has no route", PRIVATE, without("OuterDefault"), also=["C05"]),
    fault("C06", "public addresses in tables with NAT only", STANDALONE, all_of(nat_in_private, public_ip("ENABLED")), also=["C05"]),
    fault("C04", "public address by a parameter's default", PUBLIC, then(edit("AssignPublicIp: ENABLED", "AssignPublicIp: !Ref Address"),
          edit("Parameters:\n", "Parameters:\n  Address: {Type: String, Default: DISABLED, AllowedValues: [ENABLED, DISABLED]}\n"))),
    benign("C04", "public address by a parameter", PUBLIC, then(edit("AssignPublicIp: ENABLED", "AssignPublicIp: !Ref Address"),
           edit("Parameters:\n", "Parameters:\n  Address: {Type: String, Default: DISABLED, AllowedValues: [ENABLED, DISABLED]}\n")), params={"Address": "ENABLED"}),

    benign("C07", "endpoints in one zone only", SEALED, edit("SubnetIds: [!Ref CellA, !Ref CellB]", "SubnetIds: [!Ref CellA]")),
    fault("C07", "an endpoint's condition is false", SEALED, then(within("Secrets", "    Properties:\n", "    Condition: Never\n    Properties:\n"),
          edit("Resources:\n", "Conditions:\n  Never: !Equals [a, b]\nResources:\n", ", Secrets, ", ", ")), also=["G31"]),
    fault("C07", "an endpoint of another VPC", SEALED, then(within("Layers", "VpcId: !Ref Net", "VpcId: !Ref Else", "      SubnetIds: [!Ref CellA, !Ref CellB]\n      SecurityGroupIds: [!Ref Doors]\n", ""), plus("""
  Else:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.50.0.0/16, EnableDnsHostnames: true}
""")), also=["C17"]),
    fault("C03", "sealed, no 443 at all", SEALED, within("Nodes", "FromPort: 443, ToPort: 443", "FromPort: 444, ToPort: 444")),
    benign("C05", "sealed, 443 to prefix lists only", SEALED, within("Nodes", "FromPort: 443, ToPort: 443, CidrIp", "FromPort: 444, ToPort: 444, CidrIp"), "UNKNOWN"),
    benign("C08", "endpoints open to all", SEALED, within("Doors", "CidrIp: 172.20.0.0/20", "CidrIp: 0.0.0.0/0")),
    benign("C08", "endpoints by group", SEALED, within("Doors", "CidrIp: 172.20.0.0/20", "SourceSecurityGroupId: !Ref Nodes")),
    benign("C09", "attributes as texts", SEALED, edit("EnableDnsSupport: true, EnableDnsHostnames: true", "EnableDnsSupport: 'true', EnableDnsHostnames: 'true'")),
    benign("C07", "endpoint policies", SEALED, edit("      PrivateDnsEnabled: true\n", "      PrivateDnsEnabled: true\n      PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: '*', Resource: '*'}]}\n")),
    benign("C07", "service names with a region written out", SEALED, edit("!Sub com.amazonaws.${AWS::Region}.", "com.amazonaws.eu-central-1.")),
    benign("C07", "service names joined", SEALED, edit("!Sub com.amazonaws.${AWS::Region}.logs", "!Join ['', ['com.amazonaws.', !Ref 'AWS::Region', '.logs']]")),
    benign("C11", "nodes: ACL lets no 2049 out, which is not of its subnet's business", STANDALONE, node_acl((False, 100, "allow", "0.0.0.0/0", -1, None, None), (True, 90, "deny", "0.0.0.0/0", 6, 2049, 2049), (True, 100, "allow", "0.0.0.0/0", -1, None, None))),
    benign("C11", "nodes: the ports that Linux uses, for answers within the network", STANDALONE, node_acl(
        (False, 100, "allow", VPC_RANGE, 6, 80, 80), (False, 110, "allow", VPC_RANGE, 6, 2049, 2049), (False, 120, "allow", "0.0.0.0/0", 6, 32768, 65535),
        (True, 100, "allow", "0.0.0.0/0", -1, None, None))),
    fault("C11", "nodes: the ports that Windows uses", STANDALONE, node_acl(
        (False, 100, "allow", VPC_RANGE, 6, 80, 80), (False, 120, "allow", "0.0.0.0/0", 6, 49152, 65535), (True, 100, "allow", "0.0.0.0/0", -1, None, None)), also=["C03"]),
    fault("C11", "NAT gateway's ACL lets no answers in", STANDALONE, lambda t: acl(t, subnets(t, "publicSubnet1"), [(False, 100, "allow", VPC_RANGE, -1, None, None), (True, 100, "allow", "0.0.0.0/0", -1, None, None)]), also=["C03"]),
    fault("C11", "by hand: public, no answers in", PUBLIC, plus("""
  Wall: {Type: AWS::EC2::NetworkAcl, Properties: {VpcId: !Ref Net}}
  WallOut: {Type: AWS::EC2::NetworkAclEntry, Properties: {NetworkAclId: !Ref Wall, Egress: true, RuleNumber: 1, RuleAction: allow, Protocol: -1, CidrBlock: 0.0.0.0/0}}
  WallIn: {Type: AWS::EC2::NetworkAclEntry, Properties: {NetworkAclId: !Ref Wall, RuleNumber: 1, RuleAction: allow, Protocol: 6, CidrBlock: 0.0.0.0/0, PortRange: {From: 80, To: 443}}}
  WallA: {Type: AWS::EC2::SubnetNetworkAclAssociation, Properties: {NetworkAclId: !Ref Wall, SubnetId: !Ref WebA}}
  WallB: {Type: AWS::EC2::SubnetNetworkAclAssociation, Properties: {NetworkAclId: !Ref Wall, SubnetId: !Ref WebB}}
"""), also=["C03"]),
    fault("C11", "peers of the other zone are shut out", PRIVATE, plus("""
  Wall: {Type: AWS::EC2::NetworkAcl, Properties: {VpcId: !Ref Net}}
  WallOut: {Type: AWS::EC2::NetworkAclEntry, Properties: {NetworkAclId: !Ref Wall, Egress: true, RuleNumber: 1, RuleAction: allow, Protocol: -1, CidrBlock: 0.0.0.0/0}}
  WallIn: {Type: AWS::EC2::NetworkAclEntry, Properties: {NetworkAclId: !Ref Wall, RuleNumber: 1, RuleAction: allow, Protocol: 6, CidrBlock: 0.0.0.0/0, PortRange: {From: 1024, To: 65535}}}
  WallA: {Type: AWS::EC2::SubnetNetworkAclAssociation, Properties: {NetworkAclId: !Ref Wall, SubnetId: !Ref InnerA}}
"""), also=["A09"]),
    benign("C11", "by hand: protocols as texts", PUBLIC, plus("""
  Wall: {Type: AWS::EC2::NetworkAcl, Properties: {VpcId: !Ref Net}}
  WallOut: {Type: AWS::EC2::NetworkAclEntry, Properties: {NetworkAclId: !Ref Wall, Egress: 'true', RuleNumber: '100', RuleAction: allow, Protocol: '-1', CidrBlock: 0.0.0.0/0}}
  WallIn: {Type: AWS::EC2::NetworkAclEntry, Properties: {NetworkAclId: !Ref Wall, RuleNumber: '100', RuleAction: allow, Protocol: '6', CidrBlock: 0.0.0.0/0, PortRange: {From: '0', To: '65535'}}}
  WallB: {Type: AWS::EC2::SubnetNetworkAclAssociation, Properties: {NetworkAclId: !Ref Wall, SubnetId: !Ref WebB}}
""")),

    # a chain on an instance of its own
    benign("C12", "chain on an instance", COMPOSED, chain_host(24567)),
    fault("C12", "chain on an instance, another port open", COMPOSED, chain_host(3030)),
    fault("C12", "chain on an instance, nothing open", COMPOSED, chain_host(None)),
    fault("C26", "chain on an instance, nodes' egress ends before", COMPOSED, all_of(chain_host(24567), egress("MpcNode", tcp(443), tcp(2049), tcp(80), tcp(3030)))),
    benign("C12", "chain on an instance with an interface of its own", COMPOSED, chain_host(24567, interface=True)),
    fault("C12", "chain on an instance with an interface of its own", COMPOSED, chain_host(3030, interface=True)),
    fault("C13", "RPC of a chain on an instance", COMPOSED, all_of(chain_host(24567), rpc_of_host)),
    fault("C14", "user data lets the chain listen at loopback", COMPOSED, all_of(chain_host(24567), user_data("neard --home /chain run --network-addr 127.0.0.1:24567"))),
    fault("C14", "command of the chain's service", COMPOSED, near_command("neard run --network-addr 127.0.0.1:24567")),
    benign("C14", "user data sets it right", COMPOSED, all_of(chain_host(24567), user_data("sed -i s/127.0.0.1:24567/0.0.0.0:24567/ /chain/config.json; neard --home /chain run --boot-nodes ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@127.0.0.1:24567"))),
    benign("C14", "user data asks itself", COMPOSED, all_of(chain_host(24567), user_data("neard run; curl http://127.0.0.1:24567/; nc 127.0.0.1:245678"))),
    fault("C11", "the chain's subnet lets 24567 not in", COMPOSED, all_of(chain_host(24567), chain_acl(3030))),
    benign("C11", "the chain's subnet lets 24567 in", COMPOSED, all_of(chain_host(24567), chain_acl(24567))),
    fault("C12", "instance of the exporting template", RUNNER, exported_host(3030)),
    benign("C12", "instance of the exporting template", RUNNER, exported_host(24567)),

    benign("C17", "all of a given network", GIVEN, params={"Net": "vpc-0123456789abcdef0"}),
    fault("C21", "by hand: tiny subnets", PUBLIC, then(edit("10.42.1.0/24", "10.42.1.0/28", "10.42.2.0/24", "10.42.2.0/28"), edit("DesiredCount: 1", "DesiredCount: 12")), also=["D14", "A12"]),
    benign("C27", "a second range, computed", PRIVATE, edit("!Cidr [!Ref NetRange, 6, 10]", "!Cidr [!GetAtt Net.CidrBlock, 16, 8]")),
    fault("C27", "more subnets than the range has", PRIVATE, edit("!Cidr [!Ref NetRange, 6, 10]", "!Cidr [!Ref NetRange, 6, 3]")),
    benign("C22", "default group written out", PUBLIC, edit("SecurityGroups: [!Ref NodeSg]", "SecurityGroups: [!Ref NodeSg, !GetAtt Net.DefaultSecurityGroup]")),

    # CDK's own endpoints
    benign("C08", "endpoints of CDK, opened to the nodes", CDK_ENDPOINTS, opened),
    benign("C08", "endpoints of CDK, opened to the network", CDK_ENDPOINTS, opened_to_network),
    *[fault("C07", f"endpoints of CDK without {s}", CDK_ENDPOINTS, all_of(opened, without_endpoint(s)), also=["C25"] if s == "s3" else []) for s in ("ecr.api", "ecr.dkr", "logs", "secretsmanager", "s3")],
    fault("C10", "endpoints of CDK, image of Docker Hub", CDK_ENDPOINTS, all_of(opened, images("nearone/mpc-node:3.2.0"))),
    fault("C25", "endpoints of CDK, egress within the network", CDK_ENDPOINTS, all_of(opened, egress("MpcNode", tcp(0, 65535, VPC_RANGE)))),
    fault("C03", "endpoints of CDK, egress without 443", CDK_ENDPOINTS, all_of(opened, egress("MpcNode", tcp(0, 442), tcp(444, 65535)))),
    fault("C08", "endpoints of CDK, wrong source", CDK_ENDPOINTS, all_of(opened, lambda t: t["Resources"]["OpenDoor"]["Properties"].update(SourceSecurityGroupId=group(t, "Efs")))),
    fault("C09", "endpoints of CDK, host names off", CDK_ENDPOINTS, all_of(opened, lambda t: first(t, "AWS::EC2::VPC").update(EnableDnsHostnames=False)), also=["D08"]),
    fault("C24", "endpoints of CDK, S3's table is not the subnets'", CDK_ENDPOINTS, all_of(opened, lambda t: [drop(t, n) for n in [n for n, p in resources(t, "AWS::EC2::SubnetRouteTableAssociation")]]), also=["C07"]),
    fault("C28", "endpoints of CDK, one twice", CDK_ENDPOINTS, all_of(opened, lambda t: t["Resources"].update(Again=clone(t["Resources"][name_of(t, "AWS::EC2::VPCEndpoint", "logs")])))),

    # an importing template alone
    benign("C01", "importing template without the one that exports", "good/import.json"),
    fault("C01", "importing template alone, no rule", "good/import.json", no_nfs),
    fault("C02", "importing template alone, no egress", "good/import.json", egress("MpcNode", tcp(443), tcp(80), tcp(24567), tcp(3030))),
    fault("C03", "importing template alone, no 443", "good/import.json", egress("MpcNode", tcp(2049), tcp(80), tcp(24567), tcp(3030))),
    fault("C26", "importing with the other, egress without the chain's port", IMPORT, egress("MpcNode", tcp(2049), tcp(80), tcp(443), tcp(3030))),
    fault("C18", "importing template alone, peers shut out", "good/import.json", drop_rules(80, "MpcNode"), also=["A09"]),
    fault("C16", "importing template alone, another group", "good/import.json", empty_group_attached, also=["C01"]),
    benign("C05", "one list of subnets as an export", RUNNER_LIST, subnet_list),
    fault("C05", "one list of subnets as an export, no way out", RUNNER_LIST, all_of(subnet_list, isolated)),
    fault("C05", "one list of subnets as an export, no way out of one", RUNNER_LIST, all_of(subnet_list, isolated_one)),

    benign("C16", "a group of something that a condition leaves out", STANDALONE, absent_tools),
    fault("C16", "rules admit a group that nothing has", STANDALONE, lambda t: (group_for_others(t), t["Outputs"].pop("ToolsGroupId")), verdict="WARN"),
    fault("C26", "a chain somewhere, egress without its port", STANDALONE, all_of(boot_node("chain.example.org"), egress("MpcNode", tcp(443), tcp(2049), tcp(80)))),
    benign("C26", "a chain somewhere, egress to some networks", STANDALONE, all_of(boot_node("chain.example.org"), egress("MpcNode", tcp(443), tcp(2049), tcp(80), tcp(3030), tcp(24567, cidr="10.0.0.0/8"))), "UNKNOWN"),
    fault("C26", "by hand: a chain somewhere", PRIVATE, then(edit("@10.77.0.20:", "@chain.example.org:"), within("NodeSg", "24567, ToPort: 24567", "24566, ToPort: 24566"))),
    fault("C19", "by hand: peers from one subnet, sealed", SEALED, within("Nodes", "80, CidrIp: 172.20.0.0/20}\n      SecurityGroupEgress", "80, CidrIp: 172.20.4.0/22}\n      SecurityGroupEgress")),
    benign("C19", "by hand: peers from both subnets, one rule each", SEALED, within("Nodes", "- {IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 172.20.0.0/20}\n      SecurityGroupEgress", "- {IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 172.20.0.0/22}\n        - {IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 172.20.4.0/22}\n      SecurityGroupEgress")),
]
