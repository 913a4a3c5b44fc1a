"""The same values by other ways: parameters, mappings, functions of texts, conditions, and other forms of references."""
import json

from names import attribute_of, properties

PARAMETERS_MOST = 190
# a key in clear text is a fault of its own place, and which file is behind a TemplateURL is told from its text
KEEP = ("SecretString", "TemplateURL")
# the log group that a parameter chooses may be there already
CHOSEN = (*KEEP, "awslogs-group")


def is_function(node):
    return len(node) == 1 and next(iter(node)).startswith(("Fn::", "Ref"))


def text_of(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def literals(node, change, keep=KEEP):
    """The value with change(literal) for each text, number and truth value in it, outside of functions."""
    if isinstance(node, dict):
        return node if is_function(node) else {k: v if k in keep else literals(v, change, keep) for k, v in node.items()}
    if isinstance(node, list):
        return [literals(x, change, keep) for x in node]
    return node if text_of(node) == "" or "{{" in text_of(node) or node is None else change(node)


def change_literals(templates, change, keep=KEEP):
    """change(template, literal) for each literal of the properties."""
    for _, template in templates:
        for name, p in properties(template):
            if p:
                template["Resources"][name]["Properties"] = literals(p, lambda value: change(template, value), keep)


def parameters(templates, rng):
    """Literals become defaults of parameters."""
    def change(template, value):
        mine = template.setdefault("Parameters", {})
        if len(mine) >= PARAMETERS_MOST or rng.random() < 0.5:
            return value
        name = f"Rewritten{len(mine)}"
        mine[name] = {"Type": rng.choice(["String", "Number"]) if type(value) is int else "String", "Default": text_of(value)}
        return {"Ref": name}
    change_literals(templates, change, CHOSEN)


def mappings(templates, rng):
    """Literals are looked up, by a parameter in the first place."""
    def change(template, value):
        if rng.random() < 0.5:
            return value
        template.setdefault("Parameters", {})["RewrittenRow"] = {"Type": "String", "Default": "here"}
        row = template.setdefault("Mappings", {}).setdefault("Rewritten", {"here": {}})["here"]
        if len(row) >= PARAMETERS_MOST:
            return value
        row[f"key{len(row)}"] = text_of(value)
        return {"Fn::FindInMap": ["Rewritten", {"Ref": "RewrittenRow"}, f"key{len(row) - 1}"]}
    change_literals(templates, change, CHOSEN)


def functions(templates, rng):
    """Texts are put together."""
    def change(_, value):
        if not isinstance(value, str) or rng.random() < 0.4 or "|" in value or "${" in value:
            return value
        at = rng.randrange(len(value))
        return rng.choice([{"Fn::Join": [value[at], value.split(value[at])]}, {"Fn::Sub": value},
                           {"Fn::Sub": [value[:at] + "${Rest}", {"Rest": value[at:]}]},
                           {"Fn::Select": [rng.choice([1, "1"]), {"Fn::Split": ["|", f"x|{value}|y"]}]},
                           {"Fn::Select": [0, [value, "other"]]}])
    change_literals(templates, change)


def types(templates, rng):
    """Numbers and truth values as texts."""
    change_literals(templates, lambda _, value: value if isinstance(value, str) else text_of(value))


ALWAYS, STAGE = "RewrittenAlways", "RewrittenStage"


def add_always(template, rng):
    """A condition that holds, if anything uses it."""
    if f'"{ALWAYS}"' not in json.dumps(template):
        return
    on = {"Fn::Equals": [{"Ref": STAGE}, "on"]}
    template.setdefault("Parameters", {})[STAGE] = {"Type": "String", "Default": "on"}
    template.setdefault("Conditions", {})[ALWAYS] = rng.choice(
        [on, {"Fn::Not": [{"Fn::Equals": [{"Ref": STAGE}, "off"]}]}, {"Fn::Or": [{"Fn::Equals": ["a", "b"]}, on]}])


NOTHING = {"Ref": "AWS::NoValue"}


def chosen(node, rng, share):
    """Properties and elements of lists behind Fn::If; an element more that is never there."""
    def one(value):
        value = chosen(value, rng, share)
        return {"Fn::If": [ALWAYS, value, NOTHING]} if rng.random() < share else value
    if isinstance(node, dict):
        return node if is_function(node) else {k: v if k in KEEP else one(v) for k, v in node.items()}
    if isinstance(node, list):
        more = [{"Fn::If": [ALWAYS, NOTHING, "nothing"]}] if node and rng.random() < share else []
        return [one(x) for x in node] + more
    return node


def conditions(templates, rng):
    """Values behind a condition that holds, and resources that are there if it does."""
    for _, template in templates:
        share = rng.choice([0.1, 0.5])
        whole = rng.random() < 0.3
        for name, p in properties(template):
            resource = template["Resources"][name]
            if p:
                resource["Properties"] = chosen(p, rng, share)
            if whole:
                resource.setdefault("Condition", ALWAYS)
        for output in template.get("Outputs", {}).values():
            if whole:
                output.setdefault("Condition", ALWAYS)
        add_always(template, rng)


def references(templates, rng):
    """Ref, Fn::GetAtt, Fn::Sub, Fn::Join and Fn::Select of the same; a security group's Ref is its GroupId."""
    def forms(node, text):
        return [node, {"Fn::Sub": "${%s}" % text}, {"Fn::Join": ["", [node]]}, {"Fn::Select": ["1", ["no", node]]}]

    def change(node, template):
        if isinstance(node, list):
            return [change(x, template) for x in node]
        if not isinstance(node, dict):
            return node
        if list(node) == ["Ref"] and node["Ref"] in template["Resources"]:
            group = template["Resources"][node["Ref"]]["Type"] == "AWS::EC2::SecurityGroup"
            return rng.choice(forms(node, node["Ref"]) + [{"Fn::GetAtt": [node["Ref"], "GroupId"]}] * group)
        if list(node) == ["Fn::GetAtt"] and isinstance(attribute_of(node["Fn::GetAtt"])[1], str):
            logical, attribute = attribute_of(node["Fn::GetAtt"])
            if logical in template["Resources"]:
                return rng.choice(forms(node, f"{logical}.{attribute}") + [{"Fn::GetAtt": f"{logical}.{attribute}"}] +
                                  [{"Ref": logical}] * (attribute == "GroupId"))
        return {k: change(v, template) for k, v in node.items()}
    for _, template in templates:
        for name, p in properties(template):
            if p:
                template["Resources"][name]["Properties"] = change(p, template)


def beside(templates, rng):
    """Resources that have nothing to do with the network."""
    templates[0][1]["Resources"].update({
        "OtherBucket": {"Type": "AWS::S3::Bucket"}, "OtherTopic": {"Type": "AWS::SNS::Topic"},
        "OtherAlarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {
            "MetricName": "CPUUtilization", "Namespace": "AWS/ECS", "Statistic": "Average", "Period": 60, "EvaluationPeriods": 3,
            "Threshold": 90, "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": [{"Ref": "OtherTopic"}]}}})
