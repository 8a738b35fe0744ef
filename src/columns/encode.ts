/** Rows of rows.ts as TabSeparated, in the order of the tables' columns (schema.ts). */
import type { DisclosureRow, FormRow, ShippedRow, StatementRow, StratumRow } from "./rows.ts";
import type { TsvWriter } from "./tsv.ts";

/** For `disclosures` and `disclosures_by_actor`, which take the same bytes. The row may be used again. */
export function putDisclosure(into: TsvWriter, row: DisclosureRow): void {
  into.number(row.kind);
  into.number(row.keyType);
  into.bigint(row.subject);
  into.bigint(row.subject2);
  into.number(row.atMs);
  into.repeated(row.actor);
  into.number(row.log);
  into.number(row.index);
  into.number(row.index - row.statement);
  into.number(row.use);
  into.repeated(row.form);
  into.number(row.grade);
  into.number(row.listed ? 1 : 0);
  into.end();
}

export function putStatement(into: TsvWriter, row: StatementRow): void {
  into.number(row.log);
  into.number(row.index);
  into.number(row.atMs);
  into.repeated(row.actor);
  into.repeated(row.form);
  into.number(row.decision);
  into.text(row.ticket);
  into.text(row.reason);
  into.end();
}

export function putForm(into: TsvWriter, row: FormRow): void {
  into.bigint(row.form);
  into.number(row.use);
  into.text(row.table);
  into.text(row.kind);
  into.text(JSON.stringify(row.clear));
  into.text(JSON.stringify(row.masked));
  into.text(JSON.stringify(row.predicate));
  into.number(row.scope ? 1 : 0);
  into.text(row.text);
  into.end();
}

/** For `actors`, `logs` and `kinds`. @param number of numbers.ts */
export function putName(into: TsvWriter, number: number | bigint, name: string): void {
  into.bigint(BigInt(number));
  into.text(name);
  into.end();
}

export function putStratum(into: TsvWriter, row: StratumRow): void {
  into.number(row.kind);
  into.bigint(row.subject);
  into.bigint(row.subject2);
  into.number(row.stratum);
  into.number(row.atMs);
  into.end();
}

export function putShipped(into: TsvWriter, row: ShippedRow): void {
  into.number(row.log);
  into.number(row.next);
  into.number(row.atMs);
  into.end();
}
