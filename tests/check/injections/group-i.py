"""Group I: names of the nodes in the private namespace and who serves them."""
from network import *

ESTATE, COMPACT, YAML = "gij-estate.yaml", "ef-compact.yaml", "good/standalone.yaml"
NAMESPACE, ENTRY = "AWS::ServiceDiscovery::PrivateDnsNamespace", "AWS::ServiceDiscovery::Service"


ADDRESS1 = '\n            - {Name: MPC_LOCAL_ADDRESS, Value: !Sub "member-1.${Project}.internal"}'


def local_address(index, value):
    def change(t):
        environment(node_container(t, index), "MPC_LOCAL_ADDRESS")["Value"] = value(t) if callable(value) else value
    return change


def every_address(pattern):
    def change(t):
        for i in range(3):
            environment(node_container(t, i), "MPC_LOCAL_ADDRESS")["Value"] = pattern % i
    return change


def namespace(**values):
    return lambda t: first(t, NAMESPACE).update(values)


def entries(change_entry):
    def change(t):
        for i, (_, p) in enumerate(resources(t, ENTRY)):
            change_entry(p, i)
    return change


def entry(index, **values):
    return lambda t: resources(t, ENTRY)[index][1].update(values)


def records(*found):
    return entries(lambda p, i: p["DnsConfig"].update(DnsRecords=[clone(r) for r in found]))


def ttl(value):
    return records({"Type": "A", "TTL": value})


def registry(index, value):
    def change(t):
        nodes(t)[index]["ServiceRegistries"] = value(t) if callable(value) else value
    return change


def every_registry(change_registry):
    def change(t):
        for p in nodes(t):
            change_registry(p)
    return change


def arn_of(type_name, attribute="Arn", index=0):
    return lambda t: [{"RegistryArn": att(resources(t, type_name)[index][0], attribute)}]


def ref_of(type_name, index=0):
    return lambda t: [{"RegistryArn": {"Ref": resources(t, type_name)[index][0]}}]


def built_arn(t):
    name = resources(t, ENTRY)[0][0]
    return [{"RegistryArn": {"Fn::Sub": "arn:${AWS::Partition}:servicediscovery:${AWS::Region}:${AWS::AccountId}:service/${%s.Id}" % name}}]


def joined_address(t):
    """The address put together from the names of the service and of the namespace."""
    return {"Fn::Join": [".", [{"Fn::GetAtt": [resources(t, ENTRY)[0][0], "Name"]}, "mpc.local"]]}


def other_namespace(t):
    """The services register in a second namespace."""
    add(t, "OtherNames", NAMESPACE, {"Name": "other.local", "Vpc": first(t, NAMESPACE)["Vpc"]})
    for _, p in resources(t, ENTRY):
        p["NamespaceId"] = p["DnsConfig"]["NamespaceId"] = att("OtherNames", "Id")


def second_namespace(name, own_vpc=False):
    def change(t):
        if own_vpc:
            add(t, "OtherVpc", "AWS::EC2::VPC", {"CidrBlock": "10.9.0.0/16", "EnableDnsHostnames": True, "EnableDnsSupport": True})
        add(t, "OtherNames", NAMESPACE, {"Name": name, "Vpc": {"Ref": "OtherVpc"} if own_vpc else first(t, NAMESPACE)["Vpc"]})
    return change


def foreign_vpc(value):
    return lambda t: first(t, NAMESPACE).update(Vpc=value)


def extra_vpc(t):
    add(t, "OtherVpc", "AWS::EC2::VPC", {"CidrBlock": "10.9.0.0/16", "EnableDnsHostnames": True, "EnableDnsSupport": True})
    first(t, NAMESPACE)["Vpc"] = {"Ref": "OtherVpc"}


def dhcp(servers, associated=True, other_vpc=False):
    def change(t):
        vpc = {"Ref": name_of(t, "AWS::EC2::VPC")}
        add(t, "Resolver", "AWS::EC2::DHCPOptions", {"DomainName": "example.internal", "DomainNameServers": servers})
        if other_vpc:
            add(t, "OtherVpc", "AWS::EC2::VPC", {"CidrBlock": "10.9.0.0/16"})
            vpc = {"Ref": "OtherVpc"}
        if associated:
            add(t, "ResolverOfVpc", "AWS::EC2::VPCDHCPOptionsAssociation", {"VpcId": vpc, "DhcpOptionsId": {"Ref": "Resolver"}})
    return change


def dual_stack(addresses):
    """Both private subnets have IPv6 ranges; new interfaces get addresses of them or not."""
    def change(t):
        vpc = {"Ref": name_of(t, "AWS::EC2::VPC")}
        add(t, "SixRange", "AWS::EC2::VPCCidrBlock", {"VpcId": vpc, "AmazonProvidedIpv6CidrBlock": True})
        for i, (name, p) in enumerate(resources(t, "AWS::EC2::Subnet")):
            if "private" in name.lower():
                p["Ipv6CidrBlock"] = {"Fn::Select": [i, {"Fn::Cidr": [{"Fn::Select": [0, {"Fn::GetAtt": [vpc["Ref"], "Ipv6CidrBlocks"]}]}, 8, "64"]}]}
                p["AssignIpv6AddressOnCreation"] = addresses
                t["Resources"][name]["DependsOn"] = "SixRange"
    return change


def script(text):
    def change(t):
        add(t, "Box", "AWS::EC2::Instance", {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small", "UserData": {"Fn::Base64": text}})
    return change


REGISTER = ("#!/bin/bash\nIP=$(hostname -I)\naws servicediscovery register-instance --service-id srv-0123456789abcdef "
            "--instance-id node-0 --attributes %s=$IP,AWS_INSTANCE_PORT=80\n")
HEALTH = {"Type": "TCP", "FailureThreshold": 1}


def public_entry(t):
    add(t, "Outside", "AWS::ServiceDiscovery::PublicDnsNamespace", {"Name": "mpc.example.com"})
    add(t, "OutsideEntry", ENTRY, {"Name": "www", "HealthCheckConfig": clone(HEALTH),
                                   "DnsConfig": {"NamespaceId": att("Outside", "Id"), "DnsRecords": [{"Type": "A", "TTL": 60}]}})


def only_health_config(p, i):
    p.pop("HealthCheckCustomConfig", None)
    p["HealthCheckConfig"] = clone(HEALTH)


def renamed(names):
    """Entry and address of each node get another name."""
    def change(t):
        for i, name in enumerate(names):
            resources(t, ENTRY)[i][1]["Name"] = name
            environment(node_container(t, i), "MPC_LOCAL_ADDRESS")["Value"] = name + ".mpc.local"
    return change


def namespace_called(name):
    def change(t):
        first(t, NAMESPACE)["Name"] = name
        for i in range(3):
            environment(node_container(t, i), "MPC_LOCAL_ADDRESS")["Value"] = f"node-{i}.{name}"
    return change


CASES = [
    fault("I01", "namespace has another name", STANDALONE, namespace(Name="mpc-stack.local")),
    fault("I01", "address in another domain", COMPOSED, every_address("node-%d.mpc.internal")),
    fault("I01", "services register under other names", STANDALONE, entries(lambda p, i: p.update(Name=f"mpc{i}"))),
    fault("I01", "one node has a typo", STANDALONE, local_address(1, "node1.mpc.local")),
    fault("I01", "addresses of two nodes swapped", COMPOSED, lambda t: [local_address(0, "node-1.mpc.local")(t), local_address(1, "node-0.mpc.local")(t)], also=("A12",)),
    fault("I01", "the services register in a second namespace", STANDALONE, other_namespace),
    fault("I01", "by hand: the namespace has a prefix", ESTATE, within("Domain", 'Name: !Sub "${Project}.internal"', 'Name: !Sub "mpc-${Project}.internal"')),
    fault("I01", "by hand: one entry", COMPACT, within("Entry2", "Name: signer-2", "Name: signer2")),
    fault("I01", "by hand: parameter's default", ESTATE, edit("member-1.${Project}.internal", "member-1.estates.internal")),
    fault("I01", "only the name of the service", STANDALONE, every_address("node-%d")),
    benign("I01", "other case", STANDALONE, every_address("Node-%d.MPC.local")),
    benign("I01", "put together", STANDALONE, local_address(0, joined_address)),
    benign("I01", "names by parameter", ESTATE, edit('Name: !Sub "${Project}.internal"', 'Name: !Join [".", [!Ref Project, internal]]')),
    benign("I01", "namespace given at the service only", STANDALONE, entries(lambda p, i: p["DnsConfig"].pop("NamespaceId"))),
    benign("I01", "namespace given in the records only", STANDALONE, entries(lambda p, i: p.pop("NamespaceId", None))),

    fault("I02", "no registries", STANDALONE, every_registry(lambda p: p.pop("ServiceRegistries")), also=("I01",)),
    fault("I02", "empty registries", COMPOSED, every_registry(lambda p: p.update(ServiceRegistries=[])), also=("I01",)),
    fault("I02", "one node is not registered", COMPACT, within("Signer2", "\n      ServiceRegistries: [{RegistryArn: !GetAtt Entry2.Arn}]", ""), also=("I01",)),
    fault("I02", "all nodes in one registry", STANDALONE, lambda t: [registry(i, arn_of(ENTRY))(t) for i in range(3)], also=("I01",)),
    fault("I02", "two in one registry", ESTATE, within("Member3", "!GetAtt Entry3.Arn", "!GetAtt Entry2.Arn"), also=("I01",)),
    fault("I02", "registered by condition", ESTATE, edit("ServiceRegistries: [{RegistryArn: !GetAtt Entry1.Arn}]",
          'ServiceRegistries: !If [Production, [{RegistryArn: !GetAtt Entry1.Arn}], !Ref "AWS::NoValue"]'), also=("I01", "G31")),
    fault("I02", "no registries and no address", ESTATE, edit(ADDRESS1, "", "\n      ServiceRegistries: [{RegistryArn: !GetAtt Entry1.Arn}]", "")),
    benign("I02", "no address", ESTATE, edit(ADDRESS1, "")),
    benign("I01", "a short name of Service Connect", ESTATE, edit('!Sub "member-1.${Project}.internal"', "member-1", "ServiceRegistries: [{RegistryArn: !GetAtt Entry1.Arn}]",
           "ServiceRegistries: [{RegistryArn: !GetAtt Entry1.Arn}]\n      ServiceConnectConfiguration: {Enabled: true, Namespace: !GetAtt Domain.Arn}")),
    benign("I02", "a registry for each by Sub", STANDALONE, registry(0, lambda t: [{"RegistryArn": {"Fn::Sub": "${%s.Arn}" % resources(t, ENTRY)[0][0]}}])),

    fault("I03", "the namespace's ARN", STANDALONE, registry(0, arn_of(NAMESPACE))),
    fault("I03", "by hand", ESTATE, within("Member1", "!GetAtt Entry1.Arn", "!GetAtt Domain.Arn")),
    fault("I03", "the service's id", STANDALONE, registry(1, ref_of(ENTRY, 1))),
    fault("I03", "the service's id by GetAtt", COMPACT, within("Signer1", "!GetAtt Entry1.Arn", "!GetAtt Entry1.Id")),
    fault("I03", "the ARN of a cluster", STANDALONE, registry(2, arn_of("AWS::ECS::Cluster"))),
    benign("I03", "ARN put together from the id", STANDALONE, registry(0, built_arn)),

    fault("I04", "SRV without a port", STANDALONE, records({"Type": "SRV", "TTL": 60})),
    fault("I04", "SRV and A without a port", COMPOSED, records({"Type": "A", "TTL": 60}, {"Type": "SRV", "TTL": 60})),
    fault("I04", "CNAME", STANDALONE, records({"Type": "CNAME", "TTL": 60})),
    fault("I04", "SRV by hand", ESTATE, within("Entry1", "Type: A, TTL", "Type: SRV, TTL")),
    fault("I04", "container's name without its port", STANDALONE, lambda t: [records({"Type": "A", "TTL": 60}, {"Type": "SRV", "TTL": 60})(t),
          every_registry(lambda p: p["ServiceRegistries"][0].update(ContainerName="mpc"))(t)]),
    fault("I04", "no container of that name", STANDALONE, lambda t: [records({"Type": "A", "TTL": 60}, {"Type": "SRV", "TTL": 60})(t),
          every_registry(lambda p: p["ServiceRegistries"][0].update(ContainerName="node", ContainerPort=80))(t)]),
    fault("I04", "SRV with a port and no address", STANDALONE, lambda t: [records({"Type": "SRV", "TTL": 60})(t),
          every_registry(lambda p: p["ServiceRegistries"][0].update(Port=80))(t)]),
    fault("I04", "names for the API only", ESTATE, edit("DnsConfig: {DnsRecords: [{Type: A, TTL: \"10\"}]}", "Description: no records"), also=("I01",)),
    benign("I04", "A and SRV with the container's port", STANDALONE, lambda t: [records({"Type": "A", "TTL": 60}, {"Type": "SRV", "TTL": 60})(t),
           every_registry(lambda p: p["ServiceRegistries"][0].update(ContainerName="mpc", ContainerPort=80))(t)]),
    fault("I04", "port and container", STANDALONE, lambda t: [records({"Type": "A", "TTL": 60}, {"Type": "SRV", "TTL": 60})(t),
          every_registry(lambda p: p["ServiceRegistries"][0].update(Port=80, ContainerName="mpc", ContainerPort=80))(t)]),
    benign("I12", "attributes in a variable", STANDALONE, script((REGISTER % "A").replace("A=$IP,AWS_INSTANCE_PORT=80", '"$ATTRIBUTES"'))),
    benign("I04", "A and SRV with a port", STANDALONE, lambda t: [records({"Type": "A", "TTL": 60}, {"Type": "SRV", "TTL": 60})(t),
           every_registry(lambda p: p["ServiceRegistries"][0].update(Port=80))(t)]),

    fault("I05", "two namespaces of one name in one VPC", STANDALONE, second_namespace("mpc.local")),
    fault("I05", "names differ by case", COMPOSED, second_namespace("MPC.local")),
    fault("I05", "by hand", ESTATE, edit("  Park:\n    Type", '  Twin:\n    Type: AWS::ServiceDiscovery::PrivateDnsNamespace\n    Properties: {Name: !Join [".", [!Ref Project, internal]], Vpc: !Ref Estate}\n  Park:\n    Type')),
    benign("I05", "one name in two VPCs", STANDALONE, second_namespace("mpc.local", own_vpc=True)),
    benign("I05", "a second name", STANDALONE, second_namespace("near.local")),

    fault("I08", "names differ by case", STANDALONE, renamed(["node", "Node", "node-2"]), also=("A12", "I02")),
    fault("I08", "label of 64 characters", STANDALONE, renamed(["n" * 64, "node-1", "node-2"])),
    fault("I08", "name with a blank", COMPOSED, renamed(["node 0", "node-1", "node-2"])),
    fault("I08", "name ends with a hyphen", STANDALONE, renamed(["node-", "node-1", "node-2"])),
    fault("I08", "namespace with a blank", STANDALONE, namespace_called("mpc local")),
    fault("I08", "namespace with an empty label", STANDALONE, namespace_called("mpc..local")),
    fault("I08", "namespace too long", STANDALONE, namespace_called(".".join(["n" * 60] * 5))),
    fault("I08", "by hand", COMPACT, edit("Name: signer-1\n", "Name: signer!1\n", "signer-1.signers", "signer!1.signers")),
    benign("I08", "label of 63 characters", STANDALONE, renamed(["n" * 63, "node-1", "node-2"])),
    benign("I08", "capitals", STANDALONE, renamed(["Node-0", "NODE-1", "node-2"])),

    fault("I10", "an hour", STANDALONE, ttl(3600), "WARN"),
    fault("I10", "an hour as text", COMPOSED, ttl("3600"), "WARN"),
    fault("I10", "five minutes by hand", COMPACT, within("Entry2", "TTL: 30", "TTL: 300"), "WARN"),
    fault("I10", "by parameter", ESTATE, edit('TTL: "10"', "TTL: !Ref Lifetime", "  Retention:", "  Lifetime: {Type: Number, Default: 900}\n  Retention:"), "WARN"),
    benign("I10", "a minute", STANDALONE, ttl("60")),
    benign("I10", "ten seconds", STANDALONE, ttl(10)),

    fault("I11", "AAAA too", STANDALONE, records({"Type": "A", "TTL": 60}, {"Type": "AAAA", "TTL": 60}), "WARN"),
    fault("I11", "AAAA too, by hand", ESTATE, within("Entry1", '[{Type: A, TTL: "10"}]', '[{Type: A, TTL: "10"}, {Type: AAAA, TTL: "10"}]'), "WARN"),
    fault("I11", "AAAA only", COMPOSED, records({"Type": "AAAA", "TTL": 60}), "FAIL", also=("I04",)),
    benign("I11", "IPv6 ranges without addresses", STANDALONE, dual_stack(False)),
    fault("I11", "IPv6 addresses and an AAAA record", STANDALONE, lambda t: [dual_stack(True)(t), records({"Type": "A", "TTL": 60}, {"Type": "AAAA", "TTL": 60})(t)], "WARN"),

    fault("I12", "A in place of AWS_INSTANCE_IPV4", STANDALONE, script(REGISTER % "A")),
    fault("I12", "in a container's command", COMPOSED, lambda t: first(t, "AWS::ECS::TaskDefinition", "Near")["ContainerDefinitions"][0].update(
        Command=["sh", "-c", "aws servicediscovery register-instance --service-id srv-1 --instance-id i --attributes IP=10.0.0.1; sleep 9d"])),
    benign("I12", "the right attribute", STANDALONE, script(REGISTER % "AWS_INSTANCE_IPV4")),
    benign("I12", "another call", STANDALONE, script("#!/bin/sh\naws servicediscovery list-instances --service-id srv-0123456789abcdef\n")),

    fault("I13", "health check of Route 53", STANDALONE, entries(only_health_config)),
    fault("I13", "both kinds", COMPOSED, entries(lambda p, i: p.update(HealthCheckConfig=clone(HEALTH)))),
    fault("I13", "by hand", COMPACT, within("Entry1", "HealthCheckCustomConfig: {FailureThreshold: 1}", "HealthCheckConfig: {Type: HTTP, ResourcePath: /health}")),
    benign("I13", "no health check", STANDALONE, entries(lambda p, i: p.pop("HealthCheckCustomConfig"))),
    benign("I13", "in a public namespace", STANDALONE, public_entry),

    fault("I14", "a second VPC", STANDALONE, extra_vpc),
    fault("I14", "a literal VPC", COMPOSED, foreign_vpc("vpc-0123456789abcdef0")),
    fault("I14", "by hand, a parameter", ESTATE, edit("Vpc: !Ref Estate}", "Vpc: !Ref Elsewhere}", "  Retention:", "  Elsewhere: {Type: AWS::EC2::VPC::Id}\n  Retention:")),
    fault("I14", "an imported VPC", YAML, edit("Vpc: !Ref Vpc}", "Vpc: !ImportValue other-vpc}")),
    benign("I14", "the VPC by GetAtt", STANDALONE, lambda t: first(t, NAMESPACE).update(Vpc=att(name_of(t, "AWS::EC2::VPC"), "VpcId"))),

    fault("I15", "a public resolver", STANDALONE, dhcp(["8.8.8.8"]), "WARN"),
    fault("I15", "own resolvers in the network", COMPOSED, dhcp(["10.0.0.53", "10.0.1.53"]), "WARN"),
    fault("I15", "by hand", ESTATE, edit("  Exit: {Type", '  Dns:\n    Type: AWS::EC2::DHCPOptions\n    Properties: {DomainNameServers: ["1.1.1.1"]}\n  DnsOfEstate:\n    Type: AWS::EC2::VPCDHCPOptionsAssociation\n    Properties: {VpcId: !Ref Estate, DhcpOptionsId: !Ref Dns}\n  Exit: {Type'), "WARN"),
    benign("I15", "Amazon's resolver", STANDALONE, dhcp(["AmazonProvidedDNS"])),
    benign("I15", "options of another VPC", STANDALONE, dhcp(["8.8.8.8"], other_vpc=True)),
    benign("I15", "options of no VPC", STANDALONE, dhcp(["8.8.8.8"], associated=False)),
    benign("I16", "registries from the start", ESTATE),
]
