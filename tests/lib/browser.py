"""A headless Chromium over the DevTools protocol, by its pipe (file descriptors 3 and 4): messages are JSON that
ends with a zero byte. What a person does goes through input events, what a person sees is read from the page."""
import base64, contextlib, json, os, select, shutil, subprocess, tempfile, time
from mpcup import PATIENCE


class Browser:
    """One tab of one browser, for `with`."""

    def __init__(self, program="chromium"):
        self.program = program
        self.count = 0
        self.events = []
        self.bytes = b""

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="mpcup-browser-")
        to_read, self.to = os.pipe()
        self.answers, from_write = os.pipe()

        def descriptors():
            # 3 and 4 may be in use by one another
            reading, writing = os.dup(to_read), os.dup(from_write)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen(
            [self.program, "--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--disable-extensions",
             "--disable-background-networking", "--no-first-run", "--hide-scrollbars", "--disable-dev-shm-usage",
             "--force-color-profile=srgb", f"--user-data-dir={self.directory}", *sandbox, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
            preexec_fn=descriptors, env={**os.environ, "HOME": self.directory})
        os.close(to_read)
        os.close(from_write)
        self.session = None
        tab = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, kind, value, trace):
        with contextlib.suppress(OSError, AssertionError):
            self.session = None
            self.call("Browser.close")
        with contextlib.suppress(OSError):
            os.close(self.to)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.answers)
        shutil.rmtree(self.directory, ignore_errors=True)

    def next(self, seconds):
        deadline = time.monotonic() + seconds
        while b"\0" not in self.bytes:
            ready, _, _ = select.select([self.answers], [], [], max(0, deadline - time.monotonic()))
            assert ready, f"the browser says nothing for {seconds} s"
            got = os.read(self.answers, 1 << 20)
            assert got, "the browser has ended"
            self.bytes += got
        message, _, self.bytes = self.bytes.partition(b"\0")
        return json.loads(message)

    def call(self, method, seconds=PATIENCE, **parameters):
        """One command; what the page reports meanwhile is kept in `events`."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.next(seconds)
            if answer.get("id") == self.count:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    def run(self, script):
        """Value of an expression in the page; promises are awaited."""
        got = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in got, got["exceptionDetails"]
        return got["result"].get("value")

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'", f"{url} is loaded")

    def wait(self, script, what=None):
        """Until the expression is true in the page; its value."""
        deadline = time.monotonic() + PATIENCE
        while True:
            value = self.run(script)
            if value or value == {}:  # an element of the page comes as an empty object
                return value
            if time.monotonic() > deadline:
                text = self.run("document.body.innerText")
                raise AssertionError(f"{what or script}: not within {PATIENCE} s\nthe page says:\n{text[:3000]}")
            time.sleep(0.05)

    def click(self, selector):
        """A real click in the middle of the first element that fits."""
        place = self.wait(f"""(() => {{ const one = document.querySelector({json.dumps(selector)}); if (!one) return null;
            one.scrollIntoView({{ block: "center", behavior: "instant" }}); const r = one.getBoundingClientRect();
            return r.width ? [r.x + r.width / 2, r.y + r.height / 2] : null; }})()""", f"{selector} can be clicked")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def key(self, name, code=None):
        text = {"Enter": "\r"}.get(name, "")
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=code or name, text=text if kind == "keyDown" else "",
                      windowsVirtualKeyCode={"Enter": 13, "Tab": 9, "Escape": 27}.get(name, 0))

    def text(self, selector="body"):
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def size(self, width, height=900, dark=False, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def picture(self, path, most=2200):
        """The page from its top to its end, or to `most` pixels, as a PNG file."""
        self.run("scrollTo(0, 0)")
        width, height = self.run("[innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, most), "scale": 1}
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def complaints(self):
        """What the page's scripts threw, and what its policy stopped."""
        said = [e["params"]["exceptionDetails"].get("exception", {}).get("description", "exception")
                for e in self.events if e.get("method") == "Runtime.exceptionThrown"]
        said += [e["params"]["entry"]["text"] for e in self.events
                 if e.get("method") == "Log.entryAdded" and e["params"]["entry"]["level"] == "error"]
        return said
