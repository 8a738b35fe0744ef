/** What a copy that was found points to, in words and tables. Names of columns and counts; never a value. */
import type { FoundCopy } from "../found/found.ts";
import type { FoundStatement, FoundTold } from "../found/question.ts";
import { chanceText, powerOfTen } from "./chances.ts";
import { formatTable } from "./output.ts";

export interface FoundReport extends FoundTold {
  readonly sha256: string;
  readonly format: string | null;
  readonly rows: FoundCopy["match"]["rows"] & { readonly read: number };
  readonly kind: string;
  /** Distinct subjects, and decoys, in the copy. */
  readonly subjects: number;
  readonly decoys: number;
  readonly columns: FoundCopy["match"]["columns"];
  readonly made: {
    readonly notBefore: string | null;
    readonly notAfter: string | null;
    readonly basis: readonly string[];
  };
  /** Sentences: what the numbers say, and what they leave out. */
  readonly findings: readonly string[];
  readonly notes: readonly string[];
}

export function foundReport(copy: FoundCopy, told: FoundTold): FoundReport {
  const { match, read, sha256 } = copy;
  const report = {
    ...told,
    sha256,
    format: read.format ?? null,
    rows: { read: read.rows, ...match.rows },
    kind: match.kind,
    subjects: copy.compared.subjects,
    decoys: copy.compared.decoys.length,
    columns: match.columns,
    made: {
      notBefore: iso(match.dating.notBeforeMs),
      notAfter: iso(match.dating.notAfterMs),
      basis: match.dating.basis,
    },
  };
  return { ...report, findings: findingsOf(report), notes: notesOf(copy, told) };
}

function iso(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

type Findings = Omit<FoundReport, "findings" | "notes">;

/** Decoys first: nobody but who has a copy has them. */
function findingsOf({ columns, decoys, decoysShownTo, candidates, hypotheses, compared }: Findings): string[] {
  const findings: string[] = [];
  if (decoys > 0) {
    const shown = decoysShownTo.map(({ actor, decoys: n }) => `${actor} (${n})`).join(", ");
    findings.push(
      `It holds ${count(decoys, "decoy")}: it was made from this database. Shown to: ${shown === "" ? "nobody on record" : shown}.`,
    );
  }
  if (compared === 0) return [...findings, "No row is about anybody in the database: there is nothing to compare."];
  for (const { actor, covered, shown, verdict, statements } of candidates.slice(0, SENTENCES_MAX)) {
    const words = VERDICTS[verdict];
    if (words === undefined) continue;
    findings.push(
      `${actor} was shown ${percent(covered / compared)} of it, among ${shown === undefined ? "more" : number(shown)} subjects in all: ${words}.`,
    );
    const [best] = statements;
    if (best !== undefined && best.covered >= compared * STATEMENT_SHARE_MIN)
      findings.push(
        `One statement showed ${percent(best.covered / compared)} of it, and ${number(best.subjects)} subjects in all: ${best.log}/${best.index}, ${iso(best.atMs)}.${sessionOf(best)}${fieldsOf(best, columns)}`,
      );
  }
  const [first] = hypotheses;
  if (first !== undefined && first.actors.length === 0)
    findings.push(
      `${OUTSIDERS[first.kind] ?? ""}${first.team === undefined ? "" : ` (${first.team})`}: that explains it best, and points to no person.`,
    );
  if (first !== undefined && first.posterior < CLEAR_POSTERIOR_MIN)
    findings.push("No explanation stands out: several fit about as well.");
  return findings;
}

function sessionOf({ session }: FoundStatement): string {
  return session === undefined ? "" : ` Session: ${session}.`;
}

/** What the copy holds beside what the statement showed. */
function fieldsOf({ fields }: FoundStatement, columns: FoundReport["columns"]): string {
  if (fields === undefined) return "";
  const held = columns.flatMap(({ holds, class: of }) => (holds === undefined || of === undefined ? [] : [holds]));
  const missing = [...new Set(held)].filter((field) => !fields.includes(field));
  return missing.length === 0
    ? " It showed every field that the copy is known to hold."
    : ` It did not show ${missing.join(", ")}, which the copy holds.`;
}

const SENTENCES_MAX = 3;
const STATEMENT_SHARE_MIN = 0.5;
const CLEAR_POSTERIOR_MIN = 0.9;

const VERDICTS: Readonly<Record<string, string>> = {
  evidence:
    "evidence-grade. No outsider, team or other person in the model explains the copy as well; what follows is for people to decide, with the person heard",
  lead: "a lead for two investigators, and no ground for action against a person",
  "lead-pair": "a lead, together with another, and no ground for action against a person",
};

const OUTSIDERS: Readonly<Record<string, string>> = {
  database: "Somebody with the whole database",
  cells: "Somebody who chose customers by how much they are shown",
  everyone: "Somebody with all that anybody is shown",
  team: "Somebody with what one team is shown",
};

function notesOf(
  { read, match, leftOut, compared: { subjects } }: FoundCopy,
  { compared, weighed, behind }: FoundTold,
): string[] {
  return [
    ...(read.cut === 0 ? [] : [`${count(read.cut, "value or record", "values or records")} could not be read whole.`]),
    ...(leftOut.length === 0
      ? []
      : [`Not asked, for no role may read them as whosaw.yaml has them: ${leftOut.join(", ")}.`]),
    ...match.notes,
    ...(compared < subjects
      ? [`${number(compared)} of ${number(subjects)} subjects were compared, evenly chosen.`]
      : []),
    ...(weighed < compared
      ? [
          `Weighed are ${number(weighed)} of them: those in a few stretches of keys, where every source is counted exactly.`,
        ]
      : []),
    ...(behind === 0
      ? []
      : [
          `${count(behind, "entry", "entries")} of the ledger have not arrived in columns: whom they show is not counted. Ask again while whosaw serve runs.`,
        ]),
    "What people learned without the gateway, and who else may use their accounts, no count shows.",
  ];
}

export function foundText(report: FoundReport): string {
  const { rows, kind, subjects, decoys, made, columns, findings, notes } = report;
  const head = `${number(rows.read)} rows: ${number(rows.matched)} of ${number(subjects + decoys)} subjects (${kind}), ${number(rows.ambiguous)} ambiguous, ${number(rows.invented)} invented, ${number(rows.unmatched)} of nobody in the database.`;
  const parts = [
    head,
    madeText(made),
    ...made.basis.map((line) => `  ${line}`),
    "",
    ...findings,
    "",
    ...(report.compared === 0 ? [] : [candidatesTable(report), explanationsTable(report)]),
    formatTable(
      ["COLUMN", "HOLDS", "AGREES", "DIFFERS"].map((title) => ({ title })),
      columns.map(({ table, column, holds, agrees, differs }) => [
        table === undefined ? column : `${table}.${column}`,
        holds ?? "-",
        number(agrees),
        number(differs),
      ]),
    ),
    ...notes,
  ];
  return parts.join("\n");
}

function madeText({ notBefore, notAfter }: FoundReport["made"]): string {
  if (notBefore === null && notAfter === null) return "Nothing in it says when it was made.";
  if (notBefore === null) return `Made not after ${notAfter}.`;
  return `Made not before ${notBefore}${notAfter === null ? "; nothing in it says until when" : ` and not after ${notAfter}`}.`;
}

function candidatesTable({ candidates, compared }: FoundReport): string {
  if (candidates.length === 0) return "Nobody was shown a tenth of it.\n";
  const titles = ["ACTOR", "OF THE COPY", "SHOWN IN ALL", "FIRST", "95 % BY", "POSTERIOR", "E-VALUE", "VERDICT"];
  const rows = candidates
    .slice(0, CANDIDATES_TOLD_MAX)
    .map((of) => [
      of.actor,
      percent(of.covered / compared),
      of.shown === undefined ? "-" : number(of.shown),
      iso(of.firstMs) ?? "-",
      iso(of.mostMs) ?? "-",
      chanceText(of.posterior),
      powerOfTen(of.logEValue),
      of.verdict === "none" ? "-" : of.verdict,
    ]);
  const table = formatTable(
    titles.map((title) => ({ title })),
    rows,
  );
  return `${table}${READING}\n`;
}

/** What both numbers are is told where they stand: they are quoted without the page that explains them. */
const READING = [
  "POSTERIOR is a weight among these explanations, from the prior in docs/found-copies.md. It is not the probability of guilt.",
  "E-VALUE is how much better the copy is explained with this person than by the best explanation without; evidence-grade takes 100 times the number of actors.",
].join("\n");

const CANDIDATES_TOLD_MAX = 10;

function explanationsTable({ hypotheses }: FoundReport): string {
  const rows = hypotheses
    .slice(0, CANDIDATES_TOLD_MAX)
    .map((of) => [
      of.kind,
      of.team ?? (of.actors.length === 0 ? "-" : of.actors.join(" and ")),
      chanceText(of.posterior),
    ]);
  return formatTable(
    ["EXPLANATION", "WHO", "POSTERIOR"].map((title) => ({ title })),
    rows,
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function number(of: number): string {
  return of.toLocaleString("en");
}

function count(of: number, one: string, many = `${one}s`): string {
  return `${number(of)} ${of === 1 ? one : many}`;
}
