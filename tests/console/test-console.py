#!/usr/bin/env python3
"""The console in a real browser: a deployment watched to healthy, a rule removed and mended, a task that fails, what
logs and other sites may not do, a signature. With MPCUP_WRITE_SCREENSHOTS=1 the pictures of doc/img are made."""
import functools, http.client, os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from browser import Browser
from mpcup import *
from standin import StandIn, state

STACK = "mpc-network"
VIEWS = ("stacks", "topology", "tasks", "network", "secrets")
PICTURES = os.path.join(ROOT, "doc", "img") if os.environ.get("MPCUP_WRITE_SCREENSHOTS") == "1" else None
cloud, page = None, None


def address(rest=""):
    return f"http://127.0.0.1:{cloud.port}/_mpcup/{rest}"


def show(view, task=""):
    page.run(f"location.hash = '#{view}/{STACK}{'/' + task if task else ''}'")


def ask(method, path, body=None, **headers):
    """One request as curl would make it; headers with _ for -. Gives status and text."""
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    fields = {"Host": f"127.0.0.1:{cloud.port}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    for name, value in fields.items():
        connection.putheader(name, value)
    connection.endheaders(body.encode() if body is not None else None)
    answer = connection.getresponse()
    # a stream does not end
    text = answer.read(200000) if "event-stream" not in answer.headers.get("Content-Type", "") else b""
    connection.close()
    return answer.status, text.decode(), answer.headers


def agree(text):
    """Says yes in the dialog, which has to ask what is expected."""
    page.wait("document.querySelector('#ask').open", "the console asks first")
    assert text in page.text("#ask"), page.text("#ask")
    page.click("#ask-yes")
    page.wait("!document.querySelector('#ask').open", "the action is done")


def picture(view, name=None):
    """The view as it is now for doc/img, wide and narrow, light and dark; without MPCUP_WRITE_SCREENSHOTS nothing is kept."""
    for width, dark in [(width, dark) for width in (1280, 390) for dark in (False, True)] if PICTURES else [(1280, False)]:
        page.size(width, 900, dark)
        folder = PICTURES or cloud.work
        path = os.path.join(folder, f"console-{name or view}-{width}{'-dark' if dark else ''}.png")
        page.picture(path, 1400)
        assert os.path.getsize(path) > 8000, path
    page.size(1280)


def tasks():
    return json.loads(page.run("""import("./model.js").then((model) => JSON.stringify(model.tasksOf("%s")))""" % STACK))


@test
def a_deployment_is_watched_from_nothing_to_healthy():
    cloud.ok("cloud", "start")
    page.size(1280)
    page.open(address())
    page.wait("document.body.innerText.includes('Nothing is deployed here yet')")
    page.run("""window.seen = []; new MutationObserver(() => seen.push(document.querySelector('#stack-state').innerText))
        .observe(document.querySelector('#stack-state'), { childList: true, characterData: true, subtree: true });""")
    cloud.ok("init")
    up = cloud.ok("up")
    assert f"Watch it at {address()}" in up.out, up
    page.wait("document.querySelector('#stack-state').innerText === 'CREATE_COMPLETE · 3 of 3 tasks healthy'")
    assert page.run("location.hash") == f"#stacks/{STACK}"
    assert any("IN_PROGRESS" in text for text in page.run("seen")), page.run("seen")
    assert "CREATE_COMPLETE" in page.text("#news"), "a screen reader is not told"


@test
def a_time_line_says_what_waited_for_what():
    lane = page.wait("[...document.querySelectorAll('.lane')].find((one) => one.dataset.key === 'NodeFromNodes80')?.innerText")
    assert "waited for NodeGroup" in lane, lane
    assert "37 CREATE_COMPLETE" in page.text("#states")
    assert page.run("document.querySelectorAll('#events tr').length") >= 40
    picture("stacks")


@test
def every_step_of_a_launch_has_its_time():
    show("tasks")
    page.wait("document.querySelectorAll('.steps li').length === 17")
    assert page.run("document.querySelectorAll('.steps .sign').length === [...document.querySelectorAll('.steps .sign')]"
                    ".filter((one) => one.innerText === '✓').length"), page.text("#launch")
    steps = tasks()[0][1]["steps"]
    assert [one["step"] for one in steps][:2] == ["placement", "interface"] and steps[-1]["step"] == "steady", steps
    assert all("ms" in one for one in steps) and sum(one["ms"] for one in steps) > 0, steps
    page.wait("document.querySelectorAll('#log p').length > 3", "the node's log is shown")


@test
def a_rule_that_is_removed_turns_its_flow_red_and_is_named():
    show("topology")
    page.wait("document.querySelector('#flow-title')?.innerText === 'All 27 flows are open'")
    page.wait("[...document.querySelectorAll('#flows li')].some((one) => /TCP 2049/.test(one.innerText) && /\\b3 passed/.test(one.innerText))",
              "the packet filter's own numbers are shown")
    picture("topology")
    page.click("[aria-label='Remove the rule in from NodeGroup, TCP 2049']")
    agree("StorageGroup will no longer let TCP 2049 in from NodeGroup")
    page.wait("document.querySelector('#flow-title').innerText === '3 flows of 27 blocked'")
    assert page.run("document.querySelectorAll('#picture .flow.FAIL').length") == 3
    proof = page.text("#proof")
    picture("topology", "blocked")
    assert "No ingress rule of StorageGroup covers TCP 2049" in proof and "C01" in proof, proof
    rules = cloud.aws("ec2", "describe-security-group-rules")["SecurityGroupRules"]
    assert not [one for one in rules if one.get("FromPort") == 2049], "the console said so and it is not"


@test
def a_rule_of_the_template_that_is_gone_is_told_by_its_name_there():
    page.click("[aria-label='Remove the rule in from NodeGroup, TCP 80']")
    agree("NodeGroup will no longer let TCP 80 in from NodeGroup")
    page.wait("document.querySelector('#flow-title').innerText === '9 flows of 27 blocked'")
    page.run("[...document.querySelectorAll('#flows button')].find((one) => /peers/.test(one.innerText)).click()")
    page.wait("/declares it as NodeFromNodes80/.test(document.querySelector('#declared')?.innerText)")
    page.click("#proof button.main")
    agree("NodeGroup will let TCP 80 in from NodeGroup")
    page.wait("document.querySelector('#flow-title').innerText === '3 flows of 27 blocked'")


@test
def a_task_that_cannot_start_shows_where_why_and_what_mends_it():
    victim = next(id for id, task in tasks() if task["status"] == "RUNNING")
    show("tasks", victim)
    page.click("#stop-task")
    agree("gets SIGTERM")
    failed = wait_for(lambda: [id for id, task in tasks() if task.get("stopCode") == "TaskFailedToStart"], "a task fails")
    show("tasks", failed[0])
    page.wait("document.querySelector('#stopped-reason')?.innerText.includes('TaskFailedToStart')")
    assert page.run("document.querySelector('.steps .bad span:nth-child(2)').innerText") == "The mount target answers on TCP 2049"
    page.wait("document.querySelector('#diagnosis .cause')?.innerText.includes('C01')", "the diagnosis stands beside it")
    picture("tasks")
    show("topology")
    page.wait("[...document.querySelectorAll('#flows li')].some((one) => /[1-9][0-9]* dropped/.test(one.innerText))",
              "what the packet filter dropped is shown")


@test
def a_rule_that_is_added_back_mends_it():
    page.wait("document.querySelector('#proof button.main')")
    page.click("#proof button.main")
    agree("StorageGroup will let TCP 2049 in from NodeGroup")
    page.wait("document.querySelector('#flow-title').innerText === 'All 27 flows are open'")
    assert page.run("document.querySelectorAll('#picture .flow.FAIL').length") == 0
    page.wait("document.querySelector('#stack-state').innerText.includes('3 of 3 tasks healthy')", "the service heals")


@test
def a_hostile_log_line_stays_text():
    node = next((id, task) for id, task in tasks() if task["status"] == "RUNNING")
    definition = cloud.aws("ecs", "describe-task-definition", "--task-definition", node[1]["definition"])["taskDefinition"]
    container = definition["containerDefinitions"][0]
    options = container["logConfiguration"]["options"]
    stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{node[0]}"
    lines = ["<img src=x onerror=\"window.hacked=1\">", "<script>window.hacked=2</script>", "\x1b[31mred\x1b[0m \x1b]0;title\x07",
             "\u202egnirts\u202c end", "</p></div><h1>out</h1>"]
    show("tasks", node[0])
    page.wait("document.querySelectorAll('#log p').length > 3")
    put = functools.partial(cloud.aws, "logs", "put-log-events", "--log-group-name", options["awslogs-group"],
                            "--log-stream-name", stream, "--log-events")
    now = int(time.time() * 1000) + 60_000  # after whatever the node says while the client starts: logs are read on by time
    # more than the page keeps, at once: what comes after it is shown all the same
    with open(os.path.join(cloud.work, "many.json"), "w") as many:
        json.dump([{"timestamp": now, "message": f"line {i}"} for i in range(2500)], many)
    put(f"file://{many.name}")
    page.wait("document.querySelector('#log').innerText.includes('line 2499')", "a burst is shown to its end")
    put(json.dumps([{"timestamp": now + i, "message": line} for i, line in enumerate(lines)]))
    page.wait("document.querySelector('#log').innerText.includes('<h1>out</h1>')", "the log follows")
    shown = page.text("#log")
    assert lines[0] in shown and lines[1] in shown and lines[4] in shown, shown[-1500:]
    assert "␛[31mred␛[0m" in shown and "⟨U+202E⟩gnirts" in shown and "\u202e" not in shown and "\x1b" not in shown
    assert page.run("document.querySelectorAll('#log img, #log script, #log h1').length") == 0
    assert page.run("window.hacked === undefined")


@test
def a_secret_is_shown_by_name_state_and_identity_only():
    private = set()
    for secret in cloud.aws("secretsmanager", "list-secrets")["SecretList"]:
        text = cloud.aws("secretsmanager", "get-secret-value", "--secret-id", secret["ARN"])["SecretString"]
        private |= {value for value in json.loads(text).values()} if text.startswith("{") else {text}
    private = {value for value in private if not value.startswith("ed25519:") or len(value) > 60}
    assert len(private) >= 9, len(private)
    show("secrets")
    page.wait("document.querySelectorAll('#secrets tr').length === 9")
    assert "9 secrets, all set" in page.text("#secret-title")
    picture("secrets")
    assert page.run("document.querySelectorAll('#secrets tr')[0].innerText.includes('ed25519:')")
    frames = page.run("""Promise.all(%s.map((view) => new Promise((done) => {
        const all = [], stream = new EventSource(`events?view=${view}&stack=%s`);
        stream.onmessage = (event) => { all.push(event.data); if (all.length > 3 && /result/.test(event.data)) finish(); };
        const finish = () => { stream.close(); done(all.join("")); }; setTimeout(finish, 1500); }))).then((all) => all.join(""))"""
        % (json.dumps(list(VIEWS)), STACK))
    assert len(frames) > 20000
    told = frames + page.run("document.documentElement.outerHTML")
    for value in private:
        assert value.split(":")[-1] not in told, "a value of a secret reached the page"


@test
def a_signature_is_requested_and_shown_verified():
    show("network")
    page.wait("document.querySelector('#network-title')?.innerText === '3 nodes, all connected'")
    assert page.run("document.querySelectorAll('#matrix .cell.good').length") == 6
    assert "Domain 0 · CaitSith" in page.text("#domains") and "can sign" in page.text("#domains")
    page.wait("!document.querySelector('#sign').disabled")
    page.click("#sign")
    page.wait("document.querySelector('#signed')?.innerText.includes('verified by OpenSSL')")
    assert "0x" in page.text("#signed")
    page.wait("[...document.querySelectorAll('#spark li')].some((one) => /succeeded/.test(one.innerText))", "it is counted")
    picture("network")
    page.run("const select = document.querySelector('#sign-domain'); select.add(new Option('77', '77')); select.value = '77'")
    page.click("#sign")
    page.wait("/77/.test(document.querySelector('#outcome .problem')?.innerText ?? '')", "a refusal says why")


@test
def other_sites_and_programs_without_the_token_can_do_nothing():
    own = f"http://127.0.0.1:{cloud.port}"
    token = page.run("""document.querySelector('meta[name="mpcup-token"]').content""")
    task = next(id for id, one in tasks() if one["status"] == "RUNNING")
    body = json.dumps({"task": task})
    good = {"Origin": own, "Content_Type": "application/json", "X_Mpcup_Token": token}

    def stop(**change):
        headers = {name: value for name, value in {**good, **change}.items() if value is not None}
        return ask("POST", "/_mpcup/actions/stop-task", body, **headers)[0]

    assert stop(X_Mpcup_Token=None) == 403 and stop(X_Mpcup_Token="0" * 64) == 403
    assert stop(X_Mpcup_Token=token[:-1]) == 403 and stop(Origin=None) == 403
    assert stop(Origin="http://evil.example") == 403 and stop(Origin=f"http://localhost:{cloud.port}") == 403
    assert stop(Sec_Fetch_Site="cross-site") == 403 and stop(Sec_Fetch_Site="same-site") == 403
    assert stop(Host="evil.example", Origin="http://evil.example") == 403
    assert stop(Host="s3.amazonaws.com", Origin="http://s3.amazonaws.com") == 403
    assert stop(Content_Type="text/plain") == 400
    assert ask("GET", "/_mpcup/actions/stop-task", **good)[0] == 405
    assert ask("GET", "/_mpcup/", Host="rebound.example")[0] == 403
    assert ask("GET", "/_mpcup/events", Host=f"ecs.us-east-1.amazonaws.com:{cloud.port}")[0] == 403
    assert ask("GET", "/_mpcup/events", Origin="http://evil.example")[0] == 403
    assert ask("POST", "/", "Action=DescribeStacks&Version=2010-05-15", Origin="http://evil.example",
               Content_Type="application/x-www-form-urlencoded")[0] == 403
    status, text, headers = ask("GET", "/_mpcup/")
    policy = headers["Content-Security-Policy"]
    assert status == 200 and "default-src 'none'" in policy and "unsafe" not in policy, policy
    assert ask("GET", "/_mpcup/../secret")[0] in (403, 404) and ask("GET", "/_mpcup/console.c")[0] == 404
    assert [id for id, one in tasks() if id == task and one["status"] == "RUNNING"], "something was done"


@test
def it_can_be_used_without_a_mouse_and_on_a_small_screen():
    for view in VIEWS:
        page.size(390, 844)
        show(view)
        page.wait("document.querySelector('main h1')?.innerText")
        nameless = page.run("""[...document.querySelectorAll("button, a[href], input, select, textarea, [tabindex='0'], svg [role]")]
            .filter((one) => one.getClientRects().length && !(one.getAttribute("aria-label") || one.innerText?.trim() || one.labels?.length ||
                one.closest("label") || one.placeholder)).map((one) => one.outerHTML.slice(0, 120))""")
        assert not nameless, nameless
        wide = page.run("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{view} is {wide} pixels wider than the screen"
    assert page.run("['header', 'nav', 'main', '[aria-live]'].every((one) => document.querySelector(one))")
    page.size(1280)
    page.run("document.querySelector('#views a').focus()")
    page.key("Tab")
    page.key("Enter")
    page.wait("location.hash.startsWith('#topology')", "Tab and Enter open the next view")
    page.wait("document.querySelector('#picture [role=button]')")
    page.run("document.querySelector('#picture [role=button]').focus()")
    page.key("Enter")
    page.wait("document.querySelector('#proof h2')?.innerText !== 'A flow and its proof'", "Enter chooses a flow")


@test
def hundreds_of_nodes_are_folded_and_drawn_at_once():
    network = open(f"{cloud.work}/network.yaml").read().replace("nodes: 3", "nodes: 100")
    with tempfile.TemporaryDirectory() as folder:
        open(f"{folder}/network.yaml", "w").write(network)
        model = json.loads(cloud.ok("graph", f"{folder}/network.yaml", "--format", "compact").out)
    page.size(1280)
    with StandIn(os.path.join(ROOT, "src", "face", "console", "assets"), state(300, model)) as many:
        for view, ready in (("tasks", "document.querySelectorAll('#tasks li').length === 80"),
                            ("stacks", "document.querySelectorAll('.lane').length === 120"),
                            ("network", "document.querySelector('#matrix canvas') && /node-3 to node-7/.test(document.querySelector('#matrix').innerText)"),
                            ("secrets", "document.querySelectorAll('#secrets tr').length === 100"),
                            ("topology", "document.querySelectorAll('#picture .task.good').length >= 100")):
            page.open(f"http://127.0.0.1:{many.port}/#{view}/net")
            page.wait(ready, f"{view} shows 300 nodes")
            page.open("about:blank")
        page.open(f"http://127.0.0.1:{many.port}/#tasks/net")
        page.wait("document.querySelectorAll('#tasks li').length === 80")
        page.run("""const box = document.querySelector('input[type=search]'); box.value = 'node299'; box.dispatchEvent(new Event('input'))""")
        page.wait("document.querySelectorAll('#tasks li').length === 1", "a filter finds one of 300")
        if PICTURES:
            for view in ("network", "topology"):
                page.open(f"http://127.0.0.1:{many.port}/#{view}/net")
                page.wait("document.querySelector('#matrix canvas, #picture svg')")
                page.picture(f"/tmp/console-300-{view}.png", 2200)
    page.open(address())


@test
def a_console_of_an_earlier_run_notices_and_starts_anew():
    cloud.ok("cloud", "stop")
    page.wait("document.querySelector('#link').innerText === 'not connected'")
    page.run("window.old = true")
    before = page.run("""document.querySelector('meta[name="mpcup-token"]').content""")
    cloud.ok("cloud", "start", "--verify-signatures")
    assert ask("GET", "/_mpcup/")[0] == 403, "the page shows the root's account to whoever asks"
    assert "console" not in json.loads(ask("GET", "/_mpcup/health")[1])
    cloud.ok("cloud", "stop")
    cloud.ok("cloud", "start", "--any-credentials")
    page.open(address())
    assert page.run("""document.querySelector('meta[name="mpcup-token"]').content""") != before
    page.wait("document.querySelector('#link').innerText === 'live'")


@test
def no_script_failed_and_the_policy_stopped_nothing_of_the_page():
    # a daemon that is stopped ends the stream, and one that verifies refuses
    said = [one for one in page.complaints() if "ERR_CONNECTION" not in one and "ERR_INCOMPLETE" not in one and "403" not in one and "502" not in one]
    assert not said, said


with contextlib.ExitStack() as stack:
    cloud = stack.enter_context(Cloud())
    page = stack.enter_context(Browser())
    main()
