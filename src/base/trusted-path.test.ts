import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { assertTrustedPath } from "./trusted-path.ts";

const NOBODY = 65_534;
const refused = { code: "CONTROL_UNREACHABLE", hint: expect.stringContaining("chmod o-w") as string };
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "whosaw-trusted-"));
  mkdirSync(join(dir, "own"));
  mkdirSync(join(dir, "open"));
  writeFileSync(join(dir, "own", "at"), "");
  writeFileSync(join(dir, "open", "at"), "");
});
afterEach(() => rmSync(dir, { recursive: true }));

test("a folder in which everybody may replace files is refused, also above and behind a link", async () => {
  chmodSync(join(dir, "open"), 0o777);
  mkdirSync(join(dir, "open", "below"));
  writeFileSync(join(dir, "open", "below", "at"), "");
  symlinkSync(join(dir, "open", "at"), join(dir, "own", "link"));
  await expect(assertTrustedPath(join(dir, "own", "at"))).resolves.toBeUndefined();
  for (const path of ["open/at", "open/below/at", "own/link"])
    await expect(assertTrustedPath(join(dir, path))).rejects.toMatchObject(refused);
});

test("what is missing fails as it does when it is opened", async () => {
  await expect(assertTrustedPath(join(dir, "nowhere", "at"))).rejects.toMatchObject({ code: "ENOENT" });
  await expect(assertTrustedPath(join(dir, "own", "at", "below"))).rejects.toMatchObject({ code: "ENOTDIR" });
});

test("in a sticky folder, what is one's own is trusted", async () => {
  chmodSync(join(dir, "open"), 0o1777);
  await expect(assertTrustedPath(join(dir, "open", "at"))).resolves.toBeUndefined();
});

test.runIf(process.getuid?.() === 0)("in a sticky folder, what belongs to somebody else is not", async () => {
  chmodSync(join(dir, "open"), 0o1777);
  chownSync(join(dir, "open", "at"), NOBODY, NOBODY);
  symlinkSync(join(dir, "own", "at"), join(dir, "open", "link"));
  lchownSync(join(dir, "open", "link"), NOBODY, NOBODY);
  for (const path of ["open/at", "open/link"])
    await expect(assertTrustedPath(join(dir, path))).rejects.toMatchObject(refused);
  // A service's own folder, looked at by root.
  chownSync(join(dir, "own"), NOBODY, NOBODY);
  chownSync(join(dir, "own", "at"), NOBODY, NOBODY);
  await expect(assertTrustedPath(join(dir, "own", "at"))).resolves.toBeUndefined();
});
