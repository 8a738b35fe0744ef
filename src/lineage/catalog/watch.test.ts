import { beforeEach, expect, test } from "vitest";
import { WhosawError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { CatalogSnapshot } from "../catalog.ts";
import type { Classification } from "../classification.ts";
import type { CatalogQuery } from "./statements.ts";
import { DIGEST_SQL, RELATIONS_SQL } from "./statements.ts";
import { CatalogWatch } from "./watch.ts";

/** A database that knows nothing but its digest, and can be unreachable. */
class Database {
  digest = "150004 one";
  down = false;
  loads = 0;
  transactions = 0;
  open = false;
  readonly query: CatalogQuery = async (sql) => {
    if (this.down) throw new Error("connection lost");
    if (sql.startsWith("BEGIN")) [this.open, this.transactions] = [true, this.transactions + 1];
    else if (sql === "COMMIT" || sql === "ROLLBACK") this.open = false;
    else expect(this.open).toBe(true);
    if (sql === DIGEST_SQL) return [[this.digest]];
    if (sql === RELATIONS_SQL) this.loads++;
    return [];
  };
}

/** Runs what is due, one call at a time. */
class Timer {
  nowMs = 1_000;
  due: { atMs: number; callback: () => void } | undefined;
  readonly schedule = (delayMs: number, callback: () => void) => {
    this.due = { atMs: this.nowMs + delayMs, callback };
    return () => void (this.due = undefined);
  };
}

const NOTHING: Classification = { subjects: {}, public: [] };
let database: Database;
let timer: Timer;
let failures: unknown[];
let changes: CatalogSnapshot[];
let watch: CatalogWatch;
let settled: () => void;

beforeEach(() => {
  database = new Database();
  timer = new Timer();
  failures = [];
  changes = [];
  settled = () => {};
  watch = new CatalogWatch({
    query: database.query,
    monotonicMs: () => timer.nowMs,
    schedule: (delayMs, callback) => {
      const cancel = timer.schedule(delayMs, callback);
      settled();
      return cancel;
    },
    classification: NOTHING,
    roles: [],
    onFailure: (error) => failures.push(error),
    onChange: (snapshot) => changes.push(snapshot),
  });
});

/** Lets the next poll run to its end. */
async function poll(): Promise<void> {
  const { due } = timer;
  if (due === undefined) throw new Error("nothing is scheduled");
  timer.nowMs = due.atMs;
  const done = new Promise<void>((resolve) => (settled = resolve));
  due.callback();
  await done;
}

const code = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof WhosawError ? error.code : String(error);
  }
};

test("reloads when the digest has changed, and only then", async () => {
  const first = await watch.start();
  await poll();
  expect([database.loads, watch.current() === first]).toEqual([1, true]);
  database.digest = "150004 two";
  await poll();
  expect([database.loads, changes.length]).toEqual([2, 2]);
  expect(watch.current().digest).not.toBe(first.digest);
  expect(database.open).toBe(false);
});

test("keeps the last good snapshot for a while, then refuses, then recovers", async () => {
  const first = await watch.start();
  database.down = true;
  const began = timer.nowMs;
  await poll();
  expect([watch.current() === first, failures.length]).toEqual([true, 1]);
  while (timer.nowMs <= began + LIMITS.catalogStaleMs) await poll();
  expect(watch.fresh).toBe(false);
  expect(code(() => watch.current())).toBe("CATALOG_STALE");
  database.down = false;
  await poll();
  expect([watch.current() === first, watch.fresh]).toEqual([true, true]);
});

test("a database that does not fit any more goes stale instead of being planned with", async () => {
  await watch.start();
  const began = timer.nowMs;
  await expect(watch.reconfigure({ subjects: {}, public: ["support.gone"] }, [])).rejects.toMatchObject({
    code: "CATALOG_MISMATCH",
  });
  expect(database.open).toBe(false);
  await poll();
  expect(failures).toEqual([]); // The old classification is back.
  timer.nowMs = began + 2 * LIMITS.catalogStaleMs;
  expect(code(() => watch.current())).toBe("CATALOG_STALE");
});

test("another classification takes effect at once", async () => {
  const first = await watch.start();
  await watch.reconfigure({ subjects: { customer: { tables: {} } }, public: [] }, []);
  expect(watch.current().digest).not.toBe(first.digest);
});

test("a refresh waits for a poll that began earlier, and begins its own", async () => {
  await watch.start();
  const before = database.transactions;
  const { due } = timer;
  due!.callback();
  await watch.refresh();
  expect(database.transactions).toBe(before + 2);
});

test("the first poll's failure is the caller's, and nothing is scheduled", async () => {
  database.down = true;
  await expect(watch.start()).rejects.toThrow("connection lost");
  expect(timer.due).toBeUndefined();
  expect(code(() => watch.current())).toBe("CATALOG_STALE");
});

test("after stop nothing is polled", async () => {
  await watch.start();
  await watch.stop();
  expect(timer.due).toBeUndefined();
});
