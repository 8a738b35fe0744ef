/** A case from columns holds what counting the disclosures by hand gives, on every engine and however much has arrived since. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DAY_MS } from "../base/clock.ts";
import type { Columns } from "../columns/columns.ts";
import { allAggregates } from "../columns/daily/kept.ts";
import { epochsOver, type Made, makeAggregates } from "../columns/daily/make.ts";
import { putDisclosure, putForm, putName, putShipped, putStratum } from "../columns/encode.ts";
import { forgetBefore } from "../columns/forget.ts";
import { number32, number64 } from "../columns/numbers.ts";
import { type DisclosureRow, type FormRow, GRADES, KEY_TYPES, type SubjectKey } from "../columns/rows.ts";
import { TABLE_NAMES } from "../columns/schema.ts";
import { ENGINES, type TestStore } from "../columns/testing/stores.ts";
import { TsvWriter } from "../columns/tsv.ts";
import { seeded } from "../ledger/testing/rig.ts";
import type { TraceResult } from "../trace/model.ts";
import { pairsToCount } from "../trace/pairs-to-count.ts";
import { dayOf, EPOCH_DAYS, epochOf } from "../trace/strata.ts";
import { traceViews } from "../trace/trace-views.ts";
import { trace } from "../trace/trace.ts";
import { type CaseAsked, caseInput, type CaseReport, seenByBoth } from "./case-input.ts";
import { bothByHand, caseByHand, describeCase, type HistoryByHand } from "./testing/case-by-hand.ts";
import { makingOf } from "./trace-making.ts";

const textOf = ({ subject, subject2 }: Pick<SubjectKey, "subject" | "subject2">): string => `${subject} ${subject2}`;

const KIND = "customer";
const FIRST_DAY = 690 * 30 - 160;
const DAYS = 230;
const ACTORS = ["staff:a", "staff:b", "staff:c", "staff:d", "svc:helpdesk"];
const LOGS = ["test.example/gw-1", "test.example/gw-2"].map(number32);
const SUBJECTS = 60;
const STRATA = 20;

const CLEAR = [["name"], ["name", "email"], ["notes"], ["shoe_size"], []];
const FORMS: readonly FormRow[] = CLEAR.map((clear, place) => ({
  form: number64(`form ${Math.floor(place / 2)}`),
  use: place % 2,
  table: "support.customers",
  kind: KIND,
  clear,
  masked: ["email"],
  predicate: [],
  scope: false,
  text: "",
}));
/** identity; identity and contact; content; other; none in clear. */
const BITS = [1, 3, 4, 32, 0];
const RULES = {
  subjects: {
    [KIND]: {
      tables: { "support.customers": { fields: { name: "identity", email: "contact", notes: "content" } } },
    },
  },
} as unknown as CaseAsked["rules"];

/** Entries in order of time, of two logs; subject keys of all types. */
function history(random: () => number, entries: number, [fromDay, toDay]: readonly [number, number]): DisclosureRow[] {
  const below = (end: number): number => Math.floor(random() * end);
  return Array.from({ length: entries }, (_, index) => {
    const form = FORMS[below(FORMS.length)] as FormRow;
    const subject = Math.floor(SUBJECTS * random() ** 3);
    const keyType = subject % 3;
    return {
      ...keyOf(subject, keyType),
      atMs: Math.floor(fromDay * DAY_MS + ((toDay - fromDay) * DAY_MS * index) / entries),
      actor: number64(ACTORS[below(ACTORS.length)] as string),
      form: form.form,
      use: form.use,
      log: LOGS[below(2)] as number,
      index,
      statement: index,
      kind: number32(KIND),
      grade: below(5) > 0 ? GRADES.exact : 1 + below(5),
      listed: random() < 0.4,
    };
  });
}

function keyOf(subject: number, keyType = subject % 3) {
  const subject2 = keyType === KEY_TYPES.int ? 0n : -BigInt(subject) * 2n ** 50n - 1n;
  return { keyType, subject: BigInt(subject - 30) * 2n ** 57n, subject2 };
}

async function insert(
  columns: Columns,
  rows: readonly DisclosureRow[],
  nexts: readonly [number, number][],
): Promise<void> {
  const into = new TsvWriter();
  for (const row of rows) putDisclosure(into, row);
  const both = into.take();
  await columns.insert("disclosures", both);
  await columns.insert("disclosures_by_actor", both);
  for (const [place, [next, atMs]] of nexts.entries()) putShipped(into, { log: LOGS[place] as number, next, atMs });
  await columns.insert("shipped", into.take());
}

async function insertNames(columns: Columns): Promise<void> {
  const into = new TsvWriter();
  for (const form of FORMS) putForm(into, form);
  await columns.insert("forms", into.take());
  for (const name of ACTORS) putName(into, number64(name), name);
  await columns.insert("actors", into.take());
  for (let subject = 0; subject < SUBJECTS; subject += 2)
    putStratum(into, { kind: number32(KIND), ...keyOf(subject), stratum: 100 + (subject % STRATA), atMs: 1 });
  await columns.insert("strata", into.take());
}

describe.each(ENGINES)("a case from columns on $name", ({ missing, start }) => {
  let store: TestStore;
  let columns: Columns;

  beforeAll(async () => {
    if (missing !== undefined) return;
    store = await start();
    columns = await store.open();
  });
  afterAll(async () => {
    if (missing !== undefined) return;
    await columns.close();
    await store.end();
  });
  beforeEach(async (context) => {
    if (missing !== undefined) return context.skip(missing);
    for (const table of TABLE_NAMES) await columns.command(`TRUNCATE TABLE ${table}`);
  });

  const byHand = (disclosures: readonly DisclosureRow[]): HistoryByHand => ({
    disclosures,
    bitsOf: (row) => BITS[FORMS.findIndex(({ form, use }) => form === row.form && use === row.use)] ?? -1,
    actorOf: (actor) => ACTORS.find((id) => number64(id) === actor) ?? "",
    strata: new Map(
      Array.from({ length: SUBJECTS / 2 }, (_, half) => {
        const { subject, subject2 } = keyOf(2 * half);
        return [`${subject} ${subject2}`, (2 * half) % STRATA] as const;
      }),
    ),
  });
  const reportsOf = (random: () => number, lastDay: number): CaseReport[] =>
    Array.from({ length: 6 }, (_, index) => {
      const to = (lastDay - Math.floor(random() * 7 * index)) * DAY_MS + 5_000;
      const subject = keyOf(Math.floor(random() * SUBJECTS));
      return { subject, from: to - Math.floor(random() * 5) * DAY_MS, to, fieldsKnown: Math.floor(random() * 8) };
    });
  const made: Made[] = [];
  const make = async (epochs: readonly number[], pause?: () => Promise<void>): Promise<string[]> => {
    made.length = 0;
    const making = await makingOf(columns, { kind: KIND, rules: RULES, ...(pause !== undefined && { pause }) });
    const wanted = { cells: epochs, actors: epochsOver([FIRST_DAY, FIRST_DAY + DAYS], EPOCH_DAYS) };
    await makeAggregates({ ...making, stretchRows: 700 }, wanted, { onMade: (one) => made.push(one), extend: true });
    return made.map(({ what, how }) => `${what} ${how}`);
  };
  const expectByHand = async (
    rows: readonly DisclosureRow[],
    reports: readonly CaseReport[],
    asked: Partial<CaseAsked> = {},
  ): Promise<void> => {
    const input = await caseInput(columns, { kind: KIND, rules: RULES, reports, ...asked });
    expect(describeCase(input, reports)).toEqual(caseByHand(byHand(rows), reports));
  };

  const generationsThere = async (): Promise<number[]> => {
    const parts = await columns.select(
      "SELECT DISTINCT partition FROM system.parts WHERE database = currentDatabase() AND active AND table IN ('cell_days', 'actor_days', 'subject_cells')",
    );
    return parts.map(([partition]) => Number(partition));
  };

  test("is what counting gives, when nothing is made, when all is, and with what has arrived since", async () => {
    const random = seeded(11);
    await insertNames(columns);
    const lastDay = FIRST_DAY + DAYS - 1;
    const rows = history(random, 1_600, [FIRST_DAY, FIRST_DAY + DAYS]);
    // Of the last days nothing has arrived yet.
    const cut = rows.findIndex(({ atMs }) => dayOf(atMs) >= lastDay - 4);
    const at = rows[cut]?.atMs ?? 0;
    await insert(columns, rows.slice(0, cut), [
      [cut, at],
      [cut, at],
    ]);
    const reports = reportsOf(random, lastDay);
    await expectByHand(rows.slice(0, cut), reports);

    const epochs = [...new Set(reports.map(({ to }) => epochOf(dayOf(to))))];
    await make(epochs);
    expect(await make(epochs)).toEqual([]);
    await insert(columns, rows.slice(cut), [
      [rows.length, at + DAY_MS],
      [rows.length, at + DAY_MS],
    ]);
    await expectByHand(rows, reports);
    expect(await make(epochs)).toEqual(expect.arrayContaining(["actors extended", "cells extended"]));
    await expectByHand(rows, reports);
    expect(await make(epochs)).toEqual([]);

    const input = await caseInput(columns, {
      kind: KIND,
      rules: RULES,
      reports,
      staff: [{ id: "staff:b", team: "one" }, { id: "staff:z" }],
    });
    expect(input.staff.map(({ id }) => id)).toEqual([
      "staff:b",
      "staff:z",
      "staff:a",
      "staff:c",
      "staff:d",
      "svc:helpdesk",
    ]);
    const pairs = [
      [0, 2],
      [3, 5],
      [0, 1],
      [2, 2],
    ] as const;
    const both = await seenByBoth(columns, { kind: KIND, rules: RULES, reports }, input, pairs);
    for (const report of input.reports) {
      for (const [first, second] of pairs) {
        const [one = "", other = ""] = [input.staff[first]?.id, input.staff[second]?.id];
        const asked = reports[input.reports.indexOf(report)] as CaseReport;
        const found = both.find((row) => row.first === first && row.second === second && row.cell === report.cell);
        expect(found?.subjects ?? 0).toBe(bothByHand(byHand(rows), asked, [one, other]));
      }
    }
  });

  test("gives the trace what all views give it", async () => {
    const random = seeded(13);
    await insertNames(columns);
    const rows = history(random, 900, [FIRST_DAY, FIRST_DAY + DAYS]);
    await insert(columns, rows, [
      [rows.length, rows.at(-1)?.atMs ?? 0],
      [rows.length, rows.at(-1)?.atMs ?? 0],
    ]);
    const reports = reportsOf(random, FIRST_DAY + DAYS - 1);
    const asked = { kind: KIND, rules: RULES, reports };
    const input = await caseInput(columns, asked);
    const seen = await seenByBoth(columns, asked, input, pairsToCount(input));
    const result = trace({ ...input, seenByBoth: seen });

    const { strata, actorOf, bitsOf } = byHand(rows);
    const keys = [...new Set([...rows.map(textOf), ...strata.keys()])];
    const firstDay = Math.min(...reports.map(({ from, to }) => Math.min(dayOf(from), epochOf(dayOf(to)) * 30))) - 150;
    const views = rows
      .filter(({ atMs }) => dayOf(atMs) >= firstDay)
      .map((row) => ({
        staff: actorOf(row.actor),
        subject: keys.indexOf(textOf(row)),
        at: row.atMs,
        fields: bitsOf(row),
        listed: row.listed,
      }));
    const expected = traceViews({
      staff: input.staff,
      views,
      reports: reports.map((report) => ({ ...report, subject: keys.indexOf(textOf(report.subject)) })),
      subjects: { count: keys.length, strata: (subject) => (strata.get(keys[subject] ?? "") ?? -1) + 1 },
    });
    const lines = ({ hypotheses }: TraceResult): string[] =>
      hypotheses.map(({ kind, staff, posterior }) => `${kind} ${staff.join("+")} ${posterior.toPrecision(6)}`).sort();
    expect(lines(result)).toEqual(lines(expected));
    expect(lines(result).length).toBeGreaterThan(5);
  });

  test("aggregates that were broken off, or whose days have changed, are made anew", async () => {
    const random = seeded(12);
    await insertNames(columns);
    const lastDay = FIRST_DAY + DAYS - 1;
    const rows = history(random, 1_600, [FIRST_DAY, FIRST_DAY + DAYS]);
    // The second log is behind by half the time.
    const [ahead, behind] = LOGS;
    const half = rows.length / 2;
    const first = rows.filter(({ log, index }) => log === ahead || index < half);
    await insert(columns, first, [
      [rows.length, rows.at(-1)?.atMs ?? 0],
      [half, rows[half]?.atMs ?? 0],
    ]);
    const reports = reportsOf(random, lastDay);
    const epochs = [...new Set(reports.map(({ to }) => epochOf(dayOf(to))))];
    let pauses = 9;
    const breakOff = async (): Promise<void> => {
      pauses -= 1;
      if (pauses === 0) throw new Error("stopped");
    };
    await expect(make(epochs, breakOff)).rejects.toThrow("stopped");
    await expectByHand(first, reports);
    await insert(
      columns,
      rows.filter(({ log, index }) => log === behind && index >= half),
      [
        [rows.length, rows.at(-1)?.atMs ?? 0],
        [rows.length, rows.at(-1)?.atMs ?? 0],
      ],
    );
    expect(await make(epochs)).toEqual(expect.arrayContaining(["actors extended", "cells made"]));
    await expectByHand(rows, reports);

    const generations = (await allAggregates(columns)).map(({ generation }) => generation);
    expect(generations).toEqual(expect.arrayContaining(await generationsThere()));

    // The first half expires, of both logs.
    const keptDay = FIRST_DAY + DAYS / 2;
    await forgetBefore(columns, LOGS, keptDay * DAY_MS);
    const left = await allAggregates(columns);
    expect(left.filter(({ firstDay }) => firstDay < keptDay)).toEqual([]);
    expect(left.map(({ generation }) => generation)).toEqual(expect.arrayContaining(await generationsThere()));
    const logs = LOGS.map((log) => ({
      log,
      next: rows.length,
      readableMs: [[keptDay * DAY_MS, (lastDay + 1) * DAY_MS]] as const,
    }));
    await expectByHand(
      rows.filter(({ atMs }) => atMs >= keptDay * DAY_MS),
      reports,
      { logs },
    );
  });
});
