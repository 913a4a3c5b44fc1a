"""Group J: what a template says of logs, restarts and cost."""
from network import *

ESTATE, COMPACT, YAML = "gij-estate.yaml", "ef-compact.yaml", "good/standalone.yaml"
LOGS = "AWS::Logs::LogGroup"


def retention(value, matching=""):
    def change(t):
        for name, p in resources(t, LOGS):
            if matching in name:
                p.pop("RetentionInDays", None)
                if value is not None:
                    p["RetentionInDays"] = value
    return change


def options(t, index):
    return node_container(t, index)["LogConfiguration"]["Options"]


def one_stream(groups=1):
    """The same prefix in the groups of all nodes or in one group."""
    def change(t):
        shared = clone(options(t, 0)["awslogs-group"])
        for i in range(3):
            options(t, i)["awslogs-stream-prefix"] = "node"
            if groups == 1:
                options(t, i)["awslogs-group"] = clone(shared)
        if groups == 1:
            for name in [n for n, _ in resources(t, LOGS)]:
                if "Node1" in name or "Node2" in name:
                    drop(t, name)
    return change


def one_group(t):
    """One group for all, prefixes stay."""
    shared = clone(options(t, 0)["awslogs-group"])
    for i in range(3):
        options(t, i)["awslogs-group"] = clone(shared)
    for name in [n for n, _ in resources(t, LOGS)]:
        if "Node1" in name or "Node2" in name:
            drop(t, name)


def one_stream_other_containers(t):
    one_stream()(t)
    for i in range(3):
        node_container(t, i)["Name"] = f"mpc{i}"


def breaker(value):
    def change(t):
        for p in nodes(t):
            p["DeploymentConfiguration"]["DeploymentCircuitBreaker"] = value
    return change


def percentages(least, most):
    def change(t):
        for p in nodes(t):
            p["DeploymentConfiguration"].update(MinimumHealthyPercent=least, MaximumPercent=most)
    return change


def addresses(pattern):
    def change(t):
        for i in range(3):
            environment(node_container(t, i), "MPC_LOCAL_ADDRESS")["Value"] = pattern % (20 + i) if "%" in pattern else pattern
    return change


def execute(value):
    def change(t):
        for p in nodes(t):
            p["EnableExecuteCommand"] = value
    return change


CASES = [
    fault("J04", "breaker off", STANDALONE, breaker({"Enable": False, "Rollback": False}), "WARN", also=("G02", "G01")),
    fault("J08", "a new task before the old one has gone", COMPOSED, percentages(100, 200), "WARN", also=("D15",)),
    fault("H11", "nodes known by addresses", STANDALONE, addresses("10.0.2.%d"), also=("J08",)),
    fault("H11", "one node by hand", COMPACT, edit("Value: signer-2.signers.internal", "Value: 10.40.1.22"), also=("J08",)),
    benign("J08", "none need stay", ESTATE),
    benign("J08", "address of every interface", STANDALONE, addresses("0.0.0.0")),

    fault("J09", "no retention", STANDALONE, retention(None), "WARN"),
    fault("J09", "one group without", COMPOSED, retention(None, "Node1"), "WARN"),
    fault("J09", "by hand", COMPACT, within("Journal2", ", RetentionInDays: 30", ""), "WARN"),
    fault("J09", "no value by condition", ESTATE, edit("!If [Production, 90, !Ref Retention]", '!If [Production, !Ref Retention, !Ref "AWS::NoValue"]'), "WARN"),
    fault("J09", "a group that no container uses", STANDALONE, lambda t: add(t, "Audit", LOGS, {}), "WARN"),
    benign("J09", "days as text", STANDALONE, retention("14")),
    benign("J09", "days by parameter", ESTATE, edit("!If [Production, 90, !Ref Retention]", "!Ref Retention")),

    fault("J10", "one prefix in one group", STANDALONE, one_stream(), "WARN"),
    fault("J10", "by hand", ESTATE, edit("awslogs-stream-prefix: member-2", "awslogs-stream-prefix: member-1"), "WARN"),
    fault("J10", "by hand, the group by its name", COMPACT, edit("awslogs-group: !Ref Journal2", "awslogs-group: !Ref Journal1"), "WARN"),
    benign("J10", "one prefix in three groups", STANDALONE, one_stream(3)),
    benign("J10", "three prefixes in one group", STANDALONE, one_group),
    benign("J10", "one prefix, containers of other names", STANDALONE, one_stream_other_containers),

    benign("J11", "one NAT gateway", STANDALONE),
    benign("J17", "no look into running tasks", STANDALONE, execute(False)),
    benign("J17", "left out", COMPACT),
]
