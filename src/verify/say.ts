/** The verifier's report in sentences. */
import type { VerifyReport } from "./report.ts";

const number = new Intl.NumberFormat("en");

function protection(report: VerifyReport): string {
  const by = report.protectedBy;
  if (by === undefined)
    return `nobody but the log vouches for it; all ${number.format(report.size)} rest on the log key`;
  const rest = report.size - by.size;
  return `protected up to ${number.format(by.size)} by ${by.name}; the last ${number.format(rest)} rest on the log key`;
}

/** Lines for people: what holds, or what does not and where first. */
export function describeReport(report: VerifyReport): string {
  const lines: string[] = [];
  if (report.ok) {
    lines.push(`${report.origin}: ${number.format(report.size)} entries verified, root ${report.root}`);
    if (report.firstMs !== undefined && report.lastMs !== undefined) {
      lines.push(`from ${new Date(report.firstMs).toISOString()} to ${new Date(report.lastMs).toISOString()}`);
    }
    lines.push(protection(report));
    if (report.beyondCheckpoint > 0) {
      lines.push(
        `${number.format(report.beyondCheckpoint)} durable entries are not yet under the checkpoint: only their hash chain holds them`,
      );
    }
  } else {
    const where = report.firstBadIndex === undefined ? "" : `; first bad entry: ${report.firstBadIndex}`;
    const count = report.findings.length;
    lines.push(`NOT VERIFIED: ${count} ${count === 1 ? "finding" : "findings"}${where}`);
    for (const finding of report.findings) {
      const offset = finding.offset === undefined ? "" : ` at byte ${finding.offset}`;
      lines.push(`  ${finding.code}  ${finding.file}${offset}: ${finding.message}`);
    }
  }
  for (const note of report.notes) lines.push(`note: ${note}`);
  return `${lines.join("\n")}\n`;
}
