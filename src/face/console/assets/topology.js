// The deployment as it stands: drawn from the solver's model, coloured by what runs, counted by the packet filter.
import { act, badge, card, confirm, facts, h, plural, redraw, setText, svg, sync } from "./dom.js";
import { all, get, job, sections, taskState } from "./model.js";

export const title = "Topology";
const WORDS = { nfs: "file system", chain: "chain", api: "AWS API", peer: "peers" };
const STATE = { PASS: "open", FAIL: "blocked", UNKNOWN: "not proven" };
const TONE = { PASS: "good", FAIL: "bad", UNKNOWN: "" };
let chosen = null, look = {}, dropped = {}, form = null;

function frame(main) {
	main.replaceChildren(h("div", { class: "view" },
		h("div", { class: "head" }, h("h1", { id: "flow-title" }), h("div", { class: "key" },
			h("span", {}, h("i", { class: "dot good" }), "open"), h("span", {}, h("i", { class: "dot bad" }), "blocked"), h("span", {}, h("i", { class: "dot" }), "not proven"))),
		h("p", { class: "problem", id: "graph-problem" }),
		h("section", { class: "card", "aria-label": "Topology" }, h("div", { class: "picture", id: "picture", tabindex: "0", "aria-label": "Drawing, scrolls" })),
		h("div", { class: "columns side" },
			h("div", {}, card("Flows", "new connections that rules let through, packets dropped for want of one", h("ul", { class: "flows", id: "flows" })),
				h("section", { class: "card", id: "groups-card" }, h("div", { class: "title" }, h("h2", {}, "Security groups"), h("span", { class: "note", id: "group-count" })), h("div", { id: "groups" }))),
			h("div", {}, h("section", { class: "card", id: "proof", "aria-live": "polite" })))));
}

const find = (model, id) => model.objects.find((one) => one.id === id);
const labelOf = (model, id) => find(model, id)?.label ?? id;
const logicalOf = (model, id) => { const one = find(model, id); return one?.kind === "task" || one?.kind === "chain" ? one.label : one?.name ?? one?.label ?? id; };

function serviceTasks(object) {
	const key = all("services").find(([, one]) => one.arn === object.physicalId)?.[0];

	return key ? all("tasks").filter(([, task]) => task.service === key) : [];
}

function stateOf(object) {
	const tasks = serviceTasks(object).sort(([, a], [, b]) => b.created - a.created);
	const alive = tasks.find(([, task]) => task.status !== "STOPPED") ?? tasks[0];

	return alive ? { ...taskState(alive[1]), id: alive[0], address: alive[1].address } : { text: "no task", tone: "" };
}

// Flows that the same rules let through, or that lack the same rule, are told together.
function flowsOf(model) {
	const flows = new Map();

	for (const proof of model.proofs) {
		const why = proof.let?.length ? proof.let.map((one) => one.ruleId) : proof.missing ? [proof.missing.direction, proof.missing.groupId] : [proof.message];
		const key = [proof.kind, proof.port, proof.verdict, ...why].join(" ");
		const flow = flows.get(key) ?? { ...proof, key, pairs: [], ids: new Set() };

		flow.pairs.push(...proof.pairs);
		proof.pairs.forEach((pair) => flow.ids.add(pair[0]));
		flows.set(key, flow);
	}
	return [...flows.values()];
}

function ends(model, flow) {
	const names = (at) => [...new Set(flow.pairs.map((pair) => labelOf(model, pair[at])))];
	const short = (list) => (list.length <= 3 ? list.join(", ") : `${list.slice(0, 2).join(", ")} and ${list.length - 2} more`);

	return flow.kind === "peer" && flow.pairs.length > 3 && names(1).length > 2 ? `${names(1).length} nodes to each other` : `${short(names(1))} → ${short(names(2))}`;
}

function passed(flow, direction) {
	const rules = (flow.let ?? []).filter((one) => one.direction === direction && typeof get("counters", one.ruleId) === "number");

	return rules.length ? rules.reduce((sum, one) => sum + get("counters", one.ruleId), 0) : undefined;
}

function dropsOf(flow) {
	return flow.missing ? get("counters", flow.missing.groupId)?.[flow.missing.direction] ?? 0 : undefined;
}

// A rule that is asked by several flows counts for all of them: that is what the kernel knows.
function countText(flow) {
	if (flow.verdict === "FAIL") {
		const count = dropsOf(flow);

		return count === undefined ? "" : `${count} dropped`;
	}
	const count = passed(flow, "ingress") ?? passed(flow, "egress");

	return count === undefined ? "" : `${count} passed`;
}

// The same for the drawing, where room is short.
function countMark(flow) {
	const count = flow.verdict === "FAIL" ? dropsOf(flow) : passed(flow, "ingress") ?? passed(flow, "egress");

	return count === undefined ? "" : flow.verdict === "FAIL" ? ` ✕ ${count}` : ` · ${count}`;
}

// CloudFormation's names are <stack>-<Logical>-<12 random>: the part that somebody wrote.
function groupName(id) {
	const name = get("groups", id)?.name ?? id;

	return name.match(/^.+-([A-Za-z0-9]+)-[A-Za-z0-9]{12}$/)?.[1] ?? name;
}

/* ---- the drawing -------------------------------------------------------------------------------- */

function text(x, y, content, size, extra = {}) {
	return svg("text", { x, y, "font-size": size, ...extra }, content);
}

function cut(content, width, size) {
	const most = Math.max(3, Math.floor(width / (size * 0.56)));

	return content.length > most ? `${content.slice(0, most - 1)}…` : content;
}

function plainBox(one) {
	const ground = one.kind === "vpc" || one.kind === "band";

	return svg("g", {}, svg("title", {}, one.label), svg("rect", { x: one.x, y: one.y, width: one.width, height: one.height, rx: ground ? 10 : 7, class: one.kind === "band" ? "band" : ground ? "ground" : "box" }),
		text(one.x + 12, one.y + (ground ? 20 : one.height > 60 || one.detail ? 18 : one.height / 2 + 4), cut(one.label, one.width - 20, 12), 12, { class: ground || one.kind === "subnet" ? "soft" : "", "font-weight": ground || one.kind === "subnet" ? 500 : 600 }),
		one.detail && text(one.x + 12, one.y + 33, cut(one.detail, one.width - 24, 11), 11, { class: "soft" }));
}

function taskBox(one) {
	const state = stateOf(one);
	const open = () => { if (state.id) location.hash = `#tasks/${encodeURIComponent(look.stack)}/${state.id}`; };

	return svg("g", { class: `task ${state.tone}`, tabindex: state.id ? 0 : undefined, role: state.id ? "link" : undefined, "data-focus": one.id,
		"aria-label": `${one.label}, ${state.text}`, onclick: open, onkeydown: (event) => event.key === "Enter" && open() },
	svg("rect", { x: one.x, y: one.y, width: one.width, height: one.height, rx: 8, class: "box" }),
	svg("rect", { x: one.x + 9, y: one.y + 12, width: 4, height: one.height - 24, rx: 2, class: "edge" }),
	text(one.x + 22, one.y + 25, cut(one.label, one.width - 34, 14), 14, { "font-weight": 620 }),
	text(one.x + 22, one.y + 44, cut(state.address ? `${state.text} · ${state.address}` : state.text, one.width - 30, 11.5), 11.5, { class: "soft" }));
}

function lineFlows(model, flows, line) {
	if (line.flows) {
		const ids = new Set(line.flows);

		return flows.filter((flow) => [...flow.ids].some((id) => ids.has(id)));
	}
	const inside = (id) => id === line.of || find(model, id)?.parent === line.of;

	return flows.filter((flow) => flow.kind === "peer" && flow.pairs.some((pair) => inside(pair[1]) || inside(pair[2])));
}

function arrow(path) {
	const [[ax, ay], [bx, by]] = path.slice(-2);
	const length = Math.hypot(bx - ax, by - ay) || 1, x = (bx - ax) / length, y = (by - ay) / length;

	return svg("path", { class: "tip", d: `M${bx} ${by}L${bx - 9 * x - 4.5 * y} ${by - 9 * y + 4.5 * x}L${bx - 9 * x + 4.5 * y} ${by - 9 * y - 4.5 * x}Z` });
}

function drawLine(model, flows, line) {
	const members = lineFlows(model, flows, line);
	const worst = members.find((one) => one.verdict === "FAIL") ?? members[0];
	const d = line.paths.map((path) => `M${path.map((point) => point.join(" ")).join("L")}`).join("");
	const label = line.label && `${line.label}${worst ? countMark(worst) : ""}`;
	const pick = () => { if (worst) { chosen = worst.key; draw(document.getElementById("main"), look); } };

	return svg("g", { class: `flow ${line.verdict} ${members.some((one) => one.key === chosen) ? "chosen" : ""} ${members.some((one) => isDropping(one)) ? "dropping" : ""}`, "data-focus": d,
		tabindex: 0, role: "button", "aria-label": `${WORDS[line.kind]} ${line.label ?? ""}: ${STATE[line.verdict]}, ${plural(line.count, "flow")}`, onclick: pick,
		onkeydown: (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), pick()) },
	svg("path", { class: "wire", d }), svg("path", { class: "hit", d }), line.arrow && line.paths.map(arrow),
	label && svg("rect", { class: "plate", x: line.labelX - 3, y: line.labelY - 10, width: label.length * 6 + 6, height: 13, rx: 3 }),
	label && text(line.labelX, line.labelY, label, 11, { class: line.verdict === "FAIL" ? "count" : "count soft" }));
}

function isDropping(flow) {
	return flow.missing && dropped[flow.missing.groupId + flow.missing.direction]?.until > performance.now();
}

function picture(model, flows) {
	const drawn = model.objects.filter((one) => !["matrix", "findings"].includes(one.kind));
	const top = Math.min(...drawn.map((one) => one.y)) - 14, left = Math.min(...drawn.map((one) => one.x)) - 8;
	const right = Math.max(...drawn.map((one) => one.x + one.width)) + 8, bottom = Math.max(...drawn.map((one) => one.y + one.height)) + 8;
	const under = drawn.filter((one) => ["vpc", "band"].includes(one.kind)), over = drawn.filter((one) => !["vpc", "band"].includes(one.kind));
	const order = ["subnet", "store", "file-system"];
	const root = svg("svg", { viewBox: `${left} ${top} ${right - left} ${bottom - top}`, role: "group", "aria-label": `Topology of ${look.stack}` },
		under.map(plainBox), over.filter((one) => order.includes(one.kind)).map(plainBox),
		model.lines.slice().sort((a, b) => (a.verdict === "FAIL") - (b.verdict === "FAIL")).map((line) => drawLine(model, flows, line)),
		over.filter((one) => !order.includes(one.kind)).map((one) => (one.kind === "task" || (one.kind === "chain" && one.physicalId) ? taskBox(one) : plainBox(one))));

	root.style.maxWidth = `${right - left}px`;
	if (right - left > 1500)
		root.style.minWidth = `${(right - left) * 0.75}px`;
	return root;
}

/* ---- a flow and its rule --------------------------------------------------------------------------- */

function peerText(rule) {
	const source = rule.source && groupName(rule.source);

	return source ?? rule.cidr ?? rule.cidr6 ?? rule.list ?? "anywhere";
}

function portText(rule) {
	if (rule.protocol === "-1")
		return "all traffic";
	const from = Number(rule.from), to = Number(rule.to);

	return `${rule.protocol.toUpperCase()} ${from === to ? from : `${from}–${to}`}`;
}

function ruleText(rule) {
	return `${rule.egress ? "out to" : "in from"} ${peerText(rule)}, ${portText(rule)}`;
}

function logicalRule(id) {
	return all("resources").find(([, one]) => one.physical === id)?.[0];
}

function letRow(one) {
	const rule = get("rules", one.ruleId), count = get("counters", one.ruleId);

	return h("li", {}, h("span", {}, rule ? ruleText(rule) : one.ruleId), " ", h("span", { class: "quiet small number" }, typeof count === "number" ? `${count} new connections` : ""), h("div", {}, h("code", {}, one.ruleId)));
}

// A remedy may be a piece of a template.
function indented(text) {
	try {
		return text.startsWith("{") ? JSON.stringify(JSON.parse(text), null, 2) : text;
	} catch {
		return text;
	}
}

// Who would have to be let in, as a rule: the sender's group is the one whose rules let it out, or the groups of its task.
function missingRule(model, flow) {
	const first = flow.pairs[0], other = flow.missing.direction === "ingress" ? first[1] : first[2];
	const object = find(model, other), group = groupOfObject(model, object, flow);

	return { group: flow.missing.groupId, egress: flow.missing.direction === "egress", protocol: "tcp", from: flow.port, to: flow.port, peer: group };
}

function groupOfObject(model, object, flow) {
	if (flow.kind === "peer")
		return flow.missing.groupId;
	const known = model.proofs.find((one) => one.kind === "peer" && one.pairs.some((pair) => pair[1] === object?.id || pair[2] === object?.id));
	const rule = known?.let?.map((one) => get("rules", one.ruleId)).find(Boolean);

	return known?.missing?.groupId ?? rule?.group ?? "";
}

function proofOf(model, flow) {
	const failing = flow.verdict === "FAIL";
	const missing = failing && flow.missing ? missingRule(model, flow) : null;
	const declared = missing && (model.gone ?? []).find((one) => one.direction === flow.missing.direction && Number(one.from ?? 0) <= flow.port && flow.port <= Number(one.to ?? 65535));

	return [h("div", { class: "title" }, h("h2", {}, `${WORDS[flow.kind]}, TCP ${flow.port}`), badge(STATE[flow.verdict], TONE[flow.verdict])),
		h("div", { class: "body proof" },
			h("p", {}, ends(model, flow)),
			missing && h("p", {}, h("b", {}, `No ${missing.egress ? "egress" : "ingress"} rule of ${groupName(missing.group)} covers TCP ${flow.port}`), " ", h("code", { class: "quiet" }, missing.group)),
			declared && h("p", { id: "declared" }, "The template declares it as ", h("b", {}, declared.resource), ", and the rule is gone ", h("code", { class: "quiet" }, declared.ruleId)),
			flow.message && h("p", { id: "flow-message" }, flow.message),
			flow.remedy && h("div", {}, h("h3", {}, "What mends it"), h("p", { class: "mono code" }, indented(flow.remedy))),
			flow.let?.length ? h("div", {}, h("h3", {}, "Rules that let it through"), h("ul", {}, flow.let.map(letRow))) : null,
			facts([["Flows", String(flow.pairs.length)], ["Fault", flow.fault], ["Dropped", failing && dropsOf(flow) !== undefined ? `${dropsOf(flow)} packets, counted for the group` : null]]),
			missing && h("div", { class: "buttons" }, h("button", { class: "main", "data-focus": "mend", onclick: () => ask(missing) }, "Add the missing rule")))];
}

function ask(rule) {
	form = rule;
	const name = groupName(rule.group);

	if (!rule.peer) {
		draw(document.getElementById("main"), look);
		document.getElementById("rule-peer")?.focus();
		return;
	}
	confirm({ title: "Add this rule?", yes: "Add the rule", text: `${name} will let TCP ${rule.from} ${rule.egress ? "out to" : "in from"} ${groupName(rule.peer)}. New connections follow it at once.`,
		action: () => act("add-rule", rule) });
}

function drawFlows(main, model, flows) {
	const rank = { FAIL: 0, UNKNOWN: 1, PASS: 2 };
	const list = flows.slice().sort((a, b) => rank[a.verdict] - rank[b.verdict] || a.kind.localeCompare(b.kind) || a.port - b.port);

	sync(main.querySelector("#flows"), list.slice(0, 60), (flow) => flow.key, (flow, old) => {
		const item = old ?? h("li", {}, h("button", { onclick: (event) => { chosen = event.currentTarget.parentNode.dataset.key; draw(main, look); } }));
		const button = item.firstChild;

		redraw(button, [flow.verdict, ends(model, flow), countText(flow), flow.message, flow.pairs.length, chosen === flow.key], () => [
			h("i", { class: `dot ${TONE[flow.verdict]}`, role: "img", "aria-label": STATE[flow.verdict] }),
			h("span", {}, h("b", {}, `${WORDS[flow.kind]} · TCP ${flow.port}`), " ", h("span", { class: "quiet" }, ends(model, flow))),
			h("span", { class: "number small" }, countText(flow)),
			flow.verdict === "PASS" ? null : h("span", { class: "under" }, flow.message)]);
		button.setAttribute("aria-pressed", String(flow.key === chosen));
		return item;
	});
}

/* ---- groups and rules -------------------------------------------------------------------------------- */

function ruleRow(id, rule) {
	const count = get("counters", id), name = logicalRule(id);

	return h("tr", {}, h("td", {}, rule.egress ? "out to" : "in from", " ", h("b", {}, peerText(rule)), h("div", { class: "under" }, name ? `${name} · ` : "", h("code", {}, id), rule.description ? ` · ${rule.description}` : "")),
		h("td", { "data-label": "Ports" }, portText(rule)),
		h("td", { class: "number right", "data-label": "New connections" }, typeof count === "number" ? String(count) : "–"),
		h("td", { class: "right" }, h("button", { class: "danger", "data-focus": `remove ${id}`, "data-rule": id, "aria-label": `Remove the rule ${ruleText(rule)}`, onclick: () => confirm({
			title: "Remove this rule?", yes: "Remove the rule", text: `${groupName(rule.group)} will no longer let ${portText(rule)} ${rule.egress ? "out to" : "in from"} ${peerText(rule)}. Connections that are open stay open, new ones are dropped.`,
			action: () => act("remove-rule", { rule: id }) }) }, "Remove")));
}

const rankOf = (group) => (group.name === "default" ? 2 : group.name.startsWith(`${look.stack}-`) ? 0 : 1);

// Groups that flows of this stack ask, the others of the account folded away.
function drawGroups(main, model) {
	const vpcs = new Set(model.objects.filter((one) => one.kind === "vpc").map((one) => one.physicalId));
	const groups = all("groups").filter(([, group]) => !vpcs.size || vpcs.has(group.vpc)).sort(([, a], [, b]) => rankOf(a) - rankOf(b) || a.name.localeCompare(b.name));
	const rules = Object.groupBy ? Object.groupBy(all("rules"), ([, rule]) => rule.group) : all("rules").reduce((map, one) => ((map[one[1].group] ??= []).push(one), map), {});

	setText(main.querySelector("#group-count"), plural(groups.length, "group"));
	sync(main.querySelector("#groups"), groups, ([id]) => id, ([id, group], old) => {
		const item = old ?? h("details", { class: "rule-group", open: rankOf(group) === 0 }, h("summary", { class: "fold" }), h("div", {}), h("div", { class: "body fold" }));
		const own = rules[id] ?? [];

		redraw(item.children[0], [group, own.length], () => [h("b", {}, groupName(id)), " ", h("span", { class: "quiet small" }, `${groupName(id) === group.name ? "" : `${group.name} · `}${id} · ${plural(own.length, "rule")}`)]);
		redraw(item.children[1], [own, own.map(([rule]) => get("counters", rule)), Object.keys(sections.resources ?? {}).length], () => h("div", { class: "scroll" }, h("table", { class: "stackable" },
			h("thead", {}, h("tr", {}, ["Rule", "Ports", "New connections", ""].map((one, i) => h("th", { scope: "col", class: i > 1 ? "right" : "" }, one)))),
			h("tbody", {}, own.map(([rule, value]) => ruleRow(rule, value))))));
		redraw(item.children[2], [group.name, form?.group === id ? form : null, groups.map(([one]) => one)], () => ruleForm(id, groups));
		if (form?.group === id && !form.peer)
			item.open = true;
		return item;
	});
}

function ruleForm(id, groups) {
	const given = form?.group === id ? form : {};
	const direction = h("select", {}, h("option", { value: "in" }, "in from"), h("option", { value: "out", selected: given.egress }, "out to"));
	const peer = h("input", { list: `peers-${id}`, required: true, placeholder: "sg-… or 10.0.0.0/16", id: given.from ? "rule-peer" : undefined, value: given.peer ?? "" });
	const port = h("input", { type: "number", min: 1, max: 65535, required: true, value: given.from ?? "" });
	const submit = (event) => {
		event.preventDefault();
		ask({ group: id, egress: direction.value === "out", protocol: "tcp", from: Number(port.value), to: Number(port.value), peer: peer.value.trim() });
	};

	return h("details", { open: Boolean(given.from) }, h("summary", { class: "small" }, "Add a rule"),
		h("form", { class: "form four", onsubmit: submit }, h("label", {}, "Direction", direction), h("label", {}, "Group or CIDR", peer), h("label", {}, "TCP port", port), h("button", { class: "main" }, "Add…"),
			h("datalist", { id: `peers-${id}` }, groups.map(([one, group]) => h("option", { value: one }, group.name)))));
}

/* ---- all of it ----------------------------------------------------------------------------------------- */

// What grew since the last look is being dropped now.
function watchDrops() {
	for (const [id, value] of all("counters"))
		for (const direction of ["ingress", "egress"]) {
			const before = dropped[id + direction], count = value?.[direction];

			if (count === undefined)
				continue;
			dropped[id + direction] = { count, until: before && count > before.count ? performance.now() + 3000 : before?.until ?? 0 };
		}
}

export function draw(main, at) {
	const { result: model, error } = job("graph");

	if (look.stack !== at.stack)
		chosen = form = null;
	look = { ...at };
	if (!main.querySelector("#picture"))
		frame(main);
	setText(main.querySelector("#graph-problem"), error ?? "");
	main.querySelector("#graph-problem").hidden = !error;
	if (!model) {
		setText(main.querySelector("#flow-title"), error ? "No drawing" : "Proving every flow…");
		return;
	}
	watchDrops();
	const flows = flowsOf(model), counts = model.counts;
	const states = model.objects.filter((one) => one.kind === "task" || one.kind === "chain").map(stateOf);
	const dropping = flows.filter(isDropping).map((one) => one.key);

	if (!flows.some((one) => one.key === chosen))
		chosen = (flows.find((one) => one.verdict === "FAIL") ?? null)?.key ?? null;
	setText(main.querySelector("#flow-title"), counts.fail ? `${plural(counts.fail, "flow")} of ${counts.flows} blocked` : counts.unknown ? `${counts.pass} of ${counts.flows} flows proven open` : `All ${counts.flows} flows are open`);
	redraw(main.querySelector("#picture"), [model, states, chosen, dropping, model.lines.map((line) => line.label && lineFlows(model, flows, line).map(countText)[0])], () => picture(model, flows));
	drawFlows(main, model, flows);
	const flow = flows.find((one) => one.key === chosen);

	redraw(main.querySelector("#proof"), [flow, flow && countText(flow), flow?.let?.map((one) => [get("rules", one.ruleId), get("counters", one.ruleId)]), flow?.missing && get("groups", flow.missing.groupId)],
		() => (flow ? proofOf(model, flow) : [h("div", { class: "title" }, h("h2", {}, "A flow and its proof")), h("div", { class: "body quiet" }, "Choose a line of the drawing or a flow of the list to see the rules that let it through, or the one that is missing.")]));
	drawGroups(main, model);
}
