/** Scopes of several logs, and of columns and what is beyond them, as one: each subject once, in one order. */
import { assert } from "../base/assert.ts";
import type { Columns } from "../columns/columns.ts";
import { number64 } from "../columns/numbers.ts";
import { Names } from "../columns/queries/names.ts";
import { countExpired, countGaps, opaqueOf } from "../columns/queries/opaque.ts";
import {
  population,
  scope as columnsScope,
  type ScopeFields,
  type ScopeSubject,
  unionOfFields,
} from "../columns/queries/scope.ts";
import type { LogWindow, Window } from "../columns/queries/sightings.ts";
import type { RowRules } from "../shipping/batch-reader.ts";
import { FieldClasses } from "../shipping/field-classes.ts";
import type { AskedLog } from "./ask.ts";
import { compareScoped, scopeInLedger } from "./scope-ledger.ts";
import { ScopeTotals } from "./scope-totals.ts";
import { type Scope, scopedSubject, type ScopedSubject, type ScopeQuestion } from "./scope.ts";
import { unattributedIn, type UnattributedPart } from "./unattributed.ts";

/** Where a scope is read from. */
export interface ScopeSources {
  readonly columns: Columns | undefined;
  /** What columns may answer for. */
  readonly shipped: readonly LogWindow[];
  /** Read from where columns end; all of them without columns. */
  readonly logs: readonly AskedLog[];
}

/** @param sources are found out when the answer is read, not before */
export function scopeOf(question: ScopeQuestion, rules: RowRules, sources: () => Promise<ScopeSources>): Scope {
  const totals = new ScopeTotals(question, new FieldClasses(rules), Object.keys(rules.subjects));
  const names = question.strataNames ?? new Map<never, never>();
  let whole = false;
  async function* read(): AsyncGenerator<ScopedSubject, void, undefined> {
    for await (const subject of merged(await partsOf(question, rules, await sources(), totals))) {
      totals.subject(subject);
      yield scopedSubject(subject, names);
    }
    whole = true;
  }
  return {
    subjects: read(),
    summary: () => {
      assert(whole, "the subjects of a scope are read first");
      return totals.summary();
    },
  };
}

/** The subjects of each source; everything else goes to the totals at once. */
async function partsOf(
  question: ScopeQuestion,
  rules: RowRules,
  { columns, shipped, logs }: ScopeSources,
  totals: ScopeTotals,
): Promise<AsyncIterable<ScopeSubject>[]> {
  const parts: AsyncIterable<ScopeSubject>[] = [];
  const unattributed: UnattributedPart[] = [];
  if (columns !== undefined) {
    const names = new Names(columns);
    const window = windowOf(question, shipped);
    parts.push(flat(columnsScope(columns, names, question.actors.map(number64), window)));
    await countOthers(columns, names, question, window, totals);
  }
  for (const log of logs) {
    const found = await scopeInLedger(log, question, rules);
    found.opaque.forEach((part) => totals.opaque(part));
    totals.expired(found.expired);
    totals.gaps(found.gaps);
    unattributed.push(found.unattributed);
    parts.push(each(found.subjects));
  }
  const actors = question.actors.map(number64);
  totals.unattributed(await unattributedIn(columns, actors, windowOf(question, shipped), unattributed));
  return parts;
}

function windowOf({ fromMs, toMs }: ScopeQuestion, logs: readonly LogWindow[]): Window {
  return { fromMs, toMs, logs };
}

async function countOthers(
  columns: Columns,
  names: Names,
  { actors }: ScopeQuestion,
  window: Window,
  totals: ScopeTotals,
): Promise<void> {
  // An entry that has expired may be of any actor and, as far as columns know, of its own time alone.
  totals.expired(await countExpired(columns, window.logs ?? []));
  totals.gaps(await countGaps(columns, window));
  for (const actor of actors)
    for await (const part of opaqueOf(columns, names, number64(actor), window)) totals.opaque(part);
  totals.population(await population(columns));
}

async function* flat(batches: AsyncIterable<ScopeSubject[]>): AsyncGenerator<ScopeSubject, void, undefined> {
  for await (const batch of batches) yield* batch;
}

async function* each(subjects: readonly ScopeSubject[]): AsyncGenerator<ScopeSubject, void, undefined> {
  yield* subjects;
}

/** Sorted sequences as one, in which every subject is once. */
async function* merged(parts: readonly AsyncIterable<ScopeSubject>[]): AsyncGenerator<ScopeSubject, void, undefined> {
  const heads = await Promise.all(parts.map((part) => next(part[Symbol.asyncIterator]())));
  for (;;) {
    const least = heads.reduce<ScopeSubject | undefined>(
      (found, head) =>
        head.subject !== undefined && (found === undefined || compareScoped(head.subject, found) < 0)
          ? head.subject
          : found,
      undefined,
    );
    if (least === undefined) return;
    const same: ScopeSubject[] = [];
    for (const [i, head] of heads.entries()) {
      if (head.subject === undefined || compareScoped(head.subject, least) !== 0) continue;
      same.push(head.subject);
      heads[i] = await next(head.rest);
    }
    yield same.reduce(together);
  }
}

interface Head {
  readonly subject: ScopeSubject | undefined;
  readonly rest: AsyncIterator<ScopeSubject>;
}

async function next(rest: AsyncIterator<ScopeSubject>): Promise<Head> {
  const step = await rest.next();
  return { subject: step.done === true ? undefined : step.value, rest };
}

/** What may have been shown says nothing more of a subject that was. */
function together(a: ScopeSubject, b: ScopeSubject): ScopeSubject {
  if (a.sure !== b.sure) return { ...spanning(a, b), ...fieldsOf(a.sure ? a : b) };
  return {
    ...spanning(a, b),
    ...unionOfFields({
      tables: [...a.tables, ...b.tables],
      fields: [...a.fields, ...b.fields],
      masked: [...a.masked, ...b.masked],
      searchedBy: [...a.searchedBy, ...b.searchedBy],
    }),
  };
}

function fieldsOf({ tables, fields, masked, searchedBy }: ScopeFields): ScopeFields {
  return { tables, fields, masked, searchedBy };
}

function spanning(a: ScopeSubject, b: ScopeSubject): ScopeSubject {
  return {
    ...a,
    firstMs: Math.min(a.firstMs, b.firstMs),
    lastMs: Math.max(a.lastMs, b.lastMs),
    disclosures: a.disclosures + b.disclosures,
    opened: a.opened || b.opened,
    sure: a.sure || b.sure,
    stratum: a.stratum ?? b.stratum,
  };
}
