#!/usr/bin/env python3
"""Templates of the CDK and of hand come up unmodified: all good ones (benign ones in --soak), healthy,
following the chain and meshed, then down with nothing left."""
import json, os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

CHAIN = template("chain.json")
BUSYBOX = ("--image", "*busybox*=localnet")


def up_and_down(cloud, stack, files, params, *more, nodes=3):
    cloud.ok("up", *map(template, files), "--stack", stack, "--params", template(f"params/{params}"),
             "--chain-key", CHAIN, *more, timeout=240)
    summary = cloud.ok("status", "--stack", stack, "--json").json()["summary"]
    assert summary == {"nodes": nodes, "running": nodes, "healthy": nodes, "following": nodes,
                       "peerConnections": nodes * (nodes - 1),
                       "peerConnectionsExpected": nodes * (nodes - 1)}, summary
    cloud.ok("down", "--stack", stack, "--purge")


def nothing_left(cloud):
    assert cloud.aws("ec2", "describe-vpcs")["Vpcs"] == []
    assert cloud.aws("ec2", "describe-network-interfaces")["NetworkInterfaces"] == []
    assert cloud.aws("ecs", "list-clusters")["clusterArns"] == []
    assert cloud.aws("secretsmanager", "list-secrets")["SecretList"] == []
    assert cloud.aws("logs", "describe-log-groups")["logGroups"] == []
    assert cloud.aws("cloudformation", "list-exports")["Exports"] == []


@test
def standalone_templates_come_up_with_a_chain_attached():
    with Cloud() as cloud:
        for name, params in (("standalone.json", "cdk-3.json"), ("standalone.plain.json", "cdk-3.json"),
                             ("standalone.yaml", "yaml-3.json")):
            up_and_down(cloud, "Mpc", [f"good/{name}"], params)
        nothing_left(cloud)


@test
def importing_templates_come_up_together_with_their_exporter():
    with Cloud() as cloud:
        for name, exporter, params in (("import.json", "import.near-runner.json", "cdk-3.json"),
                                       ("import.plain.json", "import.plain.near-runner.json", "cdk-3.json"),
                                       ("import.yaml", "import.near-runner.json", "yaml-3.json")):
            up_and_down(cloud, "Mpc", [f"good/{name}", f"good/{exporter}"], params, *BUSYBOX)
        nothing_left(cloud)


@test
def an_exporter_deployed_on_its_own_serves_an_importer():
    with Cloud() as cloud:
        cloud.ok("up", template("good/import.near-runner.json"), "--stack", "AWSNodeRunnerStack", "--chain-key",
                 CHAIN, *BUSYBOX)
        cloud.ok("up", template("good/import.json"), "--stack", "Mpc", "--params", template("params/cdk-3.json"))
        assert cloud.ok("status", "--stack", "Mpc", "--json").json()["summary"]["peerConnections"] == 6
        refused = cloud.run("down", "--stack", "AWSNodeRunnerStack")
        assert refused.code != 0 and "in use by Mpc" in refused.err + refused.out, refused
        cloud.ok("down", "--stack", "Mpc", "--purge")
        cloud.ok("down", "--stack", "AWSNodeRunnerStack", "--purge")
        nothing_left(cloud)


@test
def composed_templates_come_up():
    with Cloud() as cloud:
        for name in ("composed.json", "composed.plain.json"):
            up_and_down(cloud, "Mpc", [f"good/{name}"], "cdk-3.json", *BUSYBOX)
        nothing_left(cloud)


@test
def a_template_with_loops_comes_up():
    with Cloud() as cloud:
        up_and_down(cloud, "Loops", ["../check/hand/loop-standalone.yaml"], "yaml-3.json")
        nothing_left(cloud)


@test
def benign_variants_come_up_as_well():
    with Cloud() as cloud:
        cloud.ok("cloud", "start")
        keys = {p["ParameterKey"]: p["ParameterValue"] for p in json.load(open(template("params/cdk-3.json")))}
        # secrets-dynamic-ref reads its keys from a secret that is there before the stack
        stored = {f"node-{i}-{name}": keys[f"Node{i}{kind}"] for i in range(3)
                  for name, kind in (("MPC_ACCOUNT_SK", "AccountSk"), ("MPC_P2P_PRIVATE_KEY", "P2pKey"))}
        cloud.aws("secretsmanager", "create-secret", "--name", "mpc-localnet-keys", "--secret-string",
                  json.dumps(stored))
        for name in sorted(os.listdir(template("benign"))):
            up_and_down(cloud, "Mpc", [f"benign/{name}"], "cdk-3.json")
        assert cloud.aws("ec2", "describe-vpcs")["Vpcs"] == []


@test
def sizes_up_to_thirty_nodes_come_up():
    with Cloud() as cloud:
        for nodes in (1, 10, 30):
            up_and_down(cloud, "Mpc", [f"scale/standalone-{nodes}.json"], f"cdk-{nodes}.json", "--timeout", "60",
                        nodes=nodes)
        nothing_left(cloud)


@test
def two_networks_do_not_disturb_each_other():
    with Cloud() as cloud:
        for stack in ("First", "Second"):
            cloud.ok("up", template("good/standalone.yaml"), "--stack", stack, "--params",
                     template("params/yaml-3.json"), "--chain-key", CHAIN)
        for stack in ("First", "Second"):
            summary = cloud.ok("status", "--stack", stack, "--json").json()["summary"]
            assert summary["peerConnections"] == 6, summary
        cloud.ok("down", "--stack", "First", "--purge")
        assert cloud.ok("status", "--stack", "Second", "--json").json()["summary"]["peerConnections"] == 6
        cloud.ok("down", "--stack", "Second", "--purge")
        nothing_left(cloud)


main()
