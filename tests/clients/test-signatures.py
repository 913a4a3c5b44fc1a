#!/usr/bin/env python3
"""Signatures of a whole network, brought up with `mpcup up`, for clients that know nothing of mpcup: near-api-js and chainsig.js
(near/signatures.mjs, which prints TAP of its own, passed on), and near-cli."""
import os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nearchain import *

CONTRACT = "mpc-contract.test.near"


def rpc_url(cloud):
    """The chain's RPC, forwarded to this machine."""
    found = cloud.ok("endpoints", "--stack", "near-base", "--json").json()
    return next("http://" + e["forward"] for e in found if e["use"] == "rpc")


def call_sign(node, url):
    """near call ... sign: the exit code and what it printed."""
    request = {"payload_v2": {"Ecdsa": hashlib.sha256(b"near-cli").hexdigest()}, "path": "near-cli", "domain_id": 0}
    return node.near_cli(url, "call", CONTRACT, "sign", json.dumps({"request": request}), "--useAccount", "test.near",
                         "--gas", "300000000000000", "--depositYocto", "1")


with Cloud() as cloud, NodeDirectory() as node:
    cloud.ok("init")
    cloud.ok("up")
    url = rpc_url(cloud)
    root_key = json.load(open(os.path.join(cloud.work, "keys", "chain.json")))["secret_key"]
    node.write_key("test.near", root_key)
    cli = call_sign(node, url)
    run = node.node("signatures.mjs", url, CONTRACT, ROOT_KEY=root_key, CLI_SAID=cli.all)
tap_of(run)
