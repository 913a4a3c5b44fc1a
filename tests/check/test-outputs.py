#!/usr/bin/env python3
"""What mpcup check gives beside its text: SARIF that is valid, suppressions, baselines, places in network.yaml."""
import contextlib, glob, json, os, re, subprocess, sys, tempfile
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
from mpcup import *
from jsonschema_subset import Validator

with open(os.path.join(HERE, "..", "vectors", "sarif-2.1.0.json")) as file:
    SCHEMA = Validator(json.load(file))
FAULTY = "faulty/efs-no-nfs-rule.json"


def run(*arguments, cwd=TEMPLATES):
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, cwd=cwd, timeout=60,
                          stdin=subprocess.DEVNULL)
    return Result(done.returncode, done.stdout, done.stderr, 0)


def check(*arguments, cwd=TEMPLATES):
    result = run("check", "--json", *arguments, cwd=cwd)
    assert result.code in (0, 1), result
    return result


@contextlib.contextmanager
def directory(**files):
    """A directory with these files; "__" in a name is its dot."""
    with tempfile.TemporaryDirectory() as d:
        for name, text in files.items():
            with open(os.path.join(d, name.replace("__", ".")), "w") as f:
                f.write(text)
        yield d


def faulty():
    with open(template(FAULTY)) as f:
        return json.load(f)


def of(findings, fault):
    return [f for f in findings if f["fault"] == fault]


def fails(result):
    return sorted({f["fault"] for f in result.json()["findings"] if f["verdict"] == "FAIL" and "suppressed" not in f})


# ---- SARIF

def sarif(*arguments, cwd=TEMPLATES):
    result = run("check", "--sarif", *arguments, cwd=cwd)
    assert result.code in (0, 1), result
    log = result.json()
    errors = list(SCHEMA.errors(log))
    assert not errors, (arguments, errors[:5])
    assert log["runs"][0]["invocations"][0]["exitCode"] == result.code, result
    return log["runs"][0]


@test
def the_validator_tells_good_from_bad():
    good = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {"text": "t"}}]}]}
    assert not list(SCHEMA.errors(good))
    for change in (lambda r: r.pop("tool"), lambda r: r["results"][0].update(level="bad"),
                   lambda r: r["results"][0].update(ruleIndex=-2), lambda r: r["results"][0].pop("message"),
                   lambda r: r["results"][0].update(more=1), lambda r: r["tool"]["driver"].update(informationUri="a b"),
                   lambda r: r["results"][0].update(locations=[{"physicalLocation": {"region": {"startLine": 0}}}])):
        bad = json.loads(json.dumps(good))
        change(bad["runs"][0])
        assert list(SCHEMA.errors(bad)), bad


@test
def sarif_of_every_template_is_valid_and_says_what_json_says():
    levels = {"FAIL": "error", "WARN": "warning", "UNKNOWN": "note"}
    paths = sorted(p for kind in ("good", "benign", "faulty", "scale") for p in glob.glob(os.path.join(TEMPLATES, kind, "*")))
    assert len(paths) > 60
    for path in paths:
        name = os.path.relpath(path, TEMPLATES)
        driven, findings = sarif(name), check(name).json()["findings"]
        rules = driven["tool"]["driver"]["rules"]
        assert len(driven["results"]) == len(findings), name
        for result, finding in zip(driven["results"], findings):
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding["fault"], (name, result)
            assert result["level"] == levels[finding["verdict"]] and finding["message"] in result["message"]["text"]
            assert "kind" not in result, result
            place = result["locations"][0]["physicalLocation"]
            assert place["artifactLocation"]["uri"] == finding["location"]["file"] == name, (name, place)
            assert place.get("region", {"startLine": 0})["startLine"] == finding["location"]["line"], (name, place)
            assert ("relatedLocations" in result) == ("second" in finding), (name, result)


@test
def rules_in_sarif_have_their_whole_story():
    rule = next(r for r in sarif(FAULTY)["tool"]["driver"]["rules"] if r["id"] == "C01")
    assert rule["name"] == "efs-2049-ingress-missing" and rule["properties"]["step"] == "efs-connect"
    assert rule["defaultConfiguration"]["level"] == "error" and rule["properties"]["distance"]
    for text in (rule["help"]["text"], rule["help"]["markdown"]):
        assert "2049" in text and "C02" in text and "SecurityGroupIngress" in text, text


@test
def fingerprints_stay_when_lines_move():
    with directory(one__json=json.dumps(faulty()), two__json="\n\n" + json.dumps(faulty(), indent=4)) as d:
        os.mkdir(os.path.join(d, "deep"))
        os.rename(os.path.join(d, "two.json"), os.path.join(d, "deep", "one.json"))
        first, second = sarif("one.json", cwd=d), sarif("deep/one.json", cwd=d)
        prints = [[r["partialFingerprints"] for r in s["results"]] for s in (first, second)]
        assert prints[0] == prints[1] and first["results"] != second["results"]


@test
def json_and_sarif_exclude_each_other():
    assert run("check", "--json", "--sarif", FAULTY).code == 2


# ---- suppressions in the template

@test
def a_suppression_with_a_reason_does_not_count_and_one_without_fails():
    body = faulty()
    place = of(check(FAULTY).json()["findings"], "C01")[0]["resource"]
    with directory() as d:
        def judged(*entries):
            body["Resources"][place].setdefault("Metadata", {})["mpcup"] = {"suppress": list(entries)}
            with open(os.path.join(d, "t.json"), "w") as f:
                json.dump(body, f, indent=1)
            return check("t.json", cwd=d)
        result = judged({"fault": "C01", "reason": "admitted by hand"})
        assert result.code == 0 and not fails(result), result
        assert all(f["suppressed"] == {"kind": "inline", "reason": "admitted by hand"} for f in of(result.json()["findings"], "C01"))
        for task in result.json()["tasks"]:
            step = next(s for s in task["steps"] if s["step"] == "efs-connect")
            assert step["verdict"] == "PASS" and step["suppressed"] == ["C01"] and not step["faults"], step
        text = run("check", "t.json", cwd=d)
        assert re.search(r", [1-9]\d* suppressed$", text.out, re.M) and "suppressed: C01" in text.out, text
        assert "FAIL C01" not in text.out, text
        told = [r for r in sarif("t.json", cwd=d)["results"] if r["ruleId"] == "C01"]
        assert all(r["suppressions"] == [{"kind": "inSource", "justification": "admitted by hand"}] for r in told)
        for entry in ({"fault": "C01"}, {"fault": "C01", "reason": " "}, {"reason": "x"}):
            result = judged(entry)
            assert result.code == 1 and fails(result) == ["C01", "T01"], (entry, result)
            assert of(result.json()["findings"], "T01")[0]["location"]["line"] > 1
        result = judged({"fault": "C01", "reason": "r"}, {"fault": "D25", "reason": "r"}, {"fault": "Q1", "reason": "r"})
        assert result.code == 0, result
        assert ["D25" in f["message"] or "Q1" in f["message"] for f in of(result.json()["findings"], "T02")] == [True, True]


@test
def a_yaml_template_takes_the_same():
    with open(template("good/standalone.yaml")) as f:
        text = f.read()
    text = re.sub(r"(?m)^Resources:", "Metadata:\n  mpcup:\n    suppress:\n      - {fault: G09, reason: x}\nResources:", text)
    with directory(t__yaml=text) as d:
        unused = of(check("t.yaml", cwd=d).json()["findings"], "T02")
        line = 1 + text[:text.index("- {fault: G09")].count("\n")
        assert len(unused) == 1 and unused[0]["location"]["line"] == line, unused


# ---- baselines

@test
def a_baseline_lets_known_findings_pass_and_no_new_ones():
    body = faulty()
    with directory(t__json=json.dumps(body, indent=1)) as d:
        path = os.path.join(d, "known.json")
        assert run("check", "t.json", "--write-baseline", "known.json", cwd=d).code == 2 and not os.path.exists(path)
        assert run("check", "t.json", "--write-baseline", "known.json", "--reason", "  ", cwd=d).code == 2
        assert run("check", "t.json", "--reason", "x", cwd=d).code == 2
        written = check("t.json", "--write-baseline", "known.json", "--reason", "before the move", cwd=d)
        assert written.code == 0 and not fails(written), written
        assert sorted(os.listdir(d)) == ["known.json", "t.json"], os.listdir(d)
        with open(path) as f:
            known = json.load(f)
        assert known["findings"] == sorted(known["findings"], key=lambda e: (e["fault"], e["path"])) and known["findings"]
        assert all(e["reason"] == "before the move" and e["message"] and e["fingerprint"] for e in known["findings"])
        assert check("t.json", "--baseline", "known.json", cwd=d).code == 0
        told = [r for r in sarif("t.json", "--baseline", "known.json", cwd=d)["results"] if "suppressions" in r]
        assert told and all(r["suppressions"][0]["kind"] == "external" for r in told)
        # another fault is there, and the lines moved
        for resource in body["Resources"].values():
            if resource["Type"] == "AWS::ECS::TaskDefinition":
                resource["Properties"]["NetworkMode"] = "bridge"
        with open(os.path.join(d, "t.json"), "w") as f:
            f.write("\n\n\n" + json.dumps(body, indent=3))
        new = check("t.json", "--baseline", "known.json", cwd=d)
        assert new.code == 1 and "F09" in fails(new) and "C01" not in fails(new), fails(new)
        # all is mended: the entries are stale, which is said and fails nothing
        mended = check(os.path.join(TEMPLATES, "good/standalone.json"), "--baseline", "known.json", cwd=d)
        assert mended.code == 0 and len(of(mended.json()["findings"], "T03")) == len(known["findings"]), mended
        # written anew, old reasons stay
        again = check("t.json", "--baseline", "known.json", "--write-baseline", "known.json", "--reason", "second", cwd=d)
        with open(path) as f:
            reasons = {e["fault"]: e["reason"] for e in json.load(f)["findings"]}
        assert again.code == 0 and reasons["C01"] == "before the move" and reasons["F09"] == "second", reasons


@test
def a_baseline_that_says_nothing_of_the_why_is_refused_with_its_line():
    entry = {"fingerprint": "00", "fault": "C01", "resource": "", "path": "", "message": "", "reason": "x"}
    with directory(b__json=json.dumps({"version": 1, "findings": [entry, {**entry, "reason": ""}]}, indent=1)) as d:
        for name, want in (("b.json", "b.json:12: "), ("none.json", "none.json")):
            result = run("check", template(FAULTY), "--baseline", name, cwd=d)
            assert result.code == 2 and want in result.err and not result.out, result
        with open(os.path.join(d, "c.json"), "w") as f:
            f.write("{}")
        assert run("check", template(FAULTY), "--baseline", "c.json", cwd=d).code == 2


# ---- network.yaml

NETWORK = """name: net
image: {image}
nodes:
  - account: mpc-node-0.test.near{more}
  - account: mpc-node-1.test.near
suppress:
  - {{fault: B01, reason: the keys are put in by hand}}
"""


@test
def findings_of_a_network_file_name_the_value_there_and_its_change():
    for image, fault in (("nearone/mpc-node:latest", "F06"), ("nearone/mpc-node:3.2.0-arm64", "F04")):
        with directory(network__yaml=NETWORK.format(image=image, more="")) as d:
            found = of(check(cwd=d).json()["findings"], fault)
            assert len(found) == 2, found
            for finding in found:
                assert finding["source"] == {"file": "network.yaml", "path": "/image", "line": 2, "column": 8}, finding
                assert finding["networkRemedy"] == "image: nearone/mpc-node:3.2.0", finding
            place = next(r for r in sarif(cwd=d)["results"] if r["ruleId"] == fault)["locations"][0]["physicalLocation"]
            assert place == {"artifactLocation": {"uri": "network.yaml"}, "region": {"startLine": 2, "startColumn": 8}}, place
            text = run("check", cwd=d).out
            assert "from    network.yaml:2:8  /image" in text and "change: image: nearone/mpc-node:3.2.0" in text, text
            mended = NETWORK.format(image="nearone/mpc-node:3.2.0", more="")
            with open(os.path.join(d, "network.yaml"), "w") as f:
                f.write(mended)
            assert not of(check(cwd=d).json()["findings"], fault)


@test
def keys_that_are_missing_lead_to_the_key_directory():
    with directory(network__yaml="name: net\nkeys: secret-keys\n") as d:
        asked = of(check(cwd=d).json()["findings"], "B01")
        assert asked and all(f["source"]["path"] == "/keys" and f["source"]["line"] == 2 for f in asked), asked
        assert not any("networkRemedy" in f for f in asked)
        assert os.listdir(d) == ["network.yaml"]


@test
def a_pair_of_keys_that_disagree_is_found_without_showing_it():
    with directory(network__yaml="name: net\n") as d:
        key = "ed25519:" + "3" * 87
        result = check("--param", f"Node0AccountKey={key}", cwd=d)
        found = of(result.json()["findings"], "B23")
        assert result.code == 1 and found and found[0]["source"]["path"] == "/keys", result
        assert "3" * 20 not in result.out


@test
def what_nobody_chose_in_a_network_file_has_no_place_there():
    with directory(network__yaml="name: net\n") as d:
        own = [f for f in check(cwd=d).json()["findings"] if f["resource"] == "NearTask"]  # the chain's own image
        assert own and "source" not in own[0] and "networkRemedy" not in own[0], own
        result = next(r for r in sarif(cwd=d)["results"] if own[0]["message"] in r["message"]["text"])
        place = result["locations"][0]["physicalLocation"]
        assert place == {"artifactLocation": {"uri": "network.yaml"}}, place


@test
def a_network_file_suppresses_for_all_and_for_one_node():
    more = "\n    suppress: [{fault: F06, reason: \"the mirror's tag\"}]"
    with directory(network__yaml=NETWORK.format(image="nearone/mpc-node:latest", more=more)) as d:
        result = check(cwd=d)
        kinds = {f["service"]: f.get("suppressed") for f in of(result.json()["findings"], "F06")}
        assert kinds == {"Node0": {"kind": "inline", "reason": "the mirror's tag"}, "Node1": None}, kinds
        assert of(result.json()["findings"], "B01")[0]["suppressed"]["kind"] == "inline"
        assert not of(result.json()["findings"], "T02")
        assert "4 tasks" not in run("check", cwd=d).out and "3 tasks" in run("check", cwd=d).out
    with directory(network__yaml=NETWORK.format(image="nearone/mpc-node:3.2.0", more=more)) as d:
        unused = of(check(cwd=d).json()["findings"], "T02")
        assert len(unused) == 1 and unused[0]["source"]["path"] == "/nodes/0/suppress/0", unused
        assert unused[0]["source"]["line"] == 5, unused
    with directory(network__yaml="name: net\nsuppress: [{fault: D25}]\n") as d:
        result = run("check", cwd=d)
        assert result.code == 2 and "network.yaml:2:12: a suppression needs a reason" in result.err, result


# ---- explain

@test
def explain_tells_the_whole_story():
    text = run("explain", "c01").out
    for part in ("Seen\n", "Cause\n", "Caught\n", "On AWS\n", "Remedy\n", "Example\n", "Related\n", "2 to 5 minutes",
                 "FromPort: 2049", "C11 nacl-drops-return-traffic", "efs-connect"):
        assert part in text, (part, text)
    story = run("explain", "C01", "--json").json()["story"]
    assert [p["label"] for p in story] == ["Seen", "Cause", "Caught", "On AWS", "Remedy", "Example", "Related"], story


@test
def the_reference_has_every_rule_once():
    rules = run("explain", "--json").json()
    reference = run("explain", "--markdown").out
    rows = re.findall(r"(?m)^\| \[(\S+)\]\(faults/\1\.md\) \| (\S+) \|", reference)
    assert sorted(rows) == sorted((r["id"], r["name"]) for r in rules)
    page = run("explain", "C01", "--markdown").out
    assert page.startswith("# C01 ") and "## Symptom" in page and "## Remedy" in page, page[:300]
    with open(os.path.join(ROOT, "doc", "faults.md")) as f:
        assert f.read() == reference, "doc/faults.md is stale: tools/check-docs build/mpcup --write"


main()
