/**
 * ErrorResponse (backend 'E') and NoticeResponse (backend 'N'): fields with one-letter names (PostgreSQL documentation,
 * 'Error and Notice Message Fields'). Unknown letters are kept, and the order too.
 */
import { ByteReader, MessageWriter, violation } from "../bytes.ts";
import { BACKEND } from "../types.ts";

/** Letter and value (a byte string), in the order of the message. */
export type ErrorFields = readonly (readonly [field: string, value: string])[];

export const ERROR_FIELD = {
  /** Localized. */
  severity: "S",
  /** Never localized. */
  severityNonlocalized: "V",
  /** SQLSTATE. */
  code: "C",
  message: "M",
  detail: "D",
  hint: "H",
  /** Character in the client's text, from 1. */
  position: "P",
  internalPosition: "p",
  internalQuery: "q",
  where: "W",
  schema: "s",
  table: "t",
  column: "c",
  dataType: "d",
  constraint: "n",
  file: "F",
  line: "L",
  routine: "R",
} as const;

/** Decodes ErrorResponse and NoticeResponse alike. A missing SQLSTATE is no error here: see `sqlstateOf`. */
export function decodeError(buffer: Buffer, payload: number, end: number): [field: string, value: string][] {
  const reader = new ByteReader(buffer, payload, end);
  const fields: [string, string][] = [];
  const seen = new Set<number>();
  for (let letter = reader.uint8(); letter !== 0; letter = reader.uint8()) {
    if (seen.has(letter)) throw violation("An error names a field twice.");
    seen.add(letter);
    fields.push([String.fromCharCode(letter), reader.cstring()]);
  }
  reader.finish();
  return fields;
}

function encodeFields(type: number, fields: ErrorFields): Buffer {
  const writer = new MessageWriter(type, 256);
  for (const [letter, value] of fields) writer.uint8(letter.charCodeAt(0)).cstring(value);
  return writer.uint8(0).finish();
}

export function encodeError(fields: ErrorFields): Buffer {
  return encodeFields(BACKEND.ErrorResponse, fields);
}

export function encodeNotice(fields: ErrorFields): Buffer {
  return encodeFields(BACKEND.NoticeResponse, fields);
}

/** The SQLSTATE, or XX000 (internal error) if the server sent none or a malformed one. */
export function sqlstateOf(fields: ErrorFields): string {
  const code = fields.find(([letter]) => letter === ERROR_FIELD.code)?.[1];
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : "XX000";
}
