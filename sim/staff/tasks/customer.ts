/** Customers are looked for by what they say on the telephone or write in a mail, and sometimes the wrong one is found. */
import { callerId, type Customer } from "../../support-database/customer.ts";
import { nextCaller, type Place } from "../place.ts";

interface Found {
  readonly id: number;
  readonly name: string;
  readonly email: string;
}

const BY_EMAIL = { name: "by-email", text: "SELECT id, name, email, phone FROM support.customers WHERE email = $1" };
const BY_PHONE = {
  name: "by-phone",
  text: "SELECT id, name, email, phone FROM support.customers WHERE phone = $1 ORDER BY id LIMIT 10",
};
const BY_NAME = {
  name: "by-name",
  text: "SELECT id, name, email, country FROM support.customers WHERE name LIKE $1 ORDER BY name, id LIMIT 10",
};
const PROFILE = { name: "profile", text: "SELECT * FROM support.customers WHERE id = $1" };
const TICKETS = {
  name: "profile-tickets",
  text: "SELECT id, number, subject, status, created_at FROM support.tickets WHERE customer_id = $1 ORDER BY created_at DESC LIMIT 20",
};
const GROUP_TICKETS = {
  name: "profile-group-tickets",
  text: "SELECT id, subject, created_at FROM support.group_tickets WHERE $1 = ANY (requestors)",
};
const NOTES = {
  name: "profile-notes",
  text: "SELECT author, body, at FROM support.notes WHERE external_id = $1 ORDER BY at, id",
};
const NOTE = {
  name: "note",
  text: "INSERT INTO support.notes (external_id, author, body, at) VALUES ($1, $2, $3, now())",
};

/** The customer's page: who they are, their tickets, what the telephone system noted. */
export async function openProfile({ desk, random, think }: Place, id: number): Promise<void> {
  const [customer] = await desk.ask<Found>(PROFILE, [id]);
  if (customer === undefined) return;
  await desk.ask(TICKETS, [id]);
  await desk.ask(NOTES, [callerId(customer)]);
  if (random.chance(0.2)) await desk.ask(GROUP_TICKETS, [id]);
  await think(5);
}

/** A call: the display shows a number, under which there may be others too. Without one, the caller spells an address. */
export async function takeCall(place: Place): Promise<void> {
  const caller = nextCaller(place);
  const { phone, email } = caller;
  const found = await (phone === null
    ? place.desk.ask<Found>(BY_EMAIL, [email])
    : place.desk.ask<Found>(BY_PHONE, [phone]));
  await place.think(3);
  await openRight(place, caller, found);
  await writeNote(place, caller);
}

/** A mail is looked up by its sender. */
export async function readMail(place: Place): Promise<void> {
  const sender = nextCaller(place);
  const [found] = await place.desk.ask<Found>(BY_EMAIL, [sender.email]);
  await place.think(2);
  if (found !== undefined) await openProfile(place, found.id);
}

/** An address misheard finds nobody; the family name finds several. */
export async function mishear(place: Place): Promise<void> {
  const caller = nextCaller(place);
  await place.desk.ask(BY_EMAIL, [caller.email.replace(".", "-")]);
  await place.think(4);
  const [firstName = ""] = caller.name.split(" ");
  const found = await place.desk.ask<Found>(BY_NAME, [`${firstName} %`]);
  await place.think(3);
  await openRight(place, caller, found);
}

/** Of several, the first is often not the right one: then somebody's page was open who never called. */
async function openRight(place: Place, caller: Customer, found: readonly Found[]): Promise<void> {
  const wrong = found.find(({ id }) => id !== caller.id);
  if (wrong !== undefined && place.random.chance(0.4)) await openProfile(place, wrong.id);
  await openProfile(place, caller.id);
}

async function writeNote({ desk, person, random }: Place, caller: Customer): Promise<void> {
  if (random.chance(0.5)) await desk.ask(NOTE, [callerId(caller), person.name, "Called; has been told what to try."]);
}
