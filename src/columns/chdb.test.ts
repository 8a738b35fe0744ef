/** What only an embedded store has: a directory, which one process holds, and which may die at any moment. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { embeddedStore, type TestStore } from "./testing/stores.ts";

const KILLS = 6;
const BATCH_ROWS = 60_000;
const PROJECT = join(import.meta.dirname, "../..");
/** Inserts batch after batch, and says the number of each that has arrived. Compiled before tests run. */
const INSERTING = `
  import { openColumns } from "${PROJECT}/dist/src/columns/open.js";
  const [dir, rows, first] = process.argv.slice(1);
  const columns = await openColumns({ kind: "embedded", dir });
  console.log("open");
  for (let batch = Number(first); ; batch += 1) {
    const row = (_, place) => [1, batch * Number(rows) + place, batch, 1, 1, 1, "", ""].join("\\t") + "\\n";
    await columns.insert("statements", Buffer.from(Array.from({ length: Number(rows) }, row).join("")));
    console.log(batch);
  }`;

let store: TestStore;
const children: ChildProcessWithoutNullStreams[] = [];

beforeEach(() => {
  store = embeddedStore();
});
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  await store.end();
});

function insertingProcess(
  dir: string,
  first: number,
): { child: ChildProcessWithoutNullStreams; says: AsyncIterator<string> } {
  const child = spawn(process.execPath, [
    "--input-type=module",
    "-e",
    INSERTING,
    dir,
    String(BATCH_ROWS),
    String(first),
  ]);
  children.push(child);
  child.stderr.pipe(process.stderr);
  return { child, says: createInterface(child.stdout)[Symbol.asyncIterator]() };
}

async function kill(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

function dirOf({ place }: TestStore): string {
  return place.kind === "embedded" ? place.dir : "";
}

test("one process holds a directory; when it is killed the next one may, and finds whole batches only", async () => {
  let [next, arrived] = [0, 0];
  for (let round = 0; round < KILLS; round += 1) {
    const { child, says } = insertingProcess(dirOf(store), next);
    expect((await says.next()).value).toBe("open");
    if (round === 0) {
      const refused = { code: "STORE_LOCKED", message: expect.stringContaining(`process ${child.pid}`) as string };
      await expect(store.open()).rejects.toMatchObject(refused);
    }
    // The batch after the last one that was said is under way.
    for (let batch = 0; batch < round; batch += 1) {
      arrived = Number((await says.next()).value) + 1;
    }
    await kill(child);
    const columns = await store.open();
    const batches = await columns.select(
      "SELECT at, count() AS n, uniqExact(entry) AS entries FROM statements GROUP BY at ORDER BY at",
    );
    await columns.close();
    expect(batches.length).toBeGreaterThanOrEqual(arrived);
    const size = String(BATCH_ROWS);
    expect(batches).toEqual(batches.map((_, batch) => [String(batch), size, size]));
    next = batches.length;
  }
  expect(arrived).toBeGreaterThan(KILLS);
}, 120_000);

test("its directory is made for the owner alone, and where none can be made that is said", async () => {
  const dir = join(dirOf(store), "made", "columns");
  const { openColumns } = await import("./open.ts");
  await (await openColumns({ kind: "embedded", dir })).close();
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  const file = join(dirOf(store), "file");
  writeFileSync(file, "");
  await expect(openColumns({ kind: "embedded", dir: join(file, "columns") })).rejects.toMatchObject({
    code: "FILE_UNWRITABLE",
  });
});

test("what is closed answers no more", async () => {
  const columns = await store.open();
  await columns.close();
  await expect(columns.select("SELECT 1 AS one")).rejects.toMatchObject({ code: "COLUMNS_FAILED" });
});

test("a full disk left the description of the database empty: the store starts again", async () => {
  const dir = join(dirOf(store), "unwritten");
  mkdirSync(join(dir, "metadata"), { recursive: true });
  writeFileSync(join(dir, "metadata", "whosaw.sql"), "");
  const { openColumns } = await import("./open.ts");
  const columns = await openColumns({ kind: "embedded", dir });
  expect(await columns.select("SELECT count() AS n FROM disclosures")).toHaveLength(1);
  await columns.close();
});
