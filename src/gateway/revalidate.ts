/**
 * Whether the plan of a prepared statement still holds. The server reads a statement again when the schema or the search
 * path has changed, and so must the gateway: a view that was harmless may read protected rows now.
 */
import { WhosawError } from "../base/errors.ts";
import type { StatementPlan, TextPlan } from "../lineage/plan.ts";
import type { PlanContext, Planner } from "../lineage/planner.ts";
import type { Prepared } from "./pending.ts";

/**
 * @param now what plans depend on at this moment
 * @returns what the client is told instead of an answer; in observe undefined always: there the statement is recorded as
 *   opaque with the tables that it reads now
 */
export function revalidate(planner: Planner, prepared: Prepared, now: PlanContext): WhosawError | undefined {
  const { source, plan, text } = prepared;
  if (plan === undefined || source.sql === undefined || source.context === undefined || source.context === now) {
    return undefined;
  }
  const { treatment } = plan;
  // What is accounted for was sent with its schemas written out: the search path is no matter.
  if (treatment.kind === "account" && source.context.catalog === now.catalog) return undefined;
  const context = treatment.kind === "account" ? { ...source.context, catalog: now.catalog } : now;
  const again = planner.plan(source.sql, context, source.protocol);
  const holds = again.refusal === undefined && again.text === text.text && sameTreatments(again, text);
  if (!holds && now.mode === "enforce") return changed();
  source.context = context;
  // Which statement of the text it is: what a PREPARE changes in the session is an object of its own.
  const index = text.statements.findIndex(({ effects }) => effects === plan.effects);
  const sent = text.statements[index];
  if (sent !== undefined) prepared.plan = holds ? sent : observed(sent, again.statements[index]);
  return undefined;
}

/** Companions that were sent go on coming; a statement that was sent without them cannot get any now. */
function observed(sent: StatementPlan, again: StatementPlan | undefined): StatementPlan {
  const treatment = again?.treatment;
  if (treatment?.kind !== "account" && treatment?.kind !== "opaque") return sent;
  const read = treatment.kind === "opaque" ? treatment.tables : treatment.accounting.uses.map(({ table }) => table);
  const tables = [...new Set(read)];
  if (sent.treatment.kind === "account")
    return { ...sent, treatment: { kind: "account", accounting: { ...sent.treatment.accounting, unlisted: tables } } };
  return {
    ...sent,
    treatment: { kind: "opaque", tables, reason: treatment.kind === "opaque" ? treatment.reason : changed() },
  };
}

function sameTreatments(one: TextPlan, other: TextPlan): boolean {
  const told = ({ statements }: TextPlan): string => JSON.stringify(statements.map(({ treatment }) => treatment));
  return told(one) === told(other);
}

/** In the server's own words: drivers know them, and prepare again. */
function changed(): WhosawError {
  return new WhosawError("FEATURE_NOT_SUPPORTED", "cached plan must not change result type", {
    hint: "the schema has changed since this statement was prepared: prepare it again",
    fields: { F: "plancache.c", R: "RevalidateCachedQuery" },
  });
}
