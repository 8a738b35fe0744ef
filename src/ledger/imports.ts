/** Which imports a log holds, and which of its entries count: read from what stands in the clear, and a few entries. */
import { dayNumber } from "./day-keys.ts";
import { ENTRY_KINDS, type EntryKind } from "./entry.ts";
import type { LogReader } from "./read.ts";

/** Indices from the one on, before the other. */
export type IndexRange = readonly [from: number, before: number];

export interface Import {
  /** Index of its first entry. */
  readonly number: number;
  /** SHA-256 of the file, in hex; undefined, as the next two, once its day has expired. */
  readonly file: string | undefined;
  readonly format: string | undefined;
  readonly by: string | undefined;
  /** When it began. */
  readonly timeMs: number;
  /** Several if it was broken off and gone on with. */
  readonly entries: readonly IndexRange[];
  /** Rows of the file, and those of them that were known already; undefined if it did not come to its end. */
  readonly rows: number | undefined;
  readonly known: number | undefined;
  readonly undoneMs: number | undefined;
}

export interface ImportsOfLog {
  /** By number. */
  readonly imports: readonly Import[];
  /** Entries that do not count, ascending. */
  readonly undone: readonly IndexRange[];
  /** UTC days since the epoch, each with the index of its first entry. */
  readonly days: readonly (readonly [day: number, first: number])[];
  /** Entries looked at. */
  readonly size: number;
}

type Building = { -readonly [K in keyof Import]: Import[K] };

const CONTROL: ReadonlySet<number> = new Set(
  (["import", "import-end", "import-undone"] satisfies EntryKind[]).map((kind) => ENTRY_KINDS[kind]),
);

/**
 * Looks at the entries before `to`.
 * @throws {WhosawError} LEDGER_DAMAGED, LEDGER_KEY_LOST
 */
export async function importsIn(reader: LogReader, to = Infinity): Promise<ImportsOfLog> {
  const days: (readonly [number, number])[] = [];
  const imports = new Map<number, Building>();
  let open: { readonly of: Building; readonly from: number } | undefined;
  let size = 0;
  const close = (before: number): void => {
    if (open !== undefined) open.of.entries = [...open.of.entries, [open.from, before]];
  };
  for await (const run of reader.headers(to)) {
    for (const { index, timeMs, kind } of run) {
      size = index + 1;
      const day = dayNumber(timeMs);
      if (days.at(-1)?.[0] !== day) days.push([day, index]);
      if (!CONTROL.has(kind)) continue;
      const entry = (await reader.entry(index))?.entry;
      if (kind === ENTRY_KINDS.import) {
        close(index);
        const begun = entry?.kind === "import" ? entry : undefined;
        const of = imports.get(begun?.continues ?? index) ?? newImport(index, timeMs, begun);
        imports.set(of.number, of);
        open = { of, from: index };
      } else if (entry?.kind === "import-end") {
        const of = imports.get(entry.import);
        if (of !== undefined) [of.rows, of.known] = [entry.rows, entry.known];
      } else if (entry?.kind === "import-undone") {
        const of = imports.get(entry.import);
        if (of !== undefined) of.undoneMs ??= timeMs;
      }
    }
  }
  close(size);
  const all = [...imports.values()];
  const undone = all.flatMap(({ undoneMs, entries }) => (undoneMs === undefined ? [] : entries));
  return { imports: all, undone: undone.sort(([a], [b]) => a - b), days, size };
}

function newImport(
  number: number,
  timeMs: number,
  begun: { readonly file: string; readonly format: string; readonly by: string } | undefined,
): Building {
  return {
    number,
    file: begun?.file,
    format: begun?.format,
    by: begun?.by,
    timeMs,
    entries: [],
    rows: undefined,
    known: undefined,
    undoneMs: undefined,
  };
}

/** @param ranges ascending */
export function inRanges(ranges: readonly IndexRange[], index: number): boolean {
  return ranges.some(([from, before]) => index >= from && index < before);
}

/** Entries of days that can be read, without those of imports that were undone. @param readable days since the epoch */
export function countedEntries({ days, undone, size }: ImportsOfLog, readable: ReadonlySet<number>): IndexRange[] {
  const counted: IndexRange[] = [];
  for (const [i, [day, first]] of days.entries()) {
    if (!readable.has(day)) continue;
    let from = first;
    const end = days[i + 1]?.[1] ?? size;
    for (const [gone, back] of undone) {
      if (back <= from || gone >= end) continue;
      if (gone > from) counted.push([from, gone]);
      from = back;
    }
    if (from < end) counted.push([from, end]);
  }
  return counted;
}
