from node_parts import *

GENESIS = {"Fn::Join": ["", ["{" + "a" * 70000, "}"]]}


def launch_template(text):
    return lambda t: t["Resources"].update(Box={"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"UserData": {"Fn::Base64": text}}}})


def ssm(size, **properties):
    return lambda t: t["Resources"].update(Genesis={"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "g" * size, **properties}})


def stored(size):
    return lambda t: t["Resources"].update(Genesis={"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "g" * size}})


CASES = [
    fault("H21", "genesis in the environment", STANDALONE, env("MPC_GENESIS", "g" * 70000), also=("F29",)),
    fault("H21", "genesis in pieces", COMPOSED, env("GENESIS_JSON", GENESIS), also=("F29",)),
    fault("H21", "genesis in the user data", STANDALONE, launch_template("#!/bin/sh\n" + "g" * 17000), also=("G26",)),
    fault("H21", "genesis in an SSM parameter", STANDALONE, ssm(5000)),
    fault("H21", "too large for an advanced parameter too", STANDALONE, ssm(9000, Tier="Advanced")),
    fault("H21", "genesis in a secret", STANDALONE, stored(70000)),
    benign("H21", "an advanced parameter", STANDALONE, ssm(5000, Tier="Advanced")),
    benign("H21", "a small parameter", STANDALONE, ssm(4000)),
    benign("H21", "a secret of 60 KB", STANDALONE, stored(60000)),

    fault("H22", "a public key in the account key's secret", STANDALONE, json_secret("MPC_ACCOUNT_SK", PUBLIC_KEY), also=("B06",)),
    fault("H22", "a public key as the P2P key", TESTNET, None, params={"PeerKeyA": PUBLIC_KEY}, also=("B06",)),
    fault("H22", "default of a parameter", TESTNET, replace("SignerB: {Type: String,", 'SignerB: {Type: String, Default: "%s",' % PUBLIC_KEY), also=("B06",)),
    fault("H22", "a secret key as the boot node's", COMPOSED, env("NEAR_BOOT_NODES", SECRET_KEY + "@10.0.2.100:24567"), also=("A04",)),

    fault("H12", "one node follows another contract", STANDALONE, one(1, put, "MPC_CONTRACT_ID", "v2.signer.node0")),
    benign("H12", "all follow another contract", COMPOSED, env("MPC_CONTRACT_ID", "v2.signer.node0")),
    benign("H12", "one node's contract is not known", STANDALONE, both(parameter("Contract"), one(1, put, "MPC_CONTRACT_ID", {"Ref": "Contract"}))),
]
