/**
 * Everything the ledger asks of a file system. The real one is below; tests bring one that fails and loses what was
 * never synced. Paths are absolute. Errors carry `code` as node:fs errors do.
 */
import * as fs from "node:fs";
import * as fsp from "node:fs/promises";

export interface DiskFile {
  /** Writes at a position without waiting for stable storage; returns the bytes written, which may be fewer. */
  writeNow(bytes: Uint8Array, position: number): number;
  /** On return everything written so far is on stable storage, file length included (fdatasync). */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  read(into: Uint8Array, position: number): Promise<number>;
  length(): Promise<number>;
  close(): Promise<void>;
}

/** `new` fails with EEXIST if the file is there; `fresh` empties or creates it; `update` needs it to exist. */
export type OpenMode = "read" | "update" | "fresh" | "new";

export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; fails with EEXIST if there is something of that name. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Creates one directory, mode 0700, in one that is there (else ENOENT); returns false if it is there already. */
  mkdir(path: string): Promise<boolean>;
  /** Names in a directory, sorted; [] if it does not exist. */
  list(path: string): Promise<string[]>;
  /** On return every creation, rename and removal in this directory is on stable storage. */
  syncDirectory(path: string): Promise<void>;
}

const OPEN_FLAGS: Record<OpenMode, string> = { read: "r", update: "r+", fresh: "w+", new: "wx+" };

class NodeFile implements DiskFile {
  readonly #fd: number;
  readonly #skipSync: boolean;

  constructor(fd: number, skipSync: boolean) {
    this.#fd = fd;
    this.#skipSync = skipSync;
  }

  writeNow(bytes: Uint8Array, position: number): number {
    return fs.writeSync(this.#fd, bytes, 0, bytes.length, position);
  }

  sync(): Promise<void> {
    if (this.#skipSync) return Promise.resolve();
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  truncate(length: number): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.ftruncate(this.#fd, length, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, into, 0, into.length, position, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      );
    });
  }

  length(): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.fstat(this.#fd, (error, stats) => (error === null ? resolve(stats.size) : reject(error)));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.close(this.#fd, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/**
 * The disk of this machine.
 * @param options.unsafeSkipSyncForBench syncs do nothing: only to measure what they cost
 */
export function nodeDisk(options: { unsafeSkipSyncForBench?: boolean } = {}): Disk {
  const skipSync = options.unsafeSkipSyncForBench ?? false;
  return {
    open: (path, mode) =>
      new Promise((resolve, reject) => {
        fs.open(path, OPEN_FLAGS[mode], 0o600, (error, fd) =>
          error === null ? resolve(new NodeFile(fd, skipSync)) : reject(error),
        );
      }),
    rename: (from, to) => fsp.rename(from, to),
    link: (from, to) => fsp.link(from, to),
    unlink: (path) => fsp.unlink(path),
    mkdir: makeOne,
    list: async (path) => {
      try {
        return (await fsp.readdir(path)).sort();
      } catch (error) {
        if (isCode(error, "ENOENT")) return [];
        throw error;
      }
    },
    syncDirectory: async (path) => {
      if (skipSync) return;
      const directory = await fsp.open(path, "r");
      try {
        await directory.sync();
      } finally {
        await directory.close();
      }
    },
  };
}

/** Not fs.mkdir's own recursion, which never ends where a parent is there and takes no directories (/proc). */
async function makeOne(path: string): Promise<boolean> {
  try {
    await fsp.mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const there = await fsp.stat(path).catch(() => undefined);
    if (there?.isDirectory() === true) return false;
    throw error;
  }
}

/** Whether an error is a system error of that code (ENOENT, ENOSPC, ...). */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
