/** A scope for people: how many, why it may be more, by what, and what stands behind the zeros. */
import type { ScopeKind, ScopeSummary, ScopeZero } from "../asks/scope.ts";
import { formatTable, listed } from "./output.ts";

export function scopeText({ subjects, reasons, kinds, zeros, opaque }: ScopeSummary): string {
  const lines = [
    headline(subjects),
    ...reasons.map(
      (reason, i) => `  ${reason}${i === 0 && opaque.tables.length > 0 ? ` (${listed(opaque.tables)})` : ""}`,
    ),
  ];
  const table = kinds.length === 0 ? [] : ["", kindsTable(kinds).trimEnd(), ...kinds.flatMap(strataLines)];
  return [...lines, ...table, ...zeroLines(zeros)].join("\n");
}

function headline({ min, max }: ScopeSummary["subjects"]): string {
  const people = `${count(min)} ${min === 1 ? "subject" : "subjects"}`;
  if (max === min) return `${people}, exactly.`;
  return max === null ? `At least ${people}:` : `At least ${people}, at most ${count(max)}:`;
}

const TITLES = ["KIND", "SUBJECTS", "OPENED", "LISTED", "FIRST", "LAST", "FIELDS IN CLEAR", "MASKED"];

function kindsTable(kinds: readonly ScopeKind[]): string {
  const rows = kinds.map(({ kind, subjects: of, opened, listed: only, first, last, classes }) => [
    kind,
    ...[of, opened, only].map(count),
    first,
    last,
    listed(classes.filter(({ clear }) => clear > 0).map(({ class: name, clear }) => `${name}:${count(clear)}`)),
    listed(classes.filter(({ masked }) => masked > 0).map(({ class: name, masked }) => `${name}:${count(masked)}`)),
  ]);
  return formatTable(
    TITLES.map((title) => ({ title })),
    rows,
  );
}

function strataLines({ kind, strata, breakdowns }: ScopeKind): string[] {
  const together = strata.map(
    ({ stratum, name, subjects }) => `${kind}, ${name ?? `stratum ${stratum ?? "unknown"}`}: ${count(subjects)}`,
  );
  // One name alone says the same as the strata themselves.
  if (breakdowns.length < 2) return together;
  const alone = breakdowns.map(({ by, values }) => {
    const some = values.filter(({ subjects }) => subjects > 0);
    return `${kind} by ${by}: ${some.map(({ value, subjects }) => `${value ?? "unknown"} ${count(subjects)}`).join(", ")}`;
  });
  return [...together, ...alone];
}

/** Zeros of one kind, name and grounds are one line; more values than these are counted. */
const VALUES_SHOWN = 10;

function zeroLines(zeros: readonly ScopeZero[]): string[] {
  const together = new Map<string, ScopeZero[]>();
  for (const zero of zeros) {
    const key = JSON.stringify([zero.kind, zero.by, zero.grounds]);
    together.set(key, [...(together.get(key) ?? []), zero]);
  }
  return [...together.values()].map(zeroLine);
}

function zeroLine(zeros: readonly ScopeZero[]): string {
  const [{ kind, by, exact, grounds } = { kind: "", by: undefined, exact: false, grounds: "" }] = zeros;
  const values = zeros.slice(0, VALUES_SHOWN).flatMap(({ value }) => value ?? []);
  const more = zeros.length > VALUES_SHOWN ? ` and ${count(zeros.length - VALUES_SHOWN)} others` : "";
  const of = by === undefined ? kind : `${kind} with ${by} ${values.join(", ")}${more}`;
  return `0 of ${of}${exact ? "" : " that is known"}: ${grounds}.`;
}

function count(number: number): string {
  return number.toLocaleString("en");
}
