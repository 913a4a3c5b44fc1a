#!/usr/bin/env python3
"""mpcup check of several templates in one call: exports that hang on the stack's name, as mpcup synth writes them."""
import copy, json, os, subprocess, sys, tempfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *


def synth(directory, *arguments):
    done = subprocess.run([BINARY, "synth", *arguments], cwd=directory, capture_output=True, text=True, check=True,
                          stdin=subprocess.DEVNULL, timeout=60)
    return json.loads(done.stdout)


def templates():
    """The importing template and the base's."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([BINARY, "init"], cwd=directory, check=True, capture_output=True)
        return synth(directory, "--pattern", "integrated"), synth(directory, "--base")


NETWORK, BASE = templates()


def check(network, base, *options):
    with tempfile.TemporaryDirectory() as directory:
        files = []
        for name, template in (("network.json", network), ("base.json", base)):
            if template:
                files.append(os.path.join(directory, name))
                with open(files[-1], "w") as file:
                    json.dump(template, file, indent=1)
        done = subprocess.run([BINARY, "check", "--json", *files, *options], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode in (0, 1), (done.returncode, done.stderr)
    return [f for f in json.loads(done.stdout)["findings"]]


def first(findings):
    return next(((f["verdict"], f["fault"]) for f in findings), None)


def changed(template, change):
    template = copy.deepcopy(template)
    change(template)
    return template


@test
def exports_of_a_stack_of_any_name_are_what_the_other_imports():
    findings = check(NETWORK, BASE)
    assert not [f for f in findings if f["verdict"] != "UNKNOWN"], findings
    alone = {f["fault"] for f in check(NETWORK, None)}
    assert {"G08", "C05", "D08", "I14"} <= alone and not alone & {f["fault"] for f in findings} & {"G08", "C05", "D08", "I14"}


@test
def the_name_may_be_any_that_the_importer_is_given():
    assert not [f for f in check(NETWORK, BASE, "--param", "NearStack=prod-near") if f["fault"] == "G08"]


@test
def an_import_that_the_stack_does_not_export_is_found():
    slip = json.loads(json.dumps(NETWORK).replace("${NearStack}-PrivateSubnetB", "${NearStack}-PrivateSubnetC"))
    assert first(check(slip, BASE)) == ("FAIL", "G08")
    assert first(check(NETWORK, changed(BASE, lambda t: t["Outputs"]["VpcId"].pop("Export")))) == ("FAIL", "G08")


@test
def what_is_wrong_in_the_other_stack_is_found():
    def boot(value):
        return lambda t: t["Outputs"]["NearBootNodes"].update(Value={"Fn::Sub": value})

    resources = BASE["Resources"]
    for fault, change in [
            ("C12", lambda t: t["Resources"]["NearGroup"]["Properties"].pop("SecurityGroupIngress")),
            ("D08", lambda t: t["Resources"]["Vpc"]["Properties"].pop("EnableDnsHostnames")),
            ("I02", lambda t: t["Resources"]["Near"]["Properties"].pop("ServiceRegistries")),
            ("I01", lambda t: t["Resources"]["NearName"]["Properties"].update(Name="chain")),
            ("A04", boot("${NodePublicKey}@near.near.local:3030")),
            ("I01", boot("${NodePublicKey}@near.chain.local:24567")),
            ("D22", lambda t: t["Outputs"]["PrivateSubnetB"].update(Value={"Ref": "PrivateSubnetA"}))]:
        found = first(check(NETWORK, changed(BASE, change)))
        assert found == ("FAIL", fault), (fault, found)
    assert resources == BASE["Resources"]


main()
