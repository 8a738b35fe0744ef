/** Rows of a copy to the subjects that they are about: all that stays of them is keys and counts. */
import { LIMITS } from "../../base/limits.ts";
import type { CopyRow, CopyTable } from "../read/copy.ts";
import type { CopyBatch } from "../read/read.ts";
import type { Held, MatchDatabase, Person } from "./database.ts";
import { type Dated, dateOf, type Dating } from "./dating.ts";
import { decide, type Decision } from "./decide.ts";
import { emailOf } from "./email.ts";
import { evidenceOf } from "./evidence.ts";
import { phoneTail, samePhone } from "./phone.ts";
import { lookUp, type People, peopleOf, planTable, type Source, type TablePlan } from "./plan.ts";
import type { MatchTable } from "./tables.ts";

/** A column of the copy, and what was found to be in it. Names, never values. */
export interface MatchedColumn {
  readonly table: string | undefined;
  readonly column: string;
  /** `support.customers.email`, `customer key`; undefined where nothing was found. */
  readonly holds: string | undefined;
  /** Field class of whosaw.yaml; undefined for keys and what is unknown. */
  readonly class: string | undefined;
  /** Of the matched rows, those in which it agrees with the database of today, and in which it does not. */
  readonly agrees: number;
  readonly differs: number;
}

export interface MatchedCopy {
  readonly kind: string;
  readonly keyType: number;
  /** Distinct subjects, as the database spells their keys. */
  readonly keys: ReadonlySet<string>;
  /** Subjects there are in all, as far as the database says. */
  readonly subjectsInAll: number;
  /** One row for each subject, by its key; undefined if there is no such table. */
  readonly people: MatchTable | undefined;
  readonly rows: {
    readonly matched: number;
    readonly ambiguous: number;
    readonly invented: number;
    readonly unmatched: number;
  };
  readonly columns: readonly MatchedColumn[];
  readonly dating: Dating;
  readonly notes: readonly string[];
}

/** A great table is read whole only for so many rows that no index finds. */
const UNFOUND_SHARE_MIN = 0.1;

interface Planned {
  readonly table: CopyTable;
  readonly plan: TablePlan;
  readonly agrees: number[];
  readonly differs: number[];
}

interface Unfound {
  readonly planned: Planned;
  readonly row: CopyRow;
}

/** One kind of subject; batches go in, the match comes out at the end. */
export class Matching {
  readonly #database: MatchDatabase;
  readonly #kind: string;
  readonly #tables: readonly MatchTable[];
  readonly #planned = new Map<CopyTable, Planned>();
  readonly #keys = new Set<string>();
  readonly #rows = { matched: 0, ambiguous: 0, invented: 0, unmatched: 0 };
  readonly #dated: Dated[] = [];
  readonly #unfound: Unfound[] = [];
  readonly #notes = new Set<string>();

  /** @param tables of the kind, at least one */
  constructor(database: MatchDatabase, kind: string, tables: readonly MatchTable[]) {
    this.#database = database;
    this.#kind = kind;
    this.#tables = tables;
  }

  get matched(): number {
    return this.#rows.matched;
  }

  async put({ table, rows }: CopyBatch): Promise<void> {
    const planned = this.#planned.get(table) ?? (await this.#plan(table, rows));
    const { plan } = planned;
    const found: string[][][] = [];
    const people = new Map<MatchTable, Map<string, Person>>();
    for (const source of plan.sources) {
      // What agrees with somebody found by another column needs no look-up of its own.
      const known = rows.map((row, i) => found.some((of) => agreesWith(plan, row, of[i] ?? [], source, people)));
      const keys = await lookUp(
        this.#database,
        source,
        rows.map((row, i) => (known[i] === true ? [] : row)),
      );
      found.push(keys);
      await this.#learn(people, keys.flat());
    }
    for (const [i, row] of rows.entries()) {
      const decision = decide(
        row,
        plan,
        found.map((of) => of[i] ?? []),
        people,
      );
      if (decision.kind !== "unmatched" || !this.#hold({ planned, row })) this.#count(planned, decision);
    }
  }

  /** Rows that no index found are looked for in all rows, in every spelling. */
  async end(): Promise<MatchedCopy> {
    await this.#scan();
    const [first] = this.#tables;
    const single = this.#tables.find((table) => table.single) ?? first;
    const subjectsInAll = single === undefined ? 0 : await this.#database.subjects(single);
    return {
      kind: this.#kind,
      keyType: single?.keyType ?? 0,
      keys: this.#keys,
      subjectsInAll: Math.max(subjectsInAll, this.#keys.size),
      people: this.#tables.find((table) => table.single),
      rows: this.#rows,
      columns: [...this.#planned.values()].flatMap((planned) => columnsOf(planned, this.#kind)),
      dating: dateOf(this.#dated),
      notes: [...this.#notes],
    };
  }

  /** Adds what is held of subjects that are new. */
  async #learn(people: Map<MatchTable, Map<string, Person>>, keys: readonly string[]): Promise<void> {
    const [first] = people.values();
    const fresh = new Set(keys.filter((key) => first?.has(key) !== true));
    for (const [table, of] of await peopleOf(this.#database, this.#tables, fresh)) {
      const known = people.get(table) ?? new Map<string, Person>();
      people.set(table, known);
      for (const [key, person] of of) known.set(key, person);
    }
  }

  async #plan(table: CopyTable, rows: readonly CopyRow[]): Promise<Planned> {
    const plan = await planTable(this.#database, this.#tables, rows);
    const planned = { table, plan, agrees: [], differs: [] };
    this.#planned.set(table, planned);
    return planned;
  }

  /** @returns whether a row is kept to be looked for otherwise */
  #hold(unfound: Unfound): boolean {
    const { plan } = unfound.planned;
    if (!plan.shapes.some((of) => of.includes("email") || of.includes("phone"))) return false;
    if (this.#unfound.length >= LIMITS.foundUnmatchedRowsMax) {
      this.#notes.add(
        `Of the rows that no index finds, ${LIMITS.foundUnmatchedRowsMax} were looked for in all rows, and no more.`,
      );
      return false;
    }
    this.#unfound.push(unfound);
    return true;
  }

  async #scan(): Promise<void> {
    const rows = this.#unfound.map(({ row }) => row);
    const found: (readonly Found[])[] = rows.map(() => []);
    for (const table of rows.length === 0 ? [] : this.#tables) {
      if (table.rows > LIMITS.foundScannedRowsMax && this.#unfound.length < this.#rows.matched * UNFOUND_SHARE_MIN) {
        this.#notes.add(`${table.name} was not read whole for the few rows that no index finds.`);
        continue;
      }
      for (const field of table.fields) {
        const of = field.shapes.includes("email")
          ? await this.#scanOne(rows, emailOf, (forms) => this.#database.scanEmails(table, field, forms))
          : field.shapes.includes("phone") && field.class !== "ticket"
            ? await this.#scanOne(rows, phoneTail, (tails) => this.#database.scanPhones(table, field, tails), samePhone)
            : undefined;
        for (const [i, more] of (of ?? []).entries()) found[i] = [...(found[i] ?? []), ...more];
      }
    }
    const keys = new Set(found.flatMap((of) => of.map(({ key }) => key)));
    const people = await peopleOf(this.#database, this.#tables, keys);
    for (const [i, { planned, row }] of this.#unfound.entries())
      this.#count(planned, decideFound(planned.plan, row, found[i] ?? [], people));
  }

  /** For each row whom its values lead to, and by which column. */
  async #scanOne(
    rows: readonly CopyRow[],
    formOf: (text: string) => string | undefined,
    scan: (forms: readonly string[]) => Promise<Held[]>,
    same?: (a: string, b: string) => boolean,
  ): Promise<Found[][]> {
    const wanted = new Map<string, { row: number; column: number; value: string }[]>();
    for (const [row, values] of rows.entries()) {
      for (const [column, value] of values.entries()) {
        const form = value === null ? undefined : formOf(value);
        if (form === undefined || value === null) continue;
        const known = wanted.get(form);
        if (known === undefined) wanted.set(form, [{ row, column, value }]);
        else known.push({ row, column, value });
      }
    }
    const found: Found[][] = rows.map(() => []);
    for (const { key, value: held } of await scan([...wanted.keys()])) {
      for (const { row, column, value } of wanted.get(formOf(held) ?? "") ?? [])
        if (same === undefined || same(value, held)) found[row]?.push({ key, column });
    }
    return found;
  }

  #count(planned: Planned, decision: Decision): void {
    this.#rows[decision.kind] += 1;
    if (decision.kind !== "matched") return;
    const { key, person, agrees, differs } = decision;
    if (this.#keys.size < LIMITS.foundSubjectsMax) this.#keys.add(key);
    else
      this.#notes.add(
        `The copy has more than ${LIMITS.foundSubjectsMax} subjects; those were kept, and the others only counted.`,
      );
    for (const column of agrees) planned.agrees[column] = (planned.agrees[column] ?? 0) + 1;
    for (const column of differs) planned.differs[column] = (planned.differs[column] ?? 0) + 1;
    // Names are spelt in many ways: only what names somebody says that it was changed.
    const changed = planned.plan.comparisons.some(
      ({ column, field }) => field.class !== "identity" && differs.includes(column),
    );
    if (person !== undefined && this.#dated.length < LIMITS.foundSubjectsMax)
      this.#dated.push({ createdMs: person.createdMs, updatedMs: person.updatedMs, changed });
  }
}

/** Whether the value in a source's column is that of somebody who has been found. */
function agreesWith(
  plan: TablePlan,
  row: CopyRow,
  keys: readonly string[],
  { column }: Source,
  people: People,
): boolean {
  return plan.comparisons.some(({ column: of, table, place, field }) => {
    if (of !== column) return false;
    const held = keys.map((key) => people.get(table)?.get(key)?.values[place]);
    return held.some((value) => ["same", "supports"].includes(evidenceOf(row[column], value, field) ?? ""));
  });
}

interface Found {
  readonly key: string;
  readonly column: number;
}

/** As if columns had been sources of their own. */
function decideFound(plan: TablePlan, row: CopyRow, found: readonly Found[], people: People): Decision {
  const columns = [...new Set(found.map(({ column }) => column))];
  const [table] = people.keys();
  const sources = table === undefined ? [] : columns.map((column) => ({ column, table, field: SCANNED }));
  const keys = columns.map((of) => found.filter(({ column }) => column === of).map(({ key }) => key));
  return decide(row, { ...plan, sources }, keys, people);
}

/** A field by which somebody was found and is named. */
const SCANNED = { column: "", class: "contact", type: "text", indexed: false, shapes: [] } as const;

function columnsOf({ table, plan, agrees, differs }: Planned, kind: string): MatchedColumn[] {
  return table.columns.map((column, i) => {
    const comparison = plan.comparisons.find((of) => of.column === i);
    const source = plan.sources.find((of) => of.column === i);
    const of = comparison === undefined ? source?.field && { table: source.table, field: source.field } : comparison;
    const holds =
      of === undefined ? (source === undefined ? undefined : `${kind} key`) : `${of.table.name}.${of.field.column}`;
    return {
      table: table.name,
      column,
      holds,
      class: of?.field.class,
      agrees: agrees[i] ?? 0,
      differs: differs[i] ?? 0,
    };
  });
}
