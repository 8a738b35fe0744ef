/** Disclosures as tables: who-saw and seen-by differ in the second column alone. */
import type { Disclosure, OpaqueStatement } from "../asks/ask.ts";
import { listed, type TableColumn } from "./output.ts";

/** Titles, as `disclosureRow` fills them. @param second who is named in each row, in capitals */
export function disclosureColumns(second: "ACTOR" | "SUBJECT"): readonly TableColumn[] {
  const shown = ["TABLE", "FIELDS", "MASKED", "SEARCHED BY", "GRADE"];
  return ["AT", second, ...shown, "TICKET", "REASON", "STATEMENT", "INDEX"].map((title) => ({ title }));
}

/** @param second who is named in this row */
export function disclosureRow(second: string, item: Omit<Disclosure, "actor">): readonly string[] {
  const { at, table, fields, masked, searchedBy, grade } = item;
  return [at, second, table, ...[fields, masked, searchedBy].map(listed), grade, ...statementCells(item)];
}

/** The same row of a statement that could not be accounted for. */
export function opaqueRow(item: OpaqueStatement): readonly string[] {
  return [item.at, "(opaque)", listed(item.tables), "?", "?", "?", "?", ...statementCells(item)];
}

function statementCells({
  ticket,
  reason,
  statement,
  index,
}: Pick<OpaqueStatement, "ticket" | "reason" | "statement" | "index">): readonly string[] {
  return [ticket ?? "-", reason ?? "-", statement, String(index)];
}
