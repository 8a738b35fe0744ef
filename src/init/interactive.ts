/** The same on a terminal: who the subjects are, and where tables belong, is confirmed before anything is written. */
import type { Readable, Writable } from "node:stream";
import * as prompts from "@clack/prompts";
import { WhosawError } from "../base/errors.ts";
import { keyText, type ProposedTable, type Proposal, type Verdict } from "./proposal.ts";
import { maskedText, proposalText } from "./report.ts";
import type { Survey } from "./survey.ts";

export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/** @returns what was confirmed @throws WhosawError USAGE if somebody stops it */
export async function confirmProposal(survey: Survey, terminal: Terminal): Promise<Proposal> {
  let proposal = await confirmSubjects(survey, terminal);
  terminal.output.write(`${maskedText(await survey.masked(proposal))}\n${proposalText(proposal)}\n`);
  proposal = await acceptSuggestions(proposal, terminal);
  for (;;) {
    const moved = await moveTable(proposal, terminal);
    if (moved === undefined) break;
    proposal = moved;
  }
  return survey.hold(proposal);
}

async function confirmSubjects(survey: Survey, terminal: Terminal): Promise<Proposal> {
  const proposal = survey.propose();
  const own = new Set(proposal.kinds.map(({ table }) => table));
  const others = proposal.tables.map(({ table }) => table.name).filter((name) => !own.has(name));
  const first = proposal.kinds[0]?.table;
  const chosen = await ask(
    prompts.select({
      message: "Whose data is it? The table with one row for each customer:",
      ...terminal,
      initialValue: first,
      maxItems: 12,
      options: [...own, ...others].map((value) => ({ value, label: value })),
    }),
  );
  return chosen === first ? proposal : survey.propose(chosen);
}

/** Keys that rest on names and values are suggestions until somebody takes them. */
async function acceptSuggestions(proposal: Proposal, terminal: Terminal): Promise<Proposal> {
  const suggested = proposal.tables.filter(({ verdict, rule }) => verdict === "unsure" && rule !== undefined);
  if (suggested.length === 0) return proposal;
  const taken = await ask(
    prompts.multiselect({
      message: "Which of these keys are right? (the others stay to be decided)",
      ...terminal,
      required: false,
      maxItems: 15,
      options: suggested.map(({ table, rule, why }) => ({
        value: table.name,
        label: `${table.name}  [${rule?.kind}: ${rule === undefined ? "" : keyText(rule.key)}]`,
        hint: why,
      })),
    }),
  );
  return accept(proposal, new Set(taken));
}

/** The proposal with the suggestions for these tables in force. @param names as whosaw.yaml has them */
export function accept(proposal: Proposal, names: ReadonlySet<string>): Proposal {
  return {
    ...proposal,
    kinds: withSuggestedKinds(proposal, names),
    tables: proposal.tables.map((proposed) =>
      proposed.verdict === "unsure" && proposed.rule !== undefined && names.has(proposed.table.name)
        ? { ...proposed, verdict: "protected", decide: undefined }
        : proposed,
    ),
  };
}

function withSuggestedKinds(proposal: Proposal, names: ReadonlySet<string>): Proposal["kinds"] {
  const known = new Set(proposal.kinds.map(({ name }) => name));
  const added = proposal.tables.flatMap(({ table, rule }) => {
    if (rule === undefined || known.has(rule.kind) || !names.has(table.name)) return [];
    known.add(rule.kind);
    return [{ name: rule.kind, table: table.name, strata: {} }];
  });
  return [...proposal.kinds, ...added];
}

async function moveTable(proposal: Proposal, terminal: Terminal): Promise<Proposal | undefined> {
  const done = "";
  const name = await ask(
    prompts.select({
      message: "Anything in the wrong place?",
      ...terminal,
      initialValue: done,
      maxItems: 15,
      options: [
        { value: done, label: "No, write it" },
        ...proposal.tables.map(({ table, verdict }) => ({ value: table.name, label: table.name, hint: verdict })),
      ],
    }),
  );
  const proposed = proposal.tables.find(({ table }) => table.name === name);
  if (proposed === undefined) return undefined;
  const verdict = await ask(
    prompts.select({
      message: `${name} is`,
      ...terminal,
      initialValue: proposed.verdict,
      options: placesFor(proposed).map((value) => ({ value, label: value })),
    }),
  );
  return move(proposal, proposed, verdict);
}

/** Without a key there is nothing to protect a table by: that is written by hand. */
function placesFor({ rule }: ProposedTable): Verdict[] {
  return rule === undefined ? ["public", "unsure"] : ["protected", "public", "unsure"];
}

/** The proposal with one table in another place, by the word of whoever moved it. */
export function move(proposal: Proposal, proposed: ProposedTable, verdict: Verdict): Proposal {
  if (verdict === proposed.verdict) return proposal;
  const decide = verdict === "unsure" ? "You put it off." : undefined;
  const moved = { ...proposed, verdict, decide, why: `moved by hand; ${proposed.why}` };
  const tables = proposal.tables.map((table) => (table === proposed ? moved : table));
  return { ...proposal, kinds: withSuggestedKinds(proposal, new Set([proposed.table.name])), tables };
}

async function ask<T>(answer: Promise<T>): Promise<Exclude<T, symbol>> {
  const value = await answer;
  if (prompts.isCancel(value)) throw new WhosawError("USAGE", "Cancelled; nothing was changed.");
  return value as Exclude<T, symbol>;
}
