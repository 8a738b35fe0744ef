/** The input of a trace counted from a list of disclosures, and any such input as lines, for comparison. */
import { createHash } from "node:crypto";
import { DAY_MS } from "../../base/clock.ts";
import { type DisclosureRow, GRADES, type SubjectKey } from "../../columns/rows.ts";
import { contactDays, Delay } from "../../trace/delay.ts";
import type { DayMass, TraceInput } from "../../trace/model.ts";
import { TRACE_DEFAULTS } from "../../trace/settings.ts";
import { fieldsChance } from "../../trace/sources.ts";
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

/** A view, or several of one day. */
interface Counted {
  readonly actor: string;
  readonly day: number;
  readonly fields: number;
  readonly listed: number;
  readonly count: number;
}

/** What is compared of a case, report by report. */
export function caseByHand(history: HistoryByHand, reports: readonly CaseReport[]): readonly string[] {
  const { disclosures, actorOf, bitsOf } = history;
  const counted = ({ actor, atMs, listed, ...row }: DisclosureRow): Counted => ({
    actor: actorOf(actor),
    day: dayOf(atMs),
    fields: bitsOf({ actor, atMs, listed, ...row }),
    listed: Number(listed),
    count: 1,
  });
  const lastDay = Math.max(...reports.map(({ to }) => dayOf(to)));
  const firstView = Math.min(
    ...reports.map(({ from, to }) => Math.min(dayOf(from) - 149, epochOf(dayOf(to)) * 30 - 150)),
  );
  const reported = new Set(reports.map(({ subject }) => keyOf(subject)));
  const lines = disclosures
    .filter(({ atMs }) => dayOf(atMs) >= firstView && dayOf(atMs) <= lastDay)
    .filter((row) => reported.has(keyOf(row)))
    .map((row) => {
      const isSure = row.grade === GRADES.exact || row.grade === GRADES.unattributed;
      return `${keyOf(row)} ${row.atMs} ${Object.values(counted(row)).join(" ")} ${isSure ? 0 : 1}`;
    });
  const compared = [`views ${inShort(lines)}`];
  for (const report of reports) {
    const epoch = epochOf(dayOf(report.to));
    const { exposures, subjects, cellOf } = cellsByHand(history, epoch);
    const own = keyOf(report.subject);
    const alike = subjects.filter((key) => cellOf(key) === cellOf(own));
    const exposure = alike.reduce((sum, key) => sum + (exposures.get(key) ?? 0), 0);
    compared.push(`epoch ${epoch}: ${alike.length} subjects, ${exposure} views, own ${exposures.get(own) ?? 0}`);
    compared.push(`everybody ${massLine(report, disclosures.map(counted))}`);
    const memory = disclosures.filter(
      ({ atMs }) => atMs >= (epoch * 30 - 150) * DAY_MS && atMs < (epoch * 30 + 30) * DAY_MS,
    );
    const inCell = memory.filter((row) => cellOf(keyOf(row)) === cellOf(own));
    compared.push(`cell ${massLine(report, inCell.map(counted))}`);
  }
  return compared;
}

/** What views weigh at a report, by actor and listed: all that the trace makes of them. */
function massLine({ from, to, fieldsKnown }: Omit<CaseReport, "subject">, views: readonly Counted[]): string {
  const days = contactDays(dayOf(from), dayOf(to));
  const delay = new Delay(TRACE_DEFAULTS);
  const sums = new Map<string, number>();
  for (const { actor, day, fields, listed, count } of views) {
    const mass = count * delay.chanceOver(days, day) * fieldsChance(fieldsKnown, fields, TRACE_DEFAULTS.fieldError);
    sums.set(`${actor} ${listed}`, (sums.get(`${actor} ${listed}`) ?? 0) + mass);
  }
  return [...sums]
    .flatMap(([of, mass]) => (mass === 0 ? [] : [`${of} ${mass.toPrecision(6)}`]))
    .sort()
    .join(", ");
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
  const { viewsOfReported: views, actorDayMass, stratumMass, cells, staff } = input;
  const rowsOf = ({ staff: of, day, fields, listed, count }: DayMass): Counted[] =>
    Array.from(count, (n, row) => ({
      actor: staff[of[row] ?? 0]?.id ?? "",
      day: day[row] ?? 0,
      fields: fields[row] ?? 0,
      listed: listed[row] ?? 0,
      count: n,
    }));
  const lines = [...views.at].map((at, row) => {
    const shown = [staff[views.staff[row] ?? 0]?.id, dayOf(at), views.fields[row], views.listed[row], 1];
    return [keys[views.subject[row] ?? 0], at, ...shown, views.unsure?.[row] ?? 0].join(" ");
  });
  const compared = [`views ${inShort(lines)}`];
  for (const report of input.reports) {
    const cell = cells[report.cell];
    compared.push(`epoch ${cell?.epoch}: ${cell?.subjects} subjects, ${cell?.exposure} views, own ${report.exposure}`);
    compared.push(`everybody ${massLine(report, rowsOf(actorDayMass))}`);
    const inCell = rowsOf(stratumMass).filter((_, row) => stratumMass.cell[row] === report.cell);
    compared.push(`cell ${massLine(report, inCell)}`);
  }
  return compared;
}

/** How many, and a hash of all of them: a difference is looked for in less. */
function inShort(lines: readonly string[]): string {
  const hash = createHash("sha256").update(lines.toSorted().join("\n")).digest("hex");
  return `${lines.length} ${hash.slice(0, 12)}`;
}

function keyOf({ subject, subject2 }: Pick<SubjectKey, "subject" | "subject2">): string {
  return `${subject} ${subject2}`;
}
