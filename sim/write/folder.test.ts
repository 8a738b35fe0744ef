import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CompanyFolder } from "./folder.ts";

const root = mkdtempSync(join(tmpdir(), "whosaw-folder-"));
afterAll(() => rmSync(root, { recursive: true }));

/** Of a process that is gone. */
const GONE = JSON.stringify({ pid: 1, started: "0", boot: "earlier", pidns: "", host: hostname() });

test("what was broken off is started over; what is somebody else's is left alone", async () => {
  const dir = join(root, "there");
  const leftover = join(dir, "ledger", "leftover");
  mkdirSync(join(dir, "ledger"), { recursive: true });
  writeFileSync(leftover, "");
  await expect(CompanyFolder.begin(dir)).rejects.toMatchObject({ code: "USAGE" });
  expect(existsSync(leftover)).toBe(true);
  writeFileSync(join(dir, "unfinished"), GONE);
  const folder = await CompanyFolder.begin(dir);
  expect(existsSync(leftover)).toBe(false);
  await expect(CompanyFolder.begin(dir)).rejects.toMatchObject({ code: "STORE_LOCKED" });
  await folder.finish();
  expect(existsSync(join(dir, "unfinished"))).toBe(false);
});

test("a file in its place, or below one, is said", async () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  for (const dir of [file, join(file, "below")])
    await expect(CompanyFolder.begin(dir)).rejects.toMatchObject({ code: "FILE_UNWRITABLE" });
});
