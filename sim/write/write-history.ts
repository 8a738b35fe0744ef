/** A history into a ledger and into columns at once: the same entries, without the way through shipping. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { createHash } from "node:crypto";
import { DAY_MS } from "../../src/base/clock.ts";
import { LIMITS } from "../../src/base/limits.ts";
import type { ActorId } from "../../src/ledger/entry.ts";
import { encodeAscendingInts, encodeIntKey } from "../../src/ledger/keys-block.ts";
import { LISTED_SUBJECTS_MIN } from "../../src/shipping/listed.ts";
import type { HistoryColumns } from "./history-columns.ts";
import type { HistoryLog } from "./history-log.ts";
import { type History, type HistoryDay, keyOfSubject, type Run, statementsOf, ticketText } from "./history.ts";
import { pageForm, pageSql, shapeNumber, shapeOf, SHAPES, showsNamesAlone } from "./pages.ts";

export interface WriteOptions {
  readonly log: HistoryLog;
  readonly columns: HistoryColumns;
  /** By place of the staff. */
  readonly actors: readonly ActorId[];
  /** Policy version that the entries state. */
  readonly policy: Uint8Array;
  readonly database: string;
  readonly progress?: (done: Written) => void;
}

/** What has been written so far. */
export interface Written {
  readonly days: number;
  readonly disclosures: number;
  readonly statements: number;
}

/** Statements between two looks at what else there is to do: columns are filled meanwhile. */
const STATEMENTS_PER_TURN = 2_048;
const NOT_YET = -1;

/** @returns how much was written, once all of it is in the log and in columns */
export async function writeHistory(history: History, options: WriteOptions): Promise<Written> {
  const writer = new HistoryWriter(history, options);
  for (const day of history.days()) await writer.day(day);
  return writer.end();
}

class HistoryWriter {
  readonly #options: WriteOptions;
  readonly #sessions: Float64Array;
  readonly #forms = new Float64Array(SHAPES);
  readonly #fingerprints: readonly string[];
  #nextDay: number | undefined;
  #days = 0;
  #disclosures = 0;
  #statements = 0;

  constructor({ staff }: History, options: WriteOptions) {
    this.#options = options;
    this.#sessions = new Float64Array(staff.length);
    this.#fingerprints = Array.from({ length: SHAPES }, (_, shape) => fingerprintOf(pageSql(shapeOf(shape))));
  }

  async day(day: HistoryDay): Promise<void> {
    const { log, columns, progress, policy } = this.#options;
    const first = this.#nextDay === undefined;
    for (let begun = this.#nextDay ?? day.day; begun <= day.day; begun += 1) await log.beginDay(begun);
    this.#nextDay = day.day + 1;
    log.beat(day.day * DAY_MS);
    if (first) log.add(log.timeMs, { kind: "policy-change", policy, mode: "enforce" });
    // A form is written again each day, and people sign in each day.
    this.#sessions.fill(NOT_YET);
    this.#forms.fill(NOT_YET);
    for (const run of statementsOf(day)) {
      this.#statement(day, run);
      if (columns.full) await columns.flush();
      else if (this.#statements % STATEMENTS_PER_TURN === 0) await nextTurn();
    }
    this.#days += 1;
    progress?.({ days: this.#days, disclosures: this.#disclosures, statements: this.#statements });
  }

  async end(): Promise<Written> {
    const { log, columns } = this.#options;
    // The last minute of the last day.
    if (this.#nextDay !== undefined) log.beat(this.#nextDay * DAY_MS - 1);
    await log.close();
    await columns.close(log.size, log.timeMs);
    return { days: this.#days, disclosures: this.#disclosures, statements: this.#statements };
  }

  #statement(day: HistoryDay, { from, to }: Run): void {
    const { log, columns, actors, policy } = this.#options;
    const staff = day.staff[from]!;
    const listed = day.listed[from] === 1;
    const atMs = Math.max(day.at[from]!, log.timeMs);
    log.beat(atMs);
    const ticket = day.ticket[from]!;
    const shape = shapeNumber(day.fields[from]!, listed, to - from);
    const session = this.#session(atMs, staff);
    const form = this.#form(atMs, shape);
    const keys = keysOf(day.subject, from, to);
    let statement = NOT_YET;
    for (let done = 0; done < keys.length || statement === NOT_YET; done += LIMITS.subjectsPerEntryMax) {
      const shown =
        keys.length <= LIMITS.subjectsPerEntryMax ? keys : keys.slice(done, done + LIMITS.subjectsPerEntryMax);
      const block = { use: 0, keys: shown.length === 1 ? encodeIntKey(shown[0]!) : encodeAscendingInts(shown) };
      const last = done + shown.length === keys.length;
      const outcome = last ? { rows: keys.length, sqlstate: undefined } : undefined;
      const entry =
        statement === NOT_YET
          ? log.add(atMs, {
              kind: "statement",
              actor: actors[staff]!,
              session,
              form,
              decision: "accounted",
              ticket: ticketText(ticket),
              reason: undefined,
              policy,
              blocks: [block],
              outcome,
            })
          : log.add(atMs, { kind: "disclosure", statement, blocks: [block], outcome });
      if (statement === NOT_YET) columns.statement(atMs, entry, staff, shape, ticket);
      statement = statement === NOT_YET ? entry : statement;
      const isList = showsNamesAlone(shapeOf(shape)) && shown.length >= LISTED_SUBJECTS_MIN;
      columns.disclosed({ atMs, entry, after: entry - statement, actor: staff, form: shape, listed: isList }, shown);
    }
    this.#statements += 1;
    this.#disclosures += keys.length;
  }

  #session(atMs: number, staff: number): number {
    const known = this.#sessions[staff]!;
    if (known !== NOT_YET) return known;
    const { log, actors, database } = this.#options;
    const login = { proof: "scram-sha-256", clientAddress: "198.51.100.1", database } as const;
    return (this.#sessions[staff] = log.add(atMs, { kind: "login", actor: actors[staff]!, ...login }));
  }

  #form(atMs: number, shape: number): number {
    const known = this.#forms[shape]!;
    if (known !== NOT_YET) return known;
    const form = pageForm(shapeOf(shape), this.#fingerprints[shape]!);
    return (this.#forms[shape] = this.#options.log.add(atMs, form));
  }
}

/** Keys of the subjects [from, to), ascending and distinct. */
function keysOf(subjects: Float64Array, from: number, to: number): number[] {
  if (to - from === 1) return [keyOfSubject(subjects[from]!)];
  const sorted = subjects.slice(from, to).sort();
  const keys: number[] = [];
  for (let i = 0; i < sorted.length; i += 1)
    if (i === 0 || sorted[i] !== sorted[i - 1]) keys.push(keyOfSubject(sorted[i]!));
  return keys;
}

/** As long as libpg-query's. */
function fingerprintOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
