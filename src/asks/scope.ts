/** The scope of an actor: the exact set of subjects and fields that it was shown, and how much larger it may be, with the reasons. */
import type { ScopeStratum, ScopeSubject } from "../columns/queries/scope.ts";
import type { ActorId } from "../ledger/entry.ts";
import type { FieldClasses } from "../shipping/field-classes.ts";
import { keyText } from "../shipping/subject-columns.ts";

export interface ScopeQuestion {
  readonly actor: ActorId;
  /** From this time on, before that one. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** What strata are called, by their numbers, as far as somebody knows. */
  readonly strataNames?: ReadonlyMap<number, string> | undefined;
}

/** An opaque statement of the actor. */
export interface OpaquePart {
  readonly atMs: number;
  readonly tables: readonly string[];
}

/** A subject as it is printed. */
export interface ScopedSubject {
  readonly kind: string;
  /** A text key as its hash: the ledger holds nothing else. */
  readonly key: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly first: string;
  readonly last: string;
  readonly disclosures: number;
  /** False if it was shown in lists only. */
  readonly opened: boolean;
  /** Columns behind their tables: in clear; masked and never in clear; never shown, but searched by. */
  readonly fields: readonly string[];
  readonly masked: readonly string[];
  readonly searchedBy: readonly string[];
}

export interface ScopeClass {
  readonly class: string;
  /** Subjects of whom a field of this class was shown in clear, or masked alone. */
  readonly clear: number;
  readonly masked: number;
}

export interface ScopeKind {
  readonly kind: string;
  readonly subjects: number;
  readonly opened: number;
  /** Shown in lists only. */
  readonly listed: number;
  readonly disclosures: number;
  readonly first: string;
  readonly last: string;
  readonly classes: readonly ScopeClass[];
  /** Largest first. Empty where no strata are known; null, the last, stands for subjects of which none is. */
  readonly strata: readonly ScopedStratum[];
}

export interface ScopedStratum {
  readonly stratum: number | null;
  /** `country=PT, language=pt`; null where nobody could say. */
  readonly name: string | null;
  readonly subjects: number;
}

export interface ScopeSummary {
  readonly actor: ActorId;
  readonly from: string | null;
  readonly to: string | null;
  /** Distinct subjects: at least, and at most. `max` is null where nobody can say, for the `reasons`. */
  readonly subjects: { readonly min: number; readonly max: number | null };
  readonly reasons: readonly string[];
  readonly kinds: readonly ScopeKind[];
  readonly opaque: {
    readonly statements: number;
    readonly first: string | null;
    readonly last: string | null;
    readonly tables: readonly string[];
  };
}

/** Subjects as they come; when all have come, the summary. */
export interface Scope {
  readonly subjects: AsyncIterable<ScopedSubject>;
  /** @throws Error before `subjects` has been read to its end */
  summary(): ScopeSummary;
}

export function scopedSubject(subject: ScopeSubject): ScopedSubject {
  const { kind, firstMs, lastMs, disclosures, opened, fields, masked, searchedBy } = subject;
  const [first, last] = [isoTime(firstMs), isoTime(lastMs)];
  return { kind, key: keyText(subject), first, last, disclosures, opened, fields, masked, searchedBy };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

interface KindTotals {
  subjects: number;
  opened: number;
  disclosures: number;
  firstMs: number;
  lastMs: number;
  readonly classes: Map<string, { clear: number; masked: number }>;
}

/** Counts subjects, none of which it keeps. */
export class ScopeTotals {
  readonly #question: ScopeQuestion;
  readonly #classes: FieldClasses;
  readonly #kinds = new Map<string, KindTotals>();
  readonly #tables = new Set<string>();
  #opaque = 0;
  #opaqueFirstMs = Infinity;
  #opaqueLastMs = -Infinity;
  #expired = 0;

  constructor(question: ScopeQuestion, classes: FieldClasses) {
    this.#question = question;
    this.#classes = classes;
  }

  subject({ kind, opened, disclosures, firstMs, lastMs, fields, masked }: ScopeSubject): void {
    const totals = this.#totalsOf(kind);
    totals.subjects += 1;
    totals.opened += opened ? 1 : 0;
    totals.disclosures += disclosures;
    totals.firstMs = Math.min(totals.firstMs, firstMs);
    totals.lastMs = Math.max(totals.lastMs, lastMs);
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

  /** @param strata how many of the subjects are known to be of a stratum */
  summary(strata: readonly ScopeStratum[]): ScopeSummary {
    const { actor, fromMs, toMs, strataNames = new Map<number, string>() } = this.#question;
    const kinds = [...this.#kinds]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, totals]) => kindOf(kind, totals, named(strata, strataNames)));
    const min = kinds.reduce((sum, { subjects }) => sum + subjects, 0);
    const reasons = this.#reasons();
    return {
      actor,
      from: fromMs === undefined ? null : isoTime(fromMs),
      to: toMs === undefined ? null : isoTime(toMs),
      subjects: { min, max: reasons.length === 0 ? min : null },
      reasons,
      kinds,
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
    const made = { subjects: 0, opened: 0, disclosures: 0, firstMs: Infinity, lastMs: 0, classes: new Map() };
    this.#kinds.set(kind, made);
    return made;
  }

  #reasons(): string[] {
    return [
      ...(this.#opaque === 0 ? [] : [`${this.#opaque} opaque statements: whom they showed could not be accounted for`]),
      ...(this.#expired === 0
        ? []
        : [`${this.#expired} entries of all actors have expired: whom they showed can no longer be read`]),
    ];
  }
}

function classOf({ classes }: KindTotals, name: string): { clear: number; masked: number } {
  const known = classes.get(name);
  if (known !== undefined) return known;
  const made = { clear: 0, masked: 0 };
  classes.set(name, made);
  return made;
}

interface NamedCount extends ScopeStratum {
  readonly name: string | null;
}

function named(strata: readonly ScopeStratum[], names: ReadonlyMap<number, string>): NamedCount[] {
  return strata.map((of) => ({ ...of, name: (of.stratum === undefined ? undefined : names.get(of.stratum)) ?? null }));
}

function kindOf(kind: string, totals: KindTotals, strata: readonly NamedCount[]): ScopeKind {
  const { subjects, opened, disclosures, firstMs, lastMs, classes } = totals;
  return {
    kind,
    subjects,
    opened,
    listed: subjects - opened,
    disclosures,
    first: isoTime(firstMs),
    last: isoTime(lastMs),
    classes: [...classes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, counts]) => ({ class: name, ...counts })),
    strata: strataOf(kind, subjects, strata),
  };
}

function strataOf(kind: string, subjects: number, strata: readonly NamedCount[]): readonly ScopedStratum[] {
  const known = strata
    .flatMap(({ kind: of, stratum, name, subjects: count }) =>
      of === kind && stratum !== undefined ? [{ stratum, name, subjects: count }] : [],
    )
    .sort((a, b) => b.subjects - a.subjects || a.stratum - b.stratum);
  const rest = known.reduce((left, { subjects: count }) => left - count, subjects);
  if (known.length === 0) return [];
  return rest > 0 ? [...known, { stratum: null, name: null, subjects: rest }] : known;
}
