/** Whom an actor was shown, each subject once, read from a ledger: made of the very rows that columns would get. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { number32, number64 } from "../columns/numbers.ts";
import type { FormUse } from "../columns/queries/names.ts";
import { type ScopeSubject, unionOfUses } from "../columns/queries/scope.ts";
import { DECISIONS, type DisclosureRow, type FormRow, type StatementRow } from "../columns/rows.ts";
import { LogReader } from "../ledger/read.ts";
import { type RowRules, takeLookingBack } from "../shipping/batch-reader.ts";
import { FieldClasses } from "../shipping/field-classes.ts";
import { Flattener, type Numbered, type RowSink } from "../shipping/flatten.ts";
import type { AskedLog } from "./ask.ts";
import type { OpaquePart, ScopeQuestion } from "./scope.ts";

/** Everything that a scope is made of. Subjects stand in the order of `compareScoped`. */
export interface LedgerScope {
  readonly subjects: readonly ScopeSubject[];
  readonly opaque: readonly OpaquePart[];
  readonly expired: number;
}

/** @throws WhosawError USAGE for more than LIMITS.scopedSubjectsMax subjects, and as readEntries */
export async function scopeInLedger(log: AskedLog, question: ScopeQuestion, rules: RowRules): Promise<LedgerScope> {
  const reader = await LogReader.open(log.dir, log);
  const flattener = new Flattener(number32(log.origin), new FieldClasses(rules));
  const gathering = new Gathering(question);
  for await (const run of reader.runs(log.from)) {
    for (const entry of run) {
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
  readonly uses: Map<string, FormUse>;
}

class Gathering implements RowSink {
  readonly #actor: bigint;
  readonly #question: ScopeQuestion;
  readonly #subjects = new Map<string, Gathered>();
  readonly #forms = new Map<bigint, readonly FormRow[]>();
  readonly #kinds = new Map<number, string>();
  readonly #opaque: OpaquePart[] = [];
  #expired = 0;

  constructor(question: ScopeQuestion) {
    this.#actor = number64(question.actor);
    this.#question = question;
  }

  #concerns({ actor, atMs }: { readonly actor: bigint; readonly atMs: number }): boolean {
    const { fromMs = -Infinity, toMs = Infinity } = this.#question;
    return actor === this.#actor && atMs >= fromMs && atMs < toMs;
  }

  disclosure(row: DisclosureRow): void {
    if (!this.#concerns(row)) return;
    const key = `${row.kind} ${row.keyType} ${row.subject} ${row.subject2}`;
    const known = this.#subjects.get(key);
    const subject = known ?? { row, firstMs: row.atMs, lastMs: 0, disclosures: 0, opened: false, uses: new Map() };
    if (known === undefined) this.#add(key, subject);
    subject.lastMs = row.atMs;
    subject.disclosures += 1;
    subject.opened ||= !row.listed;
    const use = this.#forms.get(row.form)?.[row.use];
    if (use !== undefined) subject.uses.set(`${row.form}/${row.use}`, use);
  }

  #add(key: string, subject: Gathered): void {
    if (this.#subjects.size >= LIMITS.scopedSubjectsMax) {
      throw new WhosawError("USAGE", "This actor was shown more subjects than can be counted from the ledger alone.", {
        hint: "Narrow it with --from and --to, or ask columns, which count any number.",
      });
    }
    this.#subjects.set(key, subject);
  }

  statement(row: StatementRow): void {
    if (row.decision === DECISIONS.expired) this.#expired += 1;
    if (row.decision !== DECISIONS.opaque || !this.#concerns(row)) return;
    this.#opaque.push({ atMs: row.atMs, tables: (this.#forms.get(row.form) ?? []).map(({ table }) => table) });
  }

  /** Actors need no names here: there is one. */
  actor(): void {}

  kind({ number, name }: Numbered): void {
    this.#kinds.set(Number(number), name);
  }

  form(form: bigint, rows: readonly FormRow[]): void {
    this.#forms.set(form, rows);
  }

  finish(): LedgerScope {
    const subjects = [...this.#subjects.values()].map((gathered) => this.#subject(gathered)).sort(compareScoped);
    return { subjects, opaque: this.#opaque, expired: this.#expired };
  }

  #subject({ row, firstMs, lastMs, disclosures, opened, uses }: Gathered): ScopeSubject {
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
      ...unionOfUses([...uses.values()]),
    };
  }
}
