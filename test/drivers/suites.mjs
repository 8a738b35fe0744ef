// Runs the integration suites of node-postgres and postgres.js directly and through the gateway, and prints what
// differs. The suites come from checkouts of their repositories, with dependencies installed:
//
//   node test/drivers/suites.mjs [--node-postgres DIR] [--postgres-js DIR] [--only TEXT] [--json FILE]
//
// Exits with 1 if there is a difference that is not among those expected below.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { ensureBuilt, ensureInstalled } from "../../scripts/ready.mjs";

ensureInstalled();
ensureBuilt();
const { startStand } = await import("./suites/stand.mjs");

const PRELOAD = join(import.meta.dirname, "suites", "ports.cjs");
const HOOKS = join(import.meta.dirname, "suites", "postgres-js-hooks.mjs");
const FILE_TIMEOUT_MS = 60_000;
/** Some tests wait for 10 ms and hope: what fails is tried again before it counts, in both places. */
const ATTEMPTS = 3;

/** Differences by design, by suite and test, each with its reason. */
const EXPECTED = {
  "postgres.js": {
    subscribe: "replication connections are refused: they copy whole tables past the accounting",
    "subscribe with transform": "as subscribe",
    "subscribe reconnects and calls onsubscribe": "as subscribe",
    "Unix socket": "the gateway listens on TCP only",
  },
  "pg-cursor, pg-pool, pg-query-stream": {},
  "node-postgres": {
    "gh-issues/130-tests.js": "ends a session from the database template1; a gateway serves one database",
  },
};

const { values: options } = parseArgs({
  options: {
    "node-postgres": { type: "string" },
    "postgres-js": { type: "string" },
    only: { type: "string", default: "" },
    json: { type: "string" },
  },
});

/** Each runs in one place and gives a map from test to `undefined` (passed) or what went wrong. */
const SUITES = [
  ["node-postgres", options["node-postgres"], runNodePostgres],
  ["pg-cursor, pg-pool, pg-query-stream", options["node-postgres"], runMocha],
  ["postgres.js", options["postgres-js"], runPostgresJs],
].filter(([, directory]) => directory !== undefined);

const stand = await startStand();
const reports = [];
try {
  for (const [suite, directory, runSuite] of SUITES) {
    stand.reset();
    const direct = await runSuite(resolve(directory), stand.direct);
    stand.reset();
    const gateway = await runSuite(resolve(directory), stand.gateway);
    reports.push(compare(suite, direct, gateway));
  }
} finally {
  await stand.stop();
}
for (const one of reports) print(one);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(reports, undefined, 2)}\n`);
process.exitCode = reports.some(({ differences }) => differences.some(({ reason }) => reason === undefined)) ? 1 : 0;

/** Every file of the integration suite in a process of its own, as its Makefile does it. */
async function runNodePostgres(checkout, env) {
  const home = join(checkout, "packages", "pg");
  const folder = join(home, "test", "integration");
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith("-tests.js"));
  const results = new Map();
  for (const file of files.toSorted().filter((name) => name.includes(options.only))) {
    let error = await runFile(join(folder, file), home, env);
    for (let attempt = 1; error !== undefined && attempt < ATTEMPTS; attempt++) {
      stand.reset();
      error = await runFile(join(folder, file), home, env);
    }
    results.set(file, error);
  }
  return results;
}

/** @returns undefined if the file passes, otherwise how it ended and what it said */
async function runFile(file, home, env) {
  const child = start(["--require", PRELOAD, file], home, { ...env, PGDATABASE: env.PGUSER });
  const timer = setTimeout(() => child.kill("SIGKILL"), FILE_TIMEOUT_MS);
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk));
  const [code, signal] = await once(child, "close");
  clearTimeout(timer);
  return code === 0 ? undefined : `exit ${code ?? signal}\n${Buffer.concat(output).toString()}`;
}

/** The packages of node-postgres that build on it, each in a process of its own. */
async function runMocha(checkout, env) {
  const mocha = join(checkout, "node_modules", "mocha", "bin", "mocha.js");
  const results = new Map();
  for (const [name, ...specs] of [
    ["pg-cursor"],
    ["pg-pool"],
    ["pg-query-stream", "-r", "ts-node/register", "test/**/*.ts"],
  ]) {
    const home = join(checkout, "packages", name);
    const report = join(mkdtempSync(join(tmpdir(), "whosaw-mocha-")), "report.json");
    const args = [
      "--retries",
      String(ATTEMPTS - 1),
      "--exit",
      "--reporter",
      "json",
      "--reporter-option",
      `output=${report}`,
    ];
    const child = start(["--require", PRELOAD, mocha, ...args, ...specs], home, { ...env, PGDATABASE: env.PGUSER });
    for (const stream of [child.stdout, child.stderr]) stream.resume();
    const [code, signal] = await once(child, "close");
    if (!existsSync(report)) results.set(`${name}: all of it`, `exit ${code ?? signal}`);
    else
      for (const { fullTitle, err } of JSON.parse(readFileSync(report, "utf8")).tests)
        results.set(`${name}: ${fullTitle}`, err.message);
    rmSync(dirname(report), { recursive: true, force: true });
  }
  return results;
}

/** All tests in one process, one after the other. */
async function runPostgresJs(checkout, env) {
  const child = start(["--require", PRELOAD, "--import", HOOKS, join(checkout, "tests", "index.js")], checkout, env);
  child.stdout.resume();
  const errors = [];
  child.stderr.on("data", (chunk) => errors.push(chunk));
  const results = new Map();
  createInterface(child.stdio[3]).on("line", (line) => {
    const { name, error } = JSON.parse(line);
    // Two tests of the same name are told apart by their order.
    let unique = name;
    for (let n = 2; results.has(unique); n++) unique = `${name} (${n})`;
    results.set(unique, error);
  });
  const [code] = await once(child, "close");
  if (code !== 0) results.set("the whole suite", `exit ${code}\n${Buffer.concat(errors).toString()}`);
  return results;
}

function start(args, cwd, env) {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("PG"));
  return spawn(process.execPath, args, {
    cwd,
    env: { ...Object.fromEntries(clean), ...env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
}

function compare(suite, direct, gateway) {
  const names = [...new Set([...direct.keys(), ...gateway.keys()])];
  const differences = names
    .map((name) => ({ name, direct: verdict(direct, name), gateway: verdict(gateway, name) }))
    .filter((row) => outcome(row.direct) !== outcome(row.gateway))
    .map((row) => ({ ...row, reason: EXPECTED[suite][row.name] }));
  const failures = names.filter((name) => verdict(direct, name) !== "passed");
  const passed = (results) => [...results.values()].filter((error) => error === undefined).length;
  return {
    suite,
    direct: { passed: passed(direct), of: direct.size },
    gateway: { passed: passed(gateway), of: gateway.size },
    differences,
    failedDirectly: failures.map((name) => ({ name, error: verdict(direct, name) })),
  };
}

function outcome(result) {
  return result === "passed" || result === "did not run" ? result : "failed";
}

function verdict(results, name) {
  if (!results.has(name)) return "did not run";
  return results.get(name) ?? "passed";
}

function print({ suite, direct, gateway, differences, failedDirectly }) {
  console.log(
    `\n${suite}: direct ${direct.passed} of ${direct.of}, through the gateway ${gateway.passed} of ${gateway.of}`,
  );
  for (const { name, error } of failedDirectly) console.log(`  fails directly too: ${name}: ${firstLine(error)}`);
  if (differences.length === 0) console.log("  no difference");
  for (const { name, direct: there, gateway: here, reason } of differences) {
    console.log(`  DIFFERS ${name}`);
    console.log(`    direct:  ${firstLine(there)}`);
    console.log(`    gateway: ${options.only === "" ? firstLine(here) : here}`);
    console.log(`    ${reason === undefined ? "UNEXPECTED" : `by design: ${reason}`}`);
  }
}

function firstLine(text) {
  return text.split("\n").slice(0, 6).join(" | ");
}
