#!/usr/bin/env python3
"""The Debian package in a clean Debian: built, judged by lintian, installed by apt into a tree that debootstrap made, and used
there by an ordinary user. Root only: it mounts. The tree comes from the mirror of this machine and is kept for the next
time in /var/cache/mpcup-tests (MPCUP_TEST_CACHE)."""
import glob, json, os, re, shutil, subprocess, sys, tempfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

CACHE = os.environ.get("MPCUP_TEST_CACHE", "/var/cache/mpcup-tests")
RELEASE = "bookworm"
USER = 12345
# The kernel gives no user namespace to a process whose root is not its mount namespace's: chroot() will not do.
ENTER = """set -e
root=$1; shift
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount --rbind /dev dev
mount --rbind /sys sys
mkdir .machine
pivot_root . .machine
umount -l /.machine
rmdir /.machine
cd /
exec "$@"
"""


def output(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, **more)
    assert done.returncode == 0, (command, done.stdout[-4000:], done.stderr[-4000:])
    return done.stdout


def mirror():
    """The first archive that apt of this machine has for the release."""
    for line in output("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)", "Created-By: Packages").splitlines():
        site, release = line.split()
        if release == RELEASE and "security" not in site:
            return site
    raise AssertionError(f"apt has no archive of {RELEASE} here")


def debian():
    """A minimal tree, made once: debootstrap works beside it and it is moved when it is whole."""
    tree = os.path.join(CACHE, RELEASE)
    if not os.path.exists(tree):
        os.makedirs(CACHE, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            output("debootstrap", "--variant=minbase", RELEASE, os.path.join(work, "tree"), mirror())
            os.rename(os.path.join(work, "tree"), tree)
    return tree


class Chroot:
    def __init__(self, directory):
        self.root = os.path.join(directory, "root")
        output("cp", "-a", "--reflink=auto", debian(), self.root)
        shutil.copy("/etc/resolv.conf", os.path.join(self.root, "etc/resolv.conf"))
        self.command("useradd", "--uid", str(USER), "--create-home", "person")

    def start(self, *command):
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "sh", "-c", ENTER, "enter", self.root, *command]

    def command(self, *command):
        return output(*self.start("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "DEBIAN_FRONTEND=noninteractive", *command),
                      timeout=900)

    def person(self, script):
        """A shell script of the user; the cloud that it starts ends with the PID namespace at the latest."""
        return self.command("setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", "--no-new-privs", "env", "HOME=/home/person",
                            f"MPCUP_PORT={free_port()}", "sh", "-euc", "cd; " + script)


def package(directory):
    output(os.path.join(ROOT, "packaging", "make-deb"), directory)
    (found,) = glob.glob(os.path.join(directory, "mpcup_*.deb"))
    return found


@test
def the_package_is_built_and_works_in_a_clean_debian_for_an_ordinary_user():
    assert os.getuid() == 0, "only root can mount a Debian of its own"
    with tempfile.TemporaryDirectory() as d:
        deb = package(os.path.join(d, "deb"))
        depends = output("dpkg-deb", "--field", deb, "Depends")
        assert {"libc6", "libjansson4", "libyaml-0-2"} <= set(re.findall(r"[a-z][a-z0-9.+-]+", depends)) and "-dev" not in depends, depends
        chroot = Chroot(d)
        shutil.copy(deb, os.path.join(chroot.root, "root"))
        chroot.command("apt-get", "update", "-qq")
        chroot.command("apt-get", "install", "-y", "-qq", "--no-install-recommends", "/root/" + os.path.basename(deb))
        assert "mpcup" in chroot.command("dpkg", "--verify", "mpcup") + chroot.command("mpcup", "--version")
        # no compiler, no library that the package does not name
        assert "not found" not in chroot.command("ldd", "/usr/bin/mpcup")
        bill = json.loads(chroot.command("zcat", "/usr/share/doc/mpcup/mpcup.spdx.json.gz"))
        digest = next(p for p in bill["packages"] if p["name"] == "mpcup")["checksums"][0]["checksumValue"]
        assert chroot.command("sha256sum", "/usr/bin/mpcup").startswith(digest), bill
        out = chroot.person("""
            mkdir net; cd net
            mpcup init; mpcup up --timeout 120
            mpcup status --json > ../status.json
            mpcup sign --keccak --message hello
            mpcup down --purge --yes; mpcup cloud stop""")
        assert "HEALTHY" in out, out
        status = json.load(open(os.path.join(chroot.root, "home/person/status.json")))
        assert [n["healthStatus"] for n in status["nodes"]] == ["HEALTHY"] * 3, status
        # what is loaded when it is needed is asked for by name, and comes with a recommended package
        image = os.path.join(chroot.root, "home/person/image.tar")
        output(os.path.join(ROOT, "packaging", "make-image"), os.path.join(chroot.root, "usr/bin/mpcup"), "localnet", image)
        bring = "mpcup image import image.tar --name x:1 2>&1 || true"
        assert "install the package libarchive13" in chroot.person(bring)
        chroot.command("apt-get", "install", "-y", "-qq", "libarchive13", "man-db")
        assert "docker.io/library/x:1" in chroot.person(bring)
        assert "log_retention_days" in chroot.command("sh", "-c", "man mpcup-network | cat")
        chroot.command("apt-get", "purge", "-y", "-qq", "mpcup")
        left = [p for p in glob.glob(os.path.join(chroot.root, "usr/**/*mpcup*"), recursive=True)]
        assert not left, left


main()
