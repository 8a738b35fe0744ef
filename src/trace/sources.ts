/** Who or what a leak may come from: staff and what they share, each in two channels. */
import type { DayMass, Staff, Views } from "./model.ts";

/**
 * Units are staff, then teams, then everyone together: an outsider may hold what one person, a team or all see. In each
 * channel (opened, and listed where anything was) a unit is a source, `channel * units + unit`; the dump, by exposure, is
 * the last one.
 */
export class Sources {
  readonly staffCount: number;
  readonly teams: readonly string[];
  /** Of each staff member; -1 without. */
  readonly teamOf: Int32Array;
  readonly channels: 1 | 2;
  readonly units: number;
  readonly count: number;

  constructor(staff: readonly Staff[], listed: boolean) {
    this.staffCount = staff.length;
    this.teams = [...new Set(staff.flatMap(({ team }) => team ?? []))].sort();
    const numbers = new Map(this.teams.map((team, number) => [team, number]));
    this.teamOf = Int32Array.from(staff, ({ team }) => (team === undefined ? -1 : (numbers.get(team) ?? -1)));
    this.channels = listed ? 2 : 1;
    this.units = staff.length + this.teams.length + 1;
    this.count = this.channels * this.units + 1;
  }

  get dump(): number {
    return this.count - 1;
  }

  get everyone(): number {
    return this.units - 1;
  }

  of(staff: number, listed: number): number {
    return (listed === 1 ? this.units : 0) + staff;
  }

  /** The unit of a source that is not the dump. */
  unitOf(source: number): number {
    return source % this.units;
  }

  /** The team's number of a unit; undefined for staff and everyone. */
  teamOfUnit(unit: number): number | undefined {
    return unit >= this.staffCount && unit < this.everyone ? unit - this.staffCount : undefined;
  }

  /** The same source of the team and of everyone that a source of one person belongs to. */
  sharedBy(source: number): readonly number[] {
    const unit = this.unitOf(source);
    const base = source - unit;
    const team = this.teamOf[unit] ?? -1;
    const everyone = base + this.everyone;
    return team < 0 ? [everyone] : [base + this.staffCount + team, everyone];
  }

  /** Adds to teams and to everyone what their members have. */
  foldTeams(masses: Float64Array): void {
    for (let channel = 0; channel < this.channels; channel++) {
      const base = channel * this.units;
      let all = 0;
      for (let staff = 0; staff < this.staffCount; staff++) {
        const mass = masses[base + staff] ?? 0;
        all += mass;
        const team = this.teamOf[staff] ?? -1;
        const at = base + this.staffCount + team;
        if (team >= 0) masses[at] = (masses[at] ?? 0) + mass;
      }
      masses[base + this.everyone] = all;
    }
  }
}

export function anyListed(...tables: readonly (DayMass | Views)[]): boolean {
  return tables.some(({ listed }) => listed.includes(1));
}

/**
 * What a view says of a caller who knew these facts.
 * @param fields 0: not known which were shown
 */
export function fieldsChance(known: number, fields: number, fieldError: number): number {
  return fields === 0 || (known & ~fields) === 0 ? 1 - fieldError : fieldError;
}
