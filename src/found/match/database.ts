/**
 * The protected database as a copy is matched against it: read-only, each statement bounded in time, values as parameters. What it
 * answers stays in this process's memory and goes nowhere.
 */
import pg from "pg";
import { WhosawError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Config } from "../../config/config.ts";
import { strataSession } from "../../config/strata-source.ts";
import { upstreamClient } from "../../config/upstream-client.ts";
import { quoteIdentifier } from "../../lineage/catalog/names.ts";
import { emailSql } from "./email.ts";
import { phoneTailSql } from "./phone.ts";
import { integerOf, uuidOf } from "./shapes.ts";
import { keySqlType, type MatchField, type MatchTable, matchTables } from "./tables.ts";

/** A value of a field, and whose it is. */
export interface Held {
  readonly key: string;
  readonly value: string;
}

/** What a table with one row for each subject says of one. */
export interface Person {
  readonly key: string;
  /** In the order of the table's fields. */
  readonly values: readonly (string | null)[];
  /** UTC epoch milliseconds. */
  readonly createdMs: number | undefined;
  readonly updatedMs: number | undefined;
}

export class MatchDatabase {
  readonly #client: pg.Client;
  #role: string | undefined;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /** @throws WhosawError UPSTREAM_UNREACHABLE, FILE_UNREADABLE for its certificates */
  static async connect(config: Config): Promise<MatchDatabase> {
    const client = new pg.Client(await upstreamClient(config.upstream, "whosaw trace"));
    // A connection that breaks is told by the statement under way.
    client.on("error", () => undefined);
    const opened = new MatchDatabase(client);
    try {
      await asUpstream("UPSTREAM_UNREACHABLE", () => client.connect());
      for (const statement of strataSession(LIMITS.foundStatementMs)) await opened.#query(statement);
      await opened.#query("SET timezone = 'UTC'");
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** @throws WhosawError UPSTREAM_LOST, CATALOG_MISMATCH */
  async tables(config: Config, onLeftOut: (table: string) => void): Promise<readonly MatchTable[]> {
    const query = async (sql: string): Promise<(string | null)[][]> => (await this.#query(sql)).rows;
    const describe = async (sql: string): Promise<number> => (await this.#query(sql)).fields[0]?.dataTypeID ?? 0;
    return matchTables(query, describe, config, onLeftOut);
  }

  /** Whose these values are, letter by letter, by an index. */
  async look(
    { from, key, role }: MatchTable,
    { column, type }: MatchField,
    values: readonly string[],
  ): Promise<Held[]> {
    const quoted = quoteIdentifier(column);
    return this.#held(
      role,
      `SELECT ${key}, ${quoted} FROM ${from} WHERE ${quoted} = ANY($1::${type}[])`,
      asType(type, values),
    );
  }

  /** Whose addresses these are, in any spelling: reads the whole table. @param forms of emailOf */
  async scanEmails(table: MatchTable, { column }: MatchField, forms: readonly string[]): Promise<Held[]> {
    return this.#scan(table, column, emailSql(quoteIdentifier(column)), forms);
  }

  /** Whose numbers end so: reads the whole table. @param tails of phoneTail */
  async scanPhones(table: MatchTable, { column, type }: MatchField, tails: readonly string[]): Promise<Held[]> {
    const text = quoteIdentifier(column);
    return this.#scan(table, column, phoneTailSql(type === "text" ? text : `${text}::text`), tails);
  }

  async #scan(
    { from, key, role }: MatchTable,
    column: string,
    made: string,
    values: readonly string[],
  ): Promise<Held[]> {
    return this.#held(
      role,
      `SELECT ${key}, ${quoteIdentifier(column)} FROM ${from} WHERE ${made} = ANY($1::text[])`,
      values,
    );
  }

  async #held(role: string, sql: string, values: readonly string[]): Promise<Held[]> {
    if (values.length === 0) return [];
    const { rows } = await this.#query(sql, [values], role);
    return rows.flatMap(([key, value]) =>
      typeof key === "string" && typeof value === "string" ? [{ key, value }] : [],
    );
  }

  /** Of a table with one row for each subject. */
  async people(table: MatchTable, keys: readonly string[]): Promise<Person[]> {
    if (keys.length === 0) return [];
    const { from, key, keyType, fields, created, updated, role } = table;
    const times = [created, updated].map((column) =>
      column === undefined ? "NULL" : `floor(extract(epoch FROM ${quoteIdentifier(column)}) * 1000)::bigint`,
    );
    const selected = [key, ...times, ...fields.map(({ column }) => quoteIdentifier(column))].join(", ");
    const type = keySqlType(keyType);
    const { rows } = await this.#query(
      `SELECT ${selected} FROM ${from} WHERE ${key} = ANY($1::${type}[])`,
      [asType(type, keys)],
      role,
    );
    return rows.flatMap(([of, createdMs, updatedMs, ...values]) =>
      typeof of === "string" ? [{ key: of, createdMs: ms(createdMs), updatedMs: ms(updatedMs), values }] : [],
    );
  }

  /** How many subjects there are, as far as the database can say quickly. */
  async subjects({ rows, from, key, role }: MatchTable): Promise<number> {
    if (rows >= LIMITS.foundCountedRowsMax) return rows;
    const { rows: counted } = await this.#query(`SELECT count(DISTINCT ${key}) FROM ${from}`, [], role);
    return Number(counted[0]?.[0] ?? 0);
  }

  /** Subjects whose keys lie between each two, both ends left out. */
  async subjectsBetween(
    { from, key, keyType, role }: MatchTable,
    ranges: readonly (readonly [string, string])[],
  ): Promise<number> {
    const type = keySqlType(keyType);
    let subjects = 0;
    for (const range of ranges) {
      const { rows } = await this.#query(
        `SELECT count(*) FROM ${from} WHERE ${key} > $1::${type} AND ${key} < $2::${type}`,
        range,
        role,
      );
      subjects += Number(rows[0]?.[0] ?? 0);
    }
    return subjects;
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }

  async #query(
    text: string,
    values?: readonly unknown[],
    role?: string,
  ): Promise<pg.QueryArrayResult<(string | null)[]>> {
    if (role !== undefined && role !== this.#role) {
      await this.#query(`SET ROLE ${quoteIdentifier(role)}`);
      this.#role = role;
    }
    return asUpstream("UPSTREAM_LOST", () =>
      this.#client.query<(string | null)[]>({
        text,
        rowMode: "array",
        ...(values !== undefined && { values: [...values] }),
      }),
    );
  }
}

function ms(text: string | null | undefined): number | undefined {
  const value = typeof text === "string" ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** Those that the type can hold, in its own spelling. A zero byte is in no text of PostgreSQL. */
function asType(type: MatchField["type"], values: readonly string[]): readonly string[] {
  if (type === "bigint") return values.flatMap((value) => integerOf(value) ?? []);
  if (type === "uuid") return values.flatMap((value) => uuidOf(value) ?? []);
  return values.filter((value) => !value.includes("\0"));
}

/** What goes wrong, without the database's own words: they may quote a value. */
async function asUpstream<T>(code: "UPSTREAM_UNREACHABLE" | "UPSTREAM_LOST", work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const state = cause instanceof pg.DatabaseError ? cause.code : undefined;
    const refused = state !== undefined && code === "UPSTREAM_LOST";
    const why = state === undefined ? "" : ` (SQLSTATE ${state})`;
    throw new WhosawError(refused ? "CATALOG_MISMATCH" : code, `The copy cannot be matched with the database${why}.`, {
      hint:
        state === "57014"
          ? "A statement took too long: index the columns with contact data."
          : "whosaw check says more.",
      cause,
    });
  }
}
