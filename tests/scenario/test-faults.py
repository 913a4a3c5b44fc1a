#!/usr/bin/env python3
"""The faults of the field report, reproduced: each faulty template fails (or runs uselessly) the way AWS
shows it, with the real stoppedReason."""
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

CHAIN = template("chain.json")


def up(cloud, name, *more):
    """check would refuse them all; --force shows what it saves one from."""
    return cloud.run("up", template(f"faulty/{name}.json"), "--force", "--stack", "Mpc", "--params",
                     template("params/cdk-3.json"), "--chain-key", CHAIN, *more, timeout=180)


def stopped(cloud):
    return [e for e in cloud.ok("events", "--stack", "Mpc", "--json").json() if e.get("stoppedReason")]


def fails_to_start(name, *texts, logs=False):
    with Cloud() as cloud:
        result = up(cloud, name, "--no-rollback")
        assert result.code == 1, result
        tasks = stopped(cloud)
        assert tasks, result
        for text in texts:
            assert any(text in t["stoppedReason"] for t in tasks), (text, [t["stoppedReason"] for t in tasks])
        assert all(t["stopCode"] == "TaskFailedToStart" for t in tasks), tasks
        assert any(texts[0] in line for line in result.out.splitlines()), "up does not show the reason"
        lines = cloud.run("logs", "--stack", "Mpc").out
        assert not lines.strip(), lines
        cloud.ok("down", "--stack", "Mpc", "--purge")


@test
def efs_without_an_nfs_rule_times_out_without_a_log():
    fails_to_start("efs-no-nfs-rule", "ResourceInitializationError: failed to invoke EFS utils commands",
                   "Connection timed out")


@test
def an_execution_role_without_secrets_rights_is_denied():
    fails_to_start("exec-role-no-secrets", "unable to pull secrets or registry auth", "AccessDeniedException",
                   "secretsmanager:GetSecretValue")


@test
def efs_rights_on_the_execution_role_do_not_help_the_task():
    fails_to_start("efs-perms-on-exec-role", "access denied by server while mounting")


@test
def a_missing_log_group_stops_the_task():
    fails_to_start("log-group-missing", "The specified log group does not exist")


def container_exits(name, *lines):
    with Cloud() as cloud:
        result = up(cloud, name, "--no-rollback")
        assert result.code == 1, result
        tasks = stopped(cloud)
        assert tasks and all(t["stopCode"] == "EssentialContainerExited" for t in tasks), tasks
        assert all(t["stoppedReason"] == "Essential container in task exited" for t in tasks), tasks
        assert all(t["containers"][0]["exitCode"] not in (0, None) for t in tasks), tasks
        logs = cloud.ok("logs", "--stack", "Mpc").out
        for line in lines:
            assert line in logs, (line, logs[-3000:])
        cloud.ok("down", "--stack", "Mpc", "--purge")
        return logs


@test
def localnet_as_mpc_env_exits_and_the_log_shows_why():
    logs = container_exits("env-localnet", "Downloading genesis file", "FileNotFoundError", "Starting mpc node...")
    assert "Near node initialized" not in logs and "Near node config updated" not in logs


@test
def a_placeholder_key_exits_and_the_log_shows_why():
    logs = container_exits("secret-placeholder")
    assert "ed25519:" in logs and "prefix" in logs, logs[-2000:]


@test
def empty_boot_nodes_are_healthy_and_have_no_chain_peer():
    with Cloud() as cloud:
        result = up(cloud, "empty-boot-nodes", "--timeout", "3")
        assert result.code == 1 and "has no chain peer" in result.err, result
        status = cloud.run("status", "--stack", "Mpc", "--json").json()
        assert status["stackStatus"] == "CREATE_COMPLETE"
        assert status["summary"]["healthy"] == 3 and status["summary"]["following"] == 0, status["summary"]
        cloud.ok("down", "--stack", "Mpc", "--purge")


@test
def without_cloud_map_registration_peers_do_not_find_each_other():
    with Cloud() as cloud:
        result = up(cloud, "no-cloudmap", "--timeout", "4")
        assert result.code == 1, result
        status = cloud.run("status", "--stack", "Mpc", "--json").json()
        assert status["summary"]["healthy"] == 3 and status["summary"]["following"] == 3, status["summary"]
        assert status["summary"]["peerConnections"] == 0, status["summary"]
        cloud.ok("down", "--stack", "Mpc", "--purge")


@test
def a_chain_with_another_key_is_refused_by_the_nodes():
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("keys", "generate")
        result = cloud.run("up", template("good/standalone.json"), "--stack", "Mpc", "--params",
                           template("params/cdk-3.json"), "--chain-key", "keys/chain.json", "--timeout", "3")
        assert result.code == 1, result
        status = cloud.run("status", "--stack", "Mpc", "--json").json()
        assert status["summary"]["healthy"] == 3 and status["summary"]["following"] == 0, status["summary"]
        cloud.ok("down", "--stack", "Mpc", "--purge")


@test
def a_failed_create_rolls_back_and_up_starts_over():
    with Cloud() as cloud:
        result = up(cloud, "efs-no-nfs-rule")
        assert result.code == 1, result
        stack = cloud.aws("cloudformation", "describe-stacks", "--stack-name", "Mpc")["Stacks"][0]
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE", stack
        good = cloud.ok("up", template("good/standalone.json"), "--stack", "Mpc", "--params",
                        template("params/cdk-3.json"), "--chain-key", CHAIN)
        assert "ROLLBACK_COMPLETE from an earlier run; deleting it first" in good.out, good
        cloud.ok("down", "--stack", "Mpc", "--purge")


@test
def a_live_change_of_a_security_group_takes_effect():
    with Cloud() as cloud:
        result = up(cloud, "efs-no-nfs-rule", "--no-rollback")
        assert result.code == 1
        groups = cloud.aws("ec2", "describe-security-groups")["SecurityGroups"]
        storage = next(g["GroupId"] for g in groups if g["Description"] == "MPC EFS")
        nodes = next(g["GroupId"] for g in groups if g["Description"] == "MPC nodes")
        cloud.aws("ec2", "authorize-security-group-ingress", "--group-id", storage, "--ip-permissions",
                  f"IpProtocol=tcp,FromPort=2049,ToPort=2049,UserIdGroupPairs=[{{GroupId={nodes}}}]")
        cluster = cloud.aws("ecs", "list-clusters")["clusterArns"][0]
        for arn in cloud.aws("ecs", "list-services", "--cluster", cluster)["serviceArns"]:
            cloud.aws("ecs", "update-service", "--cluster", cluster, "--service", arn, "--force-new-deployment")
        wait_for(lambda: len(cloud.aws("ecs", "list-tasks", "--cluster", cluster)["taskArns"]) == 3 and all(
            t["lastStatus"] == "RUNNING" for t in cloud.aws(
                "ecs", "describe-tasks", "--cluster", cluster, "--tasks",
                *cloud.aws("ecs", "list-tasks", "--cluster", cluster)["taskArns"])["tasks"]), "tasks run")
        cloud.ok("down", "--stack", "Mpc", "--purge")


@test
def what_check_fails_is_not_deployed_unless_forced():
    with Cloud() as cloud:
        arguments = ("up", template("faulty/efs-no-nfs-rule.json"), "--stack", "Mpc", "--params",
                     template("params/cdk-3.json"), "--chain-key", CHAIN)
        refused = cloud.run(*arguments)
        assert refused.code == 1 and "FAIL C01 efs-2049-ingress-missing" in refused.out, refused
        assert "nothing was deployed" in refused.err and "--force" in refused.err, refused
        found = cloud.run(*arguments, "--json")
        assert found.code == 1 and found.json()["findings"][0]["fault"] == "C01", found
        assert not cloud.daemon_pids(), "a cloud was started for nothing"
        forced = cloud.run(*arguments, "--force")
        assert forced.code == 1 and "Connection timed out" in forced.out, forced
        lines = [line for line in forced.err.splitlines() if line.startswith("check: ")]
        assert len(lines) == 1 and "because of --force" in lines[0] and "FAIL" in lines[0], forced.err
        cloud.ok("down", "--stack", "Mpc", "--purge")


@test
def what_check_cannot_tell_is_said_in_one_line():
    with Cloud() as cloud:
        arguments = ("up", template("good/standalone.json"), "--stack", "Mpc", "--params",
                     template("params/cdk-3.json"), "--chain-key", CHAIN)
        result = cloud.ok(*arguments)
        lines = [line for line in result.err.splitlines() if line.startswith("check: ")]
        assert len(lines) == 1 and "3 tasks, 0 FAIL, 0 WARN" in lines[0] and "mpcup check" in lines[0], result.err
        assert "check:" not in cloud.ok(*arguments, "--quiet").err
        cloud.ok("down", "--stack", "Mpc", "--purge")


main()
