"""What the suites of stock clients share: Debian's Python (for its boto3), the pinned npm packages, and one local cloud
per suite. The clients are unmodified; only the endpoint and throw-away credentials are given to them."""
import fcntl, hashlib, json, os, shutil, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
DEBIAN_PYTHON = "/usr/bin/python3"
if os.path.realpath(sys.executable) != os.path.realpath(DEBIAN_PYTHON):  # another Python came first in PATH
    os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, *sys.argv])
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError
from mpcup import *

class ClientCloud(Cloud):
    """A local cloud with clients of boto3 as attributes: cloud.ecs, cloud.s3, ..."""

    def __enter__(self):
        self.ok("cloud", "start")
        self.url = f"http://127.0.0.1:{self.port}"
        self.session = boto3.Session("mpcuptest", "mpcuptest", region_name="us-east-1")
        return self

    def __getattr__(self, name):
        """The client of a service, made when it is asked for."""
        if "session" not in self.__dict__:
            raise AttributeError(name)
        client = self.session.client(name, endpoint_url=self.url, config=Config(retries={"max_attempts": 1}))
        setattr(self, name, client)
        return client

    def client_environment(self, **more):
        return {**self.environment, "AWS_ACCESS_KEY_ID": "mpcuptest", "AWS_SECRET_ACCESS_KEY": "mpcuptest",
                "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": "",
                "AWS_ENDPOINT_URL": self.url, **more}

    def cli(self, *arguments, code=0, **more):
        """Debian's aws CLI (no word about AWS_ENDPOINT_URL): its Result, with the expected exit code."""
        began = time.monotonic()
        done = subprocess.run(["/usr/bin/aws", "--endpoint-url", self.url, *map(str, arguments)], capture_output=True,
                              text=True, env=self.client_environment(), cwd=self.work, timeout=120, **more)
        result = Result(done.returncode, done.stdout, done.stderr, time.monotonic() - began)
        assert result.code == code, f"aws {' '.join(map(str, arguments))}: {result}"
        return result

    def node(self, *arguments, code=0, timeout=240, **environment):
        """A program of Node.js with the pinned packages at hand: its Result."""
        began = time.monotonic()
        modules = os.path.join(npm_packages(), "node_modules")
        done = subprocess.run(["node", *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                              env=self.client_environment(NODE_PATH=modules, **environment), cwd=self.work,
                              stdin=subprocess.DEVNULL)
        result = Result(done.returncode, done.stdout, done.stderr, time.monotonic() - began)
        assert code in (None, result.code), f"node {' '.join(map(str, arguments))}: {result}"
        return result

    def log(self):
        return open(os.path.join(self.work, "state", "cloud.log"), errors="replace").read()


def npm_packages(source=HERE):
    """A directory with the packages of package-lock.json, installed once per lock file. None is run at its installation."""
    lock = open(os.path.join(source, "package-lock.json"), "rb").read()
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    path = os.path.join(cache, "mpcup-tests", "npm-" + hashlib.sha256(lock).hexdigest()[:16])
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, "lock"), "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(path, "complete")):
            for name in ("package.json", "package-lock.json"):
                shutil.copy(os.path.join(source, name), path)
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=path,
                           check=True, timeout=600, stdout=subprocess.DEVNULL)
            open(os.path.join(path, "complete"), "w").close()
    return path


def refusal(function, **arguments):
    """Code, HTTP status and message of the error that a call of boto3 ends with."""
    try:
        answer = function(**arguments)
    except ClientError as error:
        return (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"],
                error.response["Error"]["Message"])
    raise AssertionError(f"was not refused: {arguments}: {answer}")


def expect(found, wanted):
    assert found == wanted, f"\n  {found!r} instead of\n  {wanted!r}"
