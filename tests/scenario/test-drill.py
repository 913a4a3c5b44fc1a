#!/usr/bin/env python3
"""stop-task and restart: a network that loses tasks and gets them back, here and through --target aws."""
import os, re, signal, subprocess, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *
from proxy import *

SIGN = ["sign", "--keccak", "--message", "hello"]


def task_ids(cloud):
    """Task id of each node."""
    nodes = cloud.ok_or_failed("status", "--json").json()["nodes"]
    return {n["name"]: n.get("taskArn", "").rsplit("/")[-1] for n in nodes}


def desired(cloud):
    return {n["name"]: n["desiredCount"] for n in cloud.ok_or_failed("status", "--json").json()["nodes"]}


def up(cloud):
    cloud.ok("init")
    cloud.ok("up", "--quiet")


def formed(cloud):
    wait_for(lambda: cloud.run("status").code == 0, "formed again")


@test
def a_task_that_was_stopped_is_named_with_its_reason_and_replaced():
    with Cloud() as cloud:
        up(cloud)
        before = task_ids(cloud)
        stopped = cloud.ok("stop-task", "node-1")
        assert f"task {before['node-1']} STOPPED: Stopped by mpcup stop-task" in stopped.out, stopped
        assert "starts another one" in stopped.out, stopped
        formed(cloud)
        after = task_ids(cloud)
        assert after["node-1"] not in ("", before["node-1"]), after
        assert (after["node-0"], after["node-2"]) == (before["node-0"], before["node-2"])
        assert "Stopped by mpcup stop-task" in cloud.ok("events").out
        both = cloud.ok("stop-task", "mpc-node-0.test.near", "Node2", "--json").json()
        assert both["stackName"] == "mpc-network", both
        assert [(t["name"], t["lastStatus"], t["replaced"]) for t in both["tasks"]] == \
            [("node-0", "STOPPED", True), ("node-2", "STOPPED", True)], both
        formed(cloud)


@test
def two_of_three_sign_while_one_is_kept_stopped_and_restart_brings_it_back():
    with Cloud() as cloud:
        up(cloud)
        kept = cloud.ok("stop-task", "node-2", "--keep-stopped")
        assert "To bring back: mpcup restart node-2" in kept.out, kept
        assert desired(cloud) == {"node-0": 1, "node-1": 1, "node-2": 0}
        assert "verified by OpenSSL" in cloud.ok(*SIGN).out
        status = cloud.run("status")
        assert status.code == 1 and "the desired count is 0; mpcup restart node-2" in status.out, status
        # who looks for a fault is told of this one alone, and up does not wait for what will not come
        diagnosis = cloud.run("diagnose")
        assert diagnosis.code == 1 and "Node2 is stopped" in diagnosis.out, diagnosis
        assert "mpcup restart Node2" in diagnosis.out, diagnosis
        found = cloud.run("diagnose", "--json").json()
        assert found["stopped"] == ["Node2"] and [c["fault"] for c in found["causes"]] == ["H12"], found
        again = cloud.run("up")
        assert again.code == 1 and "node-2 is stopped" in again.err and again.seconds < 20, again
        assert "no task runs" in cloud.ok("stop-task", "node-2", "--keep-stopped").out
        nothing = cloud.run("stop-task", "node-2")
        assert nothing.code == 3 and "nothing to stop" in nothing.err, nothing
        cloud.ok("restart", "node-2")
        assert desired(cloud)["node-2"] == 1
        formed(cloud)


@test
def restart_replaces_each_task_one_after_the_other():
    with Cloud() as cloud:
        up(cloud)
        before = task_ids(cloud)
        done = cloud.ok("restart", "--all")
        lines = [line.split() for line in done.out.splitlines()]
        assert [line[0] for line in lines] == ["node-0", "node-1", "node-2"], done
        after = task_ids(cloud)
        assert [line[-1] for line in lines] == list(after.values()), (done, after)
        assert not set(before.values()) & set(after.values()), (before, after)
        cluster = cloud.aws("ecs", "list-clusters")["clusterArns"][-1]
        old = cloud.aws("ecs", "describe-tasks", "--cluster", cluster, "--tasks", *before.values())["tasks"]
        new = cloud.aws("ecs", "describe-tasks", "--cluster", cluster, "--tasks", *after.values())["tasks"]
        ended = {t["taskDefinitionArn"]: t["stoppingAt"] for t in old}
        began = {t["taskDefinitionArn"]: t["startedAt"] for t in new}
        order = sorted(ended, key=ended.get)
        for first, second in zip(order, order[1:]):
            assert began[first] <= ended[second], (began, ended)
        formed(cloud)
        assert "verified by OpenSSL" in cloud.ok(*SIGN).out
        view = cloud.ok("restart", "node-0", "node-1", "--at-once", "--json").json()
        assert [s["rolloutState"] for s in view["services"]] == ["COMPLETED"] * 2, view
        assert [len(s["taskArns"]) for s in view["services"]] == [1, 1], view
        asked = cloud.ok("restart", "node-0", "--no-wait")
        assert re.search(r"node-0 +restarts: deployment ecs-svc/\d+", asked.out), asked
        assert cloud.ok("restart", "node-2", "--quiet").out.count("\n") == 1
        formed(cloud)


@test
def an_interrupted_restart_says_what_goes_on():
    with Cloud() as cloud:
        up(cloud)
        before = task_ids(cloud)
        with subprocess.Popen(cloud.command("restart", "--all"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=cloud.environment, cwd=cloud.work) as process:
            assert process.stdout.readline().startswith("node-0"), process
            process.send_signal(signal.SIGINT)
            errors = process.communicate(timeout=20)[1]
        assert process.returncode == 130 and "whose turn had not come" in errors, errors
        formed(cloud)
        assert task_ids(cloud)["node-0"] != before["node-0"] and task_ids(cloud)["node-2"] == before["node-2"]


@test
def a_node_that_does_not_come_back_ends_the_restart_with_its_reason():
    with Cloud() as cloud:
        up(cloud)
        before = task_ids(cloud)
        secrets = cloud.aws("cloudformation", "describe-stack-resources", "--stack-name", "mpc-network")["StackResources"]
        secret = next(s["PhysicalResourceId"] for s in secrets if s["LogicalResourceId"] == "Node1AccountSecret")
        cloud.aws("secretsmanager", "delete-secret", "--secret-id", secret, "--force-delete-without-recovery")
        failed = cloud.run("restart", "--all", "--timeout", "15")
        assert failed.code == 1, failed
        assert "node-0" in failed.out and "steady" in failed.out, failed
        assert re.search(r"STOPPED +task \w{8} of node-1", failed.out), failed
        assert "node-1" in failed.err and "mpcup diagnose" in failed.err and "1 after it" in failed.err, failed
        assert task_ids(cloud)["node-2"] == before["node-2"]
        quiet = cloud.run("restart", "node-1", "--timeout", "1", "--json")
        assert quiet.code == 1 and quiet.json()["services"][0]["rolloutState"] in ("IN_PROGRESS", "FAILED"), quiet


@test
def what_is_meant_is_asked_and_nothing_is_touched_meanwhile():
    with Cloud() as cloud:
        nobody = cloud.run("restart", "--all")
        assert nobody.code == 3 and "mpcup cloud start" in nobody.err, nobody
        up(cloud)
        before = task_ids(cloud)
        for arguments, text in ((["stop-task"], "which node?"), (["restart"], "--all takes every MPC node"),
                                (["restart", "nod-1"], "did you mean node-1?"),
                                (["stop-task", "node-0", "elsewhere"], "it has node-0, node-1, node-2"),
                                (["stop-task", "node-0", "--all"], "not both"),
                                (["restart", "node-0", "--timeout", "soon"], "--timeout soon"),
                                (["logs", "nod-1"], "did you mean node-1?")):
            refused = cloud.run(*arguments)
            assert refused.code == 2 and text in refused.err and not refused.out, refused
        assert cloud.run("restart", "node-0", "--stack", "none").code == 3
        assert task_ids(cloud) == before


@test
def a_service_of_several_tasks_is_stopped_but_not_kept_stopped():
    with Cloud() as cloud:
        up(cloud)
        cluster = cloud.aws("ecs", "list-clusters")["clusterArns"][-1]
        service = cloud.ok("status", "--json").json()["nodes"][0]["serviceArn"]
        cloud.aws("ecs", "update-service", "--cluster", cluster, "--service", service, "--desired-count", "2")
        refused = cloud.run("stop-task", "node-0", "--keep-stopped")
        assert refused.code == 2 and "desired count of 2" in refused.err, refused
        assert desired(cloud)["node-0"] == 2


@test
def a_task_that_is_stopped_while_it_starts_does_not_take_its_whole_stop_timeout():
    with Cloud() as cloud:
        up(cloud)
        for _ in range(3):
            cloud.ok("restart", "--all", "--no-wait")
            stopped = cloud.ok("stop-task", "--all", "--keep-stopped")
            assert stopped.seconds < 20, stopped
            cloud.ok("restart", "--all", "--at-once")
        cloud.ok("restart", "--all", "--no-wait")
        assert cloud.ok("down").seconds < 20


@test
def on_aws_the_same_calls_say_first_who_and_where():
    with Cloud() as cloud, Proxy(cloud.port) as proxy:
        up(cloud)
        cloud.environment.update(AWS_ACCESS_KEY_ID="AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY="wJalrXUtnFEMI",
                                 AWS_EC2_METADATA_DISABLED="true")
        there = ["--target", "aws", "--region", "us-east-1", "--endpoint-url", f"http://127.0.0.1:{proxy.port}"]
        stopped = cloud.ok("stop-task", "node-1", *there)
        assert "AWS account 000000000000, region us-east-1" in stopped.err, stopped
        assert "mpcup status --target aws --region us-east-1" in stopped.out, stopped
        assert [r.action for r in proxy.seen if r.action in ("StopTask", "UpdateService")] == ["StopTask"]
        assert '"reason":"Stopped by mpcup stop-task"' in next(r.text for r in proxy.seen if r.action == "StopTask")
        formed(cloud)
        del proxy.seen[:]
        cloud.ok("stop-task", "node-1", "--keep-stopped", *there)
        cloud.ok("restart", "node-1", *there)
        updates = [r.text for r in proxy.seen if r.action == "UpdateService"]
        assert len(updates) == 2 and proxy.count("StopTask") == 0, [r.action for r in proxy.seen]
        assert '"desiredCount":0' in updates[0] and "forceNewDeployment" not in updates[0], updates
        assert '"desiredCount":1' in updates[1] and '"forceNewDeployment":true' in updates[1], updates
        formed(cloud)


main()
