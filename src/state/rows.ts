/** Rows of whatever tables the state has, as JSON: for backup and restore, which know no table by name. */
import { sql } from "kysely";
import { LIMITS } from "../base/limits.ts";
import type { BackupRow } from "./backup-file.ts";
import { SCHEMA, type StateDatabase } from "./tables.ts";

/** Names of the state's tables, sorted; without those that migrations keep for themselves. */
export async function tablesOf(db: StateDatabase): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select tablename::text as name from pg_tables
    where schemaname = ${SCHEMA} and tablename not like 'kysely%' order by 1`.execute(db);
  return rows.map(({ name }) => name);
}

/** All rows of a table, in an order that does not change. @param db a transaction */
export async function* rowsOf(db: StateDatabase, table: string): AsyncGenerator<BackupRow, void, undefined> {
  const cursor = sql.id("backup");
  await sql`declare ${cursor} no scroll cursor for
    select row_to_json(one)::text as json from ${sql.id(SCHEMA, table)} one order by one`.execute(db);
  for (;;) {
    const { rows } = await sql<{ json: string }>`
      fetch ${sql.lit(LIMITS.backupRowsPerTurnMax)} from ${cursor}`.execute(db);
    for (const { json } of rows) yield { table, json };
    if (rows.length < LIMITS.backupRowsPerTurnMax) break;
  }
  await sql`close ${cursor}`.execute(db);
}

/** Adds rows to a table. */
export async function addRows(db: StateDatabase, table: string, rows: readonly string[]): Promise<void> {
  const target = sql.id(SCHEMA, table);
  await sql`insert into ${target}
    select * from json_populate_recordset(null::${target}, ${`[${rows.join(",")}]`}::json)`.execute(db);
}

/** Removes all of the state's tables, those of the migrations too. */
export async function dropTables(db: StateDatabase): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select tablename::text as name from pg_tables where schemaname = ${SCHEMA}`.execute(db);
  for (const { name } of rows) await sql`drop table ${sql.id(SCHEMA, name)} cascade`.execute(db);
}
