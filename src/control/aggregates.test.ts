/** The daily aggregates are made, kept up and told of; shipping goes first, and what fails is tried again. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import type { Columns } from "../columns/columns.ts";
import { allAggregates } from "../columns/daily/kept.ts";
import { putShipped } from "../columns/encode.ts";
import { number32 } from "../columns/numbers.ts";
import { embeddedStore, type TestStore } from "../columns/testing/stores.ts";
import { insertWorld, KINDS, LOGS, makeWorld, START_MS } from "../columns/testing/world.ts";
import { TsvWriter } from "../columns/tsv.ts";
import { seeded } from "../ledger/testing/rig.ts";
import { dayOf } from "../trace/strata.ts";
import { FollowedAggregates } from "./aggregates.ts";

let store: TestStore;
let columns: Columns;

beforeAll(async () => {
  store = embeddedStore();
  columns = await store.open();
});
afterAll(async () => {
  await columns.close();
  await store.end();
});

test("they reach as far as columns do, once shipping has caught up; a failure is told and goes away", async () => {
  const world = makeWorld(seeded(5), 60);
  await insertWorld(columns, world);
  const atMs = world.disclosures.at(-1)?.atMs ?? START_MS;
  const rows = new TsvWriter();
  for (const log of LOGS) putShipped(rows, { log: number32(log), next: 10_000, atMs });
  await columns.insert("shipped", rows.take());

  const problems: (string | undefined)[] = [];
  let fail = true;
  let failed = (): void => undefined;
  const failure = new Promise<void>((resolve) => (failed = resolve));
  let done = (): void => undefined;
  const allMade = new Promise<void>((resolve) => (done = resolve));
  const made: string[] = [];
  // Entries that wait to be shipped, as they are looked at.
  const behind = [100_000, 50_000];
  const looks: number[] = [];
  const followed = new FollowedAggregates({
    rules: () => ({ subjects: Object.fromEntries(KINDS.map((kind) => [kind, { tables: {} }])) }),
    windows: () => {
      if (fail) throw new WhosawError("STORE_MISMATCH", "columns of another log");
      return Promise.resolve([]);
    },
    columns: () => ({
      columns,
      get shipping() {
        const size = behind.shift() ?? 0;
        looks.push(size);
        return [{ origin: "a", next: 0, size, shippedAtMs: undefined, error: undefined }];
      },
    }),
    onMade: (kind, { what, how }) => {
      made.push(`${kind} ${what} ${how}`);
      if (made.length === 4) done();
    },
    onProblem: (problem) => {
      problems.push(problem?.code);
      failed();
    },
  });
  followed.follow();
  await failure;
  expect(followed.problem?.code).toBe("STORE_MISMATCH");
  expect(await allAggregates(columns)).toEqual([]);

  fail = false;
  followed.follow();
  await allMade;
  followed.follow();
  await followed.settled();
  expect(made.toSorted()).toEqual(KINDS.flatMap((kind) => [`${kind} actors made`, `${kind} cells made`]).toSorted());
  expect(looks.slice(0, 3)).toEqual([100_000, 50_000, 0]);
  expect(followed.reached).toEqual(new Map(KINDS.map((kind) => [kind, dayOf(atMs)])));
  expect([followed.problem, problems]).toEqual([undefined, ["STORE_MISMATCH", undefined]]);
  expect(await allAggregates(columns)).toHaveLength(4);
  await followed.close();
});
