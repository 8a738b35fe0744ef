/** Makes the aggregates that are missing, and adds to the others what has arrived since. */
import type { Columns } from "../columns.ts";
import { addActorDays, makeActorDays, newActorDays } from "./actor-days.ts";
import { DAY_MS } from "../../base/clock.ts";
import { addCellDays, cellsMoved, daysOf, makeCells, type Making, newSince } from "./cells.ts";
import {
  type Aggregate,
  aggregatesOf,
  dropGeneration,
  dropLeftovers,
  keepAggregate,
  newGeneration,
  newVersion,
  WHAT,
} from "./kept.ts";
import type { Readable } from "./positions.ts";

/** What a run has done. */
export interface Made {
  readonly what: "actors" | "cells";
  readonly epoch: number;
  readonly how: "made" | "extended";
  readonly milliseconds: number;
}

/** Runs of one store take turns: each drops what a run before it has left. */
const running = new WeakMap<Columns, Promise<unknown>>();

/** Epochs of which aggregates are wanted. */
export type Wanted = Readonly<Record<Made["what"], readonly number[]>>;

/**
 * Brings the aggregates of these epochs up to what has arrived, newest first. What is broken off is made anew by the next run.
 * @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED, and what `pause` throws
 */
export async function makeAggregates(
  making: Making,
  wanted: Wanted,
  { onMade, extend }: { readonly onMade?: ((made: Made) => void) | undefined; readonly extend: boolean },
): Promise<void> {
  const before = running.get(making.columns) ?? Promise.resolve();
  const run = before.catch(() => undefined).then(() => new Run(making, onMade).run(wanted, extend));
  running.set(making.columns, run);
  await run;
}

/** Epochs that these days lie in, the last included, ascending. */
export function epochsOver([first, last]: readonly [number, number], epochDays: number): readonly number[] {
  const [from, to] = [Math.floor(first / epochDays), Math.floor(last / epochDays)];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

class Run {
  readonly #making: Making;
  readonly #onMade: ((made: Made) => void) | undefined;

  constructor(making: Making, onMade: ((made: Made) => void) | undefined) {
    this.#making = making;
    this.#onMade = onMade;
  }

  async run({ actors, cells }: Wanted, extend: boolean): Promise<void> {
    await dropLeftovers(this.#making.columns);
    await this.#bring("actors", actors, extend);
    await this.#bring("cells", cells, extend);
  }

  async #bring(what: Made["what"], epochs: readonly number[], extend: boolean): Promise<void> {
    const { columns, kind } = this.#making;
    const there = await aggregatesOf(columns, WHAT[what], kind);
    for (const epoch of [...epochs].sort((a, b) => b - a)) {
      const start = performance.now();
      const how = await this.#bringOne(what, epoch, there.get(epoch), extend);
      if (how !== undefined) this.#onMade?.({ what, epoch, how, milliseconds: performance.now() - start });
    }
  }

  async #bringOne(
    what: Made["what"],
    epoch: number,
    found: Aggregate | undefined,
    extend: boolean,
  ): Promise<Made["how"] | undefined> {
    if (found === undefined || !stillReadable(found, this.#making.readable)) return this.#make(what, epoch, found);
    if (!extend) return undefined;
    if (what === "cells" && (await cellsMoved(this.#making, found))) return this.#make(what, epoch, found);
    const newer = what === "cells" ? newSince(this.#making, found) : newActorDays(this.#making, found);
    if (newer === undefined) return undefined;
    const { columns, arrived, pause } = this.#making;
    const piece = await nextPiece(columns, what, found.generation);
    if (what === "cells") await addCellDays(this.#making, found, newer, piece);
    else await addActorDays(this.#making, found, newer, piece);
    const pieces = [...found.pieces, piece];
    await keepAggregate(columns, { ...found, version: await newVersion(columns), pieces, reached: arrived });
    await pause();
    return "extended";
  }

  async #make(what: Made["what"], epoch: number, old: Aggregate | undefined): Promise<Made["how"]> {
    const { columns, rules, kind, arrived, readable, pause } = this.#making;
    const generation = await newGeneration(columns);
    const cells = what === "cells" ? await makeCells(this.#making, epoch, generation) : [];
    if (what === "actors") await makeActorDays(this.#making, epoch, generation);
    await keepAggregate(columns, {
      what: WHAT[what],
      kind,
      epoch,
      generation,
      version: await newVersion(columns),
      pieces: [0],
      reached: arrived,
      firstDay: what === "cells" ? daysOf(epoch, rules)[0] : epoch * rules.epochDays,
      readableFrom: [...readable].map(([log, times]) => [log, times[0]?.[0] ?? Number.MAX_SAFE_INTEGER] as const),
      cells,
    });
    if (old !== undefined) await dropGeneration(columns, old.generation);
    await pause();
    return "made";
  }
}

/** A piece of a generation that no row has yet. */
async function nextPiece(columns: Columns, what: Made["what"], generation: number): Promise<number> {
  const table = what === "cells" ? "cell_days" : "actor_days";
  const rows = await columns.select(`SELECT max(piece) AS last FROM ${table} WHERE generation = ${generation}`);
  return Number(rows[0]?.[0] ?? 0) + 1;
}

/** Whether none of its days has expired since it was made. */
function stillReadable({ firstDay, readableFrom }: Aggregate, readable: Readable): boolean {
  const before = new Map(readableFrom);
  return [...readable].every(([log, times]) => {
    const firstMs = times[0]?.[0] ?? Number.MAX_SAFE_INTEGER;
    return firstMs <= firstDay * DAY_MS || firstMs <= (before.get(log) ?? Number.MAX_SAFE_INTEGER);
  });
}
