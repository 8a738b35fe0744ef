/**
 * Tiles, bundles and checkpoints, off the critical path. In this order, each step on stable storage before the next:
 * entries in the write-ahead file (the caller's) -> tiles and bundles -> the witness -> the checkpoint.
 */
import { dirname, join } from "node:path";
import { signCheckpoint, type NoteSigner } from "./checkpoint.ts";
import { isCode, type Disk } from "./disk.ts";
import { makeDirectoryDurably, stageFile, syncDirectoryOrFail, writeDurably } from "./durable-file.ts";
import { consistencyProof } from "./proof.ts";
import type { Recovered } from "./recover.ts";
import { tileNodeReader, tilePath } from "./tiles.ts";
import { EdgeTree, edgeWidth, HASH_BYTES, leafHashInPlace, TILE_WIDTH } from "./tree.ts";
import type { Witness } from "./witness.ts";

/** Durable entries as they stand in a group: each prefixed with its length, uint16 big-endian. */
export interface DurableEntries {
  readonly count: number;
  readonly prefixed: Buffer;
}

export interface PublisherOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly signer: NoteSigner;
  readonly witness: Witness | undefined;
}

export class Publisher {
  readonly #options: PublisherOptions;
  readonly #tree: EdgeTree;
  /** The unfinished entry bundle, in pieces. */
  #bundle: Buffer[] = [];
  /** Files that must be durable before the next checkpoint, by path. */
  readonly #unwritten = new Map<string, Buffer>();
  /** Partial tiles on disk, by the path of the full tile that will take their place. */
  readonly #partials = new Map<string, Set<string>>();
  /** Full tiles written since the last checkpoint, whose partial ones can go after it. */
  #filled: string[] = [];
  #checkpointSize: number;

  constructor(options: PublisherOptions, recovered: Recovered) {
    this.#options = options;
    this.#checkpointSize = recovered.checkpoint.size;
    this.#tree = new EdgeTree(recovered.checkpoint.size, recovered.edge, (level, number, hashes) => {
      this.#full(level, number, hashes);
    });
    this.#bundle = recovered.bundle.map((entry) => withLength(entry));
  }

  /** Entries under the durable checkpoint. */
  get checkpointSize(): number {
    return this.#checkpointSize;
  }

  /** Takes entries that are durable, in order; the bytes are the publisher's from then on. Yields between bundles. */
  async take(entries: DurableEntries): Promise<void> {
    const { prefixed, count } = entries;
    let bundleStart = 0;
    let at = 0;
    for (let i = 0; i < count; i += 1) {
      const end = at + 2 + prefixed.readUInt16BE(at);
      this.#tree.add(leafHashInPlace(prefixed, at, end));
      at = end;
      if (this.#tree.size % TILE_WIDTH !== 0) continue;
      this.#bundle.push(prefixed.subarray(bundleStart, end));
      bundleStart = end;
      this.#full("entries", this.#tree.size / TILE_WIDTH - 1, Buffer.concat(this.#bundle));
      this.#bundle = [];
      await yieldToEvents();
    }
    if (at > bundleStart) this.#bundle.push(prefixed.subarray(bundleStart, at));
  }

  #full(level: number | "entries", number: number, bytes: Buffer): void {
    const path = tilePath(this.#options.dir, level, number, TILE_WIDTH);
    this.#unwritten.set(path, bytes);
    this.#filled.push(path);
  }

  /**
   * Makes tiles, cosignature and checkpoint of everything taken durable. May be called again after an error.
   * @throws {WhosawError} LEDGER_BEHIND_WITNESS if the witness has seen another history; SyncFailed; system errors
   */
  async publish(): Promise<void> {
    const size = this.#tree.size;
    if (size === this.#checkpointSize) return;
    this.#stagePartials(size);
    await this.#writeTiles();
    const root = this.#tree.root();
    const { disk, dir, signer, witness } = this.#options;
    const note = signCheckpoint({ origin: signer.name, size, root }, signer);
    const line = witness === undefined ? "" : await this.#cosign(witness, note, size);
    await writeDurably(disk, join(dir, "checkpoint"), Buffer.from(note + line));
    this.#checkpointSize = size;
    await this.#removePartials();
  }

  async #cosign(witness: Witness, note: string, size: number): Promise<string> {
    const { disk, dir, signer } = this.#options;
    const seen = await witness.highest(signer.vkey);
    const from = seen?.size ?? 0;
    const proof = from === 0 || from >= size ? [] : await consistencyProof(tileNodeReader(disk, dir, size), from, size);
    return witness.cosign(signer.vkey, note, proof);
  }

  #stagePartials(size: number): void {
    this.#tree.edge().forEach((hashes, level) => {
      if (hashes.length > 0)
        this.#stagePartial(level, Math.floor(size / TILE_WIDTH ** (level + 1)), hashes.length / HASH_BYTES, hashes);
    });
    if (this.#bundle.length > 0) {
      this.#stagePartial("entries", Math.floor(size / TILE_WIDTH), edgeWidth(size, 0), Buffer.concat(this.#bundle));
    }
  }

  #stagePartial(level: number | "entries", number: number, width: number, bytes: Buffer): void {
    const path = tilePath(this.#options.dir, level, number, width);
    const full = tilePath(this.#options.dir, level, number, TILE_WIDTH);
    const known = this.#partials.get(full) ?? new Set();
    this.#partials.set(full, known);
    if (known.has(path)) return;
    known.add(path);
    this.#unwritten.set(path, bytes);
  }

  /** All files first, one after the other, so that the writer's sync finds a free thread; then each directory once. */
  async #writeTiles(): Promise<void> {
    const { disk } = this.#options;
    const directories = new Set([...this.#unwritten.keys()].map((path) => dirname(path)));
    for (const directory of directories) await makeDirectoryDurably(disk, directory);
    for (const [path, bytes] of this.#unwritten) await stageFile(disk, path, bytes);
    for (const path of this.#unwritten.keys()) await disk.rename(`${path}.tmp`, path);
    for (const directory of directories) await syncDirectoryOrFail(disk, directory);
    this.#unwritten.clear();
  }

  /** C2SP tlog-tiles: partial tiles may go once the full one is there. Leftovers do no harm. */
  async #removePartials(): Promise<void> {
    const filled = this.#filled;
    this.#filled = [];
    for (const full of filled) {
      const directory = `${full}.p`;
      this.#partials.delete(full);
      for (const name of await this.#options.disk.list(directory)) await this.#removeLeftover(join(directory, name));
    }
  }

  async #removeLeftover(path: string): Promise<void> {
    try {
      await this.#options.disk.unlink(path);
    } catch (error) {
      if (!isCode(error, "ENOENT")) throw error;
    }
  }
}

function yieldToEvents(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function withLength(entry: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(2 + entry.length);
  bytes.writeUInt16BE(entry.length, 0);
  bytes.set(entry, 2);
  return bytes;
}

/** Entries without prefixes (from recovery) as the publisher takes them. */
export function prefixEntries(entries: readonly Uint8Array[]): DurableEntries {
  return { count: entries.length, prefixed: Buffer.concat(entries.map((entry) => withLength(entry))) };
}
