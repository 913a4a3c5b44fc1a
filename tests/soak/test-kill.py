#!/usr/bin/env python3
"""kill -9 of nodes at random points of key generation, presigning, signing and resharing: no signature that is wrong,
no nonce twice, no share lost, and the network signs again. SEED=n replays the choices, POINTS=n sets how many."""
import json, os, random, re, subprocess, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *
from signatures import check
import nodes

SEED = int(os.environ.get("SEED", random.randrange(1 << 30)))
POINTS = int(os.environ.get("POINTS", 200))
print(f"# SEED={SEED}")
DOMAINS = (("--domain", "0", "--sha256"), ("--domain", "1"), ("--domain", "2", "--sha256"))


class Watch:
    """All signatures of a network: each is checked, no nonce may come twice."""

    def __init__(self):
        self.nonces, self.refused, self.killed = set(), 0, 0

    def take(self, code, out, err):
        if code:
            assert code == 1 and "not signed" in err, (code, out, err)
            self.refused += 1
            return
        nonce = check(json.loads(out))
        assert nonce not in self.nonces, f"nonce used twice: {nonce}"
        self.nonces.add(nonce)


def set_nodes(cloud, count, point):
    """A node that comes back has another name: its old volume belongs to another store key."""
    path = os.path.join(cloud.work, "network.yaml")
    names = [f"{{host_name: node-{n}}}" if n < 3 else f"{{host_name: node-{n}-{point}}}" for n in range(count)]
    text = re.sub(r"(?m)^nodes: .*$", f"nodes: [{', '.join(names)}]", open(path).read())
    with open(path, "w") as file:
        file.write(text)


def begin(cloud, *arguments):
    return subprocess.Popen(cloud.command(*arguments), env=cloud.environment, cwd=cloud.work, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def sign_arguments(number, domain):
    return ("sign", "--json", "--timeout", "25", "--path", f"kill,{number}", *domain, "--message",
            f"message {number} of at least thirty-two bytes")


def kill_some(cloud, chance, watch, among):
    for victim in chance.sample(range(among), chance.choice((1, 1, 1, 2, among))):
        watch.killed += nodes.kill(cloud, f"mpc-node-{victim}.test.near")


def signs_again(cloud, watch, number):
    for domain in DOMAINS:
        def tried():
            result = cloud.run(*sign_arguments(number, domain))
            watch.take(result.code, result.out, result.err)
            return result.code == 0
        until(tried, f"domain {domain[1]} signs again after point {number}", cloud)


def logs(cloud):
    return "\n".join(f"{n['name']}: {line}" for n in cloud.ok_or_failed("status", "--json").json()["nodes"]
                     for line in cloud.run("logs", n["name"]).out.splitlines()[-25:])


def until(condition, what, cloud):
    """Waits, and shows what the nodes said when that does not help."""
    try:
        wait_for(condition, what)
    except AssertionError as e:
        raise AssertionError(f"{e}\n{cloud.run('status')}\n{logs(cloud)}") from None


def keys(cloud):
    return [d["publicKey"] for d in cloud.ok_or_failed("status", "--json").json()["contract"]["domains"]]


@test
def nodes_killed_at_any_point_of_presigning_and_signing():
    chance, watch = random.Random(SEED), Watch()
    with Cloud() as cloud:
        cloud.ok("init")
        with open(os.path.join(cloud.work, "network.yaml"), "a") as file:
            file.write("domains: [CaitSith, Frost, DamgardEtAl]\n")
        cloud.ok("up", "--quiet")
        before = keys(cloud)
        for number in range(POINTS * 7 // 10):
            requests = [begin(cloud, *sign_arguments(10 * number + k, chance.choice(DOMAINS)))
                        for k in range(chance.choice((1, 1, 2, 3)))]
            # right after a restart pools are filled: short and long pauses meet presigning too
            time.sleep(chance.choice((chance.uniform(0, 0.06), chance.uniform(0, 0.6))))
            kill_some(cloud, chance, watch, 3)
            for request in requests:
                out, err = request.communicate(timeout=60)
                watch.take(request.returncode, out, err)
            if number % 5 == 4:
                signs_again(cloud, watch, 100000 + number)
                assert keys(cloud) == before
        signs_again(cloud, watch, 200000)
        assert keys(cloud) == before
    print(f"# {watch.killed} processes killed, {len(watch.nonces)} signatures, {watch.refused} refused")


@test
def nodes_killed_at_any_point_of_key_generation_and_resharing():
    chance, watch = random.Random(SEED + 1), Watch()
    for round_ in range(max(1, POINTS * 3 // 10 // 6)):
        with Cloud() as cloud:
            cloud.ok("init")
            with open(os.path.join(cloud.work, "network.yaml"), "a") as file:
                file.write("domains: [CaitSith, Frost]\n")
            cloud.ok("cloud", "start")
            before = None
            for point, count in enumerate((3, 4, 3, 4, 3, 4)):
                set_nodes(cloud, count, point)
                up = begin(cloud, "up", "--quiet", "--timeout", "60")
                if point == 0:
                    wait_for(lambda: nodes.processes(cloud, "mpc-node-2.test.near") or up.poll() is not None, "nodes")
                time.sleep(chance.uniform(0, 0.8))
                kill_some(cloud, chance, watch, 3)
                up.communicate(timeout=180)
                cloud.ok("up", "--quiet", "--timeout", "90", timeout=180)
                assert before in (None, keys(cloud)), "the public keys changed"
                before = keys(cloud)
                for domain in DOMAINS[:2]:
                    def tried():
                        result = cloud.run(*sign_arguments(1000 * round_ + point, domain))
                        watch.take(result.code, result.out, result.err)
                        return result.code == 0
                    until(tried, f"domain {domain[1]} signs after point {point}", cloud)
    print(f"# {watch.killed} processes killed, {len(watch.nonces)} signatures, {watch.refused} refused")


main()
