// Secrets by name and state: whose key it is, never what it is.
import { badge, card, h, plural, redraw, setText } from "./dom.js";
import { job } from "./model.js";

export const title = "Secrets";
const STATES = {
	SAME: ["set, as the key file", "good"], VALID: ["set", "good"], DIFFERS: ["another key", "bad"], WRONG: ["placeholder or wrong form", "bad"],
	MISSING: ["no value", "bad"], UNKNOWN: ["unknown", "busy"],
};
const FOLD = 100;
let filter = "", look = {}, unfolded = false;

function frame(main) {
	const box = h("input", { type: "search", placeholder: "Filter by node, variable or state", "aria-label": "Filter secrets", oninput: () => { filter = box.value.toLowerCase(); draw(main, look); } });

	main.replaceChildren(h("div", { class: "view" }, h("div", { class: "head" }, h("h1", { id: "secret-title" }), box), h("p", { class: "problem", id: "secret-problem" }),
		card("Secret variables of the nodes", "identities are public keys; values are never read into this page", h("div", { class: "scroll" }, h("table", { class: "stackable" }, h("thead", {}, h("tr", {}, ["Node", "Variable", "State", "Identity"].map((one) => h("th", { scope: "col" }, one)))), h("tbody", { id: "secrets" }))), h("div", { class: "fold", id: "more" }))));
}

function row(one) {
	const [word, tone] = STATES[one.state] ?? [one.state, ""];
	const name = (one.secretId ?? "").split(":secret:").pop();

	return h("tr", {}, h("td", {}, h("b", {}, one.name)), h("td", {}, h("code", {}, one.variable), h("div", { class: "under" }, name, one.jsonKey ? ` · ${one.jsonKey}` : "")),
		h("td", {}, badge(word, tone), one.restart && h("div", { class: "under" }, "newer than the task that runs: redeploy it"), one.reason && h("div", { class: "under" }, `${one.fault ?? ""} ${one.reason}`)),
		h("td", {}, h("code", { class: "small" }, one.deployedPublicKey ?? one.publicKey ?? "–")));
}

export function draw(main, at) {
	const { result, error } = job("secrets");
	const all = result?.secrets ?? [];
	const shown = all.filter((one) => !filter || `${one.name} ${one.variable} ${STATES[one.state]?.[0]} ${one.state}`.toLowerCase().includes(filter));
	const bad = all.filter((one) => STATES[one.state]?.[1] === "bad").length;

	look = { ...at };
	if (!main.querySelector("#secrets"))
		frame(main);
	setText(main.querySelector("#secret-problem"), error ?? "");
	main.querySelector("#secret-problem").hidden = !error;
	setText(main.querySelector("#secret-title"), !result ? (error ? "No secrets" : "Reading states…") : bad ? `${plural(bad, "secret")} of ${all.length} to be set` : `${plural(all.length, "secret")}, all set`);
	redraw(main.querySelector("#secrets"), [shown, unfolded], () => (unfolded ? shown : shown.slice(0, FOLD)).map(row));
	redraw(main.querySelector("#more"), [shown.length, unfolded], () => shown.length > FOLD && h("button", { class: "text", onclick: () => { unfolded = !unfolded; draw(main, look); } }, unfolded ? "Show fewer" : `Show all ${shown.length}`));
}
