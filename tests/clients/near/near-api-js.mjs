// near-api-js 2.1.4, 5.1.1, 6.5.1 and 7.3.1, unmodified, against the built-in chain: the same scenario with each. Prints TAP.
// usage: node near-api-js.mjs RPC-URL    (ROOT_KEY: the secret key of test.near, a key for tests)
import assert from "assert";
import { createHash } from "crypto";
import { main, test } from "./tap.mjs";
import { versions } from "./versions.mjs";

const [url] = process.argv.slice(2);
const ROOT = "test.near";
const NEAR = 10n ** 24n;
const NO_CODE = "1".repeat(32); // base58 of 32 zero bytes

// Awaits a failure and returns all that a caller can see of it as one text: name, type, message, kind.
async function failure(promise) {
	try {
		await promise;
	} catch (error) {
		return [error.constructor?.name, error.name, error.type, error.message, JSON.stringify(error.kind ?? error.cause ?? {})].join(" ");
	}
	assert.fail("succeeded");
}
const succeeded = (outcome) => assert.ok("SuccessValue" in outcome.status, JSON.stringify(outcome.status));
const value = (outcome) => Buffer.from(outcome.status.SuccessValue, "base64").toString();

function scenario(v) {
	const child = (name) => `${name}-${v.version}.${ROOT}`;
	const key = v.newKey("ed25519"), other = v.newKey("ed25519"), limited = v.newKey("ed25519");
	const it = (title, run) => test(`near-api-js ${v.version}: ${title}`, run);
	let root, alice;

	it("connects and reads status, blocks, chunk, gas price", async () => {
		root = await v.account(url, ROOT, process.env.ROOT_KEY);
		const status = await root.status();
		assert.equal(status.chain_id, "mpc-localnet");
		assert.equal(status.sync_info.syncing, false);
		for (const member of ["latest_block_hash", "latest_block_time", "latest_state_root"]) assert.ok(status.sync_info[member], member);
		for (const finality of ["final", "optimistic"]) {
			const block = await root.block({ finality });
			assert.ok(block.header.height >= status.sync_info.latest_block_height - 3, `${finality} ${block.header.height}`);
			const again = await root.block({ blockId: block.header.hash });
			assert.equal(again.header.height, block.header.height);
			assert.equal((await root.block({ blockId: block.header.height })).header.hash, block.header.hash);
			const chunk = await root.chunk(block.chunks[0].chunk_hash);
			assert.equal(chunk.header.chunk_hash, block.chunks[0].chunk_hash);
			assert.equal((await root.chunk([block.header.height, 0])).header.chunk_hash, block.chunks[0].chunk_hash);
		}
		assert.equal((await root.gasPrice()).gas_price, "100000000");
	});

	it("reads validators and the protocol's parameters", async () => {
		const { current_validators } = await root.validators();
		assert.deepEqual(current_validators.map((each) => each.account_id), [ROOT]);
		assert.ok(BigInt(current_validators[0].stake) > 0n);
		const config = await root.protocolConfig();
		assert.equal(config.runtime_config.storage_amount_per_byte, "10000000000000000000");
		assert.equal(config.chain_id, "mpc-localnet");
		assert.equal(config.minimum_stake_ratio.length, 2);
	});

	it("creates an account, which the view shows whole", async () => {
		succeeded(await root.create(child("alice"), key.getPublicKey(), 10n * NEAR));
		alice = await v.account(url, child("alice"), key.toString());
		const state = await alice.state();
		assert.equal(BigInt(state.amount), 10n * NEAR);
		assert.equal(BigInt(state.locked), 0n);
		assert.equal(state.code_hash, NO_CODE);
		assert.equal(state.storage_usage, 182);
		assert.equal(await alice.total(), 10n * NEAR);
	});

	it("an account that is there, of another parent, or missing, is an error by name", async () => {
		assert.match(await failure(root.create(child("alice"), key.getPublicKey(), NEAR)), /AccountAlreadyExists/);
		assert.match(await failure(alice.sendActions(`sub.bob.${ROOT}`, [v.actions.createAccount(), v.actions.transfer(v.amount(NEAR))])),
			/CreateAccountNotAllowed/);
		assert.match(await failure(alice.state(`nobody.${ROOT}`)), /AccountDoesNotExist|does not exist while viewing/);
		assert.match(await failure(alice.transfer(`nobody.${ROOT}`, 1n)), /AccountDoesNotExist/);
	});

	it("sends money, twice from one Account, and reads it at once", async () => {
		const before = BigInt((await root.state(ROOT)).amount);
		const first = await alice.transfer(ROOT, NEAR);
		const second = await alice.transfer(ROOT, 2n * NEAR);
		succeeded(first);
		succeeded(second);
		assert.ok(second.transaction.nonce > first.transaction.nonce);
		assert.equal(BigInt((await root.state(ROOT)).amount), before + 3n * NEAR);
		assert.ok((await alice.total()) < 7n * NEAR); // the fee
		assert.ok((await alice.total()) > 7n * NEAR - NEAR / 100n);
		for (const outcome of [first.transaction_outcome, ...first.receipts_outcome]) {
			assert.ok(outcome.id && outcome.block_hash && Array.isArray(outcome.proof));
			assert.ok(Array.isArray(outcome.outcome.logs) && Array.isArray(outcome.outcome.receipt_ids));
			assert.ok(outcome.outcome.gas_burnt > 0 && BigInt(outcome.outcome.tokens_burnt) >= 0n && outcome.outcome.executor_id);
		}
		assert.equal(first.transaction.signer_id, alice.id);
		assert.match(await failure(alice.transfer(ROOT, 1000n * NEAR)), /NotEnoughBalance|Sender .* does not have enough balance/i);
	});

	it("adds, shows and deletes keys of both kinds", async () => {
		succeeded(await alice.addFull(other.getPublicKey()));
		succeeded(await alice.addLimited(limited.getPublicKey(), `app.${ROOT}`, ["one", "two"], NEAR / 4n));
		const keys = await alice.keys();
		assert.equal(keys.length, 3);
		const found = (pair) => keys.find((each) => each.public_key === pair.getPublicKey().toString()).access_key;
		assert.equal(found(other).permission, "FullAccess");
		assert.ok(Number.isSafeInteger(Number(found(other).nonce)), "the nonce"); // BN in 2.1.4, bigint in 5.1.1
		assert.deepEqual({ ...found(limited).permission.FunctionCall },
			{ allowance: String(NEAR / 4n), receiver_id: `app.${ROOT}`, method_names: ["one", "two"] });
		assert.match(await failure(alice.addFull(other.getPublicKey())), /AddKeyAlreadyExists/);
		const second = await v.account(url, alice.id, other.toString());
		succeeded(await second.deleteKey(limited.getPublicKey()));
		assert.equal((await alice.keys()).length, 2);
		assert.match(await failure(second.deleteKey(v.newKey("ed25519").getPublicKey())), /DeleteKeyDoesNotExist/);
		assert.match(await failure((await v.account(url, alice.id, limited.toString())).transfer(ROOT, 1n)),
			/AccessKeyNotFound|KeyNotFound|AccessKeyDoesNotExist|Can not sign/);
	});

	it("a limited key may call its contract only", async () => {
		succeeded(await alice.addLimited(limited.getPublicKey(), `app.${ROOT}`, ["one"], NEAR));
		const bounded = await v.account(url, alice.id, limited.toString());
		const said = await failure(bounded.sendActions(ROOT, [v.actions.transfer(v.amount(1n))]));
		assert.match(said, /RequiresFullAccess|no matching key|Can not sign|KeyNotFound/i);
	});

	it("a call of what is not there fails by name, as call and as view", async () => {
		const nobody = `nobody.${ROOT}`;
		assert.match(await failure(alice.call(nobody, "run")), /AccountDoesNotExist/);
		assert.match(await failure(alice.call(alice.id, "run")), /CodeDoesNotExist|CompilationError/);
		assert.match(await failure(alice.view(alice.id, "run")), /CodeDoesNotExist/);
		assert.match(await failure(alice.view(nobody, "run")), /does not exist|CodeDoesNotExist|AccountDoesNotExist/);
	});

	it("a transaction sent and not waited for is found by its hash", async () => {
		const fresh = await v.account(url, alice.id, key.toString()); // 2.1.4 and 5.1.1 sign with the nonce that they saw first
		const signed = await fresh.sign(ROOT, [v.actions.transfer(v.amount(5n))]);
		const hash = createHash("sha256").update(transactionBytes(v, signed)).digest();
		await alice.sendAsync(signed);
		for (const outcome of [await alice.outcome(new Uint8Array(hash)), await alice.outcomeWithReceipts(new Uint8Array(hash))]) {
			assert.equal(value(outcome), "");
			assert.equal(outcome.transaction.receiver_id, ROOT);
			assert.deepEqual(JSON.parse(JSON.stringify(outcome.transaction.actions)), [{ Transfer: { deposit: "5" } }]);
		}
		assert.match(await failure(alice.outcome(new Uint8Array(32).fill(9))), /UNKNOWN_TRANSACTION|doesn't exist|UnknownTransaction/i);
	});

	it("a delegate's actions run in the name of their sender, whoever pays", async () => {
		const pair = v.newKey("ed25519");
		const fresh = await v.account(url, alice.id, key.toString());
		const signed = await fresh.delegate(alice.id, [v.actions.addKey
			? v.actions.addKey(pair.getPublicKey(), v.actions.fullAccessKey()) : v.actions.addFullAccessKey(pair.getPublicKey())]);
		const before = await alice.total();
		succeeded(await root.relay(signed));
		assert.equal(await alice.total(), before); // not a yocto of fees
		assert.ok((await alice.keys()).some((each) => each.public_key === pair.getPublicKey().toString()));
		const again = await v.account(url, ROOT, process.env.ROOT_KEY); // 2.1.4 and 5.1.1 would send the same transaction once more
		assert.match(await failure(again.relay(signed)), /DelegateActionInvalidNonce/);
	});

	if (v.curves.includes("secp256k1"))
		it("an account with a secp256k1 key signs", async () => {
			const pair = v.newKey("secp256k1");
			succeeded(await root.create(child("koblitz"), pair.getPublicKey(), NEAR));
			const koblitz = await v.account(url, child("koblitz"), pair.toString());
			const outcome = await koblitz.transfer(ROOT, NEAR / 2n);
			succeeded(outcome);
			assert.match(outcome.transaction.signature, /^secp256k1:/);
		});

	it("a deleted account leaves its money to its heir", async () => {
		const before = BigInt((await root.state(ROOT)).amount);
		succeeded(await alice.deleteAccount(ROOT));
		assert.ok(BigInt((await root.state(ROOT)).amount) > before + 5n * NEAR);
		assert.match(await failure(root.state(child("alice"))), /AccountDoesNotExist|does not exist/);
	});
}

function transactionBytes(v, signed) {
	const all = signed.encode();
	return all.slice(0, all.length - (all[all.length - 65] === 0 ? 65 : 66));
}

versions.forEach(scenario);
await main();
