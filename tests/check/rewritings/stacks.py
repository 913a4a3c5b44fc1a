"""One template cut into stacks: exports and imports, or nested stacks with outputs and parameters."""
import copy, json, re

from names import attribute_of, depends_on, named_in

NETWORK = ("AWS::EC2::", "AWS::ServiceDiscovery::PrivateDnsNamespace", "AWS::ServiceDiscovery::HttpNamespace", "AWS::ECS::Cluster")
STORE = ("AWS::EFS::FileSystem", "AWS::EFS::MountTarget")
TYPED = {"AWS::EC2::VPC": "AWS::EC2::VPC::Id", "AWS::EC2::Subnet": "AWS::EC2::Subnet::Id",
         "AWS::EC2::SecurityGroup": "AWS::EC2::SecurityGroup::Id"}


class Cut:
    """stacks: their names, from the lowest up; what is no network and no store is in the last one."""
    def __init__(self, template, stacks, way, rng):
        self.template, self.way, self.rng = template, way, rng
        self.order = {name: level for level, name in enumerate(stacks)}
        self.where = {name: self.place(r, stacks) for name, r in template["Resources"].items()}
        self.raise_what_looks_up()
        kept = {k: v for k, v in template.items() if k == "Transform"}
        self.stacks = {s: {**kept, "Resources": {}, "Outputs": {}, "Parameters": {}} for s in stacks if s in self.where.values()}
        self.links = {s: {} for s in self.stacks}  # parameter -> (stack, output)
        for name, resource in template["Resources"].items():
            self.move(name, copy.deepcopy(resource))
        last = self.stacks[stacks[-1]]
        last["Outputs"].update({n: self.converted(stacks[-1], copy.deepcopy(o)) for n, o in template.get("Outputs", {}).items()
                                if way != "nested" or "Export" not in o})
        for stack in self.stacks.values():
            self.finish(stack)

    @staticmethod
    def place(resource, stacks):
        kind = next((k for k, types in (("network", NETWORK), ("store", STORE)) if resource["Type"].startswith(types)), None)
        return kind if kind in stacks else stacks[0] if kind else stacks[-1]

    def raise_what_looks_up(self):
        """A stack may only use those below it."""
        moved = True
        while moved:
            moved = False
            for name, r in self.template["Resources"].items():
                used = named_in(r.get("Properties", {}), set()) | set(depends_on(r))
                above = max((self.where[n] for n in used if n in self.where), key=self.order.get, default=self.where[name])
                if self.order[above] > self.order[self.where[name]]:
                    self.where[name], moved = above, True

    def move(self, name, resource):
        here = self.where[name]
        waited = [d for d in depends_on(resource) if self.where.get(d) == here]
        resource.pop("DependsOn", None)
        if waited:
            resource["DependsOn"] = waited
        if "Properties" in resource:
            resource["Properties"] = self.converted(here, resource["Properties"])
        self.stacks[here]["Resources"][name] = resource

    def link(self, here, name, attribute):
        """What stands for a resource of a stack below."""
        below, key = self.where[name], name + (attribute or "").replace(".", "")
        output = self.stacks[below]["Outputs"].setdefault(key, {"Value": {"Fn::GetAtt": [name, attribute]} if attribute else {"Ref": name}})
        if "Condition" in self.template["Resources"][name]:
            output["Condition"] = self.template["Resources"][name]["Condition"]
        if self.way == "export":
            output["Export"] = {"Name": f"{below}-{key}"}
            return {"Fn::ImportValue": f"{below}-{key}"}
        if self.way == "export-by-name":
            output["Export"] = {"Name": {"Fn::Sub": "${AWS::StackName}:" + key}}
            self.stacks[here]["Parameters"][f"{below}Stack"] = {"Type": "String", "Default": below}
            return {"Fn::ImportValue": {"Fn::Sub": "${%sStack}:%s" % (below, key)}}
        typed = TYPED.get(self.template["Resources"][name]["Type"], "String") if attribute in (None, "GroupId") else "String"
        self.stacks[here]["Parameters"][key] = {"Type": self.rng.choice([typed, "String"])}
        self.links[here][key] = (below, key)
        return {"Ref": key}

    def is_elsewhere(self, name, here):
        return isinstance(name, str) and name in self.where and self.where[name] != here

    def converted_text(self, here, value):
        text, own = (value, {}) if isinstance(value, str) else (value[0], self.converted(here, value[1]))
        for full in re.findall(r"\$\{([A-Za-z0-9.]+)\}", text):
            name, _, attribute = full.partition(".")
            if name not in own and self.is_elsewhere(name, here):
                alias = full.replace(".", "") + "There"
                text = text.replace("${%s}" % full, "${%s}" % alias)
                own[alias] = self.link(here, name, attribute or None)
        return {"Fn::Sub": [text, own] if own else text}

    def converted(self, here, node):
        if isinstance(node, list):
            return [self.converted(here, x) for x in node]
        if not isinstance(node, dict):
            return node
        if list(node) == ["Ref"] and self.is_elsewhere(node["Ref"], here):
            return self.link(here, node["Ref"], None)
        if list(node) == ["Fn::GetAtt"]:
            name, attribute = attribute_of(node["Fn::GetAtt"])
            return self.link(here, name, attribute) if self.is_elsewhere(name, here) else node
        if list(node) == ["Fn::Sub"]:
            return self.converted_text(here, node["Fn::Sub"])
        return {k: self.converted(here, v) for k, v in node.items()}

    def add_conditions(self, stack):
        """Those that it names, and those that these name."""
        added = True
        while added:
            text = json.dumps(stack)
            added = [c for c in self.template.get("Conditions", {}) if f'"{c}"' in text and c not in stack.get("Conditions", {})]
            for name in added:
                stack.setdefault("Conditions", {})[name] = copy.deepcopy(self.template["Conditions"][name])

    def finish(self, stack):
        """Of the other sections what the stack uses."""
        self.add_conditions(stack)
        if "Mappings" in self.template and "Fn::FindInMap" in json.dumps(stack):
            stack["Mappings"] = copy.deepcopy(self.template["Mappings"])
        text = json.dumps(stack)
        for name, one in self.template.get("Parameters", {}).items():
            if '"Ref": "%s"' % name in text or "${%s}" % name in text:
                stack["Parameters"].setdefault(name, copy.deepcopy(one))
        for section in ("Parameters", "Outputs"):
            if not stack[section]:
                del stack[section]

    @staticmethod
    def name(stack):
        """Of its resource in the parent."""
        return f"Cut{stack.title()}"

    def given(self, name, parameter, link):
        """The value that the parent gives to a parameter."""
        if link:
            stack, output = self.name(link[0]), link[1]
            return self.rng.choice([{"Fn::GetAtt": [stack, f"Outputs.{output}"]}, {"Fn::GetAtt": f"{stack}.Outputs.{output}"},
                                    {"Fn::Sub": "${%s.Outputs.%s}" % (stack, output)}])
        return {"Fn::Join": [",", {"Ref": name}]} if "List" in parameter["Type"] else {"Ref": name}

    def parent(self):
        own, resources = {}, {}
        for stack, template in self.stacks.items():
            passed = {n: self.given(n, p, self.links[stack].get(n)) for n, p in template.get("Parameters", {}).items()}
            own.update({n: p for n, p in template.get("Parameters", {}).items() if n not in self.links[stack]})
            url = self.rng.choice(["https://templates.s3.amazonaws.com/v1/%s.json", "%s.json"]) % stack
            resources[self.name(stack)] = {"Type": "AWS::CloudFormation::Stack",
                                        "Properties": {"TemplateURL": url, **({"Parameters": passed} if passed else {})}}
        return {**({"Parameters": own} if own else {}), "Resources": resources}


def cut(templates, rng, way):
    found = Cut(templates[0][1], rng.choice([["network", "nodes"], ["network", "store", "nodes"]]), way, rng)
    parts = [[f"{stack}.json", template] for stack, template in found.stacks.items()]
    if way == "nested":
        return [["main.json", found.parent()], *parts, *templates[1:]]
    rng.shuffle(parts)
    return parts + templates[1:]


def exports(templates, rng):
    """Stacks that import from each other."""
    return cut(templates, rng, rng.choice(["export", "export-by-name"]))


def nested(templates, rng):
    """One stack of stacks."""
    return cut(templates, rng, "nested")
