#!/usr/bin/env python3
"""mpcup diagnose: every faulty template that fails when it is deployed or when it runs is deployed on the local
cloud, and as soon as there is evidence the first cause that diagnose names is the template's fault; the same from
the saved evidence, with the cloud stopped."""
import os, re, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from concurrent.futures import ThreadPoolExecutor
from mpcup import *

with open(template("manifest.json")) as manifest:
    CASES = [c for c in json.load(manifest)["cases"] if c["kind"] == "faulty"]
# what CloudFormation refuses before there is a stack
NO_STACK = ("duplicate-export", "too-many-resources", "dangling-ref", "import-name-mismatch")

# what the built-in node lives with, or a retry elsewhere gets over: only the template tells
UNSEEN = ("undersized-task", "keys-swapped", "condition-drops-mount-target")


def files(case):
    return [template(c["file"]) for c in ([case["exporter"]] if "exporter" in case else []) + [case]]


def stack_of(case):
    """An import pattern keeps the names that its stacks have in each other's imports."""
    return [] if "exporter" in case else ["--stack", "Mpc"]


@contextlib.contextmanager
def deploying(cloud, case, *more):
    """`mpcup up` in the background; it has ended when the block ends."""
    process = subprocess.Popen(
        cloud.command("up", *files(case), "--force", *stack_of(case), "--params",
                      template(f"params/cdk-{case.get('nodes', 3)}.json"), "--chain-key", template("chain.json"),
                      "--image", "*busybox*=localnet", "--timeout", "1", *more),
        env=cloud.environment, cwd=cloud.work, stdin=subprocess.DEVNULL,
        stdout=open(os.path.join(cloud.work, "up.log"), "w"), stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def first_evidence(cloud, case, process):
    """Something failed; or, where nothing has to, up is done (what it deployed runs, and is of no use)."""
    must_fail = case["stage"] in ("task-start", "container") and case["name"] not in UNSEEN

    def seen():
        ended = process.poll() is not None and not must_fail
        result = cloud.run("events", "--json", *stack_of(case))
        if result.code:
            assert not ended, f"{case['name']}: no stack: {result}"
            return False
        return ended or any(e.get("stopCode") == "TaskFailedToStart" or e.get("stopCode") == "EssentialContainerExited"
                            or "FAILED" in e.get("ResourceStatus", "") for e in result.json())
    try:
        return wait_for(seen, "evidence of " + case["name"])
    except AssertionError as error:
        with open(os.path.join(cloud.work, "up.log")) as log:
            raise AssertionError(f"{error}; up ended {process.poll()}: {log.read()[-1500:]}")


def shown(diagnosis):
    return json.dumps([{k: c.get(k) for k in ("fault", "confidence", "step", "message", "evidence")}
                       for c in diagnosis["causes"]] + diagnosis["unexplained"] + diagnosis["unread"])[:1500]


def judge(case, diagnosis, how):
    """The problem, or None."""
    name = f"{case['name']} ({how})"
    causes = diagnosis["causes"]
    if not causes:
        return f"{name}: no cause: {shown(diagnosis)}"
    first = causes[0]
    if first["fault"] not in case["ids"]:
        return f"{name}: {first['fault']} instead of {case['ids']}: {shown(diagnosis)}"
    if case["name"] not in UNSEEN and (first["evidence"][0]["source"] == "template" or first["confidence"] != "certain"):
        return f"{name}: {first['confidence']} without evidence: {shown(diagnosis)}"
    if not first["resource"] or not first["path"] or not first["remedy"]:
        return f"{name}: no place or no change: {shown(diagnosis)}"
    return None


def one(case):
    """Problems with one faulty template."""
    problems = []
    with Cloud() as cloud:
        with deploying(cloud, case, "--no-rollback") as process:
            first_evidence(cloud, case, process)
            result = cloud.run("diagnose", "--json", *stack_of(case))
            assert result.code == 1, (case["name"], result)
            problem = judge(case, result.json(), "live")
            if problem:
                problem += "\n" + cloud.ok("events", *stack_of(case)).out[-2000:]
            problems.append(problem)
            cloud.ok("events", "--save", "evidence.json", *stack_of(case))
        assert os.stat(os.path.join(cloud.work, "evidence.json")).st_mode & 0o777 == 0o600
        cloud.ok("cloud", "stop")
        result = cloud.run("diagnose", "--from", "evidence.json", "--json")
        assert result.code == 1, (case["name"], result)
        problems.append(judge(case, result.json(), "saved"))
        cloud.ok("cloud", "start")
    return [p for p in problems if p]


def all_of(*stages):
    cases = [c for c in CASES if c["stage"] in stages and c["ids"] and c["name"] not in NO_STACK]
    only = os.environ.get("MPCUP_DIAGNOSE_ONLY")
    cases = [c for c in cases if not only or c["name"] in only.split(",")]
    with ThreadPoolExecutor(3) as pool:
        problems = [p for found in pool.map(one, cases) for p in found]
    assert not problems, "\n".join(problems)


@test
def what_does_not_start_is_explained_by_its_fault():
    all_of("task-start")


@test
def what_exits_is_explained_by_its_fault():
    all_of("container")


@test
def what_runs_to_no_use_is_explained_by_its_fault():
    all_of("runtime")


@test
def what_is_not_created_is_explained_by_its_fault():
    all_of("create")


@test
def what_was_rolled_back_is_explained_by_what_is_left():
    with Cloud() as cloud:
        case = next(c for c in CASES if c["name"] == "exec-role-no-secrets")
        with deploying(cloud, case):
            pass
        result = cloud.run("diagnose", "Mpc", "--json")
        assert result.code == 1, result
        found = result.json()
        assert found["status"] == "ROLLBACK_COMPLETE" and not found["inProgress"], found
        first = found["causes"][0]
        assert (first["fault"], first["confidence"], first["step"]) == ("E02", "likely", "secrets"), shown(found)
        assert any("rolls back" in c["text"] for c in first["consequences"]), first
        assert found["advice"][0]["action"] == "delete" and found["advice"][0]["safe"], found["advice"]
        asked = cloud.run("diagnose", "Mpc", "--fix")
        assert asked.code == 2 and "--yes" in asked.err, asked
        fixed = cloud.run("diagnose", "Mpc", "--fix", "--yes")
        assert fixed.code == 1, fixed
        gone = cloud.run("diagnose", "Mpc")
        assert gone.code == 3 and "does not exist" in gone.err, gone


@test
def up_names_the_cause_while_it_waits_and_when_it_fails():
    with Cloud() as cloud:
        arguments = ("--force", "--stack", "Mpc", "--params", template("params/cdk-3.json"), "--chain-key",
                     template("chain.json"), "--timeout", "1")
        failed = cloud.run("up", template("faulty/log-group-missing.json"), *arguments)
        assert failed.code == 1, failed
        lines = failed.out.splitlines()
        cause = next(i for i, line in enumerate(lines) if line.strip().startswith("CAUSE") and "F27" in line)
        assert cause < next(i for i, line in enumerate(lines) if "CREATE_FAILED" in line), failed.out
        place = f"{template('faulty/log-group-missing.json')}:"
        assert place in lines[cause + 1] and "F27 log-group-missing (certain)" in failed.err, failed
        assert "What can be done with the stack now" in failed.err, failed.err
        # the rollback is over, and what it took away was kept
        assert "The specified log group does not exist" in failed.err.split("Evidence")[1], failed.err
        found = cloud.run("up", template("faulty/log-group-missing.json"), *arguments, "--json")
        assert found.code == 1 and found.json()["diagnosis"]["causes"][0]["fault"] == "F27", found
        unformed = cloud.run("up", template("faulty/no-cloudmap.json"), *arguments)
        assert unformed.code == 1 and "I02 service-not-registered (certain)" in unformed.err, unformed
        view = cloud.run("up", template("faulty/no-cloudmap.json"), *arguments, "--json")
        assert view.code == 1 and view.json()["diagnosis"]["causes"][0]["fault"] == "I02", view


@test
def an_update_that_fails_is_explained_and_the_stack_stands():
    with Cloud() as cloud:
        arguments = ("--force", "--stack", "Mpc", "--params", template("params/cdk-3.json"), "--chain-key",
                     template("chain.json"))
        cloud.ok("up", template("good/standalone.json"), *arguments)
        failed = cloud.run("up", template("faulty/secret-selector-malformed.json"), *arguments)
        assert failed.code == 1 and "B10 valuefrom-malformed-selector (certain)" in failed.err, failed
        after = cloud.run("diagnose", "Mpc", "--json")
        assert after.code == 1, after
        found = after.json()
        assert found["status"] == "UPDATE_ROLLBACK_COMPLETE", found["status"]
        # the template that failed is gone with the rollback: the tasks' own words are left
        assert found["causes"][0]["fault"] == "B10" and found["causes"][0]["confidence"] == "likely", shown(found)
        assert [a["action"] for a in found["advice"]] == ["update"], found["advice"]


@test
def a_network_that_has_formed_has_nothing_wrong():
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("up")
        result = cloud.ok("diagnose", "--json").json()
        assert result["causes"] == [] and result["unexplained"] == [] and result["unread"] == [], result
        assert [a["action"] for a in result["advice"]] == ["none"], result
        assert "Nothing is wrong" in cloud.ok("diagnose").out


@test
def evidence_holds_no_secret_value_and_bad_evidence_is_refused():
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("up")
        cloud.ok("events", "--save", "evidence.json")
        text = open(os.path.join(cloud.work, "evidence.json")).read()
        keys = os.path.join(cloud.work, "keys")
        values = [line.split('"')[3] for name in os.listdir(keys) for line in open(os.path.join(keys, name))
                  if '"secret_key"' in line or '"private_key"' in line]
        assert values and not any(value in text for value in values)
        cloud.ok("down", "--purge")
        with open(template("params/cdk-3.json")) as params:
            keys = [p["ParameterValue"] for p in json.load(params) if p["ParameterValue"].startswith("ed25519:")]
        for name in ("secret-literal-in-template", "secret-in-environment"):
            case = next(c for c in CASES if c["name"] == name)
            with deploying(cloud, case):
                pass
            cloud.ok("events", "--save", "clear.json", "--stack", "Mpc")
            text = open(os.path.join(cloud.work, "clear.json")).read()
            assert len(text) > 50000 and not any(key in text for key in keys), name
            assert not re.search("ed25519:[1-9A-HJ-NP-Za-km-z]{60}", text), name
            live = cloud.run("diagnose", "Mpc", "--json").json()
            saved = cloud.run("diagnose", "--from", "clear.json", "--json").json()
            assert [c["fault"] for c in live["causes"]] == [c["fault"] for c in saved["causes"]], (live, saved)
            cloud.ok("down", "--stack", "Mpc", "--purge")
        for bad, why in (("{", "evidence.json"), ("[]", "not an object"), ('{"version": 2}', "version"),
                         ('{"version": 1, "stacks": {}}', "stacks: expected a list"),
                         ('{"version": 1, "stacks": [{"stack": 1}]}', "stacks[0].stack")):
            with open(os.path.join(cloud.work, "bad-evidence.json"), "w") as out:
                out.write(bad)
            result = cloud.run("diagnose", "--from", "bad-evidence.json")
            assert result.code == 2 and why in result.err, (bad, result)
        both = cloud.run("diagnose", "--from", "evidence.json", "--fix")
        assert both.code == 2, both


main()
