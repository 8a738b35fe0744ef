/** A history into a ledger and into columns at once: the same entries, without the way through shipping. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { createHash } from "node:crypto";
import { DAY_MS } from "../../src/base/clock.ts";
import { LIMITS } from "../../src/base/limits.ts";
import type { ActorId, DisclosureBlock } from "../../src/ledger/entry.ts";
import { encodeAscendingInts, encodeIntKey } from "../../src/ledger/keys-block.ts";
import { LISTED_SUBJECTS_MIN } from "../../src/shipping/listed.ts";
import type { HistoryColumns } from "./history-columns.ts";
import type { HistoryLog } from "./history-log.ts";
import type { ShownEntry } from "./history-rows.ts";
import {
  type History,
  type HistoryDay,
  type HistoryProbe,
  keyOfSubject,
  type Run,
  statementsOf,
  ticketText,
} from "./history.ts";
import { pageForm, pageSql, PROBE, shapeNumber, shapeOf, SHAPES, showsNamesAlone } from "./pages.ts";

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
    for (let begun = this.#nextDay ?? day.day; begun <= day.day; begun += 1) {
      // What is left of the day before, while its key is at hand.
      if (log.size > 0) log.beat(begun * DAY_MS - 1);
      await log.beginDay(begun);
    }
    this.#nextDay = day.day + 1;
    log.beat(day.day * DAY_MS);
    if (first) log.add(log.timeMs, { kind: "policy-change", policy, mode: "enforce" });
    // A form is written again each day, and people sign in each day.
    this.#sessions.fill(NOT_YET);
    this.#forms.fill(NOT_YET);
    for (const statement of statementsOf(day)) {
      if ("probe" in statement) this.#probe(statement.probe);
      else this.#views(day, statement);
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

  #views(day: HistoryDay, { from, to }: Run): void {
    const shape = shapeNumber(day.fields[from]!, day.listed[from] === 1, to - from);
    const keys = keysOf(day.subject, from, to);
    this.#statement(
      { staff: day.staff[from]!, atMs: day.at[from]!, shape, ticket: day.ticket[from]!, rows: keys.length },
      keys,
    );
  }

  #probe({ staff, at, subject }: HistoryProbe): void {
    const keys = subject < 0 ? [] : [keyOfSubject(subject)];
    this.#statement({ staff, atMs: at, shape: PROBE, ticket: -1, rows: 1 }, keys);
  }

  /** @param keys ascending and distinct: as many entries as they need, one at least */
  #statement(sent: SentStatement, keys: readonly number[]): void {
    const { log, columns } = this.#options;
    const atMs = Math.max(sent.atMs, log.timeMs);
    log.beat(atMs);
    const session = this.#session(atMs, sent.staff);
    const form = this.#form(atMs, sent.shape);
    const most = LIMITS.subjectsPerEntryMax;
    const first = keys.length <= most ? keys : keys.slice(0, most);
    const statement = this.#add(atMs, { ...sent, session, form, ended: first.length === keys.length }, first);
    columns.statement(atMs, statement, sent.staff, sent.shape, sent.ticket);
    this.#shown(sent, { atMs, entry: statement, after: 0 }, first);
    for (let done = most; done < keys.length; done += most) {
      const more = keys.slice(done, done + most);
      const outcome = done + most >= keys.length ? { rows: sent.rows, sqlstate: undefined } : undefined;
      const entry = log.add(atMs, { kind: "disclosure", statement, blocks: blocksOf(more), outcome });
      this.#shown(sent, { atMs, entry, after: entry - statement }, more);
    }
    this.#statements += 1;
    this.#disclosures += keys.length;
  }

  #add(
    atMs: number,
    sent: SentStatement & { readonly session: number; readonly form: number; readonly ended: boolean },
    keys: readonly number[],
  ): number {
    const { log, actors, policy } = this.#options;
    return log.add(atMs, {
      kind: "statement",
      actor: actors[sent.staff]!,
      session: sent.session,
      form: sent.form,
      decision: "accounted",
      ticket: ticketText(sent.ticket),
      reason: undefined,
      policy,
      blocks: blocksOf(keys),
      outcome: sent.ended ? { rows: sent.rows, sqlstate: undefined } : undefined,
    });
  }

  #shown(
    { staff: actor, shape: form }: SentStatement,
    place: Pick<ShownEntry, "atMs" | "entry" | "after">,
    keys: readonly number[],
  ): void {
    const listed = keys.length >= LISTED_SUBJECTS_MIN && showsNamesAlone(shapeOf(form));
    this.#options.columns.disclosed({ ...place, actor, form, listed }, keys);
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

/** One, as a gateway gets it. */
interface SentStatement {
  readonly staff: number;
  readonly atMs: number;
  readonly shape: number;
  /** -1: none. */
  readonly ticket: number;
  readonly rows: number;
}

function blocksOf(keys: readonly number[]): readonly DisclosureBlock[] {
  if (keys.length === 0) return [];
  return [{ use: 0, keys: keys.length === 1 ? encodeIntKey(keys[0]!) : encodeAscendingInts(keys) }];
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
