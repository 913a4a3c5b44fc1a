#!/usr/bin/env python3
"""--target aws against the local cloud behind --endpoint-url: the code that talks to AWS, with credentials as AWS's tools
keep them, and a proxy that cuts, throttles and lets tokens expire."""
import json, os, re, signal, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *
from proxy import *

UP = ["--stack", "Mpc", "--params", template("params/cdk-3.json")]
GOOD = template("good/standalone.plain.json")
FAULTY = template("faulty/efs-no-nfs-rule.json")
SECRET = re.compile(r"ed25519:[1-9A-HJ-NP-Za-km-z]{80,}")


class Aws(Cloud):
    """A running local cloud, seen as AWS: a profile in ~/.aws, no mpcup variable leads to it."""

    def __enter__(self):
        self.ok("cloud", "start")
        os.mkdir(os.path.join(self.work, ".aws"))
        with open(os.path.join(self.work, ".aws", "credentials"), "w") as f:
            f.write("[prod]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n")
        with open(os.path.join(self.work, ".aws", "config"), "w") as f:
            f.write("[profile prod]\nregion = us-east-1\n[profile nowhere]\naws_access_key_id = AKID\n"
                    "aws_secret_access_key = k\n")
        for name in list(self.environment):
            if name.startswith("AWS_"):
                del self.environment[name]
        self.environment["AWS_EC2_METADATA_DISABLED"] = "true"
        return self

    def there(self, port=None):
        return ["--target", "aws", "--profile", "prod", "--endpoint-url", f"http://127.0.0.1:{port or self.port}"]

    def stacks(self):
        return {s["StackName"]: s["StackStatus"] for s in self.aws("cloudformation", "describe-stacks")["Stacks"]}


def changes(proxy):
    verbs = ("Create", "Put", "Update", "Delete")
    return [r.action for r in proxy.seen if r.action.startswith(verbs) or r.line.startswith(("PUT", "DELETE"))]


@test
def up_says_who_and_where_and_sends_nothing_that_only_the_local_cloud_has():
    with Aws() as cloud, Proxy(cloud.port) as proxy:
        up = cloud.ok("up", GOOD, *UP, *cloud.there(proxy.port))
        assert "AWS account 000000000000, region us-east-1, as arn:aws:" in up.err, up
        assert changes(proxy) == ["CreateStack"], changes(proxy)
        # the check before it asked the account, and changed nothing
        assert proxy.count("DescribeAddresses") and proxy.seen[-1].action != "CreateStack"
        assert not {"PutParameter", "CreateSecret"} & {r.action for r in proxy.seen}
        assert not any("_mpcup" in r.line or "mpcup/" in r.text or "/mpcup" in r.text for r in proxy.seen)
        alone = len(proxy.seen)
        cloud.ok("up", GOOD, *UP, "--no-lookup", *cloud.there(proxy.port))
        assert not {"DescribeAddresses", "GetServiceQuota"} & {r.action for r in proxy.seen[alone:]}
        del proxy.seen[alone:]
        actions = [r.action for r in proxy.seen]
        assert actions.index("GetCallerIdentity") < actions.index("CreateStack")
        assert "ClientRequestToken=mpcup-" in next(r.text for r in proxy.seen if r.action == "CreateStack")
        assert "3 of 3 RUNNING" in up.out and "UNKNOWN: nodes answer only from inside the VPC" in up.out, up
        assert not SECRET.search(up.out + up.err)


@test
def what_cannot_be_reached_from_here_is_unknown_and_not_failed():
    with Aws() as cloud:
        cloud.ok("up", GOOD, *UP, *cloud.there())
        view = cloud.ok("status", "--stack", "Mpc", "--json", *cloud.there()).json()
        for node in view["nodes"]:
            assert node["probe"] == {"verdict": "UNKNOWN", "reason": "only from inside the VPC"}, node
            assert node["lastStatus"] == "RUNNING" and "chain" not in node and "peers" not in node
        assert view["summary"]["following"] is None and view["summary"]["running"] == 3
        points = cloud.ok("endpoints", "--stack", "Mpc", "--json", *cloud.there()).json()
        assert {p["containerPort"] for p in points} >= {"80", "8080"}
        assert all(p["probe"]["verdict"] == "UNKNOWN" and p["address"].startswith("10.") for p in points), points
        assert "forward" not in points[0]
        # the same stack locally: its nodes are asked
        local = cloud.run("status", "--stack", "Mpc", "--json").json()
        assert local["summary"]["following"] == 0 and "8080" in local["nodes"][0]["endpoints"]
        assert "Starting mpc node" in cloud.ok("logs", "node-0", "--stack", "Mpc", *cloud.there()).out
        assert "CREATE_COMPLETE" in cloud.ok("events", "--stack", "Mpc", *cloud.there()).out


@test
def nothing_is_changed_when_nobody_tells_who_calls_or_where():
    def refuse(request):
        return query_error("AccessDenied", "not you", "403 Forbidden") if request.action == "GetCallerIdentity" else None
    with Aws() as cloud, Proxy(cloud.port, refuse) as proxy:
        up = cloud.run("up", GOOD, *UP, *cloud.there(proxy.port))
        assert up.code == 3 and "GetCallerIdentity" in up.err and "not you" in up.err, up
        assert [r.action for r in proxy.seen] == ["GetCallerIdentity"]
        nowhere = cloud.run("up", GOOD, *UP, "--target", "aws", "--profile", "nowhere", "--endpoint-url",
                            f"http://127.0.0.1:{cloud.port}")
        assert nowhere.code == 2 and "--region" in nowhere.err, nowhere
        missing = cloud.run("status", "--target", "aws", "--profile", "none", "--region", "us-east-1")
        assert missing.code != 0 and "none" in missing.err, missing
        assert cloud.run("up", GOOD, *UP, "--profile", "prod").code == 2
        assert "--node-profile" in cloud.run("up", GOOD, *UP, "--profile", "3.1").err
        assert cloud.run("status", "--region", "us-east-1").code == 2
        assert cloud.run("status", "--target", "mars").code == 2
        assert cloud.stacks() == {}


@test
def the_built_in_chain_is_refused_on_aws():
    with Aws() as cloud:
        cloud.ok("init")
        up = cloud.run("up", *cloud.there())
        assert up.code == 2 and "mpcup/localnet" in up.err and "testnet" in up.err, up
        assert cloud.run("up", GOOD, *UP, "--chain-key", template("chain.json"), *cloud.there()).code == 2
        assert cloud.stacks() == {}


def up_through(cloud, rule):
    with Proxy(cloud.port, rule) as proxy:
        return cloud.run("up", GOOD, *UP, *cloud.there(proxy.port)), proxy


@test
def a_connection_cut_in_create_stack_before_or_after_it_arrived_makes_one_stack():
    for cut in (CUT_BEFORE, CUT_AFTER):
        done = []

        def rule(request, cut=cut):
            if request.action == "CreateStack" and not done:
                done.append(request)
                return cut
        with Aws() as cloud:
            up, proxy = up_through(cloud, rule)
            assert up.code == 0 and "no answer" in up.err, up
            assert proxy.count("CreateStack") == (2 if cut == CUT_BEFORE else 1), changes(proxy)
            tokens = {re.search(r"ClientRequestToken=([\w-]+)", r.text)[1] for r in proxy.seen if r.action == "CreateStack"}
            assert len(tokens) == 1
            assert "UpdateStack" not in changes(proxy) and "DeleteStack" not in changes(proxy), changes(proxy)
            assert cloud.stacks() == {"Mpc": "CREATE_COMPLETE"}


@test
def throttling_expired_tokens_and_cut_answers_on_the_way_are_survived():
    done = set()

    def rule(request):
        what = {"CreateStack": query_error("Throttling", "Rate exceeded"),
                "DescribeStackEvents": query_error("ExpiredToken", "The security token included in the request is expired",
                                                   "403 Forbidden"),
                "ListStackResources": CUT_AFTER}.get(request.action)
        if what and request.action not in done:
            done.add(request.action)
            return what
    with Aws() as cloud:
        up, proxy = up_through(cloud, rule)
        assert up.code == 0, up
        assert done == {"CreateStack", "DescribeStackEvents", "ListStackResources"}
        assert proxy.count("CreateStack") == 2 and cloud.stacks() == {"Mpc": "CREATE_COMPLETE"}


def endless(cloud, source, name, change=lambda template: None):
    """The template without circuit breakers: what cannot start is tried for hours."""
    t = json.load(open(source))
    change(t)
    for service in (r for r in t["Resources"].values() if r["Type"] == "AWS::ECS::Service"):
        service["Properties"]["DeploymentConfiguration"].pop("DeploymentCircuitBreaker", None)
    path = os.path.join(cloud.work, name)
    json.dump(t, open(path, "w"))
    return path


@test
def an_up_that_was_left_is_followed_by_the_next_and_down_ends_it():
    with Aws() as cloud:
        path = endless(cloud, FAULTY, "endless.json")
        left = cloud.run("up", path, *UP, "--force", "--timeout", "1", *cloud.there())
        assert left.code == 1 and "still in CREATE_IN_PROGRESS" in left.err and "goes on" in left.err, left
        assert cloud.stacks() == {"Mpc": "CREATE_IN_PROGRESS"}, (left, cloud.stacks())
        again = cloud.run("up", path, *UP, "--force", "--timeout", "1", *cloud.there())
        assert again.code == 1 and "CREATE_IN_PROGRESS from an earlier run; following it" in again.out, again
        assert cloud.stacks() == {"Mpc": "CREATE_IN_PROGRESS"}, (again, cloud.stacks())
        cloud.ok("down", "--stack", "Mpc", *cloud.there())
        assert cloud.stacks() == {}


@test
def a_stack_that_failed_is_deleted_after_saying_so_and_made_again():
    with Aws() as cloud:
        failed = cloud.run("up", FAULTY, *UP, "--force", *cloud.there())
        assert failed.code == 1 and "ROLLBACK_COMPLETE" in failed.err, failed
        good = cloud.ok("up", GOOD, *UP, "--quiet", *cloud.there())
        assert "ROLLBACK_COMPLETE from an earlier run; deleting it first" in good.err, good  # whatever the options
        assert cloud.stacks() == {"Mpc": "CREATE_COMPLETE"}
        assert "nothing to change" in cloud.ok("up", GOOD, *UP, *cloud.there()).out


@test
def a_stack_whose_way_back_is_blocked_is_left_alone_and_the_way_out_is_named():
    def rule(request):
        if request.action == "DescribeStacks":
            return answer("200 OK", "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>Mpc</StackName>"
                          "<StackId>arn:aws:cloudformation:us-east-1:000000000000:stack/Mpc/1</StackId><StackStatus>"
                          "UPDATE_ROLLBACK_FAILED</StackStatus></member></Stacks></DescribeStacksResult>"
                          "</DescribeStacksResponse>")
        if request.action == "DescribeStackEvents":
            return answer("200 OK", "<DescribeStackEventsResponse><DescribeStackEventsResult><StackEvents/>"
                          "</DescribeStackEventsResult></DescribeStackEventsResponse>")
    with Aws() as cloud:
        up, proxy = up_through(cloud, rule)
        assert up.code == 3 and "continue-update-rollback --stack-name Mpc" in up.err, up
        assert changes(proxy) == []


@test
def an_interrupt_leaves_the_stack_going_and_says_how_to_follow_it():
    with Aws() as cloud, Proxy(cloud.port) as proxy:
        path = endless(cloud, FAULTY, "endless.json")
        child = subprocess.Popen(cloud.command("up", path, *UP, "--force", *cloud.there(proxy.port)), text=True,
                                 env=cloud.environment, cwd=cloud.work, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wait_for(lambda: proxy.count("DescribeStackEvents"), "the stack is followed")
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=20)
        assert child.returncode == 130, child.returncode
        assert "goes on in AWS" in said and "mpcup events --stack Mpc --target aws --profile prod" in said, said
        assert cloud.stacks() == {"Mpc": "CREATE_IN_PROGRESS"}
        assert "CREATE_IN_PROGRESS" in cloud.ok("events", "--stack", "Mpc", *cloud.there()).out


@test
def a_large_template_goes_through_a_bucket_of_the_own_account_that_is_named_before():
    with Aws() as cloud:
        large = json.load(open(GOOD))
        large["Metadata"] = {"Notes": "n" * 52000}
        path = os.path.join(cloud.work, "large.json")
        json.dump(large, open(path, "w"))

        def foreign(request):
            return answer("403 Forbidden", "") if request.line.startswith("HEAD") else None
        with Proxy(cloud.port, foreign) as proxy:
            refused = cloud.run("up", path, *UP, *cloud.there(proxy.port))
            assert refused.code == 3 and "is not of account 000000000000" in refused.err, refused
            assert changes(proxy) == [] and cloud.stacks() == {}
        with Proxy(cloud.port) as proxy:
            up = cloud.ok("up", path, *UP, *cloud.there(proxy.port))
            assert "Making the S3 bucket mpcup-templates-000000000000-us-east-1 (private, encrypted)" in up.err, up
            put = [r for r in proxy.seen if r.line.startswith("PUT") and ".template" in r.line]
            assert all(r.headers["x-amz-expected-bucket-owner"] == "000000000000" for r in put) and put
            assert "TemplateURL=" in next(r.text for r in proxy.seen if r.action == "CreateStack")
        assert "Making" not in cloud.ok("up", path, *UP, *cloud.there()).err
        large["Metadata"]["Notes"] = "n" * 1000000
        json.dump(large, open(path, "w"))
        assert "CloudFormation takes 1000000" in cloud.run("up", path, *UP, *cloud.there()).err


def secret_of(cloud, name, variable):
    status = cloud.run("secrets", "status", "--json", *cloud.there()).json()
    return next(e for e in status["secrets"] if (e["name"], e["variable"]) == (name, variable))


def put(cloud, entry, value):
    cloud.aws("secretsmanager", "put-secret-value", "--secret-id", entry["secretId"], "--secret-string", value)


def value(cloud, entry):
    return cloud.aws("secretsmanager", "get-secret-value", "--secret-id", entry["secretId"])["SecretString"]


@test
def placeholders_are_found_filled_and_their_tasks_restarted():
    with Aws() as cloud:
        cloud.ok("init")
        cloud.ok("up")
        good = cloud.ok("secrets", "status", *cloud.there())
        assert good.out.count("SAME") == 6 and good.out.count("VALID") == 3 and not SECRET.search(good.out), good
        entry = secret_of(cloud, "node-1", "MPC_P2P_PRIVATE_KEY")
        right = value(cloud, entry)
        put(cloud, entry, "REPLACE_ME")
        bad = cloud.run("secrets", "status", "--json", *cloud.there())
        wrong = secret_of(cloud, "node-1", "MPC_P2P_PRIVATE_KEY")
        assert bad.code == 1 and wrong["state"] == "WRONG" and wrong["fault"].startswith("B") and wrong["reason"], wrong
        assert bad.json()["restart"] == [{"name": "node-1", "serviceArn": entry["serviceArn"]}], bad
        pushed = cloud.ok("secrets", "push", *cloud.there())
        assert value(cloud, entry) == right and "To restart" in pushed.out and "node-1" in pushed.out, pushed
        assert not SECRET.search(pushed.out + pushed.err)
        # the key is right, and the task still has the old one
        late = cloud.run("secrets", "status", *cloud.there())
        assert late.code == 1 and "WRONG" not in late.out and "To restart, their tasks have older values: node-1" in late.out
        task = cloud.run("status", "--json").json()["nodes"][1]["taskArn"]
        assert "Restarting: node-1" in cloud.ok("secrets", "push", "--restart", *cloud.there()).out
        wait_for(lambda: cloud.run("status", "--json").json()["nodes"][1].get("taskArn") not in (task, None), "a new task")
        wait_for(lambda: cloud.run("secrets", "status", *cloud.there()).code == 0, "all good")


@test
def another_valid_key_is_overwritten_only_when_that_is_said():
    with Aws() as cloud:
        cloud.ok("init")
        cloud.ok("up")
        first, second = secret_of(cloud, "node-0", "MPC_ACCOUNT_SK"), secret_of(cloud, "node-1", "MPC_ACCOUNT_SK")
        right, other = value(cloud, first), value(cloud, second)
        put(cloud, first, other)
        status = cloud.run("secrets", "status")
        assert status.code == 1 and "DIFFERS" in status.out and first["publicKey"] in status.out, status
        refused = cloud.run("secrets", "push", *cloud.there())
        assert refused.code == 1 and "--yes" in refused.err and value(cloud, first) == other, refused
        cloud.ok("secrets", "push", "--yes", *cloud.there())
        assert value(cloud, first) == right
        cloud.aws("secretsmanager", "delete-secret", "--secret-id", first["secretId"], "--force-delete-without-recovery")
        gone = cloud.run("secrets", "push", *cloud.there())
        assert gone.code == 3 and "only be made by its stack" in gone.err, gone


@test
def a_secret_that_may_not_be_read_is_unknown():
    def rule(request):
        if request.action == "GetSecretValue":
            return answer("400 Bad Request", json.dumps({"__type": "AccessDeniedException", "message": "no"}),
                          "application/x-amz-json-1.1")
    with Aws() as cloud, Proxy(cloud.port, rule) as proxy:
        cloud.ok("up", GOOD, *UP, *cloud.there())
        status = cloud.run("secrets", "status", "--stack", "Mpc", "--json", *cloud.there(proxy.port))
        assert status.code == 1 and {e["state"] for e in status.json()["secrets"]} == {"UNKNOWN"}, status


@test
def a_secret_that_a_definition_names_without_suffix_is_made():
    with Aws() as cloud:
        def name_without_suffix(t):
            task = next(r for k, r in t["Resources"].items() if k.startswith("MpcNode0Task"))
            secrets = task["Properties"]["ContainerDefinitions"][0]["Secrets"]
            peer = next(s for s in secrets if s["Name"] == "MPC_P2P_PRIVATE_KEY")
            peer["ValueFrom"] = "arn:aws:secretsmanager:us-east-1:000000000000:secret:mine/node-0:p2p::"
            for k, role in t["Resources"].items():
                if k.startswith("MpcExecutionRoleDefaultPolicy"):
                    role["Properties"]["PolicyDocument"]["Statement"].append(
                        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"})
        path = endless(cloud, GOOD, "named.json", name_without_suffix)
        cloud.ok("init")
        cloud.ok("keys", "generate")
        left = cloud.run("up", path, *UP, "--force", "--timeout", "1", *cloud.there())
        assert left.code == 1 and "goes on" in left.err, left
        places = ["network.yaml", "--stack", "Mpc", *cloud.there()]
        wait_for(lambda: '"MISSING"' in cloud.run("secrets", "status", *places, "--json").out, "the service is there")
        push = cloud.run("secrets", "push", *places, "--yes", "--restart", "--json")
        made = next(e for e in push.json()["secrets"] if (e["name"], e["variable"]) == ("node-0", "MPC_P2P_PRIVATE_KEY"))
        assert push.code == 0 and made["pushed"] and made["state"] == "SAME", push
        object = json.loads(cloud.aws("secretsmanager", "get-secret-value", "--secret-id", "mine/node-0")["SecretString"])
        assert list(object) == ["p2p"] and object["p2p"].startswith("ed25519:")


@test
def down_keeps_what_is_kept_names_it_and_purges_only_when_that_is_said():
    with Aws() as cloud, Proxy(cloud.port) as proxy:
        cloud.ok("up", GOOD, *UP, *cloud.there())
        down = cloud.ok("down", "--stack", "Mpc", *cloud.there(proxy.port))
        assert "What stays" in down.out and down.out.count("AWS::Logs::LogGroup    ") >= 3, down
        assert changes(proxy) == ["DeleteStack"], changes(proxy)
        assert not any("mpcup" in r.text for r in proxy.seen if r.action != "DeleteStack")
        groups = len(cloud.aws("logs", "describe-log-groups")["logGroups"])
        unsaid = cloud.run("down", "--stack", "Mpc", "--purge", *cloud.there())
        assert groups == 3 and unsaid.code == 1 and "--yes" in unsaid.err, unsaid
        assert len(cloud.aws("logs", "describe-log-groups")["logGroups"]) == 3
        # the stack is long gone, what it kept is found all the same
        cloud.ok("down", "--stack", "Mpc", "--purge", "--yes", *cloud.there())
        assert cloud.aws("logs", "describe-log-groups")["logGroups"] == []
        assert "What" not in cloud.ok("down", "--stack", "Mpc", "--purge", *cloud.there()).out


@test
def secrets_in_their_recovery_window_are_named():
    def rule(request):
        if request.action == "DescribeSecret":
            return answer("200 OK", json.dumps({"ARN": json.loads(request.text)["SecretId"], "DeletedDate": 1.7e9}),
                          "application/x-amz-json-1.1")
    with Aws() as cloud, Proxy(cloud.port, rule) as proxy:
        cloud.ok("up", GOOD, *UP, *cloud.there())
        down = cloud.ok("down", "--stack", "Mpc", *cloud.there(proxy.port))
        assert down.out.count("(in its recovery window)") == 9, down
        assert changes(proxy) == ["DeleteStack"]


@test
def termination_protection_is_respected():
    with Aws() as cloud, Proxy(cloud.port) as proxy:
        cloud.ok("up", GOOD, *UP, *cloud.there())
        cloud.aws("cloudformation", "update-termination-protection", "--enable-termination-protection", "--stack-name", "Mpc")
        down = cloud.run("down", "--stack", "Mpc", *cloud.there(proxy.port))
        assert down.code == 3 and "--no-enable-termination-protection" in down.err, down
        assert changes(proxy) == [] and cloud.stacks() == {"Mpc": "CREATE_COMPLETE"}


main()
