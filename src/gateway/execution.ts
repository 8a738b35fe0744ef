/** One execution of one statement on protected tables: the keys its rows carried, and what of it is recorded. */
import { assert } from "../base/assert.ts";
import type { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { ActorId, DisclosureBlock, Entry, Outcome } from "../ledger/entry.ts";
import type { GroupBuilder } from "../ledger/ledger.ts";
import type { Accounting, StatementPlan } from "../lineage/plan.ts";
import { KeyCollector } from "./key-collector.ts";

/** Who executes: the same for all of a session. */
export interface Executor {
  readonly actor: ActorId;
  /** Index of the session's login entry. */
  readonly session: number;
  /** Under which text keys are hashed. */
  readonly subjectKey: Uint8Array;
}

/** What a statement is accounted for as: by its companions, or only by the tables that it reads. */
export type Basis =
  | { readonly kind: "account"; readonly plan: StatementPlan; readonly accounting: Accounting }
  | {
      readonly kind: "opaque";
      readonly plan: StatementPlan;
      readonly tables: readonly string[];
      readonly reason: WhosawError;
    };

export class Execution {
  readonly basis: Basis;
  /** SHA-256 of the policy that it runs under to its end. */
  readonly #policy: Uint8Array;
  readonly #collectors: readonly KeyCollector[];
  readonly #collectorOfCompanion: readonly KeyCollector[];
  #rows = 0;
  #statementIndex: number | undefined;
  #outcome: Outcome | undefined;

  constructor(basis: Basis, policy: Uint8Array) {
    this.basis = basis;
    this.#policy = policy;
    const uses = basis.kind === "account" ? basis.accounting.uses : [];
    this.#collectors = uses.map((use) => new KeyCollector(use));
    const companions = basis.kind === "account" ? basis.accounting.companions : [];
    this.#collectorOfCompanion = companions.map((companion) => {
      const collector = this.#collectors[companion.use];
      assert(collector !== undefined, "a companion belongs to a use");
      return collector;
    });
  }

  /** Companions at the end of each row. */
  get companionCount(): number {
    return this.#collectorOfCompanion.length;
  }

  countRow(): void {
    this.#rows += 1;
  }

  /**
   * Takes in one companion of the current row.
   * @param to -1 for SQL NULL
   * @throws WhosawError NULL_SUBJECT_KEY if the row belongs to nobody and may not
   */
  collect(companion: number, buffer: Buffer, from: number, to: number): void {
    if (to === -1 || this.basis.kind !== "account") return;
    const collector = this.#collectorOfCompanion[companion];
    const declared = this.basis.accounting.companions[companion];
    assert(collector !== undefined && declared !== undefined, "a companion of this statement");
    if (declared.array) collector.addArray(buffer, from, to, declared.nullable);
    else collector.add(buffer, from, to, declared.nullable);
  }

  /** The statement ended; `sqlstate` if it failed. A portal that ran in portions ends once. */
  end(sqlstate: string | undefined): void {
    this.#outcome = { rows: this.#rows, sqlstate };
  }

  /** Hands everything not yet recorded to a commit group: one statement entry, then disclosure entries. */
  drain(group: GroupBuilder, executor: Executor): void {
    const portions = this.#portions(executor.subjectKey);
    const outcome = this.#outcome;
    this.#outcome = undefined;
    portions.forEach((blocks, index) => {
      const last = index === portions.length - 1;
      this.#append(group, executor, blocks, last ? outcome : undefined);
    });
  }

  #append(
    group: GroupBuilder,
    executor: Executor,
    blocks: readonly DisclosureBlock[],
    outcome: Outcome | undefined,
  ): void {
    if (this.#statementIndex !== undefined) {
      group.add({ kind: "disclosure", statement: this.#statementIndex, blocks, outcome });
      return;
    }
    const form = group.form(this.basis.plan, () => formOf(this.basis));
    this.#statementIndex = group.add({
      kind: "statement",
      actor: executor.actor,
      session: executor.session,
      form,
      decision: isListed(this.basis) ? "accounted" : "opaque",
      ticket: undefined,
      reason: undefined,
      policy: this.#policy,
      blocks,
      outcome,
    });
  }

  /** Blocks in portions that each fit an entry; one empty portion if there is nothing but the outcome. */
  #portions(subjectKey: Uint8Array): DisclosureBlock[][] {
    const portions: DisclosureBlock[][] = [[]];
    let subjects = 0;
    this.#collectors.forEach((collector, use) => {
      for (const block of collector.take(subjectKey)) {
        if (subjects > 0 && subjects + block.subjects > LIMITS.subjectsPerEntryMax) {
          portions.push([]);
          subjects = 0;
        }
        portions.at(-1)?.push({ use, keys: block.bytes });
        subjects += block.subjects;
      }
    });
    return portions;
  }
}

/** Every row comes with its keys. */
function isListed(basis: Basis): boolean {
  return basis.kind === "account" && basis.accounting.unlisted === undefined;
}

function formOf(basis: Basis): Entry & { kind: "form" } {
  const common = {
    kind: "form",
    fingerprint: basis.plan.fingerprint,
    text: basis.plan.normalizedText,
  } as const;
  if (basis.kind === "opaque") return { ...common, uses: basis.tables.map(unlistedUse), scope: true };
  const { accounting } = basis;
  const uses = accounting.uses.map((use) => ({
    table: use.table,
    subjectKind: use.subjectKind,
    clear: use.shown,
    masked: [],
    predicate: use.predicate,
  }));
  if (accounting.unlisted === undefined) return { ...common, uses, scope: accounting.scope };
  return { ...common, uses: [...uses, ...accounting.unlisted.map(unlistedUse)], scope: true };
}

function unlistedUse(table: string): (Entry & { kind: "form" })["uses"][number] {
  return { table, subjectKind: "", clear: [], masked: [], predicate: [] };
}
