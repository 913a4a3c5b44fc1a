#!/usr/bin/env python3
"""What is no template: mpcup check answers with a finding or a sentence that has the place, exits with 1 or 2, and
neither crashes nor hangs. Offsets are sampled; SEED=n takes others."""
import json, os, random, re, subprocess, sys, tempfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

SEED = int(os.environ.get("SEED", "1"))
OFFSETS = 200
GOOD = {kind: open(template(f"good/standalone.{kind}"), "rb").read() for kind in ("json", "yaml")}
WORK = tempfile.TemporaryDirectory()


def written(name, data):
    path = os.path.join(WORK.name, name)
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else json.dumps(data).encode())
    return path


def check(*paths):
    done = subprocess.run([BINARY, "check", "--json", *paths], capture_output=True, timeout=20, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def refused(*paths, codes=(1, 2), place=True):
    """Result of one call that must not be content: findings (1) or a sentence (2), with a place."""
    code, out, said = check(*paths)
    assert code in codes, (paths, code, said[-300:])
    if code == 2:
        assert said.startswith("mpcup: ") and len(said) > 20, (paths, said)
        assert not place or re.search(r":\d+:\d+: ", said) or os.path.basename(paths[0]) in said, (paths, said)
        return said
    failures = [f for f in json.loads(out)["findings"] if f["verdict"] == "FAIL"]
    assert failures and all(f["message"] and f["location"]["file"] for f in failures), (paths, failures)
    return " ".join(f["message"] for f in failures)


def cut(kind):
    chance = random.Random(SEED)
    for offset in sorted(chance.sample(range(len(GOOD[kind])), OFFSETS)):
        yield offset, written(f"cut-{offset}.{kind}", GOOD[kind][:offset])


@test
def json_that_breaks_off_anywhere_is_refused_with_its_place():
    for _, path in cut("json"):
        said = refused(path)
        assert re.search(r":\d+:\d+", said) or os.path.getsize(path) == 0, (path, said)


@test
def yaml_that_breaks_off_anywhere_is_judged_or_refused():
    """A cut YAML text may well be a smaller template."""
    for _, path in cut("yaml"):
        code, out, said = check(path)
        assert code in (0, 1, 2) and (said if code == 2 else json.loads(out)), (path, code, said)


@test
def bytes_that_are_no_text_are_refused():
    chance = random.Random(SEED)
    for kind in GOOD:
        for number in range(30):
            data = bytearray(GOOD[kind])
            for _ in range(3):
                data[chance.randrange(len(data))] = chance.choice([0, 0x80, 0xff, 0xc0, 0x1b])
            code, out, said = check(written(f"bytes-{number}.{kind}", bytes(data)))
            assert code in (0, 1, 2) and (said if code == 2 else json.loads(out)), (kind, number, code, said)
    for data in (b"", b"\0", b"\xff\xfe{\0}\0", b"\n" * 1000, b"null", b"[]", b"7", b"\"x\"", b"{}", b"--- a\n--- b\n",
                 b"\xef\xbb\xbf", b"%", b"!Ref", b"&a *a", b"*a", b"? ? ?", b"- " * 5000):
        refused(written("shape.json", data), place=False)


@test
def a_template_of_five_megabytes_is_refused_quickly():
    body = json.loads(GOOD["json"])
    body["Metadata"] = {f"k{i}": "x" * 1000 for i in range(5000)}
    for name, data in (("large.json", json.dumps(body).encode()), ("large.yaml", b"Resources:\n" + b"  A: {}\n" * 700000),
                       ("line.json", b'{"Resources":{"A":"' + b"a" * 5_000_000 + b'"}}')):
        path = written(name, data)
        assert os.path.getsize(path) > 4_900_000
        assert "1048576" in refused(path), name


@test
def deep_nesting_is_refused():
    for depth in (50, 150, 600, 5000, 200000):
        for name, data in (("lists.json", b'{"Resources":{"A":{"Type":"AWS::EC2::VPC","Properties":{"X":' + b"[" * depth
                            + b"]" * depth + b"}}}}"),
                           ("objects.json", b'{"Resources":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"),
                           ("open.json", b"[" * depth), ("flow.yaml", b"Resources: " + b"[" * depth + b"]" * depth),
                           ("block.yaml", b"Resources:\n" + b"".join(b" " * i + b"a:\n" for i in range(1, min(depth, 1000)))),
                           ("tags.yaml", b"Resources: {A: {Type: AWS::EC2::VPC, Properties: {X: " + b"!Sub [" * depth
                            + b"]" * depth + b"}}}")):
            refused(written(name, data), place=False)


@test
def a_network_that_nests_deeply_is_refused():
    for opening, closing in (("[", "]"), ("{a: ", "}")):
        for count in (40, 100000):
            said = refused(written("network.yaml", f"nodes: {opening * count}1{closing * count}\n".encode()), codes=(2,))
            assert "deep" in said, said


@test
def anchors_that_multiply_are_refused():
    lines = ["Resources:", "  A: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"  A{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    refused(written("laughs.yaml", "\n".join(lines).encode()), place=False)
    refused(written("self.yaml", b"Resources: &r\n  A: *r\n"), place=False)


def exporting(name, imports, export):
    return written(name, {"Resources": {"A": {"Type": "AWS::EC2::SecurityGroup", "Properties": {
        "GroupDescription": {"Fn::ImportValue": imports}}}}, "Outputs": {"O": {
            "Value": {"Fn::GetAtt": ["A", "GroupId"]}, "Export": {"Name": export}}}})


@test
def circles_are_named():
    group = lambda value: {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": value}}
    said = refused(written("circle.json", {"Resources": {"A": group({"Ref": "B"}), "B": group({"Fn::Sub": "${C}"}),
                                                         "C": {**group("c"), "DependsOn": ["A"]}}}))
    assert "ircular" in said and all(name in said for name in "ABC"), said
    for count in (2, 3, 5):
        files = [exporting(f"circle-{i}.json", f"e{(i + 1) % count}", f"e{i}") for i in range(count)]
        assert "circle" in refused(*files, place=False), count
    refused(written("conditions.json", {"Conditions": {"X": {"Condition": "Y"}, "Y": {"Fn::Not": [{"Condition": "X"}]}},
                                        "Resources": {"A": {**group("a"), "Condition": "X"}}}))


@test
def a_file_that_cannot_be_read_is_named():
    assert "missing.json" in refused(os.path.join(WORK.name, "missing.json"), codes=(2,), place=False)
    assert WORK.name in refused(WORK.name, codes=(2,), place=False)


@test
def parameters_that_are_none_are_refused():
    good = template("good/standalone.json")
    for data in (b"", b"[", b"7", b"[7]", b'[{"ParameterKey":1}]', b'{"a":[]}', b"\xff", b"[" * 100000):
        path = written("params.json", data)
        code, _, said = check(good, "--params", path)
        assert code == 2 and "params.json" in said, (data[:20], code, said)


main()
