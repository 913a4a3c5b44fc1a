// Elements from text: nothing here, and nothing that uses it, reads markup from a string.

export function h(name, attributes = {}, ...children) {
	return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
	return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(element, attributes, children) {
	for (const [key, value] of Object.entries(attributes)) {
		if (key.startsWith("on"))
			element.addEventListener(key.slice(2), value);
		else if (value === true)
			element.setAttribute(key, "");
		else if (value !== undefined && value !== null && value !== false)
			element.setAttribute(key, value);
	}
	element.append(...children.flat(3).filter((one) => one !== null && one !== undefined && one !== false));
	return element;
}

// Makes the children of `parent` those of `items`, keeping elements (and their focus) by key. draw(item, old) gives
// the element for an item: `old`, changed, or a new one.
export function sync(parent, items, keyOf, draw) {
	const before = new Map([...parent.children].map((one) => [one.dataset.key, one]));
	let at = parent.firstElementChild;

	for (const item of items) {
		const key = String(keyOf(item));
		const old = before.get(key);
		const element = draw(item, old);

		element.dataset.key = key;
		before.delete(key);
		if (old && old !== element) {
			if (old === at)
				at = at.nextElementSibling;
			old.remove();
		}
		if (element === at)
			at = at.nextElementSibling;
		else
			parent.insertBefore(element, at);
	}
	for (const gone of before.values())
		gone.remove();
}

// Replaces what is inside only when `value` differs from what was drawn last: focus and scrolling stay.
export function redraw(element, value, draw) {
	const text = JSON.stringify(value) ?? "";

	if (element.drawn === text)
		return;
	const focused = element.contains(document.activeElement) ? document.activeElement.dataset?.focus : undefined;

	element.drawn = text;
	element.replaceChildren(...[draw()].flat(3).filter(Boolean));
	if (focused)
		[...element.querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === focused)?.focus();
}

export function setText(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

// What a terminal would obey, or what would turn the direction of what stands beside it, becomes visible.
export function visible(text) {
	return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (one) => {
		const code = one.codePointAt(0);

		return code < 32 ? String.fromCodePoint(0x2400 + code) : `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
	});
}

export function card(title, note, ...body) {
	return h("section", { class: "card" }, h("div", { class: "title" }, h("h2", {}, title), note && h("span", { class: "note" }, note)), ...body);
}

export function badge(text, tone) {
	return h("span", { class: `badge ${tone}` }, text);
}

export function facts(rows) {
	return h("dl", { class: "facts" }, rows.filter(([, value]) => value !== undefined && value !== null && value !== "")
		.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

export function seconds(ms) {
	if (ms === undefined || Number.isNaN(ms))
		return "";
	if (ms < 1000)
		return `${Math.round(ms)} ms`;
	return ms < 60000 ? `${(ms / 1000).toFixed(2)} s` : `${Math.floor(ms / 60000)} min ${Math.round(ms / 1000) % 60} s`;
}

export function clock(ms) {
	const d = new Date(ms);

	return `${d.toTimeString().slice(0, 8)}.${String(d.getMilliseconds()).padStart(3, "0")}`;
}

export function plural(count, word) {
	return `${count} ${word}${count === 1 ? "" : "s"}`;
}

// Says a change to those who do not see it.
export function announce(text) {
	setText(document.getElementById("news"), text);
}

const token = document.querySelector('meta[name="mpcup-token"]').content;

export async function act(name, body) {
	const answer = await fetch(`actions/${name}`, {
		method: "POST", headers: { "Content-Type": "application/json", "X-Mpcup-Token": token }, body: JSON.stringify(body),
	});
	const said = await answer.json();

	if (!answer.ok)
		throw new Error(said.error ?? `the console answered ${answer.status}`);
	return said;
}

// Asks, acts, and stays open with the reason when it does not work.
export function confirm({ title, text, yes, action }) {
	const dialog = document.getElementById("ask");
	const button = document.getElementById("ask-yes");
	const problem = document.getElementById("ask-problem");

	setText(document.getElementById("ask-title"), title);
	setText(document.getElementById("ask-text"), text);
	setText(button, yes);
	setText(problem, "");
	button.disabled = false;
	button.onclick = async () => {
		button.disabled = true;
		try {
			await action();
			dialog.close();
			announce(`${title} Done.`);
		} catch (error) {
			setText(problem, error.message);
			button.disabled = false;
		}
	};
	dialog.showModal();
}
