import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { verifyLog } from "../../src/verify/log.ts";
import { worldOf } from "../company/worlds.ts";
import { statementsOf } from "../write/history.ts";
import { simulate } from "../write/simulate.ts";

/** Compiled, for it starts `whosaw serve`. */
const MAIN = join(import.meta.dirname, "../../dist/src/cli/main.js");
const root = mkdtempSync(join(tmpdir(), "whosaw-live-"));
afterAll(() => rmSync(root, { recursive: true }));

test("a company lives in a folder: server, control plane and gateway come and go, its ledger stays and verifies", async () => {
  const options = { customers: 200, staff: 6, days: 32, seed: 4 };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [MAIN, "sim", "--world", "no-leak", "--live", ...flags, "--out", "lived", "--json"],
    { cwd: root },
  );
  let [statements, disclosures] = [0, 0];
  for (const day of simulate({ world: worldOf("no-leak"), company: options, theft: {} }).history.days())
    for (const statement of statementsOf(day)) {
      statements += 1;
      if ("from" in statement) disclosures += new Set(day.subject.subarray(statement.from, statement.to)).size;
      else if (statement.probe.subject >= 0) disclosures += 1;
    }
  const lived = JSON.parse(stdout) as { readonly vkey: string };
  expect(lived).toMatchObject({ statements, disclosures, reports: 0 });
  expect(statements).toBeGreaterThan(30);
  const { findings } = await verifyLog(join(root, "lived", "ledger"), { vkey: lived.vkey });
  expect(findings).toEqual([]);
  expect(JSON.parse(readFileSync(join(root, "lived", "truth.json"), "utf8"))).toMatchObject({ kind: "nobody" });
}, 60_000);
