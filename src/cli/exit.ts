/** Exit codes, and which one goes with which error. */
import type { ErrorCode } from "../base/errors.ts";

/** Published: scripts depend on them. */
export const EXIT = {
  ok: 0,
  /** The answer is no: verification failed, nothing of that name, a goal missed. */
  negative: 1,
  /** The command line asks for something impossible. */
  usage: 2,
  /** whosaw.yaml, the actor register, or the database's tables do not fit. */
  configuration: 3,
  /** Database unreachable, port in use, disk full, file not readable. */
  environment: 4,
  /** A bug in whosaw. */
  internal: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Exit codes that are not `environment`. */
const EXIT_CODES: Readonly<Partial<Record<ErrorCode, ExitCode>>> = {
  USAGE: EXIT.usage,
  ACTOR_EXISTS: EXIT.usage,
  NOT_FOUND: EXIT.negative,
  CONFIG_INVALID: EXIT.configuration,
  CATALOG_MISMATCH: EXIT.configuration,
  ACTORS_INVALID: EXIT.configuration,
  INTERNAL: EXIT.internal,
};

/** The exit code that goes with an error; what is not listed comes from the environment. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return EXIT_CODES[code] ?? EXIT.environment;
}
