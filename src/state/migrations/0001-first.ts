/** Installation, logs, strata, policies. */
import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { SCHEMA } from "../tables.ts";

export const first: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const { schema } = db.withSchema(SCHEMA);
    await schema
      .createTable("installation")
      .addColumn("only", "boolean", (column) =>
        column
          .primaryKey()
          .defaultTo(true)
          .check(sql`"only"`),
      )
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("made_ms", "bigint", (column) => column.notNull())
      .addColumn("backup_ms", "bigint")
      .addColumn("restored_ms", "bigint")
      .execute();
    await schema
      .createTable("logs")
      .addColumn("origin", "text", (column) => column.primaryKey())
      .addColumn("vkey", "text", (column) => column.notNull())
      .addColumn("size", "bigint", (column) => column.notNull().check(sql`size >= 0`))
      .addColumn("root", "bytea", (column) => column.check(sql`octet_length(root) = 32`))
      .addColumn("seen_ms", "bigint")
      .execute();
    await schema
      .createTable("strata")
      .addColumn("number", "bigint", (column) => column.primaryKey())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("value", "text", (column) => column.notNull())
      .addUniqueConstraint("strata_once", ["kind", "name", "value"])
      .execute();
    await schema
      .createTable("policies")
      .addColumn("version", "integer", (column) => column.primaryKey())
      .addColumn("hash", "bytea", (column) => column.notNull().check(sql`octet_length(hash) = 32`))
      .addColumn("at_ms", "bigint", (column) => column.notNull())
      .addColumn("by", "text", (column) => column.notNull())
      .addColumn("text", "text", (column) => column.notNull())
      .execute();
  },
};
