import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "./connection.ts";
import { reachable } from "./location.ts";
import { migrate, migratedTo } from "./migrations.ts";
import type { ReportedContact } from "./reports.ts";
import type { State } from "./state.ts";
import { Cleanup, emptyDatabase, INSTALLATION, NOW_MS, opened } from "./testing/places.ts";

const cleanup = new Cleanup();
let state: State;
beforeAll(async () => {
  state = await opened(await emptyDatabase(cleanup), cleanup);
});
afterAll(() => cleanup.run());

const SETTINGS = { alpha: 0.01, leadPosterior: 0.99 };
const contact = (key: number, rest: Partial<ReportedContact> = {}): ReportedContact => ({
  kind: "customer",
  key: String(key),
  keyHash: "0".repeat(32),
  fromMs: NOW_MS - 10,
  toMs: NOW_MS,
  fields: 17,
  reporter: undefined,
  caller: "ab".repeat(16),
  mark: { value: 3, ways: 8 },
  ...rest,
});

describe("cases", () => {
  test("are numbered, keep what was sealed, and close once", async () => {
    const first = await state.cases.open({ title: "one", by: "uid:1", settings: SETTINGS });
    const second = await state.cases.open({ title: "two", by: "uid:1", settings: SETTINGS });
    expect(second.id).toBe(first.id + 1);
    expect(await state.cases.get(first.id)).toEqual({
      id: first.id,
      title: "one",
      settings: SETTINGS,
      opened: { by: "uid:1", atMs: NOW_MS },
      closed: undefined,
    });
    await state.cases.close(first.id, "uid:2");
    expect((await state.cases.close(first.id, "uid:3")).closed).toEqual({ by: "uid:2", atMs: NOW_MS });
    expect((await state.cases.list()).map(({ id }) => id).slice(0, 2)).toEqual([second.id, first.id]);
    await expect(state.cases.get(999)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(state.cases.close(999, "x")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("reports", () => {
  let caseId: number;
  beforeAll(async () => {
    ({ id: caseId } = await state.cases.open({ title: "reports", by: "uid:1", settings: SETTINGS }));
  });

  test("what was reported is kept to the letter, and withdrawn stays", async () => {
    const [id = ""] = await state.reports.add([contact(4711)], { caseId, by: "uid:1" });
    const report = { id, caseId, ...contact(4711), entered: { by: "uid:1", atMs: NOW_MS } };
    expect(await state.reports.list(caseId)).toEqual([{ ...report, withdrawn: undefined }]);
    await state.reports.withdraw(id, { by: "uid:2", because: "a survey" });
    await state.reports.withdraw(id, { by: "uid:3", because: "again" });
    const withdrawn = { by: "uid:2", atMs: NOW_MS, because: "a survey" };
    expect(await state.reports.list(caseId)).toEqual([{ ...report, withdrawn }]);
    expect((await state.reports.counts()).get(caseId)).toEqual({ standing: 0, withdrawn: 1 });
    await expect(state.reports.withdraw("r-0", { by: "x", because: "y" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("thousands at once come in order with progress, or not at all", async () => {
    const { id } = await state.cases.open({ title: "many", by: "uid:1", settings: SETTINGS });
    const told: number[] = [];
    const many = Array.from({ length: 2_500 }, (_, i) => contact(i));
    const ids = await state.reports.add(many, { caseId: id, by: "uid:1", onProgress: (done) => told.push(done) });
    expect(told).toEqual([1_000, 2_000, 2_500]);
    const byId = new Map((await state.reports.list(id)).map((report) => [report.id, report.key]));
    expect(ids.map((one) => byId.get(one))).toEqual(many.map(({ key }) => key));
    const wrong = [...many, contact(1, { fromMs: NOW_MS + 1 })];
    await expect(state.reports.add(wrong, { caseId: id, by: "uid:1" })).rejects.toMatchObject({ code: "STATE_FAILED" });
    expect((await state.reports.counts()).get(id)).toEqual({ standing: 2_500, withdrawn: 0 });
    await expect(
      state.reports.add(
        Array.from({ length: 97_501 }, () => contact(1)),
        { caseId: id, by: "uid:1" },
      ),
    ).rejects.toMatchObject({ code: "USAGE" });
  });

  test("one without a case is put into one, and never into another; a closed case takes none", async () => {
    const [id = ""] = await state.reports.add([contact(1)], { caseId: undefined, by: "uid:1" });
    expect((await state.reports.list(undefined)).map((report) => report.id)).toContain(id);
    const other = await state.cases.open({ title: "other", by: "uid:1", settings: SETTINGS });
    expect(await state.reports.assign([id], other.id)).toMatchObject([{ id, caseId: other.id }]);
    await state.reports.assign([id], other.id);
    await expect(state.reports.assign([id], caseId)).rejects.toMatchObject({ code: "USAGE" });
    await expect(state.reports.assign(["r-0"], caseId)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await state.cases.close(other.id, "uid:1");
    const late = state.reports.add([contact(1)], { caseId: other.id, by: "uid:1" });
    await expect(late).rejects.toMatchObject({ code: "USAGE" });
    await expect(state.reports.add([contact(1)], { caseId: 999, by: "x" })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});

test("a state of the first version, with content, gets cases and keeps what it has", async () => {
  const location = await emptyDatabase(cleanup);
  if (location.kind !== "server") throw new Error("a database of the run's server is one by URL");
  const old = await connect(reachable(location), { owner: true });
  await old.session.run(async (db) => {
    await migrate(db, { to: "0001-first" });
    expect(await migratedTo(db)).toBe("0001-first");
    await sql`insert into whosaw.installation (name, made_ms) values (${INSTALLATION}, 1)`.execute(db);
    await sql`insert into whosaw.logs (origin, vkey, size) values ('l', 'v', 7)`.execute(db);
    await sql`insert into whosaw.strata (number, kind, name, value) values (1, 'customer', 'c', 'FR')`.execute(db);
  });
  await old.close();
  const now = await opened(location, cleanup);
  expect(await now.logs.list()).toEqual([{ origin: "l", vkey: "v", highest: undefined }]);
  expect(await now.strata.list()).toHaveLength(1);
  const { id } = await now.cases.open({ title: "first", by: "uid:1", settings: SETTINGS });
  expect(await now.reports.add([contact(1)], { caseId: id, by: "uid:1" })).toHaveLength(1);
});
