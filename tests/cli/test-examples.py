#!/usr/bin/env python3
"""Every example of every --help, as it is printed: in a directory with the files that the examples name, and a local cloud
that stands for AWS too."""
import os, re, shutil, signal, subprocess, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

# What no machine that runs tests has, and what ends the world that the others need.
NOT_RUN = {"docker save": "no docker here", "skopeo copy": "no skopeo here", "rpc.testnet": "no public chain here",
           "mpcup up --target aws": "network.yaml's chain is the local one, which AWS does not have",
           "mpcup cloud run": "stays in the foreground", "image remove": "no image was imported"}
ENTRY_POINTS = ("node", "localnet")  # what the cloud runs; nobody types them
FAILS = {"mpcup check import.json --lookup --region eu-central-1": (0, 1)}  # the account has no base: a finding
FILES = {"template.json": "good/standalone.plain.json", "import.json": "good/import.json", "chain.json": "chain.json",
         "near-runner.json": "good/import.near-runner.json", "keys.json": "params/cdk-3.json"}


def examples():
    """(command, example) in the order of the table of commands."""
    listed = subprocess.run([BINARY, "help"], capture_output=True, text=True).stdout
    names = re.findall(r"^  (\S+(?: \S+)?)  +\S", listed, re.M)
    assert len(names) > 30, listed
    for name in names:
        text = subprocess.run([BINARY, *name.split(), "--help"], capture_output=True, text=True).stdout
        shown = text.partition("\nExamples\n")[2].replace("\\\n", " ")
        assert shown or name in ENTRY_POINTS, f"mpcup {name} --help has no examples"
        for line in shown.splitlines():
            yield name, line.strip()


def environment(cloud):
    os.mkdir(os.path.join(cloud.work, ".aws"))
    with open(os.path.join(cloud.work, ".aws", "credentials"), "w") as f:
        f.write("[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n"
                "[prod]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n")
    directory = os.path.join(cloud.directory, "bin")
    os.mkdir(directory)
    os.symlink(cloud.binary, os.path.join(directory, "mpcup"))
    settings = {k: v for k, v in cloud.environment.items() if not k.startswith("AWS_")}
    return {**settings, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{cloud.port}", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": "us-east-1", "AWS_PAGER": "", "PATH": f"{directory}:{os.environ['PATH']}"}


def world(cloud):
    """The files that examples name, and the networks."""
    for name, source in FILES.items():
        shutil.copy(template(source), os.path.join(cloud.work, name))
    os.makedirs(os.path.join(cloud.work, ".local/share/bash-completion/completions"))
    os.mkdir(os.path.join(cloud.work, "prod"))
    cloud.ok("init", "prod/network.yaml", "--name", "Mpc")
    cloud.ok("keys", "generate", "prod/network.yaml")
    cloud.ok("init")
    cloud.ok("up")
    cloud.ok("up", "prod/network.yaml")
    cloud.ok("up", "template.json", "--stack", "mpc", "--params", "keys.json", "--chain-key", "chain.json")


def run_one(cloud, settings, example):
    """None, or what went wrong."""
    if example.endswith("--follow"):
        return follow(cloud, settings, example)
    where = cloud.work
    if example.startswith("mpcup init"):
        where = tempfile.mkdtemp(dir=cloud.directory)
    if example.startswith("mpcup synth"):
        where = os.path.join(where, "prod")  # its template.json is not the one that others name
    example = example.replace(":4566", f":{cloud.port}")
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {example}"], capture_output=True, text=True, env=settings,
                          cwd=where, timeout=120, stdin=subprocess.DEVNULL)
    return None if done.returncode in FAILS.get(example, (0,)) else Result(done.returncode, done.stdout, done.stderr, 0)


def follow(cloud, settings, example):
    """It prints, goes on, and ends by Ctrl-C."""
    with subprocess.Popen(["bash", "-c", f"exec {example}"], stdout=subprocess.PIPE, text=True, env=settings,
                          cwd=cloud.work) as process:
        line = process.stdout.readline()
        going_on = process.poll() is None
        process.send_signal(signal.SIGINT)
        process.wait(20)
    return None if line and going_on else f"{example}: {line!r}"


@test
def all_examples_of_all_commands_work_as_printed():
    with Cloud() as cloud:
        settings = environment(cloud)
        world(cloud)
        wrong = []
        for name, example in examples():
            if any(part in example for part in NOT_RUN):
                continue
            problem = run_one(cloud, settings, example)
            if problem:
                wrong.append(f"{example}\n{problem}")
        assert not wrong, "\n\n".join(wrong)


main()
