/** One calm line: how much is recorded, who is at work, and whether anything went wrong. */
import { setTimeout as delay } from "node:timers/promises";
import type { Department } from "../staff/department.ts";
import type { Pulse, Reading } from "./pulse.ts";
import type { Screen } from "./screen.ts";

const INTERVAL_MS = 1_000;
/** Where lines stay. */
const LINES_INTERVAL_MS = 10_000;

export interface StatusOptions {
  readonly screen: Screen;
  readonly department: Department;
  readonly pulse: Pulse;
}

/** Keeps the line true until `signal` is aborted. Each kind of error is told once, and then counted. */
export async function showStatus({ screen, department, pulse }: StatusOptions, signal: AbortSignal): Promise<void> {
  const told = new Set<string>();
  while (!signal.aborted) {
    const reading = await pulse.read(Date.now());
    for (const error of department.tally.errors.keys()) {
      if (!told.has(error)) screen.say(`Error: ${error}`);
      told.add(error);
    }
    screen.update(statusLine(reading, department), LINES_INTERVAL_MS, Date.now());
    await delay(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** What matters most comes first: a narrow terminal shows no more. */
function statusLine({ disclosures, entries, bytes }: Reading, { atWork, size, tally }: Department): string {
  return [
    `${disclosures} disclosures a minute`,
    `${atWork} of ${size} staff at work`,
    `${tally.errorCount} errors`,
    `ledger ${entries} entries, ${(bytes / 1e6).toFixed(1)} MB`,
    `${tally.refusals} refused`,
  ].join(" · ");
}
