/** Rows of columns as the trace takes them: actors and cells by their numbers in the case. */
import { number64 } from "../columns/numbers.ts";
import { SURE_GRADES } from "../columns/queries/scope.ts";
import type { DaySums, SubjectView } from "../columns/queries/trace.ts";
import type { CellMass, DayMass, Staff, Views } from "../trace/model.ts";
import type { Stretches } from "./case-stretches.ts";

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
  readonly sums: DaySums;
  readonly stretches: Stretches;
  readonly cell: number;
}

/** Sums in the order in which they came, each as the days that stand for it. */
export class Masses {
  readonly #parts: Part[] = [];

  /** @param cell as the case numbers it, where sums are of one */
  add(sums: DaySums, stretches: Stretches, cell = 0): void {
    this.#parts.push({ sums, stretches, cell });
  }

  /** Numbers of the actors that occur. */
  actors(): ReadonlySet<bigint> {
    const found = new Set<bigint>();
    for (const { sums } of this.#parts) eachRun(sums.actor, (actor) => void found.add(actor));
    return found;
  }

  cellMass(numbers: StaffNumbers): CellMass {
    // A sum is of two days at most.
    const length = 2 * this.#parts.reduce((sum, { sums }) => sum + sums.views.length, 0);
    const mass = {
      cell: new Uint32Array(length),
      staff: new Uint32Array(length),
      day: new Int32Array(length),
      fields: new Uint32Array(length),
      listed: new Uint8Array(length),
      count: new Float64Array(length),
    };
    let at = 0;
    for (const { sums, stretches, cell } of this.#parts) {
      eachRun(sums.actor, (actor, from, to) => {
        const staff = numbers.of(actor);
        for (let row = from; row < to; row++) {
          stretches.share(sums, row, (day, count) => {
            mass.cell[at] = cell;
            mass.staff[at] = staff;
            mass.day[at] = day;
            mass.fields[at] = sums.fields[row] ?? 0;
            mass.listed[at] = sums.listed[row] ?? 0;
            mass.count[at] = count;
            at++;
          });
        }
      });
    }
    return {
      cell: mass.cell.slice(0, at),
      staff: mass.staff.slice(0, at),
      day: mass.day.slice(0, at),
      fields: mass.fields.slice(0, at),
      listed: mass.listed.slice(0, at),
      count: mass.count.slice(0, at),
    };
  }

  dayMass(numbers: StaffNumbers): DayMass {
    const { staff, day, fields, listed, count } = this.cellMass(numbers);
    return { staff, day, fields, listed, count };
  }
}

/** Rows come by actor, many of one behind each other; a bigint for each would take longer than all the rest. */
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
    ...(views.some(({ grade }) => !SURE_GRADES.includes(grade)) && {
      unsure: Uint8Array.from(views, ({ grade }) => Number(!SURE_GRADES.includes(grade))),
    }),
  };
}
