/** The Unix socket of the control plane: one owner at a time, reachable by its own user alone. */
import { existsSync } from "node:fs";
import { mkdir, rmdir, stat, unlink } from "node:fs/promises";
import type { Server } from "node:http";
import { dirname } from "node:path";
import { WhosawError } from "../base/errors.ts";
import type { ControlConfig } from "../config/config.ts";
import { isCode, nodeDisk } from "../ledger/disk.ts";
import { takeLock } from "../ledger/lock.ts";

export interface ClaimedSocket {
  /** Begins to listen there. @throws WhosawError CONTROL_UNREACHABLE */
  listen(server: Server): Promise<void>;
  /** Undefined while commands find it there. */
  problem(): WhosawError | undefined;
  /** Gives the place back, once nobody listens there any more. */
  release(): Promise<void>;
}

/** A folder in which others may put things is no place for a socket that is trusted. */
const WRITABLE_BY_OTHERS = 0o002;
const STICKY = 0o1000;

/**
 * Takes the socket's path: a control plane that runs keeps it; what a dead one has left is removed. Its folder is made,
 * for the owner (and, with access: group, their group) alone, if it is not there.
 * @throws WhosawError CONTROL_RUNNING, FILE_UNWRITABLE
 */
export async function claimSocket({ socket, access }: ControlConfig): Promise<ClaimedSocket> {
  const folder = dirname(socket);
  const made = await makeFolder(folder, access === "group" ? 0o750 : 0o700);
  const lock = await takeLock(nodeDisk(), `${socket}.lock`, {
    subject: "The control plane's socket",
    code: "CONTROL_RUNNING",
  }).catch(async (error: unknown) => {
    throw error instanceof WhosawError ? error : unusable(socket, error);
  });
  // Whoever holds the lock is the only one who listens: a socket that is there is of somebody who is gone.
  await unlink(socket).catch(unlessMissing);
  return {
    listen: (server) => listenForOwner(server, socket, access === "group" ? 0o117 : 0o177),
    problem: () => (existsSync(socket) ? undefined : gone(socket)),
    release: async () => {
      await unlink(socket).catch(unlessMissing);
      await lock.release();
      if (made !== undefined) await rmdir(made).catch(() => undefined);
    },
  };
}

/** @returns the first folder that was made */
async function makeFolder(folder: string, mode: number): Promise<string | undefined> {
  try {
    const made = await mkdir(folder, { recursive: true, mode });
    const { mode: found } = await stat(folder);
    if ((found & WRITABLE_BY_OTHERS) === 0 || (found & STICKY) !== 0) return made;
  } catch (cause) {
    throw unusable(folder, cause);
  }
  throw new WhosawError(
    "FILE_UNWRITABLE",
    `Everybody may write to ${folder}, so anybody could pass for the control plane.`,
    {
      hint: "Take that right away (chmod o-w), or name another place in control.socket.",
    },
  );
}

/** The mask holds while the socket is made, which `listen` does before it returns. */
async function listenForOwner(server: Server, socket: string, mask: number): Promise<void> {
  const listening = new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", resolve);
  });
  const before = process.umask(mask);
  try {
    server.listen(socket);
  } finally {
    process.umask(before);
  }
  await listening.catch((cause: unknown) => {
    throw unusable(socket, cause);
  });
}

function unusable(path: string, cause: unknown): WhosawError {
  return new WhosawError("FILE_UNWRITABLE", `The control plane cannot have its socket at ${path}.`, {
    hint: isCode(cause, "ENOSPC")
      ? "The disk is full: free space there."
      : "Name a place where this user may write in control.socket.",
    cause,
  });
}

function gone(socket: string): WhosawError {
  return new WhosawError("CONTROL_UNREACHABLE", `The socket ${socket} was deleted: commands cannot ask any more.`, {
    hint: "Stop this process and start it again; what else was in that folder is gone too.",
  });
}

function unlessMissing(error: unknown): void {
  if (!isCode(error, "ENOENT")) throw error;
}
