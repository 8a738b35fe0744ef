/** Backups that have a right checksum and yet must not become a state. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { WhosawError } from "../base/errors.ts";
import { type BackupHeader, BackupLines, type BackupRow } from "./backup-file.ts";
import { backupState } from "./backup.ts";
import type { StateLocation } from "./location.ts";
import { restoreState } from "./restore.ts";
import { openState } from "./state.ts";
import { Cleanup, emptyDatabase, INSTALLATION, NOW_MS, options, temporaryDir } from "./testing/places.ts";

const [cleanup, whole] = [new Cleanup(), new Cleanup()];
const HEADER: BackupHeader = { installation: INSTALLATION, tables: "0001-first", atMs: NOW_MS };
const OURS: BackupRow = {
  table: "installation",
  json: `{"only":true,"name":"${INSTALLATION}","made_ms":1,"backup_ms":null,"restored_ms":null}`,
};
const LOG: BackupRow = { table: "logs", json: '{"origin":"l","vkey":"v","size":7,"root":null,"seen_ms":7}' };

let location: StateLocation;
let file: string;
beforeAll(async () => {
  location = await emptyDatabase(whole);
  await (await openState(location, options)).close();
});
afterAll(() => whole.run());
beforeEach(async () => {
  file = join(await temporaryDir(cleanup), "backup");
});
afterEach(() => cleanup.run());

/** Restores a backup with these rows. @returns the error's code, or undefined if it was taken */
async function restore(rows: readonly BackupRow[], header: BackupHeader = HEADER): Promise<string | undefined> {
  const lines = new BackupLines();
  await writeFile(file, [lines.header(header), ...rows.map((row) => lines.row(row)), lines.end()].join(""));
  try {
    await restoreState(location, { ...options, replace: true }, file);
    return undefined;
  } catch (error) {
    if (!(error instanceof WhosawError)) throw error;
    return error.code;
  }
}

test("rows that do not fit, of unknown tables, twice, or of nobody", async () => {
  expect(await restore([OURS, LOG])).toBeUndefined();
  for (const rows of [
    [OURS, LOG, LOG],
    [OURS, { table: "kysely_migration", json: '{"name":"x","timestamp":"y"}' }],
    [OURS, { table: "pg_authid", json: '{"rolname":"x"}' }],
    [OURS, { table: "logs", json: '{"origin":"l","vkey":"v","size":"seven"}' }],
    [OURS, { table: "logs", json: '{"origin":"l","vkey":"v","size":-1}' }],
    [OURS, { table: "logs", json: '{"origin":"\\u0000","vkey":"v","size":1}' }],
    [OURS, { table: "logs", json: "{}" }],
  ])
    expect(await restore(rows)).toBe("STATE_FAILED");
  expect(await restore([LOG])).toBe("STORE_MISMATCH");
  // Nothing of these came in, and what was there stays.
  const state = await openState(location, options);
  expect((await state.logs.list()).map(({ origin }) => origin)).toEqual(["l"]);
  await state.close();
});

test("of another installation, or of a newer whosaw", async () => {
  expect(await restore([OURS], { ...HEADER, installation: "other.example/log" })).toBe("STORE_MISMATCH");
  expect(await restore([{ ...OURS, json: OURS.json.replace(INSTALLATION, "other") }])).toBe("STORE_MISMATCH");
  expect(await restore([OURS], { ...HEADER, tables: "9999-later" })).toBe("STORE_MISMATCH");
});

test("whatever stands in a row, it is taken or refused with a code", async () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.maxSafeInteger(), fc.string({ unit: "binary" }));
  const row = fc.record({
    table: fc.constantFrom("logs", "strata", "policies", "installation"),
    json: fc
      .dictionary(fc.constantFrom("origin", "vkey", "size", "root", "number", "kind", "name", "value", "only"), value)
      .map((object) => JSON.stringify(object)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 3 }), async (rows) => {
      expect([undefined, "STATE_FAILED", "STORE_MISMATCH"]).toContain(await restore([OURS, ...rows]));
    }),
    { numRuns: 40 },
  );
}, 60_000);

test("where there is no state there is nothing to back up; a file is never written over", async () => {
  const nowhere = await emptyDatabase(cleanup);
  await expect(backupState(nowhere, options, file)).rejects.toMatchObject({ code: "NOT_FOUND" });
  const dir = await temporaryDir(cleanup);
  const embedded = { kind: "embedded", dir: join(dir, "state") } as const;
  await expect(backupState(embedded, options, file)).rejects.toMatchObject({ code: "NOT_FOUND" });
  await writeFile(file, "of somebody");
  await expect(backupState(location, options, file)).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
  await expect(backupState(location, options, join(dir, "no", "folder"))).rejects.toMatchObject({
    code: "FILE_UNWRITABLE",
  });
  const missing = restoreState(location, { ...options, replace: true }, join(dir, "missing"));
  await expect(missing).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
});
