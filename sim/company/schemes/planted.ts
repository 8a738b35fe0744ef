/** Thieves who take what was made to be found: decoys, and copies of an export that differ. */
import { refuse } from "../checks.ts";
import { PAGES } from "../fields.ts";
import { type Loot, someOf, together } from "../loot.ts";
import { type Call, callsFrom } from "../scammers.ts";
import { copiedBy, drawAgent, idOf, type Scene, type Scheme, sold, teamOf } from "./scene.ts";

/** Calls to decoys among those that leak: scammers do not know them from customers. */
const DECOY_CALLS = 2;
const EXPORT_SHARE = 0.01;
const EXPORTED_MIN = 100;
const EXPORT_RECIPIENTS = 8;

/** One thief, in a team of which each member is shown decoys that nobody else is. */
export const decoysCalled: Scheme = (scene) => {
  const thief = drawAgent(scene);
  const { agents } = teamOf(scene, thief);
  const { decoys } = scene.company.customers;
  const each = Math.floor(decoys.length / agents.length);
  if (each < DECOY_CALLS) refuse(`${decoys.length} decoys are too few`, `${agents.length * DECOY_CALLS}`);
  const planted = agents.map((agent, index) => plant(scene, agent, decoys.slice(index * each, (index + 1) * each)));
  const bait = planted[agents.indexOf(thief)]!;
  const decoyCalls = callsFrom(bait, Math.min(DECOY_CALLS, scene.leaked), scene.reporting, scene.draws).map(
    (call): Call => ({
      ...call,
      decoy: true,
    }),
  );
  const rest = { ...scene, leaked: scene.leaked - decoyCalls.length, reports: scene.reports - decoyCalls.length };
  const copied = copiedBy(scene, thief);
  const { calls } = sold(rest, copied);
  return {
    kind: "single",
    staff: [idOf(scene, thief)],
    stolen: together(copied, bait).subjects,
    calls: [...decoyCalls, ...calls],
  };
};

/** Shows decoys to one agent, at some time of the first half. */
function plant({ draws, reporting, additions }: Scene, agent: number, decoys: readonly number[]): Loot {
  const seenAt = decoys.map(() => Math.floor(draws.between(reporting.from, (reporting.from + reporting.to) / 2)));
  for (const [index, decoy] of decoys.entries())
    additions.opened({ staff: agent, at: seenAt[index]!, fields: PAGES.profile }, decoy);
  return { subjects: decoys, seenAt };
}

/** One of those who rightly got an export passes it on; each copy of it carries a mark of its own. */
export const markedExport: Scheme = (scene) => {
  const { company, draws, reporting, additions } = scene;
  const recipients = someOf(company.roster.agents, EXPORT_RECIPIENTS, draws);
  const mark = draws.below(recipients.length);
  const at = Math.floor(draws.between(reporting.from, (reporting.from * 2 + reporting.to) / 3));
  const { count } = company.customers;
  const subjects = new Set<number>();
  // In a small company, whoever comes up in so many draws.
  for (let n = Math.max(EXPORTED_MIN, count * EXPORT_SHARE); n > 0; n--) subjects.add(company.customers.pickAny(draws));
  for (const [value, staff] of recipients.entries())
    for (const subject of subjects) additions.opened({ staff, at, fields: PAGES.profile, mark: value }, subject);
  const loot = { subjects: [...subjects], seenAt: Array.from(subjects, () => at) };
  const { stolen, calls } = sold(scene, loot);
  const ways = recipients.length;
  return {
    kind: "single",
    staff: [idOf(scene, recipients[mark]!)],
    stolen,
    calls: calls.map((call) => (call.seenAt === undefined ? call : { ...call, mark: { value: mark, ways } })),
  };
};
