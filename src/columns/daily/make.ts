/** Makes the aggregates that are missing, and adds to the others what has arrived since. */
import { DAY_MS } from "../../base/clock.ts";
import type { Columns } from "../columns.ts";
import { addActorDays, makeActorDays, newActorDays } from "./actor-days.ts";
import { addCellDays, cellsMoved, daysOf, makeCells, type Making, newSince } from "./cells.ts";
import {
  type Aggregate,
  allAggregates,
  dropGeneration,
  dropLeftovers,
  keepAggregate,
  newVersion,
  WHAT,
} from "./kept.ts";
import { type Readable, readableSince } from "./positions.ts";

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

/** Those in force, by epoch. */
export type InForce = Readonly<Record<Made["what"], ReadonlyMap<number, Aggregate>>>;

export interface MakeOptions {
  readonly onMade?: ((made: Made) => void) | undefined;
  /** Adds to aggregates that are there what has arrived since, or makes them anew where that moves subjects. */
  readonly extend: boolean;
}

/**
 * Brings the aggregates of these epochs up to what has arrived, newest first. What is broken off is made anew by the next run.
 * Whoever finds all that is wanted there waits for nobody.
 * @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED, and what `pause` throws
 */
export async function makeAggregates(making: Making, wanted: Wanted, options: MakeOptions): Promise<InForce> {
  const there = await inForce(making);
  const usable = (what: Made["what"], epoch: number): boolean => isUsable(there[what].get(epoch), making.readable);
  if (!options.extend && WHATS.every((what) => wanted[what].every((epoch) => usable(what, epoch)))) return there;
  await whileNoneAreMade(making.columns, () => new Run(making, options).run(wanted));
  return inForce(making);
}

/** Works on tables that nobody makes aggregates in meanwhile: after a run that is under way, and before the next. */
export async function whileNoneAreMade(columns: Columns, work: () => Promise<void>): Promise<void> {
  const before = running.get(columns) ?? Promise.resolve();
  const done = before.catch(() => undefined).then(work);
  running.set(columns, done);
  await done;
}

const WHATS = ["actors", "cells"] as const;

/** The aggregates of a kind. @throws WhosawError COLUMNS_UNREACHABLE, COLUMNS_FAILED */
export async function inForce({ columns, kind }: Pick<Making, "columns" | "kind">): Promise<InForce> {
  const all = await allAggregates(columns, ` WHERE kind = ${kind}`);
  const of = (what: number): ReadonlyMap<number, Aggregate> =>
    new Map(all.filter((one) => one.what === what).map((one) => [one.epoch, one]));
  return { actors: of(WHAT.actors), cells: of(WHAT.cells) };
}

/** Epochs that these days lie in, the last included, ascending. */
export function epochsOver([first, last]: readonly [number, number], epochDays: number): readonly number[] {
  const [from, to] = [Math.floor(first / epochDays), Math.floor(last / epochDays)];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

class Run {
  readonly #making: Making;
  readonly #options: MakeOptions;
  #generation = 0;

  constructor(making: Making, options: MakeOptions) {
    this.#making = making;
    this.#options = options;
  }

  async run(wanted: Wanted): Promise<void> {
    this.#generation = (await dropLeftovers(this.#making.columns)) + 1;
    const there = await inForce(this.#making);
    for (const what of WHATS) {
      for (const epoch of wanted[what].toSorted((a, b) => b - a)) {
        const start = performance.now();
        const how = await this.#bringOne(what, epoch, there[what].get(epoch));
        if (how === undefined) continue;
        this.#options.onMade?.({ what, epoch, how, milliseconds: performance.now() - start });
      }
    }
  }

  async #bringOne(what: Made["what"], epoch: number, found: Aggregate | undefined): Promise<Made["how"] | undefined> {
    if (found === undefined || !isUsable(found, this.#making.readable)) return this.#make(what, epoch, found);
    if (!this.#options.extend) return undefined;
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
    const generation = this.#generation++;
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
      readableFrom: readableSince(readable),
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

/** Whether it is there, and none of its days has expired since it was made. */
function isUsable(found: Aggregate | undefined, readable: Readable): boolean {
  if (found === undefined) return false;
  const before = new Map(found.readableFrom);
  return readableSince(readable).every(
    ([log, firstMs]) => firstMs <= found.firstDay * DAY_MS || firstMs <= (before.get(log) ?? Number.MAX_SAFE_INTEGER),
  );
}
