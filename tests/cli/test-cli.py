#!/usr/bin/env python3
"""The command line without a cloud: help, exit codes, messages that name cause and next step, bad input."""
import json, os, socket, subprocess, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *


@contextlib.contextmanager
def directory():
    path = tempfile.mkdtemp(prefix="mpcup-cli-")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def run(cwd, *arguments, **environment):
    settings = {**os.environ, "MPCUP_STATE_DIR": os.path.join(cwd, "state"), "HOME": cwd,
                "MPCUP_PORT": str(free_port()), "NO_COLOR": "1", **environment}
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, env=settings,
                          timeout=60, stdin=subprocess.DEVNULL)
    return Result(done.returncode, done.stdout, done.stderr, 0)


@test
def help_lists_every_command_and_each_has_its_own():
    with directory() as d:
        listed = run(d, "help")
        assert listed.code == 0
        names = [line.strip().split("  ")[0] for line in listed.out.splitlines() if line.startswith("  ")]
        assert {"up", "down", "status", "keys generate", "cloud start"} <= set(names), names
        for name in names:
            one = run(d, *name.split(), "--help")
            assert one.code == 0 and one.out.startswith(f"mpcup {name}"), (name, one)
        assert run(d).code == 2
        assert run(d, "--version").out.startswith("mpcup ")


@test
def wrong_usage_is_exit_2_with_a_suggestion():
    with directory() as d:
        assert "did you mean 'status'" in run(d, "statsu").err
        bad = run(d, "up", "--stak", "x")
        assert bad.code == 2 and "did you mean --stack?" in bad.err, bad
        assert run(d, "up", "--stack").code == 2
        assert run(d, "status", "--stack", "a", "--stack", "b").code == 2
        assert run(d, "cloud", "reset").code == 2
        assert run(d, "up", "--target", "moon", "x.yaml").code == 2


@test
def a_missing_network_yaml_says_what_to_type():
    with directory() as d:
        for command in ("up", "synth", "keys show"):
            result = run(d, *command.split())
            assert result.code == 2 and "no network.yaml here; mpcup init" in result.err, (command, result)
        for command in ("check", "up", "graph", "synth", "keys show", "diagnose --from"):
            named = run(d, *command.split(), "absent.yaml")
            assert named.code == 2 and "absent.yaml: No such file" in named.err, (command, named)


@test
def a_family_of_commands_is_listed_and_what_was_mistyped_in_it_is_suggested():
    with directory() as d:
        family = run(d, "cloud")
        assert family.code == 2 and "cloud start" in family.err and "keys" not in family.err, family
        for asked in (("cloud", "--help"), ("help", "cloud")):
            listed = run(d, *asked)
            assert listed.code == 0 and "cloud reset" in listed.out and not listed.err, listed
        for words, meant in ((("cloud", "strat"), "'cloud start'"), (("help", "keys", "genrate"), "'keys generate'"),
                             (("explain", "B3"), "B03"), (("--json", "status"), "behind the command"),
                             (("status", "extra"), "does not take 'extra'")):
            wrong = run(d, *words)
            assert wrong.code == 2 and meant in wrong.err and not wrong.out, wrong


@test
def init_writes_a_network_that_synth_takes_and_does_not_overwrite():
    with directory() as d:
        assert run(d, "init").code == 0
        again = run(d, "init")
        assert again.code == 2 and "not overwritten" in again.err
        first = run(d, "synth")
        assert first.code == 0 and json.loads(first.out)["Resources"]
        assert run(d, "synth").out == first.out, "synth is not deterministic"
        for pattern in ("standalone", "integrated", "composed"):
            assert json.loads(run(d, "synth", "--pattern", pattern).out)["Resources"], pattern
        assert run(d, "synth", "--yaml").out.lstrip()[0] != "{"
        assert run(d, "synth", "--base").code == 0
        assert run(d, "synth", "--pattern", "nope").code == 2


@test
def init_names_the_chain_after_the_network_and_refuses_what_is_no_name():
    with directory() as d:
        made = run(d, "init", "--name", "second", "--json").json()
        assert made == {"file": "network.yaml", "name": "second", "nodes": 3}, made
        assert "base_stack: second-base\n" in open(os.path.join(d, "network.yaml")).read()
        for name in ("a b", "1a", "x" * 124):
            bad = run(d, "init", "bad.yaml", "--name", name)
            assert bad.code == 2 and "--name" in bad.err and not os.path.exists(os.path.join(d, "bad.yaml")), bad


@test
def a_wrong_network_yaml_is_named_with_line_and_column():
    with directory() as d:
        open(os.path.join(d, "network.yaml"), "w").write("name: x\nchain: localnet\nnodse: 3\n")
        result = run(d, "up")
        assert result.code == 2 and "network.yaml:3:" in result.err and "nodes" in result.err, result


@test
def a_wrong_template_is_named_with_line_and_column():
    with directory() as d:
        path = os.path.join(d, "t.json")
        open(path, "w").write('{\n "Resources": {\n  "A": {"Type": "AWS::EC2::VPC"},\n }\n}\n')
        result = run(d, "up", path)
        assert result.code == 2 and "t.json:4:" in result.err, result
        open(path, "w").write('{"Resources": {"A": {"Type": "AWS::EC2::VPC", "DependsOn": "B"}}}')
        result = run(d, "up", path)
        assert result.code == 2 and "B" in result.err and "Unresolved resource dependencies" in result.err, result


@test
def keys_are_made_verified_and_never_shown():
    with directory() as d:
        assert run(d, "init").code == 0
        assert run(d, "keys", "generate").code == 0
        verified = run(d, "keys", "verify")
        assert verified.code == 0, verified
        shown = run(d, "keys", "show", "--json")
        for entry in json.loads(shown.out):
            secret = json.load(open(os.path.join(d, "keys", f"{entry['name']}.json")))
            assert secret["p2p_key"]["secret_key"] not in shown.out
            assert secret["p2p_key"]["public_key"] == entry["p2p_public_key"]
        before = open(os.path.join(d, "keys", "node-0.json")).read()
        assert run(d, "keys", "generate").code == 0
        assert open(os.path.join(d, "keys", "node-0.json")).read() == before, "existing keys were overwritten"
        os.chmod(os.path.join(d, "keys", "node-0.json"), 0o644)
        shutil.copy(os.path.join(d, "keys", "node-1.json"), os.path.join(d, "keys", "node-2.json"))
        bad = run(d, "keys", "verify")
        assert bad.code == 1 and "chmod 600" in bad.out and "is used in" in bad.out, bad


@test
def what_has_no_json_form_and_what_is_no_port_is_refused():
    with directory() as d:
        run(d, "init")
        for words in (("man", "--json"), ("completion", "bash", "--json"), ("synth", "--yaml", "--json"),
                      ("explain", "--markdown", "--json")):
            refused = run(d, *words)
            assert refused.code == 2 and "--json" in refused.err and not refused.out, refused
        for port in ("abc", "0", "65536"):
            refused = run(d, "cloud", "status", MPCUP_PORT=port)
            assert refused.code == 2 and f"MPCUP_PORT={port}" in refused.err, refused


@test
def output_that_cannot_be_written_is_a_failure():
    with directory() as d, open("/dev/full", "w") as full:
        run(d, "init")
        for command in ("synth", "help", "keys generate --json"):
            done = subprocess.run([BINARY, *command.split()], stdout=full, stderr=subprocess.PIPE, text=True, cwd=d)
            assert done.returncode == 3 and "No space left" in done.stderr, (command, done)


@test
def a_relative_state_directory_is_that_of_whoever_names_it():
    with directory() as d:
        settings = {"MPCUP_STATE_DIR": "here", "MPCUP_PORT": str(free_port())}
        started = run(d, "cloud", "start", "--json", **settings)
        assert started.code == 0 and started.json()["stateDirectory"] == os.path.join(os.path.realpath(d), "here"), started
        assert run(d, "cloud", "stop", **settings).code == 0
        assert os.path.exists(os.path.join(d, "here", "cloud.log"))


@test
def a_port_in_use_is_refused_with_the_next_step():
    with directory() as d, contextlib.closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        result = run(d, "cloud", "start", MPCUP_PORT=str(other.getsockname()[1]))
        assert result.code == 3 and "MPCUP_PORT" in result.err, result


@test
def commands_without_a_cloud_say_how_to_start_one():
    with directory() as d:
        result = run(d, "status")
        assert result.code == 3 and "mpcup up" in result.err, result
        status = run(d, "cloud", "status", "--json")
        assert status.code == 0 and json.loads(status.out)["status"] == "stopped"
        assert run(d, "cloud", "stop").code == 0


@test
def the_man_page_and_the_completions_are_well_formed():
    with directory() as d:
        man = run(d, "man").out
        assert man.startswith(".TH MPCUP 1") and ".SS mpcup up" in man
        script = run(d, "completion", "bash").out
        assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0
        probe = script + '\nCOMP_WORDS=(mpcup clo); COMP_CWORD=1; _mpcup; echo "${COMPREPLY[*]}"\n' \
            'COMP_WORDS=(mpcup up --sta); COMP_CWORD=2; _mpcup; echo "${COMPREPLY[*]}"\n'
        out = subprocess.run(["bash", "-c", probe], capture_output=True, text=True).stdout.splitlines()
        assert "cloud" in out[0] and "--stack" in out[1], out
        assert run(d, "completion", "tcsh").code == 2
        assert run(d, "man", "nothing").code == 2


@test
def a_state_directory_that_cannot_be_written_is_named():
    with directory() as d:
        blocker = os.path.join(d, "file")
        open(blocker, "w").close()
        result = run(d, "cloud", "start", MPCUP_STATE_DIR=os.path.join(blocker, "state"))
        assert result.code == 3 and blocker in result.err, result


main()
