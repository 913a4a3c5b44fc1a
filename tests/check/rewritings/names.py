"""Other names and another order. A rewriting takes the templates of a call, [[file name, template], ...] with the
checked one first, and a random.Random; it changes them in place and gives nothing, or gives other ones."""
import re


def attribute_of(value):
    """Logical id and attribute of a Fn::GetAtt."""
    return value.split(".", 1) if isinstance(value, str) else value


def properties(template, *types):
    """[(logical id, Properties)], of these types when there are any."""
    return [(name, r.setdefault("Properties", {})) for name, r in template["Resources"].items()
            if not types or r["Type"] in types]


def depends_on(resource):
    value = resource.get("DependsOn", [])
    return [value] if isinstance(value, str) else value


def target(node):
    """The logical id of a Ref or Fn::GetAtt."""
    if isinstance(node, dict) and "Ref" in node:
        return node["Ref"]
    return attribute_of(node["Fn::GetAtt"])[0] if isinstance(node, dict) and "Fn::GetAtt" in node else None


def named_in(node, found):
    """All names that the value refers to."""
    if isinstance(node, dict):
        found.update(filter(None, [target(node)]))
        text = node.get("Fn::Sub", "")
        found.update(re.findall(r"\$\{([A-Za-z0-9]+)", text if isinstance(text, str) else text[0]))
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        named_in(value, found)
    return found


def leads_to(template, start, wanted):
    """Whether a resource depends on another one, so that the other way round would be a circle."""
    seen, todo = set(), [start]
    while todo:
        one = todo.pop()
        if one not in seen and one in template["Resources"]:
            seen.add(one)
            resource = template["Resources"][one]
            todo += [*depends_on(resource), *named_in(resource.get("Properties", {}), set())]
    return wanted in seen


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


def renamed_entry(entry, names, conditions):
    """A resource or an output, with what is not a value."""
    entry = renamed(entry, names, conditions)
    if "DependsOn" in entry:
        entry["DependsOn"] = [names.get(d, d) for d in depends_on(entry)]
    if isinstance(entry.get("Condition"), str):
        entry["Condition"] = conditions.get(entry["Condition"], entry["Condition"])
    return entry


def shuffled(mapping, rng):
    return dict(rng.sample(list(mapping.items()), len(mapping)))


def names(templates, rng):
    """Every resource and condition and output gets another name, and everything another place; what CDK says of them goes."""
    for file in templates:
        template = file[1] = {k: v for k, v in file[1].items() if k != "Metadata"}
        new = {name: f"R{i}{rng.choice('xyz')}" for i, name in enumerate(shuffled(template["Resources"], rng))}
        conditions = {name: f"When{i}" for i, name in enumerate(template.get("Conditions", {}))}
        for section in ("Resources", "Outputs", "Conditions", "Rules"):
            if section in template:
                own = {"Resources": new, "Conditions": conditions}.get(section, {})
                template[section] = shuffled({own.get(n, n): renamed_entry({k: v for k, v in e.items() if k != "Metadata"}, new, conditions)
                                              for n, e in template[section].items()}, rng)
        for name, resource in template["Resources"].items():
            template["Resources"][name] = shuffled(resource, rng)
