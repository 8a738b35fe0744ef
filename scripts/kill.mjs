// `npm run test:kill -- --count 200 --seed 1`: kills a gateway at work, so many times; test/faults/kill.ts says how.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureBuilt, ensureInstalled, root, say } from "./ready.mjs";

const { values } = parseArgs({
  options: { count: { type: "string", default: "200" }, seed: { type: "string", default: "1" } },
});
for (const [name, value] of Object.entries(values)) {
  if (/^[1-9]\d{0,5}$/.test(value)) continue;
  say(`--${name} is not a whole number above zero`);
  process.exit(2);
}

ensureInstalled();
ensureBuilt();
const args = ["run", "test/faults/kill.test.ts", "--disable-console-intercept"];
const env = { ...process.env, WHOSAW_KILL_COUNT: values.count, WHOSAW_KILL_SEED: values.seed };
const run = [join("node_modules", "vitest", "vitest.mjs"), ...args];
process.exitCode = spawnSync(process.execPath, run, { cwd: root, env, stdio: "inherit" }).status ?? 1;
