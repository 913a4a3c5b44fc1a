#!/usr/bin/env python3
"""From nothing to signatures: bring-up, who can sign when nodes are away, resharing, nodes that are killed. Every
signature is checked by arithmetic of its own in Python and by the openssl command line."""
import base64, contextlib, itertools, json, os, random, re, subprocess, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *
from signatures import check
import keyshares, nodes

SEED = int(os.environ.get("SEED", random.randrange(1 << 30)))
KILLS = int(os.environ.get("KILLS", 6))
print(f"# SEED={SEED}")
ECDSA = ("--domain", "secp256k1", "--sha256")
EDDSA = ("--domain", "ed25519")


def write_network(cloud, **settings):
    text = open(os.path.join(cloud.work, "network.yaml")).read()
    for key, value in settings.items():
        text, count = re.subn(rf"(?m)^(# )?{key}:.*$", f"{key}: {value}", text, count=1)
        assert count, key
    with open(os.path.join(cloud.work, "network.yaml"), "w") as file:
        file.write(text)


def sign(cloud, *domain, number=0, **more):
    message = f"message {number} of at least thirty-two bytes in all"
    return cloud.run("sign", "--json", "--path", f"test,{number}", *domain, "--message", message, **more)


def last_logs(cloud):
    return "\n".join(f"{name}: {line}" for name in ("node-0", "node-1", "node-2", "node-3")
                     for line in cloud.run("logs", name).out.splitlines()[-15:])


def signed(cloud, *domain, **more):
    result = sign(cloud, *domain, **more)
    assert result.code == 0, f"{result}\n--- logs\n{last_logs(cloud)}"
    return result.json()


def keys(cloud):
    return {d["id"]: d["publicKey"] for d in cloud.ok_or_failed("status", "--json").json()["contract"]["domains"]}


def refused_at_once(cloud, domain, names):
    """The leader learns of a lost peer from its connection; until then the network may still try."""
    def tried():
        result = sign(cloud, *domain, "--timeout", "10")
        return result if result.code == 1 else None
    result = wait_for(tried, "refused")
    result = sign(cloud, *domain, "--timeout", "300")
    assert result.code == 1 and result.seconds < 60, result  # at once, whatever the patience
    assert "not signed" in result.err and all(name in result.err for name in names), result
    assert result.out == "", result


@test
def from_nothing_to_signatures_of_both_domains():
    with Cloud() as cloud:
        cloud.ok("init")
        up = cloud.ok("up")
        for step in ("Accounts: 3 of 3 made", "initialised with 3 participants, threshold 2",
                     "voted for 0 CaitSith, 1 Frost", "domain 0  secp256k1  CaitSith     2 of 3",
                     "domain 1  ed25519    Frost        2 of 3", "Contract mpc-contract.test.near  Running, epoch 0"):
            assert step in up.out, (step, up)
        before = keys(cloud)
        assert before[0].startswith("secp256k1:") and before[1].startswith("ed25519:"), before
        seen = set()
        for number in range(5):
            for domain in (ECDSA, EDDSA):
                result = signed(cloud, *domain, number=number)
                assert result["verifiedBy"].startswith("OpenSSL 3"), result
                nonce = check(result)
                assert nonce not in seen, result
                seen.add(nonce)
        for form in ("ethereum", "bitcoin", "near"):
            assert form in signed(cloud, *ECDSA)["addresses"], form
        shown = cloud.ok("sign", "--path", "a", "--keccak", "--message", "hello").out
        assert "verified by OpenSSL" in shown and "predecessor    test.near" in shown and " v " in shown, shown
        # the same caller and path have the same key, others have others
        assert len({signed(cloud, *ECDSA, number=n)["publicKey"] for n in (1, 1, 2)}) == 2
        again = cloud.ok("up")
        assert "Accounts:" not in again.out and "voted" not in again.out and "initialised" not in again.out, again
        assert keys(cloud) == before
        status = cloud.ok("status")
        for text in ("Running, epoch 0, threshold 2", "can sign", "presignatures", "Last signatures", "succeeded"):
            assert text in status.out, (text, status)
        # a restart of everything keeps keys and contract
        cloud.ok("cloud", "stop")
        cloud.ok("cloud", "start")
        cloud.ok("up")
        assert keys(cloud) == before
        check(signed(cloud, *ECDSA, number=9))
        cloud.ok("down", "--purge")


@test
def what_cannot_be_signed_is_refused_with_what_to_type():
    with Cloud() as cloud:
        assert cloud.run("sign", "0x00").code in (2, 3)
        cloud.ok("init")
        cloud.ok("up", "--quiet")
        for arguments, text in ((("0x00",), "ECDSA signs 32 bytes"), (("--message", "a"), "--keccak"), ((), "PAYLOAD"),
                                (("--domain", "ed25519", "0x" + "00" * 1233), "at most 1232 bytes"), (("zz",), "0x and hex"),
                                (("--predecessor", "alice.test.near", "0x" + "00" * 31 + "01"), "alice.test.near"),
                                (("--keccak", "--sha256", "--message", "a"), "one hash"),
                                (("--target", "aws", "0x00"), "--rpc"), (("--rpc", "http://127.0.0.1:1", "0x00"), "--key")):
            result = cloud.run("sign", *arguments)
            assert result.code in (2, 3) and text in result.err, (arguments, result)
        missing = cloud.run("sign", "--domain", "5", "0x" + "11" * 32)
        assert missing.code == 1 and "no domain 5" in missing.err, missing
        # the order of the group is no ECDSA payload: the contract's own words
        order = "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
        assert cloud.run("sign", order).code == 1


@test
def an_account_and_a_chain_that_are_named_sign_too():
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("up", "--quiet")
        node = json.load(open(os.path.join(cloud.work, "keys", "node-0.json")))
        key = os.path.join(cloud.work, "me.json")
        with open(key, "w") as file:
            json.dump({"account_id": node["account_id"], "public_key": node["account_key"]["public_key"],
                       "private_key": node["account_key"]["secret_key"]}, file)
        base = cloud.ok("endpoints", "--json", "--stack", "near-base").json()
        rpc = next(e["forward"] for e in base if e["use"] == "rpc")
        result = cloud.ok("sign", "--json", "--rpc", f"http://{rpc}", "--contract", "mpc-contract.test.near", "--key", key,
                          "--sha256", "--message", "x").json()
        assert result["predecessor"] == node["account_id"], result
        check(result)
        assert cloud.ok("sign", "--json", "--key", key, "--sha256", "--message", "x").json()["publicKey"] == result["publicKey"]


@test
def two_of_three_sign_and_one_alone_says_so_at_once():
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("up", "--quiet")
        before = keys(cloud)
        nodes.desired(cloud, "node-2", 0)
        for number, domain in enumerate((ECDSA, EDDSA)):
            check(signed(cloud, *domain, number=number))
        nodes.desired(cloud, "node-1", 0)
        for domain in (ECDSA, EDDSA):
            refused_at_once(cloud, domain, ("node-1", "node-2", "needs 2 of 3"))
        status = cloud.run("status")
        assert status.code == 1 and "cannot sign" in status.out, status
        for name in ("node-1", "node-2"):
            nodes.desired(cloud, name, 1)
        for number, domain in enumerate((ECDSA, EDDSA), 10):
            check(wait_for(lambda: (r := sign(cloud, *domain, number=number)).code == 0 and r.json(), "signs again"))
        assert keys(cloud) == before


@test
def honest_majority_with_one_node_away_says_so_at_once():
    with Cloud() as cloud:
        cloud.ok("init")
        write_network(cloud, domains="[DamgardEtAl, CaitSith]")
        cloud.ok("up", "--quiet")
        check(signed(cloud, "--domain", "0", "--sha256"))
        check(signed(cloud, "--domain", "1", "--sha256"))
        nodes.desired(cloud, "node-1", 0)
        refused_at_once(cloud, ("--domain", "0", "--sha256"), ("node-1", "DamgardEtAl", "needs 3 of 3"))
        check(signed(cloud, "--domain", "1", "--sha256", number=1))
        nodes.desired(cloud, "node-1", 1)
        check(wait_for(lambda: (r := sign(cloud, "--domain", "0", "--sha256", number=2)).code == 0 and r.json(),
                       "signs again"))


@test
def a_protocol_that_so_many_nodes_cannot_have_is_refused_before_anything_is_deployed():
    with Cloud() as cloud:
        cloud.ok("init", "--nodes", "4")
        write_network(cloud, domains="[Frost, DamgardEtAl]")
        result = cloud.run("up")
        assert result.code == 2 and "network.yaml:" in result.err and "domain 1" in result.err, result


@test
def more_domains_come_behind_those_that_are_there():
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("up", "--quiet")
        before = keys(cloud)
        write_network(cloud, domains="[CaitSith, Frost, DamgardEtAl]")
        up = cloud.ok("up")
        assert "voted for 2 DamgardEtAl" in up.out, up
        after = keys(cloud)
        assert {k: after[k] for k in before} == before and len(after) == 3, after
        check(signed(cloud, "--domain", "2", "--sha256"))
        write_network(cloud, domains="[Frost, CaitSith]")
        wrong = cloud.run("up")
        assert wrong.code == 1 and "stays it" in wrong.err, wrong


@test
def resharing_to_four_and_back_keeps_the_public_keys():
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("up", "--quiet")
        before, derived = keys(cloud), [signed(cloud, *d)["publicKey"] for d in (ECDSA, EDDSA)]
        write_network(cloud, nodes=4)
        grown = cloud.ok("up")
        assert "Resharing: from 3 to 4 participants, threshold 2 to 3" in grown.out, grown
        status = cloud.ok("status", "--json").json()
        assert status["contract"]["epochId"] == 1 and status["contract"]["threshold"] == 3, status["contract"]
        assert len(status["contract"]["participants"]) == 4 and keys(cloud) == before
        for number, domain in enumerate((ECDSA, EDDSA)):
            check(signed(cloud, *domain, number=number))
        nodes.desired(cloud, "node-0", 0)
        check(signed(cloud, *ECDSA, number=20))
        nodes.desired(cloud, "node-0", 1)
        wait_for(lambda: cloud.run("status").code == 0, "formed")
        write_network(cloud, nodes=3)
        shrunk = cloud.ok("up")
        assert "Resharing: from 4 to 3 participants, threshold 3 to 2" in shrunk.out, shrunk
        assert shrunk.out.index("Resharing") < shrunk.out.index("Stack mpc-network"), shrunk
        assert keys(cloud) == before
        assert [signed(cloud, *d)["publicKey"] for d in (ECDSA, EDDSA)] == derived
        for number, domain in enumerate((ECDSA, EDDSA)):
            check(signed(cloud, *domain, number=number))
        write_network(cloud, threshold=3)
        higher = cloud.ok("up")
        assert "threshold 2 to 3" in higher.out and keys(cloud) == before, higher
        nodes.desired(cloud, "node-1", 0)
        refused_at_once(cloud, ECDSA, ("node-1", "needs 3 of 3"))


# ---- no key in one place

def volume_files(cloud):
    for directory, _, names in os.walk(os.path.join(cloud.work, "state")):
        for name in names:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path, open(path, "rb").read()


def memory(pid):
    """Writable memory of a process; nothing when we may not look."""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
            for line in maps:
                place, rights = line.split()[:2]
                if rights.startswith("rw"):
                    begin, end = (int(x, 16) for x in place.split("-"))
                    with contextlib.suppress(OSError):
                        mem.seek(begin)
                        yield mem.read(end - begin)


def forms(secret):
    """As bytes in both orders, hex and base64."""
    for data in (secret.to_bytes(32, "big"), secret.to_bytes(32, "little")):
        yield from (data, data.hex().encode(), data.hex().upper().encode(), base64.b64encode(data)[:42])


def is_anywhere(secret, places):
    return [where for where, data in places if any(form in data for form in forms(secret))]


@test
def no_node_volume_log_or_database_holds_a_private_key():
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("up", "--quiet")
        for domain in (ECDSA, EDDSA):
            check(signed(cloud, *domain))
        secrets = nodes.secrets(cloud)
        store_keys = [bytes.fromhex(s) for s in secrets if re.fullmatch("[0-9a-fA-F]{32}", s)]
        assert len(store_keys) == 3, len(store_keys)
        places = list(volume_files(cloud)) + [("logs", cloud.ok("logs").out.encode())]
        shares = {}
        for path, data in places:
            if "permanent_keys/epoch_" in path:
                assert os.stat(path).st_mode & 0o077 == 0, path
                share = keyshares.Share(data, store_keys)
                shares.setdefault(share.header["domain"], []).append(share)
        processes = [(f"memory of {pid}", data) for n in range(3)
                     for pid in nodes.processes(cloud, f"mpc-node-{n}.test.near") for data in memory(pid)]
        for number, public in keys(cloud).items():
            held = shares[number]
            assert len(held) == 3 and len({s.secret for s in held}) == 3 and len({s.id for s in held}) == 3
            wholes = set()
            for pair in itertools.combinations(held, 2):
                wholes.add(keyshares.reconstruct(pair))
            assert len(wholes) == 1, "any two shares give the same key"
            whole = wholes.pop()
            assert keyshares.public_hex(whole, held[0].ed25519) == keyshares.near_hex(public)
            for share in held:
                assert keyshares.public_hex(share.secret, share.ed25519) != keyshares.near_hex(public)
                assert is_anywhere(share.secret, places) == [], "a share lies in the clear"
            assert is_anywhere(whole, places + processes) == [], "the whole key is somewhere"
        if processes:  # the search finds what is there: each node has its own share in memory
            assert is_anywhere(shares[0][0].secret, processes), "a share that is in use was not found"
        for value in secrets:
            for text in re.findall(r"[0-9a-fA-F]{32}|ed25519:[1-9A-HJ-NP-Za-km-z]{80,}", value):
                assert not any(text.encode() in data for where, data in places if "log" in where), "a secret is in the logs"


# ---- kill -9

def kill_round(cloud, chance, seen, number):
    """One node dies at a random moment of a signature; every signature that comes is right and has a nonce of its own."""
    domain = chance.choice((ECDSA, EDDSA))
    victim = f"mpc-node-{chance.randrange(3)}.test.near"
    command = cloud.command("sign", "--json", "--path", f"kill,{number}", *domain, "--message",
                            f"message {number} of at least thirty-two bytes", "--timeout", "20")
    process = subprocess.Popen(command, env=cloud.environment, cwd=cloud.work, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(chance.uniform(0, 0.08))
    nodes.kill(cloud, victim)
    out, err = process.communicate(timeout=60)
    if process.returncode == 0:
        nonce = check(json.loads(out))
        assert nonce not in seen, f"nonce used twice: {nonce}"
        seen.add(nonce)
    else:
        assert process.returncode == 1 and "not signed" in err, (process.returncode, out, err)


def signs_again(cloud, seen, number):
    for domain in (ECDSA, EDDSA):
        result = wait_for(lambda: (r := sign(cloud, *domain, number=number)).code == 0 and r.json(), "signs again")
        nonce = check(result)
        assert nonce not in seen, f"nonce used twice: {nonce}"
        seen.add(nonce)


@test
def nodes_killed_while_they_sign_lose_nothing():
    chance, seen = random.Random(SEED), set()
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("up", "--quiet")
        before = keys(cloud)
        for number in range(KILLS):
            kill_round(cloud, chance, seen, number)
        signs_again(cloud, seen, 1000)
        assert keys(cloud) == before


@test
def nodes_killed_while_keys_are_made_or_handed_over_come_to_them():
    chance, seen = random.Random(SEED), set()
    with Cloud() as cloud:
        cloud.ok("init")
        cloud.ok("cloud", "start")
        for round_ in range(2):
            up = subprocess.Popen(cloud.command("up", "--quiet", "--timeout", "60"), env=cloud.environment, cwd=cloud.work,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            wait_for(lambda: nodes.processes(cloud, f"mpc-node-{2 + round_}.test.near") or up.poll() is not None,
                     "nodes run")
            time.sleep(chance.uniform(0, 0.6))
            nodes.kill(cloud, f"mpc-node-{chance.randrange(3)}.test.near")
            up.communicate(timeout=120)
            cloud.ok("up", "--quiet", "--timeout", "60")
            before = keys(cloud) if round_ == 0 else before
            assert keys(cloud) == before
            signs_again(cloud, seen, 2000 + round_)
            write_network(cloud, nodes=4)


main()
