import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { postgresVersions } from "../../test/rig/shared.ts";
import { backupState } from "./backup.ts";
import { catchUpNote } from "./catch-up.ts";
import type { StateLocation } from "./location.ts";
import { restoreState } from "./restore.ts";
import { openState, type State } from "./state.ts";
import { Cleanup, emptyDatabase, NOW_MS, opened, options, temporaryDir } from "./testing/places.ts";

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const LOG = "whosaw.example/test";
const HASH = Buffer.alloc(32, 2);
const root = (size: number): Buffer => Buffer.alloc(32, size);
const restoring = { ...options, replace: true };

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await temporaryDir(cleanup);
  file = join(dir, "state.backup");
});

const embedded = (name: string): StateLocation => ({ kind: "embedded", dir: join(dir, name) });
const PLACES: readonly [string, (name: string) => Promise<StateLocation>][] = [
  ["embedded", async (name) => embedded(name)],
  ...postgresVersions().map((version): [string, () => Promise<StateLocation>] => [
    `by URL, PostgreSQL ${version}`,
    () => emptyDatabase(cleanup, version),
  ]),
];

async function fill(state: State): Promise<void> {
  await state.logs.register(LOG, "vkey");
  await state.logs.confirm(LOG, { size: 7, root: root(7) });
  await state.strata.learn(
    Array.from({ length: 1_200 }, (_, number) => ({
      number,
      kind: "customer",
      name: "country",
      value: `"\\${number} ü`,
    })),
  );
  await state.policies.record({ hash: HASH, by: "svc:deploy", text: '{"a":"\\n"}' });
  const { id } = await state.cases.open({ title: "callers know", by: "uid:1", settings: { alpha: 0.01 } });
  const contact = { kind: "customer", key: "1", keyHash: "ab", fromMs: 1, toMs: 2 ** 50, fields: 17, mark: undefined };
  const reports = [
    { ...contact, reporter: "cd", caller: undefined },
    { ...contact, reporter: undefined, caller: "ef" },
  ];
  const [first = ""] = await state.reports.add(reports, { caseId: id, by: "uid:1" });
  await state.reports.withdraw(first, { by: "uid:2", because: 'said "no"\\n' });
}

async function contents(state: State): Promise<unknown> {
  const [{ id } = { id: 0 }] = await state.cases.list();
  return [
    await state.logs.list(),
    await state.strata.list(),
    await state.policies.history({ limit: 10 }),
    await state.cases.list(),
    await state.reports.list(id),
  ];
}

describe.each(PLACES)("%s", (_, place) => {
  test("a backup made while the state is in use, restored elsewhere, is the same state", async () => {
    const [from, to] = [await place("from"), await place("to")];
    const state = await opened(from, cleanup);
    await fill(state);
    const done = await backupState(from, options, file);
    expect(done).toMatchObject({ atMs: NOW_MS, rows: 1_206, bytes: (await stat(file)).size });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await restoreState(to, { ...options, replace: false }, file)).toEqual({ backupMs: NOW_MS, rows: 1_206 });
    const restored = await opened(to, cleanup);
    expect(await contents(restored)).toEqual(await contents(state));
    expect(restored.restored).toEqual({ backupMs: NOW_MS, restoredMs: NOW_MS });
  });

  test("restored from yesterday: the log is ahead, which is said, and the state catches up", async () => {
    const location = await place("state");
    const before = await openState(location, options);
    await fill(before);
    await backupState(location, options, file);
    await before.logs.confirm(LOG, { size: 9, root: root(9) });
    await expect(restoreState(location, restoring, file)).rejects.toMatchObject({ code: "STORE_LOCKED" });
    await before.close();
    await expect(restoreState(location, options as typeof restoring, file)).rejects.toMatchObject({ code: "USAGE" });
    await restoreState(location, restoring, file);

    const state = await opened(location, cleanup);
    const advance = await state.logs.confirm(LOG, { size: 11, root: root(11) });
    expect(catchUpNote(LOG, advance, state.restored)).toBe(
      `The state was restored from a backup of 2027-01-15T08:00:00.000Z. The log ${LOG} is ahead of it by 4 entries, all of them in the ledger; the state catches up now.`,
    );
    await expect(state.logs.confirm(LOG, { size: 9, root: root(9) })).rejects.toMatchObject({
      code: "LEDGER_BEHIND_WITNESS",
    });
  });

  test("a damaged backup changes nothing", async () => {
    const location = await place("state");
    const state = await openState(location, options);
    await fill(state);
    const kept = await contents(state);
    await backupState(location, options, file);
    await state.close();
    const whole = await readFile(file, "utf8");
    await writeFile(file, whole.replace("svc:deploy", "svc:depl0y"));
    await expect(restoreState(location, restoring, file)).rejects.toMatchObject({ code: "STATE_FAILED" });
    expect(await contents(await opened(location, cleanup))).toEqual(kept);
  });
});
