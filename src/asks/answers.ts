/**
 * Answers that are as quick as columns and as new as the ledger: of each log, what columns hold, then what has not been
 * shipped yet, read from the log itself.
 */
import { DAY_MS } from "../base/clock.ts";
import { type ErrorCode, WhosawError } from "../base/errors.ts";
import type { Columns } from "../columns/columns.ts";
import { number32 } from "../columns/numbers.ts";
import type { LogWindow } from "../columns/queries/sightings.ts";
import { readableDays } from "../ledger/day-keys.ts";
import { nodeDisk } from "../ledger/disk.ts";
import type { ActorId } from "../ledger/entry.ts";
import { countedEntries, importsIn } from "../ledger/imports.ts";
import { LogReader } from "../ledger/read.ts";
import type { RowRules } from "../shipping/batch-reader.ts";
import { shippedNext } from "../shipping/position.ts";
import {
  type AskedLog,
  type AskTally,
  type Disclosure,
  type OpaqueStatement,
  seenBy,
  type SeenSubject,
  whoSaw,
} from "./ask.ts";
import { ColumnsAsk } from "./columns-ask.ts";
import { scopeOf } from "./scope-answer.ts";
import type { Scope, ScopeQuestion } from "./scope.ts";
import type { SubjectTarget } from "./subject.ts";

/** Who answers: columns and what is beyond them, or the ledger alone. */
export interface Answers {
  /** As `whoSaw` of ask.ts. */
  whoSaw(target: SubjectTarget, tally: AskTally): AsyncGenerator<Disclosure, void, undefined>;
  /** As `seenBy` of ask.ts. */
  seenBy(actor: ActorId, tally: AskTally): AsyncGenerator<SeenSubject | OpaqueStatement, void, undefined>;
  scope(question: ScopeQuestion, rules: RowRules): Scope;
}

/** Reads all of each log. */
export function ledgerAnswers(logs: readonly AskedLog[]): Answers {
  return {
    whoSaw: (target, tally) => whoSaw(logs, target, tally),
    seenBy: (actor, tally) => seenBy(logs, actor, tally),
    scope: (question, rules) =>
      scopeOf(question, rules, () => Promise.resolve({ columns: undefined, shipped: [], logs })),
  };
}

/** Why columns may be left out of an answer, which the ledger then gives alone. */
const WITHOUT_COLUMNS: ReadonlySet<string> = new Set<ErrorCode>([
  "COLUMNS_UNREACHABLE",
  "COLUMNS_FAILED",
  "STORE_MISMATCH",
  "STORE_LOCKED",
]);

/** Whether an error of columns is one that the ledger makes up for. */
export function ledgerSuffices(error: unknown): error is WhosawError {
  return error instanceof WhosawError && WITHOUT_COLUMNS.has(error.code);
}

/**
 * Answers from columns. Every answer holds all that was durable when it was asked for. Of a log that columns cannot
 * answer for, all is read.
 * @param onLedger told why that is
 * @throws WhosawError COLUMNS_UNREACHABLE and COLUMNS_FAILED in the middle of an answer, and as ask.ts
 */
export function columnsAnswers(
  columns: Columns,
  logs: readonly AskedLog[],
  onLedger: (why: WhosawError) => void,
): Answers {
  const shippedOf = async (log: AskedLog): Promise<LogWindow> => {
    try {
      return await windowOf(columns, log);
    } catch (error) {
      if (!ledgerSuffices(error)) throw error;
      onLedger(error);
      return { log: number32(log.origin), next: 0, readableMs: [] };
    }
  };
  return {
    async *whoSaw(target, tally) {
      for (const log of logs) {
        const shipped = await shippedOf(log);
        if (shipped.next > 0) yield* new ColumnsAsk(columns, shipped).whoSaw(target, tally);
        yield* whoSaw([{ ...log, from: shipped.next }], target, tally);
      }
    },
    async *seenBy(actor, tally) {
      for (const log of logs) {
        const shipped = await shippedOf(log);
        if (shipped.next > 0) yield* new ColumnsAsk(columns, shipped).seenBy(actor, tally);
        yield* seenBy([{ ...log, from: shipped.next }], actor, tally);
      }
    },
    scope: (question, rules) =>
      scopeOf(question, rules, async () => {
        const all = await Promise.all(logs.map(shippedOf));
        const shipped = all.filter(({ next }) => next > 0);
        const rest = logs.map((log, i) => ({ ...log, from: all[i]?.next ?? 0 }));
        return { columns: shipped.length > 0 ? columns : undefined, shipped, logs: rest };
      }),
  };
}

/** What columns may answer for, and how many durable entries have not arrived there yet. */
export interface ShippedLogs {
  readonly windows: readonly LogWindow[];
  readonly behind: number;
}

/**
 * For questions that columns answer alone.
 * @throws WhosawError STORE_MISMATCH for columns of other logs, COLUMNS_UNREACHABLE, COLUMNS_FAILED, and as the log is read
 */
export async function shippedLogs(columns: Columns, logs: readonly AskedLog[]): Promise<ShippedLogs> {
  const windows: LogWindow[] = [];
  let behind = 0;
  for (const log of logs) {
    const window = await windowOf(columns, log);
    const size = await (await LogReader.open(log.dir, log)).checkpointSize();
    windows.push(window);
    behind += Math.max(0, size - window.next);
  }
  return { windows, behind };
}

/** How much of a log columns may answer for. */
async function windowOf(columns: Columns, log: AskedLog): Promise<LogWindow> {
  const next = await shippedNext(columns, log);
  const days = await readableDays(nodeDisk(), log.dir);
  const number = number32(log.origin);
  if (log.imports === undefined) return { log: number, next, readableMs: ranges(days) };
  const imports = await importsIn(await LogReader.open(log.dir, log));
  const readableEntries = countedEntries(imports, new Set(days));
  const readableMs = [[0, Number.MAX_SAFE_INTEGER]] as const;
  return { log: number, next, readableMs, readableEntries, undoneEntries: imports.undone };
}

/** Days, ascending, as stretches of time: neighbours are one. */
function ranges(days: readonly number[]): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const day of days) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === day * DAY_MS) last[1] += DAY_MS;
    else found.push([day * DAY_MS, (day + 1) * DAY_MS]);
  }
  return found;
}
