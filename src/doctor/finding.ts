/** One thing that `whosaw doctor` looked at. */
import { WhosawError } from "../base/errors.ts";

/**
 * `critical`: a promise of the product does not hold now. `warning`: it will not, or only nearly. `ask`: nobody but you can
 * know. `note`: could not be looked at, or is worth knowing. `ok`: as it should be.
 */
export const SEVERITIES = ["critical", "warning", "ask", "note", "ok"] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface DoctorFinding {
  readonly severity: Severity;
  /** Stable: `around.roles`, `clock.database`. */
  readonly check: string;
  /** One sentence with what was found. */
  readonly message: string;
  /** What follows from it, and what to do; null where there is nothing to do. */
  readonly advice: string | null;
  /** Ready to paste, each with its semicolon. */
  readonly sql: readonly string[];
}

type Said = readonly [check: string, message: string, advice?: string, sql?: readonly string[]];

function finding(severity: Severity, [check, message, advice, sql]: Said): DoctorFinding {
  return { severity, check, message, advice: advice ?? null, sql: sql ?? [] };
}

export const critical = (...said: Said): DoctorFinding => finding("critical", said);
export const warning = (...said: Said): DoctorFinding => finding("warning", said);
export const asking = (...said: Said): DoctorFinding => finding("ask", said);
export const note = (...said: Said): DoctorFinding => finding("note", said);
export const fine = (...said: Said): DoctorFinding => finding("ok", said);

/** Not only in the way of looking: what was to be looked at is broken. */
const LOST: ReadonlySet<string> = new Set(["LEDGER_DAMAGED", "LEDGER_KEY_LOST", "LEDGER_BEHIND_WITNESS"]);

/** Runs one look; what keeps it from looking is a finding of its own, and the others go on. Bugs pass. */
export async function look(
  check: string,
  work: () => Promise<readonly DoctorFinding[]>,
): Promise<readonly DoctorFinding[]> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WhosawError && LOST.has(error.code)) return [critical(check, error.message, error.hint)];
    if (error instanceof WhosawError) return [warning(check, `Could not be looked at: ${error.message}`, error.hint)];
    if (isSystemError(error))
      return [
        warning(check, `Could not be looked at: ${error.code}.`, "Run doctor as the user that runs the gateway."),
      ];
    throw error;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}

/** `a, b, c and 4 more`. */
export function few(names: readonly string[], max = 6): string {
  return names.length <= max ? names.join(", ") : `${names.slice(0, max).join(", ")} and ${names.length - max} more`;
}
