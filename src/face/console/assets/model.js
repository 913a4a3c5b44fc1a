// What the daemon has told: sections of values by id. One stream, opened anew for what is looked at.

export const sections = {};
export const world = { steps: [], log: [], logged: 0, skew: 0, linked: false };
let stream = null;
let notify = () => {};

export function all(section) {
	return Object.entries(sections[section] ?? {});
}

export function get(section, id) {
	return sections[section]?.[id];
}

export function job(name) {
	return get("jobs", name) ?? {};
}

export function tone(status = "") {
	if (/FAILED|ROLLBACK|STOPPED|UNHEALTHY|DIFFERS|WRONG|MISSING/.test(status) && !/^DELETE_COMPLETE$/.test(status))
		return "bad";
	if (/IN_PROGRESS|PROVISIONING|PENDING|ACTIVATING|STOPPING|DEACTIVATING|DEPROVISIONING|UNKNOWN/.test(status))
		return "busy";
	return /COMPLETE|RUNNING|HEALTHY|SAME|VALID/.test(status) ? "good" : "";
}

// One word for a task: what ECS says of it, and whether it was meant.
export function taskState(task) {
	if (task.status === "STOPPED")
		return { text: "stopped", tone: isFailure(task) ? "bad" : "" };
	if (task.status !== "RUNNING")
		return { text: task.status.toLowerCase(), tone: "busy" };
	if (task.health === "HEALTHY")
		return { text: "healthy", tone: "good" };
	if (task.health === "UNHEALTHY")
		return { text: "unhealthy", tone: "bad" };
	return { text: "running", tone: task.containers.some((one) => one.healthStatus === "UNKNOWN") ? "busy" : "good" };
}

export function isFailure(task) {
	return task.status === "STOPPED" && !["UserInitiated", "ServiceSchedulerInitiated"].includes(task.stopCode);
}

export function taskName(task) {
	const family = (task.definition ?? "").split("/").pop().split(":")[0];
	const service = (task.service ?? "").split("/").pop();

	// CloudFormation's names are <stack>-<Logical>-<12 random>
	const match = service.match(/^(.*)-([A-Za-z0-9]+)-[A-Za-z0-9]{12}$/);
	return match && (!task.stack || match[1] === task.stack) ? match[2] : service || family;
}

// Names of a stack and those that stand in it.
export function family(name) {
	const root = get("stacks", name);
	const names = new Set([name]);

	for (let grown = true; root && grown;) {
		grown = false;
		for (const [other, stack] of all("stacks"))
			if (!names.has(other) && [...names].some((one) => get("stacks", one)?.id === stack.parent)) {
				names.add(other);
				grown = true;
			}
	}
	return names;
}

export function tasksOf(stack) {
	const names = family(stack);
	const there = all("tasks").filter(([, task]) => !stack || names.has(task.stack) || (!task.stack && !get("stacks", stack)?.parent));

	return there.sort(([, a], [, b]) => (a.status === "STOPPED") - (b.status === "STOPPED") ||
		taskName(a).localeCompare(taskName(b), "en", { numeric: true }) || b.created - a.created);
}

export function serverNow() {
	return Date.now() + world.skew;
}

function merge(message) {
	if (message.section === "hello") {
		// the daemon was started anew: its token is another one
		if (message.run !== document.querySelector('meta[name="mpcup-run"]').content)
			location.reload();
		for (const name of Object.keys(sections))
			if (name === "events" || name === "resources" || name === "jobs")
				delete sections[name];
		world.steps = message.steps;
		world.skew = message.now - Date.now();
		world.log = [];
		world.logged = 0;
		return;
	}
	if (message.section === "log") {
		world.log.push(...message.lines);
		world.logged += message.lines.length;
		world.log.splice(0, Math.max(0, world.log.length - 2000));
		return;
	}
	const section = sections[message.section] ??= {};

	Object.assign(section, message.set);
	for (const id of message.drop)
		delete section[id];
}

export function listen(look, changed) {
	const query = new URLSearchParams(look);

	notify = changed;
	stream?.close();
	stream = new EventSource(`events?${query}`);
	stream.onopen = () => { world.linked = true; notify(); };
	stream.onerror = () => { world.linked = false; notify(); };
	stream.onmessage = (event) => {
		const message = JSON.parse(event.data);

		merge(message);
		notify(message.section);
	};
}
