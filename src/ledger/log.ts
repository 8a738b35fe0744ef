/** `openLedger`: one writer on one log. Composes recovery, group commit and publishing. */
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { logSigner, type Checkpoint, type NoteSigner } from "./checkpoint.ts";
import { Committer } from "./commit.ts";
import { DayKeys } from "./day-keys.ts";
import { nodeDisk, type Disk } from "./disk.ts";
import { ledgerError, makeDirectoryDurably, readWhole, SyncFailed, writeDurably } from "./durable-file.ts";
import type { Entry } from "./entry.ts";
import { Group } from "./group.ts";
import { Health } from "./health.ts";
import type { EntrySource, Ledger, LedgerHealth, Receipt } from "./ledger.ts";
import { LEDGER_GUARDED, takeLock, type HeldLock, type ProcessTable } from "./lock.ts";
import { rangeRoot } from "./proof.ts";
import { prefixEntries, Publisher, type DurableEntries } from "./publisher.ts";
import { recover, type Recovered } from "./recover.ts";
import { tileNodeReader } from "./tiles.ts";
import { systemTimers, type Timers } from "./timers.ts";
import { EdgeTree, leafHash } from "./tree.ts";
import { walDirectory, WalWriter } from "./wal.ts";
import type { Witness } from "./witness.ts";

export interface LedgerOptions {
  /** Absolute path of the log's directory; created if it does not exist. */
  readonly dir: string;
  /** Name of the log, as in `acme.example/gw-1`. */
  readonly origin: string;
  /** 32-byte Ed25519 seed with which checkpoints are signed. */
  readonly logSeed: Uint8Array;
  /** 32 bytes that wrap the day keys. */
  readonly masterKey: Uint8Array;
  readonly clock: Clock;
  /** Without one, whoever holds the log's key can rewrite everything. */
  readonly witness: Witness | undefined;
  /** Sessions open now, for heartbeats. */
  readonly sessionCount: () => number;
  /** Called when health changes colour or reason. */
  readonly onHealth: (health: LedgerHealth) => void;
  /** A sync failed or history has forked: the process must stop. Everything enlisted has failed or will. */
  readonly onFatal: (error: WhosawError) => void;
  readonly disk?: Disk;
  readonly timers?: Timers;
  readonly processes?: ProcessTable;
  /** Bytes after which a write-ahead segment is left for a new one; LIMITS.walSegmentBytesMax, which it must not pass. */
  readonly walSegmentBytesMax?: number;
  /** To measure what durability costs, and for nothing else. */
  readonly unsafeSkipSyncForBench?: boolean;
}

const KEY_BYTES = 32;

/**
 * Opens a log for its one writer, creating it if the directory is empty, and appends the first entry of this run.
 * @throws {WhosawError} LEDGER_LOCKED, LEDGER_DAMAGED, LEDGER_BEHIND_WITNESS, LEDGER_KEY_LOST, LEDGER_IO,
 *   LEDGER_DISK_FULL, CONFIG_INVALID (an origin that is no key name, another origin or key than the log's own)
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const disk = options.disk ?? nodeDisk({ unsafeSkipSyncForBench: options.unsafeSkipSyncForBench ?? false });
  const signer = logSigner(options.origin, options.logSeed);
  if (options.masterKey.length !== KEY_BYTES) {
    throw new WhosawError("CONFIG_INVALID", "The master key of a ledger has 32 bytes.");
  }
  try {
    await makeDirectoryDurably(disk, options.dir);
    const lock = await takeLock(disk, join(options.dir, "lock"), LEDGER_GUARDED, options.processes);
    return await openLocked(options, disk, signer, lock);
  } catch (error) {
    throw ledgerError(error, "opening the ledger");
  }
}

async function openLocked(options: LedgerOptions, disk: Disk, signer: NoteSigner, lock: HeldLock): Promise<Ledger> {
  let recovered: Recovered | undefined;
  try {
    await openDescription(disk, options.dir, signer);
    const dayKeys = new DayKeys(disk, options.dir, options.origin, options.masterKey);
    await dayKeys.checkMasterKey();
    recovered = await recover(disk, options.dir, signer);
    await checkWitness(disk, options.dir, signer, options.witness, recovered);
    const log = new Log({ ...options, disk }, signer, dayKeys, recovered, lock);
    await log.begin();
    return log;
  } catch (error) {
    await recovered?.file?.close();
    // A lock that was taken over stays: it is what tells the next start that the stop was not clean.
    if (!lock.takenOver && !(error instanceof SyncFailed)) await lock.release();
    throw error;
  }
}

/** log.json: written once, when the log is created; afterwards it must say what we are told. */
async function openDescription(disk: Disk, dir: string, signer: NoteSigner): Promise<void> {
  const path = join(dir, "log.json");
  const expected = JSON.stringify({ format: 1, origin: signer.name, vkey: signer.vkey });
  const found = await readWhole(disk, path, LIMITS.noteBytesMax);
  if (found === undefined) {
    const contents = [...(await disk.list(walDirectory(dir))), ...(await disk.list(join(dir, "tile")))];
    if (contents.length > 0) throw new WhosawError("LEDGER_DAMAGED", "The ledger has lost its log.json.");
    await makeDirectoryDurably(disk, walDirectory(dir));
    await writeDurably(disk, path, Buffer.from(expected));
  } else if (found.toString("utf8").trim() !== expected) {
    throw new WhosawError("CONFIG_INVALID", "This directory holds a ledger of another origin or another log key.", {
      hint: "Point the ledger at its own directory, or give the key that created it.",
    });
  }
}

/** Refuses a log that does not extend what its witness has seen: a restored copy would otherwise fork history. */
async function checkWitness(
  disk: Disk,
  dir: string,
  signer: NoteSigner,
  witness: Witness | undefined,
  log: Recovered,
): Promise<void> {
  const seen = await witness?.highest(signer.vkey);
  if (seen === undefined || seen.size === 0) return;
  if (seen.size <= log.size && (await rootAt(disk, dir, seen, log)).equals(seen.root)) return;
  throw new WhosawError(
    "LEDGER_BEHIND_WITNESS",
    `The ledger has ${log.size} entries and does not extend the checkpoint of ${seen.size} that its witness has seen.`,
    { hint: "An older copy was restored. Put the newest one back, or begin a log under a new origin." },
  );
}

async function rootAt(disk: Disk, dir: string, seen: Checkpoint, log: Recovered): Promise<Buffer> {
  const covered = log.checkpoint.size;
  if (seen.size <= covered) return rangeRoot(tileNodeReader(disk, dir, covered), 0, seen.size);
  const tree = new EdgeTree(covered, log.edge, () => undefined);
  for (const entry of log.uncovered.slice(0, seen.size - covered)) tree.add(leafHash(entry));
  return tree.root();
}

class Log implements Ledger {
  readonly origin: string;
  readonly #options: LedgerOptions & { readonly disk: Disk };
  readonly #timers: Timers;
  readonly #lock: HeldLock;
  readonly #health: Health;
  readonly #wal: WalWriter;
  readonly #committer: Committer;
  readonly #publisher: Publisher;
  readonly #recovered: { readonly lastTimeMs: number; readonly size: number };
  /** Durable entries that the publisher has not taken. */
  #pending: DurableEntries[] = [];
  /** Bytes that are durable and not under a checkpoint. */
  #uncoveredBytes = 0;
  #publishing: Promise<void> = Promise.resolve();
  #cancelPublish: (() => void) | undefined;
  #cancelHeartbeat: () => void = () => undefined;
  #closed: Promise<void> | undefined;

  constructor(
    options: LedgerOptions & { readonly disk: Disk },
    signer: NoteSigner,
    dayKeys: DayKeys,
    recovered: Recovered,
    lock: HeldLock,
  ) {
    const { origin, dir, disk, clock, witness } = options;
    this.origin = origin;
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#lock = lock;
    this.#recovered = { lastTimeMs: recovered.lastTimeMs, size: recovered.size };
    this.#health = new Health(options.onHealth);
    this.#wal = new WalWriter(
      disk,
      dir,
      options.walSegmentBytesMax ?? LIMITS.walSegmentBytesMax,
      recovered.wal,
      recovered.file,
    );
    this.#publisher = new Publisher({ disk, dir, signer, witness }, recovered);
    this.#committer = new Committer({
      origin,
      clock,
      dayKeys,
      group: new Group(origin, dayKeys),
      wal: this.#wal,
      size: recovered.size,
      lastTimeMs: startTimeMs(recovered.lastTimeMs, lock.takenOver),
      onDurable: (entries) => this.#durable(entries),
      onError: (error) => this.#health.set("append", error),
      onFatal: (error) => this.#stop(error),
      onClockBehind: (behindMs) => this.#clockBehind(behindMs),
      refusal: () => this.#backlogRefusal(),
    });
    if (recovered.uncovered.length > 0) this.#durable(prefixEntries(recovered.uncovered));
  }

  /**
   * Appends the entry that begins this run: a gap if nobody wrote for a while, a heartbeat otherwise. Publishes at once, so
   * that a log which is open verifies: it has a checkpoint, and what recovery found is under it.
   */
  async begin(): Promise<void> {
    const { lastTimeMs, size } = this.#recovered;
    const nowMs = this.#options.clock.nowMs();
    const silent = size > 0 && (this.#lock.takenOver || nowMs - lastTimeMs > LIMITS.heartbeatIntervalMs);
    const entry: Entry = silent
      ? { kind: "gap", fromMs: lastTimeMs, toMs: Math.max(nowMs, lastTimeMs) }
      : { kind: "heartbeat", sessions: 0 };
    try {
      await this.append(entry);
    } catch (error) {
      this.#cancelPublish?.();
      await this.#publishing;
      throw error;
    }
    this.#cancelPublish?.();
    this.#publishing = this.#publishing.then(() => this.#publish());
    await this.#publishing;
    if (this.#health.fatal !== undefined) throw this.#health.fatal;
    this.#scheduleHeartbeat();
  }

  get health(): LedgerHealth {
    return this.#health.state;
  }

  get size(): number {
    return this.#committer.size;
  }

  enlist(source: EntrySource): void {
    this.#committer.enlist(source);
  }

  append(entry: Entry): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      this.enlist({ drain: (group) => void group.add(entry), durable: resolve, failed: reject });
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#cancelHeartbeat();
    await this.#committer.whenIdle();
    this.#committer.fail(new WhosawError("LEDGER_CLOSED", "The ledger is closed."));
    this.#cancelPublish?.();
    this.#publishing = this.#publishing.then(() => this.#publish());
    await this.#publishing;
    this.#cancelPublish?.();
    await this.#wal.close();
    const error = this.#health.first;
    // Without a checkpoint over everything the stop is not clean: the lock stays to say so.
    if (this.#health.fatal === undefined && this.#publisher.checkpointSize === this.size) await this.#lock.release();
    else if (error !== undefined) throw error;
  }

  #durable(entries: DurableEntries): void {
    this.#pending.push(entries);
    this.#uncoveredBytes += entries.prefixed.length;
    this.#schedulePublish();
  }

  /** Half of the interval to wait, half to write. */
  #schedulePublish(): void {
    if (this.#cancelPublish !== undefined || this.#health.fatal !== undefined) return;
    this.#cancelPublish = this.#timers.after(LIMITS.checkpointIntervalMs / 2, () => {
      this.#publishing = this.#publishing.then(() => this.#publish());
    });
  }

  async #publish(): Promise<void> {
    this.#cancelPublish = undefined;
    if (this.#health.fatal !== undefined) return;
    try {
      for (let entries = this.#pending.shift(); entries !== undefined; entries = this.#pending.shift())
        await this.#publisher.take(entries);
      const bytes = this.#uncoveredBytes;
      await this.#publisher.publish();
      await this.#wal.removeCovered(this.#publisher.checkpointSize);
      this.#uncoveredBytes -= bytes;
      this.#health.set("publish", undefined);
    } catch (cause) {
      this.#publishFailed(cause);
    }
  }

  #publishFailed(cause: unknown): void {
    const error = ledgerError(cause, "writing tiles and checkpoint");
    if (cause instanceof SyncFailed || error.code === "LEDGER_BEHIND_WITNESS") {
      this.#committer.fail(error);
      this.#stop(error);
      return;
    }
    this.#health.set("publish", error);
    this.#schedulePublish();
  }

  #stop(error: WhosawError): void {
    if (this.#health.fatal !== undefined) return;
    this.#health.set("fatal", error);
    this.#cancelHeartbeat();
    this.#options.onFatal(error);
  }

  #clockBehind(behindMs: number): void {
    this.#health.set("clock", behindMs > LIMITS.clockSkewMs ? clockSkew() : undefined);
  }

  #backlogRefusal(): WhosawError | undefined {
    if (this.#uncoveredBytes <= LIMITS.uncoveredBytesMax) return undefined;
    const publishError = this.#health.first;
    return (
      publishError ??
      new WhosawError("LEDGER_IO", "Tiles cannot be written as fast as entries arrive.", {
        hint: "Try again in a moment.",
      })
    );
  }

  #scheduleHeartbeat(): void {
    this.#cancelHeartbeat = this.#timers.after(LIMITS.heartbeatIntervalMs, () => {
      this.#scheduleHeartbeat();
      // A failure shows in health; the next heartbeat tries again.
      this.append({ kind: "heartbeat", sessions: this.#options.sessionCount() }).catch(() => undefined);
    });
  }
}

function clockSkew(): WhosawError {
  return new WhosawError("CLOCK_SKEW", "The wall clock stands behind the ledger's last entry; times are held back.", {
    hint: "Check time synchronisation on this machine.",
  });
}

/**
 * The earliest time of the next entry. After an unclean stop an index and time may have been sealed in a group that was
 * cut away; clocks that stand still or behind are kept from meeting that time again by a random step.
 */
function startTimeMs(lastTimeMs: number, unclean: boolean): number {
  return unclean && lastTimeMs > 0 ? lastTimeMs + 1 + Math.floor(Math.random() * LIMITS.clockSkewMs) : lastTimeMs;
}
