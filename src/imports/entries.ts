/** A chunk of rows as entries: as many subjects of one actor and one day in each as there are. Sans-IO. */
import { DAY_MS } from "../base/clock.ts";
import { LIMITS } from "../base/limits.ts";
import type { Entry } from "../ledger/entry.ts";
import { encodeTimes } from "../ledger/imported-times.ts";
import { encodeIntKeys, encodeTextKeys, encodeUuidKeys } from "../ledger/keys-block.ts";
import type { GroupBuilder } from "../ledger/ledger.ts";
import type { ImportForm, PreparedRow } from "./prepared.ts";

type Imported = Entry & { readonly kind: "imported" };

/** An entry that lacks the index of its form. */
export interface FormedEntry {
  readonly form: ImportForm;
  readonly entry: Omit<Imported, "form">;
}

/** In the order of days: rows of one time go to columns together. */
export function entriesOf(rows: readonly PreparedRow[]): FormedEntry[] {
  const groups = new Map<string, PreparedRow[]>();
  for (const row of rows) {
    const { form, actor, grade, page, key } = row;
    const day = Math.floor(row.atMs / DAY_MS);
    const name = `${day} ${actor} ${form.number} ${grade} ${page ? "p" : ""} ${key?.type ?? ""}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [row]);
    else group.push(row);
  }
  return [...groups.values()]
    .sort(([a], [b]) => Math.floor((a?.atMs ?? 0) / DAY_MS) - Math.floor((b?.atMs ?? 0) / DAY_MS))
    .flatMap((group) => layers(group).flatMap(pieces).map(entryOf));
}

/** Rows sorted by key, in each of which a key is once: a block holds it once. */
function layers(group: PreparedRow[]): PreparedRow[][] {
  if (group[0]?.key === undefined) return [group.sort((a, b) => a.atMs - b.atMs)];
  group.sort((a, b) => compareKeys(a, b) || a.atMs - b.atMs);
  const found: PreparedRow[][] = [];
  let place = 0;
  for (const [i, row] of group.entries()) {
    const before = group[i - 1];
    place = before !== undefined && compareKeys(before, row) === 0 ? place + 1 : 0;
    (found[place] ??= []).push(row);
  }
  return found;
}

function compareKeys(a: PreparedRow, b: PreparedRow): number {
  const [left, right] = [a.key?.value ?? 0, b.key?.value ?? 0];
  return left < right ? -1 : left > right ? 1 : 0;
}

function pieces(rows: PreparedRow[]): PreparedRow[][] {
  const most = LIMITS.subjectsPerEntryMax;
  if (rows.length <= most) return [rows];
  return Array.from({ length: Math.ceil(rows.length / most) }, (_, i) => rows.slice(i * most, (i + 1) * most));
}

function entryOf(rows: readonly PreparedRow[]): FormedEntry {
  const [first] = rows;
  if (first === undefined) throw new Error("assertion failed: an entry has rows");
  const { form, actor, grade, page } = first;
  const atMs = rows.reduce((least, row) => Math.min(least, row.atMs), Infinity);
  const after = encodeTimes(rows.map((row) => row.atMs - atMs));
  return { form, entry: { kind: "imported", actor, grade, page, atMs, keys: blockOf(rows), after } };
}

function blockOf(rows: readonly PreparedRow[]): Uint8Array | undefined {
  const type = rows[0]?.key?.type;
  if (type === undefined) return undefined;
  const values = rows.flatMap(({ key }) => (key === undefined ? [] : [key.value]));
  if (type !== "int") return (type === "uuid" ? encodeUuidKeys : encodeTextKeys)(values.map(String));
  return values.every((value) => typeof value === "number")
    ? encodeIntKeys(values)
    : encodeIntKeys(values.map((value) => BigInt(value)));
}

/** Adds entries to a group, each behind its form. */
export function addEntries(entries: readonly FormedEntry[], group: GroupBuilder): void {
  for (const { form, entry } of entries) group.add({ ...entry, form: group.form(form, () => form.entry) });
}
