/** Whether strata can be read. */
import { WhosawError } from "../base/errors.ts";
import { findStrata } from "../config/strata-source.ts";
import { type DoctorFinding, fine, warning } from "./finding.ts";
import type { DatabaseScene } from "./scene.ts";

/** What keeps one kind's from being read says nothing of another's. */
export async function readableStrata({ config, query }: DatabaseScene): Promise<readonly DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  for (const strata of config.strata) {
    try {
      await findStrata(query, config, strata);
      findings.push(fine("strata", `The strata of ${strata.kind} can be read.`));
    } catch (error) {
      if (!(error instanceof WhosawError)) throw error;
      findings.push(warning("strata", `${error.message} Scopes are not broken down by them.`, error.hint));
    }
  }
  return findings;
}
