// The network as it signs: contract, domains, who is connected to whom, and a signature on request.
import { act, badge, card, facts, h, plural, redraw, setText, svg, visible } from "./dom.js";
import { job, tone } from "./model.js";

export const title = "Network";
const KEPT = 90, MATRIX_MOST = 60, FOLD = 60;
let look = {}, samples = [], outcome = null, unfolded = false;

function frame(main) {
	main.replaceChildren(h("div", { class: "view" },
		h("div", { class: "head" }, h("h1", { id: "network-title" }), h("p", { class: "quiet", id: "contract-line" })),
		h("p", { class: "problem", id: "network-problem" }), h("dl", { class: "tiles", id: "tiles" }),
		h("div", { class: "domains", id: "domains" }),
		h("div", { class: "columns" },
			h("div", {}, h("section", { class: "card" }, h("div", { class: "title" }, h("h2", {}, "Request a signature")), h("div", { class: "body view" }, signForm(main), h("div", { id: "outcome", "aria-live": "polite" })))),
			h("div", {}, card("Signatures", h("span", { id: "rate" }), h("div", { class: "body", id: "spark" })), card("Peers", "row connected to column", h("div", { class: "body matrix", id: "matrix", tabindex: "0", "aria-label": "Peers, scrolls" })))),
		card("Nodes", h("span", { id: "node-count" }), h("div", { class: "scroll" }, h("table", { class: "stackable" }, h("thead", {}, h("tr", {}, ["Node", "State", "Block", "Peers", "Presignatures", "Signed as leader", "Latency"].map((one, i) => h("th", { scope: "col", class: i > 1 ? "right" : "" }, one)))), h("tbody", { id: "nodes" }))), h("div", { class: "fold", id: "more" }))));
}

const sum = (list, of) => list.reduce((total, one) => total + (of(one) ?? 0), 0);
const poolOf = (node, domain) => node.domains?.find((one) => one.id === domain)?.presignatures;

// Counters only grow: what they grew by since the last answer is the rate.
function sample(view) {
	const at = performance.now(), nodes = view.nodes.filter((one) => one.signing);
	const now = { at, signed: sum(nodes, (one) => one.signing.succeeded), failed: sum(nodes, (one) => one.signing.failed), seconds: sum(nodes, (one) => one.signing.latencySeconds), count: sum(nodes, (one) => one.signing.latencyCount) };
	const before = samples.at(-1);

	now.rate = before ? Math.max(0, now.signed - before.signed) / ((at - before.at) / 1000) : 0;
	samples = [...samples.slice(1 - KEPT), now];
}

function tile(name, value, note, word) {
	return h("div", { class: "tile" }, h("dt", {}, name), h("dd", { class: word ? "word" : "" }, value, note && h("span", { class: "note" }, ` ${note}`)));
}

function tilesOf(view) {
	const s = view.summary, now = samples.at(-1);

	return [tile("Contract", badge(view.contract?.state ?? "unreachable", view.contract?.state === "Running" ? "good" : view.contract ? "busy" : "bad"), null, true),
		tile("Healthy nodes", `${s.healthy}`, `of ${s.nodes}`), tile("Peer connections", `${s.peerConnections}`, `of ${s.peerConnectionsExpected}`),
		tile("Presignatures", String(sum(view.nodes, (node) => sum(node.domains ?? [], (one) => one.presignatures?.available)))),
		tile("Signed", now ? String(now.signed) : "0", now?.failed ? `${now.failed} failed` : ""), tile("Latency", now?.count ? `${(now.seconds / now.count).toFixed(2)} s` : "–", now?.count ? "mean" : "")];
}

function domainOf(view, domain) {
	const pools = view.nodes.map((node) => poolOf(node, Number(domain.id))).filter(Boolean);
	const able = view.nodes.filter((node) => node.domains?.find((one) => one.id === Number(domain.id))?.can_sign);
	const why = view.nodes.map((node) => node.domains?.find((one) => one.id === Number(domain.id))?.reason).find(Boolean);

	return h("section", { class: "card" }, h("div", { class: "title" }, h("h2", {}, `Domain ${domain.id} · ${domain.protocol}`), badge(!domain.publicKey ? "no key yet" : able.length ? "can sign" : "cannot sign", able.length ? "good" : "bad")),
		h("div", { class: "body view" }, why && !able.length && h("p", { class: "problem" }, visible(why)),
			facts([["Curve", domain.curve], ["Threshold", `${domain.threshold} of ${view.contract.participants.length}`], ["Presignatures", `${sum(pools, (one) => one.available)} ready, ${sum(pools, (one) => one.online)} with all signers online, ${sum(pools, (one) => one.made)} made`], ["Public key", domain.publicKey && h("code", {}, domain.publicKey)]])));
}

function spark() {
	const most = Math.max(1, ...samples.map((one) => one.rate)), first = samples.length ? KEPT - samples.length : 0;
	const points = samples.map((one, i) => `${first + i} ${(60 - one.rate / most * 54).toFixed(1)}`);

	return [svg("svg", { class: "spark", viewBox: `0 0 ${KEPT - 1} 64`, preserveAspectRatio: "none", role: "img", "aria-label": `signatures per second, at most ${most.toFixed(1)}` },
		points.length > 1 && svg("path", { class: "area", d: `M${first} 62L${points.join("L")}L${KEPT - 1} 62Z` }), points.length > 1 && svg("path", { d: `M${points.join("L")}` }))];
}

function lastSignatures(view) {
	const rows = view.nodes.flatMap((node) => (node.domains ?? []).flatMap((domain) => (domain.last_signatures ?? []).map((one) => ({ ...one, node: node.name, domain: domain.id, protocol: domain.protocol }))));
	const led = rows.filter((one) => !/share/.test(one.result)).sort((a, b) => a.ago_ms - b.ago_ms).slice(0, 6);

	return led.length ? h("ul", { class: "small" }, led.map((one) => h("li", {}, h("span", { class: "number" }, `${one.duration_ms} ms`), ` · domain ${one.domain}, led by ${one.node}: ${one.result} `, h("code", { class: "quiet" }, one.id.slice(0, 12))))) : h("p", { class: "quiet small" }, "No signature yet since the nodes started.");
}

/* ---- peers ------------------------------------------------------------------------------------------- */

function matrixOf(view) {
	const ids = new Map((view.contract?.participants ?? []).map((one) => [one.accountId, Number(one.id)]));
	const nodes = view.nodes.map((node) => ({ name: node.name, id: ids.get(node.accountId), up: new Set(node.peers?.participantIds ?? []), answers: Boolean(node.peers?.participantIds) }));

	if (nodes.length > MATRIX_MOST)
		return canvasOf(nodes);
	return h("table", {}, h("caption", { class: "hidden" }, "Which node is connected to which"), h("thead", {}, h("tr", {}, h("td", {}), nodes.map((one) => h("th", { scope: "col" }, h("span", {}, one.name))))),
		h("tbody", {}, nodes.map((from) => h("tr", {}, h("th", { scope: "row" }, from.name), nodes.map((to) => cellOf(from, to))))));
}

function isUp(from, to) {
	return from === to ? null : from.answers && to.id !== undefined && from.up.has(to.id);
}

function cellOf(from, to) {
	const up = isUp(from, to);
	const text = up === null ? `${from.name} itself` : `${from.name} to ${to.name}: ${up ? "connected" : "not connected"}`;

	return h("td", {}, h("span", { class: `cell ${up === null ? "" : up ? "good" : "bad"}`, role: "img", "aria-label": text, title: text }));
}

// Hundreds of nodes: one pixel block each, and the broken ones by name.
function canvasOf(nodes) {
	const size = Math.max(2, Math.floor(560 / nodes.length)), canvas = h("canvas", { width: nodes.length * size, height: nodes.length * size, role: "img", "aria-label": `${nodes.length} nodes` });
	const paint = canvas.getContext("2d"), style = getComputedStyle(document.documentElement), missing = [];

	nodes.forEach((from, y) => nodes.forEach((to, x) => {
		const up = isUp(from, to);

		paint.fillStyle = style.getPropertyValue(up === null ? "--sunk" : up ? "--good" : "--bad");
		paint.fillRect(x * size, y * size, size, size);
		if (up === false && missing.length < 40)
			missing.push(`${from.name} to ${to.name}`);
	}));
	return [canvas, missing.length ? h("p", { class: "small problem" }, `Not connected: ${missing.join(", ")}`) : h("p", { class: "small quiet" }, "All are connected.")];
}

/* ---- nodes ---------------------------------------------------------------------------------------------- */

function nodeRow(node) {
	const signing = node.signing;
	const cell = (label, text) => h("td", { class: "number right", "data-label": label }, text);

	return h("tr", {}, h("td", {}, h("b", {}, node.name), h("div", { class: "under" }, `${node.accountId ?? ""} · ${node.dnsName ?? node.privateIpv4Address ?? ""}`)), h("td", {}, badge(`${node.lastStatus} ${node.healthStatus === "UNKNOWN" ? "" : node.healthStatus}`.trim(), node.lastStatus === "RUNNING" ? tone(node.healthStatus) : tone(node.lastStatus))),
		cell("Block", String(node.chain?.blockHeight ?? "–")), cell("Peers", node.peers ? `${node.peers.connected}/${node.peers.expected}` : "–"),
		cell("Presignatures", (node.domains ?? []).map((one) => one.presignatures?.available ?? 0).join(" + ") || "–"), cell("Signed as leader", signing ? String(signing.succeeded) : "–"),
		cell("Latency", signing?.latencyCount ? `${(signing.latencySeconds / signing.latencyCount).toFixed(2)} s` : "–"));
}

/* ---- a signature ------------------------------------------------------------------------------------------ */

function signForm(main) {
	const domain = h("select", { id: "sign-domain" }), path = h("input", { value: "ethereum,1", spellcheck: "false" });
	const message = h("textarea", { id: "sign-message", required: true, maxlength: 1000, spellcheck: "false" }, "hello from the console");
	const button = h("button", { class: "main", id: "sign" }, "Sign");
	const submit = async (event) => {
		event.preventDefault();
		const chosen = domain.selectedOptions[0];

		button.disabled = true;
		outcome = { working: true };
		drawOutcome(main);
		try {
			const result = await act("sign", { stack: look.stack, domain: Number(chosen.value), keccak: chosen.dataset.curve === "secp256k1", path: path.value, message: message.value });

			outcome = { result, message: message.value };
		} catch (error) {
			outcome = { error: error.message };
		}
		button.disabled = false;
		drawOutcome(main);
	};

	return h("form", { class: "form", onsubmit: submit }, h("label", {}, "Domain", domain), h("label", {}, "Derivation path", path), h("label", { class: "wide" }, "Message (Keccak-256 of it for secp256k1; for ed25519 the bytes themselves)", message), h("div", { class: "wide buttons" }, button));
}

function outcomeOf() {
	if (!outcome)
		return null;
	if (outcome.working)
		return h("p", { class: "quiet" }, "The contract holds the request until the network has answered…");
	if (outcome.error)
		return h("p", { class: "problem" }, visible(outcome.error));
	const r = outcome.result, s = r.signature ?? {};

	return h("div", { class: "signed", id: "signed" }, h("h3", {}, `Signed in ${Number(r.seconds).toFixed(2)} s, verified by ${r.verifiedBy}`), facts([["Payload", h("code", {}, r.payload)], ["Signature", h("code", {}, s.hex ?? JSON.stringify(s))], ["Signing key", h("code", {}, r.publicKey)], ["Ethereum", r.addresses?.ethereum && h("code", {}, r.addresses.ethereum)],
		["Asked by", `${r.predecessor}${r.path ? `, path ${r.path}` : ""}`], ["Transaction", h("code", {}, r.transactionHash)]]));
}

function drawOutcome(main) {
	redraw(main.querySelector("#outcome"), [outcome], outcomeOf);
}

export function draw(main, at) {
	const { result: view, error } = job("network");

	if (look.stack !== at.stack) {
		samples = [];
		outcome = null;
	}
	const fresh = view && view !== look.view;

	look = { ...at, view };
	if (!main.querySelector("#tiles"))
		frame(main);
	setText(main.querySelector("#network-problem"), error ?? view?.contractReason ?? "");
	main.querySelector("#network-problem").hidden = !(error ?? view?.contractReason);
	if (!view) {
		setText(main.querySelector("#network-title"), error ? "No network" : "Asking the nodes…");
		return;
	}
	if (fresh)
		sample(view);
	const s = view.summary, formed = s.healthy === s.nodes && s.peerConnections === s.peerConnectionsExpected, c = view.contract;

	setText(main.querySelector("#network-title"), !s.nodes ? "No MPC nodes in this stack" : formed ? `${plural(s.nodes, "node")}, all connected` : `${s.healthy} of ${plural(s.nodes, "node")} healthy`);
	setText(main.querySelector("#contract-line"), c ? `${c.accountId} · ${c.state}, epoch ${c.epochId}, threshold ${c.threshold}` : "");
	redraw(main.querySelector("#tiles"), [view.summary, c?.state, samples.at(-1)], () => tilesOf(view));
	redraw(main.querySelector("#domains"), [c?.domains, view.nodes.map((node) => (node.domains ?? []).map((one) => [one.presignatures, one.can_sign, one.reason]))], () => (c?.domains ?? []).map((one) => domainOf(view, one)));
	redraw(main.querySelector("#spark"), [samples.at(-1)?.at], () => [...spark(), lastSignatures(view)]);
	setText(main.querySelector("#rate"), `${(samples.at(-1)?.rate ?? 0).toFixed(1)} per second`);
	redraw(main.querySelector("#matrix"), [view.nodes.map((node) => [node.name, node.peers?.participantIds]), c?.participants?.length], () => matrixOf(view));
	redraw(main.querySelector("#nodes"), [view.nodes, unfolded], () => (unfolded ? view.nodes : view.nodes.slice(0, FOLD)).map(nodeRow));
	redraw(main.querySelector("#more"), [view.nodes.length, unfolded], () => view.nodes.length > FOLD && h("button", { class: "text", onclick: () => { unfolded = !unfolded; draw(main, look); } }, unfolded ? "Show fewer" : `Show all ${view.nodes.length}`));
	setText(main.querySelector("#node-count"), plural(view.nodes.length, "node"));
	redraw(main.querySelector("#sign-domain"), [(c?.domains ?? []).map((one) => one.id)], () => (c?.domains ?? []).map((one) => h("option", { value: one.id, "data-curve": one.curve }, `${one.id} · ${one.curve} (${one.protocol})`)));
	main.querySelector("#sign").disabled = outcome?.working || !c?.domains?.length;
	drawOutcome(main);
}
