/** A proposal held against what is right. */
import { keyText, type Proposal } from "../proposal.ts";
import type { Product } from "./product.ts";

export interface Judged {
  readonly table: string;
  readonly verdict: "right" | "unsure" | "wrong";
  readonly said: string;
}

export function judge({ truth }: Product, proposal: Proposal): Judged[] {
  const kinds = new Map(proposal.kinds.map(({ name, table }) => [name, table]));
  return proposal.tables.map(({ table, verdict, rule, why }) => {
    const right = truth[table.name];
    if (right === undefined) throw new Error(`the truth about ${table.name} is not written down`);
    const key = rule === undefined ? "" : `${kinds.get(rule.kind) ?? rule.kind}: ${keyText(rule.key)}`;
    const said = verdict === "public" ? "public" : `${verdict} ${key} (${why})`;
    if (verdict === "unsure") return { table: table.name, verdict: right === "personal" ? "right" : "unsure", said };
    const fits = verdict === "public" ? right === "public" : Array.isArray(right) && right.includes(key);
    return { table: table.name, verdict: fits ? "right" : "wrong", said };
  });
}

/** How many of each. */
export function shares(judged: readonly Judged[]): Readonly<Record<Judged["verdict"], number>> {
  const count = (verdict: Judged["verdict"]): number => judged.filter((one) => one.verdict === verdict).length;
  return { right: count("right"), unsure: count("unsure"), wrong: count("wrong") };
}
