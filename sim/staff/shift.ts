/** One person's day: task after task, with breaks. */
import { Random } from "../support-database/random.ts";
import { Desk, type DeskOptions } from "./desk.ts";
import { nextTask } from "./habits.ts";
import type { Customers, Place } from "./place.ts";
import type { StaffMember } from "./roster.ts";

/** Lets time pass, or rejects once the signal is aborted. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>;

export interface ShiftOptions extends DeskOptions {
  readonly customers: Customers;
  /** Of everything that the person decides. */
  readonly seed: number;
  readonly person: StaffMember;
  readonly wait: Wait;
  /** Go home after so many tasks. */
  readonly tasks: number;
  /** Go home at once. */
  readonly signal: AbortSignal;
}

const BETWEEN_TASKS_SECONDS = 4;
const BREAK_CHANCE = 0.04;
const BREAK_SECONDS = 45;
const AFTER_ERROR_SECONDS = 5;
/** Nobody thinks for longer than so many times the average. */
const THINKING_MAX = 4;

/** The seed decides what they do next and for how long they think; what they find decides the rest. */
export class Shift {
  readonly #options: ShiftOptions;
  readonly #random: Random;
  #desk: Desk | undefined;

  constructor(options: ShiftOptions) {
    this.#options = options;
    this.#random = new Random(options.seed, ...Buffer.from(options.person.name));
  }

  /** Signed in: not on a break, not gone home. */
  get atWork(): boolean {
    return this.#desk !== undefined;
  }

  /** Resolves when they have gone home. What goes wrong is noted in the tally, and they go on. */
  async work(): Promise<void> {
    const { person, tally, signal } = this.#options;
    // Not all at once.
    await this.#rest(this.#random.next() * BETWEEN_TASKS_SECONDS);
    for (let left = this.#options.tasks; left > 0 && !signal.aborted; left--) {
      try {
        this.#desk ??= await Desk.open(this.#options);
        await nextTask(person, this.#random)(this.#place(this.#desk));
        if (this.#random.chance(BREAK_CHANCE)) await this.#takeBreak();
        else await this.#think(BETWEEN_TASKS_SECONDS);
      } catch (error) {
        if (signal.aborted) break;
        tally.wentWrong(person, error);
        await this.#signOff();
        await this.#rest(AFTER_ERROR_SECONDS);
      }
    }
    await this.#signOff();
  }

  #place(desk: Desk): Place {
    const { person, customers } = this.#options;
    return { person, desk, random: this.#random, customers, think: (seconds) => this.#think(seconds) };
  }

  async #takeBreak(): Promise<void> {
    await this.#signOff();
    await this.#think(BREAK_SECONDS);
  }

  /** Mostly short, now and then long: exponential. @throws AbortError at the end of the day */
  async #think(seconds: number): Promise<void> {
    const times = Math.min(-Math.log(1 - this.#random.next()), THINKING_MAX);
    await this.#options.wait(seconds * times * 1000, this.#options.signal);
  }

  /** Between desks, where nothing has to be interrupted. */
  async #rest(seconds: number): Promise<void> {
    const { wait, signal } = this.#options;
    await wait(seconds * 1000, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async #signOff(): Promise<void> {
    const desk = this.#desk;
    this.#desk = undefined;
    await desk?.close().catch((error: unknown) => this.#options.tally.wentWrong(this.#options.person, error));
  }
}
