/**
 * The offline verifier: everything that a log directory claims, recomputed from its bytes with nothing but the log's
 * public key (RFC 6962; C2SP tlog-tiles, tlog-checkpoint, tlog-cosignature; docs/ledger-format.md).
 */
import { statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { LIMITS } from "../base/limits.ts";
import { isMissing, listDirectory, readWhole, tilePath } from "./files.ts";
import { checkCheckpoint, checkIdentity, checkPresence, checkWitnesses } from "./identity.ts";
import { HASH_BYTES, hashLeafInPlace, TILE_BYTES, TILE_WIDTH } from "./merkle.ts";
import { parseVerifierKey, type SignedCheckpoint } from "./note.ts";
import { EnoughFound, Findings, Unreadable, type Protector, type VerifyReport } from "./report.ts";
import { BUNDLE_BYTES_MAX, Walk } from "./walk.ts";
import { scanWal, walSegments, type WalExtent } from "./wal.ts";

export interface VerifyOptions {
  /** The log's verifier key: `name+id+base64`. */
  readonly vkey: string;
  /** A checkpoint of this log that was kept elsewhere; `name` appears in findings. */
  readonly checkpoint?: { readonly name: string; readonly bytes: Buffer };
  /** Verifier keys of witnesses (cosignature/v1). */
  readonly witnesses?: readonly string[];
  /** Called every few thousand entries. */
  readonly onProgress?: (done: number, size: number) => void;
}

/**
 * Verifies one log directory. Needs memory for one bundle a level, whatever the size of the log.
 * Never changes anything; a log that is being written can be verified too.
 * @throws WhosawError USAGE for a key that is none. Whatever is wrong with the log is a finding.
 */
export async function verifyLog(dir: string, options: VerifyOptions): Promise<VerifyReport> {
  const run = new Run(dir, options);
  try {
    await run.all();
  } catch (error) {
    if (error instanceof EnoughFound) run.findings.note(`stopped after ${LIMITS.verifyFindingsMax} findings`);
    else if (error instanceof Unreadable || (error instanceof Error && "syscall" in error)) run.unreadable(error);
    else throw error;
  }
  return run.report();
}

class Run {
  readonly findings = new Findings(LIMITS.verifyFindingsMax);
  readonly #dir: string;
  readonly #options: VerifyOptions;
  #checkpoint: SignedCheckpoint | undefined;
  #extent: WalExtent = { first: undefined, next: 0, damaged: false };
  #walk: Walk | undefined;
  #protectors: Protector[] = [];
  /** Where the last segment ended when it was read: if it has grown, a writer is at work. */
  #tail = "";
  /** Names reported already: a directory may be listed twice. */
  readonly #strangers = new Set<string>();

  constructor(dir: string, options: VerifyOptions) {
    this.#dir = dir;
    this.#options = options;
  }

  async all(): Promise<void> {
    const { findings } = this;
    const key = parseVerifierKey(this.#options.vkey);
    const witnesses = (this.#options.witnesses ?? []).map((witness) => parseVerifierKey(witness));
    if (!checkPresence(this.#dir, findings)) return;
    checkIdentity(this.#dir, key, this.#options.vkey.trim(), findings);
    const bytes = readWhole(join(this.#dir, "checkpoint"), LIMITS.noteBytesMax);
    const checkpoint = checkCheckpoint(bytes, "checkpoint", key, findings);
    this.#checkStrays();
    if (checkpoint === undefined) return;
    this.#checkpoint = checkpoint;
    const old = this.#options.checkpoint;
    const older = old && checkCheckpoint(old.bytes, old.name, key, findings);
    this.#protectors.push(...checkWitnesses(checkpoint, "checkpoint", witnesses, findings));
    if (old !== undefined && older !== undefined) {
      this.#protectors.push(
        { name: old.name, size: older.size },
        ...checkWitnesses(older, old.name, witnesses, findings),
      );
    }
    for (const { name } of witnesses) {
      // Without this, taking the witness's line away would be all that it takes to get rid of the witness.
      if (this.#protectors.some((protector) => protector.name === name)) continue;
      findings.add("WITNESS_MISSING", "checkpoint", `checkpoint bears no cosignature of ${name}`);
    }
    const segments = walSegments(this.#dir, findings);
    this.#tail = this.#tailMark(segments);
    this.#extent = this.#scanWal(segments, checkpoint.size);
    await this.#recompute(checkpoint, older, segments);
    if (old !== undefined && older !== undefined) this.#compareOlder(checkpoint, older, old.name);
  }

  /** First reading of the write-ahead file: is it whole, and does it agree with the tiles where both hold an entry? */
  #scanWal(segments: readonly string[], size: number): WalExtent {
    const { findings } = this;
    if (segments.length === 0) {
      findings.add("WAL_MISSING", "wal", "there is no write-ahead segment", size);
      return { first: undefined, next: size, damaged: true };
    }
    const leaf = Buffer.alloc(HASH_BYTES);
    let tileIndex = -1;
    let tile: Buffer | undefined;
    const extent = scanWal(this.#dir, segments, findings, Infinity, (bytes, start, end, index, file, offset) => {
      if (index >= size) return;
      if (Math.floor(index / TILE_WIDTH) !== tileIndex) {
        tileIndex = Math.floor(index / TILE_WIDTH);
        tile = this.#leafTile(tileIndex, size);
      }
      const at = (index % TILE_WIDTH) * HASH_BYTES;
      if (tile === undefined || tile.length < at + HASH_BYTES) return;
      hashLeafInPlace(bytes, start, end, leaf, 0);
      if (leaf.compare(tile, at, at + HASH_BYTES) === 0) return;
      // If the bundle has it too, the tile is wrong, and the walk will say so.
      if (this.#inBundle(bytes.subarray(start, end), index, size)) return;
      findings.add("WAL_ENTRY_CHANGED", file, `entry ${index} is not the one in the tree`, index, offset);
    });
    const last = `wal/${segments[segments.length - 1]}`;
    if (extent.next < size && !extent.damaged) {
      findings.add(
        "WAL_BEHIND",
        last,
        `the write-ahead file ends at ${extent.next}, the checkpoint covers ${size}`,
        extent.next,
      );
    } else if (extent.first !== undefined && extent.first > size) {
      findings.add("WAL_GAP", last, `entries ${size} to ${extent.first - 1} are nowhere`, size);
      return { first: extent.first, next: size, damaged: true };
    }
    return { ...extent, next: Math.max(extent.next, size) };
  }

  #leafTile(index: number, size: number): Buffer | undefined {
    const full = readWhole(join(this.#dir, tilePath(0, index)), TILE_BYTES);
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    return full ?? readWhole(join(this.#dir, tilePath(0, index, width)), TILE_BYTES);
  }

  #inBundle(entry: Buffer, index: number, size: number): boolean {
    const first = Math.floor(index / TILE_WIDTH);
    const width = Math.min(TILE_WIDTH, size - first * TILE_WIDTH);
    const paths = [tilePath("entries", first), tilePath("entries", first, width)];
    for (const path of paths) {
      const bundle = readWhole(join(this.#dir, path), BUNDLE_BYTES_MAX) ?? Buffer.alloc(0);
      let at = 0;
      for (let i = index % TILE_WIDTH; at + 2 <= bundle.length; i--) {
        const end = at + 2 + bundle.readUInt16BE(at);
        if (i === 0) return entry.equals(bundle.subarray(at + 2, end));
        at = end;
      }
    }
    return false;
  }

  async #recompute(
    checkpoint: SignedCheckpoint,
    older: SignedCheckpoint | undefined,
    segments: readonly string[],
  ): Promise<void> {
    const { findings } = this;
    const marks = [checkpoint.size, ...(older === undefined ? [] : [older.size])];
    const strange = (path: string, beyond: boolean): void => this.#strange(path, beyond);
    const walk = new Walk({ dir: this.#dir, size: checkpoint.size, end: this.#extent.next, marks, findings, strange });
    this.#walk = walk;
    walk.trust(checkpoint.root);
    const bundles = Math.ceil(checkpoint.size / TILE_WIDTH);
    for (let index = 0; index < bundles; index++) {
      walk.bundle(index);
      if (index % LIMITS.verifyBundlesPerTurnMax !== 0) continue;
      this.#options.onProgress?.(index * TILE_WIDTH, checkpoint.size);
      await nextTurn();
    }
    if (this.#extent.next > checkpoint.size) this.#append(walk, checkpoint.size, segments);
    walk.finish();
    this.#checkLevels();
    const root = walk.roots.get(checkpoint.size);
    if (root !== undefined && checkpoint.root.equals(root)) return;
    const message = "the entries do not hash to the root that the checkpoint signs";
    const known = findings.count > 0 ? " (see the other findings)" : ": entries and tiles were changed together";
    findings.add("ROOT_MISMATCH", "checkpoint", message + known);
  }

  /** Levels that a tree of this size does not reach. */
  #checkLevels(): void {
    for (const name of listDirectory(join(this.#dir, "tile")) ?? []) {
      const level = Number(name);
      if (Number.isNaN(level) || this.#extent.next >= TILE_WIDTH ** level) continue;
      const names = listDirectory(join(this.#dir, "tile", name)) ?? [];
      if (names.length > 0) this.#strange(`tile/${name}/${names[0]}`, true);
    }
  }

  /** Second reading: entries that only the write-ahead file holds. */
  #append(walk: Walk, size: number, segments: readonly string[]): void {
    const from = segments.findLastIndex((name) => Number(name) <= size);
    const quiet = new Findings(LIMITS.verifyFindingsMax);
    scanWal(
      this.#dir,
      segments.slice(Math.max(0, from)),
      quiet,
      this.#extent.next,
      (bytes, start, end, index, file, offset) => {
        if (index >= size) walk.append(bytes, start, end, index, file, offset);
      },
    );
  }

  #compareOlder(checkpoint: SignedCheckpoint, older: SignedCheckpoint, name: string): void {
    if (older.size > checkpoint.size) {
      const message = `${name} covers ${older.size} entries, the log's own checkpoint only ${checkpoint.size}`;
      this.findings.add("LOG_TRUNCATED", "checkpoint", message, checkpoint.size);
      return;
    }
    const root = this.#walk?.roots.get(older.size);
    if (root !== undefined && older.root.equals(root)) return;
    const message = `the first ${older.size} entries are not those that ${name} signs: history was rewritten`;
    this.findings.add("HISTORY_FORKED", name, message);
  }

  /** A file that belongs to no log of this size, unless a writer has gone on meanwhile. */
  #strange(path: string, beyond: boolean): void {
    if (this.#strangers.has(path)) return;
    this.#strangers.add(path);
    if (path.endsWith(".tmp")) return this.findings.note(`${path} is a leftover that is never read`);
    if (!beyond) return this.findings.add("FILE_UNEXPECTED", path, `${path} is not a name that a log has`);
    if (this.#tailMark(walSegments(this.#dir, new Findings(Infinity))) !== this.#tail) return;
    this.findings.add("FILE_UNEXPECTED", path, `${path} covers entries that are in no other place`, this.#extent.next);
  }

  #tailMark(segments: readonly string[]): string {
    const last = segments[segments.length - 1];
    if (last === undefined) return "";
    try {
      return `${last} ${statSync(join(this.#dir, "wal", last)).size}`;
    } catch (error) {
      if (isMissing(error)) return last;
      throw error;
    }
  }

  /** Names outside tiles and segments. Day keys are opaque without the master key: only their form is checked. */
  #checkStrays(): void {
    const known = ["checkpoint", "keys", "lock", "log.json", "tile", "wal"];
    for (const name of listDirectory(this.#dir) ?? []) {
      if (!known.includes(name)) this.findings.note(`${name} does not belong to the log and is never read`);
    }
    for (const name of listDirectory(join(this.#dir, "keys")) ?? []) {
      if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(name))
        this.findings.note(`keys/${name} is no day key and is never read`);
      else if (readWhole(join(this.#dir, "keys", name), LIMITS.noteBytesMax)?.length !== 60) {
        this.findings.add(
          "KEY_FILE_SIZE",
          `keys/${name}`,
          `keys/${name} is not 60 bytes long: that day cannot be opened`,
        );
      }
    }
    for (const name of listDirectory(join(this.#dir, "tile")) ?? []) {
      if (name !== "entries" && !/^([0-9]|[1-5][0-9]|6[0-3])$/.test(name)) this.#strange(`tile/${name}`, false);
    }
  }

  unreadable(error: Error): void {
    const path = "path" in error && typeof error.path === "string" ? error.path : this.#dir;
    try {
      this.findings.add("LOG_UNREADABLE", path, error.message);
    } catch (full) {
      if (!(full instanceof EnoughFound)) throw full;
    }
  }

  report(): VerifyReport {
    const findings = this.findings.sorted();
    const size = this.#checkpoint?.size ?? 0;
    const root = this.#walk?.roots.get(size);
    const best = this.#protectors.sort((a, b) => b.size - a.size)[0];
    return {
      ok: findings.length === 0,
      origin: this.#checkpoint?.origin ?? "",
      size,
      root: root === undefined ? "" : Buffer.from(root).toString("base64"),
      beyondCheckpoint: this.#extent.next - size,
      protectedBy: findings.length === 0 ? best : undefined,
      firstBadIndex: findings[0]?.index,
      findings,
      notes: this.findings.notes,
      firstMs: this.#walk?.rhythm.firstMs,
      lastMs: this.#walk?.rhythm.lastMs,
    };
  }
}
