// A stack as time: when each resource was worked on, and what it waited for.
import { badge, card, clock, h, plural, redraw, seconds, setText, sync } from "./dom.js";
import { all, get, serverNow, tone } from "./model.js";

export const title = "Stacks";
const FOLD = 120;
let unfolded = false, filter = "", tick = null;

function frame(main) {
	main.replaceChildren(h("div", { class: "view" },
		h("div", { class: "head" }, h("h1", { id: "name" }), h("div", { class: "chips", id: "states" })),
		h("p", { class: "problem", id: "reason" }),
		card("Time line", h("span", { id: "span" }), h("div", { class: "axis", "aria-hidden": "true" }, h("div", { id: "axis" })),
			h("ol", { class: "lanes", id: "lanes" }), h("div", { class: "fold", id: "more" })),
		card("Events", h("span", { id: "event-count" }),
			h("div", { class: "scroll" }, h("table", { class: "stackable" }, h("thead", {}, h("tr", {}, ["Time", "Resource", "Status", "Reason"].map((one) => h("th", { scope: "col" }, one)))),
				h("tbody", { id: "events" }))), h("div", { class: "fold", id: "more-events" }))));
}

// The events since somebody last asked for something, oldest first.
function lastOperation(stack) {
	const events = all("events").map(([id, event]) => ({ id, ...event, ms: Date.parse(event.at) })).sort((a, b) => a.order - b.order);
	let from = 0;

	events.forEach((event, i) => {
		if (event.physical === stack.id && /^(CREATE|UPDATE|DELETE|REVIEW)_IN_PROGRESS$/.test(event.status))
			from = i;
	});
	return events.slice(from);
}

function lanesOf(stack, events) {
	const lanes = new Map();

	for (const event of events) {
		if (event.physical === stack.id)
			continue;
		const lane = lanes.get(event.logical) ?? { name: event.logical, type: event.type, from: event.ms, to: event.ms };

		lane.to = event.ms;
		lane.status = event.status;
		lane.reason = event.reason;
		lanes.set(event.logical, lane);
	}
	for (const [name, resource] of all("resources"))
		if (!lanes.has(name) && /IN_PROGRESS/.test(stack.status) && resource.status === "CREATE_IN_PROGRESS")
			lanes.set(name, { name, type: resource.type, status: resource.status });
	return [...lanes.values()];
}

// The one of its needs that was done last, when that is why it began when it did.
function waitedFor(lane, byName, began) {
	const needs = (get("resources", lane.name)?.needs ?? []).map((name) => byName.get(name)).filter((one) => one?.to !== undefined && one.to <= lane.from + 1);
	const last = needs.sort((a, b) => b.to - a.to)[0];

	return last && last.to > began ? last.name : null;
}

function word(lane, byName, began) {
	if (lane.reason && /FAILED/.test(lane.status))
		return { text: lane.reason, tone: "bad" };
	const name = waitedFor(lane, byName, began);

	return { text: name ? `waited for ${name}` : "", tone: "" };
}

// What it waited for stands behind its bar, or before it where there is no room.
function drawBeside(track, text, from, to) {
	const beside = track.lastChild;

	setText(beside, text);
	beside.style.left = to < 0.65 ? `max(4px, ${to * 100}%)` : "auto";
	beside.style.right = to < 0.65 ? "auto" : `${(1 - from) * 100}%`;
}

function drawLane(lane, old, byName, began, span) {
	const item = old ?? h("li", { class: "lane" }, h("div", { class: "who" }, h("b", {}), h("span", {})),
		h("div", { class: "track" }, h("i", {}), h("span", { class: "beside" })), h("span", { class: "number right small" }), h("p", { class: "why" }));
	const [who, track, time, why] = item.children;
	const busy = /IN_PROGRESS/.test(lane.status);
	const to = busy ? serverNow() : lane.to;
	const said = word(lane, byName, began);

	setText(who.firstChild, lane.name);
	setText(who.lastChild, `${lane.type.replace("AWS::", "")} · ${lane.status}`);
	who.title = `${lane.name} ${lane.type}`;
	track.firstChild.className = `bar-of ${tone(lane.status)}`;
	track.firstChild.style.left = `${Math.min(99, (lane.from - began) / span * 100)}%`;
	track.firstChild.style.width = `${Math.max(0.4, (to - lane.from) / span * 100)}%`;
	setText(time, seconds(Math.max(0, to - lane.from)));
	setText(why, said.tone ? said.text : "");
	why.hidden = !said.tone;
	why.className = `why ${said.tone}`;
	drawBeside(track, said.tone ? "" : said.text, (lane.from - began) / span, (to - began) / span);
	return item;
}

function drawLanes(main, stack, events) {
	const lanes = lanesOf(stack, events);
	const byName = new Map(lanes.map((one) => [one.name, one]));
	const began = events[0]?.ms ?? 0;
	const busy = /IN_PROGRESS/.test(stack.status);
	const end = busy ? serverNow() : Math.max(...events.map((one) => one.ms), began + 1);
	const span = Math.max(end - began, 1);
	const shown = lanes.filter((one) => !filter || one.status === filter);

	sync(main.querySelector("#lanes"), unfolded ? shown : shown.slice(0, FOLD), (lane) => lane.name,
		(lane, old) => drawLane(lane, old, byName, began, span));
	setText(main.querySelector("#span"), events.length ? `${plural(lanes.length, "resource")} in ${seconds(span)}, from ${clock(began)}` : "no events");
	redraw(main.querySelector("#axis"), [span], () => [0, 0.2, 0.4, 0.6, 0.8, 1].map((part) => h("span", {}, seconds(span * part))));
	drawFold(main.querySelector("#more"), shown.length, () => { unfolded = !unfolded; draw(main, look); });
	clearTimeout(tick);
	// a bar grows while its resource is worked on
	if (busy)
		tick = setTimeout(() => main.querySelector("#lanes") && draw(main, look), 200);
}

function drawFold(element, count, toggle) {
	redraw(element, [count > FOLD, unfolded, count], () => count > FOLD &&
		h("button", { class: "text", onclick: toggle }, unfolded ? "Show fewer" : `Show all ${count}`));
}

function drawStates(main, lanes) {
	const counts = {};

	for (const [, resource] of lanes)
		counts[resource.status] = (counts[resource.status] ?? 0) + 1;
	redraw(main.querySelector("#states"), [counts, filter], () => Object.entries(counts).map(([status, count]) =>
		h("button", { "data-focus": status, "aria-pressed": String(filter === status), class: `badge ${tone(status)}`,
			onclick: () => { filter = filter === status ? "" : status; draw(main, look); } }, `${count} ${status}`)));
}

function drawEvents(main, events) {
	const newest = events.slice().reverse();
	const shown = unfolded ? newest : newest.slice(0, 40);

	sync(main.querySelector("#events"), shown, (event) => event.id, (event, old) => old ?? h("tr", { class: tone(event.status) === "bad" ? "bad" : "" },
		h("td", { class: "mono number" }, clock(event.ms)),
		h("td", {}, event.logical, h("div", { class: "under" }, event.type)),
		h("td", {}, badge(event.status, tone(event.status))),
		h("td", {}, event.reason ?? "")));
	setText(main.querySelector("#event-count"), plural(events.length, "event"));
	redraw(main.querySelector("#more-events"), [newest.length > 40, unfolded], () => newest.length > 40 &&
		h("button", { class: "text", onclick: () => { unfolded = !unfolded; draw(main, look); } }, unfolded ? "Show fewer" : `Show all ${newest.length}`));
}

let look = {};

export function draw(main, at) {
	const stack = get("stacks", at.stack);

	if (look.stack !== at.stack)
		filter = "";
	look = { ...at };
	if (!stack)
		return;
	if (!main.querySelector("#lanes"))
		frame(main);
	const events = lastOperation(stack);

	setText(main.querySelector("#name"), at.stack);
	setText(main.querySelector("#reason"), tone(stack.status) === "bad" ? stack.reason ?? "" : "");
	main.querySelector("#reason").hidden = !main.querySelector("#reason").textContent;
	drawStates(main, all("resources"));
	drawLanes(main, stack, events);
	drawEvents(main, events);
}
