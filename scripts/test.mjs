// `npm test`: everything that proves the product. `npm test -- src/wire` runs the tests of one folder only.
// The sum is left in node_modules/.cache/test-summary.json for .ci/run.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, ensureInstalled, root, say } from "./ready.mjs";

ensureInstalled();

const cache = join(root, "node_modules", ".cache");
const report = join(cache, "vitest.json");
mkdirSync(cache, { recursive: true });
rmSync(report, { force: true });

const chosen = process.argv.slice(2);
let [passed, failed] = [0, 0];

// Some tests start the compiled command line.
count("build", build());
const checks = chosen.length > 0 ? [] : ["types", "lint", "format:check", "unused"];
for (const check of checks) count(check, runs("npm", ["run", "--silent", check]));

const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
const allPassed = runs(process.execPath, [
  join("node_modules", "vitest", "vitest.mjs"),
  "run",
  ...reporters,
  ...chosen,
]);
const tests = readReport();
passed += tests.numPassedTests;
failed += tests.numFailedTests;
// A test file that cannot be loaded, or an error outside of any test, fails the run without failing a test.
if (!allPassed && tests.numFailedTests === 0) failed += 1;

writeFileSync(
  join(cache, "test-summary.json"),
  JSON.stringify({ passed, failed, skipped: tests.numPendingTests + tests.numTodoTests }),
);
process.exitCode = failed === 0 ? 0 : 1;

function count(check, ok) {
  say(`${ok ? "passed" : "FAILED"}: ${check}`);
  if (ok) passed += 1;
  else failed += 1;
}

function runs(program, args) {
  return spawnSync(program, args, { cwd: root, stdio: "inherit" }).status === 0;
}

function readReport() {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  }
}
