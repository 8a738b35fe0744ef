/** Fills columns with a world, in blocks that fit memory, partition by partition. */
import { DAY_MS } from "../../src/base/clock.ts";
import type { Columns } from "../../src/columns/columns.ts";
import { putForm, putName, putShipped } from "../../src/columns/encode.ts";
import { number32, number64 } from "../../src/columns/numbers.ts";
import { TsvWriter } from "../../src/columns/tsv.ts";
import {
  ACTORS,
  BLOCK_ROWS,
  entriesOf,
  FIRST_DAY_MS,
  formNumber,
  FORMS,
  insertDisclosures,
  insertStatements,
  insertStrata,
  KIND,
  LOGS,
  partitionOf,
  type World,
} from "./world.ts";

/** Rows of one INSERT: a part of this size is sorted in memory. */
const INSERT_ROWS = 2_000_000;
const BY_BLOCKS = `SETTINGS max_block_size = 65536, max_insert_block_size = ${INSERT_ROWS}, min_insert_block_size_rows = ${INSERT_ROWS}, max_insert_threads = 1`;

const TABLES = ["disclosures", "disclosures_by_actor", "statements"] as const;

/**
 * Merges wait until a partition is whole, and then each of its rows is merged once: the state that a store comes to by itself
 * a while after its rows have arrived.
 * @param progress told how many disclosures there are by now
 */
export async function fill(columns: Columns, world: World, progress: (rows: number) => void): Promise<void> {
  await fillNames(columns, world);
  await columns.command(`${insertStrata(world)} ${BY_BLOCKS}`);
  for (const table of TABLES) await columns.command(`SYSTEM STOP MERGES ${table}`);
  const blocks = world.disclosures / BLOCK_ROWS;
  const step = INSERT_ROWS / BLOCK_ROWS;
  for (let from = 0; from < blocks; from += step) {
    const to = Math.min(blocks, from + step);
    await columns.command(`${insertDisclosures("disclosures", world, from, to)} ${BY_BLOCKS}`);
    await columns.command(`${insertDisclosures("disclosures_by_actor", world, from, to)} ${BY_BLOCKS}`);
    await columns.command(`${insertStatements(world, from, to)} ${BY_BLOCKS}`);
    for (let partition = partitionOf(world, from); partition < partitionOf(world, to); partition += 1)
      await mergePartition(columns, partition);
    progress(to * BLOCK_ROWS);
  }
  await mergePartition(columns, partitionOf(world, blocks));
}

async function mergePartition(columns: Columns, partition: number): Promise<void> {
  for (const table of TABLES) {
    await columns.command(`SYSTEM START MERGES ${table}`);
    await columns.command(`OPTIMIZE TABLE ${table} PARTITION ${partition} FINAL`);
    await columns.command(`SYSTEM STOP MERGES ${table}`);
  }
}

async function fillNames(columns: Columns, world: World): Promise<void> {
  const rows = new TsvWriter();
  for (const name of ACTORS) putName(rows, number64(name), name);
  await columns.insert("actors", rows.take());
  for (const name of LOGS) putName(rows, number32(name), name);
  await columns.insert("logs", rows.take());
  const atMs = FIRST_DAY_MS + world.days * DAY_MS;
  for (const name of LOGS) putShipped(rows, { log: number32(name), next: entriesOf(world), atMs });
  await columns.insert("shipped", rows.take());
  putName(rows, number32(KIND), KIND);
  await columns.insert("kinds", rows.take());
  for (let index = 0; index < FORMS; index += 1) {
    putForm(rows, {
      form: formNumber(index),
      use: 0,
      table: index % 2 === 0 ? "support.customers" : "support.tickets",
      kind: KIND,
      clear: index % 3 === 0 ? ["email", "name", "phone"] : ["name"],
      masked: [],
      predicate: index % 2 === 0 ? ["id"] : ["state"],
      scope: false,
      text: `SELECT ${index}`,
    });
  }
  await columns.insert("forms", rows.take());
}
