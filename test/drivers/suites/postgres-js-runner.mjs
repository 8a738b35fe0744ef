// Runs tests one after the other and goes on after a failure. A test returns [expected, got, ...cleaning up]. For each
// a line of JSON goes to the file descriptor 3: {name, error}. Some of them wait for 10 ms and hope: what fails is tried
// again before it counts.
import { execFileSync } from "node:child_process";
import { writeSync } from "node:fs";
import { inspect } from "node:util";

const RESULTS = 3;
const ATTEMPTS = 3;
const tests = [];

export function t(name, options, fn) {
  const [settings, body] = typeof options === "function" ? [{}, options] : [options, fn];
  tests.push({ name, body, seconds: settings.timeout ?? t.timeout });
  if (tests.length === 1) setImmediate(() => void run());
}
t.timeout = 5;
export const ot = t;
export const nt = () => undefined;

/** Runs a program of PostgreSQL's, told by the environment where to. */
export function exec(program, args) {
  execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}

// A connection that is refused may reject a promise that nobody waits for; the test has its own time limit.
process.on("unhandledRejection", (error) => console.error(error));

async function run() {
  for (const test of tests) {
    let error = await outcome(test);
    for (let attempt = 1; error !== undefined && attempt < ATTEMPTS; attempt++) {
      reset();
      error = await outcome(test);
    }
    if (error !== undefined) reset();
    writeSync(RESULTS, `${JSON.stringify({ name: test.name, error })}\n`);
  }
  process.exit(0);
}

/** A failed test may leave tables, sessions and locks behind; the next one must not fail for that. */
function reset() {
  const { RESET_URL, RESET_SQL } = process.env;
  execFileSync("psql", ["-X", "-q", "-d", RESET_URL], { input: RESET_SQL, stdio: ["pipe", "ignore", "ignore"] });
}

async function outcome({ body, seconds }) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("timed out")), seconds * 1000);
  });
  try {
    const [expected, got] = await Promise.race([body().then((pair) => Promise.all(pair)), late]);
    return expected === got ? undefined : `${inspect(expected)} expected, ${inspect(got)} got`;
  } catch (error) {
    return `${error?.code ?? ""} ${error?.message ?? inspect(error)}`.trim();
  } finally {
    clearTimeout(timer);
  }
}
