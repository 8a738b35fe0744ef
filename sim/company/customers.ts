/** The customers of the simulated company: how often each makes contact, and what else is known of them. */
import { Draws, hashOf } from "./draws.ts";
import { WeightedPick } from "./weighted.ts";

/** Country, language and share of customers in percent. */
const COUNTRIES = [
  ["US", "en", 34],
  ["GB", "en", 14],
  ["DE", "de", 12],
  ["FR", "fr", 9],
  ["AU", "en", 8],
  ["JP", "ja", 8],
  ["IT", "it", 6],
  ["ES", "es", 5],
  ["BR", "pt", 4],
] as const;
const BUSINESS_PERCENT = 15;

/** Customers that are alike in what is configured. */
export interface Stratum {
  readonly country: string;
  readonly language: string;
  readonly segment: "consumer" | "business";
}

/** A stratum's number is its place here. */
export const STRATA: readonly Stratum[] = COUNTRIES.flatMap(([country, language]) => [
  { country, language, segment: "consumer" },
  { country, language, segment: "business" },
]);

/** Of each percent of customers, the number of their country. */
const COUNTRY_OF_PERCENT: readonly number[] = COUNTRIES.flatMap(([, , percent], index) =>
  Array.from({ length: percent }, () => index),
);

/** So that what is told of a customer by one hash says nothing about the next. */
const ABOUT = { activity: 11, country: 12, segment: 13, team: 14, kin: 15 } as const;
/** One customer in so many is somebody well known. */
const VIP_EVERY = 1_000;
/** So many customers are friends or family of each staff member. */
const KIN_OF_EACH = 3;

export interface CustomersOptions {
  readonly seed: number;
  readonly customers: number;
  /** Of those, the last so many are decoys: nobody ever contacts the company under their names. */
  readonly decoys: number;
  /** Of the logarithm of how often customers make contact. */
  readonly activitySigma: number;
  /** How often scammers call a customer without a leak goes with activity to this power. */
  readonly scamExponent: number;
  readonly teams: number;
}

/** Customers are 0 to `count - 1`. Only their activity is held in memory: 12 bytes a customer, with what picks them by it. */
export class Customers {
  readonly count: number;
  /** How often each makes contact, compared with the others; the median is 1, a decoy's is 0. */
  readonly activity: Float32Array;
  readonly #options: CustomersOptions;
  readonly #byActivity: WeightedPick;
  #forScam: WeightedPick | undefined;

  constructor(options: CustomersOptions) {
    const { seed, customers, decoys, activitySigma } = options;
    this.count = customers;
    this.#options = options;
    this.activity = new Float32Array(customers);
    const draws = new Draws(seed, ABOUT.activity);
    for (let i = 0; i < customers - decoys; i++) this.activity[i] = draws.lognormal(activitySigma);
    this.#byActivity = new WeightedPick(this.activity);
  }

  /** Somebody who makes contact now. */
  pickByActivity(draws: Draws): number {
    return this.#byActivity.pick(draws);
  }

  /** Somebody whom a scammer calls without a leak: those who are in contact with many, with the company too. */
  pickForScam(draws: Draws): number {
    this.#forScam ??= new WeightedPick(this.activity.map((activity) => activity ** this.#options.scamExponent));
    return this.#forScam.pick(draws);
  }

  /** Index into {@link STRATA}. */
  stratumOf(subject: number): number {
    const country = COUNTRY_OF_PERCENT[this.#hash(subject, ABOUT.country) % COUNTRY_OF_PERCENT.length]!;
    const business = this.#hash(subject, ABOUT.segment) % 100 < BUSINESS_PERCENT;
    return country * 2 + (business ? 1 : 0);
  }

  /** The team that knows this customer. */
  homeTeamOf(subject: number): number {
    return this.#hash(subject, ABOUT.team) % this.#options.teams;
  }

  isVip(subject: number): boolean {
    return subject % VIP_EVERY === 0;
  }

  /** Somebody well known. */
  pickVip(draws: Draws): number {
    return draws.below(Math.ceil(this.#people / VIP_EVERY)) * VIP_EVERY;
  }

  /** A friend or one of the family of a staff member. */
  kinOf(staff: number, draws: Draws): number {
    return hashOf(this.#options.seed, ABOUT.kin, staff, draws.below(KIN_OF_EACH)) % this.#people;
  }

  /** Anybody, each as likely. */
  pickAny(draws: Draws): number {
    return draws.below(this.#people);
  }

  isDecoy(subject: number): boolean {
    return subject >= this.#people;
  }

  /** Numbers of decoys. */
  get decoys(): number[] {
    return Array.from({ length: this.#options.decoys }, (_, index) => this.#people + index);
  }

  /** All but the decoys. */
  get #people(): number {
    return this.count - this.#options.decoys;
  }

  #hash(subject: number, about: number): number {
    return hashOf(this.#options.seed, about, subject);
  }
}
