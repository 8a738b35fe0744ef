/** A trace that was computed again, beside what a file says of the first time: the same, or what has changed. */
import { DAY_MS } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { type Traced, type TracedFile, tracedShape } from "./traced.ts";

/** What became of the reports of a trace since. */
export interface ReportsSince {
  readonly withdrawn: readonly string[];
  /** The state does not have them. */
  readonly missing: readonly string[];
  /** Reports of the case that it did not rest on, and that stand. */
  readonly added: number;
}

export interface TracedAgain {
  /** Over the reports of the first time, whatever became of them since. */
  readonly again: Traced;
  readonly since: ReportsSince;
  /** What the case has sealed. */
  readonly sealed: Readonly<Record<string, number>>;
}

export interface Replay {
  /** From the same input the same result. */
  readonly same: boolean;
  /** Of what it rests on, in sentences. */
  readonly changed: readonly string[];
  /** What a trace of today rests on besides. */
  readonly since: readonly string[];
  readonly before: Outcome;
  readonly after: Outcome;
}

/** What people would go by. */
export interface Outcome {
  readonly at: string;
  readonly inputsHash: string;
  readonly suspects: readonly { readonly staff: string; readonly posterior: number; readonly verdict: string }[];
  readonly group: readonly string[] | null;
}

/** @throws {WhosawError} USAGE for what is no file of a trace */
export function readTraced(bytes: Uint8Array): TracedFile {
  const refused = (): WhosawError =>
    new WhosawError("USAGE", "This is no result of a trace.", {
      hint: "Give a file that `whosaw trace --case ID --result FILE` has written.",
    });
  if (bytes.length > LIMITS.traceFileBytesMax) throw refused();
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw refused();
  }
  const parsed = tracedShape.safeParse(value);
  if (!parsed.success) throw refused();
  return parsed.data;
}

export function compareTraces(first: TracedFile, { again, since, sealed }: TracedAgain): Replay {
  const [before, after] = [outcomeOf(first), outcomeOf(again)];
  const isSealed = canonical(first.settings) === canonical(sealed);
  const same = isSealed && alike(first.result, JSON.parse(JSON.stringify(again.result)));
  const changed = changesOf(first, again, since, sealed);
  const unexplained =
    "Nothing that was looked at has changed, and yet the input or the result is another: if it is the same build of whosaw, run `whosaw verify` on the ledger, and `whosaw ledger reindex` if columns are in doubt.";
  return {
    same,
    changed: same || changed.length > 0 ? changed : [unexplained],
    since: sinceOf(since),
    before,
    after,
  };
}

interface Result {
  readonly suspects: Outcome["suspects"];
  readonly ambiguityGroup?: readonly string[] | undefined;
  readonly inputsHash: string;
}

function outcomeOf({ at, result }: { readonly at: string; readonly result: Result }): Outcome {
  const suspects = result.suspects.map(({ staff, posterior, verdict }) => ({ staff, posterior, verdict }));
  return { at, inputsHash: result.inputsHash, suspects, group: result.ambiguityGroup ?? null };
}

/** Other processors round a sum of many numbers otherwise. */
const ROUNDED = 1e-9;

/** Everything that a result says, its explanations and steps too: whoever takes one out of the file has changed it. */
function alike(before: unknown, after: unknown): boolean {
  if (typeof before === "number" && typeof after === "number")
    return before === after || Math.abs(before - after) <= ROUNDED * Math.max(1, Math.abs(before), Math.abs(after));
  if (typeof before !== "object" || typeof after !== "object" || before === null || after === null)
    return before === after;
  const [left, right] = [Object.entries(before), new Map<string, unknown>(Object.entries(after))];
  return left.length === right.size && left.every(([name, value]) => right.has(name) && alike(value, right.get(name)));
}

function changesOf(
  first: TracedFile,
  again: Traced,
  { missing }: ReportsSince,
  sealed: Readonly<Record<string, number>>,
): string[] {
  const changed: string[] = [];
  if (first.code !== again.code) changed.push(`It was whosaw ${first.code}, and is ${again.code} now.`);
  if (first.policy !== again.policy) changed.push("The policy is another: fields may be of other classes.");
  if (canonical(first.settings) !== canonical(sealed))
    changed.push("The settings are not those that the case has sealed.");
  if (missing.length > 0) changed.push(`${missing.length} of its reports are not in the state: ${shown(missing)}.`);
  if (first.source !== again.source)
    changed.push(`It was read from ${first.source}, and is read from ${again.source} now.`);
  const now = new Map(again.logs.map((log) => [log.origin, log]));
  for (const log of first.logs) changed.push(...logChanges(log, now.get(log.origin)));
  return changed;
}

type Log = TracedFile["logs"][number];

function logChanges(then: Log, now: Traced["logs"][number] | undefined): string[] {
  if (now === undefined) return [`The log ${then.origin} is not there.`];
  const changed: string[] = [];
  if (now.entries < then.entries)
    changed.push(`The log ${then.origin} has ${now.entries} entries; it had ${then.entries}: an older copy.`);
  if (now.entries === then.entries && now.root !== then.root)
    changed.push(`The log ${then.origin} is as long as it was, and another one.`);
  if (now.entries > then.entries)
    changed.push(
      `The log ${then.origin} has ${now.entries - then.entries} entries more; those of days before a contact count now.`,
    );
  const gone = daysGone(then, now);
  if (gone.length > 0) changed.push(`${gone.length} days of ${then.origin} have expired since: ${shown(gone)}.`);
  return changed;
}

function daysGone(then: Log, now: Traced["logs"][number]): string[] {
  const gone: string[] = [];
  for (const [first, last] of then.readable) {
    for (let ms = Date.parse(first); ms <= Date.parse(last) && gone.length < LIMITS.reportsPerCaseMax; ms += DAY_MS) {
      const day = new Date(ms).toISOString().slice(0, 10);
      if (!now.readable.some(([from, to]) => day >= from && day <= to)) gone.push(day);
    }
  }
  return gone;
}

function sinceOf({ withdrawn, added }: ReportsSince): string[] {
  return [
    ...(withdrawn.length === 0
      ? []
      : [
          `${withdrawn.length} of its reports were withdrawn since, and weigh nothing in a trace of today: ${shown(withdrawn)}.`,
        ]),
    ...(added === 0 ? [] : [`${added} reports have come to the case since.`]),
  ];
}

function shown(names: readonly string[]): string {
  const some = names.slice(0, LIMITS.shownNamesMax).join(", ");
  return names.length > LIMITS.shownNamesMax ? `${some} and ${names.length - LIMITS.shownNamesMax} more` : some;
}

function canonical(settings: Readonly<Record<string, number>>): string {
  return JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
}
