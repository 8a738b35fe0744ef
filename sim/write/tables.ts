/** Staff and reports as CSV: what a company would hand over, and what it would import. */
import type { ActorId } from "../../src/ledger/entry.ts";
import type { Report } from "../../src/trace/model.ts";
import type { StaffMember } from "../company/staff.ts";
import { keyOfSubject } from "./history.ts";
import { classNames, SUBJECT_KIND } from "./pages.ts";

/** Who works in which team: `actor,name,team,role,site`. */
export function staffCsv(staff: readonly StaffMember[], actors: readonly ActorId[]): string {
  const lines = staff.map(({ id, team, role, site }, place) => [actors[place], id, team, role, site].join(","));
  return ["actor,name,team,role,site", ...lines, ""].join("\n");
}

/** As `whosaw report import` reads them: `subject,from,to,fields,reporter,caller,mark`, times in ISO 8601. */
export function reportsCsv(reports: readonly Report[]): string {
  const lines = reports.map(({ subject, from, to, fieldsKnown, reporter, caller, mark }) =>
    [
      `${SUBJECT_KIND}:${keyOfSubject(subject)}`,
      new Date(from).toISOString(),
      new Date(to).toISOString(),
      classNames(fieldsKnown).join("+"),
      reporter ?? "",
      caller ?? "",
      mark === undefined ? "" : `${mark.value}/${mark.ways}`,
    ].join(","),
  );
  return ["subject,from,to,fields,reporter,caller,mark", ...lines, ""].join("\n");
}
