/** What PostgreSQL or the network says of the state database, as one sentence and what to do. */
import { type ErrorCode, WhosawError } from "../base/errors.ts";

interface Meaning {
  readonly code: ErrorCode;
  /** After the name of the database. */
  readonly says: string;
  readonly hint: string;
}

const BUSY = "It is starting, stopping or full; whosaw tries again by itself when it is asked the next time.";

/** By SQLSTATE, or by its class. */
const SQLSTATES: Readonly<Record<string, Meaning>> = {
  "28": {
    code: "STATE_UNREACHABLE",
    says: "does not let us in: user or password is wrong, or pg_hba.conf has no line for us",
    hint: "Correct the user and the password in state: of whosaw.yaml, or the server's pg_hba.conf.",
  },
  "3D000": {
    code: "STATE_UNREACHABLE",
    says: "does not exist",
    hint: "Create it (CREATE DATABASE), or correct the name in state: of whosaw.yaml.",
  },
  "42501": {
    code: "STATE_FAILED",
    says: "does not allow us to make or use our tables",
    hint: "As its owner: GRANT CREATE ON DATABASE to the user of state: in whosaw.yaml, or CREATE SCHEMA whosaw AUTHORIZATION that user.",
  },
  "53100": {
    code: "STATE_FAILED",
    says: "has no space left on its disk",
    hint: "Free space there. Nothing that was kept is lost; disclosures go on being recorded in the ledger.",
  },
  "53": { code: "STATE_UNREACHABLE", says: "has no connection or memory to spare", hint: BUSY },
  "57P": { code: "STATE_UNREACHABLE", says: "is starting or stopping", hint: BUSY },
  "08": { code: "STATE_UNREACHABLE", says: "has broken off the connection", hint: BUSY },
  "25006": {
    code: "STATE_FAILED",
    says: "is read-only: a standby, or set so",
    hint: "Name the primary in state: of whosaw.yaml.",
  },
  "58": {
    code: "STATE_FAILED",
    says: "cannot use its disk",
    hint: "See the server's log. Disclosures go on being recorded in the ledger.",
  },
  XX001: {
    code: "STATE_FAILED",
    says: "has damaged pages",
    hint: "See the server's log; restore the last backup with `whosaw state restore`.",
  },
};

const UNREACHABLE = /^(?:ECONN|EHOST|ENET|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_|ENOENT)/u;
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL/u;

/**
 * @param error whatever `pg` or kysely threw; a WhosawError is passed on, and so is what cannot come from outside
 * @param name of the database, beginning with `the`
 */
export function stateError(error: unknown, name: string): unknown {
  if (error instanceof WhosawError || !(error instanceof Error)) return error;
  const meaning = meaningOf(error);
  if (meaning === undefined) return error;
  return new WhosawError(meaning.code, `T${name.slice(1)} ${meaning.says}.`, { hint: meaning.hint, cause: error });
}

function meaningOf(error: Error): Meaning | undefined {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const known = SQLSTATES[code] ?? SQLSTATES[code.slice(0, 3)] ?? SQLSTATES[code.slice(0, 2)];
  if (/^[0-9A-Z]{5}$/u.test(code) && !UNREACHABLE.test(code)) {
    const hint = "This should not happen: please report it, with the code.";
    return known ?? { code: "STATE_FAILED", says: `failed with SQLSTATE ${code}`, hint };
  }
  if (UNREACHABLE.test(code)) return unreachable(code);
  if (/timeout|connection terminated|not queryable/iu.test(error.message)) return unreachable("the connection broke");
  if (CERTIFICATE.test(code)) return tls(`shows a certificate that cannot be trusted (${code})`);
  if (error.message.includes("does not support SSL")) return tls("does not speak TLS");
  if (error.message.startsWith("SASL")) return SQLSTATES["28"];
  return undefined;
}

function unreachable(why: string): Meaning {
  return {
    code: "STATE_UNREACHABLE",
    says: `cannot be reached (${why})`,
    hint: "See that the server runs and that host and port in state: of whosaw.yaml are right. Disclosures go on being recorded.",
  };
}

function tls(says: string): Meaning {
  return {
    code: "STATE_UNREACHABLE",
    says,
    hint: "Add ?sslmode=disable, require, verify-ca or verify-full to state: in whosaw.yaml, or correct the server's certificate.",
  };
}
