/** How much is being recorded, read from the demo's own ledger: nothing that is shown is made up. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { decodeKeys } from "../../src/ledger/keys-block.ts";
import { readEntries } from "../../src/ledger/read.ts";

const MINUTE_MS = 60_000;

export interface Reading {
  /** Subjects shown in the last minute, each once for every use in a statement. */
  readonly disclosures: number;
  readonly entries: number;
  /** Of all of the ledger's files. */
  readonly bytes: number;
}

export class Pulse {
  readonly #dir: string;
  readonly #masterKey: Uint8Array;
  #next = 0;
  #shown: { readonly timeMs: number; readonly subjects: number }[] = [];

  /** @param dir the ledger's */
  constructor(dir: string, masterKey: Uint8Array) {
    this.#dir = dir;
    this.#masterKey = masterKey;
  }

  /** What was written since the last reading, and how things stand at `nowMs`. @throws WhosawError as readEntries */
  async read(nowMs: number): Promise<Reading> {
    for await (const { index, timeMs, entry } of readEntries(this.#dir, {
      masterKey: this.#masterKey,
      from: this.#next,
    })) {
      this.#next = index + 1;
      if (entry?.kind !== "statement" && entry?.kind !== "disclosure") continue;
      const subjects = entry.blocks.reduce((sum, { keys }) => sum + decodeKeys(keys).keys.length, 0);
      if (subjects > 0) this.#shown.push({ timeMs, subjects });
    }
    this.#shown = this.#shown.filter(({ timeMs }) => timeMs > nowMs - MINUTE_MS);
    const disclosures = this.#shown.reduce((sum, { subjects }) => sum + subjects, 0);
    return { disclosures, entries: this.#next, bytes: await bytesBelow(this.#dir) };
  }
}

async function bytesBelow(dir: string): Promise<number> {
  const files = await readdir(dir, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map((file) => stat(join(file.parentPath, file.name)).then(({ size }) => size, gone)),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Files of the write-ahead log go as their entries are put into tiles. */
function gone(error: NodeJS.ErrnoException): number {
  if (error.code === "ENOENT") return 0;
  throw error;
}
