// Two stacks: the NEAR base with its VPC, and the MPC network, which depends on it.
const { App } = require("aws-cdk-lib");
const { readFileSync } = require("fs");
const { join } = require("path");
const { NearBase } = require("../lib/near-base");
const { MpcNetwork } = require("../lib/mpc-network");

const app = new App();
const keys = app.node.tryGetContext("keys") ?? join(__dirname, "..", "keys");
const chain = JSON.parse(readFileSync(join(keys, "chain.json")));
const base = new NearBase(app, "NearBase", { publicKey: chain.public_key });
new MpcNetwork(app, "MpcNetwork", { base, nodes: Number(app.node.tryGetContext("nodes") ?? 3) });
