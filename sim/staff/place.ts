/** What somebody at work has around them. */
import type { Random } from "../support-database/random.ts";
import { type Customer, inventCustomer } from "../support-database/customer.ts";
import { FIRST_CUSTOMER } from "../support-database/first-customer.ts";
import type { Desk } from "./desk.ts";
import type { StaffMember } from "./roster.ts";

/** Which support database it is: that tells who its customers are. */
export interface Customers {
  /** The one that the database was filled with. */
  readonly seed: number;
  readonly count: number;
}

export interface Place {
  readonly customers: Customers;
  readonly person: StaffMember;
  readonly desk: Desk;
  /** The person's own. */
  readonly random: Random;
  /** Reading, talking, typing: `seconds` on average. */
  readonly think: (seconds: number) => Promise<void>;
}

/** One thing to do, from its first statement to its last. */
export type Task = (place: Place) => Promise<void>;

const CONTACTS_OF_MANY = 60;

/** Somebody calls or writes: more often somebody who often does. */
export function nextCaller({ random, customers }: Place): Customer {
  for (;;) {
    const caller = inventCustomer(random.between(FIRST_CUSTOMER, FIRST_CUSTOMER + customers.count - 1), customers.seed);
    if (random.chance((caller.contacts + 1) / CONTACTS_OF_MANY)) return caller;
  }
}
