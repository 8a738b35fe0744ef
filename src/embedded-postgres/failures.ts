/** What keeps a kept server from starting, in words that say what to do. */
import { WhosawError } from "../base/errors.ts";
import { isCode } from "../ledger/disk.ts";
import { DirectoryFailed } from "../ledger/durable-file.ts";

/** @param error of the system or of initdb; a WhosawError that says enough is passed on */
export function cannotUse(dir: string, error: unknown): unknown {
  if (error instanceof WhosawError && error.code !== "UPSTREAM_UNREACHABLE") return error;
  if (error instanceof WhosawError) return didNotStart(dir, error.hint ?? "", error);
  if (error instanceof DirectoryFailed)
    return new WhosawError("STATE_FAILED", error.message, { hint: error.hint, cause: error });
  if (isCode(error, "ENOSPC") || isCode(error, "EDQUOT")) return diskFull(dir, error);
  if (isCode(error, "EACCES") || isCode(error, "EPERM")) return notOurs(dir, error);
  return error;
}

/** @param log what the server said */
export function didNotStart(dir: string, log: string, cause?: unknown): WhosawError {
  if (/No space left on device|Disk quota exceeded/u.test(log)) return diskFull(dir, cause ?? log);
  if (/Permission denied|wrong ownership/u.test(log)) return notOurs(dir, cause ?? log);
  const said = /(?:FATAL|PANIC|ERROR|error): {1,2}([^\n]+)/u.exec(log)?.[1] ?? log.trim().split("\n").at(-1) ?? "";
  return new WhosawError("STATE_FAILED", `The embedded PostgreSQL in ${dir} does not start: ${said}.`, {
    hint: "If its files are damaged, move the directory away, start anew and restore the last backup with `whosaw state restore`.",
    cause: cause ?? log,
  });
}

function diskFull(dir: string, cause: unknown): WhosawError {
  return new WhosawError("STATE_FAILED", `The disk of ${dir} is full: the state cannot be kept.`, {
    hint: "Free space there (an empty state takes 80 MB) and start again; nothing that was kept is lost.",
    cause,
  });
}

function notOurs(dir: string, cause: unknown): WhosawError {
  return new WhosawError("STATE_FAILED", `${dir} belongs to another user: the state in it cannot be opened.`, {
    hint: "Run whosaw as the user who made it, or name another directory for data in whosaw.yaml.",
    cause,
  });
}
