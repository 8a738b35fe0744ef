/** The daily aggregates of a trace as the control plane keeps them up: at its start, after a rebuild, and several times a day. */
import { setTimeout as delay } from "node:timers/promises";
import { makingOf } from "../asks/trace-making.ts";
import { systemClock } from "../base/clock.ts";
import type { WhosawError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Columns } from "../columns/columns.ts";
import { daysOf, type Making } from "../columns/daily/cells.ts";
import { epochsOver, type Made, makeAggregates, type Wanted } from "../columns/daily/make.ts";
import { daysHeld } from "../columns/daily/positions.ts";
import type { LogWindow } from "../columns/queries/sightings.ts";
import type { RowRules } from "../shipping/batch-reader.ts";
import { dayOf, EPOCH_DAYS, epochOf } from "../trace/strata.ts";
import type { ShippedColumns } from "./columns.ts";
import { asWhosawError } from "./kept.ts";

export interface AggregatesOptions {
  /** The one in force when they are made. */
  readonly rules: () => RowRules;
  /** What of each log columns may be read for. */
  readonly windows: (columns: Columns) => Promise<readonly LogWindow[]>;
  /** Undefined while they are not open: then it is tried again soon. */
  readonly columns: () => Pick<ShippedColumns, "columns" | "shipping"> | undefined;
  readonly onMade: (kind: string, made: Made) => void;
  /** The first failure, and then whenever the reason changes; undefined once they are made again. */
  readonly onProblem: (problem: WhosawError | undefined) => void;
}

/** What is wrong with them makes a trace slower, and no answer wrong. */
export class FollowedAggregates {
  readonly #options: AggregatesOptions;
  readonly #reached = new Map<string, number>();
  #stop = new AbortController();
  #problem: WhosawError | undefined;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(options: AggregatesOptions) {
    this.#options = options;
  }

  /** Why they were not made the last time. */
  get problem(): WhosawError | undefined {
    return this.#problem;
  }

  /** By kind: the day, since 1970, up to which they hold what has arrived. */
  get reached(): ReadonlyMap<string, number> {
    return this.#reached;
  }

  /** Makes them soon, after what is under way. */
  follow(): void {
    clearTimeout(this.#timer);
    this.#working = this.#working.then(() => this.#follow());
  }

  /** Resolves when what is under way, or asked for, is through. */
  settled(): Promise<void> {
    return this.#working;
  }

  /** Breaks off what is under way; the next run makes it anew. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await this.settled();
  }

  /** Never rejects. */
  async #follow(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#stop.signal.aborted) return;
    const pauseMs = await this.#makeAll();
    if (this.#stop.signal.aborted) return;
    this.#timer = setTimeout(() => this.follow(), pauseMs);
  }

  /** @returns when they are to be made again */
  async #makeAll(): Promise<number> {
    const open = this.#options.columns();
    if (open === undefined) return LIMITS.keptRetryMs;
    try {
      const rules = this.#options.rules();
      for (const kind of Object.keys(rules.subjects)) await this.#make(rules, kind, open.columns);
      this.#note(undefined);
      return LIMITS.aggregatesIntervalMs;
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#note(asWhosawError(error));
      return LIMITS.aggregatesRetryMs;
    }
  }

  async #make(rules: RowRules, kind: string, columns: Columns): Promise<void> {
    const logs = await this.#options.windows(columns);
    const making = await makingOf(columns, { kind, rules, logs, pause: () => this.#giveWay() });
    const wanted = await newestEpochs(making);
    const onMade = (made: Made): void => this.#options.onMade(kind, made);
    await makeAggregates(making, wanted, { onMade, extend: true });
    this.#reached.set(kind, dayOf(making.arrived.reduce((latest, { atMs }) => Math.max(latest, atMs), 0)));
  }

  /** Shipping comes first. */
  async #giveWay(): Promise<void> {
    const { signal } = this.#stop;
    const behind = (): number =>
      (this.#options.columns()?.shipping ?? []).reduce((sum, { next, size }) => sum + Math.max(0, size - next), 0);
    do await delay(LIMITS.aggregatesGiveWayMs, undefined, { signal });
    while (behind() > LIMITS.shippedBatchEntriesMax);
  }

  #note(problem: WhosawError | undefined): void {
    if (problem?.message !== this.#problem?.message) this.#options.onProblem(problem);
    this.#problem = problem;
  }
}

/** The epoch that the latest disclosures are in and those before it, and every day that their cells need. */
async function newestEpochs(making: Making): Promise<Wanted> {
  const held = await daysHeld(making.columns);
  if (held === undefined) return { cells: [], actors: [] };
  const newest = epochOf(Math.min(held[1], dayOf(systemClock.nowMs())));
  const oldest = Math.max(epochOf(held[0]), newest - LIMITS.aggregatedEpochsMax + 1);
  if (oldest > newest) return { cells: [], actors: [] };
  const cells = Array.from({ length: newest - oldest + 1 }, (_, index) => oldest + index);
  const firstDay = Math.max(held[0], daysOf(oldest, making.rules)[0]);
  return { cells, actors: epochsOver([firstDay, newest * EPOCH_DAYS], EPOCH_DAYS) };
}
