from rights import *

ARM = {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"}
DIGEST = "public.ecr.aws/near/mpc-node@sha256:" + "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
LOG = ["LogConfiguration"]
OPTION = ["LogConfiguration", "Options"]


def size(cpu, memory):
    return together(set_each(["Cpu"], cpu, nodes), set_each(["Memory"], memory, nodes))


def helper(condition, essential=False, name="seed", **more):
    """Every node waits for a helper container under `condition`."""
    def change(t):
        for p in nodes(t):
            node = next(c for c in p["ContainerDefinitions"] if any(e["Name"] == "MPC_ACCOUNT_ID" for e in c.get("Environment", [])))
            p["ContainerDefinitions"].append({"Name": name, "Image": "public.ecr.aws/docker/library/busybox:1.36", "Essential": essential,
                                              "Command": ["sh", "-c", "true"], **clone(more)})
            node.setdefault("DependsOn", []).append({"ContainerName": name, "Condition": condition})
    return change


def group_by_name(name, waits=False):
    """The awslogs group of every node is a literal name."""
    return set_each([*OPTION, "awslogs-group"], name)


def literal_group(t):
    """Log groups with literal names; nothing says which comes first."""
    for i, c in enumerate(containers(t)):
        t["Resources"][c["LogConfiguration"]["Options"]["awslogs-group"]["Ref"]]["Properties"]["LogGroupName"] = f"/mpc/{i}"
        c["LogConfiguration"]["Options"]["awslogs-group"] = f"/mpc/{i}"


def literal_group_awaited(t):
    groups = [c["LogConfiguration"]["Options"]["awslogs-group"]["Ref"] for c in containers(t)]
    literal_group(t)
    for g in groups:
        wait_for(g)(t)


def own_repository(t):
    t["Resources"]["Images"] = {"Type": "AWS::ECR::Repository", "Properties": {}}
    for c in containers(t):
        c["Image"] = sub("${Images.RepositoryUri}:3.2.0")


def stopped(t):
    for s in services(t):
        s["DesiredCount"] = 0


def pushed(t):
    """The repository is filled by a custom resource that the services wait for."""
    own_repository(t)
    custom(t)
    t["Resources"]["Push"]["Properties"]["Repository"] = {"Ref": "Images"}
    wait_for("Push")(t)


def function(code, runtime="nodejs20.x"):
    return {"Type": "AWS::Lambda::Function", "Properties": {
        "Handler": "index.handler", "Runtime": runtime, "Role": "arn:aws:iam::123456789012:role/builder", "Code": {"ZipFile": code}}}


def custom(t):
    t["Resources"]["Builder"] = function("exports.handler = async () => ({})")
    t["Resources"]["Push"] = {"Type": "Custom::Push", "Properties": {"ServiceToken": get_att("Builder")}}


def spot_by_cluster(t, weight=1):
    for _, p in resources(t, "AWS::ECS::Cluster"):
        p["CapacityProviders"] = ["FARGATE", "FARGATE_SPOT"]
        p["DefaultCapacityProviderStrategy"] = [{"CapacityProvider": "FARGATE_SPOT", "Weight": weight}]
    for s in services(t):
        del s["LaunchType"]


def spot_by_association(t):
    t["Resources"]["Capacity"] = {"Type": "AWS::ECS::ClusterCapacityProviderAssociations", "Properties": {
        "Cluster": services(t)[0]["Cluster"], "CapacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "DefaultCapacityProviderStrategy": [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]}}
    for s in services(t):
        del s["LaunchType"]


def strategy(*items):
    def change(t):
        for s in services(t):
            s.pop("LaunchType", None)
            s["CapacityProviderStrategy"] = [dict(i) for i in items]
    return change


def sidecar(**more):
    def change(t):
        for p in nodes(t):
            p["ContainerDefinitions"].append({"Name": "side", "Image": "public.ecr.aws/docker/library/busybox:1.36", "Essential": False,
                                              "Command": ["sh", "-c", "sleep 86400"], **clone(more)})
    return change


def firelens(t):
    for p in nodes(t):
        p["ContainerDefinitions"].append({"Name": "router", "Image": "public.ecr.aws/aws-observability/aws-for-fluent-bit:2.32.4",
                                          "Essential": True, "FirelensConfiguration": {"Type": "fluentbit"}})
    for c in containers(t):
        c["LogConfiguration"] = {"LogDriver": "awsfirelens", "Options": {
            "Name": "cloudwatch_logs", "region": {"Ref": "AWS::Region"}, "log_group_name": "/mpc", "log_stream_prefix": "n-",
            "auto_create_group": "true"}}
    statements(t, "task").append(allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:PutRetentionPolicy"]))


PYTHON = ["CMD-SHELL", "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 8080))'"]


def health(command, **more):
    return set_each(["HealthCheck"], {"Command": command, "StartPeriod": 300, "Interval": 30, "Retries": 5, "Timeout": 10, **more})


def unsupported(name, where, path, value):
    return [fault("F10", name, base, set_each(path, value, where)) for base in (STANDALONE, COMPOSED)]


def linux(**more):
    return lambda t: [c.setdefault("LinuxParameters", {}).update(clone(more)) for c in containers(t)]


def volume(**more):
    return lambda t: ([p["Volumes"].append({"Name": "more", **clone(more)}) for p in nodes(t)],
                      [c["MountPoints"].append({"SourceVolume": "more", "ContainerPath": "/scratch"}) for c in containers(t)])


def first_size(text_cpu, text_memory):
    return replace("Cpu: 1024", "Cpu: " + text_cpu, "Memory: 4096", "Memory: " + text_memory)


def no_breaker(t):
    for s in services(t):
        del s["DeploymentConfiguration"]["DeploymentCircuitBreaker"]


PAIRS = [("256", "512"), ("256", "2048"), ("512", "4096"), ("1024", "8192"), ("2048", "16384"), ("4096", "30720"), ("8192", "16384"),
         ("8192", "61440"), ("16384", "32768"), ("16384", "122880"), (4096, 8192), (2048, 5120)]
BAD_PAIRS = [("512", "512"), ("256", "3072"), ("1024", "1024"), ("1024", "9216"), ("2048", "2048"), ("4096", "4096"), ("8192", "18432"),
             ("16384", "36864"), ("1536", "4096"), (1024, 2500), ("32768", "65536"), ("4096", "31000"), ("1 vCPU", "16 GB"), ("3 vCPU", "8 GB")]

CASES = [
    # --- image --------------------------------------------------------------------------------------------------------
    fault("F03", "Docker Hub without a login, no breaker", STANDALONE, together(set_each(["Image"], "nearone/mpc-node:3.2.0"), no_breaker),
          verdict="WARN", also=["G01", "G02", "G03", "G04", "G05"]),
    fault("F03", "Docker Hub by its address, no breaker", COMPOSED, together(set_each(["Image"], "docker.io/nearone/mpc-node:3.2.0"), no_breaker),
          verdict="WARN", also=["G01", "G02", "G03", "G04", "G05"]),
    benign("F03", "Docker Hub, few pulls", STANDALONE, set_each(["Image"], "nearone/mpc-node:3.2.0")),
    benign("F03", "public ECR", STANDALONE, set_each(["Image"], "public.ecr.aws/near/mpc-node:3.2.0")),
    benign("F03", "GitHub's registry", STANDALONE, set_each(["Image"], "ghcr.io/near/mpc-node:3.2.0")),
    benign("F03", "pull-through cache", STANDALONE, set_each(["Image"], sub(
           "${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/docker-hub/nearone/mpc-node:3.2.0"))),
    fault("F04", "ARM64 and an amd64 tag", STANDALONE, set_each(["RuntimePlatform"], ARM, nodes)),
    fault("F04", "ARM64 and an amd64 tag", IMPORT, set_each(["RuntimePlatform", "CpuArchitecture"], "ARM64", nodes)),
    fault("F04", "ARM64 and the node's image, which is for x86 only", COMPOSED, together(set_each(["RuntimePlatform"], ARM, nodes),
          set_each(["Image"], "public.ecr.aws/x/mpc-node:localnet-x86_64"))),
    fault("F04", "x86 and an arm64 tag", STANDALONE, set_each(["Image"], "public.ecr.aws/near/mpc-node:3.2.0-arm64")),
    fault("F04", "x86 by default and an aarch64 tag", COMPACT, replace("/signers/node:3.2.0", "/signers/node:3.2.0-aarch64")),
    benign("F04", "ARM64 and an image that says nothing", STANDALONE, together(set_each(["RuntimePlatform"], ARM, nodes),
           set_each(["Image"], DIGEST)), verdict="UNKNOWN"),
    benign("F04", "ARM64 and an arm64 tag", STANDALONE, together(set_each(["RuntimePlatform"], ARM, nodes),
           set_each(["Image"], "public.ecr.aws/acme/mpc-multi:3.2.0-arm64"))),
    benign("F04", "no RuntimePlatform", STANDALONE, drop_each(["RuntimePlatform"], nodes)),
    fault("F06", "latest", STANDALONE, set_each(["Image"], "public.ecr.aws/near/mpc-node:latest"), verdict="WARN"),
    fault("F06", "no tag", COMPOSED, set_each(["Image"], "public.ecr.aws/near/mpc-node"), verdict="WARN"),
    fault("F06", "no tag, with a port", STANDALONE, set_each(["Image"], "registry.example.com:5000/mpc-node"), verdict="WARN"),
    fault("F06", "a release channel", STANDALONE, set_each(["Image"], "public.ecr.aws/near/mpc-node:testnet-release"), verdict="WARN"),
    fault("F06", "latest in ECR", COMPACT, replace("/signers/node:3.2.0", "/signers/node:latest"), verdict="WARN"),
    benign("F06", "a digest", STANDALONE, set_each(["Image"], DIGEST)),
    benign("F06", "tag and digest", STANDALONE, set_each(["Image"], DIGEST.replace("@", ":latest@"))),
    fault("F07", "another cloud's image", STANDALONE, set_each(["Image"], "public.ecr.aws/nearone/mpc-node-gcp:3.2.0"), verdict="WARN"),
    fault("F07", "another cloud's image", COMPACT, replace("/signers/node:", "/signers/mpc-node-gcp:"), verdict="WARN"),
    fault("F23", "the template's own repository", STANDALONE, own_repository),
    fault("F23", "the template's own repository by name", COMPOSED, lambda t: (
          t["Resources"].update(Images={"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "mpc-own"}}),
          [c.update(Image=sub("${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/mpc-own:1.0.0")) for c in containers(t)],
          statements(t, "execution").append(allow("ecr:*")))),
    fault("F23", "the template's own repository", COMPACT, replace("  Fleet:\n", "  Images: {Type: AWS::ECR::Repository}\n  Fleet:\n",
          "repository/signers/*", "repository/*", '!Sub "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/signers/node:3.2.0"', '!Join [":", [!GetAtt Images.RepositoryUri, 3.2.0]]')),
    benign("F23", "no task wanted yet", STANDALONE, together(own_repository, stopped)),
    benign("F23", "a repository for something else", STANDALONE, add_resource("Images", "AWS::ECR::Repository", {"RepositoryName": "other"})),

    # --- sizes ---------------------------------------------------------------------------------------------------------
    *[fault("F08", f"{c} with {m}", base, size(c, m)) for (c, m), base in zip(BAD_PAIRS, [STANDALONE, COMPOSED, IMPORT] * 9)],
    fault("F08", "numbers by hand", COMPACT, first_size("512", "8192")),
    fault("F08", "units by hand", COMPACT, first_size('".5 vCPU"', '"8GB"')),
    fault("F08", "no task size", STANDALONE, together(drop_each(["Cpu"], nodes), drop_each(["Memory"], nodes))),
    fault("F08", "no memory", COMPOSED, drop_each(["Memory"], nodes)),
    *[benign("F08", f"{c} with {m}", STANDALONE, size(c, m)) for c, m in PAIRS if int(c) >= 1024],
    benign("F08", "units", STANDALONE, size("2 vCPU", "8 GB")),
    benign("F08", "units without a blank", STANDALONE, size("4vcpu", "16GB")),
    benign("F08", "units in lower case", STANDALONE, size("1 vcpu", "4 gb")),
    benign("F08", "half a CPU", COMPACT, first_size("2048", '"4096"')),
    *[fault("F13", f"{name}", STANDALONE, change) for name, change in [
        ("memory of one container", set_each(["Memory"], 8192)),
        ("CPU of one container", set_each(["Cpu"], 2048)),
        ("sum of CPU", together(set_each(["Cpu"], 1000), sidecar(Cpu=100))),
        ("reservation above the limit", together(set_each(["Memory"], 1024), set_each(["MemoryReservation"], 2048))),
        ("reservation above the task", set_each(["MemoryReservation"], 9000)),
        ("nothing is essential", set_each(["Essential"], False)),
        ("memory as text", set_each(["Memory"], "5000")),
        ("sum of the reservations", together(set_each(["MemoryReservation"], 4000), sidecar(MemoryReservation=512)))]],
    fault("F13", "memory with a task in GB", ATTACHED, replace("          Essential: true\n", "          Essential: true\n          Memory: 4097\n")),
    benign("F13", "limits that fit", STANDALONE, together(size("1024", "5120"), set_each(["Memory"], 4096), set_each(["Cpu"], 896), sidecar(Memory=256, Cpu=128))),
    benign("F13", "a reservation", STANDALONE, together(set_each(["MemoryReservation"], 2048), set_each(["Memory"], 4096))),
    benign("F13", "essential by default", STANDALONE, drop_each(["Essential"])),

    # --- task definition for Fargate ---------------------------------------------------------------------------------
    fault("F09", "bridge", STANDALONE, set_each(["NetworkMode"], "bridge", nodes)),
    fault("F09", "no mode", COMPOSED, drop_each(["NetworkMode"], nodes)),
    fault("F09", "host", COMPACT, replace("NetworkMode: awsvpc", "NetworkMode: host")),
    fault("F09", "no network configuration", STANDALONE, drop_each(["NetworkConfiguration"], services)),
    fault("F09", "no mode, capacity provider", IMPORT, together(drop_each(["NetworkMode"], nodes), strategy({"CapacityProvider": "FARGATE", "Weight": 1}))),
    *unsupported("privileged", containers, ["Privileged"], True),
    *unsupported("privileged as text", containers, ["Privileged"], "true"),
    *unsupported("links", containers, ["Links"], ["other"]),
    *unsupported("extra hosts", containers, ["ExtraHosts"], [{"Hostname": "rpc", "IpAddress": "10.0.2.100"}]),
    *unsupported("DNS servers", containers, ["DnsServers"], ["10.0.0.2"]),
    *unsupported("DNS search", containers, ["DnsSearchDomains"], ["mpc.local"]),
    *unsupported("security options", containers, ["DockerSecurityOptions"], ["no-new-privileges"]),
    *unsupported("devices", containers, ["LinuxParameters", "Devices"], [{"HostPath": "/dev/fuse"}]),
    *unsupported("shared memory", containers, ["LinuxParameters", "SharedMemorySize"], 64),
    *unsupported("tmpfs", containers, ["LinuxParameters", "Tmpfs"], [{"ContainerPath": "/tmp", "Size": 64}]),
    *unsupported("swap", containers, ["LinuxParameters", "MaxSwap"], 512),
    *unsupported("capability", containers, ["LinuxParameters", "Capabilities"], {"Add": ["NET_ADMIN"]}),
    *unsupported("GPU", containers, ["ResourceRequirements"], [{"Type": "GPU", "Value": "1"}]),
    *unsupported("IPC mode", nodes, ["IpcMode"], "host"),
    *unsupported("PID mode", nodes, ["PidMode"], "host"),
    *unsupported("placement", nodes, ["PlacementConstraints"], [{"Type": "memberOf", "Expression": "attribute:x == y"}]),
    fault("F10", "a path of the host", STANDALONE, volume(Host={"SourcePath": "/var/data"})),
    fault("F10", "a volume of docker", COMPOSED, volume(DockerVolumeConfiguration={"Scope": "task"})),
    fault("F10", "one per host", STANDALONE, lambda t: [(s.pop("DesiredCount"), s.update(SchedulingStrategy="DAEMON")) for s in services(t)]),
    benign("F10", "SYS_PTRACE", STANDALONE, linux(Capabilities={"Add": ["SYS_PTRACE"], "Drop": ["NET_RAW"]})),
    benign("F10", "task PID mode", STANDALONE, set_each(["PidMode"], "task", nodes)),
    benign("F10", "not privileged", STANDALONE, set_each(["Privileged"], False)),
    benign("F10", "empty lists", STANDALONE, together(set_each(["Links"], []), set_each(["DnsServers"], []), set_each(["PlacementConstraints"], [], nodes))),
    benign("F10", "a bind mount of the task", STANDALONE, volume(Host={})),
    benign("F10", "an empty volume", STANDALONE, volume()),
    benign("F10", "replica", STANDALONE, set_each(["SchedulingStrategy"], "REPLICA", services)),
    fault("F11", "no compatibilities", STANDALONE, drop_each(["RequiresCompatibilities"], nodes)),
    fault("F11", "EC2 only", COMPOSED, set_each(["RequiresCompatibilities"], ["EC2"], nodes)),
    fault("F11", "none by hand", COMPACT, replace("      RequiresCompatibilities: [FARGATE]\n", "")),
    fault("F11", "none with a capacity provider", STANDALONE, together(drop_each(["RequiresCompatibilities"], nodes), strategy({"CapacityProvider": "FARGATE", "Weight": 1}))),
    benign("F11", "both", STANDALONE, set_each(["RequiresCompatibilities"], ["EC2", "FARGATE"], nodes)),
    fault("F12", "another host port", STANDALONE, set_each(["PortMappings", 2, "HostPort"], 18080)),
    fault("F12", "another host port as text", COMPOSED, set_each(["PortMappings", 0, "HostPort"], "8000")),
    fault("F12", "another host port by hand", COMPACT, replace("{ContainerPort: 8080}", "{ContainerPort: 8080, HostPort: 80}")),
    fault("F12", "one port in two containers", STANDALONE, sidecar(PortMappings=[{"ContainerPort": 8080}])),
    benign("F12", "the same host port", STANDALONE, set_each(["PortMappings", 2, "HostPort"], 8080)),
    benign("F12", "the same host port as text", STANDALONE, set_each(["PortMappings", 2, "HostPort"], "8080")),
    benign("F12", "one port for two protocols", STANDALONE, sidecar(PortMappings=[{"ContainerPort": 8080, "Protocol": "udp"}])),
    fault("F14", "spot", STANDALONE, strategy({"CapacityProvider": "FARGATE_SPOT", "Weight": 1}), verdict="WARN", also=[]),
    fault("F14", "some spot", COMPOSED, strategy({"CapacityProvider": "FARGATE", "Weight": 1, "Base": 1}, {"CapacityProvider": "FARGATE_SPOT", "Weight": 3}), verdict="WARN"),
    fault("F14", "spot by the cluster's default", STANDALONE, spot_by_cluster, verdict="WARN"),
    fault("F14", "spot by an association", COMPOSED, spot_by_association, verdict="WARN"),
    fault("F14", "spot by hand", COMPACT, replace("LaunchType: FARGATE", "CapacityProviderStrategy: [{CapacityProvider: FARGATE_SPOT, Weight: 1}]"), verdict="WARN"),
    benign("F14", "on demand by a capacity provider", STANDALONE, strategy({"CapacityProvider": "FARGATE", "Weight": 1})),
    benign("F14", "spot has no weight", STANDALONE, strategy({"CapacityProvider": "FARGATE", "Weight": 1}, {"CapacityProvider": "FARGATE_SPOT", "Weight": 0})),
    benign("F14", "the cluster knows spot, the services do not use it", STANDALONE, lambda t: [
           p.update(CapacityProviders=["FARGATE", "FARGATE_SPOT"]) for _, p in resources(t, "AWS::ECS::Cluster")]),

    # --- health checks -----------------------------------------------------------------------------------------------
    fault("F15", "curl", STANDALONE, health(["CMD-SHELL", "curl -f http://localhost:8080/health || exit 1"])),
    fault("F15", "wget", COMPOSED, health(["CMD", "wget", "-q", "http://localhost:8080/health"])),
    fault("F15", "curl by its path", IMPORT, health(["CMD-SHELL", "/usr/bin/curl -s localhost:8080 > /dev/null"])),
    fault("F15", "nc", STANDALONE, health(["CMD-SHELL", "nc -z localhost 8080"])),
    fault("F15", "curl by hand", COMPACT, replace("          StopTimeout: 120\n", """          StopTimeout: 120
          HealthCheck: {Command: [CMD-SHELL, "curl -sf localhost:8080/health"], StartPeriod: 300, Retries: 10}\n""")),
    benign("F15", "python3", STANDALONE, health(PYTHON)),
    benign("F15", "bash", COMPOSED, health(["CMD-SHELL", "bash -c '</dev/tcp/127.0.0.1/8080'"])),
    benign("F15", "a test of a file", STANDALONE, health(["CMD-SHELL", "test -e /data/config.json || exit 1"])),
    benign("F15", "no check", STANDALONE, health(["NONE"])),
    benign("F15", "curl in another image", STANDALONE, sidecar(HealthCheck={"Command": ["CMD-SHELL", "curl -f http://localhost/"]})),
    fault("F16", "too eager", STANDALONE, health(PYTHON, StartPeriod=0, Interval=5, Retries=1)),
    fault("F16", "too eager", COMPOSED, health(PYTHON, StartPeriod=5, Interval=5, Retries=2)),
    benign("F16", "long enough", STANDALONE, health(PYTHON, StartPeriod=300, Interval=60, Retries=10)),

    # --- logs -----------------------------------------------------------------------------------------------------------
    fault("F26", "no region", STANDALONE, drop_each([*OPTION, "awslogs-region"])),
    fault("F26", "no prefix", COMPOSED, drop_each([*OPTION, "awslogs-stream-prefix"])),
    fault("F26", "no group", IMPORT, drop_each([*OPTION, "awslogs-group"])),
    fault("F26", "no options", STANDALONE, drop_each(OPTION)),
    fault("F26", "a driver that Fargate lacks", STANDALONE, set_each(LOG, {"LogDriver": "json-file", "Options": {"max-size": "10m"}})),
    fault("F26", "syslog", COMPOSED, set_each(LOG, {"LogDriver": "syslog"})),
    fault("F26", "no prefix by hand", COMPACT, replace(", awslogs-stream-prefix: signer", "")),
    benign("F26", "splunk", STANDALONE, set_each(LOG, {"LogDriver": "splunk", "Options": {"splunk-url": "https://splunk.example.com:8088",
           "splunk-token": "x"}})),
    benign("F26", "firelens", STANDALONE, firelens),
    benign("F26", "no logs at all", STANDALONE, drop_each(LOG)),
    fault("F27", "a literal group that nothing makes", STANDALONE, group_by_name("/ecs/mpc"), also=[]),
    fault("F27", "a literal group that nothing makes", COMPACT, replace("awslogs-group: !Ref Journal1", "awslogs-group: /signers/other")),
    fault("F27", "a group by the stack's name", COMPOSED, group_by_name(sub("/ecs/${AWS::StackName}"))),
    benign("F27", "a literal group that is made at once, long before the first task", STANDALONE, literal_group),
    fault("F27", "a literal group that waits for others", STANDALONE, together(literal_group, lambda t: [r.update(DependsOn=["Late"])
          for r in t["Resources"].values() if r["Type"] == "AWS::Logs::LogGroup"], add_resource("Late", "AWS::S3::Bucket", {})), verdict="WARN"),
    benign("F27", "a literal group of the template that the service waits for", STANDALONE, literal_group_awaited),
    benign("F27", "a literal group by its Ref", STANDALONE, lambda t: [
           t["Resources"][c["LogConfiguration"]["Options"]["awslogs-group"]["Ref"]]["Properties"].update(LogGroupName=f"/mpc/{i}")
           for i, c in enumerate(containers(t))]),
    fault("F28", "blocking", STANDALONE, set_each([*OPTION, "mode"], "blocking"), verdict="WARN"),
    fault("F28", "blocking", COMPACT, replace("mode: non-blocking", "mode: blocking"), verdict="WARN"),

    # --- size of the definition, platform -------------------------------------------------------------------------------
    fault("F29", "a genesis in the environment", STANDALONE, lambda t: [c["Environment"].append({"Name": "RUST_LOG_STYLE", "Value": "x" * 70000}) for c in containers(t)],
          also=["A08"]),
    fault("F29", "a long command of a sidecar", COMPOSED, sidecar(Command=["sh", "-c", "true " + "y" * 70000])),
    benign("F29", "a command of 20 KB", STANDALONE, sidecar(Command=["sh", "-c", "true " + "y" * 20000])),
    fault("F30", "1.3.0", STANDALONE, set_each(["PlatformVersion"], "1.3.0", services)),
    fault("F30", "1.3.0", COMPACT, replace("LaunchType: FARGATE", "LaunchType: FARGATE\n      PlatformVersion: 1.3.0")),
    fault("F30", "1.2.0", COMPOSED, set_each(["PlatformVersion"], "1.2.0", services)),
    benign("F30", "1.4.0", STANDALONE, set_each(["PlatformVersion"], "1.4.0", services)),
    benign("F30", "LATEST", STANDALONE, set_each(["PlatformVersion"], "LATEST", services)),
    benign("F30", "ephemeral storage", STANDALONE, set_each(["EphemeralStorage"], {"SizeInGiB": 100}, nodes)),

    # --- custom resources -------------------------------------------------------------------------------------------------
    fault("F24", "SDK 2 on nodejs20", STANDALONE, lambda t: t["Resources"].update(
          Builder=function('const AWS = require("aws-sdk"); exports.handler = async () => {}')), also=[]),
    fault("F24", "SDK 2 on nodejs18", COMPOSED, lambda t: t["Resources"].update(
          Builder=function("import AWS from 'aws-sdk'\nexport const handler = async () => {}", "nodejs18.x"))),
    benign("F24", "SDK 2 on nodejs16", STANDALONE, lambda t: t["Resources"].update(
           Builder=function('const AWS = require("aws-sdk"); exports.handler = async () => {}', "nodejs16.x"))),
    benign("F24", "SDK 3", STANDALONE, lambda t: t["Resources"].update(
           Builder=function('const {ECR} = require("@aws-sdk/client-ecr"); exports.handler = async () => {}'))),
    fault("F25", "a custom resource", STANDALONE, custom, verdict="WARN"),
    fault("F25", "a custom resource by its long name", COMPOSED, lambda t: t["Resources"].update(
          Builder=function("exports.handler = async () => ({})"),
          Push={"Type": "AWS::CloudFormation::CustomResource", "Properties": {"ServiceToken": get_att("Builder")}}), verdict="WARN"),

    # --- the order of containers -------------------------------------------------------------------------------------------
    fault("F31", "the helper is essential", STANDALONE, helper("SUCCESS", True)),
    fault("F31", "the helper is essential by default", COMPOSED, together(helper("COMPLETE"), lambda t: [
          c.pop("Essential") for p in nodes(t) for c in p["ContainerDefinitions"] if c["Name"] == "seed"])),
    fault("F31", "a condition that there is not", STANDALONE, helper("STARTED")),
    fault("F31", "healthy without a check", STANDALONE, helper("HEALTHY")),
    fault("F31", "a circle", STANDALONE, helper("START", DependsOn=[{"ContainerName": "mpc", "Condition": "START"}])),
    fault("F31", "nobody of that name", IMPORT, set_each(["DependsOn"], [{"ContainerName": "nobody", "Condition": "START"}])),
    fault("F31", "the helper never succeeds", STANDALONE, helper("SUCCESS", Command=["sh", "-c", "exit 1"])),
    fault("F31", "the helper never ends", STANDALONE, helper("COMPLETE", Command=["sleep", "infinity"])),
    fault("F31", "itself", COMPACT, replace("          StopTimeout: 120\n",
          "          StopTimeout: 120\n          DependsOn: [{ContainerName: signer, Condition: START}]\n")),
    benign("F31", "a one-shot helper", STANDALONE, helper("SUCCESS", StartTimeout=120)),
    benign("F31", "a one-shot helper without a time limit", COMPOSED, helper("SUCCESS")),
    benign("F31", "a helper that starts", STANDALONE, helper("START", True, Command=["sleep", "infinity"])),
    benign("F31", "a helper with a check", STANDALONE, helper("HEALTHY", True, HealthCheck={"Command": ["CMD-SHELL", "true"]}, Command=["sleep", "infinity"])),
    benign("F31", "a chain of two", STANDALONE, together(helper("SUCCESS"), lambda t: [p["ContainerDefinitions"].append({
           "Name": "fetch", "Image": "public.ecr.aws/docker/library/busybox:1.36", "Essential": False}) or next(
           c for c in p["ContainerDefinitions"] if c["Name"] == "seed").update(DependsOn=[{"ContainerName": "fetch", "Condition": "COMPLETE"}])
           for p in nodes(t)])),
]
