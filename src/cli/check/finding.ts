/** One thing that `whosaw check` looked at. */
import { WhosawError } from "../../base/errors.ts";

export interface CheckFinding {
  /** `error`: serve would not start, or refuse what it should not. `warning`: it starts, but somebody should know. */
  readonly severity: "ok" | "warning" | "error";
  /** What was looked at: `listen.postgres`, `upstream`, `roles.agent`. */
  readonly subject: string;
  readonly message: string;
  readonly hint: string | null;
  /** Of base/errors; null unless it is an error. */
  readonly code: WhosawError["code"] | null;
}

/** Looked at, and as it should be. */
export function fine(subject: string, message: string): CheckFinding {
  return { severity: "ok", subject, message, hint: null, code: null };
}

/** serve starts, but somebody should know. */
export function warning(subject: string, message: string, hint: string): CheckFinding {
  return { severity: "warning", subject, message, hint, code: null };
}

/** serve would not start, or would refuse what it should not; message, hint and code are the error's. */
export function failed(subject: string, error: WhosawError): CheckFinding {
  return { severity: "error", subject, message: error.message, hint: error.hint ?? null, code: error.code };
}

/** Runs a check whose WhosawErrors are findings; other errors are bugs and pass. */
export async function attempt(
  subject: string,
  check: () => Promise<readonly CheckFinding[]>,
): Promise<readonly CheckFinding[]> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof WhosawError) return [failed(subject, error)];
    throw error;
  }
}
