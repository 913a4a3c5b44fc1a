"""What the injections of the node contract and of its secrets share: the parts of a node, and worthless keys."""
import hashlib

from common import *

TESTNET = "ab-testnet.yaml"    # tests/check/hand: another author's YAML, short forms, plain secrets
EXISTING = "ab-existing.json"  # tests/check/hand: network, roles and secrets by literal identifiers
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
NODE_KEYS = {p["ParameterKey"]: p["ParameterValue"] for p in load(PARAMS)}
BOOT_KEY = "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF"


def base58(data):
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def bytes_of_key(key):
    number = 0
    for character in key.split(":")[1]:
        number = number * 58 + BASE58.index(character)
    return number.to_bytes(64, "big")


def key_of(data):
    return "ed25519:" + base58(data)


def noise(size, seed="x"):
    return b"".join(hashlib.sha256(f"{seed}{i}".encode()).digest() for i in range(size // 32 + 1))[:size]


SECRET_KEY = NODE_KEYS["Node0AccountSk"]
PUBLIC_KEY = key_of(bytes_of_key(SECRET_KEY)[32:])
TORN_KEY = key_of(bytes_of_key(SECRET_KEY)[:63] + bytes([bytes_of_key(SECRET_KEY)[63] ^ 1]))


def containers(template):
    """The node containers, by what they are for and not by their name."""
    return [c for _, p in resources(template, "AWS::ECS::TaskDefinition") for c in p["ContainerDefinitions"]
            if any(e["Name"] == "MPC_CONTRACT_ID" for e in c.get("Environment", []) + c.get("Secrets", []))]


def each(change, *arguments):
    """A change of the template that does something to every node container."""
    def run(template):
        for container in containers(template):
            change(container, *arguments)
    return run


def one(index, change, *arguments):
    """A change of the template that does something to one node container."""
    return lambda template: change(containers(template)[index], *arguments)


def both(*changes):
    def run(template):
        for change in changes:
            change(template)
    return run


def put(container, name, value):
    found = [e for e in container["Environment"] if e["Name"] == name]
    if found:
        found[0]["Value"] = clone(value)
    else:
        container["Environment"].append({"Name": name, "Value": clone(value)})


def take(container, *names):
    for list_name in ("Environment", "Secrets"):
        container[list_name] = [e for e in container[list_name] if e["Name"] not in names]


def rename(container, name, to):
    for entry in container["Environment"] + container["Secrets"]:
        if entry["Name"] == name:
            entry["Name"] = to


def env(name, value):
    return each(put, name, value)


def drop(*names):
    return each(take, *names)


def parameter(name, **properties):
    def run(template):
        template.setdefault("Parameters", {})[name] = {"Type": "String", **properties}
    return run


def by_parameter(name, **properties):
    """The variable is a Ref of a parameter of these properties."""
    return both(parameter("Chosen", **properties), env(name, {"Ref": "Chosen"}))


def condition(name, value):
    def run(template):
        template.setdefault("Conditions", {})[name] = value
    return run


def injected(container, name):
    """The Secrets entry of a container: {"Name", "ValueFrom"}."""
    return next(e for e in container["Secrets"] if e["Name"] == name)


def value_from(name, value):
    return each(lambda c: injected(c, name).update(ValueFrom=clone(value)))


def logical_id(value):
    """The resource that a ValueFrom names."""
    if isinstance(value, dict):
        (form, inner), = value.items()
        return inner if form == "Ref" else logical_id(inner)
    if isinstance(value, list):
        return next(filter(None, map(logical_id, value)), None)
    return None


def secret_of(template, container, name):
    """Properties of the secret that a container's variable comes from."""
    return template["Resources"][logical_id(injected(container, name)["ValueFrom"])]["Properties"]


def secret(name, properties, index=None):
    """The value properties of the variable's secrets (of one node, or of all) become these."""
    def run(template):
        for container in containers(template) if index is None else [containers(template)[index]]:
            kept = secret_of(template, container, name)
            for value in ("SecretString", "GenerateSecretString"):
                kept.pop(value, None)
            kept.update(clone(properties))
    return run


def text_secret(name, text, index=None):
    return secret(name, {"SecretString": text}, index)


def json_secret(name, text, index=None):
    """The value under the JSON key that the good templates read."""
    return secret(name, {"SecretString": json.dumps({"key": text})}, index)


def selected(name, suffix):
    """ValueFrom is the secret followed by this."""
    def run(template):
        for container in containers(template):
            entry = injected(container, name)
            entry["ValueFrom"] = {"Fn::Sub": "${%s}%s" % (logical_id(entry["ValueFrom"]), suffix)}
    return run


def services(template):
    """Properties of the services, in order."""
    return [p for _, p in resources(template, "AWS::ECS::Service") if "TaskDefinition" in p]


def replace(old, new, count=-1):
    """A change of a hand-written text."""
    return lambda text: text.replace(old, new, count)


def tidy(template):
    """Parameters that the change leaves without use go."""
    rest = json.dumps({k: v for k, v in template.items() if k != "Parameters"})
    for name in [n for n in template.get("Parameters", {}) if n.startswith("Node")]:
        if f'"{name}"' not in rest and "${%s}" % name not in rest:
            del template["Parameters"][name]
