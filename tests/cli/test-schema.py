#!/usr/bin/env python3
"""The JSON schema of network.yaml and the reader agree. The schema tells what is wrong with a single value; what several
values are together, the reader alone tells. So: what the schema refuses, the reader refuses; and what the reader refuses in
a single value, the schema refuses too."""
import copy, json, os, random, re, subprocess, sys, tempfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *
from jsonschema_subset import Validator

BOOT = "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@10.0.2.100:24567"
OTHER = BOOT.replace("Gz", "Hz").replace("100", "101")
VPC = {"id": "vpc-0123456789abcdef0", "private_subnets": ["subnet-01234567", "subnet-01234568"]}
NODES = [{"account": f"node{i}.test.near", "host_name": f"n{i}"} for i in range(3)]
REASON = {"fault": "D25", "reason": "the local chain may be lost"}
# by key: values that stand in a network.yaml whose other keys are defaults (WITH), and values that no network.yaml has
GOOD = {
    "name": ["a", "mpc-network", "A1", "x" * 128],
    "chain": ["localnet"],
    "pattern": ["standalone", "integrated", "composed"],
    "base_stack": ["near-base", "B"],
    "contract": ["mpc-contract.test.near", "ab", "a-b_c.d", "12.test.near"],
    "rpc_url": ["http://10.0.2.100:3030", "https://rpc.example", "http://1.2.3.4/path?x=y"],
    "boot_nodes": [BOOT, BOOT + "," + OTHER, [BOOT], [BOOT, OTHER], [BOOT + "," + OTHER]],
    "image": ["nearone/mpc-node:3.2.0", "r.example:5000/a/b:1", "a@sha256:00", "x:${TAG}"],
    "vpc": [{"cidr": "10.0.0.0/16"}, {"cidr": "192.168.0.0/24"}, {}, VPC],
    "namespace": ["mpc.local", "a.b", "x-1.y-2.z"],
    "threshold": [2, 3],
    "domains": [["CaitSith"], ["CaitSith", "Frost", "DamgardEtAl"], [{"protocol": "Frost"}],
                ["Frost", {"protocol": "CaitSith", "threshold": 3}], ["Frost", "Frost"]],
    "cpu": [1024, "1024", 2048], "memory": [2048, 4096, "8192"],
    "keys": ["keys", "/secure/k", "a b", "0x", "schlüssel"],
    "peer_port": [80, 1, 65535], "log_retention_days": [1, 7, 3653],
    "nodes": [2, 3, 10, NODES, [{}, {}], [{"host_name": "x"}, {"suppress": [REASON]}]],
    "suppress": [[], [REASON], [{"fault": "C01", "reason": " x"}]],
}
NO_TEXT = [None, "", 5, 1.5, True, [], {}, ["a"], "a\nb", "a\u0001", "\u007f", "x" * 8193]
NO_NUMBER = [None, "", "3", True, 1.5, -1, 0, 1 << 40, [], {}, "many"]
BAD = {
    "name": [*NO_TEXT, "1a", "-a", "a.b", "a_b", "x" * 129, "a b", "ä"],
    "chain": [*NO_TEXT, "betanet", "Localnet"],
    "pattern": [*NO_TEXT, "alone"],
    "base_stack": [*NO_TEXT, "1", "a.b"],
    "contract": [*NO_TEXT, "a", "A.near", "a..b", ".ab", "ab-", "a-_b", "x" * 65],
    "rpc_url": [*NO_TEXT, "10.0.0.1:3030", "ftp://x", "http://", "http://a b", "http://127.0.0.1:3030", "https://localhost",
                "http://a\\b", "http://0.0.0.0:1", "http://[::1]:3030"],
    "boot_nodes": [*NO_TEXT, [None], [5], [[]], BOOT + ",", "," + BOOT, BOOT.replace("ed25519:", ""), BOOT[:-6], BOOT.replace("G", "0"),
                   BOOT.replace("@", ""), BOOT.replace("10.", "a/"), [BOOT, BOOT], BOOT.replace(":2", ":x"), BOOT.replace("GzE", "")],
    "image": [*NO_TEXT, "nearone/mpc-node", "a:5000/b", "a b:1", "nearone/mpc-node-gcp:3", "a:1;rm"],
    "vpc": [None, "", "10.0.0.0/16", 5, [], {"cdir": "10.0.0.0/16"}, {"cidr": None}, {"cidr": "10.0.0.0/15"}, {"cidr": "10.0.0.0/27"},
            {"cidr": "10.0.0.0"}, {"cidr": "10.0.0/16"}, {**VPC, "id": "vpc-0123"}, {**VPC, "private_subnets": []},
            {**VPC, "private_subnets": ["subnet-01234567"] * 2}, {**VPC, "private_subnets": ["subnet-xyz"]}, {**VPC, "id": 5},
            {**VPC, "private_subnets": "subnet-01234567"}, {**VPC, "private_subnets": [f"subnet-{i:08x}" for i in range(17)]}],
    "namespace": [*NO_TEXT, "mpc", "near.local", "-a.b", "a-.b", "a..b", "A.b", "a.b.", ".".join(["x" * 64, "b"]), "a" + ".bcdefghi" * 30],
    "threshold": [*NO_NUMBER, 1, 181],
    "domains": [None, "CaitSith", 5, {}, [], ["Caitsith"], [5], [None], [{}], [{"threshold": 2}], [{"protocol": "x"}], [["Frost"]],
                [{"protocol": "Frost", "threshold": 1}], [{"protocol": "Frost", "threshold": "2"}], [{"protocol": "Frost", "x": 1}],
                ["Frost"] * 9],
    "cpu": [None, "", True, 1.5, [], {}, 0, 256, 1000, "512", "many", -1024], "memory": [None, "", True, 1.5, [], {}, 0, 1024, 122881, "x", -1],
    "keys": [*NO_TEXT],
    "peer_port": [*NO_NUMBER, 65536], "log_retention_days": [*NO_NUMBER, 2, 8, 3654],
    "nodes": [*NO_NUMBER, 1, 181, [{}], [NODES[0]], [5, 6], ["a.near", "b.near"], [{"acount": "ab"}, {}], [{"account": "A"}, {}],
              [{"account": 1234}, {}], [{"host_name": "a.b"}, {}], [{"host_name": "-a"}, {}], [{"host_name": "x" * 64}, {}],
              [{"suppress": [{}]}, {}], [{"suppress": {}}, {}], [{}] * 181],
    "suppress": [None, "D25", 5, {}, [5], ["D25"], [{}], [{"fault": "D25"}], [{"reason": "x"}], [{**REASON, "reason": "  "}],
                 [{**REASON, "why": "x"}], [{**REASON, "fault": 25}], [{**REASON, "reason": ""}]],
}
# wrong only together: the schema lets them pass, and only the reader tells
TOGETHER = [
    {"threshold": 3, "nodes": 2}, {"chain": "testnet"}, {"cpu": 1024, "memory": 16384}, {"peer_port": 3030}, {"vpc": {"id": VPC["id"]}},
    {"vpc": {**VPC, "cidr": "10.0.0.0/16"}}, {"pattern": "composed", "base_stack": "b"}, {"base_stack": "mpc"},
    {"nodes": [NODES[0], NODES[0]]}, {"boot_nodes": BOOT.replace("24567", "3030")}, {"boot_nodes": f"{BOOT},{BOOT}"},
    {"nodes": [{"account": "a.testnet"}, {"account": "b.testnet"}]}, {"domains": [{"protocol": "Frost", "threshold": 4}]},
]
# what a good value needs beside it
WITH = {"base_stack": {"pattern": "integrated"}, "vpc": {"pattern": "standalone"}, "domains": {"nodes": 5, "threshold": 3}, "threshold": {"nodes": 3},
        "cpu": {"memory": 4096}, "contract": {"chain": "localnet"}}


def whole(key, value):
    return {"name": "mpc", **WITH.get(key, {}), key: value}


def cases():
    """(document, good, whether a single value says so)"""
    for key, values in GOOD.items():
        yield from ((whole(key, v), True, True) for v in values)
    for key, values in BAD.items():
        yield from ((whole(key, v), False, True) for v in values)
    yield from (({"name": "mpc", **d}, False, False) for d in TOGETHER)
    yield from ((d, False, True) for d in ({}, {"nodes": 3}, [], "x", 5, None, {"name": "mpc", "nodse": 3}, {"name": "mpc", "<<": {}}))


def verdicts(documents):
    """Of the reader, for each: None when it takes it, else its words."""
    with tempfile.TemporaryDirectory() as d:
        for i, document in enumerate(documents):
            path = os.path.join(d, "network.yaml")
            with open(path, "w") as file:
                json.dump(document, file, ensure_ascii=False)  # JSON is YAML with its texts in quotes
            run = subprocess.run([BINARY, "synth", path], capture_output=True, text=True, timeout=60)
            assert run.returncode in (0, 2), (document, run.returncode, run.stderr)
            yield None if run.returncode == 0 else run.stderr.strip()


def schema():
    return json.loads(subprocess.run([BINARY, "schema"], capture_output=True, text=True, check=True).stdout)


@test
def the_schema_and_the_reader_give_the_same_verdict():
    validator, wrong = Validator(schema()), []
    corpus = list(cases())
    assert len(corpus) > 300 and set(GOOD) == set(BAD) == set(validator.root["properties"]), len(corpus)
    for (document, good, single), words in zip(corpus, verdicts([d for d, _, _ in corpus])):
        errors = list(validator.errors(document))
        if (words is None) != good or bool(errors) != (not good and single):
            wrong.append((json.dumps(document)[:200], "good" if good else "bad", words, errors[:2]))
    assert not wrong, "\n".join(map(str, wrong))


@test
def what_the_schema_refuses_the_reader_refuses():
    """The same for documents of several good and bad values at once, made by chance."""
    chance, validator = random.Random(6), Validator(schema())
    made = []
    for _ in range(120):
        document = {"name": "mpc"}
        for key in chance.sample(sorted(GOOD), 4):
            document[key] = copy.deepcopy(chance.choice(GOOD[key] if chance.random() < 0.8 else BAD[key]))
        made.append(document)
    refused = 0
    for document, words in zip(made, verdicts(made)):
        errors = list(validator.errors(document))
        refused += bool(errors)
        assert not errors or words, (document, errors)
    assert 20 < refused < 120, refused


def documents_of(yaml):
    """The small part of YAML that our examples are written in: a mapping whose values stand on their lines."""
    document = {}
    for line in yaml.splitlines():
        line = re.sub(r"\s+#.*", "", line)
        if not line.strip() or line.startswith("#"):
            continue
        key, _, value = line.partition(": ")
        quoted = re.sub(r"[^\s\[\]{},:\"][^\[\]{},]*?(?=\s*(?:: |[\]},]|$))", lambda m: m.group() if m.group().isdigit() else json.dumps(m.group()), value)
        document[key] = json.loads(quoted)
    return document


@test
def the_examples_fit_the_schema():
    validator = Validator(schema())
    texts = [open(os.path.join(ROOT, "examples", "local", "network.yaml")).read()]
    with tempfile.TemporaryDirectory() as d:
        subprocess.run([BINARY, "init", "network.yaml"], cwd=d, check=True, capture_output=True)
        texts.append(open(os.path.join(d, "network.yaml")).read())
    for text in texts:
        document = documents_of(text)
        assert document["name"] and not list(validator.errors(document)), (document, list(validator.errors(document)))
    # every key has its place in what init writes, and all defaults there are values that the schema takes
    shown = re.sub(r"^# (?=[a-z_]+: )", "", re.sub(r"^#   - .*$", "", texts[1], flags=re.M), flags=re.M)
    shown = documents_of("\n".join(line for line in shown.splitlines() if "..." not in line and not line.startswith("suppress:")))
    assert not list(validator.errors(shown)), list(validator.errors(shown))
    for key in validator.root["properties"]:
        assert re.search(rf"^#? ?{key}:", texts[1], re.M), key


@test
def the_manual_of_network_yaml_has_every_key_and_its_examples_are_taken():
    manual = subprocess.run([BINARY, "man", "network"], capture_output=True, text=True, check=True).stdout
    keys = re.findall(r"^\.TP\n\.B (\S+)\n", manual, re.M)
    def names(schema, above=""):
        for form in schema.get("anyOf", [schema]):
            yield from names(form["items"], above) if "items" in form else ()
            for key, below in form.get("properties", {}).items():
                yield above + key
                yield from names(below, above + key + ".")
    assert sorted(k.replace("\\-", "-") for k in keys) == sorted(names(schema())), keys
    plain = manual.replace("\\-", "-")
    examples = re.findall(r"^\.nf\n(.*?)^\.fi", plain[plain.index(".SH EXAMPLES"):], re.M | re.S)
    assert len(examples) == 2
    # and of each key its own
    of_keys = re.findall(r"^\.B (\S+)\n(?:(?!\.TP).*\n)*?\.nf\n\.B (.*)\n\.fi", plain, re.M)
    assert len(of_keys) > 15
    examples += [("" if key == "name" else "name: mpc\n") + example + "\n" for key, example in of_keys if "." not in key]
    with tempfile.TemporaryDirectory() as d:
        for text in examples:
            path = os.path.join(d, "network.yaml")
            open(path, "w").write(text)
            run = subprocess.run([BINARY, "synth", path], capture_output=True, text=True)
            assert run.returncode == 0, (text, run.stderr)


main()
