/** The last day of a ledger in figures: how many disclosures carry a person, how many sessions there were, how fast it grows. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DAY_MS } from "../base/clock.ts";
import { LIMITS } from "../base/limits.ts";
import { ENTRY_KINDS, type ActorId, type DisclosureBlock } from "../ledger/entry.ts";
import { decodeKeys } from "../ledger/keys-block.ts";
import { readEntries, type ReadEntry } from "../ledger/read.ts";

export interface RecentLedger {
  /** Entries under the checkpoint. */
  readonly entries: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** From here on the figures below count: a day ago, or later where there is too much to read. */
  readonly sinceMs: number;
  readonly recentEntries: number;
  /** Subjects shown, counted once for each use of a table by a statement. */
  readonly byPersons: number;
  readonly byServiceAccounts: number;
  /** Most sessions that a heartbeat reported. */
  readonly sessionsPeak: number | undefined;
}

/**
 * Reads while a gateway writes; takes no lock.
 * @returns undefined if the log is empty
 * @throws WhosawError NOT_FOUND, LEDGER_DAMAGED, LEDGER_KEY_LOST
 */
export async function readRecent(dir: string, masterKey: Uint8Array, nowMs: number): Promise<RecentLedger | undefined> {
  const log = new RecentLog(dir, masterKey);
  const size = await checkpointSize(dir);
  if (size === 0) return undefined;
  const firstMs = await log.timeAt(0);
  const lastMs = await log.timeAt(size - 1);
  const start = Math.max(await log.firstSince(nowMs - DAY_MS, size), size - LIMITS.doctorEntriesMax);
  const tally = await log.tally(start, size);
  return {
    entries: size,
    firstMs,
    lastMs,
    sinceMs: start < size ? await log.timeAt(start) : lastMs,
    recentEntries: size - start,
    ...tally,
  };
}

/** The second line of a checkpoint; the verifier is what proves it. */
async function checkpointSize(dir: string): Promise<number> {
  const text = await readFile(join(dir, "checkpoint"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const size = Number(text.split("\n")[1] ?? 0);
  return Number.isSafeInteger(size) && size > 0 ? size : 0;
}

class RecentLog {
  readonly #dir: string;
  readonly #masterKey: Uint8Array;

  constructor(dir: string, masterKey: Uint8Array) {
    this.#dir = dir;
    this.#masterKey = masterKey;
  }

  async #at(index: number): Promise<ReadEntry | undefined> {
    for await (const entry of readEntries(this.#dir, { masterKey: this.#masterKey, from: index, to: index + 1 }))
      return entry;
    return undefined;
  }

  async timeAt(index: number): Promise<number> {
    return (await this.#at(index))?.timeMs ?? 0;
  }

  /** Times never decrease within a log: halved until the first entry at or after `sinceMs` is found. */
  async firstSince(sinceMs: number, size: number): Promise<number> {
    let [low, high] = [0, size];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((await this.timeAt(middle)) < sinceMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async tally(
    from: number,
    to: number,
  ): Promise<Pick<RecentLedger, "byPersons" | "byServiceAccounts" | "sessionsPeak">> {
    const counts = { persons: 0, services: 0 };
    let sessionsPeak: number | undefined;
    const actors = new Map<number, ActorId>();
    const add = (actor: ActorId | undefined, blocks: readonly DisclosureBlock[]): void => {
      const subjects = blocks.reduce((sum, { keys }) => sum + decodeKeys(keys).keys.length, 0);
      counts[actor?.startsWith("staff:") === true ? "persons" : "services"] += subjects;
    };
    for await (const { index, entry } of readEntries(this.#dir, { masterKey: this.#masterKey, from, to })) {
      if (entry?.kind === "heartbeat") sessionsPeak = Math.max(sessionsPeak ?? 0, entry.sessions);
      else if (entry?.kind === "statement") {
        add(entry.actor, entry.blocks);
        if (entry.outcome === undefined) actors.set(index, entry.actor);
      } else if (entry?.kind === "disclosure") {
        add(actors.get(entry.statement) ?? (await this.#actorOf(entry.statement)), entry.blocks);
        if (entry.outcome !== undefined) actors.delete(entry.statement);
      }
    }
    return { byPersons: counts.persons, byServiceAccounts: counts.services, sessionsPeak };
  }

  async #actorOf(statement: number): Promise<ActorId | undefined> {
    const found = await this.#at(statement);
    return found?.kind === ENTRY_KINDS.statement && found.entry?.kind === "statement" ? found.entry.actor : undefined;
  }
}
