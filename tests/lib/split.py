"""A network that is too large for one stack, cut as people cut it: what the nodes share stays in the first template,
the nodes follow in templates of at most `most`, and import what they use."""
import copy, re

NODE = re.compile(r"MpcNode(\d+)(?!\d)|Node(\d+)(?!\d)")


def owner(name):
    """The number of the node that a logical name belongs to; None: it is shared."""
    match = NODE.match(name)
    return int(match.group(1) or match.group(2)) if match else None


def references(value):
    """Logical names that Ref and Fn::GetAtt in the value name, with the attribute."""
    if isinstance(value, dict):
        if set(value) == {"Ref"} and isinstance(value["Ref"], str):
            yield value["Ref"], None
        elif set(value) == {"Fn::GetAtt"}:
            yield value["Fn::GetAtt"][0], value["Fn::GetAtt"][1]
        else:
            for one in value.values():
                yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def without_others(value, keep):
    """The value without those elements of lists that only refer to what is not kept."""
    if isinstance(value, list):
        return [without_others(one, keep) for one in value
                if not (names := [n for n, _ in references(one)]) or any(keep(n) for n in names)]
    if isinstance(value, dict):
        return {name: without_others(one, keep) for name, one in value.items()}
    return value


def imported(value, shared, exports):
    """The value with references to shared resources as imports; notes in exports what must be exported."""
    if isinstance(value, dict):
        found = list(references(value)) if len(value) == 1 and set(value) <= {"Ref", "Fn::GetAtt"} else []
        if found and found[0][0] in shared:
            name = "Shared-" + "-".join(filter(None, found[0]))
            exports[name] = value
            return {"Fn::ImportValue": name}
        return {name: imported(one, shared, exports) for name, one in value.items()}
    return [imported(one, shared, exports) for one in value] if isinstance(value, list) else value


def split(template, most=50):
    resources = template["Resources"]
    count = 1 + max(n for n in map(owner, resources) if n is not None)
    # a policy that names resources of nodes goes with them, each part with its own
    spread = {name for name, one in resources.items() if owner(name) is None and one["Type"].startswith("AWS::IAM::")
              and any(owner(n) is not None for n, _ in references(one.get("Properties")))}
    shared = {name for name in resources if owner(name) is None and name not in spread}
    exports, parts = {}, []
    for first in range(0, count, most):
        mine = range(first, min(first + most, count))
        part = {**copy.deepcopy({k: v for k, v in template.items() if k not in ("Outputs", "Parameters")}),
                "Parameters": {k: v for k, v in template.get("Parameters", {}).items()
                               if owner(k) is None or owner(k) in mine}, "Resources": {}}
        for name, one in resources.items():
            if owner(name) in mine or name in spread:
                one = without_others(one, lambda n: owner(n) is None or owner(n) in mine)
                one = imported(one, shared, exports)
                if name in spread:
                    one["Properties"].pop("PolicyName", None) if one["Type"].endswith("ManagedPolicy") else \
                        one["Properties"].update(PolicyName=f"{name}{first}")
                depends = [d for d in one.get("DependsOn", []) if d not in shared]
                one.pop("DependsOn", None)
                part["Resources"][name] = {**one, **({"DependsOn": depends} if depends else {})}
        parts.append(part)
    base = {**copy.deepcopy({k: v for k, v in template.items() if k not in ("Outputs", "Parameters")}),
            "Parameters": {k: v for k, v in template.get("Parameters", {}).items() if owner(k) is None},
            "Resources": {n: resources[n] for n in resources if n in shared},
            "Outputs": {re.sub(r"\W", "", name): {"Value": value, "Export": {"Name": name}}
                        for name, value in exports.items()}}
    return [base, *parts]
