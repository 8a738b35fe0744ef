/**
 * ErrorResponse (backend 'E') and NoticeResponse (backend 'N'): fields with one-letter names (PostgreSQL documentation,
 * 'Error and Notice Message Fields'). Unknown letters are kept, and the order too.
 */
import type { WhosawError } from "../../base/errors.ts";
import { ByteReader, MessageWriter, byteString, violation } from "../bytes.ts";
import { BACKEND } from "../types.ts";

/** From letter to value (a byte string), in the order of the message. */
export type ErrorFields = ReadonlyMap<string, string>;

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
export function decodeErrorFields(buffer: Buffer, payload: number, end: number): Map<string, string> {
  const reader = new ByteReader(buffer, payload, end);
  const fields = new Map<string, string>();
  for (let letter = reader.uint8(); letter !== 0; letter = reader.uint8()) {
    const name = String.fromCharCode(letter);
    if (fields.has(name)) throw violation("An error names a field twice.");
    fields.set(name, reader.cstring());
  }
  reader.finish();
  return fields;
}

function encodeFields(type: number, fields: ErrorFields): Buffer {
  const writer = new MessageWriter(type, 256);
  for (const [letter, value] of fields) writer.uint8(letter.charCodeAt(0)).cstring(value);
  return writer.uint8(0).finish();
}

export function encodeErrorResponse(fields: ErrorFields): Buffer {
  return encodeFields(BACKEND.ErrorResponse, fields);
}

export function encodeNoticeResponse(fields: ErrorFields): Buffer {
  return encodeFields(BACKEND.NoticeResponse, fields);
}

/** The SQLSTATE, or XX000 (internal error) if the server sent none or a malformed one. */
export function sqlstateOf(fields: ErrorFields): string {
  const code = fields.get(ERROR_FIELD.code);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : "XX000";
}

/** The fields that tell a client about an error of the gateway; R carries the stable code unless the error has fields of its own. */
export function fieldsOf(error: WhosawError, severity: "ERROR" | "FATAL" = "ERROR"): Map<string, string> {
  const fields = new Map<string, string>([
    [ERROR_FIELD.severity, severity],
    [ERROR_FIELD.severityNonlocalized, severity],
    [ERROR_FIELD.code, error.sqlstate],
    [ERROR_FIELD.message, fieldText(error.message)],
  ]);
  if (error.hint !== undefined) fields.set(ERROR_FIELD.hint, fieldText(error.hint));
  for (const [letter, value] of Object.entries(error.fields)) fields.set(letter, fieldText(value));
  if (!fields.has(ERROR_FIELD.routine)) fields.set(ERROR_FIELD.routine, error.code);
  return fields;
}

function fieldText(text: string): string {
  return byteString(text.replaceAll("\0", ""));
}
