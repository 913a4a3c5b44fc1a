"""Every case of groups E and F once more in another author's hand: other logical ids, Fn::Sub for Fn::Join, "A.B" for
Fn::GetAtt, values for lists of one, no metadata; and with the policies in the roles or in resources of other types."""
import importlib.util, re
from rights import *

HERE = os.path.dirname(os.path.abspath(__file__))


def cases_of(name):
    spec = importlib.util.spec_from_file_location(name, os.path.join(HERE, name + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CASES


def new_names(t):
    """Old -> new logical id: nothing of the old one stays."""
    words = {}
    for i, (name, r) in enumerate(t["Resources"].items()):
        words[name] = "X%d%s" % (i, r["Type"].split("::")[-1][:3].upper())
    return words


def joined(parts):
    """The text of Fn::Sub for the parts of a Fn::Join; None: not to be written so."""
    text = ""
    for p in parts:
        if isinstance(p, str) and "${" not in p:
            text += p
        elif isinstance(p, dict) and list(p) == ["Ref"]:
            text += "${%s}" % p["Ref"]
        elif isinstance(p, dict) and list(p) == ["Fn::GetAtt"]:
            text += "${%s}" % (p["Fn::GetAtt"] if isinstance(p["Fn::GetAtt"], str) else ".".join(p["Fn::GetAtt"]))
        else:
            return None
    return text


def rewritten(node, names):
    if isinstance(node, list):
        return [rewritten(x, names) for x in node]
    if not isinstance(node, dict):
        return node
    if list(node) == ["Ref"]:
        return {"Ref": names.get(node["Ref"], node["Ref"])}
    if list(node) == ["Fn::GetAtt"]:
        parts = node["Fn::GetAtt"].split(".", 1) if isinstance(node["Fn::GetAtt"], str) else node["Fn::GetAtt"]
        return {"Fn::GetAtt": ".".join([names.get(parts[0], parts[0]), *parts[1:]])}
    if list(node) == ["Fn::Join"] and node["Fn::Join"][0] == "" and isinstance(node["Fn::Join"][1], list):
        text = joined([rewritten(x, names) for x in node["Fn::Join"][1]])
        if text is not None:
            return {"Fn::Sub": text}
    if list(node) == ["Fn::Sub"]:
        one = node["Fn::Sub"] if isinstance(node["Fn::Sub"], str) else node["Fn::Sub"][0]
        one = re.sub(r"\$\{(\w+)((?:\.\w+)?)\}", lambda m: "${%s%s}" % (names.get(m[1], m[1]), m[2]), one)
        return {"Fn::Sub": one if isinstance(node["Fn::Sub"], str) else [one, rewritten(node["Fn::Sub"][1], names)]}
    return {key: rewritten(value, names) for key, value in node.items()}


def single(document_):
    """Lists of one become the value."""
    for s in document_["Statement"]:
        for key in ("Action", "Resource") if isinstance(s, dict) else ():
            if isinstance(s.get(key), list) and len(s[key]) == 1:
                s[key] = s[key][0]
    if len(document_["Statement"]) == 1 and "Fn::If" not in document_["Statement"][0]:
        document_["Statement"] = document_["Statement"][0]


def by_hand(t):
    names = new_names(t)
    made = {}
    for name, r in t["Resources"].items():
        r.pop("Metadata", None)
        waits = r.pop("DependsOn", None)
        r = rewritten(r, names)
        if waits:
            waits = [names.get(w, w) for w in ([waits] if isinstance(waits, str) else waits)]
            r["DependsOn"] = waits[0] if len(waits) == 1 else waits
        for key in ("PolicyDocument", "AssumeRolePolicyDocument"):
            if r["Type"].startswith("AWS::IAM::") and isinstance(r.get("Properties", {}).get(key, {}).get("Statement"), list):
                single(r["Properties"][key])
        made[names[name]] = r
    t["Resources"] = dict(sorted(made.items(), key=lambda item: item[0][::-1]))  # in no order that means anything
    t["Outputs"] = {k: rewritten(v, names) for k, v in t.get("Outputs", {}).items()}


def forget(t, name):
    for r in t["Resources"].values():
        waits = r.get("DependsOn", [])
        if name in waits:
            r["DependsOn"] = [w for w in ([waits] if isinstance(waits, str) else waits) if w != name]


def policies_inline(t):
    for name, p in list(resources(t, "AWS::IAM::Policy")):
        if all(isinstance(r, dict) for r in p.get("Roles", [])) and "Users" not in p and "Condition" not in t["Resources"][name]:
            for r in p["Roles"]:
                t["Resources"][r["Ref"]]["Properties"].setdefault("Policies", []).append(
                    {"PolicyName": name, "PolicyDocument": clone(p["PolicyDocument"])})
            del t["Resources"][name]
            forget(t, name)


def policies_apart(t):
    for name, p in list(resources(t, "AWS::IAM::Policy")):
        if len(p.get("Roles", [])) == 1 and "Users" not in p:
            t["Resources"][name]["Type"] = "AWS::IAM::RolePolicy"
            p["RoleName"] = p.pop("Roles")[0]


def reshaped(title, reshape, cases):
    for c in cases:
        path = c.base[0] if isinstance(c.base, list) else c.base
        if path.endswith(".json"):
            change = (lambda one: lambda t: (one(t) if one else None, reshape(t)))(c.change)
            yield Case(c.fault, f"{c.title}, {title}", c.base, change, c.verdict, c.also, c.params, c.options)


ALL = [c for name in ("group-e", "group-e-forms", "group-e-more", "group-f", "group-f-forms") for c in cases_of(name)]
# E11 is about the place of policies; a key's policy that names a role which names the key is a circle when inline
RIGHTS = [c for c in ALL if c.fault[0] == "E" and c.fault not in ("E11", "E17") and c.title != "the grant by the key's policy"]
CASES = [*reshaped("by hand", by_hand, ALL), *reshaped("inline by hand", together(policies_inline, by_hand), RIGHTS),
         *reshaped("role policies", policies_apart, RIGHTS)]
