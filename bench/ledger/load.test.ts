import fc from "fast-check";
import { expect, test } from "vitest";
import { askWhoSaw, bulkLoad, CUSTOMERS, Draw, pointLoad, STEP } from "./load.ts";

test("what is drawn are customers, ascending, and what is asked for was shown", () => {
  const load = fc.oneof(
    fc.integer({ min: 1, max: 50 }).map((entries) => pointLoad(1, entries)),
    fc.integer({ min: 1, max: 4 }).map((entries) => bulkLoad(8, entries)),
  );
  const property = fc.property(load, (one) => {
    const draw = new Draw(one);
    const shown = new Set<number>();
    for (let n = 0; n < one.entries; n++) {
      const subjects = draw.next();
      expect(subjects).toHaveLength(one.subjectsPerEntry);
      expect(subjects.every((subject, i) => subject === (subjects[0] ?? 0) + i * STEP)).toBe(true);
      expect((subjects[0] ?? 1) % STEP).toBe(0);
      for (const subject of subjects) shown.add(subject);
      expect(subjects[0]).toBeGreaterThanOrEqual(STEP);
      expect(subjects.at(-1)).toBeLessThanOrEqual(CUSTOMERS * STEP);
    }
    expect(draw.asked.length).toBeGreaterThan(0);
    expect(draw.asked.every((subject) => shown.has(subject))).toBe(true);
  });
  fc.assert(property, { numRuns: 40 });
});

test("the share that is found", async () => {
  const { foundShare } = await askWhoSaw([1, 2, 3, 4], (subject) => Promise.resolve(subject === 3));
  expect(foundShare).toBe(0.25);
});
