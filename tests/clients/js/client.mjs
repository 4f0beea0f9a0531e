// A Matrix client with encryption, for trials: one JSON request per line on standard input, one answer per line on
// standard output, in the same order: {"do": "say", "room": …, "text": …} and {"ok": {"event": …}} or {"error": …,
// "code": …}. session.mjs has the commands. It exits at the end of its input.

import { Console } from "node:console";
import { createInterface } from "node:readline";

// The libraries log: only errors, and to standard error. Set before they are loaded, since they keep a reference.
globalThis.console = new Console(process.stderr, process.stderr);
for (const level of ["trace", "debug", "info", "log"]) {
    console[level] = () => {};
}
const { Session } = await import("./session.mjs");

const commands = new Set(Object.getOwnPropertyNames(Session.prototype));
commands.delete("constructor");
const session = new Session();

async function answer(line) {
    try {
        const { do: command, ...fields } = JSON.parse(line);
        if (!commands.has(command)) {
            throw new Error(`no command ${command}`);
        }
        return { ok: await session[command]({ seconds: 30, ...fields }) };
    } catch (error) {
        console.error(error);
        return { error: String(error), code: error?.errcode ?? null };
    }
}

for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
await session.close();
process.exit(0);
