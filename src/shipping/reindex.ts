/** Columns built anew from the logs, beside those in use, and put in their place when they are whole. */
import { WhosawError } from "../base/errors.ts";
import type { Columns } from "../columns/columns.ts";
import { whileNoneAreMade } from "../columns/daily/make.ts";
import { type ColumnsPlace, databaseOf, openColumns } from "../columns/open.ts";
import { shippedUpTo } from "../columns/queries/position.ts";
import { number32 } from "../columns/numbers.ts";
import { TABLE_NAMES } from "../columns/schema.ts";
import { shipOnce, type ShippingOptions, type ShippingState } from "./shipper.ts";

export interface ReindexOptions extends Pick<ShippingOptions, "logs" | "rules"> {
  readonly place: ColumnsPlace;
  /** Those in use. Nothing may be shipped to them meanwhile. */
  readonly columns: Columns;
  readonly onState?: (state: ShippingState) => void;
}

/**
 * Rebuilds columns. Whoever asks meanwhile gets answers from the old ones; a stop before the end leaves these in place.
 * Strata are no part of any log and stay.
 * @throws WhosawError STORE_MISMATCH if columns hold a log that is not given, and as `shipOnce`
 */
export async function reindex({ place, columns, logs, rules, onState }: ReindexOptions): Promise<void> {
  await checkAllGiven(
    columns,
    logs.map(({ origin }) => origin),
  );
  const database = `${databaseOf(place)}_${Date.now()}`;
  const cluster = place.kind === "server" && place.cluster !== undefined ? ` ON CLUSTER '${place.cluster}'` : "";
  await dropLeftovers(columns, databaseOf(place), cluster);
  const rebuilt = await openColumns(place, { database });
  try {
    const shipping = { columns: rebuilt, logs, rules, ...(onState !== undefined && { onState }) };
    await shipOnce(shipping);
    // What was written while the bulk was read.
    await shipOnce(shipping);
    await whileNoneAreMade(columns, () => swap(columns, databaseOf(place), database, cluster));
  } finally {
    await rebuilt.close();
    await columns.command(`DROP DATABASE IF EXISTS ${database}${cluster}`);
  }
}

/** The same, telling on the way how far it is. Whoever leaves early still waits for its end: two must not write at once. */
export async function* reindexing(
  options: Omit<ReindexOptions, "onState">,
): AsyncGenerator<ReindexProgress, void, undefined> {
  const told: ReindexProgress[] = [];
  const waiting = { over: false, wake: (): void => undefined };
  const onState = ({ origin: log, next, size }: ShippingState): void => {
    told.push({ log, next, size });
    waiting.wake();
  };
  const done = reindex({ ...options, onState }).finally(() => {
    waiting.over = true;
    waiting.wake();
  });
  done.catch(() => undefined);
  try {
    while (!waiting.over || told.length > 0) {
      yield* told.splice(0);
      if (!waiting.over && told.length === 0) await new Promise<void>((resolve) => (waiting.wake = resolve));
    }
  } finally {
    await done;
  }
}

/** How many of a log's entries are in the new columns. */
export interface ReindexProgress {
  readonly log: string;
  readonly next: number;
  readonly size: number;
}

/** Rows of a log that nobody gives would be lost. */
async function checkAllGiven(columns: Columns, origins: readonly string[]): Promise<void> {
  const given = new Set(origins.map(number32));
  const missing = [...(await shippedUpTo(columns)).keys()].filter((log) => !given.has(log));
  if (missing.length === 0) return;
  const names = await columns.select(`SELECT DISTINCT name FROM logs WHERE number IN (${missing.join(", ")})`);
  const logs = names.map(([name]) => String(name)).join(", ");
  throw new WhosawError("STORE_MISMATCH", `Columns also hold ${missing.length} logs that are not here: ${logs}.`, {
    hint: "Make their directories readable here and name them in whosaw.yaml; or name a new place for columns.",
  });
}

/** Of a rebuild that was stopped. */
async function dropLeftovers(columns: Columns, database: string, cluster: string): Promise<void> {
  const rows = await columns.select("SELECT name FROM system.databases");
  const leftover = new RegExp(`^${database}_\\d{13}(?:_old)?$`, "u");
  for (const [name] of rows)
    if (leftover.test(String(name))) await columns.command(`DROP DATABASE ${String(name)}${cluster}`);
}

/** Strata come from the protected database, and from no log. */
const REBUILT_TABLES = TABLE_NAMES.filter((name) => name !== "strata" && name !== "shipped");

/**
 * The version goes first and comes last: after a stop in between, the next to open columns makes the tables that are
 * missing. Each table holds the beginning of each log, whether old or new, so shipping goes on from there.
 */
async function swap(columns: Columns, database: string, rebuilt: string, cluster: string): Promise<void> {
  const old = `${rebuilt}_old`;
  await columns.command(`CREATE DATABASE ${old}${cluster}`);
  const move = (name: string, from: string, to: string): string => `${from}.${name} TO ${to}.${name}`;
  const away = ["schema_versions", "shipped", ...REBUILT_TABLES].map((name) => move(name, database, old));
  const back = [...REBUILT_TABLES, "shipped", "schema_versions"].map((name) => move(name, rebuilt, database));
  await columns.command(`RENAME TABLE ${[...away, ...back].join(", ")}${cluster}`);
  await columns.command(`DROP DATABASE ${old}${cluster}`);
}
