import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { catchUpNote } from "./catch-up.ts";
import type { State } from "./state.ts";
import { Cleanup, emptyDatabase, NOW_MS, opened } from "./testing/places.ts";

const cleanup = new Cleanup();
let state: State;
beforeAll(async () => {
  state = await opened(await emptyDatabase(cleanup), cleanup);
});
afterAll(() => cleanup.run());

const bytes = (fill: number): Buffer => Buffer.alloc(32, fill);

describe("logs", () => {
  let log: string;
  let logs = 0;
  beforeEach(async () => {
    log = `log.example/${logs++}`;
    await state.logs.register(log, "vkey");
  });

  test("a log goes forward, and may stand still", async () => {
    expect(await state.logs.confirm(log, { size: 3, root: bytes(3) })).toEqual({ before: 0, now: 3 });
    expect(await state.logs.confirm(log, { size: 3, root: bytes(3) })).toEqual({ before: 3, now: 3 });
    expect(await state.logs.confirm(log, { size: 2 ** 50, root: bytes(4) })).toEqual({ before: 3, now: 2 ** 50 });
    const known = (await state.logs.list()).find(({ origin }) => origin === log);
    expect(known?.highest).toEqual({ size: 2 ** 50, root: bytes(4), atMs: NOW_MS });
  });

  test("an empty log has a root too", async () => {
    await state.logs.confirm(log, { size: 0, root: bytes(1) });
    await expect(state.logs.confirm(log, { size: 0, root: bytes(2) })).rejects.toMatchObject({
      code: "STORE_MISMATCH",
    });
  });

  test("a shorter one and another one are refused, and what was seen stays", async () => {
    await state.logs.confirm(log, { size: 3, root: bytes(3) });
    await expect(state.logs.confirm(log, { size: 2, root: bytes(2) })).rejects.toMatchObject({
      code: "LEDGER_BEHIND_WITNESS",
    });
    await expect(state.logs.confirm(log, { size: 3, root: bytes(4) })).rejects.toMatchObject({
      code: "STORE_MISMATCH",
    });
    expect(await state.logs.confirm(log, { size: 3, root: bytes(3) })).toEqual({ before: 3, now: 3 });
  });

  test("another key, and a log that nobody registered", async () => {
    await state.logs.register(log, "vkey");
    await expect(state.logs.register(log, "another")).rejects.toMatchObject({ code: "STORE_MISMATCH" });
    await expect(state.logs.confirm("unknown", { size: 1, root: bytes(1) })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  test("of many that confirm at once the highest stays", async () => {
    const sizes = [5, 1, 9, 3, 7];
    await Promise.allSettled(sizes.map((size) => state.logs.confirm(log, { size, root: bytes(size) })));
    expect(await state.logs.confirm(log, { size: 9, root: bytes(9) })).toEqual({ before: 9, now: 9 });
  });
});

test("what is said of a log that went on", () => {
  expect(catchUpNote("l", { before: 4, now: 4 }, undefined)).toBeUndefined();
  expect(catchUpNote("l", { before: 4, now: 5 }, undefined)).toBe(
    "The log l has 1 entry more than when the state last saw it; they are read now.",
  );
});

describe("strata", () => {
  const paris = { number: 1, kind: "customer", name: "city", value: "Paris" };

  test("learnt twice is learnt once", async () => {
    await state.strata.learn([]);
    await state.strata.learn([paris, paris]);
    await state.strata.learn([paris]);
    expect(await state.strata.list("customer")).toEqual([paris]);
  });

  test("a number has one meaning, and a meaning one number; of a refused list nothing stays", async () => {
    await state.strata.learn([paris]);
    const rome = { ...paris, number: 2, value: "Rome" };
    for (const other of [
      { ...paris, value: "London" },
      { ...paris, number: 3 },
    ])
      await expect(state.strata.learn([rome, other])).rejects.toMatchObject({ code: "STORE_MISMATCH" });
    expect(await state.strata.list("customer")).toEqual([paris]);
  });
});

test("policies: each change is a version, back to an earlier one too", async () => {
  expect(await state.policies.current()).toBeUndefined();
  const [one, two] = [
    { hash: bytes(1), by: "alice", text: "{1}" },
    { hash: bytes(2), by: "bob", text: "{2}" },
  ];
  for (const policy of [one, one, two, one]) await state.policies.record(policy);
  expect((await state.policies.history({ limit: 2 })).map(({ version, by }) => [version, by])).toEqual([
    [3, "alice"],
    [2, "bob"],
  ]);
  expect(await state.policies.find(bytes(2))).toEqual({ ...two, version: 2, atMs: NOW_MS });
  expect(await state.policies.find(bytes(9))).toBeUndefined();
});
