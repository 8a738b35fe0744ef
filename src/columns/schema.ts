/** The tables of columns, the same for chdb and for any ClickHouse since 18.16. */
import { DAY_MS } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import type { Columns, ColumnsTable } from "./columns.ts";
import { knownSettings, TABLE_SETTINGS } from "./settings.ts";

/** Counted up with every change of a table. */
const SCHEMA_VERSION = 2;

interface TableShape {
  /** In the order in which rows are inserted. */
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly order: readonly string[];
  /** Rows that agree in `order` stand for one: the one with the highest of this column, or any. */
  readonly replacing?: { readonly version?: string };
  /** Rows that agree in `order` stand for one, in which this column is their sum. */
  readonly summing?: string;
  readonly partition?: string;
}

/** Days of UTC never straddle two partitions, and a year has about twelve. */
export const PARTITION_DAYS = 30;
const PARTITION_MS = PARTITION_DAYS * DAY_MS;
const BY_30_DAYS = `intDiv(at, ${PARTITION_MS})`;

/** Which partition rows of a time stand in. An INSERT into two of them is two. */
export function partitionOf(atMs: number): number {
  return Math.trunc(atMs / PARTITION_MS);
}

const DISCLOSURE: TableShape["columns"] = [
  ["kind", "UInt32"],
  ["key_type", "UInt8"],
  ["subject", "Int64"],
  ["subject2", "Int64"],
  ["at", "Int64"],
  ["actor", "UInt64"],
  ["log", "UInt32"],
  ["entry", "UInt64"],
  // Entries after the statement's own: mostly 0, and so next to nothing on disk.
  ["after", "UInt32"],
  ["use", "UInt16"],
  ["form", "UInt64"],
  ["grade", "UInt8"],
  ["listed", "UInt8"],
];

/** What aggregates count views by, behind what they are of. */
const DAY_COUNTS: TableShape["columns"] = [
  ["generation", "UInt32"],
  ["piece", "UInt32"],
  ["actor", "UInt64"],
  ["day", "Int32"],
  ["fields", "UInt32"],
  ["listed", "UInt8"],
  ["n", "UInt32"],
];

const NAME: TableShape = {
  columns: [
    ["number", "UInt64"],
    ["name", "String"],
  ],
  order: ["number"],
  replacing: {},
};

export const TABLES: Readonly<Record<ColumnsTable, TableShape>> = {
  disclosures: {
    columns: DISCLOSURE,
    order: ["kind", "key_type", "subject", "subject2", "at"],
    partition: BY_30_DAYS,
  },
  disclosures_by_actor: {
    columns: DISCLOSURE,
    order: ["actor", "at", "log", "entry", "use", "key_type", "subject", "subject2"],
    partition: BY_30_DAYS,
  },
  statements: {
    columns: [
      ["log", "UInt32"],
      ["entry", "UInt64"],
      ["at", "Int64"],
      ["actor", "UInt64"],
      ["form", "UInt64"],
      ["decision", "UInt8"],
      ["ticket", "String"],
      ["reason", "String"],
    ],
    order: ["log", "entry"],
    partition: BY_30_DAYS,
  },
  forms: {
    columns: [
      ["form", "UInt64"],
      ["use", "UInt16"],
      ["relation", "String"],
      ["kind", "String"],
      ["clear", "String"],
      ["masked", "String"],
      ["predicate", "String"],
      ["scope", "UInt8"],
      ["text", "String"],
    ],
    order: ["form", "use"],
    replacing: {},
  },
  actors: NAME,
  logs: NAME,
  kinds: NAME,
  strata: {
    columns: [
      ["kind", "UInt32"],
      ["subject", "Int64"],
      ["subject2", "Int64"],
      ["stratum", "UInt32"],
      ["at", "Int64"],
    ],
    order: ["kind", "subject", "subject2"],
    replacing: { version: "at" },
  },
  shipped: {
    columns: [
      ["log", "UInt32"],
      ["next", "UInt64"],
      ["at", "Int64"],
    ],
    order: ["log"],
    replacing: { version: "next" },
  },
  actor_days: {
    columns: DAY_COUNTS,
    order: ["actor", "day", "fields", "listed", "piece"],
    summing: "n",
    partition: "generation",
  },
  cell_days: {
    columns: [["cell", "UInt16"], ...DAY_COUNTS],
    order: ["cell", "actor", "day", "fields", "listed", "piece"],
    summing: "n",
    partition: "generation",
  },
  subject_cells: {
    columns: [
      ["generation", "UInt32"],
      ["subject", "Int64"],
      ["subject2", "Int64"],
      ["exposure", "UInt32"],
      ["cell", "UInt16"],
    ],
    order: ["subject", "subject2"],
    partition: "generation",
  },
  aggregates: {
    columns: [
      ["what", "UInt8"],
      ["kind", "UInt32"],
      ["epoch", "Int32"],
      ["version", "UInt64"],
      ["generation", "UInt32"],
      ["detail", "String"],
    ],
    order: ["what", "kind", "epoch"],
    replacing: { version: "version" },
  },
};

/** All tables, by name. */
export const TABLE_NAMES = Object.keys(TABLES) as readonly ColumnsTable[];

/**
 * Makes what is missing of the tables.
 * @param cluster every table is then a replica, on every server of the cluster
 * @throws {WhosawError} STORE_MISMATCH when a newer program made them, COLUMNS_UNREACHABLE, COLUMNS_FAILED
 */
export async function ensureSchema(columns: Columns, database: string, cluster: string | undefined): Promise<void> {
  const version = await storedVersion(columns, database);
  if (version === SCHEMA_VERSION) return;
  if (version > SCHEMA_VERSION) {
    throw new WhosawError(
      "STORE_MISMATCH",
      `Columns are of version ${version}; this program knows versions up to ${SCHEMA_VERSION}.`,
      { hint: "Install the newer whosaw that has been here before, or name another place for columns." },
    );
  }
  const names = await columns.select("SELECT name FROM system.merge_tree_settings");
  const settings = knownSettings(TABLE_SETTINGS, new Set(names.map(([name]) => String(name))));
  const assigned = Object.entries<string | number>({ index_granularity: 8_192, ...settings })
    .map(([name, value]) => `${name} = ${typeof value === "string" ? `'${value}'` : value}`)
    .join(", ");
  for (const name of TABLE_NAMES)
    await columns.command(`${tableDdl(name, TABLES[name], database, cluster)} SETTINGS ${assigned}`);
  await columns.command(tableDdl("schema_versions", VERSIONS, database, cluster));
  await columns.command(`INSERT INTO schema_versions VALUES (${SCHEMA_VERSION})`);
}

const VERSIONS: TableShape = { columns: [["version", "UInt32"]], order: ["version"], replacing: {} };

/** 0 before there are tables. */
async function storedVersion(columns: Columns, database: string): Promise<number> {
  const found = await columns.select(
    `SELECT name FROM system.tables WHERE database = '${database}' AND name = 'schema_versions'`,
  );
  if (found.length === 0) return 0;
  const rows = await columns.select("SELECT max(version) AS version FROM schema_versions");
  return Number(rows[0]?.[0] ?? 0);
}

function tableDdl(name: string, shape: TableShape, database: string, cluster: string | undefined): string {
  const columns = shape.columns.map(([column, type]) => `${column} ${type}`).join(", ");
  const replica = cluster === undefined ? [] : [`'/clickhouse/tables/{shard}/${database}/${name}'`, "'{replica}'"];
  const version = shape.replacing?.version;
  const summed = shape.summing === undefined ? [] : [`(${shape.summing})`];
  const parameters = [...replica, ...(version === undefined ? [] : [version]), ...summed];
  const merging = shape.replacing === undefined ? (shape.summing === undefined ? "" : "Summing") : "Replacing";
  const engine = `${cluster === undefined ? "" : "Replicated"}${merging}MergeTree`;
  const where = cluster === undefined ? "" : ` ON CLUSTER '${cluster}'`;
  const partition = shape.partition === undefined ? "" : ` PARTITION BY ${shape.partition}`;
  return `CREATE TABLE IF NOT EXISTS ${name}${where} (${columns}) ENGINE = ${engine}(${parameters.join(", ")})${partition} ORDER BY (${shape.order.join(", ")})`;
}
