"""Commands in documents, as blocks that can be run. In a fenced block whose language is sh every line is a command, and
    # prints: TEXT     says that the commands since the last such line print TEXT (on either stream);
    # exit: N          that they end with N instead of 0;
    command  # not run: REASON   that the tests leave this one out, and why.
The rest of a comment line is for the reader. One shell runs all blocks of a document in order, so that variables and
`cd` last. 127.0.0.1:4566 stands for the port that the cloud has. Other languages (text, json, yaml) are for reading."""
import os, re, shlex, subprocess

NOT_RUN = re.compile(r"\s#.*\bnot run: (.+)$")
COUNT = re.compile(r"^\*\d+ blocks? of commands.*\*$", re.M)


class Segment:
    """Commands that are judged together."""

    def __init__(self, line):
        self.line, self.commands, self.prints, self.exit = line, [], [], 0

    def script(self, number):
        body = "\n".join(self.commands)
        return (f"echo '@@@ begin {number}'\n" + (f"set +e\n{body}\n" if self.exit else f"set -e\n{body}\n") +
                f"echo \"@@@ end {number} $?\"\n")


class Guide:
    def __init__(self, path):
        self.path, self.name = path, os.path.basename(path)
        self.text = open(path).read()
        self.segments, self.not_run, self.blocks = [], [], 0
        inside = None
        for number, line in enumerate(self.text.splitlines(), 1):
            fence = re.match(r"\s*```(\w*)", line)
            if fence:
                inside = None if inside is not None else fence.group(1)
                if inside == "sh":
                    self.blocks += 1
                    self.segments.append(Segment(number + 1))
            elif inside == "sh":
                self.take(number, line)
        self.segments = [s for s in self.segments if s.commands]

    def take(self, number, line):
        now = self.segments[-1]
        expected = re.match(r"\s*# (prints|exit): (.*)", line)
        left_out = NOT_RUN.search(line)
        if expected and expected.group(1) == "prints":
            now.prints.append(expected.group(2).strip())
        elif expected:
            now.exit = int(re.match(r"\d+", expected.group(2)).group())
        elif left_out:
            self.not_run.append((number, line.strip(), left_out.group(1)))
        elif line.strip():
            if now.prints or now.exit:  # judged already: what follows is on its own
                now = Segment(number)
                self.segments.append(now)
            now.commands.append(line)

    def count_line(self):
        """The sentence that ends a document; tools/check-docs writes it."""
        blocks = f"{self.blocks} block{'s' * (self.blocks != 1)} of commands"
        left = len(self.not_run)
        commands = f"{left} command{'s' * (left != 1)} {'is' if left == 1 else 'are'}"
        return (f"*{blocks}, run by the test suite" +
                (f"; {commands} not run, and the reason stands there.*" if left else ".*"))

    def run(self, directory, environment, port, timeout=400):
        """Runs everything and yields (title, problem or None) of every segment."""
        script = "\n".join(s.script(i) for i, s in enumerate(self.segments)).replace("127.0.0.1:4566", f"127.0.0.1:{port}")
        try:
            done = subprocess.run(["bash", "-c", script], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
            output = done.stdout.decode(errors="replace")
        except subprocess.TimeoutExpired as late:
            output = (late.stdout or b"").decode(errors="replace") + f"\nno end after {timeout} s"
        for i, segment in enumerate(self.segments):
            yield self.title(segment), self.judge(i, segment, output)

    def title(self, segment):
        return f"{self.name}:{segment.line} {segment.commands[0].strip()}"

    def judge(self, i, segment, output):
        found = re.search(rf"^@@@ begin {i}\n(.*?)(?:^@@@ end {i} (\d+)$|\Z)", output, re.S | re.M)
        if not found:
            return "not reached"
        text, code = found.group(1), found.group(2)
        if code is None or int(code) != segment.exit:
            return f"ends with {code or 'the shell'} instead of {segment.exit}:\n{text[-3000:]}"
        missing = [want for want in segment.prints if want not in text]
        return f"does not print {missing}:\n{text[-3000:]}" if missing else None
