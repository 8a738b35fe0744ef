/** The input of a trace counted from a list of disclosures, and any such input as lines, for comparison. */
import { createHash } from "node:crypto";
import { DAY_MS } from "../../base/clock.ts";
import type { DisclosureRow, SubjectKey } from "../../columns/rows.ts";
import type { CellMass, DayMass, TraceInput } from "../../trace/model.ts";
import { dayOf, epochOf, exposureBin } from "../../trace/strata.ts";
import type { CaseReport } from "../case-input.ts";

export interface HistoryByHand {
  /** Of one subject kind. */
  readonly disclosures: readonly DisclosureRow[];
  readonly bitsOf: (row: DisclosureRow) => number;
  readonly actorOf: (actor: bigint) => string;
  /** By `subject subject2`. */
  readonly strata: ReadonlyMap<string, number>;
}

/** What is compared of a case, report by report. */
export function caseByHand(history: HistoryByHand, reports: readonly CaseReport[]): readonly string[] {
  const firstDay = Math.min(...reports.map(({ from }) => dayOf(from))) - 150;
  const lastDay = Math.max(...reports.map(({ to }) => dayOf(to)));
  const inWindow = ({ atMs }: DisclosureRow): boolean => dayOf(atMs) >= firstDay && dayOf(atMs) <= lastDay;
  const { disclosures, actorOf, bitsOf } = history;
  const countLine = (row: DisclosureRow): string =>
    [actorOf(row.actor), dayOf(row.atMs), bitsOf(row), Number(row.listed)].join(" ");
  const lines = [`days ${counted(disclosures.filter(inWindow).map(countLine))}`];
  const reported = new Set(reports.map(({ subject }) => keyOf(subject)));
  const firstView = Math.min(firstDay, ...reports.map(({ to }) => epochOf(dayOf(to)) * 30 - 150));
  const ofReported = disclosures.filter(
    (row) => dayOf(row.atMs) >= firstView && dayOf(row.atMs) <= lastDay && reported.has(keyOf(row)),
  );
  lines.push(`views ${counted(ofReported.map((row) => `${keyOf(row)} ${row.atMs} ${countLine(row)}`))}`);
  for (const { subject, to } of reports) {
    const epoch = epochOf(dayOf(to));
    const cells = cellsByHand(history, epoch);
    const own = cells.cellOf(keyOf(subject));
    const alike = cells.subjects.filter((key) => cells.cellOf(key) === own);
    const exposure = alike.reduce((sum, key) => sum + (cells.exposures.get(key) ?? 0), 0);
    lines.push(
      `epoch ${epoch}: ${alike.length} subjects, ${exposure} views, own ${cells.exposures.get(keyOf(subject)) ?? 0}`,
    );
    const memory = disclosures.filter(
      (row) => inWindow(row) && row.atMs >= (epoch * 30 - 150) * DAY_MS && row.atMs < (epoch * 30 + 30) * DAY_MS,
    );
    lines.push(`cell ${counted(memory.filter((row) => cells.cellOf(keyOf(row)) === own).map(countLine))}`);
  }
  return lines;
}

function cellsByHand({ disclosures, strata }: HistoryByHand, epoch: number) {
  const exposures = new Map<string, number>();
  for (const row of disclosures) {
    if (row.atMs < (epoch * 30 - 150) * DAY_MS || row.atMs >= epoch * 30 * DAY_MS) continue;
    exposures.set(keyOf(row), (exposures.get(keyOf(row)) ?? 0) + 1);
  }
  return {
    exposures,
    subjects: [...new Set([...disclosures.map(keyOf), ...strata.keys()])],
    cellOf: (key: string): string => `${exposureBin(exposures.get(key) ?? 0)} ${strata.get(key)}`,
  };
}

/** How many subjects of a report's cell both actors were shown. */
export function bothByHand(
  history: HistoryByHand,
  { subject, to }: CaseReport,
  pair: readonly [string, string],
): number {
  const epoch = epochOf(dayOf(to));
  const cells = cellsByHand(history, epoch);
  const seenBy = (actor: string): Set<string> =>
    new Set(
      history.disclosures
        .filter(({ atMs }) => atMs >= (epoch * 30 - 150) * DAY_MS && atMs < (epoch * 30 + 30) * DAY_MS)
        .filter((row) => history.actorOf(row.actor) === actor)
        .map(keyOf),
    );
  const other = seenBy(pair[1]);
  return [...seenBy(pair[0])].filter((key) => other.has(key) && cells.cellOf(key) === cells.cellOf(keyOf(subject)))
    .length;
}

/** The same lines of an input. */
export function describeCase(input: TraceInput, reports: readonly CaseReport[]): readonly string[] {
  const keys = [...new Set(reports.map(({ subject }) => keyOf(subject)))];
  const { viewsOfReported: views, stratumMass, cells } = input;
  const lines = [`days ${massLine(input, input.actorDayMass)}`];
  const viewLines = [...views.at].map((at, row) => {
    const actor = input.staff[views.staff[row] ?? 0]?.id;
    return [keys[views.subject[row] ?? 0], at, actor, dayOf(at), views.fields[row], views.listed[row]].join(" ");
  });
  lines.push(`views ${counted(viewLines)}`);
  for (const report of input.reports) {
    const cell = cells[report.cell];
    lines.push(`epoch ${cell?.epoch}: ${cell?.subjects} subjects, ${cell?.exposure} views, own ${report.exposure}`);
    lines.push(`cell ${massLine(input, ofCell(stratumMass, report.cell))}`);
  }
  return lines;
}

function ofCell(mass: CellMass, wanted: number): DayMass {
  const rows = [...mass.cell.keys()].filter((row) => mass.cell[row] === wanted);
  return {
    staff: Uint32Array.from(rows, (row) => mass.staff[row] ?? 0),
    day: Int32Array.from(rows, (row) => mass.day[row] ?? 0),
    fields: Uint32Array.from(rows, (row) => mass.fields[row] ?? 0),
    listed: Uint8Array.from(rows, (row) => mass.listed[row] ?? 0),
    count: Float64Array.from(rows, (row) => mass.count[row] ?? 0),
  };
}

function massLine({ staff }: TraceInput, { staff: of, day, fields, listed, count }: DayMass): string {
  const lines = [...count.keys()].flatMap((row) =>
    Array.from({ length: count[row] ?? 0 }, () =>
      [staff[of[row] ?? 0]?.id, day[row], fields[row], listed[row]].join(" "),
    ),
  );
  return counted(lines);
}

/** How many, and a hash of all of them: a difference is looked for in less. */
function counted(lines: readonly string[]): string {
  const hash = createHash("sha256").update(lines.toSorted().join("\n")).digest("hex");
  return `${lines.length} ${hash.slice(0, 12)}`;
}

function keyOf({ subject, subject2 }: Pick<SubjectKey, "subject" | "subject2">): string {
  return `${subject} ${subject2}`;
}
