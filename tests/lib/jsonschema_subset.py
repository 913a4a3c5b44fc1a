"""The part of JSON schema (draft 7) that the schemas of SARIF and of network.yaml use; any other keyword is an error."""
import re

ANNOTATIONS = {"$id", "$schema", "title", "description", "default", "definitions"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
FORMATS = {"uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*", "uri-reference": r"[^\s<>\"{}|\\^`]*",
           "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"}


def is_type(value, name):
    if name in ("integer", "number"):
        return isinstance(value, int if name == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def resolve(root, reference):
    assert reference.startswith("#/"), reference
    for part in reference[2:].split("/"):
        root = root[part]
    return root


class Validator:
    def __init__(self, schema):
        self.root = schema

    def errors(self, value, schema=None, path="$"):
        schema = self.root if schema is None else schema
        for keyword, wanted in schema.items():
            if keyword not in ANNOTATIONS and keyword not in ("properties", "additionalProperties"):
                yield from getattr(self, "check_" + keyword.strip("$"))(value, wanted, path)
        if isinstance(value, dict):
            yield from self.members(value, schema, path)

    def members(self, value, schema, path):
        more = schema.get("additionalProperties", True)
        for key, member in value.items():
            if key in schema.get("properties", {}):
                yield from self.errors(member, schema["properties"][key], f"{path}.{key}")
            elif more is False:
                yield f"{path}: {key} is not allowed"
            elif more is not True:
                yield from self.errors(member, more, f"{path}.{key}")

    def check_ref(self, value, wanted, path):
        yield from self.errors(value, resolve(self.root, wanted), path)

    def check_type(self, value, wanted, path):
        if not any(is_type(value, name) for name in ([wanted] if isinstance(wanted, str) else wanted)):
            yield f"{path}: not of type {wanted}"

    def check_enum(self, value, wanted, path):
        if value not in wanted:
            yield f"{path}: {value!r} is not one of {wanted}"

    def check_required(self, value, wanted, path):
        if isinstance(value, dict):
            yield from (f"{path}: {key} is missing" for key in wanted if key not in value)

    def check_items(self, value, wanted, path):
        if isinstance(value, list):
            for index, one in enumerate(value):
                yield from self.errors(one, wanted, f"{path}[{index}]")

    def check_minItems(self, value, wanted, path):
        if isinstance(value, list) and len(value) < wanted:
            yield f"{path}: fewer than {wanted} items"

    def check_maxItems(self, value, wanted, path):
        if isinstance(value, list) and len(value) > wanted:
            yield f"{path}: more than {wanted} items"

    def check_maxLength(self, value, wanted, path):
        if isinstance(value, str) and len(value) > wanted:
            yield f"{path}: longer than {wanted}"

    def check_uniqueItems(self, value, wanted, path):
        if wanted and isinstance(value, list) and any(one in value[:i] for i, one in enumerate(value)):
            yield f"{path}: an item is there twice"

    def check_minimum(self, value, wanted, path):
        if is_type(value, "number") and value < wanted:
            yield f"{path}: {value} is below {wanted}"

    def check_maximum(self, value, wanted, path):
        if is_type(value, "number") and value > wanted:
            yield f"{path}: {value} is above {wanted}"

    def check_pattern(self, value, wanted, path):
        if isinstance(value, str) and not re.search(wanted, value):
            yield f"{path}: {value!r} does not match {wanted}"

    def check_format(self, value, wanted, path):
        if isinstance(value, str) and not re.fullmatch(FORMATS[wanted], value):
            yield f"{path}: {value!r} is no {wanted}"

    def fitting(self, value, wanted, path):
        return sum(not any(True for _ in self.errors(value, one, path)) for one in wanted)

    def check_anyOf(self, value, wanted, path):
        if not self.fitting(value, wanted, path):
            yield f"{path}: fits none of anyOf"

    def check_oneOf(self, value, wanted, path):
        if self.fitting(value, wanted, path) != 1:
            yield f"{path}: does not fit exactly one of oneOf"
