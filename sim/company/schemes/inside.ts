/** Somebody of the staff leaked what the work showed, or more. */
import { DAY_MS } from "../../../src/base/clock.ts";
import { refuse } from "../checks.ts";
import { hashOf } from "../draws.ts";
import { PAGES } from "../fields.ts";
import { only, together } from "../loot.ts";
import { copiedBy, drawAgent, idOf, type Scheme, sold } from "./scene.ts";

const FRAMED_WITHIN_DAYS = 5;

export const oneThief: Scheme = (scene) => {
  const thief = drawAgent(scene);
  return { kind: "single", staff: [idOf(scene, thief)], ...sold(scene, copiedBy(scene, thief)) };
};

/** Two sell together, each only customers whom the other never saw. */
export const twoThieves: Scheme = (scene) => {
  const one = drawAgent(scene);
  const other = drawAgent(scene, (agent) => agent !== one);
  const ones = copiedBy(scene, one);
  const others = copiedBy(scene, other);
  const seenByOne = scene.seen.subjectsOf(one);
  const seenByOther = scene.seen.subjectsOf(other);
  const loot = together(
    only(ones, (subject) => !seenByOther.has(subject)),
    only(others, (subject) => !seenByOne.has(subject)),
  );
  return { kind: "pair", staff: [idOf(scene, one), idOf(scene, other)], ...sold(scene, loot) };
};

/** One copies the queue pages that the work shows anyway. */
export const pageCopier: Scheme = (scene) => {
  const thief = drawAgent(scene);
  return { kind: "single", staff: [idOf(scene, thief)], ...sold(scene, copiedBy(scene, thief, true)) };
};

/** One of two people behind one account: only what that person opened leaks. */
export const sharedAccount: Scheme = (scene) => {
  const { recording } = scene.company;
  const account = drawAgent(scene, (agent) => recording.isShared(agent));
  const loot = only(copiedBy(scene, account), (subject) => hashOf(account, subject) % 2 === 0);
  return { kind: "single", staff: [idOf(scene, account)], ...sold(scene, loot) };
};

/** A thief whose statements go through the gateway with the wrong clock. */
export const wrongClock: Scheme = (scene) => {
  const { recording } = scene.company;
  const thief = drawAgent(scene, (agent) => recording.aheadMs(agent) > 0);
  return { kind: "single", staff: [idOf(scene, thief)], ...sold(scene, copiedBy(scene, thief)) };
};

/** One opens a colleague's customers soon after, and leaks none but those, so that the colleague is blamed. */
export const frameUp: Scheme = (scene) => {
  const { company, draws, reporting, additions } = scene;
  const blamed = drawAgent(scene);
  const framer = drawAgent(scene, (agent) => agent !== blamed);
  const theirs = copiedBy(scene, blamed);
  const after = theirs.seenAt.map((at) => {
    const day = Math.floor(at / DAY_MS) + 1 + draws.below(FRAMED_WITHIN_DAYS);
    return company.attendance.moment(framer, company.attendance.nextShift(framer, day), draws);
  });
  const inTime = after.flatMap((at, index) => (at < reporting.to ? [index] : []));
  const loot = { subjects: inTime.map((at) => theirs.subjects[at]!), seenAt: inTime.map((at) => after[at]!) };
  for (const [index, subject] of loot.subjects.entries())
    additions.opened({ staff: framer, at: loot.seenAt[index]!, fields: PAGES.profile }, subject);
  return { kind: "restricted", staff: [idOf(scene, framer)], beside: idOf(scene, blamed), ...sold(scene, loot) };
};

/** Whoever stole beside the work, in a company that was made with thieves: the first of them. */
export const heist: Scheme = (scene) => {
  const [first] = scene.company.heists;
  if (first === undefined) refuse("nobody steals beside the work", "a world that names `thieves`");
  const { habit, staff } = first;
  const taken = habit.aDay > 0 ? first.loot() : copiedBy(scene, staff[0]!, habit.listed === true);
  const kind = staff.length > 1 ? "pair" : "single";
  return { kind, staff: staff.map((who) => idOf(scene, who)), ...sold(scene, taken) };
};
