// Derived keys and signatures as clients get them from a network of MPC nodes: chainsig.js and near-api-js, unmodified; checked with
// Node's crypto and viem, which know nothing of thresholds. Prints TAP.
// usage: node signatures.mjs RPC-URL CONTRACT    (ROOT_KEY: the secret key of test.near; CLI_SAID: what `near call ... sign` printed)
import assert from "assert";
import crypto from "crypto";
import { chainAdapters, contracts, utils } from "chainsig.js";
import { recoverMessageAddress, recoverPublicKey, verifyTypedData } from "viem";
import { main, test } from "./tap.mjs";
import { versions } from "./versions.mjs";

const [url, contractId] = process.argv.slice(2);
const ROOT = "test.near";
const GAS = 300000000000000n;
const contract = new contracts.ChainSignatureContract({ contractId, networkId: "testnet", fallbackRpcUrls: [url] });
const version = (number) => versions.find((each) => each.version === number);
const sha256 = (text) => crypto.createHash("sha256").update(text).digest();
const account = (v) => v.account(url, ROOT, process.env.ROOT_KEY);
const derived = (path, IsEd25519 = false) => contract.getDerivedPublicKey({ path, predecessor: ROOT, IsEd25519 });

// The key formats of Node's crypto: SPKI is a constant head and the point.
const secp256k1Key = (uncompressedHex) =>
	crypto.createPublicKey({ key: Buffer.from("3056301006072a8648ce3d020106052b8104000a034200" + uncompressedHex, "hex"), format: "der", type: "spki" });
const ed25519Key = (bytes) =>
	crypto.createPublicKey({ key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), bytes]), format: "der", type: "spki" });

function base58(text) {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	let number = 0n;
	for (const each of text) number = number * 58n + BigInt(alphabet.indexOf(each));
	return Buffer.from(number.toString(16).padStart(64, "0"), "hex");
}

// A signature of the signer contract, by two verifiers and by the key that it leads back to.
async function assertSecp256k1(answer, message, path) {
	const key = await derived(path);
	const { r, s, v } = utils.cryptography.toRSV(answer);
	assert.equal(answer.scheme, "Secp256k1");
	assert.ok(crypto.verify("sha256", Buffer.from(message), { key: secp256k1Key(key), dsaEncoding: "ieee-p1363" }, Buffer.from(r + s, "hex")));
	assert.equal(await recoverPublicKey({ hash: sha256(message), signature: { r: `0x${r}`, s: `0x${s}`, v: BigInt(v) } }), `0x${key}`);
	assert.ok(BigInt("0x" + s) <= 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n, "s is high");
}

async function assertEd25519(answer, message, path) {
	const key = await derived(path, true);
	assert.equal(answer.scheme, "Ed25519");
	assert.ok(crypto.verify(null, message, ed25519Key(base58(key.slice("ed25519:".length))), Buffer.from(answer.signature)));
}

test("derived keys are the root key's children, as chainsig.js computes them itself", async () => {
	const root = await contract.getPublicKey();
	assert.match(root, /^04[0-9a-f]{128}$/);
	const seven = await account(version(7));
	const ed25519 = await seven.view(contractId, "public_key", { domain_id: 1 });
	for (const path of ["", "ethereum-1", "bitcoin,1", "ünïcode/0"]) {
		assert.equal(await derived(path), utils.cryptography.deriveChildPublicKey(root, ROOT, path));
		assert.equal(await derived(path, true), utils.cryptography.deriveChildPublicKeyEd25519(ed25519, ROOT, path));
	}
	assert.notEqual(await derived("a"), await contract.getDerivedPublicKey({ path: "a", predecessor: "other.near" }));
});

for (const v of versions) {
	test(`near-api-js ${v.version}: sign of a secp256k1 and of an Ed25519 domain`, async () => {
		const signer = await account(v);
		const path = `near-api-js-${v.version}`, message = `of ${path}`;
		const answer = async (request) => {
			const outcome = await signer.pay(contractId, "sign", { request }, GAS, 1n);
			return JSON.parse(Buffer.from(outcome.status.SuccessValue, "base64").toString());
		};
		await assertSecp256k1(await answer({ payload_v2: { Ecdsa: sha256(message).toString("hex") }, path, domain_id: 0 }), message, path);
		const bytes = Buffer.from(message.repeat(20));
		await assertEd25519(await answer({ payload_v2: { Eddsa: bytes.toString("hex") }, path, domain_id: 1 }), bytes, path);
	});
}

test("the older form of a request, payload as numbers and key_version, is signed too", async () => {
	const signer = await account(version(7));
	const outcome = await signer.pay(contractId, "sign", { request: { payload: [...sha256("older")], path: "older", key_version: 0 } }, GAS, 1n);
	await assertSecp256k1(JSON.parse(Buffer.from(outcome.status.SuccessValue, "base64").toString()), "older", "older");
});

test("a request without deposit, or of a payload that is no scalar, is refused at once", async () => {
	const signer = await account(version(7));
	const request = { payload_v2: { Ecdsa: sha256("x").toString("hex") }, path: "", domain_id: 0 };
	await assert.rejects(signer.pay(contractId, "sign", { request }, GAS, 0n), /deposit/i);
	await assert.rejects(signer.pay(contractId, "sign", { request: { ...request, payload_v2: { Ecdsa: "f".repeat(64) } } }, GAS, 1n));
	await assert.rejects(signer.pay(contractId, "sign", { request: { ...request, domain_id: 99 } }, GAS, 1n));
});

test("chainsig.js: an EVM message and typed data lead back to the derived address", async () => {
	const evm = new chainAdapters.evm.EVM({ publicClient: undefined, contract });
	const signerAccount = (await account(version(6))).raw;
	const { address } = await evm.deriveAddressAndPublicKey(ROOT, "ethereum-1");
	const sign = async (hashToSign) =>
		(await contract.sign({ payloads: [hashToSign], path: "ethereum-1", keyType: "Ecdsa", signerAccount }))[0];
	const message = "signed by two of three";
	const rsvSignature = await sign((await evm.prepareMessageForSigning(message)).hashToSign);
	assert.equal(await recoverMessageAddress({ message, signature: evm.finalizeMessageSigning({ rsvSignature }) }), address);
	const typed = {
		domain: { name: "mpc", chainId: 1 }, primaryType: "Mail", message: { to: address, text: "hello" },
		types: { Mail: [{ name: "to", type: "address" }, { name: "text", type: "string" }] },
	};
	const second = await sign((await evm.prepareTypedDataForSigning(typed)).hashToSign);
	assert.ok(await verifyTypedData({ ...typed, address, signature: evm.finalizeTypedDataSigning({ rsvSignature: second }) }));
});

test("chainsig.js: a Bitcoin transaction is signed so that bitcoinjs accepts each input", async () => {
	const btcRpcAdapter = { getTransaction: () => assert.fail("not asked for") };
	const bitcoin = new chainAdapters.btc.Bitcoin({ network: "regtest", contract, btcRpcAdapter });
	const signerAccount = (await account(version(6))).raw;
	const { address, publicKey } = await bitcoin.deriveAddressAndPublicKey(ROOT, "bitcoin-1");
	assert.match(address, /^bcrt1q/);
	const id = crypto.createHash("ripemd160").update(sha256(Buffer.from(publicKey, "hex"))).digest();
	const input = { txid: "11".repeat(32), vout: 0, value: 10000, scriptPubKey: Buffer.concat([Buffer.from("0014", "hex"), id]) };
	const { transaction, hashesToSign } = await bitcoin.prepareTransactionForSigning({
		publicKey, inputs: [input], outputs: [{ address, value: 9000 }],
	});
	const rsvSignatures = await contract.sign({ payloads: hashesToSign, path: "bitcoin-1", keyType: "Ecdsa", signerAccount });
	assert.match(bitcoin.finalizeTransactionSigning({ transaction, rsvSignatures }), /^0200000000010111/);
});

test("chainsig.js: an Ed25519 signature is one of the derived key, which is the Solana address", async () => {
	const signerAccount = (await account(version(6))).raw;
	const message = crypto.randomBytes(200);
	const [answer] = await contract.sign({ payloads: [[...message]], path: "solana-1", keyType: "Eddsa", signerAccount });
	await assertEd25519({ scheme: "Ed25519", ...answer }, message, "solana-1");
	const solana = new chainAdapters.solana.Solana({ solanaConnection: undefined, contract });
	assert.equal("ed25519:" + (await solana.deriveAddressAndPublicKey(ROOT, "solana-1")).address, await derived("solana-1", true));
});

test("near-cli: call sign prints a signature of the derived key", async () => {
	const said = process.env.CLI_SAID;
	const part = (pattern) => (said.match(pattern) ?? assert.fail(`${pattern} is not in: ${said}`))[1];
	const answer = {
		scheme: part(/scheme: '(\w+)'/), big_r: { affine_point: part(/affine_point: '(\w+)'/i) },
		s: { scalar: part(/scalar: '(\w+)'/) }, recovery_id: Number(part(/recovery_id: (\d)/)),
	};
	await assertSecp256k1(answer, "near-cli", "near-cli");
});

await main();
