#!/usr/bin/env python3
"""Every command of every guide, run in order in a fresh directory with a local cloud of its own. Guides that deploy to AWS
meet the local cloud there: AWS_ENDPOINT_URL and a profile lead to it. doc/cdk.md is run by tests/clients, which has npm.
usage: test-guides.py [NAME of a guide]"""
import glob, os, shutil, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from concurrent.futures import ThreadPoolExecutor
from mpcup import *
from guides import Guide
import images

ELSEWHERE = {"cdk.md"}
GUIDES = [g for g in map(Guide, [os.path.join(ROOT, "README.md"), *sorted(glob.glob(os.path.join(ROOT, "doc", "*.md")))])
          if g.segments and g.name not in ELSEWHERE]


def own_files(work):
    """What README.md calls the reader's own: templates, parameters, a network.yaml for AWS, an image that Docker saved."""
    for name, source in (("template.json", "good/standalone.plain.json"), ("import.json", "good/import.json"),
                         ("near-runner.json", "good/import.near-runner.json"), ("keys.json", "params/cdk-3.json"),
                         ("chain.json", "chain.json")):
        shutil.copy(template(source), os.path.join(work, name))
    with open(os.path.join(work, "network.yaml"), "w") as f:
        f.write("name: prod\nchain: localnet\npattern: standalone\nnodes: 3\nrpc_url: http://10.0.2.100:3030\n"
                "boot_nodes: ed25519:4k9csx6zMiXy4waUvRMPTkEtAS2RFKLVScocR5HwN53P@10.0.2.100:24567\n")
    images.saved(os.path.join(work, "nginx.tar"), [images.busybox_layer()], "nginx:1.25")


def prepare(cloud):
    """What a reader has: the checked-out sources, mpcup in PATH, and an account that a profile leads to."""
    for name in ("Makefile", "meson.build", "packaging", "tests", "build"):
        os.symlink(os.path.join(ROOT, name), os.path.join(cloud.work, name))
    shutil.copytree(os.path.join(ROOT, "examples"), os.path.join(cloud.work, "examples"),
                    ignore=shutil.ignore_patterns("node_modules", "keys", "cdk.out"))
    programs = os.path.join(cloud.directory, "bin")
    os.mkdir(programs)
    os.symlink(BINARY, os.path.join(programs, "mpcup"))
    os.mkdir(os.path.join(cloud.work, ".aws"))
    with open(os.path.join(cloud.work, ".aws", "config"), "w") as f:
        f.write("[profile prod]\nregion = eu-central-1\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = example\n")
    kept = {k: v for k, v in cloud.environment.items() if not k.startswith("AWS_")}
    return {**kept, "PATH": f"{programs}:/usr/bin:{kept['PATH']}", "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{cloud.port}"}


def run(guide):
    with Cloud() as cloud:
        if guide.name == "README.md":
            own_files(cloud.work)
        return list(guide.run(cloud.work, prepare(cloud), cloud.port))


def main():
    wanted = [g for g in GUIDES if not sys.argv[1:] or g.name == sys.argv[1]]
    number = bad = 0
    with ThreadPoolExecutor(2) as pool:
        for guide, results in zip(wanted, pool.map(run, wanted)):
            for title, problem in results:
                number += 1
                for line in (problem or "").splitlines():
                    print("#", line)
                bad += bool(problem)
                print(f"{'not ' if problem else ''}ok {number} - {title}", flush=True)
            for line, command, reason in guide.not_run:
                print(f"# {guide.name}:{line} is not run: {reason}")
    print(f"1..{number}")
    sys.exit(1 if bad else 0)


main()
