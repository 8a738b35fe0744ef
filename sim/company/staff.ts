/** Who works in the simulated company. */

export type Role = "agent" | "second-line" | "quality";

export interface StaffMember {
  readonly id: string;
  readonly team: string;
  readonly role: Role;
  readonly site: string;
}

/** Hours ahead of UTC. */
export const SITES = [
  { name: "north", utcOffsetHours: 1 },
  { name: "east", utcOffsetHours: 8 },
  { name: "south", utcOffsetHours: 10 },
  { name: "west", utcOffsetHours: -6 },
] as const;

export interface StaffOptions {
  readonly staff: number;
  /** Agents in a team; the last team may have fewer. */
  readonly teamSize: number;
  /** Of all staff. */
  readonly secondLineShare: number;
  readonly qualityShare: number;
}

/** Agents stand first, team by team, then second line, then quality. */
export class Roster {
  readonly members: readonly StaffMember[];
  readonly agents: number;
  readonly teams: number;
  readonly teamSize: number;
  readonly secondLine: number;
  readonly quality: number;

  constructor({ staff, teamSize, secondLineShare, qualityShare }: StaffOptions) {
    this.secondLine = Math.round(staff * secondLineShare);
    this.quality = Math.round(staff * qualityShare);
    this.agents = staff - this.secondLine - this.quality;
    this.teamSize = teamSize;
    this.teams = Math.ceil(this.agents / teamSize);
    this.members = Array.from({ length: staff }, (_, index) => this.#member(index));
  }

  #member(index: number): StaffMember {
    if (index >= this.agents + this.secondLine)
      return {
        id: `q${digits(index - this.agents - this.secondLine, 4)}`,
        team: "quality",
        role: "quality",
        site: siteOf(index),
      };
    if (index >= this.agents)
      return {
        id: `s${digits(index - this.agents, 4)}`,
        team: "second-line",
        role: "second-line",
        site: siteOf(index),
      };
    const team = this.teamOf(index);
    return { id: `a${digits(index, 5)}`, team: `team-${digits(team, 4)}`, role: "agent", site: siteOf(team) };
  }

  /** Of an agent. */
  teamOf(agent: number): number {
    return Math.floor(agent / this.teamSize);
  }

  /** The first agent of a team and how many there are. */
  agentsOf(team: number): { readonly first: number; readonly count: number } {
    const first = team * this.teamSize;
    return { first, count: Math.min(this.teamSize, this.agents - first) };
  }
}

function digits(number: number, width: number): string {
  return String(number + 1).padStart(width, "0");
}

function siteOf(index: number): string {
  return SITES[index % SITES.length]!.name;
}
