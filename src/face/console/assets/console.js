// The frame: which view, of which stack, and the stream that feeds it.
import { announce, h, setText, sync } from "./dom.js";
import { all, get, isFailure, listen, tasksOf, taskState, tone, world } from "./model.js";
import * as network from "./network.js";
import * as secrets from "./secrets.js";
import * as stacks from "./stacks.js";
import * as tasks from "./tasks.js";
import * as topology from "./topology.js";

const views = { stacks, topology, tasks, network, secrets };
const main = document.getElementById("main");
const picker = document.getElementById("stack");
const look = { view: "", stack: "", task: "" };
let drawing = false;
let saidOfStack = "", ours = "";

// #view/stack/task
function read() {
	const [view, stack, task] = location.hash.slice(1).split("/").map(decodeURIComponent);

	return { view: views[view] ? view : "stacks", stack: stack ?? "", task: task ?? "" };
}

export function go(change) {
	const next = { ...look, task: "", ...change };

	location.hash = [next.view, next.stack, next.task].filter((one, i) => i < 2 || one).map(encodeURIComponent).join("/");
}

function open() {
	const next = read();
	const same = next.view === look.view && next.stack === look.stack && next.task === look.task;

	if (same)
		return;
	if (next.view !== look.view) {
		main.replaceChildren();
		document.title = `${views[next.view].title} · mpcup console`;
	}
	Object.assign(look, next);
	listen(look, later);
	later();
}

// The newest network, and what is in it before what it stands on.
function choose() {
	// what a person chose stays; what was chosen here gives way to a network that comes up
	if (look.stack && look.stack !== ours && (get("stacks", look.stack) || !all("stacks").length))
		return;
	const rank = ([, stack]) => (stack.parent ? 0 : stack.role === "network" ? 2 : 1);
	const best = all("stacks").sort((a, b) => rank(b) - rank(a) || String(b[1].created).localeCompare(String(a[1].created)))[0];

	if (!best || best[0] === look.stack)
		return;
	ours = best[0];
	go({ stack: best[0], task: look.task });
}

function drawViews() {
	const failures = tasksOf(look.stack).filter(([, task]) => isFailure(task)).length;

	sync(document.getElementById("views"), Object.keys(views), (name) => name, (name, old) => {
		const item = old ?? h("li", {}, h("a", {}));
		const link = item.firstChild;

		link.href = `#${[name, look.stack].map(encodeURIComponent).join("/")}`;
		if (name === look.view)
			link.setAttribute("aria-current", "page");
		else
			link.removeAttribute("aria-current");
		if (!link.firstChild)
			link.append(views[name].title);
		link.querySelector(".badge")?.remove();
		if (name === "tasks" && failures)
			link.append(h("span", { class: "badge bad", title: "tasks that failed" }, String(failures)));
		return item;
	});
}

function drawStack() {
	const names = all("stacks").sort(([a, x], [b, y]) => !!x.parent - !!y.parent || a.localeCompare(b));
	const stack = get("stacks", look.stack);
	const state = document.getElementById("stack-state");
	const running = tasksOf(look.stack).filter(([, task]) => task.status !== "STOPPED");
	const healthy = running.filter(([, task]) => taskState(task).tone === "good").length;
	const text = stack ? `${stack.status}${running.length ? ` · ${healthy} of ${running.length} tasks healthy` : ""}` : "";

	sync(picker, names, ([name]) => name, ([name], old) => old ?? h("option", { value: name }, name));
	picker.value = look.stack;
	picker.disabled = !names.length;
	setText(state, text);
	state.className = `pulse ${stack ? tone(stack.status) : ""}`;
	if (text && text !== saidOfStack)
		announce(`Stack ${look.stack}: ${text}`);
	saidOfStack = text;
}

function draw() {
	const link = document.getElementById("link");

	drawing = false;
	choose();
	setText(link, world.linked ? "live" : "not connected");
	link.className = `pulse link ${world.linked ? "good" : "bad"}`;
	drawStack();
	drawViews();
	if (!all("stacks").length) {
		if (!main.querySelector(".empty"))
			main.replaceChildren(h("p", { class: "empty" }, "Nothing is deployed here yet. ", h("code", {}, "mpcup up"),
				" deploys the network of a network.yaml; it appears here while it comes up."));
		return;
	}
	if (main.querySelector(":scope > .empty"))
		main.replaceChildren();
	views[look.view].draw(main, look);
}

// A crowd of changes is drawn once.
function later() {
	if (!drawing)
		requestAnimationFrame(draw);
	drawing = true;
}

picker.addEventListener("change", () => {
	ours = "";
	go({ stack: picker.value });
});
window.addEventListener("hashchange", () => {
	const before = look.view;

	open();
	if (look.view !== before)
		main.focus();
});
document.querySelector(".skip").addEventListener("click", (event) => {
	event.preventDefault();
	main.focus();
});
open();
