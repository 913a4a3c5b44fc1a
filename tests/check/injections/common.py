"""What the injections share: a case is a fault id, a good template and a change to it.

A file of this folder holds CASES: fault(...) and benign(...) of one group of faults. test-injections.py runs them all.
"""
import copy, json, os

TEMPLATES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "templates")
STANDALONE = "good/standalone.json"
COMPOSED = "good/composed.json"
IMPORT = ["good/import.json", "good/import.near-runner.json"]  # the network and what exports to it
PARAMS = "params/cdk-3.json"


class Case:
    def __init__(self, fault, title, base, change, verdict, also, params, options):
        self.fault, self.title, self.base, self.change, self.verdict = fault, title, base, change, verdict
        self.also, self.params, self.options = also, params, options


def fault(identity, title, base, change, verdict="FAIL", also=(), params=None, options=()):
    """The change makes `identity` (or one of `also`, when two names fit) the first finding, with `verdict`.
    base: a path below tests/templates, a text ending in .yaml/.json with YAML or JSON of tests/check/hand, or a list of
    them (the change sees the first). change: a function of the parsed template that alters it in place, or for
    hand-written files of its text that returns the new text. params: a dict name -> value, or a path."""
    return Case(identity, title, base, change, verdict, tuple(also), params, tuple(options))


def benign(identity, title, base, change=None, verdict=None, params=None, options=()):
    """The nearest harmless variant of `identity`: neither FAIL nor WARN (verdict: "UNKNOWN": that fault is UNKNOWN)."""
    return Case(identity, title, base, change, verdict or "NONE", (), params, tuple(options))


def resources(template, type_name):
    """[(logical id, Properties)] of a type, in order."""
    return [(name, r.setdefault("Properties", {})) for name, r in template["Resources"].items() if r["Type"] == type_name]


def first(template, type_name, matching=""):
    """Properties of the first resource of a type whose logical id contains `matching`."""
    return next(p for name, p in resources(template, type_name) if matching.lower() in name.lower())


def node_container(template, index=0):
    """The MPC container of the index-th node's task definition (it has MPC_ACCOUNT_ID)."""
    found = [c for _, p in resources(template, "AWS::ECS::TaskDefinition") for c in p["ContainerDefinitions"]
             if any(e["Name"] == "MPC_ACCOUNT_ID" for e in c.get("Environment", []))]
    return found[index]


def environment(container, name):
    """The Environment entry of a container: {"Name", "Value"}."""
    return next(e for e in container["Environment"] if e["Name"] == name)


def clone(value):
    return copy.deepcopy(value)


def load(path):
    with open(os.path.join(TEMPLATES, path)) as file:
        return json.load(file)
