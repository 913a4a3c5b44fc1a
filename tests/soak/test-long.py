#!/usr/bin/env python3
"""Longer than CI wants to wait: the largest network that fits one template, many rounds on one daemon, and a
daemon that is killed at random moments. SEED=n replays the moments."""
import os, random, signal, sys, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

SEED = int(os.environ.get("SEED", random.randrange(1 << 30)))
print(f"# SEED={SEED}")


@test
def fifty_seven_nodes_come_up_and_go_down():
    with Cloud() as cloud:
        cloud.ok("up", template("scale/standalone-57.json"), "--stack", "Mpc", "--params", template("params/cdk-57.json"),
                 "--chain-key", template("chain.json"), "--timeout", "120", timeout=300)
        assert cloud.ok("status", "--stack", "Mpc", "--json").json()["summary"]["peerConnections"] == 57 * 56
        cloud.ok("down", "--stack", "Mpc", "--purge", timeout=120)


@test
def sixty_four_nodes_come_up_in_nested_stacks_and_go_down():
    with Cloud() as cloud:
        cloud.ok("init", "--nodes", "64")
        began = time.monotonic()
        cloud.ok("up", "--timeout", "300", timeout=600)
        up = time.monotonic() - began
        assert cloud.ok("status", "--json").json()["summary"]["peerConnections"] == 64 * 63
        nested = [s for s in cloud.aws("cloudformation", "describe-stacks")["Stacks"] if "ParentId" in s]
        assert [s["StackStatus"] for s in nested] == ["CREATE_COMPLETE"] * 4, nested
        began = time.monotonic()
        cloud.ok("down", "--purge", timeout=180)
        print(f"# 64 nodes: up {up:.1f} s, down {time.monotonic() - began:.1f} s")
        assert cloud.aws("cloudformation", "describe-stacks")["Stacks"] == []


@test
def many_rounds_on_one_daemon_leave_no_descriptor_or_process_behind():
    def count(cloud):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in cloud.daemon_pids()), len(cloud.daemon_pids())
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("up")
        cloud.ok("down", "--purge")
        wait_for(lambda: count(cloud)[1] <= 4, "tasks gone")
        before = count(cloud)
        for _ in range(25):
            cloud.ok("up")
            cloud.ok("down", "--purge")
        wait_for(lambda: count(cloud) <= before, f"as at first {before}, now {count(cloud)}")


@test
def a_daemon_killed_at_any_moment_comes_back_to_a_network():
    chance = random.Random(SEED)
    with Cloud() as cloud:
        cloud.ok("init")
        for _ in range(20):
            cloud.ok("cloud", "start")
            running = subprocess.Popen(cloud.command("up", "--quiet"), env=cloud.environment, cwd=cloud.work,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(timeout=chance.uniform(0.05, 1.2))
            for pid in cloud.daemon_pids() - {running.pid}:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            running.wait(timeout=60)
            wait_for(lambda: not cloud.daemon_pids(), "nothing left")
        cloud.ok("up", "--timeout", "60")
        cloud.ok("down", "--purge")


main()
