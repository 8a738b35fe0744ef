/** Reports with their subjects as columns and ledger know them: a key that reads as a number may be a text there. */
import type { CaseReport } from "../asks/case-input.ts";
import { subjectReadings } from "../asks/subject.ts";
import { LIMITS } from "../base/limits.ts";
import type { Columns } from "../columns/columns.ts";
import { number32 } from "../columns/numbers.ts";
import type { SubjectKey } from "../columns/rows.ts";
import type { Report } from "../state/reports.ts";

/** Everything that the key of a report may be, likeliest first. */
export function readingsOf({ kind, key, keyHash }: Report): readonly SubjectKey[] {
  const isUuid = key.includes("-", 1);
  const text = Buffer.from(keyHash, "hex");
  const isText = key === keyHash;
  return subjectReadings({
    kind,
    name: `${kind}:${key}`,
    int: isText || isUuid ? undefined : BigInt(key),
    uuid: isUuid && !isText ? Buffer.from(key.replaceAll("-", ""), "hex") : undefined,
    text,
  });
}

/** One text for a subject. */
export function subjectText({ keyType, subject, subject2 }: SubjectKey): string {
  return `${keyType} ${subject} ${subject2}`;
}

/** @param isKnown whether anybody was shown a subject; the likeliest reading stands for one whom nobody was */
export function placedReport(report: Report, isKnown: (subject: string) => boolean): CaseReport {
  const readings = readingsOf(report);
  const subject = readings.find((reading) => isKnown(subjectText(reading))) ?? readings[0];
  if (subject === undefined) throw new Error("a key has one reading at least");
  const { fromMs: from, toMs: to, fields: fieldsKnown, reporter, caller, mark } = report;
  return {
    subject,
    from,
    to,
    fieldsKnown,
    ...(reporter !== undefined && { reporter }),
    ...(caller !== undefined && { caller }),
    ...(mark !== undefined && { mark }),
  };
}

/** Which readings columns have disclosures of. @throws {WhosawError} COLUMNS_UNREACHABLE, COLUMNS_FAILED */
export async function knownIn(
  columns: Columns,
  kind: string,
  reports: readonly Report[],
): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  const readings = [...new Set(reports.flatMap((report) => readingsOf(report).map(subjectText)))];
  for (let from = 0; from < readings.length; from += LIMITS.columnsJoinedRowsMax) {
    const tuples = readings
      .slice(from, from + LIMITS.columnsJoinedRowsMax)
      .map((text) => `(${text.replaceAll(" ", ", ")})`);
    const rows = await columns.select(
      `SELECT DISTINCT key_type, subject, subject2 FROM disclosures WHERE kind = ${number32(kind)} AND (key_type, subject, subject2) IN (${tuples.join(", ")})`,
    );
    for (const row of rows) known.add(row.join(" "));
  }
  return known;
}
