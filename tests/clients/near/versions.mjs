// The four lines of near-api-js behind one set of names, so that one scenario runs with each. Only names are mapped; what a
// client does on the wire (which methods, which nonce, which retry) is its own.
import { createRequire } from "module";
import * as api7 from "near-api-js-7";

const require = createRequire(import.meta.url);
const inside = (name, part) => createRequire(require.resolve(name))(part);
const NETWORK = "mpc-localnet";

// 2.1.4 and 5.1.1: connect() and Account; 2.1.4 takes BN where 5.1.1 takes bigint.
function legacy(version, name) {
	const api = require(name);
	const actions = inside(name, "@near-js/transactions").actionCreators;
	const BN = version === 2 ? inside(name, "bn.js") : undefined;
	const amount = (value) => (BN ? new BN(String(value)) : value);
	return {
		version, actions, amount, newKey: (curve) => api.KeyPair.fromRandom(curve), curves: version === 2 ? ["ed25519"] : ["ed25519", "secp256k1"],
		async account(url, id, secret) {
			const keyStore = new api.keyStores.InMemoryKeyStore();
			await keyStore.setKey(NETWORK, id, api.KeyPair.fromString(secret));
			const near = await api.connect({ networkId: NETWORK, nodeUrl: url, keyStore });
			const raw = await near.account(id);
			const provider = near.connection.provider;
			return {
				id, raw, provider,
				state: async (who = id) => (await near.account(who)).state(),
				total: async () => BigInt((await raw.getAccountBalance()).total),
				details: () => raw.getAccountBalance(),
				keys: () => raw.getAccessKeys(),
				create: (who, key, near) => raw.createAccount(who, key, amount(near)),
				transfer: (who, near) => raw.sendMoney(who, amount(near)),
				addFull: (key) => raw.addKey(key),
				addLimited: (key, contract, methods, allowance) => raw.addKey(key, contract, methods, amount(allowance)),
				deleteKey: (key) => raw.deleteKey(key),
				deleteAccount: (heir) => raw.deleteAccount(heir),
				call: (contractId, methodName, args = {}) => raw.functionCall({ contractId, methodName, args }),
				pay: (contractId, methodName, args, gas, deposit) =>
					raw.functionCall({ contractId, methodName, args, gas: amount(gas), attachedDeposit: amount(deposit) }),
				view: (contractId, methodName, args = {}) => raw.viewFunction({ contractId, methodName, args }),
				sendActions: (receiverId, list) => raw.signAndSendTransaction({ receiverId, actions: list }),
				sign: async (receiverId, list) => (await raw.signTransaction(receiverId, list))[1],
				delegate: (receiverId, list) => raw.signedDelegate({ receiverId, actions: list, blockHeightTtl: 100 }),
				relay: (signed) => raw.signAndSendTransaction({ receiverId: signed.delegateAction.senderId, actions: [actions.signedDelegate(signed)] }),
				status: () => provider.status(),
				block: (query) => provider.block(query),
				chunk: (id) => provider.chunk(id),
				gasPrice: () => provider.gasPrice(null),
				validators: () => provider.validators(null),
				protocolConfig: () => provider.experimental_protocolConfig({ finality: "final" }),
				sendAsync: (signed) => provider.sendTransactionAsync(signed),
				outcome: (hash) => provider.txStatus(hash, id, "EXECUTED_OPTIMISTIC"),
				outcomeWithReceipts: (hash) => provider.txStatusReceipts(hash, id, "EXECUTED_OPTIMISTIC"),
			};
		},
	};
}

// What 6.5.1 and 7.3.1 have in common.
function modern(version, raw, provider, actions) {
	const waitUntil = "EXECUTED_OPTIMISTIC", accountId = raw.accountId;
	const which = (txHash) => (version === 7 ? [{ txHash, accountId, waitUntil }] : [txHash, accountId, waitUntil]);
	return {
		id: raw.accountId, raw, provider,
		state: (who = raw.accountId) => provider.viewAccount(version === 7 ? { accountId: who } : who),
		total: async () => (await raw.getState()).balance.total,
		details: () => raw.getState(),
		keys: async () => (await raw.getAccessKeyList()).keys,
		transfer: (receiverId, amount) => raw.transfer({ receiverId, amount }),
		addFull: (key) => raw.addFullAccessKey(key),
		addLimited: (publicKey, contractId, methodNames, allowance) => raw.addFunctionCallAccessKey({ publicKey, contractId, methodNames, allowance }),
		deleteKey: (key) => raw.deleteKey(key),
		deleteAccount: (heir) => raw.deleteAccount(heir),
		call: (contractId, methodName, args = {}) => raw.callFunctionRaw({ contractId, methodName, args }),
		pay: (contractId, methodName, args, gas, deposit) => raw.callFunctionRaw({ contractId, methodName, args, gas, deposit }),
		view: (contractId, method, args = {}) => (version === 7 ? provider.callFunction({ contractId, method, args }) : provider.callFunction(contractId, method, args)),
		sendActions: (receiverId, list) => raw.signAndSendTransaction({ receiverId, actions: list, throwOnFailure: true }),
		relay: (signed) => raw.signAndSendTransaction({ receiverId: signed.delegateAction.senderId, actions: [actions.signedDelegate(signed)], throwOnFailure: true }),
		status: () => provider.viewNodeStatus(),
		block: (query) => provider.viewBlock(query),
		chunk: (id) => provider.viewChunk(id),
		gasPrice: () => (version === 7 ? provider.viewGasPrice() : provider.viewGasPrice(null)),
		validators: () => provider.viewValidators(),
		protocolConfig: () => provider.experimental_protocolConfig({ finality: "optimistic" }),
		sendAsync: (signed) => provider.sendTransactionUntil(signed, "NONE"),
		outcome: (hash) => provider.viewTransactionStatus(...which(hash)),
		outcomeWithReceipts: (hash) => provider.viewTransactionStatusWithReceipts(...which(hash)),
	};
}

function six() {
	const api = require("near-api-js-6");
	const actions = inside("near-api-js-6", "@near-js/transactions").actionCreators;
	return {
		version: 6, actions, amount: (value) => value, newKey: (curve) => api.KeyPair.fromRandom(curve), curves: ["ed25519", "secp256k1"],
		async account(url, id, secret) {
			const provider = new api.providers.JsonRpcProvider({ url });
			const raw = new api.Account(id, provider, api.KeyPairSigner.fromSecretKey(secret));
			return {
				...modern(6, raw, provider, actions),
				create: (who, key, near) => raw.createAccount(who, key, near),
				sign: (receiverId, list) => raw.createSignedTransaction(receiverId, list),
				delegate: async (receiverId, list) => (await raw.createSignedMetaTransaction(receiverId, list, 100))[1],
			};
		},
	};
}

function seven() {
	return {
		version: 7, actions: api7.actions, amount: (value) => value, newKey: (curve) => api7.KeyPair.fromRandom(curve), curves: ["ed25519", "secp256k1"],
		async account(url, id, secret) {
			const provider = new api7.JsonRpcProvider({ url });
			const raw = new api7.Account(id, provider, secret);
			return {
				...modern(7, raw, provider, api7.actions),
				create: (newAccountId, publicKey, nearToTransfer) => raw.createAccount({ newAccountId, publicKey, nearToTransfer }),
				sign: (receiverId, list) => raw.createSignedTransaction({ receiverId, actions: list }),
				delegate: async (receiverId, list) => (await raw.createSignedMetaTransaction({ receiverId, actions: list, blockHeightTtl: 100 })).signedDelegate,
				relay: (signed) => raw.relayMetaTransaction(signed),
			};
		},
	};
}

export const versions = [legacy(2, "near-api-js-2"), legacy(5, "near-api-js-5"), six(), seven()];
