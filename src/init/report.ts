/** The proposal in words, for a terminal; and as JSON. */
import type { MaskedRows } from "./mask.ts";
import { keyText, type ProposedTable, type Proposal, type Verdict } from "./proposal.ts";

export interface TableReport {
  readonly table: string;
  readonly verdict: Verdict;
  readonly kind: string | null;
  readonly key: string | null;
  readonly nullable: boolean;
  readonly fields: Readonly<Record<string, string>>;
  readonly why: string;
  readonly decide: string | null;
  /** As the database estimates. */
  readonly rows: number;
}

/** For `unsure` tables kind and key are a suggestion. */
export function tableReports({ tables }: Proposal): TableReport[] {
  return tables.map(({ table, verdict, why, decide, rule }) => ({
    table: table.name,
    verdict,
    kind: rule?.kind ?? null,
    key: rule === undefined ? null : keyText(rule.key),
    nullable: rule?.nullable ?? false,
    fields: { ...rule?.fields },
    why,
    decide: decide ?? null,
    rows: table.rows,
  }));
}

const TITLES: Readonly<Record<Verdict, string>> = {
  protected: "Protected: every row shown is put on record",
  public: "Public: nobody's data",
  unsure: "To decide: in neither list until you say",
};

/** Every table with one line why. */
export function proposalText(proposal: Proposal): string {
  const parts = (["protected", "unsure", "public"] as const).flatMap((verdict) => {
    const tables = proposal.tables.filter((table) => table.verdict === verdict);
    if (tables.length === 0) return [];
    return [`${TITLES[verdict]} (${tables.length})`, ...tables.flatMap(tableText), ""];
  });
  if (proposal.otherViews.length > 0)
    parts.push(
      `Views that show more than public tables are refused in enforce; their tables are not: ${proposal.otherViews.map(visible).join(", ")}`,
      "",
    );
  return parts.join("\n");
}

function tableText({ table, verdict, why, decide, rule }: ProposedTable): string[] {
  const key =
    rule === undefined || verdict === "public"
      ? ""
      : `  [${rule.kind}: ${keyText(rule.key)}${rule.nullable ? ", nullable" : ""}]`;
  const lines = [`  ${visible(table.name)}${visible(key)}`, `    ${visible(why)}`];
  if (decide !== undefined) lines.push(`    decide: ${visible(decide)}`);
  return lines;
}

/** Rows of some tables, masked. */
export function maskedText(tables: readonly MaskedRows[]): string {
  if (tables.length === 0) return "";
  const lines = ["As an agent behind a mask would see them:"];
  for (const { table, columns, rows } of tables) {
    lines.push(`  ${visible(table)}`);
    for (const row of rows)
      lines.push(`    ${row.map((value, index) => `${visible(columns[index] ?? "")}: ${value}`).join("  ")}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Names come from the database: none of them may steer the terminal. */
function visible(text: string): string {
  return text.replace(/\p{C}/gu, "?");
}
