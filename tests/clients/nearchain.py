"""What the suites of NEAR's clients share: the built-in chain as a process of its own on loopback, with the key of a published
test vector as the root key, and Node.js with the pinned packages of near/."""
import os, re, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clients import *

NEAR = os.path.join(HERE, "near")
ROOT_KEY = json.load(open(os.path.join(ROOT, "tests", "vectors", "near-keys.json")))["ed25519"][0]["secret_key"]


class NodeDirectory:
    """A directory in which the programs of near/ find the pinned packages, for `with`."""

    def __enter__(self):
        self.work = tempfile.mkdtemp(prefix="mpcup-test-")
        os.symlink(os.path.join(npm_packages(NEAR), "node_modules"), os.path.join(self.work, "node_modules"))
        for name in os.listdir(NEAR):
            if name.endswith(".mjs"):  # imports are found from where a module lies
                shutil.copy(os.path.join(NEAR, name), self.work)
        return self

    def __exit__(self, kind, value, trace):
        shutil.rmtree(self.work, ignore_errors=True)

    def node(self, *arguments, timeout=300, answers="", **environment):
        """A program of Node.js, with `answers` to what it asks: its Result."""
        began = time.monotonic()
        done = subprocess.run(["node", *map(str, arguments)], capture_output=True, text=True, timeout=timeout, cwd=self.work,
                              env={**os.environ, "HOME": self.work, "NO_COLOR": "1", **environment}, input=answers)
        return Result(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def near_cli(self, url, *arguments, **more):
        """near-cli against the RPC at url: its Result, without colours."""
        run = self.node("node_modules/near-cli/bin/near", *arguments, "--networkId", "custom", NEAR_CUSTOM_RPC=url, CI="1",
                        NEAR_CUSTOM_TLA="near", NEAR_CUSTOM_HELPER=url, NEAR_CUSTOM_WALLET=url, FORCE_COLOR="0", **more)
        run.all = re.sub(r"\x1b\[[0-9;]*m", "", run.out + run.err)
        return run

    def write_key(self, account, secret):
        """Where near-cli looks for the keys of the network `custom`."""
        directory = os.path.join(self.work, ".near-credentials", "custom")
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, account + ".json"), "w", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            json.dump({"account_id": account, "private_key": secret}, file)


class Chain(NodeDirectory):
    """`mpcup localnet` with its own data and ports."""

    def __enter__(self):
        super().__enter__()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = open(os.path.join(self.work, "chain.log"), "w")
        self.process = subprocess.Popen([BINARY, "localnet", "--data", os.path.join(self.work, "data"), "--rpc-port",
                                         str(self.port), "--p2p-port", str(free_port())], stdin=subprocess.DEVNULL,
                                        env={**os.environ, "NEAR_NODE_KEY": ROOT_KEY}, stdout=self.log, stderr=self.log)
        wait_for(self.answers, "the chain's RPC")
        return self

    def answers(self):
        assert self.process.poll() is None, open(self.log.name).read()
        with contextlib.suppress(OSError):
            return json.loads(get(self.url + "/status"))["sync_info"]["latest_block_height"] > 0

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        code = self.process.wait(20)
        failed = kind and not (kind is SystemExit and value.code == 0)  # main() ends so
        if failed or code:
            print("# chain: " + "\n# ".join(open(self.log.name, errors="replace").read().splitlines()[-40:]))
        super().__exit__(kind, value, trace)
        if not failed and code:
            raise AssertionError(f"the chain ended with {code}")


def tap_of(run):
    """Passes on the TAP that a program printed, and its exit code; what else it said when it failed."""
    print(run.out, end="")
    if run.code:
        print("# " + run.err.replace("\n", "\n# "))
    sys.exit(run.code)
