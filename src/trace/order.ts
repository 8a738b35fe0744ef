/** Which reports count, and in which order they are weighed. */
import type { PlacedReport, Step } from "./model.ts";

export interface OrderedReport {
  /** Index as given. */
  readonly index: number;
  readonly report: PlacedReport;
  readonly weighed: Step["weighed"];
}

/**
 * In order of contact, so that the order in which reports are given changes nothing. A customer counts once, and so do
 * the reports of one device, network or account: sabotage by false reports must not add up.
 */
export function orderReports(reports: readonly PlacedReport[]): readonly OrderedReport[] {
  const subjects = new Set<number>();
  const reporters = new Set<string>();
  return reports
    .map((report, index) => ({ report, index }))
    .sort((a, b) => compare(a.report, b.report) || a.index - b.index)
    .map(({ report, index }) => {
      if (subjects.has(report.subject)) return { index, report, weighed: "same-subject" };
      if (report.reporter !== undefined && reporters.has(report.reporter))
        return { index, report, weighed: "same-reporter" };
      subjects.add(report.subject);
      if (report.reporter !== undefined) reporters.add(report.reporter);
      return { index, report, weighed: "counted" };
    });
}

/** Subjects, whose numbers mean nothing, decide last. */
function compare(a: PlacedReport, b: PlacedReport): number {
  return (
    a.to - b.to ||
    a.from - b.from ||
    a.fieldsKnown - b.fieldsKnown ||
    (a.reporter ?? "").localeCompare(b.reporter ?? "", "en") ||
    (a.mark?.value ?? -1) - (b.mark?.value ?? -1) ||
    a.cell - b.cell ||
    a.exposure - b.exposure ||
    a.subject - b.subject
  );
}
