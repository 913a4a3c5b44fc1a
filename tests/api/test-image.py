#!/usr/bin/env python3
"""Imported images as tasks of the local AWS, driven by Debian's aws CLI."""
import json, os, sys, urllib.request
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *
from images import *

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/execution"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                 "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}
RIGHTS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["logs:*", "ecr:*"], "Resource": "*"}]}


def world():
    """A public subnet, a file system in it, a log group, a cluster and an execution role."""
    ref = lambda name: {"Ref": name}
    return {"Resources": {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": True,
                                                         "EnableDnsSupport": True}},
        "Gateway": {"Type": "AWS::EC2::InternetGateway"},
        "Attached": {"Type": "AWS::EC2::VPCGatewayAttachment",
                     "Properties": {"VpcId": ref("Vpc"), "InternetGatewayId": ref("Gateway")}},
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": ref("Vpc"), "CidrBlock": "10.0.1.0/24"}},
        "Routes": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": ref("Vpc")}},
        "Out": {"Type": "AWS::EC2::Route", "DependsOn": "Attached",
                "Properties": {"RouteTableId": ref("Routes"), "DestinationCidrBlock": "0.0.0.0/0",
                               "GatewayId": ref("Gateway")}},
        "Uses": {"Type": "AWS::EC2::SubnetRouteTableAssociation",
                 "Properties": {"SubnetId": ref("Subnet"), "RouteTableId": ref("Routes")}},
        "Group": {"Type": "AWS::EC2::SecurityGroup",
                  "Properties": {"GroupDescription": "all", "VpcId": ref("Vpc"), "SecurityGroupIngress": [
                      {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "CidrIp": "10.0.0.0/16"}]}},
        "Files": {"Type": "AWS::EFS::FileSystem"},
        "Target": {"Type": "AWS::EFS::MountTarget",
                   "Properties": {"FileSystemId": ref("Files"), "SubnetId": ref("Subnet"),
                                  "SecurityGroups": [ref("Group")]}},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "tasks"}},
        "Cluster": {"Type": "AWS::ECS::Cluster", "Properties": {"ClusterName": "c"}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {
            "RoleName": "execution", "AssumeRolePolicyDocument": TRUST,
            "Policies": [{"PolicyName": "p", "PolicyDocument": RIGHTS}]}},
    }, "Outputs": {name: {"Value": ref(name)} for name in ("Subnet", "Group", "Files")}}


TARGETS = {"ecs": "AmazonEC2ContainerServiceV20141113", "logs": "Logs_20140328"}


def post(cloud, service, action, **body):
    """An API call without the aws CLI, whose start takes longer than most tasks: for what is asked often."""
    scope = f"Credential=test/20260101/us-east-1/{service}/aws4_request"
    request = urllib.request.Request(
        f"http://127.0.0.1:{cloud.port}/", json.dumps(body).encode(),
        {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{TARGETS[service]}.{action}",
         "X-Amz-Date": "20260101T000000Z",
         "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature={'0' * 64}"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


class World:
    """A cloud with the stack above and the aws CLI's words for running tasks in it."""

    def __init__(self, cloud):
        self.cloud, self.count = cloud, 0
        cloud.ok("cloud", "start")
        cloud.aws("cloudformation", "create-stack", "--stack-name", "World", "--template-body", json.dumps(world()),
                  "--capabilities", "CAPABILITY_NAMED_IAM")
        cloud.aws("cloudformation", "wait", "stack-create-complete", "--stack-name", "World")
        stack = cloud.aws("cloudformation", "describe-stacks", "--stack-name", "World")["Stacks"][0]
        self.out = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
        self.network = {"awsvpcConfiguration": {"subnets": [self.out["Subnet"]], "securityGroups": [self.out["Group"]],
                                                "assignPublicIp": "ENABLED"}}

    def bring(self, name, tars, compression="gzip", architecture="amd64", **config):
        made = Layout()
        made.finish(made.image(tars, compression, configuration(tars, architecture, **config)))
        self.count += 1
        path = made.write(os.path.join(self.cloud.work, f"image{self.count}"))
        return self.cloud.ok("image", "import", path, "--name", name, "--json").json()["image"]

    def define(self, *containers, **more):
        self.count += 1
        family = f"f{self.count}"
        given = [{"name": f"c{i}", "logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": "tasks", "awslogs-region": "us-east-1", "awslogs-stream-prefix": family}}, **c}
                 for i, c in enumerate(containers)]
        task = {"family": family, "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256",
                "memory": "512", "executionRoleArn": ROLE, "containerDefinitions": given, **more}
        post(self.cloud, "ecs", "RegisterTaskDefinition", **task)
        return family

    def start(self, family, **overrides):
        more = {"overrides": {"containerOverrides": [{"name": "c0", **overrides}]}} if overrides else {}
        return post(self.cloud, "ecs", "RunTask", cluster="c", launchType="FARGATE", taskDefinition=family,
                    networkConfiguration=self.network, **more)["tasks"][0]["taskArn"]

    def start_by_cli(self, family):
        return self.cloud.aws("ecs", "run-task", "--cluster", "c", "--launch-type", "FARGATE", "--task-definition", family,
                              "--network-configuration", json.dumps(self.network))["tasks"][0]["taskArn"]

    def task(self, arn):
        return post(self.cloud, "ecs", "DescribeTasks", cluster="c", tasks=[arn])["tasks"][0]

    def ended(self, arn):
        return wait_for(lambda: (lambda t: t if t["lastStatus"] == "STOPPED" else None)(self.task(arn)), "STOPPED")

    def lines(self, family, arn, container="c0"):
        stream = f"{family}/{container}/{arn.split('/')[-1]}"
        events = post(self.cloud, "logs", "GetLogEvents", logGroupName="tasks", logStreamName=stream,
                      startFromHead=True)["events"]
        return [e["message"] for e in events]

    def run(self, container, task=None, **overrides):
        """Runs a task to its end: exit code of c0, lines of its log, the task."""
        family = self.define(container, **(task or {}))
        arn = self.start(family, **overrides)
        task = self.ended(arn)
        shown = task["containers"][0]
        return shown.get("exitCode"), self.lines(family, arn) if "exitCode" in shown else [], task


@test
def a_task_runs_what_the_image_and_the_definition_say():
    with Cloud() as cloud:
        w = World(cloud)
        show = script("show", "#!/bin/sh\necho \"arguments $*\"\necho \"$(pwd) $HOME $A $B $(id -u):$(id -g)\"\nexit 7\n")
        w.bring("app:1", [busybox_layer(), layer(show, directory("work"))], "zstd", Entrypoint=["/show"], Cmd=["from", "image"],
                Env=["PATH=/bin", "A=image", "B=image"], WorkingDir="/work")
        family = w.define({"image": "app:1"})
        arn = w.start_by_cli(family)
        task = w.ended(arn)
        code, lines = task["containers"][0]["exitCode"], w.lines(family, arn)
        assert (code, lines) == (7, ["arguments from image", "/work /root image image 0:0"]), (code, lines)
        assert task["stopCode"] == "EssentialContainerExited" and task["containers"][0]["imageDigest"].startswith("sha256:")
        code, lines, _ = w.run({"image": "docker.io/library/app:1", "command": ["own"], "workingDirectory": "/new/one",
                                "environment": [{"name": "A", "value": "task"}]})
        assert lines == ["arguments own", "/new/one /root task image 0:0"], lines
        code, lines, _ = w.run({"image": "app:1", "command": ["own"]}, command=["override"],
                               environment=[{"name": "B", "value": "override"}])
        assert lines[0] == "arguments override" and lines[1].endswith("image override 0:0"), lines
        # an entry point of the task drops the image's command
        code, lines, _ = w.run({"image": "app:1", "entryPoint": ["/bin/echo"]})
        assert (code, lines) == (0, [""]) or (code, lines) == (0, []), lines
        code, lines, _ = w.run({"image": "app:1", "entryPoint": ["sh", "-c"], "command": ["echo $A; false"]})
        assert (code, lines) == (1, ["image"]), lines
        for init in (False, True):
            code, lines, task = w.run({"image": "app:1", "linuxParameters": {"initProcessEnabled": init}})
            assert code == 7 and lines[0] == "arguments from image", (init, code, lines, task)


@test
def a_container_has_the_one_user_that_it_asks_for():
    with Cloud() as cloud:
        w = World(cloud)
        w.bring("users:1", [busybox_layer()], User="web", Env=["PATH=/bin"])
        look = "echo $(id -u):$(id -g) $HOME; touch /srv/x && ls -ln /srv/x | sed 's/  */ /g' | head -c 20"
        shell = lambda **more: {"image": "users:1", "entryPoint": ["/bin/sh", "-c"], "command": [look], **more}
        for user, want in ((None, "101:102 /srv"), ("root", "0:0 /root"), ("1000", "1000:0 /"), ("1000:50", "1000:50 /"),
                           ("web:staff", "101:50 /srv"), ("101", "101:102 /srv")):
            code, lines, task = w.run(shell(**({"user": user} if user else {})))
            ids = want.split()[0].replace(":", " ")
            assert code == 0 and lines[0] == want and f"1 {ids}" in lines[1], (user, code, lines, task)
        code, lines, task = w.run(shell(linuxParameters={"initProcessEnabled": True}))
        assert code == 0 and lines[0] == "101:102 /srv", (code, lines, task)
        _, _, task = w.run(shell(user="nobody-here"))
        assert "unable to find user nobody-here" in task["stoppedReason"], task
        # one user: another one cannot be had, and root has no capabilities
        code, lines, _ = w.run({"image": "users:1", "user": "root", "entryPoint": ["/bin/sh", "-c"],
                                "command": ["/bin/busybox chown 5 /srv 2>/dev/null || echo refused"]})
        assert lines == ["refused"], lines


@test
def what_cannot_be_started_fails_with_the_words_of_aws():
    with Cloud() as cloud:
        w = World(cloud)
        w.bring("bad:1", [busybox_layer(script("strange", "\x7fELF nonsense"), script("lost", "#!/no/such\n"),
                                        entry("data", b"x"))], Env=["PATH=/bin"])
        w.bring("arm:1", [busybox_layer()], architecture="arm64", Cmd=["true"])
        w.bring("empty:1", [layer(directory("etc"))])
        def reason(**container):
            code, lines, task = w.run(container)
            assert task["stopCode"] == "TaskFailedToStart" and code is None, task
            return task["stoppedReason"]
        text = reason(image="bad:1", command=["/nope"])
        assert text.startswith("CannotStartContainerError: ") and 'exec: "/nope": stat /nope: no such file or directory' in text
        assert 'exec: "nope": executable file not found in $PATH' in reason(image="bad:1", command=["nope"])
        assert "permission denied" in reason(image="bad:1", command=["/data"])
        assert 'exec: "/etc": is a directory' in reason(image="bad:1", command=["/etc"])
        assert 'executable file not found' in reason(image="bad:1", command=["nope"],
                                                     linuxParameters={"initProcessEnabled": True})
        assert "no command" in reason(image="empty:1")
        assert reason(image="nothing:1") == ("CannotPullContainerError: pull image manifest has been retried 1 time(s): "
                                             "failed to resolve ref nothing:1: not found")
        log = open(os.path.join(cloud.work, "state", "cloud.log")).read()
        assert "mpcup image import FILE --name nothing:1" in log, log[-2000:]
        assert "does not contain descriptor matching platform 'linux/amd64'" in reason(image="arm:1")
        # the kernel's refusals come in the container's own log
        for init in (False, True):
            more = {"linuxParameters": {"initProcessEnabled": init}}
            code, lines, _ = w.run({"image": "bad:1", "command": ["/strange"], **more})
            assert (code, lines) == (255, ["exec /strange: exec format error"]), (code, lines)
            code, lines, _ = w.run({"image": "bad:1", "command": ["/lost"], **more})
            assert (code, lines) == (255, ["exec /lost: no such file or directory"]), (code, lines)
        # an arm64 task takes the arm64 image
        family = w.define({"image": "arm:1"}, runtimePlatform={"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"})
        task = w.ended(w.start(family))
        assert task["stopCode"] == "EssentialContainerExited", task


@test
def the_root_is_the_images_and_nothing_else():
    with Cloud() as cloud:
        w = World(cloud)
        image = w.bring("root:1", [busybox_layer(symlink("out", "/../../../../etc/hostname"))], Env=["PATH=/bin"])
        shell = lambda command, **more: {"image": "root:1", "entryPoint": ["/bin/sh", "-c"], "command": [command], **more}
        code, lines, _ = w.run(shell("ls / | head -100; echo -; cat /out; echo x > /new && echo y >> /etc/passwd && cat /new"))
        names = lines[:lines.index("-")]
        assert names == sorted(["bin", "dev", "etc", "out", "proc", "root", "srv", "tmp"]), lines
        assert lines[-2].startswith("ip-10-0-1-") and lines[-1] == "x", lines
        # the next task sees nothing of it
        code, lines, _ = w.run(shell("test -e /new || echo clean; grep -c y$ /etc/passwd"))
        assert lines[0] == "clean", lines
        root = os.path.join(cloud.work, "state", "images", image["id"][7:], "root")
        assert not os.path.exists(os.path.join(root, "new"))
        code, lines, _ = w.run(shell("echo x > /new || echo refused; touch /tmp/x || echo too", readonlyRootFilesystem=True))
        assert "refused" in lines and "too" in lines, lines
        code, lines, _ = w.run(shell("ls -l /bin/busybox | head -c 10"))
        assert lines == ["-rwxr-xr-x"], lines


@test
def a_volume_on_efs_outlives_the_tasks():
    with Cloud() as cloud:
        w = World(cloud)
        w.bring("files:1", [busybox_layer(directory("data"), entry("data/of-image"))], Env=["PATH=/bin"], User="web")
        volume = {"volumes": [{"name": "v", "efsVolumeConfiguration": {"fileSystemId": w.out["Files"]}}]}
        shell = lambda command: {"image": "files:1", "entryPoint": ["/bin/sh", "-c"], "command": [command],
                                 "mountPoints": [{"sourceVolume": "v", "containerPath": "/data"}]}
        code, _, task = w.run(shell("echo kept > /data/x"), task=volume)
        assert code == 0, task
        code, lines, _ = w.run(shell("ls /data; cat /data/x"), task=volume)
        assert lines == ["x", "kept"], lines


@test
def a_service_of_two_containers_is_healthy_over_localhost():
    with Cloud() as cloud:
        w = World(cloud)
        serve = "while true; do echo answer | nc -l -p 8080; done"
        w.bring("registry.example.com:5000/team/server", [busybox_layer()], Env=["PATH=/bin"],
                Entrypoint=["/bin/sh", "-c"], Cmd=[serve], ExposedPorts={"8080/tcp": {}})
        w.bring(f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/client:tag", [busybox_layer()], Env=["PATH=/bin"], User="web")
        check = {"interval": 5, "timeout": 2, "retries": 3, "startPeriod": 10}
        family = w.define(
            {"image": "registry.example.com:5000/team/server:latest", "portMappings": [{"containerPort": 8080}]},
            {"image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/client:tag", "essential": True,
             "entryPoint": ["/bin/sh", "-c"], "command": ["trap 'exit 0' TERM; while :; do sleep 1; done"],
             "healthCheck": {"command": ["CMD-SHELL", "test $(id -u) = 101 && nc 127.0.0.1 8080 | grep answer"], **check}})
        cloud.aws("ecs", "create-service", "--cluster", "c", "--service-name", "s", "--task-definition", family,
                  "--desired-count", "1", "--launch-type", "FARGATE", "--network-configuration", json.dumps(w.network))
        arn = wait_for(lambda: post(cloud, "ecs", "ListTasks", cluster="c")["taskArns"], "a task")[0]
        task = wait_for(lambda: (lambda t: t if t.get("healthStatus") == "HEALTHY" else None)(w.task(arn)), "HEALTHY")
        # an image that a task runs stays
        result = cloud.run("image", "remove", "registry.example.com:5000/team/server")
        assert result.code == 2 and "a task runs this image" in result.err, result
        cloud.aws("ecs", "update-service", "--cluster", "c", "--service", "s", "--desired-count", "0")
        cloud.aws("ecs", "stop-task", "--cluster", "c", "--task", arn)
        w.ended(arn)
        cloud.ok("image", "remove", "registry.example.com:5000/team/server")


@test
def a_health_check_of_words_and_a_stop_signal():
    with Cloud() as cloud:
        w = World(cloud)
        text = "trap 'echo quit; exit 3' QUIT; echo ready; while :; do sleep 0.1; done"
        w.bring("stop:1", [busybox_layer()], Env=["PATH=/bin"], Entrypoint=["/bin/sh", "-c", text], StopSignal="SIGQUIT")
        family = w.define({"image": "stop:1", "healthCheck": {"command": ["CMD", "cat", "/etc/passwd"], "interval": 5}})
        arn = w.start(family)
        wait_for(lambda: w.task(arn).get("healthStatus") == "HEALTHY", "HEALTHY")
        cloud.aws("ecs", "stop-task", "--cluster", "c", "--task", arn)
        task = w.ended(arn)
        assert task["containers"][0]["exitCode"] == 3 and w.lines(family, arn) == ["ready", "quit"], task
        family = w.define({"image": "stop:1", "healthCheck": {"command": ["CMD", "/nope"], "interval": 5, "retries": 1}})
        arn = w.start(family)
        wait_for(lambda: w.task(arn).get("healthStatus") == "UNHEALTHY", "UNHEALTHY")


@test
def an_imported_image_comes_before_stand_ins_and_after_the_mapping_of_a_stack():
    with Cloud() as cloud:
        w = World(cloud)
        native, _, _ = w.run({"image": "busybox:1.36", "command": ["sh", "-c", "test -d /usr/lib"]})
        assert native == 0
        image = w.bring("busybox:1.36", [busybox_layer()], Env=["PATH=/bin"])
        imported, _, _ = w.run({"image": "busybox:1.36", "command": ["sh", "-c", "test -d /usr/lib"]})
        assert imported == 1
        by_digest, _, task = w.run({"image": f"busybox@{image['id']}", "command": ["sh", "-c", "test -d /usr/lib"]})
        assert by_digest == 1, task


@test
def an_ordinary_user_runs_imported_images():
    with Cloud(user=12345) as cloud:
        w = World(cloud)
        w.bring("app:1", [busybox_layer(directory("closed", mode=0o500, owner=(101, 102)))], User="web", Env=["PATH=/bin"])
        code, lines, task = w.run({"image": "app:1", "entryPoint": ["/bin/sh", "-c"],
                                   "command": ["id -u; touch /closed/x && echo wrote"]})
        assert code == 0 and lines == ["101", "wrote"], (lines, task)


main()
