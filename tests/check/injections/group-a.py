from node_parts import *

HEX_ACCOUNT = "98793cd91a3f870fb126f66285808c7e094afcfc4eda8a970f6648cdf0dbd6de"
BOOT = BOOT_KEY + "@10.0.2.100:24567"
OTHER_BOOT = "ed25519:9qyu1RaJ5shX6UEb7UooPQYVXCC1tNHCiDPPxJ8Pv1UJ@10.0.2.101:24567"
VARIABLES = ["MPC_HOME_DIR", "MPC_ENV", "MPC_ACCOUNT_ID", "MPC_CONTRACT_ID", "NEAR_BOOT_NODES", "MPC_P2P_PRIVATE_KEY",
             "MPC_ACCOUNT_SK", "MPC_SECRET_STORE_KEY"]
OLD = ["--node-profile", "3.1"]  # whose start script runs the node as a child
HEALTH = {"Command": ["CMD-SHELL", "python3 -c \"import urllib.request as u; u.urlopen('http://localhost:8080/health')\""], "Interval": 30, "Retries": 5, "StartPeriod": 300}


def account(suffix, *indices):
    def run(template):
        for i, c in enumerate(containers(template)):
            if not indices or i in indices:
                put(c, "MPC_ACCOUNT_ID", f"mpc-node-{i}.{suffix}")
                take(c, "MPC_RESPONDER_ID")
    return run


def ports_closed(*ports):
    def run(t):
        for name in [n for n, r in t["Resources"].items() if r["Type"] == "AWS::EC2::SecurityGroupIngress"
                     and r["Properties"].get("FromPort") in ports]:
            del t["Resources"][name]
    return run


def one_family(t):
    """The services name the family of the first node's task definition."""
    name, p = resources(t, "AWS::ECS::TaskDefinition")[0]
    p["Family"] = {"Fn::Sub": "${AWS::StackName}-node"}
    for _, s in resources(t, "AWS::ECS::Service")[:2]:
        s["TaskDefinition"] = {"Fn::Sub": "${AWS::StackName}-node"}


def same_definition(t):
    _, second = services(t)[0], services(t)[1]
    second["TaskDefinition"] = clone(services(t)[0]["TaskDefinition"])


def hand_over(name):
    """The variable comes from an SSM parameter in place of the environment."""
    def change(c):
        take(c, name)
        c["Secrets"].append({"Name": name, "ValueFrom": {"Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/mpc/" + name}})
    return each(change)


def mount(**properties):
    return each(lambda c: c["MountPoints"][0].update(properties))


def without_mount_points(c):
    c["MountPoints"] = []


def container(**properties):
    return each(lambda c: c.update(clone(properties)))


def size(cpu, memory):
    def run(t):
        for _, p in resources(t, "AWS::ECS::TaskDefinition"):
            p.update(Cpu=cpu, Memory=memory)
    return run


def desired(count, *indices):
    def run(t):
        for i, p in enumerate(services(t)):
            if not indices or i in indices:
                p["DesiredCount"] = count
    return run


def plain_volume(t):
    for _, p in resources(t, "AWS::ECS::TaskDefinition"):
        p["Volumes"] = [{"Name": v["Name"]} for v in p["Volumes"]]


def sidecar(t):
    for _, p in resources(t, "AWS::ECS::TaskDefinition"):
        p["ContainerDefinitions"].insert(0, {
            "Name": "mpc-metrics", "Essential": False, "Environment": [{"Name": "MPC_ENV", "Value": "monitoring"}],
            "Image": {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/agent:7"},
            "LogConfiguration": clone(p["ContainerDefinitions"][0]["LogConfiguration"])})


def open_condition(t):
    parameter("Anything")(t)
    condition("Open", {"Fn::Equals": [{"Ref": "Anything"}, "yes"]})(t)


def scaled(least, most, resource=None):
    def run(t):
        name = next(n for n, p in resources(t, "AWS::ECS::Service"))
        t["Resources"]["Scale"] = {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {
            "MinCapacity": least, "MaxCapacity": most, "ScalableDimension": "ecs:service:DesiredCount", "ServiceNamespace": "ecs",
            "ResourceId": resource or {"Fn::Join": ["/", ["service", clone(t["Resources"][name]["Properties"]["Cluster"]), {"Fn::GetAtt": [name, "Name"]}]]}}}
    return run


def exchange(name):
    """Nodes 0 and 1 have each other's secret of this variable."""
    def run(t):
        a, b = (injected(c, name) for c in containers(t)[:2])
        a["ValueFrom"], b["ValueFrom"] = b["ValueFrom"], a["ValueFrom"]
    return run


def monitor(t):
    """A service beside the nodes that knows the contract and one account."""
    name, service = next((n, r) for n, r in t["Resources"].items() if r["Type"] == "AWS::ECS::Service")
    task = clone(next(r for r in t["Resources"].values() if r["Type"] == "AWS::ECS::TaskDefinition"))
    c = task["Properties"]["ContainerDefinitions"][0]
    task["Properties"].update(Family="watch", Cpu="256", Memory="512", Volumes=[])
    c.update(Environment=[{"Name": "MPC_CONTRACT_ID", "Value": "v1.signer.node0"}, {"Name": "MPC_ACCOUNT_ID", "Value": "mpc-node-0.node0"}], Secrets=[], MountPoints=[])
    c["Image"] = {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/watch:7"}
    t["Resources"]["WatchTask"] = task
    t["Resources"]["Watch"] = clone(service)
    t["Resources"]["Watch"]["Properties"].update(TaskDefinition={"Ref": "WatchTask"}, DesiredCount=2)
    t["Resources"]["Watch"]["Properties"].pop("ServiceRegistries", None)
    c["LogConfiguration"]["Options"]["awslogs-stream-prefix"] = "watch"


def mapped(t):
    t["Mappings"] = {"Chain": {"Of": {"Env": "testnet"}}}


def files(c):
    c["EnvironmentFiles"] = [{"Type": "s3", "Value": "arn:aws:s3:::bucket/node.env"}]
    take(c, "MPC_CONTRACT_ID")


def from_files(t):
    each(files)(t)
    for _, role in resources(t, "AWS::IAM::Role"):
        role.setdefault("Policies", []).append({"PolicyName": "files", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetBucketLocation"], "Resource": "arn:aws:s3:::bucket*"}]}})


CASES = [
    *[benign("A00", f"as it is: {base}", base) for base in (STANDALONE, COMPOSED, IMPORT, TESTNET, EXISTING)],
    benign("A00", "as it is, with keys", STANDALONE, params=PARAMS),

    fault("A01", "literal", COMPOSED, env("MPC_ENV", "localnet")),
    fault("A01", "of one node", IMPORT, one(1, put, "MPC_ENV", "localnet")),
    fault("A01", "default of a parameter", STANDALONE, by_parameter("MPC_ENV", Default="localnet")),
    fault("A01", "Fn::Sub", STANDALONE, both(parameter("Kind", Default="local"), env("MPC_ENV", {"Fn::Sub": "${Kind}net"}))),
    fault("A01", "Fn::Join", STANDALONE, env("MPC_ENV", {"Fn::Join": ["-", ["mpc", "local-net"]]})),
    fault("A01", "Fn::If", STANDALONE, both(condition("Yes", {"Fn::Equals": ["a", "a"]}),
                                            env("MPC_ENV", {"Fn::If": ["Yes", "local", "mpc-localnet"]}))),
    fault("A01", "value of a parameter", TESTNET, None, params={"Chain": "localnet"}),
    fault("A01", "other case", EXISTING, env("MPC_ENV", "MPC-Localnet")),
    fault("A01", "a blank after it", EXISTING, env("MPC_ENV", "mpc-localnet ")),
    fault("A01", "misspelt", TESTNET, replace("Default: testnet", "Default: tesnet")),
    fault("A01", "empty", STANDALONE, env("MPC_ENV", ""), also=("A05",)),
    benign("A01", "the parameter has no default", STANDALONE, by_parameter("MPC_ENV"), verdict="UNKNOWN"),
    benign("A01", "AllowedValues and default", STANDALONE, by_parameter("MPC_ENV", Default="mpc-localnet", AllowedValues=["mpc-localnet", "testnet"])),
    benign("A01", "the other side of Fn::If", STANDALONE, both(condition("No", {"Fn::Equals": ["a", "b"]}),
                                                              env("MPC_ENV", {"Fn::If": ["No", "localnet", "mpc-localnet"]}))),
    benign("A01", "from SSM", STANDALONE, env("MPC_ENV", "{{resolve:ssm:/mpc/env}}"), verdict="UNKNOWN"),
    benign("A01", "type of SSM", STANDALONE, both(lambda t: t["Parameters"].update(Chosen={"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/mpc/localnet"}),
                                                  env("MPC_ENV", {"Ref": "Chosen"})), verdict="UNKNOWN"),
    benign("A01", "a sidecar has a variable of that name", STANDALONE, sidecar),

    fault("A02", "testnet and a local contract", STANDALONE, env("MPC_ENV", "testnet")),
    fault("A02", "mainnet by a parameter", COMPOSED, by_parameter("MPC_ENV", Default="mainnet")),
    fault("A02", "Fn::FindInMap", STANDALONE, both(mapped, env("MPC_ENV", {"Fn::FindInMap": ["Chain", "Of", "Env"]}))),
    fault("A02", "a testnet contract on a local chain", IMPORT, env("MPC_CONTRACT_ID", "v1.signer-prod.testnet")),
    fault("A02", "mainnet's contract, which has no ending, on a local chain", IMPORT, env("MPC_CONTRACT_ID", "v1.signer")),
    fault("A02", "testnet accounts on a local chain", EXISTING, account("testnet")),
    fault("A02", "mainnet accounts on testnet", TESTNET, replace("acme-signers.testnet", "acme-signers.near")),
    fault("A02", "a mainnet contract on testnet", TESTNET, replace("v1.signer-prod.testnet", "v1.signer.near")),
    fault("A02", "a local chain and testnet accounts", TESTNET, replace("Default: testnet", "Default: mpc-localnet")),
    benign("A02", "mainnet everywhere", TESTNET, lambda s: s.replace("Default: testnet", "Default: mainnet").replace(".testnet", ".near").replace("rpc.near", "rpc.mainnet")),
    benign("A02", "implicit accounts on testnet", TESTNET, replace("{Name: MPC_ACCOUNT_ID, Value: alpha.acme-signers.testnet}", "{Name: MPC_ACCOUNT_ID, Value: %s}" % HEX_ACCOUNT)),
    benign("A02", "test.near is local", STANDALONE, both(account("test.near"), env("MPC_CONTRACT_ID", "mpc-contract.test.near"))),
    benign("A02", "the contract has no default", STANDALONE, by_parameter("MPC_CONTRACT_ID")),

    fault("A03", "empty", COMPOSED, env("NEAR_BOOT_NODES", "")),
    fault("A03", "left out", STANDALONE, drop("NEAR_BOOT_NODES"), also=("A05",)),
    fault("A03", "of one node", IMPORT, one(2, put, "NEAR_BOOT_NODES", "")),
    fault("A03", "blanks only", EXISTING, env("NEAR_BOOT_NODES", "  "), also=("A04",)),
    fault("A03", "default of a parameter", STANDALONE, by_parameter("NEAR_BOOT_NODES", Default="")),
    fault("A03", "default of a hand-written parameter", TESTNET, lambda s: s[:s.index("  Boot: {")] + '  Boot: {Type: String, Default: ""}\n' + s[s.index("  Chain: {"):]),
    fault("A03", "no value", STANDALONE, env("NEAR_BOOT_NODES", {"Ref": "AWS::NoValue"}), also=("A05",)),
    fault("A03", "Fn::Join of nothing", STANDALONE, env("NEAR_BOOT_NODES", {"Fn::Join": [",", []]})),
    benign("A03", "the parameter has no default", STANDALONE, by_parameter("NEAR_BOOT_NODES"), verdict=None),
    benign("A03", "imported", STANDALONE, env("NEAR_BOOT_NODES", {"Fn::ImportValue": "boot-nodes"})),
    benign("A03", "as a secret from SSM", EXISTING, hand_over("NEAR_BOOT_NODES")),

    fault("A04", "no key", STANDALONE, env("NEAR_BOOT_NODES", "10.0.2.100:24567")),
    fault("A04", "no port", EXISTING, env("NEAR_BOOT_NODES", BOOT_KEY + "@10.9.0.5")),
    fault("A04", "a second @", STANDALONE, env("NEAR_BOOT_NODES", BOOT_KEY + "@@10.0.2.100:24567")),
    fault("A04", "one key at two addresses", STANDALONE, env("NEAR_BOOT_NODES", BOOT_KEY + "@10.0.2.100:24567," + BOOT_KEY + "@10.0.2.101:24567")),
    fault("A04", "two keys at one address", STANDALONE, env("NEAR_BOOT_NODES", BOOT_KEY + "@10.0.2.101:24567," + OTHER_BOOT)),
    benign("A04", "host and port are not known", STANDALONE, both(parameter("Chain"), env("NEAR_BOOT_NODES", {"Fn::Sub": BOOT_KEY + "@${Chain}"})), verdict="UNKNOWN"),
    fault("A04", "the RPC port", COMPOSED, env("NEAR_BOOT_NODES", BOOT_KEY + "@10.0.2.100:3030")),
    fault("A04", "a key of 31 bytes", STANDALONE, env("NEAR_BOOT_NODES", key_of(noise(31)) + "@10.0.2.100:24567")),
    fault("A04", "a key of 33 bytes", STANDALONE, env("NEAR_BOOT_NODES", key_of(noise(33)) + "@10.0.2.100:24567")),
    fault("A04", "no key type", STANDALONE, env("NEAR_BOOT_NODES", BOOT.replace("ed25519:", ""))),
    fault("A04", "a URL", IMPORT, env("NEAR_BOOT_NODES", "http://10.0.2.100:24567")),
    fault("A04", "a URL behind the key", IMPORT, env("NEAR_BOOT_NODES", BOOT.replace("@", "@http://"))),
    fault("A04", "a blank after the comma", STANDALONE, env("NEAR_BOOT_NODES", BOOT + ", " + OTHER_BOOT)),
    fault("A04", "semicolons", STANDALONE, env("NEAR_BOOT_NODES", BOOT + ";" + OTHER_BOOT)),
    fault("A04", "a comma at the end", STANDALONE, env("NEAR_BOOT_NODES", BOOT + ",")),
    fault("A04", "port 0", STANDALONE, env("NEAR_BOOT_NODES", BOOT_KEY + "@10.0.2.100:0")),
    fault("A04", "port 245670", STANDALONE, env("NEAR_BOOT_NODES", BOOT_KEY + "@10.0.2.100:245670")),
    fault("A04", "no host", STANDALONE, env("NEAR_BOOT_NODES", BOOT_KEY + "@:24567")),
    fault("A04", "the second of two", STANDALONE, env("NEAR_BOOT_NODES", BOOT + "," + OTHER_BOOT.replace(":24567", ""))),
    fault("A04", "two times the same", STANDALONE, env("NEAR_BOOT_NODES", BOOT + "," + BOOT)),
    fault("A04", "Fn::Sub without a port", STANDALONE, both(parameter("Host", Default="10.0.2.100"), env("NEAR_BOOT_NODES", {"Fn::Sub": BOOT_KEY + "@${Host}"}))),
    benign("A04", "an unknown host, perhaps with a port", STANDALONE, env("NEAR_BOOT_NODES", {"Fn::Join": ["", [BOOT_KEY, "@", {"Fn::ImportValue": "boot-host"}]]})),
    fault("A04", "an unknown host with the RPC port", STANDALONE, both(parameter("Host"), env("NEAR_BOOT_NODES", {"Fn::Sub": BOOT_KEY + "@${Host}:3030"}))),
    fault("A04", "default of a hand-written parameter", TESTNET, replace("@boot.example.org:24567", ":24567")),
    fault("A04", "the node's account key", STANDALONE, env("NEAR_BOOT_NODES", SECRET_KEY + "@10.0.2.100:24567"), also=("H22", "B21")),
    benign("A04", "a host name", STANDALONE, env("NEAR_BOOT_NODES", BOOT_KEY + "@boot.example.org:24567")),
    benign("A04", "two", STANDALONE, env("NEAR_BOOT_NODES", BOOT + "," + OTHER_BOOT)),
    benign("A04", "another port", STANDALONE, env("NEAR_BOOT_NODES", BOOT_KEY + "@10.0.2.100:24568")),
    benign("A04", "the host is a parameter", STANDALONE, both(parameter("Host"), env("NEAR_BOOT_NODES", {"Fn::Sub": BOOT_KEY + "@${Host}:24567"}))),
    benign("A04", "the host is imported", STANDALONE, env("NEAR_BOOT_NODES", {"Fn::Join": ["@", [BOOT_KEY, {"Fn::Join": [":", [{"Fn::ImportValue": "h"}, "24567"]]}]]})),
    benign("A04", "the key is a parameter", STANDALONE, both(parameter("Key"), env("NEAR_BOOT_NODES", {"Fn::Sub": "${Key}@10.0.2.100:24567"}))),

    *[fault("A05", f"no {name}", STANDALONE if i % 2 else EXISTING, drop(name), also=("A03",) if name == "NEAR_BOOT_NODES" else ())
      for i, name in enumerate(VARIABLES)],
    fault("A05", "no key of one node", COMPOSED, one(1, take, "MPC_ACCOUNT_SK")),
    fault("A05", "a misspelt name", STANDALONE, each(rename, "MPC_CONTRACT_ID", "MPC_CONTRACTID")),
    fault("A05", "a misspelt secret", IMPORT, each(rename, "MPC_P2P_PRIVATE_KEY", "MPC_P2P_KEY")),
    fault("A05", "a misspelt name in YAML", TESTNET, replace("MPC_ACCOUNT_ID", "MPC_ACOUNT_ID")),
    fault("A05", "lower case", STANDALONE, each(rename, "MPC_HOME_DIR", "mpc_home_dir")),
    fault("A05", "no secrets at all", TESTNET, lambda s: "\n".join(l for l in s.split("\n") if "ValueFrom" not in l and "Secrets:" not in l)),
    fault("A05", "no value", STANDALONE, env("MPC_CONTRACT_ID", {"Ref": "AWS::NoValue"}), also=("A07",)),
    benign("A05", "from a file", STANDALONE, from_files, verdict="UNKNOWN"),
    benign("A05", "a plain variable as a secret", EXISTING, hand_over("MPC_CONTRACT_ID")),
    benign("A05", "without the optional ones", STANDALONE, drop("MPC_RESPONDER_ID", "RUST_LOG", "RUST_BACKTRACE", "MPC_LOCAL_ADDRESS")),
    benign("A05", "another order", STANDALONE, each(lambda c: c["Environment"].reverse())),

    fault("A06", "home elsewhere", STANDALONE, env("MPC_HOME_DIR", "/var/mpc")),
    fault("A06", "mount elsewhere", COMPOSED, mount(ContainerPath="/mnt/efs"), also=("D13",)),
    fault("A06", "a name that begins the same", IMPORT, env("MPC_HOME_DIR", "/data2")),
    fault("A06", "above the mount", EXISTING, mount(ContainerPath="/data/near")),
    fault("A06", "relative", STANDALONE, env("MPC_HOME_DIR", "data")),
    fault("A06", "empty", STANDALONE, env("MPC_HOME_DIR", ""), also=("A05",)),
    fault("A06", "default of a parameter", STANDALONE, by_parameter("MPC_HOME_DIR", Default="/home/mpc")),
    fault("A06", "no mount point", STANDALONE, each(without_mount_points), also=("D13", "D25")),
    fault("A06", "the volume dies with the task", STANDALONE, plain_volume, also=("D25",)),
    fault("A06", "another author's", TESTNET, replace("ContainerPath: /srv/mpc", "ContainerPath: /srv/chain")),
    benign("A06", "below the mount", STANDALONE, env("MPC_HOME_DIR", "/data/node")),
    benign("A06", "a slash at the end", STANDALONE, env("MPC_HOME_DIR", "/data/")),
    benign("A06", "the mount has a slash at the end", STANDALONE, mount(ContainerPath="/data/")),
    benign("A06", "unknown both, the same", STANDALONE, both(by_parameter("MPC_HOME_DIR"), mount(ContainerPath={"Ref": "Chosen"}))),

    fault("A07", "empty contract", STANDALONE, env("MPC_CONTRACT_ID", "")),
    fault("A07", "empty account", IMPORT, one(0, put, "MPC_ACCOUNT_ID", "")),
    fault("A07", "upper case", COMPOSED, env("MPC_CONTRACT_ID", "V1.signer.node0")),
    fault("A07", "one character", EXISTING, env("MPC_CONTRACT_ID", "a")),
    fault("A07", "65 characters", EXISTING, env("MPC_CONTRACT_ID", "a" * 59 + ".node0")),
    fault("A07", "a dot at the end", EXISTING, env("MPC_CONTRACT_ID", "v1.signer.")),
    fault("A07", "two dots", EXISTING, env("MPC_CONTRACT_ID", "v1..node0")),
    fault("A07", "a blank", STANDALONE, env("MPC_CONTRACT_ID", "v1.signer.node0 ")),
    fault("A07", "a blank literal from a parameter", STANDALONE, by_parameter("MPC_CONTRACT_ID", Default="")),
    fault("A07", "another author's", TESTNET, replace("v1.signer-prod.testnet", "v1_.signer-prod.testnet")),
    fault("A07", "Fn::Sub", TESTNET, replace("Value: alpha.acme-signers.testnet", 'Value: !Sub "Alpha.acme-signers.${Chain}"')),
    benign("A07", "implicit account", STANDALONE, both(one(0, put, "MPC_ACCOUNT_ID", HEX_ACCOUNT), one(0, put, "MPC_RESPONDER_ID", HEX_ACCOUNT))),
    benign("A07", "underscores and dashes", STANDALONE, env("MPC_CONTRACT_ID", "v1_a-b.signer.node0")),
    benign("A07", "64 characters", STANDALONE, env("MPC_CONTRACT_ID", "a" * 58 + ".node0")),
    benign("A07", "Fn::Sub of the stack name", STANDALONE, env("MPC_CONTRACT_ID", {"Fn::Sub": "v1.${AWS::StackName}.node0"})),
    benign("A07", "a parameter", STANDALONE, by_parameter("MPC_CONTRACT_ID", Default="v1.signer.node0")),

    fault("A08", "a name of nothing", STANDALONE, env("MPC_SIGN_SK_PATH", "/data/x"), verdict="WARN"),
    fault("A08", "NEAR_ names too", EXISTING, env("NEAR_NETWORK", "x"), verdict="WARN"),
    benign("A08", "variables of others", STANDALONE, both(env("TZ", "UTC"), env("AWS_REGION", {"Ref": "AWS::Region"}), env("HTTPS_PROXY", "http://p:1"),
                                                          env("LOG_LEVEL", "info"))),
    benign("A08", "all of the node's", STANDALONE, both(env("MPC_LOG_FORMAT", "json"), env("MPC_RESPONDER_ID", "mpc-node-0.node0"))),

    fault("A09", "testnet without port 80", TESTNET, replace("        - {IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}\n", "")),
    fault("A09", "another port", TESTNET, replace("FromPort: 80, ToPort: 80,", "FromPort: 81, ToPort: 81,")),
    fault("A09", "no rule for the MPC port", STANDALONE, ports_closed(80), also=("C18",)),
    fault("A09", "nodes may not go out to each other", TESTNET, replace("      SecurityGroupIngress:\n        - {IpProtocol: tcp, FromPort: 80",
          "      SecurityGroupEgress:\n        - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}\n        - {IpProtocol: tcp, FromPort: 2049, ToPort: 2049, CidrIp: 172.20.0.0/20}\n"
          "        - {IpProtocol: tcp, FromPort: 24567, ToPort: 24567, CidrIp: 0.0.0.0/0}\n      SecurityGroupIngress:\n        - {IpProtocol: tcp, FromPort: 80"), also=("C18",)),
    benign("A09", "a range", TESTNET, replace("FromPort: 80, ToPort: 80,", "FromPort: 1, ToPort: 1024,")),
    benign("A09", "all traffic inside the VPC", TESTNET, replace("{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}", '{IpProtocol: "-1", CidrIp: 172.20.0.0/20}')),

    fault("A11", "accounts follow the name of the network", STANDALONE, account("mpc-localnet")),
    fault("A11", "by Fn::Sub", COMPOSED, both(parameter("Net", Default="mpc-localnet"), lambda t: [
        put(c, "MPC_ACCOUNT_ID", {"Fn::Sub": "mpc-node-%d.${Net}" % i}) for i, c in enumerate(containers(t))])),
    fault("A11", "one node's account is elsewhere", IMPORT, account("mpc-localnet", 1)),
    fault("A11", "one node's account is of localnet", EXISTING, account("localnet", 1)),
    benign("A11", "several parents on testnet", TESTNET, replace("bravo.acme-signers.testnet", "other-signer.testnet")),
    benign("A11", "the contract is of that name too", STANDALONE, both(account("mpc-localnet"), env("MPC_CONTRACT_ID", "v1.signer.mpc-localnet"))),
    benign("A11", "several parents of one root", STANDALONE, both(account("a.node0", 0), account("b.c.node0", 1))),

    fault("A12", "DesiredCount 2", STANDALONE, desired(2, 0)),
    fault("A12", "DesiredCount by a parameter", COMPOSED, both(lambda t: t["Parameters"].update(N={"Type": "Number", "Default": 3}), desired({"Ref": "N"}))),
    fault("A12", "DesiredCount as text", IMPORT, desired("2", 1)),
    fault("A12", "value of a parameter", TESTNET, replace("DesiredCount: 1", "DesiredCount: 4", 1)),
    fault("A12", "one account", STANDALONE, env("MPC_ACCOUNT_ID", "mpc-node-0.node0")),
    fault("A12", "one account of two", EXISTING, env("MPC_ACCOUNT_ID", "keyholder1.test.near")),
    fault("A12", "one account by a parameter", STANDALONE, by_parameter("MPC_ACCOUNT_ID", Default="mpc-node-0.node0")),
    fault("A12", "one account, the value unknown", STANDALONE, by_parameter("MPC_ACCOUNT_ID")),
    fault("A12", "one task definition for two services", STANDALONE, same_definition, also=("I01",)),
    fault("A12", "one family for two services", STANDALONE, one_family, also=("I01", "D14")),
    fault("A12", "another author's", TESTNET, replace("bravo.acme-signers", "alpha.acme-signers")),
    benign("A12", "DesiredCount 0", STANDALONE, desired(0)),
    benign("A12", "DesiredCount left out", STANDALONE, lambda t: [p.pop("DesiredCount") for p in services(t)]),
    benign("A12", "DesiredCount as text", STANDALONE, desired("1")),
    benign("A12", "a parameter without a default", STANDALONE, both(lambda t: t["Parameters"].update(N={"Type": "Number"}), desired({"Ref": "N"}))),
    benign("A12", "one responder for all", STANDALONE, env("MPC_RESPONDER_ID", "mpc-node-0.node0")),
    benign("A12", "accounts by parameters", STANDALONE, lambda t: [(parameter("A%d" % i)(t), put(c, "MPC_ACCOUNT_ID", {"Ref": "A%d" % i})) for i, c in enumerate(containers(t))]),

    fault("A13", "one secret for both keys", STANDALONE, each(lambda c: injected(c, "MPC_P2P_PRIVATE_KEY").update(ValueFrom=clone(injected(c, "MPC_ACCOUNT_SK")["ValueFrom"]))), also=("B18",)),
    fault("A13", "one secret for both keys, existing", EXISTING, each(lambda c: injected(c, "MPC_P2P_PRIVATE_KEY").update(ValueFrom=clone(injected(c, "MPC_ACCOUNT_SK")["ValueFrom"]))), also=("B18",)),

    fault("A14", "the check asks /health only", STANDALONE, container(HealthCheck=HEALTH), verdict="WARN"),
    benign("A14", "the check asks for the state of the chain", STANDALONE, container(HealthCheck={**HEALTH, "Command": ["CMD-SHELL", HEALTH["Command"][1].replace("health", "metrics")]})),
    benign("A14", "a check of a sidecar", STANDALONE, both(sidecar, lambda t: [p["ContainerDefinitions"][0].update(HealthCheck=HEALTH) for _, p in resources(t, "AWS::ECS::TaskDefinition")])),

    fault("A16", "no init", STANDALONE, each(lambda c: c.pop("LinuxParameters")), verdict="WARN", options=OLD),
    fault("A16", "init off", EXISTING, container(LinuxParameters={"InitProcessEnabled": False}), verdict="WARN", options=OLD),
    fault("A16", "no init, no profile", STANDALONE, each(lambda c: c.pop("LinuxParameters")), verdict="WARN"),
    fault("A16", "no init in one node by hand", TESTNET, lambda s: s.replace("InitProcessEnabled: true", "InitProcessEnabled: false", 1), verdict="WARN"),
    benign("A16", "an image whose node is process 1 itself", STANDALONE, each(lambda c: c.pop("LinuxParameters")), options=("--node-profile", "current")),
    benign("A16", "as text", STANDALONE, container(LinuxParameters={"InitProcessEnabled": "true"}), options=OLD),

    fault("A17", "no limit", STANDALONE, each(lambda c: c.pop("Ulimits")), verdict="WARN"),
    fault("A17", "4096", IMPORT, container(Ulimits=[{"Name": "nofile", "HardLimit": 4096, "SoftLimit": 4096}]), verdict="WARN"),
    fault("A17", "the soft limit", EXISTING, container(Ulimits=[{"Name": "nofile", "HardLimit": 65535, "SoftLimit": 1024}]), verdict="WARN"),
    fault("A17", "another limit", TESTNET, replace("{Name: nofile, SoftLimit: 1000000, HardLimit: 1000000}", "{Name: nproc, SoftLimit: 1000000, HardLimit: 1000000}"), also=("F10",)),
    benign("A17", "as text", STANDALONE, container(Ulimits=[{"Name": "nofile", "HardLimit": "1048576", "SoftLimit": "1048576"}])),
    benign("A17", "other order of its members", STANDALONE, container(Ulimits=[{"SoftLimit": 65536, "HardLimit": 1048576, "Name": "nofile"}])),

    fault("A18", "256 and 512", COMPOSED, size("256", "512")),
    fault("A18", "as numbers", EXISTING, size(256, 512)),
    fault("A18", "with units", STANDALONE, size(".25 vCPU", "0.5 GB")),
    fault("A18", "512 and 1024", STANDALONE, size("512", "1024")),
    fault("A18", "1024 and 2048", STANDALONE, size("1024", "2048"), verdict="WARN"),
    fault("A18", "too small for testnet", TESTNET, lambda s: s.replace("32 GB", "16 GB"), verdict="WARN"),
    benign("A18", "with units", STANDALONE, size("2 vCPU", "8GB")),
    benign("A18", "larger", STANDALONE, size("4096", "16384")),

    fault("A19", "working directory", STANDALONE, container(WorkingDirectory="/data")),
    fault("A19", "command", EXISTING, container(Command=["mpc-node", "start"])),
    fault("A19", "entry point", COMPOSED, container(EntryPoint=["sh", "-c"], Command=["sleep infinity"])),
    fault("A19", "a command line", TESTNET, replace("          Essential: true\n", "          Essential: true\n          Command: [/app/mpc-node, start, --home-dir, /srv/mpc]\n")),
    fault("A19", "another script", STANDALONE, container(Command=["/opt/run.sh"]), verdict="WARN"),
    benign("A19", "an entry point that runs the script", STANDALONE, container(EntryPoint=["/usr/bin/tini", "--"], Command=["/app/start.sh"])),
    benign("A19", "a shell that runs the script", STANDALONE, container(Command=["sh", "-c", "ulimit -n && exec /app/start.sh"])),
    benign("A19", "the script itself", STANDALONE, container(Command=["/app/start.sh"])),
    benign("A19", "the image's directory", STANDALONE, container(WorkingDirectory="/app")),
    benign("A19", "nothing", STANDALONE, container(Command=[], EntryPoint=[])),

    fault("A21", "a key in both", STANDALONE, env("MPC_ACCOUNT_SK", "x"), also=("B22",)),
    fault("A21", "a plain variable in both", IMPORT, each(lambda c: c["Secrets"].append({"Name": "MPC_ENV", "ValueFrom": clone(c["Secrets"][0]["ValueFrom"])}))),
    fault("A21", "two times in Secrets", EXISTING, each(lambda c: c["Secrets"].append(clone(c["Secrets"][0])))),
    fault("A21", "a sidecar's", STANDALONE, both(sidecar, lambda t: [p["ContainerDefinitions"][0].update(Secrets=[{"Name": "MPC_ENV", "ValueFrom": clone(containers(t)[0]["Secrets"][0]["ValueFrom"])}])
          for _, p in resources(t, "AWS::ECS::TaskDefinition")])),
    benign("A21", "case differs", STANDALONE, env("rust_log", "x")),

    fault("A22", "begins with a digit", STANDALONE, each(rename, "MPC_ENV", "1MPC_ENV"), also=("A05",)),
    fault("A22", "dashes", EXISTING, each(rename, "MPC_HOME_DIR", "MPC-HOME-DIR"), also=("A05",)),
    fault("A22", "a dot in a secret", COMPOSED, each(rename, "MPC_ACCOUNT_SK", "MPC.ACCOUNT.SK"), also=("A05",)),
    fault("A22", "a name that nothing needs", STANDALONE, env("my-var", "x"), verdict="WARN"),
    fault("A22", "another author's", TESTNET, replace("{Name: MPC_ENV,", "{Name: MPC ENV,"), also=("A05",)),
    benign("A22", "lower case and underscores", STANDALONE, env("_some_Var9", "x")),

    # ---- other shapes of the same things
    benign("A05", "one of two entries by a condition nobody knows", STANDALONE, both(open_condition, each(lambda c: (take(c, "MPC_CONTRACT_ID"), c["Environment"].append(
        {"Fn::If": ["Open", {"Name": "MPC_CONTRACT_ID", "Value": "a.node0"}, {"Name": "MPC_CONTRACT_ID", "Value": "b.node0"}]}))))),
    benign("A05", "an environment by a condition nobody knows", STANDALONE, both(open_condition, each(lambda c: c.update(Environment={"Fn::If": ["Open", c["Environment"], c["Environment"][::-1]]})))),
    benign("A05", "an entry that is there by a condition", STANDALONE, both(open_condition, each(lambda c: c["Environment"].append({"Fn::If": ["Open", {"Name": "RUST_MIN_STACK", "Value": "1"}, {"Ref": "AWS::NoValue"}]})))),
    fault("A05", "an entry that is not there by a condition", STANDALONE, both(condition("No", {"Fn::Equals": ["a", "b"]}), each(lambda c: (take(c, "MPC_HOME_DIR"), c["Environment"].append(
        {"Fn::If": ["No", {"Name": "MPC_HOME_DIR", "Value": "/data"}, {"Ref": "AWS::NoValue"}]}))))),
    fault("A01", "both branches of a condition nobody knows", STANDALONE, both(open_condition, env("MPC_ENV", {"Fn::If": ["Open", "localnet", "local"]}))),
    benign("A01", "one branch of a condition nobody knows", STANDALONE, both(open_condition, env("MPC_ENV", {"Fn::If": ["Open", "localnet", "mpc-localnet"]})), verdict="UNKNOWN"),
    fault("A01", "Fn::Select", STANDALONE, env("MPC_ENV", {"Fn::Select": [1, {"Fn::Split": ["/", "near/localnet"]}]})),
    benign("A01", "Fn::Select of the right one", STANDALONE, env("MPC_ENV", {"Fn::Select": [0, ["mpc-localnet", "testnet"]]})),
    fault("A02", "the RPC of testnet", STANDALONE, env("NEAR_RPC_URL", "https://rpc.testnet.near.org")),
    fault("A02", "the RPC of mainnet", TESTNET, replace("https://rpc.testnet.near.org", "https://rpc.mainnet.near.org")),
    benign("A02", "an RPC of nobody's", TESTNET, replace("https://rpc.testnet.near.org", "https://near.example.org/testnet")),
    fault("A07", "a variable that had no value", STANDALONE, account("undefined")),
    fault("A07", "null", EXISTING, env("MPC_CONTRACT_ID", "null")),
    fault("A12", "more tasks by scaling", STANDALONE, scaled(2, 4)),
    fault("A12", "perhaps more tasks by scaling", STANDALONE, scaled(1, 4), verdict="WARN"),
    benign("A12", "scaling between none and one", STANDALONE, scaled(0, 1)),
    benign("A12", "a scaled service that is no node", STANDALONE, scaled(1, 4, "service/other/web")),
    fault("A12", "one account by Fn::Sub", EXISTING, both(parameter("Who", Default="keyholder1"), env("MPC_ACCOUNT_ID", {"Fn::Sub": "${Who}.test.near"}))),
    fault("A18", "a container's share", STANDALONE, container(Memory=512)),
    benign("A18", "a container's share that will do", STANDALONE, container(Memory=4096, Cpu=1024)),
    fault("A21", "by a parameter's name", TESTNET, replace("            - {Name: NEAR_BOOT_NODES,", "            - {Name: MPC_P2P_PRIVATE_KEY, Value: unused}\n            - {Name: NEAR_BOOT_NODES,"), also=("B22",)),
    benign("A05", "a service that only shares some variables", STANDALONE, monitor),

    fault("A13", "the P2P keys of two nodes are exchanged", STANDALONE, exchange("MPC_P2P_PRIVATE_KEY")),
    fault("A13", "the account keys of two nodes are exchanged", COMPOSED, exchange("MPC_ACCOUNT_SK")),
    fault("A13", "existing P2P keys are exchanged", EXISTING, exchange("MPC_P2P_PRIVATE_KEY")),
    fault("A13", "another author's are exchanged", TESTNET, lambda s: s.replace("!Ref alphaPeer}", "!Ref X}").replace("!Ref bravoPeer}", "!Ref alphaPeer}").replace("!Ref X}", "!Ref bravoPeer}")),
    fault("A13", "the parameters are exchanged", TESTNET, lambda s: s.replace("!Ref PeerKeyA", "!Ref X").replace("!Ref PeerKeyB", "!Ref PeerKeyA").replace("!Ref X", "!Ref PeerKeyB")),
    benign("A13", "names that tell nothing", STANDALONE, lambda t: [injected(c, n).update(ValueFrom={"Fn::ImportValue": v}) for c, pair in zip(containers(t), (("x1f", "b70"), ("b2c", "x9d"), ("77a", "0e1"))) for n, v in zip(("MPC_P2P_PRIVATE_KEY", "MPC_ACCOUNT_SK"), pair)]),
    benign("A06", "the volume's name is a parameter", STANDALONE, both(parameter("V", Default="mpc-data"), mount(SourceVolume={"Ref": "V"}))),
    benign("A17", "limits by a condition nobody knows", STANDALONE, both(open_condition, each(lambda c: c.update(Ulimits=[{"Fn::If": ["Open", dict(c["Ulimits"][0], HardLimit=100000), c["Ulimits"][0]]}])))),
    benign("A04", "a list of parameters", STANDALONE, both(lambda t: t["Parameters"].update(Boot={"Type": "CommaDelimitedList", "Default": BOOT + "," + OTHER_BOOT}), env("NEAR_BOOT_NODES", {"Fn::Join": [",", {"Ref": "Boot"}]}))),
    fault("A07", "a key in place of the account", STANDALONE, one(0, put, "MPC_ACCOUNT_ID", PUBLIC_KEY)),
]
