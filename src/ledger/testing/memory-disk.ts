/**
 * A disk in memory with the page cache's semantics: what was not synced may be kept, lost or torn when the machine stops,
 * file contents and directory entries each on their own. Faults are injected by operation.
 */
import { dirname } from "node:path";
import type { Disk, DiskFile, OpenMode } from "../disk.ts";

const SECTOR_BYTES = 512;

interface FileNode {
  now: Buffer;
  synced: Buffer;
}

interface DirectoryNode {
  now: Map<string, FileNode | DirectoryNode>;
  synced: Map<string, FileNode | DirectoryNode>;
}

/** What the disk is asked to do, before it does it. */
export interface Operation {
  readonly name:
    | "open"
    | "write"
    | "sync"
    | "truncate"
    | "read"
    | "rename"
    | "link"
    | "unlink"
    | "mkdir"
    | "list"
    | "syncDirectory";
  readonly path: string;
}

/**
 * What happens instead: an error code; `short`: half of a write is done; `halt`: the machine stops (no call on this disk
 * ever returns again); undefined: nothing special.
 */
export type Fault = "ENOSPC" | "EIO" | "EROFS" | "short" | "halt" | undefined;

export interface MemoryDisk extends Disk {
  /** Decides for each operation; may be replaced at any time. */
  fault: (operation: Operation) => Fault;
  /** Operations so far. */
  readonly operations: number;
  /** Resolves when a `halt` was met. */
  readonly halted: Promise<void>;
  /** A copy to go on from, everything on it synced. */
  fork(): MemoryDisk;
  /** The disk as the next process finds it: the one before is gone, what it never synced is still in the page cache. */
  afterKill(): MemoryDisk;
  /** The disk as the next boot finds it, each unsynced thing decided by `random` (0 <= x < 1). */
  afterPowerCut(random: () => number): MemoryDisk;
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

const isFile = (node: FileNode | DirectoryNode): node is FileNode => Buffer.isBuffer(node.now);

function newDirectory(): DirectoryNode {
  return { now: new Map(), synced: new Map() };
}

/** Sectors of `now` that differ from `synced` are each kept or lost; the length is one of the two. */
function tear(file: FileNode, random: () => number): FileNode {
  const length = random() < 0.5 ? file.now.length : file.synced.length;
  const bytes = Buffer.alloc(length);
  file.synced.copy(bytes);
  const keepAll = random();
  for (let at = 0; at < length; at += SECTOR_BYTES) {
    const keep = keepAll < 0.4 || (keepAll < 0.8 && random() < 0.5);
    if (keep && at < file.now.length) file.now.copy(bytes, at, at, at + SECTOR_BYTES);
  }
  return { now: bytes, synced: Buffer.from(bytes) };
}

function cutDirectory(directory: DirectoryNode, random: () => number, seen: Map<FileNode, FileNode>): DirectoryNode {
  const result = newDirectory();
  const names = new Set([...directory.now.keys(), ...directory.synced.keys()]);
  for (const name of names) {
    const now = directory.now.get(name);
    const synced = directory.synced.get(name);
    const node = now === synced || random() < 0.5 ? now : synced;
    if (node === undefined) continue;
    const after = isFile(node) ? (seen.get(node) ?? tear(node, random)) : cutDirectory(node, random, seen);
    if (isFile(node)) seen.set(node, after as FileNode);
    result.now.set(name, after);
  }
  result.synced = new Map(result.now);
  return result;
}

function copyDirectory(directory: DirectoryNode): DirectoryNode {
  const copies = [...directory.now].map(([name, node]): [string, FileNode | DirectoryNode] => [
    name,
    // Bytes are replaced, never changed in place: they can be shared.
    isFile(node) ? { now: node.now, synced: node.now } : copyDirectory(node),
  ]);
  return { now: new Map(copies), synced: new Map(copies) };
}

function forever<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

class MemoryDiskImpl implements MemoryDisk {
  fault: (operation: Operation) => Fault = () => undefined;
  operations = 0;
  readonly halted: Promise<void>;
  #halt: () => void = () => undefined;
  #stopped = false;
  readonly #root: DirectoryNode;

  constructor(root: DirectoryNode) {
    this.#root = root;
    this.halted = new Promise((resolve) => {
      this.#halt = resolve;
    });
  }

  afterPowerCut(random: () => number): MemoryDisk {
    this.#stop();
    return new MemoryDiskImpl(cutDirectory(this.#root, random, new Map()));
  }

  fork(): MemoryDisk {
    return new MemoryDiskImpl(copyDirectory(this.#root));
  }

  afterKill(): MemoryDisk {
    this.#stop();
    return new MemoryDiskImpl(this.#root);
  }

  #stop(): void {
    this.#stopped = true;
    this.#halt();
  }

  /** Runs an operation with its fault; every operation takes a turn of the event loop, as a real one would. */
  async #do<T>(name: Operation["name"], path: string, work: () => T): Promise<T> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    if (this.#meet({ name, path }) === "halt") return forever();
    return work();
  }

  #meet(operation: Operation): Fault {
    if (this.#stopped) return "halt";
    this.operations += 1;
    const fault = this.fault(operation);
    if (fault === "halt") this.#stop();
    else if (fault !== undefined && fault !== "short") throw systemError(fault, operation.path);
    return fault;
  }

  #directory(path: string): DirectoryNode | undefined {
    let node: FileNode | DirectoryNode | undefined = this.#root;
    for (const name of path.split("/").filter((part) => part !== "")) {
      if (node === undefined || isFile(node)) return undefined;
      node = node.now.get(name);
    }
    return node === undefined || isFile(node) ? undefined : node;
  }

  #parent(path: string): { directory: DirectoryNode; name: string } {
    const directory = this.#directory(dirname(path));
    if (directory === undefined) throw systemError("ENOENT", path);
    return { directory, name: path.slice(path.lastIndexOf("/") + 1) };
  }

  open(path: string, mode: OpenMode): Promise<DiskFile> {
    return this.#do("open", path, () => {
      const { directory, name } = this.#parent(path);
      let node = directory.now.get(name);
      if (node !== undefined && !isFile(node)) throw systemError("EISDIR", path);
      if (mode === "new" && node !== undefined) throw systemError("EEXIST", path);
      if (node === undefined) {
        if (mode === "read" || mode === "update") throw systemError("ENOENT", path);
        node = { now: Buffer.alloc(0), synced: Buffer.alloc(0) };
        directory.now.set(name, node);
      } else if (mode === "fresh") {
        node.now = Buffer.alloc(0);
      }
      return this.#file(path, node);
    });
  }

  #file(path: string, node: FileNode): DiskFile {
    return {
      writeNow: (bytes, position) => {
        const fault = this.#meet({ name: "write", path });
        // The process is gone in the middle of its write.
        if (fault === "halt") write(node, bytes.subarray(0, bytes.length >> 1), position);
        if (fault === "halt") throw systemError("halted", path);
        const done = fault === "short" ? bytes.subarray(0, (bytes.length + 1) >> 1) : bytes;
        write(node, done, position);
        return done.length;
      },
      sync: () =>
        this.#do("sync", path, () => {
          node.synced = Buffer.from(node.now);
        }),
      truncate: (length) =>
        this.#do("truncate", path, () => {
          node.now = Buffer.from(node.now.subarray(0, length));
        }),
      read: (into, position) => this.#do("read", path, () => node.now.copy(into, 0, position)),
      length: () => this.#do("read", path, () => node.now.length),
      close: () => Promise.resolve(),
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.#do("rename", to, () => {
      const source = this.#parent(from);
      const target = this.#parent(to);
      const node = source.directory.now.get(source.name);
      if (node === undefined) throw systemError("ENOENT", from);
      source.directory.now.delete(source.name);
      target.directory.now.set(target.name, node);
    });
  }

  link(from: string, to: string): Promise<void> {
    return this.#do("link", to, () => {
      const source = this.#parent(from);
      const target = this.#parent(to);
      const node = source.directory.now.get(source.name);
      if (node === undefined) throw systemError("ENOENT", from);
      if (target.directory.now.has(target.name)) throw systemError("EEXIST", to);
      target.directory.now.set(target.name, node);
    });
  }

  unlink(path: string): Promise<void> {
    return this.#do("unlink", path, () => {
      const { directory, name } = this.#parent(path);
      if (!directory.now.delete(name)) throw systemError("ENOENT", path);
    });
  }

  mkdir(path: string): Promise<boolean> {
    return this.#do("mkdir", path, () => {
      const { directory, name } = this.#parent(path);
      const there = directory.now.get(name);
      if (there !== undefined && isFile(there)) throw systemError("EEXIST", path);
      if (there !== undefined) return false;
      directory.now.set(name, newDirectory());
      return true;
    });
  }

  list(path: string): Promise<string[]> {
    return this.#do("list", path, () => [...(this.#directory(path)?.now.keys() ?? [])].sort());
  }

  syncDirectory(path: string): Promise<void> {
    return this.#do("syncDirectory", path, () => {
      const directory = this.#directory(path);
      if (directory === undefined) throw systemError("ENOENT", path);
      directory.synced = new Map(directory.now);
    });
  }
}

function write(node: FileNode, bytes: Uint8Array, position: number): void {
  const length = Math.max(node.now.length, position + bytes.length);
  const grown = Buffer.alloc(length);
  node.now.copy(grown);
  grown.set(bytes, position);
  node.now = grown;
}

/** An empty disk. */
export function memoryDisk(): MemoryDisk {
  return new MemoryDiskImpl(newDirectory());
}
