"""An HTTP proxy in front of an endpoint, one thread per connection: a rule sees each request before it is passed on and
may answer in its place, or cut the connection before or after the request arrives."""
import re, socket, threading

CUT_BEFORE, CUT_AFTER = "before", "after"


class Request:
    def __init__(self, head, body):
        self.head, self.body = head, body
        self.line = head.split(b"\r\n", 1)[0].decode()
        self.text = body.decode(errors="replace")
        self.headers = {k.strip().lower(): v.strip() for k, _, v in
                        (line.partition(":") for line in head.decode().split("\r\n")[1:] if line)}
        form = re.search(r"(?:^|&)Action=(\w+)", self.text)
        self.action = form[1] if form else self.headers.get("x-amz-target", self.line).split(".")[-1]


def answer(status, body, kind="text/xml"):
    data = body.encode()
    return (f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
            .encode() + data)


def query_error(code, message, status="400 Bad Request"):
    """As the query services (CloudFormation, STS) refuse."""
    return answer(status, f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
                          f"</Error><RequestId>r</RequestId></ErrorResponse>")


class Proxy:
    """For `with`. rule(request): None to pass it on, bytes to answer, CUT_BEFORE or CUT_AFTER. seen: all requests."""

    def __init__(self, port, rule=lambda request: None):
        self.target, self.rule, self.seen = port, rule, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *unused):
        self.listener.close()

    def count(self, action):
        return sum(r.action == action for r in self.seen)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    @staticmethod
    def _read(stream):
        head = b""
        while True:
            line = stream.readline()
            if not line:
                return None, None
            head += line
            if line == b"\r\n":
                break
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        return head, stream.read(int(length[1])) if length else b""

    def _pass(self, head, body):
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            # one request a connection: the answer ends where the connection does
            server.sendall(head[:-2] + b"Connection: close\r\n\r\n" + body)
            reply = b""
            while chunk := server.recv(65536):
                reply += chunk
        return reply

    def _serve(self, client):
        with client, client.makefile("rb") as stream:
            head, body = self._read(stream)
            if head is None:
                return
            request = Request(head, body)
            with self.lock:
                self.seen.append(request)
                what = self.rule(request)
            if what == CUT_BEFORE:
                return
            reply = what if isinstance(what, bytes) else self._pass(head, body)
            if what != CUT_AFTER:
                client.sendall(reply)
