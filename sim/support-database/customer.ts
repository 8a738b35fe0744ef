/** Who a customer is: whatever is known of them before any of their tickets. */
import { pickCountry } from "./countries.ts";
import { Random } from "./random.ts";

export interface Customer {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly phone: string | null;
  readonly country: string;
  readonly language: string;
  readonly segment: "consumer" | "business" | "government";
  /** How often they have written or called: most of them once or never, a few of them all the time. */
  readonly contacts: number;
}

/** Of the contacts' logarithm: half of all customers have none or one, one in a hundred more than thirty. */
const CONTACTS_SPREAD = 1.5;

/** The customer of that number in the support database of that seed. */
export function inventCustomer(id: number, seed: number): Customer {
  return drawCustomer(id, new Random(seed, id));
}

/** @param random the customer's own, from its start; what follows belongs to their tickets */
export function drawCustomer(id: number, random: Random): Customer {
  const country = pickCountry(random);
  const first = random.pick(country.firstNames);
  const last = random.pick(country.lastNames);
  const name = country.familyNameFirst ? `${last} ${first}` : `${first} ${last}`;
  const email = `${mailName(first, last)}.${id}@example.${random.pick(["com", "net", "org"])}`;
  const phone = random.chance(0.6) ? country.phone(random) : null;
  const segment = random.chance(0.9) ? "consumer" : random.chance(0.8) ? "business" : "government";
  const contacts = Math.floor(Math.exp(CONTACTS_SPREAD * random.normal()));
  return { id, name, email, phone, country: country.code, language: country.language, segment, contacts };
}

/** The name under which the telephone system knows a customer: `support.notes.external_id`. */
export function callerId({ email }: Pick<Customer, "email">): string {
  return `tel:${email}`;
}

function mailName(first: string, last: string): string {
  const plain = `${first}.${last}`
    .normalize("NFD")
    .replace(/[^A-Za-z.]/gu, "")
    .toLowerCase();
  return plain.replace(/^\.+|\.+$/gu, "") || "customer";
}
