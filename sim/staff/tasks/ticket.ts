/** A ticket is read with its customer and its messages, and then something is done about it. */
import { STAFF } from "../../support-database/words.ts";
import type { Place } from "../place.ts";
import { openProfile } from "./customer.ts";

interface Ticket {
  readonly id: number;
  readonly customer_id: number;
  readonly status: string;
}

const TICKET = {
  name: "ticket",
  text: `SELECT t.id, t.customer_id, t.number, t.subject, t.body, t.status, t.assignee, t.created_at, p.name AS product, p.version
FROM support.tickets t JOIN support.products p ON p.id = t.product_id WHERE t.id = $1`,
};
const CUSTOMER = {
  name: "ticket-customer",
  text: "SELECT id, name, email, phone, country, language, segment FROM support.customers WHERE id = $1",
};
const MESSAGES = {
  name: "ticket-messages",
  text: "SELECT author, body, at FROM support.messages WHERE ticket_id = $1 ORDER BY at, id",
};
const ANSWER = {
  name: "answer",
  text: "INSERT INTO support.messages (ticket_id, author, body, at) VALUES ($1, $2, $3, now())",
};
const SET_STATUS = { name: "set-status", text: "UPDATE support.tickets SET status = $1 WHERE id = $2" };
const ASSIGN = {
  name: "assign",
  text: "UPDATE support.tickets SET assignee = $1, assigned_by = $2, status = 'open' WHERE id = $3",
};

/** The ticket's page: three statements. @returns undefined if there is no such ticket */
export async function readTicket({ desk, think }: Place, id: number): Promise<Ticket | undefined> {
  const [ticket] = await desk.ask<Ticket>(TICKET, [id]);
  if (ticket === undefined) return undefined;
  await desk.ask(CUSTOMER, [ticket.customer_id]);
  await desk.ask(MESSAGES, [id]);
  await think(6);
  return ticket;
}

/** Reads it, perhaps the customer's profile, and answers, waits, closes or hands it on. */
export async function workOnTicket(place: Place, id: number): Promise<void> {
  const ticket = await readTicket(place, id);
  if (ticket === undefined) return;
  const { random, person, desk } = place;
  if (random.chance(0.4)) await openProfile(place, ticket.customer_id);
  const next = random.next();
  if (next < 0.25) return handOver(place, id);
  if (next > 0.9) return;
  await place.think(5);
  await desk.together(async () => {
    await desk.ask(ANSWER, [id, person.name, "Thank you for your patience. Please try again and tell us."]);
    await desk.ask(SET_STATUS, [random.chance(0.3) ? "closed" : "pending", id]);
  });
}

/** A ticket of nobody's becomes the reader's own. */
export async function takeTicket({ desk, person }: Place, id: number): Promise<void> {
  await desk.ask(ASSIGN, [person.name, person.name, id]);
}

async function handOver({ desk, person, random }: Place, id: number): Promise<void> {
  const colleague = random.pick(STAFF.filter((name) => name !== person.name));
  await desk.together(async () => {
    await desk.ask(ANSWER, [id, person.name, `Handed over to ${colleague}.`]);
    await desk.ask(ASSIGN, [colleague, person.name, id]);
  });
}
