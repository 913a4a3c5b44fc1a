"""A stand-in for the daemon behind the console's page: serves the page's own files, and made-up state for as many nodes
as a machine that runs tests could not start."""
import http.server, json, os, threading, urllib.parse

TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def state(nodes, model):
    """Sections as the daemon sends them: one stack, a service and a healthy task per node, all connected but two."""
    for one in model["objects"]:
        if one["kind"] in ("task", "chain"):
            one["physicalId"] = "arn:" + one.get("name", "")
    names = [f"node-{i}" for i in range(nodes)]
    stack = {"id": "arn:stack", "status": "CREATE_COMPLETE", "created": "2026-01-01T00:00:00.000Z", "role": "network"}
    steps = [{"step": "placement", "at": 0, "ms": 1}, {"step": "steady", "at": 1, "ms": 40}]
    tasks = {f"{i:032x}": {"arn": f"arn:task/{i}", "status": "RUNNING", "health": "HEALTHY", "created": 1.0, "started": 2.0, "cpu": "256",
                           "memory": "512", "service": f"c/net-Node{i}-abcdefabcdef", "stack": "net", "definition": f"net-node-{i}:1",
                           "address": f"10.0.{i // 250}.{i % 250}", "steps": steps,
                           "containers": [{"name": "mpc", "lastStatus": "RUNNING", "healthStatus": "HEALTHY"}]} for i in range(nodes)}
    services = {f"c/net-Node{i}-abcdefabcdef": {"arn": f"arn:Node{i}", "name": f"net-Node{i}", "stack": "net", "desired": 1, "running": 1}
                for i in range(nodes)}
    view = [{"name": name, "accountId": f"{name}.near", "lastStatus": "RUNNING", "healthStatus": "HEALTHY",
             "peers": {"connected": nodes - 1, "expected": nodes - 1,
                       "participantIds": [k for k in range(nodes) if k != i and {i, k} != {3, 7}]}} for i, name in enumerate(names)]
    network = {"nodes": view, "summary": {"nodes": nodes, "healthy": nodes, "peerConnections": nodes * (nodes - 1) - 2,
                                          "peerConnectionsExpected": nodes * (nodes - 1)},
               "contract": {"accountId": "c.near", "state": "Running", "epochId": 0, "threshold": 200, "domains": [],
                            "participants": [{"accountId": f"{name}.near", "id": i} for i, name in enumerate(names)]}}
    resources = {f"Node{i}": {"type": "AWS::ECS::Service", "status": "CREATE_COMPLETE", "needs": []} for i in range(nodes)}
    events = {"begin": {"at": "2026-01-01T00:00:00.000Z", "logical": "net", "physical": "arn:stack", "type": "AWS::CloudFormation::Stack",
                        "status": "CREATE_IN_PROGRESS", "order": 0}}
    for i in range(nodes):
        for k, status in enumerate(("CREATE_IN_PROGRESS", "CREATE_COMPLETE")):
            events[f"{i}-{k}"] = {"at": f"2026-01-01T00:00:0{1 + k}.000Z", "logical": f"Node{i}", "type": "AWS::ECS::Service",
                                  "status": status, "order": 1 + i * 2 + k}
    secrets = {"secrets": [{"name": name, "variable": "MPC_ACCOUNT_SK", "state": "VALID", "deployedPublicKey": "ed25519:" + "1" * 44} for name in names]}
    return {"stacks": {"net": stack}, "tasks": tasks, "services": services, "resources": resources, "events": events,
            "jobs": {"network": {"result": network}, "graph": {"result": model}, "secrets": {"result": secrets}}}


class StandIn:
    def __init__(self, folder, sections):
        hello = {"section": "hello", "run": "run", "now": 1, "steps": [{"name": "placement", "title": "A place"}, {"name": "steady", "title": "Steady"}]}
        frames = [hello] + [{"section": name, "set": value, "drop": []} for name, value in sections.items()]
        body = "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames).encode()
        ended = self.ended = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = urllib.parse.urlsplit(self.path).path.lstrip("/") or "index.html"
                stream = name == "events"
                data = body if stream else open(os.path.join(folder, os.path.basename(name)), "rb").read().replace(b"@RUN@", b"run")
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream" if stream else TYPES[name.split(".")[-1]])
                self.end_headers()
                try:
                    self.wfile.write(data)
                    self.wfile.flush()
                    if stream:
                        ended.wait(60)
                except OSError:
                    pass  # the page has left

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind, value, trace):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
