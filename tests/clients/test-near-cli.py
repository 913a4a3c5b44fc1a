#!/usr/bin/env python3
"""near-cli 4.0.13 (the one in JavaScript), unmodified, against the built-in chain."""
import os, re, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nearchain import *

OWNER, ALICE = "test.near", "alice.test.near"
chain = Chain()


def near(*arguments, code=0, **more):
    run = chain.near_cli(chain.url, *arguments, **more)
    assert code in (None, run.code), f"near {' '.join(map(str, arguments))}: {run}"
    return run.all


def said(text, *wanted):
    for each in wanted:
        assert re.search(each, text), f"{each!r} is not in: {text}"
    return text



@test
def state_of_an_account_is_shown():
    said(near("state", OWNER), r"Account test\.near", r"code_hash: '1{32}'", r"storage_usage: \d+", r"formattedAmount: '[\d,.]+'")


@test
def an_account_that_is_not_there_is_said_not_to_be():
    said(near("state", "nobody.test.near", code=None), r"does not exist|doesn't exist")


@test
def an_account_is_created_and_paid_by_another():
    said(near("create-account", ALICE, "--useAccount", OWNER, "--initialBalance", "5"), r"Storing credentials for account: alice\.test\.near")
    said(near("state", ALICE), r"amount: '5000000000000000000000000'")


@test
def money_is_sent_and_the_transaction_found_again():
    out = near("send-near", ALICE, OWNER, "1.5")
    hash = re.search(r"Transaction (?:Id|ID:?)\s+(\w{40,50})", out)
    assert hash, out
    said(near("tx-status", hash.group(1), ALICE), r"SuccessValue: ''", r"deposit: '1500000000000000000000000'")


@test
def keys_are_added_listed_and_deleted():
    key = json.load(open(os.path.join(ROOT, "tests", "vectors", "near-keys.json")))["ed25519"][3]["public_key"]
    near("add-key", ALICE, key)
    said(near("list-keys", ALICE), re.escape(key), "FullAccess|full access")
    near("delete-key", ALICE, key, answers="y\n")
    assert key not in near("list-keys", ALICE)
    near("add-key", ALICE, key, "--contractId", OWNER, "--methodNames", "sign", "--allowance", "1")
    said(near("list-keys", ALICE), re.escape(key), r"FunctionCall|function-call")


@test
def a_call_of_no_contract_fails_by_name():
    said(near("call", ALICE, "run", "{}", "--useAccount", OWNER, code=None), r"CodeDoesNotExist|CompilationError")
    said(near("view", ALICE, "run", "{}", code=None), "CodeDoesNotExist")


@test
def validators_are_shown():
    said(near("validators", "current"), r"Validators \(total: 1", OWNER)


@test
def storage_of_an_account_is_shown():
    near("storage", ALICE, "--finality", "final", "--utf8")


@test
def an_account_is_deleted():
    said(near("delete-account", ALICE, OWNER, "--force"), r"deleted")
    said(near("state", ALICE, code=None), r"does not exist|doesn't exist")


with chain:
    chain.write_key(OWNER, ROOT_KEY)
    main()
