/** Whom actors were shown, each subject once, read from a ledger: made of the very rows that columns would get. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { number32, number64 } from "../columns/numbers.ts";
import type { FormUse } from "../columns/queries/names.ts";
import { type ScopeSubject, SURE_GRADES, unionOfUses } from "../columns/queries/scope.ts";
import { DECISIONS, type DisclosureRow, GRADES, type FormRow, type StatementRow } from "../columns/rows.ts";
import { ENTRY_KINDS } from "../ledger/entry.ts";
import { importsIn, inRanges } from "../ledger/imports.ts";
import { LogReader } from "../ledger/read.ts";
import { type RowRules, takeLookingBack } from "../shipping/batch-reader.ts";
import { FieldClasses } from "../shipping/field-classes.ts";
import { Flattener, type Numbered, type RowSink } from "../shipping/flatten.ts";
import type { AskedLog } from "./ask.ts";
import type { OpaquePart, ScopeQuestion } from "./scope.ts";
import type { UnattributedPart } from "./unattributed.ts";

/** Everything that a scope is made of. Subjects stand in the order of `compareScoped`. */
export interface LedgerScope {
  readonly subjects: readonly ScopeSubject[];
  readonly opaque: readonly OpaquePart[];
  readonly expired: number;
  readonly gaps: number;
  readonly unattributed: UnattributedPart;
}

/** @throws WhosawError USAGE for more than LIMITS.scopedSubjectsMax subjects, and as readEntries */
export async function scopeInLedger(log: AskedLog, question: ScopeQuestion, rules: RowRules): Promise<LedgerScope> {
  const reader = await LogReader.open(log.dir, log);
  const flattener = new Flattener(number32(log.origin), new FieldClasses(rules));
  const gathering = new Gathering(question);
  const undone = log.imports === undefined ? [] : (await importsIn(reader)).undone;
  for await (const run of reader.runs(log.from)) {
    for (const entry of run) {
      if (log.imports !== undefined && (entry.kind === ENTRY_KINDS.gap || inRanges(undone, entry.index))) continue;
      const missing = flattener.take(entry, gathering);
      if (missing !== undefined) await takeLookingBack(flattener, missing, entry, gathering, reader);
    }
  }
  return gathering.finish();
}

/** The order of columns: by the numbers that stand for kind and key. */
export function compareScoped(a: ScopeSubject, b: ScopeSubject): number {
  if (a.kind !== b.kind) return number32(a.kind) - number32(b.kind);
  if (a.keyType !== b.keyType) return a.keyType - b.keyType;
  if (a.subject !== b.subject) return a.subject < b.subject ? -1 : 1;
  return a.subject2 === b.subject2 ? 0 : a.subject2 < b.subject2 ? -1 : 1;
}

interface Gathered {
  readonly row: DisclosureRow;
  firstMs: number;
  lastMs: number;
  disclosures: number;
  opened: boolean;
  sure: boolean;
  readonly uses: Map<string, FormUse>;
}

class Gathering implements RowSink {
  readonly #actors: ReadonlySet<bigint>;
  readonly #question: ScopeQuestion;
  readonly #subjects = new Map<string, Gathered>();
  readonly #forms = new Map<bigint, readonly FormRow[]>();
  readonly #kinds = new Map<number, string>();
  readonly #opaque: OpaquePart[] = [];
  #expired = 0;
  #gaps = 0;
  #unattributed = 0;
  readonly #others = new Set<string>();

  constructor(question: ScopeQuestion) {
    this.#actors = new Set(question.actors.map(number64));
    this.#question = question;
  }

  #inTime({ atMs }: { readonly atMs: number }): boolean {
    const { fromMs = -Infinity, toMs = Infinity } = this.#question;
    return atMs >= fromMs && atMs < toMs;
  }

  disclosure(row: DisclosureRow): void {
    if (!this.#inTime(row)) return;
    const key = `${row.kind} ${row.keyType} ${row.subject} ${row.subject2}`;
    if (!this.#actors.has(row.actor)) {
      if (row.grade === GRADES.unattributed) this.#countUnattributed(key);
      return;
    }
    const known = this.#subjects.get(key);
    const nothing = { lastMs: row.atMs, disclosures: 0, opened: false, sure: false };
    const subject = known ?? { row, firstMs: row.atMs, ...nothing, uses: new Map() };
    if (known === undefined) this.#add(key, subject);
    subject.firstMs = Math.min(subject.firstMs, row.atMs);
    subject.lastMs = Math.max(subject.lastMs, row.atMs);
    subject.disclosures += 1;
    subject.opened ||= !row.listed;
    const sure = SURE_GRADES.includes(row.grade);
    // What may have been shown says nothing more of a subject that was.
    if (sure && !subject.sure) subject.uses.clear();
    subject.sure ||= sure;
    const use = this.#forms.get(row.form)?.[row.use];
    if (use !== undefined && sure === subject.sure) subject.uses.set(`${row.form}/${row.use}`, use);
  }

  #countUnattributed(key: string): void {
    this.#unattributed += 1;
    this.#others.add(key);
    if (this.#others.size > LIMITS.scopedSubjectsMax) throw tooMany("Service accounts that named nobody were");
  }

  #add(key: string, subject: Gathered): void {
    if (this.#subjects.size >= LIMITS.scopedSubjectsMax) {
      throw tooMany("These actors were");
    }
    this.#subjects.set(key, subject);
  }

  statement(row: StatementRow): void {
    if (row.decision === DECISIONS.expired) this.#expired += 1;
    if (!this.#inTime(row)) return;
    if (row.decision === DECISIONS.gap) this.#gaps += 1;
    if (row.decision !== DECISIONS.opaque || !this.#actors.has(row.actor)) return;
    this.#opaque.push({ atMs: row.atMs, tables: (this.#forms.get(row.form) ?? []).map(({ table }) => table) });
  }

  /** Actors need no names here: the question has them. */
  actor(): void {}

  kind({ number, name }: Numbered): void {
    this.#kinds.set(Number(number), name);
  }

  form(form: bigint, rows: readonly FormRow[]): void {
    this.#forms.set(form, rows);
  }

  finish(): LedgerScope {
    const subjects = [...this.#subjects.values()].map((gathered) => this.#subject(gathered)).sort(compareScoped);
    const unattributed = {
      disclosures: this.#unattributed,
      others: this.#others,
      own: new Set(this.#subjects.keys()),
    };
    return { subjects, opaque: this.#opaque, expired: this.#expired, gaps: this.#gaps, unattributed };
  }

  #subject({ row, firstMs, lastMs, disclosures, opened, sure, uses }: Gathered): ScopeSubject {
    const { keyType, subject, subject2 } = row;
    const kind = this.#kinds.get(row.kind) ?? "";
    return {
      kind,
      keyType,
      subject,
      subject2,
      firstMs,
      lastMs,
      disclosures,
      opened,
      sure,
      stratum: undefined,
      ...unionOfUses([...uses.values()]),
    };
  }
}

function tooMany(who: string): WhosawError {
  return new WhosawError("USAGE", `${who} shown more subjects than can be counted from the ledger alone.`, {
    hint: "Narrow it with --from and --to, or ask columns, which count any number.",
  });
}
