#!/usr/bin/env python3
"""Two builds in different directories, at different times, give the same bytes: what is installed, and the Debian package."""
import hashlib, os, shutil, subprocess, sys, tempfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

SOURCES = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=True).stdout.splitlines()


def copies(directory):
    """Two, made at once: of the same sources, at paths of different lengths."""
    for name in ("a", os.path.join("deeper", "of-another-length")):
        source = os.path.join(directory, name, "source")
        for file in SOURCES:
            os.makedirs(os.path.dirname(os.path.join(source, file)), exist_ok=True)
            shutil.copy(os.path.join(ROOT, file), os.path.join(source, file))
        yield source


def output(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    assert done.returncode == 0, (command, done.stdout[-3000:], done.stderr[-3000:])


def digests(directory):
    return {os.path.relpath(os.path.join(at, f), directory): hashlib.sha256(open(os.path.join(at, f), "rb").read()).hexdigest()
            for at, _, files in os.walk(directory) for f in files}


@test
def what_is_installed_is_the_same_bytes():
    found = []
    with tempfile.TemporaryDirectory() as d:
        for source in list(copies(d)):
            output("meson", "setup", "build", "-Dtests=false", cwd=source)
            output("ninja", "-C", "build", "mpcup", cwd=source)
            output("meson", "install", "-C", "build", "--destdir", source + ".tree", cwd=source)
            assert d.encode() not in open(os.path.join(source, "build", "mpcup"), "rb").read()
            found.append(digests(source + ".tree"))
    assert found[0] == found[1] and any(n.endswith("/bin/mpcup") for n in found[0]), found


@test
def the_debian_package_is_the_same_bytes():
    found = []
    with tempfile.TemporaryDirectory() as d:
        for source in list(copies(d)):
            to = source + ".deb"
            output(os.path.join(source, "packaging", "make-deb"), to, env={**os.environ, "TMPDIR": os.path.dirname(source)})
            found.append({n: h for n, h in digests(to).items() if n.endswith((".deb", ".tar.xz"))})
    assert found[0] == found[1] and len(found[0]) == 3, found


main()
