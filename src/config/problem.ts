/** What is wrong with a configuration: every problem at once, each with its place and what to do. */
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";

/** Names and indices from the top of the file down to the place. */
export type ConfigPath = readonly (string | number)[];

/** A problem before it was given a line. `at` says whether the name or the value in that place is meant. */
export interface Finding {
  readonly path: ConfigPath;
  readonly at: "key" | "value";
  /** What is wrong and what to do, without any value from the file: values may be secrets. */
  readonly message: string;
}

/** Collects what is wrong while the rest is still looked at, so that all problems are told at once. */
export class Findings {
  readonly list: Finding[] = [];

  add(path: ConfigPath, message: string, at: Finding["at"] = "value"): void {
    this.list.push({ path, message, at });
  }
}

export interface ConfigProblem {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  /** `subjects.customer.tables.support.tickets.key`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** CONFIG_INVALID with the list of problems. Its message has one line for each, in the order of the file. */
export class ConfigError extends WhosawError {
  readonly problems: readonly ConfigProblem[];

  /** @param file as the user named it */
  constructor(file: string, problems: readonly ConfigProblem[]) {
    super("CONFIG_INVALID", problems.map((problem) => formatProblem(file, problem)).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

function formatProblem(file: string, problem: ConfigProblem): string {
  const place = `${file}:${problem.line}:${problem.column}`;
  return problem.path === "" ? `${place}: ${problem.message}` : `${place}: ${problem.path}: ${problem.message}`;
}

/** A name from the file, fit for one line of a terminal. */
export function shownName(name: string): string {
  const printable = name.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/gu, "\ufffd");
  return printable.length > LIMITS.shownNameCharsMax ? `${printable.slice(0, LIMITS.shownNameCharsMax)}…` : printable;
}

/** `subjects.customer.tables`, fit for one line of a terminal. */
export function shownPath(path: ConfigPath): string {
  return path.map((step) => shownName(String(step))).join(".");
}
