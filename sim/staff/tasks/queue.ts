/** Queue pages: twenty-five tickets at a time, each with its customer's name. */
import type { Place } from "../place.ts";
import type { Statement } from "../desk.ts";
import { takeTicket, workOnTicket } from "./ticket.ts";

interface Listed {
  readonly id: number;
}

const PAGE_ROWS = 25;

const OWN_QUEUE = {
  name: "own-queue",
  text: `SELECT t.id, t.number, t.subject, t.status, t.created_at, t.customer_id, c.name
FROM support.tickets t JOIN support.customers c ON c.id = t.customer_id
WHERE t.assignee = $1 AND t.status IN ('open', 'pending') ORDER BY t.created_at, t.id LIMIT ${PAGE_ROWS} OFFSET $2`,
};
const NEW_TICKETS = {
  name: "new-tickets",
  text: `SELECT t.id, t.number, t.subject, t.created_at, t.customer_id, c.name, c.country
FROM support.tickets t JOIN support.customers c ON c.id = t.customer_id
WHERE t.status = 'new' ORDER BY t.created_at, t.id LIMIT ${PAGE_ROWS} OFFSET $1`,
};

/** Pages through what is assigned to the reader, then works on a ticket or two of the last page. */
export async function workOwnQueue(place: Place): Promise<void> {
  const page = await leaf(place, OWN_QUEUE, [place.person.name]);
  for (let n = place.random.between(1, 2); n > 0 && page.length > 0; n--)
    await workOnTicket(place, place.random.pick(page).id);
}

/** Takes the first of the tickets that nobody has yet; under new ones several may reach for the same. */
export async function takeNewTicket(place: Place): Promise<void> {
  const page = await leaf(place, NEW_TICKETS, []);
  if (page.length === 0) return;
  const { id } = place.random.pick(page);
  await takeTicket(place, id);
  await workOnTicket(place, id);
}

/** From the first page to the one where somebody stops: mostly the first. */
async function leaf(place: Place, statement: Statement, values: readonly string[]): Promise<readonly Listed[]> {
  for (let offset = 0; ; offset += PAGE_ROWS) {
    const page = await place.desk.ask<Listed>(statement, [...values, offset]);
    await place.think(4);
    if (page.length < PAGE_ROWS || place.random.chance(0.7)) return page;
  }
}
