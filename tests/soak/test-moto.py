#!/usr/bin/env python3
"""--target aws against moto_server, an AWS that is not ours: other answers, other gaps. What its CloudFormation cannot make
(secrets, Cloud Map, attributes of file systems) is made beforehand or left out of the standalone template; it starts no
tasks. Skips only where moto_server is not installed."""
import json, os, shutil, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *

SERVER = shutil.which("moto_server")
PARAMETERS = {p["ParameterKey"]: p["ParameterValue"] for p in json.load(open(template("params/cdk-3.json")))}
NODES = ("node-0", "node-1", "node-2")


class Moto(Cloud):
    """The server, and a directory for mpcup to run in; no local cloud."""

    def __enter__(self):
        self.server = subprocess.Popen([SERVER, "-H", "127.0.0.1", "-p", str(self.port)], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        self.environment.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1")
        self.url = f"http://localhost:{self.port}"
        wait_for(self.answers, "moto_server")
        return self

    def __exit__(self, *unused):
        self.server.kill()
        self.server.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def answers(self):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True

    def there(self):
        return ["--target", "aws", "--endpoint-url", self.url]

    def call(self, service, target, **members):
        """moto looks at the scope of a signature, not at the signature."""
        request = urllib.request.Request(self.url, json.dumps(members).encode(), {
            "X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, "
                             "SignedHeaders=host, Signature=0"})
        return json.load(urllib.request.urlopen(request, timeout=30))

    def secret(self, name, text):
        return self.call("secretsmanager", "secretsmanager.CreateSecret", Name=name, SecretString=text,
                         ClientRequestToken="0" * 31 + name[-1])["ARN"]


def replaced(value, names):
    """References to what is not in the template any more: `names` has what stands there instead."""
    if isinstance(value, dict):
        if len(value) == 1 and value.get("Ref") in names:
            return names[value["Ref"]]
        if len(value) == 1 and isinstance(value.get("Fn::GetAtt"), list) and value["Fn::GetAtt"][1] == "Arn" and \
                value["Fn::GetAtt"][0] in names:
            return names[value["Fn::GetAtt"][0]]
        return {k: replaced(v, names) for k, v in value.items()}
    return [replaced(v, names) for v in value] if isinstance(value, list) else value


def text_of(value):
    """A SecretString of that template; None: what GenerateSecretString would make."""
    if value is None:
        return json.dumps({"key": "0" * 31 + "1"})
    return value if isinstance(value, str) else PARAMETERS[value["Ref"]] if "Ref" in value else \
        "".join(map(text_of, value["Fn::Join"][1]))


def adapted(moto):
    t = json.load(open(template("good/standalone.plain.json")))
    resources, names = t["Resources"], {}
    for logical, r in list(resources.items()):
        if r["Type"] == "AWS::SecretsManager::Secret":
            names[logical] = moto.secret(f"mpc/{logical}", text_of(r["Properties"].get("SecretString")))
        elif r["Type"] == "AWS::EFS::FileSystem":
            names[logical] = "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/*"
    arns = {k: v for k, v in names.items() if resources[k]["Type"] != "AWS::EFS::FileSystem"}
    gone = {k for k, r in resources.items() if r["Type"].startswith("AWS::ServiceDiscovery::") or k in arns}
    t = {"Resources": {k: r for k, r in resources.items() if k not in gone}}
    for r in t["Resources"].values():
        r.get("Properties", {}).pop("ServiceRegistries", None)
        if isinstance(r.get("DependsOn"), list):
            r["DependsOn"] = [d for d in r["DependsOn"] if d not in gone]
    files = {"Fn::GetAtt": names}
    t = replaced(t, arns)
    return json.loads(json.dumps(t), object_hook=lambda o: names[o["Fn::GetAtt"][0]] if set(o) == set(files) and
                      o["Fn::GetAtt"][0] in names else o)


@test
def the_standalone_network_is_deployed_shown_and_deleted_on_an_aws_that_is_not_ours():
    with Moto() as moto:
        path = os.path.join(moto.work, "standalone.json")
        json.dump(adapted(moto), open(path, "w"))
        up = moto.run("up", path, "--stack", "Mpc", "--force", "--timeout", "5", *moto.there())
        assert "AWS account 123456789012, region us-east-1" in up.err and "CREATE_COMPLETE in" in up.out, up
        status = moto.run("status", "--stack", "Mpc", "--json", *moto.there()).json()
        assert status["stackStatus"] == "CREATE_COMPLETE" and len(status["nodes"]) == 3, status
        assert all(n["probe"]["verdict"] == "UNKNOWN" for n in status["nodes"])
        secrets = moto.run("secrets", "status", "--stack", "Mpc", "--json", *moto.there()).json()["secrets"]
        assert {(e["name"], e["state"]) for e in secrets} == {(n, "VALID") for n in NODES} and len(secrets) == 9, secrets
        moto.call("secretsmanager", "secretsmanager.PutSecretValue", SecretId=secrets[0]["secretId"],
                  SecretString="REPLACE_ME", ClientRequestToken="1" * 32)
        keys = os.path.join(moto.work, "keys")
        moto.ok("init")
        moto.ok("keys", "generate")
        places = ["--stack", "Mpc", "--directory", keys, *moto.there()]
        assert '"WRONG"' in moto.run("secrets", "status", "--json", *places).out
        pushed = moto.ok("secrets", "push", "--yes", "--restart", "--json", *places).json()
        assert {e["state"] for e in pushed["secrets"]} == {"SAME", "VALID"} and pushed["restarted"], pushed
        logs = moto.run("logs", "--stack", "Mpc", *moto.there())
        assert logs.code == 0 and logs.out == "", logs
        assert "CREATE_COMPLETE" in moto.ok("events", "--stack", "Mpc", *moto.there()).out
        # its DeleteStack stumbles over the interfaces of its own NAT gateway: what it says is what is shown
        down = moto.run("down", "--stack", "Mpc", *moto.there())
        assert down.code == 3 and "has dependencies and cannot be deleted" in down.err, down


@test
def a_large_template_goes_through_a_bucket():
    with Moto() as moto:
        t = {"Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "large"}}},
             "Metadata": {"Notes": "n" * 52000}}
        path = os.path.join(moto.work, "large.json")
        json.dump(t, open(path, "w"))
        up = moto.ok("up", path, "--stack", "Large", *moto.there())
        assert "Making the S3 bucket mpcup-templates-123456789012-us-east-1" in up.err, up
        assert moto.call("logs", "Logs_20140328.DescribeLogGroups")["logGroups"][0]["logGroupName"] == "large"
        assert "DELETE_COMPLETE" in moto.ok("down", "--stack", "Large", *moto.there()).out
        assert moto.call("logs", "Logs_20140328.DescribeLogGroups")["logGroups"] == []
        gone = moto.run("status", "--stack", "Large", *moto.there())
        assert gone.code == 3 and "does not exist" in gone.err, gone


if not SERVER:
    print("1..0 # SKIP moto_server is not installed")
    sys.exit(0)
main()
