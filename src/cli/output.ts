/** How commands talk: results on stdout as text or as JSON, errors on stderr as one sentence and a hint. */
import type { Writable } from "node:stream";
import { WhosawError } from "../base/errors.ts";
import { ConfigError } from "../config/problem.ts";
import { type ExitCode, exitCodeOf } from "./exit.ts";

export interface Output {
  /** --json was given. */
  readonly json: boolean;
  /**
   * Prints the command's one result: `value` as one line of JSON, or `text` for people. The text is made only when
   * it is wanted.
   */
  result(value: unknown, text: () => string): void;
  /** Prints one line for people: on stdout, and nowhere with --json. */
  line(text: string): void;
  /** Prints one line of JSON, whatever the mode: for a stream of results. */
  jsonLine(value: unknown): void;
  /** Prints one line on stderr, in both modes: warnings, progress, what cannot wait for the result. */
  note(text: string): void;
}

/** @param json one line of JSON a result, instead of text for people */
export function createOutput(stdout: Writable, stderr: Writable, json: boolean): Output {
  const jsonLine = (value: unknown): void => void stdout.write(`${JSON.stringify(value)}\n`);
  return {
    json,
    jsonLine,
    result: (value, text) => (json ? jsonLine(value) : void stdout.write(ended(text()))),
    line: (text) => void (json || stdout.write(ended(text))),
    note: (text) => void stderr.write(ended(text)),
  };
}

function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

export interface TableColumn {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** A plain table: titles, then rows, columns as wide as they need to be. */
export function formatTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => displayWidth(line[index] ?? ""))));
  const format = (line: readonly string[]): string =>
    columns
      .map((column, index) => padded(line[index] ?? "", widths[index] ?? 0, column.align ?? "left"))
      .join("  ")
      .trimEnd();
  return `${lines.map(format).join("\n")}\n`;
}

function padded(text: string, width: number, align: "left" | "right"): string {
  const spaces = " ".repeat(width - displayWidth(text));
  return align === "left" ? text + spaces : spaces + text;
}

/** Characters, not UTF-16 units. */
function displayWidth(text: string): number {
  return Array.from(text).length;
}

/** Names in one cell of a table. */
export function listed(names: readonly string[]): string {
  return names.length === 0 ? "-" : names.join(",");
}

/**
 * Prints an error: a sentence and `hint: ...`, or with --json `{"error":{code,message,hint}}` (a configuration error
 * has its `problems` beside). A bug shows its stack, for the report.
 * @returns the exit code
 */
export function printError(stderr: Writable, json: boolean, error: unknown): ExitCode {
  const known = error instanceof WhosawError ? error : internal(error);
  const problems = known instanceof ConfigError ? { problems: known.problems } : {};
  if (json) {
    const { code, message, hint } = known;
    stderr.write(`${JSON.stringify({ error: { code, message, hint: hint ?? null, ...problems } })}\n`);
  } else {
    stderr.write(`${known.message}\n`);
    if (known.hint !== undefined) stderr.write(`hint: ${known.hint}\n`);
    if (known.code === "INTERNAL" && error instanceof Error) stderr.write(`${error.stack ?? ""}\n`);
  }
  return exitCodeOf(known.code);
}

function internal(cause: unknown): WhosawError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new WhosawError("INTERNAL", `whosaw failed in a way that it should not: ${message}`, {
    hint: "Please report this, with the lines below.",
    cause,
  });
}
