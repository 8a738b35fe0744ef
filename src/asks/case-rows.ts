/** Rows of columns as the trace takes them: actors and cells by their numbers in the case. */
import { number64 } from "../columns/numbers.ts";
import type { ActorDays, SubjectView } from "../columns/queries/trace.ts";
import type { CellMass, DayMass, Staff, Views } from "../trace/model.ts";

/** Actors by their places in a list: those given, then others by id. */
export class StaffNumbers {
  readonly staff: readonly Staff[];
  readonly #places: ReadonlyMap<bigint, number>;

  /** @param named actors by their numbers, each with its id */
  constructor(given: readonly Staff[], named: ReadonlyMap<bigint, string>) {
    const places = new Map(given.map(({ id }, place) => [number64(id), place]));
    const others = [...named].filter(([actor]) => !places.has(actor)).sort(([, a], [, b]) => (a < b ? -1 : 1));
    for (const [index, [actor]] of others.entries()) places.set(actor, given.length + index);
    this.staff = [...given, ...others.map(([, id]) => ({ id }))];
    this.#places = places;
  }

  /** @param actor one of them */
  of(actor: bigint): number {
    return this.#places.get(actor) ?? 0;
  }
}

interface Part {
  readonly rows: ActorDays;
  readonly cell: Uint32Array;
}

/** Counts in the order in which they came; those of cells have a place for each. */
export class Counts {
  readonly #parts: Part[] = [];

  /** @param cell of each row, as the case numbers them */
  add(rows: ActorDays, cell: Uint32Array = new Uint32Array(0)): void {
    this.#parts.push({ rows, cell });
  }

  /** Numbers of the actors that occur. */
  actors(): ReadonlySet<bigint> {
    const found = new Set<bigint>();
    for (const { rows } of this.#parts) eachRun(rows.actor, (actor) => void found.add(actor));
    return found;
  }

  dayMass(numbers: StaffNumbers): DayMass {
    const length = this.#parts.reduce((sum, { rows }) => sum + rows.n.length, 0);
    const mass = {
      staff: new Uint32Array(length),
      day: new Int32Array(length),
      fields: new Uint32Array(length),
      listed: new Uint8Array(length),
      count: new Float64Array(length),
    };
    let at = 0;
    for (const { rows } of this.#parts) {
      const start = at;
      eachRun(rows.actor, (actor, from, to) => mass.staff.fill(numbers.of(actor), start + from, start + to));
      mass.day.set(rows.day, at);
      mass.fields.set(rows.fields, at);
      mass.listed.set(rows.listed, at);
      mass.count.set(rows.n, at);
      at += rows.n.length;
    }
    return mass;
  }

  cellMass(numbers: StaffNumbers): CellMass {
    const mass = this.dayMass(numbers);
    const cell = new Uint32Array(mass.day.length);
    let at = 0;
    for (const part of this.#parts) {
      cell.set(part.cell, at);
      at += part.rows.n.length;
    }
    return { ...mass, cell };
  }
}

/** Rows come by actor, thousands of one behind each other; a bigint for each would take longer than all the rest. */
function eachRun(actors: BigUint64Array, visit: (actor: bigint, from: number, to: number) => void): void {
  const halves = new Uint32Array(actors.buffer, actors.byteOffset, actors.length * 2);
  let from = 0;
  for (let at = 1; at <= actors.length; at++) {
    if (at < actors.length && halves[2 * at] === halves[2 * from] && halves[2 * at + 1] === halves[2 * from + 1])
      continue;
    visit(actors[from] ?? 0n, from, at);
    from = at;
  }
}

export function viewsFrom(views: readonly SubjectView[], numbers: StaffNumbers): Views {
  return {
    staff: Uint32Array.from(views, ({ actor }) => numbers.of(actor)),
    subject: Float64Array.from(views, ({ subject }) => subject),
    at: Float64Array.from(views, ({ atMs }) => atMs),
    fields: Uint32Array.from(views, ({ fields }) => fields),
    listed: Uint8Array.from(views, ({ listed }) => Number(listed)),
  };
}
