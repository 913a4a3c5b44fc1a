#!/usr/bin/env python3
"""The main job: init, up, look, down, as root and as an ordinary user; restart and kill -9 of the daemon."""
import json, os, re, signal, subprocess, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *


def assert_formed(status, nodes=3):
    summary = status["summary"]
    assert summary["nodes"] == summary["running"] == summary["healthy"] == summary["following"] == nodes, summary
    assert summary["peerConnections"] == summary["peerConnectionsExpected"] == nodes * (nodes - 1), summary
    for node in status["nodes"]:
        assert node["lastStatus"] == "RUNNING" and node["healthStatus"] == "HEALTHY", node
        assert node["participant"], node


def nothing_left(cloud):
    wait_for(lambda: not cloud.daemon_pids(), f"no process left, but {cloud.daemon_pids()}")


def whole_round(cloud):
    cloud.ok("init")
    up = cloud.ok("up")
    assert "CREATE_COMPLETE" in up.out and "node-0" in up.out, up
    status = cloud.ok("status", "--json").json()
    assert_formed(status)
    shown = {entry["name"]: entry for entry in cloud.ok("keys", "show", "--json").json()}
    for node in status["nodes"]:
        public = json.loads(get(f"http://{node['endpoints']['8080']}/public_data"))
        assert public["near_p2p_public_key"] == shown[node["name"]]["p2p_public_key"], public
        assert public["near_signer_public_key"] == shown[node["name"]]["account_public_key"], public
        assert get(f"http://{node['endpoints']['8080']}/health").startswith("OK")
    again = cloud.ok("up", "--json").json()
    assert again["formed"] is True
    events = cloud.ok("events", "--json").json()
    assert any(e.get("ResourceStatus") == "CREATE_COMPLETE" for e in events)
    assert any("has reached a steady state." in e.get("message", "") for e in events)
    logs = cloud.ok("logs", "node-1").out
    assert "Starting mpc node" in logs, logs[-2000:]
    endpoints = cloud.ok("endpoints", "--json").json()
    assert {e["use"] for e in endpoints} >= {"web", "rpc", "mpc-p2p", "near-p2p"}
    down = cloud.ok("down", "--purge")
    assert "DELETE_COMPLETE" in down.out, down
    assert cloud.run("status").code == 3
    assert cloud.aws("cloudformation", "list-stacks", "--stack-status-filter", "CREATE_COMPLETE",
                     "UPDATE_COMPLETE")["StackSummaries"] == []


@test
def a_network_of_three_comes_up_serves_and_goes_down():
    with Cloud() as cloud:
        whole_round(cloud)
        secrets = cloud.aws("secretsmanager", "list-secrets")["SecretList"]
        assert secrets == [], secrets
        assert cloud.aws("logs", "describe-log-groups")["logGroups"] == []
        assert cloud.aws("efs", "describe-file-systems")["FileSystems"] == []
        cloud.ok("cloud", "stop")
        nothing_left(cloud)


@test
def an_ordinary_user_gets_the_same():
    if os.getuid() != 0:
        return  # the test above ran as an ordinary user already
    with Cloud(user=65534) as cloud:
        whole_round(cloud)
        cloud.ok("cloud", "stop")
        nothing_left(cloud)


@test
def state_survives_a_restart_and_a_kill_of_the_daemon():
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("up")
        before = {n["name"]: n["endpoints"]["8080"] for n in cloud.ok("status", "--json").json()["nodes"]}
        cloud.ok("cloud", "stop")
        nothing_left(cloud)
        cloud.ok("cloud", "start")
        status = wait_for(lambda: (s := cloud.run("status", "--json")).code == 0 and s.json(), "formed again")
        assert_formed(status)
        assert {n["name"]: n["endpoints"]["8080"] for n in status["nodes"]} == before
        for pid in cloud.daemon_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        nothing_left(cloud)
        cloud.ok("up")
        assert_formed(wait_for(lambda: (s := cloud.run("status", "--json")).code == 0 and s.json(), "formed"))
        cloud.ok("down", "--purge")


@test
def two_networks_have_a_chain_each_and_nothing_of_the_other():
    with Cloud() as cloud:
        for name in ("first", "second"):
            os.mkdir(os.path.join(cloud.work, name))
            cloud.ok("init", f"{name}/network.yaml", "--name", name)
        cloud.ok("up", "first/network.yaml")
        cloud.ok("up", "second/network.yaml")
        keys = []
        for name in ("first", "second"):
            status = cloud.ok("status", "--stack", name, "--json").json()
            assert_formed(status)
            keys.append(json.dumps(status["contract"]["domains"]))
            assert "verified by OpenSSL" in cloud.ok("sign", "--stack", name, "--keccak", "--message", "hello").out
        assert keys[0] != keys[1]
        which = cloud.run("status")
        assert which.code == 2 and "first" in which.err and "second" in which.err, which
        cloud.ok("down", "--stack", "second", "--purge")
        assert_formed(cloud.ok("status", "--json").json())


@test
def what_stands_under_the_same_name_with_other_keys_is_not_touched():
    with Cloud() as cloud:
        for name in ("one", "other"):
            os.mkdir(os.path.join(cloud.work, name))
            cloud.ok("init", f"{name}/network.yaml")
        cloud.ok("up", "one/network.yaml")
        before = cloud.ok("secrets", "status", "one/network.yaml", "--json").json()
        refused = cloud.run("up", "other/network.yaml")
        assert refused.code == 3 and "other keys than the files in other/keys" in refused.err, refused
        # another name, and the base of the first
        path = os.path.join(cloud.work, "other", "network.yaml")
        text = open(path).read()
        open(path, "w").write(text.replace("name: mpc-network", "name: other"))
        refused = cloud.run("up", "other/network.yaml")
        assert refused.code == 3 and "belongs to network mpc-network" in refused.err, refused
        assert "base_stack: other-base" in refused.err, refused
        # the same keys, another name: the base is there for both, and stays for the one that is left
        shared = cloud.run("up", "one/network.yaml", "--stack", "third")
        assert shared.code == 1 and "ConflictingDomainExists" in shared.err, shared
        left = cloud.ok("down", "--stack", "third")
        assert "near-base stays: mpc-network imports from it" in left.out, left
        assert cloud.ok("secrets", "status", "one/network.yaml", "--json").json() == before
        assert cloud.run("down", "--stack", "nobody").code == 3
        assert "near-base" in cloud.ok("down", "--stack", "mpc-network").out


@test
def killing_only_the_process_in_the_lock_file_leaves_nothing_behind():
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("up")
        pid = int(open(os.path.join(cloud.work, "state", "cloud.lock")).read())
        os.kill(pid, signal.SIGKILL)
        nothing_left(cloud)
        cloud.ok("up")
        cloud.ok("down", "--purge")


@test
def secrets_are_in_no_log_event_or_template():
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("up")
        keys = []
        for name in os.listdir(os.path.join(cloud.work, "keys")):
            path = os.path.join(cloud.work, "keys", name)
            assert os.stat(path).st_mode & 0o777 == 0o600, name
            keys += re.findall(r"ed25519:[1-9A-HJ-NP-Za-km-z]{80,}", open(path).read())
        assert len(keys) == 7, len(keys)
        texts = [cloud.ok("logs").out, cloud.ok("logs", "--json").out, cloud.ok("events", "--json").out,
                 cloud.ok("synth").out, cloud.ok("status", "--json").out,
                 open(os.path.join(cloud.work, "state", "cloud.log")).read(),
                 json.dumps(cloud.aws("cloudformation", "describe-stacks")),
                 json.dumps(cloud.aws("cloudformation", "get-template", "--stack-name", "mpc-network"))]
        for pid in cloud.daemon_pids():
            with contextlib.suppress(OSError):
                texts.append(open(f"/proc/{pid}/cmdline").read())
        for key in keys:
            assert not any(key in text for text in texts)
        cloud.ok("down", "--purge")


@test
def the_threshold_of_network_yaml_is_registered():
    with Cloud() as cloud:
        cloud.ok("init")
        path = os.path.join(cloud.work, "network.yaml")
        text = open(path).read().replace("# threshold: 2", "threshold: 3")
        open(path, "w").write(text)
        cloud.ok("up")
        status = cloud.ok("status", "--json").json()
        contract = get(f"http://{status['nodes'][0]['endpoints']['8080']}/debug/contract")
        assert re.search(r"threshold\D*3", contract, re.I), contract
        cloud.ok("down", "--purge")


def nested_stacks(cloud):
    return {s["StackName"].split("-")[-2]: s for s in cloud.aws("cloudformation", "describe-stacks")["Stacks"]
            if "ParentId" in s}


@test
def a_network_in_nested_stacks_comes_up_is_updated_and_goes_down():
    with Cloud() as cloud:
        cloud.environment["MPCUP_SPLIT_NODES"] = "2"
        cloud.ok("init")
        assert cloud.run("synth").code == 2  # several templates are no single text
        cloud.ok("synth", "--output", "templates")
        files = sorted(os.listdir(os.path.join(cloud.work, "templates")))
        assert files == ["network.json", "nodes-0.json", "nodes-1.json"], files
        given = cloud.run("check", *(os.path.join("templates", name) for name in files))
        assert "3 tasks: 0 FAIL" in given.out and "T04" not in given.out, given
        alone = cloud.run("check", "templates/network.json")
        assert "T04" in alone.out and "nodes-1.json" in alone.out, alone
        up = cloud.ok("up")
        assert "Node2Task" in up.out, up  # what happens in nested stacks is shown
        assert_formed(cloud.ok("status", "--json").json())
        assert set(nested_stacks(cloud)) == {"Nodes0", "Nodes1"}
        assert "Starting mpc node" in cloud.ok("logs", "node-2").out
        events = cloud.ok("events", "--json").json()
        assert any(e.get("LogicalResourceId") == "Node2" for e in events)

        path = os.path.join(cloud.work, "network.yaml")
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(text.replace("nodes: 3", "nodes: 4"))
        grown = cloud.ok("up", timeout=90)  # the stack grows, then the key is shared anew
        assert "UPDATE_COMPLETE" in grown.out and "Resharing: from 3 to 4 participants" in grown.out, grown
        assert_formed(cloud.ok("status", "--json").json(), nodes=4)
        after = {name: s["StackStatus"] for name, s in nested_stacks(cloud).items()}
        assert after == {"Nodes0": "CREATE_COMPLETE", "Nodes1": "UPDATE_COMPLETE"}, after
        cloud.environment["MPCUP_SPLIT_NODES"] = ""
        other = cloud.run("up")
        assert other.code != 0 and "was deployed with nested stacks" in other.err, other

        cloud.ok("down", "--purge")
        assert cloud.aws("cloudformation", "describe-stacks")["Stacks"] == []
        assert cloud.aws("secretsmanager", "list-secrets")["SecretList"] == []
        assert cloud.aws("logs", "describe-log-groups")["logGroups"] == []


def at_once(cloud, *commands):
    """Runs several mpcup commands at the same time; each must succeed."""
    running = [subprocess.Popen(cloud.command(*c), env=cloud.environment, cwd=cloud.work, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for c in commands]
    for process, command in zip(running, commands):
        out = process.communicate(timeout=120)[0]
        assert process.returncode == 0, (command, process.returncode, out[-3000:])


@test
def two_ups_of_the_same_network_at_once_are_one():
    with Cloud() as cloud:
        cloud.ok("init")
        at_once(cloud, ("up",), ("up",))
        assert_formed(cloud.ok("status", "--json").json())
        cloud.ok("down", "--purge")


@test
def networks_deployed_at_the_same_time_do_not_disturb_each_other():
    with Cloud() as cloud:
        cloud.ok("cloud", "start")
        names = ("First", "Second", "Third")
        more = ("--params", template("params/yaml-3.json"), "--chain-key", template("chain.json"), "--quiet")
        at_once(cloud, *[("up", template("good/standalone.yaml"), "--stack", name, *more) for name in names])
        for name in names:
            assert_formed(cloud.ok("status", "--stack", name, "--json").json())
        at_once(cloud, *[("down", "--stack", name, "--purge", "--quiet") for name in names])
        assert cloud.aws("ec2", "describe-vpcs")["Vpcs"] == []


@test
def ctrl_c_leaves_a_state_from_which_up_and_down_work():
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("cloud", "start")
        running = subprocess.Popen(cloud.command("up"), env=cloud.environment, cwd=cloud.work, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for line in running.stdout:
            if "AWS::EC2::VPC " in line:
                break
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=10)
        assert running.returncode == 130, (running.returncode, err)
        assert "mpcup up follows it again" in err.replace("\n", " "), err
        cloud.ok("up")
        assert_formed(cloud.ok("status", "--json").json())
        cloud.ok("down", "--purge")


main()
