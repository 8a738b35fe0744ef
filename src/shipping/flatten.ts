/**
 * Entries of one log, in order, to rows of columns. Sans-IO: an entry that refers to an earlier one which is not at hand
 * is not taken; the caller reads that one, hands it in, and asks again.
 */
import { LIMITS } from "../base/limits.ts";
import { Recent } from "../base/recent.ts";
import { number32, number64 } from "../columns/numbers.ts";
import { DECISIONS, type DisclosureRow, type FormRow, type StatementRow } from "../columns/rows.ts";
import { blocksByUse } from "../ledger/blocks.ts";
import { type DisclosureBlock, type Entry, ENTRY_KINDS, showsSubjects } from "../ledger/entry.ts";
import type { ReadEntry } from "../ledger/read.ts";
import type { FieldClasses } from "./field-classes.ts";
import { type FormEntry, formNumber } from "./form-number.ts";
import { gradeOf, IMPORT_GRADES } from "./grades.ts";
import { importedRows } from "./imported-rows.ts";
import { LISTED_SUBJECTS_MIN, showsListOnly } from "./listed.ts";
import { subjectKeys } from "./subject-columns.ts";

/** Where rows go, in the order of the log. Names and forms come with every row that has their number. */
export interface RowSink {
  disclosure(row: DisclosureRow): void;
  statement(row: StatementRow): void;
  actor(actor: Numbered): void;
  kind(kind: Numbered): void;
  form(form: bigint, rows: readonly FormRow[]): void;
}

/** A name and the number that stands for it. */
export interface Numbered {
  readonly number: bigint;
  readonly name: string;
}

interface Actor extends Numbered {
  readonly grade: number;
}

interface Form {
  readonly number: bigint;
  readonly rows: readonly FormRow[];
  readonly uses: readonly { readonly kind: Numbered; readonly listOnly: boolean }[];
}

/** What a disclosure needs of its statement. */
interface StatementHead {
  readonly actor: Actor;
  readonly form: number;
}

/** In place of an earlier entry that can no longer be read. */
const GONE = "gone";

export class Flattener {
  /** number32 of the log's origin. */
  readonly #log: number;
  readonly #classes: FieldClasses;
  readonly #statements = new Recent<number, StatementHead | typeof GONE>(LIMITS.shippedStatementsCachedMax);
  readonly #forms = new Recent<number, Form | typeof GONE>(LIMITS.shippedFormsCachedMax);
  readonly #actors = new Recent<string, Actor>(LIMITS.shippedActorsCachedMax);

  /** @param classes say which fields a list shows; a rebuild with another configuration may say otherwise */
  constructor(log: number, classes: FieldClasses) {
    this.#log = log;
    this.#classes = classes;
  }

  /**
   * Takes the log's next entry.
   * @returns undefined when it is taken; else the index of an earlier entry to be given to `remember` first
   * @throws WhosawError LEDGER_DAMAGED
   */
  take(read: ReadEntry, sink: RowSink): number | undefined {
    const { entry, kind } = read;
    if (kind === ENTRY_KINDS.gap) sink.statement(this.#nobodys(read, DECISIONS.gap));
    if (entry === undefined) {
      if (showsSubjects(kind)) sink.statement(this.#expired(read));
      return undefined;
    }
    if (entry.kind === "statement") return this.#takeStatement(read, entry, sink);
    if (entry.kind === "disclosure") return this.#takeDisclosure(read, entry, sink);
    if (entry.kind === "imported") return this.#takeImported(read, entry, sink);
    if (entry.kind === "form") this.remember(read);
    return undefined;
  }

  /** An earlier entry that `take` asked for. One that is neither form nor statement, or has expired, is gone. */
  remember({ index, entry }: ReadEntry): void {
    if (entry?.kind === "form") this.#forms.set(index, formOf(entry, this.#classes));
    else if (entry?.kind === "statement") this.#statements.set(index, this.#headOf(entry));
    else {
      this.#forms.set(index, GONE);
      this.#statements.set(index, GONE);
    }
  }

  #takeStatement(read: ReadEntry, entry: Entry & { kind: "statement" }, sink: RowSink): number | undefined {
    const form = this.#forms.get(entry.form);
    if (form === undefined) return entry.form;
    const { index, timeMs: atMs } = read;
    const head = this.#headOf(entry);
    // A statement that has ended is referred to no more.
    if (entry.outcome === undefined) this.#statements.set(index, head);
    if (form === GONE) {
      sink.statement(this.#expired(read));
      return undefined;
    }
    const { actor } = head;
    const { ticket = "", reason = "" } = entry;
    const decision = DECISIONS[entry.decision];
    sink.actor(actor);
    sink.form(form.number, form.rows);
    sink.statement({ log: this.#log, index, atMs, actor: actor.number, form: form.number, decision, ticket, reason });
    this.#disclosures(read, index, actor, form, entry.blocks, sink);
    return undefined;
  }

  #takeDisclosure(read: ReadEntry, entry: Entry & { kind: "disclosure" }, sink: RowSink): number | undefined {
    const statement = this.#statements.get(entry.statement);
    if (statement === undefined) return entry.statement;
    const form = statement === GONE ? GONE : this.#forms.get(statement.form);
    if (statement === GONE || form === GONE) sink.statement(this.#expired(read));
    else if (form === undefined) return statement.form;
    else {
      // A sink that begins here has not met the statement.
      sink.actor(statement.actor);
      sink.form(form.number, form.rows);
      this.#disclosures(read, entry.statement, statement.actor, form, entry.blocks, sink);
    }
    return undefined;
  }

  #disclosures(
    { index, timeMs: atMs }: ReadEntry,
    statement: number,
    actor: Actor,
    form: Form,
    blocks: readonly DisclosureBlock[],
    sink: RowSink,
  ): void {
    const log = this.#log;
    for (const { use, keys: block } of blocksByUse(blocks)) {
      const facts = form.uses[use];
      if (facts === undefined) continue;
      const keys = subjectKeys(block);
      const listed = facts.listOnly && keys.length >= LISTED_SUBJECTS_MIN;
      const { grade } = actor;
      const kind = Number(facts.kind.number);
      sink.kind(facts.kind);
      for (const { keyType, subject, subject2 } of keys)
        sink.disclosure({
          log,
          index,
          statement,
          use,
          atMs,
          actor: actor.number,
          form: form.number,
          kind,
          grade,
          listed,
          keyType,
          subject,
          subject2,
        });
    }
  }

  #takeImported(read: ReadEntry, entry: Entry & { kind: "imported" }, sink: RowSink): number | undefined {
    const form = this.#forms.get(entry.form);
    if (form === undefined) return entry.form;
    if (form === GONE) {
      sink.statement(this.#expired(read));
      return undefined;
    }
    const { index } = read;
    const { number: actor } = this.#actorOf(entry.actor, sink);
    const log = this.#log;
    sink.form(form.number, form.rows);
    const statement = { log, index, actor, form: form.number, ticket: "", reason: "" };
    const { times, keys } = importedRows(entry);
    if (keys === undefined) {
      for (const atMs of times) sink.statement({ ...statement, atMs, decision: DECISIONS.opaque });
      return undefined;
    }
    sink.statement({ ...statement, atMs: entry.atMs, decision: DECISIONS.accounted });
    const grade = IMPORT_GRADES[entry.grade];
    for (const [use, { kind, listOnly }] of form.uses.entries()) {
      sink.kind(kind);
      const row = { log, index, statement: index, use, actor, form: form.number, kind: Number(kind.number), grade };
      const listed = entry.page && listOnly;
      for (const [i, key] of keys.entries()) sink.disclosure({ ...row, listed, atMs: times[i] ?? 0, ...key });
    }
    return undefined;
  }

  #actorOf(id: string, sink: RowSink): Actor {
    const actor = this.#actors.get(id) ?? { number: number64(id), name: id, grade: gradeOf(id) };
    this.#actors.set(id, actor);
    sink.actor(actor);
    return actor;
  }

  #expired(read: ReadEntry): StatementRow {
    return this.#nobodys(read, DECISIONS.expired);
  }

  #nobodys({ index, timeMs: atMs }: ReadEntry, decision: number): StatementRow {
    return { log: this.#log, index, atMs, actor: 0n, form: 0n, decision, ticket: "", reason: "" };
  }

  #headOf(entry: Entry & { kind: "statement" }): StatementHead {
    const known = this.#actors.get(entry.actor);
    const actor = known ?? { number: number64(entry.actor), name: entry.actor, grade: gradeOf(entry.actor) };
    if (known === undefined) this.#actors.set(entry.actor, actor);
    return { actor, form: entry.form };
  }
}

function formOf(entry: FormEntry, classes: FieldClasses): Form {
  const number = formNumber(entry);
  const { scope, text } = entry;
  return {
    number,
    rows: entry.uses.map(({ table, subjectKind: kind, clear, masked, predicate }, use) => ({
      form: number,
      use,
      table,
      kind,
      clear,
      masked,
      predicate,
      scope,
      text,
    })),
    uses: entry.uses.map((use) => ({
      kind: { number: BigInt(number32(use.subjectKind)), name: use.subjectKind },
      listOnly: showsListOnly(use, classes),
    })),
  };
}
