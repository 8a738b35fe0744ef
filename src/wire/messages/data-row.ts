/** DataRow (backend 'D'), decoded whole. The relay does not use this: it walks rows in place (see strip.ts). */
import { assert } from "../../base/assert.ts";
import { ByteReader, MessageWriter } from "../bytes.ts";
import { BACKEND } from "../types.ts";

/** @returns one view of the message for each column, null for SQL NULL */
export function decodeDataRow(buffer: Buffer, payload: number, end: number): (Buffer | null)[] {
  const reader = new ByteReader(buffer, payload, end);
  const values: (Buffer | null)[] = [];
  for (let left = reader.count(4); left > 0; left--) values.push(reader.value());
  reader.finish();
  return values;
}

export function encodeDataRow(values: readonly (Buffer | null)[]): Buffer {
  assert(values.length <= 0xffff, "more columns than DataRow can hold");
  const writer = new MessageWriter(BACKEND.DataRow, 7 + 16 * values.length).uint16(values.length);
  for (const value of values) writer.value(value);
  return writer.finish();
}
