/** Counts the subjects of a scope, none of which it keeps. */
import { number32 } from "../columns/numbers.ts";
import type { ScopeSubject, UnattributedCount } from "../columns/queries/scope.ts";
import type { FieldClasses } from "../shipping/field-classes.ts";
import { breakdownsOf, namedStrata } from "./scope-strata.ts";
import {
  isoTime,
  type OpaquePart,
  type ScopeBreakdown,
  type ScopeKind,
  type ScopeQuestion,
  type ScopeSummary,
  type ScopeZero,
  type StrataNames,
} from "./scope.ts";

interface KindTotals {
  subjects: number;
  /** Of them, those that are not only possible. */
  sure: number;
  opened: number;
  disclosures: number;
  firstMs: number;
  lastMs: number;
  readonly classes: Map<string, { clear: number; masked: number }>;
  readonly strata: Map<number | undefined, number>;
}

export class ScopeTotals {
  readonly #question: ScopeQuestion;
  readonly #classes: FieldClasses;
  readonly #kinds: Map<string, KindTotals>;
  readonly #tables = new Set<string>();
  #opaque = 0;
  #opaqueFirstMs = Infinity;
  #opaqueLastMs = -Infinity;
  #expired = 0;
  #gaps = 0;
  #unattributed: UnattributedCount = { disclosures: 0, others: 0 };
  #population: ReadonlyMap<number, number> = new Map();

  /** @param kinds of the configuration: that of one of them nobody was shown is a finding too */
  constructor(question: ScopeQuestion, classes: FieldClasses, kinds: readonly string[]) {
    this.#question = question;
    this.#classes = classes;
    this.#kinds = new Map(kinds.map((kind) => [kind, noTotals()]));
  }

  subject({ kind, opened, sure, disclosures, firstMs, lastMs, fields, masked, stratum }: ScopeSubject): void {
    const totals = this.#totalsOf(kind);
    totals.subjects += 1;
    totals.sure += sure ? 1 : 0;
    totals.opened += opened ? 1 : 0;
    totals.disclosures += disclosures;
    totals.firstMs = Math.min(totals.firstMs, firstMs);
    totals.lastMs = Math.max(totals.lastMs, lastMs);
    totals.strata.set(stratum, (totals.strata.get(stratum) ?? 0) + 1);
    const clear = new Set(fields.map((field) => this.#classes.classOf(field)));
    const hidden = new Set(masked.map((field) => this.#classes.classOf(field)));
    for (const name of clear) classOf(totals, name).clear += 1;
    for (const name of hidden) if (!clear.has(name)) classOf(totals, name).masked += 1;
  }

  opaque({ atMs, tables }: OpaquePart): void {
    this.#opaque += 1;
    this.#opaqueFirstMs = Math.min(this.#opaqueFirstMs, atMs);
    this.#opaqueLastMs = Math.max(this.#opaqueLastMs, atMs);
    for (const table of tables) this.#tables.add(table);
  }

  expired(entries: number): void {
    this.#expired += entries;
  }

  gaps(gaps: number): void {
    this.#gaps += gaps;
  }

  /** What service accounts that named nobody were shown. @param counted others are subjects beyond those of the actors */
  unattributed(counted: UnattributedCount): void {
    this.#unattributed = counted;
  }

  /** How many subjects there are at all, by number32 of their kind. */
  population(population: ReadonlyMap<number, number>): void {
    this.#population = population;
  }

  summary(): ScopeSummary {
    const { actors, fromMs, toMs, strataNames = new Map<never, never>() } = this.#question;
    const all = [...this.#kinds].sort(([a], [b]) => (a < b ? -1 : 1));
    const kinds = all
      .filter(([, { subjects }]) => subjects > 0)
      .map(([kind, totals]) => kindOf(kind, totals, strataNames));
    const [min, shown] = [sum(all.map(([, { sure }]) => sure)), sum(all.map(([, { subjects }]) => subjects))];
    const reasons = this.#reasons(shown - min);
    return {
      actors,
      from: fromMs === undefined ? null : isoTime(fromMs),
      to: toMs === undefined ? null : isoTime(toMs),
      subjects: { min, max: this.#max(shown) },
      reasons,
      kinds,
      zeros: all.flatMap(([kind, { subjects }]) =>
        this.#zeros(kind, subjects === 0 ? undefined : breakdownsIn(kinds, kind), reasons.length === 0),
      ),
      opaque: {
        statements: this.#opaque,
        first: this.#opaque === 0 ? null : isoTime(this.#opaqueFirstMs),
        last: this.#opaque === 0 ? null : isoTime(this.#opaqueLastMs),
        tables: [...this.#tables].sort(),
      },
    };
  }

  #totalsOf(kind: string): KindTotals {
    const known = this.#kinds.get(kind);
    if (known !== undefined) return known;
    const made = noTotals();
    this.#kinds.set(kind, made);
    return made;
  }

  /** @param shown subjects that the actors were shown, or may have been */
  #max(shown: number): number | null {
    if (this.#opaque === 0 && this.#expired === 0) return shown + this.#unattributed.others;
    const each = [...this.#kinds.keys()].map((kind) => this.#population.get(number32(kind)));
    // Of a kind that nobody counts, anybody may have been shown.
    return each.includes(undefined) ? null : Math.max(shown, sum(each.map((count) => count ?? 0)));
  }

  #reasons(possible: number): string[] {
    const { disclosures, others } = this.#unattributed;
    return [
      ...(this.#opaque === 0 ? [] : [`${this.#opaque} opaque statements: whom they showed could not be accounted for`]),
      ...(this.#expired === 0
        ? []
        : [`${this.#expired} entries of all actors have expired: whom they showed can no longer be read`]),
      ...(possible === 0 ? [] : [`${possible} subjects of whom it is only possible that these actors were shown them`]),
      ...(others === 0
        ? []
        : [`${disclosures} disclosures to service accounts that named nobody: they showed ${others} further subjects`]),
    ];
  }

  /** @param breakdowns undefined where there is nobody of that kind at all */
  #zeros(kind: string, breakdowns: readonly ScopeBreakdown[] | undefined, exact: boolean): ScopeZero[] {
    const grounds = [
      "no disclosure",
      `${this.#opaque} opaque statements`,
      `${this.#expired} expired entries`,
      `${this.#gaps} gaps in the record`,
    ].join(", ");
    if (breakdowns === undefined) return [{ kind, exact, grounds }];
    return breakdowns.flatMap(({ by, values }) => {
      const unknown = values.find(({ value }) => value === null)?.subjects ?? 0;
      const but = unknown === 0 ? "" : `, ${unknown} subjects of no known ${by}`;
      return values.flatMap(({ value, subjects }) =>
        value === null || subjects > 0
          ? []
          : [{ kind, by, value, exact: exact && unknown === 0, grounds: `${grounds}${but}` }],
      );
    });
  }
}

function noTotals(): KindTotals {
  const none = { subjects: 0, sure: 0, opened: 0, disclosures: 0, firstMs: Infinity, lastMs: 0 };
  return { ...none, classes: new Map(), strata: new Map() };
}

function classOf({ classes }: KindTotals, name: string): { clear: number; masked: number } {
  const known = classes.get(name);
  if (known !== undefined) return known;
  const made = { clear: 0, masked: 0 };
  classes.set(name, made);
  return made;
}

function kindOf(kind: string, totals: KindTotals, names: StrataNames): ScopeKind {
  const { subjects, opened, disclosures, firstMs, lastMs, classes, strata } = totals;
  return {
    kind,
    subjects,
    opened,
    listed: subjects - opened,
    disclosures,
    first: isoTime(firstMs),
    last: isoTime(lastMs),
    classes: [...classes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, counts]) => ({ class: name, ...counts })),
    strata: namedStrata(strata, names),
    breakdowns: breakdownsOf(kind, strata, names),
  };
}

function breakdownsIn(kinds: readonly ScopeKind[], kind: string): readonly ScopeBreakdown[] {
  return kinds.find((of) => of.kind === kind)?.breakdowns ?? [];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
