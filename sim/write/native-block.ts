/** ClickHouse's Native format: a block is its columns, each as it stands in memory. https://clickhouse.com/docs/interfaces/formats/Native */
import { assert } from "../../src/base/assert.ts";

/** One column: its name, its type and its rows, little-endian. */
export interface NativeColumn {
  readonly name: string;
  readonly type: NativeType;
  readonly values: Float64Array | Uint32Array | Int32Array | Uint8Array;
}

/** Bytes of one value of each type that is written here. */
const WIDTHS = { Float64: 8, UInt64: 8, UInt32: 4, Int32: 4, UInt8: 1 } as const;
export type NativeType = keyof typeof WIDTHS;

/** Columns and types as a SELECT from a file of that block names them. */
export function structureOf(columns: readonly NativeColumn[]): string {
  return columns.map(({ name, type }) => `${name} ${type}`).join(", ");
}

/**
 * One block in pieces, to be written one after the other; columns share memory with them.
 * @param rows of each column; what stands behind them is left out
 */
export function nativeBlock(columns: readonly NativeColumn[], rows: number): Uint8Array[] {
  const pieces: Uint8Array[] = [Buffer.concat([varint(columns.length), varint(rows)])];
  for (const { name, type, values } of columns) {
    const bytes = rows * WIDTHS[type];
    assert(bytes <= values.byteLength, "a column has as many rows as its block");
    pieces.push(Buffer.concat([text(name), text(type)]));
    pieces.push(Buffer.from(values.buffer, values.byteOffset, bytes));
  }
  return pieces;
}

function text(value: string): Buffer {
  return Buffer.concat([varint(value.length), Buffer.from(value, "latin1")]);
}

/** LEB128. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
