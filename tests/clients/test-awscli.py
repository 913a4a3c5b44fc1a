#!/usr/bin/env python3
"""Debian's aws CLI, its own machinery above all: deploy, wait, tail, copies in parts, paging, query and output."""
import json, os, subprocess, sys, threading
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clients import *

LOGS = {"Resources": {f"Group{i}": {"Type": "AWS::Logs::LogGroup"} for i in range(3)}, "Parameters": {
    "Days": {"Type": "Number", "Default": "7"}}}


def write(cloud, name, value):
    path = os.path.join(cloud.work, name)
    with open(path, "w") as file:
        file.write(value if isinstance(value, str) else json.dumps(value))
    return path


def deploy(cloud, path, *more, **options):
    result = cloud.cli("cloudformation", "deploy", "--stack-name", "s", "--template-file", path, *more, **options)
    second = int(time.time())  # names of its change sets are seconds
    wait_for(lambda: int(time.time()) > second)
    return result


@test
def deploy_creates_updates_and_sees_that_nothing_changed():
    with ClientCloud() as cloud:
        path = write(cloud, "t.json", LOGS)
        made = deploy(cloud, path, "--tags", "team=mpc")
        assert "Successfully created/updated stack - s" in made.out, made
        again = deploy(cloud, path, "--tags", "team=mpc")
        assert "No changes to deploy. Stack s is up to date" in again.out, again
        deploy(cloud, path, "--tags", "team=mpc", "--fail-on-empty-changeset", code=255)
        LOGS["Resources"]["Group0"]["Properties"] = {"RetentionInDays": {"Ref": "Days"}}
        path = write(cloud, "t.json", LOGS)
        review = deploy(cloud, path, "--no-execute-changeset", "--tags", "team=mpc", "--parameter-overrides", "Days=14")
        assert "Changeset created successfully. Run the following command to review changes" in review.out, review
        arn = review.out.split("--change-set-name ")[1].split()[0]
        shown = json.loads(cloud.cli("cloudformation", "describe-change-set", "--change-set-name", arn).out)
        expect([c["ResourceChange"]["Action"] for c in shown["Changes"]], ["Modify"])
        expect(shown["Parameters"], [{"ParameterKey": "Days", "ParameterValue": "14"}])
        updated = deploy(cloud, path, "--tags", "team=mpc", "--parameter-overrides", "Days=14")
        assert "Successfully created/updated" in updated.out, updated
        groups = cloud.logs.describe_log_groups()["logGroups"]
        expect(sorted(g.get("retentionInDays", 0) for g in groups), [0, 0, 14])
        broken = json.loads(json.dumps(LOGS))
        broken["Resources"]["Stream"] = {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": "nowhere"}}
        failed = deploy(cloud, write(cloud, "broken.json", broken), "--tags", "team=mpc", "--parameter-overrides", "Days=30", code=255)
        assert "Failed to create/update the stack. Run the following command" in failed.err, failed
        expect(sorted(g.get("retentionInDays", 0) for g in cloud.logs.describe_log_groups()["logGroups"]), [0, 0, 14])


@test
def templates_above_50_KB_go_through_a_bucket():
    with ClientCloud() as cloud:
        big = {**LOGS, "Metadata": {"Pad": "x" * 52000}}
        path = write(cloud, "t.json", big)
        refused = deploy(cloud, path, code=255)
        assert "--s3-bucket" in refused.err, refused
        # `deploy --s3-bucket` of this CLI sends the upload to AWS whatever --endpoint-url says
        cloud.cli("s3", "mb", "s3://templates")
        cloud.cli("s3", "cp", path, "s3://templates/t.json")
        cloud.cli("cloudformation", "create-stack", "--stack-name", "s", "--template-url",
                  f"{cloud.url}/templates/t.json")
        cloud.cli("cloudformation", "wait", "stack-create-complete", "--stack-name", "s")
        kept = json.loads(cloud.cli("cloudformation", "get-template", "--stack-name", "s").out)
        expect(kept["TemplateBody"], big)


@test
def templates_are_validated_and_summed_up():
    with ClientCloud() as cloud:
        found = json.loads(cloud.cli("cloudformation", "validate-template", "--template-body",
                                     "file://" + template("good/standalone.plain.json")).out)
        assert found["Capabilities"] == ["CAPABILITY_IAM"] and "AWS::IAM::Role" in found["CapabilitiesReason"], found
        assert {"ParameterKey": "Node0AccountSk", "NoEcho": True,
                "Description": "node 0: a NEAR ed25519 secret key"} in found["Parameters"], found
        found = json.loads(cloud.cli("cloudformation", "get-template-summary", "--template-body",
                                     "file://" + template("good/standalone.plain.json")).out)
        assert "AWS::ECS::Service" in found["ResourceTypes"], found
        bad = cloud.cli("cloudformation", "validate-template", "--template-body", "{\"Resources\": 1}", code=254)
        assert "An error occurred (ValidationError) when calling the ValidateTemplate operation" in bad.err, bad


@test
def a_network_is_deployed_watched_and_driven():
    with ClientCloud() as cloud:
        made = cloud.cli("cloudformation", "deploy", "--stack-name", "Mpc", "--template-file",
                         template("good/standalone.plain.json"), "--parameter-overrides",
                         "file://" + template("params/cdk-3.json"), "--capabilities", "CAPABILITY_IAM")
        cloud.cli("cloudformation", "wait", "stack-create-complete", "--stack-name", "Mpc")
        cluster = cloud.cli("cloudformation", "describe-stacks", "--stack-name", "Mpc", "--output", "text", "--query",
                            "Stacks[0].Outputs[?OutputKey=='ClusterName'].OutputValue").out.strip()
        # three pages of one, stitched together by the CLI
        arns = json.loads(cloud.cli("ecs", "list-services", "--cluster", cluster, "--page-size", "1").out)["serviceArns"]
        expect(len(arns), 3)
        cloud.cli("ecs", "wait", "services-stable", "--cluster", cluster, "--services", *arns)
        group = cloud.cli("logs", "describe-log-groups", "--query", "logGroups[0].logGroupName", "--output",
                          "text").out.strip()
        tail_follows(cloud, group)
        node = next(a for a in arns if "Node0" in a)
        cloud.cli("ecs", "update-service", "--cluster", cluster, "--service", node, "--force-new-deployment")
        cloud.cli("ecs", "update-service", "--cluster", cluster, "--service", node, "--desired-count", "0")
        cloud.ecs.get_waiter("services_stable").wait(cluster=cluster, services=[node], WaiterConfig={"Delay": 1})
        stopped = json.loads(cloud.cli("ecs", "list-tasks", "--cluster", cluster, "--desired-status", "STOPPED").out)
        assert stopped["taskArns"], stopped
        cloud.cli("cloudformation", "delete-stack", "--stack-name", "Mpc")
        cloud.cloudformation.get_waiter("stack_delete_complete").wait(StackName="Mpc", WaiterConfig={"Delay": 1})


def tail_follows(cloud, group):
    """`logs tail --follow` prints what is there and what comes; it is ended by its process id."""
    run = subprocess.Popen(["/usr/bin/aws", "--endpoint-url", cloud.url, "logs", "tail", group, "--follow", "--since",
                            "1h", "--format", "short"], env=cloud.client_environment(PYTHONUNBUFFERED="1"),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(iter(run.stdout.readline, "")))
    reader.start()
    try:
        wait_for(lambda: any("Starting mpc node" in line for line in lines), "first lines of tail")
        stream = cloud.logs.describe_log_streams(logGroupName=group)["logStreams"][0]["logStreamName"]
        cloud.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
            {"timestamp": int(time.time() * 1000), "message": "a line from the test"}])
        wait_for(lambda: any("a line from the test" in line for line in lines), "next lines of tail")
        # seen again at the next poll, printed once
        expect(sum("Starting mpc node" in line for line in lines), 1)
    finally:
        run.terminate()
        run.wait(10)
        reader.join(10)
        run.stdout.close()
        run.stderr.close()


@test
def files_are_copied_in_parts_and_come_back_the_same():
    with ClientCloud() as cloud:
        cloud.cli("s3", "mb", "s3://files")
        genesis = os.path.join(cloud.work, "genesis.json")
        with open(genesis, "wb") as file:
            file.write(os.urandom(17 << 20))  # three parts of 8 MB
        cloud.cli("s3", "cp", genesis, "s3://files/chain/genesis.json")
        back = os.path.join(cloud.work, "back.json")
        cloud.cli("s3", "cp", "s3://files/chain/genesis.json", back)
        assert open(genesis, "rb").read() == open(back, "rb").read()
        head = json.loads(cloud.cli("s3api", "head-object", "--bucket", "files", "--key", "chain/genesis.json").out)
        assert head["ContentLength"] == 17 << 20 and head["ETag"].endswith("-3\""), head
        small = write(cloud, "small.txt", "hello")
        cloud.cli("s3", "cp", small, "s3://files/small.txt")
        etag = cloud.s3.head_object(Bucket="files", Key="small.txt")["ETag"]
        expect(etag, '"5d41402abc4b2a76b9719d911017c592"')  # MD5, as of every object in one part
        cloud.cli("s3", "cp", "s3://files/small.txt", "s3://files/copy.txt")
        expect(cloud.s3.get_object(Bucket="files", Key="copy.txt")["Body"].read(), b"hello")
        os.mkdir(os.path.join(cloud.work, "tree"))
        for name in "abc":
            write(cloud, f"tree/{name}", name)
        cloud.cli("s3", "sync", os.path.join(cloud.work, "tree"), "s3://files/tree")
        expect(cloud.cli("s3", "sync", os.path.join(cloud.work, "tree"), "s3://files/tree").out, "")
        url = cloud.cli("s3", "presign", "s3://files/small.txt").out.strip()
        expect(get(url), "hello")
        cloud.cli("s3", "rb", "s3://files", "--force")
        missing = cloud.cli("s3", "ls", "s3://files", code=254)
        assert "NoSuchBucket" in missing.err, missing


@test
def errors_and_things_not_there_end_with_a_code():
    with ClientCloud() as cloud:
        for arguments, code, text in (
                (("secretsmanager", "rotate-secret", "--secret-id", "x"), 254, "UnknownOperationException"),
                (("ec2", "describe-volumes"), 254, "InvalidAction"),
                (("ecs", "describe-services", "--cluster", "c", "--services", "s"), 254, "ClusterNotFoundException"),
                (("efs", "describe-file-systems", "--file-system-id", "fs-00000000000000000"), 254,
                 "FileSystemNotFound")):
            found = cloud.cli(*arguments, code=code)
            assert f"An error occurred ({text})" in found.err, found
        expect(cloud.log().count("secretsmanager RotateSecret"), 1)


main()
