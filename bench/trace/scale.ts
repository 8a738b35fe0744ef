/** Trace far beyond a usual case: many reports, many staff. Each once, in a process of its own for its memory. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { BenchRow } from "../report.ts";
import { WhosawError } from "../../src/base/errors.ts";
import type { Scale, Scaled } from "./scale-process.ts";

const ENDING = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const PROGRAM = new URL(`./scale-process${ENDING}`, import.meta.url);

const SCALES: readonly Scale[] = [
  { name: "10,000 reports, 2,000 staff", company: {}, reports: 10_000 },
  {
    name: "40 reports, 100,000 staff",
    company: { staff: 100_000, customers: 2_000_000, tickets: 4_400_000 },
    reports: 40,
  },
];

export async function measureScales(progress: (text: string) => void): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const scale of SCALES) {
    progress(scale.name);
    rows.push(...rowsOf(scale.name, await measured(scale)));
  }
  return rows;
}

function rowsOf(name: string, scaled: Scaled): BenchRow[] {
  const row = (metric: string, value: number, unit: string): BenchRow => ({
    case: `${name}, ${(scaled.views / 1e6).toFixed(1)} million views`,
    metric,
    value,
    unit,
  });
  return [
    row("all decisions", scaled.traceMs / 1_000, "s"),
    row("whose common subjects to count", scaled.pairsMs / 1_000, "s"),
    row("aggregates from views in memory", scaled.aggregatesMs / 1_000, "s"),
    row("memory with views and aggregates", scaled.bytesBefore / 1e6, "MB"),
    row("most memory while tracing", scaled.bytesMost / 1e6, "MB"),
    { ...row("innocents accused", scaled.innocentAccused ? 1 : 0, ""), goal: "0", met: !scaled.innocentAccused },
  ];
}

async function measured(scale: Scale): Promise<Scaled> {
  const child: ChildProcess = fork(PROGRAM);
  const exit = once(child, "exit").then(() => {
    throw new WhosawError("INTERNAL", `The process of the bench ended: ${scale.name}`);
  });
  child.send(scale);
  const [scaled] = (await Promise.race([once(child, "message"), exit])) as [Scaled];
  exit.catch(() => undefined);
  child.disconnect();
  return scaled;
}
