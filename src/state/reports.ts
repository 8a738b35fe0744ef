/** Reports of scam contacts. One that was wrong is withdrawn and stays, with who did so, when and why. */
import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import type { Clock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { lockedCase, type Deed } from "./cases.ts";
import type { Session } from "./connection.ts";
import { SCHEMA, type StateDatabase, type StateTables } from "./tables.ts";

/** What was reported. No name and no number of anybody: ids and keyed hashes. */
export interface ReportedContact {
  readonly kind: string;
  /** As the ledger names the subject: a number, a uuid, or the hash of a text key. */
  readonly key: string;
  /** What a text key of this text is in the ledger, 32 hex digits: a number can be one. */
  readonly keyHash: string;
  /** The contact happened between the two. */
  readonly fromMs: number;
  readonly toMs: number;
  /** What the caller knew: a bit for each class of field. */
  readonly fields: number;
  /** Keyed hashes of what it was reported from, and of the number that called. */
  readonly reporter: string | undefined;
  readonly caller: string | undefined;
  /** Which of so many values of a marked copy the caller's data had. */
  readonly mark: { readonly value: number; readonly ways: number } | undefined;
}

export interface Report extends ReportedContact {
  readonly id: string;
  readonly caseId: number | undefined;
  readonly entered: Deed;
  readonly withdrawn: (Deed & { readonly because: string }) | undefined;
}

export interface ReportsAdding {
  readonly caseId: number | undefined;
  /** Who enters them. */
  readonly by: string;
  /** Told after every turn. */
  readonly onProgress?: (done: number) => void;
}

export class Reports {
  readonly #session: Session;
  readonly #clock: Clock;

  constructor(session: Session, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  /**
   * Adds all of them or none.
   * @returns their ids, in order: random, so that one tells nothing of how many there are
   * @throws {WhosawError} NOT_FOUND without the case, USAGE when it is closed or full
   */
  add(contacts: readonly ReportedContact[], { caseId, by, onProgress }: ReportsAdding): Promise<string[]> {
    return this.#session.atomically(async (db) => {
      await assertOpen(db, caseId, contacts.length);
      const rows = contacts.map((contact) => rowOf(contact, caseId, by, this.#clock.nowMs()));
      for (let from = 0; from < rows.length; from += LIMITS.reportsPerTurnMax) {
        await insert(db, rows.slice(from, from + LIMITS.reportsPerTurnMax));
        onProgress?.(Math.min(from + LIMITS.reportsPerTurnMax, rows.length));
      }
      return rows.map(({ id }) => id);
    });
  }

  /**
   * Within a transaction: until it ends nobody else adds to the case, or to those of none.
   * @throws {WhosawError} NOT_FOUND without the case
   */
  async hold(caseId: number | undefined): Promise<void> {
    await this.#session.run(async (db) => {
      if (caseId !== undefined) await lockedCase(db, caseId);
      else await sql`lock table ${sql.id(SCHEMA, "reports")} in share row exclusive mode`.execute(db);
    });
  }

  /** Those of a case, or those of none (undefined), withdrawn ones too, in the order of receipt. */
  list(caseId: number | undefined): Promise<Report[]> {
    return this.#session.run(async (db) => {
      const all = db.selectFrom("reports").selectAll().orderBy("received_ms").orderBy("id");
      const rows = await all.where("case_id", caseId === undefined ? "is" : "=", caseId ?? null).execute();
      return rows.map(reportOf);
    });
  }

  /** How many of a case count, and how many were withdrawn. */
  counts(): Promise<ReadonlyMap<number, { readonly standing: number; readonly withdrawn: number }>> {
    return this.#session.run(async (db) => {
      const rows = await db
        .selectFrom("reports")
        .select(["case_id", sql<number>`count(*) - count(withdrawn_ms)`.as("standing")])
        .select(sql<number>`count(withdrawn_ms)`.as("withdrawn"))
        .where("case_id", "is not", null)
        .groupBy("case_id")
        .execute();
      return new Map(rows.map(({ case_id: id, standing, withdrawn }) => [id ?? 0, { standing, withdrawn }]));
    });
  }

  /**
   * Puts reports that are of no case yet into one.
   * @throws {WhosawError} NOT_FOUND without the case or a report, USAGE when the case is closed or full, or a report is of another
   */
  assign(ids: readonly string[], caseId: number): Promise<Report[]> {
    return this.#session.atomically(async (db) => {
      await assertOpen(db, caseId, ids.length);
      const reports: Report[] = [];
      for (const id of ids) {
        const row = await lockedReport(db, id);
        if (row.case_id !== null && row.case_id !== caseId) throw elsewhere(id, row.case_id);
        await db.updateTable("reports").set({ case_id: caseId }).where("id", "=", id).execute();
        reports.push(reportOf({ ...row, case_id: caseId }));
      }
      return reports;
    });
  }

  /** Once more does nothing. @throws {WhosawError} NOT_FOUND */
  withdraw(id: string, { by, because }: { readonly by: string; readonly because: string }): Promise<Report> {
    return this.#session.atomically(async (db) => {
      const row = await lockedReport(db, id);
      if (row.withdrawn_ms !== null) return reportOf(row);
      const withdrawal = { withdrawn_by: by, withdrawn_ms: this.#clock.nowMs(), withdrawn_because: because };
      await db.updateTable("reports").set(withdrawal).where("id", "=", id).execute();
      return reportOf({ ...row, ...withdrawal });
    });
  }
}

type ReportRow = StateTables["reports"];

async function assertOpen(db: StateDatabase, caseId: number | undefined, more: number): Promise<void> {
  if (caseId === undefined) return;
  const { closed_ms: closedMs } = await lockedCase(db, caseId);
  if (closedMs !== null)
    throw new WhosawError("USAGE", `Case ${caseId} is closed.`, {
      hint: "Open another with `whosaw case open`; reports need no case to be entered.",
    });
  const { n } = await db
    .selectFrom("reports")
    .select((select) => select.fn.countAll<number>().as("n"))
    .where("case_id", "=", caseId)
    .executeTakeFirstOrThrow();
  if (n + more > LIMITS.reportsPerCaseMax)
    throw new WhosawError("USAGE", `A case holds up to ${LIMITS.reportsPerCaseMax} reports.`, {
      hint: "Open another case for reports of another time or another story.",
    });
}

const COLUMNS =
  "id text, case_id int4, kind text, key text, key_hash text, from_ms int8, to_ms int8, fields int4, reporter text, caller text, mark_value int4, mark_ways int4, entered_by text, received_ms int8";

/** As one value: a thousand rows would be fourteen thousand parameters. */
async function insert(db: StateDatabase, rows: readonly ReportRow[]): Promise<void> {
  const names = sql.raw(COLUMNS.replaceAll(/ (?:text|int[48])/gu, ""));
  await sql`insert into ${sql.id(SCHEMA, "reports")} (${names})
    select ${names} from json_to_recordset(${JSON.stringify(rows)}::json) as given(${sql.raw(COLUMNS)})`.execute(db);
}

function rowOf(contact: ReportedContact, caseId: number | undefined, by: string, nowMs: number): ReportRow {
  const { kind, key, keyHash, fromMs, toMs, fields, reporter, caller, mark } = contact;
  return {
    id: `r-${randomBytes(ID_BYTES).toString("hex")}`,
    case_id: caseId ?? null,
    kind,
    key,
    key_hash: keyHash,
    from_ms: fromMs,
    to_ms: toMs,
    fields,
    reporter: reporter ?? null,
    caller: caller ?? null,
    mark_value: mark?.value ?? null,
    mark_ways: mark?.ways ?? null,
    entered_by: by,
    received_ms: nowMs,
    withdrawn_by: null,
    withdrawn_ms: null,
    withdrawn_because: null,
  };
}

/** Short enough to be typed, and no two alike among millions. */
const ID_BYTES = 8;

async function lockedReport(db: StateDatabase, id: string): Promise<ReportRow> {
  const row = await db.selectFrom("reports").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
  if (row !== undefined) return row;
  throw new WhosawError("NOT_FOUND", `There is no report ${id.slice(0, LIMITS.shownNameCharsMax)}.`, {
    hint: "`whosaw report list` shows the reports of a case, or those of none.",
  });
}

function elsewhere(id: string, caseId: number): WhosawError {
  return new WhosawError("USAGE", `The report ${id} is of case ${caseId} already.`, {
    hint: "Withdraw it there with `whosaw report withdraw`, and enter it again.",
  });
}

function reportOf(row: ReportRow): Report {
  const { id, kind, key, fields, withdrawn_by: by, withdrawn_ms: atMs, withdrawn_because: because } = row;
  return {
    id,
    caseId: row.case_id ?? undefined,
    kind,
    key,
    keyHash: row.key_hash,
    fromMs: row.from_ms,
    toMs: row.to_ms,
    fields,
    reporter: row.reporter ?? undefined,
    caller: row.caller ?? undefined,
    mark:
      row.mark_value === null || row.mark_ways === null ? undefined : { value: row.mark_value, ways: row.mark_ways },
    entered: { by: row.entered_by, atMs: row.received_ms },
    withdrawn: by === null || atMs === null || because === null ? undefined : { by, atMs, because },
  };
}
