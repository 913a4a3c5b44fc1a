"""What the black-box suites share: a TAP runner, and a local cloud of their own (port, state, files)
that is gone when the suite ends. Only processes that were started here are ended, by pid."""
import contextlib, json, os, random, shutil, signal, socket, subprocess, sys, tempfile, time, traceback, urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("MPCUP_BINARY", os.path.join(ROOT, "build", "mpcup"))
TEMPLATES = os.path.join(ROOT, "tests", "templates")
TESTS = []


def test(function):
    """Registers a test; its name, with blanks for underscores, is the sentence that TAP prints."""
    TESTS.append(function)
    return function


def main():
    """Runs the registered tests (those whose name contains argv[1] when it is given)."""
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    bad = count = 0
    for function in TESTS:
        if only not in function.__name__:
            continue
        count += 1
        title = function.__name__.replace("_", " ")
        try:
            function()
            print(f"ok {count} - {title}", flush=True)
        except Exception:
            bad += 1
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
            print(f"not ok {count} - {title}", flush=True)
    print(f"1..{count}")
    sys.exit(1 if bad else 0)


def free_port():
    """A port below those that the kernel gives to clients: none of their connections can take it meanwhile."""
    while True:
        port = random.randrange(12000, 32000)
        with contextlib.closing(socket.socket()) as s, contextlib.suppress(OSError):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", port))
            return port


# how long something that must happen may take: only a failure waits for it
PATIENCE = 60


def wait_for(condition, what="condition"):
    """Polls until the condition gives something true, and returns it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE} s")
        time.sleep(0.02)


class Result:
    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code} after {self.seconds:.2f} s\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Cloud:
    """A local cloud with a state directory and a port of its own, for `with`."""

    def __init__(self, user=None):
        self.directory = tempfile.mkdtemp(prefix="mpcup-test-")
        self.port = free_port()
        self.user = user
        self.binary = BINARY
        if user is not None:
            # the build may lie where an ordinary user cannot look
            self.binary = os.path.join(self.directory, "mpcup")
            shutil.copy(BINARY, self.binary)
            os.chmod(self.directory, 0o755)
            home = os.path.join(self.directory, "home")
            os.mkdir(home)
            os.chown(home, user, user)
            self.work = home
        else:
            self.work = os.path.join(self.directory, "work")
            os.mkdir(self.work)
        self.environment = {**os.environ, "MPCUP_PORT": str(self.port), "HOME": self.work,
                            "MPCUP_STATE_DIR": os.path.join(self.work, "state"), "NO_COLOR": "1"}
        self.environment.pop("XDG_STATE_HOME", None)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        stop = self.run("cloud", "stop", timeout=60)
        if kind:
            with contextlib.suppress(OSError):
                log = open(os.path.join(self.work, "state", "cloud.log"), errors="replace").read()
                print("# cloud.log: " + "\n# ".join(log.splitlines()[-40:]))
        shutil.rmtree(self.directory, ignore_errors=True)
        if not kind and stop.code != 0:
            raise AssertionError(f"cloud stop: {stop}")

    def command(self, *arguments):
        command = [self.binary, *map(str, arguments)]
        if self.user is not None:
            command = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", *command]
        return command

    def run(self, *arguments, timeout=120, **more):
        """Runs mpcup and returns a Result."""
        began = time.monotonic()
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, errors="replace",
                              env=self.environment, cwd=self.work, timeout=timeout,
                              stdin=subprocess.DEVNULL, **more)
        return Result(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def ok(self, *arguments, **more):
        result = self.run(*arguments, **more)
        assert result.code == 0, f"mpcup {' '.join(map(str, arguments))}: {result}"
        return result

    def ok_or_failed(self, *arguments, **more):
        """For commands whose exit code 1 is an answer, such as status."""
        result = self.run(*arguments, **more)
        assert result.code in (0, 1), f"mpcup {' '.join(map(str, arguments))}: {result}"
        return result

    def aws(self, *arguments):
        """The stock aws CLI of Debian (it does not know AWS_ENDPOINT_URL): parsed JSON."""
        environment = {**self.environment, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_PAGER": ""}
        done = subprocess.run(["/usr/bin/aws", "--endpoint-url", f"http://127.0.0.1:{self.port}", "--output",
                               "json", *arguments], capture_output=True, text=True, env=environment, timeout=120)
        assert done.returncode == 0, f"aws {' '.join(arguments)}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def daemon_pids(self):
        """Processes that run our binary with this state directory, and all their descendants."""
        found = set()
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    environment = open(f"/proc/{entry}/environ", "rb").read()
                    if f"MPCUP_STATE_DIR={self.work}/state".encode() in environment:
                        found.add(int(entry))
        return found - {os.getpid()}


def get(url, timeout=5):
    with urllib.request.urlopen(url, timeout=timeout) as reply:
        return reply.read().decode()


def template(path):
    return os.path.join(TEMPLATES, path)
