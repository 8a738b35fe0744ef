/** Brings a database's tables to what this program knows: files of migrations/ in order, all in one transaction. */
import { sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { WhosawError } from "../base/errors.ts";
import { first } from "./migrations/0001-first.ts";
import { cases } from "./migrations/0002-cases.ts";
import { SCHEMA, type StateDatabase } from "./tables.ts";

/** By name, in the order in which they run. A published one never changes. */
const MIGRATIONS: Readonly<Record<string, Migration>> = { "0001-first": first, "0002-cases": cases };

/** The last one: the version of the tables. */
const LATEST = Object.keys(MIGRATIONS).at(-1) ?? "";

/** PostgreSQL's insufficient_privilege. */
const NO_RIGHT = "42501";

/** kysely's own table of migrations that have run. */
const APPLIED = "kysely_migration";

/** Name of the last migration that has run; undefined in a database without state. */
export async function migratedTo(db: StateDatabase): Promise<string | undefined> {
  const { rows } = await sql<{ there: boolean }>`
    select to_regclass(${`${SCHEMA}.${APPLIED}`}) is not null as there`.execute(db);
  if (rows[0]?.there !== true) return undefined;
  const applied = await sql<{ name: string }>`
    select name from ${sql.id(SCHEMA, APPLIED)} order by name desc limit 1`.execute(db);
  return applied.rows[0]?.name;
}

/**
 * This program knows the migration, and so tables as it left them.
 * @throws {WhosawError} STORE_MISMATCH
 */
export function assertKnown(migration: string): void {
  if (Object.hasOwn(MIGRATIONS, migration)) return;
  throw new WhosawError(
    "STORE_MISMATCH",
    `The state is of a newer whosaw: its tables are at ${migration.replace(/[^\w-]/gu, "?").slice(0, 40)}, this one knows them up to ${LATEST}.`,
    { hint: "Install that version again; or restore a backup that this one made with `whosaw state restore`." },
  );
}

/**
 * Runs the migrations that have not run, under an advisory lock: of two programs that start together one waits.
 * @param options.to name of the last one to run; the latest if left out
 * @throws {WhosawError} STORE_MISMATCH when a newer program has migrated the database; errors of the server
 */
export async function migrate(db: StateDatabase, options: { to?: string } = {}): Promise<void> {
  await makeSchema(db);
  const last = await migratedTo(db);
  if (last !== undefined) assertKnown(last);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...MIGRATIONS }) },
    migrationTableSchema: SCHEMA,
    migrationTableName: APPLIED,
    migrationLockTableName: `${APPLIED}_lock`,
  });
  const { error } = await migrator.migrateTo(options.to ?? LATEST);
  if (error !== undefined) throw error instanceof Error ? error : new Error("a migration failed", { cause: error });
}

/**
 * Not `create schema if not exists` alone: that wants the right to create schemas even if it is there. The right to
 * create tables is asked for before one is, since in a transaction the first error is all that is left to hear of it.
 */
async function makeSchema(db: StateDatabase): Promise<void> {
  const { rows } = await sql<{ usable: boolean | null }>`
    select has_schema_privilege(to_regnamespace(${SCHEMA}), 'create') as usable`.execute(db);
  const usable = rows[0]?.usable ?? undefined;
  if (usable === undefined) await db.schema.createSchema(SCHEMA).ifNotExists().execute();
  if (usable === false) throw Object.assign(new Error("no tables can be made in our schema"), { code: NO_RIGHT });
}
