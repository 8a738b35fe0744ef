/** Nobody of the staff leaked. */
import { STRATA } from "../customers.ts";
import { lootOf } from "../loot.ts";
import { type Call, calledAt, callsFrom } from "../scammers.ts";
import {
  background,
  copiedBy,
  drawAgent,
  idOf,
  MISSES_MAX,
  type Plan,
  type Scene,
  type Scheme,
  sold,
  teamOf,
} from "./scene.ts";

const NOBODY = { kind: "nobody", staff: [], stolen: [] } as const;

export const noLeak: Scheme = (scene) => ({ ...NOBODY, calls: background(scene, scene.reports, () => true) });

/** Scammers work through one country, from a telephone book. */
export const regionalCampaign: Scheme = (scene) => ({
  ...NOBODY,
  calls: background(scene, scene.reports, inOneCountry(scene)),
});

/** The whole database was copied once, and customers are called as they come. */
export const dumpUniform: Scheme = (scene) => dumped(scene, () => scene.company.customers.pickAny(scene.draws));

/** The whole database was copied once, and those with the most tickets are called. */
export const dumpByTickets: Scheme = (scene) =>
  dumped(scene, () => scene.company.customers.pickByActivity(scene.draws));

/** The whole database was copied once, and the callers speak one country's language. */
export const dumpByCountry: Scheme = (scene) => {
  const there = inOneCountry(scene);
  return dumped(scene, () => scene.company.customers.pickByActivity(scene.draws), there);
};

/** An outsider sits in one team's queue and opens what the team opens. */
export const queue: Scheme = (scene) => {
  const { name, agents } = teamOf(scene, drawAgent(scene));
  const loot = lootOf(scene.seen, agents, scene.reporting);
  return { kind: "team", staff: [], team: name, ...sold(scene, loot) };
};

/** Nothing leaked, but from one device come false reports about one agent's customers, at times that would fit. */
export const sabotage: Scheme = (scene) => {
  const { draws, reporting, leaked, reports } = scene;
  const blamed = drawAgent(scene);
  const made = callsFrom(copiedBy(scene, blamed), leaked, reporting, draws);
  const named = new Set(made.map(({ subject }) => subject));
  return {
    ...NOBODY,
    beside: idOf(scene, blamed),
    calls: [
      ...made.map(({ subject, at }) => ({ subject, at, reporter: "saboteur's device" })),
      ...background(scene, reports - made.length, (subject) => !named.has(subject)),
    ],
  };
};

function inOneCountry({ company, draws }: Scene): (subject: number) => boolean {
  const countryOf = (subject: number): string => STRATA[company.strataOf(subject)]!.country;
  const country = countryOf(company.customers.pickAny(draws));
  return (subject) => countryOf(subject) === country;
}

/** A copy of everything, made in the first third of the time that is left. */
function dumped(scene: Scene, pick: () => number, called: (subject: number) => boolean = () => true): Plan {
  const { draws, reporting, leaked } = scene;
  const seenAt = Math.floor(draws.between(reporting.from, (reporting.from * 2 + reporting.to) / 3));
  const calls = new Map<number, Call>();
  // Not all are called in time, and not so many live in a small country.
  for (let misses = 0; calls.size < leaked && misses < MISSES_MAX; misses++) {
    const subject = pick();
    const at = calledAt(seenAt, reporting, draws);
    if (at === undefined || calls.has(subject) || !called(subject)) continue;
    calls.set(subject, { subject, at, seenAt });
    misses = 0;
  }
  const rest = background(scene, scene.reports - calls.size, (subject) => !calls.has(subject));
  return { kind: "dump", staff: [], stolen: "everyone", calls: [...calls.values(), ...rest] };
}
