/**
 * The scope of an actor, or of several together: the exact set of subjects and fields that they were shown, how much larger
 * it may be, with the reasons, and what stands behind every zero.
 */
import type { ScopeSubject } from "../columns/queries/scope.ts";
import { type NamedStratum, stratumPairs } from "../columns/stratum.ts";
import type { ActorId } from "../ledger/entry.ts";
import { keyText } from "../shipping/subject-columns.ts";

/** Strata by their numbers, as far as somebody knows. */
export type StrataNames = ReadonlyMap<number, NamedStratum>;

export interface ScopeQuestion {
  /** One, or a group of whom nobody can say which. */
  readonly actors: readonly ActorId[];
  /** From this time on, before that one. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly strataNames?: StrataNames | undefined;
}

/** An opaque statement of the actors. */
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
  /** False if it is only possible that it was shown to these actors. */
  readonly sure: boolean;
  /** Columns behind their tables: in clear; masked and never in clear; never shown, but searched by. */
  readonly fields: readonly string[];
  readonly masked: readonly string[];
  readonly searchedBy: readonly string[];
  /** Such as `{"country": "PT"}`; a null has no value in the database. Null where no stratum is known. */
  readonly strata: Readonly<Record<string, string | null>> | null;
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
  /** The same by each name alone: by country, by language. Every value that any subject has is there, also with 0. */
  readonly breakdowns: readonly ScopeBreakdown[];
}

export interface ScopedStratum {
  readonly stratum: number | null;
  /** `country=PT, language=pt`; null where nobody could say. */
  readonly name: string | null;
  readonly subjects: number;
}

export interface ScopeBreakdown {
  /** `country` */
  readonly by: string;
  /** Largest first, then by value. Null stands for subjects without one, and for those whose stratum is not known. */
  readonly values: readonly { readonly value: string | null; readonly subjects: number }[];
}

/** Nobody of a kind, or of a stratum of it, and why that is so. */
export interface ScopeZero {
  readonly kind: string;
  /** Undefined for the kind as a whole. */
  readonly by?: string;
  readonly value?: string;
  /** The record is without a hole: nobody at all, and not just nobody who is known. */
  readonly exact: boolean;
  /** `no disclosure, 0 opaque statements, 0 expired entries, 0 gaps in the record` */
  readonly grounds: string;
}

export interface ScopeSummary {
  readonly actors: readonly ActorId[];
  readonly from: string | null;
  readonly to: string | null;
  /** Distinct subjects: at least, and at most. `max` is null where nobody can say, for the `reasons`. */
  readonly subjects: { readonly min: number; readonly max: number | null };
  /** Why `max` is more than `min`. */
  readonly reasons: readonly string[];
  readonly kinds: readonly ScopeKind[];
  readonly zeros: readonly ScopeZero[];
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

/** @param names what its stratum is called */
export function scopedSubject(subject: ScopeSubject, names: StrataNames): ScopedSubject {
  const { kind, firstMs, lastMs, disclosures, opened, sure, fields, masked, searchedBy, stratum } = subject;
  const [first, last] = [isoTime(firstMs), isoTime(lastMs)];
  const named = stratum === undefined ? undefined : names.get(stratum);
  const strata = named === undefined ? null : Object.fromEntries(stratumPairs(named));
  return { kind, key: keyText(subject), first, last, disclosures, opened, sure, fields, masked, searchedBy, strata };
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
