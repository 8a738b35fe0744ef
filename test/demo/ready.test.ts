/** scripts/ready.mjs in a project of its own, with an npm that only notes that it was called. */
import { execFile } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";

const WANTED = {
  "": { name: "project" },
  "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
  "node_modules/a-darwin": { version: "1.0.0", optional: true },
};
const PRESENT = { "node_modules/a": WANTED["node_modules/a"] };
/** What `npm ci` would leave behind, and a line for each call. */
const NPM = `#!/bin/sh
echo "$*" >>calls
mkdir -p node_modules && cp installed.json node_modules/.package-lock.json
`;

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "whosaw-ready-"));
  write("scripts/ready.mjs", readFileSync(join(import.meta.dirname, "../../scripts/ready.mjs"), "utf8"));
  write("package-lock.json", JSON.stringify({ packages: WANTED }));
  write("installed.json", JSON.stringify({ packages: PRESENT }));
  write("bin/npm", NPM);
  chmodSync(join(project, "bin/npm"), 0o755);
});

afterEach(() => rmSync(project, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
}

async function ensureInstalled(): Promise<void> {
  const script = `import(${JSON.stringify(join(project, "scripts/ready.mjs"))}).then((ready) => ready.ensureInstalled())`;
  const env = { ...process.env, PATH: `${join(project, "bin")}:${process.env["PATH"]}` };
  await promisify(execFile)(process.execPath, ["-e", script], { env });
}

function calls(): number {
  const file = join(project, "calls");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").length - 1 : 0;
}

test("a fresh clone is installed, once, by however many at a time", async () => {
  await Promise.all([ensureInstalled(), ensureInstalled(), ensureInstalled()]);
  await ensureInstalled();
  expect(calls()).toBe(1);
});

test("what somebody installed by hand is left alone, optional packages of other platforms missing", async () => {
  mkdirSync(join(project, "node_modules"));
  copyFileSync(join(project, "installed.json"), join(project, "node_modules/.package-lock.json"));
  await ensureInstalled();
  expect(calls()).toBe(0);
});

test.each([
  ["another version", { "node_modules/a": { version: "1.0.1", integrity: "sha512-a" } }],
  ["other bytes", { "node_modules/a": { version: "1.0.0", integrity: "sha512-b" } }],
  ["one too many", { ...PRESENT, "node_modules/b": { version: "1.0.0" } }],
  ["one missing", {}],
])("installed again: %s", async (_, packages) => {
  write("node_modules/.package-lock.json", JSON.stringify({ packages }));
  await ensureInstalled();
  expect(calls()).toBe(1);
});

test("a lock whose holder is dead keeps nobody waiting", async () => {
  const dead = await promisify(execFile)(process.execPath, ["-p", "process.pid"]);
  write(".cache/install.lock", dead.stdout.trim());
  await ensureInstalled();
  expect(calls()).toBe(1);
});
