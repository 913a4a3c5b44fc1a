#!/usr/bin/env python3
"""Two builds in different directories, at different times, give the same bytes: what is installed, and the Debian package."""
import hashlib, os, shutil, subprocess, sys, tempfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

SOURCES = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=True).stdout.splitlines()


def copy(to):
    for name in SOURCES:
        target = os.path.join(to, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(os.path.join(ROOT, name), target)


def output(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    assert done.returncode == 0, (command, done.stdout[-3000:], done.stderr[-3000:])


def digests(directory):
    return {os.path.relpath(os.path.join(at, f), directory): hashlib.sha256(open(os.path.join(at, f), "rb").read()).hexdigest()
            for at, _, files in os.walk(directory) for f in files}


@test
def what_is_installed_is_the_same_bytes():
    found = []
    for name in ("a", os.path.join("deeper", "of-another-length")):
        with tempfile.TemporaryDirectory() as d:
            source = os.path.join(d, name, "source")
            copy(source)
            output("meson", "setup", "build", "-Dtests=false", cwd=source)
            output("ninja", "-C", "build", "mpcup", cwd=source)
            output("meson", "install", "-C", "build", "--destdir", os.path.join(d, "tree"), cwd=source)
            assert d.encode() not in open(os.path.join(source, "build", "mpcup"), "rb").read()
            found.append(digests(os.path.join(d, "tree")))
    assert found[0] == found[1] and any(n.endswith("/bin/mpcup") for n in found[0]), found


@test
def the_debian_package_is_the_same_bytes():
    found = []
    for name in ("a", os.path.join("deeper", "of-another-length")):
        with tempfile.TemporaryDirectory() as d:
            source, to = os.path.join(d, name, "source"), os.path.join(d, "deb")
            copy(source)
            output(os.path.join(source, "packaging", "make-deb"), to, env={**os.environ, "TMPDIR": os.path.dirname(source)})
            found.append({n: h for n, h in digests(to).items() if n.endswith((".deb", ".tar.xz"))})
    assert found[0] == found[1] and len(found[0]) == 3, found


main()
