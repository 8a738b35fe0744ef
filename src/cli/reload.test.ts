/** `whosaw reload`, with a control plane in this process and with none. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../config/load.ts";
import { startControl } from "../control/control.ts";
import { EXIT } from "./exit.ts";
import { cliIn } from "./testing/cli-in.ts";

const folder = mkdtempSync(join(tmpdir(), "whosaw-reload-"));
const file = join(folder, "whosaw.yaml");
const whosaw = cliIn(() => folder);

beforeAll(() =>
  writeFileSync(
    file,
    `upstream: {url: "postgres://gw:pw@127.0.0.1:1/support"}
listen: {postgres: "127.0.0.1:0"}
ledger: {dir: ./ledger, origin: example.com/gw-1}
mode: observe
`,
  ),
);
afterAll(() => rmSync(folder, { recursive: true }));

test("nothing runs: nothing is in force", async () => {
  const { exit, stderr } = await whosaw("reload");
  expect(exit).toBe(EXIT.environment);
  expect(stderr).toContain("No control plane runs");
});

test("what came of it is said: the policy, gateways that kept theirs, sections that wait; a mistake changes nothing", async () => {
  const silent = (): void => undefined;
  const load = () => loadConfig(file);
  const log = { info: silent, warn: silent, error: silent };
  const control = await startControl({ config: await load(), loadConfig: load, log });
  try {
    const before = (JSON.parse((await whosaw("reload", "--json")).stdout) as { policy: string }).policy;
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("mode: observe", "mode: enforce").replace("127.0.0.1:0", "127.0.0.1:7432"));
    const done = await whosaw("reload", "--json");
    expect(JSON.parse(done.stdout)).toMatchObject({ fixed: ["listen"], gateways: [] });
    expect((JSON.parse(done.stdout) as { policy: string }).policy).not.toBe(before);
    expect(done.exit).toBe(EXIT.ok);
    expect((await whosaw("reload")).stdout).toContain("in force at the next start: listen.");
    writeFileSync(file, `${text}mood: observe\n`);
    const wrong = await whosaw("reload");
    expect(wrong.exit).toBe(EXIT.configuration);
    expect(wrong.stderr).toContain("mood");
  } finally {
    await control.close();
  }
});
