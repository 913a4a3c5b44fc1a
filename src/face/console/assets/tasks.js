// Tasks: how each was launched, why it stopped, what it says.
import { act, badge, card, clock, confirm, facts, h, plural, redraw, seconds, setText, sync, visible } from "./dom.js";
import { all, get, isFailure, job, serverNow, taskName, tasksOf, taskState, world } from "./model.js";

export const title = "Tasks";
const FOLD = 80;
let filter = "", look = {}, following = true, drawnLines = 0, unfolded = false, tick = null;

function frame(main) {
	const box = h("input", { type: "search", class: "filter", placeholder: "Filter by name, state or address", "aria-label": "Filter tasks", oninput: () => { filter = box.value.toLowerCase(); draw(main, look); } });

	main.replaceChildren(h("div", { class: "view" }, h("div", { class: "head" }, h("h1", { id: "task-title" })),
		h("div", { class: "columns list" },
			h("div", {}, h("section", { class: "card tasks", "aria-label": "Tasks" }, h("div", { class: "title" }, box), h("ul", { id: "tasks", class: "scroller" }), h("div", { class: "fold", id: "more" }))),
			h("div", { id: "detail" }, h("section", { class: "card", id: "head" }), h("section", { class: "card", id: "diagnosis", "aria-live": "polite" }), h("section", { class: "card", id: "launch" }),
				card("Log", h("label", { class: "small" }, h("input", { type: "checkbox", id: "follow", checked: true, onchange: (event) => { following = event.target.checked; draw(main, look); } }), " follow"),
					h("div", { class: "log", id: "log", role: "log", tabindex: "0", "aria-label": "Log lines", onscroll: () => stopFollowing(main) }))))));
}

// Whoever scrolls up reads: new lines do not take the place away.
function stopFollowing(main) {
	const log = main.querySelector("#log"), box = main.querySelector("#follow");

	following = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
	box.checked = following;
}

function matches(id, task) {
	return !filter || `${taskName(task)} ${id} ${taskState(task).text} ${task.address ?? ""} ${task.definition}`.toLowerCase().includes(filter);
}

function age(task) {
	const at = task.stopped ?? task.created;

	return at ? clock(at * 1000).slice(0, 8) : "";
}

function drawList(main, list) {
	const shown = unfolded ? list : list.slice(0, FOLD);

	sync(main.querySelector("#tasks"), shown, ([id]) => id, ([id, task], old) => {
		const item = old ?? h("li", {}, h("a", { href: `#tasks/${encodeURIComponent(look.stack)}/${id}` }, h("i", { class: "dot", "aria-hidden": "true" }), h("b", {}), h("span", { class: "small quiet" }), h("span", { class: "under" })));
		const link = item.firstChild, state = taskState(task);

		link.href = `#tasks/${encodeURIComponent(look.stack)}/${id}`;
		link.children[0].className = `dot ${state.tone}`;
		setText(link.children[1], taskName(task));
		setText(link.children[2], state.text);
		setText(link.children[3], task.status === "STOPPED" ? `${age(task)} · ${task.reason ?? task.stopCode ?? ""}` : [task.address, id.slice(0, 8)].filter(Boolean).join(" · "));
		if (id === look.task)
			link.setAttribute("aria-current", "true");
		else
			link.removeAttribute("aria-current");
		return item;
	});
	redraw(main.querySelector("#more"), [list.length, unfolded], () => list.length > FOLD && h("button", { class: "text", onclick: () => { unfolded = !unfolded; draw(main, look); } }, unfolded ? "Show fewer" : `Show all ${list.length}`));
}

/* ---- one task ------------------------------------------------------------------------------------- */

function headOf(id, task) {
	const state = taskState(task), name = taskName(task), alive = task.status !== "STOPPED";

	return [h("div", { class: "title" }, h("h2", {}, name), badge(state.text, state.tone)),
		h("div", { class: "body view" },
			task.reason && h("p", { class: isFailure(task) ? "problem" : "quiet", id: "stopped-reason" }, `${task.stopCode ? `${task.stopCode}: ` : ""}${visible(task.reason)}`),
			task.containers.filter((one) => one.reason || one.exitCode).map((one) => h("p", { class: "small" }, `Container ${one.name}`, one.exitCode !== undefined ? ` exited with ${one.exitCode}` : "", one.reason ? `: ${visible(one.reason)}` : "")),
			facts([["Task", h("code", {}, id)], ["Address", task.address], ["Definition", (task.definition ?? "").split("/").pop()], ["Size", `${task.cpu} CPU units, ${task.memory} MiB`],
				["Containers", task.containers.map((one) => `${one.name} ${(one.lastStatus ?? "").toLowerCase()}${one.healthStatus && one.healthStatus !== "UNKNOWN" ? `, ${one.healthStatus.toLowerCase()}` : ""}`).join("; ")],
				["Started", task.started ? clock(task.started * 1000) : null], ["Stopped", task.stopped ? clock(task.stopped * 1000) : null]]),
			h("div", { class: "buttons" },
				task.service && h("button", { "data-focus": "redeploy", onclick: () => confirm({ title: `Redeploy ${name}?`, yes: "Redeploy", text: "The service starts a new deployment of the same task definition and stops the running tasks as they are replaced.", action: () => act("redeploy", { service: task.service }) }) }, "Redeploy the service"),
				alive && h("button", { class: "danger", "data-focus": "stop", id: "stop-task", onclick: () => confirm({ title: `Stop ${name}?`, yes: "Stop the task", text: task.service ? "The task gets SIGTERM and then SIGKILL. Its service starts another one." : "The task gets SIGTERM and then SIGKILL.", action: () => act("stop-task", { task: id }) }) }, "Stop the task")))];
}

function stepRow(step, walked, total, failed) {
	const at = walked?.at ?? 0, open = walked && walked.ms === undefined && !failed;
	const now = open ? total - at : walked?.ms;
	const state = !walked ? "later" : walked.failed || (failed && walked.ms === undefined) ? "bad" : open ? "busy" : "";
	const mark = { later: "○", bad: "✕", busy: "●", "": "✓" }[state];
	const bar = h("i", {});

	bar.style.left = `${Math.min(99, at / total * 100)}%`;
	bar.style.width = `${Math.max(0.5, (now ?? 0) / total * 100)}%`;
	return h("li", { class: state }, h("span", { class: "sign", role: "img", "aria-label": { later: "not reached", bad: "failed", busy: "under way", "": "done" }[state] }, mark),
		h("span", {}, step.title), h("span", { class: "track" }, walked && bar), h("span", { class: "number right small quiet" }, walked ? seconds(Math.max(0, now ?? 0)) : ""));
}

function launchOf(task) {
	const walked = new Map((task.steps ?? []).map((one) => [one.step, one]));
	const last = world.steps.findIndex((step) => step.name === "steady");
	const steps = world.steps.slice(0, last + 1);
	const stopped = task.status === "STOPPED";
	const open = (task.steps ?? []).some((one) => one.ms === undefined) && !stopped;
	const total = Math.max(1, open ? serverNow() - task.created * 1000 : Math.max(...(task.steps ?? []).map((one) => one.at + (one.ms ?? 0)), 0));

	return { total, open, rows: steps.map((step) => stepRow(step, walked.get(step.name), total, stopped && isFailure(task))) };
}

function drawLaunch(main, task) {
	const { total, open, rows } = launchOf(task);

	redraw(main.querySelector("#launch"), [task.steps, task.status, open ? total : 0], () => [
		h("div", { class: "title" }, h("h2", {}, "Launch sequence"), h("span", { class: "note number" }, task.steps ? `${seconds(total)}${open ? ", going on" : ""}` : "not recorded")), h("div", { class: "body" }, h("ol", { class: "steps" }, rows))]);
	clearTimeout(tick);
	if (open)
		tick = setTimeout(() => main.querySelector("#launch") && draw(main, look), 250);
}

/* ---- why ------------------------------------------------------------------------------------------- */

function causeOf(cause) {
	return h("article", { class: "cause" }, h("p", {}, h("b", {}, cause.fault ?? ""), " ", badge(cause.confidence ?? "", cause.confidence === "certain" ? "bad" : "busy"), cause.resource ? ` ${cause.resource}` : ""),
		h("p", {}, visible(cause.message ?? "")), cause.remedy && h("p", {}, h("span", { class: "quiet" }, "Remedy: "), h("span", { class: "mono" }, cause.remedy)),
		(cause.evidence ?? []).slice(0, 3).map((one) => h("p", { class: "small quiet" }, `${one.source}: ${visible(one.text)}`)),
		cause.consequences?.length ? h("p", { class: "small quiet" }, `Follows from it: ${cause.consequences.map((one) => one.resource).join(", ")}`) : null);
}

function drawDiagnosis(main, task) {
	const { result, error } = job("diagnosis");
	const causes = result?.causes ?? [], advice = (result?.advice ?? []).filter((one) => one.action !== "none");
	const card = main.querySelector("#diagnosis");

	card.hidden = !isFailure(task) && !causes.length;
	redraw(card, [causes, error, advice, Boolean(result)], () => [h("div", { class: "title" }, h("h2", {}, "Diagnosis"), h("span", { class: "note" }, result ? plural(causes.length, "cause") : error ? "" : "gathering evidence")),
		h("div", { class: "body" }, error && h("p", { class: "problem" }, error), causes.map(causeOf), result && !causes.length && h("p", { class: "quiet" }, "Nothing in what is deployed now explains it: it may have been mended since."),
			advice.map((one) => h("p", { class: "small" }, one.text, " ", one.command && h("code", {}, one.command))))]);
}

/* ---- log ------------------------------------------------------------------------------------------- */

function logLine(line) {
	return h("p", {}, h("time", {}, clock(line.at)), h("bdi", {}, visible(line.text ?? "")));
}

function drawLog(main) {
	const log = main.querySelector("#log");

	if (drawnLines > world.logged || log.childElementCount === 0) {
		log.replaceChildren();
		drawnLines = 0;
	}
	// the oldest lines leave world.log: what is new is counted from its end
	if (world.logged > drawnLines)
		log.append(...world.log.slice(drawnLines - world.logged).map(logLine));
	drawnLines = world.logged;
	while (log.childElementCount > 2000)
		log.firstElementChild.remove();
	if (following)
		log.scrollTop = log.scrollHeight;
}

export function draw(main, at) {
	if (look.stack !== at.stack || look.task !== at.task) {
		drawnLines = 0;
		following = true;
		main.querySelector("#log")?.replaceChildren();
	}
	look = { ...at };
	if (!main.querySelector("#tasks"))
		frame(main);
	const tasks = tasksOf(at.stack), list = tasks.filter(([id, task]) => matches(id, task));
	const running = tasks.filter(([, task]) => task.status !== "STOPPED");

	setText(main.querySelector("#task-title"), `${plural(running.length, "task")}, ${running.filter(([, task]) => taskState(task).tone === "good").length} healthy${tasks.length > running.length ? `, ${tasks.length - running.length} stopped` : ""}`);
	if (!at.task && tasks.length) {
		const first = tasks.find(([, task]) => isFailure(task) && task.stopped > Date.now() / 1000 - 600) ?? tasks[0];

		history.replaceState(null, "", `#tasks/${encodeURIComponent(at.stack)}/${first[0]}`);
		window.dispatchEvent(new HashChangeEvent("hashchange"));
		return;
	}
	drawList(main, list);
	const task = get("tasks", at.task);

	main.querySelector("#detail").hidden = !task;
	if (!task)
		return;
	redraw(main.querySelector("#head"), [at.task, task, all("services").length], () => headOf(at.task, task));
	drawDiagnosis(main, task);
	drawLaunch(main, task);
	drawLog(main);
}
