import { chmod, mkdtemp, readdir, rm, stat, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createKeys, loadKeys } from "./keys-file.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "whosaw-keys-"));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

test("creates three different keys once, for the owner alone", async () => {
  const keys = await createKeys(dir);
  expect(await createKeys(dir)).toEqual(keys);
  expect(await loadKeys(dir)).toEqual(keys);
  expect(new Set(Object.values(keys).map((key: Buffer) => key.toString("hex"))).size).toBe(3);
  const names = await readdir(dir);
  expect(names.sort()).toEqual(["log.key", "master.key", "witness.key"]);
  for (const name of names) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
});

test("two that create at the same moment end with the same keys", async () => {
  const [one, other] = await Promise.all([createKeys(dir), createKeys(dir)]);
  expect(one).toEqual(other);
});

test("a key that is missing, broken or open to others is refused", async () => {
  const path = join(dir, "master.key");
  await createKeys(dir);
  await chmod(path, 0o640);
  await expect(loadKeys(dir)).rejects.toMatchObject({ code: "CONFIG_INVALID", hint: `chmod 600 ${path}` });
  await chmod(path, 0o600);
  await writeFile(path, "short\n");
  await expect(loadKeys(dir)).rejects.toMatchObject({ code: "LEDGER_KEY_LOST" });
  await unlink(path);
  await expect(loadKeys(dir)).rejects.toMatchObject({ code: "LEDGER_KEY_LOST" });
});
