#!/usr/bin/env python3
"""Machines that refuse: no user namespaces, a full disk. One clear message, the right exit code, and a state
from which things go on."""
import os, subprocess, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *


def in_namespace(cloud, script, timeout=120):
    """Runs a shell script in a user and mount namespace of its own, where it is root."""
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, env={**cloud.environment, "MPCUP": BINARY},
                          cwd=cloud.work, timeout=timeout, stdin=subprocess.DEVNULL)
    return Result(done.returncode, done.stdout, done.stderr, 0)


@test
def without_user_namespaces_the_message_names_the_setting():
    with Cloud() as cloud:
        result = in_namespace(cloud, "echo 0 > /proc/sys/user/max_user_namespaces && $MPCUP cloud start")
        assert result.code == 3, result
        assert "cannot make the namespaces" in result.err and "max_user_namespaces" in result.err, result
        assert not cloud.daemon_pids()


@test
def a_full_disk_is_said_and_down_still_works():
    with Cloud() as cloud:
        os.mkdir(os.path.join(cloud.work, "state"))
        script = """
        mount -t tmpfs -o size=1600k none state || exit 90
        $MPCUP init --quiet || exit 91
        $MPCUP cloud start --quiet || exit 92
        head -c 1500k /dev/zero > state/ballast 2>/dev/null
        timeout 60 $MPCUP up; echo "up=$?"
        timeout 60 $MPCUP up; echo "full=$?"
        rm state/ballast
        mount -o remount,size=64m state
        $MPCUP up --quiet; echo "again=$?"
        $MPCUP down --quiet --purge; echo "down=$?"
        $MPCUP cloud stop --quiet
        """
        result = in_namespace(cloud, script)
        assert "up=3" in result.out or "up=1" in result.out, result
        assert "full=3" in result.out, result
        assert "cannot save its state" in result.err and "disk is full" in result.err, result
        assert "again=0" in result.out and "down=0" in result.out, result


main()
