#!/usr/bin/env python3
"""Each fault put into a good template is the first thing mpcup check says; its nearest harmless variant is silent.
The cases are in injections/<group>.py. MPCUP_CHECK_GROUPS=AB: only these groups."""
import glob, importlib.util, json, os, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "injections")]
from mpcup import *
from common import TEMPLATES

GROUPS = os.environ.get("MPCUP_CHECK_GROUPS", "ABCDEFGHIJ")


def path_of(base):
    hand = os.path.join(HERE, "hand", base)
    return hand if os.path.exists(hand) else os.path.join(TEMPLATES, base)


def changed(case, path, directory):
    """The file with the case's change in it."""
    with open(path) as file:
        text = file.read()
    if case.change is None:
        return path
    if path.endswith(".json"):
        template = json.loads(text)
        case.change(template)
        text = json.dumps(template, indent=1)
    else:
        before, text = text, case.change(text)
        assert text != before, "the change finds nothing to change"
    target = os.path.join(directory, os.path.basename(path))
    with open(target, "w") as file:
        file.write(text)
    return target


def check(case):
    bases = case.base if isinstance(case.base, list) else [case.base]
    with tempfile.TemporaryDirectory() as directory:
        files = [changed(case, path_of(bases[0]), directory), *map(path_of, bases[1:])]
        arguments = list(case.options)
        if isinstance(case.params, dict):
            for item in case.params.items():
                arguments += ["--param", "%s=%s" % item]
        elif case.params:
            arguments += ["--params", path_of(case.params)]
        done = subprocess.run([BINARY, "check", "--json", *files, *arguments], capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)
    assert done.returncode in (0, 1), (done.returncode, done.stderr)
    return json.loads(done.stdout)["findings"]


def problem_of(case):
    """None, or why the case does not hold."""
    try:
        findings = check(case)
    except Exception as error:
        return repr(error)
    loud = [(f["verdict"], f["fault"], f["message"][:100]) for f in findings if f["verdict"] != "UNKNOWN"]
    unknown = {f["fault"] for f in findings if f["verdict"] == "UNKNOWN"}
    if case.verdict == "NONE":
        return f"not silent: {loud[:3]}" if loud else None
    if case.verdict == "UNKNOWN":
        return None if not loud and case.fault in unknown else f"no UNKNOWN of {case.fault}: {loud[:3]} {sorted(unknown)}"
    if not loud or loud[0][0] != case.verdict or loud[0][1] not in (case.fault, *case.also):
        return f"wanted {case.verdict} first: {loud[:3] or sorted(unknown)}"
    return None


def cases_of(path):
    spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CASES


def suite(name, cases):
    def run():
        problems = [f"{c.fault} {c.title}: {p}" for c in cases if (p := problem_of(c))]
        assert not problems, f"{len(problems)} of {len(cases)}\n" + "\n".join(problems)

    run.__name__ = f"injections_of_{name}_are_told_apart"
    test(run)


for found in sorted(glob.glob(os.path.join(HERE, "injections", "group-*.py"))):
    mine = [c for c in cases_of(found) if c.fault[0] in GROUPS]
    if mine:
        suite(os.path.basename(found)[6:-3].replace("-", "_"), mine)
main()
