/** Where a decoy would tell the likeliest explanations apart. */
import type { Explanations } from "./explanations.ts";
import type { Advice, Staff } from "./model.ts";
import type { Weighted } from "./posterior.ts";
import type { Sources } from "./sources.ts";
import type { Judgement } from "./suspects.ts";

/** Of the subjects shown there, so many are decoys once they are planted. */
const DECOY_SHARE = 0.05;
const CONTACTS = 10;
const WEIGHED = 8;
const ADVICE_MAX = 5;
const CHANCE_MIN = 1e-6;
/** Less is not worth a decoy. */
const BITS_MIN = 0.01;

/** Mutual information between `is it this one` and `is a decoy of theirs called`, best first. */
export function adviceOf(
  { posterior }: Judgement,
  explanations: Explanations,
  staff: readonly Staff[],
  sources: Sources,
): readonly Advice[] {
  const weighted = posterior.all(CHANCE_MIN);
  const ranked = [...weighted].sort((a, b) => b.logWeight - a.logWeight).slice(0, WEIGHED);
  const places = new Map<string, { staff?: number; team?: number }>();
  for (const { staff: members, team } of ranked) {
    for (const member of members) places.set(`staff ${member}`, { staff: member });
    if (team !== undefined) places.set(`team ${team}`, { team });
  }
  return [...places.values()]
    .flatMap((place) => {
      const inIt = (each: Weighted): boolean =>
        place.team === undefined ? each.staff.includes(place.staff ?? -1) : each.team === place.team;
      const speaksFor = ranked.find(inIt);
      const other = ranked.find((each) => !inIt(each));
      if (speaksFor === undefined || other === undefined) return [];
      const chance = Math.min(
        1,
        weighted.filter(inIt).reduce((sum, each) => sum + posterior.chanceOf(each), 0),
      );
      const unit = place.staff ?? sources.staffCount + (place.team ?? 0);
      const called = 1 - (1 - DECOY_SHARE * explanations.shareOf(unit)) ** CONTACTS;
      const separates = [inWords(speaksFor, staff, sources), inWords(other, staff, sources)] as const;
      const bits = entropy(chance * called) - chance * entropy(called);
      return bits < BITS_MIN ? [] : [{ ...named(place, staff, sources), separates, bits }];
    })
    .sort((a, b) => b.bits - a.bits)
    .slice(0, ADVICE_MAX);
}

function named(
  place: { readonly staff?: number; readonly team?: number },
  staff: readonly Staff[],
  sources: Sources,
): Pick<Advice, "staff" | "team"> {
  return place.team === undefined
    ? { staff: staff[place.staff ?? -1]?.id ?? "" }
    : { team: sources.teams[place.team] ?? "" };
}

function inWords({ kind, staff: members, team, beside }: Weighted, staff: readonly Staff[], sources: Sources): string {
  const ids = members.map((member) => staff[member]?.id ?? "");
  switch (kind) {
    case "nobody":
      return "no leak, or an outsider with nobody's view";
    case "dump":
      return "a copy of the database";
    case "everyone":
      return "an outsider who sees what all staff see";
    case "team":
      return `an outsider with the queue of ${sources.teams[team ?? -1] ?? ""}`;
    case "single":
      return ids.join("");
    case "restricted":
      return `${ids.join("")}, leaking only what ${staff[beside ?? -1]?.id ?? ""} saw too`;
    case "pair":
      return ids.join(" with ");
  }
}

/** Of a coin, bits. */
function entropy(chance: number): number {
  if (chance <= 0 || chance >= 1) return 0;
  return -chance * Math.log2(chance) - (1 - chance) * Math.log2(1 - chance);
}
