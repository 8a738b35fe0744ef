// Loaded into the process that runs the tests of postgres.js: its test runner stops at the first failure, and its
// bootstrap makes a database. Ours goes on after a failure, and the database is there already.
import { register } from "node:module";

const runner = new URL("postgres-js-runner.mjs", import.meta.url).href;
const source = `
export async function resolve(specifier, context, next) {
  const ours = specifier === "./bootstrap.js" || specifier === "./test.js";
  return ours ? { url: ${JSON.stringify(runner)}, shortCircuit: true } : next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(source)}`);
