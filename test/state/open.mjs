// Opens the state of a location (JSON, the first argument) and keeps it: until it is killed, or standard input ends.
import { openState } from "../../dist/src/state/state.js";

const clock = { nowMs: () => Date.now() };
const state = await openState(JSON.parse(process.argv[2]), { installation: "whosaw.example/test", clock });
await state.logs.register("whosaw.example/test", "vkey");
console.log("open");
for await (const _ of process.stdin);
await state.close();
