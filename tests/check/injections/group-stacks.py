"""What spans stacks and names: the chain's host, nested stacks of one file, names with unknown parts."""
from node_parts import *
import network as net

ESTATE, GIVEN = "gij-estate.yaml", net.GIVEN
NAMESPACE, ENTRY = "AWS::ServiceDiscovery::PrivateDnsNamespace", "AWS::ServiceDiscovery::Service"
NEST, NEST_NODE = ["nest-main.json", "nest-node.json"], ["nest-node.json", "nest-main.json"]
KEY = "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF"


# --- the chain's host -----------------------------------------------------------------------------
def chain_entry(t):
    return first(t, ENTRY, "near")


def chain_service(t):
    return first(t, "AWS::ECS::Service", "near")


def chain_domain(t):
    return t["Resources"][chain_entry(t)["NamespaceId"]["Fn::GetAtt"][0]]["Properties"]


def boot_host(pattern):
    return lambda t: env("NEAR_BOOT_NODES", KEY + "@" + pattern(chain_domain(t)["Name"]) + ":24567")(t)


def record(t):
    """The chain registers under another name, and a record of the zone leads to it."""
    chain_entry(t)["Name"] = "neard"
    name, domain = chain_entry(t)["NamespaceId"]["Fn::GetAtt"][0], chain_domain(t)["Name"]
    net.add(t, "Alias", "AWS::Route53::RecordSet", {"HostedZoneId": {"Fn::GetAtt": [name, "HostedZoneId"]}, "Name": "near." + domain,
                                                    "Type": "CNAME", "TTL": "60", "ResourceRecords": ["neard." + domain]})


def chain_elsewhere(t):
    """The chain's names belong to a VPC of their own; the nodes' names stay."""
    net.add(t, "ChainVpc", "AWS::EC2::VPC", {"CidrBlock": "10.77.0.0/16", "EnableDnsHostnames": True, "EnableDnsSupport": True})
    net.add(t, "ChainNames", NAMESPACE, {"Name": "chain.local", "Vpc": {"Ref": "ChainVpc"}})
    chain_entry(t)["NamespaceId"] = chain_entry(t)["DnsConfig"]["NamespaceId"] = {"Fn::GetAtt": ["ChainNames", "Id"]}
    boot_host(lambda domain: "near.chain.local")(t)
    env("NEAR_RPC_URL", "http://near.chain.local:3030")(t)


def domain_of_stack(name):
    return lambda t: first(t, NAMESPACE).update(Name={"Fn::Sub": name})


def addresses(value):
    def change(t):
        for i in range(3):
            put(node_container(t, i), "MPC_LOCAL_ADDRESS", value(i))
    return change


def same_domain(t):
    domain_of_stack("mpc-${AWS::StackName}.local")(t)
    addresses(lambda i: {"Fn::Join": ["", [f"node-{i}.mpc-", {"Ref": "AWS::StackName"}, ".local"]]})(t)


# --- storage and secrets --------------------------------------------------------------------------
def prefix_list(*ranges):
    """NFS comes from a list of ranges that the template makes."""
    def change(t):
        net.add(t, "Lan", "AWS::EC2::PrefixList", {"PrefixListName": "lan", "AddressFamily": "IPv4", "MaxEntries": 5, "Entries": [{"Cidr": r} for r in ranges]})
        for name, _ in net.ingress(t, 2049):
            net.drop(t, name)
        net.add(t, "FromLan", "AWS::EC2::SecurityGroupIngress", {"GroupId": net.group(t, "Efs"), "IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049,
                                                                "SourcePrefixListId": {"Ref": "Lan"}})
    return change


def current(t):
    """The version that is taken anyway is named."""
    for i in range(3):
        for secret in node_container(t, i)["Secrets"]:
            secret["ValueFrom"] = {"Fn::Join": ["", [secret["ValueFrom"]["Fn::Join"][1][0], ":key:AWSCURRENT:"]]}


def registry(text):
    return lambda t: first(t, "AWS::ECS::Service", "Node1")["ServiceRegistries"][0].update(RegistryArn={"Fn::Sub": text % net.name_of(t, NAMESPACE)})


# --- networks -------------------------------------------------------------------------------------
def two_nodes(*changes):
    """The third node is gone; changes to the second."""
    def change(t):
        net.drop(t, net.name_of(t, "AWS::ECS::Service", "Node2"))
        for output in [k for k, o in t["Outputs"].items() if "Node2" in k]:
            del t["Outputs"][output]
        for one_change in changes:
            one_change(t)
    return change


def second(name, value):
    return lambda t: put(node_container(t, 1), name, value)


def passed(stack, **values):
    def change(t):
        given = t["Resources"][stack]["Properties"]["Parameters"]
        for name, value in values.items():
            given[name] = value
            if value is None:
                del given[name]
    return change


def reads(value):
    return lambda t: t["Outputs"].update(Seen={"Value": value})


CASES = [
    fault("I02", "the chain registers nowhere", COMPOSED, lambda t: chain_service(t).pop("ServiceRegistries")),
    fault("I01", "the chain registers under another name", COMPOSED, lambda t: chain_entry(t).update(Name="neard")),
    fault("I01", "a slip in the chain's host", COMPOSED, boot_host(lambda domain: "nearr." + domain)),
    fault("I01", "the chain's host is in no namespace", COMPOSED, boot_host(lambda domain: "near.chain.internal")),
    fault("I14", "the chain's namespace is another VPC's", COMPOSED, chain_elsewhere, also=("I14", "C20")),
    benign("I01", "a record leads to the chain", COMPOSED, record),
    benign("I01", "the chain's host in capitals", COMPOSED, boot_host(lambda domain: "NEAR." + domain.upper())),
    benign("I01", "the chain's host is public", COMPOSED, boot_host(lambda domain: "boot.example.com")),
    benign("I01", "the chain's host is an instance's name", COMPOSED, boot_host(lambda domain: "ip-10-0-2-100.eu-west-1.compute.internal")),
    fault("A04", "the node as its own boot node", COMPOSED, env("NEAR_BOOT_NODES", KEY + "@127.0.0.1:24567")),
    fault("A04", "the node as its own boot node, by name", STANDALONE, env("NEAR_BOOT_NODES", KEY + "@localhost:24567")),

    fault("I01", "the namespace has the stack's name, the addresses not", STANDALONE, domain_of_stack("mpc-${AWS::StackName}.local")),
    fault("I01", "the addresses have the stack's name, the namespace not", STANDALONE, addresses(lambda i: {"Fn::Sub": "node-%d.mpc-${AWS::StackName}.local" % i})),
    fault("I01", "another ending", STANDALONE, domain_of_stack("${AWS::StackName}.internal")),
    benign("I01", "both have the stack's name", STANDALONE, same_domain),
    benign("I01", "the stack may have that name", STANDALONE, domain_of_stack("${AWS::StackName}.local"), "UNKNOWN"),
    fault("I01", "the stack has another name", STANDALONE, domain_of_stack("${AWS::StackName}.local"), options=("--stack", "prod")),
    benign("I01", "the stack has that name", STANDALONE, domain_of_stack("${AWS::StackName}.local"), options=("--stack", "mpc")),
    fault("I03", "the namespace's ARN put together", STANDALONE, registry("arn:${AWS::Partition}:servicediscovery:${AWS::Region}:${AWS::AccountId}:namespace/${%s}")),
    fault("H11", "an address with scheme and port", STANDALONE, addresses(lambda i: f"http://10.0.2.{20 + i}:80")),

    fault("C01", "a prefix list of other ranges", STANDALONE, prefix_list("192.168.0.0/16", "172.16.0.0/12"), also=("C19",)),
    fault("C19", "a prefix list of one subnet", STANDALONE, prefix_list("10.0.2.0/24"), also=("C01",)),
    benign("C01", "a prefix list of both subnets", STANDALONE, prefix_list("10.0.2.0/24", "10.0.3.0/24")),
    fault("D07", "subnets by parameter, waits for no mount target", GIVEN, net.edit("    DependsOn: [TargetA, TargetB]\n", ""), "WARN"),
    fault("B06", "a public key under the current version", STANDALONE, both(current, json_secret("MPC_ACCOUNT_SK", KEY)), also=("H22",)),
    benign("B06", "the current version", STANDALONE, current),

    fault("H12", "two nodes of two contracts", STANDALONE, two_nodes(second("MPC_CONTRACT_ID", "v2.signer.node0"))),
    benign("H12", "two nodes of one contract", STANDALONE, two_nodes()),
    benign("H12", "two nodes, the other's contract is not known", STANDALONE, two_nodes(parameter("Contract"), second("MPC_CONTRACT_ID", {"Ref": "Contract"}))),

    benign("G23", "three nested stacks of one file", NEST),
    fault("A12", "two of the three are one node", NEST, passed("Stack2", Index="1"), also=("I08",)),
    fault("A03", "one of the three has no boot nodes", NEST, passed("Stack1", NearBootNodes="")),
    fault("C01", "one of the three has another group", NEST, passed("Stack1", NodeGroupGroupId={"Fn::GetAtt": ["StorageGroup", "GroupId"]})),
    fault("A09", "the three cannot reach each other", NEST, lambda t: t["Resources"].pop("NodeFromNodes80")),
    fault("D14", "all in one directory", NEST_NODE, lambda t: t["Resources"]["Node0Files"]["Properties"]["RootDirectory"].update(Path="/node")),
    fault("G23", "a parameter is not passed", NEST, passed("Stack1", Index=None)),
    fault("G23", "a parameter that the child does not have", NEST, passed("Stack1", Indx="1")),
    fault("G15", "an output that the child does not have", NEST, reads({"Fn::GetAtt": ["Stack1", "Outputs.ServiceName"]})),
    fault("G15", "the same by Sub", NEST, reads({"Fn::Sub": "name: ${Stack0.Outputs.ServiceName}"})),
    benign("G15", "an output that it has", NEST_NODE, lambda t: t.update(Outputs={"ServiceName": {"Value": {"Fn::GetAtt": ["Node0", "Name"]}}})),
]
