import json

from network import *

FILES = "AWS::EFS::FileSystem"
RUNNER_FILES = ["good/import.near-runner.json", "cd-import-files.json"]


def file_system(t):
    return first(t, FILES)


def points(t):
    return [p for _, p in resources(t, "AWS::EFS::AccessPoint")]


def targets(t):
    return [p for _, p in resources(t, "AWS::EFS::MountTarget")]


def node_containers(t):
    return [c for _, p in resources(t, "AWS::ECS::TaskDefinition") for c in p["ContainerDefinitions"]
            if any(e["Name"] == "MPC_ACCOUNT_ID" for e in c.get("Environment", []))]


def node_tasks(t):
    return [p for _, p in resources(t, "AWS::ECS::TaskDefinition") if "Volumes" in p]


def vpc(t):
    return first(t, "AWS::EC2::VPC")


def no_iam_no_point(v):
    v.pop("AuthorizationConfig")


def no_policy(t):
    file_system(t).pop("FileSystemPolicy", None)


def depends(t):
    for r in t["Resources"].values():
        if r["Type"] == "AWS::ECS::Service":
            yield r


def independent(matching):
    def change(t):
        for r in t["Resources"].values():
            if "DependsOn" in r and r["Type"].startswith(("AWS::ECS", "AWS::ServiceDiscovery")):
                r["DependsOn"] = [d for d in r["DependsOn"] if matching not in d]
    return change


def without_target(matching):
    def change(t):
        drop(t, name_of(t, "AWS::EFS::MountTarget", matching))
    return change


def all_targets_gone(t):
    for name in [n for n, _ in resources(t, "AWS::EFS::MountTarget")]:
        drop(t, name)


def one_zone_service(t):
    """Services and mount target in the first private subnet only."""
    drop(t, name_of(t, "AWS::EFS::MountTarget", "Subnet2"))
    for s in nodes(t):
        network(s)["Subnets"] = subnets(t, "private")[:1]


def one_zone_files(zone):
    return lambda t: file_system(t).update(AvailabilityZoneName=zone)


FIRST_ZONE = {"Fn::Select": [0, {"Fn::GetAZs": ""}]}
SECOND_ZONE = {"Fn::Select": [1, {"Fn::GetAZs": ""}]}


def same_zone(t):
    first(t, "AWS::EC2::Subnet", "privateSubnet2")["AvailabilityZone"] = FIRST_ZONE


def roots(path):
    def change(t):
        for v in volumes(t):
            no_iam_no_point(v)
            v["RootDirectory"] = path
        no_policy(t)
    return change


def other_files(t):
    add(t, "OtherFiles", FILES, {"Encrypted": True})


def conditional_targets(value):
    def change(t):
        t.setdefault("Conditions", {})["Stored"] = {"Fn::Equals": [value, "yes"]}
        for n, r in t["Resources"].items():
            if r["Type"] == "AWS::EFS::MountTarget" or r["Type"] == "AWS::ECS::Service":
                r["Condition"] = "Stored"
        t["Outputs"] = {}
    return change


def disk(zone_of_volume, zone_of_instance=None, attach=True):
    """An EC2 host of the chain in the first private subnet, its data on a volume of its own."""
    def change(t):
        t["Parameters"] = {**t.get("Parameters", {}), "HostImage": {"Type": "AWS::EC2::Image::Id"}}
        host = {"ImageId": {"Ref": "HostImage"}, "InstanceType": "t3.large", "SubnetId": subnets(t, "private")[0],
                "SecurityGroupIds": [group(t, "NearSg")]}
        if zone_of_instance:
            host["AvailabilityZone"] = zone_of_instance
        if not attach:
            host["Volumes"] = [{"Device": "/dev/sdf", "VolumeId": {"Ref": "ChainDisk"}}]
        add(t, "ChainHost", "AWS::EC2::Instance", host)
        add(t, "ChainDisk", "AWS::EC2::Volume", {"AvailabilityZone": zone_of_volume, "Size": 100, "VolumeType": "gp3", "Encrypted": True},
            DeletionPolicy="Delete")
        if attach:
            add(t, "ChainDiskAttached", "AWS::EC2::VolumeAttachment", {"Device": "/dev/sdf", "InstanceId": {"Ref": "ChainHost"}, "VolumeId": {"Ref": "ChainDisk"}})
    return change


def backup_key(t, container):
    """A key of the right length for what public chains need besides, which the execution role may read."""
    store = next(s for s in container["Secrets"] if s["Name"] == "MPC_SECRET_STORE_KEY")
    name = next(n for n, _ in resources(t, "AWS::SecretsManager::Secret") if n in json.dumps(store))
    own = "Backup" + name
    t["Resources"][own] = clone(t["Resources"][name])
    t["Resources"][own]["Properties"]["GenerateSecretString"]["PasswordLength"] = 64
    container["Secrets"].append({"Name": "MPC_BACKUP_ENCRYPTION_KEY_HEX", "ValueFrom": json.loads(json.dumps(store["ValueFrom"]).replace(name, own))})
    for _, p in resources(t, "AWS::IAM::Policy"):
        for s in p["PolicyDocument"]["Statement"]:
            if isinstance(s["Resource"], list) and {"Ref": name} in s["Resource"]:
                s["Resource"].append({"Ref": own})


def chain(name):
    """The nodes follow a public chain: everything that names the chain says so."""
    suffix = {"testnet": "testnet", "mainnet": "near"}[name]

    def change(t):
        for i, c in enumerate(node_containers(t)):
            for e in c["Environment"]:
                if e["Name"] == "MPC_ENV":
                    e["Value"] = name
                elif e["Name"] in ("MPC_ACCOUNT_ID", "MPC_RESPONDER_ID"):
                    e["Value"] = f"mpc-{i}.operator.{suffix}"
                elif e["Name"] == "MPC_CONTRACT_ID":
                    e["Value"] = f"v1.signer-prod.{suffix}"
                elif e["Name"] == "NEAR_BOOT_NODES":
                    e["Value"] = f"ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@boot.{name}.example.org:24567"
                elif e["Name"] == "NEAR_RPC_URL":
                    e["Value"] = f"https://rpc.{name}.near.org"
            backup_key(t, c)
            c["Image"] = {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/mpc-node:%s-3.2.0" % name}
        for p in node_tasks(t):
            p.update(Cpu="8192", Memory="32768", EphemeralStorage={"SizeInGiB": 100})
        for r in t["Resources"].values():
            if r["Type"] == FILES:
                r["DeletionPolicy"] = r["UpdateReplacePolicy"] = "Retain"
    return change


def retained(policy, fixed=False):
    def change(t):
        for r in t["Resources"].values():
            if r["Type"] == FILES:
                r["DeletionPolicy"] = r["UpdateReplacePolicy"] = policy
    return change


def no_deletion_policy(t):
    for r in t["Resources"].values():
        if r["Type"] == FILES:
            del r["DeletionPolicy"], r["UpdateReplacePolicy"]


def conditional_files(t):
    """Made unless the id of one is given: the next stack can take it over."""
    name = name_of(t, FILES)
    t["Parameters"]["GivenFiles"] = {"Type": "String", "Default": ""}
    t.setdefault("Conditions", {})["MakesFiles"] = {"Fn::Equals": [{"Ref": "GivenFiles"}, ""]}
    t["Resources"][name]["Condition"] = "MakesFiles"


def elastic(t):
    for _, p in resources(t, FILES):
        p["ThroughputMode"] = "elastic"


def home(text):
    return each(node_containers, lambda c: [m.update(ContainerPath=text) for m in c["MountPoints"]])


def posix(owner, user, permissions):
    def change(t):
        for p in points(t):
            p["PosixUser"] = {"Uid": user, "Gid": user} if user else p.pop("PosixUser") and {}
            if not user:
                p.pop("PosixUser")
            p["RootDirectory"]["CreationInfo"] = {"OwnerUid": owner, "OwnerGid": owner, "Permissions": permissions}
    return change


def anonymous(t):
    """IAM off at the volumes while the policy gives nothing to strangers."""
    for v in volumes(t):
        v["AuthorizationConfig"].pop("IAM")


def policy(*statements):
    return lambda t: file_system(t).update(FileSystemPolicy={"Version": "2012-10-17", "Statement": list(statements)})


def task_rights(*actions):
    def change(t):
        for _, p in resources(t, "AWS::IAM::Policy"):
            for s in p["PolicyDocument"]["Statement"]:
                if "elasticfilesystem" in json.dumps(s["Action"]):
                    s["Action"] = list(actions)
    return change


def no_task_rights(t):
    drop(t, name_of(t, "AWS::IAM::Policy", "TaskRole"))


def key_of(value):
    return lambda t: file_system(t).update(KmsKeyId=value)


def dhcp(servers):
    def change(t):
        add(t, "NameServers", "AWS::EC2::DHCPOptions", {"DomainNameServers": servers})
        add(t, "NameServersOf", "AWS::EC2::VPCDHCPOptionsAssociation", {"VpcId": {"Ref": name_of(t, "AWS::EC2::VPC")}, "DhcpOptionsId": {"Ref": "NameServers"}})
    return change


def deployment(**values):
    return each(nodes, lambda s: s["DeploymentConfiguration"].update(values))


def target_subnets_elsewhere(t):
    """Mount targets in public subnets of the same zones: as good as in the private ones."""
    for p, s in zip(targets(t), subnets(t, "public")):
        p["SubnetId"] = s


def third_zone(t):
    """The services may use a third zone that has no mount target."""
    add(t, "ThirdSubnet", "AWS::EC2::Subnet", {"VpcId": first(t, "AWS::EC2::Subnet")["VpcId"], "CidrBlock": "10.0.9.0/24",
                                               "AvailabilityZone": {"Fn::Select": [2, {"Fn::GetAZs": ""}]}})
    add(t, "ThirdTable", "AWS::EC2::SubnetRouteTableAssociation", {
        "SubnetId": {"Ref": "ThirdSubnet"}, "RouteTableId": first(t, "AWS::EC2::SubnetRouteTableAssociation", "privateSubnet1")["RouteTableId"]})
    for s in nodes(t):
        network(s)["Subnets"].append({"Ref": "ThirdSubnet"})
    for r in depends(t):
        r["DependsOn"].append("ThirdTable")


def doubled_target(t):
    name = name_of(t, "AWS::EFS::MountTarget", "Subnet1")
    twin = clone(t["Resources"][name])
    twin["Properties"]["SubnetId"] = subnets(t, "publicSubnet1")[0]
    t["Resources"]["TwinTarget"] = twin


def conditional_mounts(t):
    t["Parameters"]["Mode"] = {"Type": "String"}
    t["Conditions"]["Persistent"] = {"Fn::Equals": [{"Ref": "Mode"}, "persistent"]}
    for c in node_containers(t):
        c["MountPoints"] = {"Fn::If": ["Persistent", c["MountPoints"], {"Ref": "AWS::NoValue"}]}


def renamed_volume(t):
    for p in node_tasks(t):
        p["Volumes"][0]["Name"] = "other"


def spelt(wrong, right):
    def change(t):
        for v in volumes(t):
            v[wrong] = v.pop(right)
    return change


def given_files(volume):
    """The file system is a parameter; volume: how the volumes name their directory (None: access points)."""
    def change(text):
        text = without("Disk", "TargetA", "TargetB", "DiskSg")(text)
        text = text.replace("    DependsOn: []\n", "").replace("!Ref Disk", "!Ref Files")
        text = text.replace("Parameters:\n", "Parameters:\n  Files: {Type: String}\n")
        for i in "12" if volume else "":
            text = text.replace("AuthorizationConfig: {AccessPointId: !Ref Home%s}" % i, volume.format(i=i))
        return text
    return change


def given_points(*ids):
    def change(text):
        for i, value in zip("12", ids):
            text = edit("!Ref Home" + i, value)(text)
        return without("Home1", "Home2")(text)
    return change


def zones(first_zone, second_zone):
    def change(text):
        text = edit("!Sub '${AWS::Region}a'", first_zone, "!Sub '${AWS::Region}b'", second_zone)(text)
        return text.replace("Parameters:\n", "Parameters:\n  ZoneA: {Type: String}\n  ZoneB: {Type: String}\n") if "Ref ZoneA" in text else text
    return change


def one_zone_by_hand(text):
    return then(without("TargetB"), edit("ThroughputMode: elastic", "AvailabilityZoneName: X, ThroughputMode: elastic", "[!Ref WebA, !Ref WebB]", "[!Ref WebA]"))(text)


def conditional_target(value):
    def change(t):
        t.setdefault("Conditions", {})["Stored"] = {"Fn::Equals": [value, "yes"]}
        t["Resources"][name_of(t, "AWS::EFS::MountTarget", "Subnet2")]["Condition"] = "Stored"
    return change


def move_files(count, rule=True):
    """The exporting template has the file system, `count` of two mount targets, and a group that lets the network in."""
    def change(t):
        add(t, "Files", FILES, {"Encrypted": True}, DeletionPolicy="Delete", UpdateReplacePolicy="Delete")
        add(t, "FilesGroup", "AWS::EC2::SecurityGroup", {"GroupDescription": "files", "VpcId": group_properties(t, "NearSg")["VpcId"],
                                                         "SecurityGroupIngress": [tcp(2049, cidr="10.0.0.0/16")] if rule else []})
        for i in range(count):
            add(t, f"FilesTarget{i}", "AWS::EFS::MountTarget", {"FileSystemId": {"Ref": "Files"}, "SubnetId": subnets(t, "private")[i], "SecurityGroups": [att("FilesGroup")]})
        t["Outputs"]["Files"] = {"Value": {"Ref": "Files"}, "Export": {"Name": "AWSNodeRunnerStack-Files"}}
        t["Outputs"]["FilesArn"] = {"Value": att("Files", "Arn"), "Export": {"Name": "AWSNodeRunnerStack-FilesArn"}}
    return change


MOUNT = "elasticfilesystem:ClientMount"
WRITE = "elasticfilesystem:ClientWrite"
ROOT = "elasticfilesystem:ClientRootAccess"
ANYONE = {"AWS": "*"}

CASES = [
    # D01
    fault("D01", "no TransitEncryption", STANDALONE, each(volumes, lambda v: v.pop("TransitEncryption"))),
    fault("D01", "TransitEncryption off", IMPORT, each(volumes, lambda v: v.update(TransitEncryption="DISABLED"))),
    fault("D01", "off with an access point only", STANDALONE, all_of(no_policy, each(volumes, lambda v: (v.pop("TransitEncryption"), v["AuthorizationConfig"].pop("IAM"))))),
    fault("D01", "by hand", PUBLIC, edit(", TransitEncryption: ENABLED", "")),
    benign("D01", "off with neither", STANDALONE, all_of(no_policy, lambda t: [(v.pop("TransitEncryption"), no_iam_no_point(v)) for v in volumes(t)[:1]],
           lambda t: [drop(t, n) for n in [n for n, _ in resources(t, "AWS::ECS::Service")][1:]], lambda t: t.update(Outputs={}))),

    # D02
    fault("D02", "both", STANDALONE, each(volumes, lambda v: v.update(RootDirectory="/node-0"))),
    fault("D02", "by hand", PRIVATE, edit("TransitEncryption: ENABLED", "TransitEncryption: ENABLED, RootDirectory: /mpc")),
    benign("D02", "a root directory of /", STANDALONE, each(volumes, lambda v: v.update(RootDirectory="/"))),

    # D03
    fault("D03", "directory of a new file system", STANDALONE, roots("/node"), also=["D14"]),
    fault("D03", "by hand", SEALED, edit("AuthorizationConfig: {AccessPointId: !Ref Home1, IAM: ENABLED}", "RootDirectory: /mpc/1",
                                         "AuthorizationConfig: {AccessPointId: !Ref Home2, IAM: ENABLED}", "RootDirectory: /mpc/2")),

    # D04
    fault("D04", "no CreationInfo", STANDALONE, each(points, lambda p: p["RootDirectory"].pop("CreationInfo"))),
    fault("D04", "on one of them", COMPOSED, lambda t: points(t)[1]["RootDirectory"].pop("CreationInfo")),
    fault("D04", "by hand", PUBLIC, edit(", CreationInfo: {OwnerUid: '0', OwnerGid: '0', Permissions: '0750'}", "")),
    fault("D04", "five levels", STANDALONE, each(points, lambda p: p["RootDirectory"].update(Path="/a/b/c/d" + p["RootDirectory"]["Path"]))),
    benign("D04", "four levels", STANDALONE, each(points, lambda p: p["RootDirectory"].update(Path="/a/b/c" + p["RootDirectory"]["Path"]))),

    # D05
    fault("D05", "root owns, user 1000 writes", STANDALONE, posix("0", "1000", "755")),
    fault("D05", "no write bit", STANDALONE, posix("1000", "1000", "555")),
    fault("D05", "another user in another group", STANDALONE, posix("1001", "1000", "0750")),
    fault("D05", "by hand", PRIVATE, edit("PosixUser: {Uid: '0', Gid: '0'}", "PosixUser: {Uid: '999', Gid: '999'}")),
    benign("D05", "all may write", STANDALONE, posix("0", "1000", "777")),
    benign("D05", "the group may write", STANDALONE, lambda t: [p.update(PosixUser={"Uid": "1000", "Gid": "500"}) or p["RootDirectory"].update(
        CreationInfo={"OwnerUid": "0", "OwnerGid": "500", "Permissions": "0775"}) for p in points(t)]),
    benign("D05", "by a secondary group", STANDALONE, lambda t: [p.update(PosixUser={"Uid": "1000", "Gid": "1000", "SecondaryGids": ["500"]}) or p["RootDirectory"].update(
        CreationInfo={"OwnerUid": "0", "OwnerGid": "500", "Permissions": "0770"}) for p in points(t)]),
    benign("D05", "numbers in place of texts", STANDALONE, lambda t: [p.update(PosixUser={"Uid": 1000, "Gid": 1000}) for p in points(t)]),

    # D06
    fault("D06", "no target in the second zone", STANDALONE, without_target("Subnet2")),
    fault("D06", "no target in the first zone", COMPOSED, without_target("Subnet1")),
    fault("D06", "no target at all", STANDALONE, all_targets_gone),
    fault("D06", "in one zone of the imported network", IMPORT, lambda t: drop(t, resources(t, "AWS::EFS::MountTarget")[1][0])),
    fault("D06", "the services use a third zone", STANDALONE, third_zone),
    fault("D06", "targets of another file system", STANDALONE, all_of(other_files, each(targets, lambda p: p.update(FileSystemId={"Ref": "OtherFiles"})))),
    fault("D06", "by hand", PUBLIC, without("TargetB")),
    fault("D06", "by hand: private", PRIVATE, without("TargetA")),
    fault("D06", "by hand: sealed", SEALED, without("TargetA", "TargetB")),
    benign("D06", "targets in other subnets of the zones", STANDALONE, target_subnets_elsewhere),
    benign("D06", "service in one zone with its one target", STANDALONE, one_zone_service),
    benign("D06", "condition shared by services and targets", STANDALONE, conditional_targets("yes")),
    benign("D06", "a target in a zone nobody uses", STANDALONE, lambda t: [network(s).update(Subnets=subnets(t, "private")[:1]) for s in nodes(t)]),

    # D07
    fault("D07", "no dependency", STANDALONE, independent("MountTarget"), verdict="WARN"),
    fault("D07", "on one of two", STANDALONE, independent("MountTargetprivateSubnet2"), verdict="WARN"),
    fault("D07", "by hand", PUBLIC, edit("[TargetA, TargetB, Out, WebARoutes, WebBRoutes]", "[Out, WebARoutes, WebBRoutes]"), verdict="WARN"),
    benign("D07", "by hand: over the task definition", PUBLIC, then(edit("[TargetA, TargetB, Out, WebARoutes, WebBRoutes]", "[Out, WebARoutes, WebBRoutes]"),
           edit("    Type: AWS::ECS::TaskDefinition\n", "    Type: AWS::ECS::TaskDefinition\n    DependsOn: [TargetA, TargetB]\n"))),

    # D08
    fault("D08", "host names off", STANDALONE, lambda t: vpc(t).pop("EnableDnsHostnames"), also=["C09"]),
    fault("D08", "support off", STANDALONE, lambda t: vpc(t).update(EnableDnsSupport=False)),
    fault("D08", "off as texts", STANDALONE, lambda t: vpc(t).update(EnableDnsHostnames="false")),
    fault("D08", "in the exporting template", RUNNER, lambda t: vpc(t).update(EnableDnsHostnames=False)),
    fault("D08", "other name servers", STANDALONE, dhcp(["10.0.0.53"]), verdict="WARN", also=["I15"]),
    fault("D08", "by hand", PUBLIC, edit(", EnableDnsHostnames: true", "")),
    benign("D08", "support not said", STANDALONE, lambda t: vpc(t).pop("EnableDnsSupport")),
    benign("D08", "Amazon's name servers said", STANDALONE, dhcp(["AmazonProvidedDNS"])),

    # D09
    fault("D09", "IAM off", STANDALONE, anonymous),
    fault("D09", "no rights at the task role", STANDALONE, no_task_rights, also=["E01", "D10"]),
    fault("D09", "no ClientMount anywhere", STANDALONE, task_rights(WRITE), also=["E01"]),
    fault("D09", "policy for another role", STANDALONE, all_of(task_rights(WRITE), policy({"Effect": "Allow", "Principal": {"AWS": att("MpcExecutionRole2A2A8F34", "Arn")}, "Action": [MOUNT, WRITE]})), also=["E01"]),
    fault("D09", "by hand", PRIVATE, within("Disk", "!GetAtt Runner.Arn", "!GetAtt Starter.Arn")),
    benign("D09", "no policy, no rights", STANDALONE, all_of(no_policy, no_task_rights)),
    benign("D09", "the policy gives everybody all", STANDALONE, all_of(no_task_rights, policy({"Effect": "Allow", "Principal": ANYONE, "Action": "elasticfilesystem:Client*"}))),

    # D10
    fault("D10", "only ClientMount", STANDALONE, all_of(task_rights(MOUNT), policy({"Effect": "Allow", "Principal": ANYONE, "Action": [MOUNT]}))),
    fault("D10", "by hand", PRIVATE, within("Disk", "'elasticfilesystem:ClientWrite', ", "")),
    benign("D10", "writing by the policy", STANDALONE, all_of(task_rights(MOUNT), policy({"Effect": "Allow", "Principal": ANYONE, "Action": [WRITE]}))),

    # D11
    fault("D11", "no task role", STANDALONE, each(node_tasks, lambda p: p.pop("TaskRoleArn"))),
    fault("D11", "by hand", PRIVATE, edit("      TaskRoleArn: !GetAtt Runner.Arn\n", "")),
    benign("D11", "by hand: no task role, IAM off", PUBLIC, then(edit("      TaskRoleArn: !GetAtt Runner.Arn\n", ""), without("Runner"))),

    # D12
    fault("D12", "access points of another file system", STANDALONE, all_of(other_files, each(points, lambda p: p.update(FileSystemId={"Ref": "OtherFiles"})))),
    fault("D12", "one access point", COMPOSED, all_of(other_files, lambda t: points(t)[2].update(FileSystemId={"Ref": "OtherFiles"}))),
    fault("D12", "by hand", PUBLIC, then(within("Home2", "!Ref Disk", "!Ref Else"), plus("\n  Else: {Type: AWS::EFS::FileSystem, Properties: {Encrypted: true}}\n"))),
    benign("D12", "a file system for each node", "benign/efs-per-node.json"),

    # D13
    fault("D13", "volume renamed", STANDALONE, renamed_volume),
    benign("D13", "mount points by a condition that is not known", STANDALONE, conditional_mounts),
    fault("D13", "no mount point", STANDALONE, each(node_containers, lambda c: c.pop("MountPoints")), also=["A06", "D25"]),
    fault("D13", "mount point renamed", PRIVATE, edit("SourceVolume: home", "SourceVolume: house")),
    fault("D13", "by hand: not mounted", PUBLIC, edit("          MountPoints: [{SourceVolume: home, ContainerPath: /data}]\n", ""), also=["A06", "D25"]),

    # D14
    fault("D14", "one access point for two", STANDALONE, lambda t: volumes(t)[1]["AuthorizationConfig"].update(AccessPointId=volumes(t)[0]["AuthorizationConfig"]["AccessPointId"]), also=["E12"]),
    fault("D14", "two access points with one path", STANDALONE, each(points, lambda p: p["RootDirectory"].update(Path="/node"))),
    fault("D14", "one path within another", STANDALONE, lambda t: points(t)[1]["RootDirectory"].update(Path="/node-0/more")),
    fault("D14", "no access points, root for all", STANDALONE, all_of(no_policy, each(volumes, no_iam_no_point))),
    fault("D14", "two tasks of one service", STANDALONE, lambda t: nodes(t)[0].update(DesiredCount=2), also=["A12"]),
    fault("D14", "by hand", PUBLIC, edit("!Ref Home2", "!Ref Home1")),
    fault("D14", "by hand: one path", SEALED, edit("Path: /mpc/2", "Path: /mpc/1")),
    benign("D14", "paths with a common beginning", STANDALONE, lambda t: points(t)[1]["RootDirectory"].update(Path="/node-0b")),

    # D15
    fault("D15", "no DeploymentConfiguration", STANDALONE, each(nodes, lambda s: s["DeploymentConfiguration"].pop("MaximumPercent") and s["DeploymentConfiguration"].pop("MinimumHealthyPercent")), verdict="WARN"),
    fault("D15", "200 and 100", STANDALONE, deployment(MaximumPercent=200, MinimumHealthyPercent=100), verdict="WARN"),
    fault("D15", "200 and 0", STANDALONE, deployment(MaximumPercent=200), verdict="WARN"),
    fault("D15", "by hand", PUBLIC, edit("        MaximumPercent: 100\n", ""), verdict="WARN"),

    # D18, D24, D26
    fault("D18", "no Retain on a public chain", STANDALONE, all_of(chain("mainnet"), elastic, retained("Delete")), verdict="WARN"),
    benign("D18", "mainnet with Retain", STANDALONE, all_of(chain("mainnet"), elastic)),
    fault("D18", "Retain on a local chain", STANDALONE, retained("Retain"), verdict="WARN"),
    fault("D18", "no policy at all on testnet", STANDALONE, all_of(chain("testnet"), elastic, no_deletion_policy), verdict="WARN"),
    benign("D18", "local chain without Retain", STANDALONE, retained("Delete")),
    benign("D18", "Retain of a file system that can be given", STANDALONE, all_of(retained("Retain"), conditional_files)),
    fault("D24", "bursting on testnet", STANDALONE, chain("testnet"), verdict="WARN"),
    fault("D24", "bursting on mainnet, said", STANDALONE, all_of(chain("mainnet"), lambda t: file_system(t).update(ThroughputMode="bursting")), verdict="WARN"),
    benign("D24", "elastic on testnet", STANDALONE, all_of(chain("testnet"), elastic)),
    benign("D24", "provisioned on testnet", STANDALONE, all_of(chain("testnet"), lambda t: file_system(t).update(ThroughputMode="provisioned", ProvisionedThroughputInMibps=64))),
    benign("D24", "bursting on a local chain", STANDALONE, lambda t: file_system(t).update(ThroughputMode="bursting")),
    fault("D26", "volume in the second zone", RUNNER, disk(SECOND_ZONE)),
    fault("D26", "volume in the second zone, attached by the instance", RUNNER, disk(SECOND_ZONE, attach=False)),
    fault("D26", "zones by name", RUNNER, all_of(disk("eu-central-1b"), lambda t: first(t, "AWS::EC2::Subnet", "privateSubnet1").update(AvailabilityZone="eu-central-1a"))),
    benign("D26", "volume in the instance's zone", RUNNER, disk(FIRST_ZONE)),
    benign("D26", "volume in the zone of the instance itself", RUNNER, disk(att("ChainHost", "AvailabilityZone"))),
    benign("D26", "volume in the zone of the subnet itself", RUNNER, lambda t: disk(att(name_of(t, "AWS::EC2::Subnet", "privateSubnet1"), "AvailabilityZone"))(t)),
    fault("D26", "volume in the zone of the other subnet", RUNNER, lambda t: disk(att(name_of(t, "AWS::EC2::Subnet", "privateSubnet2"), "AvailabilityZone"))(t)),

    # D19, D20
    fault("D19", "home read-only", STANDALONE, each(node_containers, lambda c: c["MountPoints"][0].update(ReadOnly=True))),
    fault("D19", "as a text", STANDALONE, each(node_containers, lambda c: c["MountPoints"][0].update(ReadOnly="true"))),
    fault("D19", "by hand", PUBLIC, edit("ContainerPath: /data}", "ContainerPath: /data, ReadOnly: true}")),
    fault("D20", "root file system read-only", STANDALONE, each(node_containers, lambda c: c.update(ReadonlyRootFilesystem=True)), verdict="WARN"),
    fault("D20", "by hand", PRIVATE, edit("          StopTimeout: 120\n", "          StopTimeout: 120\n          ReadonlyRootFilesystem: true\n"), verdict="WARN"),
    benign("D20", "said to be off", STANDALONE, each(node_containers, lambda c: c.update(ReadonlyRootFilesystem=False))),

    # D21, D22
    fault("D21", "One Zone, two zones", STANDALONE, one_zone_files(FIRST_ZONE)),
    fault("D21", "One Zone in another zone", STANDALONE, all_of(one_zone_files(SECOND_ZONE), one_zone_service)),
    fault("D21", "by hand", PUBLIC, within("Disk", "ThroughputMode: elastic", "ThroughputMode: elastic, AvailabilityZoneName: !Sub '${AWS::Region}a'")),
    benign("D21", "One Zone, one zone", STANDALONE, all_of(one_zone_files(FIRST_ZONE), one_zone_service)),
    fault("D22", "two targets in one zone", STANDALONE, doubled_target),
    fault("D22", "two private subnets in one zone", STANDALONE, same_zone),
    fault("D22", "two targets in one subnet", STANDALONE, lambda t: targets(t)[1].update(SubnetId=targets(t)[0]["SubnetId"]), also=["D06"]),
    fault("D22", "by hand", PUBLIC, within("WebB", "${AWS::Region}b", "${AWS::Region}a")),

    # D23
    fault("D23", "fileSystemId", STANDALONE, spelt("fileSystemId", "FilesystemId")),
    fault("D23", "FileSystemId", STANDALONE, spelt("FileSystemId", "FilesystemId")),
    fault("D23", "EfsVolumeConfiguration", STANDALONE, each(node_tasks, lambda p: [v.update(EfsVolumeConfiguration=v.pop("EFSVolumeConfiguration")) for v in p["Volumes"]])),
    fault("D23", "by hand: Iam", PRIVATE, edit("IAM: ENABLED", "Iam: ENABLED")),

    # D25
    fault("D25", "no volume at all", STANDALONE, lambda t: ([p.pop("Volumes") for p in node_tasks(t)], [c.pop("MountPoints") for c in node_containers(t)]), also=["A06"]),
    fault("D25", "too little scratch", STANDALONE, each(node_tasks, lambda p: p.update(EphemeralStorage={"SizeInGiB": 20}))),
    fault("D25", "too much scratch", STANDALONE, each(node_tasks, lambda p: p.update(EphemeralStorage={"SizeInGiB": 201}))),
    fault("D25", "by hand: volume of the task", PUBLIC, lambda text: re.sub(r"EFSVolumeConfiguration: \{.*\}\n", "Host: {}\n", text), also=["A06"]),
    benign("D25", "200 GiB of scratch", STANDALONE, each(node_tasks, lambda p: p.update(EphemeralStorage={"SizeInGiB": 200}))),

    # D28
    benign("D28", "a key outside", STANDALONE, key_of("arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"), "UNKNOWN"),
    benign("D28", "a key of the template", STANDALONE, lambda t: (add(t, "FilesKey", "AWS::KMS::Key", {"KeyPolicy": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}, "Action": "kms:*", "Resource": "*"}]}}), key_of(att("FilesKey", "Arn"))(t))),
    fault("D28", "a key that is switched off", STANDALONE, lambda t: (add(t, "FilesKey", "AWS::KMS::Key", {"Enabled": False, "KeyPolicy": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}, "Action": "kms:*", "Resource": "*"}]}}), key_of(att("FilesKey", "Arn"))(t))),

    # D29
    fault("D29", "not said", STANDALONE, each(nodes, lambda s: s.pop("AvailabilityZoneRebalancing")), verdict="WARN"),
    fault("D29", "on, with room for two tasks", STANDALONE, each(nodes, lambda s: (s.update(AvailabilityZoneRebalancing="ENABLED"), s["DeploymentConfiguration"].update(MaximumPercent=200))), verdict="WARN", also=["D15"]),
    fault("D29", "on, with MaximumPercent 100", STANDALONE, each(nodes, lambda s: s.update(AvailabilityZoneRebalancing="ENABLED"))),
    fault("D29", "by hand", PRIVATE, edit("      AvailabilityZoneRebalancing: DISABLED\n", ""), verdict="WARN"),

    # more ways, with networks and file systems that are given or wired differently
    fault("D01", "given network", GIVEN, edit(", TransitEncryption: ENABLED", ""), params=GIVEN_IDS),
    fault("D01", "by a parameter's default", GIVEN, then(edit("TransitEncryption: ENABLED", "TransitEncryption: !Ref Secure"), edit("Parameters:\n", "Parameters:\n  Secure: {Type: String, Default: DISABLED}\n"))),
    benign("D01", "by a parameter without a value", GIVEN, then(edit("TransitEncryption: ENABLED", "TransitEncryption: !Ref Secure"), edit("Parameters:\n", "Parameters:\n  Secure: {Type: String}\n")), "UNKNOWN"),
    benign("D03", "directory of a file system outside", GIVEN, given_files("RootDirectory: /mpc/{i}"), "UNKNOWN", params={**GIVEN_IDS, "Files": "fs-0123456789abcdef0"}),
    benign("D04", "directory of a file system outside", GIVEN, then(given_files(None), edit(", CreationInfo: {OwnerUid: '0', OwnerGid: '0', Permissions: '0750'}", "")), "UNKNOWN", params={**GIVEN_IDS, "Files": "fs-0123456789abcdef0"}),
    benign("D06", "file system by parameter", GIVEN, given_files(None), "UNKNOWN", params={**GIVEN_IDS, "Files": "fs-0123456789abcdef0"}),
    benign("D06", "network by parameters without ids", GIVEN, None, "UNKNOWN"),
    benign("D06", "zones by parameters", PUBLIC, zones("!Ref ZoneA", "!Ref ZoneB")),
    benign("D06", "zones by parameters with values", PUBLIC, zones("!Ref ZoneA", "!Ref ZoneB"), params={"ZoneA": "eu-central-1a", "ZoneB": "eu-central-1b"}),
    benign("D06", "zones out of a list", PUBLIC, zones("!Select [0, [eu-central-1a, eu-central-1b]]", "!Select [1, [eu-central-1a, eu-central-1b]]")),
    benign("D06", "zones not said", PUBLIC, edit("AvailabilityZone: !Sub '${AWS::Region}a', ", "", "AvailabilityZone: !Sub '${AWS::Region}b', ", "")),
    benign("D06", "targets in other subnets, zones written in two ways", PUBLIC, then(edit("SubnetId: !Ref WebB, SecurityGroups", "SubnetId: !Ref StoreB, SecurityGroups"), plus("""
  StoreB: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Net, AvailabilityZone: !Select [1, !GetAZs ''], CidrBlock: 10.42.3.0/24}}
""")), "UNKNOWN"),
    fault("D06", "targets in another zone, by name", PUBLIC, then(edit("SubnetId: !Ref WebB, SecurityGroups", "SubnetId: !Ref StoreC, SecurityGroups"), plus("""
  StoreC: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Net, AvailabilityZone: !Sub '${AWS::Region}c', CidrBlock: 10.42.3.0/24}}
"""))),
    benign("D06", "given network: one target, zones not known", GIVEN, without("TargetB"), "UNKNOWN", params=GIVEN_IDS),
    fault("D06", "given network: no target", GIVEN, without("TargetA", "TargetB"), params=GIVEN_IDS),
    fault("D06", "the targets' condition is false", STANDALONE, conditional_target("no"), also=["G31"]),
    benign("D06", "the targets' condition is true", STANDALONE, conditional_target("yes")),
    fault("D06", "file system of the exporting template, one target missing", RUNNER_FILES, move_files(1)),
    benign("D06", "file system of the exporting template", RUNNER_FILES, move_files(2)),
    fault("C01", "file system of the exporting template, no rule", RUNNER_FILES, move_files(2, rule=False)),
    fault("D22", "given network: two targets in one subnet", GIVEN, edit("!Select [1, !Ref Subnets]", "!Select [0, !Ref Subnets]"), also=["D06"], params=GIVEN_IDS),
    fault("D07", "given network", GIVEN, edit("    DependsOn: [TargetA, TargetB]\n", ""), verdict="WARN", params=GIVEN_IDS),
    fault("D07", "one service of many", PRIVATE, within("Service2", "TargetA, TargetB, ", ""), verdict="WARN"),
    fault("D08", "by a parameter's default", PUBLIC, then(edit("EnableDnsHostnames: true", "EnableDnsHostnames: !Ref Names"), edit("Parameters:\n", "Parameters:\n  Names: {Type: String, Default: 'false', AllowedValues: ['true', 'false']}\n"))),
    benign("D08", "by a parameter", PUBLIC, then(edit("EnableDnsHostnames: true", "EnableDnsHostnames: !Ref Names"), edit("Parameters:\n", "Parameters:\n  Names: {Type: String, Default: 'false', AllowedValues: ['true', 'false']}\n")), params={"Names": "true"}),
    fault("D05", "root without the right to be root", PRIVATE, within("Disk", ", 'elasticfilesystem:ClientRootAccess'", "")),
    benign("D05", "a directory for all, root without the right", PRIVATE, then(within("Disk", ", 'elasticfilesystem:ClientRootAccess'", ""), edit("Permissions: '0750'", "Permissions: '0777'"))),
    fault("D05", "mode without quotes", PRIVATE, edit("PosixUser: {Uid: '0', Gid: '0'}", "PosixUser: {Uid: 1000, Gid: 1000}", "Permissions: '0750'", "Permissions: 750")),
    benign("D05", "no PosixUser, the container is root", STANDALONE, each(points, lambda p: p.pop("PosixUser"))),
    fault("D05", "no PosixUser, root without the right to be root", STANDALONE, all_of(each(points, lambda p: p.pop("PosixUser")), policy({"Effect": "Allow", "Principal": ANYONE, "Action": [MOUNT, WRITE]}))),
    fault("D05", "no PosixUser, another user in the container", STANDALONE, all_of(each(points, lambda p: p.pop("PosixUser")), each(node_containers, lambda k: k.update(User="2000:2000")))),
    benign("D05", "no PosixUser, the owner in the container", STANDALONE, all_of(each(points, lambda p: p.pop("PosixUser")), each(node_containers, lambda k: k.update(User="1000")))),
    fault("D05", "the owner's bits count for the owner", STANDALONE, each(points, lambda p: p["RootDirectory"]["CreationInfo"].update(Permissions="0577"))),
    fault("D05", "root of a new file system", "benign/efs-per-node.json", each(points, lambda p: p.pop("RootDirectory"))),
    fault("D05", "root of a new file system, by its path", "benign/efs-per-node.json", each(points, lambda p: p.update(RootDirectory={"Path": "/"}))),
    benign("D05", "root of a new file system, as root", "benign/efs-per-node.json", each(points, lambda p: (p.pop("RootDirectory"), p.update(PosixUser={"Uid": "0", "Gid": "0"})))),
    fault("D05", "root of a new file system without an access point", "benign/efs-per-node.json", all_of(each(node_tasks, lambda p: p["Volumes"][0]["EFSVolumeConfiguration"]["AuthorizationConfig"].pop("AccessPointId")), each(node_containers, lambda k: k.update(User="1000")))),
    fault("D02", "a directory with the stack's name", STANDALONE, each(node_tasks, lambda p: p["Volumes"][0]["EFSVolumeConfiguration"].update(RootDirectory={"Fn::Sub": "/${AWS::StackName}"}))),
    benign("D02", "a directory by a parameter without a value", GIVEN, then(edit("TransitEncryption: ENABLED", "TransitEncryption: ENABLED, RootDirectory: !Ref Start"), edit("Parameters:\n", "Parameters:\n  Start: {Type: String}\n")), "UNKNOWN"),
    fault("D04", "CreationInfo without Permissions", STANDALONE, each(points, lambda p: p["RootDirectory"]["CreationInfo"].pop("Permissions"))),
    fault("D11", "an empty role by a parameter's default", STANDALONE, all_of(lambda t: t["Parameters"].update(Role={"Type": "String", "Default": ""}), each(node_tasks, lambda p: p.update(TaskRoleArn={"Ref": "Role"})))),
    fault("D14", "one path with the stack's name", STANDALONE, each(points, lambda p: p["RootDirectory"].update(Path={"Fn::Sub": "/${AWS::StackName}"}))),
    benign("D14", "paths with the stack's name", STANDALONE, lambda t: [p["RootDirectory"].update(Path={"Fn::Sub": "/${AWS::StackName}-%d" % i}) for i, p in enumerate(points(t))]),
    benign("D21", "One Zone, the index as text", PUBLIC, then(one_zone_by_hand, edit("AvailabilityZoneName: X", "AvailabilityZoneName: !Select ['0', !GetAZs '']", "AvailabilityZone: !Sub '${AWS::Region}a'", "AvailabilityZone: !Select [0, {'Fn::GetAZs': !Ref 'AWS::Region'}]"))),
    fault("D23", "transitEncryption", STANDALONE, spelt("transitEncryption", "TransitEncryption")),
    benign("D09", "the account's root in the policy, rights at the role", STANDALONE, policy({"Effect": "Allow", "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}, "Action": "elasticfilesystem:*"})),
    benign("D09", "only over TLS", STANDALONE, policy({"Effect": "Allow", "Principal": ANYONE, "Action": [MOUNT, WRITE], "Condition": {"Bool": {"aws:SecureTransport": "true"}}})),
    fault("D09", "only without TLS, says the policy, and no rights at the role", STANDALONE, all_of(
        lambda t: [p["PolicyDocument"].update(Statement=[s for s in p["PolicyDocument"]["Statement"] if MOUNT not in s["Action"]] or [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]) for _, p in resources(t, "AWS::IAM::Policy")],
        policy({"Effect": "Allow", "Principal": ANYONE, "Action": [MOUNT, WRITE], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}))),
    benign("D09", "denied without TLS", STANDALONE, policy({"Effect": "Deny", "Principal": ANYONE, "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})),
    benign("D09", "anonymous, the policy lets all in", STANDALONE, all_of(anonymous, policy({"Effect": "Allow", "Principal": ANYONE, "Action": [MOUNT, WRITE, ROOT]}))),
    fault("D09", "anonymous, the policy lets roles in", STANDALONE, all_of(anonymous, policy({"Effect": "Allow", "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}, "Action": "elasticfilesystem:*"}))),
    fault("D09", "rights on another file system", STANDALONE, all_of(other_files, lambda t: [s.update(Resource=att("OtherFiles", "Arn")) for _, p in resources(t, "AWS::IAM::Policy") for s in p["PolicyDocument"]["Statement"] if MOUNT in s["Action"]]), also=["E01", "E12"]),
    fault("D10", "rights to mount only, sealed", SEALED, then(edit("['elasticfilesystem:Client*']", "['elasticfilesystem:ClientMount']"), within("Disk", "Encrypted: true", "Encrypted: true, FileSystemPolicy: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: '*'}, Action: 'elasticfilesystem:ClientRootAccess'}]}"))),
    fault("D12", "an access point that is given, of another file system in the template", PUBLIC, then(within("Home1", "!Ref Disk", "!GetAtt Else.FileSystemId"), plus("\n  Else: {Type: AWS::EFS::FileSystem, Properties: {Encrypted: true}}\n"))),
    benign("D12", "FileSystemId by GetAtt", PUBLIC, edit("FilesystemId: !Ref Disk", "FilesystemId: !GetAtt Disk.FileSystemId")),
    benign("D13", "a sidecar with a mount of its own", STANDALONE, each(node_tasks, lambda p: (p["Volumes"].append({"Name": "scratch"}), p["ContainerDefinitions"].append(
        {"Name": "side", "Image": p["ContainerDefinitions"][0]["Image"], "Essential": False, "MountPoints": [{"SourceVolume": "scratch", "ContainerPath": "/tmp/side", "ReadOnly": True}]})))),
    benign("D14", "one path on a file system each", "benign/efs-per-node.json", each(points, lambda p: p["RootDirectory"].update(Path="/node"))),
    fault("D14", "one task definition for two services", PUBLIC, within("Service2", "!Ref Task2", "!Ref Task1"), also=["A12", "I01"]),
    fault("D14", "without access points, nested directories", SEALED, then(edit("AuthorizationConfig: {AccessPointId: !Ref Home1, IAM: ENABLED}", "RootDirectory: /", "AuthorizationConfig: {AccessPointId: !Ref Home2, IAM: ENABLED}", "RootDirectory: /")), also=["D03"]),
    fault("D15", "no DeploymentConfiguration at all", PUBLIC, edit("""      DeploymentConfiguration:
        MinimumHealthyPercent: 0
        MaximumPercent: 100
        DeploymentCircuitBreaker: {Enable: true, Rollback: false}
""", ""), verdict="WARN", also=["G02"]),
    benign("D15", "percentages as texts", PUBLIC, edit("MinimumHealthyPercent: 0", "MinimumHealthyPercent: '0'", "MaximumPercent: 100", "MaximumPercent: '100'")),
    benign("D15", "percentages by parameters", PUBLIC, then(edit("MaximumPercent: 100", "MaximumPercent: !Ref Most"), edit("Parameters:\n", "Parameters:\n  Most: {Type: Number, Default: 100}\n"))),
    fault("D15", "percentages by parameters", PUBLIC, then(edit("MaximumPercent: 100", "MaximumPercent: !Ref Most"), edit("Parameters:\n", "Parameters:\n  Most: {Type: Number, Default: 200}\n")), verdict="WARN"),
    fault("D19", "by a parameter's default", PUBLIC, then(edit("ContainerPath: /data}", "ContainerPath: /data, ReadOnly: !Ref Fixed}"), edit("Parameters:\n", "Parameters:\n  Fixed: {Type: String, Default: 'true'}\n"))),
    benign("D19", "another directory is read-only", STANDALONE, each(node_tasks, lambda p: (p["Volumes"].append({"Name": "scratch"}), p["ContainerDefinitions"][0]["MountPoints"].append({"SourceVolume": "scratch", "ContainerPath": "/etc/mpc", "ReadOnly": True})))),
    benign("D21", "One Zone by a parameter", PUBLIC, then(one_zone_by_hand, edit("AvailabilityZoneName: X", "AvailabilityZoneName: !Ref ZoneA", "AvailabilityZone: !Sub '${AWS::Region}a'", "AvailabilityZone: !Ref ZoneA"), edit("Parameters:\n", "Parameters:\n  ZoneA: {Type: 'AWS::EC2::AvailabilityZone::Name'}\n"))),
    benign("D21", "One Zone by hand", PUBLIC, then(one_zone_by_hand, edit("AvailabilityZoneName: X", "AvailabilityZoneName: !GetAtt WebA.AvailabilityZone"))),
    fault("D21", "One Zone by hand, another zone", PUBLIC, then(one_zone_by_hand, edit("AvailabilityZoneName: X", "AvailabilityZoneName: !GetAtt WebB.AvailabilityZone"))),
    fault("D21", "One Zone, the service may use another", PUBLIC, then(edit("ThroughputMode: elastic", "AvailabilityZoneName: !Sub '${AWS::Region}a', ThroughputMode: elastic"), without("TargetB")), also=["D06"]),
    fault("D23", "property of the access point", PUBLIC, edit("AccessPointId:", "AccessPointID:")),
    fault("D25", "no volume, by hand", PRIVATE, lambda text: re.sub(r"      Volumes:\n.*\n.*EFSVolume.*\n", "", text.replace("          MountPoints: [{SourceVolume: home, ContainerPath: /data}]\n", "")), also=["A06"]),
    benign("D28", "the key of AWS", STANDALONE, key_of("alias/aws/elasticfilesystem")),
    fault("D29", "by a parameter's default", PUBLIC, then(edit("AvailabilityZoneRebalancing: DISABLED", "AvailabilityZoneRebalancing: !Ref Moves"), edit("Parameters:\n", "Parameters:\n  Moves: {Type: String, Default: ENABLED}\n"))),
    benign("D29", "by a parameter", PUBLIC, then(edit("AvailabilityZoneRebalancing: DISABLED", "AvailabilityZoneRebalancing: !Ref Moves"), edit("Parameters:\n", "Parameters:\n  Moves: {Type: String, Default: ENABLED}\n")), params={"Moves": "DISABLED"}),

    fault("D14", "one given access point for two", GIVEN, then(given_files(None), given_points("fsap-0123456789abcdef0", "fsap-0123456789abcdef0")), params={**GIVEN_IDS, "Files": "fs-0123456789abcdef0"}),
    fault("D14", "one parameter for two", GIVEN, then(given_files(None), given_points("!Ref Files", "!Ref Files")), params=GIVEN_IDS),
    benign("D14", "two given access points", GIVEN, then(given_files(None), given_points("fsap-0123456789abcdef0", "fsap-0fedcba9876543210")), "NONE", params={**GIVEN_IDS, "Files": "fs-0123456789abcdef0"}),
    fault("D12", "an access point of another given file system", GIVEN, then(given_files(None), within("Home2", "!Ref Files", "fs-0fedcba9876543210")), params={**GIVEN_IDS, "Files": "fs-0123456789abcdef0"}),
]
