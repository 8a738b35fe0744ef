/** Disclosures as tests make them up, and the same questions answered from a list. */
import { DAY_MS } from "../../base/clock.ts";
import { TsvWriter } from "../tsv.ts";
import type { Columns } from "../columns.ts";
import { putDisclosure, putForm, putName, putStatement, putStratum } from "../encode.ts";
import { number32, number64 } from "../numbers.ts";
import { type DisclosureRow, DECISIONS, type FormRow, GRADES, KEY_TYPES, type StatementRow } from "../rows.ts";

export const START_MS = Date.UTC(2026, 2, 1);
export const ACTORS = ["staff:a", "staff:b", "svc:helpdesk"] as const;
const SERVICE = number64("svc:helpdesk");
export const LOGS = ["test.example/gw-1", "test.example/gw-2"] as const;
export const KINDS = ["customer", "patient"] as const;

export const FORMS: readonly FormRow[] = [
  { ...form("one", 0), clear: ["email", "name"], predicate: ["name", "phone"] },
  { ...form("one", 1), kind: "patient", table: "ward.patients", masked: ["name", "ward"] },
  { ...form("two", 0), clear: ["notes"], masked: ["name"], text: "SELECT\t'a\\'\n" },
];

function form(name: string, use: number): FormRow {
  const nothing = { clear: [], masked: [], predicate: [], scope: false, text: name };
  return { form: number64(name), use, table: "support.customers", kind: "customer", ...nothing };
}

export interface World {
  readonly disclosures: readonly DisclosureRow[];
  readonly statements: readonly StatementRow[];
}

/** Entries of two logs over three days: each a statement that shows some of thirty subjects, and whose first words vary. */
export function makeWorld(random: () => number, entries: number): World {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const disclosures: DisclosureRow[] = [];
  const statements: StatementRow[] = [];
  for (let count = 0; count < entries; count += 1) {
    const of = pick(FORMS);
    const [log, actor] = [number32(pick(LOGS)), number64(pick(ACTORS))];
    const [index, atMs] = [count * 2, START_MS + Math.floor((count * 3 * DAY_MS) / entries)];
    const opaque = random() < 0.1;
    statements.push({
      log,
      index,
      atMs,
      actor,
      form: of.form,
      decision: opaque ? DECISIONS.opaque : DECISIONS.accounted,
      ticket: random() < 0.5 ? "" : `T-${count}`,
      reason: random() < 0.5 ? "" : "said	so\\",
    });
    for (const subject of new Set(
      Array.from({ length: 1 + Math.floor(random() * 20) }, () => Math.floor(random() * 30)),
    )) {
      const keyType = pick(Object.values(KEY_TYPES));
      const subject2 = keyType === KEY_TYPES.int ? 0n : -BigInt(subject) * 2n ** 50n;
      const head = { keyType, subject: BigInt(subject - 15) * 2n ** 58n, subject2, atMs, actor, form: of.form };
      disclosures.push({
        ...head,
        log,
        index: index + (subject % 2),
        statement: index,
        use: of.use,
        kind: number32(of.kind),
        grade: actor === SERVICE ? GRADES.unattributed : subject % 7 === 3 ? GRADES.possible : GRADES.exact,
        listed: random() < 0.5,
      });
    }
  }
  return { disclosures, statements };
}

export async function insertWorld(columns: Columns, { disclosures, statements }: World): Promise<void> {
  const rows = new TsvWriter();
  for (const row of disclosures) putDisclosure(rows, row);
  const both = rows.take();
  await columns.insert("disclosures", both);
  await columns.insert("disclosures_by_actor", both);
  for (const row of statements) putStatement(rows, row);
  await columns.insert("statements", rows.take());
  for (const row of FORMS) putForm(rows, row);
  await columns.insert("forms", rows.take());
  for (const name of ACTORS) putName(rows, number64(name), name);
  await columns.insert("actors", rows.take());
  for (const name of LOGS) putName(rows, number32(name), name);
  await columns.insert("logs", rows.take());
  for (const name of KINDS) putName(rows, number32(name), name);
  await columns.insert("kinds", rows.take());
}

/** Strata of the subjects with integer keys: each has moved once. */
export async function insertStrata(columns: Columns, { disclosures }: World): Promise<void> {
  const rows = new TsvWriter();
  for (const moved of [0, 1]) {
    for (const { kind, keyType, subject, subject2 } of disclosures)
      if (keyType === KEY_TYPES.int)
        putStratum(rows, { kind, subject, subject2, stratum: stratumOf(subject, moved), atMs: moved });
    await columns.insert("strata", rows.take());
  }
}

export function stratumOf(subject: bigint, moved = 1): number {
  return Number((subject / 2n ** 58n + 15n) % 4n) + moved;
}
