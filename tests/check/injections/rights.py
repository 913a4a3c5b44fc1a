"""What the injections of groups E and F share: roles, their statements, and changes to hand-written text."""
from common import *

COMPACT, ATTACHED, ENDPOINTS = "ef-compact.yaml", "ef-attached.yaml", "ef-endpoints.yaml"
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mpc-node:3.2.0"
MANAGED = "arn:aws:iam::aws:policy/"


def replace(*pairs):
    """A change of hand-written text: each old text, which must be there, becomes the new one."""
    def change(text):
        for old, new in zip(pairs[::2], pairs[1::2]):
            assert old in text, "not there: " + old
            text = text.replace(old, new)
        return text
    return change


def nodes(t):
    """Properties of every node's task definition."""
    return [p for _, p in resources(t, "AWS::ECS::TaskDefinition")
            if any("Environment" in c and any(e["Name"] == "MPC_ACCOUNT_ID" for e in c["Environment"])
                   for c in p["ContainerDefinitions"])]


def containers(t):
    return [c for p in nodes(t) for c in p["ContainerDefinitions"]
            if any(e["Name"] == "MPC_ACCOUNT_ID" for e in c.get("Environment", []))]


def services(t):
    """Properties of every node's service."""
    mine = [n for n, p in resources(t, "AWS::ECS::TaskDefinition") if any(p is x for x in nodes(t))]
    return [p for _, p in resources(t, "AWS::ECS::Service") if p["TaskDefinition"].get("Ref") in mine]


def set_each(path, value, where=containers):
    """A change: the property at a path of keys gets the value in every container, task definition or service."""
    def change(t):
        for target in where(t):
            for key in path[:-1]:
                target = target.setdefault(key, {}) if isinstance(key, str) else target[key]
            target[path[-1]] = clone(value)
    return change


def drop_each(path, where=containers):
    def change(t):
        for target in where(t):
            for key in path[:-1]:
                target = target[key]
            del target[path[-1]]
    return change


def together(*changes):
    def change(t):
        for one in changes:
            one(t)
    return change


def role_id(t, kind):
    """Logical id of the first node's role: kind "execution" or "task"."""
    return nodes(t)[0]["ExecutionRoleArn" if kind == "execution" else "TaskRoleArn"]["Fn::GetAtt"][0]


def role(t, kind):
    return t["Resources"][role_id(t, kind)]["Properties"]


def policy(t, kind):
    """Properties of the AWS::IAM::Policy of a role."""
    return next(p for _, p in resources(t, "AWS::IAM::Policy") if {"Ref": role_id(t, kind)} in p["Roles"])


def statements(t, kind):
    return policy(t, kind)["PolicyDocument"]["Statement"]


def statement(t, kind, action):
    """The statement of a role that names an action beginning so."""
    return next(s for s in statements(t, kind)
                if any(a.startswith(action) for a in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])))


def drop(kind, action):
    return lambda t: statements(t, kind).remove(statement(t, kind, action))


def alter(kind, action, **changes):
    """A change: keys of a statement get values (None: the key goes)."""
    def change(t):
        found = statement(t, kind, action)
        for key, value in changes.items():
            found.pop(key, None)
            if value is not None:
                found[key] = clone(value)
    return change


def add(kind, *more):
    return lambda t: statements(t, kind).extend(clone(list(more)))


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def add_resource(name, type_name, properties, **more):
    def change(t):
        t["Resources"][name] = {"Type": type_name, "Properties": clone(properties), **clone(more)}
    return change


def document(*statements_):
    return {"Version": "2012-10-17", "Statement": list(statements_)}


def get_att(name, attribute="Arn"):
    return {"Fn::GetAtt": [name, attribute]}


def sub(text):
    return {"Fn::Sub": text}


def wait_for(name):
    """Every node's service waits for a resource."""
    def change(t):
        for r in t["Resources"].values():
            if r["Type"] == "AWS::ECS::Service" and any(r["Properties"] is s for s in services(t)):
                r["DependsOn"] = ([r["DependsOn"]] if isinstance(r.get("DependsOn"), str) else r.get("DependsOn", [])) + [name]
    return change
