#!/usr/bin/env python3
"""What is installed: files in their places, man pages without warnings, completions that complete, the bill of materials,
one version everywhere."""
import json, os, re, subprocess, sys, tempfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

BUILD = os.path.dirname(BINARY)


def output(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **more)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def read(*path):
    with open(os.path.join(ROOT, *path)) as file:
        return file.read()


@test
def an_installation_is_complete_and_has_no_more():
    with tempfile.TemporaryDirectory() as d:
        output("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", d)
        below = {os.path.relpath(os.path.join(at, f), d) for at, _, files in os.walk(d) for f in files}
        prefix = next(p for p in below if p.endswith("/bin/mpcup"))[:-len("bin/mpcup")]
        share = prefix + "share/"
        for name in ("man/man1/mpcup.1", "man/man5/mpcup-network.5", "man/man7/mpcup-faults.7", "bash-completion/completions/mpcup",
                     "zsh/site-functions/_mpcup", "fish/vendor_completions.d/mpcup.fish", "mpcup/network.schema.json",
                     *(f"doc/mpcup/{f}" for f in ("README.md", "NEWS.md", "SECURITY.md", "CONTRIBUTING.md", "doc/emulation.md",
                                                  "doc/faults.md", "examples/local/network.yaml", "examples/cdk/cdk.json"))):
            assert share + name in below, (name, sorted(below))
        tracked = set(output("git", "-C", ROOT, "ls-files").splitlines()) if os.path.exists(os.path.join(ROOT, ".git")) else None
        for name in below:
            assert not re.search(r"/keys/|node_modules|__pycache__|/test-", name), name
            inside = re.sub(rf"^{share}doc/mpcup/", "", name)
            assert tracked is None or inside == name or inside in tracked, f"{name} is not of the source"
        # links of the documents lead to what is there
        for name in below:
            if name.startswith(share + "doc/") and name.endswith(".md"):
                text = open(os.path.join(d, name)).read()
                for link in re.findall(r"\]\(([^)#:]+)\)", text):
                    target = os.path.normpath(os.path.join(os.path.dirname(name), link))
                    assert os.path.exists(os.path.join(d, target)) or "LICENSE" in link, (name, link)
        installed = os.path.join(d, prefix, "bin/mpcup")
        assert output(installed, "--version") == output(BINARY, "--version")


@test
def the_man_pages_are_set_without_a_warning():
    for page, words in (("mpcup.1", ["mpcup up", "EXIT STATUS"]), ("mpcup-network.5", ["threshold", "KEYS"]),
                        ("mpcup-faults.7", ["C01", "FAULTS"])):
        path = os.path.join(ROOT, "doc", "man", page)
        done = subprocess.run(["groff", "-t", "-man", "-Tutf8", "-ww", "-K", "utf8", "-rLL=100n", path], capture_output=True, text=True)
        text = re.sub(".\b", "", re.sub("\x1b\\[[0-9;]*m", "", done.stdout))
        assert done.returncode == 0 and not done.stderr, done.stderr[:2000]
        assert all(word in text for word in words), text[:2000]


@test
def fish_completes_commands_and_options():
    script = os.path.join(ROOT, "completions", "mpcup.fish")
    output("fish", "--no-execute", script)
    def complete(line):
        with tempfile.TemporaryDirectory() as d:
            found = output("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'", cwd=d, env={**os.environ, "HOME": d})
        return [row.split("\t")[0] for row in found.splitlines()]
    assert complete("mpcup cl") == ["cloud"], complete("mpcup cl")
    assert "start" in complete("mpcup cloud ") and "up" not in complete("mpcup cloud ")
    assert complete("mpcup up --sta") == ["--stack"], complete("mpcup up --sta")
    assert "--new" in complete("mpcup cloud credentials --") and "--new" not in complete("mpcup cloud start --")


@test
def zsh_completes_commands_and_options():
    script = os.path.join(ROOT, "completions", "_mpcup")
    output("zsh", "-n", script)
    def complete(*words, prefix=""):
        """The function itself, with the words of the line, and with what it calls to offer something."""
        probe = "_describe() { print -l -- ${(P)2} }; compadd() { shift; print -l -- $@ }; _files() { print FILES }\n" \
                'words=("$@"); CURRENT=$#; PREFIX=$words[-1]\n_complete() { . ' + script + " }\n_complete\n"
        return [row.split(":")[0] for row in output("zsh", "-f", "-c", probe, "zsh", *words).splitlines()]
    commands = complete("mpcup", "")
    assert "cloud" in commands and commands.count("keys") == 1 and "keys generate" not in commands, commands
    assert "endpoints" in commands  # its help has an apostrophe
    assert "start" in complete("mpcup", "cloud", "") and "up" not in complete("mpcup", "cloud", "")
    assert "--stack" in complete("mpcup", "up", "--sta") and "--new" not in complete("mpcup", "up", "--")
    assert "--new" in complete("mpcup", "cloud", "credentials", "--")
    assert complete("mpcup", "check", "") == ["FILES"]


@test
def the_bill_of_materials_has_the_form_of_spdx():
    bill = json.loads(output(os.path.join(ROOT, "packaging", "make-sbom"), BINARY))
    assert bill["spdxVersion"] == "SPDX-2.3" and bill["dataLicense"] == "CC0-1.0" and bill["SPDXID"] == "SPDXRef-DOCUMENT"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bill["creationInfo"]["created"]) and bill["creationInfo"]["creators"]
    assert re.match(r"https://", bill["documentNamespace"])
    ids = [p["SPDXID"] for p in bill["packages"]]
    assert len(set(ids)) == len(ids)
    for p in bill["packages"]:
        assert re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", p["SPDXID"]), p
        assert {"name", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"} <= set(p), p
        assert p["name"] == "mpcup" or p.get("versionInfo") or p.get("comment"), p
    kinds = {"DESCRIBES", "RUNTIME_DEPENDENCY_OF", "OPTIONAL_DEPENDENCY_OF", "BUILD_DEPENDENCY_OF", "TEST_DEPENDENCY_OF"}
    for r in bill["relationships"]:
        assert {r["spdxElementId"], r["relatedSpdxElement"]} <= {*ids, "SPDXRef-DOCUMENT"} and r["relationshipType"] in kinds, r
    runtime = {r["spdxElementId"] for r in bill["relationships"] if r["relationshipType"] == "RUNTIME_DEPENDENCY_OF"}
    assert {"SPDXRef-libc6", "SPDXRef-libjansson4"} <= runtime, runtime
    declared = re.findall(r"^([a-z0-9]\S*)\s", read("packaging", "dependencies.txt"), re.M)
    assert set(declared) <= {p["name"] for p in bill["packages"]}
    again = output(os.path.join(ROOT, "packaging", "make-sbom"), BINARY)
    assert json.loads(again) == bill


@test
def there_is_one_version_and_one_licence():
    version = re.search(r"version: '([^']+)'", read("meson.build")).group(1)
    assert output(BINARY, "--version").split()[-1] == version
    assert re.match(rf"mpcup \({re.escape(version)}\) ", read("debian", "changelog"))
    assert re.search(rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$", read("NEWS.md"), re.M)
    assert "Apache License" in read("LICENSE") and "License: Apache-2.0" in read("debian", "copyright")
    # what the package is built with is what `make deps` installs
    wanted = set(re.findall(r"[a-z0-9.+-]+-dev|meson", read("debian", "control")))
    known = set(re.findall(r"^([a-z0-9]\S*)\s", read("packaging", "dependencies.txt"), re.M))
    assert len(wanted) > 10 and wanted <= known, wanted - known


@test
def an_image_is_the_same_bytes_each_time():
    with tempfile.TemporaryDirectory() as d:
        made = [os.path.join(d, name) for name in ("one.tar", "two.tar")]
        for path in made:
            output(os.path.join(ROOT, "packaging", "make-image"), BINARY, "localnet", path)
        first, second = (open(path, "rb").read() for path in made)
        assert first == second and len(first) > 1 << 20


main()
