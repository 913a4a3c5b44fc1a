"""What suites about signatures do with a network's nodes: stop, start and kill them."""
import contextlib, json, os, signal, urllib.request
from mpcup import wait_for

TARGETS = {"ecs": "AmazonEC2ContainerServiceV20141113", "secretsmanager": "secretsmanager"}


def call(cloud, api, action, /, **arguments):
    """One API call without the aws CLI, which takes a second to start."""
    credential = f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{api}/aws4_request, SignedHeaders=host, Signature=0"
    request = urllib.request.Request(f"http://127.0.0.1:{cloud.port}/", json.dumps(arguments).encode(), {
        "X-Amz-Target": f"{TARGETS[api]}.{action}", "Content-Type": "application/x-amz-json-1.1",
        "Authorization": credential})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def parent(pid):
    with contextlib.suppress(OSError):
        return int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1])
    return 0


def descends(pid, ancestors):
    while pid > 1:
        if pid in ancestors:
            return True
        pid = parent(pid)
    return False


def processes(cloud, account):
    """Pids of the node process of an account, of this cloud."""
    ours, found = cloud.daemon_pids(), []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                environment = open(f"/proc/{entry}/environ", "rb").read().split(b"\0")
                if f"MPC_ACCOUNT_ID={account}".encode() in environment and descends(int(entry), ours):
                    found.append(int(entry))
    return found


def kill(cloud, account):
    """kill -9 of a node, whichever of its processes there are now; how many there were."""
    pids = processes(cloud, account)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)


def service(cloud, name):
    node = next(n for n in cloud.ok_or_failed("status", "--json").json()["nodes"] if n["name"] == name)
    return node["serviceArn"]


def desired(cloud, name, count):
    """Stops (0) or starts (1) the task of a node, and waits until it is so."""
    arn = service(cloud, name)
    cluster = arn.split("/")[1]
    call(cloud, "ecs", "UpdateService", cluster=cluster, service=arn, desiredCount=count)
    wait_for(lambda: call(cloud, "ecs", "DescribeServices", cluster=cluster, services=[arn])["services"][0]
             ["runningCount"] == count, f"{name} has {count} tasks")


def secrets(cloud):
    """The values of all secrets."""
    listed = call(cloud, "secretsmanager", "ListSecrets")["SecretList"]
    return [call(cloud, "secretsmanager", "GetSecretValue", SecretId=s["ARN"])["SecretString"] for s in listed]
