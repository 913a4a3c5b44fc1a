// A TAP runner. The clients print what they like: it goes to stderr, so that stdout is TAP alone.
import { webcrypto } from "crypto";

globalThis.crypto ??= webcrypto; // near-api-js 7 wants it; Node 18 has it, but not as a global
for (const name of ["log", "info", "warn", "debug"]) console[name] = console.error;
const say = (line) => process.stdout.write(line + "\n");
const tests = [];

export const test = (title, run) => tests.push({ title, run });

// All tests, one behind the other: each client's nonces are its own affair.
export async function main() {
	let bad = 0;
	for (const [index, { title, run }] of tests.entries()) {
		try {
			await run();
			say(`ok ${index + 1} - ${title}`);
		} catch (error) {
			bad++;
			say(String(error?.stack ?? error).replace(/^/gm, "# "));
			say(`not ok ${index + 1} - ${title}`);
		}
	}
	say(`1..${tests.length}`);
	process.exit(bad ? 1 : 0);
}
