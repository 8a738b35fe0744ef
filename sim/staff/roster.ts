/** Who works in the simulated support department, at what, and with which program. */
import type { STAFF } from "../support-database/words.ts";

export type Job = "agent" | "second line" | "quality" | "campaigns";

/**
 * `desk`: an application in which each signs in as themselves. `psql`: statements typed in, literals and all.
 * `helpdesk`: an application with an account of its own, which does not say who sits in front of it.
 */
export type Tool = "desk" | "psql" | "helpdesk";

export type StaffName = (typeof STAFF)[number];

export interface StaffMember {
  readonly name: StaffName;
  readonly job: Job;
  readonly tool: Tool;
}

/** Its statements belong to nobody in particular: unattributed. */
export const SERVICE_ACCOUNT = "helpdesk";

/** The one who does not work by herself: whoever tries the demo signs in as her. */
export const VISITOR: StaffName = "alice";

/** A dozen, all but the visitor. */
export const ROSTER: readonly StaffMember[] = [
  { name: "bruno", job: "agent", tool: "desk" },
  { name: "chen", job: "agent", tool: "desk" },
  { name: "dora", job: "quality", tool: "psql" },
  { name: "emeka", job: "agent", tool: "desk" },
  { name: "farah", job: "agent", tool: "helpdesk" },
  { name: "goran", job: "second line", tool: "psql" },
  { name: "hana", job: "agent", tool: "desk" },
  { name: "ines", job: "agent", tool: "helpdesk" },
  { name: "jonas", job: "agent", tool: "psql" },
  { name: "kofi", job: "agent", tool: "helpdesk" },
  { name: "lucia", job: "second line", tool: "desk" },
  { name: "mila", job: "campaigns", tool: "desk" },
];

/** The name under which somebody's statements arrive at the gateway. */
export function signInOf({ name, tool }: StaffMember): string {
  return tool === "helpdesk" ? SERVICE_ACCOUNT : name;
}

/** The role of whosaw.yaml that a job needs. */
export function roleOf({ job }: StaffMember): "agent" | "auditor" {
  return job === "quality" || job === "campaigns" ? "auditor" : "agent";
}
