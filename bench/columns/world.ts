/**
 * A support team's year, made by the column store itself from numbers and their hashes: queue pages of 25 customers, customers who
 * are opened, exports of 200. Some staff do far more than others, and some customers come far more often.
 */
import { DAY_MS } from "../../src/base/clock.ts";
import { number32, number64 } from "../../src/columns/numbers.ts";

/** Of every thousand disclosures: single customers, then pages, then one export. */
const OPENED = 100;
const PAGES = 28;
const PAGE_SUBJECTS = 25;
const EXPORT_SUBJECTS = 200;
export const BLOCK_ROWS = OPENED + PAGES * PAGE_SUBJECTS + EXPORT_SUBJECTS;
const BLOCK_ENTRIES = OPENED + PAGES + 1;

const STAFF = 400;
/** The last of the staff are service accounts. */
const SERVICES_FROM = 380;
const FORMS_OF = { opened: 40, page: 16, export: 4 };
export const FORMS = FORMS_OF.opened + FORMS_OF.page + FORMS_OF.export;
export const STRATA = 30;
export const KIND = "customer";
export const FIRST_DAY_MS = Date.UTC(2025, 0, 1);

export interface World {
  /** Whole thousands. */
  readonly disclosures: number;
  readonly subjects: number;
  readonly days: number;
}

/** As many disclosures a day, and of each customer, as in a year of 200 million about 12 million customers. */
export function yearOf(millions: number): World {
  return { disclosures: millions * 1_000_000, subjects: millions * 60_000, days: Math.ceil((millions * 365) / 200) };
}

export function actorName(index: number): string {
  return index < SERVICES_FROM ? `staff:${index}` : `svc:${index}`;
}

export const ACTORS: readonly string[] = Array.from({ length: STAFF }, (_, index) => actorName(index));
export const LOGS: readonly string[] = ["support.example/gw-1", "support.example/gw-2"];

export function formNumber(index: number): bigint {
  return number64(`form ${index}`);
}

/** Disclosures are entered in blocks; a block's first millisecond. */
function blockMs({ disclosures, days }: World): number {
  return (days * DAY_MS) / (disclosures / BLOCK_ROWS);
}

/** The 30-day partition (schema.ts) that a block starts in. */
export function partitionOf(world: World, block: number): number {
  return Math.floor((FIRST_DAY_MS + block * blockMs(world)) / (30 * DAY_MS));
}

/** A number in [0, 1) from the hash of some columns. */
function uniform(seed: string): string {
  return `(cityHash64(${seed}) / 18446744073709551616.)`;
}

/** What entries say, for rows that have `block` and `slot` (which entry of its block). */
function entryColumns(world: World): string {
  const ms = blockMs(world);
  const inSlot = Math.floor(ms / BLOCK_ENTRIES);
  return [
    `toInt64(${FIRST_DAY_MS} + floor(block * ${ms}) + slot * ${inSlot}) AS at`,
    `arrayElement([${ACTORS.map((name) => `toUInt64(${number64(name)})`).join(", ")}], toUInt32(1 + floor(${STAFF} * pow(${uniform("'actor', block, slot")}, 1.7)))) AS actor`,
    `arrayElement([${LOGS.map((name) => `toUInt32(${number32(name)})`).join(", ")}], 1 + block % 2) AS log`,
    `intDiv(block, 2) * ${BLOCK_ENTRIES} + slot AS entry`,
    `multiIf(slot < ${OPENED}, ${pick("form", 0, FORMS_OF.opened)}, slot < ${OPENED + PAGES}, ${pick("form", FORMS_OF.opened, FORMS_OF.page)}, ${pick("form", FORMS_OF.opened + FORMS_OF.page, FORMS_OF.export)}) AS form_index`,
    `arrayElement([${Array.from({ length: FORMS }, (_, index) => `toUInt64(${formNumber(index)})`).join(", ")}], toUInt32(1 + form_index)) AS form`,
  ].join(", ");
}

function pick(seed: string, first: number, count: number): string {
  return `${first} + floor(${count} * pow(${uniform(`'${seed}', block, slot`)}, 2))`;
}

/** Whose data the row shows: an export runs through neighbours, everything else follows how often customers come. */
function subjectColumn({ subjects }: World): string {
  const range = subjects - EXPORT_SUBJECTS * 5;
  return `toInt64(if(slot = ${BLOCK_ENTRIES - 1}, 1 + cityHash64('export', block) % ${range} + 5 * (place - ${OPENED + PAGES * PAGE_SUBJECTS}), 1 + floor(${subjects} * pow(${uniform("'subject', n")}, 1.3))))`;
}

const SLOT = `multiIf(place < ${OPENED}, place, place < ${OPENED + PAGES * PAGE_SUBJECTS}, ${OPENED} + intDiv(place - ${OPENED}, ${PAGE_SUBJECTS}), ${BLOCK_ENTRIES - 1})`;

/** INSERT of the disclosures of blocks [from, to). */
export function insertDisclosures(
  table: "disclosures" | "disclosures_by_actor",
  world: World,
  from: number,
  to: number,
): string {
  const service = SERVICES_FROM;
  const services = ACTORS.slice(service).map((name) => number64(name));
  return `INSERT INTO ${table} SELECT toUInt32(${number32(KIND)}), toUInt8(0), ${subjectColumn(world)}, toInt64(0), at, actor, log, entry, toUInt32(0), toUInt16(0), form, toUInt8(if(actor IN (${services.join(", ")}), 2, 1)), toUInt8(slot >= ${OPENED}) FROM (SELECT n, place, block, slot, ${entryColumns(world)} FROM (SELECT number AS n, number % ${BLOCK_ROWS} AS place, intDiv(number, ${BLOCK_ROWS}) AS block, ${SLOT} AS slot FROM numbers(${from * BLOCK_ROWS}, ${(to - from) * BLOCK_ROWS})))`;
}

/** Of every log, the index behind its last entry. */
export function entriesOf({ disclosures }: World): number {
  return Math.ceil(disclosures / BLOCK_ROWS / 2) * BLOCK_ENTRIES;
}

/** INSERT of the statements of blocks [from, to). One in a hundred names a ticket. */
export function insertStatements(world: World, from: number, to: number): string {
  return `INSERT INTO statements SELECT log, entry, at, actor, form, toUInt8(1), if(cityHash64('ticket', block, slot) % 4 = 0, concat('T-', toString(cityHash64('number', block, slot) % 3000000)), ''), '' FROM (SELECT block, slot, ${entryColumns(world)} FROM (SELECT intDiv(number, ${BLOCK_ENTRIES}) AS block, number % ${BLOCK_ENTRIES} AS slot FROM numbers(${from * BLOCK_ENTRIES}, ${(to - from) * BLOCK_ENTRIES})))`;
}

/** INSERT of every subject's stratum. */
export function insertStrata({ subjects }: World): string {
  return `INSERT INTO strata SELECT toUInt32(${number32(KIND)}), toInt64(number + 1), toInt64(0), toUInt32(floor(${STRATA} * pow(${uniform("'stratum', number")}, 2))), toInt64(${FIRST_DAY_MS}) FROM numbers(${subjects})`;
}
