/** Pages that list many customers: queues, campaigns, searches. */
import { CLASS_BITS } from "../../src/asks/class-bits.ts";
import { DAY_MS } from "../../src/base/clock.ts";
import type { Diary } from "./diary.ts";
import { Draws } from "./draws.ts";
import { PAGES } from "./fields.ts";
import type { Place, Source } from "./support-work.ts";

/** A power of two. */
const QUEUE_ROOM = 512;
const OPEN_FOR_DAYS = 5;
const PAGES_A_SHIFT = [20, 60] as const;
const LISTED_A_PAGE = [25, 50] as const;
/** A page that lists fewer than ten counts as opening each. */
const LISTED_MIN = 10;
const CAMPAIGN_CHANCE = 0.01;
const CAMPAIGN_ROWS = [50, 200] as const;
const SEARCH_CHANCE = 0.3;
const SEARCH_ROWS = [2, 6] as const;
const STREAM = 22;

/** The open tickets of one team, oldest first; a customer is not in it twice within a page. */
class Queue {
  readonly #subjects = new Float64Array(QUEUE_ROOM);
  readonly #at = new Float64Array(QUEUE_ROOM);
  #end = 0;

  add(subject: number, at: number): void {
    for (let back = 1; back <= Math.min(this.#end, LISTED_A_PAGE[1]); back++)
      if (this.#subjects[(this.#end - back) % QUEUE_ROOM] === subject) return;
    this.#subjects[this.#end % QUEUE_ROOM] = subject;
    this.#at[this.#end % QUEUE_ROOM] = at;
    this.#end++;
  }

  /** How many have come in since. */
  openSince(at: number): number {
    const most = Math.min(this.#end, QUEUE_ROOM);
    let open = 0;
    while (open < most && this.#at[(this.#end - open - 1) % QUEUE_ROOM]! >= at) open++;
    return open;
  }

  /** The customer of the ticket that came in so many before the last. */
  subject(back: number): number {
    return this.#subjects[(this.#end - back - 1) % QUEUE_ROOM]!;
  }
}

export interface ListsOptions {
  readonly seed: number;
  /** Of the usual 20 to 60 queue pages a shift, and of campaigns and searches; 0 for none. */
  readonly lists: number;
}

export class Lists implements Source {
  readonly #options: ListsOptions;
  readonly #place: Place;
  readonly #queues: readonly Queue[];

  constructor(options: ListsOptions, place: Place) {
    this.#options = options;
    this.#place = place;
    this.#queues = Array.from({ length: place.roster.teams }, () => new Queue());
  }

  /** A ticket came in: from then on the queue of its team lists it. */
  queued({ subject, team, at }: { readonly subject: number; readonly team: number; readonly at: number }): void {
    this.#queues[team]?.add(subject, at);
  }

  fill(day: number, diary: Diary): void {
    const { roster, attendance } = this.#place;
    const draws = new Draws(this.#options.seed, STREAM, day);
    const open = this.#queues.map((queue) => queue.openSince((day - OPEN_FOR_DAYS) * DAY_MS));
    for (let staff = 0; staff < roster.members.length; staff++) {
      if (!attendance.isAtWork(staff, day)) continue;
      const pages = draws.poisson(draws.between(...PAGES_A_SHIFT) * this.#options.lists);
      for (let page = 0; page < pages; page++) {
        // Second line and quality look into everybody's queues.
        const team = staff < roster.agents ? roster.teamOf(staff) : draws.below(roster.teams);
        this.#queuePage(staff, day, this.#queues[team]!, open[team]!, draws, diary);
      }
      if (draws.chance(CAMPAIGN_CHANCE * this.#options.lists)) this.#campaign(staff, day, draws, diary);
      if (draws.chance(SEARCH_CHANCE * this.#options.lists)) this.#search(staff, day, draws, diary);
    }
  }

  #queuePage(staff: number, day: number, queue: Queue, open: number, draws: Draws, diary: Diary): void {
    if (open < LISTED_MIN) return;
    const rows = Math.min(open, LISTED_A_PAGE[0] + draws.below(LISTED_A_PAGE[1] - LISTED_A_PAGE[0] + 1));
    const newest = draws.below(open - rows + 1);
    const at = this.#place.attendance.moment(staff, day, draws);
    diary.statement({ staff, at, fields: PAGES.queue, ticket: -1, listed: true });
    for (let row = 0; row < rows; row++) diary.row(queue.subject(newest + row));
  }

  #campaign(staff: number, day: number, draws: Draws, diary: Diary): void {
    const subjects = this.#someCustomers(Math.floor(draws.between(...CAMPAIGN_ROWS)), draws);
    const at = this.#place.attendance.moment(staff, day, draws);
    diary.statement({ staff, at, fields: PAGES.campaign, ticket: -1, listed: subjects.size >= LISTED_MIN });
    for (const subject of subjects) diary.row(subject);
  }

  /** Those who have a similar name: one of them is who was looked for. */
  #search(staff: number, day: number, draws: Draws, diary: Diary): void {
    const at = this.#place.attendance.moment(staff, day, draws);
    diary.statement({ staff, at, fields: CLASS_BITS.identity, ticket: -1 });
    for (const subject of this.#someCustomers(Math.floor(draws.between(...SEARCH_ROWS)), draws)) diary.row(subject);
  }

  #someCustomers(count: number, draws: Draws): Set<number> {
    const { customers } = this.#place;
    const subjects = new Set<number>();
    for (let n = 0; n < count; n++) subjects.add(customers.pickAny(draws));
    return subjects;
  }
}
