/** Rows of daily masses as series: of one source and one set of fields each, a cell at a time. */
import { DayRows } from "./day-sweep.ts";
import type { CellMass, DayMass } from "./model.ts";
import type { Sources } from "./sources.ts";

export interface Series {
  readonly rows: DayRows;
  readonly source: Uint32Array;
  readonly fields: Uint32Array;
}

/** A table of masses, cut up by cell when one is asked for; a table without cells has one, 0. */
export class MassTable {
  readonly #mass: DayMass;
  readonly #sources: Sources;
  readonly #rowsOf: (cell: number) => Uint32Array;
  readonly #cells = new Map<number, Series>();

  constructor(mass: DayMass | CellMass, sources: Sources) {
    this.#mass = mass;
    this.#sources = sources;
    this.#rowsOf = "cell" in mass ? byCell(mass.cell) : () => mass.staff.map((_, row) => row);
  }

  ofCell(cell: number): Series {
    let series = this.#cells.get(cell);
    if (series === undefined) this.#cells.set(cell, (series = this.#cut(this.#rowsOf(cell))));
    return series;
  }

  #cut(rows: Uint32Array): Series {
    const { staff, day, fields, listed, count } = this.#mass;
    const table = {
      day: new Int32Array(rows.length),
      series: new Uint32Array(rows.length),
      count: new Float64Array(rows.length),
    };
    const sets = new Map<number, Map<number, number>>();
    const [sources, fieldSets]: [number[], number[]] = [[], []];
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at] ?? 0;
      const source = this.#sources.of(staff[row] ?? 0, listed[row] ?? 0);
      const set = fields[row] ?? 0;
      let bySource = sets.get(set);
      if (bySource === undefined) sets.set(set, (bySource = new Map()));
      let series = bySource.get(source);
      if (series === undefined) {
        bySource.set(source, (series = sources.length));
        sources.push(source);
        fieldSets.push(set);
      }
      table.day[at] = day[row] ?? 0;
      table.series[at] = series;
      table.count[at] = count[row] ?? 0;
    }
    return {
      rows: new DayRows(table, sources.length),
      source: Uint32Array.from(sources),
      fields: Uint32Array.from(fieldSets),
    };
  }
}

/** Tables do not change once they were given, and cases share them: each is cut up once. */
const known = new WeakMap<
  DayMass,
  { readonly staffCount: number; readonly channels: number; readonly table: MassTable }
>();

export function massTable(mass: DayMass | CellMass, sources: Sources): MassTable {
  const { staffCount, channels } = sources;
  const there = known.get(mass);
  if (there !== undefined && there.staffCount === staffCount && there.channels === channels) return there.table;
  const table = new MassTable(mass, sources);
  known.set(mass, { staffCount, channels, table });
  return table;
}

/** Rows of each cell, in their order. */
function byCell(cell: Uint32Array): (cell: number) => Uint32Array {
  const count = 1 + cell.reduce((most, each) => Math.max(most, each), 0);
  const starts = new Uint32Array(count + 1);
  for (let row = 0; row < cell.length; row++) starts[(cell[row] ?? 0) + 1] = (starts[(cell[row] ?? 0) + 1] ?? 0) + 1;
  for (let at = 1; at <= count; at++) starts[at] = (starts[at] ?? 0) + (starts[at - 1] ?? 0);
  const next = starts.slice();
  const rows = new Uint32Array(cell.length);
  for (let row = 0; row < cell.length; row++) {
    const place = next[cell[row] ?? 0] ?? 0;
    rows[place] = row;
    next[cell[row] ?? 0] = place + 1;
  }
  return (wanted) => rows.subarray(starts[wanted] ?? 0, starts[wanted + 1] ?? 0);
}
