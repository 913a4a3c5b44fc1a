#!/usr/bin/env python3
"""mpcup graph: the picture is well-formed, stands alone, does not overlap, stays small and fast, and says on hover what
mpcup check says."""
import copy, json, os, re, resource, subprocess, sys, tempfile
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

SVG = "{http://www.w3.org/2000/svg}"


def graph(*arguments, code=0):
    done = subprocess.run([BINARY, "graph", *arguments], capture_output=True, text=True, cwd=TEMPLATES, timeout=60,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == code, (arguments, done.returncode, done.stderr)
    return done.stderr if code else done.stdout


def model(*arguments):
    return json.loads(graph("--json", *arguments))


def svg(*arguments):
    return ET.fromstring(graph(*arguments))


def load(path):
    with open(os.path.join(TEMPLATES, path)) as file:
        return json.load(file)


@contextlib.contextmanager
def changed(path, change):
    """A copy of a template with a change of its resources, as a file."""
    template = load(path)
    change(template["Resources"])
    with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="graph-") as file:
        json.dump(template, file, indent=1)
        file.flush()
        yield file.name


def of_type(resources, type_name):
    return [name for name, r in resources.items() if r["Type"] == type_name]


def stray(*nodes):
    """These nodes get a security group of their own that no rule names."""
    def change(resources):
        group = copy.deepcopy(resources["MpcNodeSg14575A23"])
        group.pop("Metadata", None)
        resources["StraySg"] = group
        for name in of_type(resources, "AWS::ECS::Service"):
            if any(re.search(f"Node{n}Service", name) for n in nodes):
                vpc = resources[name]["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]
                vpc["SecurityGroups"] = [{"Fn::GetAtt": ["StraySg", "GroupId"]}]
    return change


def one_zone_each(resources):
    for i, name in enumerate(of_type(resources, "AWS::ECS::Service")):
        vpc = resources[name]["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]
        vpc["Subnets"] = [vpc["Subnets"][i % 2]]


def a_file_system_each(resources):
    """Every task definition mounts a file system of its own."""
    system = next(iter(of_type(resources, "AWS::EFS::FileSystem")))
    targets = of_type(resources, "AWS::EFS::MountTarget")
    for i, name in enumerate(of_type(resources, "AWS::ECS::TaskDefinition")):
        resources[f"Fs{i}"] = copy.deepcopy(resources[system])
        resources[f"Fs{i}"].pop("Metadata", None)
        for k, target in enumerate(targets):
            one = copy.deepcopy(resources[target])
            one.pop("Metadata", None)
            one["Properties"]["FileSystemId"] = {"Ref": f"Fs{i}"}
            resources[f"Fs{i}Target{k}"] = one
        for volume in resources[name]["Properties"]["Volumes"]:
            volume["EFSVolumeConfiguration"]["FilesystemId"] = {"Ref": f"Fs{i}"}


def rectangles(drawn):
    return {o["id"]: (o["x"], o["y"], o["x"] + o["width"], o["y"] + o["height"]) for o in drawn["objects"]}


def inside(a, b):
    return b[0] <= a[0] and b[1] <= a[1] and a[2] <= b[2] and a[3] <= b[3]


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def check_layout(drawn, what):
    boxes = rectangles(drawn)
    parents = {o["id"]: o.get("parent") for o in drawn["objects"]}
    page = (0, 0, drawn["width"], drawn["height"])
    for name, box in boxes.items():
        assert box[2] > box[0] and box[3] > box[1], (what, name, box)
        assert inside(box, boxes[parents[name]] if parents[name] else page), (what, name, box, parents[name])
    names = list(boxes)
    for i, a in enumerate(names):
        for b in names[i + 1:]:
            if parents[a] == parents[b]:
                assert not overlap(boxes[a], boxes[b]), (what, a, boxes[a], b, boxes[b])


def walk(node, transform=(0, 0)):
    for child in node:
        moved = transform
        match = re.match(r"translate\(([-\d.]+) ([-\d.]+)\)$", child.get("transform", ""))
        if match:
            moved = (transform[0] + float(match.group(1)), transform[1] + float(match.group(2)))
        yield child, moved
        yield from walk(child, moved)


@test
def every_template_of_the_corpus_is_a_well_formed_picture_without_overlaps():
    for folder in ("good", "benign", "faulty"):
        for name in sorted(os.listdir(os.path.join(TEMPLATES, folder))):
            path = f"{folder}/{name}"
            done = subprocess.run([BINARY, "graph", path], capture_output=True, text=True, cwd=TEMPLATES, timeout=60)
            if done.returncode:  # CloudFormation refuses it as well: the reason is told
                assert done.returncode == 2 and name.split(".")[0] in done.stderr, (path, done.stderr)
                continue
            assert ET.fromstring(done.stdout).tag == SVG + "svg", path
            check_layout(model(path), path)


@test
def boxes_do_not_overlap_at_1_3_10_30_and_57_nodes():
    for nodes in (1, 10, 30, 57):
        drawn = model(f"scale/standalone-{nodes}.json")
        check_layout(drawn, nodes)
        assert len([o for o in drawn["objects"] if o["kind"] == "task"]) == nodes
    check_layout(model("good/standalone.json"), 3)
    check_layout(model("good/composed.json"), "composed")
    check_layout(model("good/import.json", "good/import.near-runner.json"), "two templates")


@test
def bands_file_systems_and_stray_nodes_do_not_overlap_either():
    for base in ("good/standalone.json", "scale/standalone-10.json", "scale/standalone-30.json"):
        for change in (one_zone_each, a_file_system_each, stray(1, 7)):
            with changed(base, change) as path:
                check_layout(model(path), (base, change))


@test
def text_stays_inside_of_the_picture_and_of_its_box():
    long = "NodeWithANameThatIsMuchLongerThanAnyBoxOfThePictureCouldHold"

    def rename(resources):
        for name in of_type(resources, "AWS::ServiceDiscovery::Service"):
            resources[name]["Properties"]["Name"] = long + name[-8:]
    with changed("good/standalone.json", rename) as path:
        root = svg(path)
        drawn = model(path)
    width = float(root.get("width"))
    shown = [t for t, _ in walk(root) if t.tag == SVG + "text"]
    assert len(shown) > 20
    for text in shown:
        if text.get("x") and text.get("text-anchor") is None:
            assert float(text.get("x")) + len(text.text) * float(text.get("font-size")) * 0.6 <= width + 1, text.text
    tasks = [o for o in drawn["objects"] if o["kind"] == "task"]
    for task in tasks:
        assert task["label"].startswith(long)
        label = next(t.text for t in shown if t.get("x") and float(t.get("x")) == task["x"] + 10 and "…" in t.text)
        assert len(label) * 13 * 0.6 <= task["width"] and label.startswith("NodeWith") and label[-3:] == task["label"][-3:]
    titles = [t.text for t, _ in walk(root) if t.tag == SVG + "title"]
    assert any(task["label"] in t for task in tasks for t in titles)


@test
def thirty_nodes_are_small_and_fast_and_no_hairball():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = graph("scale/standalone-30.json")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime  # of the processor, whatever else runs
    assert len(text.encode()) < 400_000, len(text)
    assert seconds < 1, seconds
    drawn = model("scale/standalone-30.json")
    assert len([f for f in drawn["flows"] if f["kind"] == "peer"]) == 30 * 29
    assert len(drawn["lines"]) < 60, len(drawn["lines"])
    cells = [e for e, _ in walk(ET.fromstring(text)) if "cell" in e.get("class", "").split()]
    assert len(cells) == 900 and sum("pass" in c.get("class") for c in cells) == 870
    assert all(c.find(SVG + "title") is not None for c in cells if "pass" in c.get("class"))
    with changed("scale/standalone-30.json", stray(*range(30))) as path:
        assert len(graph(path).encode()) < 400_000  # all of it red


@test
def deviating_nodes_are_drawn_singly_and_named_in_the_matrix():
    with changed("scale/standalone-30.json", stray(7)) as path:
        drawn, root = model(path), svg(path)
    task = next(o for o in drawn["objects"] if o["label"] == "node-7")
    other = next(o for o in drawn["objects"] if o["label"] == "node-8")
    assert task["verdict"] == "FAIL" and other["verdict"] != "FAIL"
    assert next(m for m in other["marks"] if m["label"] == "peers")["partial"] is True
    nfs = [l for l in drawn["lines"] if l["kind"] == "nfs"]
    assert sorted((l["verdict"], l["count"]) for l in nfs) == [("FAIL", 1), ("PASS", 29)], nfs
    red = next(l for l in nfs if l["verdict"] == "FAIL")
    assert "node-7 →" in red["text"] and "C01" in red["text"] and ".json:" in red["text"] and "Remedy: " in red["text"]
    assert drawn["peers"]["rows"][7] == "F" * 7 + "." + "F" * 22
    assert drawn["peers"]["rows"][8] == "PPPPPPPF." + "P" * 21
    cells = [e for e, _ in walk(root) if "cell" in e.get("class", "").split()]
    blocked = cells[8 * 30 + 7]
    text = blocked.find(SVG + "title").text
    assert "fail" in blocked.get("class") and "node-8 → node-7, TCP 80: blocked, A09" in text, text
    assert "security group StraySg admits no TCP 80" in text and ".json:" in text, text
    peers = [l for l in drawn["lines"] if l["kind"] == "peer" and l["verdict"] == "FAIL"]
    assert len(peers) == 1 and "node-7 and its peers" in peers[0]["text"], peers


@test
def single_peers_that_are_cut_off_from_each_other_have_a_line_each():
    def change(resources):  # node 1 admits all but node 2
        stray(1)(resources)
        stray_group = {"Fn::GetAtt": ["StraySg", "GroupId"]}
        nodes = {"Fn::GetAtt": ["MpcNodeSg14575A23", "GroupId"]}
        resources["TwoSg"] = copy.deepcopy(resources["StraySg"])
        two = {"Fn::GetAtt": ["TwoSg", "GroupId"]}
        service = next(n for n in of_type(resources, "AWS::ECS::Service") if "Node2Service" in n)
        resources[service]["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]["SecurityGroups"] = [two]
        efs = {"Fn::GetAtt": ["MpcEfsSgEC191DCB", "GroupId"]}
        pairs = [(stray_group, nodes), (nodes, stray_group), (two, nodes), (nodes, two)]
        for i, (to, source, port) in enumerate([(a, b, 80) for a, b in pairs] + [(efs, stray_group, 2049), (efs, two, 2049)]):
            resources[f"Rule{i}"] = {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {
                "GroupId": to, "SourceSecurityGroupId": source, "IpProtocol": "tcp", "FromPort": port, "ToPort": port}}
    with changed("scale/standalone-10.json", change) as path:
        drawn = model(path)
    red = [l for l in drawn["lines"] if l["kind"] == "peer" and l["verdict"] == "FAIL"]
    assert sorted(l["text"].split(",")[0] for l in red) == ["node-1 → node-2", "node-2 → node-1"], red
    assert all(l["arrow"] for l in red)
    assert drawn["counts"]["fail"] == 2
    boxes = [r for n, r in rectangles(drawn).items() if n.startswith("task:")]
    for line in red:  # they run between the boxes
        for (ax, ay), (bx, by) in zip(line["paths"][0], line["paths"][0][1:]):
            x, y = (ax + bx) / 2, (ay + by) / 2
            assert not any(b[0] < x < b[2] and b[1] < y < b[3] for b in boxes), (line["paths"], x, y)


@test
def the_page_is_one_file_that_loads_nothing():
    class Page(HTMLParser):
        def __init__(self):
            super().__init__()
            self.loads, self.data, self.inside, self.scripts = [], "", False, []

        def handle_starttag(self, tag, attributes):
            given = dict(attributes)
            self.loads += [(tag, k) for k in given if k in ("src", "href", "srcset", "data", "action", "xlink:href")]
            self.loads += [(tag, "on") for k in given if k.startswith("on")]
            self.inside = tag == "script" and given.get("type") == "application/json"
            if tag in ("link", "img", "iframe", "object", "image", "use"):
                self.loads.append(tag)
            if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
                self.policy = given["content"]

        def handle_data(self, data):
            if self.inside:
                self.data += data

        def handle_endtag(self, tag):
            self.inside = False
    for arguments in (("good/standalone.json",), ("faulty/efs-no-nfs-rule.json",), ("scale/standalone-30.json",)):
        text = graph("--format", "html", *arguments)
        page = Page()
        page.feed(text)
        assert not page.loads, page.loads
        assert page.policy.startswith("default-src 'none'")
        assert re.findall(r"https?://[^\s\"'<>)]*", text) == ["http://www.w3.org/2000/svg"], arguments
        assert "url(" not in text and "@import" not in text and "prefers-color-scheme:dark" in text
        data = json.loads(page.data)
        findings = json.loads(subprocess.run([BINARY, "check", "--json", *arguments], capture_output=True, text=True,
                                             cwd=TEMPLATES, timeout=60).stdout)["findings"]
        assert [f["fault"] for f in data["findings"]] == [f["fault"] for f in findings]
        assert 'tabindex="0"' in text and "aria-live" in text


@test
def hovering_says_what_check_says():
    for fault in ("efs-no-nfs-rule", "nacl-blocks-nfs", "endpoint-private-dns-off", "public-subnet-no-ip",
                  "route-table-not-associated", "composed-near-sg-closed", "efs-no-egress"):
        path = f"faulty/{fault}.json"
        found = json.loads(subprocess.run([BINARY, "check", "--json", path], capture_output=True, text=True, cwd=TEMPLATES,
                                          timeout=60).stdout)["findings"][0]
        place = f"{found['location']['file']}:{found['location']['line']}"
        red = [g.find(SVG + "title").text for g, _ in walk(svg(path)) if set(g.get("class", "").split()) >= {"l", "fail"}]
        assert any(f"{found['fault']} {found['rule']}" in t and place in t and found["remedy"] in t for t in red), (path, red)


@test
def every_file_has_the_format_of_its_ending():
    with tempfile.TemporaryDirectory() as d:
        for ending, start in (("svg", "<svg "), ("html", "<!DOCTYPE html>"), ("json", '{"title"')):
            path = os.path.join(d, "x." + ending)
            assert graph("good/standalone.json", "--output", path) == ""
            with open(path) as file:
                assert file.read().startswith(start), ending
        assert graph("good/standalone.json", "--output", "-", "--format", "html").startswith("<!DOCTYPE html>")
        odd = os.path.join(d, "picture.png")
        assert "use .svg, .html or .json" in graph("good/standalone.json", "--output", odd, code=2)
        assert not os.path.exists(odd)
        assert "svg, html, json and compact" in graph("good/standalone.json", "--format", "png", code=2)
        assert "nowhere" in graph("good/standalone.json", "--output", os.path.join(d, "nowhere", "x.svg"), code=3)


@test
def a_network_file_is_drawn_without_making_anything():
    with tempfile.TemporaryDirectory() as d:
        for command in (["init"], ["graph", "--output", "x.json"]):
            done = subprocess.run([BINARY, *command], capture_output=True, text=True, cwd=d, timeout=60)
            assert done.returncode == 0, (command, done.stderr)
        assert sorted(os.listdir(d)) == ["network.yaml", "x.json"]
        with open(os.path.join(d, "x.json")) as file:
            drawn = json.load(file)
        assert {o["label"] for o in drawn["objects"] if o["kind"] == "task"} == {"node-0", "node-1", "node-2"}
        assert drawn["counts"]["fail"] == 0
        check_layout(drawn, "network.yaml")


@test
def the_values_with_the_most_failures_are_drawn_and_named():
    def change(resources):
        pass
    template = load("good/standalone.json")
    template.setdefault("Parameters", {})["Nfs"] = {"Type": "String", "AllowedValues": ["open", "closed"], "Default": "open"}
    template["Conditions"] = {"Open": {"Fn::Equals": [{"Ref": "Nfs"}, "open"]}, **template.get("Conditions", {})}
    for name, r in template["Resources"].items():
        if r["Type"] == "AWS::EC2::SecurityGroupIngress" and r["Properties"]["FromPort"] == 2049:
            r["Condition"] = "Open"
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(template, file)
        file.flush()
        both, chosen = model(file.name), model(file.name, "--param", "Nfs=open")
        refused = graph(file.name, "--param", "Nfs=ajar", code=2)
    assert both["assignment"] == {"Nfs": "closed"} and both["counts"]["fail"] == 3
    assert "assignment" not in chosen and chosen["counts"]["fail"] == 0
    assert "Nfs" in refused


@test
def what_is_no_template_is_refused_with_its_place():
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write('{"Resources": {"A": {"Type": ')
        file.flush()
        assert file.name + ":" in graph(file.name, code=2)
    assert "no-such-file" in graph("no-such-file.json", code=2)


main()
