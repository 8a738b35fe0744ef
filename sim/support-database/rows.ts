/**
 * The rows of the support database, as lines of COPY's text format. A customer's rows depend on the seed and on the
 * customer's number alone: customer 4711 is the same in a database of a thousand and in one of twelve million.
 */
import { DAY_MS } from "../../src/base/clock.ts";
import { callerId, drawCustomer } from "./customer.ts";
import { FIRST_CUSTOMER } from "./first-customer.ts";
import { Random } from "./random.ts";
import { PROBLEMS, PRODUCTS, STAFF, TEAMS } from "./words.ts";

/** Staff stand in support.people under numbers that no customer has. */
const FIRST_STAFF = 1_000_000_000_000;
const TICKETS_PER_CUSTOMER_MAX = 100;
const MESSAGES_PER_TICKET_MAX = 10;
const CUSTOMERS_PER_GROUP_TICKET = 25;

export type Value = string | number | boolean | null | readonly number[];
export type TableName =
  | "teams"
  | "products"
  | "customers"
  | "people"
  | "tickets"
  | "messages"
  | "group_tickets"
  | "notes"
  | "outbox";
export type Emit = (table: TableName, values: readonly Value[]) => void;

/** Rows that do not depend on the number of customers. */
export function emitFixedRows(emit: Emit): void {
  for (const [index, name] of TEAMS.entries()) emit("teams", [index + 1, name]);
  for (const [index, [name, version]] of PRODUCTS.entries()) emit("products", [index + 1, name, version]);
  for (const [index, name] of STAFF.entries()) {
    const team = (index % TEAMS.length) + 1;
    emit("people", [FIRST_STAFF + index, true, name, `${name}@helpdesk.example`, team]);
  }
}

/** Everything about one customer. @param customers how many there are in all */
export function emitCustomer(id: number, seed: number, customers: number, emit: Emit): void {
  const random = new Random(seed, id);
  const customer = drawCustomer(id, random);
  const { name, email, phone, country, language, segment, contacts } = customer;
  const since = daysAgo(random.between(30, 2_000), random);
  emit("customers", [id, name, email, phone, country, language, segment, since]);
  emit("people", [id, false, name, email, null]);
  for (let n = 0; n < Math.min(contacts, TICKETS_PER_CUSTOMER_MAX); n++) emitTicket(id, n, random, emit);
  if (random.chance(0.2)) {
    const at = daysAgo(random.between(1, 29), random);
    emit("notes", [
      id,
      callerId(customer),
      random.pick(STAFF),
      `Called about ${random.pick(PROBLEMS).subject.toLowerCase()}.`,
      at,
    ]);
  }
  if (random.chance(0.1)) emit("outbox", [id, JSON.stringify({ mail: email, template: "survey" }), daysAgo(1, random)]);
  if (id % CUSTOMERS_PER_GROUP_TICKET === 0) emitGroupTicket(id, customers, random, emit);
}

function emitTicket(customer: number, n: number, random: Random, emit: Emit): void {
  const id = customer * TICKETS_PER_CUSTOMER_MAX + n;
  const problem = random.pick(PROBLEMS);
  const product = random.between(1, PRODUCTS.length);
  const ageDays = random.between(0, 400);
  const status = ageDays > 30 ? "closed" : random.pick(["new", "open", "open", "pending", "closed"]);
  const assignee = status === "new" ? null : random.pick(STAFF);
  const body = problem.body.replace("{product}", PRODUCTS[product - 1]?.[0] ?? "");
  const number = `T-${String(id).padStart(9, "0")}`;
  const by = assignee === null ? null : "router";
  emit("tickets", [
    id,
    customer,
    number,
    product,
    problem.subject,
    body,
    status,
    assignee,
    by,
    daysAgo(ageDays, random),
  ]);
  if (assignee === null) return;
  const messages = random.between(1, MESSAGES_PER_TICKET_MAX / 2);
  for (let m = 0; m < messages; m++) {
    const fromStaff = m % 2 === 0;
    const text = fromStaff ? problem.answer : random.pick(["Thank you, that helped.", "It still does not work."]);
    const at = daysAgo(Math.max(0, ageDays - m), random);
    emit("messages", [id * MESSAGES_PER_TICKET_MAX + m, id, fromStaff ? assignee : "customer", text, at]);
  }
}

function emitGroupTicket(id: number, customers: number, random: Random, emit: Emit): void {
  const last = FIRST_CUSTOMER + customers - 1;
  const requestors = [...new Set([id, random.between(FIRST_CUSTOMER, last), random.between(FIRST_CUSTOMER, last)])];
  const text = "The three of us share an office and none of our computers updates.";
  emit("group_tickets", [id, requestors, "Office without updates", text, daysAgo(random.between(0, 90), random)]);
}

/** Ages count from a fixed day, so that the same seed gives the same bytes. */
const TODAY_MS = Date.UTC(2026, 10, 20, 12);

function daysAgo(days: number, random: Random): string {
  return new Date(TODAY_MS - days * DAY_MS - random.between(0, DAY_MS / 2)).toISOString();
}

/** One line of COPY's text format, its end included. */
export function copyLine(values: readonly Value[]): string {
  return `${values.map(copyValue).join("\t")}\n`;
}

function copyValue(value: Value): string {
  if (value === null) return "\\N";
  if (typeof value === "boolean") return value ? "t" : "f";
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return `{${value.join(",")}}`;
  return value.replace(
    /[\\\t\n\r]/gu,
    (character) => `\\${{ "\t": "t", "\n": "n", "\r": "r" }[character] ?? character}`,
  );
}
