/**
 * Group commit. Sources enlist; when no sync is under way all of them are drained into one group, which is written with
 * one write and made durable with one fdatasync; only then receipts exist. They are handed out before the next group is
 * formed: with 64 clients the larger groups gave more entries a second than a disk that never rests.
 *
 * Fields are owned by `#run`: one runs at a time, and what is awaited in it is named in comments.
 */
import type { Clock } from "../base/clock.ts";
import { WhosawError } from "../base/errors.ts";
import { dayNumber, type DayKeys } from "./day-keys.ts";
import { ledgerError, SyncFailed } from "./durable-file.ts";
import type { Group } from "./group.ts";
import { Receipt, type EntrySource } from "./ledger.ts";
import type { DurableEntries } from "./publisher.ts";
import { GROUP_HEADER_BYTES, groupHash, type WalWriter } from "./wal.ts";

interface Drained {
  readonly source: EntrySource;
  readonly firstIndex: number;
  readonly lastIndex: number;
}

export interface CommitOptions {
  readonly origin: string;
  readonly clock: Clock;
  readonly dayKeys: DayKeys;
  readonly group: Group;
  readonly wal: WalWriter;
  readonly size: number;
  readonly lastTimeMs: number;
  /** A group is on stable storage. */
  readonly onDurable: (entries: DurableEntries, firstIndex: number) => void;
  /** An attempt failed, or (undefined) one has succeeded. */
  readonly onError: (error: WhosawError | undefined) => void;
  /** A sync failed: nothing is accepted any more. */
  readonly onFatal: (error: WhosawError) => void;
  /** How far the wall clock stands behind the log's last entry, in milliseconds; told with every group. */
  readonly onClockBehind: (behindMs: number) => void;
  /** Why nothing can be accepted at the moment. */
  readonly refusal: () => WhosawError | undefined;
}

export class Committer {
  readonly #options: CommitOptions;
  #enlisted = new Set<EntrySource>();
  #size: number;
  /** No entry may have an earlier time. */
  #timeMs: number;
  #running = false;
  #idle: (() => void)[] = [];
  #fatal: WhosawError | undefined;

  constructor(options: CommitOptions) {
    this.#options = options;
    this.#size = options.size;
    this.#timeMs = options.lastTimeMs;
  }

  get size(): number {
    return this.#size;
  }

  enlist(source: EntrySource): void {
    this.#enlisted.add(source);
    if (this.#running) return;
    this.#running = true;
    // After the present round of socket events, so that everything that came with it goes together.
    setImmediate(() => void this.#run());
  }

  /** Nothing will ever be accepted again. */
  fail(error: WhosawError): void {
    this.#fatal ??= error;
  }

  /** Resolves when nothing is enlisted or under way. */
  whenIdle(): Promise<void> {
    if (!this.#running) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async #run(): Promise<void> {
    while (this.#enlisted.size > 0) this.#release(await this.#commitOne());
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Forms one group of what is enlisted and makes it durable; returns who is to get a receipt. */
  async #commitOne(): Promise<Drained[]> {
    let drained: Drained[] = [];
    const { group, wal } = this.#options;
    try {
      this.#checkAccepting();
      await this.#prepare();
      drained = this.#drain();
      if (drained.length === 0) return [];
      const bytes = group.finish(wal.chain);
      wal.write(bytes);
      const syncing = wal.sync();
      // While the disk works; a sync that fails in the meantime is met by the await below.
      syncing.catch(() => undefined);
      const hash = groupHash(bytes);
      const entries = { count: group.count, prefixed: Buffer.from(bytes.subarray(GROUP_HEADER_BYTES)) };
      await syncing;
      this.#accept(bytes.length, hash, entries);
      return drained;
    } catch (error) {
      this.#failed(error, drained);
      return [];
    }
  }

  #checkAccepting(): void {
    const refusal = this.#fatal ?? this.#options.refusal();
    if (refusal !== undefined) throw refusal;
  }

  /** Fixes the group's time, and makes sure of the day's key and the segment. Awaits only on a new day or segment, or after a failure. */
  async #prepare(): Promise<void> {
    const { clock, dayKeys, wal, group } = this.#options;
    if (wal.unprepared) await wal.prepare(this.#size);
    const nowMs = clock.nowMs();
    const timeMs = Math.max(this.#timeMs, nowMs);
    this.#options.onClockBehind(timeMs - nowMs);
    if (!dayKeys.has(dayNumber(timeMs))) await dayKeys.loadOrCreate(dayNumber(timeMs));
    group.begin(this.#size, timeMs);
  }

  #drain(): Drained[] {
    const { group } = this.#options;
    const drained: Drained[] = [];
    for (const source of this.#enlisted) {
      if (group.full) break;
      this.#enlisted.delete(source);
      const mark = group.mark();
      try {
        source.drain(group);
      } catch (error) {
        this.#dropSource(source, mark, error);
        continue;
      }
      if (group.count > mark.count) {
        drained.push({ source, firstIndex: this.#size + mark.count, lastIndex: this.#size + group.count - 1 });
      }
    }
    return drained;
  }

  /** A source could not say what it had to say. Its bytes were never written, so its indices may be used again. */
  #dropSource(source: EntrySource, mark: ReturnType<Group["mark"]>, error: unknown): void {
    this.#options.group.rollback(mark);
    const known = error instanceof WhosawError;
    source.failed(known ? error : new WhosawError("INTERNAL", "An entry could not be recorded.", { cause: error }));
  }

  #accept(groupBytes: number, hash: Buffer, entries: DurableEntries): void {
    const { group, wal, onDurable, onError } = this.#options;
    const firstIndex = this.#size;
    wal.accept(groupBytes, hash);
    this.#size += group.count;
    this.#timeMs = group.timeMs;
    onDurable(entries, firstIndex);
    onError(undefined);
  }

  #release(durable: readonly Drained[]): void {
    for (const { source, firstIndex, lastIndex } of durable) {
      tell(() => source.durable(Receipt.issue(this.#options.origin, firstIndex, lastIndex)));
    }
  }

  /** Nothing of the present group counts, and nothing of those still waiting is tried on the same disk. */
  #failed(cause: unknown, drained: readonly Drained[]): void {
    const error = ledgerError(cause, "appending entries");
    this.#options.group.abandon();
    // The same index and time must never be sealed twice (docs/ledger-format.md, "Sealing").
    this.#timeMs = Math.max(this.#timeMs, this.#options.group.timeMs + 1);
    if (cause instanceof SyncFailed && this.#fatal === undefined) {
      this.#fatal = error;
      this.#options.onFatal(error);
    }
    this.#options.onError(error);
    const waiting = [...this.#enlisted];
    this.#enlisted.clear();
    for (const { source } of drained) tell(() => source.failed(error));
    for (const source of waiting) tell(() => source.failed(error));
  }
}

/** A source that throws is a bug: it stops the process, and must not pass for a failure of the disk before. */
function tell(what: () => void): void {
  try {
    what();
  } catch (bug) {
    queueMicrotask(() => {
      throw bug;
    });
  }
}
