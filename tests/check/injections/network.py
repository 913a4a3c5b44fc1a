"""What the cases of network and storage share: finding and changing groups, rules, routes and volumes."""
import re
from common import *

RUNNER = ["good/import.near-runner.json", "good/import.json"]  # changes see the exporting template
PUBLIC, PRIVATE, SEALED, GIVEN = "cd-public.yaml", "cd-private.yaml", "cd-sealed.yaml", "cd-given.yaml"
GIVEN_IDS = {"Net": "vpc-0123456789abcdef0", "Subnets": "subnet-0aaaaaaaaaaaaaaaa,subnet-0bbbbbbbbbbbbbbbb"}
PUBLIC_CDK = "benign/public-subnets.json"
ACL_CDK = "benign/nacl-allows-nfs.json"


# --- parsed templates ---------------------------------------------------------------------------------------------------
def name_of(t, type_name, matching=""):
    """Logical id of the first resource of a type whose logical id contains `matching`."""
    return next(n for n, r in t["Resources"].items() if r["Type"] == type_name and matching.lower() in n.lower())


def add(t, name, type_name, properties, **attributes):
    t["Resources"][name] = {"Type": type_name, "Properties": properties, **attributes}


def drop(t, name):
    """Takes a resource out, also out of every DependsOn."""
    del t["Resources"][name]
    for r in t["Resources"].values():
        depends = r.get("DependsOn", [])
        depends = [depends] if isinstance(depends, str) else depends
        if name in depends:
            r["DependsOn"] = [d for d in depends if d != name]


def att(name, attribute="GroupId"):
    return {"Fn::GetAtt": [name, attribute]}


def group(t, matching):
    """GroupId of a security group."""
    return att(name_of(t, "AWS::EC2::SecurityGroup", matching))


def group_properties(t, matching):
    return first(t, "AWS::EC2::SecurityGroup", matching)


def nodes(t):
    """Properties of the services of the MPC nodes."""
    return [p for n, p in resources(t, "AWS::ECS::Service") if re.search(r"Node\d", n)]


def network(service):
    return service["NetworkConfiguration"]["AwsvpcConfiguration"]


def ingress(t, port, matching=""):
    """[(logical id, Properties)] of the separate rules of a port."""
    return [(n, p) for n, p in resources(t, "AWS::EC2::SecurityGroupIngress")
            if p.get("FromPort") == port and matching.lower() in n.lower()]


def set_rule(port, matching="", without=(), **values):
    """Changes each separate rule of a port."""
    def change(t):
        for _, p in ingress(t, port, matching):
            for key in without:
                p.pop(key, None)
            p.update(values)
    return change


def drop_rules(port, matching=""):
    def change(t):
        for name, _ in ingress(t, port, matching):
            drop(t, name)
    return change


def egress(matching, *rules):
    """Gives a group the listed egress rules and no other."""
    def change(t):
        group_properties(t, matching)["SecurityGroupEgress"] = [r(t) if callable(r) else r for r in rules]
    return change


def tcp(first_port, last_port=None, cidr="0.0.0.0/0"):
    return {"IpProtocol": "tcp", "FromPort": first_port, "ToPort": last_port or first_port, "CidrIp": cidr}


def to_group(port, matching):
    return lambda t: {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "DestinationSecurityGroupId": group(t, matching)}


def subnets(t, matching):
    return [{"Ref": n} for n, _ in resources(t, "AWS::EC2::Subnet") if matching.lower() in n.lower()]


def acl(t, subnet_names, entries):
    """A network ACL of the named subnets: entries are (egress, number, action, cidr, protocol, first port, last port)."""
    vpc = first(t, "AWS::EC2::Subnet")["VpcId"]
    add(t, "FilterAcl", "AWS::EC2::NetworkAcl", {"VpcId": vpc})
    for i, (out, number, action, cidr, protocol, low, high) in enumerate(entries):
        entry = {"NetworkAclId": {"Ref": "FilterAcl"}, "Egress": out, "RuleNumber": number, "RuleAction": action,
                 "CidrBlock": cidr, "Protocol": protocol}
        if low is not None:
            entry["PortRange"] = {"From": low, "To": high}
        add(t, f"FilterAclEntry{i}", "AWS::EC2::NetworkAclEntry", entry)
    for i, name in enumerate(subnet_names):
        add(t, f"FilterAclOf{i}", "AWS::EC2::SubnetNetworkAclAssociation",
            {"NetworkAclId": {"Ref": "FilterAcl"}, "SubnetId": name})


def volumes(t):
    """EFSVolumeConfiguration of each volume."""
    return [v["EFSVolumeConfiguration"] for _, p in resources(t, "AWS::ECS::TaskDefinition")
            for v in p.get("Volumes", []) if "EFSVolumeConfiguration" in v]


def each(items, change):
    """For each item of items(template): change(item)."""
    def run(t):
        for item in items(t):
            change(item)
    return run


def all_of(*changes):
    def run(t):
        for change in changes:
            change(t)
    return run


# --- templates written by hand ------------------------------------------------------------------------------------------
def edit(*pairs):
    """Replaces old texts by new ones, everywhere: edit(old, new, old, new...)."""
    def change(text):
        for old, new in zip(pairs[::2], pairs[1::2]):
            assert old in text, f"no {old!r}"
            text = text.replace(old, new)
        return text
    return change


def block(name):
    return re.compile(r"^  %s:.*\n((    .*| *)\n)*" % re.escape(name), re.M)


def within(name, *pairs):
    """edit() inside one top level entry of Resources."""
    def change(text):
        found = block(name).search(text)
        assert found, name
        return text[:found.start()] + edit(*pairs)(found.group()) + text[found.end():]
    return change


def without(*names):
    """Takes resources out of the text, also out of lists in DependsOn."""
    def change(text):
        for name in names:
            text, count = block(name).subn("", text)
            assert count == 1, name
            text = re.sub(r"DependsOn: (\[.*\])", lambda m: "DependsOn: " + re.sub(r"\b%s\b(, )?" % name, "", m[1]).replace(", ]", "]"), text)
        return text
    return change


def plus(extra):
    """Adds resources (text) to the end of Resources."""
    return lambda text: text + extra


def then(*changes):
    def run(text):
        for change in changes:
            text = change(text)
        return text
    return run
