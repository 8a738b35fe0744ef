/** What can be said about `subjects` and `public` without a database. */
import { splitQualified } from "../lineage/catalog/names.ts";
import { type ConfigPath, type Findings, shownName } from "./problem.ts";
import type { RawConfig } from "./schema.ts";

type RawTable = RawConfig["subjects"][string]["tables"][string];

const SCHEMA_AND_TABLE = 2;
const SCHEMA_TABLE_AND_COLUMN = 3;

/** Adds a finding for every kind, table, key or field that cannot be meant. */
export function checkClassification(raw: RawConfig, findings: Findings): void {
  const kinds = new Map<string, string>();
  for (const [kind, subject] of Object.entries(raw.subjects)) {
    if (!/^[a-z][a-z0-9-]{0,31}$/u.test(kind)) {
      findings.add(
        ["subjects", kind],
        "is not a name for a kind of subject. Use up to 32 lower-case letters, digits and hyphens, such as customer.",
        "key",
      );
    }
    for (const [table, rule] of Object.entries(subject.tables)) {
      const path = ["subjects", kind, "tables", table];
      checkTableName(table, path, findings);
      const other = kinds.get(table);
      if (other !== undefined)
        findings.add(path, `is already a table of ${shownName(other)}. Keep it under one kind of subject.`, "key");
      kinds.set(table, kind);
      checkTable(rule, path, findings);
    }
  }
  for (const [index, table] of raw.public.entries()) {
    if (splitQualified(table)?.length !== SCHEMA_AND_TABLE)
      findings.add(
        ["public", index],
        "is not schema.table. Write for example support.teams, or support.* for all of a schema.",
      );
    if (kinds.has(table)) findings.add(["public", index], "stands under subjects too. Remove it from one of the two.");
  }
}

function checkTableName(table: string, path: ConfigPath, findings: Findings): void {
  if (splitQualified(table)?.length !== SCHEMA_AND_TABLE || table.endsWith(".*"))
    findings.add(path, "is not schema.table. Write for example support.tickets.", "key");
}

function checkTable(rule: RawTable, path: ConfigPath, findings: Findings): void {
  if ("path" in rule.key) checkKeyPath(rule.key.path, [...path, "key", "path"], findings);
  for (const [index, column] of rule.public.entries()) {
    if (Object.hasOwn(rule.fields, column))
      findings.add([...path, "public", index], "stands under fields too. Remove it from one of the two.");
  }
}

function checkKeyPath(steps: readonly string[], path: ConfigPath, findings: Findings): void {
  const example = "Write for example path: [ticket_id, support.tickets.customer_id].";
  if (steps.length < 2)
    findings.add(path, `must name a column of this table and then at least one schema.table.column. ${example}`);
  for (const [index, step] of steps.entries()) {
    const fits = splitQualified(step)?.length === (index === 0 ? 1 : SCHEMA_TABLE_AND_COLUMN);
    if (!fits)
      findings.add(
        [...path, index],
        index === 0
          ? `must be a column of this table, not of another. ${example}`
          : `is not schema.table.column. ${example}`,
      );
  }
}
