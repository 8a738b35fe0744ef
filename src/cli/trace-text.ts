/** A trace for people: what it says, how sure, what speaks against, and what would tell more. */
import type { Replay } from "../cases/replay.ts";
import type { Traced } from "../cases/traced.ts";
import type { Hypothesis, Suspect, TraceResult } from "../trace/model.ts";
import { chanceText, powerOfTen } from "./chances.ts";
import { formatTable } from "./output.ts";

export function traceText(traced: Traced): string {
  const { case: of, result, reports, notes } = traced;
  const counted = result.steps.filter(({ weighed }) => weighed === "counted").length;
  const rows = explanationRows(result);
  return [
    `Case ${of.id}: ${of.title}`,
    `${count(reports.length, "report")}, ${counted} of them counted; ${count(traced.staff, "actor")} could have been shown what the callers knew.`,
    "",
    ...findings(traced),
    "",
    formatTable([{ title: "POSTERIOR", align: "right" }, { title: "EXPLANATION" }, { title: "WHO" }], rows).trimEnd(),
    "",
    suspectsTable(traced),
    ...(result.leakWindow === undefined ? [] : [windowText(result.leakWindow)]),
    ...result.advice.slice(0, ADVICE_SHOWN).map(adviceText),
    ...[...result.notes, ...notes].map((note) => `Note: ${note}`),
    "Actors are pseudonyms. This look is an entry of the console log.",
  ].join("\n");
}

const SHOWN = 10;
const EXPLANATIONS_SHOWN = 5;
const ADVICE_SHOWN = 3;

/** What may be said, and no more than that. */
function findings({ result, settings, staff }: Traced): string[] {
  const { suspects, ambiguityGroup: group, anythingLeaked } = result;
  const alpha = settings["alpha"] ?? 0;
  const bound = `If nobody, one person, a team's queue or a copy of the database is behind the reports, the chance that anybody innocent is ever called so in this case is at most ${chanceText(alpha)}, however often one looks. That is not the chance that this person is innocent.`;
  const by = (verdict: Suspect["verdict"]): string[] =>
    suspects.filter((suspect) => suspect.verdict === verdict).map((suspect) => suspect.staff);
  const [evidence, leads, pairs] = [by("evidence"), by("lead"), by("lead-pair")];
  const said = [
    ...evidence.map(
      (who) => `${who}: evidence-grade. ${bound} What follows is for people to decide, with the person heard.`,
    ),
    ...leads.map((who) => `${who}: a lead for two investigators; no action against a person on this alone.`),
    ...pairs.map((who) => `${who}: a lead, together with another; no action against a person on this alone.`),
    ...(group === undefined || evidence.length > 0
      ? []
      : [
          "One or more of these, and nobody can say which. No action against any of them on this alone.",
          ...group.map((who) => `  ${who}`),
        ]),
    ...(anythingLeaked === undefined
      ? []
      : [`So many reports without a leak: chance ${anythingLeaked.p.toPrecision(2)}.`]),
  ];
  const best = result.hypotheses[0];
  if (said.length > 0 && (evidence.length > 0 || leads.length > 0 || pairs.length > 0 || group !== undefined))
    return said;
  return [
    ...said,
    `Nothing here points to a person yet${best === undefined || best.staff.length > 0 ? "" : `: ${KINDS[best.kind]} explains it best`}. ${staff < 2 ? "With fewer than two actors there is nobody to compare." : "More reports, or decoys, tell more."}`,
  ];
}

const KINDS: Readonly<Record<Hypothesis["kind"], string>> = {
  nobody: "nobody inside, or somebody outside",
  dump: "somebody with the whole database",
  everyone: "somebody with all that anybody is shown",
  team: "somebody with what one team is shown",
  single: "one person",
  restricted: "one person, of what another was shown too",
  pair: "two people together",
};

/** The second person has a line of their own: an id alone takes half a terminal. */
function explanationRows({ hypotheses, steps }: TraceResult): string[][] {
  const top = hypotheses.slice(0, EXPLANATIONS_SHOWN);
  const rows = top.flatMap(({ kind, staff, team, beside, posterior }) => {
    const [who = team ?? "-", ...others] = [...staff, ...(beside === undefined ? [] : [`beside ${beside}`])];
    return [[chanceText(posterior), KINDS[kind], who], ...others.map((other) => ["", "", other])];
  });
  // Nobody is an answer, and stands there however unlikely it is.
  if (top.some(({ kind }) => kind === "nobody")) return rows;
  return [...rows, [chanceText(steps.at(-1)?.nobody ?? 1), KINDS.nobody, "-"]];
}

/** Whoever weighs less is not named: a name in such a table is read as a suspicion. */
const NAMED_POSTERIOR_MIN = 1e-6;

/** How far each is from what evidence takes. */
function suspectsTable({ result, staff, settings }: Traced): string {
  if (result.suspects.length === 0) return "Nobody on record was shown the customers who reported.";
  const wanted = Math.log(Math.max(1, staff) / (settings["alpha"] ?? 1));
  const rows = result.suspects
    .filter(({ posterior, verdict }) => posterior >= NAMED_POSTERIOR_MIN || verdict !== "none")
    .slice(0, SHOWN)
    .map(({ staff: who, posterior, logEValue, verdict }) => [
      who,
      chanceText(posterior),
      `${powerOfTen(logEValue)} of ${powerOfTen(wanted)}`,
      verdict === "none" ? "-" : verdict,
    ]);
  if (rows.length === 0) return "No person weighs anything beside these explanations.";
  const table = formatTable(
    ["SUSPECT", "POSTERIOR", "EVIDENCE", "VERDICT"].map((title) => ({ title })),
    rows,
  ).trimEnd();
  const left = staff - rows.length;
  const others = left > 0 ? [`${count(left, "other actor")}: less likely than these.`] : [];
  return [table, ...others, ...READING].join("\n");
}

/** What both numbers are is told where they stand: they are quoted without the page that explains them. */
const READING = [
  "POSTERIOR is a weight among these explanations, from the prior in docs/trace.md. It is not the probability of guilt.",
  "EVIDENCE is how much better the reports are explained with this person than without, of what evidence-grade takes.",
];

function windowText({ earliest, latest, basis }: NonNullable<TraceResult["leakWindow"]>): string {
  return `Leaked between ${new Date(earliest).toISOString()} and ${new Date(latest).toISOString()}: ${basis}`;
}

function adviceText({ staff, team, separates, bits }: TraceResult["advice"][number]): string {
  const where = staff ?? (team === undefined ? "everybody" : `team ${team}`);
  return `Decoys among what ${where} is shown would tell ${separates[0]} from ${separates[1]}: ${bits.toFixed(1)} bits of ten contacts.`;
}

export function replayText({ same, changed, since, before, after }: Replay): string {
  const head = same
    ? `The same: from the same input (${before.inputsHash.slice(0, 16)}) the same result as of ${before.at}.`
    : `Not the same as of ${before.at}.`;
  const outcome = same ? [] : [`Then: ${outcomeText(before)}.`, `Now: ${outcomeText(after)}.`];
  return [head, ...changed, ...outcome, ...since].join("\n");
}

function outcomeText({ suspects, group }: Replay["before"]): string {
  const said = suspects.filter(({ verdict }) => verdict !== "none").map(({ staff, verdict }) => `${staff} ${verdict}`);
  const first = suspects[0];
  const best = first === undefined ? "nobody" : `${first.staff} at ${chanceText(first.posterior)}`;
  return said.length > 0
    ? said.join(", ")
    : group === null
      ? `no verdict, first ${best}`
      : `one of ${group.join(", ")}`;
}

function count(of: number, one: string): string {
  return `${of.toLocaleString("en")} ${one}${of === 1 ? "" : "s"}`;
}
