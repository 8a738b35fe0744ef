/** Every likelihood, posterior and e-value of tiny worlds, summed up straight from the definitions. */
import { expect, test } from "vitest";
import { Delay } from "./delay.ts";
import { drawsOf } from "./draws.ts";
import { Explanations } from "./explanations.ts";
import type { PlacedReport, Report, TraceInput, Views } from "./model.ts";
import { orderReports } from "./order.ts";
import { PRIOR, settingsOf, WEIGHTS } from "./settings.ts";
import { anyListed, Sources } from "./sources.ts";
import { dayOf } from "./strata.ts";
import { Dice, reportOf, tinyWorld, type TinyWorld } from "./testing/worlds.ts";
import { trace } from "./trace.ts";
import { ViewIndex } from "./view-index.ts";

const SETTINGS = settingsOf({});
const CASES = 12;

interface Tiny {
  readonly world: TinyWorld;
  readonly views: Views;
  readonly input: TraceInput;
  readonly sources: Sources;
}

function tiny(seed: number): Tiny {
  const dice = new Dice(seed);
  const world = tinyWorld(dice, { staff: 5, subjects: 24, views: 90 });
  const views: Views = {
    staff: Uint32Array.from(world.views, ({ staff }) => Number(staff.slice(1))),
    subject: Float64Array.from(world.views, ({ subject }) => subject),
    at: Float64Array.from(world.views, ({ at }) => at),
    fields: Uint32Array.from(world.views, ({ fields }) => fields),
    listed: Uint8Array.from(world.views, ({ listed }) => (listed === true ? 1 : 0)),
  };
  const subjects = Array.from({ length: 24 }, (_, subject) => subject).sort(() => dice.unit() - 0.5);
  const reports = subjects.slice(0, 6).map((subject, place): Report => {
    const report = reportOf(subject, 2 + place * 4, { fieldsKnown: dice.below(8) });
    return { ...report, from: report.to - dice.below(3) * 86_400_000 };
  });
  const input = new ViewIndex(world.staff, views, world.subjects).inputOf(reports);
  return { world, views, input, sources: new Sources(world.staff, anyListed(views)) };
}

/** f(c | t) of a source for every subject, by the definition; and what of it was shown before the contact for sure. */
function density({ views, sources, world }: Tiny, source: number, report: PlacedReport): Density {
  const delay = new Delay(SETTINGS);
  const masses = Array.from({ length: world.subjects.count }, () => 0);
  const before = [...masses];
  const days: number[] = [];
  for (let day = dayOf(report.from); day <= dayOf(report.to); day++) days.push(day);
  for (let row = 0; row < views.staff.length; row++) {
    const own = sources.of(views.staff[row] ?? 0, views.listed[row] ?? 0);
    if (own !== source && !sources.sharedBy(own).includes(source)) continue;
    const chances = days.map((day) => delay.chance(day - dayOf(views.at[row] ?? 0)));
    const mean = chances.reduce((sum, chance) => sum + chance, 0) / days.length;
    const knew = (report.fieldsKnown & ~(views.fields[row] ?? 0)) === 0 ? 0.95 : 0.05;
    const subject = views.subject[row] ?? 0;
    masses[subject] = (masses[subject] ?? 0) + mean * knew;
    if ((views.at[row] ?? 0) <= report.from) before[subject] = (before[subject] ?? 0) + mean * knew;
  }
  const all = masses.reduce((sum, mass) => sum + mass, 0);
  const share = (mass: number): number => (all > 0 ? mass / all : 0);
  return { all: masses.map(share), before: before.map(share) };
}

interface Density {
  readonly all: readonly number[];
  readonly before: readonly number[];
}

/** L(S, w) of sources with equal shares, for each w. */
function likelihoods(tinyCase: Tiny, members: readonly number[]): number[] {
  const { world, input, views } = tinyCase;
  const index = new ViewIndex(world.staff, views, world.subjects);
  return WEIGHTS.map((w) => {
    let product = 1;
    const gone = new Set<number>();
    for (const { report } of orderReports(input.reports)) {
      const every = index.inputOf(
        Array.from({ length: world.subjects.count }, (_, subject) => ({ ...report, subject })),
      ).reports;
      const inStratum = every.filter(({ cell, subject }) => cell === every[report.subject]?.cell && !gone.has(subject));
      const weight = (cell: { subjects: number; exposure: number }): number =>
        cell.subjects === 0 ? 0 : cell.subjects * Math.sqrt(1 + cell.exposure / cell.subjects);
      const cell = input.cells[report.cell] ?? { subjects: 0, exposure: 0 };
      const background = weight(cell) / input.cells.reduce((sum, each) => sum + weight(each), 0) / cell.subjects;
      const mixed = members.map((source) => density(tinyCase, source, report));
      const chance = (subject: number, of: keyof Density): number =>
        (1 - w) * background + mixed.reduce((sum, each) => sum + (w / mixed.length) * (each[of][subject] ?? 0), 0);
      const stratum = inStratum.reduce((sum, { subject }) => sum + chance(subject, "all"), 0);
      product *= chance(report.subject, "before") / stratum / (1 / inStratum.length);
      gone.add(report.subject);
    }
    return product;
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const nonstop = Array.from({ length: CASES }, (_, seed) => seed + 1);

test.each(nonstop)(
  "world %i: likelihoods of singles, teams, everyone and pairs are those of the definition",
  (seed) => {
    const tinyCase = tiny(seed);
    const { input, sources } = tinyCase;
    const explanations = new Explanations(input, sources);
    for (const draw of drawsOf(orderReports(input.reports), input, sources, SETTINGS, new Delay(SETTINGS)))
      explanations.weigh(draw);
    const standing = explanations.standing();
    for (let source = 0; source < sources.dump; source++) {
      const expected = likelihoods(tinyCase, [source]);
      expect(standing.logMean[source]).toBeCloseTo(Math.log(mean(expected)), 4);
      expect(standing.logSup[source]).toBeCloseTo(Math.log(Math.max(...expected)), 4);
    }
    for (const { a, b, logMean } of standing.pairs.slice(0, 3))
      expect(logMean).toBeCloseTo(Math.log(mean(likelihoods(tinyCase, [a, b]))), 4);
  },
);

test("posterior and e-value are those of the definition, over every explanation", () => {
  const tinyCase = tiny(77);
  const { input, sources } = tinyCase;
  const staff = input.staff.length;
  const explanations = new Explanations(input, sources);
  for (const draw of drawsOf(orderReports(input.reports), input, sources, SETTINGS, new Delay(SETTINGS)))
    explanations.weigh(draw);
  const { pairs, logMean } = explanations.standing();
  const single = (person: number): number =>
    mean([0, 1].flatMap((channel) => likelihoods(tinyCase, [sources.of(person, channel)])));
  const shared = [0, 1, 2].map((group) =>
    mean([0, 1].flatMap((channel) => likelihoods(tinyCase, [channel * sources.units + staff + group]))),
  );
  const singles = Array.from({ length: staff }, (_, person) => single(person));
  const dump = Math.exp(logMean[sources.dump] ?? 0);
  const pairWeight = (logs: number): number => (PRIOR.pair / 10) * Math.exp(logs);
  const all =
    PRIOR.nobody +
    PRIOR.dump * dump +
    (PRIOR.team / 3) * shared.reduce((sum, each) => sum + each, 0) +
    (PRIOR.single / staff) * singles.reduce((sum, each) => sum + each, 0) +
    pairs.reduce((sum, pair) => sum + pairWeight(pair.logMean), 0);
  const result = trace(input);
  expect(pairs).toHaveLength(10);
  for (const suspect of result.suspects) {
    const person = Number(suspect.staff.slice(1));
    const mine = pairs.filter(({ a, b }) => [sources.unitOf(a), sources.unitOf(b)].includes(person));
    const weight =
      (PRIOR.single / staff) * (singles[person] ?? 0) + mine.reduce((sum, pair) => sum + pairWeight(pair.logMean), 0);
    expect(suspect.posterior).toBeCloseTo(weight / all, 4);
    const numerator =
      (3 / 4) * (singles[person] ?? 0) + mine.reduce((sum, pair) => sum + Math.exp(pair.logMean) / staff / 8, 0);
    const others = [
      1,
      Math.exp(explanations.standing().logSup[sources.dump] ?? 0),
      ...Array.from({ length: sources.dump }, (_, source) => source)
        .filter((source) => sources.unitOf(source) !== person)
        .map((source) => Math.max(...likelihoods(tinyCase, [source]))),
      ...pairs.filter((pair) => !mine.includes(pair)).map(({ logSup }) => Math.exp(logSup) / staff),
    ];
    expect(suspect.logEValue).toBeCloseTo(Math.log(numerator / Math.max(...others)), 4);
  }
});
