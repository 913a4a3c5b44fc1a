#!/usr/bin/env python3
"""What a template calls its resources, in which order it has them and how it writes a reference decides nothing: the
first finding of each JSON template of tests/templates is the same after rewriting it."""
import concurrent.futures, functools, json, os, random, re, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib")]
from mpcup import *

TEMPLATES = os.path.join(HERE, "..", "templates")
GROUP, RULES = "AWS::EC2::SecurityGroup", {"AWS::EC2::SecurityGroupIngress": "SecurityGroupIngress",
                                           "AWS::EC2::SecurityGroupEgress": "SecurityGroupEgress"}
with open(os.path.join(TEMPLATES, "manifest.json")) as manifest:
    CASES = [c for c in json.load(manifest)["cases"] if c["file"].endswith(".json") and not c["file"].startswith("scale/")]


# ---- other names, another order ----------------------------------------------------------------------------------------
def attribute_of(value):
    """Logical id and attribute of a Fn::GetAtt."""
    return value.split(".", 1) if isinstance(value, str) else value


def renamed_text(text, names, own):
    def name(match):
        logical, dot, attribute = match[1].partition(".")
        return "${" + (logical if logical in own else names.get(logical, logical)) + dot + attribute + "}"
    return re.sub(r"\$\{(?!!)([^}]+)\}", name, text)


def renamed(node, names, conditions):
    def again(value):
        return renamed(value, names, conditions)
    if isinstance(node, list):
        return [again(x) for x in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        (key, value), = node.items()
        if key == "Ref":
            return {"Ref": names.get(value, value)}
        if key == "Fn::GetAtt":
            logical, *rest = attribute_of(value)
            return {key: [names.get(logical, logical), *again(rest)]}
        if key == "Fn::Sub":
            text, own = (value, {}) if isinstance(value, str) else value
            text = renamed_text(text, names, own)
            return {key: text if isinstance(value, str) else [text, again(own)]}
        if key == "Fn::If":
            return {key: [conditions.get(value[0], value[0]), *again(value[1:])]}
        if key == "Condition" and isinstance(value, str):
            return {key: conditions.get(value, value)}
    return {k: again(v) for k, v in node.items()}


def renamed_entry(r, names, conditions):
    """A resource or an output, with what is not a value."""
    r = renamed(r, names, conditions)
    if "DependsOn" in r:
        r["DependsOn"] = names.get(r["DependsOn"], r["DependsOn"]) if isinstance(r["DependsOn"], str) else [names.get(d, d) for d in r["DependsOn"]]
    if isinstance(r.get("Condition"), str):
        r["Condition"] = conditions.get(r["Condition"], r["Condition"])
    return r


def other_names(t):
    """Every resource, condition and output gets another name and place; what CDK says of them goes."""
    rng = random.Random(7)
    logical = list(t["Resources"])
    rng.shuffle(logical)
    names = {name: f"R{i}{'xyz'[i % 3]}" for i, name in enumerate(logical)}
    conditions = {name: f"When{i}" for i, name in enumerate(t.get("Conditions", {}))}
    t = {k: v for k, v in t.items() if k != "Metadata"}
    for r in t["Resources"].values():
        r.pop("Metadata", None)
    t["Resources"] = {names[n]: renamed_entry(t["Resources"][n], names, conditions) for n in logical}
    outputs = [renamed_entry(o, names, conditions) for o in t.get("Outputs", {}).values()]
    rng.shuffle(outputs)
    if outputs:
        t["Outputs"] = {f"Out{i}": o for i, o in enumerate(outputs)}
    if conditions:
        t["Conditions"] = {conditions[n]: renamed(c, names, conditions) for n, c in t["Conditions"].items()}
    return t


# ---- the same in other forms -------------------------------------------------------------------------------------------
def swapped(node, groups):
    """Ref of a security group in a VPC is its GroupId."""
    if isinstance(node, list):
        return [swapped(x, groups) for x in node]
    if not isinstance(node, dict):
        return node
    if list(node) == ["Ref"] and node["Ref"] in groups:
        return {"Fn::GetAtt": [node["Ref"], "GroupId"]}
    if list(node) == ["Fn::GetAtt"]:
        logical, attribute = attribute_of(node["Fn::GetAtt"])
        return {"Ref": logical} if logical in groups and attribute == "GroupId" else node
    return {k: swapped(v, groups) for k, v in node.items()}


def target(node):
    return node.get("Ref") or attribute_of(node["Fn::GetAtt"])[0] if isinstance(node, dict) and ("Ref" in node or "Fn::GetAtt" in node) else None


def named_in(node, found):
    """All names that the value refers to."""
    if isinstance(node, dict):
        found.update(filter(None, [target(node)]))
        found.update(re.findall(r"\$\{([A-Za-z0-9]+)", json.dumps(node.get("Fn::Sub", ""))))
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        named_in(value, found)
    return found


def leads_to(t, start, wanted):
    """Whether a resource depends on another one, so that the other way round would be a circle."""
    seen, todo = set(), [start]
    while todo:
        one = todo.pop()
        if one in seen or one not in t["Resources"]:
            continue
        seen.add(one)
        depends = t["Resources"][one].get("DependsOn", [])
        todo += [depends] if isinstance(depends, str) else depends
        todo += named_in(t["Resources"][one].get("Properties", {}), set())
    return wanted in seen


def moved_in(t, name, r):
    """A rule of its own becomes part of its group, where that makes no circle."""
    rule = {k: v for k, v in r["Properties"].items() if k != "GroupId"}
    group = target(r["Properties"].get("GroupId"))
    waited = any(name in ([d] if isinstance(d, str) else d) for d in [x.get("DependsOn", []) for x in t["Resources"].values()])
    if t["Resources"].get(group, {}).get("Type") != GROUP or "Condition" in r or waited or any(
            leads_to(t, used, group) for used in named_in(rule, set())):
        return False
    t["Resources"][group].setdefault("Properties", {}).setdefault(RULES[r["Type"]], []).append(rule)
    del t["Resources"][name]
    return True


def moved_out(t, name, properties):
    """The rules inside a group become resources of their own."""
    for kind, member in RULES.items():
        for i, rule in enumerate(properties.pop(member, [])):
            t["Resources"][f"{name}{member[13:]}{i}"] = {"Type": kind, "Properties": {"GroupId": {"Ref": name}, **rule}}


def other_forms(t):
    inside = [(n, r["Properties"]) for n, r in t["Resources"].items() if r["Type"] == GROUP]
    outside = [(n, r) for n, r in t["Resources"].items() if r["Type"] in RULES]
    for name, properties in inside:
        if isinstance(properties.get("SecurityGroupIngress", []), list) and "Condition" not in t["Resources"][name]:
            moved_out(t, name, properties)
    for name, r in outside:
        moved_in(t, name, r)
    t["Resources"] = swapped(t["Resources"], {n for n, r in t["Resources"].items() if r["Type"] == GROUP})
    return t


# ---- YAML with short forms ---------------------------------------------------------------------------------------------
SHORT = ("Ref", "Fn::GetAtt", "Fn::Sub", "Fn::Join", "Fn::Select", "Fn::GetAZs", "Fn::If", "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not",
         "Fn::FindInMap", "Fn::Split", "Fn::Cidr", "Fn::ImportValue", "Fn::Base64")


def short(node):
    """The tag of a function and its argument; None: it has no short form, as a function right behind a tag has none."""
    if not isinstance(node, dict) or len(node) != 1:
        return None
    (key, value), = node.items()
    if key == "Condition" and isinstance(value, str):
        return "!Condition " + value
    if key not in SHORT or isinstance(value, dict):
        return None
    if key == "Fn::GetAtt":
        value = attribute_of(value)
        return "!GetAtt " + ".".join(value) if all(isinstance(v, str) for v in value) else None
    return "!" + key.split("::")[-1] + " " + flow(value)


def flow(node):
    if isinstance(node, list):
        return "[" + ", ".join(map(flow, node)) + "]"
    if isinstance(node, dict):
        return short(node) or "{" + ", ".join(f"{json.dumps(k)}: {flow(v)}" for k, v in node.items()) + "}"
    return json.dumps(node)


def key_text(key):
    return key if re.fullmatch(r"[A-Z][A-Za-z0-9]+", key) else json.dumps(key)


def block(node, indent=""):
    """Lines of a mapping or list."""
    entries = [(f"{key_text(k)}:", v) for k, v in node.items()] if isinstance(node, dict) else [("-", v) for v in node]
    for head, value in entries:
        if isinstance(value, (dict, list)) and value and not short(value):
            yield indent + head
            yield from block(value, indent + "  ")
        else:
            yield f"{indent}{head} {flow(value)}"


def yaml(t):
    return "\n".join(block(t)) + "\n"


# ---- the test ----------------------------------------------------------------------------------------------------------
@functools.lru_cache(maxsize=None)
def first(*paths):
    """Verdict and fault of the first finding that is wrong."""
    done = subprocess.run([BINARY, "check", "--json", *paths], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode in (0, 1), (paths, done.returncode, done.stderr)
    return next(((f["verdict"], f["fault"]) for f in json.loads(done.stdout)["findings"] if f["verdict"] != "UNKNOWN"), None)


def same(case, change, write, ending):
    """None, or how the rewritten files differ."""
    files = [case["file"], *([case["exporter"]["file"]] if "exporter" in case else [])]
    paths = [os.path.join(TEMPLATES, f) for f in files]
    with tempfile.TemporaryDirectory() as directory:
        rewritten = [os.path.join(directory, f"{i}{ending}") for i in range(len(paths))]
        for source, path in zip(paths, rewritten):
            with open(source) as old, open(path, "w") as new:
                new.write(write(change(json.load(old))))
        before, after = first(*paths), first.__wrapped__(*rewritten)
    return None if before == after else f"{case['file']}: {before} has become {after}"


def compare(change, write=json.dumps, ending=".json"):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = [p for p in pool.map(lambda case: same(case, change, write, ending), CASES) if p]
    assert not problems, f"{len(problems)} of {len(CASES)}\n" + "\n".join(problems)


@test
def names_and_order_decide_nothing():
    compare(other_names)


@test
def forms_of_references_and_places_of_rules_decide_nothing():
    compare(other_forms)


@test
def all_of_it_in_yaml_with_short_forms_decides_nothing():
    compare(lambda t: other_names(other_forms(t)), yaml, ".yaml")


@test
def the_rewriting_changes_the_templates():
    with open(os.path.join(TEMPLATES, "good/standalone.json")) as f:
        old = json.load(f)
    new = other_names(other_forms(json.loads(json.dumps(old))))
    assert not set(old["Resources"]) & set(new["Resources"]) and "Metadata" not in json.dumps(list(new["Resources"].values())[0])
    count = [sum(r["Type"] in RULES for r in t["Resources"].values()) for t in (old, new)]
    assert count[0] != count[1], count
    assert "!GetAtt" in yaml(new) and "Fn::GetAtt" not in yaml(new)


main()
