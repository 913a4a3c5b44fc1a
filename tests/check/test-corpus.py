#!/usr/bin/env python3
"""mpcup check over tests/templates: each faulty template is found out by one of its fault ids first, and good and
benign ones have neither FAIL nor WARN. MPCUP_CHECK_GROUPS=AB: only faults of these groups."""
import json, os, subprocess, sys, tempfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

TEMPLATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "templates")
GROUPS = os.environ.get("MPCUP_CHECK_GROUPS", "ABCDEFGHIJ")
with open(os.path.join(TEMPLATES, "manifest.json")) as manifest:
    CASES = json.load(manifest)["cases"]
CODES = {"FAIL": 1, "WARN": 0}


def check(*arguments):
    done = subprocess.run([BINARY, "check", "--json", *arguments], capture_output=True, text=True, cwd=TEMPLATES,
                          timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode in (0, 1), (arguments, done.returncode, done.stderr)
    return json.loads(done.stdout), done.returncode


def files(case):
    return [case["file"], *([case["exporter"]["file"]] if "exporter" in case else [])]


def params(case):
    return ["--params", f"params/cdk-{case.get('nodes', 3)}.json"]


def brief(result):
    return [(f["verdict"], f["fault"], f["message"]) for f in result["findings"] if f["verdict"] != "UNKNOWN"][:4]


def clean(kind, arguments):
    problems = []
    for case in CASES:
        if case["kind"] == kind:
            result, code = check(*files(case), *arguments(case))
            if code or brief(result):
                problems.append((case["file"], code, brief(result)))
    assert not problems, "\n".join(map(str, problems))


@test
def good_templates_have_nothing_wrong_with_them():
    clean("good", lambda case: [])
    clean("good", params)


@test
def benign_variants_have_nothing_wrong_with_them():
    clean("benign", lambda case: [])
    clean("benign", params)


@test
def faulty_templates_are_found_out_by_their_fault_first():
    problems = []
    for case in CASES:
        if case["kind"] != "faulty" or not any(i[0] in GROUPS for i in case.get("ids", [])):
            continue
        result, code = check(*files(case))
        first = next((f for f in result["findings"]), {"verdict": "none", "fault": "none"})
        wanted = "WARN" if case["stage"] == "latent" else "FAIL"
        if (first["verdict"], code) not in ((wanted, CODES[wanted]), ("FAIL", 1)) or first["fault"] not in case["ids"]:
            problems.append((case["file"], case["ids"], wanted, brief(result)))
    assert not problems, "\n".join(map(str, problems))


@test
def findings_say_where_and_what_to_do():
    for case in CASES:
        if case["kind"] != "faulty" or not any(i[0] in GROUPS for i in case.get("ids", [])):
            continue
        for finding in check(*files(case))[0]["findings"]:
            for member in ("fault", "rule", "message", "remedy", "step", "distance", "location"):
                assert finding.get(member), (case["file"], member, finding)
            assert finding["location"]["line"] > 0 or not finding["resource"], (case["file"], finding)


@test
def keys_without_a_value_are_unknown_and_with_one_are_judged():
    result, _ = check("good/standalone.json")
    asked = [f for f in result["findings"] if f["verdict"] == "UNKNOWN" and f["fault"] == "B01"]
    assert len(asked) == 6 and all(f["lookup"] for f in asked), asked
    judged, _ = check("good/standalone.json", "--params", "params/cdk-3.json")
    assert not [f for f in judged["findings"] if f["fault"] == "B01"], judged["findings"]


@test
def every_task_has_the_whole_launch_sequence():
    result, _ = check("faulty/env-localnet.json")
    assert len(result["tasks"]) == 3
    for task in result["tasks"]:
        steps = {s["step"]: s for s in task["steps"]}
        assert list(steps)[0] == "placement" and "signature" in steps
        assert steps["entry"]["verdict"] == "FAIL" and "A01" in steps["entry"]["faults"], steps


@test
def exit_codes_and_texts_tell_what_happened():
    def run(*arguments):
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True, cwd=TEMPLATES, timeout=60,
                              stdin=subprocess.DEVNULL)
    found = run("check", "faulty/env-localnet.json")
    assert found.returncode == 1 and "faulty/env-localnet.json:" in found.stdout and "remedy:" in found.stdout
    assert "MpcNode0Service" in found.stdout and not found.stderr, found
    assert run("check", "--quiet", "good/standalone.json").stdout == ""
    assert run("check", "nothing-here.json").returncode == 2
    with tempfile.NamedTemporaryFile("w", suffix=".json") as broken:
        broken.write("{")
        broken.flush()
        assert run("check", broken.name).returncode == 2
    dangling = run("check", "--json", "faulty/dangling-ref.json")
    assert dangling.returncode == 1 and json.loads(dangling.stdout)["findings"][0]["fault"] == "G15", dangling
    assert not dangling.stderr, dangling
    assert run("check", "--node-profile", "9.9", "good/standalone.json").returncode == 2
    assert "base58" in run("explain", "b05").stdout and run("explain", "Z9").returncode == 2


@test
def a_network_file_is_checked_without_making_anything():
    with tempfile.TemporaryDirectory() as d:
        subprocess.run([BINARY, "init"], cwd=d, check=True, capture_output=True)
        done = subprocess.run([BINARY, "check", "--json"], cwd=d, capture_output=True, text=True)
        assert done.returncode == 0, done
        assert os.listdir(d) == ["network.yaml"], os.listdir(d)
        assert not [f for f in json.loads(done.stdout)["findings"] if f["verdict"] == "FAIL"]


main()
