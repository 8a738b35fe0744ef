/** Cases, and reports of scam contacts. */
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { SCHEMA } from "../tables.ts";

export const cases: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const { schema } = db.withSchema(SCHEMA);
    await schema
      .createTable("cases")
      .addColumn("id", "integer", (column) => column.primaryKey().check(sql`id > 0`))
      .addColumn("title", "text", (column) => column.notNull())
      .addColumn("settings", "text", (column) => column.notNull())
      .addColumn("opened_by", "text", (column) => column.notNull())
      .addColumn("opened_ms", "bigint", (column) => column.notNull())
      .addColumn("closed_by", "text")
      .addColumn("closed_ms", "bigint")
      .addCheckConstraint("cases_closed_by_somebody", sql`(closed_by is null) = (closed_ms is null)`)
      .execute();
    await schema
      .createTable("reports")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("case_id", "integer", (column) => column.references(`${SCHEMA}.cases.id`))
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("key_hash", "text", (column) => column.notNull())
      .addColumn("from_ms", "bigint", (column) => column.notNull())
      .addColumn("to_ms", "bigint", (column) => column.notNull())
      .addColumn("fields", "integer", (column) => column.notNull().check(sql`fields >= 0`))
      .addColumn("reporter", "text")
      .addColumn("caller", "text")
      .addColumn("mark_value", "integer")
      .addColumn("mark_ways", "integer")
      .addColumn("entered_by", "text", (column) => column.notNull())
      .addColumn("received_ms", "bigint", (column) => column.notNull())
      .addColumn("withdrawn_by", "text")
      .addColumn("withdrawn_ms", "bigint")
      .addColumn("withdrawn_because", "text")
      .addCheckConstraint("reports_from_before_to", sql`from_ms <= to_ms`)
      .addCheckConstraint("reports_mark_of_ways", sql`(mark_value is null) = (mark_ways is null)`)
      .addCheckConstraint(
        "reports_withdrawn_by_somebody",
        sql`(withdrawn_ms is null) = (withdrawn_by is null) and (withdrawn_ms is null) = (withdrawn_because is null)`,
      )
      .execute();
    await schema.createIndex("reports_of_case").on("reports").column("case_id").execute();
  },
};
