import type { SimulationOptions } from "../../../sim/write/simulate.ts";
import { WhosawError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import { type Command, type Invocation } from "../command.ts";
import { EXIT } from "../exit.ts";

export const simCommand: Command = {
  name: "sim",
  summary: "Make up a company, with staff, customers, a leak and scam reports, to try everything on",
  description:
    "Writes months of what its gateway would have recorded into a ledger that verifies and into columns, with whosaw.yaml, staff.csv and reports.csv; " +
    "truth.json says what really happened, for scoring: do not look before you have an answer of your own. One seed gives the same company on every machine. " +
    "What it invents lies in the past, from --first-day on. A run that was broken off is started over by the next one with the same --out. " +
    "With --live the company works through a real gateway before a real PostgreSQL, statement by statement: for small ones, and without reports, since then all of it happens now. " +
    "With --json: {dir, world, seed, customers, staff, days, disclosures, statements, entries, ledgerBytes, vkey, reports, seconds, next}. " +
    "Exit codes: 0 written, 2 wrong command line or a folder that is not empty, 4 the folder cannot be written or another run is at work in it.",
  options: [
    { flags: "--world NAME", description: "what happens, as below (default one-thief-45)" },
    { flags: "--out DIR", description: "a folder that is not there yet", required: true },
    { flags: "--customers N", description: "default 200000" },
    { flags: "--staff N", description: "default 2000" },
    { flags: "--days N", description: "default 180, or as the world has it" },
    { flags: "--seed N", description: "default 1" },
    { flags: "--first-day DATE", description: "default 2026-01-01" },
    { flags: "--reports N", description: "scam reports (default 40)" },
    {
      flags: "--held-out",
      description: "with parameters that no tuning has seen: other habits of customers, staff and scammers",
    },
    { flags: "--live", description: "through a gateway and PostgreSQL, in a clone of whosaw" },
  ],
  examples: [
    "whosaw sim --world one-thief-45 --customers 200000 --staff 2000 --days 180 --seed 7 --out company",
    "whosaw sim --world watch-slow-5 --customers 2000 --staff 40 --days 3 --live --out small",
  ],
  async more() {
    const { worldsHelp } = await import("../worlds-help.ts");
    return worldsHelp();
  },
  async run(invocation) {
    const start = performance.now();
    const path = await import("node:path");
    const out = invocation.option("out") ?? "";
    const dir = path.resolve(invocation.context.cwd, out);
    const options = await optionsOf(invocation);
    const { simulateInto } = await import("../simulation.ts");
    const result = await simulateInto(dir, options, invocation.flag("live"), invocation.context.stderr);
    const seconds = Math.round((performance.now() - start) / 100) / 10;
    const next = nextLines(out, result.vkey, result.reports);
    invocation.output.result({ dir, ...result, seconds, next }, () => {
      const { disclosures, statements, staff, customers, days } = result;
      const counted = [disclosures, statements, staff, customers, days].map((count) => count.toLocaleString("en"));
      const [shown = "", sent = "", people = "", subjects = "", passed = ""] = counted;
      return [
        `${shown} disclosures by ${sent} statements of ${people} staff to ${subjects} customers in ${passed} days, written in ${seconds} s.`,
        "What is true stands in truth.json: do not look before you have an answer of your own.",
        "Next:",
        ...next.map((line) => `  ${line}`),
      ].join("\n");
    });
    return EXIT.ok;
  },
};

/** @throws {WhosawError} USAGE */
async function optionsOf(invocation: Invocation): Promise<SimulationOptions> {
  const { worldOf } = await import("../../../sim/company/worlds.ts");
  const world = worldOf(invocation.option("world") ?? "one-thief-45", invocation.flag("held-out"));
  const given = {
    customers: whole(invocation, "customers", LIMITS.simCustomersMax),
    staff: whole(invocation, "staff", LIMITS.simStaffMax),
    days: whole(invocation, "days", LIMITS.simDaysMax),
    seed: whole(invocation, "seed", Number.MAX_SAFE_INTEGER),
    firstDay: await firstDay(invocation),
  };
  const company = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const reports = whole(invocation, "reports", LIMITS.simReportsMax);
  return { world, company, theft: reports === undefined ? {} : { reports } };
}

/** @throws {WhosawError} USAGE */
function whole(invocation: Invocation, name: string, max: number): number | undefined {
  const text = invocation.option(name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/u.test(text) && value >= 1 && value <= max) return value;
  throw new WhosawError("USAGE", `--${name} is not a whole number from 1 to ${max}.`, {
    hint: `Write for example --${name} 7.`,
  });
}

/** Days since 1970. @throws {WhosawError} USAGE */
async function firstDay(invocation: Invocation): Promise<number | undefined> {
  const { DAY_MS } = await import("../../base/clock.ts");
  const text = invocation.option("first-day");
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  const isDate = /^\d{4}-\d{2}-\d{2}$/u.test(text) && !Number.isNaN(ms) && new Date(ms).toJSON().startsWith(text);
  if (isDate && ms > 0) return ms / DAY_MS;
  throw new WhosawError("USAGE", "--first-day is no date after 1970.", { hint: "Write for example 2026-01-01." });
}

/** Lines to type. */
function nextLines(out: string, vkey: string, reports: number): string[] {
  const lines = [`cd ${out}`, `whosaw verify ledger --vkey ${vkey}`, "whosaw who-saw customer 4711"];
  if (reports === 0) return lines;
  return [...lines, 'whosaw case open "Scam calls"', "whosaw report import reports.csv --case 1"];
}
