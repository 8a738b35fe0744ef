/** What accounts for a statement's rows, followed through the names of prepared statements and cursors. */
import { LIMITS } from "../base/limits.ts";
import type { StatementPlan } from "../lineage/plan.ts";
import type { Mode } from "../lineage/planner.ts";
import type { Basis } from "./execution.ts";
import { type Names, nameOfText } from "./names.ts";
import type { Portal, Prepared } from "./pending.ts";

/** A statement's basis, or what stands in its place. */
export type Standing = Basis | { readonly kind: "pass" } | { readonly kind: "unknown"; readonly name: string };

/** Whether a name means what it means to the server now, or what it will mean to a message that is about to be sent. */
export type When = "answered" | "sent";

/** What a session has named. */
export interface Named {
  readonly policy: { readonly mode: Mode };
  readonly prepared: Names<Prepared>;
  readonly portals: Names<Portal>;
}

/** @param depth how many names have led here: EXECUTE of EXECUTE cannot be, but a loop must not */
export function standingOf(named: Named, plan: StatementPlan, when: When, depth = 0): Standing {
  const { treatment } = plan;
  switch (treatment.kind) {
    case "pass":
      return { kind: "pass" };
    case "account":
      return { kind: "account", plan, accounting: treatment.accounting };
    case "opaque":
      return { kind: "opaque", plan, tables: treatment.tables, reason: treatment.reason };
    case "as-prepared":
      return ofName(named, lookUp(named.prepared, treatment.name, when), treatment.name, when, depth);
    case "as-cursor":
      return ofCursor(named, treatment, when, depth);
    case "refuse":
      return { kind: "unknown", name: "a refused statement" };
  }
}

/** @param identifier as a statement writes it */
export function lookUp<T>(names: Names<T>, identifier: string, when: When): T | undefined {
  const name = nameOfText(identifier);
  return when === "answered" ? names.answered(name) : names.get(name);
}

function ofName(named: Named, prepared: Prepared | undefined, name: string, when: When, depth: number): Standing {
  if (prepared?.plan === undefined || depth >= LIMITS.nameIndirectionsMax) return { kind: "unknown", name };
  return standingOf(named, prepared.plan, when, depth + 1);
}

/**
 * A cursor that turns out to be over protected rows only now must not be moved, as if that had been refused. In observe it
 * may: what it passes over is not listed.
 */
function ofCursor(
  named: Named,
  treatment: StatementPlan["treatment"] & { kind: "as-cursor" },
  when: When,
  depth: number,
): Standing {
  const { name, forward, move } = treatment;
  const standing = ofName(named, lookUp(named.portals, name, when)?.prepared, name, when, depth);
  if (standing.kind !== "account" || (forward && !move)) return standing;
  if (named.policy.mode === "enforce") return { kind: "unknown", name };
  const unlisted = [...new Set(standing.accounting.uses.map(({ table }) => table))];
  return { ...standing, plan: { ...standing.plan }, accounting: { ...standing.accounting, unlisted } };
}
