/** Runs statements and says what a client sees of them. */
import pg from "pg";
import type { ErrorField } from "../../src/lineage/errors/rebuild.ts";
import type { Accounting, Companion } from "../../src/lineage/plan.ts";
import type { Subject } from "./world.ts";

export interface Observation {
  /** SQLSTATE of the error, if it failed. */
  readonly error: string | undefined;
  /** Names and types of the columns, the command and the count of its tag. */
  readonly description: string;
  /** One text a row, in order. */
  readonly rows: readonly string[];
}

export interface Accounted {
  readonly observation: Observation;
  /** Cells of the visible columns. */
  readonly cells: readonly (readonly (string | null)[])[];
  /** Subject and use of every companion. */
  readonly recorded: readonly { readonly subject: Subject; readonly use: number }[];
  /** A key was NULL where none may be: the gateway stops here. */
  readonly nullKey: boolean;
  /** Of the error, if it failed, as the server sent them. */
  readonly errorFields: readonly ErrorField[];
}

interface Raw {
  readonly error: string | undefined;
  readonly errorFields: readonly ErrorField[];
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly tag: string;
}

const asText = { getTypeParser: () => (value: string) => value };

function fieldsOf(error: pg.DatabaseError): ErrorField[] {
  const {
    severity,
    code,
    message,
    detail,
    hint,
    position,
    internalPosition,
    internalQuery,
    where,
    schema,
    table,
    column,
    dataType,
    constraint,
    file,
    line,
    routine,
  } = error;
  const named = {
    S: severity,
    C: code,
    M: message,
    D: detail,
    H: hint,
    P: position,
    p: internalPosition,
    q: internalQuery,
    W: where,
  };
  const rest = { s: schema, t: table, c: column, d: dataType, n: constraint, F: file, L: line, R: routine };
  return Object.entries({ ...named, ...rest }).filter((field): field is [string, string] => field[1] !== undefined);
}

async function run(client: pg.Client, text: string): Promise<Raw> {
  try {
    const result: pg.QueryArrayResult<(string | null)[]> | pg.QueryArrayResult<(string | null)[]>[] =
      await client.query({
        text,
        rowMode: "array",
        types: asText,
      });
    if (Array.isArray(result)) throw new Error(`one statement expected: ${text}`);
    return {
      error: undefined,
      errorFields: [],
      fields: result.fields,
      rows: result.rows,
      tag: `${result.command} ${result.rowCount}`,
    };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { error: error.code ?? "XX000", errorFields: fieldsOf(error), fields: [], rows: [], tag: "" };
  }
}

const describe = (fields: Raw["fields"], tag: string) =>
  JSON.stringify([fields.map(({ name, dataTypeID }) => [name, dataTypeID]), tag]);

/** Runs one statement and undoes what it did. Needs the savepoint `oracle`. */
async function undone(client: pg.Client, text: string): Promise<Raw> {
  const raw = await run(client, text);
  await client.query("ROLLBACK TO SAVEPOINT oracle");
  return raw;
}

export async function observe(client: pg.Client, text: string): Promise<Observation> {
  const { error, fields, rows, tag } = await undone(client, text);
  return { error, description: describe(fields, tag), rows: rows.map((row) => JSON.stringify(row)) };
}

/** Keys of one companion's value, as plan.ts describes it. */
function keysOf(value: string | null, companion: Companion): { keys: string[]; isNull: boolean } {
  if (value === null) return { keys: [], isNull: false };
  const inner = companion.array && value.startsWith("{") ? value.slice(1, -1) : value;
  const parts = inner === "" ? [] : companion.array ? inner.split(",") : [inner];
  const missing = parts.length === 0 || parts.includes("");
  const decoded = parts
    .filter((part) => part !== "")
    .map((part) => (part.startsWith("=") ? Buffer.from(part.slice(1), "hex").toString("utf8") : part));
  return { keys: decoded, isNull: missing && !companion.nullable };
}

/** Takes the companions off rows and reads them. */
export function strip(
  rows: readonly (readonly (string | null)[])[],
  accounting: Accounting,
): Pick<Accounted, "cells" | "recorded" | "nullKey"> {
  const recorded: { subject: Subject; use: number }[] = [];
  let nullKey = false;
  for (const row of rows) {
    accounting.companions.forEach((companion, index) => {
      const { keys, isNull } = keysOf(row[accounting.columns + index] ?? null, companion);
      nullKey ||= isNull;
      const kind = accounting.uses[companion.use]!.subjectKind;
      for (const key of keys) recorded.push({ subject: `${kind}:${key}`, use: companion.use });
    });
  }
  return { cells: accounting.hideRows ? [] : rows.map((row) => row.slice(0, accounting.columns)), recorded, nullKey };
}

/** Runs a rewritten statement and says what a client sees of it and what is recorded. */
export async function account(client: pg.Client, text: string, accounting: Accounting): Promise<Accounted> {
  const { error, errorFields, fields, rows, tag } = await undone(client, text);
  const stripped = strip(rows, accounting);
  const shownFields = accounting.hideRows ? [] : fields.slice(0, accounting.columns);
  const observation = {
    error,
    description: describe(shownFields, tag),
    rows: stripped.cells.map((row) => JSON.stringify(row)),
  };
  return { observation, errorFields, ...stripped };
}

/** How often each row comes. */
export function countRows(rows: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row, (counts.get(row) ?? 0) + 1);
  return counts;
}
