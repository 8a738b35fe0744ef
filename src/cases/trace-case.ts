/** A case, weighed: its reports, what columns or the ledger know of their subjects, and the trace of both. */
import type { AskedLog } from "../asks/ask.ts";
import { shippedLogs } from "../asks/answers.ts";
import { caseInput, type CaseAsked, seenByBoth } from "../asks/case-input.ts";
import { DAY_MS } from "../base/clock.ts";
import type { Columns } from "../columns/columns.ts";
import type { RowRules } from "../shipping/batch-reader.ts";
import type { Report } from "../state/reports.ts";
import type { Staff, TraceInput, TraceOptions, TraceResult } from "../trace/model.ts";
import { EPOCH_DAYS } from "../trace/strata.ts";
import { ViewIndex } from "../trace/view-index.ts";
import { knownIn, placedReport, subjectText } from "./report-subjects.ts";
import type { Tell } from "./steps.ts";
import { viewsInLedger } from "./views-in-ledger.ts";
import { weigh } from "./weigh.ts";

export interface CaseQuestion {
  readonly kind: string;
  /** Of that kind, standing ones. */
  readonly reports: readonly Report[];
  readonly options: Partial<TraceOptions>;
  /** Who has access, whether or not they saw anybody. */
  readonly staff: readonly Staff[];
}

export interface CaseSources {
  /** Undefined: the logs are read from front to back. */
  readonly columns: Columns | undefined;
  readonly logs: readonly AskedLog[];
  readonly rules: RowRules;
}

export interface TracedCase {
  readonly result: TraceResult;
  /** How many people and service accounts could have been it: M of the bound. */
  readonly staff: number;
  readonly source: "columns" | "ledger";
  /** Sentences about what the sources leave out. */
  readonly notes: readonly string[];
}

/** @throws WhosawError USAGE, TRACE_INPUT, and of columns and ledger */
export function traceCase(question: CaseQuestion, sources: CaseSources, tell: Tell): Promise<TracedCase> {
  const { columns } = sources;
  return columns === undefined
    ? traceFromLedger(question, sources, tell)
    : traceFromColumns(question, { ...sources, columns }, tell);
}

async function traceFromColumns(
  { kind, reports, options, staff }: CaseQuestion,
  { columns, logs, rules }: CaseSources & { readonly columns: Columns },
  tell: Tell,
): Promise<TracedCase> {
  const { windows, behind } = await shippedLogs(columns, logs);
  const known = await knownIn(columns, kind, reports);
  const asked: CaseAsked = {
    kind,
    rules,
    logs: windows,
    reports: reports.map((report) => placedReport(report, (subject) => known.has(subject))),
    staff,
    options,
    onMade: ({ what, epoch }) =>
      tell({
        of: `counted what ${what === "actors" ? "each actor was" : "groups of customers were"} shown in the ${EPOCH_DAYS} days from ${new Date(epoch * EPOCH_DAYS * DAY_MS).toISOString().slice(0, 10)} on`,
        done: 0,
        total: null,
      }),
  };
  const input = await caseInput(columns, asked);
  const pairs = await weigh("pairs", input);
  const both = await seenByBoth(columns, asked, input, pairs);
  const notes = behind === 0 ? [] : [`${behind} entries of the ledger have not arrived in columns yet.`];
  return { ...(await weighed({ ...input, seenByBoth: both })), source: "columns", notes };
}

async function traceFromLedger(
  { kind, reports, options, staff }: CaseQuestion,
  { logs, rules }: CaseSources,
  tell: Tell,
): Promise<TracedCase> {
  const found = await viewsInLedger(logs, { kind, rules, actors: staff.map(({ id }) => id) }, tell);
  const teams = new Map(staff.map(({ id, team }) => [id, team]));
  const everybody = found.actors.map((id) => ({ id, ...teamOf(teams.get(id)) }));
  const numbers = new Map(found.subjects);
  const given = reports.map((report) => {
    const { subject, ...rest } = placedReport(report, (text) => found.subjects.has(text));
    const text = subjectText(subject);
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return { ...rest, subject: number };
  });
  const index = new ViewIndex(everybody, found.views, { count: numbers.size });
  const pairs = await weigh("pairs", index.inputOf(given, options));
  const notes = [
    "Without columns nobody knows how many customers were never shown, nor their strata: the trace compares those who were shown at least once.",
    ...(found.expired === 0 ? [] : [`${found.expired} entries have expired and can no longer be read.`]),
  ];
  return { ...(await weighed(index.inputOf(given, options, pairs))), source: "ledger", notes };
}

function teamOf(team: string | undefined): { readonly team?: string } {
  return team === undefined ? {} : { team };
}

async function weighed(input: TraceInput): Promise<Pick<TracedCase, "result" | "staff">> {
  return { result: await weigh("trace", input), staff: input.staff.length };
}
