/** What a result was computed from, in 32 bytes: for a replay to say whether it had the same. */
import { createHash } from "node:crypto";
import { orderReports } from "./order.ts";
import type { DayMass, TraceInput, TraceOptions, Views } from "./model.ts";

/** SHA-256, hex, over tables and settings; reports in order of contact, so that the order given does not matter. */
export function inputsHash(input: TraceInput, settings: TraceOptions): string {
  const hash = createHash("sha256");
  const text = (value: unknown): void => {
    const bytes = Buffer.from(JSON.stringify(value));
    hash.update(`${bytes.length}:`).update(bytes);
  };
  text(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
  text(input.staff.map(({ id, team }) => [id, team ?? null]));
  text(orderReports(input.reports).map(({ report }) => Object.entries(report).sort(([a], [b]) => (a < b ? -1 : 1))));
  text(input.cells.map(({ epoch, subjects, exposure }) => [epoch, subjects, exposure]));
  text((input.seenByBoth ?? []).map(({ first, second, cell, subjects }) => [first, second, cell, subjects]));
  text([input.viewsOfReported, input.actorDayMass, input.stratumMass].map(tableHash));
  return hash.digest("hex");
}

/** Tables do not change once they were given, and cases share them. */
const known = new WeakMap<Views | DayMass, string>();

function tableHash(table: Views | DayMass): string {
  const there = known.get(table);
  if (there !== undefined) return there;
  const hash = createHash("sha256");
  for (const [name, column] of Object.entries(table) as [string, NodeJS.TypedArray | undefined][]) {
    if (column === undefined) continue;
    hash.update(`${name} ${column.length}:`);
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  const digest = hash.digest("hex");
  known.set(table, digest);
  return digest;
}
