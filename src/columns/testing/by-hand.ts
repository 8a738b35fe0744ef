/** The questions of columns answered by hand, from a list of rows; and answers as lines, for comparison. */
import { number32, number64 } from "../numbers.ts";
import type { ScopeSubject } from "../queries/scope.ts";
import type { Sighting } from "../queries/sightings.ts";
import { type DisclosureRow, GRADES, KEY_TYPES } from "../rows.ts";
import { ACTORS, FORMS, LOGS, stratumOf, type World } from "./world.ts";

/** A line that starts with the time, for comparison. */
export function describeRow(row: DisclosureRow, statement: { ticket: string; reason: string } | undefined): string {
  const use = FORMS.find((form) => form.form === row.form && form.use === row.use);
  const actor = ACTORS.find((id) => number64(id) === row.actor);
  const log = LOGS.find((origin) => number32(origin) === row.log);
  return [
    row.atMs,
    log,
    row.index,
    row.statement,
    actor,
    row.keyType,
    row.subject,
    row.subject2,
    use?.table,
    use?.clear,
    use?.masked,
    use?.predicate,
    row.grade,
    row.listed,
    JSON.stringify([statement?.ticket, statement?.reason]),
  ].join(" ");
}

export function describeSighting({ subject, use, ...row }: Sighting): string {
  return [
    row.atMs,
    row.log,
    row.index,
    row.statement,
    row.actor,
    subject.keyType,
    subject.subject,
    subject.subject2,
    use.table,
    use.clear,
    use.masked,
    use.predicate,
    row.grade,
    row.listed,
    JSON.stringify([row.ticket ?? "", row.reason ?? ""]),
  ].join(" ");
}

export function describeSubject(subject: ScopeSubject): string {
  const { kind, keyType, firstMs, lastMs, disclosures, opened, tables, fields, masked, searchedBy } = subject;
  return [
    kind,
    keyType,
    subject.subject,
    subject.subject2,
    firstMs,
    lastMs,
    disclosures,
    opened,
    subject.sure,
    subject.stratum,
    tables,
    fields,
    masked,
    searchedBy,
  ].join(" | ");
}

/** Scope by hand. */
export function scopeOf(rows: readonly DisclosureRow[], world: World): ScopeSubject[] {
  const known = new Set(world.disclosures.filter(({ keyType }) => keyType === KEY_TYPES.int).map(strataKey));
  const keyOf = (row: DisclosureRow) => [row.kind, row.keyType, row.subject, row.subject2].join(" ");
  const groups = new Map<string, DisclosureRow[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  const ordered = [...groups.values()].sort(([a], [b]) => compareKeys(a as DisclosureRow, b as DisclosureRow));
  return ordered.map((group) => {
    const sure = group.filter(({ grade }) => grade === GRADES.exact || grade === GRADES.unattributed);
    const uses = (sure.length > 0 ? sure : group)
      .map((row) => FORMS.find(({ form, use }) => form === row.form && use === row.use))
      .filter((use) => use !== undefined);
    const union = (of: readonly (readonly string[])[], but: readonly string[] = []) =>
      [...new Set(of.flat())].filter((field) => !but.includes(field)).sort();
    const named = (columns: "clear" | "masked" | "predicate") =>
      uses.map((use) => use[columns].map((column) => `${use.table}.${column}`));
    const fields = union(named("clear"));
    const masked = union(named("masked"), fields);
    const times = group.map(({ atMs }) => atMs);
    const { keyType, subject, subject2 } = group[0] as DisclosureRow;
    return {
      kind: uses[0]?.kind ?? "",
      keyType,
      subject,
      subject2,
      disclosures: group.length,
      firstMs: Math.min(...times),
      lastMs: Math.max(...times),
      opened: group.some(({ listed }) => !listed),
      sure: sure.length > 0,
      stratum: known.has(strataKey(group[0] as DisclosureRow)) ? stratumOf(subject) : undefined,
      tables: union(uses.map(({ table }) => [table])),
      fields,
      masked,
      searchedBy: union(named("predicate"), [...fields, ...masked]),
    };
  });
}

/** Types of keys do not count: whoever reads strata does not know them. */
function strataKey({ kind, subject, subject2 }: DisclosureRow): string {
  return `${kind} ${subject} ${subject2}`;
}

function compareKeys(a: DisclosureRow, b: DisclosureRow): number {
  for (const column of ["kind", "keyType", "subject", "subject2"] as const)
    if (a[column] !== b[column]) return a[column] < b[column] ? -1 : 1;
  return 0;
}
