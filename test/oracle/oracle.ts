/**
 * The oracle: runs statements in many worlds and says whose rows a result depends on, whatever the planner thinks.
 *
 * DEL: without the subject, a returned row is gone. CAUSE: in some world, the row is there with the subject and gone
 * without. Absence is the opposite effect, a row that comes when the subject goes: then a scope entry has to stand.
 */
import type pg from "pg";
import { rebuildError } from "../../src/lineage/errors/rebuild.ts";
import type { Accounting, TextPlan } from "../../src/lineage/plan.ts";
import { account, type Accounted, countRows, observe, type Observation } from "./observe.ts";
import { Random } from "../../sim/support-database/random.ts";
import type { Statement } from "./generate.ts";
import { removal, type Subject, TOKEN_PATTERN, type World } from "./world.ts";

/** One statement with its plan and all that was seen of it. */
export interface Case {
  readonly statement: Statement;
  readonly plan: TextPlan;
  readonly accounting: Accounting | undefined;
  plain?: Observation;
  accounted?: Accounted;
  /** Subjects on whom a returned row depends. */
  readonly involved: Set<Subject>;
  /** Subjects whose removal adds rows. */
  readonly absent: Set<Subject>;
  /** Whether it fails depends on somebody's rows. */
  errorDepends?: boolean;
}

interface Pair {
  readonly without: readonly Subject[];
  readonly subjects: readonly Subject[];
}

/** Worlds to compare: D with each D - c; D without all but c, with D without all; and random G with G + c. */
function pairs(world: World, random: Random): Pair[] {
  const everybody = world.subjects;
  const alone = everybody.map((subject) => ({
    without: everybody.filter((other) => other !== subject),
    subjects: [subject],
  }));
  const some = Array.from({ length: 8 }, () => {
    const without = everybody.filter(() => random.chance(0.5));
    const left = everybody.filter((subject) => !without.includes(subject));
    return { without, subjects: left.filter(() => random.chance(0.5)) };
  });
  return [{ without: [], subjects: everybody }, ...alone, ...some];
}

async function inWorld<T>(client: pg.Client, without: readonly Subject[], work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    if (without.length > 0) await client.query(removal(without));
    await client.query("SAVEPOINT oracle");
    return await work();
  } finally {
    await client.query("ROLLBACK");
  }
}

async function observeAll(
  client: pg.Client,
  cases: readonly Case[],
  without: readonly Subject[],
): Promise<Observation[]> {
  return inWorld(client, without, async () => {
    const seen: Observation[] = [];
    for (const { statement } of cases) seen.push(await observe(client, statement.sql));
    return seen;
  });
}

/** Notes what the step from a world to the same one without the subject does to each case. */
function compare(
  cases: readonly Case[],
  subject: Subject,
  before: readonly Observation[],
  after: readonly Observation[],
): void {
  cases.forEach((each, index) => {
    const [one, other, plain] = [before[index]!, after[index]!, each.plain!];
    if (one.error !== other.error) each.errorDepends = true;
    if (one.error !== undefined || other.error !== undefined || plain.error !== undefined) return;
    const [have, left, whole] = [countRows(one.rows), countRows(other.rows), countRows(plain.rows)];
    for (const [row, count] of have) if (whole.has(row) && count > (left.get(row) ?? 0)) each.involved.add(subject);
    for (const [row, count] of left) if (count > (have.get(row) ?? 0)) each.absent.add(subject);
    // Without rows, the tag is what is shown.
    const tagOnly = have.size === 0 && left.size === 0 && one.description === plain.description;
    if (tagOnly && one.description !== other.description) each.involved.add(subject);
  });
}

/** Fills in what was seen: in the whole world plain and rewritten, and in all others plain. */
export async function examine(client: pg.Client, cases: readonly Case[], world: World, seed: number): Promise<void> {
  await inWorld(client, [], async () => {
    for (const each of cases) {
      each.plain = await observe(client, each.statement.sql);
      if (each.accounting !== undefined) each.accounted = await account(client, each.plan.text, each.accounting);
    }
  });
  for (const { without, subjects } of pairs(world, new Random(seed))) {
    const before = await observeAll(client, cases, without);
    for (const subject of subjects)
      compare(cases, subject, before, await observeAll(client, cases, [...without, subject]));
  }
}

const sorted = (rows: readonly string[]) => [...rows].sort();

/** Every promise that one case breaks, in words. */
export function violations(each: Case, world: World): string[] {
  const { statement, plan, accounting, plain, accounted, involved, absent } = each;
  if (plain === undefined || accounting === undefined || accounted === undefined || accounted.nullKey) return [];
  const found: string[] = [];
  const { observation, recorded, cells } = accounted;
  if (observation.error !== plain.error) return [`fails with ${observation.error} instead of ${plain.error}`];
  const told = rebuildError(accounted.errorFields, accounting, plan).map(([, value]) => value.toLowerCase());
  for (const token of told.flatMap((value) => value.match(TOKEN_PATTERN) ?? [])) {
    if (world.tokens.has(token) && !statement.sql.includes(token)) found.push(`tells ${token} in an error`);
  }
  if (observation.description !== plain.description)
    found.push(`described as ${observation.description} instead of ${plain.description}`);
  const [got, expected] = statement.ordered
    ? [observation.rows, plain.rows]
    : [sorted(observation.rows), sorted(plain.rows)];
  if (JSON.stringify(got) !== JSON.stringify(expected))
    found.push(`${got.length} rows differ from the ${expected.length} without companions`);
  if (each.errorDepends === true && !accounting.errorsFromData)
    found.push("fails for some rows and not for others without saying so");
  const keys = new Set(recorded.map(({ subject }) => subject));
  const missing = [...involved].filter((subject) => !keys.has(subject));
  if (missing.length > 0) found.push(`does not record ${missing.join(", ")}`);
  const unseen = [...absent].filter((subject) => !keys.has(subject));
  if (unseen.length > 0 && !accounting.scope) found.push(`has no scope entry for the absence of ${unseen.join(", ")}`);
  for (const token of new Set(cells.flat().flatMap((cell) => cell?.toLowerCase().match(TOKEN_PATTERN) ?? []))) {
    found.push(...tokenViolations(token, accounting, recorded, world, statement.sql));
  }
  return found;
}

function tokenViolations(
  token: string,
  accounting: Accounting,
  recorded: Accounted["recorded"],
  world: World,
  sql: string,
): string[] {
  const known = world.tokens.get(token);
  // What the client wrote itself is no news to it.
  if (known === undefined || sql.includes(token)) return [];
  return known.subjects.flatMap((subject) => {
    const uses = recorded.filter((entry) => entry.subject === subject).map((entry) => accounting.uses[entry.use]!);
    if (uses.length === 0) return [`shows ${token} (${known.place}) without recording ${subject}`];
    const shown =
      known.place === "" || uses.some((use) => use.shown.some((column) => `${use.table}.${column}` === known.place));
    return shown ? [] : [`shows ${token} of ${subject} without ${known.place} among the columns shown`];
  });
}

/** A table of constructs: how many were planned, and how precise the records were. */
export function precisionTable(cases: readonly Case[]): string {
  const rows = new Map<
    string,
    { planned: number; passed: number; refused: number; involved: number; recorded: number }
  >();
  for (const { statement, plan, accounting, accounted, involved } of cases) {
    for (const construct of statement.construct.split(" + ")) {
      const row = rows.get(construct) ?? { planned: 0, passed: 0, refused: 0, involved: 0, recorded: 0 };
      rows.set(construct, row);
      if (plan.refusal !== undefined) row.refused++;
      else if (accounting === undefined || accounted === undefined) row.passed++;
      else {
        row.planned++;
        const keys = new Set(accounted.recorded.map(({ subject }) => subject));
        row.recorded += keys.size;
        row.involved += [...keys].filter((key) => involved.has(key)).length;
      }
    }
  }
  const lines = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([construct, { planned, passed, refused, involved, recorded }]) => {
      const precision = recorded === 0 ? "-" : (involved / recorded).toFixed(3);
      return `${construct.padEnd(18)} ${String(planned).padStart(9)} ${String(passed).padStart(7)} ${String(refused).padStart(8)} ${precision.padStart(10)}`;
    });
  return [`${"construct".padEnd(18)} accounted  passed  refused  precision`, ...lines].join("\n");
}
