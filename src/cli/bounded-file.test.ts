import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { boundedFile } from "./bounded-file.ts";

const folder = mkdtempSync(join(tmpdir(), "whosaw-bounded-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a file comes whole, an endless one ends soon after its limit, and none says so", async () => {
  writeFileSync(join(folder, "small"), "twelve bytes");
  expect(Buffer.from(await boundedFile(join(folder, "small"), 100, "It")).toString()).toBe("twelve bytes");
  const endless = await boundedFile("/dev/zero", 1_000_000, "It");
  expect(endless.length).toBeGreaterThan(1_000_000);
  expect(endless.length).toBeLessThan(1_200_000);
  await expect(boundedFile(join(folder, "none"), 100, "It")).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    message: "It cannot be read.",
  });
});
