/** What a column store says when it refuses, in our own words: its texts may quote rows. */
import { WhosawError } from "../base/errors.ts";

/** ClickHouse's error codes that somebody can do something about. */
const REMEDIES: Readonly<Record<number, readonly [what: string, hint: string]>> = {
  60: ["lacks a table", "Run `whosaw ledger reindex`: it makes the tables anew from the ledgers."],
  159: ["took too long", "Ask for a shorter window."],
  164: ["lets this user read only", "Give the user of columns the right to insert and to create tables."],
  241: ["has not enough memory for this question", "Ask for a shorter window, or fewer actors."],
  243: [
    "has no room on its disk",
    "Make room on the disk of columns; what is missing is then shipped from the ledgers.",
  ],
  252: ["has too many unmerged parts", "Wait until it has merged them, or give it a faster disk."],
  291: ["keeps this user out of its database", "Grant the user of columns all rights on the database."],
  497: ["lacks a right for this user", "Grant the user of columns all rights on the database."],
};

const UNKNOWN_TO_SERVER = new Set([192, 193, 194, 195, 516]);

/** ClickHouse's number of an error, from its text: `Code: 241. DB::Exception: ...`, and with a comma before 20.x. */
function codeOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("code" in error && typeof error.code === "string" && /^\d+$/u.test(error.code)) return Number(error.code);
  const text = error instanceof Error ? error.message : "";
  const found = /\bCode: (\d+)[.,]/u.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** An error of the store itself: the statement arrived and did not succeed. */
export function columnsFailed(cause: unknown): WhosawError {
  if (cause instanceof WhosawError) return cause;
  const code = codeOf(cause);
  const full = cause instanceof Error && /errno: 28\b|No space left on device/u.test(cause.message);
  const remedy = REMEDIES[full ? 243 : (code ?? 0)];
  const which = code === undefined ? "" : ` (ClickHouse error ${code})`;
  return new WhosawError("COLUMNS_FAILED", `The column store ${remedy?.[0] ?? "failed"}${which}.`, {
    hint: remedy?.[1] ?? "Its own log says more. Nothing is lost: columns are filled from the ledgers.",
    cause,
  });
}

/** An error on the way to a server: unreachable, or it does not let us in. */
export function serverFailed(url: string, user: string, cause: unknown): WhosawError {
  if (cause instanceof WhosawError) return cause;
  const code = codeOf(cause);
  if (code !== undefined && UNKNOWN_TO_SERVER.has(code)) {
    return new WhosawError(
      "COLUMNS_UNREACHABLE",
      `The ClickHouse server at ${url} refuses the password of user ${user}.`,
      {
        hint: "Write the right user and password into columns of whosaw.yaml, or set the variable that it names.",
        cause,
      },
    );
  }
  if (code !== undefined) return columnsFailed(cause);
  return new WhosawError("COLUMNS_UNREACHABLE", `The ClickHouse server at ${url} does not answer${reason(cause)}.`, {
    hint: "See that it runs and that columns of whosaw.yaml names its HTTP port. Meanwhile everything is kept in the ledgers.",
    cause,
  });
}

/** Somebody answers there, but with something else. */
export function noClickhouse(url: string): WhosawError {
  return new WhosawError("COLUMNS_UNREACHABLE", `What answers at ${url} is no ClickHouse server.`, {
    hint: "Write the HTTP port of ClickHouse into columns of whosaw.yaml: 8123, or 8443 with https.",
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: ": nobody listens there",
  ENOTFOUND: ": its name is unknown",
  EAI_AGAIN: ": its name cannot be looked up",
  ETIMEDOUT: ": it takes too long",
  ECONNRESET: ": it hung up",
  EPIPE: ": it hung up",
  DEPTH_ZERO_SELF_SIGNED_CERT: ": nobody vouches for its certificate",
  SELF_SIGNED_CERT_IN_CHAIN: ": nobody vouches for its certificate",
};

function reason(cause: unknown): string {
  if (typeof cause !== "object" || cause === null) return "";
  if ("code" in cause && typeof cause.code === "string") return REASONS[cause.code] ?? "";
  return cause instanceof Error && /timeout/iu.test(cause.message) ? ": it takes too long" : "";
}
