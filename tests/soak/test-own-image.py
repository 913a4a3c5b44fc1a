#!/usr/bin/env python3
"""The container images of `make image`: a network whose nodes and chain run from them instead of the built-in ones."""
import json, os, subprocess, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from mpcup import *


def bring(cloud, kind, *name):
    path = os.path.join(cloud.work, f"{kind}.tar")
    subprocess.run([os.path.join(ROOT, "packaging", "make-image"), BINARY, kind, path], check=True, capture_output=True)
    return cloud.ok("image", "import", path, "--json", *name).json()


@test
def nodes_and_chain_run_from_imported_images_of_their_own():
    with Cloud(user=12345 if os.getuid() == 0 else None) as cloud:
        node, chain = bring(cloud, "node"), bring(cloud, "localnet", "--name", "mpcup/localnet:1")
        assert node["name"].startswith("docker.io/mpcup/node:") and node["image"]["entryPoint"] == ["/usr/bin/mpcup", "node"]
        cloud.ok("init")
        path = os.path.join(cloud.work, "network.yaml")
        with open(path, "a") as file:
            # a name that no stand-in has
            file.write(f"image: {node['name']}\n")
        cloud.ok("up", "--timeout", "60", timeout=180)
        status = cloud.ok("status", "--json").json()
        assert [n["healthStatus"] for n in status["nodes"]] == ["HEALTHY"] * 3, status
        clusters = cloud.aws("ecs", "list-clusters")["clusterArns"]
        digests = {c["imageDigest"] for cluster in clusters for arn in cloud.aws("ecs", "list-tasks", "--cluster", cluster)["taskArns"]
                   for c in cloud.aws("ecs", "describe-tasks", "--cluster", cluster, "--tasks", arn)["tasks"][0]["containers"]}
        assert digests == {node["image"]["id"], chain["image"]["id"]}, digests
        signed = cloud.ok("sign", "--keccak", "--message", "hello", "--json").json()
        assert signed, signed
        cloud.ok("down", "--yes")


main()
