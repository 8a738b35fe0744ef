/** What a column seems to hold: from its name, its type, its comment, and shares of a few values that nobody else sees. */
import type { ColumnFacts, TableFacts } from "./database.ts";
import type { ColumnSample } from "./sample.ts";
import * as lexicon from "./words.ts";
import { says, tableWords, words } from "./words.ts";

/** Field classes as whosaw.yaml names them. */
export type FieldClass = "identity" | "contact" | "ticket" | "content" | "secret";

export interface ColumnEvidence {
  readonly field: FieldClass | undefined;
  /** A person can be told by it: a name, an address, a number. */
  readonly personal: boolean;
  /** Free text or a payload: anything may be in there. */
  readonly open: boolean;
  /** Where the judgement comes from. */
  readonly from: "name" | "values" | "comment" | "type";
}

/** More than this share of the values looked at. */
const MOST = 0.5;
const SENTENCE_CHARS = 40;

const NOTHING: ColumnEvidence = { field: undefined, personal: false, open: false, from: "type" };

/** @param sample undefined if no value was looked at */
export function columnEvidence(
  column: ColumnFacts,
  table: TableFacts,
  sample: ColumnSample | undefined,
): ColumnEvidence {
  const seen = sample === undefined ? undefined : fromValues(column, sample);
  if (seen?.personal === true) return seen;
  const named = fromName(column, table);
  if (named !== undefined) return named;
  if (/\b(?:personal(?:ly)?|pii|gdpr|data subject|personenbezogen)/iu.test(column.comment))
    return { field: "identity", personal: true, open: false, from: "comment" };
  return seen ?? fromType(column);
}

function fromName(column: ColumnFacts, table: TableFacts): ColumnEvidence | undefined {
  const name = words(column.name);
  const by = (field: FieldClass, personal: boolean, open = false): ColumnEvidence => ({
    field,
    personal,
    open,
    from: "name",
  });
  const glued = name.join("");
  if (column.nature === "date" || column.nature === "time")
    return /birth|dob|geburt|naissance|nacimiento/u.test(glued) ? by("identity", true) : undefined;
  if (column.nature === "network") return by("contact", true);
  if (column.nature === "number")
    return says(name, lexicon.CONTACT) && /phone|tel|mobile|fax/u.test(glued) ? by("contact", true) : undefined;
  if (column.nature !== "text") return undefined;
  if (says(name, lexicon.SECRETS) && name.at(-1) !== "id") return by("secret", false);
  if (isReference(name)) return undefined;
  if (isContact(name)) return by("contact", true);
  if (isIdentity(name, table)) return by("identity", true);
  if (isTicketNumber(name, table)) return by("ticket", false);
  if (says(name.slice(-1), lexicon.CONTENT)) return by("content", false, true);
  return undefined;
}

/** `message_id`, `email_template`, `content_type`: about the thing, not the thing. */
function isReference(name: readonly string[]): boolean {
  const last = name.at(-1) ?? "";
  return (
    name.length > 1 &&
    /^(?:id|ids|type|types|template|format|status|state|kind|class|url|key|count|size|md|source|locale)$/u.test(last)
  );
}

function isContact(name: readonly string[]): boolean {
  if (says(name, lexicon.CONTACT)) return true;
  return /e_?mail|phone|telefon|address|strasse|zipcode|postcode/u.test(name.join(""));
}

function isIdentity(name: readonly string[], table: TableFacts): boolean {
  if (says(name, lexicon.IDENTITY) || lexicon.IDENTITY.has(name.join(""))) return true;
  if (!name.includes("name")) return false;
  if (name.length > 1) return says(name.slice(0, -1), lexicon.OF_A_PERSON);
  return namesPeople(table);
}

/** The last word of the table's name is one for people. */
export function namesPeople(table: TableFacts): boolean {
  const last = tableWords(table.relation.name).slice(-1);
  return [lexicon.CUSTOMERS, lexicon.PEOPLE, lexicon.STAFF].some((set) => says(last, set));
}

function isTicketNumber(name: readonly string[], table: TableFacts): boolean {
  if (!says(name.slice(-1), lexicon.NUMBERS)) return false;
  return says([...name, ...tableWords(table.relation.name)], lexicon.TICKETS);
}

function fromValues(column: ColumnFacts, sample: ColumnSample): ColumnEvidence | undefined {
  const by = (field: FieldClass, personal: boolean, open: boolean): ColumnEvidence => ({
    field,
    personal,
    open,
    from: "values",
  });
  if (sample.values === 0) return undefined;
  if (column.nature === "payload")
    return {
      ...by("content", sample.holdingAddresses > 0, true),
      field: sample.holdingAddresses > 0 ? "content" : undefined,
    };
  if (column.nature !== "text") return undefined;
  if (sample.emails > MOST || sample.phones > MOST || sample.networkAddresses > MOST) return by("contact", true, false);
  if (sample.holdingAddresses > 0) return by("content", true, true);
  if (sample.sentences > MOST || sample.meanChars > SENTENCE_CHARS) return by("content", false, true);
  return undefined;
}

/** Text that is neither a code nor short is open; so is every payload. */
function fromType(column: ColumnFacts): ColumnEvidence {
  if (column.nature === "payload") return { ...NOTHING, open: true };
  if (column.nature !== "text" || column.key?.array === true) return NOTHING;
  const name = words(column.name);
  const coded = says(name.slice(-1), lexicon.CODES) || (name.at(-1) === "id" && name.length > 1);
  return coded ? NOTHING : { ...NOTHING, open: true };
}
