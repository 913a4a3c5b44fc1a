#!/usr/bin/env python3
"""mpcup image: what can be imported, and what is refused without leaving anything behind."""
import json, os, stat, sys, tarfile
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *
from images import *


def images_of(cloud):
    return os.path.join(cloud.work, "state", "images")


def root_of(cloud, result):
    return os.path.join(images_of(cloud), result["image"]["id"][7:], "root")


def bring(cloud, path, *more):
    return cloud.ok("image", "import", path, "--json", *more).json()


def layout(cloud, tars, file="image", **more):
    made = Layout()
    made.finish(made.image(tars, **more))
    return made.write(os.path.join(cloud.work, file))


def read(*path):
    with open(os.path.join(*path)) as file:
        return file.read()


def refused(cloud, path, *words, more=("--name", "bad:1")):
    """The import fails for this reason and the store is as before."""
    before = sorted(os.listdir(images_of(cloud))) if os.path.isdir(images_of(cloud)) else []
    result = cloud.run("image", "import", path, *more)
    assert result.code in (2, 3), result
    for word in words:
        assert word in result.err, (word, result)
    after = sorted(os.listdir(images_of(cloud))) if os.path.isdir(images_of(cloud)) else []
    assert after == before, (before, after)
    return result


SMALL = layer(directory("etc"), entry("etc/motd", b"hello\n"))


@test
def every_form_of_a_file_brings_the_same_files():
    with Cloud() as cloud:
        again = layer(entry("etc/more", b"more\n"))
        tars = [SMALL, again, SMALL]
        results = []
        for i, how in enumerate(("gzip", "zstd", "none", ["gzip", "zstd", "none"])):
            results.append(bring(cloud, layout(cloud, tars, f"layout{i}", compression=how), "--name", f"form{i}:1"))
        made = Layout()
        made.finish(made.image(tars, name="example.com/app:2"))
        for how in ("none", "gzip", "zstd"):
            results.append(bring(cloud, made.tar(os.path.join(cloud.work, f"oci-{how}.tar"), how)))
            assert results[-1]["name"] == "example.com/app:2"
        for old in (True, False):
            results.append(bring(cloud, saved(os.path.join(cloud.work, f"saved-{old}.tar"), tars, f"saved:{old}".lower(), old)))
        assert [r["name"] for r in results[-2:]] == ["docker.io/library/saved:true", "docker.io/library/saved:false"]
        for result in results:
            root = root_of(cloud, result)
            assert read(root, "etc/motd") == "hello\n" and read(root, "etc/more") == "more\n"
            assert result["image"]["layers"] == 3 and result["image"]["architecture"] == "amd64"


@test
def images_are_listed_and_removed_by_name_and_id():
    with Cloud() as cloud:
        assert "No images" in cloud.ok("image", "list").out
        path = layout(cloud, [SMALL])
        first = bring(cloud, path, "--name", "nginx:1.25")
        assert first["name"] == "docker.io/library/nginx:1.25"
        bring(cloud, path, "--name", "000000000000.dkr.ecr.us-east-1.amazonaws.com/x:tag")
        bring(cloud, path, "--name", f"other@{first['image']['id']}")
        names = [i["name"] for i in cloud.ok("image", "list", "--json").json()]
        assert names == ["000000000000.dkr.ecr.us-east-1.amazonaws.com/x:tag", "docker.io/library/nginx:1.25",
                         f"docker.io/library/other@{first['image']['id']}"], names
        assert "nginx:1.25" in cloud.ok("image", "list").out
        cloud.ok("image", "remove", "nginx:1.25")
        assert cloud.run("image", "remove", "nginx:1.25").code == 2
        assert os.path.isdir(root_of(cloud, first))
        cloud.ok("image", "remove", first["image"]["id"])
        assert cloud.ok("image", "list", "--json").json() == []
        assert os.listdir(images_of(cloud)) == ["names.json"]


@test
def a_name_moves_to_the_new_image_and_the_old_one_goes():
    with Cloud() as cloud:
        old = bring(cloud, layout(cloud, [SMALL], "old"), "--name", "a:1")
        new = bring(cloud, layout(cloud, [layer(entry("new"))], "new"), "--name", "a:1")
        assert not os.path.exists(root_of(cloud, old)) and os.path.exists(root_of(cloud, new))


@test
def of_an_index_the_image_of_this_machine_is_taken():
    with Cloud() as cloud:
        made, found = Layout(), {}
        for machine in ("s390x", "amd64", "arm64"):
            tar = layer(entry("machine", machine.encode()))
            found[machine] = made.image([tar], config=configuration([tar], architecture=machine),
                                        platform={"os": "linux", "architecture": machine})
        note = made.blob(b"{}", "application/vnd.oci.image.manifest.v1+json",
                         platform={"os": "unknown", "architecture": "unknown"})
        made.finish(made.index([note, *found.values()]))
        result = bring(cloud, made.write(os.path.join(cloud.work, "index")), "--name", "multi:1")
        wanted = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
        assert read(root_of(cloud, result), "machine") == wanted
        assert result["image"]["id"] == found[wanted]["digest"]
        # the digest of the index names it too
        assert len(result["image"]["digests"]) == 2


@test
def whiteouts_remove_what_lower_layers_have_and_nothing_of_their_own():
    with Cloud() as cloud:
        lower = layer(directory("a"), entry("a/gone"), entry("a/stays"), directory("b"), entry("b/gone"),
                      directory("b/deep"), entry("b/deep/gone"), directory("c"), entry("c/x"), symlink("l", "c"),
                      symlink("was-link", "a"), directory("was-directory"), entry("was-directory/f"))
        upper = layer(entry("a/.wh.gone"), entry("b/new"), directory("b/deep"), entry("b/deep/new"),
                      entry("b/.wh..wh..opq"), entry(".wh.c"), entry("a/own"), entry("a/.wh.own"),
                      directory("was-link"), entry("was-link/f"), entry("was-directory", b"file"),
                      entry(".wh..wh.plnk"))
        root = root_of(cloud, bring(cloud, layout(cloud, [lower, upper]), "--name", "w:1"))
        found = sorted(os.path.relpath(os.path.join(d, n), root) for d, dirs, files in os.walk(root)
                       for n in dirs + files)
        assert found == ["a", "a/own", "a/stays", "b", "b/deep", "b/deep/new", "b/new", "l", "was-directory",
                         "was-link", "was-link/f"], found
        assert os.path.isfile(os.path.join(root, "was-directory"))
        assert os.path.isdir(os.path.join(root, "was-link")) and not os.path.islink(os.path.join(root, "was-link"))


@test
def rights_and_devices_do_not_come_along():
    with Cloud() as cloud:
        tar = layer(entry("set-id", mode=0o6755), entry("hidden", mode=0), directory("closed", mode=0o500),
                    entry("closed/file"), directory("tmp", mode=0o1777), entry("mem", kind=tarfile.CHRTYPE),
                    entry("disk", kind=tarfile.BLKTYPE), entry("pipe", kind=tarfile.FIFOTYPE),
                    hardlink("same", "set-id"), symlink("outside", "/etc/passwd"), symlink("up", "../../../x"),
                    entry("theirs", owner=(33, 33)), entry("/absolute"), entry("./dot"),
                    entry("n\u00e4me \u2603"))
        result = bring(cloud, layout(cloud, [tar]), "--name", "r:1")
        root = root_of(cloud, result)
        mode = lambda name: stat.S_IMODE(os.lstat(os.path.join(root, name)).st_mode)
        assert mode("set-id") == 0o755 and mode("hidden") == 0o600 and mode("closed") == 0o700
        assert mode("tmp") == 0o1777
        assert os.path.samefile(os.path.join(root, "set-id"), os.path.join(root, "same"))
        assert os.readlink(os.path.join(root, "outside")) == "/etc/passwd"
        assert sorted(os.listdir(root)) == sorted(["set-id", "hidden", "closed", "tmp", "pipe", "same", "outside", "up",
                                                   "theirs", "absolute", "dot", "n\u00e4me \u2603"])
        assert result["image"]["skipped"] == 2 and result["image"]["owners"] == {"33:33": 1}
        assert os.lstat(os.path.join(root, "theirs")).st_uid == os.getuid()


@test
def layers_that_lead_out_of_the_image_are_refused():
    with Cloud() as cloud:
        bring(cloud, layout(cloud, [SMALL], "good"), "--name", "good:1")
        outside = os.path.join(cloud.work, "outside")
        os.mkdir(outside)
        bad = {
            "up": [entry("../outside/x")], "up-inside": [entry("a/../../x")], "up-directory": [directory("..")],
            "through-absolute": [symlink("l", outside), entry("l/x", b"bad")],
            "through-relative": [directory("d"), symlink("d/l", "../../../../../../outside"), entry("d/l/x")],
            "through-loop": [symlink("a", "b"), symlink("b", "a"), entry("a/x")],
            "hard-link-up": [hardlink("h", "../../names.json")],
            "hard-link-through": [symlink("l", outside), hardlink("h", "l/x")],
            "hard-link-nothing": [hardlink("h", "nothing")], "hard-link-itself": [entry("h"), hardlink("h", "h")],
            "through-file": [entry("f"), entry("f/x")], "root-link": [symlink("./", "/")],
            "whiteout-up": [entry(".wh...")], "whiteout-root": [entry(".wh.")],
            "whiteout-through": [symlink("l", outside), entry("l/.wh.x")],
            "opaque-through": [symlink("l", outside), entry("l/.wh..wh..opq")],
            "deep": [directory("/".join("d" * 200))], "huge": [entry("big", size=1 << 50)],
        }
        for name, members in bad.items():
            path = layout(cloud, [SMALL, layer(*members)], name)
            kept = os.path.join(outside, "x")
            open(kept, "w").close()
            result = cloud.run("image", "import", path, "--name", "bad:1")
            assert result.code in (2, 3), (name, result)
            assert "layer 2 of 2" in result.err, (name, result)
            assert os.listdir(outside) == ["x"] and os.path.getsize(kept) == 0, name
            assert len(os.listdir(images_of(cloud))) == 2, (name, os.listdir(images_of(cloud)))
            assert len(cloud.ok("image", "list", "--json").json()) == 1


@test
def files_that_are_not_what_their_digests_say_are_refused():
    with Cloud() as cloud:
        def broken(name, change):
            made = Layout()
            descriptor = made.image([SMALL])
            change(made, descriptor)
            if "index.json" not in made.files:
                made.finish(descriptor)
            return made.write(os.path.join(cloud.work, name))

        def blob(made, kind):
            manifest = next(json.loads(d) for n, d in made.files.items() if b'"layers": [' in d)
            found = manifest["config"] if kind == "config" else manifest["layers"][0]
            return "blobs/sha256/" + found["digest"][7:]

        def swap(kind, data):
            return lambda made, d: made.files.__setitem__(blob(made, kind), data)

        refused(cloud, broken("layer", swap("layer", gzip.compress(layer(entry("other")), mtime=0))), "layer 1 of 1",
                "its descriptor says")
        refused(cloud, broken("cut", lambda m, d: m.files.__setitem__(blob(m, "layer"), m.files[blob(m, "layer")][:-20])),
                "layer 1 of 1")
        refused(cloud, broken("configuration", swap("config", b"{}")), "is expected")
        refused(cloud, broken("manifest", lambda m, d: m.files.__setitem__("blobs/sha256/" + d["digest"][7:], b"{}")),
                "is expected")
        refused(cloud, broken("gone", lambda m, d: m.files.pop(blob(m, "layer"))), "cannot open")
        refused(cloud, broken("digest", lambda m, d: d.__setitem__("digest", "sha256:../../../etc/passwd")), "sha256")
        refused(cloud, broken("md5", lambda m, d: d.__setitem__("digest", "md5:00")), "sha256")
        wrong = configuration([layer(entry("other"))])
        made = Layout()
        refused(cloud, made.finish(made.image([SMALL], config=wrong)).write(os.path.join(cloud.work, "inner")),
                "the configuration says")
        made = Layout()
        refused(cloud, made.finish(made.image([SMALL, SMALL], config=configuration([SMALL])))
                .write(os.path.join(cloud.work, "count")), "number of layers and diffIDs don't match")
        made = Layout()
        refused(cloud, made.finish(made.image([SMALL], config=configuration([SMALL], os="windows")))
                .write(os.path.join(cloud.work, "windows")), "not for Linux")
        refused(cloud, saved(os.path.join(cloud.work, "saved.tar"), [SMALL], "x:1", config=wrong), "the configuration says")
        made = Layout()
        tar = made.finish(made.image([SMALL])).tar(os.path.join(cloud.work, "whole.tar"), "gzip")
        data = open(tar, "rb").read()
        with open(os.path.join(cloud.work, "half.tar"), "wb") as file:
            file.write(data[:len(data) // 2])
        refused(cloud, file.name, "half.tar")


@test
def what_is_no_image_is_refused_in_words():
    with Cloud() as cloud:
        nothing = os.path.join(cloud.work, "nothing")
        os.mkdir(nothing)
        refused(cloud, nothing, "neither an OCI image layout")
        refused(cloud, os.path.join(cloud.work, "absent"), "cannot open it", "No such file")
        with open(os.path.join(cloud.work, "text"), "w") as file:
            file.write("not an image\n" * 1000)
        refused(cloud, file.name, "text")
        refused(cloud, layout(cloud, [SMALL]), "has no name", more=())
        refused(cloud, layout(cloud, [SMALL]), "is not an image reference", more=("--name", "Not A Name"))
        refused(cloud, layout(cloud, [SMALL]), "has not the digest", more=("--name", "a@sha256:" + "0" * 64))
        made = Layout()
        one, two = (made.image([layer(entry(n))], name=f"{n}:1") for n in ("one", "two"))
        path = made.finish(one, two).write(os.path.join(cloud.work, "several"))
        refused(cloud, path, "several images", "one:1, two:1", more=())
        assert bring(cloud, path, "--name", "two:1")["image"]["id"] == two["digest"]


@test
def what_an_interrupted_import_left_goes_with_the_next():
    with Cloud() as cloud:
        left = os.path.join(images_of(cloud), ".import-abcdef", "image", "root")
        os.makedirs(left)
        open(os.path.join(left, "file"), "w").close()
        bring(cloud, layout(cloud, [SMALL]), "--name", "a:1")
        assert not any(n.startswith(".import-") for n in os.listdir(images_of(cloud)))


@test
def an_ordinary_user_imports_and_removes():
    with Cloud(user=12345) as cloud:
        tar = layer(directory("closed", mode=0), entry("closed/file", mode=0, owner=(7, 7)))
        path = layout(cloud, [tar, SMALL])
        result = bring(cloud, path, "--name", "a:1")
        assert os.lstat(os.path.join(root_of(cloud, result), "closed/file")).st_uid == 12345
        cloud.ok("image", "remove", "a:1")
        assert cloud.ok("image", "list", "--json").json() == []


main()
