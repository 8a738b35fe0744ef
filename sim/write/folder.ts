/** The folder of a simulated company: begun once, whole in the end, or started over. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { WhosawError } from "../../src/base/errors.ts";
import { isCode, nodeDisk } from "../../src/ledger/disk.ts";
import { type Guarded, type HeldLock, takeLock } from "../../src/ledger/lock.ts";

/** There while the folder is not whole, and says who is at work in it. */
const UNFINISHED = "unfinished";
const GUARDED: Guarded = { subject: "The folder of the simulated company", code: "STORE_LOCKED" };

export const NAMES = {
  config: "whosaw.yaml",
  ledger: "ledger",
  staff: "staff.csv",
  reports: "reports.csv",
  truth: "truth.json",
} as const;

/** All that is ever made in it. */
const MADE = [
  ...Object.values(NAMES),
  "ledger-keys",
  "ledger-witness",
  "ledger-console",
  "whosaw-actors.json",
  "whosaw-actors.json.lock",
  "whosaw-data",
];

export class CompanyFolder {
  readonly dir: string;
  readonly #lock: HeldLock;

  private constructor(dir: string, lock: HeldLock) {
    this.dir = dir;
    this.#lock = lock;
  }

  /**
   * Takes an empty folder, or one that an earlier run has not finished: what that left is removed.
   * @param dir absolute; made if it is not there
   * @throws {WhosawError} USAGE when there is anything else in it, STORE_LOCKED while another process is at work there, FILE_UNWRITABLE
   */
  static async begin(dir: string): Promise<CompanyFolder> {
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const names = await readdir(dir);
      if (names.length > 0 && !names.includes(UNFINISHED)) throw occupied(dir);
      const folder = new CompanyFolder(dir, await takeLock(nodeDisk(), join(dir, UNFINISHED), GUARDED));
      for (const name of MADE) await rm(folder.path(name), { recursive: true, force: true });
      return folder;
    } catch (cause) {
      throw cause instanceof WhosawError ? cause : unwritable(dir, cause);
    }
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  /** Everything is there. */
  async finish(): Promise<void> {
    await this.#lock.release();
  }
}

function occupied(dir: string): WhosawError {
  return new WhosawError("USAGE", `${dir} is not empty.`, { hint: "Name a folder that is not there yet." });
}

function unwritable(dir: string, cause: unknown): WhosawError {
  const notOne = isCode(cause, "ENOTDIR") || isCode(cause, "EEXIST");
  return new WhosawError("FILE_UNWRITABLE", `${dir} ${notOne ? "is no folder" : "cannot be written"}.`, {
    hint: "Name a folder that this user may make and write.",
    cause,
  });
}
