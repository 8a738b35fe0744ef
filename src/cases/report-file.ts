/**
 * Reports from a file: separated values under a header, or one JSON object a line. Everything that is wrong is said at
 * once, by line, and without repeating what stands there.
 */
import { csvRecords } from "../base/csv-reader.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { type GivenReport, readReport, type ReportSetting, type ReportTexts } from "./given-report.ts";

export interface ReportFile {
  readonly reports: readonly FileReport[];
  readonly problems: readonly FileProblem[];
  /** Left out of `reports`. */
  readonly duplicates: readonly { readonly line: number; readonly of: number }[];
}

export interface FileReport {
  readonly line: number;
  readonly report: GivenReport;
}

export interface FileProblem {
  readonly line: number;
  readonly message: string;
}

const COLUMNS = ["subject", "from", "to", "fields", "reporter", "caller", "mark"] as const;
const REQUIRED = ["subject", "from"] as const;
type Column = (typeof COLUMNS)[number];

interface Row {
  readonly line: number;
  readonly texts?: ReportTexts;
  readonly problem?: string;
}

/** @throws {WhosawError} USAGE for a file that is no text, is too large, or has no header */
export function readReportFile(bytes: Uint8Array, setting: ReportSetting): ReportFile {
  const text = textOf(bytes);
  const rows = text.trimStart().startsWith("{") ? jsonRows(text) : csvRows(text);
  const reports: FileReport[] = [];
  const problems: FileProblem[] = [];
  const duplicates: { line: number; of: number }[] = [];
  const seen = new Map<string, number>();
  for (const { line, texts, problem } of rows) {
    const report = texts === undefined ? { problem: problem ?? "" } : understood(texts, setting);
    if ("problem" in report) {
      problems.push({ line, message: report.problem });
      continue;
    }
    const same = JSON.stringify(report);
    const of = seen.get(same);
    if (of !== undefined) duplicates.push({ line, of });
    else if (reports.length >= LIMITS.reportsPerCaseMax) throw tooMany();
    else {
      seen.set(same, line);
      reports.push({ line, report });
    }
  }
  return { reports, problems, duplicates };
}

function understood(texts: ReportTexts, setting: ReportSetting): GivenReport | { readonly problem: string } {
  try {
    return readReport(texts, setting);
  } catch (error) {
    if (!(error instanceof WhosawError)) throw error;
    return { problem: `${error.message}${error.hint === undefined ? "" : ` ${error.hint}`}` };
  }
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > LIMITS.reportFileBytesMax)
    throw new WhosawError("USAGE", "The file is too large to be reports of one case.", {
      hint: `Split it: ${LIMITS.reportsPerCaseMax} reports are the most that a case holds.`,
    });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new WhosawError("USAGE", "The file is not UTF-8.", { hint: "Save it as CSV in UTF-8, or as JSON lines." });
  }
}

function tooMany(): WhosawError {
  return new WhosawError("USAGE", `The file has more than ${LIMITS.reportsPerCaseMax} reports.`, {
    hint: "Split it: so many are the most that a case holds.",
  });
}

/** Spreadsheets of many countries separate by semicolons. */
const SEPARATORS = [",", ";", "\t"];

function* csvRows(text: string): Generator<Row, void, undefined> {
  const firstLine = /^[^\r\n]*/u.exec(text)?.[0] ?? "";
  const separator = SEPARATORS.find((character) => firstLine.includes(character)) ?? ",";
  let columns: readonly Column[] | undefined;
  for (const { line, fields } of csvRecords(text, separator)) {
    if (fields === undefined) yield { line, problem: "A quoted field does not end, or goes on after its end quote." };
    else if (columns === undefined) columns = headerOf(fields);
    else if (fields.length > columns.length) yield { line, problem: "It has more fields than the header." };
    else {
      const pairs = columns.map((column, i) => [column, fields[i]] as const);
      yield { line, texts: Object.fromEntries(pairs) };
    }
  }
  if (columns === undefined) throw noHeader();
}

/** @throws {WhosawError} USAGE */
function headerOf(fields: readonly string[]): Column[] {
  const names = fields.map((field) => field.trim().toLowerCase());
  const columns = names.map((name) => COLUMNS.find((column) => column === name));
  const known = columns.filter((column) => column !== undefined);
  const complete = REQUIRED.every((column) => known.includes(column));
  if (!complete || new Set(known).size < known.length) throw noHeader();
  const unknown = names.flatMap((_, i) => (columns[i] === undefined ? [i + 1] : []));
  if (unknown.length === 0) return known;
  const shown = unknown.slice(0, LIMITS.shownNamesMax).join(", ");
  const more = unknown.length > LIMITS.shownNamesMax ? ` and ${unknown.length - LIMITS.shownNamesMax} more` : "";
  throw new WhosawError("USAGE", `The header has columns of no known name: ${shown}${more} from the left.`, {
    hint: `Remove them: nothing is kept but ${COLUMNS.join(", ")}.`,
  });
}

function noHeader(): WhosawError {
  return new WhosawError("USAGE", "The file does not begin with a header that names subject and from, each once.", {
    hint: `First line: subject,from,to,fields,reporter,caller (also mark); or give a JSON object on each line with these names.`,
  });
}

function* jsonRows(text: string): Generator<Row, void, undefined> {
  let line = 0;
  for (const json of text.split("\n")) {
    line += 1;
    if (json.trim() === "") continue;
    yield { line, ...jsonRow(json) };
  }
}

function jsonRow(json: string): Pick<Row, "texts" | "problem"> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { problem: "It is no JSON object." };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { problem: "It is no JSON object." };
  const texts: Partial<Record<Column, string>> = {};
  for (const [name, given] of Object.entries(value)) {
    const column = COLUMNS.find((known) => known === name);
    if (column === undefined) return { problem: `It has a name that is none of ${COLUMNS.join(", ")}.` };
    const held = textIn(given);
    if (held === undefined) return { problem: `${column} is neither text nor number.` };
    texts[column] = held;
  }
  return { texts };
}

/** `fields` may be a list. A number that JSON has rounded is no key any more. */
function textIn(value: unknown): string | undefined {
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : undefined;
  if (!Array.isArray(value)) return undefined;
  return value.every((item) => typeof item === "string") ? value.join(",") : undefined;
}
