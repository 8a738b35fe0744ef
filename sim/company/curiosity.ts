/** What staff open without a ticket of a customer's: mostly for good reasons that nobody wrote down. */
import type { Diary } from "./diary.ts";
import { Draws } from "./draws.ts";
import { PAGES } from "./fields.ts";
import { OWN_TICKETS } from "./statements.ts";
import type { Place, Source } from "./support-work.ts";

export interface CuriosityOptions {
  readonly seed: number;
  readonly firstDay: number;
  /** Of the usual amount; 0 for none. */
  readonly curiosity: number;
}

const UNEXPLAINED = { mean: 0.8, sigma: 0.7, size: 1.5 } as const;
/** For tickets that they made themselves. */
const WEAKLY_EXPLAINED = { mean: 0.6, size: 1.5 } as const;
const BURST = { chance: 0.006, mean: 15 } as const;
const OFF_SHIFT_SHARE = 0.03;
const FAILED_LOOK_UPS = 0.5;
/** Of what is opened unexplained: somebody well known, somebody of one's own. */
const VIP_SHARE = 0.01;
const KIN_SHARE = 0.01;
const STREAM = 23;
const ABOUT_RATE = 24;

export class Curiosity implements Source {
  readonly #options: CuriosityOptions;
  readonly #place: Place;
  /** Of each staff member, a day. */
  readonly #rates: Float64Array;
  #ownTickets = 0;

  constructor(options: CuriosityOptions, place: Place) {
    this.#options = options;
    this.#place = place;
    const draws = new Draws(options.seed, ABOUT_RATE);
    const { mean, sigma } = UNEXPLAINED;
    this.#rates = Float64Array.from(place.roster.members, () => options.curiosity * mean * draws.lognormal(sigma));
  }

  fill(day: number, diary: Diary): void {
    const { seed, curiosity } = this.#options;
    const { roster, attendance } = this.#place;
    const draws = new Draws(seed, STREAM, day);
    for (let staff = 0; staff < roster.members.length; staff++) {
      if (!attendance.isAtWork(staff, day)) continue;
      let unexplained = draws.negativeBinomial(this.#rates[staff]!, UNEXPLAINED.size);
      if (draws.chance(BURST.chance * curiosity)) unexplained += draws.poisson(BURST.mean);
      for (let n = 0; n < unexplained; n++) this.#open(staff, day, -1, draws, diary);
      const weak = draws.negativeBinomial(WEAKLY_EXPLAINED.mean * curiosity, WEAKLY_EXPLAINED.size);
      for (let n = 0; n < weak; n++) this.#open(staff, day, OWN_TICKETS + this.#ownTickets++, draws, diary);
      const failed = draws.poisson(FAILED_LOOK_UPS * curiosity);
      for (let n = 0; n < failed; n++) diary.probe({ staff, at: attendance.moment(staff, day, draws), subject: -1 });
    }
  }

  #open(staff: number, day: number, ticket: number, draws: Draws, diary: Diary): void {
    const { attendance } = this.#place;
    const off = draws.chance(OFF_SHIFT_SHARE);
    const at = off ? attendance.momentOff(staff, day, draws) : attendance.moment(staff, day, draws);
    diary.opened({ staff, at, fields: PAGES.profile, ticket }, this.#whom(staff, draws));
  }

  #whom(staff: number, draws: Draws): number {
    const { customers } = this.#place;
    if (draws.chance(VIP_SHARE)) return customers.pickVip(draws);
    if (draws.chance(KIN_SHARE)) return customers.kinOf(staff, draws);
    return customers.pickByActivity(draws);
  }
}
