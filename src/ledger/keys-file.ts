/** The three secrets of an installation, each in a file of its own: the log's key, the witness's key, the master key. */
import { randomBytes } from "node:crypto";
import * as fsp from "node:fs/promises";
import { join } from "node:path";
import { WhosawError } from "../base/errors.ts";
import { newSeed } from "./checkpoint.ts";
import { isCode, nodeDisk } from "./disk.ts";
import { ledgerError, makeDirectoryDurably, syncDirectoryOrFail } from "./durable-file.ts";

export interface LedgerKeys {
  /** 32-byte Ed25519 seed: signs checkpoints. */
  readonly logSeed: Buffer;
  /** 32-byte Ed25519 seed: cosigns them. Keep it under another user where you can. */
  readonly witnessSeed: Buffer;
  /** 32 bytes: wraps day keys and hashes text keys. Without it the ledger verifies and cannot be read. */
  readonly masterKey: Buffer;
}

const FILES = { logSeed: "log.key", witnessSeed: "witness.key", masterKey: "master.key" } as const satisfies Record<
  keyof LedgerKeys,
  string
>;
const KEY_BYTES = 32;
const OTHERS_MASK = 0o077;

/**
 * Creates the keys in `dir` (files `log.key`, `witness.key`, `master.key`, base64, mode 0600).
 * Keys that are there already are left alone and returned.
 */
export async function createKeys(dir: string): Promise<LedgerKeys> {
  const disk = nodeDisk();
  try {
    await makeDirectoryDurably(disk, dir);
    await createKey(join(dir, FILES.logSeed), newSeed());
    await createKey(join(dir, FILES.witnessSeed), newSeed());
    await createKey(join(dir, FILES.masterKey), randomBytes(KEY_BYTES));
    await syncDirectoryOrFail(disk, dir);
  } catch (error) {
    throw ledgerError(error, "creating the ledger's keys");
  }
  return loadKeys(dir);
}

async function createKey(path: string, key: Buffer): Promise<void> {
  try {
    await fsp.access(path);
    return;
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
  }
  // A name of its own: another may be creating the same key at this moment.
  const temporary = `${path}.${randomBytes(8).toString("hex")}.tmp`;
  const file = await fsp.open(temporary, "wx", 0o600);
  try {
    await file.writeFile(`${key.toString("base64")}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  // link, not rename: two that create at the same moment end with one key.
  await fsp.link(temporary, path).catch((error: unknown) => {
    if (!isCode(error, "EEXIST")) throw error;
  });
  await fsp.unlink(temporary);
}

/**
 * Reads the keys in `dir`.
 * @throws {WhosawError} LEDGER_KEY_LOST if one is missing or unreadable, CONFIG_INVALID if others may read it
 */
export async function loadKeys(dir: string): Promise<LedgerKeys> {
  const [logSeed, witnessSeed, masterKey] = await Promise.all([
    loadKey(join(dir, FILES.logSeed)),
    loadKey(join(dir, FILES.witnessSeed)),
    loadKey(join(dir, FILES.masterKey)),
  ]);
  return { logSeed, witnessSeed, masterKey };
}

async function loadKey(path: string): Promise<Buffer> {
  try {
    const { mode } = await fsp.stat(path);
    if ((mode & OTHERS_MASK) !== 0) {
      throw new WhosawError("CONFIG_INVALID", `The key file ${path} can be read by other users.`, {
        hint: `chmod 600 ${path}`,
      });
    }
    const key = Buffer.from((await fsp.readFile(path, "latin1")).trim(), "base64");
    if (key.length === KEY_BYTES) return key;
  } catch (error) {
    if (error instanceof WhosawError) throw error;
    throw lostKey(path, error);
  }
  throw lostKey(path, undefined);
}

function lostKey(path: string, cause: unknown): WhosawError {
  return new WhosawError("LEDGER_KEY_LOST", `The key file ${path} is missing, unreadable or not a key.`, {
    hint: "Restore it from its backup. A ledger written with another key cannot be continued.",
    cause,
  });
}
