import fc from "fast-check";
import { expect, test } from "vitest";
import { AuditLog } from "./audit-log.ts";

const line = fc.oneof(
  fc.record({ key: fc.integer({ min: 1, max: 50 }), rows: fc.nat(9) }).map(({ key, rows }) => ({
    key,
    text: `12:00 [7] LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,"SELECT né",${key},${rows}`,
  })),
  fc.constant({ key: 0, text: "12:00 [7] LOG:  checkpoint complete: wrote 3,1" }),
);

test("audit lines are counted and searched however the log is cut into pieces", async () => {
  const log = await AuditLog.create();
  try {
    const property = fc.asyncProperty(fc.array(line), fc.array(fc.nat(400)), async (lines, cuts) => {
      await log.restart();
      const ended = log.until("the end");
      const text = [...lines.map((one) => one.text), "LOG:  the end", ""].join("\n");
      let from = 0;
      for (const to of [...cuts.sort((a, b) => a - b), text.length]) {
        log.add(text.slice(from, to));
        from = Math.max(from, Math.min(to, text.length));
      }
      const audited = lines.filter((one) => one.key > 0);
      expect(await ended).toBe(audited.reduce((sum, one) => sum + Buffer.byteLength(one.text) + 1, 0));
      expect(await log.names(7)).toBe(audited.some((one) => one.key === 7));
      log.add("LOG:  too late for anybody\n");
    });
    await fc.assert(property, { numRuns: 30 });
  } finally {
    await log.remove();
  }
});
