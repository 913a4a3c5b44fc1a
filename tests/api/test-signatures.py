#!/usr/bin/env python3
"""mpcup cloud start --verify-signatures: stock clients with right and wrong secrets, a signer of our own
(hmac) for what no client would send, sessions of roles, and mpcup's own commands."""
import datetime, hashlib, hmac, http.client, json, os, re, subprocess, sys, urllib.parse
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

ECS = "AmazonEC2ContainerServiceV20141113."


def start(cloud):
    cloud.ok("cloud", "start", "--verify-signatures")
    lines = cloud.ok("cloud", "credentials").out.splitlines()
    assert [line.split("=")[0] for line in lines] == ["export AWS_ACCESS_KEY_ID", "export AWS_SECRET_ACCESS_KEY"]
    return {"AWS_ACCESS_KEY_ID": lines[0].split("=", 1)[1], "AWS_SECRET_ACCESS_KEY": lines[1].split("=", 1)[1]}


def aws(cloud, keys, *arguments):
    """The stock CLI with these keys: exit code, stdout, stderr."""
    environment = {**cloud.environment, **keys, "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
                   "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(["/usr/bin/aws", "--endpoint-url", f"http://127.0.0.1:{cloud.port}", "--output", "json",
                           *arguments], capture_output=True, text=True, env=environment, timeout=120)
    return Result(done.returncode, done.stdout, done.stderr, 0)


def granted(cloud, keys, *arguments):
    result = aws(cloud, keys, *arguments)
    assert result.code == 0, f"aws {' '.join(arguments)}: {result.err}"
    return json.loads(result.out) if result.out.strip() else None


def refused(cloud, keys, code, *arguments):
    result = aws(cloud, keys, *arguments)
    assert result.code != 0 and f"({code})" in result.err, f"want {code}: {result}"


def signed(cloud, keys, service, body, headers, age=0):
    """Headers of a POST / that is signed as of `age` seconds ago."""
    now = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)
    date, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    every = {**headers, "host": f"127.0.0.1:{cloud.port}", "x-amz-date": date}
    names = ";".join(sorted(every))
    canonical = "\n".join(["POST", "/", "", *(f"{n}:{every[n]}" for n in sorted(every)), "", names,
                           hashlib.sha256(body).hexdigest()])
    scope = f"{day}/us-east-1/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + keys["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in (day, "us-east-1", service, "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    every["Authorization"] = (f"AWS4-HMAC-SHA256 Credential={keys['AWS_ACCESS_KEY_ID']}/{scope}, "
                              f"SignedHeaders={names}, Signature={key.hex()}")
    return every


def send(cloud, method, path, body=b"", headers={}):
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=10)
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    return reply.status, text


def json_headers(action):
    return {"content-type": "application/x-amz-json-1.1", "x-amz-target": ECS + action}


@test
def stock_clients_need_the_right_secret():
    with Cloud() as cloud:
        keys = start(cloud)
        wrong = {**keys, "AWS_SECRET_ACCESS_KEY": "x" * 40}
        nobody = {**keys, "AWS_ACCESS_KEY_ID": "AKIANOBODYNOBODYNOBO"}
        identity = granted(cloud, keys, "sts", "get-caller-identity")
        assert identity["Arn"] == "arn:aws:iam::000000000000:root", identity
        granted(cloud, keys, "ecs", "list-clusters")
        granted(cloud, keys, "ec2", "describe-vpcs")
        system = granted(cloud, keys, "efs", "create-file-system", "--creation-token", "t")
        # an ARN stands in the path, encoded once as it is sent and once more as it is signed
        granted(cloud, keys, "efs", "list-tags-for-resource", "--resource-id", system["FileSystemArn"])
        granted(cloud, keys, "efs", "describe-file-systems", "--creation-token", "t")
        granted(cloud, keys, "s3api", "create-bucket", "--bucket", "first")
        for service, command, mismatch, unknown in (
                ("sts", "get-caller-identity", "SignatureDoesNotMatch", "InvalidClientTokenId"),
                ("cloudformation", "list-stacks", "SignatureDoesNotMatch", "InvalidClientTokenId"),
                ("ecs", "list-clusters", "InvalidSignatureException", "UnrecognizedClientException"),
                ("efs", "describe-file-systems", "InvalidSignatureException", "UnrecognizedClientException"),
                ("ec2", "describe-vpcs", "AuthFailure", "AuthFailure"),
                ("s3api", "list-buckets", "SignatureDoesNotMatch", "InvalidAccessKeyId")):
            refused(cloud, wrong, mismatch, service, command)
            refused(cloud, nobody, unknown, service, command)


@test
def unsigned_requests_are_refused():
    with Cloud() as cloud:
        start(cloud)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, text = send(cloud, "POST", "/", b"Action=ListStacks&Version=2010-05-15", form)
        assert status == 403 and "MissingAuthenticationToken" in text, (status, text)
        status, text = send(cloud, "POST", "/", b"{}", json_headers("ListClusters"))
        assert status == 400 and "MissingAuthenticationTokenException" in text, (status, text)
        status, text = send(cloud, "GET", "/bucket/key")
        assert status == 403, (status, text)
        status, text = send(cloud, "GET", "/?AWSAccessKeyId=a&Signature=b&Expires=9")
        assert status == 400 and "AWS4-HMAC-SHA256" in text, (status, text)


@test
def replays_and_late_requests_are_refused():
    with Cloud() as cloud:
        keys = start(cloud)
        body = b'{"clusterName":"one"}'
        headers = signed(cloud, keys, "ecs", body, json_headers("CreateCluster"))
        assert send(cloud, "POST", "/", body, headers)[0] == 200
        status, text = send(cloud, "POST", "/", b'{"clusterName":"two"}', headers)
        assert status == 400 and "InvalidSignatureException" in text, (status, text)
        status, text = send(cloud, "POST", "/", body, {**headers, "x-amz-target": ECS + "DeleteCluster"})
        assert status == 400 and "InvalidSignatureException" in text, (status, text)
        for age, good in ((240, True), (360, False), (-240, True), (-360, False)):
            status, text = send(cloud, "POST", "/", b"{}",
                                signed(cloud, keys, "ecs", b"{}", json_headers("ListClusters"), age))
            assert (status == 200) == good, (age, status, text)
            assert good or "InvalidSignatureException" in text
        form, type_ = b"Action=ListStacks&Version=2010-05-15", "application/x-www-form-urlencoded"
        status, text = send(cloud, "POST", "/", form,
                            signed(cloud, keys, "cloudformation", form, {"content-type": type_}, 400))
        assert status == 400 and "RequestExpired" in text, (status, text)
        assert json.loads(send(cloud, "POST", "/", b"{}", signed(cloud, keys, "ecs", b"{}", json_headers(
            "ListClusters")))[1])["clusterArns"] == ["arn:aws:ecs:us-east-1:000000000000:cluster/one"]


@test
def presigned_urls_of_the_stock_client_work_until_they_are_changed():
    with Cloud() as cloud:
        keys = start(cloud)
        granted(cloud, keys, "s3api", "create-bucket", "--bucket", "bucket")
        path = os.path.join(cloud.work, "file")
        with open(path, "w") as file:
            file.write("content")
        granted(cloud, keys, "s3api", "put-object", "--bucket", "bucket", "--key", "a key", "--body", path)
        made = aws(cloud, keys, "s3", "presign", "s3://bucket/a key", "--expires-in", "60")
        assert made.code == 0, made
        url = urllib.parse.urlsplit(made.out.strip())
        target = f"{url.path}?{url.query}"
        assert "X-Amz-Signature=" in target, target
        assert send(cloud, "GET", target) == (200, "content")
        status, text = send(cloud, "GET", target.replace("key?", "kez?", 1))
        assert status == 403 and "SignatureDoesNotMatch" in text, (status, text)
        status, text = send(cloud, "GET", target.replace("X-Amz-Expires=60", "X-Amz-Expires=61"))
        assert status == 403 and "SignatureDoesNotMatch" in text, (status, text)
        assert send(cloud, "PUT", target, b"other")[0] == 403


@test
def sessions_of_roles_have_the_rights_of_the_role():
    with Cloud() as cloud:
        keys = start(cloud)
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                         "Principal": {"AWS": "*"}}]}
        rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecs:ListClusters",
                                                          "Resource": "*"}]}
        template = {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {
            "RoleName": "reader", "AssumeRolePolicyDocument": trust,
            "Policies": [{"PolicyName": "p", "PolicyDocument": rights}]}}}}
        granted(cloud, keys, "cloudformation", "create-stack", "--stack-name", "S", "--template-body",
                json.dumps(template), "--capabilities", "CAPABILITY_NAMED_IAM")
        granted(cloud, keys, "cloudformation", "wait", "stack-create-complete", "--stack-name", "S")
        role = "arn:aws:iam::000000000000:role/reader"
        made = granted(cloud, keys, "sts", "assume-role", "--role-arn", role, "--role-session-name", "me")
        session = {"AWS_ACCESS_KEY_ID": made["Credentials"]["AccessKeyId"],
                   "AWS_SECRET_ACCESS_KEY": made["Credentials"]["SecretAccessKey"],
                   "AWS_SESSION_TOKEN": made["Credentials"]["SessionToken"]}
        identity = granted(cloud, session, "sts", "get-caller-identity")
        assert identity["Arn"] == "arn:aws:sts::000000000000:assumed-role/reader/me", identity
        granted(cloud, session, "ecs", "list-clusters")
        refused(cloud, session, "AccessDeniedException", "ecs", "create-cluster", "--cluster-name", "x")
        refused(cloud, session, "AccessDenied", "cloudformation", "list-stacks")
        refused(cloud, session, "UnauthorizedOperation", "ec2", "describe-vpcs")
        refused(cloud, {**session, "AWS_SECRET_ACCESS_KEY": "x"}, "SignatureDoesNotMatch", "sts",
                "get-caller-identity")
        refused(cloud, {**session, "AWS_SESSION_TOKEN": "x"}, "UnrecognizedClientException", "ecs", "list-clusters")
        refused(cloud, keys, "AccessDenied", "sts", "assume-role", "--role-arn", role + "-absent",
                "--role-session-name", "me")
        # the keys outlive the daemon
        cloud.ok("cloud", "stop")
        cloud.ok("cloud", "start")
        granted(cloud, session, "ecs", "list-clusters")


@test
def verification_lasts_over_restarts_until_it_is_switched_off():
    with Cloud() as cloud:
        keys = start(cloud)
        status = cloud.ok("cloud", "status", "--json").json()
        assert status["verifySignatures"] is True, status
        assert "mpcup cloud credentials" in cloud.ok("cloud", "status").out
        assert cloud.run("cloud", "start", "--any-credentials").code != 0
        assert cloud.run("cloud", "start", "--verify-signatures", "--any-credentials").code != 0
        cloud.ok("cloud", "stop")
        cloud.ok("cloud", "start")
        refused(cloud, {**keys, "AWS_SECRET_ACCESS_KEY": "x"}, "SignatureDoesNotMatch", "sts",
                "get-caller-identity")
        cloud.ok("cloud", "stop")
        cloud.ok("cloud", "start", "--any-credentials")
        granted(cloud, {**keys, "AWS_SECRET_ACCESS_KEY": "x"}, "sts", "get-caller-identity")
        assert cloud.ok("cloud", "status", "--json").json()["verifySignatures"] is False


@test
def credentials_are_listed_named_and_kept_private():
    with Cloud() as cloud:
        first = start(cloud)
        made = cloud.ok("cloud", "credentials", "--new", "ci", "--env").out
        assert first["AWS_ACCESS_KEY_ID"] not in made
        assert cloud.ok("cloud", "credentials", "ci").out == made
        listed = cloud.ok("cloud", "credentials", "--json").json()
        assert [one["Name"] for one in listed] == ["default", "ci"], listed
        second = {"AWS_ACCESS_KEY_ID": listed[1]["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": listed[1]["SecretAccessKey"]}
        granted(cloud, second, "sts", "get-caller-identity")
        assert cloud.run("cloud", "credentials", "nobody").code != 0
        assert cloud.run("cloud", "credentials", "--new", "ci").code != 0
        path = os.path.join(cloud.work, "state", "credentials.json")
        assert os.stat(path).st_mode & 0o777 == 0o600
        log = open(os.path.join(cloud.work, "state", "cloud.log")).read()
        assert listed[0]["SecretAccessKey"] not in log and listed[1]["SecretAccessKey"] not in log


@test
def mpcups_own_commands_sign():
    with Cloud() as cloud:
        start(cloud)
        cloud.ok("up", template("good/standalone.json"), "--stack", "Mpc", "--params",
                 template("params/cdk-3.json"), "--chain-key", template("chain.json"))
        assert "Mpc" in cloud.ok("status").out
        cloud.ok("logs", "--stack", "Mpc")
        cloud.ok("down", "--stack", "Mpc")


@test
def the_port_is_open_to_this_machine_and_its_own_pages_only():
    with Cloud() as cloud:
        cloud.ok("cloud", "start")
        listening = [line.split()[1] for line in open("/proc/net/tcp").readlines()[1:] if line.split()[3] == "0A"]
        listening += [line.split()[1] for line in open("/proc/net/tcp6").readlines()[1:] if line.split()[3] == "0A"]
        port = f":{cloud.port:04X}"
        assert [address for address in listening if address.endswith(port)] == ["0100007F" + port]
        own = f"127.0.0.1:{cloud.port}"
        for headers in ({"Host": "evil.example"}, {"Host": f"evil.example:{cloud.port}"},
                        {"Host": own, "Origin": "https://evil.example"},
                        {"Host": own, "Origin": "null"},
                        {"Host": own, "Sec-Fetch-Site": "cross-site"},
                        {"Host": own, "Referer": "https://evil.example/"}):
            for method in ("GET", "POST", "OPTIONS"):
                status, text = send(cloud, method, "/_mpcup/health" if method == "GET" else "/_mpcup/stop",
                                    b"a=b" if method == "POST" else b"",
                                    {**headers, "Content-Type": "text/plain"})
                assert status == 403 and "mpcup:" in text, (method, headers, status, text)
        assert send(cloud, "GET", "/_mpcup/health")[0] == 200


main()
