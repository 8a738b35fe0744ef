/**
 * Look-ups answered straight from the ledger: who saw a subject, and whom an actor has seen. A disclosure is joined
 * with its statement and that with its form; both stand earlier in the same log.
 */
import { LIMITS } from "../base/limits.ts";
import { Recent } from "../base/recent.ts";
import { blocksByUse } from "../ledger/blocks.ts";
import { type ActorId, type Decision, type DisclosureBlock, type Entry, showsSubjects } from "../ledger/entry.ts";
import { importsIn, inRanges } from "../ledger/imports.ts";
import { decodeKeys } from "../ledger/keys-block.ts";
import { LogReader, type ReadEntry } from "../ledger/read.ts";
import { type Grade, gradeName, gradeOf } from "../shipping/grades.ts";
import { type ImportedRows, importedRows } from "../shipping/imported-rows.ts";
import { blockHolds, placeOf, type SubjectTarget } from "./subject.ts";

/** A log to ask. */
export interface AskedLog {
  /** Absolute path of its directory. */
  readonly dir: string;
  readonly origin: string;
  readonly masterKey: Uint8Array;
  /** Index of the first entry to look at; 0 unless given. */
  readonly from?: number;
  /** It holds disclosures from files, with times of their own. */
  readonly imports?: true;
}

/** Subject s was shown in one use of a protected table by one statement. */
export interface Disclosure {
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly actor: ActorId;
  readonly table: string;
  /** Protected columns shown in clear. */
  readonly fields: readonly string[];
  readonly masked: readonly string[];
  readonly reason: string | null;
  readonly ticket: string | null;
  /** `ORIGIN/index` of the statement entry. */
  readonly statement: string;
  readonly log: string;
  /** Index of the entry that holds the disclosure. */
  readonly index: number;
  /**
   * Protected columns that were not shown, but decided which rows came or in which order: whoever searches by a phone
   * number and gets this subject has learned whose it is.
   */
  readonly searchedBy: readonly string[];
  /** How surely the actor was shown the subject; page-level and possible come from imports alone. */
  readonly grade: Grade;
}

/** One subject that an actor was shown. Text keys appear as their hashes: the ledger holds nothing else. */
export interface SeenSubject extends Omit<Disclosure, "actor"> {
  readonly subject: { readonly kind: string; readonly key: string };
}

/** A statement that could not be accounted for: subjects unknown. */
export interface OpaqueStatement {
  readonly opaque: true;
  readonly at: string;
  readonly tables: readonly string[];
  readonly reason: string | null;
  readonly ticket: string | null;
  readonly statement: string;
  readonly log: string;
  readonly index: number;
}

/** What an answer cannot say; filled while the answer is read. */
export interface AskTally {
  /** Opaque statements: any of them may have shown the subject, through a view, a function or a table that nobody classified. */
  opaque: number;
  /** Disclosures that can no longer be read: their day's key was destroyed. */
  expired: number;
}

type Form = Entry & { readonly kind: "form" };

interface StatementHead {
  readonly actor: ActorId;
  readonly form: number;
  readonly decision: Decision;
  readonly grade: Grade;
  readonly reason: string | null;
  readonly ticket: string | null;
}

/** One entry that shows subjects, with the statement that it belongs to. */
interface Shown {
  readonly index: number;
  readonly timeMs: number;
  readonly statementIndex: number;
  readonly statement: StatementHead;
  readonly blocks: readonly DisclosureBlock[];
  /** The entry is the statement's own, not a later disclosure. */
  readonly first: boolean;
  /** Of an import: every block was shown in every use. */
  readonly imported?: ImportedRows;
}

/** Whether an entry matters; asked before anything is joined. The statement is undefined if the entry is not its own. */
type Wanted = (blocks: readonly DisclosureBlock[], statement: StatementHead | undefined) => boolean;

/** Reads one log once, from front to back. */
class Asking {
  readonly #log: AskedLog;
  readonly #tally: AskTally;
  readonly #statements = new Recent<number, StatementHead>(LIMITS.askedStatementsCachedMax);
  readonly #forms = new Recent<number, Form>(LIMITS.askedFormsCachedMax);
  #reader: LogReader | undefined;

  constructor(log: AskedLog, tally: AskTally) {
    this.#log = log;
    this.#tally = tally;
  }

  /** Every entry that can show a subject, of those that are wanted. */
  async *shown(wanted: Wanted): AsyncGenerator<Shown> {
    const reader = await LogReader.open(this.#log.dir, this.#log);
    this.#reader = reader;
    const undone = this.#log.imports === undefined ? [] : (await importsIn(reader)).undone;
    for await (const run of reader.runs(this.#log.from)) {
      const counting = undone.length === 0 ? run : run.filter(({ index }) => !inRanges(undone, index));
      yield* this.#shownIn(counting, wanted);
    }
  }

  async *#shownIn(run: readonly ReadEntry[], wanted: Wanted): AsyncGenerator<Shown> {
    for (const { index, timeMs, kind, entry } of run) {
      if (entry === undefined) {
        if (showsSubjects(kind)) this.#tally.expired++;
      } else if (entry.kind === "form") {
        this.#forms.set(index, entry);
      } else if (entry.kind === "statement") {
        const statement = headOf(entry);
        this.#statements.set(index, statement);
        if (!wanted(entry.blocks, statement)) continue;
        yield { index, timeMs, statementIndex: index, statement, blocks: entry.blocks, first: true };
      } else if (entry.kind === "disclosure") {
        if (!wanted(entry.blocks, undefined)) continue;
        const statement = await this.#statement(entry.statement);
        if (statement === undefined) this.#tally.expired++;
        else yield { index, timeMs, statementIndex: entry.statement, statement, blocks: entry.blocks, first: false };
      } else if (entry.kind === "imported") {
        const statement = headOfImported(entry);
        const blocks = entry.keys === undefined ? [] : [{ use: 0, keys: entry.keys }];
        if (!wanted(blocks, statement)) continue;
        const imported = importedRows(entry);
        yield { index, timeMs: entry.atMs, statementIndex: index, statement, blocks, first: true, imported };
      }
    }
  }

  async #statement(index: number): Promise<StatementHead | undefined> {
    const known = this.#statements.get(index);
    if (known !== undefined) return known;
    const entry = await this.#entry(index);
    return entry?.kind === "statement" ? headOf(entry) : undefined;
  }

  async form(index: number): Promise<Form | undefined> {
    const known = this.#forms.get(index);
    if (known !== undefined) return known;
    const entry = await this.#entry(index);
    if (entry?.kind !== "form") return undefined;
    this.#forms.set(index, entry);
    return entry;
  }

  async #entry(index: number): Promise<Entry | undefined> {
    return (await this.#reader?.entry(index))?.entry;
  }

  /** What every item says of its statement. */
  common(
    shown: Shown,
    atMs = shown.timeMs,
  ): Pick<Disclosure, "at" | "reason" | "ticket" | "statement" | "log" | "index"> {
    const { origin } = this.#log;
    return {
      at: new Date(atMs).toISOString(),
      reason: shown.statement.reason,
      ticket: shown.statement.ticket,
      statement: `${origin}/${shown.statementIndex}`,
      log: origin,
      index: shown.index,
    };
  }
}

function headOf(entry: Entry & { readonly kind: "statement" }): StatementHead {
  const { actor, form, decision, reason, ticket } = entry;
  return { actor, form, decision, grade: gradeName(gradeOf(actor)), reason: named(reason), ticket: named(ticket) };
}

function headOfImported({ actor, form, grade, keys }: Entry & { readonly kind: "imported" }): StatementHead {
  return { actor, form, decision: keys === undefined ? "opaque" : "accounted", grade, reason: null, ticket: null };
}

/** Pages of which nobody knows whom they showed; a statement through a gateway is one. */
function timesOpaque({ statement, first, timeMs, imported }: Shown): readonly number[] {
  if (!first || statement.decision !== "opaque") return [];
  return imported?.times ?? [timeMs];
}

/** The blocks of each use, in its order. */
function blocksOf({ blocks, imported }: Shown, { uses }: Form): readonly DisclosureBlock[] {
  if (imported === undefined) return blocksByUse(blocks);
  return uses.flatMap((_, use) => blocks.map(({ keys }) => ({ use, keys })));
}

/** When a subject was shown. @param place among the keys of its block */
function atOf({ imported, timeMs }: Shown, place: number): number {
  return imported?.times[place] ?? timeMs;
}

/** An empty text names nothing. */
function named(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : text;
}

/**
 * Everybody to whom a subject was shown, in the order of each log.
 * @param tally every opaque statement counts, whatever tables it names: a view or a function hides which ones it reads
 * @throws WhosawError NOT_FOUND, LEDGER_KEY_LOST, LEDGER_DAMAGED
 */
export async function* whoSaw(
  logs: readonly AskedLog[],
  target: SubjectTarget,
  tally: AskTally,
): AsyncGenerator<Disclosure, void, undefined> {
  for (const log of logs) {
    const asking = new Asking(log, tally);
    const holds = (block: DisclosureBlock): boolean => blockHolds(block.keys, target);
    for await (const shown of asking.shown(
      (blocks, statement) => statement?.decision === "opaque" || blocks.some(holds),
    )) {
      const form = await asking.form(shown.statement.form);
      if (form === undefined) {
        tally.expired++;
        continue;
      }
      tally.opaque += timesOpaque(shown).length;
      for (const block of blocksOf(shown, form)) {
        const use = form.uses[block.use];
        if (use === undefined || use.subjectKind !== target.kind || !holds(block)) continue;
        const place = shown.imported === undefined ? 0 : placeOf(block.keys, target);
        const { at, ...rest } = asking.common(shown, atOf(shown, place));
        const { table, clear: fields, masked, predicate: searchedBy } = use;
        const { actor, grade } = shown.statement;
        yield { at, actor, table, fields, masked, ...rest, searchedBy, grade };
      }
    }
  }
}

/**
 * Everybody whom an actor was shown, and its opaque statements, in the order of each log.
 * @throws WhosawError NOT_FOUND, LEDGER_KEY_LOST, LEDGER_DAMAGED
 */
export async function* seenBy(
  logs: readonly AskedLog[],
  actor: ActorId,
  tally: AskTally,
): AsyncGenerator<SeenSubject | OpaqueStatement, void, undefined> {
  for (const log of logs) {
    const asking = new Asking(log, tally);
    for await (const shown of asking.shown((_, statement) => statement === undefined || statement.actor === actor)) {
      if (shown.statement.actor !== actor) continue;
      const form = await asking.form(shown.statement.form);
      if (form === undefined) {
        tally.expired++;
        continue;
      }
      for (const atMs of timesOpaque(shown)) {
        const { at, ...rest } = asking.common(shown, atMs);
        tally.opaque++;
        yield { opaque: true, at, tables: form.uses.map((use) => use.table), ...rest };
      }
      const { grade } = shown.statement;
      for (const block of blocksOf(shown, form)) {
        const use = form.uses[block.use];
        if (use === undefined) continue;
        const { subjectKind: kind, table, clear: fields, masked, predicate: searchedBy } = use;
        for (const [place, key] of decodeKeys(block.keys).keys.entries()) {
          const { at, ...rest } = asking.common(shown, atOf(shown, place));
          yield { at, subject: { kind, key: String(key) }, table, fields, masked, ...rest, searchedBy, grade };
        }
      }
    }
  }
}
