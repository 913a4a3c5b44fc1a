"""The same rights and rules in other resources."""
from names import depends_on, leads_to, named_in, properties, target

GROUP = "AWS::EC2::SecurityGroup"
RULES = {GROUP + "Ingress": "SecurityGroupIngress", GROUP + "Egress": "SecurityGroupEgress"}
SERVICE, ROLE = "AWS::ECS::Service", "AWS::IAM::Role"


def protocols(templates, rng):
    """tcp, its number and TCP."""
    def change(node):
        if isinstance(node, list):
            return [change(x) for x in node]
        if not isinstance(node, dict):
            return node
        node = {k: change(v) for k, v in node.items()}
        return {**node, "IpProtocol": rng.choice(["6", 6, "TCP"])} if node.get("IpProtocol") == "tcp" else node
    for _, template in templates:
        template["Resources"] = change(template["Resources"])


def is_waited_for(template, name):
    return any(name in depends_on(r) for r in template["Resources"].values())


def rules_inside(templates, rng):
    """A rule of its own becomes part of its group, where that makes no circle."""
    for _, template in templates:
        for name, p in properties(template, *RULES):
            resource, group = template["Resources"][name], target(p.get("GroupId"))
            rule = {k: v for k, v in p.items() if k != "GroupId"}
            if (template["Resources"].get(group, {}).get("Type") != GROUP or "Condition" in resource or
                    is_waited_for(template, name) or
                    any(leads_to(template, used, group) for used in named_in(rule, set()))):
                continue
            rules = template["Resources"][group].setdefault("Properties", {}).setdefault(RULES[resource["Type"]], [])
            if isinstance(rules, list):
                rules.append(rule)
                del template["Resources"][name]


def rules_outside(templates, rng):
    """The rules inside a group become resources of their own."""
    for _, template in templates:
        for name, p in properties(template, GROUP):
            for kind, member in RULES.items():
                rules = p.get(member)
                if not isinstance(rules, list) or not all("IpProtocol" in r for r in rules):
                    continue
                del p[member]
                condition = {k: v for k, v in template["Resources"][name].items() if k == "Condition"}
                for i, rule in enumerate(rules):
                    own = rng.choice([{"Ref": name}, {"Fn::GetAtt": [name, "GroupId"]}])
                    template["Resources"][f"{name}{member[13:]}{i}"] = {"Type": kind, **condition, "Properties": {"GroupId": own, **rule}}


def waits(template, name):
    """The services start after the resource."""
    for service in template["Resources"].values():
        if service["Type"] == SERVICE:
            service["DependsOn"] = [*depends_on(service), name]


def policy_of(document, role, name, rng):
    """A policy in one of the ways that a role gets one, and what the role needs for it."""
    kind = rng.choice(["Policy", "ManagedPolicy", "RolePolicy", "arn"])
    p = {"PolicyDocument": document}
    if kind == "arn":
        return {"Type": "AWS::IAM::ManagedPolicy", "Properties": p}, {"Ref": name}
    p.update({"RoleName": {"Ref": role}} if kind == "RolePolicy" else {"Roles": [{"Ref": role}]})
    if kind != "ManagedPolicy":
        p["PolicyName"] = name
    return {"Type": f"AWS::IAM::{kind}", "Properties": p}, None


def policies(templates, rng):
    """A role's own policies become resources, and separate ones managed ones."""
    for _, template in templates:
        for role, p in properties(template, ROLE):
            if not isinstance(p.get("Policies", []), list) or any(
                    not isinstance(one.get("PolicyName"), str) for one in p.get("Policies", [])):
                continue
            for i, one in enumerate(p.pop("Policies", [])):
                name = f"{role}Rights{i}"
                resource, arn = policy_of(one["PolicyDocument"], role, name, rng)
                if arn and any(leads_to(template, n, role) for n in named_in(one["PolicyDocument"], set())):
                    resource, arn = {"Type": "AWS::IAM::Policy", "Properties": {
                        "PolicyName": name, "Roles": [{"Ref": role}], "PolicyDocument": one["PolicyDocument"]}}, None
                if arn:
                    p["ManagedPolicyArns"] = [*p.get("ManagedPolicyArns", []), arn]
                if "Condition" in template["Resources"][role]:
                    resource["Condition"] = template["Resources"][role]["Condition"]
                template["Resources"][name] = resource
                waits(template, name)
        for name, p in properties(template, "AWS::IAM::Policy"):
            if isinstance(p.get("PolicyName"), str) and rng.random() < 0.5:
                template["Resources"][name]["Type"] = "AWS::IAM::ManagedPolicy"
                del p["PolicyName"]


def statements(templates, rng):
    """Lists of one as their element, elements as lists of one, actions in other letters, another order."""
    def member(value):
        if isinstance(value, list):
            return value[0] if len(value) == 1 else rng.sample(value, len(value))
        return rng.choice([value, [value]])

    def statement(one):
        if not isinstance(one, dict) or "Effect" not in one:
            return one
        one = {k: member(v) if k in ("Action", "NotAction", "Resource", "NotResource") else v for k, v in one.items()}
        if isinstance(one.get("Action"), str) and ":" in one["Action"]:
            service, _, action = one["Action"].partition(":")
            one["Action"] = f"{service}:{rng.choice([action, action.lower(), action.upper()])}"
        return one

    def change(node):
        if isinstance(node, list):
            return [change(x) for x in node]
        if not isinstance(node, dict):
            return node
        if "Statement" in node:
            found = node["Statement"] if isinstance(node["Statement"], list) else [node["Statement"]]
            return {**node, "Statement": member([statement(one) for one in found])}
        return {k: change(v) for k, v in node.items()}
    for _, template in templates:
        for name, p in properties(template):
            if p:
                template["Resources"][name]["Properties"] = change(p)
