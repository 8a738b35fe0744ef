/** Whole traces: what must change nothing, what must not break, and what each kind of evidence must do. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAY_MS } from "../base/clock.ts";
import type { Report, TraceResult } from "./model.ts";
import { at, Dice, EPOCH_START, reportOf, tinyWorld } from "./testing/worlds.ts";
import { traceViews, type View } from "./trace-views.ts";

/** A hundred staff who see forty of two thousand customers each; s7 leaks. */
function leak(reports: number, more: (place: number) => Partial<Report> = () => ({})) {
  const dice = new Dice(11);
  const staff = Array.from({ length: 100 }, (_, index) => ({ id: `s${index}`, team: `t${Math.floor(index / 10)}` }));
  const views: View[] = [];
  for (const { id } of staff)
    for (let view = 0; view < 40; view++)
      views.push({ staff: id, subject: dice.below(2_000), at: at(-1 - dice.below(40)), fields: 3 });
  const stolen = [...new Set(views.filter(({ staff: id }) => id === "s7").map(({ subject }) => subject))];
  const told = stolen.slice(0, reports).map((subject, place) => reportOf(subject, 1 + place / 2, more(place)));
  return { staff, views, reports: told, subjects: { count: 2_000 } };
}

const numbersOf = (value: unknown): number[] =>
  typeof value === "number"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(numbersOf)
      : [];

function renamed({ hypotheses, suspects, steps }: TraceResult, name: (id: string) => string): unknown {
  const near = (value: number): number => Number(value.toPrecision(6));
  const bag = suspects.map(({ staff, posterior, logEValue, verdict }) => [
    name(staff),
    near(posterior),
    near(logEValue),
    verdict,
  ]);
  const likely = hypotheses.filter(({ posterior }) => posterior > 1e-3);
  // Equals stand in any order.
  const sorted = (rows: unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
  return {
    suspects: sorted(bag.filter(([, posterior]) => Number(posterior) > 1e-3)),
    hypotheses: sorted(likely.map(({ kind, staff, posterior }) => [kind, staff.map(name).sort(), near(posterior)])),
    nobody: steps.map(({ nobody }) => near(nobody)),
  };
}

test("a lone thief is named with evidence, within the leak window, and nobody else is", () => {
  const result = traceViews(leak(14));
  expect(result.suspects[0]).toMatchObject({ staff: "s7", verdict: "evidence" });
  expect(result.suspects.slice(1).every(({ verdict }) => verdict === "none")).toBe(true);
  expect(result.ambiguityGroup).toEqual(["s7"]);
  expect(result.hypotheses[0]).toMatchObject({ kind: "single", staff: ["s7"] });
  expect(result.leakWindow?.basis).toMatch(/^one copy would do: 14 of 14 reporting customers, shown to s7/u);
  expect(result.leakWindow?.earliest).toBeLessThanOrEqual(at(-1));
  const verdicts = result.steps.map(({ top }) => top[0]?.verdict);
  expect(verdicts.indexOf("lead")).toBeLessThan(verdicts.indexOf("evidence"));
});

test("nothing is said without reports, and of staff who saw the same nothing of one alone", () => {
  const { staff, views, subjects } = leak(0);
  const result = traceViews({ staff, views, reports: [], subjects });
  expect(result.suspects.every(({ verdict }) => verdict === "none")).toBe(true);
  expect(result.hypotheses[0]?.kind).toBe("nobody");
  expect(result.hypotheses[0]?.posterior).toBeGreaterThan(0.45);
  const twins = [
    ...views.filter((view) => view.staff !== "s8"),
    ...views.filter((view) => view.staff === "s7").map((view) => ({ ...view, staff: "s8" })),
  ];
  const shared = traceViews({ ...leak(20), views: twins });
  expect(shared.suspects.slice(0, 2).map(({ verdict }) => verdict)).toEqual(["none", "none"]);
  expect(shared.ambiguityGroup?.toSorted()).toEqual(["s7", "s8"]);
  expect(shared.advice[0]?.separates.toSorted()).toEqual(["s7", "s8"]);
});

test("who takes the complaints down on the day of the contact is not accused, however vague its time", () => {
  const { staff, views, subjects } = leak(0);
  const desk: View[] = [];
  const reports = Array.from({ length: 20 }, (_, place): Report => {
    const from = at(1 + place) - DAY_MS / 2;
    desk.push({ staff: "s7", subject: place * 97 + 3, at: from + DAY_MS / 3, fields: 3 });
    return { subject: place * 97 + 3, from, to: from + DAY_MS - 1, fieldsKnown: 3 };
  });
  const { suspects, hypotheses } = traceViews({ staff, views: [...views, ...desk], reports, subjects });
  expect(suspects.every(({ verdict }) => verdict === "none")).toBe(true);
  expect(hypotheses[0]?.kind).toBe("nobody");
});

test("views that are only possible accuse nobody, and still speak for others", () => {
  const world = leak(20);
  const reported = new Set(world.reports.map(({ subject }) => subject));
  const possible = world.views.map((view) => ({ ...view, unsure: view.staff === "s7" && reported.has(view.subject) }));
  const result = traceViews({ ...world, views: possible });
  expect(result.suspects[0]).toMatchObject({ staff: "s7", verdict: "lead" });
  expect(result.suspects.every(({ verdict }) => verdict !== "evidence" && verdict !== "lead-pair")).toBe(true);
  expect(result.ambiguityGroup).toBeUndefined();
  expect(result.notes.join(" ")).toContain("no evidence against whom they name");
  // Somebody who was surely shown most of the same is not blamed for the other.
  const beside = possible.flatMap((view, place) =>
    view.unsure && place % 5 > 0 ? [{ ...view, staff: "s8", unsure: false }] : [],
  );
  const { suspects } = traceViews({ ...world, views: [...possible, ...beside] });
  expect(suspects.map(({ verdict }) => verdict)).not.toContain("evidence");
});

describe("what changes nothing", () => {
  test("the order of reports", () => {
    fc.assert(
      fc.property(fc.integer(), fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), (seed, order) => {
        const world = tinyWorld(new Dice(seed), { staff: 6, subjects: 40, views: 200 });
        const reports = order.map((_, place) => reportOf(place * 3, 3 + (place % 5), { fieldsKnown: place }));
        const one = traceViews({ ...world, reports });
        const other = traceViews({ ...world, reports: order.flatMap((place) => reports[place] ?? []) });
        expect({ ...other, steps: [] }).toEqual({ ...one, steps: [] });
        expect(other.steps.map(({ nobody }) => nobody)).toEqual(one.steps.map(({ nobody }) => nobody));
      }),
      { numRuns: 25 },
    );
  });

  test("other names for staff, teams and subjects", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const dice = new Dice(seed);
        const world = tinyWorld(dice, { staff: 6, subjects: 40, views: 200 });
        const reports = Array.from({ length: 8 }, (_, place) => reportOf(place * 3, 3 + place, { fieldsKnown: place }));
        const turned = (subject: number): number => (subject + 2 * 7) % 40;
        const other = traceViews({
          staff: world.staff
            .map(({ id, team }) => ({ id: `z${9 - Number(id.slice(1))}`, team: `q${team}` }))
            .toReversed(),
          views: world.views
            .map((view) => ({ ...view, staff: `z${9 - Number(view.staff.slice(1))}`, subject: turned(view.subject) }))
            .toReversed(),
          reports: reports.map((report) => ({ ...report, subject: turned(report.subject) })),
          subjects: world.subjects,
        });
        const back = (id: string): string => `s${9 - Number(id.slice(1))}`;
        expect(renamed(other, back)).toEqual(renamed(traceViews({ ...world, reports }), (id) => id));
      }),
      { numRuns: 25 },
    );
  });
});

test("no input breaks it: no NaN, no infinity, chances that sum to 1", () => {
  const report = fc.record({
    subject: fc.integer({ min: -1, max: 45 }),
    from: fc.integer({ min: -400, max: 400 }).map(at),
    to: fc.constant(0),
    fieldsKnown: fc.integer({ min: 0, max: 63 }),
    reporter: fc.option(fc.constantFrom("a", "b"), { nil: "c" }),
    decoy: fc.boolean(),
    mark: fc.record({ value: fc.integer({ min: 0, max: 3 }), ways: fc.integer({ min: 2, max: 2 ** 30 }) }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(report, fc.integer({ min: 0, max: 200 })), { maxLength: 20 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 60 }),
      (reports, staff, views) => {
        const world = tinyWorld(new Dice(views), { staff, subjects: 40, views });
        const result = traceViews({
          ...world,
          reports: reports.map(([each, days]) => ({ ...each, to: each.from + days * 86_400_000 })),
        });
        expect(numbersOf(result).every(Number.isFinite)).toBe(true);
        expect(result.hypotheses.reduce((sum, { posterior }) => sum + posterior, 0)).toBeCloseTo(1, 2);
        expect(result.steps).toHaveLength(reports.length);
      },
    ),
    { numRuns: 150 },
  );
});

test("ten thousand reports, all of one person's customers, overflow nothing", () => {
  const views: View[] = [];
  for (let subject = 0; subject < 20_000; subject++)
    views.push({
      staff: subject < 10_000 ? "s0" : `s${1 + (subject % 4)}`,
      subject,
      at: at(-1 - (subject % 50)),
      fields: 1,
    });
  const reports = Array.from({ length: 10_000 }, (_, subject) => reportOf(subject, subject % 20));
  const staff = Array.from({ length: 5 }, (_, index) => ({ id: `s${index}` }));
  const result = traceViews({ staff, views, reports, subjects: { count: 40_000 } });
  expect(numbersOf(result).every(Number.isFinite)).toBe(true);
  expect(result.suspects[0]).toMatchObject({ staff: "s0", posterior: 1, verdict: "evidence" });
});

describe("what is said of reports that count less, or not", () => {
  test("duplicates, one reporter for many, customers nobody saw, one whom everybody saw, times before any view", () => {
    const { staff, views, subjects } = leak(0);
    const all = staff.map(({ id }): View => ({ staff: id, subject: 1_999, at: at(-2), fields: 3 }));
    const kept = views.filter(({ subject }) => subject !== 1_998 && subject !== 1_999);
    const reports = [
      reportOf(1_999, 3),
      reportOf(1_999, 4),
      reportOf(1_998, 5, { fieldsKnown: 0 }),
      reportOf(5, 6, { reporter: "phone", caller: "+1" }),
      reportOf(6, 7, { reporter: "phone", caller: "+1" }),
      reportOf(7, -170, { caller: "+1" }),
    ];
    const { notes, steps, suspects } = traceViews({ staff, views: [...kept, ...all], reports, subjects });
    const said = notes.join("\n");
    for (const words of [
      /1 report of a customer who had reported/u,
      /1 report from a device/u,
      /nobody was shown before/u,
      /everybody was shown/u,
      /what the caller knew/u,
      /1 number called more than one/u,
    ])
      expect(said).toMatch(words);
    expect(steps.map(({ weighed }) => weighed).filter((weighed) => weighed !== "counted")).toHaveLength(2);
    expect(suspects.every(({ verdict }) => verdict === "none")).toBe(true);
  });

  test("sabotage from one device adds up to nothing", () => {
    const { staff, views, reports, subjects } = leak(20, () => ({ reporter: "one phone" }));
    expect(traceViews({ staff, views, reports, subjects }).suspects.every(({ verdict }) => verdict === "none")).toBe(
      true,
    );
  });
});

test("calls to decoys that one person alone was shown: two are a strong lead, six are evidence", () => {
  const { staff, views, subjects } = leak(0);
  const planted = [0, 1, 2, 3, 4, 5].map((decoy): View => ({
    staff: "s7",
    subject: 1_990 + decoy,
    at: at(-3),
    fields: 3,
  }));
  const kept = views.filter(({ subject }) => subject < 1_990);
  const calls = planted.map(({ subject }, place) => reportOf(subject, 2 + place, { decoy: true }));
  const [two, six] = [2, 6].map(
    (count) => traceViews({ staff, views: [...kept, ...planted], reports: calls.slice(0, count), subjects }).suspects,
  );
  expect(two?.[0]).toMatchObject({ staff: "s7" });
  expect(two?.[0]?.posterior).toBeGreaterThan(0.9);
  expect(six?.[0]).toMatchObject({ staff: "s7", verdict: "evidence" });
  expect(six?.[1]?.verdict).toBe("none");
});

test("an export's mark speaks for the copy that carries it, and against others", () => {
  const staff = [{ id: "a" }, { id: "b" }, { id: "c" }];
  const views = staff.flatMap(({ id }, mark) =>
    Array.from({ length: 30 }, (_, subject): View => ({ staff: id, subject, at: at(-5), fields: 3, mark })),
  );
  const reports = Array.from({ length: 4 }, (_, subject) =>
    reportOf(subject, 1 + subject, { mark: { value: 1, ways: 1_000 } }),
  );
  const result = traceViews({ staff, views, reports, subjects: { count: 1_000 } });
  expect(result.suspects[0]).toMatchObject({ staff: "b" });
  expect(result.suspects[0]?.posterior).toBeGreaterThan(0.99);
});

test("what was shown only on lists is weighed apart from what was opened", () => {
  const { staff, views, subjects } = leak(0);
  const dice = new Dice(3);
  const lists = staff.flatMap(({ id }) =>
    Array.from({ length: 400 }, (): View => ({
      staff: id,
      subject: dice.below(2_000),
      at: at(-1 - dice.below(40)),
      fields: 3,
      listed: true,
    })),
  );
  const stolen = [...new Set(views.filter(({ staff: id }) => id === "s7").map(({ subject }) => subject))];
  const reports = stolen.slice(0, 20).map((subject, place) => reportOf(subject, 1 + place / 2));
  expect(traceViews({ staff, views: [...views, ...lists], reports, subjects }).suspects[0]).toMatchObject({
    staff: "s7",
    verdict: "evidence",
  });
});

test("so many reports where few are expected say that something leaked", () => {
  const world = leak(12);
  expect(traceViews({ ...world, options: { backgroundReportsPerDay: 0.1 } }).anythingLeaked?.p).toBeLessThan(1e-6);
  expect(traceViews({ ...world, options: { backgroundReportsPerDay: 50 } }).anythingLeaked?.p).toBeGreaterThan(0.99);
  expect(traceViews(world).anythingLeaked).toBeUndefined();
});

test("the same inputs have the same hash, others another", () => {
  const world = leak(5);
  const hash = traceViews(world).inputsHash;
  expect(hash).toMatch(/^[0-9a-f]{64}$/u);
  expect(traceViews({ ...world, reports: world.reports.toReversed() }).inputsHash).toBe(hash);
  expect(traceViews({ ...world, reports: world.reports.slice(1) }).inputsHash).not.toBe(hash);
  expect(traceViews({ ...world, options: { alpha: 0.05 } }).inputsHash).not.toBe(hash);
});

test("input that does not hold together is refused with what is wrong", () => {
  const world = leak(2);
  const refused = (change: Partial<Parameters<typeof traceViews>[0]>): void => {
    expect(() => traceViews({ ...world, ...change })).toThrow(expect.objectContaining({ code: "TRACE_INPUT" }));
  };
  refused({ views: [{ staff: "nobody", subject: 1, at: at(0), fields: 1 }] });
  refused({ views: [{ staff: "s1", subject: 2_000, at: at(0), fields: 1 }] });
  refused({ reports: [reportOf(1, 1, { from: at(2) })] });
  refused({ reports: [reportOf(1, 1, { to: Number.NaN })] });
  refused({ views: [{ staff: "s1", subject: 1, at: Number.NaN, fields: 1 }] });
  // Every day from the first contact to the last has its place in a table.
  for (const time of [1e18, 1e300]) {
    refused({ reports: [reportOf(1, 1, { to: time })] });
    refused({ reports: [reportOf(1, 1, { from: -time })] });
    refused({ views: [{ staff: "s1", subject: 1, at: -time, fields: 1 }] });
    refused({ views: [{ staff: "s1", subject: 1, at: time, fields: 1 }] });
  }
  refused({ options: { alpha: 0 } });
  expect(EPOCH_START % 30).toBe(0);
});
