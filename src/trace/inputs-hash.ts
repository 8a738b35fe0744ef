/** What a result was computed from, in 32 bytes: for a replay to say whether it had the same. */
import { createHash } from "node:crypto";
import { orderReports } from "./order.ts";
import type { TraceInput, TraceOptions } from "./model.ts";

/** SHA-256, hex, over tables and settings; reports in order of contact, so that the order given does not matter. */
export function inputsHash(input: TraceInput, settings: TraceOptions): string {
  const hash = createHash("sha256");
  const text = (value: unknown): void => {
    const bytes = Buffer.from(JSON.stringify(value));
    hash.update(`${bytes.length}:`).update(bytes);
  };
  const table = (columns: object): void => {
    for (const [name, column] of Object.entries(columns) as [string, NodeJS.TypedArray | undefined][]) {
      if (column === undefined) continue;
      text([name, column.length]);
      hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
    }
  };
  text(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
  text(input.staff.map(({ id, team }) => [id, team ?? null]));
  text(orderReports(input.reports).map(({ report }) => Object.entries(report).sort(([a], [b]) => (a < b ? -1 : 1))));
  text(input.cells.map(({ epoch, subjects, exposure }) => [epoch, subjects, exposure]));
  text((input.seenByBoth ?? []).map(({ first, second, cell, subjects }) => [first, second, cell, subjects]));
  table(input.viewsOfReported);
  table(input.actorDayMass);
  table(input.stratumMass);
  return hash.digest("hex");
}
