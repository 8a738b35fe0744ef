/** Rows of daily masses as series: of one cell, one source and one set of fields each. */
import { DayRows } from "./day-sweep.ts";
import type { CellMass, DayMass } from "./model.ts";
import type { Sources } from "./sources.ts";

export interface Series {
  readonly rows: DayRows;
  readonly source: Uint32Array;
  readonly fields: Uint32Array;
  /** Series of a cell stand together; of all, when there are no cells. */
  rangeOf(cell: number): readonly [start: number, end: number];
}

export function seriesOf(mass: DayMass | CellMass, sources: Sources): Series {
  const cellOf = (row: number): number => ("cell" in mass ? (mass.cell[row] ?? 0) : 0);
  const rowSeries = new Uint32Array(mass.day.length);
  const known = new Map<number, Map<number, number>>();
  let count = 0;
  for (let row = 0; row < mass.day.length; row++) {
    const source = sources.of(mass.staff[row] ?? 0, mass.listed[row] ?? 0);
    // Cells and sources fit one number together; fields have one of their own.
    const place = cellOf(row) * sources.count + source;
    let byFields = known.get(place);
    if (byFields === undefined) known.set(place, (byFields = new Map()));
    const fields = mass.fields[row] ?? 0;
    let series = byFields.get(fields);
    if (series === undefined) byFields.set(fields, (series = count++));
    rowSeries[row] = series;
  }
  return inOrderOfCells({ mass, rowSeries, known, count }, sources);
}

interface Numbered {
  readonly mass: DayMass;
  readonly rowSeries: Uint32Array;
  /** By cell and source, then by fields. */
  readonly known: ReadonlyMap<number, ReadonlyMap<number, number>>;
  readonly count: number;
}

function inOrderOfCells({ mass, rowSeries, known, count }: Numbered, sources: Sources): Series {
  const places = [...known.keys()].sort((a, b) => a - b);
  const [source, fields, renumbered] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
  const ranges = new Map<number, [number, number]>();
  let at = 0;
  for (const place of places) {
    const cell = Math.floor(place / sources.count);
    for (const [set, series] of known.get(place) ?? []) {
      source[at] = place % sources.count;
      fields[at] = set;
      renumbered[series] = at++;
    }
    const range = ranges.get(cell);
    if (range === undefined) ranges.set(cell, [at - (known.get(place)?.size ?? 0), at]);
    else range[1] = at;
  }
  const series = rowSeries.map((old) => renumbered[old] ?? 0);
  return {
    rows: new DayRows({ day: mass.day, series, count: mass.count }, count),
    source,
    fields,
    rangeOf: (cell) => ranges.get(cell) ?? [0, 0],
  };
}
