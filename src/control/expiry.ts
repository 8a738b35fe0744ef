/** Expiring days of all gateways' logs: on record first, then the keys go, then the rows in columns. */
import { DAY_MS } from "../base/clock.ts";
import type { Columns } from "../columns/columns.ts";
import { forgetBefore, forgetImported } from "../columns/forget.ts";
import { number32 } from "../columns/numbers.ts";
import { WhosawError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import { disclosureLogs, gatewayLogs, importLog } from "../config/gateways.ts";
import { nodeDisk } from "../ledger/disk.ts";
import { destroyDays, readableDaysBefore } from "../ledger/expire.ts";
import { firstEntrySince } from "../ledger/read.ts";
import { startedLogs } from "../ledger/started.ts";
import type { Ledger } from "../ledger/ledger.ts";

/** What goes, or has gone, of one log. */
export interface ExpiredLog {
  readonly log: string;
  /** `2026-11-21`, oldest first. */
  readonly days: readonly string[];
}

/**
 * The days that would go.
 * @param beforeMs epoch milliseconds; the day that it lies in stays
 * @throws {WhosawError} USAGE if it would leave no day behind us whole
 */
export async function expiring(config: Config, beforeMs: number, nowMs: number): Promise<readonly ExpiredLog[]> {
  if (beforeMs > nowMs - (nowMs % DAY_MS)) {
    throw new WhosawError("USAGE", "The day that is being written cannot expire.", {
      hint: "Give today's date (UTC) or an earlier one.",
    });
  }
  const logs = [...gatewayLogs(config), ...(await startedLogs([importLog(config)]))];
  return Promise.all(
    logs.map(async ({ dir, origin }) => ({
      log: origin,
      days: await readableDaysBefore(nodeDisk(), dir, beforeMs),
    })),
  );
}

/**
 * Destroys their keys. What is left of a run that was broken off goes with the next.
 * @param columns undefined if they are not open: their rows go with the next run, and are in no answer meanwhile
 * @throws {WhosawError} LEDGER_IO, COLUMNS_UNREACHABLE, COLUMNS_FAILED, and what the console log throws: then nothing was destroyed
 */
export async function expire(
  config: Config,
  expired: readonly ExpiredLog[],
  options: {
    readonly beforeMs: number;
    readonly by: string;
    readonly log: Pick<Ledger, "append">;
    readonly columns: Columns | undefined;
  },
): Promise<void> {
  const { beforeMs, by, log, columns } = options;
  const before = new Date(beforeMs).toISOString().slice(0, 10);
  for (const { log: origin, days } of expired) {
    if (days.length === 0) continue;
    const detail = `${origin}: ${days.length} days before ${before}, from ${days[0]} on, by ${by}`;
    await log.append({ kind: "alert", code: "DAYS_EXPIRED", detail });
    const dir = disclosureLogs(config).find((place) => place.origin === origin)?.dir;
    if (dir !== undefined) await destroyDays(nodeDisk(), dir, days);
  }
  if (columns !== undefined) await forget(config, columns, beforeMs);
}

async function forget(config: Config, columns: Columns, beforeMs: number): Promise<void> {
  const logs = gatewayLogs(config).map(({ origin }) => number32(origin));
  await forgetBefore(columns, logs, beforeMs);
  for (const { dir, origin } of await startedLogs([importLog(config)]))
    // Their rows are older than their entries, with whose day they expire.
    await forgetImported(columns, number32(origin), await firstEntrySince(dir, beforeMs));
}
