/** The support workload: a dozen people at work through a gateway, in this process. */
import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Answered } from "./desk.ts";
import type { Customers } from "./place.ts";
import { ROSTER, type StaffMember } from "./roster.ts";
import { Shift, type Wait } from "./shift.ts";
import { Tally } from "./tally.ts";

export interface DepartmentOptions {
  readonly customers: Customers;
  /** The same seed makes the same people want the same things. */
  readonly seed: number;
  /** The gateway's URL for somebody, by their sign-in ({@link signInOf}). */
  readonly url: (person: StaffMember) => string;
  /** Default: everybody. */
  readonly roster?: readonly StaffMember[];
  /** Everybody goes home after so many tasks of their own. Default: nobody does before {@link Department.stop}. */
  readonly tasks?: number;
  /** Default: as long as people take. */
  readonly wait?: Wait;
  readonly onAnswer?: (answered: Answered) => void;
}

const inRealTime: Wait = (milliseconds, signal) => delay(milliseconds, undefined, { signal });

export class Department {
  readonly tally = new Tally();
  /** Resolves when everybody has gone home. */
  readonly done: Promise<void>;
  readonly size: number;
  readonly #shifts: readonly Shift[];
  readonly #closing = new AbortController();

  /** Everybody starts to work. */
  constructor({
    seed,
    customers,
    url,
    roster = ROSTER,
    tasks = Infinity,
    wait = inRealTime,
    onAnswer,
  }: DepartmentOptions) {
    const { signal } = this.#closing;
    setMaxListeners(roster.length, signal);
    this.#shifts = roster.map(
      (person) =>
        new Shift({ seed, customers, person, url: url(person), tasks, wait, onAnswer, tally: this.tally, signal }),
    );
    this.size = roster.length;
    this.done = Promise.all(this.#shifts.map((shift) => shift.work())).then(() => undefined);
  }

  /** How many are at work now. */
  get atWork(): number {
    return this.#shifts.filter((shift) => shift.atWork).length;
  }

  /** Sends everybody home; statements that are under way are waited for. */
  async stop(): Promise<void> {
    this.#closing.abort();
    await this.done;
  }
}
