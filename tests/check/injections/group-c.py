from common import *


def no_nfs(t):
    for name in [n for n, r in t["Resources"].items() if r["Type"] == "AWS::EC2::SecurityGroupIngress"
                 and r["Properties"].get("FromPort") == 2049]:
        del t["Resources"][name]
    for _, p in resources(t, "AWS::EC2::SecurityGroup"):
        if "SecurityGroupIngress" in p:
            p["SecurityGroupIngress"] = [r for r in p["SecurityGroupIngress"] if r.get("FromPort") != 2049]


CASES = [
    fault("C01", "no rule for 2049", STANDALONE, no_nfs),
    benign("C01", "the template as it is", STANDALONE),
]
