"""A template as YAML with the short forms of functions."""
import json, re

from names import attribute_of

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
