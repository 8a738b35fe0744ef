/**
 * Bind (frontend 'B'): makes a portal of a prepared statement. On the hot path only names are read and, where the
 * statement has companions, result formats are added at the end; parameters are stepped over.
 */
import { ByteReader, MessageWriter, int32At, putInt32, putUint16, uint16At, violation } from "../bytes.ts";
import { FRONTEND } from "../types.ts";

export interface Bind {
  /** Byte strings; "" is the unnamed portal or statement. */
  readonly portal: string;
  readonly statement: string;
  /** None: all text. One: for all. Otherwise one for each parameter. 0 is text, 1 binary. */
  readonly paramFormats: readonly number[];
  /** Views of the message. */
  readonly params: readonly (Buffer | null)[];
  /** As paramFormats, for the columns of the result. */
  readonly resultFormats: readonly number[];
}

export interface BindNames {
  readonly portal: string;
  readonly statement: string;
  /** How many result formats the message lists. */
  readonly resultFormats: number;
  /** The first of them; 0 (text) if it lists none. */
  readonly firstResultFormat: number;
}

function formats(reader: ByteReader): number[] {
  const list: number[] = [];
  for (let left = reader.count(2); left > 0; left--) list.push(reader.int16());
  return list;
}

/** Leaves the reader at the count of result formats. */
function skipToResultFormats(reader: ByteReader): void {
  reader.bytes(2 * reader.count(2));
  for (let left = reader.count(4); left > 0; left--) reader.skipValue();
}

export function decodeBind(buffer: Buffer, payload: number, end: number): Bind {
  const reader = new ByteReader(buffer, payload, end);
  const portal = reader.cstring();
  const statement = reader.cstring();
  const paramFormats = formats(reader);
  const params: (Buffer | null)[] = [];
  for (let left = reader.count(4); left > 0; left--) params.push(reader.value());
  const resultFormats = formats(reader);
  reader.finish();
  return { portal, statement, paramFormats, params, resultFormats };
}

export function encodeBind(bind: Bind): Buffer {
  const writer = new MessageWriter(FRONTEND.Bind, 128);
  writer.cstring(bind.portal).cstring(bind.statement);
  writer.uint16(bind.paramFormats.length);
  for (const format of bind.paramFormats) writer.uint16(format);
  writer.uint16(bind.params.length);
  for (const param of bind.params) writer.value(param);
  writer.uint16(bind.resultFormats.length);
  for (const format of bind.resultFormats) writer.uint16(format);
  return writer.finish();
}

/** Reads the two names and the number of result formats; checks the shape of the whole message. */
export function bindNames(buffer: Buffer, payload: number, end: number): BindNames {
  const reader = new ByteReader(buffer, payload, end);
  const portal = reader.cstring();
  const statement = reader.cstring();
  skipToResultFormats(reader);
  const resultFormats = reader.count(2);
  // Signed, as the decoder reads it.
  const firstResultFormat = resultFormats === 0 ? 0 : (uint16At(buffer, reader.at) << 16) >> 16;
  reader.bytes(2 * resultFormats);
  reader.finish();
  return { portal, statement, resultFormats, firstResultFormat };
}

/**
 * Makes room for `extra` text columns at the end of the result.
 * @param start offset of the type byte
 * @returns the same bytes (a view) if the message lists no result format or one, which holds for all columns: a
 *   companion is of type text, the same bytes in both formats. Otherwise a new message with `extra` zeros at its end.
 */
export function appendResultFormats(buffer: Buffer, start: number, end: number, extra: number): Buffer {
  const reader = new ByteReader(buffer, start + 5, end);
  reader.cbytes();
  reader.cbytes();
  skipToResultFormats(reader);
  const countAt = reader.at - start;
  const count = reader.count(2);
  reader.bytes(2 * count);
  reader.finish();
  if (count < 2 || extra === 0) return buffer.subarray(start, end);
  if (count + extra > 0xffff) throw violation("A Bind message lists more result formats than fit.");

  const longer = Buffer.alloc(end - start + 2 * extra);
  buffer.copy(longer, 0, start, end);
  putInt32(longer, 1, int32At(longer, 1) + 2 * extra);
  putUint16(longer, countAt, count + extra);
  return longer;
}
