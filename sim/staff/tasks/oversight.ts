/** What quality and campaigns do: many customers at a time, with good reason. */
import { COUNTRIES } from "../../support-database/countries.ts";
import { FIRST_CUSTOMER } from "../../support-database/first-customer.ts";
import { STAFF } from "../../support-database/words.ts";
import type { Place } from "../place.ts";
import { readTicket } from "./ticket.ts";

const CLOSED_OF_ONE = {
  name: "closed-of-one",
  text: `SELECT id, number, subject, created_at FROM support.tickets
WHERE assignee = $1 AND status = 'closed' ORDER BY created_at DESC, id LIMIT 25`,
};
const LIST_ROWS = 200;
const CAMPAIGN = {
  name: "campaign",
  text: `SELECT id, name, email, language FROM support.customers
WHERE id > $1 AND country = $2 AND segment = 'consumer' ORDER BY id LIMIT ${LIST_ROWS}`,
};

/** Reads a few of the tickets that a colleague closed last. */
export async function sampleQuality(place: Place): Promise<void> {
  const { desk, random, think } = place;
  const closed = await desk.ask<{ readonly id: number }>(CLOSED_OF_ONE, [random.pick(STAFF)]);
  await think(5);
  for (const { id } of closed.filter(() => random.chance(0.12))) await readTicket(place, id);
}

/** A list of customers of one country to write to, portion by portion. */
export async function listCampaign({ desk, random, customers, think }: Place): Promise<void> {
  const { code } = random.pick(COUNTRIES);
  let after = random.between(FIRST_CUSTOMER, FIRST_CUSTOMER + customers.count);
  for (let portions = random.between(1, 3); portions > 0; portions--) {
    const list = await desk.ask<{ readonly id: number }>(CAMPAIGN, [after, code]);
    await think(15);
    after = list.at(-1)?.id ?? after;
    if (list.length < LIST_ROWS) return;
  }
}

/** Looks for a mail that got lost where nobody has said yet whose data are there: refused. */
export async function lookIntoOutbox({ desk, think }: Place): Promise<void> {
  await desk.askInVain({ name: "outbox", text: "SELECT * FROM support.outbox ORDER BY created_at DESC LIMIT 10" });
  await think(5);
}
