/** A kept server's directory: its cluster, made once, and the password beside it. */
import { randomBytes } from "node:crypto";
import { chownSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { isCode, nodeDisk } from "../ledger/disk.ts";
import { writeDurably } from "../ledger/durable-file.ts";
import { DEFAULT_VERSION, type ServerUser } from "./binaries.ts";
import { initdb } from "./initdb.ts";

export interface Home {
  readonly dir: string;
  /** PostgreSQL's data directory, in `dir`. */
  readonly data: string;
  /** A temporary folder for this run: socket, and programs where the server's user cannot reach ours. */
  readonly run: string;
  /** The folder with bin/. */
  readonly native: string;
  readonly user: ServerUser | undefined;
}

export const SUPERUSER = "whosaw";

/**
 * The data directory as PostgreSQL is told it. Another user may be unable to enter the folders above it; as its
 * working directory, which it was given by root, it can always be reached.
 */
export function wherePostgresFinds(data: string, user: ServerUser | undefined): string {
  return user !== undefined && process.platform === "linux" ? "/proc/self/cwd" : data;
}

/**
 * Makes the cluster unless it is there: beside, and then at once, so that a crash leaves all of it or nothing.
 * @returns the superuser's password
 * @throws {WhosawError} STORE_MISMATCH, STATE_FAILED; errors of initdb and of the system
 */
export async function makeCluster(home: Home): Promise<string> {
  const version = await readFile(join(home.data, "PG_VERSION"), "utf8").catch(unlessMissing);
  if (version !== undefined) {
    assertVersion(home, version.trim());
    assertOwner(home);
    return readPassword(home.dir);
  }
  const password = randomBytes(24).toString("base64url");
  const disk = nodeDisk();
  await writeDurably(disk, join(home.dir, "password"), Buffer.from(password));
  await removeUnfinished(home.dir);
  const fresh = join(home.dir, `data.${randomBytes(4).toString("hex")}.new`);
  mkdirSync(fresh, { mode: 0o700 });
  const passwordFile = join(home.run, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (home.user !== undefined) for (const path of [fresh, passwordFile]) chownSync(path, home.user.uid, home.user.gid);
  const data = wherePostgresFinds(fresh, home.user);
  await initdb({ ...home, data, cwd: fresh, superuser: SUPERUSER, passwordFile, sync: true });
  await rm(passwordFile);
  await rename(fresh, home.data);
  await disk.syncDirectory(home.dir);
  return password;
}

/** Clusters of starts that were killed; the initdb of one may still be writing, and is left to the next start. */
async function removeUnfinished(dir: string): Promise<void> {
  for (const name of await readdir(dir))
    if (/^data\.[0-9a-f]+\.new$/u.test(name))
      await rm(join(dir, name), { recursive: true, force: true }).catch(() => undefined);
}

/** @throws {WhosawError} STATE_FAILED when it is gone */
export async function readPassword(dir: string): Promise<string> {
  const password = await readFile(join(dir, "password"), "utf8").catch(unlessMissing);
  if (password !== undefined) return password;
  throw new WhosawError("STATE_FAILED", `${dir} has lost its file password, without which nobody can open the state.`, {
    hint: `Put it back from a copy; or move ${dir} away, start anew, and run \`whosaw state restore\` with the last backup.`,
  });
}

function assertVersion({ dir }: Home, version: string): void {
  if (version === String(DEFAULT_VERSION)) return;
  throw new WhosawError(
    "STORE_MISMATCH",
    `The state in ${dir} was made by PostgreSQL ${version.replace(/[^\d.]/gu, "?")}; this whosaw brings ${DEFAULT_VERSION}.`,
    {
      hint: `Run \`whosaw state backup\` with the whosaw that made it, move ${dir} away, then \`whosaw state restore\` with this one.`,
    },
  );
}

function assertOwner({ data, user }: Home): void {
  const owner = statSync(data).uid;
  const runs = user?.uid ?? process.getuid?.();
  if (runs === undefined || owner === runs) return;
  throw new WhosawError(
    "STATE_FAILED",
    `${data} belongs to user ${owner}, and the state's server runs as user ${runs}.`,
    {
      hint: `Run whosaw as the user who made it, or give it away: chown -R ${runs} ${data}.`,
    },
  );
}

function unlessMissing(error: unknown): undefined {
  if (isCode(error, "ENOENT")) return undefined;
  throw error;
}
