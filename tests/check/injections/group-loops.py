"""Faults in what loops of AWS::LanguageExtensions make: in their lists, their bodies and the mappings behind them."""
from common import *

LOOPS = "loop-standalone.yaml"
KEYS = "params/yaml-3.json"


def instead(old, new):
    def change(text):
        assert text.count(old) >= 1, old
        return text.replace(old, new, 1)

    return change


def bad(identity, title, old, new, **more):
    return fault(identity, title, LOOPS, instead(old, new), params=KEYS, **more)


def good(identity, title, old, new):
    return benign(identity, title, LOOPS, instead(old, new), params=KEYS)


STORE = '                      - !Ref {Fn::Sub: "Node${N}StoreKey"}\n'

CASES = [
    benign("A09", "three nodes by loops", LOOPS, params=KEYS),
    bad("A09", "a port is missing in the list of the loop", '["80", "3030", ', '["3030", '),
    good("A09", "a port that no node needs", '"24567"]', '"24567", "9000"]'),
    bad("C27", "two rounds make overlapping subnets", "Public: 0, Private: 2", "Public: 0, Private: 1"),
    bad("D22", "the round's zone is not in the subnet", 'SubnetId: !Ref {Fn::Sub: "PrivateSubnet${Zone}"}\n          Sec',
        "SubnetId: !Ref PrivateSubnetA\n          Sec"),
    bad("I01", "all rounds have one address", 'Value: !Sub "node-${N}.mpc.local"', "Value: node-1.mpc.local"),
    bad("A12", "all rounds have one account", 'MPC_ACCOUNT_ID, Value: !Sub "mpc-node-${N}', 'MPC_ACCOUNT_ID, Value: !Sub "mpc-node-1'),
    bad("D14", "all rounds have one directory", 'Path: !Sub "/node-${N}"', "Path: /node"),
    good("D14", "a directory below another", 'Path: !Sub "/node-${N}"', 'Path: !Sub "/nodes/${N}"'),
    bad("F08", "one round has another size", "Memory: \"4096\"}\n", 'Memory: "4096"}\n    "2": {Cpu: "256"}\n'),
    good("F08", "one round has another size that Fargate has", "Memory: \"4096\"}\n", 'Memory: "4096"}\n    "2": {Cpu: "2048"}\n'),
    bad("B19", "all rounds have one peer key", '"Node${N}PeerKey"', "Node0PeerKey"),
    bad("I08", "all rounds have one name", 'Name: !Sub "node-${N}"', "Name: node"),
    bad("E02", "the role of each round lacks a secret", STORE, ""),
    good("A09", "a shorter list", '"0,1,2"', '"0,1"'),
]
