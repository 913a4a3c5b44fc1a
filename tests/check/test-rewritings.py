#!/usr/bin/env python3
"""A template that is written in another way has the same verdict: its first finding stays the same, no other fault comes
up, and what was known is not asked. The rewritings are in rewritings/. A sample by default; MPCUP_REWRITINGS=all: every template in every way,
MPCUP_REWRITINGS="COUNT [SEED]": a sample of another size, or one again."""
import concurrent.futures, functools, glob, json, os, random, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "lib"), os.path.join(HERE, "rewritings")]
from mpcup import *
import names, resources, short_forms, stacks, values

SAMPLE = 800
WAYS = {f.__name__: f for f in (
    names.names, values.parameters, values.mappings, values.functions, values.types, values.conditions, values.references,
    values.beside, resources.protocols, resources.rules_inside, resources.rules_outside, resources.policies,
    resources.statements, stacks.exports, stacks.nested)}
# one after another; yaml: written with short forms
CHAINS = [[way] for way in WAYS] + [
    ["yaml"], ["rules_outside", "names", "references", "types", "policies", "yaml"],
    ["rules_inside", "parameters", "policies", "protocols", "exports"], ["functions", "conditions", "names", "yaml"],
    ["nested", "rules_outside", "mappings", "names"], ["exports", "statements", "references", "yaml"],
    ["policies", "conditions", "nested"]]


# what a template alone has wrong: another resource more is another fault, an order of resources is kept by two stacks
NOT = {"too-many-resources.json": set(WAYS), "no-mount-target-dependency.json": {"exports", "nested"},
       "duplicate-export.json": {"nested"}}
RUNNER = os.path.join(TEMPLATES, "good", "import.near-runner.json")


def bases():
    """[paths] of one call each."""
    with open(os.path.join(TEMPLATES, "manifest.json")) as manifest:
        cases = [c for c in json.load(manifest)["cases"] if c["file"].split("/")[0] in ("good", "benign", "faulty")]
    for case in cases:
        yield [os.path.join(TEMPLATES, f) for f in (case["file"], *([case["exporter"]["file"]] if "exporter" in case else []))]
    hand = sorted(glob.glob(os.path.join(HERE, "hand", "*")))
    together = [p for p in hand if os.path.basename(p).startswith("nest-")]
    yield from ([p, *([RUNNER] if "-import-" in p else [])] for p in hand if p not in together)
    yield together


@functools.lru_cache(maxsize=None)
def text_of(path):
    """The template as JSON."""
    if path.endswith(".json"):
        with open(path) as file:
            return file.read()
    program = os.path.join(os.path.dirname(BINARY), "tests", "check", "template-json")
    return subprocess.run([program, path], capture_output=True, text=True, check=True).stdout


# an export more: whether the account has one of that name is asked
ASKED = {("UNKNOWN", "G09")}


def check(paths):
    """[(verdict, fault, message)]"""
    done = subprocess.run([BINARY, "check", "--json", *paths], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode in (0, 1), (done.returncode, done.stderr)
    return [(f["verdict"], f["fault"], f["message"]) for f in json.loads(done.stdout)["findings"]]


check_base = functools.lru_cache(maxsize=None)(lambda paths: check(paths))


def rewritten(paths, chain, seed):
    """[[file name, template], ...] after the chain."""
    rng = random.Random(seed)
    templates = [[os.path.basename(p).rsplit(".", 1)[0] + ".json", json.loads(text_of(p))] for p in paths]
    for way in chain:
        if way != "yaml":
            templates = WAYS[way](templates, rng) or templates
    return templates


def written(templates, directory, chain):
    """Paths of the files."""
    paths = []
    for name, template in templates:
        paths.append(os.path.join(directory, name))
        with open(paths[-1], "w") as file:
            file.write(short_forms.yaml(template) if "yaml" in chain else json.dumps(template, indent=1))
    return paths


def difference(paths, chain, seed):
    """None, or what has changed."""
    before = check_base(tuple(paths))
    kept = os.environ.get("MPCUP_REWRITINGS_KEEP")
    with tempfile.TemporaryDirectory() as directory:
        if kept:
            directory = os.path.join(kept, f"{os.path.basename(paths[0])}-{'-'.join(chain)}-{seed}")
            os.makedirs(directory, exist_ok=True)
        after = check(written(rewritten(paths, chain, seed), directory, chain))
    first, now = ([f for f in found if f[0] != "UNKNOWN"][:1] for found in (before, after))
    if [f[:2] for f in first] != [f[:2] for f in now]:
        return f"first {first} has become {now}"
    new = [f for f in after if f[:2] not in {b[:2] for b in before} | ASKED]
    return f"new: {new[:2]}" if new else None


def problem_of(job):
    paths, chain, seed = job
    try:
        found = difference(paths, chain, seed)
    except Exception as error:
        found = repr(error)
    return found and f"{os.path.relpath(paths[0], HERE)} {'-'.join(chain)} {seed}: {found}"


def jobs():
    asked = os.environ.get("MPCUP_REWRITINGS", f"{SAMPLE}").split()
    seed = int(asked[1]) if len(asked) > 1 else random.randrange(1 << 32)
    print(f"# MPCUP_REWRITINGS=\"{asked[0]} {seed}\"")
    rng = random.Random(seed)
    everything = [(paths, chain, rng.randrange(1 << 32)) for paths in bases() for chain in CHAINS
                  if not set(chain) & NOT.get(os.path.basename(paths[0]), set())]
    return everything if asked[0] == "all" else rng.sample(everything, int(asked[0]))


@test
def a_template_written_in_another_way_has_the_same_verdict():
    asked = jobs()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems = [p for p in pool.map(problem_of, asked) if p]
    assert not problems, f"{len(problems)} of {len(asked)}\n" + "\n".join(problems)


@test
def each_rewriting_changes_templates():
    paths = [os.path.join(TEMPLATES, "good", f) for f in ("standalone.json", "composed.json")] + \
        [os.path.join(HERE, "hand", "ef-compact.yaml")]
    for way in WAYS:
        before = [text_of(p) for p in paths]
        after = [rewritten([p], [way], 1) for p in paths]
        assert any(len(new) > 1 or new[0][1] != json.loads(old) for old, new in zip(before, after)), way
    assert "!GetAtt" in (text := short_forms.yaml(json.loads(before[0]))) and "Fn::GetAtt" not in text


main()
