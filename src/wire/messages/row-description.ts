/** RowDescription (backend 'T'): the columns of the rows that follow. */
import { assert } from "../../base/assert.ts";
import { ByteReader, MessageWriter } from "../bytes.ts";
import { BACKEND } from "../types.ts";

export interface ColumnDescription {
  /** Byte string. */
  readonly name: string;
  /** 0 unless the column is a plain column of a table. */
  readonly tableOid: number;
  readonly attribute: number;
  readonly typeOid: number;
  /** Negative for types of variable width. */
  readonly typeBytes: number;
  readonly typeModifier: number;
  /** 0 text, 1 binary. In a Describe of a statement always 0. */
  readonly format: number;
}

/** Smallest description: an empty name and eighteen bytes of numbers. */
const COLUMN_BYTES_MIN = 19;

export function decodeRowDescription(buffer: Buffer, payload: number, end: number): ColumnDescription[] {
  const reader = new ByteReader(buffer, payload, end);
  const columns: ColumnDescription[] = [];
  for (let left = reader.count(COLUMN_BYTES_MIN); left > 0; left--) {
    columns.push({
      name: reader.cstring(),
      tableOid: reader.uint32(),
      attribute: reader.int16(),
      typeOid: reader.uint32(),
      typeBytes: reader.int16(),
      typeModifier: reader.int32(),
      format: reader.int16(),
    });
  }
  reader.finish();
  return columns;
}

export function encodeRowDescription(columns: readonly ColumnDescription[]): Buffer {
  assert(columns.length <= 0xffff, "more columns than RowDescription can hold");
  const writer = new MessageWriter(BACKEND.RowDescription, 7 + 32 * columns.length).uint16(columns.length);
  for (const column of columns) {
    writer
      .cstring(column.name)
      .int32(column.tableOid)
      .uint16(column.attribute)
      .int32(column.typeOid)
      .uint16(column.typeBytes)
      .int32(column.typeModifier)
      .uint16(column.format);
  }
  return writer.finish();
}
