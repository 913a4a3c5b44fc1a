// What strict clients read: every result of the built-in chain's RPC against the published schemas of @near-js/jsonrpc-types, whose
// members have camel case where the wire has snake case. Prints TAP.
// usage: node schemas.mjs RPC-URL    (ROOT_KEY: the secret key of test.near, a key for tests)
import assert from "assert";
import * as schemas from "@near-js/jsonrpc-types";
import { main, test } from "./tap.mjs";
import { versions } from "./versions.mjs";

const [url] = process.argv.slice(2);
const ROOT = "test.near";
const NEAR = 10n ** 24n;
const seven = versions.find((each) => each.version === 7);
let root;

async function rpc(method, params) {
	const answer = await fetch(url, {
		method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ jsonrpc: "2.0", id: "s", method, params }),
	});
	assert.equal(answer.status, 200);
	const body = await answer.json();
	assert.equal(body.id, "s");
	assert.equal(body.jsonrpc, "2.0");
	return body;
}

const camel = (j) =>
	Array.isArray(j) ? j.map(camel)
	: j && typeof j === "object" ? Object.fromEntries(Object.entries(j).map(([k, v]) => [k.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase()), camel(v)]))
	: j;

function fits(name, value) {
	const schema = schemas[name + "Schema"]();
	const result = schema.safeParse(camel(value));
	assert.ok(result.success, `${name}: ${JSON.stringify(result.error?.issues?.slice(0, 6), null, 1)}\n${JSON.stringify(value).slice(0, 1500)}`);
}

async function checked(name, method, params) {
	const { result, error } = await rpc(method, params);
	assert.ok(result, `${method}: ${JSON.stringify(error)}`);
	fits(name, result);
	return result;
}

test("status fits its schema", () => checked("RpcStatusResponse", "status", []));
test("block fits its schema", () => checked("RpcBlockResponse", "block", { finality: "final" }));
test("chunk fits its schema", async () => {
	const block = await checked("RpcBlockResponse", "block", { finality: "optimistic" });
	await checked("RpcChunkResponse", "chunk", { chunk_id: block.chunks[0].chunk_hash });
	await checked("RpcChunkResponse", "chunk", { block_id: block.header.height, shard_id: block.chunks[0].shard_id });
});
test("gas price fits its schema", () => checked("RpcGasPriceResponse", "gas_price", [null]));
test("validators fit their schema", () => checked("RpcValidatorResponse", "validators", [null]));
test("validators of an epoch fit their schema", async () => {
	const { header } = await checked("RpcBlockResponse", "block", { finality: "final" });
	await checked("RpcValidatorResponse", "validators", { epoch_id: header.epoch_id });
});
test("ordered validators fit their schema", async () => {
	const { result } = await rpc("EXPERIMENTAL_validators_ordered", [null]);
	result.forEach((one) => fits("ValidatorStakeView", one));
	assert.equal(result.length, 1);
});
test("congestion level fits its schema", async () => {
	const { chunks } = await checked("RpcBlockResponse", "block", { finality: "final" });
	await checked("RpcCongestionLevelResponse", "EXPERIMENTAL_congestion_level", { chunk_id: chunks[0].chunk_hash });
});
test("the genesis and the earliest block fit their schema", async () => {
	for (const sync_checkpoint of ["genesis", "earliest_available"]) await checked("RpcBlockResponse", "block", { sync_checkpoint });
});
test("network info fits its schema", () => checked("RpcNetworkInfoResponse", "network_info", []));
test("health is null", async () => {
	const body = await rpc("health", []);
	assert.equal(body.result, null);
	assert.ok(!("error" in body));
});
test("protocol config fits its schema, but for the costs of a virtual machine that this chain has not", async () => {
	const { result } = await rpc("EXPERIMENTAL_protocol_config", { finality: "final" });
	const value = camel(result);
	const { error } = schemas.RpcProtocolConfigResponseSchema().safeParse(value);
	const absent = (path) => path.reduce((at, member) => at?.[member], value) === undefined;
	const allowed = /^(minimumValidatorsPerShard|shuffleShardAssignmentForChunkProducers|runtimeConfig\.(congestionControlConfig|witnessConfig|dynamicReshardingConfig|wasmConfig\..*))$/;
	for (const { path } of error?.issues ?? []) assert.ok(absent(path) && allowed.test(path.join(".")), path.join("."));
});
test("genesis config fits its schema", () => checked("GenesisConfig", "EXPERIMENTAL_genesis_config", {}));

const query = (request) => checked("RpcQueryResponse", "query", { finality: "final", ...request });
test("an account fits its schema", () => query({ request_type: "view_account", account_id: ROOT }).then((r) => fits("AccountView", r)));
test("access keys fit their schemas", async () => {
	const list = await query({ request_type: "view_access_key_list", account_id: ROOT });
	fits("AccessKeyList", list);
	fits("AccessKeyView", await query({ request_type: "view_access_key", account_id: ROOT, public_key: list.keys[0].public_key }));
});
test("state of an account fits its schema", () =>
	query({ request_type: "view_state", account_id: ROOT, prefix_base64: "" }).then((r) => fits("ViewStateResult", r)));

const failures = {
	"an unknown account": ["query", { request_type: "view_account", finality: "final", account_id: "nobody.test.near" }, "UNKNOWN_ACCOUNT"],
	"an account id of no form": ["query", { request_type: "view_account", finality: "final", account_id: "A b" }, /INVALID_ACCOUNT|PARSE_ERROR/],
	"an unknown block": ["block", { block_id: 999999999 }, "UNKNOWN_BLOCK"],
	"an unknown method": ["nothing", {}, "METHOD_NOT_FOUND"],
	"a transaction that is not base64": ["send_tx", { signed_tx_base64: "%", wait_until: "FINAL" }, "PARSE_ERROR"],
	"a block that is not named": ["block", {}, "PARSE_ERROR"],
	"an unknown chunk": ["chunk", { chunk_id: "1".repeat(32) }, "UNKNOWN_CHUNK"],
	"a shard that is not there": ["chunk", { block_id: 1, shard_id: 9 }, "INVALID_SHARD_ID"],
	"an unknown receipt": ["EXPERIMENTAL_receipt", { receipt_id: "1".repeat(32) }, "UNKNOWN_RECEIPT"],
	"an unknown epoch": ["validators", { epoch_id: "2".repeat(32) }, "UNKNOWN_EPOCH"],
	"a wait for nothing that is known": ["tx", { tx_hash: "1".repeat(32), sender_account_id: ROOT, wait_until: "SOON" }, "PARSE_ERROR"],
	"an unknown transaction": ["tx", { tx_hash: "1".repeat(32), sender_account_id: ROOT, wait_until: "NONE" }, "UNKNOWN_TRANSACTION"],
};
for (const [title, [method, params, cause]] of Object.entries(failures))
	test(`${title} is an error of the published form and of nothing else`, async () => {
		const { error, result } = await rpc(method, params);
		assert.equal(result, undefined);
		assert.match(error.cause.name, cause instanceof RegExp ? cause : new RegExp(`^${cause}$`));
		assert.deepEqual(Object.keys(error).sort(), ["cause", "code", "data", "message", "name"]);
	});

test("outcomes fit their schemas, of every kind of action that the chain executes", async () => {
	root = await seven.account(url, ROOT, process.env.ROOT_KEY);
	const pair = seven.newKey("ed25519"), limited = seven.newKey("ed25519");
	const who = "schemas.test.near";
	const { actions } = seven;
	const lists = {
		[who]: [[actions.createAccount(), actions.transfer(5n * NEAR), actions.addFullAccessKey(pair.getPublicKey()),
			actions.addFunctionCallAccessKey(limited.getPublicKey(), ROOT, ["a", "b"], NEAR)]],
		[ROOT]: [[actions.transfer(1n)], [actions.functionCall("run", {}, 30000000000000n, 0n)],
			[actions.addFullAccessKey(limited.getPublicKey())], [actions.deleteKey(limited.getPublicKey())]],
	};
	for (const [receiver, all] of Object.entries(lists))
		for (const list of all) await sent(receiver, list);
	const account = await seven.account(url, who, pair.toString());
	const signed = await account.delegate(ROOT, [actions.transfer(NEAR)]);
	await sent(who, [actions.signedDelegate(signed)]);
});

async function sent(receiver, list) {
	const signed = await root.sign(receiver, list);
	const base64 = Buffer.from(signed.encode()).toString("base64");
	const { result, error } = await rpc("send_tx", { signed_tx_base64: base64, wait_until: "FINAL" });
	assert.ok(result, JSON.stringify(error));
	assert.equal(result.final_execution_status, "FINAL");
	const params = { tx_hash: result.transaction.hash, sender_account_id: ROOT, wait_until: "EXECUTED_OPTIMISTIC" };
	const found = await checked("RpcTransactionResponse", "tx", params);
	const whole = await checked("FinalExecutionOutcomeWithReceiptView", "EXPERIMENTAL_tx_status", params);
	assert.deepEqual(found.status, result.status);
	fits("RpcTransactionResponse", result);
	await receiptsOf(whole);
	await changesIn(whole.transaction_outcome.block_hash);
}

// Each receipt has an outcome, every outcome is named by what made it, and each receipt can be had alone.
async function receiptsOf(whole) {
	const made = [whole.transaction_outcome, ...whole.receipts_outcome].flatMap((one) => one.outcome.receipt_ids);
	assert.deepEqual(whole.receipts_outcome.map((one) => one.id).sort(), made.sort());
	const local = whole.transaction.signer_id === whole.transaction.receiver_id;
	assert.equal(whole.receipts.length, whole.receipts_outcome.length - (local ? 1 : 0));
	for (const { id } of whole.receipts_outcome) {
		const alone = await checked("RpcReceiptResponse", "EXPERIMENTAL_receipt", { receipt_id: id });
		assert.ok(local || whole.receipts.some((one) => one.receipt_id === alone.receipt_id));
	}
}

async function changesIn(block_id) {
	const block = await checked("RpcStateChangesInBlockByTypeResponse", "EXPERIMENTAL_changes_in_block", { block_id });
	const account_ids = block.changes.map((one) => one.account_id);
	assert.ok(account_ids.includes(ROOT));
	for (const changes_type of ["account_changes", "all_access_key_changes"])
		await checked("RpcStateChangesInBlockResponse", "EXPERIMENTAL_changes", { changes_type, account_ids, block_id });
}

await main();
