/** Coverage of a set of subjects, on every engine, against the same counted by hand from a list of rows. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DAY_MS } from "../base/clock.ts";
import { seeded } from "../ledger/testing/rig.ts";
import type { Columns } from "./columns.ts";
import { number32, number64 } from "./numbers.ts";
import {
  type ActorGroup,
  coverage,
  coveringStatements,
  exposures,
  overlaps,
  shownInAll,
  shownWhen,
  type SubjectSet,
} from "./queries/coverage.ts";
import { Names } from "./queries/names.ts";
import { type DisclosureRow, KEY_TYPES, type SubjectKey } from "./rows.ts";
import { ENGINES, type TestStore } from "./testing/stores.ts";
import { ACTORS, insertWorld, LOGS, makeWorld, START_MS } from "./testing/world.ts";

const KIND = number32("customer");
const WINDOW = { toMs: START_MS + 2 * DAY_MS };
const GROUPS: readonly ActorGroup[] = [
  { name: "a and b", actors: [number64(ACTORS[0]), number64(ACTORS[1])] },
  { name: "alone", actors: [number64(ACTORS[2])] },
];
const keyOf = ({ subject, subject2 }: SubjectKey): string => `${subject} ${subject2}`;

/** Distinct subjects of some rows. */
function distinct(rows: readonly DisclosureRow[]): Map<string, DisclosureRow[]> {
  const subjects = new Map<string, DisclosureRow[]>();
  for (const row of rows) subjects.set(keyOf(row), [...(subjects.get(keyOf(row)) ?? []), row]);
  return subjects;
}

describe.each(ENGINES)("coverage on $name", ({ missing, start }) => {
  let store: TestStore;
  let columns: Columns;
  const { disclosures, statements } = makeWorld(seeded(7), 150);

  beforeAll(async () => {
    if (missing !== undefined) return;
    store = await start();
    columns = await store.open();
    await insertWorld(columns, { disclosures, statements });
  });
  afterAll(async () => {
    if (missing !== undefined) return;
    await columns.close();
    await store.end();
  });
  beforeEach((context) => {
    if (missing !== undefined) context.skip(missing);
  });

  /** A third of all subjects with keys of one type, as a set; and the rows that count. */
  function setOf(keyType: number, ranges: SubjectSet["ranges"]): { set: SubjectSet; rows: DisclosureRow[] } {
    const all = disclosures.filter((row) => row.kind === KIND && row.keyType === keyType);
    const inside = (row: SubjectKey): boolean =>
      ranges.length === 0 || ranges.some(([from, to]) => row.subject > from && row.subject < to);
    const keys = [...distinct(all).values()].flatMap(([row], i) => (i % 3 === 0 && row && inside(row) ? [row] : []));
    const rows = all.filter((row) => row.atMs < WINDOW.toMs && inside(row));
    return { set: { kind: KIND, keyType, keys, ranges }, rows };
  }

  const STRETCHES = [
    [-(2n ** 62n), -1n],
    [0n, 2n ** 62n],
  ] as const;

  describe.each([
    ["integer keys", KEY_TYPES.int, []],
    ["integer keys in stretches", KEY_TYPES.int, STRETCHES],
    ["hashes", KEY_TYPES.text, []],
    ["hashes in stretches", KEY_TYPES.text, STRETCHES],
  ] as const)("%s", (_name, keyType, ranges) => {
    const { set, rows } = setOf(keyType, ranges);
    const keys = new Set(set.keys.map(keyOf));
    const hits = rows.filter((row) => keys.has(keyOf(row)));
    const count = (of: (row: DisclosureRow) => boolean): { covered: number; subjects: number } => {
      const covered = distinct(hits.filter(of)).size;
      return { covered, subjects: ranges.length === 0 ? covered : distinct(rows.filter(of)).size };
    };

    test("everybody, groups and exposure", async () => {
      expect(keys.size).toBeGreaterThan(3);
      const found = await coverage(columns, set, GROUPS, WINDOW);
      for (const actor of ACTORS) {
        const number = number64(actor);
        expect(found.byActor.get(String(number))).toEqual(count((row) => row.actor === number));
      }
      expect(found.byGroup).toEqual(GROUPS.map(({ actors }) => count((row) => actors.includes(row.actor))));
      const views = [...distinct(hits).values()].map((of) => of.length);
      expect(found.byExposure.map(({ covered }) => covered).reduce((a, b) => a + b)).toBe(views.length);
      expect(found.byExposure[0]?.covered).toBe(views.filter((n) => n === 1).length);
      expect(found.byExposure[4]?.covered).toBe(views.filter((n) => n >= 6 && n < 9).length);
    });

    test("all that some were shown, and what two have in common", async () => {
      const [a, b] = [number64(ACTORS[0]), number64(ACTORS[1])];
      expect(await shownInAll(columns, set, [a, b], WINDOW)).toBe(
        distinct(rows.filter((row) => row.actor === a || row.actor === b)).size,
      );
      const seen = await overlaps(columns, set, [a, b], WINDOW);
      const either = [...seen.values()].reduce((n, { covered }) => n + covered, 0);
      expect(either).toBe(count((row) => row.actor === a || row.actor === b).covered);
      const both = [...distinct(hits).values()].filter((of) => [a, b].every((x) => of.some((row) => row.actor === x)));
      expect(seen.get(3n)?.covered ?? 0).toBe(both.length);
    });

    test("since when, and the statements that cover most", async () => {
      const actor = number64(ACTORS[0]);
      const firsts = [...distinct(hits.filter((row) => row.actor === actor)).values()]
        .map((of) => Math.min(...of.map((row) => row.atMs)))
        .sort((x, y) => x - y);
      const when = (await shownWhen(columns, set, [actor], 2, WINDOW)).get(String(actor));
      expect(when).toEqual({ covered: firsts.length, firstMs: firsts[0], reachedMs: firsts[1] });
      const never = (await shownWhen(columns, set, [actor], firsts.length + 1, WINDOW)).get(String(actor));
      expect(never?.reachedMs).toBeUndefined();
      const best = await coveringStatements(columns, new Names(columns), set, { actors: [actor], most: 3 }, WINDOW);
      expect(best.length).toBe(3);
      for (const { log, index, covered, subjects } of best) {
        const of = rows.filter((row) => row.statement === index && number32(log) === row.log && row.actor === actor);
        expect(LOGS).toContain(log);
        expect(covered).toBe(distinct(of.filter((row) => keys.has(keyOf(row)))).size);
        expect(subjects).toBe(distinct(of).size);
      }
      expect(best[0]?.covered).toBeGreaterThanOrEqual(best[2]?.covered ?? 0);
    });
  });

  test("exposure of everybody, counted and sampled", async () => {
    const { set, rows } = setOf(KEY_TYPES.int, []);
    const all = await exposures(columns, set, 1, WINDOW);
    expect(all.reduce((a, b) => a + b)).toBe(distinct(rows).size);
    const sampled = await exposures(columns, set, 2, WINDOW);
    expect(sampled.every((n) => n % 2 === 0)).toBe(true);
  });

  test("nobody is covered by nothing", async () => {
    const none: SubjectSet = { kind: KIND, keyType: KEY_TYPES.int, keys: [], ranges: [] };
    expect((await coverage(columns, none, GROUPS, WINDOW)).byActor.size).toBe(0);
    expect(await shownWhen(columns, none, [number64(ACTORS[0])], 1, WINDOW)).toEqual(new Map());
  });
});
